"""Options that several commands share, and what they stand for."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from wherefore.catalog.catalog import Catalog
    from wherefore.recommender import Recommender
    from wherefore.retrieval.index import Index

CatalogOption = Annotated[
    Path | None,
    typer.Option(
        "--catalog", help="Your items: .csv, .tsv, .json, .xlsx, .parquet, SQLite and more. Default: movies."
    ),
]
SkipBadOption = Annotated[
    bool, typer.Option("--skip-bad", help="Leave out rows of your items that cannot be read; says which.")
]
SchemaOption = Annotated[
    Path | None, typer.Option("--schema", help="YAML that says what the columns mean. Default: inferred.")
]
CheckpointOption = Annotated[
    str, typer.Option("--checkpoint", help="`starter`, or the folder of a model that you trained.")
]
KOption = Annotated[
    int, typer.Option("--k", min=1, help="Length of the list, unless the user asks for another.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="A setting that differs from the checkpoint's, like writer.tries=0 or turn.questions=false.",
        show_default=False,
    ),
]
RayOption = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="ADDRESS",
        help="Work on a Ray cluster: local (one that is started here and ends with the command), auto (the one that "
        "runs on this machine), or ray://HOST:10001. Needs the extra `ray`.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the whole reply as JSON.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Of all that is drawn.")]
OutOption = Annotated[Path | None, typer.Option("--out", help="File for the figures, as JSON.")]


def recommender_from(
    catalog: Path | None,
    schema: Path | None,
    checkpoint: str,
    settings: Sequence[str] | None = None,
    describe: bool = False,
    skip_bad: bool = False,
) -> Recommender:
    """The recommender that the options ask for; with `describe`, say what the columns were taken for."""
    if catalog is None:
        if schema is not None:
            raise ValueError("--schema says what the columns of --catalog mean; give both")
        if skip_bad:
            raise ValueError("--skip-bad leaves out rows of --catalog; give both")
        from wherefore.recommender import Recommender

        return _introduced(Recommender.from_pretrained(checkpoint, settings=settings or ()))
    items = catalog_from(catalog, schema, describe, skip_bad)

    from wherefore.recommender import Recommender

    with progress_bar("Indexing") as report:
        made = Recommender.from_catalog(items, base=checkpoint, progress=report, settings=settings or ())
    if describe:
        for line in picture_notes(made.index):
            say(line)
    return _introduced(made)


def picture_notes(index: Index) -> list[str]:
    """What is to be said of an index's pictures: those that could not be read, or that none is."""
    from wherefore.catalog.notes import noted
    from wherefore.serving.display import plain

    if index.pictures is None and index.catalog.schema.images:
        return [
            "Pictures are shown, but nothing goes by them; --set images.model=pixels compares colours and outlines, a "
            "sentence-transformers model such as CLIP what is seen (docs/signals.md)"
        ]
    return [plain(f"{index.catalog.name}: {line}") for line in noted(index.notes)]


def _introduced(recommender: Recommender) -> Recommender:
    """Where a server ranks and words, say so on the error stream, and there too what goes wrong with it."""
    from wherefore.serving.display import plain

    def tell(text: str) -> None:
        print(plain(text), file=sys.stderr, flush=True)

    if recommender.served is not None:
        tell(recommender.served.about)
        recommender.served.tell = lambda text: tell(f"warning: {text}")
    return recommender


def catalog_from(file: Path, schema: Path | None, describe: bool, skip_bad: bool = False) -> Catalog:
    """The user's items; with `describe`, what their columns were taken for goes to the error stream.

    What of the file is not used goes there in any case.
    """
    from wherefore.catalog.catalog import Catalog
    from wherefore.serving.display import plain

    items = Catalog.load(file, schema, skip_bad=skip_bad)
    if describe:
        print(plain(items.describe()) + "\n", file=sys.stderr, flush=True)
    else:
        for note in items.notes:
            if note.lost:
                print(plain(f"{file.name}: {note}"), file=sys.stderr, flush=True)
    return items


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar with the time left on the error stream, once there is something to report."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console_on(sys.stderr))
    task = bar.add_task(what, visible=False)
    begun = False

    def report(done: int, total: int) -> None:
        nonlocal begun
        if not begun:
            bar.start()
            begun = True
        bar.update(task, completed=done, total=total, visible=True)

    try:
        yield report
    finally:
        if begun:
            bar.stop()


def command_line(context: typer.Context) -> str:
    """The command as it was given."""
    return shlex.join(["wherefore", *context.find_root().obj])


def say(text: str) -> None:
    """A line on the error stream."""
    print(text, file=sys.stderr, flush=True)


def console_on(stream: Any) -> Console:
    """A terminal that shows text as it is."""
    from rich.console import Console

    return Console(file=stream, emoji=False, highlight=False)
