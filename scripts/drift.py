"""Measure how far training moved an LLM from the language that it had: perplexity on general chat.

    python scripts/drift.py runs/smollm2-360m/checkpoint sgd ../shared/data/chat [--limit 200]

With the adapter off, the LLM is the one that it was, bit for bit; the ratio of both perplexities is the drift.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", help="a folder, or `starter`")
    parser.add_argument("corpus", help="its name, like sgd, taskmaster or jsonl")
    parser.add_argument("path", type=Path, help="where its dialogues are")
    parser.add_argument("--split", default="test", help="which part (test)")
    parser.add_argument("--limit", type=int, default=200, help="so many dialogues at most")
    parser.add_argument("--out", type=Path, help="also write the figures there, as JSON")
    options = parser.parse_args(argv)

    from rich.progress import track

    from wherefore.checkpoint import checkpoint_dir, load_checkpoint
    from wherefore.corpora import read
    from wherefore.corpora.base import as_dialogue
    from wherefore.evaluation.drift import measure_drift
    from wherefore.evaluation.provenance import provenance

    try:
        found = list(islice(read(options.corpus, options.path, options.split), options.limit))
        model = load_checkpoint(checkpoint_dir(options.checkpoint), merge=False).model
        messages = (as_dialogue(one.turns, str).messages for one in found)
        shown = track(
            (one for one in messages if one), "Reading", total=len(found), disable=not sys.stderr.isatty()
        )
        drift = measure_drift(model, shown)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    path: Path = options.path
    files = [path] if path.is_file() else sorted(path.glob(f"{options.corpus}*"))
    command = shlex.join(["python", "scripts/drift.py", *(sys.argv[1:] if argv is None else argv)])
    figures = {
        "dialogues": len(found),
        "tokens": drift.tokens,
        "base": drift.base,
        "adapted": drift.adapted,
        "ratio": drift.ratio,
        **provenance(command, 0, files),
    }
    print(json.dumps(figures, indent=1))
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
