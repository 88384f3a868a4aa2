"""Requests in people's own words, with the items that answer them; MiniLM is tuned to read them.

The side of the request learns under LoRA, that of the passages stays as it is. Every item of the catalogue is a
negative: its score is that of its best passage, and the softmax runs over all items, so that no negatives have to be
drawn.
"""

from __future__ import annotations

import copy
import csv
import lzma
import random
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from wherefore.catalog.catalog import Catalog
from wherefore.errors import CorpusError, CorpusNotFoundError
from wherefore.lm.low_rank import learned_changes, under_lora
from wherefore.progress import Progress
from wherefore.retrieval.embedders import PackagedMiniLM
from wherefore.retrieval.passages import Passages

COLUMNS = ("kind", "text", "items", "near", "moods")
_RANKED = 4  # one in so many requests is the ranker's: the encoder must not have seen them


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for, and what answers it.

    Attributes:
        kind: `plot`, `mood`, `situation`, `company` or `mix`.
        text: Their words.
        items: Ids of items that answer it, the best first.
        near: Ids of items that seem to, and don't.
        moods: How the answer should feel.
    """

    kind: str
    text: str
    items: tuple[str, ...]
    near: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()

    @property
    def for_ranker(self) -> bool:
        """Whether the ranker learns from it, and not the encoder: by its text, so that it is always the same."""
        return zlib.crc32(self.text.encode("utf-8")) % _RANKED == 0

    def dialogue(self, number: int, names: Mapping[str, str]) -> dict[str, Any]:
        """It as a dialogue of a corpus: it is asked, and the items that answer it are named, by `names`."""
        items = [names[item] for item in self.items if item in names]
        named = " ".join(f"@{item}" for item in items)
        return {
            "dialogue_id": f"request-{number}",
            "split": "train",
            "turns": [
                {"role": "user", "text": self.text, "items": []},
                {"role": "assistant", "text": named, "items": items},
            ],
        }


def read_requests(file: Path) -> list[Request]:
    """Requests from a file of tab-separated columns with a header, lists with commas; `.xz` is unpacked.

    Raises:
        CorpusNotFoundError: If there is no such file.
        CorpusError: If a column is missing or a request has no text or no items; says in which line.
    """
    if not file.is_file():
        raise CorpusNotFoundError(f"no requests at {file}")
    opened = lzma.open(file, "rt", encoding="utf-8", newline="") if file.suffix == ".xz" else None
    with opened or file.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise CorpusError(f"{file} has no column `{missing[0]}`; its columns are {', '.join(COLUMNS)}")
        return list(_read(rows, file))


def _read(rows: csv.DictReader[str], file: Path) -> Iterator[Request]:
    for number, row in enumerate(rows, 2):
        items, near, moods = (
            tuple(part.strip() for part in (row[name] or "").split(",") if part.strip())
            for name in ("items", "near", "moods")
        )
        if not (row["text"] or "").strip() or not items:
            raise CorpusError(f"{file}, line {number} has no text or no items")
        yield Request(row["kind"], row["text"].strip(), items, near, moods)


@dataclass(frozen=True)
class EncoderTraining:
    """How the encoder learns.

    Attributes:
        epochs: Passes over all requests.
        batch_size: Requests in a step.
        lr: Highest step size.
        r: Rank of the changes.
        temperature: What cosines are divided by.
        near: Weight of the near misses, which are to stay below the answers.
        typos: Share of requests that get one.
        seed: Of all choices.
    """

    epochs: int = 8
    batch_size: int = 48
    lr: float = 5e-4
    r: int = 16
    temperature: float = 0.05
    near: float = 0.3
    typos: float = 0.15
    seed: int = 0


def fit_encoder(
    requests: Sequence[Request],
    catalog: Catalog,
    passages: Passages,
    settings: EncoderTraining | None = None,
    device: str = "cpu",
    progress: Progress | None = None,
) -> dict[str, np.ndarray]:
    """Learn to read requests.

    Args:
        requests: Those of items that are not in the catalogue, or have no passages, are left out.
        catalog: The items.
        passages: Their passages.
        settings: How it learns.
        device: Where.
        progress: Told (steps done, of).

    Returns:
        The changes, as `QueryEncoder` takes them.

    Raises:
        CorpusError: If no request is left.
    """
    settings = settings or EncoderTraining()
    torch.manual_seed(settings.seed)
    rng = random.Random(settings.seed)
    films = PassagedItems(passages, device)
    lessons = [lesson for one in requests if (lesson := films.lesson(one, catalog)) is not None]
    if not lessons:
        raise CorpusError("none of the requests is of an item that has texts in the catalogue")
    reader = _Reader(device, settings.r)
    steps = settings.epochs * -(-len(lessons) // settings.batch_size)
    optimizer = torch.optim.AdamW(reader.weights, lr=settings.lr, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.lr, total_steps=steps, pct_start=0.1)
    done = 0
    for _ in range(settings.epochs):
        rng.shuffle(lessons)
        for start in range(0, len(lessons), settings.batch_size):
            part = lessons[start : start + settings.batch_size]
            texts = [mistyped(one.text, rng) if rng.random() < settings.typos else one.text for one in part]
            scores = films.scores(reader(texts))
            loss = _loss(scores, part, settings)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(reader.weights, 1.0)
            optimizer.step()
            schedule.step()
            done += 1
            if progress is not None:
                progress(done, steps)
    return reader.changes()


@dataclass(frozen=True, slots=True)
class _Lesson:
    text: str
    answers: list[int]  # places among the items that have passages
    near: list[int]


class PassagedItems:
    """All items that have passages, scored by their best one."""

    def __init__(self, passages: Passages, device: str) -> None:
        self.rows = np.flatnonzero(passages.counts)
        self.places = {int(row): place for place, row in enumerate(self.rows)}
        self.vectors = torch.from_numpy(passages.store.vectors()).to(device)
        self.lengths = torch.from_numpy(passages.counts[self.rows]).to(device)

    def lesson(self, request: Request, catalog: Catalog) -> _Lesson | None:
        """A request with the places of its items."""
        answers, near = (
            [self.places[row] for one in ids if one in catalog and (row := catalog.row(one)) in self.places]
            for ids in (request.items, request.near)
        )
        return _Lesson(request.text, answers, near) if answers else None

    def scores(self, queries: Tensor) -> Tensor:
        """(b, d) -> (b, items): cosine of each item's best passage."""
        near = self.vectors @ queries.T  # (passages, b)
        best: Tensor = torch.segment_reduce(near, "max", lengths=self.lengths, axis=0)
        return best.T


class _Reader:
    """MiniLM under LoRA."""

    def __init__(self, device: str, r: int) -> None:
        self._embedder = PackagedMiniLM(device=device)
        fresh = copy.deepcopy(self._embedder.model)  # others may read with the same
        self.model: Any = under_lora(fresh, r, dropout=0.05)
        self.model.train()
        self.weights = [weight for weight in self.model.parameters() if weight.requires_grad]

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """Texts -> (b, d), unit."""
        ids, mask = self._embedder.tokens(texts)
        hidden = self.model(ids, attention_mask=mask).last_hidden_state.float()
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        return functional.normalize((hidden * weights).sum(1) / weights.sum(1), dim=-1)

    def changes(self) -> dict[str, np.ndarray]:
        """What was learned, by layer."""
        return learned_changes(self.model)


def _loss(scores: Tensor, lessons: Sequence[_Lesson], settings: EncoderTraining) -> Tensor:
    """Cross-entropy with all answers alike, and a margin over near misses."""
    likely = functional.log_softmax(scores / settings.temperature, dim=-1)
    total = likely.new_zeros(())
    for one, of, score in zip(lessons, likely, scores, strict=True):
        total = total - of[one.answers].mean()
        if one.near:
            margin = (score[one.near].mean() - score[one.answers].mean()) / settings.temperature
            total = total + settings.near * functional.softplus(margin + 1)
    return total / len(lessons)


def mistyped(text: str, rng: random.Random) -> str:
    """A text with two letters swapped or one left out.

    >>> mistyped("a quiet film", random.Random(1))
    'a qiet film'
    """
    if len(text) < 8:
        return text
    place = rng.randrange(1, len(text) - 2)
    swapped = text[place + 1] + text[place] if rng.random() < 0.5 else text[place + 1]
    return text[:place] + swapped + text[place + 2 :]


def split(requests: Sequence[Request]) -> Mapping[str, list[Request]]:
    """Those that the `encoder` and those that the `ranker` learns from."""
    return {
        "encoder": [one for one in requests if not one.for_ranker],
        "ranker": [one for one in requests if one.for_ranker],
    }
