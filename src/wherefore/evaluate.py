"""How well a system ranks: recall per gold mention on the turns in which people recommended something.

An instance is a recommender's turn that names an item and has a turn before it. *Dedup* (the headline):
gold is what neither speaker named earlier, turns left without gold are dropped, and items named earlier
are taken out of the ranking. *With repeats*: every item of the turn is gold and nothing is taken out.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import random
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wherefore.config import resolve
from wherefore.corpora import CORPORA, Corpus, CorpusDialogue, Instance, titles_of
from wherefore.corpora.base import read_lines
from wherefore.files import write_aside

if TYPE_CHECKING:
    from wherefore.embedders import Embedder
    from wherefore.recommender import Recommender

DEPTHS = (1, 5, 10, 20, 50)
METRICS = (*(f"recall@{k}" for k in DEPTHS), "ndcg@10", "mrr")
CONTEXT_CHARS = 600  # of the newest words that the zero-shot baseline reads

Rank = Callable[[Instance], Sequence[str]]
"""A system: an instance to item ids of its corpus, best first; at least 50 besides those named before."""
Progress = Callable[[int, int], None]  # done, total


# -- one instance -----------------------------------------------------------------------------------------


def recall_at(ranked: Sequence[str], gold: Sequence[str], k: int) -> float:
    """The share of gold items among the first k.

    >>> recall_at(["a", "b", "c"], ["c", "a"], 2)
    0.5
    """
    top = set(ranked[:k])
    return sum(item in top for item in gold) / len(gold)


def ndcg_at(ranked: Sequence[str], gold: Sequence[str], k: int = 10) -> float:
    """Discounted gain of the gold items among the first k, divided by the best possible.

    >>> ndcg_at(["a", "b"], ["a"])
    1.0
    """
    gain = sum(1 / math.log2(rank + 1) for rank in _ranks(ranked, gold) if rank <= k)
    return gain / sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(gold)) + 1))


def reciprocal_rank(ranked: Sequence[str], gold: Sequence[str]) -> float:
    """One divided by the place of the first gold item; 0 when there is none.

    >>> reciprocal_rank(["a", "b"], ["b"])
    0.5
    """
    return max(1 / rank for rank in _ranks(ranked, gold))


def _ranks(ranked: Sequence[str], gold: Sequence[str]) -> list[float]:
    """The place of each gold item, from 1; infinity where it is not in the ranking."""
    return [ranked.index(item) + 1 if item in ranked else math.inf for item in gold]


# -- all instances ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one system on one set of instances."""

    system: str
    dedup: bool
    dialogues: int
    instances: int
    gold_mentions: int
    unranked: int  # instances for which the system gave nothing; each counts as a miss
    metrics: Mapping[str, Interval]
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values: what was measured, then where the numbers come from."""
        return {
            "system": self.system,
            "protocol": "dedup" if self.dedup else "repeats",
            "dialogues": self.dialogues,
            "instances": self.instances,
            "gold_mentions": self.gold_mentions,
            "unranked": self.unranked,
            "metrics": {
                name: {
                    "value": round(value.value, 6),
                    "low": round(value.low, 6),
                    "high": round(value.high, 6),
                }
                for name, value in self.metrics.items()
            },
            **self.provenance,
        }

    def save(self, path: str | Path) -> None:
        """Write the report as JSON; what was there stays whole if writing fails."""
        with write_aside(path) as aside:
            aside.write_text(
                json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
            )


def markdown(reports: Iterable[Report]) -> str:
    """A Markdown table with one line per report, each figure with its 95 % interval."""
    names = {"recall": "R", "ndcg": "NDCG", "mrr": "MRR"}

    def head(metric: str) -> str:
        name, at, k = metric.partition("@")
        return names[name] + at + k

    lines = [
        f"| system | protocol | {' | '.join(head(metric) for metric in METRICS)} | gold mentions |",
        "|" + "---|" * (len(METRICS) + 3),
    ]
    for report in reports:
        cells = [
            f"{figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f})"
            for figure in (report.metrics[metric] for metric in METRICS)
        ]
        protocol = "dedup" if report.dedup else "repeats"
        lines.append(f"| {report.system} | {protocol} | {' | '.join(cells)} | {report.gold_mentions:,} |")
    return "\n".join(lines) + "\n"


def evaluate(
    rank: Rank,
    instances: Iterable[Instance],
    system: str = "system",
    resamples: int = 1000,
    seed: int = 0,
    progress: Progress | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Report:
    """Rank every instance and count.

    Recall is per gold mention; NDCG@10 and MRR are means over instances. Intervals: percentile bootstrap
    over dialogues.

    Args:
        rank: The system.
        instances: What to predict; all of one protocol.
        system: Its name in tables.
        resamples: Bootstrap samples.
        seed: Of the bootstrap.
        progress: Told (done, of) after every instance.
        provenance: Goes into the report as it is; see `provenance`.

    Raises:
        ValueError: If there are no instances, both protocols are mixed, or a ranking repeats an item.
    """
    if resamples < 1:
        raise ValueError(f"`resamples` is {resamples}; it must be at least 1")
    todo = list(instances)
    if not todo:
        raise ValueError("there is nothing to evaluate: no turn of these dialogues recommends an item")
    if len({instance.dedup for instance in todo}) > 1:
        raise ValueError("instances with and without repeats are mixed; evaluate one protocol at a time")
    sums: dict[tuple[str, str], np.ndarray] = {}
    unranked = 0
    for done, instance in enumerate(todo, 1):
        ranked = _ranking(rank, instance)
        unranked += not ranked
        key = (instance.dialogue.dataset, instance.dialogue.id)
        sums[key] = sums.get(key, 0.0) + _counts(ranked, instance)
        if progress is not None:
            progress(done, len(todo))
    table = np.stack(list(sums.values()))  # (dialogues, counts)
    values = _figures(table.sum(axis=0)[None])[0]
    low, high = _bootstrap(table, resamples, seed)
    return Report(
        system=system,
        dedup=todo[0].dedup,
        dialogues=len(table),
        instances=len(todo),
        gold_mentions=round(table[:, 0].sum()),
        unranked=unranked,
        metrics={
            name: Interval(float(value), float(least), float(most))
            for name, value, least, most in zip(METRICS, values, low, high, strict=True)
        },
        provenance=dict(provenance or {}),
    )


def _ranking(rank: Rank, instance: Instance) -> list[str]:
    """A system's ranking of an instance, checked, and without what was named before where that is the rule."""
    ranked = list(rank(instance))
    if len(set(ranked)) < len(ranked):
        item, times = Counter(ranked).most_common(1)[0]
        raise ValueError(
            f"the ranking of dialogue {instance.dialogue.id!r}, turn {instance.turn} holds item {item!r} "
            f"{times} times; every item may stand in it once"
        )
    if instance.dedup:
        named = set(instance.named)
        ranked = [item for item in ranked if item not in named]
    return ranked


def _counts(ranked: Sequence[str], instance: Instance) -> np.ndarray:
    """(2 + metrics,): gold mentions, instances, hits at each depth, NDCG, reciprocal rank."""
    gold = instance.gold
    hits = (recall_at(ranked, gold, k) * len(gold) for k in DEPTHS)
    return np.array([len(gold), 1, *hits, ndcg_at(ranked, gold), reciprocal_rank(ranked, gold)])


def _figures(sums: np.ndarray) -> np.ndarray:
    """(r, 2 + metrics) sums of counts -> (r, metrics)."""
    per_mention, per_instance = sums[:, :1], sums[:, 1:2]
    hits = sums[:, 2 : 2 + len(DEPTHS)]
    return np.concatenate([hits / per_mention, sums[:, 2 + len(DEPTHS) :] / per_instance], axis=1)


def _bootstrap(table: np.ndarray, resamples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(dialogues, 2 + metrics) counts -> the 2.5th and 97.5th percentile of each metric, (metrics,) each."""
    draw, n = random.Random(seed), len(table)
    picks = (np.bincount(draw.choices(range(n), k=n), minlength=n) for _ in range(resamples))
    samples = np.sort(_figures(np.stack([pick @ table for pick in picks])), axis=0)  # (resamples, metrics)
    return samples[int(0.025 * resamples)], samples[int(0.975 * resamples)]


# -- predictions on disk ----------------------------------------------------------------------------------


def write_predictions(
    rank: Rank, instances: Iterable[Instance], path: str | Path, progress: Progress | None = None
) -> int:
    """Write rankings as JSON lines, `{"dialogue_id", "turn", "ranked"}`; gives their number.

    Raises:
        ValueError: If a ranking repeats an item.
    """
    todo = list(instances)
    with write_aside(path) as aside, aside.open("w", encoding="utf-8") as lines:
        for done, instance in enumerate(todo, 1):
            row = {
                "dialogue_id": instance.dialogue.id,
                "turn": instance.turn,
                "ranked": _ranking(rank, instance),
            }
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            if progress is not None:
                progress(done, len(todo))
    return len(todo)


def read_predictions(path: str | Path) -> Rank:
    """Rankings of a file as a system; an instance that the file lacks gets an empty ranking.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a line is not a prediction, or an instance is predicted twice.
    """
    given: dict[tuple[str, int], list[str]] = {}
    for where, row in read_lines(Path(path)):
        key, ranked = (row.get("dialogue_id"), row.get("turn")), row.get("ranked")
        if not isinstance(key[0], str) or not isinstance(key[1], int) or not isinstance(ranked, list):
            raise ValueError(f'{where} is not {{"dialogue_id": text, "turn": number, "ranked": [item ids]}}')
        if key in given:
            raise ValueError(f"{where} predicts dialogue {key[0]!r}, turn {key[1]} a second time")
        given[key[0], key[1]] = ranked
    return lambda instance: given.get((instance.dialogue.id, instance.turn), [])


# -- systems ----------------------------------------------------------------------------------------------


def popularity(dialogues: Iterable[CorpusDialogue]) -> Rank:
    """The items named most often in training dialogues, whatever is asked; ties in order of id."""
    counts = Counter(item for dialogue in dialogues for turn in dialogue.turns for item in turn.items)
    ranked = sorted(counts, key=lambda item: (-counts[item], item))
    return lambda instance: ranked


def repeat_context(otherwise: Rank) -> Rank:
    """What was just talked about, the newest first, then another system's ranking.

    It shows how much the protocol with repeats rewards saying again what was said.
    """

    def rank(instance: Instance) -> list[str]:
        newest = [item for turn in reversed(instance.context) for item in reversed(turn.items)]
        return list(dict.fromkeys((*newest, *otherwise(instance))))

    return rank


def zero_shot(
    embedder: Embedder,
    texts: Mapping[str, str],
    title_of: Callable[[str], str],
    depth: int = 100,
    progress: Progress | None = None,
) -> Rank:
    """Items whose text is nearest to the newest words of the dialogue: what a plain RAG demo does.

    Args:
        embedder: Makes d-wide vectors.
        texts: Item ids to what is known about each, as text.
        title_of: What to write where a turn names an item.
        depth: Items to rank besides those named before.
        progress: Told (done, of) while the items are encoded.
    """
    ids = list(texts)
    vectors = embedder.encode(list(texts.values()), "item", progress)  # (n, d)

    def rank(instance: Instance) -> list[str]:
        said = "\n".join(turn.render(title_of) for turn in instance.context)[-CONTEXT_CHARS:]
        scores = vectors @ embedder.encode([said], "query")[0]  # (n,)
        best = np.argsort(-scores, kind="stable")[: depth + len(instance.named)]
        return [ids[row] for row in best]

    return rank


def recommender_rank(
    recommender: Recommender,
    title_of: Callable[[str], str],
    catalog_id_of: Mapping[str, str],
    depth: int = 200,
) -> Rank:
    """The whole recommender as it is used: the words in, items of the corpus out.

    The recommender answers the user, so assistant turns after the user's last one are left out. Catalogue
    items that the corpus does not have are passed over.

    Args:
        recommender: Ranks items of its catalogue.
        title_of: What to write where a turn names an item.
        catalog_id_of: Corpus item ids to catalogue ids.
        depth: Catalogue items to ask for.
    """
    corpus_ids: dict[str, list[str]] = {}
    for corpus_id, catalog_id in catalog_id_of.items():
        corpus_ids.setdefault(catalog_id, []).append(corpus_id)

    def rank(instance: Instance) -> list[str]:
        turns = [(turn.role, turn.render(title_of).strip()) for turn in instance.context]
        turns = [(role, text) for role, text in turns if text]
        while turns and turns[-1][0] != "user":
            turns.pop()
        messages = [{"role": role, "content": text} for role, text in turns]
        messages = messages or [{"role": "user", "content": "Hello."}]
        gone = (
            {catalog_id_of[item] for item in instance.named if item in catalog_id_of}
            if instance.dedup
            else ()
        )
        k = min(depth, len(recommender.catalog))
        listed = recommender.rank(messages, k, exclude=gone)
        return [corpus_id for entry in listed for corpus_id in corpus_ids.get(entry.item.id, ())]

    return rank


def facts_as_text(facts: Mapping[str, Any], max_chars: int = 600) -> str:
    """What a corpus knows of an item, as text: its title and year, then every fact that is a list of words.

    >>> facts_as_text({"title": "Alien", "year": 1979, "genres": ["Horror", "Sci-Fi"], "imdb_id": "tt0078748"})
    'Alien (1979). genres: Horror, Sci-Fi'
    """
    title = titles_of({"": facts})[""]
    lists = [
        f"{key}: {', '.join(map(str, value))}"
        for key, value in facts.items()
        if isinstance(value, list) and value
    ]
    return ". ".join((*([title] if title else []), *lists))[:max_chars]


# -- a run ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Setting:
    """What a system may be built from: the corpus, never the turns to predict."""

    corpus: Corpus  # of the split to evaluate
    training: tuple[Corpus, ...]  # what may be learned from
    checkpoint: str = "starter"
    progress: Progress | None = None


def _popularity(setting: Setting) -> Rank:
    return popularity(dialogue for corpus in setting.training for dialogue in corpus)


def _repeat_context(setting: Setting) -> Rank:
    return repeat_context(_popularity(setting))


def _zero_shot(setting: Setting) -> Rank:
    from wherefore.embedders import PackagedMiniLM

    facts = setting.corpus.items()
    texts = {item_id: facts_as_text(record) for item_id, record in facts.items()}
    titles = titles_of(facts)
    return zero_shot(PackagedMiniLM(), texts, lambda item: titles.get(item, item), progress=setting.progress)


def _recommender(setting: Setting) -> Rank:
    from wherefore.recommender import Recommender
    from wherefore.tasks import link_items

    recommender = Recommender.from_pretrained(setting.checkpoint)
    facts = setting.corpus.items()
    titles = titles_of(facts)
    links = link_items(recommender.catalog, setting.corpus.name, facts)
    if not links:
        raise ValueError(
            f"no item of corpus {setting.corpus.name!r} is in the catalogue of {setting.checkpoint!r}; "
            "train on this corpus, or give its ids in a field named "
            f"`{setting.corpus.name}_ids` of the catalogue"
        )
    return recommender_rank(recommender, lambda item: titles.get(item, item), links)


SYSTEMS: dict[str, Callable[[Setting], Rank]] = {
    "popularity": _popularity,
    "recommender": _recommender,
    "repeat-context": _repeat_context,
    "zero-shot": _zero_shot,
}


def evaluate_corpus(
    system: str,
    corpus: str,
    path: str | Path,
    split: str = "test",
    *,
    dedup: bool = True,
    checkpoint: str = "starter",
    predictions: str | Path | None = None,
    limit: int | None = None,
    resamples: int = 1000,
    seed: int = 0,
    command: str = "",
    progress: Progress | None = None,
) -> Report:
    """Evaluate a system on a split of a corpus: what `wherefore evaluate` and scripts/evaluate.py call.

    Args:
        system: A key of `SYSTEMS`, `package.module:Name` of your own, or the name to print beside
            `predictions`.
        corpus: A key of `CORPORA`.
        path: The corpus' folder.
        split: What to predict; popularity is counted on "train", and on "valid" too when this is "test".
        dedup: The protocol.
        checkpoint: Of the recommender.
        predictions: A file of rankings to score instead of running a system.
        limit: Only the first so many instances, for a quick look.
        resamples: Bootstrap samples.
        seed: Of the bootstrap.
        command: The command line, for the report.
        progress: Told (done, of).

    Raises:
        ValueError: If a name is unknown or nothing is to evaluate.
        FileNotFoundError: If the corpus or the predictions are not there.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"`limit` is {limit}; it must be at least 1, or None for all instances")
    make = resolve(corpus, CORPORA, "corpus")
    data: Corpus = make(path, split)
    before = {"train": ("train",), "valid": ("train",), "test": ("train", "valid")}[split]
    if predictions is not None:
        rank = read_predictions(predictions)
    else:
        training = tuple(make(path, part) for part in before)
        rank = resolve(system, SYSTEMS, "system")(Setting(data, training, checkpoint, progress))
    todo = list(data.instances(dedup))[:limit]
    origin = provenance(command, seed, data.files) | {"corpus": corpus, "split": split, "limit": limit}
    return evaluate(rank, todo, system, resamples, seed, progress, origin)


def provenance(command: str, seed: int, files: Iterable[Path] = ()) -> dict[str, Any]:
    """What stands beside every figure: command, commit, seed, hardware and a hash of the data."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as data:
            while chunk := data.read(1 << 20):
                digest.update(chunk)
    return {
        "command": command,
        "commit": _commit(),
        "seed": seed,
        "hardware": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
        "data_sha256": digest.hexdigest(),
    }


def _commit() -> str:
    """The commit of the source tree, marked when files differ from it; "unknown" outside a repository."""
    folder = Path(__file__).parent
    try:
        run = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return run.stdout.strip() if run.returncode == 0 else "unknown"


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
