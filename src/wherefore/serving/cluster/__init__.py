"""The recommender on a Ray cluster: `serve run wherefore.serving.cluster:app`, or `wherefore serve --ray`.

Imported by Ray on every node: nothing heavy may be imported here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ray.serve import Application

__all__ = ["app"]


def app(args: dict[str, Any]) -> Application:
    """The recommender as a Ray Serve application, for `serve run`, `serve deploy` and config files.

    Args:
        args: The values of a `ClusterSettings` by name; as the command line gives them, they are texts.

    Raises:
        ConfigError: If a name is unknown, a value is not allowed, or several replicas would not share their state.
    """
    from wherefore.serving.cluster.application import application
    from wherefore.serving.cluster.settings import ClusterSettings

    return application(ClusterSettings.parse(args))
