"""Which of several fields that measure the same a number speaks of: the own weight or the load, seated or standing.

Limits are first read one by one: by a unit, a word, or a judge. Where a table has several fields of one dimension (two
weights in kilograms, two prices, three numbers of people), what decides is, from the strongest to the weakest:

1. what the words right beside the number name ("a boot of 500 litres"), and whose it is: what a person weighs is what
   a thing has to bear (`quantities.beside`);
2. words that only one of the fields is called by, or that people say for it ("on Saturday" of "Rate Sat-Sun"), in the
   same clause, the same message, and earlier ones (`aspects`);
3. the side: "at most 8 kg" is of the weight that nobody wants more of, "at least 150 kg" of what it carries;
4. the numbers on record: a limit that leaves nothing, or everything, of one field and something of another is of that;
5. what is usual: what is paid comes before what it was, the full fee before a reduced one, no deposit.

Else it stays with the field that it was read for, which the answer names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.paid import paid_name
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.units import conversion, measure_of, unit_called, unit_written
from wherefore.dialogue.state import Limit, LimitOp
from wherefore.reading.aspects import aspects_of, own_words, spoken_for, usual_of
from wherefore.reading.bearers import has_room_for, is_own_time, is_somebodys, must_reach, side_of_age
from wherefore.reading.limits import FoundLimit
from wherefore.reading.measures import Measures, written_unit
from wherefore.reading.quantities import beside, plain, quantity_named, quantity_of, side_of, stems_of
from wherefore.text import stem

_CLAUSE = re.compile(r"[.;!?](?!\d)|,\s|\band\b|\bbut\b")
_DIGITS = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|an?|dozen)\b"
)
_ON_SALE = re.compile(r"\b(?:on|in\s+the)\s+(?:sale|offer)s?\b|\breduced\b|\bdiscounted\b")  # of nothing else
_PEOPLE = frozenset(
    "people person guest pax seat seated seating standing capacity sleep berth passenger place occupancy cap".split()
)
_NEITHER = frozenset("min minimum max maximum weight load age temperature height".split())


class Siblings:
    """Moves limits to that one of several alike fields that is meant.

    Args:
        catalog: The catalogue.
        measures: Its numbers.
    """

    def __init__(self, catalog: Catalog, measures: Measures) -> None:
        self._catalog, self._measures = catalog, measures
        self._groups: dict[str, list[FieldSpec]] = {}
        for spec in catalog.schema.measures:
            if dimension := self._dimension(spec):
                self._groups.setdefault(dimension, []).append(spec)

    def settle(self, found: Sequence[FoundLimit], low: str, earlier: Sequence[str] = ()) -> list[FoundLimit]:
        """The limits, each of the field that is meant, and on the side that is meant.

        Args:
            found: The limits that a message was read as.
            low: The message in lower case.
            earlier: What the user said before, in lower case.
        """
        settled: list[FoundLimit] = []
        done: dict[tuple[str, int, int], FieldSpec] = {}
        for limit in found:
            spec = next((one for one in self._catalog.schema.measures if one.name == limit.field), None)
            if spec is None or limit.lifts or limit.vague:
                settled.append(limit)
                continue
            place = limit.field, limit.start, limit.end
            if spec is self._measures.own_age and (side := side_of_age(low, limit.start, limit.end)):
                op: LimitOp = "ge" if side == "ge" else "le"
                settled.append(limit if op[0] == limit.op[0] else replace(limit, op=op))
                continue
            same = [one.value for one in found if (one.field, one.start, one.end) == place]
            pair = len(same) > 1
            if place not in done:
                done[place] = self._meant(spec, limit, low, earlier, pair)
            settled += self._moved(limit, spec, done[place], low, sum(same) / len(same), pair)
        return list(dict.fromkeys(settled))

    def _dimension(self, spec: FieldSpec) -> str:
        """What a field measures, so that numbers may be meant of it as well as of others; empty where it is alone."""
        if spec.name in self._measures.prices:
            return "money"
        if not spec.is_number or spec in (self._measures.year, self._measures.age):
            return ""
        unit = written_unit(spec)
        if unit:
            return measure_of(unit_called(unit) or unit_written(unit))
        return "people" if not stems_of(spec).isdisjoint(_PEOPLE) else ""

    def _meant(
        self, spec: FieldSpec, limit: FoundLimit, low: str, earlier: Sequence[str], pair: bool
    ) -> FieldSpec:
        """The field that a limit is of: the likeliest of its dimension, or the one it was read for."""
        group = self._groups.get(self._dimension(spec), [])
        if len(group) < 2:
            return spec
        rated = [(self._score(one, spec, limit, low, earlier, pair, group), one) for one in group]
        best = max(score for score, _ in rated)
        mine = next(score for score, one in rated if one is spec)
        return spec if mine >= best else next(one for score, one in rated if score == best)

    def _paid(self, meant: FieldSpec, low: str) -> str:
        """What is paid, where a price is meant that only items on sale have; empty of any other."""
        mine = {one for one in aspects_of(meant) if one.rivals == "paid"}
        if meant.name not in self._measures.prices or not mine or next(iter(mine)).usual < 0:
            return ""
        if not np.isnan(self._catalog.numbers(meant.name)).any() or _ON_SALE.search(low):
            return ""
        usual = [
            one
            for one in self._groups["money"]
            if one is not meant and all(each.rivals == "paid" for each in aspects_of(one))
        ]
        usual.sort(key=lambda one: not aspects_of(one))
        return paid_name(meant.name, usual[0].name) if usual else ""

    def _score(
        self,
        spec: FieldSpec,
        read: FieldSpec,
        limit: FoundLimit,
        low: str,
        earlier: Sequence[str],
        pair: bool,
        group: Sequence[FieldSpec],
    ) -> float:
        number = _number_at(low, limit)
        score = 0.5 * (spec is read) + usual_of(spec)
        said = re.findall(r"[a-z]+", low[limit.start : limit.end])
        tall = ["tall"] if "higher" in said and _is_length(spec) else []  # "no higher than 90 cm"
        named, own = quantity_named([*beside(low, number), *said, *tall]), quantity_of(spec)
        if named is not None and own is not None and named in map(quantity_of, group):
            score += 4.0 if named == own else -4.0
        others = [one for one in group if one is not spec]
        words = own_words(spec, others)
        clause = _clause(low, number)
        score += 2.0 * bool(words & _stems(clause)) + 1.0 * bool(words & _stems(low))
        score += spoken_for(spec, clause, others) + 0.5 * spoken_for(spec, low, others)
        score += 0.4 * sum(spoken_for(spec, one, others) for one in earlier)
        if spec.name not in self._measures.prices:
            side = side_of(spec)
            if side is not None and not pair and not limit.named:
                score += 1.0 if side[0] == limit.op[0] else -1.0
            score += self._left(spec, read, limit)
            if is_own_time(low, number):
                score += 3.0 * (self._measures.served_by(spec) == "ge" and "alone" in _stems(spec.called))
        return score

    def _left(self, spec: FieldSpec, read: FieldSpec, limit: FoundLimit) -> float:
        """What the numbers on record say: -1.5 of a limit that leaves no item, or every one that it is known of."""
        scale = _scale(read, spec)
        known = self._catalog.numbers(spec.name)
        known = known[~np.isnan(known)]
        if scale is None or not len(known):
            return -3.0
        if not self._measures.can_hold(spec, limit.value * scale):
            return -3.0
        within = replace(limit, value=limit.value * scale)
        passed = _within(within, known).mean()
        return -1.5 if passed == 0.0 else -0.75 if passed == 1.0 else 0.0

    def _moved(
        self, limit: FoundLimit, spec: FieldSpec, meant: FieldSpec, low: str, middle: float, pair: bool
    ) -> list[FoundLimit]:
        """A limit as one on the field that is meant; an amount that is about so much, on the side of what it is for."""
        if (paid := self._paid(meant, low)) and not limit.lifts:
            return [replace(limit, field=paid)]
        scale = _scale(spec, meant) if meant is not spec else 1.0
        if scale is None:
            return [limit]
        value, op = round(limit.value * scale, 6), limit.op
        number = _number_at(low, limit)
        side: LimitOp | None = None
        bears = side_of(meant) == "ge" or self._measures.served_by(meant) == "ge"
        if is_own_time(low, number) and bears:
            side = "ge"
        elif is_somebodys(low, number) and quantity_of(meant) is not None and side_of(meant) == "ge":
            side = "ge"
        elif has_room_for(low, number) and side_of(meant) != "ge":
            side = "le"
        elif must_reach(low, number) and side_of(meant) != "le" and (pair or limit.op[0] == "l"):
            side = "ge"
        if side is None:
            return [replace(limit, field=meant.name, value=value)]
        if pair:  # "about 30 pounds": the middle of both ends
            if op[0] != "g":
                return []
            value = round(middle * scale, 6)
        return [replace(limit, field=meant.name, op=side, value=value)]


def _is_length(spec: FieldSpec) -> bool:
    unit = written_unit(spec)
    return measure_of(unit_called(unit) or unit_written(unit)) == "length"


def _within(limit: FoundLimit, known: np.ndarray) -> np.ndarray:
    return Limit(limit.field, limit.op, limit.value, "").within(known)


def _number_at(low: str, limit: FoundLimit) -> tuple[int, int]:
    """Where the number of a limit stands in its words: the last run of digits, else of a word for a number."""
    said = low[limit.start : limit.end]
    found = [*re.finditer(r"\d[\d.,]*\d|\d", said)] or [*_DIGITS.finditer(said)]
    if not found:
        return limit.start, limit.end
    return limit.start + found[-1].start(), limit.start + found[-1].end()


def _clause(low: str, number: tuple[int, int]) -> str:
    """The clause that a number stands in."""
    first = max((one.end() for one in _CLAUSE.finditer(low, 0, number[0])), default=0)
    after = _CLAUSE.search(low, number[1])
    return low[first : after.start() if after is not None else len(low)]


def _stems(low: str) -> set[str]:
    return {stem(plain(word)) for word in re.findall(r"[^\W\d_]+", low)} - _NEITHER


def _scale(given: FieldSpec, wanted: FieldSpec) -> float | None:
    """What one of a field's unit is in that of another one; 1 where neither tells, None where it takes more."""
    one, other = written_unit(given), written_unit(wanted)
    if one == other or not one or not other:
        return 1.0
    found = conversion(unit_called(one) or unit_written(one), unit_called(other) or unit_written(other))
    return None if found is None or found.offset else found.scale
