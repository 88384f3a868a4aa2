"""The text part of a model that also sees images."""

import pytest
import torch
import transformers as hf

from families import make_lm
from wherefore.config import LLMConfig
from wherefore.lm.load import build_lm
from wherefore.lm.text_part import text_part

TEXT = {
    "vocab_size": 300,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
}
IMAGE = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "image_size": 28,
    "patch_size": 14,
}


def gemma_with_images():
    torch.manual_seed(3)
    config = hf.Gemma3Config(text_config=TEXT, vision_config=IMAGE, mm_tokens_per_image=4)
    return hf.Gemma3ForConditionalGeneration(config).eval()


def test_text_is_read_as_by_the_whole():
    whole = gemma_with_images()
    ids = torch.randint(5, 300, (2, 9))
    with torch.no_grad():
        expected = whole(input_ids=ids).logits
        text = text_part(whole)
        torch.testing.assert_close(text(input_ids=ids).logits, expected)
    assert type(text) is hf.Gemma3ForCausalLM and not any(
        "vision" in name for name, _ in text.named_modules()
    )
    assert text.get_input_embeddings().weight is text.get_output_embeddings().weight  # tied, as published
    assert {p.device.type for p in (*text.parameters(), *text.buffers())} == {"cpu"}
    assert not text.training and text.generation_config is whole.generation_config


def test_a_checkpoint_with_images_is_loaded_with_its_own_weights(tmp_path, tokenizers):
    whole = gemma_with_images()
    whole.save_pretrained(tmp_path)
    tokenizers["llama"].save_pretrained(tmp_path)
    lm, _ = build_lm(LLMConfig(name=str(tmp_path), lora=None))
    ids = torch.randint(5, 300, (1, 7))
    with torch.no_grad():
        torch.testing.assert_close(lm(input_ids=ids).logits, whole(input_ids=ids).logits)


def test_a_model_of_text_is_left_as_it_is():
    lm = make_lm("llama", 50)
    assert text_part(lm) is lm


def test_what_cannot_be_taken_apart_is_said(monkeypatch):
    whole = gemma_with_images()
    monkeypatch.setattr(type(whole), "get_decoder", lambda self: self.model)
    with pytest.raises(ValueError, match="Gemma3ForConditionalGeneration are a Gemma3Model.*give a model of"):
        text_part(whole)
