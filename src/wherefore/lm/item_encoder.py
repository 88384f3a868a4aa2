"""From an item's vectors to soft tokens of the LLM's width."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from wherefore.errors import CheckpointError, ConfigError


@dataclass(frozen=True)
class ItemSignals:
    """The vectors of m items.

    Attributes:
        text: (m, d) frozen generalist text vectors; every item has one.
        extra: Further vectors by name, (m, d_name): of people's tastes, of pictures …; rows without one are NaN.
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


class ItemEncoder(nn.Module):
    """Turns the vectors of items into soft tokens; `project` says how, the rest is the same for every kind.

    Text vectors are standardized, each vector is mapped to a common width by a layer of its own, and the soft tokens
    end as big as the LLM's own token embeddings. There is no parameter per item, so an item that was added a second
    ago is as usable as one seen in training.

    Args:
        dim: d, width of the text vector.
        width: h, width of the LLM.
        soft_tokens: s.
        inner: Width that each vector is mapped to first.
        extra: Width of each further signal by name; any item may lack any of them.
        dropout: While training, the share of items that lose each of their further signals, one by one, and the share
            that lose their text where they have such signals, never all of it: so that any of them is enough
            (DropoutNet: Volkovs et al., 2017). A lost text is the catalogue's mean.
        scale: Root mean square of the LLM's own token embeddings, which soft tokens start with.

    Raises:
        ConfigError: If a number is not allowed.
    """

    mean: Tensor  # (d,)
    spread: Tensor  # ()

    def __init__(
        self,
        dim: int,
        width: int,
        soft_tokens: int,
        inner: int,
        extra: Mapping[str, int] | None = None,
        dropout: float = 0.0,
        scale: float = 1.0,
    ) -> None:
        super().__init__()
        if not 0 <= dropout <= 0.5:
            raise ConfigError(f"`item_encoder.dropout` is {dropout}; it must be from 0 to 0.5")
        if soft_tokens < 1:
            raise ConfigError(f"`item_encoder.soft_tokens` is {soft_tokens}; at least 1 is needed")
        self.dim, self.width, self.soft_tokens, self.inner = dim, width, soft_tokens, inner
        self.dropout = dropout
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("spread", torch.tensor(1.0))
        self.sizes = {"text": dim, **dict(sorted((extra or {}).items()))}
        self.inputs = nn.ModuleDict({name: nn.Linear(size, inner) for name, size in self.sizes.items()})
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
            CheckpointError: If a vector has another width than the encoder was made for.
        """
        vectors, absent = self._vectors(signals)
        read = torch.stack([self.inputs[name](given) for name, given in vectors.items()], dim=1)
        tokens = self.project(read, absent).view(-1, self.soft_tokens, self.width)  # (m, s, h)
        normed: Tensor = self.norm(tokens)
        return normed

    def project(self, read: Tensor, absent: Tensor) -> Tensor:
        """The k mapped vectors of each item (m, k, inner), text first, and which it lacks (m, k), to (m, s * h)."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it projects")

    def _vectors(self, signals: ItemSignals) -> tuple[dict[str, Tensor], Tensor]:
        """Standardized text and further signals by name, all finite, and which each item lacks, (m, k) bool."""
        given = {"text": signals.text, **(signals.extra or {})}
        for name, size in self.sizes.items():
            if name in given and given[name].shape[-1] != size:
                what = "items have" if name == "text" else f"signal {name!r} has"
                raise CheckpointError(
                    f"{what} vectors of width {given[name].shape[-1]}, the item encoder was made for {size}; use the "
                    f"{'embedder' if name == 'text' else 'signal'} that the checkpoint was trained with"
                )
        text = (signals.text - self.mean) / self.spread  # (m, d)
        extra = {
            name: given[name] if name in given else text.new_full((len(text), size), torch.nan)
            for name, size in self.sizes.items()
            if name != "text"
        }
        lacking = [vectors.isnan().any(dim=-1) for vectors in extra.values()]
        absent = torch.stack([torch.zeros_like(text[:, 0], dtype=torch.bool), *lacking], dim=1)  # (m, k)
        if self.training and self.dropout and extra:
            lost_text, lost = self._lost(~absent[:, 1:])
            text = text.masked_fill(lost_text[:, None], 0.0)
            absent[:, 1:] |= lost
        return {"text": text, **{name: vectors.nan_to_num() for name, vectors in extra.items()}}, absent

    def _lost(self, known: Tensor) -> tuple[Tensor, Tensor]:
        """Which items lose their text (m,) and which further signals (m, k - 1), of those they have; never all.

        Each signal is lost by a draw of its own. The text is lost by the other end of the draw of one of the signals
        that the item has, so that this one then stays.
        """
        chance = torch.rand(known.shape, device=known.device)
        held = known.float()
        if known.shape[1] > 1:
            held = held * torch.rand(known.shape, device=known.device)
        kept = torch.argmax(held, dim=1, keepdim=True)  # one that it has, if any
        of_kept = chance.gather(1, kept)[:, 0]
        return known.any(dim=1) & (of_kept >= 1 - self.dropout), chance < self.dropout


class _SummingItemEncoder(ItemEncoder):
    """Adds up what is read of an item's vectors; a missing one is replaced by a learned vector."""

    def __init__(
        self,
        dim: int,
        width: int,
        soft_tokens: int,
        inner: int,
        extra: Mapping[str, int] | None,
        dropout: float,
        scale: float,
    ) -> None:
        super().__init__(dim, width, soft_tokens, inner, extra, dropout, scale)
        self.missing = nn.ParameterDict(
            {name: nn.Parameter(torch.zeros(inner)) for name in self.sizes if name != "text"}
        )

    def project(self, read: Tensor, absent: Tensor) -> Tensor:
        """(m, k, inner) to (m, inner)."""
        instead = torch.stack([read.new_zeros(self.inner), *self.missing.values()])  # (k, inner)
        return torch.where(absent[..., None], instead, read).sum(dim=1)


class LinearItemEncoder(_SummingItemEncoder):
    """One affine map of all vectors to the soft tokens: the smallest item encoder, as in LLaVA's first projector.

    Liu et al., 2023, "Visual Instruction Tuning" (arXiv 2304.08485). A missing signal is replaced by a learned vector.

    For its arguments see `ItemEncoder`.

    Example:
        >>> encoder = LinearItemEncoder(dim=8, width=16, soft_tokens=2)
        >>> encoder(ItemSignals(torch.randn(5, 8))).shape
        torch.Size([5, 2, 16])
    """

    def __init__(
        self,
        dim: int,
        width: int,
        soft_tokens: int = 1,
        extra: Mapping[str, int] | None = None,
        dropout: float = 0.0,
        scale: float = 1.0,
    ) -> None:
        super().__init__(dim, width, soft_tokens, soft_tokens * width, extra, dropout, scale)


class MLPItemEncoder(_SummingItemEncoder):
    """Projects item vectors to soft tokens with one hidden layer, as in LLaVA-1.5's projector.

    Liu et al., 2024, "Improved Baselines with Visual Instruction Tuning" (arXiv 2310.03744). A missing signal is
    replaced by a learned vector.

    Args (the others are `ItemEncoder`'s):
        hidden: Width of the hidden layer.

    Raises:
        ConfigError: If a number is not allowed.

    Example:
        >>> encoder = MLPItemEncoder(dim=8, width=16, soft_tokens=2, hidden=4)
        >>> encoder(ItemSignals(torch.randn(5, 8))).shape
        torch.Size([5, 2, 16])
    """

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
        if hidden < 1:
            raise ConfigError(
                f"`item_encoder.hidden` is {hidden}; give at least 1, or `name: linear` for no hidden layer"
            )
        super().__init__(dim, width, soft_tokens, hidden, extra, dropout, scale)
        self.output = nn.Linear(hidden, soft_tokens * width)

    def project(self, read: Tensor, absent: Tensor) -> Tensor:
        """(m, k, hidden) to (m, s * h)."""
        tokens: Tensor = self.output(nn.functional.gelu(super().project(read, absent)))
        return tokens


class QFormerItemEncoder(ItemEncoder):
    """Learned queries look at an item's vectors, and each becomes a soft token.

    The querying transformer of BLIP-2 (Li et al., 2023, arXiv 2301.12597) over the vectors of an item, as in the
    Item-Language Model (Yang et al., 2024, arXiv 2406.02844). In each layer the s queries attend to each other, then
    to the item's text vector and further signals, each of them one key and value. What an item lacks is not looked
    at. Layers normalize first.

    Args (the others are `ItemEncoder`'s):
        soft_tokens: s, number of queries.
        hidden: Width of queries, keys and values; the feed-forward layers are four times as wide.
        layers: Number of layers.
        heads: Attention heads; they must divide `hidden`.

    Raises:
        ConfigError: If a number is not allowed.

    Example:
        >>> encoder = QFormerItemEncoder(dim=8, width=16, soft_tokens=2, hidden=12, heads=3)
        >>> encoder(ItemSignals(torch.randn(5, 8))).shape
        torch.Size([5, 2, 16])
    """

    def __init__(
        self,
        dim: int,
        width: int,
        soft_tokens: int = 2,
        hidden: int = 256,
        layers: int = 2,
        heads: int = 8,
        extra: Mapping[str, int] | None = None,
        dropout: float = 0.0,
        scale: float = 1.0,
    ) -> None:
        for what, number in (("hidden", hidden), ("layers", layers), ("heads", heads)):
            if number < 1:
                raise ConfigError(f"`item_encoder.{what}` is {number}; at least 1 is needed")
        if hidden % heads:
            raise ConfigError(
                f"`item_encoder.hidden` is {hidden}, which {heads} heads cannot share; give a multiple of "
                "`item_encoder.heads`"
            )
        super().__init__(dim, width, soft_tokens, hidden, extra, dropout, scale)
        self.first = nn.LayerNorm(hidden)
        # Small beside what is read of the item, so that items do not begin with nearly the same soft tokens; not so
        # small that the tokens of one item do.
        self.queries = nn.Parameter(0.2 * torch.randn(soft_tokens, hidden))
        self.layers = nn.ModuleList(
            nn.TransformerDecoderLayer(
                hidden, heads, 4 * hidden, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
            )
            for _ in range(layers)
        )
        self.last = nn.LayerNorm(hidden)
        self.output = nn.Linear(hidden, width)

    def project(self, read: Tensor, absent: Tensor) -> Tensor:
        """(m, k, hidden) to (m, s, h)."""
        if not len(read):  # torch's attention takes no empty batch
            return read.new_zeros(0, self.soft_tokens, self.width)
        keys = self.first(read)  # (m, k, hidden)
        states = self.queries.expand(len(read), -1, -1)  # (m, s, hidden)
        for layer in self.layers:
            states = layer(states, keys, memory_key_padding_mask=absent)
        tokens: Tensor = self.output(self.last(states))
        return tokens


ITEM_ENCODERS: dict[str, Callable[..., ItemEncoder]] = {
    "linear": LinearItemEncoder,
    "mlp": MLPItemEncoder,
    "qformer": QFormerItemEncoder,
}
