"""What records show of a thing: the entries and clauses of an item's record that name it, and amounts beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.clauses import clauses
from wherefore.catalog.concepts import Concept, concepts_of
from wherefore.catalog.families import family
from wherefore.catalog.numbers import decimal_shown, number_in
from wherefore.catalog.record_words import RecordWords
from wherefore.catalog.schema import Schema
from wherefore.catalog.spellings import spelt_otherwise
from wherefore.text import stem, stems, words

TITLE = ""  # where a title stands in the place of a field
_ENTRIES, _SHORT = 3, 7  # commas of what lists things, and words of its entries
_NEXT = re.compile(r",\s+(?![^()]*\))")
_BEHIND = re.compile(r"^\W{0,3}(?:is\s+|of\s+)?(?P<number>\d[\d.,]*)\s?(?P<unit>%|[^\W\d_]+)?")
_BEFORE = re.compile(r"(?P<number>\d[\d.,]*)\s?-?(?P<unit>%|[^\W\d_]{1,12})?\s+(?:of\s+)?$")
_NEGATING = "un non in dis".split()  # "undated" says something of what is dated
_WORD = 4  # letters of a word whose other forms count


class Piece(NamedTuple):
    """An entry or clause of an item's record."""

    item: str
    field: str
    text: str


class Shown(NamedTuple):
    """What an item's record shows of a thing.

    Attributes:
        has: The first piece that shows that it has it; None where none does.
        says: The first piece that names it, whatever that says of it: "nut-free" names nuts.
    """

    has: Piece | None
    says: Piece | None


class Amount(NamedTuple):
    """An amount that stands beside the name of a thing."""

    piece: Piece
    number: float
    unit: str


def pieces_of(item: Item, schema: Schema) -> list[Piece]:
    """The clauses of an item's texts, the values of its fields and its title; lists are cut into entries."""
    found: list[Piece] = []
    for spec in schema.texts:
        for clause in clauses(str(item.fields.get(spec.name) or "")):
            found += [Piece(item.id, spec.name, entry) for entry in _entries(clause)]
    for spec in schema.tags:
        found += [Piece(item.id, spec.name, value) for value in item.values(spec.name)]
    return [*found, Piece(item.id, TITLE, item.title)]


def _entries(clause: str) -> list[str]:
    """The entries of a clause that lists things, or itself.

    >>> _entries("3 cups sugar, 1 cup butter (soft, salted), 6 eggs, 1 pinch salt")
    ['3 cups sugar', '1 cup butter (soft, salted)', '6 eggs', '1 pinch salt']
    """
    entries = [one for one in _NEXT.split(clause) if one.strip()]
    if len(entries) <= _ENTRIES or median(len(one.split()) for one in entries) > _SHORT:
        return [clause]
    return [one.strip(" ,;") for one in entries]


def ruled_out(concept: Concept, catalog: Catalog) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The phrases that show a thing, or what a diet or law rules out, and those that do not count."""
    kinds = concepts_of(catalog)
    named = [one for one in map(kinds.called, concept.rules_out) if one is not None] or [concept]
    phrases = dict.fromkeys(phrase for one in named for phrase in one.named_by)
    spared = dict.fromkeys(phrase for one in named for phrase in one.unless if phrase not in phrases)
    return tuple(phrases), tuple(spared)


def shown(items: Sequence[Item], thing: str, catalog: Catalog) -> dict[str, Shown]:
    """What the records of some items show of a thing, by item.

    >>> tarts = Catalog.from_records([
    ...     {"title": "Plain", "contents": "2 eggs, 1 cup flour, 1 pinch salt, 1 cup milk"},
    ...     {"title": "Drunk", "contents": "1 cup flour, 2 tbsp bourbon, 1 pinch salt, 1 cup milk"},
    ... ])
    >>> {tarts[one].title: told.has and told.has.text for one, told in shown(tarts.items, "alcohol", tarts).items()}
    {'Plain': None, 'Drunk': '2 tbsp bourbon'}
    """
    pieces = [piece for item in items for piece in pieces_of(item, catalog.schema)]
    concept = concepts_of(catalog).called(thing)
    phrases, unless = ((thing,), ()) if concept is None else ruled_out(concept, catalog)
    if concept is None:
        phrases = tuple(dict.fromkeys((thing, *spelt_otherwise(thing), *_forms(thing))))
    records = [Item(str(number), piece.text) for number, piece in enumerate(pieces)]
    has = RecordWords(RecordWords.parts_of(records)).holding(phrases, unless)
    told = {stem(one) for one in _forms(thing)} | set(stems(thing)) if len(stems(thing)) == 1 else set()
    wanted = set(stems(thing))
    found: dict[str, tuple[list[Piece], list[Piece]]] = {item.id: ([], []) for item in items}
    for piece, holds in zip(pieces, has, strict=True):
        own = set(stems(piece.text))
        holding, saying = found[piece.item]
        if holds:
            holding.append(piece)
        if holds or wanted <= own or told & own:
            saying.append(piece)

    def first(told_by: Sequence[Piece]) -> Piece | None:
        """The first by its own name rather than by another's, "3 eggs" before "1 pack of cake mix"."""
        return next((one for one in told_by if wanted <= set(stems(one.text))), next(iter(told_by), None))

    return {item: Shown(first(holding), first(saying)) for item, (holding, saying) in found.items()}


def _forms(thing: str) -> tuple[str, ...]:
    """Other forms of a word, and those that deny it: of "dated" also "undated"."""
    if len(thing.split()) > 1 or len(thing) < _WORD:
        return ()
    return tuple(dict.fromkeys((*family(thing), *(start + thing for start in _NEGATING))))


def amounts(items: Sequence[Item], thing: str, catalog: Catalog) -> list[Amount]:
    """The amounts that stand beside a thing in the records, in one unit, of as many items as possible; one for each.

    >>> bars = Catalog.from_records([
    ...     {"title": "Oat", "label": "Total Fat 8g, Protein 4g, Salt 1g, Sugars 12g of which some are added"},
    ...     {"title": "Nut", "label": "Total Fat 21g, Protein 9g, Salt 1g, Sugars 3g of which none are added"},
    ... ])
    >>> [(one.number, one.unit) for one in amounts(bars.items, "fat", bars)]
    [(8, 'g'), (21, 'g')]
    """
    told: dict[tuple[str, str], dict[str, Amount]] = {}
    for item in items:
        for piece in pieces_of(item, catalog.schema):
            one = None if piece.field == TITLE else _beside(piece, thing)
            if one is not None:
                told.setdefault((piece.field, one.unit), {}).setdefault(item.id, one)
    best = max(told.values(), key=len, default={})
    return list(best.values())


def _beside(piece: Piece, thing: str) -> Amount | None:
    """The amount beside a thing in a piece: "Total Fat 8g", "8 g of fat"."""
    sought, said = stems(thing), words(piece.text)
    if not sought:
        return None
    of_words = [stem(one.form) for one in said]
    for at in range(len(said) - len(sought) + 1):
        if of_words[at : at + len(sought)] != list(sought):
            continue
        match = _BEHIND.match(piece.text[said[at + len(sought) - 1].end :])
        match = match or _BEFORE.search(piece.text[: said[at].start])
        digits = match["number"].rstrip(".,") if match is not None else ""
        number = number_in(digits, decimal_shown(digits) or ".") if digits else None
        if match is not None and number is not None:
            return Amount(piece, number, (match["unit"] or "").lower())
    return None
