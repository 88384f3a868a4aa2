"""Tensors of what was learned: written, read, and checked when they come back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from wherefore.errors import CheckpointError, TrainingError
from wherefore.files import write_aside


def packed(value: Any) -> np.ndarray:
    """Plain values as bytes that a safetensors file can hold, (bytes,) uint8.

    >>> unpacked(packed(["a", 1]))
    ['a', 1]
    """
    return np.frombuffer(json.dumps(value, ensure_ascii=False).encode("utf-8"), dtype=np.uint8)


def unpacked(tensor: np.ndarray) -> Any:
    """What `packed` packed."""
    return json.loads(tensor.tobytes().decode("utf-8"))


def write_tensors(file: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Write a safetensors file; its folder is made where it is missing."""
    from safetensors.numpy import save_file

    with write_aside(file) as aside:
        save_file({name: np.array(value, order="C") for name, value in tensors.items()}, aside)


def unfitted(source: str) -> CheckpointError:
    """The error of a source that is saved before it has learned."""
    return CheckpointError(
        f"source {source!r} has learned nothing that could be saved; call `fit` or `restore` first"
    )


def nothing_named(source: str, dialogues: int) -> TrainingError:
    """The error of a source that learns from what dialogues name, and is given none that name anything new."""
    return TrainingError(
        f"source {source!r} has nothing to learn: none of {dialogues} dialogues names a new item of the catalogue "
        "after its first message; give dialogues with mentions"
    )


def checked_tensors(
    tensors: Mapping[str, np.ndarray], types: Mapping[str, str], source: str
) -> dict[str, np.ndarray]:
    """The tensors of a source, when they are of these `types`: numpy's short names, ":2" behind that of a matrix.

    Raises:
        CheckpointError: If one is missing, unknown, or of another type or number of dimensions.
    """
    missing = [key for key in types if key not in tensors]
    unknown = [key for key in tensors if key not in types]
    if missing or unknown:
        raise CheckpointError(
            f"source {source!r} takes the tensors {', '.join(types)}; missing: {', '.join(missing) or 'none'}, "
            f"unknown: {', '.join(unknown) or 'none'}; saved by another kind or version of it: train it again"
        )
    for key, type_ in types.items():
        type_, _, dimensions = type_.partition(":")
        tensor = tensors[key]
        if tensor.dtype != np.dtype(type_) or tensor.ndim != int(dimensions or 1):
            raise CheckpointError(
                f"source {source!r}: `{key}` is {tensor.dtype} of shape {tensor.shape}; it must be {np.dtype(type_)} "
                f"with {dimensions or 1} dimension(s); train the source again"
            )
    return {key: tensors[key] for key in types}


def checked_ids(tensor: np.ndarray, source: str) -> tuple[str, ...]:
    """The item ids that were packed as `items`.

    Raises:
        CheckpointError: If they are no list of different texts.
    """
    try:
        ids = unpacked(tensor)
    except ValueError as error:
        raise CheckpointError(
            f"source {source!r}: `items` is not JSON ({error}); train the source again"
        ) from error
    if (
        not isinstance(ids, list)
        or not all(isinstance(item, str) for item in ids)
        or len(set(ids)) < len(ids)
    ):
        raise CheckpointError(
            f"source {source!r}: `items` holds {str(ids)[:60]!r}; it must be a list of different ids; "
            "train the source again"
        )
    return tuple(ids)
