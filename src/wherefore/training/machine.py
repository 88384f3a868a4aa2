"""The machine that a training runs on, as accelerate knows it, with what must be installed there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import torch

from wherefore.config import StageConfig, TrainConfig
from wherefore.errors import MissingPackageError, TrainingError
from wherefore.training.losses import LOSSES
from wherefore.training.parallel import processes


def make_accelerator(train: TrainConfig, out: Path) -> Any:
    """Accelerate's `Accelerator` for a training.

    Args:
        train: Precision, accumulation and tracker are read here.
        out: Where the tracker writes to.

    Raises:
        MissingPackageError: If the tracker's package, or DeepSpeed, is chosen and not installed.
        TrainingError: If the launch file asks for FSDP's first version.
    """
    from accelerate import Accelerator
    from accelerate.utils import DistributedDataParallelKwargs, DistributedType

    processes()
    _forget_other(train.mixed_precision)
    accelerator = Accelerator(
        gradient_accumulation_steps=train.grad_accumulation,
        mixed_precision=train.mixed_precision,
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
        log_with=_installed_tracker(train.tracker),
        project_dir=out,
    )
    if accelerator.distributed_type == DistributedType.FSDP and not accelerator.is_fsdp2:
        raise TrainingError(
            "the launch file asks for FSDP version 1; set `fsdp_version: 2`, as configs/accelerate/fsdp.yaml does"
        )
    return accelerator


def _forget_other(precision: str) -> None:
    """Let accelerate forget the precision of an earlier training in this process, as it keeps one per process."""
    from accelerate.state import AcceleratorState

    known = AcceleratorState._shared_state.get("_mixed_precision")
    if known is not None and known != precision:
        AcceleratorState._reset_state()


def _installed_tracker(name: str | None) -> str | None:
    from accelerate.utils import is_tensorboard_available, is_trackio_available

    here = {None: True, "tensorboard": is_tensorboard_available(), "trackio": is_trackio_available()}
    if not here[name]:
        raise MissingPackageError(
            f"`train.tracker` is {name!r}, which is not installed; run `pip install {name}`, or set it to null: "
            "log.jsonl has it all"
        )
    return name


def check_compiler(device: torch.device) -> None:
    """Raise a TrainingError where torch.compile finds no compiler."""
    if device.type == "cuda":
        from torch.utils._triton import has_triton

        found, needed = has_triton(), "Triton (`pip install triton`)"
    else:
        found = any(map(shutil.which, (os.environ.get("CXX", "c++"), "g++", "clang++")))
        needed = "a C++ compiler (g++ or clang++)"
    if not found:
        raise TrainingError(
            f"`train.compile` is true, but {needed} is not installed; install it, or set it to false"
        )


def switch_checkpointing(lm: Any, on: bool) -> None:
    """Switch an LLM's gradient checkpointing on or off; transformers 5.23 renamed the methods."""
    what = "enable" if on else "disable"
    switch = getattr(lm, f"activation_checkpointing_{what}", None) or getattr(
        lm, f"gradient_checkpointing_{what}"
    )
    # Not reentrant: inputs are embeddings, and those of a frozen table need no gradient.
    switch(*([{"use_reentrant": False}] if on else []))


def memory_advice(train: TrainConfig, number: int, error: Exception) -> str:
    """What to lower when a step of stage `number` does not fit into memory."""
    stage: StageConfig = train.stages[number]
    sizes = ", ".join(str(size) for size in (stage.batch_size, *stage.batch_sizes.values()))
    advice = [f"lower `train.stages[{number}].batch_size` (now {sizes})"]
    advice.append(f"and raise `train.grad_accumulation` (now {train.grad_accumulation}) by as much")
    if not train.gradient_checkpointing:
        advice.append("or set `train.gradient_checkpointing: true`")
    if any(LOSSES[name].task == "recommendations" for name in stage.losses):
        advice.append(
            f"or lower `train.stages[{number}].candidates` (now {stage.candidates or train.candidates})"
        )
    return (
        f"stage {stage.name!r} does not fit into memory: {', '.join(advice)}; the same command goes on. "
        f"({str(error).splitlines()[0]})"
    )
