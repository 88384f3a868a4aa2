"""Whether earlier likes help in a conversation: simulated users whose history the chain knows, or does not.

    python scripts/measure_history.py --users 100 --out results/history.json

People of MovieLens (latest small, 2016), each after one hidden film that they liked, talk for at most five turns with
the whole chain, which is told 0, 5 or 20 of their other likes; the same people, films and random draws each time. What
was said is kept in --runs: stopped, the same command goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

from wherefore.catalog.catalog import Catalog
from wherefore.corpora.ratings import liked_sets
from wherefore.evaluation.provenance import provenance, save_figures
from wherefore.recommender import Recommender
from wherefore.training.simulate import Seen, SimulatedUser, Taste, closeness, converse, tastes

TURNS = 5
TOLD = (0, 5, 20)  # earlier likes


def people(recommender: Recommender, data: Path, users: int, seed: int) -> list[tuple[Taste, list[str]]]:
    """Tastes, each with 20 further likes of the same person that the conversation does not name."""
    catalog: Catalog = recommender.catalog
    near = closeness(catalog, recommender.index.vectors)
    sets = [one for one in liked_sets({"name": "movielens", "path": str(data)}, catalog) if len(one) >= 30]
    found = []
    for number, taste in enumerate(tastes(sets, near, users, seed)):
        mine = next(one for one in sets if {taste.target, *taste.liked} <= one)
        others = sorted(mine - {taste.target, *taste.liked})
        found.append((taste, Random(f"{seed} likes {number}").sample(others, max(TOLD))))
    return found


def session(recommender: Recommender, taste: Taste, history: Sequence[str], draw: Random) -> dict[str, Any]:
    """One conversation."""

    def system(messages: list[dict[str, str]]) -> Seen:
        reply = recommender.generate(messages, history=history)
        return Seen(reply.text, tuple(one.item for one in reply.recommendations), reply.question)

    near = closeness(recommender.catalog, recommender.index.vectors)
    return asdict(converse(SimulatedUser(taste, recommender.catalog, near, draw), system, TURNS))


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint", default="starter")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/movielens_latest_small_2016"))
    parser.add_argument("--runs", type=Path, default=Path("runs/history"))
    parser.add_argument("--out", type=Path, default=Path("results/history.json"))
    given = parser.parse_args(argv)
    recommender = Recommender.from_pretrained(given.checkpoint, settings=["writer.tries=0"])
    who = people(recommender, given.data, given.users, given.seed)
    given.runs.mkdir(parents=True, exist_ok=True)
    sessions: dict[int, list[dict[str, Any]]] = {told: [] for told in TOLD}
    for number, (taste, likes) in enumerate(who):
        for told in TOLD:
            kept = given.runs / f"{given.seed}-{number}-{told}.json"
            if not kept.is_file():
                made = session(recommender, taste, likes[:told], Random(f"{given.seed} {number}"))
                kept.write_text(json.dumps(made), encoding="utf-8")
            sessions[told].append(json.loads(kept.read_text(encoding="utf-8")))
        print(f"{number + 1}/{len(who)}", file=sys.stderr, flush=True)
    figures: dict[str, Any] = {"users": len(who), "turns": TURNS, "by": recommender.retriever.follower.name}
    for told, those in sessions.items():
        turns = [one["turn"] for one in those]
        figures[f"success_with_{told}_likes"] = sum(turn is not None for turn in turns) / len(turns)
        figures[f"success_in_first_turn_with_{told}_likes"] = sum(turn == 1 for turn in turns) / len(turns)
    command = shlex.join(["python", "scripts/measure_history.py", *(sys.argv[1:] if argv is None else argv)])
    save_figures(given.out, figures | provenance(command, given.seed, sorted(given.data.glob("*.gz"))))
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
