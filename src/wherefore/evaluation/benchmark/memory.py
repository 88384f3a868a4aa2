"""How memory grows and how long a GPU works."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from wherefore.lm.model import RecommenderLM


def wait(model: RecommenderLM) -> None:
    """Until a GPU has done what it was given."""
    import torch

    if model.device.type == "cuda":
        torch.cuda.synchronize()


def give_back() -> None:
    """Give back to the system what was freed."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


@contextmanager
def growth(device: torch.device) -> Iterator[list[int]]:
    """Bytes by which memory grows at most, a GPU's or the process', in the list's first place once it is over."""
    import torch

    grown = [0]
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        yield grown
        grown[0] = torch.cuda.max_memory_allocated() - before
        return
    give_back()  # or it would be grown into unseen
    before, over = _resident(), threading.Event()

    def watch() -> None:
        while not over.wait(0.002):
            grown[0] = max(grown[0], _resident() - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield grown
    finally:
        over.set()
        watcher.join()


def _resident() -> int:
    """Bytes of memory that this process holds."""
    import resource

    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()
