"""A schema settled: what it leaves open about numbers and dates, told from the cells of its table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from wherefore.catalog.coded import codes_of
from wherefore.catalog.dates import is_unordered, moment_unit, orders
from wherefore.catalog.explained import notes_on, notes_on_decimals
from wherefore.catalog.kinds import DATE, NUMBER
from wherefore.catalog.measured import Measure, MeasuredColumn
from wherefore.catalog.naming import label_of, names_year, plural, singular, words_of
from wherefore.catalog.notes import Note
from wherefore.catalog.schema import FieldSpec, Schema
from wherefore.catalog.tables import Table
from wherefore.catalog.units import unit_written
from wherefore.catalog.written import Written, counts_people

_SAMPLE = 5000  # cells that are looked at for codes


@dataclass(frozen=True, slots=True)
class Settled:
    """A schema that says how the cells of its numbers and dates are written, and how it was told."""

    schema: Schema
    notes: Sequence[Note] = ()


def settle(schema: Schema, table: Table, split: bool = False) -> Settled:
    """Tell from a table's cells what its schema leaves open: units, decimal marks, scales, the order of dates.

    Args:
        schema: What its columns mean; what it declares is kept.
        table: The table.
        split: Whether a column may become several fields: of its units, of the ends of its ranges.
    """
    around = {singular(word) for name in (table.name, *table.columns) for word in words_of(name)}
    measured = {
        spec.column: MeasuredColumn(spec.column, table.columns[spec.column], around)
        for spec in schema.kept
        if spec.can.stored is NUMBER and spec.column in table.columns and not spec.marks
    }
    local = _local_mark(measured.values())
    for column in measured.values():
        column.local = local
    once = {column for column, count in Counter(spec.column for spec in schema.fields).items() if count == 1}
    names = {spec.name for spec in schema.fields}
    units: dict[str, str] = {}  # of each column's first field
    specs: list[FieldSpec] = []
    notes: list[Note] = []
    for spec in schema.fields:
        cells = table.columns.get(spec.column, ())
        if spec.column in measured and not spec.marks:
            column = measured[spec.column]
            found = _of_numbers(spec, column, names, split and spec.column in once)
            if spec.column in units and units[spec.column] != found[0].unit and not spec.written.unit:
                found = [_in_other_unit(found[0], units[spec.column])]
            units.setdefault(spec.column, found[0].unit)
            names |= {one.name for one in found}
            specs += found
            if spec.column in once:
                notes += _notes_of(found, column)
        elif spec.can.stored is DATE and spec.written == Written():
            written, said = _of_dates(cells, local)
            specs.append(spec.model_copy(update={"written": written}) if said else spec)
            notes += [Note(one, spec.column) for one in said]
        elif spec.codes is None and spec.has_tags and not spec.flag and cells:
            specs.append(_of_codes(spec, cells, around))
        else:
            specs.append(spec)
    if specs == list(schema.fields):
        return Settled(schema, notes)
    return Settled(schema.model_copy(update={"fields": tuple(specs)}), notes)


def _of_codes(spec: FieldSpec, cells: Sequence[Any], around: Collection[str]) -> FieldSpec:
    """A field that says what its codes stand for, where its cells are some."""
    read = spec.reader(cells)
    values = Counter[str]()
    for cell in cells[:: max(1, len(cells) // _SAMPLE)]:
        try:
            value = None if cell is None else read(cell)
        except ValueError:  # reading the records says where
            continue
        values.update((value,) if isinstance(value, str) else value if isinstance(value, tuple) else ())
    found = codes_of(spec.column or spec.name, values, around)
    if found is None:
        return spec
    labelled = spec.phrase == spec.can.phrase(spec.name) and found.family.phrase
    return spec.model_copy(
        update={"codes": found.codes, **({"phrase": found.family.phrase} if labelled else {})}
    )


def _local_mark(columns: Iterable[MeasuredColumn]) -> str:
    """The mark before the decimals in a table; empty where no column shows it, or as many show one as the other."""
    votes = Counter[str]()
    for column in columns:
        points, commas = column.shown["."], column.shown[","]
        if points != commas:
            votes["." if points > commas else ","] += 1
    if votes["."] == votes[","]:
        return ""
    return "." if votes["."] > votes[","] else ","


def _of_numbers(spec: FieldSpec, column: MeasuredColumn, names: set[str], split: bool) -> list[FieldSpec]:
    """The fields of a column of numbers, the declared one first."""
    if spec.written.unit:  # it says itself what its cells are in
        told = Written(decimal="," if column.amounts and column.decimal == "," else "")
        return [spec.model_copy(update={"written": _declared(spec.written, told)})]
    rank = spec.can.measure != "number"
    found = column.measures(spec.unit)
    first = found[0]
    update: dict[str, Any] = {"written": _declared(spec.written, first.written)}
    if rank:
        update["written"] = Written(decimal=update["written"].decimal)
    else:
        update["unit"] = first.unit
    specs = [spec.model_copy(update=update)]
    if not split or rank:
        return specs
    if column.is_ranged:
        specs = _with_upper(specs[0], names)
    for other in found[1:]:
        specs.append(_in_unit(specs[0], other, names | {one.name for one in specs}))
    return specs


def _in_other_unit(spec: FieldSpec, first: str) -> FieldSpec:
    """A second field of a column: cells without a unit are in that of the first."""
    return spec.model_copy(update={"written": spec.written.model_copy(update={"unit": first})})


def _declared(own: Written, told: Written) -> Written:
    """How cells are written: as declared, and for the rest as told."""
    return told.model_copy(update=own.model_dump(exclude_defaults=True))


def _with_upper(spec: FieldSpec, names: set[str]) -> list[FieldSpec]:
    """A field of the lower ends of ranges, and one of the upper ends."""
    name = _free(f"{spec.name}_max", names)
    lower = spec
    if names_year(spec.label):
        label = "end year"
    elif counts_people(spec.column):
        label = f"maximum {plural(singular(spec.label))}"
        lower_label = f"minimum {plural(singular(spec.label))}"
        lower = spec.model_copy(update={"label": lower_label, "phrase": f"{lower_label}: {{}}"})
    else:
        label = f"highest {spec.label}"
    written = spec.written.model_copy(update={"end": "high"})
    upper = {"name": name, "label": label, "phrase": f"{label}: {{}}", "written": written}
    return [lower, spec.model_copy(update=upper)]


def _in_unit(spec: FieldSpec, measure: Measure, names: set[str]) -> FieldSpec:
    """A field of the cells of a column that are in another unit."""
    if unit_written(measure.unit):
        suffix = "_".join(words_of(measure.unit)) or "other"
        name, label = _free(f"{spec.name}_{suffix}", names), label_of(spec.name)
    else:
        name = _free(plural(singular("_".join(words_of(measure.unit)) or "other")), names, spec.name)
        label = label_of(name)
    unit = measure.unit if unit_written(measure.unit) else plural(singular(measure.unit.lower()))
    phrase = f"{label}: {{}}" if unit_written(unit) else "with {}"  # with 2 seasons
    update = {"name": name, "label": label, "phrase": phrase, "unit": unit, "written": measure.written}
    return spec.model_copy(update=update)


def _free(name: str, names: set[str], ahead: str = "") -> str:
    """A name that no field has yet."""
    tries = [name, *([f"{ahead}_{name}"] if ahead else []), *(f"{name}_{n}" for n in range(2, 99))]
    return next(one for one in tries if one not in names)


def _notes_of(specs: Sequence[FieldSpec], column: MeasuredColumn) -> list[Note]:
    first = specs[0]
    if first.is_rank:
        return notes_on_decimals(column)
    upper = next((spec.name for spec in specs if spec.written.end == "high"), "")
    others = [spec.name for spec in specs[1:] if spec.name != upper]
    return notes_on(column, Measure(first.unit, first.written), upper, others)


def _of_dates(cells: Sequence[Any], local: str) -> tuple[Written, list[str]]:
    """How a column of dates is written, and what is said of it; nothing where it is as usual."""
    texts = [cell for cell in cells if cell is not None]
    days, months = orders(texts)
    unsure = next((cell for cell in texts if is_unordered(cell)), "")
    units = Counter(unit for cell in texts if (unit := _moment(cell)))
    if units and units.total() > 0.5 * len(texts):
        unit = units.most_common(1)[0][0]
        return Written(unit=unit), [f"{'milliseconds' if unit == 'ms' else 'seconds'} since 1970"]
    if days > months or days == months and unsure and local == ",":
        if unsure:
            return Written(day_first=True), [f"the day comes first: {unsure} is read so"]
        return Written(day_first=True), []
    return Written(), []


def _moment(cell: Any) -> str:
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        return ""
    if isinstance(cell, str) and not (cell.isascii() and cell.strip().isdigit()):
        return ""
    return moment_unit(float(cell))
