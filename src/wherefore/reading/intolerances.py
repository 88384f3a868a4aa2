"""What somebody cannot have: "allergic to peanuts", "a nut allergy", "can't eat eggs", "dairy-free"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from wherefore.catalog.concepts import Concept, concepts
from wherefore.reading.clauses import Span, blank, touch
from wherefore.reading.judged_kinds import FoundKind, ruled_out
from wherefore.text import FUNCTION_WORDS, forms, straight, words

_REACTS = r"(?:allerg(?:y|ies|ic|en|ens)|intoleran(?:t|ce|ces))"
_CUE = re.compile(_REACTS, re.IGNORECASE)
_TO = re.compile(rf"\b{_REACTS}\s+(?:to|of|against)\s+", re.IGNORECASE)
_OF = re.compile(rf"[\s-]+(?P<cue>{_REACTS})\b(?!\s+(?:to|of|against)\b)", re.IGNORECASE)
_CANNOT = (
    r"(?:can(?:'t|not|\s+not)|could(?:n't|\s+not)|must(?:n't|\s+not)|may\s+not|"
    r"(?:not|isn't|aren't)\s+(?:allowed|able|supposed)\s+to|unable\s+to)"
)
_EATS = re.compile(  # what follows is what somebody does not eat, whatever it is
    rf"\b(?:{_CANNOT}|don't|doesn't|do\s+not|does\s+not|won't|will\s+not|never|shouldn't|should\s+not)\s+"
    r"(?:really\s+|ever\s+|even\s+)?(?:eat|drink|digest|consume|tolerate)\s+",
    re.IGNORECASE,
)
_HAS = re.compile(  # what follows may be anything; kinds of things count
    rf"\b{_CANNOT}\s+(?:really\s+|ever\s+|even\s+)?(?:have|stand|stomach|handle|abide|bear|do)\s+",
    re.IGNORECASE,
)
_FREE = re.compile(r"[\s-]free\b(?!\s+(?:range|of|with|from|shipping|delivery|time|gift))", re.IGNORECASE)
_NOT_SO = re.compile(  # right before it: "used to be", "doesn't have to be"
    r"(?:\b(?:not|no|never|nobody|none|used\s+to\s+be|without|needn't)|n't)"
    r"(?:\s+(?:an?|any|be|is|was|to|have|had|has|need|been|necessarily|actually|really|even|ever|known|severe|food))*\s+$",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"[.!?;:()\n]|\b(?:but|because|since|so|when|if|before|after|that|which|who|please|though|although|with|in|at|on|for|"
    r"as|unless|tonight|today|tomorrow|this|while|then|any\s?more|either|myself|too\s+(?:well|often|much)|i|we|you|she|"
    r"he|they|it|what|is|are|am|want|need|looking|something|recommend|suggest|show|find|give)\b",
    re.IGNORECASE,
)
_HOLDING = re.compile(
    r"(?:anything|things?|foods?|stuff|products?|dishes?|meals?)\s+(?:with|containing|made\s+(?:of|from|with))\s+",
    re.IGNORECASE,
)
_JOIN = re.compile(r"\s*(?:,\s*(?:and\s+|or\s+)?|\band\b|\bor\b|\bnor\b|&|/)\s*", re.IGNORECASE)
_VAGUE = frozenset(
    "much lot lots out late early all now today again food foods meal meals anything everything things stuff products "
    "severe serious bad mild food seasonal skin multiple several certain many few own known real people any other "
    "raw solid solids well properly alone less more".split()
)
_LONGEST = 3  # words of one thing that somebody cannot have


def intolerances(text: str, masked: Sequence[Span] = ()) -> list[FoundKind]:
    """What a message says that somebody cannot have, in order: kinds of things, or the words themselves.

    Of what it denies, as in "it needn't be gluten-free", there are no names.

    Args:
        text: The message.
        masked: Characters that say something else: titles, numbers.

    >>> [one.names for one in intolerances("My son has a nut allergy and I can't eat mango or eggs.")]
    [('nuts',), ('mango',), ('eggs',)]
    >>> intolerances("I'm nuts about thrillers and not allergic to anything")
    []
    """
    text = straight(text)
    named = concepts().found(words(text))
    found: list[FoundKind] = []
    for one in (*_after(text, named), *_before(text, named), *_without(text, named)):
        span = one.start, one.end
        if not any(touch(span, other) for other in (*masked, *((each.start, each.end) for each in found))):
            found.append(one)
    return sorted(found, key=lambda one: one.start)


_Named = Sequence[tuple[int, int, Concept]]


def _after(text: str, named: _Named) -> Iterator[FoundKind]:
    """What stands behind: "allergic to nuts and shellfish", "can't eat eggs"."""
    flat = blank(text, [match.span() for match in _HOLDING.finditer(text)])
    for cue in (_TO, _EATS, _HAS):
        for match in cue.finditer(text):
            denied = cue is _TO and _is_denied(text, match.start())
            start = match.end()
            stop = _ENDS.search(flat, start, start + 120)
            end = stop.start() if stop is not None else min(len(text), start + 120)
            for part in _parts(text, start, end):
                kinds = [one for one in named if part[0] <= one[0] and one[1] <= part[1]]
                yield from (_kind(*one, denied) for one in kinds)
                if not kinds and not denied and cue is not _HAS and (told := _told(flat, part)) is not None:
                    yield told


def _before(text: str, named: _Named) -> Iterator[FoundKind]:
    """What stands before: "a nut and dairy allergy", "lactose intolerant"."""
    for match in _OF.finditer(text):
        end = match.start()
        kinds = []
        for start, stop, concept in sorted(named, key=lambda one: -one[0]):
            if stop >= match.end() and start < match.start("cue"):
                kinds.append((start, stop, concept))  # "lactose intolerant" is a name itself
                end = start
            elif stop <= end and (not text[stop:end].strip(" -'s") or _JOIN.fullmatch(text[stop:end])):
                kinds.append((start, stop, concept))
                end = start
        first = min((one[0] for one in kinds), default=end)
        denied = _is_denied(text, first)
        yield from (_kind(*one, denied) for one in kinds)
        last = re.search(r"[a-z]+$", text[: match.start()], re.IGNORECASE)
        denied = (
            denied or last is None or _CUE.fullmatch(last[0]) is not None or _is_denied(text, last.start())
        )
        if not kinds and not denied and last is not None and (told := _told(text, last.span())) is not None:
            yield told


def _without(text: str, named: _Named) -> Iterator[FoundKind]:
    """What is to be free of it: "soy free", "dairy-free"."""
    for start, end, concept in named:
        behind = _FREE.match(text, end)
        is_free = concept.rules_out and re.search(r"free$", text[start:end], re.IGNORECASE)
        if behind or is_free:
            denied = _is_denied(text, start)
            yield _kind(start, behind.end() if behind else end, concept, denied)


def _is_denied(text: str, at: int) -> bool:
    return _NOT_SO.search(text[max(0, at - 60) : at]) is not None


def _kind(start: int, end: int, concept: Concept, denied: bool) -> FoundKind:
    return FoundKind(start, end, () if denied else ruled_out(concept), bool(concept.rules_out))


def _parts(text: str, start: int, end: int) -> Iterator[Span]:
    at = start
    for join in (*_JOIN.finditer(text, start, end), None):
        yield at, join.start() if join is not None else end
        at = join.end() if join is not None else end


def _told(text: str, span: Span) -> FoundKind | None:
    """The words of a part, where they may name a thing."""
    told = [form for form in forms(text[slice(*span)]) if form not in FUNCTION_WORDS and form not in _VAGUE]
    if not 0 < len(told) <= _LONGEST or not all(form.isalpha() and len(form) > 2 for form in told):
        return None
    start = span[0] + len(text[slice(*span)]) - len(text[slice(*span)].lstrip())
    return FoundKind(start, span[0] + len(text[slice(*span)].rstrip()), (" ".join(told),), False)
