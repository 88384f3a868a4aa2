"""Vectors of items beside their text's that the item encoder reads too: learned from people, or read off the catalogue.

Not every item has each: an item that nobody named yet, or that has no picture, is as usable by what is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from torch import Tensor

from wherefore.catalog.catalog import Catalog
from wherefore.config import Component, build
from wherefore.dialogue.messages import Dialogue
from wherefore.errors import CheckpointError, CheckpointNotFoundError, ConfigError
from wherefore.retrieval.content_signals import (
    CategorySignal,
    ContentSignal,
    NumberSignal,
    PictureSignal,
    VectorSignal,
)
from wherefore.retrieval.index import Index
from wherefore.retrieval.item_vectors import CollaborativeVectors, ItemVectors
from wherefore.retrieval.tensors import unpacked, write_tensors


class SignalVectors(Protocol):
    """The vectors that a signal gives, on whatever catalogue."""

    @property
    def size(self) -> int:
        """How many numbers were learned."""

    def rows(self, index: Index) -> Tensor:
        """A row for every item of an index, (n, d) float32; NaN where an item has no vector."""

    def tensors(self) -> dict[str, np.ndarray]:
        """All that is kept, for a safetensors file."""


class LearnedSignal(Protocol):
    """Learns vectors of items from dialogues."""

    dim: int
    wordless: bool

    def fit(self, dialogues: Sequence[Dialogue], catalog: Catalog) -> ItemVectors:
        """Vectors of those items of which enough is known."""


Signal = LearnedSignal | ContentSignal
SIGNALS: dict[str, Callable[..., Signal]] = {
    "collaborative": CollaborativeVectors,
    "categories": CategorySignal,
    "numbers": NumberSignal,
    "pictures": PictureSignal,
    "vectors": VectorSignal,
}


def make_signals(components: Iterable[Component]) -> dict[str, Signal]:
    """The signals that a config names, by name.

    Raises:
        ConfigError: If one is unknown, is named twice, or a number is not allowed.
    """
    made: dict[str, Signal] = {}
    for component in components:
        name = component.name.rpartition(":")[2]  # of one's own, `my_package.module:Mine`, the last part
        if name in made:
            raise ConfigError(f"signal {name!r} is given twice under `signals`; give each once")
        made[name] = build(component, SIGNALS, "signal")
    return made


def save_signals(signals: Mapping[str, SignalVectors], folder: Path) -> None:
    """Write each signal's vectors, or what it reads catalogues by, `<name>.safetensors`."""
    for name, given in signals.items():
        write_tensors(folder / f"{name}.safetensors", given.tensors())


def load_signals(signals: Mapping[str, Signal], folder: Path) -> dict[str, SignalVectors]:
    """Read what `save_signals` wrote.

    Raises:
        CheckpointNotFoundError: If a signal's file is not there.
        CheckpointError: If a file is not what its signal gives.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    found: dict[str, SignalVectors] = {}
    for name, signal in signals.items():
        file = folder / f"{name}.safetensors"
        if not file.is_file():
            raise CheckpointNotFoundError(
                f"no {file}: the item encoder reads signal {name!r}, and what it learned is missing; copy the whole "
                "checkpoint again, or take the signal out of `signals` and train"
            )
        try:
            tensors = load_file(file)
            if isinstance(signal, ContentSignal):
                found[name] = signal.restored(tensors)
                continue
            ids, vectors = unpacked(tensors["items"]), tensors["vectors"]
        except (SafetensorError, ValueError, KeyError) as error:
            raise CheckpointError(f"{file} is damaged ({error}); copy the checkpoint again") from error
        if vectors.shape != (len(ids), signal.dim) or not np.isfinite(vectors).all():
            raise CheckpointError(
                f"{file} holds {len(ids)} items and vectors of shape {vectors.shape}; signal {name!r} has "
                f"{signal.dim} finite numbers for each item; use the config it was made with"
            )
        found[name] = ItemVectors(tuple(ids), vectors)
    return found
