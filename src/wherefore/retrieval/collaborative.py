"""Items that go with those named, learned from what is named together and, if given, liked together."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.config import Component
from wherefore.corpora.ratings import liked_sets
from wherefore.dialogue.messages import Dialogue
from wherefore.errors import WhereforeWarning
from wherefore.retrieval.index import Index
from wherefore.retrieval.learned import packed, unpacked
from wherefore.retrieval.sources import Found, _nothing, _positive, top

Progress = Callable[[int, int], None]

MOST_COLUMNS = 2**16  # items that 16-bit columns can tell apart
_ROWS = 512  # of the matrix that are thinned at once, so that memory stays bounded


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
        ValueError: If `regularization` is not above 0.
    """
    check_regularization(regularization)
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


def taste_sets(
    dialogues: Sequence[Dialogue],
    catalog: Catalog,
    ratings: Sequence[Component | Mapping[str, Any]],
    rating_weight: float,
    dialogue_weight: float,
) -> tuple[list[list[str]], list[float]]:
    """What is named in each dialogue and liked by each rater, as ids of the catalogue, and the weights of these sets.

    A set of n liked items weighs `rating_weight` / sqrt(n), so that those who rate thousands do not decide alone.
    """
    sets: list[list[str]] = []
    weights: list[float] = []
    if dialogue_weight > 0:
        sets = [list(named) for d in dialogues if (named := dict.fromkeys(m.item_id for m in d.mentions))]
        weights = [dialogue_weight] * len(sets)
    if rating_weight > 0:
        for component in ratings:
            liked = [sorted(one) for one in liked_sets(component, catalog)]
            sets += liked
            weights += [rating_weight / float(np.sqrt(len(one))) for one in liked]
    return sets, weights


@dataclass(frozen=True, slots=True)
class SparseRows:
    """Rows of which few entries are kept: those of row i are at `starts[i]` to `starts[i + 1]`."""

    starts: np.ndarray  # (n + 1,) int64
    columns: np.ndarray  # (entries,) uint16, ascending within a row
    values: np.ndarray  # (entries,) float16

    def row(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Columns and values of a row."""
        here = slice(self.starts[number], self.starts[number + 1])
        return self.columns[here], self.values[here]


def thin(matrix: np.ndarray, keep: int) -> SparseRows:
    """The `keep` entries of every row that are furthest from 0; equal ones by column.

    >>> thin(np.array([[0.0, -3.0, 1.0, 2.0]]), 2).columns.tolist()
    [1, 3]
    """
    n = matrix.shape[1]
    columns, values, lengths = [], [], []
    for start in range(0, len(matrix), _ROWS):
        block = matrix[start : start + _ROWS].astype(np.float16)
        chosen = np.argsort(-np.abs(block), axis=1, kind="stable")[:, :keep]
        chosen.sort(axis=1)
        kept = np.take_along_axis(block, chosen, axis=1)
        there = kept != 0
        columns.append(chosen[there].astype(np.uint16))
        values.append(kept[there])
        lengths.append(there.sum(axis=1))
    assert n <= MOST_COLUMNS
    return SparseRows(
        np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64),
        np.concatenate(columns),
        np.concatenate(values),
    )


class Collaborative:
    """Goes with what was named: EASE (Steck, 2019, arXiv 1905.03375) over the items that dialogues name together.

    The score of item j is the sum, over the items i named by either speaker or liked, of the weight from i to
    j. Only items that training dialogues name, or raters like, take part; all others have no score. A set of n
    liked items counts `rating_weight` / sqrt(n), so that those who rate thousands do not decide alone.

    Args:
        index: What is searched. What is learned is kept by item id.
        k: Rows given at most.
        regularization: Lambda of EASE: how far few mentions are distrusted.
        neighbours: Weights kept per item, those furthest from 0.
        ratings: Rating data sets to learn from, too: `{name: …, path: …}`, see `wherefore.corpora.ratings`. They are
            read by `fit` alone.
        rating_weight: Weight of a set of liked items; 0: ratings are not used.
        dialogue_weight: Weight of a dialogue.
        disliked: Weight of a disliked item among those named; below 0 it speaks against what goes with it.
        max_items: At most so many items take part, the most frequent.
        name: What the source is called, where there are two of its kind.

    Raises:
        ValueError: If a number is not allowed.
    """

    part_names = ("by_user", "by_assistant", "by_newest")

    def __init__(
        self,
        index: Index,
        k: int = 100,
        regularization: float = 150.0,
        neighbours: int = 200,
        ratings: Sequence[Component | Mapping[str, Any]] = (),
        rating_weight: float = 1.0,
        dialogue_weight: float = 1.0,
        disliked: float = 0.0,
        max_items: int = 20_000,
        name: str = "collaborative",
    ) -> None:
        check_regularization(regularization)
        for what, weight in (("rating_weight", rating_weight), ("dialogue_weight", dialogue_weight)):
            if not 0 <= weight < np.inf:
                raise ValueError(f"`{what}` is {weight}; it must be 0 or more")
        if not np.isfinite(disliked):
            raise ValueError(f"`disliked` is {disliked}; it must be a finite number")
        if not 1 <= max_items <= MOST_COLUMNS:
            raise ValueError(f"`max_items` is {max_items}; it must be between 1 and {MOST_COLUMNS:,}")
        self.index = index
        self.name = name
        self.k = _positive(k)
        self.regularization = regularization
        self.neighbours = _positive(neighbours, "neighbours")
        self.ratings = tuple(ratings)
        self.rating_weight = rating_weight
        self.dialogue_weight = dialogue_weight
        self.disliked = disliked
        self.max_items = max_items
        self._ids: tuple[str, ...] = ()
        self._number: dict[str, int] = {}
        self._weights: SparseRows | None = None
        self._rows = np.empty(0, dtype=np.int64)  # (a,) of the items that took part; -1: not in the catalogue
        self._items: object = None  # the catalogue's items that `_rows` is for
        self._last: tuple[Dialogue, object, np.ndarray] | None = None

    @property
    def fitted(self) -> bool:
        """Whether it has learned."""
        return self._weights is not None

    def fit(
        self, dialogues: Sequence[Dialogue], vectors: object = None, progress: Progress | None = None
    ) -> None:
        """Learn from whole dialogues with their mentions, and from the ratings.

        Args:
            dialogues: With mentions; their words are not read.
            vectors: Not needed; every source that learns takes it.
            progress: Told (done, of) after each of three steps: sets read, matrix inverted, weights thinned.

        Raises:
            ValueError: If no dialogue names an item and no rater likes two, or a rating data set cannot be used.
            FileNotFoundError: If a rating data set is not there.
        """
        tell = progress or (lambda done, of: None)
        sets, weights = taste_sets(
            dialogues, self.index.catalog, self.ratings, self.rating_weight, self.dialogue_weight
        )
        ids = self._taking_part(sets, weights)
        number = {item_id: place for place, item_id in enumerate(ids)}
        members = [sorted(number[item_id] for item_id in one if item_id in number) for one in sets]
        tell(1, 3)
        dense = item_item(members, weights, len(ids), self.regularization)
        tell(2, 3)
        self._adopt(ids, thin(dense, self.neighbours))
        tell(3, 3)

    def _taking_part(self, sets: Sequence[Sequence[str]], weights: Sequence[float]) -> tuple[str, ...]:
        """The ids that get a row, in order of id, so that the order of the catalogue changes nothing."""
        frequency: Counter[str] = Counter()
        for one, weight in zip(sets, weights, strict=True):
            for item_id in one:
                frequency[item_id] += weight  # type: ignore[assignment]
        if not frequency:
            raise ValueError(
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
        """All that was learned.

        Raises:
            ValueError: If nothing was.
        """
        if self._weights is None:
            raise unfitted(self.name)
        return {
            "items": packed(list(self._ids)),
            "starts": self._weights.starts,
            "columns": self._weights.columns,
            "values": self._weights.values,
        }

    def restore(self, tensors: Mapping[str, np.ndarray]) -> None:
        """Take what `tensors` gave, onto whatever catalogue: items are known by id.

        Raises:
            ValueError: If a tensor is missing, unknown, or has a wrong shape, type or content.
        """
        kinds = {"items": "u1", "starts": "i8", "columns": "u2", "values": "f2"}
        given = checked_tensors(tensors, kinds, self.name)
        ids = checked_ids(given["items"], self.name)
        check_rows(given["starts"], given["columns"], len(ids), len(ids), "starts", "columns", self.name)
        if len(given["values"]) != len(given["columns"]) or not np.isfinite(given["values"]).all():
            raise ValueError(
                f"source {self.name!r}: `values` has shape {given['values'].shape}; it must hold "
                f"{len(given['columns'])} finite numbers, one for every column"
            )
        self._adopt(ids, SparseRows(given["starts"], given["columns"], given["values"]))

    def _adopt(self, ids: tuple[str, ...], weights: SparseRows) -> None:
        self._ids = ids
        self._number = {item_id: place for place, item_id in enumerate(ids)}
        self._weights = weights
        self._items = None
        self._last = None

    def search(self, dialogue: Dialogue, query: np.ndarray, k: int, allowed: np.ndarray) -> Found:
        """The rows that what was named speaks for most; only those with a score above 0."""
        if not self.fitted:
            return _nothing()
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

    def _named(self, dialogue: Dialogue) -> dict[str, float]:
        """What was named, liked or disliked and took part, with its weight where that is not 0."""
        preferences = dialogue.preferences
        weights = dict.fromkeys((m.item_id for m in dialogue.mentions), 1.0)
        weights.update(dict.fromkeys(preferences.liked, 1.0))
        weights.update(dict.fromkeys(preferences.disliked, self.disliked))
        return {item: weight for item, weight in weights.items() if weight and item in self._number}

    def _all(self, dialogue: Dialogue) -> np.ndarray:
        """(n,) float32; the last ones are kept."""
        items = self.index.catalog.items
        if self._last is None or self._last[0] is not dialogue or self._last[1] is not items:
            self._last = (dialogue, items, self._spread(self._named(dialogue)))
        scores: np.ndarray = self._last[2]
        return scores

    def _spread(self, named: Mapping[str, float]) -> np.ndarray:
        """Sum the rows of known items, each with its weight: (n,) float32."""
        scores = np.full(len(self.index), np.nan, dtype=np.float32)
        if self._weights is None or not named:
            return scores
        items = self.index.catalog.items
        if self._items is not items:
            self._rows = rows_of(self.index, self._ids)
            self._items = items
        total = np.zeros(len(self._ids), dtype=np.float32)  # (a,)
        for item_id, weight in named.items():
            columns, values = self._weights.row(self._number[item_id])
            total[columns] += np.float32(weight) * values.astype(np.float32)
        here = self._rows >= 0
        scores[self._rows[here]] = total[here]
        return scores


# -- shared with other sources that keep what they learned by id ---------------------------------------------


def rows_of(index: Index, ids: Sequence[str]) -> np.ndarray:
    """The rows of ids, (n,) int64; -1 where the catalogue does not have them."""
    catalog = index.catalog
    return np.array([catalog.row(item) if item in catalog else -1 for item in ids], dtype=np.int64)


def unfitted(name: str) -> ValueError:
    """The error of a source that is saved before it has learned."""
    return ValueError(
        f"source {name!r} has learned nothing that could be saved; call `fit` or `restore` first"
    )


def checked_tensors(
    tensors: Mapping[str, np.ndarray], kinds: Mapping[str, str], name: str
) -> dict[str, np.ndarray]:
    """The tensors of a source, when they are those expected.

    Args:
        tensors: What was read.
        kinds: Names to numpy's short names of types, with ":2" behind it for a matrix.
        name: The source's.

    Raises:
        ValueError: If one is missing, unknown, or of another type or number of dimensions.
    """
    missing = [key for key in kinds if key not in tensors]
    unknown = [key for key in tensors if key not in kinds]
    if missing or unknown:
        raise ValueError(
            f"source {name!r} takes the tensors {', '.join(kinds)}; missing: {', '.join(missing) or 'none'}, "
            f"unknown: {', '.join(unknown) or 'none'}; saved by another kind or version of it: train it again"
        )
    for key, kind in kinds.items():
        kind, _, dimensions = kind.partition(":")
        tensor = tensors[key]
        if tensor.dtype != np.dtype(kind) or tensor.ndim != int(dimensions or 1):
            raise ValueError(
                f"source {name!r}: `{key}` is {tensor.dtype} of shape {tensor.shape}; it must be {np.dtype(kind)} "
                f"with {dimensions or 1} dimension(s); train the source again"
            )
    return {key: tensors[key] for key in kinds}


def checked_ids(tensor: np.ndarray, name: str, key: str = "items") -> tuple[str, ...]:
    """Item ids that were packed.

    Raises:
        ValueError: If they are no list of different texts.
    """
    try:
        ids = unpacked(tensor)
    except ValueError as error:
        raise ValueError(f"source {name!r}: `{key}` is not JSON ({error}); train the source again") from error
    if (
        not isinstance(ids, list)
        or not all(isinstance(item, str) for item in ids)
        or len(set(ids)) < len(ids)
    ):
        raise ValueError(
            f"source {name!r}: `{key}` holds {str(ids)[:60]!r}; it must be a list of different ids; "
            "train the source again"
        )
    return tuple(ids)


def check_rows(
    starts: np.ndarray, columns: np.ndarray, rows: int, width: int, first: str, second: str, name: str
) -> None:
    """Refuse `starts` and `columns` that are not those of sparse rows.

    Raises:
        ValueError: If they do not fit the number of rows, each other, or the width.
    """
    if len(starts) != rows + 1 or starts[0] != 0 or (np.diff(starts) < 0).any() or starts[-1] != len(columns):
        raise ValueError(
            f"source {name!r}: `{first}` of shape {starts.shape} does not cut the {len(columns)} entries of "
            f"`{second}` into {rows} rows; train the source again"
        )
    if len(columns) and not 0 <= int(columns.min()) <= int(columns.max()) < width:
        raise ValueError(
            f"source {name!r}: `{second}` holds {int(columns.max())}; items are numbered 0 to {width - 1}; "
            "train the source again"
        )


def check_regularization(value: float) -> None:
    """Refuse what makes no linear model."""
    if not 0 < value < np.inf:
        raise ValueError(f"`regularization` is {value}; it must be above 0")
