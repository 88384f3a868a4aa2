"""What stands in a column as a code, and what people say for it: "FB" is full board, "W" in a column `for` women.

A column is taken for a family of codes when its name says so and most of its different values are codes of the family;
"HB" is half board in a column `board`, a hardback in a column `binding`, and nothing at all in one of pencils. Values
stay what they are: a schema tells beside them what they stand for, `FieldSpec.codes`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from wherefore.catalog.naming import in_english, singular, words_of
from wherefore.files import ASSETS, packed_text
from wherefore.text import holds_run, stems

FILE = ASSETS / "codes.tsv.xz"
Codes = tuple[
    tuple[str, tuple[str, ...]], ...
]  # what each code stands for: first as it is said, then in other words
_SHARE = 0.6  # of the different values, and of all, are codes
_LEAST = 2  # different codes
_LONGEST = 8  # characters of a code
_GRADES = re.compile(r"[A-F][+-]?")  # "A", "B+": marks of a school, or of anything
_LETTERS = "ABCDEFG"
_LANGUAGE = re.compile(r"(?P<of>[a-z]{2,3})(?:[-_][A-Z]{2})?", re.IGNORECASE)
_COUNTRY_NAMES = (
    "country; nation; land; origin; made in; market; ships from; nationality; flag; imported from".split("; ")
)
_LANGUAGE_NAMES = (
    "language; lang; languages; audio; subtitles; spoken; dubbed; original language; locale".split("; ")
)
_OTHER_NAMES = {
    "US": ("usa", "us", "united states of america", "america", "states"),
    "GB": ("uk", "great britain", "britain"),
    "AE": ("uae", "emirates"),
    "CZ": ("czech republic",),
    "TR": ("Türkiye",),
    "HK": ("hong kong",),
    "MO": ("macau",),
    "KR": ("korea",),
    "NL": ("holland",),
    "MM": ("burma", "myanmar"),
    "BA": ("bosnia",),
    "TT": ("trinidad",),
    "CD": ("congo",),
    "MK": ("macedonia",),
}
_SAID = {"TR": "Turkey", "CI": "Ivory Coast", "PS": "Palestine"}  # otherwise than babel has it
_COMMONLY = {"GB": "UK", "UK": "GB", "EL": "GR"}  # codes that are written beside those of ISO 3166


@dataclass(frozen=True, slots=True)
class Family:
    """A family of columns that hold codes.

    Attributes:
        name: What it is called.
        columns: Words of a column's name that call it.
        unless: Words of a column's name with which it is something else.
        phrase: How a sentence says a value, where the schema has only a label; empty where the label will do.
        beside: Words of the names of other columns, one of which must stand beside it; none where it needs none.
        codes: What each code stands for: first as it is said, then what else people say.
    """

    name: str
    columns: tuple[str, ...]
    unless: tuple[str, ...]
    phrase: str
    beside: tuple[str, ...]
    codes: Mapping[str, tuple[str, ...]]

    def is_of(self, name: str, around: Collection[str] = ()) -> bool:
        """Whether a column of that name, beside others whose names have the words `around`, may be of the family.

        >>> family = next(one for one in families() if one.name == "board")
        >>> [family.is_of(name) for name in ("Board", "meal_plan", "board games", "price")]
        [True, True, False, False]
        """
        own = _names(name)
        if any(_holds(own, one) for one in self.unless):
            return False
        if self.beside and not any(singular(one) in around for one in self.beside):
            return False
        return any(_holds(own, one) for one in self.columns)

    def words(self, value: str) -> tuple[str, ...]:
        """What a value stands for; nothing where it is no code of the family."""
        return self.codes.get(value) or self.codes.get(value.upper()) or ()


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of codes.

    Attributes:
        family: Of which family.
        codes: What the values that are codes stand for.
    """

    family: Family
    codes: Codes


@lru_cache(maxsize=1)
def families() -> tuple[Family, ...]:
    """The packaged families, in order; the first of those that know as many values of a column has it."""
    return tuple(families_of(packed_text(FILE).splitlines()))


def families_of(lines: Sequence[str]) -> list[Family]:
    """The families of a table; how it is written stands at its head.

    Raises:
        ValueError: If a code stands before any family, or for nothing.
    """
    found: list[Family] = []
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        cells = [*line.split("\t"), "", "", "", ""]
        if cells[0]:
            names, unless, phrase, beside = cells[1:5]
            found.append(Family(cells[0], _parts(names), _parts(unless), phrase, _parts(beside), {}))
            continue
        if not found or not _parts(cells[2]):
            raise ValueError(f"{line.strip()!r} is of no family, or stands for nothing")
        known: dict[str, tuple[str, ...]] = dict(found[-1].codes)
        for code in _parts(cells[1]):
            # One family may write a code for two things, "S" of a small one or a suite: the first counts.
            known.setdefault(code, _parts(cells[2]))
        last = found[-1]
        found[-1] = Family(last.name, last.columns, last.unless, last.phrase, last.beside, known)
    return found


def codes_of(name: str, values: Mapping[str, int], around: Collection[str] = ()) -> Coded | None:
    """The codes of a column, or None where it holds none.

    Args:
        name: Of the column.
        values: Its values, each with its number of items.
        around: Words of the names of the other columns, in the singular.

    >>> found = codes_of("board", {"FB": 3, "HB": 5, "RO": 1})
    >>> found.family.name, dict(found.codes)["FB"][:2]
    ('board', ('full board', 'full-board'))
    >>> codes_of("grade", {"HB": 3, "2B": 4, "H": 2}) is None
    True
    """
    short = {value: count for value, count in values.items() if 0 < len(value) <= _LONGEST}
    if len(short) < _SHARE * len(values):
        return None
    best: Coded | None = None
    fitting = [one for one in families() if one.is_of(name, around)]
    for family in (*fitting, *_of_the_world(name)):
        codes = tuple((value, told) for value in short if (told := family.words(value)))
        if not _is_mostly(codes, values) or _are_grades(values, family):
            continue
        if best is None or len(codes) > len(best.codes):
            best = Coded(family, codes)
    return best


def _is_mostly(codes: Codes, values: Mapping[str, int]) -> bool:
    """Whether most of a column is codes."""
    known = sum(values[code] for code, _ in codes)
    return (
        len(codes) >= _LEAST
        and len(codes) >= _SHARE * len(values)
        and known >= _SHARE * sum(values.values())
        and len({told[0] for _, told in codes}) >= _LEAST
    )


def _are_grades(values: Mapping[str, int], family: Family) -> bool:
    """Whether values are marks in the order of the alphabet, of a family that has no such order."""
    marks = {"A", "B"} <= set(values) and all(_GRADES.fullmatch(value) for value in values)
    return marks and not all(letter in family.codes for letter in _LETTERS)


def _of_the_world(name: str) -> list[Family]:
    """The families of countries and of languages, where a column's name calls them."""
    own = _names(name)
    found = []
    if any(_holds(own, one) for one in _COUNTRY_NAMES):
        found.append(_countries())
    if any(_holds(own, one) for one in _LANGUAGE_NAMES):
        found.append(_languages())
    return found


@lru_cache(maxsize=1)
def _countries() -> Family:
    """Countries by the codes of ISO 3166, of two and of three letters."""
    from babel import Locale  # takes a moment
    from babel.core import get_global

    names = Locale("en").territories
    codes = {
        code: (_SAID.get(code, _plain(name)), *_OTHER_NAMES.get(code, ()))
        for code, name in names.items()
        if re.fullmatch("[A-Z]{2}", code)
    }
    for code, usual in get_global("territory_aliases").items():
        if re.fullmatch("[A-Z]{3}", code) and len(usual) == 1 and usual[0] in codes:
            codes[code] = codes[usual[0]]
    for code, same in _COMMONLY.items():
        codes.setdefault(code, codes.get(same, ()))
    return Family("country", tuple(_COUNTRY_NAMES), (), "from {}", (), codes)


class _Languages(Family):
    """Languages by the codes of ISO 639, also with a country: "pt-BR"."""

    __slots__ = ()

    def words(self, value: str) -> tuple[str, ...]:
        """What a value stands for."""
        found = _LANGUAGE.fullmatch(value)
        return () if found is None else self.codes.get(found["of"].lower(), ())


@lru_cache(maxsize=1)
def _languages() -> Family:
    from babel import Locale
    from babel.core import get_global

    names = Locale("en").languages
    codes = {code: (name,) for code, name in names.items() if len(code) in (2, 3)}
    for code, usual in get_global("language_aliases").items():
        if len(code) in (2, 3) and usual in codes:
            codes.setdefault(code, codes[usual])
    return _Languages("language", tuple(_LANGUAGE_NAMES), (), "in {}", (), codes)


def _plain(name: str) -> str:
    """A country's name as it is said: "Hong Kong", "Myanmar"."""
    return re.sub(r" SAR China| \(.*\)", "", name).replace(" & ", " and ")


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in cell.split(";") if one.strip())


@lru_cache(4096)
def _names(name: str) -> tuple[tuple[str, ...], ...]:
    """The words of a column's name as stems, as they stand and in English."""
    words = words_of(name)
    return tuple(dict.fromkeys((tuple(stems(" ".join(words))), tuple(stems(" ".join(in_english(words)))))))


@lru_cache(8192)
def _stems(words: str) -> tuple[str, ...]:
    return tuple(stems(words))


def _holds(own: Collection[Sequence[str]], sought: str) -> bool:
    """Whether a column's words have some words, one after another."""
    wanted = _stems(sought)
    return any(holds_run(one, wanted) for one in own)
