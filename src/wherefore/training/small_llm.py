"""The packaged LLM learns to write: searches for what people are after, and replies that say why."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from wherefore.corpora.replies import WrittenReply
from wherefore.corpora.sought import SoughtMessage
from wherefore.dialogue.brief import said
from wherefore.dialogue.messages import Message
from wherefore.lm.low_rank import llm_learning
from wherefore.lm.packaged import load_smollm2, packaged_smollm2_dir
from wherefore.lm.small_llm import (
    END,
    closing_prompt,
    opening_prompt,
    reason_prompt,
    search_prompt,
    tokenizer_in,
)
from wherefore.progress import Progress
from wherefore.training.descent import descend

_WIDTHS = 16  # padding goes up to a multiple: kernels are made anew for every width
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Written:
    """A text and how one goes on with it.

    Attributes:
        task: `search`, `reason`, `opening` or `closing`.
        prompt: What is read.
        ways: How it may go on, any of them; each ends its line.
    """

    task: str
    prompt: str
    ways: tuple[str, ...]


def searches_of(messages: Sequence[SoughtMessage]) -> list[Written]:
    """What messages teach of searches; where nothing is looked for, `none` is written."""
    return [
        Written("search", search_prompt(said(one.before, one.text), one.kind), one.queries or ("none",))
        for one in messages
    ]


def sentences_of(replies: Sequence[WrittenReply]) -> list[Written]:
    """What replies teach: of each its opening, its reasons, and what it asks at the end.

    A reason with a number that its prompt has no room for would teach to invent numbers, and is left out.
    """
    found = []
    for one in replies:
        messages = [Message("user" if role == "user" else "assistant", text) for role, text in one.said]
        read = said(messages[:-1], messages[-1].content)
        found.append(
            Written("opening", opening_prompt(read, one.kind, one.items, one.catalog.schema), (one.opening,))
        )
        if one.closing:
            found.append(Written("closing", closing_prompt(read, one.kind, one.opening), (one.closing,)))
        for item, reason in zip(one.items, one.reasons, strict=True):
            prompt = reason_prompt(read, one.kind, item, one.catalog.schema)
            if set(_NUMBER.findall(reason)) <= set(_NUMBER.findall(prompt)):
                found.append(Written("reason", prompt, (reason,)))
    return found


@dataclass(frozen=True)
class WritingTraining:
    """How it learns.

    Attributes:
        epochs: Passes over all texts.
        batch_size: Texts in a step, of about one length.
        lr: Highest step size.
        lower: Share of prompts in lower case.
        unnamed: Share of prompts without the kind of catalogue, as where nobody knows it.
        seed: Of all choices.
    """

    epochs: float = 1.0
    batch_size: int = 16
    lr: float = 4e-4
    lower: float = 0.15
    unnamed: float = 0.3
    seed: int = 0


class WritingNetwork(nn.Module):
    """A causal language model that gives logits where something is to be written.

    Args:
        model: Of transformers, or one of peft's on it.
        tokenizer: Its own, without padding and truncation.
    """

    def __init__(self, model: Any, tokenizer: Any) -> None:
        super().__init__()
        self.encoder, self.tokenizer = model, tokenizer
        self.causal = model.get_base_model() if hasattr(model, "get_base_model") else model

    def tokens(self, text: str) -> list[int]:
        """The tokens of a text."""
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def forward(self, texts: Sequence[tuple[str, str]]) -> tuple[Tensor, Tensor]:
        """Prompts and how they go on -> logits (t, vocabulary) at every token of the latter, and these tokens (t,)."""
        rows = [(self.tokens(prompt), self.tokens(f" {way}{END}")) for prompt, way in texts]
        longest = -(-max(len(a) + len(b) for a, b in rows) // _WIDTHS) * _WIDTHS
        ids = torch.zeros(len(rows), longest, dtype=torch.long)
        mask, told = torch.zeros_like(ids), torch.zeros(len(rows), longest, dtype=torch.bool)
        for number, (prompt, way) in enumerate(rows):
            end = len(prompt) + len(way)
            ids[number, :end] = torch.tensor([*prompt, *way])
            mask[number, :end] = 1
            told[number, len(prompt) - 1 : end - 1] = True
        device = self.causal.lm_head.weight.device
        states = self.causal.model(input_ids=ids.to(device), attention_mask=mask.to(device)).last_hidden_state
        wanted = torch.tensor([token for _, way in rows for token in way], device=device)
        return self.causal.lm_head(states[told.to(device)]).float(), wanted


def learning_writer(r: int, device: str = "cpu") -> WritingNetwork:
    """SmolLM2-135M-Instruct that is to learn under LoRA of that rank."""
    folder = packaged_smollm2_dir()
    return WritingNetwork(llm_learning(load_smollm2(folder), r), tokenizer_in(folder)).to(device)


def fit_writer(
    network: WritingNetwork,
    lessons: Sequence[Written],
    settings: WritingTraining | None = None,
    progress: Progress | None = None,
) -> None:
    """Let it learn.

    Args:
        network: As of `learning_writer`.
        lessons: What it learns from.
        settings: How.
        progress: Told (steps done, of).
    """
    settings = settings or WritingTraining()
    rng = random.Random(settings.seed)
    torch.manual_seed(settings.seed)
    steps = max(int(len(lessons) * settings.epochs) // settings.batch_size, 1)
    left: list[list[Written]] = []

    def next_loss() -> Tensor:
        if not left:
            order = sorted(lessons, key=lambda one: len(one.prompt) * (1 + 0.2 * rng.random()))
            left.extend(order[n : n + settings.batch_size] for n in range(0, len(order), settings.batch_size))
            rng.shuffle(left)
        texts = []
        for one in left.pop():
            prompt = (
                re.sub(r"^\[[^\]]*\] ", "", one.prompt) if rng.random() < settings.unnamed else one.prompt
            )
            texts.append((prompt.lower() if rng.random() < settings.lower else prompt, rng.choice(one.ways)))
        logits, wanted = network(texts)
        return functional.cross_entropy(logits, wanted)

    descend(network, steps, settings.lr, next_loss, progress)


@torch.no_grad()
def measured_writing(network: WritingNetwork, texts: Sequence[Written]) -> dict[str, float]:
    """How surprised it is, in nats for each token: by task."""
    network.eval()
    sums: dict[str, list[float]] = {}
    order = sorted(texts, key=lambda one: (one.task, len(one.prompt)))
    for start in range(0, len(order), 16):
        part = order[start : start + 16]
        for task in {one.task for one in part}:
            logits, wanted = network([(one.prompt, one.ways[0]) for one in part if one.task == task])
            lost = sums.setdefault(task, [0.0, 0.0])
            lost[0] += float(functional.cross_entropy(logits, wanted, reduction="sum"))
            lost[1] += len(wanted)
    return {task: lost / count for task, (lost, count) in sorted(sums.items())}
