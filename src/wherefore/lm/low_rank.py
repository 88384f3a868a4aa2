"""Low-rank changes of a model's linear layers (LoRA: Hu et al., 2022), on weights shared with the plain model."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wherefore.errors import CheckpointError

DOWN, UP = ".down", ".up"  # a layer's weight changes by up @ down


class LowRank(nn.Module):
    """A linear layer and its change.

    Args:
        base: The layer; its weights are not copied.
        down: (r, in).
        up: (out, r), scaled already.
    """

    def __init__(self, base: nn.Linear, down: np.ndarray, up: np.ndarray) -> None:
        super().__init__()
        self.base = base
        self.down, self.up = (
            nn.Parameter(torch.from_numpy(part.astype(np.float32)).to(base.weight), False)
            for part in (down, up)
        )

    def forward(self, states: Tensor) -> Tensor:
        """(…, in) -> (…, out)."""
        changed: Tensor = self.base(states) + (states @ self.down.T) @ self.up.T
        return changed


def with_changes(model: Any, changes: Mapping[str, np.ndarray]) -> Any:
    """A model with changed layers, that shares all weights with the plain one.

    Args:
        model: The plain one; it stays as it is.
        changes: `<layer>.down` and `<layer>.up` of each layer.

    Raises:
        CheckpointError: If a change fits no layer, or is as `changed_layers` says.
    """
    shared = {id(weight): weight for weight in (*model.parameters(), *model.buffers())}
    changed = copy.deepcopy(model, shared)
    layers: dict[str, nn.Module] = dict(changed.named_modules())
    for name in changed_layers(changes):
        down, up = changes[name + DOWN], changes[name + UP]
        layer = layers.get(name)
        if not isinstance(layer, nn.Linear) or layer.weight.shape != (up.shape[0], down.shape[1]):
            raise CheckpointError(f"a layer `{name}` is changed that the model does not have")
        parent = layers[name.rpartition(".")[0]]
        setattr(parent, name.rpartition(".")[2], LowRank(layer, down, up))
    return changed


def merged(network: nn.Module, dtype: torch.dtype | None = None) -> None:
    """Put changes into the weights of their layers: a quarter less to compute, for weights of one's own.

    Args:
        network: A network with layers as of `with_changes`; those layers are replaced.
        dtype: Of the new weights; that of the layers when None.
    """
    for parent in list(network.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, LowRank):
                weight = layer.base.weight.detach() + layer.up.detach() @ layer.down.detach()
                wide, narrow = weight.shape
                whole = nn.Linear(narrow, wide, bias=layer.base.bias is not None, device="meta")
                whole.weight = nn.Parameter(weight.to(dtype), False)
                if layer.base.bias is not None:
                    whole.bias = nn.Parameter(layer.base.bias.detach().to(dtype), False)
                setattr(parent, name, whole)


def changed_layers(changes: Mapping[str, np.ndarray]) -> list[str]:
    """The names of the layers that are changed.

    Raises:
        CheckpointError: If the two parts of a change do not go together, or are not finite.
    """
    names = sorted({one.rpartition(".")[0] for one in changes})
    for name in names:
        down, up = changes.get(name + DOWN), changes.get(name + UP)
        if down is None or up is None or down.ndim != 2 or up.ndim != 2 or up.shape[1] != down.shape[0]:
            raise CheckpointError(f"the changes of layer `{name}` do not go together")
        if not np.isfinite(down).all() or not np.isfinite(up).all():
            raise CheckpointError(f"the changes of layer `{name}` are not finite")
    return names


def learning(encoder: Any, r: int | None, first: int = 0) -> Any:
    """A copy of a BERT-like encoder that is to learn.

    Args:
        encoder: Whose weights others may read with, too.
        r: Rank of the changes (LoRA); None: all weights learn.
        first: Number of the first layer that changes; those below are left as they are, and cost nothing on the way
            back.
    """
    encoder = copy.deepcopy(encoder).requires_grad_(r is None)
    # Drawing so many random numbers takes a quarter of a step, and going back through the fused kernel on a CPU as long
    # as all the rest.
    encoder.config._attn_implementation = "eager"
    for layer in encoder.encoder.layer:
        attention = layer.attention
        inner: Any = getattr(attention, "self", None) or attention.attn
        inner.dropout.p = 0.0
    return encoder if r is None else under_lora(encoder, r, first=first)


def under_lora(encoder: Any, r: int, dropout: float = 0.0, first: int = 0) -> Any:
    """A BERT-like encoder (MPNet's among them) of which only low-rank changes of linear layers learn, from one on."""
    from peft import LoraConfig, get_peft_model

    adapter = LoraConfig(
        r=r,
        lora_alpha=2 * r,
        lora_dropout=dropout,
        target_modules=["query", "key", "value", "q", "k", "v", "o", "dense"],
        layers_to_transform=list(range(first, len(encoder.encoder.layer))),
    )
    return get_peft_model(encoder, adapter)


def start_from(model: Any, changes: Mapping[str, np.ndarray]) -> None:
    """Let a model under peft's LoRA go on from what `learned_changes` gave.

    Raises:
        CheckpointError: If the changes are of other layers, or of another rank.
    """
    layers = {
        name.partition("base_model.model.")[2]: layer
        for name, layer in model.named_modules()
        if hasattr(layer, "lora_A") and "default" in layer.lora_A
    }
    if set(layers) != set(changed_layers(changes)):
        raise CheckpointError("what is to be gone on from changes other layers than those that learn here")
    with torch.no_grad():
        for name, layer in layers.items():
            down, up = (torch.from_numpy(changes[name + one].astype(np.float32)) for one in (DOWN, UP))
            own = layer.lora_A["default"].weight, layer.lora_B["default"].weight
            if (down.shape, up.shape) != (own[0].shape, own[1].shape):
                raise CheckpointError(
                    f"what is to be gone on from has rank {len(down)}, and {len(own[0])} is to be learned here"
                )
            own[0].copy_(down)
            own[1].copy_(up / float(layer.scaling["default"]))


def learned_changes(model: Any) -> dict[str, np.ndarray]:
    """What a model under peft's LoRA has learned, by layer of the plain model, in half precision."""
    found: dict[str, np.ndarray] = {}
    for name, layer in model.named_modules():
        if hasattr(layer, "lora_A") and "default" in layer.lora_A:
            short = name.partition("base_model.model.")[2]
            scale = float(layer.scaling["default"])
            down, up = layer.lora_A["default"].weight, layer.lora_B["default"].weight
            found[short + DOWN] = down.detach().float().cpu().numpy().astype(np.float16)
            found[short + UP] = (scale * up.detach().float()).cpu().numpy().astype(np.float16)
    return found


def llm_learning(model: Any, r: int) -> Any:
    """A copy of a Llama-like LLM of which only low-rank changes of its layers' linear maps learn."""
    from peft import LoraConfig, get_peft_model

    model = copy.deepcopy(model)
    model.config._attn_implementation = "eager"  # see `learning`
    layers = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    return get_peft_model(model, LoraConfig(r=r, lora_alpha=2 * r, target_modules=layers))
