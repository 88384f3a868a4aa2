"""What is known of works that a file only names: books by title and author, and their authors.

A file of books often holds a title, an author and a year, and people ask for "a thriller by a woman". The package
holds what we wrote of well-known books and authors (see data/README.md). Where enough of a file's items are such works,
their fields are added to it, in columns of their own: the file's columns stay as they are, and a field that it has
already is not added.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

from wherefore.catalog.cells import as_list, as_text, is_missing
from wherefore.catalog.kinds import AMOUNT, TAGS, TEXTS
from wherefore.catalog.naming import words_of
from wherefore.catalog.notes import Note
from wherefore.catalog.schema import FieldSpec, Schema
from wherefore.catalog.tables import Table
from wherefore.files import ASSETS, packed_text
from wherefore.text import forms

BOOKS, AUTHORS = ASSETS / "books.tsv.bz2", ASSETS / "authors.tsv.bz2"
COLUMN = "known: {}"  # of a field that is added
_FEWEST, _SHARE = 20, 0.1  # items, and of all, that are known: then it is a list of such works
_SERIES = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*$")  # "(The Hunger Games, #1)"
_BEHIND = re.compile(r"(?P<rest>.+),\s*(?P<article>the|a|an)", re.IGNORECASE)
_SUBTITLE = re.compile(r"\s*(?::|;| - | – | — ).*$")
_ARTICLES = ("the ", "a ", "an ")
_AFTER = frozenset("jr sr 2 3 4 phd md esq".split())
_AUTHOR = frozenset("author authors writer writers written novelist".split())
_SEX = {"f": "woman author", "m": "man author"}
_READERS = ((12, "children"), (16, "teens"), (99, "adults"))  # by the youngest age, below which it is
_FOR = frozenset(word for _, word in _READERS)
# What a field of the same meaning is called in files: then ours is not added.
_SAME = {
    "genres": frozenset(
        "genre genres category categories subject subjects shelf shelves topic topics tags".split()
    ),
    "about": frozenset(
        "about description descriptions blurb summary synopsis plot overview abstract".split()
    ),
    "age": frozenset("age ages readers audience".split()),
    "moods": frozenset("mood moods tone".split()),
    "themes": frozenset("theme themes topics".split()),
    "setting": frozenset("setting place location".split()),
    "warnings": frozenset("warning warnings content".split()),
}


def _spec(name: str, kind: str, label: str, phrase: str = "", **more: Any) -> FieldSpec:
    column = COLUMN.format(name.replace("_", " "))
    return FieldSpec(name=name, column=column, kind=kind, label=label, phrase=phrase, **more)


SPECS = {
    spec.name: spec
    for spec in (
        _spec("genres", TAGS, "genre", "{}"),
        _spec("readers", TAGS, "reader", "for {}"),
        _spec("age", AMOUNT, "youngest age", "for ages {} and up"),
        _spec("setting", TAGS, "setting", "set in {}", separator=""),
        _spec("moods", TAGS, "mood", "mood: {}"),
        _spec("about", TEXTS, "about"),
        _spec("themes", TEXTS, "theme", "theme: {}"),
        _spec("warnings", TAGS, "warning", "with {}"),
        _spec("writer", TAGS, "kind of author", "by a {}"),
        _spec("known_for", TEXTS, "the author's books"),
    )
}


class Known(NamedTuple):
    """A table and its schema with what is known of its works; `notes` says of how many."""

    table: Table
    schema: Schema
    notes: Sequence[Note] = ()


@dataclass(frozen=True, slots=True)
class _Works:
    """What is known of works: their cells by name of the field, by title and the author's last name."""

    of: Mapping[tuple[str, str], Mapping[str, Any]]
    authors: Mapping[str, Mapping[str, Any]]

    def told(self, title: str, authors: Sequence[str]) -> dict[str, Any]:
        """What is known of a book, by title and authors; nothing where neither is known."""
        known: dict[str, Any] = {}
        for name in authors[:1]:
            known |= self.authors.get(_whole_name(name), {})
        for name in authors[:2]:
            last = last_name(name)
            found = next((self.of[key, last] for key in title_keys(title) if (key, last) in self.of), None)
            if found is not None:
                return {**known, **found}
        return known


def with_known(table: Table, schema: Schema, asked: bool = False) -> Known:
    """Add what is known of the books that a table names.

    Args:
        table: The file's table.
        schema: What its columns mean.
        asked: Whether the schema asks for it (`known: true`): else only where enough of the items are known.
    """
    by = _authors_field(schema)
    if by is None:
        return Known(table, schema)
    titles, people = table.columns[schema.title.column], table.columns[by.column]
    works = _books()
    rows = [
        {} if is_missing(title) else works.told(as_text(title), as_list(cell, by.separator) if cell else ())
        for title, cell in zip(titles, people, strict=True)
    ]
    known = sum(bool(row) for row in rows)
    if not known or not asked and known < max(_FEWEST, _SHARE * len(rows)):
        return Known(table, schema)
    called = {word for spec in schema.fields if spec.can.used for word in words_of(spec.called)}
    added = [
        spec
        for name, spec in SPECS.items()
        if spec.name not in {one.name for one in schema.fields}
        and called.isdisjoint(_SAME.get(name, ()))
        and any(name in row for row in rows)
    ]
    columns = {spec.column: [row.get(spec.name) for row in rows] for spec in added}
    told = sum("about" in row for row in rows)
    note = Note(
        f"of {known:,} of {len(rows):,} items more is known than the file tells ({told:,} books and their authors): "
        f"{', '.join(spec.label for spec in added)}; `known: false` in a schema file leaves it out"
    )
    return Known(
        replace(table, columns={**table.columns, **columns}),
        schema.model_copy(update={"fields": (*schema.fields, *added), "known": True}),
        (note,),
    )


def is_added(spec: FieldSpec) -> bool:
    """Whether a field was added here, so that no column of the file has it."""
    return spec.name in SPECS and spec.column == SPECS[spec.name].column


def title_keys(title: str) -> Iterator[str]:
    """What a title is looked up by: without series, article and case, then without its subtitle.

    >>> list(title_keys("The Lion, the Witch and the Wardrobe (Narnia, #1)")), list(title_keys("Hobbit, The"))
    (['lion the witch and the wardrobe'], ['hobbit'])
    >>> list(title_keys("Zealot: The Life of Jesus"))
    ['zealot the life of jesus', 'zealot']
    """
    whole = _SERIES.sub("", " ".join(title.split()))
    if (turned := _BEHIND.fullmatch(whole)) is not None:
        whole = turned["rest"]
    seen = ""
    for part in (whole, _SUBTITLE.sub("", whole)):
        key = " ".join(forms(part))
        for article in _ARTICLES:
            if key.startswith(article) and len(key) > len(article):
                key = key[len(article) :]
                break
        if key and key != seen:
            yield key
        seen = key


def last_name(name: str) -> str:
    """The name that a person is filed under.

    >>> last_name("Gabriel García Márquez"), last_name("King, Stephen"), last_name("Kurt Vonnegut Jr.")
    ('marquez', 'king', 'vonnegut')
    """
    said = forms(name.partition(",")[0] if _is_turned(name) else name)
    return next((word for word in reversed(said) if word not in _AFTER), "")


def _whole_name(name: str) -> str:
    """A name by which it is the same however initials and order are written: "King, Stephen", "J. K. Rowling"."""
    if _is_turned(name):
        last, _, first = name.partition(",")
        name = f"{first} {last}"
    return "".join(forms(name))


def _is_turned(name: str) -> bool:
    last, comma, first = name.partition(",")
    return bool(comma and last.strip() and first.strip()) and not _AFTER.issuperset(forms(first))


def _authors_field(schema: Schema) -> FieldSpec | None:
    """The field with who wrote each item, if there is one."""
    return next(
        (
            spec
            for spec in schema.fields
            if spec.has_values and not _AUTHOR.isdisjoint(words_of(spec.called)) and not spec.is_apart
        ),
        None,
    )


@cache
def _books() -> _Works:
    authors = {}
    for line in packed_text(AUTHORS).splitlines():
        name, sex, country, genres, readers, known_for = line.split("\t")
        kinds = [*([_SEX[sex]] if sex in _SEX else []), *([f"{country} author"] if country != "-" else [])]
        writes = ", ".join(genre.strip() for genre in genres.split(";"))
        authors[_whole_name(name)] = {
            "known_for": f"{known_for[0].upper()}{known_for[1:].rstrip('.')}; mostly {writes}.",
            **({"writer": tuple(kinds)} if kinds else {}),
            **({"readers": (readers,)} if readers in _FOR else {}),
        }
    works: dict[tuple[str, str], dict[str, Any]] = {}
    shorter: dict[tuple[str, str], dict[str, Any]] = {}
    for line in packed_text(BOOKS).splitlines():
        title, author, genres, fiction, age, setting, moods, themes, about, warnings = line.split("\t")
        cells: dict[str, Any] = {
            "genres": (*(genre.strip() for genre in genres.split(";")), fiction),
            "age": int(age),
            "readers": (next(word for below, word in _READERS if int(age) < below),),
            "moods": tuple(mood.strip() for mood in moods.split(",")),
            "themes": themes,
            "about": about,
        }
        if setting != "-":
            cells["setting"] = (setting,)
        if warnings != "-":
            cells["warnings"] = tuple(one.strip() for one in warnings.split(","))
        first, *others = title_keys(title)
        works.setdefault((first, last_name(author)), cells)
        for key in others:
            shorter.setdefault((key, last_name(author)), cells)
    return _Works(shorter | works, authors)
