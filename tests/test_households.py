"""Who lives with somebody is a demand for what is safe for them, and a mild wish for what lets them in."""

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.reading.reader import DialogueReader

ROWS = [
    {
        "title": f"Fern {n}",
        "pet_safe": ["yes", "no"][n % 2],
        "kid_friendly": ["no", "yes"][n % 2],
        "hardy": "yes no no".split()[n % 3],
    }
    for n in range(12)
]


@pytest.fixture(scope="module")
def reader():
    return DialogueReader(Catalog.from_records(ROWS, name="plants"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2 cats, 1 rabbit and a toddler who licks everything", {"pet safe", "kid friendly"}),
        ("my flatmate is getting a kitten on friday", {"pet safe"}),
        ("a fern for the office", set()),
        ("we have no dogs", set()),
        ("it should look like a cat", set()),
        ("hot dogs for everybody", set()),
        ("is it safe for my cat", {"pet safe"}),
    ],
)
def test_who_lives_there_is_a_wish_and_of_what_is_safe_a_demand(reader, text, found):
    wanted = reader.read([{"role": "user", "content": text}]).preferences.wanted
    assert {wish.value for wish in wanted if wish.field in ("pet_safe", "kid_friendly")} == found
    assert all(wish.strength == (2 if wish.value == "pet safe" else 1) for wish in wanted)


def test_a_catalogue_that_tells_no_such_thing_hears_no_wish():
    plain = DialogueReader(Catalog.from_records([{"title": f"Lamp {n}", "kind": "lamp"} for n in range(6)]))
    assert not plain.read([{"role": "user", "content": "I have two cats"}]).preferences.wanted
