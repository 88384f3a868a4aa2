"""Sequences without a conversation, measured: popularity, frozen vectors with a curve over their width, trained towers.

Protocol: of each user the last item is the test, the one before it validation, the rest training; all items are ranked,
without those of the history (with them, where users of the training part take items again); items of equal score stand
in any order, equally likely.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from wherefore.config import Component
from wherefore.corpora.sequences import Histories
from wherefore.errors import ConfigError
from wherefore.evaluation.provenance import save_figures
from wherefore.files import write_aside
from wherefore.progress import Progress
from wherefore.retrieval.embedders import Embedder
from wherefore.retrieval.embedding_cache import CachedEmbedder
from wherefore.retrieval.index import Index
from wherefore.retrieval.item_signals import ItemSignals, Vocabulary
from wherefore.retrieval.sequence import SequenceTower
from wherefore.retrieval.zero_shot import ZeroShotWay, directions, profile, project
from wherefore.training.sequence_metrics import NAMES, Asked, Leave, Scorer, figures, measured, placed
from wherefore.training.sequences import Progressed, SequenceTraining, Show, train_tower

DECAYS = (0.0, 0.5, 0.7, 0.85, 1.0)  # the last item alone, three in between, the mean of all
_WIDTHS = (8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
CURVE_USERS = 4000  # of validation, that a point of the curve is measured with
_CHOSEN_BY = "ndcg@10"


@dataclass(frozen=True)
class Task:
    """A data set ready to be foretold."""

    name: str
    index: Index
    leave: Leave

    @classmethod
    def of(
        cls,
        histories: Histories,
        embedder: Embedder,
        cache: Path | None = None,
        progress: Progress | None = None,
    ) -> Task:
        """Embed the items; `cache` is a file that keeps their vectors."""
        if cache is not None:
            embedder = CachedEmbedder(embedder, cache, piece=64)
        store = Component(name="faiss", factory="Flat")
        return cls.on(histories, Index.build(histories.catalog, embedder, store, progress=progress))

    @classmethod
    def on(cls, histories: Histories, index: Index) -> Task:
        """With an index that is there."""
        rows = [index.rows(one) for one in histories.sequences]
        return cls(histories.name, index, Leave.one_out(rows, len(index)))

    @property
    def texts(self) -> ItemSignals:
        """The items as far as their texts tell them apart."""
        return ItemSignals.of(self.index, Vocabulary.of(self.index, ("text",), {}))

    def measured(self, score: Scorer, group: np.ndarray, sizes: np.ndarray) -> dict[str, float | int]:
        """The test's figures, as the module says."""
        leave = self.leave
        return dict(measured(score, leave.test, group, sizes, leave.again, leave.seen))

    def about(self) -> dict[str, Any]:
        """What it holds, in numbers."""
        leave = self.leave
        return {
            "items": len(self.index),
            "different_texts": len(self.texts.sizes),
            "users": len(leave.train),
            "train_events": int(sum(map(len, leave.train))),
            "test_users": len(leave.test.gold),
            "cold_test_users": int((~leave.seen[leave.test.gold]).sum()),
            "history_can_come_again": leave.again,
        }


# -- nothing trained ---------------------------------------------------------------------------------------


def popularity(task: Task) -> dict[str, Any]:
    """What the training part holds most often."""
    counts = np.bincount(np.concatenate(task.leave.train), minlength=len(task.index)).astype(np.float32)
    group, sizes = np.arange(len(counts)), np.ones(len(counts), dtype=np.int64)
    return task.measured(lambda histories: np.tile(counts, (len(histories), 1)), group, sizes)


@dataclass(frozen=True)
class Point:
    """How well a way of making a history's vector foretells, on validation."""

    way: ZeroShotWay
    figures: Mapping[str, float]


def curve(
    index: Index,
    asked: Asked,
    again: bool,
    widths: Sequence[int] = _WIDTHS,
    users: int = CURVE_USERS,
    progress: Progress | None = None,
    seed: int = 0,
) -> list[Point]:
    """Every width, plain and whitened, with every decay, on so many users of validation."""
    signals = ItemSignals.of(index, Vocabulary.of(index, ("text",), {}))
    asked = asked.few(users, seed)
    dims = [*(one for one in widths if one < min(index.dim, len(index))), index.dim]
    made: list[Point] = []
    for whiten in (False, True):
        widest = directions(index.vectors, ZeroShotWay(index.dim, whiten))
        for dim in dims:
            vectors = project(signals.text, widest[0], widest[1][:, :dim])
            for decay in DECAYS:
                way = ZeroShotWay(dim, whiten, decay)
                score = _by_profile(vectors, signals, way)
                found = figures(*placed(score, asked, signals.group, signals.sizes, again))
                made.append(Point(way, found))
            if progress is not None:
                progress(len(made), 2 * len(dims) * len(DECAYS))
    return made


def best(points: Sequence[Point]) -> Point:
    """The point with the highest NDCG@10; of equal ones, the narrowest."""
    return max(points, key=lambda one: (one.figures[_CHOSEN_BY], -(one.way.dim or 0)))


def zero_shot(task: Task, progress: Progress | None = None) -> dict[str, dict[str, Any]]:
    """On the test: the way that the curve on validation chooses, and mean and last of untouched vectors, by name."""
    points = curve(task.index, task.leave.valid, task.leave.again, progress=progress)
    signals, chosen = task.texts, best(points).way
    made: dict[str, dict[str, Any]] = {}
    for name, way in (
        ("zero-shot", chosen),
        ("zero-shot mean", ZeroShotWay(decay=1.0)),
        ("zero-shot last", ZeroShotWay(decay=0.0)),
    ):
        mean, kept = directions(task.index.vectors, replace(way, dim=way.dim or task.index.dim))
        score = _by_profile(project(signals.text, mean, kept), signals, way)
        made[name] = {"way": way.told, **task.measured(score, signals.group, signals.sizes)}
    made["zero-shot"]["curve"] = [{**asdict(one.way), **rounded(one.figures)} for one in points]
    return made


def _by_profile(vectors: np.ndarray, signals: ItemSignals, way: ZeroShotWay) -> Scorer:
    """Cosines of the g different items' vectors with those of histories."""

    def score(histories: Sequence[np.ndarray]) -> np.ndarray:
        made: np.ndarray = (
            np.stack([profile(vectors, signals.group[one], way) for one in histories]) @ vectors.T
        )
        return made

    return score


def curve_table(points: Sequence[Point]) -> str:
    """The curve as text: a line for each width, NDCG@10 and recall@10 of the best decay, plain and whitened."""
    chosen = best(points)
    heads = [f"{'PCA':<36}", f"{'PCA, whitened':<36}"]
    named = f"{'NDCG@10':>8} {'R@10':>8}  {'history as':<17}"
    lines = [f"{'':>10}  {'  '.join(heads)}", f"{'dimensions':>10}  {named}  {named}"]
    for dim in dict.fromkeys(one.way.dim for one in points):
        cells = []
        for whiten in (False, True):
            top = best([one for one in points if one.way.dim == dim and one.way.whiten == whiten])
            mark = "*" if top is chosen else " "
            cells.append(
                f"{top.figures['ndcg@10']:8.4f} {top.figures['recall@10']:8.4f}{mark} {top.way.history:<17}"
            )
        lines.append(f"{dim:>10}  {'  '.join(cells)}")
    return "\n".join(line.rstrip() for line in lines)


def plot_curve(points: Sequence[Point], file: Path, title: str) -> None:
    """The curve as a picture, PNG: NDCG@10 by width, the best decay of each, plain and whitened."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4))
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for whiten, label, colour in ((False, "PCA", "#2563eb"), (True, "PCA, whitened", "#c2410c")):
        dims = sorted({one.way.dim or 0 for one in points})
        tops = [best([p for p in points if p.way.dim == dim and p.way.whiten == whiten]) for dim in dims]
        axes.plot(dims, [one.figures[_CHOSEN_BY] for one in tops], "o-", label=label, color=colour)
    axes.set(xlabel="dimensions kept", ylabel="NDCG@10 on validation", title=title)
    axes.set_xscale("log", base=2)
    axes.set_xticks(dims, [str(one) for one in dims], fontsize=7)
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.tight_layout()
    with write_aside(file) as aside:
        figure.savefig(aside, dpi=120, format="png")


# -- trained -----------------------------------------------------------------------------------------------


def trained(
    task: Task,
    how: SequenceTraining,
    folder: Path | None,
    show: Show | None = None,
    until: int | None = None,
) -> tuple[SequenceTower, Progressed, dict[str, Any]]:
    """Train, and measure on the test with the weights that were best on validation."""
    leave = task.leave
    tower, done = train_tower(task.index, leave.train, leave.valid, how, folder, leave.again, show, until)
    signals = tower.signals
    found = task.measured(tower.of_groups, signals.group, signals.sizes)
    return (
        tower,
        done,
        {
            **found,
            "valid_ndcg@10": done.best,
            "best_epoch": done.best_epoch,
            "epochs": done.epoch,
            "seconds": round(sum(one["seconds"] for one in done.log)),
            "parameters": sum(one.numel() for one in tower.network.parameters()),
            "settings": how.to_json(),
        },
    )


def variant_of(how: SequenceTraining) -> str:
    """What a training is called in reports, by what it reads."""
    if how.signals == ("ids",):
        return "sasrec"
    return "+".join(how.signals)


# -- the report --------------------------------------------------------------------------------------------


def merge_run(
    file: Path,
    task: Task,
    variant: str,
    figures: Mapping[str, Any],
    provenance: Mapping[str, Any],
    seed: int | None,
) -> dict[str, Any]:
    """Put a run into a report beside those that are there, and renew the means over seeds.

    Args:
        file: JSON; made where it is missing.
        task: What was measured.
        variant: What of.
        figures: Of the run.
        provenance: Of the run.
        seed: Of a trained variant; None for one that is the same with every seed.

    Returns:
        The data set's part of the report.

    Raises:
        ConfigError: If the file is no report.
    """
    try:
        report = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        datasets = dict(report.get("datasets", {}))
        part = dict(datasets.get(task.name, {}))
        runs = {name: dict(one) for name, one in part.get("runs", {}).items()}
    except (ValueError, AttributeError) as error:
        raise ConfigError(f"{file} is no report of sequences ({error}); give another file") from error
    mine = runs.setdefault(variant, {})
    mine["all" if seed is None else str(seed)] = {**rounded(figures), "provenance": dict(provenance)}
    part = {"about": task.about(), "summary": _summary(runs), "runs": runs}
    datasets[task.name] = part
    save_figures(file, {"protocol": " ".join((__doc__ or "").split("\n\n")[1].split()), "datasets": datasets})
    return part


def _summary(runs: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Mean and standard deviation over seeds, by variant."""
    made = {}
    for variant, seeds in runs.items():
        told: dict[str, Any] = {"seeds": len(seeds)}
        for name in (*NAMES, *(f"cold_{one}" for one in NAMES)):
            values = [one[name] for one in seeds.values() if name in one]
            if values:
                told[name] = round(float(np.mean(values)), 5)
                if len(values) > 1:
                    told[f"{name}_sd"] = round(float(np.std(values, ddof=1)), 5)
        made[variant] = told
    return made


def summary_table(part: Mapping[str, Any]) -> str:
    """A data set's part of a report as text."""
    heads = ["variant", "seeds", *NAMES, "cold recall@10"]
    lines = ["  ".join(f"{head:>14}" for head in heads)]
    for variant, told in part["summary"].items():
        cells = [f"{told[name]:.4f}" if name in told else "-" for name in (*NAMES, "cold_recall@10")]
        lines.append("  ".join(f"{cell:>14}" for cell in (variant[-30:], str(told["seeds"]), *cells)))
    return "\n".join(lines)


def rounded(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Figures with five places; other values as they are."""
    return {
        name: round(value, 5) if isinstance(value, float) and math.isfinite(value) else value
        for name, value in figures.items()
    }
