"""Series: items that continue each other, known by their titles and the people they share."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from wherefore.catalog.catalog import Catalog, PerCatalog
from wherefore.catalog.derived import Ragged
from wherefore.text import ARTICLES, NUMBERS, fold, forms, stem

_CUT = re.compile(
    r"\s*(?::|\s[-–—]\s|,?\s+(?:part|chapter|episode|volume|vol\.?|book)\s+\w+\s*$)", re.IGNORECASE
)
_STORY = re.compile(
    r":\s+an?\s+(.+?)\s+(?:story|tale|adventure|movie|film)$", re.IGNORECASE
)  # "Solo: A Star Wars Story"
_AND_THE = re.compile(r"^(\w+ \w+) and the\s", re.IGNORECASE)  # "Harry Potter and the …"
_NUMBERS = frozenset(name for name, number in NUMBERS.items() if number <= 10)


class SeriesIndex:
    """Which items of a catalogue belong to one series; made once and kept with the catalogue's index.

    Args:
        catalog: The catalogue.
    """

    def __init__(self, catalog: Catalog) -> None:
        parts = catalog.derived.get("series", lambda: _Series(catalog).parts())
        self._of: np.ndarray = parts["of"]
        self._series = Ragged(parts["starts"], parts["rows"])

    def of(self, row: int) -> tuple[int, ...]:
        """The rows of the item's series, the oldest first, with its own; empty when it is in none."""
        number = int(self._of[row])
        return tuple(self._series[number].tolist()) if number >= 0 else ()

    def same(self, row: int, other: int) -> bool:
        """Whether two items belong to one series."""
        return other in self.of(row)


class _Series:
    """Finds which items of a catalogue belong to one series.

    Two items do when their titles begin alike (up to a colon or a number, without article and plural) and both share
    a person, where both have some; remakes and chance namesakes seldom do. A title that merely begins another one
    ("The Matrix", "The Matrix Reloaded") needs two people in common. "Solo: A Star Wars Story" says itself what it is
    part of.

    Args:
        catalog: The catalogue.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._people = _people(catalog)
        self._leader = np.arange(len(catalog), dtype=np.int32)  # of each row one that it belongs with
        heads: dict[str, list[int]] = {}
        for row, title in enumerate(catalog.titles):
            head = head_of(title)
            if head:
                heads.setdefault(head, []).append(row)
        for head, rows in heads.items():  # "The Matrix" begins "The Matrix Reloaded"
            parts = head.split()
            if len(rows) > 1:
                self._join_alike(rows)
            before = [row for n in range(1, len(parts)) for row in heads.get(" ".join(parts[:n]), ())]
            if before:
                self._join_begun(rows, before)
        self._series = self._found()
        for row, title in enumerate(catalog.titles):
            part_of = _STORY.search(title)
            begun = heads.get(head_of(part_of[1]), ()) if part_of else ()
            if told := next((self._series[one] for one in begun if one in self._series), None):
                found = tuple(sorted({*told, row}, key=self._when))
                self._series.update(dict.fromkeys(found, found))

    def _join_alike(self, rows: Sequence[int]) -> None:
        """Join those of some rows whose titles begin alike that share a person, or of which nobody is known.

        The same title again is a remake: it is joined only through others.
        """
        by_person: dict[int, list[int]] = {}
        nobody = []
        for row in rows:
            people = self._people[row].tolist()
            for one in people:
                by_person.setdefault(one, []).append(row)
            if not people:
                nobody.append(row)
        for same in by_person.values():
            if len(same) > 1 and len({self._title(row) for row in same}) > 1:
                self._unite(same)
        titles = {self._title(row) for row in nobody}
        if len(titles) > 1:
            self._unite(rows)
        elif nobody:
            others = [row for row in rows if self._title(row) not in titles]
            if others:
                self._unite([*nobody, *others])

    def _join_begun(self, rows: Sequence[int], before: Sequence[int]) -> None:
        """Join rows with those whose titles only begin theirs, and that share two people with them."""
        held = [frozenset(self._people[row].tolist()) for row in before]
        for row in rows:
            mine = frozenset(self._people[row].tolist())
            for other, theirs in zip(before, held, strict=True) if len(mine) > 1 else ():
                if len(theirs) > 1 and len(mine & theirs) > 1 and self._title(row) != self._title(other):
                    self._unite([row, other])

    def _title(self, row: int) -> tuple[str, ...]:
        return tuple(forms(self._catalog.titles[row]))

    def _first(self, row: int) -> int:
        """The row that stands for all that a row belongs with."""
        leader = self._leader
        while leader[row] != row:
            leader[row] = leader[leader[row]]
            row = int(leader[row])
        return row

    def _unite(self, rows: Sequence[int]) -> None:
        first = self._first(rows[0])
        for row in rows[1:]:
            self._leader[self._first(row)] = first

    def _found(self) -> dict[int, tuple[int, ...]]:
        """Of each row of a series its rows, the oldest first."""
        groups: dict[int, list[int]] = {}
        for row in range(len(self._leader)):
            groups.setdefault(self._first(row), []).append(row)
        made = {}
        for rows in groups.values():
            if len(rows) > 1:
                made.update(dict.fromkeys(rows, tuple(sorted(rows, key=self._when))))
        return made

    def parts(self) -> dict[str, np.ndarray]:
        """For `Derived.get`: of each row the number of its series, and of each series its rows."""
        numbers: dict[tuple[int, ...], int] = {}
        of = np.full(len(self._catalog), -1, dtype=np.int32)
        for row, found in self._series.items():
            of[row] = numbers.setdefault(found, len(numbers))
        made = Ragged.of(numbers)
        return {"of": of, "starts": made.starts, "rows": made.numbers}

    def _when(self, row: int) -> tuple[float, int]:
        spec = self._catalog.schema.year
        year = float("nan") if spec is None else float(self._catalog.numbers(spec.name)[row])
        return (float("inf") if year != year else year, row)


series_of = PerCatalog(SeriesIndex)


def _people(catalog: Catalog) -> Ragged:
    """Of every item the numbers of its people, folded."""
    names = [spec.name for spec in catalog.schema.names]
    if not names:
        return Ragged(np.zeros(len(catalog) + 1, dtype=np.int64), np.empty(0, dtype=np.int32))
    numbers: dict[str, int] = {}
    each = zip(*(catalog.values_by_item(name) for name in names), strict=True)
    return Ragged.of(
        {numbers.setdefault(fold(value), len(numbers)) for values in told for value in values}
        for told in each
    )


def head_of(title: str) -> str:
    """The words that a series' titles share.

    >>> head_of("Terminator 2: Judgment Day"), head_of("The Terminator"), head_of("Aliens")
    ('terminator', 'terminator', 'alien')
    >>> head_of("Harry Potter and the Goblet of Fire"), head_of("Rocky IV"), head_of("Seven")
    ('harry potter', 'rocky', 'seven')
    """
    known = _AND_THE.match(title)
    text = known[1] if known else _CUT.split(title, maxsplit=1)[0] or title
    said = forms(text)
    if len(said) > 1 and said[0] in ARTICLES:
        said = said[1:]
    while len(said) > 1 and (said[-1].isdigit() or said[-1] in _NUMBERS):
        said = said[:-1]
    return " ".join([*said[:-1], stem(said[-1])]) if said else ""
