"""How many entries a list on record may have: "five ingredients, tops", "a 3-ingredient cake"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.entries import COUNTS, is_list
from wherefore.catalog.mentioned import PREFIX
from wherefore.catalog.naming import words_of
from wherefore.catalog.schema import FieldSpec
from wherefore.dialogue.state import LimitOp
from wherefore.reading.comparisons import AFTER, BEFORE, OPPOSITE, any_of, is_negated
from wherefore.reading.numbers import any_number
from wherefore.reading.told_of import is_told_of
from wherefore.text import NUMBERS, stem

_LOOKED_AT = 200  # records by which it is told whether a field holds lists
_LEAST = 2  # letters of a noun
# What is work or cost for whoever has to get it together: who says "five" wants no more.
_OF_EFFORT = frozenset("ingredient step item part tool thing component instruction piece".split())


@dataclass(frozen=True, slots=True)
class FoundEntries:
    """A bound on how many entries a list has, at `start` to `end`."""

    spec: FieldSpec
    op: LimitOp
    value: float
    start: int
    end: int


class EntryCountReader:
    """Reads bounds on the entries of lists that records tell.

    Args:
        catalog: The catalogue.
    """

    def __init__(self, catalog: Catalog) -> None:
        items = [*islice(catalog, _LOOKED_AT)]
        texts = [*catalog.schema.texts, *catalog.schema.tags]
        numbers = {stem(word) for spec in catalog.schema.measures for word in words_of(spec.called)}
        self._fields: dict[str, FieldSpec] = {}
        for spec in texts:
            noun = stem((words_of(spec.called) or ("",))[-1])
            values = [item.fields.get(spec.name) for item in items]
            if (
                len(noun) > _LEAST
                and noun not in numbers
                and is_list([one for one in values if one is not None])
            ):
                self._fields.setdefault(noun, catalog.schema.spec(f"{PREFIX}{COUNTS}{spec.name}"))
        nouns = "|".join(sorted(map(re.escape, self._fields), key=len, reverse=True))
        number = rf"\d{{1,2}}|{'|'.join(sorted(NUMBERS, key=len, reverse=True))}"
        self._pattern = re.compile(
            rf"(?:(?P<op>{any_of(BEFORE)}|only|just)\s+(?:about\s+|like\s+)?)?\b(?P<n>{number})(?P<plus>\+)?[\s-]+(?:main\s+|different\s+|simple\s+|total\s+)?"
            rf"(?P<noun>{nouns or '(?!)'})(?:s|es)?\b(?:\s*,?\s*(?P<behind>{any_of(AFTER)})(?!\w))?"
        )

    def read(self, low: str) -> Iterator[FoundEntries]:
        """The bounds in a text in lower case."""
        for match in self._pattern.finditer(low) if self._fields else ():
            value = any_number(match["n"])
            if value is None or is_told_of(low, *match.span()):
                continue
            said, behind = (" ".join((match[name] or "").split()) for name in ("op", "behind"))
            effort = match["noun"] in _OF_EFFORT
            op: LimitOp | None = BEFORE.get(said) or AFTER.get(behind) or ("ge" if match["plus"] else None)
            op = op or ("le" if effort else None)
            if op is None:
                continue
            if said in BEFORE and is_negated(low, match.start()):
                op = OPPOSITE[op]
            yield FoundEntries(self._fields[match["noun"]], op, value, *match.span())
