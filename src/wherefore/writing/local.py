"""Wording by the LLM that reads soft tokens, with words that may be written and values of records as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.config import WriterConfig
from wherefore.dialogue.facts import Plan
from wherefore.lm.copying import Copying
from wherefore.lm.decoding import ContinuousBatch, Written
from wherefore.lm.item_encoder import ItemSignals
from wherefore.lm.model import DialogueCache, RecommenderLM
from wherefore.writing.frames import lexicon
from wherefore.writing.surface import opening_surface, surface


class LocalWriter:
    """Words plans with a model; what several turns write at a time is written in one batch.

    Args:
        model: The LLM with its item encoder.
    """

    def __init__(self, model: RecommenderLM) -> None:
        self._model = model
        self.batch = ContinuousBatch(model.reader())

    def write(
        self,
        cache: DialogueCache,
        signals: Callable[[np.ndarray], ItemSignals],
        plans: Sequence[Plan],
        catalog: Catalog,
        settings: WriterConfig,
        seed: int,
        enough: Callable[[int], bool],
    ) -> Iterator[Written | None]:
        """Sentences for plans, each when it ends, not checked yet; `signals` gives those of some rows."""
        model = self._model
        prompts = [model.format.plan(plan, catalog) for plan in plans]
        rows = np.array([row for prompt in prompts for row in prompt.items], dtype=np.int64)
        return model.writing(
            cache,
            prompts,
            signals(rows),
            settings.max_tokens,
            settings.temperature,
            settings.top_p,
            (seed + sum(cache.ids) * 31) % 2**31,
            [self._spelling(plan, catalog) for plan in plans],
            settings.samples,
            enough=enough,
            batch=self.batch,
        )

    def _spelling(self, plan: Plan, catalog: Catalog) -> Copying:
        """What a plan's sentence may be written with: safe words, its own, and the values of its facts, each whole."""
        if plan.item is None:
            phrases, words = opening_surface(plan)
            return Copying(frozenset[int]().union(*self._spelled(words)), self._spelled(phrases))
        values, words = surface(plan, catalog)
        return Copying(self._safe.union(*self._spelled(words)), self._spelled(values))

    @cached_property
    def _safe(self) -> frozenset[int]:
        """Tokens of the safe words that every sentence may use."""
        words = [*lexicon(), ",", ".", "'", "-", ":", ";", "!", "(", ")", "@", "#", *"0123456789"]
        return frozenset().union(*self._spelled(words))

    def _spelled(self, texts: Iterable[str]) -> set[tuple[int, ...]]:
        """Texts as tokens, both as a sentence begins and as it goes on."""
        return {*self._model.format.encode_all([form for text in texts for form in (text, f" {text}")])} - {
            ()
        }
