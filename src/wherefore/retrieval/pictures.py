"""The vectors of the items' pictures: read, embedded, kept by what is in the files."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.notes import Note
from wherefore.catalog.picture_files import PictureError, Place, folder_of, opened, places
from wherefore.config import ImagesConfig
from wherefore.errors import CheckpointError, ModelError
from wherefore.progress import Progress
from wherefore.retrieval.embedders import known_unit_rows
from wherefore.retrieval.fetching import Fetcher
from wherefore.retrieval.image_embedders import ImageEmbedder, make_image_embedder
from wherefore.retrieval.tensors import packed, unpacked, write_tensors

if TYPE_CHECKING:
    from PIL.Image import Image

_FILE = "pictures.safetensors"


class KeptPictures:
    """Vectors of pictures in a file, by model and by what is in the picture's file; and which file an address gave.

    Each picture is read once, whatever it is called and whichever index it is for. What is read is written piece by
    piece, so work that was stopped goes on where it was.

    Args:
        file: An SQLite database; made, with its folder, where it is missing. None: nothing is kept.
    """

    def __init__(self, file: Path | None) -> None:
        self.file = file

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """The database.

        Raises:
            ModelError: If the file is no such database.
            OSError: If it cannot be read or written.
        """
        name = ":memory:" if self.file is None else str(self.file)
        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(name, timeout=60)) as database:
                database.execute(
                    "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL)"
                )
                database.execute(
                    "CREATE TABLE IF NOT EXISTS fetched (address TEXT PRIMARY KEY, content BLOB NOT NULL)"
                )
                yield database
        except sqlite3.OperationalError as error:
            raise OSError(f"vectors of pictures cannot be kept in {self.file}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise ModelError(
                f"{self.file} cannot be read ({error}); delete it, and it is made again"
            ) from error


@dataclass(slots=True)
class _Found:
    """What is known of one picture while it is read."""

    row: int
    key: bytes
    image: Image | None  # until its vector is made


class PictureReader:
    """Reads the pictures of items.

    Args:
        config: Which model reads them, and what may be fetched.
        kept: Where their vectors are kept.
        fetcher: Fetches those at web addresses; made from the config when None.
    """

    def __init__(
        self, config: ImagesConfig, kept: KeptPictures | None = None, fetcher: Fetcher | None = None
    ) -> None:
        self.config = config
        self.kept = kept or KeptPictures(None)
        self.fetcher = fetcher or Fetcher(config.max_bytes, config.timeout, config.max_fetched)
        self._embedder: ImageEmbedder | None = None

    @property
    def embedder(self) -> ImageEmbedder:
        """The model, loaded when it is first asked for."""
        if self._embedder is None:
            self._embedder = make_image_embedder(self.config)
        return self._embedder

    def read(
        self, items: Sequence[Item], catalog: Catalog, first: int = 0, progress: Progress | None = None
    ) -> tuple[np.ndarray, list[Note]]:
        """The vectors of items, (n, d) float32, unit or NaN where there is no picture; and why there is none.

        Of several pictures of an item, the mean counts.

        Args:
            items: The items.
            catalog: Whose schema and folder they are of.
            first: The row of the first of them, for the notes.
            progress: Told (pictures done, of).
        """
        todo: list[tuple[int, Place]] = []
        why: dict[tuple[str, str], list[int]] = {}
        for row, item in enumerate(items):
            for spec in catalog.schema.images:
                text = item.fields.get(spec.name)
                if not isinstance(text, str):
                    continue
                try:
                    found = places(text, folder_of(catalog.folder, spec.file), self.config.per_item)
                    todo += [(row, place) for place in found]
                except PictureError as error:
                    why.setdefault((spec.column, str(error)), []).append(row)
        total = np.zeros((len(items), self.embedder.dim), dtype=np.float64)
        counts = np.zeros(len(items), dtype=np.int64)
        size, name = self.config.batch_size, self.embedder.name
        column = next((spec.column for spec in catalog.schema.images), "")
        with self.kept.opened() as database:
            for start in range(0, len(todo), size):
                batch: list[_Found] = []
                for row, place in todo[start : start + size]:
                    if counts[row] + sum(one.row == row for one in batch) >= self.config.per_item:
                        continue
                    try:
                        batch.append(self._found(database, row, place, name))
                    except PictureError as error:
                        why.setdefault((column, str(error)), []).append(row)
                for row, vector in self._vectors(database, batch):
                    total[row] += vector
                    counts[row] += 1
                if progress is not None:
                    progress(min(start + size, len(todo)), len(todo))
        vectors = known_unit_rows(total)
        return vectors, [_note(column, reason, rows, first) for (column, reason), rows in why.items()]

    def _found(self, database: sqlite3.Connection, row: int, place: Place, name: str) -> _Found:
        """A picture, opened unless its vector is kept."""
        config = self.config
        content, data = self._content(database, place)
        key = hashlib.sha256(name.encode() + b"\0" + content).digest()
        if database.execute("SELECT 1 FROM vectors WHERE key = ?", (key,)).fetchone():
            return _Found(row, key, None)
        if data is None:  # its address is known, its vector is not: another model reads it now
            data = self.fetcher.fetch(place.address)
        return _Found(row, key, opened(data, config.max_bytes, config.max_pixels))

    def _content(self, database: sqlite3.Connection, place: Place) -> tuple[bytes, bytes | None]:
        """The hash of what is in a picture's file, and what is, where that had to be read."""
        if place.file is not None:
            try:
                if place.file.stat().st_size > self.config.max_bytes:
                    raise PictureError(f"its file has more than {self.config.max_bytes:,} bytes")
                data = place.file.read_bytes()
            except OSError as error:
                raise PictureError("its file cannot be read") from error
            return hashlib.sha256(data).digest(), data
        if not self.config.fetch:
            raise PictureError("web addresses are not followed; `images.fetch=true` fetches them")
        known = database.execute("SELECT content FROM fetched WHERE address = ?", (place.address,)).fetchone()
        if known:
            return known[0], None
        data = self.fetcher.fetch(place.address)
        content = hashlib.sha256(data).digest()
        with database:
            database.execute("INSERT OR REPLACE INTO fetched VALUES (?, ?)", (place.address, content))
        return content, data

    def _vectors(
        self, database: sqlite3.Connection, batch: Sequence[_Found]
    ) -> Iterator[tuple[int, np.ndarray]]:
        """The vectors of some pictures, with their rows; new ones are kept."""
        new = {one.key: one.image for one in batch if one.image is not None}
        if new:
            made = np.asarray(self.embedder.encode(list(new.values())), dtype=np.float32)
            if made.shape != (len(new), self.embedder.dim) or not np.isfinite(made).all():
                raise ModelError(
                    f"the image model {self.embedder.name} made vectors of shape {made.shape} of {len(new)} pictures, "
                    f"or some that are not finite; {self.embedder.dim} finite numbers for each are needed"
                )
            with database:
                database.executemany(
                    "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                    [(key, vector.tobytes()) for key, vector in zip(new, made, strict=True)],
                )
        for one in batch:
            blob = database.execute("SELECT vector FROM vectors WHERE key = ?", (one.key,)).fetchone()[0]
            vector = np.frombuffer(blob, dtype=np.float32)
            if len(vector) != self.embedder.dim:
                raise ModelError(
                    f"{self.kept.file} holds a vector of another width; delete it, and it is made again"
                )
            yield one.row, vector


class Pictures:
    """The vectors of a catalogue's pictures, row by row.

    Attributes:
        vectors: (n, d) float32, unit; NaN where an item has no picture that could be read.
        model: What made them.
        notes: Which pictures could not be read, and why.
    """

    def __init__(self, vectors: np.ndarray, model: str, notes: Sequence[Note], reader: PictureReader) -> None:
        self.vectors, self.model, self.notes, self.reader = vectors, model, tuple(notes), reader

    @classmethod
    def build(cls, catalog: Catalog, reader: PictureReader, progress: Progress | None = None) -> Self:
        """Read the pictures of all items."""
        vectors, notes = reader.read(catalog.items, catalog, progress=progress)
        return cls(vectors, reader.embedder.name, notes, reader)

    def of(self, items: Sequence[Item], catalog: Catalog) -> np.ndarray:
        """The vectors of further items, (m, d), NaN where there is none.

        Raises:
            CheckpointError: If another model reads them than did those that are here.
            ConfigError: If no model is named, and an item has a picture.
        """
        names = [spec.name for spec in catalog.schema.images]
        nothing = np.full((len(items), self.vectors.shape[1]), np.nan, dtype=np.float32)
        if not any(name in item.fields for item in items for name in names):
            return nothing
        if self.reader.embedder.name != self.model:
            raise CheckpointError(
                f"the pictures here were read by {self.model}, `images.model` is now {self.reader.embedder.name}; use "
                "the first, or build the index again"
            )
        vectors, notes = self.reader.read(items, catalog, len(self.vectors))
        self.notes = (*self.notes, *notes)
        return vectors

    def add(self, vectors: np.ndarray) -> None:
        """Add rows that `of` gave."""
        self.vectors = np.concatenate([self.vectors, vectors])

    def remove(self, rows: np.ndarray) -> None:
        """Remove rows."""
        self.vectors = np.delete(self.vectors, rows, axis=0)

    def save(self, folder: Path) -> None:
        """Write vectors and notes into a folder."""
        notes = [[one.said, one.column, list(one.places)] for one in self.notes]
        about = {"model": self.model, "notes": notes}
        write_tensors(folder / _FILE, {"vectors": self.vectors, "about": packed(about)})

    @classmethod
    def load(cls, folder: Path, count: int, reader: PictureReader) -> Self | None:
        """Read what `save` wrote; None where nothing was.

        Raises:
            CheckpointError: If the file is damaged, or has another number of rows.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        file = folder / _FILE
        if not file.is_file():
            return None
        try:
            tensors = load_file(file)
            about, vectors = unpacked(tensors["about"]), tensors["vectors"]
            notes = [Note(said, column, tuple(at), lost=True) for said, column, at in about["notes"]]
            model = str(about["model"])
        except (SafetensorError, ValueError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise CheckpointError(f"{file} cannot be read ({error}); build the index again") from error
        if vectors.ndim != 2 or len(vectors) != count or vectors.dtype != np.float32:
            raise CheckpointError(
                f"{file} holds {vectors.shape} vectors for {count} items; build the index again"
            )
        return cls(vectors, model, notes, reader)


def stamp(catalog: Catalog, config: ImagesConfig) -> str:
    """What an index of a catalogue's pictures depends on: the model, and sizes and times of the files."""
    digest = hashlib.sha256(
        config.model_dump_json(include={"model", "revision", "per_item", "fetch"}).encode()
    )
    for item in catalog.items:
        for spec in catalog.schema.images:
            text = item.fields.get(spec.name)
            if isinstance(text, str):
                told = _told(text, folder_of(catalog.folder, spec.file), config.per_item)
                digest.update(json.dumps(told).encode())
    return digest.hexdigest()


def _told(text: str, folder: Path | None, most: int) -> list[Any]:
    """The addresses, or the files with sizes and times, that a cell names."""
    told: list[Any] = []
    try:
        for place in places(text, folder, most):
            if place.file is None:
                told.append(place.address)
            else:
                state = place.file.stat()
                told.append([place.file.name, state.st_size, state.st_mtime_ns])
    except (PictureError, OSError) as error:
        told.append(str(error))
    return [text, *told]


def _note(column: str, reason: str, rows: Sequence[int], first: int) -> Note:
    rows = sorted(set(rows))
    said = f"{len(rows):,} {'picture is' if len(rows) == 1 else 'pictures are'} not read: {reason}"
    return Note(said, column, tuple(f"row {first + row + 1}" for row in rows), lost=True)
