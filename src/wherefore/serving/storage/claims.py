"""Names that one server at a time may hold, among all that share a PostgreSQL database."""

from __future__ import annotations

import hashlib
from threading import Lock

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from wherefore.errors import StorageError
from wherefore.serving.storage.failures import told

# Seconds and probes after which PostgreSQL notices that a machine has vanished: half a minute, not two hours.
_NOTICING = (("tcp_keepalives_idle", 10), ("tcp_keepalives_interval", 5), ("tcp_keepalives_count", 4))


class Claims:
    """Claims are PostgreSQL's advisory locks, all held by one connection: they end when the process that has it does.

    Args:
        engine: Of the database.
        where: The store's name, for messages.
    """

    def __init__(self, engine: Engine, where: str) -> None:
        self._engine, self._where = engine, where
        self._lock = Lock()
        self._connection: Connection | None = None

    def take(self, name: str) -> bool:
        """Take a claim, without waiting. Returns whether it was free.

        Raises:
            StorageError: If the database cannot be reached, or is none that several servers can share.
        """
        if self._engine.dialect.name != "postgresql":
            raise StorageError(
                f"{self._where} is a file of one server; for several, keep state in postgresql://USER@HOST/DATABASE"
            )
        with self._lock:
            for last in (False, True):  # a connection that was idle may have been cut
                try:
                    return bool(self._run("SELECT pg_try_advisory_lock(:key)", name))
                except SQLAlchemyError as error:
                    self._drop()
                    if last:
                        raise told(error, self._where, "write") from error
        return False

    def give_back(self, name: str) -> None:
        """End a claim. With the connection lost, it has ended already."""
        with self._lock:
            if self._connection is None:
                return
            try:
                self._run("SELECT pg_advisory_unlock(:key)", name)
            except SQLAlchemyError:
                self._drop()

    def close(self) -> None:
        """End all claims."""
        with self._lock:
            self._drop()

    def _run(self, statement: str, name: str) -> object:
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            for setting, value in _NOTICING:
                self._connection.exec_driver_sql(f"SET {setting} = {value}")
        return self._connection.scalar(text(statement), {"key": _number(name)})

    def _drop(self) -> None:
        """Close the connection itself: back in the pool, it would keep its locks."""
        dropped, self._connection = self._connection, None
        if dropped is None:
            return
        try:
            dropped.invalidate()
            dropped.close()
        except SQLAlchemyError:
            pass


def _number(name: str) -> int:
    digest = hashlib.sha256(f"wherefore\0{name}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
