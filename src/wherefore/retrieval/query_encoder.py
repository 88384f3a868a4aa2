"""The packaged MiniLM, tuned to read requests: low-rank changes of its weights, learned from authored requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from wherefore.retrieval.embedders import PackagedMiniLM


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
        from wherefore.lm.low_rank import changed_layers  # torch is slow to import

        changed_layers(self.changes)

    @property
    def dim(self) -> int:
        """d, the width of the vectors."""
        return PackagedMiniLM.dim

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Texts -> (n, d) float32, unit rows."""
        if self._embedder is None:
            from wherefore.lm.low_rank import with_changes

            self._embedder = PackagedMiniLM(with_changes(PackagedMiniLM().model, self.changes))
        return self._embedder.encode(texts, "query")
