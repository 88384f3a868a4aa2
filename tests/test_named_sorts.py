"""A sort of thing that is named: titles are read by their heads, and what there is none of is said to be missing."""

import numpy as np
import pytest

from titled_shop import retriever_of
from wherefore.catalog.catalog import Catalog
from wherefore.catalog.heads import cut, heads_of
from wherefore.catalog.things import Things, names_thing, things
from wherefore.dialogue.messages import Dialogue, Message
from wherefore.dialogue.state import Open, Preferences
from wherefore.ranking.named_sorts import sorts_asked
from wherefore.ranking.sorts import nearest, sort_named, sorts_missing
from wherefore.turn.missing_sorts import MissingSorts, missing_sorts
from wherefore.writing.smalltalk import Said
from wherefore.writing.understood import Missing

TITLES = (
    "Brock Cordless Drill with Case, 18 V;Brock Impact Drill, Red;Tarn Hammer Drill - 2 Speeds;"
    "Tarn Drill Bits for Wood, 12-Pack;Brock Drill Bit Set, Titanium;Hard Case for Brock Cordless Drill;"
    "Osk Claw Hammer, 16 oz;Osk Rubber Mallet;Tarn Spirit Level (60 cm);Osk Adjustable Wrench, Chrome, 8 Inch;"
    "Plumb Steel Watering Can, 5 l, Green;Plumb Paint and Varnish Brush, 2 Inch;Plumb Paint Roller | Nylon;"
    "Masonry Paint, 5 l, White;Sill Window Box - Terracotta;Sill Tool Box, 3 Drawers;Dusk Wastebasket, Grey;"
    "Dusk Nails, Screws, and Wall Plug Assortment;Foot Pump by Dusk;Pump Oil, 1 l"
).split(";")


@pytest.fixture(scope="module")
def retriever():
    return retriever_of(TITLES)


def said(text, *pieces, **more):
    places = tuple((0, text.index(one), text.index(one) + len(one)) for one in pieces)
    return Dialogue((Message("user", text),), described=places, **more)


def titles(rows):
    return [TITLES[row] for row in np.flatnonzero(rows)]


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Tarn Drill Bits for Wood, 12-Pack", [["tarn", "drill", "bits"]]),
        ("Hard Case for Brock Cordless Drill", [["hard", "case"]]),
        ("Osk Adjustable Wrench, Chrome, 8 Inch", [["osk", "adjustable", "wrench"]]),
        ("Week Planner / Diary 2031", [["week", "planner"], ["diary"]]),
        ("Paper, CD, and Card Shredder - Black", [["card", "shredder"]]),
        ("Tin Box w/7 Trays", [["tin", "box"]]),
        ("18 x 24, 12-Pack (8841)", []),
        ("", []),
    ],
)
def test_a_title_is_cut_where_its_name_ends(title, names):
    assert cut(title)[0] == names


def test_titles_are_headed_by_their_nouns(retriever):
    heads = heads_of(retriever.index.catalog)
    assert [TITLES[row] for row in heads.first(["drill"])] == TITLES[:3]
    assert [TITLES[row] for row in heads.first(["drill", "bit"])] == TITLES[3:5]
    assert not len(heads.first(["kayak"])) and not len(heads.first([]))


def test_strange_titles_are_headed_by_nothing():
    odd = Catalog.from_records(
        [{"title": one} for one in ("???", "12 / 13 - 14", "a" * 4000, "、。", "with for by")]
    )
    assert not len(heads_of(odd).first(["for"]))


def test_things_have_names_and_kinds():
    own = Things(["0\tdrink; beverage", "1\tlemonade", "1\ttea", "2\ticed tea", "0\tchair"])
    assert own.same("drinks") == [("beverage",)]
    assert own.below("beverage") == [("lemonade",), ("tea",), ("iced", "tea")]
    assert own.below("chairs") == own.same("nothing") == []
    assert things().names("walkie talkies") and names_thing("a spare tent")
    assert not any(map(names_thing, ("a nice evening", "something for my back", "a good idea", "", "a hand")))


@pytest.mark.parametrize(
    ("text", "piece", "found"),
    [
        ("a drill that is light", "drill", TITLES[:3]),
        ("drill bits", "drill", TITLES[3:5]),  # a judge may mark half of a name
        ("a spanner for the bike", "spanner", ["Osk Adjustable Wrench, Chrome, 8 Inch"]),
        ("a tool box with drawers", "tool box", ["Sill Tool Box, 3 Drawers"]),
        ("my drill broke, I need a new one", "new", TITLES[:3]),
        ("have you got a foot pump?", "", ["Foot Pump by Dusk"]),
    ],
)
def test_only_what_is_of_the_sort_is_listed(retriever, text, piece, found):
    sort = sort_named(said(text, *filter(None, [piece])), retriever)
    rows = np.arange(len(TITLES))
    assert titles(sort.named & sort.fitting(rows)) == found
    assert set(sort.likeliest().tolist()) == set(np.flatnonzero(sort.named).tolist())


@pytest.mark.parametrize(
    ("text", "piece", "missing"),
    [
        ("do you sell tents?", "", ["tents"]),
        ("I need a lawn mower", "", ["lawn mower"]),
        ("a saw please", "saw", ["saw"]),
        ("an oven and a drill", "oven", ["oven"]),
        ("a drill in a case", "drill", []),
        ("something for my back", "back", []),
        ("a nice evening", "evening", []),
        ("I need a break", "break", []),
        ("a bin for the shed", "bin", []),  # a wastebasket is one
        ("we have a sofa, it needs a brush", "brush", []),
        ("a hammer with a tent", "hammer", []),
        ("tents? " * 300, "tents", ["tents"]),
    ],
)
def test_what_there_is_none_of_is_missing(retriever, text, piece, missing):
    found = sorts_missing(said(text, *filter(None, [piece])), retriever)
    assert found == missing


def test_of_stories_nothing_is_missing():
    stories = Catalog.from_records([{"title": "The Tent"}, {"title": "Cake"}], name="movies")
    assert sorts_asked(said("a saw", "saw"), 0, stories) == []


def test_it_is_said_before_what_comes_nearest(retriever):
    catalog = retriever.index.catalog
    told = missing_sorts(said("do you sell tents?"), retriever)
    assert told.names == ("tents",) and told.alone
    items = [catalog.items[0], catalog.items[1]]
    assert told.opening("Sure.", items, catalog) == "I have no tents here; these items come nearest."
    both = MissingSorts(("oven",), False, 0.5, sort_named(said("a drill", "drill"), retriever))
    assert both.opening("Sure.", items, catalog) == "Sure. I have no oven here."
    assert missing_sorts(said("thanks, bye"), retriever).opening("Sure.", items, catalog) == "Sure."
    assert missing_sorts(Dialogue(()), retriever).names == ()


def test_a_list_without_the_sort_does_not_pass_for_one(retriever):
    catalog = retriever.index.catalog
    told = missing_sorts(said("a drill", "drill"), retriever)
    text = told.opening("These should fit.", [catalog.items[-1]], catalog)
    assert "fits the rest" in text and "something else" in text and "should fit" not in text
    assert told.opening("These should fit.", [catalog.items[0]], catalog) == "These should fit."


def test_where_nothing_comes_near_nothing_is_listed():
    far, near = MissingSorts(("kayak",), True, 0.1), MissingSorts(("kayak",), True, 0.6)
    other = Said("That I cannot tell.", "ask")
    assert far.before_list(said("a kayak?"), None).text.startswith("I have no kayak here.")
    assert near.before_list(said("a kayak?"), other) is None
    assert MissingSorts(()).before_list(said("a kayak?"), other) is other


def test_nothing_is_told_twice():
    told = MissingSorts(("lawn mower",), True, 0.5)
    assert told.besides([Missing("mower", False), Missing("teak", False)]) == (Missing("teak", False),)
    state = Preferences(open=(Open("wanted", "lawn mower"), Open("wanted", "teak")))
    left = told.without(said("a lawn mower", unmet=(("wanted", "lawn mower"),), preferences=state))
    assert left.unmet == () and [one.said for one in left.preferences.open] == ["teak"]


def test_the_nearest_are_found_a_part_at_a_time(retriever, monkeypatch):
    vector = retriever.index.embed_all(["hammer"])["hammer"]
    whole = nearest(vector, retriever.index, 4)
    monkeypatch.setattr("wherefore.ranking.sorts._AT_ONCE", 3)
    parts = nearest(vector, retriever.index, 4)
    assert whole[0].tolist() == parts[0].tolist() and np.allclose(whole[1], parts[1])
