"""Train the judge of values on what people's words mean for them, and measure it.

    python scripts/train_value_judge.py --out FOLDER [--messages data/bearings] [--rank 8]

It reads messages and the values of a catalogue's fields, on all-mpnet-base-v2 (or MiniLM) under LoRA, from nothing or
from what another has learned: `--start src/wherefore/assets/reader.safetensors`, the judge of messages, will do. One
message in ten is held out, and `--unseen` kinds of catalogue are not learned from at all. Writes
FOLDER/values.safetensors and FOLDER/results.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from wherefore.corpora.bearings import read_bearings
from wherefore.errors import WhereforeError
from wherefore.lm.low_rank import start_from
from wherefore.lm.tuned import BASES, learned_tensors, load_own, own_weights, read_learned
from wherefore.retrieval.tensors import write_tensors
from wherefore.training.bearings import (
    BearingTraining,
    fit_value_judge,
    heads_on,
    learning_value_judge,
    measured_bearings,
)
from wherefore.training.splits import held_out

ROOT = Path(__file__).resolve().parents[1]
SHOWN = ("for precision", "for recall", "for f1", "against f1", "turned", "words", "silent", "whole", "order")


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, train, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=Path, default=ROOT / "data" / "bearings")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for what was learned and results.json"
    )
    parser.add_argument("--unseen", nargs="*", default=["wines", "hotels"], help="kinds to measure on alone")
    parser.add_argument(
        "--everything", action="store_true", help="learn from all messages of kinds that are seen"
    )
    parser.add_argument("--rank", type=int, default=8, help="of LoRA")
    parser.add_argument("--epochs", type=float, default=BearingTraining.epochs)
    parser.add_argument("--lr", type=float, default=BearingTraining.lr)
    parser.add_argument("--batch-size", type=int, default=BearingTraining.batch_size)
    parser.add_argument("--base", choices=BASES, default="mpnet")
    parser.add_argument("--start", type=Path, help="a file of an earlier run to go on from")
    parser.add_argument(
        "--heads", action="store_true", help="the encoder stays as --start holds it: the package's one"
    )
    parser.add_argument("--measure", action="store_true", help="only measure what --start holds")
    parser.add_argument("--seed", type=int, default=BearingTraining.seed)
    options = parser.parse_args(argv)
    try:
        everything = read_bearings(options.messages)
        seen = [one for one in everything if one.kind not in options.unseen]
        unseen = [one for one in everything if one.kind in options.unseen]
        lessons, test = (seen, []) if options.everything else held_out(seen)
        begun = None if options.start is None else read_learned(options.start, "scripts/train_value_judge.py")
        if options.heads:
            if begun is None:
                parser.error(
                    "--heads needs --start: an encoder, like src/wherefore/assets/sought.safetensors"
                )
            judge = heads_on(begun.own)
        else:
            device = "cuda" if torch.cuda.is_available() else "cpu"
            judge = learning_value_judge(options.rank, device, options.base)
        if begun is not None and not options.heads:
            start_from(judge.encoder, begun.changes or begun.own)  # an encoder alone has nothing else
            own = own_weights(judge)
            fitting = {
                name: weight
                for name, weight in begun.own.items()
                if name in own and own[name].shape == weight.shape
            }
            load_own(judge, own | fitting)
        if begun is None and options.measure:
            parser.error("--measure needs --start: what is to be measured")
    except WhereforeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(
        f"{len(lessons)} messages to learn from, {len(test)} held out, {len(unseen)} of unseen kinds",
        flush=True,
    )
    options.out.mkdir(parents=True, exist_ok=True)
    began = time.time()
    if not options.measure:
        settings = BearingTraining(
            epochs=options.epochs,
            batch_size=options.batch_size,
            lr=options.lr,
            seed=options.seed,
        )

        def tell(done: int, of: int) -> None:
            if done % 20 == 0 or done == of:
                print(f"values {done}/{of} {time.time() - began:.0f} s", file=sys.stderr, flush=True)

        fit_value_judge(judge, lessons, settings, tell)
        write_tensors(options.out / "values.safetensors", learned_tensors(judge))
    seconds = time.time() - began
    results = []
    for part, messages in (("held out", test), ("unseen", unseen)):
        if messages:
            shares = measured_bearings(judge, messages)
            results.append({"part": part, "seconds": seconds, "learned from": len(lessons), **shares})
            told = " ".join(f"{name} {shares[name]:.3f}" for name in SHOWN)
            print(f"{part:9} {int(shares['messages']):5} {told}", flush=True)
    (options.out / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
