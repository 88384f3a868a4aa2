"""Teach the packaged LLM to write: searches for what people are after, and replies that say why.

    python scripts/train_writer.py --out FOLDER [--tasks search reply] [--rank 16] [--epochs 1] [--start FILE]

SmolLM2-135M-Instruct learns under LoRA from `data/sought` and `data/replies`. One message in ten is held out, and some
kinds of shop are not learned from at all. Writes FOLDER/writer.safetensors every hundred steps and FOLDER/writer.json;
with `--start FILE --measure` only the latter, with some of what it writes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from wherefore.catalog.catalog import Catalog
from wherefore.corpora.replies import read_replies
from wherefore.corpora.sought import read_sought
from wherefore.errors import WhereforeError
from wherefore.evaluation.provenance import provenance, save_figures
from wherefore.files import text_files
from wherefore.lm.low_rank import learned_changes, start_from
from wherefore.lm.rounding import from_bytes, in_bytes
from wherefore.lm.small_llm import SmallLLM
from wherefore.retrieval.tensors import write_tensors
from wherefore.training.small_llm import (
    WritingTraining,
    fit_writer,
    learning_writer,
    measured_writing,
    searches_of,
    sentences_of,
)
from wherefore.training.splits import is_held_out

ROOT = Path(__file__).resolve().parents[1]
UNSEEN = ("wines", "hotels", "teas", "camping_gear", "pharmacy", "party_supplies")
TASKS = ("search", "reply")
SAVE_EVERY = 100
MOST = 60  # tokens of a text that is shown


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, train, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=ROOT / "data")
    parser.add_argument("--out", type=Path, required=True, help="folder for what was learned and writer.json")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--rank", type=int, default=16, help="of LoRA")
    parser.add_argument("--epochs", type=float, default=WritingTraining.epochs)
    parser.add_argument("--lr", type=float, default=WritingTraining.lr)
    parser.add_argument("--batch-size", type=int, default=WritingTraining.batch_size)
    parser.add_argument("--seed", type=int, default=WritingTraining.seed)
    parser.add_argument("--start", type=Path, help="a file of an earlier run to go on from")
    parser.add_argument("--measure", action="store_true", help="only measure what --start holds")
    parser.add_argument(
        "--samples", type=int, default=4, help="texts of each task to show, as it writes them"
    )
    options = parser.parse_args(argv)
    if options.measure and options.start is None:
        parser.error("--measure needs --start: what is to be measured")
    lessons, test, unseen = [], [], []
    try:
        if "search" in options.tasks:
            for one in read_sought(options.data / "sought"):
                part = unseen if one.kind in UNSEEN else test if is_held_out(one.text) else lessons
                part += searches_of([one])
        if "reply" in options.tasks:
            for reply in read_replies(options.data / "replies", options.data / "shops", Catalog.builtin):
                out = is_held_out(reply.said[-1][1])
                part = unseen if reply.kind in UNSEEN else test if out else lessons
                part += sentences_of([reply])
        network = learning_writer(options.rank, "cuda" if torch.cuda.is_available() else "cpu")
        if options.start is not None:
            from safetensors.numpy import load_file

            start_from(network.encoder, from_bytes(load_file(options.start)))
    except (WhereforeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(
        f"{len(lessons)} texts to learn from, {len(test)} held out, {len(unseen)} of unseen kinds", flush=True
    )
    options.out.mkdir(parents=True, exist_ok=True)
    if not options.measure:
        began = time.time()

        def tell(done: int, of: int) -> None:
            if done % 10 == 0 or done == of:
                print(f"writer {done}/{of} {time.time() - began:.0f} s", file=sys.stderr, flush=True)
            if done % SAVE_EVERY == 0 or done == of:
                write_tensors(options.out / "writer.safetensors", in_bytes(learned_changes(network.encoder)))

        settings = WritingTraining(
            epochs=options.epochs, batch_size=options.batch_size, lr=options.lr, seed=options.seed
        )
        fit_writer(network, lessons, settings, tell)
    figures = {}
    for name, part in (("held out", test), ("unseen kinds", unseen)):
        figures[name] = measured_writing(network, part)
        print(
            f"{name:12} " + " ".join(f"{task} {lost:.3f}" for task, lost in figures[name].items()), flush=True
        )
    writer = SmallLLM(network.causal, network.tokenizer)
    for task in sorted({one.task for one in test}):
        for one in [one for one in test if one.task == task][: options.samples]:
            print(
                f"--- {task}\n{one.prompt} {writer.line(one.prompt, MOST)}\n(by hand: {one.ways[0]})",
                flush=True,
            )
    used = [
        *text_files(options.data / "sought"),
        *sorted((options.data / "replies").glob("*.txt")),
    ]
    about = provenance("python scripts/train_writer.py", options.seed, used)
    save_figures(
        options.out / "writer.json", {"writer": {"nats per token": figures, "texts": len(lessons)} | about}
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
