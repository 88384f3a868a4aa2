"""Numbers as people write them in one cell, before anybody says what their marks mean.

"1.299" is one and a bit in one column and more than a thousand in another. So a cell is first cut into its parts:
digits with their marks, unit, currency, a second number of a range; `number_in` reads digits once it is known which
mark parts the decimals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from wherefore.catalog.money import CURRENCY, FREE, currency_called
from wherefore.catalog.units import unit_written

_LONGEST = 60  # characters of a cell that may be a number
_BLANKS = dict.fromkeys(map(ord, "    \t\n\r"), " ") | {ord("’"): "'", ord("−"): "-", ord("′"): "'"}
_BLANKS |= {ord("″"): '"', ord("”"): '"', ord("＄"): "$"}
_PLAIN = re.compile(r"[-+]?\d+(?:\.\d+)?")
_DIGITS = r"(?:\d+(?:(?:[.,]|'(?=\d{3}(?!\d))| (?=\d{3}(?!\d)))\d+)*[.,]?|[.,]\d+)(?:e[-+]?\d{1,3})?"
_UNIT = r"(?:%|°\s?[cf]?|\"|''|'|fl\.?\s?oz|sq\.?\s?ft|(?:l|kwh)/100\s?km|g/km|km/l|(?:[^\W\d_]{1,12}|k?m/h)[²³]?)\.?"
_AMOUNT = (
    rf"(?P<sign#>[-+])?\s*(?P<before#>{CURRENCY})?\s*(?P<minus#>-)?\s*(?P<digits#>{_DIGITS})"
    rf"(?:\s*(?P<after#>{CURRENCY}(?![^\W\d_])|{_UNIT}))?"
    rf"(?:\s*(?P<last#>{CURRENCY}))?"
)
_ONE = re.compile(_AMOUNT.replace("#", ""))
_RANGE = re.compile(
    _AMOUNT.replace("#", "0")
    + r"\s*(?:-|–|—|~|\.\.+|\bto\b|\bbis\b|\bthrough\b|\bà\b|\ba\b)\s*"
    + _AMOUNT.replace("#", "1")
)
_OUT_OF = re.compile(
    rf"(?P<digits>{_DIGITS})\s*(?:\*|★|stars?)?\s*(?P<link>/|out of|of|von|sur|de|su|av|af|van)\s*"
    rf"(?P<scale>\d+(?:[.,]0+)?)\s*(?:[^\W\d_]{{1,12}}|★)?"
)
_SCALES = frozenset((4, 5, 6, 10, 20, 100))  # that a slash may name: "9/10" is a mark, "9/16" a part or a day
_BRACKETS = re.compile(r"(?<=\S)\s*[(\[][^()\[\]]*[)\]]$")  # "6.1 inches (155 mm)", "4.5 (1,234)"
_SIGNS = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3, "⅛": 0.125}
_FRACTION = re.compile(r"^(?:(\d+)\s+)?([1-9])/([2-9])(?=\s*[^\W\d_])|^(\d*)\s?([½¼¾⅓⅔⅛])")  # "1 1/2 hours"
_NOTE = re.compile(
    r"^(?:approx(?:\.|imately)?|about|around|circa|ca?\.|~|≈|only|now|nur|just)\s*(?=\W*\d|[a-z]{0,3}\W*\d)"
)
_LOWEST = re.compile(
    r"^(?:from|starting (?:at|from)|starts at|as low as|at least|over|more than|min(?:imum|\.)?|ab|über|mindestens|"
    r"desde|a partir de|à partir de|da|fra|från|fr\.|vanaf|od|≥|>=?)\s*:?\s*(?=.*\d)"
)
_HIGHEST = re.compile(
    r"^(?:up to|under|less than|at most|max(?:imum|\.)?|bis(?: zu)?|unter|jusqu'à|hasta|fino a|≤|<=?)\s*:?\s*(?=.*\d)"
)
_ONWARD = re.compile(
    r"\s*(?:\+|(?:and|&) (?:up|more|over)|or (?:more|over|older|higher)|und mehr|(?<=\d{4})\s?[-–]|plus)$"
)
_TRAILING = re.compile(  # not "per month": beside "per year" it is another price
    r"\s*(?:\*+|[★⭐]+|/?\s?\b(?:each|ea\.?|per (?:person|piece|item|unit|night)|pro (?:person|stück|nacht))|"
    r"p\.?\s?p\.|"
    r"/\s?(?:person|piece|item|unit|night|nacht|stück|pcs?)|(?<=%)\s?(?:vol|abv|alc)\.?|"
    r"\(?(?:incl?\.?|inkl\.?|excl?\.?|exkl\.?|zzgl\.?)\s(?:vat|tax|mwst\.?)\)?)$"
)
_BESIDE_DIGITS = " ,.:/-–—"  # what may stand between them and a unit: "900,- €"
_NO_CENTS = re.compile(r"(?<=\d)\s?(?:[,.:/][-–—]{1,2}|[,.]\s?—)")  # "129,-", "129:-", "450/-"
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?(?:[.,]\d+)?(?:\s*(?:min|h|hrs?|mins?|std)\.?)?")
_ISO_DURATION = re.compile(
    r"p(?:(\d+)w)?(?:(\d+)d)?(?:t(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?)?"
)
_HOUR_AND = re.compile(r"(\d{1,3})\s?h\s?([0-5]\d)")  # "1h50"
_PIECE = re.compile(rf"({_DIGITS})\s*([^\W\d_]{{1,12}}|\"|''|')\.?\s*(?:,|and|und|et|&)?\s*")
_FEET = re.compile(r"(\d+)\s*(?:'|ft\.?|feet)\s*(\d+(?:\.\d+)?)")  # 5'10
_DECADE = re.compile(r"((?:1[5-9]|20)\d0)'?s")
_STARS = re.compile(r"([★⭐]{1,10})[☆✩]*")
_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")  # 2001-05 is a month, 1990-95 a range
_NOT_UNITS = frozenset("to of and or x by bis von und et a à".split())
_TIMES = {"mio": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9, "mrd": 1e9}
LARGE = {"k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9}  # "3.5k"; of a file's size "19M" are megabytes
UNKNOWN = frozenset(  # what people write where a number is not known; also "varies with device"
    "varies|various|variable|tba|tbd|tbc|call|call us|call for price|ask|on request|price on request|auf anfrage|"
    "preis auf anfrage|sold out|out of stock|ausverkauft|vergriffen|unavailable|not available|contact us|n.a.|n/v|"
    "k.a.|k. a.|keine angabe|unbekannt|—|–|--|---|...|…|not rated|unrated|no rating|no rating yet|no reviews|"
    "not specified|unspecified|not applicable|nil|coming soon|pending|to be announced|sur demande|épuisé|agotado|"
    "see website|inquire|poa|0000-00-00".split("|")
)


@dataclass(frozen=True, slots=True)
class Part:
    """Digits with their marks, and the unit or the currency beside them, as written; `times` of "3 million" is 1e6."""

    digits: str
    unit: str = ""
    times: float = 1.0


@dataclass(frozen=True, slots=True)
class Amount:
    """What one cell writes.

    Attributes:
        low: Its number: one part, or several of one amount ("1 h 30 min"); empty of a range open below and of "free".
        high: The higher end of a range.
        negative: Whether the number is below zero.
        out_of: The digits of the scale that it names: 5 of "4.5 out of 5".
        slashed: Whether it names its scale by a slash.
        clock: The two or three numbers of "2:30" and "1:02:03".
        open: It is a lowest value: "from $25", "25+".
        free: It says that something costs nothing.
    """

    low: tuple[Part, ...]
    high: tuple[Part, ...] = ()
    negative: bool = False
    out_of: str = ""
    slashed: bool = False
    clock: tuple[int, ...] = ()
    open: bool = False
    free: bool = False

    @property
    def unit(self) -> str:
        """The unit or the currency, as written; of several parts that of the first; empty without one."""
        return next((part.unit for part in (*self.low, *self.high) if part.unit), "")


def says_no_number(text: str) -> bool:
    """Whether a text says that a number is not known: "varies with device", "sold out", "—"."""
    whole = text.strip().lower()
    low = whole.rstrip(".!")
    return (
        low in UNKNOWN
        or whole in UNKNOWN
        or low.startswith(("varies ", "call ", "contact ", "#"))
        or text.strip() in UNKNOWN
    )


def number_in(digits: str, decimal: str) -> float | int | None:
    """What digits with marks are, with "." or "," before the decimals; None where the marks do not fit.

    >>> number_in("1.299", "."), number_in("1.299", ","), number_in("1,09,900", "."), number_in("12,50", ".")
    (1.299, 1299, 109900, None)
    """
    if digits.isdecimal():
        return int(digits)
    digits, _, power = digits.lower().partition("e")
    whole, mark, rest = digits.partition(decimal)
    if rest and not rest.isdecimal():
        return None
    if not whole.isdecimal() and whole:
        grouped = _GROUPED[decimal].fullmatch(whole)
        if grouped is None:
            return None
        whole = re.sub(r"\D", "", whole)
    if not whole and not rest:
        return None
    if not mark and not power:
        return int(whole)
    return float(f"{whole or '0'}.{rest or '0'}e{power or '0'}")


_GROUPED = {
    decimal: re.compile(
        "|".join(rf"[1-9]\d{{0,2}}(?:{m}\d{{3}})+" for m in marks)
        + "".join(rf"|[1-9]\d?(?:{m}\d\d)+{m}\d{{3}}" for m in marks)
    )
    for decimal, marks in ((".", (",", " ", "'")), (",", (r"\.", " ", "'")))
}


def decimal_shown(digits: str) -> str:
    """The mark that alone can part the decimals of these digits; empty where both can, or neither.

    >>> [decimal_shown(x) for x in ("12,50", "1.299,00", "0.400", "1,09,900", "1.299", "12")]
    [',', ',', '.', '.', '', '']
    """
    if "," not in digits and "." not in digits:
        return ""
    fit = [mark for mark in ".," if number_in(digits, mark) is not None]
    return fit[0] if len(fit) == 1 else ""


def shape_of(text: str) -> str:
    """What is the same of all texts that differ in digits only, and so are cut alike; of some the text itself.

    >>> shape_of("$12.99") == shape_of("$47.50"), shape_of("0,125") == shape_of("1,125"), shape_of("9/10")
    (True, False, '9/10')
    """
    shape = _FIRST_ZERO.sub("\0", text) if "0" in text else text
    shape = shape.translate(_ALL_ONE)
    return text if _by_digits(shape) else shape


_FIRST_ZERO = re.compile(r"(?<![\d.,'])0")  # a number that begins with it is not written in thousands
_ALL_ONE = dict.fromkeys(map(ord, "123456789"), "1") | {ord("0"): "1", 0: "0"}
_BY_DIGITS = re.compile(
    r"[½¼¾⅓⅔⅛]|[01][:/][01]|[01]{4}-[01]{2}$|[01]\s?h\s?[01]|\b(?:of|von|sur|de|su|av|af|van)\b|^p",
    re.IGNORECASE,
)


@lru_cache(1 << 12)
def _by_digits(shape: str) -> bool:
    """Whether it depends on the digits what a text of this shape is: a time, a part, a month."""
    return _BY_DIGITS.search(shape) is not None


def places_of(text: str, amount: Amount) -> tuple[tuple[int, int], ...] | None:
    """Where the digits of an amount's parts stand in its text, lower end first; None where they stand otherwise."""
    places, at = [], 0
    for part in (*amount.low, *amount.high):
        start = text.find(part.digits, at)
        if start < 0:
            return None
        at = start + len(part.digits)
        places.append((start, at))
    return tuple(places)


_AND_MORE = re.compile(r"(\d{1,2})\s*\+\s*(\d)")


@lru_cache(1 << 14)
def amount_in(text: str) -> Amount | None:
    """The parts of a text that writes one number or one range; None where it does not.

    >>> amount_in("$12.99 - $19.99").high, amount_in("1 h 30 min").low[1], amount_in("4,5 von 5").out_of
    ((Part(digits='19.99', unit='$', times=1.0),), Part(digits='30', unit='min', times=1.0), '5')
    >>> amount_in("2005-09-16"), amount_in("12 brave monkeys"), amount_in("1.2.3")
    (None, None, None)
    """
    text = text.strip()
    if _PLAIN.fullmatch(text):
        return Amount((Part(text.lstrip("+-")),), negative=text[0] == "-")
    if not text or len(text) > _LONGEST:
        return None
    written = _FRACTION.sub(_decimals, " ".join(text.translate(_BLANKS).split()), count=1)
    low = written.lower()
    if low.rstrip("!") in FREE:
        return Amount((), free=True)
    if stars := _STARS.fullmatch(low):
        return Amount((Part(str(len(stars[1]))),))
    if not any(map(str.isdigit, low)) or _MONTH.fullmatch(low):
        return None
    if more := _AND_MORE.fullmatch(low):  # "6+1" sleep in a house: six, or seven
        return Amount((Part(more[1]),), (Part(str(int(more[1]) + int(more[2]))),))
    return _timed(low) or _bounded(low, written)


def _decimals(fraction: re.Match[str]) -> str:
    """A fraction as a decimal: 1.5 of "1 1/2", of "1½"."""
    whole, above, below, number, sign = fraction.groups()
    part = _SIGNS[sign] if sign else int(above) / int(below)
    return f"{int(whole or number or 0) + part:.9g}"


def _bounded(low: str, written: str) -> Amount | None:
    """An amount with words or marks before and behind it that say how to take it."""
    text = _NO_CENTS.sub("", _NOTE.sub("", low))
    text = _TRAILING.sub("", _BRACKETS.sub("", text))
    cut = _LOWEST.sub("", text)
    shorter = _ONWARD.sub("", cut)
    is_open = shorter != text
    text = _HIGHEST.sub("", shorter)
    found = _scaled(text) or _one(text, written) or _range(text, written) or _pieces(text)
    if found is None:
        return None
    return Amount(found.low, found.high, found.negative, found.out_of, found.slashed, found.clock, is_open)


def _one(text: str, written: str) -> Amount | None:
    found = _ONE.fullmatch(text)
    part = _part(found, "", written) if found else None
    return None if found is None or part is None else Amount((part,), negative=_is_negative(found, ""))


def _range(text: str, written: str) -> Amount | None:
    found = _RANGE.fullmatch(text)
    if found is None or found["minus1"] or found["sign1"]:
        return None
    low, high = _part(found, "0", written), _part(found, "1", written)
    if low is None or high is None:
        return None
    unit = low.unit or high.unit
    if len(low.digits) == 4 and len(high.digits) == 2 and (low.digits + high.digits).isdigit():
        high = Part(low.digits[:2] + high.digits, high.unit)  # 1990-95
    times = high.times if low.times == 1.0 and not low.unit else low.times  # 3-5k
    low, high = Part(low.digits, unit, times), Part(high.digits, high.unit or unit, high.times)
    return Amount((low,), (high,), negative=_is_negative(found, "0"))


def _scaled(text: str) -> Amount | None:
    found = _OUT_OF.fullmatch(text)
    if found is None or found["link"] == "/" and int(float(found["scale"].replace(",", "."))) not in _SCALES:
        return None
    return Amount((Part(found["digits"]),), out_of=found["scale"], slashed=found["link"] == "/")


def _pieces(text: str) -> Amount | None:
    """Several parts of one amount: "1 h 30 min", "5 ft 10 in", 5'10"."""
    if feet := _FEET.fullmatch(text):
        return Amount((Part(feet[1], "'"), Part(feet[2], '"')))
    parts, at = [], 0
    while at < len(text):
        found = _PIECE.match(text, at)
        if found is None or not unit_written(found[2]):
            return None
        parts.append(Part(found[1], found[2]))
        at = found.end()
    return Amount(tuple(parts)) if 1 < len(parts) < 5 else None


def _timed(text: str) -> Amount | None:
    if found := _DECADE.fullmatch(text):
        return Amount((Part(found[1]),))
    if found := _CLOCK.fullmatch(text):
        return Amount((), clock=tuple(int(part) for part in found.groups() if part is not None))
    if text[0] == "p" and (found := _ISO_DURATION.fullmatch(text)) and any(found.groups()):
        named = zip(found.groups(), ("week", "day", "h", "min", "s"), strict=True)
        return Amount(tuple(Part(digits, unit) for digits, unit in named if digits))
    if found := _HOUR_AND.fullmatch(text):
        return Amount((Part(found[1], "h"), Part(found[2], "min")))
    return None


def _part(found: re.Match[str], which: str, written: str) -> Part | None:
    digits = found[f"digits{which}"]
    if number_in(digits, ".") is None and number_in(digits, ",") is None:
        return None
    money = ""
    for side in ("before", "last", "after"):
        text = _own(found[f"{side}{which}"] or "", written)
        if currency_called(text):
            money = money or text
        elif text and side != "after":
            return None
    after = found[f"after{which}"] or ""
    word = after.rstrip(".") or after
    at = written.lower().find(digits)
    as_written = written[at + len(digits) :].lstrip(_BESIDE_DIGITS)[: len(word)]
    if money:
        if not word or currency_called(as_written):
            return Part(digits, money)
        times = LARGE.get(as_written, _TIMES.get(word, 0.0))
        return Part(digits, money, times) if times else None
    if word in _NOT_UNITS:
        return None
    if word in ("st", "nd", "rd", "th"):
        return Part(digits)
    if word in _TIMES:
        return Part(digits, "", _TIMES[word])
    return Part(digits, as_written if as_written.lower() == word else word)


def _own(form: str, written: str) -> str:
    """A form as the cell writes it, in its capitals."""
    at = written.lower().find(form)
    return written[at : at + len(form)] if at >= 0 else form


def _is_negative(found: re.Match[str], which: str) -> bool:
    return "-" in (found[f"sign{which}"] or "", found[f"minus{which}"] or "")
