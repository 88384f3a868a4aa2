"""Measure what serving many conversations at once brings: throughput, times, memory, and a busy neighbour.

    python scripts/serving_load.py                          # one at a time against 16 at once, in this process
    python scripts/serving_load.py --soak 30                # and then half an hour of it, watching the memory
    python scripts/serving_load.py --neighbour              # and a turn beside a process that takes all cores
    python scripts/serving_load.py --url http://127.0.0.1:8000   # the same conversations over HTTP (OpenAI's format)

Time by the clock depends on what else the machine does, so processor time stands beside it, and both ways take turns.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import statistics
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wherefore.serving.threads import wait_passively

wait_passively()  # before PyTorch is imported

CONVERSATIONS = (
    ("I loved Alien and The Thing. Something in that vein, after 1990?", "Not too gory please."),
    ("Looking for a comedy the whole family can watch tonight", "Shorter than 100 minutes would be great"),
    ("a slow, melancholic film set in Japan", "older, black and white is fine"),
    ("I want a heist movie with clever dialogue, nothing with Brad Pitt", "just three please"),
    ("Recommend me romantic comedies from the 90s", "I didn't like Notting Hill"),
    ("my girlfriend hates horror, but we both liked Get Out. ideas?", "something with more humour"),
    ("Any good documentaries about music?", "I prefer jazz to rock"),
    ("Animated movies for adults, not anime", "I liked Persepolis"),
    ("What should I watch after Blade Runner?", "less action, more thinking"),
    ("I'm in the mood for a western", "a modern one, from the last twenty years"),
    ("A war film that isn't about heroes", "from the losing side maybe"),
    ("Movies with Cate Blanchett, but no superheroes", "a drama"),
    ("something cheerful, I had a bad day", "musicals are fine"),
    ("Spy thrillers, old school", "no James Bond"),
    ("films about chess or other games of the mind", "based on a true story"),
    ("Find me science fiction about time travel, rated well but little known", "under 90 minutes"),
)
FOLLOW_UPS = (
    "What is the second one about?",
    "I have seen that. Something newer?",
    "Why number 1?",
    "thanks!",
)

Turn = Callable[[list[dict[str, str]]], Awaitable["Times"]]


@dataclass
class Times:
    """Seconds of a turn, and what was said."""

    listed: float
    whole: float
    text: str
    items: tuple[str, ...] = ()


@dataclass
class Load:
    """What a run of conversations took."""

    seconds: float = 0.0
    processor: float = 0.0
    turns: list[Times] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """As they are kept."""
        return {
            "turns": len(self.turns),
            "turns_per_minute": round(60 * len(self.turns) / self.seconds, 2),
            "processor_s_per_turn": round(self.processor / len(self.turns), 3),
            "list_s": spread([one.listed for one in self.turns]),
            "whole_reply_s": spread([one.whole for one in self.turns]),
        }


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    ordered = sorted(seconds)
    at = min(int(len(ordered) * 0.95), len(ordered) - 1)
    return {"p50": round(statistics.median(ordered), 3), "p95": round(ordered[at], 3)}


async def converse(said: Sequence[str], turn: Turn) -> list[Times]:
    """One conversation, message by message."""
    messages: list[dict[str, str]] = []
    found = []
    for text in said:
        messages.append({"role": "user", "content": text})
        found.append(await turn(messages))
        messages.append({"role": "assistant", "content": found[-1].text or "…"})
    return found


async def drive(talks: Sequence[Sequence[str]], at_once: int, turn: Turn) -> Load:
    """Hold conversations, so many at once."""
    free, load = asyncio.Semaphore(at_once), Load()
    began, used = time.perf_counter(), time.process_time()

    async def one(said: Sequence[str]) -> None:
        async with free:
            load.turns += await converse(said, turn)

    await asyncio.gather(*map(one, talks))
    load.seconds, load.processor = time.perf_counter() - began, time.process_time() - used
    return load


def talks_of(turns: int, count: int, first: int = 0) -> list[list[str]]:
    """So many conversations of so many messages each, beginning with one of them."""
    found = []
    for number in range(first, first + count):
        said = [*CONVERSATIONS[number % len(CONVERSATIONS)]]
        more = [FOLLOW_UPS[(number + place) % len(FOLLOW_UPS)] for place in range(turns)]
        found.append([*said, *more][:turns])
    return found


def turn_of(engine: Any) -> Turn:
    """A turn by an engine in this process."""
    from wherefore.reply import Done, ListReady

    async def turn(messages: list[dict[str, str]]) -> Times:
        began = time.perf_counter()
        listed = 0.0
        until = time.monotonic() + 3600
        async with aclosing(engine.stream(messages, k=5, preferences=None, deadline=until)) as events:
            async for event in events:
                if isinstance(event, ListReady):
                    listed = time.perf_counter() - began
                if isinstance(event, Done):
                    reply = event.reply
        ids = tuple(one.item.id for one in reply.recommendations)
        return Times(listed, time.perf_counter() - began, reply.text, ids)

    return turn


def turn_over_http(url: str, key: str | None) -> Turn:
    """A turn over OpenAI's streaming chat completions; its first words stand for its list."""

    def ask(messages: list[dict[str, str]]) -> Times:
        body = json.dumps({"model": "wherefore", "messages": messages, "stream": True}).encode()
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
        request = urllib.request.Request(f"{url.rstrip('/')}/v1/chat/completions", body, headers)
        began = time.perf_counter()
        first, text = 0.0, ""
        with urllib.request.urlopen(request, timeout=3600) as lines:
            for raw in lines:
                line = raw.decode().strip()
                if not line.startswith("data:") or line.endswith("[DONE]"):
                    continue
                first = first or time.perf_counter() - began
                for choice in json.loads(line[len("data:") :]).get("choices", ()):
                    text += choice.get("delta", {}).get("content") or ""
        return Times(first, time.perf_counter() - began, text)

    async def turn(messages: list[dict[str, str]]) -> Times:
        return await asyncio.to_thread(ask, messages)

    return turn


def forget(recommender: Any) -> None:
    """Drop what was read before, so that both ways read everything."""
    import gc

    from wherefore.dialogue.kept import Kept
    from wherefore.retrieval.passage_match import PassageMatch

    recommender.lm.forget()
    recommender.index._queries.clear()
    for one in gc.get_objects():
        if type(one) is Kept:
            one._made.clear()
        elif type(one) is PassageMatch:
            one._vectors.clear()


async def compared(recommender: Any, args: argparse.Namespace) -> dict[str, Any]:
    """One at a time and many at once, by turns, over the same conversations."""
    from wherefore.serving.batching import BatchingEngine

    loads: dict[str, list[Load]] = {"one_at_a_time": [], "at_once": []}
    for round_ in range(args.rounds):
        talks = talks_of(args.turns, args.conversations, round_ * args.conversations)
        for name, at_once in (("one_at_a_time", 1), ("at_once", args.conversations)):
            forget(recommender)
            engine = BatchingEngine(recommender, most=at_once)
            try:
                loads[name].append(await drive(talks, at_once, turn_of(engine)))
            finally:
                await engine.aclose()
            print(name, loads[name][-1].figures(), flush=True)
    found: dict[str, Any] = {}
    for name, some in loads.items():
        whole = Load(
            sum(one.seconds for one in some),
            sum(one.processor for one in some),
            [turn for one in some for turn in one.turns],
        )
        found[name] = whole.figures()
    ratios = [a.seconds / b.seconds for a, b in zip(*loads.values(), strict=True)]
    used = [a.processor / b.processor for a, b in zip(*loads.values(), strict=True)]
    lists = [sorted(turn.items for one in some for turn in one.turns) for some in loads.values()]
    return found | {
        "conversations": args.conversations,
        "throughput_ratio": round(statistics.median(ratios), 2),
        "processor_ratio": round(statistics.median(used), 2),
        "same_lists": sum(a == b for a, b in zip(*lists, strict=True)) / len(lists[0]),
    }


async def soaked(turn: Turn, pid: int, minutes: float, at_once: int) -> dict[str, Any]:
    """Conversations for so many minutes: memory, and errors."""
    import psutil

    process, began = psutil.Process(pid), time.monotonic()
    memory: list[tuple[float, float]] = []
    done = errors = 0

    async def talk(number: int) -> None:
        nonlocal done, errors
        while time.monotonic() - began < 60 * minutes:
            try:
                done += len(await converse(talks_of(3, 1, number)[0], turn))
            except Exception as error:
                errors += 1
                print(f"error: {error!r}", flush=True)
            number += at_once

    async def watch() -> None:
        while time.monotonic() - began < 60 * minutes:
            memory.append((time.monotonic() - began, process.memory_info().rss / 2**20))
            await asyncio.sleep(5)

    await asyncio.gather(watch(), *(talk(number) for number in range(at_once)))
    warm = min(300.0, 30 * minutes)  # the first five minutes, or half of a shorter run
    late = [size for at, size in memory if at >= warm]
    return {
        "minutes": minutes,
        "turns": done,
        "errors": errors,
        "memory_mib_after_warming_up": round(statistics.median(late[: max(1, len(late) // 5)])),
        "memory_mib_at_the_end": round(statistics.median(late[-max(1, len(late) // 5) :])),
    }


def burn() -> None:
    """Take a core."""
    number = 1
    while True:
        number = number * 3 % 1_000_003


async def beside(turn: Turn, cores: int) -> dict[str, Any]:
    """Turns alone and beside processes that take every core, by turns."""
    context = multiprocessing.get_context("spawn")
    alone, crowded = Load(), Load()
    await drive(talks_of(2, 1, 0), 1, turn)
    for number in range(3):
        alone.turns += (await drive(talks_of(2, 1, number + 1), 1, turn)).turns
        burners = [context.Process(target=burn, daemon=True) for _ in range(cores)]
        for one in burners:
            one.start()
        try:
            crowded.turns += (await drive(talks_of(2, 1, number + 4), 1, turn)).turns
        finally:
            for one in burners:
                one.terminate()
                one.join()
    times = [spread([turn.whole for turn in load.turns]) for load in (alone, crowded)]
    return {
        "busy_processes": cores,
        "whole_reply_alone_s": times[0],
        "whole_reply_beside_them_s": times[1],
        "times_as_long": round(times[1]["p50"] / times[0]["p50"], 2),
    }


async def measure(args: argparse.Namespace) -> dict[str, Any]:
    """All that was asked for."""
    import os

    if args.url:
        turn, figures = turn_over_http(args.url, args.key), {}
        one = await drive(talks_of(args.turns, args.conversations), 1, turn)
        many = await drive(talks_of(args.turns, args.conversations), args.conversations, turn)
        figures["http"] = {
            "one_at_a_time": one.figures(),
            "at_once": many.figures(),
            "throughput_ratio": round(one.seconds / many.seconds, 2),
        }
        if args.soak and args.pid:
            figures["soak"] = await soaked(turn, args.pid, args.soak, args.conversations)
        return figures
    from wherefore.recommender import Recommender
    from wherefore.serving.batching import BatchingEngine

    recommender = Recommender.from_pretrained(args.checkpoint)
    engine = BatchingEngine(recommender)
    await engine.warm()
    await engine.aclose()
    figures = {"load": await compared(recommender, args)} if args.rounds else {}
    engine = BatchingEngine(recommender, most=args.conversations)
    try:
        if args.neighbour:
            figures["busy_neighbour"] = await beside(turn_of(engine), os.cpu_count() or 1)
        if args.soak:
            figures["soak"] = await soaked(turn_of(engine), os.getpid(), args.soak, args.conversations)
    finally:
        await engine.aclose()
    return figures


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--checkpoint", default="starter")
    parser.add_argument("--conversations", type=int, default=16, help="at once")
    parser.add_argument("--turns", type=int, default=3, help="of each conversation")
    parser.add_argument("--rounds", type=int, default=1, help="of both ways, by turns; 0 leaves them out")
    parser.add_argument("--soak", type=float, default=0.0, help="minutes of load, watching the memory")
    parser.add_argument("--neighbour", action="store_true", help="measure beside busy processes, too")
    parser.add_argument("--url", help="of a server, instead of an engine in this process")
    parser.add_argument("--key", help="API key of that server")
    parser.add_argument("--pid", type=int, help="its process, whose memory a soak watches")
    parser.add_argument("--out", type=Path, default=Path("results/serving.json"))
    args = parser.parse_args(argv)
    figures = asyncio.run(measure(args))
    from wherefore.evaluation.provenance import provenance, save_figures

    given = sys.argv[1:] if argv is None else argv
    command = " ".join(["python scripts/serving_load.py", *given])
    stamped = {name: {**provenance(command, 0), **one} for name, one in figures.items()}
    save_figures(args.out, stamped, over=True)
    print(json.dumps(stamped, indent=1))


if __name__ == "__main__":
    main()
