"""The web page: a chat, cards of the list, what was understood, and why: `make ui` or `wherefore ui`."""

from __future__ import annotations

import html
import json
import os
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read on import: nothing phones home

import gradio as gr

from wherefore.catalog import Catalog
from wherefore.dialogue import MAX_CHARACTERS, Preferences
from wherefore.recommender import Recommender

from . import texts
from .cards import cards_html, chips_html, effects_html, escaped, literal
from .columns import column_rows, schema_of
from .controls import limited, ranges_of, values_of_field, wished
from .export import as_markdown
from .picture import CatalogMap
from .programs import endpoints
from .view import Settings, View, anew, answer, without_part

MOST_MESSAGES = 20  # of one person within a minute
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


class Shelf:
    """The recommenders of a page: that which it was started with, and those of users' own catalogues."""

    def __init__(self, first: Recommender, base: str) -> None:
        self.base = base
        self._first = first
        self._own: OrderedDict[str, Recommender] = OrderedDict()
        self._maps: dict[int, CatalogMap] = {}

    def get(self, key: str) -> Recommender:
        """A recommender by its key; the first where it is no longer held."""
        if key in self._own:
            self._own.move_to_end(key)
            return self._own[key]
        return self._first

    def add(self, key: str, catalog: Catalog, progress: Callable[[int, int], None]) -> Recommender:
        """Index a user's own catalogue and hold what recommends from it."""
        made = type(self._first).from_catalog(catalog, base=self.base, progress=progress)
        self._own[key] = made
        while len(self._own) > MOST_CATALOGS:
            self._maps.pop(id(self._own.popitem(last=False)[1]), None)
        return made

    def map(self, recommender: Recommender) -> CatalogMap:
        """The map of a recommender's catalogue."""
        if id(recommender) not in self._maps:
            self._maps[id(recommender)] = CatalogMap(recommender.catalog, recommender.index.vectors)
        return self._maps[id(recommender)]


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


def build_app(recommender: Recommender, k: int = 5, base: str = "starter") -> gr.Blocks:
    """The page for a recommender.

    Args:
        recommender: Answers; one turn at a time.
        k: Length of the list, until somebody sets another.
        base: The checkpoint that users' own catalogues are indexed with.
    """
    shelf = Shelf(recommender, base)
    schema = recommender.catalog.schema

    def of(session: Session) -> Recommender:
        return shelf.get(session.catalog)

    with gr.Blocks(title=texts.TITLE, analytics_enabled=False, fill_height=True) as app:
        session = gr.State(Session(settings=Settings(k=k)))
        catalog_key = gr.State("")
        kept = gr.BrowserState({}, storage_key="wherefore-conversations", secret="wherefore")
        head = gr.HTML(_head(recommender), elem_id="wf-head")
        with gr.Row(elem_id="wf-main"):
            with gr.Column(scale=3, min_width=320, elem_id="wf-talk"):
                chat = gr.Chatbot(
                    label=texts.CONVERSATION,
                    height="62vh",
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
                gr.HTML(f"<h2>{escaped(texts.UNDERSTOOD)}</h2>")
                chips = gr.HTML(
                    chips_html(Preferences(), recommender.catalog), js_on_load=_CLICKS, elem_id="wf-state"
                )
                add = gr.Textbox(
                    label=texts.ADD, placeholder=texts.ADD_PLACEHOLDER, max_length=500, elem_id="wf-add"
                )
                with gr.Accordion(texts.FILTERS, open=False, elem_id="wf-filters"):
                    filters = gr.Column()
                with gr.Row():
                    new = gr.Button(texts.NEW, size="sm", elem_id="wf-new")
                    markdown = gr.Button(texts.EXPORT_MARKDOWN, size="sm")
                    plain_json = gr.Button(texts.EXPORT_JSON, size="sm")
                with gr.Accordion(texts.SAVED, open=False):
                    saved = gr.HTML(_saved({}), js_on_load=_CLICKS, elem_id="wf-saved")
            with gr.Column(scale=2, min_width=320, elem_id="wf-side"):
                cards = gr.HTML(cards_html(None, recommender.catalog), js_on_load=_CLICKS, elem_id="wf-list")
                with gr.Accordion(texts.EFFECTS, open=False, elem_id="wf-effects"):
                    effects_button = gr.Button(texts.EFFECTS_BUTTON, size="sm")
                    effects = gr.HTML("")
                with gr.Accordion(texts.MAP, open=False, elem_id="wf-map-box"):
                    picture = gr.HTML("", elem_id="wf-map")
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
            if old is None or _marked(view) != _marked(old):  # not with every reason that is written
                marked = _marked(view)
                out[picture] = shelf.map(model).svg(*marked) if marked is not None else ""
            if old is None or view.state != old.state:
                out[chips] = chips_html(view.state, model.catalog)
            return out

        def stream(now: Session, views: Iterator[View], conversations: Any) -> Iterator[dict[Any, Any]]:
            """The page while a turn is made, saved in the browser at its end."""
            before = now
            first = True
            for view in views:
                now = replace(now, view=view)
                changed = show(now, before)
                if first:
                    changed[box] = gr.update(value="", submit_btn=False, stop_btn=texts.STOP)
                    first = False
                before = now
                yield changed
            yield finish(now, conversations)

        def finish(now: Session, conversations: Any) -> dict[Any, Any]:
            saved_now, named = _keep(now, of(now).catalog.name, conversations)
            return {
                box: gr.update(submit_btn=texts.SEND, stop_btn=False),
                session: named,
                kept: saved_now,
                saved: _saved(saved_now),
            }

        def turn(text: str, now: Session, conversations: Any) -> Iterator[dict[Any, Any]]:
            """A new message."""
            text = text.strip()
            problem = _refused(text, now)
            if problem:
                gr.Warning(escaped(problem))
                yield {session: now}
                return
            now = replace(now, sent=(*now.sent, time.time())[-MOST_MESSAGES:])
            try:
                yield from stream(now, answer(of(now), now.view, text, now.settings), conversations)
            except ValueError as error:
                gr.Warning(escaped(error))
                yield {**show(now), box: gr.update(value=text, submit_btn=texts.SEND, stop_btn=False)}

        def edited(state: Preferences, now: Session, conversations: Any) -> Iterator[dict[Any, Any]]:
            """The state was edited: the list is made anew."""
            if not now.view.turns:
                now = replace(now, view=replace(now.view, start=state))
                yield show(now)
                return
            try:
                yield from stream(now, anew(of(now), now.view, state, now.settings), conversations)
            except ValueError as error:
                gr.Warning(escaped(error))
                yield show(now)

        # -- what is done -------------------------------------------------------------------------------

        def act(now: Session, conversations: Any, event: gr.EventData) -> Iterator[dict[Any, Any]]:
            """A button on a card, on a chip, or on a saved conversation."""
            kind, key = str(event._data.get("act", "")), str(event._data.get("id", ""))
            model = of(now)
            if kind in ("open", "delete"):
                yield from _stored(kind, key, now, conversations)
            elif kind == "drop":
                try:
                    state = without_part(now.view, key, model)
                except ValueError as error:
                    gr.Warning(escaped(error))
                    yield show(now)
                    return
                yield from edited(state, now, conversations)
            elif key in model.catalog and kind in _CLICK_SAYS:
                text = _CLICK_SAYS[kind].format(title=model.catalog.dated(model.catalog[key]))
                yield from turn(text, now, conversations)

        def _stored(kind: str, key: str, now: Session, conversations: Any) -> Iterator[dict[Any, Any]]:
            held = dict(conversations or {})
            if kind == "delete":
                held.pop(key, None)
                yield {kept: held, saved: _saved(held), session: now}
                return
            try:
                view = View.from_json(held[key]["view"])
            except (KeyError, TypeError, ValueError):
                gr.Warning(escaped(texts.EDITED))
                yield {session: now}
                return
            now = replace(now, view=view, name=key)
            yield {**show(now), saved: _saved(held)}

        def added(text: str, now: Session, conversations: Any) -> Iterator[dict[Any, Any]]:
            """Wishes and limits in the user's own words, without a message."""
            if not text.strip():
                yield {session: now}
                return
            model = of(now)
            try:
                state = model.reader.read([{"role": "user", "content": text}], now.view.state).preferences
            except ValueError as error:
                gr.Warning(escaped(error))
                yield {session: now}
                return
            yield from edited(state, now, conversations)

        def undo(now: Session, event: gr.UndoData) -> dict[Any, Any]:
            """The last turn is taken back; its message returns to the box."""
            place = _turn_of(now.view, event.index)
            said = now.view.turns[place].said if place is not None else ""
            now = replace(now, view=now.view.upto(place if place is not None else len(now.view.turns)))
            return {**show(now), box: said}

        def retry(now: Session, conversations: Any, event: gr.RetryData) -> Iterator[dict[Any, Any]]:
            """The same message again, worded anew."""
            place = _turn_of(now.view, event.index)
            if place is None:
                yield {session: now}
                return
            said = now.view.turns[place].said
            settings = replace(now.settings, seed=(now.settings.seed or 0) + 1)
            now = replace(now, view=now.view.upto(place), settings=settings)
            yield from turn(said, now, conversations)

        def edit(now: Session, conversations: Any, event: gr.EditData) -> Iterator[dict[Any, Any]]:
            """An earlier message is said otherwise; what came after it goes."""
            place = _turn_of(now.view, event.index)
            if place is None:
                gr.Warning(escaped(texts.EDITED))
                yield show(now)
                return
            yield from turn(
                html.unescape(str(event.value)), replace(now, view=now.view.upto(place)), conversations
            )

        def stopped(now: Session, conversations: Any) -> dict[Any, Any]:
            """The reply is left as it is."""
            view = now.view
            if view.turns and not view.turns[-1].action:
                last = view.turns[-1]
                reply = f"{last.reply} {texts.STOPPED}".strip()
                view = replace(view, turns=(*view.turns[:-1], replace(last, reply=reply, action="stopped")))
            now = replace(now, view=view)
            return {**show(now), **finish(now, conversations)}

        def restart(now: Session) -> dict[Any, Any]:
            """A new conversation; the old one stays saved."""
            now = Session(settings=now.settings, images=now.images, catalog=now.catalog, sent=now.sent)
            return {**show(now), box: ""}

        def restore(now: Session, conversations: Any) -> dict[Any, Any]:
            """The newest conversation of this browser, when the page is opened."""
            held = conversations if isinstance(conversations, dict) else {}
            newest = max(held, key=lambda name: held[name].get("when", 0), default=None)
            if newest is not None and held[newest].get("catalog", "") == of(now).catalog.name:
                try:
                    now = replace(now, view=View.from_json(held[newest]["view"]), name=newest)
                except ValueError:
                    pass
            return {**show(now), saved: _saved(held)}

        def explain(now: Session) -> str:
            """What each part of the state does to the list."""
            view = now.view
            if view.listed is None:
                return f'<p class="wf-empty">{escaped(texts.NO_TURN)}</p>'
            given = view.messages[:-1] if view.messages[-1]["role"] == "assistant" else view.messages
            model = of(now)
            found = model.effects(given, now.settings.k, view.state, now.settings.diversity)
            return effects_html(found, model.catalog)

        def export(now: Session, kind: str) -> tuple[str, str]:
            """The conversation as text, and the name of its file."""
            if kind == "md":
                return as_markdown(now.view, of(now).catalog), "conversation.md"
            return json.dumps(now.view.to_json(), ensure_ascii=False, indent=1), "conversation.json"

        def settle(many: float, weight: float, load: bool, now: Session) -> dict[Any, Any]:
            """New settings hold from the next list on; pictures at once."""
            settings = replace(now.settings, k=int(many), diversity=float(weight))
            after = replace(now, settings=settings, images=load)
            return show(after, now)

        streaming: dict[str, Any] = {
            "concurrency_id": "model",
            "concurrency_limit": 1,
            "api_visibility": "private",
            "show_progress": "minimal",
            "show_progress_on": [chat],
        }
        quick: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        talk = [
            box.submit(turn, [box, session, kept], shown, **streaming),
            chat.retry(retry, [session, kept], shown, **streaming),
            chat.edit(edit, [session, kept], shown, **streaming),
            add.submit(added, [add, session, kept], shown, **streaming),
        ]
        talk += [where.act(act, [session, kept], shown, **streaming) for where in (cards, chips, saved)]

        def picked(now: Session, conversations: Any, event: gr.SelectData) -> Iterator[dict[Any, Any]]:
            """An example, or an answer that is offered."""
            value = event.value["text"] if isinstance(event.value, dict) else str(event.value)
            yield from turn(value, now, conversations)

        talk += [
            chat.example_select(picked, [session, kept], shown, **streaming),
            chat.option_select(picked, [session, kept], shown, **streaming),
        ]
        add.submit(lambda: "", None, add, **quick)
        box.stop(stopped, [session, kept], shown, cancels=talk, **quick)
        chat.undo(undo, session, shown, **quick)
        chat.clear(restart, session, shown, **quick)
        new.click(restart, session, shown, **quick)
        effects_button.click(explain, session, effects, api_visibility="private", concurrency_id="model")
        for button, kind in ((markdown, "md"), (plain_json, "json")):
            button.click(
                lambda now, kind=kind: export(now, kind), session, [text_out, name_out], **quick
            ).then(None, [text_out, name_out], None, js=_DOWNLOAD, **quick)
        for control in (count, unlike):
            control.release(settle, [count, unlike, images, session], shown, **quick)
        images.change(settle, [count, unlike, images, session], shown, **quick)

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
                        state = limited(now.view.state, spec, least, most, ends)
                        yield from edited(state, now, conversations)

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
                        state = wished(now.view.state, spec, want or [], refuse or [])
                        yield from edited(state, now, conversations)

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
            progress: gr.Progress = gr.Progress(),  # noqa: B008 - how Gradio is asked for one
        ) -> tuple[Any, ...]:
            """Index the uploaded file and talk about it."""
            key = f"{time.time_ns()}"
            try:
                catalog = Catalog.load(path)
                schema = schema_of(catalog.schema, table)
                if schema != catalog.schema:
                    catalog = Catalog.load(path, schema)
                model = shelf.add(
                    key, catalog, lambda done, total: progress((done, total), texts.CATALOG_INDEXING)
                )
            except (ValueError, OSError) as error:
                return (*(gr.skip() for _ in range(6)), _trouble(path, error))
            fresh = Session(settings=now.settings, catalog=key, sent=now.sent)
            return (*moved_to(fresh, model), gr.update(visible=True), "")

        def moved_to(now: Session, model: Recommender) -> tuple[Any, ...]:
            examples = [{"text": text} for text in examples_of(model.catalog)]
            return (
                now,
                now.catalog,
                gr.update(value=[], examples=examples),
                cards_html(None, model.catalog),
                _head(model),
            )

        def leave(now: Session) -> tuple[Any, ...]:
            fresh = Session(settings=now.settings, sent=now.sent)
            return (*moved_to(fresh, shelf.get("")), gr.update(visible=False), "")

        room = [session, catalog_key, chat, cards, head, back, trouble]
        file.change(inspect, file, [columns, use, trouble], api_visibility="private")
        use.click(
            adopt,
            [file, columns, session],
            room,
            api_visibility="private",
            concurrency_id="model",
            show_progress_on=[trouble],
        )
        back.click(leave, session, room, **quick)
        app.load(restore, [session, kept], shown, **quick)

        # -- for programs -------------------------------------------------------------------------------

        for endpoint in endpoints(recommender, k):
            gr.api(endpoint, api_name=endpoint.__name__, concurrency_id="model", concurrency_limit=1)
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
    return f"<h1>{escaped(texts.TITLE)}</h1><p>{escaped(lead)}</p>"


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


def _turn_of(view: View, index: Any) -> int | None:
    """The turn that a message of the chat belongs to; None when there is none."""
    place = index[0] if isinstance(index, list | tuple) else index
    at = 0
    for number, turn in enumerate(view.turns):
        at += 2 if turn.reply else 1
        if place < at:
            return number
    return None


def _refused(text: str, now: Session) -> str:
    """Why a message is not taken; empty when it is."""
    if not text:
        return texts.EMPTY
    if len(text) > MAX_CHARACTERS:
        return texts.TOO_LONG.format(seen=len(text), most=MAX_CHARACTERS)
    recent = [when for when in now.sent if when > time.time() - 60]
    if len(recent) >= MOST_MESSAGES:
        return texts.TOO_FAST.format(most=MOST_MESSAGES, seconds=max(round(recent[0] + 60 - time.time()), 1))
    return ""


def _trouble(path: str, error: Exception) -> str:
    message = texts.BAD_FILE.format(file=Path(path).name, error=str(error).replace(path, Path(path).name))
    return f'<p class="wf-trouble" role="alert">{escaped(message)}</p>'


MOST_SAVED = 20


def _keep(now: Session, catalog: str, conversations: Any) -> tuple[dict[str, Any], Session]:
    """The saved conversations with this one, and the session under its name."""
    held = dict(conversations) if isinstance(conversations, dict) else {}
    if not now.view.turns:
        return held, now
    name = now.name or f"{time.time_ns()}"
    title = " ".join(now.view.turns[0].said.split())[:60]
    held[name] = {"title": title, "when": time.time(), "view": now.view.to_json(), "catalog": catalog}
    for old in sorted(held, key=lambda one: held[one].get("when", 0))[:-MOST_SAVED]:
        del held[old]
    return held, replace(now, name=name)


def _saved(conversations: dict[str, Any]) -> str:
    """The saved conversations, the newest first."""
    rows = []
    for name in sorted(conversations, key=lambda one: -conversations[one].get("when", 0)):
        title = escaped(conversations[name].get("title", ""))
        key = escaped(name)
        rows.append(
            f'<li><button type="button" data-act="open" data-id="{key}">{title}</button>'
            f'<button type="button" data-act="delete" data-id="{key}" aria-label="{escaped(texts.DELETE)}: {title}">'
            f"×</button></li>"
        )
    body = f"<ul>{''.join(rows)}</ul>" if rows else ""
    return f'<p class="wf-empty">{escaped(texts.SAVED_NONE)}</p>{body}'


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
