"""Units and values of records in plain words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import product
from typing import Literal

from wherefore.catalog.catalog import Item
from wherefore.catalog.naming import (
    counted_in,
    in_english,
    is_of_a_part,
    label_of,
    labelled,
    plural,
    singular,
    spoken_label,
    spoken_phrase,
    words_of,
)
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.times import day_words
from wherefore.catalog.units import IN_PARTS, unit_called
from wherefore.text import number_text, stem

_UNITS = {
    unit: words
    for words, units in {
        "minutes": "min mins",
        "hours": "h hr hrs",
        "seconds": "s sec",
        "milliseconds": "ms",
        "pages": "pp",
        "calories": "kcal",
        "grams": "g",
        "kilograms": "kg",
        "degrees": "°c °f",
        "dollars": "usd $ us$",
        "euros": "eur €",
        "pounds": "gbp £",
        "rupees": "inr ₹ rs rs.",
        "yen": "jpy ¥",
        "inches": "in",
        "feet": "ft",
        "litres": "l",
        "days": "d",
    }.items()
    for unit in units.split()
}
_SIGNS = {"dollars": "$", "euros": "€", "pounds": "£", "rupees": "₹", "yen": "¥"}  # written before an amount
_CODES = frozenset("aud brl cad chf cny czk dkk hkd huf krw mxn nok nzd pln ron sek sgd thb try zar".split())
_TIMES = {"minutes": 60.0, "seconds": 1.0, "milliseconds": 0.001}  # in seconds
_TIME_WORDS = {
    "ms": "ms",
    "s": "s",
    "h": "h",
    "min": "min",
    "mins": "min",
    "sec": "s",
    "secs": "s",
    "hrs": "h",
} | {
    word: unit
    for unit, words in {
        "min": "minute minutes",
        "h": "hour hours",
        "s": "second seconds",
        "days": "day days",
        "weeks": "week weeks",
        "months": "month months",
        "years": "year years",
    }.items()
    for word in words.split()
}
_DOING = {  # columns that are called by a verb
    "sleeps": "sleeping", "serves": "serving", "seats": "seating", "lasts": "lasting", "holds": "holding",
    "fits": "fitting", "burns": "burning for", "keeps": "keeping",
}  # fmt: skip
_ADJECTIVES = {"height": "tall", "width": "wide", "length": "long", "depth": "deep", "thickness": "thick"}
_TIME_NOUNS = frozenset(
    "time duration length runtime playtime experience warranty delay age life period trial timer".split()
)
_WEIGHTS = frozenset("g gram grams kg kilograms lb lbs oz".split())
_DATES = frozenset("day week month year".split())
# Units that end a column's name, beside those that the schema tells.
_SUFFIXES = {
    word.lower(): word for word in "dB MP Hz kHz MHz GHz W kW V m l cl bar pt Nm hp mph mAh kJ".split()
}
_SUFFIXES |= {
    "in": "inches",
    "inch": "inches",
    "inches": "inches",
    "pct": "%",
    "percent": "%",
    "sqm": "m²",
    "m2": "m²",
    "kmh": "km/h",
}
_PRICES = re.compile(r"(?:price|cost)(?: per [\w ]+)?")
_PER = re.compile(r"(?<=\w) (\d+) ?(g|kg|ml|l|oz|lb)$")
_RATINGS = re.compile(r"(?:(?:average|mean|overall|user|customer|star) )*rating")
_STUFF = frozenset(
    "ram memory storage disk ssd hdd protein fat sugar sodium salt fiber fibre carbohydrate carb caffeine "
    "experience alcohol".split()
)
_ACRONYMS = frozenset(
    "abv bpm cpu cri spf ppi dvd gpu gps hdd hdmi ibu lcd lp mp3 mpg nfc oled os ram rom sim ssd tv ufc uhd usb uv "
    "dna rna rpm psi lte suv xl xxl".split()
)
_A_DAY = len("2027-01-04")
_BEGINNINGS = frozenset(
    "start starts begin begins beginning departure departures departs performance performances show event session "
    "screening sailing concert available availability until expires deadline".split()
)
_FLAGS = frozenset("yes no true false y n t f".split())


@dataclass(frozen=True, slots=True)
class Measure:
    """How the numbers of a field are spoken of.

    Attributes:
        way: `price` ("costs"), `count` ("has 12 pages"), `rated` ("is rated 4.5"), `least` and `most` ("for at least
            2 players"), `takes` ("takes 95 minutes"), `weighs`, `stuff` ("has 8 GB of RAM"), `does` ("sleeps 2"),
            `long` ("is 60 cm wide"), or any `amount` ("has a size of 50 ml").
        noun: What is measured: "price", "average rating"; of what is counted, one: "page"; of what it does, the verb.
        nouns: Several of what is counted; of what it does, "sleeping"; of how long it is, "wide".
        unit: In words, as raw sentences have it: "minutes"; empty without one.
        shown: As it is shown after a number: "minutes", "GB".
    """

    way: Literal[
        "price", "count", "rated", "least", "most", "takes", "weighs", "stuff", "does", "long", "amount"
    ]
    noun: str
    nouns: str = ""
    unit: str = ""
    shown: str = ""


def unit_words(unit: str) -> str:
    """A unit in words: `min` is "minutes"."""
    return _UNITS.get(unit.lower(), unit.lower())


@lru_cache(4096)
def measure_of(name: str, label: str, unit: str) -> Measure:
    """How the numbers of a field are spoken of.

    Args:
        name: The field's.
        label: Its label; one that was not derived from the name counts for more than the name.
        unit: Its unit.

    >>> measure_of("num_lectures", "num lecture", "").nouns, measure_of("avg_rating", "avg rating", "").way
    ('lectures', 'rated')
    >>> measure_of("alcohol_pct", "alcohol pct", "").shown, measure_of("experience_years", "experience year", "").unit
    ('%', 'years')
    """
    if unit.lower() in (label.lower(), plural(label.lower())):  # "2 seasons" of the field `seasons`
        unit = ""
    called = name if label.lower() in (label_of(name), name.lower()) else label
    counted = counted_in(called) if not unit else ""
    words = list(words_of(label)) or [label.lower()]
    last = ("", *words_of(called))[-1]
    # "experience_years", but no "release_year".
    time = "" if words[-1] in _DATES and not last.endswith("s") else _TIME_WORDS.get(words[-1], "")
    if not unit and len(words) == 1 and time and words[0] not in _DATES:
        said = unit_words(time)
        return Measure("takes", "time", unit=said, shown=said)
    if not unit and len(words) > 1 and words[-1] != "min":
        unit = time or _SUFFIXES.get(words[-1], "")
        words = words[:-1] if unit else words
    elif (
        not unit
        and len(words) == 1
        and (words[0] in _WEIGHTS or words[0] in ("ml", "l", "cl", "litre", "liter"))
    ):
        unit, words = words[0], ["weight" if words[0] in _WEIGHTS else "volume"]
        unit = plural(unit) if unit in ("gram", "litre", "liter") else unit
        counted = ""
    noun = spoken_label(" ".join(words)).removeprefix("number of ")
    noun = _PER.sub(r" per \1 \2", noun)  # "price 100g"
    said = unit_words(unit) if unit else ""
    shown = said if unit.lower() in _UNITS else unit
    if words[0] in ("min", "minimum", "max", "maximum") and len(words) > 1 and not unit:
        rest = " ".join(words[1:])
        if counted_in(rest) or singular(words[-1]) != list(words_of(called))[-1]:
            way: Literal["least", "most"] = "least" if words[0].startswith("min") else "most"
            return Measure(way, singular(words[-1]), plural(singular(words[-1])))
    doing = (*words_of(called), "")[0]
    if doing in _DOING and len(words) <= 2:
        verb = " ".join([doing, *words[1:]])
        return Measure("does", verb, " ".join([_DOING[doing], *words[1:]]), said, shown)
    if counted:
        *ahead, last = counted.split()
        return Measure("count", " ".join([*ahead, singular(last)]), counted)
    if _PRICES.fullmatch(noun):
        return Measure("price", noun, unit=said, shown=shown)
    if not unit and _RATINGS.fullmatch(noun):
        return Measure("rated", noun)
    if noun == "time" and (said in _TIMES or said == "hours"):
        return Measure("takes", noun, unit=said, shown=said)
    if unit and noun == "weight":
        return Measure("weighs", noun, unit=said, shown=shown)
    if unit and noun.split()[-1] in _STUFF:
        return Measure("stuff", noun, unit=said, shown=shown)
    if unit and noun in _ADJECTIVES and unit_called(unit) and said not in _TIMES and said != "hours":
        return Measure("long", noun, _ADJECTIVES[noun], said, shown)
    if (
        (said in _TIMES or said == "hours")
        and _TIME_NOUNS.isdisjoint(noun.split())
        and said != "milliseconds"
    ):
        noun += " time"
    return Measure("amount", noun, unit=said, shown=shown)


def measure(spec: FieldSpec) -> Measure:
    """How a field's numbers are spoken of; of other fields, no more than their label as a noun."""
    label = spec.label or spec.name
    return (
        measure_of(spec.called, label, spec.unit)
        if spec.is_number
        else Measure("amount", spoken_label(label))
    )


def amount_text(value: float, unit: str, price: bool = False) -> str:
    """A number with a unit in words, as it is shown; of a price, with cents or none.

    >>> amount_text(1299, "dollars"), amount_text(24.5, "euros"), amount_text(1, "minutes"), amount_text(243006, "ms")
    ('$1,299', '€24.50', '1 minute', '4 min 3 s')
    >>> amount_text(120.03, ""), amount_text(93412, "listeners"), amount_text(0.5, "chf"), amount_text(13.5, "%")
    ('120', '93,412 listeners', 'CHF 0.50', '13.5%')
    """
    said = unit_words(unit)
    if said == IN_PARTS:
        return f"{_number_shown(100 * value)}%"
    if said in _SIGNS or said in _CODES:
        sign = _SIGNS.get(said, f"{said.upper()} ")
        return f"{'-' if value < 0 else ''}{sign}{_cents(abs(value))}"
    if price and not said:
        return _cents(value)
    parts = said == "minutes" and value % 1 != 0  # "4 min 3 s"
    if said in _TIMES and (parts or abs(value) * _TIMES[said] > _LONG.get(said, 0.0)):
        return _time_text(value * _TIMES[said])
    number = _number_shown(value)
    if said == "%":
        return f"{number}%"
    return f"{number} {_one(unit, value)}".strip()


def limit_text(value: float, unit: str, counts: bool = False, price: bool = False) -> str:
    """A number of a limit with its unit, without places that nobody said; `counts` where it says how many.

    >>> limit_text(20, "dollars"), limit_text(1200, "grams"), limit_text(130.13, ""), limit_text(1, "minutes")
    ('$20', '1,200 grams', '130.13', '1 minute')
    """
    said = unit_words(unit)
    long = said in _TIMES and abs(value) * _TIMES[said] > _LONG.get(said, 0.0)
    if is_shown_before(unit) or said in ("%", IN_PARTS) or long or price:
        return amount_text(value, unit, price)
    places = value != round(value, 2) and abs(value) >= 100  # that nobody said: of 1.5 pounds, 680.389 grams
    number = number_text(round(value) if unit and places else value)
    if abs(value) >= (1_000 if unit or counts else 10_000) and number.lstrip("-").isdigit():
        number = f"{int(number):,}"
    return f"{number} {_one(unit, value)}".strip()


_VOTES = frozenset("rating review vote rater voter".split())
_VOTED = frozenset(("votes", "vote", "reviews", "ratings"))  # what a plain number of them is called


def votes_noun(spec: FieldSpec) -> str:
    """What a field counts that people gave a thing: "ratings" of a `ratings_count`; empty where it counts none.

    >>> names = ("ratings_count", "vote_average", "reviews")
    >>> [votes_noun(FieldSpec(name=name, column=name, kind="number")) for name in names]
    ['ratings', '', 'reviews']
    """
    named = words_of(spec.name) or words_of(spec.label)
    told = next((word for word in named if stem(word) in _VOTES), "")
    counts = not {"count", "number", "num", "no", "total", "n", "counts"}.isdisjoint(named)
    plain = len(named) == 1 and told in _VOTED
    if not told or not (counts or plain or spec.is_rank) or {"average", "avg", "mean"} & {*named}:
        return ""
    return f"{stem(told).removesuffix('er')}s" if not told.endswith("s") else told


def is_shown_before(unit: str) -> bool:
    """Whether a unit is written before the number: "$20"."""
    return unit_words(unit) in _SIGNS or unit_words(unit) in _CODES


_LONG = {"minutes": 60_000.0, "seconds": 180.0}  # seconds from which a time is told in longer units


def _cents(value: float) -> str:
    return f"{value:,.2f}".removesuffix(".00")


def _time_text(seconds: float) -> str:
    """A time in its two longest units."""
    left = round(seconds) if seconds >= 1 else round(seconds, 2)
    parts = []
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size) if size > 1 else (left, 0)
        if count:
            parts.append(f"{number_text(count)} {'day' if unit == 'days' and count == 1 else unit}")
    return " ".join(parts[:2]) or "0 s"


def _number_shown(value: float) -> str:
    """A number with marks between thousands, and no more digits than are spoken."""
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _one(unit: str, value: float) -> str:
    """A unit after a number: of one, in the singular."""
    return singular(unit) if abs(value) == 1 and unit.islower() and len(unit) > 3 else unit


def values_of(item: Item, spec: FieldSpec) -> tuple[str, ...]:
    """What the record says for a field, as texts: all values of a list, a number, the year of a date.

    When something begins is told by the day: "4 January 2027".
    """
    value = item.get(spec.name)
    if spec.is_date and isinstance(value, str) and len(value) == _A_DAY and begins_something(spec.name):
        return (day_words(date.fromisoformat(value)),)
    return () if value is None or spec.can.say is None else spec.can.say(value)


@lru_cache(4096)
def begins_something(name: str) -> bool:
    """Whether a date of that name is one that people keep to: by its year alone it tells nothing.

    >>> begins_something("Start date"), begins_something("release_date")
    (True, False)
    """
    words = in_english(words_of(name))
    return words == ("date",) or not _BEGINNINGS.isdisjoint(words)


def is_year(spec: FieldSpec) -> bool:
    """Whether the field's numbers are years."""
    return (
        spec.is_date
        or spec.is_number
        and (
            spec.phrase.startswith("from {}")
            or bool(spoken_template(spec.called, spec.phrase, True) != spec.phrase)
        )
    )


@lru_cache(4096)
def spoken_template(name: str, phrase: str, number: bool) -> str:
    """The phrase with which a sentence says a field: the schema's, unless that only labels it and the name tells more.

    >>> spoken_template("listed_in", "listed in: {}", False), spoken_template("founded", "founded: {}", True)
    ('listed in {}', 'founded in {}')
    """
    if phrase == "{}" and is_of_a_part(name):
        return labelled(name)
    return spoken_phrase(name, number) or phrase if phrase == labelled(name) else phrase


def is_flag(value: str, spec: FieldSpec | None = None) -> bool:
    """Whether a value is a mere yes or no; an F that its field takes for a code is not."""
    return value.lower() in _FLAGS and not (spec is not None and spec.stands_for(value))


@lru_cache(1)
def flag_forms() -> tuple[str, ...]:
    """All ways to write a mere yes or no, in whatever case."""
    each = (product(*((char, char.upper()) for char in one)) for one in sorted(_FLAGS))
    return tuple("".join(chars) for ways in each for chars in ways)


@lru_cache(16384)
def value_text(value: str) -> str:
    """A value as a sentence has it: without underscores, shouting and repetition.

    >>> [value_text(v) for v in ("mugs - mugs", "IN_STOCK", "SUMMER SALE", "IMAX", "BLACK", "Off-white", "HDMI_CABLE")]
    ['mugs', 'in stock', 'Summer Sale', 'IMAX', 'Black', 'Off-white', 'HDMI cable']
    """
    text = " ".join(value.split())
    halves = re.split(r"\s+[-–—/|>:]\s+", text)
    if len(halves) > 1 and len({half.casefold() for half in halves}) == 1:
        text = halves[0]
    if "_" in text and " " not in text:
        parts = [part for part in text.split("_") if part]
        return " ".join(part if part.lower() in _ACRONYMS else part.lower() for part in parts) or text
    return _unshouted(text)


def _unshouted(text: str) -> str:
    """A text in capitals as people write it; abbreviations stay."""
    if not text.isupper() or not re.search(r"[^\W\d_]{5}", text):
        return text
    return re.sub(
        r"[^\W\d_]+",
        lambda word: (
            word[0] if word[0].lower() in _ACRONYMS or _is_initials(word[0]) else word[0].capitalize()
        ),
        text,
    )


def _is_initials(word: str) -> bool:
    return len(word) <= 3 and word not in (
        "AND",
        "THE",
        "FOR",
        "OF",
        "IN",
        "ON",
        "BIG",
        "NEW",
        "RED",
        "OLD",
        "OUT",
    )


def cased(label: str) -> str:
    """A label with its abbreviations in capitals.

    >>> cased("cpu cores"), cased("ram"), cased("price")
    ('CPU cores', 'RAM', 'price')
    """
    return " ".join(word.upper() if word in _ACRONYMS else word for word in label.split(" "))


def is_acronym(word: str) -> bool:
    """Whether a word of a label is an abbreviation: "ram"."""
    return word in _ACRONYMS
