"""A Ray cluster to work on: one that runs, or one that is started on this machine and ends with the command."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from wherefore.errors import ConfigError, MissingPackageError

_OBJECTS = (
    200_000_000  # bytes that a cluster started here keeps in shared memory: requests and vectors on their way
)


@contextmanager
def connected(address: str, need: str = "ray") -> Iterator[Any]:
    """Ray, connected to a cluster; the connection ends with the block, and so does a cluster that it started.

    Args:
        address: `local`: start one on this machine; `auto`: the one that runs on it; else `HOST:PORT` or
            `ray://HOST:PORT`.
        need: The extra that is missing where Ray is not installed.

    Raises:
        MissingPackageError: If Ray is not installed.
        ConfigError: If there is no cluster at the address.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anybody
    try:
        import ray
    except ImportError as error:
        raise MissingPackageError(
            f"a cluster needs ray; install it with: pip install 'wherefore[{need}]'"
        ) from error
    if ray.is_initialized():
        yield ray
        return
    own = {"include_dashboard": False, "object_store_memory": _OBJECTS} if address == "local" else {}
    try:
        ray.init(
            address,
            **own,
            log_to_driver=False,
            logging_level="warning",
            namespace="wherefore",
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        told = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ConfigError(
            f"there is no Ray cluster at {address!r} ({told}); give local to start one here, auto for the one "
            "that runs on this machine, or its address like ray://HOST:10001"
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()
