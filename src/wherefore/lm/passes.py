"""Forward passes that several turns share: each turn asks for what it needs, and a scheduler runs them together.

Code that needs a pass says `shared(run, given)` where `run` makes the results of many at once. Alone, that is
`run([given])[0]`. Within `asking`, as when an engine serves several conversations from one process, whoever schedules
them is told what is wanted, may collect the same from others, and gives the result back (dynamic batching: Crankshaw et
al., 2017, Clipper, NSDI). What `run` gives for one must not depend on the others beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, eq=False)
class Pass:
    """A pass that a turn waits for.

    Attributes:
        run: Makes the results of many such at once, in their order.
        given: What it is to read.
        most: How many may be read at once; where one fills a pass by itself, more of them only need more memory.
        apart: Whether it may run beside turns' own work, on another thread.
    """

    run: Callable[[Sequence[Any]], Sequence[Any]]
    given: Any
    most: int
    apart: bool = True


Ask = Callable[[Pass], Any]

_asked: ContextVar[Ask | None] = ContextVar("asked", default=None)


def shared(run: Callable[[Sequence[T]], Sequence[R]], given: T, most: int = 16, apart: bool = True) -> R:
    """What `run` makes of `given`, perhaps in one pass with what others gave.

    Args:
        run: A function or bound method that lives as long as the model: equal ones are run together.
        given: What it is to read.
        most: How many may be read at once.
        apart: Whether it changes nothing that others' work reads, so that it may run on another thread.

    >>> shared(lambda texts: [len(text) for text in texts], "four")
    4
    """
    ask = _asked.get()
    if ask is None:
        return run([given])[0]
    found: R = ask(Pass(run, given, most, apart))
    return found


@contextmanager
def asking(ask: Ask) -> Iterator[None]:
    """Within, `shared` asks for its passes here."""
    before = _asked.set(ask)
    try:
        yield
    finally:
        _asked.reset(before)


def alike(lengths: Sequence[int]) -> list[list[int]]:
    """Places of rows that are read together, so that none is padding for the most part; the longest come first.

    >>> alike([10, 90, 100, 12])
    [[2, 1], [3, 0]]
    """
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
    found: list[list[int]] = []
    for place in order:
        if found and 2 * lengths[place] > lengths[found[-1][0]]:
            found[-1].append(place)
        else:
            found.append([place])
    return found
