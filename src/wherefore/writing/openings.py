"""Openings: what stands before a list, worded by the grammar from a plan."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from wherefore.dialogue.facts import Fact, Plan, slot_of
from wherefore.text import joined
from wherefore.writing import frames, phrases


def opening(plan: Plan, rng: Random) -> str:
    """One raw opening, a sentence or two, for an opening's plan.

    Args:
        plan: A plan without an item.
        rng: The source of variety.

    Raises:
        ValueError: If the plan has an item (use `word`), or no list.
    """
    if plan.item is not None:
        raise ValueError("a plan with an item is a reason's; call `word`")
    total = plan.total
    limits = [fact for fact in plan.facts if fact.kind == "limit"]
    if total == 0:
        raise ValueError("an opening introduces items; `advice` words an empty list")
    wishes = [fact for fact in plan.facts if fact.kind == "wish"]
    met = [fact for fact in wishes if fact.met == total]
    likes = [slot for fact in plan.facts if fact.kind == "liked" and (slot := slot_of(plan, fact.source))]
    one = total == 1
    noun = plan.noun.lower() if one else plan.plural.lower()
    count = phrases.number_word(total)
    nps = _plural_phrase(met, limits, noun, not one, rng)
    text = rng.choice(frames.LIST)
    text = text.replace("{these} {n}", "this" if one else f"these {count}")
    text = text.replace("{are}", "is" if one else "are").replace("{n}", count).replace("{nps}", nps)
    if one:
        text = text.replace("my suggestions are this", "my suggestion is this")
    if likes:
        lead = rng.choice(frames.LIKES).replace("{a}", joined(likes))
        lead = lead.replace(" is to your taste", " are to your taste") if len(likes) > 1 else lead
        text = lead.replace("{liked}", rng.choice(frames.LIKED)) + text
    else:
        text = rng.choice(frames.GREETINGS) + text
    text += _rest(plan, [fact for fact in wishes if fact not in met], rng)
    if not (likes or wishes or limits) and rng.random() < 0.6:
        text += rng.choice(frames.HINTS)
    return text


def _plural_phrase(met: Sequence[Fact], limits: Sequence[Fact], noun: str, many: bool, rng: Random) -> str:
    """The listed items as a noun phrase: "horror movies with x from after 2000"."""
    fields = phrases.by_field(met)
    modifiers = [group for group in fields if phrases.style_of(group[0]) == "modifier"]
    phrase = noun
    if modifiers:
        values = list(dict.fromkeys(phrases.before_noun(fact) for fact in modifiers[0]))
        phrase = phrases.listed(noun, values)
        if (
            len(modifiers[0]) == 1
            and phrases.stands_alone(modifiers[0][0])
            and phrases.preceded(noun, values[0]) != noun
        ):
            phrase = phrases.modified(modifiers[0], noun, many)
    rest = [group for group in fields if phrases.style_of(group[0]) != "modifier"]
    order = {"person": 0, "prep": 1, "label": 2, "tag": 3}
    rest.sort(key=lambda g: (order.get(phrases.style_of(g[0]), 9), not g[0].template.startswith("by ")))
    owner = "their" if many else "its"
    for group in rest:
        phrase += f" {rng.choice(phrases.additions(group, owner))}"
    for limit in limits[:2]:
        wished = phrases.limit_object(limit)
        plain = wished.startswith("something ")
        phrase += f" {wished.removeprefix('something ')}" if plain else f" with {wished}"
    return phrase


def _rest(plan: Plan, unmet: Sequence[Fact], rng: Random) -> str:
    """The sentences after the first: what is not met, how many there are. At most two."""
    out: list[str] = []
    for fact in unmet:
        out.append(_unmet(fact, plan, not out, rng))
    if plan.short:
        out.append(rng.choice(frames.SHORT))
    if any(fact.kind == "passed" for fact in plan.facts) and rng.random() < 0.8:
        out.append(rng.choice(frames.PASSED if plan.total > 1 else frames.PASSED[::2]))
    return "".join(out[:2])


def _unmet(wish: Fact, plan: Plan, first: bool, rng: Random) -> str:
    """That only some of the listed items meet a wish, or none; `first` where nothing was said of others before."""
    noun, plural = plan.noun.lower(), plan.plural.lower()
    if wish.met:
        one = wish.met == 1
        vps = rng.choice(
            phrases.predicates([wish], noun) if one else phrases.plural_predicates([wish], plural)
        )
        text = rng.choice(frames.PARTLY[:-1] if first else frames.PARTLY[-1:])
        return text.replace("{n}", phrases.number_word(wish.met)).replace("{vps}", vps)
    vp = rng.choice(phrases.predicates([wish], noun))
    text = rng.choice(frames.UNMET if plan.total > 1 else frames.UNMET[2:])
    text = text.replace("{vp}", vp).replace("{v}", phrases.said(wish))
    return text.replace("these are the nearest", "this is the nearest") if plan.total == 1 else text
