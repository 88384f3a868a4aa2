"""What a judge's scores change in training: false negatives, hard negatives and soft labels.

After UniME-V2 (Gu et al., 2025, arXiv 2510.13515): a retriever's best wrong items hold some that are right, though
nobody named them. What a judge finds about as good as what was named is no negative; of the others those that it finds
best are the hardest; and its scores, as a distribution, are labels that know degrees.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import torch
from torch import Tensor

from wherefore.dialogue.fingerprint import fingerprint
from wherefore.dialogue.messages import Message
from wherefore.errors import ConfigError
from wherefore.retrieval.checks import above_zero, zero_or_more
from wherefore.retrieval.judged_pools import JudgedPools, Pool


@dataclass(frozen=True, slots=True)
class Judging:
    """How a judge's scores count.

    Attributes:
        margin: An item is no negative from this far below the gold items' mean score on, in standard deviations of the
            scores within a dialogue; None: all are negatives.
        hard: How many of the negatives are taken from the pool.
        by: Which of it: those that the judge finds best, or those that the retriever did.
        negatives: How many negatives there are, the others at random; None: the whole catalogue, so that none need be
            taken from the pool.
        corrected: Whether random negatives stand for all items that were not drawn (sampled softmax; Jean et al., 2015,
            arXiv 1412.2007). Else a hard one counts as much as a random one, though there are few of them, and what is
            often a hard negative is found too seldom.
        weight: Of the divergence to the judge's distribution, beside a weight of 1 for what was named.
        temperature: Of that distribution, in standard deviations of the scores within a dialogue.
    """

    margin: float | None = 0.0
    hard: int = 12
    by: Literal["judge", "retriever"] = "judge"
    negatives: int | None = None
    corrected: bool = True
    weight: float = 0.3
    temperature: float = 1.0

    def __post_init__(self) -> None:
        if self.margin is not None and not math.isfinite(self.margin):
            raise ConfigError(f"`judged.margin` is {self.margin}; it must be a finite number, or null")
        if self.by not in ("judge", "retriever"):
            raise ConfigError(f"`judged.by` is {self.by!r}; allowed: judge, retriever")
        if self.negatives is not None and self.negatives < 1:
            raise ConfigError(f"`judged.negatives` is {self.negatives}; it must be at least 1, or null")
        zero_or_more(**{"judged.hard": self.hard, "judged.weight": self.weight})
        above_zero(**{"judged.temperature": self.temperature})


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judge's scores of one dialogue's pool, in standard deviations of the scores within a dialogue.

    Attributes:
        rows: (p,) of the catalogue, none of them gold, the retriever's best first.
        scores: (p,) of them; NaN where it has no opinion.
        gold: (g,) rows of gold items with a score.
        gold_scores: (g,) of them.
    """

    rows: np.ndarray
    scores: np.ndarray
    gold: np.ndarray
    gold_scores: np.ndarray

    def false_negatives(self, margin: float | None) -> np.ndarray:
        """(p,) bool: which items the judge finds about as good as what was named, or better; see `Judging.margin`.

        None where it has no opinion on what was named.
        """
        if margin is None or not len(self.gold):
            return np.zeros(len(self.rows), dtype=bool)
        found: np.ndarray = np.nan_to_num(self.scores, nan=-np.inf) >= self.gold_scores.mean() - margin
        return found

    def hard(self, how: Judging) -> np.ndarray:
        """Rows of the negatives that are hardest, at most `how.hard`."""
        left = np.flatnonzero(~self.false_negatives(how.margin))
        if how.by == "judge":
            scores = np.nan_to_num(self.scores[left], nan=-np.inf)
            left = left[np.argsort(-scores, kind="stable")]
        rows: np.ndarray = self.rows[left[: how.hard]]
        return rows

    def labels(self, temperature: float) -> tuple[np.ndarray, np.ndarray]:
        """Rows (l,) of all that has a score, gold first, and the judge's distribution over them (l,) float32.

        Nothing where the judge has no opinion on what was named, or on nothing else.
        """
        known = ~np.isnan(self.scores)
        if not len(self.gold) or not known.any():
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        scores = np.concatenate([self.gold_scores, self.scores[known]])
        return np.concatenate([self.gold, self.rows[known]]), distribution(scores, temperature)


def distribution(scores: np.ndarray, temperature: float) -> np.ndarray:
    """The softmax of scores (l,) over a temperature, (l,) float32.

    >>> distribution(np.array([1.0, 1.0]), 0.5).tolist()
    [0.5, 0.5]
    """
    logits = np.asarray(scores, dtype=np.float64) / temperature
    shares = np.exp(logits - logits.max())
    return np.asarray(shares / shares.sum(), dtype=np.float32)


def judging(given: Mapping[str, Any]) -> Judging:
    """How scores count by what a config says under `judged`.

    Raises:
        ConfigError: If a setting is unknown or not allowed.
    """
    settings = {name: value for name, value in given.items() if name not in ("pools", "judge")}
    try:
        return Judging(**settings)
    except TypeError as error:
        raise ConfigError(f"`judged`: {error}") from error


class Verdicts:
    """What a judge said of many dialogues' pools.

    Args:
        pools: By the fingerprint of what was said, with its scores.
        how: How they count.
    """

    def __init__(self, pools: Mapping[int, Pool], how: Judging) -> None:
        self.how = how
        self._pools = pools
        spreads = [
            float(np.var(list(pool.scores.values()))) for pool in pools.values() if len(pool.scores) > 1
        ]
        self.spread = math.sqrt(float(np.mean(spreads))) if spreads and np.mean(spreads) > 0 else 1.0

    @classmethod
    def of(cls, given: Mapping[str, Any] | Verdicts) -> Verdicts:
        """Of what a config says: `pools`, a file, `judge`, the name of one that is in it, and `Judging`'s settings.

        Raises:
            ConfigError: If a setting is unknown or not allowed, or the judge is not in the file.
            ConfigNotFoundError: If there is no such file.
        """
        if isinstance(given, Verdicts):
            return given
        how, kept = judging(given), cls.file_of(given)
        return cls(kept.pools(kept.judge_named(given.get("judge"))), how)

    @staticmethod
    def file_of(given: Mapping[str, Any]) -> JudgedPools:
        """The file that a config names.

        Raises:
            ConfigError: If it names none.
            ConfigNotFoundError: If there is no such file.
        """
        file = given.get("pools")
        if not isinstance(file, str | Path):
            raise ConfigError(
                f"`judged` needs `pools`, a file that scripts/judge_negatives.py made; it is {file!r}"
            )
        return JudgedPools.existing(file)

    def counting(self, **changed: Any) -> Self:
        """The same scores, counting in another way."""
        return type(self)(self._pools, replace(self.how, **changed))

    def __len__(self) -> int:
        return len(self._pools)

    def about(
        self, said: int | Sequence[Message], row: Mapping[str, int], gold: np.ndarray
    ) -> Verdict | None:
        """What it said after some messages, or after those of a fingerprint.

        Args:
            said: The messages, or their fingerprint.
            row: Of each item, by id; those that are not there are passed over.
            gold: Rows of what was named next.
        """
        pool = self._pools.get(said if isinstance(said, int) else fingerprint(said))
        if pool is None:
            return None
        right = set(gold.tolist())
        others = [(row[item], pool.scores.get(item, np.nan)) for item in pool.items if item in row]
        others = [(one, score) for one, score in others if one not in right]
        named = {
            row[item]: score for item, score in pool.scores.items() if item in row and row[item] in right
        }
        return Verdict(
            rows=np.array([one for one, _ in others], dtype=np.int64),
            scores=np.array([score for _, score in others], dtype=np.float64) / self.spread,
            gold=np.array(list(named), dtype=np.int64),
            gold_scores=np.array(list(named.values()), dtype=np.float64) / self.spread,
        )


def divergence(scores: Tensor, verdicts: Sequence[Verdict | None], temperature: float) -> Tensor:
    """Mean Kullback-Leibler divergence from the judge's distribution to the model's, over what the judge has scored.

    Args:
        scores: (q, n) of the whole catalogue, a query in each row.
        verdicts: q of them.
        temperature: See `Judging`.
    """
    labels = [
        (line, *verdict.labels(temperature)) for line, verdict in enumerate(verdicts) if verdict is not None
    ]
    labels = [one for one in labels if len(one[1])]
    if not labels:
        return scores.new_zeros(())
    rows = _padded([rows for _, rows, _ in labels]).to(scores.device)
    judged = _padded([shares for _, _, shares in labels]).to(scores)
    lines = torch.tensor([line for line, _, _ in labels], device=scores.device)
    return divergence_of(scores[lines[:, None], rows], judged)


def divergence_of(scores: Tensor, judged: Tensor) -> Tensor:
    """Mean over b dialogues of the divergence from a judge's distribution (b, l), 0 at padding, to scores (b, l)."""
    real = judged > 0
    logs = scores.masked_fill(~real, -1e9).log_softmax(-1)
    logs = logs.masked_fill(~real, 0.0)
    own = torch.where(real, judged, torch.ones_like(judged)).log()
    mean: Tensor = (judged * (own - logs)).sum(-1).mean()
    return mean


def _padded(parts: Sequence[np.ndarray]) -> Tensor:
    """(b, l) of b parts, zeros behind the shorter ones."""
    return torch.nn.utils.rnn.pad_sequence([torch.from_numpy(part) for part in parts], batch_first=True)
