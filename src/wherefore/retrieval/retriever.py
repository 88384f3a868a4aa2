"""Retrieval: hard limits first, then several unlike sources, then one set of candidates with features."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

import numpy as np

from wherefore.catalog.catalog import Item
from wherefore.config import Config, build
from wherefore.dialogue.carried import carried
from wherefore.dialogue.messages import Dialogue, Message
from wherefore.errors import ConfigError
from wherefore.retrieval.candidates import Candidates, feature_names, optional_features, personal_features
from wherefore.retrieval.features import Describer
from wherefore.retrieval.filters import allowed_rows, demanded_rows
from wherefore.retrieval.history import Follower, on_index
from wherefore.retrieval.index import Index
from wherefore.retrieval.latest import Latest
from wherefore.retrieval.learned import Kept, Learned
from wherefore.retrieval.near_liked import CONTENT_SOURCES, NearLiked
from wherefore.retrieval.orders import named_in_order
from wherefore.retrieval.source import Follows, Reads, Source, Split, nearest, top
from wherefore.retrieval.sources import SOURCES
from wherefore.retrieval.unlearned import Dense
from wherefore.retrieval.zero_shot import ZeroShot

_RRF = 60  # reciprocal rank fusion's usual constant (Cormack et al., 2009)
_GUARANTEED = 0.5  # share of the candidates that the sources' best are sure of, in equal parts
_SOUGHT = 60  # rows that are closest to what is looked for
_QUERY_CHARS = 500  # of the user's newest words that are embedded
_FOLLOWING = 100  # rows that go best with what a user took before


class Retriever:
    """Finds candidates for a dialogue.

    Args:
        index: What is searched.
        sources: Where candidates come from; their order is the order of the features.
    """

    def __init__(self, index: Index, sources: Sequence[Source]) -> None:
        names = [source.name for source in sources]
        if not sources or len(set(names)) != len(names):
            raise ConfigError(
                f"`sources` is {', '.join(names) or 'empty'}; give at least one, and none twice, "
                f"of {', '.join(sorted(SOURCES))} or your own"
            )
        self.index = index
        self.sources = tuple(sources)
        self.describe = Describer(index)
        # What goes by pictures and by a shop's own vectors, where no source does so already; for catalogues of which
        # nothing was learned.
        self.by_content: tuple[NearLiked, ...] = tuple(
            make(index) for make in CONTENT_SOURCES if make.name not in names
        )
        # What messages look for, as a vector that the index's embedder would give; see `SoughtEncoder.sought`.
        self.seeks: Callable[[Sequence[Message]], np.ndarray | None] | None = None
        # What items gain by what messages mean for their values; see `wherefore.reading.bearings`.
        self.bears: Callable[[Sequence[Message], Sequence[Item]], np.ndarray | None] | None = None
        # What goes with what a user took before: a trained sequence tower, or the zero-shot baseline.
        self.follower: Follower = ZeroShot(index)
        self._followed = Latest[np.ndarray]()

    @property
    def source_names(self) -> tuple[str, ...]:
        """The sources' names, in order."""
        return tuple(source.name for source in self.sources)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the columns of `Candidates.features` are."""
        return feature_names(self.sources)

    @property
    def optional_features(self) -> tuple[tuple[int, ...], ...]:
        """Columns of `Candidates.features` that are missing together, on a catalogue that lacks what they need."""
        return optional_features(self.sources)

    @property
    def personal_features(self) -> tuple[int, ...]:
        """Columns of `Candidates.features` that an item has only once people have named, liked or counted it."""
        return personal_features(self.sources)

    def prepare(self) -> None:
        """Make what searches and describes candidates ready now, rather than at the first search."""
        self.index.prepare()
        self.describe.prepare()

    def query(self, dialogue: Dialogue) -> np.ndarray:
        """The vector of the user's newest words, (d,) unit; zeros when nothing was said."""
        text = dialogue.query_text(_QUERY_CHARS)
        if not text.strip():
            return np.zeros(self.index.dim, dtype=np.float32)
        return self.index.embed(text)

    def sought(self, dialogue: Dialogue) -> np.ndarray | None:
        """The vector of what is looked for after all that was said, as the index's embedder has it of texts, unit.

        None where nobody says what that is.
        """
        return None if self.seeks is None else self.seeks(carried(dialogue))

    def borne(self, dialogue: Dialogue, rows: np.ndarray) -> np.ndarray | None:
        """What items, by row (m,), gain by what was said means for their values, (m,); None where nobody tells."""
        items = self.index.catalog.items
        return None if self.bears is None else self.bears(carried(dialogue), [items[row] for row in rows])

    def followed(self, dialogue: Dialogue) -> np.ndarray | None:
        """How well every item goes with what the user took before, (n,); None where nothing is known of that.

        In standard deviations, what the follower says and what sources say that know which items go together.
        """
        rows = self.index.rows(dialogue.history)
        if not len(rows):
            return None

        def follow() -> np.ndarray:
            told = [one.after(dialogue.history) for one in self.sources if isinstance(one, Follows)]
            total = sum(map(_level, told), start=_level(self.follower.after(rows)))
            return np.asarray(total, dtype=np.float32)

        return self._followed.get(follow, dialogue.history, self.index.catalog.items, self.follower)

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
        """Which rows may be recommended, (n,) bool; see `wherefore.retrieval.filters.allowed_rows`."""
        return allowed_rows(self.index, dialogue, exclude, strict)

    def search(
        self, dialogue: Dialogue, k: int, exclude: Collection[str] = (), named: np.ndarray | None = None
    ) -> Candidates:
        """The candidates for a dialogue: min(k, number of allowed items) of them.

        Items that have what is demanded (wanted with strength 2 or more) come before all others: of those
        that satisfy the most demands, all are among the candidates, up to k. Of the rest, every source's
        best are sure of a place; the others are chosen by reciprocal rank fusion.

        Args:
            dialogue: What was said.
            k: m, at most so many.
            exclude: Ids that must not come back.
            named: Rows of what is asked for by name, the likeliest first, which no source may find.
        """
        if k < 1:
            raise ConfigError(f"`k` is {k}; it must be at least 1")
        allowed = self.allowed(dialogue, exclude)
        query = self.query(dialogue)
        demanded = demanded_rows(self.index, dialogue, allowed)
        if int(demanded.sum()) >= k:
            allowed = demanded
        k = min(k, int(allowed.sum()))
        if k == 0:
            return self._candidates(dialogue, query, np.empty(0, dtype=np.int64), [])
        found = [source.search(dialogue, query, min(source.k, k), allowed)[0] for source in self.sources]
        after = self.followed(dialogue)
        following = [] if after is None else [top(after, min(k, _FOLLOWING), allowed)[0]]
        rows = _fused(
            [
                *found,
                *self._unlearned(dialogue, query, found, k, allowed),
                *self._first_in_order(dialogue, k, allowed),
                *following,
                *([] if named is None else [named[allowed[named]][:k]]),
            ],
            np.flatnonzero(demanded),
            k,
        )
        if len(rows) < k:
            rows = np.concatenate([rows, self._more(dialogue, query, k - len(rows), allowed, rows)])
        return self._candidates(dialogue, query, rows, found)

    def _first_in_order(self, dialogue: Dialogue, k: int, allowed: np.ndarray) -> list[np.ndarray]:
        """The rows that come first in the order that the user names, of those with what is wished for; or none."""
        order, catalog = dialogue.preferences.order, self.index.catalog
        if order is None:
            return []
        numbers = catalog.numbers(order.field)
        known = allowed & ~np.isnan(numbers)
        wished = known.copy()
        if (named := named_in_order(dialogue, catalog)) is not None:
            wished &= named
        for wish in dialogue.preferences.wanted:
            wished &= self.index.attributes.bears(wish.field, wish.value) | catalog.titled(
                wish.field, wish.value
            )
        if not wished.any():
            wished = known
        given = np.where(wished, -numbers if order.best == "low" else numbers, -np.inf)
        return [top(given, min(k, int(wished.sum())), known)[0]]

    def _unlearned(
        self, dialogue: Dialogue, query: np.ndarray, found: Sequence[np.ndarray], k: int, allowed: np.ndarray
    ) -> list[np.ndarray]:
        """The rows that are closest to what is looked for, by their records and by their texts' clauses.

        And to what is liked, by pictures and by vectors of one's own, where there are some. None where a source has
        learned of the catalogue: those say more.
        """
        learned = any(
            len(rows) for rows, one in zip(found, self.sources, strict=True) if isinstance(one, Learned)
        )
        if learned:
            return []
        pictured = [
            source.search(dialogue, query, min(k, source.k), allowed)[0] for source in self.by_content
        ]
        pictured = [rows for rows in pictured if len(rows)]
        sought = self.sought(dialogue)
        if sought is None:
            return pictured
        k = min(k, _SOUGHT)
        near = [nearest(self.index, self.index.project(sought[None]), k, allowed, dialogue)[0]]
        if len(self.index.passages):
            near.append(self.index.passages.search(sought[None], k, allowed)[0])
        return [*near, *pictured]

    def _more(
        self, dialogue: Dialogue, query: np.ndarray, k: int, allowed: np.ndarray, rows: np.ndarray
    ) -> np.ndarray:
        """The k further allowed rows: the closest to the request, else the best known, else the first."""
        left = allowed.copy()
        left[rows] = False
        request = Dense(self.index).request(dialogue, query)
        if request.any():
            return nearest(self.index, request[None], k, left, dialogue)[0]
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


def _level(scores: np.ndarray) -> np.ndarray:
    """Scores (n,) in standard deviations from their mean; where one is not known, that of the item in the middle."""
    known = scores[~np.isnan(scores)]
    spread = float(known.std()) if len(known) else 0.0
    if not spread:
        return np.zeros(len(scores))
    made: np.ndarray = (np.where(np.isnan(scores), np.median(known), scores) - known.mean()) / spread
    return made


def _fused(found: Sequence[np.ndarray], demanded: np.ndarray, k: int) -> np.ndarray:
    """The k best of the sources' rows and those demanded, by reciprocal rank fusion, best first.

    Demanded rows are sure of a place, then each source's best.
    """
    rows = np.unique(np.concatenate([*found, demanded]))
    fused = np.zeros(len(rows))
    priority = np.where(np.isin(rows, demanded), 2, 0)
    sure = max(1, int(k * _GUARANTEED / len(found)))
    for given in found:
        places = np.searchsorted(rows, given)
        fused[places] += 1.0 / (_RRF + np.arange(1, len(given) + 1))
        priority[places[:sure]] = np.maximum(priority[places[:sure]], 1)
    chosen = np.lexsort((rows, -fused, -priority))[:k]
    return rows[chosen[np.lexsort((rows[chosen], -fused[chosen]))]]


def make_retriever(config: Config, index: Index, like: Retriever | None = None) -> Retriever:
    """The retriever with the sources that a config names.

    Args:
        config: `retrieval` is read here.
        index: What is searched.
        like: Its sources have learned; what they learned is taken over, for the items that are known there.
    """
    sources = [build(source, SOURCES, "source", index=index) for source in config.retrieval.sources]
    learned = {} if like is None else {one.name: one for one in like.sources if isinstance(one, Kept)}
    for source in sources:
        if source.name in learned:
            source.restore(learned[source.name].tensors())
    made = Retriever(index, sources)
    if like is not None:
        made.follower = on_index(like.follower, index)
    return made
