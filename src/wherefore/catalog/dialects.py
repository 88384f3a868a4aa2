"""Dialects: how delimited text writes its cells."""

from __future__ import annotations

import csv
import enum
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


class Quotes(enum.Enum):
    """What quotes do: wrap cells, in which a quote is doubled or follows a backslash; or nothing."""

    DOUBLED = enum.auto()
    ESCAPED = enum.auto()
    LITERAL = enum.auto()


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells are written. With `spaced`, blanks may stand before a cell's quote."""

    delimiter: str
    quotes: Quotes
    spaced: bool = False


def cut(lines: Iterable[str], dialect: Dialect, strict: bool = True) -> Iterator[list[str]]:
    """The cells of lines.

    Raises:
        csv.Error: If quotes are not closed, or text follows them, and `strict` is set.
    """
    quoting: Any = csv.QUOTE_NONE if dialect.quotes is Quotes.LITERAL else csv.QUOTE_MINIMAL
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quoting=quoting,
        skipinitialspace=dialect.spaced,
        strict=strict and dialect.quotes is not Quotes.LITERAL,
    )


def mended(line: str, delimiter: str) -> list[str] | None:
    """The cells of a line with quotes that are neither doubled nor escaped; None where they leave doubt.

    A quote that begins a cell is its first quote, or text; quotes within a cell come in pairs.

    >>> mended('5,"He said "no" twice",1977', ","), mended('"Heroes" again,x', ","), mended('1,"A,b', ",")
    (['5', 'He said "no" twice', '1977'], ['"Heroes" again', 'x'], None)
    """
    mark = re.escape(delimiter)
    wrapped = rf'"(?P<wrapped>(?:[^"]|"(?!{mark}|$))*)"(?={mark}|$)'
    cell = re.compile(rf"{wrapped}|(?P<plain>[^{mark}]*)")
    cells: list[str] = []
    at = 0
    while True:
        found = cell.match(line, at)
        assert found is not None  # the plain form matches anything
        text = found["wrapped"] if found["wrapped"] is not None else found["plain"]
        text = text.replace('""', '"') if found["wrapped"] is not None else text
        if text.count('"') % 2 and (found["wrapped"] is not None or text[0] == '"'):
            return None
        cells.append(text)
        at = found.end()
        if at >= len(line):
            return cells
        at += 1
