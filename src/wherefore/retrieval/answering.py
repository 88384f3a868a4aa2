"""Which clause of an item's texts answers what was said, and how well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wherefore.dialogue.messages import Dialogue
from wherefore.retrieval.passage_match import PassageMatch
from wherefore.retrieval.passages import passages_of
from wherefore.retrieval.retriever import Retriever


@dataclass(frozen=True, slots=True)
class Answering:
    """A clause of an item's record, and how well it answers what was said.

    `score` says by how many standard deviations its likeness to that lies above the likeness of any item's best clause.
    """

    field: str
    text: str
    score: float
    said: str  # the user's words


def matcher(retriever: Retriever) -> PassageMatch | None:
    """The retriever's source that searches passages, if it has one."""
    return next((source for source in retriever.sources if isinstance(source, PassageMatch)), None)


def answering(dialogue: Dialogue, rows: Sequence[int], source: PassageMatch | None) -> list[Answering | None]:
    """For each row the clause that is closest to what was said; None where nothing was said or nothing is told.

    Args:
        dialogue: What was said.
        rows: Of the items.
        source: What reads requests.
    """
    found: list[Answering | None] = [None] * len(rows)
    requests = source.requests(dialogue) if source is not None else []
    if source is None or not requests or not len(rows):
        return found
    catalog = source.index.catalog
    passages, vectors = source.index.passages, source.vectors(requests)
    for said, vector, mean, deviation in zip(requests, vectors, *passages.usual(vectors), strict=True):
        near, places = passages.evidence(vector, np.asarray(rows, dtype=np.int64))
        scores = (near - mean) / deviation
        for number, (row, score, place) in enumerate(zip(rows, scores, places, strict=True)):
            best = found[number]
            if place < 0 or (best is not None and best.score >= score):
                continue
            passage = passages_of(catalog.items[row], catalog.schema)[place]
            found[number] = Answering(passage.field, passage.text, float(score), said)
    return found
