"""Words of degree by a judge: "won't break the bank", "something quicker", "the lightest you have"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from wherefore.reading.critiques import FoundCritique
from wherefore.reading.judged_limits import Bound
from wherefore.reading.limits import FoundLimit, LimitReader, lowered
from wherefore.reading.orders import FoundOrder

_AGED = re.compile(
    r"\b(?:(?P<old>old\w*|early|earlier|earliest|vintage|classic)|new\w*|late[rs]\w*|recent|young\w*)\b"
)
_LOW = frozenset(("low", "lowest", "less"))
_COMPARED = frozenset(("less", "more"))
_MOST = frozenset(("lowest", "highest"))
_SUPERLATIVE = re.compile(r"\b(?:\w{2,}est|most|least|best|worst|top)\b|\bas\s+\w+\s+as\b")


class JudgedGrades:
    """Makes limits and comparisons of words that a judge takes for how much of a measure is sought.

    Args:
        limits: Knows the catalogue's numbers, and what is little or much among its items.
    """

    def __init__(self, limits: LimitReader) -> None:
        self._limits = limits

    def read(self, text: str, grades: Sequence[Bound]) -> Iterator[FoundLimit | FoundCritique | FoundOrder]:
        """What the words of a text say of measures that the catalogue has, each one of `TOLD`; of a field the first."""
        told: set[str] = set()
        for grade in grades:
            spec = self._limits.measures.called(grade.measure)
            if spec is None or spec.name in told:
                continue
            low = grade.label in _LOW
            if spec is self._limits.measures.year and (
                said := _AGED.search(lowered(text)[slice(*grade.span)])
            ):
                low = said["old"] is not None  # "older" is more of an age, and less of a year
            if grade.label in _COMPARED:
                told.add(spec.name)
                yield FoundCritique(spec.name, "lt" if low else "gt", *grade.span, too=False, judged=True)
                continue
            if grade.label in _MOST and _SUPERLATIVE.search(lowered(text)[slice(*grade.span)]):
                told.add(spec.name)
                yield FoundOrder(spec.name, "low" if low else "high", *grade.span)
                continue
            bound = self._limits.scales.graded(spec, "low" if low else "high", grade.label in _MOST)
            if bound is not None:
                told.add(spec.name)
                yield FoundLimit(spec.name, *bound, *grade.span, vague=True)
