"""Kinds of things that are refused, and diets and laws that rule some out, by a judge: "no nuts", "coeliac here"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.concepts import Concept, concepts_of, having
from wherefore.catalog.naming import singular, words_of
from wherefore.dialogue.messages import Message
from wherefore.reading.clauses import Span, touch
from wherefore.reading.judge import Meaning, MessageJudge
from wherefore.text import straight, words

_FREE_AFTER = re.compile(r"[\s-]?free\b(?!\s+(?:range|of\b|with\b))", re.IGNORECASE)
_FREE_BEFORE = re.compile(r"\b(?:free\s+(?:from|of)|non|without(?:\s+any)?)[\s-]+$", re.IGNORECASE)
_ILL = re.compile(r"c(?:o)?eliacs?(?:\s+disease)?", re.IGNORECASE)  # an illness, whatever is said around it
_LIVES = re.compile(  # before a rule: somebody lives by it
    r"(?:\b(?:i'?m|i\s+am|we're|we\s+are|he's|she's|they're|they\s+are|who's|who\s+(?:is|are)|as|being|"
    r"(?:wife|husband|partner|son|daughter|mum|mom|mother|dad|father|sister|brother|friend|friends|"
    r"girlfriend|boyfriend|"
    r"kids?|children|guests?|flatmate|roommate|colleague|boss|aunt|uncle|gran|grandma|family|of\s+(?:us|"
    r"them))\s+(?:is|are|went|"
    r"keeps?|has\s+gone|turned|eats?))\s+(?:(?:an?|also|both|all|strictly|mostly|newly|recently|now|"
    r"severely|very|a\s+strict|strict)\s+)*)$",
    re.IGNORECASE,
)
_HERE = re.compile(
    r"\s+(?:here|guests?|friends?|husband|wife|partner|son|daughter|mum|mom|dad|boyfriend|girlfriend|"
    r"household|family|kids?|"
    r"people|person|flatmate|roommate|colleague|in-laws)\b",
    re.IGNORECASE,
)
_NOT_SO = re.compile(
    r"(?:\b(?:not|no|never|nobody|used\s+to\s+be|isn't|aren't)|n't)\s+(?:\w+\s+){0,2}$", re.IGNORECASE
)
_EATEN = frozenset(  # words of catalogues of what is eaten and drunk
    "ingredient cuisine allergen dish menu recipe meal food snack restaurant course diet drink wine beer "
    "cafe calorie".split()
)
_REFUSED = 0.5  # how likely it is that a kind is refused
_RULE = 0.35  # that somebody lives by a rule: who is not heard may fall ill
_LEFT = 5  # items that a refusal must leave


@dataclass(frozen=True, slots=True)
class FoundKind:
    """A kind that a message refuses.

    Attributes:
        start: The first character of what says so,
        end: and the one after the last.
        names: Of the concepts that are ruled out.
        is_rule: Whether a diet, a law or an illness says so.
    """

    start: int
    end: int
    names: tuple[str, ...]
    is_rule: bool


class JudgedKinds:
    """Finds refused kinds.

    Args:
        catalog: The catalogue: only what some of its records name, and others do not, can be left out.
        judge: Says what pieces of messages mean.
    """

    def __init__(self, catalog: Catalog, judge: MessageJudge) -> None:
        self._catalog, self._judge = catalog, judge
        schema = catalog.schema
        named = [word for spec in schema.fields for word in words_of(spec.called)]
        self._eaten = not _EATEN.isdisjoint(
            map(singular, [*named, schema.noun.lower(), schema.plural.lower()])
        )

    def read(self, before: Sequence[Message], text: str, masked: Sequence[Span]) -> list[FoundKind]:
        """The refused kinds of a message, in order.

        Args:
            before: The messages before it.
            text: The message.
            masked: Characters that say something else: titles, numbers.
        """
        spots = []
        for start, end, concept in concepts_of(self._catalog).found(words(text)):
            after = _FREE_AFTER.match(text, end)
            free = after is not None or _FREE_BEFORE.search(text[:start]) is not None
            if not any(touch((start, end), place) for place in masked):
                spots.append((start, after.end() if after else end, concept, free))
        meanings = self._judge.meanings(before, text, [(start, end) for start, end, _, _ in spots])
        found = []
        for (start, end, concept, free), meaning in zip(spots, meanings, strict=True):
            names = self._left_out(concept)
            lives = self._eaten and concept.rules_out and _lives(straight(text), start, end)
            if names and meaning.whose != "other" and (lives or _is_refused(meaning, concept, free)):
                found.append(FoundKind(start, end, tuple(names), bool(concept.rules_out)))
        return found

    def _left_out(self, concept: Concept) -> tuple[str, ...]:
        """What is to be left out: all that a rule rules out where records name any of it, else what leaves others."""
        named = [int(having(self._catalog, name).sum()) for name in ruled_out(concept)]
        if concept.rules_out:
            return concept.rules_out if any(named) else ()
        if concept.of_things and not named[0]:
            return ()  # "not heavy", of suitcases: no music
        return (concept.name,) if named[0] <= len(self._catalog) - _LEFT else ()


def ruled_out(concept: Concept) -> tuple[str, ...]:
    """The names of the kinds that a concept rules out where it is refused, or where somebody lives by it."""
    return concept.rules_out or (concept.name,)


def _lives(text: str, start: int, end: int) -> bool:
    """Whether a text says of somebody that he or she lives by a rule: "coeliac here", "my wife is vegan"."""
    before = text[:start]
    if _NOT_SO.search(before):
        return False
    ill = _ILL.fullmatch(text[start:end]) is not None
    return ill or _LIVES.search(before) is not None or _HERE.match(text, end) is not None


def _is_refused(meaning: Meaning, concept: Concept, free: bool) -> bool:
    odds = meaning.odds
    wanted = odds["wanted"] + odds["demanded"] + odds["more"]
    unwanted = odds["unwanted"] + odds["less"]
    if concept.rules_out:
        return wanted >= _RULE and wanted > unwanted
    if free:  # "dairy-free" wants it to be without
        return wanted + unwanted >= _REFUSED
    return unwanted >= _REFUSED and meaning.strength != "mild"
