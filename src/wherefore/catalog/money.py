"""Money: what people write for a currency, before or behind a number."""

from __future__ import annotations

import re
from functools import cache

from wherefore.text import stem

# What people write (in lower case), by ISO 4217 code, or by the sign where several currencies share it.
_WRITTEN = {
    "USD": "us$ u.s.$ dollar dollars",
    "$": "$",
    "EUR": "€ euro euros",
    "GBP": "£ pounds sterling",
    "INR": "₹ rs rupee rupees",
    "¥": "¥ ￥",
    "JPY": "jp¥ yen 円",
    "CNY": "cn¥ rmb yuan 元",
    "kr": "kr kr. kronor kroner",
    "CHF": "fr. sfr franken",
    "AUD": "a$ au$",
    "CAD": "c$ ca$",
    "NZD": "nz$",
    "SGD": "s$",
    "HKD": "hk$",
    "TWD": "nt$",
    "MXN": "mx$",
    "BRL": "r$ reais",
    "ZAR": "zar",
    "PLN": "zł zl złoty zloty",
    "CZK": "kč",
    "HUF": "forint",
    "RUB": "₽ руб руб. rub",
    "UAH": "₴ грн",
    "TRY": "₺ tl",
    "KRW": "₩ won 원",
    "ILS": "₪",
    "VND": "₫",
    "NGN": "₦",
    "PHP": "₱",
    "THB": "฿",
}
_BY_FORM = {form: code for code, forms in _WRITTEN.items() for form in forms.split()}
_SIGNS = {"INR": "₹", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "KRW": "₩", "RUB": "₽", "PLN": "zł"}
_SIGNS |= {"CZK": "Kč", "BRL": "R$", "AUD": "A$", "CAD": "C$", "TRY": "₺", "$": "$", "¥": "¥", "kr": "kr"}
_COMMON = frozenset(  # codes that are no words
    "usd eur gbp inr jpy cny chf aud cad nzd sgd hkd brl mxn zar pln czk huf krw sek nok dkk isk".split()
)
_SHARED = {  # what a sign that several share may mean, most common first
    "$": ("USD", "AUD", "CAD", "NZD", "SGD", "HKD", "TWD", "MXN"),
    "¥": ("JPY", "CNY"),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
}
# Longest first, so that "us$" is not read as "$" behind a "us".
_FORMS = sorted((form for form in _BY_FORM if len(form) < 5 or not form.isascii()), key=len, reverse=True)
CURRENCY = (  # a pattern; a code counts only if `currency_called` knows it
    "(?:"
    + "|".join(map(re.escape, [*_FORMS, "rs."]))
    + "|(?<![a-z])(?:[a-z]{3}|euros?|dollars?|rupees?)(?![a-z]))"
)
_SAID = {  # words that people say, by the codes that they may mean
    "USD AUD CAD NZD SGD HKD": "$ dollar buck",
    "GBP EGP": "£ pound gbp",
    "GBP": "quid tenner fiver",
    "INR PKR LKR NPR": "₹ rs rupee",
    "RUB": "rouble ruble",
    "TRY": "lira",
    "ILS": "shekel",
    "THB": "baht",
    "VND": "dong",
    "NGN": "naira",
    "UAH": "hryvnia",
    "CHF": "franc",
    "SEK NOK DKK ISK": "krone krona",
    "AED MAD": "dirham",
    "MXN": "peso",
    "BRL": "reai",
}
_MEANT = {word: frozenset(codes.split()) for codes, words in _SAID.items() for word in words.split()}
_SAID_CODES = frozenset(  # codes that are no words either, but are rarer in columns
    "egp pkr lkr npr ils thb vnd ngn uah aed rub ron idr php".split()
)
_WORDS = frozenset(("won", "fr", "sale"))  # that mean something else in a sentence
SIGNS = "$€£₹¥₩₽₺₪฿₫₦₴"
BEFORE_AMOUNTS = "|".join(  # a pattern: what is said before a number, but for the signs
    ("rs\\.?", *sorted((_COMMON | _SAID_CODES) - {"cad"}))
)
_PRICED = frozenset("price cost fee fare msrp rrp mrp preis prix precio prezzo pris cena prijs sale".split())
FREE = frozenset(
    "free gratis kostenlos umsonst gratuit gratuito gratuita for free free of charge complimentary".split()
) - {"for", "of", "charge"} | {"for free", "free of charge", "no charge"}


def currency_called(text: str) -> str:
    """The currency that people write so: its ISO 4217 code, or a sign that several share; empty where it is none.

    >>> [currency_called(text) for text in ("Rs.", "US$", "$", "eur", "kr", "kg", "cup")]
    ['INR', 'USD', '$', 'EUR', 'kr', '', '']
    """
    text = text.strip()
    found = _BY_FORM.get(text.lower()) or _BY_FORM.get(text.lower().rstrip("."), "")
    if found or len(text) != 3 or not text.isalpha() or not text.isascii():
        return found
    if text.lower() in _COMMON:
        return text.upper()
    return text if text.isupper() and text in _codes() else ""  # a "cup" is no Cuban peso, "CUP" is


def currency_shown(text: str) -> str:
    """A currency as a column's unit has it: a code as written, else the usual sign.

    >>> [currency_shown(text) for text in ("Rs.", "US$", "usd", "€", "Kr.")]
    ['₹', '$', 'USD', '€', 'kr']
    """
    code = currency_called(text)
    return code if text.strip().upper() == code else _SIGNS.get(code, code)


def same_currency(one: str, column: str) -> bool:
    """Whether an amount in one currency is one in that of its column, both as people write them.

    A bare sign is what the column says: "kr" is Swedish in a column in SEK; but "A$" is not the "$" of another.

    >>> same_currency("US$", "$"), same_currency("$", "AUD"), same_currency("A$", "$"), same_currency("€", "$")
    (True, True, False, False)
    """
    a, b = currency_called(one), currency_called(column)
    if not a or not b:
        return False
    return a == b or b in _SHARED.get(a, ()) or a in _SHARED.get(b, ())[: None if b != "$" else 1]


@cache
def currencies_meant(word: str) -> frozenset[str]:
    """The ISO 4217 codes that a sign, a code or a word may mean in a sentence; none where it is no money.

    >>> sorted(currencies_meant("€")), sorted(currencies_meant("rupees")), sorted(currencies_meant("grams"))
    (['EUR'], ['INR', 'LKR', 'NPR', 'PKR'], [])
    >>> currencies_meant("GBP") <= currencies_meant("£"), "pound" in map(str.lower, currencies_meant("pound"))
    (True, False)
    """
    low = word.lower().strip(".")
    said = _MEANT.get(low) or _MEANT.get(stem(low))
    if said:
        return said
    if low in _SAID_CODES:
        return frozenset((low.upper(),))
    code = "" if low in _WORDS else currency_called(low)
    return frozenset(_SHARED.get(code, (code,))) if code else frozenset()


def names_price(words: frozenset[str] | tuple[str, ...]) -> bool:
    """Whether the words of a column's name say that it holds money.

    >>> names_price(("sale", "price")), names_price(("weight",))
    (True, False)
    """
    return not _PRICED.isdisjoint(words)


@cache
def _codes() -> frozenset[str]:
    from babel.numbers import list_currencies  # takes a moment

    return frozenset(list_currencies())
