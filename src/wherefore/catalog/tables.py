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
from wherefore.catalog.schema import LIST_KINDS, Schema
from wherefore.files import write_aside

_META = b"wherefore"
_SUFFIXES = (".csv", ".tsv", ".jsonl", ".csv.gz", ".tsv.gz", ".jsonl.gz", ".parquet")


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of cells, all of one length; a cell is None where a row has no such column.

    `lines` gives the line of the file for each row, where there is one.
    """

    name: str
    columns: Mapping[str, Sequence[Any]]
    lines: Sequence[int] | None = field(default=None, repr=False)

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
            ValueError: If a record is no mapping, or a column's name no string.
        """
        columns: dict[str, list[Any]] = {}
        count = 0
        for record in records:
            if not isinstance(record, Mapping):
                raise ValueError(f"{name}, row {count + 1} is a {type(record).__name__}, not keys and values")
            for key, value in record.items():
                if key not in columns:
                    if not isinstance(key, str) or not key.strip():
                        raise ValueError(
                            f"{name}, row {count + 1}: a column is called {key!r}; it needs a name"
                        )
                    columns[key] = [None] * count
                columns[key].append(value)
            count += 1
            for cells in columns.values():
                if len(cells) < count:
                    cells.append(None)
        if count and not columns:
            raise ValueError(f"{name}: its {count} rows hold no value")
        return cls(name, columns, lines)

    def check(self) -> None:
        """Look for characters that no file can keep.

        Raises:
            ValueError: If there is one; names row and column.
        """
        for column, cells in self.columns.items():
            for row, cell in enumerate(cells):
                try:
                    clean_all(cell)
                except ValueError as error:
                    raise ValueError(f"{self.name}, {self.where(row)}, column `{column}`: {error}") from error

    @classmethod
    def of_arrow(cls, table: Any, name: str) -> Self:
        """Turn an Arrow table into columns."""
        return cls(name, {key: table.column(i).to_pylist() for i, key in enumerate(table.column_names)})


@dataclass(frozen=True, slots=True)
class SavedCatalog:
    """What a Parquet file written by `write_catalog_parquet` holds; columns by field name."""

    name: str
    schema: Schema
    ids: Sequence[str]
    titles: Sequence[str]
    columns: Mapping[str, Sequence[Any]]


def read_table(path: Path) -> Table:
    """Read .csv, .tsv, .jsonl (each also .gz) or .parquet.

    Raises:
        FileNotFoundError: If there is no such file; suggests close names.
        ValueError: If it cannot be read; names file, line and what is wrong.
    """
    suffix = next((known for known in _SUFFIXES if path.name.lower().endswith(known)), None)
    if not path.exists():
        raise FileNotFoundError(f"no catalogue at {path}; {_files_near(path)}")
    if path.is_dir():
        raise ValueError(f"{path} is a folder; give one file of it: {_files_near(path / '_')}")
    if suffix is None:
        raise ValueError(f"{path.name} ends in none of {', '.join(_SUFFIXES)}; convert it to one of these")
    if suffix == ".parquet":
        return _read_parquet(path)
    text = _read_text(path)
    if not text.strip():
        raise ValueError(f"{path.name} is empty; a catalogue needs a header line and at least one row")
    table = (
        _read_jsonl(text, path.name) if ".jsonl" in suffix else _read_csv(text, path.name, ".tsv" in suffix)
    )
    if len(table) == 0:
        raise ValueError(f"{path.name} has a header line but no row; a catalogue needs at least one")
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
            raise ValueError(f"{path.name} is not a whole gzip file: {error}") from error
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ValueError(f"{path.name} is encoded as UTF-16; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        around = data[max(0, error.start - 20) : error.start + 10].decode("latin-1")
        raise ValueError(
            f"{path.name}, line {line}: byte 0x{data[error.start]:02x} (number {error.start + 1} of the file, near "
            f"{around!r}) is not UTF-8; save the file as UTF-8"
        ) from error
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise ValueError(
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
            raise ValueError(
                f"{name}, line {number}, {place}: broken JSON ({getattr(error, 'msg', error)}) in {_short(line)}{hint}"
            ) from error
        except RecursionError as error:
            raise ValueError(f"{name}, line {number}: the JSON is nested too deep to be a record") from error
        if not isinstance(record, dict):
            raise ValueError(
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
                raise ValueError(
                    f"{name}, line {line}{spans} has {len(cells)} cells where the header has {len(header)}{hint} "
                    f"The line begins with {_short(' | '.join(cells))}"
                )
            lines.append(line)
            for column, cell in zip(columns, cells, strict=True):
                column.append(cell if cell else None)
    except csv.Error as error:
        raise ValueError(f"{name}, line {start}: {error}") from error
    assert header is not None  # the text is not blank
    return Table(name, dict(zip(header, columns, strict=True)), lines)


def _header_of(cells: Sequence[str], name: str, line: int) -> list[str]:
    header = [cell.strip() or f"column {number}" for number, cell in enumerate(cells, 1)]
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise ValueError(f"{name}, line {line}: two columns are called {', '.join(twice)}; rename one")
    return header


def _read_parquet(path: Path) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path).read()  # pq.read_table would import pandas where it is installed
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{path.name} is not a Parquet file that can be read: {error}") from error
    if table.num_rows == 0:
        raise ValueError(f"{path.name} has no row; a catalogue needs at least one")
    twice = sorted({column for column in table.column_names if table.column_names.count(column) > 1})
    if twice:
        raise ValueError(f"{path.name}: two columns are called {', '.join(twice)}; rename one")
    return Table.of_arrow(table, path.name)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return repr(text if len(text) <= 60 else text[:59] + "…")


def write_catalog_parquet(
    path: Path,
    schema: Schema,
    name: str,
    ids: Sequence[str],
    titles: Sequence[str],
    columns: Mapping[str, Sequence[Any]],
) -> None:
    """Write items by field name, the schema in the file's metadata; aside first, then renamed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays: dict[str, Any] = {
        schema.id.name: pa.array(ids, pa.string()),
        schema.title.name: pa.array(titles, pa.string()),
    }
    for spec in schema.fields:
        if spec.kind in ("id", "title"):
            continue
        cells = columns[spec.name]
        known = [cell for cell in cells if cell is not None]
        kind: Any = pa.string()
        if spec.kind in LIST_KINDS or known and all(isinstance(cell, tuple) for cell in known):
            kind = pa.list_(pa.string())
        elif spec.kind in ("number", "popularity"):
            kind = pa.int64() if all(isinstance(cell, int) for cell in known) else pa.float64()
        try:
            arrays[spec.name] = pa.array(cells, kind)
        except (pa.ArrowException, OverflowError, TypeError) as error:
            raise ValueError(f"field `{spec.name}` of {name} cannot be saved: {error}") from error
    order = [spec.name for spec in schema.fields]
    meta = json.dumps({"name": name, "schema": schema.model_dump(mode="json")}, ensure_ascii=False)
    table = pa.table({key: arrays[key] for key in order}).replace_schema_metadata({_META: meta.encode()})
    with write_aside(path) as aside:
        pq.write_table(table, aside, compression="zstd", compression_level=19)


def read_catalog_parquet(path: Path) -> SavedCatalog | None:
    """Read what `write_catalog_parquet` wrote; None where the file is Parquet from elsewhere.

    Raises:
        ValueError: If it is no Parquet file, or its schema and its columns do not agree.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path).read()  # pq.read_table would import pandas where it is installed
    except pa.ArrowException as error:
        raise ValueError(f"{path} is not a Parquet file that can be read: {error}") from error
    meta = (table.schema.metadata or {}).get(_META)
    if meta is None:
        return None
    try:
        told = json.loads(meta)
        name, tree = str(told["name"]), dict(told["schema"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"the schema inside {path} cannot be read: {error}; save the catalogue again"
        ) from error
    schema = Schema.parse(tree, f"the schema inside {path}")
    columns: dict[str, list[Any]] = {}
    for spec in schema.fields:
        if spec.name not in table.column_names:
            raise ValueError(
                f"{path}: its schema names a column `{spec.name}` that is not there; save it again"
            )
        cells = table.column(spec.name)
        values = cells.to_pylist()
        if pa.types.is_list(cells.type):
            values = [None if value is None else tuple(value) for value in values]
        elif pa.types.is_floating(cells.type):
            values = [int(v) if v is not None and v.is_integer() and abs(v) < 2**53 else v for v in values]
        columns[spec.name] = values
    ids, titles = columns.pop(schema.id.name), columns.pop(schema.title.name)
    for what, texts in (("id", ids), ("title", titles)):
        bad = next((row for row, text in enumerate(texts) if not isinstance(text, str) or not text), None)
        if bad is not None:
            raise ValueError(f"{path}, row {bad + 1}: the {what} is {texts[bad]!r}; save the catalogue again")
    return SavedCatalog(name, schema, ids, titles, columns)
