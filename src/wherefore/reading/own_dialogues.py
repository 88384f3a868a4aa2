"""People's own dialogues: which items of a catalogue they name, by ids, by marks in the text, or by titles."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from wherefore.catalog.catalog import Catalog
from wherefore.corpora.base import Corpus, CorpusDialogue, CorpusTurn, ItemRef, mark_titles, split_title
from wherefore.corpora.items import link_items
from wherefore.corpora.linking import ItemReference, linker
from wherefore.dialogue.messages import Message
from wherefore.errors import CorpusError, DialogueError, WhereforeWarning
from wherefore.reading.reader import DialogueReader
from wherefore.reading.titles import TitleIndex
from wherefore.text import joined, ordinary_words

_SHOWN = 5  # ids that are listed
_EXACT = 100.0  # score of a mention by a whole title
_MARK = re.compile(r"(?<![\w.@])@(\w[\w.:/-]*)")
_SIGNS = re.compile(r"[*_\"“”]+(?=$|\s*[(\[])")  # that end a title
_SIGNS_BEFORE = re.compile(r"[*_\"“”]+$")
_END = re.compile(r"[\W_]+$")
Part = str | ItemRef


def link_own(corpora: Sequence[Corpus], catalog: Catalog, marks: bool = True) -> tuple[Corpus, ...]:
    """Parts of one corpus of people's own dialogues, with all items that they name as references in their turns.

    An id or a title in `items`, and an id behind `@` in the text, stand for the catalogue's item. Where the text does
    not mark an item of `items`, its title in the text is the mention, and else its title is written behind the text. In
    a dialogue without `items` and marks, the titles that the texts name are looked for, as in what users write. A
    warning tells what was found by title, and what was not found.

    Args:
        corpora: Parts of one corpus.
        catalog: What they speak of.
        marks: Whether `@` and an id in a text stand for an item; nobody means one in what was said to a chat.

    Raises:
        CorpusError: If more than half of the ids are unknown, so that they seem to be those of another catalogue.
    """
    marker = _Marker(catalog, corpora[0], marks)
    made = tuple(corpus.holding([marker.dialogue(one) for one in corpus]) for corpus in corpora)
    marker.found.check(catalog, corpora[0])
    if told := marker.found.told(catalog):
        warnings.warn(f"{corpora[0].path}: {told}", WhereforeWarning, stacklevel=2)
    return made


@dataclass
class _Found:
    """What was found in dialogues, and what was not."""

    dialogues: int = 0
    known: set[str] = field(
        default_factory=set
    )  # ids that are in the catalogue or described beside the dialogues
    by_title: int = 0  # entries of `items` that are titles
    in_text: int = 0  # mentions by title in dialogues without marks
    shared: Counter[str] = field(default_factory=Counter)  # titles in these that several items have
    unknown: dict[str, str] = field(default_factory=dict)  # with the place where each was seen first
    times: Counter[str] = field(default_factory=Counter)  # how often
    left_out: Counter[str] = field(default_factory=Counter)

    def told(self, catalog: Catalog) -> str:
        """What people should know; empty where all is marked by ids that are known."""
        parts = []
        if self.unknown:
            parts.append(
                f"{len(self.unknown):,} of {len(self.unknown) + len(self.known):,} item ids that the dialogues name "
                f"are unknown, neither an id nor the title of just one item of {catalog.name}: {self._listed()}; named "
                f"{self.times.total():,} times in all, they are not learned from, and count as missed where dialogues "
                "are measured"
            )
        if self.by_title:
            parts.append(f"{self.by_title:,} entries of `items` are titles, and were linked by them")
        if self.in_text:
            parts.append(
                f"{self.in_text:,} items were found by their titles in dialogues that mark none (`@` and the id, or "
                "`items`)"
            )
        if self.shared:
            shown = ", ".join(repr(title) for title in list(self.shared)[:_SHOWN])
            parts.append(
                f"{self.shared.total():,} mentions of titles that several items have were left out, like {shown}: mark "
                "them by id"
            )
        if self.left_out:
            counted = [f"{what} ({count:,} times)" for what, count in self.left_out.items()]
            parts.append(f"not read: {joined(counted)}")
        if self.dialogues and not (self.known or self.unknown):
            parts.append(
                f"none of the {self.dialogues:,} dialogues names an item: write `@` and its id in the text, list the "
                "ids in `items`, or name titles as the catalogue writes them"
            )
        return "; ".join(parts)

    def check(self, catalog: Catalog, corpus: Corpus) -> None:
        """See that not most ids are unknown.

        Raises:
            CorpusError: If they are.
        """
        if len(self.unknown) > len(self.known):
            first = joined(catalog.ids[:_SHOWN])
            raise CorpusError(
                f"{corpus.path}: {len(self.unknown):,} of {len(self.unknown) + len(self.known):,} item ids that the "
                f"dialogues name are not in {catalog.name}: {self._listed()}. Are these ids of another catalogue? "
                f"Those of this one begin with {first}. Give the catalogue that they are of, or describe them in "
                'items.jsonl beside the dialogues, one a line: {"item_id": "...", "title": "..."}'
            )

    def _listed(self) -> str:
        shown = ", ".join(f"{item} ({place})" for item, place in list(self.unknown.items())[:_SHOWN])
        more = len(self.unknown) - _SHOWN
        return f"{shown} and {more:,} more" if more > 0 else shown


class _Marker:
    """Finds the items in dialogues of one corpus, and counts what it finds."""

    def __init__(self, catalog: Catalog, corpus: Corpus, marks: bool) -> None:
        self.catalog, self.facts, self.marks = catalog, corpus.items(), marks
        self.found = _Found()
        self._links = link_items(catalog, corpus.name, self.facts)
        self._find = linker(catalog)
        self._known = {*self.facts, *self._links, *catalog.ids}
        self._longest = max(map(len, self._known), default=0)
        self._shapes = {_shape(item) for item in self._known}
        self._reader: DialogueReader | None = None
        self._titles: TitleIndex | None = None

    def dialogue(self, given: CorpusDialogue) -> CorpusDialogue:
        """A dialogue with its items as references."""
        place = f"dialogue {given.id}, {_line(given.where)}" if given.where else f"dialogue {given.id}"
        self.found.dialogues += 1
        self.found.left_out.update(given.left_out)
        turns = tuple(self._turn(turn, place) for turn in given.turns)
        if not given.marked and not any(turn.items for turn in turns):
            turns = self._read(turns, given.where)
        feedback = {self._id(item, place): told for item, told in given.feedback.items()}
        return replace(given, turns=turns, feedback=feedback)

    # -- ids ------------------------------------------------------------------------------------------

    def _turn(self, turn: CorpusTurn, place: str) -> CorpusTurn:
        parts: list[Part] = []
        for part in turn.parts:
            if isinstance(part, ItemRef):
                parts.append(ItemRef(self._id(part.item_id, place)))
            else:
                parts += self._marks(part, place) if self.marks else [part]
        listed = dict.fromkeys(self._id(item, place) for item in turn.unplaced)
        waiting = [item for item in listed if item not in _placed(parts)]
        parts = self._placed_by_title(parts, [item for item in waiting if item in self._known])
        waiting = [item for item in waiting if item not in _placed(parts)]
        parts = _written_behind(parts, [item for item in waiting if item in self._known])
        lost = tuple(item for item in waiting if item not in self._known)
        right = (
            None if turn.right is None else tuple(dict.fromkeys(self._id(item, place) for item in turn.right))
        )
        return replace(turn, parts=tuple(parts), unplaced=lost, right=right)

    def _id(self, given: str, place: str) -> str:
        """The id of what stands in `items`; itself where nothing is called so."""
        item = given if given in self._known else self._by_title(given)
        if item is None:
            self.found.unknown.setdefault(given, place)
            self.found.times[given] += 1
            return given
        self.found.known.add(item)
        return item

    def _by_title(self, title: str) -> str | None:
        if title.isdigit() or len(title) < 2:
            return None  # "300" is an id of somebody's before it is a film
        facts = split_title(title)
        item = self._find(ItemReference(titles=(title,)))
        if item is None and "year" in facts:
            item = self._find(ItemReference(titles=(facts["title"],), year=facts["year"]))
        self.found.by_title += item is not None
        return item

    def _marks(self, text: str, place: str) -> list[Part]:
        """A text cut at `@` and an id that its turn does not list."""
        parts: list[Part] = []
        done = 0
        for match in _MARK.finditer(text):
            item = self._marked(text[match.start(1) : match.start(1) + self._longest + 1])
            if item is None:
                word = _END.sub("", match[1])
                if _shape(word) in self._shapes or any(letter.isdigit() for letter in word):
                    self._id(word, place)
                continue
            self.found.known.add(item)
            parts += (text[done : match.start()], ItemRef(item))
            done = match.start(1) + len(item)
        return [part for part in (*parts, text[done:]) if part]

    def _marked(self, text: str) -> str | None:
        """The longest known id that a text begins with, and that is no part of a longer word."""
        for end in range(len(text), 0, -1):
            if text[:end] in self._known and not re.match(r"\w", text[end : end + 1]):
                return text[:end]
        return None

    # -- titles ---------------------------------------------------------------------------------------

    def _titles_of(self, item: str) -> list[str]:
        """How an item may be called in a text, the longest first."""
        titles = [str(self.facts.get(item, {}).get("title") or "")]
        entry = (
            self.catalog[self._links.get(item, item)] if self._links.get(item, item) in self.catalog else None
        )
        if entry is not None:
            aliases = [title for spec in self.catalog.schema.aliases for title in entry.values(spec.name)]
            titles += [self.catalog.dated(entry), entry.title, *aliases]
        return sorted({title for title in titles if title.strip()}, key=len, reverse=True)

    def _placed_by_title(self, parts: list[Part], items: Sequence[str]) -> list[Part]:
        """The parts, with references where the text has the titles of these items: first as they are written."""
        shared = Counter(title for item in items for title in self._titles_of(item))
        titles = {title: item for item in items for title in self._titles_of(item) if shared[title] == 1}
        parts = _cut(parts, titles, cased=True)
        left = {
            title: item
            for title, item in titles.items()
            if item not in _placed(parts) and title.casefold() not in ordinary_words()
        }
        return _cut(parts, left, cased=False)

    def _read(self, turns: tuple[CorpusTurn, ...], where: str) -> tuple[CorpusTurn, ...]:
        """Turns that mark nothing, with the titles that their texts name."""
        texts = ["".join(part for part in turn.parts if isinstance(part, str)) for turn in turns]
        spoken = [number for number, text in enumerate(texts) if text.strip()]
        if not spoken:
            return turns
        if self._reader is None:
            self._reader, self._titles = DialogueReader(self.catalog), TitleIndex(self.catalog)
        assert self._titles is not None
        try:
            read = self._reader.read([Message(turns[number].role, texts[number]) for number in spoken])
        except DialogueError as error:
            raise CorpusError(f"{where}: {error}") from error
        cuts: dict[int, list[tuple[int, int, str]]] = {}
        for mention in read.mentions:
            number = spoken[mention.message]
            title = texts[number][mention.start : mention.end]
            if mention.score < _EXACT:
                continue
            if len(self._titles.namesakes(mention.item_id)) > 1 and not re.search(r"\d{4}\W*$", title):
                self.found.shared[title] += 1
                continue
            self.found.in_text += 1
            self.found.known.add(mention.item_id)
            start = mention.start
            if _SIGNS.search(title):  # "**Title** (1999)": what stands around the title goes with it
                start = len(_SIGNS_BEFORE.sub("", texts[number][:start]))
            cuts.setdefault(number, []).append((start, mention.end, mention.item_id))
        return tuple(
            replace(turn, parts=_pieces(texts[number], cuts[number])) if number in cuts else turn
            for number, turn in enumerate(turns)
        )


def _placed(parts: Iterable[Part]) -> set[str]:
    return {part.item_id for part in parts if isinstance(part, ItemRef)}


def _cut(parts: Sequence[Part], titles: Mapping[str, str], cased: bool) -> list[Part]:
    """Parts whose texts are cut at titles."""
    if not titles:
        return list(parts)
    made: list[Part] = []
    for part in parts:
        made += [part] if isinstance(part, ItemRef) else mark_titles(part, titles, cased)
    return made


def _written_behind(parts: list[Part], items: Sequence[str]) -> list[Part]:
    """Parts with further items in brackets behind the text; where there is no text, they are all that is said."""
    if not items:
        return parts
    spoken = any(isinstance(part, ItemRef) or part.strip() for part in parts)
    made: list[Part] = list(parts)
    if made and isinstance(made[-1], str):
        made[-1] = made[-1].rstrip()
    for number, item in enumerate(items):
        made += [", " if number else " (" if spoken else "", ItemRef(item)]
    return [part for part in (*made, ")" if spoken else "") if part]


def _pieces(text: str, cuts: Sequence[tuple[int, int, str]]) -> tuple[Any, ...]:
    """A text with references in the place of some characters."""
    parts: list[Part] = []
    done = 0
    for start, end, item in sorted(cuts):
        if start >= done:
            parts += (text[done:start], ItemRef(item))
            done = end
    return tuple(part for part in (*parts, text[done:]) if part)


def _shape(item: str) -> str:
    """What an id looks like: `b99` as `a9`, `SKU-001` as `a-9`."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", item))


def _line(where: str) -> str:
    """A place without the folders of its file."""
    return re.sub(r"^.*[/\\]", "", where)
