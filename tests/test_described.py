"""Messages that describe: naming questions, and what is said where nothing was understood."""

from dataclasses import replace

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.config import PassagesConfig
from wherefore.dialogue.messages import Dialogue, Mention, parse_messages
from wherefore.dialogue.state import Preferences
from wherefore.reading.naming import is_naming
from wherefore.retrieval.embedders import PackagedMiniLM
from wherefore.retrieval.index import Index
from wherefore.retrieval.passage_match import PassageMatch
from wherefore.retrieval.retriever import Retriever
from wherefore.retrieval.unlearned import Dense
from wherefore.turn.described import named, not_understood

NOUNS = {"film", "films", "movie", "movies"}
RECORDS = [
    {"title": "Groundhog Day", "year": 1993, "description": "A weatherman wakes to the same day, over and over."},
    {"title": "Cast Away", "year": 2000, "description": "A courier is stranded on an island. He talks to a ball."},
    {"title": "Heat", "year": 1995, "description": "A detective hunts a crew of bank robbers; both are tired men."},
]  # fmt: skip


@pytest.fixture(scope="module")
def retriever():
    index = Index.build(Catalog.from_records(RECORDS), PackagedMiniLM(), passages=PassagesConfig())
    return Retriever(index, [Dense(index), PassageMatch(index)])


def said(*texts):
    return Dialogue(parse_messages([{"role": "user", "content": text} for text in texts]))


@pytest.mark.parametrize(
    "text",
    [
        "what's that film where the weather guy relives the same day",
        "What was the movie with the volleyball?",
        "trying to remember a movie, a man alone on an island",
        "i cant remember the name, there's a guy who wakes up on the same day",
        "Does anybody know the film where robbers and a cop drink coffee",
        "a cop hunts bank robbers... what is it called",
        "which movie is it where the man talks to a ball",
        "The title escapes me: some weatherman",
    ],
)
def test_a_naming_question(text):
    assert is_naming(text, NOUNS)


@pytest.mark.parametrize(
    "text",
    [
        "what's a good film for tonight",
        "I want a movie about a man alone on an island",
        "which movie is the longest?",
        "what else have you got",
        "What other movies with Tom Hanks are there?",
        "what's the movie about?",
        "a film like Heat please",
        "who directed it?",
        "I can't remember when I last laughed",
    ],
)
def test_no_naming_question(text):
    assert not is_naming(text, NOUNS)


def test_it_is_named_with_the_clause_that_says_so(retriever):
    told = named(said("what's that film where a weatherman wakes to the same day"), retriever, NOUNS, 1.0)
    assert told is not None and told.action == "answer"
    assert told.text.startswith(
        "That is *Groundhog Day* (1993): “A weatherman wakes to the same day, over and over”."
    )
    assert named(said("a weatherman wakes to the same day"), retriever, NOUNS, 1.0) is None  # asks for a list
    assert named(said("what's that film with the purple penguins on skis"), retriever, NOUNS, 5.0) is None


def test_one_that_is_less_sure_is_told_so(retriever):
    told = named(said("what's that film with the guy on an island"), retriever, NOUNS, 1.6)
    assert told is not None and told.text.startswith("I think that is *Cast Away* (2000)")


def test_where_nothing_was_understood_it_asks(retriever):
    told = not_understood(said("quarterly tax deductions for freelancers"), Preferences, retriever, 9.0)
    assert told is not None and told.action == "ask"
    assert told.text.startswith(
        "I found nothing here that mentions “quarterly”, “deductions” or “freelancers”. Tell me"
    )
    assert not_understood(said("it should go like so"), Preferences, retriever, 9.0) is None
    for text in (
        "a man alone on an island with a ball",
        "recommend me something good",
        "hm ok",
        "cop robbers",
    ):
        assert not_understood(said(text), Preferences, retriever, 1.0) is None
    without = Retriever(retriever.index, [Dense(retriever.index)])
    assert not_understood(said("quarterly tax deductions for freelancers"), Preferences, without, 9.0) is None


def test_where_no_record_tells_a_list_is_called_a_guess():
    rows = [
        {"title": "To the Lighthouse", "author": "Virginia Woolf"},
        {"title": "Emma", "author": "Jane Austen"},
    ]
    index = Index.build(Catalog.from_records(rows, name="books"), PackagedMiniLM(), passages=PassagesConfig())
    silent = Retriever(index, [Dense(index), PassageMatch(index)])
    asked = "something about a lighthouse keeper who falls for a stranger"
    told = not_understood(said(asked), Preferences, silent, 9.0)
    assert (
        told is not None and told.action == "guess" and "do not tell what these books are about" in told.text
    )
    assert not_understood(said("recommend me something good"), Preferences, silent, 9.0) is None


def test_a_title_that_is_all_but_known_is_named(retriever):
    catalog = retriever.index.catalog
    heat = next(item.id for item in catalog.items if item.title == "Heat")
    text = "what was it called, Heet or something?"
    dialogue = replace(said(text), mentions=(Mention(heat, 0, 20, 24, 90.0),))
    told = named(dialogue, retriever, NOUNS, 0.0)
    assert told is not None and told.text == "That is *Heat* (1995). Shall I look for others like it?"


def test_a_title_in_a_description_does_not_answer_it(retriever):
    text = "what's that film where in the Heat a weatherman wakes to the same day, over and over again"
    heat = next(item.id for item in retriever.index.catalog.items if item.title == "Heat")
    dialogue = replace(said(text), mentions=(Mention(heat, 0, 30, 34, 90.0),))
    told = named(dialogue, retriever, NOUNS, 0.0)
    assert told is not None and "*Groundhog Day* (1993)" in told.text
