r"""What an LLM's judgement of likely wrong items brings to a query tower: pools, their judging, training, figures.

    python scripts/judge_negatives.py pool configs/redial.yaml --turns 2000
    python scripts/judge_negatives.py score configs/redial.yaml --turns 2000 --judge "{name: smollm2}"
    python scripts/judge_negatives.py score configs/redial.yaml --turns 2000 \
        --judge "{name: server, url: 'http://localhost:11434/v1', model: qwen3}"
    python scripts/judge_negatives.py train configs/redial.yaml --turns 2000 --by smollm2
    python scripts/judge_negatives.py measure configs/redial.yaml --turns 2000 --by smollm2 --out results/negatives.json

`pool`: towers that have learned from the other half of the training dialogues find the best wrong items of recommending
turns, and one that has learned from all finds those of the validation turns. `score`: a judge scores them, named as a
config names it. The judge `{name: ranker}` is the LLM of a trained checkpoint, and `{name: retriever}` is no LLM: its
scores are those of the towers that made the pools, which shows what soft labels do by themselves. `train`: towers
learn from the same dialogues, in the same number of steps, with different negatives. `measure`: how well a judge
tells what was named from other items, what each tower finds on the validation part, and what putting a list in order
by the judge does. All is kept in `--kept`: run again, each stage goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shlex
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from release_years import training_files  # noqa: E402

if TYPE_CHECKING:
    from wherefore.config import Config
    from wherefore.retrieval.judged import Judging, Verdicts
    from wherefore.retrieval.judged_pools import JudgedPools, Pool
    from wherefore.retrieval.tower import Tower
    from wherefore.training.judge_pools import Turn

DEPTHS = (1, 10, 50)
_OF_SOURCE = ("name", "k", "by_content", "unnamed", "members", "seed", "judged")
_WEIGHTS = (0.25, 0.5, 1.0)  # of a judge beside the tower, when it orders a list anew
_FOLDS = 2
_RANDOM = 8  # items drawn at random beside what was named, to compare judges on


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, and run one stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("stage", choices=("pool", "score", "train", "measure"))
    parser.add_argument("config", type=Path, help="whose corpus, catalogue and tower are used")
    parser.add_argument("overrides", nargs="*", help="settings like seed=1")
    parser.add_argument("--kept", type=Path, default=Path("runs/negatives"))
    parser.add_argument("--turns", type=int, default=2000, help="of the training part that are judged")
    parser.add_argument("--valid", type=int, help="turns to measure on; all when not given")
    parser.add_argument(
        "--check", type=int, default=400, help="validation turns on which judges are compared"
    )
    parser.add_argument("--pool", type=int, default=24, help="items in a pool")
    parser.add_argument("--judge", help="with score: the judge, as the config has components")
    parser.add_argument("--by", nargs="*", default=[], help="with train and measure: whose scores, by name")
    parser.add_argument("--negatives", type=int, default=48, help="of a query, where they are a sample")
    parser.add_argument("--hard", type=int, default=12, help="of those, from the pool")
    parser.add_argument("--margin", type=float, default=0.0, help="see wherefore.retrieval.judged.Judging")
    parser.add_argument("--weight", type=float, default=0.3, help="of the soft labels")
    parser.add_argument("--temperature", type=float, default=1.0, help="of the soft labels")
    parser.add_argument("--epochs", type=int, default=3, help="of each tower")
    parser.add_argument("--seeds", type=int, default=3, help="towers of each kind")
    parser.add_argument("--only", nargs="*", help="with train: these kinds of negatives alone")
    parser.add_argument("--out", type=Path, help="with measure: write the figures there, as JSON")
    options = parser.parse_intermixed_args(argv)
    wrong = _wrong(options)
    if wrong:
        print(f"error: {wrong}", file=sys.stderr)
        return 2
    from wherefore.config import Config

    config = Config.load(options.config, ["train.splits=[train]", *options.overrides])
    work = Work(config, options)
    command = shlex.join(["python", "scripts/judge_negatives.py", *(sys.argv[1:] if argv is None else argv)])
    return {"pool": pool, "score": score, "train": train, "measure": measure}[options.stage](work, command)


def _wrong(options: argparse.Namespace) -> str | None:
    """What is wrong with the options, in words."""
    for name in ("turns", "pool", "negatives", "epochs", "seeds", "check"):
        if getattr(options, name) < 1:
            return f"--{name} is {getattr(options, name)}; it must be at least 1"
    if options.stage == "score" and not options.judge:
        return 'score needs --judge, like --judge "{name: smollm2}"'
    if options.stage in ("train", "measure") and not options.by:
        return f"{options.stage} needs --by, the name of a judge whose scores are there, like --by smollm2"
    return None


# -- what is worked on ------------------------------------------------------------------------------------


@dataclass
class Work:
    """A corpus with its catalogue, and the folder in which all is kept."""

    config: Config
    options: argparse.Namespace

    @cached_property
    def catalog(self) -> Any:
        """The items."""
        from wherefore.catalog.catalog import Catalog

        if self.config.catalog == "builtin":
            return Catalog.builtin()
        return Catalog.load(self.config.catalog, self.config.catalog_schema)

    @cached_property
    def index(self) -> Any:
        """Of the catalogue."""
        from wherefore.training.prepare import load_index

        return load_index(self.config, self.catalog, self.kept, _show)

    @cached_property
    def kept(self) -> Path:
        """Where vectors are kept."""
        return Path(self.config.train.cache or self.options.kept)

    @cached_property
    def corpus(self) -> Any:
        """The training dialogues."""
        from wherefore.training.corpus import load_corpora

        return load_corpora(self.config, self.catalog)[0]

    @cached_property
    def lessons(self) -> list[Any]:
        """The training dialogues with their mentions, the oldest first."""
        return [self.corpus.read(one) for one in self.corpus.dialogues]

    @cached_property
    def vectors(self) -> Any:
        """Of the messages."""
        from wherefore.retrieval.learned import TextVectors

        return TextVectors(self.index)

    @cached_property
    def turns(self) -> list[Turn]:
        """The recommending turns that are judged, the oldest dialogues' first."""
        from wherefore.training.corpus import spread
        from wherefore.training.judge_pools import recommending_turns

        return spread(list(recommending_turns(self.corpus, self.corpus.dialogues)), self.options.turns)

    @cached_property
    def valid(self) -> list[Turn]:
        """The validation turns."""
        from wherefore.corpora import CORPORA
        from wherefore.training.corpus import spread
        from wherefore.training.judge_pools import recommending_turns

        component = self.config.corpora[0]
        held = CORPORA[component.name](component.kwargs["path"], "valid")
        return spread(list(recommending_turns(self.corpus, list(held))), self.options.valid)

    @cached_property
    def checked(self) -> list[Turn]:
        """The validation turns on which judges are compared."""
        from wherefore.training.corpus import spread

        return spread(self.valid, self.options.check)

    def pools(self, part: str) -> JudgedPools:
        """The file of pools of `train` or `valid`, or of `random` items for some of the latter's turns."""
        from wherefore.retrieval.judged_pools import JudgedPools

        name = f"{part}-{self.key}-{self.options.pool}.sqlite"
        return JudgedPools(self.options.kept / name)

    def timed(self, part: str, judge: str) -> Path:
        """The file that holds how long a judge took for a turn."""
        name = hashlib.sha256(f"{self.key} {self.options.pool} {judge}".encode()).hexdigest()[:10]
        return Path(self.options.kept / f"timed-{part}-{name}.json")

    @cached_property
    def tower_settings(self) -> dict[str, Any]:
        """How the config's tower learns."""
        towers = [one for one in self.config.retrieval.sources if one.name == "tower"]
        given = towers[0].kwargs if towers else {}
        own = {name: value for name, value in given.items() if name not in _OF_SOURCE}
        return own | {"epochs": self.options.epochs}

    @cached_property
    def key(self) -> str:
        """Names what depends on the data and on how towers learn."""
        said = json.dumps([self.catalog.fingerprint(), len(self.corpus.dialogues), self.tower_settings])
        return hashlib.sha256(said.encode()).hexdigest()[:8]

    def tower(self, name: str, lessons: Sequence[Any], **changed: Any) -> Tower:
        """A tower of the config's kind, taught with some dialogues, or as it was taught before."""
        from wherefore.retrieval.learned import load_sources, save_sources
        from wherefore.retrieval.tower import Tower

        tower = Tower(self.index, **(self.tower_settings | {"k": 50} | changed))
        folder = self.options.kept / "towers" / f"{self.key}-{name}"
        if not folder.is_dir():
            began = time.monotonic()
            tower.fit(lessons, self.vectors, lambda done, of: _show(f"{name} learns", done, of, ""))
            save_sources([tower], folder)
            told = {"seconds": round(time.monotonic() - began, 1), "losses": tower.history}
            (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")
        load_sources([tower], folder)
        return tower

    def halves(self) -> Iterator[tuple[int, Tower, list[Turn]]]:
        """The turns of each half of the dialogues, with a tower that has learned from the other half."""
        from wherefore.retrieval.learned import folds_of
        from wherefore.training.judge_pools import recommending_turns

        folds = folds_of(len(self.lessons), _FOLDS)
        wanted = {turn.key for turn in self.turns}
        for fold in range(_FOLDS):
            others = [lesson for lesson, of in zip(self.lessons, folds, strict=True) if of != fold]
            here = [one for one, of in zip(self.corpus.dialogues, folds, strict=True) if of == fold]
            turns = [turn for turn in recommending_turns(self.corpus, here) if turn.key in wanted]
            yield fold, self.tower(f"without-{fold}", others, seed=self.config.seed + 100), turns

    def base(self) -> Tower:
        """The tower that has learned from all training dialogues, as the config says."""
        return self.tower("base", self.lessons, seed=self.config.seed + 100)

    def told_of(self, name: str) -> dict[str, Any]:
        """How long a tower learned, and with which losses."""
        file = self.options.kept / "towers" / f"{self.key}-{name}" / "told.json"
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return told


# -- the stages -------------------------------------------------------------------------------------------


def pool(work: Work, command: str) -> int:
    """Keep pools of all turns."""
    from wherefore.training.judge_pools import keep_pools

    for fold, tower, turns in work.halves():
        search = tower.log_probabilities
        told = _telling(f"pools of half {fold + 1}")
        keep_pools(work.pools("train"), turns, search, work.catalog, work.options.pool, told)
    search = work.base().log_probabilities
    keep_pools(*(work.pools("valid"), work.valid, search, work.catalog, work.options.pool), _telling("valid"))
    random = np.random.default_rng(work.config.seed)
    keep_pools(
        work.pools("random"),
        work.checked,
        lambda dialogues: random.random((len(dialogues), len(work.catalog))),
        work.catalog,
        _RANDOM,
    )
    print(f"{len(work.pools('train').said()):,} training turns and {len(work.valid):,} to measure on")
    return 0


def score(work: Work, command: str) -> int:
    """Let a judge score the pools: those to measure it on first."""
    import yaml

    from wherefore.config import Component
    from wherefore.ranking.item_judges import make_item_judge
    from wherefore.training.judge_pools import judge_pools
    from wherefore.training.ranker_judge import RankerJudge

    component = Component(**yaml.safe_load(work.options.judge))
    if component.name == "retriever":
        return by_retriever(work)
    if component.name == "ranker":
        judge: Any = RankerJudge(work.index, **component.kwargs)
    else:
        judge = make_item_judge(component)
    for part, turns in (("random", work.checked), ("valid", work.checked), ("train", work.turns)):
        began = time.monotonic()
        done = judge_pools(
            *(work.pools(part), turns, judge, work.catalog), _telling(f"{judge.name}: {part}"), _warn
        )
        seconds = time.monotonic() - began
        each = seconds / max(done.asked, 1)
        print(f"{part}: {json.dumps(asdict(done))}, {seconds:.0f} s, {each:.3f} s a turn", flush=True)
        if done.asked:
            told = {"seconds_a_turn": round(each, 3), "turns_timed": done.asked}
            work.timed(part, judge.name).write_text(json.dumps(told), encoding="utf-8")
    return 0


def by_retriever(work: Work) -> int:
    """Keep the scores of the towers that made the pools as a judge's: what soft labels do without an LLM."""
    from wherefore.retrieval.judged_pools import score_key

    for fold, tower, part in work.halves():
        here = work.pools("train")
        kept = here.pools()
        for start in range(0, len(part), 64):
            turns = part[start : start + 64]
            logs = tower.log_probabilities([turn.dialogue for turn in turns])
            for turn, scores in zip(turns, logs, strict=True):
                ids = [*turn.gold, *kept[turn.key].items]
                keys = [score_key("retriever", str(turn.key), item) for item in ids]
                told = [float(scores[work.catalog.row(item)]) for item in ids]
                here.add("retriever", turn.key, list(zip(keys, ids, told, strict=True)))
            _show(f"half {fold + 1}", start + len(turns), len(part), "")
    return 0


def kinds(options: argparse.Namespace) -> dict[str, Judging | None]:
    """The kinds of negatives that are compared; None: the whole catalogue, and no judge."""
    from wherefore.retrieval.judged import Judging

    sample = {"negatives": options.negatives, "weight": 0.0}
    plain = {"corrected": False}
    soft = {"weight": options.weight, "temperature": options.temperature}
    hard = sample | {"hard": options.hard}
    return {
        "random": Judging(margin=None, hard=0, **sample, **plain),
        "hard-plain": Judging(margin=None, by="retriever", **hard, **plain),
        "hard": Judging(margin=None, by="retriever", **hard),
        "judged": Judging(margin=options.margin, **hard),
        "judged-soft": Judging(margin=options.margin, **(hard | soft)),
        "all": None,
        "all-soft": Judging(margin=options.margin, hard=0, **soft),
    }


_BY_NOBODY = ("random", "hard-plain", "hard", "all")  # kinds that are the same whoever judges


def train(work: Work, command: str) -> int:
    """Teach towers with each kind of negatives."""
    for name, seed, verdicts in towers(work):
        kind = name.rpartition("-")[0].partition(".")[0] or name
        if work.options.only is None or kind in work.options.only:
            work.tower(f"{name}-{seed}", work.lessons, seed=work.config.seed + seed, judged=verdicts)
    return 0


def towers(work: Work) -> list[tuple[str, int, Verdicts | None]]:
    """Name, seed and verdicts of every tower that is compared; one seed of all, then the next."""
    from wherefore.retrieval.judged import Verdicts

    pools, made = work.pools("train"), []
    for number, by in enumerate(work.options.by):
        if number and not any(name.startswith(by) for name in pools.judges()):
            continue  # it was compared with others alone, and nothing is learned from it
        judge = pools.judge_named(by)
        kept = {turn.key for turn in work.turns}
        scored = {said: pool for said, pool in pools.pools(judge).items() if said in kept}
        for kind, how in kinds(work.options).items():
            if kind in _BY_NOBODY and number:
                continue
            name = kind if kind in _BY_NOBODY else f"{kind}.{by}"
            name += "" if how is None else f"-{hashlib.sha256(repr(how).encode()).hexdigest()[:6]}"
            made.append((name, None if how is None else Verdicts(scored, how)))
    return [(name, seed, verdicts) for seed in range(work.options.seeds) for name, verdicts in made]


def measure(work: Work, command: str) -> int:
    """Measure judges, towers, and lists that a judge orders anew."""
    from wherefore.evaluation.provenance import provenance, save_figures

    found = provenance(command, work.config.seed, training_files(work.config))
    found |= {
        "dialogues": len(work.lessons),
        "judged_turns": len(work.turns),
        "pool": work.options.pool,
        "valid_turns": len(work.valid),
        "valid_gold": sum(len(turn.gold) for turn in work.valid),
        "kinds": {name: None if how is None else asdict(how) for name, how in kinds(work.options).items()},
        "tower": work.tower_settings,
        "judges": {by: judged(work, by) for by in work.options.by},
        "towers": recalls(work),
    }
    print(json.dumps(found, indent=1))
    if work.options.out is not None:
        save_figures(work.options.out, found)
    return 0


# -- figures ----------------------------------------------------------------------------------------------


def recalls(work: Work) -> dict[str, Any]:
    """What towers of each kind find on the validation part: mean over seeds, spread, and each seed's figure."""
    runs: dict[str, list[dict[str, float]]] = {}
    seconds: dict[str, list[float]] = {}
    for name, seed, _ in towers(work):
        folder = work.options.kept / "towers" / f"{work.key}-{name}-{seed}"
        if not folder.is_dir():
            print(f"{name}, seed {seed} is not trained and left out", file=sys.stderr)
            continue
        tower = work.tower(f"{name}-{seed}", [])
        kind = name.rpartition("-")[0] if name != "all" else name
        runs.setdefault(kind, []).append(recall(tower.log_probabilities, work.valid, work.catalog))
        seconds.setdefault(kind, []).append(work.told_of(f"{name}-{seed}")["seconds"])
        print(f"{name}, seed {seed}: {runs[kind][-1]}", file=sys.stderr, flush=True)
    return {
        kind: {
            **{depth: round(statistics.mean(one[depth] for one in given), 5) for depth in given[0]},
            "sd": {depth: round(statistics.stdev([one[depth] for one in given]), 5) for depth in given[0]}
            if len(given) > 1
            else None,
            "each": given,
            "seconds": seconds[kind],
        }
        for kind, given in runs.items()
    }


def recall(
    search: Callable[[Sequence[Any]], np.ndarray], turns: Sequence[Turn], catalog: Any
) -> dict[str, float]:
    """Recall of what is named next, over all of it; what was named before is out of the race."""
    hits = dict.fromkeys(DEPTHS, 0)
    for start in range(0, len(turns), 64):
        part = turns[start : start + 64]
        for turn, scores in zip(part, search([one.dialogue for one in part]), strict=True):
            scores = scores.copy()
            scores[[catalog.row(item) for item in turn.named if item in catalog]] = -np.inf
            for item in turn.gold:
                rank = int((scores > scores[catalog.row(item)]).sum())
                for depth in DEPTHS:
                    hits[depth] += rank < depth
    count = max(sum(len(turn.gold) for turn in turns), 1)
    return {f"recall@{depth}": round(hits[depth] / count, 5) for depth in DEPTHS}


def judged(work: Work, by: str) -> dict[str, Any]:
    """How often a judge puts what was named before another item: of likely ones, and of any."""
    made: dict[str, Any] = {}
    for part, turns in (("random", work.checked), ("valid", work.checked), ("train", work.turns)):
        pools = work.pools(part)
        if not any(name.startswith(by) for name in pools.judges()):
            continue  # `retriever` on validation turns: there it is the tower, which stands beside every judge
        judge = pools.judge_named(by)
        kept = pools.pools(judge)
        scored = [(turn, kept[turn.key]) for turn in turns if turn.key in kept and kept[turn.key].scores]
        made[part] = {"turns": len(scored)} | accuracy([pool for _, pool in scored])
        made["name"] = judge
        if (file := work.timed(part, judge)).is_file():
            made[part] |= json.loads(file.read_text(encoding="utf-8"))
        if part != "train":
            made[part]["the same pairs"] = instead(work, scored)
        made[part]["masked"] = masked(work, scored)
        if part == "valid":
            made["lists"] = reordered(work, scored)
    return made


def masked(work: Work, scored: Sequence[tuple[Turn, Pool]]) -> float | None:
    """Which share of a pool the judge finds about as good as what was named, or better."""
    from wherefore.retrieval.judged import Judging, Verdicts

    verdicts = Verdicts({turn.key: pool for turn, pool in scored}, Judging())
    row = {item: number for number, item in enumerate(work.catalog.ids)}
    shares = []
    for turn, _ in scored:
        verdict = verdicts.about(turn.key, row, work.index.rows(turn.gold))
        if verdict is not None and len(verdict.rows) and len(verdict.gold):
            shares.append(float(verdict.false_negatives(work.options.margin).mean()))
    return round(statistics.mean(shares), 4) if shares else None


def instead(work: Work, scored: Sequence[tuple[Turn, Pool]]) -> dict[str, Any]:
    """The same of no judge: how often the base tower, and popularity, put what was named before another item."""
    known = work.index.popularity
    logs = work.base().log_probabilities([turn.dialogue for turn, _ in scored])
    ways = {"tower": logs} | ({} if known is None else {"popularity": [np.nan_to_num(known)] * len(logs)})
    return {
        way: accuracy(
            [
                replace(pool, scores={item: float(scores[work.catalog.row(item)]) for item in pool.scores})
                for (_, pool), scores in zip(scored, given, strict=True)
            ]
        )
        for way, given in ways.items()
    }


def accuracy(pools: Sequence[Pool]) -> dict[str, Any]:
    """Of pairs of a gold and another item of its pool, how often the judge puts the gold first; ties count half.

    All, and with the first and the last third of the retriever's best alone. 0.5 is chance.
    """
    size = max((len(pool.items) for pool in pools), default=0)
    parts = {"pool": (0, size), "first_third": (0, size // 3), "last_third": (size - size // 3, size)}
    made: dict[str, Any] = {}
    for name, (begin, end) in parts.items():
        won = []
        for pool in pools:
            gold = [pool.scores[item] for item in pool.gold if item in pool.scores]
            others = [pool.scores[item] for item in pool.items[begin:end] if item in pool.scores]
            if gold and others:
                pairs = np.subtract.outer(np.array(gold), np.array(others))
                won.append(float((pairs > 0).mean() + 0.5 * (pairs == 0).mean()))
        made[name] = round(statistics.mean(won), 4) if won else None
        made[f"{name}_se"] = round(statistics.stdev(won) / len(won) ** 0.5, 4) if len(won) > 1 else None
    return made


def reordered(work: Work, scored: Sequence[tuple[Turn, Pool]]) -> dict[str, Any]:
    """Recall at 1, 3, 5 and 10 of the base tower's list, and of that list ordered anew with a judge's scores."""
    from wherefore.ranking.criteria import standardized

    tower, depths = work.base(), (1, 3, 5, 10)
    hits: dict[str, dict[int, int]] = {}
    count = 0
    for start in range(0, len(scored), 64):
        part = scored[start : start + 64]
        logs = tower.log_probabilities([turn.dialogue for turn, _ in part])
        for (turn, pool), scores in zip(part, logs, strict=True):
            count += len(turn.gold)
            ids = [item for item in dict.fromkeys((*turn.gold, *pool.items)) if item in pool.scores]
            own = np.array([scores[work.catalog.row(item)] for item in ids], dtype=np.float32)
            told = np.array([pool.scores[item] for item in ids], dtype=np.float32)
            best = np.argsort(-own, kind="stable")[
                : len(pool.items)
            ]  # the tower's list: gold is in it or not
            ways = {"tower": own, "judge": told}
            for weight in _WEIGHTS:
                both = own.copy()
                both[best] = standardized(own[best]) + weight * standardized(told[best])
                ways[f"both, {weight:g}"] = both
            for way, given in ways.items():
                order = best[np.argsort(-given[best], kind="stable")]
                for depth in depths:
                    found = {ids[place] for place in order[:depth]} & set(turn.gold)
                    hits.setdefault(way, dict.fromkeys(depths, 0))[depth] += len(found)
    found: dict[str, Any] = {
        way: {f"recall@{depth}": round(counts[depth] / max(count, 1), 5) for depth in depths}
        for way, counts in hits.items()
    }
    return found | {"items_to_find": count}


# -- what is shown ----------------------------------------------------------------------------------------


def _show(what: str, done: int, of: int, note: str) -> None:
    if done == of or done % 10 == 0:
        print(
            f"\r{what}: {done:,} of {of:,}{note}", end="\n" if done == of else "", file=sys.stderr, flush=True
        )


def _telling(what: str) -> Callable[[int, int], None]:
    began = time.monotonic()

    def tell(done: int, of: int) -> None:
        left = (time.monotonic() - began) / max(done, 1) * (of - done)
        _show(what, done, of, f", {left / 60:.0f} min left")

    return tell


def _warn(text: str) -> None:
    print(f"\n{text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
