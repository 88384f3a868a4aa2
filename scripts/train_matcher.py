"""Train the cross-encoder that reads items beside what was said, on requests for films and on small catalogues.

    python scripts/train_matcher.py [--epochs 1.5] [--rank 32] [--out runs/matcher]

It learns from `data/requests` and `data/shops`; `--unseen` catalogues and one in ten of what is asked of
the others are held out, and measured on at the end. Writes FOLDER/matcher.safetensors, which is the package's
`assets/matcher.safetensors`, and FOLDER/results.json. A run that is stopped goes on from its last hundred steps only by
`--start`, with what it had learned till then.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import torch

from wherefore import Recommender
from wherefore.corpora.shops import Asked, read_shops
from wherefore.lm.low_rank import start_from
from wherefore.lm.tuned import learned_tensors, load_own, read_learned
from wherefore.retrieval.tensors import write_tensors
from wherefore.training.matching import (
    MatchTraining,
    asked_of_films,
    fit_cross_encoder,
    learning_cross_encoder,
    measured_match,
)
from wherefore.training.requests import read_requests

ROOT = Path(__file__).resolve().parents[1]


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, train, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=ROOT / "data")
    parser.add_argument("--unseen", nargs="*", default=["teas", "camping_gear"], help="held out as a whole")
    parser.add_argument("--epochs", type=float, default=1.5)
    parser.add_argument("--rank", type=int, default=32, help="of LoRA")
    parser.add_argument("--lr", type=float, default=7e-4)
    parser.add_argument("--start", type=Path, help="a matcher.safetensors to go on from")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "matcher")
    options = parser.parse_args(argv)
    try:
        shops = read_shops(options.data / "shops")
        requests = read_requests(options.data / "requests" / "requests.tsv.xz")
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    unseen = [one for one in shops if one.catalog.name in options.unseen]
    rest = [one for one in shops if one.catalog.name not in options.unseen]
    held, lessons = [one for one in rest if is_held_out(one)], [one for one in rest if not is_held_out(one)]
    films = films_of(requests)
    print(
        f"{len(films)} requests for films, {len(lessons)} of other things, {len(held)} held out, {len(unseen)} unseen"
    )
    network = learning_cross_encoder(options.rank)
    if options.start is not None:
        begun = read_learned(options.start, "scripts/train_matcher.py")
        start_from(network.encoder, begun.changes)
        load_own(network, begun.own)
    began = time.time()
    file = options.out / "matcher.safetensors"

    def tell(done: int, of: int) -> None:
        if done % 20 == 0 or done == of:
            print(f"{done}/{of} {time.time() - began:.0f} s", file=sys.stderr, flush=True)
        if done % 100 == 0 or done == of:
            write_tensors(file, learned_tensors(network))

    settings = MatchTraining(epochs=options.epochs, lr=options.lr, seed=options.seed)
    fit_cross_encoder(network, [*films, *lessons], settings, tell)
    parts = {"held out": held, "unseen": unseen}
    results = {
        "command": " ".join(["python scripts/train_matcher.py", *(argv or sys.argv[1:])]),
        "seconds": round(time.time() - began),
        **{
            f"{part}, {sort}": measured_match(network, [one for one in asked if (len(one.said) > 1) == talks])
            for part, asked in parts.items()
            for sort, talks in (("requests", False), ("talks", True))
        },
    }
    print(json.dumps(results, indent=1))
    (options.out / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    return 0


def is_held_out(one: Asked) -> bool:
    """One in ten, always the same."""
    return zlib.crc32(f"{one.catalog.name} {one.said[0][1]}".encode()) % 10 == 0


def films_of(requests: Sequence) -> list[Asked]:
    """Requests for films, with the films near them by the vectors of the plain and of the tuned MiniLM."""
    recommender = Recommender.from_pretrained()
    source = next(one for one in recommender.retriever.sources if one.name == "passages")
    texts = [one.text for one in requests]
    with torch.inference_mode():
        encodings = [source.encoder.encode(texts), recommender.index.embedder.encode(texts, "query")]
    return asked_of_films(requests, recommender.index, encodings)


if __name__ == "__main__":
    sys.exit(main())
