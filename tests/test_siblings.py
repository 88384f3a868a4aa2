"""Which column a number speaks of, and in which direction: own weight or load, seated or standing, paid or list."""

from __future__ import annotations

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.dimensioned import axes_of
from wherefore.catalog.paid import paid_name
from wherefore.dialogue.state import Limit
from wherefore.reading.reader import DialogueReader

_CARTS = [
    {
        "title": f"Cart {n}",
        "Max load (kg)": 80 + 20 * n,
        "Own wt (kg)": 4 + n,
        "W x H x D (cm)": f"{40 + n} x {90 - n} x 50",
    }
    for n in range(10)
]
_ROOMS = [
    {
        "title": f"Room {n}",
        "Cap (seated)": 10 + 10 * n,
        "Cap (standing)": 15 + 15 * n,
        "Rate Mon-Fri": f"£{8 + 2 * n}",
        "Rate Sat-Sun": f"£{10 + 3 * n}",
    }
    for n in range(12)
]
_PONIES = [
    {
        "title": f"Pony {n}",
        "Age": f"{3 + n}y",
        "Sex": "mare" if n % 2 else "gelding",
        "Max alone": f"{2 + n % 5}h",
        "Kids": ("any", "6+", "10+", "no")[n % 4],
        "Grade": ("A", "A-", "B+", "B", "C")[n % 5],
    }
    for n in range(20)
]
_PANS = [
    {"title": f"Pan {n}", "RRP": f"£{20 + 5 * n}", "Offer price": f"£{12 + 5 * n}" if n % 3 == 0 else ""}
    for n in range(12)
]


@pytest.fixture(scope="module")
def readers() -> dict[str, DialogueReader]:
    """A reader by rules alone of each catalogue."""
    rows = {"carts": _CARTS, "rooms": _ROOMS, "ponies": _PONIES, "pans": _PANS}
    return {name: DialogueReader(Catalog.from_records(one)) for name, one in rows.items()}


def _limits(reader: DialogueReader, *said: str) -> list[tuple[str, str, float]]:
    messages = []
    for one in said:
        messages += [{"role": "user", "content": one}, {"role": "assistant", "content": "Here are some."}]
    return [
        (one.field, one.op[0], round(one.value, 1)) for one in reader.read(messages[:-1]).preferences.limits
    ]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("my uncle is 250 pounds", ("Max load (kg)", "g", 113.4)),
        ("I weigh about 110 kg", ("Max load (kg)", "g", 110.0)),
        ("it must be under 9 kg", ("Own wt (kg)", "l", 9.0)),
        ("nothing that is over 8 kilos", ("Own wt (kg)", "l", 8.0)),
        ("no heavier than 11 kg", ("Own wt (kg)", "l", 11.0)),
        ("at least 150 kg", ("Max load (kg)", "g", 150.0)),
        ("under one stone", ("Own wt (kg)", "l", 6.4)),
        ("at most 45 cm wide", ("width", "l", 45.0)),
        ("no higher than 85 cm", ("height", "l", 85.0)),
    ],
)
def test_weights_and_lengths(
    readers: dict[str, DialogueReader], said: str, wanted: tuple[str, str, float]
) -> None:
    """What a person weighs is to be borne; what an item is to weigh at most is its own; a cell's lengths are apart."""
    assert _limits(readers["carts"], said) == [wanted]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (["90 for a sit-down dinner"], [("Cap (seated)", "g", 90.0)]),
        (["100 people standing"], [("Cap (standing)", "g", 100.0)]),
        (["under £20 on a Sunday"], [("Rate Sat-Sun", "l", 20.0)]),
        (["under £20 on a Tuesday"], [("Rate Mon-Fri", "l", 20.0)]),
        (["we come on Saturday", "under £25"], [("Rate Sat-Sun", "l", 25.0)]),
    ],
)
def test_words_choose(
    readers: dict[str, DialogueReader], said: list[str], wanted: list[tuple[str, str, float]]
) -> None:
    """Words that one column is called by, or that are said for it, choose; also those of earlier messages."""
    assert _limits(readers["rooms"], *said) == wanted


def test_ages_and_times_of_animals(readers: dict[str, DialogueReader]) -> None:
    """An animal's age is its own, a person's none of it; how long somebody is away is to be borne."""
    ponies = readers["ponies"]
    assert _limits(ponies, "9 years or more") == [("Age", "g", 9.0)]
    assert _limits(ponies, "younger than 8 years")[0][:2] == ("Age", "l")
    assert _limits(ponies, "I'm out for up to four hours") == [("Max alone", "g", 4.0)]
    assert _limits(ponies, "I'm 78, and size 10 feet") == []


def test_codes_of_children_and_grades(readers: dict[str, DialogueReader]) -> None:
    """A child of the household rules out what is for older ones; "at worst" is a least grade."""

    def refused(said: str) -> set[str]:
        state = readers["ponies"].read([{"role": "user", "content": said}]).preferences
        return {wish.value for wish in state.unwanted}

    assert refused("we are two adults, a 7 year old and a dog") == {"10+", "no"}
    assert refused("A minus at worst") == {"B+", "B", "C"}
    assert refused("B plus or better") == {"B", "C"}
    assert refused("a pony, at least a year old") == set()


def test_what_is_paid(readers: dict[str, DialogueReader]) -> None:
    """A limit on a price is on what is paid: the offer where there is one; a list price only where it is said."""
    name = paid_name("Offer price", "RRP")
    assert _limits(readers["pans"], "not more than 30 pounds") == [(name, "l", 30.0)]
    assert _limits(readers["pans"], "with an RRP of at most £30") == [("RRP", "l", 30.0)]
    catalog = readers["pans"].catalog
    limit = Limit(name, "le", 30.0, "")
    passed = [item.title for item in catalog if limit.allows(item, catalog)]
    assert passed == ["Pan 0", "Pan 1", "Pan 2", "Pan 3"]
    assert catalog.schema.spec(name).unit == catalog.schema.spec("RRP").unit


def test_bad_cells_of_lengths() -> None:
    """Cells that are no lengths leave them unknown; a name that tells no axes gives none."""
    rows = [{"title": f"Box {n}", "H x W (cm)": f"{10 + n} x {20 + n}"} for n in range(8)]
    rows += [{"title": "Box 8", "H x W (cm)": "n/a"}, {"title": "Box 9", "H x W (cm)": "30 x"}]
    catalog = Catalog.from_records(rows)
    assert [item.number("width") for item in catalog][:2] == [20.0, 21.0]
    assert catalog.items[8].number("height") is None
    assert axes_of("Size") == axes_of("A x B") == axes_of("x") == ()
