"""Numbers and times that mean something else than they seem: ages, votes, hours, what texts measure, what is told."""

from __future__ import annotations

from datetime import date

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.entries import entries_in
from wherefore.catalog.mentioned import amount_mentioned
from wherefore.reading.ages_said import ages_of_people
from wherefore.reading.reader import DialogueReader
from wherefore.reading.told_of import is_told_of


def _reader(rows, **given) -> DialogueReader:
    return DialogueReader(Catalog.from_records(rows, **given), clock=lambda: date(2026, 11, 2))


@pytest.fixture(scope="module")
def novels() -> DialogueReader:
    rows = [
        {"title": f"Novel {n}", "avg_rating": 3 + n / 20, "ratings_count": 10 * 4**n, "year": 1990 + n}
        for n in range(12)
    ]
    return _reader(rows, name="novels")


@pytest.fixture(scope="module")
def dishes() -> DialogueReader:
    rows = [
        {
            "title": f"Dish {n}",
            "minutes": 10 + 10 * n,
            "price": f"€{3 + n}",
            "ingredients": ", ".join(f"{k} cups of thing{k}, chopped" for k in range(1, 3 + n)),
            "nutrition": f"Total Fat {n + 1}g 5%, Sodium {10 * n + 5}mg, Sugars {40 - 3 * n}g, Protein {2 * n + 1}g",
        }
        for n in range(12)
    ]
    return _reader(rows, name="dishes")


@pytest.fixture(scope="module")
def shrubs() -> DialogueReader:
    rows = [
        {
            "title": f"Shrub {n}",
            "price": f"€{3 + n}",
            "min_temperature_c": n - 5,
            "flowers": f"{['Mar', 'May', 'Dec'][n % 3]}-{['Apr', 'Jun', 'Feb'][n % 3]}",
        }
        for n in range(12)
    ]
    return _reader(rows, name="shrubs")


def limits(reader, *said):
    told = reader.read([{"role": "user", "content": text} for text in said]).preferences
    return [(one.field, one.op, one.value) for one in told.limits]


@pytest.mark.parametrize(
    ("said", "bound"),
    [
        ("with under 50 thousand ratings", ("ratings_count", "lt", 50_000)),
        ("at least 100k people rating it", ("ratings_count", "ge", 100_000)),
        ("more than 2,000 reviews", ("ratings_count", "gt", 2_000)),
        ("rated by at least 500 people", ("ratings_count", "ge", 500)),
        ("rated over 3.2", ("avg_rating", "gt", 3.2)),
        ("a rating of 3.4 or more", ("avg_rating", "ge", 3.4)),
    ],
)
def test_how_many_rated_is_no_rating(novels, said, bound):
    assert limits(novels, said) == [bound]


def test_votes_that_no_record_counts_are_said(dishes):
    told = dishes.read([{"role": "user", "content": "with more than 2,000 reviews"}]).preferences
    assert told.limits == () and [one.said for one in told.open] == ["more than 2,000 reviews"]


@pytest.mark.parametrize(
    ("said", "left"), [("200 max", ["200"]), ("five max", []), ("max", []), ("20 tops", [])]
)
def test_a_bare_most_that_no_record_tells_is_said(novels, said, left):
    told = novels.read([{"role": "user", "content": f"something gentle, {said}"}]).preferences
    assert [one.said for one in told.open] == left


@pytest.mark.parametrize(
    ("said", "now", "bound"),
    [
        ("rated at least 3.4", "ok lower the bar to 3.1", ("avg_rating", "ge", 3.1)),
        ("rated at least 3.4", "you can drop it to 3.2", ("avg_rating", "ge", 3.2)),
        ("rated at least 3.1", "raise that to 3.3 please", ("avg_rating", "ge", 3.3)),
        ("from before 1995", "you can go up to 1999", ("year", "lt", 1999)),
    ],
)
def test_a_moved_bound_keeps_its_side(novels, said, now, bound):
    assert limits(novels, said, now) == [bound]


@pytest.mark.parametrize("said", ["make it three", "drop the second", "lower", "move to the next 5000000"])
def test_what_moves_no_bound(novels, said):
    assert limits(novels, "rated at least 3.4", said) == [("avg_rating", "ge", 3.4)]


@pytest.mark.parametrize(
    ("said", "most"),
    [
        ("under an hour forty", 100),
        ("less than an hour and twenty please", 80),
        ("under two hours ten", 130),
        ("under an hour", 60),
        ("under 1 hour 5 stars", 60),
    ],
)
def test_minutes_behind_hours(dishes, said, most):
    assert limits(dishes, said) == [("minutes", "lt", most)]


@pytest.mark.parametrize(
    "said",
    [
        "for 4 and 5 yr olds",
        "my lad is 9",
        "she turned 7",
        "he is nearly 11",
        "aged 4 to 6",
        "we are all fifty plus",
        "my mum is 81",
    ],
)
def test_somebodys_age_is_no_price(shrubs, said):
    assert ages_of_people(said) and limits(shrubs, said) == []


@pytest.mark.parametrize(
    "said", ["it is 9 euros", "they are 5 each", "the box is 2 m", "ages", "", "he is 2 metres tall"]
)
def test_no_age(said):
    assert ages_of_people(said) == []


@pytest.mark.parametrize(
    ("said", "bound"),
    [
        ("at least 15 g of protein", ("text:gram@protein", "ge", 15)),
        ("less than 10g sugar", ("text:gram@sugar", "lt", 10)),
        ("under 60 mg of sodium", ("text:milligram@sodium", "lt", 60)),
        ("no more than five ingredients", ("text:#ingredients", "le", 5)),
        ("Five ingredients, tops", ("text:#ingredients", "le", 5)),
        ("a 4-ingredient supper", ("text:#ingredients", "le", 4)),
    ],
)
def test_what_texts_measure_and_list(dishes, said, bound):
    assert bound in limits(dishes, said)


def test_little_and_much_of_what_texts_measure(dishes):
    (field, op, value), *rest = limits(dishes, "something low in sugar")
    assert (field, op, rest) == ("text:gram@sugar", "le", []) and 0 < value < 30
    assert limits(dishes, "I had 22 ingredients last time") == [] and limits(dishes, "low in vitamins") == []


def test_amounts_beside_names():
    assert amount_mentioned(["Fat 9g, Protein 26g"], "gram@protein") == 26
    assert amount_mentioned(["26 g of protein, 9 g fat"], "gram@fat") == 9
    assert amount_mentioned(["no protein here, 5 g"], "gram@protein") is None
    assert amount_mentioned(["Protein 2 kg"], "gram@protein") == 2000
    assert [entries_in(one) for one in ("", 5, None, "salt", "1 egg, beaten, 2 figs (ripe, sweet)")] == [
        None,
        None,
        None,
        1,
        2,
    ]


@pytest.mark.parametrize(
    "said",
    [
        "retired last month, something evergreen",
        "we moved in january, a shrub please",
        "my dog died in may, something to plant",
        "it drops to 5 C in winter, a shrub",
    ],
)
def test_when_something_happened_asks_for_no_time(shrubs, said):
    assert not [one for one in limits(shrubs, said) if one[0].startswith("when:")]


def test_when_something_is_to_be_does(shrubs):
    assert [one for one in limits(shrubs, "it must flower in may") if one[0].startswith("when:")]
    assert not is_told_of("", 0, 0) and not is_told_of("i was hoping for july", 17, 21)


def test_how_cold_it_gets_must_be_stood(shrubs):
    assert limits(shrubs, "my porch goes down to about 3 C at night") == [("min_temperature_c", "le", 3)]
