"""What is done with what a server keeps: item changes at a start, dialogues to train on, the commands."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from storage_servers import START, event, session
from wherefore import cli
from wherefore.catalog.catalog import Catalog
from wherefore.config import Config
from wherefore.corpora.base import instances
from wherefore.corpora.jsonl import Jsonl
from wherefore.errors import StorageError
from wherefore.reading.own_dialogues import link_own
from wherefore.serving.storage.dialogues import write_dialogues
from wherefore.serving.storage.replay import replay
from wherefore.serving.storage.sql import SqlStore
from wherefore.serving.store import MemoryStore
from wherefore.training.corpus import load_corpora

BOOKS = [
    {"isbn": "b1", "title": "Salt Road", "year": 2001, "genres": "Drama|Travel", "price": "$5.50"},
    {"isbn": "b2", "title": "Low Tide", "year": 1987, "genres": "Crime", "price": "$7.00"},
    {"isbn": "b3", "title": "The Glass Orchard", "year": 2012, "genres": "Drama", "price": "$9.00"},
    {"isbn": "b4", "title": "Nine Lanterns", "year": 2019, "genres": "Crime|Travel", "price": "$12.25"},
]


@pytest.fixture
def books() -> Catalog:
    return Catalog.from_records(BOOKS, name="books")


@pytest.fixture
def store(tmp_path):
    made = SqlStore(tmp_path / "state.db")
    yield made
    made.close()


class Changeable:
    """A catalogue that is changed as a recommender's is; counts what it is asked for."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.embedded: list[str] = []

    def add(self, items):
        self.catalog.add(items)
        self.embedded += [item.id for item in items]

    def remove(self, ids):
        self.catalog.remove(ids)


# -- item changes --------------------------------------------------------------------------------------------


def test_item_changes_survive_a_restart(books):
    store = MemoryStore()
    store.save_item({"id": "b9", "title": "Cold Harbour", "year": 2024, "genres": ["Crime"], "price": 3.5})
    store.save_item({"id": "b2", "title": "Low Tide", "year": 1988, "genres": ["Crime", "Drama"]})
    store.save_item(
        {
            "id": "b4",
            "isbn": "b4",
            "title": "Nine Lanterns",
            "year": 2019,
            "genres": "Crime|Travel",
            "price": 12.25,
        }
    )
    store.remove_item("b1")
    store.remove_item("never there")
    shop = Changeable(books)
    done = replay(store, shop)
    assert (done.added, done.changed, done.removed) == (("b9",), ("b2",), ("b1",))
    assert done.same == ("b4", "never there") and done.refused == () and done.unknown == ()
    assert shop.embedded == ["b9", "b2"]
    assert set(books.ids) == {"b2", "b3", "b4", "b9"}
    assert books["b2"].fields == {"year": 1988, "genres": ("Crime", "Drama")}
    assert books["b9"].fields == {"year": 2024, "genres": ("Crime",), "price": 3.5}
    assert str(done) == "item changes: 1 added, 1 changed, 1 removed, 2 already so"
    again = replay(store, shop)
    assert again.same == ("b9", "b2", "b4", "b1", "never there") and shop.embedded == ["b9", "b2"]
    assert str(replay(MemoryStore(), shop)) == "item changes: none"


def test_an_item_s_values_may_stand_under_fields(books):
    store = MemoryStore()
    item = books["b1"]
    store.save_item(
        {"id": "b1", "title": item.title, "fields": {**item.fields, "genres": ["Drama", "Travel"]}}
    )
    store.save_item(
        {"id": "b9", "title": "New", "fields": {"year": 2024, "genres": ["Crime"], "colour": "red"}}
    )
    done = replay(store, Changeable(books))
    assert (done.same, done.added, done.unknown) == (("b1",), ("b9",), ("colour",))
    assert books["b9"].fields == {"year": 2024, "genres": ("Crime",)}


def test_every_item_may_have_changed(books):
    store = MemoryStore()
    for key in books.ids:
        store.save_item({"id": key, "title": f"{key} anew"})
    done = replay(store, Changeable(books))
    assert sorted(done.changed) == ["b1", "b2", "b3", "b4"] and done.refused == ()
    assert sorted(item.title for item in books.items) == ["b1 anew", "b2 anew", "b3 anew", "b4 anew"]
    store.save_item({"id": "b1", "title": "Last"})
    for key in ("b2", "b3", "b4"):
        store.remove_item(key)
    done = replay(store, Changeable(books))
    assert list(books.ids) == ["b1"] and [one.id for one in done.refused] == ["b1"]
    assert len(done.removed) == 3 and "only item left" in done.refused[0].why


def test_items_that_no_longer_fit_are_told_and_the_others_applied(books):
    store = MemoryStore()
    store.save_item({"id": "b9", "title": "Cold Harbour", "year": "next year"})
    store.save_item({"id": "b8", "year": 2001})
    store.save_item({"id": "b2", "title": "  ", "year": 1988})
    store.save_item({"id": "b7", "title": "Warm Harbour", "colour": "red"})
    shop = Changeable(books)
    done = replay(store, shop)
    assert done.added == ("b7",) and done.unknown == ("colour",)
    assert [one.id for one in done.refused] == ["b9", "b8", "b2"]
    assert "'next year'" in done.refused[0].why and "title" in done.refused[1].why
    assert books["b2"].get("year") == 1987  # as the file has it
    assert "3 could not be applied: b9: " in str(done) and "not known to the catalogue: colour" in str(done)


def test_a_catalogue_never_runs_empty(books):
    store = MemoryStore()
    for key in books.ids:
        store.remove_item(key)
    shop = Changeable(books)
    done = replay(store, shop)
    assert [one.id for one in done.refused] == ["b1", "b2", "b3", "b4"] and len(books) == 4
    assert "keeps at least one" in done.refused[0].why
    store.save_item({"id": "new", "title": "All New"})
    assert replay(store, shop).removed == ("b1", "b2", "b3", "b4")
    assert list(books.ids) == ["new"]


@pytest.mark.parametrize("family", ["bert"])
def test_a_recommender_takes_them_up(recommender, movies):
    store = MemoryStore()
    first = recommender.catalog.items[0]
    store.save_item({"id": "new", "title": "Entirely New"})
    store.save_item({"id": first.id, "title": "Otherwise Called"})
    store.remove_item(recommender.catalog.items[1].id)
    gone = recommender.catalog.items[1].id
    done = replay(store, recommender)
    assert (done.added, done.changed, done.removed) == (("new",), (first.id,), (gone,))
    assert recommender.catalog[first.id].title == "Otherwise Called"
    assert gone not in recommender.catalog and len(recommender.index) == len(recommender.catalog)


# -- dialogues -----------------------------------------------------------------------------------------------

LIST = "Two for you:\n\n1. **Low Tide** (1987): a crime.\n2. **Nine Lanterns** (2019): travel &amp; crime."
MORE = "1. **The Glass Orchard** (2012): a drama."


def talked(store: SqlStore) -> None:
    """Ann saves after each turn; her likes come between and after."""
    said = ("I loved Salt Road & the sea. Mail me at ann@b2.org", LIST, "Something calmer?", MORE)
    for turn in (2, 4):
        store.save_session(session("secret-1", "ann", said[:turn], day=turn))
    store.add_feedback(
        [
            event("b4", "like", "secret-1", day=3),
            event("b2", "click", "secret-1", day=3.1),
            event("b2", "dislike", "secret-1", day=3.2),
            event("b3", "chosen", "secret-1", day=5),
            event("b3", "seen", "secret-1", day=6),
            event("gone", "like", "secret-1", day=6),
            event("b1", "like", "another", day=6),
        ]
    )
    store.save_session(session("secret-2", "bob", ("Hi", "Hello, what do you like?"), day=7))


def test_dialogues_are_read_back_by_the_corpus_that_training_reads(store, books, tmp_path):
    talked(store)
    out = tmp_path / "own.jsonl"
    done = write_dialogues(store, books, out)
    assert (done.dialogues, done.right, done.feedback) == (1, 2, 5)
    assert (done.silent, done.unknown, done.lost) == (1, 1, 1)
    text = out.read_text()
    assert "secret-1" not in text and '"ann"' not in text
    (corpus,) = link_own([Jsonl(out)], books)
    (dialogue,) = list(corpus)
    assert dialogue.split == "train" and [turn.role for turn in dialogue.turns] == ["user", "assistant"] * 2
    assert [turn.items for turn in dialogue.turns] == [("b1",), ("b2", "b4"), (), ("b3",)]
    assert [turn.answers for turn in dialogue.turns] == [("b1",), ("b4",), (), ("b3",)]
    titles = {
        "b1": "Salt Road",
        "b2": "**Low Tide** (1987)",
        "b4": "**Nine Lanterns** (2019)",
        "b3": "**The Glass Orchard** (2012)",
    }
    said = store.session("secret-1").messages
    assert [turn.render(titles.__getitem__) for turn in dialogue.turns] == [one["content"] for one in said]
    assert dialogue.feedback["b2"].liked is False and dialogue.feedback["b4"].liked is True
    assert dialogue.feedback["b3"].seen is True and dialogue.feedback["b3"].liked is None
    assert [(one.turn, one.gold) for one in instances(dialogue)] == [(1, ("b4",)), (3, ("b3",))]
    config = Config.parse({"catalog": "books", "corpora": [{"name": "jsonl", "path": str(out)}]})
    (loaded,) = load_corpora(config, books)
    assert [turn.answers for turn in loaded.dialogues[0].turns] == [("b1",), ("b4",), (), ("b3",)]


def test_all_sessions_are_written_when_asked_and_nothing_is_right_there(store, books, tmp_path):
    talked(store)
    done = write_dialogues(store, books, tmp_path / "all.jsonl", everything=True)
    assert (done.dialogues, done.silent) == (2, 0)
    dialogues = list(link_own([Jsonl(tmp_path / "all.jsonl")], books)[0])
    assert [len(list(instances(one))) for one in dialogues] == [2, 0]


def test_what_was_taken_up_in_words_is_right_too(store, books, tmp_path):
    said = ("Crime please", LIST, "I'll read Low Tide", "Good choice: Low Tide.")
    store.save_session(session("s1", None, said, day=1, chosen=["b2", "unknown"]))
    assert write_dialogues(store, books, tmp_path / "own.jsonl").right == 1
    (dialogue,) = list(link_own([Jsonl(tmp_path / "own.jsonl")], books)[0])
    assert [turn.answers for turn in dialogue.turns] == [(), ("b2",), ("b2",), ()]


def test_without_times_feedback_goes_to_the_list_that_names_the_item(store, books, tmp_path):
    talked(store)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE wherefore_messages SET at = NULL")
    write_dialogues(store, books, tmp_path / "own.jsonl")
    (dialogue,) = list(link_own([Jsonl(tmp_path / "own.jsonl")], books)[0])
    assert [turn.right for turn in dialogue.turns] == [None, ("b4",), None, ("b3",)]


def test_marks_in_what_people_said_stand_for_nothing(store, books, tmp_path):
    said = ("@b1 @b99 and @x7 &lt;tag&gt;", MORE)
    store.save_session(session("s1", None, said))
    store.add_feedback([event("b3")])
    write_dialogues(store, books, tmp_path / "own.jsonl")
    record = json.loads((tmp_path / "own.jsonl").read_text())
    assert record["turns"][0] == {"role": "user", "text": "@b1 @b99 and @x7 &amp;lt;tag&amp;gt;", "items": []}


def test_a_user_s_dialogues_are_all_of_one_part(store, books, tmp_path):
    for number in range(60):
        store.save_session(session(f"s{number}", f"user{number % 20}", ("Crime", LIST)))
        store.add_feedback([event("b2", key=f"s{number}", user=f"user{number % 20}")])
    write_dialogues(store, books, tmp_path / "own.jsonl", valid=0.3)
    parts = {split: len(list(Jsonl(tmp_path / "own.jsonl", split))) for split in ("train", "valid")}
    assert parts["train"] + parts["valid"] == 60 and 0 < parts["valid"] < 40
    assert parts["valid"] % 3 == 0  # three sessions each


# -- commands ------------------------------------------------------------------------------------------------


@pytest.fixture
def state(tmp_path, monkeypatch) -> str:
    """A file with two users' data, named by the environment."""
    place = tmp_path / "state.db"
    store = SqlStore(place)
    talked(store)
    store.close()
    monkeypatch.setenv("WHEREFORE_STORE", str(place))
    return str(place)


def told(capsys, *arguments: str) -> tuple[int, str, str]:
    """Exit status, output and error output of a command."""
    status = cli.main(["data", *arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_stats_in_words_and_as_json(state, capsys):
    status, out, _ = told(capsys, "stats")
    assert status == 0 and out.splitlines()[0].startswith(f"{state} (form 0003, ")
    assert "sessions  2, messages 6, 2026-03-01 to 2026-03-08" in out
    assert "feedback  7: 1 chosen, 1 click, 1 dislike, 3 like, 1 seen" in out
    assert json.loads(told(capsys, "stats", "--json")[1])["users"] == 2


def test_a_user_s_data_is_exported_for_nobody_else_to_read(state, tmp_path, capsys):
    out = tmp_path / "ann.json"
    assert told(capsys, "export", "--user", "ann", "--out", str(out))[0] == 0
    found = json.loads(out.read_text())
    assert [one["id"] for one in found["sessions"]] == ["secret-1"] and len(found["feedback"]) == 7
    assert stat.S_IMODE(os.stat(out).st_mode) == 0o600
    assert json.loads(told(capsys, "export", "--user", "ann", "--out", "-")[1]) == found
    status, _, err = told(capsys, "export", "--user", "nobody", "--out", str(tmp_path / "x.json"))
    assert status == 2 and "nothing is held about 'nobody'" in err and not (tmp_path / "x.json").exists()


def test_deleting_asks_unless_told_and_says_what_went(state, capsys, monkeypatch):
    status, _, err = told(capsys, "delete", "--user", "ann")
    assert status == 2 and "--yes" in err and "1 session with 4 messages, and 7 feedback" in err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda text, **_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert told(capsys, "delete", "--user", "ann")[0] == 130
    asked = []
    monkeypatch.setattr("typer.confirm", lambda text, **_: asked.append(text))
    status, out, _ = told(capsys, "delete", "--user", "ann")
    assert status == 0 and "cannot be brought back" in asked[0]
    assert out == "deleted 1 session with 4 messages, and 7 feedback events of 'ann'\n"
    assert "nothing is held about 'ann'" in told(capsys, "delete", "--user", "ann", "--yes")[1]
    assert b"Salt Road" not in Path(state).read_bytes()
    assert json.loads(told(capsys, "stats", "--json")[1])["sessions"] == 1


def test_pruning_by_age(state, capsys):
    store = SqlStore(state)
    now = START.now(START.tzinfo)
    store.save_session(replace(session("new"), created=now, updated=now - timedelta(days=2)))
    store.close()
    status, out, _ = told(capsys, "prune", "--older-than", "3d", "--dry-run")
    assert status == 0 and out.startswith("would delete 2 sessions with 6 messages, and 7 feedback events")
    assert told(capsys, "prune", "--older-than", "3d")[1].startswith("deleted 2 sessions")
    assert json.loads(told(capsys, "stats", "--json")[1])["sessions"] == 1
    assert told(capsys, "prune", "--older-than", "soon")[0] == 2


def test_dialogues_by_command(state, tmp_path, capsys):
    catalog = tmp_path / "books.csv"
    rows = [",".join(BOOKS[0]), *(",".join(str(value) for value in book.values()) for book in BOOKS)]
    catalog.write_text("\n".join(rows) + "\n")
    status, out, _ = told(
        capsys, "dialogues", "--out", str(tmp_path / "own.jsonl"), "--catalog", str(catalog)
    )
    assert (
        status == 0
        and "1 dialogue with 2 right items and 5 feedback events; left out: 1 session without" in out
    )
    assert len(list(Jsonl(tmp_path / "own.jsonl"))) == 1
    status, _, err = told(capsys, "dialogues", "--out", "x.jsonl", "--schema", "books.yaml")
    assert status == 2 and "--catalog" in err


@pytest.mark.parametrize(
    "arguments", [("stats",), ("prune", "--older-than", "3d"), ("delete", "--user", "x", "--yes")]
)
def test_a_mistyped_place_is_told_and_not_made(arguments, tmp_path, capsys):
    status, out, err = told(capsys, *arguments, "--store", str(tmp_path / "typo.db"))
    assert status == 2 and out == "" and "there is no" in err
    assert list(tmp_path.iterdir()) == []


def test_the_commands_have_help(capsys):
    assert cli.main(["data"]) == 0
    said = capsys.readouterr().out
    assert [word for word in ("stats", "prune", "export", "delete", "dialogues") if word not in said] == []
    assert issubclass(StorageError, OSError)
