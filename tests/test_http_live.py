"""The API of a running server: official clients, clients that go away, signals, traces, and requests of all kinds."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import openai
import pytest
import uvicorn

import fake_recommender
from conftest import make_recommender
from wherefore.serving.http.app import create_app
from wherefore.serving.http.keys import KeyFile
from wherefore.serving.http.settings import ApiSettings

SETTINGS = ApiSettings(k=3, warm_up=False)
ASK = [{"role": "user", "content": "I loved Alien. Horror please, after 1990"}]


@contextmanager
def running(app):
    """The address of a server for an app, in a thread."""
    bound = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    for _ in range(400):
        if server.started or not thread.is_alive():
            break
        time.sleep(0.05)
    assert server.started
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="module")
def recommender(tokenizers):
    return make_recommender("llama", tokenizers, tries=0)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    file = KeyFile(tmp_path_factory.mktemp("keys") / "keys.json")
    return {name: file.new(name) for name in ("ann", "ben")} | {"file": file}


@pytest.fixture(scope="module")
def live(recommender, keys):
    with running(create_app(recommender, settings=replace(SETTINGS, keys=keys["file"]))) as address:
        yield address


@pytest.fixture(scope="module")
def client(live, keys):
    with openai.OpenAI(base_url=f"{live}/v1", api_key=keys["ann"], max_retries=0) as client:
        yield client


def test_openais_client_lists_and_asks(client):
    assert [model.id for model in client.models.list()] == ["wherefore"]
    assert client.models.retrieve("wherefore").owned_by == "wherefore"
    told = client.chat.completions.create(
        model="wherefore", messages=ASK, temperature=0.2, extra_body={"wherefore": {"k": 2}}
    )
    listed = told.model_extra["wherefore"]["recommendations"]
    assert len(listed) == 2 and all(one["item"]["year"] > 1990 for one in listed)
    assert all(one["item"]["title"] in told.choices[0].message.content for one in listed)
    assert told.choices[0].finish_reason == "stop" and told.usage.total_tokens > 10


def test_openais_client_streams(client):
    with client.chat.completions.stream(
        model="wherefore", messages=ASK, stream_options={"include_usage": True}
    ) as stream:
        kinds = [event.type for event in stream]
        whole = stream.get_final_completion()
    assert "content.delta" in kinds and whole.usage.completion_tokens > 5
    chunks = list(client.chat.completions.create(model="wherefore", messages=ASK, stream=True))
    lists = [one.model_extra["wherefore"] for one in chunks if "wherefore" in (one.model_extra or {})]
    said = "".join(one.choices[0].delta.content or "" for one in chunks)
    assert [len(one["recommendations"]) for one in lists] == [3, 3] and said == lists[1]["text"]
    assert chunks.index(next(one for one in chunks if one.model_extra)) == 1  # before all words


def test_openais_client_reads_our_errors(client, live, keys):
    with pytest.raises(openai.BadRequestError, match="calls no tools") as caught:
        tool = {"type": "function", "function": {"name": "f", "parameters": {}}}
        client.chat.completions.create(model="wherefore", messages=ASK, tools=[tool])
    assert caught.value.param == "tools" and caught.value.code == "unsupported_parameter"
    with pytest.raises(openai.NotFoundError, match="there is 'wherefore'"):
        client.chat.completions.create(model="gpt-9", messages=ASK)
    stranger = openai.OpenAI(base_url=f"{live}/v1", api_key="wf_x", max_retries=0)
    with pytest.raises(openai.AuthenticationError, match="not known"):
        stranger.models.list()


def test_a_session_of_openais_client_is_its_keys_own(client, live, keys):
    more = {"wherefore": {"session": "same"}}
    client.chat.completions.create(model="wherefore", messages=ASK, extra_body=more)
    other = openai.OpenAI(base_url=f"{live}/v1", api_key=keys["ben"], max_retries=0)
    film = [{"role": "user", "content": "a film"}]
    told = other.chat.completions.create(model="wherefore", messages=film, extra_body=more)
    assert told.model_extra["wherefore"]["preferences"]["limits"] == []
    mine = client.chat.completions.create(model="wherefore", messages=film, extra_body=more)
    assert mine.model_extra["wherefore"]["preferences"]["limits"] != []


def endless(recommender, monkeypatch):
    """Turns that list, and then write for ever. Returns what happens to them."""
    steps, log = recommender.steps, []

    def never_done(*given, **named):
        def each():
            try:
                yield next(turn)
                while True:
                    log.append("step")
                    time.sleep(0.01)
                    yield None
            finally:
                turn.close()
                log.append("closed")

        turn = steps(*given, **named)
        return each()

    monkeypatch.setattr(recommender, "steps", never_done)
    return log


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_goes_away_stops_the_work(recommender, monkeypatch, stream):
    log = endless(recommender, monkeypatch)
    app = create_app(recommender, settings=SETTINGS)
    with running(app) as address:
        body = {"messages": ASK, "stream": stream}
        if stream:
            with httpx.stream("POST", f"{address}/v1/chat", json=body, timeout=20) as answer:
                assert next(answer.iter_lines()) == "event: list"
        else:
            with pytest.raises(httpx.ReadTimeout):
                httpx.post(f"{address}/v1/chat", json=body, timeout=1.5)
        for _ in range(400):
            if "closed" in log:
                break
            time.sleep(0.02)
        assert log[-1] == "closed" and "step" in log
        for _ in range(100):
            text = httpx.get(f"{address}/metrics").text
            if "wherefore_turns_given_up_total 1.0" in text and "wherefore_streams 0.0" in text:
                break
            time.sleep(0.05)
        assert "wherefore_turns_given_up_total 1.0" in text and "wherefore_streams 0.0" in text


def test_a_reply_that_takes_too_long_says_so_in_its_stream(recommender, monkeypatch):
    log = endless(recommender, monkeypatch)
    with running(create_app(recommender, settings=replace(SETTINGS, timeout=1.0))) as address:
        answer = httpx.post(f"{address}/v1/chat", json={"messages": ASK, "stream": True}, timeout=20)
        name, data = re.findall(r"event: (\w+)\ndata: (.+)\n", answer.text)[-1]
        assert name == "error" and json.loads(data)["status"] == 504
        for _ in range(200):
            if log[-1] == "closed":
                break
            time.sleep(0.02)
        assert log[-1] == "closed"
        completion = {"model": "wherefore", "messages": ASK, "stream": True}
        answer = httpx.post(f"{address}/v1/chat/completions", json=completion, timeout=20)
        last, done = re.findall(r"data: (.+)\n", answer.text)[-2:]
        assert json.loads(last)["error"]["code"] == "timed_out" and done == "[DONE]"


def test_traces_go_to_the_collector_without_what_is_said(recommender):
    from wherefore.serving.http.traces import traced_to

    bodies = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *given):
            pass

    collector = HTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    traces = traced_to(f"http://127.0.0.1:{collector.server_port}")
    try:
        with running(create_app(recommender, settings=SETTINGS, traces=traces)) as address:
            httpx.post(f"{address}/v1/chat", json={"messages": ASK}, timeout=30).raise_for_status()
            httpx.get(f"{address}/healthz")
        traces.force_flush()
    finally:
        traces.shutdown()
        collector.shutdown()
        collector.server_close()
    assert {path for path, _ in bodies} == {"/v1/traces"}
    sent = b"".join(body for _, body in bodies)
    for words in (b"turn", b"wherefore.list_ready", b"wherefore.action", b"ListReady", b"/v1/chat"):
        assert words in sent, words
    assert b"I loved Alien" not in sent and b"healthz" not in sent


@contextmanager
def program(*given):
    """`wherefore serve` as a process, with a recommender in a few lines: the process, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, fake_recommender.__file__, "serve", "--port", str(port), *given]
    source = str(Path(__file__).parents[1] / "src")
    path = os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH"))))
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path}
    )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(600):
            try:
                if httpx.get(f"{address}/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        yield process, address
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_the_page_is_in_the_same_process_and_asks_who_comes():
    from gradio_client import Client

    film = [{"role": "user", "content": "a film"}]
    with program("--page", "--user", "me:secret") as (_, address):
        call = {"data": [film, 2, None]}
        assert httpx.post(f"{address}/page/gradio_api/call/recommend", json=call).status_code == 401
        page = Client(f"{address}/page/", auth=("me", "secret"), verbose=False)
        told = page.predict(film, 2, None, api_name="/recommend")
        api = httpx.post(f"{address}/v1/chat", json={"messages": film, "k": 2}, timeout=30).json()
        titles = [[one["item"]["title"] for one in tree["recommendations"]] for tree in (told, api)]
        assert titles[0] == titles[1] == ["The Cellar", "Ghosts & Sons"]
        wrong = httpx.post(f"{address}/v1/chat", json={"messages": film, "k": 0})
        assert wrong.json()["errors"][0]["field"] == "k"


@pytest.mark.slow
def test_a_signal_lets_replies_end():
    """SIGTERM: the reply that is being streamed comes whole, nobody else is let in, and the process ends."""
    with program("--k", "5") as (process, address):
        body = {"messages": [{"role": "user", "content": "slowly"}], "stream": True}
        with httpx.stream("POST", f"{address}/v1/chat", json=body, timeout=30) as answer:
            lines = answer.iter_lines()
            assert next(lines) == "event: list"
            process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            with pytest.raises(httpx.TransportError):
                httpx.get(f"{address}/healthz")
            assert "event: reply" in list(lines)
        _, log = process.communicate(timeout=20)
        assert process.returncode in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
        told, *lines = [
            line for line in log.splitlines() if "Wherefore answers" in line or line.startswith("{")
        ]
        assert address in told
        events = [json.loads(line)["event"] for line in lines]
        assert "ready" in events and "stopped" in events and "slowly" not in log


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_no_request_that_the_schema_allows_or_forbids_is_a_fault(tokenizers):
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis.checks import not_a_server_error

    own = make_recommender("llama", tokenizers, tries=0)
    app = create_app(own, settings=replace(SETTINGS, timeout=20))
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 14
    asked = 0
    for operation in operations:
        for mode in schemathesis.GenerationMode:

            @given(case=operation.as_strategy(generation_mode=mode))
            @settings(
                max_examples=25,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            def ask(case):
                nonlocal asked
                asked += 1
                case.call_and_validate(checks=[not_a_server_error])

            try:
                ask()
            except Exception as error:
                if "Unsatisfiable" not in type(error).__name__:
                    raise
    assert asked > 200
