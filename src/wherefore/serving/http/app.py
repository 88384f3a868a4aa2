"""The API as an ASGI app."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, Response
from opentelemetry import trace

from wherefore.errors import WhereforeError
from wherefore.recommender import Recommender
from wherefore.serving.engine import Engine, SimpleEngine
from wherefore.serving.http import problems, reference
from wherefore.serving.http.access import Access
from wherefore.serving.http.conversations import Conversations
from wherefore.serving.http.logs import REQUESTS, log
from wherefore.serving.http.metrics import Metrics
from wherefore.serving.http.middleware import Around
from wherefore.serving.http.openai import openai_routes, token_counter
from wherefore.serving.http.routes import keeping, talking, watching
from wherefore.serving.http.settings import ApiSettings
from wherefore.serving.http.sharing import CatchingUp, Turnstile
from wherefore.serving.http.turns import Gone, Turns
from wherefore.serving.storage.replay import replay
from wherefore.serving.store import MemoryStore, SharedStore, Store
from wherefore.serving.threads import OneThread

_ABOUT = (
    "A conversational recommender that says why. Speak its own routes, or OpenAI's format with any client of it. "
    "Errors are problem details (RFC 9457), and of OpenAI's shape on its routes."
)
PAGE = "/page"


def create_app(
    recommender: Recommender,
    store: Store | None = None,
    engine: Engine | None = None,
    settings: ApiSettings | None = None,
    page: Callable[[FastAPI, str], FastAPI] | None = None,
    alone: OneThread | None = None,
    traces: trace.TracerProvider | None = None,
    shared: SharedStore | None = None,
) -> FastAPI:
    """The API of a recommender.

    Args:
        recommender: Answers.
        store: Remembers sessions, feedback and changed items; by default until the process ends.
        engine: Runs turns; by default one at a time.
        settings: How it behaves.
        page: Mounts the web page at a path of an app. It lets in everybody without a key, unless it asks for passwords.
        alone: What the recommender's models compute on.
        traces: Where spans go; by default to whatever provider the process has.
        shared: A store in the place of `store` that other servers use at the same time: item changes of each are known
            to all before their next answer, and a session is worked on by one at a time.
    """
    settings = settings or ApiSettings()
    store = shared or store or MemoryStore()
    engine = engine or SimpleEngine(recommender, alone)
    metrics = Metrics(engine.waiting, lambda: len(recommender.catalog))
    app = _Api(
        title="Wherefore",
        description=_ABOUT,
        version=version("wherefore"),
        docs_url=None,  # what FastAPI shows comes from other servers
        redoc_url=None,
        lifespan=_lifespan,
        generate_unique_id_function=lambda route: route.name,
        telemetry={"tracer_provider": traces, "metrics": False, "logs": False, "exclude": _unwatched},
    )
    turnstile = None if shared is None else Turnstile(shared)
    conversations = Conversations(engine, store, recommender.catalog, settings.timeout, turnstile=turnstile)
    tracer = trace.get_tracer("wherefore", tracer_provider=traces)
    tokenizer = getattr(recommender.model, "tokenizer", None)
    app.state.recommender, app.state.engine, app.state.store = recommender, engine, store
    app.state.settings, app.state.metrics, app.state.ready = settings, metrics, asyncio.Event()
    app.state.access = Access(settings, metrics)
    app.state.conversations = conversations
    app.state.catch_up = None if shared is None else CatchingUp(shared, engine, settings.timeout)
    app.state.turns = Turns(conversations, metrics, tracer, settings.log_text)
    problems.handle(app)
    app.add_exception_handler(Gone, _gone)
    app.add_api_route("/docs", _documentation(app), include_in_schema=False)
    for router in (
        talking(),
        openai_routes(token_counter(tokenizer), int(time.time())),
        keeping(),
        watching(),
    ):
        app.include_router(router)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
            expose_headers=["X-Request-ID", "Retry-After"],
        )
    app.add_middleware(
        Around,
        metrics=metrics,
        hosts=settings.hosts,
        page=None if page is None else PAGE,
        bodies={"/": settings.body, "/v1/items": settings.items_body},
    )
    return app if page is None else page(app, PAGE)


class _Api(FastAPI):
    """An app whose schema has the shapes of errors, which no route names as its response."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            tree = get_openapi(
                title=self.title, version=self.version, description=self.description, routes=self.routes
            )
            for model in (problems.Problem, problems.OpenAIError):
                told = model.model_json_schema(ref_template="#/components/schemas/{model}")
                schemas = tree["components"]["schemas"]
                schemas |= told.pop("$defs", {})
                schemas[model.__name__] = told
            self.openapi_schema = tree
        return self.openapi_schema


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state = app.state
    if state.catch_up is not None:
        await state.catch_up()
    else:
        replayed = await state.engine.change(lambda recommender: replay(state.store, recommender))
        for one in replayed.refused:
            log("item change left out", item=one.id, reason=one.why)
    warming = state.warming = asyncio.create_task(_warm_up(app))
    try:
        yield
    finally:
        warming.cancel()
        with suppress(asyncio.CancelledError):
            await warming
        await state.engine.aclose()
        await state.conversations.aclose()
        await asyncio.to_thread(state.store.close)
        log("stopped")


async def _warm_up(app: FastAPI) -> None:
    """A turn as anybody's, so that what is loaded late is there; then the server is ready."""
    state, began = app.state, time.perf_counter()
    if state.settings.warm_up:
        title = state.recommender.catalog.items[0].title[:200]
        said = [{"role": "user", "content": f"I liked {title}. What else would I like?"}]
        try:
            k = min(state.settings.k, len(state.recommender.catalog))
            async with aclosing(state.engine.stream(said, k=k, preferences=None)) as events:
                async for _ in events:
                    pass
        except WhereforeError as error:  # what is wrong will be told to whoever asks
            log("warm-up failed", logging.WARNING, reason=str(error))
        except Exception:  # whoever watches `/readyz` starts another server instead
            REQUESTS.exception("warm-up failed; the server will not say that it is ready")
            return
    state.ready.set()
    log("ready", seconds=round(time.perf_counter() - began, 3), items=len(state.recommender.catalog))


def _documentation(app: FastAPI) -> Any:
    async def documentation() -> HTMLResponse:
        return HTMLResponse(
            reference.page(app.openapi()), headers={"Content-Security-Policy": reference.POLICY}
        )

    return documentation


async def _gone(*_: Any) -> Response:
    return Response(status_code=499)  # nobody reads it; the log does


def _unwatched(scope: Any) -> bool:
    return scope.get("path") in ("/healthz", "/readyz", "/metrics")
