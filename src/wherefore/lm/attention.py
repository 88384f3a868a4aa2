"""Who sees whom: the masks of a dialogue with branches after it, for every kind of layer that LLMs have."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_FULL, _SLIDING = "full_attention", "sliding_attention"


def seen_by_branches(branch: Tensor) -> Tensor:
    """Which tokens each token sees, in trunks with branches.

    A token sees the earlier tokens of the trunk (branch 0) and of its own branch, nothing else. Padding
    (branch -1) is seen by itself alone, so that no row of a mask is empty.

    Args:
        branch: (b, t) branch number of each token.

    Returns:
        (b, t, t) bool.
    """
    length = branch.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool, device=branch.device).tril()
    same = branch[:, :, None] == branch[:, None, :]
    trunk = (branch == 0)[:, None, :]
    real = (branch >= 0)[:, :, None]
    alone = torch.eye(length, dtype=torch.bool, device=branch.device)
    return causal & (same | (trunk & real)) & (real | alone)


class Attention:
    """How far back the layers of an LLM look.

    Layers with a sliding window see only the newest tokens before each token. Branches are laid out at the positions
    that they would have alone, so distance is counted in positions, not in places of the block.

    Args:
        config: The Hugging Face config.

    Attributes:
        window: How many positions the sliding layers see, the token's own included; None where there are none.
        by_kind: Whether the model takes a mask per kind of layer.
    """

    def __init__(self, config: Any) -> None:
        text = config.get_text_config(decoder=True)
        kinds = set(getattr(text, "layer_types", None) or ())
        self.by_kind = _SLIDING in kinds
        window = getattr(text, "sliding_window", None)
        self.window: int | None = window if window and (self.by_kind or not kinds) else None

    def masks(self, seen: Tensor, queries: Tensor, keys: Tensor, dtype: torch.dtype) -> Any:
        """The masks that the model is given.

        Args:
            seen: (b, q, k) which keys a query sees, windows aside.
            queries: (b, q) positions.
            keys: (b, k) positions.
            dtype: Of the model.

        Returns:
            (b, 1, q, k) additive, 0 where seen and a huge negative number elsewhere; or such a mask for each kind of
            layer.
        """
        full = _additive(seen, dtype)
        if self.window is None:
            return full
        near = _additive(seen & (queries[:, :, None] - keys[:, None] < self.window), dtype)
        return {_FULL: full, _SLIDING: near} if self.by_kind else near


def _additive(seen: Tensor, dtype: torch.dtype) -> Tensor:
    # Half of the minimum, which no narrower type rounds to -inf.
    mask = torch.zeros(seen.shape, dtype=dtype, device=seen.device)
    return mask.masked_fill(~seen, torch.finfo(dtype).min / 2)[:, None]
