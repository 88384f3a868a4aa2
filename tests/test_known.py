"""What is known of books that a file only names."""

from __future__ import annotations

import pytest

from conftest import script
from wherefore.catalog import known
from wherefore.catalog.catalog import Catalog

BOOKS = (
    ("To Kill a Mockingbird", "Harper Lee"),
    ("The Hunger Games (The Hunger Games, #1)", "Suzanne Collins"),
    ("Hobbit, The", "Tolkien, J. R. R."),
    ("Pride & Prejudice: A Novel", "Jane Austen"),
    ("A book that nobody wrote", "Nemo Nowhere"),
)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(known, "_FEWEST", 3)


def records(**more):
    return [{"name": title, "written by": who, "price": 9 + n} | more for n, (title, who) in enumerate(BOOKS)]


def test_books_by_title_and_author_tell_what_they_are_about():
    catalog = Catalog.from_records(records(), name="books")
    told = {item.title: item.fields for item in catalog}
    assert {"literary fiction", "classic"} & set(told["To Kill a Mockingbird"]["genres"])
    assert told["To Kill a Mockingbird"]["age"] >= 10 and "teens" in told["To Kill a Mockingbird"]["readers"]
    assert (
        "fantasy" in told["The Hobbit"]["genres"]
        and "romance" in told["Pride & Prejudice: A Novel"]["genres"]
    )
    assert told["To Kill a Mockingbird"]["writer"] == ("woman author", "American author")
    assert len(told["The Hunger Games (The Hunger Games, #1)"]["about"].split()) > 10
    assert set(told["A book that nobody wrote"]) == {"written by", "price"}
    (note,) = (str(one) for one in catalog.notes if "more is known" in str(one))
    assert "of 4 of 5 items" in note and "`known: false`" in note


def test_a_schema_says_whether_it_is_added_and_the_file_wins(tmp_path):
    catalog = Catalog.from_records(records(), name="books")
    (tmp_path / "books.yaml").write_text(catalog.starter_schema("books.yaml"), encoding="utf-8")
    again = Catalog.from_records(records(), tmp_path / "books.yaml", name="books")
    assert again == catalog and again.schema.known
    without = (tmp_path / "books.yaml").read_text(encoding="utf-8").replace("known: true", "known: false")
    (tmp_path / "books.yaml").write_text(without, encoding="utf-8")
    bare = Catalog.from_records(records(), tmp_path / "books.yaml", name="books")
    assert all(set(item.fields) == {"written by", "price"} for item in bare)
    own = Catalog.from_records(records(genre="ours", description="A text of the shop's own."), name="books")
    names = {spec.name for spec in own.schema.fields}
    assert "genres" not in names and "about" not in names and "moods" in names


def test_other_things_with_makers_are_left_alone():
    tools = [{"name": f"Hammer {n}", "author": f"Maker {n}", "price": n} for n in range(30)]
    assert not Catalog.from_records(tools, name="tools").schema.known
    songs = [{"name": title, "artist": who, "price": 9} for title, who in BOOKS]
    assert not Catalog.from_records(songs, name="songs").schema.known
    odd = [{"name": "It", "author": None}, {"name": "((", "author": ","}, {"name": "The", "author": "Jr."}]
    assert not Catalog.from_records(odd * 9, name="odd").schema.known


def test_what_is_saved_is_read_without_looking_anything_up(tmp_path, monkeypatch):
    catalog = Catalog.from_records(records(), name="books")
    catalog.save(tmp_path / "books.parquet")
    monkeypatch.setattr(known, "_books", lambda: pytest.fail("looked up"))
    assert Catalog.load(tmp_path / "books.parquet") == catalog


def test_the_table_is_packed_and_checked(tmp_path, capsys):
    make = script("make_books")
    assert make.main(["unpack", str(tmp_path)]) == 0
    before = {file: (known.BOOKS.parent / file).read_bytes() for file in ("books.tsv.bz2", "authors.tsv.bz2")}
    assert make.main(["pack", str(tmp_path), "--out", str(tmp_path)]) == 0
    assert {file: (tmp_path / file).read_bytes() for file in before} == before
    lines = (tmp_path / "books.tsv").read_text(encoding="utf-8")
    (tmp_path / "books.tsv").write_text(f"{lines}No Age\tNobody\tfantasy\tfiction\told\n", encoding="utf-8")
    assert make.main(["pack", str(tmp_path), "--out", str(tmp_path)]) == 2
    assert "5 columns instead of 10" in capsys.readouterr().err
