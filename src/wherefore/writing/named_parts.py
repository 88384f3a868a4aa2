"""Answers by what records name: whether a thing is in an item, and how much of it; what is quoted stands so there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.concepts import concepts_of
from wherefore.catalog.shown import TITLE
from wherefore.dialogue.questions import Question
from wherefore.text import joined

NAMES = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_LONG = 40  # words of a piece that are quoted
_MOST = 5


def named_parts(question: Question, catalog: Catalog) -> str:
    """Whether items have what was asked after: the pieces of their records that name it, and which name none."""
    told = {item: _piece(question, item, catalog) for item in question.items}
    having = [item for item in told if item in question.having]
    saying = [item for item, piece in told.items() if piece and item not in having]
    silent = [item for item, piece in told.items() if not piece]
    diet = concepts_of(catalog).called(question.said)
    is_diet = diet is not None and bool(diet.rules_out)
    parts: list[str] = []
    if having:
        if len(told) == 1:
            parts.append(
                f"{'No' if is_diet or question.best == 'min' else 'Yes'}, by its record: {told[having[0]]}."
            )
        else:
            start = f"Not “{question.said}”, by their records: " if is_diet else f"With {question.said}: "
            parts.append(start + "; ".join(told[item] for item in having) + ".")
    if saying:
        parts += [_quoted(question, item, catalog) for item in saying]
    if silent:
        told_of = having + saying
        first = question.best == "min" or not told_of
        parts.insert(0 if first else len(parts), _silence(question, silent, bool(told_of), catalog, is_diet))
    return " ".join(parts)


def _silence(question: Question, silent: Sequence[str], others: bool, catalog: Catalog, is_diet: bool) -> str:
    """That records name nothing of what was asked after."""
    said = question.said
    several = len(silent) > 1
    none = f"no {said}" if concepts_of(catalog).called(said) is not None else f"no “{said}”"
    if is_diet:
        none = f"nothing that “{said}” rules out; traces I cannot see"
    if several and not others and not is_diet:
        return f"None of their records names {none.removeprefix('no ')}."
    if several and others and question.best != "min":
        return (
            f"The records of the others name {none}."
            if question.having
            else "The records of the others do not tell."
        )
    return f"{_records(silent, catalog)} name{'' if several else 's'} {none}."


def amounts_told(question: Question, catalog: Catalog) -> str:
    """How much of a thing items have, or which has the most or least, by what their records write of it."""
    told = {item: _piece(question, item, catalog) for item, _, _ in question.clauses}
    silent = [item for item in question.items if item not in told]
    rest = (
        f" {_records(silent, catalog)} {'tell' if len(silent) > 1 else 'tells'} no amount of it."
        if silent
        else ""
    )
    if not question.best:
        return " ".join(_quoted(question, item, catalog) for item in list(told)[:_MOST]) + rest
    most = f"{'most' if question.best == 'max' else 'least'} {question.said}"
    first = [item for item in told if item in question.having]
    others = [item for item in told if item not in question.having][: _MOST - 1]
    if not others:
        return f"They are level there: {'; '.join(told.values())}.{rest}"
    start = f"The {most}, by their records: {'; '.join(told[item] for item in first)}."
    return f"{start} Beside that, {'; '.join(told[item] for item in others)}.{rest}"


def not_there(question: Question, catalog: Catalog) -> str:
    """That the last list has no such place."""
    titles = [f"*{catalog[item].title}*" for item in question.items if item in catalog]
    noun = catalog.schema.noun.lower() if len(titles) == 1 else catalog.schema.plural.lower()
    number = NAMES[len(titles)] if len(titles) < len(NAMES) else str(len(titles))
    asks = "Which do you mean?" if len(titles) > 1 else "Do you mean that?"
    return f"My last list has no “{question.said}”: it has {number} {noun}, {joined(titles[:_MOST])}. {asks}"


def shared(question: Question, catalog: Catalog) -> str:
    """Which items have a value of a field in common."""
    spec = catalog.schema.spec(question.field)
    having: dict[str, list[str]] = {}
    for item in question.items:
        for value in catalog[item].values(spec.name):
            having.setdefault(value, []).append(f"*{catalog[item].title}*")
    same = [f"{value} ({joined(titles)})" for value, titles in having.items() if len(titles) > 1]
    noun = (spec.label or spec.name).replace("_", " ").lower()
    if not having:
        return f"My records of them have no {noun}."
    return (
        f"The same there: {'; '.join(same)}." if same else f"No two of them have the same {noun} on record."
    )


def others(question: Question, catalog: Catalog) -> str:
    """What else of the catalogue has the values of an item."""
    spec = catalog.schema.spec(question.field)
    values = list(
        dict.fromkeys(value for item in question.items for value in catalog[item].values(spec.name))
    )
    if not values:
        return ""
    rows = np.unique(np.concatenate([catalog.bearing(spec.name, value) for value in values])).tolist()
    found = [one for row in rows if (one := catalog.items[row]).id not in question.items]
    of_whom = f"{(spec.label or spec.name).replace('_', ' ').lower()} {joined(values[:_MOST], 'or')}"
    if not found:
        return f"Nothing else here has {of_whom}."
    titles = [f"*{one.title}*" for one in found[:_MOST]]
    more = len(found) - len(titles)
    return f"With {of_whom} I also have {joined([*titles, *([f'{more} more'] if more else [])])}."


def _piece(question: Question, item: str, catalog: Catalog) -> str:
    """The piece of an item's record that is told, with its title; empty where none is."""
    title, told = catalog[item].title, _told(question, item, catalog)
    if not told or told == [("title", title)]:
        return f"*{title}*, by its title" if told else ""
    fields = joined(list(dict.fromkeys(field for field, _ in told)))
    return f"*{title}*, {joined([f'“{_cut(text)}”' for _, text in told])} ({fields})"


def _quoted(question: Question, item: str, catalog: Catalog) -> str:
    """The pieces of an item's record that are told, word for word: "Notes of *Punt*: “No dogs.”"."""
    title = catalog[item].title
    return " ".join(
        f"{field[:1].upper()}{field[1:]} of *{title}*: “{_cut(text)}”."
        if field != "title" or text != title
        else f"Its title says it: *{title}*."
        for field, text in _told(question, item, catalog)
    ).replace(".”.", ".”")


def _told(question: Question, item: str, catalog: Catalog) -> list[tuple[str, str]]:
    """The fields and texts of the pieces of an item that are told."""
    return [
        ("title" if field == TITLE else field.replace("_", " "), text)
        for one, field, text in question.clauses
        if one == item
    ]


def _cut(text: str) -> str:
    words = text.split()
    return " ".join(words[:_LONG]).rstrip(" ,;") + ("…" if len(words) > _LONG else "")


def _records(items: Sequence[str], catalog: Catalog) -> str:
    titles = joined([f"*{catalog[item].title}*" for item in items])
    return f"The record{'s' if len(items) > 1 else ''} of {titles}"
