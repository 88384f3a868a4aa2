"""Kinds of things and what belongs to them: what a table says, and which records show it."""

import lzma
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.concepts import FILE, Concepts, concepts, having, kinds, tells_stories
from wherefore.catalog.schema import Schema
from wherefore.reading.partial import PartialValues
from wherefore.reading.vocabulary import Vocabulary
from wherefore.text import stems, words

ROOT = Path(__file__).parents[1]
FIELDS = [{"name": "title", "kind": "title"}, {"name": "overview", "kind": "text"}]
TABLE = [
    "nuts\ttree nuts\talmond; pine nut\tnutmeg",
    "milk\t\tcream; butter\tpeanut butter",
    "*vegan\tplant-based\t>milk",
]


def test_a_table_says_what_is_called_how():
    known = Concepts(TABLE)
    assert known.called("Tree Nuts").name == "nuts" and known.called("nut").name == "nuts"
    assert known.called("seeds") is None
    assert known["vegan"].rules_out == ("milk",) and known["nuts"].rules_out == ()
    assert known["vegan"].named_by == ("vegan", "milk", "cream", "butter")
    assert known["vegan"].unless == ("peanut butter",)


def test_concepts_are_found_where_they_are_called_by_name():
    text = "plant-based, no tree nuts"
    found = Concepts(TABLE).found(words(text))
    assert [(text[start:end], one.name) for start, end, one in found] == [
        ("plant-based", "vegan"),
        ("tree nuts", "nuts"),
    ]


@pytest.mark.parametrize(
    ("kind", "record", "has"),
    [
        ("nuts", "200 g ground almonds", True),
        ("nuts", "a pinch of nutmeg", False),
        ("dairy", "1 can coconut milk", False),
        ("dairy", "a knob of butter", True),
        ("dairy", "3 tbsp peanut butter", False),
        ("meat", "smoked bacon, cubed", True),
        ("gluten", "100 g plain flour", True),
        ("alcohol", "2 tbsp dark rum", True),
        ("eggs", "1 large eggplant", False),
        ("wool", "80% merino wool", True),
        ("nuts", "nut-free chocolate", False),
    ],
)
def test_records_show_what_they_have(kind, record, has):
    catalog = Catalog.from_records([{"id": "a", "title": "One", "made_of": record}])
    assert having(catalog, kind).tolist() == [has]


def test_the_diets_are_there():
    known = concepts()
    vegetarian, vegan = set(known["vegetarian"].rules_out), set(known["vegan"].rules_out)
    assert {"meat", "fish"} <= vegetarian and vegetarian | {"eggs", "dairy", "honey"} <= vegan
    assert known.called("coeliac").rules_out and known.called("celiac").name == known.called("coeliac").name
    assert all(known[name] for one in known for name in one.rules_out)


@pytest.mark.slow
def test_the_packaged_table_is_what_the_script_makes(tmp_path):
    out = tmp_path / "concepts.tsv.xz"
    run = subprocess.run(
        [sys.executable, ROOT / "scripts" / "make_concepts.py", "--out", out], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert lzma.decompress(out.read_bytes()) == lzma.decompress(FILE.read_bytes())


def test_a_broken_table_is_refused(tmp_path):
    table = tmp_path / "table.tsv"
    for text, fault in (("nuts", "line 1"), ("*vegan\t\t>milk\t", "milk")):
        table.write_text(text)
        run = subprocess.run(
            [
                sys.executable,
                ROOT / "scripts" / "make_concepts.py",
                "--table",
                table,
                "--out",
                tmp_path / "x",
            ],
            capture_output=True,
            text=True,
        )
        assert run.returncode == 2 and fault in run.stderr


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("naked people", "nudity"),
        ("BOO moments", "jump scares"),
        ("gory bits", "gore"),
        ("swear words", "swearing"),
    ],
)
def test_what_a_film_may_upset_by_is_known_by_what_people_call_it(said, kind):
    films = Catalog.builtin()
    left_out = having(films, said)
    assert concepts().called(said).name == kind
    told = {"nudity": "sex", "gore": "gore", "jump scares": "jump scares", "swearing": "swearing"}[kind]
    warned = np.array([told in item.values("warnings") for item in films])
    assert warned.sum() > 300 and left_out[warned].mean() > 0.99 and not left_out.all()


@pytest.mark.parametrize(
    ("refused", "holds", "free"),
    [
        ("lace", "Lace Bridal Dress", "Cotton Dress"),
        ("nuts", "Roasted monkey nuts", "Nutmeg cookies"),
        ("vegetarian", "Stewed roe deer", "Stewed oyster mushrooms"),
        ("vegan", "Head cheese on rye", "Coconut milk curry"),
    ],
)
def test_an_exception_of_one_kind_does_not_hide_what_another_names(refused, holds, free):
    catalog = Catalog.from_records([{"title": holds}, {"title": free}])
    assert having(catalog, refused).tolist() == [True, False]


def test_no_exception_is_one_of_the_words_themselves():
    for name in concepts():
        concept = concepts()[name] if isinstance(name, str) else name
        words = {tuple(stems(one)) for one in concept.named_by}
        assert not [one for one in concept.unless if tuple(stems(one)) in words], concept.name


@pytest.mark.parametrize(
    ("kind", "members", "others"),
    [
        ("wooden", ["Oak", "Teak", "Solid pine"], ["Steel", "Oak-smoked", "Pine nut"]),
        (
            "metal",
            ["Brass", "Stainless steel", "Thrash"],
            ["Brass band", "Iron age", "Golden retriever", "Oak"],
        ),
        ("Scandinavian", ["Sweden", "Norway", "Danish"], ["Finland", "Danish pastry"]),
        ("DACH", ["Austria", "Switzerland"], ["German shepherd", "France"]),
        ("sour beer", ["Gose", "Berliner Weisse"], ["Stout", "Sourdough"]),
        ("sheep's cheese", ["Pecorino", "Manchego"], ["Brie", "Sheepdog"]),
        ("martial arts", ["Judo", "Kung fu"], ["Tennis", "Boxing day"]),
        ("wind instruments", ["Trumpet", "Oboe", "Harmonica"], ["Violin"]),
        ("gemstones", ["Ruby", "Blue topaz"], ["Ruby chocolate", "Gold"]),
        ("spring", ["March", "April", "Easter"], ["Spring roll", "June"]),
        ("weekend", ["Sat", "Sunday"], ["Monday", "Sun hat"]),
        ("romance languages", ["Italian", "Romanian"], ["French bulldog", "German"]),
    ],
)
def test_values_are_of_a_kind_by_what_they_name(kind, members, others):
    rows = [{"title": str(n), "sort": value} for n, value in enumerate([*members, *others] * 2)]
    rows += [{"title": f"more {n}", "sort": "Something else"} for n in range(3 * len(rows))]
    found = PartialValues(Vocabulary(Catalog.from_records(rows)), len(rows)).of(kind)
    assert sorted(one.value for one in found) == sorted(members)


def test_kinds_of_things_are_none_of_stories():
    told = [
        {"title": "Hearts", "overview": "A steel town in summer."},
        {"title": "Cold", "overview": "Snow."},
        {"title": "July", "overview": "A brass band plays."},
    ]
    films = Catalog.from_records(told, Schema.parse({"noun": "movie", "fields": FIELDS}))
    goods = Catalog.from_records(told, Schema.parse({"noun": "product", "fields": FIELDS}))
    assert tells_stories(films) and not tells_stories(goods)
    assert having(films, "summer").tolist() == [True, False, False]
    assert having(goods, "summer").tolist() == [True, False, True]
    assert having(goods, "metal").tolist() == [True, False, False]
    assert concepts().called("metal") is None and kinds().called("metal").of_things
    assert having(goods, "brass").tolist() == [False, False, True]  # the word itself, besides the instruments


def test_what_is_a_kind_only_as_a_whole_value():
    known = Concepts(["~spring\tspringtime\tApril; =May\t"])["spring"]
    assert known.named_by == ("spring", "April") and known.values == ("May",) and known.of_things
    goods = Catalog.from_records([{"title": "You may like it"}, {"title": "April mix"}])
    assert goods.holding(known.named_by, known.unless).tolist() == [False, True]


def test_what_is_free_of_something_is_none_of_it():
    rows = [
        {"title": str(n), "diet": value}
        for n, value in enumerate(["Dairy free", "Dairy", "Vegan", "Nuts"] * 3)
    ]
    partial = PartialValues(Vocabulary(Catalog.from_records(rows)), 40)
    assert [one.value for one in partial.of("dairy products")] == ["Dairy"]
    assert [one.value for one in partial.of("dairy free")] == ["Dairy free"]


def test_what_is_decaf_has_no_caffeine_whatever_its_text_names():
    rows = [
        {"title": "Night", "caffeine": "Decaf", "note": "a coffee for the evening"},
        {"title": "Morning", "caffeine": "Regular", "note": "a coffee to wake up with, also sold as decaf"},
        {"title": "Meadow", "caffeine": "Regular", "note": "chamomile"},
    ]
    assert having(Catalog.from_records(rows, name="items"), "caffeine").tolist() == [False, True, False]
