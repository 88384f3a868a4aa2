"""What sorts of things items are called, by their titles and short values."""

from __future__ import annotations

import numpy as np

from wherefore.catalog.catalog import Catalog, PerCatalog
from wherefore.text import stem, words

_VALUE = 3  # words of a value that may be the name of a sort
_OF_GOODS = ("item", "product", "article", "thing")


def called(catalog: Catalog, word: str) -> np.ndarray:
    """The rows of the items whose title has a word, or a short value at its end, in whatever number, (m,) int64."""
    return _rows_by_word(catalog).get(stem(word.lower()), np.zeros(0, np.int64))


def titles_name_sorts(catalog: Catalog) -> bool:
    """Whether titles say what sort of thing an item is: those of goods do, those of films do not."""
    return catalog.schema.noun.lower() in _OF_GOODS


def _words_of_sorts(catalog: Catalog) -> dict[str, np.ndarray]:
    rows: dict[str, set[int]] = {}
    for row, item in enumerate(catalog.items):
        told = {stem(word.form) for word in words(item.title)}
        for spec in catalog.schema.tags:
            for value in item.values(spec.name):
                said = words(value)
                if 0 < len(said) <= _VALUE:
                    told.add(stem(said[-1].form))
        for one in told:
            rows.setdefault(one, set()).add(row)
    return {one: np.array(sorted(found), dtype=np.int64) for one, found in rows.items()}


_rows_by_word = PerCatalog(_words_of_sorts)
