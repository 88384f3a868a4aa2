"""Superlatives put a list in order: they limit nothing, are told, shown and taken back; questions of a list stay so."""

from __future__ import annotations

import numpy as np
import pytest

from wherefore import Recommender
from wherefore.catalog.catalog import Catalog
from wherefore.catalog.schema import Schema
from wherefore.dialogue.notes import merged
from wherefore.dialogue.parts import parts
from wherefore.dialogue.spoken import order_words
from wherefore.dialogue.state import Limit, Order, Preferences
from wherefore.errors import DialogueError
from wherefore.reading.limits import LimitReader
from wherefore.reading.orders import OrderReader
from wherefore.reading.reader import DialogueReader

NUMBERS = {  # of three catalogues: what is known of four items each
    "tents": {
        "price_eur": [300, 150, None, 220],
        "weight_kg": [2.1, 3.4, 1.1, 1.8],
        "sleeps": [2, 4, 1, 2],
        "avg_rating": [4.1, 3.9, 4.8, 4.4],
        "review_count": [10, 900, 3, 40],
    },
    "albums": {"year": [1971, 2019, 2004, 1999], "tempo": [90, 140, 118, 75], "minutes": [41, 38, 77, 52]},
    "hostels": {
        "price_per_night": [40, 35, 28, 90],
        "guest_score": [8.1, 9.4, 7.0, 9.0],
        "distance_to_station": [300, 1200, 90, 450],
        "stars": [2, 1, 3, 3],
    },
}


def catalog(name: str) -> Catalog:
    rows = [{"title": f"{name.title()} Number {n}", "kind": ("plain", "fancy")[n % 2]} for n in range(4)]
    for field, values in NUMBERS[name].items():
        for row, value in zip(rows, values, strict=True):
            if value is not None:
                row[field] = value
    fields = [{"name": "title", "kind": "title"}, {"name": "kind", "kind": "category"}]
    fields += [{"name": field, "kind": "number"} for field in NUMBERS[name]]
    return Catalog.from_records(rows, Schema.parse({"fields": fields, "noun": name[:-1]}), name=name)


@pytest.fixture(scope="module")
def orders():
    return {name: OrderReader(LimitReader(catalog(name)).measures) for name in NUMBERS}


@pytest.mark.parametrize(
    ("name", "text", "field", "best"),
    [
        ("tents", "what's the cheapest tent you have", "price_eur", "low"),
        ("tents", "the lightest for two people", "weight_kg", "low"),
        ("tents", "something roomy, best rated first please", "avg_rating", "high"),
        ("tents", "the one with the highest rating", "avg_rating", "high"),
        ("tents", "sort them by price, highest first", "price_eur", "high"),
        ("tents", "sorted by weight, low to high", "weight_kg", "low"),
        ("tents", "as light as possible", "weight_kg", "low"),
        ("tents", "from the most expensive to the cheapest", "price_eur", "high"),
        ("tents", "the least expensive one", "price_eur", "low"),
        ("albums", "the newest first", "year", "high"),
        ("albums", "ok then the oldest one, with its date", "year", "low"),
        ("albums", "just the fastest", "tempo", "high"),
        ("albums", "which is the slowest", "tempo", "low"),
        ("albums", "the longest albums", "minutes", "high"),
        ("hostels", "cheap ones are full, so the best score first", "guest_score", "high"),
        ("hostels", "closest to the station", "distance_to_station", "low"),
        ("hostels", "top rated", "guest_score", "high"),
        ("hostels", "the highest guest score", "guest_score", "high"),
        ("hostels", "the most stars", "stars", "high"),
    ],
)
def test_a_superlative_is_an_order(orders, name, text, field, best):
    (found,) = orders[name].read(text)
    assert (found.field, found.best) == (field, best)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tents", "a tent for my oldest son"),
        ("tents", "something cheap and light"),
        ("tents", "not the cheapest, please"),
        ("tents", "it was the lightest tent i ever had"),
        ("tents", "i am his biggest fan"),
        ("albums", "at the latest by friday"),
        ("tents", "at least 2 kg of weight"),
        ("hostels", "at most 2 stars, at the very least a score"),
        ("albums", "in the shortest time possible"),
        ("hostels", "for the best day of my life"),
    ],
)
def test_what_is_said_of_something_else_is_no_order(orders, name, text):
    assert orders[name].read(text) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [("albums", "the cheapest albums"), ("hostels", "the lightest"), ("tents", "the newest tents")],
)
def test_an_order_by_what_no_record_tells_stays_open(name, text):
    (found,) = DialogueReader(catalog(name)).read([{"role": "user", "content": text}]).preferences.open
    assert found.kind == "order" and found.said in text


@pytest.mark.parametrize(
    ("name", "text"),
    [("tents", "the cheapest tent"), ("albums", "newest first"), ("hostels", "the best rated hostels")],
)
def test_a_superlative_limits_nothing(name, text):
    state = DialogueReader(catalog(name)).read([{"role": "user", "content": text}]).preferences
    assert state.order is not None and state.limits == ()
    assert Preferences.from_json(state.to_json()) == state


def talk(*texts: str) -> list[dict[str, str]]:
    return [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(texts)]


def test_an_order_after_an_empty_list_lifts_its_own_limit():
    reader = DialogueReader(catalog("tents"))
    kept = reader.read(talk("under 100 euros", "**Tents Number 1**", "cheapest first")).preferences
    assert [limit.field for limit in kept.limits] == ["price_eur"]
    lifted = reader.read(
        talk("under 100 euros", "No tent here is this.", "then the cheapest one")
    ).preferences
    assert lifted.limits == () and lifted.order is not None


def test_what_leaves_nothing_is_set_aside_and_named():
    reader = DialogueReader(catalog("tents"))
    dialogue = reader.read(talk("under 100 euros", "No tent here is this.", "then the lightest one"))
    assert dialogue.preferences.limits == ()
    assert ("limit", "under 100 euros") in dialogue.unmet


@pytest.mark.parametrize(
    ("name", "field", "low", "high"),
    [
        ("tents", "price_eur", "cheapest first", "most expensive first"),
        ("tents", "avg_rating", "lowest rated first", "best rated first"),
        ("tents", "weight_kg", "lightest first", "heaviest first"),
        ("albums", "year", "oldest first", "newest first"),
        ("albums", "minutes", "shortest first", "longest first"),
        ("hostels", "guest_score", "lowest guest score first", "highest guest score first"),
        (
            "hostels",
            "distance_to_station",
            "shortest distance to station first",
            "longest distance to station first",
        ),
    ],
)
def test_an_order_is_told_in_plain_words(name, field, low, high):
    spec = catalog(name).schema.spec(field)
    assert order_words(Order(field, "low"), spec) == low
    assert order_words(Order(field, "high"), spec) == high


def test_an_order_is_a_part_that_can_be_taken_back():
    state = Preferences(
        order=Order("price_eur", "low", "cheapest"), limits=(Limit("sleeps", "ge", 2, "for two"),)
    )
    (part,) = [one for one in parts(state, catalog("tents")) if one.kind == "order"]
    assert part.text == "cheapest first" and part.said == "cheapest"
    assert part.without.order is None and part.without.limits == state.limits


def test_the_later_order_holds():
    first, second = Order("a", "low", "cheapest"), Order("b", "high", "newest")
    assert merged(Preferences(order=first), Preferences(order=second)).order == second
    assert merged(Preferences(order=first), Preferences()).order == first


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (["price"], "`order` is a list; it should have `field` and `best`"),
        ({"field": 3, "best": "low"}, "has the field 3; it should be text"),
        ({"field": "price", "best": "cheap"}, "has `best` 'cheap'; known: low, high"),
        ({"field": "price", "best": "low", "by": 1}, "`by` is not a known key"),
    ],
)
def test_a_wrong_order_is_refused(tree, message):
    with pytest.raises(DialogueError, match="preferences") as error:
        Preferences.from_json({"order": tree})
    assert message in str(error.value)


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Recommender:
    settings = ["turn.judge=false", "writer.tries=0", "turn.questions=false"]
    draw = np.random.default_rng(0)
    rows = [
        {
            "title": f"{('Kettle', 'Toaster', 'Lamp')[n % 3]} {n}",
            "price_eur": int(draw.integers(20, 400)) if n % 7 else None,
            "kind": ("Kettles", "Toasters", "Lamps")[n % 3],
        }
        for n in range(60)
    ]
    cache = tmp_path_factory.mktemp("cache")
    return Recommender.from_catalog(Catalog.from_records(rows), cache=cache, settings=settings)


def prices(shop, text: str, k: int = 5) -> list[float | None]:
    reply = shop.generate(talk(text), k=k)
    return [one.item.number("price_eur") for one in reply.recommendations]


def test_the_list_is_in_order_and_the_reply_says_so(shop):
    reply = shop.generate(talk("the cheapest kettle you have"))
    kettles = [item.number("price_eur") for item in shop.catalog if item.title.startswith("Kettle")]
    best = sorted(price for price in kettles if price is not None)[:5]
    assert [one.item.number("price_eur") for one in reply.recommendations] == best
    assert "Cheapest first; " in reply.text and "I do not know come last." in reply.text
    assert f"€{best[0]:g}" in reply.text.replace(".00", "")


def test_what_is_unknown_comes_last(shop):
    told = prices(shop, "lamps, most expensive first", k=20)
    known = [price for price in told if price is not None]
    assert known == sorted(known, reverse=True) and told[: len(known)] == known and None in told


def test_which_of_these_is_a_question_of_the_list(shop):
    messages = talk("some kettles under 300 euros")
    first = shop.generate(messages)
    reply = shop.generate(talk(messages[0]["content"], first.text, "which of these is the cheapest?"))
    cheapest = min(first.recommendations, key=lambda one: one.item.number("price_eur"))
    assert reply.preferences.order is None and cheapest.item.title in reply.text
