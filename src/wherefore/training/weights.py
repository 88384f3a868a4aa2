"""Trained weights and optimizer moments as named tensors, whole also where FSDP holds them in parts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import torch
from torch import Tensor, nn

# -- weights that FSDP has cut into parts ---------------------------------------------------------------------


def whole_weights(module: nn.Module, names: Collection[str]) -> dict[str, Tensor]:
    """The weights called `names` of a model in FSDP's parts, gathered to the CPU; every process must ask.

    Args:
        module: The `Objective`, as it was made ready for training.
        names: As the model has them.
    """
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

    options = StateDictOptions(full_state_dict=True, cpu_offload=True, ignore_frozen_params=True)
    state: Any = get_model_state_dict(module, options=options)  # empty but in the first process
    found = {name.removeprefix("model."): tensor for name, tensor in state.items()}
    return {name: tensor.contiguous() for name, tensor in found.items() if name in names}


def whole_moments(module: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """AdamW's moments as `weight|moment`, gathered likewise."""
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_optimizer_state_dict

    if not optimizer.state:
        return {}
    options = StateDictOptions(full_state_dict=True, cpu_offload=True)
    found: Any = get_optimizer_state_dict(module, optimizer, options=options)
    state = found.get("state", {})
    return {
        f"{name}|{part}": torch.as_tensor(value).contiguous()
        for name, parts in state.items()
        for part, value in parts.items()
    }


def load_moments(module: nn.Module, optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put back what `whole_moments` took out; every process must give it."""
    from torch.distributed.checkpoint.state_dict import (
        StateDictOptions,
        get_optimizer_state_dict,
        set_optimizer_state_dict,
    )

    state: dict[str, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        name, _, part = key.rpartition("|")
        state.setdefault(name, {})[part] = tensor
    options = StateDictOptions(full_state_dict=True, strict=False)  # not all weights have moments
    groups = get_optimizer_state_dict(module, optimizer, options=options)["param_groups"]
    given: Any = {"state": state, "param_groups": groups}
    set_optimizer_state_dict(module, optimizer, given, options=options)
    for name, weight in module.named_parameters():
        if name not in state:
            optimizer.state.pop(weight, None)


def trained(model: nn.Module) -> dict[str, Tensor]:
    """All weights that training may change, and the head's feature scale."""
    state = {name: p.detach().contiguous() for name, p in model.named_parameters() if p.requires_grad}
    state.update({name: b.detach() for name, b in model.named_buffers() if name.startswith("head.")})
    return state


def load_trained(model: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Put back what `trained` took out.

    Raises:
        ValueError: If a weight is missing, left over, or of another shape.
    """
    expected = trained(model)
    wrong = sorted(set(expected) ^ set(state))
    wrong += [name for name in expected if name in state and expected[name].shape != state[name].shape]
    if wrong:
        raise ValueError(f"the weights do not fit this model: {', '.join(wrong[:5])} ({len(wrong)} in all)")
    with torch.no_grad():
        for name, tensor in expected.items():
            tensor.copy_(state[name])


def _optimizer_tensors(optimizer: Any) -> dict[str, Tensor]:
    state = optimizer.state_dict()["state"]
    return {
        f"{index}.{part}": torch.as_tensor(value).detach().contiguous()
        for index, parts in state.items()
        for part, value in parts.items()
    }
