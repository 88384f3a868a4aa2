"""Words in British and American spelling, together and apart, find the same records."""

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.concepts import having
from wherefore.catalog.spellings import spelt_otherwise
from wherefore.reading.judge import packaged_judge
from wherefore.reading.reader import DialogueReader

RECIPES = Catalog.from_records(
    [
        {"id": "a", "title": "Raita", "ingredients": "yogurt, cucumber"},
        {"id": "b", "title": "Schnitzel", "ingredients": "veal, bread crumbs, lemon"},
        {"id": "c", "title": "Toast", "ingredients": "bread, jam, crumbs of cake"},
        {"id": "d", "title": "Roast", "ingredients": "zucchini, salt", "note": "Neighbors love the color."},
    ],
    name="recipes",
)


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("yoghurt", ["a"]),
        ("yoghurts", ["a"]),
        ("yogurt", ["a"]),
        ("breadcrumbs", ["b"]),  # side by side, not anywhere in a record
        ("bread crumbs", ["b", "c"]),
        ("colour", ["d"]),
        ("neighbours", ["d"]),
        ("cucumbers", ["a"]),
        ("anvil", []),
        ("", []),
    ],
)
def test_other_spellings_are_found(words, ids):
    found = having(RECIPES, words) if words else [False] * len(RECIPES)
    assert [item.id for item, there in zip(RECIPES, found, strict=True) if there] == ids


@pytest.mark.parametrize(
    ("words", "others"),
    [
        ("grey sofa", ["gray sofa"]),
        ("tow bar", ["towbar"]),
        ("lasagne", ["lasagna"]),
        ("travelling", ["traveling"]),
        ("centre", ["center"]),
        ("dog", []),
        ("", []),
    ],
)
def test_how_words_are_written_elsewhere(words, others):
    assert set(others) <= set(spelt_otherwise(words))
    assert others or not list(spelt_otherwise(words))


def test_what_is_refused_in_another_spelling_is_left_out():
    reader = DialogueReader(RECIPES, packaged_judge())
    dialogue = reader.read(
        [{"role": "user", "content": "something with veal or lemon, but no breadcrumbs please"}]
    )
    assert [(one.field, one.value) for one in dialogue.preferences.unwanted] == [("*", "breadcrumbs")]
    assert all(kind != "unwanted" for kind, _ in dialogue.unmet)
