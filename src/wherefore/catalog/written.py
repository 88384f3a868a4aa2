"""How the cells of a column of numbers or dates are written, and what reads them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from wherefore.catalog.cells import NOT_KNOWN, clean, is_missing, whole
from wherefore.catalog.money import currency_called, names_price, same_currency
from wherefore.catalog.naming import singular, words_of
from wherefore.catalog.numbers import (
    LARGE,
    Amount,
    Part,
    amount_in,
    number_in,
    places_of,
    says_no_number,
    shape_of,
)
from wherefore.catalog.units import Conversion, conversion, measure_of, unit_written
from wherefore.errors import CatalogError

Number = int | float
TIMES_MARK = r"[x×*✕]"  # between several lengths
_TIMES = re.compile(rf"\s*{TIMES_MARK}\s*", re.IGNORECASE)
_OF_PART = re.compile(r"^[^\d]+|\s*[^\W\d_]?\s*$")  # letters that say which length it is
MINUTES_AND_SECONDS, HOURS_AND_MINUTES = "min:s", "h:min"
_COUNTED = frozenset("player guest person people serving portion seat passenger participant adult".split())


class Written(BaseModel):
    """How a column's cells are written, as far as a field needs to know; told from all its cells where not declared.

    `decimal` is the mark before the decimals, "." or ","; empty means a point. `unit` is the unit of the cells that
    write none, where it is not the field's own: `ms` of a field in `min`; of dates `s` or `ms` since 1970; of "2:30"
    `min:s` or `h:min`. `out_of` is the scale: 5 of "4.5 out of 5". `day_first` means that 3/4/2001 is in April.
    `end` is which end of a range is read. `part` is which of several lengths, from 1: 2 for 85 of "45 x 85 x 60".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    decimal: Literal["", ".", ","] = ""
    unit: str = ""
    out_of: float | None = None
    day_first: bool = False
    end: Literal["low", "high"] = "low"
    part: int = 0

    def told(self) -> dict[str, Any]:
        """What is not as usual, for a schema file."""
        return self.model_dump(mode="json", exclude_defaults=True)


def counts_people(name: str) -> bool:
    """Whether a column says for how many people something is: of "2-4", both ends are part of what it says.

    >>> counts_people("Players"), counts_people("price")
    (True, False)
    """
    return not _COUNTED.isdisjoint(map(singular, words_of(name)))


_NEVER_NOUGHT = frozenset("year page runtime playtime playing".split())  # of which no item has 0
_LARGEST = frozenset((2**31 - 1, -(2**31), 2**32 - 1, 2**63 - 1, 2**63, -(2**63)))
_Plan = Callable[[str], Number | None]


def _nothing(text: str) -> None:
    """Of a text that says no number."""


def _nought(text: str) -> int:
    """Of what is free."""
    return 0


def _refusing(why: str) -> _Plan:
    def plan(text: str) -> Number | None:
        raise CatalogError(why)

    return plan


def _of_one(read: Callable[[str], Number], place: tuple[int, int], sign: int) -> _Plan:
    start, end = place
    return lambda text: _checked(sign * read(text[start:end]))


def _checked(number: Number) -> Number:
    if number in _LARGEST:
        raise CatalogError("it is the largest number that a program had room for, which stands for none")
    if not math.isfinite(number):
        raise CatalogError("it is infinite; leave the cell empty where the number is not known")
    return whole(number)


class NumberReader:
    """Reads the cells of one field of numbers, all into the field's unit.

    Args:
        column: The column's name.
        unit: The field's unit; empty: numbers are taken as they stand, whatever is beside them.
        written: How the cells are written.
    """

    def __init__(self, column: str, unit: str = "", written: Written | None = None) -> None:
        self._unit = unit
        self._written = Written() if written is None else written
        self._decimal = self._written.decimal or "."
        self._money = bool(currency_called(unit)) or names_price(words_of(column))
        self._people = counts_people(column)
        self._never_nought = not _NEVER_NOUGHT.isdisjoint(map(singular, words_of(column)))
        self._measure = measure_of(unit_written(unit))
        self._clock = self._written.unit if ":" in self._written.unit else ""
        self._bare = "" if self._clock else self._written.unit
        self._plans: dict[str, _Plan] = {}  # by the shape of texts

    def __call__(self, cell: Any) -> Number | None:
        """The number of a cell; None where it is not known.

        Raises:
            CatalogError: If it is infinite, no number, 0 where that means nothing, or in a unit or currency that cannot
                be brought to the field's.
        """
        number = self._number(cell)
        if number == 0 and self._never_nought:
            raise CatalogError("it is 0, as is written where it is not known")
        return number

    def _number(self, cell: Any) -> Number | None:
        if self._written.part:
            parts = _TIMES.split(cell) if isinstance(cell, str) else [cell]
            if len(parts) < self._written.part:
                return None
            cell = parts[self._written.part - 1]
            cell = _OF_PART.sub("", cell) if isinstance(cell, str) else cell
        if isinstance(cell, str):
            shape = shape_of(cell)
            plan = self._plans.get(shape)
            if plan is None:
                plan = self._plans[shape] = self._plan(cell)
            return plan(cell)
        if is_missing(cell):
            return None
        if isinstance(cell, list | tuple) and len(cell) == 1:
            return self(cell[0])
        number = plain_number(cell)
        if self._written.end == "high" and not self._people:
            return None
        if not self._bare:
            return _checked(number)
        convert = self._conversion("")
        return number if convert is None else whole(convert(number))

    def _plan(self, text: str) -> _Plan:
        """What reads all texts of the shape of this one."""
        try:
            amount = self._amount(clean(text.strip()))
        except CatalogError as error:
            return _refusing(str(error))
        if amount is None:
            return _nothing
        if amount.free:
            return _nought if self._money and self._written.end == "low" else _nothing
        high = self._written.end == "high"
        if high and not amount.high and (amount.open or not self._people):
            return _nothing
        places = places_of(text, amount)
        if amount.clock or amount.out_of or places is None:
            return lambda text: self._sum(amount_in(text.strip()) or amount)
        parts = amount.high if high and amount.high else amount.low
        places = places[-len(parts) :] if high else places[: len(parts)]
        try:
            reads = self._parts(amount, parts)
        except CatalogError as error:
            return _refusing(str(error))
        if len(reads) == 1:
            return _of_one(reads[0], places[0], -1 if amount.negative else 1)

        def plan(text: str) -> Number:
            found = (read(text[start:end]) for read, (start, end) in zip(reads, places, strict=True))
            return _checked(-math.fsum(found) if amount.negative else math.fsum(found))

        return plan

    def _amount(self, text: str) -> Amount | None:
        """What a text writes; None where it says that the number is not known."""
        if text.lower() in NOT_KNOWN or says_no_number(text):
            return None
        if text.lower().lstrip("+-") in ("inf", "infinity"):
            raise CatalogError("it is infinite; leave the cell empty where the number is not known")
        amount = amount_in(text)
        if amount is None:
            raise CatalogError("it is not a number")
        return amount

    def _sum(self, amount: Amount) -> Number:
        """The number of one amount, by itself."""
        parts = amount.high if self._written.end == "high" and amount.high else amount.low
        if amount.clock:
            total = self._clocked(amount.clock)
        else:
            reads = self._parts(amount, parts)
            total = math.fsum(read(part.digits) for read, part in zip(reads, parts, strict=True))
        if amount.out_of and self._written.out_of:
            scale = number_in(amount.out_of, ".") or number_in(amount.out_of, ",")
            if scale and scale != self._written.out_of:
                total = float(f"{total * self._written.out_of / scale:.9g}")
        return _checked(-total if amount.negative else total)

    def _parts(self, amount: Amount, parts: Sequence[Part]) -> list[Callable[[str], Number]]:
        """What reads the digits of each part into the field's unit."""
        timed = any(unit_written(part.unit) in ("hour", "second") for part in parts)
        return [self._part(part, timed, len(parts) > 1, bool(amount.out_of)) for part in parts]

    def _part(self, part: Part, timed: bool, several: bool, scaled: bool) -> Callable[[str], Number]:
        decimal = self._decimal
        if number_in(part.digits, decimal) is None and (part.unit or self._money or scaled):
            decimal = "," if decimal == "." else "."  # "12,50 €" among points can only be one thing
        if number_in(part.digits, decimal) is None:
            raise CatalogError("it is not a number")
        convert = self._conversion(part.unit, timed, several)
        times = part.times
        if convert is None and times == 1.0:
            return lambda digits: number_in(digits, decimal) or 0
        convert = convert or Conversion(1.0)
        return lambda digits: convert((number_in(digits, decimal) or 0) * times)

    def _conversion(self, unit: str, timed: bool = False, several: bool = False) -> Conversion | None:
        """What brings numbers in a unit, as cells write it, to the field's; None where they are so already.

        Raises:
            CatalogError: If nothing does.
        """
        if unit in LARGE and unit != self._unit and self._measure != "data":
            return Conversion(LARGE[unit])
        unit = unit or self._bare
        if not unit or unit == self._unit or not (self._unit or several):
            return None
        if currency_called(self._unit) and currency_called(unit):
            if same_currency(unit, self._unit):
                return None
            raise CatalogError(
                f"it is in another currency than {self._unit}, and no rate of exchange is known"
            )
        name = unit_name(unit, timed or self._measure == "time")
        wanted = unit_written(self._unit) if self._unit else "minute" if timed else name
        if not wanted and singular(unit.lower()) == singular(self._unit.lower()):
            return None
        found = conversion(name, wanted)
        if found is None:
            raise CatalogError(f"it is in another unit than {self._unit}")
        return None if found == Conversion(1.0) else found

    def _clocked(self, clock: tuple[int, ...]) -> float:
        if len(clock) == 3:
            seconds = clock[0] * 3600 + clock[1] * 60 + clock[2]
        elif self._clock == MINUTES_AND_SECONDS:
            seconds = clock[0] * 60 + clock[1]
        else:
            seconds = clock[0] * 3600 + clock[1] * 60
        if self._measure != "time":
            return float(f"{seconds / 60:.9g}")
        convert = self._conversion("s")
        return seconds if convert is None else convert(seconds)


def unit_name(written: str, timed: bool = False) -> str:
    """Pint's name of a unit beside a number; of "m" that of minutes where times are meant, of "M" that of megabytes."""
    if timed and written.lower() in ("m", "mn"):
        return "minute"
    return unit_written(
        {"M": "MB", "K": "kB", "k": "kB", "G": "GB", "T": "TB", "B": "byte"}.get(written, written)
    )


def as_number(cell: Any) -> Number | None:
    """A single cell as a number, with a point before the decimals; None where it is not known. Times are in minutes.

    >>> [as_number(x) for x in ("2008.0", "1,234", "$33.75 - $69.95", "1 hrs 30 mins", "NaN", 7.5)]
    [2008, 1234, 33.75, 90, None, 7.5]

    Raises:
        CatalogError: If it is infinite or no number.
    """
    return NumberReader("")(cell)


def plain_number(cell: Any) -> Number:
    """A number that is no text.

    Raises:
        CatalogError: If it is infinite or no number.
    """
    if isinstance(cell, bool):
        return int(cell)
    try:
        number = float(cell)
    except (TypeError, ValueError, OverflowError) as error:
        raise CatalogError("it is not a number") from error
    if math.isinf(number):
        raise CatalogError("it is infinite; leave the cell empty where the number is not known")
    return whole(cell if isinstance(cell, int) else number)
