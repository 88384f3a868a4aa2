"""The training loop: stages of weighted losses, resumable at any step to the same weights."""

from __future__ import annotations

import hashlib
import math
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wherefore.config import Config, StageConfig, TrainConfig
from wherefore.errors import TrainingError
from wherefore.lm.load import out_of_memory
from wherefore.lm.model import RecommenderLM
from wherefore.training.batches import TaskBatch
from wherefore.training.calibrate import recall
from wherefore.training.ingredients import Ingredients
from wherefore.training.machine import check_compiler, make_accelerator, memory_advice, switch_checkpointing
from wherefore.training.objective import Objective, check_losses
from wherefore.training.run import Best, Run
from wherefore.training.tasks import Task, make_task
from wherefore.training.weights import (
    load_moments,
    load_trained,
    load_whole_moments,
    moments,
    trained,
    whole_moments,
    whole_weights,
)

StepReport = Callable[[str, int, int, Mapping[str, float]], None]  # stage, steps done, of, losses


class TrainingStopped(Exception):
    """Raised after Ctrl-C, when the state has been saved."""


RANKS = frozenset({"ranking", "in_batch_ranking"})  # losses by which the LLM learns to rank
_MEASURED = RANKS | {"source_ranking"}  # stages with one of these can be measured by recall
_AT = 10  # k of that recall


def is_measured(train: TrainConfig, stage: StageConfig) -> bool:
    """Whether recall on held-out turns is measured while a stage runs."""
    return train.validate_every is not None and not _MEASURED.isdisjoint(stage.losses)


def decisive(config: Config) -> str:
    """What decides the weights, as JSON; what a reply holds and how it is worded does not."""
    return config.model_dump_json(exclude={"turn", "writer", "item_judge"})


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
        TrainingError: If an option asks for what is not there.
        MissingPackageError: If the tracker's package, or DeepSpeed, is chosen and not installed.
    """

    def __init__(
        self,
        config: Config,
        model: RecommenderLM,
        data: Ingredients,
        out: Path,
        report: StepReport | None = None,
    ) -> None:
        from accelerate.utils import DistributedType

        self.config, self.model, self.data, self.report = config, model, data, report
        train = config.train
        self.accelerator = make_accelerator(train, out)
        kind = self.accelerator.distributed_type
        self.sharded = kind == DistributedType.FSDP  # each process has a part of each weight
        self._deepspeed = kind == DistributedType.DEEPSPEED
        for stage in train.stages:
            check_losses(model, stage.losses)
        if any(is_measured(train, stage) for stage in train.stages):
            self._check_measurable()
        if train.gradient_checkpointing and not model.causal_lm.supports_gradient_checkpointing:
            raise TrainingError(
                f"`train.gradient_checkpointing` is true, but {type(model.causal_lm).__name__} cannot do that; "
                "set it to false and lower `train.stages[..].batch_size` instead"
            )
        if train.compile:
            check_compiler(self.accelerator.device)
        self.steps = sum(stage.steps for stage in train.stages)
        self._run = Run(out, hashlib.sha256(decisive(config).encode()).hexdigest()[:16])

    def _check_measurable(self) -> None:
        if self.sharded:
            raise TrainingError(
                "`train.validate_every` is set, but FSDP leaves no process with whole weights to rank with; set it to "
                "null, or launch with configs/accelerate/multi-gpu.yaml"
            )
        if not self.data.held_out:
            raise TrainingError(
                "`train.validate_every` is set, but no turns are held out; raise `train.held_out` (now "
                f"{self.config.train.held_out})"
            )

    # -- the run ----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Train from the newest checkpoint, or from the start, to the end.

        Raises:
            TrainingStopped: On Ctrl-C, after saving.
            TrainingError: If the folder holds a run with another config.
            MemoryError: If a step does not fit into memory; says what to lower.
            FloatingPointError: If the loss is no number.
        """
        position = self._resume()
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
        if self.accelerator.is_main_process:
            self._run.plot()

    def _begin(self) -> None:
        """Make the optimizer and what is trained ready for this machine; both serve all stages."""
        train = self.config.train
        if train.gradient_checkpointing:
            switch_checkpointing(self.model.causal_lm, True)
        if train.compile:
            self.model.body.compile(dynamic=True)  # in place: weights keep their names
        stage = train.stages[0]
        self._names = frozenset(trained(self.model))
        self.objective = Objective(self.model, stage.losses)
        optimizer = torch.optim.AdamW(self._groups(stage), lr=stage.lr, weight_decay=train.weight_decay)
        if self._deepspeed:  # it wants to know, though we cut the batches ourselves
            plugin = self.accelerator.state.deepspeed_plugin
            plugin.deepspeed_config["train_micro_batch_size_per_gpu"] = max(
                stage.batch_size // self.accelerator.num_processes, 1
            )
        self.prepared, self.optimizer = self.accelerator.prepare(self.objective, optimizer)
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
            switch_checkpointing(self.model.causal_lm, False)

    def _stage(
        self, number: int, stage: StageConfig, before: int, first: int, stopped: Callable[[], bool]
    ) -> None:
        """Run a stage.

        Args:
            number: Of the stage, from 0.
            stage: Its config.
            before: Steps of the stages before it.
            first: Steps of it that an earlier run made.
            stopped: Whether the user wants to stop.
        """
        train = self.config.train
        best = self._enter(stage, before, first)
        tasks = {
            name: make_task(name, self.data, stage.candidates or train.candidates)
            for name in self.objective.tasks
        }
        rates = [group["lr"] for group in self._groups(stage)]
        end = before + stage.steps
        for step in range(first, stage.steps):
            for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * schedule(step, stage.steps, stage.warmup)
            done = before + step + 1
            last = done == end
            started = time.perf_counter()
            losses, tokens = self._step(tasks, number, step, stage)
            log = {"stage": stage.name, "step": done, **losses, **self._pace(tokens, started)}
            measure = best is not None and (last or (step + 1) % (train.validate_every or 1) == 0)
            if measure and best is not None:
                found = self._recall(stage)
                best = best.after(done, found)
                log |= {f"recall@{_AT}": found, "best_step": best.step}
                last |= train.patience is not None and best.since >= train.patience
            self._log(log, last or measure or done % train.log_every == 0)
            if self.report is not None and self.accelerator.is_main_process:
                self.report(stage.name, done, self.steps, losses)
            halt = self._anyone(stopped())
            if last and best is not None and best.step != done:
                load_trained(self.model, self._run.weights(best.step))
            if last or halt or measure or done % train.save_every == 0:
                self._save(end if last else done, stage.name, best)
            if halt:
                raise TrainingStopped(
                    f"stopped at step {done} of {self.steps}; run the same command to go on"
                )
            if last:
                break

    def _enter(self, stage: StageConfig, before: int, first: int) -> Best | None:
        """Make ready for a stage, or for the rest of it; its best step so far, where recall is measured."""
        self.objective.turn_to(stage.losses)
        self.optimizer.optimizer.state.clear()
        best = None
        if first:
            self._load_moments(before + first)
            best = self._run.best(before + first)
        elif before == 0 or not self._run.has(before):
            self._save(before, "start of " + stage.name)
        if is_measured(self.config.train, stage) and best is None:
            best = Best(before, self._recall(stage))
        return best

    def _pace(self, tokens: int, started: float) -> dict[str, float]:
        """For the log: learning rate, seconds since `started`, and tokens per second."""
        seconds = time.perf_counter() - started
        rate = self.optimizer.param_groups[0]["lr"]
        return {"lr": rate, "seconds": seconds, "tokens_per_s": tokens / seconds}

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
                raise MemoryError(memory_advice(train, number, error)) from error
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

    # -- what is kept -------------------------------------------------------------------------------------

    def _resume(self) -> int:
        """Take the weights of the newest step that is kept; its number."""
        newest = self._run.newest()
        if newest or self._run.has(0):
            load_trained(self.model, self._run.weights(newest))
            if self.accelerator.is_main_process:
                self._run.cut_log(newest)
        return newest

    def final_weights(self) -> dict[str, Tensor]:
        """What the run ended with, whole, as `load_trained` takes it."""
        return self._run.weights(self.steps)

    def _save(self, step: int, stage: str, best: Best | None = None) -> None:
        # Every process has a part in these under FSDP.
        weights = whole_weights(self.prepared, self._names) if self.sharded else trained(self.model)
        kept = self._moments()
        if self.accelerator.is_main_process:
            self._run.save(step, stage, weights, kept, best)
        self.accelerator.wait_for_everyone()

    def _moments(self) -> dict[str, Tensor]:
        """AdamW's moments.

        DeepSpeed keeps them in parts of its own, which are not written: there a resumed run begins with fresh ones.
        """
        if self._deepspeed:
            return {}
        if self.sharded:
            return whole_moments(self.prepared, self.optimizer.optimizer)
        return moments(self.optimizer)

    def _load_moments(self, step: int) -> None:
        if self.sharded:
            load_whole_moments(self.prepared, self.optimizer.optimizer, self._run.moments(step))
        elif not self._deepspeed:
            load_moments(self.optimizer, self._run.moments(step))

    def _log(self, entry: Mapping[str, Any], write: bool) -> None:
        if write and self.accelerator.is_main_process:
            self._run.log(entry)
            if self.config.train.tracker is not None:
                numbers = {name: value for name, value in entry.items() if name not in ("stage", "step")}
                self.accelerator.log(numbers, step=entry["step"])


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
