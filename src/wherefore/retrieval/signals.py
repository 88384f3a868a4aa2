"""Vectors of items beside their text's, learned from people, that the item encoder reads too.

Not every item has one: an item that nobody named yet is as usable by its text alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from wherefore.catalog.catalog import Catalog
from wherefore.config import Component, build
from wherefore.dialogue.messages import Dialogue
from wherefore.files import write_aside
from wherefore.retrieval.collaborative import taste_sets
from wherefore.retrieval.learned import packed, unpacked


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


class Signal(Protocol):
    """Learns vectors of items from dialogues."""

    dim: int
    wordless: bool

    def fit(self, dialogues: Sequence[Dialogue], catalog: Catalog) -> ItemVectors:
        """Vectors of those items of which enough is known."""


class CollaborativeVectors:
    """What is named or liked together gets near vectors: a factorization of how much oftener than by chance.

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
            trained on the others: of them, the vectors must not know the answers.

    Raises:
        ValueError: If a number is not allowed.

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
                raise ValueError(f"`{what}` is {number!r}; it must be a whole number from 1")
        for what, weight in (("rating_weight", rating_weight), ("dialogue_weight", dialogue_weight)):
            if not 0 <= weight < np.inf:
                raise ValueError(f"`{what}` is {weight}; it must be 0 or more")
        self.dim = dim
        self.wordless = wordless
        self.least = least
        self.ratings = tuple(ratings)
        self.rating_weight = rating_weight
        self.dialogue_weight = dialogue_weight

    def fit(self, dialogues: Sequence[Dialogue], catalog: Catalog) -> ItemVectors:
        """Learn from whole dialogues with their mentions, and from the ratings.

        Raises:
            ValueError: If no two items are named or liked together, or a rating data set cannot be used.
            FileNotFoundError: If a rating data set is not there.
        """
        return self.factorize(
            *taste_sets(dialogues, catalog, self.ratings, self.rating_weight, self.dialogue_weight)
        )

    def factorize(self, sets: Sequence[Sequence[str]], weights: Sequence[float]) -> ItemVectors:
        """Vectors of the items that are in enough of these sets, each with its weight."""
        times: dict[str, int] = {}
        for one in sets:
            for item_id in one:
                times[item_id] = times.get(item_id, 0) + 1
        ids = sorted(item_id for item_id, count in times.items() if count >= self.least)
        information = self._information(sets, weights, {item_id: n for n, item_id in enumerate(ids)})
        if not information.nnz:
            raise ValueError(
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


SIGNALS: dict[str, Callable[..., Signal]] = {"collaborative": CollaborativeVectors}


def make_signals(components: Iterable[Component]) -> dict[str, Signal]:
    """The signals that a config names, by name.

    Raises:
        ValueError: If one is unknown, is named twice, or a number is not allowed.
    """
    made: dict[str, Signal] = {}
    for component in components:
        if component.name in made:
            raise ValueError(f"signal {component.name!r} is given twice under `signals`; give each once")
        made[component.name] = build(component, SIGNALS, "signal")
    return made


def save_signals(signals: Mapping[str, ItemVectors], folder: Path) -> None:
    """Write each signal's vectors, `<name>.safetensors`."""
    from safetensors.numpy import save_file

    for name, given in signals.items():
        folder.mkdir(parents=True, exist_ok=True)
        with write_aside(folder / f"{name}.safetensors") as aside:
            tensors = {"items": packed(list(given.ids)), "vectors": np.ascontiguousarray(given.vectors)}
            save_file(tensors, aside)


def load_signals(signals: Mapping[str, Signal], folder: Path) -> dict[str, ItemVectors]:
    """Read what `save_signals` wrote.

    Raises:
        FileNotFoundError: If a signal's file is not there.
        ValueError: If a file is not what its signal gives.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    found = {}
    for name, signal in signals.items():
        file = folder / f"{name}.safetensors"
        if not file.is_file():
            raise FileNotFoundError(
                f"no {file}: the item encoder reads signal {name!r}, and its vectors are missing; copy the whole "
                "checkpoint again, or take the signal out of `signals` and train"
            )
        try:
            tensors = load_file(file)
            ids, vectors = unpacked(tensors["items"]), tensors["vectors"]
        except (SafetensorError, ValueError, KeyError, json.JSONDecodeError) as error:
            raise ValueError(f"{file} is damaged ({error}); copy the checkpoint again") from error
        if vectors.shape != (len(ids), signal.dim) or not np.isfinite(vectors).all():
            raise ValueError(
                f"{file} holds {len(ids)} items and vectors of shape {vectors.shape}; signal {name!r} has "
                f"{signal.dim} finite numbers for each item; use the config it was made with"
            )
        found[name] = ItemVectors(tuple(ids), vectors)
    return found
