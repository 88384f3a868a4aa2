"""Percents of fields that hold parts of one, prices that a word beside the number names, and "later" of the day."""

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.spoken import amount_text, limit_text, measure
from wherefore.reading.reader import DialogueReader

BEERS = [
    {"name": f"Ale {n}", "abv": 0.041 + n / 200, "ibu": 20 + n, "first_brewed": 2001 + n, "price": 2.5 + n}
    for n in range(12)
]
FLATS = [
    {"title": f"Loft {n}", "Kaltmiete (€)": 700 + 50 * n, "Warmmiete": f"{900 + 50 * n} €"} for n in range(12)
]


def limits(rows, text):
    reader = DialogueReader(Catalog.from_records(rows, name="beers"))
    state = reader.read([{"role": "user", "content": text}])
    return [(one.field, one.op, round(one.value, 6)) for one in state.preferences.limits]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a beer below 7%", [("abv", "lt", 0.07)]),
        ("not stronger than 6 percent", [("abv", "le", 0.06)]),
        ("stronger than 6 %", [("abv", "gt", 0.06)]),
        ("at least 5.5% abv please", [("abv", "ge", 0.055)]),
        ("between 5 and 8 percent", [("abv", "ge", 0.05), ("abv", "le", 0.08)]),
        ("over 30 ibu", [("ibu", "gt", 30)]),
    ],
)
def test_percents_are_of_the_field_in_parts_of_one(text, found):
    assert limits(BEERS, text) == found


def test_percents_of_several_fields_are_of_the_one_that_is_named():
    rows = [{**row, "fat": 0.1 + row["ibu"] / 100} for row in BEERS]
    assert limits(rows, "under 7%") == []
    assert limits(rows, "under 20% fat") == [("fat", "lt", 0.2)]


def test_scores_and_flags_are_no_percents():
    rows = [{"title": f"Song {n}", "danceability": n / 20, "explicit": n % 2} for n in range(12)]
    assert limits(rows, "under 7%") == []


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("max 1300 euros warm please", "Warmmiete"),
        ("at most 1300 euros kalt", "Kaltmiete (€)"),
        ("at most 1300 euros", "Kaltmiete (€)"),
    ],
)
def test_of_several_prices_the_one_beside_the_number_counts(text, field):
    assert limits(FLATS, text) == [(field, "le", 1300)]


@pytest.mark.parametrize(
    "text", ["I am driving later", "an ale for later", "see you later", "an ale, then later a walk"]
)
def test_later_of_the_day_is_no_year(text):
    assert limits(BEERS, text) == []


def test_parts_of_one_are_said_as_percents():
    catalog = Catalog.from_records(
        [{**row, "score": row["abv"]} for row in BEERS] + [{"name": "Nil", "abv": "", "score": ""}]
    )
    (abv,) = (spec for spec in catalog.schema.fields if spec.name == "abv")
    assert abv.unit == "parts of one" and catalog.schema.spec("score").unit == ""
    shown = measure(abv).shown
    assert [amount_text(0.065, shown), limit_text(0.07, shown)] == ["6.5%", "7%"]
    whole = Catalog.from_records([{**row, "abv": 100 * row["abv"]} for row in BEERS])
    assert whole.schema.spec("abv").unit == ""
