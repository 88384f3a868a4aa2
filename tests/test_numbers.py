"""Numbers, units, currencies and dates as people write them, read by the whole column."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.cells import as_date
from wherefore.catalog.schema import FieldSpec, Schema
from wherefore.errors import CatalogError


def catalog_of(schema: Schema | None = None, **columns: list) -> Catalog:
    """A catalogue of columns; `Weight_in_kg` stands for the name "Weight in kg"."""
    count = len(next(iter(columns.values())))
    names = {name: name.replace("_in_", " in ") for name in columns}
    rows = [
        {"title": f"Thing {n}"} | {names[name]: cells[n] for name, cells in columns.items()}
        for n in range(count)
    ]
    return Catalog.from_records(rows, schema)


def values(catalog: Catalog, field: str) -> list:
    return [item.get(field) for item in catalog]


def notes(catalog: Catalog, column: str) -> list[str]:
    return [str(note).partition(": ")[2] for note in catalog.notes if note.column == column]


def unit(catalog: Catalog, field: str) -> str:
    return catalog.schema.spec(field).unit


# -- decimals


def test_a_german_export_is_read_with_decimal_commas(tmp_path: Path):
    lines = [
        "Nr;title;Preis;Gewicht in kg",
        "1;Akkuschrauber;129,90;1,6",
        "2;Stichsäge;89,95;2,3",
        "3;Rasenmäher;1.199,00;19,5",
        "4;Schleifpapier;7,49;0,1",
    ]
    (tmp_path / "tools.csv").write_text("\n".join(lines), encoding="utf-8")
    catalog = Catalog.load(tmp_path / "tools.csv")
    assert values(catalog, "Preis") == [129.9, 89.95, 1199, 7.49]
    assert (
        values(catalog, "Gewicht in kg") == [1.6, 2.3, 19.5, 0.1] and unit(catalog, "Gewicht in kg") == "kg"
    )
    assert catalog.schema.spec("Gewicht in kg").label == "weight"
    assert notes(catalog, "Preis") == ["decimal commas: 129,90 is 129.9"]
    assert "decimal commas: 129,90 is 129.9" in catalog.describe()


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1 299,00 €", "12,50 €", "899 €"], [1299, 12.5, 899]),
        (["1\u202f299,00", "12,50", "1\u00a0000"], [1299, 12.5, 1000]),
        (["1'299.50", "12.90", "20'000"], [1299.5, 12.9, 20000]),
        (["1,09,900", "12,34,56,789", "999"], [109900, 123456789, 999]),
        (["1.234.567", "12,5", "1.000"], [1234567, 12.5, 1000]),
        (["0,125", "1,250", "2,375"], [0.125, 1.25, 2.375]),
        (["12.5", "1,250", "7"], [12.5, 1250, 7]),
        ([".5", "4.", "1e3", "-3", "+7", "−2"], [0.5, 4, 1000, -3, 7, -2]),
    ],
)
def test_marks_are_told_by_the_whole_column(cells: list[str], expected: list[float]):
    assert values(catalog_of(amount=cells), "amount") == expected


def test_three_digits_behind_a_mark_are_decided_by_the_other_columns():
    columns = {"Price": ["1.299", "89", "2.199"], "Weight_in_kg": ["1,250", "2,375", "0,400"]}
    catalog = catalog_of(**columns)
    assert values(catalog, "Price") == [1299, 89, 2199]
    assert values(catalog, "Weight in kg") == [1.25, 2.375, 0.4]
    assert notes(catalog, "Price") == ["1.299 is taken as 1299, as prices have no three decimals"]
    english = catalog_of(Price=["1,299", "89", "2,199"], Weight_in_kg=["1.250", "2.375", "0.400"])
    assert values(english, "Price") == [1299, 89, 2199] and values(english, "Weight in kg") == [
        1.25,
        2.375,
        0.4,
    ]


def test_three_digits_behind_a_mark_without_any_other_sign():
    assert values(catalog_of(Preis=["1.250", "2.500", "31.750"]), "Preis") == [1250, 2500, 31750]  # money
    assert values(catalog_of(visits=["1.250", "12", "900"]), "visits") == [
        1250,
        12,
        900,
    ]  # the rest is below 1000
    assert values(catalog_of(load=["1.250", "2.500", "3.125"]), "load") == [1.25, 2.5, 3.125]
    assert values(catalog_of(load=["1,250", "2,500", "3,125"]), "load") == [1250, 2500, 3125]
    local = catalog_of(load=["1.250", "2.500", "3.125"], width=["2,5", "3", "4,25"])
    assert values(local, "load") == [1250, 2500, 3125]
    assert notes(local, "load") == ["1.250 is taken as 1250, as in other columns"]
    [said] = notes(catalog_of(Preis=["1.250", "2.500"]), "Preis")
    assert said.startswith("1.250 is taken as 1250")


# -- money


def test_prices_in_eight_forms():
    forms = ["$12.99 - $19.99", "$1,299.00", "from $25", "$30 USD", "Free", "US$18.50", "Rs. 450", "12.50 €"]
    catalog = catalog_of(price=forms)
    assert (
        values(catalog, "price") == [12.99, 1299, 25, 30, 0, 18.5, None, None]
        and unit(catalog, "price") == "$"
    )
    assert values(catalog, "price_max") == [19.99, *[None] * 7] and unit(catalog, "price_max") == "$"
    assert catalog.schema.spec("price_max").label == "highest price"
    told = notes(catalog, "price")
    assert "$12.99 - $19.99 is kept as lowest and highest (`price_max`)" in told and "Free is 0" in told
    lost = [note for note in catalog.notes if note.lost]
    assert len(lost) == 1 and list(lost[0].places) == ["row 7", "row 8"]
    assert "'Rs. 450', '12.50 €': it is in another currency than $" in lost[0].said


@pytest.mark.parametrize(
    ("cells", "expected", "currency"),
    [
        (["₹399", "₹1,299", "₹ 24,999.00", "Rs 499/-"], [399, 1299, 24999, 499], "₹"),
        (["1 299 kr", "199:-", "kr 249", "99,50 SEK"], [1299, 199, 249, 99.5], "kr"),
        (["CHF 1'299.50", "12.90 CHF", "Fr. 20.–", "CHF 5"], [1299.5, 12.9, 20, 5], "CHF"),
        (["R$ 20,00", "R$ 1.299,90", "R$5"], [20, 1299.9, 5], "R$"),
        (["30 zł", "12,50 PLN", "1 200 zł"], [30, 12.5, 1200], "zł"),
        (["ab 25 €", "12–15 €", "€ 9,90", "kostenlos"], [25, 12, 9.9, 0], "€"),
        (["A$5", "A$1,200", "$7", "AUD 9"], [5, 1200, 7, 9], "A$"),
        (["£4.50", "from £3", "£1.2k", "£9 each"], [4.5, 3, 1200, 9], "£"),
        (["¥1,500", "¥980", "JPY 2000"], [1500, 980, 2000], "¥"),
    ],
)
def test_currencies_before_and_behind(cells: list[str], expected: list[float], currency: str):
    catalog = catalog_of(price=cells)
    assert values(catalog, "price") == expected and unit(catalog, "price") == currency


def test_other_currencies_are_unknown_never_mixed():
    catalog = catalog_of(price=["$12.50", "$13", "A$12", "€14.00", "$15", "$16"])
    assert values(catalog, "price") == [12.5, 13, None, None, 15, 16]
    assert "no rate of exchange is known (row 3, row 4)" in notes(catalog, "price")[0]
    assert values(catalog_of(price_usd=[12, 13, "€ 5", "$ 7"]), "price_usd") == [12, 13, None, 7]


def test_words_instead_of_numbers_are_unknown_and_counted():
    catalog = catalog_of(price=["£4", "POA", "Sold out", "—", "£5", "Call for price", "N/A", "£6"])
    assert values(catalog, "price") == [4, None, None, None, 5, None, None, 6]
    assert "3 cells that say no number (POA, Sold out, Call for price): taken as not known" in notes(
        catalog, "price"
    )
    sizes = catalog_of(size=["19M", "201k", "Varies with device", "3.5M", "Varies with device"])
    assert values(sizes, "size") == [19, 0.201, None, 3.5, None] and unit(sizes, "size") == "MB"
    assert values(catalog_of(weight=["Free", "12", "13", "14", "15"]), "weight") == [
        None,
        12,
        13,
        14,
        15,
    ]  # no money


def test_rounded_and_open_numbers():
    catalog = catalog_of(followers=["3.5k", "1.2M", "800"], installs_of_it=["10,000+", "5+", "1,000,000+"])
    assert values(catalog, "followers") == [3500, 1_200_000, 800]
    assert values(catalog, "installs_of_it") == [10000, 5, 1_000_000]


def test_a_k_that_is_no_thousand():
    catalog = catalog_of(gold=["14K", "18K", "24K"], licence=["Free", "Free", "Free"])
    assert values(catalog, "gold") == [14, 18, 24] and unit(catalog, "gold") == "K"
    assert catalog.schema.spec("licence").kind != "number"


# -- ranges and scales


def test_both_ends_of_ranges_are_kept():
    catalog = catalog_of(players=["2-4", "2", "1–6", "3+"], years=["2001-2005", "1990–95", "2010-", "2015"])
    assert values(catalog, "players") == [2, 2, 1, 3] and values(catalog, "players_max") == [4, 2, 6, None]
    assert [catalog.schema.spec(name).label for name in ("players", "players_max")] == [
        "minimum players",
        "maximum players",
    ]
    assert values(catalog, "years") == [2001, 1990, 2010, 2015]
    assert values(catalog, "years_max") == [2005, 1995, None, None]
    few = catalog_of(price=["$5 - $6", *["$7"] * 40])
    assert "price_max" not in {spec.name for spec in few.schema.fields} and few.items[0].get("price") == 5
    assert notes(few, "price") == ["$5 - $6 is kept as its lowest"]
    taken = catalog_of(price=["$5 to $6", "$7"], price_max=["9", "9"])
    assert values(taken, "price_max_2") == [6, None] and values(taken, "price_max") == [9, 9]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["4.5 out of 5 stars", "4.1 out of 5 stars", "3.9 out of 5 stars"], [4.5, 4.1, 3.9]),
        (["4,5/5", "3/5", "8/10", "4/5"], [4.5, 3, 4, 4]),
        (["4,5 von 5 Sternen", "3 von 5 Sternen", "4.1 von 5"], [4.5, 3, 4.1]),
        (["9/10", "8/10", "7.5/10"], [9, 8, 7.5]),
        (["4.5 / 5 (1,234)", "3/5 (12)", "4/5 (7)"], [4.5, 3, 4]),
    ],
)
def test_scales(cells: list[str], expected: list[float]):
    catalog = catalog_of(rating=cells)
    assert values(catalog, "rating") == expected and notes(catalog, "rating")[-1].startswith("out of ")


def test_stars_decades_and_counts_in_brackets():
    catalog = catalog_of(
        grade=["★★★★☆", "★★★", "★★★★★"], founded=["1985", "c. 1990", "1850s"], score=["4.5 (99)", "4", "3"]
    )
    assert values(catalog, "grade") == [4, 3, 5] and values(catalog, "founded") == [1985, 1990, 1850]
    assert values(catalog, "score") == [4.5, 4, 3]


def test_what_looks_like_a_scale_or_a_number_and_is_none():
    catalog = catalog_of(
        part=["1/2", "3/4", "1/8"], version=["1.2.3", "2.0.1", "1.10.2"], code=["PG-13", "TV-14", "R"],
        opens=["08:30", "09:00", "10:00"], size=["S", "38", "M"], dim=["10 x 20", "3 x 4", "5 x 6"],
    )  # fmt: skip
    assert not {"number", "date"} & {spec.kind for spec in catalog.schema.fields}


# -- bad cells


def test_one_bad_cell_is_unknown_and_told():
    catalog = catalog_of(
        rating=["4.2", "4.0", "|", "4.3", "4.1"], rating_count=["24,269", "10,480", "x", "9", "12"]
    )
    assert values(catalog, "rating") == [4.2, 4, None, 4.3, 4.1]
    assert notes(catalog, "rating") == ["1 cell is left unknown, '|': it is not a number (row 3)"]
    assert [note.lost for note in catalog.notes if note.column == "rating"] == [True]


@pytest.mark.parametrize("bad", ["inf", "-Infinity", "1e999", "12 brave monkeys", "see text", "1.2.3"])
def test_any_bad_cell_is_unknown_and_told(bad: str):
    catalog = catalog_of(year=[*["2000"] * 30, bad, *["1999"] * 9])
    assert values(catalog, "year") == [*[2000] * 30, None, *[1999] * 9]
    [note] = [note for note in catalog.notes if note.column == "year"]
    assert note.lost and list(note.places) == ["row 31"] and repr(bad) in note.said
    as_json = catalog_of(year=[2000] * 30 + [float("inf")])
    assert as_json.items[-1].get("year") is None and "infinite" in notes(as_json, "year")[0]


def test_a_column_of_several_words_that_come_again_is_no_column_of_numbers():
    catalog = catalog_of(size=["38", "39", "40", "41"] * 5 + ["L", "L", "XL", "XL"])
    assert catalog.schema.spec("size").kind != "number"
    one = catalog_of(size=["38", "39", "40", "41"] * 5 + ["L", "XL"])
    assert one.schema.spec("size").kind == "number" and values(one, "size")[-2:] == [None, None]


def test_a_declared_column_keeps_its_numbers_and_an_empty_one_is_an_error():
    schema = Schema.parse(
        {"fields": [{"name": "title", "kind": "title"}, {"name": "price", "kind": "number"}]}
    )
    assert values(catalog_of(schema, price=["7", "dear", "cheap", "dear"]), "price") == [7, None, None, None]
    with pytest.raises(CatalogError, match=r"row 1, column `price` \(number\) is 'dear': it is not a number"):
        catalog_of(schema, price=["dear", "cheap"])
    assert values(catalog_of(schema, price=["n/a", ""]), "price") == [None, None]
    dated = Schema.parse({"fields": [{"name": "title", "kind": "title"}, {"name": "day", "kind": "date"}]})
    assert values(catalog_of(dated, day=["soon", "2001-02-03"]), "day") == [None, "2001-02-03"]
    with pytest.raises(CatalogError, match=r"column `day` \(date\) is 'soon': it is not a date"):
        catalog_of(dated, day=["soon", "later"])


# -- units


def test_cells_in_other_units_are_converted():
    catalog = catalog_of(
        weight=["180 g", "195 g", "0.5 kg", "1.4 kg", "2.1 kg", "45 g"],
        storage=["128 GB", "1 TB", "256 GB", "512 GB", "2 TB", "512 MB"],
        battery=["4000 mAh", "5 Ah", "8000 mAh", "60 Wh", "80 Wh", "300 mAh"],
    )
    assert values(catalog, "weight") == [180, 195, 500, 1400, 2100, 45] and unit(catalog, "weight") == "g"
    assert (
        values(catalog, "storage") == [128, 1000, 256, 512, 2000, 0.512] and unit(catalog, "storage") == "GB"
    )
    assert (
        values(catalog, "battery") == [4000, 5000, 8000, None, None, 300]
        and unit(catalog, "battery") == "mAh"
    )
    assert (
        values(catalog, "battery_wh") == [None, None, None, 60, 80, None]
        and unit(catalog, "battery_wh") == "Wh"
    )
    assert "in g: 0.5 kg is 500 g" in notes(catalog, "weight")
    assert not any(note.lost for note in catalog.notes)


@pytest.mark.parametrize(
    ("name", "cells", "expected", "in_unit"),
    [
        ("height", ["5'10\"", "6'", "5 ft 2 in", "5'8"], [5.833333333, 6, 5.166666667, 5.666666667], "ft"),
        ("screen", ['43"', "32 inch", "55 in", "60.96 cm"], [43, 32, 55, 24], "in"),
        ("weight", ["2 lb 4 oz", "3 lbs", "8 oz", "1 lb"], [2.25, 3, 0.5, 1], "lb"),
        ("volume", ["750 ml", "0,7 l", "75 cl", "500 ml"], [750, 700, 750, 500], "ml"),
        ("lowest", ["-5 °C", "23 °F", "0 °C"], [-5, -5, 0], "°C"),
        ("power", ["18 W", "1.2 kW", "65 W"], [18, 1200, 65], "W"),
        ("clock", ["3.2 GHz", "800 MHz", "2 GHz"], [3.2, 0.8, 2], "GHz"),
        ("Weight (kg)", ["1.2", "500 g", "3"], [1.2, 0.5, 3], "kg"),
        ("weight_g", [180, "0.5 kg", "45"], [180, 500, 45], "g"),
        ("Volume l", ["2.5", "330 ml", "1"], [2.5, 0.33, 1], "l"),
        ("size", ["6.1 inches (155 mm)", "5.8 in (147 mm)", "15.24 cm"], [6.1, 5.8, 6], "inches"),
        ("amount_of_it", ["1 1/2 cups", "2 cups", "½ cup", "1¼ cups"], [1.5, 2, 0.5, 1.25], "cups"),
        ("flat", ["45 m²", "60 qm", "538.19552 sqft"], [45, 60, 50], "m²"),
        ("energy", ["250 kcal", "1046 kJ", "300 kcal"], [250, 250, 300], "kcal"),
        ("age", ["3 years", "18 months", "5 years"], [3, 1.5, 5], "years"),
        ("delivery", ["2 days", "1 week", "3-5 days"], [2, 7, 3], "days"),
        ("range_of_it", ["1.5 - 2 kg", "500g-1kg", "ca. 3 kg"], [1.5, 0.5, 3], "kg"),
        ("alcohol", ["5.2%", "4.8 %", "12% vol"], [5.2, 4.8, 12], "%"),
        ("nightly", ["$120/night", "$99 per night", "$80"], [120, 99, 80], "$"),
        ("discount", ["64%", "50 %", "5"], [64, 50, 5], "%"),
        ("file_size_bytes", [5368709120, 1500000000, 2500000000], [5.36870912, 1.5, 2.5], "GB"),
    ],
)
def test_a_column_has_one_unit(name: str, cells: list, expected: list[float], in_unit: str):
    catalog = catalog_of(**{name: cells})
    assert values(catalog, name) == pytest.approx(expected, rel=1e-3) and unit(catalog, name) == in_unit


@pytest.mark.parametrize(
    ("name", "cells", "expected"),
    [
        ("duration_ms", [231000, 152500, 189000, 342000], [3.85, 2.54166667, 3.15, 5.7]),
        ("duration_ms", ["231000", "60000", "189000"], [3.85, 1, 3.15]),
        ("length_seconds", ["300", "200", "180"], [5, 3.33333333, 3]),
        ("runtime", ["5400 s", "7200 s", "600 s"], [90, 120, 10]),
        ("runtime", ["1h 30m", "2h", "45m", "PT1H30M", "1h05"], [90, 120, 45, 90, 65]),
        ("runtime", ["1 hr, 30 mins", "2 hours 5 minutes", "90 min"], [90, 125, 90]),
        ("cook_time", ["PT30M", "PT1H15M", "PT45S"], [30, 75, 0.75]),
        ("cook_time", ["0:45", "1:30", "2:00"], [45, 90, 120]),
        ("runtime", ["1:45", "2:10", "1:38"], [105, 130, 98]),
        ("song_length", ["3:45", "4:02", "11:07"], [3.75, 4.03333333, 11.1166667]),
        ("duration", ["1:02:03", "58:30", "45:00"], [62.05, 58.5, 45]),
        ("minutes", [35, 40, 25], [35, 40, 25]),
        ("Laufzeit", ["1 Std 30 Min", "45 Min", "90 Minuten"], [90, 45, 90]),
    ],
)
def test_times_are_in_minutes(name: str, cells: list, expected: list[float]):
    catalog = catalog_of(**{name: cells})
    assert values(catalog, name) == pytest.approx(expected) and unit(catalog, name) == "min"


def test_short_and_long_times_keep_their_unit():
    catalog = catalog_of(
        latency_ms=[12, 20, 33], clip_seconds=[12, 30, 20], battery_life=["30 h", "20 h", "25 h"]
    )
    assert values(catalog, "latency_ms") == [12, 20, 33] and unit(catalog, "latency_ms") == "ms"
    assert values(catalog, "clip_seconds") == [12, 30, 20] and unit(catalog, "clip_seconds") == "s"
    assert values(catalog, "battery_life") == [30, 20, 25] and unit(catalog, "battery_life") == "h"
    trips = catalog_of(trip_length=["3 days", "1 week", "10 days", "36 hours"])
    assert trips.items[0].get("trip_length") is not None


def test_the_label_leaves_out_the_unit_and_the_note_says_what_was_done():
    catalog = catalog_of(duration_ms=[231000, 152500, 189000])
    assert catalog.schema.spec("duration_ms").label == "duration"
    assert notes(catalog, "duration_ms") == ["in min, not in ms: 231000 is 3.85 min"]


def test_minutes_beside_seasons_become_two_fields(tmp_path: Path):
    cells = ["90 min", "2 Seasons", "1 Season", "127 min", "103 min", "5 Seasons", None]
    catalog = catalog_of(duration=cells)
    assert (
        values(catalog, "duration") == [90, None, None, 127, 103, None, None]
        and unit(catalog, "duration") == "min"
    )
    assert (
        values(catalog, "seasons") == [None, 2, 1, None, None, 5, None]
        and unit(catalog, "seasons") == "seasons"
    )
    assert catalog.schema.spec("seasons").column == "duration" and not any(
        note.lost for note in catalog.notes
    )
    (tmp_path / "schema.yaml").write_text(catalog.schema.to_yaml(), encoding="utf-8")
    again = catalog_of(Schema.from_yaml(tmp_path / "schema.yaml"), duration=cells)
    assert again == catalog
    catalog.add([{"title": "New", "duration": "3 Seasons"}, {"title": "Old", "duration": "80"}])
    assert [dict(item.fields) for item in catalog.items[-2:]] == [{"seasons": 3}, {"duration": 80}]
    catalog.save(tmp_path / "saved.parquet")
    assert Catalog.load(tmp_path / "saved.parquet") == catalog


def test_a_schema_may_read_two_fields_from_one_column():
    fields = [
        {"name": "title", "kind": "title"},
        {"name": "running_time", "column": "duration", "kind": "number", "unit": "h"},
        {"name": "parts", "column": "duration", "kind": "number", "unit": "episodes"},
    ]
    catalog = catalog_of(Schema.parse({"fields": fields}), duration=["90 min", "12 episodes", "3", "1 Book"])
    assert values(catalog, "running_time") == [1.5, None, 3, None]
    assert values(catalog, "parts") == [None, 12, None, None]
    [lost] = [note for note in catalog.notes if note.lost]
    assert list(lost.places) == ["row 4"]


def test_what_a_schema_declares_is_kept():
    fields = [
        {"name": "title", "kind": "title"},
        {"name": "w", "column": "weight", "kind": "number", "unit": "kg"},
    ]
    catalog = catalog_of(Schema.parse({"fields": fields}), weight=["500 g", "2", "1,5 kg"])
    assert values(catalog, "w") == [0.5, 2, 1.5]
    told = {"name": "t", "column": "duration_ms", "kind": "number", "unit": "s", "written": {"unit": "ms"}}
    declared = Schema.parse({"fields": [{"name": "title", "kind": "title"}, told]})
    assert values(catalog_of(declared, duration_ms=[231000, 1000]), "t") == [231, 1]
    assert values(catalog_of(declared, duration_ms=["1.000,5", "500"]), "t") == [1.0005, 0.5]
    with pytest.raises(CatalogError, match="decimal"):
        Schema.parse({"fields": [{"name": "title", "kind": "title"}, told | {"written": {"decimal": ";"}}]})


def test_counts_of_different_things_are_told_apart():
    catalog = catalog_of(yields=["4 servings", "6 servings", "12 cookies", "8 servings", "2 servings"])
    assert values(catalog, "yields") == [4, 6, None, 8, 2] and unit(catalog, "yields") == "servings"
    mixed = catalog_of(yields=["4 servings", "12 cookies", "1 loaf", "8 people"])
    assert values(mixed, "yields") == [4, 12, 1, 8] and unit(mixed, "yields") == ""
    assert "the numbers alone are kept, whatever they count" in notes(mixed, "yields")[0]


def test_added_items_are_read_as_the_first_ones_were(tmp_path: Path):
    catalog = catalog_of(
        Preis=["129,90", "1.199,00"], duration_ms=[231000, 152500], rating=["8/10", "9/10"],
        day=["23/04/2001", "03/05/2001"],
    )  # fmt: skip
    catalog.save(tmp_path / "saved.parquet")
    again = Catalog.load(tmp_path / "saved.parquet")
    again.add(
        [{"title": "New", "Preis": "1.250", "duration_ms": 120000, "rating": "4/5", "day": "03/04/2001"}]
    )
    assert dict(again.items[-1].fields) == {"Preis": 1250, "duration_ms": 2, "rating": 8, "day": "2001-04-03"}


# -- dates


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["2005-09-16", "2007-04-11", "2004-09-30"], ["2005-09-16", "2007-04-11", "2004-09-30"]),
        (["16/9/2006", "1/9/2004", "11/3/2003"], ["2006-09-16", "2004-09-01", "2003-03-11"]),
        (["9/16/2006", "9/1/2004", "11/1/2003"], ["2006-09-16", "2004-09-01", "2003-11-01"]),
        (["25.09.2021", "1.2.2020", "03.04.19"], ["2021-09-25", "2020-02-01", "2019-04-03"]),
        (["25. September 2021", "3. März 2020", "1. Mai 2019"], ["2021-09-25", "2020-03-03", "2019-05-01"]),
        (["September 25, 2021", " August 4, 2017", "May 1 2019"], ["2021-09-25", "2017-08-04", "2019-05-01"]),
        (["3 mai 2020", "12 de mayo de 2021", "1er juin 2019"], ["2020-05-03", "2021-05-12", "2019-06-01"]),
        (["Sep 2021", "October 2020", "05/2019"], ["2021-09", "2020-10", "2019-05"]),
        (
            ["2021-09-25T10:00:00Z", "2021-09-26 11:00", "2021-09-27T10:00:00.000+02:00"],
            ["2021-09-25", "2021-09-26", "2021-09-27"],
        ),
        (["Sat, 25 Sep 2021 10:00:00 GMT", "25 Sep 2021 10:00 PM"], ["2021-09-25", "2021-09-25"]),
        (["16-Sep-06", "17-Oct-99", "1-Jan-12"], ["2006-09-16", "1999-10-17", "2012-01-01"]),
        (["9/16/06", "10/1/05", "1/2/03"], ["2006-09-16", "2005-10-01", "2003-01-02"]),
        (["2021年9月25日", "2020年1月2日"], ["2021-09-25", "2020-01-02"]),
        (["2001-05", "2002-06", "2003-07"], ["2001-05", "2002-06", "2003-07"]),
    ],
)
@pytest.mark.parametrize("name", ["submitted", "publication_date"])
def test_dates_are_dates_whatever_the_column_is_called(name: str, cells: list[str], expected: list[str]):
    catalog = catalog_of(**{name: cells})
    assert catalog.schema.spec(name).kind == "date" and values(catalog, name) == expected


def test_an_impossible_date_is_unknown_and_told():
    dates = ["9/16/2006", "9/1/2004", "11/31/2000", "9/14/2004", "3/2/2001"]
    catalog = catalog_of(
        publication_date=dates, opened=["2001-02-03", "2001-13-01", "2001-02-30", *["2004-05-06"] * 9]
    )
    assert values(catalog, "publication_date") == [
        "2006-09-16",
        "2004-09-01",
        None,
        "2004-09-14",
        "2001-03-02",
    ]
    [said] = notes(catalog, "publication_date")
    assert said.startswith("1 cell is left unknown, '11/31/2000': it is not a date: day is out of range")
    assert said.endswith("(row 3)")


def test_the_order_of_a_date_is_told_by_column_and_table():
    unsure = ["3/4/2001", "5/6/2002", "7/8/2003"]
    assert values(catalog_of(day=unsure), "day")[0] == "2001-03-04"
    german = catalog_of(day=unsure, Preis=["12,90", "7,50", "3"])
    assert values(german, "day")[0] == "2001-04-03"
    assert notes(german, "day") == ["the day comes first: 3/4/2001 is read so"]
    mixed = catalog_of(day=["3/4/2001", "25/6/2002", "26/8/2003", "12/25/2004"])
    assert values(mixed, "day") == ["2001-04-03", "2002-06-25", "2003-08-26", "2004-12-25"]


def test_moments_count_only_where_the_name_says_so():
    catalog = catalog_of(
        created_at=[1632556800, 1632656800], timestamp=["1632556800000"] * 2, views_of=[1632556800] * 2
    )
    assert values(catalog, "created_at") == ["2021-09-25", "2021-09-26"]
    assert values(catalog, "timestamp") == ["2021-09-25"] * 2
    assert catalog.schema.spec("views_of").kind == "number"
    assert notes(catalog, "created_at") == ["seconds since 1970"]
    assert values(catalog_of(year=["2005", "2006"], release=["2005", "2006"]), "year") == [2005, 2006]


def test_single_dates():
    assert as_date("11/12/2001") == "2001-11-12" and as_date("11/12/2001", day_first=True) == "2001-12-11"
    for bad in ("31/31/2001", "2001-00-10", "12", "May", "32 May 2001", "1.2.3", "Foo 2001", "11/31/2000"):
        with pytest.raises(CatalogError, match="not a date"):
            as_date(bad)


# -- tidy catalogues stay as they were


def test_a_tidy_catalogue_needs_no_word_about_how_it_is_written():
    catalog = catalog_of(
        year=[2001, 2002], price=["$3.50", "$1,200.00"], runtime_min=["95", "100"], day=["2001-02-03"] * 2
    )
    assert all("written" not in spec.model_dump(mode="json") for spec in catalog.schema.fields)
    assert "written" not in catalog.schema.to_yaml() and not catalog.notes
    assert unit(catalog, "price") == "$" and unit(catalog, "runtime_min") == "min"


# -- any column that people write

_LOCALES = [(".", ","), (",", "."), (",", " "), (",", "\u00a0"), (".", "'")]
_FRAMES = ["{}", "${}", "{} €", "₹{}", "{} kr", "{} kg", "{} cm", "from {} €", "£{}"]


@st.composite
def columns(draw: st.DrawFn) -> tuple[list[str], list[float]]:
    """A column of amounts with two decimals as one country writes them, and what they are."""
    decimal, thousands = draw(st.sampled_from(_LOCALES))
    frame = draw(st.sampled_from(_FRAMES))
    cents = draw(st.lists(st.integers(1, 10**9), min_size=3, max_size=30))
    written = []
    for number in cents:
        text = f"{number // 100:,}.{number % 100:02d}"
        written.append(frame.format(text.translate({ord(","): thousands, ord("."): decimal})))
    return written, [number / 100 for number in cents]


@settings(max_examples=150, deadline=None)
@given(columns())
def test_any_written_column_is_read_as_it_was_meant(column: tuple[list[str], list[float]]):
    cells, expected = column
    assert values(catalog_of(amount=cells), "amount") == pytest.approx(expected)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 5000), st.sampled_from([("g", 1), ("kg", 1000), ("mg", 0.001), ("oz", 28.349523125)])),
        min_size=3, max_size=20,
    )
)  # fmt: skip
def test_weights_in_any_units_are_all_brought_to_one(weights: list):
    catalog = catalog_of(weight=[f"{number} {name}" for number, (name, _) in weights])
    own = dict(weights_of)[unit(catalog, "weight")]
    assert values(catalog, "weight") == pytest.approx(
        [number * grams / own for number, (_, grams) in weights], rel=1e-6
    )


weights_of = [("g", 1), ("kg", 1000), ("mg", 0.001), ("oz", 28.349523125)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="0123456789.,-/: $€khmin'\"", max_size=9), min_size=1, max_size=12))
def test_any_cells_are_read_or_left_unknown_and_then_saved(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str]
):
    catalog = catalog_of(price=cells)
    path = tmp_path_factory.mktemp("any") / "any.parquet"
    catalog.save(path)
    assert Catalog.load(path) == catalog


def test_a_field_spec_says_only_what_is_not_as_usual():
    spec = FieldSpec(name="price", column="price", kind="number")
    assert "written" not in spec.model_dump()
    told = FieldSpec.model_validate({"name": "price", "kind": "number", "written": {"decimal": ","}})
    assert told.model_dump()["written"] == {"decimal": ","}


def test_the_example_of_the_guide_loads():
    guide = (Path(__file__).parents[1] / "docs" / "own-catalogue.md").read_text(encoding="utf-8")
    lines = guide.partition("```yaml\n  - {name: length")[2].partition("```")[0]
    fields = yaml.safe_load("fields:\n  - {name: title, kind: title}\n  - {name: length" + lines)
    catalog = catalog_of(
        Schema.parse(fields),
        duration_ms=[90000, 60000],
        Preis=["1.250 - 1.300 €", "12,50"],
        Datum=["3/4/2001"] * 2,
    )
    first = {"length": 1.5, "price": 1250, "highest_price": 1300, "released": "2001-04-03"}
    assert dict(catalog.items[0].fields) == first and catalog.items[1].get("price") == 12.5


# -- slips of well-known data sets


@pytest.mark.parametrize(
    ("cell", "number"),
    [("900,- €", 900), ("1.046,- €", 1046), ("129,-", 129), ("450/-", 450), ("€ 12,50", 12.5)],
)
def test_prices_without_cents_before_their_currency(cell: str, number: float):
    catalog = Catalog.from_records([{"title": "A", "preis": cell}, {"title": "B", "preis": "13,50 €"}])
    assert catalog.items[0].get("preis") == number and catalog.schema.spec("preis").unit == "€"


def test_consumption_has_a_unit():
    cells = ["4,5 l/100 km", "5,1 l/100 km", "6,0 l/100km", "k.A."]
    catalog = Catalog.from_records([{"title": f"Car {cell}", "Verbrauch": cell} for cell in cells])
    assert [item.get("Verbrauch") for item in catalog] == [4.5, 5.1, 6, None]
    assert [str(note) for note in catalog.notes if note.lost] == []


def test_what_a_program_had_no_room_for_is_unknown_and_told():
    for cell in ("2147483647", 2147483647, 9223372036854775807):
        records = [{"title": f"R{n}", "minutes": n} for n in range(1, 9)] + [{"title": "R9", "minutes": cell}]
        catalog = Catalog.from_records(records)
        assert "minutes" not in catalog.items[8].fields
        assert "the largest number that a program had room for" in str(catalog.notes[0])


def test_no_year_page_or_runtime_is_nought():
    records = [{"title": f"B{n}", "year": n and 2000, "pages": n, "runtime": n, "price": n} for n in range(3)]
    catalog = Catalog.from_records(records)
    assert dict(catalog.items[0].fields) == {"price": 0}
    assert "`pages`: 1 cell is left unknown, 0: it is 0, as is written where it is not known (row 1)" in [
        str(note) for note in catalog.notes
    ]


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        ("2021, September 14", "2021-09-14"),
        ("2019, June", "2019-06"),
        ("2020 März 3", "2020-03-03"),
        ("2021, 14", None),
    ],
)
def test_dates_with_the_year_in_front(cell: str, date: str | None):
    if date is None:
        with pytest.raises(CatalogError):
            as_date(cell)
    else:
        assert as_date(cell) == date


def test_nothing_is_from_the_year_when_it_ended():
    phrases = {
        name: FieldSpec(name=name, column=name, kind="number").phrase for name in ("startYear", "endYear")
    }
    assert phrases == {"startYear": "from {}", "endYear": "end year: {}"}


def test_a_number_and_one_more_is_a_range():
    rows = [
        {"name": f"Byre {n}", "Sleeps": cell}
        for n, cell in enumerate(("6+1", "4", "2 + 2", "8", "10", "5+1"))
    ]
    catalog = Catalog.from_records(rows, name="cottages")
    assert catalog.numbers("Sleeps").tolist() == [6, 4, 2, 8, 10, 5]
    assert [str(one) for one in catalog.numbers("Sleeps_max")[:3]] == ["7.0", "nan", "4.0"]
