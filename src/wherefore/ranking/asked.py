"""Which items name what was asked for: a list of mint teas has no black ones where some name mint."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.concepts import naming_in_any_form, tells_stories
from wherefore.catalog.families import family
from wherefore.catalog.feelings import taste_words
from wherefore.catalog.lexicon import item_nouns
from wherefore.catalog.sorts import called
from wherefore.catalog.spellings import spelt_otherwise
from wherefore.dialogue.messages import Dialogue, last_said
from wherefore.text import FUNCTION_WORDS, forms, stem

_MOST = 0.5  # share of the items beyond which words tell none of them from others
_ENOUGH = 3  # items of which a list is made without any others
_FEW = 3  # content words of a piece that asks for a thing; more describe
_EPSILON = 1e-9
_OCCASIONS = frozenset(  # what a thing is for, and seldom tells
    "dinner lunch supper breakfast brunch meal snack party wedding birthday christmas easter gift present evening "
    "night morning weekend holiday occasion guest guests friend friends family kids children beginner beginners office "
    "work home school group".split()
)
_BESIDE = re.compile(  # what the thing that is asked for goes with, and is not: "to go with grilled chicken"
    r"\b(?:(?:go(?:es|ing)?|serv(?:e|es|ed|ing)|eat(?:en)?|pairs?|paired|match(?:es|ing)?|worn?|wear|used?|compatible)"
    r"(?:\s+\w+)?\s+with|alongside|beside|besides|instead\s+of|rather\s+than|next\s+to|other\s+than|to\s+replace|"
    r"to\s+(?:match|accompany))\s+(?:(?:my|a|an|the|some|our|his|her|their)\s+)?$",
    re.IGNORECASE,
)


def is_beside(text: str, start: int) -> bool:
    """Whether what stands at a place of a message is not sought itself, but what that goes with."""
    return _BESIDE.search(text[max(start - 60, 0) : start]) is not None


def pieces_asked(dialogue: Dialogue, number: int) -> Iterator[str]:
    """What a message asks for, in its own words."""
    for one, start, end in dialogue.described:
        content = dialogue.messages[one].content
        if one != number or any(
            place == number and start < last and first < end for place, first, last in dialogue.muted
        ):
            continue
        if not is_beside(content, start):
            yield content[start:end]


def telling(piece: str, catalog: Catalog) -> list[str]:
    """The words of a piece that tell items from others."""
    nouns = {stem(noun) for noun in item_nouns(catalog)}
    return [
        form
        for form in forms(piece)
        if form.isalpha() and form not in FUNCTION_WORDS and stem(form) not in nouns
    ]


@dataclass(frozen=True)
class Named:
    """Which items name what the newest message asks for.

    Attributes:
        share: How much of it each names, (n,) from 0 to 1; each piece counts by how rare it is.
        firm: Which name some of it by a title or a value, (n,) bool.
    """

    share: np.ndarray
    firm: np.ndarray

    def kept(self, rows: np.ndarray) -> np.ndarray:
        """Which of some rows are left of a list of what is asked for, (m,) bool.

        Those that name the most of it, if these are a few. Else those that name any of it, where titles or values do;
        what few texts mention may be told of by others in other words.
        """
        told = self.share[rows]
        most = told >= told.max(initial=0.0) - _EPSILON
        if not told.any() or (self.share >= told.max() - _EPSILON).sum() >= _ENOUGH:
            return most | ~told.any()
        return np.asarray((told > 0) | ~self.firm[rows][most].any())


def naming(dialogue: Dialogue, catalog: Catalog) -> Named | None:
    """Which items name what the newest message asks for, by values or by words; None where none does.

    Of stories nothing follows: their texts name anything.
    """
    if tells_stories(catalog):
        return None
    number = len(dialogue.messages) - 1
    pieces: dict[str, np.ndarray] = {}
    firm = np.zeros(len(catalog), dtype=bool)
    for wish in dialogue.preferences.wanted:
        place = last_said(wish.said, dialogue.messages)
        if wish.strength < 1 or place is None or place[0] != number:
            continue
        has = np.array([catalog.holds(item, wish.field, wish.value) for item in catalog], dtype=bool)
        said = wish.said.lower()
        firm |= has
        pieces[said] = pieces.get(said, False) | has
    for piece in pieces_asked(dialogue, number):
        told = telling(piece, catalog)
        if not 0 < len(told) <= _FEW or {*told} <= _OCCASIONS | taste_words():
            continue
        rows = naming_in_any_form(catalog, told)
        if not rows.any() and (other := dict(dialogue.instead).get(piece)):
            told = list(forms(other))
            rows = naming_in_any_form(catalog, told)
        for form in (told[-1], *spelt_otherwise(told[-1]), *family(told[-1])):
            firm[called(catalog, form)] |= rows[called(catalog, form)]
        same = next(
            (said for said in pieces if said in piece.lower() or piece.lower() in said), piece.lower()
        )
        pieces[same] = (
            pieces[same] | rows if same == piece.lower() and same in pieces else pieces.get(same, rows)
        )
        if same != piece.lower() and len(told) > len(telling(same, catalog)):
            pieces[piece.lower()] = rows
    total, most = np.zeros(len(catalog)), 0.0
    for rows in pieces.values():
        count = int(rows.sum())
        if 0 < count <= _MOST * len(catalog):
            weight = float(np.log(len(catalog) / count))
            total += weight * rows
            most += weight
    return Named(total / most, firm) if total.any() else None
