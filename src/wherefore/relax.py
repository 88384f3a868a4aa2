"""Relaxing: when nothing fits, which single wish to drop for the most results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from wherefore.catalog import Catalog
from wherefore.dialogue import Dialogue, Preferences
from wherefore.plan import limit_words
from wherefore.retrieval import Retriever


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One thing that the user could do without, and what would fit then."""

    said: str  # the user's words, or the limit in plain ones
    count: int  # items that would fit
    preferences: Preferences  # without it


def relaxations(dialogue: Dialogue, retriever: Retriever) -> tuple[Relaxation, ...]:
    """What the user could do without, the most results first; only what alone makes a difference.

    Limits on one field count as one, and so do all values that one word rules out.
    """
    before = int(retriever.allowed(dialogue).sum())
    found = []
    for said, preferences in _without_one(dialogue.preferences, retriever.index.catalog):
        count = int(retriever.allowed(replace(dialogue, preferences=preferences)).sum())
        if count > before:
            found.append(Relaxation(said, count, preferences))
    return tuple(sorted(found, key=lambda one: -one.count))


def _without_one(preferences: Preferences, catalog: Catalog) -> Iterator[tuple[str, Preferences]]:
    for name in dict.fromkeys(limit.field for limit in preferences.limits):
        gone = [limit for limit in preferences.limits if limit.field == name]
        left = tuple(limit for limit in preferences.limits if limit.field != name)
        said = " and ".join(dict.fromkeys(limit.said for limit in gone if limit.said))
        yield said or limit_words(gone, catalog.schema.spec(name)), replace(preferences, limits=left)
    for words in dict.fromkeys(wish.said or wish.value for wish in preferences.unwanted):
        kept = tuple(wish for wish in preferences.unwanted if (wish.said or wish.value) != words)
        yield words, replace(preferences, unwanted=kept)


def advice(dialogue: Dialogue, retriever: Retriever) -> str:
    """A sentence on what to drop when nothing fits; empty when no limit and nothing unwanted is why."""
    preferences = dialogue.preferences
    if not (preferences.limits or preferences.unwanted):
        return ""
    schema = retriever.index.catalog.schema
    found = relaxations(dialogue, retriever)
    if not found:
        return "Dropping any one of your limits would not be enough."
    best = found[0]
    noun = schema.noun if best.count == 1 else schema.plural
    return f"Without “{' '.join(best.said.split())}”, {best.count:,} {noun.lower()} would fit."
