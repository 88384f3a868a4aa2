"""Turns of conversations: what the server remembers of each, and what feedback says of its user."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.messages import Message, parse_messages
from wherefore.dialogue.state import Preferences
from wherefore.errors import DialogueError
from wherefore.reply import Done, Event, ListReady, Recommendation, TextDelta
from wherefore.serving.engine import Engine, TimedOut
from wherefore.serving.http.problems import Refused
from wherefore.serving.http.sharing import Released, Turnstile
from wherefore.serving.http.state import with_feedback
from wherefore.serving.store import Feedback, Store, StoredSession

T = TypeVar("T")
KEPT_MESSAGES = 400  # of a session; what older ones said is in its state


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a turn; arguments as of `Recommender.stream`."""

    messages: Sequence[Mapping[str, Any]]
    k: int
    preferences: Mapping[str, Any] | None = None
    diversity: float | None = None
    settled: bool = False
    seed: int | None = None
    session: str | None = None
    user: str | None = None


@dataclass
class _Told:
    """What of a reply has reached the client."""

    listed: Sequence[Recommendation] = ()
    preferences: Preferences | None = None
    text: str = ""

    def take(self, event: Event) -> None:
        match event:
            case ListReady():
                self.listed, self.preferences = event.recommendations, event.preferences
            case TextDelta():
                self.text += event.text
            case Done():
                self.text, self.preferences = event.reply.text, event.reply.preferences

    @property
    def words(self) -> str:
        """What was said, and the titles that were listed: "I have seen that" must find them."""
        missing = [one.item.title for one in self.listed if one.item.title not in self.text]
        return "\n".join([self.text, *missing]).strip()


class Conversations:
    """Sessions and users belong to the owner of the key that named them: nobody else's key finds them.

    Args:
        engine: Runs turns.
        store: Remembers.
        catalog: Whose items can be spoken of.
        timeout: Seconds that a turn may take, its waiting included.
        clock: Gives the time, for what is stored.
        turnstile: Keeps other servers out of a session while this one works on it; None: there are none.
    """

    def __init__(
        self,
        engine: Engine,
        store: Store,
        catalog: Catalog,
        timeout: float = 60.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        turnstile: Turnstile | None = None,
    ) -> None:
        self._turnstile = turnstile
        self._engine, self._store, self._catalog = engine, store, catalog
        self._timeout, self._clock = timeout, clock
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._saving: dict[str, asyncio.Task[None]] = {}

    async def turn(self, owner: str, asked: Request) -> AsyncGenerator[Event, None]:
        """The events of a turn. A session's turns come one after the other, and each is kept before it is told whole.

        What was told before a turn was given up is kept too: the client has seen it.

        Raises:
            DialogueError: If a message or the preferences are not allowed.
            Refused: If the session is somebody else's.
            Busy: If too many turns wait.
            TimedOut: If the reply is not ready in time.
        """
        deadline = time.monotonic() + self._timeout
        if asked.session is None:
            preferences = await self._state(owner, asked, None, asked.messages)
            async with aclosing(self._events(asked, asked.messages, preferences, deadline)) as events:
                async for event in events:
                    yield event
            return
        key = _owned(owner, asked.session)
        lock = await self._alone(key, deadline)
        try:
            async with aclosing(self._session_turn(owner, key, asked, deadline)) as events:
                async for event in events:
                    yield event
        finally:
            saving = self._saving.get(key)
            if saving is None:
                lock.release()
            else:  # the next turn must find what this one leaves
                saving.add_done_callback(lambda _: lock.release())

    async def rank(self, owner: str, asked: Request) -> list[Recommendation]:
        """The ranked list alone; errors as of `turn`."""
        preferences = await self._state(owner, asked, None, asked.messages)
        ranked = self._engine.rank(asked.messages, k=asked.k, preferences=preferences)
        try:
            return await asyncio.wait_for(ranked, self._timeout)
        except TimeoutError:
            raise TimedOut("the list was not ready in time; ask again") from None

    async def session(self, owner: str, name: str) -> StoredSession:
        """A session, with the names that its owner knows.

        Raises:
            Refused: If there is none.
        """
        found = await _in_thread(self._store.session, _owned(owner, name))
        if found is None:
            raise no_session(name)
        return replace(found, id=name, user=_bare(found.user))

    async def delete_session(self, owner: str, name: str) -> None:
        """Forget a session.

        Raises:
            Refused: If there is none.
        """
        key = _owned(owner, name)
        lock = await self._alone(key, time.monotonic() + self._timeout)
        try:
            if not await _in_thread(self._store.delete_session, key):
                raise no_session(name)
        finally:
            lock.release()

    async def add_feedback(self, owner: str, events: Sequence[Feedback]) -> None:
        """Keep events, and let the sessions that they name know; when this returns, they are stored.

        Raises:
            Refused: If an item or a session is unknown; says which.
        """
        events = [
            replace(
                one,
                session=None if one.session is None else _owned(owner, one.session),
                user=None if one.user is None else _owned(owner, one.user),
            )
            for one in events
        ]
        wrong = [
            (f"events.{place}.item", f"there is no item {one.item!r}")
            for place, one in enumerate(events)
            if one.item not in self._catalog
        ]
        if wrong:
            raise Refused(422, "; ".join(what for _, what in wrong[:3]), wrong)
        sessions = {one.session for one in events if one.session is not None}
        for key in sessions:
            if await _in_thread(self._store.session, key) is None:
                raise no_session(str(_bare(key)))
        await _in_thread(self._store.add_feedback, events)
        for key in sessions:
            await self._hear(key, [one for one in events if one.session == key])

    async def aclose(self) -> None:
        """Wait until all is kept."""
        await asyncio.gather(*self._saving.values(), return_exceptions=True)
        if self._turnstile is not None:
            await self._turnstile.aclose()

    # -- turns ----------------------------------------------------------------------------------------

    async def _session_turn(
        self, owner: str, key: str, asked: Request, deadline: float
    ) -> AsyncGenerator[Event, None]:
        stored = await _in_thread(self._store.session, key)
        user = None if asked.user is None else _owned(owner, asked.user)
        if stored is not None and stored.user is not None and user not in (None, stored.user):
            raise Refused(
                409, f"the session {asked.session!r} is that of another user; begin one with another name"
            )
        user = user or (stored.user if stored is not None else None)
        before = stored.messages if stored is not None else ()
        parsed = parse_messages(asked.messages)
        messages = [*before, *asked.messages]
        preferences = await self._state(owner, replace(asked, user=_bare(user)), stored, messages)
        now = self._clock()
        session = StoredSession(
            key, user, before, None, created=stored.created if stored is not None else now, updated=now
        )
        told, kept = _Told(), False
        try:
            async with aclosing(self._events(asked, messages, preferences, deadline)) as events:
                async for event in events:
                    told.take(event)
                    if isinstance(event, Done):
                        await _in_thread(self._store.save_session, self._after(session, parsed, told))
                        kept = True
                    yield event
        finally:
            if not kept and told.words:
                self._save_later(self._after(session, parsed, told))

    def _events(
        self,
        asked: Request,
        messages: Sequence[Mapping[str, Any]],
        preferences: Preferences | None,
        deadline: float,
    ) -> AsyncGenerator[Event, None]:
        return self._engine.stream(
            messages,
            k=asked.k,
            preferences=preferences,
            diversity=asked.diversity,
            settled=asked.settled,
            seed=asked.seed,
            deadline=deadline,
        )

    def _after(self, session: StoredSession, said: Sequence[Message], told: _Told) -> StoredSession:
        """The session after a turn."""
        new = [{"role": one.role, "content": one.content} for one in said]
        messages = (*session.messages, *new, {"role": "assistant", "content": told.words})
        state = None if told.preferences is None else told.preferences.to_json()
        return replace(session, messages=messages[-KEPT_MESSAGES:], preferences=state, updated=self._clock())

    async def _state(
        self,
        owner: str,
        asked: Request,
        stored: StoredSession | None,
        messages: Sequence[Mapping[str, Any]],
    ) -> Preferences | None:
        """What a turn starts from: what the request gives, else the session's, and what its user told since."""
        given = asked.preferences
        if given is None and stored is not None:
            given = stored.preferences
        state = None if given is None else Preferences.from_json(given)
        events = [] if asked.user is None else await self._feedback(_owned(owner, asked.user), stored)
        if not events:
            return state

        if state is None and len(messages) > 1:  # one that is given stands for all messages but the last
            state = await self._engine.change(lambda r: r.reader.read(messages[:-1]).preferences)
        return with_feedback(state or Preferences(), events, self._catalog)

    async def _feedback(self, user: str, stored: StoredSession | None) -> list[Feedback]:
        """A user's verdicts that a session does not know yet: what was taken back in it stays taken back."""
        found: list[Feedback] = []
        while True:
            after = found[-1].id or 0 if found else 0
            page = await _in_thread(self._store.feedback, user, after)
            found += page
            if not page:
                break
        since = stored.updated if stored is not None else None
        return [one for one in found if since is None or one.at > since]

    async def _hear(self, key: str, events: Sequence[Feedback]) -> None:
        """Let a session know of feedback on what it listed."""
        lock = await self._alone(key, time.monotonic() + self._timeout)
        try:
            stored = await _in_thread(self._store.session, key)
            if stored is None:
                return
            state = with_feedback(Preferences.from_json(stored.preferences or {}), events, self._catalog)
            heard = replace(stored, preferences=state.to_json(), updated=self._clock())
            await _in_thread(self._store.save_session, heard)
        finally:
            lock.release()

    # -- one after the other --------------------------------------------------------------------------

    async def _alone(self, key: str, deadline: float) -> Released:
        """The lock of a session, taken; of servers that share a store, one at a time has it."""
        lock = self._locks.setdefault(key, asyncio.Lock())
        try:
            await asyncio.wait_for(lock.acquire(), max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            raise TimedOut("another request of this session was not done in time; ask again") from None
        return lock if self._turnstile is None else await self._turnstile.enter(key, lock, deadline)

    def _save_later(self, session: StoredSession) -> None:
        """Save without waiting: whoever was told the turn is gone, and what they awaited is being cancelled."""
        task = asyncio.create_task(_in_thread(self._store.save_session, session))
        self._saving[session.id] = task
        task.add_done_callback(lambda _: self._saving.pop(session.id, None))


async def _in_thread(work: Callable[..., T], *given: Any) -> T:
    """What a store does may take long."""
    return await asyncio.to_thread(work, *given)


def _owned(owner: str, name: str) -> str:
    """The name under which a store keeps what an owner calls `name`; owners' names have no slash."""
    return f"{owner}/{name}"


def _bare(key: str | None) -> str | None:
    return None if key is None else key.partition("/")[2]


def no_session(name: str) -> Refused:
    """That there is no such session."""
    return Refused(404, f"there is no session {name!r}; a chat that names one begins it")


def last_text(messages: Sequence[Mapping[str, Any]]) -> str:
    """The text of the newest message, for a log."""
    try:
        return parse_messages(messages[-1:], answered=True)[-1].content
    except (DialogueError, IndexError):
        return ""
