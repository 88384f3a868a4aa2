"""Which event of the page calls which handler, with what it takes and what it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from wherefore.catalog.schema import FieldSpec
from wherefore.dialogue.state import Preferences

from .columns import SET
from .controls import limited, ranges_of, values_of_field, wished
from .handlers import Handlers, Updates
from .layout import Page, range_controls, value_controls
from .own import OwnHandlers
from .saved import READ, WRITE
from .session import Session

_QUICK: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
_SLOW: dict[str, Any] = {"api_visibility": "private", "concurrency_id": "model"}
# A turn that is being made ends first, or its next word would bring back what is taken away here.
_AFTER: dict[str, Any] = {**_QUICK, **_SLOW}
_DOWNLOAD = """
(text, name) => {
  if (!name) return;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], {type: 'text/plain;charset=utf-8'}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
"""


def bind_conversation(app: gr.Blocks, page: Page, handlers: Handlers) -> None:
    """What people say, click and set."""
    talk, streaming = [page.session, page.kept], _streaming(page)
    page.box.submit(handlers.turn, [page.box, *talk], page.shown, **streaming)
    page.add.submit(handlers.added, [page.add, *talk], page.shown, **streaming)
    page.add.submit(lambda: "", None, page.add, **_QUICK)
    for happens, done in (
        (page.chat.retry, handlers.retry),
        (page.chat.edit, handlers.edit),
        (page.cards.act, handlers.act),
        (page.chips.act, handlers.act),
        (page.saved.act, handlers.act),
        (page.chat.example_select, handlers.picked),
        (page.chat.option_select, handlers.picked),
    ):
        happens(done, talk, page.shown, **streaming)
    stopping: dict[str, Any] = {"queue": False, **_QUICK}  # not behind what it is to stop
    page.box.stop(handlers.stop, page.session, None, **stopping)
    for happens in (page.chat.clear, page.new.click):
        happens(handlers.stop, page.session, None, **stopping).then(
            handlers.restart, talk, page.shown, js=READ, **_AFTER
        )
    page.chat.undo(handlers.undo, talk, page.shown, js=READ, **_AFTER)
    page.effects_button.click(handlers.explain, talk, page.effects, js=READ, **_SLOW)
    file = [page.text_out, page.name_out]
    for button, export in (
        (page.markdown, handlers.export_markdown),
        (page.plain_json, handlers.export_json),
    ):
        button.click(export, talk, file, js=READ, **_QUICK).then(None, file, None, js=_DOWNLOAD, **_QUICK)
    for happens in (page.count.release, page.unlike.release, page.images.change):
        settings = [page.count, page.unlike, page.images, page.session]
        happens(handlers.settle, settings, page.shown, **_AFTER)
    app.load(handlers.restore, talk, page.shown, js=READ, **_QUICK)
    page.kept.change(None, page.kept, None, js=WRITE, **_QUICK)


def bind_own(page: Page, handlers: OwnHandlers, folders: bool) -> None:
    """What brings another catalogue or checkpoint."""
    talk = [page.session, page.kept]
    file = [page.file, page.skip_bad]
    corrected = [page.controls, *file, page.found]
    reading: dict[str, Any] = {"api_visibility": "private", "show_progress_on": [page.trouble]}
    page.file.change(handlers.inspect, file, page.reading, **reading)
    for happens in (page.again.click, page.report.submit, page.skip_bad.change):
        happens(handlers.read_again, corrected, page.reading, js=SET, **reading)
    saved = [page.text_out, page.name_out]
    page.schema.click(handlers.schema_file, corrected, [*page.reading, *saved], js=SET, **reading).then(
        None, saved, None, js=_DOWNLOAD, **_QUICK
    )
    page.use.click(
        handlers.adopt,
        [*corrected, *talk],
        page.room,
        js=f"(...values) => ({READ})(...({SET})(...values))",
        show_progress_on=[page.trouble],
        **_SLOW,
    )
    if folders:  # settings name servers and variables of the environment: not for strangers either
        page.load.click(
            handlers.take,
            [page.folder, page.lines, *talk],
            page.room,
            js=READ,
            show_progress_on=[page.about],
            **_SLOW,
        )
    page.back.click(handlers.leave, talk, page.room, js=READ, **_QUICK)


def bind_filters(app: gr.Blocks, page: Page, handlers: Handlers) -> None:
    """The limits and wishes that are set by hand; each catalogue has its own controls."""
    talk, streaming = [page.session, page.kept], _streaming(page)

    def controls(key: str) -> None:
        catalog = handlers.shelf.get(key).catalog
        for spec, low, high, step in ranges_of(catalog):
            ends = range_controls(spec, low, high, step)
            done = _editing(handlers, limited, spec, (low, high))
            for end in ends:
                # By keys too, which release nothing; of many steps in a row the last counts.
                end.input(done, [*ends, *talk], page.shown, trigger_mode="always_last", **streaming)
        for spec, values in values_of_field(catalog):
            boxes = value_controls(spec, values)
            done = _editing(handlers, wished, spec)
            for box in boxes:
                box.input(done, [*boxes, *talk], page.shown, **streaming)

    with page.filters:
        triggers = [app.load, page.catalog_key.change]
        gr.render(inputs=[page.catalog_key], triggers=triggers, show_progress="hidden")(controls)


def _editing(
    handlers: Handlers, change: Callable[..., Preferences], spec: FieldSpec, *more: Any
) -> Callable[[Any, Any, Session, Any], Iterator[Updates]]:
    """What a field's two controls call: `change` makes the new state from the old one and their values."""

    def edited(one: Any, other: Any, now: Session, conversations: Any) -> Iterator[Updates]:
        yield from handlers.edited(lambda state: change(state, spec, one, other, *more), now, conversations)

    return edited


def _streaming(page: Page) -> dict[str, Any]:
    """How events run that make a turn: one at a time."""
    return {
        "js": READ,
        "concurrency_id": "model",
        "concurrency_limit": 1,
        "api_visibility": "private",
        "show_progress": "minimal",
        "show_progress_on": [page.chat],
    }
