"""Tastes: what is named together in a dialogue, or liked by one rater."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.config import Component
from wherefore.corpora.ratings import liked_sets
from wherefore.dialogue.messages import Dialogue
from wherefore.retrieval.checks import zero_or_more


@dataclass(frozen=True)
class Tastes:
    """Where sets of items come from, and how much they weigh.

    Args:
        ratings: Rating data sets: `{name: …, path: …}`, see `wherefore.corpora.ratings`.
        rating_weight: Weight of a set of liked items, divided by the root of its size, so that those who rate
            thousands do not decide alone; 0: ratings are not used.
        dialogue_weight: Weight of a dialogue; 0: dialogues are not used.

    Raises:
        ConfigError: If a weight is below 0.
    """

    ratings: Sequence[Component | Mapping[str, Any]]
    rating_weight: float
    dialogue_weight: float

    def __post_init__(self) -> None:
        zero_or_more(rating_weight=self.rating_weight, dialogue_weight=self.dialogue_weight)

    def sets(self, dialogues: Sequence[Dialogue], catalog: Catalog) -> tuple[list[list[str]], list[float]]:
        """What is named in each dialogue and liked by each rater, as ids of the catalogue; and each set's weight."""
        sets: list[list[str]] = []
        weights: list[float] = []
        if self.dialogue_weight > 0:
            sets = [list(named) for d in dialogues if (named := dict.fromkeys(m.item_id for m in d.mentions))]
            weights = [self.dialogue_weight] * len(sets)
        if self.rating_weight > 0:
            for component in self.ratings:
                liked = [sorted(one) for one in liked_sets(component, catalog)]
                sets += liked
                weights += [self.rating_weight / float(np.sqrt(len(one))) for one in liked]
        return sets, weights
