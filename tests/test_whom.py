"""For whom things are: what records say is for other people is not listed, until somebody else is named."""

from __future__ import annotations

import time

import pytest

from wherefore import Recommender
from wherefore.catalog.audience import WHOM, audience_of, for_others, people_called
from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.state import Preferences
from wherefore.reading.whom import whom_after

SHOES = [
    ("Ladies' Fell Runner", "running", 89),
    ("Men's Fell Runner", "running", 92),
    ("Kids' Fell Runner", "running", 45),
    ("Unisex Fell Runner", "running", 110),
    ("Toddler First Sandal", "sandals", 25),
    ("Men's Beach Sandal", "sandals", 30),
    ("Women's Beach Sandal", "sandals", 30),
    ("River Sandal", "sandals", 22),
    ("Sandal for Men and Women", "sandals", 24),
    ("Girls' Party Shoe", "party", 28),
]


@pytest.fixture(scope="module")
def shoes() -> Catalog:
    return Catalog.from_records([{"name": name, "kind": kind, "price": price} for name, kind, price in SHOES])


@pytest.fixture(scope="module")
def shop(shoes) -> Recommender:
    return Recommender.from_catalog(shoes, settings=["writer.tries=0"])


def said_to(shop: Recommender, *texts: str):
    messages = []
    for text in texts:
        messages.append({"role": "user", "content": text})
        reply = shop.generate(messages)
        messages.append({"role": "assistant", "content": reply.text})
    return reply


def titles(shop: Recommender, *texts: str) -> set[str]:
    return {one.item.title for one in said_to(shop, *texts).recommendations}


def left(catalog: Catalog, value: str) -> list[str]:
    return [title for title, out in zip(catalog.titles, for_others(catalog, value), strict=True) if not out]


def test_records_tell_for_whom_they_are(shoes):
    assert left(shoes, "men") == [
        "Men's Fell Runner", "Unisex Fell Runner", "Men's Beach Sandal", "River Sandal", "Sandal for Men and Women",
    ]  # fmt: skip
    assert "Toddler First Sandal" in left(shoes, "children aged 2") and "Kids' Fell Runner" not in left(
        shoes, "babies"
    )
    assert set(left(shoes, "girls aged 6")) == {
        "Kids' Fell Runner", "Unisex Fell Runner", "River Sandal", "Girls' Party Shoe",
    }  # fmt: skip


def test_a_field_files_by_people_or_by_ages():
    rows = [
        ("Clay Play", "children"),
        ("Wheel", "adults"),
        ("Teen Throwing", "teenagers"),
        ("Clay Sunday", "adults; children"),
    ]
    courses = Catalog.from_records([{"course": name, "audience": who} for name, who in rows * 2])
    assert set(left(courses, "children aged 7")) == {"Clay Play", "Clay Sunday"}
    assert set(left(courses, "adults")) == {"Wheel", "Clay Sunday"}
    toys = [("Rattle", "0-1"), ("Farm Puzzle", "2-4"), ("Robot", "10-14"), ("Mystery Night", "16-99")]
    games = Catalog.from_records(
        [{"title": name, "age": age, "price": 5 + n} for n, (name, age) in enumerate(toys)]
    )
    assert left(games, "adults") == ["Mystery Night"] and left(games, "boys aged 3") == ["Farm Puzzle"]


def test_titles_of_works_and_animals_themselves_tell_nothing():
    films = Catalog.builtin()
    assert not audience_of(films).sexes.any() and not for_others(films, "girls aged 6").any()
    dogs = Catalog.from_records(
        [
            {"name": f"Dog {n}", "sex": ("male", "female")[n % 2], "breed": "collie", "age": "adult"}
            for n in range(8)
        ]
    )
    assert not for_others(dogs, "men").any() and not for_others(dogs, "children aged 5").any()


def test_what_has_spirits_in_it_is_not_for_a_child():
    rows = [
        ("Rum Babas", "rum, flour"),
        ("Fairy Cakes", "flour, rum extract"),
        ("Ginger Cake", "ginger beer, flour"),
    ]
    cakes = Catalog.from_records([{"title": name, "ingredients": made, "minutes": 30} for name, made in rows])
    assert left(cakes, "children aged 5") == ["Fairy Cakes", "Ginger Cake"] and len(left(cakes, "women")) == 3


@pytest.mark.parametrize(
    ("texts", "who"),
    [
        (["slippers for my grandad"], "men"),
        (["these scratch my wife, but she does need a warm vest"], "women"),
        (["My nephew turns 8 in May and he is mad about frogs"], "boys aged 8"),
        (["my granddaughter (15, plays drums) likes these"], "girls aged 15"),
        (["a hut for 9 scouts, ages 9 to 11"], "children aged 9 to 11"),
        (["gloves, ladies', for cycling"], "women"),
        (["toddler wellies please"], "toddlers"),
        (["im a bloke, need trousers for a funeral"], "men"),
        (["it's my aunt's 70th"], "women"),
        (["nothing for kids, thanks"], "adults"),
        (["a bike for my son", "he hates red", "my daughter says blue"], "men or boys"),
        (["a bike for my dad", "now one for my niece (7)"], "girls aged 7"),
        (["coats for my kids, 4 and 9", "the 4 year old is away, so just the big one"], "children aged 9"),
        (["something for the kids", "they went to bed! just us two"], None),
        (["a hat for my husband", "actually for anyone"], "people of any age"),
        (["my wife hates these"], None),
        (["a dress for my sister's wedding"], None),
        (["my boss wants us to drink more water"], None),
        (["I share a study with my wife"], None),
        (["looking for a strong woman lead, women authors"], None),
        (["a film about kids with cancer, no men in it"], None),
        (["a cake for a baby shower, thanks guys"], None),
        (["I am 6'4, 120 kilos"], None),
        ([""], None),
    ],
)  # fmt: skip
def test_for_whom_messages_look(texts, who):
    people = [one.called for one in whom_after(texts).people]
    if texts[0].startswith("something for the kids"):
        assert people in (["adults"], ["people of any age"])
    else:
        assert people == ([who] if who else [])


def test_whom_holds_on_and_is_said_once(shop):
    reply = said_to(shop, "running shoes for my husband")
    found = {one.item.title for one in reply.recommendations}
    assert found and found <= {
        "Men's Fell Runner",
        "Unisex Fell Runner",
        "River Sandal",
        "Sandal for Men and Women",
        "Men's Beach Sandal",
    }
    assert "As you said “my husband”, I left out what is for others than men." in reply.text
    again = said_to(shop, "running shoes for my husband", "he needs sandals too")
    assert {one.item.title for one in again.recommendations}.isdisjoint(
        {"Women's Beach Sandal", "Toddler First Sandal"}
    )
    assert "I left out what is for others" not in again.text
    assert "Men's Fell Runner" not in titles(shop, "running shoes for my husband", "and for our 5 year old?")


def test_for_anybody_nothing_is_left_out(shop):
    assert not [
        one for one in said_to(shop, "my wife hates sandals").preferences.unwanted if one.field == WHOM
    ]
    state = said_to(shop, "sandals for my wife", "actually sandals for anyone").preferences
    assert not [one for one in state.unwanted if one.field == WHOM]


def test_nothing_fits_is_said():
    hats = [
        {"title": f"Women's {kind} Hat", "price": n}
        for n, kind in enumerate("Sun Felt Rain Wool Sea".split())
    ]
    text = said_to(
        Recommender.from_catalog(Catalog.from_records(hats), settings=["writer.tries=0"]), "a hat for my dad"
    ).text
    assert "for men" in text and "would fit" in text


def test_strange_people_rule_nothing_out(shop, shoes):
    assert people_called("martians") == people_called("men aged x") == ()
    state = Preferences.from_json({"unwanted": [{"field": WHOM, "value": "martians, ☃", "strength": 2}]})
    reply = shop.generate([{"role": "user", "content": "sandals"}], preferences=state)
    assert reply.recommendations and not for_others(shoes, "").any()


@pytest.mark.parametrize(
    "text", ["husband and " * 3000, "my kid is (6, " * 2000, "6 year old " * 2000, "kids' " * 5000]
)
def test_long_messages_are_read_quickly(text):
    start = time.perf_counter()
    whom_after([text])
    assert time.perf_counter() - start < 1.5
