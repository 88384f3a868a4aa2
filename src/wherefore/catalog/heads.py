"""The noun that heads a title and says what sort of thing it is: "Thermal Laminating Pouches, 100-Pack" are pouches.

A title is cut where something else begins, its size, its colour, what it is for; the last noun of the first piece
heads it. How often a word stands there in all titles tells nouns from names of makers and lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from wherefore.catalog.catalog import Catalog, PerCatalog
from wherefore.catalog.derived import Postings
from wherefore.catalog.lexicon import item_nouns
from wherefore.catalog.spellings import spelt_otherwise
from wherefore.catalog.things import things
from wherefore.text import FUNCTION_WORDS, forms, stem, stems

_CUT = re.compile(  # where what a thing is called ends
    r"\s*[,;|([{:]\s*|\s+[-–—~+•*]+\s*|\s*[–—]\s+|\s+['‘“]|"
    r"\s+(?:w/|(?:with|for|by|from|in|on|onto|under|over|at|to|that|which|without|featuring|fits?|compatible\s+with|compatible\s+for|includes?|"
    r"including|made|against|using|designed|ideal|perfect|great|as|per|into|like|until|than|via)(?=\s))",
    re.IGNORECASE,
)
_BOTH = re.compile(
    r"\s+(?:/|or|aka)\s+|\s+of\s+", re.IGNORECASE
)  # names on both sides: "Planner / Diary", "Leg of Lamb"
_LAST = re.compile(
    r"^(?:[^,;|(]+,)+\s*(?:and|or|&)\s", re.IGNORECASE
)  # "Paper, CD, and Credit Card Shredder"
_NO_HEADS = frozenset(  # what follows a noun and is none
    "set pack kit size color colour count edition version series style type model assortment assorted collection "
    "bundle replacement packaging combo lot pair piece pc pcs ct pk qty design variety value mixed multi various new "
    "original genuine wireless digital electric xl xxl small medium large mini jumbo big letter legal inch inches mm "
    "cm ml oz ounce foot feet yard meter metre lb lbs gram black white blue red green yellow pink purple brown grey "
    "gray silver gold orange navy teal beige clear transparent dozen total each women woman men man womens mens kids "
    "kid boys girls unisex ladies adult pieces colors colours sizes sets packs pairs styles homemade easy best "
    "deluxe premium pro plus the a an and".split()
)
_LEAST = 0.5  # how often what heads one title stands at ends, of the best word beside it
_ENDS = 3  # titles that a word ends, from which it heads them
_MOST_VALUES = 8.0  # values an item has of a field that sorts it, at most
_VALUE = 3  # words of a value that may be the name of a sort


def cut(title: str) -> tuple[list[list[str]], list[list[str]]]:
    """The names that a title begins with, mostly one, and what follows them; each as words up to a noun.

    >>> cut("Acme Hole Punch, 3-Hole, Desk Tool, Black")
    ([['acme', 'hole', 'punch']], [['3', 'hole'], ['desk', 'tool']])
    """
    if (last := _LAST.search(title)) is not None:
        title = title[last.end() :]
    pieces = [[_trimmed(part) for part in _BOTH.split(piece)] for piece in _CUT.split(title)]
    told = [[part for part in piece if part] for piece in pieces]
    first, *rest = [piece for piece in told if piece] or [[]]
    return first, [part for piece in rest for part in piece]


def _trimmed(piece: str) -> list[str]:
    """The words of a piece without what follows its noun: numbers, colours, how many there are."""
    told = forms(piece)
    while told and (not told[-1].isalpha() or len(told[-1]) < 3 or {told[-1], stem(told[-1])} & _NO_HEADS):
        told.pop()
    return told


class Heads:
    """Which items' titles are headed by which nouns.

    Args:
        catalog: Whose titles.
    """

    def __init__(self, catalog: Catalog) -> None:
        told = catalog.derived.get("heads", lambda: _made(catalog))
        self._first = Postings.read(
            {name.removeprefix("first-"): part for name, part in told.items() if name.startswith("first-")}
        )
        self._also = Postings.read(
            {name.removeprefix("also-"): part for name, part in told.items() if name.startswith("also-")}
        )

        self._titles = catalog.titles

    def of_row(self, row: int) -> list[str]:
        """What the title of an item may be headed by, alone and with the word before it; stems."""
        names, _ = cut(self._titles[row])
        return [key for name in names for key in _keys(name)]

    def first(self, name: Sequence[str]) -> np.ndarray:
        """The rows of what a title, or a short value, is headed by, with the words before it; stems."""
        return self._first.rows(" ".join(name[-2:]))

    def also(self, name: Sequence[str]) -> np.ndarray:
        """The rows of what stands in a title as heads do, though another word heads it."""
        return self._also.rows(" ".join(name[-2:]))


def _made(catalog: Catalog) -> dict[str, object]:
    ends: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    pieces = [cut(title) for title in catalog.titles]
    for names, _ in pieces:
        for piece in names:
            seen.update({stem(form) for form in piece})
            ends.update([stem(piece[-1])])
    often = {word: (ends[word] + 0.5) / (count + 2.0) for word, count in seen.items()}
    sorts = _by_values(catalog)
    first, also = [], []
    for number, each in enumerate(pieces):
        heads, others = _heads_of(*each, often, ends)
        first.append({key for head in heads for key in _keys(head)} | sorts[number])
        also.append({key for head in others for key in _keys(head)})
    told = Postings.of(first).parts(), Postings.of(also).parts()
    return {
        f"{name}-{part}": value
        for name, parts in zip(("first", "also"), told, strict=True)
        for part, value in parts.items()
    }


def _keys(words: Sequence[str]) -> Iterator[str]:
    """A head alone, and with the word before it."""
    told = [stem(word) for word in words]
    yield told[-1]
    if len(told) > 1:
        yield f"{told[-2]} {told[-1]}"


def _heads_of(
    names: Sequence[list[str]], rest: Sequence[list[str]], often: dict[str, float], ends: Counter[str]
) -> tuple[list[list[str]], list[list[str]]]:
    """What heads a title, each with what stands before it, and what else may."""
    heads, others = [], [*rest]
    for piece in names:
        told = [often.get(stem(form), 0.0) for form in piece]
        last = len(piece) - 1
        if ends[stem(piece[-1])] < _ENDS and not things().names(piece[-1]):  # a line, a maker, how it looks
            last = max(number for number, share in enumerate(told) if share >= _LEAST * max(told))
        heads.append(piece[: last + 1])
        for number in range(last):  # "Swimsuit Retro One Piece": a noun that is followed by none
            if told[number] >= _LEAST and told[number + 1] < _LEAST / 2:
                if not things().names(piece[number + 1]):
                    others.append(piece[: number + 1])
    return heads, others


def _by_values(catalog: Catalog) -> list[set[str]]:
    """Of each item what its short values are headed by."""
    nouns = {stem(noun) for noun in item_nouns(catalog)}
    told: list[set[str]] = [set() for _ in range(len(catalog))]
    for spec in catalog.schema.tags:
        values = list(catalog.values_by_item(spec.name))
        if sum(map(len, values)) > _MOST_VALUES * max(len(values), 1):
            continue
        of_value: dict[str, tuple[str, ...]] = {}
        for row, each in enumerate(values):
            for value in each:
                if value not in of_value:
                    words = stems(value)
                    while len(words) > 1 and words[-1] in nouns:
                        words.pop()
                    of_value[value] = tuple(_keys(words)) if 0 < len(words) <= _VALUE else ()
                told[row].update(of_value[value])
    return told


heads_of = PerCatalog(Heads)


def spellings(words: Sequence[str]) -> list[tuple[str, ...]]:
    """How a name may be written, as stems: its own way first, and together or apart.

    >>> ("footrest",) in spellings(["foot", "rest"]), ("eggplant",) in spellings(["aubergine"])
    (True, True)
    """
    said = " ".join(words)
    singular = [*words[:-1], stem(words[-1])] if words else []
    told = [said, *spelt_otherwise(said), *spelt_otherwise(" ".join(singular))]
    return [
        name
        for name in dict.fromkeys(tuple(stems(one)) for one in told)
        if name and not {*name} <= FUNCTION_WORDS
    ]
