"""Diverse lists: no five sequels of one film, and a place for each of several tastes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_ONE_TASTE = 0.6  # cosine from which two liked items are of one taste


def diverse(
    scores: np.ndarray,
    vectors: np.ndarray,
    k: int,
    weight: float,
    liked: np.ndarray | None = None,
    series: Sequence[tuple[int, ...]] = (),
) -> np.ndarray:
    """Choose k items one by one, each for its score and for being unlike those chosen before it.

    Maximal marginal relevance (Carbonell and Goldstein, 1998): from an item's score goes `weight` times its likeness
    to the most alike of those chosen. Where the liked items are of several tastes, each taste is sure of places: with
    t tastes at least k // (t + 1) and at least one, the newest tastes first when there are more than k.

    >>> import numpy as np
    >>> vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    >>> diverse(np.array([2.0, 1.9, 1.5]), vectors, 2, weight=1.0).tolist()
    [0, 2]

    Args:
        scores: Of the candidates (m,), as logits.
        vectors: Of the candidates (m, d), unit rows.
        k: How many to choose; all when there are fewer.
        weight: What an item that equals one before it loses, in logits; 0 chooses by score alone.
        liked: Vectors of the liked items (l, d), unit rows, the newest last.
        series: What each candidate belongs to; two in one series count as equal. Empty for none.

    Returns:
        Places of the chosen candidates, in the order of their choice: the best by score is always the first.
    """
    left = scores.astype(np.float64)
    k = min(k, len(left))
    if weight <= 0 or k < 2:
        return np.argsort(-left, kind="stable")[:k]
    usual = float((vectors @ vectors.mean(0)).mean())  # of two candidates at random
    alike = np.zeros(len(left))
    taste, quota = _tastes(vectors, liked, k)
    free = np.ones(len(left), dtype=bool)
    chosen: list[int] = []
    for step in range(k):
        allowed = free
        owed = [one for one, number in enumerate(quota) if number > 0]
        if step and sum(quota) >= k - step and owed:  # the places that are left are promised
            promised = free & np.isin(taste, owed)
            allowed = promised if promised.any() else free
        worth = np.where(allowed, left - weight * alike, -np.inf)
        best = int(np.argmax(worth))
        chosen.append(best)
        free[best] = False
        if quota:
            quota[taste[best]] = max(quota[taste[best]] - 1, 0)
        near = np.clip((vectors @ vectors[best] - usual) / max(1 - usual, 1e-6), 0, 1)
        if series and series[best]:
            near[[one == series[best] for one in series]] = 1.0
        alike = np.maximum(alike, near)
    return np.array(chosen, dtype=np.int64)


def _tastes(vectors: np.ndarray, liked: np.ndarray | None, k: int) -> tuple[np.ndarray, list[int]]:
    """Which taste each candidate is of, (m,), and how many places each taste is sure of; none with one taste."""
    if liked is None or len(liked) < 2:
        return np.zeros(len(vectors), dtype=np.int64), []
    group = list(range(len(liked)))  # single linkage
    for one, two in zip(*np.nonzero(np.triu(liked @ liked.T, 1) >= _ONE_TASTE), strict=True):
        group = [group[one] if each == group[two] else each for each in group]
    newest = list(dict.fromkeys(reversed(group)))[:k]
    if len(newest) < 2:
        return np.zeros(len(vectors), dtype=np.int64), []
    number = {each: place for place, each in enumerate(newest)}
    kept = [place for place, each in enumerate(group) if each in number]
    nearest = (vectors @ liked[kept].T).argmax(1)
    of = np.array([number[group[place]] for place in kept])
    return of[nearest], [max(1, k // (len(newest) + 1))] * len(newest)


def spread(vectors: np.ndarray) -> float:
    """Intra-list diversity: one minus the mean cosine of all pairs of a list's vectors (k, d); 0 for one item."""
    if len(vectors) < 2:
        return 0.0
    cosines = vectors @ vectors.T
    return float(1 - (cosines.sum() - np.trace(cosines)) / (len(vectors) * (len(vectors) - 1)))
