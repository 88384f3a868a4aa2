"""Make labelled dialogues from a catalogue's facts: something to train on where nobody's chats are at hand.

    python scripts/make_dialogues.py --out runs/made --ratings movietweetings=../shared/data/movietweetings_100k
    python scripts/make_dialogues.py --catalog books.csv --out runs/books --count 2000

Each has a simulated user after one hidden item: of somebody's ratings, where some are given, else drawn from the
catalogue. The folder then holds `dialogues.jsonl` and `items.jsonl`, a corpus for a config:

    corpora: [{name: jsonl, path: runs/made, taught: false}]  # for the ranker: lists that missed teach no source
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wherefore.training.generator import DialogueMaker


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, make, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--catalog", type=Path, help="a catalogue's file (default: the checkpoint's own)")
    parser.add_argument("--checkpoint", default="starter", help="whose embedder tells how alike items are")
    parser.add_argument("--ratings", help="what real people like: NAME=PATH, as in `signals`")
    parser.add_argument(
        "--count", type=int, default=3000, help="dialogues (3000); fewer when fewer people rate"
    )
    parser.add_argument("--turns", type=int, default=4, help="lists in a dialogue, at most (4)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    options = parser.parse_args(argv)
    for name in ("count", "turns"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} is {getattr(options, name)}; give 1 or more")
    if options.ratings is not None and "=" not in options.ratings:
        parser.error(f"--ratings is {options.ratings!r}; give NAME=PATH, like movietweetings=FOLDER")
    try:
        count = make(options)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{count:,} dialogues in {options.out}")
    return 0


def make(options: argparse.Namespace) -> int:
    """Write the dialogues; how many."""
    from wherefore.recommender import Recommender
    from wherefore.training.generator import DialogueMaker

    if options.catalog is None:
        recommender = Recommender.from_pretrained(options.checkpoint)
    else:
        recommender = Recommender.from_catalog(options.catalog, options.checkpoint)
    maker = DialogueMaker(recommender.catalog, recommender.index.vectors, options.turns)
    return corpus(maker, options.out, options.ratings, options.count, options.seed)


def corpus(maker: DialogueMaker, out: Path, ratings: str | None, count: int, seed: int) -> int:
    """Make a folder's `dialogues.jsonl` and `items.jsonl`; how many dialogues.

    Args:
        maker: For whose catalogue.
        out: The folder.
        ratings: What real people like, as NAME=PATH; None: nobody's are known.
        count: Dialogues, at most.
        seed: Of all choices.
    """
    from rich.progress import track

    from wherefore.corpora.base import split_by_hash
    from wherefore.corpora.ratings import liked_sets
    from wherefore.training.simulate import tastes

    if ratings is None:
        people = maker.invented_tastes(count, seed)
    else:
        name, _, path = ratings.partition("=")
        likes = liked_sets({"name": name, "path": path}, maker.catalog)
        people = tastes(likes, maker.near, count, seed)
        if not people:
            raise ValueError(f"nobody in {path} likes enough items of {maker.catalog.name}")
    out.mkdir(parents=True, exist_ok=True)
    dialogues = track(maker.make(people, seed), "dialogues", total=len(people))
    shares = {"valid": 0.05, "train": 0.95}
    split = (one | {"split": split_by_hash(one["dialogue_id"], shares)} for one in dialogues)
    write(out / "items.jsonl", maker.items())
    write(out / "dialogues.jsonl", split)
    return len(people)


def write(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """One JSON object a line."""
    from wherefore.files import write_aside

    with write_aside(path) as aside, aside.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
