"""Units of measure as people write them, and what one is in another (pint)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

IN_PARTS = "parts of one"  # the unit of percents that a table gives in parts of one: `abv` .065
OF_PERCENTS = frozenset(  # words of a column's name that tell percents
    "abv alcohol pct percent percentage discount share proportion ratio cocoa cacao occupancy humidity vol".split()
)
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
    "stone": "stone",
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
# Besides those, what is a unit beside a number in a cell, but not in speech: "in" and "s" are words of sentences.
_IN_CELLS = {
    "millisecond": "ms msec millisecond",
    "second": "s sec second sek sekunde sekunden",
    "minute": "min mn minute minuten",
    "hour": "h hr hour std stunde stunden heure hora",
    "day": "d day tag tage jour",
    "week": "week wk woche wochen",
    "inch": "in \" '' zoll pouce",
    "foot": "'",
    "pound": "pound pfund",
    "tonne": "t tonne",
    "deciliter": "dl decilitre deciliter",
    "fluid_ounce": "floz fl.oz",
    "gallon": "gal",
    "byte": "byte bytes",
    "kilobyte": "kb kilobyte",
    "ampere_hour": "ah",
    "watt_hour": "wh",
    "kilowatt_hour": "kwh",
    "hertz": "hz hertz",
    "kilohertz": "khz",
    "megahertz": "mhz",
    "gigahertz": "ghz",
    "kilojoule": "kj",
    "kilometer_per_hour": "km/h kmh kph",
    "mile_per_hour": "mph",
    "meter**2": "m² sqm qm",
    "foot**2": "sqft ft² sq.ft",
    "meter**3": "m³ m3 cbm",
    "liter_per_100_kilometer": "l/100km",
    "kilowatt_hour_per_100_kilometer": "kwh/100km",
    "gram_per_kilometer": "g/km",
    "kilometer_per_liter": "km/l",
    "month": "month mo monat monate mois mes meses",
    "year": "year yr jahr jahre an ans año años",
}
_MEASURES = {  # what units measure; those of one can be brought to one another
    "length": "millimeter centimeter meter kilometer inch foot yard mile",
    "weight": "milligram gram kilogram pound ounce stone tonne",
    "volume": "milliliter centiliter deciliter liter gallon fluid_ounce meter**3",
    "temperature": "degree_Celsius degree_Fahrenheit",
    "data": "byte kilobyte megabyte gigabyte terabyte",
    "power": "watt kilowatt",
    "charge": "milliampere_hour ampere_hour",
    "energy": "kilocalorie kilojoule watt_hour kilowatt_hour",
    "time": "millisecond second minute hour day week month year",
    "frequency": "hertz kilohertz megahertz gigahertz",
    "speed": "kilometer_per_hour mile_per_hour",
    "area": "meter**2 foot**2",
    "use of fuel": "liter_per_100_kilometer",
    "use of power": "kilowatt_hour_per_100_kilometer",
    "exhaust": "gram_per_kilometer",
    "mileage": "kilometer_per_liter",
}
MEASURES = frozenset(_MEASURES)
_MEASURE_OF = {name: measure for measure, names in _MEASURES.items() for name in names.split()}
_BY_WORD = {word: name for name, words in _WRITTEN.items() for word in words.split()}
_BY_CELL = _BY_WORD | {word: name for name, words in _IN_CELLS.items() for word in words.split()}


def forms_of(name: str) -> set[str]:
    """What people write for a unit that pint calls so, in lower case and without a plural's "s".

    >>> sorted(forms_of("milliampere_hour")), sorted(forms_of("hertz"))
    (['mah'], ['hertz', 'hz'])
    """
    return {*_WRITTEN.get(name, "").split(), *_IN_CELLS.get(name, "").split()}


@dataclass(frozen=True, slots=True)
class Conversion:
    """What turns a number in one unit into one in another: times `scale`, plus `offset`."""

    scale: float
    offset: float = 0.0

    def __call__(self, number: float) -> float:
        """The number in the other unit, as exact as nine digits."""
        return float(f"{number * self.scale + self.offset:.9g}")


def unit_called(word: str) -> str:
    """Pint's name of a unit, as people write it in a sentence; empty where a word is none.

    >>> unit_called("metres"), unit_called("lbs"), unit_called("films"), unit_called("in")
    ('meter', 'pound', '', '')
    """
    low = word.lower().strip(".")
    return _BY_WORD.get(low) or _BY_WORD.get(low.removesuffix("s"), "")


@cache
def unit_written(word: str) -> str:
    """Pint's name of a unit, as people write it beside a number in a cell; empty where a text is none.

    >>> unit_written("in"), unit_written("fl. oz"), unit_written("hrs"), unit_written("Seasons")
    ('inch', 'fluid_ounce', 'hour', '')
    """
    low = word.lower().replace(" ", "").strip(".").replace("l.oz", "loz")
    return _BY_CELL.get(low) or (_BY_CELL.get(low[:-1], "") if low.endswith("s") else "")


def measure_of(name: str) -> str:
    """What a unit measures, by pint's name of it; empty where it is none.

    >>> measure_of("pound"), measure_of("hour"), measure_of("")
    ('weight', 'time', '')
    """
    return _MEASURE_OF.get(name, "")


@cache
def factor(given: str, wanted: str) -> float | None:
    """What one of a unit is in another, both as people write them; None where it takes more than a factor, or neither.

    >>> factor("metres", "cm"), factor("lb", "g"), factor("metre", "kg"), factor("fahrenheit", "°C")
    (100.0, 453.59237, None, None)
    """
    found = conversion(unit_called(given), unit_called(wanted) or unit_written(wanted))
    return None if found is None or found.offset else round(found.scale, 9)


@cache
def conversion(given: str, wanted: str) -> Conversion | None:
    """What turns numbers in one unit into another, both by pint's names; None where they measure different things.

    >>> conversion("inch", "centimeter")(10), conversion("degree_Fahrenheit", "degree_Celsius")(212)
    (25.4, 100.0)
    >>> conversion("minute", "gram")
    """
    if not given or not wanted:
        return None
    if given == wanted:
        return Conversion(1.0)
    import pint  # takes a moment

    try:
        one, none = (float(_registry().Quantity(n, given).to(wanted).magnitude) for n in (1.0, 0.0))
    except (pint.DimensionalityError, pint.UndefinedUnitError):
        return None
    none = round(none, 9)
    return Conversion(float(f"{one - none:.12g}"), none)


@cache
def _registry() -> Any:
    from pint import UnitRegistry

    return UnitRegistry()
