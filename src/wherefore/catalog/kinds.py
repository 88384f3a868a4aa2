"""The kinds of fields, and what each can do: the one place that calls a kind by its name.

A new kind is an entry of `KINDS` and, if columns are to be taken for it unasked, one of `SIGNS`. Everybody else asks
what a field can do: `spec.has_tags`, `schema.measures`, `spec.can.control`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from wherefore.catalog.cells import (
    EXACT,
    as_date,
    as_list,
    as_moment,
    as_text,
    clean,
    first_address,
    in_languages,
    listed_in,
)
from wherefore.catalog.columns import PERSON_WORDS, Column
from wherefore.catalog.dates import orders
from wherefore.catalog.flags import yes_or_no
from wherefore.catalog.naming import in_english, labelled, names_year, phrase_of, words_of
from wherefore.catalog.unknown import without_unknown
from wherefore.catalog.vectors import Vector, as_vector
from wherefore.catalog.written import NumberReader, Written
from wherefore.errors import CatalogError
from wherefore.text import number_text

_LATER = frozenset("end ended last final until to death died closed".split())  # of years that nothing is from
FieldValue = str | int | float | tuple[str, ...] | Vector
Read = Callable[[Any], FieldValue | None]  # from a cell to its value; None where it is not known
Role = Literal["", "id", "title", "alias", "text", "image", "vector"]
Values = Literal["", "tags", "names"]
Measure = Literal["", "number", "date", "rank"]
Control = Literal["", "chips", "slider"]


@dataclass(frozen=True, slots=True)
class ColumnCells:
    """A field's column in a file.

    Attributes:
        name: The field's name.
        separator: What lists values in a text cell, see `FieldSpec`.
        cells: All cells.
        flag: What a yes stands for, see `FieldSpec`.
        unit, written: Of numbers and dates the field's unit, and how cells are written.
    """

    name: str
    separator: str | None
    cells: Sequence[Any]
    flag: str = ""
    unit: str = ""
    written: Written = Written()


@dataclass(frozen=True, slots=True)
class Storage:
    """How `Item.fields` and files keep values.

    Attributes:
        check: Raises a `CatalogError` for what is not such a value.
        arrow: The Arrow type of a column, by its known values: `string`, `list` (of strings), `int64`, `float64` or
            `vector` (a list of float32).
    """

    check: Callable[[Any], None]
    arrow: Callable[[Sequence[Any]], str]


def _check_text(value: Any) -> None:
    if not isinstance(value, str) or not value:
        raise CatalogError("it should be a non-empty string; leave the key out when not known")
    clean(value)


def _check_list(value: Any) -> None:
    if not isinstance(value, tuple) or not value or not all(isinstance(v, str) and v for v in value):
        raise CatalogError("it should be a tuple of non-empty strings; leave the key out when not known")
    for part in value:
        clean(part)


def _check_number(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CatalogError("it should be a finite number; leave the key out when not known")
    if isinstance(value, int) and abs(value) > EXACT:
        raise CatalogError("it is too large to be kept exactly; give it as a float, or as text")


def _check_date(value: Any) -> None:
    _check_text(value)
    if as_date(value) != value:
        raise CatalogError("it should be an ISO date like 2001-05-23")


def _check_any(value: Any) -> None:
    (_check_list if isinstance(value, tuple) else _check_text)(value)


def _check_vector(value: Any) -> None:
    if not isinstance(value, Vector):
        raise CatalogError("it should be a Vector, which `Vector.of([0.1, ...])` makes")
    Vector.of(value.array)


def _number_type(known: Sequence[Any]) -> str:
    return "int64" if all(isinstance(value, int) for value in known) else "float64"


def _any_type(known: Sequence[Any]) -> str:
    return "list" if known and all(isinstance(value, tuple) for value in known) else "string"


TEXT = Storage(_check_text, lambda known: "string")
LIST = Storage(_check_list, lambda known: "list")  # a tuple of strings
NUMBER = Storage(_check_number, _number_type)
DATE = Storage(_check_date, lambda known: "string")  # ISO, as exact as it is known
VECTOR = Storage(_check_vector, lambda known: "vector")
ANY = Storage(_check_any, _any_type)  # a string or a tuple of strings


def _text_reader(column: ColumnCells) -> Read:
    """What reads texts; bars between the parts of most of them are ends of lines."""
    barred = [cell.count("|") > 0 for cell in column.cells if isinstance(cell, str) and cell]
    lines = sum(barred) > 0.5 * len(barred)

    def read(cell: Any) -> str | None:
        if lines and isinstance(cell, str) and "|" in cell:
            cell = [part.strip() for part in cell.split("|")]
        listed = listed_in(cell) if isinstance(cell, str) and cell.lstrip().startswith("[") else None
        return as_text(cell if listed is None else listed) or None

    return read


def _list_reader(column: ColumnCells) -> Read:
    return lambda cell: without_unknown(as_list(cell, column.separator)) or None


def _flag_reader(column: ColumnCells) -> Read:
    def read(cell: Any) -> tuple[str, ...] | None:
        said = yes_or_no(cell)
        if said is None:
            raise CatalogError("it says neither yes nor no")
        return (column.flag,) if said else None

    return read


def _tag_reader(column: ColumnCells) -> Read:
    if column.flag:
        return _flag_reader(column)
    if {"language", "languages", "lang"}.isdisjoint(in_english(words_of(column.name))):
        return _list_reader(column)
    return lambda cell: without_unknown(in_languages(as_list(cell, column.separator))) or None


def _number_reader(column: ColumnCells) -> Read:
    return NumberReader(column.name, column.unit, column.written)


def _date_reader(column: ColumnCells) -> Read:
    written = column.written
    if written.unit:
        return lambda cell: as_moment(cell, written.unit)
    days, months = orders(column.cells)
    day_first = written.day_first or days > months
    known: dict[str, str | None] = {}

    def read(cell: Any) -> str | None:
        if not isinstance(cell, str):
            return as_date(cell, day_first)
        if cell not in known:
            known[cell] = as_date(cell, day_first)
        return known[cell]

    return read


def _image_reader(column: ColumnCells) -> Read:
    def read(cell: Any) -> str | None:
        if not isinstance(cell, list | tuple | str):
            return as_text(cell) or None
        listed = as_list(cell, "")
        return first_address(listed[0]) if listed else None

    return read


def _vector_reader(column: ColumnCells) -> Read:
    return as_vector


def _any_reader(column: ColumnCells) -> Read:
    def read(cell: Any) -> FieldValue | None:
        if isinstance(cell, list | tuple):
            return as_list(cell) or None
        return None if isinstance(cell, bytes) else as_text(cell) or None

    return read


def _measure_phrase(name: str) -> str:
    return "from {}" if names_year(name) and _LATER.isdisjoint(words_of(name)) else labelled(name)


def _say_values(value: Any) -> tuple[str, ...]:
    return tuple(part for part in value if any(map(str.isalnum, part)))


@dataclass(frozen=True, slots=True)
class FieldKind:
    """What fields of one kind can do.

    Attributes:
        about: For people who declare a schema.
        stored: How values are kept.
        reader: Gives what reads the cells of a column one by one; it raises a `CatalogError` for what does not fit.
        role: What the item itself uses it for: as its `id` or `title` (kept outside of `Item.fields`), an `alias` of
            the title, the `text` that tells what it is about, its `image`, or a `vector` of it.
        values: What a wish can name of it: `tags` ("horror"), proper `names` ("Toni Collette"), or nothing.
        measure: What a limit can compare: a `number`, a `date`, or a `rank` whose numbers say nothing to people
            ("lesser known"); or nothing.
        single: A schema has at most one field of this kind.
        used: Whether it is used for anything; what is not is merely carried along.
        say: The texts that a sentence may state, a card or a table show, of a value; None: it is never stated.
        phrase: How a sentence says a field of a given name, unless the schema declares it: "directed by {}".
        control: What sets it on the page.
    """

    about: str
    stored: Storage = TEXT
    reader: Callable[[ColumnCells], Read] = _text_reader
    role: Role = ""
    values: Values = ""
    measure: Measure = ""
    single: bool = False
    used: bool = True
    say: Callable[[Any], tuple[str, ...]] | None = None
    phrase: Callable[[str], str] = labelled
    control: Control = ""

    @property
    def stated(self) -> bool:
        """Whether a sentence may state its value, and a card or a table show it."""
        return self.say is not None


# The kinds that a schema itself looks for, or makes up.
ID, TITLE, ALIAS, AMOUNT, POPULARITY, IGNORE = "id", "title", "alias", "number", "popularity", "ignore"
TAGS, TEXTS = "category", "text"
KINDS: Mapping[str, FieldKind] = MappingProxyType({
    ID: FieldKind("what identifies an item", role="id", single=True),
    TITLE: FieldKind("what an item is called", role="title", single=True),
    ALIAS: FieldKind("other titles of the item", LIST, _list_reader, role="alias"),
    "text": FieldKind("what an item is about, in sentences", role="text"),
    "category": FieldKind(
        "one or several of a set of values", LIST, _tag_reader, values="tags", say=_say_values,
        phrase=lambda name: phrase_of(name) or labelled(name), control="chips",
    ),
    "people": FieldKind(
        "names of people, brands or makers", LIST, _list_reader, values="names", say=_say_values,
        phrase=lambda name: phrase_of(name) or "by {}",
    ),
    AMOUNT: FieldKind(
        "an amount", NUMBER, _number_reader, measure="number",
        say=lambda value: (number_text(value),), phrase=_measure_phrase, control="slider",
    ),
    "date": FieldKind(
        "a date, or a year", DATE, _date_reader, measure="date",
        say=lambda value: (value[:4],), phrase=_measure_phrase, control="slider",
    ),
    "image": FieldKind("a picture: its file, or its address", TEXT, _image_reader, role="image"),
    "vector": FieldKind(
        "numbers that say what it is like, equally many for each item", VECTOR, _vector_reader, role="vector"
    ),
    POPULARITY: FieldKind(
        "how many know or bought it", NUMBER, _number_reader, measure="rank", single=True
    ),
    IGNORE: FieldKind("carried along, used for nothing", ANY, _any_reader, used=False),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sign:
    """What shows that a column is of a kind.

    Attributes:
        kind: A key of `KINDS`.
        shown: Whether a column has the sign.
        why: For people, of a column that is left out.
        one: As of `Column.separator`.
    """

    kind: str
    shown: Callable[[Column], Any]
    why: str = ""
    one: bool = False


_ALIASES = frozenset(
    "original_title original_name alt_title alternative_title other_title alternate_title alias aka "
    "also_known_as alt_name alternative_name other_name localized_title".split()
)
_FIRMS = frozenset(
    "brand manufacturer maker publisher studio company vendor seller developer winery brewery distillery roaster "
    "roastery bakery chocolatier".split()
)
TAG_WORDS = frozenset(
    "genre category subcategory tag keyword language lang country nation cuisine color colour material type "
    "format style mood topic subject theme platform department section certificate certification rated gender "
    "region city location neighborhood neighbourhood level difficulty season occasion diet attribute collection "
    "series franchise concept feature property characteristic course instrument era decade audience class shelf "
    "aisle group kind status province state district variety varietal grape appellation allergen".split()
)
_TEXT_WORDS = frozenset(
    "description desc plot summary abstract text overview synopsis body content detail about blurb review story "
    "lyric tagline instruction direction ingredient step note comment biography bio introduction".split()
)
_GRADED = frozenset(
    "size rating rated grade certificate maturity thread fsk".split()
)  # in codes: "EU 42", "PG-13"
_TOLD_IN_STEPS = frozenset(
    "step instruction direction method procedure paragraph review comment description".split()
)
_IMAGE_WORDS = frozenset("image img poster cover picture photo thumbnail thumb artwork logo backdrop".split())
_DATE_WORDS = frozenset("date released published birthday created updated modified datum fecha".split())
_MOMENT_WORDS = _DATE_WORDS | {"at", "time", "timestamp"}
_CODES = frozenset(
    "id isbn isbn13 ean upc gtin sku asin code zip zipcode postcode phone index key barcode license licence".split()
)
_NUMBERED = frozenset(("allergen", "allergy"))  # in which numbers are codes, as menus have them
_COORDINATES = frozenset("latitude longitude lat lon lng".split())
_USERS = frozenset("user reviewer customer username".split())  # who said something about an item


NO_TITLES = _TEXT_WORDS | _IMAGE_WORDS | _DATE_WORDS | _CODES  # words of columns that hold something else


def _is_numeric(column: Column) -> bool:
    return column.is_numeric and column.listed < 0.5


def _names_people(column: Column) -> bool:
    return column.head in PERSON_WORDS and column.characters <= 400


def _has_short_values(column: Column) -> bool:
    return column.value_length <= 40


# Looked for in this order: the first that a column shows tells its kind.
SIGNS: tuple[Sign, ...] = (
    Sign("ignore", lambda column: not column.known, "empty"),
    Sign("ignore", lambda column: column.nested > 0.5, "nested data"),
    Sign("vector", lambda column: column.vectors),
    Sign("ignore", lambda column: column.flagged and column.refused, "no for every item"),
    Sign("category", lambda column: column.flagged),
    Sign("image", lambda c: c.addresses > 0.8 and (c.pictured > 0.5 or c.words & _IMAGE_WORDS)),
    Sign("image", lambda c: c.pictured > 0.8),
    Sign("ignore", lambda column: column.addresses > 0.8, "addresses"),
    Sign("alias", lambda column: column.singular_key in _ALIASES, one=True),
    Sign("date", lambda column: column.words & _DATE_WORDS and column.is_dated),
    Sign("date", lambda column: column.words & _MOMENT_WORDS and column.moments >= 0.9),
    Sign(
        "ignore",
        lambda c: _is_numeric(c) and c.words & _CODES,
        "numbers that only identify or stand for something",
    ),
    Sign("ignore", lambda c: _is_numeric(c) and c.words & _COORDINATES, "where on the map it is"),
    Sign("ignore", lambda c: _is_numeric(c) and c.serial, "long numbers that only identify"),
    Sign("category", lambda c: not c.is_dated and c.listed < 0.5 and c.timed, one=True),
    Sign("number", _is_numeric),
    Sign("category", lambda column: column.number_lists > 0.8 and column.words & _NUMBERED),
    Sign("ignore", lambda column: column.number_lists > 0.8, "lists of numbers"),
    Sign("date", lambda column: column.is_dated),
    Sign("ignore", lambda c: c.words & _CODES and c.distinct > 0.5, "codes that only identify"),
    Sign("ignore", lambda c: c.head in _USERS and c.distinct > 0.5, "names of users"),
    Sign("ignore", lambda column: column.handles > 0.8, "names of accounts, or addresses of mail"),
    Sign("people", lambda column: _names_people(column) and column.words & _FIRMS, one=True),
    Sign("people", _names_people),
    Sign("text", lambda column: column.listed > 0.5 and column.words & _TOLD_IN_STEPS),
    Sign("category", lambda column: column.listed > 0.5 and column.value_length <= 60),
    Sign("text", lambda column: column.listed > 0.5),
    Sign("category", lambda column: column.words & _TEXT_WORDS and column.few),
    Sign("text", lambda column: column.words & _TEXT_WORDS and column.spaced >= 2),
    Sign(
        "category", lambda c: c.words & TAG_WORDS and _has_short_values(c) and (c.repeated or c.spaced <= 12)
    ),
    Sign("category", lambda c: c.repeated and _has_short_values(c) and len(c.sample) >= 4),
    Sign("category", lambda c: c.words & _GRADED and c.coded and _has_short_values(c)),
    Sign("category", lambda c: c.chosen and _has_short_values(c)),
    Sign("text", lambda column: column.spaced >= 4),
    Sign("ignore", lambda c: c.distinct <= 0.9 and c.measured > 0.3, "amounts or codes in several forms"),
    Sign("ignore", lambda column: True, "nearly all different: nothing to match or filter"),
)


def sign_of(column: Column) -> Sign:
    """What tells the kind of a column, by its name and its cells alone."""
    return next(sign for sign in SIGNS if sign.shown(column))
