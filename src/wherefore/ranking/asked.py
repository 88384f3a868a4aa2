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
ENOUGH = 3  # items of which a list is made without any others
_FEW = 3  # content words of a piece that asks for a thing; more describe
_EPSILON = 1e-9
OCCASIONS = frozenset(  # what a thing is for, and seldom tells
    "dinner lunch supper breakfast brunch meal snack party wedding birthday christmas easter gift present evening "
    "night morning weekend holiday occasion guest guests friend friends family kids children beginner beginners office "
    "work home school group picnic barbecue bbq feast".split()
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
        firm: How much of it each names by a title or a value, (n,) likewise.
        whole: Whether each piece is named by some item; else what is not named may be what matters.
    """

    share: np.ndarray
    firm: np.ndarray
    whole: bool

    def kept(self, rows: np.ndarray) -> np.ndarray:
        """Which of some rows are left of a list of what is asked for, (m,) bool.

        Those that name the most of it, if these are a few. Else those that name any of it, where titles or values do;
        what few texts mention others may tell in other words.
        """
        told = self.share[rows]
        most = told >= told.max(initial=0.0) - _EPSILON
        if not self.whole or not told.any():
            return np.ones(len(rows), dtype=bool)
        if (self.share >= told.max() - _EPSILON).sum() >= ENOUGH:
            return np.asarray(most)
        sure = (self.firm[rows] >= told - _EPSILON)[most].any()
        return np.asarray(told > 0) if sure else np.ones(len(rows), dtype=bool)


def naming(dialogue: Dialogue, catalog: Catalog) -> Named | None:
    """Which items name what the newest message asks for, by values or by words; None where none does.

    Of stories nothing follows: their texts name anything.
    """
    if tells_stories(catalog):
        return None
    number = len(dialogue.messages) - 1
    pieces: dict[
        str, tuple[np.ndarray, np.ndarray]
    ] = {}  # which items name each, and which by a title or a value
    none, whole = np.zeros(len(catalog), dtype=bool), True
    for wish in dialogue.preferences.wanted:
        place = last_said(wish.said, dialogue.messages)
        if wish.strength < 1 or place is None or place[0] != number:
            continue
        has = np.array([catalog.holds(item, wish.field, wish.value) for item in catalog], dtype=bool)
        _add(pieces, wish.said.lower(), has, has)
    wishes = list(pieces)
    for piece in pieces_asked(dialogue, number):
        told = telling(piece, catalog)
        if not 0 < len(told) <= _FEW or {*told} <= OCCASIONS | taste_words():
            continue
        rows = naming_in_any_form(catalog, told)
        if not rows.any() and (other := dict(dialogue.instead).get(piece)):
            told = list(forms(other))
            rows = naming_in_any_form(catalog, told)
        firm = none.copy()
        for form in (told[-1], *spelt_otherwise(told[-1]), *family(told[-1])):
            firm[called(catalog, form)] = True
        said = piece.lower()
        same = next((one for one in wishes if set(telling(one, catalog)) >= set(told)), said)
        whole = whole and bool(rows.any() or same in pieces)
        _add(pieces, same, rows, rows & firm)
    total, by_firm, most = np.zeros(len(catalog)), np.zeros(len(catalog)), 0.0
    for rows, firm in pieces.values():
        count = int(rows.sum())
        if 0 < count <= _MOST * len(catalog):
            weight = float(np.log(len(catalog) / count))
            total += weight * rows
            by_firm += weight * firm
            most += weight
    return Named(total / most, by_firm / most, whole) if total.any() else None


def _add(
    pieces: dict[str, tuple[np.ndarray, np.ndarray]], said: str, rows: np.ndarray, firm: np.ndarray
) -> None:
    """Add the items that name a piece to those found of it before."""
    before = pieces.get(said)
    pieces[said] = (rows, firm) if before is None else (before[0] | rows, before[1] | firm)
