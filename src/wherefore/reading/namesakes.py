"""Items of one title told apart by year: "the 1982 and 2011 The Thing", "the original Solaris or the remake"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from wherefore.reading.clauses import Span

_YEAR = re.compile(r"\b(?:18|19|20)\d\d\b")
_BEFORE = re.compile(
    r"\b(?P<year>(?:18|19|20)\d\d)(?:'s)?\s+(?:(?:version|film|movie|book|edition|recording)\s+of\s+|one,?\s+)?(?:the\s+)?$",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"\b(?:original|first\s+(?:one|version)|old(?:er)?\s+(?:one|version))\b", re.IGNORECASE
)
_REMAKE = re.compile(r"\b(?:remake|re-make|reboot|new(?:er)?\s+(?:one|version))\b", re.IGNORECASE)
_NEAR = 60  # characters from a title


def told_apart(text: str, span: Span, years: Mapping[str, int]) -> list[tuple[str, Span]]:
    """Which items of a title a message means, with the characters that say so; empty where no year does.

    Args:
        text: The message.
        span: The characters of the title.
        years: Of each item of that title its year.
    """
    start, end = max(0, span[0] - _NEAR), span[1] + _NEAR
    near = [
        one
        for one in _YEAR.finditer(text, start, min(len(text), end))
        if not span[0] <= one.start() < span[1]
    ]
    of_year = {year: item for item, year in years.items()}
    meant = [(of_year[int(one[0])], one.span()) for one in near if int(one[0]) in of_year]
    if len({item for item, _ in meant}) > 1:
        return _with_title(meant, span)
    before = _BEFORE.search(text, start, span[0])
    if before is not None and int(before["year"]) in of_year:
        return [(of_year[int(before["year"])], (before.start(), span[1]))]
    old, new = _ORIGINAL.search(text), _REMAKE.search(text)
    if old is None or new is None or len(years) < 2:
        return []
    ordered = sorted(years, key=lambda item: years[item])
    return _with_title([(ordered[0], old.span()), (ordered[-1], new.span())], span)


def _with_title(meant: Sequence[tuple[str, Span]], span: Span) -> list[tuple[str, Span]]:
    """One place for each item: the title's own for the one that is said next to it."""
    each = list({item: place for item, place in reversed(meant)}.items())[::-1]
    nearest = min(range(len(each)), key=lambda n: abs(each[n][1][0] - span[0]))
    return [(item, span if n == nearest else place) for n, (item, place) in enumerate(each)]
