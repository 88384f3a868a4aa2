"""A judge of values learns what messages mean for them (`data/bearings`)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from wherefore.corpora.bearings import BearingMessage
from wherefore.dialogue.labels import BEARINGS
from wherefore.lm.low_rank import learning, with_changes
from wherefore.lm.tuned import on_packaged
from wherefore.lm.value_judge import Borne, FieldValues, ToBear, ValueJudge, in_words, spoken
from wherefore.progress import Progress
from wherefore.training.descent import descend
from wherefore.training.judging import read_as_mpnet_learns

_FROM = {"minilm": 0, "mpnet": 4}  # the first layer that learns
_FEWEST = 4  # messages of a batch
_RARE = 2.0  # weight of a value that a message means something for
_WORDS = 0.1  # weight of finding the words
_SIDES = {"nothing": 0, "helps": 1, "needed": 1, "ruled out": 2}


@dataclass(frozen=True)
class BearingTraining:
    """How a judge of values learns.

    Attributes:
        epochs: Passes over the messages.
        batch_size: Messages in a step, all of one kind of catalogue, whose values are read once for them.
        lr: Highest step size.
        lower: Share of messages in lower case.
        seed: Of all choices.
    """

    epochs: float = 7
    batch_size: int = 12
    lr: float = 6e-4
    lower: float = 0.3
    seed: int = 0


def learning_value_judge(r: int, device: str = "cpu", base: str = "mpnet") -> ValueJudge:
    """A judge of values on a packaged encoder that is to learn under LoRA of that rank."""
    judge: ValueJudge = on_packaged(
        ValueJudge, lambda encoder: learning(encoder, r, _FROM[base]), device, base
    )
    read_as_mpnet_learns(judge, device)
    return judge


def heads_on(changes: Mapping[str, np.ndarray]) -> ValueJudge:
    """A judge of values whose encoder is MiniLM as it has changed, and stays so: only what reads its states learns."""
    judge: ValueJudge = on_packaged(ValueJudge, lambda encoder: with_changes(encoder, changes), "cpu")
    judge.encoder.requires_grad_(False)
    return judge


def fit_value_judge(
    judge: ValueJudge,
    messages: Sequence[BearingMessage],
    settings: BearingTraining | None = None,
    progress: Progress | None = None,
) -> None:
    """Let it learn.

    The loss is the cross entropy of what each value gets, that of the side that it is on, and that of where its words
    are.

    Args:
        judge: As of `learning_value_judge`.
        messages: What it learns from.
        settings: How.
        progress: Told (steps done, of).
    """
    settings = settings or BearingTraining()
    rng = random.Random(settings.seed)
    torch.manual_seed(settings.seed)
    steps = max(int(len(messages) * settings.epochs) // settings.batch_size, 1)
    batches = _batches(messages, settings.batch_size, rng)

    def next_loss() -> Tensor:
        part = next(batches)
        read = [
            ToBear(one.before, one.text.lower() if rng.random() < settings.lower else one.text)
            for one in part
        ]
        return bearing_loss(judge(read, judge.values(in_words(fields_of(part[0])))), part)

    descend(judge, steps, settings.lr, next_loss, progress)


def _batches(
    messages: Sequence[BearingMessage], size: int, rng: random.Random
) -> Iterator[list[BearingMessage]]:
    """Without end: every pass all messages, in batches of one kind each; what is left of a kind waits for the next."""
    by_kind: dict[str, list[BearingMessage]] = {}
    for one in messages:
        by_kind.setdefault(one.kind, []).append(one)
    fewest = min(_FEWEST, *map(len, by_kind.values()))
    while True:
        batches: list[list[BearingMessage]] = []
        for of_kind in by_kind.values():
            rng.shuffle(of_kind)
            batches += [of_kind[start : start + size] for start in range(0, len(of_kind), size)]
        batches = [batch for batch in batches if len(batch) >= fewest]
        rng.shuffle(batches)
        yield from batches


def fields_of(one: BearingMessage) -> list[FieldValues]:
    """The fields of a message's catalogue, as they are read."""
    return [FieldValues(spoken(field.name), field.values) for field in one.fields]


def _meant(one: BearingMessage) -> list[str]:
    """What a message means for each value of its catalogue."""
    known = one.of_values()
    return [known.get((field.name, value), "nothing") for field in one.fields for value in field.values]


def _said(one: BearingMessage) -> list[tuple[int, int] | None]:
    """For each value the words that say what the message means for it; None where it is not marked."""
    known = {(told.field, value): (told.start, told.end) for told in one.bearings for value in told.values}
    return [known.get((field.name, value)) for field in one.fields for value in field.values]


def bearing_loss(judged: Borne, messages: Sequence[BearingMessage]) -> Tensor:
    """The loss of a batch that was judged."""
    device = judged.bearings.device
    names = [name for one in messages for name in _meant(one)]
    wanted = torch.tensor([BEARINGS.index(name) for name in names], device=device)
    sides = torch.tensor([_SIDES[name] for name in names], device=device)
    logits = judged.bearings.reshape(len(names), len(BEARINGS))
    rare = torch.full((len(BEARINGS),), _RARE, device=device)
    rare[BEARINGS.index("nothing")] = 1.0
    of_sides = torch.stack([logits[:, 0], logits[:, 1:3].logsumexp(1), logits[:, 3]], dim=1)
    loss = functional.cross_entropy(of_sides, sides, weight=rare[[0, 1, 3]])
    loss = loss + functional.cross_entropy(logits, wanted, weight=rare) / 2
    found = []
    for shares, one, places in zip(judged.words, messages, judged.places, strict=True):
        for share, piece in zip(shares, _said(one), strict=True):
            inside = [piece is not None and start < piece[1] and end > piece[0] for start, end in places]
            if any(inside):
                found.append(share[: len(inside)][torch.tensor(inside, device=device)].sum())
    where = -(torch.stack(found) + 1e-6).log().mean() if found else logits.sum() * 0
    return loss + _WORDS * where


@torch.no_grad()
def measured_bearings(
    judge: ValueJudge, messages: Sequence[BearingMessage], sure: float = 0.5
) -> dict[str, float]:
    """How well values are judged, all of a catalogue's with each message.

    Returns:
        For what speaks for values (`for`: helps or needed) and against them (`against`): precision, recall and F1 over
        values; `turned`: share of values that are spoken for or against and get the opposite; `words`: share of marked
        values whose likeliest word is within the mark; `silent`: share of messages without any bearing that get none;
        `whole`: share of messages with every value on the right side; `order`: of a value that is spoken for and one
        that is not, of the same message, how often the former is likelier.
    """
    judge.eval()
    tally: Counter[str] = Counter()
    values = {
        one.kind: judge.values(in_words(fields_of(one)))
        for one in {one.kind: one for one in messages}.values()
    }
    scored: list[tuple[np.ndarray, list[str]]] = []
    for one in messages:
        judged = judge([ToBear(one.before, one.text)], values[one.kind])
        odds = judged.bearings[0].softmax(1)
        right, none = True, True
        true = sides_meant(one)
        for row, (side, told, piece) in enumerate(zip(true, sides_of(odds, sure), _said(one), strict=True)):
            right &= told == side
            none &= not told
            tally[f"{told} told"] += 1
            tally[f"{side} of"] += 1
            tally[f"{side} hit"] += told == side
            tally["turned"] += bool(side) and bool(told) and told != side
            if piece is not None:
                best = judged.places[0][int(judged.words[0, row, : len(judged.places[0])].argmax())]
                tally["words of"] += 1
                tally["words"] += best[0] < piece[1] and best[1] > piece[0]
        scored.append(((odds[:, 1] + odds[:, 2]).numpy(), true))
        tally["whole"] += right
        if not one.bearings:
            tally["silent of"] += 1
            tally["silent"] += none
    shares: dict[str, float] = {}
    for side in ("for", "against"):
        hit, said, of = (tally[f"{side} {what}"] for what in ("hit", "told", "of"))
        shares |= {
            f"{side} precision": hit / max(said, 1),
            f"{side} recall": hit / max(of, 1),
            f"{side} f1": 2 * hit / max(said + of, 1),
        }
    of = tally["for of"] + tally["against of"]
    return shares | {
        "turned": tally["turned"] / max(of, 1),
        "words": tally["words"] / max(tally["words of"], 1),
        "silent": tally["silent"] / max(tally["silent of"], 1),
        "whole": tally["whole"] / max(len(messages), 1),
        "order": ordered(scored),
        "messages": float(len(messages)),
    }


def sides_meant(one: BearingMessage) -> list[str]:
    """For each value of its catalogue whether a message speaks `for` it, `against` it or neither (empty)."""
    return [("", "for", "against")[_SIDES[name]] for name in _meant(one)]


def ordered(scored: Iterable[tuple[np.ndarray, Sequence[str]]]) -> float:
    """How often what a message speaks for has a higher score than what it does not: of scores (v,) with the sides."""
    shares: list[float] = []
    for scores, sides in scored:
        speaks_for = np.array([side == "for" for side in sides])
        rest = scores[~speaks_for]
        shares += [float((score > rest).mean()) for score in scores[speaks_for] if len(rest)]
    return sum(shares) / max(len(shares), 1)


def sides_of(odds: Tensor, sure: float) -> list[str]:
    """For each row of odds (v, len(BEARINGS)) `for`, `against` or nothing, where it is likely enough."""
    speaks_for, against = odds[:, 1] + odds[:, 2], odds[:, 3]
    return [
        "for" if up >= sure and up >= down else "against" if down >= sure else ""
        for up, down in zip(speaks_for.tolist(), against.tolist(), strict=True)
    ]
