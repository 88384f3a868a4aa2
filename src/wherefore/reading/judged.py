"""What the judge's labels make of a message: which titles it names and how they please, what it wants and refuses."""

from __future__ import annotations

from collections.abc import Sequence

from wherefore.dialogue.messages import Message
from wherefore.dialogue.notes import Verdict
from wherefore.dialogue.state import FoundWish
from wherefore.reading.clauses import Span
from wherefore.reading.judge import Meaning, MessageJudge
from wherefore.reading.refusals import is_lifted, is_optional
from wherefore.reading.values import Passage, ValueFinder, ValueSpan
from wherefore.reading.vocabulary import Value
from wherefore.text import words

ITEMS = frozenset(("liked", "disliked", "seen", "named", "compared", "asked"))
WANTED = frozenset(("wanted", "demanded", "more"))
UNWANTED = frozenset(("unwanted", "less"))
_VERDICTS: dict[str, Verdict] = {"liked": "liked", "disliked": "disliked", "seen": "seen"}
_LONGER = 2  # words that a description has beside a value, so that the value is only a part of it
_SURE = 0.5


class JudgedReader:
    """Reads wishes and verdicts by a judge.

    Args:
        judge: Says what pieces of messages mean.
        values: Finds values and people of the catalogue.
    """

    def __init__(self, judge: MessageJudge, values: ValueFinder) -> None:
        self._judge, self._values = judge, values

    def titles(self, before: Sequence[Message], text: str) -> list[Meaning]:
        """The pieces that name items, and that somebody whose taste counts speaks of."""
        return [one for one in self._judge.read(before, text).meanings if one.label in ITEMS]

    def names_item(self, before: Sequence[Message], text: str, span: Span) -> bool:
        """Whether characters that may name an item, or point at one, do."""
        return _share(self._judge.meanings(before, text, [span])[0], ITEMS | {"reference"}) >= _SURE

    def verdict(self, before: Sequence[Message], text: str, span: Span) -> Verdict | None:
        """What is said of an item that is named at these characters."""
        meaning = self._judge.meanings(before, text, [span])[0]
        if meaning.whose == "other":
            return None
        best = max(_VERDICTS, key=lambda label: meaning.odds[label])
        rest = meaning.odds["named"] + meaning.odds["compared"] + meaning.odds["asked"]
        return _VERDICTS[best] if meaning.odds[best] > rest else None

    def means_nothing(self, before: Sequence[Message], text: str, span: Span) -> bool:
        """Whether a number says nothing of what is sought."""
        return self._judge.meanings(before, text, [span])[0].odds["nothing"] > _SURE

    def wishes(self, before: Sequence[Message], text: str, masked: Sequence[Span]) -> list[FoundWish]:
        """The wishes of a message.

        Args:
            before: The messages before it.
            text: The message.
            masked: Characters that say nothing of values: titles, numbers.
        """
        passage = self._values.passage(text, words(text), masked)
        pieces = [_characters(passage, span) for span in passage.spans]
        found: list[FoundWish] = []
        described = [
            (one.start, one.end)
            for one in self._judge.read(before, text).meanings
            if one.label in WANTED | UNWANTED
        ]
        meanings = self._judge.meanings(before, text, pieces)
        for span, piece, meaning in zip(passage.spans, pieces, meanings, strict=True):
            if not _is_part(passage, span, piece, described):
                found += self._wish(passage, span, meaning)
        return found

    def _wish(self, passage: Passage, span: ValueSpan, meaning: Meaning) -> list[FoundWish]:
        nouns = self._values.words.nouns
        start, end = meaning.start, meaning.end

        def made(value: Value, kind: str, strength: float) -> FoundWish:
            return FoundWish(value.field, value.value, kind, strength, start, end)  # type: ignore[arg-type]

        if is_optional(passage, span):
            return [made(value, "freed", 1.0) for value in self._meant(passage, span)]
        if is_lifted(passage, span, nouns):
            return [made(value, "lifted", 1.0) for value in self._meant(passage, span)]
        wanted, unwanted = _share(meaning, WANTED), _share(meaning, UNWANTED)
        if meaning.whose == "other" or max(wanted, unwanted) < _SURE:
            return []
        if unwanted > wanted:
            mild = meaning.strength == "mild" or meaning.odds["less"] > meaning.odds["unwanted"]
            return [made(value, "unwanted", 0.5 if mild else 2.0) for value in self._meant(passage, span)]
        must = meaning.odds["demanded"] > meaning.odds["wanted"] or meaning.strength == "firm"
        values = self._meant(passage, span) if span.is_person else self._values.words.wanted(span.key)
        strong = must or span.is_person or passage.is_placed(span.first)
        strong = strong and meaning.strength != "mild"
        if span.is_person:
            return [made(values[0], "wanted", 2.0 if strong else 1.0)]
        return [
            made(value, "wanted", 2.0 if strong and not rank else 1.0) for rank, value in enumerate(values)
        ]

    def _meant(self, passage: Passage, span: ValueSpan) -> list[Value]:
        values = self._values.words.all(span.key, span.is_person)
        if span.is_person:
            values = sorted(values, key=lambda value: -value.count)
            fields = self._values.suited(passage, span.first)
            return [value for value in values if value.field in fields] or list(values)
        return list(values)


def _share(meaning: Meaning, labels: frozenset[str]) -> float:
    return sum(meaning.odds[label] for label in labels)


def _characters(passage: Passage, span: ValueSpan) -> Span:
    return passage.said[span.first].start, passage.said[span.end - 1].end


def _is_part(passage: Passage, span: ValueSpan, piece: Span, described: Sequence[Span]) -> bool:
    """Whether a value is only a word of a longer description: "war" of "a nurse falls in love in the war"."""
    for start, end in described:
        if start <= piece[0] and piece[1] <= end:
            inside = sum(start <= word.start and word.end <= end for word in passage.said)
            return inside - (span.end - span.first) >= _LONGER
    return False
