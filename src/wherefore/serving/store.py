"""What a server remembers: sessions, feedback, and items that came or went while it ran."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Protocol, get_args

Verdict = Literal["like", "dislike", "seen", "click", "chosen", "not_interested"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A conversation that can go on.

    `preferences` is the state as `Preferences.to_json` gives it, None before the first reply; `created` and `updated`
    are moments with a time zone.
    """

    id: str
    user: str | None
    messages: tuple[dict[str, str], ...]
    preferences: dict[str, Any] | None
    created: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody did with an item, or said of it; `id` is given by the store, in the order of arrival."""

    session: str | None
    user: str | None
    item: str
    verdict: Verdict
    at: datetime
    note: str | None = None
    id: int | None = None


class Store(Protocol):
    """Keeps what must outlive a request. Its methods are called from several threads; each is done when it returns."""

    def session(self, key: str) -> StoredSession | None:
        """The session with an id, if there is one."""

    def save_session(self, session: StoredSession) -> None:
        """Keep a session in the place of what was kept under its id."""

    def delete_session(self, key: str) -> bool:
        """Forget a session; whether there was one."""

    def sessions(self, user: str | None = None) -> list[str]:
        """The ids of all sessions, or of a user's."""

    def add_feedback(self, events: Sequence[Feedback]) -> None:
        """Keep events: all of them, or none."""

    def feedback(self, user: str | None = None, after: int = 0, limit: int = 1000) -> list[Feedback]:
        """Events in the order of arrival, of everybody or of a user: the first `limit` with an id above `after`."""

    def save_item(self, tree: Mapping[str, Any]) -> None:
        """Keep an item that was added or changed: `{"id", "title", "fields"}`, plain JSON values."""

    def remove_item(self, key: str) -> None:
        """Keep that an item was removed."""

    def item_changes(self) -> tuple[list[dict[str, Any]], list[str]]:
        """The items that were added or changed, as they are now, and the ids of those that were removed."""

    def close(self) -> None:
        """Let go of files and connections."""


class MemoryStore:
    """A store that forgets all when its process ends: for tests, and for trying things out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, StoredSession] = {}
        self._feedback: list[Feedback] = []
        self._items: dict[str, dict[str, Any]] = {}
        self._removed: dict[str, None] = {}

    def session(self, key: str) -> StoredSession | None:
        """As `Store.session`."""
        with self._lock:
            return self._sessions.get(key)

    def save_session(self, session: StoredSession) -> None:
        """As `Store.save_session`."""
        with self._lock:
            self._sessions[session.id] = session

    def delete_session(self, key: str) -> bool:
        """As `Store.delete_session`."""
        with self._lock:
            return self._sessions.pop(key, None) is not None

    def sessions(self, user: str | None = None) -> list[str]:
        """As `Store.sessions`."""
        with self._lock:
            return [one.id for one in self._sessions.values() if user is None or one.user == user]

    def add_feedback(self, events: Sequence[Feedback]) -> None:
        """As `Store.add_feedback`."""
        with self._lock:
            first = len(self._feedback) + 1
            self._feedback += [replace(one, id=number) for number, one in enumerate(events, first)]

    def feedback(self, user: str | None = None, after: int = 0, limit: int = 1000) -> list[Feedback]:
        """As `Store.feedback`."""
        with self._lock:
            return [one for one in self._feedback[after:] if user is None or one.user == user][:limit]

    def save_item(self, tree: Mapping[str, Any]) -> None:
        """As `Store.save_item`."""
        with self._lock:
            self._removed.pop(tree["id"], None)
            self._items[tree["id"]] = dict(tree)

    def remove_item(self, key: str) -> None:
        """As `Store.remove_item`."""
        with self._lock:
            self._items.pop(key, None)
            self._removed[key] = None

    def item_changes(self) -> tuple[list[dict[str, Any]], list[str]]:
        """As `Store.item_changes`."""
        with self._lock:
            return list(self._items.values()), list(self._removed)

    def close(self) -> None:
        """Nothing to let go of."""
