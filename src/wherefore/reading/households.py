"""Who lives with somebody, where a catalogue tells what is safe for them or lets them in: "2 cats and a toddler"."""

from __future__ import annotations

import re

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.naming import words_of
from wherefore.dialogue.state import Wish
from wherefore.text import stem

_OF_FIELDS = frozenset("safe friendly allowed welcome proof suitable".split())
_OF_SAFETY = frozenset("safe proof".split())
_MEMBERS: dict[str, tuple[frozenset[str], str]] = {  # by kind: what fields call them, and what people do
    "pets": (
        frozenset("pet dog cat animal".split()),
        r"cats?|kittens?|kitties|dogs?|pupp(?:y|ies)|pups?|rabbits?|bunn(?:y|ies)|hamsters?|guinea\s+pigs?|parrots?|"
        r"budgies?|pets|ferrets?",
    ),
    "children": (
        frozenset("child kid toddler baby infant family".split()),
        r"toddlers?|bab(?:y|ies)|crawling\s+\w+|(?:little|small|young)\s+(?:kids?|children|ones?)|infants?",
    ),
}
_WITH = (
    r"(?:\b(?:\d{1,2}|an?|one|two|three|four|five|my|our|the|his|her|their|with|and|getting|have|has|got)\s+"
    r"(?:new\s+|old\s+)?)"
)
_GONE = re.compile(r"\b(?:no|not|without|died|had|lost|hate|like)\s+(?:\w+\s+)?$", re.IGNORECASE)


class HouseholdReader:
    """Reads who lives with somebody as a wish for what suits them: a demand where it is for what is safe for them.

    Args:
        catalog: The catalogue; only its fields of yes or no count ("pet safe", "kid friendly").
    """

    def __init__(self, catalog: Catalog) -> None:
        self._wishes: list[tuple[str, str, float, re.Pattern[str]]] = []
        for spec in catalog.schema.tags:
            told = {stem(word) for word in (*words_of(spec.called), *words_of(spec.flag))}
            if not spec.flag or told.isdisjoint(map(stem, _OF_FIELDS)):
                continue
            for called, members in _MEMBERS.values():
                if not told.isdisjoint(map(stem, called)):
                    pattern = re.compile(rf"{_WITH}(?P<who>{members})\b", re.IGNORECASE)
                    strength = 1.0 if told.isdisjoint(map(stem, _OF_SAFETY)) else 2.0
                    self._wishes.append((spec.name, spec.flag, strength, pattern))

    def read(self, text: str) -> list[Wish]:
        """What suits those whom a message tells of."""
        found = []
        for field, value, strength, pattern in self._wishes:
            match = next((m for m in pattern.finditer(text) if not _GONE.search(text[: m.start()])), None)
            if match is not None:
                found.append(Wish(field, value, strength, match["who"]))
        return found
