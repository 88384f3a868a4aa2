"""Advice: what to say when nothing fits, with the single wish to drop for the most results."""

from __future__ import annotations

from dataclasses import dataclass, replace

from wherefore.dialogue.messages import Dialogue
from wherefore.dialogue.parts import Part, parts
from wherefore.dialogue.state import Preferences
from wherefore.retrieval.retriever import Retriever


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One thing that the user could do without, and what would fit then."""

    said: str  # the user's words, or the limit in plain ones
    count: int  # items that would fit
    preferences: Preferences  # without it


def relaxations(dialogue: Dialogue, retriever: Retriever) -> tuple[Relaxation, ...]:
    """What the user could do without, the most results first; only what makes a difference by itself.

    Limits on one field count as one, and so do all values that one word rules out.
    """
    before = int(retriever.allowed(dialogue, strict=True).sum())
    found = []
    for part in parts(dialogue.preferences, retriever.index.catalog):
        if _rules_out(part, dialogue.preferences):
            left = replace(dialogue, preferences=part.without)
            count = int(retriever.allowed(left, strict=True).sum())
            if count > before:
                found.append(Relaxation(part.said or part.text, count, part.without))
    return tuple(sorted(found, key=lambda one: -one.count))


def _rules_out(part: Part, state: Preferences) -> bool:
    """Whether a part of a state rules items out: a limit, a refusal or a demand."""
    left = part.without
    refused, demanded = len(left.refusals) < len(state.refusals), len(left.demands) < len(state.demands)
    return part.kind == "limit" or refused or demanded


def advice(dialogue: Dialogue, retriever: Retriever) -> str:
    """What to say when nothing fits: what it would have to be, and what to drop for the most results."""
    preferences, catalog = dialogue.preferences, retriever.index.catalog
    schema = catalog.schema
    asked = [
        f"no {part.text}" if part.kind == "unwanted" else part.text
        for part in parts(preferences, catalog)
        if _rules_out(part, preferences)
    ]
    if not asked:
        return f"There is no {schema.noun.lower()} left that you have not seen or turned down."
    text = (
        f"No {schema.noun.lower()} here is {'all of this' if len(asked) > 1 else 'this'}: {', '.join(asked)}."
    )
    found = relaxations(dialogue, retriever)
    if not found:
        return f"{text} Dropping any one of these would not be enough."
    said = [f"without “{' '.join(one.said.split())}”, {one.count:,}" for one in found[:2]]
    best = found[0]
    noun = schema.noun if best.count == 1 else schema.plural
    said[0] += f" {noun.lower()} would fit"
    told = "; ".join(said)
    return f"{text} {told[0].upper()}{told[1:]}."
