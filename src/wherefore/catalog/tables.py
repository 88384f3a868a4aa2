"""Tables: rows and columns as files hold them, before anybody says what they mean."""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import json
import re
import sys
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from wherefore.catalog.cells import clean_all
from wherefore.catalog.notes import Note
from wherefore.errors import CatalogError, CatalogNotFoundError

_SUFFIXES = (".csv", ".tsv", ".jsonl", ".csv.gz", ".tsv.gz", ".jsonl.gz", ".parquet")


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of cells, all of one length; a cell is None where a row has no such column.

    `lines` gives the line of the file for each row, where there is one; `notes` what reading the file found.
    """

    name: str
    columns: Mapping[str, Sequence[Any]]
    lines: Sequence[int] | None = field(default=None, repr=False)
    notes: Sequence[Note] = ()

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def where(self, row: int) -> str:
        """How to name a row to people."""
        return f"line {self.lines[row]}" if self.lines is not None else f"row {row + 1}"

    @classmethod
    def of_records(
        cls, records: Iterable[Mapping[str, Any]], name: str, lines: Sequence[int] | None = None
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
        return cls(name, columns, lines)

    def check(self) -> None:
        """Look for characters that no file can keep.

        Raises:
            CatalogError: If there is one; names row and column.
        """
        for column, cells in self.columns.items():
            for row, cell in enumerate(cells):
                try:
                    clean_all(cell)
                except ValueError as error:
                    raise CatalogError(
                        f"{self.name}, {self.where(row)}, column `{column}`: {error}"
                    ) from error

    @classmethod
    def of_arrow(cls, table: Any, name: str) -> Self:
        """Turn an Arrow table into columns."""
        return cls(name, {key: table.column(i).to_pylist() for i, key in enumerate(table.column_names)})


def read_table(path: Path) -> Table:
    """Read .csv, .tsv, .jsonl (each also .gz) or .parquet.

    Raises:
        CatalogNotFoundError: If there is no such file; suggests close names.
        CatalogError: If it cannot be read; names file, line and what is wrong.
    """
    suffix = next((known for known in _SUFFIXES if path.name.lower().endswith(known)), None)
    if not path.exists():
        raise CatalogNotFoundError(f"no catalogue at {path}; {_files_near(path)}")
    if path.is_dir():
        raise CatalogError(f"{path} is a folder; give one file of it: {_files_near(path / '_')}")
    if suffix is None:
        raise CatalogError(f"{path.name} ends in none of {', '.join(_SUFFIXES)}; convert it to one of these")
    if suffix == ".parquet":
        return _read_parquet(path)
    text = _read_text(path)
    if not text.strip():
        raise CatalogError(f"{path.name} is empty; a catalogue needs a header line and at least one row")
    table = (
        _read_jsonl(text, path.name) if ".jsonl" in suffix else _read_csv(text, path.name, ".tsv" in suffix)
    )
    if len(table) == 0:
        raise CatalogError(f"{path.name} has a header line but no row; a catalogue needs at least one")
    return table


def _files_near(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"there is no folder {folder} either"
    names = sorted(p.name for p in folder.iterdir() if p.is_file() and p.name.lower().endswith(_SUFFIXES))
    close = difflib.get_close_matches(path.name, names, n=3, cutoff=0.5) or names[:5]
    return (
        f"in {folder} there is {', '.join(close)}"
        if close
        else f"in {folder} there is none of {', '.join(_SUFFIXES)}"
    )


def _read_text(path: Path) -> str:
    data = path.read_bytes()
    if path.name.lower().endswith(".gz"):
        try:
            data = gzip.decompress(data)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise CatalogError(f"{path.name} is not a whole gzip file: {error}") from error
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise CatalogError(f"{path.name} is encoded as UTF-16; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        around = data[max(0, error.start - 20) : error.start + 10].decode("latin-1")
        raise CatalogError(
            f"{path.name}, line {line}: byte 0x{data[error.start]:02x} (number {error.start + 1} of the file, near "
            f"{around!r}) is not UTF-8; save the file as UTF-8"
        ) from error
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise CatalogError(
            f"{path.name}, line {line} holds a NUL character; is it a text file? Remove the character"
        )
    return text


def _read_jsonl(text: str, name: str) -> Table:
    records: list[dict[str, Any]] = []
    lines: list[int] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            place = f"column {error.colno}" if isinstance(error, json.JSONDecodeError) else "somewhere"
            hint = "; one JSON object per line is needed, not one over many lines" if number == 1 else ""
            raise CatalogError(
                f"{name}, line {number}, {place}: broken JSON ({getattr(error, 'msg', error)}) in {_short(line)}{hint}"
            ) from error
        except RecursionError as error:
            raise CatalogError(
                f"{name}, line {number}: the JSON is nested too deep to be a record"
            ) from error
        if not isinstance(record, dict):
            raise CatalogError(
                f"{name}, line {number} holds a {type(record).__name__}, not an object with keys and values; "
                "write one object per line, without brackets around them all"
            )
        records.append(record)
        lines.append(number)
    return Table.of_records(records, name, lines)


def _read_csv(text: str, name: str, tabs: bool) -> Table:
    head = text.lstrip("\r\n").splitlines()[0]
    delimiter = "\t" if tabs else max(",", ";", "\t", key=head.count)  # the first of them when all are absent
    limit = csv.field_size_limit(sys.maxsize)
    try:
        # A TSV without quotes at the edges of cells is taken as written, quotes and all.
        as_written = tabs and not re.search(r'(?:^|[\t\n])"', text)
        lines = io.StringIO(text, newline="")
        if as_written:
            return _rows_of(csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE), name)
        return _rows_of(csv.reader(lines, delimiter=delimiter, strict=True), name)
    finally:
        csv.field_size_limit(limit)


def _rows_of(reader: Any, name: str) -> Table:
    header: list[str] | None = None
    columns: list[list[Any]] = []
    lines: list[int] = []
    start = 1
    try:
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not cells or len(cells) == 1 and not cells[0].strip():
                continue
            if header is None:
                header = _header_of(cells, name, line)
                columns = [[] for _ in header]
                continue
            if len(cells) != len(header):
                spans = f" to {reader.line_num}" if reader.line_num > line else ""
                hint = (
                    "; is a quote left open?"
                    if spans
                    else "; is a quote missing around a cell with the separator?"
                )
                raise CatalogError(
                    f"{name}, line {line}{spans} has {len(cells)} cells where the header has {len(header)}{hint} "
                    f"The line begins with {_short(' | '.join(cells))}"
                )
            lines.append(line)
            for column, cell in zip(columns, cells, strict=True):
                column.append(cell if cell else None)
    except csv.Error as error:
        raise CatalogError(f"{name}, line {start}: {error}") from error
    assert header is not None  # the text is not blank
    return Table(name, dict(zip(header, columns, strict=True)), lines)


def _header_of(cells: Sequence[str], name: str, line: int) -> list[str]:
    header = [cell.strip() or f"column {number}" for number, cell in enumerate(cells, 1)]
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise CatalogError(f"{name}, line {line}: two columns are called {', '.join(twice)}; rename one")
    return header


def _read_parquet(path: Path) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path).read()  # pq.read_table would import pandas where it is installed
    except (pa.ArrowException, OSError) as error:
        raise CatalogError(f"{path.name} is not a Parquet file that can be read: {error}") from error
    if table.num_rows == 0:
        raise CatalogError(f"{path.name} has no row; a catalogue needs at least one")
    twice = sorted({column for column in table.column_names if table.column_names.count(column) > 1})
    if twice:
        raise CatalogError(f"{path.name}: two columns are called {', '.join(twice)}; rename one")
    return Table.of_arrow(table, path.name)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return repr(text if len(text) <= 60 else text[:59] + "…")
