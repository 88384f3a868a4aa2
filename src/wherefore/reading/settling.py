"""Settling on what was listed by a clause that only points at it: "nah the last one, put me down for that"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from wherefore.dialogue.choices import Choice
from wherefore.reading.choices import ASKS_MORE
from wherefore.reading.clauses import Span
from wherefore.reading.slots import slots_in
from wherefore.text import straight

_ITEM = "\ue000"  # stands for each character of a mention
_PARTS = re.compile(r"[^.!?;:,\n]+[.!?;:,\n]*")
_AND = re.compile(r"\s+(?:and|plus|then|but|&)\s+", re.IGNORECASE)
_POINTS = re.compile(
    r"(?P<one>\b(?:that|this)\s+one\b|\b(?:it|that|this)\b)|\b(?:the\s+)?(?P<most>(?:most|least)\s+[a-z]+|(?!rest\b|best\b)[a-z]{3,}est)"
    r"(?:\s+one)?(?:\s+of\s+(?:them|these|those))?\b",
    re.IGNORECASE,
)
_SLOT = re.compile(
    r"\b(?:the\s+)?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last|1st|2nd|3rd|4th|5th|top)(?:\s+(?:one|two|three|four|"
    r"ones|option|pick|of\s+(?:them|these|those)))?\b|\b(?:number|no\.|option|#)\s?(?:\d{1,2}|one|two|three|four|five)\b|\bboth\b",
    re.IGNORECASE,
)
_TAKES = frozenset(
    "take taking have having go going get getting grab buy buying order ordering book reserve want keep "
    "keeping put down add choose choosing pick picking try trying watch watching read reading cook "
    "cooking make making play playing wear settle sold spare backup reserve please then save saving sign "
    "wrap".split()
)
_FILLING = frozenset(
    "the a an one i we us me my our ours mine i'll we'll ill it'll i'm im we're let's lets will shall "
    "gonna to with for on in as up of at ok okay fine well so nah yes yeah yep aye right alright ooh oh ah hm go "
    "definitely certainly it's its that's thats is be it that this ta thx thanks thank you cheers pls plz actually "
    "just maybe too also done deal sorted settled hmm both mate tonight now tomorrow today sunday saturday "
    "friday".split()
)
_PRAISE = frozenset(  # settles nothing where it is said of an item: "the first is great"
    "perfect great lovely brilliant good grand sweet nice cool super love".split()
)
_QUESTION = re.compile(  # without its mark: "whos in it, the second one"
    r"\W*(?:(?:who|what|when|where|how|why|which|whose)(?:'?s)?\b|(?:is|are|does|do|did|can|could|would|has)\s+"
    r"(?:it|that|this|the|they|there|any|i|you|we)\b)",
    re.IGNORECASE,
)
_ASKED_WHICH = re.compile(r"\bwhich\s+(?:one|\w+)\b[^?]*\?\s*$", re.IGNORECASE)
_LONGEST = 14  # words of what else a message says in one breath


class Settled(NamedTuple):
    """What a message settles on, and the characters that say so."""

    choice: Choice
    span: Span


def settled_in(
    content: str,
    mentions: Sequence[tuple[int, int, str]],
    listed: Sequence[str],
    focus: Sequence[str],
    before: str,
    extreme: Callable[[str, Sequence[str]], str | None],
) -> Settled | None:
    """What a message settles on by clauses that only point at items of the last list; None where none does.

    Args:
        content: The message.
        mentions: Where it names or points at items: start, end and item of each, in order.
        listed: The last list.
        focus: The one item that was talked of last, if it is one.
        before: The assistant's last words: a pointer may answer "which one do you mean?".
        extreme: Gives the one of some items that a superlative means.
    """
    if not listed or "?" in content or _ASKED_WHICH.search(before):
        return None
    text = straight(content)
    for start, end, _ in mentions:
        text = text[:start] + _ITEM * (end - start) + text[end:]
    items: dict[str, None] = {}
    spans: list[Span] = []
    goes_on = False  # whether the part before took something, so that "and the third" is taken as well
    plain, taken = True, False  # whether nothing else is said, and whether anything is said to be taken
    for start, end in _parts(text):
        part = text[start:end]
        if _QUESTION.match(part):
            return None
        found, takes = _pointed(part, start, mentions, listed, [*focus, *items][-1:], extreme)
        if found and (takes or goes_on or (plain and not spans)):
            items.update(dict.fromkeys(found))
            spans.append((start, end))
            goes_on, taken = True, taken or takes
            continue
        if ASKS_MORE.search(part) or len(part.split()) > _LONGEST or _ITEM in part or _SLOT.search(part):
            return None
        goes_on, plain = False, plain and _is_filling(part)
    if not spans or not (taken or plain):
        return None
    span = spans[0][0], spans[-1][1]
    return Settled(Choice(tuple(items), (), True, content[slice(*span)].strip(" .,;!\n")), span)


def _is_filling(part: str) -> bool:
    """Whether a clause says nothing of its own: "lovely, thanks", but not "that's a lovely one"."""
    told = set(re.findall(r"[\w']+", part.lower()))
    if told & _PRAISE:
        return told <= _PRAISE | {"oh", "ooh", "ah", "so", "very", "thanks", "thank", "you", "ta", "cheers"}
    return told <= _TAKES | _FILLING


def _parts(text: str) -> list[Span]:
    """Where the clauses of a text lie."""
    found: list[Span] = []
    for match in _PARTS.finditer(text):
        start = match.start()
        for joint in _AND.finditer(text, start, match.end()):
            found.append((start, joint.start()))
            start = joint.end()
        found.append((start, match.end()))
    return [(start, end) for start, end in found if text[start:end].strip(" .!?;:,\n")]


def _pointed(
    part: str,
    offset: int,
    mentions: Sequence[tuple[int, int, str]],
    listed: Sequence[str],
    focus: Sequence[str],
    extreme: Callable[[str, Sequence[str]], str | None],
) -> tuple[list[str], bool]:
    """The items that a clause does nothing but point at, and whether it says besides that they are taken."""
    here = [item for start, end, item in mentions if offset <= start < offset + len(part)]
    rest, found, weak = part, [one for one in here if one in listed], False
    if here and len(found) < len(here):
        return [], False
    rest = re.sub(f"{_ITEM}+", " ", rest)
    if _SLOT.search(rest):
        both = list(listed) if re.search(r"\bboth\b", rest, re.IGNORECASE) and len(listed) == 2 else []
        found += [listed[slot] for slot in slots_in(rest, len(listed))] or both
        rest = _SLOT.sub(" ", rest)
    elif (match := _POINTS.search(rest)) is not None and not found:
        if match["most"]:
            one = extreme(match["most"].lower(), listed)
            found = [one] if one is not None else []
        else:
            found = list(focus or (listed if len(listed) == 1 else ()))
            weak = " " not in match["one"].strip()
        rest = rest[: match.start()] + " " + rest[match.end() :]
    told = {one for one in re.findall(r"[\w']+", rest.lower())}
    takes = bool(told & _TAKES)
    if not found or not told <= _TAKES | _FILLING or (weak and not takes):
        return [], False
    return list(dict.fromkeys(found)), takes
