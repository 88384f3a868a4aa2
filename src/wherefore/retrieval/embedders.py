"""Texts to vectors: the packaged MiniLM, or any sentence-transformers model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from wherefore.errors import ConfigError, ModelError
from wherefore.files import sha256
from wherefore.lm.packaged import MINILM_SHA256, load_minilm, packaged_minilm_dir
from wherefore.lm.passes import shared
from wherefore.progress import Progress
from wherefore.retrieval.checks import at_least_one

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import BertModel


Kind = Literal["query", "item"]


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    dim: int  # d

    @property
    def name(self) -> str:
        """Identifies the model, its revision and whatever else changes the vectors."""

    def encode(self, texts: Sequence[str], kind: Kind, progress: Progress | None = None) -> np.ndarray:
        """Texts -> (n, d) float32, unit rows."""


MINILM = "all-MiniLM-L6-v2@"  # how the name of its vectors begins


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
            raise ConfigError(f"`max_length` is {max_length}; MiniLM reads 8 to 512 tokens")
        if batch_tokens < max_length:
            raise ConfigError(f"`batch_tokens` is {batch_tokens}, less than `max_length`, {max_length}")
        folder = packaged_minilm_dir()
        self.model = model if model is not None else load_minilm(folder, _device(device))
        self.max_length = max_length
        self.batch_tokens = batch_tokens
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(max_length)
        self._tokenizer.no_padding()

    @property
    def name(self) -> str:
        """Model, start of its weights' hash, and how much of a text it reads."""
        return f"{MINILM}{MINILM_SHA256[:12]},max_length={self.max_length}"

    def tokens(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Texts -> ids and mask, (n, t) each, on the model's device."""
        import torch

        found = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        longest = max(map(len, found))
        ids = torch.tensor([one + [0] * (longest - len(one)) for one in found])
        mask = torch.tensor([[1] * len(one) + [0] * (longest - len(one)) for one in found])
        return ids.to(self.model.device), mask.to(self.model.device)

    def encode(self, texts: Sequence[str], kind: Kind, progress: Progress | None = None) -> np.ndarray:
        """Texts -> (n, d) float32, unit rows; queries and items are treated alike.

        >>> PackagedMiniLM().encode(["a film about a shark", ""], "item").shape
        (2, 384)
        """
        check_texts(texts, kind)
        if kind == "query" and texts and progress is None:
            return shared(self._of_each, tuple(texts))
        return self._encode(texts, progress)

    def _of_each(self, asked: Sequence[Sequence[str]]) -> list[np.ndarray]:
        """The vectors of what each of several turns asked for."""
        return _split(self._encode([text for texts in asked for text in texts]), asked)

    def _encode(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        import torch

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
                # Beside a reply, a message would be padding for the most part.
                rows = [row for row in rows if 2 * len(tokens[row]) >= longest]
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

        if truncate_dim is not None:
            at_least_one(truncate_dim=truncate_dim)
        at_least_one(batch_size=batch_size)
        try:
            self.model: Any = SentenceTransformer(str(model), revision=revision, device=_device(device))
        except (OSError, ValueError) as error:
            raise ModelError(
                f"no sentence-transformers model could be loaded from {model}: {str(error).splitlines()[0]} "
                "Give a folder that holds one, or an id that your hub cache has."
            ) from error
        # sentence-transformers 5.2 has it under its longer name alone
        asked = getattr(self.model, "get_embedding_dimension", None)
        full = asked() if asked is not None else self.model.get_sentence_embedding_dimension()
        if truncate_dim is not None and truncate_dim > full:
            raise ConfigError(f"`truncate_dim` is {truncate_dim} but {model} makes vectors of {full}")
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
        check_texts(texts, kind)
        if kind == "query" and texts and progress is None:
            return shared(self._of_each, tuple(texts))
        return self._encode(texts, kind, progress)

    def _of_each(self, asked: Sequence[Sequence[str]]) -> list[np.ndarray]:
        """The vectors of what each of several turns asked for."""
        return _split(self._encode([text for texts in asked for text in texts], "query"), asked)

    def _encode(self, texts: Sequence[str], kind: Kind, progress: Progress | None = None) -> np.ndarray:
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


EMBEDDERS: dict[str, Callable[..., Embedder]] = {
    "minilm": PackagedMiniLM,
    "sentence-transformers": SentenceTransformerEmbedder,
}


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """(n, d) -> (n, d) float32 with rows of length 1; a row of zeros stays.

    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    vectors = np.asarray(vectors, dtype=np.float32)
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0))


def _split(vectors: np.ndarray, asked: Sequence[Sequence[str]]) -> list[np.ndarray]:
    """(n, d) to one array for each of those who asked, in order."""
    return np.split(vectors, np.cumsum([len(texts) for texts in asked])[:-1])


def known_unit_rows(vectors: np.ndarray) -> np.ndarray:
    """As `unit_rows`; rows that hold a NaN, or zeros alone, become NaN: that they are missing stays known.

    >>> known_unit_rows(np.array([[3.0, 4.0], [np.nan, 1.0]])).tolist()
    [[0.6000000238418579, 0.800000011920929], [nan, nan]]
    """
    made = unit_rows(vectors)
    made[~made.any(axis=-1)] = np.nan
    return made


def _device(device: str) -> str:
    if device != "auto":
        return device
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _which(folder: Path, model: Any, revision: str | None) -> str:
    if folder.is_dir():
        return f"{folder.resolve().name}@{sha256(*sorted(folder.rglob('*.safetensors')))[:12]}"
    commit = getattr(getattr(model[0], "auto_model", None), "config", None)
    return f"{folder.as_posix()}@{getattr(commit, '_commit_hash', None) or revision or 'main'}"


def check_texts(texts: Sequence[str], kind: str) -> None:
    """Refuse what no embedder takes.

    Raises:
        ValueError: If `texts` is one string, or `kind` is unknown.
    """
    if isinstance(texts, str):
        raise ValueError("`texts` is one string; give a list of strings")
    if kind not in ("query", "item"):
        raise ValueError(f"`kind` is {kind!r}; it must be 'query' or 'item'")


def _check_vectors(vectors: np.ndarray, name: str) -> np.ndarray:
    bad = ~np.isfinite(vectors).all(axis=1)
    if bad.any():
        raise ModelError(
            f"{name} made {int(bad.sum())} vectors with NaN or infinity, first for text {bad.argmax()}"
        )
    return vectors
