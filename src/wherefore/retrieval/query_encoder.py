"""The packaged MiniLM, tuned to read requests: low-rank changes of its weights, learned from authored requests."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wherefore.errors import CheckpointError
from wherefore.retrieval.embedders import PackagedMiniLM

if TYPE_CHECKING:
    import torch

DOWN, UP = ".down", ".up"  # a layer's weight changes by up @ down


class QueryEncoder:
    """Reads requests in people's own words into the space of MiniLM's vectors of passages.

    Only the side of the request is tuned (as in asymmetric dual encoders, e.g. Karpukhin et al., 2020), so that
    passages' vectors stay those of the plain model and any catalogue's can be searched.

    Args:
        changes: `<layer>.down` (r, in) and `<layer>.up` (out, r) of each linear layer that is changed (LoRA: Hu et
            al., 2022), scaled already.

    Raises:
        CheckpointError: If a change fits no layer.
    """

    def __init__(self, changes: Mapping[str, np.ndarray]) -> None:
        self.changes = {name: np.asarray(change, dtype=np.float16) for name, change in changes.items()}
        self._embedder: PackagedMiniLM | None = None
        self._check()

    @property
    def dim(self) -> int:
        """d, the width of the vectors."""
        return PackagedMiniLM.dim

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Texts -> (n, d) float32, unit rows."""
        if self._embedder is None:
            model = copy.deepcopy(PackagedMiniLM().model)  # others may read with the same
            _apply(model, self.changes)
            self._embedder = PackagedMiniLM(model)
        return self._embedder.encode(texts, "query")

    def _check(self) -> None:
        names = {name.rpartition(".")[0] for name in self.changes}
        for name in names:
            down, up = self.changes.get(name + DOWN), self.changes.get(name + UP)
            if down is None or up is None or down.ndim != 2 or up.ndim != 2 or up.shape[1] != down.shape[0]:
                raise CheckpointError(f"the query encoder's changes of layer `{name}` do not go together")
            if not np.isfinite(down).all() or not np.isfinite(up).all():
                raise CheckpointError(f"the query encoder's changes of layer `{name}` are not finite")


def _apply(model: Any, changes: Mapping[str, np.ndarray]) -> None:
    """Add the changes to a model's weights."""
    import torch

    layers: dict[str, torch.nn.Module] = dict(model.named_modules())
    with torch.no_grad():
        for name in sorted({one.rpartition(".")[0] for one in changes}):
            layer = layers.get(name)
            change = changes[name + UP].astype(np.float32) @ changes[name + DOWN].astype(np.float32)
            if not isinstance(layer, torch.nn.Linear) or layer.weight.shape != change.shape:
                raise CheckpointError(f"the query encoder changes a layer `{name}` that MiniLM does not have")
            layer.weight += torch.from_numpy(change).to(layer.weight)
