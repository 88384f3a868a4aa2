"""The recommender on a Ray cluster of several nodes: replicas and nodes are killed while people talk."""

from __future__ import annotations

import json
import logging
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from storage_servers import Postgres, why_not

pytest.importorskip("ray")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
_LOG = logging.getLogger(__name__)
NEW = {"id": "new", "title": "Brand New", "fields": {"year": 2020, "genres": ["Horror"]}}


@pytest.fixture(scope="module")
def patch():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def place():
    if why_not():
        pytest.skip(why_not())
    server = Postgres()
    yield server.url()
    server.close()


@pytest.fixture(scope="module")
def served(patch, place):
    """The URL of three replicas on two nodes, which a proxy on the head passes requests to; and those nodes."""
    from clustered import cluster, environment

    environment(patch)
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    with cluster(2, 2) as (made, nodes):
        from ray import serve

        from wherefore.serving.cluster import app

        serve.start(proxy_location="HeadOnly", http_options={"host": "127.0.0.1", "port": port})
        given = {
            "recommender": "clustered:tiny",
            "store": place,
            "replicas": 3,
            "together": 4,
            "queue": 8,
            "check_every": 2,
            "grace": 5,
        }
        serve.run(app(given), name="wherefore", route_prefix="/")
        yield f"http://127.0.0.1:{port}", made, nodes
        serve.shutdown()


def until(found, seconds=120):
    """Wait for something to be so."""
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.5)


def _sent_again(made) -> bool:
    logs = Path(made.head_node.get_session_dir_path(), "logs", "serve").glob("proxy*.log")
    return any("it is sent again" in one.read_text() for one in logs)


def test_replicas_and_a_node_that_die_take_nothing_but_what_they_worked_on(served):
    from clustered import Load, kill, replicas

    url, made, nodes = served
    assert len(replicas(nodes)) == 3
    load = Load(url)
    with load.running(5, 7):  # each replica has four in work, and as many as that wait
        until(lambda: len(load.answers) >= 60)
        killed = time.monotonic()
        kill(replicas(nodes)[0])
        until(lambda: len(replicas(nodes)) == 3, 180)  # Serve starts another
        healed = time.monotonic()
        time.sleep(10)
        fewest = min(nodes, key=lambda node: len(replicas([node])))
        lost = time.monotonic()
        made.remove_node(fewest, allow_graceful=False)
        time.sleep(25)
    left = [node for node in nodes if node is not fewest]
    assert 1 <= len(replicas(left)) <= 2  # so many as fit
    failed = [one for one in load.answers if one[3] != 200]
    told = {
        "answers": len(load.answers),
        "failed": [(what, round(began - killed, 1), round(took, 1), s) for what, began, took, s, _ in failed],
        "seconds until there are three again": round(healed - killed, 1),
    }
    for name, since, end in (
        ("before", 0.0, killed),
        ("5 s after a replica died", killed - 1, killed + 5),
        ("10 s after a node died", lost - 1, lost + 10),
        ("later", lost + 10, 1e12),
    ):
        took = load.seconds(since, end)
        told[name] = {"p50": round(took[len(took) // 2], 3), "longest": round(took[-1], 3), "n": len(took)}
    _LOG.info("figures: %s", json.dumps(told))  # shown with --log-cli-level=INFO
    for what, began, took, status, after in failed:
        assert status == 503 and int(after) >= 1
        assert what == "session"  # all others were sent again
        assert any(began <= moment + 1 and began + took >= moment for moment in (killed, lost))
    assert len(failed) <= 2 * 5  # of each that talked, what was in work
    assert failed or _sent_again(made)  # else nobody was hit, and this tested nothing
    for session, said in load.kept.items():
        found = httpx.get(f"{url}/v1/sessions/{session}", timeout=60).json()["messages"]
        asked = [one["content"] for one in found if one["role"] == "user"]
        known = [one for one in asked if one in set(said)]
        assert known == said[-len(known) :] and len(known) == len(said[-200:])
        assert len(asked) == len(set(asked))  # nothing was done twice


def test_any_replica_goes_on_with_a_session(served):
    url = served[0]
    seen = []
    for number in range(6):
        said = "I loved Alien. Something after 1985" if not number else "something else please"
        body = {"messages": [{"role": "user", "content": said}], "session": "long", "k": 1}
        reply = httpx.post(f"{url}/v1/chat", json=body, timeout=60).json()
        assert [one["field"] for one in reply["preferences"]["limits"]] == ["year"]
        seen += [one["item"]["id"] for one in reply["recommendations"]]
    assert len(seen) == len(set(seen))


def test_an_item_change_is_known_to_all_replicas_when_it_is_acknowledged(served):
    url = served[0]
    longest = 0.0
    for number in range(8):
        title = f"Brand New {number}"
        put = httpx.post(f"{url}/v1/items", json={"items": [NEW | {"title": title}]}, timeout=60)
        assert put.status_code == 200
        began = time.monotonic()
        for _ in range(8):  # whichever replica they come to
            assert httpx.get(f"{url}/v1/items/new", timeout=60).json()["title"] == title
            longest, began = max(longest, time.monotonic() - began), time.monotonic()
    assert httpx.delete(f"{url}/v1/items/new", timeout=60).status_code == 204
    assert {httpx.get(f"{url}/v1/items/new", timeout=60).status_code for _ in range(8)} == {404}
    _LOG.info("longest answer after an item change: %.3f s", longest)


def test_a_session_is_worked_on_by_one_replica_at_a_time(served):
    from concurrent.futures import ThreadPoolExecutor

    url = served[0]

    def talk(number):
        body = {
            "messages": [{"role": "user", "content": f"message {number}, please"}],
            "session": "busy",
            "k": 1,
        }
        return httpx.post(f"{url}/v1/chat", json=body, timeout=90).status_code

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(talk, range(6))) == [200] * 6
    found = httpx.get(f"{url}/v1/sessions/busy", timeout=60).json()["messages"]
    assert sorted(one["content"] for one in found[::2]) == [f"message {n}, please" for n in range(6)]
    assert [one["role"] for one in found] == ["user", "assistant"] * 6


def test_a_stream_comes_in_pieces_through_the_cluster(served):
    body = {"messages": [{"role": "user", "content": "Something after 1985"}], "stream": True, "k": 2}
    with httpx.stream("POST", f"{served[0]}/v1/chat", json=body, timeout=60) as answer:
        names = [line.removeprefix("event: ") for line in answer.iter_lines() if line.startswith("event: ")]
    assert names[0] == "list" and names[-1] == "reply" and "text" in names


def test_the_command_serves_on_a_cluster_of_its_own_until_it_is_told_to_end(tmp_path, monkeypatch):
    """With the starter, and state in a file: a single replica may have that."""
    from clustered import environment

    environment(monkeypatch)
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "wherefore.cli",
        "serve",
        "--ray",
        "local",
        "--port",
        str(port),
        "--k",
        "2",
    ]
    log = (tmp_path / "log").open("w+")
    running = subprocess.Popen([*command, "--store", "state.db"], cwd=tmp_path, stderr=log)
    try:
        until(
            lambda: running.poll() is not None or "Wherefore answers at" in (tmp_path / "log").read_text(),
            240,
        )
        assert running.poll() is None, (tmp_path / "log").read_text()
        url = f"http://127.0.0.1:{port}"
        body = {"messages": [{"role": "user", "content": "I loved Alien"}], "session": "ann"}
        reply = httpx.post(f"{url}/v1/chat", json=body, timeout=120)
        assert reply.status_code == 200 and len(reply.json()["recommendations"]) == 2
        assert httpx.get(f"{url}/readyz", timeout=60).json() == {"status": "ready"}
        assert httpx.get(f"{url}/healthz", headers={"host": "shop.example"}, timeout=60).status_code == 421
        running.send_signal(signal.SIGTERM)
        assert running.wait(90) == 0
    finally:
        running.kill()
        log.close()
    assert (tmp_path / "state.db").stat().st_size > 0
