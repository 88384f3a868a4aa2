"""A dialogue as a row of events: what was said, the values that the words name, the items named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wherefore.dialogue.messages import Dialogue
from wherefore.retrieval.judged import Verdict
from wherefore.retrieval.utterances import by_message, message_parts, message_texts

TEXT, VALUE, ITEM, QUERY = range(4)  # kinds of events
USER, ASSISTANT = range(2)
MOST_EVENTS = 512  # of a dialogue that count, the newest: attention takes their square
_VALUES = 24  # of a message that count, the first


@dataclass(frozen=True, slots=True)
class Events:
    """What happened in a dialogue, e events in order.

    Attributes:
        kinds: (e,) TEXT, VALUE, ITEM or QUERY.
        roles: (e,) USER or ASSISTANT; of a query: who speaks next.
        turns: (e,) number of the message.
        places: (e,) which text, value or item; 0 for a query.
        gold: Of each query, the items to find.
        named: Of each query, the items named before.
        texts: What the places of TEXT events count, until `at` makes them rows of a matrix.
        judged: Of each query, what a judge said of likely items; empty where none was asked.
    """

    kinds: np.ndarray
    roles: np.ndarray
    turns: np.ndarray
    places: np.ndarray
    gold: tuple[np.ndarray, ...] = ()
    named: tuple[np.ndarray, ...] = ()
    texts: tuple[str, ...] = ()
    judged: tuple[Verdict | None, ...] = ()

    def __len__(self) -> int:
        return len(self.kinds)

    def at(self, rows: np.ndarray) -> Events:
        """The same with its texts (t,) found at these rows of a matrix."""
        places = self.places.copy()
        places[self.kinds == TEXT] = rows[places[self.kinds == TEXT]]
        return replace(self, places=places, texts=())


def events_of(
    dialogue: Dialogue,
    row: Mapping[str, int],
    values_in: Callable[[Sequence[str]], Sequence[int]],
    learn: bool,
) -> Events:
    """The events of a dialogue.

    Args:
        dialogue: With its mentions.
        row: Of each item, by id.
        values_in: The numbers of the values that texts name.
        learn: Put a query before each message that names new items, with these to find; else one at the end.
    """
    mentions = by_message(dialogue)
    texts, parts = message_texts(dialogue), message_parts(dialogue)
    events: list[tuple[int, int, int, int]] = []  # kind, role, turn, place
    kept_texts: list[str] = []
    gold: list[np.ndarray] = []
    before: list[np.ndarray] = []
    named: dict[int, None] = {}
    first = 0 if learn else max(0, len(dialogue.messages) - MOST_EVENTS)
    for turn, message in enumerate(dialogue.messages[first:], first):
        if message.role == "system":
            continue
        role = USER if message.role == "user" else ASSISTANT
        items = list(dict.fromkeys(row[m.item_id] for m in mentions.get(turn, ()) if m.item_id in row))
        new = [item for item in items if item not in named]
        if learn and turn and new:
            events.append((QUERY, role, turn, 0))
            gold.append(np.array(new, dtype=np.int64))
            before.append(np.array(list(named), dtype=np.int64))
        if texts[turn]:
            events.append((TEXT, role, turn, len(kept_texts)))
            kept_texts.append(texts[turn])
            events += [(VALUE, role, turn, value) for value in values_in(parts[turn])[:_VALUES]]
        events += [(ITEM, role, turn, item) for item in items]
        named.update(dict.fromkeys(items))
    if not learn:
        events.append((QUERY, ASSISTANT, len(dialogue.messages), 0))
    table = np.array(events, dtype=np.int64).reshape(-1, 4)[-MOST_EVENTS:]
    kinds, roles, turns, places = (column.copy() for column in table.T)
    said = int((kinds == TEXT).sum())
    places[kinds == TEXT] = np.arange(said)
    lost = len(gold) - int((kinds == QUERY).sum()) if learn else 0
    return Events(
        *(kinds, roles, turns, places),
        gold=tuple(gold[lost:]),
        named=tuple(before[lost:]),
        texts=tuple(kept_texts[len(kept_texts) - said :]),
    )
