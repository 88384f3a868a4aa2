"""What an item's texts say of it is told in their own words, and nothing else passes for it."""

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.evaluation.checker import Said, sentence_faults
from wherefore.retrieval.answering import Answering
from wherefore.writing.quotes import quote, sentence

ABOUT = "A weatherman wakes to the same February day in 1993 again and again; prickly and funny at first, then warm."
CATALOG = Catalog.from_records(
    [
        {
            "id": "1",
            "title": "Groundhog Day",
            "description": ABOUT,
            "notes": "alarm clock plays the same song; man punches an insurance salesman in the street",
            "director": "Harold Ramis",
        },
        {"id": "2", "title": "Long", "description": " ".join(f"The {n} day brings a storm, and nobody sleeps." for n in
         "first second third fourth fifth sixth seventh eighth".split()), "notes": None, "director": None},
        {"id": "3", "title": "Bare", "description": None, "notes": None, "director": "Ida Lupino"},
    ]
)  # fmt: skip
DAY, LONG, BARE = CATALOG.items


def test_a_short_text_is_told_whole():
    told = quote(DAY, CATALOG, None, 0.5)
    assert told is not None and told.text == ABOUT and not told.answers
    assert [(fact.kind, fact.field, fact.value) for fact in told.facts] == [("about", "description", ABOUT)]
    assert quote(BARE, CATALOG, None, 0.5) is None


def test_of_a_long_text_the_clause_that_answers_is_told():
    best = Answering(
        "description", "The sixth day brings a storm, and nobody sleeps.", 0.8, "six days of storm"
    )
    told = quote(LONG, CATALOG, best, 0.5)
    assert told is not None and told.answers
    assert told.text.startswith("The sixth day") and len(told.text.split()) <= 30
    assert told.facts[0].said == "six days of storm"
    beginning = quote(LONG, CATALOG, None, 0.5)
    assert beginning is not None and beginning.text.startswith("The first day")


def test_what_answers_in_another_text_is_told_beside_it():
    hook = Answering("notes", "alarm clock plays the same song", 0.8, "same song every morning")
    told = quote(DAY, CATALOG, hook, 0.5)
    assert told is not None and told.text == f"{ABOUT} Note: “alarm clock plays the same song”."
    assert [fact.field for fact in told.facts] == ["description", "notes"]
    below = quote(DAY, CATALOG, hook, 0.9)
    assert below is not None and below.text == ABOUT and not below.answers


def test_words_become_a_sentence():
    assert sentence("soft wool, ") == "Soft wool."
    assert sentence("He says “no.”") == "He says “no.”"


@pytest.mark.parametrize("text", [ABOUT, f"It is directed by Harold Ramis. {ABOUT}",
                                  f"{ABOUT} Notes: “alarm clock plays the same song”."])  # fmt: skip
def test_the_record_in_its_own_words_passes(text):
    assert sentence_faults(text, DAY, CATALOG, Said()) == []


@pytest.mark.parametrize(
    "text",
    [
        ABOUT.replace("wakes to", "never wakes to"),  # negated
        ABOUT.replace("1993", "1994"),  # another number
        ABOUT.replace("A weatherman wakes", "An insurance salesman wakes"),  # another role
        ABOUT.replace("; prickly and funny at first, then warm", ", which nobody minds"),  # something put in
        f"It is not so that {ABOUT[0].lower()}{ABOUT[1:]}",
        "Notes: “man in the street punches an insurance salesman and plays the same song in the street”.",
        "It is set in 1994.",
    ],
)
def test_hostile_rewordings_are_found(text):
    assert sentence_faults(text, DAY, CATALOG, Said()) != []
