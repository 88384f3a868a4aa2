"""What the writer practises on: invented catalogues, users and plans, without end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from wherefore.catalog.catalog import Catalog, Item, PerCatalog
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.spoken import is_year, values_of
from wherefore.dialogue.facts import Fact, Plan
from wherefore.dialogue.messages import Dialogue, Mention, Message, named_items
from wherefore.dialogue.spoken import limit_words
from wherefore.dialogue.state import Limit, Preferences, Wish
from wherefore.writing.evidence import evidence
from wherefore.writing.plan import plan_opening

# -- users and plans ----------------------------------------------------------------------------------------


class Case(NamedTuple):
    """A plan with the invented dialogue that it answers."""

    plan: Plan
    dialogue: Dialogue


class Holders:
    """Which rows have each value of a field whose values a wish can name."""

    def __init__(self, catalog: Catalog) -> None:
        self.rows: dict[tuple[str, str], list[int]] = {}
        for row, item in enumerate(catalog.items):
            for spec in catalog.schema.valued:
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


def random_dialogue(catalog: Catalog, rng: Random, item: Item) -> Dialogue:
    """A user's state that `item` fits in some way: likes, wishes, limits and refusals."""
    values = _mixed_values(catalog, rng, item)
    liked = _likes(catalog, rng, item, values)
    wanted, unwanted = _wishes(catalog, rng, item, values)
    limits: list[Limit] = []
    if rng.random() < 0.35:
        numbers = [spec for spec in catalog.schema.measures if values_of(item, spec)]
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


def _mixed_values(catalog: Catalog, rng: Random, item: Item) -> list[tuple[FieldSpec, str]]:
    """Values of an item, at most two of each field, so that long lists (a cast, keywords) do not crowd out the rest."""
    pairs = [(spec, value) for spec in catalog.schema.valued for value in values_of(item, spec)]
    rng.shuffle(pairs)
    by_field: dict[str, list[tuple[FieldSpec, str]]] = {}
    for pair in pairs:
        by_field.setdefault(pair[0].name, []).append(pair)
    mixed = [pair for group in by_field.values() for pair in group[:2]]
    rng.shuffle(mixed)
    return mixed


def _likes(catalog: Catalog, rng: Random, item: Item, values: Sequence[tuple[FieldSpec, str]]) -> list[str]:
    """Ids of other items, most of them with a value in common with this one."""
    known = holders(catalog)
    liked: list[str] = []
    for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3))):
        rows: Sequence[int] = ()
        if values and rng.random() < 0.85:
            spec, value = rng.choice(values)
            rows = [row for row in known.rows[spec.name, value][:400] if catalog.items[row].id != item.id]
        other = catalog.items[rng.choice(rows)] if rows else _draw(catalog, rng)
        if other.id != item.id and other.id not in liked:
            liked.append(other.id)
    return liked


def _wishes(
    catalog: Catalog, rng: Random, item: Item, values: Sequence[tuple[FieldSpec, str]]
) -> tuple[list[Wish], list[Wish]]:
    """What is wanted, now and then something that the item lacks; and what is not."""
    known = holders(catalog)
    wanted = []
    for spec, value in values[: rng.choice((0, 0, 1, 1, 1, 2, 2, 3))]:
        strength = 2.0 if spec.has_names else rng.choice((1.0, 1.0, 2.0))
        wanted.append(Wish(spec.name, value, strength, value.lower()))
    if known.values and rng.random() < 0.12:
        field, value = rng.choice(known.values)
        wanted.append(Wish(field, value, 1.0, value.lower()))
    unwanted = []
    if known.values and rng.random() < 0.2:
        field, value = rng.choice(known.values)
        if value not in item.values(field) and all((w.field, w.value) != (field, value) for w in wanted):
            unwanted.append(Wish(field, value, 1.0, f"no {value.lower()}"))
    return wanted, unwanted


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


# -- what such users say ------------------------------------------------------------------------------------

_LIKING = (
    "i loved {}",
    "i really liked {}",
    "i like {}",
    "my favourites are {}",
    "{} was great",
    "i enjoyed {}",
)
_WANTING = (
    "something {}",
    "i want {}",
    "i am in the mood for {}",
    "can you suggest something {}?",
    "any {} ones?",
)
_REFUSING = ("no {}", "nothing {} please", "i do not want {}", "but not {}")


def spoken(dialogue: Dialogue, catalog: Catalog, draw: Random) -> str:
    """What a user with this state may have said, in plain words."""
    preferences = dialogue.preferences
    parts = []
    titles = [catalog[item].title for item in preferences.liked if item in catalog]
    if titles:
        parts.append(draw.choice(_LIKING).format(" and ".join(titles)))
    for wish in preferences.wanted:
        parts.append(draw.choice(_WANTING).format(_phrase(wish, catalog)))
    for wish in preferences.unwanted:
        parts.append(draw.choice(_REFUSING).format(_phrase(wish, catalog)))
    for name in dict.fromkeys(limit.field for limit in preferences.limits):
        limits = [limit for limit in preferences.limits if limit.field == name]
        parts.append(limit_words(limits, catalog.schema.spec(name)))
    if preferences.seen or preferences.rejected:
        parts.append(draw.choice(("i have seen those", "i have seen that", "not those")))
    draw.shuffle(parts)
    text = draw.choice((". ", ", ", " and ")).join(parts) or draw.choice(
        ("what would you suggest?", "any ideas?")
    )
    return text[:1].upper() + text[1:] if draw.random() < 0.5 else text


def titles_in(message: Message, items: Iterable[str], catalog: Catalog) -> list[Mention]:
    """Where the titles of items stand in a message."""
    found = []
    for item in items:
        title = catalog[item].title if item in catalog else ""
        start = message.content.find(title) if title else -1
        if start >= 0:
            found.append(Mention(item, 0, start, start + len(title), 100.0))
    return found


def _phrase(wish: Wish, catalog: Catalog) -> str:
    return catalog.schema.spec(wish.field).phrase.replace("{}", wish.value)


# -- catalogues: neither their items nor the titles, people and values exist ---------------------------------

_FIRST = (
    "Ada Bela Carmen Dmitri Elif Farid Greta Hugo Ines Jonas Kaya Lars Mira Nadia Omar Petra Quentin Rosa Sven Tala "
    "Umar Vera Wanda Ximena Yusuf Zora Anders Brigid Cosmo Dolores Edmund Fiona Gustav Helga Ivo Jelena Kofi Lucia"
).split()
_LAST = (
    "Abara Brandt Castellan Dufour Eskola Ferrante Grimaldi Halvorsen Iwata Jansky Kowal Lindqvist Marchetti Novak "
    "Okafor Pereira Quist Rasmussen Sorensen Tanaka Ulrich Vasquez Whitlock Yamada Zielinski Ashdown Bellweather Crane "
    "Delacroix Everhart Fairchild Garrick Holloway Ironside Juniper Kettering Lockhart Merriweather Northcott Penhallow"
).split()
_ADJECTIVES = (
    "Quiet Crimson Broken Hidden Silver Endless Winter Golden Hollow Burning Distant Little Wild Paper Salt Velvet "
    "Northern Second Last Midnight Amber Green Frozen Secret Empty Bright"
).split()
_NOUNS = (
    "Harbour Garden River Mirror Orchard Lantern Station Kingdom Letter Mountain Shadow Island Voyage House Bridge "
    "Forest Clock Engine Summer Moon Castle Road Ocean Promise Stranger Tide"
).split()


def _person(draw: Random) -> str:
    middle = f" {draw.choice('ABCDEFGHJKLMNPRSTW')}." if draw.random() < 0.15 else ""
    return f"{draw.choice(_FIRST)}{middle} {draw.choice(_LAST)}"


def _title(draw: Random) -> str:
    shapes = ("The {} {}", "{} {}", "A {} {}", "{1} of the {0} {2}")
    one, two, three = draw.choice(_ADJECTIVES), draw.choice(_NOUNS), draw.choice(_NOUNS)
    return draw.choice(shapes).format(one, two, three)


def _some(draw: Random, values: str, least: int, most: int) -> str:
    chosen = draw.sample(values.split("|"), draw.randint(least, most))
    return "; ".join(chosen)


def _book(draw: Random, cast: list[str]) -> dict[str, Any]:
    return {
        "authors": "; ".join(draw.sample(cast, draw.choice((1, 1, 1, 2)))),
        "genres": _some(
            draw, "fantasy|mystery|romance|horror|thriller|poetry|history|memoir|science fiction|essays", 1, 3
        ),
        "tags": _some(
            draw,
            "dragons|small town|war|friendship|grief|sea voyage|boarding school|family secrets|magic",
            0,
            3,
        ),
        "year": draw.randint(1890, 2025),
        "pages": draw.randint(90, 900),
        "language": draw.choice(("English", "French", "Spanish", "Japanese")),
        "publisher": draw.choice(("Harrow Press", "Blue Door", "Ninth Street", "Oak and Iron")),
    }


def _album(draw: Random, cast: list[str]) -> dict[str, Any]:
    return {
        "artist": draw.choice(cast),
        "genres": _some(draw, "jazz|folk|techno|soul|punk|metal|ambient|hip hop|blues|classical|pop", 1, 2),
        "mood": _some(draw, "calm|dark|upbeat|dreamy|angry|tender", 1, 2),
        "label": draw.choice(("Moth Records", "Copper Sound", "Low Tide", "Kestrel")),
        "year": draw.randint(1955, 2025),
        "tracks": draw.randint(4, 22),
    }


def _recipe(draw: Random, cast: list[str]) -> dict[str, Any]:
    return {
        "cuisine": draw.choice(("Italian", "Thai", "Mexican", "Indian", "Greek", "Korean", "Moroccan")),
        "ingredients": _some(
            draw, "tomato|garlic|rice|chicken|lentils|ginger|basil|lemon|chickpeas|coconut milk|egg", 2, 5
        ),
        "diet": _some(draw, "vegan|vegetarian|gluten free|low carb|dairy free", 0, 2),
        "course": draw.choice(("dinner", "lunch", "breakfast", "dessert", "snack")),
        "cook": draw.choice(cast),
        "minutes": draw.randint(10, 180),
    }


def _game(draw: Random, cast: list[str]) -> dict[str, Any]:
    return {
        "designers": "; ".join(draw.sample(cast, draw.choice((1, 1, 2)))),
        "category": _some(
            draw, "strategy|party|puzzle|racing|adventure|card game|co-operative|simulation", 1, 2
        ),
        "platform": _some(draw, "Windows|Linux|tabletop|handheld|web", 1, 2),
        "year": draw.randint(1985, 2025),
        "price": draw.randint(5, 80),
    }


def _product(draw: Random, cast: list[str]) -> dict[str, Any]:
    return {
        "brand": draw.choice(("Lumina", "Northwell", "Tern", "Halden", "Orbit", "Fjord and Co")),
        "category": draw.choice(
            ("desk lamp", "backpack", "headphones", "kettle", "office chair", "notebook")
        ),
        "colour": _some(draw, "black|white|red|oak|navy|olive", 1, 2),
        "material": _some(draw, "steel|cotton|leather|bamboo|glass|recycled plastic", 1, 2),
        "price": draw.randint(8, 400),
    }


_DOMAINS: Mapping[str, Callable[[Random, list[str]], dict[str, Any]]] = {
    "book": _book,
    "album": _album,
    "recipe": _recipe,
    "game": _game,
    "product": _product,
    "item": _product,
}


def invented_catalogs(size: int = 150, seed: int = 0) -> tuple[Catalog, ...]:
    """One catalogue of `size` items per domain. The same seed makes the same items."""
    catalogs = []
    for noun, make in _DOMAINS.items():
        draw = Random(f"{noun} {seed}")
        cast = [_person(draw) for _ in range(40)]
        records = [
            {"id": f"{noun}{number}", "title": f"{_title(draw)}", **make(draw, cast)}
            for number in range(size)
        ]
        catalogs.append(Catalog.from_records(records, name=noun + "s"))
    return tuple(catalogs)
