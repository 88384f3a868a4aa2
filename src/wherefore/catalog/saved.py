"""Saved catalogues: Parquet files with the schema inside."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wherefore.catalog.records import Records
from wherefore.catalog.schema import Schema
from wherefore.catalog.vectors import Vector
from wherefore.errors import CatalogError
from wherefore.files import write_aside

_META = b"wherefore"


@dataclass(frozen=True, slots=True)
class SavedCatalog:
    """What a Parquet file written by `write_catalog_parquet` holds; columns by field name."""

    name: str
    schema: Schema
    ids: Sequence[str]
    titles: Sequence[str]
    columns: Mapping[str, Sequence[Any]]

    def records(self) -> Records:
        """The same, item by item."""
        fields: list[dict[str, Any]] = [{} for _ in self.ids]
        for name, values in self.columns.items():
            for known, value in zip(fields, values, strict=True):
                if value is not None:
                    known[name] = value
        return Records(self.ids, self.titles, fields)


def write_catalog_parquet(path: Path, saved: SavedCatalog) -> None:
    """Write a catalogue with its schema in the file's metadata; aside first, then renamed.

    Raises:
        CatalogError: If a column's values are not of one type.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema, name = saved.schema, saved.name
    arrays: dict[str, Any] = {
        schema.id.name: pa.array(saved.ids, pa.string()),
        schema.title.name: pa.array(saved.titles, pa.string()),
    }
    for spec in schema.kept:
        cells = saved.columns[spec.name]
        arrow = spec.can.stored.arrow([cell for cell in cells if cell is not None])
        try:
            if arrow == "vector":
                kind = pa.list_(pa.float32())
                cells = [None if cell is None else cell.array for cell in cells]
            else:
                kind = pa.list_(pa.string()) if arrow == "list" else pa.type_for_alias(arrow)
            arrays[spec.name] = pa.array(cells, kind)
        except (pa.ArrowException, OverflowError, TypeError) as error:
            raise CatalogError(f"field `{spec.name}` of {name} cannot be saved: {error}") from error
    order = [spec.name for spec in schema.fields]
    meta = json.dumps({"name": name, "schema": schema.model_dump(mode="json")}, ensure_ascii=False)
    table = pa.table({key: arrays[key] for key in order}).replace_schema_metadata({_META: meta.encode()})
    with write_aside(path) as aside:
        pq.write_table(table, aside, compression="zstd", compression_level=19)


def read_catalog_parquet(path: Path) -> SavedCatalog | None:
    """Read what `write_catalog_parquet` wrote; None where the file is Parquet from elsewhere.

    Raises:
        CatalogError: If it is no Parquet file, or its schema and its columns do not agree.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path).read()  # pq.read_table would import pandas where it is installed
    except pa.ArrowException as error:
        raise CatalogError(f"{path} is not a Parquet file that can be read: {error}") from error
    meta = (table.schema.metadata or {}).get(_META)
    if meta is None:
        return None
    try:
        told = json.loads(meta)
        name, tree = str(told["name"]), dict(told["schema"])
    except (ValueError, KeyError, TypeError) as error:
        raise CatalogError(
            f"the schema inside {path} cannot be read: {error}; save the catalogue again"
        ) from error
    schema = Schema.parse(tree, f"the schema inside {path}")
    columns: dict[str, list[Any]] = {}
    for spec in schema.fields:
        if spec.name not in table.column_names:
            raise CatalogError(
                f"{path}: its schema names a column `{spec.name}` that is not there; save it again"
            )
        cells = table.column(spec.name)
        values = cells.to_pylist()
        if pa.types.is_list(cells.type) and pa.types.is_floating(cells.type.value_type):
            values = [None if value is None else Vector.of(value) for value in values]
        elif pa.types.is_list(cells.type):
            values = [None if value is None else tuple(value) for value in values]
        elif pa.types.is_floating(cells.type):
            values = [int(v) if v is not None and v.is_integer() and abs(v) < 2**53 else v for v in values]
        columns[spec.name] = values
    ids, titles = columns.pop(schema.id.name), columns.pop(schema.title.name)
    for what, texts in (("id", ids), ("title", titles)):
        bad = next((row for row, text in enumerate(texts) if not isinstance(text, str) or not text), None)
        if bad is not None:
            raise CatalogError(
                f"{path}, row {bad + 1}: the {what} is {texts[bad]!r}; save the catalogue again"
            )
    return SavedCatalog(name, schema, ids, titles, columns)
