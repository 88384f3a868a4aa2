"""What a server keeps between requests and restarts: sessions, feedback, and items changed at run time."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from typing import Any, Literal, Protocol, get_args

Verdict = Literal["like", "dislike", "seen", "click", "chosen", "not_interested"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
LONGEST_KEY = 512  # characters of an id of a session, a user or an item


@dataclass(frozen=True)
class StoredSession:
    """A conversation as it is kept.

    Attributes:
        id: Of the session.
        user: Whose it is; None where nobody has said.
        messages: `{"role", "content"}` each, oldest first.
        preferences: The state of the dialogue, as `Preferences.to_json` gives it; None before the first reply.
        created: When it began, with a time zone.
        updated: When it was last changed, with a time zone.
    """

    id: str
    user: str | None
    messages: tuple[dict[str, str], ...]
    preferences: dict[str, Any] | None
    created: datetime
    updated: datetime


@dataclass(frozen=True)
class Feedback:
    """What somebody did with an item.

    Attributes:
        session: The session that it was in, if any; it need not be a kept one.
        user: Who.
        item: The item's id.
        verdict: What they did.
        at: When, with a time zone.
        note: What they said about it.
        id: The store's number of it, rising; None until it is kept.
    """

    session: str | None
    user: str | None
    item: str
    verdict: Verdict
    at: datetime
    note: str | None = None
    id: int | None = None


@dataclass(frozen=True)
class ItemChanges:
    """What became of items after a certain change.

    Attributes:
        version: The number of the last one.
        kept: The items that were added or changed, as `Store.save_item` got them, in order of the last change.
        gone: The ids of those removed, in the same order.
    """

    version: int
    kept: tuple[dict[str, Any], ...] = ()
    gone: tuple[str, ...] = ()


class Store(Protocol):
    """Keeps sessions, feedback and item changes. What a method has returned from is kept; threads may share a store.

    Every method raises a `StorageError` where the place that it keeps things in fails, and a `ValueError` where a value
    cannot be kept.
    """

    def session(self, key: str) -> StoredSession | None:
        """The session with an id; None where there is none."""
        ...

    def save_session(self, session: StoredSession) -> None:
        """Keep a session, in the place of the one with its id."""
        ...

    def delete_session(self, key: str) -> bool:
        """Delete a session and the feedback that was given in it. Returns whether there was anything."""
        ...

    def sessions(self, user: str | None = None) -> list[str]:
        """The ids of a user's sessions, of everybody's when None; the last changed first."""
        ...

    def add_feedback(self, events: Sequence[Feedback]) -> None:
        """Keep feedback: all, or none. The events' own numbers are passed over."""
        ...

    def feedback(self, user: str | None = None, after: int = 0, limit: int = 1000) -> list[Feedback]:
        """Feedback in the order in which it was kept.

        Args:
            user: Whose; everybody's when None.
            after: Only what has a higher number, so that all can be read in pieces.
            limit: At most so much.
        """
        ...

    def save_item(self, tree: Mapping[str, Any]) -> None:
        """Note that an item was added or changed.

        Args:
            tree: The whole item as JSON values, with its id as `id`.
        """
        ...

    def remove_item(self, key: str) -> None:
        """Note that an item was removed."""
        ...

    def item_changes(self) -> tuple[list[dict[str, Any]], list[str]]:
        """The items that were added or changed, and the ids of those removed, each in order of the last change."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


class SharedStore(Store, Protocol):
    """A store that several servers share: each finds out what the others have changed, and who works on what."""

    def item_version(self) -> int:
        """The number of the last item change, 0 before the first."""
        ...

    def item_changes_since(self, version: int | None) -> ItemChanges:
        """The item changes after one, in their order; all of them for None."""
        ...

    def claim(self, name: str) -> bool:
        """Claim a name among all servers, until `give_back` or the end of the process. Whether it was free."""
        ...

    def give_back(self, name: str) -> None:
        """End a claim."""
        ...


class MemoryStore:
    """A `Store` that keeps things as long as the process lives."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._sessions: dict[str, StoredSession] = {}
        self._feedback: list[Feedback] = []
        self._last = 0
        self._items: dict[str, dict[str, Any] | None] = {}  # None: removed

    def session(self, key: str) -> StoredSession | None:
        """The session with an id; None where there is none."""
        with self._lock:
            return copy.deepcopy(self._sessions.get(key))

    def save_session(self, session: StoredSession) -> None:
        """Keep a session, in the place of the one with its id."""
        check_session(session)
        with self._lock:
            self._sessions[session.id] = copy.deepcopy(session)

    def delete_session(self, key: str) -> bool:
        """Delete a session and the feedback that was given in it. Returns whether there was anything."""
        with self._lock:
            left = [event for event in self._feedback if event.session != key]
            found = self._sessions.pop(key, None) is not None or len(left) < len(self._feedback)
            self._feedback = left
            return found

    def sessions(self, user: str | None = None) -> list[str]:
        """The ids of a user's sessions, of everybody's when None; the last changed first."""
        with self._lock:
            mine = [one for one in self._sessions.values() if user is None or one.user == user]
        return [one.id for one in sorted(mine, key=lambda one: (one.updated, one.id), reverse=True)]

    def add_feedback(self, events: Sequence[Feedback]) -> None:
        """Keep feedback: all, or none. The events' own numbers are passed over."""
        for event in events:
            check_feedback(event)
        with self._lock:
            for event in events:
                self._last += 1
                self._feedback.append(replace(event, id=self._last))

    def feedback(self, user: str | None = None, after: int = 0, limit: int = 1000) -> list[Feedback]:
        """Feedback in the order in which it was kept; arguments as of `Store.feedback`."""
        with self._lock:
            mine = [one for one in self._feedback if user is None or one.user == user]
        return [one for one in mine if (one.id or 0) > after][:limit]

    def save_item(self, tree: Mapping[str, Any]) -> None:
        """Note that an item was added or changed; `tree` is the whole item with its id as `id`."""
        key = item_key(tree)
        with self._lock:
            self._items.pop(key, None)
            self._items[key] = copy.deepcopy(dict(tree))

    def remove_item(self, key: str) -> None:
        """Note that an item was removed."""
        check_key(key, "item")
        with self._lock:
            self._items.pop(key, None)
            self._items[key] = None

    def item_changes(self) -> tuple[list[dict[str, Any]], list[str]]:
        """The items that were added or changed, and the ids of those removed, each in order of the last change."""
        with self._lock:
            items = copy.deepcopy(self._items)
        kept = [tree for tree in items.values() if tree is not None]
        return kept, [key for key, tree in items.items() if tree is None]

    def close(self) -> None:
        """Nothing is open."""


def many(count: int, noun: str) -> str:
    """A count with its noun.

    >>> many(1, "session"), many(1200, "session")
    ('1 session', '1,200 sessions')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def check_session(session: StoredSession) -> None:
    """See that a session can be kept.

    Raises:
        ValueError: If an id or a time cannot be; says which.
    """
    check_key(session.id, "session")
    if session.user is not None:
        check_key(session.user, "user")
    check_time(session.created, "created")
    check_time(session.updated, "updated")


def check_feedback(event: Feedback) -> None:
    """See that feedback can be kept.

    Raises:
        ValueError: If an id, the verdict or the time cannot be; says which.
    """
    check_key(event.item, "item")
    for what, key in (("session", event.session), ("user", event.user)):
        if key is not None:
            check_key(key, what)
    if event.verdict not in VERDICTS:
        raise ValueError(f"the verdict is {event.verdict!r}; known: {', '.join(VERDICTS)}")
    check_time(event.at, "at")


def item_key(tree: Mapping[str, Any]) -> str:
    """The id of an item that is to be kept.

    Raises:
        ValueError: If it has none, or one that cannot be kept.
    """
    key = tree.get("id")
    text = str(key) if type(key) is int else key
    if not isinstance(text, str):
        raise ValueError(f"an item's `id` is {key!r}; it should be text")
    check_key(text, "item")
    return text


def check_key(key: str, what: str) -> None:
    """See that an id can be kept.

    Raises:
        ValueError: If it is empty, too long, or holds what no database stores.
    """
    if not isinstance(key, str) or not key:
        raise ValueError(f"the id of a {what} is {key!r}; it should be non-empty text")
    if len(key) > LONGEST_KEY:
        raise ValueError(
            f"the id of a {what} has {len(key):,} characters; at most {LONGEST_KEY} are allowed: {key[:40]!r} ..."
        )
    if "\0" in key or any("\ud800" <= letter <= "\udfff" for letter in key):
        raise ValueError(f"the id of a {what} is {key!r}; a zero byte and half a character cannot be kept")


def check_time(time: datetime, what: str) -> None:
    """See that a time says where it is.

    Raises:
        ValueError: If it has no time zone.
    """
    if not isinstance(time, datetime) or time.tzinfo is None:
        raise ValueError(f"`{what}` is {time!r}; give a time with its zone, like datetime.now(UTC)")
