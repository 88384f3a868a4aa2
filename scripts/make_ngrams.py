"""Write down how the grammar puts words together, so that the writer's sentences can be held to it.

    python scripts/make_ngrams.py [--sentences 1000000]

To be run again whenever the grammar (`frames.py`, `phrases.py`) has changed; takes a quarter of an hour.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, draw sentences, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sentences", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="where to (default: the package's assets)")
    options = parser.parse_args(argv)
    if options.sentences < 1:
        parser.error(f"--sentences is {options.sentences}; give 1 or more")

    from rich.progress import track

    from wherefore.catalog.catalog import Catalog
    from wherefore.training.ngrams import collect
    from wherefore.training.practice import invented_catalogs
    from wherefore.writing.fluency import NGRAMS

    movies = Catalog.load(ROOT / "src" / "wherefore" / "assets" / "movies.parquet")
    catalogs = [movies, movies, movies, *invented_catalogs()]
    steps = max(options.sentences // 5_000, 1)
    found = set()
    for step in track(range(steps), "sentences"):
        found |= collect(catalogs, options.sentences // steps, options.seed * 1_000_003 + step)
    out = options.out or ROOT / "src" / "wherefore" / "assets" / NGRAMS
    text = "".join(f"{' '.join(some)}\n" for some in sorted(found))
    out.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{len(found):,} in {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
