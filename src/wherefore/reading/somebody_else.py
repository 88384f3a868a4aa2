"""Somebody else than who was asked for or listed: "not by him", "another author", "somebody else please"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from wherefore.catalog.catalog import Item
from wherefore.catalog.schema import FieldSpec
from wherefore.reading.clauses import Span

_NOT_THEM = (
    r"\b(?:not|nothing|none|no(?:thing)?\s+(?:more|else)|never|without|except|besides|other\s+than|enough\s+(?:of|from)|sick\s+of|"
    r"tired\s+of|done\s+with|anyone\s+but|anybody\s+but|not\s+(?:another|more)(?:\s+\w+)?)\s+"
    r"(?:(?:ones?|things?|anything|stuff|more|another)\s+)?(?:(?:by|with|from|of)\s+)?(?:him|her|them)\b(?!\s+(?:to|a|an|the|up)\b)"
)
_ELSE = (
    r"(?<!for )(?<!with )\b(?:some|any)(?:body|one)\s+else\b"
    r"(?!'s)(?!\s+(?:who|said|says|likes?|loves?|wants?|is|has|in|will|would|and)\b)"
)
_ANOTHER = r"\b(?:an|some|any)\s*other\s+(?:{labels})\b|\b(?:a|some)\s+different\s+(?:{labels})\b"
_FROM = r"(?:\s+than\s+(?:him|her|them))?"
_LABELS = {
    "by": "author writer director artist singer band maker composer",
    "with": "actor actress star",
    "": "",
}


def others_meant(text: str, specs: Sequence[FieldSpec]) -> Iterator[Span]:
    """Where a message asks for other people than those asked for before."""
    labels = {"person"}
    for spec in specs:
        labels |= {spec.name.rstrip("s").lower(), (spec.label or spec.name).rstrip("s").lower()}
        for word, called in _LABELS.items():
            labels |= {*called.split()} if word and word in spec.phrase.lower().split() else set()
    told = "|".join(sorted((re.escape(label) + "s?" for label in labels if label), key=len, reverse=True))
    pattern = rf"{_NOT_THEM}|{_ELSE}{_FROM}|{_ANOTHER.format(labels=told)}"
    for match in re.finditer(pattern, text, re.IGNORECASE):
        yield match.span()


def shared(items: Iterable[Item], people: Collection[str]) -> list[tuple[str, str]]:
    """The people, by field, whom most of a list have in common."""
    listed = list(items)
    told = Counter(
        (name, value) for item in listed for name in people for value in dict.fromkeys(item.values(name))
    )
    return [one for one, count in told.items() if 2 * count > len(listed) > 1]
