"""Passages: what an item's texts say, clause by clause, each with a vector of its own.

A request is compared with every passage of an item and the best one counts (MaxP: Dai and Callan, 2019, "Deeper Text
Understanding for IR with Contextual Neural Language Modeling"), since a clause that answers it is lost in a whole
record's vector.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from wherefore.catalog.abroad_words import tongues
from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.clauses import clauses
from wherefore.catalog.schema import Schema
from wherefore.errors import CheckpointError, CheckpointNotFoundError
from wherefore.files import write_aside
from wherefore.progress import Progress
from wherefore.retrieval.embedders import Embedder, unit_rows
from wherefore.retrieval.stores import AUTO, FaissStore
from wherefore.retrieval.tensors import unpacked, write_tensors

MOST = 24  # passages of one item; the first of each text come first
_SAMPLE = 400  # items by which a cosine is judged
_MANY = 200_000  # passages, from which on they are kept as they are searched


@dataclass(frozen=True, slots=True)
class Passage:
    """A clause of a record."""

    field: str  # the text field it stands in
    text: str


def passages_of(item: Item, schema: Schema) -> tuple[Passage, ...]:
    """The clauses of an item's texts, at most `MOST`; where there are more, every text gives its first ones."""
    texts = [
        [Passage(spec.name, clause) for clause in clauses(str(item.fields[spec.name]))]
        for spec in schema.texts
        if spec.name in item.fields
    ]
    found = [passage for text in texts for passage in text]
    if len(found) <= MOST:
        return tuple(found)
    by_place = sorted(
        ((place, number) for number, text in enumerate(texts) for place in range(len(text))),
    )[:MOST]
    return tuple(texts[number][place] for place, number in sorted(by_place, key=lambda one: (one[1], one[0])))


def _embedded(item: Item, schema: Schema) -> list[str]:
    """The passages of an item as they are embedded: those in another language by the English of their words."""
    told = [one.text for one in passages_of(item, schema)]
    tongue = tongues().get(schema.language)
    return told if tongue is None else [tongue.gloss(text) or text for text in told]


class Passages:
    """The vectors of all items' passages. Items are known by their rows, as everywhere in an index.

    Args:
        store: The vectors, in the order of the rows; those of an item are neighbours.
        counts: How many each row has, (n,).
        shown: How many of them are clauses of its record, (n,); the rest, after these, are vectors of texts that may
            be searched but not shown.
        packed: Bytes that a vector takes in a file; None: two for each dimension.
    """

    def __init__(
        self, store: FaissStore, counts: np.ndarray, shown: np.ndarray, packed: int | None = None
    ) -> None:
        self.store = store
        self.packed = packed
        self.counts = counts.astype(np.int64)
        self.shown = shown.astype(np.int64)
        self._given: np.ndarray | None = None  # what the store was made of, until it changes
        self._place()

    def _place(self) -> None:
        self._sample: np.ndarray | None = None
        self._sampled = np.empty((0, self.store.dim), dtype=np.float32)
        self.starts = np.concatenate([[0], np.cumsum(self.counts)])
        self.row_of = np.repeat(np.arange(len(self.counts)), self.counts)

    def __len__(self) -> int:
        return len(self.store)

    @classmethod
    def build(
        cls,
        catalog: Catalog,
        embedder: Embedder,
        packed: int | None = None,
        hidden: Mapping[str, np.ndarray] | None = None,
        progress: Progress | None = None,
    ) -> Self:
        """Cut and embed the texts of all items.

        Args:
            catalog: The items.
            embedder: Makes the vectors, of width d.
            packed: Bytes that a vector takes in a file; None: two for each dimension.
            hidden: Further vectors (m, d) by item id, of texts that are not in the record.
            progress: Told (passages embedded, of).
        """
        texts = [_embedded(item, catalog.schema) for item in catalog.items]
        place: dict[str, int] = {}  # what several records say alike is embedded once
        places = [place.setdefault(text, len(place)) for part in texts for text in part]
        made = embedder.encode(list(place), "item", progress)[places]
        more = [(hidden or {}).get(item.id) for item in catalog.items]
        shown = np.array([len(part) for part in texts], dtype=np.int64)
        counts = shown + np.array([0 if part is None else len(part) for part in more], dtype=np.int64)
        starts = np.concatenate([[0], np.cumsum(shown)])
        pieces = []
        for row, part in enumerate(more):
            pieces.append(made[starts[row] : starts[row + 1]])
            if part is not None:
                pieces.append(part.astype(np.float32))
        vectors = np.concatenate([np.empty((0, embedder.dim), dtype=np.float32), *pieces])
        if packed is not None:  # as they will be when they come back
            vectors = unpacked_vectors(packed_vectors(vectors, packed))
        small = packed is None and 0 < len(vectors) < _MANY
        if small:  # likewise, so that later starts list the same
            vectors = unpacked_vectors(packed_vectors(vectors, None))
        store = FaissStore(embedder.dim, AUTO)
        store.add(_names(catalog.ids, counts), vectors)
        passages = cls(store, counts, shown, packed)
        passages._given = vectors.astype(np.float16) if small else None
        return passages

    def add(self, items: Sequence[Item], schema: Schema, embedder: Embedder) -> None:
        """Append the passages of new rows."""
        texts = [_embedded(item, schema) for item in items]
        made = embedder.encode([text for part in texts for text in part], "item")
        counts = np.array([len(part) for part in texts], dtype=np.int64)
        self.store.add(_names([item.id for item in items], counts), made)
        self._given = None
        self.counts = np.concatenate([self.counts, counts])
        self.shown = np.concatenate([self.shown, counts])
        self._place()

    def remove(self, rows: np.ndarray) -> None:
        """Take rows out; the others move up."""
        gone = np.isin(self.row_of, rows)
        self.store.remove([self.store.ids[place] for place in np.flatnonzero(gone)])
        self._given = None
        kept = np.ones(len(self.counts), dtype=bool)
        kept[rows] = False
        self.counts, self.shown = self.counts[kept], self.shown[kept]
        self._place()

    def search(
        self, queries: np.ndarray, k: int, allowed: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The k rows whose best passage is closest to any of the queries.

        Args:
            queries: (q, d) unit.
            k: At most so many rows.
            allowed: (n,) bool.

        Returns:
            Rows (r,) int64 and scores (r,) float32, best first, equal scores by row.
        """
        if not len(self) or not len(queries) or k < 1:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        mask = None if allowed is None else allowed[self.row_of]
        possible = len(self) if mask is None else int(mask.sum())
        rows_possible = len(self.counts) if allowed is None else int((self.counts[allowed] > 0).sum())
        wanted = min(k, rows_possible)
        asked = min(4 * k, possible)
        while True:  # passages of few items may fill the first places
            hits = self.store.search(queries, max(asked, 1), mask)
            found = hits.rows >= 0
            rows, scores = self.row_of[hits.rows[found]], hits.scores[found]
            order = np.lexsort((rows, -scores))
            rows, first = np.unique(rows[order], return_index=True)
            scores = scores[order][first]
            if len(rows) >= wanted or asked >= possible:
                break
            asked = min(4 * asked, possible)
        best = np.lexsort((rows, -scores))[:k]
        return rows[best], scores[best].astype(np.float32)

    def scores(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The likeness of every query to the best passage of every row, (q, m) float32; NaN for a row without any."""
        return self._best(queries, rows, self.counts)[0]

    def evidence(self, query: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The clause of each record that is closest to a query (d,).

        Returns:
            Its likeness (m,), NaN where there is none, and its number among the item's passages (m,), -1 likewise.
        """
        scores, places = self._best(query[None], rows, self.shown)
        return scores[0], places[0]

    def usual(self, queries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation (q,) of the likeness of each query to any item's best passage, by a sample.

        What a cosine is worth depends on the query: of "a film with a shark in it" many items have a high one.
        """
        if self._sample is None:
            rows = np.flatnonzero(self.counts)
            self._sample = rows[np.linspace(0, len(rows) - 1, min(_SAMPLE, len(rows))).astype(np.int64)]
            self._sampled = self._vectors(self._sample, _within(self.counts[self._sample]), self.counts)
        if len(self._sample) < 2:
            return np.zeros(len(queries), dtype=np.float32), np.ones(len(queries), dtype=np.float32)
        sizes = self.counts[self._sample]
        best = np.maximum.reduceat(queries @ self._sampled.T, np.cumsum(sizes) - sizes, axis=1)
        return best.mean(axis=1), np.maximum(best.std(axis=1), 1e-3)

    def _vectors(self, rows: np.ndarray, within: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """The vectors of the first `counts` passages of some rows, row by row."""
        return self.store.vectors(np.repeat(self.starts[rows], counts[rows]) + within)

    def _best(
        self, queries: np.ndarray, rows: np.ndarray, counts: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        scores = np.full((len(queries), len(rows)), np.nan, dtype=np.float32)
        places = np.full((len(queries), len(rows)), -1, dtype=np.int64)
        sizes = counts[rows]
        has = np.flatnonzero(sizes)
        if not len(has):
            return scores, places
        sizes = sizes[has]
        begins = np.cumsum(sizes) - sizes
        within = _within(sizes)
        near = queries @ self._vectors(rows[has], within, counts).T  # (q, passages)
        scores[:, has] = np.maximum.reduceat(near, begins, axis=1)
        for query in range(len(queries)):
            best = near[query] >= np.repeat(scores[query, has], sizes)
            first = np.minimum.reduceat(np.where(best, within, np.iinfo(np.int64).max), begins)
            places[query, has] = first
        return scores, places

    def save(self, folder: Path) -> None:
        """Write `passages.safetensors` to a folder; of very many, the vectors as they are searched, beside it."""
        tensors = {"counts": self.counts.astype(np.int32), "shown": self.shown.astype(np.int32)}
        many = self.packed is None and len(self) >= _MANY
        if not many:
            given = self.store.vectors() if self._given is None else self._given.astype(np.float32)
            tensors |= packed_vectors(given, self.packed)
        with write_aside(folder) as aside:
            aside.mkdir()
            if many:  # to make the store anew would take minutes
                self.store.save(aside / "store")
            write_tensors(aside / "passages.safetensors", tensors)

    @classmethod
    def load(cls, folder: Path, catalog: Catalog) -> Self:
        """Read what `save` wrote.

        Raises:
            CheckpointNotFoundError: If the file is missing.
            CheckpointError: If it is broken or of another catalogue.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        file = folder / "passages.safetensors"
        if not file.is_file():
            raise CheckpointNotFoundError(f"no {file}; build the index again")
        try:
            tensors = load_file(file)
            counts, shown = tensors["counts"].astype(np.int64), tensors["shown"].astype(np.int64)
            if counts.shape != (len(catalog),) or shown.shape != counts.shape or (shown > counts).any():
                raise ValueError("its counts are not those of the catalogue")
            if len(tensors) > 2:
                vectors = unpacked_vectors(tensors)
                store = FaissStore(vectors.shape[1], AUTO)
                if len(vectors) == counts.sum():
                    store.add(_names(catalog.ids, counts), vectors)
            else:
                store = FaissStore.load(folder / "store")
            if len(store) != counts.sum():
                raise ValueError("it holds more or fewer vectors than it says")
        except (SafetensorError, ValueError, KeyError, IndexError) as error:
            raise CheckpointError(f"{file} cannot be read ({error}); build the index again") from error
        packed = tensors["codes"].shape[1] if "codes" in tensors else None
        return cls(store, counts, shown, packed)


def _within(sizes: np.ndarray) -> np.ndarray:
    """For rows of so many passages each, the number of every passage in its row.

    >>> _within(np.array([2, 0, 3])).tolist()
    [0, 1, 0, 1, 2]
    """
    begins = np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.asarray(np.arange(len(begins)) - begins)


_CENTROIDS = 256  # of each part of a vector that is product-quantized
_TAUGHT = 60_000  # vectors that they are learned from, about


def packed_vectors(vectors: np.ndarray, size: int | None) -> dict[str, np.ndarray]:
    """Unit vectors (n, d) as tensors: in half precision, or product-quantized to `size` bytes each.

    See Jégou et al., 2011, "Product Quantization for Nearest Neighbor Search". Where there are too few to learn from,
    they stay in half precision.
    """
    if size is None or len(vectors) < _CENTROIDS or vectors.shape[1] % size:
        return {"vectors": vectors.astype(np.float16)}
    import faiss

    quantizer: Any = faiss.ProductQuantizer(vectors.shape[1], size, 8)
    quantizer.train(np.ascontiguousarray(vectors[:: max(len(vectors) // _TAUGHT, 1)]))
    centroids = faiss.vector_to_array(quantizer.centroids).reshape(size, _CENTROIDS, -1)
    return {
        "codes": quantizer.compute_codes(np.ascontiguousarray(vectors)),
        "centroids": centroids.astype(np.float16),
    }


def unpacked_vectors(tensors: Mapping[str, np.ndarray]) -> np.ndarray:
    """What `packed_vectors` packed, (n, d) float32, unit."""
    if "vectors" in tensors:
        return unit_rows(tensors["vectors"])
    codes, centroids = tensors["codes"], tensors["centroids"].astype(np.float32)
    if codes.ndim != 2 or centroids.ndim != 3 or codes.shape[1] != len(centroids):
        raise ValueError("its codes and centroids do not go together")
    parts = [centroids[part][codes[:, part]] for part in range(codes.shape[1])]
    return unit_rows(np.concatenate(parts, axis=1))


def hidden_vectors(file: Path | None) -> dict[str, np.ndarray]:
    """Vectors (m, d) by item id, from a safetensors file with `ids` (JSON), `counts` and `vectors`; none without one.

    Raises:
        CheckpointNotFoundError: If there is no such file.
        CheckpointError: If it is broken.
    """
    if file is None:
        return {}
    if not file.is_file():
        raise CheckpointNotFoundError(
            f"no {file}, which `retrieval.passages.vectors` names; make it with scripts/plot_vectors.py, "
            "or leave it out"
        )
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors = load_file(file)
        ends = np.cumsum(tensors["counts"])
        parts = np.split(tensors["vectors"], ends[:-1])
        return dict(zip(unpacked(tensors["ids"]), parts, strict=True))
    except (SafetensorError, KeyError, ValueError) as error:
        raise CheckpointError(f"{file} cannot be read: {error}") from error


def _names(ids: Iterable[str], counts: np.ndarray) -> list[str]:
    return [
        f"{item_id}\t{number}"
        for item_id, count in zip(ids, counts, strict=True)
        for number in range(int(count))
    ]
