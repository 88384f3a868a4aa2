"""What query towers have learned, also as tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch

from wherefore.errors import CheckpointError
from wherefore.retrieval.query_network import QueryTower, rounded
from wherefore.retrieval.tensors import packed, unpacked

_REST = ("counts", "ids", "values", "people", "embedder")  # the tensors that are no weights

Key = tuple[str, str]  # field, value in lower case


@dataclass(frozen=True, slots=True)
class LearnedTowers:
    """All that was learned."""

    towers: tuple[QueryTower, ...]  # the members
    ids: list[str]  # items with a vector of their own
    counts: np.ndarray  # in how many messages those were named
    keys: list[Key]
    people: list[str]  # fields

    def tensors(self, embedder: str) -> dict[str, np.ndarray]:
        """Weights (matrices as float16), the items with vectors of their own, how often they were named, values."""
        return {
            **{
                f"{prefix}.{name}": rounded(tensor)
                for prefix, tower in zip(_prefixes(len(self.towers)), self.towers, strict=True)
                for name, tensor in tower.state_dict().items()
            },
            "counts": self.counts,
            "ids": packed(self.ids),
            "values": packed([list(key) for key in self.keys]),
            "people": packed(self.people),
            "embedder": packed(embedder),
        }

    @classmethod
    def of(
        cls,
        tensors: Mapping[str, np.ndarray],
        make: Callable[[int, int], QueryTower],
        members: int,
        embedder: str,
        source: str,
    ) -> Self:
        """From what `tensors` gave, for so many `members`; `make` makes a tower for so many items and values.

        Raises:
            CheckpointError: If a tensor is missing, left over, or of another shape, or vectors were of another
                embedder.
        """
        missing = [name for name in _REST if name not in tensors]
        if missing:
            raise CheckpointError(f"{', '.join(missing)} of source {source!r} is missing; train it again")
        trained_with = unpacked(tensors["embedder"])
        if trained_with != embedder:
            raise CheckpointError(
                f"source {source!r} was trained with the vectors of {trained_with!r}, here they are of "
                f"{embedder!r}; use the embedder it was trained with, or train it again"
            )
        ids, keys = unpacked(tensors["ids"]), unpacked(tensors["values"])
        with torch.random.fork_rng(devices=[]):
            towers = {prefix: make(len(ids), len(keys)) for prefix in _prefixes(members)}
        _check_shapes(tensors, towers, len(ids), source)
        for prefix, tower in towers.items():
            tower.load_state_dict(
                {
                    name: torch.from_numpy(np.array(tensors[f"{prefix}.{name}"], dtype=np.float32))
                    for name in tower.state_dict()
                }
            )
        return cls(
            towers=tuple(tower.eval() for tower in towers.values()),
            ids=[str(item) for item in ids],
            counts=np.array(tensors["counts"], dtype=np.float32),
            keys=[(str(name), str(value)) for name, value in keys],
            people=[str(name) for name in unpacked(tensors["people"])],
        )


def _prefixes(members: int) -> Sequence[str]:
    """What the names of each member's tensors begin with."""
    return ["tower", *(f"tower-{member}" for member in range(1, members))]


def _check_shapes(
    tensors: Mapping[str, np.ndarray], towers: Mapping[str, QueryTower], items: int, source: str
) -> None:
    expected = {
        f"{prefix}.{name}": tuple(tensor.shape)
        for prefix, tower in towers.items()
        for name, tensor in tower.state_dict().items()
    }
    expected["counts"] = (items,)
    given = {name: tuple(tensor.shape) for name, tensor in tensors.items() if name not in _REST[1:]}
    wrong = [
        f"{name} is {given.get(name, 'missing')}, here {expected.get(name, 'unknown')}"
        for name in sorted(set(expected) | set(given))
        if given.get(name) != expected.get(name)
    ]
    if wrong:
        shape = towers["tower"].shape | {"members": len(towers)}
        raise CheckpointError(
            f"what source {source!r} learned does not fit: {'; '.join(wrong[:3])} ({len(wrong)} in all); "
            f"`width`, `layers`, `heads`, `members` and `extra` must be those it was trained with, here {shape}"
        )
