"""What is asked for in other words than the records': other forms, other spellings, and words that mean the same."""

import numpy as np
import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.concepts import having, naming_in_any_form
from wherefore.catalog.families import family
from wherefore.dialogue.messages import Dialogue, Message
from wherefore.dialogue.state import Preferences, Wish
from wherefore.ranking.asked import is_beside, naming
from wherefore.reading.unmarked import unmarked
from wherefore.retrieval.embedders import PackagedMiniLM
from wherefore.retrieval.index import Index
from wherefore.retrieval.stand_ins import StandIns, with_stand_ins

LEASES = [
    {"title": "Bench by the window", "kind": "desk", "text": "Quiet, with a lamp. The heating is slow."},
    {"title": "Welder's bay", "kind": "workshop", "text": "Gas is included, masks are not."},
    {
        "title": "Potter's corner",
        "kind": "workshop",
        "text": "Two wheels, one of them kicks. Pottery dries on racks.",
    },
    {"title": "Sewing table", "kind": "workshop", "text": "Good light for mending by day."},
    {"title": "Piano cellar", "kind": "room", "text": "An upright that is tuned in spring."},
    {"title": "Storage cage", "kind": "storage", "text": "Dry, under the stairs."},
    {"title": "Meeting room", "kind": "room", "text": "Seats ten around an oak table."},
]


@pytest.fixture(scope="module")
def index():
    return Index.build(Catalog.from_records(LEASES, name="items"), PackagedMiniLM())


def said(text, *pieces, wanted=(), **more):
    places = tuple((0, text.index(one), text.index(one) + len(one)) for one in pieces)
    state = Preferences(wanted=tuple(wanted))
    return Dialogue((Message("user", text),), described=places, preferences=state, **more)


def titles(catalog, rows):
    return [catalog.items[row].title for row in np.flatnonzero(rows)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("welding", "welder"),
        ("heated", "heat"),
        ("knitting", "knit"),
        ("smoky", "smoke"),
        ("bake", "baking"),
        ("carried", "carry"),
        ("guitarist", "guitar"),
    ],
)
def test_forms_of_one_word_are_a_family(one, other):
    assert other in family(one) and one in family(other)


@pytest.mark.parametrize(
    "word", ["corner", "stories", "flower", "evening", "cookies", "", "日本", "x" * 5000]
)
def test_words_that_only_end_so_have_none(word):
    assert not [one for one in family(word) if one in ("corn", "store", "flow", "even", "cook", "")]


def test_records_name_what_they_tell_in_another_form(index):
    assert titles(index.catalog, having(index.catalog, "welding")) == ["Welder's bay"]
    assert titles(index.catalog, naming_in_any_form(index.catalog, ["heated"])) == ["Bench by the window"]
    assert not having(index.catalog, "sailing").any()
    assert not naming_in_any_form(index.catalog, []).any()


def test_only_what_titles_or_values_name_is_listed(index):
    found = naming(said("a place for welding please", "welding"), index.catalog)
    rows = np.arange(len(index.catalog))
    assert titles(index.catalog, found.kept(rows)) == ["Welder's bay"]


def test_what_one_text_mentions_leaves_the_others(index):
    found = naming(said("with a lamp if you have one", "lamp"), index.catalog)
    assert found.share.argmax() == 0 and found.kept(np.arange(len(index.catalog))).all()


def test_a_wished_value_comes_before_words(index):
    wish = Wish("kind", "workshop", 1.0, "workshop")
    found = naming(said("a workshop with light", "workshop", "light", wanted=[wish]), index.catalog)
    kept = titles(index.catalog, found.kept(np.arange(len(index.catalog))))
    assert kept and set(kept) <= {"Welder's bay", "Potter's corner", "Sewing table"}
    mild = naming(said("a workshop maybe", wanted=[Wish("kind", "workshop", 0.5, "workshop")]), index.catalog)
    assert mild is None


def test_nothing_is_cut_where_nothing_is_named(index):
    assert naming(said("a rocket", "rocket"), index.catalog) is None
    assert naming(said("a birthday gift", "birthday gift"), index.catalog) is None
    stories = Catalog.from_records([{"title": "Rocket"}, {"title": "Cake"}], name="movies")
    assert stories.schema.noun == "movie"
    assert naming(said("a rocket", "rocket"), stories) is None


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        ("a side dish to go with grilled chicken", True),
        ("a scarf that goes well with my coat", True),
        ("a lamp instead of the candle", True),
        ("a room with chicken", False),
        ("chicken", False),
    ],
)
def test_what_a_thing_goes_with_is_not_sought(text, beside):
    last = text.split()[-1] if "grilled" not in text else "grilled"
    assert is_beside(text, text.index(last)) is beside


def test_other_words_stand_in_for_those_that_no_record_has(index):
    stand_ins = StandIns(index)
    assert stand_ins.of("pianoforte") == "piano"
    assert stand_ins.of("") == stand_ins.of("42 // \x00") == ""
    told = with_stand_ins(
        said("with a pianoforte", "pianoforte", unmet=(("wanted", "pianoforte"),)), stand_ins
    )
    assert told.instead == (("pianoforte", "piano"),) and told.unmet == ()
    found = naming(told, index.catalog)
    assert titles(index.catalog, found.kept(np.arange(len(index.catalog)))) == ["Piano cellar"]


def test_nothing_stands_in_for_its_opposite_or_a_refusal(index):
    stand_ins = StandIns(index)
    assert stand_ins.of("wet") == ""
    refused = said("no pianoforte", unmet=(("unwanted", "pianoforte"),))
    assert with_stand_ins(refused, stand_ins) == refused


def test_what_no_judge_marks_is_found_by_the_records_words(index):
    text = "renting for pottery"
    assert [text[slice(*span)] for span in unmarked(text, [], index.catalog)] == ["pottery"]
    assert not unmarked(text, [(12, 19)], index.catalog)
    assert not unmarked("surprise me, anything good", [], index.catalog)
    assert not unmarked("pottery " * 400, [], index.catalog)
    long = "my flat is dark, one window, the landlord laughs, the cellar floods, and nobody ever mentioned pottery"
    assert not unmarked(long, [], index.catalog)  # it tells of a life, and names no thing
