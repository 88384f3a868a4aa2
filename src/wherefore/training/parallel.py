"""The processes that train together."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, distributed
from torch.nn import functional

from wherefore.errors import MissingPackageError

_PATIENCE = timedelta(hours=12)  # the others wait for the first process while it prepares the data


def processes() -> Any:
    """Accelerate's `PartialState`: this process among those that `accelerate launch` started, or alone.

    Several processes without a GPU talk by gloo; with `ACCELERATE_USE_CPU=true` also where there is one.

    Raises:
        MissingPackageError: If the launch file asks for DeepSpeed, which is not installed.
    """
    from accelerate import PartialState
    from accelerate.utils import is_deepspeed_available, parse_flag_from_env

    if parse_flag_from_env("ACCELERATE_USE_DEEPSPEED") and not is_deepspeed_available():
        raise MissingPackageError(
            "the launch file asks for DeepSpeed, which is not installed; run `pip install deepspeed` (it needs the "
            "CUDA toolkit), or launch with configs/accelerate/fsdp.yaml or multi-gpu.yaml instead"
        )
    several = int(os.environ.get("WORLD_SIZE", "1")) > 1
    gpu = torch.cuda.is_available() or torch.xpu.is_available()
    cpu = parse_flag_from_env("ACCELERATE_USE_CPU") or (several and not gpu)
    return PartialState(cpu=cpu, timeout=_PATIENCE)


def everyone(rows: Tensor) -> Tensor:
    """Rows (b, …) of this process to the rows of all processes, in their order; gradients flow back to each.

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
    """Forward, what every process gives, (processes, …); backward, the sum of their gradients for this one."""

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
