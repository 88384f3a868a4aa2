"""From an item's vectors to soft tokens of the LLM's width."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class ItemSignals:
    """What is known of m items besides their text.

    Attributes:
        text: (m, d) frozen generalist text vectors; every item has one.
        extra: Further vectors by name, (m, d_name), e.g. collaborative ones; rows without one are NaN.
    """

    text: Tensor
    extra: Mapping[str, Tensor] | None = None

    def __len__(self) -> int:
        return len(self.text)

    def of(self, rows: Tensor) -> ItemSignals:
        """Those of some rows (k,)."""
        return self._each(lambda vectors: vectors[rows])

    def to(self, device: torch.device) -> ItemSignals:
        """The same on a device."""
        return self._each(lambda vectors: vectors.to(device))

    def followed_by(self, text: Tensor) -> ItemSignals:
        """These and further items, of which text vectors (k, d) alone are known."""
        extra = self.extra and {
            name: torch.cat([vectors, vectors.new_full((len(text), vectors.shape[1]), torch.nan)])
            for name, vectors in self.extra.items()
        }
        return ItemSignals(torch.cat([self.text, text]), extra)

    def _each(self, change: Callable[[Tensor], Tensor]) -> ItemSignals:
        extra = self.extra and {name: change(vectors) for name, vectors in self.extra.items()}
        return ItemSignals(change(self.text), extra)


class MLPItemEncoder(nn.Module):
    """Projects item vectors to soft tokens with one hidden layer, as in LLaVA-1.5's projector.

    Liu et al., 2024, "Improved Baselines with Visual Instruction Tuning" (arXiv 2310.03744). There is no
    parameter per item, so an item that was added a second ago is as usable as one seen in training.

    Args:
        dim: d, width of the text vector.
        width: h, width of the LLM.
        soft_tokens: s.
        hidden: Width of the hidden layer; 0 for a linear projection.
        extra: Width of each further signal by name. A missing one is replaced by a learned vector.
        dropout: While training, the share of items that lose their further signals, and the share of others that
            lose their text where they have such signals: so that either is enough (DropoutNet: Volkovs et al.,
            2017).
        scale: Root mean square of the LLM's own token embeddings, which soft tokens start with.

    Example:
        >>> encoder = MLPItemEncoder(dim=8, width=16, soft_tokens=2, hidden=4)
        >>> encoder(ItemSignals(torch.randn(5, 8))).shape
        torch.Size([5, 2, 16])
    """

    mean: Tensor  # (d,)
    spread: Tensor  # ()

    def __init__(
        self,
        dim: int,
        width: int,
        soft_tokens: int = 2,
        hidden: int = 512,
        extra: Mapping[str, int] | None = None,
        dropout: float = 0.0,
        scale: float = 1.0,
    ) -> None:
        super().__init__()
        if not 0 <= dropout <= 0.5:
            raise ValueError(f"`item_encoder.dropout` is {dropout}; it must be from 0 to 0.5")
        self.dropout = dropout
        if soft_tokens < 1:
            raise ValueError(f"`item_encoder.soft_tokens` is {soft_tokens}; at least 1 is needed")
        self.dim, self.width, self.soft_tokens, self.hidden = dim, width, soft_tokens, hidden
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("spread", torch.tensor(1.0))
        inner = hidden or soft_tokens * width
        self.inputs = nn.ModuleDict({"text": nn.Linear(dim, inner)})
        self.missing = nn.ParameterDict()
        for name, size in sorted((extra or {}).items()):
            self.inputs[name] = nn.Linear(size, inner)
            self.missing[name] = nn.Parameter(torch.zeros(inner))
        self.output = nn.Linear(hidden, soft_tokens * width) if hidden else nn.Identity()
        self.norm = nn.LayerNorm(width)
        nn.init.constant_(self.norm.weight, scale)

    def fit(self, vectors: Tensor) -> None:
        """Take the mean and the spread of a catalogue's text vectors (n, d), so that the inputs are standardized.

        Text vectors are unit and lie in a narrow cone: as they are, all items would begin with nearly the same
        soft tokens, and the LLM learns to tell them apart late or never.
        """
        self.mean.copy_(vectors.mean(dim=0))
        self.spread.copy_((vectors - self.mean).square().mean().sqrt().clamp_min(1e-6))

    def forward(self, signals: ItemSignals) -> Tensor:
        """(m, d) and further signals to (m, s, h).

        Raises:
            ValueError: If a vector has another width than the encoder was made for.
        """
        if signals.text.shape[-1] != self.dim:
            raise ValueError(
                f"items have vectors of width {signals.text.shape[-1]}, the item encoder was made for "
                f"{self.dim}; use the embedder that the checkpoint was trained with"
            )
        text = (signals.text - self.mean) / self.spread  # (m, d)
        given = signals.extra or {}
        absent = {
            name: given[name].isnan().any(dim=-1) for name in self.missing if name in given
        }  # (m,) each
        if self.training and self.dropout and absent:
            chance = torch.rand(len(text), device=text.device)
            known = ~torch.stack(list(absent.values())).all(dim=0)
            text = text.masked_fill((known & (chance >= 1 - self.dropout))[:, None], 0.0)
            absent = {name: gone | (chance < self.dropout) for name, gone in absent.items()}
        hidden = self.inputs["text"](text)  # (m, inner)
        for name, missing in self.missing.items():
            if name not in given:
                hidden = hidden + missing
                continue
            read = self.inputs[name](given[name].nan_to_num())
            hidden = hidden + torch.where(absent[name][:, None], missing, read)
        if self.hidden:
            hidden = nn.functional.gelu(hidden)
        tokens = self.output(hidden).view(-1, self.soft_tokens, self.width)  # (m, s, h)
        normed: Tensor = self.norm(tokens)
        return normed


def linear_item_encoder(dim: int, width: int, soft_tokens: int = 1, **keywords: object) -> MLPItemEncoder:
    """A single linear projection: the smallest item encoder."""
    return MLPItemEncoder(dim, width, soft_tokens, hidden=0, **keywords)  # type: ignore[arg-type]


ITEM_ENCODERS: dict[str, Callable[..., MLPItemEncoder]] = {
    "mlp": MLPItemEncoder,
    "linear": linear_item_encoder,
}
