"""Connections: SQLite in WAL mode, and PostgreSQL that may go away and come back."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from wherefore.errors import StorageError

_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")
_FORMS = "a file, sqlite:///FILE, or postgresql://USER@HOST/DATABASE"
_CONNECT = 5  # seconds until a host that does not answer counts as away
_POOL = {"pool_size": 10, "max_overflow": 10}


def url_of(where: str | Path) -> URL:
    """The URL of a place: of a SQLite file, or of a PostgreSQL database.

    Raises:
        StorageError: If it is neither; never tells a password.

    >>> url_of("state.db").drivername, url_of("postgres://me@db/shop").drivername
    ('sqlite', 'postgresql+psycopg')
    """
    text = str(where)
    if "://" not in text:
        if not text.strip() or text == ":memory:":
            raise StorageError(f"state cannot be kept in {text!r}; give {_FORMS}")
        return URL.create("sqlite", database=text)
    scheme = text.partition("://")[0]
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise StorageError(
            f"the URL of the store ({scheme}://...) cannot be read; give {_FORMS}, with signs like @ or / in a "
            "password written as %40 or %2F"
        ) from None
    if url.drivername in _POSTGRES:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise StorageError(f"state cannot be kept in {scheme}; give {_FORMS}")
    if not url.database or url.database == ":memory:" or url.query:
        raise StorageError(f"a SQLite store is a file, without options: sqlite:///FILE, not {shown(url)}")
    return url.set(drivername="sqlite")


def shown(url: URL) -> str:
    """A URL for people: without password, and without options, which may hold one.

    >>> shown(url_of("postgresql://me:secret@db/shop?sslpassword=more"))
    'postgresql://me:***@db/shop'
    """
    if url.drivername.startswith("sqlite"):
        return str(url.database)
    plain = url.set(query={}, drivername=url.drivername.partition("+")[0])
    return plain.render_as_string(hide_password=True)


def make_engine(url: URL, patience: float) -> Engine:
    """An engine for a URL; opens nothing yet.

    Args:
        url: As `url_of` gives it.
        patience: Seconds to wait for a connection, or for another process's write.
    """
    if url.drivername == "sqlite":
        engine = create_engine(
            url, hide_parameters=True, connect_args={"timeout": patience}, pool_timeout=patience, **_POOL
        )
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
        return engine
    return create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_timeout=patience,
        connect_args={
            "connect_timeout": _CONNECT,
            "application_name": "wherefore",
            "keepalives_idle": 30,
            "tcp_user_timeout": 30_000,  # milliseconds until a silent peer counts as gone
        },
        **_POOL,
    )


def private(file: Path) -> Path:
    """The file, made empty and for nobody else to read, unless it is there; its folder, too.

    Raises:
        OSError: If it cannot be made.
    """
    if not file.parent.exists():
        file.parent.mkdir(parents=True, mode=0o700)
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        pass
    return file


def checkpoint(connection: Connection) -> bool:
    """Bring SQLite's log into the file and empty it, so that deleted text is in neither. Whether nobody hindered it."""
    busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
    return busy == 0


def _set_up(connection: Any, _: Any) -> None:
    """A new connection: durable and careful."""
    connection.isolation_level = None  # `_begin` begins, so that a transaction holds all of its statements
    cursor = connection.cursor()
    _write_ahead(cursor)
    cursor.execute("PRAGMA synchronous=FULL")  # what is acknowledged outlives a power cut
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten
    cursor.close()


def _write_ahead(cursor: sqlite3.Cursor, tries: int = 50) -> None:
    """Turn WAL on: a change of mode does not wait for others by itself."""
    for left in reversed(range(tries)):
        try:
            if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or not left:
                raise
            time.sleep(0.05)


def _begin(connection: Connection) -> None:
    """Who will write takes the write lock at once: two that read first and write then would fail each other."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
