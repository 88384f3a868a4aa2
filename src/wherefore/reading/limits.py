"""Limits: what a text says about numbers and dates, such as "after 2000" or "under two hours"."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.naming import words_of
from wherefore.catalog.schema import FieldSpec
from wherefore.reading.scales import ScaleReader
from wherefore.text import stem, straight

Op = Literal["lt", "le", "gt", "ge", "eq"]
_Put = Callable[[FieldSpec, Op, float, int, int], None]

_NUMBER_WORDS = {
    w: float(n) for n, w in enumerate("one two three four five six seven eight nine ten".split(), 1)
}
_NUMBER_WORDS |= {"a": 1.0, "an": 1.0, "half an": 0.5, "half a": 0.5, "a hundred": 100.0, "twenty": 20.0}
_NUMBER_WORDS |= {"forty": 40.0, "eighty": 80.0, "seventy": 70.0}
_NUMBER_WORDS |= {"thirty": 30.0, "ninety": 90.0, "sixty": 60.0, "fifty": 50.0, "a thousand": 1000.0}
_NUM = (
    r"(?:\d(?:[\d,]*\d)?(?:\.\d+)?|half an?|a hundred|a thousand|"
    + "|".join(w for w in _NUMBER_WORDS if " " not in w)
    + r")"
)
_CURRENCY = {
    "$": "usd",
    "€": "eur",
    "£": "gbp",
    "dollar": "usd",
    "buck": "usd",
    "euro": "eur",
    "pound": "gbp",
}
_CURRENCY |= {"usd": "usd", "eur": "eur", "gbp": "gbp"}
_MINUTES = {
    "min": 1.0,
    "minute": 1.0,
    "mins": 1.0,
    "hour": 60.0,
    "hr": 60.0,
    "hrs": 60.0,
    "h": 60.0,
    "sec": 1 / 60,
    "second": 1 / 60,
}
_LONG = {"runtime", "duration", "length", "minutes", "running", "time"}
_PRICE = {"price", "cost", "usd", "eur", "gbp"}

_COMPARE: dict[str, Op] = {
    **dict.fromkeys(("under", "below", "less than", "fewer than", "lower than", "smaller than"), "lt"),
    **dict.fromkeys(
        ("shorter than", "cheaper than", "older than", "earlier than", "before", "prior to"), "lt"
    ),
    **dict.fromkeys(
        ("at most", "no more than", "not more than", "no longer than", "up to", "a maximum of"), "le"
    ),
    **dict.fromkeys(("maximum", "max", "within", "no later than", "until", "no older than"), "le"),
    **dict.fromkeys(
        ("over", "above", "more than", "longer than", "greater than", "higher than", "bigger than"), "gt"
    ),
    **dict.fromkeys(
        ("newer than", "later than", "more recent than", "after", "past", "exceeding", "exceed"), "gt"
    ),
    **dict.fromkeys(
        ("at least", "no less than", "no earlier than", "a minimum of", "minimum", "since"), "ge"
    ),
    **dict.fromkeys(("no shorter than", "starting in", "starting from", "starting", "not before"), "ge"),
}
_COMPARE |= {"no older than": "ge", "pre": "lt", "post": "gt", "no newer than": "le"}
_YEARLY = {
    "before",
    "prior to",
    "older than",
    "earlier than",
    "until",
    "no later than",
    "after",
    "newer than",
}
_YEARLY |= {
    "later than",
    "more recent than",
    "since",
    "no earlier than",
    "starting in",
    "starting from",
    "starting",
    "past",
    "at least",
}
_YEARLY |= {"no older than", "not before", "up to", "pre", "post", "not newer than", "no newer than"}
_DURABLE = {"shorter than", "longer than", "no longer than", "no shorter than"}
_OPPOSITE: dict[Op, Op] = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt", "eq": "eq"}
_AFTER: dict[str, Op] = {
    **dict.fromkeys(
        ("or less", "or under", "or fewer", "or shorter", "or cheaper", "max", "tops", "at most"), "le"
    ),
    **dict.fromkeys(("or below", "or older", "or earlier", "or before", "maximum", "at the latest"), "le"),
    **dict.fromkeys(
        ("or more", "or longer", "or above", "or over", "or newer", "or later", "or after"), "ge"
    ),
    **dict.fromkeys(("and up", "and above", "and later", "and newer", "and after", "minimum"), "ge"),
    **dict.fromkeys(
        ("onwards", "onward", "and onwards", "and on", "on", "to now", "to today", "till now"), "ge"
    ),
}


def _either(phrases: Collection[str]) -> str:
    return "|".join(re.escape(p).replace(r"\ ", r"\s+") for p in sorted(phrases, key=len, reverse=True))


_NO_UNIT = rf"(?:{'|'.join(sorted({phrase.split()[0] for phrase in _COMPARE} | {'between', 'from'}))})\b"
_QUANTITY = (
    rf"(?P<currency>[$€£])?\s?(?P<n>\b{_NUM}(?![\w:]|\.\d)|(?<=[$€£])\d[\d,.]*|\b\d+(?=(?:h|min|mins|m|hrs?)\b|h[0-5]\d\b))"
    rf"(?:\s+and\s+(?P<half0>a\s+half)(?=\s+[a-z]))?(?:\s?-?\s?(?!{_NO_UNIT})(?P<unit>[a-z]+|[$€£]))?(?:\s+and\s+(?P<half>a\s+half)|\s+(?:and\s+)?(?P<n2>\d+|"
    rf"{_NUM})\s?(?P<unit2>min\w*)|(?<=h)\s?(?P<n3>[0-5]\d)(?!\d))?"
)
_ABOUT = r"(?:\s+(?:about|around|roughly|the\s+year|year|like|say|of))?"
_COMPARED = re.compile(rf"\b(?P<op>{_either(_COMPARE)}){_ABOUT}[\s-]*{_QUANTITY}")
# "I've only got 80 minutes"
_HAVE = re.compile(
    rf"\b(?:only\s+(?:have|got)|(?:have|got|'ve)\s+(?:only|just)(?:\s+got)?|(?:i|we)(?:'ve|\s+have)?\s+(?:got|"
    rf"have))"
    rf"(?:\s+(?:about|around|like|maybe))?\s+{_QUANTITY}"
)
_TRAILED = re.compile(rf"{_QUANTITY}\s*(?P<op>{_either(_AFTER)}|\+)(?!\w)")
_BETWEEN = re.compile(
    rf"\b(?:between|from)\s+(?P<low>[$€£]?\s?{_NUM})(?:\s+[a-z]+)?\s*(?:and|to|-|–|until)\s*{_QUANTITY}"
)
_YEAR = r"(?:18[89]\d|19\d\d|20\d\d)"
_YEARS = re.compile(rf"\b(?P<low>{_YEAR})(?:\s?[-–]\s?|\s+(?:to|until|till)\s+)(?P<high>{_YEAR})\b")
_TO_NOW = re.compile(
    rf"\b(?:between|from)\s+(?P<year>{_YEAR})\s+(?:and|to|until|till|-)\s+(?:now|today|the\s+present)\b"
)
_ONLY_YEAR = re.compile(
    rf"\b(?:only|year\s*[:=]|just)\s*(?:from\s+|in\s+)?(?P<a>{_YEAR})\b(?!\s*(?:\+|onwards?|or\b|and\b|to\b|-))"
    rf"|\b(?P<b>{_YEAR})\s+only\b"
)
_EXACT = re.compile(
    rf"\b(?:from|(?:made|released|published|written|came\s+out|come\s+out|out|produced)\s+in|of\s+the\s+year|"
    rf"year)\s+(?P<year>{_YEAR})\b"
    rf"(?:\s+(?:or|and)\s+(?P<last>{_YEAR})\b)?"
    rf"(?!\s*(?:on|onwards?|and\s+(?:on|later|up)|or\s+(?:later|newer|after)|to|-|–|until)\b)"
)
# "The best of 2015", "good films in 2015": the year of what is sought, unless something is said of one item.
_IN_YEAR = re.compile(
    rf"\b(?P<word>of|in)\s+(?P<year>{_YEAR})\b(?!\s*(?:-|–|onwards?\b|and\s+(?:on|later|up)\b|or\s+(?:later|"
    rf"newer)\b))"
)
_SAID_OF_ONE = re.compile(
    r"\b(?:was|is|were|are|saw|seen|watched|went|born|lived?|moved|met|married|set|happen(?:s|ed)|takes?|took|"
    r"visited|"
    r"worked|started|graduated|read)\b|\b(?:it|that|this|there|he|she)'s\b"
)
_OF_ONE = re.compile(r"\b(?:it|that|this|they|which|one)\s+(?:was\s+|is\s+|were\s+)?$")
_OF_ANY = re.compile(r"\b(?:some|any)(?:thing|\s+\w+)\s+(?:that|which)\s")
_WHICH = re.compile(r"\b(?:what|which)\b")
_SOUGHT = frozenset(
    "something anything stuff best good great greatest biggest top hits releases ones".split()
)
_CENTURIES: tuple[tuple[re.Pattern[str], Op], ...] = (
    (re.compile(r"\b(?:this|the\s+current|(?:the\s+)?(?:21st|twenty[\s-]first))\s+century"), "ge"),
    (re.compile(r"\b(?:last|(?:the\s+)?(?:20th|twentieth))\s+century(?!\s+fox)"), "lt"),
)
_THIS_DECADE = re.compile(
    r"\b(?:from|in|of|during|within)\s+(?:(?P<this>(?:this|the\s+current)\s+decade)|the\s+(?:last|"
    r"past)\s+(?:decade|10\s+years|ten\s+years))\b"
)
_SET = re.compile(r"\b(?:set|takes?\s+place|taking\s+place|story|happens)\s+(?:\w+\s+)?(?:in|during)\s+$")
_DECADE_WORDS = {"twenties": 1920, "thirties": 1930, "forties": 1940, "fifties": 1950, "sixties": 1960}
_DECADE_WORDS |= {"seventies": 1970, "eighties": 1980, "nineties": 1990, "noughties": 2000, "aughts": 2000}
_DECADE = re.compile(
    rf"(?:\b(?P<op>{_either(_YEARLY)}|from|between)\s+)?(?:\bthe\s+)?(?:\b(?P<part>early|mid|"
    rf"late)[\s-]+)?(?:\bthe\s+)?"
    rf"(?<![\w$€£])(?P<decade>['’]?\d0['’]?s|(?:18|19|20)\d0['’]?s|{'|'.join(_DECADE_WORDS)})\b(?P<on>\s+(?:on|"
    rf"onwards?|(?:or|and)\s+(?:later|newer|up|after))\b)?"
)
_OWN_AGE = re.compile(r"\b(?:my|his|her|their|our|your|in\s+(?:her|his))\s+(?:early\s+|mid\s+|late\s+)?$")
_MEMORY = re.compile(
    r"\b(?:born|grew up|growing up|was a (?:kid|child|teen)|as a (?:kid|child)|years old|when i was)\b"
)
_NEGATED = re.compile(
    r"\b(?:nothing|not|no|none|never|don'?t\s+(?:want|like|need|make\s+it)|(?:ca|must|should|may|would|"
    r"wo)n'?t\s+(?:be|take|last|run|go)|cannot\s+be|avoid|"
    r"without)\s+(?:[a-z]+\s+){0,2}?(?:that\s+(?:is|are|was|were)\s+|made\s+|from\s+|released\s+)?$"
)
_RECENT = re.compile(
    r"\b(?:something|anything|some|any|a|more|good|the)\s+(?:good\s+|bit\s+|little\s+|more\s+|really\s+)*"
    r"(?P<word>newer|recent|modern|current|latest|brand\s+new|newly\s+released|"
    r"new)\b(?:\s+(?P<noun>[a-z]+))?(?!\s+than)"
)
_BARE_RECENT = re.compile(
    r"(?:^|\blike\s+|\bprefer\s+|\bonly\s+|\bwant\s+)(?P<word>newer|recent|modern|more recent)\s+(?P<noun>[a-z]+)"
)
_RELEASES = frozenset({"releases", "release", "stuff"})
_RECENT_YEARS = 8  # what "recent" means: so many years before the catalogue's newest
_FINE = (
    r"(?:(?:are|is|would\s+be|works?|were)\s+)?(?:also\s+|actually\s+|just\s+|totally\s+|"
    r"perfectly\s+)?(?:fine|ok|okay|good|great|alright|welcome|cool|too)\b"
)
_SIDES: dict[str, tuple[str, Literal["low", "high"]]] = {
    "older": ("year", "low"),
    "old": ("year", "low"),
    "oldies": ("year", "low"),
    "newer": ("year", "high"),
    "longer": ("duration", "high"),
    "long": ("duration", "high"),
    "shorter": ("duration", "low"),
    "pricier": ("price", "high"),
    "expensive": ("price", "high"),
    "cheaper": ("price", "low"),
    **dict.fromkeys(
        ("popular", "famous", "mainstream", "blockbusters", "well known"), ("popularity", "high")
    ),
    **dict.fromkeys(("obscure", "unknown", "underrated", "lesser known"), ("popularity", "low")),
}
_LIFT_SIDE = re.compile(
    rf"\b(?P<word>{'|'.join(_SIDES)})(?:\s+[a-z]+)?\s+{_FINE}"
    rf"|\b(?:don'?t|wouldn'?t|do\s+not)\s+mind\s+(?:if\s+(?:it'?s|they'?re)\s+)?(?:something\s+|"
    rf"an?\s+)?(?P<word2>{'|'.join(_SIDES)})\b"
)
_LIFT = re.compile(
    r"\b(?:any|whatever|no\s+matter\s+(?:the|what|which)|"
    r"regardless\s+of(?:\s+the)?)\s+(?P<a>[a-z]+)(?:\s+(?:is|are)\s+(?:fine|ok|okay|good))?\b"
    r"|\b(?P<b>[a-z]+)\s+(?:doesn'?t|does\s+not|don'?t)\s+matter"
    r"|\b(?:don'?t|do\s+not|wouldn'?t)\s+(?:mind|care\s+about)\s+(?:the|which|what)\s+(?P<c>[a-z]+)"
    r"|\b(?:forget|drop|ignore|never\s*mind|scratch)\s+(?:about\s+)?the\s+(?P<d>[a-z]+)(?:\s+(?:limit|thing))?\b"
)
_ERA = {"year", "decade", "era", "age", "time", "period"}


@dataclass(frozen=True, slots=True)
class FoundLimit:
    """A limit read from characters `start` to `end`; `lifts` takes limits away instead.

    One that is `vague` was measured by the catalogue: "something short".
    """

    field: str
    op: Op
    value: float
    start: int
    end: int
    lifts: bool = False
    vague: bool = False


def lowered(text: str) -> str:
    """A text in lower case with straight apostrophes, each character in its place."""
    low = text.lower()
    return straight(low if len(low) == len(text) else "".join(c.lower()[:1] for c in text))


class LimitReader:
    """Reads limits on the number and date fields that a catalogue declares.

    A field is known by its unit, label, name and kind.

    Args:
        catalog: The catalogue.

    Attributes:
        duration: The field that says how long an item takes, if there is one.
        price: The field that says what it costs.
        roles: Which field comparisons of each kind are about ("shorter", "newer"), where the catalogue has one.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._specs = catalog.schema.of_kind("number", "date")
        self._year = catalog.schema.year
        self._nouns = {catalog.schema.noun.lower(), catalog.schema.plural.lower()}
        self._words = {
            spec.name: {stem(w) for w in (*words_of(spec.name), *words_of(spec.label))}
            for spec in self._specs
        }
        self.duration = next((s for s in self._specs if self._is_duration(s)), None)
        self.price = next((s for s in self._specs if self._is_price(s)), None)
        self._catalog = catalog
        self._latest: float | None = None
        pages = (spec for spec in self._specs if "page" in (stem(spec.unit.lower()), *self._words[spec.name]))
        self.roles: dict[str, FieldSpec | None] = {
            "duration": self.duration or next(pages, None),
            "year": self._year,
            "price": self.price,
            "popularity": catalog.schema.popularity,
            "rating": self.labelled("rating"),
        }
        self.scales = ScaleReader(catalog, self.roles, self.labelled)

    def _is_duration(self, spec: FieldSpec) -> bool:
        if spec.unit:
            return stem(spec.unit.lower()) in _MINUTES
        return spec.kind == "number" and bool(_LONG & set(words_of(spec.name)))

    def _is_price(self, spec: FieldSpec) -> bool:
        return spec.unit.lower() in _CURRENCY or bool(_PRICE & set(words_of(spec.name)))

    def read(self, text: str, nouns: Collection[str] = ()) -> list[FoundLimit]:
        """The limits in a text, by place. What is not to be read should be blanked beforehand."""
        low = lowered(text)
        called = frozenset({*self._nouns, *nouns})
        found: list[FoundLimit] = []
        taken: list[tuple[int, int]] = []

        def put(spec: FieldSpec, op: Op, value: float, start: int, end: int) -> None:
            if not any(a < end and start < b for a, b in taken if (a, b) != (start, end)):
                if spec.kind == "date" and op == "eq":
                    found.append(FoundLimit(spec.name, "ge", value, start, end))
                    op = "le"
                op, value = _of_date(op, value) if spec.kind == "date" else (op, round(value, 6))  # 1h50
                found.append(FoundLimit(spec.name, op, value, start, end))
                if (start, end) not in taken:
                    taken.append((start, end))

        for match in _LIFT_SIDE.finditer(low):
            kind, side = _SIDES[match["word"] or match["word2"]]
            spec = self.roles[kind]
            if spec is not None and "than" not in match[0]:
                found.append(
                    FoundLimit(spec.name, "ge" if side == "low" else "le", 0.0, *match.span(), lifts=True)
                )
                taken.append(match.span())
        for match in _LIFT.finditer(low):
            spec = self.labelled(match["a"] or match["b"] or match["c"] or match["d"])
            if spec is not None:
                found.append(FoundLimit(spec.name, "eq", 0.0, *match.span(), lifts=True))
                taken.append(match.span())
        self._read_decades(low, put)
        for match in _YEARS.finditer(low):
            if self._year is not None:
                put(self._year, "ge", float(match["low"]), *match.span())
                put(self._year, "le", float(match["high"]), *match.span())
        for match in _BETWEEN.finditer(low):
            spec, scale = self._field(match, low, None)
            first, second = _number(match["low"]), _amount(match)
            if spec is not None and first is not None and second is not None:
                put(spec, "ge", first * scale, *match.span())
                put(spec, "le", second * scale, *match.span())
        for match in _COMPARED.finditer(low):
            phrase = re.sub(r"\s+", " ", match["op"])
            op = _COMPARE[phrase]
            spec, scale = self._field(match, low, phrase)
            amount = _amount(match)
            if spec is None or amount is None:
                continue
            if spec is not self._year and phrase in ("after", "before", "past", "since", "until", "starting"):
                continue  # "I turned it off after ten minutes"
            around = (
                re.split(r"[,;]", low[max(0, match.start() - 40) : match.start()])[-1]
                + low[match.start() : match.end() + 20]
            )
            if spec is self._year and _MEMORY.search(around):
                continue
            if _follows(low, match, _NEGATED):
                op = _OPPOSITE[op]
            put(spec, op, amount * scale, match.start(), self._end(match))
        for match in _HAVE.finditer(low):
            spec, scale = self._field(match, low, None)
            amount = _amount(match)
            if spec is not None and spec == self.duration and amount is not None:
                put(spec, "le", amount * scale, *match.span())
        for match in _TRAILED.finditer(low):
            op = _AFTER.get(re.sub(r"\s+", " ", match["op"]), "ge")
            spec, scale = self._field(match, low, "since" if self._is_year(match) else None)
            amount = _amount(match)
            if (
                spec is not None
                and amount is not None
                and (match["op"] not in ("on", "+") or spec is self._year)
            ):
                put(spec, op, amount * scale, *match.span())
        if self._year is not None:
            for match in _EXACT.finditer(low):
                if _MEMORY.search(low[max(0, match.start() - 40) : match.end() + 20]):
                    continue
                before = low[max(0, match.start() - 30) : match.start()]
                if _OF_ONE.search(before) and not _OF_ANY.search(before):
                    continue  # "It came out in 2017."
                if match["last"]:
                    put(self._year, "ge", float(match["year"]), *match.span())
                    put(self._year, "le", float(match["last"]), *match.span())
                else:
                    put(self._year, "eq", float(match["year"]), *match.span())
            for match in _of_year(called).finditer(low):
                put(self._year, "eq", float(match[1]), match.start(), match.end(1))
            self._read_years(low, called, put)
            self._read_recent(low, called, put)
        for graded in self.scales.read(low, called):
            span = graded.start, graded.end
            if not any(graded.start < b and a < graded.end for a, b in taken):
                found.append(FoundLimit(graded.field, graded.op, graded.value, *span, vague=True))
        return sorted(found, key=lambda f: f.start)

    def _read_years(self, low: str, nouns: Collection[str], put: _Put) -> None:
        """Years of what is sought: "the best of 2015", "good films in 2015", "from this century"."""
        assert self._year is not None
        for match in _TO_NOW.finditer(low):
            put(self._year, "ge", float(match["year"]), *match.span())
        for match in _ONLY_YEAR.finditer(low):
            put(self._year, "eq", float(match["a"] or match["b"]), *match.span())
        sought = _SOUGHT | set(nouns)
        for match in _IN_YEAR.finditer(low):
            before = re.split(r"[.,;:!?\n]", low[max(0, match.start() - 120) : match.start()])[-1]
            if _SAID_OF_ONE.search(before) and not _WHICH.search(before):
                continue
            if match["word"] == "of" or not sought.isdisjoint(re.findall(r"[a-z]+", before)):
                put(self._year, "eq", float(match["year"]), *match.span())
        for match in _THIS_DECADE.finditer(low):
            latest = self._newest(self._year)
            if latest and not _follows(low, match, _NEGATED):
                put(self._year, "ge", latest - latest % 10 if match["this"] else latest - 10, *match.span())
        for pattern, op in _CENTURIES:
            for match in pattern.finditer(low):
                if not (_follows(low, match, _SET) or _follows(low, match, _NEGATED)):
                    put(self._year, op, 2000.0, *match.span())

    def _read_decades(self, low: str, put: _Put) -> None:
        year = self._year
        if year is None:
            return
        spans: list[tuple[float, float, re.Match[str]]] = []
        for match in _DECADE.finditer(low):
            start = match.start("decade")
            if _OWN_AGE.search(low[max(0, match.start() - 14) : match.start()]) or _OWN_AGE.search(
                low[max(0, start - 20) : start]
            ):
                continue
            if _MEMORY.search(low[max(0, match.start() - 40) : match.end() + 20]):
                continue
            if re.search(
                r"\b(?:that'?s|that is|it'?s|it is|it was|that was)\s+(?:an?|such an?)\s+(?:\w+\s+)?$",
                low[max(0, match.start() - 60) : match.start()],
            ):
                continue  # said of one item
            text = match["decade"].strip("'")
            first = float(_DECADE_WORDS.get(text) or _decade(text.replace("'", "")[:-1]))
            if not first:
                continue
            op = re.sub(r"\s+", " ", match["op"] or "")
            if op in _COMPARE and _COMPARE[op] in ("lt", "le") and op not in ("until", "no later than"):
                put(year, "lt", first, *match.span())
            elif (
                op in ("since", "starting in", "starting from", "no older than", "not before") or match["on"]
            ):
                put(year, "ge", first, *match.span())
            elif op in _COMPARE and _COMPARE[op] == "gt":
                put(year, "ge", first + 10, *match.span())
            elif op in ("until", "no later than"):
                put(year, "lt", first + 10, *match.span())
            elif not _follows(low, match, _NEGATED):
                low_end, high_end = {"early": (0, 4), "mid": (3, 7), "late": (6, 10)}.get(
                    match["part"], (0, 10)
                )
                spans.append((first + low_end, first + high_end, match))
        if spans:
            # "the 80s and 90s" is one range.
            start, end = spans[0][2].start(), spans[-1][2].end()
            put(year, "ge", min(s[0] for s in spans), start, end)
            put(year, "lt", max(s[1] for s in spans), start, end)

    def _read_recent(self, low: str, nouns: Collection[str], put: _Put) -> None:
        for pattern in (_RECENT, _BARE_RECENT):
            for match in pattern.finditer(low):
                noun, word = match["noun"], match["word"]
                if noun in ("than", "and", "or") or low[match.end() :].lstrip().startswith("than"):
                    continue
                is_thing = noun in nouns or noun in _RELEASES
                if word == "new" and not is_thing or word == "current" and noun and noun not in nouns:
                    continue
                if noun and not is_thing and word not in ("newer", "recent", "modern"):
                    continue
                if noun in ("one", "version", "remake", "jumanji", "york", "zealand") or low[
                    match.start() :
                ].startswith("the new"):
                    continue
                if _follows(low, match, _NEGATED) or self._year is None:
                    continue
                if latest := self._newest(self._year):
                    put(self._year, "ge", latest - _RECENT_YEARS, match.start(), match.end("word"))

    def _newest(self, year: FieldSpec) -> float:
        """About the latest year of the catalogue's items, a few stragglers aside; 0 when none is known."""
        if self._latest is None:
            years = self._catalog.numbers(year.name)
            known = years[~np.isnan(years)]
            self._latest = float(int(np.quantile(known, 0.98))) if len(known) else 0.0
        return self._latest

    def _is_year(self, match: re.Match[str]) -> bool:
        return (
            bool(re.fullmatch(_YEAR, match["n"]))
            and not match["currency"]
            and not self._united(match["unit"])
        )

    def labelled(self, word: str | None) -> FieldSpec | None:
        """The field that a word of its name or label names."""
        if not word:
            return None
        word = stem(word)
        if word in _ERA and self._year is not None:
            return self._year
        if word in ("length", "runtime", "duration") and self.duration is not None:
            return self.duration
        if word in ("price", "cost", "budget") and self.price is not None:
            return self.price
        if word == "rated":
            word = "rating"
        return next(
            (spec for spec in self._specs if word in self._words[spec.name] and word != "number"), None
        )

    def _end(self, match: re.Match[str]) -> int:
        """Where a quantity ends: a word after the number counts only when it is its unit."""
        whole = self._united(match["unit"]) or match["half"]
        return match.end() if whole else match.end("n")

    def _united(self, unit: str | None) -> bool:
        return bool(unit) and self._by_unit(unit or "") is not None

    def _by_unit(self, unit: str) -> tuple[FieldSpec, float] | None:
        """The field measured in a unit, and what one of that unit is in the field's own."""
        word = stem(unit)
        if unit in _CURRENCY or word in _CURRENCY:
            return (self.price, 1.0) if self.price is not None else None
        if word in _MINUTES:
            spec = self.duration
            return (
                None if spec is None else (spec, _MINUTES[word] / _MINUTES.get(stem(spec.unit.lower()), 1.0))
            )
        for spec in self._specs:
            if spec.unit and stem(spec.unit.lower()) == word:
                return spec, 1.0
        for spec in self._specs:
            if word in self._words[spec.name] and spec is not self._year:
                return spec, 1.0
        return None

    def _field(self, match: re.Match[str], low: str, phrase: str | None) -> tuple[FieldSpec | None, float]:
        """The field that a quantity speaks of, by its unit, the words before it, or the comparison."""
        for mark in (match["currency"], match["unit"]):
            if mark:
                united = self._by_unit(mark)
                if united is not None:
                    return united
        if match["currency"]:
            return None, 1.0
        if match["unit"] in _CURRENCY or stem(match["unit"] or "") in _MINUTES:
            return None, 1.0  # a unit of something that the catalogue does not have
        year_like = bool(re.fullmatch(_YEAR, match["n"]))
        if year_like and (phrase in _YEARLY or (phrase is None and "low" in match.re.groupindex)):
            return self._year, 1.0
        near = re.split(r"[,.;:!?]", low[max(0, match.start() - 40) : match.start()])[-1]
        before = re.findall(r"[a-z]+", near)[-3:]
        for word in reversed(before):
            spec = self.labelled(word)
            if spec is not None and (spec is not self._year or word in ("year", "made", "released")):
                return spec, 1.0
        if phrase == "cheaper than":
            return self.price, 1.0
        if phrase in _DURABLE and match["n"].isdigit() and self.duration is not None:
            return self.duration, 1.0
        return None, 1.0


def _follows(low: str, match: re.Match[str], words: re.Pattern[str]) -> bool:
    """Whether certain words stand right before a match."""
    return words.search(low[max(0, match.start() - 60) : match.start()]) is not None


@lru_cache(8)
def _of_year(called: frozenset[str]) -> re.Pattern[str]:
    """Finds a year before what items are called: "2015 movies", "a 2010 black comedy"."""
    names = "|".join(re.escape(name) for name in sorted(called, key=len, reverse=True) if name)
    between = r"(?!(?:in|on|at|to|and|or|is|was|the|an?|i|we|my|some|this|that|it|but|with)\b)[a-z-]+\s+"
    return re.compile(rf"\b({_YEAR})\s+(?:{between}){{0,2}}(?:{names})\b")


def _of_date(op: Op, value: float) -> tuple[Op, float]:
    """A limit in whole years as one on a date in fractional years: "after 2000" begins with 2001."""
    if op == "gt":
        return "ge", value + 1
    if op == "le":
        return "lt", value + 1
    return op, value


def _number(text: str) -> float | None:
    text = (
        re.sub(r"[$€£,\s]", "", text) if any(c.isdigit() for c in text) else re.sub(r"\s+", " ", text.strip())
    )
    if text in _NUMBER_WORDS:
        return _NUMBER_WORDS[text]
    try:
        return float(text.rstrip("."))
    except ValueError:
        return None


def _amount(match: re.Match[str]) -> float | None:
    number = _number(match["n"])
    if number is None:
        return None
    if match["half"] or match["half0"]:
        return number + 0.5
    if match["n3"]:
        return number + float(match["n3"]) / 60
    if match["n2"] and stem(match["unit"] or "") in ("hour", "hr", "h"):
        return number + (_number(match["n2"]) or 0.0) / 60
    return number


def _decade(digits: str) -> int:
    if len(digits) == 4:
        return int(digits)
    tens = int(digits)
    return 2000 + tens if tens == 0 else 1900 + tens if tens >= 20 else 0
