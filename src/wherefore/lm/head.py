"""The ranking head: a candidate's hidden state and its sources' features to one score."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from wherefore.errors import ConfigError


class Scores(NamedTuple):
    """Scores of m candidates, and their two parts."""

    total: Tensor  # (m,)
    llm: Tensor  # (m,) read by the LLM from dialogue and soft tokens
    sources: Tensor  # (m,) read from the sources' ranks and scores


class FeatureScaler(nn.Module):
    """Turns each source feature into three inputs of a network: standardized, as a quantile, and whether it is missing.

    Args:
        features: f.
        knots: Quantiles between which a feature's quantile is interpolated.
    """

    mean: Tensor  # (f,)
    std: Tensor  # (f,)
    knots: Tensor  # (f, knots)

    def __init__(self, features: int, knots: int = 15) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("std", torch.ones(features))
        self.register_buffer("knots", torch.linspace(-2, 2, knots).repeat(features, 1))

    def fit(self, features: Tensor) -> None:
        """Take mean, spread and quantiles from a sample (r, f); NaN is not counted."""
        shares = torch.linspace(0, 1, self.knots.shape[1] + 2)[1:-1]
        for column, values in enumerate(features.double().T):
            known = values[values.isfinite()]
            if not len(known):
                continue
            self.mean[column] = known.mean()
            self.std[column] = known.std(correction=0).clamp_min(1e-3)
            sample = known[:: max(len(known) // 100_000, 1)]
            self.knots[column] = torch.quantile(sample, shares.double())

    def forward(self, features: Tensor) -> Tensor:
        """(…, f) with NaN for what is not known -> (…, 3 f), all finite."""
        missing = features.isnan()
        known = features.nan_to_num(0.0, 1e30, -1e30).float()
        scaled = ((known - self.mean) / self.std).clamp(-4, 4)
        parts = [part.masked_fill(missing, 0.0) for part in (scaled, 2 * self._quantile(known) - 1)]
        return torch.cat([*parts, missing.float()], dim=-1)

    def _quantile(self, known: Tensor) -> Tensor:
        """(…, f) to (…, f) between 0 and 1: how many of the steps between the knots are behind each value."""
        flat = known.reshape(-1, known.shape[-1]).T.contiguous()  # (f, r)
        steps = self.knots.shape[1] - 1
        at = (torch.searchsorted(self.knots, flat) - 1).clamp(0, steps - 1)
        low, high = self.knots.gather(1, at), self.knots.gather(1, at + 1)
        within = ((flat - low) / (high - low).clamp_min(1e-6)).clamp(0, 1)
        return ((at + within) / steps).T.reshape(known.shape)


def in_full_precision(tensor: Tensor) -> torch.autocast:
    """No mixed precision: scores of many candidates differ by less than half precision can tell."""
    return torch.autocast(tensor.device.type, enabled=False)


class RankingHead(nn.Module):
    """Scores candidates from the LLM's hidden states and from the sources' ranks and scores; both add up.

    The LLM's part is read from the candidate's state, which has seen the dialogue, and from how well that state
    goes with the state at the dialogue's end: their product learns quickly what to look for, the rest learns the
    exceptions. Both sides of the product start from one map, so that it begins as the similarity of two states, which
    the contrastive losses have trained; from two unrelated maps, that would first have to be learned.

    Args:
        width: h.
        features: f, number of source features.
        hidden: Width of the hidden layers, and of the product.
        dropout: Between the layers of the sources' part.
        reads_states: Whether the LLM's part counts.
        reads_features: Whether the sources' part does.

    Raises:
        ConfigError: If neither does.
    """

    def __init__(
        self,
        width: int,
        features: int,
        hidden: int = 64,
        dropout: float = 0.2,
        reads_states: bool = True,
        reads_features: bool = True,
    ) -> None:
        super().__init__()
        if not (reads_states or reads_features):
            raise ConfigError("`ranker.llm` and `ranker.features` are both false; something must rank")
        self.reads_states, self.reads_features = reads_states, reads_features
        self.norm = nn.LayerNorm(width)
        last = nn.Linear(hidden, 1)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.llm = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), last)
        self.query, self.key = nn.Linear(width, hidden, bias=False), nn.Linear(width, hidden, bias=False)
        with torch.no_grad():
            self.key.weight.copy_(self.query.weight)
        self.scaler = FeatureScaler(features)
        self.sources = nn.Sequential(
            nn.Linear(3 * features, hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, 1),
        )

    def fit(self, features: Tensor) -> None:
        """Take mean, spread and quantiles of the features from a sample (r, f)."""
        self.scaler.fit(features)

    @torch.no_grad()
    def weigh_llm(self, weight: float) -> None:
        """Multiply the LLM's part by a number."""
        last = self.llm[-1]
        assert isinstance(last, nn.Linear)
        for tensor in (last.weight, last.bias, self.query.weight):
            tensor.mul_(weight)

    def llm_score(self, hidden: Tensor, dialogue: Tensor) -> Tensor:
        """States at the candidates (…, m, h) and at the dialogue's end (…, h) to (…, m)."""
        with in_full_precision(hidden):
            state = self.norm(hidden.float())
            query = self.query(self.norm(dialogue.float())).unsqueeze(-1)  # (…, hidden, 1)
            product = (self.key(state) @ query).squeeze(-1) * query.shape[-2] ** -0.5
            score: Tensor = self.llm(state).squeeze(-1) + product
            return score

    def source_score(self, features: Tensor) -> Tensor:
        """(…, f) to (…,); zeros where features do not count."""
        if not self.reads_features:
            return features.new_zeros(features.shape[:-1], dtype=torch.float32)
        with in_full_precision(features):
            score: Tensor = self.sources(self.scaler(features)).squeeze(-1)
            return score

    def settled_source_score(self, features: Tensor) -> Tensor:
        """(…, f) to (…,) as at inference, without dropout and without gradient, also while training."""
        training = self.sources.training
        self.sources.eval()
        with torch.no_grad():
            score = self.source_score(features)
        self.sources.train(training)
        return score

    def forward(self, hidden: Tensor | None, dialogue: Tensor | None, features: Tensor) -> Scores:
        """States at candidates (m, h) and at the dialogue's end (h,), and features (m, f), to scores (m,).

        Without states, the sources' part alone.
        """
        sources = self.source_score(features)
        if hidden is None or dialogue is None:
            return Scores(sources, torch.zeros_like(sources), sources)
        llm = self.llm_score(hidden, dialogue)
        return Scores(llm + sources, llm, sources)
