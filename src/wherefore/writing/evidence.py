"""Evidence: the facts that tie an item to what the user said, weighed by how much each tells."""

from __future__ import annotations

import math
import weakref
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from wherefore.catalog.catalog import Catalog, Item, PerCatalog
from wherefore.catalog.codes import is_graded
from wherefore.catalog.ranks import base_name
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.spoken import is_flag, spoken_template, value_text, values_of
from wherefore.catalog.times import WHEN, asked_of, asked_words, dates_told
from wherefore.dialogue.facts import Fact, FactKind
from wherefore.dialogue.messages import Dialogue
from wherefore.dialogue.spoken import limit_words
from wherefore.dialogue.state import Limit, Preferences, Wish
from wherefore.text import normal_words
from wherefore.writing.telling import can_be_said, telling

_COMMON = 0.5  # a value that more than this share of the items have ties nothing together
_BY_ORDER = (
    30.0  # weight of the number by which the list is in order: who asks for the cheapest asks for prices
)
_NEAR = 0.5  # cosine from which an item is called close to another: one random pair in a hundred reaches it
_DATE_AT_MOST = 40  # characters of a cell that holds a date and little else
_ORDER: tuple[FactKind, ...] = ("wish", "shared", "similar", "own", "limit", "avoid")  # in a sentence

FactKey = tuple[str, str, str, str]


class _Rarity:
    """How telling each value is: log(items that have the field / items that have the value)."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = weakref.proxy(catalog)  # it lives as long as the catalogue does
        self._fields = frozenset(spec.name for spec in catalog.schema.valued)

    def __call__(self, name: str, value: str) -> float:
        count = self._catalog.vocabulary(name).get(value, 0) if name in self._fields else 0
        share = count / (self._catalog.having(name) or 1) if count else 1.0
        return -math.log(max(share, 1e-9))

    def common(self, name: str, value: str) -> bool:
        """Whether so many items have the value that it ties nothing together."""
        return self(name, value) <= -math.log(_COMMON)


_rarity = PerCatalog(_Rarity)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A fact, and how much it tells."""

    fact: Fact
    weight: float


def fact_of(
    spec: FieldSpec,
    value: str,
    kind: FactKind,
    because: str,
    source: str | None = None,
    said: str = "",
    ask: str = "",
) -> Fact:
    """A fact about a field."""
    label = spec.label or spec.name
    template = spoken_template(spec.called, spec.phrase, spec.is_number)
    words = next(iter(spec.stands_for(value)), "") or date_words(spec, value)
    return Fact(
        spec.name, value, because, kind, source, said, ask, template, label, spec.kind, spec.unit, words
    )


def date_words(spec: FieldSpec, value: str, month_first: bool | None = None) -> str:
    """A category that is a date in numbers as people say it: "1 September 2025"; empty of other values."""
    if not spec.has_tags or not value[:1].isdigit() or len(value) > _DATE_AT_MOST:
        return ""
    told = dates_told(value, month_first)
    return told if told != value else ""


def record_fact(spec: FieldSpec, value: str) -> Fact:
    """A value of a record, or a field without one, that has nothing to do with the user."""
    return fact_of(spec, value, "own", "it is in its record")


def fact_key(fact: Fact) -> FactKey:
    """What makes two facts the same thing to say."""
    return (fact.kind, fact.field, fact.value if fact.kind != "limit" else "", fact.source or "")


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
    return choose(weigh(item, dialogue, catalog, similarity), limit, Counter())


def weigh(
    item: Item, dialogue: Dialogue, catalog: Catalog, similarity: Mapping[str, float] | None
) -> list[Weighed]:
    """All that ties the item to the user's words, the most telling first; then some facts of its own."""
    preferences = dialogue.preferences
    met = _wishes_met(item, preferences.wanted, catalog)
    taken = {(one.fact.field, one.fact.value) for one in met}
    ties = _ties(item, preferences.liked, taken, catalog)
    shared = _shared(ties)
    taken |= {(one.fact.field, one.fact.value) for one in shared}
    near = {i: s for i, s in (similarity or {}).items() if i in preferences.liked and i != item.id}
    found = [
        *met,
        *shared,
        *_limits_passed(item, preferences.limits, catalog),
        *_in_order(item, preferences, catalog),
        *_rightly_absent(item, preferences.unwanted, catalog),
        *_closest(near, ties, catalog),
    ]
    own = _own(item, {tuple(normal_words(value_text(value))) for _, value in taken}, catalog)
    limited = {one.fact.field for one in found if one.fact.kind == "limit"}
    limited |= {one.fact.field for one in found if one.fact.kind == "own"}
    own = [one for one in own if one.fact.field not in limited]
    if not own and not found:  # everything about it is common: say that rather than nothing
        own = [
            Weighed(record_fact(spec, value), 0.5)
            for spec in catalog.schema.filterable
            for value in values_of(item, spec)[:1]
        ]
        told = telling(catalog)
        spoken = [one for one in own if one.fact.field in told]
        own = [
            one for one in spoken if can_be_said(one.fact.value, catalog.schema.spec(one.fact.field))
        ] or own
    return sorted([*found, *own], key=lambda weighed: -weighed.weight)


def weigh_ties(item: Item, liked: Sequence[str], catalog: Catalog) -> list[Weighed]:
    """The telling values that an item has in common with liked items, whichever has most in common first."""
    return _shared(_ties(item, liked, set(), catalog))


def _wishes_met(item: Item, wanted: Sequence[Wish], catalog: Catalog) -> list[Weighed]:
    """The wishes that the item meets, each value once."""
    rarity, specs = _rarity(catalog), _specs(catalog)
    found: dict[tuple[str, str], Weighed] = {}
    for wish in wanted:
        spec = specs.get(wish.field)
        if spec is not None and wish.value in values_of(item, spec) and (spec.name, wish.value) not in found:
            fact = fact_of(spec, wish.value, "wish", "you asked for it", said=wish.said)
            weight = 10 + 4 * wish.strength + rarity(spec.name, wish.value)
            found[spec.name, wish.value] = Weighed(fact, weight)
    return list(found.values())


def _ties(
    item: Item, liked: Sequence[str], taken: set[tuple[str, str]], catalog: Catalog
) -> dict[str, list[Weighed]]:
    """Per liked item's id, the telling values that the item has in common with it."""
    rarity, told = _rarity(catalog), telling(catalog)
    ties: dict[str, list[Weighed]] = {}
    for liked_id in liked:
        if liked_id not in catalog or liked_id == item.id:
            continue
        other = catalog[liked_id]
        for spec in (one for one in catalog.schema.valued if one.name in told):
            theirs = set(other.values(spec.name))
            for value in values_of(item, spec):
                if value not in theirs or rarity.common(spec.name, value) or (spec.name, value) in taken:
                    continue
                if not can_be_said(value, spec):
                    continue
                first = {one.values(spec.name)[:1] for one in (item, other)} == {(value,)}
                if spec.phrase.startswith(("in {", "from {")) and not first:
                    continue  # that somebody speaks French in both makes no two films alike
                fact = fact_of(spec, value, "shared", f"{other.title} has it too", source=liked_id)
                weight = rarity(spec.name, value) * _pull(spec)
                ties.setdefault(liked_id, []).append(Weighed(fact, weight))
    return ties


def _pull(spec: FieldSpec) -> float:
    """How much a shared value of a field tells: where something is from, or in what language, tells less."""
    return 1.0 if spec.has_names or spec.phrase.startswith(("{}", "about ")) else 0.3


def _shared(ties: Mapping[str, list[Weighed]]) -> list[Weighed]:
    """The best ties. The liked item with most in common comes first, so that facts gather around one title."""
    found: dict[tuple[str, str], Weighed] = {}
    for liked_id in sorted(ties, key=lambda one: -sum(tie.weight for tie in ties[one])):
        for tie in sorted(ties[liked_id], key=lambda tie: -tie.weight)[:4]:
            weight = 5 + tie.weight if tie.weight > 1 else 1.5 + tie.weight
            found.setdefault((tie.fact.field, tie.fact.value), replace(tie, weight=weight))
    return list(found.values())


def _limits_passed(item: Item, limits: Sequence[Limit], catalog: Catalog) -> list[Weighed]:
    """The fields whose limits the item passes."""
    specs = _specs(catalog)
    found = []
    for name in dict.fromkeys(limit.field for limit in limits):
        if name.startswith(WHEN):
            found += _when(item, name, limits, catalog)
            continue
        spec = specs.get(name)
        here = [limit for limit in limits if limit.field == name]
        if spec is None or not values_of(item, spec) or not all(x.allows(item, catalog) for x in here):
            continue
        ask = limit_words(here, spec)
        said = ", ".join(dict.fromkeys(limit.said for limit in here if limit.said))
        fact = fact_of(spec, values_of(item, spec)[0], "limit", f"you asked for {ask}", said=said, ask=ask)
        found.append(Weighed(fact, 6.5))
    return found


def _when(item: Item, name: str, limits: Sequence[Limit], catalog: Catalog) -> list[Weighed]:
    """The times of an item that fit what is asked of a field's times."""
    one = asked_of(name)
    spec = _specs(catalog).get(one.field)
    if spec is None or one.refused:
        return []
    values = item.values(one.field)
    own = item.get(one.field)
    day = date_words_of(own) if spec.is_date and isinstance(own, str) else ""
    shown = one.shown(values)[:2] if values else (day,) if day else values_of(item, spec)[:1]
    said = next((limit.said for limit in limits if limit.field == name), "")
    ask = asked_words(one)
    facts = [fact_of(spec, value, "limit", f"you asked for {ask}", said=said, ask=ask) for value in shown]
    told = [
        replace(fact, words=date_words(spec, fact.value, one.month_first) or fact.words) for fact in facts
    ]
    return [Weighed(fact, 6.5) for fact in told]


def date_words_of(value: str) -> str:
    """An ISO date as people say it; empty where it is not of one day."""
    told = dates_told(value)
    return told if told != value else ""


def _in_order(item: Item, preferences: Preferences, catalog: Catalog) -> list[Weighed]:
    """The number by which the list is in order, unless a limit tells it."""
    order = preferences.order
    spec = _specs(catalog).get(base_name(order.field)) if order is not None else None
    if order is None or spec is None or any(one.field == order.field for one in preferences.limits):
        return []
    said = order.said or order.field
    return [
        Weighed(fact_of(spec, value, "own", "the list is in its order", said=said), _BY_ORDER)
        for value in values_of(item, spec)[:1]
    ]


def of_rank(wish: Wish, catalog: Catalog) -> bool:
    """Whether a wish is of a code that stands on the wrong side of what was said: R, where "for my kids" was.

    The user did not speak of it.
    """
    return is_graded(catalog, wish.field) and not set(normal_words(wish.value)) <= set(
        normal_words(wish.said)
    )


def _rightly_absent(item: Item, unwanted: Sequence[Wish], catalog: Catalog) -> list[Weighed]:
    """What the user did not want and the record does not have."""
    specs = _specs(catalog)
    record = {tuple(normal_words(value)) for spec in specs.values() for value in values_of(item, spec)}
    found = []
    for wish in said_once(unwanted):
        spec = specs.get(wish.field)
        # A keyword "war" that is not there cannot be mentioned when the genre "War" is.
        if (
            spec is not None
            and spec.has_values
            and not is_flag(wish.value, spec)
            and not of_rank(wish, catalog)
            and tuple(normal_words(wish.value)) not in record
        ):
            fact = fact_of(spec, wish.value, "avoid", "you did not want it", said=wish.said)
            found.append(Weighed(fact, 4.0))
    return found


def _closest(near: Mapping[str, float], ties: Mapping[str, list[Weighed]], catalog: Catalog) -> list[Weighed]:
    """The closest liked item, if it is close and nothing else ties the item to it."""
    closest = max(near, key=lambda one: near[one], default=None)
    if closest is None or near[closest] < _NEAR or closest in ties or closest not in catalog:
        return []
    because = f"of what you liked, {catalog[closest].title} is the closest"
    return [Weighed(Fact("", "", because, "similar", closest), 7.0)]


def _own(item: Item, told: set[tuple[str, ...]], catalog: Catalog) -> list[Weighed]:
    """One fact per field that has nothing to do with the user.

    Args:
        item: The item.
        told: The normal words of values that other facts tell: "comedy" may be a genre and a keyword.
        catalog: Where the item is from.
    """
    rarity, worth = _rarity(catalog), telling(catalog)
    own = []
    for spec in catalog.schema.filterable:
        if spec.name not in worth:
            continue
        for place, value in enumerate(values_of(item, spec)[:2]):
            common = spec.has_values and place == 0 and rarity.common(spec.name, value)
            words = tuple(normal_words(value_text(value)))
            if common or words in told or not can_be_said(value, spec):
                continue
            leading = spec.has_names or (spec.has_tags and spec.phrase == "{}")
            own.append(Weighed(record_fact(spec, value), 2.0 if leading else 1.0))
            break
    return own


def choose(weighed: Sequence[Weighed], limit: int, used: Mapping[FactKey, int]) -> tuple[Fact, ...]:
    """The weightiest facts, where what was said before counts for less and no kind crowds out the others.

    Args:
        weighed: All that may be said.
        limit: At most this many facts.
        used: How often each was said before, by `fact_key`.
    """
    left = list(weighed)
    chosen: list[Fact] = []
    while left and len(chosen) < limit:
        best = max(left, key=lambda one: _worth(one, chosen, used))
        left.remove(best)
        if _belongs(best.fact, chosen, used):
            chosen.append(best.fact)
    return tuple(sorted(chosen, key=lambda fact: _ORDER.index(fact.kind)))


def _worth(candidate: Weighed, chosen: Sequence[Fact], used: Mapping[FactKey, int]) -> float:
    """How much a fact tells beside those that are chosen."""
    fact = candidate.fact
    sources = {other.source for other in chosen if other.source}
    crowd = sum(1 for other in chosen if other.kind == fact.kind)
    same_field = sum(1 for other in chosen if other.field == fact.field and fact.field)
    other_source = bool(sources) and fact.source is not None and fact.source not in sources
    return (
        candidate.weight
        * (0.75 if fact.kind == "wish" else 0.55) ** used.get(fact_key(fact), 0)
        * 0.75**crowd
        * 0.7**same_field
        - 3.0 * other_source
    )


def _belongs(fact: Fact, chosen: Sequence[Fact], used: Mapping[FactKey, int]) -> bool:
    """Whether a sentence that says the chosen facts may say this one, too."""
    if fact.kind == "avoid":
        return not any(other.kind == "avoid" for other in chosen)
    if fact.kind != "own" or fact.said:
        return True
    tied = [other for other in chosen if other.kind != "own"]
    if not all(used.get(fact_key(other), 0) for other in tied):
        return False  # facts of its own are for when nothing else is known or all of it was said already
    return len(chosen) - len(tied) < (1 if tied else 2)


def said_once(wishes: Sequence[Wish]) -> list[Wish]:
    """One wish for each piece of what the user said: "not gory" may rule out a dozen keywords, but said it once."""
    single = [wish for wish in wishes if not wish.also]  # of what has both, neither may be said to be absent
    return list({(wish.said, wish.field): wish for wish in reversed(single)}.values())[::-1]


def _specs(catalog: Catalog) -> dict[str, FieldSpec]:
    return {spec.name: spec for spec in catalog.schema.filterable}
