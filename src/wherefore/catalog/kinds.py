"""The kinds of fields, and what each can do: the one place that asks for a kind by its name.

A new kind is a line in `KINDS`, and what it needs that no other kind has. Everybody else asks what a field can do:
`spec.has_tags`, `schema.measures`, `spec.control`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Stored = Literal["text", "list", "number", "date", "any"]
Values = Literal["", "tags", "names"]
Measure = Literal["", "number", "date", "rank"]
Control = Literal["", "chips", "slider"]


@dataclass(frozen=True, slots=True)
class FieldKind:
    """What fields of one kind can do.

    Attributes:
        about: For people who declare a schema.
        stored: How `Item.fields` keeps a value: a string, a tuple of strings, a finite number, an ISO date, or (what is
            carried along and used for nothing) either a string or a tuple of strings.
        values: What a wish can name of it: `tags` ("horror"), proper `names` ("Toni Collette"), or nothing.
        measure: What a limit can compare: a `number`, a `date`, or a `rank` whose numbers say nothing to people
            ("lesser known"); or nothing.
        single: A schema has at most one field of this kind.
        stated: A sentence may state its value, and a card or a table shows it.
        control: What sets it on the page.
    """

    about: str
    stored: Stored = "text"
    values: Values = ""
    measure: Measure = ""
    single: bool = False
    stated: bool = False
    control: Control = ""


KINDS: Mapping[str, FieldKind] = MappingProxyType(
    {
        "id": FieldKind("what identifies an item", single=True),
        "title": FieldKind("what an item is called", single=True),
        "alias": FieldKind("other titles of the item", "list"),
        "text": FieldKind("what an item is about, in sentences"),
        "category": FieldKind(
            "one or several of a set of values", "list", "tags", stated=True, control="chips"
        ),
        "people": FieldKind("names of people, brands or makers", "list", "names", stated=True),
        "number": FieldKind("an amount", "number", measure="number", stated=True, control="slider"),
        "date": FieldKind("a date, or a year", "date", measure="date", stated=True, control="slider"),
        "image": FieldKind("address of a picture"),
        "popularity": FieldKind("how many know or bought it", "number", measure="rank", single=True),
        "ignore": FieldKind("carried along, used for nothing", "any"),
    }
)
