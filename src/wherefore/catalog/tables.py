"""Tables: rows and columns as files hold them, before anybody says what they mean."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from wherefore.catalog.bad_rows import BadRows
from wherefore.catalog.cells import clean_all
from wherefore.catalog.notes import Note
from wherefore.errors import CatalogError


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of cells, all of one length; a cell is None where a row has no such column.

    `lines` gives the line of the file for each row, where there is one, and `unit` what to call it; `notes` what
    reading the file found.
    """

    name: str
    columns: Mapping[str, Sequence[Any]]
    lines: Sequence[int] | None = field(default=None, repr=False)
    notes: Sequence[Note] = ()
    unit: str = "line"

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def where(self, row: int) -> str:
        """How to name a row to people."""
        return f"{self.unit} {self.lines[row]}" if self.lines is not None else f"row {row + 1}"

    @classmethod
    def of_records(
        cls,
        records: Iterable[Mapping[str, Any]],
        name: str,
        lines: Sequence[int] | None = None,
        notes: Sequence[Note] = (),
        unit: str = "line",
    ) -> Self:
        """Turn mappings into columns, in order of first appearance.

        Raises:
            CatalogError: If a record is no mapping, or a column's name no string.
        """
        columns: dict[str, list[Any]] = {}
        count = 0
        for record in records:
            if not isinstance(record, Mapping):
                raise CatalogError(
                    f"{name}, row {count + 1} is a {type(record).__name__}, not keys and values"
                )
            for key, value in record.items():
                if key not in columns:
                    if not isinstance(key, str) or not key.strip():
                        raise CatalogError(
                            f"{name}, row {count + 1}: a column is called {key!r}; it needs a name"
                        )
                    columns[key] = [None] * count
                columns[key].append(value)
            count += 1
            for cells in columns.values():
                if len(cells) < count:
                    cells.append(None)
        if count and not columns:
            raise CatalogError(f"{name}: its {count} rows hold no value")
        return cls(name, columns, lines, notes, unit)

    def without(self, rows: Collection[int]) -> Self:
        """The table without some of its rows."""
        gone = frozenset(rows)
        kept = [row for row in range(len(self)) if row not in gone]
        columns = {name: [cells[row] for row in kept] for name, cells in self.columns.items()}
        lines = None if self.lines is None else [self.lines[row] for row in kept]
        return replace(self, columns=columns, lines=lines)

    def checked(self, skip_bad: bool = False) -> Self:
        """The table, looked through for characters that no file can keep.

        Args:
            skip_bad: Leave rows with such characters out, with a note.

        Raises:
            CatalogError: If there is one; names row and column.
        """
        bad, rows = BadRows(), set[int]()
        for column, cells in self.columns.items():
            try:
                clean_all(column)
            except ValueError as error:
                raise CatalogError(f"{self.name}: the name of the column {column!r}: {error}") from error
            for row, cell in enumerate(cells):
                try:
                    clean_all(cell)
                except ValueError as error:
                    if row not in rows:
                        bad.add(
                            self.where(row), "a character that cannot be", f", column `{column}`: {error}"
                        )
                    rows.add(row)
        if not rows:
            return self
        notes = bad.settle(self.name, len(self), skip_bad)
        return replace(self.without(rows), notes=(*self.notes, *notes))

    @classmethod
    def of_arrow(cls, table: Any, name: str) -> Self:
        """Turn an Arrow table into columns."""
        return cls(name, {key: table.column(i).to_pylist() for i, key in enumerate(table.column_names)})
