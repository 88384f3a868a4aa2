"""What every store does, in memory, on SQLite and on PostgreSQL; and what only a database can do wrong."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect

from storage_servers import PASSWORD, START, Postgres, event, session, why_not
from wherefore.dialogue.state import Preferences
from wherefore.errors import StorageError
from wherefore.serving.storage import default_store, open_store
from wherefore.serving.storage.engines import make_engine, url_of
from wherefore.serving.storage.history import History, history
from wherefore.serving.storage.personal import age, count_of, delete_user, held, prune, stats
from wherefore.serving.storage.schema import bring_up_to_date, revision_of, revisions
from wherefore.serving.storage.sql import SqlStore
from wherefore.serving.storage.tables import VERSIONS, Base
from wherefore.serving.store import LONGEST_KEY, MemoryStore

on_postgres = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(why_not()), reason=why_not() or "PostgreSQL is there"),
]
PLACES = ["sqlite", pytest.param("postgresql", marks=on_postgres)]


@pytest.fixture(scope="module")
def postgres():
    """A server for the tests that need one."""
    server = Postgres()
    yield server
    server.close()


@pytest.fixture
def place(request, tmp_path):
    """Where a database may be made."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres").fresh()
    return str(tmp_path / "state.db")


@pytest.fixture(params=["memory", *PLACES])
def store(request, tmp_path):
    """Each kind of store, empty."""
    if request.param == "memory":
        made = MemoryStore()
    elif request.param == "sqlite":
        made = SqlStore(tmp_path / "state.db")
    else:
        made = SqlStore(request.getfixturevalue("postgres").fresh())
    yield made
    made.close()


@pytest.fixture(params=PLACES)
def kept(request, tmp_path):
    """Each store that lasts, empty."""
    is_postgres = request.param == "postgresql"
    made = SqlStore(request.getfixturevalue("postgres").fresh() if is_postgres else tmp_path / "state.db")
    yield made
    made.close()


@pytest.fixture
def sqlite(tmp_path):
    """A SQLite store, empty."""
    made = SqlStore(tmp_path / "state.db")
    yield made
    made.close()


# -- the contract --------------------------------------------------------------------------------------------


def test_a_session_comes_back_as_it_was(store):
    assert store.session("s1") is None
    odd = "caf\u00e9 \U0001f600 \x00 \ud800 \\u0000 'x'; DROP TABLE x; --"
    one = session(messages=(odd, "Sure."), day=1, liked=["b1", odd], count={"value": 3})
    store.save_session(one)
    assert store.session("s1") == one
    longer = replace(
        one, messages=(*one.messages, {"role": "user", "content": "more", "name": "x"}), user=None
    )
    store.save_session(longer)
    assert store.session("s1") == longer


def test_a_session_can_be_shortened_and_changed_in_the_middle(store):
    store.save_session(session(messages=("a", "b", "c", "d")))
    for messages in (("a", "b"), ("a", "x", "c"), (), ("new",)):
        now = session(messages=messages)
        store.save_session(now)
        assert store.session("s1") == now


def test_times_keep_their_moment_whatever_the_zone(store):
    tokyo = datetime(2026, 3, 1, 21, 0, 0, 123456, tzinfo=timezone(timedelta(hours=9)))
    store.save_session(replace(session(), created=tokyo, updated=tokyo))
    found = store.session("s1")
    assert found.created == tokyo and found.created.utcoffset() is not None
    store.add_feedback([replace(event(), at=tokyo)])
    assert store.feedback()[0].at == tokyo


def test_sessions_are_listed_by_user_the_last_changed_first(store):
    for key, user, day in (("s1", "ann", 1), ("s2", "bob", 2), ("s3", "ann", 3), ("s4", None, 0)):
        store.save_session(session(key, user, day=day))
    assert store.sessions("ann") == ["s3", "s1"]
    assert store.sessions() == ["s3", "s2", "s1", "s4"]
    assert store.sessions("nobody") == []


def test_a_deleted_session_takes_its_feedback_along(store):
    store.save_session(session("s1"))
    store.save_session(session("s2"))
    store.add_feedback([event("b1", key="s1"), event("b2", key="s2"), event("b3", key=None)])
    assert store.delete_session("s1") is True
    assert store.session("s1") is None and store.sessions() == ["s2"]
    assert [one.item for one in store.feedback()] == ["b2", "b3"]
    assert store.delete_session("s1") is False


def test_feedback_keeps_its_order_and_is_read_in_pieces(store):
    store.add_feedback([event(f"b{number}") for number in range(5)])
    store.add_feedback(
        [event("c", "dislike", user="bob", note="too loud \x00"), event("d", key=None, user=None)]
    )
    store.add_feedback([])
    everything = store.feedback()
    assert [one.item for one in everything] == ["b0", "b1", "b2", "b3", "b4", "c", "d"]
    assert everything[5] == event("c", "dislike", user="bob", note="too loud \x00", id=everything[5].id)
    assert [one.item for one in store.feedback("bob")] == ["c"]
    pieces, after = [], 0
    while some := store.feedback(after=after, limit=3):
        pieces.append([one.item for one in some])
        after = some[-1].id
    assert pieces == [["b0", "b1", "b2"], ["b3", "b4", "c"], ["d"]]


def test_a_number_is_not_given_twice(store):
    store.save_session(session())
    store.add_feedback([event()])
    last = store.feedback()[-1].id
    store.delete_session("s1")
    store.add_feedback([event()])
    assert [one.id > last for one in store.feedback(after=last)] == [True]


def test_of_an_item_the_last_change_is_kept(store):
    assert store.item_changes() == ([], [])
    store.save_item({"id": "b1", "title": "Old", "genres": ["A"], "year": 1999})
    store.save_item({"id": "b2", "title": "Two"})
    store.save_item({"id": 7, "title": "Seven"})
    store.remove_item("b2")
    store.remove_item("from the file")
    store.save_item({"id": "b1", "title": "New"})
    assert store.item_changes() == (
        [{"id": 7, "title": "Seven"}, {"id": "b1", "title": "New"}],
        ["b2", "from the file"],
    )
    store.save_item({"id": "b2", "title": "Again"})
    assert [tree["id"] for tree in store.item_changes()[0]] == [7, "b1", "b2"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda store: store.save_session(session("")), "the id of a session is ''"),
        (lambda store: store.save_session(session("a\0b")), "zero byte"),
        (lambda store: store.save_session(session("x" * (LONGEST_KEY + 1))), "513 characters; at most 512"),
        (lambda store: store.save_session(session(user="\ud800")), "the id of a user"),
        (lambda store: store.save_session(replace(session(), updated=datetime(2026, 1, 1))), "`updated`"),
        (lambda store: store.add_feedback([event(), event(verdict="love")]), "'love'; known: like, dislike"),
        (lambda store: store.add_feedback([event(), event("")]), "the id of a item is ''"),
        (lambda store: store.add_feedback([replace(event(), at=datetime(2026, 1, 1))]), "`at`"),
        (lambda store: store.save_item({"title": "No id"}), "an item's `id` is None"),
        (lambda store: store.remove_item(""), "the id of a item is ''"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_of_it_kept(store, call, said):
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        call(store)
    assert store.sessions() == [] and store.feedback() == [] and store.item_changes() == ([], [])


def test_threads_may_share_a_store(store):
    def work(number: int) -> None:
        try:
            for turn in range(5):
                store.save_session(session(f"s{number}", messages=("hi",) * (turn + 1)))
                store.add_feedback([event(f"{number}-{turn}", key=f"s{number}")])
                assert len(store.session(f"s{number}").messages) == turn + 1
        except BaseException as error:
            failed.append(error)

    failed: list[BaseException] = []
    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(store.sessions()) == 8 and len(store.feedback()) == 40
    assert len({one.id for one in store.feedback()}) == 40


WORDS = st.text(max_size=20)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories=st.lists(st.lists(WORDS, max_size=6), min_size=1, max_size=4))
def test_whatever_is_said_the_last_save_is_what_is_read(sqlite, histories):
    for words in histories:  # over what the example before has left
        now = session(messages=tuple(words))
        sqlite.save_session(now)
        assert sqlite.session("s1") == now


KEYS = st.sampled_from(["s1", "s2", "s3"])
USERS = st.sampled_from([None, "ann", "bob"])
ACTIONS = st.one_of(
    st.tuples(st.just("save"), KEYS, USERS, st.lists(st.sampled_from("abc"), max_size=4)),
    st.tuples(st.just("delete"), KEYS),
    st.tuples(st.just("feedback"), st.lists(st.tuples(KEYS, USERS, st.sampled_from("xy")), max_size=3)),
    st.tuples(st.just("item"), KEYS, st.booleans()),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(ACTIONS, max_size=8))
def test_sqlite_does_what_memory_does(sqlite, actions):
    memory = MemoryStore()
    with sqlite.engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    for day, (kind, *what) in enumerate(actions):
        for store in (memory, sqlite):
            if kind == "save":
                store.save_session(session(what[0], what[1], tuple(what[2]), day, liked=what[2]))
            elif kind == "feedback":
                store.add_feedback([event(item, key=key, user=user) for key, user, item in what[0]])
            elif what[-1] is True:
                store.remove_item(what[0])
            elif kind == "item":
                store.save_item({"id": what[0], "title": str(day)})
        if kind == "delete":
            assert memory.delete_session(what[0]) == sqlite.delete_session(what[0])
    for user in (None, "ann", "bob"):
        assert memory.sessions(user) == sqlite.sessions(user)
        assert [replace(one, id=None) for one in memory.feedback(user)] == [
            replace(one, id=None) for one in sqlite.feedback(user)
        ]
    assert [memory.session(key) for key in memory.sessions()] == [
        sqlite.session(key) for key in memory.sessions()
    ]
    assert memory.item_changes() == sqlite.item_changes()
    assert history(memory, "ann") == history(sqlite, "ann")


# -- who comes back ------------------------------------------------------------------------------------------


def test_who_comes_back_is_known_by_all_sessions(store):
    store.save_session(session("s1", "ann", day=1, liked=["b1", "b2"], seen=["b1"], rejected=["b9"]))
    store.save_session(session("s2", "ann", day=3, liked=["b3"], disliked=["b2"]))
    store.save_session(session("s3", "bob", liked=["c1"]))
    store.add_feedback(
        [
            event("b4", "like", day=2),
            event("b5", "seen", day=2),
            event("b6", "not_interested", day=2),
            event("b7", "click", day=2),
            event("b8", "chosen", day=2),
            event("c2", "like", user="bob"),
        ]
    )
    known = history(store, "ann")
    assert known == History(("b1", "b4", "b3"), ("b2",), ("b1", "b5"), ("b6",))
    assert history(store, "nobody") == History() and not history(store, "nobody")
    state = known.preferences(Preferences.from_json({"liked": ["x"], "disliked": ["b3"]}))
    assert state.liked == ("b1", "b4", "x") and state.disliked == ("b2", "b3")
    assert Preferences.from_json(state.to_json()) == state


def test_the_newest_word_on_an_item_counts(store):
    store.add_feedback(
        [event("b1", "like", day=1), event("b1", "dislike", day=2), event("b1", "like", day=3)]
    )
    store.add_feedback([event("b2", "not_interested", day=1), event("b2", "like", day=0)])
    assert history(store, "ann") == History(liked=("b1",), rejected=("b2",))


def test_history_reads_more_than_one_page(store, monkeypatch):
    monkeypatch.setattr("wherefore.serving.storage.history._PAGE", 3)
    store.add_feedback([event(f"b{number}") for number in range(8)])
    assert history(store, "ann").liked == tuple(f"b{number}" for number in range(8))


# -- a user's data -------------------------------------------------------------------------------------------


def filled(store: SqlStore) -> None:
    store.save_session(session("s1", "ann", ("my secret wish", "ok"), day=1, liked=["b1"]))
    store.save_session(session("s2", "ann", ("again",), day=40))
    store.save_session(session("s3", "bob", ("bobs words",), day=40))
    store.add_feedback([event("b1", note="annnote"), event("b2", key=None), event("b3", key="s2", user=None)])
    store.add_feedback([event("c1", key="s3", user="bob"), event("c2", key="gone", user=None)])


def test_all_that_is_held_about_a_user_is_exported(kept):
    filled(kept)
    found = held(kept, "ann")
    assert found["user"] == "ann" and [one["id"] for one in found["sessions"]] == ["s1", "s2"]
    assert found["sessions"][0] == {
        "id": "s1",
        "created": "2026-03-01T12:00:00+00:00",
        "updated": "2026-03-02T12:00:00+00:00",
        "messages": [
            {"role": "user", "content": "my secret wish", "at": "2026-03-02T12:00:00+00:00"},
            {"role": "assistant", "content": "ok", "at": "2026-03-02T12:00:00+00:00"},
        ],
        "preferences": {"liked": ["b1"]},
    }
    assert [(one["item"], one["note"]) for one in found["feedback"]] == [
        ("b1", "annnote"),
        ("b2", None),
        ("b3", None),
    ]


def test_all_that_is_held_about_a_user_is_deleted_and_nothing_else(kept):
    filled(kept)
    counted = count_of(kept, "ann")
    gone = delete_user(kept, "ann")
    assert (gone.sessions, gone.messages, gone.feedback, gone.overwritten) == (2, 3, 3, True)
    assert counted == gone
    assert held(kept, "ann") == {"user": "ann", "sessions": [], "feedback": []}
    assert kept.sessions() == ["s3"] and [one.item for one in kept.feedback()] == ["c1", "c2"]
    assert not delete_user(kept, "ann")


def test_deleted_words_are_in_no_file_of_sqlite(tmp_path):
    store = SqlStore(tmp_path / "state.db")
    long = "unmistakable " * 2000  # more than a page
    store.save_session(session("s1", "ann", ("my secret wish", long)))
    store.save_session(session("s2", "bob", ("harmless",)))
    store.add_feedback([event(note="annnote")])

    def on_disk() -> bytes:
        return b"".join(file.read_bytes() for file in tmp_path.iterdir())

    assert b"secret wish" in on_disk() and b"unmistakable" in on_disk() and b"annnote" in on_disk()
    assert delete_user(store, "ann").overwritten
    left = on_disk()
    assert b"harmless" in left
    assert not any(word in left for word in (b"secret wish", b"unmistakable", b"annnote"))
    store.save_session(session("s3", "cid", ("my secret wish",)))
    store.delete_session("s3")
    assert b"secret wish" not in on_disk()
    store.close()


def test_a_reader_delays_the_overwriting_and_that_is_told(tmp_path):
    store = SqlStore(tmp_path / "state.db", patience=0.3)
    filled(store)
    reader = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM wherefore_sessions").fetchone()
    assert not delete_user(store, "ann").overwritten
    reader.close()
    assert store.overwrite()
    store.close()


def test_what_is_old_is_let_go(kept, monkeypatch):
    monkeypatch.setattr("wherefore.serving.storage.personal._PIECE", 2)
    filled(kept)
    for number in range(5):
        kept.save_session(session(f"old{number}", day=2))
    kept.add_feedback([event("fresh", key="s1", day=45), event("new", key="s3", day=45)])
    before = START + timedelta(days=30)
    would = prune(kept, before, pretend=True)
    assert (would.sessions, would.feedback) == (6, 6) and len(kept.sessions()) == 8
    assert prune(kept, before) == would
    assert sorted(kept.sessions()) == ["s2", "s3"]
    assert [one.item for one in kept.feedback()] == ["new"]
    assert not prune(kept, before)


def test_ages():
    assert (age("12h"), age(" 8W ")) == (timedelta(hours=12), timedelta(weeks=8))
    for wrong in ("30", "d", "-3d", "0d", "1.5d", "3 months"):
        with pytest.raises(ValueError, match="12h, 30d or 8w"):
            age(wrong)


def test_how_much_is_held_is_told(kept):
    empty = stats(kept)
    assert empty["sessions"] == 0 and empty["oldest"] is None and empty["feedback"] == {}
    filled(kept)
    kept.save_item({"id": "x", "title": "X"})
    kept.remove_item("y")
    kept.remove_item("z")
    found = stats(kept)
    assert (found["sessions"], found["messages"], found["users"]) == (3, 4, 2)
    assert found["feedback"] == {"like": 5}
    assert (found["items_changed"], found["items_removed"]) == (1, 2)
    assert found["newest"] == (START + timedelta(days=40)).isoformat()
    assert found["form"] == revisions()[-1] and found["bytes"] > 10_000


# -- opening -------------------------------------------------------------------------------------------------


def test_what_was_kept_is_there_when_opened_again(kept):
    filled(kept)
    again = SqlStore(
        kept.engine.url.render_as_string(hide_password=False) if kept.file is None else kept.file
    )
    assert again.session("s1") == kept.session("s1") and again.feedback() == kept.feedback()
    again.close()


def test_sqlite_is_durable_private_and_write_ahead(tmp_path):
    store = SqlStore(tmp_path / "deep" / "state.db")
    with store.engine.connect() as connection:
        values = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        ]
    assert values == ["wal", 2, 1, 1, 10_000]
    assert stat.S_IMODE((tmp_path / "deep" / "state.db").stat().st_mode) == 0o600
    store.close()


@pytest.mark.parametrize("place", PLACES, indirect=True)
def test_the_first_form_is_brought_up_to_date_with_all_that_it_holds(place):
    engine = make_engine(url_of(place), 5)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        bring_up_to_date(connection, place, to="0001")
        columns = {one["name"] for one in inspect(connection).get_columns("wherefore_messages")}
        assert revision_of(connection) == "0001" and "at" not in columns
        connection.exec_driver_sql(
            "INSERT INTO wherefore_sessions (id, user_id, preferences, created, updated) VALUES "
            "('s1', 'ann', '{\"liked\": [\"b1\"]}', '2026-01-01 00:00:00', '2026-01-02 00:00:00')"
        )
        connection.exec_driver_sql(
            'INSERT INTO wherefore_messages VALUES (\'s1\', 0, \'{"role": "user", "content": "old"}\')'
        )
    engine.dispose()
    store = SqlStore(place)
    found = store.session("s1")
    assert found.messages == ({"role": "user", "content": "old"},) and found.preferences == {"liked": ["b1"]}
    assert store.message_times("s1") == [None]
    longer = replace(
        found, messages=(*found.messages, {"role": "assistant", "content": "new"}), updated=START
    )
    store.save_session(longer)
    assert store.message_times("s1") == [None, START]
    assert stats(store)["form"] == "0003"
    store.close()


@pytest.mark.parametrize("place", PLACES, indirect=True)
def test_the_revisions_make_the_tables_of_the_models(place):
    store = SqlStore(place)
    with store.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSIONS, "compare_type": True}
        )
        assert compare_metadata(context, Base.metadata) == []
    store.close()


@pytest.mark.parametrize("place", PLACES, indirect=True)
def test_a_newer_form_is_refused_and_left_alone(place):
    store = SqlStore(place)
    store.save_session(session())
    with store.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSIONS} SET version_num = '0999'")
    with pytest.raises(StorageError, match=r"newer Wherefore \(form 0999; this one knows up to 0003\)"):
        SqlStore(place)
    with store.engine.connect() as connection:
        assert revision_of(connection) == "0999"
    assert store.session("s1") == session()
    store.close()


@pytest.mark.parametrize("place", PLACES, indirect=True)
def test_servers_that_start_at_once_set_it_up_once(place):
    script = (
        "import sys, time; from wherefore.serving.storage.sql import SqlStore\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "store = SqlStore(sys.argv[1]); print(store.sessions())"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    servers = [subprocess.Popen([sys.executable, "-c", script, place], **pipes) for _ in range(3)]
    assert [one.stdout.readline() for one in servers] == ["ready\n"] * 3
    for one in servers:
        one.stdin.write("go\n")
        one.stdin.flush()
    said = [one.communicate(timeout=60) for one in servers]
    assert said == [("[]\n", "")] * 3
    assert [one.returncode for one in servers] == [0] * 3


def test_threads_that_open_at_once_set_it_up_once(tmp_path):
    stores: list[SqlStore] = []
    threads = [threading.Thread(target=lambda: stores.append(SqlStore(tmp_path / "s.db"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.sessions() for store in stores] == [[]] * 4
    for store in stores:
        store.close()


def test_the_place_is_the_option_the_variable_or_the_data_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("WHEREFORE_STORE", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert default_store() == str(tmp_path / "data" / "wherefore" / "state.db")
    monkeypatch.setenv("WHEREFORE_STORE", f"sqlite:///{tmp_path / 'mine.db'}")
    store = open_store()
    assert store.name == str(tmp_path / "mine.db") and repr(store) == f"SqlStore({store.name!r})"
    store.close()


def test_a_missing_package_is_named_with_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "wherefore.serving.storage.sql", None)
    with pytest.raises(ImportError):  # a fault of ours is not taken for a missing package
        open_store("x.db")

    class Missing:
        def find_spec(self, name, path=None, target=None):
            if name == "wherefore.serving.storage.sql":
                raise ModuleNotFoundError("No module named 'sqlalchemy'", name="sqlalchemy")

    monkeypatch.delitem(sys.modules, "wherefore.serving.storage.sql")
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    with pytest.raises(
        ImportError, match=r"needs sqlalchemy; install it with: pip install 'wherefore\[serve\]'"
    ):
        open_store("x.db")


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("", "cannot be kept in ''; give a file"),
        (":memory:", "give a file"),
        ("sqlite://", "a SQLite store is a file"),
        ("sqlite:///x.db?mode=ro", "without options"),
        ("mysql://u:hunter2@h/d", "cannot be kept in mysql"),
        ("postgresql://u:hunter2@h:port/d", "cannot be read; give a file"),
    ],
)
def test_a_place_that_cannot_be_is_told_without_its_password(where, said):
    with pytest.raises(StorageError, match=said) as caught:
        SqlStore(where)
    assert "hunter2" not in str(caught.value)


def test_files_that_cannot_be_are_told(tmp_path):
    (tmp_path / "notes.txt").write_text("these are my notes, and no database at all " * 50)
    with pytest.raises(StorageError, match="no SQLite file; name another"):
        SqlStore(tmp_path / "notes.txt")
    with pytest.raises(StorageError, match="is a folder"):
        SqlStore(tmp_path)
    with pytest.raises(StorageError, match="there is no .*absent.db"):
        SqlStore(tmp_path / "absent.db", create=False)
    assert not (tmp_path / "absent.db").exists()
    with pytest.raises(StorageError, match="see that its folder may be written"):
        SqlStore("/proc/nowhere/state.db")
    with sqlite3.connect(tmp_path / "shop.db") as shop:
        shop.execute("CREATE TABLE goods (id)")
    shop.close()
    with pytest.raises(StorageError, match="another program's file .*`goods`"):
        SqlStore(tmp_path / "shop.db")


# -- failures ------------------------------------------------------------------------------------------------

WRITER = """
import sys
from datetime import UTC, datetime
from wherefore.serving.storage.sql import SqlStore
from wherefore.serving.store import Feedback
place, prefix, count = sys.argv[1:]
store = SqlStore(place)
for number in range(int(count)):
    store.add_feedback([Feedback("s1", "ann", f"{prefix}{number}", "like", datetime.now(UTC))])
    print(number, flush=True)
"""


def writer(place: str, prefix: str, count: int) -> subprocess.Popen:
    """A process that keeps events one by one, and prints each number when it is kept."""
    command = [sys.executable, "-c", WRITER, place, prefix, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("place", PLACES, indirect=True)
def test_a_killed_writer_loses_nothing_that_it_acknowledged(place):
    with writer(place, "killed", 1000) as one, writer(place, "other", 60) as other:
        told = [one.stdout.readline() for _ in range(100)]
        os.kill(one.pid, signal.SIGKILL)
        told += one.stdout.readlines()  # acknowledged before the kill
        assert len(other.stdout.readlines()) == 60
    assert (one.returncode, other.returncode) == (-signal.SIGKILL, 0)
    acknowledged = [line.strip() for line in told if line.endswith("\n")]
    assert 100 <= len(acknowledged) < 1000
    store = SqlStore(place)
    found = [event.item for event in store.feedback(limit=2000)]
    killed = [item.removeprefix("killed") for item in found if item.startswith("killed")]
    assert killed[: len(acknowledged)] == acknowledged
    assert len(killed) <= len(acknowledged) + 1  # the one that it was killed in
    assert [item for item in found if item.startswith("other")] == [f"other{number}" for number in range(60)]
    store.add_feedback([event("after")])
    assert store.feedback(limit=2000)[-1].item == "after"
    if store.file is not None:
        with store.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    store.close()


def limit_pages(store: SqlStore, pages: int) -> None:
    """Let the file grow to so many pages: the disk is full."""
    store.engine.dispose()
    from sqlalchemy import event as events

    events.listen(
        store.engine, "connect", lambda connection, _: connection.execute(f"PRAGMA max_page_count={pages}")
    )


def test_a_full_disk_is_told_loses_nothing_and_passes(tmp_path):
    store = SqlStore(tmp_path / "state.db")
    store.save_session(session("s1", messages=("before",)))
    limit_pages(store, 40)
    saved = []
    with pytest.raises(StorageError, match="disk is full; make room on that disk; what was kept is whole"):
        for number in range(100):
            store.save_session(session(f"big{number}", messages=("x" * 20_000, "y")))
            saved.append(f"big{number}")
    assert saved
    with pytest.raises(StorageError, match="disk is full"):
        store.add_feedback([event(f"b{number}", note="z" * 1000) for number in range(200)])
    assert store.feedback() == []  # all, or none
    assert sorted(store.sessions()) == sorted(["s1", *saved])
    assert store.session("s1").messages[0]["content"] == "before"
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    store.delete_session(saved[0])  # deleting makes room
    store.add_feedback([event()])
    limit_pages(store, 100_000)
    store.save_session(session("after", messages=("x" * 20_000,)))
    assert len(store.feedback()) == 1 and "after" in store.sessions()
    store.close()


def test_a_locked_file_is_waited_for_then_told(tmp_path):
    store = SqlStore(tmp_path / "state.db", patience=0.3)
    other = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="locked; another process holds it"):
        store.add_feedback([event()])
    assert store.feedback() == []  # readers are not hindered
    other.execute("ROLLBACK")
    store.add_feedback([event()])
    other.close()
    store.close()


def test_errors_do_not_tell_what_was_said(tmp_path):
    store = SqlStore(tmp_path / "state.db")
    limit_pages(store, 5)
    with pytest.raises(StorageError) as caught:
        store.save_session(session(messages=("my secret wish" + "x" * 50_000,)))
    chain, error = "", caught.value
    while error is not None:
        chain += str(error) + repr(error)
        error = error.__cause__ or error.__context__
    assert "secret wish" not in chain and "disk is full" in chain
    store.close()


# -- PostgreSQL away and back --------------------------------------------------------------------------------

needs_postgres = pytest.mark.skipif(bool(why_not()), reason=why_not() or "PostgreSQL is there")


@pytest.mark.slow
@needs_postgres
def test_postgres_restarted_under_load_loses_nothing_and_doubles_nothing(postgres):
    url = postgres.fresh()
    store = SqlStore(url, patience=20)
    done, failed, stop = [], [], threading.Event()

    def work(number: int) -> None:
        turn = 0
        while not stop.is_set():
            name = f"{number}-{turn}"
            turn += 1
            try:
                store.add_feedback([event(name)])
                store.save_session(session(f"s{number}", messages=("hi",) * (turn % 7)))
                store.session(f"s{number}")
                done.append(name)
            except StorageError as error:
                failed.append((name, error))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for how in ("immediate", "fast"):
        time.sleep(0.7)
        postgres.stop(how)
        postgres.start()
    before = len(done)
    time.sleep(0.7)
    stop.set()
    for thread in threads:
        thread.join()
    assert failed == []  # each was tried again until the server was back
    assert len(done) > before > 0
    items = [one.item for one in store.feedback(limit=1_000_000)]
    assert len(items) == len(set(items)) and set(done) <= set(items)
    store.close()


@pytest.mark.slow
@needs_postgres
def test_postgres_gone_fails_within_the_patience_and_works_when_back(postgres):
    store = SqlStore(postgres.fresh(), patience=1)
    store.add_feedback([event("before")])
    postgres.stop()
    try:
        started = time.monotonic()
        with pytest.raises(
            StorageError, match="cannot write postgresql://wherefore:\\*\\*\\*@.*server up"
        ) as caught:
            store.add_feedback([event("lost")])
        assert time.monotonic() - started < 8
        assert PASSWORD not in str(caught.value)
    finally:
        postgres.start()
    store.add_feedback([event("after")])
    assert [one.item for one in store.feedback()] == ["before", "after"]
    store.close()


@pytest.mark.slow
@needs_postgres
def test_an_empty_database_is_not_set_up_by_who_only_looks(postgres):
    url = postgres.fresh()
    postgres.sql("CREATE TABLE goods (id int)")  # it may hold others' tables
    with pytest.raises(StorageError, match="holds nothing of Wherefore's"):
        SqlStore(url, create=False)
    SqlStore(url).close()
    SqlStore(url, create=False).close()
    names = {row[0] for row in postgres.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    assert "goods" in names and all(name.startswith("wherefore_") for name in names - {"goods"})


@pytest.mark.slow
@needs_postgres
def test_passwords_are_in_no_message_and_no_log(postgres, caplog, capfd):
    caplog.set_level("DEBUG")
    wrong = "wr0ng-w0rd"
    started = time.monotonic()
    with pytest.raises(
        StorageError, match="authentication failed.*see user, password and pg_hba.conf"
    ) as caught:
        SqlStore(postgres.url(password=wrong))
    assert time.monotonic() - started < 5  # not tried again: it would not pass
    with pytest.raises(StorageError, match="does not exist; make it with createdb"):
        SqlStore(postgres.url("absent"))
    store = SqlStore(f"{postgres.fresh()}?application_name=shop")
    store.save_session(session())
    said = repr(store) + store.name + stats(store)["store"] + caplog.text + "".join(capfd.readouterr())
    error = caught.value
    while error is not None:
        said += str(error) + repr(error)
        error = error.__cause__ or error.__context__
    assert wrong not in said and "s3cret" not in said
    assert "***" in store.name
    store.close()


@pytest.mark.slow
@needs_postgres
def test_feedback_read_in_pieces_misses_none_while_many_write(postgres):
    store = SqlStore(postgres.fresh())
    threads = [
        threading.Thread(target=lambda n=n: [store.add_feedback([event(f"{n}-{i}")]) for i in range(60)])
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    seen, after = [], 0
    while len(seen) < 360 and (any(thread.is_alive() for thread in threads) or store.feedback(after=after)):
        for one in store.feedback(after=after, limit=7):
            seen.append(one.item)
            after = one.id
    for thread in threads:
        thread.join()
    assert len(seen) == len(set(seen)) == 360
    store.close()


def test_now_is_kept_to_the_microsecond(kept):
    now = datetime.now(UTC)
    kept.save_session(replace(session(), updated=now))
    assert kept.session("s1").updated == now
