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
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wherefore.config import Config, StageConfig, TrainConfig
from wherefore.files import write_aside
from wherefore.lm.load import out_of_memory
from wherefore.lm.model import RecommenderLM
from wherefore.training.batches import TaskBatch
from wherefore.training.calibrate import recall
from wherefore.training.ingredients import Ingredients
from wherefore.training.losses import LOSSES
from wherefore.training.machine import _begin_anew, _check_compiler, _checkpointing, _tracker
from wherefore.training.objective import Objective, check_losses
from wherefore.training.parallel import processes
from wherefore.training.run import plot_losses
from wherefore.training.tasks import Task, make_task
from wherefore.training.weights import (
    _optimizer_tensors,
    load_moments,
    load_trained,
    trained,
    whole_moments,
    whole_weights,
)

StepReport = Callable[[str, int, int, Mapping[str, float]], None]  # stage, steps done, of, losses


class TrainingStopped(Exception):
    """Raised after Ctrl-C, when the state has been saved."""


RANKS = frozenset({"ranking", "in_batch_ranking"})  # losses by which the LLM learns to rank


_MEASURED = RANKS | {"source_ranking"}  # stages with one of these can be measured by recall


_AT = 10


def is_measured(train: TrainConfig, stage: StageConfig) -> bool:
    """Whether recall on held-out turns is measured while a stage runs."""
    return train.validate_every is not None and not _MEASURED.isdisjoint(stage.losses)


def decisive(config: Config) -> str:
    """What decides the weights, as JSON; what a reply holds and how it is worded does not."""
    return config.model_dump_json(exclude={"turn", "writer"})


@dataclass(frozen=True)
class Best:
    """The best step of a stage so far."""

    step: int
    recall: float
    since: int = 0  # measurements since then


class Trainer:
    """Runs the stages of a config.

    The batch of step n depends on the seed, the stage and n alone, and so does dropout; a checkpoint holds
    weights, optimizer and step. So a run that was killed and resumed ends, on a CPU, with the same weights.

    Started several times by `accelerate launch`, the processes share each batch and train as one would: every
    one makes the whole batch and takes its rows, and what a loss is the mean over is counted in the whole batch.
    Dropout alone differs. The first process alone writes.

    With `train.validate_every`, a stage that learns to rank ends with the weights of its best step, by recall@10
    on the held-out turns; those that it began with count too.

    Args:
        config: `train` and `seed` are read here.
        model: Trained in place.
        data: What the batches are made of.
        out: Folder for checkpoints, log and plot.
        report: Called after every step.

    Raises:
        ValueError: If `out` holds a run with another config, or an option asks for what is not there.
        ImportError: If the tracker's package, or DeepSpeed, is chosen and not installed.
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
        from accelerate.utils import DistributedDataParallelKwargs, DistributedType

        self.config, self.model, self.data, self.out, self.report = config, model, data, out, report
        train = config.train
        processes()
        _begin_anew(train.mixed_precision)
        self.accelerator = Accelerator(
            gradient_accumulation_steps=train.grad_accumulation,
            mixed_precision=train.mixed_precision,
            kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
            log_with=_tracker(train.tracker),
            project_dir=out,
        )
        kind = self.accelerator.distributed_type
        self.sharded = kind == DistributedType.FSDP  # each process has a part of each weight
        self._deepspeed = kind == DistributedType.DEEPSPEED
        if self.sharded and not self.accelerator.is_fsdp2:
            raise ValueError(
                "the launch file asks for FSDP version 1; set `fsdp_version: 2`, as configs/accelerate/fsdp.yaml does"
            )
        for stage in train.stages:
            check_losses(model, stage.losses)
        if any(is_measured(train, stage) for stage in train.stages):
            self._check_measurable()
        if train.gradient_checkpointing and not model.causal_lm.supports_gradient_checkpointing:
            raise ValueError(
                f"`train.gradient_checkpointing` is true, but {type(model.causal_lm).__name__} cannot do that; "
                "set it to false and lower `train.stages[..].batch_size` instead"
            )
        if train.compile:
            _check_compiler(self.accelerator.device)
        self.steps = sum(stage.steps for stage in config.train.stages)
        out.mkdir(parents=True, exist_ok=True)
        self.key = hashlib.sha256(decisive(config).encode()).hexdigest()[:16]

    def _check_measurable(self) -> None:
        if self.sharded:
            raise ValueError(
                "`train.validate_every` is set, but FSDP leaves no process with whole weights to rank with; set it to "
                "null, or launch with configs/accelerate/multi-gpu.yaml"
            )
        if not self.data.held_out:
            raise ValueError(
                "`train.validate_every` is set, but no turns are held out; raise `train.held_out` (now "
                f"{self.config.train.held_out})"
            )

    # -- the run ----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Train from the newest checkpoint, or from the start, to the end.

        Raises:
            TrainingStopped: On Ctrl-C, after saving.
            MemoryError: If a step does not fit into memory; says what to lower.
            FloatingPointError: If the loss is no number.
        """
        position = self._newest()
        self.accelerator.wait_for_everyone()
        self._begin()
        with _interruptible() as stopped:
            before = 0
            for number, stage in enumerate(self.config.train.stages):
                if position >= before + stage.steps:
                    before += stage.steps
                    continue
                self._stage(number, stage, before, max(position - before, 0), stopped)
                before += stage.steps
                position = before
        self._end()
        if self.accelerator.is_main_process and (self.out / "log.jsonl").exists():
            plot_losses(self.out / "log.jsonl", self.out / "loss.png")

    def _begin(self) -> None:
        """Make the optimizer and what is trained ready for this machine; both serve all stages."""
        train = self.config.train
        if train.gradient_checkpointing:
            # Not reentrant: inputs are embeddings, and those of a frozen table need no gradient.
            _checkpointing(self.model.causal_lm, "enable", {"use_reentrant": False})
        if train.compile:
            self.model.body.compile(dynamic=True)  # in place: weights keep their names
        stage = train.stages[0]
        self.names = frozenset(trained(self.model))
        objective = Objective(self.model, stage.losses)
        optimizer = torch.optim.AdamW(self._groups(stage), lr=stage.lr, weight_decay=train.weight_decay)
        if self._deepspeed:  # it wants to know, though we cut the batches ourselves
            plugin = self.accelerator.state.deepspeed_plugin
            plugin.deepspeed_config["train_micro_batch_size_per_gpu"] = max(
                stage.batch_size // self.accelerator.num_processes, 1
            )
        self.objective = objective
        self.prepared, self.optimizer = self.accelerator.prepare(objective, optimizer)
        self.prepared.train()
        if train.tracker is not None:
            self.accelerator.init_trackers("log")

    def _end(self) -> None:
        train = self.config.train
        for tracker in self.accelerator.trackers:
            tracker.finish()
        self.accelerator.free_memory()
        if train.compile:
            self.model.body._compiled_call_impl = None
        if train.gradient_checkpointing:
            _checkpointing(self.model.causal_lm, "disable")

    def _stage(
        self, number: int, stage: StageConfig, before: int, first: int, stopped: Callable[[], bool]
    ) -> None:
        train = self.config.train
        self.objective.turn_to(stage.losses)
        tasks = {
            name: make_task(name, self.data, stage.candidates or train.candidates)
            for name in self.objective.tasks
        }
        optimizer = self.optimizer
        optimizer.optimizer.state.clear()
        rates = [group["lr"] for group in self._groups(stage)]
        best = None
        if first:
            self._load_optimizer(before + first)
            best = self._best_of(before + first)
        elif before == 0 or not self._folder(before).exists():
            self._save(before, "start of " + stage.name)
        if is_measured(train, stage) and best is None:
            best = Best(before, self._recall(stage))
        end = before + stage.steps
        for step in range(first, stage.steps):
            started = time.perf_counter()
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * schedule(step, stage.steps, stage.warmup)
            losses, tokens = self._step(tasks, number, step, stage)
            seconds = time.perf_counter() - started
            done = before + step + 1
            last = done == end
            log = {
                "stage": stage.name,
                "step": done,
                **losses,
                "lr": optimizer.param_groups[0]["lr"],
                "seconds": seconds,
                "tokens_per_s": tokens / seconds,
            }
            measure = best is not None and (last or (step + 1) % (train.validate_every or 1) == 0)
            if measure and best is not None:
                found = self._recall(stage)
                # Of equals the later one, which has learned more of the stage's other losses.
                kept = Best(best.step, best.recall, best.since + 1)
                best = (
                    Best(done, found, 0 if found > best.recall else best.since + 1)
                    if found >= best.recall
                    else kept
                )
                log |= {f"recall@{_AT}": found, "best_step": best.step}
                last |= train.patience is not None and best.since >= train.patience
            self._log(log, last or measure or done % train.log_every == 0)
            if self.report is not None and self.accelerator.is_main_process:
                self.report(stage.name, done, self.steps, losses)
            halt = self._anyone(stopped())
            if last and best is not None and best.step != done:
                self._load_weights(best.step)
            if last or halt or measure or done % train.save_every == 0:
                self._save(end if last else done, stage.name, best)
            if halt:
                raise TrainingStopped(
                    f"stopped at step {done} of {self.steps}; run the same command to go on"
                )
            if last:
                break

    def _anyone(self, said: bool) -> bool:
        """Whether it is so in any process."""
        if self.accelerator.num_processes == 1:
            return said
        said_so = torch.tensor(float(said), device=self.accelerator.device)
        return float(self.accelerator.reduce(said_so, "sum")) > 0

    def _recall(self, stage: StageConfig) -> float:
        """Recall@10 on the held-out turns, of which each process ranks its share.

        By the sources alone where the LLM does not learn to rank.
        """
        number, of = self.accelerator.process_index, self.accelerator.num_processes
        turns = sorted(self.data.held_out)
        llm = self.model.head.reads_states and bool(RANKS & set(stage.losses))
        sums = recall(self.model, self.data, turns[number::of], _AT, llm)
        self.prepared.train()
        found, count = self.accelerator.reduce(
            torch.tensor(sums, dtype=torch.float64, device=self.accelerator.device), "sum"
        ).tolist()
        return float(found / max(count, 1))

    def _groups(self, stage: StageConfig) -> list[dict[str, Any]]:
        """The weights to train, with the step size of each group."""
        head = [p for p in self.model.head.parameters() if p.requires_grad]
        of_head = {id(p) for p in head}
        rest = [p for p in self.model.parameters() if p.requires_grad and id(p) not in of_head]
        groups = [{"params": rest, "lr": stage.lr}, {"params": head, "lr": stage.head_lr or stage.lr}]
        return [group for group in groups if group["params"]]

    def _step(
        self, tasks: Mapping[str, Task], number: int, step: int, stage: StageConfig
    ) -> tuple[dict[str, float], int]:
        train, process, of = self.config.train, self.accelerator.process_index, self.accelerator.num_processes
        sums: dict[str, float] = {}
        tokens = 0
        for micro in range(train.grad_accumulation):
            key = [self.config.seed, number, step, micro]
            torch.manual_seed(int(np.random.SeedSequence([*key, process]).generate_state(1)[0]))
            rng = np.random.default_rng([*key, 0])  # every process draws the whole batch
            sizes = {name: stage.batch_sizes.get(name, stage.batch_size) for name in tasks}
            whole = {name: task.batch(rng, sizes[name]) for name, task in tasks.items()}
            batches = {name: batch.part(process, of) for name, batch in whole.items()}
            shares = self.objective.shares(batches, whole, of) if of > 1 else None
            try:
                losses = self._learn(batches, shares)
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
                raise MemoryError(_advice(train, number, stage, error)) from error
            values = self.accelerator.reduce(torch.stack([one.detach() for one in losses.values()]), "mean")
            for name, value in zip(losses, values.tolist(), strict=True):
                sums[name] = sums.get(name, 0.0) + value / train.grad_accumulation
            tokens += sum(batch.tokens for batch in whole.values())
        if not math.isfinite(sums["loss"]):
            raise FloatingPointError(
                f"the loss of stage {stage.name!r} is {sums['loss']} at step {step}; lower "
                f"`train.stages[{number}].lr` (now {stage.lr})"
            )
        return sums, tokens

    def _learn(
        self, batches: Mapping[str, TaskBatch], shares: Mapping[str, float] | None
    ) -> dict[str, Tensor]:
        """Forward, backward, and a step once enough batches are accumulated."""
        here = {name: batch.to(self.accelerator.device) for name, batch in batches.items()}
        with self.accelerator.accumulate(self.prepared):
            losses: dict[str, Tensor] = self.prepared(here, shares)
            self.accelerator.backward(losses["loss"])
            if self.accelerator.sync_gradients:
                self.accelerator.clip_grad_norm_(self.prepared.parameters(), self.config.train.max_grad_norm)
            self.optimizer.step()
            self.optimizer.zero_grad()
        return losses

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
        self._load_weights(int(state["step"]))
        if self.accelerator.is_main_process:
            self._cut_log(int(state["step"]))
        return int(state["step"])

    def _load_weights(self, step: int) -> None:
        load_trained(self.model, self._read_weights(step))

    def _read_weights(self, step: int) -> dict[str, Tensor]:
        from safetensors.torch import load_file

        weights: dict[str, Tensor] = load_file(self._folder(step) / "weights.safetensors")
        return weights

    def final_weights(self) -> dict[str, Tensor]:
        """What the run ended with, whole, as `load_trained` takes it."""
        return self._read_weights(self.steps)

    def _best_of(self, step: int) -> Best | None:
        best = json.loads((self._folder(step) / "state.json").read_text(encoding="utf-8")).get("best")
        return None if best is None else Best(**best)

    def _cut_log(self, step: int) -> None:
        """Drop what a killed run logged after its last checkpoint: those steps run again."""
        path = self.out / "log.jsonl"
        if not path.exists():
            return
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.endswith("}") and json.loads(line)["step"] <= step]
        with write_aside(path) as aside:
            aside.write_text("".join(line + "\n" for line in kept), encoding="utf-8")

    def _save(self, step: int, stage: str, best: Best | None = None) -> None:
        from safetensors.torch import save_file

        weights, moments = self._weights(), self._moments()  # every process has a part in it under FSDP
        if self.accelerator.is_main_process:
            with write_aside(self._folder(step)) as aside:
                aside.mkdir()
                save_file(weights, aside / "weights.safetensors")
                save_file(moments, aside / "optimizer.safetensors")
                kept = None if best is None else asdict(best)
                state = {"step": step, "stage": stage, "config": self.key, "best": kept}
                (aside / "state.json").write_text(json.dumps(state), encoding="utf-8")
            needed = {self._folder(best.step)} if best is not None else set()
            for old in sorted((self.out / "steps").glob("[0-9]*"))[:-2]:
                if old not in needed:
                    shutil.rmtree(old, ignore_errors=True)
        self.accelerator.wait_for_everyone()

    def _weights(self) -> dict[str, Tensor]:
        """What `trained` gives, whole and on the CPU where FSDP has cut it in parts."""
        if not self.sharded:
            return trained(self.model)
        return whole_weights(self.prepared, self.names)

    def _moments(self) -> dict[str, Tensor]:
        """AdamW's, by number of the weight and name; by name of both under FSDP.

        DeepSpeed keeps them in parts of its own, which are not written: there a resumed run begins with fresh ones.
        """
        if self._deepspeed:
            return {}
        if self.sharded:
            return whole_moments(self.prepared, self.optimizer.optimizer)
        return _optimizer_tensors(self.optimizer)

    def _load_optimizer(self, step: int) -> None:
        from safetensors.torch import load_file

        if self._deepspeed:
            return
        tensors = load_file(self._folder(step) / "optimizer.safetensors")
        if self.sharded:
            load_moments(self.prepared, self.optimizer.optimizer, tensors)
            return
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            index, _, part = name.partition(".")
            state.setdefault(int(index), {})[part] = tensor
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": state, "param_groups": groups})

    def _log(self, entry: Mapping[str, Any], write: bool) -> None:
        if write and self.accelerator.is_main_process:
            with (self.out / "log.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
            if self.config.train.tracker is not None:
                numbers = {name: value for name, value in entry.items() if name not in ("stage", "step")}
                self.accelerator.log(numbers, step=entry["step"])


def _advice(train: TrainConfig, number: int, stage: StageConfig, error: Exception) -> str:
    """What to lower when a step does not fit into memory."""
    sizes = ", ".join(str(size) for size in (stage.batch_size, *stage.batch_sizes.values()))
    advice = [f"lower `train.stages[{number}].batch_size` (now {sizes})"]
    advice.append(f"and raise `train.grad_accumulation` (now {train.grad_accumulation}) by as much")
    if not train.gradient_checkpointing:
        advice.append("or set `train.gradient_checkpointing: true`")
    if any(LOSSES[name].task == "recommendations" for name in stage.losses):
        advice.append(
            f"or lower `train.stages[{number}].candidates` (now {stage.candidates or train.candidates})"
        )
    return (
        f"stage {stage.name!r} does not fit into memory: {', '.join(advice)}; the same command goes on. "
        f"({str(error).splitlines()[0]})"
    )


def schedule(step: int, steps: int, warmup: float) -> float:
    """Share of the learning rate at a step: linear warm-up, then half a cosine down to a tenth.

    >>> [round(schedule(step, 100, 0.1), 2) for step in (0, 9, 55, 99)]
    [0.1, 1.0, 0.53, 0.1]
    """
    rise = max(round(steps * warmup), 1)
    if step < rise:
        return (step + 1) / rise
    return 0.1 + 0.45 * (1 + math.cos(math.pi * (step - rise + 1) / max(steps - rise, 1)))


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
