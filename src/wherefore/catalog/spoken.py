"""Numbers, units and values of records in plain words."""

from __future__ import annotations

from wherefore.catalog.catalog import Item
from wherefore.catalog.schema import FieldSpec

STATED = ("category", "people", "number", "date")  # kinds of fields whose values a sentence may state
_UNITS = {
    "min": "minutes",
    "mins": "minutes",
    "h": "hours",
    "hr": "hours",
    "hrs": "hours",
    "s": "seconds",
    "sec": "seconds",
    "pp": "pages",
    "kcal": "calories",
    "g": "grams",
    "kg": "kilograms",
    "usd": "dollars",
    "$": "dollars",
    "eur": "euros",
    "€": "euros",
    "gbp": "pounds",
    "£": "pounds",
}


def number_text(value: float) -> str:
    """A number as a sentence has it.

    >>> number_text(1979.0), number_text(4.25)
    ('1979', '4.25')
    """
    return str(int(value)) if float(value).is_integer() else f"{value:.2f}".rstrip("0").rstrip(".")


def unit_words(unit: str) -> str:
    """A unit in words: `min` is "minutes"."""
    return _UNITS.get(unit.lower(), unit.lower())


def values_of(item: Item, spec: FieldSpec) -> tuple[str, ...]:
    """What the record says for a field, as texts: all values of a list, a number, the year of a date."""
    if spec.kind in ("category", "people"):
        return tuple(value for value in item.values(spec.name) if any(map(str.isalnum, value)))
    value = item.get(spec.name)
    if value is None or spec.kind not in STATED:
        return ()
    if spec.kind == "date":
        return (str(value)[:4],)
    return (number_text(float(value)),) if isinstance(value, int | float) else ()


def is_year(spec: FieldSpec) -> bool:
    """Whether the field's numbers are years."""
    return spec.kind == "date" or (spec.kind == "number" and spec.phrase.startswith("from {}"))
