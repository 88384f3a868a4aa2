"""What requests and responses of the API hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from wherefore.dialogue.messages import MAX_MESSAGES
from wherefore.dialogue.state import Preferences
from wherefore.reply import ListReady
from wherefore.serving.store import Verdict

Name = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9._~@:+-]{1,128}$",
        description="Up to 128 letters, digits and the signs . _ ~ @ : + -",
    ),
]
ItemId = Annotated[str, Field(min_length=1, max_length=512)]
_HALF = re.compile("[\ud800-\udfff]")
_ALIEN: dict[str, Any] = {
    "id": "tt0078748",
    "title": "Alien",
    "year": 1979,
    "genres": ["Horror", "Sci-Fi"],
    "directors": ["Ridley Scott"],
}
_PROMETHEUS: dict[str, Any] = {
    "id": "tt1446714",
    "title": "Prometheus",
    "year": 2012,
    "directors": ["Ridley Scott"],
}
_LISTED: dict[str, Any] = {
    "item": _PROMETHEUS,
    "score": 2.57,
    "reason": "You mentioned *Alien*, and this movie also comes from director Ridley Scott.",
    "evidence": [{"field": "directors", "value": "Ridley Scott", "because": "Alien has it too"}],
}
_STATE = Preferences(liked=("tt0078748",)).to_json()
_ASK: list[Any] = [{"role": "user", "content": "I loved Alien. Something like it, after 1990?"}]
_REPLY: dict[str, Any] = {
    "text": "In the direction of *Alien*, here is one.\n\n1. **Prometheus** (2012) — You mentioned *Alien*, ...",
    "action": "recommend",
    "recommendations": [_LISTED],
    "preferences": _STATE,
    "timings": {"list_ready": 0.14, "first_word": 0.15, "total": 0.9},
    "session": "ann-7",
}


class Sent(BaseModel):
    """A request, in whose texts every character is one."""

    @model_validator(mode="before")
    @classmethod
    def _is_text(cls, tree: Any) -> Any:
        r"""Refuse halves of characters, which JSON can hold (`\ud800`) and nothing can be done with."""
        where = _half(tree)
        if where is not None:
            raise ValueError(
                f"{where or 'the request'} holds half of a character, \\ud800 to \\udfff; leave it out"
            )
        return tree


def _half(tree: Any, where: str = "") -> str | None:
    """Where in plain values a text holds half of a character."""
    if isinstance(tree, str):
        return where if _HALF.search(tree) else None
    if isinstance(tree, Mapping):
        pairs: Iterable[tuple[Any, Any]] = tree.items()
    elif isinstance(tree, list):
        pairs = enumerate(tree)
    else:
        return None
    for key, value in pairs:
        if isinstance(key, str) and _HALF.search(key):
            return f"a name in {where or 'the request'}"
        found = _half(value, f"{where}.{key}" if where else str(key))
        if found is not None:
            return found
    return None


class Strict(Sent):
    """A request in which nothing unknown is passed over."""

    model_config = ConfigDict(extra="forbid")


class MessageIn(BaseModel):
    """A message of the conversation."""

    model_config = ConfigDict(extra="allow")

    role: str = Field(description="`user`, `assistant` or `system`.", examples=["user"])
    content: str | list[JsonValue] | None = Field(
        description="Text, or a list of parts as chat clients send it: their texts are read.",
        examples=["I loved Alien. Something like it?"],
    )


class Preferring(Strict):
    """What all requests for a list hold."""

    messages: list[MessageIn] = Field(
        min_length=1,
        max_length=MAX_MESSAGES,
        description="The conversation, oldest first; with a `session`, only what is new.",
        examples=[_ASK],
    )
    k: int | None = Field(
        None,
        ge=1,
        description="How many items to list, unless the user asks for another number.",
        examples=[5],
    )
    preferences: dict[str, JsonValue] | None = Field(
        None,
        description="The state of an earlier reply, as it was given or edited: then only the last message adds to it.",
        examples=[_STATE],
    )
    user: Name | None = Field(
        None,
        description="Whose request it is: what they liked, disliked and saw before is known.",
        examples=["ann"],
    )


class RecommendIn(Preferring):
    """A request for a list."""


class RecommendOut(BaseModel):
    """A list."""

    recommendations: list[RecommendationOut]


class ChatIn(Preferring):
    """A message to answer."""

    session: Name | None = Field(
        None,
        description="The conversation that it belongs to, by a name of your own. One that is new begins it.",
        examples=["ann-7"],
    )
    diversity: float | None = Field(
        None,
        ge=0,
        allow_inf_nan=False,
        description="What an item loses for being like one listed before it, in logits.",
    )
    settled: bool = Field(
        False,
        description="The preferences hold the last message already: it is not read, and a list is made anew.",
    )
    seed: int | None = Field(None, ge=0, lt=2**31, description="Of the wording.")
    stream: bool = Field(
        False, description="Send server-sent events: first the list, then the text, then the whole reply."
    )
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"messages": _ASK, "session": "ann-7", "user": "ann", "k": 3}]},
    )


class ItemValues(BaseModel):
    """An item with the fields of its catalogue."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [_ALIEN]})

    id: str
    title: str


class EvidenceOut(BaseModel):
    """A fact that a reason rests on."""

    field: str = Field(description="Where it is from: a field of the item, or what was said.")
    value: JsonValue
    because: str = Field(description="What it has to do with the request.")


class RecommendationOut(BaseModel):
    """A listed item."""

    item: ItemValues
    score: float = Field(description="How well it fits, in logits.")
    reason: str = Field(description="Why it is listed; empty where nothing is written.")
    evidence: list[EvidenceOut]
    model_config = ConfigDict(json_schema_extra={"examples": [_LISTED]})


class QuestionOut(BaseModel):
    """A question that a reply asks back."""

    field: str
    text: str
    options: list[str] = Field(description="Answers to offer.")
    bits: float = Field(description="The information that an answer is expected to give.")


class ReplyOut(BaseModel):
    """A reply."""

    text: str
    action: Literal["recommend", "ask", "answer", "chat", "nothing"]
    recommendations: list[RecommendationOut]
    preferences: dict[str, JsonValue] = Field(
        description="What was understood so far; can be edited and sent back."
    )
    timings: dict[str, float] = Field(description="Seconds since the turn began, by stage.")
    question: QuestionOut | None = None
    session: str | None = Field(None, description="The session that it was kept in.")
    model_config = ConfigDict(json_schema_extra={"examples": [_REPLY]})


class SessionOut(BaseModel):
    """A session as it is kept."""

    id: str
    user: str | None
    messages: list[dict[str, str]]
    preferences: dict[str, JsonValue] | None
    created: datetime
    updated: datetime


class ItemIn(Strict):
    """An item to add, or to put in the place of the one with its id."""

    id: ItemId
    title: str = Field(min_length=1, max_length=2000)
    fields: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="Values by the names of the catalogue's fields, or of its file's columns; null: not known.",
        examples=[{"year": 1979, "genres": ["Horror", "Sci-Fi"]}],
    )


class ItemsIn(Strict):
    """Items to add or change: all, or none."""

    items: list[ItemIn] = Field(min_length=1, max_length=1000)


class ItemOut(BaseModel):
    """An item as it is kept."""

    id: str
    title: str
    fields: dict[str, JsonValue]


class FieldOut(BaseModel):
    """A field that items of the catalogue have."""

    name: str
    kind: str
    unit: str


class ItemsOut(BaseModel):
    """A page of items."""

    total: int = Field(description="How many items there are.")
    next: int | None = Field(description="The offset of the next page, if there is one.")
    fields: list[FieldOut]
    items: list[ItemOut]


class ItemsPut(BaseModel):
    """What became of the items that were sent."""

    added: int
    changed: int
    total: int = Field(description="How many items there are now.")


class FeedbackIn(Strict):
    """What a user did with an item, or said of it. Names a session, a user, or both."""

    item: ItemId
    verdict: Verdict = Field(
        description="Later turns know of all but a `click`, which is only kept.",
    )
    session: Name | None = None
    user: Name | None = None
    note: str | None = Field(None, max_length=2000, description="In the user's words; kept, and not read.")


class FeedbacksIn(Strict):
    """Feedback to keep: all, or none."""

    events: list[FeedbackIn] = Field(
        min_length=1,
        max_length=1000,
        examples=[[{"item": "tt0078748", "verdict": "like", "user": "ann", "session": "ann-7"}]],
    )


class Kept(BaseModel):
    """That feedback is stored."""

    kept: int


class Health(BaseModel):
    """Whether the server is there, or ready."""

    status: Literal["ok", "ready", "starting"]


RecommendOut.model_rebuild()


def listed(event: ListReady) -> dict[str, Any]:
    """A list that has no reasons yet, as plain values."""
    return {
        "recommendations": [one.to_json() for one in event.recommendations],
        "preferences": event.preferences.to_json(),
    }
