"""Fewer dimensions by PCA."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np

from wherefore.errors import CheckpointError, CheckpointNotFoundError, ConfigError
from wherefore.files import write_aside
from wherefore.retrieval.embedders import unit_rows


class Projection:
    """Fewer dimensions by PCA: the directions along which the catalogue's vectors differ most.

    The mean is not taken off, so at full width this is a rotation, which leaves every similarity as it
    was. Projected vectors are made unit again.

    >>> x = unit_rows(np.random.default_rng(0).normal(size=(50, 8)))
    >>> Projection.fit(x, 3)(x).shape
    (50, 3)
    """

    def __init__(self, directions: np.ndarray) -> None:
        self.directions = np.ascontiguousarray(directions, dtype=np.float32)  # (full, d)

    @property
    def dim(self) -> int:
        """d, the width after projection."""
        return int(self.directions.shape[1])

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """(n, full) -> (n, d) float32, unit rows."""
        return unit_rows(vectors @ self.directions)

    @classmethod
    def fit(cls, vectors: np.ndarray, target: float | int) -> Self:
        """Find the directions.

        Args:
            vectors: (n, full).
            target: A share of the variance (between 0 and 1) or a number of dimensions.

        Raises:
            ConfigError: If the target is neither, or more dimensions are wanted than there are.
        """
        full = vectors.shape[1]
        mean = vectors.mean(axis=0, dtype=np.float64)
        covariance = np.zeros((full, full))
        for start in range(0, len(vectors), 8192):  # so that memory stays bounded
            centred = vectors[start : start + 8192] - mean
            covariance += centred.T @ centred
        variance, directions = np.linalg.eigh(covariance)
        variance, directions = np.maximum(variance[::-1], 0), directions[:, ::-1]
        if isinstance(target, float) and 0 < target < 1:
            share = np.cumsum(variance) / max(float(variance.sum()), 1e-12)
            dim = min(int((share < target).sum()) + 1, full)
        elif float(target).is_integer() and 1 <= target <= full:
            dim = int(target)
        else:
            raise ConfigError(
                f"`pca` is {target!r}; give a share of the variance between 0 and 1, or 1 to {full} dimensions"
            )
        return cls(directions[:, :dim])

    def save(self, path: str | Path) -> None:
        """Write a safetensors file."""
        from safetensors.numpy import save

        with write_aside(path) as aside:
            aside.write_bytes(save({"directions": self.directions}))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote.

        Raises:
            CheckpointNotFoundError: If there is no such file.
            CheckpointError: If it is broken.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load

        path = Path(path)
        if not path.is_file():
            raise CheckpointNotFoundError(f"no {path}; build the index again")
        try:
            return cls(load(path.read_bytes())["directions"])
        except (SafetensorError, KeyError) as error:
            raise CheckpointError(f"{path} cannot be read ({error}); build the index again") from error
