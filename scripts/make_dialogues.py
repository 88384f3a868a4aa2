"""Make labelled dialogues from a catalogue's facts: something to train on where nobody's chats are at hand.

    python scripts/make_dialogues.py --out runs/made --ratings movietweetings=../shared/data/movietweetings_100k
    python scripts/make_dialogues.py --catalog books.csv --out runs/books --count 2000

Each has a simulated user after one hidden item: of somebody's ratings, where some are given, else drawn from the
catalogue. The folder then holds `dialogues.jsonl` and `items.jsonl`, a corpus for a config:

    corpora: [{name: jsonl, path: runs/made, taught: false}]  # for the ranker: lists that missed teach no source
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


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

    from wherefore.recommender import Recommender
    from wherefore.training.generator import DialogueMaker, write_corpus
    from wherefore.training.progress import shown_progress

    try:
        if options.catalog is None:
            recommender = Recommender.from_pretrained(options.checkpoint)
        else:
            recommender = Recommender.from_catalog(options.catalog, options.checkpoint)
        maker = DialogueMaker(recommender.catalog, recommender.index.vectors, options.turns)
        with shown_progress(True) as show:
            count = write_corpus(
                maker,
                options.out,
                options.ratings,
                options.count,
                options.seed,
                lambda done, of: show("dialogues", done, of, ""),
            )
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{count:,} dialogues in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
