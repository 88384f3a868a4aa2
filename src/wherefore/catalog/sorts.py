"""What sorts of things items are called, by their titles and short values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import repeat

import numpy as np

from wherefore.catalog.catalog import Catalog, PerCatalog
from wherefore.catalog.derived import Postings
from wherefore.text import stem, stems

_VALUE = 3  # words of a value that may be the name of a sort
_OF_GOODS = ("item", "product", "article", "thing")


def called(catalog: Catalog, word: str) -> np.ndarray:
    """The rows of the items whose title has a word, or a short value at its end, in whatever number, (m,) int32."""
    return _rows_by_word(catalog).rows(stem(word.lower()))


def titles_name_sorts(catalog: Catalog) -> bool:
    """Whether titles say what sort of thing an item is: those of goods do, those of films do not."""
    return catalog.schema.noun.lower() in _OF_GOODS


def _words_of_sorts(catalog: Catalog) -> Iterator[set[str]]:
    """Of each item the words that may name its sort."""
    last: dict[str, str] = {}  # of every value its last word's stem; empty: it names no sort
    tags = [spec.name for spec in catalog.schema.tags]
    each: Iterable[tuple[tuple[str, ...], ...]] = (
        zip(*(catalog.values_by_item(name) for name in tags), strict=True) if tags else repeat(())
    )
    for title, values_of_tags in zip(catalog.titles, each, strict=False):
        told = set(stems(title))
        for values in values_of_tags:
            for value in values:
                if value not in last:
                    said = stems(value)
                    last[value] = said[-1] if 0 < len(said) <= _VALUE else ""
                if last[value]:
                    told.add(last[value])
        yield told


_rows_by_word = PerCatalog(
    lambda catalog: Postings.read(
        catalog.derived.get("sorts", lambda: Postings.of(_words_of_sorts(catalog)).parts())
    )
)
