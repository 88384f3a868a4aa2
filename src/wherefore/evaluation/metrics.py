"""Metrics of one ranking, the slices that a gold item falls into, and intervals over dialogues."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wherefore.corpora.base import Instance

DEPTHS = (1, 5, 10, 20, 50)
METRICS = (*(f"recall@{k}" for k in DEPTHS), "ndcg@10", "mrr")
SLICE_DEPTHS = (1, 10, 50)
# Each gold mention falls into one slice of each group; see `slices_of` and `evaluate`.
SLICES: Mapping[str, tuple[str, ...]] = {
    "turn": ("first", "later"),
    "liked": ("with liked mention", "without"),
    "item": ("head", "middle", "tail", "unseen"),
    "cold": ("cold", "other"),
}
PLACES = ("first", "2-10", "11-50", "beyond 50", "not retrieved")  # where a gold item stands in the ranking

# -- one instance -----------------------------------------------------------------------------------------


def recall_at(ranked: Sequence[str], gold: Sequence[str], k: int) -> float:
    """The share of gold items among the first k.

    >>> recall_at(["a", "b", "c"], ["c", "a"], 2)
    0.5
    """
    top = set(ranked[:k])
    return sum(item in top for item in gold) / len(gold)


def ndcg_at(ranked: Sequence[str], gold: Sequence[str], k: int = 10) -> float:
    """Discounted gain of the gold items among the first k, divided by the best possible.

    >>> ndcg_at(["a", "b"], ["a"])
    1.0
    """
    return _ndcg(ranks_of(ranked, gold), k)


def reciprocal_rank(ranked: Sequence[str], gold: Sequence[str]) -> float:
    """One divided by the place of the first gold item; 0 when there is none.

    >>> reciprocal_rank(["a", "b"], ["b"])
    0.5
    """
    return max(1 / rank for rank in ranks_of(ranked, gold))


def ranks_of(ranked: Sequence[str], gold: Sequence[str]) -> list[float]:
    """The place of each gold item, from 1; infinity where it is not in the ranking."""
    return [ranked.index(item) + 1 if item in ranked else math.inf for item in gold]


def _ndcg(ranks: Sequence[float], k: int = 10) -> float:
    gain = sum(1 / math.log2(rank + 1) for rank in ranks if rank <= k)
    return gain / sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(ranks)) + 1))


# -- what is counted --------------------------------------------------------------------------------------


def popularity_bands(mentions: Mapping[str, int]) -> dict[str, str]:
    """Items with a training mention to head, middle or tail.

    Head: the most named items that together make up half of the mentions; middle: the next that make up
    40 %; tail: the rest. Equal counts are taken in order of id.

    >>> popularity_bands({"a": 6, "b": 3, "c": 2, "d": 1})
    {'a': 'head', 'b': 'middle', 'c': 'middle', 'd': 'tail'}
    """
    total, before = sum(mentions.values()), 0
    bands = {}
    for item in sorted(mentions, key=lambda item: (-mentions[item], item)):
        if mentions[item] > 0:
            bands[item] = "head" if 2 * before < total else "middle" if 10 * before < 9 * total else "tail"
            before += mentions[item]
    return bands


def slices_of(instance: Instance) -> dict[str, str]:
    """The slices of an instance that do not depend on its gold, by group.

    "first": the assistant has named no item yet. "with liked mention": the user has named an item that the
    form filled in after the dialogue does not call disliked. This form is read for slicing alone: no system
    sees it.
    """
    named = [turn.role for turn in instance.context if turn.items]
    feedback = instance.dialogue.feedback
    liked = any(
        item not in feedback or feedback[item].liked is not False
        for turn in instance.context
        if turn.role == "user"
        for item in turn.items
    )
    return {
        "turn": "later" if "assistant" in named else "first",
        "liked": "with liked mention" if liked else "without",
    }


def place_of(rank: float) -> str:
    """A rank from 1, or infinity, as one of `PLACES`.

    >>> place_of(1), place_of(10), place_of(math.inf)
    ('first', '2-10', 'not retrieved')
    """
    if rank == math.inf:
        return PLACES[-1]
    return next((place for place, end in zip(PLACES, (1, 10, 50), strict=False) if rank <= end), PLACES[3])


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def counts_of(ranks: Sequence[float]) -> np.ndarray:
    """(2 + metrics,): gold mentions, instances, hits at each depth, NDCG, reciprocal rank."""
    hits = (sum(rank <= k for rank in ranks) for k in DEPTHS)
    return np.array([len(ranks), 1, *hits, _ndcg(ranks), 1 / min(ranks)])


def intervals(sums: Mapping[tuple[str, str], np.ndarray], resamples: int, seed: int) -> dict[str, Interval]:
    """Counts of each dialogue -> each metric with its interval."""
    table = np.stack(list(sums.values()))  # (dialogues, 2 + metrics)
    values = _figures(table.sum(axis=0)[None])[0]
    low, high = _bootstrap(table, resamples, seed)
    return {
        name: Interval(float(value), float(least), float(most))
        for name, value, least, most in zip(METRICS, values, low, high, strict=True)
    }


def _figures(sums: np.ndarray) -> np.ndarray:
    """(r, 2 + metrics) sums of counts -> (r, metrics)."""
    per_mention, per_instance = sums[:, :1], sums[:, 1:2]
    hits = sums[:, 2 : 2 + len(DEPTHS)]
    return np.concatenate([hits / per_mention, sums[:, 2 + len(DEPTHS) :] / per_instance], axis=1)


def _bootstrap(table: np.ndarray, resamples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(dialogues, 2 + metrics) counts -> the 2.5th and 97.5th percentile of each metric, (metrics,) each."""
    draw, n = random.Random(seed), len(table)
    picks = (np.bincount(draw.choices(range(n), k=n), minlength=n) for _ in range(resamples))
    samples = np.sort(_figures(np.stack([pick @ table for pick in picks])), axis=0)  # (resamples, metrics)
    return samples[int(0.025 * resamples)], samples[int(0.975 * resamples)]
