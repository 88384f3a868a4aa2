"""The items nearest to one by each signal alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wherefore.errors import ConfigError
from wherefore.retrieval.content_signals import CategorySignal, NumberSignal
from wherefore.retrieval.embedders import known_unit_rows
from wherefore.retrieval.index import Index
from wherefore.retrieval.signals import SignalVectors

_CALLED = {"image": "pictures", "images": "pictures", "picture": "pictures", "category": "categories"}


@dataclass(frozen=True, slots=True)
class Near:
    """What lies nearest to an item by one signal.

    Attributes:
        signal: Which.
        rows: Of the items, nearest first.
        cosines: Of the items to the one that was asked for.
        why: Why there is none, for people.
    """

    signal: str
    rows: tuple[int, ...] = ()
    cosines: tuple[float, ...] = ()
    why: str = ""


def signal_names(index: Index, signals: Mapping[str, SignalVectors]) -> tuple[str, ...]:
    """The signals that an index has: of the text, of its other spaces, of the catalogue's values, and those learned."""
    schema = index.catalog.schema
    names = ["text", *index.spaces]
    names += ["categories"] if schema.valued else []
    names += ["numbers"] if schema.measures else []
    return tuple(dict.fromkeys([*names, *(one for one in signals if one == "collaborative")]))


def nearest_by_each(
    index: Index, signals: Mapping[str, SignalVectors], item_id: str, asked: Sequence[str] = (), k: int = 8
) -> list[Near]:
    """The items nearest to one by each signal alone, by cosine; equal ones by row.

    Args:
        index: The items.
        signals: What a checkpoint's item encoder reads besides text.
        item_id: Which.
        asked: Which signals; `image` is another name of `pictures`, and `vectors` means all fields of vectors. All that
            there are when empty.
        k: Items for each, at most.

    Raises:
        KeyError: If there is no such item.
        ConfigError: If a signal is unknown here; says which there are.
    """
    row = index.catalog.row(item_id)
    return [_nearest(name, _vectors(name, index, signals), row, k) for name in _chosen(asked, index, signals)]


def _chosen(asked: Sequence[str], index: Index, signals: Mapping[str, SignalVectors]) -> Iterator[str]:
    there = signal_names(index, signals)
    if not asked:
        yield from (one for one in there if not np.isnan(_vectors(one, index, signals)).all())
        return
    own = [spec.name for spec in index.catalog.schema.vectors]
    for given in dict.fromkeys(asked):
        name = given if given in there else _CALLED.get(given, given)
        if name in ("vectors", "vector") and name not in there and own:
            yield from own
        elif name in there:
            yield name
        else:
            raise ConfigError(f"{index.catalog.name} has no signal {given!r}; it has {', '.join(there)}")


def _vectors(name: str, index: Index, signals: Mapping[str, SignalVectors]) -> np.ndarray:
    """(n, d) unit; NaN where an item has none."""
    if name == "text":
        return index.vectors
    held = index.space(name)
    if held is not None:
        return held
    if name == "categories":
        return known_unit_rows(CategorySignal().read({}, index))
    if name == "numbers":
        return known_unit_rows(NumberSignal().read({}, index))
    return known_unit_rows(signals[name].rows(index).numpy())


def _nearest(name: str, vectors: np.ndarray, row: int, k: int) -> Near:
    if np.isnan(vectors[row]).any() or not vectors.shape[1]:
        return Near(name, why="it has none")
    cosines = vectors @ vectors[row]
    others = np.flatnonzero(~np.isnan(cosines))
    others = others[others != row]
    order = others[np.lexsort((others, -cosines[others]))[:k]]
    if not len(order):
        return Near(name, why="no other item has one")
    return Near(name, tuple(order.tolist()), tuple(cosines[order].tolist()))
