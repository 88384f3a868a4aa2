"""The HTTP API with what a server has: a database that outlives it, an engine that runs several turns at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from conftest import make_recommender
from wherefore.cli import serving
from wherefore.errors import StorageError
from wherefore.serving.batching import BatchingEngine
from wherefore.serving.engine import SimpleEngine
from wherefore.serving.http.app import create_app
from wherefore.serving.http.settings import ApiSettings
from wherefore.serving.storage import open_store
from wherefore.serving.store import MemoryStore
from wherefore.serving.threads import OneThread

SETTINGS = ApiSettings(k=3, warm_up=False)
ALIEN = [{"role": "user", "content": "I loved Alien. Something after 1990"}]


def served(recommender, file):
    engine = BatchingEngine(recommender, most=4, waiting=8)
    return TestClient(create_app(recommender, open_store(file), engine, SETTINGS))


def test_a_server_that_starts_anew_goes_on_where_it_stopped(tokenizers, tmp_path):
    file = tmp_path / "state.db"
    with served(make_recommender("llama", tokenizers, tries=0), file) as client:
        first = client.post("/v1/chat", json={"messages": ALIEN, "session": "s1", "user": "ann"}).json()
        assert first["preferences"]["limits"] and len(first["recommendations"]) == 3
        seen = first["recommendations"][0]["item"]["id"]
        item = {"id": "new", "title": "Brand New", "fields": {"year": 2020, "genres": ["Horror"]}}
        assert client.post("/v1/items", json={"items": [item]}).status_code < 300
        events = [{"session": "s1", "user": "ann", "item": seen, "verdict": "seen"}]
        assert client.post("/v1/feedback", json={"events": events}).status_code < 300
    again = make_recommender("llama", tokenizers, tries=0)
    with served(again, file) as client:
        assert again.catalog["new"].title == "Brand New"
        kept = client.get("/v1/sessions/s1").json()
        assert [one["role"] for one in kept["messages"]] == ["user", "assistant"]
        more = {"messages": [{"role": "user", "content": "something else please"}], "session": "s1"}
        second = client.post("/v1/chat", json=more).json()
        assert second["preferences"]["limits"] == first["preferences"]["limits"]
        assert seen not in {one["item"]["id"] for one in second["recommendations"]}


def test_several_conversations_at_once_answer_as_one_by_one(tokenizers, tmp_path):
    recommender = make_recommender("llama", tokenizers, tries=0)
    asked = [[{"role": "user", "content": f"Something after {year}"}] for year in (1970, 1980, 1990, 2000)]
    alone = [recommender.generate(one, k=3, seed=1).to_json() for one in asked]
    with served(recommender, tmp_path / "state.db") as client, ThreadPoolExecutor(4) as pool:
        ask = lambda messages: client.post("/v1/chat", json={"messages": messages, "seed": 1})  # noqa: E731
        replies = [answer.json() for answer in pool.map(ask, asked)]
    for reply, mine in zip(replies, alone, strict=True):
        assert reply["text"] == mine["text"]
        ids = [one["item"]["id"] for one in reply["recommendations"]]
        assert ids == [one["item"]["id"] for one in mine["recommendations"]]


class Away(MemoryStore):
    """A store whose database went away."""

    def session(self, key):
        raise StorageError("cannot reach the database at secret-host")


def test_a_store_that_fails_is_told_as_that_and_what_needs_no_store_goes_on(tokenizers):
    recommender = make_recommender("llama", tokenizers, tries=0)
    with TestClient(create_app(recommender, Away(), settings=SETTINGS)) as client:
        answer = client.post("/v1/chat", json={"messages": ALIEN, "session": "s1"})
        assert answer.status_code == 503 and int(answer.headers["retry-after"]) > 0
        assert "secret-host" not in answer.text and "try again" in answer.json()["detail"]
        assert client.post("/v1/chat", json={"messages": ALIEN}).status_code == 200


def test_the_command_chooses_store_and_engine(tokenizers, tmp_path, monkeypatch):
    monkeypatch.setenv("WHEREFORE_STORE", str(tmp_path / "own.db"))
    assert isinstance(serving._store("none"), MemoryStore)
    kept = serving._store(None)
    kept.close()
    assert (tmp_path / "own.db").is_file()
    with pytest.raises(StorageError):
        serving._store(str(tmp_path))  # a folder
    recommender = make_recommender("llama", tokenizers, tries=0)
    assert isinstance(serving._engine(recommender, OneThread(), 1, 4, 5.0), SimpleEngine)
    assert isinstance(serving._engine(recommender, OneThread(), 4, 4, 5.0), BatchingEngine)
