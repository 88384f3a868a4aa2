"""What quantities mean: what fields and words beside a number measure, and which side of a number people want."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from wherefore.catalog.naming import words_of
from wherefore.catalog.schema import FieldSpec
from wherefore.dialogue.state import LimitOp
from wherefore.reading.bearers import is_somebodys, must_reach
from wherefore.text import stem

Side = LimitOp | None


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something that is measured.

    Attributes:
        name: What it is called here.
        side: What a number of it without a word for its side asks for: of a battery's hours at least so many, of a
            weight at most; None of what nobody has too much or too little of by its nature.
    """

    name: str
    side: Side


# What fields and people call quantities, by side: words that stand together are all needed. The longest that fits
# names it, so that a "towing weight" is no weight, and of two of one length the first.
_TABLE: tuple[tuple[str, Side, str], ...] = (
    (
        "battery",
        "ge",
        "battery, battery life, battery runtime, battery hour, playtime, playback, autonomy, akku, akkulaufzeit, "
        "autonomie, standby, batterie, bateria",
    ),
    ("charging", "le", "charge time, charging, charging time, recharge, ladezeit, ladedauer"),
    ("reach", "ge", "range, electric range, driving range, reichweite, autonomia, wltp, coverage, reach"),
    (
        "towing",
        "ge",
        "tow, towing, towing weight, towing capacity, braked, braked towing, unbraked, anhangelast, towing limit, "
        "caravan, trailer, horsebox, boat trailer",
    ),
    (
        "load",
        "ge",
        "payload, load, load capacity, max load, carrying, carrying capacity, weight capacity, weight limit, "
        "max weight, maximum weight, user weight, rider weight, zuladung, nutzlast, traglast, tragkraft, "
        "toddler, baby, child weight, person weight, rider, child, user, passenger weight",
    ),
    (
        "capacity",
        "ge",
        "capacity, boot, boot space, boot capacity, boot volume, trunk, luggage, cargo, kofferraum, volume, storage, "
        "memory, ram, disk, ssd, hdd, tank, water tank, drum, speicher, arbeitsspeicher, fassungsvermogen, coffre, "
        "paper capacity, tray, bin, basket, hopper, jug, bag volume",
    ),
    ("resolution", "ge", "resolution, megapixel, pixel, dpi, ppi, auflosung, megapixels"),
    (
        "proof",
        "ge",
        "water resistance, waterproof, hydrostatic, hydrostatic head, water column, waterproofing, wassersaule, "
        "depth rating",
    ),
    ("brightness", "ge", "brightness, nit, lumen, lux, luminance, helligkeit"),
    ("warranty", "ge", "warranty, guarantee, garantie, garantia, gewahrleistung"),
    ("rating", "ge", "rating, score, star, note, bewertung, review score, guest score"),
    (
        "power",
        "ge",
        "power, wattage, horsepower, hp, bhp, ps, leistung, puissance, motor, heat output, output",
    ),
    ("torque", "ge", "torque, drehmoment"),
    ("suction", "ge", "suction, airflow, flow, flow rate, fill power"),
    (
        "speed",
        "ge",
        "speed, top speed, print speed, max speed, ppm, hochstgeschwindigkeit, refresh, refresh rate, "
        "hz, faster, rpm, spin, schleudern",
    ),
    ("economy", "ge", "mpg, fuel economy, economy"),
    (
        "area",
        "ge",
        "area, floor area, living area, floor space, floor size, wohnflache, surface, superficie, living space, sqm, "
        "sqft, m2, cabin size, room size",
    ),
    ("protection", "ge", "spf, tog, fill weight, thread count"),
    ("cover", "ge", "cover, sum insured, cover amount, insured, payout, deckung, deckungssumme"),
    (
        "price",
        "le",
        "price, cost, rent, fee, deposit, premium, rate, tariff, excess, tax, road tax, supplement",
    ),
    ("price", "le", "miete, kaltmiete, warmmiete, nebenkosten, kaution, loyer, alquiler, selbstbeteiligung"),
    ("weight", "le", "weight, mass, weigh, gewicht, poid, peso, heavy, weighing, weigh, heavier, lighter"),
    (
        "noise",
        "le",
        "noise, noise level, loudness, sound level, lautstarke, gerausch, loud, sound power, "
        "db, decibel, quieter, louder, quiet",
    ),
    ("emissions", "le", "emission, co2, carbon"),
    (
        "consumption",
        "le",
        "consumption, fuel consumption, energy consumption, water consumption, power consumption, "
        "energy use, verbrauch, consommation, standby consumption, energy usage",
    ),
    ("mileage", "le", "mileage, odometer, milage, kilometerstand, on clock, clock, kilometrage, milometer"),
    ("owners", "le", "owner, previou owner, prev owner, halter, keeper"),
    (
        "preparation",
        "le",
        "prep, preparation, preparation time, prep time, cook time, cooking time, total time, setup, setup time, "
        "assembly, assembly time, delivery time, lead time, boil time, warm up, zubereitungszeit, lieferzeit, "
        "pitch time, pitching",
    ),
    ("distance", "le", "distance, from beach, to beach, from centre, to centre, entfernung, walk to"),
    ("insurance group", "le", "insurance group, in grp, insurance grp, ins group, group insurance"),
    ("sugar", "le", "sugar, sugars, zucker, sucre"),
    ("salt", "le", "salt, sodium, salz"),
    ("fat", "le", "fat, saturate, saturated fat, fett, matiere grasse"),
    ("calories", "le", "calory, kcal, calorie, energy kcal, carb, carbohydrate, kalorien, carbs"),
    ("protein", "ge", "protein, fibre, fiber, eiwei, proteine"),
    ("age", "le", "age year, vehicle age"),
    (
        "width",
        None,
        "width, wide, breite, largeur, ancho, larghezza, breedte, breadth, wider, narrower, across",
    ),
    ("height", None, "height, tall, high, hohe, hauteur, alto, altura, altezza, hoogte, taller"),
    ("depth", None, "depth, deep, tiefe, profondeur, profundidad, diepte, deeper, shallower"),
    ("diameter", None, "diameter, durchmesser, diametre"),
    ("latency", "le", "latency, lag, response time, delay"),
    (
        "thickness",
        "le",
        "thickness, packed size, folded size, pack size cm, folded width, packed length, packed weight",
    ),
)
_PHRASES: tuple[tuple[frozenset[str], Quantity], ...] = tuple(
    sorted(
        (
            (frozenset(stem(word) for word in phrase.split()), Quantity(name, side))
            for name, side, phrases in _TABLE
            for phrase in phrases.split(", ")
        ),
        key=lambda one: -len(one[0]),
    )
)
_ABBREVIATED = {
    "grp": "group", "ins": "insurance", "cap": "capacity", "wt": "weight", "vol": "volume", "batt": "battery",
    "bat": "battery", "temp": "temperature", "pax": "people", "prev": "previous", "avg": "average", "max": "max",
    "beds": "bed", "baths": "bath", "qty": "quantity", "pcs": "piece", "pc": "piece", "lvl": "level",
    "diff": "difficulty", "abv": "alcohol", "ibu": "bitterness", "co2": "emission", "intensite": "intensity",
    "eff": "efficiency",
}  # fmt: skip
_PASSED = frozenset(  # between a quantity's name and its number
    "a an the of is at least most over under above below about around roughly up to than more less fewer no not be "
    "being should must has have with want need minimum maximum min max only just some like say be greater higher "
    "lower bigger or it its least approx circa ca that as much many good decent real exactly".split()
)
_STOPS = frozenset(
    "and or but with for at in if please pls so because when than as per from by under over about that which who "
    "max min maximum minimum tops upwards plus then i we my our you it is are".split()
)
_OF_ROOM = frozenset("l litre litres liter liters gb tb".split())  # of what has room for something
_FAR = 40  # characters beside a number
_AFTER, _BEFORE = 3, 2  # words of a quantity's name


def plain(word: str) -> str:
    """A word in lower case without its accents.

    >>> plain("Wohnfläche"), plain("pièce")
    ('wohnflache', 'piece')
    """
    told = unicodedata.normalize("NFKD", word.lower())
    return "".join(char for char in told if not unicodedata.combining(char))


def stems_of(spec: FieldSpec) -> frozenset[str]:
    """The words that a field is called by, without accents and endings, abbreviations spelled out."""
    whole = re.findall(r"[^\W_]+", spec.name)  # "dB", which is no "d" and "b"
    told = [plain(word) for word in (*words_of(spec.name), *words_of(spec.label), *whole)]
    return frozenset(stem(each) for word in told for each in (word, _ABBREVIATED.get(word, word)))


def quantity_named(said: Iterable[str]) -> Quantity | None:
    """The quantity that words name; None where they name none.

    >>> quantity_named(["towing", "weight"]).name, quantity_named(["weight"]).side, quantity_named(["colour"])
    ('towing', 'le', None)
    """
    told = {stem(plain(word)) for word in said}
    return next((quantity for phrase, quantity in _PHRASES if phrase <= told), None)


def quantity_of(spec: FieldSpec) -> Quantity | None:
    """What a field measures; None where its name does not tell."""
    return quantity_named(stems_of(spec)) or (
        quantity_named(("star",)) if stem(spec.unit.lower()) == "star" else None
    )


def beside(low: str, span: tuple[int, int]) -> list[str]:
    """The words right beside a number, behind its unit and before what compares it, that may name what it measures.

    >>> text = "an electric car with at least 200 miles range and a boot of over 500 litres"
    >>> beside(text, (30, 33)), beside(text, (65, 68))
    (['miles', 'range', 'car'], ['litres', 'boot'])
    """
    ahead = low[max(0, span[0] - _FAR) : span[0]]
    if is_somebodys(low, span):
        return ["rider", "weight"]
    after: list[str] = []
    for word in re.findall(r"[^\W\d_]+|[^\s\w]", low[span[1] : span[1] + _FAR]):
        if word == "-" or word == "of" or word in ("a", "the") and after:
            continue
        if after[-1:] == ["on"] and word not in ("the", "clock"):
            break
        if not word[0].isalpha() or word in _STOPS or len(after) >= _AFTER:
            break
        after.append(word)
    before: list[str] = []
    for word in reversed(re.findall(r"[^\W_]+|[^\s\w]", ahead)):
        if (
            word in _PASSED
            or word in "$€£-~≥≤<>"
            or word == "electric"
            or word == "reach"
            and must_reach(low, span)
        ):
            continue
        if not word[0].isalpha() or word in _STOPS or len(before) >= _BEFORE:
            break
        before.append(word)
    return after + before


def side_of(spec: FieldSpec) -> LimitOp | None:
    """Which side of a number people want of a field by its nature; None where it has none."""
    found = quantity_of(spec)
    if found is None and spec.unit.lower() in _OF_ROOM:
        return "ge"
    return None if found is None else found.side


def fits(spec: FieldSpec, named: Quantity | None) -> bool:
    """Whether words that name a quantity may speak of a field: not if that measures another one."""
    own = quantity_of(spec) if named is not None else None
    return named is None or own is None or own.name == named.name


def suited(specs: Collection[FieldSpec], named: Quantity | None) -> list[FieldSpec]:
    """The fields that a named quantity may speak of, those that measure it first."""
    kept = [spec for spec in specs if fits(spec, named)]
    return sorted(kept, key=lambda spec: named is None or quantity_of(spec) is None)
