"""What people ask for and records often say nothing of: where something streams, awards, age ratings, reviews."""

from __future__ import annotations

import re

from wherefore.catalog import Catalog
from wherefore.schema import words_of
from wherefore.words import straight

_COMMON = frozenset(
    "on from via with has have got only for now free right any an a many lots of won win winning good great excellent "
    "high best top well rated positive rave amazing awesome killer cool nice bad words score first language age r g "
    "amazon apple prime tv video plus".split()
)
# What may be asked for, words of fields that would hold it, and how it is asked for.
_TOPICS: tuple[tuple[str, frozenset[str], re.Pattern[str]], ...] = (
    (
        "awards",
        frozenset("award awards oscar oscars prize prizes nomination nominations emmy".split()),
        re.compile(
            r"\b(?:oscars|oscar[- ](?:winn(?:er|ers|ing)|nominat(?:ed|ion)|nominees?|bait)|academy\s+awards?|"
            r"awards?[- ]winn(?:er|ers|ing)|golden\s+globes?|emmys?|best\s+picture|palme\s+d'or|pulitzer|"
            r"(?:won|win|winning)\s+(?:an?\s+|any\s+|many\s+|lots\s+of\s+)?(?:awards?|prizes?)|booker\s+prize|"
            r"prize[- ]winning)\b"
        ),
    ),
    (
        "age ratings",
        frozenset("certificate certification mpaa age pegi esrb rated".split()),
        re.compile(
            r"\b(?:pg(?:[- ]?13)?|nc[- ]?17|r[- ]rated|rated[- ](?:r|g|pg(?:-13)?)|g[- ]rated|age\s+rating|"
            r"age[- ]appropriate|mpaa)\b"
        ),
    ),
    (
        "reviews",
        frozenset("rating ratings review reviews score stars critics".split()),
        re.compile(
            r"\b(?:(?:highly|top|best|well)[- ](?:rated|reviewed)|(?:critically\s+)?acclaimed|rotten\s+tomatoes|imdb|"
            r"metacritic|letterboxd|goodreads|(?:good|great|excellent|high|best|positive|rave)\s+"
            r"(?:reviews?|ratings?|scores?))\b"
        ),
    ),
    (
        "bad language",
        frozenset("profanity swearing".split()),
        re.compile(
            r"\b(?:swearing|swear\s+words?|profanity|cursing|curse\s+words?|bad\s+language|f[- ]bombs?)\b"
        ),
    ),
    (
        "soundtracks",
        frozenset("soundtrack composer composers score music".split()),
        re.compile(r"\b(?:good|great|amazing|awesome|killer|best|cool|nice)\s+(?:soundtracks?|score)\b"),
    ),
    (
        "where things stream",
        frozenset("streaming stream netflix hulu platform provider service availability".split()),
        re.compile(
            r"\b(?:(?:on|from|via|with|has|have|got|only)\s+(?:netflix|hulu|disney\s?(?:plus|\+)|prime(?:\s+video)?|"
            r"amazon(?:\s+prime)?|hbo(?:\s+max)?|apple\s+tv(?:\+|\s+plus)?|paramount\s?(?:plus|\+)|peacock|tubi|mubi|"
            r"crunchyroll)|(?:available|streaming|streamable)\s+(?:on|now|anywhere|for\s+free|right\s+now))(?!\w)"
        ),
    ),
)
_PAST = re.compile(r"\b(?:saw|seen|watched|found|started|read|was|were)\b[^.!?\n]*$")  # "I saw it on Netflix"


def unrecorded(text: str, catalog: Catalog) -> list[str]:
    """What a text asks for that no record of the catalogue can tell: "awards".

    A topic that a field's name or label speaks of is recorded, and so is one of which some item has a value.

    >>> unrecorded("an Oscar winner on Netflix", Catalog.builtin())
    ['awards', 'where things stream']
    """
    low = straight(text).lower()
    asked = [
        (topic, words, match[0])
        for topic, words, how in _TOPICS
        if (match := how.search(low)) and not _PAST.search(low[: match.start()])
    ]
    if not asked:
        return []
    named = {
        word for spec in catalog.schema.fields for word in (*words_of(spec.name), *words_of(spec.label or ""))
    }
    held = {
        word
        for spec in catalog.schema.of_kind("category")
        for value in catalog.vocabulary(spec.name)
        for word in words_of(value)
    }
    return [
        topic
        for topic, words, said in asked
        if not words & named and not {word for word in words_of(said) if word not in _COMMON} & held
    ]
