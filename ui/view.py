"""What the page shows, as plain values: conversations, their turns, and the cards of a list."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from wherefore.dialogue.parts import Part, parts
from wherefore.dialogue.state import Preferences
from wherefore.errors import DialogueError
from wherefore.recommender import Recommender

_LINE = re.compile(r"^\d+\. \*\*(.+?)\*\*.*(?:\n|$)", re.MULTILINE)  # of a list: its title
ChatMessage = dict[str, str]
VERSION = 1  # of saved conversations


@dataclass(frozen=True)
class Mark:
    """One piece of evidence for a reason: a field's value, and why it is said."""

    field: str  # for people to read
    value: str
    because: str


@dataclass(frozen=True)
class Card:
    """One listed item."""

    item_id: str
    strength: float  # of the match, 0 to 1; the best of a list has 1
    score: float
    reason: str = ""
    worded: str = ""
    evidence: tuple[Mark, ...] = ()
    found_by: Mapping[str, int] | None = None  # source -> rank
    parts: Mapping[str, float] | None = None  # what the score is the sum of


@dataclass(frozen=True)
class Turn:
    """A message with its reply."""

    said: str
    before: Preferences
    after: Preferences
    reply: str = ""
    action: str = ""  # empty while the reply is being written, or when it was stopped
    cards: tuple[Card, ...] = ()
    candidates: tuple[str, ...] = ()  # all that was ranked, best first
    options: tuple[str, ...] = ()  # answers to the question that the reply ends with

    def in_chat(self, with_cards: bool) -> str:
        """The reply as the chat shows it: what the cards say is not said again.

        Args:
            with_cards: Its cards are on the page; else the titles stay, so that it can be seen what was listed.
        """
        if not self.cards:
            return self.reply
        titles = ", ".join(f"**{title}**" for title in _LINE.findall(self.reply))
        rest = "\n\n".join(
            part for block in self.reply.split("\n\n") if (part := _LINE.sub("", block).strip())
        )
        if with_cards or not titles:
            return rest
        opening, _, more = rest.partition("\n\n")
        return "\n\n".join(part for part in (opening, titles, more) if part)


@dataclass(frozen=True)
class Settings:
    """How many items, and how unlike each other; `seed` varies the wording."""

    k: int = 5
    diversity: float | None = None
    seed: int | None = None


@dataclass(frozen=True)
class View:
    """A conversation."""

    turns: tuple[Turn, ...] = ()
    start: Preferences = field(default_factory=Preferences)  # set by hand before anything was said

    @property
    def messages(self) -> tuple[ChatMessage, ...]:
        """All that was said, in chat format."""
        said: list[ChatMessage] = []
        for turn in self.turns:
            said.append({"role": "user", "content": turn.said})
            if turn.reply:
                said.append({"role": "assistant", "content": turn.reply})
        return tuple(said)

    @property
    def shown(self) -> tuple[ChatMessage, ...]:
        """All that was said, as the chat shows it beside the cards; as many messages as `messages`."""
        listed = self.listed
        said: list[ChatMessage] = []
        for turn in self.turns:
            said.append({"role": "user", "content": turn.said})
            if turn.reply:
                said.append({"role": "assistant", "content": turn.in_chat(turn is listed)})
        return tuple(said)

    @property
    def state(self) -> Preferences:
        """What is understood by now."""
        return self.turns[-1].after if self.turns else self.start

    @property
    def listed(self) -> Turn | None:
        """The turn whose list is shown: an answer leaves the list that it speaks of."""
        for turn in reversed(self.turns):
            if turn.cards:
                return turn
            if turn.action == "nothing":
                return None
        return None

    def upto(self, turn: int) -> Self:
        """The conversation before a turn, counted from 0."""
        return replace(self, turns=self.turns[:turn])

    def to_json(self) -> dict[str, Any]:
        """Plain values, for the browser to keep and for people to take away."""
        listed = self.listed  # of older lists nobody asks any more what else was ranked
        turns = [_turn_json(turn if turn is listed else replace(turn, candidates=())) for turn in self.turns]
        return {"version": VERSION, "turns": turns, "start": self.start.to_json()}

    @classmethod
    def from_json(cls, tree: Any) -> Self:
        """The conversation that `to_json` gave.

        Raises:
            DialogueError: If it is none, or of another version.
        """
        if not isinstance(tree, Mapping) or tree.get("version") != VERSION:
            raise DialogueError("this is no conversation that was saved by this version of the page")
        try:
            return cls(tuple(_turn(turn) for turn in tree["turns"]), Preferences.from_json(tree["start"]))
        except (KeyError, TypeError, AttributeError) as error:
            raise DialogueError(f"the saved conversation is damaged: {error}") from error


def key_of(part: Part) -> str:
    """What a part of the state goes by on the page, whatever is added or dropped beside it."""
    return hashlib.sha256(f"{part.kind}|{part.text}".encode()).hexdigest()[:12]


def without_part(state: Preferences, key: str, recommender: Recommender) -> Preferences:
    """The state when one of its parts is dropped.

    Raises:
        DialogueError: If there is no such part (the page was behind).
    """
    for part in parts(state, recommender.catalog):
        if key_of(part) == key:
            return part.without
    raise DialogueError("that is no longer part of what I understood")


def _turn_json(turn: Turn) -> dict[str, Any]:
    return asdict(turn) | {"before": turn.before.to_json(), "after": turn.after.to_json()}


def _turn(tree: Mapping[str, Any]) -> Turn:
    cards = tuple(
        Card(**{**card, "evidence": tuple(Mark(**mark) for mark in card["evidence"])})
        for card in tree["cards"]
    )
    texts = {name: str(tree[name]) for name in ("said", "reply", "action")}
    return Turn(
        **texts,
        before=Preferences.from_json(tree["before"]),
        after=Preferences.from_json(tree["after"]),
        cards=cards,
        candidates=tuple(map(str, tree["candidates"])),
        options=tuple(map(str, tree["options"])),
    )
