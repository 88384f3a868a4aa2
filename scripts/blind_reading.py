"""Measure reading by people's judgement: play the blind test with rules alone and with the judge, then count.

    python scripts/blind_reading.py play --catalogs DIR --out DIR [--kinds films books]
    python scripts/blind_reading.py tally DIR [--out results/reading.json]

`play` answers every conversation of `data/blind` with both, `turn.judge=false` and `turn.judge=true`, and writes
for each kind `<kind>.md` for those who judge (in which the two are called X and Y, whichever is which changing from
conversation to conversation; with `--systems reader` one alone, X) and `key.json`. Catalogues other than the built-in
one are `<kind>.jsonl` or `.csv` in `--catalogs`; scripts/prepare_data.py makes them. Whoever judges writes
`<name>_<kind>.tsv` beside it, a line for each turn of X and Y: conversation, X or Y, number of the turn, `full`, `part`
or `not` (understood), and `yes` or `no` for: the list is good, meaning turned round or a refused item listed, a list
where none was due, a bogus "I know no ..."; `-` where there is nothing to say.
`tally` counts, and how far judges agree.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wherefore.evaluation.provenance import provenance, save_figures

ROOT = Path(__file__).resolve().parents[1]
BLIND = ROOT / "data" / "blind"
KINDS = ("films", "books", "recipes", "clothes", "office", "plants")
SYSTEMS = {"rules": "turn.judge=false", "reader": "turn.judge=true"}
FLAGS = ("good list", "turned or refused", "list undue", "bogus unknown")
SHOWN = 160  # characters of a field on a sheet


def main(argv: Sequence[str] | None = None) -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    play = commands.add_parser("play", help="answer everything with both systems")
    play.add_argument("--test", type=Path, default=BLIND, help="folder with test_<kind>.jsonl")
    play.add_argument("--catalogs", type=Path, required=True)
    play.add_argument("--out", type=Path, required=True)
    play.add_argument("--kinds", nargs="+", default=list(KINDS))
    play.add_argument("--systems", nargs="+", choices=list(SYSTEMS), default=list(SYSTEMS))
    play.add_argument("--seed", type=int, default=0)
    tally = commands.add_parser("tally", help="count what was judged")
    tally.add_argument("folder", type=Path)
    tally.add_argument("--test", type=Path, default=BLIND)
    tally.add_argument("--out", type=Path, help="JSON file to write to, under `blind`")
    given = parser.parse_args(argv)
    if given.command == "tally":
        shares = tallied(given.folder, given.test)
        print(json.dumps(shares, indent=1))
        if given.out is not None:
            shares |= provenance(
                "python scripts/blind_reading.py", 0, sorted(given.test.glob("test_*.jsonl"))
            )
            save_figures(given.out, {"blind": shares}, over=True)
        return 0
    given.out.mkdir(parents=True, exist_ok=True)
    rng, key = random.Random(given.seed), {}
    for kind in given.kinds:
        talks = _read(given.test, kind)
        replies = {name: [] for name in given.systems}
        for name in given.systems:
            recommender = _recommender(kind, given.catalogs, SYSTEMS[name])
            for number, talk in enumerate(talks, 1):
                replies[name].append(played(recommender, talk))
                print(f"\r{kind} {name} {number}/{len(talks)}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        lines = []
        for number, talk in enumerate(talks):
            order = dict(zip("XY", rng.sample(given.systems, len(given.systems)), strict=False))
            key[talk["id"]] = order
            lines += _sheet(talk, {letter: replies[name][number] for letter, name in order.items()})
        (given.out / f"{kind}.md").write_text("\n".join(lines), encoding="utf-8")
        (given.out / "key.json").write_text(json.dumps(key), encoding="utf-8")
    return 0


def _read(folder: Path, kind: str) -> list[dict[str, Any]]:
    with (folder / f"test_{kind}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def _recommender(kind: str, catalogs: Path, setting: str) -> Any:
    from wherefore import Recommender

    settings = [
        setting,
        "writer.tries=0",
    ]  # plain sentences: what is understood is judged, not how it is worded
    if kind == "films":
        return Recommender.from_pretrained("starter", settings=settings)
    files = [file for end in ("jsonl", "csv") if (file := catalogs / f"{kind}.{end}").is_file()]
    if not files:
        raise SystemExit(
            f"error: no {kind}.jsonl or {kind}.csv in {catalogs}; make it with scripts/prepare_data.py"
        )
    return Recommender.from_catalog(files[0], settings=settings)


def played(recommender: Any, talk: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The reply to each turn, and a line for each item that it lists."""
    said: list[dict[str, str]] = []
    replies = []
    for turn in talk["turns"]:
        said.append({"role": "user", "content": turn["user"]})
        reply = recommender.generate(said)
        said.append({"role": "assistant", "content": reply.text})
        listed = [_record(one.item, recommender.catalog) for one in reply.recommendations]
        replies.append((reply.text, listed))
    return replies


def _record(item: Any, catalog: Any) -> str:
    told = []
    for spec in catalog.schema.fields:
        value = item.fields.get(spec.name)
        if value not in (None, "", (), []):
            text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            told.append(f"{spec.name}: {text[:SHOWN]}")
    return f"{item.title} ({'; '.join(told)})"


def _sheet(talk: dict[str, Any], played: dict[str, list[tuple[str, list[str]]]]) -> list[str]:
    lines = [f"# {talk['id']}"]
    for number, turn in enumerate(talk["turns"], 1):
        lines += [
            f"## {talk['id']} turn {number}",
            f"USER: {turn['user']}",
            f"MUST: {' / '.join(turn['must'])}",
        ]
        lines.append(f"LIST DUE: {turn['list']}")
        for letter, replies in sorted(played.items()):
            text, listed = replies[number - 1]
            lines += [f"### {letter} says:", text.strip()]
            lines += [f"  on record: {line}" for line in listed]
        lines.append("")
    return lines


def tallied(folder: Path, test: Path) -> dict[str, Any]:
    """Shares of each system by each judge, over all, by kind and by type of message; and agreement."""
    key = json.loads((folder / "key.json").read_text(encoding="utf-8"))
    types = {}
    for kind in KINDS:
        if (test / f"test_{kind}.jsonl").is_file():
            for talk in _read(test, kind):
                for number, turn in enumerate(talk["turns"], 1):
                    types[talk["id"], number] = turn["type"]
    votes: dict[tuple[str, str, int], dict[str, list[str]]] = defaultdict(dict)
    for file in sorted(folder.glob("*_*.tsv")):
        judge = file.stem.partition("_")[0]
        for line in file.read_text(encoding="utf-8").splitlines():
            parts = [part.strip() for part in line.split("\t")]
            if len(parts) < 3 + 1 + len(FLAGS) or parts[0] not in key or parts[1] not in "XY":
                continue
            if parts[1] in key[parts[0]]:
                votes[parts[0], key[parts[0]][parts[1]], int(parts[2])][judge] = parts[3:]
    groups: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    agreement: Counter[str] = Counter()
    for (talk_id, system, number), by_judge in votes.items():
        kind = talk_id.partition("-")[0]
        for judge, told in by_judge.items():
            for group in (
                "all",
                f"judge {judge}",
                f"kind {kind}",
                f"type {types.get((talk_id, number), '?')}",
            ):
                tally = groups[group][system]
                tally["turns"] += 1
                tally[told[0]] += 1
                for flag, value in zip(FLAGS, told[1:], strict=False):
                    tally[flag] += value == "yes"
                    tally[f"{flag} of"] += value in ("yes", "no")
        if len(by_judge) == 2:
            one, two = by_judge.values()
            agreement["pairs"] += 1
            agreement["same"] += one[0] == two[0]
            agreement["full or not"] += (one[0] == "full") == (two[0] == "full")
    shares: dict[str, Any] = {
        group: {system: _shares(tally) for system, tally in sorted(systems.items())}
        for group, systems in sorted(groups.items())
    }
    pairs = max(agreement["pairs"], 1)
    shares["agreement"] = {
        "pairs": agreement["pairs"],
        "same": round(agreement["same"] / pairs, 3),
        "full or not": round(agreement["full or not"] / pairs, 3),
    }
    return shares


def _shares(tally: Counter[str]) -> dict[str, float]:
    turns = max(tally["turns"], 1)
    told = {"turns": tally["turns"]} | {
        name: round(tally[name] / turns, 3) for name in ("full", "part", "not")
    }
    told |= {flag: round(tally[flag] / turns, 3) for flag in FLAGS[1:]}
    return told | {"good list": round(tally["good list"] / max(tally["good list of"], 1), 3)}


if __name__ == "__main__":
    sys.exit(main())
