"""Sheets: tables in Excel workbooks."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from wherefore.catalog.delimited import unique_columns
from wherefore.catalog.notes import Note
from wherefore.catalog.tables import Table
from wherefore.errors import CatalogError, MissingPackageError

_NO_RESULT = re.compile(rb"(?:</f>|<f[^>]*/>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")
_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA)")


def read_workbook(source: Path | io.BytesIO, name: str, sheet: str, largest: int) -> Table:
    """Read one sheet of a workbook: the first row with a value is the header; formulas give what they last gave.

    Args:
        source: The file, or its bytes.
        name: What to call it.
        sheet: The sheet; empty for the only one that holds anything.
        largest: How many bytes its parts may have, unpacked.

    Raises:
        CatalogError: If it is no workbook, too large, or which sheet is meant is not clear; lists the sheets.
        MissingPackageError: If openpyxl is not installed.
    """
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise MissingPackageError(
            f"{name} is an Excel workbook; to read it, install openpyxl: pip install 'wherefore[excel]' "
            "(or save it as CSV)"
        ) from error
    without_results = _look_into(source, name, largest)

    def rows_of(results: bool) -> dict[str, dict[int, list[Any]] | None]:
        """The rows of each sheet; None for one that is not meant."""
        if isinstance(source, io.BytesIO):
            source.seek(0)
        with warnings.catch_warnings(action="ignore"):  # on styles and other things that no cell holds
            book = load_workbook(source, read_only=True, data_only=results)
            found = {
                one.title: None if sheet not in ("", one.title) else _rows_of(one) for one in book.worksheets
            }
            book.close()
        return found

    try:
        rows = rows_of(results=True)
        formulas = rows_of(results=False) if without_results else {}
    except Exception as error:  # openpyxl raises what its parsers raise
        raise CatalogError(
            f"{name} is not an Excel workbook that can be read ({type(error).__name__}: {error}); open it and save "
            "it again as .xlsx, or as CSV"
        ) from error
    chosen = _chosen({title: found for title, found in rows.items() if found}, list(rows), sheet, name)
    called = f"{name}, sheet {chosen}" if len(rows) > 1 else name
    return _table_of(rows[chosen] or {}, formulas.get(chosen) or {}, called)


def _look_into(source: Path | io.BytesIO, name: str, largest: int) -> bool:
    """Whether a workbook has formulas without results.

    Raises:
        CatalogError: If it is no workbook, or too large.
    """
    try:
        with zipfile.ZipFile(source) as parts:
            size = sum(part.file_size for part in parts.infolist())
            sheets = [part for part in parts.namelist() if part.startswith("xl/worksheets/")]
            found = size <= largest and any(
                _NO_RESULT.search(parts.read(part)) is not None for part in sheets
            )
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise CatalogError(
            f"{name} is not an Excel workbook (.xlsx): {error}; open it and save it as .xlsx, or as CSV"
        ) from error
    if size > largest:
        raise CatalogError(
            f"{name} has {size:,} bytes unpacked, more than the {largest:,} that are read; export it as CSV"
        )
    return found


def _chosen(holding: dict[str, Any], every: Sequence[str], sheet: str, name: str) -> str:
    listed = ", ".join(every) or "none"
    if sheet and sheet not in every:
        raise CatalogError(f"{name} has no sheet called {sheet!r}; its sheets are {listed}")
    if not holding:
        what = f"the sheet {sheet} of {name}" if sheet else name
        raise CatalogError(f"{what} is empty; a catalogue needs a header row and at least one more")
    if len(holding) > 1:
        held = ", ".join(holding)
        raise CatalogError(
            f"{name} has several sheets with something in them: {held}. Name one: "
            f"{name}#{next(iter(holding))}, or leave only one in the file"
        )
    return next(iter(holding))


def _rows_of(sheet: Any) -> dict[int, list[Any]]:
    """The rows of a sheet that hold anything, by their numbers."""
    sheet.reset_dimensions()  # what some programs write there is wrong
    found = {}
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        cells = list(row)
        while cells and (cells[-1] is None or cells[-1] == ""):
            cells.pop()
        if any(cell is not None and (not isinstance(cell, str) or cell.strip()) for cell in cells):
            found[number] = cells
    return found


def _table_of(rows: dict[int, list[Any]], formulas: dict[int, list[Any]], name: str) -> Table:
    (header_row, names), *others = rows.items()
    if not others:
        raise CatalogError(f"{name} has a header row but no other; a catalogue needs at least one")
    width = max(map(len, rows.values()))
    padded = [cells + [None] * (width - len(cells)) for cells in rows.values()]
    kept = [at for at in range(width) if any(row[at] not in (None, "") for row in padded)]
    header = ["" if padded[0][at] is None else str(_plain(padded[0][at])).strip() for at in kept]
    header = [column or f"column {at + 1}" for column, at in zip(header, kept, strict=True)]
    numbers = [number for number, _ in others]
    columns, notes = [], []
    for column, at in zip(header, kept, strict=True):
        cells = [_plain(row[at]) for row in padded[1:]]
        wrong = [row for row, cell in enumerate(cells) if isinstance(cell, str) and _ERROR.fullmatch(cell)]
        if wrong:
            places = [f"row {numbers[row]}" for row in wrong]
            notes.append(
                Note(f"{cells[wrong[0]]}, what a formula gives that fails", column, places, lost=True)
            )
        for row in wrong:
            cells[row] = None
        unknown = [
            f"row {number}"
            for number, cell in zip(numbers, cells, strict=True)
            if cell is None and str((formulas.get(number, [])[at : at + 1] or [""])[0])[:1] == "="
        ]
        if unknown:
            told = "a formula whose result is not in the file; open the workbook in Excel and save it"
            notes.append(Note(told, column, unknown, lost=True))
        columns.append(cells)
    named, dropped = unique_columns(header, columns, f"{name}, row {header_row}")
    return Table(name, named, numbers, (*notes, *dropped), unit="row")


def _plain(cell: Any) -> Any:
    """A cell's value, dates and times in ISO form."""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return None if cell == "" else cell
