"""Questions for the one item of all that has the most or least: "which dog has been with you the longest?"."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from wherefore.catalog.naming import words_of
from wherefore.catalog.schema import FieldSpec
from wherefore.reading.measures import Measures
from wherefore.reading.orders import OrderReader
from wherefore.text import stem

_ARRIVED = frozenset(
    "since arrived arrival arrive intake admitted admission joined received rescued entered came added listed posted "
    "surrendered registered".split()
)
ARRIVED = frozenset(map(stem, _ARRIVED))
_STAYS = (
    r"(?:been|wait(?:ed|ing)?|stay(?:ed|ing)?|liv(?:ed|ing)|sat|here|with\s+(?:you|us)|on\s+your\s+books|resident|"
    r"there)"
)
_LONGEST = re.compile(rf"\b{_STAYS}\b.*\blongest\b|\blongest\b.*\b(?:{_STAYS}|resident|stay(?:er)?|inmate)\b")
_NEWEST = re.compile(
    r"\b(?:arrived|came(?:\s+in)?|joined|turned\s+up|got\s+here)\s+(?:the\s+)?(?P<last>last|latest|most\s+recently|first|earliest)\b|"
    r"\b(?P<new>newest|latest|most\s+recent|last)\s+(?:one\s+to\s+arrive|to\s+arrive|arrivals?|additions?)\b"
)
_ASKS = re.compile(r"^(?:which|what|who)\b|\?")
_WAITS = re.compile(
    r"\b(?:wait(?:ed|ing)|been\s+(?:here|there|with\s+(?:you|us)|in)|with\s+you|here\s+since)\b[^.!?;]*$"
)
_OF_ALL = re.compile(
    r"\b(?:you(?:'ve|\s+have)?\s+(?:got|have|sell|stock|do)|you\s+have|you've|in\s+the\s+(?:shop|catalogue|catalog)|of\s+all|on\s+"
    r"your\s+list|here|there\s+is)\W*$"
)
_SINGLE = re.compile(
    r"^(?:(?:which|what|who)(?:'s|s|\s+is|\s+(?:one|[a-z]+)\s+(?:is|has|weighs|costs))?\s+)?(?:(?:the|your)\s+)(?P<rest>.+)$"
)
_SIZES = {"biggest": "max", "largest": "max", "smallest": "min", "tiniest": "min", "littlest": "min"}
_PLURAL = re.compile(r"\bones\b|\b(?:two|three|four|five|\d+)\b")


def arrival(measures: Measures, specs: Collection[FieldSpec]) -> FieldSpec | None:
    """The date from which on an item is there: `in since`, `arrived`."""
    dates = [spec for spec in specs if spec.is_date]
    return next(
        (
            spec
            for spec in dates
            if _ARRIVED & {*words_of(spec.name), *words_of(spec.column), *words_of(spec.label)}
        ),
        None,
    )


def waits(before: str) -> bool:
    """Whether what stands before a date says since when something is there: "waiting since before christmas".

    >>> waits("who has been waiting since before "), waits("born before ")
    (True, False)
    """
    return _WAITS.search(before) is not None


class TopReader:
    """Reads which one of all items is asked for.

    Args:
        measures: The fields of the catalogue.
        specs: All of them.
        orders: Reads superlatives.
    """

    def __init__(self, measures: Measures, specs: Collection[FieldSpec], orders: OrderReader) -> None:
        self._measures, self._orders = measures, orders
        self._arrival = arrival(measures, specs)

    def read(self, stripped: str, nouns: Collection[str]) -> tuple[str, Literal["max", "min"]] | None:
        """The field of which the most or least is asked of one item, and which; None where nothing is."""
        if not _ASKS.search(stripped):
            return None
        if self._arrival is not None:
            if _LONGEST.search(stripped):
                return self._arrival.name, "min"
            newest = _NEWEST.search(stripped)
            if newest is not None:
                return self._arrival.name, "min" if (newest["last"] or "") in ("first", "earliest") else "max"
        single = _SINGLE.match(stripped)
        if single is None or not _OF_ALL.search(stripped) or _PLURAL.search(stripped):
            return None
        found = self._orders.field(single["rest"], nouns)
        if found is not None:
            return found[0].name, "min" if found[1] == "low" else "max"
        size = next((one for one in _SIZES if re.search(rf"\b{one}\b", single["rest"])), None)
        weight = self._measures.called("weight")
        if size is None or weight is None:
            return None
        return weight.name, "max" if _SIZES[size] == "max" else "min"
