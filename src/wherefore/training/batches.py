"""Batches of a task: tokens, and the places and targets that its losses need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wherefore.errors import TrainingError
from wherefore.lm.item_encoder import ItemSignals
from wherefore.lm.prompt import SOFT, Batch, Example


def at_least_two(drawn: Sequence[Any] | np.ndarray, task: str) -> None:
    """Raise a TrainingError where a batch of `task` has fewer than two examples."""
    if len(drawn) < 2:
        raise TrainingError(
            f"a batch of task {task!r} has {len(drawn)} of at least 2 examples to tell from each other; raise "
            f"`batch_size` of its stage, or `batch_sizes: {{{task}: 8}}`"
        )


def tokens_of(example: Example) -> int:
    """Its length in a batch."""
    return len(example.trunk.ids) + sum(len(branch.ids) for branch in example.branches)


@dataclass(frozen=True)
class TaskBatch:
    """A batch with what its task's losses need besides the tokens.

    Attributes:
        batch: The tokens; None for a task in which the LLM reads nothing.
        signals: Of `batch.items`.
        places: Named token places, (b, …) indices into the batch's tokens.
        targets: Named targets and features, (b, …).
    """

    batch: Batch | None
    signals: ItemSignals | None
    places: Mapping[str, Tensor] = field(default_factory=dict)
    targets: Mapping[str, Tensor] = field(default_factory=dict)

    def to(self, device: torch.device) -> TaskBatch:
        """The same batch on a device."""
        return TaskBatch(
            None if self.batch is None else _batch_to(self.batch, device),
            None if self.signals is None else self.signals.to(device),
            {name: value.to(device) for name, value in self.places.items()},
            {name: value.to(device) for name, value in self.targets.items()},
        )

    @property
    def tokens(self) -> int:
        """How many tokens the LLM reads, with padding."""
        return 0 if self.batch is None else self.batch.ids.numel()

    @property
    def rows(self) -> int:
        """How many examples: b."""
        return len(next(iter(self.targets.values())) if self.batch is None else self.batch.ids)

    def part(self, number: int, of: int) -> TaskBatch:
        """The share of process `number`, from 0, of `of` that train on this batch together: rows side by side.

        Raises:
            TrainingError: If there are fewer rows than processes.
        """
        if of == 1:
            return self
        if self.rows < of:
            raise TrainingError(
                f"a batch of {self.rows} examples cannot be shared by {of} processes; raise "
                "`train.stages[..].batch_size` (it counts all processes together), or start fewer of them"
            )
        start, end = self.rows * number // of, self.rows * (number + 1) // of
        batch, signals = self.batch, self.signals
        if batch is not None and signals is not None:
            soft = (batch.ids == SOFT).sum(1)
            each = int(soft.sum()) // max(len(signals), 1) or 1  # soft tokens of an item
            shown = slice(int(soft[:start].sum()) // each, int(soft[:end].sum()) // each)
            width = int((batch.branch[start:end] >= 0).sum(1).max())
            items = torch.arange(len(signals))[shown]
            batch = Batch(
                ids=batch.ids[start:end, :width],
                branch=batch.branch[start:end, :width],
                positions=batch.positions[start:end, :width],
                labels=batch.labels[start:end, :width],
                items=batch.items[shown],
                ends=batch.ends[start:end],
            )
            signals = signals.of(items)
        return TaskBatch(
            batch,
            signals,
            {name: value[start:end] for name, value in self.places.items()},
            {name: value[start:end] for name, value in self.targets.items()},
        )


def _batch_to(batch: Batch, device: torch.device) -> Batch:
    tensors = {name: part.to(device) for name, part in batch._asdict().items() if name != "ends"}
    return Batch(**tensors, ends=batch.ends)
