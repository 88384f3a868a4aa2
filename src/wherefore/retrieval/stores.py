"""Vectors with ids, searched under a filter."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

from wherefore.errors import CheckpointError, CheckpointNotFoundError, ConfigError
from wherefore.files import recover, write_aside
from wherefore.retrieval.checks import at_least_one

Allowed = np.ndarray  # (n,) bool


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search found: best first, equal scores by row; where nothing is left, row -1 and score -inf."""

    rows: np.ndarray  # (b, k) int64
    scores: np.ndarray  # (b, k) float32


class VectorStore(Protocol):
    """Rows of unit vectors, each with an id; row numbers run from 0 in the order of adding."""

    dim: int  # d
    ids: list[str]

    def __len__(self) -> int: ...

    def add(self, ids: Sequence[str], vectors: np.ndarray) -> None:
        """Append rows; vectors are (n, d), unit."""

    def remove(self, ids: Sequence[str]) -> None:
        """Take rows out; the others move up and keep their order."""

    def search(self, queries: np.ndarray, k: int, allowed: Allowed | None = None) -> Hits:
        """(b, d) -> (b, k): the best of the allowed rows by inner product."""

    def vectors(self, rows: np.ndarray | None = None) -> np.ndarray:
        """The vectors as stored, (m, d) float32; all of them when no rows are given."""

    def save(self, folder: str | Path) -> None:
        """Write everything to a folder."""

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote."""


_FACTORY = re.compile(r"(Flat|SQ4|SQ6|SQ8|SQfp16|SQbf16|HNSW[1-9]\d*(,(Flat|SQ8|SQfp16))?)")
_USUAL_RANGE = 2.5  # of one dimension of unit vectors, in standard deviations of 1 / sqrt(d)
_EXACT_SHARE = 0.05  # below this share of qualifying rows a graph search is not worth its misses


class FaissStore:
    """A FAISS index. Memory: d bytes (SQ8), 2d (SQfp16) or 4d (Flat) per row, plus the links of HNSW.

    Args:
        dim: d.
        factory: `Flat` (exact), `SQ8`, `SQ6`, `SQ4`, `SQfp16`, `SQbf16` (exact search over rounded
            vectors) or `HNSW32`, `HNSW32,SQ8`, `HNSW32,SQfp16` (approximate; fast for millions of rows).
        ef_search: How far HNSW looks; higher finds more and takes longer.

    >>> store = FaissStore(2)
    >>> store.add(["east", "north"], np.array([[1.0, 0.0], [0.0, 1.0]]))
    >>> store.search(np.array([[0.6, 0.8]]), k=2).rows.tolist()
    [[1, 0]]
    >>> store.search(np.array([[0.6, 0.8]]), k=2, allowed=np.array([True, False])).rows.tolist()
    [[0, -1]]
    """

    def __init__(self, dim: int, factory: str = "Flat", ef_search: int = 128) -> None:
        faiss = _faiss()
        at_least_one(dim=dim, ef_search=ef_search)
        if not _FACTORY.fullmatch(factory):
            raise ConfigError(
                f"`factory` is {factory!r}; known: Flat, SQ4, SQ6, SQ8, SQfp16, SQbf16, HNSW<links> such as HNSW32, "
                "HNSW32,SQ8 or HNSW32,SQfp16"
            )
        self.dim = dim
        self.factory = factory
        self.ef_search = ef_search
        self.ids: list[str] = []
        self._rows: dict[str, int] = {}
        self._trained_on = 0
        self._index: Any = faiss.index_factory(dim, factory, faiss.METRIC_INNER_PRODUCT)

    def __len__(self) -> int:
        return len(self.ids)

    def add(self, ids: Sequence[str], vectors: np.ndarray) -> None:
        """Append rows.

        Args:
            ids: n new ids.
            vectors: (n, d), finite, unit rows.

        Raises:
            ValueError: If an id is there already or twice, or the vectors are not (n, d), finite and unit;
                nothing is added then.
        """
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        self._check(ids, vectors)
        if not ids:
            return
        before = len(self)
        if before == 0:
            self._make(vectors)
        else:
            # A scalar quantizer knows the range of what it was trained on: made anew when the rows have
            # doubled or a new vector lies outside.
            self._index.add(vectors)
            if self._is_rounded and (
                before + len(ids) >= 2 * self._trained_on or self._badly_stored(vectors)
            ):
                self._make(np.concatenate([self.vectors(np.arange(before)), vectors]))
        self._rows.update((item_id, before + offset) for offset, item_id in enumerate(ids))
        self.ids.extend(ids)

    def remove(self, ids: Sequence[str]) -> None:
        """Take rows out; the others move up and keep their order.

        Raises:
            ValueError: If an id is not there; nothing is removed then.
        """
        unknown = [item_id for item_id in ids if item_id not in self._rows]
        if unknown:
            raise ValueError(f"cannot remove {unknown[0]!r} ({len(unknown)} in all): not in the store")
        if not ids:
            return
        gone = np.zeros(len(self), dtype=bool)
        gone[[self._rows[item_id] for item_id in ids]] = True
        if self._is_graph:
            self._make(self.vectors(np.flatnonzero(~gone)))
        else:
            self._index.remove_ids(np.flatnonzero(gone))
        self.ids = [item_id for item_id, is_gone in zip(self.ids, gone, strict=True) if not is_gone]
        self._rows = {item_id: row for row, item_id in enumerate(self.ids)}

    def search(self, queries: np.ndarray, k: int, allowed: Allowed | None = None) -> Hits:
        """The best of the allowed rows by inner product.

        Always finds min(k, number of allowed rows): where HNSW comes back with fewer, the allowed rows
        are gone through one by one.

        Args:
            queries: (b, d), finite.
            k: Hits per query.
            allowed: (n,) bool; None allows every row.

        Returns:
            Rows and scores (b, k), best first, equal scores by row.
        """
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        if queries.ndim != 2 or queries.shape[1] != self.dim:
            raise ValueError(f"`queries` has shape {queries.shape}; this store needs (b, {self.dim})")
        if not np.isfinite(queries).all():
            raise ValueError("`queries` holds NaN or infinity")
        if k < 1:
            raise ValueError(f"`k` is {k}; it must be at least 1")
        if allowed is not None:
            allowed = np.asarray(allowed)
            if allowed.dtype != bool or allowed.shape != (len(self),):
                raise ValueError(
                    f"`allowed` is {allowed.dtype} {allowed.shape}; this store needs bool ({len(self)},)"
                )
        rows = np.full((len(queries), k), -1, dtype=np.int64)
        scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
        qualifying = len(self) if allowed is None else int(allowed.sum())
        found = min(k, qualifying)
        if found and len(queries):
            if self._is_graph:
                best = self._search_graph(queries, found, allowed, qualifying)
            else:
                best = self._search_flat(queries, found, allowed, qualifying)
            rows[:, :found], scores[:, :found] = best.rows, best.scores
        return Hits(rows, scores)

    def vectors(self, rows: np.ndarray | None = None) -> np.ndarray:
        """The vectors as stored (rounded by SQ8 and the like), (m, d) float32; all when no rows are given."""
        if rows is None:
            if not len(self):
                return np.empty((0, self.dim), dtype=np.float32)
            return np.asarray(self._index.reconstruct_n(0, len(self)), dtype=np.float32)
        rows = np.ascontiguousarray(rows, dtype=np.int64)
        if not len(rows):
            return np.empty((0, self.dim), dtype=np.float32)
        if rows.min() < 0 or rows.max() >= self._index.ntotal:
            raise ValueError(
                f"`rows` goes from {rows.min()} to {rows.max()}; the store has rows 0 to {len(self) - 1}"
            )
        return np.asarray(self._index.reconstruct_batch(rows), dtype=np.float32)

    def save(self, folder: str | Path) -> None:
        """Write `vectors.faiss` and `store.json` to a folder, aside first, then renamed."""
        faiss = _faiss()
        about = {
            "dim": self.dim,
            "factory": self.factory,
            "ef_search": self.ef_search,
            "trained_on": self._trained_on,
            "ids": self.ids,
        }
        with write_aside(folder) as aside:
            aside.mkdir()
            (aside / "store.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
            with (aside / "vectors.faiss").open("wb") as file:
                faiss.write_index(self._index, faiss.PyCallbackIOWriter(file.write))

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote.

        Raises:
            CheckpointNotFoundError: If a file is missing.
            CheckpointError: If a file is broken or the files do not go together.
        """
        faiss = _faiss()
        folder = Path(folder)
        recover(folder)
        for name in ("store.json", "vectors.faiss"):
            if not (folder / name).is_file():
                raise CheckpointNotFoundError(f"no {folder / name}; build the index again")
        try:
            about = json.loads((folder / "store.json").read_text(encoding="utf-8"))
            store = cls(about["dim"], about["factory"], about["ef_search"])
            with (folder / "vectors.faiss").open("rb") as file:
                store._index = faiss.read_index(faiss.PyCallbackIOReader(file.read))
            store._trained_on = about["trained_on"]
            store.ids = [str(item_id) for item_id in about["ids"]]
        except (RuntimeError, KeyError, TypeError, json.JSONDecodeError, UnicodeDecodeError) as error:
            raise CheckpointError(
                f"the store in {folder} cannot be read ({error}); build the index again"
            ) from error
        store._rows = {item_id: row for row, item_id in enumerate(store.ids)}
        if store._index.d != store.dim or not store._index.ntotal == len(store.ids) == len(store._rows):
            raise CheckpointError(
                f"{folder} holds {store._index.ntotal} vectors of {store._index.d} dimensions but says "
                f"{len(store.ids)} ids and {store.dim} dimensions; build the index again"
            )
        return store

    @property
    def _is_graph(self) -> bool:
        return self.factory.startswith("HNSW")

    @property
    def _is_rounded(self) -> bool:
        return "SQ" in self.factory

    def _make(self, vectors: np.ndarray) -> None:
        faiss = _faiss()
        index = faiss.index_factory(self.dim, self.factory, faiss.METRIC_INNER_PRODUCT)
        if len(vectors):
            # Rounding learns each dimension's range alone, so two rows teach it. A range is never taken
            # narrower than what unit vectors commonly fill, so that few vectors do not cramp later ones.
            usual = np.full(self.dim, min(1.0, _USUAL_RANGE / self.dim**0.5), dtype=np.float32)
            lowest, highest = np.minimum(vectors.min(axis=0), -usual), np.maximum(vectors.max(axis=0), usual)
            index.train(np.stack([lowest, highest]))
            index.add(vectors)
        self._index = index
        self._trained_on = len(vectors)

    def _badly_stored(self, vectors: np.ndarray) -> bool:
        total = self._index.ntotal
        stored = self.vectors(np.arange(total - len(vectors), total))
        similarity = (stored * vectors).sum(1) / np.maximum(np.linalg.norm(stored, axis=1), 1e-12)
        return bool(similarity.min() < 0.999)

    def _check(self, ids: Sequence[str], vectors: np.ndarray) -> None:
        if vectors.shape != (len(ids), self.dim):
            raise ValueError(
                f"`vectors` has shape {vectors.shape}; {len(ids)} ids and this store need ({len(ids)}, {self.dim})"
            )
        new: set[str] = set()
        for item_id in ids:
            if item_id in self._rows or item_id in new:
                raise ValueError(f"id {item_id!r} is in the store already; remove it first or give it once")
            new.add(item_id)
        if not len(ids):
            return
        bad = ~np.isfinite(vectors).all(axis=1)
        if bad.any():
            raise ValueError(f"the vector of {ids[int(bad.argmax())]!r} holds NaN or infinity")
        length = np.linalg.norm(vectors, axis=1)
        worst = int(np.abs(length - 1).argmax())
        if abs(length[worst] - 1) > 1e-3:
            raise ValueError(
                f"the vector of {ids[worst]!r} has length {length[worst]:.4f}; vectors must be unit (length 1)"
            )

    def _search_flat(self, queries: np.ndarray, found: int, allowed: Allowed | None, qualifying: int) -> Hits:
        """Exact search; looks further while equal scores at the end leave open which row comes first."""
        faiss = _faiss()
        selector = None if allowed is None else _selector(allowed)
        params = None if selector is None else faiss.SearchParameters(sel=selector)
        wider = min(found + 1, qualifying)
        while True:
            scores, rows = self._index.search(queries, wider, params=params)
            tied = wider < qualifying and bool((scores[:, -1] >= scores[:, found - 1]).any())
            if not tied:
                return _best(rows, scores, found)
            wider = min(2 * wider, qualifying)

    def _search_graph(
        self, queries: np.ndarray, found: int, allowed: Allowed | None, qualifying: int
    ) -> Hits:
        faiss = _faiss()
        if found == qualifying or qualifying < _EXACT_SHARE * len(self):
            return self._search_rows(queries, found, allowed)
        selector = None if allowed is None else _selector(allowed)
        params = faiss.SearchParametersHNSW(efSearch=max(self.ef_search, 2 * found), sel=selector)
        scores, rows = self._index.search(queries, found, params=params)
        short = (rows < 0).any(axis=1)
        if short.any():
            exact = self._search_rows(queries[short], found, allowed)
            rows[short], scores[short] = exact.rows, exact.scores
        return _best(rows, scores, found)

    def _search_rows(self, queries: np.ndarray, found: int, allowed: Allowed | None) -> Hits:
        candidates = np.arange(len(self)) if allowed is None else np.flatnonzero(allowed)
        rows = np.empty((len(queries), 0), dtype=np.int64)
        scores = np.empty((len(queries), 0), dtype=np.float32)
        for start in range(0, len(candidates), 65_536):  # so that memory stays bounded
            part = candidates[start : start + 65_536]
            rows = np.concatenate([rows, np.broadcast_to(part, (len(queries), len(part)))], axis=1)
            scores = np.concatenate([scores, queries @ self.vectors(part).T], axis=1)
            best = _best(rows, scores, min(found, rows.shape[1]))
            rows, scores = best.rows, best.scores
        return Hits(rows, scores)


def _faiss() -> Any:
    """The module, untyped: its stubs lack what is used here. Imported late, for a quick start."""
    import faiss

    return faiss


STORES: dict[str, Callable[..., VectorStore]] = {"faiss": FaissStore}


def _selector(allowed: Allowed) -> Any:
    faiss = _faiss()
    return faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))


def _best(rows: np.ndarray, scores: np.ndarray, k: int) -> Hits:
    """(b, m) -> (b, k): by score, equal scores by row."""
    order = np.lexsort((rows, -scores), axis=1)[:, :k]
    return Hits(np.take_along_axis(rows, order, axis=1), np.take_along_axis(scores, order, axis=1))
