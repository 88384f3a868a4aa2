"""Who has left: a child that is in bed by now bounds no longer what the others may have."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wherefore.catalog.schema import FieldSpec
from wherefore.dialogue.notes import Notes
from wherefore.dialogue.state import Limit
from wherefore.reading.clauses import Span, clauses

_AGED = re.compile(
    r"\b(?:the\s+|my\s+|our\s+)?(?P<age>\d{1,2})[\s-]?(?:yo|y/o|years?[\s-]olds?|yrs?[\s-]?olds?|yr\s+old)\b",
    re.IGNORECASE,
)
_LEFT = re.compile(
    r"\b(?:went|gone|goes|going|off|out|away|left|leaving|leaves|asleep|sleeps|sleeping|sleepover|in\s+bed|fell\s+ill|ill|"
    r"stay(?:s|ing)\s+(?:home|with|at)|(?:not|isn'?t|won'?t\s+be|can'?t|cannot)\s+(?:coming|come|joining|join|there|here))\b",
    re.IGNORECASE,
)
_CHILD = 18  # years, from which nobody is bounded by


def who_left(text: str, told: Sequence[str], age: FieldSpec | None, notes: Notes) -> list[Span]:
    """Take away the limit of the youngest who has left, for that of the next; where a message says so.

    Args:
        text: The message, apostrophes straight.
        told: What the user said before, message by message.
        age: The field that tells from which age something is fit.
        notes: What was heard before it.
    """
    held = [limit for limit in notes.limits if age is not None and limit.field == age.name]
    bound = next((limit for limit in held if limit.op in ("le", "lt")), None)
    for start, end in clauses(text) if bound is not None else ():
        here = _AGED.search(text, start, end)
        if bound is None or here is None or not _LEFT.search(text, here.end(), end):
            continue
        gone = int(here["age"])
        if bound.value != gone:
            return [(start, end)]  # whoever is older bounds nothing
        said = [{int(one) for one in re.findall(r"\b\d{1,2}", message)} for message in told]
        others = [one for ages in said if gone in ages for one in ages if gone < one < _CHILD]
        notes.lift(bound.field, "eq")
        notes.forget_words(bound.said)
        if others:
            notes.limit([Limit(bound.field, bound.op, float(min(others)), text[start:end].strip())])
        return [(start, end)]
    return []
