"""Sums for several at once, numbers as people write them, and amounts that only titles and texts tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.mentioned import amount_mentioned, mentioned_unit
from wherefore.catalog.schema import Schema
from wherefore.dialogue.messages import Dialogue, Message
from wherefore.dialogue.parts import parts
from wherefore.dialogue.state import Limit, Preferences
from wherefore.reading.limits import LimitReader
from wherefore.reading.numbers import number
from wherefore.writing.understood import understood


def shop(price: str, unit: str = "$", noun: str = "room", **more: list[float]) -> Catalog:
    rows = [
        {
            "title": f"Number {n}",
            price: 40 * n,
            **{key: values[n % len(values)] for key, values in more.items()},
        }
        for n in range(1, 9)
    ]
    fields = [{"name": "title", "kind": "title"}, {"name": price, "kind": "number", "unit": unit}]
    fields += [{"name": field, "kind": "number"} for field in more]
    return Catalog.from_records(rows, Schema.parse({"fields": fields, "noun": noun, "plural": f"{noun}s"}))


def limits(catalog: Catalog, text: str) -> list[tuple[str, str, float]]:
    return [(one.field, one.op, one.value) for one in LimitReader(catalog).read(text)]


@pytest.mark.parametrize(
    ("price", "noun", "text", "op", "value"),
    [
        ("price_per_night", "room", "7 nights for under 700 dollars in total", "lt", 100),
        ("price_per_night", "room", "a week for $700", "le", 100),
        ("price_per_night", "room", "at most $450 altogether for 3 nights", "le", 150),
        ("price_per_night", "room", "3 nights for two people under $600 all in", "lt", 200),
        ("price_per_night", "room", "under $90 a night for 7 nights", "lt", 90),
        ("nightly_rate", "room", "two nights, $300 in total", "le", 150),
        ("price_per_person", "trip", "for four people under $200 in total", "lt", 50),
        ("price_per_person", "trip", "under $200 for the four of us", "lt", 50),
        ("price_per_head", "place", "dinner for four under $120 in total", "lt", 30),
        ("price_per_person", "trip", "under $60 each for four people", "lt", 60),
        ("price", "wine", "two bottles for $30", "le", 15),
        ("price", "wine", "three good bottles, $60 altogether", "le", 20),
        ("price", "wine", "five wines under $20", "lt", 20),
        ("price", "tent", "a tent for four people under $200", "lt", 200),
        ("price", "stove", "a stove for four people under $90 in total", "lt", 90),
    ],
)
def test_a_sum_is_a_limit_on_the_price_of_one(price, noun, text, op, value):
    assert limits(shop(price, noun=noun), text) == [(price, op, value)]


def test_a_sum_that_cannot_be_divided_is_open():
    rooms = shop("price_per_night")
    reader = LimitReader(rooms)
    text = "we are four people, under $200 in total"
    assert reader.read(text) == []
    assert [text[slice(*span)] for span in reader.unheld(text)] == ["under $200 in total"]


def test_how_a_sum_was_taken_is_said():
    rooms, text = shop("price_per_night"), "7 nights for under $700 in total"
    (found,) = LimitReader(rooms).read(text)
    state = Preferences(limits=(Limit(found.field, found.op, found.value, text),))
    told = understood(Dialogue((Message("user", text),), preferences=state), rooms, "Here you are.", 3, ())
    assert told == " I took “7 nights for under $700 in total” as under $100 per night."


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("below 3k", 3000),
        ("under 1.5k dollars", 1500),
        ("at most 2 grand", 2000),
        ("under half a million dollars", 500_000),
        ("less then $1,200.50", 1200.5),
        ("under $1.200", 1200),
        ("no more than a hundred and fifty bucks", 150),
        ("under thirty-five dollars", 35),
        ("max 2 lakh", 200_000),
        ("upto $90", 90),
    ],
)
def test_numbers_are_read_as_people_write_them(text, value):
    ((_, _, found),) = limits(shop("price"), text)
    assert found == value


def test_a_price_that_is_said_is_what_the_column_can_be():
    high, low = shop("price"), shop("price", n=[1.0])
    assert limits(high, "under two-fifty dollars") == [("price", "lt", 250)]  # from 40 to 320
    cheap = Catalog.from_records([{"title": f"Pen {n}", "price": 0.5 * n} for n in range(1, 9)])
    assert [value for _, _, value in limits(cheap, "cheaper than two-fifty")] == [2.5]
    both = Catalog.from_records([{"title": f"Thing {n}", "price": float(n**3)} for n in range(1, 9)])
    reader = LimitReader(both)
    assert reader.read("cheaper than two-fifty") == [] and reader.unheld("cheaper than two-fifty")
    assert low is not high


@given(st.integers(0, 10**9))
def test_a_number_reads_back_from_any_grouping(value):
    english, german = f"{value:,}", f"{value:,}".replace(",", ".")
    assert number(english) == value
    assert number(german, money=True) == value


@pytest.mark.parametrize(
    ("text", "field", "op", "value"),
    [
        ("95+ points", "points", "ge", 95),
        ("a score of 8+", "guest_score", "ge", 8),
        ("faster than 160 bpm", "tempo", "gt", 160),
        ("180 bpm or more", "tempo", "ge", 180),
        ("less than 100 bpm", "tempo", "lt", 100),
        ("guest score of 9 or better", "guest_score", "ge", 9),
    ],
)
def test_which_number_is_meant(text, field, op, value):
    more = {"points": [80.0, 99.0], "guest_score": [5.8, 9.7], "tempo": [60.0, 200.0]}
    assert limits(shop("price", **more), text) == [(field, op, value)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a guest score of at least 95", "guest score of at least 95"),
        ("with a rating above 750", "rating above 750"),
    ],
)
def test_a_number_that_a_field_cannot_hold_is_said_with_its_range(text, said):
    rooms = shop("price", guest_score=[5.8, 9.7], rating=[1.0, 4.5])
    reader = LimitReader(rooms)
    assert reader.read(text) == []
    assert [text[slice(*span)] for span in reader.unheld(text)] == [said]
    dialogue = Dialogue((Message("user", text),), unmet=(("limit", said),))
    told = understood(dialogue, rooms, "Here you are.", 3, ())
    ends = "from 5.8 to 9.7" if "guest" in said else "from 1 to 4.5"
    assert told.endswith(f"here goes {ends}.")


GADGETS = [
    ("Urja Power Bank (20000 mAh, Grey)", "18 W, two outputs"),
    ("Zap Power Bank (5000 mAh)", "fits a pocket"),
    ("Wiro Cable (2 m, Red)", "carries 60 W"),
    ("Nexa Cable (150 cm)", "carries 100 W"),
    ("Rasoi Mixer", "750 W, three steel jars"),
    ("Rasoi Mixer Max", "1.2 kW copper motor"),
    ("Plain Jar", "holds 5G phones up, in 24 hours"),
]


@pytest.fixture(scope="module")
def gadgets() -> Catalog:
    return Catalog.from_records({"title": title, "about": about} for title, about in GADGETS)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("at least 20000 mAh", ["Urja Power Bank (20000 mAh, Grey)"]),
        ("minimum 10 Ah", ["Urja Power Bank (20000 mAh, Grey)"]),
        ("at least 750 watts", ["Rasoi Mixer", "Rasoi Mixer Max"]),
        ("a cable of up to 1.6 m", ["Nexa Cable (150 cm)"]),
        ("longer than 180 cm", ["Wiro Cable (2 m, Red)"]),
    ],
)
def test_amounts_that_only_texts_tell_limit_by_them(gadgets, text, titles):
    (one,) = LimitReader(gadgets).read(text)
    limit = Limit(one.field, one.op, one.value, text)
    assert [item.title for item in gadgets if limit.allows(item, gadgets)] == titles
    passed = limit.within(gadgets.numbers(limit.field))
    assert [item.title for item, fits in zip(gadgets, passed, strict=True) if fits] == titles


def test_that_texts_were_gone_by_is_said_and_shown(gadgets):
    text = "at least 20000 mAh"
    (one,) = LimitReader(gadgets).read(text)
    state = Preferences(limits=(Limit(one.field, one.op, one.value, text),))
    told = understood(Dialogue((Message("user", text),), preferences=state), gadgets, "Here.", 1, ())
    assert told.startswith(" For “at least 20000 mAh” I went by titles and descriptions, and left out ")
    (part,) = parts(state, gadgets)
    assert part.text == "at least 20,000 mAh" and Preferences.from_json(state.to_json()) == state


@pytest.mark.parametrize("text", ["at least 3 kg", "under 20 minutes", "at least 64 GB"])
def test_what_no_text_tells_stays_open(gadgets, text):
    reader = LimitReader(gadgets)
    assert reader.read(text) == []
    assert [text[slice(*span)] for span in reader.unheld(text)] == [text]


def test_units_of_texts():
    assert amount_mentioned(["Sander 1.200 W"], "watt") == 1200
    assert amount_mentioned(["Flasche, 0,75 l"], "milliliter") == 750
    assert amount_mentioned(["A 4K screen for 5G, 3 in 1"], "gram") is None
    assert [mentioned_unit(word) for word in ("in", "day", "lumens", "quarts")] == ["", "", "lumen", ""]


def test_numbers_of_texts_are_kept(gadgets):
    name = "text:watt"
    assert gadgets.numbers(name) is gadgets.numbers(name)
    assert np.isnan(gadgets.numbers(name)).sum() == 2
