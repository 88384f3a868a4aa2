"""Facts that tie an item to what the user said, and the plans that a reply is worded from."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from wherefore.catalog.catalog import Catalog, Item, PerCatalog
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.spoken import values_of
from wherefore.dialogue.facts import Fact, FactKind, Plan
from wherefore.dialogue.messages import Dialogue, named_items
from wherefore.dialogue.spoken import limit_words
from wherefore.dialogue.state import Wish, by_words
from wherefore.text import normal_words

_COMMON = 0.5  # a value that more than this share of the items have ties nothing together
_NEAR = 0.5  # cosine from which an item is called close to another: one random pair in a hundred reaches it


class _Rarity:
    """How telling each value is: log(items that have the field / items that have the value)."""

    def __init__(self, catalog: Catalog) -> None:
        self.share: dict[str, dict[str, float]] = {}
        for spec in catalog.schema.of_kind("category", "people"):
            having = sum(1 for item in catalog.items if item.values(spec.name)) or 1
            counts = catalog.vocabulary(spec.name)
            self.share[spec.name] = {value: count / having for value, count in counts.items()}

    def __call__(self, name: str, value: str) -> float:
        return -math.log(max(self.share.get(name, {}).get(value, 1.0), 1e-9))


_rarity = PerCatalog(_Rarity)


@dataclass(frozen=True, slots=True)
class _Weighed:
    fact: Fact
    weight: float


def _fact(spec: FieldSpec, value: str, kind: FactKind, because: str, **more: str | None) -> Fact:
    return Fact(
        field=spec.name,
        value=value,
        because=because,
        kind=kind,
        source=more.get("source"),
        said=more.get("said") or "",
        ask=more.get("ask") or "",
        template=spec.phrase,
        label=spec.label or spec.name,
        field_kind=spec.kind,
        unit=spec.unit,
    )


def record_fact(spec: FieldSpec, value: str) -> Fact:
    """A value of a record, or a field without one, that has nothing to do with the user."""
    return _fact(spec, value, "own", "it is in its record")


def _weighed(
    item: Item, dialogue: Dialogue, catalog: Catalog, similarity: Mapping[str, float] | None
) -> list[_Weighed]:
    """All that ties the item to the user's words, the most telling first; then some facts of its own."""
    rarity = _rarity(catalog)
    preferences = dialogue.preferences
    specs = {spec.name: spec for spec in catalog.schema.filterable}
    found: list[_Weighed] = []
    taken: set[tuple[str, str]] = set()

    for wish in preferences.wanted:
        spec = specs.get(wish.field)
        if spec is not None and wish.value in values_of(item, spec) and (spec.name, wish.value) not in taken:
            taken.add((spec.name, wish.value))
            fact = _fact(spec, wish.value, "wish", "you asked for it", said=wish.said)
            found.append(_Weighed(fact, 10 + 4 * wish.strength + rarity(spec.name, wish.value)))

    ties: dict[str, list[_Weighed]] = {}
    for liked_id in preferences.liked:
        if liked_id not in catalog or liked_id == item.id:
            continue
        liked = catalog[liked_id]
        for spec in catalog.schema.of_kind("category", "people"):
            theirs = set(liked.values(spec.name))
            for value in values_of(item, spec):
                weight = rarity(spec.name, value)
                if value in theirs and weight > -math.log(_COMMON) and (spec.name, value) not in taken:
                    fact = _fact(spec, value, "shared", f"{liked.title} has it too", source=liked_id)
                    first = {one.values(spec.name)[:1] for one in (item, liked)} == {(value,)}
                    if fact.template.startswith(("in {", "from {")) and not first:
                        continue  # that somebody speaks French in both makes no two films alike
                    ties.setdefault(liked_id, []).append(_Weighed(fact, weight * _pull(spec)))
    # The liked item that has most in common comes first, so that facts gather around one title.
    for liked_id in sorted(ties, key=lambda i: -sum(tie.weight for tie in ties[i])):
        for tie in sorted(ties[liked_id], key=lambda tie: -tie.weight)[:4]:
            if (tie.fact.field, tie.fact.value) not in taken:
                taken.add((tie.fact.field, tie.fact.value))
                found.append(replace(tie, weight=5 + tie.weight if tie.weight > 1 else 1.5 + tie.weight))

    for name in dict.fromkeys(limit.field for limit in preferences.limits):
        spec = specs.get(name)
        limits = [limit for limit in preferences.limits if limit.field == name]
        if spec is None or not values_of(item, spec) or not all(x.allows(item, catalog) for x in limits):
            continue
        ask = limit_words(limits, spec)
        said = ", ".join(dict.fromkeys(limit.said for limit in limits if limit.said))
        fact = _fact(spec, values_of(item, spec)[0], "limit", f"you asked for {ask}", said=said, ask=ask)
        found.append(_Weighed(fact, 6.5))

    record = {tuple(normal_words(value)) for spec in specs.values() for value in values_of(item, spec)}
    for wish in _spoken_for(preferences.unwanted):
        spec = specs.get(wish.field)
        listed = spec is not None and spec.kind in ("category", "people")
        # A keyword "war" that is not there cannot be mentioned when the genre "War" is.
        if spec is not None and listed and tuple(normal_words(wish.value)) not in record:
            fact = _fact(spec, wish.value, "avoid", "you did not want it", said=wish.said)
            found.append(_Weighed(fact, 4.0))

    near = {i: s for i, s in (similarity or {}).items() if i in preferences.liked and i != item.id}
    if near:
        closest = max(near, key=lambda i: near[i])
        if near[closest] >= _NEAR and closest not in ties and closest in catalog:
            because = f"of what you liked, {catalog[closest].title} is the closest"
            found.append(_Weighed(Fact("", "", because, "similar", closest), 7.0))

    own: list[_Weighed] = []
    told = {tuple(normal_words(value)) for _, value in taken}  # "comedy" may be a genre and a keyword
    for spec in catalog.schema.filterable:
        for place, value in enumerate(values_of(item, spec)[:2]):
            if tuple(normal_words(value)) in told or any(w.fact.field == spec.name for w in own):
                continue
            if (
                spec.kind in ("category", "people")
                and rarity(spec.name, value) <= -math.log(_COMMON)
                and place == 0
            ):
                continue
            fact = record_fact(spec, value)
            leading = spec.kind == "people" or (spec.kind == "category" and spec.phrase == "{}")
            own.append(_Weighed(fact, 2.0 if leading else 1.0))
    if not own and not found:  # everything about it is common: say that rather than nothing
        for spec in catalog.schema.filterable:
            for value in values_of(item, spec)[:1]:
                own.append(_Weighed(record_fact(spec, value), 0.5))
    found.extend(own)
    return sorted(found, key=lambda weighed: -weighed.weight)


def evidence(
    item: Item,
    dialogue: Dialogue,
    catalog: Catalog,
    similarity: Mapping[str, float] | None = None,
    limit: int = 3,
) -> tuple[Fact, ...]:
    """The most telling facts that tie an item to what the user said.

    Wishes that the item meets come first, then what it shares with liked items (the rarer the better), limits
    that it passes, the closest liked item and what it rightly lacks. Facts of its own fill in when nothing
    else is known, so there is at least one whenever the record holds anything.

    Args:
        item: The item to explain.
        dialogue: What the user said.
        catalog: Where the item and the liked items are from.
        similarity: How close the item is to each liked item (cosine, by the liked item's id).
        limit: At most this many facts.
    """
    return _choose(_weighed(item, dialogue, catalog, similarity), limit, Counter())


def _pull(spec: FieldSpec) -> float:
    """How much a shared value of a field says: where something is from or in what language says less."""
    told = spec.kind == "people" or spec.phrase.startswith(("{}", "about "))
    return 1.0 if told else 0.3


def _key(fact: Fact) -> tuple[str, str, str, str]:
    return (fact.kind, fact.field, fact.value if fact.kind != "limit" else "", fact.source or "")


def _choose(
    weighed: Sequence[_Weighed], limit: int, used: Mapping[tuple[str, str, str, str], int]
) -> tuple[Fact, ...]:
    """The weightiest facts, where what was said before counts for less and one kind does not crowd out all."""
    left = list(weighed)
    chosen: list[Fact] = []
    sources: set[str] = set()
    while left and len(chosen) < limit:

        def worth(candidate: _Weighed) -> float:
            fact = candidate.fact
            crowd = sum(1 for other in chosen if other.kind == fact.kind)
            same_field = sum(1 for other in chosen if other.field == fact.field and fact.field)
            other_source = bool(sources) and fact.source is not None and fact.source not in sources
            return (
                candidate.weight
                * (0.75 if fact.kind == "wish" else 0.55) ** used.get(_key(fact), 0)
                * 0.75**crowd
                * 0.7**same_field
                - 3.0 * other_source
            )

        best = max(left, key=worth)
        left.remove(best)
        fact = best.fact
        tied = [other for other in chosen if other.kind != "own"]
        if fact.kind == "own" and tied and not all(used.get(_key(other), 0) for other in tied):
            continue  # facts of its own are for when nothing else is known or all of it was said already
        if fact.kind == "own" and sum(1 for other in chosen if other.kind == "own") >= (1 if tied else 2):
            continue
        if fact.kind == "avoid" and any(other.kind == "avoid" for other in chosen):
            continue
        chosen.append(fact)
        if fact.source:
            sources.add(fact.source)
    order: dict[str, int] = {"wish": 0, "shared": 1, "similar": 2, "own": 3, "limit": 4, "avoid": 5}
    return tuple(sorted(chosen, key=lambda fact: order[fact.kind]))


def plan_reasons(
    items: Sequence[Item],
    dialogue: Dialogue,
    catalog: Catalog,
    similarity: Mapping[str, Mapping[str, float]] | None = None,
    limit: int = 2,
) -> tuple[Plan, ...]:
    """One plan per listed item. Over one list the facts vary as far as the records allow.

    Args:
        items: The listed items, best first.
        dialogue: What the user said.
        catalog: Where they are from.
        similarity: Per listed item's id, its closeness to each liked item.
        limit: Facts per sentence.
    """
    named = {item_id: f"@{number}" for number, item_id in enumerate(named_items(dialogue), 1)}
    weighed = [
        _weighed(item, dialogue, catalog, similarity.get(item.id) if similarity else None) for item in items
    ]
    used = _told_of_all(weighed)
    plans = []
    for number, (item, known) in enumerate(zip(items, weighed, strict=True), 1):
        facts = _choose(known, limit, used)
        used.update(_key(fact) for fact in facts)
        slots = {named[fact.source]: fact.source for fact in facts if fact.source in named}
        slots[f"#{number}"] = item.id
        plans.append(Plan(item, facts, slots, catalog.schema.noun, catalog.schema.plural))
    return tuple(plans)


def _told_of_all(weighed: Sequence[Sequence[_Weighed]]) -> Counter[tuple[str, str, str, str]]:
    """What every item meets, which the opening says: a reason has better things to say than that once more."""
    if len(weighed) < 2:
        return Counter()
    met = [
        {_key(one.fact) for one in known if one.fact.kind in ("wish", "limit", "avoid")} for known in weighed
    ]
    return Counter({key: 1 if key[0] == "wish" else 2 for key in set.intersection(*met)})


def _spoken_for(wishes: Sequence[Wish]) -> list[Wish]:
    """One wish for each piece of what the user said: "not gory" may rule out a dozen keywords, but said it once."""
    single = [wish for wish in wishes if not wish.also]  # of what has both, neither may be said to be absent
    return list({(wish.said, wish.field): wish for wish in reversed(single)}.values())[::-1]


def _to_tell(
    group: Sequence[Wish], items: Sequence[Item], specs: Mapping[str, FieldSpec]
) -> list[tuple[Wish, int]]:
    """What to tell of a wish that several values may stand for, with how many items have each: "something weird".

    The values that all items have; where some have one and the rest another, nothing; else the most frequent one.
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
    return [(group[best], len(holders[best]))]


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
    facts: list[Fact] = []
    named = [item_id for item_id in named_items(dialogue) if item_id in catalog]
    slots: dict[str, str] = {}
    for number, item_id in enumerate(named, 1):
        if item_id in preferences.liked and len(slots) < 2:
            slots[f"@{number}"] = item_id
            facts.append(Fact("", "", "you liked it", "liked", item_id))
    for group in by_words([wish for wish in preferences.wanted if wish.field in specs])[-3:]:
        for wish, met in _to_tell(group, items, specs):
            ask = f"{met} of {total}"
            facts.append(
                _fact(specs[wish.field], wish.value, "wish", "you asked for it", said=wish.said, ask=ask)
            )
    for name in dict.fromkeys(limit.field for limit in preferences.limits):
        spec = specs.get(name)
        if spec is not None:
            limits = [limit for limit in preferences.limits if limit.field == name]
            ask = limit_words(limits, spec)
            facts.append(_fact(spec, "", "limit", f"you asked for {ask}", said=limits[-1].said, ask=ask))
    for wish in _spoken_for(preferences.unwanted)[-2:]:
        spec = specs.get(wish.field)
        # What should rather not be may be: of that it is said only where it is so.
        if spec is not None and not any(wish.value in values_of(item, spec) for item in items):
            facts.append(
                _fact(spec, wish.value, "avoid", "you did not want it", said=wish.said, ask=f"0 of {total}")
            )
    if preferences.seen or preferences.rejected:
        facts.append(Fact("", "", "you have seen or turned down some", "passed"))
    short = asked is not None and total < asked
    facts.append(Fact("", str(total), "the list", "count", ask=f"of {asked if short else total}"))
    slots.update({f"#{number}": item.id for number, item in enumerate(items, 1)})
    return Plan(None, tuple(facts), slots, catalog.schema.noun, catalog.schema.plural)
