"""What training asks of the machine and its packages."""

from __future__ import annotations

import os
import shutil
from typing import Any

import torch


def _begin_anew(precision: str) -> None:
    """Let accelerate forget another precision, that of a training before in this process; it keeps one per process."""
    from accelerate.state import AcceleratorState

    known = AcceleratorState._shared_state.get("_mixed_precision")
    if known is not None and known != precision:
        AcceleratorState._reset_state()


def _tracker(name: str | None) -> str | None:
    """The name, if its package is here."""
    from accelerate.utils import is_tensorboard_available, is_trackio_available

    here = {None: True, "tensorboard": is_tensorboard_available(), "trackio": is_trackio_available()}
    if not here[name]:
        raise ImportError(
            f"`train.tracker` is {name!r}, which is not installed; run `pip install {name}`, or set it to null: "
            "log.jsonl has it all"
        )
    return name


def _check_compiler(device: torch.device) -> None:
    """Raise where torch.compile has nothing to compile with."""
    if device.type == "cuda":
        from torch.utils._triton import has_triton

        found, needed = has_triton(), "Triton (`pip install triton`)"
    else:
        found = any(map(shutil.which, (os.environ.get("CXX", "c++"), "g++", "clang++")))
        needed = "a C++ compiler (g++ or clang++)"
    if not found:
        raise ValueError(
            f"`train.compile` is true, but {needed} is not installed; install it, or set it to false"
        )


def _checkpointing(lm: Any, what: str, *settings: Any) -> None:
    """Switch it; transformers 5.23 has renamed the methods."""
    switch = getattr(lm, f"activation_checkpointing_{what}", None) or getattr(
        lm, f"gradient_checkpointing_{what}"
    )
    switch(*settings)
