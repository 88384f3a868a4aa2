"""Advice: what to say when nothing fits, with the single wish to drop for the most results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wherefore.catalog.audience import WHOM
from wherefore.dialogue.messages import Dialogue
from wherefore.dialogue.parts import Part, parts
from wherefore.dialogue.state import Preferences
from wherefore.retrieval.retriever import Retriever
from wherefore.text import joined
from wherefore.writing import other_language
from wherefore.writing.understood import not_applied

_DEMANDED = 2.0  # strength of a wish that must be met


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One thing that the user could do without, and what would fit then."""

    said: str  # the user's words, or the limit in plain ones
    count: int  # items that would fit
    preferences: Preferences  # without it
    rows: np.ndarray  # which items those are, (n,) bool


def relaxations(dialogue: Dialogue, retriever: Retriever) -> tuple[Relaxation, ...]:
    """What the user could do without, the most results first; only what makes a difference by itself.

    Limits on one field count as one, and so do all values that one word rules out.
    """
    before = int(retriever.allowed(dialogue, strict=True).sum())
    found = []
    for part in parts(dialogue.preferences, retriever.index.catalog):
        if _rules_out(part, dialogue.preferences):
            left = replace(dialogue, preferences=part.without)
            rows = retriever.allowed(left, strict=True)
            count = int(rows.sum())
            if count > before:
                found.append(Relaxation(part.said or part.text, count, part.without, rows))
    return tuple(sorted(found, key=lambda one: -one.count))


def _rules_out(part: Part, state: Preferences) -> bool:
    """Whether a part of a state rules items out: a limit, a refusal or a demand."""
    left = part.without
    refused, demanded = len(left.refusals) < len(state.refusals), len(left.demands) < len(state.demands)
    return part.kind == "limit" or refused or demanded


def advice(dialogue: Dialogue, retriever: Retriever) -> str:
    """What to say when nothing fits: all that was asked for, what to drop for the most results, what is not applied."""
    catalog = retriever.index.catalog
    foreign = other_language.told(dialogue, catalog)
    said = [*filter(None, [foreign]), _advised(dialogue, retriever), *not_applied(dialogue, catalog)]
    return " ".join(said)


def _advised(dialogue: Dialogue, retriever: Retriever) -> str:
    preferences, catalog = dialogue.preferences, retriever.index.catalog
    schema = catalog.schema
    every = parts(preferences, catalog)
    ruled = [part for part in every if _rules_out(part, preferences)]
    if not ruled:
        return f"There is no {schema.noun.lower()} left that you have not seen or turned down."
    wished = [part for part in every if part.kind == "wanted" and part not in ruled]
    asked = [_asked(part) for part in (*wished, *ruled)]
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
    return f"{text} {told[0].upper()}{told[1:]}{_of_them(best, wished, retriever)}."


def _asked(part: Part) -> str:
    """What a part of a state asks of an item."""
    if part.text.startswith(f"{WHOM} "):
        return f"for {part.text.removeprefix(WHOM).strip()}"
    return f"no {part.text}" if part.kind == "unwanted" else part.text


def _of_them(best: Relaxation, wished: Sequence[Part], retriever: Retriever) -> str:
    """How many of what would fit are what else was wished: " (15 of them party)"; empty where all are."""
    if not wished:
        return ""
    values = [(wish.field, wish.value) for wish in best.preferences.wanted if wish.strength < _DEMANDED]
    catalog = retriever.index.catalog
    rows = np.flatnonzero(best.rows).tolist()
    many = sum(all(value in catalog.items[row].values(field) for field, value in values) for row in rows)
    if many == best.count:
        return ""
    return f" ({many or 'none'} of them {joined([part.text for part in wished])})"
