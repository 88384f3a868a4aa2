"""By what two items are to be compared, and which is described: "that one with the wet saw: weight, day"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.naming import in_english, words_of
from wherefore.catalog.schema import FieldSpec
from wherefore.reading.asked_about import asked_about
from wherefore.reading.titles_in import described, titled
from wherefore.text import stem, stems

_BY = re.compile(
    r"(?::|\s[-–—]\s|,?\s+(?:in\s+terms\s+of|when\s+it\s+comes\s+to|as\s+(?:to|for|regards)|regarding|on|by)\s+(?=(?:the\s+|their\s+)?\w))"
    r"\s*(?P<by>[^.?!\n]+)"
)
_BETWEEN = re.compile(r"\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or|&)\s+")
_OTHER = re.compile(
    r"\b(?:with|to|and|against|vs\.?|versus|than)\s+(?P<what>(?:the\s+|that\s+)?[^:,.?!\n]+)", re.IGNORECASE
)
_ASKING = re.compile(
    r"^(?:(?:and|also|plus)\s+)?(?:whether|if|how|what|which|the|their|its|there(?:'s|\s+(?:is|are))|they(?:'re|\s+are|\s+have)?|"
    r"an?|any|is|are|on|by|'s|s)\s+",
    re.IGNORECASE,
)


def pieces(text: str) -> tuple[list[str], int]:
    """By what a text says that items are to be compared, and where that ends; nothing where it does not say.

    >>> pieces("compare that with the saw: weight, day, and whether there's a bag")
    (['weight', 'day', 'bag'], 65)
    """
    found = _BY.search(text)
    if found is None:
        return [], 0
    return [said for one in _BETWEEN.split(found["by"].strip()) if (said := _bared(one))], found.end()


def _bared(piece: str) -> str:
    """A piece without the words that ask for it: "whether there's a bag" is "bag"."""
    before, said = "", piece.strip()
    while said != before:
        before, said = said, _ASKING.sub("", said)
    return said


def field_of(piece: str, catalog: Catalog, items: Sequence[str]) -> FieldSpec | None:
    """The field that a piece names, or is about; of several one of which the items have values."""
    told = set(stems(piece))
    named: list[tuple[int, FieldSpec]] = []
    for spec in (*catalog.schema.filterable, *catalog.schema.texts):
        own = words_of(spec.column or spec.name)
        common = len(told & set(map(stem, (*own, *in_english(own), *words_of(spec.label)))))
        if common:
            named.append((common, spec))
    if named:
        return max(named, key=lambda one: one[0])[1]
    return asked_about(f"what {piece}", catalog, items)


def other_item(text: str, catalog: Catalog) -> list[str]:
    """The items that the words behind "with" name or describe."""
    found = _OTHER.search(text)
    if found is None:
        return []
    named = titled(found["what"], catalog)
    one = None if named else described(found["what"], catalog)
    return named or ([one] if one is not None else [])
