"""How well a system ranks: recall per gold mention on the turns in which people recommended something.

An instance is a recommender's turn that names an item and has a turn before it. *Dedup* (the headline):
gold is what neither speaker named earlier, turns left without gold are dropped, and items named earlier
are taken out of the ranking. *Repeats*: every item of the turn is gold and nothing is taken out; the recommender, which
never lists what was named, then merges that in by how often people name things again (`repeating.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from wherefore.corpora.base import Instance
from wherefore.errors import ConfigError, CorpusError, TrainingError
from wherefore.evaluation.metrics import (
    METRICS,
    PLACES,
    SLICE_DEPTHS,
    SLICES,
    Interval,
    counts_of,
    intervals,
    place_of,
    popularity_bands,
    ranks_of,
    slices_of,
)
from wherefore.evaluation.system import Rank, in_order, ranking_of
from wherefore.progress import Progress

PROTOCOLS = ("dedup", "repeats")


def rounded(value: float) -> float:
    """A figure with the six places that files hold."""
    return round(float(value), 6)


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
                place: {"count": rounded(count), "share": rounded(count / self.gold_mentions)}
                for place, count in self.errors.items()
            }
        return {
            **{name: rounded(figure.value) for name, figure in self.metrics.items()},
            "intervals": {
                name: [rounded(figure.low), rounded(figure.high)] for name, figure in self.metrics.items()
            },
            "sd": None if self.sd is None else {name: rounded(value) for name, value in self.sd.items()},
            "slices": {
                group: {
                    name: {"count": part.count}
                    | {
                        metric: None if value is None else rounded(value)
                        for metric, value in part.recall.items()
                    }
                    for name, part in parts.items()
                }
                for group, parts in self.slices.items()
            },
            "errors": errors,
            "per_seed": [
                {name: rounded(value) if isinstance(value, float) else value for name, value in run.items()}
                for run in self.per_seed
            ],
            "dialogues": self.dialogues,
            "instances": self.instances,
            "gold_mentions": self.gold_mentions,
            "unranked": rounded(self.unranked),
        }

    @classmethod
    def from_json(cls, system: str, protocol: str, told: Mapping[str, Any]) -> Self:
        """What `to_json` gave, as far as it goes: a mean over seeds stays one, counts by dialogue are not kept.

        Raises:
            TrainingError: If the protocol is not known or something is missing.
        """
        check_names("protocol", [protocol], PROTOCOLS)
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
            raise TrainingError(
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
        TrainingError: If there are no instances, both protocols are mixed, or a ranking repeats an item.
    """
    if resamples < 1:
        raise ConfigError(f"`resamples` is {resamples}; it must be at least 1")
    if isinstance(cold, str):
        raise ConfigError(f"`cold` is the text {cold!r}; give a set of item ids")
    todo = list(instances)
    if not todo:
        raise CorpusError("there is nothing to evaluate: no turn of these dialogues recommends an item")
    if len({instance.dedup for instance in todo}) > 1:
        raise TrainingError("instances with and without repeats are mixed; evaluate one protocol at a time")
    tally = _Tally(None if mentions is None else popularity_bands(mentions), frozenset(cold))
    for done, instance in enumerate(in_order(rank, todo), 1):
        tally.add(instance, ranking_of(rank, instance))
        if progress is not None:
            progress(done, len(todo))
    metrics = intervals(tally.sums, resamples, seed)
    return Report(
        system=system,
        dedup=todo[0].dedup,
        dialogues=len(tally.sums),
        instances=len(todo),
        gold_mentions=round(sum(row[0] for row in tally.sums.values())),
        unranked=tally.unranked,
        metrics=metrics,
        slices=tally.slices(),
        errors=tally.places if complete else None,
        per_seed=({"seed": trained} | {name: figure.value for name, figure in metrics.items()},),
        provenance=dict(provenance or {}),
        counts=tally.sums,
    )


class _Tally:
    """What is counted of rankings, one instance after the other.

    Args:
        bands: Items with a training mention to head, middle or tail; None: no slices by item.
        cold: Items that the system was not trained with; empty: no slices by that.
    """

    def __init__(self, bands: Mapping[str, str] | None, cold: Collection[str]) -> None:
        self._bands = bands
        self._cold = cold
        self.sums: dict[tuple[str, str], np.ndarray] = {}  # (2 + metrics,) by data set and dialogue
        self.places = dict.fromkeys(PLACES, 0.0)
        self.unranked = 0
        self._parts = {
            (group, name): np.zeros(1 + len(SLICE_DEPTHS))
            for group, names in SLICES.items()
            for name in names
            if not (group == "item" and bands is None) and not (group == "cold" and not cold)
        }

    def add(self, instance: Instance, ranked: Sequence[str]) -> None:
        """Count one ranking."""
        self.unranked += not ranked
        key = (instance.dialogue.dataset, instance.dialogue.id)
        ranks = ranks_of(ranked, instance.gold)
        self.sums[key] = self.sums.get(key, 0.0) + counts_of(ranks)
        of_turn = slices_of(instance)
        for item, at in zip(instance.gold, ranks, strict=True):
            within = of_turn | ({} if self._bands is None else {"item": self._bands.get(item, "unseen")})
            within |= {"cold": "cold" if item in self._cold else "other"} if self._cold else {}
            for part in within.items():
                self._parts[part] += (1, *(at <= k for k in SLICE_DEPTHS))
            self.places[place_of(at)] += 1

    def slices(self) -> dict[str, dict[str, Slice]]:
        """The slices, by group and name."""
        found: dict[str, dict[str, Slice]] = {}
        for (group, name), (count, *hits) in self._parts.items():
            found.setdefault(group, {})[name] = Slice(round(count), tuple(map(float, hits)))
        return found


def combine(reports: Sequence[Report], resamples: int = 1000, seed: int = 0) -> Report:
    """Runs of one system that differ in their seed, as one report.

    Every figure is the mean over seeds, `sd` their standard deviation (with n - 1). Intervals: bootstrap over
    dialogues of the counts averaged over seeds.

    Args:
        reports: Of one system, one protocol and the same instances.
        resamples: Bootstrap samples.
        seed: Of the bootstrap.

    Raises:
        TrainingError: If there are no reports or they do not go together.
    """
    if not reports:
        raise ConfigError("there are no reports to combine; give one per seed")
    if resamples < 1:
        raise ConfigError(f"`resamples` is {resamples}; it must be at least 1")
    first = reports[0]
    for report in reports:
        _check_together(first, report)
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
        metrics=intervals(counts, resamples, seed),
        slices=slices,
        errors={place: sum(one[place] for one in located) / n for place in PLACES} if located else None,
        sd={name: float(np.std(over, ddof=1)) for name, over in values.items()},
        per_seed=tuple(run for report in reports for run in report.per_seed),
        counts=counts,
    )


def _check_together(first: Report, report: Report) -> None:
    """Refuse to combine runs that were not measured alike."""
    if (report.system, report.dedup) != (first.system, first.dedup):
        raise TrainingError(
            f"{report.system} ({report.protocol}) cannot be combined with {first.system} ({first.protocol}); "
            "give runs of one system under one protocol"
        )
    same = report.counts.keys() == first.counts.keys() and all(
        np.array_equal(report.counts[key][:2], counts[:2]) for key, counts in first.counts.items()
    )
    if not same or _sizes(report) != _sizes(first):
        raise TrainingError(
            f"the runs of {first.system} were not measured on the same instances "
            f"({first.instances} with {first.gold_mentions} gold mentions, {report.instances} with "
            f"{report.gold_mentions}) and slices; evaluate them with the same options"
        )
    if (report.errors is None) != (first.errors is None):
        raise TrainingError(
            f"only some runs of {first.system} rank completely; evaluate all with the same `complete`"
        )


def _sizes(report: Report) -> dict[tuple[str, str], int]:
    """Gold mentions in each slice."""
    return {
        (group, name): part.count for group, parts in report.slices.items() for name, part in parts.items()
    }


def check_names(what: str, names: Sequence[str], known: Collection[str] = ()) -> None:
    """Refuse a text in place of a list, no name, a name given twice, and an unknown one.

    Raises:
        ConfigError: For each of these.
    """
    if isinstance(names, str):
        raise ConfigError(f"`{what}s` is the text {names!r}; give a list: [{names!r}]")
    if not names:
        raise ConfigError(f"no {what} is given; give at least one")
    for name, times in Counter(names).items():
        if times > 1:
            raise ConfigError(f"{what} {name!r} is given {times} times; give each once")
        if known and name not in known:
            raise ConfigError(f"unknown {what} {name!r}; known: {', '.join(known)}")
