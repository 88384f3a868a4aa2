"""Train the encoder that reads what people look for, and measure it.

    python scripts/train_sought.py --out FOLDER [--messages data/sought] [--shops data/shops]

MiniLM learns, under LoRA, to read a talk into the vector that the plain MiniLM has of what a good assistant would
search for. One message in ten is held out, and some kinds of shop are not learned from at all. Writes
FOLDER/sought.safetensors, which is the package's `assets/sought.safetensors`, and FOLDER/sought.json; with `--start
FILE --measure` only the latter.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wherefore.catalog.words import words_of
from wherefore.corpora.shops import Asked, read_shops
from wherefore.corpora.sought import read_sought
from wherefore.errors import WhereforeError
from wherefore.evaluation.provenance import provenance, save_figures
from wherefore.files import text_files
from wherefore.lm.low_rank import learned_changes, start_from
from wherefore.lm.rounding import from_bytes, in_bytes
from wherefore.retrieval.embedders import PackagedMiniLM
from wherefore.retrieval.tensors import write_tensors
from wherefore.training.sought import (
    SoughtLesson,
    SoughtTraining,
    fit_sought,
    learning_sought,
    lessons_of,
    lessons_of_shops,
    measured_sought,
    sought_vectors,
)
from wherefore.training.splits import held_out

ROOT = Path(__file__).resolve().parents[1]
UNSEEN = ("wines", "hotels", "teas", "camping_gear", "pharmacy", "party_supplies")


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, train, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=Path, default=ROOT / "data" / "sought")
    parser.add_argument("--shops", type=Path, default=ROOT / "data" / "shops")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for what was learned and results.json"
    )
    parser.add_argument("--rank", type=int, default=16, help="of LoRA")
    parser.add_argument("--epochs", type=float, default=SoughtTraining.epochs)
    parser.add_argument("--lr", type=float, default=SoughtTraining.lr)
    parser.add_argument("--batch-size", type=int, default=SoughtTraining.batch_size)
    parser.add_argument("--seed", type=int, default=SoughtTraining.seed)
    parser.add_argument("--start", type=Path, help="a file of an earlier run to go on from")
    parser.add_argument("--measure", action="store_true", help="only measure what --start holds")
    options = parser.parse_args(argv)
    if options.measure and options.start is None:
        parser.error("--measure needs --start: what is to be measured")
    embedder = PackagedMiniLM()

    def encode(texts: Sequence[str]) -> np.ndarray:
        return embedder.encode(list(texts), "item")

    try:
        messages, asked = read_sought(options.messages), read_shops(options.shops)
        network = learning_sought(options.rank)
        if options.start is not None:
            from safetensors.numpy import load_file

            start_from(network.encoder, from_bytes(load_file(options.start)))
    except (WhereforeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    seen, test = held_out([one for one in messages if one.kind not in UNSEEN])
    lessons = lessons_of(seen, encode)
    lessons += lessons_of_shops([one for one in asked if one.catalog.name not in UNSEEN], encode)
    strange = [one for one in asked if one.catalog.name in UNSEEN]
    tests = {
        "held out": lessons_of(test, encode),
        "unseen kinds": lessons_of([one for one in messages if one.kind in UNSEEN], encode),
        "unseen shops": lessons_of_shops(strange, encode),
    }
    print(f"{len(lessons)} talks to learn from", flush=True)
    results: list[dict[str, Any]] = []
    plain = {name: embedder.encode([one.said for one in told], "query") for name, told in tests.items()}
    results += told(plain, tests, strange, encode, "MiniLM as it is")
    options.out.mkdir(parents=True, exist_ok=True)
    if not options.measure:
        began = time.time()

        def tell(done: int, of: int) -> None:
            if done % 100 == 0 or done == of:
                print(f"sought {done}/{of} {time.time() - began:.0f} s", file=sys.stderr, flush=True)

        settings = SoughtTraining(
            epochs=options.epochs, batch_size=options.batch_size, lr=options.lr, seed=options.seed
        )
        fit_sought(network, lessons, settings, tell)
        write_tensors(options.out / "sought.safetensors", in_bytes(learned_changes(network.encoder)))
    learned = {name: sought_vectors(network, of) for name, of in tests.items()}
    results += told(learned, tests, strange, encode, "as it has learned")
    figures = {"figures": results, "talks learned from": len(lessons)}
    about = provenance("python scripts/train_sought.py", options.seed, text_files(options.messages))
    save_figures(options.out / "sought.json", {"sought": figures | about})
    return 0


def told(
    vectors: dict[str, np.ndarray],
    tests: dict[str, list[SoughtLesson]],
    shops: Sequence[Asked],
    encode: Any,
    what: str,
) -> list[dict[str, Any]]:
    """Figures for each test, printed."""
    found = []
    for name, lessons in tests.items():
        if not lessons:
            continue
        shares = measured_sought(vectors[name], lessons)
        if name == "unseen shops":
            shares["fitting of first five"] = fitting(vectors[name], shops, encode)
        print(
            f"{what:18} {name:13} " + " ".join(f"{key} {value:.3f}" for key, value in shares.items()),
            flush=True,
        )
        found.append({"encoder": what, "part": name, **shares})
    return found


def fitting(vectors: np.ndarray, asked: Sequence[Asked], encode: Any) -> float:
    """Of the five items nearest to each vector, those that fit, of as many as could."""
    told = [one for one in asked if one.fits and one.said[-1][0] == "user"]
    total, records = 0.0, {}
    for vector, one in zip(vectors, told, strict=True):
        catalog = one.catalog
        if catalog.name not in records:
            records[catalog.name] = encode([str(words_of(item, catalog.schema)) for item in catalog.items])
        best = np.argsort(-(records[catalog.name] @ vector), kind="stable")[:5]
        total += sum(catalog.ids[place] in one.fits for place in best) / min(5, len(one.fits))
    return total / max(len(told), 1)


if __name__ == "__main__":
    sys.exit(main())
