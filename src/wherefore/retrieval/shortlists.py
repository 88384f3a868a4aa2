"""What finds a shortlist of rows among very many: FAISS indexes that round coarsely or follow links.

Their scores are not used: a store scores the rows of the shortlist again with better vectors.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Self

import numpy as np

from wherefore.errors import ConfigError

FACTORY = re.compile(
    r"(?P<coarse>(PCA[1-9]\d*,)?(IVF[1-9]\d*,PQ[1-9]\d*x4fs|HNSW[1-9]\d*(,(Flat|SQ4|SQ6|SQ8|SQfp16))?))"
    r",Refine\((?P<rows>Flat|SQ4|SQ6|SQ8|SQfp16|SQbf16)\)"
)
_PER_CENTRE = 39  # rows that k-means wants for each centre
_CENTRES = 16  # of four bits
_SAMPLE = 64  # rows for each cell that cells are learned from; more make them hardly better
_ROUNDS = 8  # of k-means


def faiss() -> Any:
    """The module, untyped: its stubs lack what is used here. Imported late, for a quick start."""
    import faiss as module

    return module


class Shortlist:
    """Finds rows that are probably near: by inverted lists of product-quantized rows, or by a graph.

    Inverted lists with product quantization: Jegou et al., 2011, "Product quantization for nearest neighbor search".
    Graph: Malkov and Yashunin, 2018 (HNSW, arXiv 1603.09320). Rows that are removed stay in it, unseen, until it is
    made anew: neither graph nor lists are good at forgetting.

    Args:
        dim: d.
        factory: As FAISS calls it: `IVF1024,PQ128x4fs`, `PCA128,HNSW16,SQ8` and so on.

    Raises:
        ConfigError: If the numbers do not go together.
    """

    def __init__(self, dim: int, factory: str) -> None:
        self.dim = dim
        self.factory = factory
        parts = [re.fullmatch(r"(PCA|IVF|PQ)(\d+)(x4fs)?", part) for part in factory.split(",")]
        numbers = {part[1]: int(part[2]) for part in parts if part}
        width = numbers.get("PCA", dim)
        if width > dim or width % numbers.get("PQ", 1):
            raise ConfigError(
                f"`factory` is {factory!r}: of vectors of {dim} dimensions, PCA can keep {dim} at most, and PQ needs a "
                "number that divides how many are left"
            )
        self.cells = numbers.get("IVF", 0)
        self.at_least = _PER_CENTRE * max(self.cells, _CENTRES) if self.cells else width
        self._index: Any = None
        self._rows = np.empty(0, dtype=np.int32)  # of each row ever added where it is now; -1: removed
        self._moved = False  # whether any is elsewhere than where it was added

    @property
    def is_made(self) -> bool:
        """Whether there are rows in it."""
        return self._index is not None

    @property
    def is_stale(self) -> bool:
        """Whether a quarter of what is in it has been removed, so that it should be made anew."""
        return self.is_made and 4 * int((self._rows < 0).sum()) > len(self._rows)

    @property
    def bytes(self) -> int:
        """How large the index is, in bytes, as a file has it."""
        return 0 if self._index is None else len(faiss().serialize_index(self._index))

    @property
    def rows_bytes(self) -> int:
        """How many bytes it takes to know where its rows are now."""
        return int(self._rows.nbytes)

    def make(self, vectors: np.ndarray) -> None:
        """Begin anew with these rows, (n, d)."""
        module = faiss()
        index = module.index_factory(self.dim, self.factory, module.METRIC_INNER_PRODUCT)
        if self.cells:
            lists = module.try_extract_index_ivf(index)
            lists.cp.niter = _ROUNDS
            lists.cp.max_points_per_centroid = _SAMPLE
        most = max(_SAMPLE * self.cells, 65_536)
        drawn = (
            vectors
            if len(vectors) <= most
            else vectors[np.sort(np.random.default_rng(0).choice(len(vectors), most, replace=False))]
        )
        index.train(np.ascontiguousarray(drawn))
        index.add(vectors)
        self._index = index
        self._rows = np.arange(len(vectors), dtype=np.int32)
        self._moved = False

    def add(self, vectors: np.ndarray, first: int) -> None:
        """Append rows, (m, d), of which the first is row `first` now."""
        self._index = owned(self._index)
        self._index.add(vectors)
        self._rows = np.concatenate([self._rows, np.arange(first, first + len(vectors), dtype=np.int32)])

    def remove(self, gone: np.ndarray) -> None:
        """Forget rows, (n,) bool; the others move up."""
        moved = np.where(gone, -1, np.cumsum(~gone) - 1).astype(np.int32)
        self._rows = np.where(self._rows < 0, -1, moved[self._rows])
        self._moved = True

    def search(self, queries: np.ndarray, count: int, effort: int, allowed: np.ndarray | None) -> np.ndarray:
        """Rows that are probably among the best, (b, count); -1 where there are no more.

        Args:
            queries: (b, d).
            count: How many for each.
            effort: How many cells are looked through, or how far the graph is followed.
            allowed: (n,) bool; None allows every row.
        """
        module = faiss()
        alive = allowed
        if self._moved:
            alive = self._rows >= 0
            if allowed is not None:
                alive[alive] = allowed[self._rows[alive]]
        given = {} if alive is None else {"sel": selector(alive)}
        params = (
            module.SearchParametersIVF(nprobe=min(effort, self.cells), **given)
            if self.cells
            else module.SearchParametersHNSW(efSearch=max(effort, count), **given)
        )
        if self.factory.startswith("PCA"):
            params = module.SearchParametersPreTransform(index_params=params)
        _, found = self._index.search(queries, count, params=params)
        return np.where(found < 0, -1, self._rows[found]).astype(np.int64)

    def save(self, folder: Path) -> None:
        """Write `shortlist.faiss`, and `shortlist.npy` for where its rows are."""
        write(self._index, folder / "shortlist.faiss")
        np.save(folder / "shortlist.npy", self._rows)

    @classmethod
    def load(cls, dim: int, factory: str, folder: Path, mapped: bool) -> Self:
        """Read what `save` wrote; `mapped`: leave it in the file, and read what is needed when it is.

        Raises:
            RuntimeError: If FAISS cannot read it.
            ValueError: If the two files do not go together.
        """
        made = cls(dim, factory)
        made._index = read(folder / "shortlist.faiss", mapped)
        made._rows = np.load(folder / "shortlist.npy", allow_pickle=False)
        if made._rows.dtype != np.int32 or made._rows.shape != (made._index.ntotal,) or made._index.d != dim:
            raise ValueError("its shortlist is of other rows")
        made._moved = not np.array_equal(made._rows, np.arange(len(made._rows), dtype=np.int32))
        return made

    def fits(self, rows: int) -> bool:
        """Whether it names each of so many rows once."""
        known = self._rows[self._rows >= 0]
        return len(known) == rows and bool((np.sort(known) == np.arange(rows)).all())


def selector(allowed: np.ndarray) -> Any:
    """What FAISS asks whether a row is allowed, (n,) bool."""
    return faiss().IDSelectorBitmap(np.packbits(allowed, bitorder="little"))


def owned(index: Any) -> Any:
    """An index in memory of its own: one that lies in a file as it is cannot be changed."""
    module = faiss()
    return module.deserialize_index(module.serialize_index(index))


def write(index: Any, path: Path) -> None:
    """Write an index to a file of any name."""
    module = faiss()
    with path.open("wb") as file:
        module.write_index(index, module.PyCallbackIOWriter(file.write))


def read(path: Path, mapped: bool) -> Any:
    """Read an index; `mapped`: leave the large parts in the file, to be read when they are needed.

    Raises:
        RuntimeError: If the file is broken.
    """
    module = faiss()
    if mapped:
        return module.read_index(str(path), module.IO_FLAG_MMAP_IFC)
    with path.open("rb") as file:
        return module.read_index(module.PyCallbackIOReader(file.read))
