"""Vectors of items, learned from what people name and like together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wherefore.catalog.catalog import Catalog
from wherefore.config import Component
from wherefore.dialogue.messages import Dialogue
from wherefore.errors import ConfigError, TrainingError
from wherefore.retrieval.index import Index
from wherefore.retrieval.tastes import Tastes
from wherefore.retrieval.tensors import packed


@dataclass(frozen=True, eq=False)
class ItemVectors:
    """A vector for each of some items.

    Attributes:
        ids: (a,) of the items that have one.
        vectors: (a, d) float16.
    """

    ids: tuple[str, ...]
    vectors: np.ndarray

    def table(self, catalog: Catalog) -> Tensor:
        """A row for every item of a catalogue, (n, d) float32; NaN where an item has no vector."""
        rows = torch.full((len(catalog), self.vectors.shape[1]), torch.nan)
        here = [place for place, item_id in enumerate(self.ids) if item_id in catalog]
        rows[[catalog.row(self.ids[place]) for place in here]] = torch.from_numpy(
            self.vectors[here].astype(np.float32)
        )
        return rows

    def rows(self, index: Index) -> Tensor:
        """A row for every item of an index; see `table`."""
        return self.table(index.catalog)

    def tensors(self) -> dict[str, np.ndarray]:
        """All of it, for a safetensors file."""
        return {"items": packed(list(self.ids)), "vectors": self.vectors}

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return int(self.vectors.size)


class CollaborativeVectors:
    """What is named or liked together gets near vectors: a factorization of how much more often than by chance.

    Positive pointwise mutual information of two items in one dialogue (or among what one rater likes), the
    chances smoothed by the power 0.75, an item going with itself as well as with the best of others, so that what
    goes together gets near, not only what goes with the same. Then its truncated SVD, each side taking the root of
    the singular values: what word vectors do implicitly (Levy & Goldberg, 2014, "Neural Word Embedding as Implicit
    Matrix Factorization"; Levy et al., 2015, "Improving Distributional Similarity with Lessons Learned from Word
    Embeddings").

    Args:
        dim: d, width of the vectors; fewer items than that leave the rest 0.
        least: Sets that an item must be in.
        ratings: Rating data sets to learn from, too: `{name: …, path: …}`, see `wherefore.corpora.ratings`.
        rating_weight: Weight of a set of liked items, divided by the root of its size; 0: none.
        dialogue_weight: Weight of a dialogue.
        wordless: Learn only from dialogues whose words are not known, where the corpora have such. The ranker is
            trained on the others: the vectors must not know their answers.

    Raises:
        ConfigError: If a number is not allowed.

    Example:
        >>> vectors = CollaborativeVectors(dim=2, least=1).factorize([["a", "b"], ["a", "b"], ["c", "d"]], [1] * 3)
        >>> unit = vectors.vectors / np.linalg.norm(vectors.vectors, axis=1, keepdims=True)
        >>> np.abs(unit @ unit[0]).round().tolist()  # a with a, b, c and d
        [1.0, 1.0, 0.0, 0.0]
    """

    def __init__(
        self,
        dim: int = 64,
        least: int = 3,
        ratings: Sequence[Component | Mapping[str, Any]] = (),
        rating_weight: float = 1.0,
        dialogue_weight: float = 1.0,
        wordless: bool = False,
    ) -> None:
        for what, number in (("dim", dim), ("least", least)):
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                raise ConfigError(f"`{what}` is {number!r}; it must be a whole number from 1")
        self.dim = dim
        self.wordless = wordless
        self.least = least
        self.tastes = Tastes(tuple(ratings), rating_weight, dialogue_weight)

    def fit(self, dialogues: Sequence[Dialogue], catalog: Catalog) -> ItemVectors:
        """Learn from whole dialogues with their mentions, and from the ratings.

        Raises:
            TrainingError: If no two items are named or liked together.
            CorpusError: If a rating data set cannot be used.
            CorpusNotFoundError: If a rating data set is not there.
        """
        return self.factorize(*self.tastes.sets(dialogues, catalog))

    def factorize(self, sets: Sequence[Sequence[str]], weights: Sequence[float]) -> ItemVectors:
        """Vectors of the items that are in enough of these sets, each with its weight."""
        times: dict[str, int] = {}
        for one in sets:
            for item_id in one:
                times[item_id] = times.get(item_id, 0) + 1
        ids = sorted(item_id for item_id, count in times.items() if count >= self.least)
        information = self._information(sets, weights, {item_id: n for n, item_id in enumerate(ids)})
        if not information.nnz:
            raise TrainingError(
                f"no two items are together in {self.least} or more of {len(sets):,} dialogues and raters' likes, so "
                "there is nothing to learn vectors from; lower `least`, or take the signal out of `signals`"
            )
        vectors = np.zeros((len(ids), self.dim), dtype=np.float32)
        rank = min(self.dim, len(ids) - 1)
        from scipy.sparse.linalg import svds

        left, values, _ = svds(information, k=rank, v0=np.ones(len(ids), dtype=np.float32))
        order = np.argsort(-values, kind="stable")
        left = left[:, order] * np.sqrt(np.maximum(values[order], 0.0))
        left *= np.where(np.linspace(1, 2, len(ids)) @ left < 0, -1.0, 1.0)  # a solver may give either sign
        vectors[:, :rank] = left
        vectors /= np.sqrt(np.mean(np.square(vectors))) or 1.0  # about as big as standardized text vectors
        return ItemVectors(tuple(ids), vectors.astype(np.float16))

    def _information(
        self, sets: Sequence[Sequence[str]], weights: Sequence[float], number: Mapping[str, int]
    ) -> Any:
        """Positive pointwise mutual information of items by number, a sparse (a, a) matrix."""
        from scipy.sparse import coo_matrix

        rows: list[np.ndarray] = []
        columns: list[np.ndarray] = []
        counts: list[np.ndarray] = []
        for one, weight in zip(sets, weights, strict=True):
            members = np.array(
                sorted(number[item_id] for item_id in one if item_id in number), dtype=np.int32
            )
            first, second = (side.ravel() for side in np.meshgrid(members, members, indexing="ij"))
            apart = first != second
            rows.append(first[apart])
            columns.append(second[apart])
            counts.append(np.full(int(apart.sum()), weight, dtype=np.float32))
        size = (len(number), len(number))
        if not sum(map(len, counts)):
            return coo_matrix(size, dtype=np.float32).tocsr()
        together = coo_matrix((np.concatenate(counts), (np.concatenate(rows), np.concatenate(columns))), size)
        together = together.tocsr().tocoo()  # sums what is given twice
        alone = np.asarray(together.sum(axis=1)).ravel()
        smooth = alone**0.75
        ratio = together.data * smooth.sum() / np.maximum(alone[together.row] * smooth[together.col], 1e-12)
        information = np.maximum(np.log(np.maximum(ratio, 1e-12)), 0.0).astype(np.float32)
        made = coo_matrix((information, (together.row, together.col)), size).tocsr()
        made.setdiag(made.max(axis=1).toarray().ravel())
        made.eliminate_zeros()
        return made
