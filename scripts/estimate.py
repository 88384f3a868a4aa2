"""What configs need and how long they take, before anything is downloaded.

    python scripts/estimate.py configs/qwen3-0.6b.yaml configs/llama-3.2-1b.yaml
    python scripts/estimate.py configs/qwen3-8b.yaml --set llm.lora.r=64 --json
    python scripts/estimate.py configs/*.yaml --write      # renews the lines on memory and time in their heads

Parameters, keys and values, and what training keeps are counted; times are expected ones, about, for a laptop and
two GPUs (src/wherefore/cost.py has their figures).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wherefore.training.cost import Cost

HEADER = re.compile(r"^# Needs .*(?:\n#   .*)*", re.MULTILINE)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, estimate, print or write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("configs", nargs="+", type=Path)
    parser.add_argument(
        "--set", dest="overrides", action="append", default=[], help="like llm.lora.r=64; again for more"
    )
    parser.add_argument("--json", action="store_true", help="all numbers, as JSON")
    parser.add_argument("--write", action="store_true", help="renew the lines in the configs' heads")
    options = parser.parse_args(argv)
    if options.write and options.overrides:
        parser.error("--write describes the files as they are; leave --set out")

    from wherefore.config import Config
    from wherefore.training.cost import estimate

    try:
        costs = {path: estimate(Config.load(path, options.overrides)) for path in options.configs}
        if options.write:
            for path, cost in costs.items():
                _write(path, cost)
    except (ValueError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps({str(path): _plain(cost) for path, cost in costs.items()}, indent=1))
    else:
        _show(costs)
    return 0


def _plain(cost: Cost) -> dict[str, Any]:
    return {
        **dataclasses.asdict(cost),
        "chatting": cost.chatting,
        "training": cost.training(),
        "training_with_gradient_checkpointing": cost.training(checkpointing=True),
    }


def _write(path: Path, cost: Cost) -> None:
    text = path.read_text(encoding="utf-8")
    text, found = HEADER.subn(lambda _: cost.header(), text, count=1)
    if not found:
        raise ValueError(f"{path} has no line `# Needs …` to renew; put one in its head")
    path.write_text(text, encoding="utf-8")


def _show(costs: dict[Path, Cost]) -> None:
    from rich.console import Console
    from rich.table import Table

    from wherefore.training.cost import span

    table = Table("", *(path.stem for path in costs))
    every = list(costs.values())

    def row(name: str, *values: str) -> None:
        table.add_row(name, *values)

    row("parameters of the LLM", *(f"{cost.llm.parameters / 1e6:,.1f} M" for cost in every))
    row("trained", *(f"{cost.trained / 1e6:,.1f} M" for cost in every))
    row("weights, GB", *(_gb(cost.weights) for cost in every))
    row("embedder, GB", *(_gb(cost.embedder) for cost in every))
    row("keys and values of a token, kB", *(f"{cost.cache_per_token / 1e3:,.1f}" for cost in every))
    row("of a turn, GB", *(_gb(cost.cache_per_turn) for cost in every))
    row("to chat, GB", *(_gb(cost.chatting) for cost in every))
    row("gradients and moments, GB", *(_gb(cost.optimizer) for cost in every))
    row("activations, GB", *(_gb(cost.activations) for cost in every))
    row("with gradient checkpointing, GB", *(_gb(cost.recomputed) for cost in every))
    row("logits, GB", *(_gb(cost.logits) for cost in every))
    row("to train, GB", *(_gb(cost.training()) for cost in every))
    row("with gradient checkpointing, GB", *(_gb(cost.training(checkpointing=True)) for cost in every))
    row("a turn, TFLOP", *(f"{cost.turn_flops / 1e12:,.2f}" for cost in every))
    row("training, PFLOP", *(f"{cost.training_flops / 1e15:,.1f}" for cost in every))
    for machine in every[0].times:
        times = [cost.times[machine] for cost in every]
        row(f"{machine}: list", *(span(one.list_ready) for one in times))
        row(f"{machine}: reply", *(span(one.reply) for one in times))
        row(f"{machine}: training", *(span(one.training) for one in times))
    Console(width=max(100, 34 + 16 * len(every))).print(table)


def _gb(count: float) -> str:
    return f"{count / 1e9:,.2f}"


if __name__ == "__main__":
    sys.exit(main())
