r"""Measure how well systems rank on a dialogue corpus.

    python scripts/evaluate.py redial ../shared/data/redial --protocol dedup repeats \
        --system recommender ease co-mention nearest-dialogues bm25 zero-shot popularity repeat-context \
        --checkpoint runs/redial-0 runs/redial-1 --out results/redial.json --picture results/redial.png

Prints Markdown tables; `--out` also writes the figures with their command, commit, seeds and hardware.
Tune on `--split valid`; read the test split once per reported table.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, evaluate the systems, print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", help="redial, inspired, opendialkg or jsonl")
    parser.add_argument("path", type=Path, help="folder of the corpus")
    parser.add_argument("--system", nargs="+", default=["recommender"], help="one or more")
    parser.add_argument("--split", default="test", choices=["train", "valid", "test"])
    parser.add_argument(
        "--protocol",
        nargs="+",
        default=["dedup"],
        choices=["dedup", "repeats"],
        help="repeats counts items named before as well",
    )
    parser.add_argument(
        "--checkpoint", nargs="+", default=["starter"], help="of the recommender; one folder per seed"
    )
    parser.add_argument(
        "--known-items",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="tell the recommender which items the corpus marks in the context, as all peers are told; "
        "without, it finds the titles in the words",
    )
    parser.add_argument(
        "--sequences",
        action="store_true",
        help="baselines learn also from dialogues of which only the mentions are known (redial)",
    )
    parser.add_argument("--cold", type=Path, help="file of ids (one a line) kept out of training: a slice")
    parser.add_argument("--predictions", type=Path, help="score this file of rankings instead")
    parser.add_argument("--save-predictions", type=Path, help="folder to write rankings to")
    parser.add_argument("--cache", type=Path, help="folder for vectors that take minutes")
    parser.add_argument(
        "--set", nargs="+", default=[], help="what differs from the checkpoints, like turn.demanded=0"
    )
    parser.add_argument("--limit", type=int, help="only the first so many instances")
    parser.add_argument("--resamples", type=int, default=1000, help="of the bootstrap")
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap")
    parser.add_argument("--out", type=Path, help="JSON file for the figures")
    parser.add_argument("--markdown", type=Path, help="file for the tables")
    parser.add_argument("--picture", type=Path, help="PNG file")
    options = parser.parse_args(argv)

    from wherefore.evaluation.report import markdown, plot, save_markdown, save_results
    from wherefore.evaluation.run import evaluate_corpus

    def progress(done: int, total: int) -> None:
        if done % 100 == 0 or done == total:
            print(f"\r{done:,} of {total:,}", end="\n" if done == total else "", file=sys.stderr, flush=True)

    command = shlex.join(["python", "scripts/evaluate.py", *(sys.argv[1:] if argv is None else argv)])
    try:
        reports = evaluate_corpus(
            options.system,
            options.corpus,
            options.path,
            options.split,
            protocols=options.protocol,
            checkpoints=options.checkpoint,
            read_titles=not options.known_items,
            sequences=options.sequences,
            cold=options.cold.read_text(encoding="utf-8").split() if options.cold else (),
            predictions=options.predictions,
            save_predictions=options.save_predictions,
            cache=options.cache,
            settings=options.set,
            limit=options.limit,
            resamples=options.resamples,
            seed=options.seed,
            command=command,
            progress=progress,
        )
        if options.out:
            save_results(options.out, reports)
        if options.markdown:
            save_markdown(options.markdown, reports)
        if options.picture:
            plot(options.picture, reports)
    except (ValueError, OSError, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(markdown(reports), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
