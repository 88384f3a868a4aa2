"""Vectors with ids, searched under a filter."""

from __future__ import annotations

import json
import lzma
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

from wherefore.errors import CheckpointError, CheckpointNotFoundError, ConfigError
from wherefore.files import packed_text, recover, write_aside
from wherefore.retrieval.checks import at_least_one, check_vectors, checked_search
from wherefore.retrieval.shortlists import FACTORY as _SHORTLISTED
from wherefore.retrieval.shortlists import Shortlist, owned, read, write
from wherefore.retrieval.shortlists import faiss as _faiss
from wherefore.retrieval.shortlists import selector as _selector

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
_GATHERED = 0.1  # below this share they are taken together, which is quicker than to ask of each row
_TOGETHER = 0.08  # the same, beside a shortlist
_FILTERED = 0.25  # below this share, a shortlist is looked for with the filter in hand, of more without it
_FURTHER = 0.8  # share of the cells that are looked through then: the best lie more scattered
_IDS = "ids.json.xz"  # beside the vectors: the items' ids in the order of the rows
_MANY = 50_000  # from so many rows on
_BEYOND = 1e-4  # share of the numbers of a dimension that lie outside of what rows of few bits tell apart
_SHORTLIST = 20  # times as many rows are looked at again as are asked for
_SEARCHED = 0.6  # share of the cells that are looked through
_LIKE_ITSELF = {"SQ4": 0.95, "SQ6": 0.99}  # cosine of a row to what is kept of it, where few bits are
_MAPPED = 64_000_000  # bytes; a larger file is left where it is, and read when it is needed
AUTO = "auto"
_EXACT_TO = 200_000  # rows; up to here exact search takes some ten milliseconds, see docs/results.md


def factory_for(rows: int, dim: int) -> str:
    """What `auto` takes for so many rows: exact search over a byte a dimension, of very many a shortlist first.

    The shortlist and six bits a dimension need less than a quarter of the vectors' own bytes, and find 95 of the best
    100 (docs/results.md).

    >>> factory_for(10_000, 384), factory_for(1_000_000, 384)
    ('SQ8', 'IVF1024,PQ128x4fs,Refine(SQ6)')
    """
    if rows <= _EXACT_TO:
        return "SQ8"
    cells = 2 ** round(np.log2(rows**0.5))
    parts = max((one for one in range(1, dim // 3 + 1) if dim % one == 0), default=1)
    return f"IVF{cells},PQ{parts}x4fs,Refine(SQ6)"


class FaissStore:
    """A FAISS index. Memory: d bytes (SQ8), 2d (SQfp16) or 4d (Flat) per row, plus the links of HNSW.

    With `Refine(...)` a shortlist is found first, and its rows are scored by those that `Refine` names: d / 6 + 3d / 4
    bytes per row and 12 more for `IVF1024,PQ128x4fs,Refine(SQ6)` where d is 384. The shortlist is made once there are
    enough rows to learn from; before, and where few rows are allowed, search is exact. An index of which files are
    large is left in them when it is loaded (memory-mapped) until it is changed.

    Args:
        dim: d.
        factory: `auto` (by the number of rows, see `factory_for`), `Flat` (exact), `SQ8`, `SQ6`, `SQ4`, `SQfp16`,
            `SQbf16` (exact search over rounded vectors), `HNSW32`, `HNSW32,SQ8`, `HNSW32,SQfp16` (approximate; fast for
            millions of rows), or a shortlist, `IVF<cells>,PQ<parts>x4fs` or `HNSW<links>`, each also after
            `PCA<width>,`, with `,Refine(SQ6)` or another kind of exact rows.
        ef_search: How far HNSW looks; higher finds more and takes longer.
        shortlist: How many rows are scored again for each that is asked for.
        searched: Share of the cells of IVF that are looked through; under a filter it is more.
        mapped: Bytes from which on a file is not read as a whole when it is loaded.

    >>> store = FaissStore(2)
    >>> store.add(["east", "north"], np.array([[1.0, 0.0], [0.0, 1.0]]))
    >>> store.search(np.array([[0.6, 0.8]]), k=2).rows.tolist()
    [[1, 0]]
    >>> store.search(np.array([[0.6, 0.8]]), k=2, allowed=np.array([True, False])).rows.tolist()
    [[0, -1]]
    """

    def __init__(
        self,
        dim: int,
        factory: str = "Flat",
        ef_search: int = 128,
        shortlist: int = _SHORTLIST,
        searched: float = _SEARCHED,
        mapped: int = _MAPPED,
    ) -> None:
        at_least_one(dim=dim, ef_search=ef_search, shortlist=shortlist, mapped=mapped)
        if not 0 < searched <= 1:
            raise ConfigError(f"`searched` is {searched}; it must be above 0, and 1 at most")
        if factory != AUTO and not _FACTORY.fullmatch(factory) and not _SHORTLISTED.fullmatch(factory):
            raise ConfigError(
                f"`factory` is {factory!r}; known: Flat, SQ4, SQ6, SQ8, SQfp16, SQbf16, HNSW<links> such as HNSW32, "
                "HNSW32,SQ8 or HNSW32,SQfp16, shortlists such as IVF1024,PQ128x4fs,Refine(SQ6) or "
                "PCA128,HNSW16,SQ8,Refine(SQ8), and auto (by the number of rows)"
            )
        self.dim = dim
        self.factory = factory
        self.ef_search = ef_search
        self.shortlist = shortlist
        self.searched = searched
        self.mapped = mapped
        self.ids: list[str] = []
        self._rows: dict[str, int] = {}
        self._trained_on = 0
        self._is_mapped = False
        self._choose(factory_for(0, dim) if factory == AUTO else factory)
        self._index: Any = self._empty()

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
        check_vectors(ids, vectors, self.dim, self._rows)
        if not ids:
            return
        before = len(self)
        self._own()
        if before == 0:
            self._make(vectors)
        elif (
            self.factory == AUTO
            and factory_for(before + len(ids), self.dim) != self._kind
            and self._has_grown(before + len(ids))
        ):
            self._make(np.concatenate([self.vectors(np.arange(before)), vectors]))
        else:
            # A scalar quantizer knows the range of what it was trained on: made anew when the rows have
            # doubled or a new vector lies outside.
            self._index.add(vectors)
            if self._is_rounded and (self._has_grown(before + len(ids)) or self._badly_stored(vectors)):
                self._make(np.concatenate([self.vectors(np.arange(before)), vectors]))
            elif self._listed is not None and self._listed.is_made:
                self._listed.add(vectors, before)
            elif self._listed is not None and before + len(ids) >= self._listed.at_least:
                self._listed.make(self.vectors(np.arange(before + len(ids))))
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
        self._own()
        if self._is_graph:
            self._make(self.vectors(np.flatnonzero(~gone)))
        else:
            self._index.remove_ids(np.flatnonzero(gone))
            self._unlist(gone)
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
        queries, allowed = checked_search(queries, k, allowed, self.dim, len(self))
        rows = np.full((len(queries), k), -1, dtype=np.int64)
        scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
        qualifying = len(self) if allowed is None else int(allowed.sum())
        found = min(k, qualifying)
        if found and len(queries):
            if self._is_graph:
                best = self._search_graph(queries, found, allowed, qualifying)
            elif self._listed is not None and self._listed.is_made:
                best = self._search_listed(queries, found, allowed, qualifying)
            elif allowed is not None and len(self) >= _MANY and qualifying < _GATHERED * len(self):
                best = self._search_rows(queries, found, allowed)
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
        """Write vectors, `store.json`, ids and the shortlist's files to a folder; aside first, then renamed."""
        about = {
            "dim": self.dim,
            "factory": self.factory,
            "ef_search": self.ef_search,
            "trained_on": self._trained_on,
            **self._further(),
        }
        with write_aside(folder) as aside:
            aside.mkdir()
            (aside / "store.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
            ids = json.dumps(self.ids, ensure_ascii=False, separators=(",", ":"))
            (aside / _IDS).write_bytes(lzma.compress(ids.encode(), preset=6))
            write(self._index, aside / "vectors.faiss")
            if self._listed is not None and self._listed.is_made:
                self._listed.save(aside)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote.

        Raises:
            CheckpointNotFoundError: If a file is missing.
            CheckpointError: If a file is broken or the files do not go together.
        """
        folder = Path(folder)
        recover(folder)
        for name in ("store.json", _IDS, "vectors.faiss"):
            if not (folder / name).is_file():
                raise CheckpointNotFoundError(f"no {folder / name}; build the index again")
        try:
            about = json.loads((folder / "store.json").read_text(encoding="utf-8"))
            given = about.get("shortlist", {})
            store = cls(about["dim"], about["factory"], about["ef_search"], **given)
            store._choose(about.get("kind", store._kind))
            store._is_mapped = (folder / "vectors.faiss").stat().st_size >= store.mapped
            store._index = read(folder / "vectors.faiss", store._is_mapped)
            store._trained_on = about["trained_on"]
            store.ids = [str(item_id) for item_id in json.loads(packed_text(folder / _IDS))]
            if about.get("listed"):
                store._read_shortlist(folder)
        except CheckpointNotFoundError:
            raise
        except (RuntimeError, KeyError, TypeError, ValueError, EOFError, lzma.LZMAError) as error:
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
    def bytes(self) -> dict[str, int]:
        """How much the vectors take, in bytes: `rows`, and `shortlist` where there is one."""
        module = _faiss()
        rows = self._index
        if self._is_graph:
            return {"rows": len(module.serialize_index(rows))}
        size = {"rows": int(rows.ntotal * rows.code_size)}
        if self._listed is not None and self._listed.is_made:
            size["shortlist"] = self._listed.bytes + self._listed.rows_bytes
        return size

    @property
    def _is_graph(self) -> bool:
        return self._listed is None and self._exact.startswith("HNSW")

    @property
    def _is_rounded(self) -> bool:
        return "SQ" in self._exact

    def _choose(self, kind: str) -> None:
        """Take a factory for what it says: exact rows, and the shortlist if there is one."""
        found = _SHORTLISTED.fullmatch(kind)
        self._kind = kind
        self._exact = kind if found is None else found["rows"]
        self._listed = None if found is None else Shortlist(self.dim, found["coarse"])

    def _empty(self) -> Any:
        faiss = _faiss()
        return faiss.index_factory(self.dim, self._exact, faiss.METRIC_INNER_PRODUCT)

    def _has_grown(self, rows: int) -> bool:
        return rows >= 2 * self._trained_on

    def _own(self) -> None:
        """Bring what lies in a file into memory, to change it."""
        if self._is_mapped:
            self._index = owned(self._index)
            self._is_mapped = False

    def _make(self, vectors: np.ndarray) -> None:
        if self.factory == AUTO:
            self._choose(factory_for(len(vectors), self.dim))
        else:
            self._choose(self._kind)
        index = self._empty()
        if len(vectors):
            index.train(self._range(vectors))
            index.add(vectors)
        self._index = index
        self._trained_on = len(vectors)
        if self._listed is not None and len(vectors) >= self._listed.at_least:
            self._listed.make(vectors)

    def _range(self, vectors: np.ndarray) -> np.ndarray:
        """The lowest and the highest number of each dimension, (2, d).

        Rounding learns each dimension's range alone, so two rows teach it. A range is never taken narrower than what
        unit vectors commonly fill, so that few vectors do not cramp later ones. Of very many in few bits, the outermost
        are cut off: they would cost the others more than they lose.
        """
        usual = np.full(self.dim, min(1.0, _USUAL_RANGE / self.dim**0.5), dtype=np.float32)
        if self._listed is not None and len(vectors) >= _MANY and self._exact in ("SQ4", "SQ6"):
            drawn = vectors[:: len(vectors) // _MANY]
            low, high = np.quantile(drawn, [_BEYOND, 1 - _BEYOND], axis=0)
        else:
            low, high = vectors.min(axis=0), vectors.max(axis=0)
        return np.stack([np.minimum(low, -usual), np.maximum(high, usual)]).astype(np.float32)

    def _unlist(self, gone: np.ndarray) -> None:
        """Take rows out of the shortlist."""
        if self._listed is None or not self._listed.is_made:
            return
        self._listed.remove(gone)
        if self._listed.is_stale:
            left = len(gone) - int(gone.sum())
            self._choose(self._kind)
            if left >= self._listed.at_least:
                self._listed.make(self.vectors(np.arange(left)))

    def _further(self) -> dict[str, Any]:
        """What `store.json` says besides, where it is not as usual."""
        given = {"shortlist": self.shortlist, "searched": self.searched, "mapped": self.mapped}
        usual = {"shortlist": _SHORTLIST, "searched": _SEARCHED, "mapped": _MAPPED}
        changed = {name: value for name, value in given.items() if value != usual[name]}
        return {
            **({"shortlist": changed} if changed else {}),
            **({"kind": self._kind} if self.factory == AUTO else {}),
            **({"listed": True} if self._listed is not None and self._listed.is_made else {}),
        }

    def _read_shortlist(self, folder: Path) -> None:
        for name in ("shortlist.faiss", "shortlist.npy"):
            if not (folder / name).is_file():
                raise CheckpointNotFoundError(f"no {folder / name}; build the index again")
        if self._listed is None:
            raise ValueError(f"`{self._kind}` has no shortlist")
        mapped = (folder / "shortlist.faiss").stat().st_size >= self.mapped
        self._listed = Shortlist.load(self.dim, self._listed.factory, folder, mapped)
        if not self._listed.fits(len(self.ids)):
            raise ValueError("its shortlist is of other rows")

    def _badly_stored(self, vectors: np.ndarray) -> bool:
        total = self._index.ntotal
        stored = self.vectors(np.arange(total - len(vectors), total))
        similarity = (stored * vectors).sum(1) / np.maximum(np.linalg.norm(stored, axis=1), 1e-12)
        return bool(similarity.min() < _LIKE_ITSELF.get(self._exact, 0.999))

    def _search_flat(self, queries: np.ndarray, found: int, allowed: Allowed | None, qualifying: int) -> Hits:
        """Exact search."""
        faiss = _faiss()
        selector = None if allowed is None else _selector(allowed)
        params = None if selector is None else faiss.SearchParameters(sel=selector)
        return _searched(self._index, queries, found, qualifying, params)

    def _search_listed(
        self, queries: np.ndarray, found: int, allowed: Allowed | None, qualifying: int
    ) -> Hits:
        """The best of a shortlist; all that are allowed where they are few."""
        listed = self._listed
        share = qualifying / len(self)
        count = max(self.shortlist * found, 1000)
        if listed is None or qualifying <= count or share < _TOGETHER:
            return self._search_rows(queries, found, allowed)
        rows = self._shortlisted(listed, queries, count, allowed, share)
        best = Hits(
            np.empty((len(queries), found), dtype=np.int64), np.empty((len(queries), found), dtype=np.float32)
        )
        for place, near in enumerate(rows):
            near = np.sort(near[near >= 0])
            query = queries[place : place + 1]
            one = (
                self._score(query, near, found)
                if len(near) >= found
                else self._search_rows(query, found, allowed)
            )
            best.rows[place], best.scores[place] = one.rows[0], one.scores[0]
        return best

    def _shortlisted(
        self, listed: Shortlist, queries: np.ndarray, count: int, allowed: Allowed | None, share: float
    ) -> np.ndarray:
        """A shortlist of allowed rows for each query, (b, at least count); -1 where there are no more."""
        effort = int(np.ceil(self.searched * listed.cells)) or self.ef_search
        if allowed is None:
            return listed.search(queries, count, effort, None)
        if share < _FILTERED:
            return listed.search(queries, count, max(int(_FURTHER * listed.cells), effort), allowed)
        # To ask of each row whether it is allowed takes longer than to find more and drop those that are not; unless
        # what is near is just what is not allowed.
        rows = listed.search(queries, min(int(count / share), len(self)), effort, None)
        rows[~allowed[rows]] = -1
        few = (rows >= 0).sum(axis=1) < count / 2
        if few.any():
            further = listed.search(queries[few], count, max(listed.cells, effort), allowed)
            rows[few] = -1
            rows[few, : further.shape[1]] = further
        return rows

    def _score(self, queries: np.ndarray, rows: np.ndarray, found: int) -> Hits:
        """The best of some rows (ascending), as exact search has them: their bytes are taken together."""
        faiss = _faiss()
        index = faiss.downcast_index(self._index.storage) if self._is_graph else self._index
        if isinstance(index, faiss.IndexScalarQuantizer):
            part = faiss.IndexScalarQuantizer(self.dim, index.sq.qtype, faiss.METRIC_INNER_PRODUCT)
            part.sq, part.is_trained = index.sq, True
        else:
            part = faiss.IndexFlatIP(self.dim)
        held = faiss.rev_swig_ptr(index.codes.data(), index.ntotal * index.code_size)
        part.add_sa_codes(held.reshape(index.ntotal, index.code_size)[rows])
        best = _searched(part, queries, found, len(rows))
        return Hits(rows[best.rows], best.scores)

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
        """Exact search over the allowed rows, one after the other."""
        candidates = np.arange(len(self)) if allowed is None else np.flatnonzero(allowed)
        rows = np.empty((len(queries), 0), dtype=np.int64)
        scores = np.empty((len(queries), 0), dtype=np.float32)
        for start in range(0, len(candidates), 65_536):  # so that memory stays bounded
            part = candidates[start : start + 65_536]
            more = self._score(queries, part, min(found, len(part)))
            best = _best(
                np.concatenate([rows, more.rows], axis=1),
                np.concatenate([scores, more.scores], axis=1),
                found,
            )
            rows, scores = best.rows, best.scores
        return Hits(rows, scores)


STORES: dict[str, Callable[..., VectorStore]] = {"faiss": FaissStore}


def _searched(
    index: Any, queries: np.ndarray, found: int, qualifying: int, params: Any | None = None
) -> Hits:
    """Exact search; looks further while equal scores at the end leave open which row comes first."""
    wider = min(found + 1, qualifying)
    while True:
        scores, rows = index.search(queries, wider, params=params)
        tied = wider < qualifying and bool((scores[:, -1] >= scores[:, found - 1]).any())
        if not tied:
            return _best(rows, scores, found)
        wider = min(2 * wider, qualifying)


def _best(rows: np.ndarray, scores: np.ndarray, k: int) -> Hits:
    """(b, m) -> (b, k): by score, equal scores by row."""
    order = np.lexsort((rows, -scores), axis=1)[:, :k]
    return Hits(np.take_along_axis(rows, order, axis=1), np.take_along_axis(scores, order, axis=1))
