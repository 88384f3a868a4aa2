"""Lists without words: read, retrieve and rank."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from torch import Tensor

from wherefore.catalog.catalog import Catalog, Item
from wherefore.config import Config
from wherefore.dialogue.messages import Dialogue, Mention, Message, parse_messages
from wherefore.dialogue.parts import Effect, items_of, parts, without
from wherefore.dialogue.state import Preferences
from wherefore.errors import ConfigError
from wherefore.lm.head import Scores
from wherefore.lm.model import DialogueCache, RecommenderLM
from wherefore.lm.server import Server
from wherefore.ranking.item_judges import Rejudging
from wherefore.ranking.matching import packaged_matcher
from wherefore.ranking.ranker import Mode, Ranked, Ranker, length
from wherefore.ranking.sorts import sort_named
from wherefore.reading.bearings import BearingReader, packaged_value_judge
from wherefore.reading.judge import packaged_judge
from wherefore.reading.reader import DialogueReader
from wherefore.reading.served import ServedJudge
from wherefore.retrieval.candidates import Candidates
from wherefore.retrieval.embedders import MINILM
from wherefore.retrieval.field_meanings import FieldMeanings
from wherefore.retrieval.index import Index
from wherefore.retrieval.retriever import Retriever, make_retriever
from wherefore.retrieval.signals import SignalVectors
from wherefore.retrieval.sought import packaged_sought
from wherefore.retrieval.stand_ins import StandIns, with_stand_ins
from wherefore.turn.language import Heard, language_model
from wherefore.turn.prepare import prepare
from wherefore.turn.turns import Turns
from wherefore.turn.unanswered import Unanswered

Messages = Sequence[Mapping[str, Any] | Message]


class ListMaker:
    """Reads a dialogue and ranks items of a catalogue; arguments as of `Recommender`, which also says why."""

    def __init__(
        self,
        config: Config,
        index: Index,
        model: RecommenderLM,
        retriever: Retriever | None = None,
        signals: Mapping[str, SignalVectors] | None = None,
    ) -> None:
        self.config = config
        self.index = index
        self.model = model.eval()
        self.retriever = retriever or make_retriever(config, index)
        self.signals = dict(signals or {})
        self.lm = language_model(config, index, self.model, self.signals)
        self.reader = DialogueReader(index.catalog)
        self.retriever.seeks = self.retriever.bears = None
        self._bearings: BearingReader | None = None
        if config.turn.judge:
            self._let_judge_read()
        self._rejudging = Rejudging(config.item_judge)
        if config.turn.judged:
            _ = self._rejudging.judge  # what is missing is told now, not in a turn
        self.turns = Turns()
        self._meanings = FieldMeanings(index)
        self._unanswered = Unanswered(index)
        self._stand_ins = StandIns(index)

    def prepare(self) -> None:
        """Derive what turns look up in the catalogue now, or read what was derived before; see `prepare`."""
        with self.turns.lock:
            prepare(self.catalog, self.reader, self.retriever)

    @property
    def catalog(self) -> Catalog:
        """The items that can be recommended."""
        return self.index.catalog

    @property
    def served(self) -> Server | None:
        """The server that ranks and words in the LLM's place, if one does."""
        return self.lm.server

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
        with self.turns.changing(self.catalog):
            yield
            self.lm.forget()  # retriever and reader notice by themselves

    def _let_judge_read(self) -> None:
        """Read by a judge, the served one if the config asks for it, and search for what is looked for."""
        judge = packaged_judge()
        if self.lm.server is not None and self.config.llm.reads:
            judge = ServedJudge(self.lm.server, judge)
            self.retriever.seeks = self._seeks
        elif self.index.embedder.name.startswith(
            MINILM
        ):  # the catalogue's vectors are those that it can be near to
            self.retriever.seeks = lambda messages: packaged_sought().sought(messages)
        self.reader = DialogueReader(self.catalog, judge)
        self.retriever.bears = self._bears

    def _bears(self, messages: Sequence[Message], items: Sequence[Item]) -> np.ndarray | None:
        """What items gain by what messages mean for their values."""
        if self._bearings is None:
            self._bearings = BearingReader(self.catalog, packaged_value_judge())
        return self._bearings.gains(messages, items)

    def _seeks(self, messages: Sequence[Message]) -> np.ndarray | None:
        """What a server would search for after some messages, as the index's embedder has it."""
        search = self.reader.search(messages)
        return self.index.embedder.encode([search], "query")[0] if search else None

    def _read(
        self,
        messages: tuple[Message, ...],
        preferences: Preferences | None = None,
        since: int = 0,
        mentions: Sequence[Mention] | None = None,
    ) -> Dialogue:
        """What the reader makes of a dialogue, with what records call what it asks for; arguments as there."""
        return with_stand_ins(self.reader.read(messages, preferences, since, mentions), self._stand_ins)

    # -- the stages -----------------------------------------------------------------------------------

    def _retrieve(
        self, dialogue: Dialogue, k: int, exclude: Collection[str] = (), mode: Mode = "listed"
    ) -> Candidates:
        """What may be ranked; a list leaves out what the user named, also where that is not heard again."""
        if mode == "listed":
            known = set(dialogue.named_by_user) - set(dialogue.preferences.asked)
            exclude = {*exclude, *known, *dialogue.passed, *dialogue.over}
            dialogue = dialogue.heard()
        elif mode == "soft":
            dialogue = dialogue.softened()
        named = sort_named(dialogue, self.retriever) if mode == "listed" else None
        likeliest = named.likeliest() if named is not None else None
        return self.retriever.search(dialogue, max(k, self.config.retrieval.k), exclude, likeliest)

    def _rank(
        self,
        dialogue: Dialogue,
        candidates: Candidates,
        k: int,
        heard: Heard | None,
        mode: Mode = "listed",
        diversity: float = 0.0,
    ) -> Ranked:
        """Candidates in their order, and which k of them are listed."""
        cache = heard if isinstance(heard, DialogueCache) else None
        asked = heard is not None and self.config.ranker.llm
        ranker = Ranker(
            self.retriever,
            self.config.turn,
            lambda rows, features: self.scores(rows, features, cache),
            lambda items: self.lm.order(heard, items, self.catalog) if asked else (),
            self._match,
            lambda dialogue, items: self._rejudging.scores(dialogue, items, self.catalog),
        )
        return ranker.rank(dialogue, candidates, k, mode, diversity)

    def _match(self, dialogue: Dialogue, items: Sequence[Item]) -> np.ndarray | None:
        """How well items answer what was said."""
        return packaged_matcher().scores(dialogue, items, self.catalog)

    # -- lists without words --------------------------------------------------------------------------

    def effects(
        self,
        messages: Messages,
        k: int = 5,
        preferences: Preferences | None = None,
        diversity: float | None = None,
    ) -> tuple[Effect, ...]:
        """What each part of the state does to the list: the list is made again without it and without its words.

        Arguments as in `generate`, but given preferences are the state as it is: that of a reply to the last message,
        or an edited one. Costs a list per part, and no writing.
        """
        self._check_k(k)
        weight = self._diversity(diversity)
        parsed = parse_messages(messages)

        def listed(dialogue: Dialogue, exclude: Collection[str] = ()) -> list[Item]:
            count = length(dialogue, k, self.catalog)
            heard, candidates = self.lm.read(dialogue), self._retrieve(dialogue, count, exclude)
            return self._rank(dialogue, candidates, count, heard, diversity=weight).items

        with self.turns.lock:
            dialogue = self._read(parsed, preferences, 0 if preferences is None else len(parsed))
            now = listed(dialogue)
            found = []
            for part in parts(dialogue.preferences, self.catalog):
                # Without "I liked X", X would be a candidate.
                then = listed(without(dialogue, part), items_of(dialogue.preferences, part.without))
                brought = tuple(item for item in now if item not in then)
                found.append(Effect(part, brought, tuple(item for item in then if item not in now)))
        return tuple(found)

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
        with self.turns.lock:
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

    def scores(self, rows: np.ndarray, features: Tensor, cache: DialogueCache | None) -> Scores:
        """What the language model and the sources' head say of m items with features (m, f), (m,) each."""
        return self.lm.scores(rows, features, cache)

    def _diversity(self, given: float | None) -> float:
        given = self.config.turn.diversity if given is None else given
        if not isinstance(given, int | float) or not 0 <= given < float("inf"):
            raise ConfigError(f"`diversity` is {given!r}; it must be a number from 0 on, in logits")
        return float(given)

    def _check_k(self, k: int) -> None:
        count = len(self.catalog)
        if not isinstance(k, int) or isinstance(k, bool) or k < 1:
            raise ConfigError(f"`k` is {k!r}; it must be a whole number from 1 to {count}")
        if k > count:
            raise ConfigError(f"`k` is {k} but the catalogue has {count} items; ask for {count} or fewer")
