"""Compare the wording of two versions of Wherefore, blind: same requests, same lists, other words.

    PYTHONPATH=old/src python scripts/compare_replies.py play --out old.json --requests DIR --catalogs DIR
    PYTHONPATH=new/src python scripts/compare_replies.py play --out new.json --requests DIR --catalogs DIR
    python scripts/compare_replies.py sheet old.json new.json --out FOLDER
    python scripts/compare_replies.py tally FOLDER [--results results/prose.json]

`play` answers requests of `--requests` (`test_<kind>.jsonl`, as in `data/blind`) with whichever code is on the path.
`sheet` writes sheet.md for those who judge, in which the two are called X and Y, whichever is which changing from
request to request, and key.json; only where both list the same items in other words. Whoever judges writes
`<name>.tsv` beside it: id, then `X`, `Y` or `same` for which would help more to choose, and for which sounds more
like a person.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wherefore.evaluation.provenance import provenance, save_figures

KINDS = {"films": 50, "plants": 17, "recipes": 17, "clothes": 16}
QUESTIONS = ("help", "person")


def main(argv: Sequence[str] | None = None) -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    playing = commands.add_parser("play", help="answer requests with the code on the path")
    playing.add_argument("--out", type=Path, required=True)
    playing.add_argument("--requests", type=Path, required=True, help="folder with test_<kind>.jsonl")
    playing.add_argument("--catalogs", type=Path, required=True, help="folder with <kind>.jsonl or .csv")
    playing.add_argument("--seed", type=int, default=5)
    writing = commands.add_parser("sheet", help="write the sheet for those who judge")
    writing.add_argument("old", type=Path)
    writing.add_argument("new", type=Path)
    writing.add_argument("--out", type=Path, required=True)
    writing.add_argument("--seed", type=int, default=7)
    counting = commands.add_parser("tally", help="count what was judged")
    counting.add_argument("folder", type=Path)
    counting.add_argument("--results", type=Path)
    given = parser.parse_args(argv)
    if given.command == "play":
        play(given.requests, given.catalogs, given.out, given.seed)
    elif given.command == "sheet":
        print(f"{sheet(given.old, given.new, given.out, given.seed)} requests")
    else:
        found = tallied(given.folder)
        print(json.dumps(found, indent=1))
        if given.results is not None:
            found |= provenance("python scripts/compare_replies.py", 0, [given.folder / "sheet.md"])
            save_figures(given.results, {"wording": found}, over=True)
    return 0


def play(requests: Path, catalogs: Path, out: Path, seed: int) -> None:
    """Answer some requests of each kind that a list is due for."""
    from wherefore import Recommender

    replies: dict[str, Any] = {}
    for kind, most in KINDS.items():
        lines = (requests / f"test_{kind}.jsonl").read_text(encoding="utf-8").splitlines()
        talks = [json.loads(line) for line in lines]
        talks = [one for one in talks if len(one["turns"]) == 1 and one["turns"][0]["list"] == "yes"]
        random.Random(seed).shuffle(talks)
        if kind == "films":
            recommender = Recommender.from_pretrained()
        else:
            recommender = Recommender.from_catalog(next(catalogs.glob(f"{kind}.*")))
        for number, talk in enumerate(talks[:most], 1):
            said = talk["turns"][0]["user"]
            reply = recommender.generate([{"role": "user", "content": said}])
            listed = [one.item.id for one in reply.recommendations]
            replies[talk["id"]] = {"user": said, "text": reply.text, "listed": listed}
            print(f"\r{kind} {number}/{len(talks[:most])}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    out.write_text(json.dumps(replies, ensure_ascii=False), encoding="utf-8")


def sheet(old: Path, new: Path, out: Path, seed: int) -> int:
    """Write sheet.md and key.json. Returns how many requests are in them."""
    versions = {name: json.loads(path.read_text("utf-8")) for name, path in (("old", old), ("new", new))}
    rng, key, lines = random.Random(seed), {}, []
    for name, reply in versions["old"].items():
        other = versions["new"].get(name)
        alike = other is None or not reply["listed"] or reply["text"] == other["text"]
        if alike or reply["listed"] != other["listed"]:
            continue
        key[name] = dict(zip("XY", rng.sample(["old", "new"], 2), strict=True))
        lines += [f"# {name}", "", f"USER: {reply['user']}", ""]
        for letter in "XY":
            lines += [f"--- {letter}", "", versions[key[name][letter]][name]["text"], ""]
    out.mkdir(parents=True, exist_ok=True)
    (out / "sheet.md").write_text("\n".join(lines), encoding="utf-8")
    (out / "key.json").write_text(json.dumps(key), encoding="utf-8")
    return len(key)


def tallied(folder: Path) -> dict[str, Any]:
    """Shares of the judgements for each version, and how often two judges say the same.

    Raises:
        ValueError: If a line is not as it should be; says which.
    """
    key = json.loads((folder / "key.json").read_text(encoding="utf-8"))
    said: dict[str, dict[tuple[str, str], str]] = {}
    for file in sorted(folder.glob("*.tsv")):
        mine = said.setdefault(file.stem, {})
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            name, *answers = line.split("\t")[:3]
            if name not in key or len(answers) != 2 or not {*answers} <= {"X", "Y", "same"}:
                raise ValueError(f"{file.name}, line {number}: {line!r}; it must be: id, X|Y|same, X|Y|same")
            for question, answer in zip(QUESTIONS, answers, strict=True):
                mine[name, question] = "same" if answer == "same" else key[name][answer]
    found: dict[str, Any] = {"requests": len(key), "judges": len(said)}
    for question in QUESTIONS:
        counts = Counter(
            what for mine in said.values() for (_, asked), what in mine.items() if asked == question
        )
        total = max(sum(counts.values()), 1)
        found[question] = {what: round(counts[what] / total, 3) for what in ("new", "old", "same")}
    if len(said) == 2:
        one, other = said.values()
        both = one.keys() & other.keys()
        found["agreement"] = round(sum(one[name] == other[name] for name in both) / max(len(both), 1), 3)
    return found


if __name__ == "__main__":
    sys.exit(main())
