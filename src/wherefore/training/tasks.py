"""What training batches are made of: dialogues, records in words, items, recommendations and reasons.

Every batch is a pure function of the seed and the step, so a run that was killed goes on exactly where it
stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from numpy.random import Generator

from wherefore.training.batches import TaskBatch

T = TypeVar("T")
Progress = Callable[[int, int], None]
_AT_ONCE = 64  # dialogues whose texts are embedded at once
_CHOICE = 4  # batches' worth of examples are drawn, and one batch of like length is taken
from wherefore.training.ingredients import Ingredients
from wherefore.training.item_tasks import ItemsTask, MatchesTask, PairsTask
from wherefore.training.text_tasks import DialoguesTask, RecordsTask, WordingTask
from wherefore.training.turn_tasks import CandidatesTask, RecommendationsTask, UsersTask


class Task(Protocol):
    """Makes batches of one kind."""

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """A batch of `size` examples drawn with `rng`."""


def make_task(name: str, data: Ingredients, candidates: int) -> Task:
    """The task of a name that `LOSSES` uses."""
    makers: dict[str, Callable[[], Task]] = {
        "dialogues": lambda: DialoguesTask(data),
        "records": lambda: RecordsTask(data),
        "items": lambda: ItemsTask(data),
        "matches": lambda: MatchesTask(data),
        "pairs": lambda: PairsTask(data),
        "users": lambda: UsersTask(data),
        "recommendations": lambda: RecommendationsTask(data, candidates),
        "candidates": lambda: CandidatesTask(data),
        "wording": lambda: WordingTask(data),
    }
    return makers[name]()
