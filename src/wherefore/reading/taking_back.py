"""What messages take back: refusals that hold no longer, wishes that need not be met, and what was asked for before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from wherefore.dialogue.notes import Notes
from wherefore.dialogue.state import ANYWHERE, Limit, Wish
from wherefore.reading.clauses import NT, Span, blank, touch
from wherefore.reading.measures import Measures
from wherefore.text import FUNCTION_WORDS, stem, stems, words

_PIECE = re.compile(r"(?:(?!\b(?:but|except|though|although|because|however)\b)[^.,;:!?\n()])+")
_MOOD = r"(?:actually|now|also|perfectly|totally|quite|just|really|all|again|then|maybe|probably|completely)"
_FINE = r"(?:fine|ok|okay|alright|all\s+right|allowed|welcome|acceptable|no\s+problem|not\s+a\s+problem|cool)"
_SOME = r"[\w' -]{2,30}"
_IS_FINE = re.compile(
    rf"\b(?:is|are|was|were|be|'s|'re|s)\s+(?:{_MOOD}\s+)*{_FINE}\b|"
    rf"\b(?:is|are|'s|'re)\s+(?:{_MOOD}\s+)*back\s+(?:on|in)\b|"
    rf"^\W*(?:(?:ok|okay|well|fine|so|and|then|actually|hm+|oh|yes|yeah|right)\W+)*{_SOME}\s+"
    rf"(?:too|as\s+well|{_FINE})\W*$|"
    r"\b(?:can|may|could)\s+(?:stay|come\s+back|be\s+(?:in|on|there|included|back))\b|"
    rf"\b(?:put|bring|let|have)\s+{_SOME}\s+back\b|\bbring\s+back\b|\b(?:allow|include)\b|"
    rf"(?:\w*{NT}|\bnot)\s+(?:really\s+|actually\s+)?mind\b|\bnothing\s+(?:wrong|bad)\s+(?:with|about)\b",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"\b(?:no|never|without|nor|hates?|avoid|allergic|neither|unless|only\s+if)\b|"
    rf"\b(?:not|\w*{NT})\s+(?!a\s+problem|(?:\w+\s+)?mind\b|wrong)",
    re.IGNORECASE,
)
_NEEDLESS = re.compile(
    rf"(?:\b(?:not|no\s+longer|never)|\w*{NT})\s+(?:be\s+|have\s+to\s+be\s+|need\s+to\s+be\s+)?"
    r"(?:necessary|needed|required|important|a\s+must|essential)\b|"
    r"\b(?:cancell?ed|called\s+off|not\s+coming|isn'?t\s+coming|has\s+left|is\s+gone|dropped\s+out|is\s+optional|are\s+optional|doesn'?t\s+matter|don'?t\s+matter)\b",
    re.IGNORECASE,
)
# "I take it back", "he doesn't mind after all": whatever was refused last.
_TAKES_BACK = re.compile(
    r"\bi\s+(?:(?:do|will|'ll)\s+)?takes?\s+(?:it|that|this)\s+back\b|"
    r"\b(?:doesn'?t|don'?t|does\s+not|do\s+not)\s+(?:really\s+|actually\s+)?mind\s+(?:it\s+|that\s+|them\s+)?after\s+all\b|\b(?:forget|ignore|scrap|scratch)\s+what\s+i\s+(?:just\s+)?said\b",
    re.IGNORECASE,
)
_END = (
    r"(?=\s+(?:for\s+now|then|please|altogether|instead|after\s+all|i\b|we\b|let'?s|show|give|what|just|make)\b|"
    r"[^\w\s'-]|$)"
)
DROPPED = re.compile(
    r"\b(?:forget|never\s?mind|scratch|scrap|drop|ditch|ignore|(?:don'?t|do\s+not)\s+worry)\s+(?:about\s+)?"
    rf"(?P<what>[\w' -]{{2,40}}?){_END}",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"(?:it|that|this|all|all\s+(?:of\s+)?(?:that|this)|everything|those|these|them|the\s+(?:whole\s+)?(?:thing|lot|idea)|"
    r"what\s+i\s+(?:just\s+)?said(?:\s+before)?|that\s+(?:idea|one|request|list))",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"\b(?:different|another|new|next|other)\s+(?:subject|topic|question|request|search)\b|"
    r"\bchange\s+of\s+(?:subject|plans?|topic)\b|\bsomething\s+(?:completely|totally|entirely)\s+(?:different|else)\b|^\W*(?:(?:ok|okay|alright|no|nah|fine)\W+)*leave\s+(?:it|that)\b",
    re.IGNORECASE,
)
_SOMEBODY = re.compile(
    r"\b(?:now|next)\b\W+(?:(?:something|one|some|a\s+\w+)\s+)?for\s+(?:me\b|myself\b|us\b|"
    r"(?:my|our|his|her|the)\s+\w+)|\bback\s+to\s+me\b",
    re.IGNORECASE,
)
_WHOM = re.compile(
    r"\b(?:it'?s|make\s+(?:it|them|that)|this\s+is|it\s+is)\s+(?:[a-z]+\s+)?for\s+(?:me|(?:my|our|his|her|the)\s+\w+)"
    r"(?:\s+\w+)?\s+instead\b|\b(?:no\s+wait|wait\s+no|sorry|actually|no)\b\W+(?:it'?s|it\s+is|they'?re|make\s+it)\s+"
    r"for\s+(?:me\b|(?:my|our|his|her|the)\s+\w+)",
    re.IGNORECASE,
)
REPLACES = re.compile(
    r"\b(?:instead|rather\s+have|'d\s+rather|would\s+rather|on\s+second\s+thoughts?|on\s+reflection|changed\s+my\s+mind|"
    r"switch\s+to|make\s+(?:it|that)\s+an?\b|go\s+for\s+an?\b)|"
    r"^\W*(?:nah|nope|no)\W+(?:something|an?|i\s+want|give\s+me|show\s+me|how\s+about)\b|"
    r"^\W*(?:no\W+|oh\W+|ok\W+|hm+\W+|wait\W+|hang\s+on\W+)*(?:actually|rather)\b(?!\W+(?:also|and|i\s+(?:also|like)))",
    re.IGNORECASE,
)
ADDS = re.compile(r"\b(?:also|too|as\s+well|both|either|plus|still|or)\b", re.IGNORECASE)
FORBIDS = re.compile(
    r"\b(?:allerg\w*|intoleran\w*|coeliac\w*|celiac\w*|vegan\w*|vegetarian\w*|veggie|kosher|halal|diabet\w*|"
    r"pregnan\w*|lactose|gluten|\w+[\s-]free|pacemaker|epilep\w*|can'?t\s+(?:eat|have|digest)|mustn'?t)\b",
    re.IGNORECASE,
)
_LEAST = 2  # words of a content that a new topic has
_BEGINS = 4  # letters that words of one family share: "music", "musicians"

Kind = Literal["topic", "somebody", "whom"]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What a message takes back, and where it says so.

    Attributes:
        places: Characters that say nothing else.
        anew: What goes of what was asked for before: all of it (`topic`), also whom it was for (`somebody`), or only
            that (`whom`).
    """

    places: tuple[Span, ...]
    anew: Kind | None


def take_back(
    text: str, told: Sequence[str], named: Sequence[Span], notes: Notes, measures: Measures
) -> TakenBack:
    """Take out of the notes what a message drops by name; what it says of the rest.

    Args:
        text: The message, apostrophes straight.
        told: What the user said before, message by message.
        named: Where it names items: those are judged elsewhere.
        notes: What was heard before it.
        measures: Which field a word like "budget" is about.
    """
    places: list[Span] = []
    anew: Kind | None = None
    for match in DROPPED.finditer(text):
        what, rest = match["what"].strip(), blank(text, [match.span()])
        if any(touch(match.span("what"), place) for place in named):
            continue
        if _ALL.fullmatch(what):
            if not _TAKES_BACK.search(text) and _says_more(rest):
                anew = "topic"
            continue
        said = _content(what)
        if not said:
            continue
        dropped = _drop_wishes(said, notes) | _drop_limits(what, notes, measures) | _mute(said, told, notes)
        if dropped:
            places.append(match.span())
        elif told and not _is_counted(what) and _says_more(rest):
            anew = "topic"  # "forget food for now": the word for what was talked of
            places.append(match.span())
    if _SUBJECT.search(text) and _says_more(_SUBJECT.sub(" ", text)):
        anew = "topic"
    if told and _SOMEBODY.search(text):
        anew = "somebody"
    elif told and _WHOM.search(text):
        anew = anew or "whom"
    return TakenBack(tuple(places), anew)


def allow(text: str, told: Sequence[str], wanted: Sequence[str], notes: Notes) -> list[Span]:
    """Lift the refusals and free the wishes that a message names as fine again, or as needless; where it does.

    Args:
        text: The message, apostrophes straight.
        told: What was said in each message, by its number, also in this one.
        wanted: Pieces of this message that ask for something: what was refused before in the same words is not now.
        notes: What was heard, also in this message.
    """
    places: list[Span] = []
    for piece in _PIECE.finditer(text):
        here = _content(piece[0])
        fine = _IS_FINE.search(piece[0]) is not None and not _DENIES.search(piece[0])
        fine = fine and not text[piece.end() :].startswith("?")
        needless = _NEEDLESS.search(piece[0]) is not None
        if not (fine or needless):
            continue
        lifted = [wish for wish in notes.refusals if _names(here, wish)]
        for wish in _with_its_rule(lifted, notes):
            notes.allow(wish)
            notes.forget_words(wish.said)
        freed = [wish for wish in notes.wishes if needless and _names(here, wish)]
        for wish in freed:
            notes.free(wish.field, wish.value)
        if lifted or freed:
            places.append(piece.span())
    if _TAKES_BACK.search(text):
        for wish in notes.refused_last():
            notes.allow(wish)
    for said in wanted:
        here = _content(said)
        for wish in notes.refusals:
            number = notes.refused_in(wish)
            earlier = number is not None and number < len(told) - 1
            if earlier and _names(here, wish) and not FORBIDS.search(told[number or 0]):
                notes.allow(wish)
    return places


def _with_its_rule(lifted: Sequence[Wish], notes: Notes) -> list[Wish]:
    """Refusals with those that the same rule made: who eats meat again is no vegetarian."""
    rules = {
        wish.said
        for wish in lifted
        if wish.value == "meat" or _content(wish.said) & _content(wish.value) == set()
    }
    return [
        wish for wish in notes.refusals if wish in lifted or (wish.field == ANYWHERE and wish.said in rules)
    ]


def _names(here: set[str], wish: Wish) -> bool:
    """Whether words name what a wish is for, or hold all that the user said for it."""
    value, said = _content(wish.value), _content(wish.said)
    return bool(value and value <= here or said and said <= here)


def _drop_wishes(said: set[str], notes: Notes) -> bool:
    found = [wish for wish in notes.wishes if said & (_content(wish.said) | _content(wish.value))]
    for wish in found:
        notes.free(wish.field, wish.value)
        notes.forget_words(wish.said)
    return bool(found)


def _drop_limits(what: str, notes: Notes, measures: Measures) -> bool:
    named = {spec.name for word in words(what) if (spec := measures.labelled(word.form)) is not None}
    found = [limit for limit in notes.limits if limit.field in named or _says_limit(what, limit)]
    for limit in found:
        notes.lift(limit.field, "eq")
        notes.forget_words(limit.said)
    return bool(found)


def _says_limit(what: str, limit: Limit) -> bool:
    said = {one for one in _content(limit.said) if not one.isdigit() or len(one) > 1}
    return bool(said & _content(what))


def _mute(said: set[str], told: Sequence[str], notes: Notes) -> bool:
    """Let words of earlier messages count no longer that are those, or of their family."""
    gone = {
        word.form
        for message in told
        for word in words(message)
        if any(_alike(stem(word.form), one) for one in said)
    }
    for form in gone:
        notes.forget_words(form)
    return bool(gone)


def _alike(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return one == other or (len(short) >= _BEGINS and long.startswith(short))


def _content(said: str) -> set[str]:
    """The stems of the words that have a content of their own."""
    return {one for one in stems(said) if one not in _IDLE}


_IDLE = (
    FUNCTION_WORDS
    | {stem(one) for one in FUNCTION_WORDS}
    | frozenset("thing stuff part bit idea rule one limit anymore".split())
)


def _is_counted(what: str) -> bool:
    return (
        re.match(r"(?:the\s+)?(?:first|second|third|fourth|fifth|last|\d|number)\b", what, re.IGNORECASE)
        is not None
    )


def _says_more(rest: str) -> bool:
    return len(_content(rest) - {"actual", "ok", "okay", "no", "thank", "pleas"}) >= _LEAST
