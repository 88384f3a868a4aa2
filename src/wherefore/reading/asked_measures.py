"""Whether a field can tell what "how wide" or "how many cups" asks: a number of bedrooms is no width."""

from __future__ import annotations

import re

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.naming import in_english, words_of
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.units import measure_of, unit_called, unit_written
from wherefore.reading.measures import written_unit
from wherefore.text import FUNCTION_WORDS, stem, stems

_MEASURED: dict[
    str, tuple[str, str]
] = {  # what adjectives ask for: measures of units, and words of fields' names
    "wide": ("length", "width breadth wide w size dimension"),
    "deep": ("length", "depth deep d size dimension"),
    "tall": ("length", "height tall h size dimension"),
    "high": ("length", "height high altitude elevation size dimension"),
    "thick": ("length", "thickness thick depth size"),
    "far": ("length", "distance far range"),
    "long": ("length time", "length long duration time dimension size run day week session hour"),
    "heavy": ("weight", "weight wt mass heavy"),
    "hot": ("temperature", "temperature temp heat hot scoville spice"),
    "warm": ("temperature", "temperature temp warmth warm tog rating"),
    "cold": ("temperature", "temperature temp cold"),
    "fast": ("speed time", "speed fast time pace"),
    "loud": ("", "noise loud decibel db sound volume"),
    "noisy": ("", "noise loud decibel db sound volume"),
    "bright": ("", "brightness lumen bright watt nit"),
    "old": ("time", "age year old birth born built date"),
}
_HOW = re.compile(rf"\bhow\s+(?P<how>{'|'.join(_MEASURED)})\b", re.IGNORECASE)
_COUNTS = re.compile(r"\bhow\s+(?:many|much)\s+(?:more\s+)?(?P<what>[a-z]+(?:\s+[a-z]+)?)", re.IGNORECASE)
_COSTS = frozenset("is are does do would will did money for it that the was".split())


def can_tell(asked: str, spec: FieldSpec, catalog: Catalog) -> bool:
    """Whether a field can answer a question by what it measures; fields that are no numbers can say anything.

    >>> from wherefore.catalog.catalog import Catalog
    >>> sheds = Catalog.from_records([{"title": "Hut", "rooms": 2, "width_cm": 90}, {"title": "Den", "rooms": 1}])
    >>> [can_tell("how wide is the door", sheds.schema.spec(name), sheds) for name in ("rooms", "width_cm")]
    [False, True]
    """
    if not spec.is_number:
        return True
    named = {
        stem(one)
        for name in (spec.name, spec.column, spec.label)
        for one in (*words_of(name), *in_english(words_of(name)))
    }
    how = _HOW.search(asked)
    if how is not None:
        measures, words = _MEASURED[how["how"].lower()]
        unit = written_unit(spec)
        told = measure_of(unit_called(unit) or unit_written(unit)) if unit else ""
        return bool(named & set(map(stem, words.split()))) or bool(told and told in measures.split())
    counts = _COUNTS.search(asked)
    if counts is not None and counts["what"].split()[0].lower() not in _COSTS:
        told_of = {one for one in stems(counts["what"]) if one not in FUNCTION_WORDS}
        rest = set(stems(asked))
        known = {stem(unit) for unit in counts["what"].split() if unit_called(unit)}
        own = spec.unit.lower() in counts["what"].lower().split()
        return not written_unit(spec) or bool(named & (told_of | rest)) or bool(known) or own
    return True
