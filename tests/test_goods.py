"""Shops' records: titles that tell what a thing is, doubles, sentences among tags, and whom things are for."""

from __future__ import annotations

import pytest

from wherefore import Recommender
from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.messages import Dialogue, Message
from wherefore.dialogue.state import Preferences, Wish
from wherefore.ranking.criteria import demands_met, wishes_met
from wherefore.reading.wearers import Wearers
from wherefore.writing.evidence import weigh
from wherefore.writing.plan import plan_opening

SENTENCE = "If you are between sizes, please select the bigger one!"


@pytest.fixture(scope="module")
def things() -> Catalog:
    """Things to wear; half of the socks are not tagged so, and a hat is there three times."""
    rows = [["Sun Hat", "Hats", SENTENCE]] * 3
    for number in range(18):
        who = ("Men", "Women", "Girls")[number % 3]
        rows.append([f"{who}'s Warm Socks {number}", who, *(["Socks"] if number < 9 else [])])
        rows.append([f"{who}'s Long Coat {number}", who, "Coats"])
    return Catalog.from_records(
        {"id": str(number), "title": title, "categories": "|".join(kinds)}
        for number, (title, *kinds) in enumerate(rows)
    )


@pytest.fixture(scope="module")
def shop(things, tmp_path_factory) -> Recommender:
    cache = tmp_path_factory.mktemp("cache")
    settings = ["turn.judge=false", "writer.tries=0", "turn.questions=false"]
    return Recommender.from_catalog(things, cache=cache, settings=settings)


def listed(shop, *said) -> list[str]:
    messages = []
    for text in said:
        messages.append({"role": "user", "content": text})
        reply = shop.generate(messages)
        messages.append({"role": "assistant", "content": reply.text})
    return [one.item.title for one in reply.recommendations]


def test_what_is_refused_is_left_out_where_a_title_names_it(shop):
    titles = listed(shop, "Something warm, but no socks please")
    assert titles and not any("Socks" in title for title in titles)


def test_what_is_demanded_is_held_where_a_title_names_it(things):
    socks = Preferences(wanted=(Wish("categories", "Socks", 2.0, "socks"),))
    items = [item for item in things.items if "Socks" in item.title or item.title == "Sun Hat"]
    met = demands_met(socks, items, things)
    assert met.tolist() == ["Socks" in item.title for item in items]
    mild = Preferences(wanted=(Wish("categories", "Socks", 1.0, "socks"),))
    assert (wishes_met(mild, items, things) > 0).tolist() == met.astype(bool).tolist()


def test_titles_of_films_tell_no_genre():
    films = Catalog.builtin()
    assert not films.titled("genres", "Horror").any() and not films.titled("keywords", "war").any()
    assert films.titled("keywords", "christmas").sum() > 20


def test_what_others_are_called_is_not_said_to_be_missing(things):
    """Five pairs of socks, of which two are tagged so: nothing is said of that."""
    wish = Wish("categories", "Socks", 1.0, "socks")
    dialogue = Dialogue((Message("user", "socks"),), preferences=Preferences(wanted=(wish,)))
    socks = [item for item in things.items if "Socks" in item.title]
    assert not [fact for fact in plan_opening(socks, dialogue, things).facts if fact.kind == "wish"]
    wish = Wish("categories", "Coats", 1.0, "coats")
    dialogue = Dialogue((Message("user", "coats"),), preferences=Preferences(wanted=(wish,)))
    coats = [item for item in things.items if "Coat" in item.title][:2]
    (fact,) = [
        fact for fact in plan_opening([*coats, socks[0]], dialogue, things).facts if fact.kind == "wish"
    ]
    assert fact.ask == "2 of 3"


def test_of_doubles_one_is_listed(shop):
    titles = listed(shop, "hats")
    assert titles.count("Sun Hat") == 1


def test_a_sentence_among_tags_is_not_put_into_a_sentence(things):
    told = [one.fact.value for one in weigh(things["0"], Dialogue(()), things, None)]
    assert "Hats" in told and SENTENCE not in told


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("gift for my husband, he skis", "Men"),
        ("what do you get a dad who 'doesnt need anything'", "Men"),
        ("long shifts, always on my feet. man btw", "Men"),
        ("hm, i'm a woman, didn't say sorry", "Women"),
        ("something for my 14 yr old niece", "Girls"),
        ("a dress for my sister's wedding", None),
        ("a tie for my husband and a dress for my wife", None),
        ("my wife hates these", None),
        ("for my son", None),  # nothing is filed under boys
        ("", None),
    ],
)
def test_whom_things_are_for(things, text, who):
    assert [wish.value for wish, _ in Wearers(things).read(text)] == ([who] if who else [])


def test_whom_things_are_for_holds_on_and_changes(shop):
    assert all("Men's" in title for title in listed(shop, "a gift for my dad", "a long coat"))
    assert all("Women's" in title for title in listed(shop, "a coat for my dad", "and one for my wife"))


def test_nobody_is_looked_for_where_nothing_is_filed_so():
    assert not list(Wearers(Catalog.builtin()).read("a film for my husband"))


def test_the_opening_names_things_as_people_do(shop):
    text = shop.generate([{"role": "user", "content": "coats for my husband"}]).text
    assert "men item" not in text and "coats item" not in text
    assert "coats for men" in text
