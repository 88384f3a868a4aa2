"""Limits by a judge: which numbers bound what is sought, and which field they speak of."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.mentioned import PREFIX
from wherefore.catalog.money import SIGNS
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.units import measure_of, unit_called
from wherefore.dialogue.state import LimitOp
from wherefore.reading.bearers import speaks_of_age
from wherefore.reading.clauses import Span
from wherefore.reading.comparisons import AFTER, BEFORE, OPPOSITE, is_negated, is_plus
from wherefore.reading.limits import FoundLimit, lowered
from wherefore.reading.measures import Measures
from wherefore.reading.numbers import (
    DECADE,
    NUMBER,
    amount,
    around,
    decade,
    is_year,
    money,
    number,
    quantity,
)
from wherefore.reading.quantities import beside, side_of
from wherefore.text import NUMBERS, stem

_QUANTITY = re.compile(quantity({"to", "and", "or", "ish", "a", "an", "per", "each", "pcm", "pm", "pw"}))
_NUMBER = re.compile(rf"\b{NUMBER}")
_SIGN = re.compile(
    rf"([{SIGNS}]|\b(?:rs|[a-z]{{3}})\b)\.?\s?$"
)  # "$20", of which the number was taken for the bound
_UNIT = re.compile(r"\s?-?\s?(?P<unit>[a-z]+)\b")
_DECADE = re.compile(DECADE)
_LAST_YEARS = re.compile(rf"\b(?:last|past)\s+(?P<n>{NUMBER})\s+years?\b")
_AGED = re.compile(
    rf"\b(?P<n>\d{{1,2}}|{NUMBER})[\s-]*(?:y(?:ea)?rs?[\s-]*olds?|y/?os?|y(?:ea)?rs?\s+of\s+age)\b"
)
_OF_AGE = re.compile(  # what stands before how old somebody is: "my old girl, she's 9", "mine are 4 and 7"
    r"(?:\b(?:s?he['’]?s|s?he\s+is|(?:s?he|who)['’]?(?:ll|\s+will)\s+be|mine\s+are|they['’]?re|they\s+are|kids?\s+are|aged?|"
    r"turn(?:s|ing|ed)|(?:son|daughter|boy|girl|kid|child|cat|dog|puppy|kitten|grandson|granddaughter|niece|nephew|twins)"
    r"(?:['’]?s|\s+is|\s+are|\s+will\s+be|,)?)\s*\(?\s*)(?:\d{1,2}\s*(?:,|and|&|or)\s*)*$",
    re.IGNORECASE,
)
_OTHER = re.compile(  # before a number that is no measure of an item: a size, an age, a count in a pack
    r"(?:\b(?:sizes?|sized|numbers?|no\.?|packs?(?:\s+of)?|packets?\s+of|sets?\s+of|box(?:es)?\s+of|aged?|turn(?:s|ing|ed)?|i\s+am|"
    r"grades?|types?|versions?|series|seasons?|parts?|volumes?|kids?|children|(?:he|she|who|son|daughter|boy|girl|niece|"
    r"nephew|kid|child|dad|mum|mom)\s+is)|\b(?:i'?m|he'?s|she'?s|who'?s|(?:son|daughter|kid|child|boy|girl)'?s))(?:\s+(?:just|only|about|now|almost|nearly|a))?\s*$"
)
_EXACTLY = re.compile(r"\b(?:exactly|precisely|just|only)\s+$")
_ABOUT = re.compile(r"\b(?:about|around|roughly|approx(?:imately)?|circa)\s+$")
_THEREABOUTS = re.compile(  # behind a number: "27 inch or thereabouts"
    r"(?:[\s-]*[a-z]+)?\s*(?:-?ish\b|(?:or\s+(?:so|thereabouts|near\s+enough)|give\s+or\s+take|roughly|approximately)\b)"
)
_IN_FEET = re.compile(r"['’′]\s?\d")
_TO = re.compile(r"\s*(?:to|-|–)\s*")
_AFTER = 12  # characters behind a number in which it may be said to be an age
_GROWN = 17  # from the next year on anybody may see anything
_NEAR = 0.15  # of a number that is only about right
_CAPACITIES = frozenset(("charge", "data"))  # of which nobody has too much: "with 6000 mAh" is at least that
_CLOSE = 0.05  # the same of one that texts tell, which is said without "at least" or "about": "a 5 m cable"
_RARE, _USUAL = 0.01, 0.99  # shares of the items that a bare number must leave, and leave out
# Measures that people say without a unit or a name: "under 20", "at least 4.5". "Need about 20" is no length.
_BARE = frozenset(("price", "time", "year", "age", "pages", "rating", "amount"))
_BOUNDS: dict[str, tuple[LimitOp, ...]] = {"max": ("le",), "min": ("ge",), "exactly": ("eq",)}


@dataclass(frozen=True, slots=True)
class Bound:
    """A number, or a word of degree, that says something of what is sought.

    Attributes:
        span: Where it stands.
        label: `max`, `min`, `between`, `about`, `exactly`, or one of `GRADES`.
        measure: What it speaks of, one of `MEASURES`.
    """

    span: Span
    label: str
    measure: str = "none"


class JudgedLimits:
    """Makes limits of numbers that a judge takes for bounds.

    Args:
        catalog: The catalogue.
        measures: Its numbers and dates.
    """

    def __init__(self, catalog: Catalog, measures: Measures) -> None:
        self._catalog, self._measures = catalog, measures

    def read(self, text: str, bounds: Sequence[Bound]) -> list[FoundLimit]:
        """The limits in a text, of the numbers that bound something."""
        low = lowered(text)
        found = [limit for bound in _joined(low, bounds) for limit in self._limits(low, bound)]
        return youngest(found, self._measures.age)

    def _limits(self, low: str, bound: Bound) -> Iterator[FoundLimit]:
        span, label = bound.span, bound.label
        said = low[slice(*span)]
        year = self._measures.year
        if year is not None and (last := _LAST_YEARS.search(said)):
            first = self._measures.today - (number(last["n"]) or 0.0)
            yield FoundLimit(year.name, "ge", first if year.is_date else float(int(first)), *span)
            return
        if year is not None and (match := _DECADE.search(said)) and label != "max":
            first = decade(match[0])
            if first:
                yield FoundLimit(year.name, "ge", float(first), *span)
                if label != "min":
                    yield FoundLimit(year.name, "le", first + 9.0, *span)
                return
        age = self._measures.age
        if aged := _AGED.search(low[span[0] : span[1] + _AFTER]):
            years = number(aged["n"])
            if age is not None and years is not None and years <= _GROWN:
                yield FoundLimit(age.name, "le", years, *span)
            return
        if _IN_FEET.match(low, span[1]):
            return  # "under 5'3"
        said = str(NUMBERS.get(said, said))  # "eleven"
        match = _QUANTITY.search(said) if not said[:1].isdigit() else _QUANTITY.match(said)
        value = amount(match) if match is not None else None
        if match is None or value is None:
            return
        spec, scale = self._field(match, low, bound, value)
        if spec is None:
            return
        value = self._measures.spoken(spec, match["n"], value)
        if math.isnan(value):
            return
        value = self._measures.signed(
            spec, _whole(match, said, value) * scale, low[: span[0] + match.start("n")]
        )
        if spec is age:
            if value <= _GROWN:
                yield FoundLimit(spec.name, "le", value, *span)
        elif label == "between":
            both = [number(one) for one in _NUMBER.findall(said)]
            told = [one for one in both if one is not None]
            if len(told) == 2:
                yield FoundLimit(spec.name, "ge", min(told) * scale, *span)
                yield FoundLimit(spec.name, "le", max(told) * scale, *span)
        elif (
            label == "about"
            or _ABOUT.search(low[: span[0]])
            or (_cued(low, span) is None and _THEREABOUTS.match(low, span[1]))
            or (spec.name.startswith(PREFIX) and _cued(low, span) is None)
        ):
            near = _ABOUT.search(low[: span[0]]) or _THEREABOUTS.match(low, span[1])
            about = label == "about" or near is not None
            room = 2.0 if spec is year else (_NEAR if about else _CLOSE) * value
            yield FoundLimit(spec.name, "ge", value - room, *span)
            yield FoundLimit(spec.name, "le", value + room, *span)
        else:
            ops = _BOUNDS[label]
            if spec is year and label == "exactly":
                ops = ("ge", "le")
            if label in ("max", "min"):
                usual = "ge" if measure_of(unit_called(match["unit"] or "")) in _CAPACITIES else ops[0]
                ops = (_cued(low, span) or self._natural(spec) or usual,)
            elif label == "exactly" and spec is not year and not _EXACTLY.search(low[: span[0]]):
                ops = (_cued(low, span) or self._natural(spec) or ops[0],)
            for op in ops:
                for field, side in self._measures.bounded(spec, op):
                    yield FoundLimit(field.name, side, round(value, 6), *span)

    def _natural(self, spec: FieldSpec) -> LimitOp | None:
        """The side that a number of a field has by its nature, of what no judge has learned of."""
        measures = self._measures
        known = (measures.price, measures.year, measures.age)
        return None if spec in known or spec is measures.roles["rating"] else side_of(spec)

    def _field(
        self, match: re.Match[str], low: str, bound: Bound, value: float
    ) -> tuple[FieldSpec | None, float]:
        """The field that a number speaks of: by its unit, a word beside it, the judge, or as the only one it fits."""
        measures, span, label = self._measures, bound.span, bound.label
        after = low[span[0] + match.end("n") :]
        sign = _SIGN.search(low[: span[0]])
        currency = match["currency"] or (
            sign[1] if sign is not None and money(sign[1]) and not match.start("n") else None
        )
        unit = match["unit"]
        if not unit and (behind := _UNIT.match(after)) and measures.is_unit(behind["unit"]):
            unit = behind["unit"]  # that the judge left out: "at least 750" of "at least 750 watts"
        number_at = span[0] + match.start("n"), span[0] + match.end("n")
        near_by = beside(low, number_at)
        for mark in (currency, unit):
            united = measures.in_unit(mark, around(low, span), near_by, value) if mark else None
            if united is not None:
                return united
        if currency or measures.is_unit(unit):
            return None, 1.0  # a unit of something that the catalogue does not have
        if (
            match["unit"]
            and measures.labelled(match["unit"]) is None
            and match.end("unit") <= span[1] - span[0]
        ):
            return None, 1.0  # "five feet"
        if is_year(match["n"]):
            return measures.year, 1.0
        if (told := measures.told_beside(near_by, value)) is not None:
            return told, 1.0
        near = re.findall(r"[a-z]+", low[max(0, span[0] - 25) : span[0]])[-3:]
        for word in reversed([*re.findall(r"[a-z]+", after[:20])[:2], *near]):
            spec = measures.labelled(word)
            if spec is not None and spec is not measures.year and measures.can_hold(spec, value):
                return spec, 1.0
        if (cold := measures.below_zero(low[: span[0]])) is not None:
            return cold, 1.0
        if not unit and measures.own_age is not None and speaks_of_age(low, span):
            fits_age = measures.can_hold(measures.own_age, value)
            return (measures.own_age if fits_age else None), 1.0  # "an older one, 7 or over"
        if not unit and _OF_AGE.search(low[: span[0]]):
            is_age = measures.age is not None and value <= _GROWN and label != "min"
            return (measures.age if is_age else None), 1.0  # "she's 9" is no price, whatever else is told
        if measures.own_age is not None and not unit and _OTHER.search(low[: span[0]]):
            return None, 1.0  # "I'm 78", among dogs that have an age
        if bound.measure in _BARE:
            told = measures.called(bound.measure)
            if told is not None and not measures.can_hold(told, value):
                return None, 1.0
            if (
                told is None
                and label == "max"
                and (cheap := measures.price)
                and self._fits(cheap, value, label)
            ):
                return cheap, 1.0  # "under 20", in a shop
            if told is None or told is not measures.age or value <= _GROWN:
                return told, 1.0
        if measures.age is not None and value <= _GROWN and label != "min":
            return measures.age, 1.0
        if _OTHER.search(low[: span[0]]):
            return None, 1.0
        fits = [spec for spec in self._catalog.schema.measures if self._fits(spec, value, label)]
        return (fits[0], 1.0) if len(fits) == 1 else (None, 1.0)

    def _fits(self, spec: FieldSpec, value: float, label: str) -> bool:
        if spec.is_date or spec is self._measures.year or spec is self._measures.age:
            return False
        known = self._catalog.numbers(spec.name)
        known = known[~np.isnan(known)]
        if not len(known):
            return False
        below = float((known <= value).mean())
        return _RARE <= below <= _USUAL if label != "exactly" else bool((known == value).any())


def _joined(low: str, bounds: Sequence[Bound]) -> list[Bound]:
    """Bounds of which two that are the ends of one range are one: "40 to 80"."""
    found: list[Bound] = []
    for bound in sorted(bounds, key=lambda one: one.span):
        last = found[-1] if found else None
        if last is not None and last.measure == bound.measure and last.label != "between":
            if _TO.fullmatch(low[last.span[1] : bound.span[0]]):
                found[-1] = Bound((last.span[0], bound.span[1]), "between", bound.measure)
                continue
        found.append(bound)
    return found


def youngest(limits: Sequence[FoundLimit], age: FieldSpec | None) -> list[FoundLimit]:
    """Limits of which those on the age are one: of several children the youngest counts."""
    ages = [one for one in limits if age is not None and one.field == age.name and not one.lifts]
    least = min(ages, key=lambda one: one.value, default=None)
    return [one for one in limits if one not in ages or one is least]


def _cued(low: str, span: Span) -> LimitOp | None:
    """What the words right before or behind a number say of its side: "under", "up to", "tops"; None without any.

    They are surer of it than the judge.
    """
    before, after = low[: span[0]], low[span[1] :]
    for said in sorted(BEFORE, key=len, reverse=True):
        if cue := re.search(rf"\b{re.escape(said)}\s*[-−–$€£]?$", before):
            return OPPOSITE[BEFORE[said]] if is_negated(low, cue.start()) else BEFORE[said]
    trailed = next(
        (
            said
            for said in AFTER
            if re.match(rf"(?:\s+or\s+so|ish)?(?:\s+each|\s+apiece)?,?\s*{re.escape(said)}\b", after)
        ),
        None,
    )
    if trailed is None and is_plus(low, span[1]):
        return "ge"
    return None if trailed is None else AFTER[trailed]


def _whole(match: re.Match[str], said: str, value: float) -> float:
    """Of "an hour forty" what its words beyond the first number add."""
    if stem(match["unit"] or "") in ("hour", "hr", "h") and not (match["half"] or match["n2"] or match["n3"]):
        more = _NUMBER.search(said, match.end())
        minutes = number(more[0]) if more is not None else None
        if minutes is not None and 1 <= minutes < 60:
            return value + minutes / 60
    return value
