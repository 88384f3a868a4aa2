"""Retrieval: hard limits first, then several unlike sources, then one set of candidates with features."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np

from wherefore.catalog import Item
from wherefore.dialogue import Dialogue, Limit, Wish
from wherefore.embedders import (
    EMBEDDERS,
    Embedder,
    PackagedMiniLM,
    SentenceTransformerEmbedder,
    packaged_minilm_dir,
)
from wherefore.index import Attributes, Index, Projection
from wherefore.lexical import Lexical
from wherefore.sources import (
    BM25,
    SOURCES,
    AttributeMatch,
    Dense,
    Liked,
    Popularity,
    Source,
    nearest,
    top,
)
from wherefore.stores import STORES, FaissStore, Hits, VectorStore

__all__ = [
    "BM25",
    "EMBEDDERS",
    "EXTRA_FEATURES",
    "SOURCES",
    "STORES",
    "AttributeMatch",
    "Attributes",
    "Candidates",
    "Dense",
    "Embedder",
    "FaissStore",
    "Hits",
    "Index",
    "Lexical",
    "Liked",
    "PackagedMiniLM",
    "Popularity",
    "Projection",
    "Retriever",
    "SentenceTransformerEmbedder",
    "Source",
    "VectorStore",
    "feature_names",
    "packaged_minilm_dir",
]

EXTRA_FEATURES = (
    "query",  # cosine of request text and item
    "liked_best",  # cosine to the closest liked item
    "liked_mean",  # mean cosine to the liked items
    "disliked_best",  # cosine to the closest disliked item
    "wanted",  # share of the wanted values that the item has, by strength
    "popularity",  # share of the catalogue that it is better known than
)
_RRF = 60  # reciprocal rank fusion's usual constant (Cormack et al., 2009)
_GUARANTEED = 0.5  # share of the candidates that the sources' best are sure of, in equal parts
_QUERY_CHARS = 500  # of the user's newest words that are embedded
_QUERIES_KEPT = 256
_OPERATORS = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
}


def feature_names(source_names: Sequence[str]) -> tuple[str, ...]:
    """What the columns of `Candidates.features` are.

    >>> feature_names(["dense"])[:3]
    ('dense.found', 'dense.rank', 'dense.score')
    """
    of_sources = (f"{name}.{what}" for name in source_names for what in ("found", "rank", "score"))
    return (*of_sources, *EXTRA_FEATURES)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Items that go on to the ranker, best first by reciprocal rank fusion, with all that sources know."""

    rows: np.ndarray  # (m,) int64
    items: tuple[Item, ...]
    source_names: tuple[str, ...]
    ranks: np.ndarray  # (m, n_sources) int32: 1 for a source's best; 0 where it did not find the item
    scores: np.ndarray  # (m, n_sources) float32: NaN where there is nothing to score by
    scales: tuple[float, ...]  # of the sources: how a score becomes a feature
    extra: np.ndarray  # (m, 6) float32, columns EXTRA_FEATURES; 0 where there is nothing to compare with

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the columns of `features` are."""
        return feature_names(self.source_names)

    @property
    def features(self) -> np.ndarray:
        """(m, f) float32, all finite, f = 3 n_sources + 6.

        For every source: whether it found the item; 10 / (9 + rank), 0 where not found; the score, brought
        to (-1, 1) by the source's scale, 0 where there is none. Then `extra`. A row depends on its item
        and its ranks alone.
        """
        found = self.ranks > 0
        ranks = np.where(found, 10.0 / (9.0 + self.ranks), 0.0)
        scales = np.array(self.scales, dtype=np.float32)
        scores = np.nan_to_num(self.scores, nan=0.0)
        scores = np.where(scales > 0, scores / np.maximum(scales + np.abs(scores), 1e-9), scores)
        of_sources = np.stack([found, ranks, scores], axis=2).reshape(len(self), 3 * len(self.scales))
        return np.concatenate([of_sources, self.extra], axis=1).astype(np.float32)


class Retriever:
    """Finds candidates for a dialogue.

    Args:
        index: What is searched.
        sources: Where candidates come from; their order is the order of the features.
    """

    def __init__(self, index: Index, sources: Sequence[Source]) -> None:
        names = [source.name for source in sources]
        if not sources or len(set(names)) != len(names):
            raise ValueError(
                f"`sources` is {', '.join(names) or 'empty'}; give at least one, and none twice, "
                f"of {', '.join(sorted(SOURCES))} or your own"
            )
        self.index = index
        self.sources = tuple(sources)
        self._queries: OrderedDict[str, np.ndarray] = OrderedDict()
        self._lock = Lock()

    @property
    def source_names(self) -> tuple[str, ...]:
        """The sources in order."""
        return tuple(source.name for source in self.sources)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the columns of `Candidates.features` are."""
        return feature_names(self.source_names)

    def query(self, dialogue: Dialogue) -> np.ndarray:
        """The vector of the user's newest words, (d,) unit; zeros when nothing was said. The last ones are kept."""
        text = dialogue.query_text(_QUERY_CHARS)
        if not text.strip():
            return np.zeros(self.index.dim, dtype=np.float32)
        with self._lock:
            if text in self._queries:
                self._queries.move_to_end(text)
                return self._queries[text]
        vector = self.index.embed(text)
        with self._lock:
            self._queries[text] = vector
            if len(self._queries) > _QUERIES_KEPT:
                self._queries.popitem(last=False)
        return vector

    def allowed(self, dialogue: Dialogue, exclude: Collection[str] = ()) -> np.ndarray:
        """Which rows may be recommended, (n,) bool.

        Ruled out are: what a limit excludes or has no value for, what has an unwanted value, what is
        liked, disliked, seen, rejected or named by the user, and `exclude`.

        Raises:
            ValueError: If a limit is on a field that the catalogue lacks.
        """
        self._in_step()
        preferences = dialogue.preferences
        allowed = np.ones(len(self.index), dtype=bool)
        for limit in preferences.limits:
            allowed &= self._within(limit)
        for wish in preferences.unwanted:
            allowed[self.index.attributes.rows(wish.field, wish.value)] = False
        known = (preferences.liked, preferences.disliked, preferences.seen, preferences.rejected)
        for ids in (*known, dialogue.named_by_user, exclude):
            allowed[self.index.rows(ids)] = False
        return allowed

    def search(self, dialogue: Dialogue, k: int, exclude: Collection[str] = ()) -> Candidates:
        """The candidates for a dialogue: min(k, number of allowed items) of them.

        Items that have what is demanded (wanted with strength 2 or more) come before all others: of those
        that satisfy the most demands, all are among the candidates, up to k. Of the rest, every source's
        best are sure of a place; the others are chosen by reciprocal rank fusion.

        Args:
            dialogue: What was said.
            k: m, at most so many.
            exclude: Ids that must not come back.
        """
        if k < 1:
            raise ValueError(f"`k` is {k}; it must be at least 1")
        allowed = self.allowed(dialogue, exclude)
        query = self.query(dialogue)
        demanded = self._demanded(dialogue, allowed)
        if int(demanded.sum()) >= k:
            allowed = demanded
        k = min(k, int(allowed.sum()))
        if k == 0:
            return self._candidates(dialogue, query, np.empty(0, dtype=np.int64), [])
        found = [source.search(dialogue, query, min(source.k, k), allowed)[0] for source in self.sources]
        rows = np.unique(np.concatenate([*found, np.flatnonzero(demanded)]))
        fused = np.zeros(len(rows))
        priority = np.where(demanded[rows], 2, 0)
        sure = max(1, int(k * _GUARANTEED / len(self.sources)))
        for given in found:
            places = np.searchsorted(rows, given)
            fused[places] += 1.0 / (_RRF + np.arange(1, len(given) + 1))
            priority[places[:sure]] = np.maximum(priority[places[:sure]], 1)
        chosen = np.lexsort((rows, -fused, -priority))[:k]
        chosen = chosen[np.lexsort((rows[chosen], -fused[chosen]))]
        rows = rows[chosen]
        if len(rows) < k:
            rows = np.concatenate([rows, self._more(dialogue, query, k - len(rows), allowed, rows)])
        return self._candidates(dialogue, query, rows, found)

    def _in_step(self) -> None:
        if len(self.index.catalog) != len(self.index):
            raise ValueError(
                f"the catalogue has {len(self.index.catalog)} items but the index {len(self.index)}; "
                "add and remove items through the index"
            )

    def _within(self, limit: Limit) -> np.ndarray:
        values = self.index.catalog.numbers(limit.field)
        return np.asarray(_OPERATORS[limit.op](values, limit.value), dtype=bool)  # NaN compares as False

    def _demanded(self, dialogue: Dialogue, allowed: np.ndarray) -> np.ndarray:
        """The allowed rows that satisfy the most demands, (n,) bool; none when no demand is satisfied."""
        met = np.zeros(len(self.index), dtype=np.int32)
        for wish in dialogue.preferences.demands:
            met[self.index.attributes.rows(wish.field, wish.value)] += 1
        met[~allowed] = 0
        most = max(int(met.max(initial=0)), 1)
        return np.asarray(met == most, dtype=bool)

    def _more(
        self, dialogue: Dialogue, query: np.ndarray, k: int, allowed: np.ndarray, rows: np.ndarray
    ) -> np.ndarray:
        """The k further allowed rows: the closest to the request, else the best known, else the first."""
        left = allowed.copy()
        left[rows] = False
        request = Dense(self.index).request(dialogue, query)
        if request.any():
            return nearest(self.index, request[None], k, left)[0]
        candidates = np.flatnonzero(left)
        known = self.index.popularity
        return candidates[:k] if known is None else top(np.nan_to_num(known), k, left)[0]

    def _candidates(
        self, dialogue: Dialogue, query: np.ndarray, rows: np.ndarray, found: Sequence[np.ndarray]
    ) -> Candidates:
        ranks = np.zeros((len(rows), len(self.sources)), dtype=np.int32)
        scores = np.full((len(rows), len(self.sources)), np.nan, dtype=np.float32)
        place = {int(row): number for number, row in enumerate(rows)}
        for column, source in enumerate(self.sources):
            for rank, row in enumerate(found[column] if found else (), start=1):
                if int(row) in place:
                    ranks[place[int(row)], column] = rank
            if len(rows):
                scores[:, column] = source.score(dialogue, query, rows)
        items = self.index.catalog.items
        return Candidates(
            rows=rows.astype(np.int64),
            items=tuple(items[row] for row in rows),
            source_names=self.source_names,
            ranks=ranks,
            scores=scores,
            scales=tuple(source.scale for source in self.sources),
            extra=self._extra(dialogue, query, rows),
        )

    def _extra(self, dialogue: Dialogue, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(m, 6), columns EXTRA_FEATURES."""
        extra = np.zeros((len(rows), len(EXTRA_FEATURES)), dtype=np.float32)
        if not len(rows):
            return extra
        vectors = self.index.store.vectors(rows)  # (m, d)
        extra[:, 0] = vectors @ query
        liked = self.index.rows(dialogue.preferences.liked)
        if len(liked):
            near = vectors @ self.index.store.vectors(liked).T  # (m, l)
            extra[:, 1], extra[:, 2] = near.max(axis=1), near.mean(axis=1)
        disliked = self.index.rows(dialogue.preferences.disliked)
        if len(disliked):
            extra[:, 3] = (vectors @ self.index.store.vectors(disliked).T).max(axis=1)
        extra[:, 4] = self._satisfied(dialogue.preferences.wanted, rows)
        if self.index.popularity is not None:
            extra[:, 5] = np.nan_to_num(self.index.popularity[rows])
        return extra

    def _satisfied(self, wanted: Sequence[Wish], rows: np.ndarray) -> np.ndarray:
        """Share of the wanted values, weighed by strength, that each row has, (m,)."""
        strength = np.zeros(len(self.index), dtype=np.float32)
        for wish in wanted:
            strength[self.index.attributes.rows(wish.field, wish.value)] += wish.strength
        return np.asarray(strength[rows] / max(sum(wish.strength for wish in wanted), 1e-9), dtype=np.float32)
