"""Asides: values that pass limits, in as few words as a price tag has, and what was kept out of a list."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.times import times_in
from wherefore.dialogue.facts import Fact, Plan
from wherefore.text import joined
from wherefore.writing.phrases import (
    additions,
    before_noun,
    by_field,
    by_itself,
    field_noun,
    in_few_words,
    listed,
    modified,
    predicates,
    said,
    style_of,
)
from wherefore.writing.polish import polish

_VERB = re.compile(r"^(?:is|was|has|comes\s+with)\s+")
_MERE = frozenset(("when", "date", "day", "time"))  # that a time itself says
_MOST = 3  # values that are said of one item


def aside(plan: Plan, limits: Sequence[Fact], catalog: Catalog) -> str:
    """The values that pass the user's limits, as the beginning of an item's reason: "111 minutes, rated 7.8.".

    Args:
        plan: The item's plan.
        limits: Facts of kind `limit`, or what a list is in order of; those whose values are numbers are said.
        catalog: Where the item is from. A year stands beside its title.

    Returns:
        A sentence that is ready to be shown, or an empty text where there is nothing to say.
    """
    told = [fact for fact in limits if style_of(fact) == "number" or _is_when(fact)][:_MOST]
    if not told or plan.item is None:
        return ""
    when = [fact for fact in told if _is_when(fact)]
    parts = [in_few_words(fact) for fact in told if fact not in when]
    for field in dict.fromkeys(fact.field for fact in when):
        parts.append(_when_text([fact for fact in when if fact.field == field]))
    raw = ", ".join(parts)
    return polish(f"{raw}.", Plan(plan.item, tuple(told), plan.slots, plan.noun, plan.plural), catalog)


def brief(plan: Plan, catalog: Catalog) -> str:
    """What a record says of an item, of which nothing has to do with the user, without a sentence made around it.

    >>> from wherefore.dialogue.facts import Fact, Plan
    >>> items = Catalog.from_records([{"title": "Rye loaf", "genres": "Bread"}])
    >>> brief(Plan(items.items[0], (Fact("genres", "Bread", "", "own"),), {}, "recipe", "recipes"), items)
    'A bread recipe.'

    Args:
        plan: The item's plan; all its facts are of kind `own`.
        catalog: Where the item is from.
    """
    noun = plan.noun.lower()
    parts = []
    for facts in by_field(plan.facts):
        if style_of(facts[0]) == "number" and len(facts) == 1:
            parts.append(in_few_words(facts[0]))
        else:
            parts.append(_VERB.sub("", min(predicates(facts, noun), key=len)))
    return polish(f"{', '.join(parts)}.", plan, catalog)


def _is_when(fact: Fact) -> bool:
    """Whether a fact is one of the times that were asked for: a departure, 13 February 2027."""
    return fact.kind == "limit" and style_of(fact) not in ("year", "number") and times_in(fact.value).is_any


def _when_text(facts: Sequence[Fact]) -> str:
    """Times of a field with what they are of: "departure 13 feb 2027"; of a mere "when" no more than those."""
    noun, told = field_noun(facts[0]), joined([said(fact) for fact in facts], "or")
    return told if noun in _MERE else f"{noun} {told}"


def refused(facts: Sequence[Fact], catalog: Catalog) -> str:
    """What was kept out, as the object of leaving out: "horror or war movies", "movies starring Adam Sandler".

    Args:
        facts: Facts of kind `avoid`, of one field.
        catalog: Where the values are from.
    """
    plural = catalog.schema.plural.lower()
    values = list(dict.fromkeys(before_noun(fact) for fact in facts))
    if style_of(facts[0]) == "modifier":
        raw = (
            listed(plural, [joined(values, "or")])
            if len(values) > 1
            else modified(facts[:1], plural, many=True)
        )
    elif style_of(facts[0]) == "label" and not by_itself(facts):
        raw = f"{plural} filed under {joined(values, 'or')}"
    else:
        raw = f"{plural} {joined([additions([fact], 'their')[0] for fact in facts], 'or')}"
    whole = polish(f"i left out {raw}.", Plan(None, tuple(facts), {}, plural, plural), catalog)
    return whole.removeprefix("I left out ").removesuffix(".")
