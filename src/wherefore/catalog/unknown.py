"""What people and programs write where they know nothing: "N/A", "-", "(no genres listed)"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wherefore.catalog.notes import Note

_WRITTEN = frozenset(
    "\\n n/a #n/a n.a. n.a none null nil nan <na> #null! - -- --- – — ? ?? unknown unspecified undefined tbd tba "
    "missing".split()
) | {
    "not available",
    "not applicable",
    "not known",
    "not specified",
    "no data",
    "to be determined",
    "not listed",
}
_NONE_LISTED = re.compile(r"\(no \w+(?: \w+)? (?:listed|given|available|specified|known)\)")
_CODE = re.compile(r"(?!NA)[A-Z]{2}")
_LONGEST = 32  # characters


def is_unknown(cell: Any) -> bool:
    r"""Whether a cell of texts holds what stands for nothing known.

    >>> [is_unknown(x) for x in ("\\N", "(no genres listed)", "N/A", " none ", "-", "TBD", "None of them", "", 0)]
    [True, True, True, True, True, True, False, False, False]
    """
    if not isinstance(cell, str) or len(cell) > _LONGEST:
        return False
    said = cell.strip().lower()
    return said in _WRITTEN or said.startswith("(") and _NONE_LISTED.fullmatch(said) is not None


def without_unknown(values: Sequence[str]) -> tuple[str, ...]:
    """The values of a list that stand for something.

    >>> without_unknown(("nuts", "None", "-"))
    ('nuts',)
    """
    return tuple(value for value in values if not is_unknown(value))


def unknown_in(cells: Sequence[Any]) -> Callable[[Any], bool]:
    """What tells the cells of a column that stand for nothing known: "NA", too, unless others are two letters.

    >>> unknown_in(["NA", "Drama"])("NA"), unknown_in(["NA", "EU", "JP"])("NA")
    (True, False)
    """
    if "NA" not in cells or any(isinstance(cell, str) and _CODE.fullmatch(cell) for cell in cells):
        return is_unknown
    return lambda cell: cell == "NA" or is_unknown(cell)


def note_unknown(columns: Mapping[str, Sequence[Any]]) -> list[Note]:
    """One note for each column that writes something for unknown values: how often, and what."""
    notes = []
    for name, cells in columns.items():
        unknown = unknown_in(cells)
        counts = Counter(cell.strip() for cell in cells if unknown(cell))
        if counts:
            told = ", ".join(f"{count:,} × {text!r}" for text, count in counts.most_common(3))
            notes.append(Note(f"counted as not known: {told}", name))
    return notes
