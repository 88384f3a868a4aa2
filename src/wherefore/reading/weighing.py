"""Weighs two witnesses of what a piece of a message means: the judge, and what the words around it say by rule.

Each errs in its own way, so they are taken as independent given the meaning: the odds that the judge gives are
multiplied by how likely the rules are to say what they say of a piece that means this (naive Bayes). How likely that
is was counted on labelled messages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import numpy as np

from wherefore.dialogue.labels import LABELS

# What the rules say of a title that they take for one, or that it is none; of a value; of a number.
ItemTold = Literal["liked", "disliked", "seen", "named", "no title"]
ValueTold = Literal["wanted", "unwanted", "no wish"]
NumberTold = Literal["limit", "no limit"]
Told = ItemTold | ValueTold | NumberTold
TOLD: Mapping[str, tuple[str, ...]] = {
    "items": get_args(ItemTold),
    "values": get_args(ValueTold),
    "numbers": get_args(NumberTold),
}
_PRIOR = 10  # pieces that each label is taken to have had beside those counted, told of as all others


class Witness:
    """How likely the rules are to say each thing of a piece, by what it means.

    Args:
        tables: For `items`, `values` and `numbers` the shares, (len(TOLD[kind]), len(LABELS)); each column sums to 1.
    """

    def __init__(self, tables: Mapping[str, np.ndarray]) -> None:
        self.tables = dict(tables)
        self._rows = {
            told: table[row] for kind, table in tables.items() for row, told in enumerate(TOLD[kind])
        }

    @classmethod
    def counted(cls, pairs: Mapping[str, Sequence[tuple[str, str]]]) -> Witness:
        """From what was told and what was meant, pair by pair, for each of `items`, `values` and `numbers`."""
        tables = {}
        for kind, of_kind in TOLD.items():
            seen = Counter(pairs[kind])
            counts = np.array([[seen[told, label] for label in LABELS] for told in of_kind], dtype=np.float64)
            overall = (counts.sum(axis=1, keepdims=True) + 1) / (counts.sum() + len(of_kind))
            tables[kind] = (counts + _PRIOR * overall) / (counts.sum(axis=0) + _PRIOR)
        return cls(tables)

    def weighed(self, odds: Mapping[str, float], told: Told) -> dict[str, float]:
        """The judge's odds of each label after what the rules told; they sum to 1."""
        both = np.array([odds[label] for label in LABELS]) * self._rows[told]
        total = both.sum()
        if not total:
            return dict(odds)
        return dict(zip(LABELS, (both / total).tolist(), strict=True))
