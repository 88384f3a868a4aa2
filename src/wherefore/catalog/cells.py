"""Cells: what one cell of a table holds, as text, number, list or date."""

from __future__ import annotations

import ast
import calendar
import json
import math
import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from wherefore.catalog.dates import read_date, since_1970
from wherefore.errors import CatalogError

NOT_KNOWN = {"", "nan", "none", "null", "n/a", "na", "<na>", "\\n", "-", "?", "unknown"}
_NO_TEXT = {"nan", "NaN", "None", "NULL", "null", "<NA>"}  # what programs write for nothing
EXACT = 2**53  # whole numbers up to here are the same as int and as float
_SUFFIXES = re.compile(
    r"(?:jr|sr|inc|ltd|llc|co|corp|gmbh|ii|iii|iv|ph\.?d|m\.?d|esq)\.?", re.IGNORECASE
)  # "Downey, Jr." is one name

_LANGUAGES = {
    code: name
    for names in (
        "English en eng", "French fr fra fre", "German de deu ger", "Spanish es spa", "Italian it ita",
        "Portuguese pt por", "Dutch nl nld dut", "Swedish sv swe", "Danish da dan", "Norwegian no nor nb nob nn nno",
        "Finnish fi fin", "Icelandic is isl ice", "Polish pl pol", "Czech cs ces cze", "Slovak sk slk slo",
        "Hungarian hu hun", "Romanian ro ron rum", "Bulgarian bg bul", "Greek el ell gre", "Turkish tr tur",
        "Russian ru rus", "Ukrainian uk ukr", "Serbian sr srp", "Croatian hr hrv", "Hebrew he heb", "Arabic ar ara",
        "Persian fa fas per", "Hindi hi hin", "Bengali bn ben", "Tamil ta tam", "Telugu te tel", "Urdu ur urd",
        "Thai th tha", "Vietnamese vi vie", "Indonesian id ind", "Malay ms msa may", "Filipino fil tl tgl",
        "Chinese zh zho chi", "Mandarin cmn", "Cantonese yue", "Japanese ja jpn", "Korean ko kor", "Latin la lat",
        "Catalan ca cat", "Basque eu eus baq", "Galician gl glg", "Estonian et est", "Latvian lv lav",
        "Lithuanian lt lit", "Slovenian sl slv", "Irish ga gle", "Welsh cy cym wel",
    )
    for name, *codes in [names.split()]
    for code in codes
}  # fmt: skip


def is_missing(cell: Any) -> bool:
    """Whether a cell holds nothing: None, a NaN, an empty list or only blanks."""
    if cell is None:
        return True
    if isinstance(cell, str):
        return not cell.strip()
    if isinstance(cell, float):
        return math.isnan(cell)
    return isinstance(cell, list | tuple | dict) and not cell


def is_nothing(cell: Any) -> bool:
    """Whether a cell holds nothing, or what programs write for nothing: `NaN`, `None`, `NULL`."""
    return is_missing(cell) or isinstance(cell, str) and cell.strip() in _NO_TEXT


def clean(text: str) -> str:
    """The text, checked.

    Raises:
        CatalogError: If it holds a NUL or half of a surrogate pair, which no file can keep.
    """
    if "\x00" in text:
        raise CatalogError("it holds a NUL character; is this a text file? Remove the character")
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            bad = text[error.start]
            if "\udc80" <= bad <= "\udcff":  # how a file that else is UTF-8 gives a byte that is not
                raise CatalogError(
                    f"it holds half of a surrogate pair, or the byte 0x{ord(bad) - 0xDC00:02x}, which is not UTF-8 as "
                    "the rest of the file is; write the character whole, in the same encoding"
                ) from error
            raise CatalogError(
                f"it holds {bad!r}, half of a surrogate pair; write the character whole"
            ) from error
    return text


def clean_all(cell: Any) -> None:
    """Check all texts in a cell, also within lists and keys.

    Raises:
        CatalogError: As `clean` does.
    """
    if isinstance(cell, str):
        clean(cell)
    elif isinstance(cell, list | tuple):
        for part in cell:
            clean_all(part)
    elif isinstance(cell, dict):
        for key, value in cell.items():
            clean_all(key)
            clean_all(value)


def as_text(cell: Any) -> str:
    """A cell as text: lists are joined by line ends, other things than text written as JSON."""
    if isinstance(cell, str):
        return clean(cell.strip())
    if isinstance(cell, list | tuple):
        return "\n".join(as_text(part) for part in cell if not is_missing(part))
    if isinstance(cell, dict):
        named = cell.get("name", cell.get("title"))
        return as_text(named) if isinstance(named, str) else json.dumps(cell, ensure_ascii=False, default=str)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < EXACT:
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return str(cell)


def whole(number: int | float) -> int | float:
    """One form per number: an int where it is whole and exact as a float, else a float."""
    if abs(number) >= EXACT:
        return float(number)
    return int(number) if float(number).is_integer() else float(number)


def as_list(cell: Any, separator: str | None = None) -> tuple[str, ...]:
    """A cell as several values: a list, a JSON or Python list written as text, or text cut at `separator`.

    Without a separator, `|` and `;` cut. Blanks and repetitions are dropped; "Downey, Jr." stays one name.

    >>> as_list("Drama|Comedy"), as_list("['Drama', 'Comedy']"), as_list("A Co., Inc., B", ", ")
    (('Drama', 'Comedy'), ('Drama', 'Comedy'), ('A Co., Inc.', 'B'))
    """
    if is_missing(cell):
        return ()
    parts: Iterable[Any]
    if isinstance(cell, list | tuple):
        parts = cell
    elif isinstance(cell, str):
        clean(cell)
        listed = listed_in(cell)
        parts = listed if listed is not None else _cut(cell, separator)
    else:
        parts = (cell,)
    values = dict.fromkeys(" ".join(as_text(part).split()) for part in parts if not is_missing(part))
    values.pop("", None)
    return tuple(values)


def listed_in(text: str) -> list[Any] | None:
    """The list that a text cell spells in JSON or Python, or None."""
    text = text.strip()
    if len(text) < 2 or text[0] not in "[({" or text[-1] not in "])}":
        return None
    try:
        value = json.loads(text)
    except ValueError:
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    return list(value) if isinstance(value, list | tuple) else None


def _cut(text: str, separator: str | None) -> list[str]:
    if separator is None:
        separator = next((mark for mark in ("|", ";") if mark in text), "")
    if not separator:
        return [text]
    parts: list[str] = []
    within = 0  # brackets that are open: "yes (10 €/day)" is one value
    for part in text.split(separator.strip() or separator):
        if within > 0:
            parts[-1] += f"{separator.rstrip()}{part}"
            within += _opened(part)
            continue
        within = _opened(part) if _opened(text) == 0 else 0
        part = part.strip()
        if separator.strip() == "," and parts and _SUFFIXES.fullmatch(part):
            parts[-1] += f", {part}"
        else:
            parts.append(part)
    return parts


def _opened(text: str) -> int:
    return text.count("(") - text.count(")")


def as_date(cell: Any, day_first: bool = False) -> str | None:
    """A cell as an ISO date, as exact as it is known: `2001-05-23`, `2001-05` or `2001`.

    >>> [as_date(x) for x in ("May 23, 2001", "5/23/2001", "2001-05-23T10:00:00Z", "2001.0", "")]
    ['2001-05-23', '2001-05-23', '2001-05-23', '2001', None]

    Raises:
        CatalogError: If it is no date.
    """
    if is_missing(cell) or isinstance(cell, str) and cell.strip().lower() in NOT_KNOWN:
        return None
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return read_date(clean(as_text(cell)), day_first)


def as_moment(cell: Any, unit: str) -> str | None:
    """A cell that counts seconds ("s") or milliseconds ("ms") since 1970, or writes a date, as an ISO date.

    Raises:
        CatalogError: If it is neither.
    """
    text = cell.strip() if isinstance(cell, str) else cell
    if isinstance(text, bool) or is_missing(text) or not str(text).replace(".", "", 1).isdigit():
        return as_date(text)
    return since_1970(float(text), unit)


def fractional_year(iso: str) -> float:
    """An ISO date as a year with its fraction.

    >>> fractional_year("2001"), fractional_year("2001-07-02")
    (2001.0, 2001.4986301369863)
    """
    year, *rest = (int(part) for part in iso.split("-"))
    month, day = [*rest, 1, 1][:2]
    passed = date(year, month, day).timetuple().tm_yday - 1
    return year + passed / (366 if calendar.isleap(year) else 365)


def first_address(text: str) -> str:
    """The first of the addresses that a text cell lists, or the text.

    >>> first_address("https://a.org/1.jpg; https://a.org/2.jpg")
    'https://a.org/1.jpg'
    """
    text = text.strip()
    return (
        re.split(r"[;|,]?\s+|[;|](?=https?:)", text)[0]
        if text.startswith(("http:", "https:", "//"))
        else text
    )


def in_languages(values: Iterable[str]) -> tuple[str, ...]:
    """Language codes in words, other values as they are.

    >>> in_languages(("eng", "en-US", "Klingon"))
    ('English', 'Klingon')
    """
    return tuple(
        dict.fromkeys(_LANGUAGES.get(v.lower().replace("_", "-").partition("-")[0], v) for v in values)
    )
