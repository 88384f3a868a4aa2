"""What the judge says of messages of the user: what each piece of one means, and what the message does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.brief import titles_only
from wherefore.dialogue.kept import Kept
from wherefore.dialogue.labels import ACTS, LABELS, MEASURES, STRENGTHS, WHOSE
from wherefore.dialogue.messages import Message
from wherefore.files import ASSETS
from wherefore.reading.weighing import Witness

Piece = tuple[int, int]  # characters of a message
_BEFORE = 3  # messages before one that it is read with
_TOLD = "told."  # what is known of the rules beside it
_READS_CATALOG = "reads_catalog"  # that it has learned with what catalogues hold


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
        measure: One of `MEASURES`: what it speaks of, if it is a number or a word of degree.
    """

    start: int
    end: int
    label: str
    sure: float
    odds: Mapping[str, float]
    strength: str
    whose: str
    measure: str = "none"


@dataclass(frozen=True, slots=True)
class Read:
    """A message as it was read.

    Attributes:
        meanings: Of the pieces that the judge found by itself, in order.
        acts: How likely each act is.
    """

    meanings: tuple[Meaning, ...]
    acts: Mapping[str, float]


class Heard(Protocol):
    """A message that was read."""

    whole: Read

    def meanings(self, pieces: Sequence[Piece]) -> list[Meaning]:
        """What pieces of it mean."""


class MessageJudge:
    """Judges messages; what was read is kept, since every turn reads all messages again.

    Args:
        network: A `wherefore.lm.judge.PooledJudge`, on the CPU.
        witness: Of what the rules of reading say beside it; without one they count for nothing.
        catalog: What is recommended and what is known of it; see `wherefore.lm.judge.told_of`.
        reads_catalog: Whether the network has learned with that.
    """

    def __init__(
        self,
        network: Any,
        witness: Witness | None = None,
        catalog: str = "",
        reads_catalog: bool = True,
    ) -> None:
        self._network = network.eval()
        self.witness = witness
        self._catalog, self._reads_catalog = catalog, reads_catalog
        self._read: Kept[Heard] = Kept()

    def of(self, catalog: Catalog) -> MessageJudge:
        """The same judge of messages about a catalogue."""
        if not self._reads_catalog:
            return self
        return MessageJudge(self._network, self.witness, told_of_catalog(catalog))

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

    def search(self, messages: Sequence[Message]) -> str:
        """What one would type into a search for what the user looks for after some messages; empty: nothing is known.

        Only a judge that writes says it.
        """
        return ""

    def _heard(self, before: Sequence[Message], text: str) -> Heard:
        kept = self._newest(before)
        return self._read.get((kept, text), lambda: self._make(kept, text))

    @staticmethod
    def _newest(before: Sequence[Message]) -> tuple[Message, ...]:
        """The messages that one is read with; of our lists the titles, as in the messages that it learned from."""
        kept = [one for one in before if one.role != "system"][-_BEFORE:]
        return tuple(
            replace(one, content=titles_only(one.content)) if one.role == "assistant" else one for one in kept
        )

    def _make(self, before: tuple[Message, ...], text: str) -> Heard:
        """Read a message that is not kept."""
        return _Heard(self._network, before, text, self._catalog)


class _Heard:
    """A message that was read once; pieces of it are judged by what was read."""

    def __init__(self, network: Any, before: tuple[Message, ...], text: str, catalog: str) -> None:
        import torch

        from wherefore.lm.judge import ToJudge, found_pieces

        with torch.inference_mode():
            self._judge = network.heard(ToJudge(before, text, (), catalog))
            whole = self._judge(())
            acts = dict(zip(ACTS, whole.acts.sigmoid()[0].tolist(), strict=True))
            pieces = _whole_words(found_pieces(whole)[0], text)
        self.whole = Read(tuple(self.meanings(pieces)), acts)

    def meanings(self, pieces: Sequence[Piece]) -> list[Meaning]:
        """What pieces mean."""
        import torch

        if not pieces:
            return []
        with torch.inference_mode():
            judged = self._judge(pieces)
            labels = judged.labels.softmax(1).tolist()
            told = [one.argmax(1).tolist() for one in (judged.strengths, judged.whose, judged.measures)]
        found = []
        for (start, end), odds, strength, who, measure in zip(pieces, labels, *told, strict=True):
            best = int(np.argmax(odds))
            by_label = dict(zip(LABELS, odds, strict=True))
            more = STRENGTHS[strength], WHOSE[who], MEASURES[measure]
            found.append(Meaning(start, end, LABELS[best], odds[best], by_label, *more))
        return found


def _whole_words(pieces: Sequence[Piece], text: str) -> list[Piece]:
    """Pieces that begin and end where words do: tags stand on pieces of words, "mayonna" of "mayonnaise".

    >>> _whole_words([(0, 2), (5, 6)], "egg, bean")
    [(0, 3), (5, 9)]
    """
    found: list[Piece] = []
    for start, end in pieces:
        while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
            start -= 1
        while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
            end += 1
        if found and start < found[-1][1]:
            start, end = found[-1][0], max(end, found.pop()[1])
        if text[start:end].strip():
            found.append((start, end))
    return found


def told_of_catalog(catalog: Catalog) -> str:
    """What a catalogue holds, in words, as of `wherefore.lm.judge.told_of`."""
    from wherefore.lm.judge import told_of

    specs = (*catalog.schema.filterable, *catalog.schema.texts)
    names = [spec.label or spec.name for spec in specs if not spec.is_rank]
    return told_of(catalog.schema.plural, names)


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
        CheckpointError: If it is broken, or not of its base.
    """
    from wherefore.lm.judge import MarkedJudge, PooledJudge
    from wherefore.lm.tuned import restored

    read = read_judge(file)
    kind = MarkedJudge if "markers.weight" in read.own else PooledJudge
    network = restored(kind, read.changes, read.own, read.base)
    witness = Witness(read.told) if read.told else None
    return MessageJudge(network, witness, reads_catalog=read.reads_catalog)


@dataclass(frozen=True, slots=True)
class JudgeWeights:
    """What a file with a judge holds.

    Attributes:
        changes: Of the encoder's layers.
        own: The judge's other weights.
        told: What is known of the rules beside it; see `Witness`.
        reads_catalog: Whether it has learned with what catalogues hold.
        base: The encoder that it was learned on; see `wherefore.lm.tuned.BASES`.
    """

    changes: dict[str, np.ndarray]
    own: dict[str, np.ndarray]
    told: dict[str, np.ndarray]
    reads_catalog: bool
    base: str


def read_judge(file: Path) -> JudgeWeights:
    """The weights in a file that `judge_tensors` filled.

    Raises:
        CheckpointNotFoundError: If there is no such file.
        CheckpointError: If it is broken.
    """
    from wherefore.lm.tuned import read_learned

    read = read_learned(file, "scripts/train_judge.py")
    told = {name.removeprefix(_TOLD): w for name, w in read.own.items() if name.startswith(_TOLD)}
    own = {name: w for name, w in read.own.items() if name != _READS_CATALOG and not name.startswith(_TOLD)}
    return JudgeWeights(read.changes, own, told, _READS_CATALOG in read.own, read.base)


def judge_tensors(
    network: Any,
    witness: Witness | None = None,
    reads_catalog: bool = True,
    changes: Mapping[str, np.ndarray] | None = None,
) -> dict[str, np.ndarray]:
    """All that a judge on a packaged encoder under LoRA has learned, for a file.

    Args:
        network: The judge.
        witness: What is known of the rules beside it.
        reads_catalog: Whether it has learned with what catalogues hold.
        changes: As of `learned_tensors`.
    """
    from wherefore.lm.tuned import learned_tensors

    told = {f"{_TOLD}{kind}": table for kind, table in (witness.tables if witness else {}).items()}
    flags = {_READS_CATALOG: np.ones(1, dtype=np.int8)} if reads_catalog else {}
    return learned_tensors(network, changes) | told | flags
