"""What runs turns for a server: beside its event loop, with a bounded queue, and so that they can be given up."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Protocol, TypeVar

from wherefore.dialogue.state import Preferences
from wherefore.errors import WhereforeError
from wherefore.recommender import Recommender
from wherefore.reply import Event, Recommendation
from wherefore.turn.lists import Messages

T = TypeVar("T")


class Busy(WhereforeError):
    """More turns wait than may; `retry_after` says in how many seconds to come again."""

    def __init__(self, message: str, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TimedOut(WhereforeError):
    """A turn did not end before its deadline."""


class Engine(Protocol):
    """Runs turns. Its methods are called on the event loop, and none of them keeps it busy.

    Messages and numbers are checked before a turn waits: what is wrong with them is raised at the first step.
    """

    def stream(
        self,
        messages: Messages,
        *,
        k: int,
        preferences: Preferences | None,
        diversity: float | None = None,
        settled: bool = False,
        seed: int | None = None,
        deadline: float | None = None,
    ) -> AsyncGenerator[Event, None]:
        """The events of a turn, as of `Recommender.stream`. To close the generator cancels the work.

        Args:
            messages: As there, and so are `k`, `preferences`, `diversity`, `settled` and `seed`.
            k: Length of the list.
            preferences: The state to start from.
            diversity: What an item loses for being like one listed before it.
            settled: The preferences hold the last message already.
            seed: Of the wording.
            deadline: The moment, of `time.monotonic`, at which the turn is given up.

        Raises:
            DialogueError: If a message is not allowed.
            ConfigError: If a number is not allowed.
            Busy: If too many turns wait.
            TimedOut: If the deadline passes.
        """

    def waiting(self) -> int:
        """How many turns wait to begin."""

    async def rank(
        self, messages: Messages, *, k: int, preferences: Preferences | None
    ) -> list[Recommendation]:
        """The ranked list alone, as of `Recommender.rank`."""

    async def change(self, work: Callable[[Recommender], T]) -> T:
        """What `work` gives, done alone, between the steps of turns: to read or change what they share."""

    async def aclose(self) -> None:
        """Give up what is in work, and let go of threads."""
