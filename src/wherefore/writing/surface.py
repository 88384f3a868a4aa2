"""The surface of a plan: the texts that its sentence may be written with."""

from __future__ import annotations

import re

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.naming import plural
from wherefore.dialogue.facts import Plan
from wherefore.text import normal_words
from wherefore.writing.frames import (
    AVOIDED,
    AVOIDED_PLACE,
    AVOIDED_TAG,
    GREETINGS,
    HINTS,
    LIKED,
    LIKES,
    LIST,
    PARTLY,
    PASSED,
    SHORT,
    UNMET,
)
from wherefore.writing.phrases import (
    FORMS,
    additions,
    by_field,
    limit_object,
    number_word,
    plural_predicates,
    predicates,
    prefix_of,
    said,
    style_of,
)


def surface(plan: Plan, catalog: Catalog) -> tuple[set[str], set[str]]:
    """The values that a reason may say, in the forms in which they are said, and what other texts it may hold."""
    values: set[str] = set()
    words = {plan.noun, plan.plural, *plan.slots, "item", "keyword"}
    if plan.item is not None:
        for spec, value in catalog.facts(plan.item):
            words.add(spec.label or spec.name)
            values.update(map(str, value[:3]) if isinstance(value, tuple) else [str(value)])
    for fact in plan.facts:
        words.update((fact.label, fact.unit, fact.ask, fact.template.replace("{}", " ")))
        values.add(fact.value)
    lower = {value.lower() for value in values}
    values |= lower | {plural(value) for value in lower} | {FORMS[value] for value in lower if value in FORMS}
    return {value for value in values if value}, {text for text in words if text}


def opening_surface(plan: Plan) -> tuple[set[str], set[str]]:
    """What an opening may be written with: phrases that are said whole, and words.

    Only what the plan has occasion for: how many there are, but no other number; that some are left out where some
    were; that the list is short where it is.
    """
    kinds = {fact.kind for fact in plan.facts}
    total = plan.total
    counts = {total}
    frames = [*LIST, "this is my suggestion" if total == 1 else "these are"]
    phrases: list[str] = []
    if "liked" in kinds:
        frames += [*LIKES, *LIKED, " and are"]
    else:
        frames += GREETINGS if kinds & {"wish", "limit"} else (*GREETINGS, *HINTS)
    for fact in plan.facts:
        match fact.kind:
            case "wish":
                phrases += [said(fact), *FORMS.get(said(fact), "").splitlines()]
                frames.append("and")
                if fact.met is not None and fact.met != total:
                    counts.add(fact.met)
                    frames += PARTLY if fact.met else UNMET
                    phrases += predicates([fact], plan.noun.lower())
                    phrases += plural_predicates([fact], plan.plural.lower())
            case "limit":
                phrases.append(limit_object(fact).removeprefix("something "))
                frames.append("with")
            case "avoid":
                frames += [*(AVOIDED_TAG if style_of(fact) == "tag" else AVOIDED), "and or"]
                frames += [one.replace("{of}", prefix_of(fact)) for one in AVOIDED_PLACE]
                phrases.append(said(fact))
            case "passed":
                frames += PASSED
    for group in by_field([fact for fact in plan.facts if fact.kind == "wish" and fact.met == total]):
        phrases += additions(group)
    if plan.short:
        frames += SHORT
    words = {word for text in frames for word in normal_words(re.sub(r"\{\w+\}", " ", text))}
    words |= {form for count in counts for form in (number_word(count), str(count))}
    words |= {slot for slot in plan.slots if slot.startswith("@")} | {*",.?;:"}
    return {*phrases, plan.noun.lower(), plan.plural.lower()} - {""}, words
