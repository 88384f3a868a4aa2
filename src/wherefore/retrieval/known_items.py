"""Items that a source has learned about, known by their ids on any catalogue."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wherefore.retrieval.index import Index
from wherefore.retrieval.latest import Latest


class KnownItems:
    """The a items that a source has learned about, and where they are in the catalogue as it is now.

    Args:
        index: Holds the catalogue.
        ids: Of the items; an item's number is its place here.
    """

    def __init__(self, index: Index, ids: Sequence[str]) -> None:
        self.index = index
        self.ids = tuple(ids)
        self.number = {item_id: place for place, item_id in enumerate(self.ids)}
        self._rows = Latest[np.ndarray]()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def rows(self) -> np.ndarray:
        """The row of each item, (a,) int64; -1 for one that the catalogue does not have."""
        catalog = self.index.catalog
        return self._rows.get(
            lambda: np.array([catalog.row(i) if i in catalog else -1 for i in self.ids], dtype=np.int64),
            catalog.items,
        )

    def spread(self, values: np.ndarray, counted: np.ndarray | bool = True) -> np.ndarray:
        """Values of `counted` items, (a,) or (a, w), on the rows of the catalogue, (n,) or (n, w); NaN on others."""
        made = np.full((len(self.index), *values.shape[1:]), np.nan, dtype=np.float32)
        here = (self.rows >= 0) & counted
        made[self.rows[here]] = values[here]
        return made
