"""A judge of spans learns from labelled messages (`data/messages`)."""

from __future__ import annotations

import random
import re
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from wherefore.corpora.messages import LabelledMessage, read_fields, read_messages
from wherefore.dialogue.labels import (
    ACTS,
    ITEM_LABELS,
    LABELS,
    MEASURES,
    NUMBER_LABELS,
    STRENGTHS,
    VALUE_LABELS,
    WHOSE,
    Span,
)
from wherefore.errors import CorpusError, TrainingError
from wherefore.lm.judge import (
    Judged,
    MarkedJudge,
    Piece,
    PooledJudge,
    ToJudge,
    found_pieces,
    told_of,
)
from wherefore.lm.low_rank import learning
from wherefore.lm.packaged import computes_in_halves
from wherefore.lm.tuned import BASES, on_packaged
from wherefore.progress import Progress
from wherefore.training.requests import mistyped

_MOST = 100_000  # conversations of a file
NOTHING = LABELS.index("nothing")
_MPNET_FROM = 4  # of its twelve layers, the first that learns
_FREE = frozenset(("-", "about", "description", "notes", "steps"))  # fields of free words, and of no field
_WORD = re.compile(r"\w[\w'’-]*")


@dataclass(frozen=True)
class JudgeTraining:
    """How a judge learns.

    Attributes:
        epochs: Passes over all messages.
        batch_size: Messages in a step.
        lr: Highest step size of the backbone.
        head_lr: Of the heads.
        negatives: Random pieces of each message beside its spans, that mean nothing.
        typos: Share of messages that get one (only where no span is touched).
        caseless: Share of messages that are read in lower case.
        swaps: Share of titles, values and said numbers whose words give way to others of the same field.
        untold: Share of messages of whose catalogue nothing is told,
        unnamed: and of those of which it is not told what it holds, but only what is known of it.
        seed: Of all choices.
    """

    epochs: int = 6
    batch_size: int = 24
    lr: float = 1e-4
    head_lr: float = 1e-3
    negatives: int = 2
    typos: float = 0.1
    caseless: float = 0.3
    swaps: float = 0.3
    untold: float = 0.1
    unnamed: float = 0.2
    seed: int = 0


def read_folder(folder: Path) -> list[LabelledMessage]:
    """All messages of a folder with `catalogues.json` and files `KIND.txt` or `KIND-more.txt`.

    Raises:
        CorpusError: If there are none, or a file is of no kind that `catalogues.json` names.
    """
    kinds = read_fields(folder)
    found: list[LabelledMessage] = []
    for file in sorted(folder.glob("*.txt")):
        kind = file.stem.partition("-")[0]
        if kind not in kinds:
            raise CorpusError(f"{file} is of no kind of catalogue in catalogues.json: {', '.join(kinds)}")
        first = zlib.crc32(file.stem.encode()) * _MOST  # whatever other files there are
        found += [_numbered(one, first) for one in read_messages(file, kind, kinds[kind])]
    if not found:
        raise CorpusError(f"no messages in {folder}; it should hold files like films.txt")
    return found


def _numbered(one: LabelledMessage, offset: int) -> LabelledMessage:
    return replace(one, conversation=one.conversation + offset)


def held_out(
    messages: Sequence[LabelledMessage], share: int = 10
) -> tuple[list[LabelledMessage], list[LabelledMessage]]:
    """Messages to learn from, and one in `share` conversations to measure on: always the same, with their twins.

    Neighbours in a file may be twins that differ in a word, so five conversations in a row stay together.
    """

    def is_out(one: LabelledMessage) -> bool:
        return zlib.crc32(f"{one.kind} {one.conversation // 5}".encode()) % share == 0

    return [one for one in messages if not is_out(one)], [one for one in messages if is_out(one)]


def fit_judge(
    judge: nn.Module,
    messages: Sequence[LabelledMessage],
    settings: JudgeTraining | None = None,
    progress: Progress | None = None,
    after: Callable[[int], None] | None = None,
) -> None:
    """Let a judge learn.

    Args:
        judge: A `PooledJudge` or `BranchedJudge`, on its device.
        messages: What it learns from.
        settings: How.
        progress: Told (steps done, of).
        after: Called with the number of each epoch when it has ended.
    """
    settings = settings or JudgeTraining()
    rng = random.Random(settings.seed)
    torch.manual_seed(settings.seed)
    backbone = [
        w for name, w in judge.named_parameters() if w.requires_grad and name.startswith(("encoder.", "llm."))
    ]
    heads = [
        w
        for name, w in judge.named_parameters()
        if w.requires_grad and not name.startswith(("encoder.", "llm."))
    ]
    optimizer = torch.optim.AdamW(
        [{"params": backbone, "lr": settings.lr}, {"params": heads, "lr": settings.head_lr}],
        weight_decay=0.01,
    )
    batches = -(-len(messages) // settings.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [settings.lr, settings.head_lr], total_steps=settings.epochs * batches, pct_start=0.1
    )
    weights = _weights(messages)
    act_weights = _act_weights(messages).to(heads[0].device)
    pools = _pools(messages)
    done = 0
    for epoch in range(settings.epochs):
        judge.train()
        for part in _batches(messages, settings.batch_size, rng):
            lessons = [_lesson(_swapped(one, pools, settings.swaps, rng), settings, rng) for one in part]
            loss = _loss(judge([one.message for one in lessons]), lessons, weights, act_weights)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_([*backbone, *heads], 1.0)
            optimizer.step()
            schedule.step()
            done += 1
            if progress is not None:
                progress(done, settings.epochs * batches)
        if after is not None:
            after(epoch + 1)


@dataclass(frozen=True, slots=True)
class _Lesson:
    message: ToJudge
    spans: tuple[Span, ...]  # of each piece; those drawn at random mean nothing
    marked: tuple[Piece, ...]  # what is to be found
    acts: tuple[str, ...]
    measures: tuple[
        int, ...
    ]  # of each piece, the number of its measure; `_UNTOLD` where nothing is to be learned


def _batches(
    messages: Sequence[LabelledMessage], size: int, rng: random.Random
) -> list[list[LabelledMessage]]:
    """Batches of messages of about one length, in a random order."""
    order = sorted(messages, key=lambda one: _length(one) * (1 + 0.2 * rng.random()))
    found = [list(order[start : start + size]) for start in range(0, len(order), size)]
    rng.shuffle(found)
    return found


def _length(one: LabelledMessage) -> int:
    return len(one.text) + sum(len(message.content) for message in one.before[-3:])


_Group = tuple[str, str, str, int]  # kind, field, what sort of span, number of words


def _pools(messages: Sequence[LabelledMessage]) -> dict[_Group, list[str]]:
    """The words of all spans whose words may stand for each other."""
    pools: dict[_Group, list[str]] = {}
    for one in messages:
        for span in one.spans:
            group = _group(one, span)
            if group is not None:
                pools.setdefault(group, []).append(one.text[span.start : span.end])
    return pools


def _group(one: LabelledMessage, span: Span) -> _Group | None:
    said = one.text[span.start : span.end]
    size = len(said.split())
    if span.label in ITEM_LABELS:
        return one.kind, "title", "item", min(size, 4)
    if span.label in NUMBER_LABELS and span.value:
        return one.kind, span.field, span.label, size
    if span.label in VALUE_LABELS and span.field and span.field not in _FREE and size <= 3:
        return one.kind, span.field, "value", size
    return None


def _swapped(
    one: LabelledMessage, pools: Mapping[_Group, Sequence[str]], share: float, rng: random.Random
) -> LabelledMessage:
    """A message in which other titles, values and numbers stand: what they are says nothing of what is meant."""
    text, shift, spans = one.text, 0, []
    for span in one.spans:
        start, end = span.start + shift, span.end + shift
        group = _group(one, span)
        if group is not None and rng.random() < share:
            words = rng.choice(pools[group])
            text = text[:start] + words + text[end:]
            shift += len(words) - (end - start)
            end = start + len(words)
        spans.append(replace(span, start=start, end=end))
    return replace(one, text=text, spans=tuple(spans))


def _lesson(one: LabelledMessage, settings: JudgeTraining, rng: random.Random) -> _Lesson:
    taken = [(span.start, span.end) for span in one.spans]
    drawn = [Span(start, end, "nothing") for start, end in _drawn(one.text, taken, settings.negatives, rng)]
    spans = (*one.spans, *drawn)
    marked = tuple((span.start, span.end) for span in one.spans if span.label != "nothing")
    text = one.text.lower() if rng.random() < settings.caseless else one.text
    text = text if len(text) == len(one.text) else one.text  # a few letters have a longer lower case
    if rng.random() < settings.typos:
        text = _mistyped_between(text, taken, rng)
    message = ToJudge(
        one.before, text, tuple((span.start, span.end) for span in spans), _told_anew(one, settings, rng)
    )
    measures = (*measures_of(one), *(_UNTOLD for _ in drawn))
    return _Lesson(message, spans, marked, one.acts, measures)


def _told(one: LabelledMessage) -> str:
    """What the catalogue that a message speaks to holds."""
    return told_of(one.kind, one.fields)


def _told_anew(one: LabelledMessage, settings: JudgeTraining, rng: random.Random) -> str:
    """The same as people's own catalogues would have it: in another order, without some fields, or no names at all.

    The fields that the message speaks of stay.
    """
    if rng.random() < settings.untold:
        return ""
    spoken = {span.field for span in one.spans}
    kept = [name for name in one.fields if name in spoken or rng.random() < 0.8]
    rng.shuffle(kept)
    plural = "items" if rng.random() < settings.unnamed else one.kind
    plural = "movies" if plural == "films" and rng.random() < 0.5 else plural
    return told_of(plural, kept)


_UNTOLD = -100
_IN_WORDS = {  # what the description or the name of a field of numbers has in it, most telling first
    **{"money": "price", "price": "price", "youngest age": "age", "pages": "pages", "kcal": "energy"},
    **{"year": "year", "vintage": "year", "rating": "rating", "points": "rating", "stars": "rating"},
    **{"battery": "other", "(min)": "time", "(h)": "time", "(days)": "time", "hours": "time"},
    **{"kg": "weight", "(g)": "weight", "weight": "weight", "km": "distance", "distance": "distance"},
    **{"(in)": "size", "cm": "size", "(m)": "size", "width": "size", "height": "size", "size": "size"},
    **dict.fromkeys(("players", "servings", "seats", "people", "sleeps", "rooms"), "amount"),
}


def measures_of(one: LabelledMessage) -> tuple[int, ...]:
    """What each span of a message speaks of, as of `measure_of`."""
    fields = dict(zip(one.fields, one.holds, strict=True))
    return tuple(measure_of(span, fields) for span in one.spans)


def measure_of(span: Span, fields: Mapping[str, str]) -> int:
    """The number of what a span of a number or a degree speaks of, in `MEASURES`; `_UNTOLD` of any other, or unknown.

    >>> fields = {"price": "number (money)", "moods": "category"}
    >>> MEASURES[measure_of(Span(0, 5, "low", "price"), fields)]
    'price'
    >>> MEASURES[measure_of(Span(0, 5, "less", "moods"), fields)]
    'none'
    """
    degrees = ("less", "more")
    if span.label not in NUMBER_LABELS and span.label not in degrees:
        return _UNTOLD
    told = fields.get(span.field)
    if told is None:
        return _UNTOLD
    if not told.startswith("number"):
        return MEASURES.index("none") if span.label in degrees else _UNTOLD
    described = f"{span.field} {told}"
    return MEASURES.index(next((name for word, name in _IN_WORDS.items() if word in described), "other"))


def fit_measures(
    judge: PooledJudge,
    messages: Sequence[LabelledMessage],
    steps: int = 400,
    progress: Progress | None = None,
) -> None:
    """Let the head alone learn what numbers and words of degree speak of, on a judge that stays as it is.

    Args:
        judge: On its device.
        messages: What it learns from.
        steps: Of gradient descent over all spans.
        progress: Told (messages read, of).
    """
    judge.eval()
    messages = sorted((one for one in messages if max(measures_of(one), default=_UNTOLD) >= 0), key=_length)
    inputs: list[Tensor] = []
    wanted: list[int] = []
    kept: list[Tensor] = []
    hook = judge.measures.register_forward_pre_hook(lambda module, given: kept.append(given[0].detach()))
    with torch.no_grad():
        for start in range(0, len(messages), 32):
            part = messages[start : start + 32]
            told = [
                [
                    (span, one)
                    for span, one in zip(message.spans, measures_of(message), strict=True)
                    if one >= 0
                ]
                for message in part
            ]
            judge(
                [
                    ToJudge(one.before, one.text, tuple((span.start, span.end) for span, _ in spans))
                    for one, spans in zip(part, told, strict=True)
                ]
            )
            inputs.append(kept.pop())
            wanted += [measure for spans in told for _, measure in spans]
            if progress is not None:
                progress(min(start + 32, len(messages)), len(messages))
    hook.remove()
    states, measures = torch.cat(inputs), torch.tensor(wanted, device=inputs[0].device)
    optimizer = torch.optim.AdamW(judge.measures.parameters(), lr=3e-3, weight_decay=0.1)
    for _ in range(steps):
        loss = functional.cross_entropy(judge.measures(states), measures)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def _drawn(text: str, taken: Sequence[Piece], count: int, rng: random.Random) -> list[Piece]:
    """Pieces of one to four words that touch no span, as lookups may find by accident."""
    words = [(found.start(), found.end()) for found in _WORD.finditer(text)]
    free = [word for word in words if all(word[1] <= start or word[0] >= end for start, end in taken)]
    drawn: list[Piece] = []
    for start, _ in rng.sample(free, min(count, len(free))):
        first = words.index(next(word for word in words if word[0] == start))
        last = min(first + rng.choice((0, 0, 1, 2, 3)), len(words) - 1)
        while last > first and any(words[last][1] > begin and start < end for begin, end in taken):
            last -= 1
        drawn.append((start, words[last][1]))
    return drawn


def _mistyped_between(text: str, taken: Sequence[Piece], rng: random.Random) -> str:
    """A text with a slip of the same length outside of its spans."""
    free = [
        (found.start(), found.end())
        for found in re.finditer(r"[a-z]{4,}", text)
        if all(found.end() <= start or found.start() >= end for start, end in taken)
    ]
    if not free:
        return text
    start, end = rng.choice(free)
    slipped = mistyped(text[start:end], rng)
    return f"{text[:start]}{slipped}{text[end:]}" if len(slipped) == end - start else text


def _weights(messages: Sequence[LabelledMessage]) -> Tensor:
    """Of each label in the loss: rare ones count for more, by the tenth root."""
    counts = Counter(span.label for one in messages for span in one.spans)
    most = max(counts.values(), default=1)
    return torch.tensor([(most / max(counts[label], 1)) ** 0.1 for label in LABELS])


def _act_weights(messages: Sequence[LabelledMessage]) -> Tensor:
    """Of each act where a message has it: rare ones count for more, by the fourth root."""
    counts = Counter(act for one in messages for act in one.acts)
    return torch.tensor([(len(messages) / max(counts[act], 1)) ** 0.25 for act in ACTS])


def _loss(judged: Judged, lessons: Sequence[_Lesson], weights: Tensor, act_weights: Tensor) -> Tensor:
    device = judged.acts.device
    spans = [span for one in lessons for span in one.spans]
    wanted = torch.tensor([[act in one.acts for act in ACTS] for one in lessons], dtype=torch.float32)
    loss = (
        functional.binary_cross_entropy_with_logits(judged.acts, wanted.to(device), pos_weight=act_weights)
        * 3
    )
    if spans:
        labels = torch.tensor([LABELS.index(span.label) for span in spans], device=device)
        loss = loss + functional.cross_entropy(judged.labels, labels, weights.to(device))
        told = labels != NOTHING
        if judged.measures is not None:
            measures = torch.tensor([measure for one in lessons for measure in one.measures], device=device)
            loss = loss + 0.5 * functional.cross_entropy(judged.measures, measures, ignore_index=_UNTOLD)
        if told.any():
            whose = torch.tensor([WHOSE.index(span.whose) for span in spans], device=device)
            strengths = torch.tensor([STRENGTHS.index(span.strength) for span in spans], device=device)
            loss = loss + 0.5 * functional.cross_entropy(judged.whose[told], whose[told])
            loss = loss + 0.25 * functional.cross_entropy(judged.strengths[told], strengths[told])
    if judged.tags is not None and judged.places is not None:
        tags = torch.cat(
            [_tags(one.marked, places) for one, places in zip(lessons, judged.places, strict=True)]
        )
        loss = loss + functional.cross_entropy(torch.cat(judged.tags), tags.to(device))
    return loss


def _tags(marked: Sequence[Piece], places: Sequence[Piece]) -> Tensor:
    """0 outside of spans, 1 the first token of one, 2 a further one; (t,)."""
    tags = torch.zeros(len(places), dtype=torch.long)
    for start, end in marked:
        inside = [number for number, place in enumerate(places) if place[0] < end and place[1] > start]
        for number in inside:
            tags[number] = 1 if number == inside[0] else 2
    return tags


@torch.no_grad()
def measured(
    judge: nn.Module, messages: Sequence[LabelledMessage], batch_size: int = 32, told: bool = True
) -> dict[str, float]:
    """Shares of right labels on messages, their spans given, and how well spans are found.

    Args:
        judge: What is measured.
        messages: On which.
        batch_size: Messages that are judged at once.
        told: Whether the judge is told what the catalogue holds.

    Returns:
        `meaningful`: of spans that mean something, those whose label is right; `nothing`: of those that mean nothing;
        `whose`, `strength`: of the meaningful; `acts`: F1 over all; `acts_exact`: messages with all acts right;
        `turned`: of wanted, unwanted, liked and disliked, those taken for their opposite; `found`, `found_precision`:
        of meaningful spans, those found with the right label and at least half of the characters in common, and of
        what was found with a meaning, what is one; `messages`: of messages, those with all given spans right.
    """
    judge.eval()
    opposite = {
        "wanted": {"unwanted"},
        "unwanted": {"wanted", "demanded"},
        "demanded": {"unwanted"},
        "liked": {"disliked"},
        "disliked": {"liked"},
    }
    tally: Counter[str] = Counter()
    messages = sorted(messages, key=_length)  # so that little is padded
    for start in range(0, len(messages), batch_size):
        part = messages[start : start + batch_size]
        given = [
            ToJudge(
                one.before,
                one.text,
                tuple((span.start, span.end) for span in one.spans),
                _told(one) if told else "",
            )
            for one in part
        ]
        judged = judge(given)
        spans = [span for one in part for span in one.spans]
        labels = [LABELS[number] for number in judged.labels.argmax(1).tolist()]
        whose = [WHOSE[number] for number in judged.whose.argmax(1).tolist()]
        strengths = [STRENGTHS[number] for number in judged.strengths.argmax(1).tolist()]
        measures = [None] * len(spans) if judged.measures is None else judged.measures.argmax(1).tolist()
        meant = [measure for one in part for measure in measures_of(one)]
        for span, label, who, strength, measure, wanted in zip(
            spans, labels, whose, strengths, measures, meant, strict=True
        ):
            group = "nothing" if span.label == "nothing" else "meaningful"
            tally[f"{group} of"] += 1
            tally[group] += label == span.label
            tally[f"label {span.label} of"] += 1
            tally[f"label {span.label}"] += label == span.label
            if group == "meaningful":
                tally["whose"] += who == span.whose
                tally["strength"] += strength == span.strength
            if wanted != _UNTOLD and measure is not None:
                tally["measures of"] += 1
                tally["measures"] += measure == wanted
            if span.label in opposite:
                tally["turned of"] += 1
                tally["turned"] += label in opposite[span.label]
        at = 0
        for one, acts in zip(part, (judged.acts > 0).tolist(), strict=True):
            right = labels[at : at + len(one.spans)] == [span.label for span in one.spans]
            at += len(one.spans)
            tally["messages"] += right
            tally["messages of"] += 1
            found = {act for act, is_so in zip(ACTS, acts, strict=True) if is_so}
            tally["acts hit"] += len(found & set(one.acts))
            tally["acts told"] += len(found)
            tally["acts true"] += len(set(one.acts))
            tally["acts exact"] += found == set(one.acts)
        if isinstance(judge, PooledJudge):
            _tally_found(judge, given, part, judged, tally)
    return _shares(tally)


def _tally_found(
    judge: PooledJudge,
    given: Sequence[ToJudge],
    part: Sequence[LabelledMessage],
    judged: Judged,
    tally: Counter[str],
) -> None:
    pieces = found_pieces(judged)
    again = judge([replace(one, pieces=here) for one, here in zip(given, pieces, strict=True)])
    labels = iter(again.labels.argmax(1).tolist())
    for one, here in zip(part, pieces, strict=True):
        told = [(piece, label) for piece in here if (label := LABELS[next(labels)]) != "nothing"]
        true = [span for span in one.spans if span.label != "nothing"]
        tally["found told"] += len(told)
        tally["found of"] += len(true)
        tally["found"] += sum(any(_same(span, *one) for one in told) for span in true)
        tally["found right"] += sum(any(_same(span, *one) for span in true) for one in told)


def _same(span: Span, piece: Piece, label: str) -> bool:
    common = min(span.end, piece[1]) - max(span.start, piece[0])
    return label == span.label and 2 * common >= max(span.end - span.start, piece[1] - piece[0])


def _shares(tally: Mapping[str, int]) -> dict[str, float]:
    def share(part: str, whole: str) -> float:
        return tally[part] / max(tally[whole], 1)

    shares = {name: share(name, f"{name} of") for name in ("meaningful", "nothing", "turned", "messages")}
    shares |= {name: share(name, "meaningful of") for name in ("whose", "strength")}
    shares["acts"] = 2 * tally["acts hit"] / max(tally["acts told"] + tally["acts true"], 1)
    shares["acts_exact"] = share("acts exact", "messages of")
    if tally["measures of"]:
        shares["measures"] = share("measures", "measures of")
    if tally["found of"] and "found told" in tally:
        shares |= {"found": share("found", "found of"), "found_precision": share("found right", "found told")}
    shares |= {
        f"label {name}": share(f"{name} right", f"{name} of") for name in LABELS if tally[f"{name} of"]
    }
    return shares


def learning_judge(
    device: str = "cpu", r: int | None = None, kind: type[PooledJudge] = MarkedJudge, base: str = BASES[0]
) -> PooledJudge:
    """A judge on a packaged encoder that is to learn.

    Args:
        device: Where.
        r: Rank of the changes (LoRA: Hu et al., 2022); None: all weights learn.
        kind: Of network.
        base: Which of `BASES`; `mpnet` is kept in bfloat16, so only its changes can learn.

    Raises:
        TrainingError: If all weights of `mpnet` are to learn.
    """
    if base == "mpnet" and r is None:
        raise TrainingError(
            "mpnet is kept in half precision, so all of it cannot learn; give a rank: mpnet:16"
        )
    first = _MPNET_FROM if base == "mpnet" else 0
    judge: PooledJudge = on_packaged(kind, lambda encoder: learning(encoder, r, first), device, base)
    if base == "mpnet":
        read_as_mpnet_learns(judge, device)
    return judge


def read_as_mpnet_learns(judge: Any, device: str) -> None:
    """Let a network on MPNet, on a device, read in half precision where that is quick, and without dropout."""
    judge.in_halves = device != "cpu" or computes_in_halves()
    for module in judge.encoder.modules():  # random numbers of so many states take a tenth of a step
        if isinstance(module, nn.Dropout):
            module.p = 0.0
