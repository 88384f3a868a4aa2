"""Around every request: an id, a line in the log, counts, plain headers, and the hosts that are answered to."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Mapping, Sequence

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wherefore.serving.http.logs import REQUESTS, log
from wherefore.serving.http.metrics import Metrics
from wherefore.serving.http.problems import Refused, response

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Around:
    """Outermost of all, so that nothing goes by uncounted.

    Args:
        app: What answers.
        metrics: Counts.
        hosts: The host names that are answered to; empty: all. On a machine of one's own, a page from elsewhere could
            reach the server under a name that its author points at it.
        page: The path of the page, whose own headers and limits stay as they are.
        bodies: Bytes of a request, at most, by the beginning of its path: the longest that fits holds.
    """

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        hosts: Sequence[str] = (),
        page: str | None = None,
        bodies: Mapping[str, int] | None = None,
    ) -> None:
        self.app, self.metrics, self.hosts, self.page = app, metrics, frozenset(hosts), page
        self.bodies = bodies or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            if scope["type"] != "websocket" or not self._foreign(scope):
                await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        given = Headers(scope=scope).get("x-request-id", "")
        scope["request_id"] = request_id = given if _ID.fullmatch(given) else uuid.uuid4().hex
        paged = self.page is not None and scope["path"].startswith(self.page)
        status = 0

        async def headed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in {} if paged else _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            limit = None if paged else self._limit(scope["path"])
            length = Headers(scope=scope).get("content-length", "")
            if limit is not None and length.isdecimal() and int(length) > limit:
                await response(Request(scope), _too_large(limit))(scope, receive, headed)
            elif self._foreign(scope):
                error = Refused(
                    421, "the server does not answer to this host name; it is for its own machine"
                )
                await response(Request(scope), error)(scope, receive, headed)
            else:
                await self.app(scope, receive if limit is None else _limited(receive, limit), headed)
        except Exception as error:
            REQUESTS.exception(
                "fault", extra={"fields": {"request": request_id, "kind": type(error).__name__}}
            )
            if status:  # the response has begun: whoever reads it sees that it ends too early
                raise
            await response(Request(scope), error)(scope, receive, headed)
        finally:
            self._count(scope, status or 499, time.perf_counter() - began, paged)

    def _limit(self, path: str) -> int | None:
        fitting = [beginning for beginning in self.bodies if path.startswith(beginning)]
        return self.bodies[max(fitting, key=len)] if fitting else None

    def _foreign(self, scope: Scope) -> bool:
        host = Headers(scope=scope).get("host", "")
        name = host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0]
        return bool(self.hosts) and name.lower() not in self.hosts

    def _count(self, scope: Scope, status: int, seconds: float, paged: bool) -> None:
        # Never the path itself: a session's name is its user's secret, and counts by it would have no end.
        found = getattr(scope.get("route"), "path_format", None) or getattr(scope.get("route"), "path", None)
        route = self.page if paged and self.page else found or "unknown"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self.metrics.requests.labels(method, route, str(status)).inc()
        self.metrics.request_seconds.labels(route).observe(seconds)
        if paged or route in ("/healthz", "/readyz", "/metrics"):
            return
        log(
            "request",
            logging.INFO if status < 500 else logging.WARNING,
            request=scope["request_id"],
            method=method,
            route=route,
            status=status,
            seconds=round(seconds, 4),
            key=scope.get("key_name"),
        )


def _limited(receive: Receive, limit: int) -> Receive:
    """Receives no more than so many bytes: for bodies that come without a length."""
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > limit:
                raise HTTPException(413)  # which FastAPI lets through while it reads a body
        return message

    return counted


def _too_large(limit: int) -> Refused:
    return Refused(413, f"the request has more than {limit:,} bytes; send less at a time")


_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
