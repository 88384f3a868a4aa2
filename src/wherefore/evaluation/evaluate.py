"""How well a system ranks: recall per gold mention on the turns in which people recommended something.

An instance is a recommender's turn that names an item and has a turn before it. *Dedup* (the headline):
gold is what neither speaker named earlier, turns left without gold are dropped, and items named earlier
are taken out of the ranking. *Repeats*: every item of the turn is gold and nothing is taken out; the recommender, which
never lists what was named, then merges that in by how often people name things again (`repeating.py`).
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
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from wherefore.config import Config, resolve
from wherefore.corpora import CORPORA
from wherefore.corpora.base import SPLITS, Corpus, CorpusDialogue, Instance, as_dialogue
from wherefore.corpora.files import read_lines
from wherefore.dialogue.messages import Dialogue, Message
from wherefore.evaluation.baselines import BASELINES, COMPLETE, Progress, Rank, Setting, count_mentions
from wherefore.evaluation.repeating import NamedAgain
from wherefore.files import write_aside

if TYPE_CHECKING:
    from wherefore.recommender import Recommender


DEPTHS = (1, 5, 10, 20, 50)
METRICS = (*(f"recall@{k}" for k in DEPTHS), "ndcg@10", "mrr")
PROTOCOLS = ("dedup", "repeats")
SLICE_DEPTHS = (1, 10, 50)
SLICES: Mapping[str, tuple[str, ...]] = {
    "turn": ("first", "later"),
    "liked": ("with liked mention", "without"),
    "item": ("head", "middle", "tail", "unseen"),
    "cold": ("cold", "other"),
}


"""Each gold mention falls into one slice of each group; see `slices_of` and `evaluate`."""


PLACES = ("first", "2-10", "11-50", "beyond 50", "not retrieved")


"""Where a gold item stands in the ranking."""


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
    return _ndcg(_ranks(ranked, gold), k)


def reciprocal_rank(ranked: Sequence[str], gold: Sequence[str]) -> float:
    """One divided by the place of the first gold item; 0 when there is none.

    >>> reciprocal_rank(["a", "b"], ["b"])
    0.5
    """
    return max(1 / rank for rank in _ranks(ranked, gold))


def _ranks(ranked: Sequence[str], gold: Sequence[str]) -> list[float]:
    """The place of each gold item, from 1; infinity where it is not in the ranking."""
    return [ranked.index(item) + 1 if item in ranked else math.inf for item in gold]


def _ndcg(ranks: Sequence[float], k: int = 10) -> float:
    gain = sum(1 / math.log2(rank + 1) for rank in ranks if rank <= k)
    return gain / sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(ranks)) + 1))


def _short(value: float) -> float:
    return round(float(value), 6)


# -- what is counted --------------------------------------------------------------------------------------


def popularity_bands(mentions: Mapping[str, int]) -> dict[str, str]:
    """Items with a training mention to head, middle or tail.

    Head: the most named items that together make up half of the mentions; middle: the next that make up
    40 %; tail: the rest. Equal counts are taken in order of id.

    >>> popularity_bands({"a": 6, "b": 3, "c": 2, "d": 1})
    {'a': 'head', 'b': 'middle', 'c': 'middle', 'd': 'tail'}
    """
    total, before = sum(mentions.values()), 0
    bands = {}
    for item in sorted(mentions, key=lambda item: (-mentions[item], item)):
        if mentions[item] > 0:
            bands[item] = "head" if 2 * before < total else "middle" if 10 * before < 9 * total else "tail"
            before += mentions[item]
    return bands


def slices_of(instance: Instance) -> dict[str, str]:
    """The slices of an instance that do not depend on its gold, by group.

    "first": the assistant has named no item yet. "with liked mention": the user has named an item that the
    form filled in after the dialogue does not call disliked. This form is read for slicing alone: no system
    sees it.
    """
    named = [turn.role for turn in instance.context if turn.items]
    feedback = instance.dialogue.feedback
    liked = any(
        item not in feedback or feedback[item].liked is not False
        for turn in instance.context
        if turn.role == "user"
        for item in turn.items
    )
    return {
        "turn": "later" if "assistant" in named else "first",
        "liked": "with liked mention" if liked else "without",
    }


def place_of(rank: float) -> str:
    """A rank from 1, or infinity, as one of `PLACES`.

    >>> place_of(1), place_of(10), place_of(math.inf)
    ('first', '2-10', 'not retrieved')
    """
    if rank == math.inf:
        return PLACES[-1]
    return next((place for place, end in zip(PLACES, (1, 10, 50), strict=False) if rank <= end), PLACES[3])


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Slice:
    """Gold mentions of one kind and how many of them were found; a mean over seeds may be fractional."""

    count: int
    hits: tuple[float, ...]  # within each of SLICE_DEPTHS

    @property
    def recall(self) -> dict[str, float | None]:
        """Recall at each of SLICE_DEPTHS; None where nothing is to find."""
        pairs = zip(SLICE_DEPTHS, self.hits, strict=True)
        return {f"recall@{k}": hits / self.count if self.count else None for k, hits in pairs}


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one system on one set of instances; a mean over seeds where `sd` is given."""

    system: str
    dedup: bool
    dialogues: int
    instances: int
    gold_mentions: int
    unranked: float  # instances for which the system gave nothing; each counts as a miss
    metrics: Mapping[str, Interval]
    slices: Mapping[str, Mapping[str, Slice]]
    errors: Mapping[str, float] | None  # gold mentions by `PLACES`; None: rankings are cut short
    sd: Mapping[str, float] | None = None  # over seeds, with n - 1; None: one seed
    per_seed: tuple[Mapping[str, Any], ...] = ()  # seed and metrics of each run
    provenance: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[tuple[str, str], np.ndarray] = field(default_factory=dict, compare=False, repr=False)
    # ^ (2 + metrics,) sums per dialogue, for intervals

    @property
    def protocol(self) -> str:
        """One of `PROTOCOLS`."""
        return PROTOCOLS[not self.dedup]

    def to_json(self) -> dict[str, Any]:
        """Plain values of this system under this protocol."""
        errors = None
        if self.errors is not None:
            errors = {
                place: {"count": _short(count), "share": _short(count / self.gold_mentions)}
                for place, count in self.errors.items()
            }
        return {
            **{name: _short(figure.value) for name, figure in self.metrics.items()},
            "intervals": {
                name: [_short(figure.low), _short(figure.high)] for name, figure in self.metrics.items()
            },
            "sd": None if self.sd is None else {name: _short(value) for name, value in self.sd.items()},
            "slices": {
                group: {
                    name: {"count": part.count}
                    | {
                        metric: None if value is None else _short(value)
                        for metric, value in part.recall.items()
                    }
                    for name, part in parts.items()
                }
                for group, parts in self.slices.items()
            },
            "errors": errors,
            "per_seed": [
                {name: _short(value) if isinstance(value, float) else value for name, value in run.items()}
                for run in self.per_seed
            ],
            "dialogues": self.dialogues,
            "instances": self.instances,
            "gold_mentions": self.gold_mentions,
            "unranked": _short(self.unranked),
        }

    @classmethod
    def from_json(cls, system: str, protocol: str, told: Mapping[str, Any]) -> Self:
        """What `to_json` gave, as far as it goes: a mean over seeds stays one, counts by dialogue are not kept.

        Raises:
            ValueError: If the protocol is not known or something is missing.
        """
        _check_names("protocol", [protocol], PROTOCOLS)
        try:
            metrics = {name: Interval(told[name], *told["intervals"][name]) for name in METRICS}
            slices = {
                group: {
                    name: Slice(
                        part["count"],
                        tuple((part[f"recall@{k}"] or 0.0) * part["count"] for k in SLICE_DEPTHS),
                    )
                    for name, part in parts.items()
                }
                for group, parts in told["slices"].items()
            }
            errors = told["errors"] and {place: one["count"] for place, one in told["errors"].items()}
            return cls(
                system=system,
                dedup=protocol == PROTOCOLS[0],
                dialogues=told["dialogues"],
                instances=told["instances"],
                gold_mentions=told["gold_mentions"],
                unranked=told["unranked"],
                metrics=metrics,
                slices=slices,
                errors=errors,
                sd=told["sd"],
                per_seed=tuple(told["per_seed"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(
                f"{system} has no whole report of {protocol}: {error!r} is missing or not as it was"
            ) from error


# -- all instances ----------------------------------------------------------------------------------------


def evaluate(
    rank: Rank,
    instances: Iterable[Instance],
    system: str = "system",
    resamples: int = 1000,
    seed: int = 0,
    progress: Progress | None = None,
    provenance: Mapping[str, Any] | None = None,
    *,
    mentions: Mapping[str, int] | None = None,
    cold: Collection[str] = (),
    complete: bool = False,
    trained: int | None = None,
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
        mentions: Training mentions of each item, for the slices head, middle, tail and unseen; None: no
            such slices.
        cold: Items that the system was not trained with, for the slices cold and other; empty: no such
            slices.
        complete: Whether rankings hold everything that the system retrieved, so that what is absent was
            missed by retrieval.
        trained: Seed that the system was trained with, if any.

    Raises:
        ValueError: If there are no instances, both protocols are mixed, or a ranking repeats an item.
    """
    if resamples < 1:
        raise ValueError(f"`resamples` is {resamples}; it must be at least 1")
    if isinstance(cold, str):
        raise ValueError(f"`cold` is the text {cold!r}; give a set of item ids")
    todo = list(instances)
    if not todo:
        raise ValueError("there is nothing to evaluate: no turn of these dialogues recommends an item")
    if len({instance.dedup for instance in todo}) > 1:
        raise ValueError("instances with and without repeats are mixed; evaluate one protocol at a time")
    bands = None if mentions is None else popularity_bands(mentions)
    cold = frozenset(cold)
    sums: dict[tuple[str, str], np.ndarray] = {}
    parts = {
        (group, name): np.zeros(1 + len(SLICE_DEPTHS))
        for group, names in SLICES.items()
        for name in names
        if not (group == "item" and bands is None) and not (group == "cold" and not cold)
    }
    places = dict.fromkeys(PLACES, 0.0)
    unranked = 0
    for done, instance in enumerate(_in_order(rank, todo), 1):
        ranked = _ranking(rank, instance)
        unranked += not ranked
        key = (instance.dialogue.dataset, instance.dialogue.id)
        ranks = _ranks(ranked, instance.gold)
        sums[key] = sums.get(key, 0.0) + _counts(ranks)
        of_turn = slices_of(instance)
        for item, at in zip(instance.gold, ranks, strict=True):
            within = of_turn | ({} if bands is None else {"item": bands.get(item, "unseen")})
            within |= {"cold": "cold" if item in cold else "other"} if cold else {}
            for part in within.items():
                parts[part] += (1, *(at <= k for k in SLICE_DEPTHS))
            places[place_of(at)] += 1
        if progress is not None:
            progress(done, len(todo))
    slices: dict[str, dict[str, Slice]] = {}
    for (group, name), (count, *hits) in parts.items():
        slices.setdefault(group, {})[name] = Slice(round(count), tuple(map(float, hits)))
    metrics = _intervals(sums, resamples, seed)
    return Report(
        system=system,
        dedup=todo[0].dedup,
        dialogues=len(sums),
        instances=len(todo),
        gold_mentions=round(sum(row[0] for row in sums.values())),
        unranked=unranked,
        metrics=metrics,
        slices=slices,
        errors=places if complete else None,
        per_seed=({"seed": trained} | {name: figure.value for name, figure in metrics.items()},),
        provenance=dict(provenance or {}),
        counts=sums,
    )


def combine(reports: Sequence[Report], resamples: int = 1000, seed: int = 0) -> Report:
    """Runs of one system that differ in their seed, as one report.

    Every figure is the mean over seeds, `sd` their standard deviation (with n - 1). Intervals: bootstrap over
    dialogues of the counts averaged over seeds.

    Args:
        reports: Of one system, one protocol and the same instances.
        resamples: Bootstrap samples.
        seed: Of the bootstrap.

    Raises:
        ValueError: If there are no reports or they do not go together.
    """
    if not reports:
        raise ValueError("there are no reports to combine; give one per seed")
    if resamples < 1:
        raise ValueError(f"`resamples` is {resamples}; it must be at least 1")
    first = reports[0]
    for report in reports:
        if (report.system, report.dedup) != (first.system, first.dedup):
            raise ValueError(
                f"{report.system} ({report.protocol}) cannot be combined with {first.system} ({first.protocol}); "
                "give runs of one system under one protocol"
            )
        same = report.counts.keys() == first.counts.keys() and all(
            np.array_equal(report.counts[key][:2], counts[:2]) for key, counts in first.counts.items()
        )
        if not same or _sizes(report) != _sizes(first):
            raise ValueError(
                f"the runs of {first.system} were not measured on the same instances "
                f"({first.instances} with {first.gold_mentions} gold mentions, {report.instances} with "
                f"{report.gold_mentions}) and slices; evaluate them with the same options"
            )
        if (report.errors is None) != (first.errors is None):
            raise ValueError(
                f"only some runs of {first.system} rank completely; evaluate all with the same `complete`"
            )
    if len(reports) == 1:
        return first
    n = len(reports)
    counts = {key: np.mean([report.counts[key] for report in reports], axis=0) for key in first.counts}
    values = {name: [report.metrics[name].value for report in reports] for name in METRICS}
    slices = {
        group: {
            name: Slice(
                part.count,
                tuple(float(x) for x in np.mean([r.slices[group][name].hits for r in reports], axis=0)),
            )
            for name, part in parts.items()
        }
        for group, parts in first.slices.items()
    }
    located = [report.errors for report in reports if report.errors is not None]
    return replace(
        first,
        unranked=sum(report.unranked for report in reports) / n,
        metrics=_intervals(counts, resamples, seed),
        slices=slices,
        errors={place: sum(one[place] for one in located) / n for place in PLACES} if located else None,
        sd={name: float(np.std(over, ddof=1)) for name, over in values.items()},
        per_seed=tuple(run for report in reports for run in report.per_seed),
        counts=counts,
    )


def _sizes(report: Report) -> dict[tuple[str, str], int]:
    """Gold mentions in each slice."""
    return {
        (group, name): part.count for group, parts in report.slices.items() for name, part in parts.items()
    }


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


def _counts(ranks: Sequence[float]) -> np.ndarray:
    """(2 + metrics,): gold mentions, instances, hits at each depth, NDCG, reciprocal rank."""
    hits = (sum(rank <= k for rank in ranks) for k in DEPTHS)
    return np.array([len(ranks), 1, *hits, _ndcg(ranks), 1 / min(ranks)])


def _intervals(sums: Mapping[tuple[str, str], np.ndarray], resamples: int, seed: int) -> dict[str, Interval]:
    """Counts of each dialogue -> each metric with its interval."""
    table = np.stack(list(sums.values()))  # (dialogues, 2 + metrics)
    values = _figures(table.sum(axis=0)[None])[0]
    low, high = _bootstrap(table, resamples, seed)
    return {
        name: Interval(float(value), float(least), float(most))
        for name, value, least, most in zip(METRICS, values, low, high, strict=True)
    }


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
        for done, instance in enumerate(_in_order(rank, todo), 1):
            row = {
                "dialogue_id": instance.dialogue.id,
                "turn": instance.turn,
                "ranked": _ranking(rank, instance),
            }
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            if progress is not None:
                progress(done, len(todo))
    return len(todo)


def read_predictions(
    path: str | Path,
    dialogues: Iterable[CorpusDialogue] | None = None,
    items: Collection[str] | None = None,
) -> Rank:
    """Rankings of a file as a system; an instance that the file lacks gets an empty ranking.

    Args:
        path: JSON lines as `write_predictions` makes them.
        dialogues: All that may be predicted; None: any.
        items: Ids of all items that may be ranked; None: any.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a line is not a prediction, an instance is predicted twice, or a dialogue, a turn or
            an item is unknown.
    """
    lengths = None if dialogues is None else {one.id: len(one.turns) for one in dialogues}
    known = None if items is None else frozenset(items)
    given: dict[tuple[str, int], list[str]] = {}
    for where, row in read_lines(Path(path)):
        key, ranked = (row.get("dialogue_id"), row.get("turn")), row.get("ranked")
        if not isinstance(key[0], str) or type(key[1]) is not int or not isinstance(ranked, list):
            raise ValueError(f'{where} is not {{"dialogue_id": text, "turn": number, "ranked": [item ids]}}')
        wrong = next((item for item in ranked if not isinstance(item, str)), None)
        if wrong is not None:
            raise ValueError(f"{where} ranks {wrong!r}; item ids are text, so write them in quotes")
        if key in given:
            raise ValueError(f"{where} predicts dialogue {key[0]!r}, turn {key[1]} a second time")
        if lengths is not None and not 0 <= key[1] < lengths.get(key[0], 0):
            seen = f"turns 0 to {lengths[key[0]] - 1}" if lengths.get(key[0]) else "no such dialogue"
            example = next(iter(lengths), "")
            raise ValueError(
                f"{where} predicts dialogue {key[0]!r}, turn {key[1]}, and the split to predict has {seen}; "
                f"use the corpus' own ids, like {example!r}, and the split that the file was made for"
            )
        if known is not None and not known.issuperset(ranked):
            unknown = [item for item in ranked if item not in known]
            raise ValueError(
                f"{where} ranks item {unknown[0]!r}, which the corpus does not have ({len(unknown)} of the line's "
                f"{len(ranked)}); rank ids of its {len(known):,} items, like {min(known, default='')!r}"
            )
        given[key[0], key[1]] = ranked
    return lambda instance: given.get((instance.dialogue.id, instance.turn), [])


# -- the recommender --------------------------------------------------------------------------------------


class RecommenderRank:
    """The whole recommender as a system: a dialogue in, items of the corpus out.

    Catalogue items that the corpus does not have are passed over.

    Args:
        recommender: Ranks items of its catalogue.
        title_of: What to write where a turn names an item.
        catalog_id_of: Corpus item ids to catalogue ids.
        depth: Catalogue items to ask for.
        read_titles: Give the words alone and let the recommender find the titles in them, as users do; it
            answers the user, so assistant turns after the user's last one are left out. Otherwise the
            corpus' own annotations are the mentions, as all published systems have them.
        again: Where repeats count, says how likely each of the items named before is. Without it they are ranked as
            all others are, though no source looks for them.

    Raises:
        ValueError: If `depth` is below 1.
    """

    def __init__(
        self,
        recommender: Recommender,
        title_of: Callable[[str], str],
        catalog_id_of: Mapping[str, str],
        depth: int = 500,
        read_titles: bool = False,
        again: NamedAgain | None = None,
    ) -> None:
        if depth < 1:
            raise ValueError(f"`depth` is {depth}; it must be at least 1")
        self.recommender = recommender
        self.title_of = title_of
        self.catalog_id_of = catalog_id_of
        self.depth = depth
        self.read_titles = read_titles
        self.again = again
        self._made: dict[tuple[str, str, int], tuple[list[str], np.ndarray]] = {}
        self._corpus_ids: dict[str, list[str]] = {}
        for corpus_id, catalog_id in catalog_id_of.items():
            self._corpus_ids.setdefault(catalog_id, []).append(corpus_id)

    def __call__(self, instance: Instance) -> list[str]:
        """The items of the corpus, best first."""
        items, scores = self._scored(instance)
        if instance.dedup or self.again is None:
            return items
        return self.again.merged(instance.context, dict(zip(items, scores.tolist(), strict=True)))

    def _scored(self, instance: Instance) -> tuple[list[str], np.ndarray]:
        """Items with their scores; the same for both protocols where those named before are no part of them."""
        key = (instance.dialogue.dataset, instance.dialogue.id, instance.turn)
        if (made := self._made.get(key)) is not None:
            return made
        gone = self._gone(instance)
        given: Any = _words(instance, self.title_of) if self.read_titles else self._annotated(instance)
        depth = min(self.depth, len(self.recommender.catalog))
        listed = self.recommender.rank(given, depth, exclude=gone, soft=True)
        found = [(one, entry.score) for entry in listed for one in self._corpus_ids.get(entry.item.id, ())]
        made = [one for one, _ in found], np.array([score for _, score in found], dtype=np.float32)
        if self.again is not None:
            self._made[key] = made
        return made

    def found(self, instance: Instance) -> dict[str, dict[str, int]]:
        """For each item of the corpus that sources found, at which rank which source did."""
        candidates = self.recommender.candidates(
            self._annotated(instance), exclude=self._gone(instance), soft=True
        )
        return {
            corpus_id: {
                name: int(rank) for name, rank in zip(candidates.source_names, ranks, strict=True) if rank
            }
            for item, ranks in zip(candidates.items, candidates.ranks, strict=True)
            for corpus_id in self._corpus_ids.get(item.id, ())
        }

    def read_ahead(self, instances: Iterable[Instance]) -> None:
        """Embed the texts of instances that come next all at once: much faster than one by one."""
        if not self.read_titles:
            self.recommender.read_ahead(self._annotated(instance) for instance in instances)

    def _gone(self, instance: Instance) -> set[str]:
        """Catalogue ids of what the recommender must not rank: what was named before, unless repeats count."""
        if not instance.dedup and self.again is None:
            return set()
        return {self.catalog_id_of[item] for item in instance.named if item in self.catalog_id_of}

    def _annotated(self, instance: Instance) -> Dialogue:
        given = as_dialogue(instance.context, self.title_of, self.catalog_id_of.get)
        return given if given.messages else Dialogue((Message("user", "Hello."),))


def source_report(
    rank: RecommenderRank, instances: Iterable[Instance], progress: Progress | None = None
) -> dict[str, dict[str, float]]:
    """What each source finds of the gold items, alone and beside the others.

    Args:
        rank: The recommender.
        instances: What to find.
        progress: Told (done, of).

    Returns:
        For every source `recall@10` and `recall@50` in its own order, `found`, the share of gold mentions among
        what it gives to the ranker, and `unique`, the share that no other source finds; for "all" together, `found`.
    """
    todo = list(instances)
    names = rank.recommender.retriever.source_names
    counts = {name: np.zeros(4) for name in names}
    total = together = 0
    for done, instance in enumerate(_in_order(rank, todo), 1):
        found = rank.found(instance)
        for item in instance.gold:
            total += 1
            by = found.get(item, {})
            for name, place in by.items():
                counts[name] += (place <= 10, place <= 50, 1, len(by) == 1)
            together += bool(by)
        if progress is not None:
            progress(done, len(todo))
    labels = ("recall@10", "recall@50", "found", "unique")
    shares = {
        name: {label: _short(count / max(total, 1)) for label, count in zip(labels, row, strict=True)}
        for name, row in counts.items()
    }
    return {**shares, "all": {"found": _short(together / max(total, 1))}}


_AHEAD = 64  # instances whose texts are embedded at once


def _in_order(rank: Rank, instances: Sequence[Instance]) -> Iterator[Instance]:
    """The instances; a system that can read ahead is told of those that come next."""
    ahead = getattr(rank, "read_ahead", None)
    for place, instance in enumerate(instances):
        if ahead is not None and place % _AHEAD == 0:
            ahead(instances[place : place + _AHEAD])
        yield instance


def _words(instance: Instance, title_of: Callable[[str], str]) -> list[dict[str, str]]:
    """The context as chat messages up to the user's last one."""
    turns = [(turn.role, turn.render(title_of).strip()) for turn in instance.context]
    turns = [(role, text) for role, text in turns if text]
    while turns and turns[-1][0] != "user":
        turns.pop()
    messages = [{"role": str(role), "content": text} for role, text in turns]
    return messages or [{"role": "user", "content": "Hello."}]


def _recommender(setting: Setting) -> Rank:
    from wherefore.evaluation.remembering import RememberingRecommender, RememberingRetriever
    from wherefore.training.tasks import link_items

    recommender = RememberingRecommender.from_pretrained(setting.checkpoint, settings=setting.settings)
    index = recommender.retriever.index
    index.embedder = setting.keeping(index.embedder)
    if setting.found is not None:  # seeds often share what they retrieve with: it is searched once for all
        same = setting.found.setdefault(_searching(setting.checkpoint), {})
        recommender.retriever = RememberingRetriever(recommender.retriever, same)
    facts = setting.corpus.items()
    named = () if facts else recommender.catalog.ids  # a corpus without facts uses the catalogue's ids
    links = link_items(recommender.catalog, setting.corpus.name, facts, named)
    if not links:
        raise ValueError(
            f"no item of corpus {setting.corpus.name!r} is in the catalogue of {setting.checkpoint!r}; "
            "train on this corpus, or give its ids in a field named "
            f"`{setting.corpus.name}_ids` of the catalogue"
        )
    depth = max(recommender.config.retrieval.k, 100)  # as many candidates as it was trained to rank
    again = NamedAgain(setting.dialogues()) if setting.training else None
    return RecommenderRank(recommender, setting.title_of(), links, depth, setting.read_titles, again)


def _searching(checkpoint: str) -> str:
    """A hash of all that decides what a checkpoint retrieves."""
    from wherefore.checkpoint import check_files, checkpoint_dir

    folder = checkpoint_dir(checkpoint)
    manifest = check_files(folder)
    config = Config.load(folder / "config.yaml")
    parts = [manifest["catalog"], manifest["embedder"], config.retrieval.model_dump_json()]
    parts += [
        f"{n} {f['sha256']}" for n, f in manifest["files"].items() if n.startswith(("index/", "sources/"))
    ]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


SYSTEMS: dict[str, Callable[[Setting], Rank]] = {**BASELINES, "recommender": _recommender}
PRINTED = {"recommender": "wherefore"}  # names in tables that differ


# -- a run ------------------------------------------------------------------------------------------------


def evaluate_corpus(
    systems: Sequence[str],
    corpus: str,
    path: str | Path,
    split: str = "test",
    *,
    protocols: Sequence[str] = ("dedup",),
    checkpoints: Sequence[str] = ("starter",),
    read_titles: bool = False,
    sequences: bool = False,
    cold: Collection[str] = (),
    predictions: str | Path | None = None,
    save_predictions: str | Path | None = None,
    cache: str | Path | None = None,
    searches: dict[str, dict[Any, Any]] | None = None,
    settings: Sequence[str] = (),
    limit: int | None = None,
    resamples: int = 1000,
    seed: int = 0,
    command: str = "",
    progress: Progress | None = None,
) -> list[Report]:
    """Evaluate systems on a split of a corpus: what `wherefore evaluate` and scripts/evaluate.py call.

    Args:
        systems: Keys of `SYSTEMS`, `package.module:Name` of your own, or one name to print beside
            `predictions`.
        corpus: A key of `CORPORA`.
        path: The corpus' folder.
        split: What to predict; systems learn from "train", and from "valid" too when this is "test".
        protocols: "dedup", "repeats" or both.
        checkpoints: Of the recommender, one per seed.
        read_titles: The recommender finds titles in the words, instead of being told the mentions.
        sequences: Learn mentions also from dialogues whose words are not known, where the corpus has such.
        cold: Ids of items that the recommender was not trained with, for a slice of their own.
        predictions: A file of rankings to score instead of running a system.
        save_predictions: Folder to write each system's rankings to, as JSON lines. Those that the same code made
            of the same checkpoint and data are used again, so a long run that was stopped goes on.
        cache: Folder for vectors that take minutes to make; None: none.
        searches: What recommenders found is kept here, for a caller that asks the same again (`Setting.found`).
        settings: In which the recommender differs from its checkpoints, as in `Recommender.from_pretrained`.
        limit: Only the first so many instances, for a quick look.
        resamples: Bootstrap samples.
        seed: Of the bootstrap.
        command: The command line, for the report.
        progress: Told (done, of).

    Returns:
        One report per system and protocol, in the order given; seeds are combined.

    Raises:
        ValueError: If a name is unknown or nothing is to evaluate.
        FileNotFoundError: If the corpus, a checkpoint or the predictions are not there.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"`limit` is {limit}; it must be at least 1, or None for all instances")
    _check_names("system", systems)
    _check_names("protocol", protocols, PROTOCOLS)
    _check_names("checkpoint", [str(one) for one in checkpoints])
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}; known: {', '.join(SPLITS)}")
    if predictions is not None and len(systems) > 1:
        raise ValueError(
            f"{len(systems)} systems are named beside one file of predictions; give the one name to print"
        )
    builders = [None if predictions is not None else resolve(name, SYSTEMS, "system") for name in systems]
    make = resolve(corpus, CORPORA, "corpus")
    data: Corpus = make(path, split)
    before = {"train": ("train",), "valid": ("train",), "test": ("train", "valid")}[split]
    training = tuple(
        _with_sequences(make, corpus, path, part) if sequences else make(path, part) for part in before
    )
    mentions = count_mentions(dialogue for part in training for dialogue in part)
    todo = {protocol: list(data.instances(protocol == "dedup"))[:limit] for protocol in protocols}
    if not all(todo.values()):
        raise ValueError(
            f"there is nothing to evaluate: no turn of the {split} dialogues in {path} recommends an item; "
            f"give a corpus that has assistant turns with items whose split is {split!r}"
        )
    files = dict.fromkeys(file for part in (data, *training) for file in part.files)
    origin = provenance(command, seed, files) | {"corpus": corpus, "split": split, "limit": limit}
    if searches is None and len(checkpoints) > 1:
        searches = {}
    reports: list[Report] = []
    for name, build in zip(systems, builders, strict=True):
        runs: dict[str, list[Report]] = {protocol: [] for protocol in protocols}
        for checkpoint in checkpoints if name == "recommender" and build is not None else ("",):
            setting = Setting(
                data,
                training,
                str(checkpoint),
                read_titles,
                None if cache is None else Path(cache),
                progress,
                searches,
                tuple(settings),
            )
            if build is not None:
                rank = build(setting)
            else:
                assert predictions is not None
                rank = read_predictions(predictions, data, _items(data, mentions))
            for protocol in protocols:
                used = rank
                if save_predictions is not None:
                    number = f"-{len(runs[protocol])}" if len(checkpoints) > 1 and checkpoint else ""
                    plain = "".join(c if c.isalnum() or c in "-_" else "-" for c in PRINTED.get(name, name))
                    file = Path(save_predictions) / f"{plain}-{protocol}{number}.jsonl"
                    told = origin | {"protocol": protocol, "settings": list(settings) if checkpoint else []}
                    key = _ranking_key(name, str(checkpoint), told, read_titles, sequences)
                    mark = file.with_suffix(".key")
                    if not (file.is_file() and mark.is_file() and mark.read_text(encoding="utf-8") == key):
                        mark.unlink(missing_ok=True)
                        write_predictions(rank, todo[protocol], file, progress)
                        mark.write_text(key, encoding="utf-8")
                    used = read_predictions(file)
                report = evaluate(
                    used,
                    todo[protocol],
                    PRINTED.get(name, name) if build is not None else name,
                    resamples,
                    seed,
                    progress,
                    origin,
                    mentions=mentions,
                    cold=cold,
                    complete=build is not None and (name in COMPLETE or name == "recommender"),
                    trained=_trained(checkpoint) if checkpoint else None,
                )
                runs[protocol].append(report)
        reports += [combine(runs[protocol], resamples, seed) for protocol in protocols]
    return reports


def _ranking_key(
    name: str, checkpoint: str, origin: Mapping[str, Any], read_titles: bool, sequences: bool
) -> str:
    """A hash of all that decides a system's rankings: code, weights, data and options."""
    from wherefore.checkpoint import checkpoint_dir

    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    manifest = checkpoint_dir(checkpoint) / "manifest.json" if checkpoint else None
    if manifest is not None and manifest.is_file():
        digest.update(manifest.read_bytes())
    told = [origin[part] for part in ("corpus", "split", "limit", "data_sha256", "protocol", "settings")]
    digest.update(json.dumps([name, read_titles, sequences, *told]).encode())
    return digest.hexdigest()


def _check_names(what: str, names: Sequence[str], known: Collection[str] = ()) -> None:
    if isinstance(names, str):
        raise ValueError(f"`{what}s` is the text {names!r}; give a list: [{names!r}]")
    if not names:
        raise ValueError(f"no {what} is given; give at least one")
    for name, times in Counter(names).items():
        if times > 1:
            raise ValueError(f"{what} {name!r} is given {times} times; give each once")
        if known and name not in known:
            raise ValueError(f"unknown {what} {name!r}; known: {', '.join(known)}")


def _with_sequences(make: Callable[..., Corpus], corpus: str, path: str | Path, split: str) -> Corpus:
    try:
        return make(path, split, sequences=True)
    except TypeError as error:
        raise ValueError(
            f"corpus {corpus!r} has no dialogues of which only the mentions are known; leave `sequences` out"
        ) from error


def _items(data: Corpus, mentions: Iterable[str]) -> set[str] | None:
    """Ids of all items of a corpus; None where it has no list of them."""
    facts = data.items()
    return {*facts, *mentions, *count_mentions(data)} if facts else None


def _trained(checkpoint: str) -> int | None:
    """The seed of a checkpoint's training; None where its folder does not say."""
    from wherefore.checkpoint import checkpoint_dir

    file = checkpoint_dir(checkpoint) / "config.yaml"
    return Config.load(file).seed if file.is_file() else None


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
