"""What is known of a candidate besides the sources' ranks and scores: how it compares with what was said and named."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.derived import Ragged
from wherefore.dialogue.messages import Dialogue
from wherefore.retrieval.index import Index, shares
from wherefore.text import forms

EXTRA_FEATURES = (
    "query",  # cosine of request text and item
    "liked_best",  # cosine to the closest liked item
    "liked_mean",  # mean cosine to the liked items
    "disliked_best",  # cosine to the closest disliked item
    "mentioned_best",  # cosine to the closest item that either speaker named
    "mentioned_mean",
    "mentioned_last",  # to the one named last
    "shared_best",  # idf of the values shared with a named item, summed
    "shared_mean",
    "shared_last",
    "title_best",  # cosine of the titles' words, weighted by idf: sequels share words
    "title_last",
    "wanted",  # share of the wanted values that the item has, by strength
    "popularity",  # share of the catalogue that it is better known than
    "year",  # share of the catalogue that is older
    "year_gap",  # that, less the mean of the named items
    "year_nearest",  # distance to the closest named item
    "messages",  # log(1 + number)
    "mentioned",  # log(1 + number of named items)
)
# A catalogue may lack these; `pictures` and `vectors` are what sources need, see `wherefore.retrieval.source.Needs`.
OPTIONAL_FEATURES = (("popularity",), ("year", "year_gap", "year_nearest"), ("pictures",), ("vectors",))
PERSONAL_FEATURES = ("popularity",)  # an item has these only once people have counted it
_NEWEST = 20  # named items that count


@dataclass(frozen=True, slots=True)
class _Ragged:
    """Numbers of every row, flat, with their weights."""

    numbers: np.ndarray
    starts: np.ndarray  # (n + 1,)
    weights: np.ndarray  # of each number

    def take(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The numbers of some rows, flat, and for each the place of its row in `rows`."""
        sizes = self.starts[rows + 1] - self.starts[rows]
        lines = np.repeat(np.arange(len(rows)), sizes)
        within = np.arange(len(lines)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self.numbers[self.starts[rows][lines] + within], lines

    def shared(self, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        """The weight of what each row shares with each other row, (m, others)."""
        numbers, lines = self.take(rows)
        made = np.zeros((len(rows), len(others)), dtype=np.float32)
        has = np.zeros(len(self.weights), dtype=np.float32)
        for column, other in enumerate(others):
            mine = self.numbers[self.starts[other] : self.starts[other + 1]]
            has[mine] = self.weights[mine]
            made[:, column] = np.bincount(lines, has[numbers], len(rows))
            has[mine] = 0.0
        return made


class Describer:
    """Describes candidates of an index, as EXTRA_FEATURES.

    Args:
        index: Where the candidates are from.
    """

    names = EXTRA_FEATURES

    def __init__(self, index: Index) -> None:
        self.index = index
        self._catalog: object = None

    def __call__(self, dialogue: Dialogue, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The features of some rows, (m, 19) float32; NaN where there is nothing to compare with.

        Args:
            dialogue: What was said.
            query: (d,) the request's vector, unit; zeros when nothing was said.
            rows: (m,).
        """
        made = np.full((len(rows), len(self.names)), np.nan, dtype=np.float32)
        if not len(rows):
            return made
        self.prepare()
        column = {name: place for place, name in enumerate(self.names)}

        def put(name: str, values: np.ndarray | float) -> None:
            made[:, column[name]] = values

        index, preferences = self.index, dialogue.preferences
        vectors = index.store.vectors(rows)  # (m, d)
        if query.any():
            put("query", vectors @ query)
        liked = index.rows(preferences.liked)[-_NEWEST:]
        if len(liked):
            near = vectors @ index.store.vectors(liked).T  # (m, liked)
            put("liked_best", near.max(axis=1))
            put("liked_mean", near.mean(axis=1))
        disliked = index.rows(preferences.disliked)[-_NEWEST:]
        if len(disliked):
            put("disliked_best", (vectors @ index.store.vectors(disliked).T).max(axis=1))
        mentioned = mentioned_rows(dialogue, index)
        put("messages", np.log1p(len(dialogue.messages)))
        put("mentioned", np.log1p(len(mentioned)))
        mentioned = mentioned[-_NEWEST:]
        if len(mentioned):
            near = vectors @ index.store.vectors(mentioned).T  # (m, mentioned)
            shared = self._values.shared(rows, mentioned)
            titles = self._titles.shared(rows, mentioned)
            titles /= np.maximum(self._lengths[rows][:, None] * self._lengths[mentioned], 1e-9)
            for name, values in (("mentioned", near), ("shared", shared), ("title", titles)):
                put(f"{name}_best", values.max(axis=1))
                put(f"{name}_last", values[:, -1])
            put("mentioned_mean", near.mean(axis=1))
            put("shared_mean", shared.mean(axis=1))
        put("year", self._years[rows])
        known = self._years[mentioned]
        known = known[~np.isnan(known)]
        if len(known):
            put("year_gap", self._years[rows] - known.mean())
            put("year_nearest", np.abs(self._years[rows][:, None] - known).min(axis=1))
        if preferences.wanted:
            put("wanted", self._satisfied(dialogue, rows))
        if index.popularity is not None:
            put("popularity", index.popularity[rows])
        return made

    def _satisfied(self, dialogue: Dialogue, rows: np.ndarray) -> np.ndarray:
        """Share of the wanted values, weighed by strength, that each row has, (m,)."""
        wanted = dialogue.preferences.wanted
        strength = np.zeros(len(self.index), dtype=np.float32)
        for wish in wanted:
            strength[self.index.attributes.rows(wish.field, wish.value)] += wish.strength
        return np.asarray(strength[rows] / max(sum(wish.strength for wish in wanted), 1e-9), dtype=np.float32)

    def prepare(self) -> None:
        """Collect what is derived from the catalogue, unless it is as it was."""
        catalog = self.index.catalog
        if self._catalog is catalog.items:
            return
        attributes = self.index.attributes
        self._values = _Ragged(attributes.by_row.numbers, attributes.by_row.starts, attributes.idf)
        parts = catalog.derived.get("title-features", lambda: _title_words(catalog))
        self._titles = _Ragged(parts["words"], parts["starts"], parts["weights"])
        self._lengths: np.ndarray = parts["lengths"]
        year = catalog.schema.year
        values = np.full(len(catalog), np.nan) if year is None else catalog.numbers(year.name)
        self._years = shares(values)
        self._catalog = catalog.items


def mentioned_rows(dialogue: Dialogue, index: Index) -> np.ndarray:
    """The rows of all items that either speaker named, in order of first mention."""
    return index.rows(dict.fromkeys(mention.item_id for mention in dialogue.mentions))


def _title_words(catalog: Catalog) -> dict[str, np.ndarray]:
    """The words of every title by their numbers, with their weights, and how long titles are by these."""
    places: dict[str, int] = {}
    titles = Ragged.of(
        sorted({places.setdefault(word, len(places)) for word in forms(title)}) for title in catalog.titles
    )
    counts = np.bincount(titles.numbers, minlength=max(len(places), 1))
    weights = np.log((len(catalog) + 1) / np.maximum(counts, 1)) ** 2
    lines = np.repeat(np.arange(len(titles)), np.diff(titles.starts))
    lengths = np.sqrt(np.bincount(lines, weights[titles.numbers], len(titles)))
    return {
        "words": titles.numbers,
        "starts": titles.starts,
        "weights": weights.astype(np.float32),
        "lengths": lengths,
    }
