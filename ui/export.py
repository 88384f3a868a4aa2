"""A conversation to take away."""

from __future__ import annotations

from wherefore.catalog.catalog import Catalog
from wherefore.serving.display import plain, preference_lines

from . import texts
from .view import View


def as_markdown(view: View, catalog: Catalog) -> str:
    """The conversation as Markdown: what was said, and what was understood of it."""
    lines = [f"# {texts.CONVERSATION}"]
    for message in view.messages:
        said = plain(message["content"])
        quoted = "\n".join(f"> {line}" for line in said.splitlines())
        lines += ["", quoted if message["role"] == "user" else said]
    understood = preference_lines(view.state, catalog)
    if understood:
        lines += ["", f"## {texts.UNDERSTOOD}", ""]
        lines += [f"- {head}: {text}" for head, text in understood]
    return "\n".join(lines) + "\n"
