"""Choices that are left to the assistant: "Emma or Dracula? you decide", "go on, which one and why?"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal

from wherefore.dialogue.questions import Condition, Question
from wherefore.reading.clauses import Span
from wherefore.text import forms

Most = tuple[str, Literal["", "max", "min"], Sequence[str]]  # field, end and items

_DECIDES = re.compile(
    r"\b(?:you|u)(?:'ll\s+have\s+to|\s+(?:can|may|should|just|get\s+to))?\s+(?:decide|choose|pick)\b(?!\s+(?:me\b|an?\b|some|any|out\b))|"
    r"\b(?:your|ur)\s+(?:call|choice|pick|decision|turn\s+to\s+(?:choose|pick))\b|\bup\s+to\s+(?:you|u)\b|"
    r"\b(?:can(?:no|'|\s+no)?t|couldn'?t|unable\s+to|struggling\s+to|trouble)\s+(?:decid(?:e|ing)|choos(?:e|ing)|agree|pick(?:ing)?|"
    r"make\s+up\s+(?:my|our)\s+minds?)\b|\bhelp\s+(?:me|us)\s+(?:to\s+)?(?:decide|choose|pick)\b|\btorn\s+between\b|"
    r"\b(?:it'?s|down|down\s+to|is|toss[- ]?up)\s+between\b|"
    r"\bwhich(?:\s+one|\s+of\s+(?:the\s+|these|those|them)(?:\s*\w+)?)?\s+"
    r"(?:should|would|do|shall|wd|to\s+\w+|and\s+why|then)\b|\bwhich\s+one\b(?!s)|"
    r"\b(?:decide|choose|pick(?:\s+one)?)\s+for\s+(?:me|us)\b|\bwhat\s+(?:would|wd)\s+(?:you|u)\s+(?:pick|choose|take|go\s+(?:for|with))\b",
    re.IGNORECASE,
)
_BETTER = re.compile(
    r"\bbetter\s+(?:than|then|or)\b|\b(?:which|what)(?:'s|\s+is)?\s+(?:the\s+)?better\b", re.IGNORECASE
)
_CARES = re.compile(r"\b(?:if|when|for|and\s+i|because|since|but)\b(?P<what>.*)$", re.IGNORECASE | re.DOTALL)
_SEEKS = re.compile(
    r"\b(?:something|anything|else|similar|others|recommend|suggest|show\s+me|find\s+me)\b", re.IGNORECASE
)
_BETWEEN = re.compile(
    r"\bbetween\b|\bwhich\b.*\b(?:more|less|better|best|most|least|\w{3,}er)\b|\b(?:or|vs|versus)\b",
    re.IGNORECASE | re.DOTALL,
)
_FEW = 3  # items that are named
_WORDS = 14  # of a message that leaves the choice of a list, at most


def leaves_choice(text: str) -> Span | None:
    """Where a message leaves a choice to the assistant."""
    match = _DECIDES.search(text)
    return None if match is None else match.span()


def decided(
    text: str,
    named: Sequence[str],
    listed: Sequence[str],
    conditions: Sequence[Condition],
    asks_more: bool,
    most: Callable[[str, Sequence[str]], Most | None],
    counted: bool = False,
) -> Question | None:
    """The question that leaves a choice between what is named, or of the last list.

    Args:
        text: The message.
        named: The items that it names, each once.
        listed: The last list.
        conditions: What it says of what should be.
        asks_more: Whether it asks for something else.
        most: Which field a comparative asks about, and which end of it.
        counted: Whether what is named is counted out of the list: "the first or the last".
    """
    better = _BETTER.search(text) is not None and len(named) > 1
    between = counted and len(named) > 1 and _BETWEEN.search(text) is not None
    if (leaves_choice(text) is None and not better and not between) or _SEEKS.search(text):
        return None
    if 1 < len(named) <= _FEW:
        sorts = tuple((item, (item,)) for item in named)
        cares = _CARES.search(text) if better else None
        for form in forms(cares["what"]) if cares is not None else ():
            for said in (form, f"{form}er", f"{form}r"):  # "if I care about a short read"
                found = most(f"which is {said}", list(named))
                if found is not None and found[0]:
                    return Question("most", tuple(named), found[0], best=found[1], end=len(text), named=True)
        return Question(
            "most", tuple(named), end=len(text), named=True, sorts=sorts, conditions=tuple(conditions)
        )
    short = len(text.split()) <= _WORDS
    if named or len(listed) < 2 or asks_more or not short:
        return None
    return Question("most", tuple(listed), end=len(text))
