"""How many items are asked for."""

import pytest

from conftest import make_movies
from wherefore.dialogue.notes import merged
from wherefore.dialogue.parts import forget, parts
from wherefore.dialogue.state import MOST, Count, Preferences
from wherefore.reading.reader import DialogueReader


@pytest.fixture(scope="module")
def films():
    return DialogueReader(make_movies())


def count(reader, *said):
    messages = [{"role": "assistant" if n % 2 else "user", "content": text} for n, text in enumerate(said)]
    asked = reader.read(messages).preferences.count
    return asked and asked.value


@pytest.mark.parametrize(
    "said, value",
    [
        ("Just recommend one.", 1),
        ("Recommend me three comedies", 3),
        ("Give me one good horror movie", 1),
        ("I want just one movie to watch tonight", 1),
        ("only one please, a horror movie", 1),
        ("one movie like Alien", 1),
        ("ten comedies please", 10),
        ("a couple of comedies", 2),
        ("top 3 horror movies", 3),
        ("show me ten", 10),
        ("give me 3 or 4 comedies", 4),
        ("give me 3-4 comedies", 4),
        ("give me three more", 3),
        ("can you list 10 of the best horror movies?", 10),
        ("half a dozen comedies", 6),
        ("How about 3 dramas", 3),
        ("I have time for two movies tonight", 2),
        ("I need 2 comedies, and no horror", 2),
        ("two movies. No, make that three movies", 3),
        ("Give me 60 movies", MOST),
    ],
)
def test_numbers_that_are_asked_for(films, said, value):
    assert count(films, said) == value


@pytest.mark.parametrize(
    "said",
    [
        "I want one with Tom Hanks",
        "Recommend one that is funny",
        "I watched two movies yesterday",
        "I liked one of the Alien movies",
        "Give me one of the Alien movies",
        "I want a two-hour movie",
        "I need 3 hours of fun",
        "top 250 movies",
        "a movie from 1999",
        "I have two kids. A family movie please",
        "no one likes comedies",
        "one more",
        "another one",
        "I want more than one movie",
        "a couple movie for my wife and me",
        "one movie I love is Alien",
        "Two of my favorite movies are Alien and Hereditary",
        "the first one please",
        "only the second one",
    ],
)
def test_numbers_that_say_something_else(films, said):
    assert count(films, said) is None


def test_a_number_alone_may_answer_a_question(films):
    said = (
        "I liked Alien",
        "1. **Hereditary** (2018) — a reason.\n\nHow many of these have you seen?",
        "Just one.",
    )
    assert count(films, *said) is None
    assert (
        count(films, said[0], "1. **Hereditary** (2018) — a reason.\n\nShould it be newer?", "Just one.") == 1
    )


def test_the_number_holds_until_another_is_given_or_it_is_dropped(films):
    said = "give me three comedies", "1. **Shaun of the Dead** (2004) — a reason.", "no horror"
    assert count(films, *said) == 3
    assert count(films, *said, "1. **Shaun of the Dead** (2004) — a reason.", "show me two") == 2
    assert count(films, *said, "1. **Shaun of the Dead** (2004) — a reason.", "forget everything") is None


def test_the_number_is_a_part_of_the_state(films):
    state = films.read([{"role": "user", "content": "three comedies please"}]).preferences
    assert state.count == Count(3, "three")
    (part,) = [one for one in parts(state, films.catalog) if one.kind == "count"]
    assert (part.text, part.said, part.without.count) == ("3", "three", None)
    assert forget(state, "three", films.catalog)[0].count is None
    assert Preferences.from_json(state.to_json()) == state
    assert Preferences.from_json({"count": 4}).count == Count(4)
    assert (
        merged(state, Preferences()).count == state.count
        and merged(Preferences(), state).count == state.count
    )


@pytest.mark.parametrize("wrong", [0, -1, MOST + 1, "3", True, 2.5, {"value": None}, {"number": 3}])
def test_a_number_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match="count"):
        Preferences.from_json({"count": wrong})


@pytest.mark.slow
def test_as_many_are_listed_as_were_asked_for(starter):
    said = [{"role": "user", "content": "Recommend three comedies"}]
    reply = starter.generate(said)
    assert len(reply.recommendations) == 3 and "three" in reply.text.split("\n")[0]
    later = [*said, {"role": "assistant", "content": reply.text}, {"role": "user", "content": "another one"}]
    again = starter.generate(later)
    assert len(again.recommendations) == 3 and not {one.item.id for one in again.recommendations} & {
        one.item.id for one in reply.recommendations
    }
    assert (
        len(starter.generate(said, preferences=Preferences(count=None), k=2, settled=True).recommendations)
        == 2
    )
    effects = starter.effects(said)
    assert [len(one.kept_out) for one in effects if one.part.kind == "count"] == [2]  # five without it


def test_who_asks_for_others_sees_none_of_the_earlier_lists_again(films):
    first, second = (f"1. **{title}** — a reason." for title in ("Alien (1979)", "Hereditary (2018)"))
    said = ["hi", first, "no comedies", second, "another one"]
    roles = ("user", "assistant", "user", "assistant", "user")
    read = films.read([{"role": role, "content": text} for role, text in zip(roles, said, strict=True)])
    assert read.passed == ("alien", "hered") and read.preferences.rejected == ("hered",)
    said[-1] = "I like horror"
    assert (
        films.read([{"role": role, "content": text} for role, text in zip(roles, said, strict=True)]).passed
        == ()
    )


def test_another_one_is_another_one(starter):
    said, shown = [], []
    for text in ("Just recommend one.", "no comedies", "another one", "another one"):
        said.append({"role": "user", "content": text})
        reply = starter.generate(said)
        shown += [one.item.id for one in reply.recommendations]
        said.append({"role": "assistant", "content": reply.text})
    assert len(set(shown[1:])) == 3 and shown[0] not in shown[2:]
