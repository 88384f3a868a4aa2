"""What people ask for and records often say nothing of: where something streams, awards, age ratings, reviews."""

from __future__ import annotations

import re
from collections.abc import Collection

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.naming import words_of
from wherefore.reading.clauses import NT
from wherefore.text import straight

_COMMON = frozenset(
    "on from via with has have got only for now free right any an a many lots of won win winning good great excellent "
    "high best top well rated positive rave amazing awesome killer cool nice bad words score first language age r g "
    "amazon apple prime tv video plus where can could do might should i we you one watch stream see find rent buy get "
    "gets to it this that them in at the its their what how is did people audiences still near me nominated".split()
)
# What may be asked for, words of fields that would hold it, and how it is asked for.
_TOPICS: tuple[tuple[str, frozenset[str], re.Pattern[str]], ...] = (
    (
        "awards",
        frozenset("award awards oscar oscars prize prizes nomination nominations emmy".split()),
        re.compile(
            r"\b(?:oscars|oscar[- ](?:winn(?:er|ers|ing)|nominat(?:ed|ion)|nominees?|bait)|academy\s+awards?|"
            r"awards?[- ]winn(?:er|ers|ing)|golden\s+globes?|emmys?|best\s+picture|palme\s+d'or|pulitzer|(?:won|win|"
            r"winning|gets?|got)\s+(?:an?\s+|any\s+|many\s+|lots\s+of\s+)?(?:awards?|prizes?|oscars?)|booker\s+prize|"
            r"nominated\s+for\s+(?:an?\s+|any\s+)?(?:awards?|prizes?|oscars?)|prize[- ]winning)\b"
        ),
    ),
    (
        "age ratings",
        frozenset("certificate certification mpaa pegi esrb rated".split()),
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
            r"(?:reviews?|ratings?|scores?)|(?:its|the|their|what)\s+(?:ratings?|reviews?|scores?)|"
            r"(?:what|how)\s+(?:did|do)\s+(?:the\s+)?(?:critics|reviewers|people|audiences)|how\s+is\s+it\s+rated)\b"
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
        "weights",
        frozenset("weight weights mass grams kilograms kg lbs ounces".split()),
        re.compile(r"\bhow\s+heavy\b|\b(?:how\s+much|what)\b[^.?!\n]{0,40}\bweighs?\b"),
    ),
    (
        "where things stream",
        frozenset("streaming stream netflix hulu platform provider service availability".split()),
        re.compile(
            r"\b(?:(?:on|from|via|with|has|have|got|only)\s+(?:netflix|hulu|disney\s?(?:plus|\+)|prime(?:\s+video)?|"
            r"amazon(?:\s+prime)?|hbo(?:\s+max)?|apple\s+tv(?:\+|\s+plus)?|paramount\s?(?:plus|\+)|peacock|tubi|mubi|"
            r"crunchyroll)|(?:available|streaming|streamable)\s+(?:on|now|anywhere|for\s+free|right\s+now)|"
            r"where\s+(?:can|could|do|might|should)\s+(?:i|we|you|one)\s+(?:watch|stream|see|find|rent|buy|get)|"
            r"where\s+to\s+(?:watch|stream|rent|buy)\s+(?:it|this|that|them)|"
            r"(?:in|at)\s+(?:the\s+)?(?:cinemas?|theat(?:er|re)s?)\s+(?:now|still|near\s+me|right\s+now))(?!\w)"
        ),
    ),
)
_WARNED_OF = ("bad language",)  # topics that a tag by one of their words tells of
# Kinds of things, by the words that name them; the first is how they are spoken of.
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(names))
    for kind, names in (
        (
            "TV series",
            r"(?:tv|television|web)[- ]?(?:series|shows?)|shows?|series|sitcoms?|mini[- ]?series|[kc][- ]?dramas?|"
            r"soap\s+operas?",
        ),
        ("movies", r"movies?|films?|flicks?"),
        ("books", r"(?:e-?|audio\s?)?books?|novels?"),
        ("games", r"(?:(?:video|computer|board|card)\s?)?games?"),
        ("music", r"music|songs?|(?:music\s+)?albums?|playlists?"),
        ("podcasts", r"podcasts?"),
    )
)
_KIND_OF_ANY = "|".join(names.pattern for _, names in _KINDS)
_ASKED_FOR = re.compile(
    r"\b(?:(?:what|how)\s+about|any|recommend|suggest|want|wanna|looking\s+for|search(?:ing)?\s+for|need|i'd\s+(?:like|"
    r"prefer)|show\s+me|give\s+me|(?:you|u)\s+(?:got|have|know)|have\s+you\s+got|find|is\s+there|are\s+there|in\s+the\s+mood\s+for|up\s+for|feel\s+like)\s+"
    r"(?:(?:me|us|to|watch|read|play|hear|see|a|an|any|some|few|good|great|new|nice|fun|other|short|long|binge)\s+){0,5}"
    rf"(?P<kind>{_KIND_OF_ANY})\s*"
    r"(?=$|[.,!?;]|\b(?:instead|to|please|for|about|with|set|tonight|now|today|too|also|maybe|then|rather|or|and|but)\b)"
)
_REFUSED = re.compile(rf"(?:\b(?:no|not|never|nothing|than|without)|{NT})\b[^.!?\n,;]*$")
_PART_OF = re.compile(r"\b(?:on|from|of|like|about|in|with)\s+$")  # "based on any book"
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
    return [
        topic
        for topic, words, said in asked
        if not words & named
        and not _is_held(set(words_of(said)) - _COMMON, catalog)
        and not (topic in _WARNED_OF and _is_held(words, catalog))
    ]


def _is_held(words: Collection[str], catalog: Catalog) -> bool:
    """Whether a tag of the catalogue has one of some words."""
    return any(
        word in value.lower() and word in words_of(value)
        for spec in catalog.schema.tags
        for value in catalog.vocabulary(spec.name)
        for word in words
    )


def other_kinds(text: str, catalog: Catalog) -> list[str]:
    """The kinds of things that a text asks for and the catalogue has none of: "TV series", of a catalogue of movies.

    >>> other_kinds("What about a TV series?", Catalog.builtin())
    ['TV series']
    """
    low = straight(text).lower()
    asked = [
        match["kind"]
        for match in _ASKED_FOR.finditer(low)
        if not _REFUSED.search(low[: match.start("kind")]) and not _PART_OF.search(low[: match.start()])
    ]
    schema = catalog.schema
    # Of a catalogue that does not say what its items are, nothing can be said.
    if not asked or not any(names.fullmatch(schema.noun.lower()) for _, names in _KINDS):
        return []
    held = {schema.noun.lower(), schema.plural.lower()} | {
        value.lower()  # `type`, `format`: one for each item
        for spec in schema.tags
        if not any(len(item.values(spec.name)) > 1 for item in catalog)
        for value in catalog.vocabulary(spec.name)
    }
    return [
        kind
        for kind, names in _KINDS
        if any(map(names.fullmatch, asked)) and not any(map(names.fullmatch, held))
    ]
