"""Retrieval: hard limits first, then several unlike sources, then one set of candidates with features."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wherefore.catalog.catalog import Item
from wherefore.config import Config, build
from wherefore.dialogue.messages import Dialogue
from wherefore.dialogue.state import ITEMS_OF, Limit
from wherefore.retrieval.collaborative import Collaborative
from wherefore.retrieval.features import EXTRA_FEATURES, OPTIONAL_FEATURES, Describer
from wherefore.retrieval.index import Index
from wherefore.retrieval.learned import Learned
from wherefore.retrieval.neighbours import Neighbours
from wherefore.retrieval.regression import Regression
from wherefore.retrieval.sources import (
    BM25,
    AttributeMatch,
    Dense,
    Liked,
    Popularity,
    Reads,
    Source,
    Split,
    nearest,
    top,
)

_RRF = 60  # reciprocal rank fusion's usual constant (Cormack et al., 2009)
_GUARANTEED = 0.5  # share of the candidates that the sources' best are sure of, in equal parts
_QUERY_CHARS = 500  # of the user's newest words that are embedded
_OPERATORS = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
}


def _tower(*given: Any, **keywords: Any) -> Source:
    """The learned query tower; torch is imported when there is one."""
    from wherefore.retrieval.tower import Tower

    return Tower(*given, **keywords)


SOURCES: dict[str, Callable[..., Source]] = {
    "dense": Dense,
    "bm25": BM25,
    "liked": Liked,
    "attributes": AttributeMatch,
    "popularity": Popularity,
    "tower": _tower,
    "collaborative": Collaborative,
    "neighbours": Neighbours,
    "regression": Regression,
}


def feature_names(sources: Sequence[Source]) -> tuple[str, ...]:
    """What the columns of `Candidates.features` are: every source's rank, score and parts, then EXTRA_FEATURES."""
    ranked = [f"{source.name}.{what}" for source in sources for what in ("rank", "score")]
    parts = [f"{one.name}.{part}" for one in sources if isinstance(one, Split) for part in one.part_names]
    return (*ranked, *parts, *EXTRA_FEATURES)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Items that go on to the ranker, best first by reciprocal rank fusion, with all that sources know."""

    rows: np.ndarray  # (m,) int64
    items: tuple[Item, ...]
    source_names: tuple[str, ...]
    ranks: np.ndarray  # (m, n_sources) int32: 1 for a source's best; 0 where it did not find the item
    scores: np.ndarray  # (m, n_sources) float32: NaN where there is nothing to score by
    parts: np.ndarray  # (m, p) float32: parts of the scores of the sources that have some; NaN: not known
    extra: np.ndarray  # (m, 19) float32, columns EXTRA_FEATURES; NaN where there is nothing to compare with
    feature_names: tuple[str, ...]  # columns of `features`

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def features(self) -> np.ndarray:
        """(m, f) float32, NaN where not known: for every source log(rank) and score, then parts, then extra.

        A row depends on its item and its ranks alone.
        """
        ranks = np.where(self.ranks > 0, np.log(np.maximum(self.ranks, 1)), np.nan)
        of_sources = np.stack([ranks, self.scores], axis=2).reshape(len(self), 2 * len(self.source_names))
        return np.concatenate([of_sources, self.parts, self.extra], axis=1).astype(np.float32)


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
        self.describe = Describer(index)

    @property
    def source_names(self) -> tuple[str, ...]:
        """The sources in order."""
        return tuple(source.name for source in self.sources)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the columns of `Candidates.features` are."""
        return feature_names(self.sources)

    @property
    def optional_features(self) -> tuple[tuple[int, ...], ...]:
        """Columns of `Candidates.features` that are missing together, on a catalogue that lacks what they need."""
        names = self.feature_names
        learned = {source.name for source in self.sources if isinstance(source, Learned)}
        groups = [[f"{one}." for one in learned], *([f"{n}" for n in group] for group in OPTIONAL_FEATURES)]
        groups[1].append("popularity.")
        columns = (tuple(i for i, name in enumerate(names) if _is_one(name, group)) for group in groups)
        return tuple(group for group in columns if group)

    @property
    def personal_features(self) -> tuple[int, ...]:
        """Columns of `Candidates.features` that an item has only once people have named, liked or counted it."""
        learned = {source.name for source in self.sources if isinstance(source, Learned)}
        group = [*(f"{one}." for one in learned), *OPTIONAL_FEATURES[0], "popularity."]
        return tuple(
            place
            for place, name in enumerate(self.feature_names)
            if _is_one(name, group) and not name.endswith(".by_content")
        )

    def query(self, dialogue: Dialogue) -> np.ndarray:
        """The vector of the user's newest words, (d,) unit; zeros when nothing was said."""
        text = dialogue.query_text(_QUERY_CHARS)
        if not text.strip():
            return np.zeros(self.index.dim, dtype=np.float32)
        return self.index.embed(text)

    def read_ahead(self, dialogues: Iterable[Dialogue]) -> None:
        """Embed at once all texts that searching for these dialogues needs: much faster than one by one."""
        texts: dict[str, None] = {}
        for dialogue in dialogues:
            query = dialogue.query_text(_QUERY_CHARS)
            if query.strip():
                texts[query] = None
            for source in self.sources:
                if isinstance(source, Reads):
                    texts.update(dict.fromkeys(source.texts(dialogue)))
        self.index.embed_all(texts)

    def allowed(self, dialogue: Dialogue, exclude: Collection[str] = (), strict: bool = False) -> np.ndarray:
        """Which rows may be recommended, (n,) bool; with `strict`, only those that meet every demand.

        Ruled out are: what a limit excludes or has no value for, what has a refused value, what is liked, disliked,
        seen, rejected, chosen or named by the user, and `exclude`. What the user only asked about is not. Who wants
        nothing from a place gets nothing of which it is not known where it is from.

        Raises:
            ValueError: If a limit is on a field that the catalogue lacks.
        """
        self._in_step()
        preferences = dialogue.preferences
        allowed = np.ones(len(self.index), dtype=bool)
        for limit in preferences.limits:
            allowed &= self._within(limit)
        places = {spec.name for spec in self.index.catalog.schema.of_kind("category") if spec.is_place}
        for wish in preferences.refusals:
            held = np.ones(len(self.index), dtype=bool)
            for field, value in wish.parts:
                has = np.zeros(len(self.index), dtype=bool)
                has[self.index.attributes.rows(field, value)] = True
                held &= (has | ~self.index.attributes.known(field)) if field in places else has
            allowed &= ~held
        known = [getattr(preferences, one) for one in ITEMS_OF if one != "asked"]
        named = [item for item in dialogue.named_by_user if item not in preferences.asked]
        for ids in (*known, named, exclude):
            allowed[self.index.rows(ids)] = False
        for demand in preferences.demands if strict else ():
            has = np.zeros(len(self.index), dtype=bool)
            has[self.index.attributes.rows(demand.field, demand.value)] = True
            allowed &= has
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
            parts=self._parts(dialogue, rows),
            extra=self.describe(dialogue, query, rows),
            feature_names=self.feature_names,
        )

    def _parts(self, dialogue: Dialogue, rows: np.ndarray) -> np.ndarray:
        """(m, p) of all sources that split their score."""
        parts = [np.empty((len(rows), 0), dtype=np.float32)]
        parts += [one.parts(dialogue, rows) for one in self.sources if isinstance(one, Split)]
        return np.concatenate(parts, axis=1).astype(np.float32)


def _is_one(name: str, group: Sequence[str]) -> bool:
    """Whether a feature is one of a group: named there, or of a source named there with a dot."""
    return any(name == one or (one.endswith(".") and name.startswith(one)) for one in group)


def make_retriever(config: Config, index: Index, like: Retriever | None = None) -> Retriever:
    """The retriever with the sources that a config names.

    Args:
        config: `retrieval` is read here.
        index: What is searched.
        like: Its sources have learned; what they learned is taken over, for the items that are known there.
    """
    sources = [build(source, SOURCES, "source", index=index) for source in config.retrieval.sources]
    learned = {} if like is None else {one.name: one for one in like.sources if isinstance(one, Learned)}
    for source in sources:
        if source.name in learned:
            source.restore(learned[source.name].tensors())
    return Retriever(index, sources)
