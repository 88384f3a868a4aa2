"""What a cluster is made of, without one: settings, the proxies' hook, and servers that share a store."""

from __future__ import annotations

import importlib
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import yaml
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import JSONResponse, StreamingResponse

from conftest import WordEmbedder, make_recommender
from storage_servers import Postgres, why_not
from wherefore.cli import main
from wherefore.errors import ConfigError, StorageError
from wherefore.retrieval.embedding_cache import CachedEmbedder
from wherefore.serving.batching import BatchingEngine
from wherefore.serving.cluster.proxy import Retrying, is_safe
from wherefore.serving.cluster.settings import ClusterSettings
from wherefore.serving.http.app import create_app
from wherefore.serving.http.settings import ApiSettings
from wherefore.serving.storage import open_store
from wherefore.serving.store import ItemChanges, MemoryStore

SAID = [{"role": "user", "content": "I loved Alien. Something after 1990"}]
PG = "postgresql://me@db/shop"


# -- settings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("store", ["none", "state.db", "sqlite:///state.db"])
def test_replicas_that_would_not_share_their_state_are_refused(store):
    with pytest.raises(ConfigError, match=r"may be 3 replicas: give store: postgresql://"):
        ClusterSettings.parse({"store": store, "replicas": 1, "max_replicas": 3})
    assert ClusterSettings.parse({"store": store}).most == 1
    assert ClusterSettings.parse({"store": PG, "max_replicas": 3}).shared


def test_the_default_store_is_the_environments(monkeypatch):
    monkeypatch.setenv("WHEREFORE_STORE", PG)
    assert ClusterSettings.parse({"replicas": 2}).where == PG
    monkeypatch.delenv("WHEREFORE_STORE")
    with pytest.raises(ConfigError, match="in a SQLite file"):
        ClusterSettings.parse({"replicas": 2})


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"replica": 2}, "no setting `replica`; known: .*replicas"),
        ({"together": 0}, "`together` is 0"),
        ({"store": PG, "replicas": 4, "max_replicas": 2}, "`max_replicas` is 2, less than `replicas`, 4"),
        ({"recommender": "shop:make", "checkpoint": "x"}, "leave `catalog`"),
        ({"schema": "books.yaml"}, "are about `catalog`"),
    ],
)
def test_settings_that_are_wrong_are_named(given, told):
    with pytest.raises(ConfigError, match=told):
        ClusterSettings.parse(given)


def test_settings_may_be_texts_as_a_command_line_gives_them():
    made = ClusterSettings.parse(
        {"settings": "writer.tries=0,turn.questions=false", "k": "3", "store": PG, "replicas": "2"}
    )
    assert made.settings == ("writer.tries=0", "turn.questions=false") and (made.k, made.replicas) == (3, 2)
    assert made.answers_to == ("localhost", "127.0.0.1", "[::1]")
    assert ClusterSettings.parse({"keys": "keys.json"}).answers_to == ()


def test_serve_is_told_what_the_settings_say():
    pytest.importorskip("ray")
    from wherefore.serving.cluster.application import _options

    fixed = _options(ClusterSettings.parse({"store": PG, "replicas": 2, "together": 4, "queue": 6}))
    assert fixed["num_replicas"] == 2 and fixed["max_ongoing_requests"] == 7
    scaled = _options(ClusterSettings.parse({"store": PG, "max_replicas": 5, "together": 8, "gpus": 0.5}))
    assert scaled["autoscaling_config"]["target_ongoing_requests"] == 4
    assert scaled["autoscaling_config"]["max_replicas"] == 5 and "num_replicas" not in scaled
    assert scaled["ray_actor_options"] == {"num_cpus": 1.0, "num_gpus": 0.5}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--replicas", "2"], "give --ray"),
        (["--ray", "local", "--page"], "--page and --otlp are not for a cluster"),
        (["--ray", "local", "--replicas", "2", "--store", "none"], "state would be kept in memory"),
    ],
)
def test_the_command_says_what_does_not_go_together(arguments, told, capsys):
    assert main(["serve", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_workers_belong_to_a_cluster(capsys, tmp_path):
    assert main(["index", str(tmp_path / "x.csv"), "--workers", "2"]) == 2
    assert "give --ray" in capsys.readouterr().err


# -- the hook in the proxies ----------------------------------------------------------------------------


class Proxy:
    """Ray's proxy, whose replica dies so many times before it answers."""

    def __init__(self, dies: int, app=None, begins: bool = False):
        self.dies, self.begins, self.app = dies, begins, app or JSONResponse({"fine": True})
        self.bodies = []

    async def __call__(self, scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.bodies.append(body)
        if len(self.bodies) > self.dies:
            await self.app(scope, receive, send)
        elif self.begins:
            kind = b"text/event-stream" if self.begins == "stream" else b"application/json"
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
            await send({"type": "http.response.body", "body": b"event: list\n", "more_body": True})


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr("wherefore.serving.cluster.proxy._PAUSE", 0.001)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/items", None),
        ("POST", "/v1/recommend", {"messages": SAID}),
        ("POST", "/v1/chat", {"messages": SAID}),
        ("POST", "/v1/chat/completions", {"messages": SAID}),
        ("POST", "/shop/v1/items", {"items": []}),
    ],
)
def test_what_changes_nothing_is_sent_again_whole(method, path, body):
    proxy = Proxy(2)
    answer = TestClient(Retrying(proxy)).request(method, path, json=body)
    assert (answer.status_code, answer.json()) == (200, {"fine": True})
    sent = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
    assert proxy.bodies == [sent] * 3


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/chat", {"messages": SAID, "session": "s1"}),
        ("POST", "/v1/chat/completions", {"messages": SAID, "wherefore": {"session": "s1"}}),
        ("POST", "/v1/feedback", {"events": []}),
        ("DELETE", "/v1/items/a", None),
        ("DELETE", "/v1/sessions/a", None),
    ],
)
def test_what_may_have_been_done_is_told_and_not_done_again(method, path, body):
    proxy = Proxy(1)
    answer = TestClient(Retrying(proxy)).request(method, path, json=body, headers={"x-request-id": "r1"})
    assert answer.status_code == 503 and int(answer.headers["retry-after"]) >= 1
    assert answer.headers["x-request-id"] == "r1" and len(proxy.bodies) == 1
    tree = answer.json()
    assert "not known" in (tree["error"]["message"] if "completions" in path else tree["detail"])


def test_what_no_replica_ever_answers_is_given_up():
    proxy = Proxy(99)
    answer = TestClient(Retrying(proxy)).get("/v1/items")
    assert answer.status_code == 503 and answer.headers["retry-after"] == "2" and len(proxy.bodies) == 3


@pytest.mark.parametrize("path", ["/v1/chat", "/v1/chat/completions"])
def test_a_stream_that_breaks_off_ends_with_an_error_event(path):
    proxy = Proxy(1, begins="stream")
    answer = TestClient(Retrying(proxy)).post(path, json={"messages": SAID, "stream": True})
    events = [one for one in answer.text.split("\n\n") if one]
    assert events[0] == "event: list"
    told = json.loads(events[-1].rpartition("data: ")[2])
    assert ("error" in told) if "completions" in path else (told["status"] == 503)
    assert len(proxy.bodies) == 1


def test_rays_own_refusals_are_told_as_ours_and_the_replicas_stay():
    async def full(scope, receive, send):
        await StreamingResponse(iter([b"queue is full"]), 503)(scope, receive, send)

    answer = TestClient(Retrying(Proxy(0, full))).get("/v1/items")
    assert answer.status_code == 503 and answer.headers["retry-after"] == "2"
    assert "busy" in answer.json()["detail"]
    ours = JSONResponse({"detail": "ours"}, 503, {"x-content-type-options": "nosniff", "retry-after": "5"})
    answer = TestClient(Retrying(Proxy(0, ours))).get("/v1/items")
    assert (answer.json(), answer.headers["retry-after"]) == ({"detail": "ours"}, "5")


def test_a_request_too_long_to_be_held_is_passed_on_and_not_sent_again(monkeypatch):
    monkeypatch.setattr("wherefore.serving.cluster.proxy._HELD", 100)
    proxy = Proxy(0)
    assert TestClient(Retrying(proxy)).post("/v1/items", content=b"x" * 500).json() == {"fine": True}
    assert proxy.bodies == [b"x" * 500]
    assert TestClient(Retrying(Proxy(1))).post("/v1/items", content=b"x" * 500).status_code == 503


@given(st.binary(max_size=40), st.sampled_from(["/v1/chat", "/v1/chat/completions"]))
def test_what_cannot_be_read_is_never_sent_twice(body, path):
    try:
        plain = isinstance(json.loads(body), dict)
    except ValueError:
        plain = False
    assert is_safe("POST", path, body) <= plain


# -- servers that share a store -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server():
    if why_not():
        pytest.skip(why_not())
    made = Postgres()
    yield made
    made.close()


@pytest.fixture
def two(server, tokenizers):
    """Two servers on one database, and what they recommend from."""
    url = server.fresh()
    recommenders = [make_recommender("llama", tokenizers, tries=0) for _ in range(2)]
    settings = ApiSettings(k=3, warm_up=False)
    apps = [
        create_app(one, engine=BatchingEngine(one, 4, 8), settings=settings, shared=open_store(url))
        for one in recommenders
    ]
    with TestClient(apps[0]) as first, TestClient(apps[1]) as second:
        yield (first, second), recommenders


def test_a_change_at_one_server_is_known_to_the_other_at_its_next_request(two):
    (first, second), recommenders = two
    item = {"id": "new", "title": "Brand New", "fields": {"year": 2020}}
    for here, there, title in ((first, second, "One"), (second, first, "Two"), (first, second, "Three")):
        assert here.post("/v1/items", json={"items": [item | {"title": title}]}).status_code == 200
        assert there.get("/v1/items/new").json()["title"] == title
    assert second.delete("/v1/items/alien").status_code == 204
    assert first.get("/v1/items/alien").status_code == 404
    assert second.post("/v1/recommend", json={"messages": SAID, "k": 3}).status_code == 200
    assert set(recommenders[0].catalog.ids) == set(recommenders[1].catalog.ids)
    assert "new" in recommenders[1].index.catalog and "alien" not in recommenders[0].index.store.ids


def test_a_session_goes_on_at_the_other_server_and_one_at_a_time_works_on_it(two):
    clients, _ = two
    ask = lambda number: clients[number % 2].post(  # noqa: E731
        "/v1/chat",
        json={"messages": [{"role": "user", "content": f"message {number}"}], "session": "s", "k": 1},
    )
    with ThreadPoolExecutor(6) as pool:
        assert [one.status_code for one in pool.map(ask, range(6))] == [200] * 6
    said = clients[0].get("/v1/sessions/s").json()["messages"]
    assert [one["role"] for one in said] == ["user", "assistant"] * 6
    assert sorted(one["content"] for one in said[::2]) == [f"message {n}" for n in range(6)]


def test_a_claim_is_one_servers_and_ends_with_it(server, tmp_path):
    url = server.fresh()
    first, second = open_store(url), open_store(url)
    assert first.claim("a") and not second.claim("a") and second.claim("b")
    first.give_back("a")
    assert second.claim("a")
    server.sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    assert first.claim("a") and first.claim("b")  # the connection that had them is gone
    first.close()
    assert second.claim("a")
    second.close()
    alone = open_store(tmp_path / "state.db")
    assert not alone.shareable
    with pytest.raises(StorageError, match="a file of one server"):
        alone.claim("a")
    alone.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_changes_have_rising_numbers(kind, request, tmp_path):
    store = open_store(
        tmp_path / "state.db" if kind == "sqlite" else request.getfixturevalue("server").fresh()
    )
    assert store.item_version() == 0 and store.item_changes_since(None) == ItemChanges(0)
    trees = [{"id": name, "title": name} for name in "abc"]
    for tree in trees:
        store.save_item(tree)
    seen = store.item_changes_since(None)
    assert seen == ItemChanges(3, tuple(trees)) and store.item_version() == 3
    store.remove_item("a")
    assert store.item_changes_since(seen.version) == ItemChanges(4, (), ("a",))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(store.save_item, [{"id": f"n{n}", "title": "x"} for n in range(24)]))
    assert store.item_version() == 28 and len(store.item_changes_since(4).kept) == 24
    store.close()


class Slow(MemoryStore):
    """Somebody else works on every session."""

    def __init__(self):
        super().__init__()
        self.claims = 0

    def item_version(self):
        return 0

    def item_changes_since(self, version):
        return ItemChanges(0)

    def claim(self, name):
        self.claims += 1
        return False

    def give_back(self, name):
        raise AssertionError("it was not held")


def test_a_session_that_another_server_works_on_is_waited_for_until_the_deadline(tokenizers):
    recommender, store = make_recommender("llama", tokenizers, tries=0), Slow()
    settings = ApiSettings(k=1, warm_up=False, timeout=0.5)
    with TestClient(create_app(recommender, settings=settings, shared=store)) as client:
        for _ in range(2):  # what waits on this side is let go, too
            began = time.monotonic()
            answer = client.post("/v1/chat", json={"messages": SAID, "session": "s"})
            assert answer.status_code == 504 and time.monotonic() - began < 3
        assert store.claims > 2
        assert client.post("/v1/recommend", json={"messages": SAID}).status_code in (200, 504)


# -- many hands -----------------------------------------------------------------------------------------


class Many(WordEmbedder):
    """Makes pieces in another order, and stops after some."""

    def __init__(self, stop=None):
        self.stop, self.made = stop, []

    def encode_pieces(self, pieces, kind):
        for number in reversed(range(len(pieces))):
            if self.stop is not None and len(self.made) >= self.stop:
                raise RuntimeError("killed")
            self.made.append(number)
            yield number, self.encode(pieces[number], kind)


def test_pieces_in_any_order_come_to_the_same_and_are_kept_as_they_come(tmp_path):
    texts = [f"a film about {n % 40} things" for n in range(100)]
    alone = CachedEmbedder(WordEmbedder(), tmp_path / "one.sqlite", piece=7).encode(texts, "item")
    first = Many(stop=2)
    with pytest.raises(RuntimeError, match="killed"):
        CachedEmbedder(first, tmp_path / "two.sqlite", piece=7).encode(texts, "item")
    again, told = Many(), []
    made = CachedEmbedder(again, tmp_path / "two.sqlite", piece=7).encode(
        texts, "item", lambda done, total: told.append((done, total))
    )
    assert np.array_equal(made, alone)
    assert len(first.made) == 2 and len(again.made) == 4 and told[-1] == (40, 40)


def test_the_config_file_of_the_guide_is_one(monkeypatch):
    pytest.importorskip("ray")
    from ray.serve.schema import ServeDeploySchema

    guide = (Path(__file__).parents[1] / "docs" / "cluster.md").read_text(encoding="utf-8")
    tree = yaml.safe_load(guide.partition("```yaml\n")[2].partition("```")[0])
    (told,) = ServeDeploySchema.model_validate(tree).applications
    module, _, name = told.import_path.partition(":")
    assert callable(getattr(importlib.import_module(module), name))
    made = ClusterSettings.parse(told.args)
    assert (made.replicas, made.most, made.shared) == (2, 8, True)
    table = guide.partition("| Setting |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`(\w+)`", table))
    known = {field.alias or name for name, field in ClusterSettings.model_fields.items()}
    assert known <= named
