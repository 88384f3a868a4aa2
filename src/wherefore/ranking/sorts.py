"""The sort of thing that is asked for: who wants a wallet is not helped by four wallets and a key ring."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from wherefore.catalog.sorts import called
from wherefore.dialogue.messages import Dialogue
from wherefore.ranking.asked import is_beside
from wherefore.ranking.criteria import likeness_to
from wherefore.reading.languages import language_of
from wherefore.retrieval.retriever import Retriever
from wherefore.text import FUNCTION_WORDS, forms

_OLDEST = 3  # messages back to which what was described still says what is sought
_NEAR = 1.0  # standard deviations above all items at which those that a word names are what is looked for
_EXACT, _SAMPLE = 20_000, 5_000  # rows up to which all are compared, and how many of more
_MOST = 0.5  # share of the items beyond which a word names no sort of them
_AFTER = re.compile(  # what follows a noun and says more of it: "boots for a wedding"
    r"[;:()]|\s-\s|\b(?:with|without|for|that|which|who|under|over|from|in|of|to|like|no|not|on|by|as|at|made|using|"
    r"than|up|about|where)\b"
)
_NOTHING = frozenset(
    "something anything one ones thing things item items product products got show list best first".split()
)
_WHO = frozenset("i he she it you we they him her me us them".split())
_PARTS = re.compile(r",|/|&|\b(?:or|and)\b")


class Nearness:
    """How near items are to what is looked for, in standard deviations above all items.

    Of very many items, a sample tells what is usual.

    Args:
        sought: The vector of what is looked for, (d,).
        retriever: Of the items.
    """

    def __init__(self, sought: np.ndarray, retriever: Retriever) -> None:
        self._sought, self._retriever = sought, retriever
        usual = likeness_to(sought, sampled(np.arange(len(retriever.index))), retriever)
        self._mean, self._spread = usual.mean(), float(usual.std())

    def of(self, rows: np.ndarray) -> np.ndarray:
        """Of items by row, (m,)."""
        near = likeness_to(self._sought, rows, self._retriever)
        if not self._spread > 0:
            return np.zeros_like(near)
        made: np.ndarray = (near - self._mean) / self._spread
        return made


def sampled(rows: np.ndarray) -> np.ndarray:
    """All rows, or of very many some at equal distances."""
    if len(rows) <= _EXACT:
        return rows
    return rows[np.linspace(0, len(rows) - 1, _SAMPLE).astype(np.int64)]


class Sort:
    """The items of a sort that is asked for by name, and those that are as near to what is looked for.

    Args:
        named: Those whose title or short value names it, (n,) bool.
        near: How near items are; None where only names tell.

    Attributes:
        named: As given.
    """

    def __init__(self, named: np.ndarray, near: Nearness | None) -> None:
        self.named, self._near = named, near

    def fitting(self, rows: np.ndarray) -> np.ndarray:
        """Which of some rows are named, or as near as half of those that are, (m,) bool."""
        named: np.ndarray = self.named[rows]
        if self._near is None or not len(rows):
            return named
        usual = np.median(self._near.of(sampled(np.flatnonzero(self.named))))
        return np.asarray(named | (self._near.of(rows) >= usual))


def heads(piece: str) -> Iterator[str]:
    """The nouns that a description is headed by.

    >>> list(heads("a leather belt or braces for my son")), list(heads("something with wings"))
    (['belt', 'braces'], ['something'])
    >>> list(heads("her stand up"))
    []
    """
    if piece.lower().split(maxsplit=1)[:1] and piece.lower().split(maxsplit=1)[0] in _WHO:
        return  # a clause
    for part in _PARTS.split(_AFTER.split(piece.lower())[0]):
        told = [form for form in forms(part) if form.isalpha() and form not in FUNCTION_WORDS]
        if told:
            yield told[-1]


def describes(dialogue: Dialogue) -> bool:
    """Whether the newest messages say in words of their own what is sought, beside in which order: "a gift"."""
    newest = len(dialogue.messages) - 1
    order = dialogue.preferences.order
    taken = set(forms(order.said)) if order is not None else set()
    for number, start, end in dialogue.described:
        if newest - number <= 2 * _OLDEST:
            told = set(forms(dialogue.messages[number].content[start:end])) - taken
            if any(form.isalpha() and form not in FUNCTION_WORDS | _NOTHING for form in told):
                return True
    return False


def sort_named(dialogue: Dialogue, retriever: Retriever) -> Sort | None:
    """The sort of thing that the newest description names; None where it names none, or nobody says what is sought.

    A word names a sort if items bear it and these are what is looked for: of "look like I own a sailboat" no boat is.
    """
    catalog = retriever.index.catalog
    newest = len(dialogue.messages) - 1
    told = sorted({number for number, _, _ in dialogue.described if newest - number <= 2 * _OLDEST})
    sought = retriever.sought(dialogue) if told else None
    if sought is None:
        return None
    near: Nearness | None = None
    for number in reversed(told):
        named = np.zeros(len(catalog), dtype=bool)
        for one, start, end in dialogue.described:
            if one != number or any(
                place == number and start < last and first < end for place, first, last in dialogue.muted
            ):
                continue
            if is_beside(dialogue.messages[number].content, start):
                continue
            # What is looked for is not read in other languages; a title's word says enough there.
            foreign = language_of(dialogue.messages[number].content) is not None
            for head in heads(dialogue.messages[number].content[start:end]):
                rows = called(catalog, head)
                if not 0 < len(rows) <= _MOST * len(catalog):
                    continue
                if foreign:
                    named[rows] = True
                    continue
                if near is None:
                    near = Nearness(sought, retriever)
                if near.of(sampled(rows)).mean() >= _NEAR:
                    named[rows] = True
        if named.any():
            return Sort(named, near)
    return None
