"""Items that go with those named, learned from what is named together and, if given, liked together."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wherefore.config import Component
from wherefore.dialogue.messages import Dialogue
from wherefore.errors import CheckpointError, ConfigError, TrainingError, WhereforeWarning
from wherefore.progress import Progress
from wherefore.retrieval.checks import above_zero, at_least_one
from wherefore.retrieval.index import Index
from wherefore.retrieval.known_items import KnownItems
from wherefore.retrieval.latest import Latest
from wherefore.retrieval.source import Found, nothing, top
from wherefore.retrieval.sparse import SparseRows, check_columns, check_rows
from wherefore.retrieval.tastes import Tastes
from wherefore.retrieval.tensors import checked_ids, checked_tensors, packed, unfitted


def item_item(
    sets: Iterable[Sequence[int]], weights: Iterable[float] | None, n: int, regularization: float
) -> np.ndarray:
    """A linear item-item model in closed form (Steck, "Embarrassingly Shallow Autoencoders", arXiv 1905.03375).

    With X (sets, n) marking who has what, each row weighted, and P the inverse of X'X + regularization on its
    diagonal, the weight from item i to item j is -P[i, j] / P[j, j], and 0 from an item to itself. Memory is
    three such matrices, time grows with n cubed: 18 s for 6,000 items on two cores.

    >>> item_item([[0, 1], [0, 1], [0]], None, 2, 1.0).round(2)  # X'X is [[3, 2], [2, 2]]
    array([[0.  , 0.5 ],
           [0.67, 0.  ]], dtype=float32)

    Args:
        sets: Numbers 0 to n - 1 of the items in each set, each once.
        weights: Of the sets; None: 1 each.
        n: Items.
        regularization: Lambda of the paper.

    Returns:
        (n, n) float32: [i, j] is how much i speaks for j.

    Raises:
        ConfigError: If `regularization` is not above 0.
    """
    above_zero(regularization=regularization)
    gram = np.zeros((n, n), dtype=np.float32)
    if weights is None:
        for members in sets:
            gram[np.ix_(members, members)] += 1
    else:
        for members, weight in zip(sets, weights, strict=True):
            gram[np.ix_(members, members)] += weight
    gram[np.diag_indices_from(gram)] += regularization
    inverse: np.ndarray = np.linalg.inv(gram)
    del gram
    inverse /= -np.diag(inverse).copy()
    np.fill_diagonal(inverse, 0)
    return inverse


@dataclass(eq=False)
class Collaborative:
    """Goes with what was named: EASE (Steck, 2019, arXiv 1905.03375) over the items that dialogues name together.

    The score of item j is the sum, over the items i named by either speaker or liked, of the weight from i to
    j. Only items that training dialogues name, or raters like, take part; all others have no score. A set of n
    liked items counts `rating_weight` / sqrt(n), so that those who rate thousands do not decide alone.

    Args:
        index: What is searched. What is learned is kept by item id.
        k: Rows given at most.
        regularization: Lambda of EASE: how strongly few mentions are distrusted.
        neighbours: Weights kept per item, those furthest from 0.
        ratings: Rating data sets to learn from, too: `{name: …, path: …}`, see `wherefore.corpora.ratings`. They are
            read by `fit` alone.
        rating_weight: Weight of a set of liked items; 0: ratings are not used.
        dialogue_weight: Weight of a dialogue.
        disliked: Weight of a disliked item among those named; below 0 it speaks against what goes with it.
        max_items: At most so many items take part, the most frequent.
        name: What the source is called, where there are two of its kind.

    Raises:
        ConfigError: If a number is not allowed.
    """

    part_names = ("by_user", "by_assistant", "by_newest")

    index: Index
    k: int = 100
    regularization: float = 150.0
    neighbours: int = 200
    ratings: Sequence[Component | Mapping[str, Any]] = ()
    rating_weight: float = 1.0
    dialogue_weight: float = 1.0
    disliked: float = 0.0
    max_items: int = 20_000
    name: str = "collaborative"

    def __post_init__(self) -> None:
        above_zero(regularization=self.regularization)
        check_columns(self.max_items)
        at_least_one("a source's ", k=self.k, neighbours=self.neighbours)
        if not np.isfinite(self.disliked):
            raise ConfigError(f"`disliked` is {self.disliked}; it must be a finite number")
        self.tastes = Tastes(tuple(self.ratings), self.rating_weight, self.dialogue_weight)
        self._items = KnownItems(self.index, ())
        self._weights: SparseRows | None = None  # (a, a), once it has learned
        self._latest = Latest[np.ndarray]()

    @property
    def fitted(self) -> bool:
        """Whether it has learned."""
        return self._weights is not None

    def fit(
        self, dialogues: Sequence[Dialogue], vectors: object = None, progress: Progress | None = None
    ) -> None:
        """Learn from the mentions of whole dialogues and from the ratings, in three steps; no words are read.

        Raises:
            TrainingError: If no dialogue names an item and no rater likes two.
            CorpusError: If a rating data set cannot be used.
            CorpusNotFoundError: If a rating data set is not there.
        """
        tell = progress or (lambda done, of: None)
        sets, weights = self.tastes.sets(dialogues, self.index.catalog)
        items = KnownItems(self.index, self._taking_part(sets, weights))
        number = items.number
        members = [sorted(number[item_id] for item_id in one if item_id in number) for one in sets]
        tell(1, 3)
        dense = item_item(members, weights, len(items), self.regularization)
        tell(2, 3)
        self._items, self._weights = items, SparseRows.thin(dense, self.neighbours)
        tell(3, 3)

    def _taking_part(self, sets: Sequence[Sequence[str]], weights: Sequence[float]) -> tuple[str, ...]:
        """The ids that get a row, in order of id, so that the order of the catalogue changes nothing."""
        frequency: Counter[str] = Counter()
        for one, weight in zip(sets, weights, strict=True):
            for item_id in one:
                frequency[item_id] += weight  # type: ignore[assignment]
        if not frequency:
            raise TrainingError(
                f"source {self.name!r} has nothing to learn from: none of the dialogues names an item, and there "
                "are no ratings or weights are 0; give dialogues with mentions, or take the source out of "
                "`retrieval.sources`"
            )
        ids = sorted(frequency)
        if len(ids) > self.max_items:
            warnings.warn(
                f"source {self.name!r}: {len(ids):,} items are named or liked, `max_items` is "
                f"{self.max_items:,}; only the most frequent take part. A higher `max_items` takes memory with "
                "its square, time with its cube",
                WhereforeWarning,
                stacklevel=3,
            )
            ids = sorted(sorted(ids, key=lambda item_id: -frequency[item_id])[: self.max_items])
        return tuple(ids)

    def tensors(self) -> dict[str, np.ndarray]:
        """See `Learned.tensors`."""
        if self._weights is None:
            raise unfitted(self.name)
        return {"items": packed(list(self._items.ids)), **self._weights.tensors()}

    def restore(self, tensors: Mapping[str, np.ndarray]) -> None:
        """See `Learned.restore`."""
        given = checked_tensors(tensors, {"items": "u1", **SparseRows.TYPES}, self.name)
        ids = checked_ids(given.pop("items"), self.name)
        check_rows(given, "starts", "columns", len(ids), len(ids), self.name)
        if len(given["values"]) != len(given["columns"]) or not np.isfinite(given["values"]).all():
            raise CheckpointError(
                f"source {self.name!r}: `values` has shape {given['values'].shape}; it must hold "
                f"{len(given['columns'])} finite numbers, one for every column"
            )
        self._items, self._weights = KnownItems(self.index, ids), SparseRows(**given)

    def search(self, dialogue: Dialogue, query: np.ndarray, k: int, allowed: np.ndarray) -> Found:
        """The rows that what was named speaks for most; only those with a score above 0."""
        if not self.fitted:
            return nothing()
        scores = self._all(dialogue)
        return top(scores, k, allowed & (scores > 0))

    def score(self, dialogue: Dialogue, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(m,); NaN for items that never took part, and for all when nothing known was named."""
        scores: np.ndarray = self._all(dialogue)[rows]
        return scores

    def parts(self, dialogue: Dialogue, rows: np.ndarray) -> np.ndarray:
        """The score in parts, (m, 3) float32, columns `part_names`.

        By the items that the user named or likes; by those that the assistant named; by the newest known item
        that either named, alone. NaN where there is none, and for items that never took part.
        """
        weights = self._named(dialogue)
        user = {*dialogue.named_by_user, *dialogue.preferences.liked, *dialogue.preferences.disliked}
        listed = set(dialogue.listed)
        newest = sorted(
            (m for m in dialogue.mentions if m.item_id in weights), key=lambda m: (m.message, m.start)
        )[-1:]
        chosen = [
            {item_id: weight for item_id, weight in weights.items() if item_id in part}
            for part in (user, listed, {m.item_id for m in newest})
        ]
        return np.stack([self._spread(part)[rows] for part in chosen], axis=1)

    def after(self, ids: Sequence[str]) -> np.ndarray:
        """See `Follows`."""
        return self._spread({item: 1.0 for item in ids if item in self._items.number})

    def _named(self, dialogue: Dialogue) -> dict[str, float]:
        """What was named, liked or disliked and took part, with its weight where that is not 0."""
        preferences = dialogue.preferences
        weights = dict.fromkeys((m.item_id for m in dialogue.mentions), 1.0)
        weights.update(dict.fromkeys(preferences.liked, 1.0))
        weights.update(dict.fromkeys(preferences.disliked, self.disliked))
        return {item: weight for item, weight in weights.items() if weight and item in self._items.number}

    def _all(self, dialogue: Dialogue) -> np.ndarray:
        """(n,) float32."""
        return self._latest.get(
            lambda: self._spread(self._named(dialogue)), dialogue, self.index.catalog.items, self._weights
        )

    def _spread(self, named: Mapping[str, float]) -> np.ndarray:
        """Sum the rows of known items, each with its weight: (n,) float32."""
        if self._weights is None or not named:
            return np.full(len(self.index), np.nan, dtype=np.float32)
        total = np.zeros(len(self._items), dtype=np.float32)
        for item_id, weight in named.items():
            self._weights.add_row(self._items.number[item_id], weight, total)
        return self._items.spread(total)
