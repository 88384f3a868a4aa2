"""Around Ray Serve's HTTP proxies: what a replica that died leaves unanswered is retried, or answered 503.

Ray's own answer to such a request is a 500 without a word of when to try again, and a stream just ends. Ray wraps its
proxies in what `RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH` names, if it names this module's `middlewares`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOG = logging.getLogger("ray.serve")
_HELD = 16_000_000  # bytes of a request that are held so that it can be sent again
_TRIES = 3
_PAUSE = 0.2  # seconds before it is sent again, longer each time
_RETRY_AFTER = "2"
_LOST = "the server that worked on this stopped; "
_AGAIN = "try again in a moment"
_UNSURE = "whether it was done is not known: look before you send it again"
_FULL = "all servers are busy, or none is ready yet; try again in a moment"


def middlewares() -> list[Middleware]:
    """For Ray: what its proxies are wrapped in."""
    return [Middleware(Retrying)]


class Retrying:
    """Sends a request again that no replica answered, where that cannot do anything twice; else answers 503.

    Sent again are those that change nothing (reading; lists; chats without a session) and `POST /v1/items`, which comes
    to the same when done twice. A turn of a session, feedback and deletions may have been done: whoever asked is told.
    What has begun to be answered cannot be sent again: a stream ends with an error event.

    Args:
        app: Ray's proxy.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["path"].startswith("/-/"):
            await self.app(scope, receive, send)
            return
        kept, answer = _Kept(receive), _Answer(scope, send)
        for number in range(1, _TRIES + 1):
            await self.app(scope, kept.receive(), answer.send)
            if answer.complete or kept.gone:
                return
            if answer.begun:
                await answer.break_off()
                return
            safe = kept.whole and is_safe(scope["method"], scope["path"], kept.body)
            if not safe or number == _TRIES:
                _LOG.warning("no replica answered a request; it is answered 503")
                await answer.refuse(_LOST + (_AGAIN if safe else _UNSURE))
                return
            _LOG.warning("no replica answered a request; it is sent again")
            await asyncio.sleep(_PAUSE * number)


def is_safe(method: str, path: str, body: bytes) -> bool:
    """Whether a request may be sent twice.

    >>> is_safe("GET", "/v1/items", b""), is_safe("POST", "/v1/feedback", b"{}")
    (True, False)
    >>> is_safe("POST", "/v1/chat", b'{"messages": []}'), is_safe("POST", "/v1/chat", b'{"session": "s"}')
    (True, False)
    """
    if method in ("GET", "HEAD", "OPTIONS"):
        return True
    route = path[max(0, path.find("/v1/")) :].rstrip("/")
    if method != "POST" or route not in ("/v1/recommend", "/v1/items", "/v1/chat", "/v1/chat/completions"):
        return False
    if route in ("/v1/recommend", "/v1/items"):
        return True
    try:
        tree = json.loads(body)
        tree = tree.get("wherefore") or {} if route.endswith("completions") else tree
        return tree.get("session") is None
    except (ValueError, AttributeError):
        return False


class _Kept:
    """What a client sent, so that it can be received again."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._messages: list[Message] = []
        self._bytes = 0
        self._ended = False
        self.gone = False  # the client went away

    @property
    def whole(self) -> bool:
        """Whether all of it, as far as it was received, is held."""
        return self._bytes <= _HELD

    @property
    def body(self) -> bytes:
        return b"".join(one.get("body", b"") for one in self._messages)

    def receive(self) -> Receive:
        """Receives from the beginning."""
        place = 0

        async def again() -> Message:
            nonlocal place
            if place < len(self._messages):
                place += 1
                return self._messages[place - 1]
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.gone = True
            else:
                self._bytes += len(message.get("body", b""))
                if self.whole:
                    self._messages.append(message)
                    place = len(self._messages)
                else:
                    self._messages.clear()
            return message

        return again


class _Answer:
    """What is sent to a client, and how far it got."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._kind = ""
        self._refusing = False
        self.begun = self.complete = False

    async def send(self, message: Message) -> None:
        """Pass on what the proxy sends; its own refusals, which are plain text, are told as ours."""
        if self._refusing:
            return
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if message["status"] in (429, 503) and "x-content-type-options" not in headers:
                self._refusing = True
                await self.refuse(_FULL, headers.get("retry-after", _RETRY_AFTER))
                return
            self.begun, self._kind = True, headers.get("content-type", "")
        elif message["type"] == "http.response.body":
            self.complete = not message.get("more_body", False)
        await self._send(message)

    async def refuse(self, detail: str, retry_after: str = _RETRY_AFTER) -> None:
        """Answer 503."""
        openai = "/v1/chat/completions" in self._scope["path"] or "/v1/models" in self._scope["path"]
        kind = b"application/json" if openai else b"application/problem+json"
        headers = [
            (b"content-type", kind),
            (b"retry-after", retry_after.encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-request-id", self._request_id.encode()),
        ]
        body = json.dumps(_error(detail, self._request_id, openai)).encode()
        self.begun = self.complete = True
        await self._send({"type": "http.response.start", "status": 503, "headers": headers})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def break_off(self) -> None:
        """End what has begun; an event stream with an event that says so, anything else too early."""
        if not self._kind.startswith("text/event-stream"):
            return
        openai = "/v1/chat/completions" in self._scope["path"]
        told = json.dumps(_error(_LOST + _AGAIN, self._request_id, openai), separators=(",", ":"))
        event = f"data: {told}\n\n" if openai else f"event: error\ndata: {told}\n\n"
        self.complete = True
        await self._send({"type": "http.response.body", "body": f"\n\n{event}".encode(), "more_body": False})

    @property
    def _request_id(self) -> str:
        return Headers(scope=self._scope).get("x-request-id", "")


def _error(detail: str, request_id: str, openai: bool) -> dict[str, Any]:
    """As `wherefore.serving.http.problems` has it; the proxies need not import all that the API needs."""
    if openai:
        error = {"message": detail, "type": "server_error", "param": None, "code": "replica_lost"}
        return {"error": error}
    return {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": detail,
        "request_id": request_id,
    }
