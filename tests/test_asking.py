"""Questions to the user: which is asked, when none is, and how its answer is read."""

import numpy as np
import pytest

from conftest import make_movies
from wherefore.catalog.catalog import Catalog
from wherefore.reading.reader import DialogueReader
from wherefore.writing.asking import best_question, declined, fields_asked


@pytest.fixture(scope="module")
def films():
    return DialogueReader(make_movies())


def read(reader, *said):
    return reader.read([{"role": "assistant" if n % 2 else "user", "content": t} for n, t in enumerate(said)])


def ask(reader, *said, scores=None):
    items = reader.catalog.items
    scores = np.zeros(len(items)) if scores is None else scores
    return best_question(items, scores, read(reader, *said), reader.catalog)


def rows(**columns):
    size = len(next(iter(columns.values())))
    given = [{name: values[n] for name, values in columns.items()} for n in range(size)]
    return [{"id": str(n), "title": f"Thing {n}", **row} for n, row in enumerate(given)]


def test_the_field_that_tells_most_is_asked_about():
    kinds = ["jazz", "folk", "punk", "soul"] * 5
    reader = DialogueReader(
        Catalog.from_records(rows(mood=["calm"] * 19 + ["dark"], kind=kinds), name="albums")
    )
    question = ask(reader, "hello there my friend")
    assert question.field == "kind" and len(question.options) == 3
    # Four equal kinds of which three are offered: two bits, of eight in ten people.
    assert question.bits == pytest.approx(0.8 * 2.0)
    assert question.text.startswith("Any kind in particular: ") and question.text.endswith("?")


def test_an_item_of_several_kinds_tells_less():
    several = DialogueReader(
        Catalog.from_records(rows(kind=["jazz; folk; punk"] * 8 + ["soul"] * 8), name="albums")
    )
    assert ask(several, "hello") is not None
    same = DialogueReader(Catalog.from_records(rows(kind=["jazz; folk; punk"] * 16), name="albums"))
    assert ask(same, "hello") is None  # every answer leaves all of them


def test_only_what_is_likely_counts():
    kinds = ["jazz"] * 10 + ["folk"] * 10
    reader = DialogueReader(Catalog.from_records(rows(kind=kinds), name="albums"))
    assert ask(reader, "hello", scores=np.zeros(20)).bits == pytest.approx(0.8)
    assert ask(reader, "hello", scores=np.array([9.0] * 10 + [0.0] * 10)) is None


def test_a_number_is_asked_about_at_its_middle():
    reader = DialogueReader(Catalog.from_records(rows(year=[1975] * 8 + [2005] * 8), name="albums"))
    question = ask(reader, "hello")
    assert (question.field, question.options) == ("year", ("before 2000", "newer")) or question.options[
        1
    ] == "newer"
    assert question.text.startswith("Should it be from before ") and question.bits == pytest.approx(0.7)
    prices = DialogueReader(Catalog.from_records(rows(price_usd=[10] * 8 + [90] * 8), name="mugs"))
    question = ask(prices, "hello")
    assert question.field == "price_usd" and question.text.endswith(", or more?")


def test_what_is_known_is_not_asked(films):
    first = ask(films, "hello")
    assert first.field == "genres"
    assert ask(films, "a comedy please").field != "genres"
    assert getattr(ask(films, "a comedy from after 1990"), "field", None) not in ("genres", "year")


def test_nothing_is_asked_twice_nor_after_it_was_passed_over(films):
    question = ask(films, "hello")
    again = read(films, "hello", question.text, "hmm")
    assert fields_asked(again, films.catalog) == ["genres"]
    assert ask(films, "hello", question.text, "hmm") is None  # passed over: not now
    later = ask(films, "hello", question.text, "horror", "Here you are.\n\n1. **Alien** (1979) — x.", "ok")
    assert later is None or later.field != "genres"


@pytest.mark.parametrize(
    "message",
    [
        "just recommend something",
        "Surprise me!",
        "no more questions",
        "stop asking",
        "you choose",
        "anything is fine",
        "I don’t care",
    ],
)
def test_some_people_want_no_questions(films, message):
    assert declined(read(films, message)) and ask(films, message) is None
    assert ask(films, message, "ok", "a good one") is None  # not later either


YEAR = "1. **Alien** (1979) — x.\n\nShould it be from before 1990, or newer?"
LENGTH = "Sure.\n\nShould the runtime be under 110 minutes, or more?"


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        (YEAR, "newer", [("year", "ge", 1990)]),
        (YEAR, "older please", [("year", "lt", 1990)]),
        (YEAR, "something recent", [("year", "ge", 1990)]),
        (YEAR, "before", [("year", "lt", 1990)]),
        (YEAR, "either", []),
        (YEAR, "doesn't matter", []),
        (YEAR, "before or after, not sure", []),
        (YEAR, "before 1980", [("year", "lt", 1980)]),
        (LENGTH, "shorter", [("runtime_min", "lt", 110)]),
        (LENGTH, "under", [("runtime_min", "lt", 110)]),
        (LENGTH, "longer is better", [("runtime_min", "ge", 110)]),
        (LENGTH, "an old one", [("year", "le", 1985)]),
    ],
)
def test_answers_are_limits(films, question, answer, expected):
    limits = read(films, "hello", question, answer).preferences.limits
    assert [(limit.field, limit.op, limit.value) for limit in limits] == expected


@pytest.mark.parametrize(
    ("question", "answer", "wanted", "unwanted"),
    [
        ("Any genre in particular: horror, comedy or drama?", "horror", ["Horror"], []),
        ("Any genre in particular: horror, comedy or drama?", "not horror", [], ["Horror"]),
        ("Any genre in particular: horror, comedy or drama?", "no", [], []),
        ("Would you like a comedy?", "yes please", ["Comedy"], []),
        ("Would you like a comedy?", "no thanks", [], ["Comedy"]),
        ("Would you like a comedy or a drama?", "yes", [], []),
        ("Is there anything you would rather not see?", "horror", [], ["Horror"]),
        ("Is there anything you would rather not see?", "I'd like a comedy", ["Comedy"], []),
    ],
)
def test_answers_about_values(films, question, answer, wanted, unwanted):
    state = read(films, "hello", question, answer).preferences
    assert [wish.value for wish in state.wanted] == wanted
    assert [wish.value for wish in state.unwanted] == unwanted
