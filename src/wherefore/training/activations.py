"""What training keeps of a forward pass for the backward pass, counted on the real classes with fake tensors."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from wherefore.config import LoraConfig
from wherefore.training.sizes import meta_lm

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
