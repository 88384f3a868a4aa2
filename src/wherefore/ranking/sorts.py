"""The sort of thing that is asked for: who wants a wallet is not helped by four wallets and a key ring."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from weakref import WeakKeyDictionary

import numpy as np

from wherefore.catalog.heads import heads_of
from wherefore.catalog.sorts import called
from wherefore.catalog.things import things
from wherefore.dialogue.messages import Dialogue
from wherefore.ranking.asked import is_beside
from wherefore.ranking.criteria import likeness_to
from wherefore.ranking.named_sorts import Asked, sorts_asked
from wherefore.reading.languages import language_of
from wherefore.retrieval.index import Index
from wherefore.retrieval.retriever import Retriever
from wherefore.text import FUNCTION_WORDS, forms, stems

_OLDEST = 3  # messages back to which what was described still says what is sought
_NEAR = 1.0  # standard deviations above all items at which those that a word names are what is looked for
_NEAR_IN_PART = 1.5  # the same, where only the last word of its name heads any title
_NEARLY = 0.5  # of the nearest sort that is named: so near are others that are sought as well
_LIKE, _MISSED = 0.35, 0.5  # cosine of what is looked for and a name, from which it is sought, or missed
_AT_ONCE = 50_000  # items whose vectors are held at once
_NEAREST, _SAME = (
    30,
    0.65,
)  # items that are looked at, and cosine from which words for things say nearly the same
_FEW = 3  # items that all of a name fits, from which others must be as near
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


_USUAL: WeakKeyDictionary[Retriever, tuple[object, tuple[float, float]]] = WeakKeyDictionary()


class Nearness:
    """How near items are to what is looked for, in standard deviations above all items.

    Of very many items, a sample tells what is usual.

    Args:
        sought: The vector of what is looked for, (d,).
        retriever: Of the items.
    """

    def __init__(self, sought: np.ndarray, retriever: Retriever) -> None:
        self._sought, self._retriever = sought, retriever
        key = sought.tobytes(), len(retriever.index), retriever.index.catalog.items[-1:]
        kept = _USUAL.get(retriever)
        if kept is None or kept[0] != key:  # a turn asks several times
            usual = likeness_to(sought, sampled(np.arange(len(retriever.index))), retriever)
            kept = _USUAL[retriever] = key, (float(usual.mean()), float(usual.std()))
        self._mean, self._spread = kept[1]

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
    """The items of a sort that is asked for by name.

    Args:
        named: Those whose title or short value names it, (n,) bool.
        near: How near items are; None where only names tell.
        best: Those that all of its name fits, (n,) bool.
        names: What it is called by whoever asks, where titles are headed by that.

    Attributes:
        named: As given, and so are `best` and `names`.
    """

    def __init__(
        self,
        named: np.ndarray,
        near: Nearness | None,
        best: np.ndarray | None = None,
        names: tuple[str, ...] = (),
    ) -> None:
        self.named, self._near, self.names = named, near, names
        self.best = named if best is None else best

    def likeliest(self) -> np.ndarray:
        """The rows of the sort, first those that all of its name fits, then by how near they are; of many, some."""
        rows = sampled(np.flatnonzero(self.named))
        near = np.zeros(len(rows)) if self._near is None else self._near.of(rows)
        return rows[np.lexsort((-near, ~self.best[rows]))]

    def share(self, rows: np.ndarray) -> np.ndarray:
        """How well the name fits some rows, (m,) from 0 to 1."""
        return np.asarray((self.named[rows].astype(np.float32) + self.best[rows]) / 2)

    def fitting(self, rows: np.ndarray) -> np.ndarray:
        """Which of some rows are of the sort, (m,) bool.

        Where all of its name fits a few, those that it fits only in part must be as near as half of these.
        """
        named: np.ndarray = self.named[rows]
        if self._near is None or not len(rows) or self.best.sum() < _FEW or (self.best == self.named).all():
            return named
        usual = np.median(self._near.of(sampled(np.flatnonzero(self.best))))
        return np.asarray(self.best[rows] | named & (self._near.of(rows) >= usual))


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
    sought = retriever.sought(dialogue)
    if sought is None:
        return None
    near: Nearness | None = None
    if not told or told[-1] != newest:
        told.append(newest)  # "do you sell tents?"
    for number in reversed(told):
        named = np.zeros(len(catalog), dtype=bool)
        asked = sorts_asked(dialogue, number, catalog)
        if (sort := _by_heads(asked, sought, retriever)) is not None:
            return sort
        if any(one.missing for one in asked):
            return None  # of "an espresso machine" the colour is no sort
        if asked:
            continue
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
            return Sort(named, None)
    return None


def _by_heads(named: Sequence[Asked], sought: np.ndarray, retriever: Retriever) -> Sort | None:
    """The sort that a message names and titles are headed by; of several those that are nearly as much sought."""
    near: Nearness | None = None
    found: list[tuple[float, Asked]] = []
    for asked in named:
        if not asked.head.any():
            continue
        near = Nearness(sought, retriever) if near is None else near
        rows = asked.full if asked.full.any() else asked.head
        standing = float(near.of(sampled(np.flatnonzero(rows))).mean())
        least = _NEAR if asked.full.any() else _NEAR_IN_PART
        sure = asked.own or (asked.marked and asked.by_other)  # no vector knows that biros are ballpoints
        if sure and asked.full.any():
            found.append((max(standing, _NEAR), asked))
        elif standing >= least and _is_sought(asked, sought, retriever):
            found.append((standing, asked))
    least = _NEARLY * max((standing for standing, _ in found), default=0.0)
    kept = [asked for standing, asked in found if standing >= least]
    if not kept:
        return None
    names = tuple(one.said for one in kept)
    return Sort(
        np.any([one.head for one in kept], axis=0), near, np.any([one.full for one in kept], axis=0), names
    )


def _is_sought(asked: Asked, sought: np.ndarray, retriever: Retriever) -> bool:
    """Whether what is looked for is anything like a name: of "what would hold me" no hold is."""
    return float(retriever.index.embed_all([asked.said])[asked.said] @ sought) >= _LIKE


def sorts_missing(dialogue: Dialogue, retriever: Retriever) -> list[str]:
    """What the newest message asks for by the names of things that nothing here is, in its words."""
    sought = retriever.sought(dialogue)
    named = sorts_asked(dialogue, len(dialogue.messages) - 1, retriever.index.catalog)
    if sought is None or not any(one.missing for one in named):
        return []
    sort = _by_heads(named, sought, retriever)
    found = sort.names if sort is not None else ()
    asked = [one for one in named if one.missing and (one.said not in found or not one.full.any())]
    vectors = retriever.index.embed_all([one.said for one in asked])
    missed = [one.said for one in asked if float(vectors[one.said] @ sought) >= _MISSED]
    return [name for name in dict.fromkeys(missed) if not _has_like(name, vectors[name], retriever)]


def _has_like(name: str, vector: np.ndarray, retriever: Retriever) -> bool:
    """Whether titles of the nearest items are headed by a word that says nearly the same: a wastebasket is a bin."""
    index, own = retriever.index, set(stems(name))
    rows, _ = nearest(vector, index, _NEAREST)
    heads_ = heads_of(index.catalog)
    told = {
        key
        for row in rows.tolist()
        for key in heads_.of_row(row)
        if not own & {*key.split()} and things().names(key)
    }
    found = index.embed_all(sorted(told))
    return any(float(one @ vector) >= _SAME for one in found.values())


def nearest(vector: np.ndarray, index: Index, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows of the items whose texts are nearest to a vector, the nearest first, and how near; a part at a time."""
    best, near = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    for start in range(0, len(index), _AT_ONCE):
        rows = np.arange(start, min(start + _AT_ONCE, len(index)))
        best = np.concatenate([best, rows])
        near = np.concatenate([near, index.vectors_of(rows) @ vector])
        order = np.argsort(-near, kind="stable")[:count]
        best, near = best[order], near[order]
    return best, near
