"""Which items bear which value."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from itertools import repeat
from typing import Any

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.derived import Keys, Ragged

_MARK = "\x1f"  # between the place of a field and its value


class Attributes:
    """Which rows bear which value of a field of tags or names. Values are matched without regard to case.

    >>> catalog = Catalog.from_records([{"title": "Alien", "genres": "Horror|Sci-Fi"},
    ...                                 {"title": "Saw", "genres": "Horror|Thriller"}])
    >>> Attributes(catalog).rows("genres", "horror").tolist()
    [0, 1]
    """

    def __init__(self, catalog: Catalog) -> None:
        self._fields = {spec.name: place for place, spec in enumerate(catalog.schema.valued)}
        parts = catalog.derived.get("attributes", lambda: _numbered(catalog))
        self._keys: Keys = parts["keys"]
        self._field: np.ndarray = parts["field"]
        self._of_row: np.ndarray = parts["values"]
        self._row_starts: np.ndarray = parts["starts"]
        self._rows: np.ndarray = parts["rows"]
        self._starts: np.ndarray = parts["row_starts"]
        frequency = np.diff(self._starts)
        self.idf = np.log(len(catalog) / np.maximum(frequency, 1)).astype(np.float32)  # 0 for what all have
        self._known: dict[str, np.ndarray] = {}  # of each field, which rows have a value; when it is needed

    @property
    def numbers(self) -> Mapping[tuple[str, str], int]:
        """The numbers of all (field, value), values in lower case."""
        return _Numbers(tuple(self._fields), self._keys)

    @property
    def by_row(self) -> Ragged:
        """The numbers of every row's values."""
        return Ragged(self._row_starts, self._of_row)

    def frequency(self, number: int) -> int:
        """How many items bear a value."""
        return int(self._starts[number + 1] - self._starts[number])

    def number(self, field: str, value: str) -> int | None:
        """The number of a value, None when no item has it."""
        number = self._keys.get(_key(self._fields.get(field, -1), value.casefold()))
        return number if number >= 0 else None

    def rows_of(self, number: int) -> np.ndarray:
        """The rows that bear a value, ascending."""
        return self._rows[self._starts[number] : self._starts[number + 1]]

    def rows(self, field: str, value: str) -> np.ndarray:
        """The rows that bear a value, ascending; empty when there are none."""
        number = self.number(field, value)
        return self._rows[:0] if number is None else self.rows_of(number)

    def bears(self, field: str, value: str) -> np.ndarray:
        """Which rows bear a value, (n,) bool."""
        bears = np.zeros(len(self._row_starts) - 1, dtype=bool)
        bears[self.rows(field, value)] = True
        return bears

    def known(self, field: str) -> np.ndarray:
        """Which rows have any value of a field, (n,) bool."""
        if field not in self._known:
            here = self._field[self._of_row] == self._fields.get(field, -1)
            count = np.concatenate([[0], np.cumsum(here)])
            self._known[field] = count[self._row_starts[1:]] > count[self._row_starts[:-1]]
        return self._known[field]

    def of_row(self, row: int) -> np.ndarray:
        """The numbers of a row's values."""
        return self._of_row[self._row_starts[row] : self._row_starts[row + 1]]


class _Numbers(Mapping[tuple[str, str], int]):
    """Field and value of each number, without a dictionary of all."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, fields: tuple[str, ...], keys: Keys) -> None:
        self._fields, self._keys = fields, keys

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for key in self._keys:
            place, _, value = key.partition(_MARK)
            yield self._fields[int(place)], value

    def __getitem__(self, named: tuple[str, str]) -> int:
        place = self._fields.index(named[0]) if named[0] in self._fields else -1
        number = self._keys.get(_key(place, named[1]))
        if number < 0:
            raise KeyError(named)
        return number


def _key(place: int, value: str) -> str:
    return f"{place}{_MARK}{value}"


def _numbered(catalog: Catalog) -> dict[str, Any]:
    """All values of a catalogue with their numbers, by row and the other way round."""
    fields = [catalog.values_by_item(spec.name) for spec in catalog.schema.valued]
    number: dict[str, int] = {}
    starts, flat, field = array("q", [0]), array("i"), array("h")
    for told in zip(*fields, strict=True) if fields else repeat((), len(catalog)):
        mine = set()
        for place, values in enumerate(told):
            for value in values:
                mine.add(number.setdefault(_key(place, value.casefold()), len(number)))
                if len(number) > len(field):
                    field.append(place)
        flat.extend(sorted(mine))
        starts.append(len(flat))
    by_row = Ragged(np.array(starts, dtype=np.int64), np.array(flat, dtype=np.int32))
    by_value = by_row.turned(len(number))
    return {
        "keys": Keys.of(list(number)),
        "field": np.array(field, dtype=np.int16),
        "values": by_row.numbers,
        "starts": by_row.starts,
        "rows": by_value.numbers,
        "row_starts": by_value.starts,
    }
