"""How well items are found that people describe: by plot, mood or situation, without a title."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wherefore.progress import Progress
from wherefore.recommender import Recommender
from wherefore.training.requests import Request, read_requests

_DEPTHS = (1, 5, 10, 50)
_FAR = 100  # items that are ranked


@dataclass(frozen=True, slots=True)
class Found:
    """Where a request's items ended up; 0 where they are not among the first hundred.

    Attributes:
        request: What was asked.
        named: Rank of the item that the writer of the request had in mind.
        best: Rank of the best item that answers it.
        fitting: How many of the first five answer it.
    """

    request: Request
    named: int
    best: int
    fitting: int


def measure(
    recommender: Recommender, file: Path, progress: Progress | None = None, most: int | None = None
) -> dict[str, Any]:
    """Rank for every request of a file, each as the first message of a conversation.

    Args:
        recommender: Who ranks.
        file: As `read_requests` reads it; the first item of each is the one that was in mind.
        progress: Told (requests done, of).
        most: Only the first so many.

    Returns:
        Shares of requests by depth, for all and for each kind: `named_at` and `any_at`, and the mean `precision_at_5`.
    """
    requests = read_requests(file)[:most]
    found = []
    for number, request in enumerate(requests, 1):
        found.append(look(request, recommender))
        if progress is not None:
            progress(number, len(requests))
    kinds = sorted({one.request.kind for one in found})
    return {
        "all": shares(found),
        **{kind: shares([one for one in found if one.request.kind == kind]) for kind in kinds},
    }


def look(request: Request, recommender: Recommender) -> Found:
    """Rank for one request."""
    count = min(_FAR, len(recommender.catalog))
    ranked = recommender.rank([{"role": "user", "content": request.text}], k=count)
    ids = [one.item.id for one in ranked]
    places = {item: place for place, item in enumerate(ids, 1)}
    ranks = [places.get(item, 0) for item in request.items]
    return Found(
        request,
        ranks[0],
        min((rank for rank in ranks if rank), default=0),
        sum(item in request.items for item in ids[:5]),
    )


def shares(found: Sequence[Found]) -> dict[str, Any]:
    """What share of requests had the item in mind, or any that answers, among the first."""

    def at(rank: Callable[[Found], int]) -> dict[str, float]:
        ranks = np.array([rank(one) for one in found])
        return {str(depth): round(float(((ranks > 0) & (ranks <= depth)).mean()), 4) for depth in _DEPTHS}

    return {
        "requests": len(found),
        "named_at": at(lambda one: one.named),
        "any_at": at(lambda one: one.best),
        "precision_at_5": round(float(np.mean([one.fitting for one in found])) / 5, 4),
    }
