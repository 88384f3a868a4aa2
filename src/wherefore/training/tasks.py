"""The tasks that losses name: each makes batches of one kind.

Every batch is a pure function of the seed and the step, so a run that was killed goes on exactly where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from numpy.random import Generator

from wherefore.training.batches import TaskBatch
from wherefore.training.ingredients import Ingredients
from wherefore.training.item_tasks import ItemsTask, MatchesTask, PairsTask
from wherefore.training.text_tasks import DialoguesTask, RecordsTask, WordingTask
from wherefore.training.turn_tasks import CandidatesTask, RecommendationsTask, UsersTask


class Task(Protocol):
    """Makes batches of one kind."""

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """A batch of `size` examples drawn with `rng`."""


TASKS: dict[str, Callable[[Ingredients], Task]] = {
    "dialogues": DialoguesTask,
    "records": RecordsTask,
    "items": ItemsTask,
    "matches": MatchesTask,
    "pairs": PairsTask,
    "users": UsersTask,
    "recommendations": RecommendationsTask,
    "candidates": CandidatesTask,
    "wording": WordingTask,
}


def make_task(name: str, data: Ingredients, candidates: int) -> Task:
    """The task of a name that `LOSSES` uses, with so many candidates in each dialogue.

    Raises:
        TrainingError: If the data lack what the task draws from.
    """
    return TASKS[name](replace(data, candidates=candidates))
