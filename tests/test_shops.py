"""Small catalogues with what is asked of them."""

import json
from pathlib import Path

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.schema import Schema
from wherefore.catalog.words import words_of
from wherefore.corpora.shops import read_shops
from wherefore.errors import CorpusError, CorpusNotFoundError

SHOPS = Path(__file__).parents[1] / "data" / "shops"


@pytest.fixture(scope="module")
def asked():
    return read_shops(SHOPS)


def test_the_catalogues_are_all_read(asked):
    by_kind = {one.catalog.name for one in asked}
    assert len(by_kind) == 20 and all(len(one.catalog) == 60 for one in asked)
    talks = [one for one in asked if len(one.said) > 1]
    assert len(asked) - len(talks) > 1_400 and len(talks) >= 900


def test_what_answers_is_no_near_miss(asked):
    for one in asked:
        assert one.fits and not set(one.fits) & set(one.near), one.said
        assert one.said[-1][0] == "user"


def test_every_item_answers_something(asked):
    for kind in {one.catalog.name for one in asked}:
        here = [one for one in asked if one.catalog.name == kind]
        assert {item for one in here for item in one.fits} == set(here[0].catalog.ids), kind


def shop(folder, requests=None, talks=None):
    rows = [{"id": f"a{n}", "title": f"Lamp {n}", "price": n, "description": "A lamp."} for n in range(3)]
    (folder / "lamps.jsonl").write_text("\n".join(map(json.dumps, rows)))
    if requests is not None:
        (folder / "lamps.requests.tsv").write_text(requests)
    if talks is not None:
        (folder / "lamps.talks.txt").write_text(talks)
    return folder


def test_a_talk_says_what_was_listed(tmp_path):
    (one,) = read_shops(shop(tmp_path, talks="U: a lamp\nL: a0, a2\nU: cheaper\nFITS: a1\nNEAR: a0\n"))
    assert one.said == (("user", "a lamp"), ("assistant", "Lamp 0; Lamp 2"), ("user", "cheaper"))
    assert (one.fits, one.near, one.hard) == (("a1",), ("a0",), ())


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"requests": "a lamp\ta0"}, r"lamps\.requests\.tsv, line 1: 2 columns"),
        ({"requests": "a lamp\ta0\ta1\nred\ta9\t"}, r"line 2: there is no item 'a9'"),
        ({"talks": "U: a lamp\nX: a0"}, r"conversation 1: 'X: a0'; lines begin with U:"),
        ({"talks": "U: a lamp\nFITS:\nNEAR: a0"}, r"has no FITS"),
    ],
)
def test_a_line_that_is_wrong_is_named(tmp_path, given, told):
    with pytest.raises(CorpusError, match=told):
        read_shops(shop(tmp_path, **given))


def test_no_catalogues_say_so(tmp_path):
    with pytest.raises(CorpusNotFoundError, match="no catalogues in"):
        read_shops(tmp_path)
    shop(tmp_path)
    (tmp_path / "lamps.jsonl").write_text("{")
    with pytest.raises(CorpusError, match="line 1 is not JSON"):
        read_shops(tmp_path)


def test_a_table_of_numbers_is_not_told():
    facts = (
        "Total Fat 18g 23%, Saturated Fat 7g 34%, Cholesterol 15mg 5%, Sodium 128mg 6%, Carbohydrate 60g 22%"
    )
    rows = [
        {"title": f"P{n}", "nutrition": f"{facts} {n}", "steps": f"Stir the {n} eggs in."} for n in range(3)
    ]
    kinds = {"id": "id", "title": "title", "nutrition": "text", "steps": "text"}
    schema = Schema.parse({"fields": [{"name": name, "kind": kind} for name, kind in kinds.items()]})
    catalog = Catalog.from_records([row | {"id": str(n)} for n, row in enumerate(rows)], schema)
    assert str(words_of(catalog.items[2], catalog.schema)) == "P2. Stir the 2 eggs in. "


def test_every_text_has_its_share_of_an_items_words():
    rows = [
        {"title": f"T{n}", "notes": "long " * 300 + f"{n}", "plot": f"A short plot, number {n}."}
        for n in range(3)
    ]
    catalog = Catalog.from_records(rows)
    told = str(words_of(catalog.items[1], catalog.schema))
    assert "A short plot, number 1." in told and told.count("long") > 20 and len(told) < 520
