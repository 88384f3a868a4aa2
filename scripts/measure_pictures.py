"""Measure what pictures bring to lists of a catalogue of which nothing was learned, by their weight.

    python scripts/measure_pictures.py [--seeds 3] [--asked 8] [--out results/pictures.json]

Shops of rendered shapes (scripts/picture_shapes.py). In one, pictures alone tell what an item is like; in the other,
words alone do, and pictures tell nothing. A dialogue names a liked item; counted is the share of the five listed items
that are of its taste, by the weight `turn.unlearned.pictures` (0: pictures are not gone by). By chance it is a fourth.
In a third, the dialogue describes another taste beside what is liked, and items of that one are counted.
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

LIKED = ("I love {}. What else?", "Something like {}, please")
DESCRIBED = ("I love {}. Now something {}", "I liked {}, but this time I want something {}")
# By name: whether pictures tell an item's taste, whether words do, and what is said.
SHOPS = {
    "only pictures tell": (True, False, LIKED),
    "only words tell": (False, True, LIKED),
    "words describe another taste": (False, True, DESCRIBED),
}
WANTED = (
    "warm and knitted for cold evenings",
    "for the garden that stands the rain",
    "that helps in the kitchen with cutting",
    "that keeps papers in order on my desk",
)
WEIGHTS = (0.0, 1.0, 3.0, 5.0, 8.0)


def listed_alike(
    base: Checkpoint, file: Path, tastes: Sequence[int], weight: float, asked: int, told: Sequence[str]
) -> float:
    """The share of listed items that are of the taste that is asked for: the liked one's, or the described one."""
    settings = base.config.updated("images", model="pixels").updated("writer", tries=0)
    config = settings.updated("turn", unlearned={**settings.turn.unlearned, "pictures": weight})
    catalog = Catalog.load(file)
    index = cached_index(catalog, base.index, config, cache=file.parent / "cache")
    retriever = make_retriever(config, index, like=base.retriever)
    recommender = Recommender(config, index, base.model, retriever, base.signals)
    hits = []
    for row in range(asked):
        wanted = (tastes[row] + 1) % 4 if told is DESCRIBED else tastes[row]
        said = told[row % 2].format(catalog.items[row].title, WANTED[wanted])
        reply = recommender.generate([{"role": "user", "content": said}], k=5)
        rows = [catalog.row(one.item.id) for one in reply.recommendations]
        hits += [tastes[one] == wanted for one in rows] or [False] * 5
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
    for name, (pictures, words, told) in SHOPS.items():
        figures[name] = {}
        with tempfile.TemporaryDirectory() as folder:
            made = [
                shop(Path(folder) / f"{seed}", seed=seed, pictures=pictures, words=words)
                for seed in range(given.seeds)
            ]
            for weight in WEIGHTS:
                found = [listed_alike(base, file, tastes, weight, given.asked, told) for file, tastes in made]
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
        kept = {
            "share_of_five_of_the_liked_taste": figures,
            "items": 96,
            "asked": given.asked,
            "seeds": given.seeds,
        }
        save_figures(given.out, kept | provenance(command, 0))
    return 0


if __name__ == "__main__":
    sys.exit(main())
