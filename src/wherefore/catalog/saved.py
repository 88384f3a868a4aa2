"""Saved catalogues: Parquet files with the schema inside."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wherefore.catalog.items import Item, StoredItems
from wherefore.catalog.schema import Schema
from wherefore.errors import CatalogError
from wherefore.files import write_aside

_META = b"wherefore"
STORED_FROM = 50_000  # items that are not made before they are asked for


@dataclass(frozen=True, slots=True)
class SavedCatalog:
    """What is written to a Parquet file; columns by field name."""

    name: str
    schema: Schema
    ids: Sequence[str]
    titles: Sequence[str]
    columns: Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class ReadCatalog:
    """What a Parquet file written by `write_catalog_parquet` holds."""

    name: str
    schema: Schema
    items: Sequence[Item]
    digest: str  # SHA-256 of the file, where its items stay in its columns; else empty


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
        level = 19 if len(saved.ids) < STORED_FROM else 6  # the last few hundredths take minutes of a million
        pq.write_table(table, aside, compression="zstd", compression_level=level)


def read_catalog_parquet(path: Path) -> ReadCatalog | None:
    """Read what `write_catalog_parquet` wrote; None where the file is Parquet from elsewhere.

    From `STORED_FROM` items on, they stay in the columns as they were read, see `StoredItems`.

    Raises:
        CatalogError: If it is no Parquet file, or its schema and its columns do not agree.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pa.memory_map(str(path)) as file:
            # pq.read_table would import pandas where it is installed
            table = pq.ParquetFile(file).read()
            many = table.num_rows >= STORED_FROM
            file.seek(0)
            digest = hashlib.sha256(file.read_buffer()).hexdigest() if many else ""
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
    columns: dict[str, Any] = {}
    for spec in schema.fields:
        if spec.name not in table.column_names:
            raise CatalogError(
                f"{path}: its schema names a column `{spec.name}` that is not there; save it again"
            )
        columns[spec.name] = table.column(spec.name).combine_chunks()
    ids, titles = columns.pop(schema.id.name).to_pylist(), columns.pop(schema.title.name).to_pylist()
    for what, texts in (("id", ids), ("title", titles)):
        bad = next((row for row, text in enumerate(texts) if not isinstance(text, str) or not text), None)
        if bad is not None:
            raise CatalogError(
                f"{path}, row {bad + 1}: the {what} is {texts[bad]!r}; save the catalogue again"
            )
    items = StoredItems(ids, titles, columns)
    return ReadCatalog(name, schema, items if many else tuple(items), digest)
