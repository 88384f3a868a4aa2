"""What the query network makes item vectors of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from wherefore.errors import ConfigError
from wherefore.retrieval.index import Index

_UNKNOWN = 0.5  # added to counts of mentions, so that an item nobody named has some


@dataclass(frozen=True, slots=True)
class ItemInputs:
    """What item vectors are made of, n items.

    Attributes:
        text: (n, d) text vectors.
        own: (n,) number of an item's own vector; the number of such vectors for an item without.
        values: (v,) numbers of the values of all items, one item after the other.
        starts: (n,) where in `values` an item's begin.
        weights: (v,) of the values.
        log_counts: (n,) log(mentions in training + 0.5).
        extra: Further vectors by name, (n, their width); zeros where there is none.
    """

    text: Tensor
    own: Tensor
    values: Tensor
    starts: Tensor
    weights: Tensor
    log_counts: Tensor
    extra: Mapping[str, Tensor] = field(default_factory=dict)


def item_inputs(
    index: Index,
    ids: Sequence[str],
    counts: np.ndarray,
    keys: Sequence[tuple[str, str]],
    further: FurtherVectors,
) -> ItemInputs:
    """What is known of every item of an index.

    Items `ids` have a vector of their own and were named in `counts` training messages each; values `keys` have one.
    """
    catalog, attributes = index.catalog, index.attributes
    numbers = {key: number for number, key in enumerate(keys)}
    here = np.full(len(attributes.numbers), -1, dtype=np.int64)  # the network's number of each value, or -1
    for key, number in attributes.numbers.items():
        here[number] = numbers.get(key, -1)
    bags = [here[attributes.of_row(row)] for row in range(len(catalog))]
    bags = [np.sort(bag[bag >= 0]) for bag in bags]
    sizes = np.array([len(bag) for bag in bags], dtype=np.int64)
    places = {item: place for place, item in enumerate(ids)}
    own = np.array([places.get(item, len(places)) for item in catalog.ids], dtype=np.int64)
    return ItemInputs(
        text=torch.tensor(index.vectors),
        own=torch.from_numpy(own),
        values=torch.from_numpy(np.concatenate([np.empty(0, dtype=np.int64), *bags])),
        starts=torch.from_numpy(np.cumsum(sizes) - sizes),
        weights=torch.from_numpy(np.repeat(np.maximum(sizes, 1) ** -0.5, sizes)).float(),
        log_counts=torch.from_numpy(np.log(np.append(counts, 0.0)[own] + _UNKNOWN)).float(),
        extra=further.of(catalog.ids),
    )


class FurtherVectors:
    """Vectors of the n items of an index beside its own, by name (n, any width); a row with NaN is not known.

    Raises:
        ConfigError: If vectors do not have one row for each item.
    """

    def __init__(self, given: Mapping[str, np.ndarray], index: Index) -> None:
        for name, vectors in given.items():
            if np.ndim(vectors) != 2 or len(vectors) != len(index):
                raise ConfigError(
                    f"`extra[{name!r}]` has the shape {np.shape(vectors)}; it needs one row for each of the "
                    f"{len(index)} items"
                )
        self._row = {item: row for row, item in enumerate(index.catalog.ids)} if given else {}
        self._vectors: dict[str, np.ndarray] = {}
        for name, vectors in given.items():
            known = np.isfinite(vectors).all(axis=1, keepdims=True)
            filled = np.where(known, vectors, 0.0).astype(np.float32)
            self._vectors[name] = np.pad(filled, ((0, 1), (0, 0)))  # the last: not known
        self.widths = {name: vectors.shape[1] for name, vectors in self._vectors.items()}

    def of(self, ids: Sequence[str]) -> dict[str, Tensor]:
        """(n, width) by name; zeros for an item that is not known."""
        rows = [self._row.get(item, -1) for item in ids]
        return {name: torch.from_numpy(vectors[rows]) for name, vectors in self._vectors.items()}
