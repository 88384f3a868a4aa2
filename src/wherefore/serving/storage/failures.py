"""What databases fail with: told in our words, without what was written and without passwords."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from wherefore.errors import StorageError

# SQLSTATEs after which the same may go well: connection lost, server stopping or starting, too many connections,
# a transaction that another one made impossible.
_PASSING = ("08", "57P01", "57P02", "57P03", "53300", "40001", "40P01")
_ADVICE = {  # by what stands in SQLite's message
    "database or disk is full": "make room on that disk; what was kept is whole, and the next call goes on",
    "readonly": "it may not be written; see who owns the file and its folder",
    "locked": "another process holds it; is a long `wherefore data` command or a backup at work?",
    "unable to open": "see that its folder is there and may be written",
    "not a database": "it is no SQLite file; name another",
    "malformed": "the file is damaged; bring back a backup, or save what can be read with: sqlite3 FILE .recover",
    "disk i/o error": "the disk fails, or is full; see the system's log",
}
_ADVICE_PG = {  # by SQLSTATE, or its class
    "28": "see user, password and pg_hba.conf; the password is read from the URL, PGPASSWORD or ~/.pgpass",
    "3D": "make it with createdb, or name another",
    "42501": "the user may not do that; grant it",
    "53100": "the server's disk is full; make room there",
    "53300": "too many connections; raise max_connections or run fewer servers",
    "25006": "the database is read-only; is it a standby?",
}


def passing(error: SQLAlchemyError) -> bool:
    """Whether the same may go well a moment later, on another connection."""
    return isinstance(error, DBAPIError) and (_state(error) or "").startswith(_PASSING)


def told(error: SQLAlchemyError, where: str, doing: str) -> StorageError:
    """The error for people.

    Args:
        error: What SQLAlchemy raised.
        where: The store, without password.
        doing: What failed, like "write" or "open".
    """
    if isinstance(error, PoolTimeout):
        return StorageError(
            f"cannot {doing} {where}: all its connections are in use; too much is asked at once, or it is slow"
        )
    if not isinstance(error, DBAPIError) or error.orig is None:
        return StorageError(f"cannot {doing} {where}: {type(error).__name__}")
    seen = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
    return StorageError(f"cannot {doing} {where}: {seen}; {_advice(error, seen)}")


def _advice(error: DBAPIError, seen: str) -> str:
    state = _state(error)
    if state is None:
        return next((text for sign, text in _ADVICE.items() if sign in seen.lower()), "see the message")
    found = [text for sign, text in _ADVICE_PG.items() if state.startswith(sign)]
    return found[0] if found else "is the server up?"


def _state(error: DBAPIError) -> str | None:
    """The SQLSTATE, of PostgreSQL's errors; None of SQLite's."""
    if type(error.orig).__module__.partition(".")[0] != "psycopg":
        return None
    state: str | None = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state
    return _guessed(str(error.orig)) if isinstance(error, OperationalError | InterfaceError) else "XX000"


def _guessed(seen: str) -> str:
    """The SQLSTATE of a refused or lost connection, of which psycopg tells the words alone."""
    if "authentication failed" in seen or "no password supplied" in seen or "pg_hba" in seen:
        return "28000"
    if "database" in seen and "does not exist" in seen:
        return "3D000"
    return "53300" if "too many" in seen else "08006"
