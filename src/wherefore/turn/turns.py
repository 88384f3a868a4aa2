"""Turns of several people on one model: one computes at a time, and each keeps the catalogue that it began with."""

from __future__ import annotations

import copy
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from weakref import WeakSet

from wherefore.catalog.catalog import Catalog
from wherefore.writing.realizer import Grounds

T = TypeVar("T")


class Turns:
    """Keeps turns apart.

    Attributes:
        lock: Held by whoever computes or changes the catalogue. A turn that is given up may be closed amid another's
            step, so that one thread may take it twice.
        open: Grounds of the turns that are being worded.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.open: WeakSet[Grounds] = WeakSet()

    def alone(self, steps: Generator[T]) -> Generator[T]:
        """Steps of a turn, none while somebody else computes or changes the catalogue."""
        try:
            while True:
                with self.lock:
                    try:
                        one = next(steps)
                    except StopIteration:
                        return
                yield one
        finally:
            with self.lock:
                steps.close()

    @contextmanager
    def changing(self, catalog: Catalog) -> Iterator[None]:
        """While the catalogue changes: turns that are being worded keep theirs."""
        with self.lock:
            before = copy.copy(catalog)  # changes give a catalogue new tuples and leave this one's alone
            yield
            for one in self.open:
                if one.catalog is catalog:
                    one.catalog = before


def interleaved(turns: Iterable[Iterator[T | None]], most: int) -> Iterator[tuple[int, T]]:
    """What turns yield but None, with each turn's number; on None the others go on. At most `most` are in work at once.

    >>> list(interleaved([iter("a"), iter(["b", None, "c"]), iter("d")], 2))
    [(0, 'a'), (1, 'b'), (1, 'c'), (2, 'd')]
    """
    waiting, working = deque(enumerate(turns)), list[tuple[int, Iterator[T | None]]]()
    while waiting or working:
        while waiting and len(working) < most:
            working.append(waiting.popleft())
        unfinished = []
        for number, steps in working:
            for one in steps:
                if one is None:
                    unfinished.append((number, steps))
                    break
                yield number, one
        working = unfinished
