"""A query tower that learns from dialogues which items people name next.

A dialogue is a row of events: what was said (a text vector), the catalogue's values that the words name, and
the items named, each by user or assistant. A small causal transformer reads them, and before every message a
query looks at all that came before and is compared with every item of the catalogue.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from wherefore.catalog.lexicon import item_nouns, lexicon
from wherefore.dialogue.messages import Dialogue
from wherefore.errors import CheckpointError, ConfigError
from wherefore.progress import Progress
from wherefore.retrieval.checks import at_least_one
from wherefore.retrieval.events import QUERY, Events, events_of
from wherefore.retrieval.index import Index
from wherefore.retrieval.item_inputs import FurtherVectors, ItemInputs, item_inputs
from wherefore.retrieval.judged import Verdicts, judging
from wherefore.retrieval.latest import Latest
from wherefore.retrieval.learned import TextVectors
from wherefore.retrieval.learned_towers import Key, LearnedTowers
from wherefore.retrieval.query_network import QueryTower
from wherefore.retrieval.query_training import QueryTraining
from wherefore.retrieval.source import BY_CONTENT, Found, nothing, top, unknown
from wherefore.retrieval.tensors import nothing_named
from wherefore.retrieval.utterances import message_texts
from wherefore.text import FUNCTION_WORDS, forms, stem, stems

_PHRASE = 4  # words of a value at most
_BATCH = 32  # dialogues that are read at once after training


class Phrases:
    """Values by the words that people use for them: their own, or a packaged synonym's.

    Args:
        keys: Field and value of each; a value's place here is its number.
        people: Fields whose values are names of people; of those only full names are found.
        dull: Words that by themselves name no value.

    >>> phrases = Phrases([("genres", "horror"), ("cast", "toni collette")], ["cast"])
    >>> phrases.find(["Scary, with Toni Collette"])
    [0, 1]
    """

    def __init__(self, keys: Sequence[Key], people: Collection[str], dull: Collection[str] = ()) -> None:
        dull = {stem(word) for word in (*FUNCTION_WORDS, *dull)}
        self._numbers: dict[tuple[str, ...], list[int]] = {}
        by_value: dict[str, list[int]] = {}
        for number, (name, value) in enumerate(keys):
            phrase = tuple(map(stem, forms(value)))
            if name not in people:
                by_value.setdefault(value, []).append(number)
            if len(value) < 3 or not 0 < len(phrase) <= _PHRASE or (name in people and len(phrase) < 2):
                continue
            if len(phrase) > 1 or phrase[0] not in dull:
                self._numbers.setdefault(phrase, []).append(number)
        for word, alternatives in lexicon()["words"].items():
            phrase = tuple(map(stem, forms(word)))
            for alternative in alternatives:  # the first that is known is the best; `A + B` means both
                parts = [by_value.get(part.casefold(), []) for part in str(alternative).split(" + ")]
                if all(parts) and len(phrase) <= _PHRASE:
                    own = self._numbers.setdefault(phrase, [])
                    own += [number for part in parts for number in part if number not in own]
                    break

    def find(self, texts: Sequence[str]) -> list[int]:
        """The numbers of the values that texts name, each once, in order; the longest match wins."""
        found: dict[int, None] = {}
        for text in texts:
            said = stems(text)
            place = 0
            while place < len(said):
                for length in range(min(_PHRASE, len(said) - place), 0, -1):
                    numbers = self._numbers.get(tuple(said[place : place + length]))
                    if numbers is not None:
                        found.update(dict.fromkeys(numbers))
                        place += length - 1
                        break
                place += 1
        return list(found)


class Tower:
    """The source that a query tower makes: what the assistant is likeliest to name next.

    Args:
        index: What is searched.
        k: Rows given at most.
        width: w of the tower.
        layers: Of its transformer.
        heads: Attention heads.
        epochs: Passes over the dialogues.
        batch_size: Dialogues in a step.
        lr: Highest learning rate.
        weight_decay: On matrices.
        dropout: Within layers.
        id_dropout: See `QueryTower`.
        event_dropout: See `QueryTower`.
        user_weight: Weight of what users name; what assistants name has weight 1.
        min_frequency: Values that fewer items have get no vector and are ignored.
        members: Towers trained separately, each from a seed of its own; the mean of their logits is what counts
            (deep ensembles: Lakshminarayanan et al., 2017).
        seed: Of weights, order and dropout; further members take the seeds that follow.
        bf16: Train in bfloat16 where matrices are multiplied.
        by_content: Whether to say, besides, how well items go by their text and values alone; see `parts`.
        unnamed: Of the k rows, how many are items that no training dialogue names, by content alone; spread evenly
            over the others. Such items have no score then.
        extra: Further vectors of the index's items by name, (n, any width); a row with NaN is not known, and so
            are items that are added later.
        judged: What an LLM said of likely wrong items, to learn from: `pools`, a file that
            scripts/judge_negatives.py made, `judge`, whose scores, and how they count, see
            `wherefore.retrieval.judged.Judging`; or `Verdicts`. Read when it learns, and only then.

    Attributes:
        part_names: What `parts` gives.
        history: Mean loss of each epoch of the last `fit`, over the members.

    Raises:
        ConfigError: If a number is out of its range or `extra` does not fit the index.
    """

    name = "tower"

    def __init__(
        self,
        index: Index,
        k: int = 200,
        width: int = 256,
        layers: int = 1,
        heads: int = 4,
        epochs: int = 5,
        batch_size: int = 48,
        lr: float = 1e-3,
        weight_decay: float = 0.05,
        dropout: float = 0.2,
        id_dropout: float = 0.3,
        event_dropout: float = 0.1,
        user_weight: float = 1.0,
        min_frequency: int = 2,
        members: int = 1,
        seed: int = 0,
        bf16: bool = True,
        by_content: bool = False,
        unnamed: int = 0,
        extra: Mapping[str, np.ndarray] | None = None,
        judged: Mapping[str, Any] | Verdicts | None = None,
    ) -> None:
        self.part_names: tuple[str, ...] = (BY_CONTENT,) if by_content else ()
        at_least_one(k=k, epochs=epochs, batch_size=batch_size, members=members)
        if not 0 <= unnamed < k:
            raise ConfigError(
                f"`unnamed` is {unnamed}; it must be at least 0 and less than `k`, which is {k}"
            )
        self.index, self.k = index, k
        self.unnamed, self.min_frequency = unnamed, min_frequency
        self.members, self.seed = members, seed
        self.width = width
        self.training = QueryTraining(epochs, batch_size, lr, weight_decay, user_weight, bf16)
        self.history: list[float] = []
        if isinstance(judged, Mapping):
            judging(judged)  # the file is only read when it learns
        self._judged = judged
        self._further = FurtherVectors(extra or {}, index)
        self._make_network = partial(
            QueryTower,
            index.dim,
            width=width,
            layers=layers,
            heads=heads,
            dropout=dropout,
            id_dropout=id_dropout,
            event_dropout=event_dropout,
            extra=self._further.widths,
        )
        self._learnt: LearnedTowers | None = None
        self._view = Latest[_CatalogView]()
        self._has = Latest[bool]()
        self._logs = Latest[np.ndarray]()
        self._query = Latest[np.ndarray]()
        with torch.random.fork_rng(devices=[]):
            self._make_network(0, 0)  # what cannot be built is refused here

    # -- learning ---------------------------------------------------------------------------------------

    @property
    def fitted(self) -> bool:
        """Whether there is a tower."""
        return self._learnt is not None

    def fit(
        self,
        dialogues: Sequence[Dialogue],
        vectors: TextVectors | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Train the towers from scratch; every message that names new items is something to predict.

        Raises:
            TrainingError: If no dialogue names a new item after its first message.
            FloatingPointError: If the loss is no longer a number.
        """
        vectors = TextVectors(self.index) if vectors is None else vectors
        learnt = self._to_learn(dialogues)
        view = self._look(learnt)
        verdicts = None if self._judged is None else Verdicts.of(self._judged)
        training = self.training if verdicts is None else replace(self.training, judging=verdicts.how)
        lessons = [view.lesson(dialogue, verdicts) for dialogue in dialogues]
        lessons = [events for events in lessons if events.gold]
        if not lessons:
            raise nothing_named(self.name, len(dialogues))
        rows = vectors.rows([text for events in lessons for text in events.texts])
        ends = np.cumsum([0, *(len(events.texts) for events in lessons)])
        lessons = [events.at(rows[ends[n] : ends[n + 1]]) for n, events in enumerate(lessons)]
        texts = torch.from_numpy(vectors.matrix)
        towers: list[QueryTower] = []
        losses: list[list[float]] = []
        for member in range(self.members):

            def tell(done: int, of: int, member: int = member) -> None:
                if progress is not None:
                    progress(member * of + done, self.members * of)

            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(self.seed + member)
                towers.append(self._make_network(len(learnt.ids), len(learnt.keys)))
                losses.append(training.run(towers[-1], lessons, texts, view.inputs, self.seed + member, tell))
        self._learnt = replace(learnt, towers=tuple(towers))
        self.history = np.mean(losses, axis=0).tolist()

    def _to_learn(self, dialogues: Sequence[Dialogue]) -> LearnedTowers:
        """Which items and values get vectors; no tower yet."""
        catalog, attributes = self.index.catalog, self.index.attributes
        counts: dict[str, int] = {}
        for dialogue in dialogues:
            for item, _ in dict.fromkeys((mention.item_id, mention.message) for mention in dialogue.mentions):
                counts[item] = counts.get(item, 0) + 1
        ids = sorted(item for item in catalog.ids if item in counts)
        return LearnedTowers(
            towers=(),
            ids=ids,
            counts=np.array([counts[item] for item in ids], dtype=np.float32),
            keys=sorted(
                key
                for key, number in attributes.numbers.items()
                if attributes.frequency(number) >= self.min_frequency
            ),
            people=[spec.name for spec in catalog.schema.names],
        )

    def tensors(self) -> dict[str, np.ndarray]:
        """See `Learned.tensors`."""
        return self._learned().tensors(self.index.embedder.name)

    def restore(self, tensors: Mapping[str, np.ndarray]) -> None:
        """See `Learned.restore`."""
        self._learnt = LearnedTowers.of(
            tensors, self._make_network, self.members, self.index.embedder.name, self.name
        )

    # -- searching ----------------------------------------------------------------------------------------

    def texts(self, dialogue: Dialogue) -> list[str]:
        """The messages, without those that are titles alone."""
        return [text for text in message_texts(dialogue) if text] if self._knows else []

    def search(self, dialogue: Dialogue, query: np.ndarray, k: int, allowed: np.ndarray) -> Found:
        """The rows that are likeliest to be named next."""
        if not self._knows:
            return nothing()
        scores = self._all(dialogue)
        if not self.unnamed:
            return top(scores, k, allowed)
        named = self._now().named
        count = self.unnamed * k // max(self.k, k)  # fewer where fewer are asked for
        further, _ = top(self._by_content(dialogue), count, allowed & ~named)
        rows, _ = top(scores, k - len(further), allowed & named)
        at = np.linspace(0, len(rows), len(further), endpoint=False).astype(np.int64)
        rows = np.insert(rows, at, further)
        return rows, scores[rows]

    def score(self, dialogue: Dialogue, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Log-probability that the assistant names each row next (m,).

        NaN before anything is learned, and on a catalogue of which it knows no item: there its guesses are worse
        than none. With `unnamed` also for items that no training dialogue names.
        """
        if not self._knows:
            return unknown(rows)
        scores: np.ndarray = self._all(dialogue)[rows]
        if self.unnamed:
            scores = np.where(self._now().named[rows], scores, np.float32(np.nan))
        return scores

    def parts(self, dialogue: Dialogue, rows: np.ndarray) -> np.ndarray:
        """How well each row goes with the dialogue by its text and values alone, (m, 1) float32; NaN as in `score`.

        This means the same for an item that nobody has named yet as for one that everybody names. (m, 0) where it
        was not asked for.
        """
        if not self.part_names:
            return np.empty((len(rows), 0), dtype=np.float32)
        if not self._knows:
            return unknown(rows)[:, None]
        parts: np.ndarray = self._by_content(dialogue)[rows][:, None]
        return parts

    @property
    def _knows(self) -> bool:
        learnt, catalog = self._learnt, self.index.catalog
        return learnt is not None and self._has.get(
            lambda: any(one in catalog for one in learnt.ids), learnt, catalog.items
        )

    def query_vector(self, dialogue: Dialogue) -> np.ndarray:
        """What the towers look for, (members, w) float32, unit rows.

        Raises:
            CheckpointError: If nothing was learned yet.
        """
        vector: np.ndarray = self.query_vectors([dialogue])[0]
        return vector

    def query_vectors(self, dialogues: Sequence[Dialogue]) -> np.ndarray:
        """What the towers look for in each of b dialogues, (b, members, w) float32, unit rows.

        Raises:
            CheckpointError: If nothing was learned yet.
        """
        view, towers = self._now(), self._learned().towers
        made = np.empty((len(dialogues), len(towers), self.width), dtype=np.float32)
        for start in range(0, len(dialogues), _BATCH):
            batch = [view.events(one, learn=False) for one in dialogues[start : start + _BATCH]]
            row = {text: n for n, text in enumerate(dict.fromkeys(t for e in batch for t in e.texts))}
            batch = [e.at(np.array([row[text] for text in e.texts], dtype=np.int64)) for e in batch]
            texts = torch.from_numpy(self._embed(list(row)))
            with torch.inference_mode():
                for member, (tower, items) in enumerate(zip(towers, view.members, strict=True)):
                    made[start : start + _BATCH, member] = tower(batch, items.made, texts).numpy()
        return made

    def log_probabilities(self, dialogues: Sequence[Dialogue]) -> np.ndarray:
        """Log-probability that each item is named next in each of b dialogues, (b, n) float32.

        Raises:
            CheckpointError: If nothing was learned yet.
        """
        view, towers = self._now(), self._learned().towers
        queries = torch.from_numpy(self.query_vectors(dialogues))
        with torch.inference_mode():
            scores = [
                tower.scores(queries[:, member], items.unit, view.inputs)
                for member, (tower, items) in enumerate(zip(towers, view.members, strict=True))
            ]
            made: np.ndarray = torch.stack(scores).mean(0).log_softmax(-1).numpy()
        return made

    def item_vectors(self) -> np.ndarray:
        """Where every item lies, (members, n, w) float32, unit rows: near the queries that it goes with.

        Raises:
            CheckpointError: If nothing was learned yet.
        """
        self._learned()
        return np.stack([items.unit.numpy() for items in self._now().members])

    def _all(self, dialogue: Dialogue) -> np.ndarray:
        """Log-probabilities of the whole catalogue, (n,)."""
        view = self._now()

        def logs() -> np.ndarray:
            queries, towers = torch.from_numpy(self._looked_for(dialogue)), self._learned().towers
            with torch.inference_mode():
                scores = [
                    tower.scores(query[None], items.unit, view.inputs)[0]
                    for tower, query, items in zip(towers, queries, view.members, strict=True)
                ]
                made: np.ndarray = torch.stack(scores).mean(0).log_softmax(-1).numpy()
            return made

        return self._logs.get(logs, dialogue, view)

    def _by_content(self, dialogue: Dialogue) -> np.ndarray:
        """(n,) of the whole catalogue; see `parts`."""
        queries, towers = torch.from_numpy(self._looked_for(dialogue)), self._learned().towers
        with torch.inference_mode():
            scores = [
                tower.sharpness.exp() * (items.content @ query)
                for tower, query, items in zip(towers, queries, self._now().members, strict=True)
            ]
            made: np.ndarray = torch.stack(scores).mean(0).numpy()
        return made

    def _looked_for(self, dialogue: Dialogue) -> np.ndarray:
        """The queries' vectors (members, w)."""
        return self._query.get(lambda: self.query_vector(dialogue), dialogue, self._now())

    def _embed(self, texts: Sequence[str]) -> np.ndarray:
        """Distinct texts -> (t, d) float32, rounded as in training."""
        vectors = self.index.embed_all(texts)
        made = np.stack([vectors[text] for text in texts]) if texts else np.zeros((0, self.index.dim))
        return np.asarray(made.astype(np.float16), dtype=np.float32)

    # -- the catalogue as the tower sees it -----------------------------------------------------------------

    def _learned(self) -> LearnedTowers:
        if self._learnt is None:
            raise CheckpointError(f"source {self.name!r} has learned nothing yet; fit it or restore it first")
        return self._learnt

    def _now(self) -> _CatalogView:
        """All that is derived from the catalogue as it is."""
        learnt = self._learned()
        return self._view.get(lambda: self._look(learnt), learnt, self.index.catalog.items)

    def _look(self, learnt: LearnedTowers) -> _CatalogView:
        catalog, items = self.index.catalog, len(learnt.ids)
        inputs = item_inputs(self.index, learnt.ids, learnt.counts, learnt.keys, self._further)
        unnamed = replace(inputs, own=torch.full_like(inputs.own, items))
        members = []
        with torch.inference_mode():
            for tower in learnt.towers:
                made = tower.items(inputs).float()
                content = functional.normalize(tower.items(unnamed).float(), dim=-1)
                members.append(_MemberItems(made, functional.normalize(made, dim=-1), content))
        own = inputs.own.numpy()
        return _CatalogView(
            phrases=Phrases(learnt.keys, learnt.people, item_nouns(catalog)),
            row={item: row for row, item in enumerate(catalog.ids)},
            inputs=inputs,
            members=tuple(members),
            named=np.append(learnt.counts, 0.0)[own] > 0,
        )


@dataclass(frozen=True, slots=True)
class _MemberItems:
    """A catalogue's items as one tower sees them."""

    made: Tensor  # (n, w)
    unit: Tensor  # (n, w)
    content: Tensor  # (n, w) unit, as if nobody had ever named the item


@dataclass(frozen=True, slots=True)
class _CatalogView:
    """What the towers know of a catalogue."""

    phrases: Phrases
    row: Mapping[str, int]
    inputs: ItemInputs
    members: tuple[_MemberItems, ...]
    named: np.ndarray  # (n,) bool, whether a training dialogue names the item

    def events(self, dialogue: Dialogue, learn: bool) -> Events:
        """See `events_of`."""
        return events_of(dialogue, self.row, self.phrases.find, learn)

    def lesson(self, dialogue: Dialogue, verdicts: Verdicts | None) -> Events:
        """A whole dialogue to learn from, with what a judge said at its queries."""
        events = self.events(dialogue, learn=True)
        if verdicts is None or not events.gold:
            return events
        turns = events.turns[events.kinds == QUERY].tolist()
        judged = tuple(
            verdicts.about(dialogue.messages[:turn], self.row, gold)
            for turn, gold in zip(turns, events.gold, strict=True)
        )
        return replace(events, judged=judged)
