"""An engine that serves many conversations at once from one process: they share the models' forward passes.

Each turn runs in a greenlet of the scheduler's thread. Where it needs a forward pass (`wherefore.lm.passes`) it stops,
the others go on, and the same pass is then run for all that asked for it. A second thread runs passes beside the first,
so that each keeps half of the cores busy: the small kernels of a turn gain little from being split further.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from greenlet import GreenletExit, greenlet

from wherefore.errors import ConfigError
from wherefore.lm.passes import Pass, asking
from wherefore.recommender import Recommender
from wherefore.reply import ListReady
from wherefore.serving.engine import CLOSING, ENDED, LATE, Busy, News, StepsEngine, TimedOut, full, next_event
from wherefore.serving.threads import wait_passively

T = TypeVar("T")

_log = logging.getLogger(__name__)
_WARM = ("a funny film, not too long", "something newer, please")
_PATIENCE = 0.2  # seconds that words wait for others' lists, at most


@dataclass(eq=False)
class _Turn:
    """A turn: it waits to begin, runs, or waits for a pass. What happens is put into `events`, on its event loop."""

    steps: Generator[Any]
    deadline: float
    loop: asyncio.AbstractEventLoop
    events: asyncio.Queue[News] = field(default_factory=asyncio.Queue)
    body: Any = None  # its greenlet, once it has begun
    listed: bool = False  # its list is made, its words are not
    given_up: bool = False
    asked: Pass | None = None  # what it waits for
    answer: tuple[Any, BaseException | None] | None = None  # the pass's result, or its error

    def tell(self, news: News) -> None:
        """Called from any thread."""
        try:
            self.loop.call_soon_threadsafe(self.events.put_nowait, news)
        except RuntimeError:  # the loop was closed: nobody listens any more
            self.given_up = True


class _Group:
    """Turns whose passes run together."""

    def __init__(self, turns: Sequence[_Turn]) -> None:
        self.turns = tuple(turns)
        self._passes = [turn.asked for turn in turns if turn.asked is not None]

    def __call__(self) -> list[tuple[Any, BaseException | None]]:
        """The result of each, or its error: what cannot be run together is run one by one."""
        run, given = self._passes[0].run, [one.given for one in self._passes]
        try:
            return [(result, None) for result in run(given)]
        except Exception as error:
            if len(given) == 1 or not self._passes[0].apart:
                return [(None, error)] * len(given)
        found: list[tuple[Any, BaseException | None]] = []
        for one in given:
            try:
                found.append((run([one])[0], None))
            except Exception as error:
                found.append((None, error))
        return found


class BatchingEngine(StepsEngine):
    """Runs up to `most` turns at once; see `wherefore.serving.engine.Engine`.

    A new turn's list comes before others' further words, which wait for a fifth of a second at most. What `change` is
    given runs when every turn in work has its list and is between two steps, and keeps the catalogue that it has.

    Args:
        recommender: Answers. Nobody else may use it while the engine runs.
        most: Turns in work at once; each more needs more memory.
        waiting: Turns that may wait beside them; one more is refused with `Busy`.
        timeout: Seconds that a turn may take, its waiting included, unless it brings a deadline.
        cores: Threads that compute; by default as many as the process may use.

    Raises:
        ConfigError: If a number is not allowed.
    """

    def __init__(
        self,
        recommender: Recommender,
        most: int = 16,
        waiting: int = 64,
        timeout: float = 60.0,
        cores: int | None = None,
    ) -> None:
        for name, number, least in (("most", most, 1), ("waiting", waiting, 0)):
            if not isinstance(number, int) or number < least:
                raise ConfigError(f"`{name}` is {number!r}; it must be a whole number from {least} on")
        if not timeout > 0:
            raise ConfigError(f"`timeout` is {timeout!r}; it must be a number of seconds above 0")
        super().__init__(recommender)
        self._most, self._room, self._timeout = most, waiting, timeout
        self._cores = max(1, _cores() if cores is None else cores)
        # Threads of OpenMP that spin must not share kernels: beside a busy process they would wait for each other.
        self._whole = self._cores if wait_passively() else 1
        self._half = max(1, self._whole // 2)
        self._beside = ThreadPoolExecutor(1, "passes", torch.set_num_threads, (self._half,))
        self._changed = threading.Condition()
        # Below: touched by any thread, under `_changed`.
        self._queue: deque[_Turn] = deque()
        self._changes: deque[tuple[Callable[[Recommender], Any], Future[Any]]] = deque()
        self._closed = False
        self._woken = False
        # Below: the scheduler's own.
        self._turns: list[_Turn] = []
        self._pending: list[_Turn] = []  # that wait for a pass which has not begun, oldest first
        self._running: tuple[_Group, Future[Any]] | None = None  # what runs on the other thread
        self._stepped = 0.0  # when words were written last
        self._pace = 1.0  # about how many seconds lie between the ends of two turns, while some wait
        self._ended = time.monotonic()
        self._thread = threading.Thread(target=self._work, name="turns", daemon=True)
        self._thread.start()

    # -- on the event loop ------------------------------------------------------------------------------

    def waiting(self) -> int:
        """As `Engine.waiting`."""
        return len(self._queue)

    async def change(self, work: Callable[[Recommender], T]) -> T:
        """As `Engine.change`."""
        done: Future[T] = Future()
        with self._changed:
            if self._closed:
                raise Busy(CLOSING)
            self._changes.append((work, done))
            self._wake()
        return await asyncio.wrap_future(done)

    async def warm(self) -> None:
        """Answer a short conversation, so that the first user does not wait for what is made on first use."""
        said: list[dict[str, str]] = []
        for words in _WARM:
            said.append({"role": "user", "content": words})
            async with aclosing(self.stream(said, k=2, preferences=None)) as events:
                async for event in events:
                    if not isinstance(event, ListReady) and hasattr(event, "reply"):
                        said.append({"role": "assistant", "content": event.reply.text})

    def alive(self) -> bool:
        """Whether turns are run at all: not after `aclose`, and not after a fault of the scheduler."""
        return self._thread.is_alive() and not self._closed

    async def aclose(self) -> None:
        """Refuse the turns that wait, finish those in work, and let go of threads."""
        with self._changed:
            self._closed = True
            left, self._queue = list(self._queue), deque()
            self._wake()
        for turn in left:
            turn.tell(("error", Busy(CLOSING)))
        await asyncio.to_thread(self._thread.join)

    async def _events(self, steps: Generator[Any], deadline: float | None) -> AsyncGenerator[Any, None]:
        """What steps give but None; they are done on the thread, until this generator is closed."""
        until = time.monotonic() + self._timeout if deadline is None else deadline
        turn = _Turn(steps, until, asyncio.get_running_loop())
        self._put(turn)
        try:
            while (event := await next_event(turn.events, until)) is not ENDED:
                yield event
        finally:
            turn.given_up = True
            with self._changed:
                if turn in self._queue:  # it shall take nobody's place
                    self._queue.remove(turn)
                self._wake()

    def _put(self, turn: _Turn) -> None:
        with self._changed:
            if self._closed:
                raise Busy(CLOSING)
            waiting = len(self._queue)
            # One that can begin at once needs no room.
            if waiting >= self._room + max(0, self._most - len(self._turns)):
                raise full(waiting, self._pace)
            self._queue.append(turn)
            self._wake()

    def _wake(self) -> None:
        """Under `_changed`."""
        self._woken = True
        self._changed.notify()

    # -- on the scheduler's thread ----------------------------------------------------------------------

    def _work(self) -> None:
        """Run turns until the engine is closed and all have ended."""
        try:
            while self._go_on():
                self._give_up()
                self._change()
                self._begin()
                self._collect()
                self._resume_all()
                self._run_passes()
        except BaseException as error:  # a fault of ours: nobody shall wait for ever
            _log.exception("the scheduler of turns broke off")
            with self._changed:
                self._closed = True
                left = [*self._turns, *self._queue]
                self._queue.clear()
            for turn in left:
                turn.tell(("error", error))
        finally:
            self._beside.shutdown()
            for _, done in self._changes:
                done.set_exception(Busy(CLOSING))

    def _go_on(self) -> bool:
        """Wait until there is something to do; False: nothing will come any more."""
        with self._changed:
            while True:
                busy = self._turns or self._queue or self._changes
                if self._closed and not busy:
                    return False
                if self._woken or self._can_compute():
                    self._woken = False
                    return True
                self._changed.wait(self._until_next_deadline())
                if self._late():
                    return True

    def _can_compute(self) -> bool:
        if self._pending or any(turn.asked is None or turn.answer for turn in self._turns):
            return True
        if self._changes:
            return self._between_steps()
        return bool(self._queue) and len(self._turns) < self._most

    def _until_next_deadline(self) -> float | None:
        ends = [turn.deadline for turn in (*self._turns, *self._queue)]
        return max(0.0, min(ends) - time.monotonic()) if ends else None

    def _late(self) -> bool:
        now = time.monotonic()
        return any(turn.deadline <= now for turn in (*self._turns, *self._queue))

    def _give_up(self) -> None:
        """End turns that nobody wants any more, or that took too long."""
        now = time.monotonic()
        with self._changed:
            late = [turn for turn in self._queue if turn.deadline <= now]
            for turn in late:
                self._queue.remove(turn)
        for turn in late:
            turn.tell(("error", TimedOut(LATE)))
        for turn in list(self._turns):
            if turn.deadline <= now:
                turn.given_up = True
                turn.tell(("error", TimedOut(LATE)))
            if turn.given_up:
                self._end(turn)
                turn.asked = turn.answer = None
                try:
                    turn.body.throw(GreenletExit)  # unwinds it where it stands
                except Exception:
                    _log.exception("a turn that was given up did not end well")

    def _change(self) -> None:
        """Do what is to be done alone, if every turn in work is between two steps."""
        while self._changes and self._between_steps():
            with self._changed:
                work, done = self._changes.popleft()
            try:
                with self.recommender.turns.lock:
                    done.set_result(work(self.recommender))
            except BaseException as error:
                done.set_exception(error)

    def _between_steps(self) -> bool:
        return self._running is None and all(
            turn.listed and turn.asked is not None and not turn.asked.apart for turn in self._turns
        )

    def _begin(self) -> None:
        """Begin the turns that have waited longest; none while a change waits."""
        while len(self._turns) < self._most and not self._changes:
            with self._changed:
                if not self._queue:
                    return
                turn = self._queue.popleft()
            turn.body = _Body(self._body(turn))
            turn.body.turn = turn
            self._turns.append(turn)

    def _body(self, turn: _Turn) -> Callable[[None], object]:
        def run(_: None) -> object:
            with asking(_ask):
                try:
                    for event in turn.steps:
                        if event is not None:
                            _hub(event)
                finally:
                    turn.steps.close()
            return ENDED

        return run

    def _collect(self) -> None:
        """Take what the other thread has made."""
        if self._running is not None and self._running[1].done():
            group, made = self._running
            self._running = None
            self._answer(group, made.result())

    @staticmethod
    def _answer(group: _Group, found: Sequence[tuple[Any, BaseException | None]]) -> None:
        for turn, answer in zip(group.turns, found, strict=True):
            if turn.asked is not None:  # else it was given up
                turn.answer = answer

    def _resume_all(self) -> None:
        """Let every turn go on that can, up to the next pass that it needs; those without a list first."""
        for turn in sorted(self._turns, key=lambda one: one.listed):
            while turn.asked is None or turn.answer is not None:
                result, error = turn.answer or (None, None)
                turn.asked = turn.answer = None
                if not self._resume(turn, result, error):
                    break

    def _resume(self, turn: _Turn, result: Any, error: BaseException | None) -> bool:
        """Whether the turn can go on at once."""
        try:
            news = turn.body.switch(result) if error is None else turn.body.throw(error)
        except BaseException as fault:
            self._end(turn)
            turn.tell(("error", fault))
            return False
        if isinstance(news, Pass):
            turn.asked = news
            self._pending.append(turn)
            return False
        if news is ENDED or turn.body.dead:
            self._end(turn)
            turn.tell(("end", None))
            return False
        turn.listed = turn.listed or isinstance(news, ListReady)
        turn.tell(("event", news))
        return not turn.given_up

    def _end(self, turn: _Turn) -> None:
        self._turns.remove(turn)
        if turn in self._pending:
            self._pending.remove(turn)
        now = time.monotonic()
        if self._queue and not turn.given_up:
            self._pace += 0.1 * (now - self._ended - self._pace)
        self._ended = now

    # -- passes -----------------------------------------------------------------------------------------

    def _run_passes(self) -> None:
        """Run one group of passes here, and one on the other thread where that has nothing to do."""
        if not self._pending:
            return
        several = len(self._turns) > 1 and self._cores > 1
        if several and self._running is None and len({self._key(turn) for turn in self._pending}) > 1:
            beside = self._next(beside=True)
            if beside is not None:
                self._use_threads(self._half)
                self._running = beside, self._beside.submit(beside)
                self._running[1].add_done_callback(lambda _: self._made())
        group = self._next()
        if group is not None:
            self._use_threads(self._whole if self._running is None else self._half)
            self._answer(group, group())

    def _made(self) -> None:
        with self._changed:
            self._wake()

    @staticmethod
    def _use_threads(count: int) -> None:
        if torch.get_num_threads() != count:
            torch.set_num_threads(count)

    @staticmethod
    def _key(turn: _Turn) -> object:
        """What passes that run together have in common; those that fill a pass by themselves have nothing."""
        asked = turn.asked
        assert asked is not None
        return asked.run if asked.most > 1 else turn

    def _next(self, beside: bool = False) -> _Group | None:
        """The passes that are run next; of lists before those of words, unless words have waited for long.

        Args:
            beside: Whether for the other thread.
        """
        chosen = [turn for turn in self._pending if not beside or (turn.asked and turn.asked.apart)]
        words = [turn for turn in chosen if turn.asked is not None and not turn.asked.apart]
        patient = time.monotonic() - self._stepped < _PATIENCE
        rest = sorted((turn for turn in chosen if turn not in words), key=lambda one: one.listed)
        first = next(iter([*rest, *words] if patient else [*words, *rest]), None)
        if first is None or first.asked is None:
            return None
        if not first.asked.apart:
            self._stepped = time.monotonic()
        same = [turn for turn in chosen if self._key(turn) == self._key(first)][: first.asked.most]
        self._pending = [turn for turn in self._pending if turn not in same]
        return _Group(same)


class _Body(greenlet):  # type: ignore[misc]
    """The greenlet of a turn."""

    turn: _Turn


def _ask(wanted: Pass) -> Any:
    """Leave a pass to the scheduler, and wait for it."""
    body = greenlet.getcurrent()
    if not isinstance(body, _Body) or body.turn.given_up:  # it is ending: nobody would come back to it
        return wanted.run([wanted.given])[0]
    with torch.inference_mode(False):  # the mode is the thread's: others shall not find this turn's
        return _hub(wanted)


def _hub(what: object) -> Any:
    """Hand something to the scheduler, and wait until it lets this turn go on."""
    parent = greenlet.getcurrent().parent
    assert parent is not None
    return parent.switch(what)


def _cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
