"""Corrections: words with which people take back or replace what they said before."""

from __future__ import annotations

import re

_NOT_SO = (  # said of one's own words
    r"no,?\s+wait|wait,?\s+no|scratch\s+that|strike\s+that|actually,?\s+no(?=\s*[,.]|\s+(?:make|wait|i|it)\b)"
)
CORRECTS = re.compile(
    rf"\b(?:i\s+(?:actually\s+)?meant|i\s+was\s+thinking\s+of|make\s+that|correction|typo|{_NOT_SO})\b[^.!?]*$|"
    r"\b(?:no|sorry|oops|argh?)\b[^.!?]{0,12}\bi\s+mean\b[^.!?]*$|,?\s+i\s+mean\s*$",
    re.IGNORECASE,
)
SELF_CORRECTION = re.compile(rf"\b(?:{_NOT_SO})\b", re.IGNORECASE)
START_OVER = re.compile(
    r"\b(?:forget|ignore|scratch|drop|clear|erase)\s+(?:about\s+)?(?:everything|all)\b(?!\s+but)|\bstart(?:ing)?\s+(?:all\s+)?"
    r"(?:over|again|from scratch|afresh|fresh)\b|\breset\b|\bnew search\b|\bfrom scratch\b",
    re.IGNORECASE,
)
NEEDNT = re.compile(
    r"\b(?:he|she|they)\s+(?:doesn'?t|don'?t|does not|do not|needn'?t|need not)\s+(?:(?:have|"
    r"need)\s+to\s+)?(?:be|star|appear|play)\b",
    re.IGNORECASE,
)
DROPS = re.compile(
    r"\b(?:forget|never\s?mind|scratch|drop|ditch)\s+(?:about\s+)?(?P<what>[^,.!?;\n]{3,40})", re.IGNORECASE
)
