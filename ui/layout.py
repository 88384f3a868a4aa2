"""The components of the page, and where they stand."""

from __future__ import annotations

from typing import Any

import gradio as gr

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.schema import FieldSpec
from wherefore.dialogue.state import Preferences
from wherefore.recommender import Recommender

from . import texts
from .cards import cards_html, chips_html
from .examples import examples_of
from .markup import escaped
from .saved import Saved
from .session import Session
from .shelf import Held
from .view import Settings

_CLICKS = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-act]');
  if (button) { event.preventDefault(); trigger('act', {act: button.dataset.act, id: button.dataset.id}); }
});
"""
_CORRECTING = """
const isSet = (one) => one.matches('select')
  ? [...one.options].some((option) => option.selected !== option.defaultSelected) : one.value !== one.defaultValue;
element.addEventListener('input', (event) => {
  const row = event.target.closest('[data-field]');
  row.classList.toggle('wf-changed', [...row.querySelectorAll('select, input')].some(isSet));
});
element.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && event.target.matches('input')) { event.preventDefault(); trigger('submit'); }
});
watch('value', () => element.querySelector('form')?.reset());
"""


class Page:
    """The components, made inside a `gr.Blocks`; each is an attribute.

    Args:
        first: The recommender that the page begins with.
        k: Length of the list, until somebody sets another.
        folders: Show where to load other checkpoints from folders of this machine.
    """

    def __init__(self, first: Held, k: int, folders: bool) -> None:
        catalog = first.recommender.catalog
        self.session = gr.State(Session(settings=Settings(k=k)))
        self.catalog_key = gr.State("")
        self.found = gr.State(None)  # what the uploaded file was taken for
        self.controls = gr.Textbox(visible="hidden")  # as an input, how people set what it is taken for
        # As an input, what the browser keeps; as an output, what it must change.
        self.kept = gr.Textbox(visible="hidden")
        with gr.Row(elem_id="wf-main"):
            self.head = gr.HTML(head_html(first.recommender), elem_id="wf-head")
            with gr.Column(min_width=320, elem_id="wf-talk"):
                self._conversation(catalog)
            with gr.Column(min_width=320, elem_id="wf-side"):
                self.cards = _clickable(cards_html(None, catalog), "wf-list")
            with gr.Column(min_width=320, elem_id="wf-more"):
                self._state(catalog)
                self._saving()
                self._own_catalog(catalog)
                with gr.Accordion(texts.SETTINGS, open=False, elem_id="wf-settings"):
                    self._list_settings(first.recommender, k)
                    self._checkpoint(first, folders)
        self.text_out = gr.Textbox(visible=False)
        self.name_out = gr.Textbox(visible=False)

    @property
    def shown(self) -> list[Any]:
        """What a conversation changes."""
        talk = [self.box, self.chat, self.cards, self.chips, self.picture]
        return [*talk, self.session, self.kept, self.saved]

    @property
    def room(self) -> list[Any]:
        """What another recommender changes."""
        return [*self.shown, self.catalog_key, self.head, self.about, self.back, self.trouble]

    @property
    def reading(self) -> list[Any]:
        """What reading an uploaded file changes."""
        return [self.found, self.report, self.trouble, self.corrections, self.use]

    def _conversation(self, catalog: Catalog) -> None:
        self.chat = gr.Chatbot(
            label=texts.CONVERSATION,
            height="clamp(320px, 56vh, 720px)",
            latex_delimiters=[],
            feedback_options=None,
            editable="user",
            examples=chat_examples(catalog),
            buttons=["copy"],
            elem_id="wf-chat",
        )
        self.box = gr.Textbox(
            label=texts.MESSAGE,
            placeholder=texts.PLACEHOLDER,
            submit_btn=texts.SEND,
            stop_btn=False,
            max_lines=6,
            autofocus=True,
            elem_id="wf-box",
        )

    def _state(self, catalog: Catalog) -> None:
        """What was understood, and what it does."""
        gr.HTML(f"<h2>{escaped(texts.UNDERSTOOD)}</h2>")
        self.chips = _clickable(chips_html(Preferences(), catalog), "wf-state")
        self.add = gr.Textbox(
            label=texts.ADD, placeholder=texts.ADD_PLACEHOLDER, max_length=500, elem_id="wf-add"
        )
        with gr.Accordion(texts.FILTERS, open=False, elem_id="wf-filters"):
            self.filters = gr.Column()
        with gr.Accordion(texts.EFFECTS, open=False, elem_id="wf-effects"):
            self.effects_button = gr.Button(texts.EFFECTS_BUTTON, size="sm")
            self.effects = gr.HTML("")
        with gr.Accordion(texts.MAP, open=False, elem_id="wf-map-box"):
            self.picture = gr.HTML("", elem_id="wf-map")

    def _saving(self) -> None:
        with gr.Row():
            self.new = gr.Button(texts.NEW, size="sm", elem_id="wf-new")
            self.markdown = gr.Button(texts.EXPORT_MARKDOWN, size="sm")
            self.plain_json = gr.Button(texts.EXPORT_JSON, size="sm")
        with gr.Accordion(texts.SAVED, open=False):
            self.saved = _clickable(Saved().html(), "wf-saved")

    def _own_catalog(self, first: Catalog) -> None:
        with gr.Accordion(texts.CATALOG, open=False, elem_id="wf-catalog"):
            self.file = gr.File(label=texts.CATALOG_FILE, type="filepath", height=110)
            self.skip_bad = gr.Checkbox(False, label=texts.CATALOG_SKIP_BAD)
            self.report = gr.HTML("", js_on_load=_CORRECTING, elem_id="wf-columns")
            self.trouble = gr.HTML("", elem_id="wf-trouble")
            with gr.Row(visible=False) as self.corrections:
                self.again = gr.Button(texts.CATALOG_AGAIN, size="sm")
                self.schema = gr.Button(texts.CATALOG_SCHEMA, size="sm")
            self.use = gr.Button(texts.CATALOG_USE, variant="primary", visible=False)
            self.back = gr.Button(texts.CATALOG_BACK.format(name=first.name), visible=False)

    def _list_settings(self, recommender: Recommender, k: int) -> None:
        self.count = gr.Slider(1, 20, value=k, step=1, label=texts.COUNT)
        self.unlike = gr.Slider(
            0,
            4,
            value=recommender.config.turn.diversity,
            step=0.25,
            label=texts.DIVERSITY,
            info=texts.DIVERSITY_ABOUT,
        )
        self.images = gr.Checkbox(
            False,
            label=texts.IMAGES,
            info=texts.IMAGES_ABOUT,
            visible=bool(recommender.catalog.schema.images),
        )

    def _checkpoint(self, first: Held, folders: bool) -> None:
        self.folder = gr.Textbox(
            value=first.checkpoint,
            label=texts.CHECKPOINT,
            info=texts.CHECKPOINT_ABOUT,
            max_length=4096,
            visible=folders,
            elem_id="wf-checkpoint",
        )
        self.lines = gr.Textbox(
            value="\n".join(first.settings),
            label=texts.MODEL_SETTINGS,
            info=texts.MODEL_SETTINGS_ABOUT,
            lines=2,
            max_length=4096,
            visible=folders,
            elem_id="wf-model-settings",
        )
        self.load = gr.Button(texts.LOAD, size="sm", visible=folders, elem_id="wf-load")
        self.about = gr.HTML(about_html(first.recommender), elem_id="wf-model")


def _clickable(html: str, elem_id: str) -> Any:
    """HTML whose buttons with `data-act` send an `act` event."""
    return gr.HTML(html, js_on_load=_CLICKS, elem_id=elem_id)


def range_controls(spec: FieldSpec, low: float, high: float, step: float) -> list[Any]:
    """Two sliders in a row: from, and to."""
    name = escaped(spec.label or spec.name)
    with gr.Row():
        return [
            gr.Slider(low, high, value, step=step, label=text.format(field=name), interactive=True)
            for value, text in ((low, texts.FROM), (high, texts.TO))
        ]


def value_controls(spec: FieldSpec, values: tuple[str, ...]) -> list[Any]:
    """Two lists in a row: values to have, and values to do without."""
    name = escaped(spec.label or spec.name)
    with gr.Row():
        return [
            gr.Dropdown(
                list(values), value=[], multiselect=True, label=text.format(field=name), interactive=True
            )
            for text in (texts.WITH, texts.WITHOUT)
        ]


def chat_examples(catalog: Catalog) -> list[dict[str, str]]:
    """Messages to begin with, as the chat takes them."""
    return [{"text": text} for text in examples_of(catalog)]


def head_html(recommender: Recommender) -> str:
    """The page's name, and what it can do."""
    schema = recommender.catalog.schema
    lead = texts.LEAD.format(count=f"{len(recommender.catalog):,}", plural=schema.plural.lower())
    lead += texts.LEAD_SERVED if recommender.served is not None else ""
    return f"<h1>{escaped(texts.TITLE)}</h1><p>{escaped(lead)}</p>"


def about_html(recommender: Recommender) -> str:
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
