"""Alternatives, of which a message leaves a choice: "basil or mint for a shady kitchen?", "the first or the last?"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.derived import Keys
from wherefore.catalog.sorts import called
from wherefore.reading.clauses import Span
from wherefore.reading.slots import slots_in
from wherefore.text import ARTICLES, FUNCTION_WORDS, forms, stems

_SENTENCE = re.compile(r"[^.!?;\n]+[?]?")
_OR = re.compile(r"\s*,?\s+or\s+(?:(?:an?|the|some|rather|maybe)\s+)*", re.IGNORECASE)
_LEAD = re.compile(  # what stands before the first of them: "should I get a", "what lasts longer,"
    r"^.*(?:[,:–—]\s|\b(?:get|take|pick|buy|choose|try|plant|wear|watch|read|cook|make|between|better|prefer|go\s+for|go\s+with|"
    r"ok\s+so|so|and|then|well|hm+|ok|okay|rather)\s+)",
    re.IGNORECASE,
)
_ENDS = re.compile(  # where the last of them ends
    r"[,?!.:;–—(]|\b(?:for|under|in|on|to|with|at|as|by|from|tonight|today|first|then|now|please|when|if|that|which|what|who|"
    r"better|best|instead|this|next|after|before|over|going|because|i|we|my|is|are|does|do|works?|would)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(r"\b(?:which|better|best|should\s+i|pick|choose|decide|first|tonight)\b", re.IGNORECASE)
_WEIGHS = re.compile(  # asks for one of the two, rather than for either
    r"\b(?:which|better|should\s+i|would\s+(?:yo)?u|pick|choose|decide|versus|vs|between)\b|"
    r"^\W*(?:what|who)\b.*\b\w{2,}er\b|\bfor\s+(?:an?|the|my|our)\s.*\?",
    re.IGNORECASE,
)
_REQUESTS = re.compile(
    r"^\W*(?:\w+\W+){0,3}?(?:any|anything|something|some|find|show|looking|need|want|have\s+you|do\s+you\s+(?:have|sell|know|stock)|"
    r"got|like|is|are|does|do|has|was|were|can|could|will)\b",
    re.IGNORECASE,
)
_NO_NAME = frozenset(
    "something anything one two three four more less else other others it that this them yes no".split()
)
_LONGEST = 4  # words of an alternative
_SHARE = 0.2  # of the catalogue that a sort of thing is at most
_FEW = 5  # items that may always be a sort
_NAMED = 0.05  # the same, of what only texts name

Sort = tuple[str, tuple[str, ...]]  # in the user's words, and the items that are of it


def alternatives(
    text: str, named: Sequence[tuple[int, int, str]], listed: Sequence[str], catalog: Catalog
) -> tuple[list[Sort], Span] | None:
    """The two or three things that a question leaves a choice of, and the characters that ask; None if it is none.

    Args:
        text: The message, apostrophes straight.
        named: Where it names items: start, end and item of each, in order.
        listed: The items of the last list.
        catalog: Where things are from.
    """
    for sentence in _SENTENCE.finditer(text):
        said = sentence[0]
        parts = _OR.split(said)
        if len(parts) not in (2, 3) or not ("?" in said or _ASKS.search(said)):
            continue
        told = _alternatives_in(sentence.start(), said)
        found = [_resolved(text, span, named, listed, catalog) for span in told]
        if len(found) < 2 or not all(found):
            continue
        if not _WEIGHS.search(said) and any(is_value(text[slice(*span)], catalog) for span in told):
            continue  # "zombies or vampires?" wants either
        sorts = _apart([(text[slice(*span)].strip(), ids) for span, ids in zip(told, found, strict=True)])
        if sorts:
            return sorts, sentence.span()
    return None


def is_value(said: str, catalog: Catalog) -> bool:
    """Whether words are a value of some field: a genre, a tag, a person."""
    keys: Keys = catalog.derived.get("value-words", lambda: {"keys": _value_words(catalog)})["keys"]
    return " ".join(stems(said)) in keys


def _value_words(catalog: Catalog) -> Keys:
    """The words of all values, without their endings."""
    told = (" ".join(stems(v)) for spec in catalog.schema.valued for v in catalog.vocabulary(spec.name))
    return Keys.of(list(dict.fromkeys(told)))


def _alternatives_in(start: int, said: str) -> list[Span]:
    """Where the alternatives of a sentence stand; none where it asks for something else."""
    places = [match.span() for match in _OR.finditer(said)]
    ends = [place[0] for place in places] + [len(said)]
    begins = [0] + [place[1] for place in places]
    lead = _LEAD.match(said[: ends[0]])
    if lead is not None:
        begins[0] = lead.end()
    if _REQUESTS.match(said[: ends[0]]) and (lead is None or _REQUESTS.match(said[begins[0] : ends[0]])):
        return []
    close = _ENDS.search(said, begins[-1])
    ends[-1] = close.start() if close is not None else ends[-1]
    spans = []
    for begin, end in zip(begins, ends, strict=True):
        if not 0 < len(said[begin:end].split()) <= _LONGEST:
            return []
        spans.append((start + begin, start + end))
    return spans


def _resolved(
    text: str, span: Span, named: Sequence[tuple[int, int, str]], listed: Sequence[str], catalog: Catalog
) -> tuple[str, ...]:
    """The items that an alternative stands for."""
    said = text[slice(*span)]
    here = [item for start, end, item in named if span[0] <= start < span[1]]
    if here:
        return tuple(dict.fromkeys(here))
    counted = slots_in(said, len(listed)) if len(listed) > 1 else []
    if counted:
        return tuple(listed[slot] for slot in counted)
    told = [form for form in forms(said) if form not in ARTICLES]
    if not told or any(form in FUNCTION_WORDS | _NO_NAME for form in told):
        return ()
    rows = reduce(np.intersect1d, [called(catalog, form) for form in told])
    if not len(rows):
        naming = np.flatnonzero(catalog.naming(" ".join(told)))
        rows = naming if len(naming) <= max(1, _NAMED * len(catalog)) else rows
    if not 0 < len(rows) <= max(_FEW, _SHARE * len(catalog)):
        return ()
    return tuple(catalog.items[int(row)].id for row in rows)


def _apart(sorts: Sequence[Sort]) -> list[Sort]:
    """Sorts without what belongs to several; none where one is left without any item."""
    own = []
    for number, (said, ids) in enumerate(sorts):
        others = {one for other, (_, given) in enumerate(sorts) if other != number for one in given}
        own.append((said, tuple(one for one in ids if one not in others)))
    return own if all(ids for _, ids in own) else []
