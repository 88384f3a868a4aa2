"""Commands that talk: in the terminal, on a web page, or once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wherefore.cli.options import (
    CatalogOption,
    CheckpointOption,
    JsonOption,
    KOption,
    SchemaOption,
    SetOption,
    SkipBadOption,
    console_on,
    recommender_from,
)

if TYPE_CHECKING:
    from types import ModuleType


def chat(
    catalog: CatalogOption = None,
    schema: SchemaOption = None,
    checkpoint: CheckpointOption = "starter",
    k: KOption = 5,
    settings: SetOption = None,
    skip_bad: SkipBadOption = False,
) -> None:
    """Talk in the terminal, or answer each line of standard input."""
    from wherefore.serving.terminal import HELP, Conversation, PlainScreen, RichScreen, typed

    if sys.stdin.isatty() and sys.stdout.isatty():
        screen = RichScreen(console_on(sys.stdout))
        screen.note("Loading ...")
        recommender = recommender_from(
            catalog, schema, checkpoint, settings, describe=True, skip_bad=skip_bad
        )
        _line_editing()
        screen.note(f"{len(recommender.catalog):,} {recommender.catalog.schema.plural}.\n{HELP}")
        Conversation(recommender, k, screen).run(typed("> "))
        return
    recommender = recommender_from(catalog, schema, checkpoint, settings, describe=True, skip_bad=skip_bad)
    conversation = Conversation(recommender, k, PlainScreen(sys.stdout, sys.stderr))
    conversation.run(iter(sys.stdin))
    if conversation.failed:
        raise typer.Exit(2)


def recommend(
    request: Annotated[str, typer.Argument(help="What you like and what you look for, in your own words.")],
    catalog: CatalogOption = None,
    schema: SchemaOption = None,
    checkpoint: CheckpointOption = "starter",
    k: KOption = 5,
    as_json: JsonOption = False,
    settings: SetOption = None,
    skip_bad: SkipBadOption = False,
    history: Annotated[
        list[str] | None,
        typer.Option(
            "--history",
            help="An item that you took or liked before, by its id or title; may be given several times, oldest first.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Answer one request."""
    from wherefore.dialogue.messages import Message
    from wherefore.serving.display import plain
    from wherefore.serving.terminal import unmarked

    recommender = recommender_from(catalog, schema, checkpoint, settings, skip_bad=skip_bad)
    reply = recommender.generate([Message("user", request)], k=k, history=history or ())
    if as_json:
        import json

        print(json.dumps(reply.to_json(), indent=2, ensure_ascii=not _speaks_unicode()))
    else:
        print(plain(unmarked(reply.text)))


def ui(
    catalog: CatalogOption = None,
    schema: SchemaOption = None,
    checkpoint: CheckpointOption = "starter",
    k: KOption = 5,
    host: Annotated[str, typer.Option("--host", help="0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 7860,
    user: Annotated[
        list[str] | None,
        typer.Option(
            "--user", help="NAME:PASSWORD that is asked for; several may be given.", show_default=False
        ),
    ] = None,
    settings: SetOption = None,
    skip_bad: SkipBadOption = False,
    mcp: Annotated[
        bool, typer.Option("--mcp/--no-mcp", help="Offer its tools to language models too.")
    ] = True,
) -> None:
    """Chat on a web page; programs find its endpoints there too, and language models its tools (MCP)."""
    people = [tuple(one.split(":", 1)) for one in user or ()]
    for one in people:
        if len(one) != 2 or not all(one):
            raise ValueError(f"--user is {':'.join(one)!r}; give NAME:PASSWORD")
    page = ui_module()
    from wherefore.serving.threads import OneThread

    alone = OneThread()
    recommender = alone(
        recommender_from, catalog, schema, checkpoint, settings, describe=True, skip_bad=skip_bad
    )
    # Who may name folders of this machine must sit at it.
    local = not people and host in ("127.0.0.1", "localhost", "::1")
    app = page.build_app(recommender, k, checkpoint, settings or (), folders=local, alone=alone)
    page.launch(app, host, port, people, mcp)


def _line_editing() -> None:
    """Arrow keys and the lines typed before, where Python has readline."""
    try:
        import readline  # noqa: F401
    except ImportError:
        pass


def _speaks_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")


def ui_module() -> ModuleType:
    """The page: the folder `ui` of the checkout when this is one, else as the wheel installed it."""
    import importlib.util

    if importlib.util.find_spec("gradio") is None:
        raise ImportError("the web page needs gradio; install it with: pip install 'wherefore[ui]'")
    folder = Path(__file__).parents[3] / "ui"
    if (folder / "app.py").is_file() and "wherefore_ui" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "wherefore_ui", folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert spec is not None and spec.loader is not None
        sys.modules[spec.name] = package = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(package)
    return importlib.import_module("wherefore_ui.app")
