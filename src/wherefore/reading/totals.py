"""Sums for several at once: "7 nights for under $700 in total", as what one may cost."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from wherefore.catalog.naming import words_of
from wherefore.catalog.schema import FieldSpec
from wherefore.dialogue.state import LimitOp
from wherefore.reading.clauses import Span
from wherefore.reading.comparisons import BEFORE, any_of, phrase
from wherefore.reading.measures import Measures
from wherefore.reading.numbers import MINUTES, NUMBER, amount, any_number, money, quantity
from wherefore.text import stem

_OF_WHAT: dict[str, frozenset[str]] = {  # what prices may be for one of, and what people count then
    "night": frozenset("night nightly".split()),
    "day": frozenset("day daily".split()),
    "person": frozenset("person people adult guest head pp diner traveller traveler pax ppl".split()),
    "item": frozenset(
        "bottle book pack packet box piece pair copy jar can tin bag carton cup item thing ticket set roll".split()
    ),
}
_PER_HEAD = frozenset("ticket seat entry admission fare".split())
_NO_UNITS = frozenset("for in all total and per each".split()) | {each.split()[0] for each in BEFORE}
_BOUND = any_of(BEFORE)
_SUM = re.compile(rf"(?:(?P<op>{_BOUND})\s+)?(?:(?:about|around|roughly)\s+)?{quantity(_NO_UNITS)}")
_COUNT = re.compile(
    rf"\b(?:(?P<week>an?\s+(?:whole\s+)?week)|(?P<both>both\s+of\s+us|the\s+two\s+of\s+us)|"
    rf"(?P<us>{NUMBER})\s+of\s+us|(?P<them>{NUMBER})\s+(?:of\s+(?:them|those|these|the\s+same|each|this|that|it)|identical|matching|alike)|"
    rf"(?P<pair>an?\s+(?:pair|couple)(?!\s+of\s+(?!them|those|these))|(?<=make\sit\s)(?:{NUMBER})|(?:{NUMBER})(?=\s+(?:that|which)\s+"
    r"(?:together\s+)?(?:add|sum|come|take|cost|last)))\b|"
    rf"(?<=\bfor\s)(?P<party>{NUMBER})(?=\s*(?:[,.;!?]|$|(?:{_BOUND})\s|(?:in\s+)?total\b|altogether\b))|"
    rf"(?P<n>{NUMBER})\s+(?P<what>[a-z]+)\b(?=(?:\s+(?P<next>[a-z]+))?))"
)
_TOTAL = re.compile(
    r"\b(?:(?:in|as\s+a)\s+total|total|altogether|(?:all\s+)?together|(?:add(?:s|ing)?|sum(?:s|ming)?)\s+up\s+to|summing\s+to|"
    r"en\s+tout|au\s+total|insgesamt|zusammen|all[\s-]in|combined|for\s+(?:all|both|everyone|everybody|the\s+lot)"
    r"|for\s+the\s+whole\s+(?:\w+))\b"
)
_EACH = re.compile(
    r"\b(?:each|apiece|pp|per\s+\w+|(?:a|every|the)\s+(?:night|person|head|day|bottle|piece|book|pop)|nightly|one)\b|/\s*\w+"
)
_FOR = re.compile(r"\s+for\s*$")
_FOR_COUNT = re.compile(r"\s+(?:in\s+total\s+)?for\s+(?:the\s+|all\s+|our\s+|my\s+)?$")
_LINK = re.compile(
    rf"[\s,]*(?:(?:for|in|at|of|costing|(?:two|three|four|\d+)\s+(?:people|adults|of\s+us))[\s,]*)*(?:{_BOUND})?\s*"
)
_CLAUSE = re.compile(r"[.;:!?](?!\d)")
_NEAR = 48  # characters between a sum and what is counted


class FoundTotal(NamedTuple):
    """What one may cost, in characters `start` to `end`; without an `op` nobody knows of what the price is."""

    spec: FieldSpec
    op: LimitOp | None
    value: float
    start: int
    end: int


def is_total(said: str) -> bool:
    """Whether words tell a sum for several at once, rather than what one costs.

    >>> is_total("7 nights for under $700"), is_total("under $700 in total"), is_total("under $700")
    (True, True, False)
    """
    low = said.lower()
    return _TOTAL.search(low) is not None or any(_kind(one["what"] or "", ()) for one in _COUNT.finditer(low))


class TotalReader:
    """Reads sums for several nights, people or pieces as limits on the price of one.

    Args:
        measures: The fields of the catalogue.
    """

    def __init__(self, measures: Measures) -> None:
        self._measures = measures

    def read(self, low: str, nouns: Collection[str]) -> Iterator[FoundTotal]:
        """The sums in a text in lower case.

        Args:
            low: The text.
            nouns: What items are called: "wines".
        """
        yield from self._times(low, nouns)
        price = self._measures.price
        if price is None:
            return
        for found in _SUM.finditer(low):
            mark = found["currency"] or found["unit"]
            in_price = mark is not None and bool(money(mark)) and self._measures.in_unit(mark) == (price, 1.0)
            is_bare = mark is None and found["n"][:1].isdigit()
            value = amount(found)
            if value is None or not (in_price or is_bare):
                continue
            one = self._of(low, found, price, value, nouns, is_bare)
            if one is not None:
                yield one

    def _times(self, low: str, nouns: Collection[str]) -> Iterator[FoundTotal]:
        """How long several may take in all, as what one may: "two that add up to three hours max"."""
        duration = self._measures.duration
        for found in _SUM.finditer(low) if duration is not None else ():
            unit, value = found["unit"], amount(found)
            if unit is None or value is None or stem(unit) not in MINUTES or duration is None:
                continue
            united = self._measures.in_unit(unit)
            first, last = _clause(low, found.span())
            total = _TOTAL.search(low, first, last)
            counts = [
                one
                for one in self._counts(low, (first, last), found.span(), nouns)
                if one[1] == "item" and _is_near(one[2], found)
            ]
            if total is None or not counts or united is None or united[0] is not duration:
                continue
            many, _, span = counts[0]
            op: LimitOp = BEFORE[phrase(found)] if found["op"] else "le"
            place = _place(low, found.span(), span, total.span())
            yield FoundTotal(duration, op, value * united[1] / many, *place)

    def counts(self, low: str) -> bool:
        """Whether a text counts people, nights or pieces."""
        return any(True for _ in self._counts(low, (0, len(low)), (0, 0), ()))

    def counted(self, low: str, price: FieldSpec) -> float:
        """For how many of what a price is for one of it is asked: 3 of "for the three of us"; 1 where it does not say.

        Args:
            low: A question in lower case.
            price: The field.
        """
        per = price_of_one(price)
        for many, kind, _ in self._counts(low, (0, len(low)), (0, 0), ()):
            if (
                kind == per
                or (kind == "item" and per in ("", "item"))
                or (kind == "person" and _is_per_head(price))
            ):
                return many
        return 1.0

    def _of(
        self,
        low: str,
        found: re.Match[str],
        price: FieldSpec,
        value: float,
        nouns: Collection[str],
        is_bare: bool,
    ) -> FoundTotal | None:
        """What a sum says of the price of one; None where it is no sum for several."""
        first, last = _clause(low, found.span())
        behind = low[found.end() : last]
        if _EACH.match(behind.lstrip(" ,(")) or _EACH.search(behind[:20]):
            return None
        total = _TOTAL.search(low, first, last)
        op: LimitOp = BEFORE[phrase(found)] if found["op"] else "le"
        per = price_of_one(price)
        counted = [
            one for one in self._counts(low, (first, last), found.span(), nouns) if _is_near(one[2], found)
        ]
        for many, kind, span in counted:
            joined = _FOR.fullmatch(low[span[1] : found.start()]) or _FOR_COUNT.fullmatch(
                low[found.end() : span[0]]
            )
            if kind == "person" and _is_per_head(price):
                kind = "item"
            of_nouns = kind == "item"
            if not total and (not joined or (of_nouns and found["op"])):
                continue  # "five wines under $20" are under $20 each
            if of_nouns and per not in ("", "item") or not of_nouns and per != kind and not total:
                continue
            place = _place(low, found.span(), span, *([total.span()] if total else []))
            if kind == per or (of_nouns and per == ""):
                return FoundTotal(price, op, value / many, *place)
        if (
            total and counted and per and not is_bare
        ):  # a sum for people, of a price per night: for how many of those?
            place = min(total.start(), found.start()), max(total.end(), found.end())
            return FoundTotal(price, None, value, *place)
        return None

    def _counts(
        self, low: str, clause: Span, taken: Span, nouns: Collection[str]
    ) -> Iterator[tuple[float, str, Span]]:
        """How many of what a clause counts, with its place."""
        for one in _COUNT.finditer(low, *clause):
            if one.start() < taken[1] and taken[0] < one.end():
                continue
            kind, end = _kind(one["what"] or "", nouns), one.end()
            if not kind and one["next"]:  # "two good bottles"
                kind, end = _kind(one["next"], nouns), one.end("next")
            if one["week"]:
                kind, many = "night", 7.0
            elif one["them"] or one["pair"]:
                kind, many = "item", any_number(one["them"] or one["pair"]) or 2.0
                many = 2.0 if (one["pair"] or "").endswith(("pair", "couple")) else many
            elif party := (one["us"] or one["party"] or one["both"]):
                kind, many = "person", 2.0 if one["both"] else any_number(party) or 0.0
            else:
                many = any_number(one["n"]) or 0.0
            if kind and many >= 2:
                yield many, kind, (one.start(), end)


def price_of_one(price: FieldSpec) -> str:
    """What a price is for one of, by its name or unit: `night`, `day`, `person`, `item`; empty where it does not say.

    >>> of_night, plain = (FieldSpec(name=name, column=name, kind="number") for name in ("price_per_night", "price"))
    >>> price_of_one(of_night), price_of_one(plain)
    ('night', '')
    """
    told = {stem(word) for word in (*words_of(price.name), *words_of(price.label), *words_of(price.unit))}
    return next((kind for kind, words in _OF_WHAT.items() if not words.isdisjoint(told)), "")


def _is_per_head(price: FieldSpec) -> bool:
    """Whether a price is for what each person needs one of: a ticket."""
    return not _PER_HEAD.isdisjoint(map(stem, (*words_of(price.name), *words_of(price.label))))


def _kind(what: str, nouns: Collection[str]) -> str:
    word = stem(what)
    kind = next((kind for kind, words in _OF_WHAT.items() if word in words), "")
    return kind or ("item" if what and what in nouns else "")


def _clause(low: str, span: Span) -> Span:
    first = max((one.end() for one in _CLAUSE.finditer(low, 0, span[0])), default=0)
    after = _CLAUSE.search(low, span[1])
    return first, after.start() if after is not None else len(low)


def _place(low: str, sums: Span, *others: Span) -> Span:
    """The characters of a sum, and of what belongs to it where nothing else is said between them."""
    start, end = sums
    for first, last in sorted(others, key=lambda one: abs(one[0] - start)):
        between = low[last:start] if last <= start else low[end:first]
        if _LINK.fullmatch(between):
            start, end = min(start, first), max(end, last)
    return start, end


def _is_near(span: Span, found: re.Match[str]) -> bool:
    return max(span[0], found.start()) - min(span[1], found.end()) <= _NEAR
