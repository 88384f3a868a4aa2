"""How many items are asked for: "recommend three comedies", "just one", "top 10"."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from wherefore.dialogue.state import MOST
from wherefore.reading.clauses import Span
from wherefore.text import NUMBERS, Word, words

_READ_UP_TO = 100  # "top 250" names a list, "2001" a year

_NUMBERS = NUMBERS | {"dozen": 12, "couple": 2, "pair": 2, "single": 1}
_SHOWS = frozenset("make give recommend suggest show list name tell send offer".split())
_WISHES = frozenset("want need find get pick choose for after".split())  # "looking for", "time for"
_EXACTLY = frozenset("just only exactly".split())
_OPENS = _EXACTLY | frozenset(
    "me us it that a an the my your another up to at most least about around maybe like top best please half "
    "ok okay so and but now then well sure yes yeah no actually".split()
)
_BETWEEN = frozenset(
    "more other others different good great nice fun funny cool best better top favorite favourite new newer old "
    "older recent classic popular obscure unknown famous short long similar such random really very decent solid "
    "interesting quick easy light dark serious happy sad underrated must see of the your".split()
)
_THINGS = frozenset(
    "recommendation recommendations suggestion suggestions option options title titles idea ideas pick picks "
    "item items choice choices movie movies film films book books song songs game games album albums recipe recipes "
    "product products".split()  # whatever the catalogue calls its items
)
_CLOSES = frozenset(
    "please thanks thank you only max maximum tops this time for me us now today tonight more others at a to "
    "watch read try see play".split()
)
_JOINS = frozenset("with by from about starring featuring in like without".split())  # "one with Tom Hanks"
_UNITS = frozenset(
    f"{unit}{s}"
    for unit in "hour minute min year star day week month player person kid part season time piece page".split()
    for s in ("", "s")
) | {"people", "children"}
_CLAUSE_END = re.compile(r"[.!?;:,\n]")
_OF_ONESELF = re.compile(  # "one movie I loved", "two films are too many"
    r"\s*(?:that\s+|which\s+)?(?:i|we|my|he|she|they|is|are|was|were|has|have|had)\b", re.IGNORECASE
)
_FOR_US = re.compile(r"\b(?:for|of)\s+(?:all\s+)?us\s+$", re.IGNORECASE)
_ASKS_HOW_MANY = re.compile(r"\b(?:seen|watched|read|know|many|which)\b[^.!\n]*\?\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FoundCount:
    """How many items a text asks for; its characters `start` to `end` are the number."""

    value: int
    start: int
    end: int


def read_count(
    text: str,
    nouns: Collection[str],
    values: Sequence[Span] = (),
    masked: Sequence[Span] = (),
    question: str = "",
) -> FoundCount | None:
    """How many items a message asks for; the last number that it gives counts.

    A number counts where something is asked for and it stands before what items are called or a value that they
    have, with nothing but adjectives between ("recommend me three good comedies", "one movie like Heat"); at the end
    of what is asked for ("show me ten", "just recommend one"); or after "just" and "only". "I want one with Tom
    Hanks" asks for no number, nor do "2 player games", "three hours" and "I liked two movies".

    >>> [read_count(said, {"movies"}).value for said in ("Give me 3 movies", "just one please", "a couple of movies?")]
    [3, 1, 2]
    >>> read_count("I watched two movies", {"movies"}) is None
    True

    Args:
        text: What the user says.
        nouns: What items are called, folded.
        values: Characters of values of the catalogue, like genres.
        masked: Characters that say something else, like titles.
        question: What the assistant said before: "Just one." may tell how many of a list were seen.
    """
    said = words(text)
    bare = not _ASKS_HOW_MANY.search(question.strip())
    found = None
    for i, word in enumerate(said):
        value = _value(word.form)
        if word.form == "dozen" and "half" in (said[i - 1].form, said[i - 2].form)[:i]:
            value = 6
        if not value or word.touches((*values, *masked)):
            continue
        if _FOR_US.search(text, 0, word.start):
            continue  # "a table for us three"
        if text[word.end : word.end + 1] == "-" and not text[word.end + 1 : word.end + 2].isdigit():
            continue  # "two-hour"
        cue = _cue(said, i, text)
        if cue is None:
            continue
        ends = _end(said, i + 1, text, nouns, values, value > 1)
        exact = said[i - 1].form in _EXACTLY if i else False
        polite = bare and ends == "nothing" and _PLEASE.match(text, word.end) is not None  # "three please"
        if (
            ends == "noun"
            or polite
            or (ends == "nothing" and _may_end(cue, exact, value) and (cue != "start" or bare))
        ):
            found = FoundCount(min(value, MOST), word.start, word.end)
    return found


_PLEASE = re.compile(r"\s+(?:please|pls|plz)\W*$", re.IGNORECASE)
_FAR = 12  # words before a number that are read for what they say of it


def _cue(said: Sequence[Word], i: int, text: str) -> str | None:
    """What the words before a number say of it: "shows", "wishes", "top", that a clause starts here, or nothing."""
    j = i
    while j > max(0, i - _FAR) and not _CLAUSE_END.search(text, said[j - 1].end, said[j].start):
        before = said[j - 1].form
        if before == "top":
            return "top"
        if before in _SHOWS:
            return "shows"
        if before in _WISHES or (before in ("how", "what") and said[j].form == "about"):
            return "wishes"
        if before == "like" and j >= 2 and said[j - 2].form in ("would", "id", "wed"):
            return "wishes"
        ranged = before in ("or", "to") and j >= 2 and is_number(said[j - 2].form)  # "two or three"
        if not (ranged or before in _OPENS or is_number(before)):
            return None
        j -= 1
    return "start" if j == 0 or j > i - _FAR else None


def is_number(form: str) -> bool:
    """Whether a folded word says how many, in words or digits: "three", "dozen", "10"."""
    return _value(form) > 0


def _value(form: str) -> int:
    value = _NUMBERS.get(form) or (int(form) if form.isdecimal() and len(form) < 4 else 0)
    return value if value <= _READ_UP_TO else 0


def _may_end(cue: str, exact: bool, value: int) -> bool:
    """Whether nothing need follow a number: "I want one." may answer what was asked, "I want just one." not."""
    if cue in ("shows", "top") or exact:
        return True
    return cue == "wishes" and value > 1


def _end(
    said: Sequence[Word], i: int, text: str, nouns: Collection[str], values: Sequence[Span], several: bool
) -> str:
    """What follows a number: what it counts ("noun"), "nothing", or something "else"."""
    start, valued = i, False
    if i < len(said) and said[i].form in _UNITS:
        return "else"
    while i < len(said) and not _CLAUSE_END.search(text, said[i - 1].end, said[i].start):
        word = said[i]
        if word.form in nouns or word.form in _THINGS:
            alone = several and not word.form.endswith("s")  # "a couple movie"
            return "else" if alone or _OF_ONESELF.match(text, word.end) else "noun"
        if word.touches(values) and word.form not in _JOINS:
            valued = True
        elif valued or word.form not in _BETWEEN:
            break
        elif word.form == "of" and said[i - 1].form == "one":
            return "else"  # "one of the Star Wars movies"
        i += 1
    if valued:
        return "else" if i < len(said) and _OF_ONESELF.match(text, said[i - 1].end) else "noun"
    for word, before in zip(said[start:], said[start - 1 :], strict=False):
        if _CLAUSE_END.search(text, before.end, word.start):
            return "nothing"
        if word.form not in _CLOSES:
            return "else"
    return "nothing"
