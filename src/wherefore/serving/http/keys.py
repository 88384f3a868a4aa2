"""API keys: who may do what, how often. Files hold hashes, never keys."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from wherefore.errors import ConfigError, ConfigNotFoundError
from wherefore.files import write_aside

Scope = Literal["chat", "items", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
SIGN = "wf_"  # what keys begin with, so that scanners for leaked secrets can find them
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_BUCKETS = 10_000  # names whose requests are counted at a time
_LOOKED_AFTER = 1.0  # seconds after which the file is looked at again


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key: all but the key.

    Attributes:
        name: Whose it is. Sessions and users belong to the name, so that a new key for it finds them.
        digest: SHA-256 of the key, in hexadecimal. A key has 256 random bits: there is nothing to guess that a slow
            hash would protect.
        scopes: What it is good for; `admin` is good for everything.
        per_minute: Requests, unless the server's own limit holds.
        created: When, in ISO format.
    """

    name: str
    digest: str
    scopes: tuple[Scope, ...] = ("chat",)
    per_minute: float | None = None
    created: str = ""

    def may(self, scope: Scope) -> bool:
        """Whether it is good for something."""
        return scope in self.scopes or "admin" in self.scopes


class KeyFile:
    """The keys in a file. Changes to the file hold within a second, without a restart.

    Args:
        path: A JSON file, which need not be there yet.
        clock: Gives seconds.
    """

    def __init__(self, path: str | Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = Path(path)
        self._clock = clock
        self._lock = threading.Lock()
        self._looked = -_LOOKED_AFTER
        self._seen: tuple[int, int, int] | None = None
        self._keys: tuple[Key, ...] = ()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys that hold now.

        Raises:
            ConfigError: If the file is not one of keys.
        """
        with self._lock:
            if self._clock() - self._looked >= _LOOKED_AFTER:
                self._keys, self._looked = self._read(), self._clock()
            return self._keys

    def find(self, given: str) -> Key | None:
        """The key that was given, if it is one. How long that takes tells nothing about the others."""
        digest, found = _digest(given), None
        for key in self.keys:
            if hmac.compare_digest(key.digest, digest):
                found = key
        return found

    def new(self, name: str, scopes: Iterable[str] = ("chat",), per_minute: float | None = None) -> str:
        """Make a key, and keep its hash. Returns the key itself, which is kept nowhere.

        Raises:
            ConfigError: If the name or a scope is not allowed, or the name has a key already.
        """
        kept, checked = self._read(), _scopes(scopes)
        if not _NAME.fullmatch(name):
            raise ConfigError(
                f"the name {name!r} is not allowed; use up to 64 letters, digits, dots, dashes and underscores"
            )
        if any(key.name == name for key in kept):
            raise ConfigError(f"{name} has a key already; revoke it first: wherefore key revoke {name}")
        if per_minute is not None and not 0 < per_minute < float("inf"):
            raise ConfigError(f"{per_minute} requests a minute are not allowed; give a number above 0")
        given = SIGN + secrets.token_urlsafe(32)
        made = datetime.now(UTC).isoformat(timespec="seconds")
        self._write((*kept, Key(name, _digest(given), checked, per_minute, made)))
        return given

    def revoke(self, name: str) -> None:
        """Make a name's key worthless.

        Raises:
            ConfigError: If the name has none.
        """
        kept = self._read()
        left = tuple(key for key in kept if key.name != name)
        if len(left) == len(kept):
            known = ", ".join(key.name for key in kept) or "nobody"
            raise ConfigError(f"{name} has no key in {self.path}; those with one: {known}")
        self._write(left)

    def _read(self) -> tuple[Key, ...]:
        try:
            about = self.path.stat()
            seen = (about.st_mtime_ns, about.st_size, about.st_ino)
            if seen != self._seen:
                self._keys, self._seen = _parsed(self.path), seen
        except FileNotFoundError:
            self._keys, self._seen = (), None
        return self._keys

    def _write(self, keys: Iterable[Key]) -> None:
        tree = {"keys": [asdict(key) | {"scopes": list(key.scopes)} for key in keys]}
        with write_aside(self.path) as aside:
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(tree, file, indent=1)
        self._looked = -_LOOKED_AFTER


class Rates:
    """A token bucket for each name: so many requests a minute, and a few at once.

    >>> now = 0.0
    >>> rates = Rates(per_minute=60, burst=2, clock=lambda: now)
    >>> [rates.take("ann") for _ in range(3)], rates.take("ben")
    ([0.0, 0.0, 1.0], 0.0)

    Args:
        per_minute: Requests a minute; None: any number, but for names that bring a limit of their own.
        burst: How many may come at once after a pause.
        clock: Gives seconds.
    """

    def __init__(
        self, per_minute: float | None, burst: int = 20, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_minute, self._burst, self._clock = per_minute, burst, clock
        self._buckets: dict[str, tuple[float, float]] = {}  # tokens, and when they were counted

    def take(self, name: str, per_minute: float | None = None) -> float:
        """Take a token. Returns 0, or in how many seconds there will be one.

        Args:
            name: Whose.
            per_minute: Their own limit, where they have one.
        """
        limit = self._per_minute if per_minute is None else per_minute
        if limit is None:
            return 0.0
        if len(self._buckets) > _BUCKETS:  # the longest untouched are full again
            for old in list(self._buckets)[: _BUCKETS // 2]:
                del self._buckets[old]
        now, most = self._clock(), float(max(1, min(self._burst, limit)))
        tokens, counted = self._buckets.pop(name, (most, now))
        tokens = min(most, tokens + (now - counted) * limit / 60)
        if tokens < 1:
            self._buckets[name] = (tokens, now)
            return (1 - tokens) * 60 / limit
        self._buckets[name] = (tokens - 1, now)
        return 0.0


def _digest(given: str) -> str:
    return hashlib.sha256(given.encode("utf-8", "surrogatepass")).hexdigest()


def _scopes(given: Iterable[str]) -> tuple[Scope, ...]:
    found = tuple(dict.fromkeys(given))
    unknown = [one for one in found if one not in SCOPES]
    if unknown or not found:
        seen = repr(unknown[0]) if unknown else "empty"
        raise ConfigError(f"the scope is {seen}; known scopes: {', '.join(SCOPES)}")
    return tuple(scope for scope in SCOPES if scope in found)


def _parsed(path: Path) -> tuple[Key, ...]:
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
        return tuple(_key(one) for one in tree["keys"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ConfigError(
            f"{path} is no file of keys ({error}); make one with: wherefore key new NAME --keys {path}"
        ) from error


def _key(tree: dict[str, Any]) -> Key:
    key = Key(**tree)
    if not re.fullmatch("[0-9a-f]{64}", key.digest) or not _NAME.fullmatch(key.name):
        raise ValueError(f"the entry of {tree.get('name')!r} has no hash or no name")
    return replace(key, scopes=_scopes(key.scopes))


def existing(path: str | Path) -> KeyFile:
    """The keys in a file that must be there and hold one.

    Raises:
        ConfigNotFoundError: If there is no such file.
        ConfigError: If it holds no key.
    """
    how = f"make the first key with: wherefore key new NAME --keys {path}"
    if not Path(path).is_file():
        raise ConfigNotFoundError(f"no keys at {path}; {how}")
    found = KeyFile(path)
    if not found.keys:
        raise ConfigError(f"{path} holds no key, so that nobody could use the server; {how}")
    return found
