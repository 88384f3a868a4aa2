"""Times of day that are said without "pm" or a colon: "tuesday evenings 6 to 7.30", "sunday nights till about 10"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from wherefore.reading.periods import Period

_PARTS = (
    r"mornings?|afternoons?|evenings?|nights?|daytimes?|lunchtimes?|weekdays?|weekends?|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|"
    r"mon|tues?|wed|thurs?|fri|sat|sun"
)
_ROUGHLY = r"(?:(?:about|around|roughly|like|maybe|say)\s+)?"
_WORDS = "one two three four five six seven eight nine ten eleven twelve".split()
_HOUR = (
    r"(?:(?P<{0}part>half(?:\s+past)?|quarter\s+past|quarter\s+to)\s+)?"
    rf"(?P<{{0}}>1[0-2]|[1-9]|{'|'.join(_WORDS)})(?:[.:](?P<{{0}}m>[0-5]\d))?"
)
_MINUTES = {"half": 0.5, "half past": 0.5, "quarter past": 0.25, "quarter to": -0.25}
# What may follow an hour: nothing that it could be a number of.
_NEXT = (
    rf"(?=\s*(?:$|[.,;!?)]|(?:o'?clock|ish|please|pls|on|in\s+the|at\s+the|at\s+night|tonight|if|and|or|but|for\s+(?:me|us|the|my|our)|so|as|because|"
    rf"with|when|each|every|sharp|{_PARTS})\b))(?![.,:]?\d)"
)
_RANGE = re.compile(
    rf"(?<![\w£$€#.,:/-])(?:(?P<op>from|between)\s+)?{_ROUGHLY}{_HOUR.format('a')}\s*(?:-|–|to|till|til|until|and)\s*"
    rf"{_ROUGHLY}{_HOUR.format('b')}{_NEXT}"
)
_SIDE = re.compile(
    rf"\b(?P<op>from|after|before|until|till|'?til|by|at|(?:can|could|to)\s+(?:only\s+)?(?:do|make|manage))\s+{_ROUGHLY}{_HOUR.format('a')}(?:\s?-?ish)?{_NEXT}"
)
_AROUND = 30  # characters between an hour and the day or part of the day that it is of
_AFTER_NOON = ("evening", "night", "afternoon", "after work", "lunch")
_DONE = re.compile(
    r"\b(?:finish\w*|done|over|ends?|ending|home|out|away|closes?|wrap(?:ped|s)?\s+up|back)\b[^.!?,;]{0,20}$"
)
_WORKING = re.compile(r"\b(?:work(?:ing|s)?|shifts?|school|job|office|nursery|college)\b[^.!?;,]{0,20}$")


@dataclass(frozen=True, slots=True)
class _Clock:
    """An hour, or from one to another, as it is written; None where a side is not."""

    start: int
    end: int
    first: float | None
    last: float | None
    op: str


def with_hours(found: Sequence[Period], low: str) -> list[Period]:
    """Periods with the bare hours beside them; where hours are told, the part of the day is only what they are of.

    Args:
        found: The periods of a text, by place.
        low: It, in lower case.
    """
    kept = [*found]
    for one in _clocks(low):
        if any(each.start < one.end and one.start < each.end and each.facet != "day" for each in kept):
            continue
        near = [each for each in found if each.facet in ("day", "hour") and _is_near(each, one, low)]
        plain = re.search(r"\b(?:half|quarter)\b", low[one.start : one.end]) is not None
        if not (near or plain) or (not one.op and not _stands_beside(one, near, low)):
            continue
        hours = _of_part(one, next((_name(each, low) for each in near if each.part), ""))
        made = Period(
            "hour",
            one.start,
            one.end,
            hours=hours,
            sided=True,
            until=one.first is None and one.op != "before",
            both=_both(one),
        )
        kept.append(replace(made, ended=_is_done(made, low)))
    kept = [replace(one, ended=_is_done(one, low)) if one.facet == "hour" else one for one in kept]
    aside = background(kept, low)
    rest = _narrowed([one for one in kept if one not in aside], low)
    return sorted([*rest, *aside], key=lambda one: one.start)


def background(found: Sequence[Period], low: str) -> list[Period]:
    """The periods that only say when somebody is at work: "I work nine to five Mon to Fri"."""
    hours = [
        one
        for one in found
        if one.facet == "hour" and one.both and _WORKING.search(low[max(0, one.start - 40) : one.start])
    ]
    days = [
        one
        for one in found
        if one.facet == "day"
        and any(re.fullmatch(r"[\s,]*(?:on\s+)?", _between(one, each, low)) for each in hours)
    ]
    return [*hours, *days]


def _clocks(low: str) -> list[_Clock]:
    told: list[_Clock] = []
    for match in _RANGE.finditer(low):
        told.append(_Clock(*match.span(), _number(match, "a"), _number(match, "b"), match["op"] or ""))
    for match in _SIDE.finditer(low):
        if any(one.start < match.end() and match.start() < one.end for one in told):
            continue
        hour, until = _number(match, "a"), match["op"] in ("until", "till", "til", "'til", "by", "before")
        last = hour if until or match["op"] == "at" else None
        told.append(_Clock(*match.span(), None if until else hour, last, match["op"]))
    return told


def _both(one: _Clock) -> bool:
    return None not in (one.first, one.last) and one.first != one.last


def _number(match: re.Match[str], name: str) -> float:
    told = match[name]
    hour = float(_WORDS.index(told) + 1 if told in _WORDS else int(told))
    part = " ".join((match[f"{name}part"] or "").split())
    return hour + int(match[f"{name}m"] or 0) / 60 + _MINUTES.get(part, 0.0)


def _name(one: Period, low: str) -> str:
    return low[one.start : one.end]


def _between(one: Period, other: _Clock | Period, low: str) -> str:
    return low[one.end : other.start] if one.end <= other.start else low[other.end : one.start]


def _is_near(one: Period, other: _Clock | Period, low: str) -> bool:
    between = _between(one, other, low)
    return len(between) <= _AROUND and not re.search(r"[.;!?\n]", between)


def _stands_beside(one: _Clock, near: Sequence[Period], low: str) -> bool:
    """Whether a range without a word before it is one of hours: it stands right behind a day, or alone before one."""
    if _WORKING.search(low[: one.start]):
        return True
    for each in near:
        if each.end <= one.start and re.fullmatch(r"[\s,(:–-]*", low[each.end : one.start]):
            return True
        behind = low[one.end : each.start]
        if one.end <= each.start and re.fullmatch(r"[\s,]*(?:on\s+|in\s+the\s+)?", behind):
            return re.search(r"(?:^|[.,;!?(])\s*$", low[: one.start]) is not None
    return False


def _of_part(one: _Clock, part: str) -> tuple[float, float]:
    """The hours of the day that numbers to 12 mean beside a part of the day."""
    late = part.strip().startswith(_AFTER_NOON) or any(word in part for word in _AFTER_NOON)
    early = "morning" in part or part.startswith("before")

    def of(hour: float, of_end: bool) -> float:
        if "night" in part and hour >= 12 or of_end and "night" in part and hour < 5:
            return hour + (12 if hour >= 12 else 24)
        if late or (not early and (hour < 8 or (of_end and one.first is None))):
            return hour % 12 + 12
        return hour

    first = None if one.first is None else of(one.first, False)
    last = None if one.last is None else of(one.last, True)
    if first is not None and last is not None:
        return first, last + (12 if last < first else 0)
    if first is not None:
        return first, 24.0
    assert last is not None
    return 0.0, last


def _is_done(one: Period, low: str) -> bool:
    """Whether hours are those in which something is to begin and to be over, and not only to begin."""
    if one.part or one.both:
        return one.both
    return one.hours[0] == 0 and _DONE.search(low[: one.start]) is not None


def _narrowed(found: Sequence[Period], low: str) -> list[Period]:
    """Periods without the parts of the day that hours beside them tell more exactly; those take in their place."""
    hours = [one for one in found if one.facet == "hour" and not one.part]
    kept: list[Period] = []
    for one in found:
        if one.facet == "hour" and one.part:
            at = next((n for n, each in enumerate(hours) if _is_near(one, each, low)), None)
            if at is not None:
                exact = hours[at]
                start, end = min(one.start, exact.start), max(one.end, exact.end)
                hours[at] = replace(exact, start=start, end=end)
                continue
        if one.facet != "hour" or one.part:
            kept.append(one)
    return [*kept, *hours]
