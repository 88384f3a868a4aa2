"""What goes with a history by frozen text vectors alone: nothing is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from wherefore.errors import CheckpointError, ConfigError
from wherefore.retrieval.checks import at_least_one
from wherefore.retrieval.embedders import unit_rows
from wherefore.retrieval.index import Index
from wherefore.retrieval.latest import Latest
from wherefore.retrieval.tensors import packed


@dataclass(frozen=True)
class ZeroShotWay:
    """How a history becomes a vector.

    Attributes:
        dim: Dimensions that are kept of item vectors, those in which the items differ most (PCA); None: all.
        whiten: Make items differ equally much in each of them; their mean is taken off then.
        decay: What an item counts beside the one after it: 1 is the mean of all, 0 the last alone.
        longest: So many of the newest items count.
    """

    dim: int | None = None
    whiten: bool = False
    decay: float = 0.9
    longest: int = 50

    def __post_init__(self) -> None:
        if not 0 <= self.decay <= 1:
            raise ConfigError(f"`decay` is {self.decay}; it must be from 0 (the last alone) to 1 (the mean)")
        at_least_one(longest=self.longest)
        if self.dim is not None:
            at_least_one(dim=self.dim)

    @property
    def told(self) -> str:
        """In words.

        >>> ZeroShotWay(64, True, 0.0).told
        'last item, 64 dimensions, whitened'
        """
        return f"{self.history}, {self.dim or 'all'} dimensions{', whitened' if self.whiten else ''}"

    @property
    def history(self) -> str:
        """How a history is weighed, in words."""
        return {0.0: "last item", 1.0: "mean"}.get(self.decay, f"decay {self.decay:g}")


class ZeroShot:
    """Scores items by how close they are to the mean of a history's vectors, as in the GTE paper (arXiv 2507.05006).

    Args:
        index: Its vectors are read.
        way: How.
    """

    name = "zero-shot"

    def __init__(self, index: Index, way: ZeroShotWay | None = None) -> None:
        self.index, self.way = index, way or ZeroShotWay()
        self._vectors = Latest[np.ndarray]()
        self._directions: tuple[np.ndarray, np.ndarray] | None = None  # mean (d,) and (d, kept), once fitted

    def after(self, rows: np.ndarray) -> np.ndarray:
        """How well every item goes with a history of rows, oldest first: cosines, (n,) float32."""
        vectors = self.vectors()
        made: np.ndarray = vectors @ profile(vectors, rows, self.way)
        return made

    def vectors(self) -> np.ndarray:
        """The items' vectors as they are compared, (n, kept), unit."""
        return self._vectors.get(self._make, self.index.catalog.items)

    def _make(self) -> np.ndarray:
        if self.way.dim is None and not self.way.whiten:
            return self.index.vectors
        if self._directions is None:  # kept, so that items which come later are compared in the same way
            self._directions = directions(self.index.vectors, self.way)
        return project(self.index.vectors, *self._directions)

    def tensors(self) -> dict[str, np.ndarray]:
        """What a checkpoint keeps."""
        self.vectors()
        mean, kept = self._directions or (np.zeros(0, np.float32), np.zeros((0, 0), np.float32))
        about = {"kind": self.name, "embedder": self.index.embedder.name, **asdict(self.way)}
        return {"about": packed(about), "mean": mean, "directions": kept}

    @classmethod
    def restored(cls, index: Index, about: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Self:
        """What `tensors` gave, on whatever catalogue.

        Raises:
            CheckpointError: If the vectors of the index are of another width.
        """
        try:
            way = ZeroShotWay(**{name: about[name] for name in ("dim", "whiten", "decay", "longest")})
            mean, kept = tensors["mean"], tensors["directions"]
        except (KeyError, TypeError) as error:
            raise CheckpointError(
                f"a zero-shot baseline cannot be read ({error!r}); make it again"
            ) from error
        made = cls(index, way)
        if len(mean):
            if len(mean) != index.dim:
                raise CheckpointError(
                    f"a zero-shot baseline was made for vectors of {len(mean)} dimensions, the index has {index.dim}; "
                    "run `wherefore index --fit-dim` again"
                )
            made._directions = (mean, kept)
        return made


def profile(vectors: np.ndarray, rows: np.ndarray, way: ZeroShotWay) -> np.ndarray:
    """The vector (d,) of a history of rows of vectors (n, d), oldest first; unit."""
    rows = rows[-way.longest :]
    ages = np.arange(len(rows) - 1, -1, -1)
    weights = (way.decay**ages).astype(np.float32)  # 0 ** 0 is 1
    made: np.ndarray = unit_rows((weights @ vectors[rows])[None])[0]
    return made


def directions(vectors: np.ndarray, way: ZeroShotWay) -> tuple[np.ndarray, np.ndarray]:
    """The mean that is taken off (d,), and the directions that are kept (d, k), of vectors (n, d).

    Raises:
        ConfigError: If more dimensions are to be kept than there are.
    """
    n, full = vectors.shape
    kept = way.dim or full
    if kept > full:
        raise ConfigError(f"`dim` is {kept} but the vectors have {full} dimensions; give {full} or fewer")
    mean = vectors.mean(axis=0, dtype=np.float64)
    variance, found = np.linalg.eigh((vectors - mean).T.astype(np.float64) @ (vectors - mean) / n)
    variance, found = np.maximum(variance[::-1], 0)[:kept], found[:, ::-1][:, :kept]
    if not way.whiten:
        return np.zeros(full, dtype=np.float32), found.astype(np.float32)
    spread = np.sqrt(np.maximum(variance, 1e-6 * max(float(variance[0]), 1e-12)))
    return mean.astype(np.float32), (found / spread).astype(np.float32)


def project(vectors: np.ndarray, mean: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """(n, d) -> (n, k) float32, unit."""
    return unit_rows((vectors - mean) @ kept)
