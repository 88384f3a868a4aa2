"""Which of several columns for one amount a message means: in high or low season, on weekdays or at weekends."""

from __future__ import annotations

import re
from datetime import date

from wherefore.catalog.times import times_in
from wherefore.reading.periods import periods
from wherefore.reading.taken_times import is_taken

_SEASONS = {  # of names and of messages alike
    "high": re.compile(
        r"\b(?:high[\s_-]+season|in[\s_-]season|peak(?:[\s_-]+(?:season|times?|rates?|prices?|weeks?))?|haupts\w+|hs|"
        r"haute saison|temporada alta|alta stagione|hoogseizoen)\b"
    ),
    "low": re.compile(
        r"\b(?:low[\s_-]+season|off[\s_-]?(?:peak|season)|out\s+of\s+season|quiet\s+season|shoulder\s+season|nebens\w+|"
        r"ns|basse saison|hors saison|temporada baja|bassa stagione|laagseizoen)\b"
    ),
}
_WORKING, _WEEKEND = frozenset(range(5)), frozenset((5, 6))


def occasion_suits(column: str, low: str, today: date) -> bool | None:
    """Whether a column of one occasion is the one that a message speaks of; None where either names no occasion.

    >>> today = date(2027, 3, 1)
    >>> [occasion_suits(name, "in july, so peak season", today) for name in ("Preis/N. HS", "off-peak price", "price")]
    [True, False, None]
    >>> [occasion_suits(name, "a hall on a saturday", today) for name in ("Rate/hr Mon-Fri", "Rate Sat-Sun", "Deposit")]
    [False, True, None]

    Args:
        column: Its name, in the file or in English.
        low: The message in lower case.
        today: The day from which periods are counted.
    """
    of_column = _season(column.lower().replace("_", " "))
    if of_column:
        said = _season(low)
        return said == of_column if said else None
    days = times_in(column).weekdays
    if days not in (_WORKING, _WEEKEND):
        return None
    asked = {
        day
        for one in periods(low, today)
        if one.facet == "day" and not is_taken(low, one.start, one.end)
        for day in one.weekdays
    }
    if not asked:
        return None
    return True if asked <= days else False if asked.isdisjoint(days) else None


def _season(low: str) -> str:
    """`high` or `low`, where a text names one of them alone."""
    off = _SEASONS["low"].sub(" ", low)  # "off-peak" is no peak
    told = [name for name, text in (("low", low), ("high", off)) if _SEASONS[name].search(text)]
    return told[0] if len(told) == 1 else ""
