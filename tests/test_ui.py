"""The web page, on the fake recommender."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

import fake_recommender
from wherefore import cli
from wherefore.dialogue import Preferences


@pytest.fixture(scope="module")
def fake():
    real = sys.modules.pop("wherefore.recommender", None)
    module = fake_recommender.install()
    yield module
    sys.modules.pop("wherefore.recommender", None)
    if real is not None:
        sys.modules["wherefore.recommender"] = real


@pytest.fixture(scope="module")
def page(fake):
    module = cli._ui_module()
    yield module
    sys.modules.pop("wherefore_ui.app", None)


@pytest.fixture
def recommender(fake):
    return fake.Recommender.from_pretrained()


def test_a_turn_shows_the_list_before_the_words(page, recommender):
    views = list(page.turn(recommender, page.View(), "First", 3))
    assert views[0].messages == ({"role": "user", "content": "First"},)
    assert len(views[1].messages) == 1 and len(views[1].listing.rows) == 3
    assert views[1].listing.headers[:3] == ("#", "film", "year")
    assert "Limits: year > 2000" in views[1].understood
    said = [view.messages[1]["content"] for view in views[2:]]
    assert len(said) > 3 and all(
        after.startswith(before) for before, after in zip(said, said[1:], strict=False)
    )


def test_the_next_turn_knows_the_one_before(page, recommender):
    *_, first = page.turn(recommender, page.View(), "First", 3)
    *_, second = page.turn(recommender, first, "Second", 3)
    assert [message["role"] for message in second.messages] == ["user", "assistant"] * 2
    assert not {row[1] for row in first.listing.rows} & {row[1] for row in second.listing.rows}


@pytest.mark.parametrize(("action", "kept"), [("answer", True), ("chat", True), ("nothing", False)])
def test_an_answer_leaves_the_list_it_speaks_of(page, fake, recommender, action, kept):
    *_, first = page.turn(recommender, page.View(), "First", 3)

    class Says:
        catalog = recommender.catalog

        def stream(self, *_, **__):
            yield fake.ListReady((), first_state)
            yield fake.TextDelta("So.")
            yield fake.Done(fake.Reply("So.", action, (), first_state, {}))

    first_state = Preferences()
    *_, second = page.turn(Says(), first, "is it?", 3)
    assert second.listing.rows == (first.listing.rows if kept else ())
    assert second.messages[-1]["content"] == "So."


def test_a_page_that_is_closed_lets_go_of_the_recommender(page, recommender):
    views = page.turn(recommender, page.View(), "First", 3)
    next(views)
    next(views)
    assert recommender.busy
    views.close()
    assert not recommender.busy


def test_html_and_links_stay_text(page):
    assert page.literal("<b>![x](http://y)</b>\x1b") == "&lt;b&gt;!\\[x](http://y)&lt;/b&gt;"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(url, data=None):
    """The lines of an answer; with data, of a POST."""
    body = None if data is None else json.dumps(data).encode()
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return [line.decode().rstrip("\n") for line in answer]


def fetch_when_up(url, process):
    for _ in range(300):
        try:
            return fetch(url)
        except urllib.error.URLError:
            assert process.poll() is None, "the server has ended"
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


def test_the_command_serves_the_page():
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, fake_recommender.__file__, "ui", "--port", str(port), "--k", "3"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert server.stderr
    try:
        html = "\n".join(fetch_when_up(url, server))
        assert "Wherefore" in html
        assert not re.search(r"fonts\.g(oogleapis|static)", html.partition("window.gradio_config")[2])
        event = json.loads(fetch(f"{url}/gradio_api/call/chat", {"data": ["First", None]})[0])["event_id"]
        lines = fetch(f"{url}/gradio_api/call/chat/{event}")
        assert "event: generating" in lines  # it streams
        last = lines[lines.index("event: complete") + 1]
        assert "Ghosts &amp; Sons" in last
    finally:
        server.send_signal(signal.SIGINT)
        try:
            assert server.wait(20) in (0, 130)
        finally:
            server.kill()
            error = server.stderr.read().decode()
            server.stderr.close()
    assert "Traceback" not in error


def test_without_gradio_the_error_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert cli.main(["ui"]) == 2
    assert capsys.readouterr().err == (
        "error: the web page needs gradio; install it with: pip install 'wherefore[ui]'\n"
    )
