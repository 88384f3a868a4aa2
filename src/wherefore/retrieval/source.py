"""What a source of candidates is, and how it gives its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from wherefore.dialogue.messages import Dialogue
from wherefore.retrieval.conditions import FieldStore
from wherefore.retrieval.filters import conditions
from wherefore.retrieval.index import Index
from wherefore.retrieval.stores import Hits

Found = tuple[np.ndarray, np.ndarray]  # rows (r,) int64, scores (r,) float32; best first, equal scores by row
BY_CONTENT = "by_content"  # a part of this name says as much of an item that nobody has named as of any other


class Source(Protocol):
    """Finds candidates in one way.

    A new source is a class like this and a line in `wherefore.retrieval.sources.SOURCES`. It is made with the
    keyword `index` and those beside its name in the config, and may have what `Split`, `Reads`, `Needs` and
    `wherefore.retrieval.learned.Learned` describe.
    """

    name: str
    k: int  # how many it gives at most

    def search(self, dialogue: Dialogue, query: np.ndarray, k: int, allowed: np.ndarray) -> Found:
        """The best allowed rows.

        Args:
            dialogue: What was said.
            query: (d,) the request's vector, unit; zeros when nothing was said.
            k: At most so many.
            allowed: (n,) bool.
        """

    def score(self, dialogue: Dialogue, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The scores of any rows (m,) float32; NaN where there is nothing to score by."""


@runtime_checkable
class Split(Protocol):
    """What a source may have besides: parts of its score, which become features of their own."""

    part_names: tuple[str, ...]

    def parts(self, dialogue: Dialogue, rows: np.ndarray) -> np.ndarray:
        """(m, parts) float32; NaN where not known."""


@runtime_checkable
class Reads(Protocol):
    """What a source that compares texts' vectors may have besides, so that many texts are embedded at once."""

    def texts(self, dialogue: Dialogue) -> list[str]:
        """What it will embed of a dialogue."""


@runtime_checkable
class Needs(Protocol):
    """What a source has besides that knows nothing where a catalogue lacks something."""

    needs: str  # a name in `wherefore.retrieval.features.OPTIONAL_FEATURES`, which is missing there too


@runtime_checkable
class Follows(Protocol):
    """What a source may have besides that knows which items go with others, to say so of what a user took before."""

    def after(self, ids: Sequence[str]) -> np.ndarray:
        """How well every item of the index goes with these, (n,) float32; NaN where that is not known."""


def top(scores: np.ndarray, k: int, allowed: np.ndarray) -> Found:
    """The k best allowed rows, equal scores by row.

    >>> rows, scores = top(np.array([1.0, 3.0, 3.0, 2.0]), 2, np.array([True, False, True, True]))
    >>> rows.tolist(), scores.tolist()
    ([2, 3], [3.0, 2.0])
    >>> top(np.array([1.0, 3.0]), 0, np.array([True, True]))[0].tolist()
    []
    """
    rows = np.flatnonzero(allowed)
    if len(rows) > k > 0:
        lowest = np.partition(scores[rows], len(rows) - k)[len(rows) - k]
        rows = rows[scores[rows] >= lowest]
    rows = rows[np.lexsort((rows, -scores[rows]))[:k]]
    return rows, scores[rows].astype(np.float32)


def nearest(index: Index, request: np.ndarray, k: int, allowed: np.ndarray, dialogue: Dialogue) -> Found:
    """The allowed rows closest to a request (1, d)."""
    hits = searched(index, request, k, allowed, dialogue)
    found = hits.rows[0] >= 0
    return hits.rows[0][found], hits.scores[0][found]


def searched(index: Index, requests: np.ndarray, k: int, allowed: np.ndarray, dialogue: Dialogue) -> Hits:
    """What the index's store has closest to requests (b, d), of the rows that are allowed after a dialogue."""
    k = min(k, len(index))
    if isinstance(index.store, FieldStore):
        return index.store.search_within(requests, k, allowed, conditions(index, dialogue))
    return index.store.search(requests, k, allowed)


def nothing() -> Found:
    """No rows."""
    return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)


def unknown(rows: np.ndarray) -> np.ndarray:
    """The scores of rows where there is nothing to score by, (m,) NaN."""
    return np.full(len(rows), np.nan, dtype=np.float32)
