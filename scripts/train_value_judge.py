"""Train the judge of values on what people's words mean for them, and measure it.

    python scripts/train_value_judge.py --out FOLDER [--messages data/bearings] [--rank 8]

It reads messages and the values of a catalogue's fields, on all-mpnet-base-v2 (or MiniLM) under LoRA, from nothing or
from what another has learned: `--start src/wherefore/assets/reader.safetensors`, the judge of messages, will do. One
message in ten is held out, and `--unseen` kinds of catalogue are not learned from at all. Writes
FOLDER/values.safetensors and FOLDER/values.json; with `--start FILE --measure` only the latter.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from wherefore.corpora.bearings import BearingMessage, read_bearings
from wherefore.dialogue.brief import said
from wherefore.errors import WhereforeError
from wherefore.evaluation.provenance import provenance, save_figures
from wherefore.lm.low_rank import start_from
from wherefore.lm.tuned import BASES, learned_tensors, load_own, own_weights, read_learned
from wherefore.lm.value_judge import ValueJudge, in_words
from wherefore.reading.bearings import load_value_judge
from wherefore.retrieval.embedders import PackagedMiniLM
from wherefore.retrieval.tensors import write_tensors
from wherefore.training.bearings import (
    BearingTraining,
    fields_of,
    fit_value_judge,
    heads_on,
    learning_value_judge,
    measured_bearings,
    ordered,
    sides_meant,
)
from wherefore.training.splits import held_out

ROOT = Path(__file__).resolve().parents[1]
SHOWN = (
    "for precision",
    "for recall",
    "for f1",
    "against f1",
    "turned",
    "words",
    "silent",
    "order",
    "order by likeness",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, train, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=Path, default=ROOT / "data" / "bearings")
    parser.add_argument("--out", type=Path, required=True, help="folder for what was learned and values.json")
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
    if options.start is None and (options.heads or options.measure):
        parser.error("--heads and --measure need --start: the encoder, or what is to be measured")
    try:
        everything = read_bearings(options.messages)
        seen = [one for one in everything if one.kind not in options.unseen]
        unseen = [one for one in everything if one.kind in options.unseen]
        lessons, test = (seen, []) if options.everything else held_out(seen)
        judge = judge_of(options)
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
    plain = PackagedMiniLM()
    for part, messages in (("held out", test), ("unseen", unseen)):
        if messages:
            shares = measured_bearings(judge, messages) | {
                "order by likeness": order_by_likeness(messages, plain)
            }
            results.append({"part": part, "seconds": seconds, "learned from": len(lessons), **shares})
            told = " ".join(f"{name} {shares[name]:.3f}" for name in SHOWN)
            print(f"{part:9} {int(shares['messages']):5} {told}", flush=True)
    about = provenance(
        "python scripts/train_value_judge.py", options.seed, sorted(options.messages.glob("*.txt"))
    )
    save_figures(options.out / "values.json", {"values": {"figures": results} | about})
    return 0


def judge_of(options: argparse.Namespace) -> ValueJudge:
    """The judge that is to learn, or to be measured."""
    if options.measure:
        return load_value_judge(options.start)
    begun = None if options.start is None else read_learned(options.start, "scripts/train_value_judge.py")
    if options.heads and begun is not None:
        return heads_on(begun.own)
    judge = learning_value_judge(options.rank, "cuda" if torch.cuda.is_available() else "cpu", options.base)
    if begun is not None:
        start_from(judge.encoder, begun.changes or begun.own)  # an encoder alone has nothing else
        own = own_weights(judge)
        fitting = {
            name: weight
            for name, weight in begun.own.items()
            if name in own and own[name].shape == weight.shape
        }
        load_own(judge, own | fitting)
    return judge


def order_by_likeness(messages: Sequence[BearingMessage], embedder: PackagedMiniLM) -> float:
    """The same as `order`, by likeness of vectors alone."""
    texts = {one.kind: in_words(fields_of(one)) for one in messages}
    values = {kind: embedder.encode(told, "item") for kind, told in texts.items()}
    said_of = embedder.encode([said(one.before, one.text) for one in messages], "query")
    return ordered(
        (values[one.kind] @ vector, sides_meant(one)) for one, vector in zip(messages, said_of, strict=True)
    )


if __name__ == "__main__":
    sys.exit(main())
