"""What a person sees of items and preferences: plain strings for the terminal and the web page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.kinds import FieldValue
from wherefore.catalog.ranks import base_name
from wherefore.catalog.schema import FieldSpec
from wherefore.dialogue.spoken import limit_words
from wherefore.dialogue.state import Preferences, Wish

# Control characters would let an item's title move the cursor; the others turn the writing direction round.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_OPERATORS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "="}


@dataclass(frozen=True, slots=True)
class Table:
    """Headers, and one row of as many cells per item."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def plain(text: str) -> str:
    r"""The text without control characters; line breaks and tabs stay.

    >>> plain("a\x1b[2Jb\n")
    'a[2Jb\n'
    """
    return _CONTROL.sub("", text)


def value_text(value: FieldValue | None, most: int = 3) -> str:
    """A field's value for people to read; of several, the first `most`.

    >>> value_text(("Horror", "Comedy")), value_text(96.0), value_text(None)
    ('Horror, Comedy', '96', '')
    """
    if value is None:
        return ""
    if isinstance(value, tuple):
        return plain(", ".join(value[:most]))
    if isinstance(value, float):
        return f"{value:g}"
    return plain(str(value))


def table(items: Sequence[Item], catalog: Catalog) -> Table:
    """A numbered list of items: their titles, and the first field with a measure, with tags and with names."""
    chosen: dict[str, FieldSpec] = {}
    for spec in catalog.schema.fields:
        if spec.can.stated and any(spec.name in item.fields for item in items):
            chosen.setdefault(spec.can.values, spec)
    columns = [spec for spec in catalog.schema.fields if spec in chosen.values()]
    headers = ["#", catalog.schema.noun, *(label(spec) for spec in columns)]
    rows = [
        (str(place), plain(item.title), *(value_text(item.fields.get(spec.name)) for spec in columns))
        for place, item in enumerate(items, start=1)
    ]
    return Table(tuple(headers), tuple(rows))


def label(spec: FieldSpec) -> str:
    """What a field is called, with its unit."""
    name = spec.label or spec.name.replace("_", " ")
    counted = spec.unit.lower() in (name, f"{name}s")  # "season", not "season (seasons)"
    return f"{name} ({spec.unit})" if spec.unit and not counted else name


def preference_lines(preferences: Preferences, catalog: Catalog) -> list[tuple[str, str]]:
    """What was understood, as pairs of heading and text; empty when nothing was."""
    return [(heading, plain(text)) for heading, text in _preferences(preferences, catalog) if text]


def _preferences(preferences: Preferences, catalog: Catalog) -> Iterator[tuple[str, str]]:
    def titles(ids: Sequence[str]) -> str:
        return ", ".join(catalog[item_id].title if item_id in catalog else item_id for item_id in ids)

    def wishes(some: Sequence[Wish]) -> str:
        return ", ".join(wish.text for wish in some)

    labels = {spec.name: label(spec) for spec in catalog.schema.fields}
    yield "Liked", titles(preferences.liked)
    yield "Disliked", titles(preferences.disliked)
    yield "Already seen", titles(preferences.seen)
    yield "Turned down", titles(preferences.rejected)
    yield "Chosen", titles(preferences.chosen)
    yield "Asked about", titles(preferences.asked)
    yield "Wanted", wishes(preferences.wanted)
    yield "Not wanted", wishes(preferences.refusals)
    yield "Rather not", wishes([wish for wish in preferences.unwanted if wish.strength < 1])
    popularity = catalog.schema.popularity
    limits = (
        limit_words([limit], popularity)
        if popularity is not None and limit.field == popularity.name
        else f"{labels.get(base_name(limit.field), limit.field)} {_OPERATORS[limit.op]} {value_text(limit.value)}"
        for limit in preferences.limits
    )
    yield "Limits", ", ".join(limits)
    yield "How many", str(preferences.count.value) if preferences.count else ""
