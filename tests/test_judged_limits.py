"""Numbers that a judge takes for bounds, and the limits that they make."""

from dataclasses import replace
from datetime import date

import pytest

from conftest import make_movies
from test_judged import Told
from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.state import Order
from wherefore.reading.judge import packaged_judge
from wherefore.reading.judged_grades import JudgedGrades
from wherefore.reading.judged_limits import Bound, JudgedLimits
from wherefore.reading.limits import LimitReader
from wherefore.reading.measures import Measures
from wherefore.reading.reader import DialogueReader


@pytest.fixture(scope="module")
def limits():
    catalog = Catalog.builtin()
    return JudgedLimits(catalog, Measures(catalog))


def read(limits, text, words, label, measure="none"):
    start = text.index(words)
    bound = Bound((start, start + len(words)), label, measure)
    return [(one.field, one.op, one.value) for one in limits.read(text, [bound])]


@pytest.mark.parametrize(
    ("text", "words", "label", "found"),
    [
        ("got 110 minutes precisely, kid's at judo", "110 minutes", "max", [("runtime_min", "le", 110)]),
        (
            "whatever's left of the night is an hour forty",
            "an hour forty",
            "max",
            [("runtime_min", "le", 100)],
        ),
        ("she said 1 h 45, not more", "1 h 45", "max", [("runtime_min", "le", 105)]),
        ("ninety and i'm out", "ninety", "max", [("runtime_min", "le", 90)]),
        ("two hours at the very least", "two hours", "min", [("runtime_min", "ge", 120)]),
        ("90-100 min", "90-100 min", "between", [("runtime_min", "ge", 90), ("runtime_min", "le", 100)]),
        ("100 min or so", "100 min", "about", [("runtime_min", "ge", 85), ("runtime_min", "le", 115)]),
        ("my 10yo picks", "10yo", "max", [("age", "le", 10)]),
        ("a six-year-old who hates me", "six-year-old", "max", [("age", "le", 6)]),
        ("she's eleven and bored", "eleven", "max", [("age", "le", 11)]),
        ("we're a 1977 sort of house", "1977", "exactly", [("year", "ge", 1977), ("year", "le", 1977)]),
        ("the 70s, obviously", "70s", "between", [("year", "ge", 1970), ("year", "le", 1979)]),
        ("not before the 90s began", "90s", "min", [("year", "ge", 1990)]),
        ("strictly after 2000", "2000", "min", [("year", "gt", 2000)]),
        ("what came before 1960", "1960", "max", [("year", "lt", 1960)]),
        ("a budget of $20", "$20", "max", []),
        ("fun for an 80 year old", "80 year old", "max", []),  # a grown-up's age limits nothing
        ("five feet of snow", "five feet", "max", []),
        ("some words", "words", "max", []),
    ],
)
def test_a_number_limits_the_field_that_it_speaks_of(limits, text, words, label, found):
    assert read(limits, text, words, label) == found


def test_recent_years_are_counted_from_today():
    limits = JudgedLimits(Catalog.builtin(), Measures(Catalog.builtin(), lambda: date(2026, 11, 28)))
    ((name, op, value),) = read(limits, "best of the last 5 years", "last 5 years", "between")
    assert (name, op, value) == ("year", "ge", 2021)


def test_of_several_children_the_youngest_counts(limits):
    text = "for mine, 4 and 7"
    found = limits.read(text, [Bound((10, 11), "max"), Bound((16, 17), "max")])
    assert [(one.field, one.value) for one in found] == [("age", 4.0)]


PLANTS = [
    {
        "id": str(number),
        "title": f"Plant {number}",
        "height_cm": 10 * number,
        "pot_cm": 5 + number,
        "temperature_min_c": 12 - 2 * number,
        "price_eur": 2.5 * number,
        "min_pets": number % 3,
        "max_pets": 3 + number % 4,
    }
    for number in range(1, 21)
]


@pytest.fixture(scope="module")
def plants():
    return Catalog.from_records(PLANTS)


@pytest.mark.parametrize(
    ("text", "words", "label", "measure", "found"),
    [
        ("1 metre tops, low ceilings", "1 metre", "min", "size", [("height_cm", "le", 100)]),
        ("gets over a metre", "a metre", "max", "size", [("height_cm", "gt", 100)]),
        ("max. two feet for me", "two feet", "max", "size", [("height_cm", "le", 60.96)]),
        ("my pots are 12 cm", "12 cm", "max", "size", [("pot_cm", "le", 12)]),
        ("it gets down to 6 degrees in there", "6 degrees", "min", "other", [("temperature_min_c", "le", 6)]),
        ("make it through say -8", "8", "max", "other", [("temperature_min_c", "le", -8)]),
        ("the boss is paying, go up to 40", "40", "min", "price", [("price_eur", "le", 40)]),
        ("not under 20 for a boss", "20", "max", "price", [("price_eur", "ge", 20)]),
        ("a metre or so and up", "a metre", "max", "size", [("height_cm", "ge", 100)]),
        ("need about 20", "20", "max", "size", []),  # a count
        ("5 tonnes of it", "5 tonnes", "max", "weight", []),
        ("we have 4 pets", "4 pets", "exactly", "amount", [("min_pets", "le", 4), ("max_pets", "ge", 4)]),
    ],
)
def test_units_names_and_signs_say_of_what_and_on_which_side(plants, text, words, label, measure, found):
    assert read(JudgedLimits(plants, Measures(plants)), text, words, label, measure) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pots between 9 and 12 cm", [("pot_cm", "ge", 9), ("pot_cm", "le", 12)]),
        ("between 9 and 12 cm", [("height_cm", "ge", 9), ("height_cm", "le", 12)]),
        ("at most 1.2 metres", [("height_cm", "le", 120)]),
        ("at least -10 degrees", [("temperature_min_c", "le", -10)]),
        ("under 3 litres", []),
    ],
)
def test_rules_know_units_names_and_signs_too(plants, text, found):
    assert [(one.field, one.op, one.value) for one in LimitReader(plants).read(text)] == found


@pytest.mark.parametrize(
    ("word", "label", "op"),
    [("older", "more", "lt"), ("newer", "less", "gt"), ("vintage", "high", "le"), ("recent", "low", "ge")],
)
def test_what_is_older_is_less_of_a_year(word, label, op):
    text = f"something {word} this time"
    grades = JudgedGrades(LimitReader(Catalog.builtin()))
    (one,) = grades.read(text, [Bound((10, 10 + len(word)), label, "year")])
    assert (one.field, one.op) == ("year", op)


def state(text, **labels):
    return DialogueReader(make_movies(), Told(**labels)).read([{"role": "user", "content": text}]).preferences


def test_what_the_rules_leave_out_is_limited_by_the_judge():
    (limit,) = state("whatever's left of the night is 95 min", **{"95_min": "max"}).limits
    assert (limit.field, limit.op, limit.value, limit.said) == ("runtime_min", "le", 95.0, "95 min")
    assert state("she slept 95 min of it", **{"95_min": "nothing"}).limits == ()
    assert state("they all say 95 min", **{"95_min": "max other"}).limits == ()


def test_what_the_rules_put_right_stays_right():
    both = state("after 1970, no wait, after 1985", **{"1970": "min", "1985": "min", "after_1985": "min"})
    assert [(one.op, one.value) for one in both.limits] == [("gt", 1985.0)]


@pytest.fixture(scope="module")
def shop():
    """Clothes with a price and a length, the numbers that a bare one may fit."""
    rows = [
        {"id": str(n), "title": f"Dress {n}", "price_usd": 5.0 * n, "length_cm": 60.0 + n, "kind": "dress"}
        for n in range(1, 13)
    ]
    return Catalog.from_records(rows, name="clothes")


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("just 20, no more", "20", [("price_usd", "le", 20)]),
        ("we are size 20 up", "20", []),
        ("for my niece, she is 6", "6", []),
        ("i'm 45, be kind", "45", []),
        ("a pack of 6", "6", []),
        ("she turns 10", "10", []),
    ],
)
def test_a_size_an_age_or_a_count_is_no_price(shop, text, words, found):
    assert read(JudgedLimits(shop, Measures(shop)), text, words, "max") == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("15 bucks is all i got", [("price_usd", "le", 15)]),
        ("$25 each is the limit", [("price_usd", "le", 25)]),
        ("my budget is 40", [("price_usd", "le", 40)]),
        ("70cm at most", [("length_cm", "le", 70)]),
        ("under 65.5cm", [("length_cm", "lt", 65.5)]),
        ("is all I got", []),
    ],
)
def test_the_most_is_said_in_many_ways(shop, text, found):
    state = DialogueReader(shop).read([{"role": "user", "content": text}]).preferences
    assert [(one.field, one.op, one.value) for one in state.limits] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("food on the table in 15 min", [("total_time", "le", 15)]),
        ("something in half an hour", [("total_time", "le", 30)]),
        ("in the last 10 minutes I got hungry", []),
    ],
)
def test_a_time_in_which_it_is_done_is_the_most(text, found):
    rows = [
        {"id": str(n), "title": f"Soup {n}", "total_time": 5 * n, "total_time_unit": "min"}
        for n in range(1, 13)
    ]
    catalog = Catalog.from_records(rows, name="recipes")
    state = DialogueReader(catalog).read([{"role": "user", "content": text}]).preferences
    assert [(one.field, one.op, one.value) for one in state.limits] == found


SHOES = [
    {"id": str(n), "title": f"Shoe {n}", "price": 10 + 5 * n, "weight_g": 900 - 20 * n, "stars": 3 + n % 3}
    for n in range(20)
]


@pytest.fixture(scope="module")
def shoes():
    return Catalog.from_records(SHOES)


@pytest.mark.parametrize(
    ("text", "words", "label", "measure", "found"),
    [
        ("and she's only giving me 40", "40", "max", "price", [("price", "le", 40)]),
        ("hes 70 and always cold", "70", "exactly", "age", []),  # no shoe has an age
        ("size 11 please, wide", "11", "exactly", "size", []),
        ("600 at the most on my feet", "600", "max", "weight", [("weight_g", "le", 600)]),
        ("for 40", "40", "max", "none", [("price", "le", 40)]),  # as the only one that it fits
    ],
)
def test_a_bare_number_is_of_what_the_judge_says(shoes, text, words, label, measure, found):
    assert read(JudgedLimits(shoes, Measures(shoes)), text, words, label, measure) == found


class Measured(Told):
    """A judge that is told of measures, too."""

    def __init__(self, measure, **labels):
        super().__init__(**labels)
        self.measure = measure

    def meaning(self, text, start, end):
        return replace(super().meaning(text, start, end), measure=self.measure)


def limits_of(catalog, measure, *said, **labels):
    messages = []
    for text in said:
        messages += [
            {"role": "user", "content": text},
            {"role": "assistant", "content": "1. **Shoe 10**\n2. **Shoe 12**"},
        ]
    state = DialogueReader(catalog, Measured(measure, **labels)).read(messages[:-1]).preferences
    return [(one.field, one.op, one.value) for one in state.limits]


def test_words_of_degree_are_limits_of_what_they_speak_of(shoes):
    text = "something that won't break the bank"
    ((field, op, value),) = limits_of(shoes, "price", text, **{"won't break the bank": "low"})
    assert (field, op) == ("price", "le") and 30 <= value <= 40
    text = "the one that hurts least"  # a superlative puts the list in order
    judge = Measured("price", **{"hurts least": "lowest"})
    state = DialogueReader(shoes, judge).read([{"role": "user", "content": text}]).preferences
    assert state.limits == () and state.order == Order("price", "low", "hurts least")
    ((field, op, value),) = limits_of(shoes, "weight", "like feathers please", **{"like feathers": "low"})
    assert (field, op) == ("weight_g", "le") and value < 700
    assert (
        limits_of(shoes, "time", "over before tea", **{"over before tea": "low"}) == []
    )  # shoes take no time
    assert limits_of(shoes, "none", "not so shouty", **{"so shouty": "less"}) == []


def test_words_of_degree_are_compared_with_what_was_listed(shoes):
    ((field, op, value),) = limits_of(
        shoes, "price", "shoes", "kinder to my purse", **{"kinder to my purse": "less"}
    )
    assert (field, op, value) == ("price", "lt", 65)
    ((field, op, value),) = limits_of(shoes, "price", "kinder to my purse", **{"kinder to my purse": "less"})
    assert (field, op) == ("price", "le") and value < 45


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("winters here go down to minus fifteen", [("temperature_min_c", "le", -15)]),
        ("three that survive -10 outside", [("temperature_min_c", "le", -10)]),
        ("hardy to at least -5", [("temperature_min_c", "le", -5)]),
        ("20-30 of them", []),
        ("minus the pot", []),
    ],
)
def test_how_cold_it_gets_bounds_the_lowest_temperature(plants, text, found):
    rules = LimitReader(plants)
    assert [(one.field, one.op, one.value) for one in rules.read(text)] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a metre at least", [("height_cm", "ge", 100)]),
        ("80 cm or taller", [("height_cm", "ge", 80)]),
        ("40 cm, at least 2 euros", [("price_eur", "ge", 2)]),
        ("30 cm at the most", [("height_cm", "le", 30)]),
    ],
)
def test_the_side_may_be_said_behind_an_amount(plants, text, found):
    rules = LimitReader(plants)
    assert [(one.field, one.op, one.value) for one in rules.read(text)] == found


def test_two_ends_of_a_range_are_one_bound(shop):
    limits = JudgedLimits(shop, Measures(shop))
    text = "more expensive is fine, 15 to 25"
    bounds = [Bound((24, 26), "max", "price"), Bound((30, 32), "max", "price")]
    assert [(one.op, one.value) for one in limits.read(text, bounds)] == [("ge", 15), ("le", 25)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a 4-star hotel", [("stars", "ge", 4)]),
        ("three stars will do", [("stars", "ge", 3)]),
        ("5 to 6 km out", [("beach_km", "ge", 5), ("beach_km", "le", 6)]),
        ("five to six km out", [("beach_km", "ge", 5), ("beach_km", "le", 6)]),
        ("sleeps of 30-45 min", []),
        ("3 stars min", [("stars", "ge", 3)]),
    ],
)
def test_stars_and_ranges_with_units(text, found):
    rows = [
        {
            "hotel_id": str(n),
            "name": f"Inn {n}",
            "stars": 1 + n % 5,
            "beach_km": n,
            "min_guests": 1,
            "max_guests": 2 + n % 4,
        }
        for n in range(12)
    ]
    rules = LimitReader(Catalog.from_records(rows, name="hotels"))
    assert [(one.field, one.op, one.value) for one in rules.read(text)] == found


def test_what_says_side_number_and_measure_is_no_matter_of_judging():
    rows = [{"title": f"Wine {n}", "points": 80 + n, "price": 10.0 * n} for n in range(1, 15)]
    reader = DialogueReader(Catalog.from_records(rows, name="wines"), Told())
    limits = reader.read([{"role": "user", "content": "at least 90 points"}]).preferences.limits
    assert [(one.field, one.op, one.value) for one in limits] == [("points", "ge", 90)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dry food for my old girl, shes 9. she's a cat lol", []),
        ("My son (5) wants something to sow", []),
        ("something for the kids, mine are 4 and 7", []),
        ("food for my dog, under 9 please", [("price", "lt", 9.0)]),
    ],
)
def test_how_old_somebody_is_is_no_price(text, found):
    rows = [{"name": f"Bag {n}", "price": f"£{n}.50", "kind": "food"} for n in range(1, 30)]
    reader = DialogueReader(Catalog.from_records(rows, name="products"), packaged_judge())
    limits = reader.read([{"role": "user", "content": text}]).preferences.limits
    assert [(one.field, one.op, one.value) for one in limits] == found
