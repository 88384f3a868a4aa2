"""The network that reads a history of items and says which comes next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from wherefore.errors import ConfigError
from wherefore.retrieval.checks import at_least_one
from wherefore.retrieval.item_signals import ItemSignals, Vocabulary


@dataclass(frozen=True)
class SequenceShape:
    """How large a network is and how it is built.

    Attributes:
        width: w.
        layers: Transformer layers.
        heads: Attention heads; divide `width` into parts of an even number.
        dropout: Within layers, and of what goes in.
        signal_dropout: Share of items that lack each signal in a training step, so that any may be missing.
        positions: `rotary` (relative: Su et al., 2021, arXiv 2104.09864) or `learned` (as in SASRec).
        longest: So many of the newest items of a history are read.
        cosine: Compare unit vectors, with a learned sharpness, instead of vectors of any length.
    """

    width: int = 128
    layers: int = 2
    heads: int = 2
    dropout: float = 0.3
    signal_dropout: float = 0.1
    positions: str = "learned"
    longest: int = 50
    cosine: bool = True

    def __post_init__(self) -> None:
        at_least_one(width=self.width, layers=self.layers, heads=self.heads, longest=self.longest)
        for name in ("dropout", "signal_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"`{name}` is {getattr(self, name)}; it must be at least 0 and less than 1")
        if self.width % (2 * self.heads):
            raise ConfigError(
                f"`width` is {self.width}; it must be a multiple of twice the `heads`, {2 * self.heads}"
            )
        if self.positions not in ("rotary", "learned"):
            raise ConfigError(f"`positions` is {self.positions!r}; give rotary or learned")

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class SignalTensors:
    """`ItemSignals` as tensors."""

    text: Tensor
    values: Tensor
    starts: Tensor
    weights: Tensor
    bands: Tensor
    own: Tensor

    @classmethod
    def of(cls, signals: ItemSignals) -> SignalTensors:
        """The same numbers."""
        return cls(
            *(torch.from_numpy(np.ascontiguousarray(getattr(signals, name))) for name in cls.__slots__)
        )


class _Layer(nn.Module):
    """A pre-norm transformer layer that looks back."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.within = nn.LayerNorm(width), nn.LayerNorm(width)
        self.inputs, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(2 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, turn: Tensor | None) -> Tensor:
        """(b, t, w) and the rotation of positions (t, w / heads / 2) or None -> (b, t, w)."""
        b, t, width = x.shape
        parts = self.inputs(self.before(x)).view(b, t, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # (b, heads, t, w / heads) each
        if turn is not None:
            query, key = _turned(query, turn), _turned(key, turn)
        read = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.dropout(self.output(read.transpose(1, 2).reshape(b, t, width)))
        made: Tensor = x + self.dropout(self.feed(self.within(x)))
        return made


class SequenceNetwork(nn.Module):
    """Items from what is known of them, and a causal transformer over the items of a history.

    Item vectors go in and are what the answer is compared with (tied), as in SASRec (Kang and McAuley, 2018, arXiv
    1808.09781); they are made of metadata, and what comes next is learned together with its categories and numbers, as
    in M2TRec (Shalaby et al., 2022, arXiv 2209.11824). With the signal `ids` alone it is SASRec.

    Args:
        dim: d, width of text vectors.
        vocabulary: What is read.
        shape: How large it is.
    """

    def __init__(self, dim: int, vocabulary: Vocabulary, shape: SequenceShape) -> None:
        super().__init__()
        self.shape, self.vocabulary = shape, vocabulary
        width, signals = shape.width, vocabulary.signals
        self.text = nn.Linear(dim, width) if "text" in signals else None
        self.values = (
            nn.EmbeddingBag(len(vocabulary.values), width, mode="sum") if vocabulary.values else None
        )
        self.bands = nn.ModuleList(nn.Embedding(count, width, padding_idx=0) for count in vocabulary.bands)
        self.own = (
            nn.Embedding(len(vocabulary.ids) + 1, width, padding_idx=len(vocabulary.ids))
            if "ids" in signals
            else None
        )
        self.described = signals != ("ids",)
        if self.described:
            self.mixed = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU())
            self.mixes = nn.Linear(2 * width, width)
        self.place = nn.Embedding(shape.longest, width) if shape.positions == "learned" else None
        self.layers = nn.ModuleList(_Layer(width, shape.heads, shape.dropout) for _ in range(shape.layers))
        self.enter, self.leave = nn.LayerNorm(width), nn.LayerNorm(width)
        self.dropout = nn.Dropout(shape.dropout)
        self.sharpness = nn.Parameter(torch.tensor([math.log(12.0)]))
        # What comes next, said by its values and numbers.
        self.tasks = nn.ModuleDict({_safe(name): nn.Linear(width, width) for name in vocabulary.fields})
        self.band_tasks = nn.ModuleList(nn.Linear(width, len(e) + 2) for e in vocabulary.edges.values())
        for part in self.modules():
            if isinstance(part, nn.Embedding | nn.EmbeddingBag):
                nn.init.normal_(part.weight, std=0.02 if part is self.own or part is self.place else 0.05)
                if isinstance(part, nn.Embedding) and part.padding_idx is not None:
                    with torch.no_grad():
                        part.weight[part.padding_idx] = 0.0

    def items(self, given: SignalTensors) -> Tensor:
        """Item vectors, (g, w)."""
        parts = []
        if self.text is not None:
            parts.append(self._dropped(self.text(given.text)))
        if self.values is not None:
            bag = self.values(given.values, given.starts, per_sample_weights=given.weights)
            parts.append(self._dropped(bag))
        parts += [self._dropped(band(given.bands[:, n])) for n, band in enumerate(self.bands)]
        if self.own is not None:
            mine = self.own(given.own)
            parts.append(self._dropped(mine) if self.described else mine)
        made: Tensor = torch.stack(parts).sum(0)
        if self.described:
            made = made + self.mixes(self.mixed(made))
        return made

    def forward(self, items: Tensor, rows: Tensor) -> Tensor:
        """Histories of items, by row (b, t), padded at their ends -> what comes after each place, (b, t, w)."""
        x = functional.embedding(rows, items)
        x = self.enter(x) if self.shape.cosine or self.described else x * self.shape.width**0.5
        turn = None
        if self.place is not None:
            x = x + self.place.weight[: rows.shape[1]]
        else:
            turn = _angles(rows.shape[1], self.shape.width // self.shape.heads)
        x = self.dropout(x)
        for layer in self.layers:
            x = layer(x, turn)
        made: Tensor = self.leave(x)
        return made

    def scores(self, answers: Tensor, items: Tensor) -> Tensor:
        """How well items (g, w) go with answers (p, w), (p, g)."""
        if not self.shape.cosine:
            return answers @ items.T
        unit = functional.normalize(answers, dim=-1), functional.normalize(items, dim=-1)
        made: Tensor = self.sharpness.exp() * (unit[0] @ unit[1].T)
        return made

    def value_logits(self, answers: Tensor, name: str) -> Tensor:
        """Of the values of a field, which the next item has; answers (p, w) -> (p, values of the field)."""
        assert self.values is not None
        start, end = self.vocabulary.places(name)
        made: Tensor = self.tasks[_safe(name)](answers) @ self.values.weight[start:end].T
        return made

    def _dropped(self, part: Tensor) -> Tensor:
        """A signal (g, w) without that of some items, while it learns."""
        if not self.training or not self.shape.signal_dropout:
            return part
        kept = torch.rand(len(part), 1) >= self.shape.signal_dropout
        return part * kept.to(part.dtype)


def _safe(name: str) -> str:
    """A field's name as a module may be called."""
    return "of_" + name.encode("utf-8").hex()


def _angles(length: int, width: int) -> Tensor:
    """(t, width / 2) by how much each position is turned."""
    rates = 1.0 / (10_000 ** (torch.arange(0, width, 2) / width))
    return torch.outer(torch.arange(length).float(), rates)


def _turned(x: Tensor, angles: Tensor) -> Tensor:
    """(b, heads, t, width), with each pair of numbers turned by its angle."""
    sin, cos = angles.sin().to(x.dtype), angles.cos().to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(-2)


def padded(histories: Sequence[np.ndarray]) -> Tensor:
    """Rows of histories, (b, longest of them), 0 behind their ends."""
    made = np.zeros((len(histories), max(map(len, histories))), dtype=np.int64)
    for line, rows in enumerate(histories):
        made[line, : len(rows)] = rows
    return torch.from_numpy(made)
