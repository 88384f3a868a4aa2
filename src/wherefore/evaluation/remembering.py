"""A recommender that remembers what it found and read, for evaluations, which ask the same again.

Several protocols rank after the same dialogues, and several seeds search with the same sources.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wherefore.dialogue.messages import Dialogue
from wherefore.lm.head import Scores
from wherefore.lm.model import DialogueCache
from wherefore.recommender import Recommender
from wherefore.retrieval.candidates import Candidates
from wherefore.retrieval.retriever import Retriever


class RememberingRetriever(Retriever):
    """A retriever that keeps all that it found, for runs that ask the same again.

    Args:
        like: What searches.
        found: Where it is kept, by dialogue.
    """

    def __init__(self, like: Retriever, found: dict[Dialogue, dict[Any, Candidates]]) -> None:
        super().__init__(like.index, like.sources)
        self._found = found

    def read_ahead(self, dialogues: Iterable[Dialogue]) -> None:
        """Only what was not asked before."""
        super().read_ahead(dialogue for dialogue in dialogues if dialogue not in self._found)

    def search(
        self, dialogue: Dialogue, k: int, exclude: Collection[str] = (), named: np.ndarray | None = None
    ) -> Candidates:
        """What was found before, or is now; what a dialogue names is the same each time."""
        of_dialogue = self._found.setdefault(dialogue, {})
        key = (k, frozenset(exclude))
        if key not in of_dialogue:
            of_dialogue[key] = super().search(dialogue, k, exclude, named)
        return of_dialogue[key]


class RememberingRecommender(Recommender):
    """A recommender whose LLM reads a candidate after a dialogue once.

    What it says of an item depends on neither the other candidates nor the sources, so it is kept by dialogue and
    item: 4 bytes per item of the catalogue for every dialogue.
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._said: dict[
            tuple[int, ...], np.ndarray
        ] = {}  # (n,) by what was read of the dialogue; NaN: not yet

    def scores(self, rows: np.ndarray, features: Tensor, cache: DialogueCache | None) -> Scores:
        """As a recommender's, with the LLM's part from memory where it was read before."""
        if cache is None or self.model.mask == "causal":  # there the order of the candidates matters
            return super().scores(rows, features, cache)
        said = self._said.setdefault(cache.ids, np.full(len(self.catalog), np.nan, dtype=np.float32))
        new = np.isnan(said[rows])
        if new.any():
            read = super().scores(rows[new], features[torch.from_numpy(new)], cache)
            said[rows[new]] = read.llm.float().cpu().numpy()
        with torch.inference_mode():
            sources = self.model.head.source_score(features.to(self.model.device))
        llm = torch.from_numpy(said[rows]).to(sources.device)
        return Scores(llm + sources, llm, sources)
