"""What happens in a conversation when somebody does something on the page."""

from __future__ import annotations

import contextlib
import html
import json
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from wherefore.dialogue.content import read_content
from wherefore.dialogue.state import Preferences
from wherefore.errors import CatalogError
from wherefore.recommender import Recommender
from wherefore.serving.threads import OneThread

from . import texts
from .cards import cards_html, chips_html, effects_html
from .export import as_markdown
from .layout import Page
from .markup import empty, escaped, literal
from .saved import Saved
from .session import Session
from .shelf import Shelf
from .turns import anew, answer, cut_off
from .view import View, without_part

Updates = dict[Any, Any]  # component -> its new value
Change = Callable[[Preferences], Preferences]

_CLICK_SAYS = {
    "like": texts.LIKES,
    "dislike": texts.DISLIKES,
    "seen": texts.HAS_SEEN,
    "more": texts.WANTS_MORE,
    "why": texts.ASKS_WHY,
}


class Handlers:
    """The public methods are called by events; each takes and gives what `events.py` says.

    `now` is the session of who did something, `conversations` what their browser keeps (see `saved.READ`).

    Args:
        page: What is changed.
        shelf: The recommenders that answer.
        alone: What models compute on.
    """

    def __init__(self, page: Page, shelf: Shelf, alone: OneThread) -> None:
        self.page = page
        self.shelf = shelf
        self.alone = alone
        self._halted: set[str] = set()  # turns that somebody stopped

    # -- what is shown ----------------------------------------------------------------------------------

    def show(self, now: Session, before: Session | None = None) -> Updates:
        """What has changed on the page; without `before`, everything."""
        page, model, view = self.page, self._model(now), now.view
        old = before.view if before is not None else None
        out: Updates = {page.session: now}
        if old is None or view.shown != old.shown or _options(view) != _options(old):
            out[page.chat] = _chat(view)
        if old is None or view.listed != old.listed or now.images != getattr(before, "images", None):
            out[page.cards] = cards_html(view.listed, model.catalog, now.images)
        marked = _marked(view)
        if old is None or marked != _marked(old):  # not with every reason that is written
            out[page.picture] = self.shelf.map(model).svg(*marked) if marked is not None else ""
        if old is None or view.state != old.state:
            out[page.chips] = chips_html(view.state, model.catalog)
        return out

    def keep(self, after: Saved, before: Saved) -> Updates:
        """What the browser must change so that it keeps `after`, and the list of its conversations."""
        return {self.page.kept: after.changed(before), self.page.saved: after.html()}

    def begin(self, now: Session, key: str, conversations: Any) -> Updates:
        """A new conversation, with the recommender of a key; the old one stays saved."""
        browser = Saved.from_browser(conversations)
        return self.show(now.restarted(key)) | self.keep(browser.closed(), browser)

    def _warned(self, problem: object, now: Session) -> Updates:
        """Say what is wrong; nothing else changes."""
        gr.Warning(escaped(problem))
        return {self.page.session: now}

    def _model(self, now: Session) -> Recommender:
        return self.shelf.get(now.catalog)

    def _resumed(self, now: Session, conversations: Any) -> Session:
        """The session; after a restart of the server, with the conversation that is open in the browser.

        Raises:
            CatalogError: If that is about a catalogue which the server no longer holds; says what to do.
        """
        if self.shelf.lost(now.catalog):
            raise CatalogError(texts.GONE)
        try:
            return now.resumed(Saved.from_browser(conversations), self._model(now).catalog.name)
        except ValueError as error:
            raise CatalogError(texts.GONE) from error

    # -- turns ------------------------------------------------------------------------------------------

    def turn(self, text: str, now: Session, conversations: Any) -> Iterator[Updates]:
        """A new message."""
        text = text.strip()
        try:
            now = self._resumed(now, conversations)
            now = now.sending(text)
        except ValueError as error:
            yield self._warned(error, now)
            return
        try:
            views = answer(self._model(now), now.view, text, now.settings)
            yield from self._stream(now, views, conversations)
        except ValueError as error:
            box = gr.update(value=text, submit_btn=texts.SEND, stop_btn=False)
            yield self.show(now) | self._warned(error, now) | {self.page.box: box}

    def edited(self, change: Change, now: Session, conversations: Any) -> Iterator[Updates]:
        """The state is edited: the list is made anew."""
        try:
            now = self._resumed(now, conversations)
            state = change(now.view.state)
            if not now.view.turns:
                now = replace(now, view=replace(now.view, start=state))
                yield self.show(now)
                return
            views = anew(self._model(now), now.view, state, now.settings)
            yield from self._stream(now, views, conversations)
        except ValueError as error:
            yield self.show(now) | self._warned(error, now)

    def _stream(self, now: Session, views: Generator[View], conversations: Any) -> Iterator[Updates]:
        """The page while a turn is made, saved in the browser at its end."""
        page, model, before = self.page, self._model(now), now
        now = replace(now, running=f"{time.time_ns()}")
        begun: Updates = {page.box: gr.update(value="", submit_btn=False, stop_btn=texts.STOP)}
        with contextlib.closing(self.alone.each(views)) as steps:
            for view in steps:
                stop = now.running in self._halted
                now = replace(now, view=cut_off(model, view, texts.STOPPED) if stop else view)
                yield self.show(now, before) | begun
                before, begun = now, {}
                if stop:
                    break
        self._halted.discard(now.running)
        browser = Saved.from_browser(conversations)
        now, after = now.ended(browser, model.catalog.name)
        box = gr.update(submit_btn=texts.SEND, stop_btn=False)
        yield {page.box: box, page.session: now} | self.keep(after, browser)

    # -- what is done -----------------------------------------------------------------------------------

    def picked(self, now: Session, conversations: Any, event: gr.SelectData) -> Iterator[Updates]:
        """An example, or an answer that is offered."""
        value = event.value["text"] if isinstance(event.value, dict) else str(event.value)
        yield from self.turn(value, now, conversations)

    def act(self, now: Session, conversations: Any, event: gr.EventData) -> Iterator[Updates]:
        """A button on a card, on a chip, or on a saved conversation."""
        kind, key = str(event._data.get("act", "")), str(event._data.get("id", ""))
        model = self._model(now)
        if kind in ("open", "delete"):
            yield self._stored(kind, key, now, conversations)
        elif kind == "drop":
            yield from self.edited(lambda state: without_part(state, key, model), now, conversations)
        elif key in model.catalog and kind in _CLICK_SAYS:
            title = model.catalog.dated(model.catalog[key])
            yield from self.turn(_CLICK_SAYS[kind].format(title=title), now, conversations)

    def _stored(self, kind: str, key: str, now: Session, conversations: Any) -> Updates:
        """A saved conversation is opened or deleted."""
        browser = Saved.from_browser(conversations)
        if kind == "delete":
            return self.keep(browser.drop(key), browser)
        try:
            now = now.opened(browser, key, self._model(now).catalog.name)
        except ValueError as error:
            return self._warned(error, now)
        return self.show(now) | self.keep(replace(browser, open=key), browser)

    def added(self, text: str, now: Session, conversations: Any) -> Iterator[Updates]:
        """Wishes and limits in the user's own words, without a message."""
        if not text.strip():
            yield {self.page.session: now}
            return
        said, reader = [{"role": "user", "content": text}], self._model(now).reader
        yield from self.edited(lambda state: reader.read(said, state).preferences, now, conversations)

    def undo(self, now: Session, conversations: Any, event: gr.UndoData) -> Updates:
        """The last turn is taken back; its message returns to the box."""
        try:
            now, said = self._resumed(now, conversations).before(event.index)
        except ValueError as error:
            return self._warned(error, now)
        return self.show(now) | {self.page.box: said}

    def retry(self, now: Session, conversations: Any, event: gr.RetryData) -> Iterator[Updates]:
        """The same message again, worded anew."""
        try:
            now, said = self._resumed(now, conversations).before(event.index)
        except ValueError as error:
            yield self._warned(error, now)
            return
        settings = replace(now.settings, seed=(now.settings.seed or 0) + 1)
        yield from self.turn(said, replace(now, settings=settings), conversations)

    def edit(self, now: Session, conversations: Any, event: gr.EditData) -> Iterator[Updates]:
        """An earlier message is said otherwise; what came after it goes."""
        try:
            now, _ = self._resumed(now, conversations).before(event.index)
        except ValueError as error:
            yield self.show(now) | self._warned(error, now)
            return
        said = read_content(event.value, texts.MESSAGE).text  # a version of Gradio sends text, another parts
        yield from self.turn(html.unescape(said), now, conversations)

    def stop(self, now: Session) -> None:
        """The reply that is being written ends at its next word."""
        if now.running:
            self._halted.add(now.running)

    def restart(self, now: Session, conversations: Any) -> Updates:
        """A new conversation; the old one stays saved."""
        return self.begin(now, now.catalog, conversations) | {self.page.box: ""}

    def restore(self, now: Session, conversations: Any) -> Updates:
        """The conversation that was open in this browser, when the page is opened."""
        listing = {self.page.saved: Saved.from_browser(conversations).html()}
        try:
            found = self._resumed(now, conversations)
        except ValueError:
            return listing
        # Nothing else where there is nothing to restore: who writes at once has a turn running by now.
        return listing if found is now else self.show(found) | listing

    def settle(self, many: float, weight: float, load: bool, now: Session) -> Updates:
        """New settings hold from the next list on; pictures at once."""
        settings = replace(now.settings, k=int(many), diversity=float(weight))
        return self.show(replace(now, settings=settings, images=load), now)

    # -- what is asked of a conversation ----------------------------------------------------------------

    def explain(self, now: Session, conversations: Any) -> str:
        """What each part of the state does to the list."""
        try:
            now = self._resumed(now, conversations)
        except ValueError as error:
            return empty(error)
        view, model = now.view, self._model(now)
        if view.listed is None:
            return empty(texts.NO_TURN)
        given = view.messages[:-1] if view.messages[-1]["role"] == "assistant" else view.messages
        found = self.alone(model.effects, given, now.settings.k, view.state, now.settings.diversity)
        return effects_html(found, model.catalog)

    def export_markdown(self, now: Session, conversations: Any) -> tuple[str, str]:
        """The conversation as text, and the name of its file."""
        now = self._exported(now, conversations)
        return as_markdown(now.view, self._model(now).catalog), "conversation.md"

    def export_json(self, now: Session, conversations: Any) -> tuple[str, str]:
        """The conversation as `View.from_json` reads it, and the name of its file."""
        now = self._exported(now, conversations)
        return json.dumps(now.view.to_json(), ensure_ascii=False, indent=1), "conversation.json"

    def _exported(self, now: Session, conversations: Any) -> Session:
        with contextlib.suppress(ValueError):
            return self._resumed(now, conversations)
        return now


def _chat(view: View) -> list[dict[str, Any]]:
    """The messages as the chat shows them; the last one offers answers to its question."""
    out: list[dict[str, Any]] = [
        {**message, "content": literal(message["content"])} for message in view.shown
    ]
    options = _options(view)
    if out and options and out[-1]["role"] == "assistant":
        out[-1]["options"] = [{"value": option} for option in options]
    return out


def _options(view: View) -> tuple[str, ...]:
    return view.turns[-1].options if view.turns else ()


def _marked(view: View) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]] | None:
    """What the map marks: candidates, liked items and the list; None without a list."""
    listed = view.listed
    if listed is None:
        return None
    return listed.candidates, view.state.liked, tuple(card.item_id for card in listed.cards)
