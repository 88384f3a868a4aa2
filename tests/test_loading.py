"""LLMs that cannot be loaded, and what is said then."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from families import make_lm, make_tokenizer
from wherefore.config import LLMConfig
from wherefore.lm.load import build_lm


def save(folder, kind, lm=True):
    tokenizer = make_tokenizer(kind)
    tokenizer.save_pretrained(folder)
    if lm:
        make_lm("llama", len(tokenizer)).save_pretrained(folder)
    return str(folder)


def refuse(monkeypatch, error):
    """Make the hub, or the machine, refuse the weights."""

    def fail(*given, **named):
        raise error

    monkeypatch.setattr("transformers.AutoModelForCausalLM.from_pretrained", fail)


def hub_error(kind):
    """An error as transformers gives it on, with the hub's own behind it."""
    from huggingface_hub import errors

    response = SimpleNamespace(headers={}, request=None, status_code=403)
    seen = OSError("some/model cannot be had")
    seen.__cause__ = getattr(errors, kind)("no", response=response)
    return seen


def test_without_a_hub_the_message_says_what_to_give():
    with pytest.raises(ValueError, match=r"'nobody/no-such-model'.*Give `minilm`.*copy the folder"):
        build_lm(LLMConfig(name="nobody/no-such-model"))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("GatedRepoError", r"accept its licence.*`hf auth login`"),
        ("RepositoryNotFoundError", r"`llm.name` is not on the hub"),
        ("RevisionNotFoundError", r"`llm.revision` is not on the hub"),
    ],
)
def test_a_hub_that_refuses_is_understood(kind, said, tmp_path, monkeypatch):
    name = save(tmp_path, "chatml", lm=False)
    refuse(monkeypatch, hub_error(kind))
    with pytest.raises(ValueError, match=said):
        build_lm(LLMConfig(name=name))


@pytest.mark.parametrize("error", [MemoryError(), torch.OutOfMemoryError("CUDA out of memory.")])
def test_weights_that_do_not_fit_say_what_would(error, tmp_path, monkeypatch):
    name = save(tmp_path, "chatml", lm=False)
    refuse(monkeypatch, error)
    with pytest.raises(ValueError, match=r"do not fit into memory; set `llm.dtype`.*wherefore estimate"):
        build_lm(LLMConfig(name=name))


def test_other_errors_are_not_taken_for_it(tmp_path, monkeypatch):
    name = save(tmp_path, "chatml", lm=False)
    refuse(monkeypatch, RuntimeError("a bug"))
    with pytest.raises(RuntimeError, match="a bug"):
        build_lm(LLMConfig(name=name))


def test_a_tokenizer_without_a_chat_template_is_named_once_and_used(tmp_path):
    with pytest.warns(UserWarning, match=r"no chat template, so messages are written as `user : ...`"):
        build_lm(LLMConfig(name=save(tmp_path / "plain", "gpt2")))
    build_lm(LLMConfig(name=save(tmp_path / "chat", "chatml")))  # a warning would be an error here
