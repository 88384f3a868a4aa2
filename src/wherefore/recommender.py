"""The recommender as people use it. Each turn reads, retrieves, ranks and writes: `Recommender._turn`."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Self

from wherefore.catalog.catalog import Catalog
from wherefore.checkpoint import Checkpoint, checkpoint_dir, load_checkpoint, moved, save_checkpoint
from wherefore.dialogue.facts import Plan
from wherefore.dialogue.messages import Dialogue, Message, parse_messages, passed_over
from wherefore.dialogue.questions import Question
from wherefore.dialogue.state import Preferences
from wherefore.errors import CheckpointError, ConfigError, DialogueError, ModelError
from wherefore.progress import Progress
from wherefore.ranking.ranker import Mode, Ranked, closeness, length
from wherefore.reading.degrees import simplest_first
from wherefore.reply import Done, Event, Recommendation, Reply, Telling, recommendations
from wherefore.retrieval.answering import answering, matcher
from wherefore.retrieval.history import resolve_history
from wherefore.retrieval.source import top
from wherefore.turn.asked import resolved
from wherefore.turn.beside import beside
from wherefore.turn.branches import Either, branches, merged, told_apart
from wherefore.turn.described import named, not_understood
from wherefore.turn.language import Heard
from wherefore.turn.lists import ListMaker, Messages
from wherefore.turn.missing_sorts import missing_sorts
from wherefore.turn.prepare import MANY
from wherefore.turn.turns import interleaved
from wherefore.writing.abroad import own_words
from wherefore.writing.advice import advice
from wherefore.writing.fallback import plain_sentence
from wherefore.writing.other_language import spoken
from wherefore.writing.plan import plan_opening, plan_reasons
from wherefore.writing.policy import first_words, question_back
from wherefore.writing.quotes import Quote, quote
from wherefore.writing.realizer import Grounds, realize
from wherefore.writing.smalltalk import Said
from wherefore.writing.understood import understood


class Recommender(ListMaker):
    """Reads a dialogue, ranks items of a catalogue and says why.

    Args:
        config: Its configuration.
        index: The catalogue with its vectors.
        model: The LLM with item encoder and ranking head.
        retriever: The sources; made anew, knowing nothing learned, when not given.
        signals: What the item encoder reads besides text vectors.

    Raises:
        ConfigError: If `llm.url` is wrong, or the model cannot rank without its LLM.
        ServerError: If the server at `llm.url` cannot be reached or does not answer as it should.

    Example:
        >>> recommender = Recommender.from_pretrained("starter")            # doctest: +SKIP
        >>> reply = recommender.generate([{"role": "user", "content": "Something like Alien, after 2000"}])
        ...                                                                 # doctest: +SKIP
    """

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
            CheckpointNotFoundError: If the folder or one of its files is missing.
            CheckpointError: If a file was altered or does not fit the others.
            ConfigError: If a setting is not allowed.
        """
        if any(one.partition("=")[0].partition(".")[0] == "store" for one in settings):
            raise ConfigError(
                "`store` says where the vectors of a catalogue of your own go, and a checkpoint brings its own with "
                "it; give a catalogue, too (--catalog, or `from_catalog`), or leave `store` out"
            )
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

        The first time, every item is embedded and the index is kept, and beside it what turns look up in very many
        items; later starts load both.

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
        made = cls._of(moved(loaded, catalog, progress, cache))
        if len(catalog) >= MANY:
            made.prepare()
        return made

    @classmethod
    def _of(cls, checkpoint: Checkpoint) -> Self:
        given, names = checkpoint.manifest["features"], checkpoint.retriever.feature_names
        if list(names) != list(given):
            raise CheckpointError(
                f"the checkpoint's ranking head reads the features {', '.join(given)}, but "
                f"`retrieval.sources` now gives {', '.join(names)}; use the sources it was trained with"
            )
        return cls(
            checkpoint.config, checkpoint.index, checkpoint.model, checkpoint.retriever, checkpoint.signals
        )

    def save(self, folder: str | Path) -> None:
        """Save as a checkpoint. Only a model whose adapter was not merged can be saved.

        Raises:
            ModelError: If the adapter has been merged into the base (as `from_pretrained` does for speed).
        """
        if self.config.llm.lora is not None and not hasattr(self.model.lm, "peft_config"):
            raise ModelError(
                "the adapter is merged into the base and cannot be saved again; load with "
                "`load_checkpoint(path, merge=False)`, or copy the checkpoint's folder"
            )
        save_checkpoint(Path(folder), self.config, self.model, self.retriever, signals=self.signals)

    # -- a turn ---------------------------------------------------------------------------------------

    def generate(
        self,
        messages: Messages,
        k: int = 5,
        preferences: Preferences | None = None,
        diversity: float | None = None,
        settled: bool = False,
        seed: int | None = None,
        history: Sequence[str] = (),
    ) -> Reply:
        """Answer the last message.

        Args:
            messages: The dialogue, oldest first: `{"role": "user" | "assistant", "content": "..."}`. A content may be a
                list of parts, as OpenAI's and Gradio's clients send it: its texts are read, and where the user sent a
                picture or a file beside them, the reply says that it was passed over.
            k: How many items to list, unless the user asks for another number ("just three, please").
            preferences: A state to start from, e.g. an edited one of an earlier reply; then only the last
                message adds to it, and earlier ones just tell what was named.
            diversity: What an item loses for being like one listed before it, in logits; the config's when None.
            settled: The preferences hold all that the last message says, or what is left of it after an edit: it is
                not read again, and a list is made anew.
            seed: Of the wording; the config's when None.
            history: Items that the user took or liked before this dialogue, ids or titles, oldest first: what goes with
                them gains (`turn.history`), and they are not listed.

        Raises:
            DialogueError: If a message is not allowed, `settled` comes without preferences, or the history names what
                the catalogue does not have.
            ConfigError: If k or diversity is not allowed.
        """
        for event in self.stream(messages, k, preferences, diversity, settled, seed, history):
            if isinstance(event, Done):
                return event.reply
        raise AssertionError("a stream ends with Done")

    def stream(
        self,
        messages: Messages,
        k: int = 5,
        preferences: Preferences | None = None,
        diversity: float | None = None,
        settled: bool = False,
        seed: int | None = None,
        history: Sequence[str] = (),
    ) -> Iterator[Event]:
        """The list first, then the text as it is written, then the whole reply. Arguments as in `generate`."""
        return _eventful(self.steps(messages, k, preferences, diversity, settled, seed, history))

    def steps(
        self,
        messages: Messages,
        k: int = 5,
        preferences: Preferences | None = None,
        diversity: float | None = None,
        settled: bool = False,
        seed: int | None = None,
        history: Sequence[str] = (),
    ) -> Generator[Event | None]:
        """As `stream`, and None whenever a token of each sentence is written.

        For servers: when several conversations' steps are taken in turn, on one thread, a step of any writes a token
        for all of them, in one batch.
        """
        self._check_k(k)
        weight = self._diversity(diversity)
        parsed = parse_messages(messages)
        if settled and preferences is None:
            raise DialogueError("`settled` says that the preferences hold the last message; give them too")
        seed = self.config.seed if seed is None else seed
        before = self._before_dialogue(history)
        return self.turns.alone(self._turn(parsed, k, preferences, weight, settled, seed, before))

    def generate_many(
        self,
        conversations: Sequence[Messages],
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
            DialogueError: If a message or a number is not allowed; says which conversation it is in.
            ConfigError: If `together` is not allowed.
        """
        if not isinstance(together, int) or together < 1:
            raise ConfigError(f"`together` is {together!r}; it must be a whole number from 1 on")
        turns = []
        for number, messages in enumerate(conversations):
            try:
                turns.append(self.steps(messages, k, diversity=diversity, seed=seed))
            except ValueError as error:
                raise DialogueError(f"conversation {number}: {error}") from error
        replies: dict[int, Reply] = {}
        for number, event in interleaved(turns, together):
            if isinstance(event, Done):
                replies[number] = event.reply
                if progress is not None:
                    progress(len(replies), len(turns))
        return [replies[number] for number in range(len(turns))]

    def rank(
        self,
        messages: Messages | Dialogue,
        k: int = 50,
        preferences: Preferences | None = None,
        exclude: Collection[str] = (),
        soft: bool = False,
        history: Sequence[str] = (),
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
        mode: Mode = "soft" if soft else "firm"
        with self.turns.lock:
            dialogue = self._read(parsed, preferences, since, known)
            dialogue = replace(dialogue, history=self._before_dialogue(history))
            heard = self.lm.read(dialogue) if self.config.ranker.llm else None
            candidates = self._retrieve(dialogue, k, exclude, mode)
            return recommendations(self._rank(dialogue, candidates, k, heard, mode))

    def next_items(
        self,
        history: Sequence[str],
        k: int = 10,
        preferences: Preferences | None = None,
        again: bool = False,
    ) -> list[Recommendation]:
        """What goes best with items that a user took before, without a word.

        A sequence tower says so where the checkpoint has one (`found_by` names it), else their text vectors. Reasons
        are plain sentences of what an item shares with those of the history.

        Args:
            history: Ids or titles, oldest first.
            k: How many at most.
            preferences: Its limits and refusals hold, and what it knows of is not listed.
            again: Let items of the history be listed.

        Raises:
            DialogueError: If the history is empty, or names what the catalogue does not have; says which.
            ConfigError: If k is not allowed.
        """
        self._check_k(k)
        ids = resolve_history(history, self.catalog)
        if not ids:
            raise DialogueError(
                "the history is empty; give at least one item that the user took, oldest first"
            )
        with self.turns.lock:
            dialogue = Dialogue((), preferences=preferences or Preferences(), history=() if again else ids)
            allowed = self.retriever.allowed(dialogue, strict=True)
            rows, scores = top(self.retriever.follower.after(self.index.rows(ids)), k, allowed)
            # Why: what an item shares with those of the history, and what it has that was asked for.
            told = replace(dialogue, preferences=replace(dialogue.preferences, liked=ids))
            items, near = [self.catalog.items[row] for row in rows], closeness(told, rows, self.index)
            plans = plan_reasons(items, told, self.catalog, near)
            return [
                Recommendation(
                    item,
                    float(score),
                    plain_sentence(plan, self.catalog),
                    plan.facts,
                    {self.retriever.follower.name: rank},
                    worded="plain",
                )
                for rank, (item, score, plan) in enumerate(zip(items, scores, plans, strict=True), 1)
            ]

    def _before_dialogue(self, history: Sequence[str]) -> tuple[str, ...]:
        """The ids of what the user took before; none where that shall count for nothing."""
        ids = resolve_history(history, self.catalog)
        return ids if self.config.turn.history else ()

    def _turn(
        self,
        messages: tuple[Message, ...],
        k: int,
        given: Preferences | None,
        diversity: float,
        settled: bool,
        seed: int,
        history: tuple[str, ...],
    ) -> Generator[Event | None]:
        """Read, retrieve, rank and write, unless the message is answered without a list."""
        telling = Telling(passed_over(messages))
        # A given state already holds what was said before: older messages must not bring back what was removed.
        since = len(messages) if settled else 0 if given is None else len(messages) - 1
        two = (
            None
            if settled or given is not None
            else branches(messages, self._read, lambda: self.reader.nouns)
        )
        if two is not None and (k == 1 or len(two.branches) == 1):
            dialogue, two = replace(two.branches[0].dialogue, history=history), None
        else:
            dialogue = replace(self._read(messages, given, since), history=history)
        question = None if settled else self._question(dialogue)
        said = None if settled else self._first_words(dialogue, question, messages, given)
        if (
            said is not None
            and said.action != "guess"
            and said.action != "beside"
            and (question is None or question.alone)
        ):
            yield telling.listed(dialogue.preferences)
            yield telling.say(said.text)
            yield telling.done(said.action)
            return
        if two is not None and question is None:
            two = replace(two, shared=replace(two.shared, history=history))
            yield from self._write_two(telling, two, length(two.shared, k, self.catalog), diversity, seed)
            return
        heard = self.lm.read(dialogue)
        k = length(dialogue, k, self.catalog)
        candidates = self._retrieve(dialogue, k)
        ranked = self._rank(dialogue, candidates, k, heard, diversity=diversity)
        asked = () if settled or question is not None else self.reader.beside(dialogue)
        yield from self._write(telling, dialogue, ranked, k, heard, said, seed, asked)

    def _question(self, dialogue: Dialogue) -> Question | None:
        """What the newest message asks about items."""
        asked = self.reader.question(dialogue)
        asked = resolved(asked, dialogue, self.retriever, self._meanings, self.config.turn.answers)
        if asked is None or asked.kind != "most" or asked.field:
            return asked
        return replace(asked, items=self._best_first(asked, dialogue))

    def _best_first(self, question: Question, dialogue: Dialogue) -> tuple[str, ...]:
        """The items of a choice, best first; a list is in order, unless the question says more of what is sought."""
        state = dialogue.preferences
        known = {*state.rejected, *state.disliked, *state.seen}
        items = [item for item in question.items if item in self.catalog]
        left = [item for item in items if item not in known] or items
        if not question.sorts and not question.named:
            answers = [item for item, _, _ in question.clauses if item in left]
            return tuple(dict.fromkeys([*answers, *left]))
        easier = simplest_first(
            dialogue.messages[-1].content, [self.catalog[item] for item in left], self.catalog
        )
        others = [item.id for item in self.catalog if item.id not in left]
        candidates = self.retriever.search(dialogue.heard(), len(left), others)
        ranked = self._rank(dialogue, candidates, len(left), self.lm.read(dialogue))
        best = list(dict.fromkeys([*(item.id for item in ranked.items), *left]))

        def place(item: str) -> tuple[int, float]:
            met = sum(one.met(self.catalog[item], self.catalog) for one in question.conditions)
            kept = sum(limit.allows(self.catalog[item], self.catalog) for limit in state.limits)
            return -met - kept, easier.get(item, 0.0)

        return tuple(sorted(best, key=place))

    def _quotes(self, dialogue: Dialogue, ranked: Ranked) -> dict[str, Quote]:
        """What the listed items' texts say of them, by id; first what answers the user's words.

        Texts in another language say nothing to who reads English.
        """
        if self.catalog.schema.language:
            return {}
        rows = ranked.candidates.rows[ranked.places].tolist()
        found = answering(dialogue, rows, matcher(self.retriever))
        told = {
            item.id: quote(item, self.catalog, one, self.config.turn.answers)
            for item, one in zip(ranked.items, found, strict=True)
        }
        return {item_id: one for item_id, one in told.items() if one is not None}

    def _first_words(
        self,
        dialogue: Dialogue,
        question: Question | None,
        messages: tuple[Message, ...],
        given: Preferences | None,
    ) -> Said | None:
        """What is said before a list, or instead of one."""
        level, nouns = self.config.turn.answers, set(self.reader.nouns)
        said = None if question is not None else named(dialogue, self.retriever, nouns, level)
        if said is None:
            said = first_words(dialogue, question, self.index, lambda: self._before(messages, given))
        if question is None and (said is None or said.action in ("ask", "chat")):
            said = missing_sorts(dialogue, self.retriever).before_list(dialogue, said)
        if said is None and question is None and spoken(dialogue) is None:
            said = not_understood(dialogue, lambda: self._before(messages, given), self.retriever, level)
        return said

    def _before(self, messages: tuple[Message, ...], given: Preferences | None) -> Preferences:
        """The state that the newest message was said to."""
        if given is not None:
            return given
        return self.reader.read(messages[:-1]).preferences if len(messages) > 1 else Preferences()

    def _write_two(
        self, telling: Telling, two: Either, k: int, diversity: float, seed: int
    ) -> Generator[Event | None]:
        """A list of two things of which either will do: some of each."""
        lists: list[tuple[Dialogue, Ranked]] = []
        for number, branch in enumerate(two.branches):
            count = (k + 1) // 2 if number == 0 else k - sum(len(ranked.places) for _, ranked in lists)
            known = [item.id for _, ranked in lists for item in ranked.items]
            candidates = self._retrieve(branch.dialogue, max(count, 1), known)
            heard = self.lm.read(branch.dialogue)
            ranked = self._rank(branch.dialogue, candidates, max(count, 1), heard, diversity=diversity)
            lists.append((branch.dialogue, ranked))
        told = told_apart(two, [len(ranked.places) for _, ranked in lists])
        whole = merged([ranked for _, ranked in lists])
        yield from self._write(
            telling, two.shared, whole, k, self.lm.read(two.shared), None, seed, (), lists, told
        )

    def _write(
        self,
        telling: Telling,
        dialogue: Dialogue,
        ranked: Ranked,
        k: int,
        heard: Heard,
        said: Said | None,
        seed: int,
        asked: Sequence[Question] = (),
        lists: Sequence[tuple[Dialogue, Ranked]] = (),
        apart: str = "",
    ) -> Generator[Event | None]:
        """The list, then its words; the catalogue may change between two steps.

        `said` stands before it: the answer to a question that was asked beside it, or that it is a guess. What was
        `asked` of the items that are listed is answered behind it. A list of several `lists` tells by `apart` which
        items are of which; each has its reasons by what was said of it.
        """
        items = ranked.items
        plans: list[Plan] = []
        for heard_of, part in lists or [(dialogue, ranked)]:
            near = closeness(heard_of, part.candidates.rows[part.places], self.index)
            quotes = self._quotes(heard_of, part)
            plans += plan_reasons(part.items, heard_of, self.catalog, near, quotes=quotes)
        reasons = zip(recommendations(ranked), plans, strict=True)
        # Why there is none, and what to do about it, must be clear rather than varied.
        why = "" if items else apart.strip() or advice(dialogue, self.retriever)
        grounds = Grounds(dialogue, self.catalog, self.lm.writer(heard), self.config.writer)
        self.turns.open.add(grounds)
        listed = [
            replace(one, evidence=(*plan.quoted, *plan.facts, *plan.told_once)) for one, plan in reasons
        ]
        yield telling.listed(dialogue.preferences, listed, ranked.ids)
        if said is not None and said.action != "guess":
            yield telling.say(f"{said.text}\n\n")
        if not items:
            yield telling.say(why)
            yield telling.done("nothing")
            return
        opening = plan_opening(items, dialogue, grounds.catalog, asked=k)
        for told in realize(grounds, opening, plans, seed):
            if told is None:
                yield None
            elif told.number:
                yield telling.reason(told, grounds.catalog)
            else:
                opening_words = said.text if said is not None and said.action == "guess" else told.text
                absent = self.reader.absent(dialogue)
                missing = self._unanswered.of(dialogue, items, learned="likeness" not in ranked.parts)
                lacking = missing_sorts(dialogue, self.retriever)
                opening_words = lacking.opening(opening_words, items, grounds.catalog) + apart
                missing, heard_of = lacking.besides(missing), lacking.without(dialogue)
                more = understood(heard_of, grounds.catalog, told.text, len(items), absent, items, missing)
                yield telling.say(opening_words + more + own_words(dialogue, grounds.catalog))
        besides = beside(asked, items, dialogue, self.retriever, self._meanings, self.config.turn.answers)
        if besides:
            yield telling.say(f"\n\n{besides}")
        asks = self.config.turn.questions and said is None and not besides
        question = question_back(dialogue, ranked, grounds.catalog) if asks else None
        if question is not None:
            yield telling.say(f"\n\n{question.text}")
        yield telling.done("recommend", question)


def _eventful(steps: Generator[Event | None]) -> Generator[Event]:
    """Steps without those in which nothing happens."""
    with closing(steps):
        yield from (event for event in steps if event is not None)
