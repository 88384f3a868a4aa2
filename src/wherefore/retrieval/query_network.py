"""The network that reads events and gives query vectors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from wherefore.errors import ConfigError
from wherefore.retrieval.checks import at_least_one
from wherefore.retrieval.events import ITEM, QUERY, TEXT, VALUE, Events
from wherefore.retrieval.item_inputs import ItemInputs

_FARTHEST = 23  # messages; what is farther back counts as this far


class _Layer(nn.Module):
    """A pre-norm transformer layer whose attention knows how many messages lie between two events."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.within = nn.LayerNorm(width), nn.LayerNorm(width)
        self.inputs, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.distance = nn.Embedding(_FARTHEST + 1, heads)
        nn.init.zeros_(self.distance.weight)
        self.feed = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(2 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, seen: Tensor, distance: Tensor) -> Tensor:
        """(b, e, w), which event sees which (b, e, e) and their distance in messages (b, e, e) -> (b, e, w)."""
        b, e, width = x.shape
        heads = self.inputs(self.before(x)).view(b, e, 3, self.heads, width // self.heads)
        query, key, value = heads.permute(2, 0, 3, 1, 4)  # (b, heads, e, w / heads) each
        bias = self.distance(distance).permute(0, 3, 1, 2).masked_fill(~seen[:, None], -1e9)
        read = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias.to(query.dtype))
        x = x + self.dropout(self.output(read.transpose(1, 2).reshape(b, e, width)))
        made: Tensor = x + self.dropout(self.feed(self.within(x)))
        return made


class QueryTower(nn.Module):
    """Reads events and gives a query vector before each message; makes item vectors of the same space.

    Causal self-attention over what was named (SASRec: Kang and McAuley, 2018), with a learned bias by distance
    (Raffel et al., 2020); items' own vectors are dropped at random, so that new items, which have none, are as
    usable (DropoutNet: Volkovs et al., 2017).

    Args:
        dim: d, width of text vectors.
        items: Items that have a vector of their own.
        values: Values of fields of tags or names.
        width: w.
        layers: Transformer layers.
        heads: Attention heads.
        dropout: Within the layers.
        id_dropout: Share of items whose own vector is left out in a training step.
        event_dropout: Share of events that are left out in a training step.
        extra: Width of further item vectors by name.

    Raises:
        ConfigError: If a number is out of its range.
    """

    def __init__(
        self,
        dim: int,
        items: int,
        values: int,
        width: int = 256,
        layers: int = 1,
        heads: int = 4,
        dropout: float = 0.2,
        id_dropout: float = 0.3,
        event_dropout: float = 0.1,
        extra: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__()
        at_least_one(width=width, layers=layers, heads=heads)
        for name, share in (
            ("dropout", dropout),
            ("id_dropout", id_dropout),
            ("event_dropout", event_dropout),
        ):
            if not 0 <= share < 1:
                raise ConfigError(f"`{name}` is {share}; it must be at least 0 and less than 1")
        if width % heads:
            raise ConfigError(f"`width` is {width}; it must be a multiple of `heads`, which is {heads}")
        self.shape = {"width": width, "layers": layers, "heads": heads}
        self.id_dropout, self.event_dropout = id_dropout, event_dropout
        self.own = nn.Embedding(items + 1, width, padding_idx=items)  # the last: none, always zeros
        self.bias = nn.Parameter(torch.zeros(items))
        self.values = nn.Embedding(values, width)
        self.item_text, self.item_norm = nn.Linear(dim, width), nn.LayerNorm(width)
        self.extra = nn.ModuleDict({n: nn.Linear(w, width, bias=False) for n, w in (extra or {}).items()})
        self.said, self.kinds = nn.Linear(dim, width), nn.Embedding(8, width)
        nn.init.normal_(self.values.weight, std=0.02)
        nn.init.normal_(self.kinds.weight, std=0.1)
        nn.init.normal_(self.own.weight, std=0.02)
        with torch.no_grad():
            self.own.weight[items] = 0.0
        self.layers = nn.ModuleList(_Layer(width, heads, dropout) for _ in range(layers))
        self.norm, self.output = nn.LayerNorm(width), nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)
        self.popularity = nn.Parameter(torch.tensor([0.5]))
        self.sharpness = nn.Parameter(torch.tensor([math.log(12.0)]))

    def items(self, inputs: ItemInputs) -> Tensor:
        """Item vectors (n, w) as events are made of; `scores` takes them unit."""
        mine = self.own(inputs.own)
        if self.training and self.id_dropout:
            mine = mine * (torch.rand(len(mine), 1) > self.id_dropout)
        made = mine + self.item_text(inputs.text)
        if len(inputs.values):
            made = made + functional.embedding_bag(
                inputs.values,
                self.values.weight,
                inputs.starts,
                mode="sum",
                per_sample_weights=inputs.weights,
            )
        for name, linear in self.extra.items():
            made = made + linear(inputs.extra[name])
        normed: Tensor = self.item_norm(made)
        return normed

    def forward(self, batch: Sequence[Events], items: Tensor, texts: Tensor) -> Tensor:
        """Query vectors of all queries of the dialogues, in order: (q, w), unit.

        A query sees the events of earlier messages and itself; an event those of its message and of earlier
        ones. Nothing sees another query.

        Args:
            batch: b dialogues.
            items: (n, w) that ITEM events point into.
            texts: (t, d) that TEXT events point into.
        """
        (kinds, roles, turns, places), real = _padded(batch)  # (b, e) each
        queries = (kinds == QUERY) & real
        x = self.kinds(kinds * 2 + roles)  # (b, e, w)
        for kind in (TEXT, VALUE, ITEM):
            here = (kinds == kind) & real
            which = places[here]
            if not len(which):
                continue
            if kind == TEXT:
                content = 3 * self.said(texts[which].float())
            elif kind == VALUE:
                content = 3 * self.values(which)
            else:  # not items[which], whose gradient depends on the order in which threads come
                content = functional.embedding(which, items)
            x = x.index_put((here,), content.to(x.dtype), accumulate=True)
        kept = real
        if self.training and self.event_dropout:
            kept = real & (torch.rand(real.shape) > self.event_dropout)
        reader, read = turns[:, :, None], turns[:, None, :]
        earlier = torch.where(queries[:, :, None], read < reader, read <= reader)
        seen = earlier & ~queries[:, None, :] & kept[:, None, :]
        seen = seen | torch.eye(real.shape[1], dtype=torch.bool)
        distance = (reader - read).clamp(0, _FARTHEST)
        x = self.dropout(x)
        for layer in self.layers:
            x = layer(x, seen, distance)
        return functional.normalize(self.output(self.norm(x[queries])).float(), dim=-1)

    def scores(self, queries: Tensor, unit_items: Tensor, inputs: ItemInputs) -> Tensor:
        """How well queries (q, w) and items (n, w), both unit, go together: logits (q, n)."""
        bias = torch.cat([self.bias, self.bias.new_zeros(1)])[inputs.own]
        return self.sharpness.exp() * (queries @ unit_items.T) + self.popularity * inputs.log_counts + bias


def _padded(batch: Sequence[Events]) -> tuple[Tensor, Tensor]:
    """Kinds, roles, turns and places of the events of b dialogues, (4, b, e), and which are real, (b, e) bool."""
    longest = max(map(len, batch))
    table = torch.zeros((4, len(batch), longest), dtype=torch.long)
    real = torch.zeros((len(batch), longest), dtype=torch.bool)
    for row, events in enumerate(batch):
        real[row, : len(events)] = True
        columns = np.stack([events.kinds, events.roles, events.turns, events.places])
        table[:, row, : len(events)] = torch.from_numpy(columns)
    return table, real


def rounded(tensor: Tensor) -> np.ndarray:
    """A tensor as it is saved: matrices as float16, the rest, which is small, as float32."""
    made: np.ndarray = tensor.detach().to(torch.float16 if tensor.ndim > 1 else torch.float32).numpy().copy()
    return made
