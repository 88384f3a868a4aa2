"""Delimited text: tables as CSV, TSV and their kin write them."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from wherefore.catalog.bad_rows import BadRows, short
from wherefore.catalog.delimited_rows import Reading, read_rows
from wherefore.catalog.dialects import Dialect, Quotes, cut
from wherefore.catalog.notes import Note
from wherefore.catalog.tables import Table
from wherefore.errors import CatalogError

DELIMITERS = (",", ";", "\t", "|")
_NONE = "\x1f"  # a character that parts nothing: every line is one cell
_SAMPLE = 1 << 16  # characters that show the delimiter
_ANNOUNCED = re.compile(r'"?sep=([^\w\s"\\]|\t)"?[ ,;\t]*(?:\r\n|\r|\n)', re.IGNORECASE)  # Excel's first line
_WHOLE = re.compile(r'\s*"((?:[^"\r\n]|"")*)"[ \t]*[\r\n]')  # a first line in quotes
_ESCAPED = '\\"'
_NAMES = {"\t": "tabs", _NONE: "line ends"}


def read_delimited(text: str, name: str, tabs: bool = False, skip_bad: bool = False) -> Table:
    """Read a table with a header line; which delimiter and which quotes it uses is told from the text.

    Args:
        text: The whole file.
        name: The file.
        tabs: Whether its name says that tabs part the cells; the text may show otherwise.
        skip_bad: Leave out rows that cannot be read, with a note.

    Raises:
        CatalogError: If there is no header, a row cannot be read and none may be left out, or two columns that
            differ have one name; names the lines.
    """
    announced = _ANNOUNCED.match(text)
    if announced:
        text = text[announced.end() :]
    if not text.strip():
        raise CatalogError(f"{name} is empty; a catalogue needs a header line and at least one row")
    limit = csv.field_size_limit(sys.maxsize)
    try:
        wrapped = "" if announced else _unwrapped(text)
        text = wrapped or text
        delimiter = announced[1] if announced else delimiter_of(text, tabs)
        reading = _best_reading(text, delimiter, 2 if announced else 1, name)
    finally:
        csv.field_size_limit(limit)
    notes = [Note(f"`{delimiter}` parts its cells, as its first line says")] if announced else []
    if wrapped:
        notes.append(Note("each of its lines is wrapped in quotes as one cell, and is read without them"))
    if delimiter == "|" and not announced:
        notes.append(Note("`|` parts its cells"))
    return _table_of(reading, name, notes, skip_bad)


def _table_of(reading: Reading, name: str, notes: list[Note], skip_bad: bool) -> Table:
    total = len(reading.rows) + len(reading.bad)
    if total == 0:
        raise CatalogError(f"{name} has a header line but no row; a catalogue needs at least one")
    if not reading.rows:
        shown = short(" | ".join(reading.header))
        raise CatalogError(
            f"{name}: no row fits its header in line {reading.header_line}, of {len(reading.header)} cells: {shown}. "
            "Take out what stands above the header, and put quotes around cells with the separator in them. For "
            f"example, {reading.bad[0].place}{reading.bad[0].told}"
        )
    bad = BadRows()
    for row in reading.bad:
        bad.add(row.place, row.reason, row.told)
    notes = [*notes, *_notes_of(reading), *bad.settle(name, total, skip_bad)]
    columns = [[row[at] or None for row in reading.rows] for at in range(len(reading.header))]
    named, dropped = unique_columns(reading.header, columns, f"{name}, line {reading.header_line}")
    return Table(name, named, reading.lines, (*notes, *dropped))


def unique_columns(
    header: Sequence[str], columns: Sequence[list[Any]], place: str
) -> tuple[dict[str, list[Any]], list[Note]]:
    """Columns by name, and what was dropped because it repeats a column of the same name.

    Raises:
        CatalogError: If two columns have the same name and different cells.
    """
    found: dict[str, list[Any]] = {}
    notes = []
    for number, (column, cells) in enumerate(zip(header, columns, strict=True), 1):
        if column not in found:
            found[column] = cells
        elif found[column] == cells:
            notes.append(Note(f"column {number} is the same again, and is read once", column))
        else:
            raise CatalogError(
                f"{place}: two columns are called {column}, and their cells differ; rename one of them"
            )
    return found, notes


def _notes_of(reading: Reading) -> Iterator[Note]:
    def at(lines: Sequence[int]) -> list[str]:
        return [f"line {line}" for line in lines]

    if reading.row_names:
        yield Note(
            "its header names one column fewer than its rows have: the first one, a count, has no name"
        )
    if reading.dialect.quotes is Quotes.ESCAPED:
        yield Note('`\\"` in its cells is read as a quote')
    if reading.literal:
        yield Note(f"quotes in its cells are part of the text: `{reading.literal[:40]}`")
    if reading.mended:
        yield Note("quotes within a cell are taken as part of its text", places=at(reading.mended))
    if reading.longer:
        yield Note("empty cells beyond the header's last are passed over", places=at(reading.longer))
    if reading.shorter:
        yield Note("cells that are missing at the end are taken as empty", places=at(reading.shorter))
    if reading.blank:
        yield Note("rows without any value are passed over", places=at(reading.blank))


# -- delimiters


def delimiter_of(text: str, tabs: bool = False) -> str:
    r"""Which of , ; tab and | parts the cells: the one that cuts the first rows as the header, into the most cells.

    >>> delimiter_of("id;title;price\n1;Salt, and oil;4,50\n"), delimiter_of("title\nParis, Texas\nBig\n")
    (';', '\x1f')
    """
    sample = text[:_SAMPLE]
    if len(sample) < len(text) and "\n" in sample:
        sample = sample[: sample.rindex("\n") + 1]
    order = ("\t", ",", ";", "|") if tabs else DELIMITERS
    widths = {mark: _widths(sample, mark) for mark in order if mark in sample}
    scores = {mark: _evenness(found) for mark, found in widths.items()}
    best = max(scores.values(), default=0.0)
    if best > 0:
        header = sample.lstrip("\r\n").splitlines()[0]  # "Price, net" is one name
        return min(
            (mark for mark in order if scores.get(mark) == best), key=lambda mark: mark + " " in header
        )
    # The header is one cell: a list of titles, unless nearly all rows agree that it lacks its delimiter.
    rows = {mark: found[1:] for mark, found in widths.items() if len(found) > 3}
    agreed = {m: max(map(found.count, {*found} - {1}), default=0) / len(found) for m, found in rows.items()}
    return next((mark for mark in agreed if agreed[mark] >= 0.9), _NONE)


def _widths(sample: str, mark: str) -> list[int]:
    """How many cells each row has, the header first; quotes as they are, or none where that is more even."""
    found = [_widths_by(sample, Dialect(mark, quotes)) for quotes in (Quotes.DOUBLED, Quotes.LITERAL)]
    return max(found, key=_evenness)


def _widths_by(sample: str, dialect: Dialect) -> list[int]:
    lines = io.StringIO(sample, newline="")
    return [len(cells) for cells in cut(lines, dialect, strict=False) if any(map(str.strip, cells))]


def _evenness(widths: Sequence[int]) -> float:
    """Between 0 (one cell) and 1 (many cells, and as many in each row as in the header)."""
    if not widths or widths[0] == 1:
        return 0.0
    same = sum(width == widths[0] for width in widths[1:]) + 1
    return same / len(widths) * (1 - 1 / widths[0])


def _unwrapped(text: str) -> str:
    """The text without quotes around each whole line, where there are such and the lines have cells; else nothing."""
    first = _WHOLE.match(text)
    if first is None or not any(mark in first[1] for mark in DELIMITERS):
        return ""
    try:
        lines = list(cut(io.StringIO(text, newline=""), Dialect(_NONE, Quotes.DOUBLED)))
    except csv.Error:
        return ""
    if any(len(line) > 1 or "\n" in "".join(line) or "\r" in "".join(line) for line in lines):
        return ""
    inner = "\n".join("".join(line) for line in lines) + "\n"
    return inner if delimiter_of(inner) != _NONE else ""


# -- quotes


def _best_reading(text: str, delimiter: str, first_line: int, name: str) -> Reading:
    """The rows as the quotes make most sense: doubled within quotes, escaped by backslashes, or no quotes at all."""

    def read(quotes: Quotes, spaced: bool = False) -> Reading:
        dialect = Dialect(delimiter, quotes, spaced)
        found = read_rows(text, dialect, first_line, name)
        return read_rows(text, dialect, first_line, name, row_names=True) if found.lacks_a_name else found

    begins = rf"(?:^|[\r\n]|{re.escape(delimiter)})"
    spaced = re.search(begins + ' +"(?!")', text) is not None
    if not spaced and not re.search(begins + '"', text):
        return read(Quotes.LITERAL)
    readings = [read(Quotes.DOUBLED)]
    if spaced:  # blanks before quotes are part of no cell, unless all of this stands within quotes
        kept = any(
            cell[:1] == " " and cell.lstrip(" ")[:1] == '"' and delimiter + cell in text
            for row in readings[0].rows
            for cell in row
        )
        readings.insert(0 if kept else 1, read(Quotes.DOUBLED, spaced))
    swallows = delimiter == "\t" and any(reading.spans for reading in readings)
    if swallows or any(min(reading.trouble for reading in readings)):
        if _ESCAPED in text:
            readings.append(read(Quotes.ESCAPED))
        literal = read(Quotes.LITERAL)
        if _is_unquoted(literal, delimiter):
            readings.insert(0 if swallows and not any(literal.trouble) else len(readings), literal)
    return min(readings, key=lambda reading: reading.trouble)


def _is_unquoted(literal: Reading, delimiter: str) -> bool:
    """Whether cells that begin with a quote are seldom wrapped in quotes, and none is left open but between tabs."""
    begun = [cell for row in literal.rows for cell in row if cell.startswith('"')]
    wrapped = sum(
        len(cell) > 1 and cell[-1] == '"' and '"' not in cell[1:-1].replace('""', "") for cell in begun
    )
    balanced = all(cell.count('"') % 2 == 0 for cell in begun)
    return len(literal.header) > 1 and 2 * wrapped < len(begun) and (balanced or delimiter == "\t")
