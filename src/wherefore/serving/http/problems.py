"""Errors as clients get them: problem details (RFC 9457), or OpenAI's shape where its format is spoken."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from wherefore.errors import ServerError, StorageError, WhereforeError
from wherefore.serving.engine import Busy, TimedOut

PROBLEM_JSON = "application/problem+json"
OPENAI_PATHS = ("/v1/chat/completions", "/v1/models")
_PLAIN = {  # what frameworks say in two words
    400: "the body cannot be read as JSON",
    404: "there is nothing here; the routes are listed at /docs and in /openapi.json",
    405: "this route does not know the method; the routes are listed at /docs and in /openapi.json",
    413: "the request is too large; send less at a time",
}
_STORE_RETRY = 5.0  # seconds: a database that was started anew is there again by then
_LOG = logging.getLogger("wherefore.http")
_FAULT = "something went wrong here; the server's log says more, under this request's id"


class FieldProblem(BaseModel):
    """What is wrong with one field of a request."""

    field: str = Field(
        description="Where it is: names and numbers joined by dots.", examples=["messages.0.role"]
    )
    message: str = Field(description="What was seen, and what is allowed.")


class Problem(BaseModel):
    """What is wrong, as RFC 9457 has it."""

    type: str = Field("about:blank", description="Always about:blank: `status` and `title` say the kind.")
    title: str = Field(description="The kind of problem.", examples=["Unprocessable Content"])
    status: int = Field(description="The HTTP status.", examples=[422])
    detail: str = Field(
        description="What was seen, what is allowed, and what to do.",
        examples=["`k` is 50 but the catalogue has 12 items; ask for 12 or fewer"],
    )
    request_id: str | None = Field(None, description="Names the request in the server's log.")
    errors: list[FieldProblem] | None = Field(None, description="The fields that are wrong, if fields are.")


class OpenAIErrorBody(BaseModel):
    """What is wrong, as clients of OpenAI read it."""

    message: str
    type: str = Field(examples=["invalid_request_error"])
    param: str | None = Field(None, description="The parameter that is wrong.")
    code: str | None = None


class OpenAIError(BaseModel):
    """An error in OpenAI's shape."""

    error: OpenAIErrorBody


@dataclass
class Refused(Exception):
    """A request that is not answered, and why.

    Attributes:
        status: The HTTP status.
        detail: What was seen, what is allowed, and what to do.
        errors: The fields that are wrong, with what is wrong with each.
        retry_after: In how many seconds to try again.
        code: A word for programs.
        headers: Sent with it.
    """

    status: int
    detail: str
    errors: Sequence[tuple[str, str]] = ()
    retry_after: float | None = None
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def refused(error: BaseException) -> Refused:
    """What to tell of an error; of one of our own making, nothing that shows our insides."""
    match error:
        case Refused():
            return error
        case Busy():
            return Refused(429, str(error), retry_after=error.retry_after, code="busy")
        case TimedOut():
            return Refused(504, str(error), code="timed_out")
        case ServerError():
            _LOG.error("the server that ranks and words failed: %s", error)
            return Refused(502, "the language model's server did not answer as it should; try again later")
        case StorageError():
            _LOG.error("what is kept cannot be read or written: %s", error)
            return Refused(503, "sessions and items cannot be kept now; try again", retry_after=_STORE_RETRY)
        case WhereforeError():
            return Refused(422, str(error), code="not_allowed")
        case HTTPException():
            detail = _PLAIN.get(error.status_code, str(error.detail))
            return Refused(error.status_code, detail, headers=error.headers or {})
        case RequestValidationError():
            return _invalid(error)
        case _:
            return Refused(500, _FAULT, code="fault")


def problem(error: Refused, request_id: str | None) -> dict[str, Any]:
    """Problem details."""
    told = Problem(
        title=_title(error.status),
        status=error.status,
        detail=error.detail,
        request_id=request_id,
        errors=[FieldProblem(field=where, message=what) for where, what in error.errors] or None,
    )
    return told.model_dump(exclude_none=True)


_OPENAI_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


def openai_error(error: Refused) -> dict[str, Any]:
    """The error in OpenAI's shape."""
    default = "invalid_request_error" if error.status < 500 else "server_error"
    body = OpenAIErrorBody(
        message=error.detail,
        type=_OPENAI_TYPES.get(error.status, default),
        param=error.errors[0][0] if error.errors else None,
        code=error.code,
    )
    return {"error": body.model_dump()}


def response(request: Request, error: BaseException) -> JSONResponse:
    """The response to a request that went wrong."""
    told = refused(error)
    headers = dict(told.headers)
    if told.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(told.retry_after)))
    if request.url.path.startswith(OPENAI_PATHS):
        if told.status == 422:  # what OpenAI answers to parameters that are wrong
            told.status = 400
        return JSONResponse(openai_error(told), told.status, headers)
    body = problem(told, request.scope.get("request_id"))
    return JSONResponse(body, told.status, headers, media_type=PROBLEM_JSON)


def handle(app: FastAPI) -> None:
    """Answer all errors of an app in these shapes."""

    async def answered(request: Request, error: Exception) -> JSONResponse:
        return response(request, error)

    for kind in (HTTPException, RequestValidationError, WhereforeError, Refused):
        app.add_exception_handler(kind, answered)


def _invalid(error: RequestValidationError) -> Refused:
    """What pydantic found, in one line for people, and field by field for programs."""
    found = []
    for one in error.errors():
        where = ".".join(str(part) for part in one["loc"][1:]) or str(one["loc"][0])
        what = str(one["msg"]).removeprefix("Value error, ")
        if one["type"] == "json_invalid":
            where, what = "body", f"it is not JSON: {one.get('ctx', {}).get('error', what)}"
        found.append((where, what))
    shown = "; ".join(f"`{where}`: {what}" for where, what in found[:3])
    return Refused(422, shown if len(found) <= 3 else f"{shown}; and {len(found) - 3} more", found)


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def documented(*statuses: int, openai: bool = False) -> dict[int | str, dict[str, Any]]:
    """What the schema says of the errors of a route."""
    about = {
        400: "The request cannot be read, or asks for what cannot be done.",
        401: "A key is needed, and none that is known was given.",
        403: "The key is not good for this.",
        404: "There is no such thing.",
        409: "It contradicts what is there.",
        413: "The request is too large.",
        422: "A value is not allowed; says which, and what is.",
        429: "Too many requests; `Retry-After` says when to try again.",
        502: "The language model's server failed.",
        503: "Not now; `Retry-After` says when to try again.",
        504: "The reply was not ready in time.",
    }
    model = OpenAIError if openai else Problem
    kind = "application/json" if openai else PROBLEM_JSON
    return {
        status: {
            "description": about[status],
            "content": {kind: {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}},
        }
        for status in statuses
    }
