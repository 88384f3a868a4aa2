"""Effects: what each part of the state does to the list, found by leaving it out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from wherefore.catalog import Item
from wherefore.dialogue import Dialogue, Message, Preferences
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
    said = " ".join(part.said.split())
    messages = list(dialogue.messages)
    gone: tuple[int, int, int] | None = None
    if said:
        words = re.compile(r"\s+".join(map(re.escape, said.split())), re.IGNORECASE)
        for number in range(len(messages) - 1, -1, -1):
            found = list(words.finditer(messages[number].content)) if messages[number].role == "user" else []
            if found:
                start, end = found[-1].span()
                text = messages[number].content
                messages[number] = Message("user", text[:start] + " " * (end - start) + text[end:])
                gone = (number, start, end)
                break
    mentions = tuple(
        one
        for one in dialogue.mentions
        if gone is None or one.message != gone[0] or one.end <= gone[1] or one.start >= gone[2]
    )
    return replace(dialogue, messages=tuple(messages), mentions=mentions, preferences=part.without)


def items_of(before: Preferences, after: Preferences) -> set[str]:
    """The items that one state speaks of and the other does not."""

    def ids(state: Preferences) -> set[str]:
        return {*state.liked, *state.disliked, *state.seen, *state.rejected, *state.asked}

    return ids(before) - ids(after)
