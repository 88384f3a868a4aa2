"""The surface of a plan: the texts that its sentence may be written with."""

from __future__ import annotations

import re

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.naming import plural
from wherefore.dialogue.facts import Plan
from wherefore.text import normal_words
from wherefore.writing import frames, phrases


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
        values.update((fact.value, fact.text))
    lower = {value.lower() for value in values}
    values |= lower | {plural(value) for value in lower} | {phrases.FORMS.get(value, "") for value in lower}
    return values - {""}, words - {""}


def opening_surface(plan: Plan) -> tuple[set[str], set[str]]:
    """What an opening may be written with: phrases that are said whole, and words.

    Only what the plan has occasion for: how many there are, but no other number; that some are left out where some
    were; that the list is short where it is.
    """
    kinds = {fact.kind for fact in plan.facts}
    total = plan.total
    counts = {total}
    texts = [*frames.LIST, "this is my suggestion" if total == 1 else "these are"]
    whole: list[str] = []
    if "liked" in kinds:
        texts += [*frames.LIKES, *frames.LIKED, " and are"]
    else:
        texts += frames.GREETINGS if kinds & {"wish", "limit"} else (*frames.GREETINGS, *frames.HINTS)
    for fact in plan.facts:
        match fact.kind:
            case "wish":
                whole += [phrases.said(fact), *phrases.FORMS.get(phrases.said(fact), "").splitlines()]
                texts.append("and")
                if fact.met is not None and fact.met != total:
                    counts.add(fact.met)
                    texts += frames.PARTLY if fact.met else frames.UNMET
                    whole += phrases.predicates([fact], plan.noun.lower())
                    whole += phrases.plural_predicates([fact], plan.plural.lower())
            case "limit":
                whole.append(phrases.limit_object(fact).removeprefix("something "))
                texts.append("with")
            case "passed":
                texts += frames.PASSED
    for group in phrases.by_field([fact for fact in plan.facts if fact.kind == "wish" and fact.met == total]):
        whole += phrases.additions(group, "their" if total > 1 else "its")
    if plan.short:
        texts += frames.SHORT
    words = {word for text in texts for word in normal_words(re.sub(r"\{\w+\}", " ", text))}
    words |= {form for count in counts for form in (phrases.number_word(count), str(count))}
    words |= {slot for slot in plan.slots if slot.startswith("@")} | {*",.?;:"}
    return {*whole, plan.noun.lower(), plan.plural.lower()} - {""}, words
