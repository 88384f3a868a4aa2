"""Titles of a catalogue by their words: looked up as they are written, in part, or missed by a slip."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import repeat
from typing import Any

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.process import cdist

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.derived import ByKey, Keys, Parts
from wherefore.catalog.field_values import Counts
from wherefore.text import ARTICLES, FUNCTION_WORDS, NUMBERS, forms, ordinary_words, stem

_NUMBER_WORDS = {name: str(number) for name, number in NUMBERS.items() if 2 <= number <= 12}
_PARTS = frozenset({"part", "vol", "volume", "chapter", "episode"})
_FUZZY = 88.0
_ARTICLES = ("", *sorted(ARTICLES))


@dataclass(frozen=True, slots=True)
class Title:
    """A title of the item in a row of the catalogue."""

    row: int
    article: str  # the leading article, or ""
    weak: bool  # a part of the title or another spelling


_VARIETY = re.compile(r"\s+(?:'[^']+'|‘[^‘’]+’|\"[^\"]+\"|“[^“”]+”)\s*$")  # at the end of a title


class TitleIndex:
    """All titles of a catalogue by their folded words, without a leading article.

    What it looks up is made once and kept with the catalogue's index, see `wherefore.catalog.derived`.

    Args:
        catalog: The catalogue. Fields of kind `alias` are further titles.

    Attributes:
        titles: Of each key, the titles that are written so.
        longest: By the first word of a key, the words of the longest that begins with it.
        ids: Of each row, the item's id,
        shown: its title as it is shown,
        fame: and how well known it is, as a rank.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.ids, self.shown = catalog.ids, catalog.titles
        parts = catalog.derived.get("titles", lambda: _Titles(catalog).parts())
        self.fame: np.ndarray = parts["fame"]
        self.titles: Mapping[str, list[Title]] = _TitlesByKey(parts)
        self.longest: Mapping[str, int] = Counts(parts["firsts"], parts["longest"])
        self._own: np.ndarray = parts["own"]
        self._keys: Keys = parts["keys"]
        self._catalog = catalog
        self._near: dict[str, dict[int, _Alike]] = {}
        self._sizes: np.ndarray | None = None

    def year(self, row: int) -> float | None:
        """The year of a row's item, if it is known."""
        spec = self._catalog.schema.year
        told = float("nan") if spec is None else float(self._catalog.numbers(spec.name)[row])
        return None if told != told else float(int(told))

    def namesakes(self, item_id: str) -> list[str]:
        """The items with the same title, articles aside, the item itself first."""
        if item_id not in self._catalog:
            return []
        row = self._catalog.row(item_id)
        if self._own[row] < 0:
            return [item_id]
        same = self.titles[self._keys[int(self._own[row])]]
        return [item_id, *(self.ids[one.row] for one in same if one.row != row and not one.weak)]

    def holding(self, sought: Collection[str]) -> list[int]:
        """The rows whose titles have all of some words, the ones with the fewest others first, then by fame."""
        words = self._catalog.title_words
        each = sorted((words.rows(one) for one in sought), key=len)
        if not each:
            return []
        rows = reduce(lambda some, more: np.intersect1d(some, more, assume_unique=True), each)
        if self._sizes is None:
            self._sizes = np.bincount(words.places.numbers, minlength=len(self.ids))
        found: list[int] = rows[np.lexsort((-self.fame[rows], self._sizes[rows]))].tolist()
        return found

    def in_titles(self, form: str) -> bool:
        """Whether a title has a word, its ending aside."""
        return len(self._catalog.title_words.rows(stem(form))) > 0

    def is_known(self, form: str) -> bool:
        """Whether any record has a word, its ending aside."""
        return self.in_titles(form) or bool(self._catalog.naming(form).any())

    def nearest(self, key: str, is_odd: Callable[[str], bool]) -> tuple[str, float]:
        """The title key most like `key`, or "" when none is like enough, and how much it is like it (0-100).

        `is_odd` says whether a word is hardly used but in titles: a short title needs one.
        """
        by_length = self._beginning(key[:1])
        joined = key.replace(" ", "")
        numbers = [part for part in key.split() if part.isdigit()]
        close: list[tuple[int, float, str]] = []
        for length in range(max(len(key) - 3, 5), len(key) + 4):
            alike = by_length.get(length)
            if alike is not None:
                close += alike.to(key, joined)
        best, score = "", _FUZZY
        for _, near, known in sorted(close):  # in the catalogue's order
            if near > score and [part for part in known.split() if part.isdigit()] == numbers:
                exact = near >= 93 and len(known) > 8  # "interstelar"
                if not exact and known.count(" ") < 2 and not any(is_odd(part) for part in known.split()):
                    continue  # "scarry movies" is no title
                best, score = known, near
        return best, score

    def _beginning(self, letter: str) -> dict[int, _Alike]:
        """The keys that begin with a letter, by their length."""
        if letter not in self._near:
            found: dict[int, _Alike] = {}
            for known in self._keys.beginning(letter):
                found.setdefault(len(known), _Alike()).add(self._keys.get(known), known)
            self._near[letter] = found
        return self._near[letter]


class _Alike:
    """Keys of one length, compared with another all at once."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._known: list[str] = []
        self._joined: list[str] = []

    def add(self, number: int, known: str) -> None:
        """Take a key with its number."""
        self._numbers.append(number)
        self._known.append(known)
        self._joined.append(known.replace(" ", ""))

    def to(self, key: str, joined: str) -> list[tuple[int, float, str]]:
        """Number, likeness (0-100) and text of the keys that are like enough."""
        whole = cdist([key], self._known, scorer=fuzz.ratio, score_cutoff=_FUZZY, dtype=np.float64)[0]
        parts = cdist([joined], self._joined, scorer=fuzz.ratio, score_cutoff=_FUZZY, dtype=np.float64)[0]
        near = np.maximum(whole, parts - 1)
        return [
            (self._numbers[place], float(near[place]), self._known[place])
            for place in np.flatnonzero(near > _FUZZY)
        ]


class _TitlesByKey(ByKey[list[Title]]):
    """The titles of each key, made when they are asked for."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts["keys"])
        self._starts, self._rows = parts["starts"], parts["rows"]
        self._articles, self._weak = parts["articles"], parts["weak"]

    def of_number(self, number: int) -> list[Title]:
        """As of `ByKey`."""
        here = slice(int(self._starts[number]), int(self._starts[number + 1]))
        told = zip(
            self._rows[here].tolist(), self._articles[here].tolist(), self._weak[here].tolist(), strict=True
        )
        return [Title(row, _ARTICLES[article], weak) for row, article, weak in told]


class _Titles:
    """Collects the titles of a catalogue."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.titles: dict[str, list[Title]] = {}
        self.longest: dict[str, int] = {}
        self._keys: dict[int, str] = {}  # of each row's own title
        aliases = [spec.name for spec in catalog.schema.aliases]
        others: Iterable[Item | None] = catalog.items if aliases else repeat(None)
        for row, (title, item) in enumerate(zip(catalog.titles, others, strict=False)):
            self._add(row, title)
            for name in aliases if item is not None else ():
                for other in item.values(name) if item is not None else ():
                    self._add(row, other)
        for key in [key for key in self.titles if " " in key]:  # "Castaway" may be "Cast Away"
            joined = key.replace(" ", "")
            if len(joined) > 3 and joined in self.titles:
                for entry in self.titles[key]:
                    if not entry.weak:
                        self._put(entry.row, [*[entry.article][: bool(entry.article)], joined], False, True)

    def parts(self) -> dict[str, Any]:
        """For `Derived.get`."""
        catalog = self._catalog
        popularity = catalog.schema.popularity
        fame = -np.arange(len(catalog), dtype=float)
        if popularity is not None:
            counts = np.nan_to_num(catalog.numbers(popularity.name), nan=-1.0)
            fame = np.argsort(np.lexsort((-fame, counts))).astype(float)
        keys = Keys.of(list(self.titles))
        entries = [entry for same in self.titles.values() for entry in same]
        return {
            "keys": keys,
            "starts": np.concatenate([[0], np.cumsum([len(same) for same in self.titles.values()])]),
            "rows": np.array([entry.row for entry in entries], dtype=np.int32),
            "articles": np.array([_ARTICLES.index(entry.article) for entry in entries], dtype=np.int8),
            "weak": np.array([entry.weak for entry in entries], dtype=bool),
            "own": np.array([keys.get(self._keys[row]) for row in range(len(catalog))], dtype=np.int32),
            "firsts": Keys.of(list(self.longest)),
            "longest": np.array(list(self.longest.values()), dtype=np.int32),
            "fame": fame,
        }

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

    def _put(self, row: int, title: list[str], weak: bool, joined: bool = False) -> None:
        article = title[0] if len(title) > 1 and title[0] in ARTICLES else ""
        bare = title[1:] if article else title
        if not bare:
            return
        entries = self.titles.setdefault(" ".join(bare), [])
        # Rows come in their order, so that the last entry tells; but for those that are joined in the end.
        here = entries if joined else entries[-1:]
        if not any(entry.row == row for entry in here):
            entries.append(Title(row, article, weak))
        if len(bare) > self.longest.get(bare[0], 0):
            self.longest[bare[0]] = len(bare)


def _is_told(part: Sequence[str]) -> bool:
    """Whether the words of a part of a title are enough to name an item by."""
    return len(part) > 1 or (len(part) == 1 and part[0] not in ordinary_words() and len(part[0]) > 3)
