"""Networks on a packaged encoder under LoRA: what one has learned, as tensors of a small file."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from wherefore.errors import CheckpointError, CheckpointNotFoundError
from wherefore.lm.low_rank import learned_changes, with_changes
from wherefore.lm.packaged import load_minilm, load_mpnet, packaged_minilm_dir, packaged_mpnet_dir
from wherefore.lm.rounding import from_bytes, in_bytes

_CHANGES = "changes."  # of the encoder's layers, among the tensors of a file
_BASE = "base"  # number of the encoder that it was learned on; not there: the first
BASES = ("minilm", "mpnet")


@dataclass(frozen=True, slots=True)
class Learned:
    """What a file holds.

    Attributes:
        changes: Of the encoder's layers.
        own: The network's other weights, and what else was written beside them.
        base: Which of `BASES` the encoder is.
    """

    changes: dict[str, np.ndarray]
    own: dict[str, np.ndarray]
    base: str = BASES[0]


def on_packaged(
    make: Callable[[Any, Any], nn.Module],
    changed: Callable[[Any], Any] = copy.deepcopy,
    device: str = "cpu",
    base: str = BASES[0],
) -> Any:
    """A network on a packaged encoder.

    Args:
        make: Makes it of the encoder and its tokenizer, which neither pads nor cuts.
        changed: What is made of the encoder: with low-rank changes, or all of it learning.
        device: Where.
        base: Which of `BASES`.
    """
    from tokenizers import Tokenizer

    folder = packaged_mpnet_dir() if base == "mpnet" else packaged_minilm_dir()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    encoder = load_mpnet(folder) if base == "mpnet" else load_minilm(folder)
    return make(changed(encoder), tokenizer).to(device)


def own_weights(network: nn.Module) -> dict[str, np.ndarray]:
    """All weights beside the encoder's, in half precision."""
    return {
        name: weight.detach().float().cpu().numpy().astype(np.float16)
        for name, weight in network.state_dict().items()
        if not name.startswith("encoder.")
    }


def load_own(network: nn.Module, tensors: Mapping[str, np.ndarray]) -> None:
    """Take weights that `own_weights` gave.

    Raises:
        CheckpointError: If they are not those of such a network.
    """
    own = {name: weight for name, weight in network.state_dict().items() if not name.startswith("encoder.")}
    wrong = set(own) ^ set(tensors) or {
        name for name, weight in own.items() if tuple(weight.shape) != tensors[name].shape
    }
    if wrong:
        raise CheckpointError(f"the weights `{min(wrong)}` are not those of such a network")
    with torch.no_grad():
        for name, weight in own.items():
            weight.copy_(torch.from_numpy(tensors[name].astype(np.float32)))


def restored(
    make: Callable[[Any, Any], nn.Module],
    changes: Mapping[str, np.ndarray],
    own: Mapping[str, np.ndarray],
    base: str = BASES[0],
) -> Any:
    """A network on a packaged encoder as it was when it had learned; it shares the encoder's weights with all others.

    Raises:
        CheckpointError: If the weights are not those of such a network.
    """
    network = on_packaged(make, lambda encoder: with_changes(encoder, changes), base=base)
    load_own(network, own)
    return network


def learned_tensors(network: Any, changes: Mapping[str, np.ndarray] | None = None) -> dict[str, np.ndarray]:
    """All that a network under LoRA has learned, for a file.

    Args:
        network: The network.
        changes: Of its encoder's layers, where they do not learn; else those that it has learned.
    """
    changes = learned_changes(network.encoder) if changes is None else changes
    changes = {f"{_CHANGES}{name}": change for name, change in changes.items()}
    number = BASES.index("mpnet" if network.encoder.config.model_type == "mpnet" else "minilm")
    marked = {_BASE: np.array([number], dtype=np.int8)} if number else {}
    return in_bytes(changes | own_weights(network)) | marked


def read_learned(file: Path, made_by: str) -> Learned:
    """The weights in a file that `learned_tensors` filled.

    Args:
        file: Which.
        made_by: The script that makes such files, for the error.

    Raises:
        CheckpointNotFoundError: If there is no such file.
        CheckpointError: If it is broken.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    if not file.is_file():
        raise CheckpointNotFoundError(f"no {file}; make it with {made_by}, or install Wherefore again")
    try:
        tensors = from_bytes(load_file(file))
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{file} cannot be read: {error}") from error
    number = int(tensors.pop(_BASE, np.zeros(1))[0])
    if number not in range(len(BASES)):
        raise CheckpointError(
            f"{file} is of another version of Wherefore: install that one, or train it again"
        )
    changes = {name.removeprefix(_CHANGES): w for name, w in tensors.items() if name.startswith(_CHANGES)}
    own = {name: w for name, w in tensors.items() if not name.startswith(_CHANGES)}
    return Learned(changes, own, BASES[number])
