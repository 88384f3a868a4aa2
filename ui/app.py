"""The web page: a chat, the list beside it, and what was understood: `make ui` or `wherefore ui`."""

from __future__ import annotations

import html
import os
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read on import: nothing phones home

import gradio as gr

from wherefore.dialogue import Preferences
from wherefore.display import Table, plain, preference_lines, table
from wherefore.recommender import Done, ListReady, Recommendation, Recommender, TextDelta

ChatMessage = dict[str, str]


@dataclass(frozen=True)
class View:
    """What the page shows at one moment."""

    messages: tuple[ChatMessage, ...] = ()
    listing: Table = Table((), ())
    understood: str = ""


def turn(recommender: Recommender, view: View, text: str, k: int) -> Iterator[View]:
    """The page after each event of one turn.

    Raises:
        ValueError: If the message is not allowed; says what is.
    """
    asked = (*view.messages, {"role": "user", "content": text})
    view = replace(view, messages=asked)
    events = recommender.stream(asked, k=k)
    said = ""
    try:
        yield view
        for event in events:
            match event:
                case ListReady():
                    understood = understood_text(event.preferences, recommender)
                    view = replace(view, understood=understood)
                    if event.recommendations:  # an answer leaves the list that it speaks of
                        view = replace(view, listing=listing(event.recommendations, recommender))
                case TextDelta():
                    said += event.text
                    view = replace(view, messages=(*asked, {"role": "assistant", "content": said}))
                case Done():
                    view = replace(
                        view, messages=(*asked, {"role": "assistant", "content": event.reply.text})
                    )
                    if event.reply.action == "nothing":
                        view = replace(view, listing=Table((), ()))
            yield view
    finally:
        if isinstance(events, Generator):  # a page that was closed must let go of the recommender
            events.close()


def listing(recommendations: Sequence[Recommendation], recommender: Recommender) -> Table:
    """The list as a table."""
    return table([recommendation.item for recommendation in recommendations], recommender.catalog)


def understood_text(preferences: Preferences, recommender: Recommender) -> str:
    """The state of the dialogue, a line for each part of it."""
    return "\n".join(f"{head}: {text}" for head, text in preference_lines(preferences, recommender.catalog))


def literal(text: str) -> str:
    r"""Text for a Markdown view in which HTML, links and pictures stay text.

    >>> literal("<b>![x](http://y)")
    '&lt;b&gt;!\\[x](http://y)'
    """
    return html.escape(plain(text), quote=False).replace("[", "\\[")


def build_app(recommender: Recommender, k: int = 5) -> gr.Blocks:
    """The page for a recommender.

    Args:
        recommender: Answers; one turn at a time.
        k: Length of the list.
    """
    plural = recommender.catalog.schema.plural

    def render(view: View) -> list[Any]:
        shown = [{**message, "content": literal(message["content"])} for message in view.messages]
        headers, rows = list(view.listing.headers), [list(row) for row in view.listing.rows]
        cells = {"headers": headers, "data": rows}
        return [shown, gr.update(value=cells, visible=bool(rows)), view.understood, view]

    def answer(text: str, view: View) -> Iterator[list[Any]]:
        if not text.strip():
            yield [text, *render(view)]
            return
        try:
            for after in turn(recommender, view, text.strip(), k):
                yield ["", *render(after)]
        except ValueError as error:
            gr.Warning(html.escape(str(error)))
            yield [text, *render(view)]

    def clear() -> list[Any]:
        return ["", *render(View())]

    with gr.Blocks(title="Wherefore", analytics_enabled=False, fill_height=True) as app:
        gr.Markdown(
            f"# Wherefore\nTell me what you like. {len(recommender.catalog):,} {plural}, and a reason for each."
        )
        view = gr.State(View())
        with gr.Row(scale=1):
            with gr.Column(scale=3):
                chat = gr.Chatbot(
                    label="Conversation", height=520, latex_delimiters=[], feedback_options=None
                )
                box = gr.Textbox(
                    label="Your message", placeholder="What you like, and what you look for", submit_btn=True
                )
                again = gr.Button("Start again")
            with gr.Column(scale=2):
                cells = gr.Dataframe(label="The list", interactive=False, wrap=True, visible=False)
                understood = gr.Textbox(label="What I understood", interactive=False, lines=4)
        outputs = [box, chat, cells, understood, view]
        box.submit(answer, [box, view], outputs, api_name="chat", show_progress="hidden")
        again.click(clear, None, outputs, api_name=False, show_progress="hidden")
    return app


def launch(app: gr.Blocks, host: str = "127.0.0.1", port: int = 7860) -> None:
    """Serve the page until Ctrl-C. Its fonts are the system's: nothing is fetched from elsewhere."""
    theme = gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    app.launch(server_name=host, server_port=port, theme=theme, footer_links=[], ssr_mode=False)
