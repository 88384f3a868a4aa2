"""The web page: a chat, cards of the list, what was understood, and why: `make ui` or `wherefore ui`."""

from __future__ import annotations

import contextlib
import html
import json
import os
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read on import: nothing phones home

import gradio as gr

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.messages import MAX_CHARACTERS
from wherefore.dialogue.state import Preferences
from wherefore.recommender import Recommender
from wherefore.serving.threads import OneThread

from . import texts
from .cards import cards_html, chips_html, effects_html, escaped, literal
from .columns import column_rows, schema_of
from .controls import limited, ranges_of, values_of_field, wished
from .export import as_markdown
from .picture import CatalogMap
from .programs import endpoints
from .saved import READ, WRITE, Saved
from .view import Settings, View, anew, answer, cut_off, without_part

MOST_MESSAGES = 20  # of one person within a minute
TOGETHER = 8  # replies to programs that are in work at once
MOST_CATALOGS = 4  # of users' own, that are held at once; the longest unused goes first
_HERE = Path(__file__).parent
_CLICKS = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-act]');
  if (button) { event.preventDefault(); trigger('act', {act: button.dataset.act, id: button.dataset.id}); }
});
"""
_DOWNLOAD = """
(text, name) => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], {type: 'text/plain;charset=utf-8'}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
"""


@dataclass(frozen=True)
class Session:
    """What the page of one person holds."""

    view: View = field(default_factory=View)
    settings: Settings = field(default_factory=Settings)
    images: bool = False
    catalog: str = ""  # key of their own catalogue; empty for the one that the page was started with
    sent: tuple[float, ...] = ()  # when the last messages were
    name: str = ""  # of the conversation, where it is saved
    when: float = 0.0  # it was saved last by this tab, or read
    running: str = ""  # the turn that is being made, so that it can be stopped


@dataclass(frozen=True)
class Held:
    """A recommender, and what it was loaded from."""

    recommender: Recommender
    checkpoint: str
    settings: tuple[str, ...] = ()


class Shelf:
    """The recommenders of a page: that which it was started with, and those that users chose, each by a key."""

    def __init__(self, first: Held) -> None:
        self._first = _telling(first)
        self._own: OrderedDict[str, Held] = OrderedDict()
        self._maps: dict[int, CatalogMap] = {}

    def held(self, key: str) -> Held:
        """What a key stands for; the first where it is no longer held."""
        if key in self._own:
            self._own.move_to_end(key)
            return self._own[key]
        return self._first

    def lost(self, key: str) -> bool:
        """Whether what a key stood for is no longer held."""
        return bool(key) and key not in self._own

    def get(self, key: str) -> Recommender:
        """The recommender of a key."""
        return self.held(key).recommender

    def load(self, checkpoint: str, settings: Sequence[str]) -> str:
        """Load a checkpoint; its key.

        Raises:
            FileNotFoundError, ValueError: As `Recommender.from_pretrained`.
        """
        made = type(self._first.recommender).from_pretrained(checkpoint, settings=settings)
        return self._hold(Held(made, checkpoint, tuple(settings)))

    def index(self, key: str, catalog: Catalog, progress: Callable[[int, int], None]) -> str:
        """Index a user's own catalogue for the checkpoint of a key; its own key."""
        like = self.held(key)
        made = type(like.recommender).from_catalog(
            catalog, base=like.checkpoint, progress=progress, settings=like.settings
        )
        return self._hold(replace(like, recommender=made))

    def _hold(self, held: Held) -> str:
        key = f"{time.time_ns()}"
        self._own[key] = _telling(held)
        while len(self._own) > MOST_CATALOGS:
            self._maps.pop(id(self._own.popitem(last=False)[1].recommender), None)
        return key

    def map(self, recommender: Recommender) -> CatalogMap:
        """The map of a recommender's catalogue."""
        if id(recommender) not in self._maps:
            self._maps[id(recommender)] = CatalogMap(recommender.catalog, recommender.index.vectors)
        return self._maps[id(recommender)]


def _telling(held: Held) -> Held:
    """What goes wrong with a server that ranks and words is shown on the page."""
    if held.recommender.served is not None:
        held.recommender.served.tell = lambda text: gr.Warning(escaped(text))
    return held


def examples_of(catalog: Catalog) -> list[str]:
    """Messages that fit a catalogue, made from its best known items and most frequent values."""
    schema = catalog.schema
    known = schema.popularity
    items = list(catalog.items)
    if known is not None:
        items.sort(key=lambda item: -(item.number(known.name) or 0.0))
    titles = [item.title for item in items[:60] if 3 < len(item.title) < 40]
    found = []
    if len(titles) > 20:
        found.append(f"I liked {titles[3]} and {titles[17]}. Something like them?")
    for spec in schema.of_kind("category"):
        counts = Counter(dict(catalog.vocabulary(spec.name)))
        if counts and len(counts) <= 200 and spec.phrase.startswith("{}"):
            value = counts.most_common(3)[-1][0].lower()
            year = schema.year
            after = " from after 2000" if year is not None else ""
            found.append(f"A good {value} {schema.noun.lower()}{after}, please")
            break
    for spec in schema.of_kind("people"):
        counts = Counter(dict(catalog.vocabulary(spec.name)))
        if counts and counts.most_common(1)[0][1] > 1:
            name = counts.most_common(2)[-1][0]
            found.append(f"Something {spec.phrase.replace('{}', name)}")
            break
    found.append("What do you recommend? I don't know what I want.")
    return found


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
    halted: set[str] = set()  # turns that somebody stopped
    shelf = Shelf(Held(recommender, base, tuple(settings)))
    schema = recommender.catalog.schema

    def of(session: Session) -> Recommender:
        return shelf.get(session.catalog)

    with gr.Blocks(title=texts.TITLE, analytics_enabled=False, fill_height=True) as app:
        session = gr.State(Session(settings=Settings(k=k)))
        catalog_key = gr.State("")
        kept = gr.Textbox(visible="hidden")  # given: what the browser keeps; shown: what it must change
        with gr.Row(elem_id="wf-main"):
            head = gr.HTML(_head(recommender), elem_id="wf-head")
            with gr.Column(min_width=320, elem_id="wf-talk"):
                chat = gr.Chatbot(
                    label=texts.CONVERSATION,
                    height="clamp(320px, 56vh, 720px)",
                    latex_delimiters=[],
                    feedback_options=None,
                    editable="user",
                    examples=[{"text": text} for text in examples_of(recommender.catalog)],
                    buttons=["copy"],
                    elem_id="wf-chat",
                )
                box = gr.Textbox(
                    label=texts.MESSAGE,
                    placeholder=texts.PLACEHOLDER,
                    submit_btn=texts.SEND,
                    stop_btn=False,
                    max_lines=6,
                    autofocus=True,
                    elem_id="wf-box",
                )
            with gr.Column(min_width=320, elem_id="wf-side"):
                cards = gr.HTML(cards_html(None, recommender.catalog), js_on_load=_CLICKS, elem_id="wf-list")
            with gr.Column(min_width=320, elem_id="wf-more"):
                gr.HTML(f"<h2>{escaped(texts.UNDERSTOOD)}</h2>")
                chips = gr.HTML(
                    chips_html(Preferences(), recommender.catalog), js_on_load=_CLICKS, elem_id="wf-state"
                )
                add = gr.Textbox(
                    label=texts.ADD, placeholder=texts.ADD_PLACEHOLDER, max_length=500, elem_id="wf-add"
                )
                with gr.Accordion(texts.FILTERS, open=False, elem_id="wf-filters"):
                    filters = gr.Column()
                with gr.Accordion(texts.EFFECTS, open=False, elem_id="wf-effects"):
                    effects_button = gr.Button(texts.EFFECTS_BUTTON, size="sm")
                    effects = gr.HTML("")
                with gr.Accordion(texts.MAP, open=False, elem_id="wf-map-box"):
                    picture = gr.HTML("", elem_id="wf-map")
                with gr.Row():
                    new = gr.Button(texts.NEW, size="sm", elem_id="wf-new")
                    markdown = gr.Button(texts.EXPORT_MARKDOWN, size="sm")
                    plain_json = gr.Button(texts.EXPORT_JSON, size="sm")
                with gr.Accordion(texts.SAVED, open=False):
                    saved = gr.HTML(Saved().html(), js_on_load=_CLICKS, elem_id="wf-saved")
                with gr.Accordion(texts.CATALOG, open=False, elem_id="wf-catalog"):
                    file = gr.File(label=texts.CATALOG_FILE, type="filepath", height=110)
                    trouble = gr.HTML("", elem_id="wf-trouble")
                    columns = gr.Dataframe(
                        headers=[texts.CATALOG_COLUMN, texts.CATALOG_KIND, texts.CATALOG_VALUE],
                        label=texts.CATALOG_COLUMNS,
                        visible=False,
                        static_columns=[0, 2],
                        wrap=True,
                    )
                    use = gr.Button(texts.CATALOG_USE, variant="primary", visible=False)
                    back = gr.Button(texts.CATALOG_BACK.format(name=recommender.catalog.name), visible=False)
                with gr.Accordion(texts.SETTINGS, open=False, elem_id="wf-settings"):
                    count = gr.Slider(1, 20, value=k, step=1, label=texts.COUNT)
                    unlike = gr.Slider(
                        0,
                        4,
                        value=recommender.config.turn.diversity,
                        step=0.25,
                        label=texts.DIVERSITY,
                        info=texts.DIVERSITY_ABOUT,
                    )
                    images = gr.Checkbox(
                        False,
                        label=texts.IMAGES,
                        info=texts.IMAGES_ABOUT,
                        visible=bool(schema.of_kind("image")),
                    )
                    folder = gr.Textbox(
                        value=base,
                        label=texts.CHECKPOINT,
                        info=texts.CHECKPOINT_ABOUT,
                        max_length=4096,
                        visible=folders,
                        elem_id="wf-checkpoint",
                    )
                    lines = gr.Textbox(
                        value="\n".join(settings),
                        label=texts.MODEL_SETTINGS,
                        info=texts.MODEL_SETTINGS_ABOUT,
                        lines=2,
                        max_length=4096,
                        visible=folders,
                        elem_id="wf-model-settings",
                    )
                    load = gr.Button(texts.LOAD, size="sm", visible=folders, elem_id="wf-load")
                    about = gr.HTML(_about(recommender), elem_id="wf-model")
        text_out = gr.Textbox(visible=False)
        name_out = gr.Textbox(visible=False)
        shown = [box, chat, cards, chips, picture, session, kept, saved]

        # -- what is shown ------------------------------------------------------------------------------

        def show(now: Session, before: Session | None = None) -> dict[Any, Any]:
            """What has changed on the page."""
            model, old = of(now), before.view if before is not None else None
            view = now.view
            out: dict[Any, Any] = {session: now}
            if old is None or view.messages != old.messages or _options(view) != _options(old):
                out[chat] = _chat(view)
            if old is None or view.listed != old.listed or now.images != getattr(before, "images", None):
                out[cards] = cards_html(view.listed, model.catalog, now.images)
            marked = _marked(view)
            if old is None or marked != _marked(old):  # not with every reason that is written
                out[picture] = shelf.map(model).svg(*marked) if marked is not None else ""
            if old is None or view.state != old.state:
                out[chips] = chips_html(view.state, model.catalog)
            return out

        def warned(problem: object, now: Session) -> dict[Any, Any]:
            """Say what is wrong; nothing else changes."""
            gr.Warning(escaped(problem))
            return {session: now}

        def resumed(now: Session, conversations: Any) -> Session:
            """The session; after a restart of the server, the conversation that is open in the browser.

            Raises:
                ValueError: If that is about a catalogue which the server no longer holds; says what to do.
            """
            if shelf.lost(now.catalog):
                raise ValueError(texts.GONE)
            browser = Saved.from_browser(conversations)
            if now.view.turns or now.name or browser.open not in browser.talks:
                return now
            try:
                view = browser.get(browser.open, of(now).catalog.name)
            except ValueError as error:
                raise ValueError(texts.GONE) from error
            return replace(now, view=view, name=browser.open, when=browser.when(browser.open))

        def stream(now: Session, views: Generator[View], conversations: Any) -> Iterator[dict[Any, Any]]:
            """The page while a turn is made, saved in the browser at its end."""
            before = now
            running = f"{time.time_ns()}"
            now = replace(now, running=running)
            first = True
            with contextlib.closing(alone.each(views)) as steps:
                for view in steps:
                    stop = running in halted
                    now = replace(now, view=cut_off(of(now), view, texts.STOPPED) if stop else view)
                    changed = show(now, before)
                    if first:
                        changed[box] = gr.update(value="", submit_btn=False, stop_btn=texts.STOP)
                        first = False
                    before = now
                    yield changed
                    if stop:
                        break
            halted.discard(running)
            now = replace(now, running="")  # from here on there is nothing to stop
            before_it = browser = Saved.from_browser(conversations)
            if now.view.turns:
                # What another tab has made of the conversation since stays: this goes on under a name of its own.
                elsewhere = browser.when(now.name) > now.when
                name = running if elsewhere or not now.name else now.name
                browser = browser.keep(name, now.view, of(now).catalog.name)
                now = replace(now, name=name, when=browser.when(name))
            yield {
                box: gr.update(submit_btn=texts.SEND, stop_btn=False),
                session: now,
                kept: browser.changed(before_it),
                saved: browser.html(),
            }

        def turn(text: str, now: Session, conversations: Any) -> Iterator[dict[Any, Any]]:
            """A new message."""
            text = text.strip()
            try:
                now = resumed(now, conversations)
                check(text, now)
            except ValueError as error:
                yield warned(error, now)
                return
            now = replace(now, sent=(*now.sent, time.time())[-MOST_MESSAGES:])
            try:
                yield from stream(now, answer(of(now), now.view, text, now.settings), conversations)
            except ValueError as error:
                yield {
                    **show(now),
                    **warned(error, now),
                    box: gr.update(value=text, submit_btn=texts.SEND, stop_btn=False),
                }

        def edited(
            change: Callable[[Preferences], Preferences], now: Session, conversations: Any
        ) -> Iterator[dict[Any, Any]]:
            """The state is edited: the list is made anew."""
            try:
                now = resumed(now, conversations)
                state = change(now.view.state)
                if not now.view.turns:
                    now = replace(now, view=replace(now.view, start=state))
                    yield show(now)
                    return
                yield from stream(now, anew(of(now), now.view, state, now.settings), conversations)
            except ValueError as error:
                yield show(now) | warned(error, now)

        # -- what is done -------------------------------------------------------------------------------

        def act(now: Session, conversations: Any, event: gr.EventData) -> Iterator[dict[Any, Any]]:
            """A button on a card, on a chip, or on a saved conversation."""
            kind, key = str(event._data.get("act", "")), str(event._data.get("id", ""))
            if kind in ("open", "delete"):
                yield stored(kind, key, now, conversations)
            elif kind == "drop":
                yield from edited(lambda state: without_part(state, key, of(now)), now, conversations)
            elif key in of(now).catalog and kind in _CLICK_SAYS:
                catalog = of(now).catalog
                yield from turn(
                    _CLICK_SAYS[kind].format(title=catalog.dated(catalog[key])), now, conversations
                )

        def stored(kind: str, key: str, now: Session, conversations: Any) -> dict[Any, Any]:
            """A saved conversation is opened or deleted."""
            browser = Saved.from_browser(conversations)
            if kind == "delete":
                after = browser.drop(key)
                return {kept: after.changed(browser), saved: after.html()}
            try:
                view = browser.get(key, of(now).catalog.name)
            except ValueError as error:
                return warned(error, now)
            now = replace(now, view=view, name=key, when=browser.when(key))
            return show(now) | {kept: replace(browser, open=key).changed(browser), saved: browser.html()}

        def added(text: str, now: Session, conversations: Any) -> Iterator[dict[Any, Any]]:
            """Wishes and limits in the user's own words, without a message."""
            if not text.strip():
                yield {session: now}
                return

            def read(state: Preferences) -> Preferences:
                return of(now).reader.read([{"role": "user", "content": text}], state).preferences

            yield from edited(read, now, conversations)

        def undo(now: Session, conversations: Any, event: gr.UndoData) -> dict[Any, Any]:
            """The last turn is taken back; its message returns to the box."""
            try:
                now, place = turn_of(now, conversations, event.index)
            except ValueError as error:
                return warned(error, now)
            said = now.view.turns[place].said
            return show(replace(now, view=now.view.upto(place))) | {box: said}

        def retry(now: Session, conversations: Any, event: gr.RetryData) -> Iterator[dict[Any, Any]]:
            """The same message again, worded anew."""
            try:
                now, place = turn_of(now, conversations, event.index)
            except ValueError as error:
                yield warned(error, now)
                return
            said = now.view.turns[place].said
            settings = replace(now.settings, seed=(now.settings.seed or 0) + 1)
            yield from turn(said, replace(now, view=now.view.upto(place), settings=settings), conversations)

        def edit(now: Session, conversations: Any, event: gr.EditData) -> Iterator[dict[Any, Any]]:
            """An earlier message is said otherwise; what came after it goes."""
            try:
                now, place = turn_of(now, conversations, event.index)
            except ValueError as error:
                yield show(now) | warned(error, now)
                return
            said = html.unescape(str(event.value))
            yield from turn(said, replace(now, view=now.view.upto(place)), conversations)

        def turn_of(now: Session, conversations: Any, index: Any) -> tuple[Session, int]:
            """The session, and which of its turns a message of the chat belongs to.

            Raises:
                ValueError: If there is none.
            """
            now = resumed(now, conversations)
            place = index[0] if isinstance(index, list | tuple) else index
            at = 0
            for number, one in enumerate(now.view.turns):
                at += 2 if one.reply else 1
                if place < at:
                    # A name of its own, lest an empty conversation be taken for one of before a restart.
                    return replace(now, name=now.name or f"{time.time_ns()}"), number
            raise ValueError(texts.EDITED)

        def stopped(now: Session) -> None:
            """The reply that is being written ends at its next word."""
            if now.running:
                halted.add(now.running)

        def restart(now: Session, conversations: Any) -> dict[Any, Any]:
            """A new conversation; the old one stays saved."""
            now = Session(settings=now.settings, images=now.images, catalog=now.catalog, sent=now.sent)
            browser = Saved.from_browser(conversations)
            return show(now) | {box: "", kept: browser.closed().changed(browser), saved: browser.html()}

        def restore(now: Session, conversations: Any) -> dict[Any, Any]:
            """The conversation that was open in this browser, when the page is opened."""
            listing = {saved: Saved.from_browser(conversations).html()}
            try:
                found = resumed(now, conversations)
            except ValueError:
                return listing
            # Nothing else where there is nothing to restore: who writes at once has a turn running by now.
            return listing if found is now else show(found) | listing

        def explain(now: Session, conversations: Any) -> str:
            """What each part of the state does to the list."""
            try:
                now = resumed(now, conversations)
            except ValueError as error:
                return f'<p class="wf-empty">{escaped(error)}</p>'
            view = now.view
            if view.listed is None:
                return f'<p class="wf-empty">{escaped(texts.NO_TURN)}</p>'
            given = view.messages[:-1] if view.messages[-1]["role"] == "assistant" else view.messages
            model = of(now)
            found = alone(model.effects, given, now.settings.k, view.state, now.settings.diversity)
            return effects_html(found, model.catalog)

        def export(now: Session, conversations: Any, kind: str) -> tuple[str, str]:
            """The conversation as text, and the name of its file."""
            with contextlib.suppress(ValueError):
                now = resumed(now, conversations)
            if kind == "md":
                return as_markdown(now.view, of(now).catalog), "conversation.md"
            return json.dumps(now.view.to_json(), ensure_ascii=False, indent=1), "conversation.json"

        def settle(many: float, weight: float, load: bool, now: Session) -> dict[Any, Any]:
            """New settings hold from the next list on; pictures at once."""
            settings = replace(now.settings, k=int(many), diversity=float(weight))
            after = replace(now, settings=settings, images=load)
            return show(after, now)

        streaming: dict[str, Any] = {
            "js": READ,
            "concurrency_id": "model",
            "concurrency_limit": 1,
            "api_visibility": "private",
            "show_progress": "minimal",
            "show_progress_on": [chat],
        }
        quick: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        box.submit(turn, [box, session, kept], shown, **streaming)
        add.submit(added, [add, session, kept], shown, **streaming)
        for happens, done in (
            (chat.retry, retry),
            (chat.edit, edit),
            (cards.act, act),
            (chips.act, act),
            (saved.act, act),
        ):
            happens(done, [session, kept], shown, **streaming)

        def picked(now: Session, conversations: Any, event: gr.SelectData) -> Iterator[dict[Any, Any]]:
            """An example, or an answer that is offered."""
            value = event.value["text"] if isinstance(event.value, dict) else str(event.value)
            yield from turn(value, now, conversations)

        for happens in (chat.example_select, chat.option_select):
            happens(picked, [session, kept], shown, **streaming)
        add.submit(lambda: "", None, add, **quick)
        slow: dict[str, Any] = {"api_visibility": "private", "concurrency_id": "model"}
        box.stop(stopped, session, None, queue=False, **quick)  # not behind what it is to stop
        # A turn that is being made ends first, or its next word would bring back what is taken away here.
        after: dict[str, Any] = {**quick, **slow}
        for happens in (chat.clear, new.click):
            happens(stopped, session, None, queue=False, **quick).then(
                restart, [session, kept], shown, js=READ, **after
            )
        chat.undo(undo, [session, kept], shown, js=READ, **after)
        effects_button.click(explain, [session, kept], effects, js=READ, **slow)
        for button, kind in ((markdown, "md"), (plain_json, "json")):
            button.click(
                lambda now, conversations, kind=kind: export(now, conversations, kind),
                [session, kept],
                [text_out, name_out],
                js=READ,
                **quick,
            ).then(None, [text_out, name_out], None, js=_DOWNLOAD, **quick)
        for control in (count, unlike):
            control.release(settle, [count, unlike, images, session], shown, **after)
        images.change(settle, [count, unlike, images, session], shown, **after)

        # -- limits by hand -----------------------------------------------------------------------------

        with filters:

            @gr.render(  # type: ignore[untyped-decorator]
                inputs=[catalog_key], triggers=[app.load, catalog_key.change], show_progress="hidden"
            )
            def controls(key: str) -> None:
                catalog = shelf.get(key).catalog
                for spec, low, high, step in ranges_of(catalog):
                    name = escaped(spec.label or spec.name)
                    with gr.Row():
                        ends = [
                            gr.Slider(
                                low, high, value, step=step, label=text.format(field=name), interactive=True
                            )
                            for value, text in ((low, texts.FROM), (high, texts.TO))
                        ]

                    def bound(
                        least: float,
                        most: float,
                        now: Session,
                        conversations: Any,
                        spec: Any = spec,
                        ends: tuple[float, float] = (low, high),
                    ) -> Iterator[dict[Any, Any]]:
                        yield from edited(
                            lambda state: limited(state, spec, least, most, ends), now, conversations
                        )

                    for end in ends:
                        # By keys too, which release nothing; of many steps in a row the last counts.
                        end.input(
                            bound, [*ends, session, kept], shown, trigger_mode="always_last", **streaming
                        )
                for spec, values in values_of_field(catalog):
                    name = escaped(spec.label or spec.name)
                    with gr.Row():
                        boxes = [
                            gr.Dropdown(
                                list(values),
                                value=[],
                                multiselect=True,
                                label=text.format(field=name),
                                interactive=True,
                            )
                            for text in (texts.WITH, texts.WITHOUT)
                        ]

                    def chosen(
                        want: list[str], refuse: list[str], now: Session, conversations: Any, spec: Any = spec
                    ) -> Iterator[dict[Any, Any]]:
                        yield from edited(
                            lambda state: wished(state, spec, want or [], refuse or []), now, conversations
                        )

                    for one in boxes:
                        one.input(chosen, [*boxes, session, kept], shown, **streaming)

        # -- one's own catalogue ------------------------------------------------------------------------

        def inspect(path: str | None) -> tuple[Any, Any, str]:
            """What the columns of an uploaded file were taken for."""
            if not path:
                return gr.update(visible=False), gr.update(visible=False), ""
            try:
                catalog = Catalog.load(path)
            except (ValueError, OSError) as error:
                return gr.update(visible=False), gr.update(visible=False), _trouble(path, error)
            return gr.update(value=column_rows(catalog), visible=True), gr.update(visible=True), ""

        def adopt(
            path: str,
            table: Any,
            now: Session,
            conversations: Any,
            progress: gr.Progress = gr.Progress(),  # noqa: B008 - how Gradio is asked for one
        ) -> dict[Any, Any]:
            """Index the uploaded file and talk about it."""
            try:
                catalog = Catalog.load(path)
                schema = schema_of(catalog.schema, table)
                if schema != catalog.schema:
                    catalog = Catalog.load(path, schema)
                key = alone(
                    shelf.index,
                    now.catalog,
                    catalog,
                    lambda done, total: progress((done, total), texts.CATALOG_INDEXING),
                )
            except (ValueError, OSError) as error:
                return {trouble: _trouble(path, error)}
            return moved_to(key, now, conversations)

        def take(
            checkpoint: str,
            given: str,
            now: Session,
            conversations: Any,
            progress: gr.Progress = gr.Progress(),  # noqa: B008
        ) -> dict[Any, Any]:
            """Load another checkpoint, or this one with other settings."""
            progress(None, texts.LOADING)
            name = checkpoint.strip() or base
            try:
                key = alone(shelf.load, name, [line.strip() for line in given.splitlines() if line.strip()])
            except (ValueError, OSError, ImportError) as error:
                problem = texts.NOT_LOADED.format(checkpoint=name, error=error)
                return {about: _about(of(now)) + _alert(problem)}
            return moved_to(key, now, conversations)

        def moved_to(key: str, now: Session, conversations: Any) -> dict[Any, Any]:
            """A new conversation with another recommender."""
            fresh = Session(settings=now.settings, images=now.images, catalog=key, sent=now.sent)
            browser = Saved.from_browser(conversations)
            model = shelf.get(key)
            examples = [{"text": text} for text in examples_of(model.catalog)]
            return show(fresh) | {
                catalog_key: key,
                chat: gr.update(value=[], examples=examples),
                head: _head(model),
                about: _about(model),
                back: gr.update(visible=bool(key)),
                kept: browser.closed().changed(browser),
                trouble: "",
            }

        def leave(now: Session, conversations: Any) -> dict[Any, Any]:
            return moved_to("", now, conversations)

        room = [*shown, catalog_key, head, about, back, trouble]
        file.change(inspect, file, [columns, use, trouble], api_visibility="private")
        use.click(adopt, [file, columns, session, kept], room, js=READ, show_progress_on=[trouble], **slow)
        if folders:  # settings name servers and variables of the environment: not for strangers either
            load.click(take, [folder, lines, session, kept], room, js=READ, show_progress_on=[about], **slow)
        back.click(leave, [session, kept], room, js=READ, **quick)
        app.load(restore, [session, kept], shown, js=READ, **quick)
        kept.change(None, kept, None, js=WRITE, **quick)

        # -- for programs -------------------------------------------------------------------------------

        for endpoint in endpoints(recommender, k, alone):
            gr.api(
                endpoint, api_name=endpoint.__name__, concurrency_id="programs", concurrency_limit=TOGETHER
            )
    return app


_CLICK_SAYS = {
    "like": texts.LIKES,
    "dislike": texts.DISLIKES,
    "seen": texts.HAS_SEEN,
    "more": texts.WANTS_MORE,
    "why": texts.ASKS_WHY,
}


def _head(recommender: Recommender) -> str:
    schema = recommender.catalog.schema
    lead = texts.LEAD.format(count=f"{len(recommender.catalog):,}", plural=schema.plural.lower())
    lead += texts.LEAD_SERVED if recommender.served is not None else ""
    return f"<h1>{escaped(texts.TITLE)}</h1><p>{escaped(lead)}</p>"


def _about(recommender: Recommender) -> str:
    """Which model is in use."""
    if recommender.served is not None:
        return f"<p>{escaped(texts.SERVED.format(about=recommender.served.about))}</p>"
    config, catalog = recommender.config, recommender.catalog
    count = recommender.model.format.soft_tokens
    told = texts.LOADED.format(
        llm=config.llm.name,
        millions=sum(p.numel() for p in recommender.model.parameters()) / 1e6,
        tokens=texts.SOFT_TOKENS[count != 1].format(n=count),
        count=f"{len(catalog):,}",
        plural=catalog.schema.plural.lower(),
    )
    return f"<p>{escaped(told)}</p>"


def _chat(view: View) -> list[dict[str, Any]]:
    """The messages as the chat shows them; the last one offers answers to its question."""
    out: list[dict[str, Any]] = [
        {**message, "content": literal(message["content"])} for message in view.messages
    ]
    options = _options(view)
    if out and options and out[-1]["role"] == "assistant":
        out[-1]["options"] = [{"value": option} for option in options]
    return out


def _marked(view: View) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]] | None:
    """What the map marks: candidates, liked items and the list; None without a list."""
    listed = view.listed
    if listed is None:
        return None
    return listed.candidates, view.state.liked, tuple(card.item_id for card in listed.cards)


def _options(view: View) -> tuple[str, ...]:
    return view.turns[-1].options if view.turns else ()


def check(text: str, now: Session) -> None:
    """Check that a message may be sent.

    Raises:
        ValueError: If not; says what may.
    """
    if not text:
        raise ValueError(texts.EMPTY)
    if len(text) > MAX_CHARACTERS:
        raise ValueError(texts.TOO_LONG.format(seen=len(text), most=MAX_CHARACTERS))
    recent = [when for when in now.sent if when > time.time() - 60]
    if len(recent) >= MOST_MESSAGES:
        seconds = max(round(recent[0] + 60 - time.time()), 1)
        raise ValueError(texts.TOO_FAST.format(most=MOST_MESSAGES, seconds=seconds))


def _trouble(path: str, error: Exception) -> str:
    message = texts.BAD_FILE.format(file=Path(path).name, error=str(error).replace(path, Path(path).name))
    return _alert(message)


def _alert(message: str) -> str:
    """What went wrong, as screen readers say it at once."""
    return f'<p class="wf-trouble" role="alert">{escaped(message)}</p>'


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
    """
    theme = gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    try:
        _, url, _ = app.queue(max_size=64, default_concurrency_limit=4).launch(
            server_name=host,
            server_port=port,
            theme=theme,
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
        raise ValueError(texts.PORT_TAKEN.format(port=port)) from error
    print(texts.RUNNING.format(url=url), flush=True)
    app.block_thread()
