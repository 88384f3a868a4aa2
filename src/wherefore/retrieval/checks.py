"""Checks of numbers that a config gives, and of what a store of vectors is given."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence

import numpy as np

from wherefore.errors import ConfigError


def at_least_one(whose: str = "", **numbers: int) -> None:
    """Refuse numbers below 1; `whose` goes before the setting's name in the message."""
    for name, number in numbers.items():
        if number < 1:
            raise ConfigError(f"{whose}`{name}` is {number}; it must be at least 1")


def zero_or_more(**weights: float) -> None:
    """Refuse weights that are below 0, infinite or NaN."""
    for name, weight in weights.items():
        if not 0 <= weight < math.inf:
            raise ConfigError(f"`{name}` is {weight}; it must be 0 or more")


def above_zero(**weights: float) -> None:
    """Refuse weights that are 0, below, infinite or NaN."""
    for name, weight in weights.items():
        if not 0 < weight < math.inf:
            raise ConfigError(f"`{name}` is {weight}; it must be above 0")


def check_vectors(
    ids: Sequence[str],
    vectors: np.ndarray,
    dim: int,
    known: Collection[str],
    key: Callable[[str], str] = lambda item_id: item_id,
) -> None:
    """Refuse rows that a store of vectors cannot take.

    Args:
        ids: n new ids.
        vectors: (n, d).
        dim: d, the store's.
        known: The ids that it has,
        key: under which it knows an id.

    Raises:
        ValueError: If an id is there already or twice, or the vectors are not (n, d), finite and unit.
    """
    if vectors.shape != (len(ids), dim):
        raise ValueError(
            f"`vectors` has shape {vectors.shape}; {len(ids)} ids and this store need ({len(ids)}, {dim})"
        )
    new: set[str] = set()
    for item_id in ids:
        if key(item_id) in known or item_id in new:
            raise ValueError(f"id {item_id!r} is in the store already; remove it first or give it once")
        new.add(item_id)
    if not len(ids):
        return
    bad = ~np.isfinite(vectors).all(axis=1)
    if bad.any():
        raise ValueError(
            f"the vector of {ids[int(bad.argmax())]!r} holds NaN or infinity; vectors must be finite and unit "
            "(length 1)"
        )
    length = np.linalg.norm(vectors, axis=1)
    worst = int(np.abs(length - 1).argmax())
    if abs(length[worst] - 1) > 1e-3:
        raise ValueError(
            f"the vector of {ids[worst]!r} has length {length[worst]:.4f}; vectors must be finite and unit (length 1)"
        )


def checked_search(
    queries: np.ndarray, k: int, allowed: np.ndarray | None, dim: int, rows: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """What a search of a store of `rows` vectors of width `dim` is given: (b, d) float32, and (n,) bool or None.

    Raises:
        ValueError: If `queries` is not (b, d) and finite, `allowed` not (n,) bool, or k below 1.
    """
    queries = np.ascontiguousarray(queries, dtype=np.float32)
    if queries.ndim != 2 or queries.shape[1] != dim:
        raise ValueError(f"`queries` has shape {queries.shape}; this store needs (b, {dim})")
    if not np.isfinite(queries).all():
        raise ValueError("`queries` holds NaN or infinity")
    if k < 1:
        raise ValueError(f"`k` is {k}; it must be at least 1")
    if allowed is not None:
        allowed = np.asarray(allowed)
        if allowed.dtype != bool or allowed.shape != (rows,):
            raise ValueError(f"`allowed` is {allowed.dtype} {allowed.shape}; this store needs bool ({rows},)")
    return queries, allowed
