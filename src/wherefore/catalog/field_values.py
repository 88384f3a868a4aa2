"""The values of a field: what there is, how often, and in which items."""

from __future__ import annotations

from array import array
from collections.abc import ItemsView, Iterable, Iterator
from typing import Any, Self

import numpy as np

from wherefore.catalog.derived import ByKey, Keys, Parts, Ragged


class Counts(ByKey[int]):
    """Values, each with its number of items, in the order in which the catalogue first has them."""

    def __init__(self, keys: Keys, counts: np.ndarray) -> None:
        super().__init__(keys)
        self.counts = counts

    def of_number(self, number: int) -> int:
        """As of `ByKey`."""
        return int(self.counts[number])

    def at(self, number: int) -> tuple[str, int]:
        """A value by its number, and in how many items it is."""
        return self.texts[number], int(self.counts[number])

    @property
    def total(self) -> int:
        """The sum of all numbers."""
        return int(self.counts.sum())

    def items(self) -> ItemsView[str, int]:
        """Values and their numbers."""
        return _Items(self)

    def __repr__(self) -> str:
        return f"Counts({len(self):,} values)"


class _Items(ItemsView[str, int]):
    """Values and numbers side by side, which is quicker than to look up each."""

    def __init__(self, counts: Counts) -> None:
        super().__init__(counts)
        self._counts = counts

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return zip(self._counts.texts, self._counts.counts.tolist(), strict=True)


class FieldValues:
    """The values of a field.

    Attributes:
        keys: The values, in the order in which the catalogue first has them.
        counts: The same with the number of times each is told.
        places: Of each value the rows that have it.
        most: How many values an item has at most.
        having: How many items have any.
    """

    def __init__(self, keys: Keys, counts: np.ndarray, places: Ragged, most: int, having: int) -> None:
        self.keys, self.counts, self.places, self.most = keys, Counts(keys, counts), places, most
        self.having = having

    @classmethod
    def of(cls, told: Iterable[tuple[str, ...]]) -> Self:
        """Of the values of each row.

        >>> made = FieldValues.of([("Horror", "Sci-Fi"), (), ("Horror",)])
        >>> dict(made.counts.items()), made.rows("Horror").tolist(), made.rows("Drama").tolist(), made.most
        ({'Horror': 2, 'Sci-Fi': 1}, [0, 2], [], 2)
        """
        numbers: dict[str, int] = {}
        counts, starts, flat, most = array("i"), array("q", [0]), array("i"), 0
        for values in told:
            most = max(most, len(values))
            mine = []
            for value in values:
                number = numbers.setdefault(value, len(numbers))
                if number == len(counts):
                    counts.append(0)
                counts[number] += 1
                mine.append(number)
            flat.extend(dict.fromkeys(mine))
            starts.append(len(flat))
        lists = Ragged(np.array(starts, dtype=np.int64), np.array(flat, dtype=np.int32))
        having = int((np.diff(lists.starts) > 0).sum())
        counted = np.array(counts, dtype=np.int32)
        return cls(Keys.of(list(numbers)), counted, lists.turned(len(numbers)), most, having)

    def rows(self, value: str) -> np.ndarray:
        """The rows that have a value, ascending."""
        number = self.keys.get(value)
        return self.places[number] if number >= 0 else np.empty(0, dtype=np.int32)

    def parts(self) -> dict[str, Any]:
        """For `Derived.get`."""
        return {
            "keys": self.keys,
            "counts": self.counts.counts,
            "starts": self.places.starts,
            "rows": self.places.numbers,
            "about": np.array([self.most, self.having]),
        }

    @classmethod
    def read(cls, parts: Parts) -> Self:
        """From what `parts` gave."""
        places = Ragged(parts["starts"], parts["rows"])
        most, having = parts["about"].tolist()
        return cls(parts["keys"], parts["counts"], places, most, having)
