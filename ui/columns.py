"""A user's own file: what each column was taken for, and the schema after they have corrected it."""

from __future__ import annotations

from typing import Any

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.kinds import KINDS
from wherefore.catalog.schema import Schema
from wherefore.errors import CatalogError
from wherefore.serving.display import plain, value_text


def column_rows(catalog: Catalog) -> list[list[str]]:
    """For each column of the file: its name, its kind, and its first value."""
    schema = catalog.schema
    own = {schema.id.name: "id", schema.title.name: "title"}
    rows = []
    for spec in schema.fields:
        values = (
            getattr(item, own[spec.name]) if spec.name in own else value_text(item.get(spec.name))
            for item in catalog.items
        )
        rows.append([spec.column or spec.name, spec.kind, plain(next(filter(None, values), ""))[:80]])
    return rows


def schema_of(found: Schema, table: Any) -> Schema:
    """A file's schema with the kinds of a table that `column_rows` made and somebody edited.

    Raises:
        CatalogError: If a kind is unknown or the kinds do not go together; says what is allowed.
    """
    rows = table.values.tolist() if hasattr(table, "values") else list(table)
    kinds = {str(row[0]): str(row[1]).strip().lower() for row in rows}
    fields = []
    for spec in found.fields:
        kind = kinds.get(spec.column or spec.name, spec.kind)
        if kind not in KINDS:
            known = ", ".join(KINDS)
            raise CatalogError(f"column {spec.column!r} has the kind {kind!r}; known kinds: {known}")
        new = {"name": spec.name, "column": spec.column, "kind": kind}
        fields.append(spec.model_dump() if kind == spec.kind else new)
    return Schema.parse({"noun": found.noun, "plural": found.plural, "fields": fields}, "the columns")
