"""How far a training is, on standard error."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from wherefore.training.prepare import Show


@contextmanager
def shown_progress(progress: bool) -> Iterator[Show]:
    """A progress bar with the time left on standard error, or a line now and then where that is no terminal."""
    if not progress:
        yield lambda what, done, of, note: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    tasks: dict[str, Any] = {}
    began: dict[str, tuple[float, int]] = {}
    told = 0.0
    with Progress(
        *columns, TextColumn("{task.fields[note]}"), console=console, disable=not console.is_terminal
    ) as bar:

        def show(what: str, done: int, of: int, note: str) -> None:
            nonlocal told
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=of, note=note)
                began[what] = (time.monotonic(), done)
            bar.update(tasks[what], completed=done, note=note)
            now = time.monotonic()
            if not console.is_terminal and (now - told > 20 or done == of):
                told = now
                start, first = began[what]
                left = (now - start) / max(done - first, 1) * (of - done)
                console.out(f"{what} {done}/{of}, {left / 60:.0f} min left {note}".rstrip(), highlight=False)

        yield show
