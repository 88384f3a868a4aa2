"""Cold start, warm turns, memory, and 100 candidates in one block against one pass each, in one run.

Do it on a quiet machine.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

REQUESTS = (
    "I loved The Shining and It Follows. Something scary but not gory, after 2000.",
    "Any good comedies from the 90s like Clueless?",
    "My kids liked Toy Story and Finding Nemo, what else?",
    "Looking for a slow science fiction film like Blade Runner or Arrival.",
    "Something with Tom Hanks that is not a war movie.",
    "I enjoy heist films such as Heat and Ocean's Eleven.",
    "A romantic movie under two hours, please.",
    "I'm in the mood for a thriller directed by David Fincher.",
    "Action movies with a strong female lead, like Kill Bill.",
    "What should I watch if I liked The Godfather and Goodfellas?",
)
FOLLOW_UP = "I have seen that. Something newer?"
COLD = """
import time; started = time.perf_counter()
from wherefore import Recommender
reply = Recommender.from_pretrained("starter").generate([{"role": "user", "content": REQUEST}])
import json
print(json.dumps({"seconds": time.perf_counter() - started}))
"""


def measure(turns: int) -> dict[str, Any]:
    """Cold start (a fresh process, from its start to its first reply), so many warm turns, memory, and the block."""
    cold = [_cold() for _ in range(3)]

    from wherefore.recommender import Recommender

    recommender = Recommender.from_pretrained("starter")
    warm = _warm(recommender, turns)
    block = _block(recommender)
    return {
        "seed": recommender.config.seed,
        "items": len(recommender.catalog),
        "cold_start_to_first_reply_s": _spread([one["seconds"] for one in cold]),
        "cold_start_by_the_clock_s": _spread([one["wall"] for one in cold]),
        "peak_memory_gib": round(_peak() / 2**30, 3),
        "list_ready_s": _spread([turn["list_ready"] for turn in warm]),
        "first_word_s": _spread([turn["first_word"] for turn in warm]),
        "whole_reply_s": _spread([turn["total"] for turn in warm]),
        **block,
    }


def _cold() -> dict[str, float]:
    code = COLD.replace("REQUEST", repr(REQUESTS[0]))
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {**json.loads(done.stdout.splitlines()[-1]), "wall": time.perf_counter() - started}


def _warm(recommender: Any, count: int) -> list[dict[str, float]]:
    """Turns of two-turn dialogues; the first dialogue warms up and is not counted."""
    timings = []
    for number in range(-1, (count + 1) // 2):
        messages = [{"role": "user", "content": REQUESTS[number % len(REQUESTS)]}]
        first = recommender.generate(messages)
        messages += [{"role": "assistant", "content": first.text}, {"role": "user", "content": FOLLOW_UP}]
        second = recommender.generate(messages)
        if number >= 0:
            timings += [dict(first.timings), dict(second.timings)]
    return timings[:count]


def _block(recommender: Any) -> dict[str, Any]:
    """100 candidates: one block; one pass each on the dialogue's cache; one pass each over dialogue and item."""
    import torch

    from wherefore.dialogue.messages import Message
    from wherefore.lm.item_encoder import ItemSignals
    from wherefore.lm.prompt import Example, collate

    model = recommender.model
    trunk = model.format.dialogue([Message("user", " ".join(REQUESTS[:3]))])
    cache = model.prefill(trunk)
    vectors = torch.tensor(recommender.index.vectors[:100])
    features = torch.zeros(100, len(recommender.retriever.feature_names))

    def in_one_block() -> None:
        model.rank(cache, ItemSignals(vectors), features)

    def one_by_one_cached() -> None:
        for row in range(100):
            model.rank(cache, ItemSignals(vectors[row : row + 1]), features[row : row + 1])

    batch = collate([Example(trunk, (model.format.candidate(0),))])

    def one_by_one_whole() -> None:
        with torch.inference_mode():
            for row in range(100):
                hidden = model(batch, ItemSignals(vectors[row : row + 1]))
                model.head(hidden[0, -1:], hidden[0, len(trunk.ids) - 1], features[row : row + 1])

    times = {name: _best(what) for name, what in (("block", in_one_block), ("whole", one_by_one_whole))}
    times["cached"] = _best(one_by_one_cached)
    return {
        "dialogue_tokens": len(trunk.ids),
        "rank_100_in_one_block_s": round(times["block"], 4),
        "rank_100_one_pass_each_s": round(times["whole"], 4),
        "rank_100_one_pass_each_on_the_cache_s": round(times["cached"], 4),
        "block_speedup": round(times["whole"] / times["block"], 1),
        "block_speedup_over_cached_passes": round(times["cached"] / times["block"], 1),
    }


def _best(what: Callable[[], None], rounds: int = 5) -> float:
    """Median of some rounds after one to warm up."""
    what()
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        what()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        "median": round(statistics.median(ordered), 3),
        "p95": round(ordered[min(int(len(ordered) * 0.95), len(ordered) - 1)], 3),
        "max": round(ordered[-1], 3),
    }


def _peak() -> int:
    """Bytes of memory that this process or one it started had at most."""
    mine = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    theirs = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(mine, theirs) * 1024
