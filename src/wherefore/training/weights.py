"""Trained weights and optimizer moments as named tensors, whole also where FSDP holds them in parts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from wherefore.errors import CheckpointError


def trained(model: nn.Module) -> dict[str, Tensor]:
    """All weights that training may change, and the head's feature scale."""
    state = {name: p.detach().contiguous() for name, p in model.named_parameters() if p.requires_grad}
    state.update({name: b.detach() for name, b in model.named_buffers() if name.startswith("head.")})
    return state


def load_trained(model: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Put back what `trained` took out.

    Raises:
        CheckpointError: If a weight is missing, left over, or of another shape.
    """
    expected = trained(model)
    wrong = sorted(set(expected) ^ set(state))
    wrong += [name for name in expected if name in state and expected[name].shape != state[name].shape]
    if wrong:
        raise CheckpointError(
            f"the weights do not fit this model: {', '.join(wrong[:5])} ({len(wrong)} in all)"
        )
    with torch.no_grad():
        for name, tensor in expected.items():
            tensor.copy_(state[name])


def moments(optimizer: Any) -> dict[str, Tensor]:
    """AdamW's moments as `number of the weight.moment`."""
    return _flat(optimizer.state_dict()["state"], ".")


def load_moments(optimizer: Any, tensors: Mapping[str, Tensor]) -> None:
    """Put back what `moments` took out."""
    state = {int(index): parts for index, parts in _nested(tensors, ".").items()}
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _flat(state: Mapping[Any, Mapping[str, Any]], sign: str) -> dict[str, Tensor]:
    return {
        f"{weight}{sign}{part}": torch.as_tensor(value).detach().contiguous()
        for weight, parts in state.items()
        for part, value in parts.items()
    }


def _nested(tensors: Mapping[str, Tensor], sign: str) -> dict[str, dict[str, Tensor]]:
    state: dict[str, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        weight, _, part = key.rpartition(sign)
        state.setdefault(weight, {})[part] = tensor
    return state


# -- under FSDP, which cuts them into parts; every process must call these ----------------------------------


def whole_weights(module: nn.Module, names: Collection[str]) -> dict[str, Tensor]:
    """The weights called `names`, gathered to the CPU.

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
    """AdamW's moments as `weight|moment`, gathered to the CPU."""
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_optimizer_state_dict

    if not optimizer.state:
        return {}
    options = StateDictOptions(full_state_dict=True, cpu_offload=True)
    found: Any = get_optimizer_state_dict(module, optimizer, options=options)
    return _flat(found.get("state", {}), "|")


def load_whole_moments(
    module: nn.Module, optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]
) -> None:
    """Put back what `whole_moments` took out."""
    from torch.distributed.checkpoint.state_dict import (
        StateDictOptions,
        get_optimizer_state_dict,
        set_optimizer_state_dict,
    )

    state = _nested(tensors, "|")
    options = StateDictOptions(full_state_dict=True, strict=False)  # not all weights have moments
    groups = get_optimizer_state_dict(module, optimizer, options=options)["param_groups"]
    given: Any = {"state": state, "param_groups": groups}
    set_optimizer_state_dict(module, optimizer, given, options=options)
    for name, weight in module.named_parameters():
        if name not in state:
            optimizer.state.pop(weight, None)
