"""What the tasks of a training draw their batches from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

import numpy as np
from numpy.random import Generator
from torch import Tensor

from wherefore.catalog.catalog import Catalog
from wherefore.config import RankerConfig
from wherefore.corpora.base import CorpusDialogue
from wherefore.lm.item_encoder import ItemSignals
from wherefore.lm.prompt import Example, PromptFormat, Segment, collate
from wherefore.training.batches import TaskBatch
from wherefore.training.judged import JudgedTurns
from wherefore.training.recommendations import Recommendations

T = TypeVar("T")
_CHOICE = 4  # batches' worth of examples are drawn, and one batch of like length is taken


@dataclass(frozen=True)
class Ingredients:
    """What tasks draw from.

    Attributes:
        catalog: Items in row order.
        items: What the item encoder reads of them; after them those of the practice catalogues.
        format: Renders prompts.
        dialogues: Dialogues to model the language of.
        titles: Corpus item id → title, for dialogues whose items are not in the catalogue.
        recommendations: Turns that recommend, with candidates; None when no stage needs them.
        practice: Further catalogues whose records the writer learns to word.
        optional: Columns of the features that a catalogue, or sources that have not learned, may lack together.
        missing: Share of turns in which each of those is left out while training.
        personal: Columns of the features that are missing for an item that nobody has named yet.
        cold: Share of items that are treated as such while training, drawn anew in every turn.
        ranker: What the LLM reads of candidates.
        candidates: How many of each turn's candidates a ranking loss reads.
        held_out: Turns that recommend but are not learned from.
        together: Rows of items that go together, a set for each dialogue; see `corpus.named_together`.
        judged: What a judge said of the turns' candidates; None where none was asked.
        by_length: Whether a batch is of examples of like length.
    """

    catalog: Catalog
    items: ItemSignals
    format: PromptFormat
    dialogues: Sequence[CorpusDialogue] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    recommendations: Recommendations | None = None
    practice: tuple[Catalog, ...] = ()
    optional: tuple[tuple[int, ...], ...] = ()
    missing: float = 0.0
    personal: tuple[int, ...] = ()
    cold: float = 0.0
    ranker: RankerConfig = RankerConfig()
    candidates: int = 48
    held_out: frozenset[int] = frozenset()
    by_length: bool = False
    together: tuple[np.ndarray, ...] = ()
    judged: JudgedTurns | None = None

    @property
    def turns(self) -> Recommendations:
        """The turns that recommend; only for those who have made sure that there are some."""
        assert self.recommendations is not None
        return self.recommendations

    def free(self) -> np.ndarray:
        """Numbers of the turns that are not held out."""
        return np.array(
            [turn for turn in range(len(self.turns)) if turn not in self.held_out], dtype=np.int64
        )

    def alike(
        self,
        rng: Generator,
        size: int,
        draw: Callable[[int], Sequence[T]],
        length: Callable[[T], int],
        most: int | None = None,
    ) -> list[T]:
        """Examples for one batch: drawn at random; with `by_length`, neighbours in length among more of them.

        Which neighbours is random too, so every example is as likely as without, and so is every length.

        Args:
            rng: Draws.
            size: How many, at most.
            draw: Given a number, draws that many examples.
            length: Of an example, roughly.
            most: How many examples there are; None where they are made up.
        """
        most = _CHOICE * size if most is None else most
        if not self.by_length or most < 2 * size:
            return list(draw(min(size, most)))
        choice = min(_CHOICE, most // size)
        drawn = draw(size * choice)
        order = np.argsort([length(one) for one in drawn], kind="stable")
        start = int(rng.integers(choice)) * size
        return [drawn[place] for place in rng.permutation(order[start : start + size])]

    def usable(self) -> np.ndarray:
        """Numbers of the turns to learn ranking from: not held out, and a gold item is among the candidates.

        Without any, those that are not held out.
        """
        free = self.free()
        found = np.intersect1d(free, np.flatnonzero(self.turns.found.any(-1)))
        return found if len(found) else free

    def shown(self, row: int) -> Segment:
        """What the LLM reads of a candidate."""
        if self.ranker.candidates == "soft":
            return self.format.candidate(row)
        return self.format.title(self.catalog.dated(self.catalog.items[row]))

    def without_some(self, features: np.ndarray, rng: Generator) -> np.ndarray:
        """Features (b, m, f) in which some turns lack some of `optional`, and some items `personal`: NaN there."""
        if not self.missing and not self.cold:
            return features
        features = features.copy()
        if self.cold and self.personal:
            turns, items = np.nonzero(rng.random(features.shape[:2]) < self.cold)
            features[turns[:, None], items[:, None], np.array(self.personal)] = np.nan
        for columns in self.optional:
            turns = np.flatnonzero(rng.random(len(features)) < self.missing)
            features[np.ix_(turns, np.arange(features.shape[1]), np.array(columns))] = np.nan
        return features

    def task_batch(
        self,
        examples: Sequence[Example],
        places: Mapping[str, Tensor] | None = None,
        targets: Mapping[str, Tensor] | None = None,
    ) -> TaskBatch:
        """Collate and look up the vectors of the items that the examples show."""
        batch = collate(examples)
        return TaskBatch(batch, self.items.of(batch.items), places or {}, targets or {})


def dice(rng: Generator) -> Random:
    """The same randomness for what is written with the standard library's generator."""
    return Random(int(rng.integers(2**62)))
