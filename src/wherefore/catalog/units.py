"""Units of measure as people write them, and what one is in another (pint)."""

from __future__ import annotations

from functools import cache
from typing import Any

# What people write, by pint's name. A list, because pint knows far more ("hand", "bar", "point") than people mean.
_WRITTEN = {
    "millimeter": "mm millimetre millimeter",
    "centimeter": "cm centimetre centimeter",
    "meter": "m metre meter",
    "kilometer": "km kilometre kilometer",
    "inch": "inch inches",
    "foot": "ft foot feet",
    "yard": "yd yard",
    "mile": "mi mile",
    "milligram": "mg milligram milligramme",
    "gram": "g gram gramme",
    "kilogram": "kg kilo kilogram kilogramme",
    "pound": "lb lbs",
    "ounce": "oz ounce",
    "milliliter": "ml millilitre milliliter",
    "centiliter": "cl centilitre centiliter",
    "liter": "l litre liter",
    "gallon": "gallon",
    "degree_Celsius": "°c celsius centigrade degree",
    "degree_Fahrenheit": "°f fahrenheit",
    "megabyte": "mb megabyte",
    "gigabyte": "gb gigabyte gig",
    "terabyte": "tb terabyte",
    "watt": "w watt",
    "kilowatt": "kw kilowatt",
    "milliampere_hour": "mah",
    "ampere_hour": "ah",
    "kilocalorie": "kcal",
}
_BY_WORD = {word: name for name, words in _WRITTEN.items() for word in words.split()}


def unit_called(word: str) -> str:
    """Pint's name of a unit, as people write it; empty where a word is none.

    >>> unit_called("metres"), unit_called("lbs"), unit_called("films")
    ('meter', 'pound', '')
    """
    low = word.lower().strip(".")
    return _BY_WORD.get(low) or _BY_WORD.get(low.removesuffix("s"), "")


@cache
def factor(given: str, wanted: str) -> float | None:
    """What one of a unit is in another, both as people write them; None where it takes more than a factor, or neither.

    >>> factor("metres", "cm"), factor("lb", "g"), factor("metre", "kg"), factor("fahrenheit", "°C")
    (100.0, 453.59237, None, None)
    """
    units = unit_called(given), unit_called(wanted)
    if not all(units):
        return None
    if units[0] == units[1]:
        return 1.0
    import pint  # takes a moment

    try:
        one = _registry().Quantity(1.0, units[0]).to(units[1])
        none = _registry().Quantity(0.0, units[0]).to(units[1])
    except (pint.DimensionalityError, pint.OffsetUnitCalculusError):
        return None
    return None if none.magnitude else round(float(one.magnitude), 9)


@cache
def _registry() -> Any:
    from pint import UnitRegistry

    return UnitRegistry()
