"""Training of a sequence tower: several tasks at once, epoch by epoch, resumable."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from wherefore.errors import CheckpointError, ConfigError, TrainingError
from wherefore.files import recover, write_aside
from wherefore.retrieval.checks import above_zero, at_least_one, zero_or_more
from wherefore.retrieval.index import Index
from wherefore.retrieval.item_signals import ItemSignals, Vocabulary
from wherefore.retrieval.sequence import SequenceTower
from wherefore.retrieval.sequence_network import SequenceNetwork, SequenceShape, SignalTensors, padded
from wherefore.training.sequence_metrics import Asked, figures, placed

Show = Callable[[str, int, int, str], None]  # what, done, of, note
_MEASURED = "ndcg@10"
_RISE = 100  # steps in which the learning rate rises
_STEPS = 20  # of an epoch at least, unless a step would foretell fewer than 64 items


@dataclass(frozen=True)
class SequenceTraining:
    """How a sequence tower is trained.

    Attributes:
        signals: What is read of items, see `SIGNALS`; `ids` alone is SASRec, without it every item is known by its
            record alone.
        shape: Of the network.
        epochs: At most so many passes over the sequences.
        patience: It ends after so many epochs in a row without a better NDCG@10 on validation.
        batch: Items to foretell in a step, about; fewer where there are so few that an epoch would be short.
        lr: Learning rate, after 100 steps in which it rises.
        weight_decay: On matrices.
        values_weight: What the next item's values (category, brand) count beside the item itself.
        numbers_weight: What its numbers' bands (price) count.
        smoothing: Share of the probability that is spread over all items.
        min_frequency: Values that fewer items have are not read.
        seed: Of weights, order and dropout.
        bf16: Multiply matrices in bfloat16.
    """

    signals: tuple[str, ...] = ("text", "values", "numbers")
    shape: SequenceShape = field(default_factory=SequenceShape)
    epochs: int = 100
    patience: int = 8
    batch: int = 1500
    lr: float = 1e-3
    weight_decay: float = 0.01
    values_weight: float = 0.1
    numbers_weight: float = 0.1
    smoothing: float = 0.0
    min_frequency: int = 2
    seed: int = 0
    bf16: bool = True

    def __post_init__(self) -> None:
        at_least_one(epochs=self.epochs, patience=self.patience, batch=self.batch)
        at_least_one(min_frequency=self.min_frequency)
        above_zero(lr=self.lr)
        zero_or_more(weight_decay=self.weight_decay, values_weight=self.values_weight)
        zero_or_more(numbers_weight=self.numbers_weight)
        if not 0 <= self.smoothing < 1:
            raise ConfigError(f"`smoothing` is {self.smoothing}; it must be at least 0 and less than 1")

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "signals": list(self.signals)}


@dataclass
class Progressed:
    """How far a training is: what its checkpoint says beside the weights."""

    epoch: int = 0
    best_epoch: int = 0
    best: float = -1.0
    log: list[dict[str, float]] = field(default_factory=list)


def train_tower(
    index: Index,
    train: Sequence[np.ndarray],
    valid: Asked | None,
    how: SequenceTraining,
    folder: Path | None = None,
    again: bool = False,
    show: Show | None = None,
    until: int | None = None,
) -> tuple[SequenceTower, Progressed]:
    """Train on sequences of rows; the weights of the epoch that was best on validation are given.

    Args:
        index: Whose rows they are.
        train: Oldest first each.
        valid: What is foretold after each epoch; None: it runs to its end, and the last weights are given.
        how: The settings.
        folder: Where it is kept after each epoch, and goes on when it is called again; None: nowhere.
        again: Whether validation may foretell what is in a history.
        show: Told (what, steps done, of, a note).
        until: Stop after this epoch, though it is not the last; it goes on when it is called again.

    Raises:
        TrainingError: If no sequence has 2 items.
        CheckpointError: If the folder holds a training with other settings or data, or is damaged.
        FloatingPointError: If the loss is no longer a number.
    """
    counts = Counter(int(row) for one in train for row in one)
    ids = index.catalog.ids
    vocabulary = Vocabulary.of(
        index, how.signals, {ids[row]: count for row, count in counts.items()}, how.min_frequency
    )
    signals = ItemSignals.of(index, vocabulary)
    windows = _windows([signals.group[one] for one in train], how.shape.longest)
    if not windows:
        raise TrainingError(
            f"none of the {len(train)} sequences has 2 items, so there is no next one to learn; give longer ones"
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(how.seed)
        network = SequenceNetwork(index.dim, vocabulary, how.shape)
        work = _Work(index, network, signals, windows, how, valid, again, show or (lambda *told: None))
        kept = None if folder is None else _Folder(folder, _identity(how, index, train))
        done = Progressed() if kept is None else kept.load(work)
        while not _over(done, how, valid) and (until is None or done.epoch < until):
            work.epoch(done)
            if kept is not None:
                kept.save(work, done)
    if work.best is not None:
        network.load_state_dict(work.best)
    return SequenceTower(index, network), done


def _over(done: Progressed, how: SequenceTraining, valid: Asked | None) -> bool:
    late = valid is not None and done.epoch - done.best_epoch >= how.patience
    return done.epoch >= how.epochs or late


class _Work:
    """A training while it runs."""

    def __init__(
        self,
        index: Index,
        network: SequenceNetwork,
        signals: ItemSignals,
        windows: Sequence[np.ndarray],
        how: SequenceTraining,
        valid: Asked | None,
        again: bool,
        show: Show,
    ) -> None:
        self.network, self.signals, self.windows = network, signals, windows
        self.how, self.valid, self.again, self.show = how, valid, again, show
        self.given = SignalTensors.of(signals)
        self.tower = SequenceTower(index, network)
        self.many = torch.from_numpy(np.log(signals.sizes)).float()
        self.next_values = _NextValues(network.vocabulary, signals)
        matrices = [one for one in network.parameters() if one.ndim > 1]
        others = [one for one in network.parameters() if one.ndim < 2]
        self.optimizer = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": how.weight_decay}, {"params": others, "weight_decay": 0.0}],
            lr=how.lr,
        )
        self.best: dict[str, Tensor] | None = None
        self.steps = 0

    def epoch(self, done: Progressed) -> None:
        """Pass over the sequences once, and measure; the draws depend on seed and epoch alone."""
        began = time.monotonic()
        torch.manual_seed(self.how.seed * 10_007 + done.epoch + 1)
        rng = np.random.default_rng([self.how.seed, done.epoch])
        batches = _batches(self.windows, self.how.batch, rng)
        self.network.train()
        losses, note = [], f"best {done.best:.4f} in epoch {done.best_epoch}" if done.best >= 0 else ""
        for number, batch in enumerate(batches, 1):
            losses.append(self._step([self.windows[one] for one in batch]))
            self.show(f"epoch {done.epoch + 1}", number, len(batches), note)
        self.network.eval()
        done.epoch += 1
        told = {"epoch": done.epoch, "loss": float(np.mean(losses))}
        if self.valid is not None:
            self.tower.forget()
            found = figures(
                *placed(self.tower.of_groups, self.valid, self.signals.group, self.signals.sizes, self.again)
            )
            told |= found
            if found[_MEASURED] > done.best:
                done.best, done.best_epoch = found[_MEASURED], done.epoch
                self.best = {name: one.clone() for name, one in self.network.state_dict().items()}
        told["seconds"] = round(time.monotonic() - began, 1)
        done.log.append(told)
        self.tower.forget()

    def _step(self, batch: Sequence[np.ndarray]) -> float:
        self.steps += 1
        for group in self.optimizer.param_groups:
            group["lr"] = self.how.lr * min(1.0, self.steps / _RISE)
        loss = self._loss(batch)
        if not math.isfinite(loss.item()):
            raise FloatingPointError(f"the loss is {loss.item()}; lower `lr`, now {self.how.lr}")
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        return loss.item()

    def _loss(self, batch: Sequence[np.ndarray]) -> Tensor:
        """Mean loss of the items to foretell; padding takes no part in what is costly, the softmax over all items."""
        rows = padded(batch)
        lengths = torch.tensor([len(one) - 1 for one in batch])
        real = torch.arange(rows.shape[1] - 1)[None] < lengths[:, None]
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.how.bf16):
            items = self.network.items(self.given)
            answers = self.network(items, rows[:, :-1])[real]  # (p, w)
            logits = self.network.scores(answers, items)  # (p, g)
        gold = rows[:, 1:][real]
        if self.many.any():  # an item stands for several: as likely as all of them together
            logits = logits + self.many
        loss = functional.cross_entropy(logits.float(), gold, label_smoothing=self.how.smoothing)
        if self.how.values_weight and self.network.vocabulary.fields:
            loss = loss + self.how.values_weight * self.next_values.loss(self.network, answers.float(), gold)
        if self.how.numbers_weight and len(self.network.band_tasks):
            losses = [
                functional.cross_entropy(
                    task(answers.float()), self.given.bands[gold, place], ignore_index=0, reduction="sum"
                )
                / (self.given.bands[gold, place] > 0).sum().clamp(min=1)
                for place, task in enumerate(self.network.band_tasks)
            ]
            loss = loss + self.how.numbers_weight * torch.stack(losses).mean()
        return loss


class _NextValues:
    """Which values the next item has: a softmax over those of each field, an item's values in equal parts."""

    def __init__(self, vocabulary: Vocabulary, signals: ItemSignals) -> None:
        ends = np.append(signals.starts[1:], len(signals.values))
        owner = np.repeat(np.arange(len(signals.sizes)), ends - signals.starts)
        self.targets: dict[str, Tensor] = {}
        for name in vocabulary.fields:
            start, end = vocabulary.places(name)
            mine = (signals.values >= start) & (signals.values < end)
            table = torch.zeros((len(signals.sizes), end - start), dtype=torch.float16)
            table[owner[mine], signals.values[mine] - start] = 1.0
            self.targets[name] = table

    def loss(self, network: SequenceNetwork, answers: Tensor, gold: Tensor) -> Tensor:
        """Mean over the fields, of the items that have any value of each."""
        losses = []
        for name, table in self.targets.items():
            wanted = table[gold].float()
            count = wanted.sum(1)
            has = count > 0
            if has.any():
                logs = network.value_logits(answers[has], name).log_softmax(-1)
                losses.append(-((logs * wanted[has]).sum(1) / count[has]).mean())
        return torch.stack(losses).mean() if losses else answers.new_zeros(())


def _windows(sequences: Sequence[np.ndarray], longest: int) -> list[np.ndarray]:
    """Sequences cut into pieces of which all but the first item is foretold, the newest piece first to be whole."""
    made = []
    for one in sequences:
        end = len(one)
        while end >= 2:
            made.append(one[max(0, end - longest - 1) : end])
            end -= longest
    return made


def _batches(windows: Sequence[np.ndarray], size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """All windows in random order, those of like length together, about `size` items to foretell in each batch."""
    lengths = np.array([len(one) - 1 for one in windows])
    order = rng.permutation(len(windows))
    order = order[np.argsort(np.floor(np.log2(lengths[order])), kind="stable")]  # buckets of doubled length
    ends = np.cumsum(lengths[order])
    size = min(size, max(int(ends[-1]) // _STEPS, 64))
    cuts = np.searchsorted(ends, np.arange(size, int(ends[-1]), size))
    batches = [one for one in np.split(order, cuts) if len(one)]
    return [batches[place] for place in rng.permutation(len(batches))]


# -- kept on disk ------------------------------------------------------------------------------------------


def _identity(how: SequenceTraining, index: Index, train: Sequence[np.ndarray]) -> dict[str, Any]:
    """What must be the same for a training to go on; how long it goes on may differ."""
    settings = {name: one for name, one in how.to_json().items() if name not in ("epochs", "patience")}
    digest = hashlib.sha256()
    for one in train:
        digest.update(np.append(one, -1).astype(np.int64).tobytes())
    return {
        **settings,
        "catalog": index.catalog.fingerprint(),
        "embedder": index.embedder.name,
        "dim": index.dim,
        "sequences": digest.hexdigest()[:16],
    }


class _Folder:
    """A training's checkpoint: `state.json` and `state.safetensors`, replaced together after each epoch."""

    def __init__(self, folder: Path, identity: dict[str, Any]) -> None:
        self.folder = folder / "state"
        self.identity = json.loads(json.dumps(identity))

    def load(self, work: _Work) -> Progressed:
        """Go on where it was; from the beginning where nothing is kept."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        recover(self.folder)
        if not self.folder.is_dir():
            return Progressed()
        try:
            told = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))
            tensors = load_file(self.folder / "state.safetensors")
            done = Progressed(**told["progress"])
            steps, identity = int(told["steps"]), dict(told["identity"])
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise CheckpointError(f"{self.folder} is damaged ({error}); delete it and train again") from error
        different = [name for name in self.identity if identity.get(name) != self.identity[name]]
        if different:
            name = different[0]
            raise CheckpointError(
                f"{self.folder} holds a training with `{name}` {identity.get(name)!r}, now it is "
                f"{self.identity[name]!r}; give another folder, or delete this one"
            )
        work.steps = steps
        work.network.load_state_dict(_part(tensors, "network"))
        best = _part(tensors, "best")
        work.best = best or None
        state = work.optimizer.state_dict()
        numbers = [number for group in state["param_groups"] for number in group["params"]]
        state["state"] = {number: _part(tensors, f"optimizer.{number}") for number in numbers}
        state["state"] = {number: one for number, one in state["state"].items() if one}
        work.optimizer.load_state_dict(state)
        return done

    def save(self, work: _Work, done: Progressed) -> None:
        """Write it aside, then rename it."""
        from safetensors.torch import save_file

        tensors = {f"network.{name}": one for name, one in work.network.state_dict().items()}
        tensors |= {f"best.{name}": one for name, one in (work.best or {}).items()}
        for number, one in work.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{number}.{name}": tensor for name, tensor in one.items()}
        with write_aside(self.folder) as aside:
            aside.mkdir()
            save_file(
                {name: one.contiguous().clone() for name, one in tensors.items()}, aside / "state.safetensors"
            )
            told = {"identity": self.identity, "steps": work.steps, "progress": asdict(done)}
            (aside / "state.json").write_text(json.dumps(told, indent=1), encoding="utf-8")


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {name.removeprefix(start): one for name, one in tensors.items() if name.startswith(start)}
