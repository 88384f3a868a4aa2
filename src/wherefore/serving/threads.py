"""One thread for all that models compute.

OpenMP, which PyTorch's CPU kernels run on, keeps a team of threads for each thread that calls them. Once the teams
together have more threads than there are cores, none waits actively for the next kernel any more, and the many small
kernels of writing word by word take half as long again, on two cores. A server's handlers run on whichever thread is
free, so they hand their work to a single one.
"""

from __future__ import annotations

import contextvars
import os
import sys
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def wait_passively() -> bool:
    """Let OpenMP's threads sleep while they wait for each other, unless the environment says otherwise.

    By default they spin. Where another process takes a core, a thread that has none is waited for by one that spins
    through its whole time slice, kernel after kernel, and a reply takes twenty times as long and more. The runtime
    reads this once, when PyTorch is imported: call it before that.

    Returns:
        Whether they will sleep; False: PyTorch was imported before, or the environment says otherwise.
    """
    if "torch" not in sys.modules:
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    return os.environ.get("OMP_WAIT_POLICY", "").lower() == "passive"


class OneThread:
    """Runs what it is given on a thread of its own, one thing at a time, in the caller's context.

    >>> alone = OneThread()
    >>> alone(sum, [1, 2, 3])
    6
    >>> list(alone.each(n * n for n in range(3)))
    [0, 1, 4]
    """

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="model")

    def __call__(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work` returns, or raises."""
        context = contextvars.copy_context()
        return self._executor.submit(lambda: context.run(work, *args, **kwargs)).result()

    def each(self, steps: Iterator[T | None]) -> Generator[T]:
        """What an iterator yields but None; every step of it, and its closing where it can be, runs on the thread.

        Others' work may come between two steps, and None stands for a step that others may come after.
        """
        ended = object()
        try:
            while (one := self(next, steps, ended)) is not ended:
                if one is not None:
                    yield one  # type: ignore[misc]
        finally:
            if isinstance(steps, Generator):
                self(steps.close)
