"""Several questions in one message, beside a limit too; what a field is about, under whatever name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.schema import Schema
from wherefore.config import PassagesConfig
from wherefore.dialogue.messages import Message
from wherefore.reading.asked_about import fields_about
from wherefore.reading.reader import DialogueReader
from wherefore.retrieval.embedders import PackagedMiniLM
from wherefore.retrieval.field_meanings import FieldMeanings
from wherefore.retrieval.index import Index
from wherefore.retrieval.passage_match import PassageMatch
from wherefore.retrieval.retriever import Retriever
from wherefore.retrieval.unlearned import Dense
from wherefore.turn.asked import resolved
from wherefore.writing.answers import answer
from wherefore.writing.list_answers import answer_of_list
from wherefore.writing.understood import understood

COURSES = Catalog.from_records([
    {"title": title, "fee": fee, "venue": venue, "tutor": tutor, "time": time, "places left": places}
    for title, fee, venue, tutor, time, places in (
        ("Polish", 147.0, "Mill Lane", "L. Hartmann", "17:30-19:30", 4),
        ("Bread", 90.0, "Town Kitchen", "A. Okafor", "10am-12 noon", 0),
        ("Pottery", 120.0, "Mill Lane", "S. Desai", "18:00-20:00", 7),
        ("Choir", 60.0, "Old Church", "C. Moreau", "19:00-21:00", 12),
    )
])  # fmt: skip
BEERS = Catalog.from_records([
    {"title": "Porter One", "ibu": 35, "ounces": 12.0, "abv": 0.056, "availability": "Year-round"},
    {"title": "Gose Two", "ibu": 8, "ounces": 16.0, "abv": 0.042, "availability": "Summer seasonal"},
    {"title": "Stout Three", "ibu": 60, "ounces": 12.0, "abv": 0.091, "availability": "Limited release"},
])  # fmt: skip
LETS = Catalog.from_records([
    {"title": "Loft", "price_per_night": 95, "pets": "no", "features": "Lift, Balcony"},
    {"title": "Hut", "price_per_night": 62, "pets": "allowed", "features": "Stove"},
    {"title": "Mill", "price_per_night": 240, "pets": "by arrangement", "features": "Garden, Lift"},
    {"title": "Bothy", "price_per_night": 48, "pets": "allowed", "features": "Stove, Garden"},
    {"title": "Barn", "price_per_night": 70, "pets": "no", "features": "Garden"},
    {"title": "Cabin", "price_per_night": 55, "pets": "by arrangement", "features": "Stove, Balcony"},
])  # fmt: skip


def talk(catalog: Catalog, text: str, listed: bool = True):
    reader = DialogueReader(catalog)
    messages = [Message("user", "something good")]
    if listed:
        lines = "\n".join(f"{n}. **{item.title}** — Good." for n, item in enumerate(catalog, 1))
        messages = [*messages, Message("assistant", f"Here are some.\n\n{lines}"), Message("user", text)]
    else:
        messages = [Message("user", text)]
    return reader, reader.read(messages)


def resolve(catalog: Catalog, text: str):
    """What a message asks of a list of all items, resolved as a turn does it."""
    if catalog not in _INDEXES:
        _INDEXES.append(catalog)
        index = Index.build(catalog, PackagedMiniLM(), passages=PassagesConfig())
        _MADE.append((Retriever(index, [Dense(index), PassageMatch(index)]), FieldMeanings(index)))
    retriever, meanings = _MADE[_INDEXES.index(catalog)]
    reader, dialogue = talk(catalog, text)
    return resolved(reader.question(dialogue), dialogue, retriever, meanings, 0.9), dialogue


_INDEXES: list[Catalog] = []
_MADE: list[tuple[Retriever, FieldMeanings]] = []


def asked(catalog: Catalog, text: str) -> list[tuple[str, str, tuple[str, ...]]]:
    question, _ = resolve(catalog, text)
    found = [] if question is None else [question, *question.also]
    return [(one.kind, one.field, tuple(catalog[item].title for item in one.items)) for one in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "how much is the second one, and where is it held?",
            [("value", "fee", ("Bread",)), ("value", "venue", ("Bread",))],
        ),
        (
            "who teaches the third one and what time is it?",
            [("value", "tutor", ("Pottery",)), ("value", "time", ("Pottery",))],
        ),
        (
            "ok which of those has the lowest fee, and where is it held?",
            [("most", "fee", ("Polish", "Bread", "Pottery", "Choir")), ("value", "venue", ("Choir",))],
        ),
        ("where is the first one held", [("value", "venue", ("Polish",))]),
    ],
)
def test_all_questions_of_a_message_are_read(text, found):
    assert asked(COURSES, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the second - how many ounces is it, and whats its bitterness", [("ounces", "Gose Two"), ("ibu", "Gose Two")]),
        ("what's the third one's abv, and is it available?", [("abv", "Stout Three"), ("availability", "Stout Three")]),
    ],
)  # fmt: skip
def test_what_is_asked_without_a_mark_or_a_name(text, found):
    assert [(field, items[0]) for _, field, items in asked(BEERS, text)] == found


def test_answers_to_several_questions_are_all_told():
    question, dialogue = resolve(COURSES, "how much is the second one, and where is it held?")
    told = answer(question, dialogue, COURSES).text
    assert "90" in told and "Town Kitchen" in told


def test_one_question_stays_one():
    assert len(asked(COURSES, "is the second one cheaper and longer?")) == 1
    reader, dialogue = talk(COURSES, "I liked how the first one was held and what it said")
    assert reader.question(dialogue) is None


def test_a_limit_before_a_question_asks_for_a_list():
    reader, dialogue = talk(LETS, "under 100 a night please, and is there a lift?", listed=False)
    [question] = reader.beside(dialogue)
    assert question.kind == "holds" and question.conditions[0].values == (("features", "Lift"),)
    assert question.items == ()


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("somewhere with a garden, and are pets allowed?", ["pets"]),
        ("something with a stove under 70, and what would the insurance cost?", [""]),
        ("with a garden please. Is a doctor nearby?", [""]),
        ("do I need a doctor's note at my age?", [""]),
        ("is there a good one with a garden?", []),
        ("is there any place with a lift where we can sit outside?", []),
        ("have you got one with a stove?", []),
        ("can you find me something cheaper?", []),
        ("with a garden, what else do you have?", []),
    ],
)
def test_what_is_asked_of_a_list_that_follows(text, fields):
    reader, dialogue = talk(LETS, text, listed=False)
    assert [one.field for one in reader.beside(dialogue)] == fields


def test_answers_about_a_list_name_each_item_once():
    reader, dialogue = talk(LETS, "with a garden, and are pets allowed?", listed=False)
    question = reader.beside(dialogue)[0]
    some = [LETS.items[n].id for n in (2, 3, 4)]
    told = answer_of_list(_of(question, some), "are pets allowed?", dialogue, LETS)
    assert told == "“Pets” on record: by arrangement (*Mill*); allowed (*Bothy*); no (*Barn*)."
    lacking = Catalog.from_records(
        [{"title": "A", "pets": "no", "x": "1"}, {"title": "B", "pets": "ok", "x": "2"}]
    )
    assert "None of these" not in told and len(lacking) == 2


def test_what_no_record_tells_is_said_in_the_users_words():
    reader, dialogue = talk(LETS, "with a garden please. Is a doctor nearby?", listed=False)
    question = _of(reader.beside(dialogue)[0], [LETS.items[0].id])
    assert (
        answer_of_list(question, "Is a doctor nearby?", dialogue, LETS)
        == "My records do not tell this of them: “Is a doctor nearby”."
    )


def _of(question, items):
    return replace(question, items=tuple(items))


@pytest.mark.parametrize(
    ("catalog", "text", "field"),
    [
        (BEERS, "how bitter is it", "ibu"),
        (BEERS, "how strong is that", "abv"),
        (BEERS, "will they have it in december", "availability"),
        (COURSES, "where does it take place", "venue"),
        (COURSES, "who is the teacher", "tutor"),
        (COURSES, "what time does it start", "time"),
        (COURSES, "is it still available", "places left"),
        (LETS, "can I bring my dog", "pets"),
        (LETS, "are animals ok", "pets"),
    ],
)
def test_fields_are_asked_for_by_what_they_are_about(catalog, text, field):
    assert fields_about(text, catalog)[0].name == field


@pytest.mark.parametrize("text", ["is a doctor nearby", "can I park there", "does it make me taller"])
def test_nothing_is_about_what_no_field_tells(text):
    assert fields_about(text, COURSES) == []


# -- a yes, a no and something between -----------------------------------------------------------------------


def test_pets_are_held_to_and_what_lies_between_is_named():
    _, dialogue = talk(LETS, "we have a dog", listed=False)
    assert [(one.field, one.value, one.strength) for one in dialogue.preferences.wanted] == [
        ("pets", "allowed", 2.0)
    ]
    told = understood(dialogue, LETS, "Here.", 2, (), [LETS.items[1], LETS.items[3]])
    assert "Where “pets” says “by arrangement” I left it out: that has to be asked for." in told


def test_what_lies_between_may_pass_in_so_many_words():
    reader = DialogueReader(LETS)
    messages = [
        Message("user", "we have a dog"),
        Message("assistant", "Here."),
        Message("user", "by arrangement is also ok"),
    ]
    state = reader.read(messages).preferences
    assert not state.demands
    assert [(one.field, one.value) for one in state.unwanted] == [("pets", "no")]


# -- sums ---------------------------------------------------------------------------------------------------


def shop(price: str, unit: str) -> Catalog:
    rows = [{"title": f"Number {n}", price: 40 * n, "minutes": 30 * n} for n in range(1, 6)]
    fields = [
        {"name": "title", "kind": "title"},
        {"name": price, "kind": "number", "unit": unit},
        {"name": "minutes", "kind": "number", "unit": "min"},
    ]
    return Catalog.from_records(
        rows, Schema.parse({"fields": fields, "noun": "episode", "plural": "episodes"})
    )


@pytest.mark.parametrize(
    ("text", "field", "op", "value"),
    [
        ("two of them under 30 dollars together", "price", "lt", 15),
        ("make it two that add up to 3 hours max", "minutes", "le", 90),
        ("a pair that is under 3 hours in total", "minutes", "lt", 90),
        ("three episodes under 2 hours altogether", "minutes", "lt", 40),
        ("a pair of episodes under an hour", "minutes", "lt", 60),
    ],
)
def test_sums_of_several_are_what_one_may_be(text, field, op, value):
    state = DialogueReader(shop("price", "$")).read([Message("user", text)]).preferences
    assert [(one.field, one.op, one.value) for one in state.limits] == [(field, op, value)]


@pytest.mark.parametrize(
    ("price", "text", "told"),
    [
        ("price_per_person", "what would it cost for the three of us?", "*Number 2*: 3 at $80 come to $240."),
        (
            "price_per_night",
            "how much is the second one for 7 nights?",
            "*Number 2*: 7 nights at $80 come to $560.",
        ),
        (
            "ticket_price",
            "how much is the second one for the four of us?",
            "*Number 2*: 4 at $80 come to $320.",
        ),
    ],
)
def test_what_several_cost_is_reckoned(price, text, told):
    catalog = shop(price, "$")
    reader, dialogue = talk(catalog, text)
    assert told in answer(reader.question(dialogue), dialogue, catalog).text
