"""Tiny random LLMs of the families that people use, each with a tokenizer and a chat template of its kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

WORDS = (
    "i loved alien and something scary funny with sigourney weaver after 2000 directed by ridley scott it is a horror "
    "movie like the one you liked user assistant reason opening wish shared limit own similar year genres cast "
    ". , : ; | @ # "
    "( ) 1 2 3 4 5 so here are some for you because too it's also has from about this that which as well"
).split()

_CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_LLAMA = (  # with the date that its kind writes above the first message
    "{{ bos_token }}<|start_header_id|>system<|end_header_id|>\n\n"
    "{% if date_string is defined %}{{ date_string }}{% else %}{{ strftime_now('%d %b %Y') }}{% endif %}<|eot_id|>"
    "{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n{{ m['content'] | trim }}<|eot_id|>"
    "{% endfor %}{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
_STRICT = (  # no system role; a user begins, and roles take turns
    "{{ bos_token }}{% for m in messages %}"
    "{% if m['role'] not in ('user', 'assistant') %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant') }}{% endif %}"
)
_GEMMA = (
    _STRICT + "<start_of_turn>{{ 'model' if m['role'] == 'assistant' else m['role'] }}\n"
    "{{ m['content'] | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
_MISTRAL = (
    _STRICT + "{% if m['role'] == 'user' %}[INST] {{ m['content'] }}[/INST]"
    "{% else %} {{ m['content'] }}{{ eos_token }}{% endif %}{% endfor %}"
)


@dataclass(frozen=True)
class Kind:
    """A kind of tokenizer."""

    pieces: str  # "words", "bytes" or "spaces"
    controls: tuple[str, ...]
    begin: str | None
    end: str
    template: str | None = None


KINDS = {
    "wordpiece": Kind("words", ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"), None, "[SEP]"),
    "gpt2": Kind("bytes", ("<|endoftext|>",), "<|endoftext|>", "<|endoftext|>"),
    "chatml": Kind("bytes", ("<|endoftext|>", "<|im_start|>", "<|im_end|>"), None, "<|im_end|>", _CHATML),
    "llama3": Kind(
        "bytes",
        ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
        "<|begin_of_text|>",
        "<|eot_id|>",
        _LLAMA,
    ),
    "gemma": Kind(
        "spaces", ("<pad>", "<eos>", "<bos>", "<start_of_turn>", "<end_of_turn>"), "<bos>", "<eos>", _GEMMA
    ),
    "mistral": Kind("spaces", ("<unk>", "<s>", "</s>", "[INST]", "[/INST]"), "<s>", "</s>", _MISTRAL),
}


def make_tokenizer(kind: str) -> Any:
    """A tokenizer of a kind, trained on a few words."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    what = KINDS[kind]
    text = [" ".join(WORDS)] * 3
    options: dict[str, Any] = {
        "vocab_size": 500,
        "special_tokens": list(what.controls),
        "show_progress": False,
    }
    if what.pieces == "words":
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer()
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.decoder = decoders.WordPiece()
        tokenizer.train_from_iterator(text, trainers.WordPieceTrainer(**options))
        return PreTrainedTokenizerFast(
            tokenizer_object=tokenizer,
            pad_token="[PAD]",
            unk_token="[UNK]",
            cls_token="[CLS]",
            sep_token="[SEP]",
        )
    if what.pieces == "bytes":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        options["initial_alphabet"] = pre_tokenizers.ByteLevel.alphabet()
    else:  # as SentencePiece: spaces are letters, and what is unknown is spelled in bytes
        tokenizer = Tokenizer(models.BPE(byte_fallback=True))
        tokenizer.normalizer = normalizers.Replace(" ", "▁")
        tokenizer.decoder = decoders.Sequence(
            [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
        )
        options["special_tokens"] = [*what.controls, *(f"<0x{n:02X}>" for n in range(256))]
    tokenizer.train_from_iterator(text, trainers.BpeTrainer(**options))
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=what.begin,
        eos_token=what.end,
        additional_special_tokens=list(what.controls),
    )
    fast.chat_template = what.template
    return fast


_SIZES = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
_HEADS = {"head_dim": 8, "query_pre_attn_scalar": 8}


def _make(name: str, config: str, **given: Any) -> Callable[[int, int], Any]:
    def make(vocabulary: int, positions: int) -> Any:
        import transformers

        sizes = {**_SIZES, "max_position_embeddings": positions, **given}
        sizes = {key: value for key, value in sizes.items() if value is not None}
        controls = dict.fromkeys(("bos_token_id", "eos_token_id"), 1)
        made = getattr(transformers, config)(vocab_size=vocabulary, pad_token_id=0, **controls, **sizes)
        return getattr(transformers, name)(made)

    return make


def _gpt2(vocabulary: int, positions: int) -> Any:
    import transformers

    dropout = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0)
    config = transformers.GPT2Config(
        vocab_size=vocabulary,
        n_embd=32,
        n_layer=2,
        n_head=4,
        n_positions=positions,
        pad_token_id=0,
        **dropout,
    )
    config.bos_token_id = config.eos_token_id = 0
    return transformers.GPT2LMHeadModel(config)


def _bert(vocabulary: int, positions: int) -> Any:
    dropout = dict.fromkeys(("hidden_dropout_prob", "attention_probs_dropout_prob"), 0)
    return _make("BertLMHeadModel", "BertConfig", is_decoder=True, num_key_value_heads=None, **dropout)(
        vocabulary, positions
    )


# Windows of 8 tokens are shorter than any dialogue of the tests.
FAMILIES: dict[str, tuple[str, Callable[[int, int], Any]]] = {
    "bert": ("wordpiece", _bert),
    "gpt2": ("gpt2", _gpt2),
    "gpt-neox": ("gpt2", _make("GPTNeoXForCausalLM", "GPTNeoXConfig", num_key_value_heads=None)),
    "llama": ("llama3", _make("LlamaForCausalLM", "LlamaConfig")),
    "smollm3": ("chatml", _make("SmolLM3ForCausalLM", "SmolLM3Config")),
    "qwen2": ("chatml", _make("Qwen2ForCausalLM", "Qwen2Config")),
    "qwen3": ("chatml", _make("Qwen3ForCausalLM", "Qwen3Config", head_dim=8)),
    "gemma": ("gemma", _make("GemmaForCausalLM", "GemmaConfig", head_dim=8)),
    "gemma2": ("gemma", _make("Gemma2ForCausalLM", "Gemma2Config", sliding_window=8, **_HEADS)),
    "gemma3": ("gemma", _make("Gemma3ForCausalLM", "Gemma3TextConfig", sliding_window=8, **_HEADS)),
    "mistral": ("mistral", _make("MistralForCausalLM", "MistralConfig", sliding_window=8)),
    "mistral-full": ("mistral", _make("MistralForCausalLM", "MistralConfig", sliding_window=None)),
    "phi": ("gpt2", _make("PhiForCausalLM", "PhiConfig", resid_pdrop=0, embd_pdrop=0)),
    "phi3": ("chatml", _make("Phi3ForCausalLM", "Phi3Config", resid_pdrop=0, embd_pdrop=0)),
    "olmo": ("gpt2", _make("OlmoForCausalLM", "OlmoConfig")),
    "olmo2": ("chatml", _make("Olmo2ForCausalLM", "Olmo2Config")),
    "olmo3": ("chatml", _make("Olmo3ForCausalLM", "Olmo3Config", sliding_window=8)),
}

# Layers that keep a state instead of keys and values: branches are read in rows of their own.
STATEFUL: dict[str, tuple[str, Callable[[int, int], Any]]] = {
    "mamba": (
        "gpt2",
        _make(
            "MambaForCausalLM",
            "MambaConfig",
            state_size=4,
            **dict.fromkeys(
                ("intermediate_size", "num_attention_heads", "num_key_value_heads", "max_position_embeddings")
            ),
        ),
    ),
    "lfm2": ("chatml", _make("Lfm2ForCausalLM", "Lfm2Config", layer_types=["conv", "full_attention"])),
}


def make_lm(family: str, vocabulary: int, positions: int = 512) -> Any:
    """A causal LM of a family with random weights, the same each time."""
    import torch

    torch.manual_seed(0)
    return ({**FAMILIES, **STATEFUL})[family][1](vocabulary, positions).eval()


def kind_of(family: str) -> str:
    """The kind of tokenizer that a family has."""
    return ({**FAMILIES, **STATEFUL})[family][0]
