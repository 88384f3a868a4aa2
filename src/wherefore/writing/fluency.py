"""Fluency: a sentence may only put words together as the grammar does, with any values between them.

The check of `explain` says whether a sentence is true. A small LLM can still word true things oddly ("it shares cast
its keyword"); here every five words in a row, where each value, title and limit counts as one word of its kind, must
be among those that the grammar has been seen to use. Three let through what is right piece by piece alone ("you liked
Heat, and this is one"); six turn down what the grammar might well say but seldom does.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from functools import cache

from wherefore.files import ASSETS
from wherefore.text import normal_words
from wherefore.writing.check import Sentence
from wherefore.writing.grammar import lexicon
from wherefore.writing.phrases import NUMBERS, style_of
from wherefore.writing.plan import record_fact

ORDER = 5  # n


NGRAMS = "ngrams.txt.gz"


Ngram = tuple[str, ...]


_SINGULAR = frozenset("is was has shares stars runs lasts comes came goes dates".split())


def oddities(sentence: Sentence) -> list[str]:
    """What of a raw sentence no sentence of the grammar has; empty when it reads well.

    That is five words in a row each, and a subject of two ("Heat and this one") before the verb of one.
    """
    known = ngrams()
    words = shape(sentence)
    return [" ".join(some) for some in _ngrams(words) if some not in known] + _disagreeing(words)


def _disagreeing(words: Sequence[str]) -> list[str]:
    """Subjects of two with the verb of one: "Heat and this one is a thriller"."""
    found = []
    for start, first in enumerate(words):
        subject = words[start + 1 : start + 5]
        if first in ("^", "|") and subject[:3] == ["@", "and", "this"] and len(subject) == 4:
            verb = next((word for word in words[start + 5 :] if word not in ("both", "also")), "")
            found += [" ".join((*subject, verb))] if verb in _SINGULAR else []
    return found


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
            kind = "COUNT" if count and current != "1" else current if current in fixed else "LABEL"
            out.append("one" if current in ("1", "one") else kind)
            place += 1
    return [*out, "$"]


@cache
def ngrams() -> frozenset[Ngram]:
    """All that the grammar was seen to use: what `collect` found, as `scripts/make_ngrams.py` keeps it."""
    text = gzip.decompress((ASSETS / NGRAMS).read_bytes()).decode()
    return frozenset(tuple(line.split(" ")) for line in text.splitlines())


def _ngrams(words: Sequence[str]) -> list[Ngram]:
    """All of ORDER words in a row; a shorter sentence as it is."""
    return [tuple(words[start : start + ORDER]) for start in range(max(len(words) - ORDER, 0) + 1)]
