"""Which items bear which value."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wherefore.catalog.catalog import Catalog


class Attributes:
    """Which rows bear which value of a field of tags or names. Values are matched without regard to case.

    >>> catalog = Catalog.from_records([{"title": "Alien", "genres": "Horror|Sci-Fi"},
    ...                                 {"title": "Saw", "genres": "Horror|Thriller"}])
    >>> Attributes(catalog).rows("genres", "horror").tolist()
    [0, 1]
    """

    def __init__(self, catalog: Catalog) -> None:
        fields = [spec.name for spec in catalog.schema.valued]
        self._number: dict[tuple[str, str], int] = {}
        found: list[int] = []
        starts = [0]
        for item in catalog.items:
            mine = {
                self._number.setdefault((field, value.casefold()), len(self._number))
                for field in fields
                for value in item.values(field)
            }
            found += sorted(mine)
            starts.append(len(found))
        self._of_row = np.array(found, dtype=np.int32)
        self._row_starts = np.array(starts, dtype=np.int64)
        rows = np.repeat(np.arange(len(catalog), dtype=np.int32), np.diff(self._row_starts))
        self._rows = rows[np.argsort(self._of_row, kind="stable")]
        frequency = np.bincount(self._of_row, minlength=len(self._number))
        self._starts = np.concatenate([[0], np.cumsum(frequency)])
        self.idf = np.log(len(catalog) / np.maximum(frequency, 1)).astype(np.float32)  # 0 for what all have
        self._known: dict[str, np.ndarray] = {}  # of each field, which rows have a value; when it is needed

    @property
    def numbers(self) -> Mapping[tuple[str, str], int]:
        """The numbers of all (field, value), values in lower case."""
        return self._number

    def frequency(self, number: int) -> int:
        """How many items bear a value."""
        return int(self._starts[number + 1] - self._starts[number])

    def number(self, field: str, value: str) -> int | None:
        """The number of a value, None when no item has it."""
        return self._number.get((field, value.casefold()))

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
            bears = np.zeros(len(self._row_starts) - 1, dtype=bool)
            for (name, _), number in self._number.items():
                if name == field:
                    bears[self.rows_of(number)] = True
            self._known[field] = bears
        return self._known[field]

    def of_row(self, row: int) -> np.ndarray:
        """The numbers of a row's values."""
        return self._of_row[self._row_starts[row] : self._row_starts[row + 1]]
