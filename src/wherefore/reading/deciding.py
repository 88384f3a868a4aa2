"""Choices that are left to the assistant: "Emma or Dracula? you decide", "go on, which one and why?"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from wherefore.dialogue.questions import Condition, Question
from wherefore.reading.clauses import Span

_DECIDES = re.compile(
    r"\b(?:you|u)(?:'ll\s+have\s+to|\s+(?:can|may|should|just|get\s+to))?\s+(?:decide|choose|pick)\b(?!\s+(?:me\b|an?\b|some|any|out\b))|"
    r"\b(?:your|ur)\s+(?:call|choice|pick|decision|turn\s+to\s+(?:choose|pick))\b|\bup\s+to\s+(?:you|u)\b|"
    r"\b(?:can(?:no|'|\s+no)?t|couldn'?t|unable\s+to|struggling\s+to|trouble)\s+(?:decid(?:e|ing)|choos(?:e|ing)|agree|pick(?:ing)?|"
    r"make\s+up\s+(?:my|our)\s+minds?)\b|\bhelp\s+(?:me|us)\s+(?:to\s+)?(?:decide|choose|pick)\b|\btorn\s+between\b|"
    r"\b(?:it'?s|down|down\s+to|is|toss[- ]?up)\s+between\b|\bwhich(?:\s+one|\s+of\s+(?:the\s+|these|those|them)(?:\s*\w+)?)?\s+"
    r"(?:should|would|do|shall|wd|to\s+\w+|and\s+why|then)\b|\bwhich\s+one\b(?!s)|"
    r"\b(?:decide|choose|pick(?:\s+one)?)\s+for\s+(?:me|us)\b|\bwhat\s+(?:would|wd)\s+(?:you|u)\s+(?:pick|choose|take|go\s+(?:for|with))\b",
    re.IGNORECASE,
)
_BETTER = re.compile(
    r"\bbetter\s+(?:than|then|or)\b|\b(?:which|what)(?:'s|\s+is)?\s+(?:the\s+)?better\b", re.IGNORECASE
)
_SEEKS = re.compile(r"\b(?:something|anything|else|similar|others|recommend|suggest|show\s+me|find\s+me)\b", re.IGNORECASE)
_FEW = 3  # items that are named
_WORDS = 14  # of a message that leaves the choice of a list, at most


def leaves_choice(text: str) -> Span | None:
    """Where a message leaves a choice to the assistant."""
    match = _DECIDES.search(text)
    return None if match is None else match.span()


def decided(
    text: str, named: Sequence[str], listed: Sequence[str], conditions: Sequence[Condition], asks_more: bool
) -> Question | None:
    """The question that leaves a choice between what is named, or of the last list.

    Args:
        text: The message.
        named: The items that it names, each once.
        listed: The last list.
        conditions: What it says of what should be.
        asks_more: Whether it asks for something else.
    """
    better = _BETTER.search(text) is not None and len(named) > 1
    if (leaves_choice(text) is None and not better) or _SEEKS.search(text):
        return None
    if 1 < len(named) <= _FEW:
        sorts = tuple((item, (item,)) for item in named)
        bounds = [limit for one in conditions for limit in one.limits]
        fields = {limit.field for limit in bounds}
        if better and len(fields) == 1 and len(bounds) == 1 and bounds[0].op != "eq":  # "if I care about a short read"
            best: Literal["max", "min"] = "min" if bounds[0].op in ("lt", "le") else "max"
            return Question("most", tuple(named), bounds[0].field, best=best, end=len(text), named=True)
        return Question(
            "most", tuple(named), end=len(text), named=True, sorts=sorts, conditions=tuple(conditions)
        )
    short = len(text.split()) <= _WORDS
    if named or len(listed) < 2 or asks_more or not short:
        return None
    return Question("most", tuple(listed), end=len(text))
