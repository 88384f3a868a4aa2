"""Columns of several lengths in one cell, "45 x 85 x 60" under "W x H x D (cm)": a number of its own for each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from wherefore.catalog.cells import as_text, is_missing
from wherefore.catalog.kinds import AMOUNT
from wherefore.catalog.naming import unit_of, words_of
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.units import measure_of, unit_written
from wherefore.catalog.written import TIMES_MARK, Written

_AXES = {  # what letters and words of headers stand for
    word: axis
    for axis, words in {
        "width": "w width wide b breite br larg largeur ancho breedte breadth",
        "height": "h height high hohe höhe ht hauteur alto altura hoogte",
        "depth": "d depth deep t tiefe prof profondeur profundidad diepte",
        "length": "l length long lange länge longueur largo lengte",
        "diameter": "ø dia diameter durchmesser",
    }.items()
    for word in words.split()
}
_AXIS = re.compile(r"[^\W\d_]+")
_DIGITS = r"\d+(?:[.,]\d+)?"
_CELL = re.compile(
    rf"\W*{_DIGITS}\s*[^\W\d]*\W*(?:{TIMES_MARK}\W*{_DIGITS}\s*[^\W\d]*[\W]*){{1,3}}", re.IGNORECASE
)
_UNIT = re.compile(r"(mm|cm|dm|m|in|inch(?:es)?|ft|\"|'')\W*$", re.IGNORECASE)
_SHARE = 0.7  # of the cells that are written so


def with_dimensions(specs: Sequence[FieldSpec], columns: Mapping[str, Sequence[Any]]) -> list[FieldSpec]:
    """Fields, with one more for each length of a column that holds several, behind the column's own field.

    Args:
        specs: The fields.
        columns: The cells of each column.
    """
    found: list[FieldSpec] = []
    names = {spec.name for spec in specs}
    for spec in specs:
        found.append(spec)
        cells = columns.get(spec.column, ())
        if spec.is_apart or spec.has_measure or not (axes := axes_of(spec.column)):
            continue
        texts = [as_text(cell) for cell in cells if not is_missing(cell)]
        fit = [text for text in texts if _CELL.fullmatch(text.strip())]
        if not fit or len(fit) < _SHARE * len(texts):
            continue
        unit = unit_of(spec.column) or _unit_in(fit)
        for place, axis in enumerate(axes):
            name = next(one for one in _names(axis, spec.name) if one not in names)
            names.add(name)
            decimal = "," if any("," in text for text in fit) and not any("." in text for text in fit) else ""
            written = Written(part=place + 1, decimal=decimal)
            found.append(
                FieldSpec(name=name, column=spec.column, kind=AMOUNT, label=axis, unit=unit, written=written)
            )
    return found


def axes_of(name: str) -> tuple[str, ...]:
    """What the lengths of a column are, in their order, as its name says; nothing where it does not.

    >>> axes_of("B x H x T (cm)"), axes_of("Size H x W x D"), axes_of("L x W (m)"), axes_of("Price x VAT")
    (('width', 'height', 'depth'), ('height', 'width', 'depth'), ('length', 'width'), ())
    """
    parts = re.split(
        rf"\s*(?:{TIMES_MARK}|/)\s*", re.sub(r"\([^()]*\)\s*$|\[[^\[\]]*\]\s*$", "", name).strip()
    )
    if len(parts) == 1:
        parts = re.split(rf"(?<=[A-Z]){TIMES_MARK}(?=[A-Z])", parts[0])  # "HxWxD"
    if not 2 <= len(parts) <= 3:
        return ()
    words = [_AXIS.findall(part.lower()) for part in parts]
    told = [*words[0][-1:], *(one[0] for one in words[1:] if one)]
    axes = tuple(_AXES.get(word, "") for word in told)
    whole = len(axes) == len(parts) and all(axes) and len(set(axes)) == len(axes)
    return axes if whole else ()


def _names(axis: str, column: str) -> Iterator[str]:
    yield axis
    yield f"{axis}_{'_'.join(words_of(column))}"
    yield from (f"{axis}_{n}" for n in range(2, 99))


def _unit_in(texts: Iterable[str]) -> str:
    """The unit that ends the first cell that has one."""
    found = next((match[1] for text in texts if (match := _UNIT.search(text))), "")
    return found if measure_of(unit_written(found)) == "length" else ""
