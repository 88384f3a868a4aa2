"""Dates as people write them in one cell."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from wherefore.errors import CatalogError

LANGUAGES = (
    "de fr es it pt nl sv da nb fi pl cs hu ro tr ru uk".split()
)  # whose names of months are known, too
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
_DAY_NAME = re.compile(r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+(?=\S)")
_TIME = re.compile(
    r"(?:t|,?\s+(?:at\s+)?)\d{1,2}(?:(?::\d{2}){1,2}(?:[.,]\d+)?\s*(?:[ap]\.?m\.?)?|\s*[ap]\.?m\.?)"
    r"\s*(?:z|[+-]\d{2}:?(?:\d{2})?|[a-z]{3,4}|uhr|h)?$"
)
_ZONE = re.compile(r"(?<=\d)z$|(?<=\d{4}-\d{2}-\d{2})[+-]\d{2}:\d{2}$")
_YEAR_FIRST = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})(?:\2(\d{1,2}))?)?")
_SIGNED = re.compile(r"(\d{4})[年년]\s?(\d{1,2})[月월](?:\s?(\d{1,2})[日일])?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4}|(?<=/)\d{2}|(?<=\d{2}\.\d{2}\.)\d{2})")
_MONTH_AND_YEAR = re.compile(r"(\d{1,2})[/.](\d{4})")
_NAMED_FIRST = re.compile(r"([^\W\d_]+)\.?[ ,-]+(?:(\d{1,2})(?:st|nd|rd|th)?(?:,| |-)+)?['’]?(\d{4})")
_NAMED_BEHIND = re.compile(r"(\d{4}),? ([^\W\d_]{3,})\.?(?: (\d{1,2}))?")  # 2021, September 14
_NAMED_SECOND = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er|º|\.)?[ -]*(?:de |of )?([^\W\d_]+)\.?,?[ -]+(?:de |del )?(\d{4}|\d{2}(?=$))"
)
_OLDEST, _NEWEST = 1.0e8, 4.2e9  # seconds since 1970 that are taken for a date: 1973 to 2103
_PIVOT = 69  # two digits from here on are of the 20th century, as POSIX has it
_ANY_ORDER = re.compile(r"\s*(\d{1,2})([-/.])(\d{1,2})\2(?:\d{4}|(?<=/)\d{2})(?!\d)")


def read_date(text: str, day_first: bool = False) -> str:
    """A text as an ISO date, as exact as it is known: `2001-05-23`, `2001-05` or `2001`.

    Args:
        text: It.
        day_first: Whether 3/4/2001 is in April. What can be read in one order only is read so.

    >>> [read_date(x) for x in ("5/23/2001", "23. Mai 2001", "Wed, 23 May 2001 10:00 PM", "2001-05-23T10:00Z")]
    ['2001-05-23', '2001-05-23', '2001-05-23', '2001-05-23']

    Raises:
        CatalogError: If it is no date.
    """
    low = " ".join(text.lower().split())
    low = _DAY_NAME.sub("", _ZONE.sub("", _TIME.sub("", low))).rstrip(".").removesuffix(".0")
    year, month, day = _parts(low, day_first)
    try:
        date(year, month or 1, day or 1)
        if month == 0:
            raise ValueError("there is no such month")
    except ValueError as error:
        raise CatalogError(f"it is not a date: {error}") from error
    return "-".join([f"{year:04d}", *(f"{part:02d}" for part in (month, day) if part is not None)])


def _parts(low: str, day_first: bool) -> tuple[int, int | None, int | None]:
    """Year, month and day; None where it has none."""
    if found := _YEAR_FIRST.fullmatch(low):
        return int(found[1]), _int(found[3]), _int(found[4])
    if found := _SIGNED.fullmatch(low):
        return int(found[1]), int(found[2]), _int(found[3])
    if found := _COMPACT.fullmatch(low):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _YEAR_LAST.fullmatch(low):
        first, second = int(found[1]), int(found[3])
        swap = (day_first or found[2] == "." or first > 12) and not second > 12
        return _full(found[4]), *((second, first) if swap else (first, second))
    if found := _MONTH_AND_YEAR.fullmatch(low):
        return int(found[2]), int(found[1]), None
    if found := _NAMED_FIRST.fullmatch(low):
        return int(found[3]), month_called(found[1]), _int(found[2])
    if found := _NAMED_BEHIND.fullmatch(low):
        return int(found[1]), month_called(found[2]), _int(found[3])
    if found := _NAMED_SECOND.fullmatch(low):
        return _full(found[3]), month_called(found[2]), int(found[1])
    raise CatalogError("it is not a date; write it like 2001-05-23")


def _int(text: str | None) -> int | None:
    return None if text is None else int(text)


def _full(year: str) -> int:
    """A year of two or four digits."""
    return int(year) + (0 if len(year) == 4 else 1900 if int(year) >= _PIVOT else 2000)


def month_called(name: str) -> int:
    """The month of that name, in English or another language; 0 where it is none."""
    return _MONTHS.get(name) or _foreign_months().get(name, 0)


@cache
def _foreign_months() -> dict[str, int]:
    from babel import Locale  # takes a moment

    found: dict[str, int] = {}
    for language in LANGUAGES:
        for forms in Locale(language).months.values():
            for width in ("wide", "abbreviated"):
                for number, name in forms.get(width, {}).items():
                    found.setdefault(name.lower().rstrip("."), number)
    return found


def orders(cells: Sequence[Any]) -> tuple[int, int]:
    """How many dates like 23/5/2001 show that the day comes first, and how many that the month does."""
    found = [match for cell in cells if isinstance(cell, str) and (match := _ANY_ORDER.match(cell))]
    days = sum(int(match[1]) > 12 >= int(match[3]) for match in found)
    months = sum(int(match[3]) > 12 >= int(match[1]) for match in found)
    return days, months


def is_unordered(cell: Any) -> bool:
    """Whether a cell holds a date like 3/4/2001, which can be read in two ways."""
    match = _ANY_ORDER.match(cell) if isinstance(cell, str) else None
    return match is not None and match[2] != "." and int(match[1]) <= 12 and int(match[3]) <= 12


def since_1970(number: float, unit: str) -> str:
    """The date of a moment in seconds or milliseconds since 1970, in UTC.

    >>> since_1970(1632556800, "s"), since_1970(1632556800000, "ms")
    ('2021-09-25', '2021-09-25')

    Raises:
        CatalogError: If it is out of reach.
    """
    try:
        start = datetime(1970, 1, 1, tzinfo=UTC)
        return (start + timedelta(seconds=number / (1000 if unit == "ms" else 1))).date().isoformat()
    except (OverflowError, ValueError) as error:
        raise CatalogError(f"it is not a date: {error}") from error


def moment_unit(number: float) -> str:
    """Whether a number may be of seconds ("s") or milliseconds ("ms") since 1970; empty where neither.

    >>> moment_unit(1632556800), moment_unit(1632556800000), moment_unit(2021)
    ('s', 'ms', '')
    """
    return "s" if _OLDEST <= number <= _NEWEST else "ms" if _OLDEST * 1000 <= number <= _NEWEST * 1000 else ""
