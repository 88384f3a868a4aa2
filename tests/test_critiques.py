"""Comparisons with items become limits: which items they are measured by, and what is no comparison."""

import pytest

from conftest import make_movies
from test_questions import IDS, LIST, read
from wherefore.catalog.catalog import Catalog
from wherefore.reading.reader import DialogueReader


@pytest.fixture(scope="module")
def films():
    return DialogueReader(make_movies())


def limits(reader, *said):
    return [(limit.field, limit.op, limit.value) for limit in read(reader, *said).preferences.limits]


RUNTIME, YEAR, FAME = "runtime_min", "year", "popularity"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("I liked Heat but shorter please", [(RUNTIME, "lt", 170)]),
        ("like Alien but newer", [(YEAR, "gt", 1979)]),
        ("something like Alien but funnier and longer", [(RUNTIME, "gt", 117)]),
        ("something newer than Blade Runner", [(YEAR, "gt", 1982)]),
        ("anything older than Alien?", [(YEAR, "lt", 1979)]),
        ("I want a longer film than Heat", [(RUNTIME, "gt", 170)]),
        ("shorter than Heat, longer than Alien", [(RUNTIME, "lt", 170), (RUNTIME, "gt", 117)]),
        ("like Heat, but not as long", [(RUNTIME, "lt", 170)]),
        ("like Heat but less famous", [(FAME, "lt", 78)]),
        ("something shorter than 2 hours", [(RUNTIME, "lt", 120)]),
        ("something shorter", [(RUNTIME, "le", 105)]),  # nothing was listed: than most
        ("older films are fine", []),
        ("my older brother loved Heat", []),
        ("I don't live there any longer", []),
        ("not that long ago I saw Heat", []),
        ("Give me more time", []),
        ("I grew up in the 80s, my kids are older now", []),
    ],
)
def test_measured_by_what_is_named(films, message, expected):
    assert limits(films, message) == expected


def test_less_known_is_less_known_than_all_of_a_list_of_famous_ones(films):
    famous = "Here are two.\n\n1. **Alien** (1979) — a reason.\n2. **The Shining** (1980) — a reason."
    assert limits(films, "horror please", famous, "less famous please") == [(FAME, "lt", 90)]
    assert limits(films, "horror please", famous, "better known ones") == [(FAME, "gt", (90 + 95) / 2)]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("like the second one but shorter", [(RUNTIME, "lt", 146)]),
        ("the first but less well known", [(FAME, "lt", 90)]),
        ("something shorter", [(RUNTIME, "lt", (117 + 127) / 2)]),  # than most of the list
        ("those are too old", [(YEAR, "gt", 2018)]),  # newer than any of it
        ("those are too long", [(RUNTIME, "lt", 99)]),
        ("something more obscure", [(FAME, "lt", (75 + 90) / 2)]),
        ("something less mainstream", [(FAME, "lt", (75 + 90) / 2)]),
    ],
)
def test_measured_by_the_list(films, message, expected):
    assert limits(films, "horror please", LIST, message) == expected


def test_measured_by_the_one_that_was_talked_of(films):
    reply = "*The Shining* is directed by Stanley Kubrick."
    said = ("horror please", LIST, "Who directed the second?", reply, "Something like it, but not as long")
    assert limits(films, *said) == [(RUNTIME, "lt", 146)]
    alone = limits(films, "something not too old")
    assert alone and limits(films, *said[:-1], "a comedy, not too old") == alone  # nothing is compared


def test_too_long_is_no_dislike(films):
    state = read(films, "I loved Heat, it was just too long. Something similar?").preferences
    assert state.liked == ("heat",) and not state.disliked
    assert [(limit.field, limit.value, limit.said) for limit in state.limits] == [(RUNTIME, 170, "too long")]


def test_later_words_take_the_place_of_earlier_ones(films):
    said = ("like Heat but shorter", LIST, "shorter than the fourth", LIST, "longer films are fine too")
    assert limits(films, *said[:3]) == [(RUNTIME, "lt", 99)]
    assert limits(films, *said) == []


def test_any_catalogue():
    rows = [
        {"id": "a", "title": "Blue Mug", "price_usd": 12, "pages": 30},
        {"id": "b", "title": "Wonder Cup", "price_usd": 30, "pages": 50},
        {"id": "c", "title": "Old Tin", "price_usd": 9, "pages": 10},
    ]
    reader = DialogueReader(Catalog.from_records(rows, name="mugs"))
    assert limits(reader, "like Wonder Cup but cheaper") == [("price_usd", "lt", 30)]
    assert limits(reader, "like Blue Mug but with fewer pages") == [("pages", "lt", 30)]
    assert limits(reader, "like Blue Mug but shorter") == [("pages", "lt", 30)]
    assert limits(reader, "like Blue Mug but newer") == []  # nothing here has a year


def test_the_list_is_the_last_one(films):
    assert read(films, "horror please", LIST, "something shorter").last_listed == IDS
