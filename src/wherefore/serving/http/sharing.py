"""What servers that share a store do for each other: catch up with item changes, and take turns with a session."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, Protocol

from wherefore.serving.engine import Engine, TimedOut
from wherefore.serving.http.logs import log
from wherefore.serving.storage.replay import apply
from wherefore.serving.store import SharedStore

_PAUSE, _LONGEST_PAUSE = (
    0.02,
    0.25,
)  # seconds between two looks whether a session is free: the first, and the longest


class CatchingUp:
    """Brings the catalogue up to what the servers that share a store have changed, before a request is answered.

    A change is in the store when it is acknowledged, so that who asks for its number afterwards sees it. That is one
    small query for a request; only where something is new is more read, and the turns in work are waited for.

    Args:
        store: That all share.
        engine: Changes the catalogue.
        timeout: Seconds that it may take.
    """

    def __init__(self, store: SharedStore, engine: Engine, timeout: float = 60.0) -> None:
        self._store, self._engine, self._timeout = store, engine, timeout
        self._lock = asyncio.Lock()
        self.version: int | None = (
            None  # of the last change that was applied; None: not even the first were looked for
        )

    async def __call__(self) -> None:
        """Catch up.

        Raises:
            StorageError: If the store fails.
            TimedOut: If turns in work leave no moment to change the catalogue.
        """
        try:
            async with asyncio.timeout(self._timeout):
                wanted = await asyncio.to_thread(self._store.item_version)
                if self.version is not None and wanted <= self.version:
                    return
                async with self._lock:
                    if self.version is None or wanted > self.version:
                        await self._apply()
        except TimeoutError:
            raise TimedOut("what was changed elsewhere could not be taken over in time; ask again") from None

    async def _apply(self) -> None:
        new = await asyncio.to_thread(self._store.item_changes_since, self.version)
        done = await self._engine.change(lambda recommender: apply(new.kept, new.gone, recommender))
        self.version = new.version
        for one in done.refused:
            log("item change left out", logging.WARNING, item=one.id, reason=one.why)


class Released(Protocol):
    """What is held until it is released."""

    def release(self) -> None:
        """Let others have it."""


class Turnstile:
    """Lets one server at a time work on a session, among those that share a store.

    Args:
        store: That all share.
    """

    def __init__(self, store: SharedStore) -> None:
        self._store = store
        self._releasing: set[asyncio.Task[None]] = set()

    async def enter(self, name: str, lock: asyncio.Lock, deadline: float) -> Released:
        """Wait until no other server works on a name. The lock, which is held, keeps others of this process out.

        Args:
            name: Of what.
            lock: Released together with it, or when this fails.
            deadline: Of `time.monotonic`.

        Raises:
            StorageError: If the store fails.
            TimedOut: If another server works on it until the deadline.
        """
        pause = _PAUSE
        try:
            while not await self._claimed(name):
                if time.monotonic() + pause > deadline:
                    raise TimedOut("another request of this session was not done in time; ask again")
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
        except BaseException:
            lock.release()
            raise
        return _Held(lambda: self._later(self._leave(name, lock)))

    async def aclose(self) -> None:
        """Wait until all is released."""
        await asyncio.gather(*self._releasing, return_exceptions=True)

    async def _claimed(self, name: str) -> bool:
        trying = asyncio.ensure_future(asyncio.to_thread(self._store.claim, name))
        try:
            return await asyncio.shield(trying)
        except asyncio.CancelledError:  # the thread goes on: what it gets is given back
            self._later(self._undo(name, trying))
            raise

    async def _undo(self, name: str, trying: asyncio.Future[bool]) -> None:
        if await trying:
            await asyncio.to_thread(self._store.give_back, name)

    async def _leave(self, name: str, lock: asyncio.Lock) -> None:
        try:
            await asyncio.to_thread(self._store.give_back, name)
        finally:
            lock.release()

    def _later(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._releasing.add(task)
        task.add_done_callback(self._releasing.discard)


class _Held:
    def __init__(self, release: Callable[[], None]) -> None:
        self.release = release
