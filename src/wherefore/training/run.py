"""The folder of a run."""

from __future__ import annotations

import json
from pathlib import Path

from wherefore.files import write_aside
from wherefore.training.trainer import _AT


def plot_losses(log: Path, picture: Path) -> None:
    """Draw each loss of a JSONL log against the steps."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    entries = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    names = sorted(
        {name for entry in entries for name in entry}
        - {"stage", "step", "lr", "seconds", "tokens_per_s", "loss"}
        - {f"recall@{_AT}", "best_step"}
    )
    figure = Figure(figsize=(9, 5))
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name in names:
        points = [(entry["step"], entry[name]) for entry in entries if name in entry]
        axes.plot(*zip(*points, strict=True), label=name, linewidth=1)
    stages = [entry["stage"] for entry in entries]
    for place in range(1, len(entries)):
        if stages[place] != stages[place - 1]:
            axes.axvline(entries[place]["step"], color="grey", linestyle=":", linewidth=1)
    axes.set(xlabel="step", ylabel="loss", ylim=(0, None))
    axes.legend(fontsize="small")
    figure.tight_layout()
    with write_aside(picture) as aside:
        figure.savefig(aside, dpi=120, format="png")
