"""The training of a query network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from wherefore.progress import Progress
from wherefore.retrieval.events import QUERY, USER, Events
from wherefore.retrieval.item_inputs import ItemInputs
from wherefore.retrieval.judged import Judging, divergence
from wherefore.retrieval.query_network import QueryTower, rounded


@dataclass(frozen=True, slots=True)
class QueryTraining:
    """How a network is trained; see `wherefore.retrieval.tower.Tower` for the settings."""

    epochs: int
    batch_size: int
    lr: float
    weight_decay: float
    user_weight: float
    bf16: bool
    judging: Judging | None = None

    def run(
        self,
        tower: QueryTower,
        lessons: Sequence[Events],
        texts: Tensor,
        inputs: ItemInputs,
        seed: int,
        progress: Progress,
    ) -> list[float]:
        """Train on dialogues with gold items; gives the mean loss of each epoch.

        The weights end as rounded as they are kept, so that a restored network gives the same scores.

        Raises:
            FloatingPointError: If the loss is no longer a number.
        """
        rng, draws = np.random.default_rng(seed), np.random.default_rng([seed, 1])
        optimizer = self._optimizer(tower)
        steps, done = self.epochs * math.ceil(len(lessons) / self.batch_size), 0
        history = []
        tower.train()
        for epoch in range(self.epochs):
            losses = []
            for chosen in _batches(lessons, self.batch_size, rng):
                for group in optimizer.param_groups:
                    group["lr"] = self.lr * _rate(done, steps)
                loss = self._step(tower, [lessons[number] for number in chosen], texts, inputs, draws)
                if not math.isfinite(loss.item()):
                    raise FloatingPointError(
                        f"the loss of source 'tower' is {loss.item()} in epoch {epoch + 1}; lower its `lr`, "
                        f"now {self.lr}"
                    )
                optimizer.zero_grad()
                torch.autograd.backward(loss)
                nn.utils.clip_grad_norm_(tower.parameters(), 1.0)
                optimizer.step()
                losses.append(loss.item())
                done += 1
                progress(done, steps)
            history.append(sum(losses) / len(losses))
        tower.eval()
        with torch.no_grad():
            for tensor in tower.state_dict().values():
                tensor.copy_(torch.from_numpy(rounded(tensor)))
        return history

    def _step(
        self,
        tower: QueryTower,
        batch: Sequence[Events],
        texts: Tensor,
        inputs: ItemInputs,
        draws: np.random.Generator,
    ) -> Tensor:
        """The loss of a batch."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16):
            items = tower.items(inputs)  # (n, w)
            queries = tower(batch, items, texts)  # (q, w)
            unit = functional.normalize(items.float(), dim=-1)
            scores = tower.scores(queries, unit, inputs)  # (q, n)
        how, scores = self.judging, scores.float()
        if how is None:
            return gold_loss(scores, batch, self.user_weight)
        loss = gold_loss(scores, batch, self.user_weight, offsets(batch, how, len(unit), draws))
        if how.weight:
            verdicts = [verdict for events in batch for verdict in events.judged]
            loss = loss + how.weight * divergence(scores, verdicts, how.temperature)
        return loss

    def _optimizer(self, tower: QueryTower) -> torch.optim.Optimizer:
        matrices: list[nn.Parameter] = []
        others: list[nn.Parameter] = []
        for name, weight in tower.named_parameters():
            small = weight.ndim < 2 or "kinds." in name or "distance." in name
            (others if small else matrices).append(weight)
        groups = [
            {"params": matrices, "weight_decay": self.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=self.lr, fused=True)


def gold_loss(
    scores: Tensor, batch: Sequence[Events], user_weight: float, offset: Tensor | None = None
) -> Tensor:
    """Mean cross-entropy of the gold items under scores (q, n), to which `offset` is added.

    Items named before are out of the race, and so are those with an offset of -inf.
    """
    gold = [rows for events in batch for rows in events.gold]
    named = [rows for events in batch for rows in events.named]
    roles = np.concatenate([events.roles[events.kinds == QUERY] for events in batch])
    out = torch.zeros(scores.shape, dtype=torch.bool)
    out[_line(named), np.concatenate(named)] = True
    if offset is not None:
        out, scores = out | offset.isneginf(), scores + offset
    logs = scores.masked_fill(out, -1e4).log_softmax(-1)
    lines = _line(gold)
    weights = torch.from_numpy(np.where(roles == USER, user_weight, 1.0)[lines]).float()
    picked = logs[lines, np.concatenate(gold)]
    return -(picked * weights).sum() / weights.sum().clamp_min(1e-6)


def offsets(batch: Sequence[Events], how: Judging, items: int, draws: np.random.Generator) -> Tensor:
    """What is added to the scores of each query's items before they are compared, (q, n).

    -inf for what is no negative: what a judge finds about as good as what was named, and with `negatives` all that is
    neither hard nor drawn at random. What was named next is left alone.
    """
    gold = [rows for events in batch for rows in events.gold]
    verdicts = [verdict for events in batch for verdict in events.judged]
    made = torch.full((len(gold), items), 0.0 if how.negatives is None else -torch.inf)
    hard = [np.zeros(0, dtype=np.int64) if one is None else one.hard(how) for one in verdicts]
    if how.negatives is not None:
        hard = [rows[: how.negatives] for rows in hard]
        for line, rows in enumerate(hard):
            drawn = draws.integers(items, size=how.negatives)[len(rows) :]
            shown = math.log((items - len(rows)) / max(len(drawn), 1)) if how.corrected else 0.0
            made[line, torch.from_numpy(drawn)] = shown
            made[line, torch.from_numpy(rows)] = 0.0
    for line, verdict in enumerate(verdicts):
        if verdict is not None:
            out = verdict.rows[verdict.false_negatives(how.margin)]
            made[line, torch.from_numpy(out)] = -torch.inf
    made[_line(gold), np.concatenate(gold)] = 0.0
    return made


def _rate(done: int, steps: int) -> float:
    """Share of the highest learning rate: it rises for up to 100 steps, then falls along a cosine to 0.03."""
    rise = min(100, max(steps // 5, 1))
    return min(1.0, (done + 1) / rise) * (0.03 + 0.485 * (1 + math.cos(math.pi * done / steps)))


def _line(parts: Sequence[np.ndarray]) -> np.ndarray:
    """For the concatenation of parts, the number of the part that each entry is from."""
    return np.repeat(np.arange(len(parts)), [len(part) for part in parts])


def _batches(lessons: Sequence[Events], size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """All numbers in random order, cut into batches of similar length."""
    order = rng.permutation(len(lessons))
    batches: list[np.ndarray] = []
    for start in range(0, len(order), 16 * size):
        near = sorted(order[start : start + 16 * size], key=lambda number: len(lessons[number]))
        cut = [np.array(near[place : place + size]) for place in range(0, len(near), size)]
        batches += [cut[place] for place in rng.permutation(len(cut))]
    return batches
