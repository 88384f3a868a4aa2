"""Tasks of turns in which a person recommended: rank what they named above other candidates."""

from __future__ import annotations

import numpy as np
import torch
from numpy.random import Generator

from wherefore.lm.prompt import Example, Segment
from wherefore.training.batches import TaskBatch, _at_least_two
from wherefore.training.ingredients import Ingredients


class UsersTask:
    """Dialogues, and apart from each the soft tokens of an item that was right at its end."""

    def __init__(self, data: Ingredients) -> None:
        if data.recommendations is None or not len(data.recommendations):
            raise ValueError(
                "loss `user_item_contrast` needs dialogues with items; name a corpus under `corpora`"
            )
        self.data = data
        self.recommendations = data.recommendations
        self.free = data.free()

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Two branches for each turn, without a trunk. Target `gold`, (b, b): whether item j was right in turn i."""
        source, text_format = self.recommendations, self.data.format
        chosen = rng.choice(self.free, size=min(size, len(self.free)), replace=False)
        _at_least_two(chosen, "users")
        rows = [int(rng.choice(source.gold[number])) for number in chosen]
        examples = [
            Example(Segment(), (source.trunk(int(number), text_format), text_format.candidate(row)))
            for number, row in zip(chosen, rows, strict=True)
        ]
        lengths = torch.tensor([len(example.branches[0].ids) for example in examples])[:, None]
        places = {"dialogue": lengths - 1, "item": lengths + text_format.soft_tokens - 1}
        gold = torch.tensor([[row in source.gold[number] for row in rows] for number in chosen])
        return self.data.task_batch(examples, places, {"gold": gold})


class RecommendationsTask:
    """Turns in which a person recommended: rank what they named above what was retrieved, and say it."""

    def __init__(self, data: Ingredients, candidates: int) -> None:
        if data.recommendations is None or not len(data.recommendations):
            raise ValueError("ranking losses need dialogues with items; name such a corpus under `corpora`")
        self.data = data
        self.recommendations = data.recommendations
        self.candidates = candidates
        self.usable = data.usable()

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Branches of each dialogue: its candidates, one gold item of every dialogue, and the reply."""
        source, text_format = self.recommendations, self.data.format
        chosen = self.data.alike(
            rng,
            size,
            lambda count: rng.choice(self.usable, size=count, replace=False).tolist(),
            lambda number: sum(map(len, source.tokens[number])),
            len(self.usable),
        )
        picked = [source.sample(int(number), self.candidates, rng) for number in chosen]
        shared = [int(rng.choice(source.gold[number])) for number in chosen]
        width = max(len(one.rows) for one in picked)
        examples, dialogue_ends, candidate_ends, shared_ends = [], [], [], []
        for number, one in zip(chosen, picked, strict=True):
            trunk = source.trunk(int(number), text_format)
            shown = [self.data.shown(row) for row in (*one.rows.tolist(), *shared)]
            listed, others = shown[: len(one.rows)], shown[len(one.rows) :]
            if self.data.ranker.mask == "causal":
                listed = [sum(listed, Segment())]
            reply = (
                text_format.candidate(int(source.gold[number][0]))
                + Segment(source.reply(int(number))).supervise()
            )
            examples.append(Example(trunk, (*listed, *others, reply)))
            ends = len(trunk.ids) + np.cumsum([len(segment.ids) for segment in shown]) - 1
            dialogue_ends.append(len(trunk.ids) - 1)
            candidates = ends[: len(one.rows)]
            candidate_ends.append(np.pad(candidates, (0, width - len(candidates)), mode="edge"))
            shared_ends.append(ends[len(one.rows) :])
        features = np.zeros((len(picked), width, source.features.shape[-1]), dtype=np.float32)
        gold = np.zeros((len(picked), width), dtype=bool)
        real = np.zeros((len(picked), width), dtype=bool)
        expected = np.zeros((len(picked), width), dtype=np.float32)
        for place, one in enumerate(picked):
            expected[place, : len(one.rows)] = one.expected
            features[place, : len(one.rows)] = one.features
            gold[place, : len(one.rows)] = one.gold
            real[place, : len(one.rows)] = True
        shared_gold = np.array([[row in source.gold[number] for row in shared] for number in chosen])
        return self.data.task_batch(
            examples,
            {
                "dialogue": torch.tensor(dialogue_ends)[:, None],
                "candidates": torch.from_numpy(np.stack(candidate_ends)),
                "shared": torch.from_numpy(np.stack(shared_ends)),
            },
            {
                "features": torch.from_numpy(self.data.without_some(features, rng)),
                "gold": torch.from_numpy(gold),
                "real": torch.from_numpy(real),
                "expected": torch.from_numpy(expected),
                "shared_gold": torch.from_numpy(shared_gold),
            },
        )


class CandidatesTask:
    """All candidates of turns in which a person recommended, by their features alone; the LLM reads nothing."""

    def __init__(self, data: Ingredients) -> None:
        if data.recommendations is None or not len(data.recommendations):
            raise ValueError("ranking losses need dialogues with items; name such a corpus under `corpora`")
        self.data = data
        self.found = data.recommendations.found
        self.usable = data.usable()
        if not self.found[self.usable].any():
            raise ValueError("no gold item is among the candidates; raise `retrieval.k`")

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Turns with a gold item among their candidates."""
        source = self.data.recommendations
        assert source is not None
        chosen = np.sort(rng.choice(self.usable, size=min(size, len(self.usable)), replace=False))
        features = self.data.without_some(source.features[chosen].astype(np.float32), rng)
        return TaskBatch(
            None,
            None,
            {},
            {
                "features": torch.from_numpy(features),
                "gold": torch.from_numpy(self.found[chosen]),
                "real": torch.from_numpy(source.rows[chosen] >= 0),
            },
        )
