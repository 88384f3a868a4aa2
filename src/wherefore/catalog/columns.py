"""Inference: what the columns of a table are, told from their names and their values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wherefore.catalog.cells import (
    NOT_KNOWN,
    as_date,
    as_list,
    as_number,
    as_text,
    first_address,
    is_missing,
    listed_in,
    unit_in,
)
from wherefore.catalog.schema import (
    EXAMPLE_YAML,
    FieldSpec,
    Schema,
    plural,
    singular,
    unit_of,
    words_of,
)
from wherefore.catalog.tables import Table

_SAMPLE = 2000  # cells per column that are looked at

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
_ALIAS = frozenset(
    (
        "original_title original_name alt_title alternative_title other_title alternate_title alias aka "
        "also_known_as alt_name alternative_name other_name localized_title"
    ).split()
)
_PEOPLE = frozenset(
    (
        "author writer screenwriter director cast actor actress star starring artist singer band musician composer "
        "performer creator brand manufacturer maker designer publisher studio developer producer illustrator "
        "narrator editor translator chef host instructor teacher speaker company vendor seller photographer player "
        "crew"
    ).split()
)
_ONE_NAME = frozenset("brand manufacturer maker publisher studio company vendor seller developer".split())
_CATEGORY = frozenset(
    (
        "genre category subcategory tag keyword language lang country nation cuisine color colour material type "
        "format style mood topic subject theme platform department section certificate certification rated gender "
        "region city location neighborhood neighbourhood level difficulty season occasion diet attribute collection "
        "series franchise concept feature property characteristic course instrument era decade audience class shelf "
        "aisle group kind status"
    ).split()
)
_TEXT = frozenset(
    (
        "description desc plot summary abstract text overview synopsis body content detail about blurb review story "
        "lyric tagline instruction direction ingredient step note comment biography bio introduction"
    ).split()
)
_IMAGE = frozenset("image img poster cover picture photo thumbnail thumb artwork logo backdrop".split())
_POPULARITY = (
    "popularity popularity_score ratings_count rating_count num_ratings number_of_ratings n_ratings num_votes "
    "vote_count votes_count votes n_votes imdb_votes num_voted_users mention_count n_mentions mentions "
    "work_ratings_count total_ratings reviews_count review_count num_reviews number_of_reviews n_reviews "
    "play_count playcount plays listeners listen_count sales sales_count units_sold downloads installs followers "
    "views view_count purchases"
).split()
_CODES = frozenset(
    "id isbn isbn13 ean upc gtin sku asin code zip zipcode postcode phone index key barcode".split()
)
_URL = re.compile(r"(?:https?:)?//\S+|www\.\S+", re.IGNORECASE)
_IMAGE_FILE = re.compile(r"\S+\.(?:jpe?g|png|gif|webp|avif|bmp)(?:[?#]\S*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Inferred:
    """A schema read off a table, and why each column that it ignores was left out."""

    schema: Schema
    left_out: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Guess:
    kind: str
    why: str = ""  # of an ignored column
    separator: str | None = None
    unit: str = ""


class _Column:
    """What can be counted about a column."""

    def __init__(self, name: str, cells: Sequence[Any]) -> None:
        self.name = name
        self.words = tuple(singular(word) for word in words_of(name))
        self.key = "_".join(words_of(name))
        known = [cell for cell in cells if not is_missing(cell)]
        step = max(1, len(known) // _SAMPLE)
        self.known = len(known)
        self.sample = known[::step]
        self.listed = self.share(lambda cell: isinstance(cell, list | tuple) or _is_listed(cell))
        self.texts = [cell if isinstance(cell, str) else as_text(cell) for cell in self.sample]
        self.distinct = len(set(self.texts)) / max(1, len(self.texts))
        self.chars = sum(map(len, self.texts)) / max(1, len(self.texts))
        self.spaced = sum(len(text.split()) for text in self.texts) / max(1, len(self.texts))

    def share(self, test: Any) -> float:
        return sum(map(bool, map(test, self.sample))) / max(1, len(self.sample))

    def numeric(self) -> float:
        cells = [c for c in self.sample if not (isinstance(c, str) and c.strip().lower() in NOT_KNOWN)]
        return sum(_reads(as_number, cell) for cell in cells) / max(1, len(cells))

    def dated(self) -> float:
        return self.share(lambda cell: _reads(as_date, cell) or _reads(lambda c: as_date(c, True), cell))


def infer(table: Table) -> Inferred:
    """Tell which column is what.

    Raises:
        ValueError: If the table is empty or no column is a title; lists the columns and shows how to declare.
    """
    if len(table) == 0:
        raise ValueError(f"{table.name} is empty: it has no row; a catalogue needs at least one")
    columns = {name: _Column(name, cells) for name, cells in table.columns.items()}
    title = _title_of(columns)
    if title is None:
        listed = ", ".join(f"`{name}`" for name in table.columns)
        raise ValueError(
            f"{table.name} has no column that could be the title; its columns are {listed}. Rename one to "
            f"`title`, or declare the columns in a schema file, for example:\n{EXAMPLE_YAML}"
        )
    item_id = _id_of(columns, table, title)
    popularity = _popularity_of(columns, {title, item_id})
    specs: list[FieldSpec] = []
    left_out: dict[str, str] = {}
    if item_id is None:
        name = next(n for n in ("id", "row", "row_number", "item_row_number") if n not in columns)
        specs.append(FieldSpec(name=name, column="", kind="id"))
    for name, column in columns.items():
        if name == title:
            guess = _Guess("title")
        elif name == item_id:
            guess = _Guess("id")
        elif name == popularity:
            guess = _Guess("popularity")
        else:
            guess = _guess(column)
        if guess.kind == "ignore":
            left_out[name] = guess.why
        specs.append(
            FieldSpec(
                name=name,
                column=name,
                kind=guess.kind,
                separator=guess.separator,
                unit=guess.unit or unit_of(name) if guess.kind in ("number", "popularity") else "",
            )
        )
    noun = _noun_of(table.name, columns, title, item_id)
    return Inferred(Schema(fields=tuple(specs), noun=noun, plural=plural(noun)), left_out)


def _title_of(columns: Mapping[str, _Column]) -> str | None:
    fit = {
        column.key: name
        for name, column in reversed(list(columns.items()))
        if column.known
        and column.share(lambda c: bool(_URL.fullmatch(as_text(c)))) < 0.5
        and not column.listed > 0.5
    }
    for key in _TITLES:
        if key in fit:
            return fit[key]
    for last in _TITLE_WORDS:  # product_name, book_title…: first of what an item is called, not of a person
        for key, name in reversed(list(fit.items())):
            words = key.split("_")
            if (
                words[-1] == last
                and not _NOT_TITLE & set(words)
                and not (_PEOPLE | _CATEGORY) & set(words[:-1])
            ):
                return name
    for key, name in reversed(list(fit.items())):
        if key in _NOUNS and columns[name].numeric() < 0.5 or key in _ALIAS and "original" in key:
            return name
    return None


def _id_of(columns: Mapping[str, _Column], table: Table, title: str) -> str | None:
    keys = {column.key: name for name, column in reversed(list(columns.items())) if name != title}
    strong = [*_IDS, *(f"{noun}_id" for noun in _NOUNS), *(f"{noun}id" for noun in _NOUNS)]
    for key in strong:
        if (
            key in keys
            and columns[keys[key]].listed < 0.5
            and (key != "item" or _differ(table.columns[keys[key]]))
        ):
            return keys[key]
    weak = [keys[key] for key in _WEAK_IDS if key in keys]
    weak += [name for key, name in reversed(list(keys.items())) if key.endswith("_id") and name not in weak]
    return next((name for name in weak if _differ(table.columns[name])), None)


def _differ(cells: Sequence[Any]) -> bool:
    texts = ["" if is_missing(cell) else as_text(cell) for cell in cells]
    return "" not in texts and len(set(texts)) == len(texts)


def _popularity_of(columns: Mapping[str, _Column], taken: set[str | None]) -> str | None:
    keys = {column.key: name for name, column in reversed(list(columns.items())) if name not in taken}
    for key in _POPULARITY:
        if key in keys and columns[keys[key]].known and columns[keys[key]].numeric() >= 0.95:
            return keys[key]
    return None


def _guess(column: _Column) -> _Guess:
    words = set(column.words)
    if not column.known:
        return _Guess("ignore", "empty")
    if column.share(lambda cell: isinstance(cell, bytes | dict)) > 0.5:
        return _Guess("ignore", "nested data")
    if column.share(lambda cell: isinstance(cell, bool) or as_text(cell).lower() in ("true", "false")) > 0.95:
        return _Guess("ignore", "yes or no")
    if column.share(_is_address) > 0.8:
        pictured = column.share(lambda cell: bool(_IMAGE_FILE.fullmatch(first_address(_first(cell))))) > 0.5
        return _Guess("image") if pictured or words & _IMAGE else _Guess("ignore", "addresses")
    if "_".join(column.words) in _ALIAS:
        return _Guess("alias", separator=None if column.listed > 0.5 else _separator(column, one=True))
    codes = bool(words & _CODES)
    if {"date", "released", "published", "birthday"} & words and column.dated() >= 0.9:
        return _Guess("date")
    if column.numeric() >= 0.95 and column.listed < 0.5:
        return (
            _Guess("ignore", "numbers that only identify") if codes else _Guess("number", unit=_unit(column))
        )
    if column.share(_is_number_list) > 0.8:
        return _Guess("ignore", "lists of numbers")
    if column.dated() >= 0.95:
        return _Guess("date")
    if codes and column.distinct > 0.5:
        return _Guess("ignore", "codes that only identify")
    if words & _PEOPLE and column.chars <= 400:
        one = bool(words & _ONE_NAME)
        return _Guess("people", separator=None if column.listed > 0.5 else _separator(column, one))
    if column.listed > 0.5:
        if _mean_part(column, None) <= 60:
            return _Guess("category")
        return _Guess("text")
    separator = _separator(column, one=False)
    if words & _TEXT and column.spaced >= 2:
        return _Guess("text")
    parts = Counter(part for cell in column.sample for part in as_list(cell, separator))
    measured = sum(n for part, n in parts.items() if re.search(r"\d", part)) > 0.3 * parts.total()
    repeated = len(parts) <= 0.5 * parts.total() and not measured
    short = _mean_part(column, separator) <= 40
    if words & _CATEGORY and short and (repeated or column.spaced <= 12):
        return _Guess("category", separator=separator)
    if repeated and short and len(column.sample) >= 4:
        return _Guess("category", separator=separator)
    if column.spaced >= 4:
        return _Guess("text")
    return _Guess("ignore", "all different: nothing to match or filter")


def _separator(column: _Column, one: bool) -> str:
    """What lists several values in the cells of a text column; empty for one value per cell."""
    texts = [text.strip() for text in column.texts]
    n = max(1, len(texts))
    if sum(text.startswith("/") or text.count("/") > 1 and text.endswith("/") for text in texts) / n > 0.8:
        return "/"
    for mark in ("|", ";", " > "):
        if sum(mark in text for text in texts) / n > 0.01:
            return mark
    if one:
        return ""
    mark = ", "
    listed = [as_list(text, mark) for text in texts if "," in text]
    listed = [parts for parts in listed if len(parts) > 1]
    if not listed or len(listed) / n < 0.01:
        return ""
    mean_words = sum(len(part.split()) for parts in listed for part in parts) / sum(map(len, listed))
    if set(column.words) & _PEOPLE:  # "Last, First" in most cells is one name
        reversed_names = sum(len(p) == 2 and all(len(x.split()) <= 2 for x in p) for p in listed) / n > 0.8
        return "" if reversed_names and mean_words < 1.8 or mean_words > 4 else mark
    counts = Counter(part for text in texts for part in as_list(text, mark))
    again = sum(counts[part] > 1 for parts in listed for part in parts) / sum(map(len, listed))
    return mark if mean_words <= 4 and again >= 0.5 else ""


def _mean_part(column: _Column, separator: str | None) -> float:
    lengths = [len(part) for cell in column.sample for part in as_list(cell, separator)]
    return sum(lengths) / max(1, len(lengths))


def _unit(column: _Column) -> str:
    units = Counter(unit_in(cell) for cell in column.sample)
    unit, count = units.most_common(1)[0] if units else ("", 0)
    return unit if count > 0.5 * len(column.sample) else ""


def _reads(read: Any, cell: Any) -> bool:
    try:
        return read(cell) is not None
    except ValueError:
        return False


def _first(cell: Any) -> str:
    values = as_list(cell, "")
    return values[0] if values else ""


def _is_address(cell: Any) -> bool:
    text = first_address(_first(cell)) if isinstance(cell, str | list | tuple) else ""
    return bool(_URL.fullmatch(text) or _IMAGE_FILE.fullmatch(text) and "/" in text)


def _is_listed(cell: Any) -> bool:
    return isinstance(cell, str) and listed_in(cell) is not None


def _is_number_list(cell: Any) -> bool:
    parts = as_list(cell) if isinstance(cell, str | list | tuple) else ()
    return len(parts) > 1 and all(_reads(as_number, part) for part in parts)


def _noun_of(name: str, columns: Mapping[str, _Column], title: str, item_id: str | None) -> str:
    ahead = [words_of(key)[0] for key in (title, item_id) if key and len(words_of(key)) > 1]
    for word in (*ahead, *words_of(title), *(singular(word) for word in words_of(name))):
        if word in _NOUNS:
            return word
    keys = {word for column in columns.values() for word in column.words}
    if "isbn" in keys or "isbn13" in keys:
        return "book"
    return "item"
