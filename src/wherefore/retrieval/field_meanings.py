"""Which field of a catalogue a question means that does not name it: "how do I make it?" means the directions."""

from __future__ import annotations

import re

import numpy as np

from wherefore.catalog.schema import FieldSpec
from wherefore.retrieval.index import Index

_CLOSE = 0.33  # cosine of a question and a field's label from which the field is meant
_COUNTED = 0.2  # the same, of a question that asks for a number, and a number's label
_HELD = 0.38  # the same, of a question for yes or no, and of any other and a number's label
_HOLDS = re.compile(
    r"^\W*(?:(?:and|but|so)\W+)*(?:is|are|was|were|does|do|did|has|have|can|could|will|would|may|should)\b",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(r"\bhow\s+(?:many|much|long|old|big|large|heavy|high|often|far)\b", re.IGNORECASE)


class FieldMeanings:
    """Compares questions with the labels of a catalogue's fields, by the index's embedder.

    Args:
        index: Its catalogue's schema must not change afterwards.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        self._specs: tuple[FieldSpec, ...] = ()
        self._names = np.empty((0, 2, index.dim), dtype=np.float32)  # of each its name and its label

    def field(self, words: str, level: float = 0.0) -> FieldSpec | None:
        """The field whose label is close to some words, by meaning.

        Args:
            words: A question, without the item's title.
            level: Cosine that is needed at least.

        Returns:
            None where no label is close.
        """
        schema = self._index.catalog.schema
        if not self._specs:
            specs = (*schema.filterable, *schema.texts)
            self._specs = tuple(spec for spec in specs if not spec.is_rank)
            names = [
                name
                for spec in self._specs
                for name in (spec.name.replace("_", " "), spec.label or spec.name)
            ]
            if names:
                self._names = self._index.embedder.encode(names, "query").reshape(len(self._specs), 2, -1)
        if not self._specs or not words.strip():
            return None
        near = (self._names @ self._index.embedder.encode([words], "query")[0]).max(axis=1)
        least = _CLOSE
        numbers = np.array([spec.has_measure for spec in self._specs])
        if _HOW_MANY.search(words) and numbers.any():
            near, least = np.where(numbers, near, -1.0), _COUNTED
        elif _HOLDS.match(words):
            least = _HELD
        else:
            near = np.where(numbers & (near < _HELD), -1.0, near)  # of "what does she eat" no weight
        best = int(np.argmax(near))
        return self._specs[best] if near[best] >= max(least, level) else None
