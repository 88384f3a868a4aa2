"""Two things of which either will do: "either something French and short, or something long and American"."""

from __future__ import annotations

import re

from wherefore.reading.clauses import Span, blank

_EITHER = re.compile(r"\beither\s+(?:of\s+)?", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\([^()\n]*\)")
_OR = re.compile(  # between the two, and not "2012 or newer"
    r"\s*[,;]?\s*\bor\b\s*(?:,\s*[^,\n]{2,30},\s*)?(?!(?:newer|older|later|earlier|more|less|longer|shorter|above|below|over|under|better|bigger|smaller|so|two|three|thereabouts|cheaper|higher|lower)\b)"
    r"(?:else\s+)?",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"[.;!?\n]|,\s*(?:i|we|so|don'?t|please|pls|but|whichever|whatever|give|show|can'?t|not\s+both|no\s+mixing|your\s+(?:pick|choice)|thanks)\b|"
    r"\s+(?:please|pls|thanks|whichever)\b",
    re.IGNORECASE,
)
_LEAST = 3  # words of one of the two


def either(text: str) -> tuple[Span, Span] | None:
    """The characters of two things of which a text wants either; None where it does not say so.

    >>> said = "Either a recent (2012 or newer) fantasy, or an old science fiction, I can't decide."
    >>> [said[a:b] for a, b in either(said)]
    ['a recent (2012 or newer) fantasy', 'an old science fiction']
    >>> either("I like neither, or so"), either("comedy or drama?")
    (None, None)
    """
    flat = blank(text, [match.span() for match in _IN_BRACKETS.finditer(text)], "x")
    start = _EITHER.search(flat)
    between = _OR.search(flat, start.end()) if start is not None else None
    if start is None or between is None or re.search(r"[.;!?\n]", flat[start.end() : between.start()]):
        return None
    end = _ENDS.search(flat, between.end())
    one, other = (start.end(), between.start()), (between.end(), end.start() if end else len(text))
    if any(len(text[slice(*span)].split()) < _LEAST for span in (one, other)):
        return None
    return one, other
