"""MiniLM learns what people look for: to read a talk into the vector of what a good assistant would search for.

People say "we had identity theft, strip cut isn't good enough"; what is sought is a cross-cut shredder. The encoder
begins as MiniLM, of which low-rank changes learn, and what it is to come to are the vectors that the plain MiniLM has
of such a search and of the record of a perfect answer, so that any catalogue's vectors can be searched with it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from wherefore.catalog.words import words_of
from wherefore.corpora.shops import Asked
from wherefore.corpora.sought import SoughtMessage
from wherefore.dialogue.brief import said
from wherefore.dialogue.messages import Message
from wherefore.lm.low_rank import learning
from wherefore.lm.tuned import on_packaged
from wherefore.progress import Progress
from wherefore.training.descent import descend

_TOKENS = 254  # of a talk, beside the marks
_WIDTHS = 16  # padding goes up to a multiple: kernels are made anew for every width
_SHARPNESS = 20.0  # of cosines in the contrastive loss
Encode = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True, slots=True)
class SoughtLesson:
    """What was said, and vectors of what it asks for.

    Attributes:
        kind: Of shop.
        said: What is read: the message with those before it; see `wherefore.dialogue.brief.said`.
        targets: (n, d) unit: of queries and of what answers them.
        misses: (m, d) unit: of what does not.
    """

    kind: str
    said: str
    targets: np.ndarray
    misses: np.ndarray


def lessons_of(messages: Sequence[SoughtMessage], encode: Encode) -> list[SoughtLesson]:
    """What messages teach that look for something.

    Args:
        messages: With what they are after.
        encode: Texts to unit vectors (n, d).
    """
    told = [one for one in messages if one.queries]
    vectors = iter(encode([text for one in told for text in (*one.queries, one.record)]))
    found = []
    for one in told:
        targets = np.stack([next(vectors) for _ in (*one.queries, one.record)])
        found.append(SoughtLesson(one.kind, said(one.before, one.text), targets, targets[:0]))
    return found


def lessons_of_shops(asked: Sequence[Asked], encode: Encode) -> list[SoughtLesson]:
    """What requests to small catalogues teach: the vectors of the items that answer, and of those that seem to."""
    found = []
    of_items: dict[tuple[str, str], np.ndarray] = {}
    for catalog in {id(one.catalog): one.catalog for one in asked}.values():
        texts = [str(words_of(item, catalog.schema)) for item in catalog.items]
        for item, vector in zip(catalog.items, encode(texts), strict=True):
            of_items[catalog.name, item.id] = vector
    for one in asked:
        messages = tuple(Message("user" if role == "user" else "assistant", text) for role, text in one.said)
        fits, near = ([of_items[one.catalog.name, item] for item in ids] for ids in (one.fits, one.near))
        if fits and messages[-1].role == "user":
            targets = np.stack(fits)
            misses = np.stack(near) if near else targets[:0]
            read = said(messages[:-1], messages[-1].content)
            found.append(SoughtLesson(one.catalog.name, read, targets, misses))
    return found


@dataclass(frozen=True)
class SoughtTraining:
    """How it learns.

    Attributes:
        epochs: Passes over all lessons.
        batch_size: Lessons in a step: two halves of one kind of shop each, so that they are hard to tell apart.
        lr: Highest step size.
        lower: Share of lessons in lower case.
        seed: Of all choices.
    """

    epochs: float = 2.5
    batch_size: int = 32
    lr: float = 6e-4
    lower: float = 0.3
    seed: int = 0


class SoughtNetwork(nn.Module):
    """MiniLM: the mean of the last states of a text's tokens, unit.

    Args:
        encoder: A `BertModel`, or one with its inputs.
        tokenizer: A fast one (`tokenizers.Tokenizer`), without padding and truncation.
    """

    def __init__(self, encoder: Any, tokenizer: Any) -> None:
        super().__init__()
        self.encoder, self.tokenizer = encoder, tokenizer
        self._cls, self._sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")

    def forward(self, texts: Sequence[str]) -> Tensor:
        """Texts -> (n, d)."""
        rows = [self.tokenizer.encode(text, add_special_tokens=False).ids[:_TOKENS] for text in texts]
        longest = -(-(max(map(len, rows)) + 2) // _WIDTHS) * _WIDTHS
        ids = torch.zeros(len(rows), longest, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for number, row in enumerate(rows):
            ids[number, : len(row) + 2] = torch.tensor([self._cls, *row, self._sep])
            mask[number, : len(row) + 2] = 1
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        within = mask.unsqueeze(2)
        return functional.normalize((states * within).sum(1) / within.sum(1), dim=-1)


def learning_sought(r: int) -> SoughtNetwork:
    """The packaged MiniLM that is to learn under LoRA of that rank."""
    made: SoughtNetwork = on_packaged(SoughtNetwork, lambda encoder: learning(encoder, r))
    return made


def fit_sought(
    network: SoughtNetwork,
    lessons: Sequence[SoughtLesson],
    settings: SoughtTraining | None = None,
    progress: Progress | None = None,
) -> None:
    """Let it learn.

    Args:
        network: As of `learning_sought`.
        lessons: What it learns from.
        settings: How.
        progress: Told (steps done, of).
    """
    settings = settings or SoughtTraining()
    rng = random.Random(settings.seed)
    torch.manual_seed(settings.seed)
    steps = max(int(len(lessons) * settings.epochs) // settings.batch_size, 1)
    half = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    left: list[list[SoughtLesson]] = []

    def next_loss() -> Tensor:
        if not left:
            left.extend(_batches(lessons, settings.batch_size, rng))
        part = left.pop()
        texts = [one.said.lower() if rng.random() < settings.lower else one.said for one in part]
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            sought = network(texts)
        return sought_loss(sought.float(), part, rng)

    descend(network, steps, settings.lr, next_loss, progress)


def _batches(lessons: Sequence[SoughtLesson], size: int, rng: random.Random) -> list[list[SoughtLesson]]:
    """Of two halves of about one length each: padding would take most of the time."""
    by_kind: dict[str, list[SoughtLesson]] = {}
    for one in lessons:
        by_kind.setdefault(one.kind, []).append(one)
    half = max(size // 2, 1)
    halves: list[list[SoughtLesson]] = []
    for of_kind in by_kind.values():
        order = sorted(of_kind, key=lambda one: len(one.said) * (1 + 0.3 * rng.random()))
        halves += [order[start : start + half] for start in range(0, len(order), half)]
    halves.sort(key=lambda part: max(len(one.said) for one in part) * (1 + 0.3 * rng.random()))
    batches = [
        [*halves[n], *(halves[n + 1] if n + 1 < len(halves) else ())] for n in range(0, len(halves), 2)
    ]
    rng.shuffle(batches)
    return batches


def sought_loss(sought: Tensor, part: Sequence[SoughtLesson], rng: random.Random) -> Tensor:
    """How far vectors (b, d) are from what is asked for, and how near to what others ask for and what does not answer.

    The target is a mixture of each lesson's, another one each time.
    """
    mixed = []
    for one in part:
        share = np.array([rng.expovariate(1) for _ in one.targets], dtype=np.float32)
        mixed.append(share @ one.targets)
    targets = functional.normalize(torch.from_numpy(np.stack(mixed)), dim=-1).to(sought)
    misses = np.concatenate([one.misses for one in part])
    others = torch.cat([targets, torch.from_numpy(misses).to(sought)]) if len(misses) else targets
    scores = _SHARPNESS * sought @ others.T
    right = torch.arange(len(part), device=sought.device)
    return functional.cross_entropy(scores, right) + 2 * (1 - (sought * targets).sum(1)).mean()


@torch.no_grad()
def sought_vectors(network: SoughtNetwork, lessons: Sequence[SoughtLesson]) -> np.ndarray:
    """The vectors (n, d) of what lessons ask for."""
    network.eval()
    parts = [lessons[start : start + 32] for start in range(0, len(lessons), 32)]
    return np.concatenate([network([one.said for one in part]).numpy() for part in parts])


def measured_sought(vectors: np.ndarray, lessons: Sequence[SoughtLesson]) -> dict[str, float]:
    """How well vectors (n, d) find what is asked for among what others ask of the same kind of shop.

    Returns:
        `first` and `first_five`: shares of lessons whose own best target is the nearest of all targets, or among the
        nearest five (each lesson's mean target counts once); `cosine`: with it, on average.
    """
    means = np.stack([one.targets.mean(axis=0) for one in lessons])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    kinds = np.array([one.kind for one in lessons])
    scores = vectors @ means.T
    own = np.diagonal(scores)
    better = ((scores > own[:, None]) & (kinds[:, None] == kinds[None, :])).sum(axis=1)
    return {
        "first": float((better == 0).mean()),
        "first_five": float((better < 5).mean()),
        "cosine": float(own.mean()),
        "messages": float(len(lessons)),
    }
