"""JSON: tables as one object a line, or as an array of objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from wherefore.catalog.bad_rows import BadRows, short
from wherefore.catalog.tables import Table
from wherefore.errors import CatalogError


def read_json_lines(text: str, name: str, skip_bad: bool = False) -> Table:
    """Read one JSON object per line.

    Args:
        text: The whole file.
        name: The file.
        skip_bad: Leave out lines that cannot be read, with a note.

    Raises:
        CatalogError: If a line holds no JSON object, and none may be left out; names the lines.
    """
    records: list[dict[str, Any]] = []
    lines: list[int] = []
    bad = BadRows()
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            records.append(_object_in(line, number))
            lines.append(number)
        except _NoObjectError as error:
            bad.add(f"line {number}", error.reason, str(error))
    notes = bad.settle(name, len(records) + len(bad), skip_bad)
    return Table.of_records(records, name, lines, notes)


class _NoObjectError(ValueError):
    """A line holds no object; the message goes on after its place."""

    def __init__(self, reason: str, told: str) -> None:
        super().__init__(told)
        self.reason = reason


def _object_in(line: str, number: int) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as error:
        place = f"column {error.colno}" if isinstance(error, json.JSONDecodeError) else "somewhere"
        hint = (
            "; one JSON object per line is needed, or call a file with one array over many lines .json"
            if number == 1
            else ""
        )
        told = f", {place}: broken JSON ({getattr(error, 'msg', error)}) in {short(line)}{hint}"
        raise _NoObjectError("broken JSON", told) from error
    except RecursionError as error:
        raise _NoObjectError(
            "JSON nested too deep", ": the JSON is nested too deep to be a record"
        ) from error
    if not isinstance(record, dict):
        told = (
            f" holds a {type(record).__name__}, not an object with keys and values; write one object per line, "
            "without brackets around them all, or call the file .json"
        )
        raise _NoObjectError("no object with keys and values", told)
    return record


def read_json(text: str, name: str, skip_bad: bool = False) -> Table:
    """Read an array of objects, or an object with one array of objects in it; or JSON Lines called .json.

    Args:
        text: The whole file.
        name: The file.
        skip_bad: Leave out elements that are no objects, with a note.

    Raises:
        CatalogError: If it is no JSON, holds no such array or several, or an element is no object and none may be
            left out.
    """
    try:
        whole = json.loads(text)
    except RecursionError as error:
        raise CatalogError(f"{name}: the JSON is nested too deep to be records") from error
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and text.lstrip().startswith("{"):
            return read_json_lines(text, name, skip_bad)
        around = text[max(0, error.pos - 20) : error.pos + 20]
        raise CatalogError(
            f"{name}, line {error.lineno}, column {error.colno}: broken JSON ({error.msg}) near {short(around)}; "
            "export it again, or mend it there"
        ) from error
    except ValueError as error:
        raise CatalogError(f"{name}: broken JSON ({error})") from error
    elements = _array_in(whole, name)
    if not elements:
        raise CatalogError(f"{name} holds no record; a catalogue needs at least one")
    bad, records, numbers = BadRows(), [], []
    for number, element in enumerate(elements, 1):
        if isinstance(element, dict):
            records.append(element)
            numbers.append(number)
        else:
            told = (
                f" is a {type(element).__name__}, {short(repr(element))}, not an object with keys and values"
            )
            bad.add(f"row {number}", "no object with keys and values", told)
    notes = bad.settle(name, len(elements), skip_bad)
    return Table.of_records(records, name, numbers, notes, unit="row")


def _array_in(whole: Any, name: str) -> list[Any]:
    if isinstance(whole, list):
        return whole
    if not isinstance(whole, Mapping):
        raise CatalogError(f"{name} holds a {type(whole).__name__}; an array of objects is needed")
    arrays = {
        key: value
        for key, value in whole.items()
        if isinstance(value, list) and any(isinstance(element, Mapping) for element in value)
    }
    if len(arrays) == 1:
        return next(iter(arrays.values()))
    keys = ", ".join(f"`{key}`" for key in list(arrays or whole)[:8]) or "none"
    what = "several arrays of objects" if arrays else "no array of objects"
    raise CatalogError(
        f"{name} holds an object with {what} (its keys are {keys}); write one array of objects, an item each"
    )
