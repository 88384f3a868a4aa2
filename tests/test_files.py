"""Files as people have them: encodings, delimiters, quotes, packed files, workbooks, databases, broken rows."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sqlite3
import sys
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherefore.catalog import sources
from wherefore.catalog.catalog import Catalog
from wherefore.catalog.decoding import decoded
from wherefore.catalog.delimited import delimiter_of
from wherefore.catalog.sources import read_table
from wherefore.catalog.tables import Table
from wherefore.errors import CatalogError, MissingPackageError


def write(folder: Path, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def rows(table: Table) -> list[list[Any]]:
    """The table's rows, without its header."""
    return [list(row) for row in zip(*table.columns.values(), strict=True)]


def read(folder: Path, name: str, content: str | bytes, encoding: str = "utf-8", **how: bool) -> Table:
    return read_table(write(folder, name, content, encoding), **how)


def notes(table: Table | Catalog) -> list[str]:
    return [str(note) for note in table.notes]


# -- delimiters


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.csv", "id|title|year\n1|Star, the|1990\n2|No|2001\n", [["1", "Star, the", "1990"], ["2", "No", "2001"]]),
        ("a.txt", "id|title\n1|Lamp; red\n2|Desk, oak\n3|C\n", [["1", "Lamp; red"], ["2", "Desk, oak"], ["3", "C"]]),
        ("a.tsv", "id|title|url\n1|A|http://x.org/a,b;c\n", [["1", "A", "http://x.org/a,b;c"]]),
        ("a.csv", "id|title|tags\n1|\"A|B\"|x\n2|C|y\n", [["1", "A|B", "x"], ["2", "C", "y"]]),
        ("a.csv", "id,title,tags\n1,A,x|y\n2,B,x|y|z\n3,,z\n",
         [["1", "A", "x|y"], ["2", "B", "x|y|z"], ["3", None, "z"]]),
        ("a.csv", "id,title,tags|moods\n1,A,x|y\n2,B,x|z\n", [["1", "A", "x|y"], ["2", "B", "x|z"]]),
        ("a.csv", "Nr;Preis, netto;Name\n1;3,5;Lampe\n2;4,2;Tisch\n", [["1", "3,5", "Lampe"], ["2", "4,2", "Tisch"]]),
        ("a.csv", "Preis, netto;Name\n3,50;Lampe\n4,20;Tisch\n", [["3,50", "Lampe"], ["4,20", "Tisch"]]),
        ("a.csv", "id\ttitle\n1\tA, b\n2\tC; d\n", [["1", "A, b"], ["2", "C; d"]]),
        ("a.tsv", "id,title\n1,A\n2,B\n", [["1", "A"], ["2", "B"]]),
        ("a.csv", 'id;title\r\n"1";"A;\r\nb"\r\n2;C\r\n', [["1", "A;\r\nb"], ["2", "C"]]),
        ("a.csv", "id,title\r1,A\r2,B\r", [["1", "A"], ["2", "B"]]),
        ("a.txt", "title\nParis, Texas\nBig\nUp; down\n", [["Paris, Texas"], ["Big"], ["Up; down"]]),
        ("a.csv", 'id, title, genre\n1, "Night, day", x\n2, Big, y\n', [["1", "Night, day", "x"], ["2", "Big", "y"]]),
    ],
)  # fmt: skip
def test_the_delimiter_is_the_one_that_cuts_rows_as_the_header(
    tmp_path: Path, name: str, text: str, expected: list
):
    assert rows(read(tmp_path, name, text)) == expected


def test_pipes_are_said_and_commas_are_not(tmp_path: Path):
    assert notes(read(tmp_path, "a.csv", "id|title\n1|A\n2|B\n")) == ["`|` parts its cells"]
    assert notes(read(tmp_path, "b.csv", "id,title\n1,A\n2,B\n")) == []


@pytest.mark.parametrize(
    ("first", "mark", "encoding"),
    [
        ("sep=;\r\n", ";", "utf-8-sig"),
        ("SEP=,\n", ",", "utf-8"),
        ('"sep=|"\n', "|", "utf-16"),
        ("sep=\t\r\n", "\t", "utf-8"),
        ("sep=^\n", "^", "cp1252"),
        ("sep=;;;\n", ";", "utf-8"),
        ("sep=;\r", ";", "latin-1"),
    ],
)
def test_excels_first_line_says_the_delimiter(tmp_path: Path, first: str, mark: str, encoding: str):
    text = (
        first
        + "\r\n".join(mark.join(row) for row in (["id", "title"], ["1", "Étoile"], ["2", "Nacht"]))
        + "\r\n"
    )
    table = read(tmp_path, "a.csv", text, encoding)
    assert rows(table) == [["1", "Étoile"], ["2", "Nacht"]] and table.where(0) == "line 3"
    assert f"`{mark}` parts its cells, as its first line says" in notes(table)
    assert [item.title for item in Catalog.load(tmp_path / "a.csv")] == ["Étoile", "Nacht"]


def test_a_list_of_titles_is_no_header_that_lacks_its_delimiter(tmp_path: Path):
    assert delimiter_of("title\nA\nB, c\nD\nE\n") == "\x1f"
    text = "title\n" + "".join(f"Song {n},{1990 + n}\n" for n in range(5))
    with pytest.raises(CatalogError, match="line 2 has 2 cells where the header has 1"):
        read(tmp_path, "a.csv", text)


def test_a_header_without_the_name_of_the_row_numbers(tmp_path: Path):
    table = read(tmp_path, "cars.csv", '"title","price"\n"1","Alto",3\n"2","Brio",4\n')
    assert dict(table.columns) == {"column 1": ["1", "2"], "title": ["Alto", "Brio"], "price": ["3", "4"]}
    assert "its header names one column fewer than its rows have" in notes(table)[0]
    with pytest.raises(
        CatalogError, match="b.csv: no row fits its header in line 1, of 2 cells: 'title . price'"
    ):
        read(tmp_path, "b.csv", "title,price\nParis, Texas,3\nYork, England,4\n")


# -- quotes


def test_quotes_that_wrap_nothing_are_text(tmp_path: Path):
    head = "tconst\tprimaryTitle\tyear\n"
    table = read(tmp_path, "a.tsv", head + 'tt1\t"Sing Out" Maestro\t1938\ntt2\tLate "Show" Nights\t2004\n')
    assert table.columns["primaryTitle"] == ['"Sing Out" Maestro', 'Late "Show" Nights']
    assert notes(table) == ['quotes in its cells are part of the text: `"Sing Out" Maestro`']
    # one that is never closed, one that would swallow the lines between, and a title that ends in one
    for first, last in (('"Open', 'Shut"'), ('"Open', "Mid"), ('"', 'x "')):
        text = head + f"tt1\t{first}\t1938\ntt2\tMid\t1951\ntt3\t{last}\t2004\n"
        assert read(tmp_path, "b.tsv", text).columns["primaryTitle"] == [first, "Mid", last]
    table = read(tmp_path, "c.csv", 'id,title,year\n1,"Heroes" again,1977\n2,Low,1978\n')
    assert table.columns["title"] == ['"Heroes" again', "Low"]


def test_one_cell_with_quotes_of_its_own_among_quoted_ones(tmp_path: Path):
    text = 'id,title,year\n1,"Low, high",1978\n2,"Heroes" again,1977\n3,"He said "no" twice",1980\n4,"A ""b""",1981\n'
    table = read(tmp_path, "a.csv", text)
    assert table.columns["title"] == ["Low, high", '"Heroes" again', 'He said "no" twice', 'A "b"']
    assert notes(table) == ["quotes within a cell are taken as part of its text (line 3, line 4)"]


def test_quotes_after_backslashes(tmp_path: Path):
    text = 'id,title,note\n"1","say \\"hi\\", then","C:\\\\new"\n"2","plain","\\\\"\n3,no \\"wrap\\",x\n'
    table = read(tmp_path, "a.csv", text)
    assert rows(table) == [["1", 'say "hi", then', "C:\\new"], ["2", "plain", "\\"], ["3", 'no "wrap"', "x"]]
    assert notes(table) == ['`\\"` in its cells is read as a quote']
    kept = read(tmp_path, "b.csv", 'id,title\n1,C:\\new\n2,"\\N, x"\n')  # backslashes alone are text
    assert kept.columns["title"] == ["C:\\new", "\\N, x"] and not kept.notes


def test_lines_that_are_wrapped_in_quotes_whole(tmp_path: Path):
    table = read(tmp_path, "a.csv", '"id,title"\r\n"1,""Night, and day"""\r\n"2,Tide"\r\n')
    assert rows(table) == [["1", "Night, and day"], ["2", "Tide"]] and table.where(1) == "line 3"
    assert notes(table) == ["each of its lines is wrapped in quotes as one cell, and is read without them"]


def test_a_stray_quote_is_named_by_the_line_where_it_opens(tmp_path: Path):
    lines = ["id,title,genre", *(f"{n},Title {n},drama" for n in range(1, 9))]
    lines[3] = '3,"Title 3,drama'
    path = write(tmp_path, "a.csv", "\n".join(lines) + "\n")
    with pytest.raises(
        CatalogError, match=r"a.csv, line 4: a quote opens here that is never closed; .*3,.Title 3"
    ):
        read_table(path)
    table = read_table(path, skip_bad=True)
    assert table.columns["id"] == ["1", "2", "4", "5", "6", "7", "8"]
    assert notes(table) == ["1 of 8 rows is left out: a quote that is never closed (line 4)"]
    lines[7] = '7,"Title, seven",drama'  # another quote ends the stray one
    path = write(tmp_path, "b.csv", "\n".join(lines) + "\n")
    with pytest.raises(
        CatalogError, match="b.csv, line 4: a quote opens here that is not closed before line 8"
    ):
        read_table(path)
    assert read_table(path, skip_bad=True).columns["title"][-2:] == ["Title, seven", "Title 8"]
    lines[7] = '7,Title 7",drama'  # closed within another row
    table = read(tmp_path, "c.csv", "\n".join(lines) + "\n", skip_bad=True)
    assert "4" not in table.columns["id"][:2] and len(table) >= 5 and all(note.lost for note in table.notes)


# -- encodings


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", "read as UTF-16"),
        ("utf-16-le", "read as UTF-16"),
        ("utf-16-be", "read as UTF-16"),
        ("utf-32", "read as UTF-32"),
        (
            "cp1252",
            "read as Windows-1252, which its bytes look like: `Café`; if that is wrong, save the file as UTF-8",
        ),
        ("latin-1", "read as Latin-1 (Windows-1252), which its bytes look like: `Café`; if"),
    ],
)
def test_encodings_of_western_europe(tmp_path: Path, encoding: str, said: str | None):
    titles = ["Café Müller", "Gänse für Åse", "Plain", "Price in €" if encoding != "latin-1" else "Niño"]
    text = "id;title;genre\r\n" + "".join(f"{n};{title};drama\r\n" for n, title in enumerate(titles))
    table = read(tmp_path, "a.csv", text, encoding)
    assert table.columns["title"] == titles and list(table.columns) == ["id", "title", "genre"]
    assert [note.startswith(said or "-") for note in notes(table)] == ([True] if said else [])
    lines = "".join(json.dumps({"title": title}, ensure_ascii=False) + "\n" for title in titles)
    assert read(tmp_path, "a.jsonl", lines, encoding).columns["title"] == titles


@pytest.mark.parametrize(
    ("encoding", "titles"),
    [
        ("cp1250", ["Łódź nocą", "Příliš žluťoučký kůň", "Święta"]),
        ("cp1251", ["Мастер и Маргарита", "Белая гвардия"]),
        ("cp1253", ["Ο Ζορμπάς", "Το τρίτο στεφάνι"]),
        ("cp1254", ["İnce Memed", "Kürk Mantolu Madonna", "Çalıkuşu"]),
        ("shift_jis", ["吾輩は猫である", "銀河鉄道の夜", "こころ"]),
        ("gb18030", ["红楼梦", "三国演义", "水浒传", "西游记"]),
        ("utf-16-le", ["吾輩は猫である", "红楼梦"]),
        ("mac_roman", ["Café Müller", "Gänseblümchen", "Étoile", "Crème brûlée", "São Paulo", "Straße"]),
        ("cp850", ["Café Müller", "Gänseblümchen", "Etoilé", "Crème brûlée"]),
    ],
)
def test_encodings_of_elsewhere(tmp_path: Path, encoding: str, titles: list[str]):
    text = "id,title\n" + "".join(f"{n},{title}\n" for n, title in enumerate(titles * 2))
    assert read(tmp_path, "a.csv", text, encoding).columns["title"] == titles * 2


def test_encodings_are_told_without_the_browsers_detector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "chardetng_py", None)
    text = "id,title\n" + "".join(
        f"{n},{title}\n" for n, title in enumerate(["Белая гвардия", "Тихий Дон"] * 5)
    )
    assert read(tmp_path, "a.csv", text, "cp1251").columns["title"][1] == "Тихий Дон"


def test_a_few_broken_bytes_in_utf8_are_rows_that_cannot_be_read(tmp_path: Path):
    good = "id,title\n" + "".join(f"{n},Café {n}\n" for n in range(9))
    path = write(tmp_path, "a.csv", good.encode() + b"9,Caf\xe9 9\n")
    with pytest.raises(
        CatalogError, match="line 11, column `title`: .*byte 0xe9, which is not UTF-8 as the rest of the file"
    ):
        Catalog.load(path)
    catalog = Catalog.load(path, skip_bad=True)
    assert len(catalog) == 9 and "line 11" in notes(catalog)[0]
    named = "id,title,x\n" + "".join(f"{n},Café {n},y\n" for n in range(9))
    path = write(tmp_path, "b.csv", named.encode().replace(b"x\n", b"Caf\xe9\n", 1))
    with pytest.raises(
        CatalogError, match="b.csv: the name of the column 'Caf.*': it holds half of a surrogate pair"
    ):
        Catalog.load(path, skip_bad=True)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", b"PK\x03\x04....", "looks like a zip file or an Excel workbook; call it .zip or .xlsx"),
        ("a.csv", b"%PDF-1.7 x", "looks like a PDF"),
        ("a.csv", b"SQLite format 3\x00\x10", "looks like an SQLite database; call it .sqlite"),
        ("a.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel workbook"),
        ("a.csv", b"<!DOCTYPE html>\n<html>", "a.csv is a web page or XML"),
        ("a.csv", b"id,title\n1,\x01\x02\xff\x03\x04\x05\x81\n", "a.csv, line 2: byte 0xff .* save it as UTF-8"),
        ("a.csv", "id,title\n1,A\n".encode("utf-16")[:-1], "begins as UTF-16 but is broken at byte"),
        ("a.tsv", "id\ttitle\n1\tA\x00\n".encode("utf-16"), "a.tsv, line 2 holds a NUL"),
        ("a.csv", b"sep=;\n", "a.csv is empty"),
        ("a.csv", b'"id,title\n1,A\n', "line 1: the header's quotes cannot be read"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, data: bytes, message: str):
    with pytest.raises(CatalogError, match=message):
        read(tmp_path, name, data)


# -- rows that cannot be read


RAGGED = (
    "id,title,authors,year\n1,Salt,Ann,1990\n2,Tide,Bo, Jr.,1991\n3,Moths,Cy,1992\n4,Oak\n5,Elm,Di,1994\n"
)


@pytest.mark.parametrize(
    ("mark", "encoding", "name"),
    [
        (",", "utf-8", "a.csv"),
        (";", "cp1252", "a.csv"),
        ("\t", "utf-16", "a.tsv"),
        ("|", "utf-8", "a.txt.gz"),
    ],
)
def test_ragged_rows_are_all_listed_and_left_out_when_asked(
    tmp_path: Path, mark: str, encoding: str, name: str
):
    data = RAGGED.replace("Elm", "Ulmé").replace(",", mark).encode(encoding)
    path = write(tmp_path, name, gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
    with pytest.raises(CatalogError) as error:
        Catalog.load(path)
    told = str(error.value)
    assert told.startswith(f"{name}: 2 of its 5 rows cannot be read:")
    assert "line 3 has 5 cells where the header has 4; is a quote missing" in told
    assert "line 5 has 2 cells where the header has 4; is a separator missing" in told
    assert told.endswith(
        "--skip-bad on the command line, skip_bad=True in Python, the tick beside the file on the page"
    )
    catalog = Catalog.load(path, skip_bad=True)
    assert [(item.id, item.title, item.get("year")) for item in catalog] == [
        ("1", "Salt", 1990), ("3", "Moths", 1992), ("5", "Ulmé", 1994),
    ]  # fmt: skip
    lost = [str(note) for note in catalog.notes if note.lost]
    assert lost == [
        "1 of 5 rows is left out: more cells than the header has (line 3)",
        "1 of 5 rows is left out: fewer cells than the header has (line 5)",
    ]
    assert catalog.describe().count("left out") == 2


def test_an_error_shows_five_rows_and_counts_all(tmp_path: Path):
    text = "id,title\n" + "".join(f"{n},A,{n}\n" if n % 2 else f"{n},B\n" for n in range(40))
    with pytest.raises(CatalogError) as error:
        read(tmp_path, "a.csv", text)
    told = str(error.value)
    assert told.startswith("a.csv: 20 of its 40 rows cannot be read:") and "and 15 more" in told
    assert told.count("has 3 cells") == 5 and "line 11 has" in told and "line 13 has" not in told
    table = read_table(tmp_path / "a.csv", skip_bad=True)
    assert len(table) == 20 and len(table.notes[0].places) == 20
    report = "Goods of 2024\n\nid,title,genre\n1,A,x\n2,B,y\n3,C,y\n"
    for skip_bad in (False, True):
        with pytest.raises(
            CatalogError,
            match="no row fits its header in line 1, of 1 cells: 'Goods of 2024'. Take out what stands above",
        ):
            read(tmp_path, "b.csv", report, skip_bad=skip_bad)
    with pytest.raises(CatalogError, match="c.jsonl: none of its rows can be read:\n  line 1 holds a int"):
        read(tmp_path, "c.jsonl", "1\n2\n", skip_bad=True)


def test_empty_cells_too_many_and_missing_ones_are_read_where_that_is_certain(tmp_path: Path):
    text = "id,title,year,note\n1,A,1990,\n2,B,1991,x,,\n3,C,1992\n,,,\n4,D,1993,y\n"
    table = read(tmp_path, "a.csv", text)
    assert table.columns["title"] == ["A", "B", "C", "D"] and table.columns["note"] == [None, "x", None, "y"]
    assert notes(table) == [
        "empty cells beyond the header's last are passed over (line 3)",
        "cells that are missing at the end are taken as empty (line 4)",
        "rows without any value are passed over (line 5)",
    ]
    # a cell that is no number where numbers stand shows that one before it is missing
    with pytest.raises(CatalogError, match="line 4 has 3 cells where the header has 4"):
        read(tmp_path, "b.csv", text.replace("3,C,1992", "3,1992,z"))
    # nor is it known what the last line lacks where the file breaks off in it
    with pytest.raises(CatalogError, match="line 6 has 2 cells .* or the file cut off"):
        read(tmp_path, "c.csv", text.replace("4,D,1993,y\n", "4,D"))
    # nothing shows that the last cell may be empty
    with pytest.raises(CatalogError, match="line 3 has 2 cells where the header has 3"):
        read(tmp_path, "d.csv", "id,title,genre\n1,A,x\n2,B\n3,C,y\n")


def test_broken_lines_of_json(tmp_path: Path):
    path = write(tmp_path, "a.ndjson", '{"title": "A"}\n{"title": }\n[1]\n\n{"title": "B"}\n')
    with pytest.raises(
        CatalogError, match=r"2 of its 4 rows .*\n  line 2, column 11: broken JSON .*\n  line 3 holds a list"
    ):
        Catalog.load(path)
    catalog = Catalog.load(path, skip_bad=True)
    assert [item.title for item in catalog] == ["A", "B"]
    assert notes(catalog) == [
        "1 of 4 rows is left out: broken JSON (line 2)",
        "1 of 4 rows is left out: no object with keys and values (line 3)",
    ]


def test_rows_without_a_title_or_an_id_of_their_own(tmp_path: Path):
    path = write(tmp_path, "a.csv", "id,title,genre\n1,A,x\n1,B,x\n,C,x\n4,  ,x\n5,E,y\n1,F,y\n")
    with pytest.raises(CatalogError) as error:
        Catalog.load(path)
    told = str(error.value)
    assert told.startswith("a.csv: 4 of its 6 rows cannot be read:")
    for part in (
        "line 3, column `id`: the id '1' is already that of line 2", "line 4, column `id`: the id is empty",
        "line 5, column `title`: the title is empty", "line 7, column `id`: the id '1' is already that of line 2",
    ):  # fmt: skip
        assert part in told
    catalog = Catalog.load(path, skip_bad=True)
    assert [(item.id, item.title) for item in catalog] == [("1", "A"), ("5", "E")]
    assert sorted(notes(catalog)) == [
        "1 of 6 rows is left out: the id is empty (line 4)",
        "1 of 6 rows is left out: the title is empty (line 5)",
        "2 of 6 rows are left out: an earlier row has the id (line 3, line 7)",
    ]
    records = [{"title": "A"}, {"title": ""}]
    assert len(Catalog.from_records(records, skip_bad=True)) == 1
    with pytest.raises(CatalogError, match="records, row 2, column `title`: the title is empty"):
        Catalog.from_records(records)


def test_columns_of_one_name(tmp_path: Path):
    table = read(tmp_path, "a.csv", "id,title,title\n1,A,A\n2,B,B\n")
    assert dict(table.columns) == {"id": ["1", "2"], "title": ["A", "B"]}
    assert notes(table) == ["`title`: column 3 is the same again, and is read once"]
    with pytest.raises(
        CatalogError, match="line 1: two columns are called title, and their cells differ; rename one"
    ):
        read(tmp_path, "b.csv", "id,title,title\n1,A,A\n2,B,C\n")


# -- JSON


def test_json_in_one_piece(tmp_path: Path):
    records = [{"title": "A", "tags": ["x"]}, {"title": "B", "year": 1990}]
    for whole in (records, {"count": 2, "items": records, "empty": []}):
        table = read(tmp_path, "a.json", json.dumps(whole, indent=1))
        assert dict(table.columns) == {"title": ["A", "B"], "tags": [["x"], None], "year": [None, 1990]}
    lines = "\n".join(map(json.dumps, records))
    assert read(tmp_path, "lines.json", lines).columns["title"] == ["A", "B"]
    path = write(tmp_path, "b.json", json.dumps([*records, 3]))
    with pytest.raises(CatalogError, match="b.json, row 3 is a int, '3', not an object"):
        read_table(path)
    assert len(read_table(path, skip_bad=True)) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "holds no record"),
        ("3", "holds a int; an array of objects is needed"),
        ('{"a": 1, "b": [2]}', "no array of objects .its keys are `a`, `b`"),
        ('{"a": [{}], "b": [{}]}', "several arrays of objects .its keys are `a`, `b`"),
        ('[{"title": "A"},\n {"title": }]', "line 2, column 12: broken JSON"),
        ("[" * 100_000, "nested too deep"),
    ],
)
def test_json_that_is_no_table(tmp_path: Path, text: str, message: str):
    with pytest.raises(CatalogError, match=f"a.json.*{message}"):
        read(tmp_path, "a.json", text)


# -- packed files


PLAIN = b"id,title\n1,A\n2,B\n"


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_packed_files(tmp_path: Path):
    inside = {"__MACOSX/._a.csv": b"x", "shop/.DS_Store": b"x", "shop/readme.txt": b"x", "shop/a.csv": PLAIN}
    for name, data in {
        "a.csv.gz": gzip.compress(PLAIN, mtime=0),
        "a.csv.bz2": bz2.compress(PLAIN),
        "a.csv.xz": lzma.compress(PLAIN),
        "a.zip": zipped(**inside),
        "deep.zip": zipped(**{"a.csv.gz": gzip.compress(PLAIN, mtime=0)}),
        "a.json.gz": gzip.compress(b'[{"id": "1", "title": "A"}, {"id": "2", "title": "B"}]', mtime=0),
    }.items():
        table = read(tmp_path, name, data)
        assert rows(table) == [["1", "A"], ["2", "B"]] and name in table.name


def test_a_zip_of_several_tables(tmp_path: Path):
    path = write(tmp_path, "a.zip", zipped(**{"a.csv": PLAIN, "b/c.csv": b"id,title\n7,C\n"}))
    with pytest.raises(
        CatalogError, match=r"several tables: a.csv, b/c.csv. Pack one alone, or name one: a.zip#a.csv"
    ):
        read_table(path)
    assert rows(read_table(tmp_path / "a.zip#a.csv")) == [["1", "A"], ["2", "B"]]
    assert rows(read_table(Path(f"{path}#b/c.csv"))) == [["7", "C"]]
    with pytest.raises(CatalogError, match="no table called 'd.csv'; it holds a.csv, b/c.csv"):
        read_table(tmp_path / "a.zip#d.csv")


def test_hostile_names_in_a_zip_stay_in_it(tmp_path: Path):
    folder = tmp_path / "in"
    folder.mkdir()
    table = read(folder, "a.zip", zipped(**{"../../evil.csv": PLAIN}))
    assert len(table) == 2 and [p.name for p in tmp_path.rglob("*")] == ["in", "a.zip"]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.zip", b"PK\x03\x04 not really", "a.zip is not a whole zip file"),
        ("a.zip", zipped(**{"a.md": b"x"}), "holds no table that can be read; it holds a.md"),
        ("a.csv.bz2", b"BZh9 no", "a.csv.bz2 is not a whole bzip2 file"),
        ("a.csv.xz", b"no", "a.csv.xz is not a whole xz file"),
        ("a.gz", gzip.compress(PLAIN, mtime=0), "ends in none of .csv"),
        ("a.xls", b"x", "a.xls is an old Excel workbook; open it there and save it as .xlsx"),
        ("a.ods", b"x", "a.ods is an OpenDocument sheet"),
        ("a.xlsx", b"x", "a.xlsx is not an Excel workbook"),
        ("a.db", b"no database" * 99, "a.db is not an SQLite database"),
    ],
)
def test_broken_containers_are_refused(tmp_path: Path, name: str, data: bytes, message: str):
    with pytest.raises(CatalogError, match=message):
        read(tmp_path, name, data)


def test_files_that_grow_too_large_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sources, "LARGEST", 1000)
    bomb = b"id,title\n" + b"0" * 100_000
    for name, data in {
        "a.csv.gz": gzip.compress(bomb, mtime=0), "a.csv.xz": lzma.compress(bomb), "a.zip": zipped(**{"a.csv": bomb}),
    }.items():  # fmt: skip
        with pytest.raises(CatalogError, match=rf"{name}.* bytes unpacked"):
            read(tmp_path, name, data)
    book = workbook(tmp_path / "a.xlsx", {"S": [["title"], *[["A" * 50]] * 50]})
    with pytest.raises(
        CatalogError, match="bytes unpacked, more than the 1,000 that are read; export it as CSV"
    ):
        read_table(book)


# -- workbooks


def workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, cells in sheets.items():
        sheet = book.create_sheet(name)
        for row in cells:
            sheet.append(row)
    book.save(path)
    return path


def test_a_workbook_is_read_with_its_types(tmp_path: Path):
    cells = [
        [],
        ["id", "title", "price", "stock", "added", "seen", None, "note"],
        [1, "Lamp", 4.5, True, date(2021, 5, 3), datetime(2021, 5, 3, 10, 30), None, None],
        [],
        [2, "Étoile", 7.0, False, None, None, None, "#N/A"],
    ]
    table = read_table(workbook(tmp_path / "shop.xlsx", {"Goods": cells, "Empty": []}))
    assert dict(table.columns) == {
        "id": [1, 2], "title": ["Lamp", "Étoile"], "price": [4.5, 7], "stock": [True, False],
        "added": ["2021-05-03", None], "seen": ["2021-05-03T10:30:00", None], "note": [None, None],
    }  # fmt: skip
    assert [table.where(row) for row in range(2)] == ["row 3", "row 5"]
    assert notes(table) == ["`note`: #N/A, what a formula gives that fails (row 5)"]
    catalog = Catalog.load(tmp_path / "shop.xlsx")
    assert catalog["2"].title == "Étoile" and catalog["1"].get("price") == 4.5


def test_formulas_without_results_are_told(tmp_path: Path):
    cells = [["title", "price", "twice"], ["A", 2, "=B2*2"], ["B", 3, 6], ["C", None, "=B4*2"]]
    table = read_table(workbook(tmp_path / "a.xlsx", {"S": cells}))  # openpyxl writes no results
    assert table.columns["twice"] == [None, 6, None] and table.columns["price"] == [2, 3, None]
    assert notes(table) == [
        "`twice`: a formula whose result is not in the file; open the workbook in Excel and save it (row 2, row 4)"
    ]


def test_of_several_sheets_one_is_named(tmp_path: Path):
    path = workbook(
        tmp_path / "a.xlsx", {"One": [["title"], ["A"]], "Two": [["title"], ["B"], ["C"]], "No": []}
    )
    with pytest.raises(
        CatalogError, match="several sheets with something in them: One, Two. Name one: a.xlsx#One"
    ):
        read_table(path)
    assert rows(read_table(tmp_path / "a.xlsx#Two")) == [["B"], ["C"]]
    assert [item.title for item in Catalog.load(f"{path}#Two")] == ["B", "C"]
    with pytest.raises(CatalogError, match="no sheet called 'Three'; its sheets are One, Two, No"):
        read_table(tmp_path / "a.xlsx#Three")
    with pytest.raises(CatalogError, match="the sheet No of a.xlsx is empty"):
        read_table(tmp_path / "a.xlsx#No")
    packed = write(tmp_path, "a.zip", zipped(**{"a.xlsx": path.read_bytes()}))
    assert rows(read_table(Path(f"{packed}#a.xlsx#Two"))) == [["B"], ["C"]]


def test_a_workbook_without_openpyxl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = workbook(tmp_path / "a.xlsx", {"S": [["title"], ["A"]]})
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(
        MissingPackageError, match=r"a.xlsx is an Excel workbook; .*pip install 'wherefore\[excel\]'"
    ):
        read_table(path)


# -- databases


def database(path: Path, *statements: str) -> Path:
    with sqlite3.connect(path) as opened:
        for statement in statements:
            opened.execute(statement)
    opened.close()
    return path


def test_a_database_is_read_and_not_changed(tmp_path: Path):
    path = database(
        tmp_path / "shop.sqlite", "CREATE TABLE goods (id INTEGER, title TEXT, price REAL)",
        "INSERT INTO goods VALUES (1, 'Lamp', 4.5), (2, 'Étoile', NULL)", "CREATE TABLE empty (x)",
        "CREATE VIEW cheap AS SELECT id, title FROM goods WHERE price < 5",
    )  # fmt: skip
    before = path.read_bytes()
    table = read_table(path)
    assert dict(table.columns) == {"id": [1, 2], "title": ["Lamp", "Étoile"], "price": [4.5, None]}
    assert rows(read_table(Path(f"{path}#cheap"))) == [[1, "Lamp"]]
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["shop.sqlite"]
    packed = write(tmp_path, "shop.db.gz", gzip.compress(before, mtime=0))
    assert rows(read_table(packed)) == rows(table)


def test_of_several_tables_one_is_named(tmp_path: Path):
    path = database(
        tmp_path / "a.db", "CREATE TABLE one (title)", "INSERT INTO one VALUES ('A')", "CREATE TABLE two (title)",
        "INSERT INTO two VALUES ('B')", "CREATE TABLE three (title)",
    )  # fmt: skip
    with pytest.raises(CatalogError, match="several tables with rows: one, two. Name one: a.db#one"):
        read_table(path)
    assert rows(read_table(Path(f"{path}#two"))) == [["B"]]
    for part, message in (
        ("four", "no table called 'four'; its tables are one, two, three"),
        ("three", "has no row"),
    ):
        with pytest.raises(CatalogError, match=message):
            read_table(Path(f"{path}#{part}"))


# -- any table comes back


ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32")
MARKED = st.text(st.sampled_from(list("ab1 ,;\t|\"'\\\n\r") + ["ä", "é", "ß", "夜", "\u2028"]), max_size=8)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(MARKED, min_size=2, max_size=2), min_size=1, max_size=6),
    st.sampled_from(",;\t|"),
    st.sampled_from(ENCODINGS),
    st.sampled_from(["minimal", "all", "escaped"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_any_quoted_table_comes_back(
    tmp_path_factory: pytest.TempPathFactory, cells: list, mark: str, encoding: str, style: str, end: str,
    announced: bool,
):  # fmt: skip
    # The first row shows the style: a cell with a quote, the delimiter and letters after both.
    wanted = [["0", f'say "hi"{mark} then', "x"], *([str(n), *row] for n, row in enumerate(cells, 1))]

    def written(cell: str) -> str:
        if style == "escaped":
            return '"' + cell.replace("\\", "\\\\").replace('"', '\\"') + '"'
        special = style == "all" or any(letter in '"\r\n' + mark for letter in cell)
        return '"' + cell.replace('"', '""') + '"' if special else cell

    lines = [mark.join(map(written, row)) for row in [["id", "title", "note"], *wanted]]
    text = f"sep={mark}{end}" * announced + end.join(lines) + end
    path = write(tmp_path_factory.mktemp("any"), "any.csv", text, encoding)
    assert [[cell or "" for cell in row] for row in rows(read_table(path))] == wanted


LETTERS = st.text(st.sampled_from([*"ab1 ,;|'\\\"äéßñ"]), max_size=8).filter(
    lambda text: not text.startswith('"')
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.lists(LETTERS, min_size=2, max_size=2), min_size=1, max_size=6),
    st.sampled_from([*ENCODINGS, "cp1252", "latin-1"]),
    st.sampled_from([".tsv", ".csv", ".txt"]),
)
def test_any_table_of_tabs_without_quoting_comes_back(
    tmp_path_factory: pytest.TempPathFactory, cells: list, encoding: str, suffix: str
):
    wanted = [
        ["0", '"Sing Out" Maestro', "Gänse für Åse"],
        *([str(n), *row] for n, row in enumerate(cells, 1)),
    ]
    text = "".join("\t".join(row) + "\n" for row in [["id", "title", "note"], *wanted])
    path = write(tmp_path_factory.mktemp("any"), f"any{suffix}", text, encoding)
    assert [[cell or "" for cell in row] for row in rows(read_table(path))] == wanted


def test_a_file_of_quotes_alone_is_refused(tmp_path: Path):
    path = tmp_path / "quotes.csv"
    path.write_text('""', encoding="utf-8")
    with pytest.raises(
        CatalogError, match="quotes.csv holds nothing but quotes; a catalogue needs a header line"
    ):
        Catalog.load(path)


def test_a_pound_before_a_number_is_no_polish_letter():
    rows = "Vehicle,Price\n" + "".join(f"Polo {n},£{n},995\n" for n in range(1, 9))
    assert decoded(rows.encode("cp1252"), "cars.csv").text == rows
    french = rows + "Clio café,£7,000\nMégane,£8,000\n"
    assert decoded(french.encode("cp1252"), "cars.csv").text == french
    polish = "Miasto;Cena\nŁódź;1\nKraków;2\nŻywiec;3\nGdańsk;4\nŚwidnica;5\n"
    assert decoded(polish.encode("cp1250"), "miasta.csv").text == polish
