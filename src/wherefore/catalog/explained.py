"""How a column of numbers was read, in words for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wherefore.catalog.measured import Measure, MeasuredColumn
from wherefore.catalog.money import currency_called
from wherefore.catalog.notes import Note
from wherefore.catalog.numbers import Amount, decimal_shown, number_in
from wherefore.catalog.units import unit_written
from wherefore.catalog.written import MINUTES_AND_SECONDS, NumberReader
from wherefore.text import joined, number_text

_WORDS = 4  # that a note quotes


def notes_on(
    column: MeasuredColumn, first: Measure, upper: str = "", others: Sequence[str] = ()
) -> list[Note]:
    """What was told of a column of numbers, where it is not as usual.

    Args:
        column: The column.
        first: What its first field is in.
        upper: The field that holds the upper ends of its ranges, if there is one.
        others: The fields for its other units.
    """
    said = [*_on_decimals(column, first.written.decimal or "."), *_on_units(column, first, others)]
    said += [*_on_forms(column, first, upper), *_on_words(column)]
    return [Note(one, column.name) for one in said]


def notes_on_decimals(column: MeasuredColumn) -> list[Note]:
    """What was told of a column whose numbers only order items."""
    return [Note(one, column.name) for one in _on_decimals(column, column.decimal)]


def _on_decimals(column: MeasuredColumn, decimal: str) -> list[str]:
    said = []
    if decimal == "," and (
        shown := _example(column, lambda a: any(decimal_shown(part.digits) == "," for part in a.low))
    ):
        said.append(f"decimal commas: {shown} is {_read(column, shown, decimal)}")
    if column.unsure and not column.shown and (decimal == "," or not column.local):
        if shown := _example(column, lambda a: any(part.digits in column.unsure for part in a.low)):
            usual = "as is usual" if "," in shown else "by its other numbers"
            why = "as in other columns" if column.local else usual
            said.append(f"{shown} is taken as {_read(column, shown, decimal)}, {why}")
    if column.shown["."] and column.shown[","]:
        said.append("decimal commas and decimal points are mixed")
    return said


def _on_units(column: MeasuredColumn, first: Measure, others: Sequence[str]) -> list[str]:
    said = []
    read = NumberReader(column.name, first.unit, first.written)
    own = first.written.unit
    if own and ":" not in own and not column.forms:
        bare = next(iter(column.plain), None) or _example(column, lambda a: bool(a.low))
        if bare:
            said.append(f"in {first.unit}, not in {own}: {bare} is {_short(read(bare))} {first.unit}")
    other = _example(column, lambda a: _is_converted(column, a, first.unit))
    if other and first.unit:
        said.append(f"in {first.unit}: {other} is {_short(read(other))} {first.unit}")
    if others:
        fields = joined([f"`{field}`" for field in others])
        said.append(f"in several units; what is not in {first.unit} is kept as {fields}")
    if not first.unit and len(column.kinds) > 1:
        words = ", ".join(form for form, _ in column.forms.most_common(_WORDS))
        said.append(f"the numbers alone are kept, whatever they count: {words}")
    return said


def _is_converted(column: MeasuredColumn, amount: Amount, unit: str) -> bool:
    """Whether an amount is in another unit than the field's, and was brought to it."""
    if not amount.unit or len(amount.low) != 1 or currency_called(amount.unit):
        return False
    same_kind = column.kind_of(amount.unit) == column.main
    return same_kind and column.name_of(amount.unit) not in (unit_written(unit), column.name_of(unit))


def _on_forms(column: MeasuredColumn, first: Measure, upper: str) -> list[str]:
    said = []
    if column.clock and (shown := _example(column, lambda a: len(a.clock) == 2)):
        what = "minutes and seconds" if column.clock == MINUTES_AND_SECONDS else "hours and minutes"
        said.append(f"{shown} is taken as {what}")
    if first.written.out_of:
        scale = number_text(first.written.out_of)
        others = ", ".join(number_text(one) for one in column.scales if one != first.written.out_of)
        said.append(f"out of {scale}" + (f"; what is out of {others} is brought to that" if others else ""))
    if shown := _example(column, lambda a: bool(a.high)):
        kept = f"lowest and highest (`{upper}`)" if upper else "its lowest"
        said.append(f"{shown} is kept as {kept}")
    if column.is_money and (shown := _example(column, lambda a: a.free)):
        said.append(f"{shown} is 0")
    return said


def _on_words(column: MeasuredColumn) -> list[str]:
    count = column.unknown.total()
    if not count:
        return []
    words = ", ".join(word for word, _ in column.unknown.most_common(_WORDS))
    cells = "cell that says" if count == 1 else "cells that say"
    return [f"{count:,} {cells} no number ({words}): taken as not known"]


def _example(column: MeasuredColumn, wanted: Callable[[Amount], bool]) -> str:
    """A text of the column of whose amount something holds; empty without one."""
    return next((text for text, (amount, _) in column.amounts.items() if wanted(amount)), "")


def _read(column: MeasuredColumn, text: str, decimal: str) -> str:
    number = number_in(column.amounts[text][0].low[0].digits, decimal)
    return (
        "not known" if number is None else number_text(number) if float(number).is_integer() else str(number)
    )


def _short(number: float | None) -> str:
    return "not known" if number is None else number_text(number)
