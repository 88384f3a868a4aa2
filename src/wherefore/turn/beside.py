"""Answers about what a message asks of the items that it is about to be given: "under 800, and is there a lift?"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wherefore.catalog.catalog import Item
from wherefore.dialogue.messages import Dialogue
from wherefore.dialogue.questions import Question
from wherefore.retrieval.field_meanings import FieldMeanings
from wherefore.retrieval.retriever import Retriever
from wherefore.turn.asked import resolved
from wherefore.writing.list_answers import answer_of_list


def beside(
    asked: Sequence[Question],
    items: Sequence[Item],
    dialogue: Dialogue,
    retriever: Retriever,
    meanings: FieldMeanings,
    level: float,
) -> str:
    """What the records of a list say to questions that were asked beside what it should be; empty where none was.

    Args:
        asked: The questions, of no items yet.
        items: What is listed.
        dialogue: What was said.
        retriever: As of `resolved`, and so are `meanings` and `level`.
        meanings: Of the catalogue's fields.
        level: Standing from which a clause answers.
    """
    told = []
    for one in asked:
        question = resolved(
            replace(one, items=tuple(item.id for item in items)), dialogue, retriever, meanings, level
        )
        if question is not None:
            words = dialogue.messages[-1].content[one.start : one.end]
            told.append(answer_of_list(question, words, dialogue, retriever.index.catalog))
    return " ".join(dict.fromkeys(filter(None, told)))
