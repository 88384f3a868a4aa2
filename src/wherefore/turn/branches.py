"""Two lists in one, where a message wants either of two things: so that no item mixes what was asked of both."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from wherefore.dialogue.messages import Dialogue, Message
from wherefore.dialogue.state import Preferences
from wherefore.ranking.ranker import Ranked
from wherefore.reading.clauses import blank
from wherefore.reading.either import either
from wherefore.text import FUNCTION_WORDS, stem, stems, straight

_FEWEST = 2  # conditions that one of two things has at least, so that both are sought apart


@dataclass(frozen=True)
class Branch:
    """One of two things.

    Attributes:
        dialogue: What was said, without the other one.
        said: The user's words for it.
    """

    dialogue: Dialogue
    said: str


@dataclass(frozen=True)
class Either:
    """Two things of which either will do.

    Attributes:
        shared: What was said of both.
        branches: The things; only one where a later message chose it.
    """

    shared: Dialogue
    branches: tuple[Branch, ...]


def branches(
    messages: Sequence[Message],
    read: Callable[[tuple[Message, ...]], Dialogue],
    nouns: Callable[[], Collection[str]] = tuple,
) -> Either | None:
    """The two things that the newest message wants either of, or an older one did; None where none does.

    Where both set no more than one condition, they are read as any wishes: "either a comedy or a western".

    Args:
        messages: The dialogue.
        read: Understands messages.
        nouns: What items are called, which chooses none of the two.
    """
    places = (n for n in reversed(range(len(messages))) if messages[n].role == "user")
    number = next((n for n in places if either(straight(messages[n].content)) is not None), None)
    if number is None:
        return None
    content = messages[number].content
    two = either(straight(content))
    assert two is not None
    after = [message.content for message in messages[number + 1 :] if message.role == "user"]
    later = {one for text in after for one in stems(text)}
    idle = {stem(noun) for noun in nouns()} if later else set()
    named = [(later & _content(content[slice(*span)])) - idle for span in two]

    def without(*spans: tuple[int, int]) -> Dialogue:
        told = replace(messages[number], content=blank(content, spans))
        return read((*messages[:number], told, *messages[number + 1 :]))

    lead = content.lower().rfind("either", 0, two[0][0])
    first, second = (lead, two[1][0]), (two[0][1], two[1][1])
    shared, one, other = without(first, two[1]), without((lead, two[0][0]), second), without(first)
    said = [content[slice(*span)].strip() for span in two]
    if bool(named[0]) != bool(named[1]):  # "the French ones, then"
        chosen = named.index(max(named, key=len))
        return Either(shared, (Branch((one, other)[chosen], said[chosen]),))
    counts = [_conditions(each.preferences, shared.preferences) for each in (one, other)]
    if min(counts) < 1 or max(counts) < _FEWEST:
        return None
    made = [
        Branch(_demanding(each, shared.preferences), words)
        for each, words in zip((one, other), said, strict=True)
    ]
    return Either(replace(shared, messages=tuple(messages)), tuple(made))


def merged(found: Sequence[Ranked]) -> Ranked:
    """Lists as one, in their order."""
    return reduce(_joined, found)


def told_apart(two: Either, counts: Sequence[int]) -> str:
    """Which items of a list are which of the two things."""
    told, first = [], 1
    for branch, count in zip(two.branches, counts, strict=True):
        last = first + count - 1
        which = f"number {first} is" if count == 1 else f"numbers {first} to {last} are"
        told.append(f"{which} for “{branch.said}”" if count else f"for “{branch.said}” I found nothing")
        first = last + 1
    words = ", and ".join(told)
    return f" {words[:1].upper()}{words[1:]}."


def _joined(one: Ranked, other: Ranked) -> Ranked:
    a, b = one.candidates, other.candidates
    candidates = replace(
        a,
        rows=np.concatenate([a.rows, b.rows]),
        items=(*a.items, *b.items),
        ranks=np.concatenate([a.ranks, b.ranks]),
        scores=np.concatenate([a.scores, b.scores]),
        parts=np.concatenate([a.parts, b.parts]),
        extra=np.concatenate([a.extra, b.extra]),
    )
    parts = {
        name: np.concatenate([one.parts[name], other.parts[name]])
        for name in one.parts
        if name in other.parts
    }
    if not len(a) or not len(b):
        parts = dict(one.parts if len(a) else other.parts)
    return Ranked(
        candidates,
        np.concatenate([one.scores, other.scores]),
        parts,
        np.concatenate([one.places, other.places + len(a)]),
        np.concatenate([one.fit, other.fit + len(a)]),
    )


def _conditions(own: Preferences, shared: Preferences) -> int:
    """How many words of one thing say something that is not said of both."""
    wishes = {one.said for one in (*own.wanted, *own.unwanted)} - {
        one.said for one in (*shared.wanted, *shared.unwanted)
    }
    limits = {one.said for one in own.limits} - {one.said for one in shared.limits}
    return len(wishes | limits)


def _demanding(dialogue: Dialogue, shared: Preferences) -> Dialogue:
    """A dialogue in which what is wanted of one thing alone is demanded: without it an item is not that thing."""
    state = dialogue.preferences
    wanted = tuple(one if one in shared.wanted else replace(one, strength=2.0) for one in state.wanted)
    return replace(dialogue, preferences=replace(state, wanted=wanted))


def _content(said: str) -> set[str]:
    return {one for one in stems(said) if one not in FUNCTION_WORDS}
