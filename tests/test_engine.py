"""The engine with one thread: what it runs, keeps waiting, refuses and gives up."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import aclosing

import pytest

from conftest import make_recommender
from wherefore.errors import DialogueError
from wherefore.reply import Done, TextDelta
from wherefore.serving.engine import Busy, SimpleEngine, TimedOut
from wherefore.serving.threads import OneThread
from wherefore.turn.turns import Turns


class Slow:
    """A recommender whose turns say one word per message, and wait at `gate` before each."""

    def __init__(self, gate=None):
        self.turns = Turns()
        self.gate = gate or threading.Event()
        self.log = []

    def steps(self, messages, k=5, preferences=None, diversity=None, settled=False, seed=None):
        if not messages:
            raise DialogueError("there are no messages")
        return self.turns.alone(self._turn(messages))

    def _turn(self, messages):
        name = messages[0]
        try:
            for number in range(3):
                self.gate.wait(10)
                self.log.append((name, number, threading.current_thread().name))
                if name == "broken":
                    raise RuntimeError("broken")
                yield None
                yield TextDelta(f"{name}{number}")
        finally:
            self.log.append((name, "closed", threading.current_thread().name))

    def rank(self, messages, k=50, preferences=None):
        return [f"{messages[0]}, {k}"]


def engine_of(recommender, **named):
    return SimpleEngine(recommender, **named)


async def words(engine, name, **named):
    async with aclosing(engine.stream([name], k=1, preferences=None, **named)) as events:
        return [event.text async for event in events]


async def until(true, seconds=10):
    for _ in range(int(seconds / 0.005)):
        if true():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came to be")


def run(main, recommender, **named):
    async def whole():
        engine = engine_of(recommender, **named)
        try:
            return await asyncio.wait_for(main(engine), 20)
        finally:
            recommender.gate.set()
            await engine.aclose()

    return asyncio.run(whole())


def test_turns_come_one_after_the_other_on_one_thread():
    slow = Slow()
    slow.gate.set()

    async def main(engine):
        return await asyncio.gather(
            words(engine, "a"), words(engine, "b"), engine.rank(["c"], k=7, preferences=None)
        )

    assert run(main, slow) == [["a0", "a1", "a2"], ["b0", "b1", "b2"], ["c, 7"]]
    assert [name for name, *_ in slow.log] == ["a"] * 4 + ["b"] * 4
    assert len({thread for *_, thread in slow.log}) == 1 and slow.log[0][2].startswith("model")


def test_what_is_not_allowed_is_told_before_it_waits():
    slow = Slow()

    async def main(engine):
        waiting = asyncio.ensure_future(words(engine, "a"))
        await asyncio.sleep(0.05)
        with pytest.raises(DialogueError):
            await anext(engine.stream([], k=1, preferences=None))
        assert not waiting.done()
        slow.gate.set()
        await waiting

    run(main, slow)


def test_a_full_queue_says_when_to_come_again():
    slow = Slow()

    async def main(engine):
        first = asyncio.ensure_future(words(engine, "a"))
        await until(lambda: engine.waiting() == 0 and engine._working is not None)
        others = [asyncio.ensure_future(words(engine, name)) for name in "bc"]
        await until(lambda: engine.waiting() == 2)
        with pytest.raises(Busy, match="2 requests wait already") as caught:
            await words(engine, "d")
        assert caught.value.retry_after >= 1
        others[0].cancel()  # whoever goes away makes room
        await until(lambda: engine.waiting() == 1)
        late = asyncio.ensure_future(words(engine, "e"))
        await until(lambda: engine.waiting() == 2)
        slow.gate.set()
        await asyncio.gather(first, others[1], late)

    run(main, slow, queue=2)
    assert {name for name, *_ in slow.log} == {"a", "c", "e"}  # no work was done for others


def test_who_goes_away_stops_the_work():
    slow = Slow()
    slow.gate.set()

    async def main(engine):
        events = engine.stream(["a"], k=1, preferences=None)
        await anext(events)
        slow.gate.clear()
        await events.aclose()
        slow.gate.set()
        assert await words(engine, "b") == ["b0", "b1", "b2"]

    run(main, slow)
    steps = [number for name, number, _ in slow.log if name == "a"]
    assert steps[-1] == "closed" and 2 not in steps


def test_a_deadline_holds_in_the_queue_and_at_work():
    slow = Slow()

    async def main(engine):
        at_work = asyncio.ensure_future(words(engine, "a", deadline=time.monotonic() + 0.2))
        await until(lambda: engine._working is not None)
        waiting = asyncio.ensure_future(words(engine, "b", deadline=time.monotonic() + 0.1))
        for one in (waiting, at_work):
            with pytest.raises(TimedOut, match="in time"):
                await one
        slow.gate.set()
        return await words(engine, "c", deadline=time.monotonic() + 10)

    assert run(main, slow) == ["c0", "c1", "c2"]
    assert "b" not in {name for name, *_ in slow.log}


def test_one_that_breaks_breaks_no_other():
    slow = Slow()
    slow.gate.set()

    async def main(engine):
        with pytest.raises(RuntimeError, match="broken"):
            await words(engine, "broken")
        return await words(engine, "a")

    assert run(main, slow) == ["a0", "a1", "a2"]


def test_a_change_is_made_alone():
    slow = Slow()
    slow.gate.set()

    async def main(engine):
        talking = asyncio.ensure_future(words(engine, "a"))
        slow.log.append(await engine.change(lambda r: ("change", r is slow, threading.current_thread().name)))
        await talking
        with pytest.raises(KeyError):
            await engine.change(lambda r: {}["x"])

    run(main, slow)
    change = next(one for one in slow.log if one[0] == "change")
    assert change[1] and change[2].startswith("model")


def test_closing_gives_up_what_is_in_work():
    slow = Slow()

    async def main(engine):
        turns = [asyncio.ensure_future(words(engine, name)) for name in "ab"]
        await until(lambda: engine._working is not None and engine.waiting() == 1)
        closing = asyncio.ensure_future(engine.aclose())
        for one in turns:
            with pytest.raises(Busy, match="shut down"):
                await one
        slow.gate.set()
        await closing
        with pytest.raises(Busy, match="shut down"):
            await words(engine, "c")

    run(main, slow)


def test_the_page_and_the_api_share_a_thread(tokenizers):
    alone, seen, recommender = OneThread(), [], make_recommender("llama", tokenizers, tries=0)
    read = recommender.reader.read
    recommender.reader.read = lambda *given, **named: (
        seen.append(threading.get_ident()) or read(*given, **named)
    )

    async def main():
        engine = SimpleEngine(recommender, alone)
        said = [{"role": "user", "content": "a horror film"}]
        async with aclosing(engine.stream(said, k=2, preferences=None)) as events:
            last = [event async for event in events][-1]
        await engine.aclose()
        return last

    last = asyncio.run(main())
    assert isinstance(last, Done) and set(seen) == {alone(threading.get_ident)}
