"""Losses: each reads the hidden states of one task's batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from wherefore.lm.head import in_full_precision
from wherefore.lm.model import RecommenderLM
from wherefore.lm.prompt import IGNORE
from wherefore.retrieval.judged import divergence_of
from wherefore.training.batches import TaskBatch
from wherefore.training.parallel import everyone


def at(hidden: Tensor, places: Tensor) -> Tensor:
    """Hidden states (b, t, h) at places (b, k) → (b, k, h)."""
    return hidden.gather(1, places.unsqueeze(-1).expand(-1, -1, hidden.shape[-1]))


def _end(hidden: Tensor, task: TaskBatch) -> Tensor:
    """The states at the dialogues' last tokens, (b, h)."""
    return at(hidden, task.places["dialogue"])[:, 0]


def language_modelling(model: RecommenderLM, hidden: Tensor, task: TaskBatch) -> Tensor:
    """Cross-entropy of the supervised tokens: those that the assistant is to write, and no others.

    Logits are computed only where there is a label.
    """
    assert task.batch is not None
    learn = task.batch.labels != IGNORE
    logits = model.logits(hidden[learn])  # (k, v)
    total = functional.cross_entropy(logits.float(), task.batch.labels[learn], reduction="sum")
    return total / max(len(logits), 1)


def ranking(model: RecommenderLM, hidden: Tensor, task: TaskBatch) -> Tensor:
    """Listwise softmax over a sample of each dialogue's candidates, by which the LLM corrects the sources' part.

    ListNet's top-one form (Cao et al., 2007, "Learning to Rank: From Pairwise Approach to Listwise Approach"),
    with the correction of sampled softmax. The sources' part is learned by `source_ranking`, over all candidates;
    here it is taken as it is. Several gold items share the target equally.
    """
    states = at(hidden, task.places["candidates"])  # (b, m, h)
    sources = model.head.settled_source_score(task.targets["features"])
    scores = model.head.llm_score(states, _end(hidden, task)) + sources - task.targets["expected"]  # (b, m)
    return _listwise(scores, task.targets["gold"], task.targets["real"])


def source_ranking(model: RecommenderLM, hidden: Tensor, task: TaskBatch) -> Tensor:
    """Listwise softmax over all candidates by the sources' ranks and scores alone; see `ranking`."""
    scores = model.head.source_score(task.targets["features"])  # (b, m)
    return _listwise(scores, task.targets["gold"], task.targets["real"])


def _listwise(scores: Tensor, gold: Tensor, real: Tensor) -> Tensor:
    """Mean over the dialogues that have a gold candidate of the cross-entropy to equal shares on gold."""
    logs = scores.masked_fill(~real, float("-inf")).log_softmax(-1).masked_fill(~gold, 0.0)
    count = gold.sum(-1)
    losses = -logs.sum(-1) / count.clamp_min(1)
    mean: Tensor = (losses * (count > 0)).sum() / (count > 0).sum().clamp_min(1)
    return mean


def judged_ranking(model: RecommenderLM, hidden: Tensor, task: TaskBatch) -> Tensor:
    """Divergence from a judge's distribution over the candidates that it scored to the ranker's; see `ranking`.

    Soft labels as of UniME-V2 (Gu et al., 2025, arXiv 2510.13515).
    """
    states = at(hidden, task.places["candidates"])  # (b, m, h)
    sources = model.head.settled_source_score(task.targets["features"])
    return _to_judge(model.head.llm_score(states, _end(hidden, task)) + sources, task)


def judged_source_ranking(model: RecommenderLM, hidden: Tensor, task: TaskBatch) -> Tensor:
    """As `judged_ranking`, by the sources' ranks and scores alone."""
    return _to_judge(model.head.source_score(task.targets["features"]), task)


def _to_judge(scores: Tensor, task: TaskBatch) -> Tensor:
    """Mean divergence of scores (b, m) from the judge's, over the turns of which it has an opinion."""
    labels = task.targets["judged"]
    told = (labels > 0).any(-1)
    return divergence_of(scores[told], labels[told]) if told.any() else 0.0 * scores.sum()


def in_batch_ranking(model: RecommenderLM, hidden: Tensor, task: TaskBatch) -> Tensor:
    """Softmax over the gold items of all dialogues in the batch, read by the LLM alone.

    Negatives are other dialogues' gold items (Karpukhin et al., 2020, arXiv 2004.04906), so the LLM learns
    to match dialogue and item where the sources' features cannot help it. The items are read after the dialogue and
    scored by the ranking head, as candidates are; `user_item_contrast` compares what was read apart.
    """
    states = at(hidden, task.places["shared"])  # (b, g, h)
    scores = model.head.llm_score(states, _end(hidden, task))  # (b, g)
    gold = task.targets["shared_gold"].float()
    logs = scores.log_softmax(-1)
    loss: Tensor = -((logs * gold).sum(-1) / gold.sum(-1).clamp_min(1)).mean()
    return loss


def item_text_contrast(model: RecommenderLM, hidden: Tensor, task: TaskBatch) -> Tensor:
    """The LLM's state after an item's soft tokens and after its facts as text should be each other's nearest.

    Item-text contrast of the Item-Language Model (Yang et al., 2024, arXiv 2406.02844), symmetric InfoNCE
    with temperature 0.07. The others are those of all processes.
    """
    item = everyone(at(hidden, task.places["item"])[:, 0])  # (b, h)
    text = everyone(at(hidden, task.places["text"])[:, 0])  # (b, h)
    logits = _likeness(item, text)  # (b, b)
    own = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    return _contrast(logits, own, torch.ones_like(own))


def item_text_matching(model: RecommenderLM, hidden: Tensor, task: TaskBatch) -> Tensor:
    """Whether an item's soft tokens, read after facts as text, are those of the item that the facts are of.

    Item-text matching of BLIP (Li et al., 2022, arXiv 2201.12086) and the Item-Language Model (Yang et al., 2024,
    arXiv 2406.02844): cross-entropy of yes and no for the right pair, one wrong item per text and one wrong text per
    item, the wrong ones drawn in proportion to the softmax of their `item_text_contrast`, so that they are hard to
    tell apart. All b * b pairs are scored in one pass here, so the mean over that draw is taken instead of a draw.

    The ranking head says how well text and item go together, just as it later says so of dialogue and candidate:
    nothing is trained that ranking has no use for.
    """
    items = everyone(
        at(hidden, task.places["items"])
    )  # (b + 1, b, h): item j after text i, and last after nothing
    text = everyone(at(hidden, task.places["text"])[:, 0])[:-1]  # (b, h)
    item = items[-1]  # (b, h)
    scores = model.head.llm_score(items[:-1], text)  # (b, b)
    own = torch.eye(len(scores), dtype=torch.bool, device=scores.device)
    likeness = _likeness(text, item).detach().masked_fill(own, float("-inf"))
    mistaken = functional.softplus(scores)  # cross-entropy of "no"
    missed = functional.softplus(-scores.diagonal())  # of "yes"
    wrong_items = (likeness.softmax(1) * mistaken).sum(1)  # (b,)
    wrong_texts = (likeness.softmax(0) * mistaken).sum(0)  # (b,)
    loss: Tensor = (missed + wrong_items + wrong_texts).mean() / 3
    return loss


def item_item_contrast(model: RecommenderLM, hidden: Tensor, task: TaskBatch) -> Tensor:
    """The LLM's states after the soft tokens of two items that go together should be each other's nearest.

    Item-item contrast of the Item-Language Model (Yang et al., 2024, arXiv 2406.02844), symmetric InfoNCE with
    temperature 0.07. Other items of the batch that go with an item, too, share the target with its partner.
    """
    first = everyone(at(hidden, task.places["first"])[:, 0])  # (b, h)
    second = everyone(at(hidden, task.places["second"])[:, 0])  # (b, h)
    together, apart = (_everyones(task.targets[name]) for name in ("together", "apart"))
    return _contrast(_likeness(first, second), together, apart)


def user_item_contrast(model: RecommenderLM, hidden: Tensor, task: TaskBatch) -> Tensor:
    """The LLM's state at a dialogue's end and after the soft tokens of what was right there should be nearest.

    User-item contrast of the Item-Language Model (Yang et al., 2024, arXiv 2406.02844), with the dialogue for the
    user; symmetric InfoNCE with temperature 0.07 over the dialogues and items of the batch. Dialogue and item are read
    apart, so the item's soft tokens must say by themselves whom the item is for (`in_batch_ranking`: read after the
    dialogue).
    """
    item = everyone(at(hidden, task.places["item"])[:, 0])  # (b, h)
    gold = _everyones(task.targets["gold"])
    return _contrast(_likeness(everyone(_end(hidden, task)), item), gold, torch.ones_like(gold))


def _everyones(flags: Tensor) -> Tensor:
    """Flags (b, …) of this process to those of all."""
    return everyone(flags.to(torch.uint8)).bool()


def _likeness(one: Tensor, other: Tensor) -> Tensor:
    """States (b, h) and (c, h) to the cosines of all pairs, each side centred, over the temperature: (b, c)."""
    with in_full_precision(one):
        return _centred(one.float()) @ _centred(other.float()).T / 0.07


def _centred(states: Tensor) -> Tensor:
    """States (b, h) less their mean, of unit length: what all share tells nothing apart, and could swamp the rest."""
    return nn.functional.normalize(states - states.mean(0), dim=-1)


def _contrast(logits: Tensor, gold: Tensor, real: Tensor) -> Tensor:
    """Symmetric InfoNCE of logits (b, b), with what is right in `gold` and what counts in `real`.

    Van den Oord et al., 2018, arXiv 1807.03748.
    """
    return (_listwise(logits, gold, real) + _listwise(logits.T, gold.T, real.T)) / 2


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
    "item_text_matching": Loss("matches", item_text_matching),
    "item_item_contrast": Loss("pairs", item_item_contrast),
    "user_item_contrast": Loss("users", user_item_contrast),
    "ranking": Loss("recommendations", ranking),
    "source_ranking": Loss("candidates", source_ranking),
    "judged_ranking": Loss("recommendations", judged_ranking),
    "judged_source_ranking": Loss("candidates", judged_source_ranking),
    "in_batch_ranking": Loss("recommendations", in_batch_ranking),
    "reply_lm": Loss("recommendations", language_modelling),
    "wording_lm": Loss("wording", language_modelling),
}
