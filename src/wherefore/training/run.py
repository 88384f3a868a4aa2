"""The folder of a run: weights and moments at its newest steps, a log, and a plot of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from wherefore.errors import TrainingError
from wherefore.files import write_aside

_KEPT = 2  # newest steps whose weights are kept
_NO_LOSSES = {"stage", "step", "lr", "seconds", "tokens_per_s", "loss", "best_step"}  # of a log's entries


@dataclass(frozen=True)
class Best:
    """The best step of a stage so far."""

    step: int
    recall: float
    since: int = 0  # measurements since then

    def after(self, step: int, recall: float) -> Best:
        """The best once another step was measured; of equals the later, which learned more of the other losses."""
        if recall < self.recall:
            return Best(self.step, self.recall, self.since + 1)
        return Best(step, recall, 0 if recall > self.recall else self.since + 1)


class Run:
    """What a training writes and resumes from.

    Args:
        folder: Made when it is not there.
        key: Of the config; a run of another key is not resumed.
    """

    def __init__(self, folder: Path, key: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.key = folder, key
        self._log = folder / "log.jsonl"

    def _step(self, step: int) -> Path:
        return self.folder / "steps" / f"{step:07d}"

    def _steps(self) -> list[Path]:
        return sorted((self.folder / "steps").glob("[0-9]*"))

    def _state(self, step: Path) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((step / "state.json").read_text(encoding="utf-8"))
        return state

    def has(self, step: int) -> bool:
        """Whether a step is kept."""
        return self._step(step).exists()

    def newest(self) -> int:
        """The newest step that is kept, 0 without any.

        Raises:
            TrainingError: If it was written with another config.
        """
        steps = [step for step in self._steps() if (step / "state.json").is_file()]
        if not steps:
            return 0
        state = self._state(steps[-1])
        if state["config"] != self.key:
            raise TrainingError(
                f"{self.folder} holds a run with another config (see {self.folder / 'config.yaml'}); "
                "give another --out, or delete that folder to start again"
            )
        return int(state["step"])

    def weights(self, step: int) -> dict[str, Tensor]:
        """The trained weights at a step."""
        return _tensors(self._step(step) / "weights.safetensors")

    def moments(self, step: int) -> dict[str, Tensor]:
        """The optimizer's moments at a step."""
        return _tensors(self._step(step) / "optimizer.safetensors")

    def best(self, step: int) -> Best | None:
        """The best step of the stage, as it was known at a step."""
        best = self._state(self._step(step)).get("best")
        return None if best is None else Best(**best)

    def save(
        self,
        step: int,
        stage: str,
        weights: dict[str, Tensor],
        moments: dict[str, Tensor],
        best: Best | None = None,
    ) -> None:
        """Write a step, and delete the older ones but for the best."""
        from safetensors.torch import save_file

        with write_aside(self._step(step)) as aside:
            aside.mkdir()
            save_file(weights, aside / "weights.safetensors")
            save_file(moments, aside / "optimizer.safetensors")
            kept = None if best is None else asdict(best)
            state = {"step": step, "stage": stage, "config": self.key, "best": kept}
            (aside / "state.json").write_text(json.dumps(state), encoding="utf-8")
        for old in self._steps()[:-_KEPT]:
            if best is None or old != self._step(best.step):
                shutil.rmtree(old, ignore_errors=True)

    def log(self, entry: Mapping[str, Any]) -> None:
        """Add a line to the log."""
        with self._log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def cut_log(self, step: int) -> None:
        """Drop what a killed run logged after its newest step: it runs again."""
        if not self._log.exists():
            return
        lines = self._log.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.endswith("}") and json.loads(line)["step"] <= step]
        with write_aside(self._log) as aside:
            aside.write_text("".join(line + "\n" for line in kept), encoding="utf-8")

    def plot(self) -> None:
        """Draw each loss of the log against the steps, if there is a log."""
        if not self._log.exists():
            return
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        entries = [json.loads(line) for line in self._log.read_text(encoding="utf-8").splitlines()]
        figure = Figure(figsize=(9, 5))
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        for name in sorted({name for entry in entries for name in entry} - _NO_LOSSES):
            if not name.startswith("recall@"):
                points = [(entry["step"], entry[name]) for entry in entries if name in entry]
                axes.plot(*zip(*points, strict=True), label=name, linewidth=1)
        for before, entry in zip(entries, entries[1:], strict=False):
            if entry["stage"] != before["stage"]:
                axes.axvline(entry["step"], color="grey", linestyle=":", linewidth=1)
        axes.set(xlabel="step", ylabel="loss", ylim=(0, None))
        axes.legend(fontsize="small")
        figure.tight_layout()
        with write_aside(self.folder / "loss.png") as aside:
            figure.savefig(aside, dpi=120, format="png")


def _tensors(file: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    tensors: dict[str, Tensor] = load_file(file)
    return tensors
