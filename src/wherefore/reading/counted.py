"""Counted things: "3 rooms", "a 7 seater", "five-string", "serves six", "there are eight of us", "a family of four"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.ordered import rank_name
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.sorts import called
from wherefore.dialogue.state import LimitOp
from wherefore.reading.aspects import aspects_of
from wherefore.reading.comparisons import OPPOSITE, is_negated
from wherefore.reading.measures import Measures, measures_time, written_unit
from wherefore.reading.numbers import any_number, is_year, money
from wherefore.reading.quantities import plain, side_of, stems_of
from wherefore.text import FUNCTION_WORDS, NUMBERS, forms, stem

# The kinds of things that columns count. Of what serves people, who asks for some is served by more as well; of what
# makes a thing another one, such as rooms, doors and strings, people mean just so many.
_KINDS: tuple[tuple[str, str, LimitOp, str, str], ...] = (  # name, whom it serves, side, of fields, of people
    ("rooms", "", "eq", "room zimmer pieces habitacion camere vani kamer pokoj rum", "room roomed zimmer"),
    ("bedrooms", "", "eq", "bedroom bed schlafzimmer chambre dormitorio slaapkamer br", "bedroom bed bedder bedroomed"),
    ("bathrooms", "", "ge", "bathroom bath badezimmer bad bano bagno wc", "bathroom bath loo toilet"),
    ("seats", "people", "ge", "seat seater sitz sitzplatz asiento posti zitplaats passenger seating",
     "seat seater passenger seating"),
    ("places", "people", "ge", "place spot space vacancy ticket seat availability available",
     "place spot space ticket vacancy"),
    ("servings", "people", "ge", "serving serve portion yield makes feed", "serving portion helping"),
    ("players", "people", "ge", "player spieler joueur jugador", "player"),
    ("sleeps", "people", "ge",
     "sleep guest berth occupancy occupant people person adult pax capacity sleeper personen gaste couchage plaza",
     "guest person people adult berth man sleeper pax"),
    ("left", "", "ge", "", ""),
    ("doors", "", "eq", "door turen porte puerta", "door dr"),
    ("strings", "", "eq", "string saite corde cuerda", "string"),
    ("gears", "", "eq", "speed gear gang vitesse marcha", "speed gear"),
    ("keys", "", "eq", "key taste touche tecla", "key"),
    ("wheels", "", "eq", "wheel rad roue rueda", "wheel wheeler"),
    ("pieces", "", "eq", "piece pcs pack count teile quantity stuck", "piece pack pcs"),
    ("chairs", "", "ge", "chair stuhl chaise silla", "chair"),
    ("pockets", "", "ge", "pocket compartment tasche", "pocket compartment"),
    ("ports", "", "ge", "port anschluss", "port"),
    ("burners", "", "ge", "burner ring zone hob", "burner ring"),
    ("drawers", "", "ge", "drawer shelf shelve schublade", "drawer shelf"),
    ("spaces", "", "ge", "parking stellplatz garage", "car"),
)  # fmt: skip
_LEFT = frozenset("left free remaining available availability open vacant frei libre restante".split())
_OF_PLACES = frozenset("place spot space seat ticket availability available vacancy platz".split())
# Words of fields that tell no count, whatever else is said there.
_NO_COUNTS = frozenset(
    "year price cost rating score star date age phone id rank number size group floor level "
    "postcode zip plz rent fee".split()
)
_OF_OTHERS = frozenset("group party battery water tank fuel storage boot weight load memory".split())
_ANY_NUMBER = rf"\d{{1,4}}(?:[.,]5)?|{'|'.join(sorted(NUMBERS, key=len, reverse=True))}"
_SOME = rf"(?P<n>{_ANY_NUMBER})"
_RANGED = rf"(?:(?P<low>{_ANY_NUMBER})(?P<plus0>\+)?\s*(?:or|to|-|–|/)\s*)?"
_COUNT = re.compile(  # "3 rooms", "2+ bedrooms", "a three-bed", "3 or 4 bedrooms", "7seater"
    rf"(?<![\w.,$€£%-]){_RANGED}{_SOME}(?P<plus>\s?\+(?:\s*(?:or\s+more))?)?[\s-]*"
    r"(?:(?:separate|good|decent|free|spare|full|big|large|small|proper|real|usb|actual|individual|whole)\s+)?"
    r"(?P<noun>[^\W\d_]{2,})"
)
_VERBS = {  # that say what an item can hold, before a number
    "seats": "seats", "seating": "seats", "seat": "seats", "sits": "seats", "sleeps": "sleeps", "sleep": "sleeps",
    "sleeping": "sleeps", "serves": "servings", "serve": "servings", "feeds": "servings", "feed": "servings",
    "accommodates": "people", "accommodate": "people",
}  # fmt: skip
_OF_VERB = re.compile(
    rf"\b(?P<verb>{'|'.join(_VERBS)})\s+(?:for\s+|at\s+least\s+|about\s+|around\s+|all\s+|us\s+)*{_SOME}\b(?P<plus>\+)?"
    r"(?!\s*(?:hours?|h|minutes?|mins?|days?|weeks?|times?|kg|l|litres?|liters?|cm|inch|books?|bottles?|wheels?|bikes?)\b|[.,]\d)"
)
_OF_STANCE = re.compile(  # "110 for a sit down meal", "100 people standing", "30 of us, classroom style"
    rf"(?<![\w.,$€£%-])(?P<n>\d{{1,4}}|{'|'.join(sorted(NUMBERS, key=len, reverse=True))})\+?\s+"
    r"(?:(?:people|persons?|guests?|of\s+us|pax|heads?)[\s,]+)?(?:(?:for|at|in|to|all|be|an?|the|proper|our|formal|casual|evening)\s+){0,4}"
    r"(?P<how>[a-z][a-z-]*(?:\s+[a-z]+)?)"
)
_STUDIO = re.compile(
    r"\b(?:a|an|any|small|cheap|nice)\s+(?:\w+\s+)?studio(?:\s+(?:flat|apartment))?\b|\bstudio\s+(?:flat|apartment)s?\b|^\W*studio\b"
)
# What people count of an item, and mean by it even where no field counts it.
_THINGS = frozenset(
    "room bedroom bathroom door string seat seater chair pocket burner drawer gear port".split()
)
_OF_NAME = re.compile(
    rf"\b(?P<name>[^\W\d_]{{3,}})\s+(?:of\s+|is\s+|:\s*|no\.?\s+|number\s+)?{_SOME}(?:(?P<plus>\s?\+)|(?P<least>\s+(?:mini|minimum|min)\b(?!\s+\w)))?"
    r"(?![\w/]|[.,:]\d|\s*(?:%|[$€£]|-?[a-z]+s\b|or\s+\d|to\s+\d|-\s*\d|(?:kg|g|cm|mm|km|m|ml|l|oz|lb|gb|tb|hours?|min|stars?|yo)\b))"
)
_ROOT = 6  # letters that a word and a field's name have in common where they are of one root
_TOO_PLAIN = frozenset("min max minimum maximum number no of per total average count id code page".split())
_UP = r"(?P<more>\s+(?:or|and)\s+(?:more|up|over|above)\b|\s*\+)?"
_PARTY = re.compile(  # who it is for
    rf"\b(?:room|space|places?|seats?|spots?|tickets?|seating|enough|beds?)(?:\s+(?:left|free|available))?\s+for\s+"
    rf"(?:all\s+|us\s+|the\s+|at\s+least\s+)*{_SOME}\b(?P<a>){_UP}"
    rf"|\bfor\s+(?:us\s+|all\s+|the\s+|about\s+|around\s+|a\s+group\s+of\s+|up\s+to\s+|at\s+least\s+)*(?P<n2>{_ANY_NUMBER})(?!\s*(?:and|,|&|or)\s*(?:an?\s+)?\d)"
    r"(?:\s+(?:people|persons?|of\s+us|adults?|guests?|friends|mums|mates|players|grown[- ]?ups|mouths|diners|kids|"
    r"children)\b|(?=\s*(?:$|[.,;!?)]|(?:please|pls|tonight|people|and|with|in|on|at|but|under|from|that)\b)))"
    rf"|\b(?P<n3>{_ANY_NUMBER})\s+of\s+us\b"
    rf"|\b(?:family|group|party|household|couple)\s+of\s+(?P<n4>{_ANY_NUMBER})\b(?!\s+(?:hours?|minutes?|years?))"
    rf"|\bwe(?:'re|\s+are|\s+will\s+be|'ll\s+be)\s+(?:always\s+|usually\s+|only\s+|just\s+|about\s+|around\s+|going\s+to\s+be\s+)*"
    rf"(?P<n5>{_ANY_NUMBER})\b(?!\s*(?:%|[.:]\d|hours?|minutes?|days?|weeks?|months?|years?|miles?|km|moving|and\s+\d|yo\b|floors?|"
    r"blocks?|stops?))"
    rf"|\bus\s+(?P<n6>two|three|four|five|six|seven|eight)\b|\b(?P<n7>both)\s+of\s+us\b"
)
_PERSONS = re.compile(
    r"\b(?:people|persons?|of\s+us|adults?|guests?|friends|players|diners|kids|children|seating)\b"
)
_FREE_PLACE = re.compile(  # that there is one left
    r"\b(?:free|open|available|spare)\s+(?:place|space|spot|seat)s?\b|\b(?:place|space|spot|seat)s?\s+(?:left|free|available)\b|"
    r"\bnot\s+(?:yet\s+)?(?:full|sold\s+out|(?:fully\s+)?booked(?:\s+(?:out|up))?)\b"
)
_TOLD_OF = re.compile(
    r"\b(?:about|story|where|follows?|tale|plot|starring|like)\s+(?:an?\s+|the\s+|some\s+)?$"
)
_ABOUT = re.compile(r"\b(?:about|around|roughly|approximately|approx|circa|ca|some|maybe|like)\s+$")
_FEW, _NEAR = (
    30,
    0.15,
)  # values of a field of which a number means itself; of a number that is only about right
_NEARER = 0.1  # the same of one of many values
_PEOPLE = frozenset("people person ppl pax adult guest man".split())
_FOR_THEM = re.compile(
    r"\b(?:for|of|fits?|sleeps?|seats?|with|we(?:'re|\s+are))\s+(?:up\s+to\s+|at\s+least\s+|about\s+)?$|^\W*(?:an?\s+)?$|-$|\ban?\s+$"
)
# Share of the items that tell how many they serve, so that it is asked of them, and of those of the sort that is
# spoken of: of tables those for dining do.
_HELD, _HELD_OF_SORT = 0.5, 0.2
_MOST_PEOPLE = 20  # that a party has


@dataclass(frozen=True, slots=True)
class FoundAmount:
    """A number that asks for so many of what a field counts, at `start` to `end`; no field where none has so many.

    `serves` tells that it is the number of those whom it is for, and `unsure` that it may as well mean something else.
    """

    spec: FieldSpec | None
    op: LimitOp
    value: float
    start: int
    end: int
    serves: bool = False
    unsure: bool = False


class CountReader:
    """Reads numbers of things that a catalogue's columns count.

    Args:
        catalog: The catalogue.
        measures: Its numbers.
    """

    def __init__(self, catalog: Catalog, measures: Measures) -> None:
        self._catalog, self._measures = catalog, measures
        self._specs = [spec for spec in catalog.schema.measures if self._may_count(spec)]
        left = (scale.field for scale in catalog.scales if scale.kind == "count")  # "4", "2", "FULL"
        self._specs += [catalog.schema.spec(rank_name(field)) for field in left]
        others = (measures.year, measures.price, measures.age, measures.duration, measures.roles["rating"])
        self._plain = [
            spec
            for spec in catalog.schema.measures
            if spec.is_number and not self._is_measured(spec) and spec not in others
        ]
        self._kinds = {spec.name: _kind_of(spec) for spec in self._specs}
        self._own = {spec.name: stems_of(spec) for spec in self._specs}

    def counted(self, noun: str) -> FieldSpec | None:
        """The field that counts what a noun calls: of a "seater" the seats, of "rooms" the `Zimmer`."""
        return next(iter(self._called(noun)), None)

    def read(self, low: str, nouns: Collection[str]) -> Iterator[FoundAmount]:
        """What a text asks for, in no order.

        Args:
            low: The text in lower case, with straight apostrophes; what is not to be read is blank.
            nouns: What items are called: "3 films" are no count of an item's.
        """
        yield from self._of_nouns(low, {stem(noun) for noun in nouns})
        yield from self._of_verbs(low)
        yield from self._of_names(low)
        yield from self._of_stances(low)
        yield from self._of_people(low)

    def _may_count(self, spec: FieldSpec) -> bool:
        measures = self._measures
        if (
            not spec.is_number
            or self._is_measured(spec)
            or spec in (measures.year, measures.price, measures.age)
        ):
            return False
        return spec is not measures.duration and _NO_COUNTS.isdisjoint(stems_of(spec) - _OF_PLACES)

    def _is_measured(self, spec: FieldSpec) -> bool:
        """Whether a field is in a unit of measure, and not in what it counts: "3 peppers"."""
        if not spec.unit:
            return bool(written_unit(spec))
        return bool(self._measures.is_unit(spec.unit) or measures_time(spec.unit) or money(spec.unit))

    def _called(self, noun: str) -> list[FieldSpec]:
        """The fields that count what a noun calls, those that are called so themselves first."""
        word = stem(plain(noun))
        word = _SHORTENED.get(word, word)
        if word in _TOO_PLAIN or measures_time(word) or noun in ("min", "mins", "max"):
            return []
        own = [spec for spec in self._specs if word in self._own[spec.name]]
        kinds = [name for name, *_, said in _KINDS if word in said.split()]
        return own + [
            spec
            for kind in kinds
            for spec in self._specs
            if self._kinds[spec.name] == kind and spec not in own
        ]

    def _of_nouns(self, low: str, nouns: Collection[str]) -> Iterator[FoundAmount]:
        rooms = next((spec for spec in self._specs if self._kinds[spec.name] == "rooms"), None)
        for match in _STUDIO.finditer(low) if rooms is not None else ():
            yield FoundAmount(rooms, "lt", 2.0, *match.span())
        for match in _COUNT.finditer(low):
            noun = match["noun"]
            spec = next(iter(self._called(noun)), None)
            if not self._is_named(spec, noun) and (is_year(match["n"]) or stem(noun) in nouns):
                continue
            value = any_number(match["n"].replace(",", "."))
            if value is None or _TOLD_OF.search(low[: match.start()]):
                continue
            if spec is None:
                if stem(plain(noun)) in _THINGS and value > 1:
                    yield FoundAmount(None, "eq", value, match.start("n"), match.end())
                continue
            first = any_number(match["low"].replace(",", ".")) if match["low"] else None
            if first is not None and first < value:
                yield FoundAmount(spec, "ge", first, *match.span())
                yield FoundAmount(spec, "le", value, *match.span())
                continue
            op = "ge" if match["plus"] else self.side(spec)
            start = match.start("n")
            doubtful = stem(plain(noun)) in _PEOPLE and not _FOR_THEM.search(low[:start])
            for one in self._asked(low, spec, op, value, start, match.end()):
                yield replace(one, unsure=True) if doubtful else one

    def _is_named(self, spec: FieldSpec | None, noun: str) -> bool:
        """Whether a field is called so itself: seats are counted, though a make of cars is called Seat."""
        return spec is not None and stem(plain(noun)) in self._own[spec.name]

    def side(self, spec: FieldSpec) -> LimitOp:
        """What a number of a field asks for without a word for its side: at least so many where more serve as well."""
        known = next((op for name, _, op, *_ in _KINDS if name == self._kinds.get(spec.name)), None)
        return known or side_of(spec) or "eq"

    def _asked(
        self, low: str, spec: FieldSpec, op: LimitOp, value: float, start: int, end: int
    ) -> Iterator[FoundAmount]:
        """One number of a field; of what must be just so many, up to the half that some columns add to a whole."""
        if is_negated(low, start):
            op = OPPOSITE[op]
            if op == "eq":
                yield FoundAmount(None, op, value, start, end)
                return
        if op != "eq":
            yield FoundAmount(spec, op, value, start, end)
            return
        known = self._catalog.numbers(spec.name)
        few = len(np.unique(known[~np.isnan(known)])) <= _FEW and value <= _FEW
        if not self._kinds.get(spec.name) and not few:
            near = _NEARER * value  # of 300 pages nobody means just so many
            yield FoundAmount(spec, "ge", value - near, start, end, unsure=True)
            yield FoundAmount(spec, "le", value + near, start, end, unsure=True)
            return
        if _ABOUT.search(low[:start]):
            yield FoundAmount(spec, "ge", value - max(1.0, _NEAR * value), start, end)
            yield FoundAmount(spec, "le", value + max(1.0, _NEAR * value), start, end)
            return
        if not np.any((known >= value) & (known < value + 1)):
            yield FoundAmount(None, op, value, start, end)  # nothing has so many
        elif np.any((known > value) & (known < value + 1)) and value % 1 == 0:
            yield FoundAmount(spec, "ge", value, start, end)
            yield FoundAmount(spec, "le", value + 0.5, start, end)
        else:
            yield FoundAmount(spec, "eq", value, start, end)

    def _of_names(self, low: str) -> Iterator[FoundAmount]:
        """Numbers right behind the name of their field: "intensity 3", "insurance group 5", "IBU of 40"."""
        for match in _OF_NAME.finditer(low):
            value = any_number(match["n"])
            spec = self.named(match["name"])
            if spec is None or value is None or is_year(match["n"]) or match["n"] == "one":
                continue
            op: LimitOp = "ge" if match["plus"] or match["least"] else self.side(spec)
            told = self._asked(low, spec, op, value, *match.span())
            yield from (one for one in told if one.spec is not None)

    def named(self, word: str) -> FieldSpec | None:
        """The field without a unit that a word calls, also one of the same root in another language."""
        word = stem(plain(word))
        for spec in self._plain:
            own = stems_of(spec) - _TOO_PLAIN
            if (
                word in own
                or len(word) > _ROOT
                and any(one[:_ROOT] == word[:_ROOT] for one in own if len(one) > _ROOT)
            ):
                return spec
        return None

    def _of_verbs(self, low: str) -> Iterator[FoundAmount]:
        for match in _OF_VERB.finditer(low):
            kind, value = _VERBS[match["verb"]], any_number(match["n"])
            spec = self._serving(kind) or self._serving("people")
            if spec is not None and value is not None and value <= _MOST_PEOPLE:
                yield FoundAmount(spec, "ge", value, *match.span())

    def _of_stances(self, low: str) -> Iterator[FoundAmount]:
        """So many in one of several ways that a table tells apart: "110 for a sit-down meal", "30 standing"."""
        for spec in self._specs:
            mine = [one for one in aspects_of(spec) if one.rivals == "stance"]
            for one in mine if self._kinds[spec.name] else ():
                for match in _OF_STANCE.finditer(low):
                    value = any_number(match["n"])
                    if value is None or is_year(match["n"]) or not self._measures.can_hold(spec, value):
                        continue
                    if one.said.match(match["how"]) and not is_negated(low, match.start()):
                        yield FoundAmount(spec, "ge", value, match.start(), match.end(), serves=True)

    def _of_people(self, low: str) -> Iterator[FoundAmount]:
        """How many people it is for, where a column tells how many an item serves: the most of them."""
        places = next((spec for spec in self._specs if self._kinds[spec.name] == "places"), None)
        if places is not None and (free := _FREE_PLACE.search(low)) is not None:
            yield FoundAmount(places, "ge", 1.0, *free.span(), serves=True)
        spec = self._serving("people")
        if spec is None:
            return
        found = []
        for match in _PARTY.finditer(low):
            said = next(match[name] for name in ("n", "n2", "n3", "n4", "n5", "n6", "n7") if match[name])
            value = 2.0 if said == "both" else any_number(said)
            if (
                value is None
                or not 1 < value <= self._most_people(spec, match)
                or value % 1
                or _TOLD_OF.search(low[: match.start()])
            ):
                continue
            found.append(FoundAmount(spec, "ge", value, *match.span(), serves=True))
        if found:
            most = max(found, key=lambda one: one.value)
            if self._is_told(low, spec):
                yield most
            elif most.value > 2:  # a table for two is to be had anywhere
                yield replace(most, spec=None)

    def _most_people(self, spec: FieldSpec, match: re.Match[str]) -> float:
        """The largest party that words may tell: what the largest item holds, where they say that they are people."""
        span = self._measures.span(spec)
        sure = match["n4"] or match["n3"] or _PERSONS.search(match[0])
        return max(_MOST_PEOPLE, span[1] if span is not None and sure else 0.0)

    def _is_told(self, low: str, spec: FieldSpec) -> bool:
        """Whether items of the sort that a text speaks of tell how many they serve: tents do, cookers do not."""
        known = ~np.isnan(self._catalog.numbers(spec.name))
        words = (form for form in forms(low) if form.isalpha() and form not in FUNCTION_WORDS)
        rows = [one for form in words if 0 < len(one := called(self._catalog, form)) < len(known)]
        if not rows:
            return bool(known.mean() >= _HELD)
        return any(known[one].mean() >= _HELD_OF_SORT for one in rows)

    def _serving(self, kind: str) -> FieldSpec | None:
        """The field of a kind, or the first that serves people."""
        of = [name for name, serves, *_ in _KINDS if name == kind or serves == kind]
        return next((spec for name in of for spec in self._specs if self._kinds[spec.name] == name), None)


_SHORTENED = {
    "berths": "berth",
    "ppl": "people",
    "persons": "person",
    "seated": "seat",
    "bedded": "bed",
    "doored": "door",
}


def _kind_of(spec: FieldSpec) -> str:
    """The kind of things that a field counts; empty where it is none of those known."""
    told = stems_of(spec)
    if told & _LEFT and told & _OF_PLACES:
        return "places"
    if told & _LEFT and len(told) > 1:
        return "left"
    if not told.isdisjoint(_OF_OTHERS):
        return ""
    for name, _, _, of, _ in _KINDS:
        if name != "places" and not told.isdisjoint(of.split()):
            return name
    return ""
