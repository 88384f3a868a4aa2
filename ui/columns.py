"""A user's own file: what each column was taken for, and the schema after they have corrected it."""

from __future__ import annotations

from typing import Any

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.kinds import KINDS
from wherefore.catalog.schema import FieldSpec, Schema
from wherefore.serving.display import plain, value_text


def column_rows(catalog: Catalog) -> list[list[str]]:
    """For each column of the file: its name, its kind, and its first value."""
    rows = []
    for spec in catalog.schema.fields:
        own = {"id": "id", "title": "title"}.get(spec.kind)
        values = (getattr(item, own) if own else value_text(item.get(spec.name)) for item in catalog.items)
        rows.append(
            [spec.column or spec.name, spec.kind, plain(next((value for value in values if value), ""))[:80]]
        )
    return rows


def schema_of(found: Schema, table: Any) -> Schema:
    """A file's schema with the kinds that a table gives, as `column_rows` made it and somebody edited it.

    Raises:
        ValueError: If a kind is unknown or the kinds do not go together; says what is allowed.
    """
    rows = table.values.tolist() if hasattr(table, "values") else list(table)
    kinds = {str(row[0]): str(row[1]).strip().lower() for row in rows}
    known = tuple(KINDS)
    fields = []
    for spec in found.fields:
        kind = kinds.get(spec.column or spec.name, spec.kind)
        if kind not in known:
            raise ValueError(f"column {spec.column!r} has the kind {kind!r}; known kinds: {', '.join(known)}")
        if kind != spec.kind:
            tree = {"name": spec.name, "column": spec.column, "kind": kind}
            spec = FieldSpec.model_validate(tree)
        fields.append(spec)
    return Schema.parse(
        {"noun": found.noun, "plural": found.plural, "fields": [one.model_dump() for one in fields]},
        "the columns",
    )
