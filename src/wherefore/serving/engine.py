"""What runs turns for a server: beside its event loop, with a bounded queue, and so that they can be given up."""

from __future__ import annotations

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from wherefore.dialogue.state import Preferences
from wherefore.errors import WhereforeError
from wherefore.recommender import Recommender
from wherefore.reply import Event, Recommendation
from wherefore.serving.threads import OneThread
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


News = tuple[Literal["event", "error", "end"], Any]  # what happened, and what of it
ENDED = object()
CLOSING = "the server is being shut down; try again in a moment"
LATE = "the reply was not ready in time; ask again, or for a shorter list"
_FULL = "{waiting} requests wait already, and no more may; try again in about {seconds} s"


def full(waiting: int, pace: float) -> Busy:
    """That so many turns wait already; one ends about every `pace` seconds."""
    wait = max(1.0, pace * waiting)
    return Busy(_FULL.format(waiting=waiting, seconds=round(wait)), wait)


async def next_event(news: asyncio.Queue[News], deadline: float | None) -> Any:
    """The next event of a turn; `ENDED` after the last. The deadline holds while it waits or is amid a long step, too.

    Args:
        news: What happens.
        deadline: A moment of `time.monotonic`.

    Raises:
        TimedOut: If the deadline passes; else whatever the turn raised.
    """
    try:  # not `wait_for`, which loses a cancellation that comes with an event (until Python 3.12)
        async with asyncio.timeout(None if deadline is None else max(0.0, deadline - time.monotonic())):
            kind, what = await news.get()
    except TimeoutError:
        raise TimedOut(LATE) from None
    if kind == "error":
        raise what
    return ENDED if kind == "end" else what


class StepsEngine(ABC):
    """What engines have in common that run the steps of a recommender.

    Args:
        recommender: Answers.
    """

    def __init__(self, recommender: Recommender) -> None:
        self.recommender = recommender

    @abstractmethod
    def _events(self, steps: Generator[Any], deadline: float | None) -> AsyncGenerator[Any, None]:
        """What steps give but None; they are done on a thread, until the generator is closed."""

    async def stream(
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
        """As `Engine.stream`."""
        steps = self.recommender.steps(messages, k, preferences, diversity, settled, seed)
        async with aclosing(self._events(steps, deadline)) as events:
            async for event in events:
                yield event

    async def rank(
        self, messages: Messages, *, k: int, preferences: Preferences | None
    ) -> list[Recommendation]:
        """As `Engine.rank`."""

        def one_step() -> Generator[list[Recommendation]]:
            yield self.recommender.rank(messages, k=k, preferences=preferences)

        async with aclosing(self._events(one_step(), None)) as found:
            ranked: list[Recommendation] = await anext(found)
            return ranked


@dataclass(eq=False)
class _Job:
    """A turn that waits for the thread or is on it. What happens is put into `events`, on its event loop."""

    steps: Generator[Any]
    deadline: float | None
    loop: asyncio.AbstractEventLoop
    events: asyncio.Queue[News] = field(default_factory=asyncio.Queue)
    given_up: threading.Event = field(default_factory=threading.Event)

    def tell(self, news: News) -> None:
        """Called from any thread."""
        if not self.loop.is_closed():  # nobody listens any more
            self.loop.call_soon_threadsafe(self.events.put_nowait, news)


class SimpleEngine(StepsEngine):
    """One turn at a time, in the order of arrival, on a thread of its own.

    Args:
        recommender: Answers.
        alone: What its models compute on; give the page's, where there is one in the same process.
        queue: How many turns may wait beside the one in work.
    """

    def __init__(self, recommender: Recommender, alone: OneThread | None = None, queue: int = 32) -> None:
        super().__init__(recommender)
        self._alone = alone or OneThread()
        self._most = queue
        self._jobs: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._working: _Job | None = None
        self._seconds = 1.0  # about how long a turn takes
        self._thread = threading.Thread(target=self._work, name="turns", daemon=True)
        self._thread.start()

    def waiting(self) -> int:
        """As `Engine.waiting`."""
        return len(self._jobs)

    async def change(self, work: Callable[[Recommender], T]) -> T:
        """As `Engine.change`; the turn in work goes on after it, and keeps the catalogue that it began with."""

        def alone() -> T:
            with self.recommender.turns.lock:
                return work(self.recommender)

        return await asyncio.to_thread(self._alone, alone)

    async def aclose(self) -> None:
        """As `Engine.aclose`."""
        with self._changed:
            self._closed = True
            left = [*self._jobs, *([self._working] if self._working is not None else [])]
            self._jobs.clear()
            self._changed.notify_all()
        for job in left:
            job.given_up.set()
            job.tell(("error", Busy(CLOSING)))
        await asyncio.to_thread(self._thread.join, 10)

    async def _events(self, steps: Generator[Any], deadline: float | None) -> AsyncGenerator[Any, None]:
        """What steps give but None; they are done on the thread, until the generator is closed."""
        job = _Job(steps, deadline, asyncio.get_running_loop())
        self._put(job)
        try:
            while (event := await next_event(job.events, deadline)) is not ENDED:
                yield event
        finally:
            job.given_up.set()
            with self._changed:
                if job in self._jobs:  # it shall take nobody's place
                    self._jobs.remove(job)

    def _put(self, job: _Job) -> None:
        with self._changed:
            if self._closed:
                raise Busy(CLOSING)
            waiting = len(self._jobs)
            if waiting >= self._most:
                raise full(waiting, self._seconds)
            self._jobs.append(job)
            self._changed.notify()

    def _work(self) -> None:
        """Do one job after the other, until the engine is closed."""
        while True:
            with self._changed:
                self._working = None
                while not self._jobs and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                job = self._working = self._jobs.popleft()
            began = time.monotonic()
            self._do(job)
            if not job.given_up.is_set():
                self._seconds += 0.2 * (time.monotonic() - began - self._seconds)

    def _do(self, job: _Job) -> None:
        """A job, step by step, until it ends, fails or is given up."""
        try:
            while not job.given_up.is_set():
                event = self._alone(next, job.steps, ENDED)
                if event is ENDED:
                    job.tell(("end", None))
                    return
                if event is not None:
                    job.tell(("event", event))
        except Exception as error:
            job.tell(("error", error))
        finally:
            self._alone(job.steps.close)
