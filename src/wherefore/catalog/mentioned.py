"""Amounts that titles and texts write with their unit, where no field holds them: "Power Bank (20000 mAh, Grey)".

What is measured in one unit by the texts of a catalogue is called by a name of its own, `text:milliampere_hour`, which
`Item.number`, `Catalog.numbers` and `Schema.spec` take as they take the names of fields. Nothing is read before
somebody asks for such an amount.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from wherefore.catalog.numbers import decimal_shown, number_in
from wherefore.catalog.paired import beside_amounts, names_beside, unpaired
from wherefore.catalog.units import conversion, forms_of, measure_of, unit_called, unit_written

PREFIX = "text:"
_MARKS = {  # units that pint does not turn into others, by what they are called here
    "volt": "v volt volts",
    "decibel": "db decibel decibels",
    "lumen": "lm lumen lumens",
    "megapixel": "mp megapixel megapixels",
    "megabit": "mbps mbit/s mbit",
    "beat": "bpm",
    "turn": "rpm",
    "frame": "fps",
    "dot": "dpi ppi",
    "bar": "bar",
    "horsepower": "hp bhp",
    "newton_meter": "nm",
    "sun_protection": "spf",
    "carat": "ct carat carats",
    "alcohol": "abv",
}
_BY_MARK = {mark: name for name, marks in _MARKS.items() for mark in marks.split()}
_SHOWN = {  # as they are told
    **{
        "millimeter": "mm",
        "centimeter": "cm",
        "meter": "m",
        "kilometer": "km",
        "inch": "inches",
        "foot": "feet",
    },
    **{"milligram": "mg", "gram": "grams", "kilogram": "kilograms", "pound": "pounds", "ounce": "ounces"},
    **{
        "milliliter": "ml",
        "centiliter": "cl",
        "liter": "litres",
        "gallon": "gallons",
        "fluid_ounce": "fl oz",
    },
    **{
        "kilobyte": "kB",
        "megabyte": "MB",
        "gigabyte": "GB",
        "terabyte": "TB",
        "watt": "watts",
        "kilowatt": "kW",
    },
    **{"milliampere_hour": "mAh", "ampere_hour": "Ah", "watt_hour": "Wh", "kilowatt_hour": "kWh"},
    **{
        "hertz": "Hz",
        "kilohertz": "kHz",
        "megahertz": "MHz",
        "gigahertz": "GHz",
        "volt": "volts",
        "decibel": "dB",
    },
    **{"lumen": "lumens", "megapixel": "megapixels", "megabit": "Mbps", "beat": "bpm", "turn": "rpm"},
    **{"frame": "fps", "dot": "dpi", "horsepower": "hp", "newton_meter": "Nm", "sun_protection": "SPF"},
    **{
        "kilocalorie": "kcal",
        "degree_Celsius": "°C",
        "degree_Fahrenheit": "°F",
        "mile": "miles",
        "yard": "yards",
    },
}
_DEGREES = {"degree_Celsius": "C", "degree_Fahrenheit": "F"}  # "40C" on a label
_LETTERS = {"m": "m", "g": "g", "l": "lL", "w": "Ww", "v": "V"}  # "5G" is no weight, "a 4M" no length
_DIGITS = r"(?<![\w.,])(?P<n>\d+(?:[.,]\d+)*)"
_LOOSE = frozenset(("length", "weight", "volume", "temperature", "energy", "speed", "area"))
_LEAST, _SHARE = (
    2,
    0.01,
)  # items whose texts say an amount; share of them, of what is measured in stories as well
_PLAIN = frozenset(("length", "weight", "volume"))  # whose amounts may have three decimals


def mentioned_unit(word: str) -> str:
    """What a unit that people write is called here; empty where it is none that texts are looked through for.

    Times are not: that a novel plays within 24 hours says nothing of how long it takes.

    >>> mentioned_unit("mAh"), mentioned_unit("watts"), mentioned_unit("minutes"), mentioned_unit("bpm")
    ('milliampere_hour', 'watt', '', 'beat')
    """
    low = word.lower().strip(".")
    name = unit_called(low) or (unit_written(low) if len(low) > 1 and low != "in" else "")
    if name:
        return "" if measure_of(name) in ("time", "") else name
    return _BY_MARK.get(low, "")


def unit_shown(name: str) -> str:
    """A unit as it is told, with what is measured in it where that is said: "grams of protein"."""
    unit, of = unpaired(name)
    shown = _SHOWN.get(unit, unit.replace("_", " "))
    return f"{shown} of {of}" if of else shown


def names_measured(texts: Sequence[Iterable[str]], name: str) -> dict[str, float]:
    """What many records write amounts in a unit of, with the share of the records: "Protein 4g"."""
    return names_beside(texts, _pattern(name).pattern)


def amount_mentioned(texts: Iterable[str], name: str) -> float | None:
    """The first amount that texts write in a unit, or in one that can be brought to it; None where they do not.

    >>> amount_mentioned(["USB-C Cable (2 m, Grey)", "up to 60 W"], "centimeter"), amount_mentioned(["5G"], "gram")
    (200.0, None)
    """
    name, of = unpaired(name)
    pattern = beside_amounts(_pattern(name).pattern, of) if of else _pattern(name)
    for text in texts:
        for found in pattern.finditer(text):
            behind = found["n"] is None
            value = _value(found["n2" if behind else "n"], name)
            if value is not None:
                scale = _scale(_unit_of(found["unit2" if behind else "unit"]), name)
                return float(f"{value * scale:.9g}")
    return None


def is_told(values: np.ndarray, name: str) -> bool:
    """Whether enough of a catalogue's texts say an amount, of values (n,) with NaN where they do not."""
    name = unpaired(name)[0]
    count = int((~np.isnan(values)).sum())
    share = _SHARE if measure_of(name) in _LOOSE else 0.0
    return count >= max(_LEAST, share * len(values))


def _value(digits: str, name: str) -> float | None:
    mark = decimal_shown(digits)
    if not mark:
        whole = "." in digits and not digits.startswith("0") and measure_of(name) not in _PLAIN
        mark = "," if whole else "."
    return number_in(digits, mark)


@lru_cache(256)
def _unit_of(form: str) -> str:
    if (degree := next((name for name, mark in _DEGREES.items() if mark == form), "")) and form.isupper():
        return degree
    return mentioned_unit(form)


@lru_cache(256)
def _scale(given: str, wanted: str) -> float:
    found = None if given == wanted else conversion(given, wanted)
    return 1.0 if found is None else found.scale


@lru_cache(64)
def _pattern(name: str) -> re.Pattern[str]:
    if name in _MARKS:
        forms = set(_MARKS[name].split())
    elif measure_of(name) == "temperature":  # more than a factor lies between its units
        forms = forms_of(name)
    else:
        same = {name, *(one for one in _SHOWN if measure_of(one) == measure_of(name))}
        forms = {form for one in same for form in forms_of(one)}
    forms = {form for form in forms if form not in ("in", "'", '"', "''")}
    letters = "".join(_LETTERS.get(form, "") for form in forms if len(form) == 1) + _DEGREES.get(name, "")
    longer = sorted((re.escape(form) for form in forms if len(form) > 1), key=len, reverse=True)
    unit = "|".join([f"(?i:{'|'.join(longer)})s?", *([f"[{letters}]"] if letters else [])])
    return re.compile(rf"{_DIGITS}[\s-]?(?P<unit>{unit})(?![\w/])")
