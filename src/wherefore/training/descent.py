"""Gradient descent of small networks: AdamW (Loshchilov and Hutter, 2019) on one cycle of step sizes (Smith, 2018)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from wherefore.progress import Progress


def descend(
    network: nn.Module,
    steps: int,
    lr: float,
    next_loss: Callable[[], Tensor],
    progress: Progress | None = None,
) -> None:
    """Let what learns of a network go down so many steps.

    Args:
        network: It ends in `eval` mode.
        steps: How many.
        lr: Highest step size.
        next_loss: Gives the loss of the next batch.
        progress: Told (steps done, of).
    """
    weights = [one for one in network.parameters() if one.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=lr, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=max(steps, 2), pct_start=0.1)
    network.train()
    for step in range(1, steps + 1):
        loss = next_loss()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        schedule.step()
        if progress is not None:
            progress(step, steps)
    network.eval()
