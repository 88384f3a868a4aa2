"""Inference: the schema of a table, told from its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wherefore.catalog.cells import as_text, is_missing
from wherefore.catalog.columns import PERSON_WORDS, Column
from wherefore.catalog.kinds import ID, KINDS, LIST, POPULARITY, TAG_WORDS, TITLE, sign_of
from wherefore.catalog.naming import plural, singular, words_of
from wherefore.catalog.notes import Note
from wherefore.catalog.schema import EXAMPLE_YAML, FieldSpec, Schema, numbered_id
from wherefore.catalog.settled import settle
from wherefore.catalog.tables import Table
from wherefore.errors import CatalogError

_NOUNS = (
    "movie film book song album track artist recipe product game restaurant course job podcast show series hotel "
    "paper article wine beer place event app car home house museum toy shoe dish comic video story poem talk "
    "episode drink perfume plant pet tool gift trip tour city park painting dress garment"
).split()
_IDS = "id item_id itemid _id uid uuid identifier key item".split()
_WEAK_IDS = "asin sku isbn13 isbn ean upc gtin mbid doi slug".split()
_TITLES = "title name item_title item_name primary_title full_title display_name headline label".split()
_TITLE_WORDS = "title name headline".split()
_NOT_TITLE = frozenset("original alt alternative other sub short user file first last series".split())
_ORIGINAL_TITLES = ("original_title", "original_name")
_POPULARITY = (
    "popularity popularity_score ratings_count rating_count num_ratings number_of_ratings n_ratings num_votes "
    "vote_count votes_count votes n_votes imdb_votes num_voted_users mention_count n_mentions mentions "
    "work_ratings_count total_ratings reviews_count review_count num_reviews number_of_reviews n_reviews "
    "play_count playcount plays listeners listen_count sales sales_count units_sold downloads installs followers "
    "views view_count purchases"
).split()


@dataclass(frozen=True, slots=True)
class Inferred:
    """A schema read off a table, why each column that it ignores was left out, and what else is worth telling."""

    schema: Schema
    left_out: Mapping[str, str]
    notes: Sequence[Note] = ()


def infer(table: Table) -> Inferred:
    """Tell which column is what.

    Raises:
        CatalogError: If the table is empty or no column is a title; lists the columns and shows how to declare.
    """
    if len(table) == 0:
        raise CatalogError(f"{table.name} is empty: it has no row; a catalogue needs at least one")
    columns = {name: Column(name, cells) for name, cells in table.columns.items()}
    title = _title_of(columns)
    if title is None:
        listed = ", ".join(f"`{name}`" for name in table.columns)
        raise CatalogError(
            f"{table.name} has no column that could be the title; its columns are {listed}. Rename one to "
            f"`title`, or declare the columns in a schema file, for example:\n{EXAMPLE_YAML}"
        )
    item_id = _id_of(columns, table, title)
    popularity = _popularity_of(columns, {title, item_id})
    found = {title: TITLE, item_id: ID, popularity: POPULARITY}
    specs: list[FieldSpec] = [] if item_id is not None else [numbered_id(columns)]
    left_out: dict[str, str] = {}
    for name, column in columns.items():
        if name in found:
            specs.append(FieldSpec(name=name, column=name, kind=found[name]))
            continue
        sign = sign_of(column)
        if not KINDS[sign.kind].used:
            left_out[name] = sign.why
        stored = KINDS[sign.kind].stored
        separator = column.separator(sign.one) if stored is LIST else None
        specs.append(FieldSpec(name=name, column=name, kind=sign.kind, separator=separator))
    noun = _noun_of(table.name, columns, title, item_id)
    settled = settle(Schema(fields=tuple(specs), noun=noun, plural=plural(noun)), table, split=True)
    return Inferred(settled.schema, left_out, settled.notes)


def _by_key(columns: Mapping[str, Column]) -> dict[str, str]:
    """Keys of columns to their names; the first column of a key has it, and stands last."""
    return {column.key: name for name, column in reversed(list(columns.items()))}


def _title_of(columns: Mapping[str, Column]) -> str | None:
    fit = _by_key({n: c for n, c in columns.items() if c.known and c.urls < 0.5 and not c.listed > 0.5})
    for key in _TITLES:
        if key in fit:
            return fit[key]
    for last in _TITLE_WORDS:  # product_name, book_title…: first of what an item is called, not of a person
        for key, name in reversed(list(fit.items())):
            words = key.split("_")
            of_else = (PERSON_WORDS | TAG_WORDS).intersection(words[:-1])
            if words[-1] == last and not of_else and _NOT_TITLE.isdisjoint(words):
                return name
    for key, name in reversed(list(fit.items())):
        if key in _NOUNS and columns[name].numeric < 0.5 or key in _ORIGINAL_TITLES:
            return name
    return None


def _id_of(columns: Mapping[str, Column], table: Table, title: str) -> str | None:
    keys = _by_key({name: column for name, column in columns.items() if name != title})
    strong = [*_IDS, *(f"{noun}_id" for noun in _NOUNS), *(f"{noun}id" for noun in _NOUNS)]
    for name in (keys[key] for key in strong if key in keys):
        if columns[name].listed < 0.5 and (columns[name].key != "item" or _differ(table.columns[name])):
            return name
    weak = [keys[key] for key in _WEAK_IDS if key in keys]
    weak += [name for key, name in reversed(list(keys.items())) if key.endswith("_id") and name not in weak]
    return next((name for name in weak if _differ(table.columns[name])), None)


def _differ(cells: Sequence[Any]) -> bool:
    texts = ["" if is_missing(cell) else as_text(cell) for cell in cells]
    return "" not in texts and len(set(texts)) == len(texts)


def _popularity_of(columns: Mapping[str, Column], taken: set[str | None]) -> str | None:
    keys = _by_key({name: column for name, column in columns.items() if name not in taken})
    found = (keys[key] for key in _POPULARITY if key in keys)
    return next((name for name in found if columns[name].known and columns[name].is_numeric), None)


def _noun_of(name: str, columns: Mapping[str, Column], title: str, item_id: str | None) -> str:
    ahead = [words_of(key)[0] for key in (title, item_id) if key and len(words_of(key)) > 1]
    for word in (*ahead, *words_of(title), *(singular(word) for word in words_of(name))):
        if word in _NOUNS:
            return word
    keys = {word for column in columns.values() for word in column.words}
    return "book" if keys & {"isbn", "isbn13"} else "item"
