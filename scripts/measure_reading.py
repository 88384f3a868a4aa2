"""Measure reading by rules alone and with the judge beside them, on the same messages.

    python scripts/measure_reading.py [--judge runs/judge/pooled-16.safetensors] [--out results/reading.json]

Three sets, all about films: the labelled messages (`data/messages`) that a judge trained by scripts/train_judge.py has
not learned from, the suite (`tests/dialogues/messages-*.yaml`), and `held-out.yaml`, by which nothing was mended.
Tells shares, and how long a message takes to read (median, milliseconds).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.messages import Message
from wherefore.evaluation import suite
from wherefore.evaluation.provenance import provenance, save_figures
from wherefore.evaluation.reading import read_shares
from wherefore.reading.judge import MessageJudge, load_judge, packaged_judge
from wherefore.reading.reader import DialogueReader
from wherefore.training.judging import held_out, read_folder

ROOT = Path(__file__).resolve().parents[1]


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, read with both, tell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--judge", type=Path, help="a judge's file; by default the package's")
    parser.add_argument("--messages", type=Path, default=ROOT / "data" / "messages")
    parser.add_argument("--dialogues", type=Path, default=ROOT / "tests" / "dialogues")
    parser.add_argument("--limit", type=int, help="messages of each set, at most")
    parser.add_argument("--out", type=Path, help="JSON file to write to, under `automatic`")
    given = parser.parse_args(argv)
    judge = packaged_judge() if given.judge is None else load_judge(given.judge)
    _, test = held_out([one for one in read_folder(given.messages) if one.kind not in ("wine", "hotels")])
    films = [one for one in test if one.kind == "films"][: given.limit]
    found: dict[str, Any] = {}
    readers: dict[str, MessageJudge | None] = {"rules": None, "reader": judge}
    for name, one in readers.items():
        reader = DialogueReader(Catalog.builtin(), one)
        titles = suite.Titles(reader.catalog)
        shares: dict[str, Any] = {
            "labelled": {key: round(value, 3) for key, value in read_shares(reader, films).items()}
        }
        for part, pattern in (("suite", "messages-*.yaml"), ("held-out", "held-out.yaml")):
            cases = suite.cases(given.dialogues, pattern)[: given.limit]
            right = [
                not suite.faults(case.tree, reader.read(suite.messages(case.tree)).preferences, titles)
                for case in cases
            ]
            shares[part] = {"messages": len(right), "understood": round(sum(right) / len(right), 3)}
        shares["milliseconds"] = round(_median(DialogueReader(Catalog.builtin(), one), films), 1)
        found[name] = shares
        print(name, json.dumps(shares), flush=True)
    if given.out is not None:
        files = sorted(given.messages.glob("*.txt"))
        found |= provenance("python scripts/measure_reading.py --out results/reading.json", 0, files)
        save_figures(given.out, {"automatic": found}, over=True)
    return 0


def _median(reader: DialogueReader, messages: Sequence[Any]) -> float:
    """Milliseconds that a message takes to read after what was said before it, none of it read yet."""
    reader.refresh()
    taken = []
    for one in messages:
        began = time.perf_counter()
        reader.read((*one.before, Message("user", one.text)))
        taken.append(time.perf_counter() - began)
    return 1000 * statistics.median(taken)


if __name__ == "__main__":
    sys.exit(main())
