"""What the grammar's sentences are made of: n-grams, which the writer's sentences are held to."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from wherefore.catalog.catalog import Catalog
from wherefore.training.practice import random_case, random_opening_case
from wherefore.writing.fluency import Ngram, ngrams_of, shape
from wherefore.writing.openings import opening
from wherefore.writing.reasons import word
from wherefore.writing.sentence import Sentence


def collect(catalogs: Sequence[Catalog], sentences: int, seed: int = 0) -> set[Ngram]:
    """The n-grams of random sentences of the grammar, a quarter of them openings."""
    rng = Random(seed)
    found: set[Ngram] = set()
    for number in range(sentences):
        catalog = catalogs[number // 4 % len(catalogs)]
        if number % 4:
            case = random_case(catalog, rng)
            text = word(case.plan, rng)
        else:
            case = random_opening_case(catalog, rng)
            text = opening(case.plan, rng)
        found.update(ngrams_of(shape(Sentence(text, case.plan, case.dialogue, catalog))))
    return found
