"""Which clauses of items' texts answer a question that no field answers: "can she wear heels on that floor?"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wherefore.retrieval.passages import passages_of
from wherefore.retrieval.retriever import Retriever
from wherefore.text import forms

# Counted on 120 questions about 28 texts, none of them from a test: of clauses from SURE on, 38 of 40 answer; from
# NEAR on, 46 of 55. What lies between is quoted as what comes nearest, not as an answer.
SURE, NEAR = 0.42, 0.33
_MANY = 200  # items from which on a clause must also be closer than those of other items are
_ABOVE = 2.0  # by so many standard deviations
_COUNTED = re.compile(
    r"\bhow\s+(?:many|much|wide|deep|tall|high|long|big|large|thick|heavy|hot|warm|cold|fast|far|old|often|loud|bright|small|"
    r"close|near|late|early)\b|\bwhat\s+(?:time|temperature|size|weight|height|width|depth|age|percentage)\b"
)
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|seventy|"
    r"eighty|ninety|hundred|half|once|twice|dozen|daily|weekly|monthly|every)\b",
    re.IGNORECASE,
)
_WHO = re.compile(r"^\W*(?:(?:and|so)\W+)?who\b")
_NAME = re.compile(r"(?<=\w)\W+(?:[A-Z][a-z]|[A-Z]\.)")


class Clause(NamedTuple):
    """A clause that answers, or comes near to it."""

    item: str
    field: str
    text: str
    score: float
    sure: bool


def clauses_for(asked: str, items: Sequence[str], retriever: Retriever) -> list[Clause]:
    """For each item that has one the clause nearest to a question, in the items' order.

    Args:
        asked: The question, without titles.
        items: Their ids.
        retriever: Where clauses are found.
    """
    index = retriever.index
    known = [item for item in items if item in index.catalog]
    if not len(index.passages) or not known or not any(form.isalpha() for form in forms(asked)):
        return []
    rows = np.array([index.catalog.row(item) for item in known], dtype=np.int64)
    vector = index.embedder.encode([asked], "query")[0]
    near, places = index.passages.evidence(vector, rows)
    least = np.full(len(known), NEAR)
    if len(index.catalog) >= _MANY:
        mean, deviation = index.passages.usual(vector[None])
        least = np.maximum(least, mean[0] + _ABOVE * deviation[0])
    found = []
    for item, score, place, enough in zip(known, near, places, least, strict=True):
        if place < 0 or not score >= enough:
            continue
        passage = passages_of(index.catalog[item], index.catalog.schema)[place]
        sure = bool(score >= max(SURE, enough)) and _tells(asked, passage.text)
        found.append(Clause(item, passage.field, passage.text, float(score), sure))
    return found


def _tells(asked: str, clause: str) -> bool:
    """Whether a clause can tell what is asked: of "how hot", one without any number only comes near.

    >>> _tells("how hot is it", "Set it at 60 degrees."), _tells("how hot is it", "Never too hot.")
    (True, False)
    """
    low = asked.lower()
    if _COUNTED.search(low):
        return _NUMBER.search(clause) is not None
    if _WHO.search(low):
        return _NAME.search(clause) is not None
    return True
