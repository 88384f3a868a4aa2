"""What the judge says of messages of the user: what each piece of one means, and what the message does."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
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
from wherefore.lm.rounding import from_bytes, in_bytes
from wherefore.reading.weighing import Witness

Piece = tuple[int, int]  # characters of a message
_KEPT = 200  # messages that are kept as they were read
_BEFORE = 3  # messages before one that it is read with
_CHANGES = "changes."  # of the encoder's layers, among a judge's tensors
_TOLD = "told."  # what is known of the rules beside it


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
        witness: Of what the rules of reading say beside it; without one they count for nothing.
    """

    def __init__(self, network: Any, witness: Witness | None = None) -> None:
        self._network = network.eval()
        self.witness = witness
        self._read: OrderedDict[Any, _Heard] = OrderedDict()
        self._lock = Lock()

    def read(self, before: Sequence[Message], text: str) -> Read:
        """What a message says after others.

        Args:
            before: The messages before it; only the newest count.
            text: The message.
        """
        return self._heard(before, text).whole

    def meanings(self, before: Sequence[Message], text: str, pieces: Sequence[Piece]) -> list[Meaning]:
        """What pieces of a message mean; arguments as of `read`."""
        return self._heard(before, text).meanings(pieces)

    def _heard(self, before: Sequence[Message], text: str) -> _Heard:
        key = (_newest(before), text)
        with self._lock:
            if key in self._read:
                self._read.move_to_end(key)
                return self._read[key]
        made = _Heard(self._network, *key)
        with self._lock:
            self._read[key] = made
            while len(self._read) > _KEPT:
                self._read.popitem(last=False)
        return made


class _Heard:
    """A message that was read once; pieces of it are judged by what was read."""

    def __init__(self, network: Any, before: tuple[Message, ...], text: str) -> None:
        import torch

        from wherefore.lm.judge import ToJudge, found_pieces

        with torch.inference_mode():
            self._judge = network.heard(ToJudge(before, text, ()))
            whole = self._judge(())
            acts = dict(zip(ACTS, whole.acts.sigmoid()[0].tolist(), strict=True))
            pieces = found_pieces(whole)[0]
        self.whole = Read(tuple(self.meanings(pieces)), acts)

    def meanings(self, pieces: Sequence[Piece]) -> list[Meaning]:
        """What pieces mean."""
        import torch

        if not pieces:
            return []
        with torch.inference_mode():
            judged = self._judge(pieces)
            labels = judged.labels.softmax(1).tolist()
            whose, strengths = judged.whose.argmax(1).tolist(), judged.strengths.argmax(1).tolist()
        found = []
        for (start, end), odds, who, strength in zip(pieces, labels, whose, strengths, strict=True):
            best = int(np.argmax(odds))
            by_label = dict(zip(LABELS, odds, strict=True))
            found.append(
                Meaning(start, end, LABELS[best], odds[best], by_label, STRENGTHS[strength], WHOSE[who])
            )
        return found


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

    from wherefore.lm.judge import MarkedJudge, PooledJudge, minilm_judge
    from wherefore.lm.low_rank import with_changes

    if not file.is_file():
        raise CheckpointNotFoundError(
            f"no {file}; make it with scripts/train_judge.py, or install Wherefore again"
        )
    try:
        tensors = from_bytes(load_file(file))
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{file} cannot be read: {error}") from error
    changes = {name.removeprefix(_CHANGES): w for name, w in tensors.items() if name.startswith(_CHANGES)}
    own = {name: w for name, w in tensors.items() if not name.startswith((_CHANGES, _TOLD))}
    told = {name.removeprefix(_TOLD): w for name, w in tensors.items() if name.startswith(_TOLD)}
    kind = MarkedJudge if "markers.weight" in own else PooledJudge
    network = minilm_judge(lambda encoder: with_changes(encoder, changes), kind=kind)
    network.load_own(own)
    return MessageJudge(network, Witness(told) if told else None)


def judge_tensors(network: Any, witness: Witness | None = None) -> dict[str, np.ndarray]:
    """All that a judge on MiniLM under LoRA has learned, for a file; with what is known of the rules beside it."""
    from wherefore.lm.low_rank import learned_changes

    changes = {f"{_CHANGES}{name}": change for name, change in learned_changes(network.encoder).items()}
    own: dict[str, np.ndarray] = network.own()
    told = {f"{_TOLD}{kind}": table for kind, table in (witness.tables if witness else {}).items()}
    return in_bytes(changes | own) | told
