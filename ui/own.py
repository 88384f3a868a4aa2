"""What happens when somebody brings a recommender of their own: another catalogue, or another checkpoint."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import gradio as gr

from wherefore.catalog.catalog import Catalog
from wherefore.errors import CatalogError

from . import texts
from .columns import NONE_SET, Found, report_html
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
        if not path:
            return self._nothing()
        try:
            catalog = Catalog.load(path, skip_bad=skip_bad)
        except (ValueError, OSError, ImportError) as error:
            return self._nothing() | {self._page.trouble: trouble_html(path, error)}
        return self._shown(catalog, Found.of(catalog))

    def read_again(self, controls: str, path: str | None, skip_bad: bool, found: Found | None) -> Updates:
        """The file as its columns are corrected; where it cannot be read so, the table stays as people set it."""
        if not path or found is None and controls in ("", NONE_SET):
            return self.inspect(path, skip_bad)
        try:
            found = found or _found(path, skip_bad)
            return self._shown(_read(controls, path, skip_bad, found), found)
        except (ValueError, OSError, ImportError) as error:
            return {self._page.trouble: not_read_html(path, error)}

    def schema_file(self, controls: str, path: str, skip_bad: bool, found: Found | None) -> Updates:
        """The columns as they are corrected, as a file that `--schema` takes; no file where they cannot be read so."""
        page, name = self._page, f"{Path(path).name}.schema.yaml"
        try:
            found = found or _found(path, skip_bad)
            catalog = _read(controls, path, skip_bad, found)
        except (ValueError, OSError, ImportError) as error:
            return {page.trouble: not_read_html(path, error), page.text_out: "", page.name_out: ""}
        return self._shown(catalog, found) | {
            page.text_out: catalog.starter_schema(name),
            page.name_out: name,
        }

    def adopt(
        self,
        controls: str,
        path: str,
        skip_bad: bool,
        found: Found | None,
        now: Session,
        conversations: Any,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - how Gradio is asked for one
    ) -> Updates:
        """Index the uploaded file, its columns as they are corrected, and talk about it."""

        def indexing(done: int, total: int) -> None:
            progress((done, total), texts.CATALOG_INDEXING)

        try:
            found = found or _found(path, skip_bad)
            catalog = _read(controls, path, skip_bad, found)
            key = self._talk.alone(self._shelf.index, now.catalog, catalog, indexing)
        except (ValueError, OSError, ImportError) as error:
            return {self._page.trouble: not_read_html(path, error)}
        return self._moved_to(key, now, conversations)

    def _nothing(self) -> Updates:
        """No file is read."""
        page, hidden = self._page, gr.update(visible=False)
        return {
            page.found: None,
            page.report: "",
            page.trouble: "",
            page.corrections: hidden,
            page.use: hidden,
        }

    def _shown(self, catalog: Catalog, found: Found) -> Updates:
        """How a file was read."""
        page, shown = self._page, gr.update(visible=True)
        return {
            page.found: found,
            page.report: report_html(catalog, found, f"{time.time_ns()}"),
            page.trouble: "",
            page.corrections: shown,
            page.use: shown,
        }

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


def _found(path: str, skip_bad: bool) -> Found:
    """What a file's columns are taken for, where a server that was started anew no longer knows it."""
    return Found.of(Catalog.load(path, skip_bad=skip_bad))


def _read(controls: str, path: str, skip_bad: bool, found: Found) -> Catalog:
    """The file, by the columns as they are corrected.

    Raises:
        CatalogError: If they do not go together, or the file cannot be read so.
    """
    schema = found.corrected(controls)
    return Catalog.load(path, None if schema == found.schema else schema, skip_bad=skip_bad)


def not_read_html(path: str, error: Exception) -> str:
    """What is wrong with how people corrected the columns of an uploaded file."""
    return trouble_html(path, CatalogError(texts.CATALOG_NOT_READ.format(error=error)))


def trouble_html(path: str, error: Exception) -> str:
    """What is wrong with an uploaded file, by its name: where the server keeps it is nobody's business."""
    name = Path(path).name
    told = str(error).replace(path, name)
    return alert(told if told.startswith(name) else texts.BAD_FILE.format(file=name, error=told))
