"""Inference: the schema of a table, told from its columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wherefore.catalog.cells import as_text, is_missing
from wherefore.catalog.columns import PERSON_WORDS, Column
from wherefore.catalog.composed import SPACE, Composed, composed_of, told_apart
from wherefore.catalog.dimensioned import with_dimensions
from wherefore.catalog.flags import flag_of
from wherefore.catalog.kinds import (
    ALIAS,
    AMOUNT,
    ID,
    IGNORE,
    KINDS,
    LIST,
    NO_TITLES,
    POPULARITY,
    TAG_WORDS,
    TITLE,
    Sign,
    sign_of,
)
from wherefore.catalog.naming import in_english, names_year, plural, singular, words_of
from wherefore.catalog.notes import Note
from wherefore.catalog.schema import EXAMPLE_YAML, FieldSpec, Schema, numbered_id, title_name
from wherefore.catalog.settled import settle
from wherefore.catalog.tables import Table
from wherefore.catalog.titles import MARKS, YEAR, marks_of, read_title
from wherefore.catalog.written import as_number
from wherefore.errors import CatalogError
from wherefore.text import joined

_NOUNS = (
    "movie film book song album track artist recipe product game restaurant course job podcast show series hotel "
    "paper article wine beer place event app car home house museum toy shoe dish comic video story poem talk "
    "episode drink perfume plant pet tool gift trip tour city park painting dress garment listing vehicle laptop"
).split()
_ANYTHING = frozenset(("app", "product", "article"))  # what shops call whatever they sell
_CERTAIN_IDS = "id item_id itemid uid uuid identifier".split()  # called so, it is meant as the id
_OTHER_IDS = "asin sku isbn13 isbn ean upc gtin mbid doi slug tconst".split()
_LAST_IDS = "item key".split()
_NUMBERED = frozenset(
    "nr no num number nummer numer numero número code ref reference".split()
)  # "Inserat-Nr."
_NOT_NUMBERED = frozenset(
    "phone tel telephone fax zip post postal house street version episode season track page volume model".split()
)
_DESCRIBES = frozenset(("description", "desc"))
_MOSTLY = 0.9  # of the cells differ: they are meant to, and the others are slips
_PITCHES = 11  # the highest of the musical keys
_COUNTED = re.compile(  # what programs call a column that counts the rows
    r"|column[ _]\d+|unnamed(?:[ :_]+\d+)?|_+index_level_\d+_+|index|idx|row(?:[ _]?(?:number|num|no|id|index))?|#|nr|"
    r"no|lfd[ ._]*nr|pos",
    re.IGNORECASE,
)
_UNNAMED = re.compile(r"|column[ _]\d+|unnamed(?:[ :_]+\d+)?|_+index_level_\d+_+", re.IGNORECASE)
_SAMPLE = 2000  # titles that are looked at
_GLUED_ID = re.compile(r"(?!\w*paid$)[a-z]{3,}id")  # "objectid"
_CODE, _DIGIT = 24, re.compile(r"\d")  # characters of a code
_AGREE = 0.8  # of the rows with both: then a column tells the years in titles
_RELEASED = frozenset("release released publication published premiere".split())
_TITLES = "title name item_title item_name primary_title full_title display_name headline label".split()
_TITLE_WORDS = "title name headline".split()
_NOT_TITLE = frozenset("original alt alternative other sub short user file first last series".split())
_ORIGINAL_TITLES = ("original_title", "original_name")
_MODELS, _MODELS_DIFFER = frozenset("model variant".split()), 0.9  # share of different ones
_POPULARITY = (
    "popularity popularity_score ratings_count rating_count num_ratings number_of_ratings n_ratings num_votes "
    "vote_count votes_count votes n_votes imdb_votes num_voted_users mention_count n_mentions mentions "
    "work_ratings_count total_ratings reviews_count review_count num_reviews number_of_reviews n_reviews "
    "play_count playcount plays listeners listen_count sales sales_count units_sold downloads installs followers "
    "views view_count purchases users_rated usersrated owners estimated_owners num_subscribers subscribers"
).split()


@dataclass(frozen=True, slots=True)
class Inferred:
    """A schema read off a table, why each column that it ignores was left out, and what else is worth telling."""

    schema: Schema
    left_out: Mapping[str, str]
    notes: Sequence[Note] = ()


def infer(table: Table, called: Iterable[str] | None = None) -> Inferred:
    """Tell which column is what.

    Args:
        table: The table.
        called: What its file calls the columns, where they are given in English.

    Raises:
        CatalogError: If the table is empty or no column is a title; lists the columns and shows how to declare.
    """
    if len(table) == 0:
        raise CatalogError(f"{table.name} is empty: it has no row; a catalogue needs at least one")
    columns = {name: Column(name, cells) for name, cells in table.columns.items()}
    title = _title_of(columns)
    if title is None:
        listed = ", ".join(f"`{name}`" for name in (table.columns if called is None else called))
        raise CatalogError(
            f"{table.name} has no column that could be the title; its columns are {listed}. Rename one to "
            f"`title`, or declare the columns in a schema file, for example:\n{EXAMPLE_YAML}"
        )
    notes: list[Note] = []
    if title.parts:
        notes.append(Note(_why_composed(title), title.column))
    elif not title.named:
        notes.append(
            Note(
                "taken for the title, as no column is called so; to take another, declare it with `kind: title`",
                title.column,
            )
        )
    counted = {
        name: why for name, cells in table.columns.items() if (why := _why_counted(name, cells, title.column))
    }
    told = {name: column for name, column in columns.items() if name not in counted}
    item_id = _id_of(told, table, title.column, notes)
    popularity = _popularity_of(told, {title.column, item_id})
    found = {title.column: TITLE, item_id: ID, popularity: POPULARITY}
    specs: list[FieldSpec] = [] if item_id is not None else [numbered_id(columns)]
    if title.parts:
        del found[title.column]  # each part has a field of its own
        called = title_name(columns)
        specs.append(
            FieldSpec(name=called, column=title.column, kind=TITLE, parts=title.parts, joint=title.joint)
        )
    left_out: dict[str, str] = {}
    for name, column in columns.items():
        if name in found:
            specs.append(FieldSpec(name=name, column=name, kind=found[name]))
        elif name in counted:
            specs.append(FieldSpec(name=name, column=name, kind=IGNORE))
            left_out[name] = counted[name]
        else:
            sign = sign_of(column)
            if not KINDS[sign.kind].used:
                left_out[name] = sign.why
            specs.append(_spec_of(column, sign))
    if not title.parts:
        specs = _with_marks(specs, table, title.column, notes)
    specs = with_dimensions(specs, table.columns)
    noun = _noun_of(table.name, columns, title.column, item_id)
    settled = settle(Schema(fields=tuple(specs), noun=noun, plural=plural(noun)), table, split=True)
    return Inferred(settled.schema, left_out, (*notes, *settled.notes))


def _spec_of(column: Column, sign: Sign) -> FieldSpec:
    """The field of a column that a sign tells the kind of."""
    name, stored = column.name, KINDS[sign.kind].stored
    if stored is LIST and column.flagged:
        return FieldSpec(
            name=name, column=name, kind=sign.kind, flag=flag_of(name), phrase="{}", separator=""
        )
    separator = column.separator(sign.one) if stored is LIST else None
    return FieldSpec(name=name, column=name, kind=sign.kind, separator=separator)


def _why_counted(name: str, cells: Sequence[Any], title: str) -> str:
    """Why a column merely counts the rows; empty where it does not."""
    if name == title or not _COUNTED.fullmatch(name.strip()):
        return ""
    numbers = [_whole(cell) for cell in cells]
    if None in numbers:
        return ""
    if all(after == before + 1 for before, after in zip(numbers, numbers[1:], strict=False)) and numbers[
        0
    ] in (0, 1):
        return "it counts the rows"
    return "numbers of rows, without a name" if _UNNAMED.fullmatch(name.strip()) and _differ(cells) else ""


def _whole(cell: Any) -> Any:
    try:
        number = None if isinstance(cell, bool | list | tuple) else as_number(cell)
    except ValueError:
        return None
    return number if isinstance(number, int) else None


# -- titles


def _with_marks(specs: Sequence[FieldSpec], table: Table, title: str, notes: list[Note]) -> list[FieldSpec]:
    """The fields, with what the cells of the title hold besides it: see `wherefore.catalog.titles`."""
    cells = ["" if is_missing(cell) else as_text(cell) for cell in table.columns[title]]
    marks = marks_of([cell for cell in cells[:: max(1, len(cells) // _SAMPLE)] if cell])
    agreeing = None
    if YEAR in marks:
        agreeing = _year_beside(specs, table, cells)
        if agreeing is False:
            marks = ()
    if not marks:
        return list(specs)
    made: list[FieldSpec] = []
    names = {spec.name for spec in specs}
    for spec in specs:
        if spec.column != title:
            made.append(spec)
            continue
        made.append(FieldSpec(name=spec.name, column=title, kind=spec.kind, marks=marks))
        if YEAR in marks and agreeing is None:
            name = next(one for one in ("year", "title_year", "year_of_title") if one not in names)
            made.append(FieldSpec(name=name, column=title, kind=AMOUNT, marks=(YEAR,)))
        if any(read_title(cell, marks).others for cell in cells):
            name = next(one for one in ("other_titles", "more_titles", "titles_too") if one not in names)
            made.append(FieldSpec(name=name, column=title, kind=ALIAS, marks=marks))
    shown = next(cell for cell in cells if read_title(cell, marks).title != cell)
    read = read_title(shown, marks)
    year = f", of {read.year}" if read.year and agreeing is None else ""
    others = f", also {joined([repr(one) for one in read.others])}" if read.others else ""
    notes.append(Note(f"{shown!r} is read as {read.title!r}{year}{others}", title))
    return made


def _year_beside(specs: Sequence[FieldSpec], table: Table, titles: Sequence[str]) -> bool | None:
    """Whether a column agrees with the years in titles in most rows; None where none is of the year."""
    meant = False
    for spec in specs:
        if spec.column not in table.columns or not (spec.is_date or spec.is_number and names_year(spec.name)):
            continue
        cells = table.columns[spec.column]
        read, agree, both = spec.reader(cells), 0, 0
        for row in range(0, len(cells), max(1, len(cells) // _SAMPLE)):
            cell, year = cells[row], read_title(titles[row], MARKS).year
            try:
                other = None if year is None else read(cell)
            except ValueError:
                continue
            if year is not None and other is not None:
                both += 1
                agree += abs(int(str(other)[:4].partition(".")[0]) - year) <= 1
        if both and agree >= _AGREE * both:
            return True
        meant |= names_year(spec.name) or not _RELEASED.isdisjoint(in_english(words_of(spec.name)))
    return False if meant else None


def _by_key(columns: Mapping[str, Column]) -> dict[str, str]:
    """Keys of columns to their names; the first column of a key has it, and stands last."""
    return {column.key: name for name, column in reversed(list(columns.items()))}


@dataclass(frozen=True, slots=True)
class _Title:
    """The column of the titles, and whether its name says so; of several that make them together, the last."""

    column: str
    named: bool = True
    parts: tuple[str, ...] = ()
    joint: str = SPACE


def _title_of(columns: Mapping[str, Column]) -> _Title | None:
    named = _titled(columns)
    if named is not None:
        made = told_apart(named, columns)
        return _Title(named) if made is None else _composed(made, named=True)
    guessed = next((name for name, column in columns.items() if _is_like_titles(column)), None)
    if guessed is None:  # a shop's `Description`, which is short
        described = (name for name, column in columns.items() if not column.words.isdisjoint(_DESCRIBES))
        guessed = next((name for name in described if _is_like_titles(columns[name], _DESCRIBES)), None)
    made = composed_of(columns, guessed)
    if made is not None:
        return _composed(made)
    if guessed is None:  # machines go by their model, whatever digits are in it
        models = (name for name, column in columns.items() if column.words & _MODELS)
        guessed = next((name for name in models if columns[name].distinct > _MODELS_DIFFER), None)
    return None if guessed is None else _Title(guessed, named=False)


def _composed(made: Composed, named: bool = False) -> _Title:
    several = made.columns if len(made.columns) > 1 else ()
    return _Title(made.columns[-1], named, several, made.joint)


def _why_composed(title: _Title) -> str:
    """What a note says of a title that several columns make together."""
    told = joined([f"`{one}`" for one in title.parts])
    why = "none alone says which item is meant" if title.named else "no column is called so"
    return (
        f"{told} together are taken for the title, as {why}; to take others, declare them: "
        "`column: [one, other]`, `kind: title`"
    )


def _titled(columns: Mapping[str, Column]) -> str | None:
    """The column whose name says that it holds the titles."""
    fit = _by_key({n: c for n, c in columns.items() if c.known and c.urls < 0.5 and not c.listed > 0.5})
    for key in _TITLES:
        if key in fit:
            return fit[key]
    if (called := _called(columns, fit)) is not None:
        return called
    order = list(reversed(list(fit.items())))
    nouns = [
        name
        for key, name in order
        if key in _NOUNS and columns[name].numeric < 0.5 or key in _ORIGINAL_TITLES
    ]
    own = [
        name for key, name in order if key.split("_")[-1] in _TITLE_WORDS and columns[name].distinct > _MOSTLY
    ]
    things = [
        name for name in nouns if TAG_WORDS.isdisjoint(columns[name].words)
    ]  # no city, where breweries are listed
    return next(iter((*things, *own, *nouns)), None)


def _called(columns: Mapping[str, Column], fit: Mapping[str, str]) -> str | None:
    """The column of what items are called, and not a person: `product_name`; beside `track_id` the track's."""
    identified = {key.removesuffix("id").rstrip("_") for key in _by_key(columns) if key.endswith("id")}
    ranked: dict[tuple[bool, bool], str] = {}
    for last in _TITLE_WORDS:
        for key, name in reversed(list(fit.items())):
            words = key.split("_")
            of_else = (PERSON_WORDS | NO_TITLES).intersection(words[:-1])
            if words[-1] == last and not of_else and _NOT_TITLE.isdisjoint(words):
                is_value = not TAG_WORDS.isdisjoint(words[:-1])
                ranked.setdefault((is_value, "_".join(words[:-1]) not in identified), name)
    return next((ranked[rank] for rank in sorted(ranked) if rank != (True, True)), None)


def _is_like_titles(column: Column, even: frozenset[str] = frozenset()) -> bool:
    """Whether a column without a telling name looks like titles: short texts, nearly all different, with few digits.

    `even` are words of its name with which it may.
    """
    if column.words & (PERSON_WORDS | TAG_WORDS | NO_TITLES) - even or column.key in (
        *_CERTAIN_IDS,
        *_OTHER_IDS,
    ):
        return False
    texts = column.texts
    if not texts or not all(isinstance(cell, str) for cell in column.sample):
        return False
    letters = sum(sum(map(str.isalpha, text)) for text in texts) / max(1, sum(map(len, texts)))
    plain = max(column.urls, column.addresses, column.listed, column.numeric, column.dated) < 0.1
    lengths = 2 <= column.characters <= 60 and column.spaced <= 9
    several = column.spaced >= 1.3 or letters > 0.95 and column.characters >= 4
    return plain and lengths and several and letters > 0.7 and column.distinct > 0.9


# -- ids


def _id_of(columns: Mapping[str, Column], table: Table, title: str, notes: list[Note]) -> str | None:
    """The column that identifies items: unique and known, or certainly meant to be; else None and a note of why."""
    keys = _by_key({name: column for name, column in columns.items() if name != title})
    of_noun = [*(f"{noun}_id" for noun in _NOUNS), *(f"{noun}id" for noun in _NOUNS)]
    ending = [key for key in reversed(keys) if key.endswith("_id")]
    numbered = [key for key in reversed(keys) if _is_numbered(key, columns[keys[key]])]
    order = [*_CERTAIN_IDS, *of_noun, *ending, *_OTHER_IDS, *numbered, *_LAST_IDS]
    passed: str | None = None
    for key in dict.fromkeys(key for key in order if key in keys):
        name = keys[key]
        if columns[name].listed >= 0.5 or key in _LAST_IDS and _are_pitches(columns[name]):
            continue
        if _differ(table.columns[name]):
            if passed is not None:
                notes.append(Note(f"not the id, as `{name}` is: {_repeated(table, passed)}", passed))
            return name
        certain = key in _CERTAIN_IDS or key in of_noun and _share_of_own(table.columns[name]) > _MOSTLY
        if certain and columns[name].known:
            return name  # reading refuses it, and names the rows
        if key in of_noun and passed is None:
            passed = name
    if passed is not None:
        notes.append(
            Note(f"not the id, items are numbered by their rows: {_repeated(table, passed)}", passed)
        )
    return None


def _is_numbered(key: str, column: Column) -> bool:
    """Whether a column is called a number or a code of items, and holds short codes with digits."""
    words = key.split("_")
    numbered = len(words) > 1 and words[-1] in _NUMBERED and _NOT_NUMBERED.isdisjoint(words)
    if not numbered and not _GLUED_ID.fullmatch(words[-1]):
        return False
    return all(
        len(text) <= _CODE and " " not in text.strip() and _DIGIT.search(text) for text in column.texts
    )


def _share_of_own(cells: Sequence[Any]) -> float:
    """How many different cells there are for each row."""
    return len({as_text(cell) for cell in cells if not is_missing(cell)}) / len(cells)


def _are_pitches(column: Column) -> bool:
    """Whether the cells may be musical keys."""
    return all((number := _whole(cell)) is not None and -1 <= number <= _PITCHES for cell in column.cells)


def _repeated(table: Table, name: str) -> str:
    """Which two rows share a cell of a column, in words."""
    first: dict[str, int] = {}
    for row, cell in enumerate(table.columns[name]):
        text = "" if is_missing(cell) else as_text(cell)
        if not text:
            return f"it is empty in {table.where(row)}"
        if text in first:
            return f"{table.where(first[text])} and {table.where(row)} both have {text!r}"
        first[text] = row
    return "it is unique"


def _differ(cells: Sequence[Any]) -> bool:
    texts = ["" if is_missing(cell) else as_text(cell) for cell in cells]
    return "" not in texts and len(set(texts)) == len(texts)


def _popularity_of(columns: Mapping[str, Column], taken: set[str | None]) -> str | None:
    keys = _by_key({name: column for name, column in columns.items() if name not in taken})
    found = (keys[key] for key in _POPULARITY if key in keys)
    return next((name for name in found if columns[name].known and columns[name].is_numeric), None)


def _noun_of(name: str, columns: Mapping[str, Column], title: str, item_id: str | None) -> str:
    keys = [in_english(words_of(key)) for key in (title, item_id) if key]
    ahead = [key[0] for key in keys if len(key) > 1]
    called = [singular(word) for word in words_of(name)]
    listed = {one for one, word in zip(called, words_of(name), strict=True) if one != word and one in _NOUNS}
    told = [word for word in (*ahead, *keys[0], *called) if word in _NOUNS]
    if len(listed) == 1 and told and told[0] in _ANYTHING:  # games, though each has an `AppID`
        return listed.pop()
    if told:
        return told[0]
    words = {word for column in columns.values() for word in column.words}
    return "book" if words & {"isbn", "isbn13"} else "item"
