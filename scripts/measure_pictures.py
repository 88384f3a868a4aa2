"""Measure what pictures bring to lists of a catalogue of which nothing was learned, by their weight.

    python scripts/measure_pictures.py [--seeds 3] [--asked 8] [--out results/pictures.json]

Two shops of rendered shapes (scripts/picture_shapes.py). In one, pictures alone tell what an item is like; in the
other, words alone do, and pictures tell nothing. A dialogue names a liked item; counted is the share of the five listed items
that are of its taste, by the weight `turn.unlearned.pictures` (0: pictures are not gone by). By chance it is a fourth.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from picture_shapes import shop
from wherefore.catalog.catalog import Catalog
from wherefore.checkpoint import Checkpoint, checkpoint_dir, load_checkpoint
from wherefore.evaluation.provenance import provenance, save_figures
from wherefore.recommender import Recommender
from wherefore.retrieval.cache import cached_index
from wherefore.retrieval.retriever import make_retriever

SHOPS = {"only pictures tell": (True, False), "only words tell": (False, True)}
WEIGHTS = (0.0, 0.5, 1.0, 2.0, 3.0, 5.0)
SAID = ("I love {}. What else?", "Something like {}, please")


def listed_alike(base: Checkpoint, file: Path, tastes: Sequence[int], weight: float, asked: int) -> float:
    """The share of listed items that are of the liked one's taste."""
    settings = base.config.updated("images", model="pixels").updated("writer", tries=0)
    config = settings.updated("turn", unlearned={**settings.turn.unlearned, "pictures": weight})
    catalog = Catalog.load(file)
    index = cached_index(catalog, base.index, config, cache=file.parent / "cache")
    retriever = make_retriever(config, index, like=base.retriever)
    recommender = Recommender(config, index, base.model, retriever, base.signals)
    hits = []
    for row in range(asked):
        said = SAID[row % 2].format(catalog.items[row].title)
        reply = recommender.generate([{"role": "user", "content": said}], k=5)
        rows = [catalog.row(one.item.id) for one in reply.recommendations]
        hits += [tastes[one] == tastes[row] for one in rows] or [False] * 5
    return float(np.mean(hits))


def main(argv: Sequence[str] | None = None) -> int:
    """Make the shops, ask, count."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--asked", type=int, default=8, help="dialogues for each shop and weight")
    parser.add_argument("--out", type=Path, help="JSON file for the figures")
    given = parser.parse_args(argv)
    base = load_checkpoint(checkpoint_dir("starter"), "cpu")
    figures: dict[str, dict[str, dict[str, object]]] = {}
    for name, (pictures, words) in SHOPS.items():
        figures[name] = {}
        with tempfile.TemporaryDirectory() as folder:
            made = [
                shop(Path(folder) / f"{seed}", seed=seed, pictures=pictures, words=words)
                for seed in range(given.seeds)
            ]
            for weight in WEIGHTS:
                found = [listed_alike(base, file, tastes, weight, given.asked) for file, tastes in made]
                figures[name][f"{weight:g}"] = {
                    "mean": round(float(np.mean(found)), 4),
                    "by_seed": [round(one, 4) for one in found],
                }
                print(
                    f"{name}, weight {weight:g}: {np.mean(found):.3f} ({', '.join(f'{x:.2f}' for x in found)})"
                )
                sys.stdout.flush()
    if given.out is not None:
        command = shlex.join(["python", *sys.argv]) if argv is None else "measure_pictures"
        told = {
            "share_of_five_of_the_liked_taste": figures,
            "items": 96,
            "asked": given.asked,
            "seeds": given.seeds,
        }
        save_figures(given.out, told | provenance(command, 0))
    return 0


if __name__ == "__main__":
    sys.exit(main())
