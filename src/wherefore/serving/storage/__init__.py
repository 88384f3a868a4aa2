"""Durable state: `SqlStore` on SQLite or PostgreSQL, and what is done with what it holds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from wherefore.errors import MissingPackageError

if TYPE_CHECKING:
    from wherefore.serving.storage.sql import SqlStore

__all__ = ["default_store", "open_store"]


def default_store() -> str:
    """Where state is kept unless somebody says: `$WHEREFORE_STORE`, else `state.db` in the user's data folder."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return os.environ.get("WHEREFORE_STORE") or str(Path(base) / "wherefore" / "state.db")


def open_store(where: str | Path | None = None, create: bool = True, patience: float = 10.0) -> SqlStore:
    """Open what a server keeps; a new place is set up, one of an older Wherefore brought up to date.

    Args:
        where: A SQLite file, or a URL: `postgresql://user@host/database`, `sqlite:///file`. None: `default_store()`.
        create: Whether to set up a place that holds nothing yet; else that is an error.
        patience: Seconds that a call tries again, or waits for others, before it fails.

    Raises:
        MissingPackageError: If the packages of the extra `serve` are not installed.
        StorageError: If it cannot be opened, or is of a newer Wherefore; says what to do.
    """
    try:
        from wherefore.serving.storage.sql import SqlStore
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("sqlalchemy", "alembic", "psycopg"):
            raise
        raise MissingPackageError(
            f"keeping state needs {error.name}; install it with: pip install 'wherefore[serve]'"
        ) from error
    return SqlStore(default_store() if where is None else where, create, patience)
