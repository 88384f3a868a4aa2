"""Records: what the rows of a table say of items, read by a schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wherefore.catalog.cells import as_text, is_missing
from wherefore.catalog.kinds import FieldValue
from wherefore.catalog.notes import Note
from wherefore.catalog.schema import FieldSpec, Schema
from wherefore.catalog.tables import Table
from wherefore.errors import CatalogError


@dataclass(frozen=True, slots=True)
class Records:
    """Ids, titles and fields of items, each in row order, and what reading them found."""

    ids: Sequence[str]
    titles: Sequence[str]
    fields: Sequence[Mapping[str, FieldValue]]
    notes: Sequence[Note] = ()


def read_records(table: Table, schema: Schema, first_row: int = 1) -> Records:
    """Read all rows of a table by the schema.

    Args:
        table: The table.
        schema: What its columns mean.
        first_row: The id of the first row, where ids are the numbers of the rows.

    Raises:
        CatalogError: If there is no row, an id or a title is missing, two rows share an id, or a cell does not fit its
            field; names the row and the column.
    """
    if len(table) == 0:
        raise CatalogError(f"{table.name} is empty: it has no row; a catalogue needs at least one")
    if schema.title.column not in table.columns:
        raise CatalogError(f"{table.name} has no column `{schema.title.column}` for the title")
    ids = _ids_of(table, schema, first_row)
    titles = _titles_of(table, schema.title)
    fields: list[dict[str, FieldValue]] = [{} for _ in titles]
    for spec in schema.kept:
        if spec.column in table.columns:
            for known, value in zip(fields, _values_of(table, spec), strict=True):
                if value is not None:
                    known[spec.name] = value
    return Records(ids, titles, fields)


def _values_of(table: Table, spec: FieldSpec) -> list[FieldValue | None]:
    """A column's values, None where they are not known; all tuples where one is, so that they can be saved."""
    cells = table.columns[spec.column]
    read = spec.reader(cells)
    values = [None if cell is None else _read(read, cell, table, row, spec) for row, cell in enumerate(cells)]
    if any(isinstance(value, tuple) for value in values):
        return [(value,) if isinstance(value, str) else value for value in values]
    return values


def _titles_of(table: Table, spec: FieldSpec) -> list[str]:
    titles = []
    for row, cell in enumerate(table.columns[spec.column]):
        title = spec.title_in(_text_of(table, row, cell, spec))
        if not title:
            raise CatalogError(
                f"{table.name}, {table.where(row)}, column `{spec.column}`: the title is empty; "
                "give every item one or take the row out"
            )
        titles.append(title)
    return titles


def _ids_of(table: Table, schema: Schema, first_row: int) -> list[str]:
    column = schema.id.column
    if not column:
        return [str(first_row + row) for row in range(len(table))]
    if column not in table.columns:
        raise CatalogError(f"{table.name} has no column `{column}` for the id")
    first: dict[str, int] = {}
    for row, cell in enumerate(table.columns[column]):
        item_id = _text_of(table, row, cell, schema.id)
        place = f"{table.name}, {table.where(row)}, column `{column}`"
        if not item_id:
            raise CatalogError(f"{place}: the id is empty; give every item one of its own")
        if item_id in first:
            raise CatalogError(
                f"{place}: the id {item_id!r} is already that of {table.where(first[item_id])}; "
                "give every item one of its own, or declare another column as the id in a schema"
            )
        first[item_id] = row
    return list(first)


def _text_of(table: Table, row: int, cell: Any, spec: FieldSpec) -> str:
    text: str = "" if is_missing(cell) else _read(as_text, cell, table, row, spec)
    return text


def _read(read: Callable[[Any], Any], cell: Any, table: Table, row: int, spec: FieldSpec) -> Any:
    try:
        return read(cell)
    except ValueError as error:
        raise CatalogError(
            f"{table.name}, {table.where(row)}, column `{spec.column}` ({spec.kind}) is {shortened(cell)}: "
            f"{error}"
        ) from error


def shortened(value: Any) -> str:
    """A value as messages show it, at most 80 characters long."""
    shown = repr(value)
    return shown if len(shown) <= 80 else shown[:79] + "…"
