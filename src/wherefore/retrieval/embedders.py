"""Texts to vectors: the packaged MiniLM, or any sentence-transformers model."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from wherefore.lm.packaged import MINILM_SHA256, _sha256, packaged_minilm_dir

if TYPE_CHECKING:
    from transformers import BertModel


Kind = Literal["query", "item"]
Progress = Callable[[int, int], None]  # done, total


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    dim: int  # d

    @property
    def name(self) -> str:
        """Identifies the model, its revision and whatever else changes the vectors."""

    def encode(self, texts: Sequence[str], kind: Kind, progress: Progress | None = None) -> np.ndarray:
        """Texts -> (n, d) float32, unit rows."""


class PackagedMiniLM:
    """all-MiniLM-L6-v2 from the installed package: mean of the last hidden states, made unit.

    Plain transformers: importing sentence-transformers would cost a second and a half at every start;
    a test shows that the vectors are the same.

    Args:
        model: A ready `BertModel` with the package's weights (so that they can be shared with the LLM);
            loaded when not given.
        device: Where a model loaded here goes; "auto" takes the GPU when there is one.
        max_length: Tokens of a text that are read; the rest is cut.
        batch_tokens: Tokens, padding included, that go through the model at once.
    """

    dim = 384

    def __init__(
        self,
        model: BertModel | None = None,
        *,
        device: str = "cpu",
        max_length: int = 256,
        batch_tokens: int = 1024,
    ) -> None:
        from tokenizers import Tokenizer

        if not 8 <= max_length <= 512:
            raise ValueError(f"`max_length` is {max_length}; MiniLM reads 8 to 512 tokens")
        if batch_tokens < max_length:
            raise ValueError(f"`batch_tokens` is {batch_tokens}, less than `max_length`, {max_length}")
        folder = packaged_minilm_dir()
        self.model = model if model is not None else _load_minilm(folder).to(_device(device))
        self.max_length = max_length
        self.batch_tokens = batch_tokens
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(max_length)
        self._tokenizer.no_padding()

    @property
    def name(self) -> str:
        """Model, start of its weights' hash, and how much of a text it reads."""
        return f"all-MiniLM-L6-v2@{MINILM_SHA256[:12]},max_length={self.max_length}"

    def encode(self, texts: Sequence[str], kind: Kind, progress: Progress | None = None) -> np.ndarray:
        """Texts -> (n, d) float32, unit rows; queries and items are treated alike.

        >>> PackagedMiniLM().encode(["a film about a shark", ""], "item").shape
        (2, 384)
        """
        import torch

        _check_texts(texts, kind)
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(tokens)), key=lambda row: -len(tokens[row]))
        device = self.model.device
        training = self.model.training
        self.model.eval()
        try:
            done = 0
            while done < len(order):
                longest = len(tokens[order[done]])
                rows = order[done : done + max(1, self.batch_tokens // longest)]
                ids = torch.zeros((len(rows), longest), dtype=torch.long)
                mask = torch.zeros((len(rows), longest), dtype=torch.long)
                for line, row in enumerate(rows):
                    ids[line, : len(tokens[row])] = torch.tensor(tokens[row])
                    mask[line, : len(tokens[row])] = 1
                mask = mask.to(device)
                with torch.inference_mode():
                    hidden = self.model(ids.to(device), attention_mask=mask).last_hidden_state  # (b, t, d)
                    weights = mask.unsqueeze(-1).to(hidden.dtype)
                    mean = (hidden * weights).sum(1) / weights.sum(1)  # (b, d)
                    unit = torch.nn.functional.normalize(mean.float(), dim=-1)
                vectors[rows] = unit.cpu().numpy()
                done += len(rows)
                if progress is not None:
                    progress(done, len(order))
        finally:
            self.model.train(training)
        return _check_vectors(vectors, self.name)


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, by hub id or folder, with its query and passage prompts.

    Args:
        model: Hub id or folder.
        revision: Branch, tag or commit of a hub model.
        query_prompt: Put before a query; None takes the model's own prompt "query" where it has one.
        item_prompt: Put before an item's text; None takes the model's own prompt "passage", "document"
            or "corpus", the first that it has.
        truncate_dim: Keep only the first dimensions (for Matryoshka models); the rows are unit again.
        batch_size: Texts that go through the model at once.
        device: "auto" takes the GPU when there is one.
        max_length: Tokens of a text that are read; None takes the model's own limit.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        revision: str | None = None,
        query_prompt: str | None = None,
        item_prompt: str | None = None,
        truncate_dim: int | None = None,
        batch_size: int = 32,
        device: str = "auto",
        max_length: int | None = None,
    ) -> None:
        from sentence_transformers import SentenceTransformer

        if truncate_dim is not None and truncate_dim < 1:
            raise ValueError(f"`truncate_dim` is {truncate_dim}; it must be at least 1")
        if batch_size < 1:
            raise ValueError(f"`batch_size` is {batch_size}; it must be at least 1")
        try:
            self.model: Any = SentenceTransformer(str(model), revision=revision, device=_device(device))
        except (OSError, ValueError) as error:
            raise ValueError(
                f"no sentence-transformers model could be loaded from {model}: {str(error).splitlines()[0]} "
                "Give a folder that holds one, or an id that your hub cache has."
            ) from error
        full = self.model.get_embedding_dimension()
        if truncate_dim is not None and truncate_dim > full:
            raise ValueError(f"`truncate_dim` is {truncate_dim} but {model} makes vectors of {full}")
        if max_length is not None:
            self.model.max_seq_length = max_length
        own = {name: text for name, text in self.model.prompts.items() if text}
        passages = (own[name] for name in ("passage", "document", "corpus") if name in own)
        self.dim: int = truncate_dim or full
        self.query_prompt = own.get("query", "") if query_prompt is None else query_prompt
        self.item_prompt = next(passages, "") if item_prompt is None else item_prompt
        self.batch_size = batch_size
        settings = {
            "dim": self.dim,
            "max_length": self.model.max_seq_length,
            "query": self.query_prompt,
            "item": self.item_prompt,
        }
        which = _which(Path(model), self.model, revision)
        self._name = ",".join([which, *(f"{key}={value}" for key, value in settings.items())])

    @property
    def name(self) -> str:
        """Model, commit or hash of its weights, width, length and prompts."""
        return self._name

    def encode(self, texts: Sequence[str], kind: Kind, progress: Progress | None = None) -> np.ndarray:
        """Texts -> (n, d) float32, unit rows, each text behind the prompt of its kind."""
        _check_texts(texts, kind)
        prompt = self.query_prompt if kind == "query" else self.item_prompt
        encode = self.model.encode_query if kind == "query" else self.model.encode_document
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda row: -len(texts[row]))
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            made = encode(
                [texts[row] for row in rows],
                prompt=prompt,
                batch_size=self.batch_size,
                truncate_dim=self.dim,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
            vectors[rows] = unit_rows(made)
            if progress is not None:
                progress(start + len(rows), len(order))
        return _check_vectors(vectors, self.name)


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
        if piece < 1:
            raise ValueError(f"`piece` is {piece}; it must be at least 1")
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
            ValueError: If the file is no database of vectors, or is damaged.
            OSError: If it cannot be read or written.
        """
        _check_texts(texts, kind)
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        rows: dict[bytes, list[int]] = {}
        for row, text in enumerate(texts):
            rows.setdefault(self._key(text, kind), []).append(row)
        with self._opened() as database:
            new = dict(rows)
            for key, vector in self._kept(database, list(rows)):
                vectors[new.pop(key)] = vector
            done = len(rows) - len(new)
            for part in _parts(list(new), self.piece):
                made = self.embedder.encode([texts[rows[key][0]] for key in part], kind)
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
            raise ValueError(
                f"{self.file} cannot be read ({error}); delete it, and it is made again"
            ) from error


EMBEDDERS: dict[str, Callable[..., Embedder]] = {
    "minilm": PackagedMiniLM,
    "sentence-transformers": SentenceTransformerEmbedder,
}


def _parts(keys: list[bytes], size: int) -> Iterator[list[bytes]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """(n, d) -> (n, d) float32 with rows of length 1; a row of zeros stays.

    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    vectors = np.asarray(vectors, dtype=np.float32)
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0))


def _load_minilm(folder: Path) -> BertModel:
    from safetensors.torch import load_file
    from transformers import BertConfig, BertModel

    model = BertModel(BertConfig.from_pretrained(folder), add_pooling_layer=False)
    state = load_file(folder / "model.safetensors")
    wanted = {name: value for name, value in state.items() if not name.startswith("pooler.")}
    wanted.pop("embeddings.position_ids", None)
    model.load_state_dict(wanted, strict=True, assign=True)
    model.requires_grad_(False)
    return model.eval()


def _device(device: str) -> str:
    if device != "auto":
        return device
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _which(folder: Path, model: Any, revision: str | None) -> str:
    if folder.is_dir():
        return f"{folder.resolve().name}@{_sha256(sorted(folder.rglob('*.safetensors')))[:12]}"
    commit = getattr(getattr(model[0], "auto_model", None), "config", None)
    return f"{folder.as_posix()}@{getattr(commit, '_commit_hash', None) or revision or 'main'}"


def _check_texts(texts: Sequence[str], kind: str) -> None:
    if isinstance(texts, str):
        raise ValueError("`texts` is one string; give a list of strings")
    if kind not in ("query", "item"):
        raise ValueError(f"`kind` is {kind!r}; it must be 'query' or 'item'")


def _check_vectors(vectors: np.ndarray, name: str) -> np.ndarray:
    bad = ~np.isfinite(vectors).all(axis=1)
    if bad.any():
        raise ValueError(
            f"{name} made {int(bad.sum())} vectors with NaN or infinity, first for text {bad.argmax()}"
        )
    return vectors
