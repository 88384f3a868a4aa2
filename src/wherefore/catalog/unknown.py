"""What people and programs write where they know nothing: "N/A", "-", "(no genres listed)"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from wherefore.catalog.notes import Note

_WRITTEN = frozenset(
    "\\n n/a #n/a n.a. n.a none null nil nan <na> #null! - -- --- – — ? ?? unknown unspecified undefined tbd tba "
    "unbekannt k.a. keine inconnu aucun desconocido ninguno sconosciuto nessuno onbekend geen brak".split()
) | {
    "not available",
    "not applicable",
    "not known",
    "not specified",
    "not listed",
    "no data",
    "to be determined",
    "keine angabe",
}
_NONE_LISTED = re.compile(r"\(no \w+(?: \w+)? (?:listed|given|available|specified|known)\)")
_CODE = re.compile(r"(?!NA)[A-Z]{2}")
_DURATION = re.compile(r"\d{1,3} ?(?:min|mins|minutes|h|hours?|seasons?)", re.IGNORECASE)
_FEW = 0.1  # durations for each other cell
_LONGEST = 32  # characters


def is_unknown(text: str) -> bool:
    """Whether a text in a cell stands for nothing known.

    >>> [is_unknown(x) for x in ("(no genres listed)", "N/A", " none ", "-", "TBD", "None of them", "")]
    [True, True, True, True, True, False, False]
    """
    if len(text) > _LONGEST:
        return False
    said = text.strip().lower()
    if said == "nan":  # Nan is a name
        return text.strip() != "Nan"
    return said in _WRITTEN or said.startswith("(") and _NONE_LISTED.fullmatch(said) is not None


_is_unknown = lru_cache(maxsize=1 << 14)(is_unknown)  # of values that come again and again


def without_unknown(values: Sequence[str]) -> tuple[str, ...]:
    """The values of a list that stand for something.

    >>> without_unknown(("nuts", "None", "-"))
    ('nuts',)
    """
    return tuple(value for value in values if not _is_unknown(value))


def unknown_in(cells: Sequence[Any]) -> frozenset[str]:
    """The texts in the cells of a column that stand for nothing known: "NA", too, unless others are two letters.

    >>> unknown_in(["NA", "Drama", "-", "-"]) == {"NA", "-"}, unknown_in(["NA", "EU", "JP"])
    (True, frozenset())
    """
    texts = {cell for cell in cells if isinstance(cell, str) and len(cell) <= _LONGEST}
    unknown = {text for text in texts if is_unknown(text)}
    if "NA" in texts and not any(map(_CODE.fullmatch, texts)):
        unknown.add("NA")
    return frozenset(unknown | _strays(texts, cells))


def _strays(texts: Collection[str], cells: Sequence[Any]) -> set[str]:
    """Durations that got among other values, which begin with no digit: "74 min" in a column of "PG-13" and "TV-MA"."""
    strays = {text for text in texts if text[:1].isdigit()}
    if not strays or not all(map(_DURATION.fullmatch, strays)):
        return set()
    if any(map(_DURATION.search, set(texts) - strays)):
        return set()  # "about 90 min" among others
    count = sum(is_one_of(cell, frozenset(strays)) for cell in cells)
    return strays if count <= _FEW * (len(cells) - count) else set()


def is_one_of(cell: Any, texts: frozenset[str]) -> bool:
    """Whether a cell is one of some texts."""
    return isinstance(cell, str) and cell in texts


def note_unknown(columns: Mapping[str, Sequence[Any]]) -> list[Note]:
    """One note for each column that writes something for unknown values: how often, and what."""
    notes = []
    for name, cells in columns.items():
        if unknown := unknown_in(cells):
            counts = Counter(cell.strip() for cell in cells if is_one_of(cell, unknown))
            told = ", ".join(f"{count:,} × {text!r}" for text, count in counts.most_common(3))
            notes.append(Note(f"counted as not known: {told}", name))
    return notes
