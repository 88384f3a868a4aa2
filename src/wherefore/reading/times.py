"""When: what a text asks of dates, days of the week and times of day, for the fields that tell them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.timed import TimedField, bookable, is_over, timed
from wherefore.catalog.times import WHEN, Asked, Days, Facet, asked_of
from wherefore.dialogue.state import Limit
from wherefore.reading.hours import background, with_hours
from wherefore.reading.periods import Period, periods
from wherefore.reading.taken_times import is_taken
from wherefore.reading.told_of import is_told_of
from wherefore.reading.tops import ARRIVED, waits
from wherefore.text import stems

_FILLER = r"(?:\s+(?:about|around|like|say|maybe|the|a|an|any|on|in|of|at))*"
_BEFORE = re.compile(
    rf"\b(?P<op>no\s+later\s+than|(?:can'?t|cannot|can\s+not|couldn'?t|won'?t|not|never)\s+(?:\w+\s+)?(?:past|beyond|longer\s+than|after)|not\s+later\s+than|not\s+after|in\s+time\s+for|ahead\s+of|prior\s+to|before|until|till|up\s+to|by)"
    rf"{_FILLER}\s+$"
)
_AFTER = re.compile(
    rf"\b(?P<op>no\s+earlier\s+than|not\s+before|not\s+earlier\s+than|later\s+than|starting(?:\s+from)?|as\s+of|after|since|from|ab)"
    rf"{_FILLER}\s+$"
)
_ONWARDS = re.compile(r"\s+(?:onwards?|or\s+later|or\s+after|and\s+later|on(?=\s*(?:$|[.,;!?])))")
_OR_EARLIER = re.compile(r"\s+(?:or\s+(?:earlier|before|sooner)|at\s+the\s+latest|latest)\b")
_REFUSED = re.compile(
    r"(?:\b(?:not|no|never|nothing|none|except|but\s+not|avoid|excluding|without|other\s+than|anything\s+but|any\s+day\s+but|"
    r"(?:ca|do|wo|is|are|does)n'?t(?:\s+(?:do|make|come|want|have|on|be))?|cannot(?:\s+(?:do|make|come))?)"
    r"(?:\s+(?:on|in|at|any|a|an|the|do|make|during|over|want|like))*)\s+$"
)
_LINK = re.compile(
    r"\s*(?:,|;|/|or|and|&|nor|und|oder|ou|et|,\s*(?:or|and)|\()(?:\s+(?:on|in|at|a|any|the|also|maybe|no|not))*\s*"
)
_ALLOWED = re.compile(
    r"\s*(?:is|are|'?s|would\s+be|was|were)?\s*(?:also\s+|now\s+|just\s+|actually\s+)?(?:possible|fine|ok(?:ay)?|good|alright|allowed|"
    r"an\s+option|works?)\b(?:\s+(?:after\s+all|too|as\s+well|now|again|also|then))?"
)
_AFTER_ALL = re.compile(r"after\s+all|too\b|as\s+well|now\b|again|also|possible")
_ANY = re.compile(
    r"\b(?:any|whatever|whichever)\s+(?:other\s+)?(?P<what>days?|dates?|times?|month|week|weekday|evening)\s+"
    r"(?:is\s+|are\s+|would\s+be\s+)?(?:fine|ok|okay|good|works?|will\s+do)\b|"
    r"\b(?:the\s+)?(?P<what2>days?|dates?|times?|month|week)\s+(?:do(?:es)?\s*n[o']t|do(?:es)?\s+not)\s+matter|"
    r"\b(?:i'?m|we'?re|i\s+am|we\s+are)\s+flexible\s+(?:on|with|about)\s+(?:the\s+)?(?P<what3>days?|dates?|times?)"
)
_AHEAD = re.compile(
    r"\b(?:not|no|nothing|none|never)\b[^.!?,;]{0,25}?\balready\s+(?:\w+\s+)?(?:started|starting|begun|began|running|gone|departed|left|passed|"
    r"over|underway|on)\b|\b(?:has|have)(?:n't|nt|\s+not)\s+(?:yet\s+|already\s+)?(?:started|begun|departed|left|happened)(?:\s+yet)?\b|"
    r"\bnot\s+(?:yet\s+)?started(?:\s+yet)?\b|\bstill\s+to\s+come\b|\bupcoming\b|\b(?:starts?|starting|begins?)\s+soon\b"
)
_AT_ONCE = re.compile(
    r"\b(?:(?:available|free|vacant|ready|mov(?:e|ing)\s+in|need\s+it|there|here|delivered?|got\s+it)\s+(?:immediately|(?:right\s+)?now|right\s+away|"
    r"straight\s+away|asap|at\s+once)|in\s+stock(?:\s+(?:right\s+)?now)?|on\s+hand|immediately\s+available)\b"
)
_SAID_OF_PAST = frozenset(
    "new newest newer latest recent recently fresh since published released uploaded added posted online listed "
    "aired".split()
)
_BEGINS = re.compile(r"\b(?:start|begin|depart|leav|set(?:ting)?\s+off|kick)\w*\b[^.!?,;]*$")
_MOVES = re.compile(r"\b(?:mov(?:e|ing)|available|free|vacant|move[- ]in|delivered|ready)\b[^.!?;]*$")
# Of what no record tells when it is: a date that somebody has to keep to.
_CORRECTS = re.compile(r"\b(?:i\s+(?:mean|meant)|or\s+rather|sorry|no\s+wait|make\s+that|actually)\b")
_STRICTLY = frozenset(
    ("before", "prior to", "ahead of", "after", "later than")
)  # the period itself is left out
_NEEDS = re.compile(
    r"\b(?:need(?:ed|s)?\s+(?:it|them|this|that|one|these)|(?:must|should|has\s+to|have\s+to)\s+(?:be\s+here|come|reach\s+\w+|arrive)|"
    r"arriv\w+|deliver\w*|get\s+(?:it|them)\s+here|be\s+here|ship\w*|move\s+in|in\s+time)\b[^.!?;]*$"
)
_COMES = re.compile(  # what is sent, not what is gone to
    r"\b(?:reach(?:es)?\s+(?:me|us|him|her|here|my|our)|deliver(?:ed|y|s)?|ship(?:ped|s)?|be\s+here|get\s+(?:it|them|here)|"
    r"arriv(?:e|es|ed)\s+(?:here|at\s+my))\b[^.!?;]*$"
)
_OF_STORIES = re.compile(
    r"\b(?:set|born|happen\w*|takes?\s+place|about|story|died|since\s+i|when\s+i)\b[^.!?,;]*$"
)


@dataclass(frozen=True, slots=True)
class FoundTime:
    """What a text asks of a time, in characters `start` to `end`.

    Attributes:
        start: The first character,
        end: and the one after the last.
        asked: What is asked of which field; None where no field tells it.
        lifts: What is asked of it no more: a facet; with `asked`, only that this is refused.
    """

    start: int
    end: int
    asked: Asked | None
    lifts: Facet | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """A period with what is said of it."""

    period: Period
    side: str  # "before", "after", or neither
    refused: bool
    start: int
    end: int
    op: str = ""  # in its words
    allowed: bool = False


class TimeReader:
    """Reads what a text asks of the times that a catalogue tells.

    Args:
        catalog: The catalogue.
        clock: Tells the day from which "next weekend" is counted.
    """

    def __init__(self, catalog: Catalog, clock: Callable[[], date] = date.today) -> None:
        self._catalog, self._clock = catalog, clock
        self._fields = timed(catalog)
        self._over: tuple[date, tuple[str, ...]] | None = None
        self._on: tuple[int, ...] = ()

    def bookable(self) -> list[TimedField]:
        """The fields that tell when what can be booked is."""
        return bookable(self._catalog, self._clock()) if self._fields else []

    def over(self, limits: Sequence[Limit]) -> tuple[str, ...]:
        """The items all of whose dates are past, where something can be booked; none where past ones are asked for."""
        today = self._clock()
        fields = self.bookable()
        names = {one.name for one in fields}
        for limit in limits:
            if limit.field in names:
                return ()
            made = asked_of(limit.field) if limit.field.startswith(WHEN) else None
            if made is not None and made.field in names and any(last < today for _, last in made.days):
                return ()
        if not fields:
            return ()
        if self._over is None or self._over[0] != today:
            gone = tuple(item.id for item in self._catalog if is_over(item, fields, today))
            self._over = today, gone
        return self._over[1]

    def read(self, low: str) -> list[FoundTime]:
        """What a text in lower case asks; what is not to be read should be blanked beforehand."""
        if not self._fields:
            return []
        today = self._clock()
        found = [*self._lifted(low), *self._ahead(low, today)]
        said = _without_rest([*self._said(low, today)])
        if self._telling("hour") is not None:  # when somebody is at work is no amount of anything
            at_work = background(with_hours(periods(low, today), low), low)
            found += [FoundTime(one.start, one.end, None) for one in at_work]
        self._on = tuple(
            sorted({day for one in said if not one.refused for day in one.period.weekdays})
        )  # the days that hours are of
        for group in _groups(said, low):
            if not any(group[0].start < one.end and one.start < group[-1].end for one in found):
                found += self._asked(group, low, today)
        return _put_right(sorted(found, key=lambda one: one.start), low)

    def untold(self, low: str) -> list[tuple[int, int]]:
        """Where a text says by when something is needed, and no field tells when anything is."""
        told = self.read(low)
        found = []
        for one in self._said(low, self._clock()):
            if any(one.start < each.end and each.start < one.end for each in told):
                continue
            if one.period.facet == "date" and one.side and _NEEDS.search(low[: one.start]):
                if not _OF_STORIES.search(low[: one.start]):
                    found.append((one.start, one.end))
            elif self._fields and self.bookable() and not _OF_STORIES.search(low[: one.start]):
                found.append((one.start, one.end))
        return found

    # -- what is said --------------------------------------------------------------------------------------

    def _said(self, low: str, today: date) -> Iterator[_Said]:
        month_first = any(one.month_first for one in self._fields)
        told = periods(low, today, month_first)
        told = with_hours(told, low) if self._telling("hour") is not None else told
        aside = background(told, low)
        for one in told:
            if one in aside or is_told_of(low, one.start, one.end):
                continue
            before, behind = low[max(0, one.start - 40) : one.start], low[one.end :]
            start, end, side, refused, op = one.start, one.end, "", False, ""
            if one.facet != "hour":
                for name, pattern in (("before", _BEFORE), ("after", _AFTER)):
                    match = pattern.search(before)
                    if match is not None and one.facet == "date" and not _starts_in(match["op"], one):
                        side, op = name, " ".join(match["op"].split())
                        start = one.start - (len(before) - match.start())
                if not side and (later := _ONWARDS.match(behind)):
                    side, end = "after", one.end + later.end()
                elif not side and (earlier := _OR_EARLIER.match(behind)):
                    side, end = "before", one.end + earlier.end()
            if not side and (match := _REFUSED.search(before)):
                refused, start = True, one.start - (len(before) - match.start())
            elif one.facet == "day" and is_taken(low, one.start, one.end):
                refused = True
            allowed = _ALLOWED.match(behind) if not side and not refused else None
            lifts = allowed is not None and _AFTER_ALL.search(allowed[0]) is not None
            if lifts and allowed is not None:
                end = one.end + allowed.end()
            yield _Said(one, side, refused, start, end, op, lifts)

    def _lifted(self, low: str) -> Iterator[FoundTime]:
        for match in _ANY.finditer(low):
            what = (match["what"] or match["what2"] or match["what3"]).rstrip("s")
            facet: Facet = (
                "day" if what in ("day", "weekday") else "hour" if what in ("time", "evening") else "date"
            )
            yield FoundTime(*match.span(), None, facet)

    def _ahead(self, low: str, today: date) -> Iterator[FoundTime]:
        room = next((one for one in self._fields if one.role == "available"), None)
        if room is not None and (at_once := _AT_ONCE.search(low)) is not None:
            made = Asked(room.name, "date", ((date.min, today),), by=True, month_first=room.month_first)
            yield FoundTime(*at_once.span(), made)
        match = _AHEAD.search(low)
        field = next(iter(self.bookable()), None) if match is not None else None
        if match is not None and field is not None:
            days = ((today, date.max),)
            yield FoundTime(
                *match.span(), Asked(field.name, "date", days, begins=True, month_first=field.month_first)
            )

    # -- of which field -------------------------------------------------------------------------------------

    def _asked(self, group: Sequence[_Said], low: str, today: date) -> Iterator[FoundTime]:
        """What one or several periods that are joined by "or" ask of a field."""
        first, start, end = group[0], group[0].start, group[-1].end
        facet, clause = first.period.facet, _clause(low, start, end)
        refused = first.refused
        if facet == "hour":
            clock = self._telling("hour")
            for one in group if clock is not None else ():
                assert clock is not None
                made = _of_hours(clock, one, self._on)
                yield FoundTime(one.start, one.end, made, "hour" if one.allowed else None)
            return
        if facet == "day":
            days = tuple(sorted({day for one in group for day in one.period.weekdays}))
            for made in self._on_days(days, refused):
                yield FoundTime(start, end, made, "day" if first.allowed else None)
            return
        chosen = self._dated(group, clause, low[:start], today)
        if chosen is None:
            return
        field, spans = chosen
        if first.side and field.role != "available" and _COMES.search(clause[: len(clause) - (end - start)]):
            return  # "it must reach me before Friday" says nothing of when it flowers
        begins = field.role == "event" and _BEGINS.search(clause) is not None
        made = Asked(
            field.name,
            "date",
            spans,
            refused=refused,
            begins=begins,
            by=field.role == "available" and not refused,
            month_first=field.month_first,
            loosely=field.role == "event" and not refused and any(one.side == "before" for one in group),
        )
        yield FoundTime(start, end, made, "date" if first.allowed else None)

    def _telling(self, facet: Facet) -> TimedField | None:
        """The field that tells days of the week, or times of day: one that says them, else one of dates."""
        told = [one for one in self._fields if facet in one.facets and one.role == "event"]
        own = [one for one in told if "date" not in one.facets]
        dated = [one for one in told if one in self.bookable()]
        return max(own or dated, key=lambda one: one.facets[facet], default=None)

    def _on_days(self, days: tuple[int, ...], refused: bool) -> Iterator[Asked]:
        """What days of the week ask: of the field that tells them, or of those that tell when something is open."""
        field = self._telling("day")
        if field is not None and not field.opens:
            yield Asked(field.name, "day", weekdays=days, refused=refused, month_first=field.month_first)
            return
        for one in self._fields if not refused else ():  # nobody minds that it is open as well
            if one.role == "closed" and "day" in one.facets:
                yield Asked(one.name, "day", weekdays=days, refused=True, opens=True)
            elif one.opens and one.by_day:
                yield Asked(one.name, "hour", weekdays=days, opens=True, loosely=True)

    def _dated(
        self, group: Sequence[_Said], clause: str, before: str, today: date
    ) -> tuple[TimedField, tuple[Days, ...]] | None:
        """The field that dates are asked of, with the spans that they are."""
        fields = [one for one in self._fields if "date" in one.facets]
        spoken = {*stems(clause)} - {"date", "time", "day"}
        coming = tuple(_sided(one, one.period.days, today) for one in group)
        named = [
            one
            for one in fields
            if one.role != "closed" and spoken & (one.words - {"date"}) and not _OF_STORIES.search(before)
        ]
        named = [one for one in named if one.role != "until" or spoken & one.words]
        if waits(before):
            named = [one for one in fields if one.words & ARRIVED] or named
        ahead = any(last >= today for _, last in coming)
        gone = tuple(_sided(one, one.period.ago or one.period.days, today) for one in group)
        past = [one for one in fields if one.role == "past" or (one.last is not None and one.last < today)]
        if (
            waits(before)
            or _SAID_OF_PAST & {*clause.split()}
            or any(one.side == "after" and "since" in clause for one in group)
        ):
            chosen = next((one for one in [*named, *past] if one in past), None)
            if chosen is not None and any(first <= today for first, _ in gone):
                return chosen, gone
        fields = [one for one in fields if one.role != "closed"]
        events = [one for one in fields if one.role == "event" and one not in past]
        rooms = [one for one in fields if one.role == "available"]
        moving = _MOVES.search(clause) is not None
        order = [*named, *(rooms if moving else ()), *events, *rooms]
        chosen = next(iter(order), None)
        if chosen is None:
            return None
        if chosen.role == "past" or chosen in past:
            return chosen, gone
        if not ahead:
            return (chosen, gone) if chosen in named or chosen.role == "event" else None
        if chosen.role == "available":  # whoever needs it from February on needs it by then
            coming = tuple(
                one.period.days if one.side == "after" else days
                for one, days in zip(group, coming, strict=True)
            )
        if chosen.role == "event":
            return chosen, tuple(
                (max(first, today), last) if last >= today else (first, last) for first, last in coming
            )
        return chosen, coming


def _of_hours(field: TimedField, one: _Said, days: tuple[int, ...]) -> Asked:
    """What some hours ask of a field: of opening hours that they hold them, of others that something is within."""
    first, last = one.period.hours
    loosely = False
    if field.opens:
        if one.period.until:  # open until then
            first = last
        elif one.period.roughly:
            first = last = (first + last) / 2
        else:
            loosely = one.period.part or not one.period.both
            loosely = loosely and (first == 0 or last == 24 or one.period.part)
    return Asked(
        field.name,
        "hour",
        weekdays=days if field.by_day else (),
        hours=(first, last),
        refused=one.refused,
        month_first=field.month_first,
        opens=field.opens,
        loosely=loosely,
        ends=one.period.ended and not field.opens,
    )


def _starts_in(op: str, one: Period) -> bool:
    """Whether something starts within a period rather than from then on: "starting this week"."""
    return op == "starting" and one.days[0] != one.days[1]


def _without_rest(said: list[_Said]) -> list[_Said]:
    """What is said without days that have no time, where others are named: "Saturdays, as school takes the week"."""
    days = [one for one in said if one.period.facet == "day"]
    sought = {day for one in days if not one.refused for day in one.period.weekdays}
    return [
        one
        for one in said
        if not (one in days and one.refused and sought and sought.isdisjoint(one.period.weekdays))
        or sought >= set(range(7))
    ]


def _sided(one: _Said, days: Days, today: date) -> Days:
    """The days before, from or of a period."""
    first, last = days
    if one.side == "before":
        whole = one.period.ends or one.op not in _STRICTLY
        return date.min, last if whole else date.fromordinal(first.toordinal() - 1)
    if one.side == "after":
        return (date.fromordinal(last.toordinal() + 1) if one.op in _STRICTLY else first), date.max
    return first, last


def _clause(low: str, start: int, end: int) -> str:
    before = re.split(r"[.;:!?\n]", low[max(0, start - 100) : start])[-1]
    return before + low[start:end]


def _put_right(found: Sequence[FoundTime], low: str) -> list[FoundTime]:
    """What is asked, without what is put right: "this past month, I mean since the end of October"."""
    return [
        one
        for number, one in enumerate(found)
        if not any(
            other.asked is not None
            and one.asked is not None
            and (other.asked.field, other.asked.facet) == (one.asked.field, one.asked.facet)
            and _CORRECTS.search(low, one.end, other.start) is not None
            for other in found[number + 1 :]
        )
    ]


def _groups(said: Sequence[_Said], low: str) -> Iterator[list[_Said]]:
    """Periods that are joined by "or" or a comma; of one within another only the narrower one."""
    kept = [one for one in said if not any(_narrower(other, one, low) for other in said if other is not one)]
    group: list[_Said] = []
    for one in kept:
        joined = (
            group
            and group[-1].period.facet == one.period.facet != "hour"
            and _LINK.fullmatch(low[group[-1].period.end : one.period.start])
            and not one.side
            and not group[-1].side
            and (one.refused == group[-1].refused or group[-1].refused)
        )
        if joined:
            group.append(replace(one, refused=group[-1].refused))
            continue
        if group:
            yield group
        group = [one]
    if group:
        yield group


def _narrower(one: _Said, other: _Said, low: str) -> bool:
    """Whether a period says more exactly what another says: "february half term, 13 to 21 feb"."""
    if one.period.facet != "date" or other.period.facet != "date" or one.side or other.side:
        return False
    if one.refused != other.refused:
        return False
    (first, last), (start, end) = one.period.days, other.period.days
    if not (start <= first and last <= end) or (first, last) == (start, end):
        return False
    a, b = sorted((one.period, other.period), key=lambda each: each.start)
    return "or" not in low[a.end : b.start].split()


def replaces(new: Asked, old: str) -> bool:
    """Whether what is asked of a time takes the place of what was asked before, by its name."""
    if not old.startswith(WHEN):
        return False
    before = asked_of(old)
    if new.facet == before.facet == "hour" and new.field == before.field:
        return True
    return (before.field, before.facet) == (new.field, new.facet) and not (new.refused and before.refused)


def continued(new: Asked, old: Asked) -> Asked:
    """What is asked of opening hours where only their end is said anew: it begins when it did, on the same days."""
    if not (new.opens and old.opens and new.facet == old.facet == "hour" and new.field == old.field):
        return new
    days = new.weekdays or old.weekdays
    first, last = new.hours
    if first == last and old.hours[0] < last and not old.loosely:
        first = old.hours[0]
    return replace(new, hours=(first, last), weekdays=days)
