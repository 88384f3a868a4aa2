"""What `--ray` of `wherefore serve` and `wherefore index` does."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wherefore.cli.options import say
from wherefore.errors import ServerError

if TYPE_CHECKING:
    from wherefore.checkpoint import Checkpoint

_APP = "wherefore"


def serve_on(address: str, host: str, port: int, given: dict[str, Any]) -> None:
    """Serve on a Ray cluster until a signal.

    Args:
        address: Of the cluster; see `connected`.
        host: What its HTTP proxies listen on.
        port: Their port.
        given: Values of `ClusterSettings`.

    Raises:
        ConfigError: If a value is not allowed, or there is no such cluster.
        ServerError: If no replica can be started.
    """
    from wherefore.serving.cluster.application import ENVIRONMENT, application
    from wherefore.serving.cluster.connect import connected
    from wherefore.serving.cluster.settings import ClusterSettings

    settings = ClusterSettings.parse({name: _anywhere(name, value) for name, value in given.items()})
    app = application(settings)
    if address == "local":
        for name, value in ENVIRONMENT.items():
            os.environ.setdefault(name, value)
    hook = {"runtime_env": {"env_vars": ENVIRONMENT}}
    with _signals() as stopped, connected(address):
        from ray import serve
        from ray.exceptions import RayError

        try:
            serve.start(
                proxy_location="EveryNode",
                http_options={"host": host, "port": port},
                controller_options=None if address == "local" else hook,
            )
        except (RayError, TimeoutError) as error:
            raise ServerError(
                f"the cluster's HTTP proxies could not be started at {host}:{port}: {error}"
            ) from error
        try:
            serve.run(app, name=_APP, route_prefix="/")
        except RuntimeError as error:
            serve.delete(_APP)
            raise ServerError(
                f"the recommender could not be started on the cluster: {error}; its logs are in the folder "
                "/tmp/ray/session_latest/logs/serve of each node"
            ) from error
        where = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        say(f"Wherefore answers at {where} on every node of the cluster (documentation: {where}/docs)")
        stopped.wait()
        say("Stopping: replies in work may end.")
        serve.delete(_APP)
        if address == "local":
            serve.shutdown()


def _anywhere(name: str, value: Any) -> Any:
    """A value that means the same in whatever folder a replica runs."""
    if isinstance(value, Path):
        return value.resolve()
    if name == "checkpoint" and Path(value).exists():
        return str(Path(value).resolve())
    if name == "store" and value not in (None, "none") and "://" not in value:
        return str(Path(value).resolve())
    return value


@contextmanager
def _signals() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set."""
    stopped = threading.Event()
    before = {one: signal.signal(one, lambda *_: stopped.set()) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopped
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@contextmanager
def spread_over(address: str | None, base: Checkpoint, workers: int | None) -> Iterator[Checkpoint]:
    """A checkpoint whose embedder works on a Ray cluster, while the block lasts; itself where there is no address.

    Args:
        address: Of the cluster; see `connected`. None: work here.
        base: The checkpoint.
        workers: Processes that embed, at most; None: one for each core of the cluster.
    """
    if address is None:
        yield base
        return
    from wherefore.retrieval.spread import SpreadEmbedder
    from wherefore.serving.cluster.connect import connected

    own = base.index.embedder
    with connected(address):
        spread = SpreadEmbedder(own, base.config.embedder, workers)
        base.index.embedder = spread
        try:
            yield base
        finally:
            base.index.embedder = own
