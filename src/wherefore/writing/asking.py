"""Asking: the question whose answer would tell most about which candidate the user is after."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.naming import words_of
from wherefore.catalog.ranks import base_name
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.spoken import cased, is_year, value_text
from wherefore.dialogue.messages import Dialogue
from wherefore.dialogue.spoken import limit_words
from wherefore.dialogue.state import Limit
from wherefore.text import joined, straight
from wherefore.writing.evidence import record_fact
from wherefore.writing.phrases import field_noun, of_place, style_of
from wherefore.writing.polish import lowered
from wherefore.writing.telling import can_be_said, telling

_CANDIDATES = 100  # of the best that a question is to tell apart
_LEAST = 0.5  # bits that an answer must be expected to give
_MOST_QUESTIONS = 3  # in one dialogue
_VALUES = 100  # a field with more values is no choice that people think in
_OPTIONS = 3
_FREQUENT = 7  # values that options are chosen from
# How many of those who are asked have an answer.
_ANSWERED = {"tag": 0.8, "place": 0.25, "year": 0.7, "number": 0.6}

# Values that nobody thinks in: spans of months, "May-Oct".
_OF_MONTHS = re.compile(
    r"\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\s*(?:[-–—/]|to\b)", re.IGNORECASE
)
_DECLINED = re.compile(
    r"\bjust\s+(?:recommend|suggest|give|show|pick|tell|list|choose|find|get)\b|\bsurprise me\b|"
    r"\b(?:no more|no|stop|without|enough|don't|do not|quit)\s+(?:the\s+|asking\s+|ask\s+|me\s+|any\s+|"
    r"your\s+|with the\s+)*"
    r"(?:questions?|asking)\b|\bdon't (?:care|mind)\b|\b(?:anything|whatever)\s+(?:is\s+fine|goes|works|will do|you)\b|"
    r"\byou (?:choose|pick|decide)\b|\bup to you\b|\bdealer's choice\b|\bjust do it\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to the user.

    `field` is what it asks about; `options` are answers to offer, in the catalogue's spelling or as limits in plain
    words; `bits` is the information that its answer is expected to give about which candidate is meant.
    """

    field: str
    text: str
    options: tuple[str, ...]
    bits: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "options": list(self.options), "bits": round(self.bits, 3)}


def best_question(
    items: Sequence[Item], scores: np.ndarray, dialogue: Dialogue, catalog: Catalog
) -> Ask | None:
    """The question worth asking beside a list, or None.

    The ranker's scores say how likely each candidate is what the user is after. For every field of which nothing is
    known yet, the mutual information between the answer and that item is computed, as in twenty questions, times the
    share of people who have an answer. There is none when no answer is expected to give half a bit, when the user
    wants no questions, when the last question was passed over, or when three have been asked. No field is asked about
    twice.

    Args:
        items: The candidates (m,).
        scores: What the ranker gives them, (m,): logits.
        dialogue: What was said.
        catalog: Where the items are from.
    """
    asked = fields_asked(dialogue, catalog)
    if len(items) < 2 or len(asked) >= _MOST_QUESTIONS or declined(dialogue):
        return None
    if asked and _passed_over(dialogue, catalog, asked[-1]):
        return None
    best = np.argsort(-scores, kind="stable")[:_CANDIDATES]
    weights = np.exp(scores[best] - scores[best].max())
    weights /= weights.sum()
    chosen = [items[place] for place in best]
    known, worth = _known(dialogue), telling(catalog)
    questions = [
        ask
        for spec in catalog.schema.filterable
        if spec.name not in known
        and spec.name not in asked
        and spec.name in worth
        and _NOT_ASKED.isdisjoint(words_of(spec.called))
        for ask in _about(spec, chosen, weights, catalog)
    ]
    question = max(questions, key=lambda one: one.bits, default=None)
    return question if question is not None and question.bits >= _LEAST else None


# Fields that people speak of when they need them, and those of which everybody wants the best.
_NOT_ASKED = frozenset(
    "age ages warning warnings rating ratings star stars score scores review reviews vote votes stock availability "
    "available".split()
)


def declined(dialogue: Dialogue) -> bool:
    """Whether the user has said that no question should be asked: "just recommend something", "you choose"."""
    return any(
        message.role == "user" and _DECLINED.search(straight(message.content))
        for message in dialogue.messages
    )


def fields_asked(dialogue: Dialogue, catalog: Catalog) -> list[str]:
    """The fields that the assistant's messages have asked about, in order."""
    asked: dict[str, None] = {}
    for message in dialogue.messages:
        if message.role == "assistant" and "?" in message.content:
            last = message.content.strip().rsplit("\n", 1)[-1]
            for spec in catalog.schema.filterable:
                if _asks(spec).search(last):
                    asked.setdefault(spec.name)
    return list(asked)


def _known(dialogue: Dialogue) -> set[str]:
    preferences = dialogue.preferences
    ordered = {base_name(preferences.order.field)} if preferences.order is not None else set()
    wanted = {wish.field for wish in preferences.wanted}
    return ordered | wanted | {base_name(limit.field) for limit in preferences.limits}


def _passed_over(dialogue: Dialogue, catalog: Catalog, field: str) -> bool:
    """Whether the newest message leaves the question right before it without an answer."""
    before = next((m for m in reversed(dialogue.messages[:-1]) if m.role == "assistant"), None)
    if before is None:
        return False
    last = before.content.strip().rsplit("\n", 1)[-1]
    return bool(_asks(catalog.schema.spec(field)).search(last)) and field not in _known(dialogue)


def _asks(spec: FieldSpec) -> re.Pattern[str]:
    """What every question about a field reads like."""
    label = re.escape(_label(spec))
    if is_year(spec):
        return re.compile(r"\bshould it be (?:from )?before [\d,.]+, or newer\?", re.IGNORECASE)
    if spec.is_number:
        return re.compile(rf"\bshould the {label} be under .*, or more\?", re.IGNORECASE)
    return re.compile(rf"\bany {label} in particular:", re.IGNORECASE)


def _label(spec: FieldSpec) -> str:
    return cased(field_noun(record_fact(spec, "")))


def _about(spec: FieldSpec, items: Sequence[Item], weights: np.ndarray, catalog: Catalog) -> Iterator[Ask]:
    """The questions about a field, for candidates (m,) with the shares (m,) of their being meant."""
    if not _label(spec)[0].isalnum():  # "“sleeps”": no noun to ask with
        return
    if spec.has_tags:
        yield from _of_tags(spec, items, weights, catalog)
    elif spec.has_measure:
        yield from _of_measure(spec, items, weights)


def _of_tags(spec: FieldSpec, items: Sequence[Item], weights: np.ndarray, catalog: Catalog) -> Iterator[Ask]:
    """Which of a few values it should be: "Any genre in particular: drama, comedy or horror?"."""
    if len(catalog.vocabulary(spec.name)) > _VALUES:
        return
    mass: dict[str, float] = {}
    held = [set(item.values(spec.name)) for item in items]
    for values, weight in zip(held, weights, strict=True):
        for value in values:
            if can_be_said(value, spec) and not _OF_MONTHS.search(value):
                mass[value] = mass.get(value, 0.0) + float(weight)
    frequent = sorted(mass, key=lambda value: (-mass[value], value))[:_FREQUENT]
    has = np.array([[value in values for value in frequent] for values in held], dtype=bool)
    has = has.reshape(len(held), len(frequent))
    best: tuple[float, tuple[str, ...]] = (0.0, ())
    for places in combinations(range(len(frequent)), min(_OPTIONS, len(frequent))):
        bits = _told_by(has[:, places], weights)
        if bits > best[0] + 1e-9:
            best = (bits, tuple(frequent[place] for place in places))
    bits, options = best
    if len(options) < 2:
        return
    shown = [_shown(spec, value) for value in options]
    text = f"Any {_label(spec)} in particular: {joined(shown, 'or')}?"
    kind = "place" if of_place(spec, options[0]) else "tag"
    yield Ask(spec.name, text, options, bits * _ANSWERED[kind])


def _told_by(has: np.ndarray, weights: np.ndarray) -> float:
    """The mutual information, in bits, of item and answer, given which items have which options, (m, o).

    Who is after an item with several of the options names any one of them; with none, "something else".
    """
    named = np.column_stack([has, ~has.any(axis=1)])  # (m, answers)
    choices = named.sum(axis=1)
    return _entropy(weights @ (named / choices[:, None])) - float(weights @ np.log2(choices))


def _entropy(shares: np.ndarray) -> float:
    some = shares[shares > 0]
    return float(-(some * np.log2(some)).sum())


def _of_measure(spec: FieldSpec, items: Sequence[Item], weights: np.ndarray) -> Iterator[Ask]:
    """On which side of a round number it should be: "Should it be from before 2000, or newer?"."""
    numbers = [(item.number(spec.name), float(w)) for item, w in zip(items, weights, strict=True)]
    known = sorted((number, weight) for number, weight in numbers if number is not None)
    total = sum(weight for _, weight in known)
    if total < 0.5:
        return
    values = np.array([number for number, _ in known])
    shares = np.cumsum([weight for _, weight in known])
    middle = float(values[min(int(np.searchsorted(shares, total / 2)), len(values) - 1)])
    year = is_year(spec)
    bits, pivot = 0.0, 0.0
    for mark in _round(middle, year):
        below = sum(weight for number, weight in known if number < mark) / total
        bits, pivot = max((bits, pivot), (_entropy(np.array([below, 1 - below])) * total, mark))
    if not bits:
        return
    under = limit_words([Limit(spec.name, "lt", pivot, "")], spec)
    kind = "year" if year else "number"
    start = "it be from" if year else f"the {_label(spec)} be"
    text = f"Should {start} {under}, or {'newer' if year else 'more'}?"
    yield Ask(spec.name, text, (under, "newer" if year else "more"), bits * _ANSWERED[kind])


def _round(value: float, year: bool) -> tuple[float, float]:
    """The round numbers around a value: decades of years, else steps of a tenth of its size."""
    step = 10.0 if year else max(10.0 ** np.floor(np.log10(max(abs(value), 1e-9))) / 10, 1e-9)
    step = step * 5 if not year and abs(value) / step > 50 else step
    low = float(np.floor(value / step) * step)
    return round(low, 9), round(low + step, 9)


def _shown(spec: FieldSpec, value: str) -> str:
    """A value inside a question: genres in lower case, names of places and languages as they are."""
    fact = record_fact(spec, value)
    if fact.words:
        return spec.spoken(value)
    return (
        lowered(value_text(value))
        if style_of(fact) == "modifier" and not value.isupper()
        else value_text(value)
    )
