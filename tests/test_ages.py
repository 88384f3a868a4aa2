"""The ages of those who are to see it are limits: what is for older people only is ruled out."""

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.reading.reader import DialogueReader

ROWS = [{"title": f"Film number {n}", "age": n, "runtime_min": 80 + n} for n in range(3, 19)]


@pytest.fixture(scope="module")
def reader():
    return DialogueReader(Catalog.from_records(ROWS, name="films"))


def ages(reader, text):
    limits = reader.read([{"role": "user", "content": text}]).preferences.limits
    return [one.value for one in limits if one.field == "age" and one.op == "le"]


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("something for my six-year-old", 6),
        ("suitable for a toddler please", 3),
        ("for a 7 and a 10 year old", 7),
        ("my kid is 6 and scares easily", 6),
        ("movie night with my niece (8)", 8),
        ("our two nieces, 8 and 11, are over", 8),
        ("for my daughter who's five", 5),
        ("her son, aged seven, picks", 7),
        ("something for ages 4 and 7", 4),
        ("my kids are 13 and 15", 13),
    ],
)
def test_an_age_of_a_child_is_a_limit(reader, text, age):
    assert ages(reader, text) == [age]


@pytest.mark.parametrize(
    "text",
    [
        "a film about a boy who is 12",
        "my son is 6 feet tall, he wants action",
        "my brother is 30",
        "I was 12 when I saw it",
        "suitable for ages 10 and up",
        "my girl is 2 hours away",
        "my son is 5 movies ahead of me",
    ],
)
def test_other_numbers_are_none(reader, text):
    assert ages(reader, text) == []
