"""How far training moved an LLM from the language that it had: perplexity with its adapter and without."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from wherefore.dialogue.messages import Message
from wherefore.errors import CorpusError, ModelError
from wherefore.lm.model import RecommenderLM


@dataclass(frozen=True)
class Drift:
    """Perplexities over the same text.

    Attributes:
        tokens: How many tokens were predicted.
        base: Perplexity without the adapter: of the LLM as it was.
        adapted: With it.
    """

    tokens: int
    base: float
    adapted: float

    @property
    def ratio(self) -> float:
        """How many times as perplexed the adapted LLM is; below 1 it has learned that language instead."""
        return self.adapted / self.base


def measure_drift(
    model: RecommenderLM,
    dialogues: Iterable[tuple[Message, ...]],
    progress: Callable[[int], None] | None = None,
) -> Drift:
    """Perplexity of dialogues that have nothing to do with recommending, each as the prompt format writes it.

    Args:
        model: With an adapter that is not merged.
        dialogues: At least one message each.
        progress: Hears how many dialogues are done.

    Raises:
        CorpusError: If the model has no adapter to switch off, or no dialogue has two tokens.
    """
    lm: Any = model.lm
    if not hasattr(lm, "disable_adapter"):
        raise ModelError(
            "the model has no adapter that could be switched off: its LLM was frozen, or the checkpoint was loaded "
            "with `merge=True`; load it with `merge=False`"
        )
    sums = {True: 0.0, False: 0.0}
    tokens = 0
    for done, messages in enumerate(dialogues, 1):
        ids = model.format.dialogue(messages, reply_next=False).ids
        if len(ids) > 1:
            tokens += len(ids) - 1
            for adapted in sums:
                sums[adapted] += _loss(model, ids, adapted)
        if progress is not None:
            progress(done)
    if not tokens:
        raise CorpusError("no dialogue has two tokens or more, so there is nothing to predict")
    base, now = (math.exp(sums[on] / tokens) for on in (False, True))
    return Drift(tokens, base, now)


@torch.inference_mode()
def _loss(model: RecommenderLM, ids: tuple[int, ...], adapted: bool) -> float:
    """The sum of what each token after the first costs, in nats."""
    lm: Any = model.lm
    given = torch.tensor([ids], device=model.device)
    with contextlib.nullcontext() if adapted else lm.disable_adapter():
        logits = lm(input_ids=given, use_cache=False).logits[0, :-1]
    return float(functional.cross_entropy(logits.float(), given[0, 1:], reduction="sum"))
