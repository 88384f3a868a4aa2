"""A judge of values learns what messages mean for them (`data/bearings`)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from wherefore.corpora.bearings import BearingMessage
from wherefore.dialogue.labels import BEARINGS
from wherefore.lm.low_rank import learning
from wherefore.lm.tuned import on_packaged
from wherefore.lm.value_judge import Borne, FieldValues, ToBear, ValueJudge, in_parts, spoken
from wherefore.progress import Progress
from wherefore.training.descent import descend
from wherefore.training.judging import read_as_mpnet_learns

_FROM = 4  # the first layer that learns
_WORDS = 0.2  # weight of finding the words


@dataclass(frozen=True)
class BearingTraining:
    """How a judge of values learns.

    Attributes:
        epochs: Passes over the messages.
        batch_size: Messages in a step.
        lr: Highest step size.
        kept: Share of fields, of those that a message means nothing for, that are read with it.
        tokens: Most tokens of values that are read with a message.
        seed: Of all choices.
    """

    epochs: float = 2
    batch_size: int = 16
    lr: float = 4e-4
    kept: float = 0.7
    tokens: int = 224
    seed: int = 0


def learning_value_judge(r: int, device: str = "cpu") -> ValueJudge:
    """A judge of values on the packaged MPNet that is to learn under LoRA of that rank."""
    judge: ValueJudge = on_packaged(ValueJudge, lambda encoder: learning(encoder, r, _FROM), device, "mpnet")
    read_as_mpnet_learns(judge, device)
    return judge


def fit_value_judge(
    judge: ValueJudge,
    messages: Sequence[BearingMessage],
    settings: BearingTraining | None = None,
    progress: Progress | None = None,
) -> None:
    """Let it learn.

    The loss is the cross entropy of what each value gets, and that of where its words are. Every time a message comes,
    fields and values stand in another order, and some fields are left out that it means nothing for.

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
    batches = _steps(messages, steps, settings.batch_size, rng)

    def next_loss() -> Tensor:
        part = next(batches)
        given = [shown(one, judge, settings, rng) for one in part]
        return bearing_loss(judge(given), part, given)

    descend(judge, steps, settings.lr, next_loss, progress)


def _steps(
    messages: Sequence[BearingMessage], steps: int, size: int, rng: random.Random
) -> Iterator[list[BearingMessage]]:
    left: list[BearingMessage] = []
    for _ in range(steps):
        if len(left) < size:
            more = list(messages)
            rng.shuffle(more)
            left = more + left
        yield [left.pop() for _ in range(min(size, len(left)))]


def shown(one: BearingMessage, judge: ValueJudge, settings: BearingTraining, rng: random.Random) -> ToBear:
    """A message with some of its catalogue's values, in an order of their own."""
    meant = {field for field, _ in one.of_values()}
    fields = [field for field in one.fields if field.name in meant or rng.random() < settings.kept]
    rng.shuffle(fields)
    fields.sort(
        key=lambda field: field.name not in meant
    )  # those come in that must, the rest while there is room
    chosen: list[FieldValues] = []
    left = settings.tokens
    for field in fields:
        values = list(field.values)
        if field.holds != "number":
            rng.shuffle(values)
        told = FieldValues(spoken(field.name), tuple(values))
        name, sizes = judge.lengths(told)
        if name + sum(sizes) <= left or not chosen:
            chosen.append(told)
            left -= name + sum(sizes)
    rng.shuffle(chosen)
    return ToBear(one.before, one.text, tuple(chosen))


def _meant(one: BearingMessage, given: ToBear) -> list[str]:
    """What a message means for each value that it is shown with."""
    known = {(spoken(field), value): bearing for (field, value), bearing in one.of_values().items()}
    return [known.get((field.name, value), "nothing") for field in given.fields for value in field.values]


def _said(one: BearingMessage, given: ToBear) -> list[tuple[int, int] | None]:
    """For each value the words that say what the message means for it; None where it is not marked."""
    known = {
        (spoken(told.field), value): (told.start, told.end) for told in one.bearings for value in told.values
    }
    return [known.get((field.name, value)) for field in given.fields for value in field.values]


def bearing_loss(judged: Borne, messages: Sequence[BearingMessage], given: Sequence[ToBear]) -> Tensor:
    """The loss of a batch that was judged."""
    device = judged.bearings.device
    wanted = [
        BEARINGS.index(name) for one, told in zip(messages, given, strict=True) for name in _meant(one, told)
    ]
    loss = functional.cross_entropy(judged.bearings, torch.tensor(wanted, device=device), reduction="none")
    weight = torch.tensor([0.5 if one == 0 else 1.0 for one in wanted], device=device)
    found: list[Tensor] = []
    at = 0
    for one, told, places in zip(messages, given, judged.places, strict=True):
        for piece in _said(one, told):
            logits = judged.words[at]
            at += 1
            if piece is None:
                continue
            inside = [start < piece[1] and end > piece[0] for start, end in places]
            if any(inside):
                within = torch.tensor(inside, device=device)
                found.append(logits.logsumexp(0) - logits[within].logsumexp(0))
    where = torch.stack(found).mean() if found else judged.bearings.sum() * 0
    return (loss * weight).sum() / weight.sum() * 4 + _WORDS * where


@torch.no_grad()
def measured_bearings(
    judge: ValueJudge, messages: Sequence[BearingMessage], sure: float = 0.5
) -> dict[str, float]:
    """How well values are judged, all of a catalogue's read with each message.

    Returns:
        For what speaks for values (`for`: helps or needed) and against them (`against`): precision, recall and F1 over
        values; `turned`: share of values that are spoken for or against and get the opposite; `words`: share of marked
        values whose likeliest word is within the mark; `silent`: share of messages without any bearing that get none;
        `whole`: share of messages with every value on the right side.
    """
    judge.eval()
    tally: Counter[str] = Counter()
    for one in messages:
        fields = [FieldValues(spoken(field.name), field.values) for field in one.fields]
        right, none = True, True
        for part in in_parts(judge, fields):
            given = ToBear(one.before, one.text, part)
            judged = judge([given])
            odds = judged.bearings.softmax(1)
            sides = sides_of(odds, sure)
            for row, (name, piece) in enumerate(zip(_meant(one, given), _said(one, given), strict=True)):
                true = {"helps": "for", "needed": "for", "ruled out": "against"}.get(name, "")
                side = sides[row]
                right &= side == true
                none &= not side
                tally[f"{side} told"] += 1
                tally[f"{true} of"] += 1
                tally[f"{true} hit"] += side == true
                tally["turned"] += bool(true) and bool(side) and side != true
                if piece is not None and judged.places[0]:
                    best = judged.places[0][int(judged.words[row].argmax())]
                    tally["words of"] += 1
                    tally["words"] += best[0] < piece[1] and best[1] > piece[0]
        tally["whole"] += right
        if not one.bearings:
            tally["silent of"] += 1
            tally["silent"] += none
    shares: dict[str, float] = {}
    for side in ("for", "against"):
        hit, told, of = (tally[f"{side} {what}"] for what in ("hit", "told", "of"))
        shares |= {
            f"{side} precision": hit / max(told, 1),
            f"{side} recall": hit / max(of, 1),
            f"{side} f1": 2 * hit / max(told + of, 1),
        }
    of = tally["for of"] + tally["against of"]
    return shares | {
        "turned": tally["turned"] / max(of, 1),
        "words": tally["words"] / max(tally["words of"], 1),
        "silent": tally["silent"] / max(tally["silent of"], 1),
        "whole": tally["whole"] / max(len(messages), 1),
        "messages": float(len(messages)),
    }


def sides_of(odds: Tensor, sure: float) -> list[str]:
    """For each row of odds (v, len(BEARINGS)) `for`, `against` or nothing, where it is likely enough."""
    speaks_for, against = odds[:, 1] + odds[:, 2], odds[:, 3]
    return [
        "for" if up >= sure and up >= down else "against" if down >= sure else ""
        for up, down in zip(speaks_for.tolist(), against.tolist(), strict=True)
    ]
