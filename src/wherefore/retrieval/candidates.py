"""Candidates, and what the columns of their features are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wherefore.catalog.catalog import Item
from wherefore.retrieval.features import EXTRA_FEATURES, OPTIONAL_FEATURES, PERSONAL_FEATURES
from wherefore.retrieval.learned import Learned
from wherefore.retrieval.source import BY_CONTENT, Needs, Source, Split


@dataclass(frozen=True, slots=True)
class Candidates:
    """Items that go on to the ranker, best first by reciprocal rank fusion, with all that sources know."""

    rows: np.ndarray  # (m,) int64
    items: tuple[Item, ...]
    source_names: tuple[str, ...]
    ranks: np.ndarray  # (m, n_sources) int32: 1 for a source's best; 0 where it did not find the item
    scores: np.ndarray  # (m, n_sources) float32: NaN where there is nothing to score by
    parts: np.ndarray  # (m, p) float32: parts of the scores of the sources that have some; NaN: not known
    extra: np.ndarray  # (m, 19) float32, columns EXTRA_FEATURES; NaN where there is nothing to compare with
    feature_names: tuple[str, ...]  # columns of `features`

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def features(self) -> np.ndarray:
        """(m, f) float32, NaN where not known: for every source log(rank) and score, then parts, then extra.

        A row depends on its item and its ranks alone.
        """
        ranks = np.where(self.ranks > 0, np.log(np.maximum(self.ranks, 1)), np.nan)
        of_sources = np.stack([ranks, self.scores], axis=2).reshape(len(self), 2 * len(self.source_names))
        return np.concatenate([of_sources, self.parts, self.extra], axis=1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of `Candidates.features`: of a source, or one of EXTRA_FEATURES."""

    name: str
    source: Source | None = None

    @property
    def is_learned(self) -> bool:
        return isinstance(self.source, Learned)

    @property
    def needs(self) -> str:
        """Which of the optional features a catalogue must have for this one to be known; empty: none."""
        if self.source is None:
            return self.name
        return self.source.needs if isinstance(self.source, Needs) else ""


def _columns(sources: Sequence[Source]) -> list[_Column]:
    ranked = [_Column(f"{one.name}.{what}", one) for one in sources for what in ("rank", "score")]
    split = [one for one in sources if isinstance(one, Split)]
    parts = [_Column(f"{one.name}.{part}", one) for one in split for part in one.part_names]
    return [*ranked, *parts, *map(_Column, EXTRA_FEATURES)]


def feature_names(sources: Sequence[Source]) -> tuple[str, ...]:
    """What the columns of `Candidates.features` are: every source's rank, score and parts, then EXTRA_FEATURES."""
    return tuple(column.name for column in _columns(sources))


def optional_features(sources: Sequence[Source]) -> tuple[tuple[int, ...], ...]:
    """Columns of `Candidates.features` that are missing together, on a catalogue that lacks what they need."""
    columns = _columns(sources)
    learned = tuple(place for place, column in enumerate(columns) if column.is_learned)
    lacking = [
        tuple(place for place, column in enumerate(columns) if column.needs in group)
        for group in OPTIONAL_FEATURES
    ]
    return tuple(group for group in (learned, *lacking) if group)


def personal_features(sources: Sequence[Source]) -> tuple[int, ...]:
    """Columns of `Candidates.features` that an item has only once people have named, liked or counted it."""
    return tuple(
        place
        for place, column in enumerate(_columns(sources))
        if (column.is_learned and not column.name.endswith(f".{BY_CONTENT}"))
        or column.needs in PERSONAL_FEATURES
    )
