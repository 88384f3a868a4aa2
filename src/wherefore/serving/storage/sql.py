"""A store in a database: SQLite, one file, or PostgreSQL."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar, cast
from uuid import uuid4

from sqlalchemy import Connection, Row, Table, delete, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from wherefore.errors import StorageError
from wherefore.serving.storage.claims import Claims
from wherefore.serving.storage.engines import checkpoint, make_engine, private, shown, url_of
from wherefore.serving.storage.failures import passing, told
from wherefore.serving.storage.schema import bring_up_to_date, check, current
from wherefore.serving.storage.tables import FEEDBACK, ITEMS, MESSAGES, SESSIONS
from wherefore.serving.store import (
    Feedback,
    ItemChanges,
    StoredSession,
    Verdict,
    check_feedback,
    check_key,
    check_session,
    item_key,
)

_T = TypeVar("_T")
_FEEDBACK_LOCK = 0x7768_6572_6566_6562
_ITEMS_LOCK = 0x7768_6572_6566_6974
_PIECE = 500  # rows of one statement
_PAUSE, _LONGEST_PAUSE = 0.05, 1.0  # seconds between tries: the first, doubled up to the second


class SqlStore:
    """A `Store` in a SQLite file or a PostgreSQL database. Threads and processes may share it.

    What a method has returned from is on the disk. A write that a lost connection leaves in doubt is tried again, and
    is done once all the same.

    Args:
        where: A SQLite file, or a URL; see `open_store`.
        create: Whether to set up a place that holds nothing yet.
        patience: Seconds that a call tries again, or waits for others, before it fails.

    Raises:
        StorageError: If it cannot be opened, or is of a newer Wherefore.
    """

    def __init__(self, where: str | Path, create: bool = True, patience: float = 10.0) -> None:
        url = url_of(where)
        self.name = shown(url)
        self.file = Path(str(url.database)) if url.drivername == "sqlite" else None
        self._patience = patience
        self._writing = Lock() if self.file is not None else None
        if self.file is not None:
            self._prepare(self.file, create)
        self.engine = make_engine(url, patience)
        self._claims = Claims(self.engine, self.name)
        try:
            self._open(create)
        except BaseException:
            self.engine.dispose()
            raise

    def __repr__(self) -> str:
        return f"SqlStore({self.name!r})"

    def _prepare(self, file: Path, create: bool) -> None:
        if not create and not file.exists():
            raise StorageError(f"there is no {file}; a server makes it, or name another with --store")
        if file.is_dir():
            raise StorageError(f"{file} is a folder; name a file in it")
        try:
            private(file)
        except OSError as error:
            raise StorageError(
                f"cannot make {file}: {error.strerror}; see that its folder may be written"
            ) from error

    def _open(self, create: bool) -> None:
        if self.run(current, "open"):
            return
        if not create and not self.run(lambda connection: check(connection, self.name), "open"):
            raise StorageError(f"{self.name} holds nothing of Wherefore's; a server sets it up")
        self.run(lambda connection: bring_up_to_date(connection, self.name), "set up", writes=True)

    def run(self, work: Callable[[Connection], _T], doing: str, writes: bool = False) -> _T:
        """Do something in a transaction; again when it fails for what passes, until patience ends.

        Args:
            work: What to do; done twice, it must come to the same as once.
            doing: A word for messages, like "read".
            writes: Whether it changes anything.

        Raises:
            StorageError: If the database fails.
        """
        until, pause = time.monotonic() + self._patience, _PAUSE
        while True:
            try:
                with self._turn(writes), self.engine.connect() as connection:
                    connection = connection.execution_options(writes=writes)
                    with connection.begin():
                        return work(connection)
            except SQLAlchemyError as error:
                if not passing(error) or time.monotonic() + pause > until:
                    raise told(error, self.name, doing) from error
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    @contextmanager
    def _turn(self, writes: bool) -> Iterator[None]:
        """Threads that write to a SQLite file go one after the other: its own waiting is neither fair nor quick."""
        if not writes or self._writing is None:
            yield
            return
        if not self._writing.acquire(timeout=self._patience):
            raise StorageError(
                f"cannot write {self.name}: other threads have been writing for {self._patience:g} s; too much is "
                "asked at once, or the disk is slow"
            )
        try:
            yield
        finally:
            self._writing.release()

    def close(self) -> None:
        """Let go of files and connections."""
        self._claims.close()
        self.engine.dispose()

    # -- sessions -------------------------------------------------------------------------------------

    def session(self, key: str) -> StoredSession | None:
        """The session with an id; None where there is none."""
        return self.run(lambda connection: _session(connection, key), "read")

    def save_session(self, session: StoredSession) -> None:
        """Keep a session, in the place of the one with its id; of its messages, only new ones are written."""
        check_session(session)
        messages = [_dumped(message) for message in session.messages]
        row = {
            "id": session.id,
            "user_id": session.user,
            "preferences": None if session.preferences is None else _dumped(session.preferences),
            "created": session.created,
            "updated": session.updated,
        }

        def save(connection: Connection) -> None:
            _put(connection, SESSIONS, row)  # first: it locks the session against others who save it
            position, stored = MESSAGES.c.position, MESSAGES.c.message
            mine = MESSAGES.c.session_id == session.id
            before = connection.scalars(select(stored).where(mine).order_by(position)).all()
            same = _alike([json.loads(one) for one in before], session.messages)
            if same < len(before):
                connection.execute(delete(MESSAGES).where(mine, position >= same))
            new = [
                {"session_id": session.id, "position": number, "message": message, "at": session.updated}
                for number, message in enumerate(messages[same:], same)
            ]
            if new:
                connection.execute(MESSAGES.insert(), new)

        self.run(save, "write", writes=True)

    def delete_session(self, key: str) -> bool:
        """Delete a session and the feedback that was given in it. Returns whether there was anything."""
        gone = self.run(lambda connection: delete_sessions(connection, [key]), "delete", writes=True)
        if gone and self.file is not None:  # PostgreSQL vacuums by itself
            self.overwrite(wait=0.0)
        return bool(gone)

    def sessions(self, user: str | None = None) -> list[str]:
        """The ids of a user's sessions, of everybody's when None; the last changed first."""
        wanted = select(SESSIONS.c.id).order_by(SESSIONS.c.updated.desc(), SESSIONS.c.id.desc())
        if user is not None:
            wanted = wanted.where(SESSIONS.c.user_id == user)
        return self.run(lambda connection: list(connection.scalars(wanted)), "read")

    def states(self, user: str) -> list[tuple[datetime, dict[str, Any]]]:
        """When each session of a user was last changed and its state, without reading what was said."""
        wanted = select(SESSIONS.c.updated, SESSIONS.c.preferences).where(
            SESSIONS.c.user_id == user, SESSIONS.c.preferences.is_not(None)
        )
        rows = self.run(lambda connection: connection.execute(wanted).all(), "read")
        return [(row.updated, json.loads(row.preferences)) for row in rows]

    def message_times(self, key: str) -> list[datetime | None]:
        """When each message of a session was first kept; None where an older Wherefore did not note it."""
        wanted = select(MESSAGES.c.at).where(MESSAGES.c.session_id == key).order_by(MESSAGES.c.position)
        return self.run(lambda connection: list(connection.scalars(wanted)), "read")

    # -- feedback -------------------------------------------------------------------------------------

    def add_feedback(self, events: Sequence[Feedback]) -> None:
        """Keep feedback: all, or none. The events' own numbers are passed over."""
        for event in events:
            check_feedback(event)
        if not events:
            return
        rows = [
            {
                "token": uuid4().hex,
                "session_id": event.session,
                "user_id": event.user,
                "item_id": event.item,
                "verdict": event.verdict,
                "at": event.at,
                "note": None if event.note is None else _dumped(event.note),
            }
            for event in events
        ]
        adding = _insert(self.engine.dialect.name, FEEDBACK).on_conflict_do_nothing(index_elements=["token"])

        def add(connection: Connection) -> None:
            if connection.dialect.name == "postgresql":
                # One after the other: else a lower number could be seen after a higher one, and be passed over by
                # who reads on from there.
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _FEEDBACK_LOCK})
            connection.execute(adding, rows)

        self.run(add, "write", writes=True)

    def feedback(self, user: str | None = None, after: int = 0, limit: int = 1000) -> list[Feedback]:
        """Feedback in the order in which it was kept; arguments as of `Store.feedback`."""
        wanted = select(FEEDBACK).where(FEEDBACK.c.id > after).order_by(FEEDBACK.c.id).limit(limit)
        if user is not None:
            wanted = wanted.where(FEEDBACK.c.user_id == user)
        return self.run(lambda connection: list(map(as_feedback, connection.execute(wanted))), "read")

    # -- items ----------------------------------------------------------------------------------------

    def save_item(self, tree: Mapping[str, Any]) -> None:
        """Note that an item was added or changed; `tree` is the whole item with its id as `id`."""
        self._note_item(item_key(tree), _dumped(dict(tree)))

    def remove_item(self, key: str) -> None:
        """Note that an item was removed."""
        check_key(key, "item")
        self._note_item(key, None)

    def _note_item(self, key: str, record: str | None) -> None:
        row = {"id": key, "record": record, "changed": datetime.now(UTC)}

        def note(connection: Connection) -> None:
            if (
                connection.dialect.name == "postgresql"
            ):  # one after the other, so that no lower number comes later
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ITEMS_LOCK})
            last = connection.scalar(select(func.coalesce(func.max(ITEMS.c.version), 0)))
            _put(connection, ITEMS, row | {"version": (last or 0) + 1})

        self.run(note, "write", writes=True)

    def item_changes(self) -> tuple[list[dict[str, Any]], list[str]]:
        """The items that were added or changed, and the ids of those removed, each in order of the last change."""
        changes = self.item_changes_since(None)
        return list(changes.kept), list(changes.gone)

    def item_changes_since(self, version: int | None) -> ItemChanges:
        """The item changes after one, in their order; all of them for None."""
        wanted = select(ITEMS.c.id, ITEMS.c.record, ITEMS.c.version)
        wanted = wanted.order_by(ITEMS.c.version, ITEMS.c.changed, ITEMS.c.id)
        if version is not None:
            wanted = wanted.where(ITEMS.c.version > version)
        rows = self.run(lambda connection: connection.execute(wanted).all(), "read")
        return ItemChanges(
            max((row.version for row in rows), default=version or 0),
            tuple(json.loads(row.record) for row in rows if row.record is not None),
            tuple(row.id for row in rows if row.record is None),
        )

    def item_version(self) -> int:
        """The number of the last item change, 0 before the first: to see cheaply whether there are new ones."""
        last = select(func.max(ITEMS.c.version))
        return self.run(lambda connection: connection.scalar(last), "read") or 0

    # -- among servers ----------------------------------------------------------------------------------

    @property
    def shareable(self) -> bool:
        """Whether servers on several machines can share it."""
        return self.file is None

    def claim(self, name: str) -> bool:
        """Claim a name among all servers that share the database. Returns whether it was free.

        A claim ends with `give_back`, with `close`, and with the process: nobody waits for a server that died. The
        caller sees to it that no two threads of this process hold the same name.
        """
        return self._claims.take(name)

    def give_back(self, name: str) -> None:
        """End a claim."""
        self._claims.give_back(name)

    # -- what was deleted -----------------------------------------------------------------------------

    def overwrite(self, wait: float | None = None) -> bool:
        """See that deleted text is gone from the files, not just from the tables.

        SQLite overwrites it in its pages (`secure_delete`); its log is brought into the file and emptied here.
        PostgreSQL is asked to vacuum.

        Args:
            wait: Seconds to wait for others who read; the store's patience when None.

        Returns:
            Whether it was done. If not, others are reading, or the disk is full; it is done with the next deletion, or
            at the latest when the last process closes the file.
        """
        until = time.monotonic() + (self._patience if wait is None else wait)
        try:
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                if self.file is None:
                    for table in (SESSIONS, MESSAGES, FEEDBACK):
                        connection.exec_driver_sql(f"VACUUM {table.name}")
                    return True
                while not checkpoint(connection):
                    if time.monotonic() > until:
                        return False
                    time.sleep(_PAUSE)
                return True
        except SQLAlchemyError:  # what was deleted is deleted all the same
            return False


def delete_sessions(connection: Connection, keys: Sequence[str]) -> int:
    """Delete sessions with their messages and feedback. Returns how many rows of sessions and feedback went."""
    gone = 0
    for start in range(0, len(keys), _PIECE):
        some = keys[start : start + _PIECE]
        gone += connection.execute(delete(FEEDBACK).where(FEEDBACK.c.session_id.in_(some))).rowcount
        gone += connection.execute(delete(SESSIONS).where(SESSIONS.c.id.in_(some))).rowcount
    return gone


def as_feedback(row: Row[Any]) -> Feedback:
    """The event of a row of the feedback table."""
    note = None if row.note is None else json.loads(row.note)
    return Feedback(
        row.session_id, row.user_id, row.item_id, cast(Verdict, row.verdict), row.at, note, id=row.id
    )


def _session(connection: Connection, key: str) -> StoredSession | None:
    row = connection.execute(select(SESSIONS).where(SESSIONS.c.id == key)).one_or_none()
    if row is None:
        return None
    wanted = select(MESSAGES.c.message).where(MESSAGES.c.session_id == key).order_by(MESSAGES.c.position)
    messages = tuple(json.loads(message) for message in connection.scalars(wanted))
    preferences = None if row.preferences is None else json.loads(row.preferences)
    return StoredSession(row.id, row.user_id, messages, preferences, row.created, row.updated)


def _put(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    """Insert a row, or write over the one with its id."""
    inserting = _insert(connection.dialect.name, table).values(row)
    changed = {name: inserting.excluded[name] for name in row if name != "id"}
    connection.execute(inserting.on_conflict_do_update(index_elements=["id"], set_=changed))


def _insert(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def _alike(before: Sequence[Any], now: Sequence[Any]) -> int:
    """How many are the same from the beginning."""
    pairs = enumerate(zip(before, now, strict=False))
    return next((number for number, (old, new) in pairs if old != new), min(len(before), len(now)))


def _dumped(tree: Any) -> str:
    """JSON in ASCII.

    Raises:
        ValueError: If it is no JSON value.
    """
    try:
        return json.dumps(tree, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise ValueError(f"cannot be kept as JSON: {error}") from error
