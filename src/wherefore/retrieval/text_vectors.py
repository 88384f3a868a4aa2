"""Vectors of the texts that sources learn from, each made once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wherefore.progress import Progress
from wherefore.retrieval.index import Index


class TextVectors:
    """Query vectors of texts, each text embedded once; across runs too where the index has a `CachedEmbedder`.

    Args:
        index: Its embedder and projection make the vectors.
    """

    def __init__(self, index: Index) -> None:
        self.index = index
        self._row: dict[str, int] = {}
        self._vectors = np.empty((0, index.dim), dtype=np.float16)

    def get(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """Texts -> (n, d) float16, unit rows but for rounding."""
        rows = self.rows(texts, progress)
        found: np.ndarray = self._vectors[rows]
        return found

    def rows(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """Texts -> their places in `matrix`, (n,)."""
        new = sorted({text for text in texts if text not in self._row})
        if new:
            made, count = self._embed(new, progress), len(self._row)
            if count + len(new) > len(self._vectors):  # room for as many again, so that it is seldom copied
                room = np.empty((2 * (count + len(new)), self.index.dim), dtype=np.float16)
                room[:count] = self._vectors[:count]
                self._vectors = room
            self._vectors[count : count + len(new)] = made
            self._row.update((text, count + place) for place, text in enumerate(new))
        return np.array([self._row[text] for text in texts], dtype=np.int64)

    @property
    def matrix(self) -> np.ndarray:
        """All vectors so far, (texts, d) float16."""
        return self._vectors[: len(self._row)]

    def _embed(self, texts: list[str], progress: Progress | None) -> np.ndarray:
        return self.index.project(self.index.embedder.encode(texts, "query", progress)).astype(np.float16)
