"""The best candidates, read beside what was said: a cross-encoder says how well each answers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.words import words_of
from wherefore.dialogue.carried import counting
from wherefore.dialogue.messages import Dialogue
from wherefore.dialogue.talk import Said, listed
from wherefore.files import ASSETS
from wherefore.lm.passes import shared
from wherefore.retrieval.passage_match import telling_words

Pair = tuple[list[int], list[int]]  # tokens of what was said, and of a record
_MESSAGES = 6  # the newest, that are read


class Matcher:
    """Says how well items answer what was said.

    Args:
        network: A `wherefore.lm.cross_encoder.CrossEncoder`, on the CPU.
    """

    def __init__(self, network: Any) -> None:
        self._network = network.eval()

    def scores(self, dialogue: Dialogue, items: Sequence[Item], catalog: Catalog) -> np.ndarray | None:
        """Logits of m items, (m,) float32; None where nothing was said beside titles and what fields answer."""
        if not items or not telling_words(dialogue):
            return None
        said = self._network.tokens(_together(said_of(dialogue, catalog)))
        pairs = [(said, self._network.tokens(str(words_of(item, catalog.schema)))) for item in items]
        return shared(self._of_each, pairs, most=1)  # so many tokens fill a pass by themselves

    def _of_each(self, asked: Sequence[Sequence[Pair]]) -> list[np.ndarray]:
        """The logits of each turn's pairs."""
        import torch

        with torch.inference_mode():
            return [self._network(pairs).float().numpy() for pairs in asked]


def _together(said: Said) -> str:
    """What the user said, as one request: beside the titles that were listed between it is read far worse.

    >>> _together((("user", "something scary"), ("assistant", "Alien; Jaws"), ("user", "newer ones")))
    'something scary. newer ones'
    """
    return ". ".join(text.strip(" .") for role, text in said if role == "user")


def said_of(dialogue: Dialogue, catalog: Catalog) -> Said:
    """The newest messages of a dialogue: of the user's the words that still count, of the assistant's the titles."""
    found: list[tuple[str, str]] = []
    idle = {*dialogue.idle, *(number + 1 for number in dialogue.idle)}  # with what was answered
    told = [(number, one) for number, one in enumerate(dialogue.messages) if number not in idle]
    for number, message in told[-_MESSAGES:]:
        if message.role == "user":
            text = " ".join(counting(dialogue, number).split())
        elif message.role == "assistant":
            ids = dict.fromkeys(one.item_id for one in dialogue.mentions if one.message == number)
            text = listed([catalog[item].title for item in ids if item in catalog][:5])
        else:
            continue
        if text:
            found.append((message.role, text))
    return tuple(found)


@cache
def packaged_matcher() -> Matcher:
    """The one that the package comes with.

    Raises:
        CheckpointNotFoundError: If its file is missing.
        CheckpointError: If it is broken.
    """
    return load_matcher(ASSETS / "matcher.safetensors")


def load_matcher(file: Path) -> Matcher:
    """One from a file that scripts/train_matcher.py made.

    Raises:
        CheckpointNotFoundError: If there is no such file.
        CheckpointError: If it is broken, or not of MiniLM.
    """
    import torch

    from wherefore.lm.cross_encoder import CrossEncoder
    from wherefore.lm.low_rank import merged
    from wherefore.lm.packaged import computes_in_halves
    from wherefore.lm.tuned import read_learned, restored

    read = read_learned(file, "scripts/train_matcher.py")
    network = restored(CrossEncoder, read.changes, read.own)
    # Half of a turn's computing is done here: in half precision, where the processor has that, it is a third of that.
    network.in_halves = computes_in_halves()
    merged(network, torch.bfloat16 if network.in_halves else torch.float32)
    return Matcher(network)
