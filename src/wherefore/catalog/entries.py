"""How many entries a list has that a record tells: "3 eggs, 1 cup sugar, salt" are three ingredients.

What counts them is called by the field, `text:#ingredients`, which `Item.number`, `Catalog.numbers` and `Schema.spec`
take as they take `text:gram`; see `mentioned`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

COUNTS = "#"  # before the field whose entries are counted
_SPLIT = re.compile(r"[,;\n|](?![^()]*\))")
_MEASURED = re.compile(r"\s*(?:about\s+)?[\d½⅓⅔¼¾⅛⅜⅝⅞]")
_LONGEST = 9  # words of an entry of a list
_MOSTLY = 0.6


def entries_in(value: Any) -> int | None:
    """How many entries a value has; None where it has none.

    Of a text that measures what it lists each measure begins an entry, so that what is done to one is none.

    >>> entries_in("2 eggs, beaten, 1 cup flour (plain, sifted)"), entries_in(("a", "b")), entries_in("salt; water")
    (2, 2, 2)
    >>> entries_in(""), entries_in(None), entries_in(7)
    (None, None, None)
    """
    if isinstance(value, tuple | list):
        return len(value) or None
    if not isinstance(value, str) or not value.strip():
        return None
    parts = [part for part in _SPLIT.split(value) if part.strip()]
    measured = [part for part in parts if _MEASURED.match(part)]
    return len(measured) if parts and _MEASURED.match(parts[0]) else len(parts) or None


def is_list(values: Sequence[Any]) -> bool:
    """Whether values of records are mostly lists: of several entries, short ones or such as begin with a measure.

    >>> is_list(["2 eggs, 1 cup flour", "3 figs, 1 lemon"]), is_list(["It rains, and a long story begins there."])
    (True, False)
    """
    lists = 0
    for value in values:
        if isinstance(value, tuple | list):
            lists += len(value) > 1
        elif isinstance(value, str):
            parts = [part for part in _SPLIT.split(value) if part.strip()]
            measured = sum(_MEASURED.match(part) is not None for part in parts)
            lists += len(parts) > 1 and (
                measured > 1 or max(len(part.split()) for part in parts) <= _LONGEST // 2
            )
    return len(values) > 0 and lists >= _MOSTLY * len(values)
