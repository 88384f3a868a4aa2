"""The form of the tables: made in a new place, brought up to date in an older one, refused where it is newer."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from threading import Lock

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from wherefore.errors import StorageError
from wherefore.serving.storage.tables import VERSIONS

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x7768_6572_6566_6F72  # "wherefor": of PostgreSQL's advisory locks, ours

_ONE = Lock()  # alembic holds the database that it works on in a global


@cache
def revisions() -> tuple[str, ...]:
    """All revisions that this version knows, oldest first."""
    script = ScriptDirectory(str(MIGRATIONS))
    return tuple(one.revision for one in reversed(list(script.walk_revisions())))


def revision_of(connection: Connection) -> str | None:
    """The revision that a database has; None where it holds nothing of ours."""
    return MigrationContext.configure(connection, opts={"version_table": VERSIONS}).get_current_revision()


def bring_up_to_date(connection: Connection, where: str, to: str = "head") -> None:
    """Make the tables, or bring them to a revision, in the transaction that the connection is in.

    Of servers that start at once, one does it and the others wait: on SQLite by the write lock that the transaction
    holds, on PostgreSQL by an advisory lock that goes with it.

    Args:
        connection: In a transaction that may write.
        where: The store's name, for messages.
        to: The revision; the newest by default.

    Raises:
        StorageError: If a newer Wherefore wrote it, or it is another program's SQLite file.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    check(connection, where)
    script = ScriptDirectory(str(MIGRATIONS))
    context = MigrationContext.configure(
        connection,
        opts={
            "version_table": VERSIONS,
            "transactional_ddl": True,
            "fn": lambda now, _: script._upgrade_revs(to, now),
        },
    )
    with _ONE, Operations.context(context):
        context.run_migrations()


def check(connection: Connection, where: str) -> bool:
    """Whether a database is set up, in a form that this version knows.

    Raises:
        StorageError: If a newer Wherefore wrote it, or it is another program's SQLite file.
    """
    now, known = revision_of(connection), revisions()
    if now is not None and now not in known:
        raise StorageError(
            f"{where} was written by a newer Wherefore (form {now}; this one knows up to {known[-1]}); install that "
            "version, or name another place"
        )
    if (
        now is None
        and connection.dialect.name == "sqlite"
        and (others := inspect(connection).get_table_names())
    ):
        raise StorageError(
            f"{where} is another program's file (it has a table `{others[0]}`); name one that is not there yet"
        )
    return now is not None


def current(connection: Connection) -> bool:
    """Whether a database has the newest form."""
    return revision_of(connection) == revisions()[-1]
