"""What a turn does: answer, chat or ask instead of a list or before it, and ask back after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.messages import Dialogue
from wherefore.dialogue.questions import Question
from wherefore.dialogue.state import Preferences
from wherefore.ranking.ranker import Ranked, closeness
from wherefore.retrieval.index import Index
from wherefore.text import joined
from wherefore.writing import bare_titles, smalltalk
from wherefore.writing.answers import answer
from wherefore.writing.asking import Ask, best_question
from wherefore.writing.other_language import nothing_understood, spoken
from wherefore.writing.passing import fitting
from wherefore.writing.smalltalk import Said


def first_words(
    dialogue: Dialogue, question: Question | None, index: Index, before: Callable[[], Preferences]
) -> Said | None:
    """What is said before a list, or instead of one: the answer to a question, or small talk; else None.

    `before` gives the state that the newest message was said to.
    """
    foreign = nothing_understood(dialogue, index.catalog, before)
    if foreign is not None:
        return foreign
    if question is None:
        said = smalltalk.answer(dialogue, index.catalog, before)
        if said is not None or spoken(dialogue) is not None:
            return said  # of what is in another language something was understood
        return bare_titles.shown(dialogue, index.catalog) or smalltalk.by_acts(
            dialogue, index.catalog, before, lambda text: fitting(text, index)
        )
    known = [index.catalog.row(item) for item in question.items if item in index.catalog]
    near = closeness(dialogue, np.array(known, dtype=np.int64), index)
    said = answer(question, dialogue, index.catalog, near)
    taken = dialogue.choice.items if dialogue.choice is not None and dialogue.choice.decided else ()
    titles = [f"*{index.catalog[one].title}*" for one in taken if one in index.catalog]
    if not titles or said.action == "ask":
        return said
    return replace(said, text=f"Good choice{'s' if len(titles) > 1 else ''}: {joined(titles)}. {said.text}")


def question_back(dialogue: Dialogue, ranked: Ranked, catalog: Catalog) -> Ask | None:
    """The question that goes with a list, if one is worth asking."""
    fit = ranked.fit
    if len(fit) <= 2 * len(ranked.places):
        return None  # so few are left that they can be looked through
    return best_question(
        [ranked.candidates.items[place] for place in fit], ranked.scores[fit], dialogue, catalog
    )
