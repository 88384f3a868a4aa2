"""Years: what a text says about when things should be from: "the 80s and 90s", "the best of 2015"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from wherefore.dialogue.state import LimitOp
from wherefore.reading.comparisons import BEFORE, YEARLY, any_of, is_negated, phrase
from wherefore.reading.numbers import DECADE, NUMBER, YEAR, decade, number

_YEARS = re.compile(rf"\b(?P<low>{YEAR})(?:\s?[-–]\s?|\s+(?:to|until|till)\s+)(?P<high>{YEAR})\b")
_TO_NOW = re.compile(
    rf"\b(?:between|from)\s+(?P<year>{YEAR})\s+(?:and|to|until|till|-)\s+(?:now|today|the\s+present)\b"
)
_ONLY_YEAR = re.compile(
    rf"\b(?:only|year\s*[:=]|just)\s*(?:from\s+|in\s+)?(?P<a>{YEAR})\b(?!\s*(?:\+|onwards?|or\b|and\b|to\b|-))"
    rf"|\b(?P<b>{YEAR})\s+only\b"
)
_EXACT = re.compile(
    rf"\b(?:from|(?:made|released|published|written|came\s+out|come\s+out|out|produced)\s+in|of\s+the\s+year|"
    rf"year)\s+(?P<year>{YEAR})\b(?:\s+(?:or|and)\s+(?P<last>{YEAR})\b)?(?!\s*(?:on|onwards?|and\s+(?:on|later|up)|"
    rf"or\s+(?:later|newer|after)|to|-|–|until)\b)"
)
# "The best of 2015", "good films in 2015": the year of what is sought, unless something is said of one item.
_IN_YEAR = re.compile(
    rf"\b(?P<word>of|in)\s+(?P<year>{YEAR})\b(?!\s*(?:-|–|onwards?\b|and\s+(?:on|later|up)\b|or\s+(?:later|newer)\b))"
)
_SAID_OF_ONE = re.compile(
    r"\b(?:was|is|were|are|saw|seen|watched|went|born|lived?|moved|met|married|set|happen(?:s|ed)|takes?|took|"
    r"visited|worked|started|graduated|read)\b|\b(?:it|that|this|there|he|she)'s\b"
)
_OF_ONE = re.compile(r"\b(?:it|that|this|they|which|one)\s+(?:was\s+|is\s+|were\s+)?$")
_OF_ANY = re.compile(r"\b(?:some|any)(?:thing|\s+\w+)\s+(?:that|which)\s")
_WHICH = re.compile(r"\b(?:what|which)\b")
_SOUGHT = frozenset(
    "something anything stuff best good great greatest biggest top hits releases ones".split()
)
_CENTURIES: tuple[tuple[re.Pattern[str], LimitOp], ...] = (
    (re.compile(r"\b(?:this|the\s+current|(?:the\s+)?(?:21st|twenty[\s-]first))\s+century"), "ge"),
    (re.compile(r"\b(?:last|(?:the\s+)?(?:20th|twentieth))\s+century(?!\s+fox)"), "lt"),
)
# What stands before a time from which things are: "from this year", "published in the last five years".
_DATED = (
    r"(?:from|of|within|(?:released|published|made|written|submitted|added|posted|produced|issued|launched|out|new|"
    r"built|dated)(?:\s+(?:in|within|during|over))?)"
)
_SPANS = {"day": 1 / 365.25, "week": 7 / 365.25, "month": 1 / 12, "year": 1.0, "decade": 10.0}
_MANY = {"couple": 2.0, "few": 3.0}
_SPAN = rf"(?:(?P<n>{NUMBER}|(?:a\s+)?(?:couple(?:\s+of)?|few))\s+)?(?P<span>{'|'.join(_SPANS)})s?\b"
_LATELY = re.compile(
    rf"\b(?:{_DATED}|(?P<loose>in|during|over))\s+(?:only\s+)?(?:the\s+)?(?:last|past|previous)\s+{_SPAN}"
)
_CURRENT = re.compile(
    rf"\b(?:(?:{_DATED}|(?:in|during)(?=\s+\S+(?:\s+\S+)?\s+decade))\s+)?(?P<which>this|the\s+current|last|the\s+previous|the\s+past)\s+"
    r"(?P<span>year|month|decade)\b(?P<own>['’]?s\s+(?P<noun>[a-z]+))?"
)
_IS_DATED = re.compile(rf"(?:{_DATED}|in|during)\s")
_AGED = re.compile(
    rf"\b(?P<op>no\s+older\s+than|not\s+older\s+than|newer\s+than|younger\s+than|older\s+than)\s+(?P<n>{NUMBER})\s+"
    r"(?P<span>year|month|decade)s?\b(?!\s+of\s+age)"
)
_LIVED = re.compile(r"\b(?:i|we|he|she|they|you|who|kids?|children|son|daughter)(?:['’](?:ve|m|re|s|d))?\b")
_SET = re.compile(r"\b(?:set|takes?\s+place|taking\s+place|story|happens)\s+(?:\w+\s+)?(?:in|during)\s+$")
_DECADE = re.compile(
    rf"(?:\b(?P<op>{any_of(YEARLY)}|from|between)\s+)?(?:\bthe\s+)?(?:\b(?P<part>early|mid|late)[\s-]+)?(?:\bthe\s+)?"
    rf"(?<![\w$€£])(?P<decade>{DECADE})\b(?P<on>\s+(?:on|onwards?|(?:or|and)\s+(?:later|newer|up|after))\b)?"
)
_OWN_AGE = re.compile(r"\b(?:my|his|her|their|our|your|in\s+(?:her|his))\s+(?:early\s+|mid\s+|late\s+)?$")
_IT_IS_A = re.compile(r"\b(?:that'?s|that is|it'?s|it is|it was|that was)\s+(?:an?|such an?)\s+(?:\w+\s+)?$")
_MEMORY = re.compile(
    r"\b(?:born|grew up|growing up|was a (?:kid|child|teen)|as a (?:kid|child)|years old|when i was)\b"
)
_RECENT = re.compile(
    r"\b(?:something|anything|some|any|a|more|good|the)\s+(?:good\s+|bit\s+|little\s+|more\s+|really\s+)*"
    r"(?P<word>newer|recent|modern|current|latest|brand\s+new|newly\s+released|"
    r"new)\b(?:\s+(?P<noun>[a-z]+))?(?!\s+than)"
)
_BARE_RECENT = re.compile(
    r"(?:^|\blike\s+|\bprefer\s+|\bonly\s+|\bwant\s+)(?P<word>newer|recent|modern|more recent)\s+(?P<noun>[a-z]+)"
)
_RELEASES = frozenset({"releases", "release", "stuff"})
_RECENT_YEARS = 8  # what "recent" means: so many years before the catalogue's newest
_NAMES = frozenset("one version remake jumanji york zealand".split())  # after "new"
_OWN_YEAR = r"[^.!?\n]{0,30}?(?:\b(?:i'?m|i\s+am|she'?s|he'?s|born|from|of|in)\s+)?(?:from\s+|in\s+|born\s+(?:in\s+)?)?"
BORN = re.compile(  # "from before I was born, I'm from 1988", "nothing older than me, 1985"
    rf"\b(?P<before>before|older\s+than)\s+(?:i|me|she|he|we|my\s+\w+)\b(?:\s+(?:was|were)(?:\s+even)?\s+born)?{_OWN_YEAR}"
    rf"\b(?P<year1>19[2-9]\d|20[0-2]\d)\b|"
    rf"\b(?:(?:nothing|not|no|none)\s+(?:\w+\s+)?older|newer|younger|after|since)\s+(?:than\s+)?(?:i|me|she|he|we|my\s+\w+)\b"
    rf"(?:\s+(?:was|were)\s+born)?{_OWN_YEAR}\b(?P<year2>19[2-9]\d|20[0-2]\d)\b",
    re.IGNORECASE,
)


class FoundYear(NamedTuple):
    """A limit on the year, in characters `start` to `end`."""

    op: LimitOp
    value: float
    start: int
    end: int


def ranges(low: str) -> Iterator[FoundYear]:
    """Decades and ranges of years: "from the 80s", "1990-1995"; `low` is in lower case, as in all of these."""
    yield from _decades(low)
    for match in _YEARS.finditer(low):
        yield FoundYear("ge", float(match["low"]), *match.span())
        yield FoundYear("le", float(match["high"]), *match.span())


def years(low: str, called: frozenset[str], newest: float) -> Iterator[FoundYear]:
    """Years of what is sought: "the best of 2015", "good films in 2015", "from this century", "something recent".

    Args:
        low: The text.
        called: What items are called.
        newest: About the latest year of an item; 0 when none is known.
    """
    for match in _EXACT.finditer(low):
        before = low[max(0, match.start() - 30) : match.start()]
        if is_memory(_around(low, match)) or (_OF_ONE.search(before) and not _OF_ANY.search(before)):
            continue  # "It came out in 2017."
        if match["last"]:
            yield FoundYear("ge", float(match["year"]), *match.span())
            yield FoundYear("le", float(match["last"]), *match.span())
        else:
            yield FoundYear("eq", float(match["year"]), *match.span())
    for match in _of_year(called).finditer(low):
        yield FoundYear("eq", float(match[1]), match.start(), match.end(1))
    for match in _TO_NOW.finditer(low):
        yield FoundYear("ge", float(match["year"]), *match.span())
    for match in _ONLY_YEAR.finditer(low):
        yield FoundYear("eq", float(match["a"] or match["b"]), *match.span())
    for match in _IN_YEAR.finditer(low):
        before = _clause_before(low, match.start())
        if _SAID_OF_ONE.search(before) and not _WHICH.search(before):
            continue
        if match["word"] == "of" or not (_SOUGHT | called).isdisjoint(re.findall(r"[a-z]+", before)):
            yield FoundYear("eq", float(match["year"]), *match.span())
    for pattern, op in _CENTURIES:
        for match in pattern.finditer(low):
            told = _SET.search(low[max(0, match.start() - 60) : match.start()])
            if not told and not is_negated(low, match.start()):
                yield FoundYear(op, 2000.0, *match.span())
    if newest:
        yield from _recent(low, called, newest)


def until_today(low: str, called: frozenset[str], today: float) -> Iterator[FoundYear]:
    """Times counted from today: "from the last five years", "this year", "no older than ten years".

    Args:
        low: The text.
        called: What items are called.
        today: The date, as a year with a fraction.
    """
    this = float(int(today))
    for match in _LATELY.finditer(low):
        before = _clause_before(low, match.start())
        if match["loose"] and (_LIVED.search(before) or _SAID_OF_ONE.search(before)):
            continue  # "I've read nothing in the last two years"
        length = _length(match)
        if match["n"] is None and match["span"] in ("year", "month") and not match["loose"]:
            continue  # "from last year": below
        if length is not None and not is_negated(low, match.start()):
            yield FoundYear("ge", today - length, *match.span())
    for match in _CURRENT.finditer(low):
        dated = _IS_DATED.match(match[0]) is not None
        owned = match["noun"] is not None and match["noun"] in _SOUGHT | called
        if not (dated or owned) or is_negated(low, match.start()):
            continue
        end = match.end() if owned else match.end("span")
        first, last = _of_now(match["which"], match["span"], today)
        yield FoundYear("ge", first, match.start(), end)
        if last < this + 1:
            yield FoundYear("lt", last, match.start(), end)
    for match in _AGED.finditer(low):
        length = _length(match)
        if length is not None and not _LIVED.search(_clause_before(low, match.start())):
            older = phrase(match) == "older than" and not is_negated(low, match.start())
            yield FoundYear("lt" if older else "ge", today - length, *match.span())


def _of_now(which: str, span: str, today: float) -> tuple[float, float]:
    """The first moment of this or the last year, month or decade, and the first one after it."""
    length = _SPANS[span]
    first = (today + 1e-9) // length * length
    if which.split()[-1] in ("last", "previous", "past"):
        first -= length
    return round(first, 6), round(first + length, 6)


def _length(match: re.Match[str]) -> float | None:
    """How many years a span of time is."""
    said = match["n"] or "one"
    many = next((count for word, count in _MANY.items() if word in said), None) or number(said)
    return None if many is None else many * _SPANS[match["span"]]


def _clause_before(low: str, start: int) -> str:
    return re.split(r"[.,;:!?\n]", low[max(0, start - 120) : start])[-1]


def is_memory(around: str) -> bool:
    """Whether the words around a year tell of somebody's life: "when I was a kid in the 80s"."""
    return _MEMORY.search(around) is not None


def _around(low: str, match: re.Match[str]) -> str:
    return low[max(0, match.start() - 40) : match.end() + 20]


def _decades(low: str) -> Iterator[FoundYear]:
    spans: list[tuple[float, float, re.Match[str]]] = []
    for match in _DECADE.finditer(low):
        start, at = match.start(), match.start("decade")
        if _OWN_AGE.search(low[max(0, start - 14) : start]) or _OWN_AGE.search(low[max(0, at - 20) : at]):
            continue
        if is_memory(_around(low, match)) or _IT_IS_A.search(low[max(0, start - 60) : start]):
            continue  # said of one item
        first = float(decade(match["decade"]))
        if not first:
            continue
        said = phrase(match)
        op = BEFORE.get(said)
        until = said in ("until", "no later than")
        if op in ("lt", "le") and not until:
            yield FoundYear("lt", first, *match.span())
        elif match["on"] or said in ("since", "starting in", "starting from", "no older than", "not before"):
            yield FoundYear("ge", first, *match.span())
        elif op == "gt":
            yield FoundYear("ge", first + 10, *match.span())
        elif until:
            yield FoundYear("lt", first + 10, *match.span())
        elif not is_negated(low, start):
            begin, end = {"early": (0, 4), "mid": (3, 7), "late": (6, 10)}.get(match["part"], (0, 10))
            spans.append((first + begin, first + end, match))
    if spans:  # "the 80s and 90s" is one range
        start, end = spans[0][2].start(), spans[-1][2].end()
        yield FoundYear("ge", min(span[0] for span in spans), start, end)
        yield FoundYear("lt", max(span[1] for span in spans), start, end)


def _recent(low: str, called: frozenset[str], newest: float) -> Iterator[FoundYear]:
    for match in (*_RECENT.finditer(low), *_BARE_RECENT.finditer(low)):
        noun, word = match["noun"], match["word"]
        if noun in ("than", "and", "or") or low[match.end() :].lstrip().startswith("than"):
            continue
        is_thing = noun in called or noun in _RELEASES
        if word == "new" and not is_thing or word == "current" and noun and noun not in called:
            continue
        if noun and not is_thing and word not in ("newer", "recent", "modern"):
            continue
        if noun in _NAMES or low.startswith("the new", match.start()) or is_negated(low, match.start()):
            continue
        yield FoundYear("ge", newest - _RECENT_YEARS, match.start(), match.end("word"))


@lru_cache(8)
def _of_year(called: frozenset[str]) -> re.Pattern[str]:
    """Finds a year before what items are called: "2015 movies", "a 2010 black comedy"."""
    names = "|".join(re.escape(name) for name in sorted(called, key=len, reverse=True) if name)
    between = r"(?!(?:in|on|at|to|and|or|is|was|the|an?|i|we|my|some|this|that|it|but|with)\b)[a-z-]+\s+"
    return re.compile(rf"\b({YEAR})\s+(?:{between}){{0,2}}(?:{names})\b")
