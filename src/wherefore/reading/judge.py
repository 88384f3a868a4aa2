"""What the judge says of messages of the user: what each piece of one means, and what the message does."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from wherefore.dialogue.labels import ACTS, LABELS, STRENGTHS, WHOSE
from wherefore.dialogue.messages import Message
from wherefore.errors import CheckpointError, CheckpointNotFoundError
from wherefore.files import ASSETS

Piece = tuple[int, int]  # characters of a message
_KEPT = 2_000  # messages that are kept as they were read
_BEFORE = 3  # messages before one that it is read with
_CHANGES = "changes."  # of the encoder's layers, among a judge's tensors


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a piece of a message means.

    Attributes:
        start: Its first character,
        end: and the one after its last.
        label: One of `LABELS`.
        sure: How likely that label is.
        odds: How likely each label is.
        strength: One of `STRENGTHS`.
        whose: One of `WHOSE`.
    """

    start: int
    end: int
    label: str
    sure: float
    odds: Mapping[str, float]
    strength: str
    whose: str


@dataclass(frozen=True, slots=True)
class Read:
    """A message as it was read.

    Attributes:
        meanings: Of the pieces that the judge found by itself, in order.
        acts: How likely each act is.
    """

    meanings: tuple[Meaning, ...]
    acts: Mapping[str, float]


class MessageJudge:
    """Judges messages; what was read is kept, since every turn reads all messages again.

    Args:
        network: A `wherefore.lm.judge.PooledJudge`, on the CPU.
    """

    def __init__(self, network: Any) -> None:
        self._network = network.eval()
        self._read: OrderedDict[Any, Any] = OrderedDict()
        self._lock = Lock()

    def read(self, before: Sequence[Message], text: str) -> Read:
        """What a message says after others.

        Args:
            before: The messages before it; only the newest count.
            text: The message.
        """
        key = (_newest(before), text)
        found: Read = self._kept(key, lambda: self._made(*key))
        return found

    def meanings(self, before: Sequence[Message], text: str, pieces: Sequence[Piece]) -> list[Meaning]:
        """What pieces of a message mean; arguments as of `read`."""
        if not pieces:
            return []
        key = (_newest(before), text, tuple(pieces))
        return list(self._kept(key, lambda: self._labelled(*key)[0]))

    def _kept(self, key: Any, make: Callable[[], Any]) -> Any:
        with self._lock:
            if key in self._read:
                self._read.move_to_end(key)
                return self._read[key]
        made = make()
        with self._lock:
            self._read[key] = made
            while len(self._read) > _KEPT:
                self._read.popitem(last=False)
        return made

    def _made(self, before: tuple[Message, ...], text: str) -> Read:
        import torch

        from wherefore.lm.judge import ToJudge, found_pieces

        with torch.inference_mode():
            pieces = found_pieces(self._network([ToJudge(before, text, ())]))[0]
        meanings, acts = self._labelled(before, text, pieces)
        return Read(tuple(meanings), acts)

    def _labelled(
        self, before: tuple[Message, ...], text: str, pieces: Sequence[Piece]
    ) -> tuple[list[Meaning], dict[str, float]]:
        import torch

        from wherefore.lm.judge import ToJudge

        with torch.inference_mode():
            judged = self._network([ToJudge(before, text, tuple(pieces))])
            labels = judged.labels.softmax(1).tolist()
            whose, strengths = judged.whose.argmax(1).tolist(), judged.strengths.argmax(1).tolist()
            acts = judged.acts.sigmoid()[0].tolist()
        found = []
        for (start, end), odds, who, strength in zip(pieces, labels, whose, strengths, strict=True):
            best = int(np.argmax(odds))
            by_label = dict(zip(LABELS, odds, strict=True))
            found.append(
                Meaning(start, end, LABELS[best], odds[best], by_label, STRENGTHS[strength], WHOSE[who])
            )
        return found, dict(zip(ACTS, acts, strict=True))


def _newest(before: Sequence[Message]) -> tuple[Message, ...]:
    """The messages that one is read with."""
    return tuple(one for one in before if one.role != "system")[-_BEFORE:]


@cache
def packaged_judge() -> MessageJudge:
    """The judge that the package comes with.

    Raises:
        CheckpointNotFoundError: If its file is missing.
        CheckpointError: If it is broken.
    """
    return load_judge(ASSETS / "reader.safetensors")


def load_judge(file: Path) -> MessageJudge:
    """A judge from a file that `judge_tensors` filled.

    Raises:
        CheckpointNotFoundError: If there is no such file.
        CheckpointError: If it is broken, or not of MiniLM.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    from wherefore.lm.judge import minilm_judge
    from wherefore.lm.low_rank import with_changes

    if not file.is_file():
        raise CheckpointNotFoundError(
            f"no {file}; make it with scripts/train_judge.py, or install Wherefore again"
        )
    try:
        tensors = load_file(file)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{file} cannot be read: {error}") from error
    changes = {name.removeprefix(_CHANGES): w for name, w in tensors.items() if name.startswith(_CHANGES)}
    network = minilm_judge(lambda encoder: with_changes(encoder, changes))
    own = {name: w for name, w in tensors.items() if not name.startswith(_CHANGES)}
    network.load_own(own)
    return MessageJudge(network)


def judge_tensors(network: Any) -> dict[str, np.ndarray]:
    """All that a judge on MiniLM under LoRA has learned, for a file."""
    from wherefore.lm.low_rank import learned_changes

    changes = {f"{_CHANGES}{name}": change for name, change in learned_changes(network.encoder).items()}
    own: dict[str, np.ndarray] = network.own()
    return changes | own
