"""What people look for after all that they said, as the vector of a search for it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from threading import Lock

import numpy as np

from wherefore.dialogue.brief import newest
from wherefore.dialogue.messages import Message
from wherefore.errors import CheckpointError, CheckpointNotFoundError
from wherefore.files import ASSETS
from wherefore.lm.rounding import from_bytes
from wherefore.retrieval.query_encoder import QueryEncoder

BEFORE = 4  # messages before the newest of the user's that it is read with
CHARACTERS = 700  # that are read, the newest
_KEPT = 200  # talks whose vectors are kept


class SoughtEncoder:
    """Reads talks into the vectors that the plain MiniLM has of what a good assistant would search for.

    "We had identity theft, strip cut isn't good enough" is near to cross-cut shredders, not to what protects from
    identity theft. It learned from `data/sought` and `data/shops` (`wherefore.training.sought`): query rewriting for
    conversational search (Elgohary et al., 2019, "Can You Unpack That?"; Yu et al., 2021, "Few-Shot Conversational
    Dense Retrieval") without writing the query.

    Args:
        encoder: MiniLM as it has learned.
    """

    def __init__(self, encoder: QueryEncoder) -> None:
        self._encoder = encoder
        self._vectors: OrderedDict[str, np.ndarray] = OrderedDict()
        self._lock = Lock()

    def sought(self, messages: Sequence[Message]) -> np.ndarray | None:
        """The vector (384,), unit, of what the user looks for after some messages.

        None where the user has said nothing.
        """
        last = max(
            (n for n, one in enumerate(messages) if one.role == "user" and one.content.strip()), default=-1
        )
        if last < 0:
            return None
        text = said(messages[:last], messages[last].content)
        with self._lock:
            if text in self._vectors:
                self._vectors.move_to_end(text)
                return self._vectors[text]
        vector: np.ndarray = self._encoder.encode([text])[0]
        with self._lock:
            self._vectors[text] = vector
            while len(self._vectors) > _KEPT:
                self._vectors.popitem(last=False)
        return vector


def said(before: Sequence[Message], text: str) -> str:
    """What is read of a talk: the newest messages before one, ours in brief, and the message; its last characters."""
    whole = " ".join(" ".join([*(one.content for one in newest(before, BEFORE)), text]).split())
    return whole[-CHARACTERS:].encode("utf-8", "replace").decode("utf-8")


@cache
def packaged_sought() -> SoughtEncoder:
    """The one that the package comes with.

    Raises:
        CheckpointNotFoundError: If its file is missing.
        CheckpointError: If it is broken.
    """
    return load_sought(ASSETS / "sought.safetensors")


def load_sought(file: Path) -> SoughtEncoder:
    """One from a file that scripts/train_sought.py wrote.

    Raises:
        CheckpointNotFoundError: If there is no such file.
        CheckpointError: If it is broken.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    if not file.is_file():
        raise CheckpointNotFoundError(
            f"no {file}; make it with scripts/train_sought.py, or install Wherefore again"
        )
    try:
        changes = from_bytes(load_file(file), np.float16)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{file} cannot be read: {error}") from error
    return SoughtEncoder(QueryEncoder(changes))
