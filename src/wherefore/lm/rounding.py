"""Matrices rounded to a byte for each number, for small files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

_SCALE = "/scale"  # of each row of a matrix that is kept in bytes


def in_bytes(tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Matrices (n, m) of small numbers with a byte for each number and a scale for each row; all else as it is.

    >>> rounded = from_bytes(in_bytes({"w": np.array([[1.0, -0.5]]), "b": np.array([2.0])}))
    >>> [[round(float(one), 2) for one in row] for row in rounded["w"]], rounded["b"].tolist()
    ([[1.0, -0.5]], [2.0])
    """
    kept: dict[str, np.ndarray] = {}
    for name, value in tensors.items():
        if value.ndim != 2 or not np.issubdtype(value.dtype, np.floating):
            kept[name] = value
            continue
        wide = value.astype(np.float32)
        scale = np.maximum(np.abs(wide).max(axis=1), 1e-8) / 127
        kept[name] = np.rint(wide / scale[:, None]).astype(np.int8)
        kept[name + _SCALE] = scale.astype(np.float32)
    return kept


def from_bytes(tensors: Mapping[str, np.ndarray], dtype: Any = np.float32) -> dict[str, np.ndarray]:
    """What `in_bytes` was given, rounded; what was not kept in bytes stays as it is."""
    return {
        name: (value * tensors[name + _SCALE][:, None]).astype(dtype) if name + _SCALE in tensors else value
        for name, value in tensors.items()
        if not name.endswith(_SCALE)
    }
