"""Complaints: what a message says went wrong: the same things again, or not what was said."""

from __future__ import annotations

import re
from typing import Literal

from wherefore.reading.clauses import NT
from wherefore.text import straight

Complaint = Literal["again", "unheard"]

_AGAIN = re.compile(
    r"\byou(?:'ve|\s+have)?\s+(?:already|just)\s+(?:showed|shown|gave|given|suggested|told|listed|recommended|had|offered)\b|"
    r"\byou\s+(?:showed|gave|suggested|listed|recommended|offered)\s+(?:me\s+)?(?:that|those|these|them|it|this|the\s+\w+(?:\s+one)?)"
    r"\s+(?:one\s+)?(?:already|before|yesterday|just\s+now|earlier)\b|"
    r"\b(?:the\s+)?(?:exact\s+)?same\s+(?:ones?|list|films|movies|books|stuff|things|five|results)(?:\s+as\s+before)?\s*(?:again\b|!|$)|"
    r"\b(?:these|those|them|that\s+one)\s+again\s*[?!]|\bagain\s+the\s+same\b|\byou(?:'re)?\s+(?:keep\s+)?repeating\b",
    re.IGNORECASE,
)
_UNHEARD = re.compile(
    r"\bi\s+(?:already\s+|just\s+|did\s+|literally\s+|clearly\s+|specifically\s+)*(?:said|say|told\s+(?:you|u)|asked\s+for|wrote|mentioned)\b"
    r"(?!\s+that\s+wrong)|\bdid\s+(?:i\s+not|n'?t\s+i)\s+say\b|\bdidn'?t\s+i\s+(?:just\s+)?(?:say|tell)\b|"
    rf"\b(?:that|this|it)(?:'s|\s+is|\s+was|s)\s+not\s+what\s+i\b|\b(?:that|this|it)\s+(?:is|was){NT}\s+what\s+i\b|"
    r"\bnot\s+what\s+i\s+(?:meant|said|asked|wanted|had\s+in\s+mind)\b|\b(?:i\s+)?never\s+asked\s+for\b|"
    r"\byou(?:'re|\s+are|r)?\s+(?:not\s+listening|misunderst\w+|got\s+(?:me|it|that)\s+wrong)\b|"
    r"\byou\s+(?:keep|kept)\s+(?:on\s+)?(?:showing|giving|suggesting|recommending|listing|offering)\b",
    re.IGNORECASE,
)
_OWN_SLIP = re.compile(
    r"\b(?:sorry|my\s+(?:mistake|bad|fault)|should\s+have\s+said|forgot\s+to\s+say|(?:forget|ignore)\s+what\s+i\s+said)\b",
    re.IGNORECASE,
)
# "These are all womens": what the list has too much of.
ALL_ALIKE = re.compile(
    r"\b(?:these|those|they)(?:'re|\s+are|\s+look)?\s+(?:literally\s+|just\s+|basically\s+)?all\s+"
    r"(?:just\s+|for\s+)?(?P<what>[\w' -]{3,25}?)"
    r"(?=\s+(?:bro|mate|lol|again|now|here|so|and|but|which)\b|[^\w' -]|$)",
    re.IGNORECASE,
)


def complaint(text: str) -> Complaint | None:
    """What a message complains of: that things came `again`, or that it was `unheard`; None where it does not.

    >>> complaint("I said no horror!"), complaint("you already showed me those"), complaint("something else")
    ('unheard', 'again', None)
    """
    said = straight(text)
    if _OWN_SLIP.search(said):
        return None
    if _AGAIN.search(said):
        return "again"
    return "unheard" if _UNHEARD.search(said) else None
