"""A column of numbers as a whole: which mark parts its decimals, what unit it is in, what its ranges and scales are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Any

from wherefore.catalog.cells import NOT_KNOWN
from wherefore.catalog.money import currency_called, currency_shown, names_price
from wherefore.catalog.naming import names_time, plural, singular, unit_of, words_of
from wherefore.catalog.numbers import (
    LARGE,
    Amount,
    amount_in,
    decimal_shown,
    number_in,
    says_no_number,
    shape_of,
)
from wherefore.catalog.units import IN_PARTS, MEASURES, OF_PERCENTS, conversion, measure_of, unit_written
from wherefore.catalog.unknown import is_unknown
from wherefore.catalog.written import HOURS_AND_MINUTES, MINUTES_AND_SECONDS, Written, unit_name

_SEVERAL = 0.05  # the share of cells from which on a second unit, or the upper ends of ranges, are a field of their own
_SAMPLE = 2000  # different cells that tell the size of the numbers
_LONG_SECONDS, _LONG_HOURS = 120, 10  # from where on a time is said in minutes, and in hours
_LONG_TIMES = frozenset(("day", "week", "month", "year"))
_DATA = ("byte", "kilobyte", "megabyte", "gigabyte", "terabyte")
_SHOWN = {  # units that are told otherwise than cells write them
    **{"hour": "h", "minute": "min", "second": "s", "millisecond": "ms"},
    **{"kilobyte": "kB", "megabyte": "MB", "gigabyte": "GB", "terabyte": "TB"},
}
_MARKS = {'"': "in", "''": "in", "'": "ft"}
_STORED = frozenset("size storage memory ram disk download file".split())
_LONGER = frozenset(
    "cook prep cooking preparation bake flight travel trip movie film runtime total hike tour".split()
)
_SHORTER = frozenset("track song album audio clip music lap video artist single".split())


@dataclass(frozen=True, slots=True)
class Measure:
    """What a field of a column of numbers is in: its unit, and how cells write it."""

    unit: str
    written: Written


class MeasuredColumn:
    """How the cells of a column of numbers are written.

    Args:
        name: The column's name.
        cells: All its cells.
        around: Words of the table: the names of its columns, its own name.
    """

    def __init__(self, name: str, cells: Sequence[Any], around: Iterable[str] = ()) -> None:
        self.name = name
        self._around = frozenset(around) | {*words_of(name)}
        self.local = ""  # the mark before the decimals in the other columns of its table
        self.plain = [c for c in cells if isinstance(c, int | float) and not isinstance(c, bool)]
        self.unknown = Counter[str]()  # what cells say instead of a number: "varies"
        self.amounts: dict[
            str, tuple[Amount, int]
        ] = {}  # by one text of each shape, with the number of its cells
        texts = [cell for cell in cells if isinstance(cell, str)]
        self._texts = texts[:: max(1, len(texts) // _SAMPLE)]
        for text, count in _by_shape(texts):
            if text.lower() in NOT_KNOWN or is_unknown(text):  # in any column: told of all alike
                continue
            if says_no_number(text):
                self.unknown[text] += count
            elif (amount := amount_in(text)) is not None:
                self.amounts[text] = amount, count + self.amounts.get(text, (amount, 0))[1]
        self.known = len(self.plain) + sum(count for _, count in self.amounts.values())

    # -- decimals

    @cached_property
    def _digits(self) -> Counter[str]:
        found = Counter[str]()
        for amount, count in self.amounts.values():
            for part in (*amount.low, *amount.high):
                found[part.digits] += count
        return found

    @cached_property
    def shown(self) -> Counter[str]:
        """How many numbers show that "." parts their decimals, and how many that "," does."""
        found = Counter[str]()
        for digits, count in self._digits.items():
            if mark := decimal_shown(digits):
                found[mark] += count
        return found

    @cached_property
    def unsure(self) -> list[str]:
        """Digits that may have three decimals, or be thousands."""
        return [
            d for d in self._digits if ("," in d or "." in d) and not decimal_shown(d) and not d.endswith(".")
        ]

    @property
    def decimal(self) -> str:
        """The mark before the decimals: as the column shows, else as the table does, else as its numbers suggest."""
        points, commas = self.shown["."], self.shown[","]
        if points != commas:
            return "." if points > commas else ","
        marks = {mark for digits in self.unsure for mark in ".," if mark in digits}
        if self.is_money and len(marks) == 1:  # no price has three decimals
            return "," if marks == {"."} else "."
        return self.local or ("," if marks == {"."} and self._others_are_below_thousand else ".")

    @property
    def _others_are_below_thousand(self) -> bool:
        """Whether the numbers without a mark are all whole and below 1000, so that "1.299" may well be above."""
        whole = [len(digits) for digits in self._digits if digits.isdecimal()]
        return bool(whole) and max(whole) < 4

    @cached_property
    def is_money(self) -> bool:
        """Whether it holds prices."""
        return names_price(words_of(self.name)) or any(map(currency_called, self.forms))

    # -- units

    @cached_property
    def forms(self) -> Counter[str]:
        """The units and currencies of cells, as written."""
        found = Counter[str]()
        for amount, count in self.amounts.values():
            if amount.unit:
                found[amount.unit] += count
        return found

    @cached_property
    def _timed(self) -> bool:
        """Whether "m" means minutes."""
        named = names_time(self.name) or measure_of(unit_written(unit_of(self.name))) == "time"
        return named or any(measure_of(unit_written(form)) == "time" for form in self.forms)

    def kind_of(self, form: str) -> str:
        """What a unit measures; of a word that is none, such as "Seasons", the word; of "k" for thousands nothing."""
        if currency_called(form):
            return "money"
        if form in LARGE and not self._are_data:
            return "" if self._are_large else form
        return measure_of(self.name_of(form)) or self.name_of(form)

    def name_of(self, form: str) -> str:
        """What is the same of all forms of one unit: the currency, pint's name, the singular of a word."""
        if form in LARGE and not self._are_data:
            return form
        return currency_called(form) or unit_name(form, self._timed) or singular(form.lower())

    @cached_property
    def _are_data(self) -> bool:
        """Whether "19M" are megabytes."""
        sure = (measure_of(unit_written(form)) for form in self.forms if form not in LARGE)
        return "data" in sure or not _STORED.isdisjoint(words_of(self.name))

    @cached_property
    def _are_large(self) -> bool:
        """Whether "3.5k" are thousands, as other numbers have decimals or stand alone; "14K", "18K" are not."""
        parts = [part for amount, _ in self.amounts.values() for part in amount.low]
        large = [part for part in parts if part.unit in LARGE]
        return len(large) < len(parts) or any(not part.digits.isdecimal() for part in large)

    @cached_property
    def kinds(self) -> dict[str, Counter[str]]:
        """Units by what they measure, with their numbers of cells."""
        found: dict[str, Counter[str]] = {}
        for form, count in self.forms.items():
            if kind := self.kind_of(form):
                found.setdefault(kind, Counter())[form] += count
        clocks = sum(count for amount, count in self.amounts.values() if amount.clock)
        if clocks:
            found.setdefault("time", Counter())["min"] += clocks
        return found

    @cached_property
    def _named(self) -> str:
        """The unit that the column's name says."""
        return unit_of(self.name)

    @cached_property
    def main(self) -> str:
        """What the column measures."""
        if self._named:
            return (
                "money"
                if currency_called(self._named)
                else measure_of(unit_written(self._named)) or self._named
            )
        counts = {kind: forms.total() for kind, forms in self.kinds.items()}
        most = max(counts, key=lambda kind: counts[kind], default="")
        return most if most == "money" or most in MEASURES or counts.get(most, 0) > 0.5 * self.known else ""

    def measures(self, declared: str = "") -> list[Measure]:
        """What fields the column holds: one, or one for each of several units that nothing turns into one another.

        Args:
            declared: The unit of the first field, where it is.
        """
        first = self._first(declared)
        if not self.main or self.main == "money":
            return [first]
        others = []
        for kind, forms in sorted(self.kinds.items(), key=lambda one: -one[1].total()):
            if kind not in (self.main, "money") and forms.total() >= max(2, _SEVERAL * self.known):
                written = Written(decimal=first.written.decimal, unit=first.unit)
                others.append(Measure(self._chosen(kind, self._usual(forms, kind)), written))
        return [first, *others]

    def _first(self, declared: str) -> Measure:
        """The field of most cells, or that of the declared unit; cells without a unit are in it."""
        forms = self.kinds.get(self.main, Counter[str]())
        if declared and declared != self._named:
            kind = self.kind_of(declared)
            unit = declared
            own = self._named if self._named and self.kind_of(self._named) == kind else declared
        else:
            own = self._named or self._usual(forms, self.main)
            if not own and self._is_in_parts:
                return Measure(IN_PARTS, Written(decimal="," if self.amounts and self.decimal == "," else ""))
            unit = self._chosen(self.main, own)
            if self.main == "time" and not self._named and len({self.name_of(form) for form in forms}) > 1:
                own = unit  # beside "1 h 30 min" and "45 min" a bare 50 is in what all is brought to
        written = Written(
            decimal="," if self.amounts and self.decimal == "," else "",
            unit=self.clock or ("" if own == unit else own),
            out_of=self.scales.most_common(1)[0][0] if self.scales else None,
        )
        return Measure(unit, written)

    @property
    def _is_in_parts(self) -> bool:
        """Whether it tells percents in parts of one, as `abv` .065 does."""
        if OF_PERCENTS.isdisjoint(words_of(self.name)):
            return False
        texts = [text for text in self._texts if not is_unknown(text) and text.lower() not in NOT_KNOWN]
        told = [*self.plain, *(number_in(text, self.decimal) for text in texts if not says_no_number(text))]
        numbers = [one for one in told if one is not None]
        return len(numbers) == len(told) > 0 and min(numbers) >= 0 and 0 < max(numbers) < 1

    def _usual(self, forms: Counter[str], kind: str) -> str:
        """The unit or the currency that most cells write, in the form that most of them write."""
        if not forms:
            return ""
        names = Counter[str]()
        for form, count in forms.items():
            names[self.name_of(form)] += count
        name = names.most_common(1)[0][0]
        same = [form for form, _ in forms.most_common() if self.name_of(form) == name]
        if kind == "money":
            return currency_shown(same[0])
        if not measure_of(name) and len(same) > 1:  # "1 Season", "2 Seasons"
            return plural(name)
        return _SHOWN.get(name) or _MARKS.get(same[0], same[0])

    def _chosen(self, kind: str, own: str) -> str:
        """The unit that a person would use for numbers that are mostly written in `own`."""
        name = unit_written(own)
        if kind == "time":
            named = self._named if measure_of(unit_written(self._named)) == kind else ""
            return self._time_unit(named, own, self.kinds.get(kind, Counter()))
        if kind == "data" and name == "byte":  # nobody says 5,368,709,120 bytes
            sizes = [unit for unit in _DATA if self._typical(kind, own, unit) >= 1]
            return own if len(sizes) < 2 else _SHOWN[sizes[-1]]
        return own

    def _time_unit(self, named: str, own: str, forms: Counter[str]) -> str:
        name = unit_written(own)
        if named and name not in ("millisecond", "second"):
            return own
        names = {unit_name(form, True) for form in forms} | ({name} if named else set())
        if names <= {"millisecond", "second"}:
            seconds = self._typical("time", own, "second")
            if seconds >= _LONG_SECONDS:
                return "min"
            return "s" if seconds >= 1 else own
        if name in _LONG_TIMES or names == {"hour"} and not self._compound:
            return own
        return "h" if name == "hour" and self._typical("time", own, "hour") >= _LONG_HOURS else "min"

    @cached_property
    def _compound(self) -> bool:
        return any(len(amount.low) > 1 or amount.clock for amount, _ in self.amounts.values())

    def _typical(self, kind: str, own: str, wanted: str) -> float:
        """The median of the column's numbers of a kind in a unit, cells without a unit being in `own`."""
        plain = self.plain[:: max(1, len(self.plain) // _SAMPLE)]
        found = [self._as(abs(number), own, wanted) for number in plain]
        for text in self._texts:
            amount = amount_in(text)
            if amount is None or not amount.low or amount.unit and self.kind_of(amount.unit) != kind:
                continue
            parts = ((number_in(part.digits, self.decimal) or 0, part.unit or own) for part in amount.low)
            found.append(sum(self._as(number, unit, wanted) for number, unit in parts))
        return median(found) if found else 1.0

    def _as(self, number: float, given: str, wanted: str) -> float:
        found = conversion(unit_name(given, self._timed), wanted)
        return number if found is None else found(number)

    # -- scales, clocks, ranges

    @cached_property
    def scales(self) -> Counter[float]:
        """The scales that cells name: 5 of "4.5 out of 5"."""
        found = Counter[float]()
        for amount, count in self.amounts.values():
            if amount.out_of:
                found[float(amount.out_of.replace(",", "."))] += count
        return found

    @cached_property
    def clock(self) -> str:
        """What "2:30" means, if the column has such: `min:s` or `h:min`."""
        clocks = [amount.clock for amount, _ in self.amounts.values() if amount.clock]
        if not clocks:
            return ""
        two = [clock for clock in clocks if len(clock) == 2]
        name = {*words_of(self.name)}
        if len(two) < len(clocks) and two:  # 1:02:03 beside 58:10
            return MINUTES_AND_SECONDS
        if name & {"h", "hh", "hours", "hrs"} or _LONGER & name:
            return HOURS_AND_MINUTES
        if name & {"s", "sec", "seconds", "mm"} or _SHORTER & name or any(clock[0] >= 24 for clock in two):
            return MINUTES_AND_SECONDS
        if _SHORTER & self._around:
            return MINUTES_AND_SECONDS
        round_ones = all(clock[1] % 5 == 0 for clock in two)
        first = median(clock[0] for clock in two) if two else 0
        return HOURS_AND_MINUTES if round_ones or first <= 2 else MINUTES_AND_SECONDS

    @cached_property
    def ranges(self) -> int:
        """How many cells write a range."""
        return sum(count for amount, count in self.amounts.values() if amount.high)

    @property
    def is_ranged(self) -> bool:
        """Whether the upper ends of ranges are worth a field of their own."""
        return self.ranges >= max(1, _SEVERAL * self.known)


def _by_shape(texts: Iterable[str]) -> Iterable[tuple[str, int]]:
    """One text of each shape, stripped, with the number of its texts."""
    examples: dict[str, str] = {}
    counts = Counter[str]()
    for text in texts:
        shape = shape_of(text)
        counts[shape] += 1
        if shape not in examples:
            examples[shape] = text.strip()
    return [(example, counts[shape]) for shape, example in examples.items()]
