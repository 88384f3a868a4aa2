"""The recommender as people use it: messages in; a ranked list and a checked reply out."""

from __future__ import annotations

import copy
import hashlib
import os
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self
from weakref import WeakSet

import numpy as np
import torch
from torch import Tensor

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.series import series_of
from wherefore.checkpoint import Checkpoint, checkpoint_dir, load_checkpoint, save_checkpoint
from wherefore.config import Config
from wherefore.dialogue.facts import Fact
from wherefore.dialogue.messages import Dialogue, Message, last_said, parse_messages
from wherefore.dialogue.parts import Effect, items_of, parts, without
from wherefore.dialogue.spoken import limit_words
from wherefore.dialogue.state import Preferences, Question, by_words
from wherefore.lm.head import Scores
from wherefore.lm.item_encoder import ItemSignals
from wherefore.lm.model import DialogueCache, RecommenderLM
from wherefore.ranking.diversity import diverse
from wherefore.reading.reader import DialogueReader
from wherefore.reading.unrecorded import other_kinds, unrecorded
from wherefore.retrieval.index import Index
from wherefore.retrieval.retriever import Candidates, Retriever, make_retriever
from wherefore.retrieval.signals import ItemVectors
from wherefore.text import joined
from wherefore.writing import smalltalk
from wherefore.writing.advice import advice
from wherefore.writing.answers import answer
from wherefore.writing.asking import Ask, best_question
from wherefore.writing.phrases import of_place
from wherefore.writing.plan import plan_opening, plan_reasons
from wherefore.writing.realizer import Grounds, Realizer, Worded
from wherefore.writing.served import ServedLM, Transcript, fused
from wherefore.writing.smalltalk import Said

Action = Literal["recommend", "ask", "answer", "chat", "nothing"]
Progress = Callable[[int, int], None]
_ABSENT = 3  # titles that no item has and that are told of


@dataclass(frozen=True)
class Recommendation:
    """A listed item: its score, why it is there, and the facts that say so.

    `found_by` holds the rank at which each source found it, and `parts` what its score is the sum of, in logits: by
    `sources`, by the `llm`, by its release year where a config says so (`years`), for being `new`, for `wishes`
    met, and for having been `shown` before. `worded` says where the reason's words are from: the LLM's first or a later
    try, or the plain sentence; it is empty before the reason is written.
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
        return {
            "item": {"id": self.item.id, "title": self.item.title, **_plain(self.item.fields)},
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
class _Ranked:
    """All candidates of a turn, scored, and the places of those that are listed, best first."""

    candidates: Candidates
    scores: np.ndarray  # (m,) logits
    parts: Mapping[str, np.ndarray]  # (m,) each: what the scores are the sum of
    places: np.ndarray  # (k,)
    fit: np.ndarray  # places of those that meet every demand


@dataclass(frozen=True)
class ListReady:
    """The list is frozen; reasons are not written yet."""

    recommendations: tuple[Recommendation, ...]
    preferences: Preferences
    candidates: tuple[str, ...] = ()  # ids of all that was ranked, the best first


@dataclass(frozen=True)
class TextDelta:
    """More of the reply's text."""

    text: str


@dataclass(frozen=True)
class Done:
    """The whole reply."""

    reply: Reply


Event = ListReady | TextDelta | Done


class Recommender:
    """Reads a dialogue, ranks items of a catalogue and says why.

    Args:
        config: Its configuration.
        index: The catalogue with its vectors.
        model: The LLM with item encoder and ranking head.
        retriever: The sources; made anew, knowing nothing learned, when not given.
        signals: What the item encoder reads besides text vectors.

    Example:
        >>> recommender = Recommender.from_pretrained("starter")            # doctest: +SKIP
        >>> reply = recommender.generate([{"role": "user", "content": "Something like Alien, after 2000"}])
        ...                                                                 # doctest: +SKIP
    """

    def __init__(
        self,
        config: Config,
        index: Index,
        model: RecommenderLM,
        retriever: Retriever | None = None,
        signals: Mapping[str, ItemVectors] | None = None,
    ) -> None:
        self.config = config
        self.index = index
        self.model = model.eval()
        self.retriever = retriever or make_retriever(config, index)
        self.reader = DialogueReader(index.catalog)
        self._caches: list[DialogueCache] = []  # newest last
        self._lock = threading.RLock()  # a turn that is given up may be closed amid another's step
        self._open: WeakSet[Grounds] = WeakSet()  # of turns that are being worded
        self.signals = dict(signals or {})
        self._tables: ItemSignals | None = None  # of the whole catalogue
        self.served: ServedLM | None = None  # text-only: what ranks and words in the LLM's place
        llm = config.llm
        if llm.url is not None:
            if not config.ranker.features:
                raise ValueError(
                    "`llm.url` is set, but the checkpoint was trained with `ranker.features=false`: without its LLM, "
                    "nothing of it can rank; use one whose head reads the sources, such as `starter`"
                )
            self.served = ServedLM(llm.url, llm.model, llm.key_env, llm.timeout, llm.parallel).connect()
        self.realizer = Realizer(self.model, self.served)

    @property
    def catalog(self) -> Catalog:
        """The items that can be recommended."""
        return self.index.catalog

    # -- making one -----------------------------------------------------------------------------------

    @classmethod
    def from_pretrained(
        cls, path: str | Path = "starter", device: str = "auto", settings: Sequence[str] = ()
    ) -> Self:
        """Load a checkpoint: `starter` (built in: movies, CPU, offline) or a folder.

        Args:
            path: Which.
            device: `cpu`, `cuda`, …; `auto` takes a GPU where there is one.
            settings: What shall differ from its config, like `writer.tries=0` or `turn.questions=false`.

        Raises:
            FileNotFoundError: If the folder or one of its files is missing.
            ValueError: If a file was altered or does not fit the others, or a setting is not allowed.
        """
        return cls._of(load_checkpoint(checkpoint_dir(path), device, settings=settings))

    @classmethod
    def from_catalog(
        cls,
        catalog: Catalog | str | Path,
        base: str | Path = "starter",
        device: str = "auto",
        schema: str | Path | None = None,
        progress: Progress | None = None,
        cache: str | Path | None = None,
        settings: Sequence[str] = (),
    ) -> Self:
        """Recommend from your own catalogue with a checkpoint's weights; no training.

        The first time, every item is embedded and the index is kept; later starts load it.

        Args:
            catalog: A catalogue, or a file to load one from.
            base: The checkpoint whose LLM, item encoder and head are used.
            device: As in `from_pretrained`.
            schema: A YAML file that declares the columns, when inference takes them wrongly.
            progress: Told (items embedded, of).
            cache: Folder for indexes; by default the user's cache folder.
            settings: As in `from_pretrained`.
        """
        if not isinstance(catalog, Catalog):
            catalog = Catalog.load(catalog, schema)
        loaded = load_checkpoint(checkpoint_dir(base), device, settings=settings)
        return cls._of(moved(loaded, catalog, progress, cache))

    @classmethod
    def _of(cls, checkpoint: Checkpoint) -> Self:
        recommender = cls(
            checkpoint.config, checkpoint.index, checkpoint.model, checkpoint.retriever, checkpoint.signals
        )
        names = list(recommender.retriever.feature_names)
        if names != list(checkpoint.manifest["features"]):
            raise ValueError(
                f"the checkpoint's ranking head reads the features {', '.join(checkpoint.manifest['features'])}, but "
                f"`retrieval.sources` now gives {', '.join(names)}; use the sources it was trained with"
            )
        return recommender

    def save(self, folder: str | Path) -> None:
        """Save as a checkpoint. Only a model whose adapter was not merged can be saved.

        Raises:
            ValueError: If the adapter has been merged into the base (as `from_pretrained` does for speed).
        """
        if self.config.llm.lora is not None and not hasattr(self.model.lm, "peft_config"):
            raise ValueError(
                "the adapter is merged into the base and cannot be saved again; load with "
                "`load_checkpoint(path, merge=False)`, or copy the checkpoint's folder"
            )
        save_checkpoint(Path(folder), self.config, self.model, self.retriever, signals=self.signals)

    # -- the catalogue --------------------------------------------------------------------------------

    def add(self, items: Sequence[Item]) -> None:
        """Add items; the next turn can recommend them."""
        with self._changing():
            self.index.add(items)

    def remove(self, ids: Collection[str]) -> None:
        """Remove items; they are never recommended again. A list that is being worded stays as it is."""
        with self._changing():
            self.index.remove(list(ids))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """While the catalogue changes: turns that are being worded keep theirs."""
        with self._lock:
            before = copy.copy(self.catalog)  # changes give a catalogue new tuples and leave this one's alone
            yield
            for one in self._open:
                if one.catalog is self.catalog:
                    one.catalog = before
            # What knows items by their row; retriever and reader notice by themselves.
            self._caches = []
            self._tables = None

    # -- a turn -----------------------------------------------------------------------------------------

    def generate(
        self,
        messages: Sequence[Mapping[str, Any] | Message],
        k: int = 5,
        preferences: Preferences | None = None,
        diversity: float | None = None,
        settled: bool = False,
        seed: int | None = None,
    ) -> Reply:
        """Answer the last message.

        Args:
            messages: The dialogue, oldest first: `{"role": "user" | "assistant", "content": "..."}`.
            k: How many items to list, unless the user asks for another number ("just three, please").
            preferences: A state to start from, e.g. an edited one of an earlier reply; then only the last
                message adds to it, and earlier ones just tell what was named.
            diversity: What an item loses for being like one listed before it, in logits; the config's when None.
            settled: The preferences hold all that the last message says, or what is left of it after an edit: it is
                not read again, and a list is made anew.
            seed: Of the wording; the config's when None.

        Raises:
            ValueError: If a message or k is not allowed, or `settled` comes without preferences; says what was seen
                and what is.
        """
        for event in self.stream(messages, k, preferences, diversity, settled, seed):
            if isinstance(event, Done):
                return event.reply
        raise AssertionError("a stream ends with Done")

    def rank(
        self,
        messages: Sequence[Mapping[str, Any] | Message] | Dialogue,
        k: int = 50,
        preferences: Preferences | None = None,
        exclude: Collection[str] = (),
        soft: bool = False,
    ) -> list[Recommendation]:
        """The ranked list alone, by score, without writing: for evaluation and batch use.

        Arguments as in `generate`, but the last message may be the assistant's, as in corpora of people who
        send several messages in a row. A `Dialogue` brings its mentions with it: titles are not looked for.

        With `soft`, limits, refusals and demands rule nothing out, but count beside the score (`turn.broken`,
        `turn.demanded`): to predict what people did recommend, who keep to them less than a product must.
        """
        self._check_k(k)
        known = messages.mentions if isinstance(messages, Dialogue) else None
        said = messages.messages if isinstance(messages, Dialogue) else messages
        parsed = parse_messages(said, answered=True)
        since = 0 if preferences is None else len(parsed) - 1
        with self._lock:
            dialogue = self.reader.read(parsed, preferences, since, known)
            cache = self._read(dialogue) if self.config.ranker.llm else None
            return list(
                self._listed(self._ranked(dialogue, k, cache, exclude, mode="soft" if soft else "firm"))
            )

    def effects(
        self,
        messages: Sequence[Mapping[str, Any] | Message],
        k: int = 5,
        preferences: Preferences | None = None,
        diversity: float | None = None,
    ) -> tuple[Effect, ...]:
        """What each part of the state does to the list: the list is made again without it and without its words.

        Arguments as in `generate`, but given preferences are the state as it is: that of a reply to the last message,
        or an edited one. Costs a list per part, and no writing.
        """
        self._check_k(k)
        weight = self._check_diversity(diversity)
        parsed = parse_messages(messages)
        since = 0 if preferences is None else len(parsed)
        with self._lock:
            dialogue = self.reader.read(parsed, preferences, since)
            now = self._items(dialogue, k, (), weight)
            found = []
            for part in parts(dialogue.preferences, self.catalog):
                itself = items_of(
                    dialogue.preferences, part.without
                )  # without "I liked X", X would be a candidate
                then = self._items(without(dialogue, part), k, itself, weight)
                brought = tuple(item for item in now if item not in then)
                found.append(Effect(part, brought, tuple(item for item in then if item not in now)))
        return tuple(found)

    def _items(self, dialogue: Dialogue, k: int, exclude: Collection[str], diversity: float) -> list[Item]:
        cache = self._read(dialogue)
        ranked = self._ranked(dialogue, self._length(dialogue, k), cache, exclude, diversity)
        return [ranked.candidates.items[place] for place in ranked.places]

    def candidates(
        self, dialogue: Dialogue, k: int | None = None, exclude: Collection[str] = (), soft: bool = False
    ) -> Candidates:
        """What the sources find for a dialogue with its mentions, before the LLM ranks it.

        Args:
            dialogue: Its messages, and the items that they name.
            k: At most so many; `retrieval.k` when None.
            exclude: Ids that must not be found.
            soft: As in `rank`.
        """
        with self._lock:
            read = self._annotated(dialogue)
            return self.retriever.search(
                read.softened() if soft else read, k or self.config.retrieval.k, exclude
            )

    def read_ahead(self, dialogues: Iterable[Dialogue]) -> None:
        """Embed all at once what ranking these dialogues, whose mentions are known, will need."""
        self.retriever.read_ahead([self._annotated(one) for one in dialogues])

    def _annotated(self, dialogue: Dialogue) -> Dialogue:
        """A dialogue read with the mentions that it brings: titles are not looked for."""
        return self.reader.read(parse_messages(dialogue.messages, answered=True), mentions=dialogue.mentions)

    def stream(
        self,
        messages: Sequence[Mapping[str, Any] | Message],
        k: int = 5,
        preferences: Preferences | None = None,
        diversity: float | None = None,
        settled: bool = False,
        seed: int | None = None,
    ) -> Iterator[Event]:
        """The list first, then the text as it is written, then the whole reply. Arguments as in `generate`."""
        return self._heard(self.steps(messages, k, preferences, diversity, settled, seed))

    @staticmethod
    def _heard(steps: Generator[Event | None]) -> Generator[Event]:
        """Steps without those in which nothing happens."""
        with closing(steps):
            yield from (event for event in steps if event is not None)

    def steps(
        self,
        messages: Sequence[Mapping[str, Any] | Message],
        k: int = 5,
        preferences: Preferences | None = None,
        diversity: float | None = None,
        settled: bool = False,
        seed: int | None = None,
    ) -> Generator[Event | None]:
        """As `stream`, and None whenever a token of each sentence is written.

        For servers: when several conversations' steps are taken in turn, on one thread, a step of any writes a token
        for all of them, in one batch.
        """
        self._check_k(k)
        weight = self._check_diversity(diversity)
        parsed = parse_messages(messages)
        if settled and preferences is None:
            raise ValueError("`settled` says that the preferences hold the last message; give them too")
        seed = self.config.seed if seed is None else seed
        return self._alone(self._turn(parsed, k, preferences, weight, settled, seed))

    def generate_many(
        self,
        conversations: Sequence[Sequence[Mapping[str, Any] | Message]],
        k: int = 5,
        diversity: float | None = None,
        seed: int | None = None,
        progress: Progress | None = None,
        together: int = 8,
    ) -> list[Reply]:
        """Answer the last message of each conversation, as `generate` does, but written together in one batch.

        Args:
            conversations: Each as `messages` of `generate`.
            k: As there, and so are `diversity` and `seed`.
            diversity: What an item loses for being like one listed before it.
            seed: Of the wording.
            progress: Told (replies made, of).
            together: How many are in work at once; more need more memory.

        Raises:
            ValueError: If a message or a number is not allowed; says which conversation it is in.
        """
        if not isinstance(together, int) or together < 1:
            raise ValueError(f"`together` is {together!r}; it must be a whole number from 1 on")
        waiting = deque[tuple[int, Iterator[Event | None]]]()
        for number, messages in enumerate(conversations):
            try:
                waiting.append((number, self.steps(messages, k, diversity=diversity, seed=seed)))
            except ValueError as error:
                raise ValueError(f"conversation {number}: {error}") from error
        count = len(waiting)
        replies: dict[int, Reply] = {}
        working: list[tuple[int, Iterator[Event | None]]] = []
        while working or waiting:
            while waiting and len(working) < together:
                working.append(waiting.popleft())
            for number, steps in working:
                for event in steps:
                    if event is None:
                        break
                    if isinstance(event, Done):
                        replies[number] = event.reply
                        if progress is not None:
                            progress(len(replies), count)
            working = [one for one in working if one[0] not in replies]
        return [replies[number] for number in range(count)]

    def _alone(self, steps: Generator[Event | None]) -> Generator[Event | None]:
        """Steps of a turn, none while somebody else computes or changes the catalogue."""
        try:
            while True:
                with self._lock:
                    try:
                        one = next(steps)
                    except StopIteration:
                        return
                yield one
        finally:
            with self._lock:
                steps.close()

    def _turn(
        self,
        parsed: tuple[Message, ...],
        k: int,
        preferences: Preferences | None,
        diversity: float,
        settled: bool,
        seed: int,
    ) -> Generator[Event | None]:
        started = time.perf_counter()
        timings: dict[str, float] = {}

        def mark(name: str) -> None:
            timings.setdefault(name, time.perf_counter() - started)

        # A given state already holds what was said before: older messages must not bring back what was removed.
        since = len(parsed) if settled else 0 if preferences is None else len(parsed) - 1
        dialogue = self.reader.read(parsed, preferences, since)
        question = None if settled else self.reader.question(dialogue)
        said = None
        if not settled:
            said = (
                smalltalk.answer(dialogue, self.catalog, lambda: self._state_before(dialogue, preferences))
                if question is None
                else self._answer(question, dialogue)
            )
        if said is not None and (question is None or question.alone):
            mark("list_ready")
            yield ListReady((), dialogue.preferences)
            mark("first_word")
            yield TextDelta(said.text)
            mark("total")
            yield Done(Reply(said.text, said.action, (), dialogue.preferences, timings))
            return
        cache = self._read(dialogue)
        k = self._length(dialogue, k)
        ranked = self._ranked(dialogue, k, cache, (), diversity)
        listed = self._listed(ranked)
        items = [one.item for one in listed]
        similarity = self._similarity(dialogue, ranked.candidates.rows[ranked.places])
        plans = plan_reasons(items, dialogue, self.catalog, similarity)
        listed = tuple(replace(one, evidence=plan.facts) for one, plan in zip(listed, plans, strict=True))
        # Why there is none, and what to do about it, must be clear rather than varied.
        why = "" if listed else advice(dialogue, self.retriever)
        grounds = Grounds(dialogue, cache, self.catalog, self._table(), self.config.writer)
        self._open.add(grounds)
        mark("list_ready")
        best = np.argsort(-ranked.scores, kind="stable")
        found = tuple(ranked.candidates.items[place].id for place in best)
        yield ListReady(listed, dialogue.preferences, found)
        text = ""
        if said is not None:  # a question, and a request beside it
            mark("first_word")
            text = f"{said.text}\n\n"
            yield TextDelta(text)
        if why:
            mark("first_word")
            text += why
            yield TextDelta(why)
        opening = plan_opening(items, dialogue, grounds.catalog, asked=k)
        for told in self.realizer.reply(grounds, opening, plans, seed) if listed else ():
            if told is None:
                yield None
                continue
            number, piece, how = told
            if number:
                one = listed[number - 1]
                year = grounds.catalog.dated(one.item).removeprefix(one.item.title)
                line = f"{number}. **{one.item.title}**{year} — {piece}"
                listed = (*listed[: number - 1], replace(one, reason=piece, worded=how), *listed[number:])
                delta = ("\n\n" if number == 1 else "\n") + line
            else:
                absent = self.reader.absent(dialogue)
                delta = piece + _understood(dialogue, grounds.catalog, piece, len(items), absent)
            mark("first_word")
            text += delta
            yield TextDelta(delta)
        back = self._asks(dialogue, ranked, grounds.catalog) if listed and said is None else None
        if back is not None:
            text += f"\n\n{back.text}"
            yield TextDelta(f"\n\n{back.text}")
        mark("total")
        action: Action = "recommend" if listed else "nothing"
        yield Done(Reply(text, action, listed, dialogue.preferences, timings, back))

    def _state_before(self, dialogue: Dialogue, given: Preferences | None) -> Preferences:
        """The state that the newest message was said to."""
        before = dialogue.messages[:-1]
        if given is not None:
            return given
        return self.reader.read(before).preferences if before else Preferences()

    def _asks(self, dialogue: Dialogue, ranked: _Ranked, catalog: Catalog) -> Ask | None:
        """The question that goes with the list, if one is worth asking."""
        if not self.config.turn.questions:
            return None
        fit = ranked.fit
        if len(fit) <= 2 * len(ranked.places):
            return None  # so few are left that they can be looked through
        items = [ranked.candidates.items[place] for place in fit]
        return best_question(items, ranked.scores[fit], dialogue, catalog)

    def _answer(self, question: Question, dialogue: Dialogue) -> Said:
        known = [item for item in question.items if item in self.catalog]
        rows = np.array([self.catalog.row(item) for item in known], dtype=np.int64)
        return answer(question, dialogue, self.catalog, self._similarity(dialogue, rows))

    def _check_diversity(self, diversity: float | None) -> float:
        if diversity is None:
            diversity = self.config.turn.diversity
        if not isinstance(diversity, int | float) or not 0 <= diversity < float("inf"):
            raise ValueError(f"`diversity` is {diversity!r}; it must be a number from 0 on, in logits")
        return float(diversity)

    def _length(self, dialogue: Dialogue, k: int) -> int:
        """How many items to list: as many as the user asks for, else k."""
        count = dialogue.preferences.count
        return k if count is None else min(count.value, len(self.catalog))

    def _check_k(self, k: int) -> None:
        if not isinstance(k, int) or isinstance(k, bool) or k < 1:
            raise ValueError(f"`k` is {k!r}; it must be a whole number from 1 to {len(self.catalog)}")
        if k > len(self.catalog):
            raise ValueError(
                f"`k` is {k} but the catalogue has {len(self.catalog)} items; ask for {len(self.catalog)} or fewer"
            )

    # -- reading and ranking --------------------------------------------------------------------------

    def _read(self, dialogue: Dialogue) -> DialogueCache | Transcript:
        """The LLM's cache of the dialogue, continued from the turn before where that is kept."""
        if self.served is not None:
            return self.served.read(dialogue)
        text_format = self.model.format
        trunk = text_format.dialogue(dialogue.messages, mentions=dialogue.mentions, catalog=self.catalog)
        coded = trunk.coded

        def shared(cache: DialogueCache) -> int:
            pairs = zip(cache.ids, coded, strict=False)
            return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(cache.ids), len(coded)))

        best = max(self._caches, key=shared, default=None)
        # Another person's dialogue shares a few opening tokens at most: leave that cache to them.
        if best is not None and shared(best) >= max(8, len(best.ids) // 2):
            self._caches = [cache for cache in self._caches if cache is not best]
        else:
            best = None
        signals = self._signals(np.array(trunk.items, dtype=np.int64)) if trunk.items else None
        cache = self.model.prefill(trunk, best, signals)
        self._caches = [*self._caches[-7:], cache]
        return cache

    def _signals(self, rows: np.ndarray) -> ItemSignals:
        return self._table().of(torch.from_numpy(rows)).to(self.model.device)

    def _table(self) -> ItemSignals:
        """What the item encoder reads of every item, row by row."""
        if self._tables is None:
            extra = {name: vectors.table(self.catalog) for name, vectors in self.signals.items()}
            self._tables = ItemSignals(torch.tensor(self.index.vectors), extra)
        return self._tables

    def scores(self, rows: np.ndarray, features: Tensor, cache: DialogueCache | None) -> Scores:
        """What the ranker says of m items with their features (m, f) after a dialogue, (m,) each."""
        if self.served is not None:  # it is asked to order the best of them afterwards
            with torch.inference_mode():
                sources: Scores = self.model.head(None, None, features.to(self.model.device))
            return sources
        titles = None
        if self.config.ranker.candidates == "titles":
            items = self.catalog.items
            titles = [self.model.format.title(self.catalog.dated(items[row])) for row in rows]
        return self.model.rank(cache, self._signals(rows), features, titles)

    def _ranked(
        self,
        dialogue: Dialogue,
        k: int,
        cache: DialogueCache | Transcript | None,
        exclude: Collection[str],
        diversity: float = 0.0,
        mode: Literal["listed", "firm", "soft"] = "listed",
    ) -> _Ranked:
        """Candidates with their scores, and which k of them are listed.

        What is `listed` meets every demand, and other wishes count beside the ranker's score. In a `firm` ranking
        what meets more demands comes first; in a `soft` one nothing is ruled out.
        """
        heard = dialogue.softened() if mode == "soft" else dialogue
        if mode == "listed":
            heard = dialogue.heard()
            known = set(dialogue.named_by_user) - set(dialogue.preferences.asked)
            exclude = {*exclude, *known, *dialogue.passed}  # also what is not heard again
        candidates = self.retriever.search(heard, max(k, self.config.retrieval.k), exclude)
        rows = candidates.rows
        if not len(rows):
            none = np.zeros(0, np.int64)
            return _Ranked(candidates, np.zeros(0, np.float32), {}, none, none)
        read = cache if isinstance(cache, DialogueCache) else None
        features = candidates.features
        made = self.scores(rows, torch.from_numpy(features), read)
        scores = made.total.float().cpu().numpy()
        parts = {"sources": made.sources.float().cpu().numpy(), "llm": made.llm.float().cpu().numpy()}
        if self.config.turn.years:
            parts["years"] = self._years(candidates)
            scores = scores + parts["years"]
        if self.config.turn.new and (fresh := self._are_new(features)).any():
            parts["new"] = (self.config.turn.new * fresh).astype(np.float32)
            scores = scores + parts["new"]
        # What was demanded ("with Toni Collette") outranks every score; rows settle ties.
        met = self._demands_met(dialogue, candidates)
        turn = self.config.turn
        if mode == "listed":
            parts["wishes"] = turn.wishes * self._wishes_met(dialogue, candidates)
            parts["shown"] = -turn.shown * self._times_shown(dialogue, candidates)
            scores = scores + parts["wishes"] + parts["shown"]
        elif mode == "soft":
            scores = scores + turn.demanded * met - turn.broken * self._times_broken(dialogue, candidates)
        order = np.lexsort((rows, -scores) if mode == "soft" else (rows, -scores, -met))
        fit = np.flatnonzero(met == len(dialogue.preferences.demands))
        if mode == "listed":
            order = order[np.isin(order, fit)]
        if isinstance(cache, Transcript) and self.config.ranker.llm:
            parts["llm"] = self._moved(cache, order, candidates, scores)
            scores = scores + parts["llm"]
            keys = (rows, -scores) if mode == "soft" else (rows, -scores, -met)
            order = order[np.lexsort([key[order] for key in keys])]
        if diversity:
            order = self._diverse(dialogue, order, rows, scores, met, k, diversity)
        return _Ranked(candidates, scores, parts, order[:k], fit)

    def _moved(
        self, said: Transcript, order: np.ndarray, candidates: Candidates, scores: np.ndarray
    ) -> np.ndarray:
        """What the server's opinion of the best few candidates changes in their scores, (m,).

        Its order is fused with theirs, and their scores are dealt out anew in the fused order: no other candidate
        gets before or behind them, and what counts in logits keeps its weight.
        """
        assert self.served is not None
        change = np.zeros_like(scores)
        best = order[: self.config.llm.shortlist]
        offered = [candidates.items[place] for place in best]
        named = self.served.order(said, offered, self.catalog) if len(best) > 1 else ()
        if named:
            after = best[fused(named, len(best))]
            change[after] = np.sort(scores[best])[::-1] - scores[after]
        return change

    def _diverse(
        self,
        dialogue: Dialogue,
        order: np.ndarray,
        rows: np.ndarray,
        scores: np.ndarray,
        met: np.ndarray,
        k: int,
        weight: float,
    ) -> np.ndarray:
        """The k items of a diverse list, by score; what meets more demands stays before what meets fewer."""
        vectors = self.index.vectors
        liked = [self.catalog.row(one) for one in dialogue.preferences.liked if one in self.catalog]
        chosen: list[int] = []
        for number in sorted(set(met[order].tolist()), reverse=True):
            group = order[met[order] == number]
            here = rows[group]
            series = [series_of(self.catalog).of(int(row)) for row in here]
            tastes = vectors[liked] if liked else None
            picked = diverse(scores[group], vectors[here], k - len(chosen), weight, tastes, series)
            chosen += sorted(group[picked].tolist(), key=lambda place: (-scores[place], rows[place]))
            if len(chosen) >= k:
                break
        return np.array(chosen, dtype=np.int64)

    def _listed(self, ranked: _Ranked) -> tuple[Recommendation, ...]:
        candidates = ranked.candidates
        return tuple(
            Recommendation(
                candidates.items[place],
                float(ranked.scores[place]),
                found_by={
                    name: int(rank)
                    for name, rank in zip(candidates.source_names, candidates.ranks[place], strict=True)
                    if rank
                },
                parts={name: float(part[place]) for name, part in ranked.parts.items()},
            )
            for place in ranked.places
        )

    def _demands_met(self, dialogue: Dialogue, candidates: Candidates) -> np.ndarray:
        met = np.zeros(len(candidates.rows), dtype=np.int64)
        for demand in dialogue.preferences.demands:
            for place, row in enumerate(candidates.rows):
                met[place] += demand.held_by(self.catalog.items[row])
        return met

    def _wishes_met(self, dialogue: Dialogue, candidates: Candidates) -> np.ndarray:
        """How many of the wishes that are no demands each candidate meets, (m,); older ones count for less.

        Values that the same words stand for ("feel-good") are one wish. What the user would rather not have takes one
        away.
        """
        state = dialogue.preferences
        mild = by_words(wish for wish in state.wanted if wish.strength < 2)
        rather_not = by_words(wish for wish in state.unwanted if wish.strength < 1)
        weighed = [(0.5**age, wishes) for age, wishes in enumerate(reversed(mild))]
        weighed += [(-1.0, wishes) for wishes in rather_not]
        met = np.zeros(len(candidates.rows), dtype=np.float32)
        for weight, wishes in weighed:
            for place, item in enumerate(candidates.items):
                met[place] += weight * any(wish.held_by(item) for wish in wishes)
        # "In French" means the film's own language, which records put first, rather than any that is spoken in it: a
        # well-known film in which somebody says "bonjour" must not come first.
        filterable = {spec.name: spec for spec in self.catalog.schema.filterable}
        first = {w for w in state.wanted if w.field in filterable and of_place(filterable[w.field], w.value)}
        for wish in first:
            for place, item in enumerate(candidates.items):
                met[place] += 2.0 * (item.values(wish.field)[:1] == (wish.value,))
        return met

    def _times_broken(self, dialogue: Dialogue, candidates: Candidates) -> np.ndarray:
        """How many limited fields each candidate breaks, (m,), and one more if it has something that was refused."""
        preferences = dialogue.preferences
        broken = np.zeros(len(candidates.rows), dtype=np.float32)
        for place, item in enumerate(candidates.items):
            broken[place] = len(
                {one.field for one in preferences.limits if not one.allows(item, self.catalog)}
            )
            broken[place] += any(wish.held_by(item) for wish in preferences.refusals)
        return broken

    def _years(self, candidates: Candidates) -> np.ndarray:
        """What each candidate gains for its release year, (m,) logits."""
        year, gains = self.catalog.schema.year, self.config.turn.years
        values = [item.get(year.name) if year is not None else None for item in candidates.items]
        return np.array(
            [0.0 if v is None else gains.get(int(str(v)[:4]), 0.0) for v in values], dtype=np.float32
        )

    def _are_new(self, features: np.ndarray) -> np.ndarray:
        """Which candidates, by features (m, f), people have neither named nor counted, where they have others, (m,)."""
        if self.index.popularity is None:
            return np.zeros(len(features), dtype=bool)
        names = self.retriever.feature_names
        columns = [one for one in self.retriever.personal_features if not names[one].endswith(".rank")]
        return np.asarray(np.isnan(features[:, columns]).all(axis=1))

    @staticmethod
    def _times_shown(dialogue: Dialogue, candidates: Candidates) -> np.ndarray:
        """In how many of the assistant's messages each candidate was named and passed over by the user, (m,)."""
        shown: Counter[str] = Counter(
            item
            for number, item in {(one.message, one.item_id) for one in dialogue.mentions}
            if dialogue.messages[number].role == "assistant" and item not in dialogue.preferences.asked
        )
        return np.array([shown[item.id] for item in candidates.items], dtype=np.float32)

    def _similarity(self, dialogue: Dialogue, rows: np.ndarray) -> dict[str, dict[str, float]]:
        """How close each listed item is to each liked one."""
        liked = [item for item in dialogue.preferences.liked if item in self.catalog]
        if not liked:
            return {}
        vectors = self.index.vectors
        near = vectors[rows] @ vectors[[self.catalog.row(item) for item in liked]].T  # (m, liked)
        return {
            self.catalog.items[row].id: dict(zip(liked, map(float, values), strict=True))
            for row, values in zip(rows, near, strict=True)
        }


def _understood(dialogue: Dialogue, catalog: Catalog, opening: str, total: int, absent: Sequence[str]) -> str:
    """What the newest message's words of degree were taken to mean, and what of it no record can tell.

    `absent` is what it names and the catalogue lacks.
    """
    told: list[str] = []
    if absent:
        names = joined([f"“{title}”" for title in absent[:_ABSENT]], "or")
        told.append(f"I know no {catalog.schema.noun.lower()} called {names}.")
    last = len(dialogue.messages) - 1
    for name in dict.fromkeys(limit.field for limit in dialogue.preferences.limits):
        limits = [limit for limit in dialogue.preferences.limits if limit.field == name]
        spec = catalog.schema.spec(name)
        asked = limit_words(limits, spec)
        if spec.kind == "popularity":
            told.append(f"{'It is' if total == 1 else 'All of them are'} {asked}.")
            continue
        said = [one.said for one in limits if one.said and not any(map(str.isdigit, one.said))]
        now = [one for one in said if (place := last_said(one, dialogue.messages)) and place[0] == last]
        if now and not set(re.findall(r"\d+", asked)) <= set(re.findall(r"\d+", opening)):
            told.append(f"I took “{now[-1].lower()}” as {asked}.")
    newest = dialogue.messages[-1].content
    others = other_kinds(newest, catalog)
    told += [f"I know only {catalog.schema.plural}, no {joined(others)}."] if others else []
    silent = unrecorded(newest, catalog)
    told += [f"My records say nothing of {joined(silent)}."] if silent else []
    return "".join(f" {sentence}" for sentence in told)


def moved(
    base: Checkpoint, catalog: Catalog, progress: Progress | None = None, cache: str | Path | None = None
) -> Checkpoint:
    """A checkpoint on another catalogue; nothing is trained. Arguments as in `Recommender.from_catalog`."""
    index = cached_index(catalog, base.index, base.config, progress, cache)
    retriever = make_retriever(base.config, index, like=base.retriever)
    return replace(base, catalog=catalog, index=index, retriever=retriever)


def cached_index(
    catalog: Catalog, like: Index, config: Config, progress: Progress | None, cache: str | Path | None
) -> Index:
    """The index of a catalogue, loaded when it was built before, else built and kept."""
    root = Path(cache) if cache is not None else cache_dir()
    parts = [catalog.fingerprint(), like.embedder.name, config.store.model_dump_json()]
    if like.projection is not None:  # items must land in the space that the base was trained in
        parts.append(hashlib.sha256(like.projection.directions.tobytes()).hexdigest())
    folder = root / "indexes" / hashlib.sha256("|".join(parts).encode()).hexdigest()[:20]
    try:
        return Index.load(folder, catalog, like.embedder)
    except (FileNotFoundError, ValueError):  # not there, or of another version: build it
        pass
    projection = like.projection if like.projection is not None else config.pca
    index = Index.build(
        catalog, like.embedder, config.store, projection, progress=progress, cache=root / "building"
    )
    index.save(folder)
    return index


def cache_dir() -> Path:
    """Where indexes of users' catalogues are kept: `$WHEREFORE_CACHE`, else the user's cache folder."""
    chosen = os.environ.get("WHEREFORE_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(chosen) if chosen else Path(base) / "wherefore"


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}
