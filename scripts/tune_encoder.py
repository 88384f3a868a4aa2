"""Which settings of the encoder of requests find most: each learns anew, and searches passages for held-out requests.

    python scripts/tune_encoder.py [--config configs/starter.yaml] [--out runs/starter/requests.safetensors] \
        [--settings 8:5e-4:16:0.05 4:1e-3:16:0.05]

Each setting is epochs:lr:r:temperature. Prints a table of the share of requests of `--dev` for which the item in mind,
or any that answers, is first or among the first five, by passages alone; and keeps the best encoder.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from wherefore.catalog.catalog import Catalog
from wherefore.config import Config
from wherefore.retrieval.index import Index
from wherefore.retrieval.query_encoder import QueryEncoder
from wherefore.retrieval.tensors import write_tensors
from wherefore.training.prepare import load_index
from wherefore.training.requests import EncoderTraining, Request, fit_encoder, read_requests, split

ROOT = Path(__file__).resolve().parents[1]
REQUESTS = ROOT / "data" / "requests"


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, learn with each setting, print, keep the best."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", type=Path, default=ROOT / "configs" / "starter.yaml")
    parser.add_argument("--kept", type=Path, default=ROOT / "runs" / "starter", help="folder of the index")
    parser.add_argument("--requests", type=Path, default=REQUESTS / "requests.tsv.xz")
    parser.add_argument("--dev", type=Path, default=REQUESTS / "dev.tsv")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "starter" / "requests.safetensors")
    parser.add_argument("--settings", nargs="+", default=["8:5e-4:16:0.05"])
    parser.add_argument("overrides", nargs="*", help="of the config, like embedder.device=auto")
    options = parser.parse_args(argv)
    config = Config.load(options.config, options.overrides)
    catalog = Catalog.builtin()
    index = load_index(config, catalog, options.kept, lambda *_: None)
    lessons = split(read_requests(options.requests))["encoder"]
    dev = read_requests(options.dev)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    print(
        f"{len(lessons)} requests to learn from, {len(dev)} to measure on, {len(index.passages)} passages, {device}"
    )
    plain = index.embedder.encode([one.text for one in dev], "query")
    print("setting            seconds  named@1  named@5  any@1  any@5")
    print(f"{'(not tuned)':18} {0:7.0f}  {line(measured(plain, dev, index))}")
    best = -1.0
    for setting in options.settings:
        epochs, lr, r, temperature = setting.split(":")
        training = EncoderTraining(int(epochs), lr=float(lr), r=int(r), temperature=float(temperature))
        began = time.perf_counter()
        changes = fit_encoder(lessons, catalog, index.passages, training, device)
        took = time.perf_counter() - began
        found = measured(QueryEncoder(changes).encode([one.text for one in dev]), dev, index)
        print(f"{setting:18} {took:7.0f}  {line(found)}", flush=True)
        if found[2] + found[3] > best:
            best = found[2] + found[3]
            write_tensors(options.out, changes)
    return 0


def measured(vectors: np.ndarray, requests: Sequence[Request], index: Index) -> tuple[float, ...]:
    """Shares of requests: the item in mind first, in the first five, any that answers first, in the first five."""
    found = []
    for vector, request in zip(vectors, requests, strict=True):
        rows, _ = index.passages.search(vector[None], 5)
        ids = [index.catalog.items[row].id for row in rows]
        found.append(
            (
                ids[:1] == [request.items[0]],
                request.items[0] in ids,
                ids[0] in request.items,
                any(one in request.items for one in ids),
            )
        )
    return tuple(np.mean(np.array(found), axis=0).tolist())


def line(found: Sequence[float]) -> str:
    """A line of the table."""
    return "  ".join(f"{share:7.3f}" for share in found)


if __name__ == "__main__":
    sys.exit(main())
