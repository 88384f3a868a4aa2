"""Tasks of items: their soft tokens beside their facts, or beside another item's."""

from __future__ import annotations

import torch
from numpy.random import Generator
from torch import Tensor

from wherefore.errors import TrainingError
from wherefore.lm.prompt import Example, Segment
from wherefore.training.batches import TaskBatch, at_least_two, tokens_of
from wherefore.training.ingredients import Ingredients, dice
from wherefore.writing.reasons import record_sentences


class ItemsTask:
    """Soft tokens with the facts that they stand for, and the same facts as text alone."""

    def __init__(self, data: Ingredients) -> None:
        self.data = data

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Distinct random items: two branches each, without a trunk."""
        text_format, catalog = self.data.format, self.data.catalog

        def draw(count: int) -> list[Example]:
            examples = []
            for row in rng.choice(len(catalog), size=count, replace=False):
                sentence = record_sentences(catalog.items[row], catalog, dice(rng))
                alone = Segment(text_format.encode(catalog.text(catalog.items[row]))[:64])
                examples.append(Example(Segment(), (text_format.facts(int(row), sentence), alone)))
            return examples

        examples = self.data.alike(rng, size, draw, tokens_of, len(catalog))
        places = {
            "item": torch.full((len(examples), 1), text_format.soft_tokens - 1),
            "text": torch.tensor([tokens_of(example) - 1 for example in examples])[:, None],
        }
        return self.data.task_batch(examples, places)


class MatchesTask:
    """The facts of items as text, and after each the soft tokens of every item of the batch."""

    def __init__(self, data: Ingredients) -> None:
        self.data = data

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Distinct random items: a trunk of text with a branch for each; last, the branches without a trunk.

        Places are `text` (b + 1, 1), where a trunk ends, and `items` (b + 1, b), where each branch does.
        """
        text_format, catalog = self.data.format, self.data.catalog
        rows = rng.choice(len(catalog), size=min(size, len(catalog)), replace=False)
        at_least_two(rows, "matches")
        trunks = [Segment(text_format.encode(catalog.text(catalog.items[row]))[:64]) for row in rows]
        branches = tuple(text_format.candidate(int(row)) for row in rows)
        examples = [Example(trunk, branches) for trunk in (*trunks, Segment())]
        lengths = torch.tensor([len(example.trunk.ids) for example in examples])[:, None]
        steps = text_format.soft_tokens * torch.arange(1, len(rows) + 1)
        places = {"text": (lengths - 1).clamp_min(0), "items": lengths + steps - 1}
        return self.data.task_batch(examples, places)


class PairsTask:
    """Two items that go together, each as its soft tokens alone.

    They were named in one dialogue, or one is among the nearest of the other by a signal, where there are signals:
    every pair is drawn in one of the ways that the data allow, all ways alike often.

    Args:
        data: What it draws from.
        nearest: How many items count as near by a signal.

    Raises:
        TrainingError: If neither dialogues nor signals say what goes together.
    """

    def __init__(self, data: Ingredients, nearest: int = 10) -> None:
        self.data = data
        self.nearest = nearest
        self.partners: dict[int, set[int]] = {}
        for rows in data.together:
            for row in rows.tolist():
                self.partners.setdefault(row, set()).update(rows.tolist())
        # Rows (a,) of the items that have a vector, and their unit vectors (a, d), for each signal.
        self.signals: list[tuple[Tensor, Tensor]] = []
        for vectors in (data.items.extra or {}).values():
            known = (~vectors.isnan().any(dim=-1)).nonzero()[:, 0]
            if len(known) > 1:
                self.signals.append((known, torch.nn.functional.normalize(vectors[known], dim=-1)))
        if not self.partners and not self.signals:
            raise TrainingError(
                "loss `item_item_contrast` needs items that go together: name a corpus whose dialogues name two items "
                "or more under `corpora`, or a signal under `signals`"
            )

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Two branches for each pair, without a trunk.

        Targets are `together`, (b, b): whether first item i goes with second item j, and `apart`: whether they are two.
        """
        drawn = [self._pair(rng) for _ in range(size)]
        at_least_two(drawn, "pairs")
        text_format = self.data.format
        examples = [
            Example(Segment(), (text_format.candidate(first), text_format.candidate(second)))
            for first, second, _ in drawn
        ]
        s = text_format.soft_tokens
        places = {"first": torch.full((size, 1), s - 1), "second": torch.full((size, 1), 2 * s - 1)}
        targets = {
            "together": torch.tensor([[second in goes for _, second, _ in drawn] for _, _, goes in drawn]),
            "apart": torch.tensor([[first != second for _, second, _ in drawn] for first, _, _ in drawn]),
        }
        return self.data.task_batch(examples, places, targets)

    def _pair(self, rng: Generator) -> tuple[int, int, set[int]]:
        """Two items, and all that are known to go with the first."""
        way = int(rng.integers(len(self.signals) + bool(self.partners)))
        if way == len(self.signals):
            named = self.data.together[rng.integers(len(self.data.together))]
            first, second = (int(row) for row in rng.choice(named, size=2, replace=False))
            return first, second, self.partners[first] - {first}
        rows, vectors = self.signals[way]
        place = int(rng.integers(len(rows)))
        likeness = vectors @ vectors[place]
        likeness[place] = -torch.inf
        first, near = int(rows[place]), rows[likeness.topk(min(self.nearest, len(rows) - 1)).indices].tolist()
        return first, int(rng.choice(near)), (self.partners.get(first, set()) | set(near)) - {first}
