"""Who may do what: the dependency of every route that needs a key."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from wherefore.errors import ConfigError
from wherefore.serving.http.keys import Rates, Scope
from wherefore.serving.http.logs import log
from wherefore.serving.http.metrics import Metrics
from wherefore.serving.http.problems import Refused
from wherefore.serving.http.settings import ApiSettings
from wherefore.serving.http.sharing import CatchingUp

NOBODY = (
    "local"  # owns what is kept where no keys are needed; it is no name of a key, which may not hold a colon
)
_BEARER = HTTPBearer(
    auto_error=False, description="A key that `wherefore key new` printed. Needed unless the server is local."
)
Given = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


class Access:
    """Knows keys and counts their requests.

    Args:
        settings: Has the keys and the limits.
        metrics: Counts who was refused.
    """

    def __init__(self, settings: ApiSettings, metrics: Metrics) -> None:
        self._keys, self._metrics = settings.keys, metrics
        self._rates = Rates(settings.per_minute, settings.burst)

    def owner(self, request: Request, given: HTTPAuthorizationCredentials | None, scope: Scope) -> str:
        """The name that what a request makes belongs to.

        Raises:
            Refused: If a key is needed and none that is known was given, it is not good for this, or too many
                requests came with it.
        """
        name, limit = f":{NOBODY}", None
        if self._keys is not None:
            try:
                key = self._keys.find(given.credentials) if given is not None else None
            except ConfigError as error:
                log("keys cannot be read", logging.ERROR, reason=str(error))
                raise Refused(503, "keys cannot be checked now; try again later", retry_after=30) from error
            if key is None:
                self._metrics.errors.labels("unknown_key").inc()
                seen = "this key is not known" if given is not None else "a key is needed"
                raise Refused(
                    401,
                    f"{seen}; send `Authorization: Bearer KEY` with one that `wherefore key new` printed",
                    code="invalid_api_key",
                    headers={"WWW-Authenticate": "Bearer"},
                )
            request.scope["key_name"] = key.name
            if not key.may(scope):
                self._metrics.errors.labels("scope").inc()
                raise Refused(
                    403,
                    f"the key of {key.name} is good for {', '.join(key.scopes)}, and this needs `{scope}`; "
                    f"make one with --scope {scope}",
                    code="insufficient_scope",
                )
            name, limit = key.name, key.per_minute
        counted = name if self._keys is not None else request.client.host if request.client else name
        wait = self._rates.take(counted, limit)
        if wait:
            self._metrics.errors.labels("rate").inc()
            raise Refused(
                429,
                f"too many requests; the next one may come in {wait:.1f} s",
                retry_after=wait,
                code="rate_limit",
            )
        return name


def needs(scope: Scope) -> Callable[[Request, Given], Awaitable[str]]:
    """A dependency that gives the owner of what a request makes, or refuses it.

    Where servers share a store, it also lets what others changed be known before the request is answered.
    """

    async def owner(request: Request, given: Given) -> str:
        access: Access = request.app.state.access
        found = access.owner(request, given, scope)
        catch_up: CatchingUp | None = request.app.state.catch_up
        if catch_up is not None and scope != "admin":
            await catch_up()
        return found

    return owner


Chatting = Annotated[str, Depends(needs("chat"))]
Keeping = Annotated[str, Depends(needs("items"))]
Watching = Annotated[str, Depends(needs("admin"))]
