"""Perplexity with the adapter and without."""

from __future__ import annotations

import math

import pytest
import torch

from conftest import make_tiny
from families import make_lm
from wherefore.dialogue.messages import Message
from wherefore.evaluation.drift import measure_drift

TALKS = [
    (Message("user", "something funny with ridley scott"),),
    (Message("user", "i loved alien"), Message("assistant", "so here are some for you")),
]


@pytest.mark.parametrize("family", ["llama", "gpt2", "bert", "mistral"])
def test_perplexities_are_those_of_the_llm_as_it_was_and_as_it_is(family, tokenizers):
    model = make_tiny(family, tokenizers)
    base = make_lm(family, len(tokenizers[family]))
    drift = measure_drift(model, TALKS)
    slow = []
    for talk in TALKS:
        ids = model.format.dialogue(talk, reply_next=False).ids
        for place in range(1, len(ids)):  # a token at a time
            with torch.inference_mode():
                logits = base(input_ids=torch.tensor([ids[:place]])).logits[0, -1]
            slow.append(-float(logits.log_softmax(-1)[ids[place]]))
    assert drift.tokens == len(slow)
    assert drift.base == pytest.approx(math.exp(sum(slow) / len(slow)), rel=1e-4)
    assert drift.adapted != pytest.approx(drift.base, rel=1e-6)
    assert drift.ratio == drift.adapted / drift.base


def test_an_adapter_that_does_nothing_is_no_drift(tokenizers):
    model = make_tiny("llama", tokenizers)
    with torch.no_grad():
        for name, weight in model.lm.named_parameters():
            if "lora_B" in name:
                weight.zero_()
    done = []
    assert measure_drift(model, TALKS, done.append).ratio == 1.0 and done == [1, 2]


def test_what_cannot_be_measured_says_why(tokenizers):
    model = make_tiny("llama", tokenizers)
    with pytest.raises(ValueError, match="nothing to predict"):
        measure_drift(model, [])
    model.lm = model.lm.merge_and_unload()
    with pytest.raises(ValueError, match="load it with `merge=False`"):
        measure_drift(model, TALKS)
