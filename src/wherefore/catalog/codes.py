"""Codes that stand in an order: age ratings, and what devices are proof against."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wherefore.catalog.catalog import Catalog, PerCatalog
from wherefore.catalog.naming import words_of
from wherefore.catalog.ordered import scale_of

_LETTERS = {  # the years from which what bears an age rating is fit for a child, of films, television and games
    **dict.fromkeys("g u tv-y tv-g e ec all e0 atp tp approved passed".split(), 0),
    **dict.fromkeys("pg tv-y7 tv-y7-fv".split(), 7),
    "tv-pg": 9,
    **dict.fromkeys("e10+ e10".split(), 10),
    **dict.fromkeys("12a 12".split(), 12),
    "pg-13": 13,
    **dict.fromkeys("tv-14 t".split(), 14),
    **dict.fromkeys("ma15+ m".split(), 15),
    **dict.fromkeys("r tv-ma".split(), 17),
    **dict.fromkeys("nc-17 x ao r18 r18+".split(), 18),
}
_UNRATED = frozenset("nr ur unrated not-rated pending".split())
_YEARS = re.compile(r"(?:fsk|pegi|usk|kijkwijzer|cero|ab)[\s-]*(?P<of>\d{1,2})\+?|(?P<alone>\d{1,2})\+")
_IP = re.compile(r"ip\s?(?P<solids>[0-6x])(?P<water>[0-9x])[a-z]?")
# What columns that say with which children something may be ("Kids": any, 5+, no) write besides ages.
_OF_CHILDREN = frozenset("kid kids child children toddlers toddler family families age ages".split())
_WITH_CHILDREN = {
    **dict.fromkeys("any all yes y ok fine all-ages any-age no-limit none-min".split(), 0),
    **dict.fromkeys("no n none never adults adults-only adult-only no-children no-kids".split(), 99),
}
_SHARE = 0.8  # of the values are codes


@dataclass(frozen=True, slots=True)
class Ranks:
    """A field whose values are codes in an order.

    Attributes:
        field: The field.
        of: The rank of each code: years of age, or of an IP code its two digits as a number.
    """

    field: str
    of: Mapping[str, int]


def age_of(code: str) -> int | None:
    """From which age on what bears a code is fit to be seen; None where it is no age rating.

    >>> [age_of(code) for code in ("TV-Y7", "PG-13", "FSK 16", "PEGI 3", "12+", "drama", "12 Monkeys")]
    [7, 13, 16, 3, 12, None, None]
    """
    said = re.sub(r"[\s_]+", "-", code.strip().lower())
    if said in _LETTERS:
        return _LETTERS[said]
    years = _YEARS.fullmatch(said)
    return int(years["of"] or years["alone"]) if years else None


def protection_of(code: str) -> int | None:
    """The digits of an IP code (IEC 60529), X as 0; None where it is none.

    >>> [protection_of(code) for code in ("IP67", "IPX4", "IPA")]
    [67, 4, None]
    """
    said = _IP.fullmatch(code.strip().lower())
    return None if said is None else int(said["solids"].replace("x", "0") + said["water"].replace("x", "0"))


def ages_of(catalog: Catalog) -> list[Ranks]:
    """The fields of a catalogue whose values are age ratings."""
    return _graded(catalog)[0]


def protections_of(catalog: Catalog) -> list[Ranks]:
    """The fields of a catalogue whose values are IP codes."""
    return _graded(catalog)[1]


def is_graded(catalog: Catalog, field: str) -> bool:
    """Whether a field's values are codes in an order: who refuses some wants none that is unknown."""
    if any(ranks.field == field for ranks in (*ages_of(catalog), *protections_of(catalog))):
        return True
    return scale_of(catalog, field) is not None


def _ranks(catalog: Catalog, rank: Callable[[str], int | None], of_children: bool = False) -> list[Ranks]:
    found = []
    for spec in catalog.schema.tags:
        if spec.flag:
            continue
        values = [value for value in catalog.vocabulary(spec.name) if value.lower() not in _UNRATED]
        told = {value: own for value in values if (own := rank(value)) is not None}
        if told and of_children and not _OF_CHILDREN.isdisjoint(words_of(spec.called)):
            plain = {value: re.sub(r"[\s_]+", "-", value.strip().lower()) for value in values}
            told = {value: _WITH_CHILDREN.get(plain[value], told.get(value, -1)) for value in values}
            told = {value: years for value, years in told.items() if years >= 0}
        if len(set(told.values())) > 1 and len(told) >= _SHARE * len(values):
            found.append(Ranks(spec.name, told))
    return found


def _both(catalog: Catalog) -> tuple[list[Ranks], list[Ranks]]:
    return _ranks(catalog, age_of, True), _ranks(catalog, protection_of)


_graded = PerCatalog(_both)
