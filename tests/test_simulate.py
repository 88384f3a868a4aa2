"""Simulated users: what they say is true of what they are after, and does not give it away."""

from random import Random

import numpy as np
import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.training.simulate import Seen, SimulatedUser, Taste, converse, tastes
from wherefore.writing.asking import Ask

GENRES = ("Horror", "Comedy", "Drama", "Western")


@pytest.fixture(scope="module")
def films():
    draw = Random(0)
    rows = [
        {
            "id": f"m{n}",
            "title": f"Zorbit {n}",
            "year": 1950 + n % 70,
            "runtime_min": 80 + n % 90,
            "genres": "; ".join(draw.sample(GENRES, 2)),
            "directors": f"Ada Bela {n % 37}",
        }
        for n in range(400)
    ]
    return Catalog.from_records(rows, name="films")


def near(one, other):
    return 1.0 if abs(int(one[1:]) - int(other[1:])) < 3 else 0.0


def user(films, target="m123", liked=("m5", "m9"), seed=0):
    return SimulatedUser(Taste(target, liked), films, near, Random(seed))


def listing(films, *numbers, question=None):
    items = tuple(films[f"m{n}"] for n in numbers)
    return Seen("\n".join(f"{n}. {item.title}" for n, item in enumerate(items, 1)), items, question)


@pytest.mark.parametrize("seed", range(30))
def test_nobody_names_what_they_are_after(films, seed):
    someone = user(films, seed=seed)
    said = [someone.opens()]
    for turn in range(6):
        reply = listing(films, *(10 * turn + n for n in (1, 5, 9, 20, 33)))
        assert not someone.satisfied(reply)
        said.append(someone.says(reply))
    assert all(said) and not any("Zorbit 123" in text for text in said)
    assert len(someone._left) >= 20 and films.row("m123") in someone._left
    assert not any("Ada Bela" in text for text in said)  # a director would give it away


def test_a_user_is_content_with_the_target_alone(films):
    someone = user(films)
    assert someone.satisfied(listing(films, 1, 123)) and not someone.satisfied(listing(films, 1, 124))
    assert not someone.satisfied(Seen("Zorbit 123", ()))  # named, but not listed


def test_questions_are_answered_truly(films):
    genre = films["m123"].values("genres")[0]
    ask = Ask("genres", "Any genre in particular: x?", (genre, "Musical"), 1.0)
    assert user(films).says(listing(films, 1, question=ask)).startswith(f"{genre.lower()}")
    year = films["m123"].get("year")
    later = Ask("year", "…", (f"before {year + 1}", "newer"), 1.0)
    assert user(films).says(listing(films, 1, question=later)).startswith(f"before {year + 1}")
    earlier = Ask("year", "…", (f"before {year}", "newer"), 1.0)
    assert user(films).says(listing(films, 1, question=earlier)).startswith("newer")


def test_what_gives_too_much_away_is_not_told(films):
    few = Catalog.from_records(
        [
            {"id": f"m{n}", "title": f"T {n}", "genres": "Horror" if n < 5 else "Comedy", "year": 2000}
            for n in range(60)
        ],
        name="films",
    )
    someone = SimulatedUser(Taste("m1", ()), few, lambda a, b: 0.0, Random(0))
    said = [someone.opens(), *(someone.says(Seen("", (few["m20"], few["m21"]))) for _ in range(5))]
    assert not any("orror" in text for text in said)
    ask = Ask("genres", "Any genre in particular: horror or comedy?", ("Horror", "Comedy"), 1.0)
    assert "orror" not in someone.says(Seen("", (few["m20"],), ask))


def test_critiques_fit_the_list(films):
    newest = [n for n in range(400) if films[f"m{n}"].get("year") >= 2010][:5]
    said = {user(films, target="m3", liked=(), seed=seed).says(listing(films, *newest)) for seed in range(40)}
    assert any("before" in text or "older" in text for text in said)
    assert not any("after" in text or "newer" in text for text in said)
    close = {user(films, seed=seed).says(listing(films, 1, 122, 200)) for seed in range(40)}
    assert any("umber 2" in text for text in close) and not any("umber 1" in text for text in close)


def test_a_conversation_ends_when_the_target_is_listed(films):
    lists = iter([(1, 2), (3, 4), (123, 5)])
    session = converse(user(films), lambda messages: listing(films, *next(lists)))
    assert session.turn == 3 and len(session.messages) == 6
    never = converse(user(films), lambda messages: listing(films, 1, 2), turns=4)
    assert never.turn is None and len(never.messages) == 8 and never.questions == 0
    assert [m["role"] for m in never.messages] == ["user", "assistant"] * 4


def test_the_same_seed_says_the_same(films):
    def talk(seed):
        return converse(user(films, seed=seed), lambda messages: listing(films, 1, 2)).messages

    assert talk(3) == talk(3) and talk(3) != talk(4)


def test_tastes_of_people():
    sets = [frozenset(f"m{n}" for n in range(start, start + 10)) for start in range(0, 100, 10)]
    people = [*sets, frozenset(("m1", "m2"))]
    found = tastes(people, near, 50, seed=1)
    assert len(found) == 10  # who likes too little is left out
    for taste in found:
        whole = next(one for one in sets if taste.target in one)
        assert set(taste.liked) <= whole - {taste.target} and len(taste.liked) == 3
    assert tastes(people, near, 4, seed=1) == found[:4]
    assert np.unique([taste.target for taste in found]).size == 10
