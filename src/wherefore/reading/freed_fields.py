"""Whole fields that a message leaves open: "from anywhere", "any language is fine", "set wherever"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wherefore.catalog.naming import words_of
from wherefore.catalog.schema import FieldSpec
from wherefore.dialogue.notes import Notes
from wherefore.reading.clauses import Span
from wherefore.text import stem

_ANYWHERE = re.compile(
    r"\b(?:(?:from|set\s+in|in|made)\s+)?(?:anywhere|wherever|any\s*place|any\s+(?:other\s+)?(?:country|place|part\s+of\s+the\s+world|region)|all\s+over\s+the\s+world)\b"
    r"(?!\s+(?:near|but|except|i\s+can))",
    re.IGNORECASE,
)
_FROM = re.compile(r"^(?:from|set|made|in|any|where)", re.IGNORECASE)
_ANY = re.compile(
    r"\b(?:any|whatever|whichever|all)\s+(?:other\s+|old\s+)?(?P<a>[a-z]+)(?=\W*$|\s*[.,;!?]|\s+(?:is|are|will|would|works?|goes|then|now|please|but)\b)|"
    r"\b(?:the\s+)?(?P<b>[a-z]+)\s+(?:does\s*n['’]?o?t|do\s*n['’]?o?t|does\s+not|do\s+not)\s+matter\b",
    re.IGNORECASE,
)


def free_fields(text: str, specs: Sequence[FieldSpec], notes: Notes) -> list[Span]:
    """Let go of what earlier messages wanted of fields that a text leaves open; where it does.

    Args:
        text: The message, apostrophes straight.
        specs: The fields that have values.
        notes: What was heard before it.
    """
    places: list[Span] = []
    origins = [spec.name for spec in specs if spec.phrase.lower().startswith(("from {}", "set in {}"))]
    for match in _ANYWHERE.finditer(text):
        if _FROM.match(match[0]) and _free(origins, notes):
            places.append(match.span())
    for match in _ANY.finditer(text):
        called = stem((match["a"] or match["b"]).lower())
        named = [spec.name for spec in specs if called in {stem(word) for word in words_of(spec.called)}]
        if named and _free(named, notes):
            places.append(match.span())
    return places


def _free(fields: Sequence[str], notes: Notes) -> bool:
    gone = [wish for wish in notes.wishes if wish.field in fields]
    for wish in gone:
        notes.free(wish.field, wish.value)
        notes.forget_words(wish.said)
    return bool(gone)
