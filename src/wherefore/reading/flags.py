"""Flags asked for in other words: "clean only", "must be available", of columns that say yes or no."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.flag_words import Flag, flags_of
from wherefore.reading.clauses import NT, Span, touch
from wherefore.text import FUNCTION_WORDS, forms

_TURNED = re.compile(  # right before it: "not a folding one", "without any wires", "no wireless ones"
    rf"(?:\b(?:no|not|without|non|never|nothing|except|avoid|hate|dislike|anti|kein|keine|keinen|ohne|nicht|sans|sin|"
    rf"senza|zonder|sem)|{NT})[\s-]+(?:(?:an?|the|any|anything|something|one|that|that's|thats|is|are|be|to|want|wants|"
    r"need|like|have|has|with|of|so|really|too|very)\s+){0,4}$",
    re.IGNORECASE,
)
_FREED = re.compile(  # "it doesn't have to be wireless", "I don't mind explicit ones", "whether it folds"
    rf"(?:(?:{NT}|\bnot|\bnever)\s+(?:really\s+)?(?:need|have|got|mind|care|matter)|\bneedn't|\bwhether|"
    rf"\bif\s+it(?:'s|\s+is)?|"
    r"\bno\s+need|\bused\s+to\s+be)\b[^.!?;,\n]{0,25}$",
    re.IGNORECASE,
)
_LIFTED = re.compile(
    r"^[\s-]+(?:ones?\s+)?(?:is|are|would\s+be)\s+(?:fine|ok|okay|optional|alright)\b", re.IGNORECASE
)
_MILD = re.compile(
    r"\b(?:ideally|preferably|if\s+possible|would\s+be\s+(?:nice|great|good|lovely|a\s+plus)|bonus|"
    r"nice\s+to\s+have|maybe|"
    r"rather|prefer|hopefully)\b",
    re.IGNORECASE,
)
_PLAIN = frozenset(  # words behind "clean" with which it says the same
    "only please pls version versions lyrics song songs track tracks music one ones stuff edit edits artist artists "
    "album albums episode episodes podcast podcasts thanks though".split()
)


@dataclass(frozen=True, slots=True)
class FoundFlag:
    """A flag that is asked for, or refused, at `start` to `end`.

    Attributes:
        start: The first character of what says so,
        end: and the one after the last.
        flag: The column.
        wanted: Whether a yes is asked for; a no otherwise.
        strength: As of a `Wish`.
        asked: Whether the words ask for that themselves, as "clean" does; otherwise they are turned round.
    """

    start: int
    end: int
    flag: Flag
    wanted: bool
    strength: float
    asked: bool


class FlagReader:
    """Reads what is asked of columns of yes and no.

    Args:
        catalog: The catalogue.
        sought: What its items are called: "songs", "thrillers".
    """

    def __init__(self, catalog: Catalog, sought: Collection[str] = ()) -> None:
        self._sought = frozenset(sought) | _PLAIN | FUNCTION_WORDS
        self._flags = [
            (flag, _pattern(flag.words.yes), _pattern(flag.words.no if flag.is_flag else ()))
            for flag in flags_of(catalog)
        ]

    def read(self, text: str, masked: Sequence[Span] = ()) -> list[FoundFlag]:
        """What a message asks of them, in order.

        Args:
            text: The message, apostrophes straight.
            masked: Characters that say something else: titles, numbers, questions.
        """
        found: list[FoundFlag] = []
        for flag, yes, no in self._flags:
            places = [(match.span(), True) for match in (yes.finditer(text) if yes else ())]
            places += [(match.span(), False) for match in (no.finditer(text) if no else ())]
            for span, affirms in sorted(places, key=lambda place: (place[0][0], -place[0][1])):
                mine = [(one.start, one.end) for one in found if one.flag is flag]
                if any(touch(span, other) for other in (*masked, *mine)):
                    continue
                if not affirms and self._of_other(text, span):
                    continue
                one = _read(text, span, flag, affirms)
                if one is not None:
                    found.append(one)
        return sorted(found, key=lambda one: one.start)

    def _of_other(self, text: str, span: Span) -> bool:
        """Whether one word stands before what it describes, and that is no item: "clean guitars"."""
        after = re.match(r"[ -]+([^\W\d_]+)", text[span[1] :])
        return " " not in text[slice(*span)] and after is not None and forms(after[1])[0] not in self._sought


def _read(text: str, span: Span, flag: Flag, affirms: bool) -> FoundFlag | None:
    """What words for a flag ask for where they stand; None where they ask for nothing."""
    before, after = text[: span[0]], text[span[1] :]
    if _FREED.search(before) or _LIFTED.match(after):
        return None
    turned = _TURNED.search(before) is not None
    clause = re.split(r"[.!?;,\n]", before)[-1] + text[slice(*span)] + re.split(r"[.!?;,\n]", after)[0]
    strength = 1.0 if _MILD.search(clause) else 2.0
    return FoundFlag(*span, flag, affirms != turned, strength, not turned)


def _pattern(phrases: Iterable[str]) -> re.Pattern[str] | None:
    """What finds any of some phrases, the longest first, with spaces and hyphens alike and in either number."""
    told = sorted({one.replace("-", " ") for one in phrases}, key=len, reverse=True)
    if not told:
        return None
    words = "|".join(r"[\s-]*".join(re.escape(part) for part in one.split()) for one in told)
    return re.compile(rf"(?<![\w-])(?:{words})s?(?![\w]|-\w)", re.IGNORECASE)
