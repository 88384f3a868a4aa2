"""A user's own file: what each column was taken for, as a table with controls, and the schema that they set by them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.kinds import ID, KINDS
from wherefore.catalog.notes import noted
from wherefore.catalog.report import ReportRow
from wherefore.catalog.schema import FieldSpec, Schema
from wherefore.errors import CatalogError

from . import texts
from .markup import escaped

SET = """
(...values) => {
  values[0] = JSON.stringify([...document.querySelectorAll('#wf-columns [data-field]')].map((row) => ({
    field: row.dataset.field, kind: row.querySelector('select').value, unit: row.querySelector('input').value,
  })));
  return values;
}
"""
"""JavaScript: what the controls of the table are set to, for the first input of an event."""
NONE_SET = "[]"
"""What that is where there is no table."""


@dataclass(frozen=True)
class Found:
    """What a file's columns were taken for before anybody corrected it.

    Attributes:
        schema: The columns.
        unused: Why columns are not used, in the words of the report.
    """

    schema: Schema
    unused: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, catalog: Catalog) -> Self:
        """Of a catalogue that was read without a schema."""
        return cls(catalog.schema, {row.column: row.taken for row in catalog.report() if not row.used})

    def corrected(self, controls: str) -> Schema:
        """The columns as the controls of the table are set; what they leave alone stays as it was found.

        Args:
            controls: What `SET` gives.

        Raises:
            CatalogError: If a kind is unknown or the kinds do not go together; says what is allowed.
        """
        told = _set(controls)
        fields = [_corrected(spec, told.get(spec.name, {})) for spec in self.schema.fields]
        if any(one["kind"] == ID and one["column"] for one in fields):
            fields = [one for one in fields if one["kind"] != ID or one["column"]]  # no row numbers besides
        tree = self.schema.model_dump() | {"fields": fields}
        return Schema.parse(tree, texts.CATALOG_ORIGIN)


def _set(controls: str) -> dict[str, Mapping[str, Any]]:
    """What the controls say of each field, by its name."""
    try:
        rows = json.loads(controls or NONE_SET)
        return {str(row["field"]): row for row in rows}
    except (ValueError, TypeError, KeyError) as error:
        raise CatalogError(texts.CATALOG_UNREADABLE) from error


def _corrected(spec: FieldSpec, told: Mapping[str, Any]) -> dict[str, Any]:
    """A field as its controls are set."""
    kind, unit = str(told.get("kind", spec.kind)), str(told.get("unit", spec.unit)).strip()
    if kind not in KINDS:
        known = ", ".join(KINDS)
        raise CatalogError(texts.CATALOG_KIND_UNKNOWN.format(column=spec.column, kind=kind, known=known))
    same_unit = unit == spec.unit or not _has_unit(kind)
    if kind == spec.kind and same_unit:
        return spec.model_dump()
    if (
        kind == spec.kind
    ):  # how its cells are written was told for the other unit; which end of a range was not
        return spec.model_dump() | {"unit": unit, "written": {"end": spec.written.end}}
    new: dict[str, Any] = {"name": spec.name, "column": spec.column, "kind": kind, "english": spec.english}
    new |= {"means": spec.means} if KINDS[kind].values == spec.can.values else {}
    if KINDS[kind].stored is spec.can.stored:  # its cells are read as before
        new |= {"separator": spec.separator, "written": spec.written.told() if same_unit else {}}
    return new | ({"unit": unit} if _has_unit(kind) else {})


def _has_unit(kind: str) -> bool:
    return KINDS[kind].measure == "number"


# -- the table


def report_html(catalog: Catalog, found: Found, reading: str) -> str:
    """The columns of a catalogue with controls to correct them, and what reading it found, what is lost first.

    Args:
        catalog: As it was read.
        found: What its file was taken for at first.
        reading: Something that no other reading has, so that the page notices that the file was read again.
    """
    schema = catalog.schema
    noun = schema.plural if len(catalog) > 1 else schema.noun
    caption = texts.CATALOG_COLUMNS.format(name=catalog.name, count=f"{len(catalog):,}", noun=noun)
    heads = (texts.CATALOG_COLUMN, texts.CATALOG_TAKEN, texts.CATALOG_SAMPLES, texts.CATALOG_KNOWN)
    head = "".join(f'<th scope="col">{escaped(one)}</th>' for one in heads)
    rows = "".join(_row(spec, row, found) for spec, row in zip(schema.fields, catalog.report(), strict=False))
    kinds = "".join(f"<dt>{kind}</dt><dd>{escaped(can.about)}</dd>" for kind, can in KINDS.items())
    return (
        f'<p>{escaped(caption)}</p>{_notes(catalog)}<form data-read="{escaped(reading)}"><table>'
        f"<thead><tr>{head}</tr></thead>{rows}</table></form>"
        f"<details><summary>{escaped(texts.CATALOG_KINDS)}</summary><dl>{kinds}</dl></details>"
    )


def _notes(catalog: Catalog) -> str:
    """What is lost, then what is told of the whole file; the rest stands with the columns."""
    lines = noted(note for note in catalog.notes if note.lost or not note.column)
    return f'<ul class="wf-notes">{_listed(lines)}</ul>' if lines else ""


def _listed(lines: Iterable[str]) -> str:
    return "".join(f"<li>{escaped(line)}</li>" for line in lines)


def _row(spec: FieldSpec, row: ReportRow, found: Found) -> str:
    """One column: a body of its own in the table, the warnings in a second line."""
    known = texts.CATALOG_SHARE[row.flag].format(share=row.known) if row.samples else ""
    said = f' data-said="{escaped(texts.CATALOG_KNOWN)}: "' if known else ""  # where the table has no head
    cells = (
        f'<th scope="row">{_name(spec)}</th><td>{_controls(spec, row, found)}</td>'
        f'<td class="wf-samples">{escaped(" · ".join(row.samples))}</td>'
        f'<td class="wf-known"{said}>{escaped(known)}</td>'
    )
    warnings = f'<tr><td colspan="4"><ul>{_listed(row.warnings)}</ul></td></tr>' if row.warnings else ""
    mark = f' data-field="{escaped(spec.name)}"' if spec.column else ""
    unused = "" if row.used else ' class="wf-unused"'
    return f"<tbody{mark}{unused}><tr>{cells}</tr>{warnings}</tbody>"


def _name(spec: FieldSpec) -> str:
    """The column, and the field that it is read into where that is called otherwise."""
    if not spec.column:
        return escaped(texts.CATALOG_NO_COLUMN)
    column = escaped(" + ".join(spec.columns)).replace("_", "_<wbr>")  # a long one is broken there
    if spec.column == spec.name:
        return column
    return f"{column} <small>{escaped(texts.CATALOG_FIELD.format(name=spec.name))}</small>"


def _controls(spec: FieldSpec, row: ReportRow, found: Found) -> str:
    """The choice of the kind, and what goes with it."""
    if not spec.column:
        return f"<small>{escaped(row.taken)}</small>"
    kind = escaped(texts.CATALOG_KIND_OF.format(column=row.column))
    unit = escaped(texts.CATALOG_UNIT_OF.format(column=row.column))
    value, empty = escaped(spec.unit if _has_unit(spec.kind) else ""), escaped(texts.CATALOG_UNIT_EMPTY)
    return (
        f'<select aria-label="{kind}">{"".join(_option(one, one == spec.kind) for one in KINDS)}</select>'
        f'<label class="wf-unit">{escaped(texts.CATALOG_UNIT)} '
        f'<input value="{value}" placeholder="{empty}" aria-label="{unit}" maxlength="40"></label>'
        f"<small>{escaped(_told_of(spec, row, found))}</small>"
    )


def _option(kind: str, chosen: bool) -> str:
    return f"<option{' selected' * chosen}{' data-unit' * _has_unit(kind)}>{kind}</option>"


def _told_of(spec: FieldSpec, row: ReportRow, found: Found) -> str:
    """What is told of a column besides its kind: how it is said, or why it is not used; how its cells list values."""
    if not row.used:
        return found.unused.get(row.column, row.taken)
    taken = row.taken.removeprefix(spec.kind).lstrip(",: ")
    taken = taken.replace("{}", row.samples[0] if spec.has_values and row.samples else "…")
    return "; ".join(filter(None, (taken, row.separator and texts.CATALOG_LISTS.format(how=row.separator))))
