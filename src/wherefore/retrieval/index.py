"""A catalogue with its vectors and words, kept in step: built, changed, saved and loaded as one."""

from __future__ import annotations

import copy
import hashlib
import json
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Self

import numpy as np

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.notes import Note
from wherefore.config import Component, ImagesConfig, PassagesConfig, build, resolve
from wherefore.errors import CheckpointError, CheckpointNotFoundError, ConfigError
from wherefore.files import recover, write_aside
from wherefore.progress import Progress
from wherefore.retrieval.attributes import Attributes
from wherefore.retrieval.conditions import FieldStore
from wherefore.retrieval.embedders import Embedder, known_unit_rows
from wherefore.retrieval.embedding_cache import CachedEmbedder
from wherefore.retrieval.lexical import Lexical
from wherefore.retrieval.milvus import MilvusStore  # noqa: F401  (registers itself as a store)
from wherefore.retrieval.passages import Passages, hidden_vectors
from wherefore.retrieval.pictures import KeptPictures, PictureReader, Pictures
from wherefore.retrieval.projection import Projection
from wherefore.retrieval.stores import STORES, VectorStore

FORMAT = 1
_QUERIES_KEPT = 4096
_MANY = 50_000  # items whose vectors are taken from the store when they are needed
_PAIRS = 4000  # drawn, to tell how near items usually lie


class Index:
    """A catalogue with its vectors and words. Row i of everything is item i of the catalogue.

    Change the catalogue only through `add` and `remove` here, so that all stay in step.

    Attributes:
        catalog: The items.
        embedder: What makes their vectors.
        store: The vectors.
        lexical: The words.
        projection: What narrows the embedder's vectors, if anything.
        pictures: The vectors of the items' pictures, where they were read.
    """

    def __init__(
        self,
        catalog: Catalog,
        embedder: Embedder,
        store: VectorStore,
        lexical: Lexical,
        projection: Projection | None = None,
        store_name: str = "faiss",
        passages: Passages | None = None,
        pictures: Pictures | None = None,
    ) -> None:
        self.catalog = catalog
        self.embedder = embedder
        self.store = store
        self.lexical = lexical
        self.projection = projection
        self._store_name = store_name
        self._passages = passages
        self.pictures = pictures
        self._spaces: dict[str, np.ndarray] = {}
        self._usual: dict[str, float] = {}
        self._kept: CachedEmbedder | None = None  # until it is saved
        self._vectors: np.ndarray | None = None
        self._attributes: Attributes | None = None
        self._popularity: np.ndarray | None = None
        self._queries: OrderedDict[str, np.ndarray] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self.store)

    @property
    def dim(self) -> int:
        """d, the width of the item vectors."""
        return self.store.dim

    @property
    def vectors(self) -> np.ndarray:
        """The item vectors in row order, (n, d) float32, read-only; kept, so 4 n d bytes."""
        if self._vectors is None:
            self._vectors = self.store.vectors()
            self._vectors.flags.writeable = False
        return self._vectors

    def vectors_of(self, rows: np.ndarray) -> np.ndarray:
        """The vectors of some items, (m, d) float32; of very many items not all are kept for that."""
        kept = self._vectors is not None or len(self) < _MANY
        found: np.ndarray = self.vectors[rows] if kept else self.store.vectors(rows)
        return found

    @property
    def spaces(self) -> tuple[str, ...]:
        """Where items lie besides the text's space: `pictures`, where they were read, and the fields of vectors."""
        own = tuple(spec.name for spec in self.catalog.schema.vectors if spec.name != "pictures")
        return own if self.pictures is None else ("pictures", *own)

    def space(self, name: str) -> np.ndarray | None:
        """Where the items lie in one of `spaces`, (n, d) float32, unit; NaN where that is not known. None: unknown."""
        if name not in self.spaces:
            return None
        if name not in self._spaces:
            held = (
                self.pictures.vectors if name == "pictures" and self.pictures else self.catalog.vectors(name)
            )
            self._spaces[name] = known_unit_rows(held)
        return self._spaces[name]

    def alike(self, name: str, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        """How near items lie in one of `spaces`, (m, others), on the scale of texts: 0.5 for one pair in a hundred.

        Below that, and where it is not known, it is 0: models of pictures put nearly all near.
        """
        vectors = self.space(name)
        if vectors is None or not vectors.shape[1]:
            return np.zeros((len(rows), len(others)), dtype=np.float32)
        if name not in self._usual:
            known = np.flatnonzero(~np.isnan(vectors).any(axis=1))
            drawn = (
                np.random.default_rng(0).choice(known, (2, _PAIRS))
                if len(known) > 1
                else np.zeros((2, 0), int)
            )
            cosines = (vectors[drawn[0]] * vectors[drawn[1]]).sum(axis=1)[drawn[0] != drawn[1]]
            self._usual[name] = float(np.quantile(cosines, 0.99)) if len(cosines) else 1.0
        usual = min(self._usual[name], 1 - 1e-3)
        near = np.nan_to_num(vectors[rows] @ vectors[others].T, nan=-1.0)
        return np.where(near < usual, 0, 0.5 + 0.5 * (near - usual) / (1 - usual)).astype(np.float32)

    @property
    def notes(self) -> Sequence[Note]:
        """Which pictures could not be read, and why."""
        return () if self.pictures is None else self.pictures.notes

    @property
    def passages(self) -> Passages:
        """The vectors of the clauses of the items' texts; made when they are asked for, unless they were built."""
        if self._passages is None:
            self._passages = Passages.build(self.catalog, self.embedder)
        return self._passages

    def prepare(self) -> None:
        """Make the words, the values and how well items are known ready."""
        self.lexical.scores("word")
        _ = self.attributes, self.popularity

    @property
    def attributes(self) -> Attributes:
        """Which rows bear which tags and names."""
        if self._attributes is None:
            self._attributes = Attributes(self.catalog)
        return self._attributes

    @property
    def popularity(self) -> np.ndarray | None:
        """How well each item is known, (n,) float32; None when the schema has no such field.

        The share of the known values that lie below plus half of the equal ones; NaN where not known.
        """
        if self._popularity is None and self.catalog.schema.popularity is not None:
            values = self.catalog.numbers(self.catalog.schema.popularity.name)
            self._popularity = shares(values)
        return self._popularity

    def project(self, vectors: np.ndarray) -> np.ndarray:
        """The embedder's vectors (m, full) as they are searched for and stored, (m, d)."""
        return vectors if self.projection is None else self.projection(vectors)

    def embed(self, text: str) -> np.ndarray:
        """A query's vector, (d,) float32, unit, read-only; the last ones are kept."""
        return self.embed_all([text])[text]

    def embed_all(self, texts: Iterable[str]) -> dict[str, np.ndarray]:
        """Queries' vectors, (d,) float32, unit, read-only each; what is not kept is embedded at once."""
        found, new = {}, []
        with self._lock:
            for text in dict.fromkeys(texts):
                if text in self._queries:
                    self._queries.move_to_end(text)
                    found[text] = self._queries[text]
                else:
                    new.append(text)
        if new:
            made = self.project(self.embedder.encode(new, "query"))
            found |= {text: vector.copy() for text, vector in zip(new, made, strict=True)}
            for text in new:
                found[text].flags.writeable = False
            with self._lock:
                self._queries.update((text, found[text]) for text in new)
                while len(self._queries) > _QUERIES_KEPT:
                    self._queries.popitem(last=False)
        return found

    def rows(self, ids: Iterable[str]) -> np.ndarray:
        """The rows of those ids that are in the catalogue, in the order given."""
        known = [self.catalog.row(item_id) for item_id in ids if item_id in self.catalog]
        return np.array(known, dtype=np.int64)

    @classmethod
    def build(
        cls,
        catalog: Catalog,
        embedder: Embedder,
        store: Component | None = None,
        pca: float | int | Projection | None = None,
        progress: Progress | None = None,
        cache: str | Path | None = None,
        passages: PassagesConfig | None = None,
        images: ImagesConfig | None = None,
        kept: str | Path | None = None,
    ) -> Self:
        """Embed every item and index it.

        Args:
            catalog: The items.
            embedder: Makes their vectors.
            store: Where the vectors go; by default FAISS, as their number asks for (`factory_for`).
            pca: Share of variance to keep (0-1), number of dimensions, or a projection to reuse (that of
                the index a model was trained with).
            progress: Told (items embedded, of).
            cache: Folder for what is embedded so far: an interrupted build goes on where it stopped. It is
                deleted when the index is saved.
            passages: How the clauses of the items' texts are embedded too; None: not now.
            images: What reads the items' pictures, where there are some; None, or none named in it: nothing.
            kept: Folder where vectors of pictures are kept for good, by what is in the files.

        Raises:
            ConfigError: If `pca` is neither, or is a projection of vectors of another width.
        """
        store = store or Component(name="faiss", factory="auto")
        texts = [catalog.text(item) for item in catalog.items]
        width = embedder.dim if pca is None else pca.dim if isinstance(pca, Projection) else None
        # Made first where the width is known: what it cannot do is told before everything is embedded.
        made = None if width is None else _made_store(store, width, catalog, embedder)
        building = None if cache is None else CachedEmbedder(embedder, _file_for(texts, Path(cache)))
        vectors = (building or embedder).encode(texts, "item", progress)
        if isinstance(pca, Projection) and pca.directions.shape[0] != embedder.dim:
            raise ConfigError(
                f"the projection takes vectors of {pca.directions.shape[0]} dimensions but {embedder.name} makes "
                f"{embedder.dim}; use the embedder it was fitted with"
            )
        projection = pca if isinstance(pca, Projection) or pca is None else Projection.fit(vectors, pca)
        if projection is not None:
            vectors = projection(vectors)
        made = made or _made_store(store, vectors.shape[1], catalog, embedder)
        _put(made, catalog.items, vectors)
        index = cls(catalog, embedder, made, Lexical(texts), projection, store.name)
        index._kept = building
        if passages is not None:
            index._passages = Passages.build(
                catalog, building or embedder, passages.bytes, hidden_vectors(passages.vectors), progress
            )
        if images is not None and images.model is not None and catalog.schema.images:
            index.pictures = Pictures.build(catalog, _picture_reader(images, kept), progress)
        return index

    def add(self, items: Sequence[Item | Mapping[str, Any]]) -> None:
        """Add items to catalogue and index: all, or none.

        Raises:
            CatalogError: If an id is there already or given twice, or a value does not fit its field.
        """
        trial = copy.copy(self.catalog)  # its `add` makes a new tuple of items and leaves ours alone
        trial.add(items)
        new = trial.items[len(self.catalog) :]
        texts = [self.catalog.text(item) for item in new]
        vectors = self.project(self.embedder.encode(texts, "item"))
        pictured = None if self.pictures is None else self.pictures.of(new, self.catalog)
        _put(self.store, new, vectors)
        if self._passages is not None:
            self._passages.add(new, self.catalog.schema, self.embedder)
        if self.pictures is not None and pictured is not None:
            self.pictures.add(pictured)
        self.catalog.add(new)
        self.lexical.add(texts)
        self._forget()

    def remove(self, ids: Collection[str]) -> None:
        """Remove items from catalogue and index: all, or none.

        Raises:
            KeyError: If there is no such item; suggests close ids.
            CatalogError: If an id is given twice, or all items would go.
        """
        ids = [ids] if isinstance(ids, str) else list(ids)
        rows = np.array([self.catalog.row(item_id) for item_id in ids], dtype=np.int64)
        copy.copy(self.catalog).remove(
            ids
        )  # what it does not allow is told before a store elsewhere is changed
        self.store.remove(ids)
        self.catalog.remove(ids)
        self.lexical.remove(rows)
        if self._passages is not None:
            self._passages.remove(rows)
        if self.pictures is not None:
            self.pictures.remove(rows)
        self._forget()

    def save(self, folder: str | Path) -> None:
        """Write the index (not the catalogue) to a folder, aside first, then renamed."""
        about = {
            "format": FORMAT,
            "embedder": self.embedder.name,
            "embedder_dim": self.embedder.dim,
            "dim": self.dim,
            "items": len(self),
            "catalog": self.catalog.fingerprint(),
            "store": self._store_name,
            "projected": self.projection is not None,
            **({} if self.pictures is None else {"pictures": self.pictures.model}),
        }
        with write_aside(folder) as aside:
            aside.mkdir()
            self.store.save(aside / "store")
            self.lexical.save(aside / "words")
            if self._passages is not None:
                self._passages.save(aside / "passages")
            if self.pictures is not None:
                self.pictures.save(aside)
            if self.projection is not None:
                self.projection.save(aside / "projection.safetensors")
            (aside / "meta.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
        if self._kept is not None:
            self._kept.delete()
            self._kept = None

    @classmethod
    def load(
        cls,
        folder: str | Path,
        catalog: Catalog,
        embedder: Embedder,
        images: ImagesConfig | None = None,
        cache: str | Path | None = None,
    ) -> Self:
        """Read what `save` wrote, strictly.

        Args:
            folder: Where.
            catalog: The items.
            embedder: What made their vectors.
            images: What reads the pictures of items that are added.
            cache: Folder where their vectors are kept.

        Raises:
            CheckpointNotFoundError: If the folder or a file is missing.
            CheckpointError: If it was made with another embedder, width, catalogue or format, or is broken;
                says which.
        """
        folder = Path(folder)
        recover(folder)
        meta = folder / "meta.json"
        if not meta.is_file():
            raise CheckpointNotFoundError(
                f"no index in {folder} (no meta.json); build it with `wherefore index`"
            )
        try:
            about = dict(json.loads(meta.read_text(encoding="utf-8")))
        except ValueError as error:
            raise CheckpointError(f"{meta} cannot be read ({error}); build the index again") from error
        expected = {
            "format": FORMAT,
            "embedder": embedder.name,
            "embedder_dim": embedder.dim,
            "items": len(catalog),
            "catalog": catalog.fingerprint(),
        }
        for key, value in expected.items():
            if about.get(key) != value:
                raise CheckpointError(
                    f"the index in {folder} was made with {key} {about.get(key)!r}, here it is {value!r}; "
                    "use what it was made with, or build the index again"
                )
        store: VectorStore = resolve(about.get("store", ""), STORES, "store").load(folder / "store")
        projection = Projection.load(folder / "projection.safetensors") if about.get("projected") else None
        lexical = Lexical.load(folder / "words")
        width = embedder.dim if projection is None else projection.dim
        if not store.dim == width == about.get("dim"):
            raise CheckpointError(
                f"the index in {folder} says d is {about.get('dim')}, its store {store.dim} and its projection or "
                f"embedder {width}; build the index again"
            )
        if list(catalog.ids) != store.ids or len(lexical) != len(catalog):
            raise CheckpointError(
                f"the index in {folder} holds other items than its meta.json says; build it again"
            )
        passages = Passages.load(folder / "passages", catalog) if (folder / "passages").is_dir() else None
        reader = _picture_reader(images or ImagesConfig(), cache)
        pictures = Pictures.load(folder, len(catalog), reader)
        if pictures is None and about.get("pictures"):
            raise CheckpointNotFoundError(f"the index in {folder} lacks its pictures; build it again")
        return cls(catalog, embedder, store, lexical, projection, about["store"], passages, pictures)

    def _forget(self) -> None:
        self._vectors = None
        self._attributes = None
        self._popularity = None
        self._spaces = {}
        self._usual = {}


def _made_store(store: Component, dim: int, catalog: Catalog, embedder: Embedder) -> VectorStore:
    made: VectorStore = build(store, STORES, "store", dim=dim)
    if isinstance(made, FieldStore):
        made.open_for(catalog, embedder.name)
    return made


def _put(store: VectorStore, items: Sequence[Item], vectors: np.ndarray) -> None:
    """Add items' vectors to a store, and where it takes them, their numbers and values."""
    if isinstance(store, FieldStore):
        store.add_items(items, vectors)
    else:
        store.add([item.id for item in items], vectors)


def _picture_reader(images: ImagesConfig, cache: str | Path | None) -> PictureReader:
    return PictureReader(images, KeptPictures(None if cache is None else Path(cache) / "pictures.sqlite"))


def shares(values: np.ndarray) -> np.ndarray:
    """For each known value the share of known values below, plus half of the equal ones; NaN stays.

    >>> shares(np.array([3.0, 1.0, np.nan, 1.0])).tolist()
    [0.8333333134651184, 0.3333333432674408, nan, 0.3333333432674408]
    """
    known = np.sort(values[~np.isnan(values)])
    below = np.searchsorted(known, values, "left") + np.searchsorted(known, values, "right")
    made: np.ndarray = np.where(np.isnan(values), np.nan, below / max(2 * len(known), 1)).astype(np.float32)
    return made


def _file_for(texts: Sequence[str], folder: Path) -> Path:
    """Where vectors of these texts are kept while they are made."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(f"{len(text)}:{text}\0".encode("utf-8", "surrogatepass"))
    return folder / f"{digest.hexdigest()[:32]}.sqlite"
