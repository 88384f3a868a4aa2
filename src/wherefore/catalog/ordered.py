"""Fields whose values stand in an order: D1 to D5, A1 to C2, easy to hard, XS to XXL, energy classes G to A+++.

The places of a field's values in their order are called by a name of its own, `rank:difficulty`, which
`Catalog.numbers` and `Schema.spec` take as they take the names of fields, so that a list can be put in that order.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from wherefore.catalog.naming import in_english, singular, words_of
from wherefore.catalog.ranks import PLACES, base_name
from wherefore.catalog.schema import FieldSpec

Kind = Literal[
    "level",
    "amount",
    "sweetness",
    "strength",
    "body",
    "size",
    "condition",
    "firmness",
    "efficiency",
    "code",
    "count",
]
# Words in order from one end of a scale to the other; those of one place mean the same.
_WORDS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (
        "level",
        (
            "very easy, beginner, novice, newcomer, starter, absolute beginner, anfanger, debutant, principiante, "
            "entry, entry level, elementary, sehr leicht, tres facile",
            "easy, simple, gentle, basic, leicht, einfach, facile, facil, makkelijk, family",
            "medium, moderate, intermediate, average, improver, mittel, mittelschwer, moyen, medio, gemiddeld, "
            "fortgeschritten",
            "hard, difficult, advanced, challenging, strenuous, demanding, tough, schwer, schwierig, difficile, "
            "dificil, moeilijk, anspruchsvoll, avance",
            "very hard, very difficult, expert, extreme, professional, pro, very challenging, master, sehr schwer, "
            "tres difficile",
        ),
    ),
    (
        "amount",
        ("none, no, zero", "very low", "low, little", "medium, moderate", "high, much", "very high"),
    ),
    (
        "sweetness",
        (
            "bone dry, extra dry, brut nature",
            "dry, trocken, sec, secco, brut",
            "off dry, medium dry, halbtrocken, demi sec",
            "medium, medium sweet",
            "sweet, lieblich, doux, dolce, suss",
            "very sweet",
        ),
    ),
    (
        "strength",
        (
            "not spicy, none, no heat",
            "mild, weak, subtle, delicate, gentle, doux",
            "medium, moderate",
            "hot, spicy, strong, intense, fort, scharf, pronounced",
            "very hot, extra hot, very strong, very spicy, very intense",
        ),
    ),
    (
        "body",
        (
            "light", "medium light, light medium", "medium", "medium full, medium dark, medium heavy",
            "full, heavy, rich, dark", "very dark, very heavy",
        ),
    ),
    (
        "size",
        (
            "xxs, 2xs, mini, tiny, extra extra small",
            "xs, extra small, x small",
            "s, small",
            "m, medium",
            "l, large, big",
            "xl, extra large, x large, 1xl",
            "xxl, 2xl, extra extra large, giant, jumbo, xx large",
            "xxxl, 3xl, xxx large",
            "4xl, xxxxl",
            "5xl",
        ),
    ),
    (
        "condition",
        (
            "poor, for parts", "acceptable, fair, used", "good", "very good", "excellent, like new, as new",
            "new, mint",
        ),
    ),
    (
        "firmness",
        (
            "very soft, extra soft, plush", "soft", "medium soft", "medium", "medium firm", "firm",
            "very firm, extra firm",
        ),
    ),
)  # fmt: skip
_PLACES_OF: tuple[tuple[Kind, Mapping[str, int]], ...] = tuple(
    (kind, {word: place for place, names in enumerate(places) for word in names.split(", ")})
    for kind, places in _WORDS
)
_CEFR = re.compile(
    r"(?P<letter>[abc])(?P<n>[12])(?:\.(?P<part>\d))?(?P<plus>\+)?(?:\s*[/–-]\s*[abc][12](?:\.\d)?)?"
)
_NUMBERED = re.compile(r"(?P<ahead>[a-z]{0,12})[\s.-]*(?P<n>\d{1,2}(?:\.\d)?)[\s-]*(?P<behind>[a-z]{0,12})")
_OF_MOST = re.compile(r"(?P<n>\d{1,2}(?:[.,]\d)?)\s*(?:/|of|out\s+of|von|sur|de)\s*\d{1,2}")
_EXPLAINED = re.compile(r"(?P<n>\d{1,2})\s*[-–:.)=(]\s*[a-z].*")  # "2 - moderate"
_REPEATED = re.compile(r"(?P<mark>[^\w\s])\ufe0f?(?:\s*(?P=mark)\ufe0f?)*")
_LETTER = re.compile(r"(?:grade\s+)?(?P<letter>[a-g])(?P<plus>\+{0,3})(?P<minus>[-−–]?)")
_LEFT = re.compile(  # "7", "0 (waiting list)", "full"
    r"(?P<n>\d{1,3})(?:\s*[a-z(].*)?|(?:full|sold[\s-]out|none(?:\s+left)?|fully\s+booked|booked|waiting\s+list|waitlist|closed|"
    r"ausgebucht|ausverkauft|complet|agotado|esaurito|completo|volgeboekt)"
)
_COUNTED = frozenset(
    "place spot space seat ticket left remaining available availability platz cabin room stock".split()
)
_TESTED = 0.4  # share of a field's values that are levels of a language test, so that it is of those
_OF_CEFR = (1.0, 1.5, 3.0, 5.0, 6.0)  # where a beginner to an expert stand among them
_LEVELS = frozenset(
    "level grade difficulty stufe niveau class klasse group grp band category cat step stage tier rating "
    "intensity strength schwierigkeit difficulte dificultad livello nivel degree scale spice heat spiciness pepper "
    "chilli chili star score effort technical fitness roast body sweetness hardness firmness".split()
)
_OF_EFFICIENCY = frozenset(
    "energy efficiency epc energieklasse energie effizienz nutri nutriscore label energetica energetique eek "
    "effizienzklasse energieeffizienzklasse".split()
)
_OF_CONDITION = frozenset("grade condition cosmetic quality zustand etat estado state".split())
_DIFFICULTY = frozenset(
    "difficulty level grade niveau stufe schwierigkeit schwierigkeitsgrad difficulte dificultad livello nivel skill "
    "experience effort technical cefr moeilijkheid complexity challenge".split()
)
_OF_STRENGTH = frozenset(
    "intensity strength heat spice spiciness spicy intensite intensitat starke scharfe pepper chilli chili force forza "
    "power hot roast".split()
)
_SHARE = 0.7  # of a field's values, and of the items that have one, that must stand in the order
_SEVERAL = 0.05  # share of the items that may have more than one value
_MOST_CODES = 60


@dataclass(frozen=True, slots=True)
class Scale:
    """A field whose values stand in an order.

    Attributes:
        field: The field.
        kind: What its order is of.
        of: The place of each value, from the low end: of what is easy, small, mild or wasteful.
        numbers: The number in each value that is a code with one: 3 of "D3", "3E" and "3 of 5".
        called: The words of its name, singular.
    """

    field: str
    kind: Kind
    of: Mapping[str, float]
    numbers: Mapping[str, float]
    called: frozenset[str]

    @property
    def is_of_difficulty(self) -> bool:
        """Whether its order is from easy to hard."""
        return self.kind == "level" or self.kind == "code" and not self.called.isdisjoint(_DIFFICULTY)

    @property
    def is_of_strength(self) -> bool:
        """Whether its order is from mild to strong."""
        return self.kind == "strength" or not self.called.isdisjoint(_OF_STRENGTH)


class _Valued(Protocol):
    """What has values of fields: an item."""

    def values(self, name: str) -> Sequence[str]: ...


class _Listing(Protocol):
    """What knows the orders of its fields' values: a catalogue."""

    @property
    def scales(self) -> Sequence[Scale]: ...


def scale_of(catalog: _Listing, field: str) -> Scale | None:
    """The order of a field's values; None where they have none.

    Args:
        catalog: A catalogue.
        field: The field.
    """
    return next((scale for scale in catalog.scales if scale.field == field), None)


def place_of(catalog: _Listing, name: str, item: _Valued) -> float | None:
    """The place of an item in the order of a field; None where it is not known.

    Args:
        catalog: A catalogue.
        name: `rank:` and the field.
        item: One of its items.
    """
    scale = scale_of(catalog, base_name(name))
    told = [] if scale is None else [scale.of[one] for one in item.values(base_name(name)) if one in scale.of]
    return sum(told) / len(told) if told else None


def rank_name(field: str) -> str:
    """The name of a field's places in its order."""
    return f"{PLACES}{field}"


def scale_among(
    spec: FieldSpec, counts: Mapping[str, int], each: Callable[[], Iterable[Sequence[str]]]
) -> Scale | None:
    """The order that the values of a field stand in; None where they have none, or items have several values.

    Args:
        spec: A field of tags.
        counts: Its values, each with its number of items.
        each: Gives the values of every item; asked for only where the values stand in an order.
    """
    scale = _scale_of_counts(spec, counts) if 2 <= len(counts) <= _MOST_CODES else None
    if scale is None:
        return None
    several = [len(values) > 1 for values in each()]
    return None if sum(several) > _SEVERAL * len(several) else scale


def _scale_of_counts(spec: FieldSpec, counts: Mapping[str, int]) -> Scale | None:
    """The order that values stand in, however many an item has."""
    called = frozenset(singular(word) for word in in_english(words_of(f"{spec.name} {spec.label}")))
    called |= frozenset(words_of(spec.name))
    for kind, whole, numbers in _orders(list(counts), called):
        of = {value: place for value, place in whole.items() if not math.isnan(place)}
        if len(of) < len(whole) and len(set(of.values())) > 1:
            return Scale(
                spec.name, kind, of, numbers, called
            )  # tests of language, among courses of other things
        here = sum(counts[value] for value in of)
        if (
            len(set(of.values())) > 1
            and len(of) >= _SHARE * len(counts)
            and here >= _SHARE * sum(counts.values())
        ):
            return Scale(spec.name, kind, of, numbers, called)
    return None


def _orders(
    values: list[str], called: frozenset[str]
) -> Iterable[tuple[Kind, dict[str, float], dict[str, float]]]:
    """The orders that some values may stand in, the likeliest first."""
    low = {value: _plain(value) for value in values}
    by_words = [(kind, _placed(low, of)) for kind, of in _PLACES_OF]
    for own, places in sorted(by_words, key=lambda one: -len(one[1])):
        yield own, places, {}
    if len(tested := _matched(low, _CEFR, _cefr_place)) >= max(2, _TESTED * len(values)):
        words = {value: _OF_CEFR[round(place)] for value, place in by_words[0][1].items()}
        yield "level", {**dict.fromkeys(values, math.nan), **words, **tested}, {}
    if called & _COUNTED:
        yield "count", (left := _matched(low, _LEFT, _left_place)), left
    graded = called & _OF_CONDITION and len(_matched(low, _LETTER, _letter_place)) > 1
    if called & _OF_EFFICIENCY or graded or any("+" in value for value in values):
        kind: Kind = "condition" if called & _OF_CONDITION else "efficiency"
        yield kind, _matched(low, _LETTER, _letter_place), {}
    for pattern in (_OF_MOST, _REPEATED, *([_EXPLAINED] if called & _LEVELS else [])):
        places = _matched(low, pattern, _count_place)
        yield "code", places, places
    places = _codes(low, bool(called & _LEVELS))
    yield "code", places, places


def _plain(value: str) -> str:
    told = unicodedata.normalize("NFKD", value.lower().strip())
    return "".join(char for char in told if not unicodedata.combining(char))


def _placed(low: Mapping[str, str], of: Mapping[str, int]) -> dict[str, float]:
    """Values that are words of a scale, or two of them: "easy to moderate" stands between."""
    found: dict[str, float] = {}
    for value, text in low.items():
        told = re.sub(
            r"\s*\b(?:level|difficulty|heat|roast|bodied|body|grade|walk|trail|size|condition)\b\s*$",
            "",
            text,
        )
        parts = [
            part.strip(" .()").replace("-", " ")
            for part in re.split(r"\s*(?:/|–|,|&|\band\b|\bto\b|\bbis\b)\s*", told)
        ]
        whole = told.replace("-", " ").strip(" .()")
        if whole not in of and "-" in told and len(parts) == 1:
            parts = told.split("-")
        parts = [whole] if whole in of else parts
        places = [of.get(part, of.get(part.removesuffix("s"))) for part in parts if part]
        known = [place for place in places if place is not None]
        if known and len(known) == len(places):
            found[value] = sum(known) / len(known)
    return found


def _matched(
    low: Mapping[str, str], pattern: re.Pattern[str], place: Callable[[re.Match[str]], float]
) -> dict[str, float]:
    return {
        value: place(match) for value, text in low.items() if (match := pattern.fullmatch(text)) is not None
    }


def _cefr_place(match: re.Match[str]) -> float:
    whole = "abc".index(match["letter"]) * 2 + int(match["n"])
    return whole + int(match["part"] or 0) / 10 + (0.5 if match["plus"] else 0.0)


def _letter_place(match: re.Match[str]) -> float:
    """A letter with its signs: A- is between B+ and A, and A+++ above A++."""
    signs = len(match["plus"]) - len(match["minus"])
    return "gfedcba".index(match["letter"]) + signs / 4


def _left_place(match: re.Match[str]) -> float:
    return float(match["n"] or 0)


def _count_place(match: re.Match[str]) -> float:
    groups = match.groupdict()
    return float(groups["n"].replace(",", ".")) if "n" in groups else float(match[0].count(match["mark"]))


def _codes(low: Mapping[str, str], is_level: bool) -> dict[str, float]:
    """Numbers with the same letters ahead or behind: "D3", "Level 2", "3 peppers", of a group also "12E" and "7A"."""
    matches = {value: _NUMBERED.fullmatch(text) for value, text in low.items()}
    told = {value: match for value, match in matches.items() if match is not None}
    ahead = {match["ahead"] for match in told.values()}
    behind = {singular(match["behind"]) for match in told.values()}
    if len(ahead) != 1 or not (is_level or ahead != {""} and len(told) <= 12):
        return {}
    if ahead == {""} and not (behind <= {"", *"abcdefghp"} or len(behind) == 1):
        return {}
    if not is_level and not next(iter(ahead)).isalpha():
        return {}
    return {value: float(match["n"]) for value, match in told.items()}
