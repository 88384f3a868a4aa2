"""What was asked for and nothing listed answers is said; values are found by some of their words."""

from dataclasses import replace

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.messages import Dialogue, Message
from wherefore.dialogue.state import Open, Preferences, Wish
from wherefore.reading.partial import PartialValues
from wherefore.reading.vocabulary import Vocabulary
from wherefore.retrieval.embedders import PackagedMiniLM
from wherefore.retrieval.index import Index
from wherefore.turn.unanswered import Unanswered
from wherefore.writing.understood import Missing, understood

TABLES = [
    ("1", "Bistro set", "Side Table", "Folds flat for the winter. Powder coated steel."),
    ("2", "Harbour", "Dining Table", "Seats eight at Sunday lunch. Made of teak."),
    ("3", "Orchard", "Garden Bench", "A place under the tree. Oiled acacia with a carved back."),
    ("4", "Terrace", "Sun Lounger", "Lies flat. Its wheels take the weight off your hands."),
]


@pytest.fixture(scope="module")
def index():
    records = [
        {"id": f"{key}{copy}", "title": f"{title} {copy}", "category": sort, "note": note}
        for copy in ("a", "b")
        for key, title, sort, note in TABLES
    ]
    return Index.build(Catalog.from_records(records), PackagedMiniLM())


def asked(text, *pieces, **more):
    """A dialogue of one message with pieces that ask for something."""
    described = tuple((0, text.index(one), text.index(one) + len(one)) for one in pieces)
    return Dialogue((Message("user", text),), described=described, **more)


def missing(index, dialogue, *ids):
    return Unanswered(index).of(dialogue, [index.catalog[one] for one in ids])


def test_what_no_listed_record_answers_is_found(index):
    found = missing(index, asked("something with a parasol and of teak", "parasol", "teak"), "1a", "3a", "4a")
    assert found == (Missing("parasol", elsewhere=False), Missing("teak", elsewhere=True))


def test_what_few_of_the_list_answer_is_told_with_them(index):
    (found,) = missing(index, asked("one of teak", "teak"), "1a", "2a", "3a", "4a")
    assert found == Missing("teak", True, (index.catalog["2a"],))
    assert missing(index, asked("one of teak", "teak"), "2a", "2b") == ()


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("a folding one", "folding"),  # the same word in another form
        ("steel please", "steel"),
        ("something cosy", "cosy"),  # a taste
        ("something to sit out the rain", "sit out the rain"),  # described, not named
        ("a tv", "tv"),  # too little to say anything of
    ],
)
def test_what_is_answered_or_names_nothing_is_left(index, text, piece):
    assert missing(index, asked(text, piece), "1a") == ()


def test_what_the_state_holds_or_was_taken_back_is_left(index):
    wish = Preferences(wanted=(Wish("category", "Garden Bench", 1.0, "parasol"),))
    assert missing(index, asked("a parasol", "parasol", preferences=wish), "1a") == ()
    open_ = Preferences(open=(Open("wanted", "parasol"),))
    assert missing(index, asked("a parasol", "parasol", preferences=open_), "1a") == ()
    assert missing(index, asked("a parasol", "parasol", muted=((0, 2, 9),)), "1a") == ()


def test_a_refinement_keeps_what_was_asked_for_before(index):
    messages = (
        Message("user", "something with a parasol"),
        Message("assistant", "Here are five."),
        Message("user", "under 200"),
    )
    dialogue = Dialogue(messages, described=((0, 17, 24),), acts=(("refine", 0.9),))
    assert [one.said for one in missing(index, dialogue, "1a")] == ["parasol"]
    anew = Dialogue(messages, described=((0, 17, 24),), acts=(("request", 0.9),))
    assert missing(index, anew, "1a") == ()


def test_an_item_that_is_not_here(index):
    dialogue = Dialogue((Message("user", "got the Ikea Applaro set?"),), unknown=((0, 8, 24),))
    found = missing(index, dialogue, "1a", "2a")
    assert found == (Missing("Ikea Applaro set", False, is_item=True),)
    told = understood(dialogue, index.catalog, "Here.", 2, (), [index.catalog["1a"]], found)
    assert told == " I have no “Ikea Applaro set” here."
    assert missing(index, Dialogue((Message("user", "the teak one"),), unknown=((0, 4, 8),)), "2a") == ()


def test_an_empty_list_answers_nothing(index):
    assert missing(index, asked("of teak", "teak")) == ()


def test_where_dialogues_were_learned_from_only_what_titles_are_called_is_missed(index):
    dialogue, items = asked("a harbour of teak", "harbour", "teak"), [index.catalog["1a"]]
    assert [one.said for one in Unanswered(index).of(dialogue, items)] == ["harbour", "teak"]
    assert Unanswered(index).of(dialogue, items, learned=True) == ()  # two titles of one name are no sort
    index.add([replace(index.catalog["2a"], id="2c", title="Harbour c")])
    try:
        assert [one.said for one in Unanswered(index).of(dialogue, items, learned=True)] == ["harbour"]
    finally:
        index.remove(["2c"])


def test_it_is_said(index):
    catalog, dialogue = index.catalog, asked("one of teak with a parasol", "teak", "parasol")
    items = [catalog["1a"], catalog["2a"], catalog["3a"]]
    told = understood(
        dialogue, catalog, "Here.", 3, (), items, missing=(Missing("parasol", False), Missing("brass", True))
    )
    assert told == " I could not look for “parasol”. None of these mentions “brass”."
    told = understood(dialogue, catalog, "Here.", 3, (), items, missing=(Missing("teak", True, (items[1],)),))
    assert told == " Of these only *Harbour a* mentions “teak”."
    assert understood(dialogue, catalog, "No “teak”.", 3, (), items, missing=(Missing("teak", True),)) == ""


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("a table", ["Dining Table", "Side Table"]),
        ("two tables", []),  # more is said than a value tells
        ("loungers", ["Sun Lounger"]),
        ("dining", ["Dining Table"]),
        ("a tablecloth", []),
        ("something", []),
        ("sun", ["Sun Lounger"]),
        ("sunny", []),
        ("", []),
    ],
)
def test_values_by_some_of_their_words(index, said, values):
    partial = PartialValues(Vocabulary(index.catalog), len(index.catalog))
    assert sorted(one.value for one in partial.of(said)) == values


def test_a_word_of_most_items_tells_nothing():
    rows = [{"title": str(n), "sort": f"{kind} ale"} for n in range(4) for kind in ("Pale", "Brown", "Red")]
    catalog = Catalog.from_records(rows)
    assert PartialValues(Vocabulary(catalog), len(catalog)).of("ale") == []
    assert [one.value for one in PartialValues(Vocabulary(catalog), len(catalog)).of("brown")] == [
        "Brown ale"
    ]


def test_values_of_a_kind():
    rows = [
        {"title": f"{sort} {n}", "sort": sort}
        for n in range(3)
        for sort in ("Pale ale", "Malbec wine", "Almond cake", "Peanut brittle", "Bread")
    ]
    partial = PartialValues(Vocabulary(Catalog.from_records(rows)), len(rows))
    assert [one.value for one in partial.of("nuts")] == ["Almond cake", "Peanut brittle"]
    assert partial.of("vegan") == []  # a rule names no kind
