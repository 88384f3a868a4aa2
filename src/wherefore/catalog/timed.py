"""The fields of a catalogue that tell when something is, and what they are: departures, or when it was published."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from wherefore.catalog.catalog import Catalog, Item, PerCatalog
from wherefore.catalog.dates import orders
from wherefore.catalog.naming import in_english, words_of
from wherefore.catalog.openings import are_openings, leaves_open
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.times import Facet, Role, Told, role_of, tell_times, times_in
from wherefore.text import stem

_FEW_TOLD = 0.2  # share of the values that tell dates, days or hours, from which a field is asked for them
_CLOSED_TOLD = (
    0.25  # of the values of a field that tells when something is closed: the rest are names of holidays
)
_AT = frozenset(
    "time times uhr uhrzeit at start starts begin begins heure hora ora tijd departure doors".split()
)
_ORDER = 200  # values that are looked at, to see which of 3/4/2027 is the month


@dataclass(frozen=True, slots=True)
class TimedField:
    """A field that tells when something is.

    Attributes:
        name: The field's name.
        words: The stems of the words of its name and label.
        facets: What it tells: dates, days of the week, times of day; each with the share of the
            items that have it.
        first, last: The earliest and the latest day that it tells; None where it tells none with a year.
        role: What its times are: of what can be booked (`event`), from when on something is there (`available`),
            to when (`until`), when something came about (`past`), or when nothing is (`closed`).
        month_first: Whether 3/4/2027 is in March.
        opens: Whether its hours are those in which something is open, and not those of one class or visit.
        by_day: Whether it tells hours of some days of the week.
    """

    name: str
    words: frozenset[str]
    facets: Mapping[Facet, float]
    first: date | None
    last: date | None
    role: Role
    month_first: bool
    opens: bool = False
    by_day: bool = False


def _timed(catalog: Catalog) -> tuple[TimedField, ...]:
    found = []
    for spec in catalog.schema.fields:
        if spec.is_date or (spec.has_tags and not spec.flag):
            one = _field(spec, catalog)
            if one is not None:
                found.append(one)
    return tuple(found)


timed = PerCatalog(_timed)


def _field(spec: FieldSpec, catalog: Catalog) -> TimedField | None:
    said = (*words_of(spec.name), *in_english(words_of(spec.name)), *words_of(spec.label))
    role = role_of(said)
    if spec.is_date:
        texts = list({str(value) for item in catalog if (value := item.get(spec.name)) is not None})
        if not any(len(text) > len("2001") for text in texts):
            return None  # years alone: limits are read of those
    else:
        texts = list(catalog.vocabulary(spec.name))
        if not tell_times(texts, _CLOSED_TOLD if role == "closed" else None):
            return None
    month_first = _month_first(texts)
    told = [times_in(text, month_first) for text in texts]
    facets: tuple[Facet, ...] = ("date", "day", "hour")
    if all(map(_lasts, texts)) and _AT.isdisjoint(map(str.lower, said)):
        facets = ("date", "day")  # "4h": how long, and not when
    held = [facet for facet in facets if sum(one.tells(facet) for one in told) >= _FEW_TOLD * len(told)]
    if not held:
        return None
    several = sum(len(one.days) > 1 or any(a != b for a, b in one.days) for one in told)
    if role == "available" and several > _FEW_TOLD * len(told):
        role = "event"  # the weeks that are free, and not from when on it is
    every = [[one for one in _told(item, spec.name, month_first)] for item in catalog]
    shares = {
        facet: sum(any(one.tells(facet) for one in each) for each in every) / len(every) for facet in held
    }
    days = [day for one in told for span in one.days for day in span]
    ranges = [span for one in told for span in one.hours if span[0] != span[1]]
    return TimedField(
        spec.name,
        frozenset(map(stem, said)),
        shares,
        min(days, default=None),
        max(days, default=None),
        role,
        month_first,
        opens=role == "event" and are_openings([*map(str.lower, said)], ranges),
        by_day=any(one.weekdays and one.hours for one in told),
    )


def _lasts(text: str) -> bool:
    """Whether a text that may tell an hour tells a length: "4h", "1.5 h"."""
    return re.fullmatch(
        r"\D{0,8}\d{1,2}(?:[.,]\d+)?\s?h(?:rs?|ours?)?\W*", text.lower()
    ) is not None or not any(map(str.isdigit, text))


def _month_first(texts: Sequence[str]) -> bool:
    """Whether dates like 3/4/2027 have the month first: some can be read in no other way, and none only otherwise."""
    days, months = orders(texts[:_ORDER])
    return months > days


def is_over(item: Item, fields: Sequence[TimedField], today: date) -> bool:
    """Whether all dates of what could be booked are past."""
    told = [times for one in fields for times in times_of(item, one)]
    dated = [one for one in told if one.tells("date")]
    return bool(dated) and all(one.ends_before(today) for one in dated)


def times_of(item: Item, field: TimedField) -> list[Told]:
    """What an item's values of a field tell."""
    return _told(item, field.name, field.month_first)


def _told(item: Item, name: str, month_first: bool) -> list[Told]:
    value = item.get(name)
    texts = value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()
    return [times_in(text, month_first) for text in texts]


def left_open(field: TimedField, facet: Facet, items: Iterable[Item]) -> dict[str, int]:
    """What values of a field leave open when something is, with how many of some items have it: "tbc", "on call"."""
    found: dict[str, int] = {}
    for item in items:
        values = item.values(field.name) or tuple(filter(None, [str(item.get(field.name) or "")]))
        if values and not any(one.tells(facet) for one in times_of(item, field)):
            for value in values:
                if leaves_open(value):
                    found[value] = found.get(value, 0) + 1
    return found


def bookable(catalog: Catalog, today: date) -> list[TimedField]:
    """The fields that tell when what can be booked is: some of it lies ahead."""
    return [
        one
        for one in timed(catalog)
        if one.role == "event" and "date" in one.facets and one.last is not None and one.last >= today
    ]
