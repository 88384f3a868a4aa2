"""Sources that learn from dialogues: what they have in common, and how they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from wherefore.dialogue.messages import Dialogue
from wherefore.errors import CheckpointError, CheckpointNotFoundError
from wherefore.lm.rounding import from_bytes, in_bytes
from wherefore.progress import Progress
from wherefore.retrieval.index import Index
from wherefore.retrieval.source import Source
from wherefore.retrieval.tensors import write_tensors


@runtime_checkable
class Kept(Protocol):
    """What a source has beside `Source`'s members whose weights are kept in a checkpoint."""

    @property
    def fitted(self) -> bool:
        """Whether it has learned."""

    def tensors(self) -> dict[str, np.ndarray]:
        """All that was learned, for a safetensors file.

        Raises:
            CheckpointError: If nothing was.
        """

    def restore(self, tensors: Mapping[str, np.ndarray]) -> None:
        """Take what `tensors` gave, onto whatever catalogue; when it fails, what was learned before stays.

        Raises:
            CheckpointError: If a tensor is missing, unknown, or has a wrong shape, type or content.
        """


@runtime_checkable
class Learned(Kept, Protocol):
    """What a source that learns from dialogues has besides.

    Until it is fitted or restored it finds nothing and scores NaN. Items are known by their ids, so it can be
    restored onto another catalogue: what is not known there has no score of it.
    """

    def fit(
        self, dialogues: Sequence[Dialogue], vectors: TextVectors, progress: Progress | None = None
    ) -> None:
        """Learn from whole dialogues with their mentions; when it fails, what was learned before stays.

        Args:
            dialogues: Oldest first.
            vectors: Vectors of texts, shared by all that are fitted; None: the source makes what it needs.
            progress: Told (done, of).

        Raises:
            TrainingError: If there is nothing to learn from.
        """


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


def save_sources(sources: Iterable[Source], folder: Path, rounded: bool = False) -> None:
    """Write what every source has learned, `<name>.safetensors` each; `rounded`: matrices with a byte a number.

    Raises:
        CheckpointError: If one has learned nothing.
    """
    for source in sources:
        if isinstance(source, Kept):
            tensors = source.tensors()
            write_tensors(folder / f"{source.name}.safetensors", in_bytes(tensors) if rounded else tensors)


def load_sources(sources: Iterable[Source], folder: Path) -> None:
    """Restore every source from what `save_sources` wrote.

    Raises:
        CheckpointNotFoundError: If a source's file is not there.
        CheckpointError: If a file does not fit its source.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    for source in sources:
        if not isinstance(source, Kept):
            continue
        file = folder / f"{source.name}.safetensors"
        if not file.is_file():
            raise CheckpointNotFoundError(
                f"no {file}: source {source.name!r} learns, and what it learned is missing; copy the whole "
                "checkpoint again, or take the source out of `retrieval.sources` and train"
            )
        try:
            source.restore(from_bytes(load_file(file), np.float16))
        except (SafetensorError, ValueError, KeyError) as error:
            raise CheckpointError(f"{file} does not fit source {source.name!r}: {error}") from error


def folds_of(n: int, folds: int) -> np.ndarray:
    """The fold of each of n dialogues, (n,): blocks of neighbours, so that who talked at one time stays together.

    A source that saw a dialogue knows its answers; a ranker must learn how far to trust it from dialogues that
    it did not see (stacking: Wolpert, 1992). People take part in several dialogues in a row, so neighbours are
    put into one fold.

    >>> folds_of(5, 2).tolist()
    [0, 0, 0, 1, 1]
    """
    return np.arange(n) * folds // max(n, 1)
