"""The objective of a stage: its weighted losses."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from wherefore.errors import TrainingError
from wherefore.lm.model import RecommenderLM
from wherefore.lm.prompt import IGNORE
from wherefore.training.batches import TaskBatch
from wherefore.training.losses import (
    LOSSES,
    judged_ranking,
    judged_source_ranking,
    language_modelling,
    ranking,
    source_ranking,
)


def _examples(task: TaskBatch) -> int:
    return task.rows


def _supervised(task: TaskBatch) -> int:
    """Tokens that are learned."""
    assert task.batch is not None
    return int((task.batch.labels != IGNORE).sum())


def _answered(task: TaskBatch) -> int:
    """Turns with a gold candidate."""
    return int(task.targets["gold"].any(-1).sum())


def _judged(task: TaskBatch) -> int:
    """Turns of which a judge has an opinion."""
    return int((task.targets["judged"] > 0).any(-1).sum())


# What a loss is the mean over, where that is not the rows of its batch. One that compares the rows of all processes
# (`everyone`) has the same value in each, and needs no line.
_MEAN_OVER: dict[Callable[..., Tensor], Callable[[TaskBatch], int]] = {
    language_modelling: _supervised,
    ranking: _answered,
    source_ranking: _answered,
    judged_ranking: _judged,
    judged_source_ranking: _judged,
}


def check_losses(model: RecommenderLM, weights: Mapping[str, float]) -> None:
    """Find what a stage could not train, before hours of the stages ahead of it.

    Raises:
        TrainingError: If there is no loss or an unknown one, or one that trains only what is frozen or does not count.
    """
    unknown = sorted(set(weights) - set(LOSSES))
    if unknown:
        raise TrainingError(f"unknown loss {', '.join(unknown)}; known: {', '.join(sorted(LOSSES))}")
    if not weights:
        raise TrainingError(f"a stage needs at least one loss; known: {', '.join(sorted(LOSSES))}")
    frozen = not any(weight.requires_grad for weight in model.lm.parameters())
    idle = [name for name in weights if LOSSES[name].task in ("dialogues", "records")] if frozen else []
    if idle:
        raise TrainingError(
            f"loss {', '.join(idle)} trains the LLM alone, and the LLM is frozen (`llm.lora` is null); take it "
            "out of the stage, or give the LLM an adapter"
        )
    for counts, option, part, names in (
        (
            model.head.reads_features,
            "ranker.features",
            "the sources' part",
            ("source_ranking", "judged_source_ranking"),
        ),
        (model.head.reads_states, "ranker.llm", "the LLM's part", ("in_batch_ranking", "item_text_matching")),
    ):
        idle = [name for name in names if name in weights and not counts]
        if idle:
            raise TrainingError(
                f"loss {', '.join(idle)} trains {part} of the ranking head, and `{option}` is false; take it out of "
                "the stage, or the whole stage"
            )


class Objective(nn.Module):
    """The weighted losses of one stage. Losses of one task share its batch and its forward pass.

    Args:
        model: The model to train.
        weights: Names of LOSSES with their weights.

    Raises:
        TrainingError: See `check_losses`.
    """

    def __init__(self, model: RecommenderLM, weights: Mapping[str, float]) -> None:
        super().__init__()
        self.model = model
        # Accelerate asks what it is to train which modules FSDP may cut up one by one: the LLM's layers.
        self._no_split_modules = model.causal_lm._no_split_modules
        self.turn_to(weights)

    def turn_to(self, weights: Mapping[str, float]) -> None:
        """Go on with the losses of another stage.

        Raises:
            TrainingError: See `check_losses`.
        """
        check_losses(self.model, weights)
        self.weights = dict(weights)
        self.tasks = tuple(dict.fromkeys(LOSSES[name].task for name in weights))

    def shares(
        self, parts: Mapping[str, TaskBatch], whole: Mapping[str, TaskBatch], of: int
    ) -> dict[str, float]:
        """How much each loss of one process' part counts, so that the mean over the processes is the whole's.

        Args:
            parts: That of each batch which the process has, by task.
            whole: The batches, by task.
            of: How many processes share them.
        """
        shares = {}
        for name in self.weights:
            count = _MEAN_OVER.get(LOSSES[name].compute, _examples)
            task = LOSSES[name].task
            shares[name] = of * count(parts[task]) / max(count(whole[task]), 1)
        return shares

    def forward(
        self, batches: Mapping[str, TaskBatch], shares: Mapping[str, float] | None = None
    ) -> dict[str, Tensor]:
        """Each loss by name, and their weighted sum as `loss`; each times its share, where processes share a batch."""
        parts: dict[str, Tensor] = {}
        for task in self.tasks:
            batch = batches[task]
            reads = batch.batch is not None and batch.signals is not None
            hidden = self.model(batch.batch, batch.signals) if reads else torch.empty(0)
            for name in self.weights:
                if LOSSES[name].task == task:
                    parts[name] = LOSSES[name].compute(self.model, hidden, batch)
                    if shares is not None:
                        parts[name] = shares[name] * parts[name]
        total = torch.stack([self.weights[name] * part for name, part in parts.items()]).sum()
        return {"loss": total, **parts}
