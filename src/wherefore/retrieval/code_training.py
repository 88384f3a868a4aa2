"""The training of a language model that writes items' codes: epoch by epoch, ended early, resumable."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wherefore.errors import CheckpointError, ConfigError
from wherefore.files import recover, write_aside
from wherefore.progress import Progress
from wherefore.retrieval.checks import above_zero, at_least_one, zero_or_more
from wherefore.retrieval.code_decoder import CodeDecoder
from wherefore.retrieval.code_lessons import Lesson, Tokenizer, Tokens
from wherefore.retrieval.events import USER

_FEW = 20  # lessons; of fewer none are held out
_NEAR = 16  # batches' worth of dialogues from which those of like length are put together


@dataclass(frozen=True, slots=True)
class CodeTraining:
    """How it is trained; see `wherefore.retrieval.generative.GenerativeCodes` for the settings."""

    epochs: int
    patience: int
    batch_size: int
    lr: float
    weight_decay: float
    user_weight: float
    held_out: float
    seed: int
    bf16: bool
    device: str

    def __post_init__(self) -> None:
        at_least_one(epochs=self.epochs, patience=self.patience, batch_size=self.batch_size)
        above_zero(lr=self.lr)
        zero_or_more(weight_decay=self.weight_decay, user_weight=self.user_weight)
        if not 0 <= self.held_out < 0.5:
            raise ConfigError(f"`held_out` is {self.held_out}; it must be at least 0 and less than 0.5")

    def run(
        self,
        decoder: CodeDecoder,
        tokenizer: Tokenizer,
        lessons: Sequence[tuple[Lesson, np.ndarray]],
        texts: Tensor,
        vectors: Tensor,
        progress: Progress,
        folder: Path | None = None,
    ) -> list[dict[str, float]]:
        """Train; the decoder ends with the weights that were best on the newest dialogues, which are held out.

        Args:
            decoder: With fresh weights.
            tokenizer: Makes tokens of lessons.
            lessons: Dialogues that foretell something, oldest first, with the rows of their texts.
            texts: (any, d) vectors of texts.
            vectors: (n, d_items) of items.
            progress: Told (steps done, of).
            folder: Where the state is kept after each epoch, under a name that depends on all that decides it.

        Returns:
            Of each epoch `loss`, `held_out` (nats for each item) and `seconds`.

        Raises:
            FloatingPointError: If the loss is no longer a number.
            CheckpointError: If what is kept in the folder is damaged.
        """
        count = int(self.held_out * len(lessons)) if len(lessons) >= _FEW else 0
        work = _Work(
            self, decoder.to(self.device), tokenizer, lessons[: len(lessons) - count], texts, vectors
        )
        held = [tokenizer(lesson, rows) for lesson, rows in lessons[len(lessons) - count :]]
        state = None if folder is None else _State(folder, self, decoder, lessons, tokenizer)
        log = [] if state is None else state.load(work)
        steps = math.ceil(len(work.lessons) / self.batch_size)
        while len(log) < self.epochs and not self._waited(log):
            began = time.monotonic()
            loss = work.epoch(len(log), steps, progress)
            told = {"loss": loss, "held_out": work.measure(held), "seconds": time.monotonic() - began}
            if not held or all(told["held_out"] < one["held_out"] for one in log):
                work.best = {name: one.detach().cpu().clone() for name, one in decoder.learned.items()}
            log.append({name: round(one, 5) for name, one in told.items()})
            if state is not None:
                state.save(work, log)
        progress(self.epochs * steps, self.epochs * steps)
        decoder.cpu().eval()
        with torch.no_grad():
            for name, weight in decoder.learned.items():
                weight.copy_(torch.from_numpy(in_short(work.best[name]).astype(np.float32)))
        return log

    def _waited(self, log: Sequence[Mapping[str, float]]) -> bool:
        """Whether so many epochs in a row were no better."""
        figures = [one["held_out"] for one in log]
        return (
            bool(log)
            and not math.isnan(figures[-1])
            and len(log) - 1 - int(np.argmin(figures)) >= self.patience
        )


def in_short(weight: Tensor) -> np.ndarray:
    """A weight as it is saved: matrices as float16, the rest, which is small, as float32."""
    made: np.ndarray = (
        weight.detach().cpu().float().numpy().astype(np.float16 if weight.ndim > 1 else np.float32)
    )
    return made


@dataclass
class _Work:
    """A training as it goes on."""

    how: CodeTraining
    decoder: CodeDecoder
    tokenizer: Tokenizer
    lessons: Sequence[tuple[Lesson, np.ndarray]]
    texts: Tensor
    vectors: Tensor
    best: dict[str, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.texts, self.vectors = self.texts.to(self.how.device), self.vectors.to(self.how.device)
        learning = [weight for weight in self.decoder.parameters() if weight.requires_grad]
        groups = [
            {
                "params": [one for one in learning if one.ndim > 1],
                "weight_decay": self.how.weight_decay,
            },
            {"params": [one for one in learning if one.ndim < 2], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=self.how.lr)

    def epoch(self, number: int, steps: int, progress: Progress) -> float:
        """One pass; gives the mean loss. Order and dropout depend on seed and number alone."""
        rng = np.random.default_rng([self.how.seed, number])
        torch.manual_seed(self.how.seed * 1009 + number)
        self.decoder.train()
        losses = []
        for done, chosen in enumerate(self._batches(rng)):
            step = number * steps + done
            for group in self.optimizer.param_groups:
                group["lr"] = self.how.lr * _rate(step, self.how.epochs * steps)
            drawn = [self.lessons[place] for place in chosen]
            batch = [self.tokenizer(lesson, rows, rng) for lesson, rows in drawn]
            loss = self.loss([one for one in batch if len(one.at)])
            if not math.isfinite(loss.item()):
                raise FloatingPointError(
                    f"the loss of source 'codes' is {loss.item()} in epoch {number + 1}; lower its `lr`, "
                    f"now {self.how.lr}"
                )
            self.optimizer.zero_grad()
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(self.decoder.parameters(), 1.0)
            self.optimizer.step()
            losses.append(loss.item())
            progress(step + 1, self.how.epochs * steps)
        self.decoder.eval()
        return sum(losses) / len(losses)

    def loss(self, batch: Sequence[Tokens]) -> Tensor:
        """Nats for each item: the codes that items go on with, softmax over those that exist there."""
        with torch.autocast(self.how.device, dtype=torch.bfloat16, enabled=self.how.bf16):
            states = self.decoder(batch, self.texts, self.vectors)
        at, trie = np.concatenate([one.depths for one in batch]), self.tokenizer.trie
        nodes, wanted = (
            np.concatenate([getattr(one, name) for one in batch]) for name in ("nodes", "wanted")
        )
        roles = np.concatenate([one.roles for one in batch])
        weights = torch.from_numpy(np.where(roles == USER, self.how.user_weight, 1.0)).to(states)
        total = states.new_zeros((), dtype=torch.float32)
        for depth in np.unique(at):
            here = np.flatnonzero(at == depth)
            start = self.tokenizer.start(int(depth))
            logits = self.decoder.logits(states[here].float(), start, trie.width)
            follows = torch.from_numpy(trie.following(int(depth), nodes[here])).to(logits.device)
            logs = logits.masked_fill(~follows, -1e9).log_softmax(-1)
            picked = logs[torch.arange(len(here)), torch.from_numpy(wanted[here]).to(logs.device)]
            total = total - (picked * weights[here].float()).sum()
        items = weights[np.flatnonzero(at == 0)].float().sum()
        mean: Tensor = total / items.clamp_min(1e-6)
        return mean

    @torch.inference_mode()
    def measure(self, held: Sequence[Tokens]) -> float:
        """Nats for each item of dialogues that are not learned from; NaN without any."""
        held = [one for one in held if len(one.at)]
        if not held:
            return math.nan
        total = items = 0.0
        for start in range(0, len(held), self.how.batch_size):
            batch = held[start : start + self.how.batch_size]
            count = sum(
                float(np.where(one.roles == USER, self.how.user_weight, 1.0)[one.depths == 0].sum())
                for one in batch
            )
            total += count * self.loss(batch).item()
            items += count
        return total / max(items, 1e-6)

    def _batches(self, rng: np.random.Generator) -> list[np.ndarray]:
        """All lessons in random order, those of like length together."""
        order, size = rng.permutation(len(self.lessons)), self.how.batch_size
        length = [
            len(lesson.messages) + 2 * sum(len(one.rows) for one in lesson.messages)
            for lesson, _ in self.lessons
        ]
        made: list[np.ndarray] = []
        for start in range(0, len(order), _NEAR * size):
            near = sorted(order[start : start + _NEAR * size], key=lambda place: length[place])
            made += [np.array(near[place : place + size]) for place in range(0, len(near), size)]
        return [made[place] for place in rng.permutation(len(made))]


def _rate(done: int, steps: int) -> float:
    """Share of the highest learning rate: it rises for up to 100 steps, then falls along a cosine to 0.03."""
    rise = min(100, max(steps // 5, 1))
    return min(1.0, (done + 1) / rise) * (0.03 + 0.485 * (1 + math.cos(math.pi * done / steps)))


class _State:
    """What is kept of a training after each epoch, replaced as a whole."""

    def __init__(
        self,
        folder: Path,
        how: CodeTraining,
        decoder: CodeDecoder,
        lessons: Sequence[tuple[Lesson, np.ndarray]],
        tokenizer: Tokenizer,
    ) -> None:
        digest = hashlib.sha256(json.dumps(asdict(how)).encode())
        digest.update(json.dumps({name: list(one.shape) for name, one in decoder.learned.items()}).encode())
        digest.update(tokenizer.trie.codes.tobytes())
        for lesson, _ in lessons:
            digest.update(repr(lesson).encode())
        self.folder = folder / f"codes-{digest.hexdigest()[:16]}"

    def load(self, work: _Work) -> list[dict[str, float]]:
        """Go on where it was; from the beginning where nothing is kept."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        recover(self.folder)
        if not self.folder.is_dir():
            return []
        try:
            log = list(json.loads((self.folder / "state.json").read_text(encoding="utf-8")))
            tensors = load_file(self.folder / "state.safetensors")
            with torch.no_grad():
                for name, weight in work.decoder.learned.items():
                    weight.copy_(tensors[f"now.{name}"])
                    work.best[name] = tensors[f"best.{name}"]
            state = work.optimizer.state_dict()
            numbers = [number for group in state["param_groups"] for number in group["params"]]
            state["state"] = {number: _part(tensors, f"optimizer.{number}.") for number in numbers}
            work.optimizer.load_state_dict(state)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise CheckpointError(f"{self.folder} is damaged ({error}); delete it and train again") from error
        return log

    def save(self, work: _Work, log: Sequence[Mapping[str, float]]) -> None:
        """Write it aside, then rename it."""
        from safetensors.torch import save_file

        tensors: dict[str, Any] = {f"now.{name}": one for name, one in work.decoder.learned.items()}
        tensors |= {f"best.{name}": one for name, one in work.best.items()}
        for number, one in work.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{number}.{name}": tensor for name, tensor in one.items()}
        with write_aside(self.folder) as aside:
            aside.mkdir()
            save_file(
                {name: one.detach().cpu().contiguous().clone() for name, one in tensors.items()},
                aside / "state.safetensors",
            )
            (aside / "state.json").write_text(json.dumps(list(log), indent=1), encoding="utf-8")


def _part(tensors: Mapping[str, Tensor], start: str) -> dict[str, Tensor]:
    return {name.removeprefix(start): one for name, one in tensors.items() if name.startswith(start)}
