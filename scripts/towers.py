r"""How well query towers of several settings find what later dialogues name, each alone and several together.

    python scripts/towers.py configs/redial.yaml --cut 13000 --begin 14000 --end 17000 \
        --members 4 --set min_frequency=2 --set min_frequency=30 --out results/towers.json

Training dialogues alone, the oldest first by their numbers: towers learn from those before `--cut` and rank the whole
catalogue for those from `--begin` to `--end`. Each `--set` changes the config's tower; of each, `--members` towers are
trained, from seeds that follow each other. With `--out`, a setting that is there already is not measured again.
"""

from __future__ import annotations

import json
import math
import shlex
import statistics
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from release_years import (  # noqa: E402
    Later,
    hit_depths,
    in_order,
    later,
    timed_parser,
    training_files,
)

DEPTHS = (1, 10, 50, 200)
# What of the config's tower is not about how it learns: left as it is.
NOT_LEARNED = ("name", "k", "by_content", "unnamed", "members", "seed")


def main(argv: Sequence[str] | None = None) -> int:
    """Parse; learn, rank and write one setting after the other."""
    parser = timed_parser(__doc__, "whose corpus, catalogue, tower and kept vectors are used")
    parser.add_argument("--members", type=int, default=4, help="towers of each setting")
    parser.add_argument(
        "--set", action="append", dest="settings", metavar="NAME=VALUE[,…]", help="arguments of the tower"
    )
    parser.add_argument("--out", type=Path, help="write the figures there, as JSON, and go on from it")
    options = parser.parse_args(argv)
    if not in_order(options):
        return 2
    if options.members < 1:
        print(f"error: --members is {options.members}; it must be at least 1", file=sys.stderr)
        return 2
    from wherefore.config import Config
    from wherefore.evaluation.provenance import provenance

    config = Config.load(options.config, options.overrides)
    towers = [source for source in config.retrieval.sources if source.name == "tower"]
    if not towers:
        print(f"error: {options.config} has no source `tower`", file=sys.stderr)
        return 2
    base = {name: value for name, value in towers[0].kwargs.items() if name not in NOT_LEARNED}
    try:
        settings = {text: _arguments(text) for text in options.settings or [""]}
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    command = shlex.join(["python", "scripts/towers.py", *(sys.argv[1:] if argv is None else argv)])
    found = provenance(command, config.seed, training_files(config))
    found |= {"cut": options.cut, "begin": options.begin, "end": options.end, "members": options.members}
    measured: dict[str, Any] = {}
    if options.out is not None and options.out.is_file():
        kept = json.loads(options.out.read_text(encoding="utf-8"))
        changed = [
            name
            for name in ("cut", "begin", "end", "members", "data_sha256")
            if kept.get(name) != found[name]
        ]
        if changed:
            print(
                f"error: {options.out} was measured with another {changed[0]}; give another --out",
                file=sys.stderr,
            )
            return 2
        measured = kept["settings"]
    data = None
    for text, arguments in settings.items():
        if text in measured:
            continue
        data = data or later(config, options.cut, options.begin, options.end)
        measured[text] = measure(data, base | arguments, options.members, config.seed)
        print(f"{text or 'as the config says'}: {_line(measured[text])}", flush=True)
        if options.out is not None:
            options.out.write_text(
                json.dumps(found | {"settings": measured}, indent=1) + "\n", encoding="utf-8"
            )
    print(json.dumps(found | {"settings": measured}, indent=1))
    return 0


def measure(data: Later, arguments: Mapping[str, Any], members: int, seed: int) -> dict[str, Any]:
    """Recall of each of several towers, of all together, and how many weights one has."""
    import numpy as np
    import torch

    from wherefore.retrieval.learned import TextVectors
    from wherefore.retrieval.tower import Tower

    towers, vectors = [], TextVectors(data.index)
    for member in range(members):
        tower = Tower(data.index, **{"k": 50, **arguments, "seed": seed + member})
        show = f"tower {member + 1} of {members}"
        tower.fit(data.before, vectors, lambda done, of, show=show: _told(show, done, of))
        towers.append(tower)
    names = [*range(members), "together"]
    hits: dict[Any, Counter[int]] = {name: Counter() for name in names}
    rows, nothing = np.arange(len(data.index)), np.zeros(0)
    with torch.inference_mode():
        for place, (said, named, wanted) in enumerate(data.turns):
            alone = [tower.score(said, nothing, rows).astype(np.float64) for tower in towers]
            for name, scores in zip(names, [*alone, np.mean(alone, axis=0)], strict=True):
                scores[named] = -math.inf
                hits[name].update(hit_depths(scores, wanted, DEPTHS))
            _told("ranking", place + 1, len(data.turns))

    def recalls(name: Any) -> dict[str, float]:
        return {f"recall@{depth}": hits[name][depth] / max(data.gold, 1) for depth in DEPTHS}

    weights = sum(tensor.size for name, tensor in towers[0].tensors().items() if name.startswith("tower."))
    return {
        "turns": len(data.turns),
        "gold": data.gold,
        "parameters_of_one": weights,
        "alone": [recalls(member) for member in range(members)],
        "together": recalls("together"),
    }


def _arguments(text: str) -> dict[str, Any]:
    """What `--set` says.

    >>> _arguments("min_frequency=30,dropout=0.1")
    {'min_frequency': 30, 'dropout': 0.1}
    """
    import yaml

    made = {}
    for part in filter(None, text.split(",")):
        name, equals, value = part.partition("=")
        if not equals:
            raise ValueError(f"--set {text!r} is not NAME=VALUE; an example is --set min_frequency=30")
        if name.strip() in NOT_LEARNED:
            raise ValueError(
                f"--set {name.strip()}: how a tower learns can be set, not {', '.join(NOT_LEARNED)}"
            )
        made[name.strip()] = yaml.safe_load(value)
    return made


def _line(found: Mapping[str, Any]) -> str:
    parts = []
    for depth in DEPTHS:
        name = f"recall@{depth}"
        alone = statistics.mean(one[name] for one in found["alone"])
        parts.append(f"R@{depth} {alone:.4f}, together {found['together'][name]:.4f}")
    return "; ".join(parts)


def _told(what: str, done: int, of: int) -> None:
    if done == of or done % 50 == 0:
        end = "\n" if done == of else ""
        print(f"\r{what}: {done:,} of {of:,}", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
