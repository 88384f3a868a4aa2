"""Talk over several turns: what is taken back, choices, superlatives of a list, complaints, and what goes with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.questions import Question
from wherefore.dialogue.state import Preferences
from wherefore.reading.alternatives import alternatives
from wherefore.reading.complaints import complaint
from wherefore.reading.degrees import base_of, ends, ordered_field, places_of, simplest_first, superlative
from wherefore.reading.reader import DialogueReader
from wherefore.writing.answers import answer
from wherefore.writing.smalltalk import answer as small_talk

ROWS = [
    ("Rock Rose", "shrub", "full sun", "easy", 90, 12.0, 1999, "pink"),
    ("Lavender Blue", "shrub", "full sun", "very easy", 45, 6.0, 2001, "blue"),
    ("Lady Fern", "fern", "shade", "medium", 60, 9.0, 1985, "green"),
    ("Sword Fern", "fern", "shade", "hard", 80, 14.0, 2010, "green"),
    ("Barrel Cactus", "cactus", "full sun", "very easy", 30, 20.0, 1990, "green"),
    ("Golden Cactus", "cactus", "full sun", "easy", 25, 18.0, 2005, "yellow"),
    ("Parlour Palm", "palm", "shade", "easy", 120, 25.0, 1988, "green"),
    ("Date Palm", "palm", "full sun", "medium", 200, 40.0, 1995, "green"),
]
LIST = "Here are some.\n\n" + "\n".join(f"{n}. **{row[0]}** — a reason." for n, row in enumerate(ROWS[:5], 1))


@pytest.fixture(scope="module")
def plants():
    keys = ("title", "type", "light", "difficulty", "height_cm", "price_eur", "year", "colour")
    rows = [{"id": f"p{n}", **dict(zip(keys, row, strict=True))} for n, row in enumerate(ROWS)]
    return DialogueReader(Catalog.from_records(rows, name="plants"))


def read(reader, *said):
    """The dialogue of alternating messages, the user's first and last."""
    return reader.read(
        [{"role": "assistant" if n % 2 else "user", "content": text} for n, text in enumerate(said)]
    )


def state(reader, *said):
    return read(reader, *said).preferences


def values(wishes):
    return {one.value for one in wishes}


def told(reader, *said):
    dialogue = read(reader, *said)
    question = reader.question(dialogue)
    assert question is not None, said[-1]
    return answer(question, dialogue, reader.catalog).text


def spoken(reader, *said):
    """What is said without a list, of a message that asks nothing of items."""
    dialogue = read(reader, *said)
    return small_talk(
        dialogue, reader.catalog, lambda: state(reader, *said[:-2]) if len(said) > 2 else Preferences()
    )


# -- what is taken back -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        "a cactus would be fine as long as it blooms",
        "ok a cactus is fine",
        "well ok cactus too, if it looks grown up",
        "cactus is back on",
        "you can put cactus back in",
        "I don't mind a cactus actually",
    ],
)
def test_a_refusal_is_lifted_by_whoever_names_it_as_fine(plants, said):
    assert values(state(plants, "no cactus and no fern", LIST, said).unwanted) == {"fern"}


@pytest.mark.parametrize(
    "said",
    [
        "no cactus is fine by me",
        "is a cactus ok?",
        "no cactus either",
    ],
)
def test_a_refusal_stands_where_nothing_says_that_it_is_fine(plants, said):
    assert "cactus" in values(state(plants, "no cactus and no fern", LIST, said).unwanted)


def test_who_takes_it_back_takes_back_what_was_refused_last(plants):
    unwanted = state(
        plants, "no fern", LIST, "no cactus, no palm", LIST, "actually he doesn't mind after all"
    ).unwanted
    assert values(unwanted) == {"fern"}


def test_a_wish_that_is_needless_is_gone_and_not_refused(plants):
    found = state(plants, "a cactus for the office", LIST, "Pawel left, so the cactus is not necessary")
    assert not found.wanted and not found.unwanted


@pytest.mark.parametrize(
    ("said", "wanted", "limits"),
    [
        ("forget the fern, a palm please", {"palm"}, {"price_eur"}),
        ("never mind the budget", {"fern"}, set()),
        ("scrap that, I'd like a cactus with blue pots", {"cactus", "blue"}, {"price_eur"}),
        ("different subject: a palm for my mother", {"palm"}, {"price_eur"}),
        ("actually make it a cactus instead", {"cactus"}, {"price_eur"}),
        ("and green", {"fern", "green"}, {"price_eur"}),
    ],
)
def test_what_is_dropped_goes_and_what_is_not_stays(plants, said, wanted, limits):
    found = state(plants, "a fern under 30 euros, no shrub", LIST, said)
    assert (values(found.wanted), {limit.field for limit in found.limits}) == (wanted, limits)
    assert values(found.unwanted) == {"shrub"}


def test_a_new_value_takes_the_place_of_one_that_no_item_has_beside_it(plants):
    assert values(state(plants, "a fern", LIST, "a palm").wanted) == {"palm"}
    assert values(state(plants, "a fern", LIST, "a palm too").wanted) == {"fern", "palm"}


def test_a_diet_outlives_a_change_of_mind():
    rows = [
        {
            "id": str(n),
            "title": f"Dish {n}",
            "kind": ["vegan", "soup"] if n < 4 else ["vegan", "cake"] if n < 5 else ["cake"],
        }
        for n in range(9)
    ]
    reader = DialogueReader(Catalog.from_records(rows, name="recipes"))
    for said in ("actually make it a cake instead", "scrap that, I'd rather have a cake"):
        assert values(state(reader, "a vegan soup", "ok", said).wanted) == {"vegan", "cake"}


def test_words_that_are_dropped_are_not_searched_by(plants):
    heard = read(plants, "hanging baskets for a fern", LIST, "forget hanging, a palm").heard()
    assert "hanging" not in heard.messages[0].content and "baskets" in heard.messages[0].content


def test_whom_it_is_for_is_put_right(plants):
    found = state(plants, "a fern under 30 euros", LIST, "no wait, it's for my husband")
    assert values(found.wanted) == {"fern"} and [limit.field for limit in found.limits] == ["price_eur"]


@pytest.mark.parametrize(
    ("said", "op", "value"),
    [
        ("one from before i was born, im from 1988", "lt", 1988),
        ("nothing older than me, 1985", "ge", 1985),
        ("something newer than me, I'm from 1990", "ge", 1990),
    ],
)
def test_a_year_of_birth_bounds(plants, said, op, value):
    assert [(one.field, one.op, one.value) for one in state(plants, said).limits] == [("year", op, value)]


# -- choices ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "sorts"),
    [
        ("fern or palm for a steamy bathroom?", [("p2", "p3"), ("p6", "p7")]),
        ("what lasts longer, a cactus or a fern?", [("p4", "p5"), ("p2", "p3")]),
        ("the second or the fourth for a beginner?", [("p1",), ("p3",)]),
        ("should I get a lavender or a rock rose", [("p1",), ("p0",)]),
    ],
)
def test_a_choice_is_left_of_sorts_and_of_places(plants, said, sorts):
    found = alternatives(said, [], ["p0", "p1", "p2", "p3", "p4"], plants.catalog)
    assert found is not None and [ids for _, ids in found[0]] == sorts


@pytest.mark.parametrize(
    "said",
    [
        "do you have a fern or a palm?",
        "anything by Fern or Palm?",
        "a fern or a palm",
        "is the first one 4x6 or the big size?",
        "or something cheaper?",
        "more or less?",
        "",
    ],
)
def test_requests_leave_no_choice(plants, said):
    assert alternatives(said, [], ["p0", "p1"], plants.catalog) is None


def test_a_choice_is_answered_with_one_and_what_sets_the_other_apart(plants):
    text = told(plants, "something for the patio", LIST, "the third or the fourth?")
    assert text.startswith("Of these I would take *Lady Fern*.")
    assert "*Lady Fern* has medium as its difficulty, and *Sword Fern* has hard as its difficulty." in text


def test_what_is_weighed_is_not_liked(plants):
    found = state(plants, "something", LIST, "the second or the fourth for someone who likes shade?")
    assert not found.liked and not found.disliked


def test_the_other_one_is_that_which_was_not_taken(plants):
    said = (
        "something for the patio",
        LIST,
        "the third or the fourth?",
        "Of these I would take *Lady Fern*. *Sword Fern* x.",
    )
    assert read(plants, *said, "nah, the other one").choice.items == ("p3",)
    assert read(plants, *said, "the latter then").choice.items == ("p3",)
    assert read(plants, *said, "ok that one then").choice.items == ("p2",)
    assert read(plants, *said, "ok the second").choice.items == ("p1",)  # of the list
    assert spoken(plants, *said, "nah, the other one").text.startswith("Good choice: *Sword Fern*")


def test_what_is_taken_by_a_superlative_is_that_item(plants):
    dialogue = read(plants, "something for the patio", LIST, "I'll take the cheapest then")
    assert dialogue.choice.items == ("p1",) and not dialogue.preferences.limits


def test_i_take_it_back_takes_nothing(plants):
    assert read(plants, "no fern", LIST, "I take it back").choice is None


# -- superlatives of a list -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "start"),
    [
        ("cheapest of them?", "The cheapest of them is *Lavender Blue*: it costs"),
        ("which of these is the tallest?", "The tallest of them is *Rock Rose*"),
        (
            "cheapest two from that list, for me",
            "The cheapest of them are *Lavender Blue* and *Lady Fern*.",
        ),
        (
            "which is the hardest of these?",
            "By their records *Sword Fern*. *Sword Fern* has hard as its difficulty.",
        ),
        ("which of them is the greenest?", "By their records *Lady Fern*, *Sword Fern* and *Barrel Cactus*."),
        (
            "which is the least green of them?",
            '*Rock Rose* and *Lavender Blue*: nothing in their records says "green".',
        ),
        (
            "which of these is the most haunted?",
            "My records of these plants say nothing of “haunted”.",
        ),
    ],
)
def test_a_superlative_of_the_list_is_answered_from_its_records(plants, said, start):
    assert told(plants, "something for the patio", LIST, said).startswith(start)


@pytest.mark.parametrize(
    ("said", "kind", "items"),
    [
        ("fine. cheapest two from that list, I need twenty", "most", 5),
        ("hang on does any of that come back every year", "untold", 5),
        ("tell me about the second one, how big does it get", "value", 1),
        ("which would u buy", "most", 5),
        ("could I keep the third outside?", "untold", 1),
    ],
)
def test_what_is_asked_of_the_list_is_a_question(plants, said, kind, items):
    question = plants.question(read(plants, "something for the patio", LIST, said))
    assert (question.kind, len(question.items)) == (kind, items)


def test_a_yes_or_no_of_several_is_named_as_the_records_have_it():
    rows = [
        {"id": str(n), "title": title, "pet_safe": safe}
        for n, (title, safe) in enumerate([("Lady Fern", "yes"), ("Rock Rose", "no"), ("Date Palm", "yes")])
    ]
    catalog = Catalog.from_records(rows, name="plants")
    dialogue = read(DialogueReader(catalog), "are they toxic to dogs?")
    text = answer(Question("value", ("0", "1", "2"), "pet_safe"), dialogue, catalog).text
    assert text.startswith("*Lady Fern* and *Date Palm* are") and "pet safe" in text.split(".")[0]
    assert 'My record of *Rock Rose* does not say "pet safe".' in text


def test_an_elliptic_superlative_follows_another(plants):
    said = (
        "something",
        LIST,
        "which is the tallest?",
        "The tallest of them is *Rock Rose*: it is 90 cm tall.",
    )
    assert told(plants, *said, "and the cheapest?").startswith("The cheapest of them is *Lavender Blue*")
    assert plants.question(read(plants, "something", LIST, "and the cheapest?")) is None


@pytest.mark.parametrize(
    "said", ["the cheapest you have", "the rest of them", "interest in them", "best of luck"]
)
def test_no_superlative_of_the_list(said):
    assert superlative(said, False) is None


def test_the_plain_word_of_a_superlative():
    assert [base_of(one) for one in ("driest", "biggest", "most popular")] == [
        ("dry", "max"),
        ("big", "max"),
        ("popular", "max"),
    ]


def test_values_in_order_are_found_by_their_words(plants):
    spec, best = ordered_field("easiest", plants.catalog)
    assert (spec.name, best) == ("difficulty", "min")
    assert places_of(plants.catalog.items[:3], spec, plants.catalog) == [1, 0, 2]
    assert ordered_field("driest", plants.catalog) is None
    items = [plants.catalog[one] for one in ("p3", "p1")]
    assert simplest_first("for a beginner", items, plants.catalog) == {"p3": 3.0, "p1": 0.0}
    assert simplest_first("for my wife", items, plants.catalog) == {}


@given(
    st.lists(st.one_of(st.none(), st.integers(0, 5).map(float)), max_size=6), st.sampled_from(["min", "max"])
)
def test_the_ends_are_those_that_no_other_is_beyond(numbers, best):
    known = [one for one in numbers if one is not None]
    for place in ends(numbers, best):
        assert all(one >= numbers[place] if best == "min" else one <= numbers[place] for one in known)
    assert ends(numbers, best) or len(set(known)) < 2


# -- complaints and thanks --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("I said no horror!", "unheard"),
        ("that's not what I meant", "unheard"),
        ("you keep showing me stuff i never asked for", "unheard"),
        ("you already showed me that", "again"),
        ("the same list again", "again"),
        ("Novels I meant, sorry. Should have said.", None),
        ("something else", None),
        ("my mother said it was good", None),
    ],
)
def test_complaints_are_told_apart(said, kind):
    assert complaint(said) == kind


def test_what_came_before_is_turned_down_and_owned(plants):
    assert state(plants, "a fern", LIST, "you already showed me those").rejected == (
        "p0",
        "p1",
        "p2",
        "p3",
        "p4",
    )
    assert state(plants, "a fern", LIST, "you already showed me the second").rejected == ("p1",)
    assert (
        spoken(plants, "a fern", LIST, "you already showed me those").text
        == "I am sorry that you had those before."
    )


def test_a_complaint_that_repeats_a_refusal_is_owned_before_the_list(plants):
    said = spoken(plants, "no fern", LIST, "I said no fern!")
    assert (said.action, said.text) == ("beside", "You are right, and I am sorry.")


def test_a_complaint_with_nothing_new_is_asked_about(plants):
    said = spoken(plants, "a palm", LIST, "that's not what I meant")
    assert said.action == "ask" and "You asked for palm." in said.text and said.text.endswith("different?")


def test_what_a_list_has_too_much_of_is_refused(plants):
    shrubs = "1. **Rock Rose** — x.\n2. **Lavender Blue** — x.\n3. **Lady Fern** — x."
    assert values(state(plants, "something", shrubs, "those are all shrubs bro").unwanted) == {"shrub"}
    assert not state(plants, "something", shrubs, "those are all ferns").unwanted


def test_the_first_list_comes_back(plants):
    other = "1. **Date Palm** — x.\n2. **Parlour Palm** — x."
    said = spoken(plants, "something", LIST, "palms", other, "nah, go back to the first list you showed")
    assert said.action == "answer" and said.text.splitlines()[2].startswith("1. **Rock Rose**")
    assert spoken(plants, "something", LIST, "go back to the first list") is None


@pytest.mark.parametrize(
    "said", ["ur a legend thank you", "Thank you dear, you have been patient", "perfect, you saved me"]
)
def test_thanks_get_no_list(plants, said):
    assert spoken(plants, "a fern", LIST, said).text.startswith("You're welcome.")


@pytest.mark.parametrize("said", ["thanks but smaller", "thanks, and now a fern", "thank you, any palms?"])
def test_thanks_with_a_wish_are_no_end(plants, said):
    found = spoken(plants, "a fern", LIST, said)
    assert found is None or not found.text.startswith("You're welcome.")
