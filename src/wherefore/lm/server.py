"""A server with the OpenAI chat-completions interface: what it is asked, and its answers as plain data.

For those who have only a server (llama.cpp, Ollama, vLLM, LM Studio, or a hosted one).
"""

from __future__ import annotations

import json
import os
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from ipaddress import ip_address
from time import monotonic
from typing import Any, Self
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from wherefore.dialogue.messages import Dialogue
from wherefore.errors import ConfigError, ServerError, WhereforeWarning
from wherefore.lm.prompt import shorten_listing

DIALOGUE = 6_000  # characters: the newest part of the dialogue that the server reads
MOST_BYTES = 1 << 20  # of an answer
_LIST = re.compile(r'\[(?:[^\[\]"]|"(?:[^"\\]|\\.)*+")*+\]')  # strings may hold brackets

_STATUSES = {
    **dict.fromkeys((401, 403), "key"),
    **dict.fromkeys((404, 405, 501), "address"),
    **dict.fromkeys((400, 422), "options"),
    429: "busy",
}
_FAILURES = {  # kinds of failures, and what to do about each
    "address": "{url} has no such address, or no model {model} {seen}; correct `llm.url` (most end in /v1) or "
    "`llm.model`",
    "answer": "{url} does not answer as the OpenAI interface does; give the URL of one that does as `llm.url` "
    "(most end in /v1)",
    "busy": "{url} takes no more requests for now {seen}; wait, see to your quota there, or lower `llm.parallel`",
    "characters": "the environment variable {env} holds characters that no key has; set it to the key alone",
    "empty": "{url} gave an empty answer; choose a model for chat as `llm.model`, and one that does not think long",
    "key": "{url} wants a valid key {seen}, and the environment variable {env} {state}; set it, or name another "
    "variable as `llm.key_env`",
    "late": "{url} did not answer within {timeout:g} seconds; raise `llm.timeout`, lower `llm.shortlist` or "
    "`llm.parallel`, or choose a smaller model",
    "options": "{url} takes no such request {seen}; correct `llm.model`, or lower `llm.shortlist` if its context is "
    "short",
    "redirect": "{url} points to another address {seen}, and the dialogue goes to no other than `llm.url`; give the "
    "final one",
    "size": "{url} gave an answer of more than {most:,} bytes; choose another model as `llm.model`",
    "status": "{url} failed {seen}; its own log says why",
    "unreachable": "{url} cannot be reached {seen}; start the server, or correct `llm.url`",
}


class ServerWarning(WhereforeWarning):
    """The server did not answer as it should; sources and plain sentences stand in."""


class ServerFailure(ServerError):
    """Nothing usable came from the server: the text says what to do.

    Attributes:
        kind: Failures of one kind are reported once.
    """

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered.

    Attributes:
        text: Without what it thought before.
        tokens: Each token, with the log-probabilities of what might have stood there; empty where it tells none.
    """

    text: str
    tokens: tuple[tuple[str, dict[str, float]], ...] = ()


@dataclass
class Transcript:
    """A dialogue as the server reads it."""

    dialogue: Dialogue
    messages: tuple[tuple[str, str], ...]  # those that the server reads: role and text, oldest first
    failed: bool = False  # the server could not be asked in this turn: it is left alone until the next

    @classmethod
    def of(cls, dialogue: Dialogue) -> Self:
        """The newest messages that fit, the last of them at least in part."""
        kept: list[tuple[str, str]] = []
        room = DIALOGUE
        for message in reversed(dialogue.messages):
            text = shorten_listing(message.content) if message.role == "assistant" else message.content
            if kept and len(text) > room:
                break
            kept.append((message.role, text[-DIALOGUE:]))
            room -= len(text)
        return cls(dialogue, tuple(reversed(kept)))


class Server:
    """A language model behind a server.

    Args:
        url: Where the interface begins, such as `http://localhost:11434/v1`.
        model: Its name on the server; None: the only one there is.
        key_env: The environment variable that holds the key, if the server wants one. The key is read when a request
            is made, and kept nowhere.
        timeout: Seconds for one answer.

    Attributes:
        tell: Called with the text of what goes wrong; warns unless it is replaced.

    Raises:
        ConfigError: If the URL is not one of a server.
    """

    def __init__(
        self, url: str, model: str | None = None, key_env: str = "OPENAI_API_KEY", timeout: float = 30.0
    ) -> None:
        self.url, self.model = _checked(url), model
        self.key_env, self.timeout = key_env, timeout
        self.tell: Callable[[str], None] = lambda text: warnings.warn(text, ServerWarning, stacklevel=2)
        self._opener = _opener_for(self.url)
        self._bare = False  # whether the server takes no temperature
        self._told: set[str] = set()  # kinds of failures that the user knows of

    @property
    def about(self) -> str:
        """What it is, for people."""
        return f"text-only: no soft tokens; {self.model} at {self.url} ranks and words"

    def connect(self) -> Self:
        """Make sure that the server is there, and find out which model it has.

        Raises:
            ServerError: If it cannot be reached or does not answer; says what to do.
            ConfigError: If `model` is None and the server has no model or several.
        """
        known = self._models()
        if self.model is None:
            if len(known) != 1:
                has = ", ".join(known[:20]) if known else "none that it lists"
                raise ConfigError(f"`llm.model` is not set, and {self.url} has {has}; name one")
            self.model = known[0]
        elif not known:  # some servers do not list their models
            self._complete("Answer with the word yes.", {})
        return self

    def _models(self) -> list[str]:
        """The models that the server lists."""
        try:
            tree = self._request("/models")
        except ServerFailure as failure:
            if self.model is None or failure.kind not in ("address", "status", "answer"):
                raise
            return []
        listed = tree.get("data") if isinstance(tree, dict) else None
        named = [one.get("id") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        return [name for name in named if isinstance(name, str)]

    def ask(self, said: Transcript, prompt: str, options: dict[str, Any]) -> str:
        """The server's answer to a prompt, with options as the interface has them: `temperature`, `seed`, ...

        Raises:
            ServerFailure: If the answer is not usable, or one was not in this turn before.
        """
        if said.failed:
            raise ServerFailure("", "it failed in this turn before")
        try:
            return self._complete(prompt, options)
        except ServerFailure as failure:
            said.failed |= failure.kind != "empty"
            raise

    def warn(self, failure: ServerFailure) -> None:
        """Tell the user of a kind of failure, once."""
        if failure.kind and failure.kind not in self._told:
            self._told.add(failure.kind)
            self.tell(f"{failure}. What it does not do, the sources and plain sentences do")

    # -- requests ---------------------------------------------------------------------------------------

    def _complete(self, prompt: str, options: dict[str, Any]) -> str:
        """The text of an answer; a server that takes no such options is asked without."""
        try:
            return self.answer(prompt, {} if self._bare else options).text
        except ServerFailure as failure:
            if failure.kind != "options" or self._bare or not options:
                raise
        answer = self.answer(prompt, {})
        self._bare = True
        return answer.text

    def answer(self, prompt: str, options: dict[str, Any]) -> Answer:
        """The answer to a prompt, asked once, with options as the interface has them.

        Raises:
            ServerFailure: If it is not usable; of kind `options` where the server takes no such request.
        """
        body = {"model": self.model, "messages": [{"role": "user", "content": prompt}]}
        tree = self._request("/chat/completions", body | options)
        try:
            choices = tree["choices"]
            content = choices[0]["message"]["content"] if choices else None
        except (KeyError, IndexError, TypeError):
            raise self._failure("answer") from None
        if content is not None and not isinstance(content, str):
            raise self._failure("answer")
        text = (content or "").rpartition("</think>")[2].strip()
        if not text:
            raise self._failure("empty")
        return Answer(text, _tokens(choices[0]))

    def _request(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The JSON that the server answers with. No text of the server is in an error: it might quote the key."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data, self._headers())
        end = monotonic() + self.timeout
        try:
            with self._opener.open(request, timeout=self.timeout) as response:
                answer = self._body(response, end)
        except ServerFailure:
            raise
        except HTTPError as error:
            error.close()
            raise self._refused(error.code) from None
        except (OSError, HTTPException, UnicodeError) as error:  # the last: a name that DNS cannot have
            reason = error.reason if isinstance(error, URLError) else error
            if isinstance(reason, TimeoutError):
                raise self._failure("late") from None
            told = getattr(reason, "strerror", None) or type(reason).__name__
            raise self._failure("unreachable", f"({told})") from None
        try:
            return json.loads(answer)
        except (ValueError, RecursionError):
            raise self._failure("answer") from None

    def _body(self, response: HTTPResponse, end: float) -> bytes:
        pieces = bytearray()
        while piece := response.read1(1 << 16):
            pieces += piece
            if len(pieces) > MOST_BYTES:
                raise self._failure("size")
            if monotonic() > end:
                raise self._failure("late")
        return bytes(pieces)

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": "wherefore"}
        key = os.environ.get(self.key_env, "").strip()
        if key:
            if not (key.isascii() and key.isprintable()):
                raise self._failure("characters")
            headers["Authorization"] = f"Bearer {key}"
        return headers

    def _refused(self, status: int) -> ServerFailure:
        """What an HTTP status other than success means."""
        kind = "redirect" if 300 <= status < 400 else _STATUSES.get(status, "status")
        return self._failure(kind, f"(HTTP status {status})")

    def _failure(self, kind: str, seen: str = "") -> ServerFailure:
        state = "holds another" if os.environ.get(self.key_env) else "is not set"
        about = {"url": self.url, "model": self.model, "env": self.key_env, "seen": seen, "state": state}
        return ServerFailure(kind, _FAILURES[kind].format(**about, timeout=self.timeout, most=MOST_BYTES))


def data(tree: Any) -> str:
    """JSON that no text in it can end; without `<`, with which the control tokens of many LLMs begin."""
    text = json.dumps(tree, ensure_ascii=False).replace("<", "\\u003c")
    return text.encode("utf-8", "replace").decode()


def _tokens(choice: Any) -> tuple[tuple[str, dict[str, float]], ...]:
    """The tokens of a choice, as `Answer` has them; none where they are not as the interface says."""
    try:
        return tuple(
            (str(one["token"]), {str(top["token"]): float(top["logprob"]) for top in one["top_logprobs"]})
            for one in choice["logprobs"]["content"]
        )
    except (KeyError, TypeError, ValueError):
        return ()


def lists(text: str) -> Iterator[list[Any]]:
    """The flat JSON lists in a text."""
    for match in _LIST.finditer(text):
        try:
            yield json.loads(match[0])
        except ValueError:
            continue


def _checked(url: str) -> str:
    """The URL, without a slash at its end.

    Raises:
        ConfigError: If it is not one of a server; it is not quoted, as it might hold a password.
    """
    like = "give one like http://localhost:11434/v1"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ConfigError(f"`llm.url` is no URL; {like}") from None
    clean = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme not in ("http", "https") or not host or not clean:
        raise ConfigError(
            f"`llm.url` is no URL that begins with http:// or https:// and names a server; {like}"
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigError(
            "`llm.url` holds more than a server and a path; put the key into the environment variable that "
            f"`llm.key_env` names, and {like}"
        )
    return url.rstrip("/")


def _opener_for(url: str) -> OpenerDirector:
    """An opener that follows no redirects and asks a server on this machine without a proxy."""
    host = urlsplit(url).hostname or ""
    try:
        here = ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    return build_opener(_Straight, *([ProxyHandler({})] if here else []))


class _Straight(HTTPRedirectHandler):
    """The dialogue and the key go where the user said, and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        """None: a redirect is an error."""
