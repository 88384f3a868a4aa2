"""Which items are parts of a series, later parts or made anew, whatever of it records tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np

from wherefore.catalog.catalog import Catalog, PerCatalog
from wherefore.catalog.naming import words_of
from wherefore.catalog.series import series_of
from wherefore.text import ARTICLES, forms, stem

# What is refused by these names, of the field `ANYWHERE`.
LATER, PARTS, REMADE = "later parts of a series", "parts of a series", "remakes"
_FIELD = frozenset(stem(word) for word in "series saga franchise trilogy cycle collection".split())
_NUMBERED = re.compile(
    r"\b(?:[2-4]|ii|iii|iv|v|vi|vii|viii)(?=\s*(?::|$|[-–—]\s))|\bpart\s+(?:two|three|four|[2-9])\b",
    re.IGNORECASE,
)
_AGAIN = {LATER: ("sequel", "prequel", "spin off"), REMADE: ("remake", "reboot")}  # what tags say


class _Series:
    """What is known of the series of a catalogue's items.

    Args:
        catalog: The catalogue.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        year = catalog.schema.year
        self._years = catalog.numbers(year.name) if year is not None else np.full(len(catalog), np.nan)
        self._own = [
            spec.name
            for spec in catalog.schema.fields
            if spec.has_values
            and _FIELD & {stem(word) for word in (*words_of(spec.name), *words_of(spec.label or ""))}
        ]
        made: dict[str, Callable[[], np.ndarray]] = {
            LATER: self._later,
            PARTS: self._parts,
            REMADE: self._remade,
        }
        self.rows = {name: one() for name, one in made.items()}

    def _groups(self) -> Iterator[list[int]]:
        """The rows of each series, by their titles and by a field of their own, the oldest first."""
        found = series_of(self._catalog)
        for row in range(len(self._catalog)):
            told = found.of(row)
            if told and told[0] == row:
                yield list(told)
        for name in self._own:
            same: dict[str, list[int]] = {}
            for row, values in enumerate(self._catalog.values_by_item(name)):
                for value in values:
                    same.setdefault(value.split("#")[0].strip(" ,").casefold(), []).append(row)
            yield from (sorted(rows, key=self._when) for rows in same.values())

    def _when(self, row: int) -> tuple[float, int]:
        year = float(self._years[row])
        return (float("inf") if year != year else year, row)

    def _parts(self) -> np.ndarray:
        """Which rows belong to a series; one that a field of its own names may be its only one here."""
        rows = self._later()
        for group in self._groups():
            rows[group] = True
        return rows

    def _later(self) -> np.ndarray:
        """Which rows are no first part: of a series all but the oldest, and what is numbered or called so."""
        rows = self._tagged(LATER)
        for group in self._groups():
            rows[group[1:]] = True
        for row, title in enumerate(self._catalog.titles):
            rows[row] |= _NUMBERED.search(title) is not None
        return rows

    def _remade(self) -> np.ndarray:
        """Which rows are made anew: called so, or with the title of an older one."""
        rows = self._tagged(REMADE)
        same: dict[tuple[str, ...], list[int]] = {}
        for row, title in enumerate(self._catalog.titles):
            told = tuple(form for form in forms(title) if form not in ARTICLES)
            if told and self._years[row] == self._years[row]:
                same.setdefault(told, []).append(row)
        for group in same.values():
            first = min(self._years[row] for row in group)
            rows[[row for row in group if self._years[row] > first]] = True
        return rows

    def _tagged(self, name: str) -> np.ndarray:
        rows = np.zeros(len(self._catalog), dtype=bool)
        told = {f" {one} " for one in _AGAIN[name]}
        for spec in self._catalog.schema.tags:
            for value in self._catalog.vocabulary(spec.name):
                if any(one in f" {' '.join(stem(form) for form in forms(value))} " for one in told):
                    rows[self._catalog.bearing(spec.name, value)] = True
        return rows


_series = PerCatalog(_Series)


def is_of_series(name: str) -> bool:
    """Whether what is refused is one of the kinds that this module tells."""
    return name in (LATER, PARTS, REMADE)


def in_series(catalog: Catalog, name: str) -> np.ndarray:
    """Which items are of one of these kinds, (n,) bool.

    >>> rows = [{"title": "Rocky", "year": 1976}, {"title": "Rocky II", "year": 1979}, {"title": "Annie Hall"}]
    >>> in_series(Catalog.from_records(rows), LATER).tolist()
    [False, True, False]
    """
    rows: np.ndarray = _series(catalog).rows[name]
    return rows
