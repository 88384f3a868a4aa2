"""What feedback says of a user, as part of the state of a conversation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.state import ItemsOf, Preferences
from wherefore.serving.store import Feedback, Verdict

# Where a state holds an item after a verdict, and where it can no longer be. A click says nothing of itself.
_HELD: dict[Verdict, ItemsOf] = {
    "like": "liked",
    "dislike": "disliked",
    "seen": "seen",
    "chosen": "chosen",
    "not_interested": "rejected",
}
_CONTRARY: dict[ItemsOf, tuple[ItemsOf, ...]] = {
    "liked": ("disliked", "rejected"),
    "disliked": ("liked", "chosen"),
    "rejected": ("chosen",),
    "chosen": ("rejected",),
    "seen": (),
}


def with_feedback(preferences: Preferences, events: Iterable[Feedback], catalog: Catalog) -> Preferences:
    """The state after verdicts on items, in their order; those on items that are gone say nothing.

    >>> from datetime import UTC, datetime
    >>> catalog = Catalog.from_records([{"id": "a", "title": "Alien"}, {"id": "b", "title": "Big"}])
    >>> event = Feedback(None, "ann", "a", "like", datetime(2026, 1, 1, tzinfo=UTC))
    >>> with_feedback(Preferences(disliked=("a", "b")), [event], catalog)
    Preferences(liked=('a',), disliked=('b',), seen=(), rejected=(), wanted=(), unwanted=(), limits=(), asked=(), \
said=(), chosen=(), count=None, open=(), order=None)
    """
    for event in events:
        held = _HELD.get(event.verdict)
        if held is None or event.item not in catalog:
            continue
        for name in _CONTRARY.get(held, ()):
            left = tuple(one for one in getattr(preferences, name) if one != event.item)
            preferences = replace(preferences, **{name: left})  # type: ignore[arg-type]
        ids = tuple(dict.fromkeys((*getattr(preferences, held), event.item)))
        preferences = replace(preferences, **{held: ids})  # type: ignore[arg-type]
    return preferences
