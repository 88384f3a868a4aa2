"""Periods: the spans of days, days of the week and times of day that a text names, counted from today."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from wherefore.catalog.times import CLOCK, Facet, clock, dates_in, weekdays_called
from wherefore.reading.numbers import NUMBER, number
from wherefore.reading.taken_times import taken_weeks

_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
_MONTHS = {name.lower(): n for n, name in enumerate(calendar.month_name) if name}
_SHORT_MONTHS = {name.lower() for name in calendar.month_abbr if name} | {"sept"}
_ALSO_WORDS = frozenset(
    "may march mars set out ago mar jan dec mai jun sun".split()
)  # that mean other things, too
_IN = (
    r"(?:in|during|over|of|for|by|before|until|till|since|from|after|through|throughout|around|any\s+\w+\s+in|end|early|mid|"
    r"late|beginning|start|im|en|or|and|to|not|this|next|starts?|starting|departs?|departing)"
)
_BEFORE_MONTH = re.compile(rf"(?:^|[\s(,/–-]){_IN}(?:\s+(?:of|the|in))*[\s-]+$|[/–-]\s*$")
_OTHER_MONTH = re.compile(r"\s*(?:or|and|to|/|-|–)\s*([a-z]{3,9})\b")
_AND_DAY = re.compile(
    r"\bbetween\s+(?:the\s+)?(\d{1,2})(?:st|nd|rd|th)?\s+and\s+(?:the\s+)?$"
)  # "between 3 and 10 June"
_FROM = re.compile(r"\bfrom\s+(?:the\s+)?$")  # "from 10 July till 20 August"
_LAST = re.compile(r"\b(?:last|past|previous)\s+$")  # "last October"
_WEEK_OF = re.compile(r"\bweek\s+(?:of|starting|beginning|commencing|from)(?:\s+on)?\s+(?:the\s+)?$")
_SHORT = 3  # letters
_PART = re.compile(
    r"(?:\b(?:the\s+)?(?P<part>early|mid|middle|late|end|beginning|start|first\s+half|second\s+half|(?:first|last)\s+week)(?:[\s-]+(?:of|in))?[\s-]+(?:the\s+)?)$"
)
_RELATIVE = re.compile(
    r"\b(?:(?P<day>today|tonight|tomorrow)|"
    r"(?:(?<=\bby )|(?<=\bbefore ))(?P<by>(?:mon|tues|wednes|thurs|fri|satur|sun)day)(?!s)|"
    r"(?:the\s+)?(?P<which>this\s+coming|this\s+past|this|next|coming|the\s+following|last|past)\s+"
    r"(?P<unit>week(?:end)?|month|year|spring|summer|autumn|fall|winter|[a-z]{3,9}day)(?!\s+of\b)|"
    r"(?:the\s+)?(?P<end>end|start|beginning)\s+of\s+(?P<of>the|this|next)\s+(?P<of_unit>week|month|year)|"
    rf"(?:in|within|over|during|for)\s+the\s+(?P<side>next|coming|last|past)\s+(?P<n>{NUMBER}|few|couple\s+of)\s+(?P<units>days?|weeks?|months?)|"
    rf"(?P<within>within|in)\s+(?:a\s+)?(?P<m>{NUMBER}|few|couple\s+of)\s+(?P<m_units>days?|weeks?|months?)(?:'?\s+time)?\b(?!\s+(?:or\s+less|flat)))"
)
_AROUND = (
    r"(?:over|at|on|for|during|around|before|by|until|till|after|since|from|in\s+time\s+for|between|as\s+of|"
    r"ahead\s+of|not)"
)
_HOLIDAY = re.compile(
    r"(?<=\s)(?:the\s+)?(?:(?P<which>last|this\s+past|this|next|this\s+coming)\s+)?(?P<name>(?:(?:autumn|october|february|spring|summer|may|whit)\s+)?half[\s-]term|christmas(?:\s+(?P<eve>eve|day))?|x-?mas|new\s+year'?s?(?:\s+(?:eve|day))?|easter(?:\s+(?:sunday|monday|weekend))?|"
    r"good\s+friday|whitsun|pentecost|valentine'?s?(?:\s+day)?|hallowe?en)\b"
)
_NEW_YEAR = re.compile(
    r"\b(?P<between>between\s+christmas\s+and\s+)?(?(between)|in\s+)(?:the\s+)?new\s+year\b(?!'?s)"
)
_SEASON = re.compile(
    r"\b(?:in|over|during|throughout|for|this|next)\s+(?:the\s+)?(?P<season>spring|summer|autumn|winter)\b(?!\s+(?:term|dress|coat))(?:\s+(?P<year>20\d\d))?"
)
_SEASONS = {"spring": (3, 5), "summer": (6, 8), "autumn": (9, 11), "fall": (9, 11), "winter": (12, 2)}
_WEEKDAY = re.compile(
    r"\b(?P<week>(?:in|during|through)\s+the\s+week\b(?!\s+(?:of|before|after|starting|commencing))|week(?=-?nights?\b))|"
    r"\b(?P<word>(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekends?|weekdays?|midweek|"
    r"(?:(?<=\bon )|(?<=\bnot )|(?<=\bno )|(?<=\bor )|(?<=\band )|(?<=\bto )|(?<=& )|(?<=[/&,–-])|(?<=\bevery ))"
    r"(?:mon|tues?|weds?|thurs?|thu|fri|sat|sun)|"
    r"(?:mon|tues?|weds?|thurs?|thu|fri|sat|sun)(?=\s+(?:\d{1,2}(?:[.:]\d\d)?\s*(?:-|–|to|am|pm)|mornings?|afternoons?|evenings?|"
    r"nights?)\b)|"
    r"(?:mon|tues?|weds?|thurs?|thu|fri|sat|sun)(?=\s*(?:&|,|/|or|and|to|-|–)\s*(?:mon|tues?|weds?|thurs?|thu|fri|sat|sun)\b)|"
    r"(?:mon|diens|donners|frei|sams|sonn)tags?|mittwochs?|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)s?\b"
)
_PARTS_OF_DAY: dict[str, tuple[float, float]] = {
    "evening": (17.0, 24.0),
    "morning": (5.0, 11.99),
    "afternoon": (12.0, 17.0),
    "lunchtime": (11.5, 14.0),
    "lunch time": (11.5, 14.0),
    "daytime": (8.0, 16.99),
    "after work": (17.0, 24.0),
    "before work": (5.0, 8.5),
}
_PART_OF_DAY = re.compile(
    rf"\b(?:(?:in|during)\s+the\s+)?(?P<part>{'|'.join(_PARTS_OF_DAY)})s?\b|\b(?P<tonight>tonight|(?:at|in\s+the|late\s+at)\s+night|nights\s+only|(?<=day\s)nights?|(?<=days\s)nights?)\b|(?P<weeknight>(?<=\bweek)-?nights?\b)"
)
_OCLOCK = re.compile(
    rf"(?<![\d.,:£$€])(?P<op>\b(?:(?:not|no)\s+)?(?:after|before|from|past|later\s+than|earlier\s+than|until|till|by|at|around|about|starting(?:\s+at)?|starts?\s+at)\s+)?{CLOCK.format('a')}(?:\s*(?:-|–|to|and|until)\s*{CLOCK.format('b')})?(?!\s?%|[a-z])(?P<on>\s+(?:or\s+later|onwards?|or\s+after)\b)?"
)
_BARE_HOUR = re.compile(
    r"\bafter\s+(?P<h>[1-9]|1[01])(?=\s*(?:$|[.,;!?)]|please\b|if\b|on\b|as\b|because\b|when\b|in\s+the\b))"
)
_BUSY = re.compile(
    rf"\b(?:work|working|busy|at\s+work|my\s+shift|school)\b[^.!?\n]{{0,25}}?\b(?:until|till|to|finish(?:es)?\s+at)\s+{CLOCK.format('a')}"
)
_ONES_OWN = re.compile(  # "I pick the kids up at 3pm"
    r"\b(?:i|we|she|he|they)\s+(?:\w+\s+)?(?:pick|have|finish|get|work|eat|go|come|start\s+work|leave\s+work)\b[^.,;!?]*$"
)
_EARLIEST, _LATEST = date.min, date.max


@dataclass(frozen=True, slots=True)
class Period:
    """When, as a text names it in characters `start` to `end`.

    Attributes:
        facet: What it is: days, days of the week, or times of day.
        start: The first character,
        end: and the one after the last.
        days: Of days, the first and the last, as they are next.
        ago: The same as they were last.
        weekdays: Of days of the week, Monday is 0.
        hours: Of times of day, from when to when.
        ends: Whether it is the end of something: before it there is all of that.
        sided: Whether the hours are already those after or before something.
        part: Whether the hours are those of a part of a day that is named.
        until: Whether they are told by their end alone.
        roughly: Whether they are those around one.
        both: Whether their beginning and their end are told.
        ended: Whether what is sought is to be over within them.
    """

    facet: Facet
    start: int
    end: int
    days: tuple[date, date] = (_EARLIEST, _LATEST)
    ago: tuple[date, date] | None = None
    weekdays: tuple[int, ...] = ()
    hours: tuple[float, float] = (0.0, 24.0)
    ends: bool = False
    sided: bool = False
    part: bool = False
    until: bool = False
    roughly: bool = False
    both: bool = False
    ended: bool = False


def periods(low: str, today: date, month_first: bool = False) -> list[Period]:
    """The periods that a text in lower case names, by place; of those that overlap the longest.

    >>> [one] = periods("before the end of the year", date(2026, 11, 29))
    >>> one.days[1].isoformat(), one.ends
    ('2026-12-31', True)
    >>> [str(day) for day in periods("over easter", date(2026, 11, 29))[0].days]
    ['2027-03-26', '2027-03-29']
    """
    found = [*_relative(low, today), *_dated(low, today, month_first), *_holidays(low, today)]
    found += [*_seasons(low, today), *_weekly(low), *_of_day(low)]
    kept: list[Period] = []
    for one in sorted(found, key=lambda each: (each.start - each.end, each.start)):
        same = (each for each in kept if each.start < one.end and one.start < each.end)
        if all(
            each.facet != one.facet and {each.facet, one.facet} <= {"date", "hour"} and "tonight" in low
            for each in same
        ):
            kept.append(one)
    days = [one for one in kept if one.facet == "date"]
    kept = [
        one for one in kept if one.facet != "day" or not any(_names_its_day(one, day, low) for day in days)
    ]
    return sorted(kept, key=lambda one: one.start)


def _names_its_day(one: Period, day: Period, low: str) -> bool:
    """Whether a day of the week only says again which date is meant: "Sunday 6 December"."""
    between = low[one.end : day.start] if one.end <= day.start else low[day.end : one.start]
    return (
        len(one.weekdays) == 1
        and re.fullmatch(r",?\s*(?:the\s+)?", between) is not None
        and day.days[0] == day.days[1]
    )


# -- dates ------------------------------------------------------------------------------------------


def _dated(low: str, today: date, month_first: bool) -> Iterator[Period]:
    told = [one for one in dates_in(low, month_first) if _means_date(low, one)]
    year: int | None = None
    years: list[int | None] = []
    for _start, end, own, *_ in reversed(told):
        near = not years or len(low[end : told[len(told) - len(years)][0]]) <= 20
        year = own or (year if near else None)
        years.insert(0, year)
    number = 0
    while number < len(told):
        start, end, _, first, last = told[number]
        own = years[number]
        between = low[end : told[number + 1][0]] if number + 1 < len(told) else ""
        paired = low[:start].rstrip().endswith("between") and between.strip() == "and"
        if re.fullmatch(r"\s*(?:-|–|—|to|until|till|through|bis)\s*", between) or paired:
            number += 1
            end, last, own = told[number][1], told[number][4], years[number]
            if paired:
                start = low[:start].rstrip().rfind("between")
        part = _PART.search(low[:start])
        if (begun := _AND_DAY.search(low[:start])) is not None and first == last and int(begun[1]) < first[1]:
            start, first = begun.start(), (first[0], int(begun[1]))
        if (whole := _FROM.search(low[:start])) is not None and (first != last or start < told[number][0]):
            start = whole.start() if _has_range(low[start:end]) else start
        days, ago = _resolved(first, last, own, today)
        if (gone := _LAST.search(low[:start])) is not None and ago is not None:
            start, days = gone.start(), ago
        if (week := _WEEK_OF.search(low[:start])) is not None and days[0] == days[1]:
            start, days = week.start(), (days[0], days[0] + timedelta(days=6))
        if part is not None and first[1] != 1:
            part = None  # of a day there is no "early"
        if part is not None:
            start = part.start()
            days, ago = _part_of(days, part["part"]), _part_of(ago, part["part"]) if ago else None
        yield Period("date", start, end, days, ago, ends=part is not None and part["part"] == "end")
        number += 1


def _has_range(said: str) -> bool:
    return re.search(r"\s(?:to|until|till|through|bis)\s|[-–—]", said) is not None


def _means_date(low: str, one: tuple[int, int, int | None, tuple[int, int], tuple[int, int]]) -> bool:
    """Whether a month that is named without a day or year is one: "in may", and not "we may"."""
    start, end, year, first, last = one
    said = low[start:end]
    if any(map(str.isdigit, said)):
        if (
            year is None
            and re.search(r"\bmay\s+\d", said)
            and re.search(r"\b(?:i|we|you|it|he|she|they)\s+$", low[:start])
        ):
            return False
        return re.search(r"[a-z]", said) is not None or year is not None
    if said not in _ALSO_WORDS and said not in _SHORT_MONTHS:
        return len(said) > _SHORT
    if _BEFORE_MONTH.search(low[max(0, start - 30) : start]):
        return True
    after = _OTHER_MONTH.match(low, end)
    return after is not None and after[1] in {*_MONTHS, *_SHORT_MONTHS} and said in {*_MONTHS, *_SHORT_MONTHS}


def _resolved(
    first: tuple[int, int], last: tuple[int, int], year: int | None, today: date
) -> tuple[tuple[date, date], tuple[date, date] | None]:
    """The days of a month or day, next from today on, and last before; of a year that is told, those alone."""

    def of(one: int) -> tuple[date, date]:
        return _day(one, *first), _day(one + (last < first), *last)

    if year is not None:
        start = of(year)
        return (of(year - 1) if last < first and year > today.year else start), None
    coming = next(one for one in map(of, range(today.year - 1, today.year + 3)) if one[1] >= today)
    gone = next(one for one in map(of, range(today.year, today.year - 3, -1)) if one[0] <= today)
    return coming, gone


def _part_of(days: tuple[date, date], part: str) -> tuple[date, date]:
    first, last = days
    length = (last - first).days + 1
    if part.startswith("last"):
        return last - timedelta(days=6), last
    if part.startswith("first") and part.endswith("week"):
        return first, first + timedelta(days=6)
    share = {"early": (0, 10), "beginning": (0, 10), "start": (0, 10), "first half": (0, 15), "mid": (9, 21),
             "middle": (9, 21), "late": (19, 99), "second half": (15, 99)}.get(part.replace("  ", " "))  # fmt: skip
    if share is None:  # the end
        return last - timedelta(days=6), last
    return first + timedelta(days=share[0]), min(last, first + timedelta(days=min(share[1], length) - 1))


def _day(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def _month(day: date, ahead: int = 0) -> tuple[date, date]:
    """The month of a day, or one so many months on."""
    count = day.year * 12 + day.month - 1 + ahead
    first = date(count // 12, count % 12 + 1, 1)
    return first, _day(first.year, first.month, 31)


def _relative(low: str, today: date) -> Iterator[Period]:
    monday = today - timedelta(days=today.weekday())
    for match in _RELATIVE.finditer(low):
        span = match.span()
        days: tuple[date, date] | None = None
        if match["day"]:
            on = today + (_DAY if match["day"] == "tomorrow" else timedelta())
            days = on, on
        elif match["by"]:
            days = _of_which("coming", "coming", match["by"], today, monday)
        elif match["which"]:
            days = _of_which(match["which"].split()[-1], match["which"], match["unit"], today, monday)
        elif match["end"]:
            ahead = match["of"] == "next"
            unit = match["of_unit"]
            if unit == "week":
                days = monday + ahead * _WEEK, monday + ahead * _WEEK + 6 * _DAY
            elif unit == "month":
                days = _month(today, int(ahead))
            else:
                days = date(today.year + ahead, 1, 1), date(today.year + ahead, 12, 31)
            part = match["end"]
            short = timedelta(days=1 if unit == "week" else 6 if unit == "month" else 30)
            days = (days[1] - short, days[1]) if part == "end" else (days[0], days[0] + short)
        else:
            many = match["n"] or match["m"]
            count = {"few": 3.0}.get(many, 2.0 if "couple" in many else number(many) or 0.0)
            each = {"d": 1, "w": 7, "m": 30}[(match["units"] or match["m_units"])[0]]
            length = timedelta(days=int(count * each))
            if match["side"] in ("last", "past"):
                days = today - length, today
            elif match["within"] == "in":  # "in two weeks": about then
                days = today + length - timedelta(days=each // 2), today + length + timedelta(days=each // 2)
            else:
                days = today, today + length
        if days is not None:
            yield Period("date", *span, days, days, ends=match["end"] == "end")


def _of_which(last: str, which: str, unit: str, today: date, monday: date) -> tuple[date, date] | None:
    past, ahead = last in ("last", "past"), last in ("next", "following")
    if unit == "weekend":
        saturday = monday + 5 * _DAY + (_WEEK if ahead else -_WEEK if past else timedelta())
        if which == "coming" and saturday < today:
            saturday += _WEEK
        return saturday, saturday + _DAY
    if unit == "week":
        if which in ("coming", "this coming"):
            return today, today + _WEEK
        first = monday + (_WEEK if ahead else -_WEEK if past else timedelta())
        return first, first + 6 * _DAY
    if unit == "month":
        if which in ("this past", "past"):
            return today - timedelta(days=30), today
        return _month(today, 1 if ahead or "coming" in which else -1 if past else 0)
    if unit == "year":
        year = today.year + (1 if ahead or "coming" in which else -1 if past else 0)
        return date(year, 1, 1), date(year, 12, 31)
    if unit in _SEASONS:
        return _season(unit, today, past, ahead)
    named = weekdays_called(unit)
    if len(named) != 1:
        return None
    on = today + timedelta(days=(named[0] - today.weekday()) % 7)
    if past:
        on -= _WEEK
    elif ahead and on == today:
        on += _WEEK
    return on, on


def _season(
    name: str, today: date, past: bool = False, ahead: bool = False, year: int | None = None
) -> tuple[date, date]:
    first, last = _SEASONS[name]

    def of(one: int) -> tuple[date, date]:
        return date(one, first, 1), _day(one + (last < first), last, 31)

    if year is not None:
        return of(year)
    if past:
        return next(one for one in map(of, range(today.year, today.year - 3, -1)) if one[1] < today)
    # "Next summer" is the next that begins; "this" and "the" one may be on.
    years = range(today.year - 1, today.year + 3)
    return next(one for one in map(of, years) if (one[0] > today if ahead else one[1] >= today))


def _seasons(low: str, today: date) -> Iterator[Period]:
    for match in _SEASON.finditer(low):
        year = int(match["year"]) if match["year"] else None
        ahead = low[match.start() :].startswith("next")
        days = _season(match["season"], today, ahead=ahead, year=year)
        gone = None if year else _season(match["season"], today, past=True)
        yield Period("date", match.start("season"), match.end(), days, gone)


def _holidays(low: str, today: date) -> Iterator[Period]:
    for match in _NEW_YEAR.finditer(low):
        now = today.year
        between = date(now, 12, 26), date(now, 12, 31)
        after = date(now + 1, 1, 1), date(now + 1, 12, 31)
        yield Period("date", *match.span(), between if match["between"] else after)
    for match in _HOLIDAY.finditer(low):
        before = low[max(0, match.start() - 25) : match.start()]
        if not re.search(rf"\b{_AROUND}\s+(?:the\s+)?$", before):
            continue  # "christmas films"
        if re.match(
            r"\s+(?:film|movie|tree|gift|present|dinner|party|stories|story|music|song|baking|market|special)",
            low[match.end() :],
        ):
            continue
        of_year = re.match(r"\s+\(?(20\d\d)\b\)?", low[match.end() :])
        wide = re.search(r"\b(?:over|during|around|for)\s+(?:the\s+)?$", before) is not None
        year = int(of_year[1]) if of_year else None
        years = [year] if year is not None else range(today.year - 1, today.year + 3)
        bare = match["name"].startswith("half")  # of the three in a year
        names = ["february half", "may half", "autumn half"] if bare else [match["name"]]
        days = [_holiday(name, one, wide) for one in years for name in names]
        coming = next((one for one in days if one[1] >= today), days[-1])
        gone = next((one for one in reversed(days) if one[0] <= today), days[0])
        which = (match["which"] or "").split()[-1:]
        if which in (["last"], ["past"]) and year is None:
            coming = gone
        yield Period("date", match.start(), match.end() + (of_year.end() if of_year else 0), coming, gone)


def _holiday(name: str, year: int, wide: bool) -> tuple[date, date]:
    """The days of a holiday in a year; with `wide`, those that people mean by "over Christmas"."""
    if name.startswith(("christmas", "x")):
        if name.endswith("eve"):
            return date(year, 12, 24), date(year, 12, 24)
        return (date(year, 12, 24), date(year, 12, 31)) if wide else (date(year, 12, 25), date(year, 12, 25))
    if name.startswith("new"):
        on = date(year, 12, 31)
        return (on, on) if name.endswith("eve") else (on, on + _DAY) if wide else (on + _DAY, on + _DAY)
    if "half" in name:
        return _half_term(name, year)
    if name.startswith("val"):
        return date(year, 2, 14), date(year, 2, 14)
    if name.startswith("hal"):
        return date(year, 10, 31), date(year, 10, 31)
    from dateutil.easter import easter

    sunday: date = easter(year)
    if name == "good friday":
        return sunday - 2 * _DAY, sunday - 2 * _DAY
    if name in ("whitsun", "pentecost"):
        return sunday + 48 * _DAY, sunday + 50 * _DAY
    if name.endswith("monday"):
        return sunday + _DAY, sunday + _DAY
    wide = wide or name.endswith("weekend")
    return (sunday - 2 * _DAY, sunday + _DAY) if wide else (sunday, sunday)


def _half_term(name: str, year: int) -> tuple[date, date]:
    """Of three weeks in which most British schools are closed the one that is named, or else the autumn's."""
    if name.startswith(("february", "spring")):  # of a year's third Monday of February on
        first = date(year, 2, 1)
        monday = first + timedelta(days=-first.weekday() % 7) + 2 * _WEEK
    else:
        last = date(year, 5, 31) if name.startswith(("may", "summer", "whit")) else date(year, 10, 31)
        monday = last - timedelta(days=last.weekday())
    return monday, monday + 4 * _DAY


# -- days of the week, times of day --------------------------------------------------------------------


def _weekly(low: str) -> list[Period]:
    found = [Period("day", *span, weekdays=tuple(range(5))) for span in taken_weeks(low)]
    for match in _WEEKDAY.finditer(low):
        if match["week"]:
            found.append(Period("day", *match.span(), weekdays=tuple(range(5))))
            continue
        word = match["word"]
        if (
            found
            and len(found[-1].weekdays) == 1
            and re.fullmatch(r"\s*(?:-|–|to|till|through)\s*", low[found[-1].end : match.start()])
        ):
            first, last = found[-1].weekdays[0], (weekdays_called(word) or (0,))[0]
            between = tuple((first + n) % 7 for n in range((last - first) % 7 + 1))
            found[-1] = replace(found[-1], end=match.end(), weekdays=between)
            continue
        days = weekdays_called(word) or weekdays_called(word.rstrip("s")) or weekdays_called(match[0])
        if days:
            found.append(Period("day", *match.span(), weekdays=tuple(days)))
    return found


def _of_day(low: str) -> Iterator[Period]:
    for match in _PART_OF_DAY.finditer(low):
        part = "evening" if match["tonight"] or match["weeknight"] else match["part"]
        yield Period("hour", *match.span(), hours=_PARTS_OF_DAY[part], sided=True, part=True)
    for match in _BUSY.finditer(low):
        hour = clock(match, "a")
        if hour is not None and _is_clock(match):
            yield Period("hour", *match.span(), hours=(hour, 24.0), sided=True)
    for match in _BARE_HOUR.finditer(low):
        hour = float(match["h"])
        yield Period("hour", *match.span(), hours=(hour + 12, 24.0), sided=True)
    for match in _OCLOCK.finditer(low):
        if not _is_clock(match):
            continue
        first, last = clock(match, "a", match["bap"]), clock(match, "b")
        if first is None:
            continue
        op = " ".join((match["op"] or "").split())
        if op in ("", "at") and _ONES_OWN.search(low[: match.start()]):
            continue
        hours = _sided(op, first, last, bool(match["on"]))
        start = match.start("op") if match["op"] else match.start()
        until, roughly = op in ("until", "till", "by"), op in ("around", "about")
        both = last is not None
        yield Period(
            "hour", start, match.end(), hours=hours, sided=True, until=until, roughly=roughly, both=both
        )


def _is_clock(match: re.Match[str]) -> bool:
    """Whether a number is a time of day: by its colon, or by "pm" behind it; "12.50" and "3h" are none."""
    told = match.groupdict()
    if any(told.get(name) for name in ("aname", "bname")):
        return True
    if any(told.get(name) not in (None, "h") for name in ("aap", "bap")):
        return True
    return told.get("am") is not None and match.string[match.start("am") - 1] == ":"


def _sided(op: str, first: float, last: float | None, on: bool) -> tuple[float, float]:
    """From when to when something may begin by a time of day and the word before it."""
    if last is not None:
        return first, last + (24.0 if last < first else 0.0)  # "from 8pm to midnight"
    if (
        on
        or op in ("after", "from", "past", "later than", "not before", "no earlier than")
        or op.startswith("start")
    ):
        return first, 24.0
    if op in (
        "before",
        "until",
        "till",
        "earlier than",
        "by",
        "not after",
        "no later than",
        "not later than",
    ):
        return 0.0, first - (0.01 if op in ("before", "earlier than") else 0.0)
    wide = 1.0 if op in ("around", "about") else 0.0
    return max(0.0, first - wide), first + wide
