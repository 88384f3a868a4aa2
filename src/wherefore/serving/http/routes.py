"""The routes of Wherefore's own API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any, Protocol, cast

from fastapi import APIRouter, Query, Request, Response

from wherefore.recommender import Recommender
from wherefore.reply import Done, Event, ListReady, TextDelta
from wherefore.serving.engine import Engine
from wherefore.serving.http.access import Chatting, Keeping, Watching
from wherefore.serving.http.items import item_tree, no_item, put, read_item, take_out
from wherefore.serving.http.markdown import harmless, harmless_reply
from wherefore.serving.http.metrics import Metrics
from wherefore.serving.http.problems import Refused, documented, problem
from wherefore.serving.http.schemas import (
    ChatIn,
    FeedbacksIn,
    Health,
    ItemOut,
    ItemsIn,
    ItemsOut,
    ItemsPut,
    Kept,
    Preferring,
    RecommendIn,
    RecommendOut,
    ReplyOut,
    SessionOut,
    listed,
)
from wherefore.serving.http.settings import ApiSettings
from wherefore.serving.http.streams import event, while_there
from wherefore.serving.http.turns import Asked, Turns
from wherefore.serving.store import Feedback, Store

_REFUSALS = (401, 403, 413, 422, 429)


class Parts(Protocol):
    """What an app's state holds for its routes."""

    recommender: Recommender
    engine: Engine
    store: Store
    settings: ApiSettings
    turns: Turns
    metrics: Metrics
    ready: asyncio.Event


def parts(request: Request) -> Parts:
    """What the app of a request is made of."""
    return cast(Parts, request.app.state)


def asked_of(body: Preferring, settings: ApiSettings, **more: Any) -> Asked:
    """What a request's body asks of a turn."""
    return Asked(
        messages=[one.model_dump() for one in body.messages],
        k=settings.k if body.k is None else body.k,
        preferences=body.preferences,
        user=body.user,
        **more,
    )


def talking() -> APIRouter:
    """Lists, replies, sessions and feedback."""
    router = APIRouter(prefix="/v1", tags=["talk"])

    @router.post(
        "/recommend",
        response_model=RecommendOut,
        summary="A ranked list, without words",
        responses=documented(*_REFUSALS, 504),
    )
    async def recommend(body: RecommendIn, request: Request, owner: Chatting) -> Any:
        """Rank the catalogue for a conversation; nothing is written, so that it is quicker than a chat."""
        app = parts(request)
        asked = asked_of(body, app.settings)
        found = await while_there(request, app.turns.conversations.rank(owner, asked))
        return {"recommendations": [one.to_json() for one in found]}

    @router.post(
        "/chat",
        response_model=ReplyOut,
        response_model_exclude_unset=True,
        summary="A reply: a list, and why",
        responses={
            200: {"content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EVENTS}}},
            **documented(*_REFUSALS, 409, 502, 504),
        },
    )
    async def chat(body: ChatIn, request: Request, owner: Chatting) -> Any:
        """Answer the last message.

        With `stream`, server-sent events: `list` (the recommendations without reasons, and the preferences), then
        `text` (`{"text"}`, a piece of the reply), then `reply` (the whole, as without `stream`). What goes wrong after
        the list is an event `error`, with problem details.
        """
        app = parts(request)
        asked = asked_of(
            body,
            app.settings,
            diversity=body.diversity,
            settled=body.settled,
            seed=body.seed,
            session=body.session,
        )
        if not body.stream:
            reply = await app.turns.reply(request, owner, asked)
            return _reply(reply.to_json(), body.session)

        async def chunks(events: AsyncIterator[Event]) -> AsyncIterator[bytes]:
            async for one in events:
                match one:
                    case ListReady():
                        yield event(listed(one), "list")
                    case TextDelta():
                        yield event({"text": harmless(one.text)}, "text")
                    case Done():
                        yield event(_reply(one.reply.to_json(), body.session), "reply")

        def failed(error: Refused) -> Iterable[bytes]:
            return [event(problem(error, request.scope.get("request_id")), "error")]

        return await app.turns.stream(request, owner, asked, chunks, failed)

    @router.get(
        "/sessions/{session}",
        response_model=SessionOut,
        summary="A session as it is kept",
        responses=documented(*_REFUSALS, 404),
    )
    async def get_session(session: str, request: Request, owner: Chatting) -> Any:
        """The messages of a session, and what was understood."""
        found = await parts(request).turns.conversations.session(owner, session)
        return {
            "id": found.id,
            "user": found.user,
            "messages": list(found.messages),
            "preferences": found.preferences,
            "created": found.created,
            "updated": found.updated,
        }

    @router.delete(
        "/sessions/{session}",
        status_code=204,
        response_class=Response,
        summary="Forget a session",
        responses=documented(*_REFUSALS, 404),
    )
    async def delete_session(session: str, request: Request, owner: Chatting) -> None:
        """Its messages and its state are deleted; feedback that was given in it stays."""
        await parts(request).turns.conversations.delete_session(owner, session)

    @router.post(
        "/feedback",
        response_model=Kept,
        status_code=201,
        summary="Keep what users did with items, or said of them",
        responses=documented(*_REFUSALS, 404),
    )
    async def feedback(body: FeedbacksIn, request: Request, owner: Chatting) -> Any:
        """When this is answered, the events are stored. Later turns of the session, and of the user, know of them."""
        nameless = [
            (f"events.{place}", "it names neither a session nor a user; give one of them, or both")
            for place, one in enumerate(body.events)
            if one.session is None and one.user is None
        ]
        if nameless:
            raise Refused(422, f"`{nameless[0][0]}`: {nameless[0][1]}", nameless)
        now, app = datetime.now(UTC), parts(request)
        events = [
            Feedback(one.session, one.user, one.item, one.verdict, now, one.note) for one in body.events
        ]
        await app.turns.conversations.add_feedback(owner, events)
        for one in events:
            app.metrics.feedback.labels(one.verdict).inc()
        return {"kept": len(events)}

    return router


def keeping() -> APIRouter:
    """Items that come and go."""
    router = APIRouter(prefix="/v1/items", tags=["items"])

    @router.get(
        "", response_model=ItemsOut, summary="The items, page by page", responses=documented(*_REFUSALS)
    )
    async def get_items(
        request: Request,
        owner: Chatting,
        limit: int = Query(50, ge=1, le=500, description="How many on a page."),
        offset: int = Query(0, ge=0, le=2**53, description="How many come before it."),
    ) -> Any:
        """Items in the catalogue's order; those that were added at run time come last."""
        catalog = parts(request).recommender.catalog
        items = catalog.items  # one tuple, whatever is changed meanwhile
        after = offset + limit
        return {
            "total": len(items),
            "next": after if after < len(items) else None,
            "fields": [{"name": s.name, "kind": s.kind, "unit": s.unit} for s in catalog.schema.kept],
            "items": [item_tree(item) for item in items[offset:after]],
        }

    @router.get(
        "/{item_id:path}", response_model=ItemOut, summary="An item", responses=documented(*_REFUSALS, 404)
    )
    async def get_item(item_id: str, request: Request, owner: Chatting) -> Any:
        """One item."""
        catalog = parts(request).recommender.catalog
        if item_id not in catalog:
            raise no_item(item_id)
        return item_tree(catalog[item_id])

    @router.post(
        "",
        response_model=ItemsPut,
        summary="Add items, or change those with their ids",
        responses=documented(*_REFUSALS, 409),
    )
    async def put_items(body: ItemsIn, request: Request, owner: Keeping) -> Any:
        """All are kept, or none. The next request can list them, and so can every one after a restart."""
        app = parts(request)
        schema = app.recommender.catalog.schema
        trees = [one.model_dump() for one in body.items]
        read = [read_item(tree, schema, f"items.{place}") for place, tree in enumerate(trees)]
        added, changed = await app.engine.change(lambda recommender: put(recommender, app.store, read))
        return {"added": added, "changed": changed, "total": len(app.recommender.catalog)}

    @router.delete(
        "/{item_id:path}",
        status_code=204,
        response_class=Response,
        summary="Remove an item",
        responses=documented(*_REFUSALS, 404, 409),
    )
    async def delete_item(item_id: str, request: Request, owner: Keeping) -> None:
        """It is never listed again, unless it is added again."""
        app = parts(request)
        await app.engine.change(lambda recommender: take_out(recommender, app.store, item_id))

    return router


def watching() -> APIRouter:
    """For those who run the server."""
    router = APIRouter(tags=["server"])

    @router.get("/healthz", response_model=Health, summary="Whether the server is there")
    async def healthz() -> Any:
        """Answered as long as the process can answer anything."""
        return {"status": "ok"}

    @router.get(
        "/readyz",
        response_model=Health,
        summary="Whether it can answer without a cold start",
        responses={503: {"model": Health, "description": "Not yet."}},
    )
    async def readyz(request: Request, response: Response) -> Any:
        """Says yes once a first turn has loaded all that is loaded late."""
        if parts(request).ready.is_set():
            return {"status": "ready"}
        response.status_code, response.headers["Retry-After"] = 503, "2"
        return {"status": "starting"}

    @router.get(
        "/metrics",
        summary="Counts for Prometheus",
        response_class=Response,
        responses={
            200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
            **documented(401, 403, 429),
        },
    )
    async def metrics(request: Request, owner: Watching) -> Response:
        """Latency by stage, the queue, replies, errors, which sources found what was listed, and rewrites."""
        text = parts(request).metrics.text()
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    return router


def _reply(tree: dict[str, Any], session: str | None) -> dict[str, Any]:
    tree = harmless_reply(tree)
    return tree if session is None else tree | {"session": session}


_EVENTS = (
    'event: list\ndata: {"recommendations":[{"item":{"id":"tt1446714","title":"Prometheus"},"score":2.57,'
    '"reason":"","evidence":[]}],"preferences":{"liked":["tt0078748"]}}\n\n'
    'event: text\ndata: {"text":"In the direction of *Alien*, here is one."}\n\n'
    'event: reply\ndata: {"text":"In the direction of *Alien*, ...","action":"recommend","recommendations":[]}\n\n'
)
