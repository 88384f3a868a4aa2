"""What the model is trained for: each loss reads the hidden states of one task's batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

from wherefore.item_encoder import ItemSignals
from wherefore.model import RecommenderLM
from wherefore.prompt import IGNORE, Batch


@dataclass(frozen=True)
class TaskBatch:
    """A batch with what its task's losses need besides the tokens.

    Attributes:
        batch: The tokens.
        signals: Of `batch.items`.
        places: Named token places, (b, …) indices into the batch's tokens.
        targets: Named targets and features.
    """

    batch: Batch
    signals: ItemSignals
    places: Mapping[str, Tensor] = field(default_factory=dict)
    targets: Mapping[str, Tensor] = field(default_factory=dict)

    def to(self, device: torch.device) -> TaskBatch:
        """The same batch on a device."""
        tensors = {name: part.to(device) for name, part in self.batch._asdict().items() if name != "ends"}
        batch = Batch(**tensors, ends=self.batch.ends)
        extra = self.signals.extra and {name: value.to(device) for name, value in self.signals.extra.items()}
        return TaskBatch(
            batch,
            ItemSignals(self.signals.text.to(device), extra),
            {name: value.to(device) for name, value in self.places.items()},
            {name: value.to(device) for name, value in self.targets.items()},
        )


def at(hidden: Tensor, places: Tensor) -> Tensor:
    """Hidden states (b, t, h) at places (b, k) → (b, k, h)."""
    return hidden.gather(1, places.unsqueeze(-1).expand(-1, -1, hidden.shape[-1]))


def language_modelling(model: RecommenderLM, hidden: Tensor, task: TaskBatch) -> Tensor:
    """Cross-entropy of the supervised tokens: those that the assistant is to write, and no others.

    Logits are computed only where there is a label.
    """
    learn = task.batch.labels != IGNORE
    logits = model.logits(hidden[learn])  # (k, v)
    return functional.cross_entropy(logits.float(), task.batch.labels[learn])


def ranking(model: RecommenderLM, hidden: Tensor, task: TaskBatch) -> Tensor:
    """Listwise softmax over each dialogue's retrieved candidates (ListNet's top-one form).

    Cao et al., 2007, "Learning to Rank: From Pairwise Approach to Listwise Approach". With several gold
    items, each gets an equal share of the target.
    """
    states = at(hidden, task.places["candidates"])  # (b, m, h)
    scores = model.head(states, task.targets["features"]).total  # (b, m)
    scores = scores.masked_fill(~task.targets["real"], float("-inf"))
    gold = task.targets["gold"].float()
    logs = scores.log_softmax(-1).masked_fill(gold == 0, 0.0)
    has_gold = gold.sum(-1) > 0
    losses = -(logs * gold).sum(-1) / gold.sum(-1).clamp_min(1)
    mean: Tensor = (losses * has_gold).sum() / has_gold.sum().clamp_min(1)
    return mean


def in_batch_ranking(model: RecommenderLM, hidden: Tensor, task: TaskBatch) -> Tensor:
    """Softmax over the gold items of all dialogues in the batch, read by the LLM alone.

    Negatives are other dialogues' gold items (Karpukhin et al., 2020, arXiv 2004.04906), so the LLM learns
    to match dialogue and item where the sources' features cannot help it.
    """
    states = at(hidden, task.places["shared"])  # (b, g, h)
    scores = model.head.llm_score(states)  # (b, g)
    gold = task.targets["shared_gold"].float()
    logs = scores.log_softmax(-1)
    loss: Tensor = -((logs * gold).sum(-1) / gold.sum(-1).clamp_min(1)).mean()
    return loss


def item_text_contrast(model: RecommenderLM, hidden: Tensor, task: TaskBatch) -> Tensor:
    """The LLM's state after an item's soft tokens and after its facts as text should be each other's nearest.

    Item-text contrast of the Item-Language Model (Yang et al., 2024, arXiv 2406.02844), symmetric InfoNCE
    with temperature 0.07.
    """
    item = nn.functional.normalize(at(hidden, task.places["item"])[:, 0].float(), dim=-1)  # (b, h)
    text = nn.functional.normalize(at(hidden, task.places["text"])[:, 0].float(), dim=-1)  # (b, h)
    logits = item @ text.T / 0.07  # (b, b)
    same = torch.arange(len(item), device=logits.device)
    return (functional.cross_entropy(logits, same) + functional.cross_entropy(logits.T, same)) / 2


@dataclass(frozen=True)
class Loss:
    """A loss and the task whose batches it reads."""

    task: str
    compute: Callable[[RecommenderLM, Tensor, TaskBatch], Tensor]


LOSSES: dict[str, Loss] = {
    "dialogue_lm": Loss("dialogues", language_modelling),
    "record_lm": Loss("records", language_modelling),
    "item_to_text": Loss("items", language_modelling),  # item-grounded generation of the Item-Language Model
    "item_text_contrast": Loss("items", item_text_contrast),
    "ranking": Loss("recommendations", ranking),
    "in_batch_ranking": Loss("recommendations", in_batch_ranking),
    "reply_lm": Loss("recommendations", language_modelling),
    "wording_lm": Loss("wording", language_modelling),
}


class Objective(nn.Module):
    """The weighted losses of one stage. Losses of one task share its batch and its forward pass.

    Args:
        model: The model to train.
        weights: Names of LOSSES with their weights.

    Raises:
        ValueError: If a loss is unknown.
    """

    def __init__(self, model: RecommenderLM, weights: Mapping[str, float]) -> None:
        super().__init__()
        unknown = sorted(set(weights) - set(LOSSES))
        if unknown:
            raise ValueError(f"unknown loss {', '.join(unknown)}; known: {', '.join(sorted(LOSSES))}")
        if not weights:
            raise ValueError(f"a stage needs at least one loss; known: {', '.join(sorted(LOSSES))}")
        self.model = model
        self.weights = dict(weights)
        self.tasks = tuple(dict.fromkeys(LOSSES[name].task for name in weights))

    def forward(self, batches: Mapping[str, TaskBatch]) -> dict[str, Tensor]:
        """Each loss by name, and their weighted sum as `loss`."""
        parts: dict[str, Tensor] = {}
        for task in self.tasks:
            batch = batches[task]
            hidden = self.model(batch.batch, batch.signals)
            for name in self.weights:
                if LOSSES[name].task == task:
                    parts[name] = LOSSES[name].compute(self.model, hidden, batch)
        total = torch.stack([self.weights[name] * part for name, part in parts.items()]).sum()
        return {"loss": total, **parts}
