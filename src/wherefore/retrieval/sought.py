"""What people look for after all that they said, as the vector of a search for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from wherefore.dialogue.brief import said, up_to_newest
from wherefore.dialogue.kept import Kept
from wherefore.dialogue.messages import Message
from wherefore.files import ASSETS
from wherefore.retrieval.query_encoder import QueryEncoder


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
        self._vectors: Kept[np.ndarray] = Kept()

    def sought(self, messages: Sequence[Message]) -> np.ndarray | None:
        """The vector (384,), unit, of what the user looks for after some messages.

        None where the user has said nothing.
        """
        talk = up_to_newest(messages)
        if talk is None:
            return None
        text = said(*talk)
        return self._vectors.get(text, lambda: self._encoder.encode([text])[0])


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
    from wherefore.lm.tuned import read_learned  # torch is slow to import

    return SoughtEncoder(QueryEncoder(read_learned(file, "scripts/train_sought.py").own))
