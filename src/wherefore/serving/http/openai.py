"""OpenAI's format, so that its clients and chat front ends talk to the recommender unchanged."""

from __future__ import annotations

import asyncio
import copy
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from wherefore.dialogue.messages import MAX_MESSAGES
from wherefore.reply import Done, Event, ListReady, TextDelta
from wherefore.serving.http.access import Chatting
from wherefore.serving.http.conversations import last_text
from wherefore.serving.http.markdown import harmless, harmless_reply
from wherefore.serving.http.problems import Refused, documented, openai_error
from wherefore.serving.http.routes import parts
from wherefore.serving.http.schemas import MessageIn, Name, ReplyOut, Sent, Strict, listed
from wherefore.serving.http.streams import event
from wherefore.serving.http.turns import Asked

_REFUSALS = (400, 401, 403, 404, 413, 429)
_ASK: dict[str, Any] = {
    "model": "wherefore",
    "messages": [{"role": "user", "content": "I loved Alien. Something like it?"}],
}


class Extension(Strict):
    """What a request may say to a recommender beyond OpenAI's format, under `wherefore`."""

    k: int | None = Field(
        None, ge=1, description="How many items to list, unless the user asks for another number."
    )
    preferences: dict[str, JsonValue] | None = Field(
        None, description="The state of an earlier reply, or an edited one."
    )
    session: Name | None = Field(
        None, description="As in `/v1/chat`: then `messages` holds only what is new."
    )
    diversity: float | None = Field(None, ge=0, allow_inf_nan=False)


class StreamOptions(BaseModel):
    """What a stream ends with."""

    model_config = ConfigDict(extra="allow")

    include_usage: bool | None = None


class CompletionIn(Sent):
    """A request for a chat completion. Parameters without a field here change nothing, and the reply names them."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [_ASK]})

    model: str = Field(description="One that `GET /v1/models` lists.")
    messages: list[MessageIn] = Field(min_length=1, max_length=MAX_MESSAGES)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: int | None = Field(None, description="1: there is one reply to a conversation.")
    seed: int | None = Field(None, description="Of the wording.")
    user: str | None = Field(None, max_length=128, description="Whose likes are known, as in `/v1/chat`.")
    tools: list[JsonValue] | None = Field(None, description="Not supported: an empty list, or none.")
    functions: list[JsonValue] | None = Field(None, description="Not supported: an empty list, or none.")
    response_format: dict[str, JsonValue] | None = Field(None, description='`{"type": "text"}` alone.')
    modalities: list[str] | None = Field(None, description='`["text"]` alone.')
    logprobs: bool | None = Field(None, description="Not supported: false.")
    top_logprobs: int | None = Field(None, description="Not supported: 0.")
    stop: str | list[str] | None = Field(None, description="Not supported: none.")
    audio: JsonValue = Field(None, description="Not supported: none.")
    web_search_options: JsonValue = Field(None, description="Not supported: none.")
    wherefore: Extension | None = Field(None, description="What OpenAI's format has no place for.")


class UsageOut(BaseModel):
    """Tokens, as the language model counts them."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class AnswerOut(BaseModel):
    """The message of a reply."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class ChoiceOut(BaseModel):
    """The reply."""

    index: int = 0
    message: AnswerOut
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class Told(ReplyOut):
    """The reply as `/v1/chat` gives it."""

    ignored: list[str] = Field(default_factory=list, description="Parameters that changed nothing.")


class CompletionOut(BaseModel):
    """A chat completion, with the list as values under `wherefore`."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ChoiceOut]
    usage: UsageOut
    wherefore: Told


class ModelOut(BaseModel):
    """A model."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "wherefore"


class ModelsOut(BaseModel):
    """The models that there are: one."""

    object: Literal["list"] = "list"
    data: list[ModelOut]


def openai_routes(count: Callable[[str], int], began: int) -> APIRouter:
    """The routes.

    Args:
        count: Counts the tokens of a text.
        began: When the model was made ready, in seconds since 1970.
    """
    router = APIRouter(prefix="/v1", tags=["OpenAI"])

    @router.get(
        "/models",
        response_model=ModelsOut,
        summary="The models",
        responses=documented(401, 403, 429, openai=True),
    )
    async def models(request: Request, owner: Chatting) -> Any:
        """The one model, under the name that requests give."""
        return {"data": [{"id": parts(request).settings.model, "created": began}]}

    @router.get(
        "/models/{model:path}",
        response_model=ModelOut,
        summary="A model",
        responses=documented(401, 403, 404, 429, openai=True),
    )
    async def model(model: str, request: Request, owner: Chatting) -> Any:
        """A model, by its name."""
        _check_model(model, parts(request).settings.model)
        return {"id": model, "created": began}

    @router.post(
        "/chat/completions",
        response_model=CompletionOut,
        summary="A reply, as OpenAI's clients ask for it",
        responses={
            200: {"content": {"text/event-stream": {"schema": {"type": "string"}, "example": _CHUNKS}}},
            **documented(*_REFUSALS, 409, 502, 504, openai=True),
        },
    )
    async def completions(body: CompletionIn, request: Request, owner: Chatting) -> Any:
        """Answer the last message. The content is the reply's text; `wherefore` holds the list, reasons and state.

        In a stream, `wherefore` holds the list in a chunk before the text, and the whole reply in the one that says
        `stop`. Tools, several replies (`n`), formats other than text, log probabilities, stop words, sound and search
        of the web are refused. Parameters of sampling, like `temperature`, change nothing: `wherefore.ignored` names
        them.
        """
        app = parts(request)
        _check_model(body.model, app.settings.model)
        _check_supported(body)
        more = body.wherefore or Extension()
        asked = Asked(
            messages=[one.model_dump() for one in body.messages],
            k=app.settings.k if more.k is None else more.k,
            preferences=more.preferences,
            diversity=more.diversity,
            seed=None if body.seed is None else abs(body.seed) % 2**31,
            session=more.session,
            user=body.user or None,
        )
        about = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": body.model}
        ignored = sorted(body.model_extra or ())

        async def usage(text: str) -> dict[str, int]:
            said = "\n".join(last_text([one]) for one in asked.messages)
            prompt, answer = await asyncio.to_thread(count, said), await asyncio.to_thread(count, text)
            return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}

        if not body.stream:
            reply = await app.turns.reply(request, owner, asked)
            return about | {
                "choices": [{"message": {"content": harmless(reply.text)}}],
                "usage": await usage(reply.text),
                "wherefore": harmless_reply(reply.to_json()) | {"ignored": ignored, "session": more.session},
            }
        chunk = about | {"object": "chat.completion.chunk"}
        counted = body.stream_options is not None and bool(body.stream_options.include_usage)

        async def chunks(events: AsyncIterator[Event]) -> AsyncIterator[bytes]:
            nothing = {"usage": None} if counted else {}
            yield event(chunk | nothing | _choice({"role": "assistant", "content": ""}))
            async for one in events:
                match one:
                    case ListReady():
                        yield event(chunk | nothing | _choice({}) | {"wherefore": listed(one)})
                    case TextDelta():
                        yield event(chunk | nothing | _choice({"content": harmless(one.text)}))
                    case Done():
                        told = harmless_reply(one.reply.to_json()) | {
                            "ignored": ignored,
                            "session": more.session,
                        }
                        yield event(chunk | nothing | _choice({}, "stop") | {"wherefore": told})
                        if counted:
                            yield event(chunk | {"choices": [], "usage": await usage(one.reply.text)})
            yield event("[DONE]")

        def failed(error: Refused) -> Iterable[bytes]:
            return [event(openai_error(error)), event("[DONE]")]

        return await app.turns.stream(request, owner, asked, chunks, failed)

    return router


def token_counter(tokenizer: Any) -> Callable[[str], int]:
    """What counts tokens beside a model that uses the same tokenizer; words, where there is none."""
    own, lock = copy.deepcopy(tokenizer), threading.Lock()
    if own is None:
        return lambda text: len(text.split())

    def count(text: str) -> int:
        with lock:
            return len(own(text, add_special_tokens=False, verbose=False)["input_ids"])

    return count


def _choice(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]}


def _check_model(given: str, known: str) -> None:
    if given != known:
        raise Refused(
            404,
            f"there is no model {given!r}; there is {known!r}",
            [("model", "unknown")],
            code="model_not_found",
        )


def _check_supported(body: CompletionIn) -> None:
    """Refuse what would change the meaning of a request if it were passed over.

    Raises:
        Refused: If something cannot be honoured; names the parameter.
    """
    extra = body.model_extra or {}
    choice = extra.get("tool_choice")
    form = (body.response_format or {}).get("type", "text")
    refusals: Sequence[tuple[str, bool, str]] = (
        ("tools", bool(body.tools), "a recommender calls no tools"),
        ("tool_choice", choice not in (None, "none", "auto"), "a recommender calls no tools"),
        ("functions", bool(body.functions), "a recommender calls no functions"),
        ("n", body.n not in (None, 1), "there is one reply to a conversation: leave it out, or give 1"),
        (
            "response_format",
            form != "text",
            "the text is for people; the list as values is in the reply's field `wherefore`",
        ),
        ("modalities", body.modalities not in (None, [], ["text"]), "replies are text"),
        ("audio", body.audio is not None, "replies are text"),
        (
            "logprobs",
            bool(body.logprobs),
            "a reply is checked sentences, whose tokens have no probabilities to give",
        ),
        (
            "top_logprobs",
            bool(body.top_logprobs),
            "a reply is checked sentences, whose tokens have no probabilities",
        ),
        ("stop", bool(body.stop), "a reply ends by itself, when its list is told"),
        ("web_search_options", body.web_search_options is not None, "the catalogue alone is searched"),
    )
    for name, wrong, why in refusals:
        if wrong:
            raise Refused(
                400, f"`{name}` is not supported: {why}", [(name, why)], code="unsupported_parameter"
            )


_CHUNKS = (
    'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1796000000,"model":"wherefore",'
    '"choices":[{"index":0,"delta":{"content":"In the direction of *Alien*, "},"finish_reason":null}]}\n\n'
    "data: [DONE]\n\n"
)
