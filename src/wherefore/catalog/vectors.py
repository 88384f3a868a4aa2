"""Vectors that a shop already has: in the cells of a column, or in a file beside the catalogue."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from wherefore.catalog.cells import as_text, is_nothing
from wherefore.catalog.notes import Note
from wherefore.errors import CatalogError, CatalogNotFoundError

LONGEST = 16_384  # numbers that a vector may have
_SHOWN = 5  # rows that an error names
_PARTED = re.compile(r"[\s,;|]+")
SUFFIXES = (".npy", ".npz", ".safetensors")
_HOW = (
    "a .npz with the arrays `ids` and `vectors`, a .safetensors with `vectors` and the ids in its metadata (`ids`, a "
    "JSON list), or a .npy beside a text file of ids, one a line, called as it is with .ids.txt"
)


@dataclass(frozen=True, slots=True)
class Vector:
    """The value of a field of kind `vector`: numbers that say where an item lies in a shop's own space.

    Attributes:
        data: The numbers, little-endian float32.
    """

    data: bytes

    @classmethod
    def of(cls, numbers: Iterable[float]) -> Self:
        """A vector of numbers.

        >>> Vector.of([3, 4]).array.tolist(), len(Vector.of([3, 4]))
        ([3.0, 4.0], 2)

        Raises:
            CatalogError: If there is none, one is not finite, all are 0, or there are too many.
        """
        given = numbers if isinstance(numbers, np.ndarray) else list(numbers)
        try:
            with np.errstate(over="ignore"):
                array = np.asarray(given, dtype=np.float64).astype("<f4")
        except (TypeError, ValueError) as error:
            raise CatalogError("it is no list of numbers") from error
        if array.ndim != 1 or not 1 <= len(array) <= LONGEST:
            raise CatalogError(
                f"it has the shape {array.shape}; a vector is a flat list of 1 to {LONGEST:,} numbers"
            )
        if np.isnan(array).any():
            raise CatalogError("it holds NaN; leave the vector out where it is not known")
        if np.isinf(array).any():
            raise CatalogError("it holds an infinite number, or one too large for float32")
        if not array.any():
            raise CatalogError(
                "all its numbers are 0, so it lies nowhere; leave it out where it is not known"
            )
        return cls(array.tobytes())

    @property
    def array(self) -> np.ndarray:
        """The numbers, (d,) float32, read-only."""
        return np.frombuffer(self.data, dtype="<f4")

    def __len__(self) -> int:
        return len(self.data) // 4

    def __repr__(self) -> str:
        return f"Vector({len(self)} numbers)"

    def __str__(self) -> str:
        shown = ", ".join(f"{number:.3g}" for number in self.array[:3])
        return f"{len(self)} numbers: {shown}{', …' if len(self) > 3 else ''}"


def as_vector(cell: Any) -> Vector | None:
    """A cell as a vector: a list or an array, a list written as JSON or Python, or numbers with blanks or commas.

    >>> as_vector("[0.5, 1]").array.tolist(), as_vector("0.5 1").array.tolist(), as_vector("")
    ([0.5, 1.0], [0.5, 1.0], None)

    Raises:
        CatalogError: If it is none.
    """
    if isinstance(cell, Vector):
        return cell
    if isinstance(cell, np.ndarray):
        return Vector.of(cell) if cell.size else None
    if is_nothing(cell):
        return None
    if isinstance(cell, list | tuple):
        return Vector.of(_numbers(cell))
    text = as_text(cell).strip()
    if text[:1] in "[(" and text[-1:] in "])":
        text = text[1:-1]
    return Vector.of(_numbers([part for part in _PARTED.split(text) if part]))


def _numbers(parts: Sequence[Any]) -> list[float]:
    try:
        return [float(part) for part in parts]
    except (TypeError, ValueError) as error:
        raise CatalogError(f"it is no list of numbers ({error})") from error


def looks_like_vectors(cells: Sequence[Any]) -> bool:
    """Whether cells hold vectors: lists of equally many numbers, eight at least, most of them with decimals."""
    sample = cells[:: max(1, len(cells) // 50)][:50]
    lengths, fractions, total = set[int](), 0, 0
    for cell in sample:
        if isinstance(cell, str):
            text = cell.strip()
            if not (text[:1] == "[" and text[-1:] == "]"):
                return False
            parts: Sequence[Any] = [part for part in _PARTED.split(text[1:-1]) if part]
        elif isinstance(cell, list | tuple | np.ndarray):
            parts = list(cell)
        else:
            return False
        try:
            numbers = [float(part) for part in parts]
        except (TypeError, ValueError):
            return False
        lengths.add(len(numbers))
        fractions += sum(not number.is_integer() if math.isfinite(number) else 1 for number in numbers)
        total += len(numbers)
    return len(lengths) == 1 and min(lengths) >= 8 and fractions > 0.5 * total


@dataclass(frozen=True, slots=True)
class VectorColumn:
    """The vectors of a column's cells, None where there is none, and what is told of those left out."""

    values: list[Vector | None]
    notes: list[Note]


def read_vectors(cells: Sequence[Any], where: Any, name: str, column: str, skip_bad: bool) -> VectorColumn:
    """Read all cells of a column; all vectors have as many numbers.

    Args:
        cells: The cells.
        where: Names a row to people.
        name: Of the table.
        column: What the column is called.
        skip_bad: Leave out vectors that cannot be used, with a note for each reason; their items stay.

    Raises:
        CatalogError: If a vector cannot be used and may not be left out, or none can; names rows and reasons.
    """
    values: list[Vector | None] = []
    why: dict[int, str] = {}
    for row, cell in enumerate(cells):
        try:
            values.append(None if cell is None else as_vector(cell))
        except ValueError as error:
            values.append(None)
            why[row] = str(error)
    lengths = Counter(len(value) for value in values if value is not None)
    if len(lengths) > 1:
        usual = lengths.most_common(1)[0][0]
        for row, value in enumerate(values):
            if value is not None and len(value) != usual:
                why[row] = f"it has {len(value)} numbers where most have {usual}"
                values[row] = None
    if not why:
        return VectorColumn(values, [])
    if not skip_bad or not lengths:
        listed = "; ".join(f"{where(row)}: {reason}" for row, reason in sorted(why.items())[:_SHOWN])
        more = f"; and {len(why) - _SHOWN:,} more" if len(why) > _SHOWN else ""
        raise CatalogError(
            f"{name}, column `{column}` (vector): {len(why):,} of {len(cells):,} vectors cannot be used: {listed}{more}"
            ". Mend them, empty these cells, or leave the vectors out: --skip-bad on the command line, skip_bad=True "
            "in Python"
        )
    reasons: dict[str, list[int]] = {}
    for row, reason in why.items():
        reasons.setdefault(reason, []).append(row)
    notes = [
        Note(f"{len(rows):,} left unknown: {reason}", column, [where(row) for row in rows], lost=True)
        for reason, rows in reasons.items()
    ]
    return VectorColumn(values, notes)


def cells_from_file(path: Path, ids: Sequence[str]) -> tuple[list[np.ndarray | None], list[Note]]:
    """The vectors in a file for the rows of a table, None where it has none, and what of the file is not used.

    Args:
        path: A .npz with the arrays `ids` and `vectors`; a .safetensors with `vectors` and ids in its metadata; or a
            .npy, with ids in `NAME.npy.ids.txt`, else one row for each row of the table, in its order.
        ids: Of the items, by row.

    Raises:
        CatalogNotFoundError: If there is no such file.
        CatalogError: If it cannot be read, has no ids, or an id twice, or no vector for any item.
    """
    if not path.is_file():
        raise CatalogNotFoundError(f"no file of vectors at {path}; the schema's `file` names it")
    given, vectors = _held(path, ids)
    if vectors.ndim != 2 or vectors.dtype.kind not in "fiu":
        raise CatalogError(
            f"{path.name} holds an array of shape {vectors.shape} and type {vectors.dtype}; a row of numbers for each "
            "item is needed"
        )
    if len(given) != len(vectors):
        raise CatalogError(
            f"{path.name} holds {len(given):,} ids and {len(vectors):,} vectors; one for each is needed"
        )
    row_of = {item_id: row for row, item_id in enumerate(given)}
    if len(row_of) != len(given):
        twice = next(item_id for row, item_id in enumerate(given) if row_of[item_id] != row)
        raise CatalogError(f"{path.name} holds the id {twice!r} twice; give each item one vector")
    cells = [vectors[row_of[item_id]] if item_id in row_of else None for item_id in ids]
    if all(cell is None for cell in cells):
        raise CatalogError(
            f"{path.name} has no vector for any item: its ids look like {', '.join(map(repr, given[:3]))}, those of "
            f"the catalogue like {', '.join(map(repr, ids[:3]))}"
        )
    unused = len(row_of.keys() - set(ids))
    note = Note(f"{path.name}: {unused:,} of its {len(given):,} vectors are of no item here")
    return cells, [note] if unused else []


def _held(path: Path, ids: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """The ids and the vectors in a file."""
    suffix = path.suffix.lower()
    try:
        if suffix == ".npz":
            with np.load(path, allow_pickle=False) as held:
                if "ids" not in held or "vectors" not in held:
                    raise CatalogError(f"{path.name} holds {', '.join(held) or 'nothing'}; give {_HOW}")
                return _as_ids(held["ids"].tolist()), held["vectors"]
        if suffix == ".safetensors":
            return _of_safetensors(path)
        if suffix == ".npy":
            vectors = np.load(path, allow_pickle=False)
            listed = path.with_name(f"{path.name}.ids.txt")
            if listed.is_file():
                return listed.read_text(encoding="utf-8-sig").split("\n")[: len(vectors)], vectors
            if len(vectors) != len(ids):
                raise CatalogError(
                    f"{path.name} has {len(vectors):,} rows, the catalogue {len(ids):,}, and no {listed.name} says "
                    f"whose they are; give {_HOW}"
                )
            return list(ids), vectors
    except CatalogError:
        raise
    except (OSError, ValueError, EOFError, KeyError) as error:
        raise CatalogError(f"{path.name} cannot be read as a file of vectors: {error}") from error
    raise CatalogError(f"{path.name} ends in none of {', '.join(SUFFIXES)}; give {_HOW}")


def _of_safetensors(path: Path) -> tuple[list[str], np.ndarray]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as held:
            names, metadata = list(held.keys()), held.metadata() or {}
            if "vectors" not in names or "ids" not in metadata:
                raise CatalogError(
                    f"{path.name} holds the tensors {', '.join(names) or 'none'} and the metadata "
                    f"{', '.join(metadata) or 'none'}; give {_HOW}"
                )
            return _as_ids(json.loads(metadata["ids"])), held.get_tensor("vectors")
    except SafetensorError as error:
        raise CatalogError(f"{path.name} cannot be read as a file of vectors: {error}") from error


def _as_ids(given: Any) -> list[str]:
    if not isinstance(given, list):
        raise CatalogError("the ids of a file of vectors should be a list")
    return [as_text(one) for one in given]
