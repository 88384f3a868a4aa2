"""Points of dialogues that can be compared: what had been said and named, and what came next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from wherefore.dialogue.messages import Dialogue
from wherefore.retrieval.source import top
from wherefore.retrieval.utterances import by_message, has_words, outside


class Contexts:
    """Points of dialogues: what had been said, what had been named, and what was named next.

    Args:
        vectors: (c, d) of what had been said; zeros where nothing was.
        starts: (c + 1,) int64, where each context's items begin in `named`.
        named: (entries,) uint32 numbers of the items named before.
        gold_starts: (c + 1,) int64, where each context's answers begin in `gold`.
        gold: (answers,) uint32 numbers of the items that were the answers.
        items: How many items there are.
        by_rarity: Whether a shared item counts the more, the fewer contexts name it, by log(1 + c / how many);
            otherwise all count alike.
    """

    def __init__(
        self,
        vectors: np.ndarray,
        starts: np.ndarray,
        named: np.ndarray,
        gold_starts: np.ndarray,
        gold: np.ndarray,
        items: int,
        by_rarity: bool = True,
    ) -> None:
        self.vectors = vectors
        self.starts, self.named = starts, named
        self.gold_starts, self.gold = gold_starts, gold
        self.items = items
        count = len(vectors)
        naming = np.bincount(named, minlength=items)  # (items,) contexts that name each
        rarity = np.log1p(count / np.maximum(naming, 1)) if by_rarity else np.ones(items)
        self._rarity = rarity.astype(np.float32)
        self._unknown = float(np.log1p(count)) if by_rarity else 1.0
        self.answers = np.bincount(gold, minlength=items) > 0  # (items,) whether ever an answer
        of_entry = np.repeat(np.arange(count), np.diff(starts))  # (entries,) whose each is
        squares = np.bincount(of_entry, weights=self._rarity[named] ** 2, minlength=count)
        self._norms = np.sqrt(np.maximum(squares, 1e-12)).astype(np.float32)  # (c,)
        self._by_item = of_entry[np.argsort(named, kind="stable")]
        self._item_starts = np.concatenate([[0], np.cumsum(naming)])

    @classmethod
    def of(
        cls,
        vectors: np.ndarray,
        named: Sequence[Sequence[int]],
        gold: Sequence[Sequence[int]],
        items: int,
        by_rarity: bool = True,
    ) -> Self:
        """From the items named before and the answers of each context, as lists of numbers."""
        return cls(vectors, *_joined(named), *_joined(gold), items, by_rarity)

    def __len__(self) -> int:
        return len(self.vectors)

    def near(self, vector: np.ndarray, named: Sequence[int], overlap: float) -> np.ndarray:
        """How similar each context is to what was said and named now, (c,) float32.

        The cosine of the words' vectors, and `overlap` times that of the sets of items named.

        Args:
            vector: (d,) of what was said, unit or zeros.
            named: Numbers of the items named, each once; -1 for one that no context names.
            overlap: Weight of naming the same items.
        """
        near: np.ndarray = self.vectors @ vector.astype(np.float32)
        if named and overlap:
            weights = np.array([self._unknown if i < 0 else self._rarity[i] for i in named])
            shared = np.zeros(len(self), dtype=np.float32)
            for number, weight in zip(named, weights, strict=True):
                if number >= 0:
                    here = self._by_item[self._item_starts[number] : self._item_starts[number + 1]]
                    shared[here] += weight**2
            near = near + np.float32(overlap / np.sqrt((weights**2).sum())) * shared / self._norms
        return near

    def votes(self, near: np.ndarray, nearest: int, power: float) -> np.ndarray:
        """Sum over the nearest contexts of similarity^power, for the items that were their answers.

        Args:
            near: (c,) similarities; contexts at 0 or below have no vote, of equal ones the first come first.
            nearest: At most so many contexts vote.
            power: How much more the nearest count.

        Returns:
            (items,) float64.
        """
        places, similarity = top(near, nearest, near > 0)
        lengths = self.gold_starts[places + 1] - self.gold_starts[places]
        before = np.cumsum(lengths) - lengths
        entries = np.repeat(self.gold_starts[places] - before, lengths) + np.arange(lengths.sum())
        weights = np.repeat(similarity.astype(np.float64) ** power, lengths)
        return np.bincount(self.gold[entries], weights=weights, minlength=self.items)


class Point(NamedTuple):
    """A message of a dialogue that names new items, and what was before it."""

    said: str  # the end of the words before
    named: list[str]  # ids of the items before
    gold: list[str]  # ids of the new items


def contexts_of(dialogue: Dialogue, chars: int) -> list[Point]:
    """The points of a dialogue at which new items are named.

    Points before which no word but titles was said are left out.

    Args:
        dialogue: With mentions.
        chars: Characters of the end of the words before that are given, titles included.
    """
    mentions = by_message(dialogue)
    found = []
    named: dict[str, None] = {}
    worded = False
    for number, message in enumerate(dialogue.messages):
        here = sorted(mentions.get(number, ()), key=lambda mention: mention.start)
        gold = list(dict.fromkeys(m.item_id for m in here if m.item_id not in named))
        if gold and worded:
            found.append(Point(newest(dialogue, number, chars), list(named), gold))
        named.update(dict.fromkeys(gold))
        worded = worded or message.role != "system" and has_words(outside(message.content, here))
    return found


def newest(dialogue: Dialogue, stop: int, chars: int) -> str:
    """The end of what was said in the messages before number `stop`."""
    parts: list[str] = []
    left = chars
    for message in reversed(dialogue.messages[:stop]):
        if left <= 0:
            break
        if message.role != "system":
            parts.append(message.content)
            left -= len(message.content) + 1
    return "\n".join(reversed(parts))[-chars:]


def _joined(lists: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Lists as starts (c + 1,) int64 and their entries, one behind the other, uint32."""
    starts = np.cumsum([0, *map(len, lists)]).astype(np.int64)
    return starts, np.array([one for given in lists for one in given], dtype=np.uint32)
