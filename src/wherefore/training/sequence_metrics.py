"""How well a ranking foretells what comes next: full ranking, equal scores counted fairly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from wherefore.errors import TrainingError

DEPTHS = (5, 10)
NAMES = tuple(f"{what}@{k}" for k in DEPTHS for what in ("recall", "ndcg"))
Scorer = Callable[[Sequence[np.ndarray]], np.ndarray]  # histories of rows -> (b, g)
_BATCH = 512
_GAINS = np.concatenate(
    [[0.0], np.cumsum(1 / np.log2(np.arange(2, max(DEPTHS) + 2)))]
)  # of the first k places


@dataclass(frozen=True)
class Leave:
    """Sequences with the last item left out (test), and the one before it (validation).

    Attributes:
        train: Rows of each user, without both.
        valid: What validation is told and asks: of users with 3 items or more.
        test: The same for the test: all but the last item is told.
        seen: (n,) bool, which items a training sequence holds.
    """

    train: tuple[np.ndarray, ...]
    valid: Asked
    test: Asked
    seen: np.ndarray

    @classmethod
    def one_out(cls, sequences: Sequence[Sequence[int] | np.ndarray], items: int) -> Self:
        """Split sequences of rows of n items; one with fewer than 3 is for training alone.

        Raises:
            TrainingError: If none has 3.
        """
        rows = [np.asarray(one, dtype=np.int64) for one in sequences]
        long = [one for one in rows if len(one) >= 3]
        if not long:
            raise TrainingError(
                f"none of the {len(rows)} sequences has 3 items: one is for training, one for validation, one for the "
                "test"
            )
        train = tuple(one[:-2] if len(one) >= 3 else one for one in rows)
        seen = np.zeros(items, dtype=bool)
        seen[np.concatenate(train)] = True
        return cls(
            train,
            Asked(tuple(one[:-2] for one in long), np.array([one[-2] for one in long])),
            Asked(tuple(one[:-1] for one in long), np.array([one[-1] for one in long])),
            seen,
        )

    @property
    def again(self) -> bool:
        """Whether users of the training sequences take items again, so that a list may hold what they have."""
        events = sum(map(len, self.train))
        different = sum(len(set(one.tolist())) for one in self.train)
        return events - different > 0.01 * events


@dataclass(frozen=True)
class Asked:
    """Histories, and the row of the item that came next after each, (u,)."""

    histories: tuple[np.ndarray, ...]
    gold: np.ndarray

    def few(self, number: int, seed: int = 0) -> Asked:
        """So many of them, drawn."""
        if number >= len(self.gold):
            return self
        chosen = np.sort(np.random.default_rng(seed).permutation(len(self.gold))[:number])
        return Asked(tuple(self.histories[one] for one in chosen), self.gold[chosen])


def placed(
    score: Scorer, asked: Asked, group: np.ndarray, sizes: np.ndarray, again: bool
) -> tuple[np.ndarray, np.ndarray]:
    """How many items stand before each gold item (u,), and how many share its score, itself among them (u,).

    Args:
        score: Gives the scores of g different items after histories.
        asked: What is foretold.
        group: (n,) which of the g stands for each item.
        sizes: (g,) how many items each stands for.
        again: Whether items of the history can be foretold; they are left out of the ranking otherwise, except the gold
            item itself.
    """
    before = np.zeros(len(asked.gold))
    same = np.zeros(len(asked.gold))
    for start in range(0, len(asked.gold), _BATCH):
        part = slice(start, start + _BATCH)
        histories, gold = asked.histories[part], asked.gold[part]
        scores = score(histories)  # (b, g)
        own = scores[np.arange(len(gold)), group[gold]][:, None]
        before[part] = (scores > own) @ sizes
        same[part] = (scores == own) @ sizes
        if again:
            continue
        for line, (history, item) in enumerate(zip(histories, gold, strict=True)):
            known = scores[line, group[np.setdiff1d(history, [item])]]
            before[start + line] -= (known > own[line]).sum()
            same[start + line] -= (known == own[line]).sum()
    return before, same


def figures(before: np.ndarray, same: np.ndarray) -> dict[str, float]:
    """Recall and NDCG at each depth; items of equal score are taken to stand in any order, equally likely."""
    made: dict[str, float] = {}
    for k in DEPTHS:
        first, last = np.minimum(before, k), np.minimum(before + same, k)
        made[f"recall@{k}"] = float(((last - first) / same).mean())
        gains = _GAINS[last.astype(np.int64)] - _GAINS[first.astype(np.int64)]
        made[f"ndcg@{k}"] = float((gains / same).mean())
    return made


def measured(
    score: Scorer, asked: Asked, group: np.ndarray, sizes: np.ndarray, again: bool, seen: np.ndarray
) -> Mapping[str, float | int]:
    """`figures` of all, and of `cold_…` items: those that no training sequence holds."""
    before, same = placed(score, asked, group, sizes, again)
    cold = ~seen[asked.gold]
    made: dict[str, float | int] = {
        **figures(before, same),
        "users": len(before),
        "cold_users": int(cold.sum()),
    }
    if cold.any():
        made |= {f"cold_{name}": one for name, one in figures(before[cold], same[cold]).items()}
    return made
