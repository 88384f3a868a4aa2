"""Kinds of fields: one table holds all that they can do, so that a new kind is an entry of it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from wherefore.catalog import kinds
from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.kinds import LIST, NUMBER, FieldKind, Sign
from wherefore.catalog.naming import label_of
from wherefore.catalog.schema import Schema
from wherefore.catalog.spoken import values_of
from wherefore.catalog.written import as_number
from wherefore.dialogue.parts import parts
from wherefore.dialogue.spoken import limit_words
from wherefore.dialogue.state import Limit, Preferences, Wish

CATALOG = Path(kinds.__file__).parent
BOOKS = [
    {"title": "Low Tide", "pages": 210, "Illustrated": "yes", "stars": "4.5/5"},
    {"title": "High Water", "pages": 90, "Illustrated": "no", "stars": "3/5"},
    {"title": "Ebb", "pages": 330, "Illustrated": "yes", "stars": None},
]


def flag_reader(source: kinds.ColumnCells) -> kinds.Read:
    return lambda cell: (label_of(source.name),) if cell == "yes" else None


FLAG = FieldKind(
    "yes or no", LIST, flag_reader, values="tags", say=tuple, phrase=lambda name: "{}", control="chips"
)
RATING = FieldKind(
    "how well people like it",
    NUMBER,
    lambda source: lambda cell: as_number(cell.removesuffix("/5")),
    measure="number",
    say=lambda value: (f"{value} stars",),
    control="slider",
)
SIGNS = (
    Sign("flag", lambda column: set(column.texts) == {"yes", "no"}),
    Sign("rating", lambda column: "star" in column.words),
)


@pytest.fixture
def books(monkeypatch) -> Catalog:
    table = {**kinds.KINDS, "flag": FLAG, "rating": RATING}
    for name, module in list(sys.modules.items()):
        if name.startswith("wherefore.catalog") and hasattr(module, "KINDS"):
            monkeypatch.setattr(module, "KINDS", table)
    monkeypatch.setattr(kinds, "SIGNS", SIGNS + kinds.SIGNS)
    return Catalog.from_records(BOOKS, name="books")


def test_a_new_kind_is_an_entry_of_the_table(books, tmp_path):
    schema = books.schema
    flag, rating = schema.spec("Illustrated"), schema.spec("stars")
    assert (flag.kind, rating.kind) == ("flag", "rating")
    assert schema.tags == schema.valued == (flag,) and schema.measures == (schema.spec("pages"), rating)
    assert [item.fields for item in books.items] == [
        {"pages": 210, "Illustrated": ("illustrated",), "stars": 4.5},
        {"pages": 90, "stars": 3},
        {"pages": 330, "Illustrated": ("illustrated",)},
    ]

    wish = Wish("Illustrated", "illustrated", 2.0, "with pictures")
    limit = Limit("stars", "ge", 4.0, "good ones")
    assert [wish.held_by(item) for item in books.items] == [True, False, True]
    assert [limit.allows(item, books) for item in books.items] == [True, False, False]
    assert dict(books.vocabulary("Illustrated")) == {"illustrated": 2}
    assert books.numbers("stars")[:2].tolist() == [4.5, 3.0]

    assert flag.phrase == "{}" and rating.phrase == "star: {}"
    assert values_of(books.items[0], flag) == ("illustrated",)
    assert values_of(books.items[0], rating) == ("4.5 stars",) and values_of(books.items[2], rating) == ()
    assert limit_words([limit], rating) == "at least 4"
    state = Preferences(wanted=(wish,), limits=(limit,))
    assert [part.text for part in parts(state, books)] == ["illustrated", "at least 4 stars"]
    assert "illustrated" in books.text(books.items[0])
    assert '`Illustrated`  flag, said "{}"' in books.describe()

    books.save(tmp_path / "books.parquet")
    again = Catalog.load(tmp_path / "books.parquet")
    assert again == books and again.schema.to_yaml() == schema.to_yaml()
    assert again.fingerprint() == books.fingerprint()
    with pytest.raises(ValueError, match="`stars` is 'four': it should be a finite number"):
        books.add([Item("9", "Swell", {"stars": "four"})])


def test_a_kind_that_is_not_in_the_table_is_unknown():
    fields = [{"name": "title", "kind": "title"}, {"name": "stars", "kind": "rating"}]
    with pytest.raises(ValueError, match="known kinds: id, title, alias, text, category, people, number"):
        Schema.parse({"fields": fields})


@pytest.mark.parametrize("name", kinds.KINDS)
def test_every_kind_reads_what_it_keeps(name):
    can = kinds.KINDS[name]
    read = can.reader(kinds.ColumnCells("some", None, ["2001"]))
    value = read("2001")
    can.stored.check(value)
    assert (
        can.stored.arrow([value]) in ("string", "list", "int64", "vector")
        and can.phrase("some").count("{}") == 1
    )
    assert not can.stated or can.say(value) == ("2001",)


def kind_names_asked_for(path, names):
    """Lines of a file that compare a kind with one of these names, or look fields up by one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        compared = isinstance(node, ast.Compare) and any(
            isinstance(side, ast.Attribute) and side.attr in ("kind", "field_kind") for side in ast.walk(node)
        )
        called = isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "of_kind"
        given = isinstance(node, ast.keyword) and node.arg == "kind" and path.parent == CATALOG
        said = {one.value for one in ast.walk(node) if isinstance(one, ast.Constant)} & names
        if (compared or called or given) and said:
            yield f"{path.name}:{getattr(node, 'lineno', 0)}"


def test_everybody_asks_what_a_field_can_do():
    """No module but the table compares a kind with a name, or asks a schema for fields by it."""
    root = CATALOG.parents[2]
    files = [path for folder in ("src", "ui", "scripts") for path in (root / folder).rglob("*.py")]
    assert len(files) > 200
    assert not [line for path in files for line in kind_names_asked_for(path, set(kinds.KINDS))]


def test_who_asks_for_a_kind_by_name_is_found(tmp_path):
    path = tmp_path / "asks.py"
    path.write_text(
        "if spec.kind == 'people' or fact.field_kind in ('date', 'x'):\n    schema.of_kind('text')\n"
    )
    assert len(list(kind_names_asked_for(path, set(kinds.KINDS)))) == 3
