"""Figures as Markdown tables, as JSON and as a picture."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wherefore.errors import TrainingError
from wherefore.evaluation.evaluate import Report
from wherefore.evaluation.metrics import METRICS, PLACES, SLICE_DEPTHS, SLICES
from wherefore.files import write_aside

OURS = "wherefore"  # drawn in its own colour, and the system whose seeds are listed


def markdown(reports: Sequence[Report]) -> str:
    """A table of systems and metrics, one of slices, and one of where gold items stand.

    Args:
        reports: One per line of the first table.

    Raises:
        TrainingError: If there are no reports.
    """
    _check(reports)
    tables = [_metrics_table(reports), _slices_table(reports)]
    if any(report.errors is not None for report in reports):
        tables.append(_errors_table(reports))
    return "\n".join(tables)


def results(reports: Sequence[Report]) -> dict[str, Any]:
    """A whole result as plain values.

    `systems` holds each system's figures by protocol. The numbers of instances, gold mentions and dialogues
    at the top are those of dedup where it was measured; every protocol also has its own.

    Raises:
        TrainingError: If there are no reports, a system occurs twice under one protocol, or reports come from
            different runs.
    """
    _check(reports)
    first = next((report for report in reports if report.dedup), reports[0])
    systems: dict[str, dict[str, Any]] = {}
    for report in reports:
        if report.provenance != first.provenance:
            raise TrainingError(
                f"{report.system} and {first.system} come from different runs (command, commit or data differ); "
                "evaluate them in one run, or save each by itself"
            )
        here = systems.setdefault(report.system, {})
        if report.protocol in here:
            raise TrainingError(
                f"{report.system} has two reports of {report.protocol}; combine its seeds, or rename one"
            )
        here[report.protocol] = report.to_json()
    runs = [run for report in reports if report.system == OURS for run in report.per_seed]
    origin = dict(first.provenance)
    return {
        "systems": systems,
        "corpus": origin.pop("corpus", None),
        "split": origin.pop("split", None),
        "instances": first.instances,
        "gold_mentions": first.gold_mentions,
        "dialogues": first.dialogues,
        "seeds": list(dict.fromkeys(run["seed"] for run in runs if run["seed"] is not None)),
        "bootstrap_seed": origin.pop("seed", None),
        "command": origin.pop("command", ""),
        "commit": origin.pop("commit", "unknown"),
        "hardware": origin.pop("hardware", "unknown"),
        "data_sha256": origin.pop("data_sha256", None),
        **origin,
    }


def save_results(path: str | Path, reports: Sequence[Report]) -> None:
    """Write `results` as JSON; what was there stays whole if writing fails."""
    text = json.dumps(results(reports), indent=1, ensure_ascii=False)
    with write_aside(path) as aside:
        aside.write_text(text + "\n", encoding="utf-8")


def save_markdown(path: str | Path, reports: Sequence[Report]) -> None:
    """Write the tables of `markdown`."""
    text = markdown(reports)
    with write_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")


def plot(path: str | Path, reports: Sequence[Report]) -> None:
    """Draw recall@1, @10 and @50 of each system as bars with 95 % intervals, as PNG.

    Of two protocols, dedup is drawn. The best at recall@10 stands on top.

    Raises:
        TrainingError: If there are no reports.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    _check(reports)
    first = next((report for report in reports if report.dedup), reports[0])
    drawn = [report for report in reports if report.dedup == first.dedup]
    drawn.sort(key=lambda report: report.metrics["recall@10"].value)
    figure = Figure(figsize=(9, 1.2 + 0.4 * len(drawn)))
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(SLICE_DEPTHS), sharey=True)
    for axes, k in zip(panels, SLICE_DEPTHS, strict=True):
        figures = [report.metrics[f"recall@{k}"] for report in drawn]
        values = [one.value for one in figures]
        whiskers = [
            [max(0.0, one.value - one.low) for one in figures],
            [max(0.0, one.high - one.value) for one in figures],
        ]
        colours = ["#c2410c" if report.system == OURS else "#94a3b8" for report in drawn]
        axes.barh(range(len(drawn)), values, xerr=whiskers, color=colours, ecolor="#334155", capsize=3)
        right = max([one.high for one in figures] + [1e-3])
        for row, one in enumerate(figures):
            axes.text(one.high + 0.03 * right, row, f"{one.value:.3f}", va="center", fontsize=8)
        axes.set(title=f"recall@{k}", xlim=(0, 1.3 * right))
        axes.tick_params(axis="x", labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_yticks(range(len(drawn)), [report.system for report in drawn])
    corpus = " ".join(str(first.provenance[key]) for key in ("corpus", "split") if key in first.provenance)
    told = f"{first.protocol}, {first.gold_mentions:,} gold mentions, 95 % intervals"
    figure.suptitle(f"{corpus}: {told}" if corpus else told, fontsize=10)
    figure.tight_layout()
    with write_aside(path) as aside:
        figure.savefig(aside, dpi=120, format="png")


def _metrics_table(reports: Sequence[Report]) -> str:
    names = {"recall": "R", "ndcg": "NDCG", "mrr": "MRR"}

    def head(metric: str) -> str:
        name, at, k = metric.partition("@")
        return names[name] + at + k

    rows = []
    for report in reports:
        cells = []
        for metric in METRICS:
            figure = report.metrics[metric]
            spread = "" if report.sd is None else f" ± {report.sd[metric]:.3f}"
            cells.append(f"{figure.value:.3f}{spread} ({figure.low:.3f}–{figure.high:.3f})")
        rows.append([report.system, report.protocol, *cells, f"{report.gold_mentions:,}"])
    table = _table(["system", "protocol", *map(head, METRICS), "gold mentions"], rows)
    if any(report.sd is not None for report in reports):
        table += "\n± is the standard deviation over seeds; in brackets the 95 % interval over dialogues.\n"
    return table


def _slices_table(reports: Sequence[Report]) -> str:
    rows = []
    for report in reports:
        for group in (group for group in SLICES if group in report.slices):
            for name, part in report.slices[group].items():
                cells = ["–" if value is None else f"{value:.3f}" for value in part.recall.values()]
                rows.append([report.system, report.protocol, group, name, *cells, f"{part.count:,}"])
    heads = ["system", "protocol", "by", "slice", *(f"R@{k}" for k in SLICE_DEPTHS), "gold mentions"]
    return _table(heads, rows)


def _errors_table(reports: Sequence[Report]) -> str:
    rows = []
    for report in reports:
        if report.errors is not None:
            cells = [
                f"{report.errors[place]:,.0f} ({report.errors[place] / report.gold_mentions:.1%})"
                for place in PLACES
            ]
            rows.append([report.system, report.protocol, *cells])
    return _table(["system", "protocol", *PLACES], rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _check(reports: Sequence[Report]) -> None:
    if isinstance(reports, Report | Mapping):
        raise TrainingError(f"`reports` is a single {type(reports).__name__}; give a list of reports")
    if not reports:
        raise TrainingError("there are no reports to show; evaluate at least one system")
