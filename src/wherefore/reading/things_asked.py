"""Which thing a question asks after, in the words that a record may name it by: "is there garlic in it?": garlic."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from wherefore.text import FUNCTION_WORDS, stem, words

_HAS = re.compile(  # the question is whether something is in an item, or belongs to it
    r"\b(?:ha(?:s|ve|d|ving)|got|contains?|containing|includ(?:es?|ing)|with|without|w/o?|there|in\s+(?:it|them|these|those|"
    r"any|the|number)|comes?\s+with|features?|made\s+(?:of|with|from|out)|any|free|no)\b|-free\b",
    re.IGNORECASE,
)
_NEEDS = re.compile(r"\b(?:needs?|requires?|use[sd]?|calls?\s+for|want)\b", re.IGNORECASE)
_LACKS = re.compile(r"\b(?:without|w/o|free|no|not|avoid\w*|lack\w*)\b|-free\b|n't\b", re.IGNORECASE)
_OPEN = re.compile(
    r"\b(?:hows?|why|whos?|whose|whom|when|wheres?|compare|than|instead|should|most|least|fewest|best|worst|(?!rest|test)[a-z]{3,}est)\b",
    re.IGNORECASE,
)
_WHAT = re.compile(r"^\W*what\b", re.IGNORECASE)
_DEGREE = re.compile(r"\b(?:lots?|much|many|very|too|high|plenty|loads)\b", re.IGNORECASE)
_OR = re.compile(r"\b(?:or|and|nor)\b|[,/]")
_PAST = re.compile(r"[.;:!?]|,\s*(?:i|i'm|my|we|as|because|since|he|she|cos|like|bf|so)\b|\s[-–—]\s")
# Words of questions that name nothing a record could tell.
_FILLING = frozenset(
    map(
        stem,
        "have has had having got get gets contain contains include includes including come comes with without "
        "there in any made make makes use uses used using need needs need require requires eat eats eating "
        "drink use free no not kind sort type bit lot lots much many some every each both either neither none "
        "one ones first second third fourth fifth last top number list please also too well really actually "
        "still even ever maybe perhaps mean know tell say says see think wonder thing things stuff something "
        "anything want go goes give put take takes able ok okay fine same other another person people someone "
        "somebody anyone friend wife husband hubby mum mom dad son daughter kid kids bf gf partner contained "
        "present item record is are hm em er um pls lol haha two three four five few good bad nice great "
        "better worse worth set happen happens about right true wrong really filed based".split(),
    )
)
_MOST = 3  # words of a thing
_PARTS = 3  # things of one question


class Thing(NamedTuple):
    """What a question asks after.

    Attributes:
        names: The thing, or several of which any would do.
        has: Whether the question is if items have it; else it asks whether they are it, or do it.
        lacks: Whether those without it are asked for.
        needs: Whether it is asked whether they need it.
        much: Whether it is asked whether they have much of it, which that they name it does not tell.
    """

    names: tuple[str, ...]
    has: bool
    lacks: bool
    needs: bool
    much: bool = False


def thing_asked(asked: str, nouns: Collection[str] = ()) -> Thing | None:
    """The thing that a question of yes or no, or of which, asks after; None where it is another question.

    >>> thing_asked("does any of these have alcohol in it?").names, thing_asked("which of them are gluten free?").lacks
    (('alcohol',), True)
    >>> thing_asked("are there nuts or seeds in the last one").names, thing_asked("how long is it?")
    (('nuts', 'seeds'), None)

    Args:
        asked: The question, its titles blank.
        nouns: What an item is called.
    """
    said = asked.lower()
    end = _PAST.search(said.strip(" ?!.,;:"))
    said = said.strip(" ?!.,;:")[: end.start() if end else None]
    if _OPEN.search(said) or _WHAT.match(said):
        return None
    own = {stem(one) for one in nouns}
    names, together = [], True
    for part in _OR.split(said.replace("-free", " free").replace("'", " ")):
        held = [
            (number, word.form)
            for number, word in enumerate(words(part))
            if word.form not in FUNCTION_WORDS
            and stem(word.form) not in _FILLING | own
            and len(word.form) > 1
        ]
        told = [form for _, form in held]
        # "stay outside in winter" is no thing
        together = together and (not held or held[-1][0] - held[0][0] == len(held) - 1)
        if len(told) > _MOST:
            return None
        if told and not any(one.isdigit() for one in told):
            names.append(" ".join(told))
    if not 0 < len(names) <= _PARTS:
        return None
    needs = _NEEDS.search(said) is not None
    has = not needs and _HAS.search(said) is not None and together
    return Thing(tuple(names), has, _LACKS.search(said) is not None, needs, _DEGREE.search(said) is not None)
