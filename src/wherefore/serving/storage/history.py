"""What somebody has said of items in all of their sessions, so that who comes back is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

from wherefore.dialogue.state import Preferences
from wherefore.serving.store import Store, Verdict

Kept = Literal["liked", "disliked", "seen", "rejected"]
_KEPT: tuple[Kept, ...] = ("liked", "disliked", "seen", "rejected")
_OPPOSED: dict[str, tuple[Kept, ...]] = {  # what the newest word takes the place of
    "liked": ("disliked", "rejected"),
    "disliked": ("liked",),
    "seen": (),
    "rejected": ("liked",),
}
# What a verdict makes of an item; a click and a choice say nothing of how it was.
_MEANS: dict[Verdict, Kept] = {
    "like": "liked",
    "dislike": "disliked",
    "seen": "seen",
    "not_interested": "rejected",
}
_PAGE = 1000  # events read at a time
Told = tuple[datetime, Kept, str]  # when, what, of which item


@runtime_checkable
class HasStates(Protocol):
    """A store that gives states without reading all that was said."""

    def states(self, user: str) -> list[tuple[datetime, dict[str, Any]]]:
        """When each session of a user was last changed, and its state."""
        ...


@dataclass(frozen=True)
class History:
    """Item ids by what somebody said of them, in the order in which they said so first."""

    liked: tuple[str, ...] = ()
    disliked: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()  # listed, and not of interest

    def __bool__(self) -> bool:
        return any(getattr(self, kind) for kind in _KEPT)

    def preferences(self, under: Preferences | None = None) -> Preferences:
        """A state to begin a session with.

        Args:
            under: What is said of items in it goes before the history; all else of it stays.
        """
        base = under or Preferences()
        mine = set(base.items)
        joined: dict[str, Any] = {
            kind: (*(one for one in getattr(self, kind) if one not in mine), *getattr(base, kind))
            for kind in _KEPT
        }
        return replace(base, **joined)


def history(store: Store, user: str) -> History:
    """What a user has said of items: by feedback, and in the words of all of their sessions.

    Where they changed their mind, the newest word counts.

    Raises:
        StorageError: If the store fails.
    """
    return folded([*_by_feedback(store, user), *_in_sessions(store, user)])


def folded(told: Iterable[Told]) -> History:
    """A history of what was said, in any order.

    >>> from datetime import UTC
    >>> day = lambda number: datetime(2026, 1, number, tzinfo=UTC)
    >>> folded([(day(2), "disliked", "a"), (day(1), "liked", "a"), (day(1), "seen", "a")])
    History(liked=(), disliked=('a',), seen=('a',), rejected=())
    """
    kept: dict[Kept, dict[str, None]] = {kind: {} for kind in _KEPT}
    for _, kind, item in sorted(told, key=lambda one: one[0]):
        for other in _OPPOSED[kind]:
            kept[other].pop(item, None)
        kept[kind].setdefault(item)
    return History(**{kind: tuple(items) for kind, items in kept.items()})


def _by_feedback(store: Store, user: str) -> Iterator[Told]:
    after = 0
    while events := store.feedback(user, after, _PAGE):
        for event in events:
            if (kind := _MEANS.get(event.verdict)) is not None:
                yield event.at, kind, event.item
        after = events[-1].id or 0


def _in_sessions(store: Store, user: str) -> Iterator[Told]:
    if isinstance(store, HasStates):
        states = store.states(user)
    else:
        sessions = [store.session(key) for key in store.sessions(user)]
        states = [(one.updated, one.preferences) for one in sessions if one and one.preferences]
    for updated, preferences in states:
        for kind in _KEPT:
            if kind != "rejected":  # "not that one" was said to a list, for what was looked for then
                for item in preferences.get(kind) or ():
                    yield updated, kind, str(item)
