"""Chats as clients of chat models keep them: OpenAI's `messages`, ShareGPT's `conversations`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from wherefore.corpora.base import (
    CorpusDialogue,
    CorpusTurn,
    SpeakerRole,
    ids_of,
    read_feedback,
    split_of,
    text_of,
    turn_of,
)
from wherefore.dialogue.content import read_content
from wherefore.errors import CorpusError, DialogueError

KEYS = ("messages", "conversations")
_ROLES: dict[str, SpeakerRole | None] = {  # None: neither the seeker nor the recommender
    **dict.fromkeys(("user", "human"), "user"),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "bot", "model"), "assistant"),
    **dict.fromkeys(("system", "developer", "tool", "function", "function_call", "observation"), None),
}
_IDS = ("dialogue_id", "conversation_id", "id")


def is_chat(record: Mapping[str, Any]) -> bool:
    """Whether a record is a chat, and not a dialogue of the shared schema."""
    return "turns" not in record and any(key in record for key in KEYS)


def read_chat(record: Mapping[str, Any], where: str, dataset: str, name: str) -> CorpusDialogue:
    """A dialogue from `{"messages": [{"role", "content"}]}` or `{"conversations": [{"from", "value"}]}`.

    What a system or a tool says is left out. Items are marked as in the shared schema: `@` and the id, or `items`.

    Args:
        record: The chat.
        where: Its place, for errors.
        dataset: The corpus that it is from.
        name: What it goes by where it names itself by none of `dialogue_id`, `conversation_id` and `id`.

    Raises:
        CorpusError: If it is of another form; names place and key.
    """
    key = next(key for key in KEYS if key in record)
    given = record[key]
    if not isinstance(given, list):
        raise CorpusError(f"{where}: `{key}` is a {type(given).__name__}, not a list of messages")
    turns: list[CorpusTurn] = []
    left_out: Counter[str] = Counter()
    for number, message in enumerate(given, 1):
        here = f"{where}, message {number}"
        role = _role(message, here)
        if role is None or _only_calls(message):
            left_out["messages of a system or a tool"] += 1
            continue
        turn, unread = _turn(message, role, here)
        turns.append(turn)
        left_out.update(unread)
    own = next((key for key in _IDS if record.get(key) is not None), None)
    return CorpusDialogue(
        id=name if own is None else text_of(record, own, where),
        dataset=dataset,
        split=split_of(record, where),
        turns=tuple(turns),
        feedback=read_feedback(record.get("feedback"), where),
        where=where,
        marked=any("items" in message or "gold" in message for message in given),
        left_out=tuple(left_out.elements()),
    )


def _role(message: Any, where: str) -> SpeakerRole | None:
    if not isinstance(message, dict):
        raise CorpusError(f"{where} is a {type(message).__name__}, not an object with `role` and `content`")
    role = message.get("role", message.get("from"))
    if not isinstance(role, str) or role not in _ROLES:
        raise CorpusError(f"{where}: `role` is {role!r}; allowed: {', '.join(_ROLES)}")
    return _ROLES[role]


def _only_calls(message: Mapping[str, Any]) -> bool:
    """Whether an assistant's message calls a tool and says nothing."""
    return not message.get("content") and bool(message.get("tool_calls") or message.get("function_call"))


def _turn(message: Mapping[str, Any], role: SpeakerRole, where: str) -> tuple[CorpusTurn, tuple[str, ...]]:
    """The turn, and what of its content is not read."""
    given = next((message[key] for key in ("content", "value", "text") if key in message), None)
    try:
        content = read_content(given, where)
    except DialogueError as error:
        raise CorpusError(str(error)) from error
    items, right = ids_of(message, "items", where) or (), ids_of(message, "gold", where)
    return turn_of(role, content.text, items, right), content.unread
