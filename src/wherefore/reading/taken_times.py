"""Days that somebody has no time on: "I hate giving up my weekends", "school takes up the week", "I work Tuesdays"."""

from __future__ import annotations

import re

_MY = r"(?:(?:my|our|his|her|their|the|any|all|every|whole|entire|of)\s+)*"
# Verbs of which a day is the object, and what it is lost to: nothing then can be on it.
_LOSING = re.compile(
    r"\b(?:giv(?:e|es|ing)\s+up|los(?:e|es|ing)|sacrific\w+|spoil\w*|ruin\w*|eat(?:s|ing)?\s+(?:up|into)|tak(?:e|es|ing)\s+up|cut(?:s|ting)?\s+into|"
    r"wast(?:e|es|ing)|us(?:e|es|ing)\s+up|fill(?:s|ing)?(?:\s+up)?|encroach\w*\s+on|part\s+with|touch(?:es|ing)?)\s+"
    rf"{_MY}$"
)
_KEEPING = re.compile(
    rf"\b(?:keep|leave|want|need|like|have|protect|guard)\s+{_MY}$"
)  # "keep my Sundays free", "want my weekends to myself"
_KEPT = re.compile(
    r"\s*(?:free|clear|sacred|for\s+(?:myself|ourselves|the\s+\w+|my\s+\w+|our\s+\w+|family)|to\s+(?:my|our)sel\w+)\b"
)
_TO_BE_KEPT = re.compile(r"\b(?:keep|leave|protect|guard)\s")
_FULL = re.compile(  # what is said of a day
    r"\s*(?:(?:is|are|'?re|'s|tend\s+to\s+be)\s+(?:always\s+|usually\s+|already\s+|all\s+|a\s+bit\s+)?"
    r"(?:busy|taken|full|booked|out(?!\s+of\s+town)|off[\s-]limits|spoken\s+for|no\s+(?:good|use|go)|bad|impossible|tricky|difficult|sacred|"
    r"for\s+(?:the\s+)?(?:family|kids|children|church|football|work|resting|grand\w+)|my\s+(?:busy|day\s+with)|when\s+i(?:'m|\s+(?:work|have|am)))|"
    r"(?:don'?t|doesn'?t|won'?t|do\s+not|does\s+not|can'?t)\s+work|i\s+(?:work|can'?t|cannot))\b"
)
_BUSY = re.compile(  # what somebody does on a day
    r"\b(?:(?:busy|tied\s+up|away|at\s+(?:work|school|college|church|choir|the\s+\w+)|working|teaching|committed|booked|unavailable|not\s+(?:free|available|around))"
    r"|(?:i|we|he|she|they)\s+(?:always\s+|usually\s+|already\s+)?(?:work|teach|volunteer|train|look\s+after\s+\w+|have\s+(?!\w+day)(?:\w+\s+){1,3}?))\s*"
    rf"(?:on\s+|at\s+|over\s+|during\s+|every\s+|all\s+(?:day\s+)?)*{_MY}$"
)
_OFF = re.compile(r"\s*(?:off|free|available|spare|clear)\b")
_WEEK = re.compile(  # "the week" as what is lost or full: its working days
    r"(?<=\bthe\sweek)|(?<=\bmy\sweek)|(?<=\bour\sweek)"
)


def is_taken(low: str, start: int, end: int) -> bool:
    """Whether a text in lower case says of the day in these characters that there is no time on it.

    >>> is_taken("i hate giving up my weekends", 20, 28), is_taken("i have fridays off", 7, 14)
    (True, False)
    """
    before, behind = re.split(r"[.;!?\n]", low[max(0, start - 60) : start])[-1], low[end : end + 40]
    if _LOSING.search(before) is not None or _FULL.match(behind) is not None:
        return True
    if _KEEPING.search(before) is not None and (kept := _KEPT.match(behind)) is not None:
        free = kept[0].strip() in ("free", "clear")
        return not free or _TO_BE_KEPT.search(before) is not None
    return _OFF.match(behind) is None and _BUSY.search(before) is not None


def taken_weeks(low: str) -> list[tuple[int, int]]:
    """Where a text says of "the week", its working days, that there is no time in it.

    >>> taken_weeks("only at weekends as school takes up the week"), taken_weeks("once the week of 3 may is over")
    ([(40, 44)], [])
    """
    spans = [(match.end() - len("week"), match.end()) for match in _WEEK.finditer(low)]
    return [span for span in spans if not low[span[1] :].lstrip().startswith("of ") and is_taken(low, *span)]
