"""From a config to a model that is not trained yet: the LLM under its adapter, the item encoder, the head."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from wherefore.config import Config, build
from wherefore.lm.head import RankingHead
from wherefore.lm.item_encoder import ITEM_ENCODERS, ItemEncoder
from wherefore.lm.load import build_lm
from wherefore.lm.model import RecommenderLM, base_of
from wherefore.retrieval.signals import make_signals


@torch.no_grad()
def _embedding_scale(table: Any) -> float:
    """Root mean square of what a table of embeddings gives: some LLMs (Gemma) scale what is in it."""
    size = table.weight.shape[0]
    ids = torch.arange(0, size, max(size // 50_000, 1), device=table.weight.device)
    return float(table(ids).float().pow(2).mean().sqrt())


def build_item_encoder(config: Config, dim: int, width: int, scale: float) -> ItemEncoder:
    """A fresh item encoder.

    Args:
        config: The whole tree.
        dim: d, width of the item vectors.
        width: h, of the LLM.
        scale: Size of the LLM's own embeddings.
    """
    widths = {name: signal.dim for name, signal in make_signals(config.signals).items()}
    extra = {"extra": widths} if widths else {}
    encoder: ItemEncoder = build(
        config.item_encoder, ITEM_ENCODERS, "item encoder", **extra, dim=dim, width=width, scale=scale
    )
    return encoder


def build_model(
    config: Config, dim: int, features: int, llm: tuple[nn.Module, Any] | None = None
) -> RecommenderLM:
    """A model to be trained: base LLM with a fresh adapter, item encoder and head.

    Args:
        config: The whole tree.
        dim: d, width of the item vectors.
        features: f, number of source features.
        llm: The LLM under its adapter, and its tokenizer; None: those that `config.llm` names.
    """
    lm, tokenizer = llm or build_lm(config.llm, config.seed)
    torch.manual_seed(config.seed + 1)
    base = base_of(lm)
    table = base.get_input_embeddings().weight
    encoder = build_item_encoder(config, dim, table.shape[1], _embedding_scale(base.get_input_embeddings()))
    ranker = config.ranker
    head = RankingHead(
        table.shape[1],
        features,
        ranker.hidden,
        reads_states=ranker.llm,
        reads_features=ranker.features,
    )
    return RecommenderLM(
        lm, tokenizer, encoder, head, config.llm.max_dialogue_tokens, ranker.mask, config.llm.soft_mentions
    )
