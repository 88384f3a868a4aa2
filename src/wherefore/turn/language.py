"""The language model of a turn: what the stages need of it, and its two kinds, local and behind a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from wherefore.catalog.catalog import Catalog, Item
from wherefore.config import Config
from wherefore.dialogue.messages import Dialogue
from wherefore.errors import ConfigError
from wherefore.lm.caches import DialogueCaches
from wherefore.lm.head import Scores
from wherefore.lm.item_encoder import ItemSignals
from wherefore.lm.model import DialogueCache, RecommenderLM
from wherefore.lm.server import Server, Transcript
from wherefore.ranking.served import ServedOrder
from wherefore.retrieval.index import Index
from wherefore.retrieval.signals import SignalVectors
from wherefore.writing.local import LocalWriter
from wherefore.writing.realizer import Writer
from wherefore.writing.served import ServedWriter

Heard = Any  # a dialogue as one language model has read it


class LM(Protocol):
    """What a turn needs of a language model."""

    @property
    def server(self) -> Server | None:
        """The server that it is behind, if it is."""

    def read(self, dialogue: Dialogue) -> Heard:
        """Read a dialogue, to rank and write after it."""

    def scores(self, rows: np.ndarray, features: Tensor, heard: Heard | None) -> Scores:
        """Score m items by rows (m,) and features (m, f), (m,) each; after no dialogue where it does not count."""

    def order(self, heard: Heard, items: Sequence[Item], catalog: Catalog) -> Sequence[int]:
        """Put the first few of scored items into another order, by their places; nothing leaves them as they are."""

    def writer(self, heard: Heard) -> Writer:
        """What words plans after a dialogue, whatever becomes of the catalogue meanwhile."""

    def forget(self) -> None:
        """The catalogue has changed: forget what is known by row."""


def language_model(
    config: Config, index: Index, model: RecommenderLM, signals: Mapping[str, SignalVectors]
) -> LM:
    """The language model that a config asks for: `model` itself, or a server in its place.

    Raises:
        ConfigError: If `llm.url` is wrong, or the model's head cannot rank without its LLM.
        ServerError: If the server cannot be reached or does not answer as it should.
    """
    llm = config.llm
    if llm.url is None:
        return LocalLM(index, model, signals, titles=config.ranker.candidates == "titles")
    if not config.ranker.features:
        raise ConfigError(
            "`llm.url` is set, but the checkpoint was trained with `ranker.features=false`: without its LLM, "
            "nothing of it can rank; use one whose head reads the sources, such as `starter`"
        )
    server = Server(llm.url, llm.model, llm.key_env, llm.timeout).connect()
    return ServedLM(server, model, llm.shortlist, llm.parallel)


class LocalLM:
    """The LLM with soft tokens.

    Args:
        index: The catalogue with its vectors.
        model: The LLM with item encoder and ranking head.
        signals: What the item encoder reads besides text vectors.
        titles: Whether candidates are read as titles instead of soft tokens.
    """

    server: Server | None = None

    def __init__(
        self, index: Index, model: RecommenderLM, signals: Mapping[str, SignalVectors], titles: bool
    ) -> None:
        self._index, self._model, self._signals, self._titles = index, model, signals, titles
        self._caches = DialogueCaches()
        self._extra: Mapping[str, Tensor] | None = None
        self.words = LocalWriter(model)

    def read(self, dialogue: Dialogue) -> DialogueCache:
        """The cache of a dialogue, continued from the turn before where that is kept."""
        trunk = self._model.format.dialogue(
            dialogue.messages, mentions=dialogue.mentions, catalog=self._index.catalog
        )
        signals = self._of(np.array(trunk.items, dtype=np.int64)) if trunk.items else None
        cache = self._model.prefill(trunk, self._caches.take(trunk.coded), signals)
        self._caches.keep(cache)
        return cache

    def scores(self, rows: np.ndarray, features: Tensor, heard: DialogueCache | None) -> Scores:
        """The LLM's and the sources' part for each item: neither order nor company of the items matters."""
        titles = None
        if self._titles:
            catalog = self._index.catalog
            titles = [self._model.format.title(catalog.dated(catalog.items[row])) for row in rows]
        return self._model.rank(heard, self._of(rows), features, titles)

    def order(self, heard: DialogueCache, items: Sequence[Item], catalog: Catalog) -> Sequence[int]:
        """Nothing: its scores say it all."""
        return ()

    def writer(self, heard: DialogueCache) -> Writer:
        """Writes on the dialogue's cache."""
        return partial(self.words.write, heard, self._of)

    def forget(self) -> None:
        """Caches hold soft tokens by row, too."""
        self._caches.clear()
        self._extra = None

    def _of(self, rows: np.ndarray) -> ItemSignals:
        """What the item encoder reads of some items."""
        if self._extra is None:
            self._extra = {name: one.rows(self._index) for name, one in self._signals.items()}
        text = torch.from_numpy(np.array(self._index.vectors_of(rows)))
        extra = {name: vectors[torch.from_numpy(rows)] for name, vectors in self._extra.items()}
        return ItemSignals(text, extra).to(self._model.device)


class ServedLM:
    """An LLM behind a server, without soft tokens: all it reads is text.

    Hard limits, the sources and their part of the ranking head, plans and the check stay as they are.

    Args:
        server: Where it is.
        model: Whose ranking head scores by the sources.
        shortlist: How many of the best candidates it orders.
        parallel: Requests at once, for sentences.
    """

    def __init__(self, server: Server, model: RecommenderLM, shortlist: int, parallel: int) -> None:
        self.server = server
        self._model = model
        self._order, self._words = ServedOrder(server, shortlist), ServedWriter(server, parallel)

    def read(self, dialogue: Dialogue) -> Transcript:
        """The newest messages that fit."""
        return Transcript.of(dialogue)

    @torch.inference_mode()
    def scores(self, rows: np.ndarray, features: Tensor, heard: Transcript | None) -> Scores:
        """The sources' part alone: the server orders the best of them afterwards."""
        scores: Scores = self._model.head(None, None, features.to(self._model.device))
        return scores

    def order(self, heard: Transcript, items: Sequence[Item], catalog: Catalog) -> Sequence[int]:
        """Its order of the best few, fused with the given one."""
        return self._order.fused(heard, items, catalog)

    def writer(self, heard: Transcript) -> Writer:
        """Asks the server for each sentence."""
        return partial(self._words.write, heard)

    def forget(self) -> None:
        """Nothing is known by row."""
