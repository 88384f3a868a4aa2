"""What happens when somebody brings a recommender of their own: another catalogue, or another checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from wherefore.catalog.catalog import Catalog

from . import texts
from .columns import column_rows, schema_of
from .handlers import Handlers, Updates
from .layout import about_html, chat_examples, head_html
from .markup import alert
from .session import Session


class OwnHandlers:
    """The methods are called by events, as those of `Handlers`.

    Args:
        talk: What they begin new conversations with.
    """

    def __init__(self, talk: Handlers) -> None:
        self._talk = talk
        self._page = talk.page
        self._shelf = talk.shelf

    def inspect(self, path: str | None, skip_bad: bool = False) -> Updates:
        """What the columns of an uploaded file were taken for, and which rows are left out where that is asked for."""
        rows, trouble = None, ""
        if path:
            try:
                catalog = Catalog.load(path, skip_bad=skip_bad)
                rows = column_rows(catalog)
                trouble = "".join(alert(note) for note in catalog.notes if note.lost)
            except (ValueError, OSError, ImportError) as error:
                trouble = trouble_html(path, error)
        page, known = self._page, rows is not None
        return {
            page.columns: gr.update(value=rows, visible=True) if known else gr.update(visible=False),
            page.use: gr.update(visible=known),
            page.trouble: trouble,
        }

    def adopt(
        self,
        path: str,
        table: Any,
        skip_bad: bool,
        now: Session,
        conversations: Any,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - how Gradio is asked for one
    ) -> Updates:
        """Index the uploaded file and talk about it."""

        def indexing(done: int, total: int) -> None:
            progress((done, total), texts.CATALOG_INDEXING)

        try:
            catalog = Catalog.load(path, skip_bad=skip_bad)
            schema = schema_of(catalog.schema, table)
            if schema != catalog.schema:
                catalog = Catalog.load(path, schema, skip_bad=skip_bad)
            key = self._talk.alone(self._shelf.index, now.catalog, catalog, indexing)
        except (ValueError, OSError, ImportError) as error:
            return {self._page.trouble: trouble_html(path, error)}
        return self._moved_to(key, now, conversations)

    def take(
        self,
        checkpoint: str,
        given: str,
        now: Session,
        conversations: Any,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Updates:
        """Load another checkpoint, or this one with other settings."""
        progress(None, texts.LOADING)
        name = checkpoint.strip() or self._shelf.first.checkpoint
        settings = [line.strip() for line in given.splitlines() if line.strip()]
        try:
            key = self._talk.alone(self._shelf.load, name, settings)
        except (ValueError, OSError, ImportError) as error:
            problem = texts.NOT_LOADED.format(checkpoint=name, error=error)
            return {self._page.about: about_html(self._shelf.get(now.catalog)) + alert(problem)}
        return self._moved_to(key, now, conversations)

    def leave(self, now: Session, conversations: Any) -> Updates:
        """Back to what the page was started with."""
        return self._moved_to("", now, conversations)

    def _moved_to(self, key: str, now: Session, conversations: Any) -> Updates:
        """A new conversation with another recommender."""
        page, model = self._page, self._shelf.get(key)
        return self._talk.begin(now, key, conversations) | {
            page.catalog_key: key,
            page.chat: gr.update(value=[], examples=chat_examples(model.catalog)),
            page.head: head_html(model),
            page.about: about_html(model),
            page.back: gr.update(visible=bool(key)),
            page.trouble: "",
        }


def trouble_html(path: str, error: Exception) -> str:
    """What is wrong with an uploaded file, by its name: where the server keeps it is nobody's business."""
    name = Path(path).name
    return alert(texts.BAD_FILE.format(file=name, error=str(error).replace(path, name)))
