"""Effects: what each part of the state does to the list, found by leaving it out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from wherefore.catalog import Item
from wherefore.dialogue import Dialogue, Preferences, last_said
from wherefore.state import Part


@dataclass(frozen=True, slots=True)
class Effect:
    """What one part of the state does: the items that are listed because of it, and those that it keeps out."""

    part: Part
    brought: tuple[Item, ...]  # listed, but not without it; best first
    kept_out: tuple[Item, ...]  # listed without it, best first


def without(dialogue: Dialogue, part: Part) -> Dialogue:
    """The dialogue as if a part of its state had not been said: its words are blanked in the newest message with them.

    Mentions inside those words go with them.
    """
    place = last_said(part.said, dialogue.messages)
    heard = replace(dialogue, muted=(place,) if place is not None else ()).heard()
    return replace(heard, muted=dialogue.muted, preferences=part.without)


def items_of(before: Preferences, after: Preferences) -> set[str]:
    """The items that one state speaks of and the other does not."""
    return set(before.items) - set(after.items)
