"""Commands that show what a catalogue looks like to the recommender."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wherefore.cli.options import (
    CatalogOption,
    CheckpointOption,
    SchemaOption,
    SetOption,
    SkipBadOption,
    catalog_from,
    console_on,
    picture_notes,
    progress_bar,
    say,
)

if TYPE_CHECKING:
    from wherefore.catalog.catalog import Catalog
    from wherefore.retrieval.alone import Near


def near(
    item: Annotated[str, typer.Argument(help="The id of an item, or its title.")],
    catalog: CatalogOption = None,
    signal: Annotated[
        list[str] | None,
        typer.Option(
            "--signal",
            help="text, image, categories, numbers, collaborative, vectors, or a field of vectors. Several times; "
            "default: all that there are.",
        ),
    ] = None,
    k: Annotated[int, typer.Option("--k", min=1, max=100, help="Items for each signal.")] = 8,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write a page with pictures there, instead of a table.")
    ] = None,
    schema: SchemaOption = None,
    checkpoint: CheckpointOption = "starter",
    settings: SetOption = None,
    skip_bad: SkipBadOption = False,
) -> None:
    """Show the items nearest to one by each signal alone: its text, picture, values, vectors of your own."""
    from wherefore.checkpoint import checkpoint_dir, load_index
    from wherefore.retrieval.alone import nearest_by_each
    from wherefore.retrieval.cache import cached_index
    from wherefore.retrieval.fetching import Fetcher

    if catalog is None and (schema is not None or skip_bad):
        raise ValueError("--schema and --skip-bad say how --catalog is read; give it too")
    loaded = load_index(checkpoint_dir(checkpoint), settings=settings or ())
    config, index = loaded.config, loaded.index
    if catalog is not None:
        items = catalog_from(catalog, schema, False, skip_bad)
        pictured = {"image", "images", "picture", "pictures"} & set(signal or ())
        if config.images.model is None and pictured and items.schema.images:
            say(
                "Pictures are compared by colours and outlines; a model that sees more: --set images.model=..."
            )
            config = config.updated("images", model="pixels")
        with progress_bar("Indexing") as progress:
            index = cached_index(items, index, config, progress)
        for line in picture_notes(index):
            say(line)
    item_id = _id_of(item, index.catalog)
    found = nearest_by_each(index, loaded.signals, item_id, signal or (), k)
    if out is None:
        _print_table(index.catalog, item_id, found)
        return
    from wherefore.files import write_aside
    from wherefore.serving.contact_sheet import contact_sheet

    images = config.images
    fetcher = Fetcher(images.max_bytes, images.timeout, images.max_fetched) if images.fetch else None
    page = contact_sheet(index.catalog, index.catalog[item_id], found, fetcher)
    with write_aside(out) as aside:
        aside.write_text(page, encoding="utf-8")
    print(f"Wrote {out}: {', '.join(one.signal for one in found)}.")


def _id_of(said: str, catalog: Catalog) -> str:
    """The id of an item that is named by id or by title.

    Raises:
        KeyError: If there is none, or several are called so; says which.
    """
    if said in catalog:
        return said
    low = said.casefold()
    called = [one.id for one in catalog.items if low in (one.title.casefold(), catalog.dated(one).casefold())]
    if len(called) == 1:
        return called[0]
    if called:
        raise KeyError(
            f"{len(called)} items are called {said!r}; give one by its id: {', '.join(called[:5])}"
        )
    from rapidfuzz import process

    close = process.extract(said, [one.title for one in catalog.items], limit=3, score_cutoff=60)
    if close:
        raise KeyError(
            f"no item has the id or the title {said!r}; titles like it: {', '.join(c[0] for c in close)}"
        )
    catalog.row(said)  # says what ids look like
    return said


def _print_table(catalog: Catalog, item_id: str, found: list[Near]) -> None:
    from rich.table import Table

    from wherefore.serving.display import plain

    table = Table(
        "", *(one.signal for one in found), title=plain(f"Nearest to {catalog.dated(catalog[item_id])}")
    )
    for place in range(max((len(one.rows) for one in found), default=0)):
        cells = [
            plain(f"{catalog.dated(catalog.items[one.rows[place]])}  {one.cosines[place]:.3f}")
            if place < len(one.rows)
            else ""
            for one in found
        ]
        table.add_row(str(place + 1), *cells)
    console_on(sys.stdout).print(table, markup=False)
    for one in found:
        if one.why:
            print(f"{one.signal}: {one.why}")
