"""Questions of what something comes to: "3 nights with the cleaning?", "cheapest per 100g?", "rent or buy?"."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.prices import ONCE, Prices, prices_of
from wherefore.catalog.units import measure_of, unit_called, unit_written
from wherefore.dialogue.questions import Reckoning
from wherefore.reading.numbers import NUMBER, any_number
from wherefore.text import stem

_TIMES = {
    **dict.fromkeys(("hour", "hr"), ("hour", 1.0)),
    **dict.fromkeys(("minute", "min"), ("hour", 1 / 60)),
    "night": ("night", 1.0),
    "day": ("day", 1.0),
    **dict.fromkeys(("week", "wk"), ("week", 1.0)),
    "fortnight": ("week", 2.0),
    "weekend": ("night", 2.0),
    "month": ("month", 1.0),
    "quarter": ("month", 3.0),
    **dict.fromkeys(("year", "yr"), ("year", 1.0)),
}
_PEOPLE = frozenset(map(stem, "person people adult guest head of us".split())) - {"of", "us"}
_PIECES = frozenset(
    map(
        stem,
        "piece item bag ball skein bottle book pack packet box tin jar can pair copy ticket set roll tube carton unit "
        "place seat".split(),
    )
)
_COUNT = re.compile(
    rf"\b(?:(?:the\s+)?(?P<n>{NUMBER})\s+(?:and\s+a\s+half\s+)?(?:whole\s+|full\s+|more\s+)?(?P<what>[a-z]+)|"
    r"the\s+(?:whole\s+)?(?P<one>fortnight|weekend|week|month|night|day))\b"
)
_THEM = re.compile(
    rf"\b(?P<n>{NUMBER})\s+of\s+(?:them|those|these|that|it|each|the\s+(?:first|second|third|fourth|fifth|last))\b|\b(?P<both>both|the\s+pair)\b"
)
_US = re.compile(rf"\b(?P<n>{NUMBER})\s+of\s+us\b")
_COSTS = re.compile(
    r"\b(?:costs?|totals?|altogether|all\s+together|all\s+in|all\s+told|comes?\s+to|add\s+up\s+to|damage|prices?|priced|"
    r"how\s+much|set\s+(?:me|us|him|her|them)\s+back|pay|charged?|rents?|hire|rental|works?\s+out|bill|owe|sum|"
    r"spend|cheap\w*|dear\w*|pric(?:ey|ier|iest)|expensive|afford\w*|value|fees?|deposit)\b"
)
_ADDS = re.compile(r"\b(?:together|total|altogether|plus|and|including|incl|with|in\s+all|combined|added)\b")
_ALL_ONCE = re.compile(
    r"\b(?:up\s*-?front|in\s+advance|(?:any|all|the)\s+extras?|everything(?:\s+included)?|all\s+(?:the\s+)?fees|extra\s+"
    r"(?:fees|costs|charges)|other\s+(?:fees|costs|charges)|on\s+top|one-?offs?)\b"
)
_BOUND = re.compile(
    r"\b(?:under|below|less\s+than|no\s+more\s+than|at\s+most|up\s+to|max(?:imum)?|budget|within|over|above)\b"
    r"|[$€£]\s*\d|\b\d+\s*(?:quid|pounds|euros?|dollars|bucks)\b"
)
_SEEKS = re.compile(
    r"\b(?:looking\s+for|show\s+me|find\s+me|recommend|suggest|i\s+(?:need|want)|we\s+(?:need|want)|i'd\s+like|"
    r"something|anything(?!\s+(?:up\s*-?front|extra|on\s+top|else|in\s+advance))|somewhere)\b"
)
_PER = re.compile(
    r"\b(?:per|by\s+the|for\s+(?:each|every)|each|every)\s+(?:(?P<n>\d+(?:[.,]\d+)?|hundred|thousand)\s*)?(?P<unit>[a-z]+\b²?)|"
    r"/\s*(?P<m>\d+(?:[.,]\d+)?)?\s*(?P<slash>[a-z]+\b²?)|\b(?:a|an)\s+(?P<head>head|kilo|kg|litre|liter|metre|meter|yard|pound|"
    r"ounce|gram|pint|foot|page|person)\b"
)
_LEAST = re.compile(
    r"\b(?:cheap\w*|least|lowest|best\s+value|best\s+deal|better\s+value|less|most\s+affordable)\b"
)
_MOST = re.compile(r"\b(?:dear(?:er|est)|most\s+expensive|priciest|highest)\b")
_RENT = re.compile(r"\b(?:rent\w*|hir(?:e|ing)|leas(?:e|ing)|borrow\w*)\b")
_BUY = re.compile(r"\b(?:buy\w*|purchas\w*|own(?:ing)?\s+(?:it|one))\b")
_EITHER = re.compile(r"\b(?:cheaper|cheapest|or|than|better|vs|versus|less|worth|sense|break\s+even)\b")
_DAYS = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)(?:days?|s|rs?|rsdays?|sdays?|nesdays?|urdays?)?\b")
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HALF = re.compile(r"\s+and\s+a\s+half\b")
_ELLIPTIC = re.compile(r"^\W*(?:(?:and|or|ok|so|what\s+about|how\s+about|what\s+if)\W+)+")


class ReckoningReader:
    """Reads what is to be worked out of a catalogue's prices.

    Args:
        catalog: The catalogue.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def read(
        self, low: str, nouns: Collection[str], said: Sequence[str] = (), goes_on: bool = False
    ) -> Reckoning | None:
        """What a sentence in lower case asks to work out; None where nothing is.

        Args:
            low: The sentence.
            nouns: What items are called.
            said: What the user said before, in lower case, the newest first: "for the six weeks" may say how long.
            goes_on: Whether the question before was one of these, so that "and for two weeks?" is another.
        """
        prices = prices_of(self._catalog)
        if not prices.all or _BOUND.search(low) or _SEEKS.search(low):
            return None
        days = _days_in([low, *said])
        if _RENT.search(low) and _BUY.search(low) and _EITHER.search(low):
            count = self._time(low) or next((one for one in map(self._time, said) if one), None)
            return Reckoning(*(count or (0.0, "")), buys=True, days=days)
        rate = self._rate(low, prices)
        if rate is not None:
            return rate
        fees = self._fees(low, prices)
        costs = _COSTS.search(low) is not None
        elliptic = goes_on and _ELLIPTIC.match(low) is not None
        count = self._time(low) or self._pieces(low, nouns)
        if count and (costs or fees or elliptic):
            is_time = count[1] in ("hour", "day", "night", "week", "month", "year")
            if (
                is_time
                and not prices.spans
                or not is_time
                and count[1] == "piece"
                and not self._sells(prices)
            ):
                return None
            return Reckoning(*count, fees=fees, days=days)
        if fees and costs and (len(fees) > 1 or fees == ("*",)) and _ADDS.search(low):
            return Reckoning(fees=fees, days=days)
        return None

    @staticmethod
    def _sells(prices: Prices) -> bool:
        return any(one.role in ("price", "sale", "buy") and not one.span for one in prices.all)

    def _rate(self, low: str, prices: Prices) -> Reckoning | None:
        """What a price is asked for of a quantity: "per 100g", "a head", "per person per night"."""
        found: list[tuple[float, str]] = []
        span = ""
        for one in _PER.finditer(low):
            unit = one["unit"] or one["slash"] or one["head"]
            time = _TIMES.get(stem(unit))
            if time is not None:
                span = time[0]
                continue
            number = one["n"] or one["m"] or "1"
            many = {"hundred": 100.0, "thousand": 1000.0}.get(number) or float(number.replace(",", "."))
            pint = unit_called(unit) or unit_written(unit)
            if pint and measure_of(pint) in ("weight", "volume", "length", "area") or prices.numbers_of(unit):
                found.append((many, unit))
        if not found:
            return None
        best = "min" if _LEAST.search(low) else "max" if _MOST.search(low) else ""
        asks = best or _COSTS.search(low) or re.search(r"\bwhat(?:'s|s|\s+is|\s+are|\s+does|\s+would)\b", low)
        if not asks:
            return None
        (many, unit), *_ = found
        return Reckoning(many, per=unit, also_per=span, best=best)  # type: ignore[arg-type]

    @staticmethod
    def _fees(low: str, prices: Prices) -> tuple[str, ...]:
        """What is to be added that is paid once, of what records tell or people call so."""
        if _ALL_ONCE.search(low):
            return ("*",)
        told = {stem(word) for word in re.findall(r"[^\W\d_]+", low)}
        return tuple(kind for kind, words in fee_words().items() if words & told and kind != "admin")

    def _time(self, low: str) -> tuple[float, str] | None:
        """How long, and in which unit: "two weeks", "the fortnight"."""
        spans = {one.span for one in prices_of(self._catalog).spans}
        for one in _COUNT.finditer(low):
            kind = _TIMES.get(stem(one["what"] or one["one"]))
            before = low[: one.start()].rstrip()
            if kind is None or before.endswith(("per", "every", "each")):
                continue
            if one["n"] in ("a", "an") and kind[0] in spans and kind[1] == 1 and _is_rate(before):
                continue
            many = (any_number(one["n"]) if one["n"] else 1.0) or 0.0
            many += 0.5 if "and a half" in one[0] or _HALF.match(low, one.end()) else 0.0
            if many > 0:
                return round(many * kind[1], 4), kind[0]
        return None

    @staticmethod
    def _pieces(low: str, nouns: Collection[str]) -> tuple[float, str] | None:
        """How many people or pieces."""
        if (us := _US.search(low)) is not None and (many := any_number(us["n"])):
            return many, "person"
        if (them := _THEM.search(low)) is not None:
            many = 2.0 if them["both"] else any_number(them["n"]) or 0.0
            return (many, "piece") if many > 1 and not them["both"] else None
        for one in _COUNT.finditer(low):
            word = stem(one["what"] or "")
            many = any_number(one["n"]) or 0.0 if one["n"] else 0.0
            if many > 1 and word in _PEOPLE:
                return many, "person"
            if many > 1 and (word in _PIECES or one["what"] in nouns):
                return many, "piece"
        return None


def _is_rate(before: str) -> bool:
    """Whether "a night" behind some words says what a price is for, not how long: "what is it a night?"."""
    return not before.endswith(
        ("for", "cost", "costs", "of", "damage", "and", "about", "only", "just", "set")
    )


def _days_in(said: Sequence[str]) -> tuple[int, ...]:
    """The days of the week in the newest words that name some."""
    for low in said:
        if re.search(r"\bweekends?\b", low):
            return (5, 6)
        days = tuple(dict.fromkeys(_WEEK.index(one[1]) for one in _DAYS.finditer(low)))
        if days:
            return days
    return ()


def fee_words() -> dict[str, frozenset[str]]:
    """The stems of the words for what is paid once, by what `wherefore.catalog.prices` calls it."""
    return {kind: frozenset(map(stem, words.split())) for kind, words in ONCE.items()}
