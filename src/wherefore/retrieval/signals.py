"""Vectors of items beside their text's, learned from people, that the item encoder reads too.

Not every item has one: an item that nobody named yet is as usable by its text alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.config import Component, build
from wherefore.dialogue.messages import Dialogue
from wherefore.errors import CheckpointError, CheckpointNotFoundError, ConfigError
from wherefore.retrieval.item_vectors import CollaborativeVectors, ItemVectors
from wherefore.retrieval.tensors import packed, unpacked, write_tensors


class Signal(Protocol):
    """Learns vectors of items from dialogues."""

    dim: int
    wordless: bool

    def fit(self, dialogues: Sequence[Dialogue], catalog: Catalog) -> ItemVectors:
        """Vectors of those items of which enough is known."""


SIGNALS: dict[str, Callable[..., Signal]] = {"collaborative": CollaborativeVectors}


def make_signals(components: Iterable[Component]) -> dict[str, Signal]:
    """The signals that a config names, by name.

    Raises:
        ConfigError: If one is unknown, is named twice, or a number is not allowed.
    """
    made: dict[str, Signal] = {}
    for component in components:
        if component.name in made:
            raise ConfigError(f"signal {component.name!r} is given twice under `signals`; give each once")
        made[component.name] = build(component, SIGNALS, "signal")
    return made


def save_signals(signals: Mapping[str, ItemVectors], folder: Path) -> None:
    """Write each signal's vectors, `<name>.safetensors`."""
    for name, given in signals.items():
        tensors = {"items": packed(list(given.ids)), "vectors": given.vectors}
        write_tensors(folder / f"{name}.safetensors", tensors)


def load_signals(signals: Mapping[str, Signal], folder: Path) -> dict[str, ItemVectors]:
    """Read what `save_signals` wrote.

    Raises:
        CheckpointNotFoundError: If a signal's file is not there.
        CheckpointError: If a file is not what its signal gives.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    found = {}
    for name, signal in signals.items():
        file = folder / f"{name}.safetensors"
        if not file.is_file():
            raise CheckpointNotFoundError(
                f"no {file}: the item encoder reads signal {name!r}, and its vectors are missing; copy the whole "
                "checkpoint again, or take the signal out of `signals` and train"
            )
        try:
            tensors = load_file(file)
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
