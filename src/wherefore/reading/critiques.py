"""Critiques: "like the second one but shorter", "something less known": limits measured by items on the table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.reading.clauses import NT
from wherefore.reading.comparisons import any_of
from wherefore.reading.limits import LimitReader
from wherefore.text import straight

_Op = Literal["lt", "gt"]


def _by_phrase(phrases: Mapping[tuple[str, _Op], str]) -> dict[str, tuple[str, _Op]]:
    return {phrase: meaning for meaning, joined in phrases.items() for phrase in joined.split(", ")}


_COMPARATIVES = _by_phrase(
    {
        ("duration", "lt"): "shorter, briefer, quicker",
        ("duration", "gt"): "longer",
        ("year", "gt"): "newer, more recent, more modern, later",
        ("year", "lt"): "older, earlier, less recent",
        ("price", "lt"): "cheaper, less expensive, more affordable, less pricey",
        ("price", "gt"): "more expensive, pricier, fancier",
        (
            "popularity",
            "gt",
        ): "better known, better-known, more popular, more famous, more mainstream, more well known",
        (
            "popularity",
            "lt",
        ): "less known, lesser known, lesser-known, less well known, less well-known, less popular, "
        "less famous, less mainstream, more obscure",
    }
)
_PLAIN = _by_phrase(  # what is "too long" or "not as long" should be shorter
    {
        ("duration", "lt"): "long",
        ("duration", "gt"): "short",
        ("year", "lt"): "new, recent, modern",
        ("year", "gt"): "old",
        ("price", "lt"): "expensive, pricey",
        ("popularity", "lt"): "well known, popular, famous, mainstream",
        ("popularity", "gt"): "obscure",
    }
)
_CRITIQUE = re.compile(
    rf"\b(?P<too>too|way too|a bit too|(?:not|{NT})\s+(?:as|so|that|this|too)|less)\s+(?P<plain>{any_of(_PLAIN)})\b|"
    rf"(?<!no )(?<!any )\b(?P<word>{any_of(_COMPARATIVES)})\b|\b(?P<side>more|fewer|less|higher|lower)\s+"
    r"(?P<label>[a-z]+)\b",
    re.IGNORECASE,
)
_BEFORE = re.compile(  # "my older brother", "no longer"
    r"\b(?:my|your|his|her|our|their|no|any|not|sooner or|an?|two|the|grow(?:n|ing)?|get(?:ting|s)?|got)\s+$",
    re.IGNORECASE,
)
_OF_PEOPLE = re.compile(
    r"\b(?:been|(?:he|she|i|we)(?:'s|'m|'re|s|\s+is|\s+am|\s+are|\s+was)|(?:son|daughter|wife|husband|kid|child|mom|dad|"
    r"mother|father|friend)(?:'s|\s+is|\s+was)|(?:kids|children|friends|parents)\s+(?:are|were))\s+(?:\w+\s+)?$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"^\s+(?:brothers?|sisters?|sons?|daughters?|kids?|child|children|siblings?|couple|man|men|woman|women|people|guy|"
    r"than\s+(?:me|my|i|you|\d|two|three|an?\s+(?:hour|minute))|i\b|version|cut|generation|ago|as\b(?!\s+(?:that|it|the)))",
    re.IGNORECASE,
)

# What stands before or behind "later", parted by a line's end, where it is said of items and not of the day.
_IS_OF_ITEMS = re.compile(
    r"\b(?:some(?:thing|what)?|anything|an?|the|bit|little|much|even|far|slightly|few|many|two|his|her|their|from|made|released|any)"
    r"\s+\n|^\W*\n\W*$|\n\s+(?:ones?|than|films?|movies?|books?|works?|period|era|years?|seasons?|albums?|stuff|things?|models?)\b",
    re.IGNORECASE,
)
_BELOW = r"older|old|earlier|early|before|classics?|vintage|shorter|short|under|below|less(?!\s+\w)|cheaper|cheap|fewer"
_ABOVE = (
    r"newer|new|newest|latest|recent|later|modern|after|longer|long|more(?!\s+(?!please|thanks|then)\w)|over|above|"
    r"pricier"
)
_ANSWER = re.compile(rf"\b(?:(?P<below>{_BELOW})|(?P<above>{_ABOVE}))\b", re.IGNORECASE)
_OF_MINUTES = re.compile(r"long|short|cheap|pric|fewer", re.IGNORECASE)
_SHORT = 8  # words of what may be a mere answer
_OF_YEARS = re.compile(r"old|earl|before|classic|vintage|new|latest|recent|later|modern|after", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FoundCritique:
    """A comparison read from characters `start` to `end`: of `field`, items should have less (`lt`) or more."""

    field: str
    op: _Op
    start: int
    end: int
    too: bool  # said of the items themselves ("too long"), not of what is sought
    judged: bool = False  # found by a judge


@dataclass(frozen=True, slots=True)
class FoundAnswer:
    """The answer to a question about a number, in characters `start` to `end`: it should be under a value or not."""

    field: str
    op: Literal["lt", "ge"]
    value: float
    start: int
    end: int


_FEW, _FEW_SHARE = 10, 0.02  # items to choose from, and of the catalogue
_SENTENCE = re.compile(r"[^.!?;\n]+")
_UNDECIDED = re.compile(rf"(?:\b(?:not|no|nothing|either|both)|{NT})\b", re.IGNORECASE)
_NO_ANSWER = re.compile(
    r"\bmore (?:like|of)\b|\b(?:too|rather|quite)\b.*\bfor me\b|\b(?:those|these|they)\b|\bthan\b(?!\s+that\W*$)",
    re.IGNORECASE,
)


class CritiqueReader:
    """Reads comparisons with items, over the numbers and dates that a catalogue declares.

    Args:
        catalog: The catalogue.
        limits: Knows its fields.
    """

    def __init__(self, catalog: Catalog, limits: LimitReader) -> None:
        self._catalog, self._limits = catalog, limits
        self._roles = limits.measures.roles

    def read(self, text: str) -> list[FoundCritique]:
        """The comparisons in a text, by place. What is not to be read should be blanked beforehand."""
        found = []
        for match in _CRITIQUE.finditer(text):
            if _AFTER.match(text[match.end() :]):
                continue
            if match["plain"] and _OF_PEOPLE.search(text[: match.start()]):
                continue  # "It's been too long", "he's too old for them"
            if match["plain"]:
                role, op = _PLAIN[" ".join(match["plain"].lower().split())]
                spec = self._roles[role]
            elif match["word"]:
                before = _BEFORE.search(text[: match.start()])
                if before is not None and not re.match(r"(?:an?|the)\s", before[0], re.IGNORECASE):
                    continue
                word = " ".join(match["word"].lower().split())
                if word == "later" and not _IS_OF_ITEMS.search(
                    f"{text[: match.start()]}\n{text[match.end() :]}"
                ):
                    continue  # "I am driving later"
                role, op = _COMPARATIVES[word]
                spec = self._roles[role]
            else:  # "fewer pages", "a higher rating"
                spec = self._limits.measures.labelled(match["label"].lower())
                if spec is self._roles["year"] and match["label"].lower() not in ("year", "years"):
                    spec = None  # "more time"
                op = "gt" if match["side"].lower() in ("more", "higher") else "lt"
            if spec is not None:
                too = bool(match["plain"]) and match["too"].lower() != "less"
                found.append(FoundCritique(spec.name, op, *match.span(), too))
        return found

    def answered(self, text: str, question: str) -> FoundAnswer | None:
        """The side of a number that a short answer chooses, when the question offered both: "newer", "under please".

        Args:
            text: The user's message.
            question: What the assistant said before it; its last line may be "… from before 1990, or newer?"
        """
        last = question.strip().rsplit("\n", 1)[-1]
        offered = (
            [found for found in self._limits.read(last) if found.op == "lt"] if last.endswith("?") else []
        )
        if len(offered) != 1:
            return None
        sides: list[re.Match[str]] = []
        for sentence in _SENTENCE.finditer(text):  # "newer. More like number 3."
            here = list(_ANSWER.finditer(text, *sentence.span()))
            short = len(sentence[0].split()) <= _SHORT and not any(char.isdigit() for char in sentence[0])
            if not here or not short or _NO_ANSWER.search(sentence[0]):
                continue
            if _UNDECIDED.search(straight(sentence[0])):
                return None
            sides = here
            break
        if len({bool(side["below"]) for side in sides}) != 1:
            return None
        pivot, side = offered[0], sides[0]
        spec = self._catalog.schema.spec(pivot.field)
        is_year = spec == self._catalog.schema.year
        if is_year and _OF_MINUTES.match(side[0]) or not is_year and _OF_YEARS.match(side[0]):
            return None
        return FoundAnswer(pivot.field, "lt" if side["below"] else "ge", pivot.value, *side.span())

    def bound(self, critique: FoundCritique, items: Sequence[str]) -> float | None:
        """The number that the items set: of one its own; of several the median, or the extreme of what is too much.

        Who asks for something less known asks for less known than any of them, if half of the catalogue is less known
        still. None when no record holds a number.
        """
        known = (
            self._catalog[item_id].number(critique.field) for item_id in items if item_id in self._catalog
        )
        values = [value for value in known if value is not None]
        if not values:
            return None
        popularity = self._catalog.schema.popularity
        obscure = popularity is not None and critique.field == popularity.name and critique.op == "lt"
        if critique.too or (obscure and min(values) > self._median(critique.field)):
            return min(values) if critique.op == "lt" else max(values)
        return float(np.median(values))

    def leaves_some(self, critique: FoundCritique, value: float) -> bool:
        """Whether more than a few items of the catalogue are beyond a number."""
        numbers = self._catalog.numbers(critique.field)
        left = int(((numbers < value) if critique.op == "lt" else (numbers > value)).sum())
        return left >= max(_FEW, _FEW_SHARE * len(self._catalog))

    def _median(self, field: str) -> float:
        """Of a number over the whole catalogue."""
        values = [value for item in self._catalog if (value := item.number(field)) is not None]
        return float(np.median(values))
