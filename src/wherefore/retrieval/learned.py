"""Sources that learn from dialogues: what they have in common, and how they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from wherefore.dialogue.messages import Dialogue
from wherefore.errors import CheckpointError, CheckpointNotFoundError
from wherefore.progress import Progress
from wherefore.retrieval.source import Source
from wherefore.retrieval.tensors import write_tensors
from wherefore.retrieval.text_vectors import TextVectors


@runtime_checkable
class Learned(Protocol):
    """What a source that learns has beside `Source`'s members.

    Until it is fitted or restored it finds nothing and scores NaN. Items are known by their ids, so it can be
    restored onto another catalogue: what is not known there has no score of it.
    """

    @property
    def fitted(self) -> bool:
        """Whether it has learned."""

    def fit(
        self, dialogues: Sequence[Dialogue], vectors: TextVectors, progress: Progress | None = None
    ) -> None:
        """Learn from whole dialogues with their mentions.

        Args:
            dialogues: Oldest first.
            vectors: Vectors of texts, shared by all that are fitted.
            progress: Told (done, of).
        """

    def tensors(self) -> dict[str, np.ndarray]:
        """All that was learned, for a safetensors file."""

    def restore(self, tensors: Mapping[str, np.ndarray]) -> None:
        """Take what `tensors` gave; strict."""


def save_sources(sources: Iterable[Source], folder: Path) -> None:
    """Write what every source that learns has learned, `<name>.safetensors` each.

    Raises:
        CheckpointError: If one has learned nothing.
    """
    for source in sources:
        if isinstance(source, Learned):
            write_tensors(folder / f"{source.name}.safetensors", source.tensors())


def load_sources(sources: Iterable[Source], folder: Path) -> None:
    """Restore every learned source from what `save_sources` wrote.

    Raises:
        CheckpointNotFoundError: If a source's file is not there.
        CheckpointError: If a file does not fit its source.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    for source in sources:
        if not isinstance(source, Learned):
            continue
        file = folder / f"{source.name}.safetensors"
        if not file.is_file():
            raise CheckpointNotFoundError(
                f"no {file}: source {source.name!r} learns, and what it learned is missing; copy the whole "
                "checkpoint again, or take the source out of `retrieval.sources` and train"
            )
        try:
            source.restore(load_file(file))
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
