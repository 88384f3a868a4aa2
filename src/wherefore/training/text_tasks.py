"""Tasks of text: dialogues, records and plans, each as the LLM is to write it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import numpy as np
from numpy.random import Generator

from wherefore.corpora.base import CorpusTurn
from wherefore.corpora.items import title_writer
from wherefore.dialogue.messages import Message
from wherefore.errors import TrainingError
from wherefore.lm.prompt import Example, Segment
from wherefore.training import practice
from wherefore.training.batches import TaskBatch, tokens_of
from wherefore.training.ingredients import Ingredients, dice
from wherefore.training.practice import spoken, titles_in
from wherefore.writing.openings import opening
from wherefore.writing.plan import plan_reasons
from wherefore.writing.reasons import record_sentences, word


class DialoguesTask:
    """Pieces of dialogues; every token is learned."""

    def __init__(self, data: Ingredients) -> None:
        if not data.dialogues:
            raise TrainingError("loss `dialogue_lm` needs dialogues; name a corpus under `corpora`")
        self.data = data

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Each example starts at a random turn of a random dialogue."""
        counts = np.array([len(dialogue.turns) for dialogue in self.data.dialogues])

        def draw(count: int) -> list[tuple[int, int]]:
            numbers = rng.integers(len(counts), size=count)
            starts = rng.integers(np.maximum(counts[numbers] - 4, 1))
            return list(zip(numbers.tolist(), starts.tolist(), strict=True))

        examples = []
        for number, start in self.data.alike(rng, size, draw, self._length):
            turns = self.data.dialogues[number].turns
            messages = messages_of(turns[start : start + 16], title_writer(self.data.titles, rng))
            trunk = self.data.format.dialogue(messages[:12], reply_next=False)
            examples.append(Example(trunk.supervise()))
        return self.data.task_batch(examples)

    def _length(self, piece: tuple[int, int]) -> int:
        """Characters of its messages, as far as they can be read."""
        number, start = piece
        turns = self.data.dialogues[number].turns[start : start + 12]
        text = sum(len(part) if isinstance(part, str) else 20 for turn in turns for part in turn.parts)
        return min(text + 12 * len(turns), 5 * self.data.format.max_dialogue_tokens)


class RecordsTask:
    """Records of the catalogue put into words; every token is learned."""

    def __init__(self, data: Ingredients) -> None:
        self.data = data

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Each example speaks of three random items."""

        def draw(count: int) -> list[Example]:
            return [self._example(rng) for _ in range(count)]

        return self.data.task_batch(self.data.alike(rng, size, draw, tokens_of))

    def _example(self, rng: Generator) -> Example:
        text_format = self.data.format
        ids: tuple[int, ...] = text_format.start_ids
        for row in rng.integers(len(self.data.catalog), size=3):
            item = self.data.catalog.items[row]
            sentence = record_sentences(item, self.data.catalog, dice(rng))
            ids += (*text_format.encode(f"{item.title} : {sentence}"), text_format.end_id)
        return Example(Segment(ids[: text_format.max_dialogue_tokens]).supervise())


class WordingTask:
    """Plans with the sentences that word them: reasons for items, and openings of a list."""

    def __init__(self, data: Ingredients, plans: int = 3, elsewhere: float = 0.35) -> None:
        self.data = data
        self.plans = plans
        self.elsewhere = elsewhere  # share of examples from practice catalogues
        sizes = [len(catalog) for catalog in (data.catalog, *data.practice)]
        self.offsets = [0, *np.cumsum(sizes).tolist()]

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Each example: what an invented user says, then an opening with reasons, or one reason alone."""
        draw = dice(rng)
        examples = self.data.alike(
            rng, size, lambda count: [self._example(draw) for _ in range(count)], tokens_of
        )
        return self.data.task_batch(examples)

    def _example(self, draw: Random) -> Example:
        text_format = self.data.format
        catalog, offset = self.data.catalog, 0
        if self.data.practice and draw.random() < self.elsewhere:
            number = draw.randrange(len(self.data.practice))
            catalog, offset = self.data.practice[number], self.offsets[number + 1]
        if draw.random() < 0.5:
            case = practice.random_opening_case(catalog, draw)
            listed = [catalog[item] for slot, item in case.plan.slots.items() if slot.startswith("#")]
            kept = draw.sample(listed, min(self.plans, len(listed)))
            plans = [case.plan, *plan_reasons(kept, case.dialogue, catalog)]
        else:
            case = practice.random_case(catalog, draw)
            plans = [case.plan]
        message = Message("user", spoken(case.dialogue, catalog, draw))
        trunk = text_format.dialogue(
            [message],
            mentions=titles_in(message, case.dialogue.preferences.liked, catalog),
            catalog=catalog,
            offset=offset,
        )
        branches = []
        for plan in plans:
            sentence = opening(plan, draw) if plan.item is None else word(plan, draw)
            branches.append(text_format.plan(plan, catalog, offset) + text_format.target(sentence))
        return Example(trunk, tuple(branches))


def messages_of(turns: Sequence[CorpusTurn], title_of: Callable[[str], str]) -> list[Message]:
    """Corpus turns as chat messages; empty ones are left out."""
    messages = [Message(turn.role, turn.render(title_of).strip()) for turn in turns]
    return [message for message in messages if message.content]
