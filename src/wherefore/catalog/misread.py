"""Misread: cells of numbers and dates that are none; each is left unknown and told, and its column is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wherefore.catalog.notes import Note
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.tables import Table
from wherefore.errors import CatalogError

_SHOWN = 4  # texts that a note quotes


class Misread:
    """Reads columns of numbers and dates, and keeps what of them could not be read.

    Args:
        table: The table that the columns are of.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._why: dict[str, dict[int, str]] = {}  # by column and row; of several fields what none could read
        self._known: dict[str, bool] = {}  # whether any cell of a column was read
        self._specs: dict[str, FieldSpec] = {}

    def values(self, spec: FieldSpec, read: Callable[[Any], Any]) -> list[Any]:
        """A column's values, None where they are not known or could not be read."""
        values: list[Any] = []
        why: dict[int, str] = {}
        for row, cell in enumerate(self._table.columns[spec.column]):
            value = None
            if cell is not None:
                try:
                    value = read(cell)
                except ValueError as error:
                    why[row] = str(error)
            values.append(value)
        if spec.written.end == "high":  # the field of the lower ends tells what could not be read
            return values
        before = self._why.get(spec.column)
        self._why[spec.column] = why if before is None else {row: before[row] for row in before if row in why}
        known = any(value is not None for value in values)
        self._known[spec.column] = self._known.get(spec.column, False) or known
        self._specs.setdefault(spec.column, spec)
        return values

    def notes(self) -> list[Note]:
        """What could not be read, by column and reason.

        Raises:
            CatalogError: If of a column that is declared as numbers or dates nothing could be read.
        """
        found: list[Note] = []
        for column, why in self._why.items():
            if why and not self._known[column]:
                raise self._nothing(column)
            rows: dict[str, list[int]] = {}
            for row, reason in why.items():
                rows.setdefault(reason, []).append(row)
            found += [self._note(column, reason, places) for reason, places in rows.items()]
        return found

    def _note(self, column: str, reason: str, rows: list[int]) -> Note:
        cells = self._table.columns[column]
        texts = list(dict.fromkeys(shortened(cells[row]) for row in rows))
        more = f" and {len(texts) - _SHOWN:,} more" if len(texts) > _SHOWN else ""
        cells_said = f"{len(rows):,} {'cell is' if len(rows) == 1 else 'cells are'}"
        said = f"{cells_said} left unknown, {', '.join(texts[:_SHOWN])}{more}: {reason}"
        return Note(said, column, [self._table.where(row) for row in rows], lost=True)

    def _nothing(self, column: str) -> CatalogError:
        row, reason = next(iter(self._why[column].items()))
        kind = self._specs[column].kind
        cell = shortened(self._table.columns[column][row])
        return CatalogError(
            f"{self._table.name}, {self._table.where(row)}, column `{column}` ({kind}) is {cell}: {reason}"
        )


def shortened(value: Any) -> str:
    """A value as messages show it, at most 80 characters long."""
    shown = repr(value)
    return shown if len(shown) <= 80 else shown[:79] + "…"
