"""What training batches are made of: dialogues, records in words, items, recommendations and reasons.

Every batch is a pure function of the seed and the step, so a run that was killed goes on exactly where it
stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Protocol, TypeVar
from zlib import crc32

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from wherefore.catalog.catalog import Catalog
from wherefore.config import RankerConfig
from wherefore.corpora.base import CorpusDialogue, CorpusTurn, as_dialogue
from wherefore.dialogue.messages import Dialogue, Mention, Message
from wherefore.dialogue.spoken import limit_words
from wherefore.dialogue.state import Wish
from wherefore.files import write_aside
from wherefore.lm.item_encoder import ItemSignals
from wherefore.lm.prompt import Example, PromptFormat, Segment, collate
from wherefore.reading.reader import DialogueReader
from wherefore.retrieval.retriever import Retriever
from wherefore.training import practice
from wherefore.training.losses import TaskBatch
from wherefore.writing.openings import opening
from wherefore.writing.plan import plan_reasons
from wherefore.writing.reasons import record_sentences, word

T = TypeVar("T")
Progress = Callable[[int, int], None]
_AT_ONCE = 64  # dialogues whose texts are embedded at once
_CHOICE = 4  # batches' worth of examples are drawn, and one batch of like length is taken


class Task(Protocol):
    """Makes batches of one kind."""

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """A batch of `size` examples drawn with `rng`."""


@dataclass(frozen=True)
class Ingredients:
    """What tasks draw from.

    Attributes:
        catalog: Items in row order.
        items: What the item encoder reads of them; after them those of the practice catalogues.
        format: Renders prompts.
        dialogues: Dialogues to model the language of.
        titles: Corpus item id → title, for dialogues whose items are not in the catalogue.
        recommendations: Turns that recommend, with candidates; None when no stage needs them.
        practice: Further catalogues whose records the writer learns to word.
        optional: Columns of the features that a catalogue, or sources that have not learned, may lack together.
        missing: Share of turns in which each of those is left out while training.
        personal: Columns of the features that an item lacks which nobody has named yet.
        cold: Share of items that are taken for such ones while training, drawn anew in every turn.
        ranker: What the LLM reads of candidates.
        held_out: Turns that recommend but are not learned from.
        together: Rows of items that go together, a set for each dialogue; see `prepare.named_together`.
        by_length: Whether a batch is of examples of like length.
    """

    catalog: Catalog
    items: ItemSignals
    format: PromptFormat
    dialogues: Sequence[CorpusDialogue] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    recommendations: Recommendations | None = None
    practice: tuple[Catalog, ...] = ()
    optional: tuple[tuple[int, ...], ...] = ()
    missing: float = 0.0
    personal: tuple[int, ...] = ()
    cold: float = 0.0
    ranker: RankerConfig = RankerConfig()
    held_out: frozenset[int] = frozenset()
    by_length: bool = False
    together: tuple[np.ndarray, ...] = ()

    def free(self) -> np.ndarray:
        """Numbers of the turns that are not held out."""
        assert self.recommendations is not None
        return np.array(
            [t for t in range(len(self.recommendations)) if t not in self.held_out], dtype=np.int64
        )

    def alike(
        self,
        rng: Generator,
        size: int,
        draw: Callable[[int], Sequence[T]],
        length: Callable[[T], int],
        most: int | None = None,
    ) -> list[T]:
        """Examples for one batch: so many at random; with `by_length`, neighbours in length among more of them.

        Which neighbours is random too, so every example is as likely as without, and so is every length.

        Args:
            rng: Draws.
            size: At most so many.
            draw: Draws so many examples.
            length: Of an example, roughly.
            most: How many examples there are; None where they are made up.
        """
        most = _CHOICE * size if most is None else most
        if not self.by_length or most < 2 * size:
            return list(draw(min(size, most)))
        choice = min(_CHOICE, most // size)
        drawn = draw(size * choice)
        order = np.argsort([length(one) for one in drawn], kind="stable")
        start = int(rng.integers(choice)) * size
        return [drawn[place] for place in rng.permutation(order[start : start + size])]

    def usable(self) -> np.ndarray:
        """Numbers of the turns to learn ranking from: not held out, and a gold item is among the candidates.

        Without any, those that are not held out.
        """
        assert self.recommendations is not None
        free = self.free()
        found = np.intersect1d(free, np.flatnonzero(self.recommendations.found.any(-1)))
        return found if len(found) else free

    def shown(self, row: int) -> Segment:
        """What the LLM reads of a candidate."""
        if self.ranker.candidates == "soft":
            return self.format.candidate(row)
        return self.format.title(self.catalog.dated(self.catalog.items[row]))

    def without_some(self, features: np.ndarray, rng: Generator) -> np.ndarray:
        """Features (b, m, f) in which some turns lack some of `optional`, and some items `personal`: NaN there."""
        if not self.missing and not self.cold:
            return features
        features = features.copy()
        if self.cold and self.personal:
            turns, items = np.nonzero(rng.random(features.shape[:2]) < self.cold)
            features[turns[:, None], items[:, None], np.array(self.personal)] = np.nan
        for columns in self.optional:
            turns = np.flatnonzero(rng.random(len(features)) < self.missing)
            features[np.ix_(turns, np.arange(features.shape[1]), np.array(columns))] = np.nan
        return features

    def task_batch(
        self,
        examples: Sequence[Example],
        places: Mapping[str, Tensor] | None = None,
        targets: Mapping[str, Tensor] | None = None,
    ) -> TaskBatch:
        """Collate and look up the vectors of the items that the examples show."""
        batch = collate(examples)
        return TaskBatch(batch, self.items.of(batch.items), places or {}, targets or {})


class DialoguesTask:
    """Pieces of dialogues; every token is learned."""

    def __init__(self, data: Ingredients) -> None:
        if not data.dialogues:
            raise ValueError("loss `dialogue_lm` needs dialogues; name a corpus under `corpora`")
        self.data = data

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Each example starts at a random turn of a random dialogue."""
        counts = np.array([len(dialogue.turns) for dialogue in self.data.dialogues])

        def draw(count: int) -> list[tuple[int, int]]:
            numbers = rng.integers(len(counts), size=count)
            starts = rng.integers(np.maximum(counts[numbers] - 4, 1))
            return list(zip(numbers.tolist(), starts.tolist(), strict=True))

        examples = []
        for number, start in self.data.alike(rng, size, draw, self._length):
            turns = self.data.dialogues[number].turns
            messages = messages_of(turns[start : start + 16], title_writer(self.data.titles, rng))
            trunk = self.data.format.dialogue(messages[:12], reply_next=False)
            examples.append(Example(trunk.supervise()))
        return self.data.task_batch(examples)

    def _length(self, piece: tuple[int, int]) -> int:
        """Characters of its messages, as far as they can be read."""
        number, start = piece
        turns = self.data.dialogues[number].turns[start : start + 12]
        text = sum(len(part) if isinstance(part, str) else 20 for turn in turns for part in turn.parts)
        return min(text + 12 * len(turns), 5 * self.data.format.max_dialogue_tokens)


class RecordsTask:
    """Records of the catalogue put into words; every token is learned."""

    def __init__(self, data: Ingredients) -> None:
        self.data = data

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Each example speaks of three random items."""

        def draw(count: int) -> list[Example]:
            return [self._example(rng) for _ in range(count)]

        return self.data.task_batch(self.data.alike(rng, size, draw, _tokens_of))

    def _example(self, rng: Generator) -> Example:
        text_format = self.data.format
        ids: tuple[int, ...] = text_format.start_ids
        for row in rng.integers(len(self.data.catalog), size=3):
            item = self.data.catalog.items[row]
            sentence = record_sentences(item, self.data.catalog, dice(rng))
            ids += (*text_format.encode(f"{item.title} : {sentence}"), text_format.end_id)
        return Example(Segment(ids[: text_format.max_dialogue_tokens]).supervise())


class ItemsTask:
    """Soft tokens with the facts that they stand for, and the same facts as text alone."""

    def __init__(self, data: Ingredients) -> None:
        self.data = data

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Distinct random items: two branches each, without a trunk."""
        text_format, catalog = self.data.format, self.data.catalog

        def draw(count: int) -> list[Example]:
            examples = []
            for row in rng.choice(len(catalog), size=count, replace=False):
                sentence = record_sentences(catalog.items[row], catalog, dice(rng))
                alone = Segment(text_format.encode(catalog.text(catalog.items[row]))[:64])
                examples.append(Example(Segment(), (text_format.facts(int(row), sentence), alone)))
            return examples

        examples = self.data.alike(rng, size, draw, _tokens_of, len(catalog))
        places = {
            "item": torch.full((len(examples), 1), text_format.soft_tokens - 1),
            "text": torch.tensor([_tokens_of(example) - 1 for example in examples])[:, None],
        }
        return self.data.task_batch(examples, places)


class MatchesTask:
    """The facts of items as text, and after each the soft tokens of every item of the batch."""

    def __init__(self, data: Ingredients) -> None:
        self.data = data

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Distinct random items: a trunk of text with a branch for each; last, the branches without a trunk.

        Places are `text` (b + 1, 1), where a trunk ends, and `items` (b + 1, b), where each branch does.
        """
        text_format, catalog = self.data.format, self.data.catalog
        rows = rng.choice(len(catalog), size=min(size, len(catalog)), replace=False)
        _at_least_two(rows, "matches")
        trunks = [Segment(text_format.encode(catalog.text(catalog.items[row]))[:64]) for row in rows]
        branches = tuple(text_format.candidate(int(row)) for row in rows)
        examples = [Example(trunk, branches) for trunk in (*trunks, Segment())]
        lengths = torch.tensor([len(example.trunk.ids) for example in examples])[:, None]
        steps = text_format.soft_tokens * torch.arange(1, len(rows) + 1)
        places = {"text": (lengths - 1).clamp_min(0), "items": lengths + steps - 1}
        return self.data.task_batch(examples, places)


class PairsTask:
    """Two items that go together, each as its soft tokens alone.

    They were named in one dialogue, or one is among the nearest of the other by a signal, where there are signals:
    every pair is drawn in one of the ways that the data allow, all ways alike often.

    Args:
        data: What it draws from.
        nearest: How many items count as near by a signal.

    Raises:
        ValueError: If neither dialogues nor signals say what goes together.
    """

    def __init__(self, data: Ingredients, nearest: int = 10) -> None:
        self.data = data
        self.nearest = nearest
        self.partners: dict[int, set[int]] = {}
        for rows in data.together:
            for row in rows.tolist():
                self.partners.setdefault(row, set()).update(rows.tolist())
        # Rows (a,) of the items that have a vector, and their unit vectors (a, d), for each signal.
        self.signals: list[tuple[Tensor, Tensor]] = []
        for vectors in (data.items.extra or {}).values():
            known = (~vectors.isnan().any(dim=-1)).nonzero()[:, 0]
            if len(known) > 1:
                self.signals.append((known, torch.nn.functional.normalize(vectors[known], dim=-1)))
        if not self.partners and not self.signals:
            raise ValueError(
                "loss `item_item_contrast` needs items that go together: name a corpus whose dialogues name two items "
                "or more under `corpora`, or a signal under `signals`"
            )

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Two branches for each pair, without a trunk.

        Targets are `together`, (b, b): whether first item i goes with second item j, and `apart`: whether they are two.
        """
        drawn = [self._pair(rng) for _ in range(size)]
        _at_least_two(drawn, "pairs")
        text_format = self.data.format
        examples = [
            Example(Segment(), (text_format.candidate(first), text_format.candidate(second)))
            for first, second, _ in drawn
        ]
        s = text_format.soft_tokens
        places = {"first": torch.full((size, 1), s - 1), "second": torch.full((size, 1), 2 * s - 1)}
        targets = {
            "together": torch.tensor([[second in goes for _, second, _ in drawn] for _, _, goes in drawn]),
            "apart": torch.tensor([[first != second for _, second, _ in drawn] for first, _, _ in drawn]),
        }
        return self.data.task_batch(examples, places, targets)

    def _pair(self, rng: Generator) -> tuple[int, int, set[int]]:
        """Two items, and all that are known to go with the first."""
        way = int(rng.integers(len(self.signals) + bool(self.partners)))
        if way == len(self.signals):
            named = self.data.together[rng.integers(len(self.data.together))]
            first, second = (int(row) for row in rng.choice(named, size=2, replace=False))
            return first, second, self.partners[first] - {first}
        rows, vectors = self.signals[way]
        place = int(rng.integers(len(rows)))
        likeness = vectors @ vectors[place]
        likeness[place] = -torch.inf
        first, near = int(rows[place]), rows[likeness.topk(min(self.nearest, len(rows) - 1)).indices].tolist()
        return first, int(rng.choice(near)), (self.partners.get(first, set()) | set(near)) - {first}


class UsersTask:
    """Dialogues, and apart from each the soft tokens of an item that was right at its end."""

    def __init__(self, data: Ingredients) -> None:
        if data.recommendations is None or not len(data.recommendations):
            raise ValueError(
                "loss `user_item_contrast` needs dialogues with items; name a corpus under `corpora`"
            )
        self.data = data
        self.recommendations = data.recommendations
        self.free = data.free()

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Two branches for each turn, without a trunk. Target `gold`, (b, b): whether item j was right in turn i."""
        source, text_format = self.recommendations, self.data.format
        chosen = rng.choice(self.free, size=min(size, len(self.free)), replace=False)
        _at_least_two(chosen, "users")
        rows = [int(rng.choice(source.gold[number])) for number in chosen]
        examples = [
            Example(Segment(), (source.trunk(int(number), text_format), text_format.candidate(row)))
            for number, row in zip(chosen, rows, strict=True)
        ]
        lengths = torch.tensor([len(example.branches[0].ids) for example in examples])[:, None]
        places = {"dialogue": lengths - 1, "item": lengths + text_format.soft_tokens - 1}
        gold = torch.tensor([[row in source.gold[number] for row in rows] for number in chosen])
        return self.data.task_batch(examples, places, {"gold": gold})


def _at_least_two(drawn: Sequence[Any] | np.ndarray, task: str) -> None:
    if len(drawn) < 2:
        raise ValueError(
            f"a batch of task {task!r} has {len(drawn)} of at least 2 examples to tell from each other; raise "
            f"`batch_size` of its stage, or `batch_sizes: {{{task}: 8}}`"
        )


class RecommendationsTask:
    """Turns in which a person recommended: rank what they named above what was retrieved, and say it."""

    def __init__(self, data: Ingredients, candidates: int) -> None:
        if data.recommendations is None or not len(data.recommendations):
            raise ValueError("ranking losses need dialogues with items; name such a corpus under `corpora`")
        self.data = data
        self.recommendations = data.recommendations
        self.candidates = candidates
        self.usable = data.usable()

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Branches of each dialogue: its candidates, one gold item of every dialogue, and the reply."""
        source, text_format = self.recommendations, self.data.format
        chosen = self.data.alike(
            rng,
            size,
            lambda count: rng.choice(self.usable, size=count, replace=False).tolist(),
            lambda number: sum(map(len, source.tokens[number])),
            len(self.usable),
        )
        picked = [source.sample(int(number), self.candidates, rng) for number in chosen]
        shared = [int(rng.choice(source.gold[number])) for number in chosen]
        width = max(len(one.rows) for one in picked)
        examples, dialogue_ends, candidate_ends, shared_ends = [], [], [], []
        for number, one in zip(chosen, picked, strict=True):
            trunk = source.trunk(int(number), text_format)
            shown = [self.data.shown(row) for row in (*one.rows.tolist(), *shared)]
            listed, others = shown[: len(one.rows)], shown[len(one.rows) :]
            if self.data.ranker.mask == "causal":
                listed = [sum(listed, Segment())]
            reply = (
                text_format.candidate(int(source.gold[number][0]))
                + Segment(source.reply(int(number))).supervise()
            )
            examples.append(Example(trunk, (*listed, *others, reply)))
            ends = len(trunk.ids) + np.cumsum([len(segment.ids) for segment in shown]) - 1
            dialogue_ends.append(len(trunk.ids) - 1)
            candidates = ends[: len(one.rows)]
            candidate_ends.append(np.pad(candidates, (0, width - len(candidates)), mode="edge"))
            shared_ends.append(ends[len(one.rows) :])
        features = np.zeros((len(picked), width, source.features.shape[-1]), dtype=np.float32)
        gold = np.zeros((len(picked), width), dtype=bool)
        real = np.zeros((len(picked), width), dtype=bool)
        expected = np.zeros((len(picked), width), dtype=np.float32)
        for place, one in enumerate(picked):
            expected[place, : len(one.rows)] = one.expected
            features[place, : len(one.rows)] = one.features
            gold[place, : len(one.rows)] = one.gold
            real[place, : len(one.rows)] = True
        shared_gold = np.array([[row in source.gold[number] for row in shared] for number in chosen])
        return self.data.task_batch(
            examples,
            {
                "dialogue": torch.tensor(dialogue_ends)[:, None],
                "candidates": torch.from_numpy(np.stack(candidate_ends)),
                "shared": torch.from_numpy(np.stack(shared_ends)),
            },
            {
                "features": torch.from_numpy(self.data.without_some(features, rng)),
                "gold": torch.from_numpy(gold),
                "real": torch.from_numpy(real),
                "expected": torch.from_numpy(expected),
                "shared_gold": torch.from_numpy(shared_gold),
            },
        )


class CandidatesTask:
    """All candidates of turns in which a person recommended, by their features alone; the LLM reads nothing."""

    def __init__(self, data: Ingredients) -> None:
        if data.recommendations is None or not len(data.recommendations):
            raise ValueError("ranking losses need dialogues with items; name such a corpus under `corpora`")
        self.data = data
        self.found = data.recommendations.found
        self.usable = data.usable()
        if not self.found[self.usable].any():
            raise ValueError("no gold item is among the candidates; raise `retrieval.k`")

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Turns with a gold item among their candidates."""
        source = self.data.recommendations
        assert source is not None
        chosen = np.sort(rng.choice(self.usable, size=min(size, len(self.usable)), replace=False))
        features = self.data.without_some(source.features[chosen].astype(np.float32), rng)
        return TaskBatch(
            None,
            None,
            {},
            {
                "features": torch.from_numpy(features),
                "gold": torch.from_numpy(self.found[chosen]),
                "real": torch.from_numpy(source.rows[chosen] >= 0),
            },
        )


class WordingTask:
    """Plans with the sentences that word them: reasons for items, and openings of a list."""

    def __init__(self, data: Ingredients, plans: int = 3, elsewhere: float = 0.35) -> None:
        self.data = data
        self.plans = plans
        self.elsewhere = elsewhere  # share of examples from practice catalogues
        sizes = [len(catalog) for catalog in (data.catalog, *data.practice)]
        self.offsets = [0, *np.cumsum(sizes).tolist()]

    def batch(self, rng: Generator, size: int) -> TaskBatch:
        """Each example: what an invented user says, then an opening with reasons, or one reason alone."""
        draw = dice(rng)
        examples = self.data.alike(
            rng, size, lambda count: [self._example(draw) for _ in range(count)], _tokens_of
        )
        return self.data.task_batch(examples)

    def _example(self, draw: Random) -> Example:
        text_format = self.data.format
        catalog, offset = self.data.catalog, 0
        if self.data.practice and draw.random() < self.elsewhere:
            number = draw.randrange(len(self.data.practice))
            catalog, offset = self.data.practice[number], self.offsets[number + 1]
        if draw.random() < 0.5:
            case = practice.random_opening_case(catalog, draw)
            listed = [catalog[item] for slot, item in case.plan.slots.items() if slot.startswith("#")]
            kept = draw.sample(listed, min(self.plans, len(listed)))
            plans = [case.plan, *plan_reasons(kept, case.dialogue, catalog)]
        else:
            case = practice.random_case(catalog, draw)
            plans = [case.plan]
        message = Message("user", spoken(case.dialogue, catalog, draw))
        trunk = text_format.dialogue(
            [message],
            mentions=_titles_in(message, case.dialogue.preferences.liked, catalog),
            catalog=catalog,
            offset=offset,
        )
        branches = []
        for plan in plans:
            sentence = opening(plan, draw) if plan.item is None else word(plan, draw)
            branches.append(text_format.plan(plan, catalog, offset) + text_format.target(sentence))
        return Example(trunk, tuple(branches))


def _tokens_of(example: Example) -> int:
    """Its length in a batch."""
    return len(example.trunk.ids) + sum(len(branch.ids) for branch in example.branches)


def dice(rng: Generator) -> Random:
    """The same randomness for what is written with the standard library's generator."""
    return Random(int(rng.integers(2**62)))


_LIKING = (
    "i loved {}",
    "i really liked {}",
    "i like {}",
    "my favourites are {}",
    "{} was great",
    "i enjoyed {}",
)
_WANTING = (
    "something {}",
    "i want {}",
    "i am in the mood for {}",
    "can you suggest something {}?",
    "any {} ones?",
)
_REFUSING = ("no {}", "nothing {} please", "i do not want {}", "but not {}")


def spoken(dialogue: Dialogue, catalog: Catalog, draw: Random) -> str:
    """What a user with this state may have said, in plain words."""
    preferences = dialogue.preferences
    parts = []
    titles = [catalog[item].title for item in preferences.liked if item in catalog]
    if titles:
        parts.append(draw.choice(_LIKING).format(" and ".join(titles)))
    for wish in preferences.wanted:
        parts.append(draw.choice(_WANTING).format(_phrase(wish, catalog)))
    for wish in preferences.unwanted:
        parts.append(draw.choice(_REFUSING).format(_phrase(wish, catalog)))
    for name in dict.fromkeys(limit.field for limit in preferences.limits):
        limits = [limit for limit in preferences.limits if limit.field == name]
        parts.append(limit_words(limits, catalog.schema.spec(name)))
    if preferences.seen or preferences.rejected:
        parts.append(draw.choice(("i have seen those", "i have seen that", "not those")))
    draw.shuffle(parts)
    text = draw.choice((". ", ", ", " and ")).join(parts) or draw.choice(
        ("what would you suggest?", "any ideas?")
    )
    return text[:1].upper() + text[1:] if draw.random() < 0.5 else text


def _titles_in(message: Message, items: Iterable[str], catalog: Catalog) -> list[Mention]:
    """Where the titles of items stand in a message."""
    found = []
    for item in items:
        title = catalog[item].title if item in catalog else ""
        start = message.content.find(title) if title else -1
        if start >= 0:
            found.append(Mention(item, 0, start, start + len(title), 100.0))
    return found


def _phrase(wish: Wish, catalog: Catalog) -> str:
    return catalog.schema.spec(wish.field).phrase.replace("{}", wish.value)


def make_task(name: str, data: Ingredients, candidates: int) -> Task:
    """The task of a name that `LOSSES` uses."""
    makers: dict[str, Callable[[], Task]] = {
        "dialogues": lambda: DialoguesTask(data),
        "records": lambda: RecordsTask(data),
        "items": lambda: ItemsTask(data),
        "matches": lambda: MatchesTask(data),
        "pairs": lambda: PairsTask(data),
        "users": lambda: UsersTask(data),
        "recommendations": lambda: RecommendationsTask(data, candidates),
        "candidates": lambda: CandidatesTask(data),
        "wording": lambda: WordingTask(data),
    }
    return makers[name]()


# -- dialogues as messages ------------------------------------------------------------------------------


def title_writer(titles: Mapping[str, str], rng: Generator) -> Callable[[str], str]:
    """How this person writes titles: with the year or without, in proper case or not."""
    with_year, lower = rng.random() < 0.5, rng.random() < 0.3

    def write(item_id: str) -> str:
        title = titles.get(item_id, "that one")
        if not with_year:
            title = title.rsplit(" (", 1)[0]
        return title.lower() if lower else title

    return write


def messages_of(turns: Sequence[CorpusTurn], title_of: Callable[[str], str]) -> list[Message]:
    """Corpus turns as chat messages; empty ones are left out."""
    messages = [Message(turn.role, turn.render(title_of).strip()) for turn in turns]
    return [message for message in messages if message.content]


# -- recommendations, made once and kept ------------------------------------------------------------------


@dataclass(frozen=True)
class Sampled:
    """Candidates of one dialogue for one training step."""

    rows: np.ndarray  # (m,)
    features: np.ndarray  # (m, f)
    gold: np.ndarray  # (m,) bool
    expected: np.ndarray  # (m,) log of how often each is in a sample


@dataclass(frozen=True)
class Recommendations:
    """Recommending turns with their retrieved candidates, as arrays.

    Attributes:
        rows: (r, m) catalogue rows of the candidates, -1 where there are fewer.
        features: (r, m, f) their source features.
        gold: For each turn, the rows of the items that the person named.
        tokens: For each turn, trunk (as `Segment.coded`) and reply as token ids.
    """

    rows: np.ndarray
    features: np.ndarray
    gold: tuple[np.ndarray, ...]
    tokens: tuple[tuple[np.ndarray, np.ndarray], ...]

    def __len__(self) -> int:
        return len(self.gold)

    @property
    def found(self) -> np.ndarray:
        """(r, m) whether the candidate is gold."""
        return np.stack([np.isin(rows, gold) for rows, gold in zip(self.rows, self.gold, strict=True)])

    def trunk(self, number: int, text_format: PromptFormat) -> Segment:
        """The dialogue before turn `number`, as this format rendered it."""
        return text_format.segment(self.tokens[number][0].tolist())

    def reply(self, number: int) -> tuple[int, ...]:
        """What the person said."""
        return tuple(self.tokens[number][1].tolist())

    def known_features(self, most: int) -> Tensor:
        """The features of at most so many real candidates, evenly spread, (r, f)."""
        turns, places = np.nonzero(self.rows >= 0)
        step = max(len(turns) // most, 1)
        return torch.from_numpy(self.features[turns[::step], places[::step]].astype(np.float32))

    def sample(self, number: int, size: int, rng: Generator, harder: float = 20.0) -> Sampled:
        """All gold candidates of a turn and others, `size` in all; what sources rank high is drawn more often.

        Args:
            number: Of the turn.
            size: At most so many.
            rng: Draws.
            harder: Candidate number r, from 0, is drawn in proportion to 1 / (r + harder).

        Returns:
            The sample, with the logarithm of how often each was to be expected in it, so that a softmax over the
            sample can stand for one over all candidates (sampled softmax; Jean et al., 2015, arXiv 1412.2007).
        """
        rows = self.rows[number]
        real = np.flatnonzero(rows >= 0)
        gold = np.isin(rows[real], self.gold[number])
        others = real[~gold]
        count = max(size - int(gold.sum()), 1)
        chances = 1.0 / (others + harder)
        expected = np.minimum(count * chances / chances.sum(), 1.0) if len(others) else chances
        if len(others) > count:
            keys = np.log(chances) + rng.gumbel(size=len(others))
            kept = np.sort(np.argpartition(-keys, count - 1)[:count])
            others, expected = others[kept], expected[kept]
        places = np.concatenate([real[gold], others])
        logs = np.concatenate([np.zeros(int(gold.sum())), np.log(expected)])
        order = rng.permutation(len(places))
        places = places[order]
        return Sampled(
            rows[places],
            self.features[number, places].astype(np.float32),
            np.isin(rows[places], self.gold[number]),
            logs[order].astype(np.float32),
        )

    @classmethod
    def joined(cls, parts: Sequence[Recommendations]) -> Recommendations:
        """All turns of several."""
        return cls(
            np.concatenate([part.rows for part in parts]),
            np.concatenate([part.features for part in parts]),
            tuple(gold for part in parts for gold in part.gold),
            tuple(pair for part in parts for pair in part.tokens),
        )

    def save(self, path: Path) -> None:
        """Write one safetensors file, aside first."""
        from safetensors.numpy import save_file

        def flat(parts: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
            arrays = [np.asarray(part, dtype=np.int32) for part in parts]
            offsets = np.cumsum([0, *map(len, arrays)]).astype(np.int64)
            return (np.concatenate(arrays) if arrays else np.zeros(0, np.int32)), offsets

        tensors: dict[str, Any] = {"rows": self.rows, "features": self.features}
        for name, parts in (
            ("gold", self.gold),
            ("trunks", [pair[0] for pair in self.tokens]),
            ("replies", [pair[1] for pair in self.tokens]),
        ):
            tensors[name], tensors[f"{name}_offsets"] = flat(parts)
        with write_aside(path) as aside:
            save_file(tensors, aside)

    @classmethod
    def load(cls, path: Path) -> Recommendations:
        """Read what `save` wrote."""
        from safetensors.numpy import load_file

        tensors = load_file(path)

        def parts(name: str) -> tuple[np.ndarray, ...]:
            return tuple(np.split(tensors[name], tensors[f"{name}_offsets"][1:-1]))

        tokens = tuple(zip(parts("trunks"), parts("replies"), strict=True))
        return cls(tensors["rows"], tensors["features"], parts("gold"), tokens)


def prepare_recommendations(
    turns: Iterable[tuple[CorpusDialogue, int, Mapping[str, str], Mapping[str, str]]],
    catalog: Catalog,
    retriever: Retriever,
    text_format: PromptFormat,
    k: int,
    seed: int = 0,
    progress: Progress | None = None,
) -> Recommendations:
    """Read each dialogue as the product would, but with its mentions given, and fetch its candidates.

    Args:
        turns: Dialogues with the number of a recommending turn, corpus item id → catalogue id, and corpus item
            id → title with year.
        catalog: Items in row order.
        retriever: Fetches the candidates.
        text_format: Renders trunks and replies.
        k: m, candidates per turn.
        seed: For how titles are written.
        progress: Told (done, of).
    """
    reader = DialogueReader(catalog)
    todo = list(turns)
    rows, features, gold, tokens = [], [], [], []
    for start in range(0, len(todo), _AT_ONCE):
        asked = [_asked(*one, seed) for one in todo[start : start + _AT_ONCE]]
        read = [reader.read(one.said.messages, mentions=one.said.mentions) for one in asked if one.usable]
        retriever.read_ahead(read)
        for done, (one, dialogue) in enumerate(zip([one for one in asked if one.usable], read, strict=True)):
            if progress is not None:
                progress(start + done, len(todo))
            candidates = retriever.search(dialogue, k, exclude=one.named)
            short = k - len(candidates.rows)
            rows.append(np.pad(np.asarray(candidates.rows, dtype=np.int32), (0, short), constant_values=-1))
            features.append(np.pad(candidates.features.astype(np.float16), ((0, short), (0, 0))))
            gold.append(np.unique(np.array([catalog.row(item) for item in one.wanted], dtype=np.int32)))
            trunk = text_format.dialogue(one.said.messages, mentions=one.said.mentions, catalog=catalog)
            words = (*text_format.encode("reply :"), *text_format.target(one.reply).ids[-60:])
            tokens.append(
                (
                    np.array(trunk.coded, dtype=np.int32),
                    np.array(words, dtype=np.int32),
                )
            )
    if not rows:
        raise ValueError(
            "no turn of these corpora names an item of the catalogue; check the corpus' item ids"
        )
    return Recommendations(np.stack(rows), np.stack(features), tuple(gold), tuple(tokens))


@dataclass(frozen=True)
class _Asked:
    """A recommending turn: what was said before it, and what the person answered."""

    said: Dialogue
    named: frozenset[str]  # before
    wanted: tuple[str, ...]  # the items that are right in the turn and were not named before
    reply: str

    @property
    def usable(self) -> bool:
        return bool(self.wanted and self.said.messages)


def _asked(
    dialogue: CorpusDialogue,
    number: int,
    item_of: Mapping[str, str],
    titles: Mapping[str, str],
    seed: int,
) -> _Asked:
    turn, context = dialogue.turns[number], dialogue.turns[:number]
    named = frozenset(item_of[item] for before in context for item in before.items if item in item_of)
    wanted = tuple(item_of[item] for item in turn.answers if item in item_of and item_of[item] not in named)
    write = title_writer(titles, np.random.default_rng([seed, crc32(dialogue.id.encode())]))
    reply = turn.render(_slots(wanted[0], item_of, write)) if wanted else ""
    return _Asked(as_dialogue(context, write, item_of.get), named, wanted, reply)


def _slots(target: str, item_of: Mapping[str, str], write: Callable[[str], str]) -> Callable[[str], str]:
    """Titles as text, but the recommended item as its slot."""
    return lambda item: "#1" if item_of.get(item) == target else write(item)


def link_items(
    catalog: Catalog, dataset: str, facts: Mapping[str, Mapping[str, Any]], named: Iterable[str] = ()
) -> dict[str, str]:
    """Corpus item id → catalogue id.

    By a field `<dataset>_ids` of the catalogue; else by the record's `catalogue_id`; else by title and year. An
    item without a record is the catalogue's item of the same id.

    Args:
        catalog: The items to link to.
        dataset: Name of the corpus.
        facts: Records of its items.
        named: Further ids that its dialogues name.
    """
    links: dict[str, str] = {}
    by_title: dict[tuple[str, Any], str] = {}
    year = catalog.schema.year
    years = year.name if year is not None and year.kind == "number" else None
    for item in catalog.items:
        for corpus_id in item.values(f"{dataset}_ids"):
            links[corpus_id] = item.id
        key = (item.title.casefold(), item.get(years) if years else None)
        by_title.setdefault(key, item.id)
    for corpus_id, record in facts.items():
        key = (str(record.get("title", "")).casefold(), record.get("year") if years else None)
        given = record.get("catalogue_id")
        if given in catalog:
            links.setdefault(corpus_id, str(given))
        elif key in by_title:
            links.setdefault(corpus_id, by_title[key])
    for corpus_id in named:
        if corpus_id not in facts and corpus_id in catalog:
            links.setdefault(corpus_id, corpus_id)
    return links
