"""Times counted from today, on whatever field says when things are from."""

from datetime import date

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.reading.limits import LimitReader
from wherefore.reading.reader import DialogueReader

TODAY = date(2026, 11, 28)
DAYS = ["1987-04-04", "2009-09-14", "2016-10-10", "2021-06-08", "2024-02-02", "2025-03-03", "2026-05-05"]


def made(name, cells):
    rows = [{"title": f"Name {n}", name: cell, "pages": 100 + n} for n, cell in enumerate(cells)]
    return Catalog.from_records(rows, name="books")


CATALOGS = {
    "date": made("publication_date", DAYS),
    "year": made("year", [int(day[:4]) for day in DAYS]),
    "number": made("vintage", [int(day[:4]) for day in DAYS]),
}


def left(said, catalog):
    state = DialogueReader(catalog, clock=lambda: TODAY).read([{"role": "user", "content": said}]).preferences
    years = [int(day[:4]) for day in DAYS]
    return [
        year
        for year, item in zip(years, catalog.items, strict=True)
        if all(limit.allows(item, catalog) for limit in state.limits)
    ]


@pytest.mark.parametrize("kind", CATALOGS)
@pytest.mark.parametrize(
    ("said", "years"),
    [
        ("a book from the last 6 years", [2021, 2024, 2025, 2026]),
        ("published in the past couple of years", [2025, 2026]),
        ("something from this year", [2026]),
        ("books from last year", [2025]),
        ("last year's books", [2025]),
        ("anything released in the last decade", [2021, 2024, 2025, 2026]),
        ("something from this decade", [2021, 2024, 2025, 2026]),
        ("no older than 11 years", [2016, 2021, 2024, 2025, 2026]),
        ("nothing older than six years", [2021, 2024, 2025, 2026]),
        ("older than 15 years", [1987, 2009]),
        ("something from the 80s", [1987]),
        ("published after 2016", [2021, 2024, 2025, 2026]),
        ("since 2024", [2024, 2025, 2026]),
    ],
)
def test_times_are_counted_from_today(kind, said, years):
    if kind != "date" and said == "published in the past couple of years":
        years = [2024, *years]  # of a year nobody knows which part is meant
    if kind != "date" and said == "anything released in the last decade":
        years = [2016, *years]
    assert left(said, CATALOGS[kind]) == years


@pytest.mark.parametrize("kind", CATALOGS)
@pytest.mark.parametrize(
    "said",
    [
        "I've read nothing in the last two years",
        "I saw that one last year, it was fine",
        "we moved here this year and need something to read",
        "my son is older than ten years",
        "this year has been hard, cheer me up",
        "for kids no older than ten years",
        "from before the war",
    ],
)
def test_times_of_somebodys_life_limit_nothing(kind, said):
    assert len(left(said, CATALOGS[kind])) == len(DAYS)


def test_of_several_dates_the_one_that_is_named_counts():
    rows = [
        {"title": f"Name {n}", "year": 1990 + n, "date_added": f"202{n}-01-05", "pages": 90 + n}
        for n in range(1, 7)
    ]
    limits = LimitReader(Catalog.from_records(rows, name="films"), lambda: TODAY)
    assert [one.field for one in limits.read("films added this year")] == ["date_added"]
    assert [one.field for one in limits.read("films from this year")] == ["year"]


def test_amounts_of_years_are_no_years():
    for said in ("no older than 10 years", "at least 5 years", "over 2 years"):
        limits = LimitReader(CATALOGS["year"], lambda: TODAY).read(said)
        assert all(limit.value > 1500 for limit in limits), said
