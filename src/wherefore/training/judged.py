"""What a judge said of the candidates that the ranker learns from; see `wherefore.retrieval.judged`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.errors import TrainingError
from wherefore.retrieval.judged import Verdicts, distribution
from wherefore.training.recommendations import Recommendations


@dataclass(frozen=True)
class JudgedTurns:
    """A judge's scores of r turns' m candidates, as they count.

    Attributes:
        labels: (r, m) float32, the judge's distribution over those that it scored; zeros in turns without one.
        out: (r, m) bool, what it finds about as good as what was named: no negatives.
        sure: (r, m) bool, what is in every sample: its labels, and the hardest negatives.
    """

    labels: np.ndarray
    out: np.ndarray
    sure: np.ndarray

    @classmethod
    def of(cls, turns: Recommendations, catalog: Catalog, settings: Mapping[str, Any]) -> Self:
        """What a judge said of turns with their candidates.

        Args:
            turns: The turns.
            catalog: Items in row order.
            settings: As `train.judged` has them.

        Raises:
            TrainingError: If it said nothing of any of them, or the candidates were kept before that could be told.
        """
        if len(turns.said) != len(turns):
            raise TrainingError(
                "`train.judged` is set, but the candidates were kept by an earlier version, which did not note what "
                "was said; delete candidates-*.safetensors in `train.cache`, or in the run's folder"
            )
        verdicts = Verdicts.of(settings)
        row = {item: number for number, item in enumerate(catalog.ids)}
        labels = np.zeros(turns.rows.shape, dtype=np.float32)
        out, sure = np.zeros(turns.rows.shape, dtype=bool), np.zeros(turns.rows.shape, dtype=bool)
        for number, said in enumerate(turns.said.tolist()):
            verdict = verdicts.about(said, row, turns.gold[number])
            if verdict is None:
                continue
            place = {int(one): at for at, one in enumerate(turns.rows[number]) if one >= 0}
            hard = verdict.hard(verdicts.how)
            out[number, _at(place, verdict.rows[verdict.false_negatives(verdicts.how.margin)])] = True
            sure[number, _at(place, hard)] = True
            scored = {**_scores(verdict.gold, verdict.gold_scores), **_scores(verdict.rows, verdict.scores)}
            here = [one for one in scored if one in place]
            if len(here) > 1 and any(one in place for one in verdict.gold.tolist()):
                shares = distribution(np.array([scored[one] for one in here]), verdicts.how.temperature)
                labels[number, [place[one] for one in here]] = shares
        if not labels.any():
            raise TrainingError(
                f"`train.judged` is set, but {settings.get('pools')} has no scores of these turns; score them with "
                "scripts/judge_negatives.py, on the same corpus and catalogue"
            )
        return cls(labels, out, sure | (labels > 0))


def _at(place: Mapping[int, int], rows: np.ndarray) -> list[int]:
    return [place[row] for row in rows.tolist() if row in place]


def _scores(rows: np.ndarray, scores: np.ndarray) -> dict[int, float]:
    return {
        row: score for row, score in zip(rows.tolist(), scores.tolist(), strict=True) if not np.isnan(score)
    }
