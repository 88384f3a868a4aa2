"""Numbers in a text: amounts with their units, years and decades, wherever they stand and whatever they are said of."""

from __future__ import annotations

import re
from collections.abc import Collection

from wherefore.catalog.money import BEFORE_AMOUNTS, SIGNS, currencies_meant
from wherefore.catalog.numbers import decimal_shown, number_in
from wherefore.text import NUMBERS, stem

_TENS = "thirty forty fifty sixty seventy eighty ninety".split()
_UNITS = {word: float(number) for word, number in NUMBERS.items()}
_UNITS |= {word: 10.0 * n for n, word in enumerate(_TENS, 3)}
_SCALES = {  # words that multiply the number before them
    **dict.fromkeys(("k", "thousand", "grand"), 1e3),
    **dict.fromkeys(("million", "mil", "mio"), 1e6),
    **dict.fromkeys(("lakh", "lac", "lakhs", "lacs"), 1e5),
    **dict.fromkeys(("crore", "crores"), 1e7),
    **dict.fromkeys(("hundred", "hundreds"), 1e2),
    **dict.fromkeys(("dozen", "dozens"), 12.0),
}
_ONE_OF = {"a": 1.0, "an": 1.0, "half": 0.5, "couple": 2.0}
_TO_TEN = "|".join(word for word, number in NUMBERS.items() if number <= 10)
_TO_NINETEEN = "|".join(word for word, number in NUMBERS.items() if number < 20)
_OF_TENS = "|".join(["twenty", *_TENS])
_SMALL = rf"(?:(?:{_OF_TENS})(?:[\s-](?:{_TO_TEN}))?|{_TO_NINETEEN})"
_DIGITS = r"\d+(?:[.,]\d+)*"
_LARGE = "|".join(sorted(_SCALES, key=len, reverse=True))
NUMBER = (  # digits or words: "1,200", "3k", "half a million", "a hundred and fifty", "20ish"
    rf"(?:(?:(?:{_DIGITS}|half\s+an?|an?(?:\s+couple(?:\s+of)?)?|{_SMALL})[\s-]?(?:{_LARGE})\b"
    rf"(?:[\s-](?:and\s+)?(?:{_SMALL}|{_DIGITS})(?:\s+hundred)?\b(?!\s+(?:{_LARGE})\b))*"
    rf"|{_DIGITS}|half\s+an?|(?:{_TO_NINETEEN})[\s-](?:{_OF_TENS})(?:[\s-](?:{_TO_TEN}))?"
    rf"|(?:{_OF_TENS})(?:[\s-](?:{_TO_TEN}))?|{_TO_NINETEEN}|an?)(?:-?ish\b)?)"
)
_SPOKEN_PRICE = re.compile(rf"(?:{_TO_NINETEEN})[\s-](?:{_OF_TENS})(?:[\s-](?:{_TO_TEN}))?")
YEAR = r"(?:18[89]\d|19\d\d|20\d\d)"
_DECADES = {
    **{f"{word[:-1]}ies": 1900 + 10 * n for n, word in enumerate(("twenty", *_TENS), 2)},
    **{"noughties": 2000, "aughts": 2000},
}
DECADE = rf"['’]?\d0['’]?s|(?:18|19|20)\d0['’]?s|{'|'.join(_DECADES)}"
_JOINED = (  # units that are written right behind a number: "40cm"
    r"h|mins?|m|hrs?|mm|cm|km|kg|g|mg|lbs?|oz|ml|cl|l|kcal|cal|gb|tb|mb|ft|usd|eur|gbp|mah|ah|kwh|wh|kw|w|v|hz|khz|"
    r"mhz|ghz|db|mp|mbps|bpm|rpm|px|fps|lm|yrs?|pp|ppl|rs|inr|€|£"
)
MINUTES = {  # in one of each unit of time
    **dict.fromkeys(("min", "minute", "mins"), 1.0),
    **dict.fromkeys(("hour", "hr", "hrs", "h"), 60.0),
    **dict.fromkeys(("sec", "second", "s"), 1 / 60),
    **dict.fromkeys(("ms", "msec", "millisecond"), 1 / 60_000),
}


# "under an hour forty": minutes behind hours that are not called so, where nothing follows that they would count.
_MINUTES = rf"(?:(?:twenty|thirty|forty|fifty)(?:[\s-](?:{_TO_TEN}))?|five|ten|fifteen)"
_ENDS = (
    r"\s*[.,;!?)]|\s+(?:or\s+(?:so|less|under|shorter|more|longer)|and|but|please|pls|max|maximum|tops|at\s+(?:the\s+)?most|at\s+least|long|is|with|"
    r"so|if|because|cos|then|thanks|ish|minimum)\b"
)


def quantity(no_units: Collection[str]) -> str:
    """A pattern for an amount: "2 hours", "$20", "1h50", "an hour and a half".

    Its groups are what `amount` reads. A word of `no_units` after a number is not its unit.
    """
    return (
        rf"(?P<currency>[{SIGNS}]|\b(?:{BEFORE_AMOUNTS})(?=\s?\d))?\s?"
        rf"(?P<n>\b{NUMBER}(?![\w:]|[.,]\d|['′]\d)|(?<=[{SIGNS}])\d[\d,.]*|\b{_DIGITS}(?=(?:{_JOINED})(?!\w)|h[0-5]\d\b))"
        rf"(?P<plus>\+(?!\d))?"
        rf"(?:\s+and\s+(?P<half0>a\s+half)(?=\s+[a-z]))?"
        rf"(?:\s?-?\s?(?!(?:{'|'.join(sorted(no_units))})\b)(?P<unit>[a-z]+|[{SIGNS}%]))?"
        rf"(?:\s+and\s+(?P<half>a\s+half)|\s+(?:and\s+)?(?P<n2>\d+|{NUMBER})\s?(?P<unit2>min\w*)|"
        rf"(?<=h)\s?(?P<n3>[0-5]\d)(?!\d)|(?:(?<=hour)|(?<=hours)|(?<=hr)|(?<=hrs))\s+(?:and\s+)?(?P<n4>[1-5]?\d|{_MINUTES})(?=\W*$|{_ENDS}))?"
    )


def around(low: str, span: tuple[int, int]) -> list[str]:
    """The words beside characters, within their clause.

    >>> around("for a desk, pots between 9 and 12 cm. light", (31, 33))
    ['pots', 'between', 'and', 'cm']
    """
    before = re.split(r"[,.;:!?]", low[max(0, span[0] - 30) : span[0]])[-1]
    after = re.split(r"[,.;:!?]", low[span[1] : span[1] + 25])[0]
    return re.findall(r"[^\W\d_]+", f"{before} {after}")


# Units of two words or with a digit are made one word, of as many characters, so that every place stays where it is.
_TWO_WORDS = re.compile(
    r"\b(?P<area>sq(?:uare)?\.?)\s?(?P<of>feet|foot|ft|met(?:er|re)s?|m|mtrs?)\b\.?|"
    r"\bcub(?:ic)?\s(?:met(?:er|re)s?|m)\b|(?<=[\d\s])m(?:³|3\b)|\b(?P<fluid>fl(?:uid)?\.?)\s?(?P<oz>oz|ounces?)\b|(?<=[\d\s])m(?:²|2\b)|(?<=[\d\s])(?:km/h|kph|kmph)\b|(?<=\d)\"(?!\w)"
)


def joined_units(low: str) -> str:
    """A text in lower case in which "sq ft", "m²" and the like are single words of as many characters.

    >>> joined_units("350 sq ft or 40 m2, 8 fl. oz")
    '350 sqxft or 40 qm, 8 flxxoz'
    """
    return _TWO_WORDS.sub(_joined, low)


def _joined(match: re.Match[str]) -> str:
    said = match[0]
    if match["area"] or match["fluid"]:
        return re.sub(r"[^a-z]", "x", said)
    if said.startswith("cub"):
        return re.sub(r"[^a-z]", "x", said)
    return {"km/h": "kmph", "m²": "qm", "m2": "qm", "m³": "mc", "m3": "mc"}.get(said, said)


def spoken_unit(word: str) -> str:
    """A unit that `joined_units` made one word, as it is usually written; others as they are.

    >>> spoken_unit("sqxft"), spoken_unit("squarexmetres"), spoken_unit("flxxoz"), spoken_unit("litres")
    ('sqft', 'sqm', 'floz', 'litres')
    """
    glued = re.fullmatch(r"(?:sq(?:uare)?(?P<area>x*(?:f|m)[a-z]*)|fl(?:uid)?x*(?P<oz>oz|ounce)[a-z]*)", word)
    if re.fullmatch(r"cub(?:ic)?xm[a-z]*|mc", word):
        return "cbm"
    if glued is None:
        return {"kmph": "kmh"}.get(word, word)
    return "floz" if glued["oz"] else "sqft" if glued["area"].lstrip("x").startswith("f") else "sqm"


def number(text: str, money: bool = False) -> float | None:
    """The number that a match of `NUMBER` stands for, as people write and say it.

    Of "1.200" nobody knows whether it has three decimals; of money, which `money` says it is, it has none.

    >>> [number(text) for text in ("1,200", "3,5", "3k", "half a million", "a hundred and fifty", "$5.", "20ish")]
    [1200.0, 3.5, 3000.0, 500000.0, 150.0, 5.0, 20.0]
    >>> number("1.200"), number("1.200", money=True), number("1.200,50"), number("two-fifty"), number("2 lakh")
    (1.2, 1200.0, 1200.5, 250.0, 200000.0)
    """
    text = re.sub(rf"[{SIGNS}]|-?ish$", "", text.strip())
    told = re.findall(r"\d[\d.,]*|[a-z]+", text)
    if not told:
        return None
    total, part, spoken = 0.0, None, False
    for word in told:
        if word[0].isdigit():
            value = _digits(word.rstrip(".,"), money)
            if value is None:
                return None
            part = value if part is None else part + value
        elif word in _SCALES:
            part = (1.0 if part is None else part) * _SCALES[word]
            if word not in ("hundred", "hundreds"):
                total, part = total + part, None
        elif word in _UNITS:
            value = _UNITS[word]
            spoken = part is not None and 1 <= part < 20 and value >= 20
            part = value if part is None else part * 100 + value if spoken else part + value
        elif word in _ONE_OF:
            part = _ONE_OF[word] if part is None or word == "couple" else part
        elif word not in ("and", "of"):
            return None
    return total + (part or 0.0)


def _digits(text: str, money: bool) -> float | None:
    mark = decimal_shown(text) or ("," if money and "." in text else ".")
    value = number_in(text, mark)
    return None if value is None else float(value)


def in_cents(text: str) -> float | None:
    """What a number that is said as a price may be, too: 2.5 of "two-fifty"; None of another.

    >>> in_cents("two-fifty"), in_cents("nine ninety-nine"), in_cents("fifty")
    (2.5, 9.99, None)
    """
    value = number(text) if _SPOKEN_PRICE.fullmatch(text.strip()) else None
    return None if value is None else value / 100


def any_number(text: str) -> float | None:
    """The same of words that `NUMBER` leaves out as well: "fifteen"."""
    return float(NUMBERS[text]) if text in NUMBERS else number(text)


def amount(match: re.Match[str]) -> float | None:
    """The number that a match of `quantity` stands for, in its unit: 1.5 of "an hour and a half"."""
    is_money = bool(match["currency"] or (match["unit"] and money(match["unit"])))
    whole = number(match["n"], is_money)
    if whole is None:
        return None
    if match["half"] or match["half0"]:
        return whole + 0.5
    if match["n3"]:
        return whole + float(match["n3"]) / 60
    if match["n4"]:
        return whole + (any_number(match["n4"].lower()) or 0.0) / 60
    if match["n2"] and stem(match["unit"] or "") in ("hour", "hr", "h"):
        return whole + (number(match["n2"]) or 0.0) / 60
    return whole


def money(word: str) -> frozenset[str]:
    """The currencies that a sign, a code or a word may mean; see `currencies_meant`."""
    return currencies_meant(word)


def names_money(said: str) -> bool:
    """Whether words name a currency.

    >>> names_money("under $20"), names_money("under 20 minutes")
    (True, False)
    """
    return any(money(word) for word in re.findall(rf"[{SIGNS}]|[^\W\d_]+", said))


def is_year(text: str) -> bool:
    """Whether a number may be a year."""
    return re.fullmatch(YEAR, text) is not None


def decade(text: str) -> int:
    """The first year of what `DECADE` matches; 0 when it is none.

    >>> decade("80s"), decade("1990's"), decade("sixties"), decade("00s"), decade("10s")
    (1980, 1990, 1960, 2000, 0)
    """
    text = text.strip("'")
    if text in _DECADES:
        return _DECADES[text]
    digits = text.replace("'", "")[:-1]
    tens = int(digits)
    return tens if len(digits) == 4 else 2000 if tens == 0 else 1900 + tens if tens >= 20 else 0
