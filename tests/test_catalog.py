"""Catalogues: what is read from files, what is refused, and what stays equal."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import os
import random
import string
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.cells import as_date, as_list, fractional_year
from wherefore.catalog.notes import Note, noted
from wherefore.catalog.schema import FieldSpec, Schema
from wherefore.catalog.sources import SUFFIXES
from wherefore.catalog.tables import Table
from wherefore.catalog.written import as_number

BOOKS = [
    {
        "book_id": "b1",
        "title": "The Salt Road",
        "authors": "Ada Finch; Bo Lind",
        "year": "2001.0",
        "genre": "Fantasy|War",
    },
    {"book_id": "b2", "title": " Low Tide ", "authors": "Ada Finch", "year": "1987", "genre": "Crime"},
    {"book_id": "b3", "title": "Paper Moths", "authors": "Cy Marsh", "year": "", "genre": ""},
]


def write_csv(path: Path, rows: list[dict], delimiter: str = ",", encoding: str = "utf-8") -> Path:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    data = out.getvalue().encode(encoding)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def write_jsonl(path: Path, rows: list[dict]) -> Path:
    data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.fixture
def books(tmp_path: Path) -> Catalog:
    return Catalog.load(write_csv(tmp_path / "books.csv", BOOKS))


# -- reading


def test_values_are_read_by_kind(books: Catalog):
    first, second, third = books
    assert (first.id, first.title) == ("b1", "The Salt Road")
    assert first.fields == {"authors": ("Ada Finch", "Bo Lind"), "year": 2001, "genre": ("Fantasy", "War")}
    assert isinstance(first.get("year"), int)
    assert second.title == "Low Tide"
    assert third.fields == {"authors": ("Cy Marsh",)}
    assert third.get("year") is None and third.get("year", 7) == 7 and third.values("genre") == ()
    assert first.values("year") == ()


def test_reading_gives_rows_ids_and_counts(books: Catalog):
    assert len(books) == 3 and list(books.ids) == ["b1", "b2", "b3"] and books.items[1] is books["b2"]
    assert books.row("b3") == 2 and "b3" in books and "b4" not in books
    assert books.vocabulary("authors") == {"Ada Finch": 2, "Bo Lind": 1, "Cy Marsh": 1}
    np.testing.assert_array_equal(books.numbers("year"), [2001, 1987, np.nan])
    assert books.numbers("year").dtype == np.float64
    with pytest.raises(ValueError, match="read-only"):
        books.numbers("year")[0] = 1
    with pytest.raises(ValueError, match="`authors` is of kind people; of a fitting kind: year"):
        books.numbers("authors")
    with pytest.raises(ValueError, match="no field `pages`; there are book_id, title, authors, year, genre"):
        books.vocabulary("pages")


def test_an_unknown_id_suggests(books: Catalog):
    with pytest.raises(KeyError, match="no book with the id 'b33' in books.csv; close ids: 'b3'"):
        books["b33"]
    with pytest.raises(KeyError, match="that is a title; its id is 'b2'"):
        books.row("low tide")


def test_facts_and_text(books: Catalog):
    assert [(spec.name, value) for spec, value in books.facts(books["b1"])] == [
        ("authors", ("Ada Finch", "Bo Lind")),
        ("year", 2001),
        ("genre", ("Fantasy", "War")),
    ]
    assert books.text(books["b1"]) == "The Salt Road (2001). author: Ada Finch, Bo Lind. genre: Fantasy, War."
    long = Catalog.from_records([{"title": "T", "description": "word " * 2000 + "end"}])
    text = long.text(long.items[0])
    assert 900 < len(text) <= 1000 and text.endswith("word")


def test_all_formats_give_the_same_items(tmp_path: Path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(BOOKS), tmp_path / "books.parquet")
    paths = [
        write_csv(tmp_path / "books.csv", BOOKS),
        write_csv(tmp_path / "books.csv.gz", BOOKS),
        write_csv(
            tmp_path / "semicolons.csv",
            [{**b, "authors": b["authors"].replace(";", "|")} for b in BOOKS],
            ";",
        ),
        write_csv(tmp_path / "bom.csv", BOOKS, encoding="utf-8-sig"),
        write_csv(tmp_path / "books.tsv", BOOKS, "\t"),
        write_csv(tmp_path / "books.tsv.gz", BOOKS, "\t"),
        write_jsonl(tmp_path / "books.jsonl", BOOKS),
        write_jsonl(tmp_path / "books.jsonl.gz", BOOKS),
        tmp_path / "books.parquet",
    ]
    catalogs = [Catalog.load(path) for path in paths]
    assert all(catalog.items == catalogs[0].items for catalog in catalogs)
    assert all(catalog.schema.fields[2].phrase == "by {}" for catalog in catalogs)


def test_a_dataset_is_read_with_its_own_values():
    datasets = pytest.importorskip("datasets")
    records = [
        {"id": 1, "title": "Oak", "tags": ["tree", "wood"]},
        {"id": 2, "title": "Elm", "tags": ["tree"]},
    ]
    split = datasets.Dataset.from_list(records)
    assert Catalog.from_dataset(split).items == Catalog.from_records(records).items
    chosen = Catalog.from_dataset(split.select([1]))
    assert list(chosen.ids) == ["2"] and chosen["2"].values("tags") == ("tree",)
    with pytest.raises(ValueError, match=r"several|dictionary of data sets \(train\)"):
        Catalog.from_dataset(datasets.DatasetDict({"train": split}))
    with pytest.raises(ValueError, match="datasets.Dataset is needed, not list"):
        Catalog.from_dataset(records)


def test_text_is_kept_as_it_is(tmp_path: Path):
    title, text = "Überfall & <b>Ω</b> 'x' \"y\", z", "<p>one</p>\n\nline\u2028two " + "x" * 300_000
    path = write_csv(tmp_path / "odd.csv", [{"id": "1", "title": f"  {title} ", "description": text}])
    item = Catalog.load(path)["1"]
    assert item.title == title and item.get("description") == text
    assert (
        Catalog.load(write_jsonl(tmp_path / "odd.jsonl", [{"id": "1", "title": title, "description": text}]))[
            "1"
        ]
        == item
    )
    quotes = tmp_path / "quotes.tsv"
    quotes.write_text('id\ttitle\n1\tThe 6" Nail\n', encoding="utf-8")
    assert Catalog.load(quotes)["1"].title == 'The 6" Nail'


def test_values_in_many_spellings():
    assert [as_number(x) for x in (" 1,234,567 ", "-3", "£4.50", "90 min", "2 h 5 min", "1e3", "4.0", True)] == [
        1234567, -3, 4.5, 90, 125, 1000, 4, 1,
    ]  # fmt: skip
    assert all(as_number(x) is None for x in ("", " ", "NaN", "nan", "None", "NULL", "n/a", None, math.nan))
    for bad in ("inf", "-Infinity", "1e999", math.inf, "12 brave monkeys", "1.2.3", "abc", "1,2", [1, 2]):
        with pytest.raises(ValueError, match="infinite|not a number"):
            as_number(bad)
    assert as_list('["a", " b ", "a", ""]') == ("a", "b")
    assert as_list("[{'id': 1, 'name': 'Drama'}, {'id': 2, 'name': 'War'}]") == ("Drama", "War")
    assert as_list("[not a list") == ("[not a list",)
    assert as_list("Ann Doe, Jr., Bob Roe", ", ") == ("Ann Doe, Jr.", "Bob Roe")
    assert as_list("/Soups/Cold/", "/") == ("Soups", "Cold")
    assert (
        as_date("23/05/2001", day_first=True)
        == as_date("05/23/2001")
        == as_date("23 May 2001")
        == "2001-05-23"
    )
    assert as_date("2001-05") == "2001-05" and as_date("June 2001") == "2001-06"
    for bad in ("2001-13-01", "31/31/2001", "soon", "12"):
        with pytest.raises(ValueError, match="not a date"):
            as_date(bad)
    assert fractional_year("2000-12-31") == pytest.approx(2000 + 365 / 366)


def test_dates_are_read_as_one_column_and_count_as_years():
    rows = [{"title": "A", "published_date": "03/04/2001"}, {"title": "B", "published_date": "23/04/2001"}]
    catalog = Catalog.from_records([*rows, {"title": "C", "published_date": None}])
    assert [item.get("published_date") for item in catalog] == ["2001-04-03", "2001-04-23", None]
    years = catalog.numbers("published_date")
    assert 2001.2 < years[0] < years[1] < 2001.4 and np.isnan(years[2])
    assert catalog.schema.year is catalog.schema.spec("published_date")
    assert catalog.text(catalog.items[0]) == "A (2001)."


# -- inference


def kinds(catalog: Catalog) -> dict[str, str]:
    return {spec.name: spec.kind for spec in catalog.schema.fields}


def test_kinds_are_told_by_name_and_value():
    rows = [
        {
            "tconst": f"t{i}", "primaryTitle": f"Film {i}", "original_title": f"Filme {i}", "startYear": str(1990 + i),
            "runtime_minutes": "95", "Directors": "Ann Doe, Bob Roe", "genres": "['Drama', 'War']",
            "plot": "Somebody walks a long way and comes back.", "poster_url": f"https://x.org/{i}.jpg",
            "homepage": f"https://x.org/{i}", "num_votes": str(10 * i), "rating": "7.5", "adult": "False",
            "release_date": f"1990-01-{i + 1:02d}", "empty": "", "vector": "[0.1, 0.2]", "isbn13": str(978 + i),
            "price": "$3.50", "mood_of_it": random.Random(i).choice(["calm", "wild"]), "code": f"zz{i}",
        }
        for i in range(12)
    ]  # fmt: skip
    catalog = Catalog.from_records(rows)
    found = kinds(catalog)
    assert found == {
        "isbn13": "id", "primaryTitle": "title", "original_title": "alias", "startYear": "number", "tconst": "ignore",
        "runtime_minutes": "number", "Directors": "people", "genres": "category", "plot": "text",
        "poster_url": "image", "homepage": "ignore", "num_votes": "popularity", "rating": "number", "adult": "ignore",
        "release_date": "date", "empty": "ignore", "vector": "ignore", "price": "number", "mood_of_it": "category",
        "code": "ignore",
    }  # fmt: skip
    schema = catalog.schema
    assert (
        schema.spec("Directors").phrase == "directed by {}" and schema.spec("Directors").label == "director"
    )
    assert schema.spec("startYear").phrase == "from {}" and schema.year is schema.spec("startYear")
    assert schema.spec("runtime_minutes").unit == "min" and schema.spec("price").unit == "$"
    assert schema.popularity is schema.spec("num_votes")
    assert catalog.items[0].values("Directors") == ("Ann Doe", "Bob Roe")
    text = catalog.describe()
    assert (
        "`homepage` (addresses)" in text
        and 'people, said "directed by {}"' in text
        and "Ann Doe, Bob Roe" in text
    )


@pytest.mark.parametrize(
    ("columns", "title", "item_id"),
    [
        (["book_id", "name"], "name", "book_id"),
        (["id", "track_name", "artist_name"], "track_name", "id"),
        (["product_id", "product_title", "brand_name"], "product_title", "product_id"),
        (["Title", "ID"], "Title", "ID"),
        (["movieId", "movieTitle"], "movieTitle", "movieId"),
        (["subtitle", "title"], "title", ""),
        (["asin", "title"], "title", "asin"),
    ],
)
def test_id_and_title_are_found(columns: list[str], title: str, item_id: str):
    catalog = Catalog.from_records([{c: f"{c} number {i}" for c in columns} for i in range(3)])
    assert (catalog.schema.title.column, catalog.schema.id.column) == (title, item_id)


def test_without_an_id_column_the_row_number_is_used():
    catalog = Catalog.from_records([{"title": "A"}, {"title": "B"}], name="letters.csv")
    assert list(catalog.ids) == ["1", "2"] and "id: the number of the row" in catalog.describe()
    catalog.remove(["1"])
    catalog.add([{"title": "C"}])
    assert list(catalog.ids) == ["2", "3"]


def test_without_a_title_column_the_error_shows_what_to_do():
    with pytest.raises(
        ValueError, match=r"no column that could be the title; its columns are `sku`, `cost`"
    ) as error:
        Catalog.from_records([{"sku": "a", "cost": 3}])
    yaml = str(error.value).partition("for example:\n")[2]
    import yaml as reader

    assert Schema.parse(reader.safe_load(yaml)).noun == "book"


def test_names_with_commas_stay_whole_where_they_should():
    brands = Catalog.from_records([{"title": f"Part {i}", "brand": "Nut & Bolt Co., Inc."} for i in range(5)])
    assert brands.items[0].values("brand") == ("Nut & Bolt Co., Inc.",)
    turned = Catalog.from_records([{"title": f"T{i}", "author": f"Finch, Ada{i}"} for i in range(5)])
    assert turned.items[0].values("author") == ("Finch, Ada0",)
    listed = Catalog.from_records(
        [{"title": f"T{i}", "tags": "red, small" if i % 2 else "red"} for i in range(9)]
    )
    assert listed.items[1].values("tags") == ("red", "small")


def test_language_codes_become_words():
    catalog = Catalog.from_records([{"title": "A", "language": "eng"}, {"title": "B", "language": "fr-CA"}])
    assert dict(catalog.vocabulary("language")) == {"English": 1, "French": 1}


def test_noun_comes_from_names(tmp_path: Path):
    assert Catalog.load(write_csv(tmp_path / "my_recipes.csv", [{"title": "Soup"}])).schema.noun == "recipe"
    assert Catalog.from_records([{"wine_name": "Red"}]).schema.plural == "wines"
    assert Catalog.from_records([{"title": "Thing"}]).schema.noun == "item"


# -- declared schemas


def test_a_schema_in_yaml_says_it_all(tmp_path: Path):
    path = tmp_path / "schema.yaml"
    path.write_text(
        "noun: novel\nfields:\n"
        "  - {name: key, column: Code, kind: id}\n"
        "  - {name: title, column: What, kind: title}\n"
        '  - {name: by, column: Who, kind: people, separator: " and ", phrase: "penned by {}"}\n'
        "  - {name: pages, column: Length, kind: number, unit: pages}\n",
        encoding="utf-8",
    )
    rows = [{"Code": 7, "What": "Fog", "Who": "Ann and Bob", "Length": "310", "Rest": "x"}]
    catalog = Catalog.from_records(rows, path)
    assert catalog["7"] == Item("7", "Fog", {"by": ("Ann", "Bob"), "pages": 310})
    assert catalog.schema.plural == "novels" and catalog.schema.spec("by").phrase == "penned by {}"
    assert "`Rest` (not declared)" in catalog.describe()
    path.write_text(catalog.schema.to_yaml(), encoding="utf-8")
    assert Schema.from_yaml(path) == catalog.schema


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"fields": [{"name": "t", "kind": "titel"}]}, "'titel'; known kinds: .*title"),
        (
            {"fields": [{"name": "t", "kind": "title", "colour": 1}]},
            "`fields.*colour` is not a known key; known there: codes, column",
        ),
        ({"fields": [{"name": "g", "kind": "category"}]}, "no field is the title"),
        (
            {"fields": [{"name": "t", "kind": "title"}, {"name": "t", "kind": "text"}]},
            "two fields are called `t`",
        ),
        (
            {"fields": [{"name": "t", "kind": "title"}, {"name": "u", "kind": "title"}]},
            "more than one field is the title",
        ),
        ({"fields": [{"name": "t", "kind": "title", "phrase": "no slot"}]}, "needs one {} for the value"),
        (
            {"nown": "x", "fields": [{"name": "t", "kind": "title"}]},
            "`nown` is not a known key; known there: fields",
        ),
        ({}, "`fields` is missing"),
    ],
)
def test_a_wrong_schema_is_refused(tree: dict, message: str):
    with pytest.raises(ValueError, match=message):
        Schema.parse(tree, "schema.yaml")


def test_a_schema_file_that_is_none(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="no schema at"):
        Schema.from_yaml(tmp_path / "absent.yaml")
    for text, message in (("[1, 2]", "holds no keys"), ("a: [", "is not YAML")):
        (tmp_path / "s.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=message):
            Schema.from_yaml(tmp_path / "s.yaml")


def test_declared_columns_are_checked(tmp_path: Path):
    path = write_csv(tmp_path / "b.csv", BOOKS)
    title = {"name": "title", "kind": "title"}
    with pytest.raises(
        ValueError, match="`pages` needs a column `Pages`, which is not there; the columns are book_id"
    ):
        Catalog.load(
            path, Schema.parse({"fields": [title, {"name": "pages", "column": "Pages", "kind": "number"}]})
        )
    wrong = Schema.parse({"fields": [title, {"name": "authors", "kind": "number"}]})
    with pytest.raises(
        ValueError, match=r"b.csv, line 2, column `authors` \(number\) is 'Ada Finch; Bo Lind': it is not a n"
    ):
        Catalog.load(path, wrong)


# -- refusing


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", b"", "a.csv is empty"),
        ("a.csv", b"id,title\n", "a.csv has a header line but no row"),
        ("a.jsonl", b"\n\n", "a.jsonl is empty"),
        ("a.doc", b"x", "ends in none of .csv"),
        ("a.json", b"[]", "a.json holds no record"),
        ("a.csv", b"id,title\n1,A\n2,B,C\n", "line 3 has 3 cells where the header has 2"),
        ("a.csv", b"id,title\n1\n", "line 2 has 1 cells where the header has 2"),
        ("a.csv", b'id,title\n1,A\n2,"B\n3,C\n4,D\n', "line 3: a quote opens here that is never closed"),
        ("a.csv", b"id,title,title\n1,A,B\n", "two columns are called title"),
        ("a.csv", b"id,title\n1,A\x00B\n", "line 2 holds a NUL"),
        ("a.csv.gz", b"id,title\n1,A\n", "a.csv.gz is not a whole gzip file"),
        ("a.jsonl.gz", gzip.compress(b'{"title": "A"}\n' * 99, mtime=0)[:-12], "a.jsonl.gz is not a whole gzip file"),
        ("a.csv", b"id,title\n1,A\n1,B\n", "line 3, column `id`: the id '1' is already that of line 2"),
        ("a.csv", b"id,title\n1,A\n,B\n", "line 3, column `id`: the id is empty"),
        ("a.csv", b"id,title\n1,A\n2,  \n", "line 3, column `title`: the title is empty"),
        ("a.csv", b"id,cost\n1,2\n", "no column that could be the title"),
        ("a.jsonl", b'{"title": "A"}\n{"title": }\n', "a.jsonl, line 2, column 11: broken JSON"),
        ("a.jsonl", b'{\n"title": "A"\n}\n', "line 1, .*one JSON object per line"),
        ("a.jsonl", b'[{"title": "A"}]\n', "line 1 holds a list, not an object"),
        ("a.jsonl", b'{"title": "A\\u0000"}\n', "line 1, column `title`: it holds a NUL"),
        ("a.jsonl", b'{"title": "A\\ud800"}\n', "line 1, column `title`: it holds .*surrogate"),
        ("a.jsonl", b'{"id": 1, "title": "A"}\n\n{"id": 1, "title": "B"}\n', "line 3, column `id`: the id '1' is"),
        ("a.parquet", b"PAR1 but not really", "a.parquet is not a Parquet file"),
    ],
)  # fmt: skip
def test_bad_files_are_refused(tmp_path: Path, name: str, data: bytes, message: str):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=message):
        Catalog.load(tmp_path / name)


def test_a_missing_file_suggests(tmp_path: Path):
    write_csv(tmp_path / "books.csv", BOOKS)
    with pytest.raises(FileNotFoundError, match=r"no catalogue at .*boks.csv; in .* there is books.csv"):
        Catalog.load(tmp_path / "boks.csv")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        Catalog.load(tmp_path / "no" / "books.csv")
    with pytest.raises(ValueError, match=r"is a folder; give one file of it: .* books.csv"):
        Catalog.load(tmp_path)


def test_not_known_numbers_are_not_numbers():
    spellings = ["NaN", "nan", "None", "NULL", "", None, math.nan]
    catalog = Catalog.from_records(
        [{"title": str(i), "price": x} for i, x in enumerate([*spellings, *[3] * 99])]
    )
    assert all("price" not in item.fields for item in catalog.items[: len(spellings)])
    assert np.isnan(catalog.numbers("price")).sum() == len(spellings)


def test_items_made_by_hand_are_checked(books: Catalog):
    schema = books.schema
    for item, message in [
        (Item("", "A"), "id is ''"),
        (Item("x", " A"), "strip the blanks"),
        (Item("x", "A\x00"), "NUL"),
        (Item("x", "A", {"pages": 3}), "a field `pages` that the schema lacks; known: authors, year, genre"),
        (Item("x", "A", {"genre": "Drama"}), "tuple of non-empty strings"),
        (Item("x", "A", {"genre": ()}), "tuple of non-empty strings"),
        (Item("x", "A", {"year": "2000"}), "finite number"),
        (Item("x", "A", {"year": math.nan}), "finite number"),
        (Item("x", "A", {"year": math.inf}), "finite number"),
    ]:
        with pytest.raises(ValueError, match=message):
            Catalog([item], schema)
        with pytest.raises(ValueError, match=message):
            books.add([item])
    with pytest.raises(ValueError, match="holds no item"):
        Catalog([], schema)
    with pytest.raises(ValueError, match="two items have the id 'x'"):
        Catalog([Item("x", "A"), Item("x", "B")], schema)
    assert len(books) == 3


# -- changing


def test_add_and_remove_change_all_or_nothing(books: Catalog):
    before, mark, counts = books.items, books.fingerprint(), dict(books.vocabulary("genre"))
    for wrong in (
        [Item("n", "New"), Item("b1", "Again")],
        [Item("n", "New"), Item("n", "New")],
        [Item("n", "")],
    ):
        with pytest.raises(ValueError):
            books.add(wrong)
    for error, ids in (
        (KeyError, ["b1", "b9"]),
        (ValueError, ["b1", "b1"]),
        (ValueError, ["b1", "b2", "b3"]),
    ):
        with pytest.raises(error):
            books.remove(ids)
    assert books.items == before and books.fingerprint() == mark
    books.add(
        [
            Item("n", "New", {"genre": ("Crime",), "year": 1999.5}),
            {"book_id": "m", "title": "More", "year": "1950"},
        ]
    )
    assert list(books.ids) == ["b1", "b2", "b3", "n", "m"] and books["m"].fields == {"year": 1950}
    assert books.vocabulary("genre")["Crime"] == 2 and books.numbers("year")[3] == 1999.5
    assert books.fingerprint() != mark
    books.remove(["b1", "n"])
    assert [books.row(i) for i in ("b2", "b3", "m")] == [0, 1, 2] and "b1" not in books and len(books) == 3
    books.remove("b3")
    assert "b3" not in books and counts["Crime"] == 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 12)), max_size=25))
def test_add_and_remove_agree_with_a_plain_list(steps: list[tuple[bool, int]]):
    schema = Schema.parse(
        {"fields": [{"name": "title", "kind": "title"}, {"name": "tags", "kind": "category"}]}
    )
    catalog, reference = Catalog([Item("keep", "Keep")], schema), ["keep"]
    for adding, number in steps:
        key = str(number)
        if adding and key not in reference:
            catalog.add([Item(key, f"T{key}", {"tags": (f"tag{number % 3}",)})])
            reference.append(key)
        elif not adding and key in reference:
            catalog.remove([key])
            reference.remove(key)
        else:
            with pytest.raises((KeyError, ValueError)):
                catalog.add([Item(key, "T")]) if adding else catalog.remove([key])
    assert list(catalog.ids) == reference == [item.id for item in catalog.items]
    assert [catalog.row(key) for key in reference] == list(range(len(reference)))
    expected = Counter(f"tag{int(key) % 3}" for key in reference if key != "keep")
    assert dict(catalog.vocabulary("tags")) == dict(expected)


# -- saving


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=12)
words = names.map(lambda text: " ".join(text.split())).filter(bool)
numbers = st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False))
dates = st.dates().map(lambda day: day.isoformat())
fields = st.fixed_dictionaries(
    {},
    optional={
        "tags": st.lists(words, min_size=1, max_size=3, unique=True).map(tuple),
        "who": st.lists(words, min_size=1, max_size=3, unique=True).map(tuple),
        "price": numbers,
        "day": dates,
        "about": words,
        "kept": words,
    },
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(words, words, fields), min_size=1, max_size=6, unique_by=lambda row: row[0]))
def test_saved_then_loaded_is_equal(tmp_path_factory: pytest.TempPathFactory, rows: list):
    kinds = {
        "tags": "category",
        "who": "people",
        "price": "number",
        "day": "date",
        "about": "text",
        "kept": "ignore",
    }
    schema = Schema(
        fields=(
            FieldSpec(name="key", column="Key", kind="id"),
            FieldSpec(name="title", column="Title", kind="title"),
            *(FieldSpec(name=name, column=name.upper(), kind=kind) for name, kind in kinds.items()),
        ),
        noun="thing",
    )
    catalog = Catalog([Item(*row) for row in rows], schema, "things")
    path = tmp_path_factory.mktemp("saved") / "things.parquet"
    catalog.save(path)
    again = Catalog.load(path)
    assert again == catalog and again.fingerprint() == catalog.fingerprint() and again.name == "things"
    assert [catalog.text(item) for item in catalog] == [again.text(item) for item in again]
    again.add([Item("a new one \u2603" * 3, "T")])
    assert again != catalog and again.fingerprint() != catalog.fingerprint()


def test_saving_keeps_what_ignored_columns_hold(tmp_path: Path):
    rows = [
        {"title": "A", "homepage": "https://x.org", "extra": {"k": 1}, "codes": [1, 2]},
        {"title": "B", "codes": 3},
    ]
    catalog = Catalog.from_records(rows)
    catalog.save(tmp_path / "c.parquet")
    assert Catalog.load(tmp_path / "c.parquet") == catalog
    assert catalog.items[0].get("homepage") == "https://x.org"


def test_the_fingerprint_sees_everything():
    def make(**changes: object) -> Catalog:
        row = {"id": "1", "title": "A", "year": 2000, "tags": ["x", "y"]} | changes
        return Catalog.from_records([row, {"id": "2", "title": "B", "year": 1}])

    marks = [make().fingerprint(), make(id="3").fingerprint(), make(title="C").fingerprint()]
    marks += [
        make(year=2001).fingerprint(),
        make(tags=["y", "x"]).fingerprint(),
        make(tags=["xy"]).fingerprint(),
    ]
    assert len(set(marks)) == len(marks) and make(year=2000.0).fingerprint() == marks[0]
    catalog = make()
    other = Catalog(catalog.items, catalog.schema.model_copy(update={"noun": "thing"}))
    assert other.fingerprint() != catalog.fingerprint() and other != catalog


def test_a_failed_save_leaves_the_old_file(books: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import pyarrow.parquet as pq

    path = tmp_path / "books.parquet"
    books.save(path)
    before = path.read_bytes()

    def full(table: object, where: Path, **_: object) -> None:
        Path(where).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    books.remove(["b1"])
    with pytest.raises(OSError, match="No space left"):
        books.save(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if p.suffix != ".csv"] == ["books.parquet"]
    with pytest.raises(ValueError, match="saved as .parquet"):
        books.save(tmp_path / "books.csv")


def test_an_altered_saved_file_is_refused(books: Catalog, tmp_path: Path):
    import pyarrow.parquet as pq

    path = tmp_path / "books.parquet"
    books.save(path)
    table = pq.read_table(path)
    pq.write_table(table.drop_columns(["genre"]), path)
    with pytest.raises(ValueError, match="names a column `genre` that is not there"):
        Catalog.load(path)
    pq.write_table(table.slice(0, 1).replace_schema_metadata({b"wherefore": b"{"}), path)
    with pytest.raises(ValueError, match="schema inside .* cannot be read"):
        Catalog.load(path)
    pq.write_table(table.take([0, 0]), path)
    with pytest.raises(ValueError, match="two items have the id 'b1'"):
        Catalog.load(path)


# -- any input


@settings(max_examples=100, deadline=None)
@given(
    st.one_of(st.binary(max_size=200), st.text('"\\,;\t|\n\rab1', max_size=60).map(str.encode)),
    st.sampled_from([*SUFFIXES, ".csv.gz", ".tsv.bz2", ".txt.xz", ".zip"]),
    st.booleans(),
)
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, suffix: str, skip_bad: bool
):
    path = tmp_path_factory.mktemp("any") / f"any{suffix}"
    path.write_bytes(data)
    with pytest.raises(ValueError):
        Catalog.load(path, skip_bad=skip_bad)


cells = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2), st.dates(), st.datetimes(), st.binary(max_size=3),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(string.ascii_letters[:6]), cells, max_size=6), min_size=1, max_size=8
    )
)
def test_any_records_are_read_or_refused_and_then_saved(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict]
):
    try:
        catalog = Catalog.from_records([{"title": f"T{i}", **row} for i, row in enumerate(rows)])
    except ValueError as error:
        assert str(error).startswith("records") and "row " in str(error)
        return
    assert catalog.describe().startswith("records:") and all(map(catalog.text, catalog))
    path = tmp_path_factory.mktemp("any") / "any.parquet"
    catalog.save(path)
    assert Catalog.load(path) == catalog


# -- the built-in movies


@pytest.fixture(scope="module")
def movies() -> Catalog:
    return Catalog.builtin()


def test_the_builtin_movies_are_whole(movies: Catalog):
    assert len(movies) == 10_000 and movies.schema.noun == "movie" and movies.schema.plural == "movies"
    assert all(item.get("year") and item.values("genres") for item in movies)
    assert np.isfinite(movies.numbers("popularity")).all()
    assert (np.diff(movies.numbers("popularity")) <= 0).all()
    named = [spec.name for spec in movies.schema.fields]
    facts = "year genres directors cast keywords runtime_min country language"
    about = "about hooks themes feel moods age warnings"
    assert named == ["id", "title", "alt_titles", *facts.split(), "popularity", "redial_ids", *about.split()]
    shining = movies["tt0081505"]
    assert shining.title == "The Shining" and shining.values("directors") == ("Stanley Kubrick",)
    assert max(len(item.values("cast")) for item in movies) == 8
    assert max(len(item.values("keywords")) for item in movies) == 12
    assert (Path(__file__).parents[1] / "src/wherefore/assets/movies.parquet").stat().st_size < 2_000_000


def test_the_builtin_movies_load_fast():
    code = (
        "import time; a = time.process_time(); from wherefore.catalog.catalog import Catalog; Catalog.builtin();"
        "import sys; assert time.process_time() - a < 4, time.process_time() - a;"
        "heavy = {'torch', 'transformers', 'faiss', 'datasets', 'pandas'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ, timeout=600)


# -- real catalogues of other domains


def load_converted(folder: Path, name: str, tmp_path: Path) -> Catalog:
    with gzip.open(folder / name / "items.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    columns = list(dict.fromkeys(key for record in records for key in record))
    rows = [
        {c: "; ".join(map(str, v)) if isinstance(v := r.get(c), list) else v for c in columns}
        for r in records
    ]
    return Catalog.load(write_csv(tmp_path / f"{name}.csv", rows))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("amazon_office", {"title": "title", "brand": "people"}),
        ("amazon_industrial", {"title": "title", "brand": "people"}),
        ("recipes_small", {"total_time": "number", "rating": "number", "cuisine_path": "category", "image_url": "image",
                           "ingredients": "text", "url": "ignore"}),
        ("clothing_small", {"brand": "people", "categories": "category", "price": "number", "num_reviews": "popularity",
                            "image_urls": "image"}),
        ("lastfm_2k", {"title": "title", "url": "ignore", "image_url": "image"}),
    ],
)  # fmt: skip
def test_inference_on_other_domains(shared: Path, tmp_path: Path, name: str, expected: dict[str, str]):
    catalog = load_converted(shared, name, tmp_path)
    found = kinds(catalog)
    assert {key: found[key] for key in expected} == expected
    assert found["item_id"] == "id"


def test_items_without_titles_are_refused(shared: Path):
    with pytest.raises(
        ValueError, match="no column that could be the title; its columns are `item_id`, `asin`"
    ):
        Catalog.load(shared / "amazon_beauty" / "items.jsonl.gz")


def test_notes_name_column_and_places_and_what_is_lost_comes_first():
    notes = [
        Note("decimal commas: 129,90 is 129.9", "Preis"),
        Note("no number", "Gewicht", [f"line {n}" for n in range(2, 10)], lost=True),
    ]
    assert noted(notes) == [
        "`Gewicht`: no number (line 2, line 3, line 4, line 5, line 6 and 3 more)",
        "`Preis`: decimal commas: 129,90 is 129.9",
    ]


def test_what_reading_a_table_found_is_told_with_the_columns():
    table = Table("shop", {"title": ["Lamp", "Desk"], "price": [3, 4]}, notes=(Note("read as UTF-16"),))
    catalog = Catalog._from_table(table, None)
    assert [str(note) for note in catalog.notes] == ["read as UTF-16"]
    assert catalog.describe().endswith("  note: read as UTF-16")
