"""Fluency: a sentence may only put words together as the grammar does, with any values between them.

The check of `explain` says whether a sentence is true. A small LLM can still word true things oddly ("it shares cast
its keyword"); here every three words in a row, where each value, title and limit counts as one word of its kind, must
be among those that the grammar has been seen to use.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from random import Random

from wherefore.catalog import Catalog
from wherefore.explain import Sentence
from wherefore.phrases import NUMBERS, style_of
from wherefore.plan import normal_words, record_fact
from wherefore.wording import lexicon, opening, random_case, random_opening_case, word

Trigram = tuple[str, str, str]
TRIGRAMS = "assets/trigrams.txt.gz"


def oddities(sentence: Sentence) -> list[str]:
    """What of a raw sentence no sentence of the grammar has: three words in a row each; empty when it reads well."""
    known = trigrams()
    return [" ".join(three) for three in _threes(shape(sentence)) if three not in known]


def shape(sentence: Sentence) -> list[str]:
    """The words of a raw sentence, where values, limits, titles, counts and a schema's words are words of their kind.

    `^` begins it, `$` ends it, and `|` stands between sentences.
    """
    starts = {span.start: span for span in sentence.spans}
    schema, plan = sentence.catalog.schema, sentence.plan
    nouns = ((normal_words(plan.noun), "NOUN"), (normal_words(plan.plural), "NOUNS"))
    fixed = lexicon()
    out = ["^"]
    place = 0
    while place < len(sentence.words):
        if place and sentence.sentence_of[place] != sentence.sentence_of[place - 1]:
            out.append("|")
        span = starts.get(place)
        current = sentence.words[place]
        noun = next(
            (
                (said, kind)
                for said, kind in nouns
                if said and sentence.words[place : place + len(said)] == said
            ),
            None,
        )
        if span is not None:
            styles = {style_of(record_fact(schema.spec(name), value)) for name, value in span.pairs}
            kind = {"slot": span.text[0], "limit": "LIMIT"}.get(
                span.kind, f"{span.kind}:{'/'.join(sorted(styles))}"
            )
            out.append(kind)
            place = span.end
        elif noun is not None:
            out.append(noun[1])
            place += len(noun[0])
        else:
            count = current.isdigit() or (current in NUMBERS and current != "no")
            out.append("COUNT" if count else current if current in fixed else "LABEL")
            place += 1
    return [*out, "$"]


@cache
def trigrams() -> frozenset[Trigram]:
    """All that the grammar was seen to use: what `collect` found, as `scripts/make_trigrams.py` keeps it."""
    text = gzip.decompress((files("wherefore") / TRIGRAMS).read_bytes()).decode()
    return frozenset(tuple(line.split(" ")) for line in text.splitlines())  # type: ignore[misc]


def collect(catalogs: Sequence[Catalog], sentences: int, seed: int = 0) -> set[Trigram]:
    """The trigrams of random sentences of the grammar, a quarter of them openings."""
    rng = Random(seed)
    found: set[Trigram] = set()
    for number in range(sentences):
        catalog = catalogs[number // 4 % len(catalogs)]
        if number % 4:
            case = random_case(catalog, rng)
            text = word(case.plan, rng)
        else:
            case = random_opening_case(catalog, rng)
            text = opening(case.plan, rng)
        found.update(_threes(shape(Sentence(text, case.plan, case.dialogue, catalog))))
    return found


def _threes(words: Sequence[str]) -> list[Trigram]:
    return list(zip(words, words[1:], words[2:], strict=False))
