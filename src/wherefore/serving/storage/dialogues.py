"""Kept sessions and their feedback as dialogues for `wherefore train`."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from wherefore.catalog.catalog import Catalog
from wherefore.corpora.base import Corpus, CorpusDialogue, CorpusTurn, ItemRef, SpeakerRole, split_by_hash
from wherefore.errors import WhereforeWarning
from wherefore.files import write_aside
from wherefore.reading.own_dialogues import link_own
from wherefore.serving.storage.engines import private
from wherefore.serving.storage.sql import SqlStore
from wherefore.serving.store import Feedback, StoredSession, many

_RIGHT = ("like", "chosen", "click")
_WRONG = ("dislike", "not_interested")
_PAGE = 1000  # events read at a time
_PIECE = 2000  # sessions whose titles are looked for at a time


@dataclass(frozen=True)
class Exported:
    """What was written, and what was not."""

    dialogues: int = 0
    right: int = 0  # items that were right to recommend, over all turns
    feedback: int = 0  # events that went in
    silent: int = 0  # sessions left out: nobody took up anything that was listed
    unknown: int = 0  # events left out: the catalogue has not the item
    lost: int = 0  # events left out: their session is not kept

    def __str__(self) -> str:
        told = [
            f"{many(self.dialogues, 'dialogue')} with {many(self.right, 'right item')} and "
            f"{many(self.feedback, 'feedback event')}"
        ]
        if self.silent:
            told.append(
                f"left out: {many(self.silent, 'session')} without a right item (--all writes them too)"
            )
        if self.unknown:
            told.append(f"left out: {many(self.unknown, 'event')} of items that the catalogue has not")
        if self.lost:
            told.append(f"left out: {many(self.lost, 'event')} of sessions that are not kept")
        return "; ".join(told)


def write_dialogues(
    store: SqlStore, catalog: Catalog, out: str | Path, everything: bool = False, valid: float = 0.0
) -> Exported:
    """Write sessions as dialogues, one a line, that `{name: jsonl, path: ...}` reads.

    What the assistant listed is no answer to learn, as a person's would be: the model said it. Right at a turn (`gold`)
    is what somebody liked, chose or clicked of its list and did not turn down later. Which items the texts name is
    found by their titles, as `link_own` does for every file of one's own dialogues. Who it was is not written; the
    words are as they were said.

    Args:
        store: Where the sessions are.
        catalog: What they speak of.
        out: The file.
        everything: Also sessions in which nothing was right.
        valid: Share of the users (of the sessions, where nobody is noted) whose dialogues are marked `valid`.

    Raises:
        StorageError: If the store fails.
    """
    events, lost = _events(store)
    keys = list(reversed(store.sessions()))
    counts: Counter[str] = Counter()
    with write_aside(out) as aside, private(aside).open("w", encoding="utf-8") as lines:
        for start in range(0, len(keys), _PIECE):
            spoken = [one for key in keys[start : start + _PIECE] if (one := _spoken(store, key)) is not None]
            for one, turns in zip(spoken, _linked(spoken, catalog), strict=True):
                given = events.get(one.session.id, [])
                known = [event for event in given if event.item in catalog]
                made = _Dialogue(one, turns, known, catalog)
                counts["unknown"] += len(given) - len(known)
                if not made.right and not everything:
                    counts["silent"] += 1
                    continue
                counts["dialogues"] += 1
                counts["right"] += sum(map(len, made.right.values()))
                counts["feedback"] += len(known)
                lines.write(json.dumps(made.record(valid), ensure_ascii=True) + "\n")
    return Exported(**counts, lost=lost)


@dataclass(frozen=True)
class _Spoken:
    """What user and assistant said in a session, and when each message was kept."""

    session: StoredSession
    messages: tuple[Mapping[str, str], ...]
    times: tuple[datetime | None, ...]


def _spoken(store: SqlStore, key: str) -> _Spoken | None:
    """A session's messages that have words; None where it has none, or was deleted a moment ago."""
    session = store.session(key)
    if session is None:
        return None
    pairs = [
        (message, when)
        for message, when in zip_longest(session.messages, store.message_times(key)[: len(session.messages)])
        if message.get("role") in ("user", "assistant") and message.get("content", "").strip()
    ]
    if not pairs:
        return None
    return _Spoken(session, tuple(message for message, _ in pairs), tuple(when for _, when in pairs))


class _Kept(Corpus):
    """A kept session as a data set, so that it is read as any file of people's own dialogues."""

    name = "jsonl"
    licence, redistributable, source = "not stated", False, "the store"
    own = True

    def _find(self) -> list[Path]:
        return []

    def items(self) -> dict[str, dict[str, Any]]:
        """None are described beside it."""
        return {}


class _Dialogue:
    """A session with the items that its turns name, and those that were right."""

    def __init__(
        self, spoken: _Spoken, turns: Sequence[CorpusTurn], events: Sequence[Feedback], catalog: Catalog
    ) -> None:
        self._session, self._times, self._turns = spoken.session, spoken.times, turns
        self._events = sorted(events, key=lambda one: one.at)
        self.right = self._right(catalog)

    def record(self, valid: float) -> dict[str, Any]:
        """The dialogue in the shared schema."""
        name = hashlib.sha256(self._session.id.encode()).hexdigest()[:16]
        whose = hashlib.sha256((self._session.user or self._session.id).encode()).hexdigest()
        split = split_by_hash(whose, {"valid": valid, "train": 1 - valid}) if valid else "train"
        turns = [self._turn(number, turn) for number, turn in enumerate(self._turns)]
        told = self._feedback()
        return {"dialogue_id": name, "split": split, "turns": turns, **({"feedback": told} if told else {})}

    def _turn(self, number: int, turn: CorpusTurn) -> dict[str, Any]:
        text = "".join(
            f"@{part.item_id}" if isinstance(part, ItemRef) else _escaped(part) for part in turn.parts
        )
        tree: dict[str, Any] = {"role": turn.role, "text": text, "items": list(turn.items)}
        return tree if turn.role == "user" else {**tree, "gold": list(self.right.get(number, ()))}

    def _feedback(self) -> dict[str, dict[str, int]]:
        """The newest word on each item, as forms after a dialogue have it: 1 yes, 0 no."""
        told: dict[str, dict[str, int]] = {}
        for event in self._events:
            if event.verdict in ("like", "dislike"):
                told.setdefault(event.item, {})["liked"] = int(event.verdict == "like")
            elif event.verdict == "seen":
                told.setdefault(event.item, {})["seen"] = 1
        return told

    def _right(self, catalog: Catalog) -> Mapping[int, tuple[str, ...]]:
        """By number of an assistant's turn, what was right there."""
        last: dict[str, Feedback] = {}
        for event in self._events:
            # A click on what is disliked afterwards was no luck; a look at what was liked before takes nothing back.
            if event.verdict in (*_RIGHT, *_WRONG):
                last[event.item] = event
        right: dict[int, dict[str, None]] = {}
        for event in last.values():
            if event.verdict in _RIGHT:
                self._place(right, event.item, event.at)
        for item in (self._session.preferences or {}).get("chosen") or ():  # "I'll watch that one"
            if item in catalog and (item not in last or last[item].verdict in _RIGHT):
                self._place(right, item, None)
        return {number: tuple(items) for number, items in right.items()}

    def _place(self, right: dict[int, dict[str, None]], item: str, when: datetime | None) -> None:
        """Count an item as right at the list that it was taken from."""
        if any(item in items for items in right.values()):
            return
        before = [
            number
            for number, (turn, kept) in enumerate(zip(self._turns, self._times, strict=True))
            if turn.role == "assistant" and (when is None or kept is None or kept <= when)
        ]
        naming = [number for number in before if item in self._turns[number].items]
        # Where it was listed first: said again ("good choice: ...") it is no news, and not learned as a find.
        for number in naming[:1] or before[-1:]:
            right.setdefault(number, {})[item] = None


def _linked(spoken: Sequence[_Spoken], catalog: Catalog) -> list[tuple[CorpusTurn, ...]]:
    """The turns of sessions, with the items that they name by title."""
    dialogues = [
        CorpusDialogue(
            one.session.id,
            _Kept.name,
            "train",
            tuple(CorpusTurn(_role(message), (message["content"],)) for message in one.messages),
            marked=False,
        )
        for one in spoken
    ]
    if not dialogues:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WhereforeWarning)  # that titles were found is what is asked for here
        (found,) = link_own([_Kept("the store").holding(dialogues)], catalog, marks=False)
    return [one.turns for one in found]


def _role(message: Mapping[str, str]) -> SpeakerRole:
    return "user" if message["role"] == "user" else "assistant"


def _events(store: SqlStore) -> tuple[dict[str, list[Feedback]], int]:
    """Feedback by session, and how much is of sessions that are not kept."""
    keys = set(store.sessions())
    found: dict[str, list[Feedback]] = {}
    lost = 0
    for event in _all(store):
        if event.session in keys and event.session is not None:
            found.setdefault(event.session, []).append(event)
        else:
            lost += 1
    return found, lost


def _all(store: SqlStore) -> Iterator[Feedback]:
    after = 0
    while events := store.feedback(after=after, limit=_PAGE):
        yield from events
        after = events[-1].id or 0


def _escaped(text: str) -> str:
    """A text whose HTML entities stay as they were typed: reading the file turns them into signs."""
    return text.replace("&", "&amp;")
