"""Bounds that a message moves, of what was bounded before: "lower the bar to 3.8", "you can go up to 40"."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from wherefore.dialogue.state import MOST, Limit
from wherefore.reading.clauses import Span
from wherefore.reading.limits import FoundLimit, lowered
from wherefore.reading.measures import Measures
from wherefore.reading.numbers import amount, around, is_year, quantity
from wherefore.text import stem

_QUANTITY = quantity(
    {
        "if",
        "or",
        "and",
        "for",
        "as",
        "a",
        "an",
        "so",
        "then",
        "please",
        "pls",
        "is",
        "to",
        "too",
        "per",
        "each",
    }
)
_OF = r"(?:[a-z-]+\s+){0,4}?"
_MOVES = re.compile(
    rf"\b(?:(?P<down>lower|drop|reduce|decrease|(?:bring|take|get|go|come|knock)\s+{_OF}down)|"
    rf"(?P<up>raise|increase|up|bump|extend|stretch|(?:bring|push|put|take|go|move)\s+{_OF}up)|"
    r"(?P<any>make\s+(?:it|that|the\s+\w+)|relax|loosen|move|change|set|shift|soften|tighten))"
    rf"\s+(?P<of>{_OF})(?:(?:down|up)\s+)?(?P<to>to\s+|at\s+)?(?:about\s+|around\s+|maybe\s+|say\s+|like\s+)?{_QUANTITY}"
)
_RANGE = re.compile(r"\b(?:between|from)\b")  # what follows has two ends, and is read as such
_FAR = math.log(4)  # from an old bound to the new one, where nothing says which is moved
_LEAST, _MOST = (
    frozenset("bar minimum min floor least".split()),
    frozenset("maximum max ceiling cap budget most".split()),
)


def moved(text: str, limits: Sequence[Limit], measures: Measures) -> Iterator[FoundLimit]:
    """The bounds that a text moves, on the side that they are on.

    Args:
        text: The message, apostrophes straight.
        limits: Those of earlier messages, in order.
        measures: The numbers of the catalogue.
    """
    low = lowered(text)
    for match in _MOVES.finditer(low) if limits else ():
        value = amount(match)
        if value is None or match["n"] in ("a", "an") or match["any"] and not _is_bound(match, value):
            continue
        if _RANGE.search(match["of"] or ""):
            continue
        made = [one for one in _told(match, low, value, measures) for old in limits if old.field == one]
        known = [old for old in limits if not made or old.field in made]
        told = {stem(word) for word in re.findall(r"[a-z]+", match["of"] or "")}
        best = max(
            (old for old in known if _may_be(old, value, match, measures, bool(made))),
            key=lambda old: (_suits(old, told), bool(match["down"]) == (old.op[0] == "g"), -_far(old, value)),
            default=None,
        )
        if best is not None:
            scale = _scale(match, low, best, measures)
            yield FoundLimit(best.field, best.op, value * scale, *_span(match), named=True)


def _is_bound(match: re.Match[str], value: float) -> bool:
    """Whether a number is put in another's place: "make it 90 minutes"; of "make it three" so many are listed."""
    measured = bool(match["currency"] or match["unit"]) or value % 1 != 0 or value > MOST
    return bool(match["to"]) or match["any"].startswith("make") and measured


def _told(match: re.Match[str], low: str, value: float, measures: Measures) -> list[str]:
    """The fields that the words of a move name, by their unit or their name."""
    found = []
    for mark in (match["currency"], match["unit"]):
        united = measures.in_unit(mark, around(low, match.span("n")), (), value) if mark else None
        found += [united[0].name] if united is not None else []
    labelled = (measures.labelled(word) for word in re.findall(r"[a-z]+", match["of"] or ""))
    return found or [spec.name for spec in labelled if spec is not None]


def _scale(match: re.Match[str], low: str, old: Limit, measures: Measures) -> float:
    united = measures.in_unit(match["unit"], around(low, match.span("n"))) if match["unit"] else None
    return united[1] if united is not None and united[0].name == old.field else 1.0


def _may_be(old: Limit, value: float, match: re.Match[str], measures: Measures, named: bool) -> bool:
    """Whether a number may take the place of a bound: on the side to which it is moved, and not far from it."""
    if measures.year is not None and old.field == measures.year.name:
        return is_year(match["n"])
    if not old.field.isidentifier() and not named or is_year(match["n"]):
        return False
    if named:
        return True
    if match["down"] and value >= old.value or match["up"] and value <= old.value:
        return False
    return _far(old, value) <= _FAR


def _suits(old: Limit, told: set[str]) -> bool:
    return old.op[0] == "g" and not told.isdisjoint(_LEAST) or old.op[0] == "l" and not told.isdisjoint(_MOST)


def _far(old: Limit, value: float) -> float:
    return abs(math.log(value / old.value)) if value > 0 and old.value > 0 else abs(value - old.value)


def _span(match: re.Match[str]) -> Span:
    return match.start(), match.end("unit") if match["unit"] and match.end("unit") > match.end("n") and match[
        "currency"
    ] is None else match.end("n")
