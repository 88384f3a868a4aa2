"""Questions that name no field: which field, or which clause of a text, answers them."""

from __future__ import annotations

import re
from dataclasses import replace

from wherefore.dialogue.messages import Dialogue
from wherefore.dialogue.questions import Condition, Question
from wherefore.reading.clauses import blank
from wherefore.reading.questions import either
from wherefore.retrieval.answering import answering, matcher
from wherefore.retrieval.field_meanings import FieldMeanings
from wherefore.retrieval.retriever import Retriever

_POINTERS = re.compile(
    r"\b(?:the )?(?:first|second|third|fourth|fifth|last|former|latter)(?: one)?\b|#\d", re.IGNORECASE
)
_SAID = 3  # words of a question that says for what something is
_CLAUSES = 3  # clauses that answer
_CHOICES, _CHOOSES = (
    ("choice", "question"),
    0.3,
)  # acts of a message that leaves a choice, and how likely they must be


def resolved(
    question: Question | None, dialogue: Dialogue, retriever: Retriever, meanings: FieldMeanings, level: float
) -> Question | None:
    """A question that no field answers by its name, as one of the field that it means, or of the clause that answers.

    Args:
        question: Of kind `untold` and of items, without a topic; or `unclear`, which stands where a field is meant.
            Others are given back as they are; None where none was read: the message may leave a choice open.
        dialogue: What was said.
        retriever: Where clauses are found.
        meanings: Of the catalogue's fields.
        level: Standing from which a clause answers; see `Answering`.
    """
    if question is None:
        return _either(dialogue)
    if question.kind == "unclear" and question.said:
        return replace(question, said="") if meanings.field(question.said) is not None else None
    if question.kind == "most" and not question.field:
        return _with_clauses(question, dialogue, retriever, level)
    if question.kind != "untold" or question.said or not question.items:
        return question
    message = dialogue.messages[-1]
    number = len(dialogue.messages) - 1
    titles = [(one.start, one.end) for one in dialogue.mentions if one.message == number]
    asked = blank(message.content, titles)[question.start : question.end]
    asked = " ".join(_POINTERS.sub("it", asked).split())
    if len(question.items) > 1:
        found_in = _with_clauses(replace(question, kind="clause"), dialogue, retriever, level)
        answers = tuple(item for item, _, _ in found_in.clauses)
        if answers:
            return replace(found_in, items=answers)
    spec = meanings.field(asked)
    if spec is not None and spec.flag and len(question.items) > 1:
        return replace(question, kind="which", conditions=(Condition(((spec.name, spec.flag),)),))
    if spec is not None:
        return replace(question, kind="value", field=spec.name)
    if len(question.items) > 1:
        return question
    rows = [retriever.index.catalog.row(item) for item in question.items[:1]]
    alone = replace(dialogue, messages=(replace(message, content=asked),), mentions=())
    found = answering(alone, rows, matcher(retriever))[0]
    if found is None or found.score < level:
        return question
    return replace(question, kind="clause", items=question.items[:1], field=found.field, said=found.text)


def _with_clauses(question: Question, dialogue: Dialogue, retriever: Retriever, level: float) -> Question:
    """A question about several items with the clauses of their texts that answer it."""
    message = dialogue.messages[-1]
    number = len(dialogue.messages) - 1
    titles = [(one.start, one.end) for one in dialogue.mentions if one.message == number]
    asked = blank(message.content, titles)[question.start : question.end]
    for said, _ in question.sorts:  # what they are called tells nothing of what is asked of them
        asked = asked.replace(said, " ")
    asked = " ".join(_POINTERS.sub(" ", asked).split())
    if len(asked.split()) < _SAID:
        return question
    catalog = retriever.index.catalog
    items = [item for item in question.items if item in catalog]
    alone = replace(dialogue, messages=(replace(message, content=asked),), mentions=())
    found = answering(alone, [catalog.row(item) for item in items], matcher(retriever))
    clauses = [
        (one.score, item, one.field, one.text)
        for item, one in zip(items, found, strict=True)
        if one is not None and one.score >= level
    ]
    clauses.sort(key=lambda one: -one[0])
    return replace(question, clauses=tuple(one[1:] for one in clauses[:_CLAUSES]))


def _either(dialogue: Dialogue) -> Question | None:
    """The question that leaves a choice between named items: "Alien or Aliens, for someone who has seen neither?"."""
    here = either(dialogue)
    if not here or dialogue.act(*_CHOICES) < _CHOOSES:
        return None
    items = tuple(one.item_id for one in here)
    return Question("compare", items, start=here[0].start, end=here[-1].end, named=True)
