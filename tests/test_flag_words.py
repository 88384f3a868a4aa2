"""Columns of yes and no are asked for in other words than their names."""

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.flag_words import flag_words, flags_of
from wherefore.reading.flags import FlagReader
from wherefore.reading.reader import DialogueReader
from wherefore.text import forms

YES_NO = ("yes", "no")


def shop(**columns):
    rows = [
        {"title": f"Thing {n}"} | {name: values[n % len(values)] for name, values in columns.items()}
        for n in range(12)
    ]
    return Catalog.from_records(rows, name="shop")


@pytest.fixture(scope="module")
def reader():
    columns = "explicit headphone_jack waterproof vegan wireless pets_allowed wheelchair_accessible foldable".split()
    return DialogueReader(shop(**dict.fromkeys(columns, YES_NO), Lieferbar=("ja", "nein", "auf Anfrage")))


def state(reader, text):
    return reader.read([{"role": "user", "content": text}]).preferences


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("with a 3.5mm jack", "headphone_jack"),
        ("it needs an aux port", "headphone_jack"),
        ("it must be available today", "Lieferbar"),
        ("muss sofort lieferbar sein", "Lieferbar"),
        ("can I get it now?", "Lieferbar"),
        ("plant-based only", "vegan"),
        ("something cordless", "wireless"),
        ("no wires please", "wireless"),
        ("we are coming with our dog", "pets_allowed"),
        ("step-free access", "wheelchair_accessible"),
        ("it should keep the rain out: water-resistant", "waterproof"),
        ("one that folds flat", "foldable"),
    ],
)
def test_other_words_ask_for_a_yes(reader, text, field):
    assert [(one.field, one.strength) for one in state(reader, text).demands] == [(field, 2.0)]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("clean only, I'm a teacher", "explicit"),
        ("radio edits", "explicit"),
        ("without swear words", "explicit"),
        ("not a folding one", "foldable"),
        ("nothing wireless", "wireless"),
    ],
)
def test_other_words_ask_for_a_no(reader, text, field):
    found = state(reader, text)
    assert [one.field for one in found.refusals] == [field]
    assert not found.wanted


@pytest.mark.parametrize(
    "text",
    [
        "it doesn't have to be wireless",
        "I don't mind swearing",
        "some clean guitars",
        "whether it folds flat or not",
    ],
)
def test_what_need_not_be_is_no_wish(reader, text):
    found = state(reader, text)
    assert (found.wanted, found.unwanted) == ((), ())


def test_a_mild_wish_stays_mild(reader):
    (wish,) = state(reader, "ideally with a 3.5mm jack").wanted
    assert (wish.field, wish.strength) == ("headphone_jack", 1.0)


def test_a_count_of_what_is_in_stock_is_a_limit():
    reader = DialogueReader(shop(stock=(0, 3, 12)))
    (limit,) = state(reader, "must be in stock").limits
    assert (limit.field, limit.op, limit.value) == ("stock", "ge", 1.0)


def test_columns_that_tell_something_else_are_of_no_family():
    found = flags_of(
        shop(pet_safe=YES_NO, available_from=("2020", "2021"), kids=(1, 2), organic=("ja", "nein"))
    )
    assert [(one.field, one.words.name) for one in found] == [("organic", "organic")]


def test_a_longer_phrase_is_read_once():
    (one,) = FlagReader(shop(breakfast_included=YES_NO)).read("colazione inclusa, grazie")
    assert (one.start, one.end, one.flag.value) == (0, 17, "breakfast included")


@pytest.mark.parametrize("family", flag_words().values(), ids=lambda one: one.name)
def test_families_ask_in_words_and_know_their_own_names(family):
    assert family.names and family.yes
    assert not {*family.yes} & {*family.no}
    assert all(
        family.is_of("_".join(forms(name))) for name in family.names if name.isascii() and "." not in name
    )
