"""Verdicts: what a clause says of the items it names or points at: liked, disliked, seen, turned down."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

Verdict = Literal["liked", "disliked", "seen", "unseen", "rejected"]
Span = tuple[int, int]

_LONGEST = 300  # characters of a clause; what goes on longer without a stop is cut at a word

_GOOD = (
    r"great|awesome|amazing|good|excellent|fantastic|brilliant|fun|funny|a classic|cool|perfect|wonderful|incredible|"
    r"a masterpiece|masterpiece|hilarious|beautiful|superb|the best|best|favou?rites?|fave|fav|lovely|"
    r"outstanding|epic|nice|"
    r"phenomenal|terrific|solid|enjoyable|entertaining|stunning|gripping|touching|delightful|exactly what i like"
)
_BAD = (
    r"boring|bored|bad|terrible|awful|worst|overrated|disappointing|disappointed|disappointment|sucked|sucks|"
    r"lame|stupid|dumb|"
    r"garbage|trash|mediocre|meh|a waste|waste of time|annoying|dull|horrible|ridiculous|over-?hyped|"
    r"forgettable|unwatchable|"
    r"a letdown|a let down|too (?:slow|long|scary|gory|sad|violent|silly|weird|bloody|dark|cheesy|"
    r"predictable|much)|slow|cheesy|"
    r"not for me|wasn'?t for me|isn'?t for me|not my (?:thing|cup|type|style|taste)|isn'?t my|wasn'?t my|"
    r"fell asleep|walked out|"
    r"couldn'?t finish|couldn'?t get (?:into|through)"
)
_NOT = r"(?:not|never|hardly|neither|nor|no)"
_VERB = re.compile(
    r"\b(?:(?P<bad>hate[sd]?|hating|dislike[sd]?|despise[sd]?|loathe[sd]?|(?:can|could)(?:'?t|not| not) stand|"
    r"not (?:a |much of a |really a )?(?:huge |big )?fans? of|didn'?t care (?:much |too much )?for|did not care for|"
    r"(?:don'?t|do not) care for|tired of|sick of|wasn'?t (?:really )?into|regret(?:ted)?|disappointed (?:by|with|in))"
    r"|(?P<good>love[sd]?|loving|liked|likes|enjoy(?:ed|s|ing)?|adore[sd]?|(?:big |huge )?fans? of|"
    r"favou?rites?(?: \w+){0,2}? (?:is|are|was|were|include)|"
    r"obsessed with|really into|crazy about|appreciate[sd]?|impressed by|(?:top|all[- ]time) \w+ (?:is|are))"
    r"|(?P<like>like)"
    r"|(?P<seen>seen|watched|saw|rewatched|re-watched|finished|already read|have read|(?<=i )read|did see|"
    r"own|have (?:it|that)|already know|played)"
    r"|(?P<ask>similar to|in the vein of|along the lines of|same (?:style|vein|genre) as|such as|reminds? me "
    r"of|reminiscent of|comparable to|the style of)"
    r"|(?P<plan>(?:will|'ll|to|should|would|can|gonna|let'?s|might|wanna|going to) (?:\w+ ){0,2}?(?:see|"
    r"watch|try|check out|rewatch|read|hear|give)))\b",
    re.IGNORECASE,
)
_AS_VERB = re.compile(
    r"\b(?:i|we|you|they|he|she|kids?|son|daughter|wife|husband|mom|dad|friends?|really|also|do|did|don'?t|"
    r"didn'?t|not|does|doesn'?t|"
    r"didnt|dont|both|always|still|actually|kinda|never|and|to)\s*$",
    re.IGNORECASE,
)
_NOT_ALIKE = re.compile(
    r"\b(?:look|looks|looked|sound|sounds|sounded|seem|seems|seemed|feel|feels|felt|kind of|sort of|is it|is "
    r"that|it'?s|was|would|you|'d|what'?s|"
    r"what is|what was|are they|who)\s*(?:really |kind of |more |a bit |at all )?$",
    re.IGNORECASE,
)
_NEGATED_BEFORE = re.compile(
    rf"(?:\b{_NOT}|n't|\b(?:do|did|does|is|was|are|were|have|has|had|ca|wo|would|could|should)nt)\s+"
    rf"(?:(?:really|ever|even|all that|that|particularly|actually|much|too|so|a|an|the|"
    rf"very|huge|big|yet|been|have|had|"
    r"exactly|say i|think i|think it|think that|was|is|quite|necessarily|personally|i|anything|something|"
    r"movies?|films?|like)\s+){0,4}$",
    re.IGNORECASE,
)
_AFTERWARDS = re.compile(
    r"^\W*(?:(?:movies?|films?|books?|series|one|though|also|actually|honestly|itself)\s+)?"
    r"(?:(?P<copula>was|is|were|are|'s|seemed|felt|looked|turned out|has been|bored|made|had|wasn'?t|isn'?t|"
    r"weren'?t|aren'?t|wasnt|isnt)\b)?"
    r"(?P<rest>[^.!?;\n]{0,60})",
    re.IGNORECASE,
)
_GOOD_AT = re.compile(rf"\b(?:{_GOOD})\b", re.IGNORECASE)
_BAD_AT = re.compile(rf"\b(?:{_BAD})\b", re.IGNORECASE)
_SOUNDS = re.compile(
    r"\b(?:sounds?|looks?|heard|supposed|hear|going to be|would be|might be|could be|any|said)\b",
    re.IGNORECASE,
)
_TO_YOU = re.compile(
    r"^\W*(?:(?:oh|so|and|ok|okay|well|hi|hey|hello|yes|no|cool|hmm)\W+)*(?:have|did|do|are|were|would|"
    r"did)\s+(?:you|u|ya|he|she|they)\b"
    r"|^\W*(?:is|was|what(?:'?s)?\s+(?:is|was|about)?|who(?:'?s)?|where|when|how\s+(?:is|was)|does|which)\b",
    re.IGNORECASE,
)
_SPLIT = re.compile(
    r"(?<!\d)[.]+(?!\d)|(?<=\d)\.(?=\s|$)|[!?;\n]+|\s+-+\s+"
    r"|(?:,\s*)?(?<!all )(?<!any )(?<!thing )(?<!nothing )(?<!anything )(?<!everything )\b(?:but|however|"
    r"although|whereas|though|yet)\b(?!\s+(?:again|another|to))"
    r"|,\s*(?=(?:and\s+|so\s+)?(?:i|i'?ve|i'?m|i'?d|we|my|they|he|she|it|it'?s|that|that'?s|those|not|no|"
    r"nothing|never|something|anything|please|what|do|can|"
    r"have|could|maybe|just|loved|hated|liked|seen|didn'?t|don'?t|preferably|ideally|with|without|the\s+\w+\s+was)\b)"
    r"|\s(?=and\s+(?:i|i'?ve|it|that|we|they|then|loved|hated|disliked|liked|enjoyed|didn'?t|really|found|"
    r"thought|he|she|not|no)\b)"
    r"|\b(?:because|cause|since i|which|so i|while i)\b",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"\b(?P<many>those|them|these|both|all|they|any of (?:them|those|these)|none of (?:them|those|these)|"
    r"neither|each|either|everything)\b"
    r"|\b(?P<one>that one|this one|that|it|this|that movie|that film)\b",
    re.IGNORECASE,
)
_ORDINALS = {
    "first": 0,
    "1st": 0,
    "second": 1,
    "2nd": 1,
    "third": 2,
    "3rd": 2,
    "fourth": 3,
    "4th": 3,
    "fifth": 4,
    "5th": 4,
}
_ORDINALS |= {"sixth": 5, "seventh": 6, "eighth": 7, "ninth": 8, "tenth": 9, "last": -1}
_COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "2": 2, "3": 3, "4": 4}
_ORDINAL = re.compile(
    rf"\b(?:the\s+)?(?P<word>{'|'.join(_ORDINALS)})(?:\s+(?P<count>two|three|four|2|3|4))?(?:\s+(?:one|ones|"
    rf"movie|film|book|option|pick|title|suggestion|recommendation|item|of\s+(?:them|those|these)))?\b"
    r"(?!\s+(?:time|night|week|year|month|weekend|part|half|of all|thing|place|day|sequel|installment|season|"
    r"wives|minute))"
    r"|(?:\bnumber\s+|\bno\.\s*|#\s?)(?P<digit>\d{1,2}|one|two|three|four|five)\b",
    re.IGNORECASE,
)
_TURNED_DOWN = re.compile(
    r"\b(?:(?:something|anything|someone)\s+(?:completely\s+|totally\s+|entirely\s+|very\s+)?(?:else|"
    r"different)|what\s+else|others?\s*\?|any\s+others?|other\s+(?:ones?|options?|ideas|suggestions|"
    r"recommendations|movies|films|choices|books)|none\s+of\s+(?:those|these|them)|neither|"
    r"no\s+thanks?(?:\s+you)?|not\s+(?:those|these|them|that|this|any\s+of|"
    r"interested|feeling|what\s+i|for\s+me|really\s+my|my\s+(?:thing|style|taste))|a\s+different|"
    r"different\s+(?:ones?|movies|films|options)|"
    r"any\s*more\s+(?:suggestions|options|ideas|recommendations)|more\s+(?:suggestions|options|ideas|"
    r"recommendations)|show\s+me\s+more|next\s+(?:ones|page|batch)|"
    r"another\s+(?:one|suggestion|option|list|movie|film|book))\b|^\W*(?:nah|nope|next|pass|more)\W*$",
    re.IGNORECASE,
)
_I_HAVE = re.compile(
    r"^\W*(?:(?:yes|yeah|yep|yup|yea|oh|sure|actually|of course)\W+)*(?:(?:i|we)\s+(?:have|did)(?:\s+(?:too|"
    r"already|actually|indeed))?|"
    r"(?:already\s+)?(?:have\s+)?(?:seen|watched)(?:\s+already)?|yes\s+i\s+have)\W*$",
    re.IGNORECASE,
)
_EXCEPT = re.compile(r"\b(?:except(?:\s+for)?|besides|apart\s+from|other\s+than|all\s+but)\b", re.IGNORECASE)


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


def verdict_on(
    text: str, clause: Span, mentions: Sequence[Span], i: int, before: Verdict | None
) -> Verdict | None:
    """What a clause says of its i-th mention.

    Args:
        text: The message, apostrophes straight.
        clause: The clause's characters.
        mentions: The clause's mentions, in order.
        i: Which of them.
        before: The verdict of the clause before, which "but not X" turns round.
    """
    start, end = mentions[i]
    until = mentions[i + 1][0] if i + 1 < len(mentions) else clause[1]
    afterwards = _AFTERWARDS.match(text[end:until])
    if afterwards is not None and not _SOUNDS.search(afterwards["rest"]):
        rest = (afterwards["copula"] or "") + afterwards["rest"]
        if afterwards["copula"] or re.match(
            rf"\W*(?:{_GOOD}|{_BAD}|great|good)\b", afterwards["rest"], re.IGNORECASE
        ):
            said = quality(rest)
            if said is not None and not _TO_YOU.search(text[slice(*clause)]):
                return said
    if is_question_to_assistant(text, clause):
        return None
    head = blank(text[clause[0] : start], [(a - clause[0], b - clause[0]) for a, b in mentions[:i]])
    found = _last_verb(head)
    if found is not None:
        return found[0]
    if before is not None and re.match(
        r"^\W*(?:and\s+)?(?:not|never|nor)\s+(?:really\s+|so much\s+)?(?:the\s+)?\W*$", head, re.IGNORECASE
    ):
        return {"liked": "disliked", "disliked": "liked"}.get(before)  # type: ignore[return-value]
    tail = text[end : clause[1]]
    if (
        re.match(r"^\W*(?:too|also|as well|already)\W*$", tail, re.IGNORECASE)
        and before in ("liked", "seen")
        and not head.strip()
    ):
        return before
    return None


def quality(text: str) -> Verdict | None:
    """Whether words like "great" or "boring" say something was good or bad."""
    bad, good = _BAD_AT.search(text), _GOOD_AT.search(text)
    first = min((m for m in (bad, good) if m), key=lambda m: m.start(), default=None)
    if first is None:
        return "disliked" if re.search(r"\bnot\s+(?:so|that|as)\s+(?:great|good)\b", text) else None
    negated = _NEGATED_BEFORE.search(text[: first.start()]) is not None
    if first is bad:
        return (
            "liked"
            if negated and not first[0].lower().startswith(("not", "wasn", "isn", "too"))
            else "disliked"
        )
    return "disliked" if negated else "liked"


def _last_verb(head: str) -> tuple[Verdict | None, int] | None:
    """The last verdict that the words before a mention give, with its place."""
    last: tuple[Verdict | None, int] | None = None
    for match in _VERB.finditer(head):
        ahead = head[: match.start()]
        negated = _NEGATED_BEFORE.search(ahead) is not None
        if match["bad"]:
            verdict: Verdict | None = (
                "liked" if negated and not match["bad"].lower().startswith("not") else "disliked"
            )
        elif match["good"]:
            verdict = "disliked" if negated else "liked"
            if re.search(
                r"\b(?:would|'d|i'?d|gonna|might|will|'ll)\s+(?:really\s+|also\s+)?$", ahead, re.IGNORECASE
            ):
                verdict = None  # "I would love to see X"
        elif match["like"]:
            if re.match(r"\s+to\b", head[match.end() :]) or (
                _NOT_ALIKE.search(ahead) and not _AS_VERB.search(ahead.replace("you", ""))
            ):
                verdict = None
            else:
                verdict = "disliked" if negated else "liked"
        elif match["seen"]:
            verdict = (
                "unseen"
                if negated or re.search(r"\b(?:to|never|will|have to)\s+$", ahead, re.IGNORECASE)
                else "seen"
            )
            if last is not None and last[0] == "liked" and match["seen"].lower() == "own":
                continue
        elif match["ask"]:
            verdict = "disliked" if negated else "liked"
        else:
            verdict = None
        last = (verdict, match.end())
    if last is not None and last[0] == "seen" and re.search(r"\b(?:as|than)\s*(?:the\s*)?$", head):
        return (None, last[1])
    return last


def verdicts_in(text: str, clause: Span) -> list[Verdict]:
    """The verdicts of a clause that names nothing ("I have seen that and loved it")."""
    words = text[slice(*clause)]
    found: list[Verdict] = []
    if is_question_to_assistant(text, clause) or re.search(r"\b(?:sounds?|looks?)\b", words, re.IGNORECASE):
        return found
    for match in _VERB.finditer(words):
        until = _last_verb(words[: match.end()])
        if until is not None and until[0] is not None and match["like"] is None:
            found.append(until[0])
        elif until is not None and until[0] is not None and _AS_VERB.search(words[: match.start()]):
            found.append(until[0])
    if not any(verdict in ("liked", "disliked") for verdict in found) and "unseen" not in found:
        said = quality(words)
        copula = re.search(
            r"\b(?:was|is|were|are|that'?s|it'?s)\b|wasn'?t|isn'?t|^\W*(?:too|so|very|really|boring|great|awful)\b",
            words,
            re.I,
        )
        if said is not None and copula is not None:
            found.append(said)
    return found


def points_at(words: str) -> Literal["one", "many"] | None:
    """Whether a clause points at something said before: "it", "those"."""
    match = _POINTS.search(words)
    if match is None:
        return None
    return "many" if match["many"] else "one"


def slots_in(words: str, size: int) -> list[int]:
    """The places in a list of `size` items that a clause counts out ("the second one"), from 0.

    >>> slots_in("I liked the second one", 5), slots_in("the last two", 5), slots_in("#4", 3)
    ([1], [3, 4], [])
    """
    found: list[int] = []
    for match in _ORDINAL.finditer(words):
        if match["digit"]:
            number = match["digit"].lower()
            found.append((int(number) if number.isdigit() else _NUMBERS[number]) - 1)
            continue
        place, count = _ORDINALS[match["word"].lower()], _COUNTS.get((match["count"] or "one").lower(), 1)
        found += range(size - count, size) if place < 0 else range(place, place + count)
    return [slot for slot in dict.fromkeys(found) if 0 <= slot < size]


_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}


def turns_down(words: str) -> bool:
    """Whether a clause turns the last list down ("something else", "not those")."""
    return _TURNED_DOWN.search(words) is not None


def says_i_have(words: str) -> bool:
    """Whether a clause answers "Have you seen it?" with yes."""
    return _I_HAVE.match(words) is not None


def excepts(words: str) -> int | None:
    """Where "except" stands in a clause, if it does."""
    match = _EXCEPT.search(words)
    return match.start() if match else None
