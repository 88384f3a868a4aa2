"""Records: what the rows of a table say of items, read by a schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wherefore.catalog.bad_rows import BadRows
from wherefore.catalog.cells import as_text, is_missing
from wherefore.catalog.composed import put_together
from wherefore.catalog.kinds import DATE, NUMBER, VECTOR, FieldValue
from wherefore.catalog.misread import Misread, shortened
from wherefore.catalog.notes import Note
from wherefore.catalog.schema import FieldSpec, Schema
from wherefore.catalog.tables import Table
from wherefore.catalog.vectors import read_vectors
from wherefore.errors import CatalogError


@dataclass(frozen=True, slots=True)
class Records:
    """Ids, titles and fields of items, each in row order, and what reading them found."""

    ids: Sequence[str]
    titles: Sequence[str]
    fields: Sequence[Mapping[str, FieldValue]]
    notes: Sequence[Note] = ()


def read_records(table: Table, schema: Schema, first_row: int = 1, *, skip_bad: bool = False) -> Records:
    """Read all rows of a table by the schema.

    Args:
        table: The table.
        schema: What its columns mean.
        first_row: The id of the first row, where ids are the numbers of the rows.
        skip_bad: Leave out rows without a title or an id, or with an id that an earlier row has, with a note.

    Raises:
        CatalogError: If there is no row, an id or a title is missing, two rows share an id, or a cell does not fit its
            field; names the rows and the column.
    """
    if len(table) == 0:
        raise CatalogError(f"{table.name} is empty: it has no row; a catalogue needs at least one")
    if table.columns.keys().isdisjoint(schema.title.columns):
        raise CatalogError(f"{table.name} has no column `{schema.title.column}` for the title")
    table, notes = _named(table, schema, skip_bad)
    ids = _ids_of(table, schema, first_row)
    told = [_text_of(table, row, cell, schema.title) for row, cell in enumerate(_titles(table, schema))]
    titles = [schema.title.title_in(text) for text in told]
    fields: list[dict[str, FieldValue]] = [{} for _ in titles]
    misread = Misread(table)
    for spec in schema.kept:
        if spec.column in table.columns:
            if spec.can.stored is VECTOR:
                found = read_vectors(
                    table.columns[spec.column], table.where, table.name, spec.column, skip_bad
                )
                notes += found.notes
                values: Sequence[FieldValue | None] = found.values
            else:
                values = _values_of(table, spec, misread)
            for known, value in zip(fields, values, strict=True):
                if value is not None:
                    known[spec.name] = value
    return Records(ids, titles, fields, (*notes, *misread.notes()))


def _values_of(table: Table, spec: FieldSpec, misread: Misread) -> list[FieldValue | None]:
    """A column's values, None where they are not known; all tuples where one is, so that they can be saved."""
    cells = table.columns[spec.column]
    read = spec.reader(cells)
    if spec.can.stored in (NUMBER, DATE):
        return misread.values(spec, read)
    values = [None if cell is None else _read(read, cell, table, row, spec) for row, cell in enumerate(cells)]
    if any(isinstance(value, tuple) for value in values):
        return [(value,) if isinstance(value, str) else value for value in values]
    return values


def _titles(table: Table, schema: Schema) -> Sequence[Any]:
    spec = schema.title
    if not spec.parts:
        return table.columns[spec.column]
    cells = zip(*(table.columns.get(column, [None] * len(table)) for column in spec.parts), strict=True)
    return [put_together(one, spec.joint) for one in cells]


def _named(table: Table, schema: Schema, skip_bad: bool) -> tuple[Table, list[Note]]:
    """The rows that have a title and an id of their own, and what to tell of the others.

    Raises:
        CatalogError: If there are others and they may not be left out, or there is no row but these.
    """
    bad, rows = BadRows(), []
    first: dict[str, int] = {}
    ids = table.columns.get(schema.id.column) if schema.id.column else None
    if schema.id.column and ids is None:
        raise CatalogError(f"{table.name} has no column `{schema.id.column}` for the id")
    for row, cell in enumerate(_titles(table, schema)):
        item_id = None if ids is None else _text_of(table, row, ids[row], schema.id)
        place = f", column `{schema.id.column}`: the id "
        if not _text_of(table, row, cell, schema.title):
            told = "the title is empty; give every item one or take the row out"
            bad.add(
                table.where(row),
                "the title is empty",
                f", column `{'`, `'.join(schema.title.columns)}`: {told}",
            )
        elif item_id == "":
            bad.add(table.where(row), "the id is empty", f"{place}is empty; give every item one of its own")
        elif item_id is not None and item_id in first:
            told = (
                f"{place}{item_id!r} is already that of {table.where(first[item_id])}; give every item one of its own, "
                "or declare another column as the id in a schema"
            )
            bad.add(table.where(row), "an earlier row has the id", told)
        else:
            if item_id is not None:
                first[item_id] = row
            continue
        rows.append(row)
    notes = bad.settle(table.name, len(table), skip_bad)
    return (table.without(rows) if rows else table), notes


def _ids_of(table: Table, schema: Schema, first_row: int) -> list[str]:
    column = schema.id.column
    if not column:
        return [str(first_row + row) for row in range(len(table))]
    return [_text_of(table, row, cell, schema.id) for row, cell in enumerate(table.columns[column])]


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
