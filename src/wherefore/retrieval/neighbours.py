"""Nearest dialogues: what people recommended when a conversation had reached a similar point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from wherefore.dialogue.messages import Dialogue
from wherefore.errors import CheckpointError, ConfigError, TrainingError
from wherefore.progress import Progress
from wherefore.retrieval.checks import at_least_one
from wherefore.retrieval.index import Index
from wherefore.retrieval.known_items import KnownItems
from wherefore.retrieval.latest import Latest
from wherefore.retrieval.learned import TextVectors
from wherefore.retrieval.source import Found, nothing, top
from wherefore.retrieval.sparse import check_rows
from wherefore.retrieval.tensors import checked_ids, checked_tensors, packed, unfitted, unpacked
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


@dataclass(eq=False)
class Neighbours:
    """What was named next in the training dialogues that had reached the most similar points.

    In the manner of "Neighborhood-Based Collaborative Filtering for Conversational Recommendation" (RecSys
    2024), which takes the answers to the training contexts with the nearest vectors. Here the items named
    count, too: the similarity of two contexts is the cosine of their newest words' vectors, plus `overlap`
    times the cosine of the sets of items named, the rarer the more. The score of item j is the sum of
    similarity^power over those of the `nearest` contexts that j was the answer to.

    A context is a message, not the first, that names items not named before. Contexts without a word besides
    titles are passed over: similar words are what is looked for, and the collaborative source knows the rest.

    Args:
        index: What is searched. What is learned is kept by item id.
        k: Rows given at most.
        nearest: Contexts that vote.
        power: How much more the nearest count.
        overlap: Weight of naming the same items.
        max_contexts: At most so many contexts are kept, the newest: d 2-byte numbers on disk each, twice that
            in memory.
        chars: Characters of the end of what was said that are compared, titles included.

    Raises:
        ConfigError: If a number is not allowed.
    """

    name = "neighbours"

    index: Index
    k: int = 50
    nearest: int = 200
    power: float = 4.0
    overlap: float = 0.5
    max_contexts: int = 30_000
    chars: int = 300

    def __post_init__(self) -> None:
        if not (0 < self.power < np.inf and 0 <= self.overlap < np.inf):
            raise ConfigError(
                f"`power` is {self.power} and `overlap` {self.overlap}; they must be above 0, and 0 or more"
            )
        at_least_one(
            "a source's ", k=self.k, nearest=self.nearest, max_contexts=self.max_contexts, chars=self.chars
        )
        self._items = KnownItems(self.index, ())
        self._contexts: Contexts | None = None  # once it has learned
        self._latest = Latest[np.ndarray]()

    @property
    def fitted(self) -> bool:
        """Whether it has learned."""
        return self._contexts is not None

    def fit(
        self,
        dialogues: Sequence[Dialogue],
        vectors: TextVectors | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Keep the contexts of whole dialogues; `progress` is told of texts embedded, minutes for ten thousand.

        Raises:
            TrainingError: If no message that names new items has words before it, or the vectors do not fit.
        """
        points: list[Point] = []
        for dialogue in reversed(dialogues):
            points += contexts_of(dialogue, self.chars)[::-1]
            if len(points) >= self.max_contexts:
                break
        points = points[: self.max_contexts][::-1]
        if not points:
            raise TrainingError(
                f"source {self.name!r} has nothing to learn from: no message that names items has words before "
                "it; give dialogues with words and mentions, or take the source out of `retrieval.sources`"
            )
        vectors = TextVectors(self.index) if vectors is None else vectors
        made = vectors.get([point.said for point in points], progress)
        if made.shape != (len(points), self.index.dim):
            raise TrainingError(
                f"source {self.name!r}: the vectors of {len(points)} texts have shape {made.shape}; with this index "
                f"they must be {self.index.dim} wide"
            )
        items = KnownItems(self.index, sorted({i for point in points for i in (*point.named, *point.gold)}))
        contexts = Contexts.of(
            made.astype(np.float16).astype(np.float32),  # as it will be restored
            [[items.number[item] for item in point.named] for point in points],
            [[items.number[item] for item in point.gold] for point in points],
            len(items),
        )
        self._items, self._contexts = items, contexts

    def tensors(self) -> dict[str, np.ndarray]:
        """See `Learned.tensors`."""
        if self._contexts is None:
            raise unfitted(self.name)
        return {
            "embedder": packed(self.index.embedder.name),
            "items": packed(list(self._items.ids)),
            "vectors": self._contexts.vectors.astype(np.float16),
            "starts": self._contexts.starts,
            "named": self._contexts.named,
            "gold_starts": self._contexts.gold_starts,
            "gold": self._contexts.gold,
        }

    def restore(self, tensors: Mapping[str, np.ndarray]) -> None:
        """See `Learned.restore`; the vectors must be of the same embedder and width, too."""
        types = {"embedder": "u1", "items": "u1", "vectors": "f2:2", "starts": "i8", "named": "u4"}
        given = checked_tensors(tensors, types | {"gold_starts": "i8", "gold": "u4"}, self.name)
        try:
            embedder = unpacked(given["embedder"])
        except ValueError as error:
            raise CheckpointError(
                f"source {self.name!r}: `embedder` is not JSON ({error}); train it again"
            ) from error
        vectors, here = given["vectors"], self.index
        if embedder != here.embedder.name or vectors.shape[1] != here.dim:
            raise CheckpointError(
                f"source {self.name!r} was trained with vectors of {embedder!r}, {vectors.shape[1]} wide; here they "
                f"are of {here.embedder.name!r}, {here.dim} wide; use what it was trained with, or train it again"
            )
        if not np.isfinite(vectors).all():
            raise CheckpointError(
                f"source {self.name!r}: `vectors` holds NaN or infinity; train the source again"
            )
        ids = checked_ids(given["items"], self.name)
        for starts, columns in (("starts", "named"), ("gold_starts", "gold")):
            check_rows(given, starts, columns, len(vectors), len(ids), self.name)
        named, gold = (given["starts"], given["named"]), (given["gold_starts"], given["gold"])
        self._items = KnownItems(here, ids)
        self._contexts = Contexts(vectors.astype(np.float32), *named, *gold, items=len(ids))

    def texts(self, dialogue: Dialogue) -> list[str]:
        """The newest words, which are compared."""
        said = _newest(dialogue, len(dialogue.messages), self.chars)
        return [said] if self.fitted and said.strip() else []

    def search(self, dialogue: Dialogue, query: np.ndarray, k: int, allowed: np.ndarray) -> Found:
        """The rows with most votes of similar contexts; only those with any."""
        if not self.fitted:
            return nothing()
        scores = self._all(dialogue)
        return top(scores, k, allowed & (scores > 0))

    def score(self, dialogue: Dialogue, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(m,); NaN for items that never were an answer, and for all when nothing was said."""
        scores: np.ndarray = self._all(dialogue)[rows]
        return scores

    def _all(self, dialogue: Dialogue) -> np.ndarray:
        """(n,) float32."""
        return self._latest.get(
            lambda: self._votes(dialogue), dialogue, self.index.catalog.items, self._contexts
        )

    def _votes(self, dialogue: Dialogue) -> np.ndarray:
        """(n,) float32; NaN for items that never were an answer."""
        contexts, said = self._contexts, _newest(dialogue, len(dialogue.messages), self.chars)
        if contexts is None or not said.strip():
            return np.full(len(self.index), np.nan, dtype=np.float32)
        number = self._items.number
        named = [number.get(item, -1) for item in dict.fromkeys(m.item_id for m in dialogue.mentions)]
        near = contexts.near(self.index.embed(said), named, self.overlap)
        votes = contexts.votes(near, self.nearest, self.power)  # (a,)
        return self._items.spread(votes, contexts.answers)


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
            found.append(Point(_newest(dialogue, number, chars), list(named), gold))
        named.update(dict.fromkeys(gold))
        worded = worded or message.role != "system" and has_words(outside(message.content, here))
    return found


def _newest(dialogue: Dialogue, stop: int, chars: int) -> str:
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
