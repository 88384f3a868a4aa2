"""Ratings: which users liked which items, from public rating data sets or any table, linked to a catalogue.

A new data set is a class like these and a line in `RATINGS`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidationError

from wherefore.catalog.catalog import Catalog
from wherefore.config import Component, build
from wherefore.corpora.base import split_title
from wherefore.corpora.files import header_of, read_cut, read_lines, read_table
from wherefore.corpora.linking import ItemReference, linker
from wherefore.errors import CorpusError, CorpusNotFoundError

_IMDB = re.compile(r"(?:tt)?(\d{1,10})")


@dataclass(frozen=True, slots=True)
class Rating:
    """Whether a user liked an item."""

    user: str
    item: ItemReference
    liked: bool


class Ratings:
    """A rating data set on disk; iterate over it, as often as you like, for its ratings.

    Args:
        path: The folder of the data set, or its file of ratings.
        threshold: The lowest rating that means: liked. None takes the data set's usual one.
        link_by: A field of the catalogue that holds the data set's ids, or other ids that it gives.

    Raises:
        CorpusNotFoundError: If there are no such files.
        CorpusError: If the threshold is not on the scale.
    """

    name: ClassVar[str]
    licence: str  # of the data, in words
    redistributable: bool  # whether weights trained on it may be shipped with Wherefore
    source: ClassVar[str]  # where the original files come from
    files: ClassVar[tuple[str, ...]]  # of the ratings; the first that a folder has is read
    scale: ClassVar[tuple[float, float]]
    usual: ClassVar[float]  # threshold

    def __init__(self, path: str | Path, threshold: float | None = None, link_by: str | None = None) -> None:
        self.path = Path(path)
        self.threshold = self.usual if threshold is None else float(threshold)
        low, high = self.scale
        if not low <= self.threshold <= high:
            raise CorpusError(
                f"ratings {self.name!r}: `threshold` is {threshold}; ratings go from {low:g} to {high:g}"
            )
        self.link_by = link_by
        self.file = self._find()
        self.folder = self.file.parent

    def __iter__(self) -> Iterator[Rating]:
        """The ratings in order of the file."""
        raise NotImplementedError

    def _find(self) -> Path:
        if self.path.is_file():
            return self.path
        found = [self.path / name for name in self.files if (self.path / name).is_file()]
        if not found:
            what = (
                f"{self.path} has none of {', '.join(self.files)}"
                if self.path.is_dir()
                else f"no {self.path}"
            )
            raise CorpusNotFoundError(f"ratings {self.name!r}: {what}; get them from {self.source}")
        return found[0]

    def _beside(self, *names: str) -> Path | None:
        """The first of these files that lies beside the ratings."""
        return next((self.folder / name for name in names if (self.folder / name).is_file()), None)

    def _liked(self, value: str, where: str) -> bool:
        return _number(value, where, self.scale) >= self.threshold

    def _shared_items(self) -> dict[str, ItemReference]:
        """Native ids to what `items.jsonl` in the shared form says of them; empty without one."""
        file = self._beside("items.jsonl", "items.jsonl.gz")
        found = {}
        for where, record in read_lines(file) if file else ():
            native = record.get("native_id")
            if native is None:
                raise CorpusError(f"{where}: there is no `native_id`; every item needs one")
            item_id, title, year = record.get("item_id"), record.get("title"), record.get("year")
            found[str(native)] = ItemReference(
                (str(item_id),) if item_id else (),
                str(native),
                (str(title),) if title else (),
                year if isinstance(year, int) else None,
            )
        return found

    def _shared(self, native: str, value: str, also: Callable[[str], tuple[str, ...]]) -> Iterator[Rating]:
        """Ratings in the shared form: a table with `user_id`, `item_id` (may be empty) and two more columns."""
        items = self._shared_items()
        known: dict[tuple[str, str], ItemReference] = {}
        for where, row in read_table(self.file, ("user_id", "item_id", native, value)):
            key = (row["item_id"], row[native])
            if key not in known:
                base = items.get(row[native], ItemReference())
                ids = dict.fromkeys(
                    ((row["item_id"],) if row["item_id"] else ()) + base.ids + also(row[native])
                )
                known[key] = ItemReference(tuple(ids), row[native], base.titles, base.year)
            if value == "liked":
                if row[value] not in ("0", "1"):
                    raise CorpusError(f"{where}: `liked` is {row[value]!r}; it must be 0 or 1")
                yield Rating(row["user_id"], known[key], row[value] == "1")
            else:
                yield Rating(row["user_id"], known[key], self._liked(row[value], where))


class MovieTweetings(Ratings):
    """MovieTweetings (Dooms et al., 2013): ratings that people tweeted, 0 to 10, with IMDb ids.

    Reads the original `ratings.dat`, with titles from `movies.dat` where it is there, or the shared form
    `ratings.csv`.
    """

    name = "movietweetings"
    licence = "MIT"
    redistributable = True
    source = "https://github.com/sidooms/MovieTweetings"
    files = ("ratings.dat", "ratings.csv", "ratings.csv.gz")
    scale = (0.0, 10.0)
    usual = 7.0

    def __iter__(self) -> Iterator[Rating]:
        """The ratings in order of the file."""
        if self.file.suffix != ".dat":
            yield from self._shared("imdb_id", "rating_0_10", lambda native: _imdb(native))
            return
        titles = {}
        if (movies := self._beside("movies.dat")) is not None:
            for _, (native, title, *_) in read_cut(movies, "::", 2):
                titles[native] = _titles(title)
        known: dict[str, ItemReference] = {}
        for where, (user, native, value, *_) in read_cut(self.file, "::", 3):
            if native not in known:
                names, year = titles.get(native, ((), None))
                known[native] = ItemReference(_imdb(native), native, names, year)
            yield Rating(user, known[native], self._liked(value, where))


class MovieLens(Ratings):
    """MovieLens (Harper & Konstan, 2015): ratings up to 5.

    Reads `ratings.csv` of the newer editions (with `links.csv` and `movies.csv`, at least one of them),
    `u.data` of MovieLens 100K (with `u.item`), and the shared forms `ratings.csv` and `interactions.csv`.
    """

    name = "movielens"
    licence = "MovieLens terms of use: research; no redistribution and no commercial use without permission"
    redistributable = False
    source = "https://grouplens.org/datasets/movielens/"
    files = ("ratings.csv", "ratings.csv.gz", "u.data", "interactions.csv", "interactions.csv.gz")
    scale = (0.0, 5.0)
    usual = 4.0

    def __iter__(self) -> Iterator[Rating]:
        """The ratings in order of the file."""
        if self.file.name == "u.data":
            yield from self._hundred_thousand()
            return
        columns = header_of(self.file)
        if "movieId" in columns:
            yield from self._newer()
            return
        native = "movielens_id" if "movielens_id" in columns else "native_id"
        yield from self._shared(native, "liked" if "liked" in columns else "rating", lambda native: ())

    def _newer(self) -> Iterator[Rating]:
        ids: dict[str, tuple[str, ...]] = {}
        titles: dict[str, tuple[tuple[str, ...], int | None]] = {}
        links, movies = self._beside("links.csv"), self._beside("movies.csv")
        for _, row in read_table(links, ("movieId", "imdbId")) if links else ():
            ids[row["movieId"]] = _imdb(row["imdbId"])
        for _, row in read_table(movies, ("movieId", "title")) if movies else ():
            titles[row["movieId"]] = _titles(row["title"])
        if links is None and movies is None:
            raise CorpusNotFoundError(
                f"{self.folder} has neither links.csv nor movies.csv, so its films cannot be told; "
                f"get one from {self.source}"
            )
        known: dict[str, ItemReference] = {}
        for where, row in read_table(self.file, ("userId", "movieId", "rating")):
            native = row["movieId"]
            if native not in known:
                names, year = titles.get(native, ((), None))
                known[native] = ItemReference(ids.get(native, ()), native, names, year)
            yield Rating(row["userId"], known[native], self._liked(row["rating"], where))

    def _hundred_thousand(self) -> Iterator[Rating]:
        movies = self._beside("u.item")
        if movies is None:
            raise CorpusNotFoundError(
                f"{self.folder} has no u.item, so its films cannot be told; get it from {self.source}"
            )
        known = {}
        for _, (native, title, *_) in read_cut(movies, "|", 2, encoding="latin-1"):
            names, year = _titles(title)
            known[native] = ItemReference((), native, names, year)
        for where, (user, native, value, *_) in read_cut(self.file, "\t", 3):
            item = known.get(native, ItemReference(native=native))
            yield Rating(user, item, self._liked(value, where))


class Table(Ratings):
    """Any table: .csv or .tsv (also .gz), with a header.

    Args:
        path: The file.
        user: Column of users.
        item: Column of items: ids of the catalogue, or of the field that `link_by` names.
        rating: Column of ratings; None: every line is an item that the user liked.
        threshold: The lowest rating that means: liked.
        title: Column of titles, where items are to be found by title and year as well.
        year: Column of years.
        link_by: A field of the catalogue that holds the items' ids.
        licence: Of the data, in words.
        redistributable: Whether weights trained on it may be shipped.

    Raises:
        CorpusNotFoundError: If there is no such file.
    """

    name = "csv"
    source = "wherever you have it"
    files = ("ratings.csv", "ratings.csv.gz", "ratings.tsv", "ratings.tsv.gz")
    scale = (-math.inf, math.inf)
    usual = 4.0

    def __init__(
        self,
        path: str | Path,
        user: str = "user_id",
        item: str = "item_id",
        rating: str | None = "rating",
        threshold: float | None = None,
        title: str | None = None,
        year: str | None = None,
        link_by: str | None = None,
        licence: str = "not said",
        redistributable: bool = False,
    ) -> None:
        super().__init__(path, threshold, link_by)
        self.user, self.item, self.rating, self.title, self.year = user, item, rating, title, year
        self.licence, self.redistributable = licence, redistributable

    def __iter__(self) -> Iterator[Rating]:
        """The ratings in order of the file."""
        needed = [c for c in (self.user, self.item, self.rating, self.title, self.year) if c is not None]
        for where, row in read_table(self.file, needed):
            year = row[self.year].strip() if self.year else ""
            item = ItemReference(
                (row[self.item],) if row[self.item] else (),
                row[self.item],
                (row[self.title],) if self.title and row[self.title] else (),
                int(_number(year, where)) if year else None,
            )
            yield Rating(row[self.user], item, self.rating is None or self._liked(row[self.rating], where))


class LLMRedial(Ratings):
    """LLM-Redial's film part (Liang et al., Findings of ACL 2024): what people bought, and what they disliked of it.

    Reads the shared form, `users.jsonl` with `items.jsonl` beside it. Titles come without a year.
    """

    name = "llm-redial"
    licence = "not said by its authors"
    redistributable = False
    source = "the authors of the paper"
    files = ("users.jsonl", "users.jsonl.gz")
    scale = (0.0, 1.0)
    usual = 1.0

    def __iter__(self) -> Iterator[Rating]:
        """Of each user, what was bought is liked; what a conversation calls disliked is not."""
        items = {}
        file = self._beside("items.jsonl", "items.jsonl.gz")
        for _, record in read_lines(file) if file else ():
            native, guess, title = (record.get(key) for key in ("item_id", "catalogue_id_guess", "title"))
            ids, titles = ((str(one),) if one else () for one in (guess, title))
            items[str(native)] = ItemReference(ids, str(native), titles)
        for where, record in read_lines(self.file):
            user, talks = record.get("user_id"), record.get("conversations", [])
            if user is None or not isinstance(talks, list) or not all(isinstance(one, dict) for one in talks):
                raise CorpusError(
                    f"{where}: a line must have `user_id`, `history` and a list of `conversations`"
                )
            bought = (record.get(key, []) for key in ("history", "might_like"))
            told = [*((part, True) for part in bought), *((one.get("dislikes", []), False) for one in talks)]
            for natives, liked in told:
                if not isinstance(natives, list):
                    raise CorpusError(f"{where}: {natives!r} stands where a list of item ids must")
                for native in map(str, natives):
                    yield Rating(str(user), items.get(native, ItemReference(native=native)), liked)


RATINGS: dict[str, type[Ratings]] = {
    "csv": Table,
    "llm-redial": LLMRedial,
    "movielens": MovieLens,
    "movietweetings": MovieTweetings,
}


def ratings_of(component: Component | Mapping[str, Any]) -> Ratings:
    """A rating data set by its name in `RATINGS` or `package.module:Name`, and its keywords.

    Raises:
        ConfigError: If the name is unknown or a keyword is not taken.
        CorpusNotFoundError: If its files are not there.
    """
    if not isinstance(component, Component):
        try:
            component = Component(**component)
        except (TypeError, ValidationError) as error:
            raise CorpusError(
                f"ratings are given as {component!r}; give {{name: …, path: …}}, name one of {', '.join(RATINGS)}"
            ) from error
    made: Ratings = build(component, RATINGS, "ratings")
    return made


def liked_sets(component: Component | Mapping[str, Any], catalog: Catalog) -> list[frozenset[str]]:
    """What each user liked of a catalogue: sets of ids, at least 2 each, in order of the users' first rating.

    An item is found by its id, by the field of ids that `link_by` names, or by title and year, in this order;
    title and year (where the catalogue has years, and the data set too) must be those of one item alone. Of two
    ratings of an item by one user, the later counts.

    Args:
        component: `{name: movietweetings, path: …}`.
        catalog: Whose items are meant.

    Raises:
        CorpusError: If a line is broken, or no rated item is in the catalogue.
        CorpusNotFoundError: If the files are not there.
    """
    ratings = ratings_of(component)
    find = linker(catalog, ratings.link_by)
    found: dict[ItemReference, str | None] = {}
    users: dict[str, dict[str, bool]] = {}
    for rating in ratings:
        if rating.item not in found:
            found[rating.item] = find(rating.item)
        item_id = found[rating.item]
        of_user = users.setdefault(rating.user, {})
        if item_id is not None:
            of_user[item_id] = rating.liked
    if not any(users.values()):
        example = next(iter(found), None)
        raise CorpusError(
            f"none of the {len(found):,} items rated in {ratings.file} is in {catalog.name} "
            f"(one is {example}; an id here looks like {catalog.ids[0]!r}); "
            "name a field of its ids with `link_by`, or leave these ratings out"
        )
    sets = (frozenset(item for item, liked in of_user.items() if liked) for of_user in users.values())
    return [one for one in sets if len(one) >= 2]


def _number(value: str, where: str, scale: tuple[float, float] = (-math.inf, math.inf)) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    low, high = scale
    if not math.isfinite(number) or not low <= number <= high:
        allowed = f"a number from {low:g} to {high:g}" if math.isfinite(low) else "a finite number"
        raise CorpusError(f"{where}: {value!r} is not {allowed}")
    return number


def _imdb(native: str) -> tuple[str, ...]:
    """A number of IMDb as IMDb writes it; nothing for what is none."""
    match = _IMDB.fullmatch(native.strip())
    return (f"tt{int(match[1]):07d}",) if match else ()


def _titles(name: str) -> tuple[tuple[str, ...], int | None]:
    """`Cité, La (City, The) (1995)` as its titles and the year.

    >>> _titles("City of Lost Children, The (Cité des enfants perdus, La) (1995)")
    (('City of Lost Children, The', 'Cité des enfants perdus, La'), 1995)
    """
    facts = split_title(name)
    titles = [facts["title"]]
    if match := re.fullmatch(r"(.+?)\s*\(([^()]+)\)", titles[0]):
        titles = [match[1], re.sub(r"^a\.?k\.?a\.?:?\s+", "", match[2])]
    return tuple(titles), facts.get("year")
