"""A raw sentence as the check reads it: its words, with the values, limits and slots among them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.naming import plural
from wherefore.catalog.spoken import values_of
from wherefore.dialogue.facts import Fact, Plan
from wherefore.dialogue.messages import Dialogue
from wherefore.text import normal_spans, normal_words, straight
from wherefore.writing.evidence import record_fact
from wherefore.writing.language import Key, language_of
from wherefore.writing.phrases import FORMS, limit_object, merged, said, stands_alone, style_of

SLOT = re.compile(r"([@#])\s*(\d+)")
TAG_CUES = frozenset("tagged keyword keywords tag tags topic topics theme themes subject subjects".split())


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a sentence.

    Kinds: `slot` (names what it may not), `word` (outside the closed vocabulary), `value` (not in the record),
    `relation` (a true value in a false role), `claim` (says the user asked for or liked what they did not, or a
    liked item has what it has not), `negation`, `number`, `form` (too short, too long, broken off, repeating).
    """

    kind: str
    text: str


class Span(NamedTuple):
    """Words of a sentence that are one value, limit or slot."""

    start: int  # place of its first word
    end: int  # after its last word
    kind: str  # "value", "avoid", "limit" or "slot"
    text: str
    pairs: frozenset[tuple[str, str]] = (
        frozenset()
    )  # the fields that have it, with the value as written there

    @property
    def fields(self) -> frozenset[str]:
        """The fields that have it."""
        return frozenset(name for name, _ in self.pairs)


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence that says one thing."""

    words: list[str]  # those that are part of no span
    spans: list[Span]
    before: list[Span]  # of the clause before it

    def of(self, kind: str) -> list[Span]:
        """Its spans of a kind."""
        return [span for span in self.spans if span.kind == kind]


class _Meaning(NamedTuple):
    """What words may stand for."""

    kind: str
    field: str
    text: str


class Sentence:
    """A raw sentence with its words, and the values, limits and slots among them.

    Args:
        text: The writer's wording, with slots for titles.
        plan: What it was written from.
        dialogue: What the user said.
        catalog: Where the records are.
    """

    def __init__(self, text: str, plan: Plan, dialogue: Dialogue, catalog: Catalog) -> None:
        self.text, self.plan, self.dialogue, self.catalog = text, plan, dialogue, catalog
        tokens = _tokens(text)
        self.words = [word for word, _, _ in tokens]  # a slot is one word like `@1`
        self._places = [(start, end) for _, start, end in tokens]  # per word, in the text
        self.spans = list(self._found())
        self.inside = {
            place for span in self.spans for place in range(span.start, span.end)
        }  # words of spans
        self.sentence_of = self._numbered(r"[.!?;:]")  # per word
        self._clause_of = self._numbered(r"[.!?]" if plan.item is None else r"[.!?;]|,(?=\s+and\b)")

    def of(self, kind: str) -> list[Span]:
        """Its spans of a kind."""
        return [span for span in self.spans if span.kind == kind]

    def told(self) -> list[Fact]:
        """The facts of the plan that it states."""
        pairs = {pair for span in self.spans for pair in span.pairs}
        items = {self.plan.slots.get(span.text) for span in self.of("slot")}
        return [
            fact
            for fact in self.plan.facts
            if (fact.field, fact.ask if fact.kind == "limit" else fact.value) in pairs
            or (fact.kind == "similar" and fact.source in items)
        ]

    @cached_property
    def clauses(self) -> list[Clause]:
        """Its clauses in order. Of two stops in a row, the clause between them has no words."""
        count = max(self._clause_of, default=-1) + 1
        words: list[list[str]] = [[] for _ in range(count)]
        spans: list[list[Span]] = [[] for _ in range(count)]
        for place, (word, clause) in enumerate(zip(self.words, self._clause_of, strict=True)):
            if place not in self.inside:
                words[clause].append(word)
        for span in self.spans:
            spans[self._clause_of[span.start]].append(span)
        return [Clause(*parts) for parts in zip(words, spans, [[], *spans], strict=False)]

    def _numbered(self, stops: str) -> list[int]:
        """Per word, how many stops come before it. One inside a value ("paul j. smith") divides nothing."""
        inside = []
        for span in self.spans:
            last = self._places[span.end - 1][1]
            dotted = span.text.endswith(".") and self.text[last:].lstrip().startswith(".")
            inside.append((self._places[span.start][0], self.text.index(".", last) + 1 if dotted else last))
        marks = [match.start() for match in re.finditer(stops, self.text)]
        marks = [mark for mark in marks if not any(a <= mark < b for a, b in inside)]
        return [sum(1 for mark in marks if mark < start) for start, _ in self._places]

    def _found(self) -> Iterator[Span]:
        """Slots, and the longest values and limits that the words can stand for, from left to right."""
        meanings = self._meanings()
        planned = {tuple(normal_words(fact.text)) for fact in self.plan.facts}
        planned |= {tuple(normal_words(FORMS.get(said(fact), ""))) for fact in self.plan.facts}
        longest = max(map(len, meanings), default=0)
        index = 0
        while index < len(self.words):
            if self.words[index][0] in "@#":
                yield Span(index, index + 1, "slot", self.words[index])
                index += 1
                continue
            for length in range(min(longest, len(self.words) - index), 0, -1):
                key = tuple(self.words[index : index + length])
                if key in meanings and self._meant(key, index, meanings[key], planned):
                    kinds = {meaning.kind for meaning in meanings[key]}
                    kind = next(kind for kind in ("limit", "value", "avoid") if kind in kinds)
                    pairs = [(name, text) for one, name, text in meanings[key] if one == kind]
                    yield Span(index, index + length, kind, pairs[0][1], frozenset(pairs))
                    index += length
                    break
            else:
                index += 1

    def _meant(self, key: Key, index: int, meanings: list[_Meaning], planned: set[Key]) -> bool:
        """Whether words that can stand for a value do so here, and are no words of the grammar."""
        language = language_of(self.catalog)
        before = self.words[max(0, index - 2) : index]
        if TAG_CUES & set(before) or before[-1:] == ["under"]:
            return True
        if key in language.strong:  # a keyword such as "like" is one only where the sentence treats it so
            return False
        fixed = all(word in language.words or (len(key) > 1 and (word,) in planned) for word in key)
        return key in planned or not fixed or any(meaning.kind != "value" for meaning in meanings)

    def _meanings(self) -> dict[Key, list[_Meaning]]:
        """What may be said, by its normal words: the plan's facts, and the values of the item's record."""
        known: dict[Key, list[_Meaning]] = {}

        def add(text: str, kind: str, name: str, value: str) -> None:
            if key := tuple(normal_words(text)):
                known.setdefault(key, []).append(_Meaning(kind, name, value))

        facts = list(self.plan.facts)
        if self.plan.item is not None:
            for spec in self.catalog.schema.filterable:
                facts += [record_fact(spec, value) for value in values_of(self.plan.item, spec)]
        for fact in facts:
            if fact.kind == "limit":
                for text in (fact.ask, limit_object(fact).removeprefix("something ")):
                    add(text, "limit", fact.field, fact.ask)
            if not fact.field or not fact.value:
                continue
            kind = "avoid" if fact.kind == "avoid" else "value"
            add(fact.text, kind, fact.field, fact.value)
            if style_of(fact) != "modifier":
                continue
            if form := FORMS.get(said(fact)):
                add(form, kind, fact.field, fact.value)
            for noun in (self.plan.plural, self.plan.noun):
                if whole := merged(noun.lower(), fact):
                    add(whole, kind, fact.field, fact.value)
            if stands_alone(fact):
                add(plural(said(fact)), kind, fact.field, fact.value)
        return known


def _tokens(text: str) -> list[tuple[str, int, int]]:
    """The words of a text with their places; each slot is one word."""
    text = straight(text)
    slots = [(match[1] + match[2], match.start(), match.end()) for match in SLOT.finditer(text)]
    words = [
        (word, start, end)
        for word, start, end in normal_spans(text)
        if not any(a < end and start < b for _, a, b in slots)
    ]
    return sorted([*words, *slots], key=lambda token: token[1])
