"""The HTTP API over a small recommender: what it answers, keeps and refuses."""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient

from conftest import make_recommender
from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.messages import MAX_CHARACTERS
from wherefore.reply import Done
from wherefore.serving.engine import Busy
from wherefore.serving.http.app import create_app
from wherefore.serving.http.items import read_item
from wherefore.serving.http.problems import Refused
from wherefore.serving.http.settings import ApiSettings
from wherefore.serving.store import MemoryStore

ASK = [{"role": "user", "content": "I loved Alien. Horror please, after 1990"}]
SETTINGS = ApiSettings(k=3, warm_up=False)


@pytest.fixture(scope="module")
def recommender(tokenizers):
    """For tests that leave its items as they are."""
    return make_recommender("llama", tokenizers, tries=0)


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def client(recommender, store):
    with TestClient(create_app(recommender, store, settings=SETTINGS)) as client:
        yield client


@pytest.fixture
def own(tokenizers, store):
    """A client of a recommender whose items may change."""
    own = make_recommender("llama", tokenizers, tries=0)
    with TestClient(create_app(own, store, settings=SETTINGS)) as client:
        yield SimpleNamespace(client=client, recommender=own, store=store)


def events_of(response) -> list[tuple[str, dict]]:
    """The server-sent events of a response."""
    found = []
    for block in response.text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":") and line)
        if lines:
            data = lines["data"]
            found.append((lines.get("event", ""), data if data == "[DONE]" else json.loads(data)))
    return found


def titles(tree) -> list[str]:
    return [one["item"]["title"] for one in tree["recommendations"]]


# -- replies ----------------------------------------------------------------------------------------------


def test_a_reply_is_that_of_the_recommender(client, recommender):
    answer = client.post("/v1/chat", json={"messages": ASK, "seed": 1})
    assert answer.status_code == 200
    mine = recommender.generate(ASK, k=3, seed=1).to_json()
    theirs = answer.json()
    assert theirs.pop("timings").keys() == mine.pop("timings").keys()
    for one, other in zip(theirs["recommendations"], mine["recommendations"], strict=True):
        assert one.pop("score") == pytest.approx(other.pop("score"), abs=1e-4)
    assert theirs == json.loads(json.dumps(mine))
    years = [one["item"]["year"] for one in theirs["recommendations"]]
    assert len(years) == 3 and min(years) > 1990


def test_a_stream_has_the_list_first_then_text_then_the_whole(client):
    answer = client.post("/v1/chat", json={"messages": ASK, "stream": True, "k": 2})
    assert answer.headers["content-type"].startswith("text/event-stream")
    names = [name for name, _ in events_of(answer)]
    assert names[0] == "list" and names[-1] == "reply" and set(names[1:-1]) == {"text"}
    (_, listed), *texts, (_, whole) = events_of(answer)
    assert titles(listed) == titles(whole) and all(not one["reason"] for one in listed["recommendations"])
    assert "".join(piece["text"] for _, piece in texts) == whole["text"]


def test_a_list_without_words(client, recommender):
    answer = client.post("/v1/recommend", json={"messages": ASK, "k": 4}).json()
    ranked = recommender.rank(ASK, k=4)
    assert titles(answer) == [one.item.title for one in ranked] and len(ranked) == 4
    assert all(one["reason"] == "" for one in answer["recommendations"])


def test_a_state_that_was_edited_is_kept_to(client):
    state = client.post("/v1/chat", json={"messages": ASK}).json()["preferences"]
    state["limits"] = [{"field": "year", "op": "lt", "value": 1985.0, "said": ""}]
    body = {"messages": ASK, "preferences": state, "settled": True}
    found = client.post("/v1/chat", json=body).json()["recommendations"]
    assert found and all(one["item"]["year"] < 1985 for one in found)


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"messages": []}, "messages", "at least 1"),
        ({"messages": ASK, "k": 0}, "k", "greater than or equal to 1"),
        ({"messages": ASK, "k": "many"}, "k", "integer"),
        ({"messages": ASK, "speed": 3}, "speed", "not permitted"),
        ({"messages": [{"content": "x"}]}, "messages.0.role", "required"),
        ({"messages": ASK, "session": "../../etc/passwd"}, "session", "pattern"),
        ({"messages": ASK, "session": "a/b"}, "session", "pattern"),
    ],
)
def test_what_the_schema_refuses_names_the_field(client, body, field, words):
    answer = client.post("/v1/chat", json=body)
    assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 422 and problem["title"] and problem["request_id"]
    assert [one["field"] for one in problem["errors"]] == [field]
    assert words in problem["errors"][0]["message"] and field in problem["detail"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"messages": [{"role": "king", "content": "x"}]}, "known roles"),
        ({"messages": [{"role": "user", "content": "a" * (MAX_CHARACTERS + 1)}]}, "20,000 are read"),
        ({"messages": [*ASK, {"role": "assistant", "content": "x"}]}, "last message is from the assistant"),
        ({"messages": ASK, "k": 50}, "the catalogue has 12 items"),
        ({"messages": ASK, "settled": True}, "preferences"),
        ({"messages": ASK, "preferences": {"moods": []}}, "`moods` is not a known key"),
        (
            {"messages": ASK, "preferences": {"limits": [{"field": "colour", "op": "lt", "value": 3}]}},
            "colour",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "only text is read"),
    ],
)
@pytest.mark.filterwarnings("ignore:message 1 holds")
@pytest.mark.parametrize("stream", [False, True])
def test_what_the_library_refuses_is_told_in_its_words(client, body, words, stream):
    answer = client.post("/v1/chat", json=body | {"stream": stream})
    assert answer.status_code == 422 and words in answer.json()["detail"]


def test_what_is_no_json_or_too_large_or_nowhere(client):
    assert "not JSON" in client.post("/v1/chat", content="{", headers=JSON).json()["detail"]
    piece = b'{"messages": "' + b"a" * 600_000
    pieces = client.post("/v1/chat", content=iter([piece, piece]), headers=JSON)  # sent without a length
    assert pieces.status_code == 413 and pieces.json()["title"]
    large = client.post("/v1/chat", json={"messages": [{"role": "user", "content": "a" * 1_100_000}]})
    assert large.status_code == 413 and "1,000,000 bytes" in large.json()["detail"]
    nowhere = client.get("/v2/chat")
    assert nowhere.status_code == 404 and "/docs" in nowhere.json()["detail"]
    assert client.get("/v1/chat").status_code == 405


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("chat", '{"messages": [{"role": "user", "content": "a\\ud800"}]}'),
        ("chat", '{"messages": [{"role": "user", "content": ["\\udfff"]}]}'),
        ("chat", '{"messages": [{"role": "user", "content": "x"}], "preferences": {"liked": ["\\ud800"]}}'),
        ("chat", '{"messages": [{"role": "user", "content": "x", "\\ud800": 1}]}'),
        ("items", '{"items": [{"id": "a", "title": "x", "fields": {"\\ud800": ["x"]}}]}'),
        ("items", '{"items": [{"id": "a", "title": "x", "fields": {"year": 1e999}}]}'),
        ("chat", "[" * 100_000),
        ("chat", '{"messages": [{"role": "user", "content": "x"}], "k": ' + "9" * 5000 + "}"),
        ("chat", '{"messages": [{"role": "user", "content": "x"}], "diversity": NaN}'),
        ("feedback", '{"events": [{"item": "alien", "verdict": "like", "user": "a", "note": "\\ud800"}]}'),
        ("chat/completions", '{"model": "wherefore", "messages": [{"role": "user", "content": "\\ud800"}]}'),
    ],
)
def test_what_json_can_hold_and_nothing_can_use(client, path, body):
    answer = client.post(f"/v1/{path}", content=body, headers=JSON)
    assert answer.status_code in (400, 422), answer.text


JSON = {"Content-Type": "application/json"}


def test_a_fault_of_ours_shows_no_insides(recommender, monkeypatch, caplog):
    def broken(*given, **named):
        raise RuntimeError("the secret path /home/ann")

    monkeypatch.setattr(recommender, "_turn", broken)
    logging.getLogger("wherefore.http").propagate = True
    with TestClient(create_app(recommender, settings=SETTINGS), raise_server_exceptions=False) as client:
        answer = client.post("/v1/chat", json={"messages": ASK}, headers={"X-Request-ID": "abc-1"})
    assert answer.status_code == 500 and "secret" not in answer.text
    assert answer.json()["request_id"] == "abc-1" == answer.headers["X-Request-ID"]
    assert "secret path" in caplog.text


def test_the_queue_and_the_clock_have_their_own_answers(recommender):
    class Full:
        async def stream(self, *given, **named):
            raise Busy("32 requests wait already", 7.2)
            yield

        def waiting(self):
            return 32

        async def change(self, work):
            return work(recommender)

        async def aclose(self):
            pass

    with TestClient(create_app(recommender, engine=Full(), settings=SETTINGS)) as client:
        for stream in (False, True):
            answer = client.post("/v1/chat", json={"messages": ASK, "stream": stream})
            assert answer.status_code == 429 and answer.headers["Retry-After"] == "8"
        assert "wherefore_queue_waiting 32.0" in client.get("/metrics").text
    slow = ApiSettings(k=3, warm_up=False, timeout=0.0)
    with TestClient(create_app(recommender, settings=slow)) as client:
        late = client.post("/v1/chat", json={"messages": ASK})
        assert late.status_code == 504 and "in time" in late.json()["detail"]
        session = client.post("/v1/chat", json={"messages": ASK, "session": "s"})
        assert session.status_code == 504


# -- sessions ---------------------------------------------------------------------------------------------


def test_a_session_needs_only_what_is_new(client, recommender):
    first = client.post("/v1/chat", json={"messages": ASK, "session": "s1"}).json()
    assert first["session"] == "s1"
    then = [{"role": "user", "content": "something else, not Get Out"}]
    second = client.post("/v1/chat", json={"messages": then, "session": "s1"}).json()
    kept = client.get("/v1/sessions/s1").json()
    assert [one["role"] for one in kept["messages"]] == ["user", "assistant"] * 2
    assert kept["messages"][1]["content"] == first["text"] and kept["preferences"] == second["preferences"]
    assert second["preferences"]["limits"] == first["preferences"]["limits"] != []
    assert set(titles(second)).isdisjoint({*titles(first), "Alien", "Get Out"})
    whole = [*ASK, {"role": "assistant", "content": first["text"]}, *then]
    assert titles(second) == titles(recommender.generate(whole, k=3).to_json())


def test_a_session_is_forgotten_for_good(client):
    client.post("/v1/chat", json={"messages": ASK, "session": "s2"})
    assert client.delete("/v1/sessions/s2").status_code == 204
    assert client.get("/v1/sessions/s2").status_code == 404
    gone = client.delete("/v1/sessions/s2")
    assert gone.status_code == 404 and "there is no session 's2'" in gone.json()["detail"]
    fresh = client.post(
        "/v1/chat", json={"messages": [{"role": "user", "content": "a comedy"}], "session": "s2"}
    )
    assert fresh.json()["preferences"]["limits"] == []


def test_a_session_keeps_its_user(client):
    client.post("/v1/chat", json={"messages": ASK, "session": "s3", "user": "ann"})
    other = client.post("/v1/chat", json={"messages": ASK, "session": "s3", "user": "ben"})
    assert other.status_code == 409 and "another user" in other.json()["detail"]
    assert client.get("/v1/sessions/s3").json()["user"] == "ann"


def test_what_failed_leaves_the_session_as_it_was(client):
    client.post("/v1/chat", json={"messages": ASK, "session": "s4"})
    before = client.get("/v1/sessions/s4").json()
    assert client.post("/v1/chat", json={"messages": ASK, "session": "s4", "k": 99}).status_code == 422
    assert client.get("/v1/sessions/s4").json() == before


# -- feedback ---------------------------------------------------------------------------------------------


def test_what_a_user_said_of_items_is_known_in_a_new_conversation(client):
    before = client.post("/v1/chat", json={"messages": ASK, "k": 12 - 1, "user": "ann"}).json()
    seen, bad = before["recommendations"][0]["item"]["id"], before["recommendations"][1]["item"]["id"]
    events = [
        {"item": seen, "verdict": "seen", "user": "ann"},
        {"item": bad, "verdict": "not_interested", "user": "ann", "note": "too long"},
        {"item": "heat", "verdict": "dislike", "user": "ann"},
        {"item": "heat", "verdict": "like", "user": "ann"},
        {"item": "blade", "verdict": "click", "user": "ann"},
    ]
    answer = client.post("/v1/feedback", json={"events": events})
    assert answer.status_code == 201 and answer.json() == {"kept": 5}
    after = client.post("/v1/chat", json={"messages": ASK, "k": 11, "user": "ann"}).json()
    state = after["preferences"]
    assert state["seen"] == [seen] and state["rejected"] == [bad] and state["disliked"] == []
    assert set(state["liked"]) == {"alien", "heat"}
    assert {seen, bad}.isdisjoint(one["item"]["id"] for one in after["recommendations"])
    assert state["limits"] == before["preferences"]["limits"]
    ben = client.post("/v1/chat", json={"messages": ASK, "k": 11, "user": "ben"}).json()
    assert titles(ben) == titles(before)
    listed = client.post("/v1/recommend", json={"messages": ASK, "k": 11, "user": "ann"}).json()
    assert {seen, bad}.isdisjoint(one["item"]["id"] for one in listed["recommendations"])


def test_a_whole_conversation_is_read_beside_what_a_user_liked(client):
    client.post("/v1/feedback", json={"events": [{"item": "heat", "verdict": "like", "user": "cy"}]})
    long = [
        *ASK,
        {"role": "assistant", "content": "1. **Get Out** (2017)"},
        {"role": "user", "content": "others"},
    ]
    state = client.post("/v1/chat", json={"messages": long, "user": "cy"}).json()["preferences"]
    assert [limit["field"] for limit in state["limits"]] == ["year"] and "heat" in state["liked"]


def test_what_was_taken_back_in_a_session_stays_taken_back(client):
    client.post("/v1/feedback", json={"events": [{"item": "heat", "verdict": "like", "user": "di"}]})
    first = client.post("/v1/chat", json={"messages": ASK, "session": "d", "user": "di"}).json()
    assert "heat" in first["preferences"]["liked"]
    edited = first["preferences"] | {"liked": ["alien"]}
    client.post(
        "/v1/chat",
        json={"messages": ASK, "session": "d", "preferences": edited, "settled": True, "user": "di"},
    )
    more = [{"role": "user", "content": "others, please"}]
    third = client.post("/v1/chat", json={"messages": more, "session": "d", "user": "di"}).json()
    assert "heat" not in third["preferences"]["liked"]


def test_a_session_hears_of_its_feedback_without_a_user(client):
    first = client.post("/v1/chat", json={"messages": ASK, "session": "f"}).json()
    seen = first["recommendations"][0]["item"]["id"]
    event = {"item": seen, "verdict": "seen", "session": "f"}
    assert client.post("/v1/feedback", json={"events": [event]}).status_code == 201
    more = [{"role": "user", "content": "more horror"}]
    second = client.post("/v1/chat", json={"messages": more, "session": "f"}).json()
    assert second["preferences"]["seen"] == [seen]
    assert seen not in [one["item"]["id"] for one in second["recommendations"]]


@pytest.mark.parametrize(
    ("event", "status", "words"),
    [
        ({"item": "alien", "verdict": "adore", "user": "ann"}, 422, "'like'"),
        ({"item": "nothing", "verdict": "like", "user": "ann"}, 422, "there is no item 'nothing'"),
        ({"item": "alien", "verdict": "like"}, 422, "neither a session nor a user"),
        ({"item": "alien", "verdict": "like", "session": "never"}, 404, "no session 'never'"),
    ],
)
def test_feedback_that_cannot_be_kept(client, store, event, status, words):
    good = {"item": "alien", "verdict": "like", "user": "eve"}
    answer = client.post("/v1/feedback", json={"events": [good, event]})
    assert answer.status_code == status and words in answer.text
    assert store.feedback() == []  # all, or none


# -- items ------------------------------------------------------------------------------------------------

NEW = {
    "id": "moon",
    "title": "Moon",
    "fields": {"year": 2009, "genres": ["Drama", "Science Fiction"], "directors": ["Duncan Jones"]},
}


def test_items_come_and_go_at_run_time(own):
    client = own.client
    page = client.get("/v1/items", params={"limit": 5, "offset": 10}).json()
    assert (
        page["total"] == 12
        and page["next"] is None
        and [i["id"] for i in page["items"]] == ["sunshine", "heat"]
    )
    assert {"name": "year", "kind": "number", "unit": ""} in page["fields"]
    assert client.get("/v1/items", params={"limit": 5}).json()["next"] == 5
    answer = client.post("/v1/items", json={"items": [NEW]})
    assert answer.json() == {"added": 1, "changed": 0, "total": 13}
    assert client.get("/v1/items/moon").json() == NEW
    listed = client.post("/v1/recommend", json={"messages": said("directed by Duncan Jones"), "k": 12}).json()
    assert "Moon" in titles(listed)
    changed = NEW | {"fields": NEW["fields"] | {"directors": ["Ann Wood"]}}
    assert client.post("/v1/items", json={"items": [changed]}).json() == {
        "added": 0,
        "changed": 1,
        "total": 13,
    }
    assert client.get("/v1/items/moon").json()["fields"]["directors"] == ["Ann Wood"]
    assert client.delete("/v1/items/moon").status_code == 204
    assert client.get("/v1/items/moon").status_code == 404 == client.delete("/v1/items/moon").status_code
    listed = client.post("/v1/recommend", json={"messages": said("directed by Ann Wood"), "k": 12}).json()
    assert "Moon" not in titles(listed) and len(listed["recommendations"]) == 12


def said(text):
    return [{"role": "user", "content": text}]


def test_a_page_of_items_can_be_sent_back(own):
    items = own.client.get("/v1/items").json()["items"]
    before = own.recommender.catalog.items
    assert own.client.post("/v1/items", json={"items": items}).json() == {
        "added": 0,
        "changed": 12,
        "total": 12,
    }
    assert sorted(own.recommender.catalog.items, key=lambda i: i.id) == sorted(before, key=lambda i: i.id)


def test_items_changed_are_there_after_a_restart(own, tokenizers):
    own.client.post("/v1/items", json={"items": [NEW, {"id": "heat", "title": "Heat 2", "fields": {}}]})
    own.client.delete("/v1/items/alien")
    own.store.save_item({"id": "odd", "title": "Odd", "fields": {"colour": "red"}})
    again = make_recommender("llama", tokenizers, tries=0)
    with TestClient(create_app(again, own.store, settings=SETTINGS)):
        assert again.catalog["moon"].title == "Moon" and again.catalog["heat"].title == "Heat 2"
        assert "alien" not in again.catalog


@pytest.mark.parametrize(
    ("fields", "wrong", "words"),
    [
        ({"colour": "red"}, "items.0.fields.colour", "no such field; known: year, genres"),
        ({"year": "soon"}, "items.0.fields.year", "of kind number"),
        ({"year": True}, "items.0.fields.year", "finite number"),
        ({"genres": {"a": 1}}, "items.0.fields.genres", "of kind category"),
        ({"year": [1, 2]}, "items.0.fields.year", "of kind number"),
        ({"genres": ["Horror", 3.5, None]}, "items.0.fields.genres", "of kind category"),
    ],
)
def test_an_item_that_does_not_fit_names_the_field(own, fields, wrong, words):
    answer = own.client.post("/v1/items", json={"items": [{"id": "x", "title": "X", "fields": fields}, NEW]})
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [wrong] and words in answer.text
    assert len(own.recommender.catalog) == 12 and own.store.item_changes() == ([], [])  # all, or none


def test_items_are_read_as_cells_where_they_are_no_values(movies):
    item = read_item(
        {"id": " x ", "title": "X", "fields": {"year": "1999", "genres": "Horror", "cast": None}},
        movies.schema,
    )
    assert (item.id, item.fields) == ("x", {"year": 1999, "genres": ("Horror",)})
    for bad in ({"id": " ", "title": "X", "fields": {}}, {"id": "x", "title": "a\x00b", "fields": {}}):
        with pytest.raises(Refused):
            read_item(bad, movies.schema)


def test_a_store_that_fails_leaves_the_items_as_they_were(own, monkeypatch):
    def full(*given):
        raise OSError("No space left on device")

    before = {item.id: item for item in own.recommender.catalog}
    monkeypatch.setattr(own.store, "save_item", full)
    monkeypatch.setattr(own.store, "remove_item", full)
    client = TestClient(own.client.app, raise_server_exceptions=False)
    changed = {"id": "heat", "title": "Cold", "fields": {}}
    assert client.post("/v1/items", json={"items": [NEW, changed]}).status_code == 500
    assert client.delete("/v1/items/alien").status_code == 500
    assert {item.id: item for item in own.recommender.catalog} == before


def test_the_same_id_twice_and_the_last_item(tokenizers):
    catalog = Catalog.from_records([{"id": "a", "title": "Alien", "year": 1979}])
    one = make_recommender("llama", tokenizers, catalog, tries=0)
    with TestClient(create_app(one, settings=ApiSettings(k=1, warm_up=False))) as client:
        twice = client.post(
            "/v1/items", json={"items": [{"id": "b", "title": "B"}, {"id": "b", "title": "C"}]}
        )
        assert twice.status_code == 422 and twice.json()["errors"][0]["field"] == "items.1.id"
        assert client.delete("/v1/items/a").status_code == 409
        assert client.post("/v1/items", json={"items": [{"id": "a", "title": "A"}]}).status_code == 409
        both = [{"id": "a", "title": "A"}, {"id": "b", "title": "B"}]
        assert client.post("/v1/items", json={"items": both}).json() == {"added": 1, "changed": 1, "total": 2}
        assert client.post("/v1/items", json={"items": both}).json() == {"added": 0, "changed": 2, "total": 2}
        assert client.delete("/v1/items/a").status_code == 204
        assert [item.title for item in one.catalog] == ["B"]


# -- OpenAI's format --------------------------------------------------------------------------------------


def complete(client, **more):
    return client.post("/v1/chat/completions", json={"model": "wherefore", "messages": ASK} | more)


def test_a_completion_holds_the_text_and_the_list(client, recommender):
    answer = complete(client, temperature=0.3, foo=[1], seed=4, wherefore={"k": 2}).json()
    reply = recommender.generate(ASK, k=2, seed=4)
    assert answer["object"] == "chat.completion" and answer["model"] == "wherefore"
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": reply.text, "refusal": None}
    assert titles(answer["wherefore"]) == titles(reply.to_json())
    assert answer["wherefore"]["ignored"] == ["foo", "temperature"]
    usage = answer["usage"]
    assert (
        usage["total_tokens"]
        == usage["prompt_tokens"] + usage["completion_tokens"]
        > usage["prompt_tokens"]
        > 5
    )


def test_a_completion_in_pieces(client):
    answer = complete(client, stream=True, stream_options={"include_usage": True})
    chunks = [data for _, data in events_of(answer)]
    assert (
        chunks.pop() == "[DONE]" and chunks[-1]["choices"] == [] and chunks[-1]["usage"]["total_tokens"] > 0
    )
    deltas = [one["choices"][0] for one in chunks[:-1]]
    assert deltas[0]["delta"] == {"role": "assistant", "content": ""}
    assert [one["finish_reason"] for one in deltas[-2:]] == [None, "stop"]
    told = [one["wherefore"] for one in chunks if "wherefore" in one]
    assert titles(told[0]) == titles(told[1]) and len(told) == 2
    assert "".join(one["delta"].get("content", "") for one in deltas) == told[1]["text"]
    assert len({one["id"] for one in chunks}) == 1


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"functions": [{}]}, "functions"),
        ({"n": 2}, "n"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"logprobs": True}, "logprobs"),
        ({"stop": ["\n"]}, "stop"),
        ({"web_search_options": {}}, "web_search_options"),
    ],
)
def test_parameters_that_cannot_be_honoured_are_refused(client, given, param):
    answer = complete(client, **given)
    error = answer.json()["error"]
    assert answer.status_code == 400 and error["param"] == param
    assert error["type"] == "invalid_request_error" and f"`{param}` is not supported" in error["message"]


def test_parameters_that_ask_for_what_is_given_anyway(client):
    given = {"tools": [], "n": 1, "response_format": {"type": "text"}, "modalities": ["text"], "stop": None}
    assert complete(client, **given, logprobs=False, tool_choice="auto").status_code == 200


def test_errors_have_openais_shape_on_its_routes(client):
    for body, status, code in (
        ({"model": "gpt-9", "messages": ASK}, 404, "model_not_found"),
        ({"model": "wherefore", "messages": []}, 400, None),
        ({"model": "wherefore", "messages": [{"role": "tool", "content": "x"}]}, 400, "not_allowed"),
    ):
        answer = client.post("/v1/chat/completions", json=body)
        assert answer.status_code == status and answer.json()["error"]["code"] == code
        assert answer.headers["content-type"] == "application/json"
    assert client.get("/v1/models/gpt-9").json()["error"]["type"] == "not_found_error"
    assert [one["id"] for one in client.get("/v1/models").json()["data"]] == ["wherefore"]


# -- what is told about it --------------------------------------------------------------------------------


def test_metrics_tell_stages_sources_and_words(recommender):
    with TestClient(create_app(recommender, settings=SETTINGS)) as client:
        client.post("/v1/chat", json={"messages": ASK, "session": "secret-name"})
        client.get("/v1/sessions/secret-name")
        client.post("/v1/chat", json={"messages": ASK, "k": 99})
        client.get("/unheard/of")
        text = client.get("/metrics").text
    assert "secret-name" not in text and "unheard" not in text
    for line in (
        r'wherefore_turns_total\{action="recommend"\} 1.0',
        r'wherefore_turn_seconds_count\{stage="list_ready"\} 1.0',
        r'wherefore_listed_found_by_total\{source="\w+"\} [123].0',
        r'wherefore_reasons_total\{worded="\w+"\} 3.0',
        r'wherefore_requests_total\{method="GET",route="/v1/sessions/\{session\}",status="200"\} 1.0',
        r'wherefore_requests_total\{method="GET",route="unknown",status="404"\} 1.0',
        r'wherefore_errors_total\{kind="not_allowed"\} 1.0',
        r"wherefore_items 12.0",
    ):
        assert re.search(line, text), line


def test_it_is_ready_after_a_first_turn(recommender, monkeypatch):
    begin, steps = threading.Event(), recommender.steps

    def slow(*given, **named):
        def each():
            begin.wait(20)
            yield from steps(*given, **named)

        return each()

    monkeypatch.setattr(recommender, "steps", slow)
    with TestClient(create_app(recommender, settings=ApiSettings(k=3))) as client:
        answer = client.get("/readyz")
        assert (
            answer.status_code == 503 and answer.headers["Retry-After"] and client.get("/healthz").is_success
        )
        begin.set()
        for _ in range(200):
            if (answer := client.get("/readyz")).status_code == 200:
                break
            time.sleep(0.05)
        assert answer.json() == {"status": "ready"}
        assert "wherefore_turns_total{" not in client.get("/metrics").text  # nobody asked for that turn


@pytest.mark.parametrize("wanted", [False, True])
def test_logs_are_lines_of_json_without_what_is_said(recommender, wanted, caplog):
    from wherefore.serving.http.logs import JsonLines

    logger = logging.getLogger("wherefore.http")
    logger.propagate = True
    settings = ApiSettings(k=3, warm_up=False, log_text=wanted)
    with (
        caplog.at_level(logging.INFO, "wherefore.http"),
        TestClient(create_app(recommender, settings=settings)) as client,
    ):
        client.post(
            "/v1/chat", json={"messages": ASK, "session": "hush"}, headers={"X-Request-ID": "bad id\x7f"}
        )
    lines = [
        json.loads(JsonLines().format(record)) for record in caplog.records if record.name == "wherefore.http"
    ]
    turn = next(line for line in lines if line["event"] == "turn")
    request = next(line for line in lines if line["event"] == "request")
    assert turn["request"] == request["request"] and re.fullmatch("[0-9a-f]{32}", turn["request"])
    assert request["route"] == "/v1/chat" and request["status"] == 200 and turn["listed"] == 3
    text = json.dumps(lines)
    assert ("I loved Alien" in text) is wanted and "hush" not in text


def test_the_documentation_stands_alone(client):
    page = client.get("/docs")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text and "http://" not in page.text and "https://" not in page.text
    schema = client.get("/openapi.json").json()
    for path, methods in schema["paths"].items():
        assert path in page.text or path.replace("{", "&#123;") in page.text
        for method, about in methods.items():
            assert about["summary"] and about["description"], (path, method)
            if method == "post":
                assert example_of(about, schema), path


def example_of(about, schema):
    from wherefore.serving.http.reference import example

    return example(about["requestBody"]["content"]["application/json"]["schema"], schema)


def test_the_examples_of_the_schema_are_accepted(own):
    client, schema = own.client, own.client.get("/openapi.json").json()
    own.recommender.add([type(own.recommender.catalog.items[0])("tt0078748", "Alien!", {})])
    client.post("/v1/chat", json={"messages": ASK, "session": "ann-7", "user": "ann"})
    for path, methods in schema["paths"].items():
        if "post" in methods:
            answer = client.post(path, json=example_of(methods["post"], schema))
            assert answer.is_success, (path, answer.text)


def test_a_turn_is_kept_when_its_client_goes_away(recommender, store):
    """What was listed before is what the client saw."""
    import asyncio

    from wherefore.serving.engine import SimpleEngine
    from wherefore.serving.http.conversations import Conversations, Request

    async def main():
        engine = SimpleEngine(recommender)
        talks = Conversations(engine, store, recommender.catalog)
        events = talks.turn("me", Request(ASK, 3, session="s"))
        first = await anext(events)
        await events.aclose()
        again = [event async for event in talks.turn("me", Request(said("others"), 3, session="s"))]
        await talks.aclose()
        await engine.aclose()
        return first, again[-1]

    first, last = asyncio.run(main())
    shown = [one.item.title for one in first.recommendations]
    kept = store.session("me/s")
    assert kept.messages[0] == ASK[0] and all(title in kept.messages[1]["content"] for title in shown)
    assert len(kept.messages) == 4 and isinstance(last, Done)
    assert set(shown).isdisjoint(one.item.title for one in last.reply.recommendations)
    assert kept.created < kept.updated <= datetime.now(UTC)
