"""What a config costs: parameters, memory and expected time, before anything is downloaded.

Parameters are counted on torch's meta device and activations under fake tensors, so both are those of the real
classes, not of a formula; times are a roofline (Williams et al., 2009, "Roofline: an insightful visual performance
model"): a pass takes as long as its products or as reading its weights, whichever is longer, and never less than
it takes to launch its layers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch

from wherefore.build import build_item_encoder
from wherefore.config import Config, StageConfig
from wherefore.errors import ConfigError, ModelError
from wherefore.lm.head import RankingHead
from wherefore.lm.model import BLOCK
from wherefore.lm.prompt import TITLE_TOKENS
from wherefore.training.losses import LOSSES, language_modelling
from wherefore.training.sizes import LMSize, Saved, causal_lm_config, embedder_size, lm_size, weight_dtype

# A turn lists so many items; what is said of each is planned in so many tokens and written in so many (both as
# the starter does on its own catalogue).
LISTED, PLAN_TOKENS, SENTENCE_TOKENS = 5, 64, 24
FACT_TOKENS = 64  # at most, of an item's facts or a corpus reply
FEATURES = 64  # about, of the ranking head: the catalogue and the sources decide
_HEADER = re.compile(r"^# Needs .*(?:\n#   .*)*", re.MULTILINE)
_ADAM = 12  # bytes for each trained parameter besides itself: gradient and two moments in float32
_LOGIT = 12  # bytes for each logit that is learned: itself, in float32, and its gradient


class Hardware(NamedTuple):
    """A machine. Figures are the vendors' peaks for bfloat16, of which `reached` comes through."""

    name: str
    flops: float  # per second
    bandwidth: float  # bytes per second
    memory: float  # bytes
    layer: float  # seconds that a layer takes at least, for starting its kernels
    reached: float = 0.5


HARDWARE = (
    Hardware("laptop CPU", 0.4e12, 60e9, 16e9, 3e-4),  # 8 cores with AVX2, float32
    Hardware("24 GB GPU", 165e12, 1008e9, 24e9, 1e-3),  # GeForce RTX 4090
    Hardware("80 GB GPU", 312e12, 2039e9, 80e9, 1e-3),  # A100
)


@dataclass(frozen=True)
class Times:
    """Expected seconds on one machine; None where memory does not suffice."""

    list_ready: float | None
    reply: float | None
    training: float | None


@dataclass(frozen=True)
class Cost:
    """What a config costs. Memory is in bytes.

    Attributes:
        llm: Sizes of the LLM.
        trained: Trained parameters: adapter, item encoder, ranking head.
        weights: Of LLM, adapter, item encoder and head.
        embedder: Its weights.
        cache_per_token: Keys and values of one token of a dialogue.
        cache_per_turn: Those of dialogue, candidates and the sentences being written, when they are most.
        optimizer: Gradients and moments.
        activations: Kept for the backward pass in the heaviest stage.
        recomputed: The same with gradient checkpointing.
        logits: Of the tokens learned at once, with their gradients.
        turn_flops: Of one reply.
        training_flops: Of all stages, without gradient checkpointing.
        times: By machine; training as `training` fits, or else with gradient checkpointing.
    """

    llm: LMSize
    trained: int
    weights: int
    embedder: int
    cache_per_token: int
    cache_per_turn: int
    optimizer: int
    activations: int
    recomputed: int
    logits: int
    turn_flops: float
    training_flops: float
    times: Mapping[str, Times]

    @property
    def chatting(self) -> int:
        """Memory to chat, in bytes."""
        return self.weights + self.embedder + self.cache_per_turn

    def training(self, checkpointing: bool = False) -> int:
        """Memory to train, in bytes."""
        kept = self.recomputed if checkpointing else self.activations
        return self.weights + self.embedder + self.optimizer + kept + self.logits

    def to_json(self) -> dict[str, Any]:
        """All numbers."""
        return {
            **asdict(self),
            "chatting": self.chatting,
            "training": self.training(),
            "training_with_gradient_checkpointing": self.training(checkpointing=True),
        }

    def header(self) -> str:
        """The lines on memory and time in a config's head."""
        chat, train, less = (
            _size(part) for part in (self.chatting, self.training(), self.training(checkpointing=True))
        )
        lines = [f"# Needs {chat} of memory to chat; {train} to train, {less} with gradient checkpointing:"]
        for name, times in self.times.items():
            if times.reply is None:
                lines.append(f"#   {name}: too small")
            else:
                training = (
                    "too small to train" if times.training is None else f"training {span(times.training)}"
                )
                lines.append(f"#   {name}: about {span(times.reply)} a reply, {training}")
        return "\n".join(lines)


def estimate(config: Config) -> Cost:
    """What a config costs to run and to train.

    Args:
        config: The whole tree; its LLM must be packaged, a folder, in the hub's cache or in architectures.yaml.

    Raises:
        ModelError: If the sizes of its LLM or embedder are not known.
    """
    kind = causal_lm_config(config.llm)
    dtype = weight_dtype(config.llm, kind)
    width, embedder = embedder_size(config.embedder)
    if config.pca is not None and config.pca >= 1:
        width = int(config.pca)
    llm = lm_size(kind, config.llm.lora)
    with torch.device("meta"):
        encoder = build_item_encoder(config, width, llm.width, 1.0)
        head = RankingHead(llm.width, FEATURES, config.ranker.hidden)
    ours = sum(part.numel() for part in (*encoder.parameters(), *head.parameters()))
    soft = int(encoder.soft_tokens)
    cached = llm.cached * dtype.itemsize
    stages = [_stage(config, stage, soft) for stage in config.train.stages]
    kept = Saved.by(kind, config.llm.lora, dtype, config.train.mixed_precision) if stages else None
    most = max((stage.tokens for stage in stages), default=0)
    activations = kept.whole(llm.layers, most) if kept else 0
    recomputed = kept.checkpointed(llm.layers, most, llm.width * dtype.itemsize) if kept else 0
    weights = llm.parameters * dtype.itemsize + (llm.lora + ours) * 4
    turn = _Turn.of(config, soft)
    cost = Cost(
        llm=llm,
        trained=llm.lora + ours,
        weights=weights,
        embedder=embedder,
        cache_per_token=cached,
        cache_per_turn=turn.cached * cached,
        optimizer=(llm.lora + ours) * _ADAM,
        activations=activations,
        recomputed=recomputed,
        logits=max((stage.learned for stage in stages), default=0) * llm.vocabulary * _LOGIT,
        turn_flops=sum(one.flops(llm) for one in turn.passes),
        training_flops=sum(stage.steps * stage.flops(llm) for stage in stages),
        times={},
    )
    times = {machine.name: _times(cost, turn, stages, machine) for machine in HARDWARE}
    return replace(cost, times=times)


def renew_header(path: Path, cost: Cost) -> None:
    """Write what a config costs into its file's head.

    Raises:
        ConfigError: If the head has no such lines yet.
    """
    text, found = _HEADER.subn(lambda _: cost.header(), path.read_text(encoding="utf-8"), count=1)
    if not found:
        raise ConfigError(f"{path} has no line `# Needs …` to renew; put one in its head")
    path.write_text(text, encoding="utf-8")


def rows(cost: Cost) -> dict[str, str]:
    """What a table shows of a cost."""

    def gb(count: float) -> str:
        return f"{count / 1e9:,.2f}"

    table = {
        "parameters of the LLM": f"{cost.llm.parameters / 1e6:,.1f} M",
        "trained": f"{cost.trained / 1e6:,.1f} M",
        "weights, GB": gb(cost.weights),
        "embedder, GB": gb(cost.embedder),
        "keys and values of a token, kB": f"{cost.cache_per_token / 1e3:,.1f}",
        "of a turn, GB": gb(cost.cache_per_turn),
        "to chat, GB": gb(cost.chatting),
        "gradients and moments, GB": gb(cost.optimizer),
        "activations, GB": gb(cost.activations),
        "activations with gradient checkpointing, GB": gb(cost.recomputed),
        "logits, GB": gb(cost.logits),
        "to train, GB": gb(cost.training()),
        "to train with gradient checkpointing, GB": gb(cost.training(checkpointing=True)),
        "a turn, TFLOP": f"{cost.turn_flops / 1e12:,.2f}",
        "training, PFLOP": f"{cost.training_flops / 1e15:,.1f}",
    }
    for machine, times in cost.times.items():
        table[f"{machine}: list"] = span(times.list_ready)
        table[f"{machine}: reply"] = span(times.reply)
        table[f"{machine}: training"] = span(times.training)
    return table


# -- passes through the LLM -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Pass:
    """Passes through the LLM: `times` of them, each of so many tokens that see so many others."""

    tokens: int
    context: int
    times: int = 1
    written: int = 0  # tokens whose logits are computed
    rows: int = 1  # dialogues or sentences that the tokens belong to

    def flops(self, llm: LMSize) -> float:
        """Floating-point operations of all passes."""
        per_token = 2.0 * llm.products + 4.0 * llm.layers * llm.attention * self.context
        return self.times * (self.tokens * per_token + 2.0 * self.written * llm.head)

    def seconds(self, cost: Cost, machine: Hardware) -> float:
        """Time of all passes."""
        compute = self.flops(cost.llm) / self.times / (machine.flops * machine.reached)
        moved = cost.weights + self.rows * self.context * cost.cache_per_token
        reading = moved / (machine.bandwidth * machine.reached)
        return self.times * max(compute, reading, cost.llm.layers * machine.layer)


@dataclass(frozen=True)
class _Turn:
    """One reply: what is read until the list is ready, what is written after, and the most tokens cached."""

    listing: tuple[_Pass, ...]
    writing: tuple[_Pass, ...]
    cached: int

    @property
    def passes(self) -> tuple[_Pass, ...]:
        return self.listing + self.writing

    @classmethod
    def of(cls, config: Config, soft: int) -> _Turn:
        dialogue = config.llm.max_dialogue_tokens
        each = soft if config.ranker.candidates == "soft" else TITLE_TOKENS
        shown = config.retrieval.k * each
        blocks = -(-shown // BLOCK)
        block = -(-shown // blocks)
        listing: tuple[_Pass, ...] = (
            _Pass(dialogue, dialogue // 2),
            _Pass(
                block, dialogue + (each if config.ranker.mask == "block" else block // 2), -(-shown // block)
            ),
        )
        writer = config.writer
        if not config.ranker.llm:
            listing = ()
        writing: list[_Pass] = []
        rows = 0
        if writer.tries:
            length = min(SENTENCE_TOKENS, writer.max_tokens)
            for prompts in (1, LISTED):  # the opening, then all reasons together
                rows = prompts * writer.samples
                seen = dialogue + PLAN_TOKENS + length // 2
                writing.append(_Pass(prompts * PLAN_TOKENS, dialogue, 1, prompts, prompts))
                writing.append(_Pass(rows, seen, length, rows, rows))
        longest = rows * (dialogue + PLAN_TOKENS + writer.max_tokens)
        return cls(listing, tuple(writing), dialogue + max(block if listing else 0, longest))


@dataclass(frozen=True)
class _Stage:
    """A stage's optimizer steps: tokens read and learned at once, how often."""

    tokens: int
    learned: int
    context: int
    steps: int

    def flops(self, llm: LMSize) -> float:
        """Of one step: forward, and back to the activations; frozen weights get no gradient."""
        return 2 * _Pass(self.tokens, self.context, 1, self.learned).flops(llm)


def task_tokens(task: str, dialogue: int, soft: int, candidates: int, batch: int) -> tuple[int, int]:
    """Tokens that an example of a task reads and learns, at most.

    Args:
        task: A task of LOSSES.
        dialogue: Tokens of a dialogue.
        soft: Tokens of a candidate.
        candidates: Per dialogue.
        batch: Examples at once, whose gold items all others see.

    Raises:
        ModelError: If the task is not known here.
    """
    sentences = PLAN_TOKENS + SENTENCE_TOKENS
    known = {
        "dialogues": (dialogue, dialogue),
        "records": (dialogue, dialogue),
        "items": (soft + 2 * FACT_TOKENS, FACT_TOKENS),
        "recommendations": (dialogue + (candidates + batch + 1) * soft + FACT_TOKENS, FACT_TOKENS),
        "candidates": (0, 0),
        "matches": (FACT_TOKENS + batch * soft, 0),
        "pairs": (2 * soft, 0),
        "users": (dialogue + soft, 0),
        "wording": (FACT_TOKENS + 4 * sentences, 4 * SENTENCE_TOKENS),
    }
    if task not in known:
        raise ModelError(f"the tokens of task {task!r} are not known; known: {', '.join(known)}")
    return known[task]


def _stage(config: Config, stage: StageConfig, soft: int) -> _Stage:
    dialogue = config.llm.max_dialogue_tokens
    each = soft if config.ranker.candidates == "soft" else TITLE_TOKENS
    losses = [LOSSES[name] for name in stage.losses if name in LOSSES]
    read = learned = 0
    for task in dict.fromkeys(loss.task for loss in losses):
        batch = stage.batch_sizes.get(task, stage.batch_size)
        one = task_tokens(task, dialogue, each, stage.candidates or config.train.candidates, batch)
        read += batch * one[0]
        learned += (
            batch * one[1] * any(loss.task == task and loss.compute is language_modelling for loss in losses)
        )
    return _Stage(read, learned, dialogue, stage.steps * config.train.grad_accumulation)


def _times(cost: Cost, turn: _Turn, stages: list[_Stage], machine: Hardware) -> Times:
    if cost.chatting > machine.memory:
        return Times(None, None, None)
    listing = sum(one.seconds(cost, machine) for one in turn.listing)
    reply = listing + sum(one.seconds(cost, machine) for one in turn.writing)
    fits = [again for again in (False, True) if cost.training(again) <= machine.memory]
    if not fits or not stages:
        return Times(listing, reply, None)
    training = 0.0
    for stage in stages:
        passes = 3 if fits[0] else 2  # in forward passes: back is one more, computing again another
        compute = stage.flops(cost.llm) * (passes / 2) / (machine.flops * machine.reached)
        training += stage.steps * max(compute, passes * cost.llm.layers * machine.layer)
    return Times(listing, reply, training)


def _size(count: float) -> str:
    """Bytes for people: 1.2 GB, 12.3 GB, 123 GB."""
    return f"{count / 1e9:.{1 if count < 1e11 else 0}f} GB"


def span(seconds: float | None) -> str:
    """A time for people, to two figures; None is what does not fit.

    >>> span(95), span(3000), span(None)
    ('95 s', '50 min', 'too small')
    """
    if seconds is None:
        return "too small"
    for unit, length, limit in (("s", 1, 100), ("min", 60, 120), ("h", 3600, 72)):
        if seconds < length * limit:
            return f"{seconds / length:.{1 if seconds < 10 * length else 0}f} {unit}"
    return f"{seconds / 86400:.0f} days"
