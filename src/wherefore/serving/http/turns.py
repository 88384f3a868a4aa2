"""A turn for a client: counted, traced, logged, and given up when the client goes away."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from opentelemetry import trace

from wherefore.reply import Done, Event, Reply
from wherefore.serving.http.conversations import Conversations, last_text
from wherefore.serving.http.conversations import Request as Asked
from wherefore.serving.http.logs import log
from wherefore.serving.http.metrics import Metrics
from wherefore.serving.http.problems import Refused, refused
from wherefore.serving.http.streams import EventStream, Gone, while_there


@dataclass(frozen=True)
class Turns:
    """Makes replies for requests.

    Args:
        conversations: Have the sessions.
        metrics: Count.
        tracer: Makes the spans; those of a tracer that nobody set up go nowhere.
        log_text: Log what is said, too.
    """

    conversations: Conversations
    metrics: Metrics
    tracer: trace.Tracer
    log_text: bool = False

    async def reply(self, request: Request, owner: str, asked: Asked) -> Reply:
        """The whole reply.

        Raises:
            Gone: If the client went away before the end.
        """

        async def whole() -> Reply:
            async with aclosing(self._events(request, owner, asked)) as events:
                async for event in events:
                    if isinstance(event, Done):
                        return event.reply
            raise AssertionError("a turn ends with Done")

        return await while_there(request, whole())

    async def stream(
        self,
        request: Request,
        owner: str,
        asked: Asked,
        chunks: Callable[[AsyncIterator[Event]], AsyncIterator[bytes]],
        failed: Callable[[Refused], Iterable[bytes]],
    ) -> EventStream:
        """The reply as server-sent events.

        What goes wrong before the list is an error response; later, an event in the stream.

        Args:
            request: To whom.
            owner: Of the key.
            asked: What they want.
            chunks: How events are sent.
            failed: How an error is sent.

        Raises:
            Gone: If the client went away before the list.
        """
        events = self._events(request, owner, asked)
        first = await while_there(request, anext(events))

        async def again() -> AsyncGenerator[Event, None]:
            yield first
            async for event in events:
                yield event

        async def sent() -> AsyncGenerator[bytes, None]:
            async with aclosing(events):
                try:
                    async for chunk in chunks(again()):
                        yield chunk
                except Exception as error:
                    told = refused(error)
                    if told.status >= 500:
                        log("stream failed", logging.ERROR, request=request.scope.get("request_id"))
                    for chunk in failed(told):
                        yield chunk

        self.metrics.streams.inc()
        return EventStream(sent(), closed=self.metrics.streams.dec)

    async def _events(self, request: Request, owner: str, asked: Asked) -> AsyncGenerator[Event, None]:
        span = self.tracer.start_span("turn", attributes={"wherefore.k": asked.k})
        ended = False
        try:
            async with aclosing(self.conversations.turn(owner, asked)) as events:
                async for event in events:
                    span.add_event(type(event).__name__)
                    if isinstance(event, Done):
                        ended = True
                        self._done(request, asked, event.reply, span)
                    yield event
        except Exception as error:
            ended = True
            told = refused(error)
            self.metrics.errors.labels(told.code or str(told.status)).inc()
            span.set_status(trace.StatusCode.ERROR, told.code or str(told.status))
            raise
        finally:
            if not ended:
                self.metrics.given_up.inc()
            span.end()

    def _done(self, request: Request, asked: Asked, reply: Reply, span: trace.Span) -> None:
        self.metrics.reply(reply)
        span.set_attribute("wherefore.action", reply.action)
        span.set_attribute("wherefore.listed", len(reply.recommendations))
        for stage, seconds in reply.timings.items():
            span.set_attribute(f"wherefore.{stage}", seconds)
        timings: dict[str, Any] = {name: round(seconds, 4) for name, seconds in reply.timings.items()}
        log(
            "turn",
            request=request.scope.get("request_id"),
            action=reply.action,
            listed=len(reply.recommendations),
            said=last_text(asked.messages) if self.log_text else None,
            told=reply.text if self.log_text else None,
            **timings,
        )


__all__ = ["Asked", "Gone", "Turns"]
