"""Titles as lists write them: "Matrices, The (Matrices, Les) (1999)", and what such a cell holds besides the title."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

YEAR, ARTICLE, OTHERS = "year", "article", "others"
MARKS = (YEAR, ARTICLE, OTHERS)  # what a title's cell may hold besides the title, or put elsewhere

_YEAR = re.compile(
    r"\s*[(\[](?P<year>(?:1[5-9]|20)\d\d)(?:\s*[-–—]\s*(?:(?:1[5-9]|20)\d\d)?)?[)\]]$"
)  # "(1999)", of a series "(1999–2003)" or "(1999-)"
_OTHER = re.compile(r"\s*\((?P<other>[^()]+)\)$")
_AKA = re.compile(r"(?:a\.?k\.?a\.?|also known as)\s*:?\s+", re.IGNORECASE)
_NO_TITLE = re.compile(  # in brackets behind a title: which one of it is meant
    r"#|\d|\b(?:edition|version|cut|remaster(?:ed)?|remix|live|extended|uncut|special|part|vol|volume|season|series|"
    r"film|movie|tv|short|miniseries|documentary|book|novel|deluxe|explicit|feat|featuring|director|imax|unrated)\b",
    re.IGNORECASE,
)
# English, French, German, Spanish, Italian and Dutch, as they stand behind a comma.
_CLEAR = "the an le les der el los las il lo gli het".split()
_ARTICLES = frozenset([*_CLEAR, *"a la l' un une die das ein eine una unos unas uno i de een des".split()])
_BEHIND = re.compile(
    rf"(?P<rest>.*\S),\s*(?P<article>{'|'.join(sorted(_ARTICLES, key=len, reverse=True))})$", re.IGNORECASE
)
_ENGLISH = frozenset({"the", "a", "an"})
_MOST = 0.5  # of the titles end in a year: then it is no part of them
_STARTS_PER_END = 4  # so many titles may begin with an article for each that has it behind a comma


@dataclass(frozen=True, slots=True)
class TitleCell:
    """What a cell of a title column holds.

    Attributes:
        title: The title alone.
        year: The year in brackets at the end, if there is one.
        others: Other titles of the same item: in brackets, and without a foreign article.
    """

    title: str
    year: int | None = None
    others: tuple[str, ...] = ()


def read_title(text: str, marks: Sequence[str]) -> TitleCell:
    """Take a cell of a title column apart.

    Args:
        text: The cell.
        marks: Which of `MARKS` are no part of the title as it is said: a year in brackets at the end, an article
            behind a comma (it is put in front), other titles in brackets.

    >>> read_title("City of Lost Kids, The (Cité des enfants, La) (1995)", MARKS)
    TitleCell(title='The City of Lost Kids', year=1995, others=('La Cité des enfants', 'Cité des enfants'))
    >>> read_title("Alien (Director's Cut) (1979)", MARKS).title, read_title("Up, The", ["year"]).title
    ("Alien (Director's Cut)", 'Up, The')
    """
    rest, year = text.strip(), None
    others: list[str] = []
    if YEAR in marks and (found := _YEAR.search(rest)) and found.start():
        rest, year = rest[: found.start()], int(found["year"])
    while OTHERS in marks and (found := _OTHER.search(rest)) and found.start():
        told = found["other"].strip()
        if _NO_TITLE.search(told) and not _AKA.match(told):
            break
        rest = rest[: found.start()]
        others.insert(0, _AKA.sub("", told, count=1))
    title, *again = _turned(rest) if ARTICLE in marks else (rest,)
    for other in others:
        again += _turned(other) if ARTICLE in marks else [other]
    return TitleCell(title, year, tuple(dict.fromkeys(one for one in again if one and one != title)))


def _turned(title: str) -> list[str]:
    """A title with its article in front, and without it where it is none that every search leaves out."""
    found = _BEHIND.fullmatch(title)
    if found is None:
        return [title]
    article = found["article"]
    whole = f"{article}{'' if article.endswith(chr(39)) else ' '}{found['rest']}"
    return [whole] if article.lower() in _ENGLISH else [whole, found["rest"]]


def marks_of(titles: Sequence[str]) -> tuple[str, ...]:
    """Which marks a column of titles has: most end in a year, articles stand behind commas and not in front.

    >>> marks_of(["Matrices, The (1999)", "Up (2009)", "Heatwave (1995)"])
    ('year', 'article', 'others')
    >>> marks_of(["The Matrices", "Up", "1984 (1949)", "The Last, The"])
    ('article',)
    >>> marks_of(["The Matrices", "Blade Runner (1982)", "Up"])
    ()
    """
    dated = sum(_YEAR.search(title) is not None for title in titles)
    marks = [YEAR] if dated > _MOST * len(titles) else []
    bare = [read_title(title, [YEAR, OTHERS] if marks else []).title for title in titles]
    behind = sum(
        (found := _BEHIND.fullmatch(one)) is not None and found["article"].lower() in _CLEAR for one in bare
    )
    before = sum(one.lower().startswith(("the ", "an ", "a ")) for one in bare)
    if behind and before <= _STARTS_PER_END * behind:
        marks.append(ARTICLE)
    return (*marks, OTHERS) if YEAR in marks else tuple(marks)
