"""The n-grams of the grammar, which the writer's sentences are held to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from wherefore.catalog.catalog import Catalog
from wherefore.files import write_packed
from wherefore.training.practice import invented_catalogs, random_case, random_opening_case
from wherefore.writing.fluency import Ngram, ngrams_of, shape
from wherefore.writing.openings import opening
from wherefore.writing.reasons import word
from wherefore.writing.sentence import Sentence


def collect(catalogs: Sequence[Catalog], sentences: int, seed: int = 0) -> set[Ngram]:
    """The n-grams of random sentences of the grammar, a quarter of them openings; catalogues take turns."""
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


def write_ngrams(
    path: Path, sentences: int, seed: int = 0, progress: Callable[[int, int], None] | None = None
) -> int:
    """Write the n-grams of so many sentences, on the built-in and on invented catalogues; how many they are.

    Args:
        path: A bz2 file, one n-gram a line.
        sentences: How many.
        seed: Of all choices.
        progress: Told (done, of).
    """
    movies = Catalog.builtin()
    catalogs = [movies, movies, movies, *invented_catalogs()]
    steps = max(sentences // 5_000, 1)
    found: set[Ngram] = set()
    for step in range(steps):
        found |= collect(catalogs, sentences // steps, seed * 1_000_003 + step)
        if progress is not None:
            progress(step + 1, steps)
    text = "".join(f"{' '.join(some)}\n" for some in sorted(found))
    write_packed(path, text)
    return len(found)
