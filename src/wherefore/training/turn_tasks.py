"""Tasks of turns in which a person recommended: rank what they named above other candidates, and say it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from wherefore.errors import TrainingError
from wherefore.lm.prompt import Example, Segment
from wherefore.training.batches import TaskBatch, at_least_two
from wherefore.training.ingredients import Ingredients
from wherefore.training.recommendations import Recommendations, Sampled


def _turns(
    data: Ingredients, lacking: str = "ranking losses need dialogues with items; name such a corpus"
) -> Recommendations:
    if data.recommendations is None or not len(data.recommendations):
        raise TrainingError(f"{lacking} under `corpora`")
    return data.recommendations


class UsersTask:
    """Dialogues, and apart from each the soft tokens of an item that was right at its end."""

    def __init__(self, data: Ingredients) -> None:
        self.data = data
        self.turns = _turns(data, "loss `user_item_contrast` needs dialogues with items; name a corpus")
        self.free = data.free()

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Two branches for each turn, without a trunk. Target `gold`, (b, b): whether item j was right in turn i."""
        turns, text_format = self.turns, self.data.format
        chosen = rng.choice(self.free, size=min(size, len(self.free)), replace=False)
        at_least_two(chosen, "users")
        rows = [int(rng.choice(turns.gold[number])) for number in chosen]
        examples = [
            Example(Segment(), (turns.trunk(int(number), text_format), text_format.candidate(row)))
            for number, row in zip(chosen, rows, strict=True)
        ]
        lengths = torch.tensor([len(example.branches[0].ids) for example in examples])[:, None]
        places = {"dialogue": lengths - 1, "item": lengths + text_format.soft_tokens - 1}
        gold = torch.tensor([[row in turns.gold[number] for row in rows] for number in chosen])
        return self.data.task_batch(examples, places, {"gold": gold})


class RecommendationsTask:
    """Dialogues with candidates to rank, the gold items of all dialogues, and the reply."""

    def __init__(self, data: Ingredients) -> None:
        self.data = data
        self.turns = _turns(data)
        self.usable = data.usable()

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Branches of each dialogue: its candidates, one gold item of every dialogue, and the reply.

        Places are `dialogue` (b, 1), where each trunk ends, and where the branches end: `candidates` (b, m) and
        `shared` (b, b). Targets are `features` (b, m, f), `gold`, `real` and `expected` (b, m) of the candidates, and
        `shared_gold` (b, b).
        """
        turns = self.turns
        chosen = self.data.alike(
            rng,
            size,
            lambda count: rng.choice(self.usable, size=count, replace=False).tolist(),
            lambda number: sum(map(len, turns.tokens[number])),
            len(self.usable),
        )
        picked = [self._sample(int(number), rng) for number in chosen]
        shared = [int(rng.choice(turns.gold[number])) for number in chosen]
        examples: list[Example] = []
        dialogues, candidates, others = [], [], []  # where each ends
        for number, one in zip(chosen, picked, strict=True):
            trunk = turns.trunk(int(number), self.data.format)
            shown = [self.data.shown(row) for row in (*one.rows.tolist(), *shared)]
            ends = torch.tensor([len(segment.ids) for segment in shown]).cumsum(0) + len(trunk.ids) - 1
            examples.append(Example(trunk, self._branches(int(number), shown, len(one.rows))))
            dialogues.append(len(trunk.ids) - 1)
            candidates.append(ends[: len(one.rows)])
            others.append(ends[len(one.rows) :])
        targets = self._targets(picked)
        if self.data.judged is not None:
            judged = [
                (self.data.judged, int(number), one) for number, one in zip(chosen, picked, strict=True)
            ]
            targets["real"] &= ~_padded([of.out[number, one.places] for of, number, one in judged])
            targets["judged"] = _padded([of.labels[number, one.places] for of, number, one in judged])
        targets["features"] = torch.from_numpy(self.data.without_some(targets["features"].numpy(), rng))
        targets["shared_gold"] = torch.tensor([[row in turns.gold[n] for row in shared] for n in chosen])
        width = targets["gold"].shape[1]
        places = {
            "dialogue": torch.tensor(dialogues)[:, None],
            "candidates": torch.stack([torch.cat([e, e[-1:].expand(width - len(e))]) for e in candidates]),
            "shared": torch.stack(others),
        }
        return self.data.task_batch(examples, places, targets)

    def _sample(self, number: int, rng: Generator) -> Sampled:
        """Candidates of a turn; what a judge scored is always among them, what it found right as well is no other."""
        judged, size = self.data.judged, self.data.candidates
        if judged is None:
            return self.turns.sample(number, size, rng)
        return self.turns.sample(number, size, rng, sure=judged.sure[number], out=judged.out[number])

    def _branches(self, number: int, shown: Sequence[Segment], count: int) -> tuple[Segment, ...]:
        """Of a turn: its `count` candidates, the items shared by the batch, and the reply."""
        listed = shown[:count]
        if self.data.ranker.mask == "causal":
            listed = [sum(listed, Segment())]
        item = self.data.format.candidate(int(self.turns.gold[number][0]))
        return (*listed, *shown[count:], item + Segment(self.turns.reply(number)).supervise())

    def _targets(self, picked: Sequence[Sampled]) -> dict[str, Tensor]:
        """Features (b, m, f), and gold, real and expected (b, m); zeros where a turn has fewer candidates."""
        return {
            "features": _padded([one.features for one in picked]),
            "gold": _padded([one.gold for one in picked]),
            "real": _padded([np.ones(len(one.rows), dtype=bool) for one in picked]),
            "expected": _padded([one.expected for one in picked]),
        }


def _padded(parts: Sequence[np.ndarray]) -> Tensor:
    """Parts (m_i, …) to (b, m, …), zeros behind the shorter ones."""
    return torch.nn.utils.rnn.pad_sequence([torch.from_numpy(part) for part in parts], True)


class CandidatesTask:
    """All candidates of turns in which a person recommended, by their features alone; the LLM reads nothing."""

    def __init__(self, data: Ingredients) -> None:
        self.data = data
        self.turns = _turns(data)
        self.found = self.turns.found
        self.usable = data.usable()
        if not self.found[self.usable].any():
            raise TrainingError("no gold item is among the candidates; raise `retrieval.k`")

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Turns with a gold item among their candidates."""
        chosen = np.sort(rng.choice(self.usable, size=min(size, len(self.usable)), replace=False))
        features = self.data.without_some(self.turns.features[chosen].astype(np.float32), rng)
        targets = {
            "features": torch.from_numpy(features),
            "gold": torch.from_numpy(self.found[chosen]),
            "real": torch.from_numpy(self.turns.rows[chosen] >= 0),
        }
        if self.data.judged is not None:
            targets["real"] &= torch.from_numpy(~self.data.judged.out[chosen])
            targets["judged"] = torch.from_numpy(self.data.judged.labels[chosen])
        return TaskBatch(None, None, {}, targets)
