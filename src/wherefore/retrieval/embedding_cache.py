"""An embedder that keeps its vectors in a file."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from wherefore.errors import ModelError
from wherefore.progress import Progress
from wherefore.retrieval.checks import at_least_one
from wherefore.retrieval.embedders import Embedder, Kind, check_texts


class CachedEmbedder:
    """An embedder that keeps vectors in a file: each text is embedded once, also across runs and processes.

    What is embedded is written piece by piece, so work that was stopped goes on where it was. The file is an SQLite
    database; it holds hashes of the texts, not the texts, and several embedders may share it.

    Args:
        embedder: Makes the vectors, d wide, that are not kept yet.
        file: Keeps them; made, with its folder, where it is missing.
        piece: Texts that are embedded before the vectors are written.
    """

    def __init__(self, embedder: Embedder, file: str | Path, piece: int = 256) -> None:
        at_least_one(piece=piece)
        self.embedder = embedder
        self.dim = embedder.dim
        self.file = Path(file)
        self.piece = piece

    @property
    def name(self) -> str:
        """Of the embedder."""
        return self.embedder.name

    def encode(self, texts: Sequence[str], kind: Kind, progress: Progress | None = None) -> np.ndarray:
        """Texts -> (n, d) float32, unit rows, as the embedder makes them.

        Raises:
            ModelError: If the file is no database of vectors, or is damaged.
            OSError: If it cannot be read or written.
        """
        check_texts(texts, kind)
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        rows: dict[bytes, list[int]] = {}
        for row, text in enumerate(texts):
            rows.setdefault(self._key(text, kind), []).append(row)
        with self._opened() as database:
            new = dict(rows)
            for key, vector in self._kept(database, list(rows)):
                vectors[new.pop(key)] = vector
            done = len(rows) - len(new)
            pieces = list(_parts(list(new), self.piece))
            for number, made in self._made([[texts[rows[key][0]] for key in part] for part in pieces], kind):
                part = pieces[number]
                for key, vector in zip(part, made, strict=True):
                    vectors[rows[key]] = vector
                with database:
                    database.executemany(
                        "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                        [(key, vector.tobytes()) for key, vector in zip(part, made, strict=True)],
                    )
                done += len(part)
                if progress is not None:
                    progress(done, len(rows))
        return vectors

    def _made(self, pieces: Sequence[Sequence[str]], kind: Kind) -> Iterator[tuple[int, np.ndarray]]:
        """The vectors of pieces with their numbers: in turn, or as an embedder with many hands makes them."""
        many = getattr(self.embedder, "encode_pieces", None)
        if many is not None:
            yield from many(pieces, kind)
            return
        for number, piece in enumerate(pieces):
            yield number, self.embedder.encode(piece, kind)

    def delete(self) -> None:
        """Delete the file."""
        self.file.unlink(missing_ok=True)

    def _key(self, text: str, kind: Kind) -> bytes:
        said = f"{self.name}\0{self.dim}\0{kind}\0{text}"
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()[:20]

    def _kept(self, database: sqlite3.Connection, keys: list[bytes]) -> Iterator[tuple[bytes, np.ndarray]]:
        for part in _parts(keys, 500):
            marks = ", ".join("?" * len(part))
            for key, blob in database.execute(
                f"SELECT key, vector FROM vectors WHERE key IN ({marks})", part
            ):
                vector = np.frombuffer(blob, dtype=np.float32) if len(blob) == 4 * self.dim else np.empty(0)
                if len(vector) and np.isfinite(vector).all():
                    yield key, vector

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(self.file, timeout=60)) as database:
                database.execute(
                    "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL)"
                )
                yield database
        except sqlite3.OperationalError as error:  # full, locked, read-only
            raise OSError(f"vectors cannot be kept in {self.file}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise ModelError(
                f"{self.file} cannot be read ({error}); delete it, and it is made again"
            ) from error


def _parts(keys: list[bytes], size: int) -> Iterator[list[bytes]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))
