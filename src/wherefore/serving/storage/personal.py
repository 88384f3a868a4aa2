"""What is held about people: told, exported, deleted, and let go with age."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, distinct, func, or_, select

from wherefore.serving.storage.schema import revision_of
from wherefore.serving.storage.sql import SqlStore, as_feedback, delete_sessions
from wherefore.serving.storage.tables import FEEDBACK, ITEMS, MESSAGES, SESSIONS
from wherefore.serving.store import many

_PIECE = 500  # sessions or events of one transaction, so that a server at work waits for none for long
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class Gone:
    """How much was deleted, or would be.

    `overwritten` is False where other processes still read a SQLite file's log: then it is overwritten when they are
    done.
    """

    sessions: int = 0
    messages: int = 0
    feedback: int = 0
    overwritten: bool = True

    def __bool__(self) -> bool:
        return bool(self.sessions or self.feedback)

    def __str__(self) -> str:
        parts = (self.sessions, "session"), (self.messages, "message"), (self.feedback, "feedback event")
        sessions, messages, feedback = (many(count, noun) for count, noun in parts)
        return f"{sessions} with {messages}, and {feedback}"


def age(text: str) -> timedelta:
    """A time span like `30d`, `12h` or `8w`.

    Raises:
        ValueError: If it is of another form, or nothing.

    >>> age("30d")
    datetime.timedelta(days=30)
    """
    match = re.fullmatch(r"(\d{1,6})([hdw])", text.strip().lower())
    if match is None or int(match[1]) == 0:
        raise ValueError(f"the age is {text!r}; give hours, days or weeks, like 12h, 30d or 8w")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def held(store: SqlStore, user: str) -> dict[str, Any]:
    """All that is held about a user, as plain JSON values; no sessions and no feedback where there is nothing.

    Feedback in the user's sessions belongs to it, also where no user was noted.

    Raises:
        StorageError: If the store fails.
    """

    def read(connection: Connection) -> dict[str, Any]:
        own = select(SESSIONS).where(SESSIONS.c.user_id == user).order_by(SESSIONS.c.created, SESSIONS.c.id)
        events = connection.execute(select(FEEDBACK).where(_feedback_of(user)).order_by(FEEDBACK.c.id))
        return {
            "user": user,
            "sessions": [_session_tree(connection, row) for row in connection.execute(own).all()],
            "feedback": [_plain(asdict(as_feedback(row))) for row in events],
        }

    return store.run(read, "read")


def count_of(store: SqlStore, user: str) -> Gone:
    """How much is held about a user."""
    return store.run(
        lambda connection: _count(connection, SESSIONS.c.user_id == user, _feedback_of(user)), "read"
    )


def delete_user(store: SqlStore, user: str) -> Gone:
    """Delete all that is held about a user, at once. Returns how much that was.

    Raises:
        StorageError: If the store fails; then nothing is deleted.
    """

    def forget(connection: Connection) -> Gone:
        gone = _count(connection, SESSIONS.c.user_id == user, _feedback_of(user))
        connection.execute(delete(FEEDBACK).where(_feedback_of(user)))
        connection.execute(delete(SESSIONS).where(SESSIONS.c.user_id == user))
        return gone

    return _overwritten(store, store.run(forget, "delete from", writes=True))


def prune(store: SqlStore, before: datetime, pretend: bool = False) -> Gone:
    """Delete sessions that were last changed, and feedback that was given, before a time. Returns how much.

    Args:
        store: Where.
        before: The time, with its zone.
        pretend: Delete nothing, but count.

    Raises:
        StorageError: If the store fails; what was deleted until then stays so.
    """
    old_sessions, old_feedback = SESSIONS.c.updated < before, FEEDBACK.c.at < before
    in_old = FEEDBACK.c.session_id.in_(select(SESSIONS.c.id).where(old_sessions))
    gone = store.run(lambda connection: _count(connection, old_sessions, or_(old_feedback, in_old)), "read")
    if pretend or not gone:
        return gone

    def some_sessions(connection: Connection) -> int:
        keys = connection.scalars(select(SESSIONS.c.id).where(old_sessions).limit(_PIECE)).all()
        delete_sessions(connection, keys)
        return len(keys)

    def some_feedback(connection: Connection) -> int:
        ids = connection.scalars(select(FEEDBACK.c.id).where(old_feedback).limit(_PIECE)).all()
        connection.execute(delete(FEEDBACK).where(FEEDBACK.c.id.in_(ids)))
        return len(ids)

    for work in (some_sessions, some_feedback):
        _until_none(store, work)
    return _overwritten(store, gone)


def stats(store: SqlStore) -> dict[str, Any]:
    """How much is held, since when, and in which form, as plain JSON values.

    Raises:
        StorageError: If the store fails.
    """

    def read(connection: Connection) -> dict[str, Any]:
        sessions = connection.execute(
            select(func.count(), func.min(SESSIONS.c.created), func.max(SESSIONS.c.updated))
        ).one()
        by_verdict = (
            select(FEEDBACK.c.verdict, func.count()).group_by(FEEDBACK.c.verdict).order_by(FEEDBACK.c.verdict)
        )
        users = select(SESSIONS.c.user_id).union(select(FEEDBACK.c.user_id)).subquery()
        return {
            "store": store.name,
            "form": revision_of(connection),
            "sessions": sessions[0],
            "messages": connection.scalar(select(func.count()).select_from(MESSAGES)),
            "users": connection.scalar(select(func.count(distinct(users.c.user_id)))),
            "oldest": _plain(sessions[1]),
            "newest": _plain(sessions[2]),
            "feedback": {row[0]: row[1] for row in connection.execute(by_verdict)},
            "items_changed": connection.scalar(select(func.count(ITEMS.c.record))),
            "items_removed": connection.scalar(select(func.count()).where(ITEMS.c.record.is_(None))),
            "bytes": _bytes(connection, store),
        }

    return store.run(read, "read")


def _bytes(connection: Connection, store: SqlStore) -> int:
    if store.file is None:
        tables = (SESSIONS, MESSAGES, FEEDBACK, ITEMS)
        return sum(
            connection.scalar(select(func.pg_total_relation_size(table.name))) or 0 for table in tables
        )
    files = [store.file.with_name(store.file.name + end) for end in ("", "-wal")]
    return sum(file.stat().st_size for file in files if file.exists())


def _feedback_of(user: str) -> ColumnElement[bool]:
    own = select(SESSIONS.c.id).where(SESSIONS.c.user_id == user)
    nobodys = FEEDBACK.c.user_id.is_(None) & FEEDBACK.c.session_id.in_(own)
    return or_(FEEDBACK.c.user_id == user, nobodys)


def _count(connection: Connection, sessions: ColumnElement[bool], feedback: ColumnElement[bool]) -> Gone:
    within = MESSAGES.c.session_id.in_(select(SESSIONS.c.id).where(sessions))
    counts = [
        connection.scalar(select(func.count()).select_from(table).where(which)) or 0
        for table, which in ((SESSIONS, sessions), (MESSAGES, within), (FEEDBACK, feedback))
    ]
    return Gone(sessions=counts[0], messages=counts[1], feedback=counts[2])


def _session_tree(connection: Connection, row: Any) -> dict[str, Any]:
    wanted = select(MESSAGES.c.message, MESSAGES.c.at).where(MESSAGES.c.session_id == row.id)
    messages = connection.execute(wanted.order_by(MESSAGES.c.position))
    return {
        "id": row.id,
        "created": _plain(row.created),
        "updated": _plain(row.updated),
        "messages": [{**json.loads(text), "at": _plain(at)} for text, at in messages],
        "preferences": None if row.preferences is None else json.loads(row.preferences),
    }


def _plain(tree: Any) -> Any:
    """Times as text."""
    if isinstance(tree, dict):
        return {key: _plain(value) for key, value in tree.items()}
    return tree.isoformat() if isinstance(tree, datetime) else tree


def _until_none(store: SqlStore, work: Callable[[Connection], int]) -> None:
    while store.run(work, "delete from", writes=True) == _PIECE:
        pass


def _overwritten(store: SqlStore, gone: Gone) -> Gone:
    done = store.overwrite() if gone else True
    return Gone(gone.sessions, gone.messages, gone.feedback, done)
