"""Names as people say them, choices that are left, series that are refused: on a small catalogue of plays."""

from __future__ import annotations

import pytest

from wherefore import Recommender
from wherefore.catalog.catalog import Catalog
from wherefore.catalog.sequels import LATER, PARTS, REMADE, in_series
from wherefore.reading.ages_said import ages_said
from wherefore.reading.known_names import KnownNames
from wherefore.reading.namesakes import told_apart
from wherefore.reading.scenes import Scene
from wherefore.reading.series_refused import refused_series
from wherefore.reading.slips import goes_on
from wherefore.reading.somebody_else import others_meant
from wherefore.text import words
from wherefore.writing import smalltalk

ROWS = [
    ("The Lanternmakers", "Ottoline Vasquith", 1994, "comedy", "", 110, 8, "Two rivals light a harbour town."),
    ("The Ferrymen of Quillhaven", "Ottoline Vasquith", 2001, "drama", "", 150, 12, "A flood divides ferrymen."),
    ("Wexcombe Rising", "Dmitri Oyelaran", 1988, "drama; history", "Wexcombe", 95, 12, "Weavers strike for bread."),
    ("Wexcombe Falling", "Dmitri Oyelaran", 1991, "drama; history", "Wexcombe", 100, 14, "The mill burns."),
    ("Salt and Thistle", "Imelda Thrackway", 1979, "comedy", "", 80, 9, "A widow hires a bad gardener."),
    ("Salt and Thistle", "Jorund Thrackway", 2014, "comedy; musical", "", 140, 9, "The widow again, with songs."),
    ("The Owl Committee", "Imelda Thrackway", 2010, "mystery", "", 70, 7, "Pupils watch the night watchman."),
    ("Grey Harbour", "Jorund Thrackway", 2018, "mystery; horror", "", 90, 16, "A lighthouse that nobody built."),
    ("A Spoonful of Rooks", "Ottoline Vasquith", 2016, "horror", "", 60, 15, "A spooky dinner, not for the young."),
    ("Peppercorn Rent", "Dmitri Oyelaran", 2007, "comedy", "", 125, 10, "A landlord is paid in riddles."),
]  # fmt: skip


@pytest.fixture(scope="module")
def catalog():
    keys = ("title", "author", "year", "genre", "series", "minutes", "age", "about")
    rows = [dict(zip(keys, row, strict=True)) for row in ROWS]
    return Catalog.from_records([{**row, "genre": row["genre"].split("; ")} for row in rows])


@pytest.fixture(scope="module")
def shop(catalog):
    return Recommender.from_catalog(catalog, settings=["writer.tries=0"])


def asked(shop, *said):
    messages = []
    for one in said:
        messages.append({"role": "user", "content": one})
        reply = shop.generate(messages)
        messages.append({"role": "assistant", "content": reply.text})
    return reply


def titles(reply):
    return {one.item.title for one in reply.recommendations}


def writers(reply):
    return {name for one in reply.recommendations for name in one.item.values("author")}


def test_one_name_says_who_is_meant(shop):
    assert writers(asked(shop, "got any vasquith")) == {"Ottoline Vasquith"}
    assert writers(asked(shop, "a bit of dmitri tonight")) == {"Dmitri Oyelaran"}


def test_of_a_name_that_two_bear_either_will_do(shop):
    assert writers(asked(shop, "some thrackway please")) == {"Imelda Thrackway", "Jorund Thrackway"}


@pytest.mark.parametrize(
    "said", ["my cousin dmitri wants a comedy", "a grey evening", "dmitri says hello", "\x00 any \ue000"]
)
def test_a_name_said_in_passing_asks_for_nobody(shop, said):
    assert not [
        one
        for one in shop.reader.read([{"role": "user", "content": said}]).preferences.wanted
        if one.field == "author"
    ]


def test_nobody_is_meant_by_a_name_that_many_bear():
    people = {f"kasimir {n}": {"n": 1} for n in range(9)}
    borne = {"kasimir": dict.fromkeys(people, 1)}
    assert KnownNames(Catalog.from_records([{"title": "x"}]), {}, borne, {}).bearers("kasimir") == []


def test_a_title_with_slips_is_found(shop):
    assert "The Ferrymen of Quillhaven" in asked(shop, "do u have feriemen of quilhaven").text
    assert "no" not in asked(shop, "have you got the owl comittee?").text.lower().split()[:3]


def test_a_bare_title_is_shown_before_what_is_near(shop):
    reply = asked(shop, "Peppercorn Rent")
    assert reply.text.startswith("*Peppercorn Rent* (2007) is here.") and "Peppercorn Rent" not in titles(
        reply
    )


def test_a_longer_name_is_not_the_title_in_it():
    for said, more in (("We adored Ledger the Falconer", True), ("We adored Ledger the most", False)):
        assert goes_on(Scene(said, words(said)), 2, 3, (), {}) is more


def test_a_choice_that_is_left_is_made(shop):
    for said in (
        "Grey Harbour or Wexcombe Rising, you decide",
        "we can't agree: Grey Harbour or Wexcombe Rising",
    ):
        reply = asked(shop, said)
        assert not reply.recommendations and (
            "take *Grey Harbour*" in reply.text or "take *Wexcombe Rising*" in reply.text
        )
    reply = asked(shop, "comedies", "go on, which one and why?")
    assert not reply.recommendations and "I would start with" in reply.text


def test_what_one_cares_about_decides(shop):
    assert "*A Spoonful of Rooks* is the shorter" in asked(
        shop, "is A Spoonful of Rooks better than Grey Harbour if I want a short evening?"
    ).text  # fmt: skip


def test_one_title_of_two_years_is_told_apart(shop):
    reply = asked(shop, "difference between the 1979 and 2014 Salt and Thistle")
    assert "(1979)" in reply.text and "(2014)" in reply.text and not reply.recommendations
    assert told_apart("the 1979 Salt", (9, 13), {"a": 1979, "b": 2014}) == [("a", (4, 13))]
    assert told_apart("Salt", (0, 4), {"a": 1979, "b": 2014}) == []


def test_somebody_else_is_somebody_else(shop):
    for said in ("somebody else", "not by her", "another author please"):
        assert "Ottoline Vasquith" not in writers(asked(shop, "plays by Ottoline Vasquith", said))


def test_for_somebody_else_is_for_them(catalog):
    assert list(others_meant("for somebody else's birthday", catalog.schema.names)) == []


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        ("no sequels, remakes or anything", [LATER, REMADE]),
        ("nothing that's part of a series", [PARTS]),
        ("a standalone", [PARTS]),
        ("a good sequel", []),
        ("not a standalone", []),
        ("", []),
    ],
)
def test_what_of_series_is_refused(catalog, said, kinds):
    assert [kind for kind, _ in refused_series(said, catalog)] == kinds


def test_series_are_left_out_and_it_is_said(shop, catalog):
    assert [row[0] for row, late in zip(ROWS, in_series(catalog, LATER), strict=True) if late] == [
        "Wexcombe Falling"
    ]
    reply = asked(shop, "drama, no sequels")
    assert "Wexcombe Falling" not in titles(reply) and "later parts of a series" in reply.text
    assert not {"Wexcombe Rising", "Wexcombe Falling"} & titles(asked(shop, "drama, a standalone"))


def test_where_nothing_is_known_of_series_it_is_not_claimed():
    lonely = Catalog.from_records([{"title": "Dunes"}, {"title": "Orchard"}])
    assert list(refused_series("no sequels", lonely)) == []


def test_the_age_of_several_is_heard(shop):
    reply = asked(shop, "7 girls, all 9, party")
    assert reply.recommendations and all(one.item.number("age") <= 9 for one in reply.recommendations)
    age = shop.catalog.schema.spec("age")
    assert list(ages_said("kids, all 12 films please", age)) == [] == list(ages_said("girls, all 9", None))


def test_a_degree_refuses_no_thing(shop):
    reply = asked(shop, "spooky but not so spooky that my gran faints")
    assert "whatever mentions" not in reply.text
    assert not [
        one for one in asked(shop, "horror, but not loads").preferences.unwanted if "load" in one.value
    ]


@pytest.mark.parametrize(
    "said", ["hiya, you a robot or a person?", "who made you", "am i talking to a machine"]
)
def test_who_asks_is_told_that_it_is_a_program(shop, said):
    reply = asked(shop, said)
    assert "a program and not a person" in reply.text and not reply.recommendations


def test_a_story_of_a_robot_is_no_question():
    assert smalltalk._WHO.search("I want a play about a robot or a person") is None
