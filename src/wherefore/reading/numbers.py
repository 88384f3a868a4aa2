"""Numbers in a text: amounts with their units, years and decades, wherever they stand and whatever they are said of."""

from __future__ import annotations

import re
from collections.abc import Collection

from wherefore.text import NUMBERS, stem

_TENS = "thirty forty fifty sixty seventy eighty ninety".split()
_NUMBER_WORDS = {word: float(number) for word, number in NUMBERS.items() if number <= 10 or number == 20}
_NUMBER_WORDS |= {word: 10.0 * n for n, word in enumerate(_TENS, 3)}
_NUMBER_WORDS |= {
    "a": 1.0,
    "an": 1.0,
    "half an": 0.5,
    "half a": 0.5,
    "a hundred": 100.0,
    "a thousand": 1000.0,
}
NUMBER = (
    r"(?:\d(?:[\d,]*\d)?(?:\.\d+)?|half an?|a hundred|a thousand|"
    + "|".join(word for word in _NUMBER_WORDS if " " not in word)
    + r")"
)
YEAR = r"(?:18[89]\d|19\d\d|20\d\d)"
_DECADES = {
    **{f"{word[:-1]}ies": 1900 + 10 * n for n, word in enumerate(("twenty", *_TENS), 2)},
    **{"noughties": 2000, "aughts": 2000},
}
DECADE = rf"['’]?\d0['’]?s|(?:18|19|20)\d0['’]?s|{'|'.join(_DECADES)}"
_JOINED = (  # units that are written right behind a number: "40cm"
    r"h|mins?|m|hrs?|mm|cm|km|kg|g|lbs?|oz|ml|l|kcal|cal|gb|tb|mb|ft|usd|eur|gbp"
)
SIGNS = "$€£₹¥₩₽₺₪฿₫₦₴"
_DOLLARS = "USD AUD CAD NZD SGD HKD"
MONEY: dict[str, frozenset[str]] = {  # what money may be meant, by signs, codes and the stems of words
    sign: frozenset(codes.split())
    for codes, signs in {
        _DOLLARS: "$ dollar buck",
        "EUR": "€ euro",
        "GBP EGP": "£ pound",
        "GBP": "quid",
        "INR PKR LKR NPR": "₹ rs rs. rupee",
        "JPY CNY": "¥",
        "JPY": "yen",
        "CNY": "yuan rmb",
        "KRW": "₩",
        "RUB": "₽ rouble ruble",
        "TRY": "₺ lira",
        "ILS": "₪ shekel",
        "THB": "฿ baht",
        "VND": "₫ dong",
        "NGN": "₦ naira",
        "UAH": "₴ hryvnia",
        "PLN": "zloty zł",
        "CHF": "franc",
        "SEK NOK DKK": "kr kroner krone krona kronor",
        "AED MAD": "dirham",
        "MXN": "peso",
        "BRL": "reai reais",
    }.items()
    for sign in signs.split()
}
_CODES = sorted(
    {code for codes in MONEY.values() for code in codes} | {"ZAR", "CZK", "HUF", "RON", "IDR", "PHP"}
)
MONEY |= {
    code.lower(): frozenset({code}) for code in _CODES if code not in ("TRY", "CAD", "MAD")
}  # words as well
CURRENCIES = frozenset(MONEY)
_BEFORE = "|".join(("rs\\.?", *sorted(one.lower() for one in _CODES if one.lower() in MONEY)))
MINUTES = {  # in one of each unit of time
    **dict.fromkeys(("min", "minute", "mins"), 1.0),
    **dict.fromkeys(("hour", "hr", "hrs", "h"), 60.0),
    **dict.fromkeys(("sec", "second", "s"), 1 / 60),
    **dict.fromkeys(("ms", "msec", "millisecond"), 1 / 60_000),
}


def quantity(no_units: Collection[str]) -> str:
    """A pattern for an amount: "2 hours", "$20", "1h50", "an hour and a half".

    Its groups are what `amount` reads. A word of `no_units` after a number is not its unit.
    """
    return (
        rf"(?P<currency>[{SIGNS}]|\b(?:{_BEFORE})(?=\s?\d))?\s?(?P<n>\b{NUMBER}(?![\w:]|\.\d)|(?<=[{SIGNS}])\d[\d,.]*|\b\d+(?:\.\d+)?(?=(?:{_JOINED})\b|h[0-5]\d\b))"
        rf"(?:\s+and\s+(?P<half0>a\s+half)(?=\s+[a-z]))?"
        rf"(?:\s?-?\s?(?!(?:{'|'.join(sorted(no_units))})\b)(?P<unit>[a-z]+|[{SIGNS}%]))?"
        rf"(?:\s+and\s+(?P<half>a\s+half)|\s+(?:and\s+)?(?P<n2>\d+|{NUMBER})\s?(?P<unit2>min\w*)|"
        rf"(?<=h)\s?(?P<n3>[0-5]\d)(?!\d))?"
    )


def around(low: str, span: tuple[int, int]) -> list[str]:
    """The words beside characters, within their clause.

    >>> around("for a desk, pots between 9 and 12 cm. light", (31, 33))
    ['pots', 'between', 'and', 'cm']
    """
    before = re.split(r"[,.;:!?]", low[max(0, span[0] - 30) : span[0]])[-1]
    after = re.split(r"[,.;:!?]", low[span[1] : span[1] + 25])[0]
    return re.findall(r"[a-z]+", f"{before} {after}")


def number(text: str) -> float | None:
    """The number that a match of `NUMBER` stands for: "1,200", "half an", "$5."."""
    if any(char.isdigit() for char in text):
        text = re.sub(rf"[{SIGNS},\s]", "", text)
    else:
        text = re.sub(r"\s+", " ", text.strip())
    if text in _NUMBER_WORDS:
        return _NUMBER_WORDS[text]
    try:
        return float(text.rstrip("."))
    except ValueError:
        return None


def any_number(text: str) -> float | None:
    """The same of words that `NUMBER` leaves out as well: "fifteen"."""
    return float(NUMBERS[text]) if text in NUMBERS else number(text)


def amount(match: re.Match[str]) -> float | None:
    """The number that a match of `quantity` stands for, in its unit: 1.5 of "an hour and a half"."""
    whole = number(match["n"])
    if whole is None:
        return None
    if match["half"] or match["half0"]:
        return whole + 0.5
    if match["n3"]:
        return whole + float(match["n3"]) / 60
    if match["n2"] and stem(match["unit"] or "") in ("hour", "hr", "h"):
        return whole + (number(match["n2"]) or 0.0) / 60
    return whole


def money(word: str) -> frozenset[str]:
    """The currencies that a sign, a code or a word may mean; none where it is no money.

    >>> sorted(money("€")), sorted(money("rupees")), money("GBP") <= money("£"), sorted(money("grams"))
    (['EUR'], ['INR', 'LKR', 'NPR', 'PKR'], True, [])
    """
    low = word.lower()
    return MONEY.get(low) or MONEY.get(stem(low)) or frozenset()


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
