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
        people = [spec.name for spec in catalog.schema.names]
        heads: dict[str, list[int]] = {}
        for row, title in enumerate(catalog.titles):
            head = head_of(title)
            if head:
                heads.setdefault(head, []).append(row)
        self._series: dict[int, tuple[int, ...]] = {}
        for head, rows in list(heads.items()):  # "The Matrix" begins "The Matrix Reloaded"
            parts = head.split()
            before = [row for n in range(1, len(parts)) for row in heads.get(" ".join(parts[:n]), ())]
            if len(rows) > 1 or before:
                self._join(rows, before, people)
        for row, title in enumerate(catalog.titles):
            part_of = _STORY.search(title)
            begun = heads.get(head_of(part_of[1]), ()) if part_of else ()
            if told := next((self._series[one] for one in begun if one in self._series), None):
                found = tuple(sorted({*told, row}, key=self._when))
                self._series.update(dict.fromkeys(found, found))

    def _join(self, rows: list[int], before: list[int], people: Sequence[str]) -> None:
        """Note which items go together: of `rows` whose titles begin alike, and of those that only begin them."""
        items = self._catalog.items
        every = [*rows, *before]
        held = [{fold(value) for name in people for value in items[row].values(name)} for row in every]
        titles = [forms(self._catalog.titles[row]) for row in every]
        bearing: dict[str, list[int]] = {}  # so that only those are compared that have somebody in common
        nobody = []
        for place, names in enumerate(held):
            for name in names:
                bearing.setdefault(name, []).append(place)
            if not names:
                nobody.append(place)
        for place, row in enumerate(rows):
            near = (
                {one for name in held[place] for one in bearing[name]} if held[place] else range(len(every))
            )
            for other_place in sorted({*near, *nobody}):
                if place <= other_place < len(rows):
                    continue
                other = every[other_place]
                if other in self._series.get(row, ()):
                    continue
                among = other_place < place
                shared = held[place] & held[other_place]
                known = held[place] and held[other_place]
                enough = len(shared) >= (1 if among else 2) or (not known and among)
                if enough and titles[place] != titles[other_place]:  # the same title again is a remake
                    both = {row, other, *self._series.get(row, ()), *self._series.get(other, ())}
                    found = tuple(sorted(both, key=self._when))
                    self._series.update(dict.fromkeys(found, found))

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
