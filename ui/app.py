"""The web page: a chat, cards of the list, what was understood, and why: `make ui` or `wherefore ui`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gradio as gr
from fastapi import FastAPI

from wherefore.errors import ConfigError
from wherefore.recommender import Recommender
from wherefore.serving.threads import OneThread

from . import texts
from .events import bind_conversation, bind_filters, bind_own
from .handlers import Handlers
from .layout import Page
from .own import OwnHandlers
from .programs import Blocks, endpoints
from .shelf import Held, Shelf

TOGETHER = 8  # replies to programs that are in work at once
_HERE = Path(__file__).parent


def build_app(
    recommender: Recommender,
    k: int = 5,
    base: str = "starter",
    settings: Sequence[str] = (),
    folders: bool = False,
    alone: OneThread | None = None,
) -> gr.Blocks:
    """The page for a recommender.

    Args:
        recommender: Answers; one turn at a time.
        k: Length of the list, until somebody sets another.
        base: The checkpoint that it was loaded from; users' own catalogues are indexed with it.
        settings: What differs from the checkpoint's config, for those as well.
        folders: Let people load other checkpoints from folders of this machine. Not for strangers.
        alone: What models compute on. Writing is fastest where the recommender was loaded on it too.
    """
    alone = alone or OneThread()
    shelf = Shelf(Held(recommender, base, tuple(settings)))
    with Blocks(title=texts.TITLE, analytics_enabled=False, fill_height=True) as app:
        page = Page(shelf.first, k, folders)
        handlers = Handlers(page, shelf, alone)
        bind_conversation(app, page, handlers)
        bind_filters(app, page, handlers)
        bind_own(page, OwnHandlers(handlers), folders)
        for endpoint in endpoints(recommender, k, alone):
            gr.api(
                endpoint, api_name=endpoint.__name__, concurrency_id="programs", concurrency_limit=TOGETHER
            )
    return app


def launch(
    app: gr.Blocks,
    host: str = "127.0.0.1",
    port: int = 7860,
    auth: Sequence[tuple[str, str]] = (),
    mcp: bool = False,
) -> None:
    """Serve the page until Ctrl-C. Its fonts are the system's: nothing is fetched from elsewhere.

    Args:
        app: The page.
        host: Where it is reachable; only from this machine by default.
        port: Of the server.
        auth: User names and passwords; empty lets everybody in who can reach it.
        mcp: Be an MCP server too, with the tools `recommend` and `chat`.

    Raises:
        ConfigError: If another program has the port.
    """
    try:
        _, url, _ = app.queue(max_size=64, default_concurrency_limit=4).launch(
            server_name=host,
            server_port=port,
            theme=_theme(),
            css_paths=[_HERE / "style.css"],
            footer_links=[],
            ssr_mode=False,
            share=False,
            auth=list(auth) or None,
            mcp_server=mcp,
            max_file_size="100mb",
            prevent_thread_lock=True,
            quiet=True,
        )
    except OSError as error:
        if "port" not in str(error):
            raise
        raise ConfigError(texts.PORT_TAKEN.format(port=port)) from error
    print(texts.RUNNING.format(url=url), flush=True)
    app.block_thread()


def mount(app: gr.Blocks, parent: FastAPI, path: str, auth: Sequence[tuple[str, str]] = ()) -> FastAPI:
    """Show the page at a path of another app, which serves it.

    Args:
        app: The page.
        parent: The other app.
        path: Like `/page`.
        auth: As in `launch`.
    """
    mounted: FastAPI = gr.mount_gradio_app(
        parent,
        app.queue(max_size=64, default_concurrency_limit=4),
        path,
        auth=list(auth) or None,
        theme=_theme(),
        css_paths=[_HERE / "style.css"],
        footer_links=[],
        ssr_mode=False,
        show_error=False,
        max_file_size="100mb",
    )
    return mounted


def _theme() -> gr.themes.Base:
    return gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
