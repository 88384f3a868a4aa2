"""Questions after a thing, as ones of what the records show of it: "does any have alcohol in it?"."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.concepts import concepts_of, having
from wherefore.catalog.shown import Amount, Shown, amounts, shown
from wherefore.catalog.told_measures import attribute_asked, told_of
from wherefore.dialogue.questions import Question
from wherefore.reading.things_asked import Thing, thing_asked

_MANY = 5  # items that are told of one by one
_COMMON = 0.25  # share of the catalogue beyond which a word that is no kind of thing says nothing


def named_things(
    question: Question, asked: str, catalog: Catalog, nouns: Collection[str], sure: bool
) -> Question | None:
    """A question of what records show of the thing that it asks after; None where there is none, or they are silent.

    Args:
        question: Of items.
        asked: Its words, titles and pointers blank.
        catalog: Where the items are from.
        nouns: What an item is called.
        sure: Whether only what is sure is told: what a record names, or a kind of thing that it would name.
    """
    thing = thing_asked(asked, nouns)
    items = [catalog[one] for one in question.items[:_MANY] if one in catalog]
    if thing is None or not items or catalog.schema.language:
        return None
    names = [one for one in thing.names if _is_telling(one, thing, catalog)]
    if not names:
        return None
    told = {one: shown(items, one, catalog) for one in names}
    merged = {item.id: _either([told[one][item.id] for one in names]) for item in items}
    has = tuple(item for item, one in merged.items() if one.has is not None)
    pieces = [one.has or one.says for one in merged.values()]
    if any(pieces) or (thing.has and (not sure or all(_is_kind(one, catalog) for one in names))):
        diet = concepts_of(catalog).called(names[0])
        return replace(
            question,
            kind="names",
            field="",
            items=tuple(item.id for item in items),
            clauses=tuple((one.item, one.field, one.text) for one in pieces if one is not None),
            having=has if not thing.much and (thing.has or thing.lacks or (diet and diet.rules_out)) else (),
            best="min" if thing.lacks else "max",
            said=" or ".join(names),
            conditions=(),
        )
    return None


def attribute_told(question: Question, asked: str, catalog: Catalog) -> Question | None:
    """A question for size, colour and the like that no field holds, as one of what titles and texts tell of it."""
    items = [catalog[one] for one in question.items[:_MANY] if one in catalog]
    if not attribute_asked(asked) or catalog.schema.language:
        return None
    told = [piece for item in items for piece in told_of(asked, item, catalog.schema)]
    if not told:
        return None
    return replace(
        question,
        kind="names",
        field="",
        items=tuple(item.id for item in items),
        clauses=tuple((one.item, one.field, one.text) for one in told),
        said=attribute_asked(asked),
        conditions=(),
    )


def _either(told: Sequence[Shown]) -> Shown:
    """What is shown of the first of several things that is shown."""
    return Shown(
        next((one.has for one in told if one.has), None), next((one.says for one in told if one.says), None)
    )


def _is_kind(name: str, catalog: Catalog) -> bool:
    """Whether a record would name a thing: it is a known kind, or other records of the catalogue name it so."""
    if concepts_of(catalog).called(name) is not None:
        return True
    return bool((catalog.holding((name,)) if " " in name else having(catalog, name)).any())


def _is_telling(name: str, thing: Thing, catalog: Catalog) -> bool:
    """Whether that a record names a word says something."""
    if thing.has or concepts_of(catalog).called(name) is not None:
        return True
    return float(having(catalog, name).mean()) <= _COMMON


def amount_asked(question: Question, thing: str, catalog: Catalog) -> Question | None:
    """A question for the amount of a thing, or who has most of it, by what records write beside its name."""
    items = [catalog[one] for one in question.items if one in catalog]
    if not items or not thing:
        return None
    found = amounts(items, thing, catalog)
    if len(found) < min(2, len(items)):
        return None
    if question.best:
        found.sort(key=lambda one: one.number, reverse=question.best == "max")
    return replace(
        question,
        kind="amount",
        items=tuple(item.id for item in items),
        clauses=tuple((one.piece.item, one.piece.field, one.piece.text) for one in found),
        having=_level(found),
        said=thing,
        conditions=(),
    )


def _level(found: Sequence[Amount]) -> tuple[str, ...]:
    """The items that share the first amount."""
    return tuple(one.piece.item for one in found if one.number == found[0].number)
