"""What can be asked of a database of vectors beside a vector: that items keep to limits and lack refused values."""

from __future__ import annotations

import hashlib
import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.schema import Schema
from wherefore.dialogue.state import Limit
from wherefore.retrieval.stores import Allowed, Hits

LONGEST = 512  # bytes of a text that is kept as it is; of longer ones, a hash is
MOST_VALUES = 4096  # of one field of one item: what Milvus allows
_OPERATORS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "=="}


@dataclass(frozen=True, slots=True)
class Refused:
    """One of several values that an item must all have to be ruled out."""

    field: str
    value: str
    unknown: bool = False  # whether an item of which the field is not known counts as one that has it


@dataclass(frozen=True, slots=True)
class Conditions:
    """What every item that may be recommended fulfils. There may be more to fulfil, which rows say."""

    limits: tuple[Limit, ...] = ()
    refusals: tuple[tuple[Refused, ...], ...] = ()  # an item that has all of one is ruled out


@runtime_checkable
class FieldStore(Protocol):
    """What a store of vectors may have besides: the items' numbers and values beside them, to search under them."""

    def open_for(self, catalog: Catalog, embedder: str) -> None:
        """Make ready for a catalogue's items, embedded by an embedder; to be called before any are added."""

    def add_items(self, items: Sequence[Item], vectors: np.ndarray) -> None:
        """Append items with their vectors (n, d), unit."""

    def search_within(self, queries: np.ndarray, k: int, allowed: Allowed, conditions: Conditions) -> Hits:
        """As `VectorStore.search`. All allowed rows fulfil the conditions."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Under which names a collection keeps the fields of a catalogue. Names of fields can be any text."""

    numbers: Mapping[str, str]
    values: Mapping[str, str]

    @classmethod
    def of(cls, schema: Schema) -> Columns:
        """A column for each number, date and popularity, and one for each field of values."""
        measured = [spec.name for spec in schema.fields if spec.can.measure]
        valued = [spec.name for spec in schema.valued]
        return cls(
            {name: f"n{place}" for place, name in enumerate(measured)},
            {name: f"v{place}" for place, name in enumerate(valued)},
        )

    def cells(self, item: Item) -> dict[str, Any]:
        """What is kept of an item's fields, by column; a number that is not known is None."""
        cells: dict[str, Any] = {}
        for field, column in self.numbers.items():
            number = item.number(field)
            cells[column] = None if number is None or not math.isfinite(number) else float(number)
        for field, column in self.values.items():
            kept = dict.fromkeys(plain(value.casefold()) for value in item.values(field))
            cells[column] = list(kept)[:MOST_VALUES]
        return cells

    def expression(self, conditions: Conditions) -> str:
        r"""A Milvus filter that every item fulfils that fulfils the conditions; empty where none can be told.

        >>> columns = Columns({"year": "n0"}, {"genres": "v0"})
        >>> columns.expression(Conditions((Limit("year", "ge", 1990, ""),), ((Refused("genres", 'a "B"'),),)))
        'n0 >= 1990.0 and not (array_contains(v0, "a \\"b\\""))'
        """
        told = [
            f"{self.numbers[limit.field]} {_OPERATORS[limit.op]} {float(limit.value)!r}"
            for limit in conditions.limits
            if limit.field in self.numbers and math.isfinite(limit.value)
        ]
        for refusal in conditions.refusals:
            if refusal and all(one.field in self.values for one in refusal):
                told.append(f"not ({' and '.join(map(self._has, refusal))})")
        return " and ".join(told)

    def _has(self, one: Refused) -> str:
        column = self.values[one.field]
        has = f"array_contains({column}, {quoted(plain(one.value.casefold()))})"
        return f"({has} or array_length({column}) == 0)" if one.unknown else has


def plain(text: str) -> str:
    r"""A text as it is kept and asked for: itself, or a hash where it is long or has characters that cannot be quoted.

    >>> plain("Sci-Fi"), plain("a\nb")[:13]
    ('Sci-Fi', 'sha256:7e18f7')
    """
    odd = any(unicodedata.category(char) in ("Cc", "Cs", "Cn") for char in text)
    told = text.encode("utf-8", "surrogatepass")
    if odd or len(told) > LONGEST or text.startswith("sha256:"):
        return f"sha256:{hashlib.sha256(told).hexdigest()}"
    return text


def quoted(text: str) -> str:
    r"""A plain text as a literal of a Milvus filter: nothing in it can end the literal.

    >>> print(quoted('a "b" \\'))
    "a \"b\" \\"
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def one_of(keys: Sequence[str]) -> str:
    """A Milvus filter for the items with these keys."""
    return f"id in [{', '.join(map(quoted, keys))}]"
