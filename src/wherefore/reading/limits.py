"""Limits: what a text says about numbers and dates, such as "after 2000" or "under two hours"."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.mentioned import PREFIX
from wherefore.catalog.money import SIGNS
from wherefore.catalog.naming import words_of
from wherefore.catalog.schema import FieldSpec
from wherefore.dialogue.state import MOST, LimitOp
from wherefore.reading.bearers import is_somebodys
from wherefore.reading.clauses import touch
from wherefore.reading.codes import HARD, NOT_TOO, STRONG
from wherefore.reading.comparisons import AFTER, BEFORE, DURABLE, OPPOSITE, YEARLY, any_of, is_negated, phrase
from wherefore.reading.counted import CountReader
from wherefore.reading.entry_counts import EntryCountReader
from wherefore.reading.measures import Measures, is_of_stuff, measures_time, measures_warmth
from wherefore.reading.numbers import (
    NUMBER,
    amount,
    any_number,
    around,
    in_cents,
    is_year,
    joined_units,
    money,
    number,
    quantity,
)
from wherefore.reading.quantities import beside, quantity_named, side_of
from wherefore.reading.scales import ScaleReader
from wherefore.reading.totals import TotalReader, is_total
from wherefore.reading.votes import FoundVotes, VoteReader
from wherefore.reading.years import FoundYear, is_memory, ranges, until_today, years
from wherefore.text import NUMBERS, straight

_QUANTITY = quantity(
    {each.split()[0] for each in BEFORE} | {"between", "from", "a", "an", "per", "each", "pcm", "pm", "pw"}
)
_ABOUT = r"(?:\s+(?:about|around|roughly|the\s+year|year|like|say|of))?"
_COMPARED = re.compile(rf"(?<!\w)(?P<op>{any_of(BEFORE)}){_ABOUT}[\s-]*{_QUANTITY}")
# "I've only got 80 minutes", "on the table in 15 minutes", "naps exactly 80 min"
_HAVE = re.compile(
    rf"\b(?:(?<!last )(?<!first )in|exactly|precisely|only\s+(?:have|got)|(?:have|got|'ve)\s+(?:only|just)(?:\s+got)?|"
    rf"(?:i|we)(?:'ve|\s+have)?\s+(?:got|have)|(?:^|(?<=[.;!?,]\s))\s*(?:got|have))(?:\s+(?:about|around|like|maybe))?\s+{_QUANTITY}"
)
# "15 bucks is all I've got", "$25 each is the limit", "my budget is 40"
_MOST = re.compile(
    rf"{_QUANTITY}(?:\s+each|\s+apiece)?\s*(?:is|['’]s)\s+(?:(?:the|my|our|his|her|their)\s+(?:\w+\s+)?(?:limit|max|maximum|budget|"
    r"most)|all)\b"
)
_BUDGET = re.compile(rf"\bbudget\b(?:\s+(?:is|of|['’]s|about|around|only|just))*\s*:?\s*{_QUANTITY}")
_TRAILED = re.compile(  # of "2000, at least 4 stars" no year is bounded
    rf"{_QUANTITY}\s*(?P<op>{any_of(AFTER)}|\+)(?!\w)(?!\s+(?:a|an|of|some)?\s*[\d$€£₹])"
)
COLD = re.compile(  # a frost, of which people say no field: "it gets to minus 12 here", "survive -20"
    rf"(?:\bminus\s+(?P<m>{NUMBER}|{any_of(NUMBERS)})\b|(?<![\w.])[-−](?P<n>\d{{1,2}})(?![\d.,]*\d|\s*[-–]|\s*(?:cm|mm|m|kg|g|km|%|years?)\b))"
)
_DOWN_TO = re.compile(  # how cold it gets, above zero: "goes down to about 5 C in winter"
    rf"\b(?:goes|gets|go|get|drops?|falls?|dips?|sinks?|cools?|gone|went|dropped|fell)\s+(?:(?:it|down|as\s+low)\s+)*(?P<what>(?:as|to|below|under|near)\s+"
    rf"(?:about\s+|around\s+|roughly\s+|nearly\s+|maybe\s+|only\s+)?(?P<minus>minus\s+|[-−])?(?P<n>\d{{1,2}}|{any_of(NUMBERS)})\s*(?:°\s*c?\b|c\b|celsius\b|degrees?(?:\s+c(?:elsius)?)?\b|°))"
)
_BETWEEN = re.compile(
    rf"\b(?:between|from)\s+(?P<low>[{SIGNS}]?\s?{NUMBER})(?:\s*(?P<of>[a-z]+))?\s*(?:and|to|-|–|until)\s*{_QUANTITY}"
)
_RANGE = re.compile(  # "five to eight minutes", "30-45 min": only with a unit
    rf"(?<![\w.,-])(?P<low>[{SIGNS}]?\s?\d[\d.,]*|{any_of(NUMBERS)})\s*(?P<of>[a-z]+)?\s*(?:to|-|–)\s*{_QUANTITY}"
)
_STARS = re.compile(rf"(?<![\w.])(?P<n>[1-7]|{any_of(NUMBERS)})[\s-]stars?\b(?!\s+(?:review|rating))")
_PLUS = re.compile(_QUANTITY)  # "95+ points", "a score of 8+"
_LAST = re.compile(
    r"\s*(?:please|pls|thanks|on|with|for|in|and|but|or|if|at|so|as|then|too|maybe|not)\b|\s*(?:[.,;!?)]|$)"
)
_NAMED = re.compile(r"(?:[a-z]+ ){1,3}$")
_LARGE = re.compile(r"(?:\dk|grand|lakhs?|lacs?|crores?)$")  # "under 3k" says money by itself
_CLOSE = 0.05  # share of an amount by which another is about the same: 350 ml of 12 ounces
_ROUGHLY = 0.1  # the same of one that is said to be about right
_NEARLY = re.compile(r"\b(?:about|around|roughly|approx(?:imately)?|circa|nearly|almost)\s+$")
_FIRST = re.compile(r"[\d.,]*\d|[a-z]+")
_OF_MONEY = re.compile(
    r"(?:\d|[$€£₹]|\b(?:quid|euros?|pounds?|dollars?|bucks?|rupees|francs?))\s*$"
)  # "150 euros a night"
_TAKEN_BACK = re.compile(
    r"\b(?:forget|ignore|scrap|drop|never\s*mind)\s+(?:about\s+)?(?:the\s+|that\s+)?(?:\w+\s+)?$"
)
_MYSELF = re.compile(  # of what has a least age: "I'm 23", "im 15"
    r"\b(?:i['’]?m|i\s+am|we['’]?re\s+(?:both|all))\s+(?:only\s+|just\s+|nearly\s+|almost\s+|now\s+)?(?P<n>\d{2})\b"
    r"(?!\s*(?:[-–]|kg|kilos?|lbs?|pounds?|stone|cm|m\b|feet|foot|miles?|minutes?|hours?|days?|weeks?|months?|%|of\b|people))"
)
_SAID_BEFORE = re.compile(rf"(?<!\w)(?P<op>{any_of({*BEFORE} - {'<', '>'})})\s+(?:an?|the|about)\s+$")
_SAID_ABROAD = re.compile(
    r"\b(?:(?P<least>mindestens|wenigstens|ab|au\s+moins|plus\s+de|al\s+menos|m[aá]s\s+de|almeno|minstens)|h[oö]chstens|maximal|"
    r"bis(?:\s+zu)?|unter|au\s+plus|maximum|jusqu'[aà]|moins\s+de|como\s+m[aá]ximo|hasta|menos\s+de|al\s+massimo|meno\s+di|"
    r"hooguit|maximaal)\s+$"
)
_NEEDED = re.compile(  # "I need ten kilos": how much of it, not how much is in one
    r"\b(?:need|needs|needed|order|buy|faut|brauchen?|necesito|get|take)\s+(?:me\s+)?(?:about\s+|around\s+|at\s+least\s+)?$"
)
_SAID_BEHIND = re.compile(
    rf"(?:[\s-]+(?!and\b|with\b|but\b|for\b|or\b|at\b)[a-z]+){{0,2}}\s*,?\s*(?P<op>{any_of({*AFTER} - {'on'})})(?!\w)"
)
_OF_DIFFICULTY = ("difficulty", "complexity", "level")
_OF_STRENGTH = ("intensity", "spiciness", "heat", "strength")
_STEPS = 10  # of a scale that people give marks on
_PER = re.compile(r"(?:\bper|/)\s*$")  # "15 per 100g"
_SPEEDS: dict[str, LimitOp] = {"faster than": "gt", "slower than": "lt", "or faster": "ge"}
_OF_TIME = frozenset({"after", "before", "past", "since", "until", "starting", "pre", "post"})
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
    rf"\b(?P<word>{'|'.join(_SIDES)})(?:\s+[a-z]+)?\s+{_FINE}|\b(?:don'?t|wouldn'?t|"
    rf"do\s+not)\s+mind\s+(?:if\s+(?:it'?s|they'?re)\s+)?(?:something\s+|an?\s+)?(?P<word2>{'|'.join(_SIDES)})\b"
)
_LIFT = re.compile(
    r"\b(?:any|whatever|no\s+matter\s+(?:the|what|which)|regardless\s+of(?:\s+the)?)\s+(?P<a>[a-z]+)(?:\s+(?:is|"
    r"are)\s+(?:fine|ok|okay|good))?\b|\b(?P<b>[a-z]+)\s+(?:doesn'?t|does\s+not|don'?t)\s+matter|\b(?:don'?t|"
    r"do\s+not|wouldn'?t)\s+(?:mind|care\s+about)\s+(?:the|which|what)\s+(?P<c>[a-z]+)|\b(?:forget|drop|ignore|"
    r"never\s*mind|scratch)\s+(?:about\s+)?the\s+(?P<d>[a-z]+)(?:\s+(?:limit|thing))?\b"
)


_GROWN, _TODDLER = (
    17,
    3,
)  # years: from the next on anybody may see anything; of a child that is called a toddler
_AGES = r"\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
_VIEWER = re.compile(  # "for my six-year-old", "suitable for a toddler"
    rf"\b(?P<who>(?P<n>{_AGES})[\s-]*(?:years?|yrs?|y)[\s-]*olds?|(?P<short>\d{{1,2}})[\s-]*y/?os?|(?P<small>toddlers?))\b"
)
_CHILD = re.compile(  # "my kid is 6", "our nieces (8 and 11)", "her daughter, aged five", "ages 4 and 7"
    rf"\b(?P<who>(?:(?:my|our|his|her|their|the)\s+(?:\w+\s+)?(?:kids?|child|children|sons?|daughters?|nieces?|nephews?|"
    rf"grandsons?|granddaughters?|grandkids?|grandchild(?:ren)?|boys?|girls?|cousins?|godsons?|goddaughters?|brothers?|"
    rf"sisters?|little\s+ones?)\s*(?:,|\(|\b(?:is|are)\b|['’](?:s|re)\b|who(?:['’]s|['’]re|\s+is|\s+are)\b|of\b)\s*"
    rf"(?:(?:aged?|about|only|just|now)\s+)?|\bage[ds]?\s+)(?P<n>{_AGES})(?:\s*(?:and|&|,|/)\s*(?P<m>{_AGES}))?)\b"
    r"(?!\s*(?:feet|foot|ft|inch(?:es)?|minutes?|mins?|hours?|weeks?|days?|films?|movies?|times?|[ap]m\b|%|and\s+(?:up|over|older)|\+))"
)
_AND_OTHER = re.compile(
    rf"\b(?P<n>{_AGES})(?:[\s-]*(?:years?|yrs?|y)(?:[\s-]*olds?)?)?\s*(?:and|&|,)\s+(?:an?\s+)?$"
)
_VIEWING = re.compile(  # who sees it, not whom it tells of
    r"(?:^|[.;!?]\s*|\b(?:for|with|my|our|entertain\w*|babysit\w*|have|i've|we've|got|is|are|am|i'm|he's|she's|they're|"
    r"turn(?:s|ing)|suits?|suitable|okay|ok|fine|appropriate|good)\b[^.;!?]{0,40})$"
)
_TOLD_OF = re.compile(
    r"\b(?:about|of|follows?|where|like|as|plays?|stars?|starring)\s+(?:an?|the|two|some)\s+(?:\w+\s+)?$"
)


_PLAINLY = re.compile(  # a side, digits and a word for what is measured: nothing else can be meant
    rf"(?:{any_of({*BEFORE} - _OF_TIME)})\s+[{SIGNS}]?\s?\d[\d.,]*\s?(?:[a-z]{{2,}}|[{SIGNS}%])"
    rf"|(?:{any_of({*BEFORE} - _OF_TIME)})\s+[{SIGNS}]\s?\d[\d.,]*"
    rf"|\d[\d.,]*\s?[a-z]{{2,}}\s+(?:{any_of(AFTER)})$|[{SIGNS}]?\s?\d[\d.,]*\+(?:\s?[a-z]+)?"
    rf"|\d[\d.,]*\s?[a-z]+\s?\+"
)


def is_plain(said: str) -> bool:
    """Whether the words of a limit say side, number and measure: "at least 90 points".

    >>> is_plain("at least 90 points"), is_plain("under $20"), is_plain("500 pages min"), is_plain("under 30")
    (True, True, True, False)
    """
    low = said.strip().lower()
    return _PLAINLY.fullmatch(low) is not None or is_total(low)


@dataclass(frozen=True, slots=True)
class FoundLimit:
    """A limit read from characters `start` to `end`; `lifts` takes limits away instead.

    One that is `vague` was measured by the catalogue: "something short". One that is `named` says itself what the
    number is of: "7 seats", "a 500 litre boot".
    """

    field: str
    op: LimitOp
    value: float
    start: int
    end: int
    lifts: bool = False
    vague: bool = False
    named: bool = False


def lowered(text: str) -> str:
    """A text in lower case with straight apostrophes, each character in its place."""
    low = text.lower()
    return joined_units(straight(low if len(low) == len(text) else "".join(c.lower()[:1] for c in text)))


class LimitReader:
    """Reads limits on the number and date fields that a catalogue declares.

    A field is known by its unit, label, name and kind.

    Args:
        catalog: The catalogue.
        clock: Tells the day, by which "the last five years" are counted.

    Attributes:
        measures: Its numbers and dates.
        scales: Reads what it sets a limit to by itself: "something short".
        totals: Reads sums for several at once.
    """

    def __init__(self, catalog: Catalog, clock: Callable[[], date] = date.today) -> None:
        self._nouns = {catalog.schema.noun.lower(), catalog.schema.plural.lower()}
        self.measures = Measures(catalog, clock)
        self.scales = ScaleReader(catalog, self.measures)
        self.totals = TotalReader(self.measures)
        self._counts = CountReader(catalog, self.measures)
        self._votes = VoteReader(catalog)
        self._entries = EntryCountReader(catalog)

    def read(self, text: str, nouns: Collection[str] = ()) -> list[FoundLimit]:
        """The limits in a text, by place. What is not to be read should be blanked beforehand."""
        found = self._read(text, nouns)
        told = (replace(one, named=(one.start, one.end) in found.named) for one in found.all)
        return sorted(told, key=lambda one: one.start)

    def unheld(self, text: str, nouns: Collection[str] = ()) -> list[tuple[int, int]]:
        """Where a text bounds an amount that the records do not tell, or not in that unit: "under $20"."""
        found = self._read(text, nouns)
        left = (*found.open, *found.loose)
        return sorted(
            span
            for span in left
            if found.is_free(*span) or span in found.sums or is_total(text[slice(*span)])
        )

    def undivided(self, text: str, nouns: Collection[str] = ()) -> list[tuple[int, int]]:
        """Where a text tells a sum for several of which nobody knows what one may cost."""
        return [span for span in self._read(text, nouns).open if is_total(text[slice(*span)])]

    def _read(self, text: str, nouns: Collection[str]) -> _Limits:
        low = lowered(text)
        called = frozenset({*self._nouns, *nouns})
        found = _Limits(self.measures)
        self._read_ages(low, found)
        self._read_lifted(low, found)
        found.put_years(ranges(low), low)
        found.put_years(until_today(low, called, self.measures.today), low)
        self._read_cold(low, found)
        for one in self.totals.read(low, called):
            found.put_total(*one)
        for vote in self._votes.read(low):
            found.put_votes(vote)
        for entries in self._entries.read(low):
            if found.is_free(entries.start, entries.end):
                found.put(entries.spec, entries.op, entries.value, entries.start, entries.end)
                found.named.add((entries.start, entries.end))
        self._read_between(low, found)
        self._read_compared(low, found)
        self._read_plus(low, found)
        self._read_trailed(low, found)
        self._read_most(low, found)
        self._read_stars(low, found)
        self._read_counted(low, called, found)
        self._read_bare(low, found)
        self._read_not_too(low, found)
        found.put_years(years(low, called, self.measures.newest), low)
        for graded in self.scales.read(low, called):
            if found.is_free(graded.start, graded.end):
                found.all.append(
                    FoundLimit(graded.field, graded.op, graded.value, graded.start, graded.end, vague=True)
                )
        return found

    def _read_ages(self, low: str, found: _Limits) -> None:
        """The ages of those who are to see it: what is for older people only is ruled out."""
        spec = self.measures.age
        if spec is None:
            return
        for match in _VIEWER.finditer(low):
            before = low[: match.start()]
            ages = [_TODDLER if match["small"] else number(match["n"] or match["short"])]
            if other := _AND_OTHER.search(before):  # "a 7 and a 10 year old"
                ages.append(number(other["n"]))
            known = [age for age in ages if age is not None and age <= _GROWN]
            if known and _VIEWING.search(before) and not _TOLD_OF.search(before):
                found.put(spec, "le", min(known), *match.span("who"))

        for match in _CHILD.finditer(low):
            told = [number(match[name]) for name in ("n", "m") if match[name]]
            known = [age for age in told if age is not None and age <= _GROWN]
            if known and not _TOLD_OF.search(low[: match.start()]):
                found.put(spec, "le", min(known), *match.span("who"))

        if not {"min", "minimum", "mindest"}.isdisjoint(words_of(spec.called)):
            for match in _MYSELF.finditer(low):
                found.put(spec, "le", float(match["n"]), *match.span())
                found.named.add(match.span())

    def _read_lifted(self, low: str, found: _Limits) -> None:
        """Limits that are taken away: "older is fine, too", "any length"."""
        for match in _LIFT_SIDE.finditer(low):
            kind, side = _SIDES[match["word"] or match["word2"]]
            spec = self.measures.roles[kind]
            if spec is not None and "than" not in match[0]:
                found.lift(spec, "ge" if side == "low" else "le", match)
        for match in _LIFT.finditer(low):
            spec = self.measures.labelled(match["a"] or match["b"] or match["c"] or match["d"])
            if spec is not None:
                found.lift(spec, "eq", match)

    def _read_between(self, low: str, found: _Limits) -> None:
        for match in _BETWEEN.finditer(low):
            spec, scale = self._field(match, low, None)
            first, second = number(match["low"]), amount(match)
            if spec is None:
                found.leave(match)
            elif first is not None and second is not None:
                found.put_range(spec, first * self._own(match, spec, scale), second * scale, *match.span())
        for match in _RANGE.finditer(low):
            unit = match["currency"] or match["unit"]
            united = self.measures.in_unit(unit, around(low, match.span())) if unit else None
            first, second = any_number(match["low"].strip()), amount(match)
            if united is None or first is None or second is None:
                continue
            own = self._own(match, *united)
            if first * own >= second * united[1] or (
                match["of"] and self.measures.in_unit(match["of"]) is None
            ):
                continue  # "two friends to 5 minutes"
            if first < 10 and in_cents(f"{match['low'].strip()}-{match['n']}") is not None:
                continue  # "two-fifty" is a price
            if found.is_free(*match.span()):
                spec, scale = united
                found.put_range(spec, first * own, second * scale, *match.span())

    def _own(self, match: re.Match[str], spec: FieldSpec, scale: float) -> float:
        """What a range's first number is to be multiplied by: "45 minutes" of "45 minutes to 1 hour"."""
        own = self.measures.in_unit(match["of"]) if match["of"] else None
        return own[1] if own is not None and own[0] is spec else scale

    def _read_compared(self, low: str, found: _Limits) -> None:
        """Amounts after a comparison: "under two hours", "before 1990", "I've only got 80 minutes"."""
        for match in _COMPARED.finditer(low):
            said = phrase(match)
            spec, scale = self._field(match, low, said)
            value = amount(match)
            if spec is None and (said not in _OF_TIME or match["currency"] or is_year(match["n"])):
                found.leave(match)
            if spec is None or value is None or not self.measures.may_be(spec, value, match["unit"]):
                continue
            value = self.measures.signed(
                spec, self.measures.spoken(spec, match["n"], value), low[: match.start("n")]
            )
            if math.isnan(value):
                found.open.append((match.start(), match.end("n")))
                continue
            of_year = spec is self.measures.year
            if not of_year and said in _OF_TIME:
                continue  # "I turned it off after ten minutes"
            before = re.split(r"[,;]", low[max(0, match.start() - 40) : match.start()])[-1]
            if of_year and is_memory(before + low[match.start() : match.end() + 20]):
                continue
            op = OPPOSITE[BEFORE[said]] if is_negated(low, match.start()) else BEFORE[said]
            if said in _SPEEDS and spec is self.measures.duration:  # who is faster takes less time
                op = "lt" if op in ("gt", "ge") else "gt"
            whole = (
                self._has_unit(match) or match["half"] or match["n4"]
            )  # a word after the number counts only as its unit
            found.put(spec, op, value * scale, match.start(), match.end() if whole else match.end("n"))
        for match in _HAVE.finditer(low):
            spec, scale = self._field(match, low, None)
            value = amount(match)
            if spec is not None and spec == self.measures.duration and value is not None:
                found.put(spec, "le", value * scale, *match.span())

        for match in _DOWN_TO.finditer(low):
            spec, value = self.measures.lowest_warmth, any_number(match["n"])
            if spec is not None and value is not None and found.is_free(*match.span()):
                found.put(spec, "le", -value if match["minus"] else value, match.start("what"), match.end())
                found.named.add((match.start("what"), match.end()))

    def _read_most(self, low: str, found: _Limits) -> None:
        """Amounts that are said to be the most: "15 bucks is all I've got", "my budget is 40"."""
        for match in (*_MOST.finditer(low), *_BUDGET.finditer(low)):
            if match["n"] in ("a", "an") and _OF_MONEY.search(low[: match.start("n")]):
                continue
            spec, scale = self._field(match, low, None)
            if spec is None and match.re is _BUDGET and not match["unit"]:
                spec = self.measures.price
            value = amount(match)
            if spec is None:
                found.leave(match)
            elif value is not None:
                found.put(spec, "le", value * scale, *match.span())

    def _read_cold(self, low: str, found: _Limits) -> None:
        """How cold it gets, of what has a lowest temperature: that must not be higher."""
        for match in COLD.finditer(low):
            name = "m" if match["m"] else "n"
            spec = self.measures.below_zero(low[: match.start(name)])
            value = any_number(match[name])
            if spec is None or value is None or not found.is_free(*match.span()):
                continue
            for field, side in self.measures.bounded(spec, "le"):
                found.put(field, side, -value, *match.span())

    def _read_trailed(self, low: str, found: _Limits) -> None:
        """Amounts before a comparison: "80 minutes or less", "2000 onwards"."""
        for match in _TRAILED.finditer(low):
            of_year = is_year(match["n"]) and not match["currency"] and not self._has_unit(match)
            if match["n"] in ("a", "an") and _OF_MONEY.search(low[: match.start("n")]):
                continue  # "150 euros a night max"
            if phrase(match) == "min" and not match["unit"]:
                continue  # "90 min", but "500 pages min"
            spec, scale = self._field(match, low, "since" if of_year else None)
            value = amount(match)
            if spec is None:
                found.leave(match)
            if spec is None or value is None or not self.measures.may_be(spec, value, match["unit"]):
                continue
            plus = match["op"] == "+" and self._has_unit(match)  # "40h+"
            if match["op"] not in ("on", "+") or plus or spec is self.measures.year:
                found.put(spec, AFTER.get(phrase(match), "ge"), value * scale, *match.span())

    def _read_plus(self, low: str, found: _Limits) -> None:
        """Amounts with a plus: "95+ points", "a score of 8+"; ages and years are read elsewhere."""
        for match in _PLUS.finditer(low):
            if not match["plus"] or is_year(match["n"]):
                continue
            spec, scale = self._field(match, low, None)
            value = amount(match)
            if spec is None:
                found.leave(match)
            elif value is not None and spec not in (self.measures.age, self.measures.year):
                whole = self._has_unit(match)
                found.put(
                    spec, "ge", value * scale, match.start(), match.end() if whole else match.end("plus")
                )

    def _read_stars(self, low: str, found: _Limits) -> None:
        """How many stars: "a 4-star hotel" has them, or more."""
        spec = self.measures.labelled("star")
        for match in _STARS.finditer(low) if spec is not None else ():
            value = any_number(match["n"])
            if spec is not None and value is not None and found.is_free(*match.span()):
                found.put(spec, "ge", value, *match.span())

    def _read_counted(self, low: str, nouns: Collection[str], found: _Limits) -> None:
        """So many of what a field counts: "3 rooms", "a 7 seater", "for the six of us"."""
        told: set[str] = set()
        ranged: set[tuple[int, int]] = set()
        for one in self._counts.read(low, nouns):
            span = one.start, one.end
            if one.spec is None:
                if found.is_free(*span):
                    found.open.append(span)
            elif found.is_free(*span) or span in ranged:
                if one.serves and one.spec.name in told | {each.field for each in found.all}:
                    continue  # "a 7 seater, there are five of us"
                told.add(one.spec.name)
                if span in ranged and len(both := self.measures.bounded(one.spec, one.op)) > 1:
                    found.widen(both, one.value, span)  # "2-4 players"
                else:
                    found.put(one.spec, one.op, one.value, *span)
                ranged.add(span)
                if not one.unsure:
                    found.named.add(span)

    def _read_bare(self, low: str, found: _Limits) -> None:
        """Amounts beside what they are of, without a word for their side: "10 hours battery", "a 500 litre boot".

        By its nature a battery is to last at least so long, and a weight at most so much. What is in a unit that
        nothing here is measured in stays open.
        """
        for match in _PLUS.finditer(low):
            unit = match["unit"]
            if not unit or match["currency"] or match["n"] in ("a", "an") or not found.is_free(*match.span()):
                continue
            if _TAKEN_BACK.search(low[: match.start("n")]):
                continue
            near = beside(low, match.span("n"))
            named, value = quantity_named(near), amount(match)
            weighs = is_somebodys(low, match.span("n"))
            if (
                value is None
                or money(unit)
                and not weighs
                or unit == "%"
                or _PER.search(low[: match.start("n")])
            ):
                continue
            spoken = around(low, match.span("n"))
            told = named is None and measures_time(unit) and self.measures.is_called(unit, spoken)
            if named is None and not told and (measures_time(unit) or not self.measures.is_unit(unit)):
                continue
            united = self.measures.in_unit(unit, around(low, match.span("n")), near, value)
            span = match.start("n"), match.end("unit")
            if united is None:
                left = any(touch(span, other) for other in found.open)
                if self.measures.is_unit(unit) and not measures_warmth(unit) and not left:
                    found.open.append(span)
                continue
            spec, scale = united
            texts = spec.name.startswith(PREFIX) or spec is self.measures.year
            if texts or not self.measures.can_hold(spec, value * scale):
                found.loose.append(span)
            elif named is None and not told and (not is_of_stuff(unit) or _NEEDED.search(low[: span[0]])):
                found.loose.append(span)
            else:
                self._put_amount(low, spec, value * scale, span, found)
                if named is not None:
                    found.named.add(span)

    def _put_amount(
        self, low: str, spec: FieldSpec, value: float, span: tuple[int, int], found: _Limits
    ) -> None:
        """A number on the side that words say, else on the one of its nature; of what has none, about so many."""
        side = self._said_side(low, span) or self.measures.served_by(spec) or side_of(spec)
        first = _FIRST.match(low, span[0])
        whose = first is not None and is_somebodys(low, first.span())
        about = _NEARLY.search(low[: span[0]]) is not None and not whose
        room = (_ROUGHLY if about else _CLOSE if side is None else 0.0) * abs(value)
        if side is None:
            found.put_range(spec, value - room, value + room, *span)
            return
        if is_negated(low, span[0]):
            side = OPPOSITE[side]
        found.put(spec, side, value - room if side in ("ge", "gt") else value + room, *span)

    def _read_not_too(self, low: str, found: _Limits) -> None:
        """What is "not too hard", of a number of few steps that tells how hard things are: not its upper half."""
        for words, names in ((HARD, _OF_DIFFICULTY), (STRONG, _OF_STRENGTH)):
            match = re.search(rf"{NOT_TOO}(?:{words})\b", low)
            called = (self.measures.labelled(name) or self.measures.rooted(name) for name in names)
            spec = next((one for one in called if one is not None), None) if match is not None else None
            if match is None or spec is None or spec.unit or not found.is_free(*match.span()):
                continue
            steps = self.measures.steps(spec)
            if 2 <= len(steps) <= _STEPS:
                found.put(spec, "le", steps[(len(steps) - 1) // 2], *match.span())
                found.named.add(match.span())

    @staticmethod
    def _said_side(low: str, span: tuple[int, int]) -> LimitOp | None:
        """The side that words say somewhat before or behind an amount: "at least a 500 litre boot"."""
        if ahead := _SAID_BEFORE.search(low[: span[0]]):
            return BEFORE[phrase(ahead)]
        if abroad := _SAID_ABROAD.search(low[: span[0]]):
            return "ge" if abroad["least"] else "le"
        behind = _SAID_BEHIND.match(low, span[1])
        return None if behind is None else AFTER[phrase(behind)]

    def _has_unit(self, match: re.Match[str]) -> bool:
        """Whether the word after a number is a unit of some field."""
        unit = match["unit"]
        return bool(unit) and (
            self.measures.in_unit(unit) is not None or self._counts.counted(unit) is not None
        )

    def _field(self, match: re.Match[str], low: str, phrase: str | None) -> tuple[FieldSpec | None, float]:
        """The field that a quantity speaks of, by its unit, the words before it, or the comparison."""
        measures = self.measures
        for mark in (match["currency"], match["unit"]):
            beside_it = beside(low, match.span("n")) if mark else []
            near_it = around(low, match.span("n"))
            united = measures.in_unit(mark, near_it, beside_it, amount(match)) if mark else None
            if united is not None:
                return united
            if mark and mark == match["unit"] and (counted := self._counts.counted(mark)) is not None:
                return counted, 1.0
        if match["currency"] or measures.is_unit(match["unit"]):
            return None, 1.0  # a unit of something that the catalogue does not have
        yearly = phrase in YEARLY or (phrase is None and "low" in match.re.groupindex)
        if yearly and is_year(match["n"]):
            return measures.year, 1.0
        compared = match["op"] if "op" in match.re.groupindex else None
        spoken = [*beside(low, match.span("n")), *re.findall(r"[a-z]+", compared or "")]  # "144 or faster"
        if (told := measures.told_beside(spoken, amount(match))) is not None:
            return told, 1.0
        near = re.split(r"[,.;:!?]", low[max(0, match.start() - 40) : match.start()])[-1]
        for word in reversed(re.findall(r"[^\W\d_]+", near)[-3:]):
            spec = measures.labelled(word) or self._counts.named(word)
            if spec is not None and (spec is not measures.year or word in ("year", "made", "released")):
                value = amount(match)
                if value is None or measures.can_hold(spec, value):
                    return spec, 1.0
        if phrase == "cheaper than" or (_LARGE.search(match["n"]) and measures.price is not None):
            return measures.price, 1.0
        if phrase in DURABLE and match["n"].isdigit() and measures.duration is not None:
            return measures.duration, 1.0
        return None, 1.0


class _Limits:
    """The limits of a text while it is read; what is found first keeps its words.

    Args:
        measures: The fields of the catalogue.
    """

    def __init__(self, measures: Measures) -> None:
        self._measures = measures
        self.all: list[FoundLimit] = []
        self.open: list[tuple[int, int]] = []
        self.loose: list[tuple[int, int]] = []  # amounts of what is measured here, for a judge
        self.named: set[tuple[int, int]] = set()  # where what is limited is named
        self._taken: list[tuple[int, int]] = []
        self.sums: set[tuple[int, int]] = set()

    def is_free(self, start: int, end: int) -> bool:
        """Whether nothing was found in these characters."""
        return not any(a < end and start < b for a, b in self._taken)

    def lift(self, spec: FieldSpec, op: LimitOp, match: re.Match[str]) -> None:
        """Limits of a field are taken away: both sides (`eq`), the lower (`ge`) or the upper (`le`)."""
        self.all.append(FoundLimit(spec.name, op, 0.0, *match.span(), lifts=True))
        self._taken.append(match.span())

    def leave(self, match: re.Match[str]) -> None:
        """An amount that bounds what no field tells, in a unit that is known: "under $20", of a shop in rupees."""
        last = _LAST.match(match.string, match.end("n"))
        bare = match.re is _COMPARED and last is not None and match["n"] not in ("a", "an")
        if match.re is _TRAILED and phrase(match) in ("max", "maximum", "tops", "at most"):
            bare = not match["unit"] and (number(match["n"]) or 0.0) > MOST  # "200 max", of no items
        if match["currency"] or self._measures.is_unit(match["unit"]) or bare:
            end = (
                match.end("unit")
                if match["unit"] and self._measures.is_unit(match["unit"])
                else match.end("n")
            )
            self.open.append((self._named_from(match), end))

    def _named_from(self, match: re.Match[str]) -> int:
        """Where the words for an amount begin, with the name of a field before it: "guest score under 100"."""
        before = match.string[max(0, match.start() - 30) : match.start()]
        named = _NAMED.search(re.split(r"[,.;:!?]", before)[-1])
        if named is None:
            return match.start()
        words = named[0].split()
        first = next((n for n, word in enumerate(words) if self._measures.labelled(word) is not None), None)
        if first is None:
            return match.start()
        return match.start() - len(named[0]) + len(" ".join(words[:first]) + " " if first else "")

    def put_total(self, spec: FieldSpec, op: LimitOp | None, value: float, start: int, end: int) -> None:
        """What one may cost of several; of a sum that cannot be divided, that it was said."""
        if not self.is_free(start, end):
            return
        if op is None:
            self.open.append((start, end))
            self._taken.append((start, end))
        else:
            self.put(spec, op, value, start, end)
            self.sums.add((start, end))

    def put_votes(self, one: FoundVotes) -> None:
        """How many people are to have rated a thing; where no field tells it, that it was said."""
        span = one.start, one.end
        if one.spec is not None:
            self.put(one.spec, one.op, one.value, *span)
        elif self.is_free(*span):
            self.open.append(span)
            self._taken.append(span)
        self.named.add(span)
        self.sums.add(span)

    def put_range(self, spec: FieldSpec, low: float, high: float, start: int, end: int) -> None:
        """Both ends of a range."""
        if len(bounded := self._measures.bounded(spec, "ge")) > 1 and self.is_free(start, end):
            self.put(spec, "ge", low, start, end)
            self.widen(bounded, high, (start, end))  # "2-4 players"
            return
        self.put(spec, "ge", low, start, end)
        self.put(spec, "le", high, start, end)

    def put(self, spec: FieldSpec, op: LimitOp, value: float, start: int, end: int) -> None:
        """A limit in words of its own, or in the very words of another: a range has two."""
        if any(a < end and start < b for a, b in self._taken if (a, b) != (start, end)):
            return
        if (start, end) in self.sums:
            return
        bounded = self._measures.bounded(spec, op)
        if bounded != [(spec, op)]:
            self.all += [FoundLimit(one.name, side, round(value, 6), start, end) for one, side in bounded]
            self._taken.append((start, end))
            return
        if spec.is_date and op == "eq":
            self.all.append(FoundLimit(spec.name, "ge", value, start, end))
            op = "le"
        op, value = _of_date(op, value) if spec.is_date else (op, round(value, 6))  # 1h50
        self.all.append(FoundLimit(spec.name, op, value, start, end))
        if (start, end) not in self._taken:
            self._taken.append((start, end))

    def widen(
        self, bounded: Sequence[tuple[FieldSpec, LimitOp]], value: float, span: tuple[int, int]
    ) -> None:
        """Let the far end of a range hold for the field that says the highest value: both ends must be served."""
        highest = next((spec.name for spec, side in bounded if side == "ge"), "")
        self.all = [
            replace(one, value=max(one.value, value))
            if one.field == highest and (one.start, one.end) == span
            else one
            for one in self.all
        ]

    def put_years(self, found: Iterable[FoundYear], low: str) -> None:
        """Limits on when items are from, if the catalogue says it."""
        for op, value, start, end in found:
            spec = self._measures.dated(low[max(0, start - 40) : end])
            if spec is None:
                self.open.append((start, end))
            else:
                whole = float(math.ceil(value) if op == "lt" else math.floor(value))
                self.put(spec, op, value if spec.is_date else whole, start, end)


def _of_date(op: LimitOp, value: float) -> tuple[LimitOp, float]:
    """A limit in whole years as one on a date in fractional years: "after 2000" begins with 2001."""
    if op == "gt":
        return "ge", value + 1
    if op == "le":
        return "lt", value + 1
    return op, value
