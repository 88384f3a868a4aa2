"""What words and items lead to: a linear model from all that was said and named to the items named next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wherefore.dialogue.messages import Dialogue
from wherefore.retrieval.collaborative import (
    MOST_COLUMNS,
    SparseRows,
    check_regularization,
    check_rows,
    checked_ids,
    checked_tensors,
    rows_of,
    thin,
    unfitted,
)
from wherefore.retrieval.index import Index
from wherefore.retrieval.learned import Progress, by_message, outside, packed, unpacked
from wherefore.retrieval.sources import Found, _nothing, _positive, top
from wherefore.text import FUNCTION_WORDS, forms, stem

_CHARACTERS = 2000  # of a message that are read
_MESSAGES = 24  # the newest whose words count; what is farther back weighs next to nothing


@dataclass(frozen=True, slots=True)
class _Context:
    """What was said and named before a message, and what it names that is new."""

    items: tuple[str, ...]
    words: Mapping[tuple[bool, str], float]  # (by the assistant, word) → weight
    gold: tuple[str, ...]
    role: str


class Regression:
    """Ridge regression from the words said and the items named to the items named next.

    Like EASE (Steck, 2019, arXiv 1905.03375) a linear model in closed form, but over more than items: a word
    counts by its rarity and by how long ago it was said, apart for user and assistant. Where the tower knows
    what texts mean, this knows which very words go with which items. The score of an item is its share of
    training turns plus the sum of the weights from all that was said and named.

    Args:
        index: What is searched. What is learned is kept by item id.
        k: Rows given at most.
        regularization: How far few occurrences are distrusted.
        word_weight: Of words beside items, whose weight is 1.
        decay: Weight of a word that was said one message earlier.
        min_count: Words that fewer messages hold are not heard.
        max_words: At most so many are, the most frequent.
        max_items: At most so many items take part, the most frequent.
        weights: Kept per word and item, those furthest from 0.
        user_weight: Weight of turns in which the user names items; of the assistant's it is 1.

    Raises:
        ValueError: If a number is not allowed.
    """

    name = "regression"
    part_names = ("by_items", "by_words")

    def __init__(
        self,
        index: Index,
        k: int = 100,
        regularization: float = 300.0,
        word_weight: float = 1.0,
        decay: float = 0.85,
        min_count: int = 8,
        max_words: int = 3000,
        max_items: int = 10_000,
        weights: int = 200,
        user_weight: float = 0.7,
    ) -> None:
        check_regularization(regularization)
        for name, weight in (("word_weight", word_weight), ("user_weight", user_weight)):
            if not 0 <= weight < np.inf:
                raise ValueError(f"`{name}` is {weight}; it must be 0 or more")
        if not 0 < decay <= 1:
            raise ValueError(f"`decay` is {decay}; it must be above 0 and at most 1")
        if not 1 <= max_items <= MOST_COLUMNS:
            raise ValueError(f"`max_items` is {max_items}; it must be between 1 and {MOST_COLUMNS:,}")
        self.index = index
        self.k = _positive(k)
        self.regularization = regularization
        self.word_weight = word_weight
        self.decay = decay
        self.min_count = _positive(min_count, "min_count")
        self.max_words = max_words
        self.max_items = max_items
        self.weights = _positive(weights, "weights")
        self.user_weight = user_weight
        self._learnt: _Learnt | None = None
        self._rows = np.empty(0, dtype=np.int64)  # (a,) of the items that took part; -1: not in the catalogue
        self._items: object = None  # the catalogue's items that `_rows` is for
        self._last: tuple[Dialogue, object, np.ndarray] | None = None

    @property
    def fitted(self) -> bool:
        """Whether it has learned."""
        return self._learnt is not None

    def fit(
        self, dialogues: Sequence[Dialogue], vectors: object = None, progress: Progress | None = None
    ) -> None:
        """Learn from whole dialogues with their mentions.

        Args:
            dialogues: With mentions; those without words teach what goes with which items.
            vectors: Not needed; every source that learns takes it.
            progress: Told (done, of) after each of three steps: words counted, sums made, equations solved.

        Raises:
            ValueError: If no message after the first names an item that was not named before.
        """
        tell = progress or (lambda done, of: None)
        idf = self._rarity(dialogues)
        tell(1, 3)
        frequency = Counter(item for one in dialogues for item in {m.item_id for m in one.mentions})
        ids = tuple(sorted(sorted(frequency, key=lambda item: (-frequency[item], item))[: self.max_items]))
        learnt = _Learnt(ids, idf, np.zeros(len(ids), dtype=np.float32), None)
        size = len(ids) + 2 * len(idf)
        gram = np.zeros((size, size), dtype=np.float32)
        moments = np.zeros((size, len(ids)), dtype=np.float32)
        means = np.zeros(size, dtype=np.float64)
        total = 0.0
        for dialogue in dialogues:
            for context in self._contexts(dialogue, idf):
                gold = [learnt.number[item] for item in context.gold if item in learnt.number]
                weight = 1.0 if context.role == "assistant" else self.user_weight
                if not gold or not weight:
                    continue
                places, values = learnt.places(context)
                gram[np.ix_(places, places)] += weight * np.outer(values, values)
                moments[np.ix_(places, np.array(gold))] += np.float32(weight) * values[:, None]
                means[places] += weight * values
                learnt.share[gold] += weight
                total += weight
        if not total:
            raise ValueError(
                f"source {self.name!r} has nothing to learn: none of {len(dialogues)} dialogues names a new item of "
                "the catalogue after its first message; give dialogues with mentions"
            )
        learnt.share[:] /= total
        tell(2, 3)
        moments -= np.outer(means, learnt.share).astype(np.float32)
        gram[np.diag_indices_from(gram)] += self.regularization
        solved = np.linalg.solve(gram, moments)  # (f, a)
        del gram, moments
        self._adopt(_Learnt(ids, idf, learnt.share, thin(solved, self.weights)))
        tell(3, 3)

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
        """All that was learned.

        Raises:
            ValueError: If nothing was.
        """
        learnt = self._learnt
        if learnt is None or learnt.weights is None:
            raise unfitted(self.name)
        return {
            "items": packed(list(learnt.ids)),
            "words": packed(list(learnt.idf)),
            "idf": np.array(list(learnt.idf.values()), dtype=np.float32),
            "share": learnt.share,
            "starts": learnt.weights.starts,
            "columns": learnt.weights.columns,
            "values": learnt.weights.values,
        }

    def restore(self, tensors: Mapping[str, np.ndarray]) -> None:
        """Take what `tensors` gave, onto whatever catalogue: items are known by id.

        Raises:
            ValueError: If a tensor is missing, unknown, or has a wrong shape, type or content.
        """
        kinds = {"items": "u1", "words": "u1", "idf": "f4", "share": "f4"}
        kinds |= {"starts": "i8", "columns": "u2", "values": "f2"}
        given = checked_tensors(tensors, kinds, self.name)
        ids = checked_ids(given["items"], self.name)
        try:
            words = [str(word) for word in unpacked(given["words"])]
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"source {self.name!r}: `words` is no JSON list ({error}); train it again"
            ) from error
        for name, wanted in (("idf", len(words)), ("share", len(ids)), ("values", len(given["columns"]))):
            if given[name].shape != (wanted,) or not np.isfinite(given[name]).all():
                raise ValueError(
                    f"source {self.name!r}: `{name}` has shape {given[name].shape}; it must hold {wanted} finite "
                    "numbers; train it again"
                )
        size = len(ids) + 2 * len(words)
        check_rows(given["starts"], given["columns"], size, len(ids), "starts", "columns", self.name)
        weights = SparseRows(given["starts"], given["columns"], given["values"])
        idf = dict(zip(words, given["idf"].tolist(), strict=True))
        self._adopt(_Learnt(ids, idf, given["share"], weights))

    def _adopt(self, learnt: _Learnt) -> None:
        self._learnt = learnt
        self._items = None
        self._last = None

    def search(self, dialogue: Dialogue, query: np.ndarray, k: int, allowed: np.ndarray) -> Found:
        """The rows that all that was said and named speaks for most; nothing when it knows none of that."""
        if not self.fitted:
            return _nothing()
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
        """Score and parts of every row, (n, 3) float32; the last ones are kept."""
        items = self.index.catalog.items
        if self._last is None or self._last[0] is not dialogue or self._last[1] is not items:
            self._last = (dialogue, items, self._spread(dialogue))
        return self._last[2]

    def _spread(self, dialogue: Dialogue) -> np.ndarray:
        made = np.full((len(self.index), 3), np.nan, dtype=np.float32)
        learnt = self._learnt
        if learnt is None or learnt.weights is None:
            return made
        items = self.index.catalog.items
        if self._items is not items:
            self._rows = rows_of(self.index, learnt.ids)
            self._items = items
        named = tuple(dict.fromkeys(mention.item_id for mention in dialogue.mentions))
        heard = self._heard(dialogue, _words(dialogue), learnt.idf)
        places, values = learnt.places(_Context(named, heard, (), ""))
        if not len(places):
            return made
        parts = np.zeros((2, len(learnt.ids)), dtype=np.float32)
        for place, value in zip(places.tolist(), values.tolist(), strict=True):
            columns, weights = learnt.weights.row(place)
            parts[int(place >= len(learnt.ids)), columns] += np.float32(value) * weights.astype(np.float32)
        here = self._rows >= 0
        made[self._rows[here]] = np.stack([learnt.share + parts.sum(0), *parts], axis=1)[here]
        return made


class _Learnt:
    """All that was learned: features are items, then words of the user, then words of the assistant."""

    def __init__(
        self, ids: tuple[str, ...], idf: Mapping[str, float], share: np.ndarray, weights: SparseRows | None
    ) -> None:
        self.ids = ids
        self.idf = dict(idf)
        self.share = share  # (a,) of training turns that name each item
        self.weights = weights
        self.number = {item: place for place, item in enumerate(ids)}
        self.word = {word: place for place, word in enumerate(self.idf)}

    def places(self, context: _Context) -> tuple[np.ndarray, np.ndarray]:
        """The features that a context has, ascending (f,) int64, and their values (f,) float32."""
        found = {self.number[item]: 1.0 for item in context.items if item in self.number}
        for (by, word), weight in context.words.items():
            found[len(self.ids) + by * len(self.idf) + self.word[word]] = weight
        places = np.array(sorted(found), dtype=np.int64)
        return places, np.array([found[place] for place in places.tolist()], dtype=np.float32)


def _words(dialogue: Dialogue) -> list[set[str]]:
    """The stems of each message's words, without titles and function words."""
    mentions = by_message(dialogue)
    return [
        set()
        if message.role == "system"
        else {
            stem(form)
            for part in outside(message.content[:_CHARACTERS], mentions.get(turn, ()))
            for form in forms(part)
            if form not in FUNCTION_WORDS
        }
        for turn, message in enumerate(dialogue.messages)
    ]
