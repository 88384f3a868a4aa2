"""Words that turn the plain reading round: permissions, two negatives, parts refused, fates, either of two."""

from __future__ import annotations

import pytest

from wherefore import Recommender
from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.messages import Dialogue
from wherefore.reading.either import either
from wherefore.reading.fates import FateReader
from wherefore.reading.opposites import opposites
from wherefore.reading.reader import DialogueReader
from wherefore.reading.turned_round import turned
from wherefore.turn.branches import Branch, Either, told_apart

GENRES = ["Comedy", "Horror", "Western", "Drama"]


def _plays(noun: str = "film") -> Catalog:
    rows = [
        {
            "title": f"Story {n}",
            "genre": GENRES[n % 4],
            "country": ["France", "Peru", "Japan"][n % 3],
            "year": 1950 + 2 * n,
            "runtime_min": 60 + 5 * n,
            "warnings": ["animal death", "violence", "violence; animal death", "child death"][n % 4],
            "look": ["black and white", "bright"][n % 2],
        }
        for n in range(36)
    ]
    catalog = Catalog.from_records(rows, name="plays")
    return Catalog(
        catalog.items, catalog.schema.model_copy(update={"noun": noun, "plural": f"{noun}s"}), "plays"
    )


@pytest.fixture(scope="module")
def reader() -> DialogueReader:
    return DialogueReader(_plays())


def state(reader, *said):
    return reader.read([{"role": "user", "content": text} for text in said]).preferences


@pytest.mark.parametrize(
    "said",
    [
        "I want a drama, doesnt matter if its old",
        "I want a drama, I don't care if it is old",
        "I want a drama, idc if it's old",
        "I want a drama and I'm fine if it's old",
        "I want a drama, it can even be old",
        "I want a drama, no problem if it's from before 1970",
        "I want a drama, it can be old for all I care",
        "I want a drama, it can be long",
    ],
)
def test_what_is_merely_allowed_bounds_nothing(reader, said):
    told = state(reader, said)
    assert told.limits == () and [one.value for one in told.wanted] == ["Drama"]


def test_what_is_allowed_takes_a_bound_away(reader):
    assert [one.op for one in state(reader, "under 100 minutes").limits] == ["lt"]
    assert (
        state(
            reader, "under 100 minutes", "actually it doesn't matter if it's longer than 100 minutes"
        ).limits
        == ()
    )


@pytest.mark.parametrize(
    "said",
    [
        "I don't want a film that isn't a comedy",
        "nothing that isn't a comedy please",
        "don't show me anything which is not a comedy",
        "I hate films that aren't comedies",
    ],
)
def test_two_negatives_ask(reader, said):
    told = state(reader, said)
    assert [one.value for one in told.wanted] == ["Comedy"] and told.unwanted == ()


@pytest.mark.parametrize("said", ["no comedy", "a film that isn't a comedy", "I don't want a comedy"])
def test_one_negative_refuses(reader, said):
    told = state(reader, said)
    assert told.wanted == () and [one.value for one in told.unwanted] == ["Comedy"]


def test_what_is_refused_of_a_thing_leaves_the_thing():
    text = "I want to be scared, not gore scared; sport books but no american sport"
    assert [text[slice(*span)] for span in turned(text).narrowed] == ["scared", "sport"]
    text = "no book about wolves where the wolf dies. Wolves, yes."
    (pair,) = turned(text).restricted
    assert [text[slice(*span)] for span in pair] == ["book about wolves", "where the wolf dies"]
    assert turned(text).affirmed == ("wolv",) or turned(text).affirmed == ("wolf",) or turned(text).affirmed
    assert turned("not too sad, no horror").narrowed == () and turned("").permitted == ()


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("a sad one but the dog has to live", {"animal death"}),
        ("as long as the horse survives", {"animal death"}),
        ("nobody dying please", {"animal death", "child death"} - {"animal death", "child death"}),
        ("the baby mustn't get hurt", {"child death"}),
        ("make sure the cat doesn't die", {"animal death"}),
        ("nothing bad happens to the puppy", {"animal death"}),
    ],
)
def test_whom_a_story_spares(said, values):
    (one,) = FateReader(_plays()).read(said)
    assert {value for _, value in one.values} == values


def test_of_goods_nobody_is_spared_and_what_no_record_tells_is_said(reader):
    assert FateReader(_plays("plant")).read("the fern has to survive") == []
    told = state(reader, "I want a western, the sheriff has to survive")
    assert [(one.kind, one.said) for one in told.open] == [("demanded", "the sheriff has to survive")]


def test_an_opposite_turns_down(reader):
    told = state(reader, "something in black and white", "in colour")
    assert told.wanted == () and [one.value for one in told.unwanted] == ["black and white"]
    assert list(opposites("a lamp in colour red")) == []


def test_a_whole_field_is_left_open(reader):
    assert [one.value for one in state(reader, "from Peru").wanted] == ["Peru"]
    for said in ("maybe from anywhere", "any country is fine", "the country doesn't matter"):
        assert state(reader, "I want a drama from Peru", said).wanted[0].value == "Drama"
        assert len(state(reader, "I want a drama from Peru", said).wanted) == 1


@pytest.mark.parametrize(
    "said", ["comedy or drama", "either", "either this or that", "a 2012 or newer film", "either a"]
)
def test_no_two_things(said):
    assert either(said) is None


@pytest.fixture(scope="module")
def plays(tmp_path_factory) -> Recommender:
    settings = ["turn.judge=false", "writer.tries=0", "turn.questions=false"]
    return Recommender.from_catalog(_plays(), cache=tmp_path_factory.mktemp("cache"), settings=settings)


def test_either_of_two_is_two_lists(plays):
    asked = [
        {
            "role": "user",
            "content": "either a comedy under 100 minutes, or a western over 150 minutes. don't mix",
        }
    ]
    reply = plays.generate(asked, k=4)
    found = [(one.item.fields["genre"], one.item.fields["runtime_min"]) for one in reply.recommendations]
    assert [genre for genre, _ in found] == [("Comedy",), ("Comedy",), ("Western",), ("Western",)]
    assert all(minutes < 100 if genre == ("Comedy",) else minutes > 150 for genre, minutes in found)
    assert "“a comedy under 100 minutes”" in reply.text and "“a western over 150 minutes”" in reply.text
    (alone,) = plays.generate(asked, k=1).recommendations
    assert alone.item.fields["genre"] == ("Comedy",)
    chosen = plays.generate(
        [*asked, {"role": "assistant", "content": reply.text}, {"role": "user", "content": "more westerns"}],
        k=2,
    )
    assert {one.item.fields["genre"] for one in chosen.recommendations} == {("Western",)}
    two = Either(Dialogue(()), (Branch(Dialogue(()), "a comedy"), Branch(Dialogue(()), "a western")))
    assert told_apart(two, [0, 1]) == " For “a comedy” I found nothing, and number 1 is for “a western”."
