"""Fluency: what reads like the grammar, and what does not."""

import sys
from pathlib import Path
from random import Random

import pytest

from test_explain import make_movies, plan_for, user, wish
from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.state import Limit
from wherefore.training.ngrams import collect
from wherefore.training.practice import invented_catalogs, random_case, random_opening_case
from wherefore.writing.fluency import ORDER, ngrams, oddities, shape
from wherefore.writing.openings import opening
from wherefore.writing.plan import plan_opening
from wherefore.writing.reasons import word
from wherefore.writing.sentence import Sentence

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
from make_ngrams import main  # noqa: E402


@pytest.fixture(scope="module")
def movies():
    return make_movies()


ASKED = dict(
    liked=("alien",), wanted=(wish("genres", "Sci-Fi"),), limits=(Limit("year", "gt", 1980, "after 1980"),)
)


@pytest.mark.parametrize(
    ("sentence", "reads_well"),
    [
        ("it is a sci - fi movie, just as you asked.", True),
        ("it is directed by ridley scott, like @1.", True),
        ("a sci-fi movie directed by ridley scott, as you asked.", True),
        ("you liked @1, which shares cast its keyword and the keyword space with this one.", False),
        ("it is a sci-fi movie, so it is the nearest i liked.", False),
        ("it is a sci-fi movie, which this one is after 1980, as you asked.", False),
        ("it is tied to that sci-fi of space.", False),
        ("as you asked it it.", False),
        ("you liked @1, and this is one; it is also directed by ridley scott.", False),
        ("you asked for sci-fi, and you did ask for that.", False),
        ("you asked for a sci-fi movie, and this is one of its keyword.", False),
        ("@1 and this one share the genre sci-fi.", True),
        ("@1 and this one is also a sci-fi movie.", False),
        ("you liked @1, and this one is also a sci-fi movie.", True),
    ],
)
def test_what_reads_well(movies, sentence, reads_well):
    dialogue = user(**ASKED)
    plan = plan_for(movies, "blade", dialogue, limit=3)
    assert (oddities(Sentence(sentence, plan, dialogue, movies)) == []) is reads_well


def test_an_opening_that_stumbles_is_odd(movies):
    dialogue = user(**ASKED)
    plan = plan_opening(movies.items[:5], dialogue, movies)
    about = (plan, dialogue, movies)
    assert oddities(Sentence("happy to help. these five movies may suit you.", *about)) == []
    for odd in (
        "happy to help. these are these five movies may suit you.",
        "going by what you mentioned @1, here are five movies to consider.",
        "sure. these five movies from after 1980 to consider.",
    ):
        assert oddities(Sentence(odd, *about)), odd


def test_values_titles_and_numbers_count_by_their_kind(movies):
    dialogue = user(**ASKED)
    one, other = (plan_for(movies, item, dialogue, limit=3) for item in ("blade", "grav"))
    said = [
        shape(Sentence(f"it is directed by {name}, like @1.", plan, dialogue, movies))
        for name, plan in (("ridley scott", one), ("alfonso cuarón", other))
    ]
    assert said[0] == said[1] == ["^", "it", "is", "LABEL", "by", "value:person", "like", "@", "$"]


def test_the_grammar_reads_well(movies):
    catalogs = [Catalog.builtin(), movies, *invented_catalogs(60, seed=9)]
    rng = Random(77)
    odd = 0
    for number in range(1500):
        catalog = catalogs[number % len(catalogs)]
        case = (random_case if number % 4 else random_opening_case)(catalog, rng)
        text = (word if number % 4 else opening)(case.plan, rng)
        odd += bool(oddities(Sentence(text, case.plan, case.dialogue, catalog)))
    assert odd < 15, "the grammar has changed: run scripts/make_ngrams.py"


def test_ngrams_are_written_by_the_script(tmp_path, capsys):
    assert main(["--sentences", "40", "--out", str(tmp_path / "t.gz")]) == 0
    assert "in " in capsys.readouterr().out
    assert (tmp_path / "t.gz").stat().st_size > 100
    found = collect([make_movies()], 200)
    assert len(found) > 300 and len(found - ngrams()) < 0.02 * len(found)
    assert max(map(len, ngrams())) == ORDER
    with pytest.raises(SystemExit):
        main(["--sentences", "0"])


@pytest.mark.parametrize(
    ("sentence", "reads_well"),
    [
        ("here are five pet safe plants to consider.", True),
        ("i would look at these five pet safe.", False),
        ("here are five pet safe to consider.", False),
        ("i can offer five plants under $20.", True),
        ("i can offer five plants with under $20.", False),
    ],
)
def test_what_is_counted_is_a_thing_and_a_price_stands_by_itself(sentence, reads_well):
    rows = [{"title": f"Fern {n}", "pet_safe": ["yes", "no"][n % 2], "price": f"${n + 5}"} for n in range(12)]
    plants = Catalog.from_records(rows, name="plants")
    limits = (Limit("price", "lt", 20, "under $20"),)
    dialogue = user(wanted=(wish("pet_safe", "pet safe"),), limits=limits)
    plan = plan_opening([item for item in plants if item.values("pet_safe")][:5], dialogue, plants)
    odd = oddities(Sentence(sentence, plan, dialogue, plants))
    assert not odd if reads_well else odd
