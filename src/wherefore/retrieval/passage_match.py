"""The source that matches what people say with what items' texts say, clause by clause."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

import numpy as np

from wherefore.dialogue.messages import Dialogue
from wherefore.errors import CheckpointNotFoundError
from wherefore.files import ASSETS
from wherefore.lm.rounding import from_bytes
from wherefore.retrieval.checks import at_least_one
from wherefore.retrieval.embedders import MINILM
from wherefore.retrieval.index import Index
from wherefore.retrieval.query_encoder import QueryEncoder
from wherefore.retrieval.source import Found, nothing, unknown
from wherefore.retrieval.utterances import by_message, has_words, outside
from wherefore.text import FUNCTION_WORDS, forms, ordinary_words, stem, stems

_KEPT = 512  # requests whose vectors are kept
_LEAST = 2  # telling words of a request
_RARE = 250  # rank by use from which a word tells something
_ASKING = frozenset(
    "movie film show recommend recommendation suggest suggestion watch watching looking favorite favourite enjoy "
    "enjoyed loved liked hated please thanks hello hey tonight awesome".split()
)
_CHARACTERS = 600  # of a request that are read, the newest


def _telling(text: str) -> set[str]:
    """The words of a text that say something: no function words, none that anybody says all the time."""
    ordinary = ordinary_words()
    return {
        stem(form)
        for form in forms(text)
        if form not in FUNCTION_WORDS and ordinary.get(form, _RARE) >= _RARE
    } - _ASKING


def _understood(dialogue: Dialogue) -> set[str]:
    """The words that wishes and limits were read from."""
    state = dialogue.preferences
    wishes, limits = (*state.wanted, *state.unwanted), state.limits
    said = [*(wish.said for wish in wishes), *(limit.said for limit in limits)]
    return {one for text in said for one in stems(text)}


def telling_words(dialogue: Dialogue) -> set[str]:
    """The words of the user's messages, without titles, that say something which no wish or limit was read from."""
    return _telling(" ".join(_said(dialogue))) - _understood(dialogue)


def _said(dialogue: Dialogue) -> list[str]:
    """The words of each of the user's messages, without titles, that has some."""
    mentions = by_message(dialogue)
    said: list[str] = []
    for number, message in enumerate(dialogue.messages):
        if message.role == "user" and number not in dialogue.idle:
            parts = outside(message.content, mentions.get(number, ()))
            text = " ".join(" ".join(parts).split())
            if has_words(parts):
                said.append(text.encode("utf-8", "replace").decode("utf-8"))
    return said


class PassageMatch:
    """What is said, without titles, against every clause of the items' texts; the best clause counts.

    Two requests are made: the newest message of the user, and all that the user said; none of words that hold no more
    than the wishes and limits that were read from them, which fields answer better.

    Args:
        index: What is searched.
        k: Rows given at most.
        encoder: A file with the changes of `QueryEncoder`, or `starter` for the built-in ones; those of a checkpoint
            take their place. Without, or with an embedder that is not MiniLM, the embedder itself reads requests.

    Raises:
        CheckpointNotFoundError: If there is no such file.
    """

    name = "passages"

    def __init__(self, index: Index, k: int = 100, encoder: str | Path | None = None) -> None:
        at_least_one("a source's ", k=k)
        self.index = index
        self.k = k
        self.encoder: QueryEncoder | None = None
        self._vectors: OrderedDict[str, np.ndarray] = OrderedDict()
        self._lock = Lock()
        if encoder is not None:
            from safetensors.numpy import load_file

            file = (
                ASSETS / "starter" / "sources" / "passages.safetensors"
                if encoder == "starter"
                else Path(encoder)
            )
            if not file.is_file():
                raise CheckpointNotFoundError(
                    f"no {file}, which source `passages` names as its `encoder`; make it with scripts/tune_encoder.py, "
                    "or give `starter`"
                )
            self.restore(from_bytes(load_file(file), np.float16))

    def requests(self, dialogue: Dialogue) -> list[str]:
        """What is searched for: the newest message's words, then, where there are more, all of the user's."""
        said = _said(dialogue)
        whole = [said[-1], " ".join(said)] if len(said) > 1 else said
        understood = _understood(dialogue)
        return list(
            dict.fromkeys(text[-_CHARACTERS:] for text in whole if len(_telling(text) - understood) >= _LEAST)
        )

    def search(self, dialogue: Dialogue, query: np.ndarray, k: int, allowed: np.ndarray) -> Found:
        """The rows with the closest passages."""
        requests = self.encoded(dialogue)
        return self.index.passages.search(requests, k, allowed) if len(requests) else nothing()

    def score(self, dialogue: Dialogue, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """What `standing` says."""
        return self.standing(dialogue, rows)

    def standing(self, dialogue: Dialogue, rows: np.ndarray) -> np.ndarray:
        """By how many standard deviations each row's closest passage is closer than that of any item, (m,).

        NaN for a row without texts, and where nothing is searched for.
        """
        requests = self.encoded(dialogue)
        if not len(requests):
            return unknown(rows)
        mean, deviation = self.index.passages.usual(requests)
        scores = self.index.passages.scores(requests, rows)
        best: np.ndarray = ((scores - mean[:, None]) / deviation[:, None]).max(axis=0)
        return best

    def encoded(self, dialogue: Dialogue) -> np.ndarray:
        """The vectors of a dialogue's requests (q, d), unit."""
        return self.vectors(self.requests(dialogue))

    def vectors(self, texts: list[str]) -> np.ndarray:
        """Requests -> (n, d) float32, unit; the last ones are kept."""
        if not texts:
            return np.empty((0, self.index.embedder.dim), dtype=np.float32)
        with self._lock:
            new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if new:
            made = (
                self.index.embedder.encode(new, "query") if self.encoder is None else self.encoder.encode(new)
            )
            with self._lock:
                self._vectors.update(zip(new, made, strict=True))
        with self._lock:
            found = np.stack([self._vectors[text] for text in texts])
            while len(self._vectors) > _KEPT:
                self._vectors.popitem(last=False)
        return found

    @property
    def fitted(self) -> bool:
        """Whether it has an encoder of its own."""
        return self.encoder is not None

    def tensors(self) -> dict[str, np.ndarray]:
        """The encoder's changes; none without one."""
        return {} if self.encoder is None else dict(self.encoder.changes)

    def restore(self, tensors: Mapping[str, np.ndarray]) -> None:
        """Take the encoder's changes; with an embedder that is not MiniLM they are left.

        Raises:
            CheckpointError: If they fit no layers.
        """
        encoder = QueryEncoder(tensors) if tensors else None
        fits = self.index.embedder.name.startswith(MINILM)
        with self._lock:
            self.encoder = encoder if fits else None
            self._vectors.clear()
