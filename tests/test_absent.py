"""Titles that a message names and the catalogue lacks."""

import time

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.messages import Message
from wherefore.reading.reader import DialogueReader


@pytest.fixture(scope="module")
def reader(builtin_reader):
    return builtin_reader


def absent(reader, text):
    return reader.absent(reader.read([Message("user", text)]))


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("I loved Knives Out", ("Knives Out",)),
        ("we both liked knives out and the grand budapest hotel", ("knives out",)),
        ("movies like Tenet", ("Tenet",)),
        ("I loved Parasite (2019)", ("Parasite (2019)",)),
        ("have you seen Knives Out?", ("Knives Out",)),
        ("something similar to 'Past Lives'", ("Past Lives",)),
        ("I hated Cats, loved Knives Out", ("Knives Out",)),
        ("Just watched Glass Onion, it was great", ("Glass Onion",)),
        ("I enjoyed The Social Dilemma", ("The Social Dilemma",)),
        ("my kids love paw patrol", ("paw patrol",)),
    ],
)
def test_what_the_catalogue_lacks_is_found(reader, text, titles):
    assert absent(reader, text) == titles


@pytest.mark.parametrize(
    "text",
    [
        "I loved Alien and The Thing",
        "I love Tarantino and Tom Hanks",
        "I love Marvel",
        "I love Disney movies",
        "I LOVE SCARY MOVIES",
        "I like Korean cinema",
        "I love Japanese Horror",
        "I like movies with plot twists",
        "I liked the acting and the cinematography",
        "I watched it on Netflix last Monday",
        "I'd like something funny for Sunday",
        "I saw the previews for that one",
        "I do love 80s movies though",
        "I like long walks on the beach",
        "I like my movies short",
        "",
        "???",
    ],
)
def test_what_is_no_title_is_none(reader, text):
    assert absent(reader, text or "hi") == ()


@pytest.mark.slow
def test_hostile_texts_take_no_time(reader):
    for text in ("I loved " * 2400, "loved " + "Xq " * 5000, "'" * 5000, "like zzzz, " * 1700):
        began = time.process_time()
        absent(reader, text)
        assert time.process_time() - began < 20


def test_a_small_catalogue_of_something_else(tmp_path):
    rows = [
        {"id": str(n), "title": title, "genre": "puzzle"}
        for n, title in enumerate(("Copper Tide", "Hollow Clock"))
    ]
    reader = DialogueReader(Catalog.from_records(rows))
    assert absent(reader, "I loved Copper Tide and Wingspan") == ("Wingspan",)
