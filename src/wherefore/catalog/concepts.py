"""Kinds of things and what belongs to them: by which words records show what "no nuts" or "vegan" rules out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from wherefore.catalog.catalog import Catalog, PerCatalog
from wherefore.catalog.families import family
from wherefore.catalog.sequels import in_series, is_of_series
from wherefore.catalog.spellings import spelt_otherwise
from wherefore.files import ASSETS, packed_text
from wherefore.text import FUNCTION_WORDS, Word, forms, stem, stems

FILE = ASSETS / "concepts.tsv.xz"
_RULE = "*"  # before the name of a diet or a law
_WHOLE = "="  # before what shows a kind only as a whole value
# Of some kinds a value that says that an item has had it taken out, whatever its texts name: a decaf coffee.
_WITHOUT = {"caffeine": frozenset(stems("decaf decaffeinated"))}
_OF_THINGS = "~"  # before the name of a kind of which stories are told as well: "gold", "summer"
_STORIES = frozenset(  # what is about anything: that a film tells of gold, or of a summer, makes it none of these kinds
    "movie film show series cartoon book novel story poem song track album artist band podcast episode video article "
    "paper talk comic play game quote news lyric".split()
)
_SAMPLE = 300  # records that are read for the words that they show a kind by
_LONGEST = 5  # words of what a kind is called
_Row = tuple[list[str], list[str], list[str]]  # what it is called, named by, and not


@dataclass(frozen=True, slots=True)
class Concept:
    """A kind of things, or a rule that people live by.

    Attributes:
        name: What it is usually called: `nuts`, `vegan`.
        named_by: The phrases by which a record shows that it has some of it.
        values: What shows it only as a whole value of a field: "May", of spring.
        unless: Phrases that hold one of those and show nothing: `peanut butter`, for dairy.
        rules_out: Of a diet or a law, the names of the kinds that it rules out; else nothing.
        of_things: Whether only records of things and places show it: that a film tells of gold says nothing of it.
    """

    name: str
    named_by: tuple[str, ...]
    unless: tuple[str, ...]
    rules_out: tuple[str, ...]
    of_things: bool = False
    values: tuple[str, ...] = ()


def cells_of(line: str) -> list[list[str]]:
    """The four cells of a line of the table, each with its parts."""
    cells = [[one.strip() for one in cell.split(";") if one.strip()] for cell in line.split("\t")]
    return [*cells, [], [], []][:4]


class Concepts:
    """All concepts by what they are called.

    Args:
        lines: Of a table: name (of a diet or a law with `*` before it, of what only records of things show with `~`),
            what else it is called, words of records or `>` and another concept, with `=` before those that show it
            only where they are a whole value, exceptions; separated by tabs, and by `; ` within.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        rows: dict[str, _Row] = {}
        rules: set[str] = set()
        things: set[str] = set()
        for line in lines:
            name, called, told, unless = cells_of(line)
            plain = name[0].lstrip(_RULE + _OF_THINGS)
            if name[0].startswith(_RULE):
                rules.add(plain)
            elif name[0].startswith(_OF_THINGS):
                things.add(plain)
            rows[plain] = called, told, unless
        self._concepts: dict[str, Concept] = {}
        self._called: dict[tuple[str, ...], list[str]] = {}
        for key, (called, told, _) in rows.items():
            every, spared = _all_of(key, rows, frozenset())
            words = [one for one in every if not one.startswith(_WHOLE)]
            values = tuple(one[1:] for one in every if one.startswith(_WHOLE))
            # What is no meat in one kind may be named in another, "prairie oyster": what is named counts.
            itself = {tuple(stems(one)) for one in words}
            spared = {one: None for one in spared if tuple(stems(one)) not in itself}
            parts = tuple(one[1:] for one in told if one.startswith(">"))
            self._concepts[key] = Concept(
                key, tuple(words), tuple(spared), parts if key in rules else (), key in things, values
            )
            for one in (key, *called):
                same = self._called.setdefault(tuple(stems(one)), [])
                if key not in same:
                    same.append(key)

    def __getitem__(self, name: str) -> Concept:
        """The concept of a name.

        Raises:
            KeyError: If there is none.
        """
        return self._concepts[name]

    def __iter__(self) -> Iterator[Concept]:
        return iter(self._concepts.values())

    def called(self, words: str) -> Concept | None:
        """The concept that words are a name of; of several, the first of the table."""
        return next(iter(self.all_called(words)), None)

    def all_called(self, words: str) -> list[Concept]:
        """All concepts that words are a name of: "metal" is steel, and music."""
        return [self._concepts[name] for name in self._called.get(tuple(stems(words)), ())]

    def found(self, said: Sequence[Word]) -> list[tuple[int, int, Concept]]:
        """The concepts that a text calls by name, each with its characters; the longest names count."""
        found: list[tuple[int, int, Concept]] = []
        of_words = [stem(word.form) for word in said]
        at = 0
        while at < len(said):
            for size in range(min(_LONGEST, len(said) - at), 0, -1):
                names = self._called.get(tuple(of_words[at : at + size]))
                if names:
                    found.append((said[at].start, said[at + size - 1].end, self._concepts[names[0]]))
                    at += size
                    break
            else:
                at += 1
        return found


@lru_cache(maxsize=1)
def kinds() -> Concepts:
    """All packaged ones: those that any text shows, and those of things."""
    return Concepts(_packed_lines())


@lru_cache(maxsize=1)
def concepts() -> Concepts:
    """The packaged ones that any text shows."""
    return Concepts([line for line in _packed_lines() if not line.startswith(_OF_THINGS)])


def _packed_lines() -> list[str]:
    return [line for line in packed_text(FILE).splitlines() if line and not line.startswith("#")]


def concepts_of(catalog: Catalog) -> Concepts:
    """The concepts that the texts of a catalogue's records show: of stories, not those of things."""
    return concepts() if tells_stories(catalog) else kinds()


def tells_stories(catalog: Catalog) -> bool:
    """Whether the items of a catalogue are about anything: films, books, songs."""
    return catalog.schema.noun.lower() in _STORIES


def _freed_of(catalog: Catalog) -> dict[str, np.ndarray]:
    freed = {name: np.zeros(len(catalog), dtype=bool) for name in _WITHOUT}
    for spec in catalog.schema.tags:
        telling = {
            value: [name for name, words in _WITHOUT.items() if words & set(stems(value))]
            for value in catalog.vocabulary(spec.name)
        }
        if not any(telling.values()):
            continue
        for row, item in enumerate(catalog):
            for value in item.values(spec.name):
                for name in telling.get(value, ()):
                    freed[name][row] = True
    return freed


_freed = PerCatalog(_freed_of)


def having(catalog: Catalog, words: str) -> np.ndarray:
    """Which items' records name what words say, or anything of the kind that they are a name of, (n,) bool.

    What no record names is looked for in other spellings, "yoghurt", "breadcrumbs", and then in other forms: records
    that name a gardener name "gardening".
    """
    if is_of_series(words):
        return in_series(catalog, words)
    concept = concepts_of(catalog).called(words)
    if concept is not None:
        held = catalog.holding(concept.named_by, concept.unless)
        if concept.name in _WITHOUT:
            held = held & ~_freed(catalog)[concept.name]
        return held | catalog.naming(words) if concept.of_things else held
    named = catalog.naming(words)
    for other in () if named.any() else spelt_otherwise(words):
        if catalog.naming(other).any():  # of several words side by side
            named = named | catalog.holding((other,))
    return named if named.any() else _akin(catalog, words)


def _akin(catalog: Catalog, words: str) -> np.ndarray:
    """Which items' records name each of some words, or another of its family, (n,) bool."""
    told = [form for form in forms(words) if form not in FUNCTION_WORDS]
    named = np.full(len(catalog), bool(told))
    for form in told:
        here = catalog.naming(form)
        if not here.any():
            for other in family(form):
                here = here | catalog.naming(other)
        named &= here
    return named


def naming_in_any_form(catalog: Catalog, told: Sequence[str]) -> np.ndarray:
    """Which items' records name each of some words in any form or spelling, or within another, (n,) bool.

    For what is asked for: peppermint is minty. What is refused is read more closely, by `having`.
    """
    named: np.ndarray = having(catalog, " ".join(told)) if told else np.zeros(len(catalog), dtype=bool)
    if len(told) == 1:
        for other in (*spelt_otherwise(told[0]), *family(told[0])):
            if " " not in other:
                named = named | catalog.naming(other)
        return named
    each: np.ndarray = np.full(len(catalog), bool(told))
    for form in told:
        each &= naming_in_any_form(catalog, [form])
    return np.asarray(named | each)


def shown_by(catalog: Catalog, name: str, most: int = 4) -> list[str]:
    """By which other words records show a kind, the most frequent first; of many records a sample is read."""
    concept = concepts_of(catalog).called(name)
    if concept is None:
        return []
    rows = np.flatnonzero(having(catalog, name))
    sample = rows[:: len(rows) // _SAMPLE + 1].tolist()
    found = catalog.held(sample, concept.named_by, concept.unless)
    own = set(stems(name))
    return [one for one, _ in found.most_common() if not own & set(stems(one))][:most]


def _all_of(
    name: str, rows: dict[str, _Row], seen: frozenset[str]
) -> tuple[dict[str, None], dict[str, None]]:
    """The words of a concept with those of the concepts in it, and the exceptions likewise; in order, none twice."""
    _, told, unless = rows[name]
    words: dict[str, None] = {name: None}
    spared = dict.fromkeys(unless)
    for one in told:
        if not one.startswith(">"):
            words[one] = None
        elif one[1:] not in seen:
            more, others = _all_of(one[1:], rows, seen | {name})
            words |= more
            spared |= others
    return words, spared
