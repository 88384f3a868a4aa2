"""A tower that learned from sequences which item comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from wherefore.errors import CheckpointError, ConfigError
from wherefore.retrieval.index import Index
from wherefore.retrieval.item_signals import ItemSignals, Vocabulary
from wherefore.retrieval.latest import Latest
from wherefore.retrieval.sequence_network import SequenceNetwork, SequenceShape, SignalTensors, padded
from wherefore.retrieval.tensors import packed

_BATCH = 256  # histories that are read at once


class SequenceTower:
    """Scores items by how likely each comes next; see `SequenceNetwork`.

    Args:
        index: Its items are scored. Those that training never saw are, too, by what is known of them.
        network: What was learned.
    """

    name = "sequence"

    def __init__(self, index: Index, network: SequenceNetwork) -> None:
        self.index, self.network = index, network.eval()
        self._view = Latest[_View]()

    @property
    def vocabulary(self) -> Vocabulary:
        """What it reads of items."""
        return self.network.vocabulary

    def after(self, rows: np.ndarray) -> np.ndarray:
        """Log-probability that each item comes next after a history of rows, oldest first, (n,) float32.

        Raises:
            ConfigError: If the history is empty.
        """
        if not len(rows):
            raise ConfigError("a history needs at least one item")
        view = self._now()
        logits = self.of_groups([rows])[0]
        total = np.logaddexp.reduce(logits + np.log(view.signals.sizes))
        made: np.ndarray = (logits - total)[view.signals.group].astype(np.float32)
        return made

    def of_groups(self, histories: Sequence[np.ndarray]) -> np.ndarray:
        """Scores of the g different items after each of b histories of rows, (b, g) float32; see `ItemSignals`."""
        view = self._now()
        rows = [view.signals.group[one[-self.network.shape.longest :]] for one in histories]
        made = np.empty((len(rows), len(view.signals.sizes)), dtype=np.float32)
        order = np.argsort([len(one) for one in rows], kind="stable")
        with torch.inference_mode():
            for start in range(0, len(order), _BATCH):
                chosen = order[start : start + _BATCH]
                batch = [rows[number] for number in chosen]
                answers = self.network(view.items, padded(batch))
                last = answers[torch.arange(len(batch)), torch.tensor([len(one) - 1 for one in batch])]
                made[chosen] = self.network.scores(last, view.items).float().numpy()
        return made

    @property
    def signals(self) -> ItemSignals:
        """The catalogue's items as the network tells them apart."""
        return self._now().signals

    def tensors(self) -> dict[str, np.ndarray]:
        """What a checkpoint keeps: weights, and what the network knows of items."""
        about = {
            "kind": self.name,
            "embedder": self.index.embedder.name,
            "dim": self.index.dim,
            "shape": self.network.shape.to_json(),
            "vocabulary": self.vocabulary.to_json(),
        }
        weights = {f"network.{name}": one.numpy() for name, one in self.network.state_dict().items()}
        return {"about": packed(about), **weights}

    @classmethod
    def restored(cls, index: Index, about: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Self:
        """What `tensors` gave, on whatever catalogue.

        Raises:
            CheckpointError: If it was learned from vectors of another embedder or width, or does not fit itself.
        """
        vocabulary = Vocabulary.from_json(about.get("vocabulary", {}))
        made_with = (about.get("embedder"), about.get("dim"))
        if "text" in vocabulary.signals and made_with != (index.embedder.name, index.dim):
            raise CheckpointError(
                f"a sequence tower was trained with vectors of {made_with[0]} and {made_with[1]} dimensions, here they "
                f"are of {index.embedder.name} and {index.dim}; use those, or train it again"
            )
        try:
            shape = SequenceShape(**about["shape"])
            with torch.random.fork_rng(devices=[]):
                network = SequenceNetwork(int(about["dim"]), vocabulary, shape)
            weights = {name: one for name, one in tensors.items() if name != "about"}
            network.load_state_dict(
                {
                    name.removeprefix("network."): torch.from_numpy(np.array(one, dtype=np.float32))
                    for name, one in weights.items()
                }
            )
        except (KeyError, TypeError, RuntimeError) as error:
            raise CheckpointError(
                f"a sequence tower cannot be read ({str(error)[:200]}); train it again"
            ) from error
        return cls(index, network)

    def forget(self) -> None:
        """Make what is derived from the weights anew: they have changed."""
        self._view = Latest[_View]()

    def _now(self) -> _View:
        return self._view.get(self._look, self.index.catalog.items)

    def _look(self) -> _View:
        signals = ItemSignals.of(self.index, self.vocabulary)
        with torch.inference_mode():
            items = self.network.items(SignalTensors.of(signals)).float()
        return _View(signals, items)


@dataclass(frozen=True, slots=True)
class _View:
    """A catalogue as a network sees it."""

    signals: ItemSignals
    items: Tensor  # (g, w)
