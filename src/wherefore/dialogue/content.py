"""What a message's content says: plain text, or a list of parts as clients of chat models send it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wherefore.errors import DialogueError

_TEXT = ("text", "input_text", "output_text", "refusal")  # types of parts that are read
_UNREAD = {  # of parts that hold no text to read, and what they are called
    "image": "a picture",
    "image_url": "a picture",
    "image_file": "a picture",
    "input_image": "a picture",
    "audio": "a sound",
    "audio_url": "a sound",
    "input_audio": "a sound",
    "video": "a video",
    "video_url": "a video",
    "input_video": "a video",
    "file": "a file",
    "input_file": "a file",
    "document": "a file",
    "component": "a component of a page",
    "tool_use": "a call of a tool",
    "tool_call": "a call of a tool",
    "function_call": "a call of a tool",
    "tool_result": "what a tool gave",
    "thinking": "a model's thinking",
    "redacted_thinking": "a model's thinking",
    "reasoning": "a model's thinking",
}
_ALLOWED = "a part is text, or {'type': 'text', 'text': '...'}"


@dataclass(frozen=True, slots=True)
class Content:
    """The text of a message, and what else it holds: "a picture", in plain words, each once."""

    text: str
    unread: tuple[str, ...] = ()


def read_content(content: Any, where: str) -> Content:
    """The text of a content; of several parts the texts of all, a line each.

    >>> read_content([{"type": "text", "text": "Like this?"}, {"type": "image_url", "image_url": {}}], "message 1")
    Content(text='Like this?', unread=('a picture',))

    Args:
        content: Text, a part, or a list of parts: OpenAI's, Gradio's or Anthropic's.
        where: Which message it is, for errors.

    Raises:
        DialogueError: If it is neither, is empty, or a part is of a wrong form.
    """
    if isinstance(content, str):
        return Content(content)
    if content is None:
        raise DialogueError(f"{where} has no content (None); give its text, or leave the message out")
    parts = [content] if isinstance(content, Mapping) else content
    if not isinstance(parts, list | tuple):
        raise DialogueError(
            f"{where} has a content of type {type(content).__name__}; it should be text, or a list of parts"
        )
    if not parts:
        raise DialogueError(f"{where} has an empty list as its content; give its text")
    texts: list[str] = []
    unread: list[str] = []
    for number, part in enumerate(parts, 1):
        read = _part(part, f"{where}, part {number}" if parts is content else where)
        texts += [read.text] if read.text else []
        unread += read.unread
    return Content("\n".join(texts), tuple(dict.fromkeys(unread)))


def _part(part: Any, where: str) -> Content:
    if isinstance(part, str):
        return Content(part)
    if not isinstance(part, Mapping):
        raise DialogueError(f"{where} is a {type(part).__name__}; {_ALLOWED}")
    kind = part.get("type")
    known = kind is None or isinstance(kind, str)
    if known and kind in _UNREAD:
        return Content("", (_called(kind, part),))
    text = part.get("refusal" if kind == "refusal" else "text")
    if isinstance(text, str) and known:
        return Content(text)
    if known and kind in _TEXT:
        raise DialogueError(f"{where} is of the type {kind!r}, but its text is {_short(text)}; {_ALLOWED}")
    if kind is None and isinstance(part.get("path", part.get("url")), str):
        return Content("", (_called("file", part),))
    if kind is None:
        keys = ", ".join(f"`{key}`" for key in list(part)[:5]) or "no keys"
        raise DialogueError(f"{where} has {keys} and neither `type` nor `text`; {_ALLOWED}")
    raise DialogueError(
        f"{where} is of the type {_short(kind)}; {_ALLOWED}; passed over are {', '.join(_UNREAD)}"
    )


def _called(kind: str, part: Mapping[str, Any]) -> str:
    """What an unread part is called; of a file that says what it holds, that."""
    held = part.get("file")
    file = held if isinstance(held, Mapping) else part
    media = str(file.get("mime_type") or "").partition("/")[0]
    return _UNREAD[media if kind == "file" and media in ("image", "audio", "video") else kind]


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
