"""Age ratings and IP codes stand in an order: what lies on the wrong side is refused."""

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.codes import age_of, ages_of, is_graded, protection_of
from wherefore.reading.reader import DialogueReader

FILMS = "G PG PG-13 R TV-Y TV-Y7 TV-PG TV-14 TV-MA".split()


def catalog(name, values):
    rows = [{"title": f"Thing {n}", name: value} for n, value in enumerate(values * 3)]
    return Catalog.from_records(rows, name="things")


@pytest.fixture(scope="module")
def films():
    return DialogueReader(catalog("rating", FILMS))


@pytest.fixture(scope="module")
def phones():
    return DialogueReader(catalog("water_rating", ["IP54", "IP67", "IP68", "IPX4"]))


def refused(reader, text):
    return {one.value for one in reader.read([{"role": "user", "content": text}]).preferences.refusals}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a film for my kids (6 and 8)", {"PG-13", "R", "TV-PG", "TV-14", "TV-MA"}),
        ("something suitable for children", {"PG-13", "R", "TV-14", "TV-MA"}),
        ("for a 3 year old", {"PG", "PG-13", "R", "TV-Y7", "TV-PG", "TV-14", "TV-MA"}),
        ("to watch with my daughter, she's 14 years old", {"R", "TV-MA"}),
        ("family movie night", {"PG-13", "R", "TV-14", "TV-MA"}),
        ("nothing above PG-13", {"R", "TV-14", "TV-MA"}),
        ("PG or lower", {"PG-13", "R", "TV-PG", "TV-14", "TV-MA"}),
        ("für meine Kinder", {"PG-13", "R", "TV-14", "TV-MA"}),
        ("not for kids", set()),
        ("a thriller for my grown children", set()),
        ("two seasons at most, the kids are in bed", set()),
        ("a movie about kids", set()),
    ],
)
def test_ages(films, text, found):
    assert refused(films, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("IP67 or better", {"IP54", "IPX4"}),
        ("at least IP68", {"IP54", "IP67", "IPX4"}),
        ("a waterproof phone", {"IP54", "IPX4"}),
        ("water resistant", set()),
        ("it doesn't have to be waterproof", set()),
        ("up to $700, max 200 g", set()),
    ],
)
def test_protection(phones, text, found):
    assert refused(phones, text) == found


def test_only_columns_of_codes_have_an_order():
    genres = catalog("genre", ["R", "drama", "comedy", "horror"])
    assert not ages_of(genres) and not is_graded(genres, "genre")
    assert is_graded(catalog("rating", FILMS), "rating")
    assert (age_of("FSK 12"), age_of("16+"), age_of("16"), protection_of("IP6")) == (12, 16, None, None)
