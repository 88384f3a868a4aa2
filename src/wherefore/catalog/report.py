"""The column report: what each column of a file was taken for, and a schema file to put it right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import yaml

from wherefore.catalog.kinds import KINDS, LIST, NUMBER
from wherefore.catalog.known import is_added
from wherefore.catalog.naming import label_of, plural, unit_of
from wherefore.catalog.notes import Note
from wherefore.catalog.schema import FieldSpec, Schema
from wherefore.text import number_text

_SAMPLES = 3  # of a column
_LENGTH = 60  # characters of a sample
_CODES = 6  # of a column, that are told
_PARTED = {None: "a list", "": "", " > ": "by >"}


class _Item(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def fields(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class ReportRow:
    """What one column was taken for.

    Attributes:
        column: The column; empty for an id that is the number of the row.
        taken: What it was taken for: 'people, said "by {}"'; of a column that is not used, why.
        used: Whether it is used for anything.
        unit: Of its numbers.
        separator: How a cell lists several values, in words; empty where it holds one.
        samples: Up to three different values, as they were read.
        known: The share of items with a value, between 0 and 1; of a flag, with a yes.
        flag: Whether it is one of yes and no.
        warnings: What reading it found.
    """

    column: str
    taken: str
    used: bool
    unit: str = ""
    separator: str = ""
    samples: tuple[str, ...] = ()
    known: float = 0.0
    flag: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """The column, as a text names it."""
        return f"`{self.column}`" if self.column else "(no column)"


def report_rows(
    schema: Schema, items: Sequence[_Item], left_out: Mapping[str, str], notes: Iterable[Note] = ()
) -> list[ReportRow]:
    """One row for each field of a schema, then one for each column that has none.

    Args:
        schema: What the columns mean.
        items: The items as they were read.
        left_out: Why columns are not used.
        notes: What reading found; those on a column become its warnings.
    """
    warnings: dict[str, list[str]] = {}
    for note in sorted(notes, key=lambda note: not note.lost):
        warnings.setdefault(note.column, []).append(str(Note(note.said, "", note.places)))
    rows, told = [], set()
    for spec in schema.fields:
        rows.append(
            _row_of(spec, items, left_out, () if spec.column in told else warnings.get(spec.column, ()))
        )
        told.add(spec.column)
    others = [column for column in left_out if column not in told]
    return rows + [
        ReportRow(column, f"not used: {left_out[column]}", False, warnings=tuple(warnings.get(column, ())))
        for column in others
    ]


def _row_of(
    spec: FieldSpec, items: Sequence[_Item], left_out: Mapping[str, str], warnings: Sequence[str]
) -> ReportRow:
    values = [getattr(item, spec.can.role) if spec.is_apart else item.fields.get(spec.name) for item in items]
    known = [value for value in values if value is not None]
    samples: dict[str, None] = {}
    for value in known:
        samples.setdefault(_shown(value, spec))
        if len(samples) == _SAMPLES:
            break
    return ReportRow(
        " + ".join(spec.columns),
        _taken(spec) if spec.can.used else f"not used: {left_out.get(spec.column, 'carried along')}",
        spec.can.used,
        unit=spec.unit,
        separator=_parted(spec, known) if spec.can.used else "",
        samples=tuple(samples),
        known=len(known) / max(1, len(items)),
        flag=bool(spec.flag),
        warnings=tuple(warnings) if spec.column else (),
    )


def _taken(spec: FieldSpec) -> str:
    """What a field's column was taken for."""
    if not spec.column:
        return f"{spec.kind}: the number of the row"
    if spec.marks and not spec.is_apart:
        what = "the year at the end" if spec.is_number else "what else the title is"
        return f"{spec.kind}: {what}"
    if spec.parts:
        return f"{spec.kind}: put together"
    said = f', said "{spec.phrase}"' if spec.can.stated else ""
    flag = f': a yes is "{spec.flag}"' if spec.flag else ""
    return f"{spec.kind}{said}{flag}{_codes_told(spec)}"


def _codes_told(spec: FieldSpec) -> str:
    """What the codes of a field stand for: "; codes: FB = full board, HB = half board"."""
    if not spec.codes:
        return ""
    told = [f"{code} = {words[0]}" for code, words in spec.codes[:_CODES]]
    more = f", and {len(spec.codes) - _CODES} more" if len(spec.codes) > _CODES else ""
    return f"; codes: {', '.join(told)}{more}"


def _parted(spec: FieldSpec, known: Sequence[Any]) -> str:
    """How cells list several values; empty where each holds one."""
    if spec.can.stored is not LIST or spec.flag or spec.marks or all(len(value) < 2 for value in known):
        return ""
    if spec.separator in _PARTED:
        return _PARTED[spec.separator]
    return f"by {str(spec.separator).strip()}"


def _shown(value: Any, spec: FieldSpec) -> str:
    if isinstance(value, tuple):
        shown = ", ".join(value)
    elif spec.can.stored is NUMBER and isinstance(value, int | float):
        shown = number_text(value)
    else:
        shown = " ".join(str(value).split())
    return shown if len(shown) <= _LENGTH else shown[: _LENGTH - 1] + "…"


_HEAD = """\
# What the columns of {name} were taken for. Change what is wrong, then:
#   wherefore chat --catalog {name} --schema {file}
# Kinds: {kinds}.
# `separator` lists several values in a cell ("" for one); `phrase` is how a sentence says a value; `unit` that of a
# number; `flag` what a yes stands for; `codes` what each code stands for, first as it is said ({{}}: they are no
# codes); `marks` what the cells of the title hold besides it; `english` and `means` what a column and its values are
# called in English.
"""


def starter_yaml(schema: Schema, left_out: Mapping[str, str], name: str, file: str) -> str:
    """A schema file for people to change: one line for each field, without what goes without saying.

    Args:
        schema: What the columns were taken for.
        left_out: Why columns are not used: comments.
        name: The file of the items.
        file: The file that this is written to.
    """
    lines = [_HEAD.format(name=name, file=file, kinds=", ".join(KINDS))]
    lines.append(_flow({"noun": schema.noun})[1:-1])
    if schema.plural != plural(schema.noun):
        lines.append(_flow({"plural": schema.plural})[1:-1])
    if schema.language:
        lines.append(_flow({"language": schema.language})[1:-1])
    if schema.known:
        lines.append(
            "known: true  # adds what is known of the books that the file names; false leaves it out"
        )
    lines.append("fields:")
    for spec in schema.fields:
        if schema.known and is_added(spec):
            continue
        why = left_out.get(spec.column) if not spec.can.used else None
        lines.append(f"  - {_flow(_told(spec))}" + (f"  # {' '.join(why.split())}" if why else ""))
    declared = {column for spec in schema.fields for column in spec.columns}
    lines += [
        f"  # not used: {_flow([one])[1:-1]} ({why})" for one, why in left_out.items() if one not in declared
    ]
    return "\n".join(lines) + "\n"


def _told(spec: FieldSpec) -> dict[str, Any]:
    """A field without what a schema derives by itself."""
    told = spec.model_dump(mode="json")
    usual: dict[str, Any] = {
        "column": spec.name,
        "label": label_of(spec.called),
        "phrase": spec.can.phrase(spec.called),
        "unit": unit_of(spec.called) if spec.can.stored is NUMBER else "",
        "separator": None,
    }
    return {key: value for key, value in told.items() if key not in usual or value != usual[key]}


def _flow(value: Any) -> str:
    text: str = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=float("inf")
    )
    return text.strip()
