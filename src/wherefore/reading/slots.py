"""Places in the last list: counted out ("the second one"), pointed at ("those"), or turned down."""

from __future__ import annotations

import re
from typing import Literal

from wherefore.text import FUNCTION_WORDS, NUMBERS

_POINTS = re.compile(
    r"\b(?P<many>those|them|em|these|both|all|they|any of (?:them|em|those|these)|none of (?:them|those|these)|neither|"
    r"each|either|everything)\b|\b(?P<one>that one|this one|that|it|this|that movie|that film)\b",
    re.IGNORECASE,
)
ORDINALS = {  # places of a list, as people count them
    **dict.fromkeys(("first", "1st"), 0),
    **dict.fromkeys(("second", "2nd"), 1),
    **dict.fromkeys(("third", "3rd"), 2),
    **dict.fromkeys(("fourth", "4th"), 3),
    **dict.fromkeys(("fifth", "5th"), 4),
    **{"sixth": 5, "6th": 5, "seventh": 6, "eighth": 7, "ninth": 8, "tenth": 9, "last": -1},
}
_COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "2": 2, "3": 3, "4": 4}
_ORDINAL = re.compile(
    rf"\b(?<!['’]s )(?:the\s+)?(?P<word>{'|'.join(ORDINALS)})(?:\s+(?P<count>two|three|four|2|3|4))?(?:\s+(?:one|ones|"
    rf"movie|film|book|option|pick|title|suggestion|recommendation|item|of\s+(?:them|those|these)))?\b"
    r"(?!\s+(?:time|night|week|year|month|weekend|part|half|of all|thing|place|day|sequel|installment|season|wives|"
    r"minute))|(?:\bnumber\s+|\bno\.\s*|#\s?)(?P<digit>\d{1,2}|one|two|three|four|five)\b",
    re.IGNORECASE,
)
# "seen 1, 3 and 4", "2 and 5 were boring": bare numbers that count out a list.
_BARE = re.compile(
    r"(?:^\W*(?:(?:and|but|i|i've|have|already|not|no|maybe|also|both|numbers?)\W+)*|\b(?:seen|liked?|loved?|hated?|watched|saw|not|"
    r"want|take|pick|try|skip|drop|enjoyed|disliked|numbers?|compare|between|about)\s+)(?P<list>#?\d{1,2}(?:\s*(?:,\s*(?:and\s+)?|and\s+|&\s*|or\s+|\+\s*)"
    r"#?\d{1,2})*)(?=\s*(?:$|[.!?,;]|(?:was|were|is|are|look|looks|sound|sounds|already|too|please|i|but|bored|not|lol|haha|thx|thanks|pls|plz|tho|though)\b))",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"\b(?:the\s+)?(?:others?|rest|remaining)(?:\s+(?:ones?|two|three|four|\d))?\b(?!\s+(?:movies?|films?|"
    r"day|night|than|of the time))",
    re.IGNORECASE,
)
_NOT_SLOT = re.compile(
    r"^\W*(?:(?:but|and|maybe|ok|okay|hm+|well|so|please|no|i'm|i am)\W+)*(?:not\s+interested\s+in|not|skip|drop|"
    r"remove|swap(?:\s+out)?|replace|exchange|lose|without|cut|take(?=[^.!?]*\boff\b)|anything\s+but|no\s+to|"
    r"leave\s+out|(?:i\s+)?(?:don'?t|do not|didn'?t)\s+(?:want|fancy|feel like|need))\s+(?:to\s+\w+\s+)?(?:the\s+|"
    r"number\s+|#)?",
    re.IGNORECASE,
)
_NO_APPEAL = re.compile(  # "the last two don't interest me"
    r"\b(?:don'?t|do not|doesn'?t|does not)\s+(?:really\s+|quite\s+)?(?:interest|appeal to|tempt|grab|"
    r"excite)\s+(?:me|us)\b|\b(?:is|are)(?:n'?t|\s+not)\s+(?:really\s+)?(?:for (?:me|us)|what i|our thing|my thing)",
    re.IGNORECASE,
)
_TURNED_DOWN = re.compile(
    r"\b(?:(?:something|anything|someone)\s+(?:completely\s+|totally\s+|entirely\s+|very\s+)?(?:else|different)|"
    r"what\s+else|others?\s*\?|any\s+others?|other\s+(?:ones?|options?|ideas|suggestions|recommendations|movies|"
    r"films|choices|books)|none\s+of\s+(?:those|these|them)|neither|no\s+thanks?(?:\s+you)?|not\s+(?:really\s+|"
    r"quite\s+)?(?:those|these|them|(?:that|this)(?!\s+(?:old|long|short|new|recent|slow|dark|sad|scary|expensive))|"
    r"any\s+of|interested|feeling|what\s+i|for\s+me|really\s+my|my\s+(?:thing|style|taste))|a\s+different|"
    r"different\s+(?:ones?|movies|films|options)|(?:\d+|some|a\s+few|two|three|five)\s+more(?!\s+(?:than|like|"
    r"\w+\s+than))|any\s*more\s+(?:suggestions|options|ideas|recommendations)|more\s+(?:suggestions|options|ideas|"
    r"recommendations)|show\s+me\s+(?:more(?!\s+(?:like|of))|others?)|nothing\s+(?:here|on\s+(?:the|this|"
    r"that)\s+list)|(?:these|those|they)\s+(?:aren'?t|are\s+not)\s+(?:for\s+(?:me|us)|my|what)|(?:try|go)\s+again|"
    r"next\s+(?:ones|page|batch)|another\s+(?:one|suggestion|option|list|movie|film|book))\b|^\W*(?:(?:hm+|ok|and|"
    r"nah|nope|no)\W+)*(?:nah|nope|next|pass|no good|more|(?:some |any |the )?others?)(?:\W+(?:please|then|now|"
    r"thanks|thank you|one))?\W*$",
    re.IGNORECASE,
)
DEEPER = re.compile(
    r"\b(?:dig|go|look|search)\s+(?:an?\s+(?:bit|little)\s+)?(?:deeper|further)\b", re.IGNORECASE
)
_NONE_WILL_DO = re.compile(
    r"\b(?:none|not\s+any)\s+of\s+(?:those|these|them)\b|^\W*(?:hm+\W+)*not\s+(?:quite|really|those|these)\W*$",
    re.IGNORECASE,
)
_EXCEPT = re.compile(r"\b(?:except(?:\s+for)?|besides|apart\s+from|other\s+than|all\s+but)\b", re.IGNORECASE)


def points_at(words: str) -> Literal["one", "many"] | None:
    """Whether a clause points at something said before: "it", "those"."""
    match = _POINTS.search(words)
    if match is None:
        return None
    return "many" if match["many"] else "one"


_TOP = re.compile(r"\btop\s+(?=(?:one|two|three|four|[234])\b)", re.IGNORECASE)
_GOES_ON = re.compile(r"\s*(?:$|[^\w\s-]|(?P<next>[\w']+))")
_AFTER = frozenset(
    "please thanks then instead looks look sounds sound seems any which out too also again though now for "
    "who what how forgives ta thx cheers".split()
)  # besides words without a meaning of their own: a noun, as in "number 8 screws", is no place of a list


def beyond(words: str, size: int) -> str:
    """The words that count out a place that a list of `size` items does not have; empty where all are there.

    >>> beyond("number 4 please", 3), beyond("is the second one any good?", 1), beyond("a box of number 8 screws", 3)
    ('number 4', 'the second one', '')
    """
    text = _TOP.sub("first ", words)
    if not size:
        return ""
    inside = bool(slots_in(text, size))
    for match in _ORDINAL.finditer(text):
        follows = _GOES_ON.match(text[match.end() :])
        word = (follows["next"] or "").lower() if follows is not None else ""
        if word and word not in FUNCTION_WORDS | _AFTER:
            continue
        said = match[0].strip() if text == words else match[0].strip().replace("first", "top")
        count = _COUNTS.get((match["count"] or "one").lower(), 1)
        if (
            count > 1
            and ORDINALS[match["word"].lower()] + count > size
            and not match["word"].lower() == "last"
        ):
            return said
        if inside:
            continue
        if match["digit"]:
            number = match["digit"].lower()
            if (int(number) if number.isdigit() else NUMBERS[number]) > size:
                return said
        elif (
            match["word"]
            and re.match(r"the\b|.*\bones?\b", match[0].lower())
            and ORDINALS[match["word"].lower()] >= size
        ):
            return said
    return ""


def slots_in(words: str, size: int) -> list[int]:
    """The places in a list of `size` items that a clause counts out ("the second one"), from 0.

    >>> slots_in("I liked the second one", 5), slots_in("the last two", 5), slots_in("#4", 3)
    ([1], [3, 4], [])
    """
    found: list[int] = []
    words = _TOP.sub("first ", words)
    bare = _BARE.search(words)
    if bare is not None:
        numbers = [int(number) for number in re.findall(r"\d+", bare["list"])]
        if all(1 <= number <= size for number in numbers):
            found += [number - 1 for number in numbers]
    for match in _ORDINAL.finditer(words):
        if match["digit"]:
            number = match["digit"].lower()
            found.append((int(number) if number.isdigit() else NUMBERS[number]) - 1)
            continue
        place, count = ORDINALS[match["word"].lower()], _COUNTS.get((match["count"] or "one").lower(), 1)
        found += range(size - count, size) if place < 0 else range(place, place + count)
    return [slot for slot in dict.fromkeys(found) if 0 <= slot < size]


def rejects_slots(words: str) -> bool:
    """Whether a clause turns down the places that it counts out: "not the second one"."""
    return _NOT_SLOT.match(words) is not None or _NO_APPEAL.search(words) is not None


def is_mere_list(words: str) -> bool:
    """Whether a clause does nothing but count out places: "and the third"."""
    return (
        re.fullmatch(r"\W*(?:and|or|,|also|the|one|ones|\W)*", _ORDINAL.sub(" ", words), re.IGNORECASE)
        is not None
    )


def others(words: str) -> bool:
    """Whether a clause speaks of those that were not pointed at: "the other three", "the rest"."""
    return _OTHERS.search(words) is not None


def turns_down(words: str) -> bool:
    """Whether a clause turns the last list down ("something else", "not those")."""
    return _TURNED_DOWN.search(words) is not None or DEEPER.search(words) is not None


def refuses_all(words: str) -> bool:
    """Whether a clause says that nothing of the last list will do, not just that more is wanted."""
    return _NONE_WILL_DO.search(words) is not None


def excepts(words: str) -> int | None:
    """Where "except" stands in a clause, if it does."""
    match = _EXCEPT.search(words)
    return match.start() if match else None
