"""Rows of delimited text: cut by one dialect, with what of it could not be read."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wherefore.catalog.bad_rows import short
from wherefore.catalog.dialects import Dialect, Quotes, cut, mended
from wherefore.errors import CatalogError

_LOOKED_AT = 50  # lines of a row that is too long, and full rows that show what a column holds
_COUNTING = re.compile(r"(?:id|nr|no|num|number|#|index|key|rank|row|pos|code|sku)\W*$", re.IGNORECASE)
_NUMERIC = re.compile(r"\s*[-+]?[\d.,]*\d[\d.,]*\s*%?\s*")


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read: its line, where it is, why, and what to tell of it; see `BadRows.add`."""

    line: int
    place: str
    reason: str
    told: str


@dataclass(slots=True)
class Reading:
    """What one dialect makes of a text. All lines are numbers in the file.

    Attributes:
        header: The columns' names, in order.
        rows: A cell per column each.
        lines: The first line of each row.
        bad: Rows that cannot be read.
        spans: Whether a row goes over several lines.
        literal: A cell that begins with a quote which is text; empty without one.
        mended: Rows with quotes that are neither doubled nor escaped, but leave no doubt.
        longer: Rows with empty cells after the header's last.
        shorter: Rows that lack cells at the end which are empty beyond doubt.
        blank: Rows of which all cells are empty.
        row_names: Whether the first column has no name in the file's header.
        first_of_longer: The first cells of rows with one cell too many, as long as no row is read.
    """

    dialect: Dialect
    header: list[str] = field(default_factory=list)
    header_line: int = 1
    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    spans: bool = False
    literal: str = ""
    mended: list[int] = field(default_factory=list)
    longer: list[int] = field(default_factory=list)
    shorter: list[int] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)
    row_names: bool = False
    first_of_longer: list[str] = field(default_factory=list)

    @property
    def lacks_a_name(self) -> bool:
        """Whether every row has one cell more than the header, and the first of them counts the rows, as R writes."""
        counts = [first for first in self.first_of_longer if first.isdecimal()]
        if self.rows or len(counts) < 2 or len(counts) != len(self.bad):
            return False
        if _COUNTING.search(self.header[0]):
            return False
        return counts == [str(int(counts[0]) + at) for at in range(len(counts))] and counts[0] in ("0", "1")

    @property
    def trouble(self) -> tuple[int, int]:
        """The number of rows that do not fit the dialect: those that cannot be read, then those that are mended."""
        return len(self.bad), len(self.mended)


def read_rows(text: str, dialect: Dialect, first_line: int, name: str, row_names: bool = False) -> Reading:
    """Cut a text into rows by a dialect; what cannot be read is listed, and reading goes on after it.

    Args:
        text: The text, which begins with the header.
        dialect: How its cells are written.
        first_line: The number of its first line.
        name: The file.
        row_names: Whether the header lacks the name of the first column.

    Raises:
        CatalogError: If the header cannot be read.
    """
    hidden = ""
    if dialect.quotes is Quotes.ESCAPED:  # an escaped quote is hidden while the rows are cut
        hidden = next(mark for mark in map(chr, range(0xE000, 0xF8FF)) if mark not in text)
        text = re.sub(r'\\(["\\])', lambda found: hidden if found[1] == '"' else "\\", text)
    reader = _Reader(text, dialect, first_line, name, hidden)
    reader.read_header(row_names)
    reader.read()
    return reader.reading


class _Lines:
    """The lines of a text, which can be given back."""

    def __init__(self, text: str, number: int) -> None:
        self._source = io.StringIO(text, newline="")
        self._back: deque[str] = deque()
        self._next = number
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._source)
        self.taken.append(line)
        return line

    def begin(self) -> int:
        """Begin a row: the number of its first line."""
        self._next += len(self.taken)
        self.taken.clear()
        return self._next

    def give_back(self) -> None:
        """Keep the first line of the row only."""
        self._back.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


class _Reader:
    """Reads the rows of one text into `reading`."""

    def __init__(self, text: str, dialect: Dialect, first_line: int, name: str, hidden: str) -> None:
        self.reading = Reading(dialect)
        self._lines = _Lines(text, first_line)
        self._cells = cut(self._lines, dialect)
        self._name = name
        self._hidden = hidden
        self._short: dict[int, int] = {}  # rows that lack cells, and how many they have
        self._ends_within = not text.endswith(("\n", "\r"))

    def _next(self) -> tuple[int, list[str] | str] | None:
        """The line of the next row and its cells, or what is wrong with it; None after the last."""
        line = self._lines.begin()
        try:
            cells = next(self._cells)
        except StopIteration:
            return None
        except csv.Error as error:
            return line, str(error)
        return line, [cell.replace(self._hidden, '"') for cell in cells] if self._hidden else cells

    def read_header(self, row_names: bool) -> None:
        """Read the first line that is not blank.

        Raises:
            CatalogError: If its quotes are not closed, or there is nothing within any quotes.
        """
        found = self._next()
        while found is not None and (not found[1] or len(found[1]) == 1 and not found[1][0].strip()):
            found = self._next()
        if found is None:
            raise CatalogError(
                f"{self._name} holds nothing but quotes; a catalogue needs a header line and at least one row"
            )
        line, cells = found
        if isinstance(cells, str):
            raise CatalogError(f"{self._name}, line {line}: the header's quotes cannot be read: {cells}")
        named = ["", *cells] if row_names else cells
        self.reading.header = [cell.strip() or f"column {number}" for number, cell in enumerate(named, 1)]
        self.reading.header_line = line
        self.reading.row_names = row_names

    def read(self) -> None:
        """Read the rows."""
        reading, width = self.reading, len(self.reading.header)
        while (found := self._next()) is not None:
            line, cells = found
            several = len(self._lines.taken) > 1
            if isinstance(cells, str):
                self._mend(line, cells)
            elif several and len(cells) == width and self._swallowed(cells[0], surely=True):
                self._leave_open(line)
            elif len(cells) == width and any(map(str.strip, cells)):
                reading.spans = reading.spans or several
                self._keep(line, cells)
            elif not any(map(str.strip, cells)):
                if len(cells) > 1:
                    reading.blank.append(line)
            elif len(cells) > width and not any(map(str.strip, cells[width:])):
                reading.longer.append(line)
                self._keep(line, cells[:width])
            elif len(cells) < width and not several:
                self._short[len(reading.rows)] = len(cells)
                self._keep(line, cells + [""] * (width - len(cells)))
            else:
                self._uneven(line, cells)
        self._settle_short()

    def _keep(self, line: int, cells: list[str]) -> None:
        reading = self.reading
        reading.rows.append(cells)
        reading.lines.append(line)
        if not reading.literal and reading.dialect.quotes is Quotes.LITERAL:
            reading.literal = next((cell for cell in cells if cell[:1] == '"'), "")

    def _mend(self, line: int, error: str) -> None:
        """Read a row whose quotes are broken alone, where that leaves no doubt; go on with the line after it."""
        taken = self._lines.taken
        last = line + len(taken) - 1
        self._lines.give_back()
        self._cells = cut(self._lines, self.reading.dialect)
        cells = mended(taken[0].rstrip("\r\n"), self.reading.dialect.delimiter)
        if cells is not None and len(cells) == len(self.reading.header):
            self.reading.mended.append(line)
            self._keep(line, [cell.replace(self._hidden, '"') for cell in cells] if self._hidden else cells)
            return
        if "unexpected end" in error:
            reason, why = "a quote that is never closed", "a quote opens here that is never closed"
        elif last > line:
            reason = "a quote that is not closed"
            why = f"a quote opens here that is not closed before line {last}"
        else:
            reason, why = "a quote amid a cell", "a quote within a quoted cell is not doubled"
        told = f": {why}; double a quote that is text, or take it out. The line is {short(taken[0])}"
        self.reading.bad.append(BadRow(line, f"line {line}", reason, told))

    def _uneven(self, line: int, cells: list[str]) -> None:
        """List a row with too many or too few cells, alone where it has swallowed others."""
        taken, width = self._lines.taken, len(self.reading.header)
        last = line + len(taken) - 1
        if last > line and self._swallowed(cells[0]):
            self._leave_open(line)
            return
        many = len(cells) > width
        if len(cells) == width + 1 and not self.reading.rows:
            self.reading.first_of_longer.append(cells[0])
        place = f"line {line}" + (f" to {last}" if last > line else "")
        hint = "is a quote missing around a cell with the separator?" if many else "is a separator missing?"
        if last > line:
            hint = "is a quote left open?"
        told = f" has {len(cells)} cells where the header has {width}; {hint} It begins with {short(' | '.join(cells))}"
        reason = f"{'more' if many else 'fewer'} cells than the header has"
        self.reading.bad.append(BadRow(line, place, reason, told))

    def _leave_open(self, line: int) -> None:
        """List a row with a quote that swallows rows, and go on with the first of these."""
        first, last = self._lines.taken[0], line + len(self._lines.taken) - 1
        self._lines.give_back()
        self._cells = cut(self._lines, self.reading.dialect)
        told = f": a quote opens here that is closed in line {last} only; is one missing? The line is {short(first)}"
        self.reading.bad.append(BadRow(line, f"line {line}", "a quote that is not closed", told))

    def _swallowed(self, first: str, surely: bool = False) -> bool:
        """Whether most lines that a row goes over are rows themselves.

        With `surely`, all between its first and last are, and are many or go on counting from its first cell.
        """
        after = self._lines.taken[1 : 1 + _LOOKED_AT]
        width, begun = len(self.reading.header), []
        for line in after:
            try:
                cells = next(cut([line], self.reading.dialect), [])
            except csv.Error:
                continue
            if len(cells) == width:
                begun.append(cells[0])
        if width == 1 or not begun:
            return False
        if not surely:
            return 2 * len(begun) >= len(after)
        counting = first.isdecimal() and begun == [str(int(first) + at) for at in range(1, len(begun) + 1)]
        return len(begun) >= len(after) - 1 and (len(begun) > 2 or counting)

    def _settle_short(self) -> None:
        """Keep rows that lack cells at the end where nothing else can be missing; list the others."""
        if not self._short:
            return
        reading, doubtful = self.reading, []
        full = [cells for row, cells in enumerate(reading.rows) if row not in self._short]
        holds = _Columns(full, len(reading.header))
        last = len(reading.rows) - 1
        for row, count in self._short.items():
            broken_off = row == last and self._ends_within
            if not broken_off and holds.fit(reading.rows[row], count):
                reading.shorter.append(reading.lines[row])
            else:
                doubtful.append(row)
        for row in doubtful:
            count, width = self._short[row], len(reading.header)
            told = (
                f" has {count} cells where the header has {width}; is a separator missing, or the file cut off? "
                f"It begins with {short(' | '.join(reading.rows[row][:count]))}"
            )
            line = reading.lines[row]
            reading.bad.append(BadRow(line, f"line {line}", "fewer cells than the header has", told))
        reading.bad.sort(key=lambda bad: bad.line)
        gone = set(doubtful)
        reading.rows = [cells for row, cells in enumerate(reading.rows) if row not in gone]
        reading.lines = [line for row, line in enumerate(reading.lines) if row not in gone]


class _Columns:
    """What the columns of full rows hold, as far as it shows whether a shorter row lacks its last cells."""

    def __init__(self, full: Sequence[Sequence[str]], width: int) -> None:
        self._at_times_empty = [any(not row[at].strip() for row in full) for at in range(width)]
        some = full[:_LOOKED_AT]
        held = [[row[at] for row in some if row[at].strip()] for at in range(width)]
        self._numeric = [bool(cells) and all(map(_NUMERIC.fullmatch, cells)) for cells in held]

    def fit(self, cells: Sequence[str], count: int) -> bool:
        """Whether the first `count` cells are where they belong, and the others may be empty."""
        agree = all(
            not cells[at].strip() or bool(_NUMERIC.fullmatch(cells[at]))
            for at in range(count)
            if self._numeric[at]
        )
        anchored = self._numeric[count - 1] and bool(_NUMERIC.fullmatch(cells[count - 1]))
        return agree and (anchored or all(self._at_times_empty[count:]))
