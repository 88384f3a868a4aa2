"""Measure what becomes of other people's files: play conversations about catalogues made for it, then count verdicts.

    python scripts/blind_files.py play DIR --out DIR
    python scripts/blind_files.py tally DIR [--out results/files.json]

`play` reads `talks.jsonl` in DIR, a line for each conversation: `{"id", "catalog": "walks.csv", "turns": [{"user",
"must": [...]}]}`, loads each catalogue beside it as a user would, answers every turn in whole (the LLM writes) and
writes `sheet.md` for those who judge. Whoever judges writes `<name>.tsv` beside it, a line for each turn: conversation,
number of the turn, and `yes` or `no` for: all statements are met, something said was dropped in silence, a wrong
number, unit or date was said, something listed is against what was said (lines that begin with `#` are left out;
`data/blind/JUDGING.md` is the guide). `tally` counts, and how far judges agree.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from blind_reading import played
from wherefore.errors import WhereforeError
from wherefore.evaluation.provenance import provenance, save_figures

VERDICTS = ("all met", "dropped in silence", "wrong number", "against what was said")
TALKS, SHEET = "talks.jsonl", "sheet.md"


def main(argv: Sequence[str] | None = None) -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    play = commands.add_parser("play", help="answer everything")
    play.add_argument("folder", type=Path, help="folder with talks.jsonl and the catalogues")
    play.add_argument("--out", type=Path, required=True)
    tally = commands.add_parser("tally", help="count what was judged")
    tally.add_argument("folder", type=Path, help="folder with the sheet and the verdicts")
    tally.add_argument("--out", type=Path, help="JSON file to write to")
    given = parser.parse_args(argv)
    if given.command == "play":
        given.out.mkdir(parents=True, exist_ok=True)
        (given.out / SHEET).write_text("\n".join(_sheets(given.folder)), encoding="utf-8")
        return 0
    figures = tallied(given.folder)
    print(json.dumps(figures, indent=1))
    if given.out is not None:
        save_figures(given.out, figures | provenance("python scripts/blind_files.py", 0), over=True)
    return 0


def _sheets(folder: Path) -> list[str]:
    """What judges read: of each catalogue how it was read, then each of its conversations."""
    from wherefore import Recommender

    by_catalog: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in (folder / TALKS).read_text(encoding="utf-8").splitlines():
        if line.strip():
            talk = json.loads(line)
            by_catalog[talk["catalog"]].append(talk)
    lines = []
    for number, (name, talks) in enumerate(by_catalog.items(), 1):
        print(f"{number}/{len(by_catalog)} {name}", file=sys.stderr, flush=True)
        try:
            recommender = Recommender.from_catalog(folder / name)
        except WhereforeError as error:
            recommender, refused = None, str(error)
        for talk in talks:
            lines.append(f"# {talk['id']} ({name})")
            replies = played(recommender, talk) if recommender else [(refused, [])] * len(talk["turns"])
            for turn_number, (turn, (text, listed)) in enumerate(zip(talk["turns"], replies, strict=True), 1):
                lines += [f"## {talk['id']} turn {turn_number}", f"USER: {turn['user']}"]
                lines += [f"MUST: {' / '.join(turn['must'])}", "ANSWER:", text.strip()]
                lines += [f"  on record: {line}" for line in listed]
                lines.append("")
    return lines


def tallied(folder: Path) -> dict[str, Any]:
    """How many turns got each verdict, by each judge; and in what share of the turns the judges say the same."""
    votes: dict[tuple[str, int], dict[str, list[str]]] = defaultdict(dict)
    for file in sorted(folder.glob("*.tsv")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            parts = [part.strip() for part in line.split("\t")]
            if len(parts) != 2 + len(VERDICTS) or not set(parts[2:]) <= {"yes", "no"}:
                raise SystemExit(
                    f"error: {file}, line {number}: {line!r}; wanted are conversation, turn and "
                    f"{len(VERDICTS)} times yes or no, parted by tabs"
                )
            votes[parts[0], int(parts[1])][file.stem] = parts[2:]
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    same, pairs = Counter[str](), 0
    for by_judge in votes.values():
        for judge, told in by_judge.items():
            counts[judge]["turns"] += 1
            for verdict, value in zip(VERDICTS, told, strict=True):
                counts[judge][verdict] += value == "yes"
        if len(by_judge) == 2:
            pairs += 1
            for verdict, *both in zip(VERDICTS, *by_judge.values(), strict=True):
                same[verdict] += both[0] == both[1]
    judges = {
        judge: {name: told[name] for name in ("turns", *VERDICTS)} for judge, told in sorted(counts.items())
    }
    return {
        "judges": judges,
        "agreement": {verdict: round(same[verdict] / max(pairs, 1), 3) for verdict in VERDICTS},
    }


if __name__ == "__main__":
    sys.exit(main())
