"""Databases: tables in SQLite files."""

from __future__ import annotations

import contextlib
import io
import sqlite3
from pathlib import Path

from wherefore.catalog.tables import Table
from wherefore.errors import CatalogError


def read_database(source: Path | io.BytesIO, name: str, table: str) -> Table:
    """Read one table of an SQLite file, which is opened for reading only.

    Args:
        source: The file, or its bytes.
        name: What to call it.
        table: The table, or a view; empty for the only table that has rows.

    Raises:
        CatalogError: If it is no database, or which table is meant is not clear; lists the tables.
    """
    try:
        with contextlib.closing(_opened(source)) as database:
            return _read(database, name, table)
    except sqlite3.Error as error:
        raise CatalogError(f"{name} is not an SQLite database that can be read: {error}") from error


def _opened(source: Path | io.BytesIO) -> sqlite3.Connection:
    if isinstance(source, Path):
        beside = any(source.with_name(source.name + end).exists() for end in ("-wal", "-journal"))
        how = "mode=ro" if beside else "mode=ro&immutable=1"  # the second leaves no file beside it either
        database = sqlite3.connect(f"{source.absolute().as_uri()}?{how}", uri=True)
    else:
        database = sqlite3.connect(":memory:")
        database.deserialize(source.getvalue())
    database.execute("PRAGMA trusted_schema = OFF")
    database.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    return database


def _read(database: sqlite3.Connection, name: str, table: str) -> Table:
    found = database.execute(
        "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')"
    ).fetchall()
    known = [str(one) for one, _ in found if not one.startswith("sqlite_")]
    tables = [str(one) for one, kind in found if kind == "table" and one in known]
    listed = ", ".join(known) or "none"
    if table and table not in known:
        raise CatalogError(f"{name} has no table called {table!r}; its tables are {listed}")
    holding = [table] if table else [one for one in tables if _has_rows(database, one)]
    if not holding:
        raise CatalogError(f"{name} has no table with a row in it; its tables are {listed}")
    if len(holding) > 1:
        raise CatalogError(
            f"{name} has several tables with rows: {', '.join(holding)}. Name one: {name}#{holding[0]}"
        )
    cursor = database.execute(f"SELECT * FROM {_quoted(holding[0])}")
    header = [str(column[0]) for column in cursor.description]
    columns = [list(cells) for cells in zip(*cursor.fetchall(), strict=True)]
    if not columns:
        raise CatalogError(f"the table {table} of {name} has no row; a catalogue needs at least one")
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise CatalogError(f"{name}, {holding[0]}: two columns are called {', '.join(twice)}; rename one")
    called = f"{name}, table {holding[0]}" if len(known) > 1 else name
    return Table(called, dict(zip(header, columns, strict=True)))


def _has_rows(database: sqlite3.Connection, table: str) -> bool:
    return database.execute(f"SELECT 1 FROM {_quoted(table)} LIMIT 1").fetchone() is not None


def _quoted(table: str) -> str:
    return '"' + table.replace('"', '""') + '"'
