"""What turns a value down by its opposite: "in colour" what is black and white."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wherefore.reading.clauses import Span

# What is said, and the values that it turns down where a catalogue has them.
_OPPOSITES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (
        re.compile(
            r"\bin\s+(?:full\s+|proper\s+|glorious\s+)?colou?r\b(?=\s*(?:$|[.,;!?)]|(?:please|pls|this\s+time|only|though|tho|instead|now|films?|movies?|ones?)\b))"
            r"|\bcolou?r\s+(?:films?|movies?|pictures?|ones)\b|\bnot\s+(?:in\s+|a\s+)?black[\s-]and[\s-]white\b|\bno\s+b\s?(?:&|/|and|n)\s?w\b",
            re.IGNORECASE,
        ),
        ("black and white",),
    ),
    (
        re.compile(
            r"\b(?:real|actual|human|live)\s+(?:actors|people\s+(?:in\s+it|acting)|humans?)\s*(?:only\b|please\b|this\s+time\b|(?=\W*$))|\bonly\s+(?:real|actual|human|live)\s+"
            r"(?:actors|people)\b|\blive[\s-]action\s*(?:only|please|this\s+time)?\b(?!\s+(?:and|remake))",
            re.IGNORECASE,
        ),
        ("animation", "animated"),
    ),
    (
        re.compile(r"\b(?:with\s+(?:sound|dialogue|talking)|talkies?)\b", re.IGNORECASE),
        ("silent film", "silent"),
    ),
)


def opposites(text: str) -> Iterator[tuple[Span, tuple[str, ...]]]:
    """Where a text turns down values by their opposite, and what they are called.

    >>> list(opposites("something in colour")), list(opposites("in colour blue"))
    ([((10, 19), ('black and white',))], [])
    """
    for pattern, values in _OPPOSITES:
        for match in pattern.finditer(text):
            yield match.span(), values
