r"""What one more source of candidates brings: what it finds by itself, what nobody else finds, and ranking with it.

    python scripts/sources.py configs/redial.yaml --source "{name: codes, k: 300}" --leave neighbours regression \
        --kept runs/sources --out results/sources.json

Of the corpus' training part, the oldest dialogues teach the sources, and on turns of the newest the ranker learns how
far to trust them, once with the source and once without (its sources' part: features alone, all candidates, the same
loss and steps). Both are measured on the validation part, which nothing learned from. What takes long is kept in
`--kept`; run again, it goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import shlex
import statistics
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from release_years import training_files  # noqa: E402

if TYPE_CHECKING:
    from wherefore.config import Component, Config
    from wherefore.corpora.base import Instance
    from wherefore.retrieval.index import Index
    from wherefore.retrieval.retriever import Retriever
    from wherefore.retrieval.source import Source
    from wherefore.training.corpus import Corpus

DEPTHS = (1, 10, 50)
FIRST = 300  # of each source, among which hits are looked for
_MISSED = 10**9


def main(argv: Sequence[str] | None = None) -> int:
    """Parse; teach, fetch, weigh, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", type=Path, help="whose corpus, catalogue and sources are used")
    parser.add_argument("overrides", nargs="*", help="settings like seed=1")
    parser.add_argument("--source", required=True, help="the source in question, as the config has sources")
    parser.add_argument("--leave", nargs="*", default=(), help="names of the config's sources to leave out")
    parser.add_argument(
        "--oldest", type=float, default=0.8, help="share of the dialogues that sources learn from"
    )
    parser.add_argument("--turns", type=int, default=2000, help="that the ranker learns from")
    parser.add_argument("--valid", type=int, help="turns to measure on; all when not given")
    parser.add_argument("--steps", type=int, default=300, help="of the ranker")
    parser.add_argument("--seeds", type=int, default=3, help="of the ranker")
    parser.add_argument("--only", nargs="*", help="let only these sources learn, and stop")
    parser.add_argument("--kept", type=Path, default=Path("runs/sources"))
    parser.add_argument("--out", type=Path, help="write the figures there, as JSON")
    options = parser.parse_intermixed_args(argv)
    if not 0 < options.oldest < 1:
        print(f"error: --oldest is {options.oldest}; it must be between 0 and 1", file=sys.stderr)
        return 2
    import yaml

    from wherefore.config import Component, Config
    from wherefore.evaluation.provenance import provenance, save_figures

    config = Config.load(options.config, ["train.splits=[train]", *options.overrides])
    asked = Component(**yaml.safe_load(options.source))
    data = Data.of(config, options.kept, options.oldest)
    components = [one for one in config.retrieval.sources if one.name not in options.leave]
    sources = learned(data, [*components, asked], options.only)
    if options.only is not None:
        return 0
    from wherefore.corpora import CORPORA
    from wherefore.retrieval.retriever import Retriever
    from wherefore.training.corpus import spread

    without, with_it = Retriever(data.index, sources[:-1]), Retriever(data.index, sources)
    place = config.corpora[0].kwargs["path"]
    turns = spread([one for said in data.newest for one in _instances(said)], options.turns)
    valid = spread(list(CORPORA[config.corpora[0].name](place, "valid").instances(True)), options.valid)
    learn = fetched(data, "learn", (without, with_it), turns, config.retrieval.k)
    held = fetched(data, "valid", (without, with_it), valid, config.retrieval.k)
    ranking: dict[str, Any] = {}
    for number, (name, retriever) in enumerate((("without", without), ("with", with_it))):
        ranking[name] = ranked(config, retriever, learn, held, number, options.steps, options.seeds)
        print(f"{name}: {json.dumps(ranking[name])}", flush=True)
    command = shlex.join(["python", "scripts/sources.py", *(sys.argv[1:] if argv is None else argv)])
    found = provenance(command, config.seed, training_files(config))
    found |= {
        "source": asked.model_dump(mode="json"),
        "learned_from_dialogues": len(data.oldest),
        "ranker_turns": len(learn.gold),
        "valid_turns": len(held.gold),
        "gold_mentions": held.mentions,
        "gold_never_named_in_training": int(sum(held.cold)),
        "first": FIRST,
        "sources": alone(held, [one.name for one in sources]),
        "invalid_codes": held.invalid,
        "ms_of_the_source": held.ms,
        "ranking": ranking,
    }
    asked_source: Any = sources[-1]
    if getattr(asked_source, "history", None):
        found["training_of_the_source"] = asked_source.history
    print(json.dumps(found, indent=1))
    if options.out is not None:
        save_figures(options.out, found)
    return 0


# -- what is learned from ---------------------------------------------------------------------------------


@dataclass
class Data:
    """A corpus' training dialogues, cut in two by age.

    Attributes:
        index: Of the catalogue.
        corpus: The dialogues' items and titles.
        oldest: What sources learn from.
        newest: Those after, that have words.
        kept: Folder of what takes long.
        key: Names what depends on the data.
    """

    index: Index
    corpus: Corpus
    oldest: list[Any]
    newest: list[Any]
    kept: Path
    key: str

    @classmethod
    def of(cls, config: Config, kept: Path, share: float) -> Data:
        """The data of a config's first corpus."""
        from wherefore.catalog.catalog import Catalog
        from wherefore.training.corpus import load_corpora
        from wherefore.training.prepare import load_index

        catalog = Catalog.load(config.catalog, config.catalog_schema)
        corpus = load_corpora(config, catalog)[0]
        index = load_index(config, catalog, Path(config.train.cache or kept), _show)
        cut = round(share * len(corpus.dialogues))
        oldest, newest = corpus.dialogues[:cut], corpus.dialogues[cut:]
        key = hashlib.sha256(f"{catalog.fingerprint()} {cut} {len(newest)}".encode()).hexdigest()[:8]
        return cls(index, corpus, list(oldest), [one for one in newest if corpus.has_words(one)], kept, key)

    @property
    def named(self) -> set[int]:
        """Rows of the items that the oldest dialogues name."""
        items = {item for said in self.oldest for turn in said.turns for item in turn.items}
        return {self.row(item) for item in items} - {-1}

    def row(self, item: str) -> int:
        """The row of a corpus' item; -1 outside the catalogue."""
        linked = self.corpus.item_of.get(item)
        return -1 if linked is None else self.index.catalog.row(linked)


def learned(data: Data, components: Sequence[Component], only: Sequence[str] | None) -> list[Source]:
    """The sources, taught with the oldest dialogues, or as they were taught before."""
    from wherefore.config import build
    from wherefore.retrieval.learned import Learned, TextVectors, load_sources, save_sources
    from wherefore.retrieval.sources import SOURCES

    vectors, lessons = TextVectors(data.index), [data.corpus.read(one) for one in data.oldest]
    sources = []
    for component in components:
        source = build(component, SOURCES, "source", index=data.index)
        sources.append(source)
        if not isinstance(source, Learned) or (only is not None and component.name not in only):
            continue
        told = {
            name: one for name, one in component.model_dump(mode="json").items() if name not in ("k", "beam")
        }
        digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:10]
        folder = data.kept / f"{component.name}-{data.key}-{digest}"
        if not folder.is_dir():
            source.fit(lessons, vectors, _telling(f"{component.name} learns"))
            save_sources([source], folder)
            if history := getattr(source, "history", None):
                (folder / "history.json").write_text(json.dumps(history), encoding="utf-8")
        load_sources([source], folder)
        if (folder / "history.json").is_file():
            source.history = json.loads((folder / "history.json").read_text(encoding="utf-8"))
    return sources


# -- what is fetched --------------------------------------------------------------------------------------


@dataclass
class Fetched:
    """Turns with their candidates.

    Attributes:
        features: By retriever, by turn, (m, f).
        rows: By retriever, by turn, (m,).
        gold: By turn, the rows to find; -1 outside the catalogue.
        places: By turn, (gold, sources) the place of each gold row in what each source gives, from 0.
        cold: Of each gold mention, whether no dialogue that sources learned from names it.
        invalid: Rows that the last source gave and that are not allowed or not of the catalogue.
        ms: Milliseconds that the last source takes to read a dialogue, search, and score what it found; the
            messages' vectors are at hand.
    """

    features: list[list[np.ndarray]]
    rows: list[list[np.ndarray]]
    gold: list[list[int]]
    places: list[np.ndarray]
    cold: list[bool]
    invalid: int = 0
    ms: float = 0.0

    @property
    def mentions(self) -> int:
        """How many items are to be found."""
        return sum(map(len, self.gold))


def fetched(
    data: Data, what: str, retrievers: Sequence[Retriever], turns: Sequence[Instance], k: int
) -> Fetched:
    """Candidates of every retriever for every turn, and what each source of the last gives by itself."""
    from wherefore.corpora.base import as_dialogue
    from wherefore.reading.reader import DialogueReader

    reader, named = DialogueReader(data.index.catalog), data.named
    made = Fetched([[] for _ in retrievers], [[] for _ in retrievers], [], [], [])
    seconds = 0.0
    for done, turn in enumerate(turns, 1):
        given = as_dialogue(
            turn.context, lambda item: data.corpus.titles.get(item, item), data.corpus.item_of.get
        )
        said = reader.read(given.messages, mentions=given.mentions)
        gone = {data.corpus.item_of[item] for item in turn.named if item in data.corpus.item_of}
        gold = [data.row(item) for item in turn.gold]
        last = retrievers[-1]
        allowed, query = last.allowed(said, gone), last.query(said)
        began = time.perf_counter()
        rows, _ = last.sources[-1].search(said, query, FIRST, allowed)
        last.sources[-1].score(said, query, rows)
        seconds += time.perf_counter() - began
        made.invalid += int((~allowed[rows]).sum())
        for number, retriever in enumerate(retrievers):
            candidates = retriever.search(said, k, exclude=gone)
            made.rows[number].append(candidates.rows)
            made.features[number].append(candidates.features.astype(np.float16))
        places = np.full((len(gold), len(last.sources)), _MISSED)
        for column, source in enumerate(last.sources):
            rows, scores = source.search(said, query, FIRST, allowed)
            # By its own scores: a source may put other rows between its best.
            best = rows[np.argsort(-np.nan_to_num(scores, nan=-np.inf), kind="stable")]
            at = {int(row): place for place, row in enumerate(best)}
            places[:, column] = [at.get(row, _MISSED) for row in gold]
        made.gold.append(gold)
        made.places.append(places)
        made.cold += [row not in named for row in gold]
        _show(f"fetching for {what}", done, len(turns), "")
    made.ms = round(1000 * seconds / max(len(turns), 1), 2)
    return made


def alone(held: Fetched, names: Sequence[str]) -> dict[str, Any]:
    """Recall of each source by itself, and its hits that no other has among its first."""
    places, cold = np.concatenate(held.places), np.array(held.cold)
    told = {}
    for column, name in enumerate(names):
        own = places[:, column]
        hit, others = own < FIRST, (np.delete(places, column, axis=1) < FIRST).any(axis=1)
        told[name] = {
            **{f"recall@{depth}": round(float((own < depth).mean()), 5) for depth in (*DEPTHS, FIRST)},
            "hits": int(hit.sum()),
            "hits_of_no_other": int((hit & ~others).sum()),
            "cold_hits": int((hit & cold).sum()),
            "cold_hits_of_no_other": int((hit & ~others & cold).sum()),
            "cold_recall@50": round(float((own[cold] < 50).mean()), 5) if cold.any() else None,
        }
    told["any but the last"] = {"hits": int((places[:, :-1] < FIRST).any(axis=1).sum())}
    return told


# -- the ranker -------------------------------------------------------------------------------------------


def ranked(
    config: Config,
    retriever: Retriever,
    learn: Fetched,
    held: Fetched,
    number: int,
    steps: int,
    seeds: int,
) -> dict[str, Any]:
    """Recall of the ranker's sources' part, learned anew with each seed."""
    runs = []
    for seed in range(seeds):
        head = _weighed(config, retriever, learn, number, steps, config.seed + seed)
        runs.append(_recall(head, held, number))
    inside = np.concatenate(
        [np.isin(gold, rows) for gold, rows in zip(held.gold, held.rows[number], strict=True)]
    )
    cold = np.array(held.cold)
    return {
        **{name: round(statistics.mean(one[name] for one in runs), 5) for name in runs[0]},
        "sd": {name: round(statistics.stdev(one[name] for one in runs), 5) for name in runs[0]}
        if seeds > 1
        else None,
        "among_candidates": round(float(inside.mean()), 5),
        "cold_among_candidates": round(float(inside[cold].mean()), 5) if cold.any() else None,
    }


def _weighed(config: Config, retriever: Retriever, learn: Fetched, number: int, steps: int, seed: int) -> Any:
    """A ranking head whose sources' part has learned; see `wherefore.training.losses.source_ranking`."""
    import torch

    from wherefore.lm.head import RankingHead

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    features = learn.features[number]
    head = RankingHead(8, features[0].shape[1], config.ranker.hidden, reads_states=False)
    head.fit(torch.from_numpy(np.concatenate(features[::4]).astype(np.float32)))
    golden = [np.isin(rows, gold) for rows, gold in zip(learn.rows[number], learn.gold, strict=True)]
    usable = np.flatnonzero([one.any() for one in golden])
    personal = np.array(retriever.personal_features)
    optimizer = torch.optim.AdamW(head.parameters(), lr=2e-3, weight_decay=config.train.weight_decay)
    head.train()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * 0.5 * (1 + math.cos(math.pi * step / steps))
        total = torch.zeros(())
        for turn in rng.choice(usable, 32):
            given = features[turn].astype(np.float32)
            given[np.ix_(rng.random(len(given)) < config.train.cold, personal)] = np.nan
            logs = head.source_score(torch.from_numpy(given)).log_softmax(-1)
            total = total - logs[torch.from_numpy(golden[turn])].mean()
        optimizer.zero_grad()
        torch.autograd.backward(total / 32)
        optimizer.step()
    return head.eval()


def _recall(head: Any, held: Fetched, number: int) -> dict[str, float]:
    import torch

    hits: Counter[str] = Counter()
    cold = iter(held.cold)
    for rows, features, gold in zip(held.rows[number], held.features[number], held.gold, strict=True):
        with torch.inference_mode():
            scores = head.source_score(torch.from_numpy(features.astype(np.float32))).numpy()
        at = {int(row): place for place, row in enumerate(rows[np.argsort(-scores, kind="stable")])}
        for row in gold:
            new = next(cold)
            for depth in DEPTHS:
                hits[f"recall@{depth}"] += at.get(row, _MISSED) < depth
            hits["cold_recall@50"] += new and at.get(row, _MISSED) < 50
    counts: Mapping[str, int] = {"cold_recall@50": sum(held.cold)}
    return {
        name: hits[name] / max(counts.get(name, held.mentions), 1)
        for name in (*(f"recall@{depth}" for depth in DEPTHS), "cold_recall@50")
    }


def _instances(said: Any) -> list[Instance]:
    from wherefore.corpora.base import instances

    return list(instances(said))


def _show(what: str, done: int, of: int, note: str) -> None:
    if done == of or done % 20 == 0:
        print(
            f"\r{what}: {done:,} of {of:,}{note}", end="\n" if done == of else "", file=sys.stderr, flush=True
        )


def _telling(what: str) -> Any:
    return lambda done, of: _show(what, done, of, "")


if __name__ == "__main__":
    sys.exit(main())
