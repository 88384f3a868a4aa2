"""The check: what is wrong with a raw sentence, rule by rule.

The rules stand in three modules: `form` (how a sentence is built), `relations` (what a value is of the item) and
`claims` (what is said of the user, of liked items and of the list). A rule is a function from a sentence to the
problems that it finds; to change what may be shown, change a rule or add one to the `RULES` of its module.
"""

from __future__ import annotations

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.facts import Plan
from wherefore.dialogue.messages import Dialogue
from wherefore.writing import claims, form, relations
from wherefore.writing.sentence import Problem, Sentence


def check(text: str, plan: Plan, dialogue: Dialogue, catalog: Catalog) -> list[Problem]:
    """What is wrong with a raw sentence; empty when it may be shown.

    Every word must belong to a value of the item's record (in a role that the record gives it), to a slot of
    the plan, to what the user asked for, or to the closed vocabulary of the grammar. What is claimed of the
    user or of a liked item must be so.

    Args:
        text: The writer's wording, with slots for titles.
        plan: What it was written from.
        dialogue: What the user said.
        catalog: Where the records are.
    """
    return problems(Sentence(text, plan, dialogue, catalog))


def problems(sentence: Sentence) -> list[Problem]:
    """What is wrong with a sentence that has been read; see `check`."""
    said = claims.OPENINGS if sentence.plan.item is None else claims.REASONS
    return [problem for rule in (*form.RULES, *relations.RULES, *said) for problem in rule(sentence)]
