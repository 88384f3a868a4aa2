"""Words of degree become limits that the catalogue sets: "something short", "hidden gems", "nothing too expensive"."""

from pathlib import Path

import pytest
import yaml

from wherefore.catalog.catalog import Catalog
from wherefore.reading.reader import DialogueReader

FOLDER = Path(__file__).parent / "dialogues"
DEGREES = yaml.safe_load((FOLDER / "degrees.yaml").read_text(encoding="utf-8"))
MEANT = {
    "short": ("runtime_min", "le"),
    "not short": ("runtime_min", "gt"),
    "long": ("runtime_min", "ge"),
    "not long": ("runtime_min", "lt"),
    "old": ("year", "le"),
    "not old": ("year", "gt"),
    "classic": ("year", "le"),
    "unknown": ("popularity", "le"),
    "known": ("popularity", "ge"),
    "not known": ("popularity", "lt"),
}


@pytest.fixture(scope="module")
def films(builtin_reader) -> DialogueReader:
    return builtin_reader


def said(reader, *messages):
    """What the state limits after the user's messages: field, operator, value."""
    turns = [{"role": "user", "content": message} for message in messages]
    return [(limit.field, limit.op, limit.value) for limit in reader.read(turns).preferences.limits]


def test_degrees_are_understood(films):
    assert len(DEGREES["asked"]) >= 140
    wrong = []
    for meant, message in DEGREES["asked"]:
        field, op = MEANT[meant]
        found = [(name, how) for name, how, _ in said(films, message) if name == field]
        if found != [(field, op)]:
            wrong.append((meant, message, found))
    assert wrong == []


def test_what_is_said_of_something_else_limits_nothing(films):
    assert len(DEGREES["idle"]) >= 75
    found = {message: said(films, message) for message in DEGREES["idle"]}
    wrong = [
        (message, limits) for message, limits in found.items() if {name for name, *_ in limits} - {"age"}
    ]
    assert wrong == []


def test_a_quarter_of_what_is_known_is_short_and_three_quarters_not_long(films):
    runtimes = sorted(v for item in films.catalog.items if (v := item.number("runtime_min")) is not None)
    [(_, _, short)] = said(films, "something short")
    [(_, _, long)] = said(films, "nothing too long")
    assert abs(sum(v <= short for v in runtimes) / len(runtimes) - 0.25) < 0.06
    assert abs(sum(v < long for v in runtimes) / len(runtimes) - 0.75) < 0.04
    assert short % 5 == long % 5 == 0  # as people would say it


def test_a_number_says_it_better(films):
    assert said(films, "something short, under 80 minutes") == [("runtime_min", "lt", 80)]
    assert said(films, "under 80 minutes please", "yes, something short") == [("runtime_min", "lt", 80)]
    assert said(films, "something short", "under 80 minutes") == [("runtime_min", "lt", 80)]
    assert said(films, "something short", "no, something long")[0][:2] == ("runtime_min", "ge")


BOOKS = [
    {
        "title": f"Book {n}",
        "pages": 50 * n,
        "price_usd": 3.0 * n,
        "rating": 3 + n / 20,
        "author": f"Ann {n % 3}",
    }
    for n in range(1, 21)
]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("a short book", ("pages", "le", 290)),
        ("nothing too long", ("pages", "lt", 760)),
        ("something cheap", ("price_usd", "le", 17)),
        ("a cheap book please", ("price_usd", "le", 17)),
        ("not too expensive", ("price_usd", "lt", 45)),
        ("nothing expensive please", ("price_usd", "lt", 45)),
        ("highly rated books", ("rating", "ge", 4.0)),
        ("something with good reviews", ("rating", "ge", 4.0)),
        ("a quick read", ("pages", "le", 290)),
        ("something newer", None),
        ("hidden gems", None),  # no field says how well known it is
    ],
)
def test_other_catalogues_have_other_scales(message, expected):
    reader = DialogueReader(Catalog.from_records(BOOKS, name="books"))
    found = said(reader, message)
    assert found == ([] if expected is None else [expected])


def test_any_number_may_be_low_or_high():
    rows = [
        {"title": f"Dish {n}", "calories": 100 * n, "protein_g": 2 * n, "minutes": 5 * n}
        for n in range(1, 21)
    ]
    reader = DialogueReader(Catalog.from_records(rows, name="recipes"))
    assert said(reader, "something low calorie") == [("calories", "le", 580)]
    assert said(reader, "low-calorie recipes please") == [("calories", "le", 580)]
    assert said(reader, "a dish high in protein") == [("protein_g", "ge", 30)]
    assert said(reader, "a quick recipe") == [("minutes", "le", 30)]


@pytest.mark.parametrize("rows", [BOOKS[:3], [{**row, "pages": 200} for row in BOOKS]])
def test_too_few_or_all_the_same_are_neither_short_nor_long(rows):
    assert said(DialogueReader(Catalog.from_records(rows, name="books")), "a short book") == []


def test_where_nothing_is_listed_a_comparative_compares_with_the_catalogue(films):
    assert said(films, "something shorter") == said(films, "something short")
    assert said(films, "older westerns") == said(films, "old westerns")


def test_listed_items_are_what_was_asked_for(starter_reply):
    for message, test in (
        ("something short", lambda item, catalog: item.number("runtime_min") <= 95),
        ("hidden gems", lambda item, catalog: item.number("popularity") < 2),
    ):
        reply, catalog = starter_reply(message)
        assert len(reply.recommendations) == 5
        assert all(test(one.item, catalog) for one in reply.recommendations)


@pytest.fixture(scope="module")
def starter_reply(starter):
    return lambda message: (starter.generate([{"role": "user", "content": message}]), starter.catalog)


def test_the_reply_says_how_well_known_they_are(starter_reply):
    reply, _ = starter_reply("a horror movie nobody has heard of")
    assert "All of them are lesser known." in reply.text
    reply, _ = starter_reply("just one popular comedy please")
    assert "It is well known." in reply.text
    reply, _ = starter_reply("a comedy")
    assert "known" not in reply.text


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("something shorter please", ("runtime_min", "lt")),
        ("something even more obscure", ("popularity", "lt")),
    ],
)
def test_how_long_or_how_well_known_is_no_answer_to_how_old(said, expected, films):
    turns = [
        {"role": "user", "content": "a horror movie"},
        {
            "role": "assistant",
            "content": "Here is one.\n\n1. **Scream** (1996) — Horror.\n\nShould it be from before 2010, or newer?",
        },
        {"role": "user", "content": said},
    ]
    [limit] = films.read(turns).preferences.limits
    assert (limit.field, limit.op) == expected


def test_the_reply_says_what_a_word_was_taken_to_mean(starter_reply):
    reply, _ = starter_reply("an old classic")
    assert "no later than 1989" in reply.text  # the stricter of both
    reply, _ = starter_reply("something short and light for tonight")
    assert "at most 95 minutes" in reply.text
    reply, _ = starter_reply("a comedy under 100 minutes")
    assert "I took" not in reply.text  # a number needs no telling


def test_a_list_is_what_newer_is_measured_by(films):
    listed = "Here.\n\n1. **Casablanca** (1942) — War.\n2. **Vertigo** (1958) — Mystery.\n3. **Heat** (1995) — Crime."
    new = "Here.\n\n1. **Get Out** (2017) — Horror.\n2. **It** (2017) — Horror.\n3. **Dunkirk** (2017) — War."
    for reply, expected in ((listed, ("gt", 1958)), (new, ("ge", 2009))):
        turns = [
            {"role": "user", "content": "hello"},
            {"role": "assistant", "content": reply},
            {"role": "user", "content": "something newer please"},
        ]
        [limit] = films.read(turns).preferences.limits
        assert (limit.op, limit.value) == expected


def test_what_was_asked_for_can_be_lifted(films):
    assert said(films, "nothing too long", "longer ones are fine too") == []
    assert said(films, "hidden gems", "popular movies are fine too") == []
    assert said(films, "no blockbusters", "I don't mind popular ones") == []
    assert said(films, "something old", "newer is ok") == []
