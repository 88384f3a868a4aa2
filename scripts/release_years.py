r"""What the newest releases gain with time: dialogues are held while films come out, and ranked after later ones.

    python scripts/release_years.py configs/redial.yaml --cut 13000 --begin 14000 --end 17000

Training dialogues alone, the oldest first by their numbers. The query tower learns from those before `--cut` and ranks
for those from `--begin` to `--end`, with more and more logits for the items of the newest year. Beside that, what half
of the way to the share that the year before had at the corpus' beginning would be: for that time, and for all
dialogues. The latter is what `turn.years` may say.
"""

from __future__ import annotations

import argparse
import json
import math
import shlex
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

    from wherefore.catalog.catalog import Catalog
    from wherefore.dialogue.messages import Dialogue
    from wherefore.retrieval.index import Index

GAINS = (0.0, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5)
DEPTHS = (1, 10, 50)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, learn, rank, print."""
    parser = timed_parser(__doc__, "whose corpus, catalogue and kept vectors are used")
    parser.add_argument("--epochs", type=int, default=3, help="of the tower")
    parser.add_argument("--out", type=Path, help="also write the figures there, as JSON")
    options = parser.parse_args(argv)
    if not in_order(options):
        return 2

    from wherefore.config import Config
    from wherefore.evaluation.provenance import provenance

    config = Config.load(options.config, options.overrides)
    found = measure(config, options.cut, options.begin, options.end, options.epochs)
    command = shlex.join(["python", "scripts/release_years.py", *(sys.argv[1:] if argv is None else argv)])
    found |= provenance(command, config.seed, training_files(config))
    print(json.dumps(found, indent=1))
    if options.out is not None:
        options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


def timed_parser(description: str | None, of_config: str) -> argparse.ArgumentParser:
    """A parser of a config and of three times in its training dialogues."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", type=Path, help=of_config)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--cut", type=int, required=True, help="learn from dialogues with lower numbers")
    parser.add_argument("--begin", type=int, required=True, help="rank for dialogues from this number")
    parser.add_argument("--end", type=int, required=True, help="to the one before this")
    return parser


def in_order(options: argparse.Namespace) -> bool:
    """Whether the three times follow each other; where not, that is told."""
    if options.cut <= options.begin < options.end:
        return True
    print(
        f"error: --cut {options.cut} must not be after --begin {options.begin}, and --begin must be before "
        f"--end {options.end}",
        file=sys.stderr,
    )
    return False


def training_files(config: Any) -> list[Path]:
    """The files of a config's corpus that dialogues to learn from are in."""
    corpus = Path(config.corpora[0].kwargs["path"])
    return sorted(corpus.glob("*train*")) if corpus.is_dir() else [corpus]


def hit_depths(scores: np.ndarray, wanted: Iterable[int], depths: Iterable[int]) -> Counter[int]:
    """How many of the wanted rows are among the first so many by their scores (n,), for each depth."""
    counts: Counter[int] = Counter()
    for row in wanted:
        rank = int((scores > scores[row]).sum())
        counts.update(depth for depth in depths if rank < depth)
    return counts


class Later(NamedTuple):
    """Dialogues to learn from, and later ones to rank for.

    Attributes:
        index: Of the catalogue.
        kept: Folder of what is kept between runs.
        dialogues: All, the oldest first.
        before: Those before the cut.
        turns: Of the later ones: what was said, the rows named in it, the rows to find.
        gold: How many items are to be found, also those outside the catalogue.
    """

    index: Index
    kept: Path
    dialogues: list[Dialogue]
    before: list[Dialogue]
    turns: list[tuple[Dialogue, list[int], list[int]]]
    gold: int


def later(config: Any, cut: int, begin: int, end: int) -> Later:
    """A config's training dialogues, by their numbers those before `cut` and those from `begin` to `end`."""
    from wherefore.catalog.catalog import Catalog
    from wherefore.corpora.base import as_dialogue, instances
    from wherefore.training.corpus import load_corpora
    from wherefore.training.prepare import load_index

    catalog = Catalog.load(config.catalog, config.catalog_schema)
    kept = Path(config.train.cache or "runs/release-years")
    corpus = load_corpora(config, catalog)[0]
    row_of = {item: catalog.row(linked) for item, linked in corpus.item_of.items()}
    dialogues = [corpus.read(one) for one in corpus.dialogues]
    after = [one for one in corpus.dialogues if begin <= int(one.id) < end and corpus.has_words(one)]
    turns = [turn for one in after for turn in instances(one, True)]
    return Later(
        index=load_index(config, catalog, kept, lambda *_: None),
        kept=kept,
        dialogues=dialogues,
        before=[said for one, said in zip(corpus.dialogues, dialogues, strict=True) if int(one.id) < cut],
        turns=[
            (
                as_dialogue(turn.context, lambda item: corpus.titles.get(item, item), corpus.item_of.get),
                [row_of[item] for item in turn.named if item in row_of],
                [row_of[item] for item in turn.gold if item in row_of],
            )
            for turn in turns
        ],
        gold=sum(len(turn.gold) for turn in turns),
    )


def measure(config: Any, cut: int, begin: int, end: int, epochs: int) -> dict[str, Any]:
    """Recall by what the newest year gains."""
    import numpy as np
    import torch

    from wherefore.retrieval.learned import TextVectors
    from wherefore.retrieval.tower import Tower

    data = later(config, cut, begin, end)
    catalog = data.index.catalog
    year = catalog.schema.year
    if year is None:
        raise SystemExit("error: the catalogue has no field for the year")
    years = np.array([item.get(year.name) or 0 for item in catalog.items])
    newest, then = half_way(data.before, catalog, years)
    _, now = half_way(data.dialogues, catalog, years, newest)
    tower = Tower(data.index, k=50, epochs=epochs, seed=config.seed)
    tower.fit(data.before, TextVectors(data.index))
    hits: dict[float, Counter[int]] = {gain: Counter() for gain in GAINS}
    of_newest = 0
    with torch.inference_mode():
        for said, named, wanted in data.turns:
            rows = np.arange(len(catalog))
            scores = tower.score(said, np.zeros(0), rows).astype(np.float64)
            scores[named] = -math.inf
            of_newest += sum(years[row] == newest for row in wanted)
            for gain, counts in hits.items():
                counts.update(hit_depths(scores + gain * (years == newest), wanted, DEPTHS))
    return {
        "turns": len(data.turns),
        "gold": data.gold,
        "newest_year": int(newest),
        "its_share_then": of_newest / max(data.gold, 1),
        "half_way_then": then,
        "half_way_now": now,
        "recall": {
            str(gain): {f"recall@{depth}": counts[depth] / max(data.gold, 1) for depth in DEPTHS}
            for gain, counts in hits.items()
        },
    }


def half_way(
    dialogues: Sequence[Dialogue], catalog: Catalog, years: np.ndarray, newest: int | None = None
) -> tuple[int, float]:
    """The newest year that is named at all often, and half of the logits from its share to its predecessor's.

    Args:
        dialogues: The oldest first.
        catalog: Of the items.
        years: (n,) of each item.
        newest: The year, where it is known.
    """
    whole = shares(dialogues, catalog, years)
    if newest is None:
        newest = max(year for year, share in whole.items() if share >= 0.01)
    beginning = shares(dialogues[: max(len(dialogues) // 5, 1)], catalog, years)
    ratio = beginning.get(newest - 1, 0.0) / max(whole.get(newest, 0.0), 1e-9)
    return newest, 0.5 * max(math.log(ratio), 0.0) if ratio > 0 else 0.0


def shares(dialogues: Sequence[Dialogue], catalog: Catalog, years: np.ndarray) -> Mapping[int, float]:
    """Which share of the items that dialogues name is of each year."""
    counts = Counter(
        int(years[catalog.row(item)])
        for dialogue in dialogues
        for item in {mention.item_id for mention in dialogue.mentions}
    )
    return {year: count / counts.total() for year, count in counts.items()}


if __name__ == "__main__":
    sys.exit(main())
