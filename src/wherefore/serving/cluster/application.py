"""The API as a Ray Serve deployment: each replica has a recommender of its own, and all share what is kept."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from wherefore.errors import ConfigError, MissingPackageError
from wherefore.serving.cluster.settings import ClusterSettings

if TYPE_CHECKING:
    from fastapi import FastAPI
    from ray.serve import Application

    from wherefore.recommender import Recommender
    from wherefore.serving.store import Store

NAME = "Recommender"  # of the deployment
HOOK = "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH"  # names what Ray's HTTP proxies are wrapped in
RETRYING = "wherefore.serving.cluster.proxy:middlewares"
# What Ray's nodes are started with. A proxy that is not ready in time is killed, and another begins as late: the five
# seconds that Ray allows are too few where other work is done on the machine.
ENVIRONMENT = {HOOK: RETRYING, "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "45"}
_STARTING = 600.0  # seconds that a replica has to become ready


def application(settings: ClusterSettings) -> Application:
    """The Serve application that settings describe.

    Raises:
        MissingPackageError: If Ray is not installed.
        ConfigError: If several replicas would not share their state.
    """
    settings.check_store()
    settings = settings.model_copy(
        update={"store": settings.where}
    )  # as it is here, not in a replica's environment
    try:
        from ray import serve
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "wherefore":
            raise
        raise MissingPackageError(
            f"a cluster needs {error.name}; install it with: pip install 'wherefore[serve,ray]'"
        ) from error

    def build() -> FastAPI:  # in the replica, when it starts
        return _api(settings)

    ingress = serve.ingress(build)(Replica)
    return serve.deployment(ingress, name=NAME, **_options(settings)).bind()


def _options(settings: ClusterSettings) -> dict[str, Any]:
    """What Serve is told of the deployment."""
    # Less than a replica's own queue takes, which still holds turns that were given up: else it would refuse some when
    # another replica has died and all come to it, while the proxy has room for them.
    room = settings.together + settings.queue // 2
    options: dict[str, Any] = {
        "max_ongoing_requests": room,
        "max_queued_requests": settings.queue,
        "backpressure_config": {"status_code": 503, "retry_after_s": 2.0},
        "ray_actor_options": {"num_cpus": settings.cpus, "num_gpus": settings.gpus},
        "graceful_shutdown_timeout_s": settings.grace,
        "graceful_shutdown_wait_loop_s": 0.5,
        "health_check_period_s": settings.check_every,
        "health_check_timeout_s": settings.check_timeout,
    }
    if settings.most == settings.replicas:
        return options | {"num_replicas": settings.replicas}
    scaling = {
        "min_replicas": settings.replicas,
        "max_replicas": settings.most,
        "initial_replicas": settings.replicas,
        "target_ongoing_requests": settings.busy or max(1.0, settings.together / 2),
        "upscale_delay_s": settings.more_after,
        "downscale_delay_s": settings.fewer_after,
    }
    return options | {"autoscaling_config": scaling}


class Replica:
    """What Serve asks a replica beside requests; `app` is the API, which Serve's ingress adds."""

    app: FastAPI

    async def check_health(self) -> None:
        """Return while the replica is well; the first time, once it is ready: no request comes before.

        Raises:
            RuntimeError: If it will not become ready, or answers no turns any more. Serve starts another then.
        """
        state = self.app.state
        await asyncio.wait((state.warming,), timeout=_STARTING)
        if not state.ready.is_set():
            raise RuntimeError("the recommender did not answer its first message; its log says why")
        if not state.engine.alive():
            raise RuntimeError("the scheduler of turns has stopped; its log says why")


def _api(settings: ClusterSettings) -> FastAPI:
    """The API of a replica, on whatever machine it is."""
    from wherefore.serving.threads import wait_passively

    wait_passively()  # before PyTorch is imported
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from wherefore.serving.batching import BatchingEngine
    from wherefore.serving.http import keys as key_files
    from wherefore.serving.http.app import create_app
    from wherefore.serving.http.logs import log_lines
    from wherefore.serving.http.settings import ApiSettings

    log_lines()
    _warn_of_proxies()
    store = _store(settings)  # a place that cannot be opened is told before anything is loaded
    recommender = _recommender(settings)
    engine = BatchingEngine(
        recommender, settings.together, settings.queue, settings.timeout, cores=max(1, int(settings.cpus))
    )
    chosen = ApiSettings(
        k=settings.k,
        model=settings.model,
        keys=None if settings.keys is None else key_files.existing(settings.keys),
        per_minute=120.0 if settings.rate is None and settings.keys is not None else settings.rate,
        burst=settings.burst,
        origins=settings.origins,
        hosts=settings.answers_to,
        timeout=settings.timeout,
        log_text=settings.log_text,
    )
    if settings.shared:
        from wherefore.serving.storage.sql import SqlStore

        assert isinstance(store, SqlStore)
        return create_app(recommender, engine=engine, settings=chosen, shared=store)
    return create_app(recommender, store, engine, chosen)


def _store(settings: ClusterSettings) -> Store:
    from wherefore.serving.storage import open_store
    from wherefore.serving.store import MemoryStore

    return MemoryStore() if settings.where == "none" else open_store(settings.where)


def _recommender(settings: ClusterSettings) -> Recommender:
    if settings.recommender is not None:
        module, _, name = settings.recommender.partition(":")
        try:
            make: Callable[[], Recommender] = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise ConfigError(
                f"`recommender` is {settings.recommender!r}, which cannot be imported ({error}); give "
                "package.module:function, installed on every machine"
            ) from error
        return make()
    from wherefore.recommender import Recommender

    if settings.catalog is None:
        return Recommender.from_pretrained(settings.checkpoint, settings=settings.settings)
    from wherefore.catalog.catalog import Catalog

    items = Catalog.load(settings.catalog, settings.schema_file, skip_bad=settings.skip_bad)
    return Recommender.from_catalog(items, base=settings.checkpoint, settings=settings.settings)


def _warn_of_proxies() -> None:
    """Say when Ray's HTTP proxies were started without what retries requests of a replica that died."""
    import logging

    from wherefore.serving.http.logs import log

    if os.environ.get(HOOK) != RETRYING:
        log(
            "requests in work on a replica that dies will be answered 500; start Ray's nodes with "
            f"{HOOK}={RETRYING} to have them retried",
            logging.WARNING,
        )
