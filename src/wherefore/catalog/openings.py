"""Opening hours: whether what is open from one hour to another is so for as long as somebody needs it."""

from __future__ import annotations

import re
from collections.abc import Iterable

Hours = tuple[float, float]
_DAY = 24.0
_ENOUGH = 2.0  # hours of a part of a day that it has to be open for
_LONG = 5.5  # hours, from which on most ranges are opening hours rather than those of one class or visit
OPEN = frozenset(
    "open opens opened opening openings accessible öffnungszeiten offnungszeiten geöffnet horaires ouvert ouverture "
    "horario apertura aperto orari openingstijden geopend".split()
)
CLOSED = frozenset(
    "closed ruhetag ruhetage geschlossen schließtage fermé ferme fermeture cerrado cierre chiuso chiusura gesloten "
    "sluitingsdag".split()
)
# The parts of a day that cells name, from when to when.
PARTS: dict[str, Hours] = {
    "morning": (8.0, 12.0),
    "afternoon": (12.0, 17.0),
    "evening": (17.0, 22.0),
    "evg": (17.0, 22.0),
    "night": (20.0, 24.0),
    "daytime": (9.0, 17.0),
    "lunchtime": (12.0, 14.0),
}
_PARTS_SAID = re.compile(rf"\b(?P<part>{'|'.join(PARTS)})s?\b")
# What cells say that leave open when.
_ANY = re.compile(
    r"\W*(?:(?:is |are |dates? |times? |days? |hours? )?(?:flexible|to suit|any|any ?time|any ?day|all|on call|"
    r"on demand|"
    r"on request|by (?:arrangement|agreement|appointment|arr|appt)|tbc|tba|tbd|"
    r"to be (?:confirmed|announced|arranged|agreed)|"
    r"rolling|ongoing|open|varies|variable|various|as needed|when needed|irregular|ad hoc|drop[- ]in|"
    r"auf anfrage|nach (?:absprache|vereinbarung)|flexibel|sur demande|sur rendez-vous|a convenir|da concordare|"
    r"in overleg|op aanvraag|24 ?h(?:ours|rs)?|24/7)(?: dates?| times?| days?| hours?| start)?)\W*",
    re.IGNORECASE,
)


def leaves_open(text: str) -> bool:
    """Whether a cell says that when it is stays open, or can be agreed.

    >>> leaves_open("tbc"), leaves_open("by arr."), leaves_open("On call"), leaves_open("Mon"), leaves_open("rolling start")
    (True, True, True, False, True)
    """  # noqa: E501
    return _ANY.fullmatch(text) is not None


def parts_in(low: str) -> list[Hours]:
    """The parts of a day that a text in lower case names.

    >>> parts_in("term, mornings"), parts_in("any 10:00-16:00")
    ([(8.0, 12.0)], [])
    """
    return [PARTS[match["part"]] for match in _PARTS_SAID.finditer(low)]


def on_one_day(begin: float, end: float) -> Hours:
    """From when to when, with what ends after midnight counted on: 10:00-00:30 is until 24.5."""
    return begin, end + _DAY if end <= begin else end


def covers(hours: Iterable[Hours], first: float, last: float) -> bool:
    """Whether any of some opening hours holds all of what somebody needs.

    >>> covers([(9.0, 21.5)], 18.0, 19.5), covers([(8.0, 20.0)], 20.5, 20.5), covers([(10.0, 0.5)], 22.0, 24.0)
    (True, False, True)
    """
    spans = [on_one_day(*one) for one in hours if one[0] != one[1]]
    return any(begin <= first and on_one_day(first, last)[1] <= end for begin, end in spans) or any(
        begin <= first and last <= end for begin, end in spans if first == last
    )


def meets(hours: Iterable[Hours], first: float, last: float) -> bool:
    """Whether any of some opening hours has a good deal of a part of a day: two hours, or all of it.

    >>> meets([(8.0, 20.0)], 17.0, 24.0), meets([(8.0, 18.0)], 17.0, 24.0)
    (True, False)
    """
    spans = [on_one_day(*one) for one in hours if one[0] != one[1]]
    return any(min(end, last) - max(begin, first) >= min(_ENOUGH, last - first) for begin, end in spans)


def are_openings(words: Iterable[str], ranges: list[Hours]) -> bool:
    """Whether hours are those in which something is open, by the words of the field's name, and by how long they are.

    >>> are_openings(["time"], [(18.5, 20.5), (19.0, 21.0)]), are_openings(["hours"], [(9.0, 17.5), (8.0, 20.0)])
    (False, True)
    """  # noqa: E501
    if not OPEN.isdisjoint(words):
        return True
    if len(ranges) < 2:
        return False
    lengths = sorted(end - begin for begin, end in (on_one_day(*one) for one in ranges))
    return lengths[len(lengths) // 2] >= _LONG
