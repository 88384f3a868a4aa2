"""What words and items lead to: a linear model from all that was said and named to the items named next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wherefore.dialogue.messages import Dialogue
from wherefore.errors import CheckpointError, ConfigError
from wherefore.progress import Progress
from wherefore.retrieval.checks import above_zero, at_least_one, zero_or_more
from wherefore.retrieval.index import Index
from wherefore.retrieval.known_items import KnownItems
from wherefore.retrieval.latest import Latest
from wherefore.retrieval.source import Found, nothing, top
from wherefore.retrieval.sparse import SparseRows, check_columns, check_rows
from wherefore.retrieval.tensors import (
    checked_ids,
    checked_tensors,
    nothing_named,
    packed,
    unfitted,
    unpacked,
)
from wherefore.retrieval.utterances import by_message, message_parts
from wherefore.text import FUNCTION_WORDS, forms, stem

_MESSAGES = 24  # the newest whose words count; what is farther back weighs next to nothing


@dataclass(eq=False)
class Regression:
    """Ridge regression from the words said and the items named to the items named next.

    Like EASE (Steck, 2019, arXiv 1905.03375) a linear model in closed form, but over more than items: a word
    counts by its rarity and by how long ago it was said, separately for user and assistant. Where the tower knows
    what texts mean, this knows which words go with which items. The score of an item is its share of
    training turns plus the sum of the weights from all that was said and named.

    Args:
        index: What is searched. What is learned is kept by item id.
        k: Rows given at most.
        regularization: How strongly few occurrences are distrusted.
        word_weight: Of words beside items, whose weight is 1.
        decay: Weight of a word that was said one message earlier.
        min_count: Words that fewer messages hold are not heard.
        max_words: At most so many are, the most frequent.
        max_items: At most so many items take part, the most frequent.
        weights: Kept per word and item, those furthest from 0.
        user_weight: Weight of turns in which the user names items; of the assistant's it is 1.

    Raises:
        ConfigError: If a number is not allowed.
    """

    name = "regression"
    part_names = ("by_items", "by_words")

    index: Index
    k: int = 100
    regularization: float = 300.0
    word_weight: float = 1.0
    decay: float = 0.85
    min_count: int = 8
    max_words: int = 3000
    max_items: int = 10_000
    weights: int = 200
    user_weight: float = 0.7

    def __post_init__(self) -> None:
        above_zero(regularization=self.regularization)
        zero_or_more(word_weight=self.word_weight, user_weight=self.user_weight)
        at_least_one("a source's ", k=self.k, min_count=self.min_count, weights=self.weights)
        check_columns(self.max_items)
        if not 0 < self.decay <= 1:
            raise ConfigError(f"`decay` is {self.decay}; it must be above 0 and at most 1")
        self._learnt: _Learnt | None = None
        self._latest = Latest[np.ndarray]()

    @property
    def fitted(self) -> bool:
        """Whether it has learned."""
        return self._learnt is not None

    def fit(
        self, dialogues: Sequence[Dialogue], vectors: object = None, progress: Progress | None = None
    ) -> None:
        """Learn from whole dialogues, in three steps; those without words teach what goes with which items.

        Raises:
            TrainingError: If no message after the first names an item that was not named before.
        """
        tell = progress or (lambda done, of: None)
        idf = self._rarity(dialogues)
        tell(1, 3)
        frequency = Counter(item for one in dialogues for item in {m.item_id for m in one.mentions})
        ids = sorted(sorted(frequency, key=lambda item: (-frequency[item], item))[: self.max_items])
        space = _Space(KnownItems(self.index, ids), idf)
        sums = self._sums(dialogues, space)
        if not sums.total:
            raise nothing_named(self.name, len(dialogues))
        tell(2, 3)
        share = sums.share / np.float32(sums.total)
        sums.moments -= np.outer(sums.means, share).astype(np.float32)
        sums.gram[np.diag_indices_from(sums.gram)] += self.regularization
        solved = np.linalg.solve(sums.gram, sums.moments)  # (f, a)
        del sums
        self._learnt = _Learnt(space, share, SparseRows.thin(solved, self.weights))
        tell(3, 3)

    def _sums(self, dialogues: Sequence[Dialogue], space: _Space) -> _Sums:
        """What the equations are made of, over every message that names new items."""
        number = space.items.number
        sums = _Sums(len(space), len(number))
        for dialogue in dialogues:
            for context in self._contexts(dialogue, space.idf):
                gold = [number[item] for item in context.gold if item in number]
                weight = 1.0 if context.role == "assistant" else self.user_weight
                if not gold or not weight:
                    continue
                places, values = space.places(context.items, context.words)
                sums.gram[np.ix_(places, places)] += weight * np.outer(values, values)
                sums.moments[np.ix_(places, np.array(gold))] += np.float32(weight) * values[:, None]
                sums.means[places] += weight * values
                sums.share[gold] += weight
                sums.total += weight
        return sums

    def _rarity(self, dialogues: Sequence[Dialogue]) -> dict[str, float]:
        """The words that are heard, each with how much it says: the rarer, the more."""
        counts: Counter[str] = Counter()
        messages = 0
        for dialogue in dialogues:
            for words in _words(dialogue):
                counts.update(words)
                messages += bool(words)
        kept = sorted(counts, key=lambda word: (-counts[word], word))
        kept = [word for word in kept if counts[word] >= self.min_count][: self.max_words]
        return {word: float(np.log(messages / counts[word]) / 6) for word in sorted(kept)}

    def _contexts(self, dialogue: Dialogue, idf: Mapping[str, float]) -> Iterator[_Context]:
        """Every message that names new items, with what was before it."""
        by_turn = by_message(dialogue)
        words = _words(dialogue)
        named: dict[str, None] = {}
        for turn, message in enumerate(dialogue.messages):
            here = dict.fromkeys(mention.item_id for mention in by_turn.get(turn, ()))
            new = tuple(item for item in here if item not in named)
            if turn and new and message.role != "system":
                yield _Context(tuple(named), self._heard(dialogue, words[:turn], idf), new, str(message.role))
            named.update(here)

    def _heard(
        self, dialogue: Dialogue, words: Sequence[set[str]], idf: Mapping[str, float]
    ) -> dict[tuple[bool, str], float]:
        """The words of the messages, with their weights."""
        heard: dict[tuple[bool, str], float] = {}
        first = max(0, len(words) - _MESSAGES)
        for turn, said in enumerate(words[first:], first):
            by = dialogue.messages[turn].role == "assistant"
            weight = self.word_weight * self.decay ** (len(words) - 1 - turn)
            for word in said:
                if word in idf:
                    heard[by, word] = max(heard.get((by, word), 0.0), weight * idf[word])
        return heard

    def tensors(self) -> dict[str, np.ndarray]:
        """See `Learned.tensors`."""
        if self._learnt is None:
            raise unfitted(self.name)
        idf = self._learnt.space.idf
        return {
            "items": packed(list(self._learnt.space.items.ids)),
            "words": packed(list(idf)),
            "idf": np.array(list(idf.values()), dtype=np.float32),
            "share": self._learnt.share,
            **self._learnt.weights.tensors(),
        }

    def restore(self, tensors: Mapping[str, np.ndarray]) -> None:
        """See `Learned.restore`."""
        types = {"items": "u1", "words": "u1", "idf": "f4", "share": "f4", **SparseRows.TYPES}
        given = checked_tensors(tensors, types, self.name)
        ids = checked_ids(given["items"], self.name)
        try:
            words = [str(word) for word in unpacked(given["words"])]
        except (ValueError, TypeError) as error:
            raise CheckpointError(
                f"source {self.name!r}: `words` is no JSON list ({error}); train it again"
            ) from error
        for name, wanted in (("idf", len(words)), ("share", len(ids)), ("values", len(given["columns"]))):
            if given[name].shape != (wanted,) or not np.isfinite(given[name]).all():
                raise CheckpointError(
                    f"source {self.name!r}: `{name}` has shape {given[name].shape}; it must hold {wanted} finite "
                    "numbers; train it again"
                )
        space = _Space(KnownItems(self.index, ids), dict(zip(words, given["idf"].tolist(), strict=True)))
        check_rows(given, "starts", "columns", len(ids) + 2 * len(words), len(ids), self.name)
        weights = SparseRows(**{name: given[name] for name in SparseRows.TYPES})
        self._learnt = _Learnt(space, given["share"], weights)

    def search(self, dialogue: Dialogue, query: np.ndarray, k: int, allowed: np.ndarray) -> Found:
        """The rows that all that was said and named speaks for most; nothing when it knows none of that."""
        if not self.fitted:
            return nothing()
        scores = self._all(dialogue)[:, 0]
        known = ~np.isnan(scores)
        return top(np.nan_to_num(scores, nan=-np.inf), k, allowed & known)

    def score(self, dialogue: Dialogue, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(m,); NaN for items that never took part, and for all when nothing known was said or named."""
        scores: np.ndarray = self._all(dialogue)[rows, 0]
        return scores

    def parts(self, dialogue: Dialogue, rows: np.ndarray) -> np.ndarray:
        """What items and what words say, (m, 2) float32, columns `part_names`; NaN as in `score`."""
        parts: np.ndarray = self._all(dialogue)[rows, 1:]
        return parts

    def _all(self, dialogue: Dialogue) -> np.ndarray:
        """Score and parts of every row, (n, 3) float32."""
        return self._latest.get(
            lambda: self._spread(dialogue), dialogue, self.index.catalog.items, self._learnt
        )

    def _spread(self, dialogue: Dialogue) -> np.ndarray:
        learnt, nothing_known = self._learnt, np.full((len(self.index), 3), np.nan, dtype=np.float32)
        if learnt is None:
            return nothing_known
        space = learnt.space
        named = dict.fromkeys(mention.item_id for mention in dialogue.mentions)
        places, values = space.places(named, self._heard(dialogue, _words(dialogue), space.idf))
        if not len(places):
            return nothing_known
        parts = np.zeros((2, len(space.items)), dtype=np.float32)
        for place, value in zip(places.tolist(), values.tolist(), strict=True):
            learnt.weights.add_row(place, value, parts[int(place >= len(space.items))])
        return space.items.spread(np.stack([learnt.share + parts.sum(0), *parts], axis=1))


@dataclass(frozen=True, slots=True)
class _Context:
    """What was said and named before a message, and what it names that is new."""

    items: tuple[str, ...]
    words: Mapping[tuple[bool, str], float]  # (by the assistant, word) → weight
    gold: tuple[str, ...]
    role: str


class _Space:
    """The f features of the model: a items, then words of the user, then words of the assistant.

    Args:
        items: That take part.
        idf: The words that are heard, each with how much it says.
    """

    def __init__(self, items: KnownItems, idf: Mapping[str, float]) -> None:
        self.items = items
        self.idf = dict(idf)
        self._word = {word: place for place, word in enumerate(self.idf)}

    def __len__(self) -> int:
        return len(self.items) + 2 * len(self.idf)

    def places(
        self, named: Iterable[str], words: Mapping[tuple[bool, str], float]
    ) -> tuple[np.ndarray, np.ndarray]:
        """The features of what was named and said, ascending (f',) int64, and their values (f',) float32."""
        number = self.items.number
        found = {number[item]: 1.0 for item in named if item in number}
        for (by, word), weight in words.items():
            found[len(self.items) + by * len(self.idf) + self._word[word]] = weight
        places = np.array(sorted(found), dtype=np.int64)
        return places, np.array([found[place] for place in places.tolist()], dtype=np.float32)


class _Sums:
    """Weighted sums over messages that name new items."""

    def __init__(self, features: int, items: int) -> None:
        self.gram = np.zeros((features, features), dtype=np.float32)  # features by features
        self.moments = np.zeros((features, items), dtype=np.float32)  # features by items named
        self.means = np.zeros(features, dtype=np.float64)
        self.share = np.zeros(items, dtype=np.float32)
        self.total = 0.0


@dataclass(frozen=True, slots=True)
class _Learnt:
    """All that was learned."""

    space: _Space
    share: np.ndarray  # (a,) of training turns that name each item
    weights: SparseRows  # (f, a)


def _words(dialogue: Dialogue) -> list[set[str]]:
    """The stems of each message's words, without titles and function words."""
    return [
        {stem(form) for part in parts for form in forms(part) if form not in FUNCTION_WORDS}
        for parts in message_parts(dialogue)
    ]
