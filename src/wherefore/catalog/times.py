"""Times that cells tell: several dates, ranges, days of the week, months, times of day: "Tue 10am", "13-21 Feb 2027".

What a message asks of them is called by a name of its own, `when:date=2027-07-01..2027-08-31@departures`, which
`Item.number`, `Catalog.numbers` and `Schema.spec` take as they take the names of fields: 1 where an item has a time
that fits, 0 where it has none. So of several dates in one cell one is enough, and a refusal needs that none is refused.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from itertools import pairwise
from typing import Literal

from wherefore.catalog.dates import LANGUAGES, month_called
from wherefore.catalog.openings import CLOSED, covers, leaves_open, meets, parts_in
from wherefore.errors import CatalogError

WHEN = "when:"
Facet = Literal["date", "day", "hour"]
Days = tuple[date, date]  # the first and the last
MonthDay = tuple[int, int]
_DAY_WORDS: dict[str, tuple[int, ...]] = {
    **{name.lower(): (n,) for n, name in enumerate(calendar.day_name)},
    **{name.lower(): (n,) for n, name in enumerate(calendar.day_abbr)},
    **{"tues": (1,), "weds": (2,), "thur": (3,), "thurs": (3,), "thu": (3,)},
    **{"weekday": tuple(range(5)), "weekend": (5, 6), "daily": tuple(range(7)), "everyday": tuple(range(7))},
    **{"midweek": (1, 2, 3), "wkday": tuple(range(5)), "wkend": (5, 6), "wknd": (5, 6)},
}
_NOW = re.compile(
    r"(?:available\s+)?(?:now|immediately|immediate(?:\s+start)?|a\.?s\.?a\.?p\.?|as\s+soon\s+as\s+possible|right\s+away|"
    r"straight\s+away|in\s+stock|at\s+once|vacant|any\s+time|anytime|(?:ab\s+)?sofort(?:\s+verfügbar)?|"
    r"imm[ée]diatement|tout\s+de\s+suite|de\s+suite|inmediat[oa]|subito|per\s+direct|direct)",
    re.IGNORECASE,
)
_WORD = r"[^\W\d_]+"
_ORDINAL = r"(?:st|nd|rd|th|er|º)?"
_TO = r"\s*(?:-|–|—|\bto\b|\btill\b|\buntil\b|\bthrough\b|\bbis\b|\bau\b|\btot\b|\bal?\b)\s*"
_CLOCK = (
    r"(?:(?P<{0}h>[01]?\d|2[0-4])(?:[:.h](?P<{0}m>[0-5]\d))?\s?"
    r"(?P<{0}ap>[ap]\.?m\b\.?|uhr\b|h\b|noon\b|midnight\b)?|(?P<{0}name>noon|midday|midnight))"
)
_HOURS = re.compile(
    rf"(?<![\w/.:-]){_CLOCK.format('a')}(?:{_TO}{_CLOCK.format('b')})?(?![\w/]|[.:-]\d)", re.IGNORECASE
)
# "18.30-20.30": the name of the column has to say that it is no amount.
DOTTED = re.compile(r"(?:0?[6-9]|1\d|2[0-3])\.[0-5][05](?:\s*[-–—]\s*(?:0?[6-9]|1\d|2[0-4])\.[0-5][05])?")
_DATES = (  # the first that fits a place tells it
    re.compile(r"(?P<y>\d{4})-(?P<mo>\d{1,2})-(?P<d>\d{1,2})(?!\d)"),
    re.compile(r"(?P<a>\d{1,2})(?P<sep>[./-])(?P<b>\d{1,2})(?P=sep)(?P<y>\d{4}|\d{2})(?!\d)"),
    re.compile(
        rf"(?P<d>\d{{1,2}}){_ORDINAL}\.?(?:{_TO}(?P<e>\d{{1,2}}){_ORDINAL}\.?)?\s*(?:of\s+|de\s+)?(?P<name>{_WORD})\.?"
        rf"(?:,?\s+(?:de\s+)?(?P<y>\d{{4}})(?!\d))?"
    ),
    re.compile(
        rf"(?P<name>{_WORD})\.?\s+(?P<d>\d{{1,2}}){_ORDINAL}(?!\d|[:.]\d|\s?[ap]m)(?:{_TO}(?P<e>\d{{1,2}}){_ORDINAL}(?!\d|[:.]\d|\s?[ap]m))?"
        rf"(?:,?\s+(?P<y>\d{{4}})(?!\d))?"
    ),
    re.compile(rf"(?P<name>{_WORD})\.?(?:\s+(?P<y>\d{{4}})(?!\d))?"),
)
_OTHER_WORDS = frozenset("out set ago".split())  # months in other languages, and words of English
_DAY_BEFORE = re.compile(rf"(?<![\d:.])\d{{1,2}}{_ORDINAL}\.?\s*$")
_ALL_OF = 0.6  # share of the values of a field that tell times
_SEEN = 200  # values of a field that are looked at, to see whether it tells times
_FAR = date(1, 1, 1), date(9999, 12, 31)
_LONGEST = 120  # characters of a cell that says no more than when
_SHORTEST = 3  # letters of the name of a month or day
# What names of months and days begin with, so that other words need not be looked for in the names of 18 languages.
_BEGINNINGS = frozenset(
    "jan feb fév fev mar mär mrt apr avr abr may mai maj maa mag mei jun jui giu lug jul ago aug aoû aou sep set okt "
    "oct ott out nov dez dec déc dic gen ene oca şub haz tem ağu eyl eki kas ara sty lut kwi cze lip sie wrz paź "
    "lis gru led úno bře dub kvě čer srp zář říj pro янв фев мар апр мая май июн июл авг сен окт ноя дек січ лют бер "
    "кві тра чер лип сер вер жов гру mon tue wed thu fri sat sun die mit don fre sam son lun mer jeu ven dim mié mie "
    "jue vie sáb sab "
    "dom gio din woe vri zat zon seg ter qua qui sex mån tis ons tor lör sön man lør søn tir".split()
)


@dataclass(frozen=True, slots=True)
class Told:
    """The times that a cell tells.

    Attributes:
        days: Dates, each from its first day to its last.
        yearly: The same of every year, as month and day.
        weekdays: Days of the week, Monday is 0.
        hours: From when to when, in hours; both the same where an end is not told.
        now: Whether it says "immediately".
    """

    days: tuple[Days, ...] = ()
    yearly: tuple[tuple[MonthDay, MonthDay], ...] = ()
    weekdays: frozenset[int] = frozenset()
    hours: tuple[tuple[float, float], ...] = ()
    now: bool = False

    @property
    def is_any(self) -> bool:
        """Whether it tells any time."""
        return bool(self.days or self.yearly or self.weekdays or self.hours or self.now)

    def tells(self, facet: Facet) -> bool:
        """Whether it tells dates, days of the week or times of day."""
        if facet == "hour":
            return bool(self.hours)
        if facet == "day":
            return bool(self.weekdays or self._single)
        return bool(self.days or self.yearly or self.now)

    @property
    def _single(self) -> list[date]:
        return [first for first, last in self.days if first == last]

    def on(self, days: Iterable[int]) -> bool:
        """Whether it is on any of some days of the week; of dates, those that they fall on."""
        told = self.weekdays or {one.weekday() for one in self._single}
        return not told.isdisjoint(days)

    def at(self, first: float, last: float, ends: bool = False) -> bool:
        """Whether it begins within some hours; with `ends` also is over by then."""
        return any(first <= begin <= last and (not ends or end <= last) for begin, end in self.hours)

    def only_days(self, days: Iterable[int]) -> bool:
        """Whether it tells all of some days of the week, and nothing that makes it a part of them."""
        return not (self.days or self.yearly or self.hours) and self.weekdays.issuperset(days)

    def within(self, spans: Sequence[Days], begins: bool = False, by: bool = False) -> bool:
        """Whether any of its dates lies in any of some spans.

        Args:
            spans: The first and the last day of each.
            begins: A date of several days counts by its first.
            by: It tells from when on something is there: any day before is as good.
        """
        for first, last in spans:
            if self.now and (by or first == _FAR[0]):
                return True
            for start, end in [*self.days, *self._of_years(first, last)]:
                whole = (end - start).days > 363 and not (first <= start and end <= last)  # a year alone
                if whole:
                    continue
                if start <= last and (by or first <= (start if begins else end)):
                    return True
        return False

    def ends_before(self, day: date) -> bool:
        """Whether all of its dates are past."""
        return bool(self.days) and not (self.yearly or self.now) and all(end < day for _, end in self.days)

    def _of_years(self, first: date, last: date) -> Iterator[Days]:
        if not self.yearly:
            return
        start = max(first.year, last.year - 12)
        for year in range(start, min(last.year, start + 12, date.max.year - 1) + 1):
            for (month, day), (until, end) in self.yearly:
                yield _day(year, month, day), _day(year + ((until, end) < (month, day)), until, end)


@lru_cache(1 << 14)
def times_in(text: str, month_first: bool = False) -> Told:
    """The times that a text in a cell tells.

    Args:
        text: It.
        month_first: Whether 3/4/2027 is in March.

    >>> times_in("14 Feb, 21 Feb, 7 Mar 2027").days[0][0].isoformat(), sorted(times_in("Tue & Thu 10am").weekdays)
    ('2027-02-14', [1, 3])
    >>> times_in("June to September").yearly, times_in("Mondays 18:30-20:00").hours
    ((((6, 1), (9, 30)),), ((18.5, 20.0),))
    """
    low = " ".join(text.lower().split())
    if _NOW.fullmatch(low):
        return Told(now=True)
    dated, rest = _dates(low, month_first)
    days, yearly = _placed(dated, low)
    weekdays = _days_of(rest)
    hours = tuple(_hours(rest, bool(weekdays))) or tuple(parts_in(rest))
    return Told(days, yearly, weekdays, hours)


def dates_in(low: str, month_first: bool = False) -> list[tuple[int, int, int | None, MonthDay, MonthDay]]:
    """Where a text in lower case writes dates and months: start, end, year, first and last month and day of each."""
    return _dates(low, month_first)[0]


_Dated = tuple[int, int, int | None, MonthDay, MonthDay]


def _dates(low: str, month_first: bool) -> tuple[list[_Dated], str]:
    """The dates of a text, and the text without them."""
    found: list[_Dated] = []
    rest = list(low)
    at = 0
    while at < len(low):
        if at and low[at - 1].isalnum() or not low[at].isalnum():
            at += 1
            continue
        one = next(filter(None, (_date_at(low, at, pattern, month_first) for pattern in _DATES)), None)
        if one is None:
            at += 1
            continue
        found.append(one)
        rest[one[0] : one[1]] = " " * (one[1] - one[0])
        at = one[1]
    return found, "".join(rest)


def _date_at(low: str, at: int, pattern: re.Pattern[str], month_first: bool) -> _Dated | None:
    match = pattern.match(low, at)
    if match is None:
        return None
    told = match.groupdict()
    year = _year(told["y"])
    if told.get("name"):
        month = month_called(told["name"]) if told["name"][:_SHORTEST] in _BEGINNINGS else 0
        if not month or (told["name"] == "may" and not told.get("d") and not _is_month(low, match)):
            return None
        if year is None and told["name"] in _OTHER_WORDS:
            return None  # "4.5 out of 5"
        if not told.get("d") and _DAY_BEFORE.search(low[:at]):
            return None  # of "31 Feb 2027"
        first = int(told.get("d") or 1)
        last = int(told.get("e") or told.get("d") or _length(year, month))
    elif told.get("sep"):
        one, two = int(told["a"]), int(told["b"])
        month, first = (
            (one, two) if (month_first and told["sep"] == "/" and one <= 12) or two > 12 else (two, one)
        )
        last = first
    else:
        month, first = int(told["mo"]), int(told["d"])
        last = first
    if not (1 <= month <= 12 and 1 <= first <= _length(year, month) and 1 <= last <= _length(year, month)):
        return None
    if last < first:
        return None
    return match.start(), match.end(), year, (month, first), (month, last)


def _is_month(low: str, match: re.Match[str]) -> bool:
    """Whether "may" is the month: it is alone, or others of its kind or a word of time are beside it."""
    if match["y"] or low == match[0]:
        return True
    before, after = low[: match.start()].split()[-1:], low[match.end() :].split()[:1]
    near = [word.strip(".,;()/-–") for word in (*before, *after)]
    return any(
        word in ("in", "of", "or", "to", "until", "from", "since", "during", "early", "late", "mid", "by")
        or (word != "may" and len(word) >= _SHORTEST and month_called(word))
        for word in near[:1] or near
    )


def _placed(
    dated: Sequence[_Dated], low: str
) -> tuple[tuple[Days, ...], tuple[tuple[MonthDay, MonthDay], ...]]:
    """Dates with their years; those without take that of the next one that has it. Two with "to" between are one."""
    years: list[int | None] = []
    year: int | None = None
    for one in reversed(dated):
        year = one[2] or year
        years.insert(0, year)
    days: list[Days] = []
    yearly: list[tuple[MonthDay, MonthDay]] = []
    number = 0
    while number < len(dated):
        start, _, own, first, last = dated[number]
        year, after = years[number], years[number]
        if number + 1 < len(dated) and re.fullmatch(_TO, low[dated[number][1] : dated[number + 1][0]]):
            number += 1
            last, after = dated[number][4], years[number]
            if own is None and after is not None and first > last:
                year = after - 1  # "28 Dec to 4 Jan 2027"
        if year is None or after is None:
            yearly.append((first, last))
        else:
            days.append((_day(year, *first), _day(after, *last)))
        number += 1
    return tuple(days), tuple(yearly)


def _day(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def _length(year: int | None, month: int) -> int:
    return calendar.monthrange(year or 2000, month)[1]


def _year(told: str | None) -> int | None:
    if told is None:
        return None
    return int(told) + (2000 if len(told) == 2 else 0)


_SHUT = re.compile(r"\b(?:closed|except|excl(?:uding)?|but\s+not|not|no)\b")


def _days_of(low: str) -> frozenset[int]:
    """The days of the week that a text tells: "closed Mon" tells the others."""
    on, *off = _SHUT.split(low, maxsplit=1)
    days, never = frozenset(_weekdays(on)), frozenset(_weekdays(off[0])) if off else frozenset()
    return (days or frozenset(range(7))) - never if never else days


def _weekdays(low: str) -> Iterator[int]:
    found = [(match, days) for match in re.finditer(_WORD, low) if (days := weekdays_called(match[0]))]
    for (match, days), after in [*pairwise(found), (found[-1], None)] if found else ():
        yield from days
        if after is not None and len(days) == 1 and len(after[1]) == 1:
            if re.fullmatch(_TO, low[match.end() : after[0].start()]):  # "Mon-Fri"
                first, last = days[0], after[1][0]
                yield from ((first + n) % 7 for n in range((last - first) % 7 + 1))


def weekdays_called(word: str) -> tuple[int, ...]:
    """The days of the week that a word in lower case names; none where it is none.

    >>> weekdays_called("tuesdays"), weekdays_called("weekends"), weekdays_called("samstag"), weekdays_called("monk")
    ((1,), (5, 6), (5,), ())
    """
    known = _DAY_WORDS.get(word) or _DAY_WORDS.get(word.removesuffix("s"))
    if known is None and word[:_SHORTEST] in _BEGINNINGS:
        number = _foreign_days().get(word, _foreign_days().get(word.removesuffix("s")))
        known = None if number is None else (number,)
    return known or ()


@cache
def _foreign_days() -> dict[str, int]:
    from babel import Locale  # takes a moment

    found: dict[str, int] = {}
    for language in LANGUAGES:
        for number, name in Locale(language).days["format"]["wide"].items():
            found.setdefault(name.lower(), number)
    return found


def _hours(low: str, of_days: bool = False) -> Iterator[tuple[float, float]]:
    """The hours of a text; with `of_days` those of bare ranges, too: "Tue-Sun 10-4"."""
    for match in _HOURS.finditer(low):
        begin, end = clock(match, "a", match["bap"]), clock(match, "b")
        surely = any(match[name] for name in ("aap", "aname", "bap", "bname")) or any(
            match[name] and low[match.start(name) - 1] != "." for name in ("am", "bm")
        )
        if begin is None or not (surely or (of_days and end is not None) or DOTTED.fullmatch(low.strip())):
            continue
        if not surely and end is not None and end <= begin and end <= 12:
            end += 12  # "10-4"
        if end is not None and end < begin and begin - 12 >= 0 and match["aap"] is None and match["bap"]:
            begin -= 12  # "10-12 noon", "11-1pm"
        yield begin, begin if end is None else end


def clock(match: re.Match[str], which: str, other: str | None = None) -> float | None:
    """The hour that a match of a time of day tells; `other` is the "am" or "pm" of the end of a range."""
    if match[f"{which}name"]:
        return 0.0 if match[f"{which}name"] == "midnight" else 12.0
    if match[f"{which}h"] is None:
        return None
    hour = int(match[f"{which}h"]) + int(match[f"{which}m"] or 0) / 60
    half = (match[f"{which}ap"] or other or "").replace(".", "").lower()
    if half in ("am", "pm") and hour < 13:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return hour if hour <= 24 else None


CLOCK = _CLOCK


# -- what is asked of the times of a field ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the times of a field.

    Attributes:
        field: The field.
        facet: What is asked: a `date`, a `day` of the week, an `hour`.
        days: Of dates, the spans that one may lie in.
        weekdays: Of days of the week, which.
            Of times of day, those on which; none: whichever.
        hours: Of times of day, from when to when one may begin.
        refused: None may be so.
        begins: A date of several days counts by its first.
        by: The field tells from when on something is there.
        opens: The field tells from when to when something is open: that has to hold all of the hours, or days.
        loosely: A good deal of the hours is enough; of dates, what can begin at once fits.
        ends: What has begun within the hours is to be over within them, too.
        month_first: Whether 3/4/2027 is in March.
    """

    field: str
    facet: Facet
    days: tuple[Days, ...] = ()
    weekdays: tuple[int, ...] = ()
    hours: tuple[float, float] = (0.0, 24.0)
    refused: bool = False
    begins: bool = False
    by: bool = False
    month_first: bool = False
    opens: bool = False
    loosely: bool = False
    ends: bool = False

    @property
    def name(self) -> str:
        """What it is called by, in the place of a field's name."""
        flags = "".join(
            mark
            for mark, on in (
                ("!", self.refused),
                ("^", self.begins),
                ("<", self.by),
                ("m", self.month_first),
                ("o", self.opens),
                ("~", self.loosely),
                ("$", self.ends),
            )
            if on
        )
        on_days = f"/{','.join(map(str, self.weekdays))}" if self.weekdays else ""
        told = {
            "date": ",".join(f"{first.isoformat()}..{last.isoformat()}" for first, last in self.days),
            "day": ",".join(map(str, self.weekdays)),
            "hour": f"{self.hours[0]:g}..{self.hours[1]:g}{on_days}",
        }[self.facet]
        return f"{WHEN}{flags}{self.facet}={told}@{self.field}"

    def fits(self, value: object) -> float | None:
        """1 where a value of the field fits, 0 where it does not, None where it tells no such time."""
        texts = value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()
        told = [one for text in texts if isinstance(text, str) for one in self._parts(text)]
        told = [one for one in told if one.tells(self.facet)]
        if self.facet == "hour" and self.weekdays and told:
            here = [one for one in told if not one.weekdays or one.on(self.weekdays)]
            if not here:
                return float(self.refused)
            told = [one for one in here if one.weekdays] or here
        if not told:
            return 1.0 if self.refused else None
        return float(any(map(self._fits, told)) != self.refused)

    def _parts(self, text: str) -> list[Told]:
        """What a value tells; where it has hours for some days and others for others, each of these by itself."""
        if self.facet == "hour" and len(parts := _OF_DAYS.split(text)) > 1:
            told = [times_in(part, self.month_first) for part in parts]
            if all(one.hours for one in told):
                return told
        return [times_in(text, self.month_first)]

    def shown(self, values: Sequence[str]) -> tuple[str, ...]:
        """Those of a field's values that fit."""
        return tuple(one for one in values if any(map(self._fits, self._parts(one))) != self.refused)

    def _fits(self, told: Told) -> bool:
        if self.facet == "date":
            return told.within(self.days, self.begins, self.by) or (self.loosely and told.now)
        if self.facet == "day":
            return told.only_days(self.weekdays) if self.opens else told.on(self.weekdays)
        if self.opens:
            return (meets if self.loosely else covers)(told.hours, *self.hours)
        return told.at(*self.hours, ends=self.ends)

    def exactly(self, values: Sequence[str]) -> float:
        """How much of the days that a field's values tell is what is asked: 1 of those days alone, 0 of none."""
        told = [times_in(one, self.month_first) for one in values]
        days = {day for one in told for day in one.weekdays}
        return len(days.intersection(self.weekdays)) / len(days) if days else 0.0


_OF_DAYS = re.compile(r"\s*[;,|\n]\s*")
_NAMED = re.compile(
    rf"{WHEN}(?P<flags>[!^<mo~$]*)(?P<facet>date|day|hour)=(?P<told>[^@]*)@(?P<field>.+)", re.DOTALL
)


@lru_cache(1024)
def asked_of(name: str) -> Asked:
    """What a name says that is asked.

    >>> asked_of("when:!day=3@Day(s)")
    Asked(field='Day(s)', facet='day', days=(), weekdays=(3,), hours=(0.0, 24.0), refused=True, begins=False, by=False, month_first=False, opens=False, loosely=False, ends=False)

    Raises:
        CatalogError: If it is no such name; says how they look.
    """  # noqa: E501
    match = _NAMED.fullmatch(name)
    try:
        if match is None:
            raise ValueError("it is no time")
        flags, facet, told = match["flags"], match["facet"], match["told"]
        spans = [one.split("..") for one in told.split(",")]
        base = Asked(
            match["field"],
            "date",
            refused="!" in flags,
            begins="^" in flags,
            by="<" in flags,
            month_first="m" in flags,
            opens="o" in flags,
            loosely="~" in flags,
            ends="$" in flags,
        )
        if facet == "date":
            days = tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in spans)
            return replace(base, days=days)
        clock_told, _, on_days = told.partition("/")
        weekdays = tuple(int(one) for one in (told if facet == "day" else on_days).split(",") if one)
        if not all(0 <= one <= 6 for one in weekdays) or (facet == "day" and not weekdays):
            raise ValueError("days of the week are 0 to 6")
        if facet == "day":
            return replace(base, facet="day", weekdays=weekdays)
        begin, end = (float(one) for one in clock_told.split(".."))
        return replace(base, facet="hour", hours=(begin, end), weekdays=weekdays)
    except ValueError as error:
        raise CatalogError(
            f"no field `{name}`; what is asked of times looks like `when:date=2027-07-01..2027-08-31@departures`, "
            f"`when:day=5,6@days` or `when:hour=17..24@time`: {error}"
        ) from error


def span_words(first: date, last: date) -> str:
    """A span of days in words.

    >>> span_words(date(2027, 7, 1), date(2027, 8, 31)), span_words(date(2027, 2, 13), date(2027, 2, 21))
    ('in July to August 2027', 'between 13 and 21 February 2027')
    >>> span_words(date.min, date(2026, 12, 24)), span_words(date(2026, 10, 25), date.max)
    ('no later than 24 December 2026', 'from 25 October 2026 on')
    """
    if first == _FAR[0]:
        return f"no later than {day_words(last)}"
    if last == _FAR[1]:
        return f"from {day_words(first)} on"
    if first == last:
        return f"on {day_words(first)}"
    whole = first.day == 1 and last.day == _length(last.year, last.month)
    year = "" if first.year == last.year else f" {first.year}"
    if whole and (first.year, first.month) == (last.year, last.month):
        return f"in {calendar.month_name[first.month]} {first.year}"
    if whole:
        return f"in {calendar.month_name[first.month]}{year} to {calendar.month_name[last.month]} {last.year}"
    if (first.year, first.month) == (last.year, last.month):
        return f"between {first.day} and {day_words(last)}"
    return f"between {first.day} {calendar.month_name[first.month]}{year} and {day_words(last)}"


def day_words(day: date) -> str:
    """A day in words: "24 December 2026"."""
    return f"{day.day} {calendar.month_name[day.month]} {day.year}"


def dates_told(text: str, month_first: bool | None = False) -> str:
    """A text with its dates in numbers as people say them; as it is where it has none, or it is not sure which is which.

    >>> dates_told("ab 01.09.2025"), dates_told("3/4/2027", month_first=True), dates_told("3/4/2027", month_first=None)
    ('ab 1 September 2025', '4 March 2027', '3/4/2027')

    Args:
        text: It.
        month_first: Whether 3/4/2027 is in March; None where that is not known.
    """  # noqa: E501

    def told(match: re.Match[str]) -> str:
        if month_first is None and match["sep"] == "/" and int(match["a"]) <= 12 and int(match["b"]) <= 12:
            return match[0]
        found = _date_at(match[0], 0, pattern, bool(month_first))
        return match[0] if found is None or found[2] is None else day_words(_day(found[2], *found[3]))

    for pattern in _DATES[:2]:
        alone = re.compile(rf"(?<![\d/.-]){pattern.pattern}(?![/.-]?\d)")
        text = alone.sub(lambda match: told(match) if "sep" in match.groupdict() else _iso_told(match), text)
    return text


def _iso_told(match: re.Match[str]) -> str:
    try:
        return day_words(date(int(match["y"]), int(match["mo"]), int(match["d"])))
    except ValueError:
        return match[0]


def asked_words(one: Asked) -> str:
    """What is asked of a time, in words.

    >>> asked_words(asked_of("when:hour=17..24@Time")), asked_words(asked_of("when:day=5,6@Day"))
    ('at 17:00 or later', 'on Saturday or Sunday')
    """  # noqa: E501
    if one.facet == "date":
        words = " or ".join(span_words(first, last) for first, last in one.days)
    elif one.facet == "day" and one.opens:
        return f"open on {_either([calendar.day_name[day] for day in one.weekdays])}"
    elif one.facet == "day":
        words = f"on {_either([calendar.day_name[day] for day in one.weekdays])}"
    else:
        first, last = one.hours
        if one.opens and (first, last) == (0, 24) and one.weekdays:
            words = f"open on {_either([calendar.day_name[day] for day in one.weekdays])}"
        elif one.opens:
            words = _open_words(first, last)
        elif last >= 24:
            words = f"at {_hour_words(first)} or later"
        elif first <= 0:
            words = f"no later than {_hour_words(last)}"
        else:
            words = f"between {_hour_words(first)} and {_hour_words(last)}"
    return f"not {words}" if one.refused else words


def _either(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _open_words(first: float, last: float) -> str:
    if first == last:
        return f"open at {_hour_words(first)}"
    return f"open from {_hour_words(first)} to {_hour_words(last)}"


def _hour_words(hour: float) -> str:
    minutes = round(hour * 60) % (24 * 60)
    return "midnight" if not minutes and hour else f"{minutes // 60}:{minutes % 60:02d}"


# -- the fields of a catalogue ------------------------------------------------------------------------

Role = Literal["event", "available", "until", "past", "closed"]
_ROLES: Mapping[Role, frozenset[str]] = {
    "closed": CLOSED,
    "until": frozenset(
        "until till end ends ending finish finishes expires expiry expiration deadline bis dlc ddm closes closing "
        "valid return returns fin ende sell best use".split()
    ),
    "available": frozenset(
        "available availability verfügbar verfugbar bezug bezugsfrei frei move vacant disponible disponibilité dispo "
        "movein lieferbar livrable consegnabile leverbaar".split()
    ),
    "past": frozenset(
        "released release published publish publication pubdate online created updated modified added posted launch "
        "launched listed registered registration born birth birthday founded built since sold made aired seit premiere "
        "premiered brewed".split()
    ),
}


def role_of(words: Iterable[str]) -> Role:
    """What the times of a field are, by the words of its name: `event` where they say nothing else."""
    told = {word.lower() for word in words}
    return next((role for role, named in _ROLES.items() if not told.isdisjoint(named)), "event")


def tell_times(texts: Sequence[str], share: float | None = None) -> bool:
    """Whether texts in cells are dates, days or times of day: all that a share of them says is when.

    >>> tell_times(["Tue 10am", "Mon & Wed 18:30-20:00"]), tell_times(["Monday in May", "A day in March", "Sunday, Bloody"])
    (True, False)
    """  # noqa: E501
    share = _ALL_OF if share is None else share
    seen = [text for text in texts[:: max(1, len(texts) // _SEEN)] if not leaves_open(text)]
    if sum(map(_may_tell, seen)) < share * len(seen):
        return False
    return bool(seen) and sum(map(_only_times, seen)) >= share * len(seen)


def _may_tell(text: str) -> bool:
    """Whether a text may tell a time, at a glance: by a digit, or by how its words begin."""
    if any(map(str.isdigit, text)):
        return True
    words = re.findall(_WORD, text[:_LONGEST].lower())
    return any(word[:_SHORTEST] in _BEGINNINGS or word in _DAY_WORDS for word in words) or bool(
        _NOW.fullmatch(text.strip())
    )


_LINKING = frozenset(
    "and or to the of at on from until till bis und et y e every each departs departing leaves starts begins daily uhr "
    "h am pm noon week weeks only also then ab der den im de du le les od o clock doors door by early late mid".split()
)


@lru_cache(1 << 12)
def _only_times(text: str) -> bool:
    """Whether a text tells times and hardly anything else."""
    if len(text) > _LONGEST:
        return False
    told = times_in(text)
    if not told.is_any:
        return False
    if told.now:
        return True
    low = _dates(" ".join(text.lower().split()), False)[1]
    low = _HOURS.sub(" ", low)
    rest = [
        word for word in re.findall(r"[^\W_]+", low) if not weekdays_called(word) and word not in _LINKING
    ]
    return len(rest) <= (any(map(str.isdigit, text)) and bool(told.days or told.yearly or told.weekdays))
