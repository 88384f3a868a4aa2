"""Naming questions: somebody describes an item whose title they have forgotten."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from wherefore.text import straight

_ONE = r"(?:one|{nouns})"
_NAMING = (
    r"\bwhat(?:'?s|\s+is|\s+was)?\s+(?:that|the|this)\s+(?:\w+\s+){{0,2}}" + _ONE + r"\b[^.?!]{{0,25}}?"
    r"\b(?:where|in\s+which|with|about|when|that|who|called)(?=(?:\s+\S+){{2}})",
    r"\bwhat\s+" + _ONE + r"\s+(?:where|in\s+which)\b",
    r"\bwhich\s+(?:\w+\s+){{0,2}}" + _ONE + r"\s+(?:is|was|has|had)\s+(?:it|the\s+one|that)\b",
    r"\bwhat\s+(?:is|was)\s+(?:the\s+)?(?:name|title)\s+of\b",
    r"\b(?:name|title)\s+of\s+(?:that|the|this|a)\s+(?:\w+\s+){{0,2}}" + _ONE + r"\b",
    r"\b(?:trying|try|want|need|struggling)\s+to\s+(?:remember|recall|think\s+of|find|figure\s+out|identify)\s+"
    r"(?:the\s+name\s+of\s+)?(?:a|an|the|this|that|what|which)\b",
    r"\b(?:can'?t|cannot|don'?t|do\s+not|couldn'?t|never)\s+(?:for\s+the\s+life\s+of\s+me\s+)?(?:remember|recall|think\s+"
    r"of)\s+(?:the|its|what|how)\s+(?:name|title|it)\b",
    r"\bwhat(?:'?s|\s+is|\s+was|\s+am\s+i)?\s+(?:it|that|this|the\s+thing)\s+called\b|\bwhat'?s\s+it\s+called\b|"
    r"\bwhat\s+am\s+i\s+thinking\s+of\b",
    r"\b(?:title|name)\s+(?:escapes|eludes)\s+me\b|\bforg[eo]t(?:ten)?\s+(?:the\s+|its\s+|what\s+)(?:name|title|it)\b",
    r"\b(?:does\s+)?any(?:one|body)\s+(?:know|remember)s?\s+(?:the|that|a|this)\s+(?:\w+\s+){{0,2}}"
    + _ONE
    + r"\b",
    r"\bwhat\s+" + _ONE + r"\s+(?:is\s+it\s+where|has|had|did|was\s+(?:it|that))\b",
)


def is_naming(text: str, nouns: Collection[str]) -> bool:
    """Whether a message asks for the title of something that it describes.

    >>> is_naming("what's that film where the weather guy relives the same day", ["film", "movie"])
    True
    >>> is_naming("what's a good film for tonight", ["film", "movie"])
    False
    """
    return _pattern(frozenset(nouns)).search(straight(text).lower()) is not None


def description(text: str, nouns: Collection[str]) -> str:
    """A naming question without the words that ask.

    >>> description("what's that film where the weather guy relives the same day", ["film", "movie"])
    'the weather guy relives the same day'
    """
    match = _pattern(frozenset(nouns)).search(straight(text).lower())
    if match is None or len(straight(text).lower()) != len(text):
        return text
    return " ".join(f"{text[: match.start()]} {text[match.end() :]}".split()) or text


@lru_cache(8)
def _pattern(nouns: frozenset[str]) -> re.Pattern[str]:
    called = "|".join(sorted(map(re.escape, nouns), key=len, reverse=True))
    return re.compile("|".join(f"(?:{one.format(nouns=called)})" for one in _NAMING))
