"""Questions that name no field are answered from the one that they mean, or from the clause that answers."""

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.config import PassagesConfig
from wherefore.reading.measures import Measures
from wherefore.reading.reader import DialogueReader
from wherefore.retrieval.embedders import PackagedMiniLM
from wherefore.retrieval.field_meanings import FieldMeanings
from wherefore.retrieval.index import Index
from wherefore.retrieval.passage_match import PassageMatch
from wherefore.retrieval.retriever import Retriever
from wherefore.retrieval.unlearned import Dense
from wherefore.turn.asked import resolved
from wherefore.writing.answers import answer
from wherefore.writing.quotes import beginning, quote

LIST = "Here are some.\n\n1. **Lemon Chicken** — a reason.\n2. **Fig Tart** — a reason.\n3. **Bean Stew** — a reason."
RECORDS = [
    {
        "title": "Lemon Chicken",
        "ingredients": "8 chicken thighs, 2 lemons, juiced, 3 tablespoons extra-virgin olive oil, salt to taste",
        "directions": "Heat the oil in a deep pan. Brown the thighs for six minutes. Add the juice and cover.",
        "servings": 4,
        "prep_time_min": 10,
        "total_time_min": 45,
        "rating": 4.5,
    },
    {
        "title": "Fig Tart",
        "ingredients": "10 fresh figs, 1 sheet of frozen puff pastry, 2 spoons of honey, ½ cup of soft goat cheese",
        "directions": "Lay the figs on the pastry. Bake in a hot oven until the edges are golden. Pour honey on top.",
        "servings": 8,
        "prep_time_min": 20,
        "total_time_min": 40,
        "rating": None,
    },
    {
        "title": "Bean Stew",
        "ingredients": "2 cups of white beans, soaked overnight, 3 carrots, chopped, 1 onion, thyme and pepper",
        "directions": "Simmer the beans with the carrots for two hours. Season late, so that the beans stay soft.",
        "servings": 6,
        "prep_time_min": 15,
        "total_time_min": 130,
        "rating": 3.9,
    },
]


@pytest.fixture(scope="module")
def kitchen():
    catalog = Catalog.from_records(RECORDS, name="recipes")
    index = Index.build(catalog, PackagedMiniLM(), passages=PassagesConfig())
    return (
        Retriever(index, [Dense(index), PassageMatch(index)]),
        FieldMeanings(index),
        DialogueReader(catalog),
    )


def asked(kitchen, text, level=9.0):
    retriever, meanings, reader = kitchen
    dialogue = reader.read(
        [
            {"role": "user", "content": "dinner ideas"},
            {"role": "assistant", "content": LIST},
            {"role": "user", "content": text},
        ]
    )
    question = resolved(reader.question(dialogue), dialogue, retriever, meanings, level)
    return question, None if question is None else answer(question, dialogue, reader.catalog).text


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("how do i make it", "directions"),
        ("how is it cooked", "directions"),
        ("what is in it", "ingredients"),
        ("how many people does it feed", "servings"),
        ("has it good reviews", "rating"),
        ("who won the election", None),
        ("", None),
    ],
)
def test_a_field_is_found_by_what_words_mean(kitchen, words, field):
    spec = kitchen[1].field(words)
    assert (None if spec is None else spec.name) == field


def test_without_fields_nothing_is_meant():
    index = Index.build(Catalog.from_records([{"title": "A"}, {"title": "B"}]), PackagedMiniLM())
    assert FieldMeanings(index).field("how do i make it") is None


@pytest.mark.parametrize(
    "text", ["How do I make the first one?", "how is the first one prepared?", "how do you make number 1?"]
)
def test_how_it_is_made_is_told_from_the_text_that_says_so(kitchen, text):
    _, told = asked(kitchen, text)
    assert told is not None and told.startswith("Directions of *Lemon Chicken*: “Heat the oil in a deep pan.")


def test_what_is_meant_of_several_is_asked(kitchen):
    question, told = asked(kitchen, "how do I make it?")
    assert question is not None and question.kind == "unclear" and told.startswith("Which one do you mean")
    assert asked(kitchen, "could it be the election?")[0] is None  # asks for no field


def test_a_number_is_told_by_its_meaning(kitchen):
    assert "8 servings" in asked(kitchen, "how many people does the second one feed?")[1]


def test_what_no_field_means_is_told_by_the_clause_that_answers_or_not_at_all(kitchen):
    question, told = asked(kitchen, "is it baked until golden, the second one?", level=1.0)
    assert question.kind == "clause"
    assert told == "Directions of *Fig Tart*: “Bake in a hot oven until the edges are golden.”"
    question, told = asked(kitchen, "was the second one made by a famous cook?")
    assert question.kind == "untold" and "does not tell that" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("any of these longer than two hours?", "Of these, *Bean Stew*."),
        ("are any of them under 30 minutes?", "None of them, by their records."),
    ],
)
def test_whether_any_of_a_list_is_so(kitchen, text, told):
    assert asked(kitchen, text)[1] == told


def test_the_whole_time_counts_not_a_part_of_it(kitchen):
    spec = Measures(kitchen[2].catalog).duration
    assert spec is not None and spec.name == "total_time_min"
    assert "45 minutes" in asked(kitchen, "how long does the first one take?")[1]


def test_a_rating_is_said_where_an_opinion_is_asked(kitchen):
    assert "4.5" in asked(kitchen, "is the first one any good?")[1]
    assert "no reviews" in asked(kitchen, "is the second one any good?")[1]


def test_ingredients_are_no_description(kitchen):
    catalog = kitchen[2].catalog
    assert [spec.name for spec in catalog.schema.texts] == ["ingredients", "directions"]
    assert catalog.schema.descriptions == () and quote(catalog.items[0], catalog, None, 0.5) is None


def test_a_long_text_is_begun():
    text = "The first day was wet. The second was dry. The third was neither wet nor dry."
    assert beginning(text, 9) == "The first day was wet. The second was dry. …"
    assert beginning(text, 50) == text
