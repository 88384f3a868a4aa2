"""From plans to sentences: worded by the LLM, held to what may be said, and plain where that fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from wherefore.catalog.catalog import Catalog
from wherefore.config import WriterConfig
from wherefore.dialogue.facts import Plan
from wherefore.dialogue.messages import Dialogue
from wherefore.lm.copying import Copying
from wherefore.lm.decoding import ContinuousBatch, Written
from wherefore.lm.item_encoder import ItemSignals
from wherefore.lm.model import DialogueCache, RecommenderLM
from wherefore.writing import check as explain
from wherefore.writing import grammar as wording
from wherefore.writing.fluency import oddities
from wherefore.writing.phrases import surface
from wherefore.writing.served import ServedLM, Transcript

Worded = Literal["first", "rewritten", "plain"]


@dataclass(eq=False)
class Grounds:
    """What the sentences of a turn are about, as it is when the turn begins."""

    dialogue: Dialogue
    cache: DialogueCache | Transcript  # the dialogue as the LLM has read it
    catalog: Catalog
    signals: ItemSignals  # of the whole catalogue, row by row
    writer: WriterConfig


class Realizer:
    """Surface realization: words plans.

    Args:
        model: The LLM with its item encoder.
        served: What words in its place.
    """

    def __init__(self, model: RecommenderLM, served: ServedLM | None = None) -> None:
        self.model, self.served = model, served
        self._batch = ContinuousBatch(model.reader())
        self._lexicon: frozenset[int] = frozenset()

    def reply(
        self, grounds: Grounds, opening: Plan, plans: Sequence[Plan], seed: int
    ) -> Iterator[tuple[int, str, Worded] | None]:
        """Opening (number 0) and reasons, in order, each as soon as it and all before it have passed the check.

        The opening is written by itself, and not tried again, so that the first words come soon; then all reasons
        together. Between them, None whenever others may go on; what they write is then written in one batch.
        """
        tries = grounds.writer.tries
        for number, some, most in ((0, [opening], min(tries, 1)), (1, plans, tries)):
            for told in self._sentences(grounds, some, seed, most):
                if told is None:
                    yield None
                else:
                    yield number, *told
                    number += 1

    def _sentences(
        self, grounds: Grounds, plans: Sequence[Plan], seed: int, tries: int
    ) -> Iterator[tuple[str, Worded] | None]:
        """A checked sentence for each plan, in order."""
        ready: dict[int, tuple[str, Worded]] = {}
        shown = 0
        starts: Counter[str] = Counter()
        for attempt in range(tries):
            missing = [number for number in range(len(plans)) if number not in ready]
            if not missing:
                break
            for passed in self._attempt(grounds, plans, missing, seed * 1_000_003 + attempt, starts):
                if passed is None:
                    yield None
                    continue
                number, sentence = passed
                ready[number] = (sentence, "first" if attempt == 0 else "rewritten")
                while shown in ready:
                    yield ready[shown]
                    shown += 1
        for number in range(shown, len(plans)):
            yield ready.get(number) or (plain(plans[number], grounds.catalog), "plain")

    def _attempt(
        self,
        grounds: Grounds,
        plans: Sequence[Plan],
        numbers: Sequence[int],
        seed: int,
        starts: Counter[str],
    ) -> Iterator[tuple[int, str] | None]:
        """Word some plans at once; those that pass the check, ready to be shown."""
        settled: set[int] = set()  # plans that have their sentence, or will not get one
        written = self._written(
            grounds, [plans[number] for number in numbers], seed, lambda row: row in settled
        )
        ended: Counter[int] = Counter()
        passed: dict[int, list[tuple[Written, int]]] = {row: [] for row in range(len(numbers))}
        for one in written:
            if one is None:
                yield None
                continue
            if one.row in settled:
                continue
            ended[one.row] += 1
            plan = plans[numbers[one.row]]
            if one.finished:
                sentence = explain.Sentence(one.text, plan, grounds.dialogue, grounds.catalog)
                if not sentence.check() and not oddities(sentence):
                    passed[one.row].append((one, len(sentence.told())))
            if len(passed[one.row]) < grounds.writer.enough and ended[one.row] < grounds.writer.samples:
                continue
            settled.add(one.row)
            if not passed[one.row]:
                continue
            # The same first words again and again read like a form, so a new beginning counts for something; and the
            # likeliest wordings say the least, so each fact of the plan does too.
            best, _ = min(
                passed[one.row], key=lambda w: 0.15 * starts[_start(w[0].text)] - 0.3 * w[1] - w[0].likely
            )
            starts[_start(best.text)] += 1
            yield numbers[one.row], explain.polish(best.text, plan, grounds.catalog)

    def _written(
        self, grounds: Grounds, plans: Sequence[Plan], seed: int, enough: Callable[[int], bool]
    ) -> Iterator[Written | None]:
        """Sentences for plans as the LLM, or the server in its place, writes them: nothing is checked yet."""
        writer, cache, catalog = grounds.writer, grounds.cache, grounds.catalog
        if isinstance(cache, Transcript):
            assert self.served is not None
            return self.served.write(
                cache, plans, catalog, writer.samples, writer.temperature, writer.top_p, seed
            )
        prompts = [self.model.format.plan(plan, catalog) for plan in plans]
        rows = np.array([row for prompt in prompts for row in prompt.items], dtype=np.int64)
        return self.model.writing(
            cache,
            prompts,
            grounds.signals.of(torch.from_numpy(rows)).to(self.model.device),
            writer.max_tokens,
            writer.temperature,
            writer.top_p,
            (seed + sum(cache.ids) * 31) % 2**31,
            [self._spelling(plan, catalog) for plan in plans],
            writer.samples,
            enough=enough,
            batch=self._batch,
        )

    # -- what may be written ----------------------------------------------------------------------------

    def _spelling(self, plan: Plan, catalog: Catalog) -> Copying:
        """What a plan's sentence may be written with: safe words, its own, and the values of its facts, each whole."""
        if plan.item is None:
            phrases, words = wording.opening_surface(plan)
            return Copying(frozenset[int]().union(*self._spelled(words)), self._spelled(phrases))
        values, words = surface(plan, catalog)
        return Copying(self._words().union(*self._spelled(words)), self._spelled(values))

    def _words(self) -> frozenset[int]:
        """Tokens of the safe words that every sentence may use."""
        if not self._lexicon:
            words = [*wording.lexicon(), ",", ".", "'", "-", ":", ";", "!", "(", ")", "@", "#", *"0123456789"]
            self._lexicon = frozenset().union(*self._spelled(words))
        return self._lexicon

    def _spelled(self, texts: Iterable[str]) -> set[tuple[int, ...]]:
        """Texts as tokens, both as a sentence begins and as it goes on."""
        return {*self.model.format.encode_all([form for text in texts for form in (text, f" {text}")])} - {()}


def plain(plan: Plan, catalog: Catalog) -> str:
    """The sentence of last resort, made from the facts."""
    return (explain.plain_opening if plan.item is None else explain.plain_sentence)(plan, catalog)


def _start(sentence: str) -> str:
    """The first two words."""
    return " ".join(sentence.split()[:2])
