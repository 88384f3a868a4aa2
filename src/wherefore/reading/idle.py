"""Messages that say nothing of what is sought: questions on the list, thanks, a mere "any others?"."""

from __future__ import annotations

from collections.abc import Collection

from wherefore.dialogue.labels import BOUND_LABELS, NUMBER_LABELS
from wherefore.reading.clauses import clauses
from wherefore.reading.judge import Read
from wherefore.reading.slots import points_at, slots_in, turns_down
from wherefore.text import FUNCTION_WORDS, forms, ordinary_words, straight

ASKS = ("request", "refine", "taste", "answer", "naming")
_TALKS = ("question", "choice", "off_topic", "injection", "smalltalk")
_TELLS = frozenset(("wanted", "unwanted", "demanded", "more", "less", "liked", "compared"))
_CONTENT = _TELLS | BOUND_LABELS | NUMBER_LABELS
_SURE = 0.35  # of a piece that may say what is sought
_LEAST = 0.4  # how likely the likeliest act must be,
_NEED = 0.15  # how likely small talk asks for something, so that it may tell a need
_SHARE = 1.6  # and how much likelier than any that asks for something
_RARE = 250  # rank by use from which a word tells something
_PLACES = 20  # of a list that may be counted out
_EVER = frozenset(  # what is said with any list
    "else other others next more again another different look looking show list ones option options suggest bit got "
    "ok okay hm hmm mm meh nah nope eh oh ah yes yeah no please thanks come hey so".split()
)


def asks(read: Read) -> float:
    """How likely a message does the likeliest of the things that ask for items."""
    return max(read.acts.get(act, 0.0) for act in ASKS)


def talks(read: Read) -> bool:
    """Whether a message rather talks, asks about what is there or takes something than asks for something."""
    best = max(read.acts.get(act, 0.0) for act in _TALKS)
    return best >= max(_LEAST, _SHARE * asks(read))


def is_idle(read: Read, text: str, nouns: Collection[str]) -> bool:
    """Whether a message says nothing of what is sought.

    Args:
        read: What a judge made of it.
        text: The message.
        nouns: What items are called.
    """
    said = straight(text)
    parts = clauses(said)
    pointed = [one.start for one in read.meanings if one.label == "reference"]
    # What is said of one that was listed, and not of all of them.
    of_listed = [
        (start, end)
        for start, end in parts
        if slots_in(said[start:end], _PLACES)
        or any(start <= place < end and points_at(said[start:end]) != "many" for place in pointed)
    ]
    for one in read.meanings:
        degree = one.label in ("more", "less") and any(start <= one.start < end for start, end in of_listed)
        if one.label in _CONTENT and one.sure >= _SURE and one.whose != "other" and not degree:
            return False
    if talks(read):
        # "I live in a basement, by the way": what may be a need counts for the lists to come.
        return read.acts.get("smalltalk", 0.0) < _LEAST or asks(read) < _NEED
    for start, end in parts:
        if (start, end) in of_listed:
            continue
        clause = said[start:end]
        told = {form for form in forms(clause) if ordinary_words().get(form, _RARE) >= _RARE}
        if told - FUNCTION_WORDS - _EVER - set(nouns) and not (turns_down(clause) and len(told) < 2):
            return False
    return True
