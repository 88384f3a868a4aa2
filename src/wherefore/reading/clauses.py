"""Clauses: where a text is cut, and how parts of it are blanked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

NT = r"(?:n't|\b(?:ca|do|does|did|is|are|was|were|has|have|had|wo|would|could|should)nt)"  # "can't", "cant"
Span = tuple[int, int]
QUOTED = re.compile(r"\"([^\"\n]{2,60})\"|“([^”\n]{2,60})”|\*([^*\n]{2,60})\*|(?<!\w)'([^'\n]{2,60})'(?!\w)")

_LONGEST = 300  # characters of a clause; what goes on longer without a stop is cut at a word
_TO_YOU = re.compile(
    r"^\W*(?:(?:oh|so|and|ok|okay|well|hi|hey|hello|yes|no|cool|hmm)\W+)*(?:have|did|do|are|were|would|"
    r"did)\s+(?:you|u|ya|he|she|they)\b"
    r"|^\W*(?:is|was|what(?:'?s)?\s+(?:is|was|about)?|who(?:'?s)?|where|when|how\s+(?:is|was)|does|which)\b",
    re.IGNORECASE,
)
_SPLIT = re.compile(
    r"(?<!\d)[.]+(?!\d)|(?<=\d)\.(?=\s|$)|[!?;\n]+|\s+-+\s+|(?:,\s*)?(?<!all )(?<!any )(?<!thing )(?<!nothing "
    r")(?<!anything )(?<!everything )(?<!anyone )(?<!anybody )(?<!everyone )(?<!else )\b(?:but|however|although|"
    r"whereas|though|yet)\b(?!\s+(?:again|another|to)\b)|,\s*(?=(?:and\s+|so\s+)?(?:i|i'?ve|i'?m|i'?d|we|my|they|he|"
    r"she|it|it'?s|that|that'?s|those|not|no|nothing|never|something|anything|please|what|do|can|now|have|could|"
    r"maybe|just|loved?|hated?|liked|seen|didn'?t|don'?t|preferably|ideally|with|without|the\s+\w+\s+was|"
    r"the\s+(?:first|second|third|fourth|fifth|last|other|others|rest)(?:\s+one|\s+ones|\s+two)?\s+(?:i|was|were|is|"
    r"are|not|looks?|sounds?))\b)|\s(?=and\s+(?:i|i'?ve|it|that|we|they|then|loved?|hated?|disliked|liked|enjoyed|"
    r"didn'?t|really|found|thought|he|she|not|no|still|absolutely|totally|like it|all love|both love)\b)|"
    r"\b(?:because|cause|since i|(?<=[a-z,]\s)which|so i|while i)\b",
    re.IGNORECASE,
)


def clauses(text: str, masked: Sequence[Span] = ()) -> list[Span]:
    """The clauses of a text; nothing splits inside the masked characters.

    >>> [t := "I loved it, but I hated the end. Something new?"] and [t[a:b] for a, b in clauses(t)]
    ['I loved it', ' I hated the end', ' Something new']
    """
    flat = blank(text, masked, "x")
    spans: list[Span] = []
    start = 0
    for begin, end in [*(match.span() for match in _SPLIT.finditer(flat)), (len(text), len(text))]:
        while begin - start > _LONGEST:
            cut = flat.rfind(" ", start + 1, start + _LONGEST)
            if cut < 0:
                break
            spans.append((start, cut))
            start = cut
        if flat[start:begin].strip():
            spans.append((start, begin))
        start = end
    return [span for span in spans if flat[slice(*span)].strip()]


def touch(one: Span, other: Span) -> bool:
    """Whether two pieces have a character in common."""
    return one[0] < other[1] and other[0] < one[1]


def places_of(text: str, said: Iterable[str]) -> list[Span]:
    """Where words stand in a text, each where it first does, whatever their case; not those that it lacks."""
    low = text.lower()
    found = [(low.find(words.lower()), len(words)) for words in said if words]
    return [(start, start + length) for start, length in found if start >= 0]


def blank(text: str, masked: Sequence[Span], filler: str = " ") -> str:
    """The text with the masked characters blanked, of the same length."""
    parts, done = [], 0
    for start, end in sorted(masked):
        start = max(start, done)
        parts += [text[done:start], filler * (end - start)]
        done = max(end, done)
    return "".join([*parts, text[done:]])


def is_question_to_assistant(text: str, clause: Span) -> bool:
    """Whether a clause asks what the assistant knows or thinks ("Have you seen it?")."""
    return _TO_YOU.search(text[slice(*clause)]) is not None
