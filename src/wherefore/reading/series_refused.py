"""Series that are refused: "no sequels, no remakes", "a standalone", "not part of a series"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.sequels import LATER, PARTS, REMADE, in_series
from wherefore.reading.clauses import NT, Span

_NO = (
    rf"(?:\b(?:no|not|nothing|without|never|avoid(?:ing)?|skip(?:ping)?|except|but\s+not|sick\s+of|tired\s+of|fed\s+up\s+with|"
    rf"done\s+with|hates?|enough|isn'?t|aren'?t|don'?t\s+(?:\w+\s+)?(?:want|like|do|need|care\s+for)|nor|neither|anything\s+but)|{NT})\s+"
)
_FILL = (
    r"(?:(?:a|an|any|another|more|the|all|those|these|of|in|from|part|one|yet|too\s+many|endless|long|that'?s|it'?s|is|some|"
    r"to\s+be|want)\s+){0,5}"
)
_KINDS = {
    LATER: (
        r"sequels?|prequels?|follow[\s-]?ups?|spin[\s-]?offs?|part\s+(?:two|2)s?|"
        r"(?:second|later|middle)\s+(?:parts?|books?|instal+ments?|volumes?)"
    ),
    PARTS: r"series|trilog(?:y|ies)|sagas?|franchises?|cycles?",
    REMADE: r"remakes?|re-makes?|reboots?",
}
_ALONE = re.compile(
    r"\b(?:stand[\s-]?alones?|one[\s-]?offs?|self[\s-]contained|not\s+part\s+of\s+anything)\b",
    re.IGNORECASE,
)
_POINTED = re.compile(
    r"\b(?:the|this|that|first|second|third|fourth|fifth|last|next|each|every|which)\s+$", re.IGNORECASE
)
_LIST = re.compile(
    r"^\s*(?:,|/|\band\b|\bor\b|\bnor\b)(?:\s*(?:and|or|nor))?\s*(?:no\s+|any\s+|a\s+)*$", re.IGNORECASE
)
_FINE = re.compile(r"^\s*(?:is|are|would\s+be)\s+(?:fine|ok|okay|good|great)\b", re.IGNORECASE)


def refused_series(text: str, catalog: Catalog) -> Iterator[tuple[str, Span]]:
    """What of series a message refuses, of what the catalogue knows, and where it says so.

    Args:
        text: The message, apostrophes straight.
        catalog: Of which a "series" may be an item, or a value.
    """
    nouns = {catalog.schema.noun.lower(), catalog.schema.plural.lower()}
    last: Span | None = None
    anything = "|".join(f"(?P<k{n}>{told})" for n, told in enumerate(_KINDS.values()))
    kinds = list(_KINDS)
    for match in re.finditer(rf"(?P<no>{_NO}{_FILL})?\b(?:{anything})\b", text, re.IGNORECASE):
        kind = next(kinds[n] for n in range(len(kinds)) if match[f"k{n}"])
        listed = last is not None and _LIST.match(text[last[1] : match.start()]) is not None
        if (match["no"] is None and not listed) or _FINE.match(text[match.end() :]):
            continue
        if kind == PARTS and "series" in nouns:
            continue  # where what is listed is series, "no series" refuses a sort
        last = match.span()
        if in_series(catalog, kind).any():
            yield kind, last
    for match in _ALONE.finditer(text):
        before = re.search(rf"{_NO}{_FILL}$", text[: match.start()], re.IGNORECASE)
        pointed = _POINTED.search(text[: match.start()]) and match[0].lower().startswith("one")
        if before is None and not pointed and in_series(catalog, PARTS).any():
            yield PARTS, match.span()
