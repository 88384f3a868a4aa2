"""What is said of a catalogue in another language, so that it can be checked: by which of its words it says it."""

from __future__ import annotations

import re

from wherefore.catalog.abroad_words import LANGUAGES
from wherefore.catalog.catalog import Catalog
from wherefore.catalog.naming import spoken_label
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.spoken import cased
from wherefore.dialogue.messages import Dialogue, last_said
from wherefore.text import joined

_UNIT = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*$")
_MOST = 5  # words that are told


def own_words(dialogue: Dialogue, catalog: Catalog) -> str:
    """The catalogue's own words for what the newest message asks for; empty of a catalogue in English.

    "The records are in German: “Stadt: Köln” is Cologne and “Aufzug: ja” is lift."
    """
    language = LANGUAGES.get(catalog.schema.language, "")
    if not language:
        return ""
    state, newest = dialogue.preferences, len(dialogue.messages) - 1
    told: dict[str, str] = {}
    for wish in (*state.wanted, *state.unwanted):
        if wish.field != "*" and _is_said(wish.said, newest, dialogue):
            spec = catalog.schema.spec(wish.field)
            if spec.original("yes" if spec.flag else wish.value).casefold() != wish.value.casefold():
                told.setdefault(*_pair(spec, wish.value))
    for limit in state.limits:
        if _is_said(limit.said, newest, dialogue):
            spec = catalog.schema.spec(limit.field)
            if spec.english:
                told.setdefault(_UNIT.sub("", spec.column), cased(spoken_label(spec.label)))
    shown = [f"“{own}” is {english}" for own, english in told.items() if own.lower() != english.lower()][
        :_MOST
    ]
    return f" The records are in {language}: {joined(shown)}." if shown else ""


def _is_said(said: str, newest: int, dialogue: Dialogue) -> bool:
    place = last_said(said, dialogue.messages)
    return place is not None and place[0] == newest


def _pair(spec: FieldSpec, value: str) -> tuple[str, str]:
    """A value with its column in the catalogue's own words, and in English."""
    own = spec.original("yes" if spec.flag else value)
    return f"{_UNIT.sub('', spec.column)}: {own}", value
