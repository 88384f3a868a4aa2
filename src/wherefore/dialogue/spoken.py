"""Limits in plain words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.spoken import is_year, unit_words
from wherefore.dialogue.state import Limit
from wherefore.text import number_text

_OPS = {"lt": "under", "le": "at most", "gt": "over", "ge": "at least", "eq": "exactly"}
_YEAR_OPS = {"lt": "before", "le": "no later than", "gt": "after", "ge": "no earlier than", "eq": "from"}


def limit_words(limits: Sequence[Limit], spec: FieldSpec) -> str:
    """The limits on one field in plain words: "after 2000", "in the 1990s", "under 120 minutes", "lesser known"."""
    if spec.is_rank:  # its numbers say nothing to anybody
        return " and ".join(
            dict.fromkeys("lesser known" if x.op in ("lt", "le") else "well known" for x in limits)
        )
    year = is_year(spec)
    unit = "" if year or not spec.unit else f" {unit_words(spec.unit)}"
    lows = [limit for limit in limits if limit.op in ("gt", "ge")]
    highs = [limit for limit in limits if limit.op in ("lt", "le")]
    if lows and highs:
        low, high = max(lows, key=lambda x: x.value), min(highs, key=lambda x: x.value)
        if year:
            first = int(low.value) + (low.op == "gt" and float(low.value).is_integer())
            last = math.ceil(high.value) - 1 if high.op == "lt" else int(high.value)
            if first % 10 == 0 and last == first + 9:
                return f"in the {first}s"
            return f"in {first}" if first == last else f"between {first} and {last}"
        return f"between {_amount(low.value)} and {_amount(high.value)}{unit}"
    limit = (lows or highs or list(limits))[-1]
    value = number_text(math.floor(limit.value)) if year else _amount(limit.value)
    return f"{(_YEAR_OPS if year else _OPS)[limit.op]} {value}{unit}"


def _amount(value: float) -> str:
    """A number without places that nobody said: of 1.5 pounds, 680 grams."""
    return number_text(round(value) if abs(value) >= 100 else value)
