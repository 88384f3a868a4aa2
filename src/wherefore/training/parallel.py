"""Several processes that train together: who they are, rows of all in one, and weights that they hold in parts."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn import functional

_PATIENCE = timedelta(hours=12)  # the others wait for the first process while it prepares the data


def processes() -> Any:
    """Accelerate's `PartialState`: this process among those that `accelerate launch` started, or alone.

    Several processes without a GPU talk by gloo; with `ACCELERATE_USE_CPU=true` also where there is one.

    Raises:
        ImportError: If the launch file asks for DeepSpeed, which is not installed.
    """
    from accelerate import PartialState
    from accelerate.utils import is_deepspeed_available, parse_flag_from_env

    if parse_flag_from_env("ACCELERATE_USE_DEEPSPEED") and not is_deepspeed_available():
        raise ImportError(
            "the launch file asks for DeepSpeed, which is not installed; run `pip install deepspeed` (it needs the "
            "CUDA toolkit), or launch with configs/accelerate/fsdp.yaml or multi-gpu.yaml instead"
        )
    several = int(os.environ.get("WORLD_SIZE", "1")) > 1
    gpu = torch.cuda.is_available() or torch.xpu.is_available()
    cpu = parse_flag_from_env("ACCELERATE_USE_CPU") or (several and not gpu)
    return PartialState(cpu=cpu, timeout=_PATIENCE)


def everyone(rows: Tensor) -> Tensor:
    """Rows (b, …) of this process to those of all processes, in their order; gradients flow back to each.

    A loss over them has the same value in every process. Alone, they are returned as they are.
    """
    if not distributed.is_available() or not distributed.is_initialized():
        return rows
    counts = [
        torch.zeros(1, dtype=torch.long, device=rows.device) for _ in range(distributed.get_world_size())
    ]
    distributed.all_gather(counts, torch.tensor([len(rows)], device=rows.device))
    lengths = [int(count) for count in counts]
    gap = max(lengths) - len(rows)
    padded = functional.pad(rows, (0, 0) * (rows.dim() - 1) + (0, gap))
    parts: Tensor = _Gather.apply(padded)  # type: ignore[no-untyped-call]
    return torch.cat([part[:length] for part, length in zip(parts, lengths, strict=True)])


class _Gather(torch.autograd.Function):
    """What every process gives, (processes, …); backwards, what they all say of this one's."""

    @staticmethod
    def forward(ctx: Any, given: Tensor) -> Tensor:
        parts = [torch.empty_like(given) for _ in range(distributed.get_world_size())]
        distributed.all_gather(parts, given.contiguous())
        return torch.stack(parts)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        gradient = gradient.contiguous()
        distributed.all_reduce(gradient)
        return gradient[distributed.get_rank()]


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
