"""Second halves of questions: "compare them, which is less work?", "who made these, any of them the same person?"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.questions import Question
from wherefore.reading.clauses import Span

_BY_WHICH = re.compile(
    r"[,;]\s*(?:and\s+)?(?:which|what)(?:\s+one|\s+of\s+(?:the\s+two|them|those))?(?:'s|\s+is|\s+are|\s+has|\s+would\s+be|\s+takes|\s+needs)?\s+"
    r"(?:the\s+)?(?P<what>(?:\w+\s+){0,3}?(?:less|more|better|worse|fewer|\w+er)\b[^.?!,;]*)"
)
_SAME = re.compile(
    r"\b(?:any|are|is|do|does|did|both|all|two)\b[^.?!]*\bsame\b|\bshare\s+(?:an?|the|any)\b|\bin\s+common\b"
)
_ELSE = re.compile(
    r"\b(?:(?:anything|something|what)\s+(?:else|more)|any\s+(?:other|more)|others?|more)\b[^.?!]*\b(?:by|from|of|with)\s+(?:them|him|her|that|the\s+same|those|these)\b|"
    r"\b(?:what|anything)\s+else\s+(?:did|has|have|do|does)\s+(?:he|she|they)\b"
)


def by_which(stripped: str) -> str:
    """By what two items are to be told apart behind "compare": of "compare the two, which is less work?" "less work".

    >>> by_which("compare the first two, which is less washing up"), by_which("compare the first two")
    ('less washing up', '')
    """
    match = _BY_WHICH.search(stripped)
    return "" if match is None else match["what"].strip()


def of_the_same(
    low: str, asked: Question | None, found: Sequence[Question], catalog: Catalog, span: Span
) -> Question | None:
    """Whether items share what a question asks of them, or what else has it; None where that is not asked.

    Of no field where the question names none: it is that of which the question turns out to be.

    Args:
        low: A sentence, without what leads to it.
        asked: The question that was read in it.
        found: Those before it.
        catalog: Where the items are from.
        span: The sentence's characters.
    """
    own = asked is not None and asked.kind in ("value", "untold") and (asked.field or not found)
    before = asked if own else found[-1] if found else None
    if before is None or before.kind not in ("value", "untold") or not before.items or before.said:
        return None
    if before.field and catalog.schema.spec(before.field).has_measure:
        return None
    if _SAME.search(low) and len(before.items) > 1:
        return Question("shared", before.items, before.field, start=span[0], end=span[1])
    if _ELSE.search(low):
        return Question("others", before.items, before.field, start=span[0], end=span[1])
    return None
