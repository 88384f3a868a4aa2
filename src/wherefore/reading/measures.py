"""The numbers and dates of a catalogue's records, by what people call them: units, labels, and roles."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Sequence
from datetime import date
from functools import cached_property
from itertools import islice

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.cells import fractional_year
from wherefore.catalog.items import texts_of
from wherefore.catalog.mentioned import PREFIX, is_told, mentioned_unit, names_measured
from wherefore.catalog.money import SIGNS, currency_called, names_price
from wherefore.catalog.naming import label_of, names_year, words_of
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.units import IN_PARTS, conversion, measure_of, unit_called, unit_written
from wherefore.dialogue.state import LimitOp
from wherefore.reading.numbers import MINUTES, NUMBER, in_cents, money, number, spoken_unit
from wherefore.reading.quantities import Quantity, fits, plain, quantity_named, quantity_of, stems_of, suited
from wherefore.text import FUNCTION_WORDS, stem

_LONG = frozenset("runtime duration length minutes running time".split())
_LONG_STEMS = frozenset(map(stem, _LONG))
_OF_WEIGHT = frozenset("weigh weighs weighing weight light lighter lightest heavy heavier".split())
_PRICE = frozenset("price cost usd eur gbp".split())
_ERA = frozenset("year decade era age time period".split())
_AGE = frozenset("age ages".split())
# Words of columns for whom something is fit, and of those beside the age of what is listed itself.
_OF_FITNESS = frozenset(
    "min minimum from recommended suitable player players rating limit group range restriction viewer reader".split()
)
_OF_BEINGS = frozenset("sex breed gender neutered neut spayed temperament pedigree mileage".split())
_GROWN_UP = 18  # years from which on anything is fit for people
# Words behind a number that are no unit on record, and what fields of which they count are called.
_COUNTED: dict[str, frozenset[str]] = {
    **dict.fromkeys(("star",), frozenset("rating score stars".split())),
    **dict.fromkeys(
        "people person ppl pax adult guest portion serving mouth kid child of player head seat".split(),
        frozenset(
            "servings serving serves portions yield players guests people persons seats capacity".split()
        ),
    ),
    **dict.fromkeys(("calory", "cal", "kcal", "calorie"), frozenset("calories kcal energy".split())),
    **dict.fromkeys(("page", "pp"), frozenset("pages page".split())),
    **dict.fromkeys(("bpm", "beat"), frozenset("tempo bpm".split())),
    **dict.fromkeys(("mah", "ah"), frozenset("battery mah".split())),
    **dict.fromkeys(("watt", "w", "kw"), frozenset("power wattage watts watt".split())),
    **dict.fromkeys(("mp", "megapixel"), frozenset("camera megapixels megapixel".split())),
    **dict.fromkeys(("hz",), frozenset("refresh hz".split())),
    **dict.fromkeys(("degree", "celsius"), frozenset("temperature temp".split())),
    **dict.fromkeys(("point", "pt", "pts"), frozenset("points score".split())),
}
# What fields are called of which a judge says that a number or a word of degree speaks, most telling first.
TOLD: dict[str, tuple[str, ...]] = {
    "price": (),
    "time": (),
    "year": (),
    "age": (),
    "pages": ("page",),
    "rating": ("rating", "star", "score", "point"),
    "weight": ("weight", "mass", "gram", "kilo"),
    "size": ("height", "width", "length", "size", "screen", "diameter", "depth"),
    "distance": ("distance", "km", "mile"),
    "energy": ("calory", "kcal", "energy", "calorie"),
    "amount": (
        "serving",
        "serve",
        "player",
        "seat",
        "people",
        "portion",
        "yield",
        "guest",
        "capacity",
        "sleep",
    ),
}
_LEAST, _MOST = (
    frozenset("min minimum lowest least mind mindest mindestens mini".split()),
    frozenset("max maximum highest most".split()),
)
_SIDES = _LEAST | _MOST
_A_MINUTE = re.compile(r"(?:/|\bper\s)\s*min\b", re.IGNORECASE)
_MINUS = re.compile(r"(?:(?<![\w.])[-−–]|\bminus\s+)$")
_PERCENT = ("%", "percent", "pct")
_OF_SCORES = frozenset(
    "score scores rating probability danceability energy valence similarity popularity".split()
)
_LOOKED_AT = 400  # records in which names beside amounts are looked for
_WARMTH = frozenset("temperature temp temperatur frost hardiness".split())
_ROOT = 6  # letters that a word and a field's name have in common where they are of one root
_BEGINNING = 4  # letters of a word that names a field by its beginning
_BEYOND = 3  # times the greatest number of a field up to which a number may be meant of it
_NO_UNITS = FUNCTION_WORDS | {"per"}
_ROAD = frozenset("mileage odometer".split())
_HOURS = frozenset(
    "h hr hrs hour hours mins minutes".split()
)  # that end a name, and can be nothing else there
_PER_HOUR = re.compile(r"/\s*h(?:r|our)?s?\W*$", re.IGNORECASE)  # "Rate/hr"
_TIMES = frozenset("day week month year decade night century".split())
# Units that are mostly written in cells, and have no other meaning where they are said.
_SAID_TOO = frozenset("cbm sqft sqm qm floz wh kwh khz mhz ghz hz kmh mph tonne dl decilitre kj".split())
_OTHER_UNITS = frozenset(
    "ohm horsepower hp bhp psi nm newton denier tog gsm micron lux nit ppm dpi ppi knot".split()
)
_YEARS = {"yrs": "years", "yr": "years", "months": "months"}
_NOTES = {"tenner": 10.0, "fiver": 5.0}  # what a note is called by: "no more than a tenner"
_FLUID = {"ounce": "fluid_ounce"}
_PER = {  # for how much of something a price may be
    "kilo": frozenset("kg kilo kilogram".split()),
    "piece": frozenset("piece item unit bottle box apiece stuck pezzo pieza".split()),
    "litre": frozenset("litre liter l".split()),
    "night": frozenset("night nacht nuit noche".split()),
    "week": frozenset("week woche semaine".split()),
    "month": frozenset("month mois monat".split()),
    "day": frozenset("day tag jour".split()),
}
_PER_BEFORE = frozenset("a an per la le au par pro je the al por each".split())
_PER_ALONE = frozenset(("apiece",))
_FIRST = 1850  # year of what a number may be from that is not called a year
_STRAGGLERS = 0.98  # the share of the items that are not newer than about the newest


class Measures:
    """The fields of a catalogue that a limit can be on.

    Args:
        catalog: The catalogue.
        clock: Tells the day.

    Attributes:
        year: The field that says when an item is from, if there is one.
        duration: The one that says how long it takes.
        price: The one that says what it costs.
        age: The one that says from which age on it is fit for people.
        own_age: The one that says how old items are themselves: dogs, horses, houses.
        roles: Which field comparisons of each kind are about ("shorter", "newer"), where the catalogue has one.
    """

    def __init__(self, catalog: Catalog, clock: Callable[[], date] = date.today) -> None:
        self._catalog, self._clock = catalog, clock
        self._specs = catalog.schema.measures
        self._spans: dict[str, tuple[float, float]] = {}
        self._named_in: dict[str, dict[str, float]] = {}
        self._words = {
            spec.name: {stem(word) for word in (*words_of(spec.name), *words_of(spec.label))} | stems_of(spec)
            for spec in self._specs
        }
        self.year = catalog.schema.year or next(filter(self._counts_years, self._specs), None)
        lasting = [
            spec for spec in self._specs if _is_duration(spec)
        ]  # "total time" comes before "prep time"
        self.duration = min(lasting, key=lambda spec: "total" not in words_of(spec.called), default=None)
        self.price = next((spec for spec in self._specs if _is_price(spec)), None)
        ages = [spec for spec in self._specs if _is_age(spec)]
        self.own_age = next((spec for spec in ages if self._is_of_items(spec)), None)
        self.age = next((spec for spec in ages if spec is not self.own_age), None)
        pages = (spec for spec in self._specs if "page" in (stem(spec.unit.lower()), *self._words[spec.name]))
        self.roles: dict[str, FieldSpec | None] = {
            "duration": self.duration or next(pages, None),
            "year": self.year,
            "price": self.price,
            "popularity": catalog.schema.popularity,
            "rating": self.labelled("rating"),
        }

    @property
    def today(self) -> float:
        """The day, as a year with a fraction."""
        return fractional_year(self._clock().isoformat())

    def dated(self, said: str) -> FieldSpec | None:
        """The field that tells when items are from: the one that words name ("submitted"), else the year."""
        named = {stem(word) for word in re.findall(r"[a-z]+", said)} - _ERA
        times = (spec for spec in self._specs if spec.is_date or names_year(spec.called))
        return next((spec for spec in times if named & (self._words[spec.name] - {"date"})), self.year)

    @property
    def prices(self) -> frozenset[str]:
        """The names of all fields that say what something costs."""
        return frozenset(spec.name for spec in self._specs if _is_price(spec))

    def _is_of_items(self, spec: FieldSpec) -> bool:
        """Whether an age is that of the items: parts of years, many, or beside what beings have."""
        if not _OF_FITNESS.isdisjoint({*words_of(spec.name), *words_of(spec.called)}):
            return False
        known = self._catalog.numbers(spec.name)
        known = known[~np.isnan(known)]
        others = {word for one in self._catalog.schema.fields for word in words_of(one.called)}
        parts = bool((known % 1 != 0).any() or (known > _GROWN_UP).any())
        return parts or not _OF_BEINGS.isdisjoint(others)

    def _counts_years(self, spec: FieldSpec) -> bool:
        """Whether a number that is not called so is the year of something: a vintage."""
        known = self._catalog.numbers(spec.name)
        known = known[~np.isnan(known)]
        return (
            spec.is_number
            and not spec.unit
            and len(known) > 0
            and bool(((known >= _FIRST) & (known <= self.today + 1) & (known % 1 == 0)).all())
        )

    @cached_property
    def newest(self) -> float:
        """About the latest year of the items, a few stragglers aside; 0 when none is known."""
        years = self._catalog.numbers(self.year.name) if self.year is not None else np.empty(0)
        known = years[~np.isnan(years)]
        return float(int(np.quantile(known, _STRAGGLERS))) if len(known) else 0.0

    def labelled(self, word: str | None) -> FieldSpec | None:
        """The field that a word of its name or label names."""
        if not word:
            return None
        word = stem(word)
        if word in _ERA and self.year is not None:
            return self.year
        if word in ("length", "runtime", "duration") and self.duration is not None:
            return self.duration
        if word in ("price", "cost", "budget") and self.price is not None:
            return self.price
        if word == "rated":
            word = "rating"
        named = [
            spec
            for spec in self._specs
            if word in self._words[spec.name] and word not in _SIDES and word != "number"
        ]
        # "3 nights" are those of a stay rather than what one night costs.
        return min(named, key=lambda spec: names_price(words_of(spec.called)), default=None)

    def rooted(self, word: str) -> FieldSpec | None:
        """The number that a word calls in another language with the same root: of "intensity" the `Intensité`."""
        root = plain(word)[:_ROOT]
        if len(root) < _ROOT:
            return None
        specs = (spec for spec in self._specs if spec.is_number and spec is not self.year)
        return next((spec for spec in specs if any(one[:_ROOT] == root for one in stems_of(spec))), None)

    def most_named(self, words: Collection[str]) -> FieldSpec | None:
        """The field of whose name or label most of some words are: of "rating count" the `rating_count`."""
        told = {stem(word) for word in words}
        best = max(self._specs, key=lambda spec: len(told & self._words[spec.name]), default=None)
        return best if best is not None and told & self._words[best.name] else None

    def called(self, measure: str) -> FieldSpec | None:
        """The field of a measure, one of `TOLD`."""
        age = self.age or self.own_age
        known = {"price": self.price, "time": self.duration, "year": self.year, "age": age}
        if measure in known:
            return known[measure]
        for word in TOLD[measure]:
            for spec in self._specs:
                if word in self._words[spec.name] or word == stem(spec.unit.lower()):
                    return spec
        return None

    def in_unit(
        self, unit: str, near: Sequence[str] = (), beside: Sequence[str] = (), value: float | None = None
    ) -> tuple[FieldSpec, float] | None:
        """The field measured in a unit, and what one of that unit is in the field's own.

        Args:
            unit: As it was written.
            near: Words around the number: of several fields in centimetres, "pots" name one.
            beside: Words right beside it, which may name what is measured: "200 miles range" are no mileage.
            value: The number: of several fields in miles, 50,000 is one of the mileage.
        """
        unit = spoken_unit(unit)
        word, named = stem(unit), quantity_named(beside)
        if unit in _PERCENT:
            return self._share(near)
        if money(unit) and named is not None and named.name == "cover":  # "£5m cover" is no price
            return next(((spec, 1.0) for spec in self._specs if quantity_of(spec) == named), None)
        if meant := money(unit):
            borne = named is not None and named.name in ("load", "weight")
            if word == "pound" and (borne or not _OF_WEIGHT.isdisjoint(near)):
                unit = word = "lb"
            else:
                spec = self._priced(meant, near)
                if spec is not None or word != "pound":
                    return None if spec is None else (spec, _NOTES.get(word, 1.0))
                unit = word = "lb"
        if (age := self._aged(word)) is not None and named is None:
            return age
        if word in MINUTES:
            spec = self._lasting(near, named)
            return None if spec is None else (spec, MINUTES[word] / _minutes(spec))
        alike = self._alike(unit, word, named)
        if alike:
            around = {stem(plain(one)) for one in near} - {word}
            kept = suited([spec for spec, _ in alike], named)
            scales = {spec.name: scale for spec, scale in alike}
            if value is not None:
                kept = [one for one in kept if self.can_hold(one, value * scales[one.name])] or kept
            best = next((one for one in kept if around & self._words[one.name]), next(iter(kept), None))
            if named is not None:
                best = next(iter(kept), None)
            return None if best is None else (best, scales[best.name])
        if named is not None and measures_time(unit):  # "2 years warranty", in months
            for spec in self._specs:
                long = conversion(unit_written(unit), unit_written(written_unit(spec)))
                if quantity_of(spec) == named and long is not None and not _is_price(spec):
                    return spec, long.scale
        if named is not None and (
            self.is_unit(unit) or measures_time(unit)
        ):  # "10 year warranty", of a `warranty` of which no unit is told
            own = (spec for spec in self._specs if quantity_of(spec) == named and not written_unit(spec))
            if (spec := next(own, None)) is not None and not _is_price(spec):
                return spec, 1.0
        called = (
            spec
            for spec in suited(self._specs, named)
            if word in self._words[spec.name] and word not in _SIDES | _NO_UNITS and spec is not self.year
        )
        found = next(called, None) or self._counted(word) or self.mentioned(unit)
        return None if found is None else (found, 1.0)

    def _aged(self, word: str) -> tuple[FieldSpec, float] | None:
        """The age of the items, where a unit is one that ages are told in, and what one of it is there."""
        spec = self.own_age if word in ("year", "yr", "month", "week") else None
        if spec is None:
            return None
        found = conversion(unit_written(word), unit_written(spec.unit) or "year")
        return None if found is None else (spec, found.scale)

    def told_beside(self, beside: Sequence[str], value: float | None) -> FieldSpec | None:
        """The field that words right beside a bare number name, by what they measure: of "80 thousand on the clock"."""
        named = quantity_named(beside)
        if named is None or named.name == "price":
            return None
        own = (spec for spec in self._specs if spec.is_number and quantity_of(spec) == named)
        return next((spec for spec in own if value is None or self.can_hold(spec, value)), None)

    def is_called(self, unit: str, near: Collection[str]) -> bool:
        """Whether words around a time are in the name of a field of times: "left alone 5 hours"."""
        found = self.in_unit(unit, [*near])
        if found is None:
            return False
        told = {stem(plain(one)) for one in near if len(one) >= _BEGINNING}
        lasting = [spec for spec in self._specs if _is_duration(spec)]
        words = {word for spec in lasting for word in self._words[spec.name]}
        return bool(
            told & {one for one in words if not measures_time(one) and one not in _SIDES | _LONG_STEMS}
        )

    def _lasting(self, near: Collection[str], named: Quantity | None) -> FieldSpec | None:
        """How long something takes or lasts; where words name which of several times, that one."""
        lasting = [spec for spec in self._specs if _is_duration(spec) and fits(spec, named)]
        around = {stem(plain(one)) for one in near}
        told = [spec for spec in lasting if named is not None and quantity_of(spec) is not None]
        called = [spec for spec in told if around & (self._words[spec.name] - {"time"})]
        if called or told:
            return (called or told)[0]
        return self.duration if self.duration in lasting else next(iter(lasting), None)

    def _alike(self, unit: str, word: str, named: Quantity | None = None) -> list[tuple[FieldSpec, float]]:
        """The fields measured in a unit, else those in which it can be told, with what one of it is there."""
        units = [(spec, written_unit(spec)) for spec in self._specs if not _is_price(spec)]
        called = mentioned_unit(unit)
        same = [
            (spec, 1.0)
            for spec, own in units
            if own and (stem(own.lower()) == word or called and called == mentioned_unit(own))
        ]
        if same and any(fits(spec, named) for spec, _ in same):
            return same
        return [(spec, scale) for spec, own in units if own and (scale := _scale(unit, own)) is not None]

    def mentioned(self, unit: str) -> FieldSpec | None:
        """What stands for a field where no field has a unit, but titles or texts write amounts in it: "20000 mAh"."""
        called = mentioned_unit(unit)
        if not called:
            return None
        name = f"{PREFIX}{called}"
        told = is_told(self._catalog.numbers(name), called)
        return self._catalog.schema.spec(name) if told else None

    def names_in(self, unit: str) -> dict[str, float]:
        """What records write amounts in a unit of: "Protein 4g"; the unit as `mentioned_unit` calls it."""
        found = self._named_in.get(unit)
        if found is None:
            records = [texts_of(item) for item in islice(self._catalog, _LOOKED_AT)]
            found = self._named_in[unit] = names_measured(records, unit)
        return found

    def span(self, spec: FieldSpec) -> tuple[float, float] | None:
        """The least and the greatest number of a field on record; None where none is known."""
        found = self._spans.get(spec.name)
        if found is None:
            known = self._catalog.numbers(spec.name)
            known = known[~np.isnan(known)]
            if not len(known):
                return None
            found = self._spans[spec.name] = float(known.min()), float(known.max())
        return found

    def steps(self, spec: FieldSpec) -> list[float]:
        """The numbers of a field on record, each once, the least first."""
        known = self._catalog.numbers(spec.name)
        return [float(one) for one in np.unique(known[~np.isnan(known)])]

    def spoken(self, spec: FieldSpec, said: str, value: float) -> float:
        """A number that may be said as a price is, "two-fifty": 250 or 2.50, as the field has it; NaN: it has both."""
        cents, span = in_cents(said), self.span(spec)
        if cents is None or span is None:
            return value
        fits = [one for one in (value, cents) if span[0] / 2 <= one <= 2 * span[1]]
        return fits[0] if len(fits) == 1 else math.nan

    def can_hold(self, spec: FieldSpec, value: float) -> bool:
        """Whether a number can be meant of a field: of scores up to 9.7, 100 is not, and 750 of stars."""
        span = None if spec.is_date or spec is self.year else self.span(spec)
        if span is None:
            return True
        low, high = span
        return value <= _BEYOND * high if high > 0 and value > 0 else value >= _BEYOND * low or low >= 0

    def _share(self, near: Collection[str]) -> tuple[FieldSpec, float] | None:
        """The field that percents are of, and what one of them is there: of parts of one a hundredth."""
        told = [spec for spec in self._specs if spec.unit in _PERCENT]
        parts = [
            spec
            for spec in self._specs
            if spec.unit == IN_PARTS or (not spec.unit and self._is_in_parts(spec))
        ]
        around = {stem(one) for one in near}
        found = [(spec, 1.0) for spec in told] + [(spec, 0.01) for spec in parts]
        named = [one for one in found if around & self._words[one[0].name]]
        return (named or found)[0] if named or len(found) == 1 else None

    def _is_in_parts(self, spec: FieldSpec) -> bool:
        """Whether a field holds parts of one, as `abv` 0.065 does: no flags, and no scores that reach one."""
        span = self.span(spec)
        if span is None or span[0] < 0 or span[1] >= 1 or span[0] == span[1] or _is_price(spec):
            return False
        return not _OF_SCORES & {*words_of(spec.called)}

    def _priced(self, meant: Collection[str], near: Sequence[str] = ()) -> FieldSpec | None:
        """The price in one of some currencies, else one that does not say in which it is.

        Of several, words around the number may name one, whole or by their beginning: "warm" the `Warmmiete`.
        """
        prices = [spec for spec in self._specs if _is_price(spec) and not _of_another(spec, near)]
        prices.sort(key=lambda spec: not self._is_named(spec, near))
        same = (spec for spec in prices if not money(spec.unit).isdisjoint(meant))
        return next(same, None) or next((spec for spec in prices if not money(spec.unit)), None)

    def _is_named(self, spec: FieldSpec, near: Collection[str]) -> bool:
        told = [plain(one) for one in near if len(one) >= _BEGINNING]
        return any(word.startswith(one) for word in stems_of(spec) for one in told)

    def in_price(self, said: str) -> bool:
        """Whether words name the money that prices are in."""
        marks = re.findall(rf"[{SIGNS}]|[^\W\d_]+", said.lower())
        price = self.price
        return price is not None and any(money(one) and self._priced(money(one)) == price for one in marks)

    def beyond(self, said: str) -> tuple[FieldSpec, tuple[float, float]] | None:
        """The field that words name with a number that it cannot hold, and its least and greatest number."""
        told = re.findall(r"[a-z]+", said.lower())
        labelled = (self.labelled(word) for word in told)
        spec = self.most_named(told) or next((spec for spec in labelled if spec is not None), None)
        span = None if spec is None or spec.is_date or spec is self.year else self.span(spec)
        given = [one for word in re.findall(NUMBER, said.lower()) if (one := number(word)) is not None]
        if spec is None or span is None or all(self.can_hold(spec, one) for one in given):
            return None
        return spec, span

    def is_unit(self, word: str | None) -> bool:
        """Whether a word behind a number is a unit of measure, of whatever."""
        if not word:
            return False
        word = spoken_unit(word)
        if unit_called(word) == "stone" and not self._weighs:  # "two stone lions"
            return False
        return bool(
            word == "%"
            or money(word)
            or stem(word) in MINUTES
            or _pint_of(word)
            or mentioned_unit(word)
            or stem(word) in _OTHER_UNITS
        )

    @cached_property
    def _weighs(self) -> bool:
        """Whether any field is a weight."""
        units = (written_unit(spec) for spec in self._specs)
        return any(measure_of(unit_called(one) or unit_written(one)) == "weight" for one in units if one)

    def may_be(self, spec: FieldSpec, value: float, unit: str | None) -> bool:
        """Whether an amount can be one of a field: "ten years" are no year."""
        return spec != self.year or value >= _FIRST or stem(unit or "") not in ("year", "yr", "decade")

    def bounded(self, spec: FieldSpec, op: LimitOp) -> list[tuple[FieldSpec, LimitOp]]:
        """What a bound on a field bounds, where that says itself a lowest or a highest value.

        A plant with `min_temperature` -10 stands a frost of -8, whether somebody says "at least -8" or "down to -8";
        four people play what has `min_players` 2 and `max_players` 5.
        """
        side = self._side(spec)
        if side is None or spec is self.age:
            return [(spec, op)]
        other = self._other_side(spec)
        if other is not None:
            return [(spec, side), (other, "ge" if side == "le" else "le")]
        return [(spec, op if side == "ge" and op in ("lt", "le") else side)]

    def served_by(self, spec: FieldSpec) -> LimitOp | None:
        """The side of a number that a field serves which says itself a lowest or a highest: a `max_kg` all up to it."""
        return None if spec is self.age else self._side(spec)

    def _side(self, spec: FieldSpec) -> LimitOp | None:
        named = {*words_of(spec.label), *words_of(label_of(spec.name))}
        if _A_MINUTE.search(spec.name):  # "l/min"
            named -= {"min"}
        low, high = bool(named & _LEAST), bool(named & _MOST)
        return None if low == high else "le" if low else "ge"

    def _other_side(self, spec: FieldSpec) -> FieldSpec | None:
        rest = self._words[spec.name] - _LEAST - _MOST
        sided = (one for one in self._specs if self._side(one) not in (None, self._side(spec)))
        return next((one for one in sided if self._words[one.name] - _LEAST - _MOST == rest), None)

    def signed(self, spec: FieldSpec, value: float, before: str) -> float:
        """A number with its sign: below zero where a minus is before it, and records of the field are."""
        return -value if _MINUS.search(before) and self._goes_below_zero(spec) else value

    def below_zero(self, before: str) -> FieldSpec | None:
        """The one field with numbers below zero, where a minus stands before a number; None where there are several."""
        found = [spec for spec in self._specs if _MINUS.search(before) and self._goes_below_zero(spec)]
        return found[0] if len(found) == 1 else None

    @cached_property
    def lowest_warmth(self) -> FieldSpec | None:
        """The field that tells down to which temperature a thing stands."""
        warm = (
            spec
            for spec in self._specs
            if spec.is_number
            and (measures_warmth(written_unit(spec)) or not _WARMTH.isdisjoint(self._words[spec.name]))
        )
        return next((spec for spec in warm if self._side(spec) == "le"), None)

    def _goes_below_zero(self, spec: FieldSpec) -> bool:
        known = self._catalog.numbers(spec.name)
        return bool((known[~np.isnan(known)] < 0).any())

    def _counted(self, word: str) -> FieldSpec | None:
        """The field that counts what a word calls: of "4.5 stars" the rating, of "six people" the servings."""
        called = _COUNTED.get(word, frozenset())
        return next(
            (
                spec
                for spec in self._specs
                if not called.isdisjoint({*words_of(spec.name), *words_of(spec.label)})
            ),
            None,
        )


def measures_time(unit: str) -> bool:
    """Whether a unit is one of time, of which people tell much that is no limit.

    >>> measures_time("hours"), measures_time("weeks"), measures_time("kg")
    (True, True, False)
    """
    return stem(unit) in MINUTES or stem(unit) in _TIMES


def measures_warmth(unit: str) -> bool:
    """Whether a unit is one of temperature, of which people tell how the weather is.

    >>> measures_warmth("degrees"), measures_warmth("kg")
    (True, False)
    """
    return measure_of(unit_called(unit)) == "temperature"


def is_of_stuff(unit: str) -> bool:
    """Whether a unit measures what something holds, weighs or gives, not how long it is or lasts.

    >>> is_of_stuff("kg"), is_of_stuff("ml"), is_of_stuff("cm"), is_of_stuff("hours"), is_of_stuff("ohm")
    (True, True, False, False, True)
    """
    unit = spoken_unit(unit)
    return stem(unit) in _OTHER_UNITS or measure_of(_pint_of(unit)) not in (
        "",
        "length",
        "time",
        "temperature",
    )


def _pint_of(unit: str) -> str:
    """Pint's name of a unit that people say, also of some that are mostly written in cells."""
    return unit_called(unit) or (unit_written(unit) if unit.removesuffix("s") in _SAID_TOO else "")


def written_unit(spec: FieldSpec) -> str:
    """The unit of a field, also where its name is no more than that: `ounces`."""
    if spec.unit or not spec.is_number:
        return spec.unit
    if not _ROAD.isdisjoint(words_of(spec.name)):
        return "miles"
    last = re.findall(r"[^\W_]+", f" {spec.name.lower()}")[-1:]
    known = (
        last
        and len(last[0]) > 1
        and (mentioned_unit(last[0]) or stem(last[0]) in _OTHER_UNITS | {"yr", "year", "month"})
    )
    return _YEARS.get(last[0], last[0]) if known else ""


def _scale(given: str, wanted: str) -> float | None:
    """What one of a unit is in another; ounces may be of weight or fluid. None where they measure different things."""
    own, other = _pint_of(given), unit_called(wanted) or unit_written(wanted)
    for one, two in ((own, other), (_FLUID.get(own, own), _FLUID.get(other, other))):
        found = conversion(one, two)
        if found is not None:
            return None if found.offset else round(found.scale, 9)
    return None


def _per(words: Sequence[str]) -> str:
    """For how much of something a price is, by words: "a piece", "per kg"; empty where they do not tell."""
    told = [plain(word) for word in words]
    for place, word in enumerate(told):
        of = next((name for name, said in _PER.items() if stem(word) in said), "")
        if of and (word in _PER_ALONE or place and told[place - 1] in _PER_BEFORE):
            return of
    return ""


def _of_another(spec: FieldSpec, near: Sequence[str]) -> bool:
    """Whether a price is for one of something else than words say: "a piece", of a `price per kg`."""
    asked = _per([*near])
    own = _per([*words_of(spec.name)]) if asked else ""
    return bool(asked and own and asked != own)


def _is_duration(spec: FieldSpec) -> bool:
    if spec.unit:
        return _unit_of(spec) in MINUTES
    named = words_of(spec.called)
    lasts = len(named) > 1 and named[-1] in _HOURS and not _PER_HOUR.search(spec.called)
    return spec.is_number and (not _LONG.isdisjoint(named) or lasts)


def _unit_of(spec: FieldSpec) -> str:
    """The stem of a field's unit, or of what its name ends with."""
    return stem((spec.unit or (words_of(spec.called) or ("",))[-1]).lower())


def _minutes(spec: FieldSpec) -> float:
    """The minutes in one of a duration's unit."""
    return MINUTES.get(_unit_of(spec), 1.0)


def _is_age(spec: FieldSpec) -> bool:
    named = {*words_of(spec.name), *words_of(spec.label)}
    return spec.is_number and not _AGE.isdisjoint(named) and not {"max", "maximum"} & named


def _is_price(spec: FieldSpec) -> bool:
    return bool(currency_called(spec.unit)) or not _PRICE.isdisjoint(words_of(spec.called))
