"""How the cells of a column of numbers or dates are written, and what reads them."""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from wherefore.catalog.cells import NOT_KNOWN, clean, is_missing, whole
from wherefore.catalog.money import currency_called, names_price, same_currency
from wherefore.catalog.naming import singular, words_of
from wherefore.catalog.numbers import LARGE, Amount, Part, amount_in, is_unknown, number_in
from wherefore.catalog.units import Conversion, conversion, measure_of, unit_written
from wherefore.errors import CatalogError

Number = int | float
MINUTES_AND_SECONDS, HOURS_AND_MINUTES = "min:s", "h:min"
_COUNTED = frozenset("player guest person people serving portion seat passenger participant adult".split())


class Written(BaseModel):
    """How a column's cells are written, as far as a field needs to know; told from all its cells where not declared.

    `decimal` is the mark before the decimals, "." or ","; empty means a point. `unit` is the unit of the cells that
    write none, where it is not the field's own: `ms` of a field in `min`; of dates `s` or `ms` since 1970; of "2:30"
    `min:s` or `h:min`. `out_of` is the scale: 5 of "4.5 out of 5". `day_first` means that 3/4/2001 is in April.
    `end` is which end of a range is read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    decimal: Literal["", ".", ","] = ""
    unit: str = ""
    out_of: float | None = None
    day_first: bool = False
    end: Literal["low", "high"] = "low"

    def told(self) -> dict[str, Any]:
        """What is not as usual, for a schema file."""
        return self.model_dump(mode="json", exclude_defaults=True)


def counts_people(name: str) -> bool:
    """Whether a column says for how many people something is: of "2-4", both ends are part of what it says.

    >>> counts_people("Players"), counts_people("price")
    (True, False)
    """
    return not _COUNTED.isdisjoint(map(singular, words_of(name)))


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
        self._measure = measure_of(unit_written(unit))
        self._clock = self._written.unit if ":" in self._written.unit else ""
        self._bare = "" if self._clock else self._written.unit
        self._known: dict[str, Number | None] = {}
        self._conversions: dict[str, Conversion] = {}

    def __call__(self, cell: Any) -> Number | None:
        """The number of a cell; None where it is not known.

        Raises:
            CatalogError: If it is infinite, no number, or in a unit or currency that cannot be brought to the field's.
        """
        if is_missing(cell):
            return None
        if isinstance(cell, str):
            if cell not in self._known:
                self._known[cell] = self._read(clean(cell.strip()))
            return self._known[cell]
        if isinstance(cell, list | tuple) and len(cell) == 1:
            return self(cell[0])
        number = plain_number(cell)
        return None if self._written.end == "high" and not self._people else self._told(number)

    def _read(self, text: str) -> Number | None:
        if text.lower() in NOT_KNOWN or is_unknown(text):
            return None
        if text.lower().lstrip("+-") in ("inf", "infinity"):
            raise CatalogError("it is infinite; leave the cell empty where the number is not known")
        amount = amount_in(text)
        if amount is None:
            raise CatalogError("it is not a number")
        if amount.free:
            return 0 if self._money and self._written.end == "low" else None
        if self._written.end == "high" and not amount.high:
            if amount.open or not self._people:
                return None
            return self._sum(amount, amount.low)
        return self._sum(amount, amount.high if self._written.end == "high" else amount.low)

    def _sum(self, amount: Amount, parts: tuple[Part, ...]) -> Number:
        if amount.clock:
            total = self._clocked(amount.clock)
        else:
            timed = any(unit_written(part.unit) in ("hour", "second") for part in parts)
            total = math.fsum(self._part(part, timed, len(parts) > 1, bool(amount.out_of)) for part in parts)
        if not math.isfinite(total):
            raise CatalogError("it is infinite; leave the cell empty where the number is not known")
        if amount.out_of and self._written.out_of:
            scale = number_in(amount.out_of, ".") or number_in(amount.out_of, ",")
            if scale and scale != self._written.out_of:
                total = float(f"{total * self._written.out_of / scale:.9g}")
        return whole(-total if amount.negative else total)

    def _part(self, part: Part, timed: bool, several: bool, scaled: bool) -> float:
        number = number_in(part.digits, self._decimal)
        if number is None and (
            part.unit or self._money or scaled
        ):  # "12,50 €" among points can only be one thing
            number = number_in(part.digits, "," if self._decimal == "." else ".")
        if number is None:
            raise CatalogError("it is not a number")
        if part.times != 1.0:
            number *= part.times
        return self._told(number, part.unit, timed, several)

    def _told(self, number: Number, unit: str = "", timed: bool = False, several: bool = False) -> Number:
        """A number in the field's unit."""
        if unit in LARGE and self._measure != "data":
            number, unit = number * LARGE[unit], ""
        unit = unit or self._bare
        if not unit or unit == self._unit:
            return number
        if not self._unit:
            if not several:
                return number
            return self._converted(number, unit, "minute" if timed else "", timed)
        if self._measure:
            return self._converted(number, unit, unit_written(self._unit), timed or self._measure == "time")
        if currency_called(self._unit):
            if same_currency(unit, self._unit):
                return number
            what = (
                "another currency, and no rate of exchange is known" if currency_called(unit) else repr(unit)
            )
            raise CatalogError(f"it is in {what}; the field is in {self._unit}")
        if singular(unit.lower()) == singular(self._unit.lower()):
            return number
        raise CatalogError(f"it is in {unit}; the field is in {self._unit}")

    def _converted(self, number: Number, unit: str, wanted: str, timed: bool) -> Number:
        key = f"{unit}|{wanted}|{timed}"
        if key not in self._conversions:
            given = unit_name(unit, timed)
            found = conversion(given, wanted or given)
            if found is None:
                raise CatalogError(f"it is in {unit}; the field is in {self._unit}")
            self._conversions[key] = found
        found = self._conversions[key]
        return number if found.scale == 1.0 and not found.offset else found(number)

    def _clocked(self, clock: tuple[int, ...]) -> float:
        if len(clock) == 3:
            seconds = clock[0] * 3600 + clock[1] * 60 + clock[2]
        elif self._clock == MINUTES_AND_SECONDS:
            seconds = clock[0] * 60 + clock[1]
        else:
            seconds = clock[0] * 3600 + clock[1] * 60
        if self._measure != "time":
            return float(f"{seconds / 60:.9g}")
        return self._converted(seconds, "s", unit_written(self._unit), True)


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
