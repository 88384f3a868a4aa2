"""Dialogues about items as plain values, and what all corpora share."""

from __future__ import annotations

import copy
import hashlib
import html
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from wherefore.corpora.files import read_lines
from wherefore.dialogue.messages import Dialogue, Mention, Message
from wherefore.errors import CorpusError, CorpusNotFoundError

SpeakerRole = Literal["user", "assistant"]
Split = Literal["train", "valid", "test"]
SPLITS: tuple[str, ...] = ("train", "valid", "test")


@dataclass(frozen=True, slots=True)
class ItemRef:
    """An item named in a turn, by the corpus' own id."""

    item_id: str


@dataclass(frozen=True, slots=True)
class CorpusTurn:
    """One message as sent: pieces of text and the items named, in order.

    >>> turn = CorpusTurn("user", ("Is ", ItemRef("7"), " any good?"))
    >>> turn.items
    ('7',)
    >>> turn.render(lambda item_id: f"film {item_id}")
    'Is film 7 any good?'
    """

    role: SpeakerRole
    parts: tuple[str | ItemRef, ...] = ()
    unplaced: tuple[str, ...] = ()  # items that the corpus marks, though their title is not in the words
    right: tuple[str, ...] | None = None  # items that would be right here; None: those that it names

    @property
    def items(self) -> tuple[str, ...]:
        """Ids of the items that the turn names, each once, in order of mention."""
        placed = (part.item_id for part in self.parts if isinstance(part, ItemRef))
        return tuple(dict.fromkeys((*placed, *self.unplaced)))

    @property
    def answers(self) -> tuple[str, ...]:
        """Ids of the items that would be right to recommend here: `right` where it is told, else all that it names."""
        return self.items if self.right is None else self.right

    def render(self, title_of: Callable[[str], str]) -> str:
        """The turn as text, with a title in place of every item."""
        return "".join(part if isinstance(part, str) else title_of(part.item_id) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the people said about an item after the dialogue; None: not said."""

    liked: bool | None = None
    seen: bool | None = None
    suggested: bool | None = None  # by the recommender, not the seeker


@dataclass(frozen=True, slots=True)
class CorpusDialogue:
    """A whole dialogue. The seeker is the user, the recommender the assistant.

    Attributes:
        id: Of the dialogue.
        dataset: The corpus that it is from.
        split: "train", "valid" or "test".
        turns: What was said, in order.
        feedback: By item id.
        where: File and line, in words, where they are known.
        marked: Whether its file says which items its turns name; else a reader has to find their titles.
        left_out: What of it is not read, in words.
    """

    id: str
    dataset: str
    split: str
    turns: tuple[CorpusTurn, ...]
    feedback: Mapping[str, Feedback] = field(default_factory=dict)
    where: str = field(default="", compare=False)
    marked: bool = field(default=True, compare=False)
    left_out: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Instance:
    """One recommendation to predict: turn number `turn` of a dialogue, from the turns before it."""

    dialogue: CorpusDialogue
    turn: int
    gold: tuple[str, ...]
    named: tuple[str, ...]  # items named before, by either speaker, in order of first mention
    dedup: bool = True  # whether items named before are no gold, and are taken out of rankings

    @property
    def context(self) -> tuple[CorpusTurn, ...]:
        """The turns before."""
        return self.dialogue.turns[: self.turn]


def instances(
    dialogue: CorpusDialogue, dedup: bool = True, roles: Collection[str] = ("assistant",)
) -> Iterator[Instance]:
    """The turns of a dialogue to predict items of: those that name an item and are not the first.

    Args:
        dialogue: The dialogue.
        dedup: Gold is only what neither speaker named before, and turns left without gold are dropped;
            otherwise every item of the turn is gold.
        roles: Whose turns; adding "user" gives more to train on, never to evaluate with.
    """
    named: dict[str, None] = {}
    for index, turn in enumerate(dialogue.turns):
        gold = tuple(item for item in turn.answers if not dedup or item not in named)
        if index > 0 and gold and turn.role in roles:
            yield Instance(dialogue, index, gold, tuple(named), dedup)
        named.update(dict.fromkeys(turn.items))


def titles_of(facts: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Item ids to titles, with the year where it is known; the id itself where there is no title.

    >>> titles_of({"7": {"title": "Alien", "year": 1979}, "8": {}})
    {'7': 'Alien (1979)', '8': '8'}
    """
    titles = {}
    for item_id, record in facts.items():
        title, year = record.get("title"), record.get("year")
        titles[item_id] = f"{title} ({year})" if title and year else str(title or item_id)
    return titles


def as_dialogue(
    turns: Iterable[CorpusTurn],
    title_of: Callable[[str], str],
    id_of: Callable[[str], str | None] = lambda item_id: item_id,
) -> Dialogue:
    """Turns as chat messages, with the mentions where they truly are; preferences are left to the reader.

    Args:
        turns: Turns of one corpus dialogue; those without words are left out.
        title_of: The title to write for a corpus item.
        id_of: The catalogue's id of a corpus item; None: not in the catalogue, so no mention.
    """
    messages: list[Message] = []
    mentions: list[Mention] = []
    for turn in turns:
        text, found = "", []
        for part in turn.parts:
            piece = part if isinstance(part, str) else title_of(part.item_id)
            if not text:
                piece = piece.lstrip()
            item_id = id_of(part.item_id) if isinstance(part, ItemRef) else None
            if item_id is not None:
                found.append(Mention(item_id, len(messages), len(text), len(text) + len(piece), 100.0))
            text += piece
        if text.strip():
            messages.append(Message(turn.role, text.rstrip()))
            mentions.extend(found)
    return Dialogue(tuple(messages), tuple(mentions))


class Corpus:
    """A dialogue data set on disk; iterate over it, as often as you like, for its dialogues.

    A subclass says what its files are called and reads one file. Nothing is kept in memory.

    Args:
        path: The folder of the data set, or one of its files.
        split: "train", "valid" or "test"; None for all.

    Raises:
        CorpusNotFoundError: If there are no such files.
        CorpusError: If the split is unknown.
    """

    name: ClassVar[str]
    licence: str  # of the data, in words
    redistributable: bool  # whether weights trained on it may be shipped with Wherefore
    source: ClassVar[str]  # where the original files come from
    originals: ClassVar[tuple[str, ...]] = ()  # globs of the original public files
    shared: ClassVar[tuple[str, ...]] = ("dialogues*.jsonl", "dialogues*.jsonl.gz")  # of the shared schema
    holdout: ClassVar[float] = 0.0  # share of "train" that is called "valid", for corpora without one
    own: ClassVar[bool] = (
        False  # people's own dialogues: their items are looked for in the catalogue by title, too
    )
    _held: Sequence[CorpusDialogue] | None = None

    def __init__(self, path: str | Path, split: str | None = None) -> None:
        if split is not None and split not in SPLITS:
            raise CorpusError(f"unknown split {split!r} of corpus {self.name!r}; known: {', '.join(SPLITS)}")
        self.path = Path(path)
        self.split = split
        self.files = self._find()

    def __iter__(self) -> Iterator[CorpusDialogue]:
        """The dialogues of the split, always in the same order."""
        if self._held is not None:
            yield from self._held
            return
        for file in self.files:
            for dialogue in self.read_file(file):
                if self.holdout and dialogue.split == "train":
                    shares = {"valid": self.holdout, "train": 1 - self.holdout}
                    dialogue = replace(dialogue, split=split_by_hash(dialogue.id, shares))
                if self.split is None or dialogue.split == self.split:
                    yield dialogue

    def holding(self, dialogues: Sequence[CorpusDialogue]) -> Corpus:
        """The same data set with these dialogues in the place of those in its files."""
        made = copy.copy(self)
        made._held = tuple(dialogues)
        return made

    def read_file(self, file: Path) -> Iterator[CorpusDialogue]:
        """The dialogues of one file, in the shared schema unless a subclass knows better."""
        return read_shared(file, self.name)

    def items(self) -> dict[str, dict[str, Any]]:
        """Facts of the items by corpus id, from `items.jsonl` beside the dialogues; empty without one.

        An item's id is its `item_id`, or `id` where it has none.
        """
        folder = self.path if self.path.is_dir() else self.path.parent
        for name in ("items.jsonl", "items.jsonl.gz"):
            if (folder / name).is_file():
                return {
                    text_of(fact, "id" if "item_id" not in fact and "id" in fact else "item_id", where): fact
                    for where, fact in read_lines(folder / name)
                }
        return {}

    def instances(self, dedup: bool = True, roles: Collection[str] = ("assistant",)) -> Iterator[Instance]:
        """All turns to predict; see `instances`."""
        for dialogue in self:
            yield from instances(dialogue, dedup, roles)

    def _find(self) -> list[Path]:
        if self.path.is_file():
            return [self.path]
        if not self.path.exists():
            raise CorpusNotFoundError(
                f"corpus {self.name!r}: nothing at {self.path}; get it from {self.source}"
            )
        for globs in (self.originals, self.shared):
            found = sorted({file for glob in globs for file in self.path.glob(glob) if file.is_file()})
            if found:
                return found
        wanted = ", ".join((*self.originals, *self.shared))
        raise CorpusNotFoundError(
            f"corpus {self.name!r}: {self.path} has none of {wanted}; get them from {self.source}"
        )


def split_by_hash(dialogue_id: str, shares: Mapping[str, float]) -> str:
    """The part that a dialogue falls into; depends on nothing but its id. The shares add up to 1."""
    place = int.from_bytes(hashlib.sha256(dialogue_id.encode()).digest()[:8], "big") / 2**64
    for split, share in shares.items():
        if place < share:
            return split
        place -= share
    return list(shares)[-1]


def read_shared(file: Path, dataset: str) -> Iterator[CorpusDialogue]:
    """Dialogues of a JSONL file in the shared schema.

    One JSON object per line: `dialogue_id`, `turns` (each with `role`, `text` and, where it names items,
    `items`), and, when known, `split` (else "train"), `dataset` and `feedback`. In `text`, an item is
    written `@` and its id. A turn's `gold` lists the items that would be right to recommend there, where those are
    not simply the ones that it names: none for an answer, the hidden target for a list that misses it.

    Raises:
        CorpusError: If a line does not follow the schema; names file, line and key.
    """
    for where, record in read_lines(file):
        yield read_record(record, where, dataset)


def read_record(record: Mapping[str, Any], where: str, dataset: str) -> CorpusDialogue:
    """A dialogue from one record of the shared schema (see `read_shared`).

    Raises:
        CorpusError: If the record does not follow it; names place and key.
    """
    turns = record.get("turns")
    if not isinstance(turns, list):
        raise CorpusError(f"{where}: `turns` is {turns!r}, not a list of turns")
    return CorpusDialogue(
        id=text_of(record, "dialogue_id", where),
        dataset=str(record.get("dataset", dataset)),
        split=split_of(record, where),
        turns=tuple(_turn(turn, f"{where}, turn {index}") for index, turn in enumerate(turns)),
        feedback=read_feedback(record.get("feedback"), where),
        where=where,
        marked=any("items" in turn or "gold" in turn for turn in turns),
    )


def split_of(record: Mapping[str, Any], where: str) -> str:
    """The part that a record says it is of; "train" where it says none.

    Raises:
        CorpusError: If it names no part.
    """
    split = str(record.get("split") or "train")
    split = {"dev": "valid", "val": "valid", "validation": "valid"}.get(split, split)
    if split not in SPLITS:
        raise CorpusError(f"{where}: `split` is {split!r}; allowed: {', '.join(SPLITS)}")
    return split


def split_mentions(text: str, items: Collection[str]) -> tuple[str | ItemRef, ...]:
    """Cut a text at `@id` wherever the id is one of `items`; HTML entities become characters.

    >>> split_mentions("Not @12, but @ home &amp; @7s", {"12", "7"})
    ('Not ', ItemRef(item_id='12'), ', but @ home & ', ItemRef(item_id='7'), 's')
    """
    longest = max(map(len, items), default=0)
    parts: list[str | ItemRef] = []
    done = 0
    for match in re.finditer("@", text):
        item = _longest(text[match.end() : match.end() + longest + 1], items)
        if item is None:
            continue
        if before := html.unescape(text[done : match.start()]):
            parts.append(before)
        parts.append(ItemRef(item))
        done = match.end() + len(item)
    if rest := html.unescape(text[done:]):
        parts.append(rest)
    return tuple(parts)


def mark_titles(text: str, titles: Mapping[str, str], cased: bool = False) -> tuple[str | ItemRef, ...]:
    """Cut a text wherever one of the titles (title to item id) stands as whole words, the longest first.

    With `cased`, only where it is written with the same capitals.

    >>> mark_titles("Rear Window? No, the window.", {"rear window": "7"})
    (ItemRef(item_id='7'), '? No, the window.')
    """
    by_key = {title if cased else title.casefold(): item for title, item in titles.items() if title.strip()}
    if not by_key:
        return (text,) if text else ()
    either = "|".join(re.escape(title) for title in sorted(titles, key=len, reverse=True) if title.strip())
    parts: list[str | ItemRef] = []
    done = 0
    for match in re.finditer(rf"(?<!\w)(?:{either})(?!\w)", text, flags=0 if cased else re.IGNORECASE):
        item = by_key.get(match[0] if cased else match[0].casefold())
        if item is None:  # letters that are alike to the pattern but not when folded
            continue
        parts += (text[done : match.start()], ItemRef(item))
        done = match.end()
    return tuple(part for part in (*parts, text[done:]) if part)


def read_feedback(given: Any, where: str) -> dict[str, Feedback]:
    """Forms filled in after a dialogue: 1 yes, 0 no, anything else not said.

    Raises:
        CorpusError: If it is not a mapping of item ids to answers.
    """
    if not given:  # absent, {}, or the empty list of a language without dictionaries
        return {}
    if not isinstance(given, dict) or not all(isinstance(answers, dict) for answers in given.values()):
        raise CorpusError(f"{where}: `feedback` is {str(given)[:60]!r}, not item ids with their answers")
    answer = {0: False, 1: True}
    return {
        str(item): Feedback(*(answer.get(answers.get(key)) for key in ("liked", "seen", "suggested")))
        for item, answers in given.items()
    }


def split_title(name: str) -> dict[str, Any]:
    """Title and year of a name like `Alien (1979)`.

    >>> split_title("Alien  (1979)")
    {'title': 'Alien', 'year': 1979}
    """
    match = re.fullmatch(r"(.*?)\s*\((\d{4})\)\s*", name, re.DOTALL)
    facts: dict[str, Any] = {"title": (match[1] if match else name).strip()}
    if match:
        facts["year"] = int(match[2])
    return facts


def _turn(turn: Any, where: str) -> CorpusTurn:
    if not isinstance(turn, dict):
        raise CorpusError(f"{where} is a {type(turn).__name__}, not an object with `role` and `text`")
    role = turn.get("role")
    if role not in ("user", "assistant"):
        raise CorpusError(f"{where}: `role` is {role!r}; allowed: user, assistant")
    items, right = ids_of(turn, "items", where) or (), ids_of(turn, "gold", where)
    text = turn.get("text")
    if not isinstance(text, str):
        raise CorpusError(f"{where}: `text` is {text!r}, not text")
    return turn_of(role, text, items, right)


def turn_of(
    role: SpeakerRole, text: str, items: Sequence[str], right: Sequence[str] | None = None
) -> CorpusTurn:
    """A turn whose text marks some of its items with `@` and their ids."""
    parts = split_mentions(text, items)
    placed = {part.item_id for part in parts if isinstance(part, ItemRef)}
    unplaced = tuple(dict.fromkeys(item for item in items if item not in placed))
    return CorpusTurn(role, parts, unplaced, None if right is None else tuple(dict.fromkeys(right)))


def ids_of(turn: Mapping[str, Any], key: str, where: str) -> tuple[str, ...] | None:
    """The item ids in a turn's list; None where it has no such list.

    A whole number is taken as text, and an object by its `item_id`, `id` or `title`.

    Raises:
        CorpusError: If it is no list of ids.
    """
    given = turn.get(key)
    if given is None:
        return None
    if not isinstance(given, list):
        raise CorpusError(f"{where}: `{key}` is {given!r}, not a list of item ids as text")
    ids = []
    for item in given:
        names = (item.get(name) for name in ("item_id", "id", "title")) if isinstance(item, dict) else (item,)
        item_id = next((str(one).strip() for one in names if type(one) in (str, int)), "")
        if not item_id:
            raise CorpusError(f"{where}: `{key}` is {given!r}, not a list of item ids as text")
        ids.append(item_id)
    return tuple(ids)


def _longest(word: str, items: Collection[str]) -> str | None:
    """The longest beginning of a word that is an item id and does not end inside a number."""
    for end in range(len(word), 0, -1):
        if word[:end] in items and not (word[end - 1].isdigit() and word[end : end + 1].isdigit()):
            return word[:end]
    return None


def text_of(record: Mapping[str, Any], key: str, where: str) -> str:
    """The text of a record's key; a whole number is text, too.

    Raises:
        CorpusError: If it is absent, empty or of another type.
    """
    value = record.get(key)
    if type(value) is int:
        return str(value)
    if not isinstance(value, str) or not value:
        raise CorpusError(f"{where}: `{key}` is {value!r}, not text")
    return value
