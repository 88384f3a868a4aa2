"""Measure speed and memory on this machine.

    python scripts/benchmark.py [--out results/speed.json] [--turns 20]
    python scripts/benchmark.py soft-vs-text [--out results/soft_vs_text.json] [--models starter 135M 600M]
    python scripts/benchmark.py inference [--out results/inference.json] [--together 1 4]
    python scripts/benchmark.py training [--out results/training.json] [--configs configs/starter.yaml ...]

Cold start (a fresh process, from its start to its first reply), then warm turns: list ready, first word, whole
reply; peak memory; and 100 candidates in one block against one pass per candidate, in one run. Do it on a
quiet machine.

`soft-vs-text`: candidates as soft tokens against candidates as text (title and facts), the latter in blocks and in one
prompt: tokens read, time to the list and to the first word, memory. The starter, and models of published sizes with
random weights, which change no time. Stopped, the same command goes on where it was. With a GPU:
`--device cuda --dtype bfloat16 --models 600M 4B 8B`.

`inference`: the LLM's number formats (float32, bfloat16, dynamic int8), and how long writing takes for each of several
conversations in one batch. With a GPU: `--device cuda --formats bfloat16 --models 600M 4B 8B --together 1 4 16`.

`training`: seconds of a step in each stage of a config, hours for all of them, and memory, as configured, in float32,
with gradient checkpointing, and compiled; what does not fit into memory is left out. Stopped, the same command goes on
where it was. On a GPU where there is one:
`--configs configs/qwen3-0.6b.yaml configs/qwen3-4b.yaml configs/qwen3-8b.yaml --ways "as configured" compiled`.
"""

from __future__ import annotations

import argparse
import json
import resource
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
import inference  # noqa: E402
import soft_vs_text  # noqa: E402
import training  # noqa: E402

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


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "what", nargs="?", choices=["speed", "soft-vs-text", "inference", "training"], default="speed"
    )
    parser.add_argument("--out", type=Path, help="default: in results/, by what is measured")
    parser.add_argument("--turns", type=int, default=20, help="warm turns (speed)")
    parser.add_argument(
        "--models",
        nargs="+",
        choices=soft_vs_text.MODELS,
        default=["starter", "135M", "600M"],
        metavar="MODEL",
    )
    parser.add_argument("--candidates", nargs="+", type=int, default=[20, 50, 100, 200], metavar="N")
    parser.add_argument("--formats", nargs="+", choices=inference.FORMATS, default=list(inference.FORMATS))
    parser.add_argument(
        "--together", nargs="+", type=int, default=[1, 4], metavar="N", help="conversations (inference)"
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument(
        "--configs",
        nargs="+",
        type=Path,
        default=[ROOT / "configs" / "starter.yaml", ROOT / "configs" / "smollm2-135m.yaml"],
        metavar="CONFIG",
        help="what is trained (training)",
    )
    parser.add_argument(
        "--ways", nargs="+", choices=training.WAYS, default=list(training.WAYS), metavar="WAY"
    )
    parser.add_argument("--steps", type=int, default=4, help="of each stage (training)")
    parser.add_argument(
        "--set", dest="changes", action="append", default=[], help="like train.by_length=false (training)"
    )
    options = parser.parse_args(argv)
    options.out = options.out or ROOT / "results" / f"{options.what.replace('-', '_')}.json"
    command = shlex.join(["python", "scripts/benchmark.py", *(sys.argv[1:] if argv is None else argv)])
    options.out.parent.mkdir(parents=True, exist_ok=True)
    if options.what == "speed":
        result = _speed(command, options.turns)
    elif options.what == "inference":
        result = _inference(command, options)
    elif options.what == "training":
        result = _training(command, options)
    else:
        result = _soft_vs_text(command, options)
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))
    return 0


def _inference(command: str, options: argparse.Namespace) -> dict[str, Any]:
    from wherefore.evaluation.provenance import provenance

    if min(options.together) < 1:
        raise SystemExit(f"--together has {min(options.together)}; give numbers from 1 on")
    if options.device != "cpu" and "int8" in options.formats:
        raise SystemExit("--formats int8 is for a CPU; on a GPU set `llm.quantize: 8bit`")
    measured = inference.compare(
        options.models,
        options.formats,
        options.together,
        options.device,
        note=lambda line: print(line, file=sys.stderr),
    )
    return {**provenance(command, 0), "device": options.device, "models": measured}


def _training(command: str, options: argparse.Namespace) -> dict[str, Any]:
    import torch

    from wherefore.evaluation.provenance import provenance

    kept = options.out.with_suffix(".partial")
    try:
        measured = training.compare(
            options.configs,
            options.ways,
            options.steps,
            options.changes,
            note=lambda line: print(line, file=sys.stderr),
            kept=kept,
        )
    except (ValueError, OSError) as error:
        raise SystemExit(f"error: {error}") from error
    kept.unlink(missing_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return {**provenance(command, 0), "device": device, "configs": measured}


def _soft_vs_text(command: str, options: argparse.Namespace) -> dict[str, Any]:
    from wherefore.evaluation.provenance import provenance

    if min(options.candidates) < 1:
        raise SystemExit(f"--candidates has {min(options.candidates)}; give numbers from 1 on")
    kept = options.out.with_suffix(".partial")
    measured = soft_vs_text.compare(
        options.models,
        options.candidates,
        device=options.device,
        dtype=options.dtype,
        kept=kept,
        note=lambda line: print(line, file=sys.stderr),
    )
    kept.unlink(missing_ok=True)
    return {**provenance(command, 0), "device": options.device, "models": measured}


def _speed(command: str, turns: int) -> dict[str, Any]:
    cold = [_cold() for _ in range(3)]
    from wherefore.evaluation.provenance import provenance
    from wherefore.recommender import Recommender

    recommender = Recommender.from_pretrained("starter")
    warm = _warm(recommender, turns)
    block = _block(recommender)
    return {
        **provenance(command, recommender.config.seed),
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


if __name__ == "__main__":
    sys.exit(main())
