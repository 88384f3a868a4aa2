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
from wherefore.catalog.notes import Note
from wherefore.catalog.numbers import (
    LARGE,
    Amount,
    amount_in,
    decimal_shown,
    is_unknown,
    number_in,
    shape_of,
)
from wherefore.catalog.units import MEASURES, conversion, measure_of, unit_written
from wherefore.catalog.written import HOURS_AND_MINUTES, MINUTES_AND_SECONDS, NumberReader, Written, unit_name
from wherefore.text import joined, number_text

_SEVERAL = 0.05  # the share of cells from which on a second unit, or the upper ends of ranges, are a field of their own
_SAMPLE = 2000  # different cells that tell the size of the numbers
_LONG_SECONDS, _LONG_HOURS = 120, 10  # from where on a time is said in minutes, and in hours
_DATA = ("byte", "kilobyte", "megabyte", "gigabyte", "terabyte")
_SHORT = {"kilobyte": "kB", "megabyte": "MB", "gigabyte": "GB", "terabyte": "TB", "byte": "bytes"}
_MARKS = {'"': "in", "''": "in", "'": "ft"}
_TOLD = {"hour": "h", "minute": "min", "second": "s", "millisecond": "ms"}
_LONGER = frozenset(
    "cook prep cooking preparation bake flight travel trip movie film runtime total hike tour".split()
)
_SHORTER = frozenset("track song album audio clip music lap video artist single".split())


@dataclass(frozen=True, slots=True)
class Measure:
    """What a field of a column of numbers is in: its unit, how cells write it, and the cells in that unit."""

    unit: str
    written: Written
    cells: int = 0


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
        self._texts = list(dict.fromkeys(cell for cell in cells if isinstance(cell, str)))
        self._plain = [c for c in cells if isinstance(c, int | float) and not isinstance(c, bool)]
        shapes = Counter[str]()
        examples: dict[str, str] = {}
        for text in (cell for cell in cells if isinstance(cell, str)):
            shape = shape_of(text)
            shapes[shape] += 1
            if shape not in examples:
                examples[shape] = text.strip()
        self._unknown = Counter[str]()
        self.amounts: dict[str, tuple[Amount, int]] = {}  # by one text of each shape
        for shape, count in shapes.items():
            text = examples[shape]
            if text.lower() in NOT_KNOWN:
                continue
            if is_unknown(text):
                self._unknown[text] += count
            elif (amount := amount_in(text)) is not None:
                self.amounts[text] = amount, count + self.amounts.get(text, (amount, 0))[1]
        self.known = len(self._plain) + sum(count for _, count in self.amounts.values())

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
    def _unsure(self) -> list[str]:
        """Digits that may have three decimals, or be thousands."""
        return [
            d for d in self._digits if ("," in d or "." in d) and not decimal_shown(d) and not d.endswith(".")
        ]

    def decimal(self, local: str) -> str:
        """The mark before the decimals: as the column shows, else as the table does, else as its numbers suggest.

        Args:
            local: The mark of the table's other columns; empty when they show none.
        """
        points, commas = self.shown["."], self.shown[","]
        if points != commas:
            return "." if points > commas else ","
        if local:
            return local
        return (
            ","
            if self._unsure and self._are_thousands("." if "." in self._unsure[0] else ",") == "."
            else "."
        )

    def _are_thousands(self, mark: str) -> str:
        """The mark, if it seems to part thousands: of money, or where all other numbers are whole and below them."""
        whole = [int(digits) for digits in self._digits if digits.isdigit()]
        below = bool(whole) and max(whole) < 1000
        return mark if mark == "," or self._is_money or below else ""

    @cached_property
    def _is_money(self) -> bool:
        return names_price(words_of(self.name)) or bool(self._currencies)

    # -- units

    @cached_property
    def _forms(self) -> Counter[str]:
        """The units and currencies of cells, as written."""
        found = Counter[str]()
        for amount, count in self.amounts.values():
            if amount.unit:
                found[amount.unit] += count
        return found

    @cached_property
    def _currencies(self) -> Counter[str]:
        found = Counter[str]()
        for form, count in self._forms.items():
            if code := currency_called(form):
                found[code] += count
        return found

    @cached_property
    def _timed(self) -> bool:
        """Whether "m" means minutes."""
        named = names_time(self.name) or measure_of(unit_written(unit_of(self.name))) == "time"
        return named or any(measure_of(unit_written(form)) == "time" for form in self._forms)

    def _kind_of(self, form: str) -> str:
        """What a unit measures; of a word that is none, such as "Seasons", the word."""
        if currency_called(form):
            return "money"
        if form in LARGE and "data" not in self._kinds_for_sure:
            return ""
        return measure_of(unit_name(form, self._timed)) or singular(form.lower())

    @cached_property
    def _kinds_for_sure(self) -> frozenset[str]:
        size = {"size", "storage", "memory", "ram", "disk", "download", "file"} & {*words_of(self.name)}
        sure = {measure_of(unit_written(form)) for form in self._forms if form not in LARGE}
        return frozenset(sure | ({"data"} if size else set()))

    @cached_property
    def _kinds(self) -> dict[str, Counter[str]]:
        """Units by what they measure, with their numbers of cells."""
        found: dict[str, Counter[str]] = {}
        for form, count in self._forms.items():
            if kind := self._kind_of(form):
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
    def _main(self) -> str:
        """What the column measures."""
        if self._named:
            return (
                "money"
                if currency_called(self._named)
                else measure_of(unit_written(self._named)) or self._named
            )
        counts = {kind: forms.total() for kind, forms in self._kinds.items()}
        most = max(counts, key=lambda kind: counts[kind], default="")
        return most if most == "money" or most in MEASURES or counts.get(most, 0) > 0.5 * self.known else ""

    def measures(self, local: str = "", unit: str = "") -> list[Measure]:
        """What fields the column holds: one, or one for each of several units that no rate turns into one another.

        Args:
            local: As of `decimal`.
            unit: That of the first field, where it is declared.
        """
        decimal = "," if self.amounts and self.decimal(local) == "," else ""
        scale = self._scales.most_common(1)[0][0] if self._scales else None
        clock = self._clock
        if unit and unit != self._named:
            main = self._kind_of(unit)
            forms = self._kinds.get(main, Counter[str]())
            own = self._named if self._kind_of(self._named) == main else unit
        else:
            main = self._main
            forms = self._kinds.get(main, Counter[str]())
            own = self._named or self._usual(forms, main)
            unit = self._chosen(main, own)
            if main == "time" and not self._named and len({self._name(form) for form in forms}) > 1:
                own = unit  # beside "1 h 30 min" and "45 min" a bare 50 is in what all is brought to
        cell_unit = clock or ("" if own == unit else own)
        first = Measure(unit, Written(decimal=decimal, unit=cell_unit, out_of=scale))
        if not main or main == "money":
            return [first]
        others = []
        for kind, forms in sorted(self._kinds.items(), key=lambda one: -one[1].total()):
            if kind not in (main, "money") and forms.total() >= max(2, _SEVERAL * self.known):
                usual = self._usual(forms, kind)
                own_written = Written(decimal=decimal, unit=first.unit)
                others.append(Measure(self._chosen(kind, usual), own_written, forms.total()))
        return [first, *others]

    def _usual(self, forms: Counter[str], kind: str) -> str:
        """The unit or the currency that most cells write, in the form that most of them write."""
        if not forms:
            return ""
        names = Counter[str]()
        for form, count in forms.items():
            names[self._name(form)] += count
        name = names.most_common(1)[0][0]
        same = [form for form, _ in forms.most_common() if self._name(form) == name]
        if kind == "money":
            return currency_shown(same[0])
        if not measure_of(name) and len(same) > 1:  # "1 Season", "2 Seasons"
            return plural(name)
        return _TOLD.get(name) or (_SHORT[name] if same[0] in LARGE else _MARKS.get(same[0], same[0]))

    def _name(self, form: str) -> str:
        """What is the same of all forms of one unit: pint's name, the currency, the singular of a word."""
        return currency_called(form) or unit_name(form, self._timed) or singular(form.lower())

    def _chosen(self, kind: str, own: str) -> str:
        """The unit that a person would use for numbers that are mostly written in `own`."""
        name = unit_written(own)
        if kind == "time":
            named = self._named if measure_of(unit_written(self._named)) == kind else ""
            return self._time_unit(named, own, self._kinds.get(kind, Counter()))
        if kind == "data" and name == "byte":  # nobody says 5,368,709,120 bytes
            sizes = [unit for unit in _DATA if self._typical(kind, own, unit) >= 1]
            return own if len(sizes) < 2 else _SHORT[sizes[-1]]
        return own

    def _time_unit(self, named: str, own: str, forms: Counter[str]) -> str:
        name = unit_written(own)
        if named and name not in ("millisecond", "second"):
            return own
        names = {unit_name(form, True) for form in forms} | ({name} if named else set())
        if names <= {"millisecond", "second"}:
            seconds = self._typical("time", own, "second")
            return (
                "min" if seconds >= _LONG_SECONDS else "s" if seconds >= 1 and name == "millisecond" else own
            )
        if names <= {"day", "week"} or names == {"hour"} and not self._compound:
            return own
        return "h" if name == "hour" and self._typical("time", own, "hour") >= _LONG_HOURS else "min"

    @cached_property
    def _compound(self) -> bool:
        return any(len(amount.low) > 1 or amount.clock for amount, _ in self.amounts.values())

    def _typical(self, kind: str, own: str, wanted: str) -> float:
        """The median of the column's numbers of a kind in a unit, cells without a unit being in `own`."""
        found: list[float] = [abs(number) for number in self._plain[:: max(1, len(self._plain) // _SAMPLE)]]
        found = [self._as(number, own, wanted) for number in found]
        for text in self._texts[:: max(1, len(self._texts) // _SAMPLE)]:
            amount = amount_in(text)
            if (
                amount is None
                or amount.clock
                or not amount.low
                or amount.unit
                and self._kind_of(amount.unit) != kind
            ):
                continue
            decimal = self.decimal("")
            total = 0.0
            for part in amount.low:
                digits = number_in(part.digits, decimal)
                total += self._as((digits or 0) * part.times, part.unit or own, wanted)
            found.append(total)
        return median(found) if found else 1.0

    def _as(self, number: float, given: str, wanted: str) -> float:
        found = conversion(unit_name(given, self._timed), wanted)
        return number if found is None else found(number)

    # -- scales, clocks, ranges

    @cached_property
    def _scales(self) -> Counter[float]:
        """The scales that cells name: 5 of "4.5 out of 5"."""
        found = Counter[float]()
        for amount, count in self.amounts.values():
            if amount.out_of:
                found[float(amount.out_of.replace(",", "."))] += count
        return found

    @cached_property
    def _clock(self) -> str:
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

    # -- what is told

    def notes(
        self, first: Measure, local: str, upper: str = "", others: Sequence[str] = (), rank: bool = False
    ) -> list[Note]:
        """How the column is read, for people.

        Args:
            first: Its first field.
            local: As of `decimal`.
            upper: The field that holds the upper ends of ranges, if there is one.
            others: The fields for its other units.
            rank: Whether its numbers say nothing to people.
        """
        said = self._said_of_decimals(first.written.decimal or ".", local)
        if not rank:
            said += [*self._said_of_units(first, others), *self._said_of_forms(first, upper)]
        return [Note(one, self.name) for one in said]

    def _example(self, wanted: Any) -> str:
        return next((text for text, (amount, _) in self.amounts.items() if wanted(text, amount)), "")

    def _said_of_decimals(self, decimal: str, local: str) -> list[str]:
        said = []
        if decimal == "," and (self.shown[","] or self._unsure):
            shown = self._example(lambda text, a: any(decimal_shown(part.digits) == "," for part in a.low))
            if shown:
                said.append(f"decimal commas: {shown} is {self._read(shown, decimal)}")
        if self._unsure and not self.shown and (decimal == "," or not local):
            shown = self._example(lambda text, a: any(part.digits in self._unsure for part in a.low))
            why = (
                "as in other columns"
                if local
                else "as it is usual"
                if "," in shown
                else "by its other numbers"
            )
            if shown:
                said.append(f"{shown} is taken as {self._read(shown, decimal)}, {why}")
        if self.shown["."] and self.shown[","]:
            said.append("decimal commas and decimal points are mixed; each number is read by itself")
        return said

    def _read(self, text: str, decimal: str) -> str:
        part = self.amounts[text][0].low[0]
        number = number_in(part.digits, decimal)
        return number_text(number) if number is not None and float(number).is_integer() else str(number)

    def _said_of_units(self, first: Measure, others: Sequence[str]) -> list[str]:
        said = []
        read = NumberReader(self.name, first.unit, first.written)
        own = first.written.unit
        if own and ":" not in own and own != first.unit:
            shown = next(iter(self._plain), None) or self._example(lambda text, a: not a.unit and a.low)
            if shown and not self._forms:
                said.append(f"in {first.unit}, not in {own}: {shown} is {_short(read(shown))}")
        other = self._example(
            lambda text, a: (
                a.unit
                and len(a.low) == 1
                and self._kind_of(a.unit) == self._main
                and unit_name(a.unit, self._timed) != unit_name(first.unit)
                and not currency_called(a.unit)
            )
        )
        if other and first.unit:
            said.append(f"in {first.unit}: {other} is {_short(read(other))}")
        if others:
            said.append(
                f"in several units; what is not in {first.unit} is kept as {joined([f'`{o}`' for o in others])}"
            )
        if not first.unit and len(self._kinds) > 1:
            words = ", ".join(form for form, _ in self._forms.most_common(4))
            said.append(f"the numbers alone are kept, whatever they count: {words}")
        return said

    def _said_of_forms(self, first: Measure, upper: str) -> list[str]:
        said = []
        if self._clock and (shown := self._example(lambda text, a: len(a.clock) == 2)):
            what = "minutes and seconds" if self._clock == MINUTES_AND_SECONDS else "hours and minutes"
            said.append(f"{shown} is taken as {what}")
        if self._scales:
            scale = number_text(self._scales.most_common(1)[0][0])
            others = ", ".join(number_text(one) for one in self._scales if number_text(one) != scale)
            said.append(
                f"out of {scale}" + (f"; what is out of {others} is brought to that" if others else "")
            )
        if self.ranges:
            shown = self._example(lambda text, a: a.high)
            kept = f"lowest and highest (`{upper}`)" if upper else "its lowest"
            said.append(f"{shown} is kept as {kept}")
        if self._is_money and (shown := self._example(lambda text, a: a.free)):
            said.append(f"{shown} is 0")
        if count := self._unknown.total():
            words = ", ".join(word for word, _ in self._unknown.most_common(4))
            cells = f"{count:,} cell that says" if count == 1 else f"{count:,} cells that say"
            said.append(f"{cells} no number ({words}): taken as not known")
        return said


def _short(number: float | None) -> str:
    return "not known" if number is None else number_text(number)
