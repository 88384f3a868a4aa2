"""Counted things, quantities by what they are of, and values in an order, of catalogues of many kinds."""

from collections.abc import Callable, Sequence

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.state import Limit, Order
from wherefore.reading.quantities import quantity_of, side_of
from wherefore.reading.reader import DialogueReader

ROWS: dict[str, Callable[[int], dict[str, object]]] = {
    "flats": lambda n: {
        "title": f"Flat {n}",
        "Zimmer": (1, 2, 2.5, 3, 3.5, 4)[n % 6],
        "Wohnfläche": f"{30 + 4 * n} m²",
        "Warmmiete": f"{500 + 50 * n} €",
        "EPC": "ABCDE"[n % 5],
    },
    "cars": lambda n: {
        "title": f"Car {n}",
        "Seats": (2, 4, 5, 7, 9)[n % 5],
        "Doors": (3, 5)[n % 2],
        "Mileage": f"{9000 + 4000 * n} miles",
        "Boot (litres)": 200 + 25 * n,
        "Ins Grp": 3 + n % 20,
        "MPG": 30 + n,
        "price_gbp": 2000 + 500 * n,
    },
    "guitars": lambda n: {
        "title": f"Guitar {n}",
        "Strings": (4, 5, 6, 7, 12)[n % 5],
        "Weight": f"{2.5 + n % 6 / 2} kg",
        "Skill level": ("beginner", "intermediate", "advanced")[n % 3],
    },
    "tents": lambda n: {
        "title": f"Tent {n}",
        "Sleeps": 1 + n % 6,
        "Weight (kg)": 1.5 + n % 9,
        "Hydrostatic head (mm)": (2000, 3000, 5000)[n % 3],
        "Max load (kg)": 80 + 5 * (n % 9),
        "Colour": ("red", "green")[n % 2],
    },
    "games": lambda n: {
        "title": f"Game {n}",
        "min_players": 1 + n % 3,
        "max_players": 3 + n % 5,
        "price": 10.5 + n,
    },
    "courses": lambda n: {
        "title": f"Course {n}",
        "Level": ("A1", "A2", "B1", "B2", "Beginners", "All levels")[n % 6],
        "Places left": ("4", "2", "FULL", "12", "1", "0 (waiting list)", "7")[n % 7],
        "No. of sessions": (1, 6, 10, 12)[n % 4],
    },
    "trips": lambda n: {"title": f"Trip {n}", "difficulty": f"D{1 + n % 5}", "nights": (3, 5, 7, 10)[n % 4]},
    "drinks": lambda n: {
        "title": f"Drink {n}",
        "abv": round(0.003 + 0.004 * n, 4),
        "ounces": (8.4, 12.0, 16.0)[n % 3],
        "ibu": 5 + 3 * n,
    },
    "headphones": lambda n: {
        "title": f"Headphone {n}",
        "battery_life_h": 5 + 2 * n,
        "weight_g": 180 + 5 * n,
        "impedance_ohm": (16, 32, 80, 250)[n % 4],
    },
    "cheeses": lambda n: {
        "title": f"Fromage {n}",
        "Intensité": 1 + n % 5,
        "Prix au kg": f"{15 + n} €",
        "Prix la pièce": f"{2 + n / 4} €",
    },
    "mattresses": lambda n: {
        "title": f"Mattress {n}",
        "Firmness": ("soft", "medium", "medium firm", "firm")[n % 4],
    },
    "sauces": lambda n: {"title": f"Sauce {n}", "Heat": ("mild", "medium", "hot", "extra hot")[n % 4]},
}
_READERS: dict[str, DialogueReader] = {}


def reader(kind: str) -> DialogueReader:
    if kind not in _READERS:
        rows = [{"id": str(n), **ROWS[kind](n)} for n in range(30)]
        _READERS[kind] = DialogueReader(Catalog.from_records(rows, name=kind))
    return _READERS[kind]


def limits(kind: str, text: str) -> list[tuple[str, str, float]]:
    told: Sequence[Limit] = reader(kind).read([{"role": "user", "content": text}]).preferences.limits
    return [(one.field, one.op, round(one.value, 2)) for one in told]


def order(kind: str, text: str) -> tuple[str, str] | None:
    told: Order | None = reader(kind).read([{"role": "user", "content": text}]).preferences.order
    return None if told is None else (told.field, told.best)


def refused(kind: str, text: str) -> set[str]:
    told = reader(kind).read([{"role": "user", "content": text}]).preferences.refusals
    return {one.value for one in told}


def left_open(kind: str, text: str) -> list[str]:
    return [said for _, said in reader(kind).read([{"role": "user", "content": text}]).unmet]


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("flats", "at least 3 rooms please", [("Zimmer", "ge", 3)]),
        ("flats", "a three-room flat", [("Zimmer", "ge", 3), ("Zimmer", "le", 3.5)]),
        ("flats", "4 rooms", [("Zimmer", "eq", 4)]),
        ("flats", "2+ rooms", [("Zimmer", "ge", 2)]),
        ("flats", "3 or 4 rooms", [("Zimmer", "ge", 3), ("Zimmer", "le", 4)]),
        ("flats", "a studio", [("Zimmer", "lt", 2)]),
        ("cars", "need a 7 seater, there are five of us", [("Seats", "ge", 7)]),
        ("cars", "seats seven", [("Seats", "ge", 7)]),
        ("cars", "a car for six", [("Seats", "ge", 6)]),
        ("cars", "5 doors", [("Doors", "eq", 5)]),
        ("cars", "insurance group 5 or under", [("Ins Grp", "le", 5)]),
        ("cars", "group 12", [("Ins Grp", "le", 12)]),
        ("guitars", "a five-string bass", [("Strings", "eq", 5)]),
        ("guitars", "twelve strings", [("Strings", "eq", 12)]),
        ("tents", "for a family of five", [("Sleeps", "ge", 5)]),
        ("tents", "a two-man tent", [("Sleeps", "ge", 2)]),
        ("tents", "room for four", [("Sleeps", "ge", 4)]),
        ("games", "for 4 players", [("min_players", "le", 4), ("max_players", "ge", 4)]),
        ("games", "2-4 players", [("min_players", "le", 2), ("max_players", "ge", 4)]),
        ("courses", "there must be room for both of us", [("rank:Places left", "ge", 2)]),
        ("courses", "at least three places left", [("rank:Places left", "ge", 3)]),
        ("courses", "one with a free place", [("rank:Places left", "ge", 1)]),
        ("courses", "10 sessions", [("No. of sessions", "eq", 10)]),
        ("drinks", "IBU under 40", [("ibu", "lt", 40)]),
        ("cheeses", "intensity 3", [("Intensité", "eq", 3)]),
        ("cheeses", "intensité 3 mini", [("Intensité", "ge", 3)]),
        ("cheeses", "intensity 4 or more", [("Intensité", "ge", 4)]),
        ("cheeses", "not too strong", [("Intensité", "le", 3)]),
    ],
)
def test_what_a_column_counts_is_limited_on_its_side(kind, text, found):
    assert limits(kind, text) == found


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("headphones", "10 hours battery", [("battery_life_h", "ge", 10)]),
        ("headphones", "battery life of 20 hours", [("battery_life_h", "ge", 20)]),
        ("headphones", "a battery of at most 20 hours", [("battery_life_h", "le", 20)]),
        ("headphones", "20 hours battery at most", [("battery_life_h", "le", 20)]),
        ("headphones", "weight 9 ounces", [("weight_g", "le", 255.15)]),
        ("headphones", "80 ohm", [("impedance_ohm", "ge", 76), ("impedance_ohm", "le", 84)]),
        ("cars", "a 500 litre boot", [("Boot (litres)", "ge", 500)]),
        ("cars", "60 mpg", [("MPG", "ge", 60)]),
        ("cars", "under 60 thousand miles on the clock", [("Mileage", "lt", 60000)]),
        ("cars", "less than 80 thousand on the clock", [("Mileage", "lt", 80000)]),
        ("headphones", "höchstens 80 Ohm", [("impedance_ohm", "le", 80)]),
        ("tents", "5000 mm hydrostatic head", [("Hydrostatic head (mm)", "ge", 5000)]),
        ("tents", "I weigh 90 kg", [("Max load (kg)", "ge", 90)]),
        ("tents", "4 lbs or lighter", [("Weight (kg)", "le", 1.81)]),
        ("flats", "at least 350 square feet", [("Wohnfläche", "ge", 32.52)]),
        ("flats", "80 m2", [("Wohnfläche", "ge", 80)]),
        ("drinks", "in a 12 oz can", [("ounces", "ge", 11.4), ("ounces", "le", 12.6)]),
        ("drinks", "355 ml", [("ounces", "ge", 11.4), ("ounces", "le", 12.6)]),
        ("cheeses", "under 5 euros a piece", [("Prix la pièce", "lt", 5)]),
        ("cheeses", "under 20 euros a kilo", [("Prix au kg", "lt", 20)]),
    ],
)
def test_a_quantity_without_a_cue_is_wanted_on_its_natural_side(kind, text, found):
    assert limits(kind, text) == found


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("cars", "an electric one with at least 200 miles range", "200 miles"),
        ("cars", "a little caravan of about 1,200kg", "1,200kg"),
        ("cars", "1,200 kg towing", "1,200 kg"),
        ("guitars", "two pockets on the bag", "two pockets"),
        ("flats", "room for six people", "room for six"),
    ],
)
def test_an_amount_of_what_no_column_holds_stays_open_and_limits_nothing_else(kind, text, said):
    assert limits(kind, text) == []
    assert any(said in one for one in left_open(kind, text)) or said == "room for six"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("show me 3 games for two", [("min_players", "le", 2), ("max_players", "ge", 2)]),
        ("3 games please", []),
        ("a game about two people", []),
    ],
)
def test_what_items_are_called_is_no_count_of_theirs(text, count):
    assert limits("games", text) == count


def test_people_are_counted_only_where_the_sort_of_thing_tells_whom_it_serves():
    rows = [{"id": f"t{n}", "title": f"Dome tent {n}", "sleeps": 1 + n % 5} for n in range(12)]
    rows += [{"id": f"c{n}", "title": f"Gas cooker {n}", "sleeps": None} for n in range(12)]
    camping = DialogueReader(Catalog.from_records(rows, name="camping"))

    def read(text: str) -> list[tuple[str, str, float]]:
        told = camping.read([{"role": "user", "content": text}]).preferences.limits
        return [(one.field, one.op, one.value) for one in told]

    assert read("a tent for four") == [("sleeps", "ge", 4.0)]
    assert read("a cooker for two of us") == []


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("trips", "nothing above D2", {"D3", "D4", "D5"}),
        ("trips", "D3 or easier", {"D4", "D5"}),
        ("trips", "not too hard", {"D4", "D5"}),
        ("trips", "difficulty 2 at most", {"D3", "D4", "D5"}),
        ("courses", "A2 or higher", {"A1", "Beginners"}),
        ("flats", "EPC C or better", {"D", "E"}),
        ("flats", "at least a day", set()),
        ("guitars", "not too advanced", {"advanced"}),
        ("guitars", "not too easy", {"beginner"}),
        ("sauces", "nothing hotter than medium", {"hot", "extra hot"}),
        ("mattresses", "not too soft", {"soft"}),
        ("mattresses", "medium or firmer", {"soft"}),
        ("sauces", "not too hot", {"hot", "extra hot"}),
        ("sauces", "at least hot", {"mild", "medium"}),
    ],
)
def test_codes_and_words_in_an_order_are_compared(kind, text, found):
    assert refused(kind, text) == found


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("trips", "the easiest level you have", ("rank:difficulty", "low")),
        ("trips", "the hardest trip", ("rank:difficulty", "high")),
        ("sauces", "your hottest sauce", ("rank:Heat", "high")),
        ("sauces", "the mildest", ("rank:Heat", "low")),
        ("drinks", "whats your strongest", ("abv", "high")),
        ("cheeses", "the strongest cheese", ("Intensité", "high")),
        ("guitars", "the easiest one", ("rank:Skill level", "low")),
        ("guitars", "the strongest one", None),
    ],
)
def test_superlatives_put_lists_in_the_order_of_codes(kind, text, found):
    assert order(kind, text) == found


def test_an_order_of_codes_is_one_of_numbers_for_a_catalogue():
    catalog = reader("trips").catalog
    assert catalog.numbers("rank:difficulty")[:6].tolist() == [1, 2, 3, 4, 5, 1]
    assert [scale.field for scale in reader("courses").catalog.scales] == ["Level", "Places left"]
    assert Limit("rank:difficulty", "le", 2.0, "").allows(catalog.items[1], catalog)
    assert not Limit("rank:difficulty", "le", 2.0, "").allows(catalog.items[3], catalog)
    several = [{"title": f"Shirt {n}", "sizes": "S, M, L" if n % 2 else "M, L, XL"} for n in range(8)]
    assert not Catalog.from_records(several).scales  # what comes in several sizes has no place among them


@pytest.mark.parametrize(
    ("name", "measured", "side"),
    [
        ("battery_life_h", "battery", "ge"),
        ("Max. towing weight kg", "towing", "ge"),
        ("Boot (litres)", "capacity", "ge"),
        ("Weight (kg)", "weight", "le"),
        ("Noise (dB)", "noise", "le"),
        ("Ins Grp", "insurance group", "le"),
        ("ibu", None, None),
    ],
)
def test_fields_are_known_by_what_they_measure(name, measured, side):
    rows = [{"title": f"Thing {n}", name: 1.5 + n} for n in range(9)]
    spec = Catalog.from_records(rows).schema.spec(name)
    found = quantity_of(spec)
    assert (found and found.name, side_of(spec)) == (measured, side)
