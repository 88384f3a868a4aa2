"""What is known of items beside their id, as numbers that a network reads; items of which the same is known are one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from wherefore.errors import CheckpointError, ConfigError
from wherefore.retrieval.index import Index

SIGNALS = ("text", "values", "numbers", "counts", "ids")
_BANDS = 10  # of a number's values, with equally many items in each
_MOST = 16  # bands of counts; each is twice as wide as the one before


@dataclass(frozen=True)
class Vocabulary:
    """What values, numbers and items there are, as they were when it was learned.

    Attributes:
        signals: Which of `SIGNALS` are read.
        values: Field and value (in lower case) of each that has a vector, field by field.
        edges: Of each number field, the values between which its bands lie.
        ids: Items that training sequences hold, where `counts` or `ids` are read.
        counts: How often they do.
    """

    signals: tuple[str, ...]
    values: tuple[tuple[str, str], ...]
    edges: Mapping[str, tuple[float, ...]]
    ids: tuple[str, ...]
    counts: tuple[int, ...]

    @classmethod
    def of(
        cls, index: Index, signals: Sequence[str], counts: Mapping[str, int], min_frequency: int = 2
    ) -> Self:
        """Learn what an index holds.

        Args:
            index: Its catalogue's tags and names are the values; its numbers and dates get bands.
            signals: Of `SIGNALS`, at least one.
            counts: How often training sequences hold each item.
            min_frequency: Values that fewer items have are not read.

        Raises:
            ConfigError: If a signal is unknown, given twice, or there is none.
        """
        check_signals(signals)
        attributes, schema = index.attributes, index.catalog.schema
        values = sorted(
            key for key, number in attributes.numbers.items() if attributes.frequency(number) >= min_frequency
        )
        edges = {spec.name: _edges(index.catalog.numbers(spec.name)) for spec in schema.measures}
        known = sorted(counts) if {"counts", "ids"} & set(signals) else []
        return cls(
            signals=tuple(one for one in SIGNALS if one in signals),
            values=tuple(values) if "values" in signals else (),
            edges={name: one for name, one in edges.items() if one} if "numbers" in signals else {},
            ids=tuple(known),
            counts=tuple(counts[one] for one in known),
        )

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that have values, in order."""
        return tuple(dict.fromkeys(name for name, _ in self.values))

    def places(self, name: str) -> tuple[int, int]:
        """From and to which number the values of a field go."""
        mine = [number for number, (field, _) in enumerate(self.values) if field == name]
        return mine[0], mine[-1] + 1

    @property
    def bands(self) -> tuple[int, ...]:
        """How many bands each number has, then counts; each has one more (0) for: not known."""
        made = [len(edges) + 2 for edges in self.edges.values()]
        return (*made, _MOST + 1) if "counts" in self.signals else tuple(made)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "signals": list(self.signals),
            "values": [list(one) for one in self.values],
            "edges": {name: list(edges) for name, edges in self.edges.items()},
            "ids": list(self.ids),
            "counts": list(self.counts),
        }

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> Self:
        """What `to_json` gave.

        Raises:
            CheckpointError: If something is missing or of another form.
        """
        try:
            return cls(
                tuple(tree["signals"]),
                tuple((str(field), str(value)) for field, value in tree["values"]),
                {str(name): tuple(map(float, edges)) for name, edges in tree["edges"].items()},
                tuple(tree["ids"]),
                tuple(map(int, tree["counts"])),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CheckpointError(
                f"what a sequence tower knows of items cannot be read ({error!r}); train it again"
            ) from error


@dataclass(frozen=True, slots=True)
class ItemSignals:
    """The g different items of a catalogue of n, as far as a vocabulary tells them apart.

    Attributes:
        text: (g, d) float32.
        values: (v,) numbers of the values of all items, one item after the other.
        starts: (g,) where in `values` an item's begin.
        weights: (v,) of the values: 1 / sqrt(how many the item has).
        bands: (g, b) of each number, and of counts; 0: not known.
        own: (g,) number of an item's own vector; that of the last where it has none.
        group: (n,) which of the g stands for each item.
        sizes: (g,) how many items each stands for.
    """

    text: np.ndarray
    values: np.ndarray
    starts: np.ndarray
    weights: np.ndarray
    bands: np.ndarray
    own: np.ndarray
    group: np.ndarray
    sizes: np.ndarray

    @classmethod
    def of(cls, index: Index, vocabulary: Vocabulary) -> Self:
        """What a vocabulary says of every item of an index."""
        catalog, signals, n = index.catalog, vocabulary.signals, len(index)
        bags = _bags(index, vocabulary)
        bands = _bands(index, vocabulary)
        place = {item: number for number, item in enumerate(vocabulary.ids)}
        known = np.array([place.get(item, len(place)) for item in catalog.ids], dtype=np.int64)
        own = known if "ids" in signals else np.zeros(n, dtype=np.int64)
        texts = [catalog.text(item) if "text" in signals else "" for item in catalog.items]
        keys = [
            (texts[row], tuple(bags[row].tolist()), tuple(bands[row].tolist()), int(own[row]))
            for row in range(n)
        ]
        numbers: dict[tuple[Any, ...], int] = {}
        group = np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
        first = np.full(len(numbers), n, dtype=np.int64)
        np.minimum.at(first, group, np.arange(n))
        lengths = np.array([len(bags[row]) for row in first], dtype=np.int64)
        return cls(
            text=index.vectors[first] if "text" in signals else np.zeros((len(first), 0), dtype=np.float32),
            values=np.concatenate([np.empty(0, dtype=np.int64), *(bags[row] for row in first)]),
            starts=np.cumsum(lengths) - lengths,
            weights=np.repeat(np.maximum(lengths, 1) ** -0.5, lengths).astype(np.float32),
            bands=bands[first],
            own=own[first],
            group=group,
            sizes=np.bincount(group, minlength=len(first)),
        )


def check_signals(signals: Collection[str]) -> None:
    """Refuse signals that nobody knows.

    Raises:
        ConfigError: If there is none, one is unknown, or given twice.
    """
    unknown = [one for one in signals if one not in SIGNALS]
    if unknown or not signals or len(set(signals)) < len(signals):
        raise ConfigError(
            f"`signals` are {', '.join(signals) or 'none'}; give one or more, none twice, of {', '.join(SIGNALS)}"
        )


def _edges(values: np.ndarray) -> tuple[float, ...]:
    """What lies between the bands of a number; empty where all known values are the same."""
    known = values[~np.isnan(values)]
    if not len(known) or known.min() == known.max():
        return ()
    found = np.unique(np.quantile(known, np.linspace(0, 1, _BANDS + 1)[1:-1]))
    return tuple(float(one) for one in found)


def _bags(index: Index, vocabulary: Vocabulary) -> list[np.ndarray]:
    """The numbers of each item's values."""
    attributes = index.attributes
    here = np.full(len(attributes.numbers), -1, dtype=np.int64)
    for number, key in enumerate(vocabulary.values):
        if key in attributes.numbers:
            here[attributes.numbers[key]] = number
    bags = [here[attributes.of_row(row)] for row in range(len(index))]
    return [np.sort(bag[bag >= 0]) for bag in bags]


def _bands(index: Index, vocabulary: Vocabulary) -> np.ndarray:
    """(n, b) of every item."""
    catalog, columns = index.catalog, []
    measured = {spec.name for spec in catalog.schema.measures}
    for name, edges in vocabulary.edges.items():
        if name not in measured:
            columns.append(np.zeros(len(catalog), dtype=np.int64))
            continue
        values = catalog.numbers(name)
        places = np.searchsorted(np.array(edges), np.nan_to_num(values), side="right") + 1
        columns.append(np.where(np.isnan(values), 0, places))
    if "counts" in vocabulary.signals:
        times = dict(zip(vocabulary.ids, vocabulary.counts, strict=True))
        counts = np.array([times.get(item, 0) for item in catalog.ids])
        columns.append(np.minimum(np.ceil(np.log2(counts + 1)), _MOST).astype(np.int64))
    made: np.ndarray = np.stack(columns, axis=1) if columns else np.zeros((len(catalog), 0), dtype=np.int64)
    return made
