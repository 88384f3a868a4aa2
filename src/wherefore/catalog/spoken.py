"""Units and values of records in plain words."""

from __future__ import annotations

from wherefore.catalog.catalog import Item
from wherefore.catalog.schema import FieldSpec

_UNITS = {
    unit: words
    for words, units in {
        "minutes": "min mins",
        "hours": "h hr hrs",
        "seconds": "s sec",
        "pages": "pp",
        "calories": "kcal",
        "grams": "g",
        "kilograms": "kg",
        "degrees": "°c °f",
        "dollars": "usd $",
        "euros": "eur €",
        "pounds": "gbp £",
        "rupees": "inr ₹",
        "yen": "jpy",
        "inches": "in",
        "feet": "ft",
        "litres": "l",
        "days": "d",
    }.items()
    for unit in units.split()
}


def unit_words(unit: str) -> str:
    """A unit in words: `min` is "minutes"."""
    return _UNITS.get(unit.lower(), unit.lower())


def values_of(item: Item, spec: FieldSpec) -> tuple[str, ...]:
    """What the record says for a field, as texts: all values of a list, a number, the year of a date."""
    value = item.get(spec.name)
    return () if value is None or spec.can.say is None else spec.can.say(value)


def is_year(spec: FieldSpec) -> bool:
    """Whether the field's numbers are years."""
    return spec.is_date or spec.is_number and spec.phrase.startswith("from {}")
