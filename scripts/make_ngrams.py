"""Write down how the grammar puts words together, so that the writer's sentences can be held to it.

    python scripts/make_ngrams.py [--sentences 1000000]

To be run again whenever the grammar (`writing/frames.py`, `writing/phrases.py`) has changed; takes 15 minutes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


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

    from wherefore.files import ASSETS
    from wherefore.training.ngrams import write_ngrams
    from wherefore.training.progress import shown_progress
    from wherefore.writing.fluency import NGRAMS

    out = options.out or ASSETS / NGRAMS
    with shown_progress(True) as show:
        count = write_ngrams(
            out, options.sentences, options.seed, lambda done, of: show("sentences", done, of, "")
        )
    print(f"{count:,} in {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
