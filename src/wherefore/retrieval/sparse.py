"""Sparse matrices, row by row: what is left of a learned matrix when only its largest entries are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from wherefore.errors import CheckpointError, ConfigError

MOST_COLUMNS = 2**16  # items that 16-bit columns can tell apart
_BLOCK = 512  # rows of the matrix that are thinned at once, so that memory stays bounded


@dataclass(frozen=True, slots=True)
class SparseRows:
    """Rows of which few entries are kept: those of row i are at `starts[i]` to `starts[i + 1]`."""

    TYPES: ClassVar[Mapping[str, str]] = {"starts": "i8", "columns": "u2", "values": "f2"}  # of the tensors

    starts: np.ndarray  # (n + 1,) int64
    columns: np.ndarray  # (entries,) uint16, ascending within a row
    values: np.ndarray  # (entries,) float16

    @classmethod
    def thin(cls, matrix: np.ndarray, keep: int) -> Self:
        """The `keep` entries of every row of (n, m) that are furthest from 0; equal ones by column.

        >>> SparseRows.thin(np.array([[0.0, -3.0, 1.0, 2.0]]), 2).columns.tolist()
        [1, 3]
        """
        assert matrix.shape[1] <= MOST_COLUMNS
        columns, values, lengths = [], [], []
        for start in range(0, len(matrix), _BLOCK):
            block = matrix[start : start + _BLOCK].astype(np.float16)
            chosen = np.argsort(-np.abs(block), axis=1, kind="stable")[:, :keep]
            chosen.sort(axis=1)
            kept = np.take_along_axis(block, chosen, axis=1)
            there = kept != 0
            columns.append(chosen[there].astype(np.uint16))
            values.append(kept[there])
            lengths.append(there.sum(axis=1))
        ends = np.cumsum(np.concatenate(lengths))
        return cls(
            np.concatenate([[0], ends]).astype(np.int64), np.concatenate(columns), np.concatenate(values)
        )

    def row(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Columns and values of a row."""
        here = slice(self.starts[number], self.starts[number + 1])
        return self.columns[here], self.values[here]

    def add_row(self, number: int, weight: float, total: np.ndarray) -> None:
        """Add a row, times a weight, to a total (m,) float32."""
        columns, values = self.row(number)
        total[columns] += np.float32(weight) * values.astype(np.float32)

    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays by name, for a safetensors file."""
        return {name: getattr(self, name) for name in self.TYPES}


def check_columns(most: int) -> None:
    """Refuse a setting `max_items`, with a ConfigError, that is below 1 or above `MOST_COLUMNS`."""
    if not 1 <= most <= MOST_COLUMNS:
        raise ConfigError(f"`max_items` is {most}; it must be between 1 and {MOST_COLUMNS:,}")


def check_rows(
    given: Mapping[str, np.ndarray], starts: str, columns: str, rows: int, width: int, source: str
) -> None:
    """Refuse the tensors named `starts` and `columns` of a source when they are not those of sparse rows (n, m).

    Raises:
        CheckpointError: If they do not fit n = `rows`, each other, or m = `width`.
    """
    cuts, numbers = given[starts], given[columns]
    if len(cuts) != rows + 1 or cuts[0] != 0 or (np.diff(cuts) < 0).any() or cuts[-1] != len(numbers):
        raise CheckpointError(
            f"source {source!r}: `{starts}` of shape {cuts.shape} does not cut the {len(numbers)} entries of "
            f"`{columns}` into {rows} rows; train the source again"
        )
    if len(numbers) and not 0 <= int(numbers.min()) <= int(numbers.max()) < width:
        raise CheckpointError(
            f"source {source!r}: `{columns}` holds {int(numbers.max())}; items are numbered 0 to {width - 1}; "
            "train the source again"
        )
