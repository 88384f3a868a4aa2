"""Comparisons: the phrases before and after an amount that say on which side of it things should be."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from wherefore.dialogue.state import LimitOp


def _by_phrase(phrases: Mapping[LimitOp, str]) -> dict[str, LimitOp]:
    return {phrase: op for op, joined in phrases.items() for phrase in joined.split(", ")}


BEFORE = _by_phrase(
    {
        "lt": "under, below, less than, fewer than, lower than, smaller than, shorter than, cheaper than, "
        "lighter than, older than, earlier than, before, prior to, pre, quicker than, slower than, closer than, "
        "nearer than, weaker than, younger than, thinner than, narrower than, quieter than, colder than, <",
        "le": "at most, no more than, not more than, no longer than, up to, a maximum of, maximum, max, within, "
        "no later than, until, no newer than, upto, up till, no heavier than, no bigger than, no larger than, "
        "no farther than, no further than, no higher than, heaviest, widest, tallest, not above, "
        "not over, no over, <=, ≤",
        "gt": "over, above, more than, longer than, greater than, higher than, bigger than, heavier than, newer than, "
        "later than, more recent than, after, past, exceeding, exceed, post, faster than, better than, larger than, "
        "taller than, wider than, stronger than, thicker than, deeper than, louder than, hotter than, "
        "more expensive than, >",
        "ge": "at least, no less than, no earlier than, a minimum of, minimum, since, no shorter than, starting in, "
        "starting from, starting, not before, not below, not under, "
        "no older than, no lower than, no fewer than, no lighter than, >=, ≥",
    }
)
AFTER = _by_phrase(
    {
        "le": "or less, or under, or fewer, or shorter, or cheaper, or smaller, or lighter, or lower, max, tops, "
        "at most, at the most, or below, or closer, or nearer, or older, or younger, "
        "or earlier, or before, maximum, at the latest",
        "ge": "or more, or longer, or above, or over, or bigger, or larger, or taller, or higher, "
        "or heavier, or newer, or better, or faster, or later, or after, and up, and upwards, and above, and over, "
        "and later, and newer, and after, "
        "at least, at the least, minimum, min, upwards, onwards, onward, and onwards, and on, on, "
        "to now, to today, till now",
    }
)
YEARLY = frozenset(  # may stand before a year
    "before, prior to, older than, earlier than, until, no later than, after, newer than, later than, past, since, "
    "more recent than, no earlier than, starting in, starting from, starting, at least, no older than, not before, "
    "up to, pre, post, not newer than, no newer than".split(", ")
)
DURABLE = frozenset({"shorter than", "longer than", "no longer than", "no shorter than"})
OPPOSITE: dict[LimitOp, LimitOp] = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt", "eq": "eq"}
_HARDLY = (  # what cannot be, or is not wanted to be, before what would be
    r"(?:(?:ca|could|wo|would|must|should|do|does|did)n['’]?t|cannot|can\s+not|could\s+not|will\s+not|won['’]?t|"
    r"(?:not|n['’]t|never)\s+(?:able|willing|going|prepared|allowed|ready|happy|keen)\s+(?:to|on)|unable\s+to|"
    r"refuse\s+to|rather\s+not|would\s+not|no\s+way\s+(?:that\s+)?(?:am\s+i|are\s+we|i\s+am|we\s+are|i['’]?m|we['’]?re|"
    r"i['’]?ll|we['’]?ll|i|we))"
)
_BEARS = (  # what people do with so much of something
    r"(?:afford|spend|spare|pay|part\s+with|go|do|manage|stretch(?:\s+to)?|carry|lift|handle|take|exceed|cost|weigh|wait|walk|"
    r"drive|travel|stand|justify|budget|fork\s+out|cough\s+up|put\s+(?:down|in)|run\s+to|drop|sit|commit|give|work|"
    r"hold|fit|use|be|charge|splash\s+out)(?:ing)?"
)
_NEGATED = re.compile(
    rf"\b{_HARDLY}\s+(?:really\s+|even\s+|possibly\s+|want\s+to\s+|make\s+(?:me|us|him|her)\s+|have\s+to\s+|let\s+it\s+)?"
    rf"{_BEARS}\s+(?:(?!so\b|but\b|and\b|or\b|if\b|when\b|because\b|with\b)[a-z]+\s+){{0,2}}?$|"
    r"\bnothing\s+(?:where|that|which|with|whose)\s+(?:[a-z]+\s+){0,5}?$|"
    r"\b(?:doesn|don|won|isn|aren|shouldn|mustn|needn|can|couldn)['’]?t\s+(?:need|take|require|cost|weigh|last|be|go|have|use|want)\s+"
    r"(?:[a-z]+\s+){0,3}?$|"
    r"\b(?:nothing|not|no|none|never|don'?t\s+(?:want|like|need|make\s+it)|(?:ca|must|should|may|would|"
    r"wo)n'?t\s+(?:be|take|last|run|go)|cannot\s+be|avoid|"
    r"without)\s+(?:[a-z]+\s+){0,2}?(?:that\s+(?:is|are|was|were)\s+|made\s+|from\s+|released\s+)?$"
)


def any_of(phrases: Collection[str]) -> str:
    """A pattern for any of some phrases, the longest first, with any space between their words."""
    written = (re.escape(p).replace(r"\ ", r"\s+") for p in sorted(phrases, key=lambda p: (-len(p), p)))
    return "|".join(re.sub(r"\bthan$", "th[ae]n", p) for p in written)


def phrase(match: re.Match[str]) -> str:
    """The phrase that a pattern found as its group `op`, with single spaces."""
    return re.sub(r"(?<=\w\sth)en$", "an", re.sub(r"\s+", " ", match["op"] or ""))


def is_negated(low: str, start: int) -> bool:
    """Whether the words before a place turn what follows round: "nothing"."""
    return _NEGATED.search(low[max(0, start - 60) : start]) is not None


_PLUS = re.compile(
    r"\s*(?:\+|plus)(?=\s*(?:$|[.,;!?)]|(?:an?|each|per|every)\s+(?:go|serving|portion|day|meal|head|piece|plate|bowl|pop|time)\b|each\b|please\b|or\b|of\b))"
)


def is_plus(low: str, end: int) -> bool:
    """Whether the words behind an amount let it be more: "35g plus a go".

    >>> is_plus("35g plus a go", 3), is_plus("35g plus some salt", 3)
    (True, False)
    """
    return _PLUS.match(low, end) is not None
