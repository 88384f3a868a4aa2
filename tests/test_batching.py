"""An engine that runs many conversations from one process."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
import torch

from conftest import make_recommender, make_tokenizer
from families import kind_of
from wherefore.catalog.catalog import Item
from wherefore.errors import ConfigError, DialogueError
from wherefore.lm.passes import alike, asking, shared
from wherefore.reply import Done, ListReady, TextDelta
from wherefore.serving.batching import BatchingEngine
from wherefore.serving.engine import Busy, TimedOut

REQUESTS = (
    "I liked Alien, something like it",
    "a comedy after 1990",
    "something scary but short",
    "hello",
    "three dramas please",
    "anything by Ridley Scott",
)


@pytest.fixture(scope="module")
def tokenizers():
    return {"llama": make_tokenizer(kind_of("llama"))}


@pytest.fixture
def small(tokenizers):
    return make_recommender("llama", tokenizers)


def said(text):
    return [{"role": "user", "content": text}]


async def events_of(engine, text, **given):
    return [event async for event in engine.stream(said(text), **{"k": 3, "preferences": None, **given})]


async def reply_of(engine, text, **given):
    last = (await events_of(engine, text, **given))[-1]
    assert isinstance(last, Done)
    return last.reply


def with_engine(recommender, work, **settings):
    """What `work` gives with an engine, which is closed after it."""

    async def run():
        engine = BatchingEngine(recommender, **settings)
        try:
            return await asyncio.wait_for(work(engine), 60)
        finally:
            await engine.aclose()
            assert not engine._thread.is_alive()

    return asyncio.run(run())


class Staged:
    """A recommender whose turns do as the tests say: each step of a turn is a pass or an event."""

    def __init__(self):
        self.turns = type("Turns", (), {"lock": threading.RLock()})()
        self.closed, self.began, self.passes = [], [], []
        self.gate = threading.Event()
        self.gate.set()

    def read(self, given):
        self.gate.wait(20)
        self.passes.append(tuple(given))
        if "poison" in given:
            raise ValueError("poison")
        return [one.upper() for one in given]

    def words(self, given):
        self.gate.wait(20)
        time.sleep(0.002)
        return [None] * len(given)

    def steps(self, messages, k=5, preferences=None, diversity=None, settled=False, seed=None):
        text = messages[-1]["content"]
        if text == "refused":
            raise DialogueError("refused")
        return self.turn(text, k)

    def turn(self, text, k):
        self.began.append(text)
        try:
            with torch.inference_mode():
                heard = shared(self.read, text)
                assert torch.is_inference_mode_enabled()
            assert not torch.is_inference_mode_enabled()
            yield ListReady((), heard)
            for number in range(k):
                shared(self.words, text, most=1000, apart=False)
                yield TextDelta(f"{heard}{number}")
            yield Done(heard)
        finally:
            self.closed.append(text)


def test_several_at_once_get_what_each_would_alone(small):
    alone = [small.generate(said(text), k=3) for text in REQUESTS]

    async def together(engine):
        return await asyncio.gather(*(reply_of(engine, text) for text in REQUESTS))

    for one, other in zip(alone, with_engine(small, together), strict=True):
        assert [r.item.id for r in one.recommendations] == [r.item.id for r in other.recommendations]
        assert one.text == other.text
        assert one.preferences == other.preferences
        scores = [[r.score for r in reply.recommendations] for reply in (one, other)]
        assert scores[0] == pytest.approx(scores[1], abs=1e-4)


def test_passes_are_shared_and_events_come_in_order():
    staged = Staged()
    staged.gate.clear()

    async def work(engine):
        tasks = [asyncio.create_task(events_of(engine, text)) for text in ("first", "a", "b", "c")]
        while engine.waiting() or len(staged.began) < 1:
            await asyncio.sleep(0.01)
        staged.gate.set()
        return await asyncio.gather(*tasks)

    found = with_engine(staged, work)
    for text, events in zip(("FIRST", "A", "B", "C"), found, strict=True):
        assert [type(event) for event in events] == [ListReady, *[TextDelta] * 3, Done]
        assert [event.text for event in events[1:-1]] == [f"{text}{n}" for n in range(3)]
    assert sorted(text for group in staged.passes for text in group) == ["a", "b", "c", "first"]
    assert len(staged.passes) < 4


def test_an_error_reaches_its_turn_alone():
    staged = Staged()

    async def work(engine):
        texts = ("good", "poison", "fine", "refused")
        return await asyncio.gather(*(reply_of(engine, t) for t in texts), return_exceptions=True)

    good, poison, fine, refused = with_engine(staged, work)
    assert (good, fine) == ("GOOD", "FINE")
    assert isinstance(poison, ValueError) and str(poison) == "poison"
    assert isinstance(refused, DialogueError)


def test_a_full_queue_refuses_and_says_when_to_come_again():
    staged = Staged()
    staged.gate.clear()

    async def work(engine):
        tasks = [asyncio.create_task(reply_of(engine, str(n))) for n in range(3)]
        while engine.waiting() != 2:
            await asyncio.sleep(0.01)
        with pytest.raises(Busy, match="2 requests wait already") as refused:
            await reply_of(engine, "one too many")
        assert refused.value.retry_after >= 1
        staged.gate.set()
        return await asyncio.gather(*tasks)

    assert with_engine(staged, work, most=1, waiting=2) == ["0", "1", "2"]
    assert "one too many" not in staged.began


def test_a_deadline_ends_turns_that_run_and_turns_that_wait():
    staged = Staged()

    async def work(engine):
        soon = time.monotonic() + 0.3
        given = (reply_of(engine, text, k=100_000, deadline=soon) for text in ("runs", "waits"))
        results = await asyncio.gather(*given, return_exceptions=True)
        assert time.monotonic() < soon + 5
        assert await reply_of(engine, "next") == "NEXT"
        return results

    assert [type(one) for one in with_engine(staged, work, most=1)] == [TimedOut, TimedOut]
    assert staged.began == staged.closed == ["runs", "next"]
    with_engine(staged, lambda engine: _late(engine), most=1, timeout=0.2)


async def _late(engine):
    with pytest.raises(TimedOut):
        await reply_of(engine, "slow", k=100_000)


def test_who_goes_away_stops_the_work():
    staged = Staged()

    async def work(engine):
        events = engine.stream(said("left"), k=100_000, preferences=None)
        assert isinstance(await anext(events), ListReady)
        await anext(events)
        await events.aclose()
        while "left" not in staged.closed:
            await asyncio.sleep(0.01)
        task = asyncio.create_task(reply_of(engine, "cancelled", k=100_000))
        while "cancelled" not in staged.began:
            await asyncio.sleep(0.01)
        task.cancel()
        while "cancelled" not in staged.closed:
            await asyncio.sleep(0.01)
        return await reply_of(engine, "next")

    assert with_engine(staged, work) == "NEXT"


def test_what_was_being_written_is_freed_when_its_reader_leaves(small):
    async def work(engine):
        events = engine.stream(said(REQUESTS[0]), k=5, preferences=None)
        await anext(events)
        await events.aclose()
        while engine._turns:
            await asyncio.sleep(0.01)
        assert len(small.lm.words.batch) == 0
        return await reply_of(engine, REQUESTS[1])

    assert with_engine(small, work).recommendations


def test_closing_finishes_what_runs_and_refuses_what_waits():
    staged = Staged()
    staged.gate.clear()

    async def run():
        engine = BatchingEngine(staged, most=1)
        tasks = [asyncio.create_task(reply_of(engine, text)) for text in ("runs", "waits")]
        while engine.waiting() != 1:
            await asyncio.sleep(0.01)
        closing = asyncio.create_task(engine.aclose())
        await asyncio.sleep(0.05)
        staged.gate.set()
        await closing
        with pytest.raises(Busy, match="shut down"):
            await reply_of(engine, "late")
        with pytest.raises(Busy, match="shut down"):
            await engine.change(lambda recommender: 1)
        return await asyncio.gather(*tasks, return_exceptions=True)

    ran, waited = asyncio.run(run())
    assert ran == "RUNS"
    assert isinstance(waited, Busy)


def test_a_new_list_does_not_wait_for_long_replies():
    staged = Staged()

    async def work(engine):
        long = asyncio.create_task(events_of(engine, "long", k=400))
        while not any(isinstance(event, str) for event in staged.began):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        events = engine.stream(said("new"), k=3, preferences=None)
        assert isinstance(await anext(events), ListReady)
        assert not long.done()
        await events.aclose()
        assert len(await long) == 402  # and the long one comes to its end

    with_engine(staged, work)


def test_changes_are_made_alone_and_between_turns(small):
    item = Item("new", "Quiet Harbour", {"year": 2020, "genres": ("Comedy",)})

    async def work(engine):
        turns = [asyncio.create_task(reply_of(engine, text)) for text in REQUESTS]
        await asyncio.sleep(0.05)
        await engine.change(lambda recommender: recommender.add([item]))
        await asyncio.gather(*turns)
        after = await engine.rank(said("a comedy after 2015"), k=12, preferences=None)
        assert "new" in {one.item.id for one in after}
        await engine.change(lambda recommender: recommender.remove(["new"]))
        after = await engine.rank(said("a comedy after 2015"), k=12, preferences=None)
        assert "new" not in {one.item.id for one in after}
        with pytest.raises(ZeroDivisionError):
            await engine.change(lambda recommender: 1 // 0)
        return await engine.change(lambda recommender: len(recommender.catalog))

    assert with_engine(small, work) == 12


def test_it_can_be_warmed_up(small):
    with_engine(small, lambda engine: engine.warm())


@pytest.mark.parametrize(
    "wrong", [{"most": 0}, {"waiting": -1}, {"timeout": 0}, {"most": 1.5}], ids=lambda one: next(iter(one))
)
def test_wrong_numbers_are_refused(wrong):
    with pytest.raises(ConfigError, match=f"`{next(iter(wrong))}` is"):
        BatchingEngine(Staged(), **wrong)


def test_a_pass_alone_is_run_at_once_and_within_asking_it_is_asked_for():
    assert shared(lambda given: [one * 2 for one in given], 4) == 8
    with asking(lambda wanted: wanted.run([1, wanted.given])[1] + wanted.most):
        assert shared(lambda given: [one * 2 for one in given], 4, most=3) == 11
    assert alike([]) == []
    assert alike([10, 90, 100, 12, 49]) == [[2, 1], [4], [3, 0]]


@pytest.mark.slow
def test_the_starters_replies_are_the_same_together(starter):
    talks = (
        "I loved Alien. Something after 1990?",
        "a comedy for the whole family",
        "a melancholic film set in Japan",
    )
    alone = [starter.generate(said(text), k=4) for text in talks]

    async def together(engine):
        given = {"k": 4, "deadline": time.monotonic() + 300}
        return await asyncio.gather(*(reply_of(engine, text, **given) for text in talks))

    async def run():
        engine = BatchingEngine(starter)
        try:
            return await together(engine)
        finally:
            await engine.aclose()

    for one, other in zip(alone, asyncio.run(run()), strict=True):
        assert [r.item.id for r in one.recommendations] == [r.item.id for r in other.recommendations]
        assert one.text == other.text
