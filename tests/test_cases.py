"""The sample files of shapes that are common in the wild, each read as the people meant who wrote it, or refused."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.corpora.jsonl import Jsonl
from wherefore.errors import CatalogError
from wherefore.reading.own_dialogues import link_own

CASES = Path(__file__).parents[2] / "shared" / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the sample files are not beside the project")


def load(name: str) -> Catalog:
    return Catalog.load(CASES / name)


def kinds(catalog: Catalog) -> dict[str, str]:
    return {spec.name: spec.kind for spec in catalog.schema.fields}


def units(catalog: Catalog) -> dict[str, str]:
    return {spec.name: spec.unit for spec in catalog.schema.fields if spec.unit}


def notes(catalog: Catalog) -> list[str]:
    return [str(note) for note in catalog.notes]


def told(catalog: Catalog, *ids: str) -> list[tuple[str, dict[str, Any]]]:
    """Titles and fields of some items."""
    return [(catalog[one].title, dict(catalog[one].fields)) for one in ids]


def column(catalog: Catalog, field: str) -> list[Any]:
    return [item.get(field) for item in catalog]


def test_every_sample_has_a_test():
    text = Path(__file__).read_text(encoding="utf-8")
    files = [path.name for path in CASES.iterdir() if path.suffix != ".md"]
    assert len(files) >= 17
    assert [name for name in files if f'"{name}"' not in text] == []


def test_titles_of_a_streaming_service():
    shows = load("streaming.csv")
    assert kinds(shows) == {
        **{"show_id": "id", "type": "category", "title": "title", "director": "people", "cast": "people"},
        **{"country": "category", "date_added": "date", "release_year": "number", "rating": "category"},
        **{"duration": "number", "seasons": "number", "listed_in": "category", "description": "text"},
    }
    assert units(shows) == {"duration": "min", "seasons": "seasons"}
    assert told(shows, "s1", "s3", "s5") == [
        (
            "Harbour Lights",
            {
                "type": ("Movie",),
                "director": ("Mara Lindqvist",),
                "cast": ("Ines Holm", "Tobias Reed"),
                "country": ("Sweden", "Denmark"),
                "date_added": "2021-09-25",
                "release_year": 2020,
                "rating": ("PG-13",),
                "duration": 90,
                "listed_in": ("Dramas", "International Movies"),
                "description": "A ferry captain retraces the last voyage of her late father along a quiet coast.",
            },
        ),
        (
            "The Night Auditor",
            {
                "type": ("TV Show",),
                "director": ("Julien Marchetti",),
                "cast": ("Sami Ferhat", "Tracy Olin"),
                "country": ("France",),
                "date_added": "2017-08-04",
                "release_year": 2017,
                "rating": ("TV-MA",),
                "seasons": 1,
                "listed_in": ("Crime TV Shows", "International TV Shows"),
                "description": "A hotel clerk starts keeping two sets of books for the mob.",
            },
        ),
        (
            "Ballad of Tin, Salt and Smoke",
            {
                "type": ("Movie",),
                "cast": ("Olga Marin", "Peter Voss"),
                "country": ("Germany",),
                "date_added": "2019-05-01",
                "release_year": 2018,
                "rating": ("TV-14",),
                "duration": 127,
                "listed_in": ("Dramas", "Music & Musicals"),
                "description": "Three street musicians save a closed theatre.",
            },
        ),
    ]
    assert "rating" not in shows["s4"].fields and "duration" not in shows["s4"].fields
    assert notes(shows) == [
        "`duration`: in several units; what is not in min is kept as `seasons`",
        "`rating`: counted as not known: 1 × '74 min'",
    ]


def test_a_shop_with_prices_in_rupees():
    shop = load("shop_rupees.csv")
    assert kinds(shop) == {
        **{"product_id": "id", "product_name": "title", "category": "category", "discounted_price": "number"},
        **{"actual_price": "number", "discount_percentage": "number", "rating": "number"},
        **{"rating_count": "popularity", "about_product": "text", "img_link": "image"},
        **{"product_link": "ignore"},
    }
    assert units(shop) == {"discounted_price": "₹", "actual_price": "₹", "discount_percentage": "%"}
    assert column(shop, "discounted_price") == [399, 1299, 499, 24999, 13490, 1899, 1049, 749]
    assert column(shop, "actual_price") == [1099, 2499, 999, 40990, 22900, 2999, 1499, 1245]
    assert column(shop, "discount_percentage") == [64, 48, 50, 39, 41, 37, 30, 40]
    assert column(shop, "rating") == [4.2, 4, None, 4.3, 4.3, 4.5, 3.9, 3.9]
    assert column(shop, "rating_count") == [24269, 10480, 7601, 4703, None, 1204, 3021, 2891]
    assert shop["B0A1"].values("category") == ("Computers&Accessories", "Accessories&Peripherals", "Cables")
    assert shop["B0A6"].get("about_product") == "GaN\nFoldable pins"
    assert notes(shop) == ["`rating`: 1 cell is left unknown, '|': it is not a number (line 4)"]


def test_a_german_export():
    tools = load("tools_german_excel.csv")
    assert kinds(tools) == {
        **{"Artikelnummer": "id", "Bezeichnung": "title", "Kategorie": "category", "Preis": "number"},
        **{"Gewicht in kg": "number", "Hersteller": "people"},
    }
    assert units(tools) == {"Gewicht in kg": "kg"}
    assert [tools.schema.spec(name).label for name in ("Preis", "Gewicht in kg")] == ["price", "weight"]
    assert told(tools, "1001", "1004", "1007") == [
        (
            "Akkuschrauber Profi 18V",
            {"Kategorie": ("tool",), "Preis": 129.9, "Gewicht in kg": 1.6, "Hersteller": ("Bergmann",)},
        ),
        (
            "Rasenmäher E 1400",
            {"Kategorie": ("garden",), "Preis": 1199, "Gewicht in kg": 19.5, "Hersteller": ("Grünholz",)},
        ),
        (
            "Schlagbohrmaschine 750",
            {"Kategorie": ("tool",), "Preis": 74.5, "Gewicht in kg": 2, "Hersteller": ("Nordtec",)},
        ),
    ]
    assert notes(tools)[-4:-2] == [
        "`Preis`: decimal commas: 129,90 is 129.9",
        "`Gewicht in kg`: decimal commas: 1,6 is 1.6",
    ]
    assert notes(tools)[-2].startswith("it is in German, and read in English: `Artikelnummer` is 'sku'")
    assert notes(tools)[-1].startswith("`Kategorie`: in German: 'Garten' is 'garden', ")


def test_three_digits_behind_points_and_commas():
    tools = load("tools_three_decimals.csv")
    assert units(tools) == {"Weight kg": "kg", "Volume l": "l"}
    assert column(tools, "Price") == [1299, 89, 24, 2199, 7, 34]
    assert column(tools, "Weight kg") == [1.25, 2.375, 0.4, 19.5, 0.125, 1.1]
    assert column(tools, "Volume l") == [2.5, 3, 0.5, 80, 0.2, 1]
    assert "`Price`: 1.299 is taken as 1299, as prices have no three decimals" in notes(tools)


def test_films_with_their_years_in_the_titles():
    films = load("films_year_in_title.csv")
    assert kinds(films) == {
        "movieId": "id",
        "title": "title",
        "year": "number",
        "other_titles": "alias",
        "genres": "category",
    }
    assert [(item.title, item.get("year")) for item in films] == [
        ("Toy Tales", 1995),
        ("The Matrices", 1999),
        ("An American Presidency", 1995),
        ("The City of Lost Kids", 1995),
        ("Babylon Six", None),
        ("Heatwave", 1995),
        ("Star Voyage: The Motion Picture", 1979),
        ("2001: A Space Journey", 1968),
        ("Blade Walker", 1982),
        ("The Good, the Bad and the Quiet", 1966),
        ("Arrival Point", 2016),
        ("Gravity Well", 2013),
    ]
    assert films["4"].values("other_titles") == ("La Cité des enfants", "Cité des enfants")
    assert films["4"].values("genres") == ("Adventure", "Drama", "Fantasy", "Mystery", "Sci-Fi")
    assert films["5"].values("genres") == ()
    assert notes(films) == [
        "`title`: 'Toy Tales (1995)' is read as 'Toy Tales', of 1995",
        "`genres`: counted as not known: 1 × '(no genres listed)'",
    ]


def test_quotes_that_wrap_no_cells():
    films = load("films_quotes.tsv")
    assert kinds(films) == {
        **{"tconst": "id", "titleType": "category", "primaryTitle": "title", "startYear": "number"},
        **{"runtimeMinutes": "number", "genres": "category"},
    }
    assert units(films) == {"runtimeMinutes": "min"}
    assert told(films, "tt9000001", "tt9000002", "tt9000004") == [
        (
            '"Sing Out" Maestro',
            {
                "titleType": ("movie",),
                "startYear": 1938,
                "runtimeMinutes": 92,
                "genres": ("Comedy", "Musical"),
            },
        ),
        ("The Tin Kite", {"titleType": ("short",), "startYear": 1951, "genres": ("Short",)}),
        ('Late "Show" Nights', {"titleType": ("movie",), "startYear": 2004}),
    ]
    assert notes(films) == [
        'quotes in its cells are part of the text: `"Sing Out" Maestro`',
        "`runtimeMinutes`: counted as not known: 2 × '\\\\N'",
        "`genres`: counted as not known: 1 × '\\\\N'",
    ]


def test_recipes_with_lists_spelled_out():
    recipes = load("recipes_list_strings.csv")
    assert kinds(recipes) == {
        **{"name": "title", "id": "id", "minutes": "number", "submitted": "date", "tags": "category"},
        **{"steps": "text", "ingredients": "category"},
    }
    assert units(recipes) == {"minutes": "min"}
    assert told(recipes, "501", "503", "508") == [
        (
            "smoky bean supper",
            {
                "minutes": 35,
                "submitted": "2007-04-11",
                "tags": ("dinner", "vegetarian", "one-pot"),
                "steps": "soak the beans\nsimmer with paprika",
                "ingredients": ("white beans", "smoked paprika", "onion"),
            },
        ),
        (
            "satay rice bowl",
            {
                "minutes": 25,
                "submitted": "2009-01-19",
                "tags": ("dinner", "vegetarian", "asian"),
                "steps": "cook rice\nstir in the sauce",
                "ingredients": ("rice", "peanut butter", "soy sauce", "lime"),
            },
        ),
        (
            "almond plum cake",
            {
                "minutes": 60,
                "submitted": "2016-08-27",
                "tags": ("dessert", "oven"),
                "steps": "mix\nbake",
                "ingredients": ("plums", "ground almonds", "eggs", "butter", "sugar"),
            },
        ),
    ]
    assert notes(recipes) == []


def test_tracks_in_milliseconds():
    tracks = load("tracks_milliseconds.csv")
    assert kinds(tracks) == {
        **{"column 1": "ignore", "track_id": "id", "artists": "people", "track_name": "title"},
        **{"popularity": "popularity", "duration_ms": "number", "explicit": "category", "key": "ignore"},
        **{"tempo": "number", "track_genre": "category"},
    }
    assert units(tracks) == {"duration_ms": "min"}
    assert tracks.numbers("duration_ms") == pytest.approx([3.85, 2.5417, 3.15, 5.7, 10.2, 2.9167], abs=1e-4)
    assert column(tracks, "explicit") == [None, None, ("explicit",), None, None, ("explicit",)]
    assert tracks["trk001"].values("artists") == ("Lumen Choir", "Ada Voss")
    assert tracks["trk006"].values("artists") == ("Sable & Thorn",)
    assert notes(tracks) == ["`duration_ms`: in min, not in ms: 231000 is 3.85 min"]


def test_wines_with_a_column_that_counts():
    wines = load("wines_index_column.csv")
    assert kinds(wines) == {
        **{"id": "id", "column 1": "ignore", "country": "category", "description": "text"},
        **{"points": "number", "price": "number", "province": "category", "title": "title"},
        **{"variety": "category", "winery": "people"},
    }
    assert [item.id for item in wines] == ["1", "2", "3", "4", "5", "6"]
    assert "`column 1` (it counts the rows)" in wines.describe()
    assert column(wines, "country") == [
        ("Italy",),
        ("Portugal",),
        ("US",),
        ("France",),
        ("Italy",),
        ("France",),
    ]
    assert column(wines, "points") == [88, 86, 89, 92, 91, 90]
    assert column(wines, "price") == [21, 13.5, 24, 48, 39, 52]
    assert column(wines, "winery")[:2] == [("Castel Orsino",), ("Monte Cavado",)]


def test_prices_in_eight_forms():
    mugs = load("mugs_price_forms.csv")
    assert units(mugs) == {"price": "$", "price_max": "$"}
    assert column(mugs, "price") == [12.99, 1299, 25, 30, 0, 18.5, None, None]
    assert column(mugs, "price_max") == [19.99, None, None, None, None, None, None, None]
    assert column(mugs, "rating") == [4.5, 4.1, 3.9, 4.8, 4, 4.4, 4.2, 4.3]
    assert mugs.schema.spec("rating").written.out_of == 5
    assert (
        "`price`: 2 cells are left unknown, 'Rs. 450', '12.50 €': it is in another currency than $, and no rate of "
        "exchange is known (line 8, line 9)"
    ) in notes(mugs)
    assert "`price`: Free is 0" in notes(mugs)


def test_devices_in_mixed_units():
    devices = load("devices_mixed_units.csv")
    assert units(devices) == {"weight": "g", "storage": "GB", "battery": "mAh", "battery_wh": "Wh"}
    assert column(devices, "weight") == [180, 195, 500, 1400, 2100, 45]
    assert column(devices, "storage") == [128, 1000, 256, 512, 2000, 0.512]
    assert column(devices, "battery") == [4000, 5000, 8000, None, None, 300]
    assert column(devices, "battery_wh") == [None, None, None, 60, 80, None]
    assert notes(devices) == [
        "`weight`: in g: 0.5 kg is 500 g",
        "`storage`: in GB: 1 TB is 1000 GB",
        "`battery`: in mAh: 5 Ah is 5000 mAh",
        "`battery`: in several units; what is not in mAh is kept as `battery_wh`",
    ]


BOOKS = {
    **{"bookID": "id", "title": "title", "authors": "people", "average_rating": "number", "isbn": "ignore"},
    **{"isbn13": "ignore", "language_code": "category", "num_pages": "number"},
    **{"ratings_count": "popularity", "text_reviews_count": "number", "publication_date": "date"},
    **{"publisher": "people"},
}
NO_PAGES = "`num_pages`: {} cells are left unknown, '0': it is 0, as is written where it is not known"


def test_books_with_an_impossible_date():
    books = load("books_one_impossible_date.csv")
    assert len(books) == 60 and kinds(books) == BOOKS
    assert books["1000"].values("authors") == ("J.K. Marrow", "Mary Grandin")
    assert books["1000"].get("publication_date") == "2006-09-16"
    assert (books["1028"].values("language_code"), books["1029"].values("language_code")) == (
        ("English",),
        ("Spanish",),
    )
    assert "publication_date" not in books["1041"].fields and books["1041"].get("num_pages") == 870
    assert notes(books) == [
        f"{NO_PAGES.format(7)} (line 8, line 16, line 24, line 32, line 40 and 2 more)",
        "`publication_date`: 1 cell is left unknown, '11/31/2000': it is not a date: day is out of range for month "
        "(line 43)",
    ]


def test_books_with_a_ragged_row_are_refused_or_read_without_it():
    path = CASES / "books_one_ragged_row.csv"
    with pytest.raises(CatalogError) as error:
        Catalog.load(path)
    assert str(error.value) == (
        "books_one_ragged_row.csv, line 32 has 13 cells where the header has 12; is a quote missing around a cell with "
        "the separator? It begins with '1030 | The Long Tailor vol 30 | Sam Birkett | Jr./Sam Birke…'.\n"
        "Mend it, or leave it out: --skip-bad on the command line, skip_bad=True in Python, the tick beside the file "
        "on the page"
    )
    books = Catalog.load(path, skip_bad=True)
    assert len(books) == 59 and "1030" not in books and kinds(books) == BOOKS
    assert notes(books) == [
        "1 of 60 rows is left out: more cells than the header has (line 32)",
        f"{NO_PAGES.format(6)} (line 8, line 16, line 24, line 40, line 48 and 1 more)",
    ]
    assert [books[one].get("num_pages") for one in ("1029", "1031")] == [417, 210]


def test_a_first_line_that_names_the_separator():
    films = load("sep_line.csv")
    assert told(films, "1", "2") == [
        ("Étoile", {"genre": ("drama",), "price": 4.5}),
        ("Nacht", {"genre": ("crime",), "price": 3}),
    ]
    assert notes(films) == [
        "`;` parts its cells, as its first line says",
        "`price`: decimal commas: 4,50 is 4.5",
    ]


def test_pipes_between_cells():
    films = load("pipe.csv")
    assert told(films, "1", "2") == [
        ("Star", {"genre": ("drama", "war"), "year": 1990}),
        ("Night", {"genre": ("crime",), "year": 2001}),
    ]
    assert notes(films) == ["`|` parts its cells"]


def linked(name: str) -> tuple[list[Any], str]:
    """Dialogues about the books of `dialogues_items.csv`, and what is warned of."""
    books = load("dialogues_items.csv")
    assert kinds(books) == {"id": "id", "title": "title", "genre": "category", "year": "number"}
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        (corpus,) = link_own([Jsonl(CASES / name)], books)
        return list(corpus), " ".join(str(one.message) for one in said)


def test_items_of_dialogues_without_marks_in_the_text():
    dialogues, said = linked("dialogues_items_without_marks.jsonl")
    assert said == ""
    shown = [turn.render(lambda item: f"<{item}>") for turn in dialogues[0].turns]
    assert shown == ["I loved <b2>. More?", "Try <b3>.", "Thanks, another?", "Then that. (<b1>)"]


def test_ids_in_dialogues_that_no_item_has():
    dialogues, said = linked("dialogues_unknown_id.jsonl")
    assert len(dialogues) == 12
    assert said.endswith(
        "1 of 4 item ids that the dialogues name are unknown, neither an id nor the title of just one item of "
        "dialogues_items.csv: b99 (dialogue 0, dialogues_unknown_id.jsonl, line 1); named 12 times in all, they are "
        "not learned from, and count as missed where dialogues are measured"
    )
