"""Items: one as a record of values, and very many as they lie in the columns of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, overload

import numpy as np

from wherefore.catalog.cells import fractional_year
from wherefore.catalog.entries import COUNTS, entries_in
from wherefore.catalog.kinds import FieldValue
from wherefore.catalog.mentioned import PREFIX, amount_mentioned
from wherefore.catalog.paid import PAID, paid_of
from wherefore.catalog.times import WHEN, asked_of
from wherefore.catalog.vectors import Vector

_READ = 4096  # rows that are read together
_KEPT = 8192  # items that were asked for by their row


@dataclass(frozen=True, slots=True)
class Item:
    """One item. `fields` holds everything but id and title; an absent key means: not known.

    >>> item = Item("1", "Alien", {"year": 1979, "genres": ("Horror", "Sci-Fi")})
    >>> item.get("year"), item.values("genres"), item.values("cast")
    (1979, ('Horror', 'Sci-Fi'), ())
    """

    id: str
    title: str
    fields: Mapping[str, FieldValue] = field(default_factory=dict)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a field, or the default where it is not known."""
        return self.fields.get(name, default)

    def values(self, name: str) -> tuple[str, ...]:
        """The values of a category, people or alias field; empty where not known or of another kind."""
        value = self.fields.get(name, ())
        return value if isinstance(value, tuple) else ()

    def number(self, name: str) -> float | None:
        """The value of a number, date (as a year, possibly fractional) or popularity field; None where not known.

        >>> Item("1", "Alien", {"year": 1979, "released": "1979-01-01"}).number("released")
        1979.0
        """
        value = self.fields.get(name)
        if value is None and name.startswith(WHEN):
            one = asked_of(name)
            return one.fits(self.fields.get(one.field))
        if value is None and name.startswith(PAID):
            sale, usual = (self.number(one) for one in paid_of(name))
            return usual if sale is None else sale
        if value is None and name.startswith(PREFIX + COUNTS):
            entries = entries_in(self.fields.get(name.removeprefix(PREFIX + COUNTS)))
            return None if entries is None else float(entries)
        if value is None and name.startswith(PREFIX):
            return amount_mentioned(texts_of(self), name.removeprefix(PREFIX))
        if isinstance(value, str):
            return fractional_year(value)
        return float(value) if isinstance(value, int | float) else None


def texts_of(item: Item) -> list[str]:
    """The title of an item, then its texts and values."""
    told = [item.title]
    for value in item.fields.values():
        if isinstance(value, str):
            told.append(value)
        elif isinstance(value, tuple):
            told += [str(one) for one in value]
    return told


class StoredItems(Sequence[Item]):
    """Items that stay in the columns of an Arrow table; each is made when it is asked for.

    A million records as Python objects take gigabytes and half a minute to make; a turn looks at a few hundred of them.
    Equal to a tuple of the same items. Items that are added lie behind those of the table, and those that are removed
    are passed over; neither changes this sequence, both give another one.

    Args:
        ids: Of the table's rows.
        titles: Of the same rows.
        columns: Of each field its cells, an Arrow array, null where the value is not known.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, ids: Sequence[str], titles: Sequence[str], columns: Mapping[str, Any]) -> None:
        self._stored_ids, self._stored_titles = ids, titles
        self._columns = dict(columns)
        self._rows = np.arange(
            len(ids), dtype=np.int32
        )  # of each item its row; -1 - n: the n-th that was added
        self._more: tuple[Item, ...] = ()
        self._keep()

    def _keep(self) -> None:
        self._made: Callable[[int], Item] = lru_cache(_KEPT)(self._make)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, row: int) -> Item: ...

    @overload
    def __getitem__(self, row: slice) -> Sequence[Item]: ...

    def __getitem__(self, row: int | slice) -> Item | Sequence[Item]:
        if isinstance(row, slice):
            return tuple(self._of(self._rows[row]))
        stored = int(self._rows[row])
        return self._made(stored) if stored >= 0 else self._more[-1 - stored]

    def __iter__(self) -> Iterator[Item]:
        for start in range(0, len(self._rows), _READ):
            yield from self._of(self._rows[start : start + _READ])

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Sequence) or isinstance(other, str | bytes):
            return NotImplemented
        return len(self) == len(other) and all(
            mine == theirs for mine, theirs in zip(self, other, strict=True)
        )

    def __repr__(self) -> str:
        return f"StoredItems({len(self):,} items)"

    @property
    def ids(self) -> list[str]:
        """The ids of all items."""
        return self._told(self._stored_ids, lambda item: item.id)

    @property
    def titles(self) -> list[str]:
        """The titles of all items."""
        return self._told(self._stored_titles, lambda item: item.title)

    def numbers(self, name: str) -> np.ndarray | None:
        """What `Item.number` says of a field of all items, (n,) float64; NaN where not known. None: no such column."""
        if name not in self._columns:
            return None
        told, stored = _numbers_in(self._columns[name]), self._rows >= 0
        made = np.empty(len(self._rows))
        made[stored] = told[self._rows[stored]]
        added = [self._more[-1 - row].number(name) for row in self._rows[~stored].tolist()]
        made[~stored] = [np.nan if value is None else value for value in added]
        return made

    def values(self, name: str) -> Iterator[tuple[str, ...]]:
        """What `Item.values` says of a field, item by item, without making items."""
        cells = self._columns.get(name)
        for start in range(0, len(self._rows), _READ):
            rows = self._rows[start : start + _READ]
            stored = rows[rows >= 0]
            told = iter([None] * len(stored) if cells is None else _part(cells, stored).to_pylist())
            for row in rows.tolist():
                if row < 0:
                    yield self._more[-1 - row].values(name)
                else:
                    value = next(told)
                    yield tuple(value) if isinstance(value, list) else ()

    def with_more(self, items: Iterable[Item]) -> StoredItems:
        """These items and others behind them."""
        made = self._copied()
        given = tuple(items)
        rows = -1 - np.arange(len(self._more), len(self._more) + len(given), dtype=np.int32)
        made._more = (*self._more, *given)
        made._rows = np.concatenate([self._rows, rows]).astype(np.int32)
        return made

    def without(self, rows: Iterable[int]) -> StoredItems:
        """The items that are in none of some rows."""
        made = self._copied()
        made._rows = np.delete(self._rows, np.array(sorted(rows), dtype=np.int64))
        return made

    def _copied(self) -> StoredItems:
        made = StoredItems.__new__(StoredItems)
        made._stored_ids, made._stored_titles = self._stored_ids, self._stored_titles
        made._columns, made._rows, made._more = self._columns, self._rows, self._more
        made._keep()
        return made

    def _told(self, stored: Sequence[str], added: Callable[[Item], str]) -> list[str]:
        if not self._more and len(self._rows) == len(stored):
            return list(stored)
        return [stored[row] if row >= 0 else added(self._more[-1 - row]) for row in self._rows.tolist()]

    def _make(self, row: int) -> Item:
        told = ((name, cells[row].as_py()) for name, cells in self._columns.items())
        fields = {name: _value(value) for name, value in told if value is not None}
        return Item(self._stored_ids[row], self._stored_titles[row], fields)

    def _of(self, rows: np.ndarray) -> Iterator[Item]:
        """Items by where they lie."""
        stored = rows[rows >= 0]
        told: list[dict[str, FieldValue]] = [{} for _ in stored]
        for name, cells in self._columns.items():
            for known, value in zip(told, _part(cells, stored).to_pylist(), strict=True):
                if value is not None:
                    known[name] = _value(value)
        made = iter(told)
        for row in rows.tolist():
            if row < 0:
                yield self._more[-1 - row]
            else:
                yield Item(self._stored_ids[row], self._stored_titles[row], next(made))


def _numbers_in(cells: Any) -> np.ndarray:
    """Cells of numbers or dates, (n,) float64, as `Item.number` has them; NaN where it is not known."""
    import pyarrow as pa

    if not pa.types.is_string(cells.type) and not pa.types.is_large_string(cells.type):
        return np.array(cells.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)
    dates = cells.dictionary_encode()  # the same dates stand there again and again
    years = [fractional_year(date) for date in dates.dictionary.to_pylist()]
    known = np.array([np.nan if year is None else year for year in years] + [np.nan])
    told: np.ndarray = known[dates.indices.fill_null(len(years)).to_numpy(zero_copy_only=False)]
    return told


def _part(cells: Any, rows: np.ndarray) -> Any:
    """Cells of some rows; those of a run of rows are not copied."""
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1:
        return cells.slice(int(rows[0]), len(rows))
    return cells.take(rows)


def _value(value: Any) -> FieldValue:
    """A cell as the value of a field."""
    if isinstance(value, list):
        return Vector.of(value) if value and isinstance(value[0], float) else tuple(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    found: FieldValue = value
    return found
