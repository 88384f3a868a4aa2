"""Diverse lists: no five sequels of one film, and a place for each of several tastes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_TASTE = 0.5  # of the weight against likeness: what a taste that nothing listed serves is worth
_SHARPNESS = 10.0  # cosine .1 closer to one liked item than to another makes it e times as much of that taste


def diverse(
    scores: np.ndarray,
    vectors: np.ndarray,
    k: int,
    weight: float,
    liked: np.ndarray | None = None,
    same: Callable[[int, int], bool] | None = None,
) -> np.ndarray:
    """Choose k items one by one, each for its score, for being unlike those before it, and for an unserved taste.

    Maximal marginal relevance (Carbonell and Goldstein, 1998): from an item's score goes `weight` times its likeness
    to the most alike of those chosen. Where several items are liked, each is a taste, and an item gains as far as it
    is of a taste that nothing chosen serves yet (xQuAD; Santos et al., 2010). The best by score is always first.

    >>> import numpy as np
    >>> vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    >>> diverse(np.array([2.0, 1.9, 1.5]), vectors, 2, weight=1.0).tolist()
    [0, 2]

    Args:
        scores: Of the candidates (m,), as logits.
        vectors: Of the candidates (m, d), unit rows.
        k: How many to choose; all when there are fewer.
        weight: What one that equals another loses, in logits; 0 chooses by score alone.
        liked: Vectors of the liked items (l, d), unit rows.
        same: Whether two candidates, by their places, continue each other: then they count as equal.

    Returns:
        Places of the chosen candidates, in the order of their choice.
    """
    left = scores.astype(np.float64).copy()
    k = min(k, len(left))
    if weight <= 0 or k < 2:
        return np.argsort(-left, kind="stable")[:k]
    usual = float((vectors @ vectors.mean(0)).mean())  # two candidates at random
    alike = np.zeros(len(left))
    of = np.zeros((len(left), 0))
    if liked is not None and len(liked) > 1:
        near = _SHARPNESS * (vectors @ liked.T)  # (m, l)
        of = np.exp(near - near.max(1, keepdims=True))
        of /= of.sum(1, keepdims=True)
    unserved = np.ones(of.shape[1])
    chosen: list[int] = []
    for _ in range(k):
        worth = left - weight * alike + _TASTE * weight * (of @ unserved)
        worth[chosen] = -np.inf
        # The first is the best by score: nothing is there yet that it could be too much like.
        best = int(np.argmax(left if not chosen else worth))
        chosen.append(best)
        near_best = np.clip((vectors @ vectors[best] - usual) / max(1 - usual, 1e-6), 0, 1)
        if same is not None:
            near_best = np.array([1.0 if same(best, n) else v for n, v in enumerate(near_best)])
        alike = np.maximum(alike, near_best)
        unserved = unserved * (1 - of[best])
    return np.array(chosen, dtype=np.int64)


def spread(vectors: np.ndarray) -> float:
    """Intra-list diversity: one minus the mean cosine of all pairs of a list's vectors (k, d); 0 for one item."""
    if len(vectors) < 2:
        return 0.0
    cosines = vectors @ vectors.T
    return float(1 - (cosines.sum() - np.trace(cosines)) / (len(vectors) * (len(vectors) - 1)))
