"""Amounts of what texts name beside them: "at least 30 g of protein", "35g plus", "low in sugar"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.mentioned import PREFIX
from wherefore.catalog.paired import OF, paired_name
from wherefore.dialogue.state import LimitOp
from wherefore.reading.clauses import Span
from wherefore.reading.comparisons import is_negated, is_plus
from wherefore.reading.limits import FoundLimit
from wherefore.reading.measures import Measures
from wherefore.reading.quantities import quantity_named
from wherefore.text import stem, words

_SENTENCE = re.compile(r"[.;!?\n](?!\d)")
_UNITS = ("gram", "milligram")  # in which records tell what is in things
_LITTLE = (
    r"low(?:er)?|less|little|small|reduced|minimal|not\s+(?:too\s+)?much|not\s+a\s+lot\s+of|light\s+(?:on|in)|easy\s+on|"
    r"hardly\s+any|barely\s+any"
)
_MUCH = r"high(?:er)?|more|(?:plenty|lots|loads|heaps|a\s+lot|full)\s+of|rich|packed\s+with|proper|extra|good\s+for"
_THIRD = 1 / 3


class NamedAmounts:
    """Reads amounts of what the texts of a catalogue name beside them.

    Args:
        catalog: The catalogue.
        measures: Its numbers.
    """

    def __init__(self, catalog: Catalog, measures: Measures) -> None:
        self._catalog, self._measures = catalog, measures

    def named(self, low: str, limits: Sequence[FoundLimit]) -> list[FoundLimit]:
        """Limits of which those on what texts tell are on what they name, where the sentence names it.

        Args:
            low: The text in lower case.
            limits: Those that were read in it.
        """
        found: list[FoundLimit] = []
        for span, same in groupby(limits, key=lambda one: (one.field, one.start, one.end)):
            here = [*same]
            field = self._named(low, *span)
            found += here if field is None else self._sided(low, [replace(one, field=field) for one in here])
        return found

    def graded(self, low: str, taken: Sequence[FoundLimit]) -> Iterator[FoundLimit]:
        """What is to have little or much of what texts tell amounts of: "low in sugar", "high protein"."""
        if not re.search(rf"\b(?:{_LITTLE}|{_MUCH})\b", low):
            return
        told = {
            name: unit
            for unit in reversed(_UNITS)
            if self._writes(unit)
            for name in self._measures.names_in(unit)
        }
        for name, unit in told.items():
            field = f"{PREFIX}{paired_name(unit, name)}"
            match = re.search(
                rf"\b(?:(?P<low>{_LITTLE})|(?P<high>{_MUCH}))[\s-]+(?:(?:in|on|of|the|amounts?\s+of|its)\s+)*(?:[a-z]+\s+)?{re.escape(name)}(?:s|es)?\b",
                low,
            )
            if match is None or any(one.field == field for one in taken) or is_negated(low, match.start()):
                continue
            values = self._catalog.numbers(field)
            known = values[~np.isnan(values)]
            side: LimitOp = "le" if match["low"] else "ge"
            value = float(np.quantile(known, _THIRD if match["low"] else 1 - _THIRD))
            yield FoundLimit(field, side, round(value, 1), *match.span(), vague=True, named=True)

    @staticmethod
    def places(text: str, limits: Sequence[FoundLimit]) -> Iterator[Span]:
        """Where a text names what limits measure."""
        names = {
            one.field.rpartition(OF)[2] for one in limits if OF in one.field and one.field.startswith(PREFIX)
        }
        for word in words(text) if names else ():
            if stem(word.form) in names:
                yield word.start, word.end

    def _writes(self, unit: str) -> bool:
        return not bool(np.isnan(self._catalog.numbers(f"{PREFIX}{unit}")).all())

    def _named(self, low: str, field: str, start: int, end: int) -> str | None:
        """The field of what is named nearest to an amount in its sentence; None where nothing is."""
        if not field.startswith(PREFIX) or OF in field:
            return None
        unit = field.removeprefix(PREFIX)
        names = self._measures.names_in(unit)
        first = max((match.end() for match in _SENTENCE.finditer(low, 0, start)), default=0)
        last = _SENTENCE.search(low, end)
        best: tuple[int, str] | None = None
        for word in re.finditer(r"[^\W\d_]{3,}", low[first : last.start() if last else len(low)]):
            name = stem(word[0])
            far = min(abs(first + word.start() - end), abs(start - first - word.end()))
            if name in names and (best is None or far < best[0]):
                best = far, name
        return None if best is None else f"{PREFIX}{paired_name(unit, best[1])}"

    @staticmethod
    def _sided(low: str, limits: list[FoundLimit]) -> list[FoundLimit]:
        """Limits of which a number without a word for its side is on that of its nature: at least so much protein."""
        named = quantity_named([limits[0].field.rpartition(OF)[2]])
        side = "ge" if is_plus(low, limits[0].end) else named.side if named is not None else None
        if len(limits) != 2 or side is None:
            return limits
        value = (limits[0].value + limits[1].value) / 2
        return [replace(limits[0], op=side, value=round(value, 6), named=True)]
