"""How big models are, from their configs: nothing is downloaded, nothing is allocated."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from wherefore.config import Component, LLMConfig, LoraConfig
from wherefore.errors import ModelError
from wherefore.extends import from_yaml
from wherefore.files import ASSETS
from wherefore.lm.load import add_lora
from wherefore.lm.packaged import packaged_minilm_dir


@dataclass(frozen=True)
class LMSize:
    """Sizes of a causal LM under its adapter.

    Attributes:
        parameters: Weights of the LM itself, tied ones once.
        lora: Weights of the adapter.
        products: Weights that each token is multiplied with in the layers, the adapter's among them.
        head: Weights of the output layer.
        layers: How many.
        width: h.
        attention: Heads times their width, the sum of all queries.
        cached: Keys and values of one token, in numbers.
        vocabulary: v.
    """

    parameters: int
    lora: int
    products: int
    head: int
    layers: int
    width: int
    attention: int
    cached: int
    vocabulary: int


def causal_lm_config(llm: LLMConfig) -> Any:
    """The Hugging Face config of an LLM's text layers: packaged, from its folder, the hub's cache or our table.

    Raises:
        ModelError: If none of them has it.
    """
    from transformers import AutoConfig, BertConfig

    if llm.name == "minilm":
        return BertConfig.from_pretrained(packaged_minilm_dir(), is_decoder=True)
    known = architectures()["causal_lms"]
    try:
        found = AutoConfig.from_pretrained(llm.name, revision=llm.revision, local_files_only=True)
    except (OSError, ValueError) as error:
        if llm.name not in known:
            raise ModelError(
                f"the sizes of `llm.name` {llm.name!r} are not known: it is neither a folder nor in the hub's "
                f"cache; known without: {', '.join(sorted(known))}"
            ) from error
        found = _from_table(known[llm.name])
    return found.get_text_config(decoder=True)


def embedder_size(embedder: Component) -> tuple[int, int]:
    """Width of an embedder's vectors, and bytes of its weights (float32 for an encoder).

    Raises:
        ModelError: If the embedder is not known.
    """
    from transformers import AutoConfig, AutoModel, BertConfig

    model = str(embedder.kwargs.get("model", embedder.name))
    known = architectures()["embedders"]
    if embedder.name == "minilm":
        found: Any = BertConfig.from_pretrained(packaged_minilm_dir())
    elif model in known:
        found = _from_table(known[model])
    else:
        try:
            found = AutoConfig.from_pretrained(
                model, revision=embedder.kwargs.get("revision"), local_files_only=True
            )
        except (OSError, ValueError) as error:
            raise ModelError(
                f"the sizes of embedder {model!r} are not known; known: minilm, {', '.join(sorted(known))}"
            ) from error
    with torch.device("meta"):
        weights = sum(p.numel() for p in AutoModel.from_config(found).parameters())
    return int(embedder.kwargs.get("truncate_dim") or found.hidden_size), 4 * weights


@cache
def architectures() -> dict[str, dict[str, dict[str, Any]]]:
    """Published configs by hub id, of `causal_lms` and `embedders`."""
    path = ASSETS / "architectures.yaml"
    table: dict[str, dict[str, dict[str, Any]]] = from_yaml(path.read_text(encoding="utf-8"))
    return table


def _from_table(values: Mapping[str, Any]) -> Any:
    from transformers import AutoConfig

    return AutoConfig.for_model(**values)


def lm_size(kind: Any, lora: LoraConfig | None) -> LMSize:
    """Sizes of the causal LM of a Hugging Face config, counted on the meta device.

    >>> from transformers import LlamaConfig
    >>> small = LlamaConfig(
    ...     hidden_size=8, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2, vocab_size=10
    ... )
    >>> lm_size(small, None).parameters
    1480
    """
    plain = meta_lm(kind, None, torch.float32)
    lm = plain if lora is None else meta_lm(kind, lora, torch.float32)
    base: Any = lm.get_base_model() if lora is not None else lm
    output = base.get_output_embeddings()
    heads = kind.num_attention_heads
    head_dim = getattr(kind, "head_dim", None) or kind.hidden_size // heads
    inside = [module for module in getattr(base, base.base_model_prefix).modules() if _multiplies(module)]
    return LMSize(
        parameters=sum(p.numel() for p in plain.parameters()),
        lora=0 if lora is None else sum(p.numel() for p in lm.parameters() if p.requires_grad),
        products=sum(module.weight.numel() for module in inside),
        head=output.weight.numel(),
        layers=kind.num_hidden_layers,
        width=kind.hidden_size,
        attention=heads * head_dim,
        cached=2 * kind.num_hidden_layers * (getattr(kind, "num_key_value_heads", None) or heads) * head_dim,
        vocabulary=output.weight.shape[0],
    )


def _multiplies(module: Any) -> bool:
    """Whether a module is a plain matrix product: a linear layer, or GPT-2's transposed one."""
    from transformers.pytorch_utils import Conv1D

    return isinstance(module, nn.Linear | Conv1D)


def meta_lm(kind: Any, lora: LoraConfig | None, dtype: torch.dtype) -> Any:
    """A causal LM of a Hugging Face config, under LoRA where asked for, on the meta device: shapes alone."""
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        lm = AutoModelForCausalLM.from_config(kind, dtype=dtype)
        lm.tie_weights()  # transformers 5.0 leaves that out on the meta device
        return lm if lora is None else add_lora(lm, lora)


def weight_dtype(llm: LLMConfig, kind: Any) -> torch.dtype:
    """The type of an LLM's weights; `auto` is what its config says."""
    named = kind.dtype if llm.dtype == "auto" else llm.dtype
    return named if isinstance(named, torch.dtype) else getattr(torch, named or "float32")


SHORT, LONG = 64, 128  # tokens for which activations are counted; what lies beyond is on their line


class Saved(NamedTuple):
    """Bytes that autograd keeps of a forward pass: `fixed` and `layer` are each (once, per token)."""

    fixed: tuple[float, float]
    layer: tuple[float, float]

    @classmethod
    def by(cls, kind: Any, lora: LoraConfig | None, dtype: torch.dtype, mixed: str) -> Saved:
        """Count the tensors that one and two layers of an LM save, for two lengths."""
        counts = {}
        for layers in (1, 2):
            for tokens in (SHORT, LONG):
                counts[layers, tokens] = saved_bytes(kind, lora, dtype, mixed, layers, tokens)

        def line(short: float, long: float) -> tuple[float, float]:
            slope = (long - short) / (LONG - SHORT)
            return short - slope * SHORT, slope

        one = line(counts[1, SHORT], counts[1, LONG])
        two = line(counts[2, SHORT], counts[2, LONG])
        layer = (two[0] - one[0], two[1] - one[1])
        return cls((one[0] - layer[0], one[1] - layer[1]), layer)

    def whole(self, layers: int, tokens: int) -> int:
        """Bytes for all layers."""
        return round(self._of(self.fixed, tokens) + layers * self._of(self.layer, tokens))

    def checkpointed(self, layers: int, tokens: int, width: int) -> int:
        """Bytes when each layer keeps its input alone, `width` bytes a token, and is computed again."""
        kept = self._of(self.fixed, tokens) + layers * tokens * width + self._of(self.layer, tokens)
        return round(min(kept, self.whole(layers, tokens)))

    @staticmethod
    def _of(line: tuple[float, float], tokens: int) -> float:
        return line[0] + line[1] * tokens if tokens else 0.0


def saved_bytes(
    kind: Any, lora: LoraConfig | None, dtype: torch.dtype, mixed: str, layers: int, tokens: int
) -> int:
    """Bytes that autograd keeps of one row of tokens through so many layers, besides weights.

    Counted with fake tensors: the real classes run, nothing is computed.
    """
    from torch._subclasses.fake_tensor import FakeTensorMode

    kind = copy.deepcopy(kind)
    kind.num_hidden_layers = layers
    if getattr(kind, "layer_types", None):
        kind.layer_types = kind.layer_types[:layers]
    lm = meta_lm(kind, lora, dtype).train()
    base = lm.get_base_model() if lora is not None else lm
    body = getattr(base, base.base_model_prefix)
    half = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(mixed)
    seen: dict[int, Any] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        seen.setdefault(storage._cdata, storage)
        return tensor

    with FakeTensorMode():
        _fill(lm)
        weights = {p.untyped_storage()._cdata for p in lm.parameters()}
        inputs = torch.zeros(1, tokens, kind.hidden_size, dtype=dtype, requires_grad=True)
        mask = torch.zeros(1, 1, tokens, tokens, dtype=dtype)
        kinds = set(getattr(kind, "layer_types", None) or [])
        with (
            torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
            torch.autocast("cpu", dtype=half or torch.bfloat16, enabled=half is not None),
        ):
            body(
                inputs_embeds=inputs,
                # Layers of several kinds (windows and none) take a mask for each.
                attention_mask=dict.fromkeys(kinds, mask) if "sliding_attention" in kinds else mask,
                position_ids=torch.arange(tokens)[None],
                use_cache=False,
            )
        return sum(storage.nbytes() for key, storage in seen.items() if key not in weights)


def _fill(lm: nn.Module) -> None:
    """Give a model of the meta device tensors of the mode that is on; what is shared stays shared."""
    made: dict[int, Tensor] = {}
    for module in lm.modules():
        for table in (module._parameters, module._buffers):
            for name, old in table.items():
                if old is None:
                    continue
                if id(old) not in made:
                    new = torch.zeros(old.shape, dtype=old.dtype, device="cpu")
                    trained = old.requires_grad
                    made[id(old)] = nn.Parameter(new, trained) if isinstance(old, nn.Parameter) else new
                table[name] = made[id(old)]  # type: ignore[assignment]
    assert made
