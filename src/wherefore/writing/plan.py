"""Plans: which facts each sentence of a reply says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.spoken import values_of
from wherefore.dialogue.facts import Fact, Plan
from wherefore.dialogue.messages import Dialogue, named_items
from wherefore.dialogue.spoken import limit_words
from wherefore.dialogue.state import Wish, by_words
from wherefore.writing.asides import aside
from wherefore.writing.evidence import FactKey, Weighed, choose, fact_key, fact_of, weigh, weigh_ties
from wherefore.writing.phrases import style_of
from wherefore.writing.quotes import Quote

_WISHES_TOLD = 3  # in an opening, the newest
_THREADS = 1  # values that tie a list together, told in an opening
_NAMED = 1.5  # times as many records name a value as have it where tags are not to be relied on


def plan_reasons(
    items: Sequence[Item],
    dialogue: Dialogue,
    catalog: Catalog,
    similarity: Mapping[str, Mapping[str, float]] | None = None,
    limit: int = 2,
    quotes: Mapping[str, Quote] | None = None,
) -> tuple[Plan, ...]:
    """One plan per listed item. Over one list the facts vary as far as the records allow.

    Args:
        items: The listed items, best first.
        dialogue: What the user said.
        catalog: Where they are from.
        similarity: Per listed item's id, its closeness to each liked item.
        limit: Facts per sentence.
        quotes: What is told of an item in its record's words, by its id; facts that have nothing to do with the user
            are left out then.
    """
    named = {item_id: f"@{number}" for number, item_id in enumerate(named_items(dialogue), 1)}
    weighed = [weigh(item, dialogue, catalog, (similarity or {}).get(item.id)) for item in items]
    used = _told_of_all(weighed)
    once = _said_in_opening(weighed, dialogue)
    thread = {(fact.field, fact.value) for fact in common_thread(items, dialogue, catalog)}
    plans = []
    for number, (item, known) in enumerate(zip(items, weighed, strict=True), 1):
        told = (quotes or {}).get(item.id)
        general = [one for one in known if fact_key(one.fact) in once or _is_told(one.fact, thread)]
        apart = [one for one in known if one not in general]
        if told is not None:
            known = [one for one in apart if one.fact.kind != "own"]
        elif apart and len(items) > 1:
            known = apart
        facts = choose(known, limit, used)
        used.update(fact_key(fact) for fact in facts)
        slots = {named[fact.source]: fact.source for fact in facts if fact.source in named}
        slots[f"#{number}"] = item.id
        plan = Plan(item, facts, slots, catalog.schema.noun, catalog.schema.plural)
        if told is not None:
            plan = replace(plan, quote=told.text, quoted=told.facts, answers=told.answers)
        told_once = tuple(one.fact for one in general if one.fact not in facts)
        limits = [fact for fact in told_once if fact.kind in ("limit", "own")]
        plan = replace(plan, told_once=told_once, aside=aside(plan, limits, catalog))
        plans.append(plan)
    return tuple(plans)


def _told_of_all(weighed: Sequence[Sequence[Weighed]]) -> Counter[FactKey]:
    """What every item meets, which the opening says: a reason has better things to say than that once more."""
    if len(weighed) < 2:
        return Counter()
    met = [
        {fact_key(one.fact) for one in known if one.fact.kind in ("wish", "limit", "avoid")}
        for known in weighed
    ]
    return Counter({key: 1 if key[0] == "wish" else 2 for key in set.intersection(*met)})


def _said_in_opening(weighed: Sequence[Sequence[Weighed]], dialogue: Dialogue) -> set[FactKey]:
    """What holds of every item and is said before the list, so that five reasons need not say it again.

    The limits and refusals, which hold by construction, and the wishes that all items meet, as far as the opening says
    them.
    """
    keys = [{fact_key(one.fact) for one in known} for known in weighed]
    shared = set.intersection(*keys) if keys else set()
    newest = {wish.said for group in by_words(dialogue.preferences.wanted)[-_WISHES_TOLD:] for wish in group}
    facts = [one.fact for known in weighed for one in known]
    held = {fact_key(fact) for fact in facts if fact.kind in ("limit", "avoid")}
    met = {fact_key(fact) for fact in facts if fact.kind == "wish" and fact.said in newest}
    return held | (met & shared)


def _is_told(fact: Fact, thread: Collection[tuple[str, str]]) -> bool:
    """Whether a fact is part of the list's common thread, or is what the list is in order of."""
    in_order = fact.kind == "own" and bool(fact.said)
    return in_order or (fact.kind == "shared" and (fact.field, fact.value) in thread)


def common_thread(items: Sequence[Item], dialogue: Dialogue, catalog: Catalog) -> tuple[Fact, ...]:
    """What ties the whole list to what was liked: genre-like values of a liked item that every listed item has.

    Args:
        items: The listed items.
        dialogue: What the user said.
        catalog: Where the items are from.

    Returns:
        At most one fact, of kind `shared`, the rarest; none of a single item, or of what was wished for.
    """
    preferences = dialogue.preferences
    if len(items) < 2:
        return ()
    wished = {(wish.field, wish.value) for wish in preferences.wanted}
    found: dict[tuple[str, str], Weighed] = {}
    for weighed in weigh_ties(items[0], preferences.liked, catalog):
        fact = weighed.fact
        spec = catalog.schema.spec(fact.field)
        whole = all(fact.value in values_of(item, spec) for item in items)
        if whole and style_of(fact) == "modifier" and (fact.field, fact.value) not in wished:
            found.setdefault((fact.field, fact.value), weighed)
    best = sorted(found.values(), key=lambda one: -one.weight)
    return tuple(one.fact for one in best[:_THREADS])


def plan_opening(
    items: Sequence[Item], dialogue: Dialogue, catalog: Catalog, asked: int | None = None
) -> Plan:
    """The plan of the sentence before the list: what was asked, and how much of it the list meets.

    Args:
        items: The listed items, one or more.
        dialogue: What the user said.
        catalog: Where the items are from.
        asked: How many items were to be listed, when that is more than there are.
    """
    preferences = dialogue.preferences
    specs = {spec.name: spec for spec in catalog.schema.filterable}
    total = len(items)
    named = [item_id for item_id in named_items(dialogue) if item_id in catalog]
    liked = [(f"@{n}", item_id) for n, item_id in enumerate(named, 1) if item_id in preferences.liked][:2]
    facts = [Fact("", "", "you liked it", "liked", item_id) for _, item_id in liked]
    for group in by_words([wish for wish in preferences.wanted if wish.field in specs])[-_WISHES_TOLD:]:
        for wish, met in _to_tell(group, items, specs, catalog):
            ask, spec = f"{met} of {total}", specs[wish.field]
            facts.append(fact_of(spec, wish.value, "wish", "you asked for it", said=wish.said, ask=ask))
    for fact in common_thread(items, dialogue, catalog):
        facts.append(replace(fact, kind="wish", source=None, ask=f"{total} of {total}"))
    for name in dict.fromkeys(limit.field for limit in preferences.limits if limit.field in specs):
        limits = [limit for limit in preferences.limits if limit.field == name]
        ask = limit_words(limits, specs[name])
        facts.append(fact_of(specs[name], "", "limit", f"you asked for {ask}", said=limits[-1].said, ask=ask))
    if preferences.seen or preferences.rejected:
        facts.append(Fact("", "", "you have seen or turned down some", "passed"))
    short = asked is not None and total < asked
    facts.append(Fact("", str(total), "the list", "count", ask=f"of {asked if short else total}"))
    slots = {**dict(liked), **{f"#{number}": item.id for number, item in enumerate(items, 1)}}
    return Plan(None, tuple(facts), slots, catalog.schema.noun, catalog.schema.plural)


def _to_tell(
    group: Sequence[Wish], items: Sequence[Item], specs: Mapping[str, FieldSpec], catalog: Catalog
) -> list[tuple[Wish, int]]:
    """What to tell of a wish that several values may stand for ("something weird"), with how many items have each.

    The values that all items have; where some have one and the rest another, or tags tell little of it ("soft", of
    clothes whose texts say so), nothing; else the most frequent one.
    """
    holders = [
        {place for place, item in enumerate(items) if wish.value in values_of(item, specs[wish.field])}
        for wish in group
    ]
    told = [
        (wish, len(items)) for wish, places in zip(group, holders, strict=True) if len(places) == len(items)
    ]
    if told or len(set().union(*holders)) == len(items):
        return told[:2]
    best = max(range(len(group)), key=lambda number: len(holders[number]))
    if specs[group[best].field].has_tags and _is_rarely_tagged(group[best], catalog):
        return []
    return [(group[best], len(holders[best]))]


def _is_rarely_tagged(wish: Wish, catalog: Catalog) -> bool:
    """Whether many more records name a value than have it: then that an item does not have it tells nothing."""
    tagged = catalog.vocabulary(wish.field).get(wish.value, 0)
    return int(catalog.naming(wish.value).sum()) > _NAMED * tagged
