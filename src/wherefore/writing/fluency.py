"""Fluency: a sentence may only put words together as the grammar does, with any values between them.

The check (`check.py`) says whether a sentence is true. A small LLM can still word true things oddly ("it shares cast
its keyword"); here every five words in a row, where each value, title and limit counts as one word of its kind, must
be among those that the grammar has been seen to use. Three let through what is right piece by piece alone ("you liked
Heat, and this is one"); six turn down what the grammar might well say but seldom does.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from wherefore.catalog.naming import singular
from wherefore.catalog.schema import Schema
from wherefore.catalog.spoken import measure
from wherefore.files import ASSETS, packed_text
from wherefore.text import normal_words
from wherefore.writing.evidence import record_fact
from wherefore.writing.frames import lexicon
from wherefore.writing.phrases import NUMBERS, style_of
from wherefore.writing.sentence import Sentence, Span

ORDER = 5  # n
NGRAMS = "ngrams.txt.bz2"
Ngram = tuple[str, ...]
_BEHIND = frozenset("that to for you may should under over with from at of".split())  # a noun phrase
_SINGULAR = frozenset("is was has shares stars runs lasts comes came goes dates".split())


def oddities(sentence: Sentence) -> list[str]:
    """The parts of a raw sentence that no sentence of the grammar has; empty when it reads well.

    Each is five words in a row, or a subject of two ("Heat and this one") with the verb of one.
    """
    known = ngrams()
    words = shape(sentence)
    strange = [" ".join(some) for some in ngrams_of(words) if some not in known]
    return strange + _disagreeing(words) + _misplaced(sentence) + _headless(sentence)


def _disagreeing(words: Sequence[str]) -> list[str]:
    """Subjects of two with the verb of one: "Heat and this one is a thriller"."""
    found = []
    for start, first in enumerate(words):
        subject = words[start + 1 : start + 5]
        if first in ("^", "|") and subject[:3] == ["@", "and", "this"] and len(subject) == 4:
            verb = next((word for word in words[start + 5 :] if word not in ("both", "also")), "")
            found += [" ".join((*subject, verb))] if verb in _SINGULAR else []
    return found


def _misplaced(sentence: Sentence) -> list[str]:
    """Limits with "with" that stand by themselves: an item is "under $20", not "with under $20"."""
    schema = sentence.catalog.schema
    return [
        f"with {span.text}"
        for span in sentence.spans
        if span.kind == "limit"
        and sentence.words[max(span.start - 1, 0)] == "with"
        and any(
            measure(schema.spec(name)).way in ("price", "takes", "weighs", "rated") for name in span.fields
        )
    ]


def _headless(sentence: Sentence) -> list[str]:
    """Numbers of things that are no things: "these five pet safe", without "plants"."""
    words, found = sentence.words, []
    for span in sentence.spans:
        before, last = words[max(span.start - 1, 0)], words[span.end - 1]
        counted = span.kind == "value" and span.start and (before in NUMBERS or before.isdigit())
        ends = (
            span.end >= len(words)
            or sentence.sentence_of[span.end] != sentence.sentence_of[span.start]
            or words[span.end] in _BEHIND
        )
        if counted and ends and singular(last) == last and before not in ("one", "1"):
            found.append(f"{before} {span.text}")
    return found


def shape(sentence: Sentence) -> list[str]:
    """The words of a raw sentence, with their kind in place of values, limits, titles, counts and a schema's words.

    `^` begins it, `$` ends it, and `|` stands between sentences.
    """
    starts = {span.start: span for span in sentence.spans}
    nouns = [
        (noun, kind)
        for text, kind in ((sentence.plan.noun, "NOUN"), (sentence.plan.plural, "NOUNS"))
        if (noun := normal_words(text))
    ]
    out = ["^"]
    place = 0
    while place < len(sentence.words):
        if place and sentence.sentence_of[place] != sentence.sentence_of[place - 1]:
            out.append("|")
        here = [(noun, kind) for noun, kind in nouns if sentence.words[place : place + len(noun)] == noun]
        if place in starts:
            out.append(_kind_of(starts[place], sentence.catalog.schema))
            place = starts[place].end
        elif here:
            noun, kind = here[0]
            out.append(kind)
            place += len(noun)
        else:
            out.append(_shape_of(sentence.words[place]))
            place += 1
    return [*out, "$"]


def _kind_of(span: Span, schema: Schema) -> str:
    """The kind that stands for a value, limit or title: "value:person", "LIMIT", "@"."""
    if span.kind == "slot":
        return span.text[0]
    if span.kind == "limit":
        return "LIMIT"
    styles = {style_of(record_fact(schema.spec(name), value)) for name, value in span.pairs}
    return f"{span.kind}:{'/'.join(sorted(styles))}"


def _shape_of(word: str) -> str:
    """A word of the grammar as it is; of others, the kind."""
    if word in ("1", "one"):
        return "one"
    if word.isdigit() or (word in NUMBERS and word != "no"):
        return "COUNT"
    return word if word in lexicon() else "LABEL"


@cache
def ngrams() -> frozenset[Ngram]:
    """All that the grammar was seen to use, as `scripts/make_ngrams.py` wrote it down."""
    text = packed_text(ASSETS / NGRAMS)
    return frozenset(tuple(line.split(" ")) for line in text.splitlines())


def ngrams_of(words: Sequence[str]) -> list[Ngram]:
    """All runs of ORDER words; a shorter sentence as it is."""
    return [tuple(words[start : start + ORDER]) for start in range(max(len(words) - ORDER, 0) + 1)]
