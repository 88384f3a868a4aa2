"""Answers about a whole list, in few words: which value each of its items has on record, and which have none."""

from __future__ import annotations

from collections.abc import Sequence

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.spoken import amount_text, is_year, measure, values_of
from wherefore.dialogue.messages import Dialogue
from wherefore.dialogue.questions import Question
from wherefore.text import joined
from wherefore.writing.answers import answer

_VALUES = 3  # of one item that are told
_WORDS = 14  # of a question that are said again


def answer_of_list(question: Question, words: str, dialogue: Dialogue, catalog: Catalog) -> str:
    """What the records of listed items say to a question that was asked beside what was sought.

    Args:
        question: Of the items that are listed.
        words: The question in the user's words.
        dialogue: What was said.
        catalog: Where the items are from.
    """
    items = [catalog[one] for one in question.items if one in catalog]
    if question.kind == "value" and question.times == 1 and not catalog.schema.spec(question.field).flag:
        spec = catalog.schema.spec(question.field)
        if spec in catalog.schema.texts:
            return answer(question, dialogue, catalog).text
        return _values(items, spec)
    if question.kind == "holds":
        return _holds(question, items, catalog)
    if question.kind == "untold" and not question.said:
        said = " ".join(words.split()).strip(" ,.;:?!")
        return f"My records do not tell this of them: “{' '.join(said.split()[:_WORDS])}”."
    return answer(question, dialogue, catalog).text


def _values(items: Sequence[Item], spec: FieldSpec) -> str:
    """Each value that some items have, with their titles; those of which none is known come last."""
    by_value: dict[str, list[str]] = {}
    silent = []
    for item in items:
        if shown := _shown(item, spec):
            by_value.setdefault(shown, []).append(f"*{item.title}*")
        else:
            silent.append(f"*{item.title}*")
    name = spec.name.replace("_", " ")
    if not by_value:
        return f"None of these has “{name}” on record."
    told = "; ".join(f"{value} ({', '.join(titles)})" for value, titles in by_value.items())
    rest = f"; not on record for {joined(silent)}" if silent else ""
    return f"“{name[:1].upper()}{name[1:]}” on record: {told}{rest}."


def _shown(item: Item, spec: FieldSpec) -> str:
    number = item.number(spec.name) if spec.is_number else None
    if number is not None and not is_year(spec):
        how = measure(spec)
        return amount_text(number, how.shown, how.way == "price")
    return ", ".join(values_of(item, spec)[:_VALUES])


def _holds(question: Question, items: Sequence[Item], catalog: Catalog) -> str:
    """Which items meet the conditions that were asked, and which do not by their records."""
    said = joined(
        [f"“{one.values[0][1] if one.values else one.limits[0].said}”" for one in question.conditions]
    )
    met = [item for item in items if all(one.met(item, catalog) for one in question.conditions)]
    rest = [f"*{item.title}*" for item in items if item not in met]
    if not met:
        return f"By its record none of these has {said}."
    if not rest:
        return f"By their records all of these have {said}."
    return f"{said} is on record for {joined([f'*{item.title}*' for item in met])}, not for {joined(rest)}."
