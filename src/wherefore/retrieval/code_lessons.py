"""Dialogues as a language model reads them that writes items as codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wherefore.dialogue.messages import Dialogue
from wherefore.retrieval.code_trie import CodeTrie
from wherefore.retrieval.events import ASSISTANT, USER
from wherefore.retrieval.utterances import by_message, message_texts

OWN, TEXT, PADDING = range(3)  # kinds of tokens: with an embedding of its own, a message's vector, none
MOST_TOKENS = 256  # of a dialogue that are read, the newest


@dataclass(frozen=True, slots=True)
class Message:
    """A message: who speaks, which items are named that were not named before, and what is said."""

    role: int
    rows: tuple[int, ...]
    text: int  # place of its text; -1 where it has none besides titles


@dataclass(frozen=True, slots=True)
class Lesson:
    """A dialogue, oldest message first; `texts` are what the messages' places count."""

    messages: tuple[Message, ...]
    texts: tuple[str, ...]

    @property
    def foretells(self) -> bool:
        """Whether there is an item to foretell: one that is named after the first message."""
        return any(message.rows for message in self.messages[1:])


@dataclass(frozen=True, slots=True)
class Tokens:
    """A dialogue as e tokens, and what is to be foretold at some of them.

    Attributes:
        kinds: (e,) OWN or TEXT.
        places: (e,) number of the token's own embedding, or of the text.
        items: (e,) row of the item whose code ends here; -1.
        at: (p,) where something is to be foretold.
        depths: (p,) how many of the item's codes are read by then.
        nodes: (p,) which beginning that is.
        wanted: (p,) the code that follows.
        roles: (p,) who names the item.
    """

    kinds: np.ndarray
    places: np.ndarray
    items: np.ndarray
    at: np.ndarray
    depths: np.ndarray
    nodes: np.ndarray
    wanted: np.ndarray
    roles: np.ndarray

    def __len__(self) -> int:
        return len(self.kinds)


def lesson_of(dialogue: Dialogue, row: Mapping[str, int]) -> Lesson:
    """What a language model reads of a dialogue; `row` is that of each item, by id."""
    mentions, named = by_message(dialogue), set[int]()
    messages: list[Message] = []
    texts: list[str] = []
    for turn, (message, text) in enumerate(zip(dialogue.messages, message_texts(dialogue), strict=True)):
        if message.role == "system":
            continue
        items = dict.fromkeys(row[one.item_id] for one in mentions.get(turn, ()) if one.item_id in row)
        new = tuple(item for item in items if item not in named)
        named.update(new)
        place = -1
        if text:
            place = len(texts)
            texts.append(text)
        messages.append(Message(USER if message.role == "user" else ASSISTANT, new, place))
    return Lesson(tuple(messages), tuple(texts))


class Tokenizer:
    """Makes tokens of lessons. A message is who speaks, the codes of new items, then the vector of what is said.

    So what is to be said is foretold before it is said, and one pass over a dialogue foretells all its items.

    Args:
        trie: Of the catalogue's codes.
        levels: Codes of an item before its number.
    """

    def __init__(self, trie: CodeTrie, levels: int) -> None:
        self.trie, self.levels = trie, levels
        self._codes = [tuple(code[code >= 0].tolist()) for code in trie.codes]

    @property
    def count(self) -> int:
        """Embeddings: of the two roles, and of the codes of each level and of numbers."""
        return 2 + (self.levels + 1) * self.trie.width

    def start(self, depth: int) -> int:
        """The embedding of the first of the codes that come at a depth; the others follow."""
        return 2 + min(depth, self.levels) * self.trie.width

    def __call__(
        self, lesson: Lesson, texts: np.ndarray, rng: np.random.Generator | None = None, asked: bool = False
    ) -> Tokens:
        """Tokens of a lesson.

        Args:
            lesson: The dialogue.
            texts: The rows of its texts in a matrix.
            rng: Draws the order of the items of a message; as they are named when None.
            asked: Whether the assistant speaks next, and a code is to be written.
        """
        kinds: list[int] = []
        places: list[int] = []
        items: list[int] = []
        targets: list[tuple[int, int, int, int, int]] = []
        for turn, message in enumerate(lesson.messages):
            kinds.append(OWN)
            places.append(message.role)
            items.append(-1)
            rows = message.rows if rng is None else tuple(rng.permutation(message.rows).astype(int).tolist())
            for row in rows:
                code = self._codes[row]
                for depth, one in enumerate(code):
                    node = int(self.trie.node[depth, row])
                    if turn and self.trie.depths[depth].count[node] > 1:
                        targets.append((len(kinds) - 1, depth, node, one, message.role))
                    kinds.append(OWN)
                    places.append(self.start(depth) + one)
                    items.append(-1)
                items[-1] = row
            if message.text >= 0:
                kinds.append(TEXT)
                places.append(int(texts[message.text]))
                items.append(-1)
        if asked:
            kinds.append(OWN)
            places.append(ASSISTANT)
            items.append(-1)
        lost = max(0, len(kinds) - MOST_TOKENS)
        table = np.array(targets, dtype=np.int64).reshape(-1, 5)
        table = table[table[:, 0] >= lost]
        table[:, 0] -= lost
        table = table.T
        return Tokens(
            np.array(kinds[lost:], dtype=np.int64),
            np.array(places[lost:], dtype=np.int64),
            np.array(items[lost:], dtype=np.int64),
            at=table[0],
            depths=table[1],
            nodes=table[2],
            wanted=table[3],
            roles=table[4],
        )


def padded(batch: Sequence[Tokens]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kinds (PADDING behind the end), places and items of a batch, (b, t) each."""
    longest = max(map(len, batch))
    kinds = np.full((len(batch), longest), PADDING, dtype=np.int64)
    places, items = np.zeros_like(kinds), np.full_like(kinds, -1)
    for line, one in enumerate(batch):
        kinds[line, : len(one)], places[line, : len(one)] = one.kinds, one.places
        items[line, : len(one)] = one.items
    return kinds, places, items
