"""What a turn gives: a ranked list with reasons, a text, and the events of both while they are made."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.vectors import Vector
from wherefore.dialogue.facts import Fact, Worded
from wherefore.dialogue.state import Preferences
from wherefore.writing.asking import Ask

if TYPE_CHECKING:
    from wherefore.ranking.ranker import Ranked
    from wherefore.writing.realizer import Told

Action = Literal["recommend", "ask", "answer", "chat", "nothing"]


@dataclass(frozen=True)
class Recommendation:
    """A listed item: its score, why it is there, and the facts that say so.

    `found_by` holds the rank at which each source found it, and `parts` what its score is the sum of, in logits: by
    `sources`, by the `llm`, by its release year where a config says so (`years`), for being `new`, for going with what
    the user took before (`history`), for `wishes` met, and for having been `shown` before. `worded` says where the
    reason's words are from: the LLM's first or a later try, or the plain sentence; it is empty before the reason is
    written.
    """

    item: Item
    score: float
    reason: str = ""
    evidence: tuple[Fact, ...] = ()
    found_by: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, float] = field(default_factory=dict)
    worded: Worded | Literal[""] = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values: `{"item", "score", "reason", "evidence"}`."""
        fields = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in self.item.fields.items()
            if not isinstance(value, Vector)  # long, and says nothing to people
        }
        return {
            "item": {"id": self.item.id, "title": self.item.title, **fields},
            "score": round(self.score, 6),
            "reason": self.reason,
            "evidence": [
                {"field": fact.field, "value": fact.value, "because": fact.because} for fact in self.evidence
            ],
        }


@dataclass(frozen=True)
class Reply:
    """What the assistant says and lists."""

    text: str
    action: Action
    recommendations: tuple[Recommendation, ...]
    preferences: Preferences
    timings: Mapping[str, float]  # seconds since the turn began: list_ready, first_word, total
    question: Ask | None = None  # what the text asks back, with answers to offer

    def to_json(self) -> dict[str, Any]:
        """Plain values, the same in the CLI's `--json`, over HTTP and in the UI."""
        return {
            "text": self.text,
            "action": self.action,
            "recommendations": [one.to_json() for one in self.recommendations],
            "preferences": self.preferences.to_json(),
            "timings": {name: round(seconds, 4) for name, seconds in self.timings.items()},
            **({"question": self.question.to_json()} if self.question is not None else {}),
        }


@dataclass(frozen=True)
class ListReady:
    """The list is frozen; reasons are not written yet."""

    recommendations: tuple[Recommendation, ...]
    preferences: Preferences
    candidates: tuple[str, ...] = ()  # ids of all that was ranked, best first


@dataclass(frozen=True)
class TextDelta:
    """More of the reply's text."""

    text: str


@dataclass(frozen=True)
class Done:
    """The whole reply."""

    reply: Reply


Event = ListReady | TextDelta | Done


def recommendations(ranked: Ranked) -> list[Recommendation]:
    """What is listed, without reasons."""
    names = ranked.candidates.source_names
    return [
        Recommendation(
            ranked.candidates.items[place],
            float(ranked.scores[place]),
            found_by={
                name: int(rank)
                for name, rank in zip(names, ranked.candidates.ranks[place], strict=True)
                if rank
            },
            parts={name: float(part[place]) for name, part in ranked.parts.items()},
        )
        for place in ranked.places
    ]


class Telling:
    """A reply while it is told; made when its turn begins.

    Args:
        before: Stands before its first words, as a paragraph of its own.
    """

    def __init__(self, before: str = "") -> None:
        self._before = f"{before}\n\n" if before else ""
        self._began = time.perf_counter()
        self._timings: dict[str, float] = {}
        self._text = ""
        self._list: list[Recommendation] = []
        self._preferences = Preferences()

    def listed(
        self, preferences: Preferences, some: Sequence[Recommendation] = (), candidates: tuple[str, ...] = ()
    ) -> ListReady:
        """The list is made."""
        self._list, self._preferences = list(some), preferences
        self._mark("list_ready")
        return ListReady(tuple(some), preferences, candidates)

    def say(self, text: str) -> TextDelta:
        """More text."""
        self._mark("first_word")
        text, self._before = self._before + text, ""
        self._text += text
        return TextDelta(text)

    def reason(self, told: Told, catalog: Catalog) -> TextDelta:
        """The line of a listed item, with its reason."""
        one = self._list[told.number - 1]
        self._list[told.number - 1] = replace(one, reason=told.text, worded=told.worded)
        year = catalog.dated(one.item).removeprefix(one.item.title)
        gap = "\n\n" if told.number == 1 else "\n"
        return self.say(f"{gap}{told.number}. **{one.item.title}**{year} — {told.text}")

    def done(self, action: Action, question: Ask | None = None) -> Done:
        """The reply is whole."""
        self._mark("total")
        return Done(Reply(self._text, action, tuple(self._list), self._preferences, self._timings, question))

    def _mark(self, name: str) -> None:
        self._timings.setdefault(name, time.perf_counter() - self._began)
