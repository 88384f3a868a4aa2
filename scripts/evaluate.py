r"""Measure how well systems rank on a dialogue corpus.

    python scripts/evaluate.py redial ../shared/data/redial --system popularity zero-shot recommender \
        --out results/ranking.json

Prints a Markdown table; `--out` also writes the figures with their command, commit, seed and hardware.
Tune on `--split valid`; read the test split once per reported table.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, evaluate each system, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", help="redial, inspired, opendialkg or jsonl")
    parser.add_argument("path", type=Path, help="folder of the corpus")
    parser.add_argument("--system", nargs="+", default=["recommender"])
    parser.add_argument("--split", default="test", choices=["train", "valid", "test"])
    parser.add_argument("--repeats", action="store_true", help="count items named before as well")
    parser.add_argument("--checkpoint", default="starter", help="of the recommender")
    parser.add_argument("--predictions", type=Path, help="score this file of rankings instead")
    parser.add_argument("--limit", type=int, help="only the first so many instances")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="JSON file for the figures")
    options = parser.parse_args(argv)

    from wherefore.evaluate import evaluate_corpus, markdown
    from wherefore.files import write_aside

    def progress(done: int, total: int) -> None:
        if done % 100 == 0 or done == total:
            print(f"\r{done:,} of {total:,}", end="\n" if done == total else "", file=sys.stderr, flush=True)

    command = shlex.join(["python", "scripts/evaluate.py", *(sys.argv[1:] if argv is None else argv)])
    try:
        reports = [
            evaluate_corpus(
                system,
                options.corpus,
                options.path,
                options.split,
                dedup=not options.repeats,
                checkpoint=options.checkpoint,
                predictions=options.predictions,
                limit=options.limit,
                seed=options.seed,
                command=command,
                progress=progress,
            )
            for system in options.system
        ]
        if options.out:
            with write_aside(options.out) as aside:
                aside.write_text(json.dumps([report.to_json() for report in reports], indent=1) + "\n")
    except (ValueError, FileNotFoundError, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(markdown(reports), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
