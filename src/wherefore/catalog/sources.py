"""Sources: the files that tables are read from, packed or not, by the ends of their names."""

from __future__ import annotations

import bz2
import difflib
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wherefore.catalog.databases import read_database
from wherefore.catalog.decoding import decoded
from wherefore.catalog.delimited import read_delimited
from wherefore.catalog.json_files import read_json, read_json_lines
from wherefore.catalog.sheets import read_workbook
from wherefore.catalog.tables import Table
from wherefore.errors import CatalogError, CatalogNotFoundError

LARGEST = 2 * 2**30  # bytes that a packed file may have when it is unpacked
_TEXTS = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".json")
_WORKBOOKS = (".xlsx", ".xlsm")
_DATABASES = (".sqlite", ".sqlite3", ".db")
SUFFIXES = (*_TEXTS, ".parquet", *_WORKBOOKS, *_DATABASES)
_PACKED: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_HOLDING = (*_WORKBOOKS, *_DATABASES, ".zip")  # several tables, of which `#` names one
_TO_CONVERT = {
    ".xls": "an old Excel workbook",
    ".xlsb": "a binary Excel workbook",
    ".ods": "an OpenDocument sheet",
    ".numbers": "a Numbers sheet",
}


@dataclass(frozen=True, slots=True)
class _Source:
    """One file."""

    called: str  # by people
    name: str  # that says what it is
    path: Path
    data: bytes | None = None  # where it was unpacked
    part: str = ""  # the one of its tables that is meant

    @property
    def suffix(self) -> str:
        return Path(self.name.lower()).suffix

    @property
    def opened(self) -> Path | io.BytesIO:
        return self.path if self.data is None else io.BytesIO(self.data)

    @property
    def whole(self) -> bytes:
        return self.path.read_bytes() if self.data is None else self.data


def read_table(path: Path, *, skip_bad: bool = False) -> Table:
    """Read a table from .csv, .tsv, .txt, .jsonl, .ndjson, .json (each also packed), .parquet, .xlsx or SQLite.

    `book.xlsx#Sheet2`, `shop.db#goods` and `all.zip#goods.csv` name one table of several.

    Args:
        path: The file; it may be packed as .gz, .bz2, .xz or .zip.
        skip_bad: Leave out rows that cannot be read, with a note for each reason.

    Raises:
        CatalogNotFoundError: If there is no such file; suggests close names.
        CatalogError: If it cannot be read; names file, lines and what is wrong.
        MissingPackageError: If it is a workbook and openpyxl is not installed.
    """
    source = _unpacked(_found(path))
    table = _read(source, skip_bad)
    if len(table) == 0:
        raise CatalogError(f"{source.called} has no row; a catalogue needs at least one")
    return table


def _read(source: _Source, skip_bad: bool) -> Table:
    suffix, name = source.suffix, source.called
    if suffix == ".parquet":
        return _read_parquet(source)
    if suffix in _WORKBOOKS:
        return read_workbook(source.opened, name, source.part, LARGEST)
    if suffix in _DATABASES:
        return read_database(source.opened, name, source.part)
    data = source.whole
    found = decoded(data, name)
    if not found.text.strip():
        raise CatalogError(f"{name} is empty; a catalogue needs a header line and at least one row")
    if suffix in (".jsonl", ".ndjson"):
        table = read_json_lines(found.text, name, skip_bad)
    elif suffix == ".json":
        table = read_json(found.text, name, skip_bad)
    else:
        table = read_delimited(found.text, name, suffix == ".tsv", skip_bad)
    return replace(table, notes=(*found.notes, *table.notes))


def _found(path: Path) -> _Source:
    whole, part = str(path), ""
    ends = [] if path.exists() else [at for at, mark in enumerate(whole) if mark == "#"]
    for end in ends:
        if whole[:end].lower().endswith(_HOLDING):
            path, part = Path(whole[:end]), whole[end + 1 :]
            break
    if not path.exists():
        raise CatalogNotFoundError(f"no catalogue at {path}; {_files_near(path)}")
    if path.is_dir():
        raise CatalogError(f"{path} is a folder; give one file of it: {_files_near(path / '_')}")
    return _Source(path.name, path.name, path, part=part)


def _unpacked(source: _Source) -> _Source:
    """The file that a packed file holds, or the file itself."""
    if source.suffix == ".zip":
        source = _of_zip(source)
    while source.suffix in _PACKED:
        data = _expanded(source)
        source = replace(source, name=source.name[: -len(source.suffix)], data=data)
    _check_suffix(source)
    return source


def _expanded(source: _Source) -> bytes:
    try:
        with _PACKED[source.suffix](source.opened, "rb") as packed:
            data: bytes = packed.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        kind = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz"}[source.suffix]
        raise CatalogError(f"{source.called} is not a whole {kind} file: {error}") from error
    if len(data) > LARGEST:
        raise CatalogError(f"{source.called} has more than {LARGEST:,} bytes unpacked; give a smaller file")
    return data


def _of_zip(source: _Source) -> _Source:
    try:
        with zipfile.ZipFile(source.opened) as archive:
            inside = [one for one in archive.infolist() if not one.is_dir() and not _is_aside(one.filename)]
            chosen, part = _chosen(inside, source)
            if chosen.file_size > LARGEST:
                raise CatalogError(
                    f"{source.called}: {chosen.filename} has {chosen.file_size:,} bytes unpacked, more than the "
                    f"{LARGEST:,} that are read"
                )
            with archive.open(chosen) as packed:
                data = packed.read(LARGEST + 1)
    except (zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, OSError, NotImplementedError) as error:
        raise CatalogError(f"{source.called} is not a whole zip file: {error}") from error
    except RuntimeError as error:  # what zipfile raises where a password is needed
        raise CatalogError(
            f"{source.called} cannot be unpacked: {error}; pack it without a password"
        ) from error
    name = chosen.filename.replace("\\", "/").rsplit("/", 1)[-1]
    return _Source(f"{name} in {source.called}", name, source.path, data, part)


def _is_aside(name: str) -> bool:
    """Whether a zip's file is one that systems add."""
    return name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1].startswith(".")


def _chosen(inside: Sequence[zipfile.ZipInfo], source: _Source) -> tuple[zipfile.ZipInfo, str]:
    name, _, part = source.part.partition("#")
    listed = ", ".join(one.filename for one in inside) or "nothing"
    tables = [one for one in inside if _suffix_of(one.filename)]
    if name:
        tables = [one for one in tables if one.filename == name]
        if not tables:
            raise CatalogError(f"{source.called} has no table called {name!r}; it holds {listed}")
    if len(tables) > 1:  # what is told of them in a text file is no table
        tables = [one for one in tables if not one.filename.lower().endswith(".txt")] or tables
    if not tables:
        raise CatalogError(f"{source.called} holds no table that can be read; it holds {listed}")
    if len(tables) > 1:
        named = ", ".join(one.filename for one in tables)
        raise CatalogError(
            f"{source.called} holds several tables: {named}. Pack one alone, or name one: "
            f"{source.called}#{tables[0].filename}"
        )
    return tables[0], part


def _suffix_of(name: str) -> str:
    """The end of a name that says what the file is, without that of a packed file."""
    low = name.lower()
    packed = next((end for end in _PACKED if low.endswith(end)), "")
    return next((end for end in SUFFIXES if low.removesuffix(packed).endswith(end)), "")


def _check_suffix(source: _Source) -> None:
    if source.suffix in SUFFIXES:
        return
    if source.suffix in _TO_CONVERT:
        raise CatalogError(
            f"{source.called} is {_TO_CONVERT[source.suffix]}; open it there and save it as .xlsx, or as CSV (UTF-8)"
        )
    raise CatalogError(
        f"{source.called} ends in none of {', '.join(SUFFIXES)} (each also .gz, .bz2, .xz or .zip); convert it to one "
        "of these"
    )


def _files_near(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"there is no folder {folder} either"
    files = sorted(p.name for p in folder.iterdir() if p.is_file())
    names = [name for name in files if _suffix_of(name) or name.lower().endswith(".zip")]
    close = difflib.get_close_matches(path.name, names, n=3, cutoff=0.5) or names[:5]
    return (
        f"in {folder} there is {', '.join(close)}"
        if close
        else f"in {folder} there is none of {', '.join(SUFFIXES)}"
    )


def _read_parquet(source: _Source) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    name = source.called
    try:
        table = pq.ParquetFile(
            source.opened
        ).read()  # pq.read_table would import pandas where it is installed
    except (pa.ArrowException, OSError) as error:
        raise CatalogError(f"{name} is not a Parquet file that can be read: {error}") from error
    if table.num_rows == 0:
        raise CatalogError(f"{name} has no row; a catalogue needs at least one")
    twice = sorted({column for column in table.column_names if table.column_names.count(column) > 1})
    if twice:
        raise CatalogError(f"{name}: two columns are called {', '.join(twice)}; rename one")
    return Table.of_arrow(table, name)
