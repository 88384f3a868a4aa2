"""Pools of likely negatives and what judges said of them, kept in one file from run to run."""

from __future__ import annotations

import hashlib
import json
import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from wherefore.errors import ConfigError, ConfigNotFoundError, StorageError

_TABLES = """
CREATE TABLE IF NOT EXISTS pools (said INTEGER PRIMARY KEY, gold TEXT NOT NULL, items TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS scores (
    key BLOB PRIMARY KEY, judge TEXT NOT NULL, said INTEGER NOT NULL, item TEXT NOT NULL, score REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS scores_said ON scores (judge, said);
"""


@dataclass(frozen=True, slots=True)
class Pool:
    """What a dialogue went on with, and what was likely to be taken for it.

    Attributes:
        gold: Ids of what was named next.
        items: Ids of others, the retriever's best first.
        scores: A judge's, by id, of those that it was asked about.
    """

    gold: tuple[str, ...]
    items: tuple[str, ...]
    scores: Mapping[str, float]


class JudgedPools:
    """A file with pools, and scores that are only ever added.

    It is an SQLite database: what a turn's judging gave is written as a whole or not at all, a killed run goes on where
    it was, and several processes may write at once. A score's key is a hash of the judge and of all that it read, so a
    changed prompt, dialogue or item is judged anew; pools are known by the `fingerprint` of what was said.

    Args:
        file: Made, with its folder, where it is missing.

    Raises:
        StorageError: If it cannot be read or written, or is no such file.
    """

    def __init__(self, file: str | Path) -> None:
        self.file = Path(file)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self._opened() as database:
            database.executescript(_TABLES)

    @classmethod
    def existing(cls, file: str | Path) -> JudgedPools:
        """Those of a file that is there.

        Raises:
            ConfigNotFoundError: If it is not.
        """
        if not Path(file).is_file():
            raise ConfigNotFoundError(
                f"no {file}: judged pools are made by scripts/judge_negatives.py; run it, or take `judged` out"
            )
        return cls(file)

    # -- pools ------------------------------------------------------------------------------------------

    def keep(self, pools: Mapping[int, tuple[Sequence[str], Sequence[str]]]) -> None:
        """Keep gold and others by what was said; what was kept of the same dialogues before is replaced."""
        rows = [
            (said, json.dumps(list(gold)), json.dumps(list(items))) for said, (gold, items) in pools.items()
        ]
        with self._opened() as database, database:
            database.executemany("INSERT OR REPLACE INTO pools VALUES (?, ?, ?)", rows)

    def said(self) -> list[int]:
        """The fingerprints of all dialogues with a pool, in the order in which they came."""
        with self._opened() as database:
            return [said for (said,) in database.execute("SELECT said FROM pools ORDER BY rowid")]

    def pools(self, judge: str | None = None) -> dict[int, Pool]:
        """All pools, with a judge's scores where one is named."""
        scores: dict[int, dict[str, float]] = {}
        with self._opened() as database:
            query = "SELECT said, item, score FROM scores WHERE judge = ? ORDER BY rowid"
            for said, item, score in database.execute(query, (judge,)) if judge is not None else ():
                scores.setdefault(said, {})[item] = score  # of one whose record has changed, the newest
            return {
                said: Pool(tuple(json.loads(gold)), tuple(json.loads(items)), scores.get(said, {}))
                for said, gold, items in database.execute("SELECT said, gold, items FROM pools")
            }

    def stamp(self) -> str:
        """How much the file holds: what learned from it learns anew when there is more."""
        with self._opened() as database:
            query = "SELECT (SELECT COUNT(*) FROM pools), (SELECT COUNT(*) FROM scores)"
            pools, scores = database.execute(query).fetchone()
        return f"{pools} pools, {scores} scores"

    # -- scores -----------------------------------------------------------------------------------------

    def judges(self) -> list[str]:
        """Names of all that have given a score."""
        with self._opened() as database:
            return [name for (name,) in database.execute("SELECT DISTINCT judge FROM scores ORDER BY judge")]

    def judge_named(self, name: str | None) -> str:
        """The judge whose name begins so; with None the only one.

        Raises:
            ConfigError: If there is none, or more than one.
        """
        known = self.judges()
        found = [one for one in known if name is None or one == name] or [
            one for one in known if name is not None and one.startswith(name)
        ]
        if len(found) != 1:
            raise ConfigError(
                f"`judge` is {name!r}, and {self.file} has scores of: {'; '.join(known) or 'nobody'}; name one"
            )
        return found[0]

    def known(self, keys: Sequence[bytes]) -> dict[bytes, float]:
        """The scores that are there, by key."""
        with self._opened() as database:
            found: dict[bytes, float] = {}
            for start in range(0, len(keys), 500):
                part = list(keys[start : start + 500])
                marks = ", ".join("?" * len(part))
                found |= dict(database.execute(f"SELECT key, score FROM scores WHERE key IN ({marks})", part))
            return found

    def add(self, judge: str, said: int, scores: Iterable[tuple[bytes, str, float]]) -> None:
        """Add key, item and score of each; one that is there already stays, one that is no number is left out."""
        rows = [(key, judge, said, item, score) for key, item, score in scores if math.isfinite(score)]
        with self._opened() as database, database:
            database.executemany("INSERT OR IGNORE INTO scores VALUES (?, ?, ?, ?, ?)", rows)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.file, timeout=60)) as database:
                yield database
        except sqlite3.OperationalError as error:
            raise StorageError(f"judged pools cannot be kept in {self.file}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise StorageError(
                f"{self.file} holds no judged pools ({error}); give another file, or delete it and judge again"
            ) from error


def score_key(judge: str, dialogue: str, item: str) -> bytes:
    """The key of a score: a hash of who gives it and of all that is read for it, 20 bytes."""
    digest = hashlib.sha256()
    for part in (judge, dialogue, item):
        digest.update(hashlib.sha256(part.encode("utf-8", "surrogatepass")).digest())
    return digest.digest()[:20]
