"""Aspects by which fields of one table differ: weekday and weekend, high and low season, what is paid and what it was.

Columns that measure the same often differ by one word of their names ("Rate Mon-Fri", "Rate Sat-Sun"), and messages say
that word, or another one for it ("on Saturday"). Each aspect has the words by which fields are called, in the languages
of headers, and what people say for it. Of a group of rivals one excludes the others.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from wherefore.catalog.naming import words_of
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.times import times_in
from wherefore.reading.quantities import plain, stems_of
from wherefore.text import stem


@dataclass(frozen=True, slots=True)
class Aspect:
    """One of several rivals.

    Attributes:
        rivals: What it is an aspect of, the same of all that exclude one another.
        called: Stems of words of fields.
        said: What people say for it.
        usual: How much more likely a field of it is meant where nothing tells.
    """

    rivals: str
    called: frozenset[str]
    said: re.Pattern[str]
    usual: float = 0.0


def _aspect(rivals: str, called: str, said: str, usual: float = 0.0) -> Aspect:
    return Aspect(rivals, frozenset(map(stem, called.split())), re.compile(rf"\b(?:{said})\b"), usual)


_ASPECTS = (
    _aspect("days", "weekday midweek werktag wochentag semaine", r"week-?days?|mid-?week|monday\s+to\s+friday"),
    _aspect("days", "weekend wochenende", r"week-?ends?"),
    _aspect(
        "season",
        "high peak hs hochsaison haute alta hauptsaison",
        r"(?:high|peak|main)[\s-]+(?:season|time|rate|summer)|(?<!off[\s-])peak|july|august|summer\s+holidays?|"
        r"school\s+holidays?|mid-?summer|hochsaison|haute\s+saison|temporada\s+alta",
    ),
    _aspect(
        "season",
        "low off ns nebensaison basse baja offpeak vorsaison nachsaison",
        r"(?:low|off|quiet|out\s+of)[\s-]+(?:season|peak)|november|january|february|(?<=in\s)march|nebensaison|"
        r"basse\s+saison|temporada\s+baja",
    ),
    _aspect("season", "mid shoulder zs zwischensaison", r"(?:mid|shoulder|between)[\s-]+seasons?"),
    _aspect(
        "paid",
        "sale now offer reduced discount discounted special promo promotional angebot aktion aktionspreis current "
        "clearance deal our sonderpreis",
        r"on\s+(?:sale|offer)|in\s+the\s+sales?|sale|reduced|discount(?:ed)?|special\s+offers?|bargains?|deals?",
        0.6,
    ),
    _aspect(
        "paid",
        "rrp msrp uvp was list regular original old retail before statt",
        r"rrp|msrp|list\s+price|full\s+price|regular\s+price|(?:original|old)\s+price|before\s+the\s+sale",
        -0.6,
    ),
    _aspect(
        "has",
        "rent rental hire leih leihgebuhr location alquiler",
        r"rent(?:ing|als?)?|hir(?:e|ing)|borrow(?:ing)?|lease",
    ),
    _aspect("has", "buy purchase kauf achat", r"buy(?:ing)?|purchas(?:e|ing)|own(?:ing)?", 0.2),
    _aspect(
        "whom",
        "conc concession student reduced senior child kid junior pensioner ermassigt member unemployed",
        r"concessions?|students?|pensioners?|retired|unemployed|on\s+benefits|universal\s+credit|seniors?|"
        r"(?:child(?:ren)?|kid)['’]?s?\s+(?:price|ticket|rate|fee)|members?|oaps?|over[\s-]6[05]s?",
        -0.6,
    ),
    _aspect("whom", "adult full standard", r"adults?|full\s+(?:price|fee|rate)", 0.3),
    _aspect(
        "stance",
        "seated seat seating sit dining banquet dinner sitting bestuhlt sitzplatz assis sentado",
        r"seat(?:s|ed|ing)?|sit(?:s|ting)?(?:[\s-]+down)?|chairs|dinner|lunch|meal|banquet|dining|wedding\s+breakfast|at\s+tables",
        0.3,
    ),
    _aspect(
        "stance",
        "standing stand reception stehplatz debout unseated mingling",
        r"standing|stand(?:\s+up)?|(?:drinks?\s+)?receptions?|mingl(?:e|ing)|cocktails?|canap[eé]s|on\s+their\s+feet|gig",
    ),
    _aspect(
        "stance",
        "classroom schoolroom workshop seminar",
        r"class-?room|school-?room|training|workshop|seminar|course|desks",
    ),
    _aspect("stance", "theatre theater lecture", r"theat(?:re|er)(?:\s+style)?|lectures?|talk|rows|audience|screening"),
    _aspect(
        "stance",
        "boardroom meeting conference",
        r"board-?room|meetings?|conference|round\s+(?:a|the|one)\s+table",
    ),
    _aspect(
        "rest",
        "sleep berth bed couchage overnight",
        r"sleep(?:s|ing)?|berths?|beds?|overnight|(?:stay|for)\s+the\s+night|bunks?",
    ),
    _aspect("rest", "seat passenger day", r"seat(?:s|ed|ing)?|passengers?|day\s+(?:trip|out)"),
    _aspect("owed", "deposit kaution caution fianza bond", r"deposits?|bond|up[\s-]?front|kaution", -1.5),
    _aspect("owed", "delivery shipping postage versand", r"deliver(?:y|ed)|shipping|postage", -1.5),
    _aspect("owed", "cleaning endreinigung", r"cleaning", -1.5),
)  # fmt: skip


def aspects_of(spec: FieldSpec) -> list[Aspect]:
    """The aspects that a field's name tells."""
    told = stems_of(spec)
    return [one for one in _ASPECTS if not told.isdisjoint(one.called)]


def days_of(spec: FieldSpec) -> frozenset[int]:
    """The days of the week that a field's name tells, Monday is 0: of "Rate Mon-Fri" five."""
    told = {day for name in (spec.name, spec.called) for day in times_in(name).weekdays}
    return frozenset(told) if len(told) < 7 else frozenset()


def days_said(low: str) -> frozenset[int]:
    """The days of the week that a text in lower case names.

    >>> sorted(days_said("on a saturday, or at the weekend")), sorted(days_said("some day"))
    ([5, 6], [])
    """
    days: set[int] = set()
    for word in re.findall(r"[a-z]+", low):
        if len(word) > 3:
            days |= times_in(word.removesuffix("s")).weekdays
    return frozenset(days)


def spoken_for(spec: FieldSpec, low: str, others: Collection[FieldSpec]) -> float:
    """How much a text speaks for a field by its aspects, against what it says for those of other fields.

    Args:
        spec: The field.
        low: The text in lower case.
        others: Fields that may be meant instead.
    """
    mine, score = aspects_of(spec), 0.0
    theirs = [one for other in others for one in aspects_of(other) if one not in mine]
    for one in mine:
        if any(other.rivals == one.rivals for other in theirs) or one.usual < 0 or one.rivals == "rest":
            score += 2.0 * bool(one.said.search(low))
    for one in theirs:
        if any(own.rivals == one.rivals for own in mine):
            score -= 2.0 * bool(one.said.search(low))
    own, said = days_of(spec), days_said(low)
    if said and own:
        score += 2.0 if said <= own else -2.0
    return score


def usual_of(spec: FieldSpec) -> float:
    """How much likelier than others a field is meant where nothing tells."""
    return sum(one.usual for one in aspects_of(spec))


def own_words(spec: FieldSpec, others: Collection[FieldSpec]) -> frozenset[str]:
    """The stems of a field's words that no other one of some fields has, without numbers and letters alone."""
    rest = {word for other in others if other != spec for word in stems_of(other)}
    named = {stem(plain(word)) for word in words_of(spec.called)}
    return frozenset(word for word in (stems_of(spec) | named) - rest if len(word) > 1 and word.isalpha())
