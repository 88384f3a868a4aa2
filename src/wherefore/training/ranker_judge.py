"""A trained checkpoint's LLM as a judge of items: it reads soft tokens on the dialogue's cache, as when it ranks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from wherefore.checkpoint import checkpoint_dir, load_checkpoint
from wherefore.errors import ConfigError
from wherefore.lm.item_judge import Asked, told
from wherefore.retrieval.index import Index
from wherefore.turn.language import LocalLM


class RankerJudge:
    """Scores of the LLM's part of a ranking head, in logits; the sources' part is left out.

    It has learned from dialogues which items people name next, so of dialogues that it learned from its scores say more
    than it knows of others.

    Args:
        index: Of the items that are judged, with vectors of the checkpoint's embedder.
        checkpoint: `starter`, or a folder.
        device: Of the LLM.

    Raises:
        ConfigError: If the checkpoint's LLM does not rank, or the index's vectors are others.
    """

    def __init__(self, index: Index, checkpoint: str = "starter", device: str = "auto") -> None:
        folder = checkpoint_dir(checkpoint)
        loaded = load_checkpoint(folder, device)
        if not loaded.config.ranker.llm or not loaded.model.head.reads_states:
            raise ConfigError(f"the LLM of {checkpoint} does not rank; judge by another checkpoint")
        if loaded.index.embedder.name != index.embedder.name or loaded.index.dim != index.dim:
            raise ConfigError(
                f"{checkpoint} reads vectors of {loaded.index.embedder.name!r}, {loaded.index.dim} wide; the index has "
                f"those of {index.embedder.name!r}, {index.dim} wide: use the same `embedder` and `pca`"
            )
        self._index, self._features = index, len(loaded.retriever.feature_names)
        titles = loaded.config.ranker.candidates == "titles"
        self._lm = LocalLM(index, loaded.model, loaded.signals, titles)
        weights = loaded.manifest["files"]["ranker.safetensors"]["sha256"][:8]
        self.name = f"ranker {Path(checkpoint).name} {weights}"

    def reads(self, asked: Asked) -> tuple[str, tuple[str, ...]]:
        """As `ItemJudge.reads`: the words, though it reads items as soft tokens."""
        talk = "\n".join(f"{one.role}: {one.content}" for one in asked.dialogue.messages)
        return talk, tuple(told(item, asked.catalog) for item in asked.items)

    @torch.inference_mode()
    def scores(self, asked: Asked) -> np.ndarray:
        """As `ItemJudge.scores`."""
        if not asked.items:
            return np.zeros(0, dtype=np.float32)
        rows = self._index.rows([item.id for item in asked.items])
        features = torch.full((len(rows), self._features), float("nan"))
        made = self._lm.scores(rows, features, self._lm.read(asked.dialogue))
        scores: np.ndarray = made.llm.float().cpu().numpy()
        return scores
