"""Vectors in Milvus: a file of `milvus-lite`, or a server or cluster by its address."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import numpy as np

from wherefore.catalog.catalog import Catalog, Item
from wherefore.errors import (
    CheckpointError,
    CheckpointNotFoundError,
    ConfigError,
    MissingPackageError,
    StorageError,
)
from wherefore.files import recover, write_aside
from wherefore.retrieval.checks import at_least_one, check_vectors, checked_search
from wherefore.retrieval.conditions import Columns, Conditions, one_of, plain
from wherefore.retrieval.stores import STORES, Allowed, Hits

_LOG = logging.getLogger(__name__)
ABOUT = "wherefore_about"  # the collection that tells what the others were made with
_INDEXES = ("FLAT", "HNSW", "AUTOINDEX")
_BATCH = 1000  # rows that are sent, asked for or named at once
_DEEPEST = 16_384  # hits that Milvus gives at most
_SPARE = 16  # hits asked for besides, so that few that may not be recommended cost no second search
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_NOT_LET_IN = re.compile(r"auth|permission|unauthenticated|denied", re.IGNORECASE)


class MilvusStore:
    """A Milvus collection of unit vectors, each with its item's numbers and values, searched under hard limits.

    Limits and refused values become the filter of a search; what a filter cannot say (what was seen, what a title
    tells) is left out of what comes back, and the search goes deeper until there is enough. Several processes may use
    a collection of a server; items that are not this process's are passed over. A file serves one process.

    Args:
        dim: d.
        url: A file that ends in `.db` (milvus-lite), or `http://HOST:19530`, `https://HOST:19530`.
        collection: Its name; empty: one of its own for each catalogue and embedder.
        token_env: The environment variable with the token, or `USER:PASSWORD`, of a server.
        index: `FLAT` (exact), `HNSW` (approximate; for millions of items) or `AUTOINDEX` (what the server prefers).
        ef_search: How far HNSW looks.
        timeout: Seconds for one call.

    Raises:
        ConfigError: If an argument is not allowed.
        MissingPackageError: If `pymilvus`, or for a file `milvus-lite`, is not installed.
        StorageError: If the server cannot be reached or does not let in, or the file cannot be opened.
    """

    def __init__(
        self,
        dim: int,
        url: str,
        collection: str = "",
        token_env: str = "MILVUS_TOKEN",
        index: str = "FLAT",
        ef_search: int = 128,
        timeout: float = 10.0,
    ) -> None:
        at_least_one(dim=dim, ef_search=ef_search)
        if collection and (not _NAME.fullmatch(collection) or collection == ABOUT):
            raise ConfigError(
                f"`collection` is {collection!r}; a name has letters, digits and _, does not begin with a digit, "
                f"and is not {ABOUT}"
            )
        if index not in _INDEXES:
            raise ConfigError(f"`index` is {index!r}; allowed: {', '.join(_INDEXES)}")
        if not timeout > 0:
            raise ConfigError(f"`timeout` is {timeout!r}; it must be more than 0 seconds")
        self.dim = dim
        self.url = _checked_url(url)
        self.collection = collection
        self.ids: list[str] = []
        self._rows: dict[str, int] = {}  # of the keys under which the collection knows the ids
        self._token_env, self._index, self._ef_search, self._timeout = token_env, index, ef_search, timeout
        self._columns = Columns({}, {})
        self._embedder = ""
        self._is_open = False
        self._client: Any = self._connected()

    def __len__(self) -> int:
        return len(self.ids)

    def open_for(self, catalog: Catalog, embedder: str) -> None:
        """Find or make the collection for a catalogue's items.

        Raises:
            ConfigError: If there is one of the name that was made with another embedder, width or fields.
            StorageError: If the server fails.
        """
        self._embedder = embedder
        self._columns = Columns.of(catalog.schema)
        if not self.collection:
            told = f"{embedder}|{self.dim}|{catalog.fingerprint()}"
            self.collection = f"wherefore_{hashlib.sha256(told.encode()).hexdigest()[:20]}"
        self._open(make=True)

    def add(self, ids: Sequence[str], vectors: np.ndarray) -> None:
        """Append rows of which nothing but their vectors is known; as `FaissStore.add`."""
        self._add(ids, vectors, [self._columns.cells(Item(item_id, item_id, {})) for item_id in ids])

    def add_items(self, items: Sequence[Item], vectors: np.ndarray) -> None:
        """Append items with their vectors, (n, d), unit. One that another process put there is written over.

        Raises:
            ValueError: If an id is in this store already or twice, or the vectors are not (n, d), finite and unit.
            StorageError: If the server fails; what was not written then can be added again.
        """
        self._add([item.id for item in items], vectors, [self._columns.cells(item) for item in items])

    def remove(self, ids: Sequence[str]) -> None:
        """Take rows out, here and of the collection; the others move up and keep their order.

        Raises:
            ValueError: If an id is not there; nothing is removed then.
            StorageError: If the server fails.
        """
        keys = [plain(item_id) for item_id in ids]
        unknown = [item_id for item_id, key in zip(ids, keys, strict=True) if key not in self._rows]
        if unknown:
            raise ValueError(f"cannot remove {unknown[0]!r} ({len(unknown)} in all): not in the store")
        with self._asking():
            for part in _parts(keys):
                self._client.delete(self.collection, filter=one_of(part), timeout=self._timeout)
        gone = set(keys)
        self._know([item_id for item_id in self.ids if plain(item_id) not in gone])

    def search(self, queries: np.ndarray, k: int, allowed: Allowed | None = None) -> Hits:
        """The best of the allowed rows by inner product, (b, d) -> (b, k); equal scores by row."""
        return self.search_within(
            queries, k, np.ones(len(self), dtype=bool) if allowed is None else allowed, Conditions()
        )

    def search_within(self, queries: np.ndarray, k: int, allowed: Allowed, conditions: Conditions) -> Hits:
        """The best of the allowed rows, all of which fulfil the conditions; these become the search's filter.

        Fewer than min(k, number of allowed rows) come back only where another process took rows out.

        Raises:
            ValueError: If `queries` is not (b, d) and finite, `allowed` not (n,) bool, or k below 1.
            StorageError: If the server fails.
        """
        queries, _ = checked_search(queries, k, allowed, self.dim, len(self))
        allowed = np.asarray(allowed)
        rows = np.full((len(queries), k), -1, dtype=np.int64)
        scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
        qualifying = int(allowed.sum())
        found = min(k, qualifying)
        if not found or not len(queries):
            return Hits(rows, scores)
        self._open()
        filters = [] if qualifying <= _BATCH else [self._columns.expression(conditions)]
        if filters and filters[0]:
            filters.append("")  # in case that the collection does not know what the catalogue does
        left = np.arange(len(queries))
        for filter_ in filters:
            left = self._fill(rows, scores, left, queries, found, allowed, filter_)
            if not len(left):
                return Hits(rows, scores)
        self._fill_by_ids(rows, scores, left, queries, found, np.flatnonzero(allowed))
        return Hits(rows, scores)

    def vectors(self, rows: np.ndarray | None = None) -> np.ndarray:
        """The vectors, (m, d) float32; zeros where another process took a row out. All when no rows are given."""
        wanted = np.arange(len(self)) if rows is None else np.asarray(rows, dtype=np.int64)
        if len(wanted) and (wanted.min() < 0 or wanted.max() >= len(self)):
            raise ValueError(
                f"`rows` goes from {wanted.min()} to {wanted.max()}; the store has rows 0 to {len(self) - 1}"
            )
        different, places = np.unique(wanted, return_inverse=True)
        made = np.zeros((len(different), self.dim), dtype=np.float32)
        if not len(different):
            return made
        self._open()
        place_of = {plain(self.ids[row]): place for place, row in enumerate(different)}
        with self._asking():
            for part in _parts(list(place_of)):
                told = self._client.query(
                    self.collection,
                    filter=one_of(part),
                    output_fields=["id", "vector"],
                    limit=len(part),
                    timeout=self._timeout,
                )
                for one in told:
                    made[place_of[one["id"]]] = one["vector"]
        return made[places]

    def save(self, folder: str | Path) -> None:
        """Write which collection it is, and the order of its rows, to `store.json` in a folder. No token is in it."""
        about = {
            "url": self.url,
            "collection": self.collection,
            "dim": self.dim,
            "token_env": self._token_env,
            "index": self._index,
            "ef_search": self._ef_search,
            "timeout": self._timeout,
            "embedder": self._embedder,
            "ids": self.ids,
        }
        with write_aside(folder) as aside:
            aside.mkdir()
            (aside / "store.json").write_text(json.dumps(about), encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Connect to the collection that `save` wrote down.

        Raises:
            CheckpointNotFoundError: If the file or the collection is missing.
            CheckpointError: If the file is broken.
            ConfigError: If the collection was made anew with another embedder, width or fields.
            StorageError: If the server fails.
        """
        file = Path(folder) / "store.json"
        recover(Path(folder))
        if not file.is_file():
            raise CheckpointNotFoundError(f"no {file}; build the index again")
        try:
            about = dict(json.loads(file.read_text(encoding="utf-8")))
            embedder, ids = str(about.pop("embedder")), [str(one) for one in about.pop("ids")]
            store = cls(**about)
        except (KeyError, TypeError, json.JSONDecodeError, UnicodeDecodeError) as error:
            raise CheckpointError(f"{file} cannot be read ({error}); build the index again") from error
        store._embedder = embedder
        with store._asking():
            is_there = store._client.has_collection(store.collection, timeout=store._timeout)
        if not is_there:
            raise CheckpointNotFoundError(
                f"{store.url} has no collection {store.collection}; build the index again"
            )
        store._open()
        store._know(ids)
        store._tell_missing()
        return store

    def close(self) -> None:
        """Let go of the server, or of the file, so that another process can open it."""
        self._client.close()
        if "://" not in self.url:
            from milvus_lite.server_manager import server_manager_instance

            server_manager_instance.release_server(self.url)

    # -- the server -----------------------------------------------------------------------------------

    def _connected(self) -> Any:
        client = _client_class("://" not in self.url)
        token = os.environ.get(self._token_env, "") if "://" in self.url else ""
        with self._asking():
            return client(uri=self.url, token=token, timeout=self._timeout)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Turns what Milvus raises into a `StorageError` that says what to do."""
        from pymilvus.exceptions import MilvusException

        try:
            yield
        except MilvusException as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> StorageError:
        said = str(getattr(error, "message", "") or error)[:300]
        if "://" not in self.url:
            return StorageError(
                f"Milvus Lite cannot work with {self.url} ({said}); a file serves one process: end the other that "
                "has it open, give another file, or the address of a Milvus server"
            )
        if _NOT_LET_IN.search(said):
            seen = "is set" if os.environ.get(self._token_env) else "is not set"
            return StorageError(
                f"the Milvus server at {self.url} does not let in ({said}); {self._token_env} {seen}: put its token, "
                "or USER:PASSWORD, there"
            )
        return StorageError(
            f"the Milvus server at {self.url} cannot be reached or failed ({said}); see that it runs and that the "
            "address is right, such as http://HOST:19530"
        )

    def _open(self, make: bool = False) -> None:
        """See that the collection is there and ours, or make it; once."""
        if self._is_open and not make:
            return
        if not self.collection:
            self.collection = "wherefore_items"
        with self._asking():
            if not self._client.has_collection(self.collection, timeout=self._timeout):
                self._make()
            about = self._about()
            self._check_about(about)
            self._client.load_collection(self.collection, timeout=self._timeout)
        self._columns = Columns(about["numbers"], about["values"])
        self._is_open = True

    def _make(self) -> None:
        from pymilvus import DataType

        schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=1024)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=self.dim)
        for column in self._columns.numbers.values():
            schema.add_field(column, DataType.DOUBLE, nullable=True)
        for column in self._columns.values.values():
            schema.add_field(
                column,
                DataType.ARRAY,
                element_type=DataType.VARCHAR,
                max_capacity=4096,
                max_length=1024,
            )
        self._create(self.collection, schema, self._index)
        if not self._client.has_collection(ABOUT, timeout=self._timeout):
            told = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
            told.add_field("id", DataType.VARCHAR, is_primary=True, max_length=1024)
            told.add_field("about", DataType.VARCHAR, max_length=65_535)
            told.add_field("vector", DataType.FLOAT_VECTOR, dim=2)  # a collection has one
            self._create(ABOUT, told, "FLAT")
        about = {
            "embedder": self._embedder,
            "dim": self.dim,
            "numbers": dict(self._columns.numbers),
            "values": dict(self._columns.values),
        }
        row = {"id": self.collection, "about": json.dumps(about), "vector": [1.0, 0.0]}
        self._client.upsert(ABOUT, [row], timeout=self._timeout)

    def _create(self, name: str, schema: Any, kind: str) -> None:
        from pymilvus.exceptions import MilvusException

        params = self._client.prepare_index_params()
        more = {"params": {"M": 32, "efConstruction": 200}} if kind == "HNSW" else {}
        params.add_index("vector", index_type=kind, metric_type="IP", **more)
        try:
            self._client.create_collection(
                name, schema=schema, index_params=params, consistency_level="Strong", timeout=self._timeout
            )
        except MilvusException:  # another process was faster
            if not self._client.has_collection(name, timeout=self._timeout):
                raise

    def _about(self) -> dict[str, Any]:
        """What the collection was made with."""
        told = []
        if self._client.has_collection(ABOUT, timeout=self._timeout):
            self._client.load_collection(ABOUT, timeout=self._timeout)
            told = self._client.query(
                ABOUT, filter=one_of([self.collection]), output_fields=["about"], timeout=self._timeout
            )
        if not told:
            raise ConfigError(
                f"the collection {self.collection} at {self.url} was not made by Wherefore; give another "
                "`collection`, or none"
            )
        return dict(json.loads(told[0]["about"]))

    def _check_about(self, about: dict[str, Any]) -> None:
        expected: dict[str, Any] = {"embedder": self._embedder, "dim": self.dim}
        if self._columns.numbers or self._columns.values:
            expected |= {"numbers": dict(self._columns.numbers), "values": dict(self._columns.values)}
        for key, value in expected.items():
            if about.get(key) != value:
                what = "fields" if key in ("numbers", "values") else key
                raise ConfigError(
                    f"the collection {self.collection} at {self.url} was made with {what} "
                    f"{_shown(about.get(key))}, here it is {_shown(value)}; use what it was made with, or give "
                    "another `collection`, or none"
                )

    def _tell_missing(self) -> None:
        with self._asking():
            told = self._client.query(
                self.collection, filter="", output_fields=["count(*)"], timeout=self._timeout
            )
        there = int(told[0]["count(*)"])
        if there < len(self):
            _LOG.warning(
                "the collection %s has %d items, the index %d: some were removed since, and are not found by meaning",
                self.collection,
                there,
                len(self),
            )

    # -- rows -----------------------------------------------------------------------------------------

    def _know(self, ids: list[str]) -> None:
        self.ids = ids
        self._rows = {plain(item_id): row for row, item_id in enumerate(ids)}

    def _add(self, ids: Sequence[str], vectors: np.ndarray, cells: Sequence[dict[str, Any]]) -> None:
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        check_vectors(ids, vectors, self.dim, self._rows, plain)
        if not len(ids):
            return
        self._open()
        rows = [
            {"id": plain(item_id), "vector": vector.tolist(), **own}
            for item_id, vector, own in zip(ids, vectors, cells, strict=True)
        ]
        with self._asking():
            for start in range(0, len(rows), _BATCH):
                self._client.upsert(self.collection, rows[start : start + _BATCH], timeout=self._timeout)
        self._rows.update((plain(item_id), len(self) + place) for place, item_id in enumerate(ids))
        self.ids.extend(ids)

    # -- searching ------------------------------------------------------------------------------------

    def _fill(
        self,
        rows: np.ndarray,
        scores: np.ndarray,
        left: np.ndarray,
        queries: np.ndarray,
        found: int,
        allowed: Allowed,
        filter_: str,
    ) -> np.ndarray:
        """Put the best into `rows` and `scores` (b, k) for the queries that are left; which ones got too few.

        Goes deeper while hits are ruled out, and while it is open which of equal scores comes first.
        """
        limit = min(found + _SPARE, _DEEPEST)
        while True:
            short: list[int] = []
            open_: list[int] = []
            for query, (own, own_scores, given) in zip(
                left, self._hits(queries[left], limit, filter_), strict=True
            ):
                kept = allowed[own]
                worst = own_scores[-1] if len(own_scores) else -np.inf
                best, best_scores = _best(own[kept], own_scores[kept], found)
                is_all = given < limit
                if len(best) == found and (is_all or best_scores[-1] > worst):
                    rows[query, :found], scores[query, :found] = best, best_scores
                else:
                    (short if is_all else open_).append(int(query))
            if not open_:
                return np.array(short, dtype=np.int64)
            if limit == _DEEPEST:
                return np.array([*short, *open_], dtype=np.int64)
            if short:  # the wider search is for all of them
                open_ = sorted([*short, *open_])
            left = np.array(open_, dtype=np.int64)
            limit = min(4 * limit, _DEEPEST)

    def _fill_by_ids(
        self,
        rows: np.ndarray,
        scores: np.ndarray,
        left: np.ndarray,
        queries: np.ndarray,
        found: int,
        allowed: np.ndarray,
    ) -> None:
        """As `_fill`, by naming the allowed rows, some at a time: exact, and slow where there are many."""
        best = [(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)) for _ in left]
        for start in range(0, len(allowed), _BATCH):
            part = [plain(self.ids[row]) for row in allowed[start : start + _BATCH]]
            hits = self._hits(queries[left], len(part), one_of(part))
            best = [
                _best(np.concatenate([had[0], own]), np.concatenate([had[1], own_scores]), found)
                for had, (own, own_scores, _) in zip(best, hits, strict=True)
            ]
        for query, (own, own_scores) in zip(left, best, strict=True):
            rows[query, : len(own)], scores[query, : len(own)] = own, own_scores

    def _hits(
        self, queries: np.ndarray, limit: int, filter_: str
    ) -> list[tuple[np.ndarray, np.ndarray, int]]:
        """Of each query: the rows that are ours, their scores, and how many hits there were in all."""
        params: dict[str, Any] = {"metric_type": "IP"}
        if self._index == "HNSW":
            params["params"] = {"ef": max(self._ef_search, 2 * limit)}
        with self._asking():
            told = self._client.search(
                self.collection,
                data=queries.tolist(),
                limit=limit,
                filter=filter_,
                output_fields=["id"],
                search_params=params,
                timeout=self._timeout,
            )
        made = []
        for hits in told:
            ours = [(self._rows[hit["id"]], hit["distance"]) for hit in hits if hit["id"] in self._rows]
            made.append(
                (
                    np.array([row for row, _ in ours], dtype=np.int64),
                    np.array([score for _, score in ours], dtype=np.float32),
                    len(hits),
                )
            )
        return made


STORES["milvus"] = MilvusStore


def _best(rows: np.ndarray, scores: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k best, equal scores by row."""
    order = np.lexsort((rows, -scores))[:k]
    return rows[order], scores[order]


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _BATCH):
        yield keys[start : start + _BATCH]


def _shown(value: Any) -> str:
    return ", ".join(value) or "none" if isinstance(value, dict) else repr(value)


def _checked_url(url: str) -> str:
    """An address, or an absolute path, that can be opened."""
    allowed = "allowed are http://HOST:19530, https://HOST:19530 and a file that ends in .db"
    if not isinstance(url, str) or not url.strip():
        raise ConfigError(f"`url` is {url!r}; {allowed}")
    if "://" in url:
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise ConfigError(f"`url` is {url!r} ({error}); {allowed}") from error
        if parts.scheme not in ("http", "https") or not host:
            raise ConfigError(f"`url` is {url!r}; {allowed}")
        if parts.username or parts.password:
            raise ConfigError(
                f"`url` holds a user or password for {host}; put USER:PASSWORD into the environment variable "
                "MILVUS_TOKEN, where no file keeps it"
            )
        return url
    path = Path(url).expanduser().resolve()
    if path.suffix != ".db":
        what = "is a folder" if path.is_dir() else "does not end in .db"
        raise ConfigError(f"`url` is {url!r}, which {what}; {allowed}")
    if not path.parent.is_dir():
        raise ConfigError(f"`url` is {url!r}, and there is no folder {path.parent}; make it first")
    if path.is_file():
        raise ConfigError(
            f"`url` is {url!r}, a file that this version of Milvus Lite cannot open (it keeps a folder of that "
            "name); give another name"
        )
    if path.is_dir() and any(path.iterdir()) and not (path / "LOCK").exists():
        raise ConfigError(
            f"`url` is {url!r}, a folder with other files than Milvus Lite's; give another name"
        )
    return str(path)


def _client_class(is_file: bool) -> Any:
    try:
        if is_file:
            import milvus_lite  # noqa: F401
        from pymilvus import MilvusClient
    except ImportError as error:
        raise MissingPackageError(
            f"`store` is milvus, which needs {error.name}; install it with: pip install 'wherefore[milvus]'"
        ) from error
    # They log what they raise, which is told as an error; a file's server also what it is asked in vain.
    for name in ("pymilvus", "milvus_lite", *(("grpc._server",) if is_file else ())):
        if logging.getLogger(name).level == logging.NOTSET:
            logging.getLogger(name).setLevel(logging.CRITICAL)
    return MilvusClient
