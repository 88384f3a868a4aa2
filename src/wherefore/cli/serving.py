"""Commands that serve the recommender to other programs, and their keys."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wherefore.cli.options import (
    CatalogOption,
    CheckpointOption,
    KOption,
    RayOption,
    SchemaOption,
    SetOption,
    SkipBadOption,
    recommender_from,
    say,
)

if TYPE_CHECKING:
    from fastapi import FastAPI

    from wherefore.recommender import Recommender
    from wherefore.serving.engine import Engine
    from wherefore.serving.store import Store
    from wherefore.serving.threads import OneThread

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_KEYS = Path("keys.json")
KeysOption = Annotated[Path, typer.Option("--keys", help="The file that keeps the keys' hashes.")]


def serve(
    catalog: CatalogOption = None,
    schema: SchemaOption = None,
    checkpoint: CheckpointOption = "starter",
    k: KOption = 5,
    host: Annotated[
        str, typer.Option("--host", help="0.0.0.0 lets other machines in; that takes --keys.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 8000,
    keys: Annotated[
        Path | None,
        typer.Option(
            "--keys",
            help="File of API keys (wherefore key new NAME). Without, only this machine is answered.",
            show_default=False,
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate",
            min=0.01,
            help="Requests a minute of one key that has no limit of its own. Default: 120; without keys, any number.",
            show_default=False,
        ),
    ] = None,
    burst: Annotated[
        int, typer.Option("--burst", min=1, help="How many of them may come at once after a pause.")
    ] = 20,
    queue: Annotated[
        int,
        typer.Option("--queue", min=1, help="Turns that may wait; who comes later is told when to retry."),
    ] = 32,
    together: Annotated[
        int,
        typer.Option(
            "--together",
            min=1,
            help="Conversations that are answered at once, sharing passes through the model. With --page it is one.",
        ),
    ] = 16,
    store: Annotated[
        str | None,
        typer.Option(
            "--store",
            help="Where sessions, feedback and changed items are kept: a SQLite file, postgresql://USER@HOST/DATABASE, "
            "or none: only until it stops. Default: $WHEREFORE_STORE, else state.db in the user's data folder.",
            show_default=False,
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, help="Seconds after which a reply is given up.")
    ] = 60.0,
    grace: Annotated[
        int, typer.Option("--grace", min=0, help="Seconds that replies in work have to end on SIGTERM.")
    ] = 30,
    origin: Annotated[
        list[str] | None,
        typer.Option(
            "--origin",
            help="A web page whose scripts may call it, like https://shop.example; several may be given.",
            show_default=False,
        ),
    ] = None,
    page: Annotated[bool, typer.Option("--page", help="Show the web page at /page, too.")] = False,
    user: Annotated[
        list[str] | None,
        typer.Option(
            "--user", help="NAME:PASSWORD that the page asks for; several may be given.", show_default=False
        ),
    ] = None,
    otlp: Annotated[
        str | None,
        typer.Option(
            "--otlp",
            help="Collector that OpenTelemetry traces go to, like http://localhost:4318.",
            envvar="OTEL_EXPORTER_OTLP_ENDPOINT",
            show_default=False,
            show_envvar=True,
        ),
    ] = None,
    log_text: Annotated[
        bool, typer.Option("--log-text", help="Log what people say and are told, too.")
    ] = False,
    ray: RayOption = None,
    replicas: Annotated[
        int, typer.Option("--replicas", min=1, help="With --ray: how many recommenders there are, at least.")
    ] = 1,
    max_replicas: Annotated[
        int | None,
        typer.Option(
            "--max-replicas",
            min=1,
            help="With --ray: how many there may be under load. Default: as many as --replicas.",
            show_default=False,
        ),
    ] = None,
    cpus: Annotated[
        float, typer.Option("--cpus", min=0.1, help="With --ray: cores that each of them takes.")
    ] = 1.0,
    settings: SetOption = None,
    skip_bad: SkipBadOption = False,
) -> None:
    """Answer other programs over HTTP: an API of its own, and OpenAI's chat format for any client of it.

    Documentation is at /docs, the OpenAPI schema at /openapi.json. Logs are lines of JSON on the error stream. With
    --ray it runs on the machines of a Ray cluster, several recommenders that share what --store keeps in PostgreSQL.
    """
    local = _is_loopback(host)
    people = _people(user)
    if keys is None and not local:
        raise ValueError(
            f"--host is {host}, which lets other machines in, and there are no keys: anybody could use it. "
            "Make a key (wherefore key new NAME --keys keys.json) and give --keys keys.json, "
            "or stay on 127.0.0.1"
        )
    if people and not page:
        raise ValueError("--user is who may see the page; give --page, too")
    if page and keys is not None and not people:
        raise ValueError("--page would let in everybody without a key; give --user NAME:PASSWORD, too")
    if ray is None and (replicas > 1 or max_replicas is not None):
        raise ValueError(
            "--replicas and --max-replicas are of a cluster; give --ray, too (--ray local: here)"
        )
    if ray is not None:
        if page or otlp is not None:
            raise ValueError("--page and --otlp are not for a cluster; leave them out, or --ray")
        from wherefore.cli.clusters import serve_on

        given = {
            "catalog": catalog,
            "schema": schema,
            "checkpoint": checkpoint,
            "settings": settings or (),
            "skip_bad": skip_bad,
            "k": k,
            "keys": keys,
            "rate": rate,
            "burst": burst,
            "hosts": None if keys is not None else (*LOOPBACK, host.lower()),
            "origins": origin or (),
            "store": store,
            "timeout": timeout,
            "log_text": log_text,
            "together": together,
            "queue": queue,
            "replicas": replicas,
            "max_replicas": max_replicas,
            "cpus": cpus,
            "grace": grace,
        }
        serve_on(ray, host, port, given)
        return
    api = _api_module()
    from wherefore.serving.http import keys as key_files
    from wherefore.serving.http.settings import ApiSettings
    from wherefore.serving.http.traces import traced_to
    from wherefore.serving.threads import OneThread

    chosen = ApiSettings(
        k=k,
        keys=None if keys is None else key_files.existing(keys),
        per_minute=120.0 if rate is None and keys is not None else rate,
        burst=burst,
        origins=tuple(origin or ()),
        hosts=() if keys is not None else (*LOOPBACK, host.lower()),
        timeout=timeout,
        log_text=log_text,
    )
    traces = None if otlp is None else traced_to(otlp)
    bound = _bound(host, port)
    kept = _store(store)
    alone = OneThread()
    recommender = alone(
        recommender_from, catalog, schema, checkpoint, settings, describe=True, skip_bad=skip_bad
    )
    app = api.create_app(
        recommender,
        store=kept,
        engine=_engine(recommender, alone, 1 if page else together, queue, timeout),
        settings=chosen,
        page=_page(recommender, k, people, alone) if page else None,
        traces=traces,
    )
    where = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    say(
        f"Wherefore answers at {where} (documentation: {where}/docs{f', page: {where}/page' if page else ''})"
    )
    _run(app, bound, grace)
    if traces is not None:
        traces.shutdown()


def new(
    name: Annotated[str, typer.Argument(help="Whose key it is. Sessions and users belong to the name.")],
    keys: KeysOption = _KEYS,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope",
            help="What it is good for: chat, items (add and remove), admin (all); several may be given. Default: chat.",
            show_default=False,
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option("--rate", help="Requests a minute. Default: the server's.", show_default=False),
    ] = None,
) -> None:
    """Make a key and print it: it is shown this once, and only its hash is kept."""
    _api_module()
    from wherefore.serving.http.keys import KeyFile

    print(KeyFile(keys).new(name, scope or ("chat",), rate))
    say(f"Kept in {keys} (as a hash). Send it as: Authorization: Bearer KEY")


def show(keys: KeysOption = _KEYS) -> None:
    """Say whose keys there are, and what they are good for."""
    _api_module()
    from wherefore.serving.http.keys import existing

    for key in existing(keys).keys:
        rate = "" if key.per_minute is None else f"  {key.per_minute:g} a minute"
        print(f"{key.name}  {','.join(key.scopes)}  {key.created}{rate}")


def revoke(
    name: Annotated[str, typer.Argument(help="Whose key.")],
    keys: KeysOption = _KEYS,
) -> None:
    """Make a key worthless; a running server knows it within a second."""
    _api_module()
    from wherefore.serving.http.keys import KeyFile

    KeyFile(keys).revoke(name)
    say(f"The key of {name} is worthless now.")


def _api_module() -> Any:
    try:
        from wherefore.serving.http import app
    except ImportError as error:
        if (error.name or "").startswith("wherefore"):
            raise
        raise ImportError(
            f"the server needs {error.name}; install it with: pip install 'wherefore[serve]'"
        ) from error
    return app


def _store(where: str | None) -> Store:
    """Where things are kept; a place that cannot be opened is told before anything is loaded."""
    from wherefore.serving.storage import open_store
    from wherefore.serving.store import MemoryStore

    return MemoryStore() if where == "none" else open_store(where)


def _engine(recommender: Recommender, alone: OneThread, together: int, queue: int, timeout: float) -> Engine:
    """Runs turns, several at once; one at a time where there is but one, or the page computes on the same thread."""
    if together == 1:
        from wherefore.serving.engine import SimpleEngine

        return SimpleEngine(recommender, alone, queue)
    from wherefore.serving.batching import BatchingEngine

    return BatchingEngine(recommender, together, queue, timeout)


def _page(
    recommender: Recommender, k: int, people: list[tuple[str, str]], alone: OneThread
) -> Callable[[FastAPI, str], FastAPI]:
    from wherefore.cli.talking import ui_module

    ui = ui_module()
    blocks = ui.build_app(recommender, k, alone=alone)
    return lambda parent, path: ui.mount(blocks, parent, path, people)


def _people(user: list[str] | None) -> list[tuple[str, str]]:
    people = []
    for one in user or ():
        name, _, password = one.partition(":")
        if not name or not password:
            raise ValueError(f"--user is {one!r}; give NAME:PASSWORD")
        people.append((name, password))
    return people


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bound(host: str, port: int) -> socket.socket:
    """A socket that is bound before anything is loaded, so that a port that is taken is told at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise ValueError(
            f"cannot listen at {host}, port {port}: {error.strerror}; give another --port"
        ) from error
    return bound


def _run(app: FastAPI, bound: socket.socket, grace: int) -> None:
    """Serve until a signal; replies in work have so many seconds to end."""
    import uvicorn

    from wherefore.serving.http.logs import log_lines

    log_lines()
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # an address that a client could make up is counted by nobody
        timeout_graceful_shutdown=grace,
    )
    uvicorn.Server(config).run(sockets=[bound])
