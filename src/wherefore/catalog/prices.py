"""What items cost, and for what: which fields hold prices per night or piece, sale prices, and fees that come once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from wherefore.catalog.catalog import Catalog, PerCatalog
from wherefore.catalog.items import Item
from wherefore.catalog.money import CURRENCY, FREE, currency_called, currency_shown, names_price
from wherefore.catalog.naming import in_english, words_of
from wherefore.catalog.numbers import number_in
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.spoken import amount_text
from wherefore.catalog.units import conversion, measure_of, unit_called, unit_written
from wherefore.text import stem

Role = Literal["price", "sale", "buy", "once"]
Span = Literal["", "hour", "day", "night", "week", "month", "year"]

_SPANS: dict[Span, str] = {
    "hour": "hour hours hr hrs hourly std stunde heure",
    "night": "night nights nightly nt nacht nuit noche notte",
    "day": "day days daily tag jour dia",
    "week": "week weeks weekly wk wks woche semaine",
    "month": "month months monthly mo pcm monat mois",
    "year": "year yearly yr annum annual pa",
}
_SPAN_OF: dict[str, Span] = {word: span for span, words in _SPANS.items() for word in words.split()}
_SHORT = re.compile(r"/\s*(?:(?P<night>n)|(?P<hour>h)|(?P<day>d)|(?P<week>w))\b", re.IGNORECASE)  # "Preis/N."
_RENTS = frozenset("rate rates rent rental hire tariff charge charges per lease miete tarif".split())
_BUYS = frozenset("buy buying purchase kauf kaufpreis sell selling".split())
_SALES = frozenset("sale offer discounted reduced special promo promotional clearance aktion angebot".split())
_FEES = frozenset("fee fees charge charges cost costs price surcharge supplement".split())
ONCE: dict[str, str] = {  # what is paid once, and how people and columns call it
    "deposit": "deposit bond kaution caution depot",
    "cleaning": "cleaning clean endreinigung endrein reinigung menage",
    "booking": "booking reservation buchung",
    "joining": "joining registration enrolment enrollment signup membership",
    "setup": "setup installation fitting",
    "delivery": "delivery shipping postage versand livraison lieferung",
    "linen": "linen bedding towels bettwäsche",
    "admin": "admin administration service handling agency",
    "materials": "materials material kit book",
}
_ONCE_OF = {stem(word): kind for kind, words in ONCE.items() for word in words.split()}
_OTHERS = frozenset(  # what only some people pay, or what is no amount
    "conc concession concessions concessionary child children kids student students senior seniors member members "
    "under percent pct days time times level range date band area included refundable".split()
)
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)\w*\b", re.IGNORECASE)
_TO = re.compile(r"\s*(?:-|–|to)\s*")
_MONEY = re.compile(
    rf"\s*(?P<before>{CURRENCY})?\s*(?P<n>\d[\d.,' ]*)\s*(?P<after>{CURRENCY})?\s*(?:(?:per|/|a)\s*[a-z.]+)?\s*\.?",
    re.IGNORECASE,
)
_SIZED = re.compile(r"(?<![\d.])(?P<n>\d+(?:[.,]\d+)?)\s*(?P<unit>[a-z]+)", re.IGNORECASE)


class Amount(NamedTuple):
    """Money on record, and how it is shown."""

    value: float
    unit: str

    def shown(self, value: float | None = None) -> str:
        """This amount, or another one in its money.

        >>> Amount(9.5, "€").shown(), Amount(9.5, "").shown(19)
        ('€9.50', '19')
        """
        return amount_text(self.value if value is None else value, self.unit, True)


@dataclass(frozen=True, slots=True)
class Price:
    """A field that holds what is paid.

    Attributes:
        spec: The field.
        role: `price`, `sale` (which counts before it), `buy` (beside what is rented), or `once`.
        span: The time that it is for; empty where it is for the thing.
        what: What a fee is for: "cleaning".
        days: Of the week, from 0, on which it holds; none where on all.
        size: How much of which unit (pint's name) it buys, where the field's name says so: `price_250g`.
    """

    spec: FieldSpec
    role: Role
    span: Span = ""
    what: str = ""
    days: frozenset[int] = frozenset()
    size: tuple[float, str] | None = None

    @property
    def called(self) -> str:
        """The field's name as people read it."""
        return self.spec.column or self.spec.name

    def of(self, item: Item) -> Amount | None:
        """What a record says; None where it says no amount."""
        return amount_of(item, self.spec)


class Quantity(NamedTuple):
    """How much of something a record says that one pays for."""

    value: float
    called: str  # the field, or the price's own words: "50 g"


def amount_of(item: Item, spec: FieldSpec) -> Amount | None:
    """The money that a field holds, also where the field counts for nothing as it is mixed with words.

    >>> spec = FieldSpec(name="rent", column="rent", kind="ignore")
    >>> amount_of(Item("1", "Bed", {"rent": "$18.50"}), spec), amount_of(Item("2", "Rail", {"rent": "ask us"}), spec)
    (Amount(value=18.5, unit='$'), None)
    """
    value = item.fields.get(spec.name)
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Amount(float(value), spec.unit)
    if not isinstance(value, str):
        return None
    if value.strip().lower() in FREE:
        return Amount(0.0, spec.unit)
    found = _MONEY.fullmatch(value)
    mark = "" if found is None else (found["before"] or found["after"] or "")
    if found is None or (mark and not currency_called(mark)) or not (mark or spec.unit):
        return None
    number = number_in(found["n"].strip(" '"), "," if re.search(r",\d{1,2}$", found["n"].strip()) else ".")
    return None if number is None else Amount(float(number), currency_shown(mark) if mark else spec.unit)


def _words(spec: FieldSpec) -> set[str]:
    own = (*words_of(spec.column or ""), *words_of(spec.name), *words_of(spec.label))
    return {*own, *in_english(words_of(spec.name)), *in_english(words_of(spec.column or ""))}


def _span(spec: FieldSpec, words: set[str]) -> Span:
    """The time that a price is for, by its name or its unit; days of the week are no days."""
    short = _SHORT.search(spec.column or spec.name)
    if short is not None:
        return next(name for name in ("night", "hour", "day", "week") if short[name])
    found = {_SPAN_OF[word] for word in (*words, *words_of(spec.unit)) if word in _SPAN_OF}
    return next((span for span in _SPANS if span in found), "")


def _days(name: str) -> frozenset[int]:
    """The days of the week that a name tells: "Rate Mon-Fri" 0 to 4."""
    low = name.lower()
    if re.search(r"\bweekends?\b", low):
        return frozenset((5, 6))
    if re.search(r"\b(?:weekdays?|midweek)\b", low):
        return frozenset(range(5))
    found = list(_DAY.finditer(low))
    days = {_WEEK.index(one[1][:3]) for one in found}
    if len(found) == 2 and _TO.fullmatch(low[found[0].end() : found[1].start()]):
        first, last = (_WEEK.index(one[1][:3]) for one in found)
        days = {(first + step) % 7 for step in range((last - first) % 7 + 1)}
    return frozenset(days)


def _price_of(spec: FieldSpec, catalog: Catalog) -> Price | None:
    """What a field is a price of; None where it is none."""
    words = _words(spec)
    money = bool(currency_called(spec.unit)) or (
        (spec.has_tags or not spec.can.used) and _is_of_money(spec, catalog)
    )
    if not (spec.is_number or money) or words & _OTHERS or (spec.unit and spec.is_number and not money):
        return None
    what = next(
        (_ONCE_OF[one] for one in map(stem, words_of(spec.column or spec.name)) if one in _ONCE_OF), ""
    )
    what = what or next((_ONCE_OF[stem(one)] for one in sorted(words) if stem(one) in _ONCE_OF), "")
    if what and (money or what == "deposit" or words & _FEES):
        return Price(spec, "once", what=what)
    span = _span(spec, words)
    named = names_price(frozenset(words)) or bool(words & (_SALES | _BUYS))
    rents = bool(span) and (bool(words & _RENTS) or bool(_SHORT.search(spec.column or spec.name)))
    if not (money or named or rents):
        return None
    days = _days(spec.column or spec.name)
    if words & _SALES and not words & _BUYS:
        return Price(spec, "sale", span, days=days)
    return Price(spec, "buy" if words & _BUYS else "price", span, days=days, size=_size(spec))


def _size(spec: FieldSpec) -> tuple[float, str] | None:
    """How much a price buys, by its name."""
    for found in _SIZED.finditer(re.sub(r"[_.]+(?=\d)|(?<=\d)_", " ", spec.column or spec.name)):
        unit = unit_written(found["unit"])
        if measure_of(unit) in ("weight", "volume"):
            return float(found["n"].replace(",", ".")), unit
    return None


def _is_of_money(spec: FieldSpec, catalog: Catalog) -> bool:
    """Whether the values of a field that counts for nothing are amounts of money, mostly."""
    if not (_words(spec) & (_RENTS | _SALES | _BUYS | _FEES) or names_price(frozenset(_words(spec)))):
        if not any(stem(one) in _ONCE_OF for one in _words(spec)):
            return False
    some = [item for item in catalog.items[:200] if item.fields.get(spec.name)]
    return any(amount_of(item, spec) is not None for item in some)


class Prices:
    """What the fields of a catalogue say of what items cost."""

    def __init__(self, catalog: Catalog) -> None:
        fields = [
            spec
            for spec in catalog.schema.fields
            if not (spec.is_apart or spec.is_date or spec.can.role == "text")
        ]
        found = [one for spec in fields if (one := _price_of(spec, catalog)) is not None]
        if any(one.span for one in found):  # beside a rent, what is for no time is what it costs to keep it
            found = [
                Price(one.spec, "buy", days=one.days) if one.role == "price" and not one.span else one
                for one in found
            ]
        self.all = tuple(found)
        self.once = tuple(one for one in found if one.role == "once")
        self.buys = tuple(one for one in found if one.role == "buy")
        self.spans = tuple(one for one in found if one.role in ("price", "sale") and one.span)
        self._whole = tuple(one for one in found if one.role in ("price", "sale") and not one.span)
        own = {one.spec.name for one in found}
        self.numbers = tuple(
            spec for spec in catalog.schema.fields if spec.is_number and spec.name not in own
        )

    def paid(self, item: Item) -> tuple[Price, Amount] | None:
        """What a piece costs now: its sale price, or else its price."""
        return next(iter(self.offers(item)), None)

    def offers(self, item: Item) -> list[tuple[Price, Amount]]:
        """What a piece costs now; several where its prices are for several sizes."""
        for role in ("sale", "price", "buy"):
            own = [one for one in (*self._whole, *self.buys) if one.role == role and not one.days]
            known = [(one, amount) for one in own if (amount := one.of(item)) is not None]
            if known:
                sized = [pair for pair in known if pair[0].size is not None]
                return sized or known[:1]
        return []

    def for_time(self, item: Item) -> list[tuple[Price, Amount]]:
        """What a record says that a time costs."""
        return [(one, amount) for one in self.spans if (amount := one.of(item)) is not None]

    def quantity(self, item: Item, unit: str, price: Price | None = None) -> Quantity | None:
        """How much of a unit, or how many of what a word names, one gets: grams of a bag, people of a house."""
        pint = unit_called(unit) or unit_written(unit)
        if price is not None and price.size is not None and pint:
            turned = conversion(price.size[1], pint)
            written = amount_text(price.size[0], price.size[1])
            return None if turned is None else Quantity(turned(price.size[0]), written)
        for spec in self.numbers_of(unit):
            number = item.number(spec.name)
            own = _unit_of(spec)
            turned = conversion(own, pint) if pint else None
            if number is not None and number > 0:
                value = turned(number) if turned is not None else number
                return Quantity(value, amount_text(number, own_unit(spec)))
        return None

    def numbers_of(self, unit: str) -> list[FieldSpec]:
        """The fields that tell how much of a unit, or how many of what a word names, one gets."""
        pint = unit_called(unit) or unit_written(unit)
        if pint and measure_of(pint) != "time":
            return [spec for spec in self.numbers if measure_of(_unit_of(spec)) == measure_of(pint)]
        if stem(unit) in _PEOPLE:
            people = [spec for spec in self.numbers if _SLEEPS & set(map(stem, _words(spec)))]
            return [spec for spec in people if not spec.unit]
        return [spec for spec in self.numbers if stem(unit) in set(map(stem, _words(spec)))]


_PEOPLE = frozenset(map(stem, "person people head guest adult pp each".split()))
_SLEEPS = frozenset(
    map(stem, "sleeps sleep guests persons people person pers capacity seats places pax schlafplätze".split())
)


def own_unit(spec: FieldSpec) -> str:
    """A field's unit as it is written, also where only its name tells it."""
    if spec.unit:
        return spec.unit
    last = words_of(spec.column or spec.name)[-1:]
    return last[0] if last and _unit_of(spec) else ""


def _unit_of(spec: FieldSpec) -> str:
    """Pint's name of a field's unit, also where its name is no more than that."""
    if spec.unit:
        return unit_called(spec.unit) or unit_written(spec.unit)
    last: Sequence[str] = words_of(spec.column or spec.name)[-1:]
    return unit_called(last[0]) or unit_written(last[0]) if last and len(last[0]) > 1 else ""


prices_of = PerCatalog(Prices)
