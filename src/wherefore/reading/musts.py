"""What must be, said in a clause of its own: "it must be allowed in the cabin", "needs to fit under a bed"."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.concepts import having
from wherefore.catalog.feelings import taste_words
from wherefore.reading.clauses import Span, touch
from wherefore.text import FUNCTION_WORDS, forms, stem

_MUST = re.compile(
    r"(?:(?<![\w'])(?:it|they|this|that|which|these|those|one|ones|and|but|,)\s+|^\W*|[.;!?]\s*)"
    r"(?P<must>(?:also\s+|really\s+|absolutely\s+|just\s+)?(?:must|has\s+to|have\s+to|had\s+better|"
    r"needs\s+to|need\s+to|has\s+got\s+to)"
    r"\s+(?:also\s+|really\s+|be\s+able\s+to\s+)?)(?P<what>[^.;!?,\n()]{3,70})",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"\s+(?:and|but|or|because|since|so|if|when|while|though|please|must|as|i|we|cause|cuz|thanks)\b",
    re.IGNORECASE,
)
_LIGHT = frozenset(
    "be able good nice great well really very able enough right thing things something anything way kind sort fit fits "
    "work works make sure get go have take use used using come comes new best better".split()
)


class MustReader:
    """Finds demands that are said in clauses of their own and that no record speaks of.

    Args:
        catalog: The catalogue.
        sought: What its items are called.
    """

    def __init__(self, catalog: Catalog, sought: Collection[str]) -> None:
        self._catalog, self._sought = catalog, {stem(one) for one in sought}

    def read(self, text: str, taken: Sequence[Span]) -> list[Span]:
        """Where a message says so.

        Args:
            text: The message, apostrophes straight.
            taken: Characters that something stands for.
        """
        found = []
        for match in _MUST.finditer(text):
            start, end = match.span("what")
            stop = _ENDS.search(text, start + 1, end)
            span = start, stop.start() if stop is not None else end
            if any(touch(span, place) for place in taken) or not self._is_untold(text[slice(*span)]):
                continue
            found.append(span)
        return found

    def _is_untold(self, said: str) -> bool:
        """Whether words hold some with a content of their own, no record has any of them, and none is a taste."""
        told = [
            form
            for form in forms(said)
            if form not in FUNCTION_WORDS
            and form not in _LIGHT
            and stem(form) not in self._sought
            and form.isalpha()
        ]
        if not told or not taste_words().isdisjoint(told):
            return False
        return not any(having(self._catalog, form).any() for form in told)
