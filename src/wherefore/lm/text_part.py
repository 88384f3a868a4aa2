"""The language model inside one that also sees images."""

from __future__ import annotations

from typing import Any

import torch

from wherefore.errors import ModelError


def text_part(lm: Any) -> Any:
    """A causal LM of the text layers alone, with the weights of the whole; a model of text comes back as it is.

    Hugging Face loads some hub ids (google/gemma-3-4b-it) as a model of images and text. Asked for its text config
    instead, transformers 5.23 finds none of the weights under their names and goes on with random ones, so the
    whole is loaded and taken apart here.

    Args:
        lm: What `AutoModelForCausalLM` made.

    Raises:
        ModelError: If there is no causal LM of the inner kind.
    """
    from transformers import AutoModelForCausalLM

    inner = lm.config.get_text_config(decoder=True)
    if inner is lm.config:
        return lm
    with torch.device("meta"):
        text = AutoModelForCausalLM.from_config(inner, dtype=lm.dtype)
    decoder, prefix = lm.get_decoder(), text.base_model_prefix
    if type(decoder) is not type(getattr(text, prefix)):
        raise ModelError(
            f"the text layers of {type(lm).__name__} are a {type(decoder).__name__}, which {type(text).__name__} "
            "cannot take; give a model of text as `llm.name`"
        )
    setattr(text, prefix, decoder)
    text.set_output_embeddings(lm.get_output_embeddings())
    text.generation_config = lm.generation_config
    return text.train(lm.training)
