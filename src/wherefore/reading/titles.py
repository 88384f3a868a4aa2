"""Titles of a catalogue by their words: looked up as they are written, in part, or missed by a slip."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz

from wherefore.catalog.catalog import Catalog
from wherefore.text import ARTICLES, FUNCTION_WORDS, NUMBERS, forms, ordinary_words, stems

_NUMBER_WORDS = {name: str(number) for name, number in NUMBERS.items() if 2 <= number <= 12}
_PARTS = frozenset({"part", "vol", "volume", "chapter", "episode"})
_FUZZY = 88.0


@dataclass(frozen=True, slots=True)
class Title:
    """A title of the item in a row of the catalogue."""

    row: int
    article: str  # the leading article, or ""
    weak: bool  # a part of the title or another spelling


_VARIETY = re.compile(r"\s+(?:'[^']+'|‘[^‘’]+’|\"[^\"]+\"|“[^“”]+”)\s*$")  # at the end of a title


class TitleIndex:
    """All titles of a catalogue by their folded words, without a leading article.

    Args:
        catalog: The catalogue. Fields of kind `alias` are further titles.

    Attributes:
        titles: Of each key, the titles that are written so.
        longest: By the first word of a key, the words of the longest that begins with it.
        ids: Of each row, the item's id,
        shown: its title as it is shown,
        fame: how well known it is, as a rank,
        years: and its year, if it is known.
    """

    def __init__(self, catalog: Catalog) -> None:
        items = catalog.items
        self.ids = [item.id for item in items]
        self.shown = [item.title for item in items]
        popularity, year = catalog.schema.popularity, catalog.schema.year
        fame = -np.arange(len(items), dtype=float)
        if popularity is not None:
            counts = np.nan_to_num(catalog.numbers(popularity.name), nan=-1.0)
            fame = np.argsort(np.lexsort((-fame, counts))).astype(float)
        self.fame: list[float] = fame.tolist()
        years = catalog.numbers(year.name) if year is not None else np.full(len(items), np.nan)
        self.years: list[float | None] = [None if y != y else float(int(y)) for y in years.tolist()]
        self.titles: dict[str, list[Title]] = {}
        self.longest: dict[str, int] = {}
        self._keys: dict[int, str] = {}  # of each row's own title
        self._rows = {item_id: row for row, item_id in enumerate(self.ids)}
        aliases = [spec.name for spec in catalog.schema.aliases]
        for row, item in enumerate(items):
            self._add(row, item.title)
            for name in aliases:
                for title in item.values(name):
                    self._add(row, title)
        for key in [key for key in self.titles if " " in key]:  # "Castaway" may be "Cast Away"
            joined = key.replace(" ", "")
            if len(joined) > 3 and joined in self.titles:
                for entry in self.titles[key]:
                    if not entry.weak:
                        self._put(entry.row, [*[entry.article][: bool(entry.article)], joined], False)
        self._near: dict[str, list[str]] | None = None
        self._with: dict[str, set[int]] | None = None  # rows by the stem of a word of their titles
        self._sizes: list[int] = []

    def _add(self, row: int, title: str) -> None:
        head, comma, tail = title.rpartition(", ")
        if comma and tail.lower() in ARTICLES:
            title = f"{tail} {head}"
        exact = forms(title)
        self._put(row, exact, False)
        self._keys.setdefault(row, " ".join(exact[1:] if len(exact) > 1 and exact[0] in ARTICLES else exact))
        bare = re.sub(r"\s*\([^()]*\)\s*$", "", title)  # "The Hunger Games (The Hunger Games, #1)"
        if bare and bare != title:
            self._put(row, forms(bare), False)
        if "-" in title or "·" in title or "." in title:
            joined = forms(re.sub(r"(?<=\w)[-·.•](?=\w)", "", title))
            if joined != exact:
                self._put(row, joined, True)
        if not _NUMBER_WORDS.keys().isdisjoint(exact):
            self._put(row, [_NUMBER_WORDS.get(form, form) for form in exact], True)
        if not _PARTS.isdisjoint(exact):
            kept = [
                f
                for i, f in enumerate(exact)
                if f not in _PARTS or not "".join(exact[i + 1 : i + 2]).isdigit()
            ]
            if kept != exact:
                self._put(row, kept, True)
        sort = _VARIETY.sub("", title)  # "Snake Plant 'Laurentii'" is a snake plant
        if sort != title and _is_told(forms(sort)):
            self._put(row, forms(sort), True)
        for mark in (": ", " - ", " – "):
            head, found, tail = title.partition(mark)
            if found:
                before, after = forms(head), forms(tail)
                if _is_told(before):
                    self._put(row, before, True)
                if sum(form not in FUNCTION_WORDS for form in after) > 1:
                    self._put(row, after, True)

    def _put(self, row: int, title: list[str], weak: bool) -> None:
        article = title[0] if len(title) > 1 and title[0] in ARTICLES else ""
        bare = title[1:] if article else title
        if not bare:
            return
        entries = self.titles.setdefault(" ".join(bare), [])
        if not any(entry.row == row for entry in entries):
            entries.append(Title(row, article, weak))
        if len(bare) > self.longest.get(bare[0], 0):
            self.longest[bare[0]] = len(bare)

    def namesakes(self, item_id: str) -> list[str]:
        """The items with the same title, articles aside, the item itself first."""
        row = self._rows.get(item_id)
        if row is None:
            return []
        key = self._keys[row]
        return [item_id, *(self.ids[t.row] for t in self.titles.get(key, ()) if t.row != row and not t.weak)]

    def holding(self, sought: Collection[str]) -> list[int]:
        """The rows whose titles have all of some words, the ones with the fewest others first, then by fame."""
        if self._with is None:
            self._with, self._sizes = {}, []
            for row, title in enumerate(self.shown):
                own = set(stems(title))
                self._sizes.append(len(own))
                for one in own:
                    self._with.setdefault(one, set()).add(row)
        rows = [self._with.get(one, set()) for one in sought]
        both = set.intersection(*rows) if rows else set()
        return sorted(both, key=lambda row: (self._sizes[row], -self.fame[row]))

    def nearest(self, key: str, is_odd: Callable[[str], bool]) -> tuple[str, float]:
        """The title key most like `key`, or "" when none is like enough, and how much it is like it (0-100).

        `is_odd` says whether a word is hardly used but in titles: a short title needs one.
        """
        if self._near is None:
            self._near = {}
            for known in self.titles:
                self._near.setdefault(known[:1], []).append(known)
        best, score = "", _FUZZY
        joined = key.replace(" ", "")
        numbers = [part for part in key.split() if part.isdigit()]
        for known in self._near.get(key[:1], ()):
            if abs(len(known) - len(key)) > 3 or len(known) < 5:
                continue
            close = max(fuzz.ratio(key, known), fuzz.ratio(joined, known.replace(" ", "")) - 1)
            if close > score and [part for part in known.split() if part.isdigit()] == numbers:
                exact = close >= 93 and len(known) > 8  # "interstelar"
                if not exact and known.count(" ") < 2 and not any(is_odd(part) for part in known.split()):
                    continue  # "scarry movies" is no title
                best, score = known, close
        return best, score


def _is_told(part: Sequence[str]) -> bool:
    """Whether the words of a part of a title are enough to name an item by."""
    return len(part) > 1 or (len(part) == 1 and part[0] not in ordinary_words() and len(part[0]) > 3)
