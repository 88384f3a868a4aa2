"""Commands on what a server keeps: how much there is, a user's data, what grows old, and dialogues to train on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from wherefore.cli.options import CatalogOption, SchemaOption, catalog_from

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        help="A SQLite file, or postgresql://USER@HOST/DATABASE. Default: $WHEREFORE_STORE, else state.db in the "
        "user's data folder.",
        show_default=False,
    ),
]
UserOption = Annotated[str, typer.Option("--user", help="Whose, as the server was told.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

_PATIENCE = 5.0  # seconds: somebody is waiting at a terminal

app = typer.Typer(
    help="What a server keeps: sessions, feedback and changed items.",
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def _alone(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command()
def stats(
    store: StoreOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say how much is kept, and since when."""
    from wherefore.serving.storage.personal import stats as counted

    with _opened(store) as kept:
        found = counted(kept)
    if as_json:
        _print_json(found)
        return
    verdicts = ", ".join(f"{count:,} {verdict}" for verdict, count in found["feedback"].items())
    since = f", {found['oldest'][:10]} to {found['newest'][:10]}" if found["oldest"] else ""
    print(f"{found['store']} (form {found['form']}, {found['bytes'] / 1e6:,.1f} MB)")
    print(f"sessions  {found['sessions']:,}, messages {found['messages']:,}{since}")
    print(f"users     {found['users']:,}")
    print(f"feedback  {sum(found['feedback'].values()):,}{f': {verdicts}' if verdicts else ''}")
    print(f"items     {found['items_changed']:,} added or changed, {found['items_removed']:,} removed")


@app.command()
def prune(
    older_than: Annotated[str, typer.Option("--older-than", help="Age, like 12h, 30d or 8w.")],
    store: StoreOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and keep it.")] = False,
) -> None:
    """Delete sessions and feedback that nobody has touched for a while. Asks nothing: a timer can run it."""
    from datetime import UTC, datetime

    from wherefore.serving.storage.personal import age
    from wherefore.serving.storage.personal import prune as let_go

    before = datetime.now(UTC) - age(older_than)
    with _opened(store) as kept:
        gone = let_go(kept, before, dry_run)
        print(f"{'would delete' if dry_run else 'deleted'} {gone}, from before {before:%Y-%m-%d %H:%M} UTC")
        _tell_left(gone)


@app.command()
def export(
    user: UserOption,
    out: Annotated[Path, typer.Option("--out", help="File for the JSON; - for the terminal.")],
    store: StoreOption = None,
) -> None:
    """Write all that is held about a user."""
    from wherefore.serving.storage.personal import held
    from wherefore.serving.store import many

    with _opened(store) as kept:
        found = held(kept, user)
        if not found["sessions"] and not found["feedback"]:
            raise ValueError(f"nothing is held about {user!r} in {kept.name}")
    if str(out) == "-":
        _print_json(found)
        return
    import json

    from wherefore.files import write_aside
    from wherefore.serving.storage.engines import private

    with write_aside(out) as aside:
        private(aside).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    sessions, events = many(len(found["sessions"]), "session"), many(len(found["feedback"]), "feedback event")
    print(f"{sessions} and {events} in {out}")


@app.command()
def delete(user: UserOption, store: StoreOption = None, yes: YesOption = False) -> None:
    """Delete all that is held about a user."""
    from wherefore.serving.storage.personal import count_of, delete_user

    with _opened(store) as kept:
        found = count_of(kept, user)
        if not found:
            kept.overwrite()  # what an earlier deletion could not
            print(f"nothing is held about {user!r} in {kept.name}")
            return
        if not yes:
            if not sys.stdin.isatty():
                raise ValueError(f"{found} of {user!r} would be deleted; --yes says that this is meant")
            typer.confirm(f"Delete {found} of {user!r}? It cannot be brought back.", abort=True, err=True)
        gone = delete_user(kept, user)
        print(f"deleted {gone} of {user!r}")
        _tell_left(gone)


@app.command()
def dialogues(
    out: Annotated[Path, typer.Option("--out", help="File for the dialogues, one a line, like own.jsonl.")],
    store: StoreOption = None,
    catalog: CatalogOption = None,
    schema: SchemaOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also sessions in which nobody took up what was listed.")
    ] = False,
    valid: Annotated[
        float, typer.Option("--valid", min=0.0, max=0.9, help="Share of the users to measure on.")
    ] = 0.0,
) -> None:
    """Write sessions and their feedback as dialogues for `wherefore train`."""
    from wherefore.catalog.catalog import Catalog
    from wherefore.serving.storage.dialogues import write_dialogues

    if catalog is None and schema is not None:
        raise ValueError("--schema says what the columns of --catalog mean; give both")
    with _opened(store) as kept:
        items = Catalog.builtin() if catalog is None else catalog_from(catalog, schema, describe=False)
        print(f"{out}: {write_dialogues(kept, items, out, everything, valid)}")


def _opened(store: str | None) -> Any:
    """The store that the option names, closed at the end; one that is not there is not made."""
    from contextlib import closing

    from wherefore.serving.storage import open_store

    return closing(open_store(store, create=False, patience=_PATIENCE))


def _tell_left(gone: Any) -> None:
    """Say where deleted text may still stand."""
    if not gone.overwritten:
        print(
            "others are reading the file: deleted text leaves its log when they are done; to be sure, run this again",
            file=sys.stderr,
        )


def _print_json(tree: Any) -> None:
    import json

    print(json.dumps(tree, indent=2))
