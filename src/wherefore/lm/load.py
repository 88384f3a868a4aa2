"""The LLM of a config: loaded, quantized where asked, and under a LoRA adapter."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import nn

from wherefore.config import LLMConfig, LoraConfig
from wherefore.errors import MissingPackageError, ModelError, WhereforeWarning
from wherefore.lm.text_part import text_part


def build_lm(config: LLMConfig, seed: int = 0) -> tuple[nn.Module, Any]:
    """The base LLM with a fresh LoRA adapter, and its tokenizer. Without an adapter, the LLM is frozen.

    Raises:
        ModelError: If the name is neither packaged, nor a folder, nor a model that the hub has; or `llm.quantize` is
            set where there is no GPU.
        MissingPackageError: If `llm.quantize` is set and bitsandbytes is not installed.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(seed)
    few_bits = {} if config.quantize is None else _few_bits(config)
    if config.name == "minilm":
        lm, tokenizer = _packaged_minilm()
    else:
        try:
            tokenizer = AutoTokenizer.from_pretrained(config.name, revision=config.revision)
            lm = text_part(
                AutoModelForCausalLM.from_pretrained(
                    config.name, revision=config.revision, dtype=config.dtype, **few_bits
                )
            )
        except OSError as error:
            raise ModelError(_not_loaded(config.name, error)) from error
        except (MemoryError, RuntimeError) as error:  # torch.OutOfMemoryError among them
            if not out_of_memory(error):
                raise
            raise ModelError(
                f"`llm.name` is {config.name!r}, whose weights do not fit into memory; set `llm.dtype` to bfloat16, "
                "`llm.quantize` to 4bit on a GPU, or take a smaller LLM (`wherefore estimate CONFIG` says what one "
                "needs)"
            ) from error
        if tokenizer.chat_template is None:
            warnings.warn(
                f"the tokenizer of {config.name!r} has no chat template, so messages are written as `user : ...`. "
                "After training that is as good; if the LLM was tuned to chat, save its tokenizer with its "
                "`chat_template` into a folder with the model, and give the folder as `llm.name`",
                WhereforeWarning,
                stacklevel=2,
            )
    if few_bits:
        from peft import prepare_model_for_kbit_training

        # Checkpointing is `train.gradient_checkpointing`'s to switch on.
        lm = prepare_model_for_kbit_training(lm, use_gradient_checkpointing=False)
    return (lm.requires_grad_(False) if config.lora is None else add_lora(lm, config.lora)), tokenizer


_STATES = r".*\.(out_proj|conv1d)"  # fused with the state's kernels: PEFT leaves them alone
_NOT_ADAPTED = {
    "bert": r".*\.predictions\..*",
    **dict.fromkeys(("mamba", "mamba2", "falcon_mamba", "falcon_h1", "nemotron_h"), _STATES),
}


def out_of_memory(error: Exception) -> bool:
    """Whether something did not fit into memory, a GPU's or the machine's."""
    from accelerate.utils.memory import should_reduce_batch_size

    return isinstance(error, MemoryError | torch.OutOfMemoryError) or bool(should_reduce_batch_size(error))


def _not_loaded(name: str, error: OSError) -> str:
    """Why an LLM was not loaded, and what to do."""
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(cause)
    kinds = {type(one).__name__ for one in chain}
    if "GatedRepoError" in kinds or "gated repo" in str(error):
        return (
            f"`llm.name` is {name!r}, which its makers give only to those who accept its licence: do so on its page on "
            "the hub, then run `hf auth login` here"
        )
    if "RepositoryNotFoundError" in kinds or "RevisionNotFoundError" in kinds:
        what = "`llm.revision`" if "RevisionNotFoundError" in kinds else "`llm.name`"
        return (
            f"{what} is not on the hub: {name!r}, or you may not see it; correct it, or run `hf auth login`"
        )
    return (
        f"`llm.name` is {name!r}, which could not be loaded: {str(error).splitlines()[0]} Give `minilm` (packaged), a "
        "folder with a Hugging Face model, or an id that your hub cache has; without a network, download it "
        "elsewhere and copy the folder."
    )


def _few_bits(config: LLMConfig) -> dict[str, Any]:
    """What tells `from_pretrained` to load weights in 4 or 8 bits: NormalFloat, with quantized scales, as in QLoRA."""
    from accelerate.utils import is_bnb_available
    from transformers import BitsAndBytesConfig

    chosen = f"`llm.quantize` is {config.quantize!r}"
    if config.name == "minilm":
        raise ModelError(f"{chosen}, but the packaged MiniLM is small and is read as it is; set it to null")
    if not torch.cuda.is_available():
        raise ModelError(
            f"{chosen}, which needs a CUDA GPU, and there is none; set it to null, or use such a machine"
        )
    if not is_bnb_available():
        raise MissingPackageError(
            f"{chosen}, but bitsandbytes is not installed; run `pip install bitsandbytes`"
        )
    if config.quantize == "8bit":
        bits = BitsAndBytesConfig(load_in_8bit=True)
    else:
        bits = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        )
    return {"quantization_config": bits, "device_map": {"": torch.cuda.current_device()}}


def add_lora(lm: Any, config: LoraConfig) -> nn.Module:
    """Wrap a causal LM in a fresh PEFT adapter, LoRA or DoRA."""
    from peft import LoraConfig as PeftLora
    from peft import get_peft_model

    targets = config.target_modules
    # A BERT decoder's output transform is not in the embedder's weights: it is trained whole.
    fresh = ["cls.predictions.transform"] if lm.config.model_type == "bert" else None
    adapter = PeftLora(
        r=config.r,
        lora_alpha=config.alpha,
        lora_dropout=config.dropout,
        target_modules=targets if isinstance(targets, str) else list(targets),
        exclude_modules=_NOT_ADAPTED.get(lm.config.model_type),
        modules_to_save=fresh,
        use_dora=config.dora,
        fan_in_fan_out=lm.config.model_type == "gpt2",  # its layers store weights transposed
        task_type="CAUSAL_LM",
    )
    with warnings.catch_warnings():
        # peft asks transformers for a name that transformers 5.23 has renamed
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        model: nn.Module = get_peft_model(lm, adapter)
    return model


def _packaged_minilm() -> tuple[Any, Any]:
    """all-MiniLM-L6-v2 as a causal decoder, from the installed package (hash checked)."""
    from safetensors.torch import load_file
    from transformers import AutoTokenizer, BertConfig, BertLMHeadModel

    from wherefore.lm.packaged import packaged_minilm_dir

    folder = packaged_minilm_dir()
    config = BertConfig.from_pretrained(folder)
    config.is_decoder = True
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    lm = BertLMHeadModel(config)
    weights = {f"bert.{key}": value for key, value in load_file(folder / "model.safetensors").items()}
    loaded = lm.load_state_dict({k: v for k, v in weights.items() if ".pooler." not in k}, strict=False)
    strange = [k for k in loaded.missing_keys if not k.startswith("cls.")] + list(loaded.unexpected_keys)
    strange = [k for k in strange if not k.endswith(("position_ids", "token_type_ids"))]
    if strange:
        raise ModelError(f"the packaged MiniLM does not fit this transformers version: {', '.join(strange)}")
    lm.tie_weights()
    return lm, AutoTokenizer.from_pretrained(folder)
