"""Server-sent events, and work that ends when its client goes away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.types import Receive, Scope, Send

T = TypeVar("T")
PING = (
    15.0  # seconds without an event after which something is sent, so that nobody between takes it for dead
)


class Gone(Exception):
    """The client went away; nobody reads the response any more."""


def event(data: Any, name: str | None = None) -> bytes:
    """A server-sent event with JSON as its data."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return format_sse_event(data_str=text, event=name)


async def while_there(request: Request, work: Awaitable[T]) -> T:
    """What work gives, unless the client goes away first; then it is cancelled.

    Raises:
        Gone: If the client went away.
    """

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(gone())
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise Gone
    finally:
        for task in (working, leaving):
            task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await asyncio.gather(working, leaving, return_exceptions=True)


class EventStream(StreamingResponse):
    """Sends what a generator gives, and closes it when all is sent or the client has gone.

    Args:
        chunks: The events.
        closed: Called at the end, however it comes.
    """

    media_type = "text/event-stream"

    def __init__(
        self, chunks: AsyncGenerator[bytes, None], closed: Callable[[], None] = lambda: None
    ) -> None:
        self._pinged, self._closed = _pinged(chunks), closed
        super().__init__(self._pinged, headers={"X-Accel-Buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        try:
            await while_there(Request(scope, receive), self.stream_response(send))
        except (Gone, OSError):
            pass
        finally:
            await self._pinged.aclose()
            self._closed()


async def _pinged(chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The chunks, with a comment where none came for a while."""
    step: asyncio.Future[bytes] | None = None
    try:
        while True:
            step = step or asyncio.ensure_future(anext(chunks))
            done, _ = await asyncio.wait((step,), timeout=PING)
            if not done:
                yield KEEPALIVE_COMMENT
                continue
            try:
                chunk = step.result()
            except StopAsyncIteration:
                return
            step = None
            yield chunk
    finally:
        if step is not None:
            step.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration, Exception):
                await step
        await chunks.aclose()
