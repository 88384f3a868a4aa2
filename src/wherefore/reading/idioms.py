"""Words that name a thing elsewhere, and none where they stand: "a first date", "she can squash things"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wherefore.reading.clauses import Span

_FIXED = (
    r"(?:(?:first|second|third|blind|double|hot|big|dinner|movie|play|coffee)[\s-]+dates?|date[\s-]nights?|(?:up|out\s+of|to)[\s-](?:to[\s-])?date|"
    r"on\s+a\s+date|date\s+of\s+birth|dating|traffic\s+jams?|mint\s+condition|sage\s+advice|piece\s+of\s+cake|easy\s+as\s+pie|"
    r"couch\s+potato(?:es)?|spill(?:ed)?\s+the\s+beans|full\s+of\s+beans|hot\s+potato|sour\s+grapes|nest\s+eggs?|egg(?:ed)?\s+on|"
    r"walk(?:ing)?\s+on\s+eggshells|cherry[\s-]pick\w*|gravy\s+train|icing\s+on\s+the\s+cake|bread\s+and\s+butter\s+of|big\s+cheese|"
    r"apple\s+of\s+(?:my|his|her|their)\s+eye|cool\s+as\s+a\s+cucumber|in\s+a\s+pickle|in\s+a\s+nutshell|go(?:es|ing)?\s+bananas|"
    r"my\s+cup\s+of\s+tea|salt\s+of\s+the\s+earth|worth\s+(?:its|his|her|their)\s+salt|rub(?:bing)?\s+salt|takes?\s+the\s+(?:cake|biscuit)|"
    r"red\s+herrings?|wild\s+goose\s+chase|cold\s+turkey|in\s+(?:my|the)\s+spring|bored\s+stiff)"
)
_IDIOM = re.compile(rf"\b{_FIXED}\b", re.IGNORECASE)
_DOES = re.compile(  # what somebody can do to whatever: "she can stir and squash things"
    r"\b(?:can|could|to|will|loves?\s+to|likes?\s+to|wants?\s+to|let\s+(?:him|her|them))\s+(?P<what>(?:[a-z]+\s*(?:,|and|or|&)\s*)*[a-z]+)\s+(?:things|stuff|everything\s+in\s+sight)\b",
    re.IGNORECASE,
)


def idioms(text: str) -> Iterator[Span]:
    """Where a text has words that name no thing.

    >>> said = "our first date, she can stir and squash things; dates and squash"
    >>> [said[a:b] for a, b in idioms(said)]
    ['first date', 'stir and squash']
    """
    for match in _IDIOM.finditer(text):
        yield match.span()
    for match in _DOES.finditer(text):
        yield match.span("what")
