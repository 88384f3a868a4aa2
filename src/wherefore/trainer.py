"""The training loop: stages of weighted losses, resumable at any step to the same weights."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wherefore.config import Config, StageConfig
from wherefore.files import write_aside
from wherefore.losses import Objective
from wherefore.model import RecommenderLM
from wherefore.tasks import Ingredients, Task, make_task

StepReport = Callable[[str, int, int, Mapping[str, float]], None]  # stage, steps done, of, losses


class TrainingStopped(Exception):
    """Raised after Ctrl-C, when the state has been saved."""


class Trainer:
    """Runs the stages of a config.

    The batch of step n depends on the seed, the stage and n alone, and so does dropout; a checkpoint holds
    weights, optimizer and step. So a run that was killed and resumed ends, on a CPU, with the same weights.

    Args:
        config: `train` and `seed` are read here.
        model: Trained in place.
        data: What the batches are made of.
        out: Folder for checkpoints, log and plot.
        report: Called after every step.

    Raises:
        ValueError: If `out` holds a run with another config.
    """

    def __init__(
        self,
        config: Config,
        model: RecommenderLM,
        data: Ingredients,
        out: Path,
        report: StepReport | None = None,
    ) -> None:
        from accelerate import Accelerator
        from accelerate.utils import DistributedDataParallelKwargs

        self.config, self.model, self.data, self.out, self.report = config, model, data, out, report
        self.accelerator = Accelerator(
            gradient_accumulation_steps=config.train.grad_accumulation,
            mixed_precision=config.train.mixed_precision,
            kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
        )
        self.steps = sum(stage.steps for stage in config.train.stages)
        out.mkdir(parents=True, exist_ok=True)
        # What decides the weights; how replies are worded later does not.
        decisive = config.model_dump_json(exclude={"writer"})
        self.key = hashlib.sha256(decisive.encode()).hexdigest()[:16]

    # -- the run ----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Train from the newest checkpoint, or from the start, to the end.

        Raises:
            TrainingStopped: On Ctrl-C, after saving.
        """
        position = self._newest()
        with _interruptible() as stopped:
            before = 0
            for number, stage in enumerate(self.config.train.stages):
                if position >= before + stage.steps:
                    before += stage.steps
                    continue
                self._stage(number, stage, before, max(position - before, 0), stopped)
                before += stage.steps
                position = before
        if self.accelerator.is_main_process and (self.out / "log.jsonl").exists():
            plot_losses(self.out / "log.jsonl", self.out / "loss.png")

    def _stage(
        self, number: int, stage: StageConfig, before: int, first: int, stopped: Callable[[], bool]
    ) -> None:
        train = self.config.train
        objective = Objective(self.model, stage.losses)
        tasks = {
            name: make_task(name, self.data, stage.candidates or train.candidates) for name in objective.tasks
        }
        weights = [p for p in objective.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(self._groups(stage), lr=stage.lr, weight_decay=train.weight_decay)
        rates = [group["lr"] for group in optimizer.param_groups]
        if first:
            self._load_optimizer(before + first, optimizer)
        elif before == 0 or not self._folder(before).exists():
            self._save(before, optimizer, "start of " + stage.name)
        prepared, optimizer = self.accelerator.prepare(objective, optimizer)
        prepared.train()
        for step in range(first, stage.steps):
            started = time.perf_counter()
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * schedule(step, stage.steps, stage.warmup)
            losses, tokens = self._step(prepared, optimizer, weights, tasks, number, step, stage)
            done = before + step + 1
            log = {
                "stage": stage.name,
                "step": done,
                **losses,
                "lr": optimizer.param_groups[0]["lr"],
                "tokens_per_s": tokens / (time.perf_counter() - started),
            }
            self._log(log, step + 1 == stage.steps or done % train.log_every == 0)
            if self.report is not None and self.accelerator.is_main_process:
                self.report(stage.name, done, self.steps, losses)
            halt = stopped()
            if done % train.save_every == 0 or step + 1 == stage.steps or halt:
                self._save(done, optimizer, stage.name)
            if halt:
                raise TrainingStopped(
                    f"stopped at step {done} of {self.steps}; run the same command to go on"
                )
        self.accelerator.free_memory()

    def _groups(self, stage: StageConfig) -> list[dict[str, Any]]:
        """The weights to train, with the step size of each group."""
        head = [p for p in self.model.head.parameters() if p.requires_grad]
        of_head = {id(p) for p in head}
        rest = [p for p in self.model.parameters() if p.requires_grad and id(p) not in of_head]
        groups = [{"params": rest, "lr": stage.lr}, {"params": head, "lr": stage.head_lr or stage.lr}]
        return [group for group in groups if group["params"]]

    def _step(
        self,
        objective: Any,
        optimizer: Any,
        weights: list[nn.Parameter],
        tasks: Mapping[str, Task],
        number: int,
        step: int,
        stage: StageConfig,
    ) -> tuple[dict[str, float], int]:
        train, process = self.config.train, self.accelerator.process_index
        sums: dict[str, float] = {}
        tokens = 0
        for micro in range(train.grad_accumulation):
            key = [self.config.seed, number, step, micro, process]
            torch.manual_seed(int(np.random.SeedSequence(key).generate_state(1)[0]))
            rng = np.random.default_rng(key)
            sizes = {name: stage.batch_sizes.get(name, stage.batch_size) for name in tasks}
            batches = {name: task.batch(rng, sizes[name]) for name, task in tasks.items()}
            batches = {name: batch.to(self.accelerator.device) for name, batch in batches.items()}
            with self.accelerator.accumulate(objective):
                losses = objective(batches)
                self.accelerator.backward(losses["loss"])
                if self.accelerator.sync_gradients:
                    self.accelerator.clip_grad_norm_(weights, train.max_grad_norm)
                optimizer.step()
                optimizer.zero_grad()
            for name, loss in losses.items():
                value = float(self.accelerator.reduce(loss.detach(), "mean"))
                sums[name] = sums.get(name, 0.0) + value / train.grad_accumulation
            tokens += sum(batch.tokens for batch in batches.values())
        if not math.isfinite(sums["loss"]):
            raise FloatingPointError(
                f"the loss of stage {stage.name!r} is {sums['loss']} at step {step}; lower "
                f"`train.stages[{number}].lr` (now {stage.lr})"
            )
        return sums, tokens

    # -- checkpoints --------------------------------------------------------------------------------------

    def _folder(self, step: int) -> Path:
        return self.out / "steps" / f"{step:07d}"

    def _newest(self) -> int:
        folders = sorted((self.out / "steps").glob("[0-9]*"))
        folders = [folder for folder in folders if (folder / "state.json").is_file()]
        if not folders:
            return 0
        state = json.loads((folders[-1] / "state.json").read_text(encoding="utf-8"))
        if state["config"] != self.key:
            raise ValueError(
                f"{self.out} holds a run with another config (see {self.out / 'config.yaml'}); "
                "give another --out, or delete that folder to start again"
            )
        from safetensors.torch import load_file

        load_trained(self.model, load_file(folders[-1] / "weights.safetensors"))
        self._cut_log(int(state["step"]))
        return int(state["step"])

    def _cut_log(self, step: int) -> None:
        """Drop what a killed run logged after its last checkpoint: those steps run again."""
        path = self.out / "log.jsonl"
        if not path.exists():
            return
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.endswith("}") and json.loads(line)["step"] <= step]
        with write_aside(path) as aside:
            aside.write_text("".join(line + "\n" for line in kept), encoding="utf-8")

    def _save(self, step: int, optimizer: Any, stage: str) -> None:
        if not self.accelerator.is_main_process:
            return
        from safetensors.torch import save_file

        with write_aside(self._folder(step)) as aside:
            aside.mkdir()
            save_file(trained(self.model), aside / "weights.safetensors")
            save_file(_optimizer_tensors(optimizer), aside / "optimizer.safetensors")
            state = {"step": step, "stage": stage, "config": self.key}
            (aside / "state.json").write_text(json.dumps(state), encoding="utf-8")
        for old in sorted((self.out / "steps").glob("[0-9]*"))[:-2]:
            shutil.rmtree(old, ignore_errors=True)

    def _load_optimizer(self, step: int, optimizer: Any) -> None:
        from safetensors.torch import load_file

        tensors = load_file(self._folder(step) / "optimizer.safetensors")
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            index, _, part = name.partition(".")
            state.setdefault(int(index), {})[part] = tensor
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})

    def _log(self, entry: Mapping[str, Any], write: bool) -> None:
        if write and self.accelerator.is_main_process:
            with (self.out / "log.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")


def schedule(step: int, steps: int, warmup: float) -> float:
    """Share of the learning rate at a step: linear warm-up, then half a cosine down to a tenth.

    >>> [round(schedule(step, 100, 0.1), 2) for step in (0, 9, 55, 99)]
    [0.1, 1.0, 0.53, 0.1]
    """
    rise = max(round(steps * warmup), 1)
    if step < rise:
        return (step + 1) / rise
    return 0.1 + 0.45 * (1 + math.cos(math.pi * (step - rise + 1) / max(steps - rise, 1)))


def trained(model: nn.Module) -> dict[str, Tensor]:
    """All weights that training may change, and the head's feature scale."""
    state = {name: p.detach().contiguous() for name, p in model.named_parameters() if p.requires_grad}
    state.update({name: b.detach() for name, b in model.named_buffers() if name.startswith("head.")})
    return state


def load_trained(model: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Put back what `trained` took out.

    Raises:
        ValueError: If a weight is missing, left over, or of another shape.
    """
    expected = trained(model)
    wrong = sorted(set(expected) ^ set(state))
    wrong += [name for name in expected if name in state and expected[name].shape != state[name].shape]
    if wrong:
        raise ValueError(f"the weights do not fit this model: {', '.join(wrong[:5])} ({len(wrong)} in all)")
    with torch.no_grad():
        for name, tensor in expected.items():
            tensor.copy_(state[name])


def _optimizer_tensors(optimizer: Any) -> dict[str, Tensor]:
    state = optimizer.state_dict()["state"]
    return {
        f"{index}.{part}": torch.as_tensor(value).detach().contiguous()
        for index, parts in state.items()
        for part, value in parts.items()
    }


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Ctrl-C asks to stop after the step; a second one stops at once."""
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    try:
        old = signal.signal(signal.SIGINT, ask)
    except ValueError:  # not in the main thread: whoever runs us handles signals
        yield lambda: False
        return
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, old)


def plot_losses(log: Path, picture: Path) -> None:
    """Draw each loss of a JSONL log against the steps."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    entries = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    names = sorted(
        {name for entry in entries for name in entry} - {"stage", "step", "lr", "tokens_per_s", "loss"}
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
