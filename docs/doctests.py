"""Docstrings' sessions as code blocks: a griffe extension for mkdocstrings."""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object

_SESSION = re.compile(r"(?:^[ \t]*>>>.*\n(?:[ \t]*\S.*\n?)*)", re.MULTILINE)


class Doctests(Extension):
    """Fences every `>>>` session, up to the next empty line."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Called for each module, class and function that is read."""
        if obj.docstring is not None and ">>>" in obj.docstring.value:
            obj.docstring.value = _SESSION.sub(_fenced, obj.docstring.value + "\n").rstrip()


def _fenced(match: re.Match[str]) -> str:
    text = match[0].rstrip("\n")
    indent = re.match(r"[ \t]*", text)
    lead = indent[0] if indent else ""
    text = re.sub(r"[ \t]*# doctest: \+SKIP", "", text)
    return f"{lead}```pycon\n{text}\n{lead}```\n"
