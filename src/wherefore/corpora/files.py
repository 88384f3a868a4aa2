"""Files of data sets, line by line, each line with its place in words."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, cast

from wherefore.errors import CorpusError, CorpusNotFoundError


def open_text(file: Path) -> IO[str]:
    """A text file, unpacked when its name ends in .gz.

    Raises:
        CorpusNotFoundError: If there is no such file.
    """
    if not file.is_file():
        raise CorpusNotFoundError(f"no file at {file}")
    if file.suffix == ".gz":
        return cast(IO[str], gzip.open(file, "rt", encoding="utf-8-sig", newline=""))
    return file.open(encoding="utf-8-sig", newline="")


def read_lines(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a JSONL file, each with its place in words.

    Raises:
        CorpusError: If a line is not a JSON object or the file is not UTF-8.
    """
    with open_text(file) as lines:
        try:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                where = f"{file}, line {number}"
                try:
                    record = json.loads(line)
                except json.JSONDecodeError as error:
                    raise CorpusError(f"{where} is not JSON: {error}") from error
                if not isinstance(record, dict):
                    raise CorpusError(f"{where} holds a {type(record).__name__}, not an object")
                yield where, record
        except UnicodeDecodeError as error:
            raise CorpusError(f"{file} is not UTF-8: {error}; save it as UTF-8") from error


def read_array(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a JSON file that holds one list, each with its place in words.

    Raises:
        CorpusError: If the file does not hold a list of objects.
    """
    with open_text(file) as text:
        try:
            records = json.load(text)
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise CorpusError(f"{file} is not JSON: {error}") from error
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise CorpusError(f"{file} does not hold a list of dialogues")
    for number, record in enumerate(records):
        yield f"{file}, entry {number}", record


def read_table(file: Path, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of a .csv or .tsv file (also .gz) with a header, each with its place in words.

    Raises:
        CorpusError: If a column is missing, a row has more or fewer cells than the header, or it is not UTF-8.
    """
    missing = [name for name in columns if name not in (header := header_of(file))]
    if missing:
        raise CorpusError(
            f"{file}, line 1: there is no column `{missing[0]}`; the columns are {', '.join(header)}"
        )
    with open_text(file) as text:
        rows = csv.reader(text, delimiter=_delimiter(file))
        try:
            next(rows)
            for row in rows:
                if not row:
                    continue
                where = f"{file}, line {rows.line_num}"
                if len(row) != len(header):
                    raise CorpusError(f"{where} has {len(row)} cells, the header {len(header)}")
                yield where, dict(zip(header, row, strict=True))
        except csv.Error as error:
            raise CorpusError(f"{file}, line {rows.line_num} cannot be read: {error}") from error
        except UnicodeDecodeError as error:
            raise CorpusError(f"{file} is not UTF-8: {error}; save it as UTF-8") from error


def header_of(file: Path) -> list[str]:
    """The names of a table's columns.

    Raises:
        CorpusError: If the file is empty or not UTF-8.
    """
    with open_text(file) as text:
        try:
            header = next(csv.reader(text, delimiter=_delimiter(file)), [])
        except UnicodeDecodeError as error:
            raise CorpusError(f"{file} is not UTF-8: {error}; save it as UTF-8") from error
    if not header:
        raise CorpusError(f"{file} is empty; its first line must name the columns")
    return [name.strip() for name in header]


def read_cut(
    file: Path, separator: str, least: int, encoding: str = "utf-8"
) -> Iterator[tuple[str, list[str]]]:
    """The lines of a file without a header, cut at a separator, each with its place in words.

    Raises:
        CorpusError: If a line has fewer than `least` parts or does not have the encoding.
    """
    with file.open(encoding=encoding, newline="\n") as lines:
        try:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                parts = line.rstrip("\r\n").split(separator)
                where = f"{file}, line {number}"
                if len(parts) < least:
                    raise CorpusError(
                        f"{where} is {line.strip()[:60]!r}; it must have {least} or more parts, cut by {separator!r}"
                    )
                yield where, parts
        except UnicodeDecodeError as error:
            raise CorpusError(f"{file} is not {encoding}: {error}; save it as {encoding}") from error


def _delimiter(file: Path) -> str:
    return "\t" if ".tsv" in file.suffixes else ","
