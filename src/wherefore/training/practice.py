"""Invented users: dialogue states that fit an item, so that training can draw plans without end."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from wherefore.catalog.catalog import Catalog, Item, PerCatalog
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.spoken import is_year, values_of
from wherefore.dialogue.facts import Fact, Plan
from wherefore.dialogue.messages import Dialogue, Mention, Message, named_items
from wherefore.dialogue.state import Limit, Preferences, Wish
from wherefore.writing.evidence import evidence
from wherefore.writing.fluency import Ngram, ngrams_of, shape
from wherefore.writing.openings import opening
from wherefore.writing.plan import plan_opening
from wherefore.writing.reasons import word
from wherefore.writing.sentence import Sentence


class Case(NamedTuple):
    """A plan with the invented dialogue that it answers."""

    plan: Plan
    dialogue: Dialogue


class Holders:
    """Which rows have each value of a category or people field."""

    def __init__(self, catalog: Catalog) -> None:
        self.rows: dict[tuple[str, str], list[int]] = {}
        for row, item in enumerate(catalog.items):
            for spec in catalog.schema.of_kind("category", "people"):
                for value in item.values(spec.name):
                    self.rows.setdefault((spec.name, value), []).append(row)
        self.values = sorted(self.rows)


holders = PerCatalog(Holders)


def random_case(catalog: Catalog, rng: Random, item: Item | None = None) -> Case:
    """An item, a user whom it could be recommended to, and the plan of the reason."""
    item = item or _draw(catalog, rng)
    dialogue = random_dialogue(catalog, rng, item)
    near = {liked: rng.uniform(0.1, 0.9) for liked in dialogue.preferences.liked}
    facts = list(
        evidence(item, dialogue, catalog, near if rng.random() < 0.5 else None, limit=rng.randint(2, 5))
    )
    kept = _few(facts, rng)
    named = {item_id: f"@{number}" for number, item_id in enumerate(named_items(dialogue), 1)}
    slots = {named[fact.source]: fact.source for fact in kept if fact.source in named}
    slots[f"#{rng.randint(1, 10)}"] = item.id
    return Case(Plan(item, tuple(kept), slots, catalog.schema.noun, catalog.schema.plural), dialogue)


def random_plan(catalog: Catalog, rng: Random) -> Plan:
    """A reason's plan for an invented user."""
    return random_case(catalog, rng).plan


def random_opening_case(catalog: Catalog, rng: Random) -> Case:
    """A list, an invented user, and the plan of the opening."""
    item = _draw(catalog, rng)
    dialogue = random_dialogue(catalog, rng, item)
    wishes = [(wish.field, wish.value) for wish in dialogue.preferences.wanted]
    total = rng.choice((5, 5, 5, 5, 3, 3, 10, 8, 4, 2, 1))
    items = [item][:total]
    for _ in range(8 * total):
        if len(items) >= total:
            break
        rows = holders(catalog).rows.get(rng.choice(wishes), ()) if wishes and rng.random() < 0.9 else ()
        other = catalog.items[rng.choice(rows)] if rows else _draw(catalog, rng)
        meets_all = all(value in other.values(field) for field, value in wishes)
        if other not in items and (meets_all or rng.random() < 0.15):
            items.append(other)
    asked = len(items) + rng.choice((0, 0, 0, 0, 2))
    return Case(plan_opening(items, dialogue, catalog, asked), dialogue)


def random_opening_plan(catalog: Catalog, rng: Random) -> Plan:
    """An opening's plan for an invented user."""
    return random_opening_case(catalog, rng).plan


def random_dialogue(catalog: Catalog, rng: Random, item: Item) -> Dialogue:
    """A user's state that `item` fits in some way: likes, wishes, limits and refusals."""
    known = holders(catalog)
    pairs = [
        (spec, v) for spec in catalog.schema.of_kind("category", "people") for v in values_of(item, spec)
    ]
    # One value per field first, so that long lists (a cast, keywords) do not crowd out the rest.
    rng.shuffle(pairs)
    by_field: dict[str, list[tuple[FieldSpec, str]]] = {}
    for pair in pairs:
        by_field.setdefault(pair[0].name, []).append(pair)
    mixed = [pair for group in by_field.values() for pair in group[:2]]
    rng.shuffle(mixed)

    liked: list[str] = []
    for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3))):
        rows: Sequence[int] = ()
        if mixed and rng.random() < 0.85:
            spec, value = rng.choice(mixed)
            rows = [row for row in known.rows[spec.name, value][:400] if catalog.items[row].id != item.id]
        other = catalog.items[rng.choice(rows)] if rows else _draw(catalog, rng)
        if other.id != item.id and other.id not in liked:
            liked.append(other.id)

    wanted = []
    for spec, value in mixed[: rng.choice((0, 0, 1, 1, 1, 2, 2, 3))]:
        strength = 2.0 if spec.kind == "people" else rng.choice((1.0, 1.0, 2.0))
        wanted.append(Wish(spec.name, value, strength, value.lower()))
    if known.values and rng.random() < 0.12:
        field, value = rng.choice(known.values)
        wanted.append(Wish(field, value, 1.0, value.lower()))

    unwanted = []
    if known.values and rng.random() < 0.2:
        field, value = rng.choice(known.values)
        if value not in item.values(field) and all((w.field, w.value) != (field, value) for w in wanted):
            unwanted.append(Wish(field, value, 1.0, f"no {value.lower()}"))

    limits: list[Limit] = []
    if rng.random() < 0.35:
        numbers = [spec for spec in catalog.schema.of_kind("number", "date") if values_of(item, spec)]
        if numbers:
            spec = rng.choice(numbers)
            limits = _random_limits(spec, float(values_of(item, spec)[0]), rng)
    passed = tuple(_draw(catalog, rng).id for _ in range(2)) if rng.random() < 0.12 else ()
    preferences = Preferences(
        liked=tuple(liked),
        seen=tuple(i for i in passed if i != item.id),
        wanted=tuple(wanted),
        unwanted=tuple(unwanted),
        limits=tuple(limits),
    )
    message = Message("user", "what would you suggest?")
    mentions = tuple(Mention(item_id, 0, 0, 0, 100.0) for item_id in liked)
    return Dialogue((message,), mentions, preferences)


def _random_limits(spec: FieldSpec, value: float, rng: Random) -> list[Limit]:
    if is_year(spec):
        decade = value // 10 * 10
        shape = rng.randint(0, 5)
        if shape == 0:
            return [Limit(spec.name, "ge", decade, "decade"), Limit(spec.name, "lt", decade + 10, "decade")]
        if shape == 1:
            low, high = value - rng.randint(0, 15), value + rng.randint(1, 15)
            return [Limit(spec.name, "ge", low, "between"), Limit(spec.name, "le", high, "between")]
        if shape == 2:
            return [Limit(spec.name, "lt", decade + 10 * rng.randint(1, 3), "before")]
        if shape == 3:
            return [Limit(spec.name, "ge", decade - 10 * rng.randint(0, 3), "since")]
        return [Limit(spec.name, "gt", decade - 1 - rng.choice((0, 4, 9, 9, 9, 19)), "after")]
    step = 10 ** max(len(str(int(abs(value)))) - 2, 0) * (5 if abs(value) >= 10 else 0.5)
    near = round(value / step) * step
    if rng.random() < 0.6:
        return [Limit(spec.name, rng.choice(("lt", "le")), near + step * rng.randint(1, 4), "under")]
    low = near - step * rng.randint(1, 4)
    return [Limit(spec.name, rng.choice(("gt", "ge")), low, "over")] if low > 0 else []


def _few(facts: list[Fact], rng: Random) -> list[Fact]:
    """One to three facts, in their order."""
    size = min(len(facts), rng.choice((1, 1, 2, 2, 2, 3)))
    chosen = set(rng.sample(range(len(facts)), size)) if facts else set()
    return [fact for place, fact in enumerate(facts) if place in chosen]


def _draw(catalog: Catalog, rng: Random) -> Item:
    return catalog.items[rng.randrange(len(catalog))]


def collect(catalogs: Sequence[Catalog], sentences: int, seed: int = 0) -> set[Ngram]:
    """The n-grams of random sentences of the grammar, a quarter of them openings."""
    rng = Random(seed)
    found: set[Ngram] = set()
    for number in range(sentences):
        catalog = catalogs[number // 4 % len(catalogs)]
        if number % 4:
            case = random_case(catalog, rng)
            text = word(case.plan, rng)
        else:
            case = random_opening_case(catalog, rng)
            text = opening(case.plan, rng)
        found.update(ngrams_of(shape(Sentence(text, case.plan, case.dialogue, catalog))))
    return found
