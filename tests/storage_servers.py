"""A PostgreSQL of Debian's for tests, started and stopped here; as another user where the tests run as root."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from wherefore.serving.store import Feedback, StoredSession

PASSWORD = "s3cret/of @ours"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def binaries() -> Path | None:
    """The folder of the newest PostgreSQL's programs; None where there is none."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    found += [Path(on_path).parent] if on_path else []
    return max(found, key=lambda path: [int(part) for part in path.parts if part.isdigit()], default=None)


def why_not() -> str:
    """Why no server can be started here; empty where one can."""
    if binaries() is None:
        return "no initdb in /usr/lib/postgresql/*/bin or on the path (apt-get install postgresql)"
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        return "PostgreSQL does not run as root, and there is no runuser"
    return ""


class Postgres:
    """A server with one user and one database, `wherefore`."""

    def __init__(self) -> None:
        folder = binaries()
        assert folder is not None
        self._programs = folder
        self._folder = Path(tempfile.mkdtemp(prefix="wherefore-pg-"))
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._as:
            shutil.chown(self._folder, "postgres")
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        word = self._folder / "word"
        word.write_text(PASSWORD)
        word.chmod(0o644)
        self._run(
            "initdb",
            *("-D", self._data, "-U", "wherefore", "--auth=scram-sha-256", f"--pwfile={word}", "--no-sync"),
            *("--encoding=UTF8", "--locale=C.UTF-8"),
        )
        self.start()
        self.sql("CREATE DATABASE wherefore", "postgres")

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as, str(self._programs / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", timeout=120)
        assert done.returncode == 0, done.stderr + done.stdout

    def start(self) -> None:
        """Start it, and wait until it answers."""
        # Without fsync: what a process has written outlives its crash all the same, and recovery takes no minute.
        options = f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", self._data, "-w", "-t", "60", "-l", log, "-o", options, "start")

    def stop(self, how: str = "immediate") -> None:
        """Stop it; `immediate` as a crash would."""
        self._run("pg_ctl", "-D", self._data, "-w", "-t", "60", "-m", how, "stop")

    def url(
        self, database: str = "wherefore", password: str | None = PASSWORD, user: str = "wherefore"
    ) -> str:
        """The URL of a database of it."""
        from urllib.parse import quote

        word = f":{quote(password, safe='')}" if password is not None else ""
        return f"postgresql+psycopg://{user}{word}@127.0.0.1:{self.port}/{database}"

    def sql(self, statement: str, database: str = "wherefore") -> list[tuple[object, ...]]:
        """Run a statement of an administrator's."""
        import psycopg

        place = f"host=127.0.0.1 port={self.port} user=wherefore dbname={database}"
        with psycopg.connect(place, password=PASSWORD, autocommit=True) as connection:
            done = connection.execute(statement)
            return done.fetchall() if done.description else []

    def fresh(self) -> str:
        """The URL of the database, emptied: nobody may be using it."""
        self.sql("DROP SCHEMA public CASCADE")
        self.sql("CREATE SCHEMA public")
        return self.url()

    def close(self) -> None:
        """Stop it, and delete what it wrote."""
        try:
            self.stop()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)


def session(
    key: str = "s1",
    user: str | None = "ann",
    messages: tuple[str, ...] = ("hi", "hello"),
    day: int = 0,
    **state,
) -> StoredSession:
    """A session whose messages are the user's and the assistant's in turn."""
    said = tuple(
        {"role": "assistant" if number % 2 else "user", "content": text}
        for number, text in enumerate(messages)
    )
    when = START + timedelta(days=day)
    return StoredSession(key, user, said, state or None, START, when)


def event(
    item: str = "b1",
    verdict: str = "like",
    key: str | None = "s1",
    user: str | None = "ann",
    day: float = 0,
    **more,
) -> Feedback:
    """A feedback event, so many days after the start."""
    return Feedback(key, user, item, verdict, START + timedelta(days=day), **more)
