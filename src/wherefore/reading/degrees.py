"""Degrees of what is listed: "which is the easiest?", "the least sad of these", by fields in order or by values."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Literal

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.naming import words_of
from wherefore.catalog.ordered import Scale, scale_of
from wherefore.catalog.schema import FieldSpec
from wherefore.text import NUMBERS, forms, stem

# Words in order from one end of a scale to the other; those of one place mean the same.
_SCALES: tuple[tuple[tuple[str, ...], ...], ...] = (
    (
        ("very easy", "beginner", "beginners", "novice"),
        ("easy", "simple"),
        ("medium", "moderate", "intermediate", "average"),
        ("hard", "difficult", "advanced", "challenging"),
        ("very hard", "very difficult", "expert"),
    ),
    (
        ("none", "no", "zero"),
        ("very low",),
        ("low", "little"),
        ("medium", "moderate"),
        ("high", "much"),
        ("very high",),
    ),
    (
        ("bone dry", "extra dry"),
        ("dry",),
        ("off-dry", "medium dry"),
        ("medium", "medium sweet"),
        ("sweet",),
        ("very sweet",),
    ),
    (("mild",), ("medium",), ("hot", "spicy"), ("very hot", "extra hot")),
    (("light",), ("medium",), ("full", "heavy", "rich")),
)
# Words that mean the low and the high end of an order, by what the order is of; with "most", or as superlatives.
_SIDES_OF: tuple[tuple[Callable[[Scale], bool], frozenset[str], frozenset[str]], ...] = tuple(
    (fits, frozenset(low.split()), frozenset(high.split()))
    for fits, low, high in (
        (
            lambda one: one.is_of_difficulty,
            "easiest simplest gentlest easy simple gentle basic beginner elementary",
            "hardest toughest trickiest difficult challenging advanced demanding strenuous hard steepest technical",
        ),
        (
            lambda one: one.is_of_strength,
            "mildest weakest gentlest mild subtle subtlest delicate",
            "strongest hottest spiciest intense strong spicy fiercest pungent powerful hot",
        ),
        (lambda one: one.kind == "sweetness", "driest dry", "sweetest sweet"),
        (lambda one: one.kind == "body", "lightest light", "fullest heaviest darkest full dark"),
        (lambda one: one.kind == "size", "smallest tiniest small", "biggest largest large big"),
        (lambda one: one.kind == "firmness", "softest soft", "firmest hardest firm"),
        (lambda one: one.kind == "efficiency", "wasteful", "efficient economical greenest economic"),
        (lambda one: one.kind == "condition", "worn", "newest pristine"),
    )
)
# The ends of those scales, by superlative: which scale, and which end.
_ENDS: dict[str, tuple[int, Literal["min", "max"]]] = {
    **dict.fromkeys("easiest simplest".split(), (0, "min")),
    **dict.fromkeys("hardest trickiest fussiest".split(), (0, "max")),
    "driest": (2, "min"),
    "sweetest": (2, "max"),
    "mildest": (3, "min"),
    **dict.fromkeys("hottest spiciest".split(), (3, "max")),
    "fullest": (4, "max"),
}
_NEW_TO_IT = re.compile(
    r"\b(?:beginners?|novices?|newbies?|first[- ]time(?:rs?)?|starters?|easy|easier|simple|simpler|"
    r"never\s+(?:had|kept|grown|done|tried)|forget(?:ful)?|kill\s+everything|low[- ]maintenance)\b",
    re.IGNORECASE,
)
_OTHER: dict[Literal["min", "max"], Literal["min", "max"]] = {"min": "max", "max": "min"}
_AMOUNTS = 1  # the scale of "the least water"
_LEAST = 0.5  # of a field's values that must be on a scale, so that it is one
_OF_LIST = (
    r"(?:(?:out\s+)?(?:of|from|in|among|between|on)\s+(?:all\s+(?:of\s+)?)?(?:them|these|those|(?:that|this|the|your)\s+(?:last\s+|latest\s+)?"
    r"(?:list|ones|bunch|lot|five|four|three|two))(?:\s+\w+)?|here|there)"
)
_NO_SUPER = r"(?!(?:b|w|r|n|t|g|l|f|inter|for|hon|mod|har|con|gu|pr|su|requ)est\b)"  # "the rest", "interest"
_SUPER = rf"(?P<said>(?:most|least|best|worst|fewest)(?:[\s-]+[a-z-]+)?|{_NO_SUPER}[a-z]{{2,}}est)"
_MANY = r"(?:\s+(?P<many>two|three|four|2|3|4))?"
_POINTED = re.compile(
    rf"^(?:and\s+|so\s+|then\s+)*(?:the\s+)?{_SUPER}{_MANY}(?:\s+(?:ones?|\w+))?\s+{_OF_LIST}(?P<rest>[^?]*)",
    re.IGNORECASE,
)
_ELLIPTIC = re.compile(
    rf"^(?:and\s+|so\s+|then\s+|what\s+about\s+|how\s+about\s+)*(?:the\s+)?{_SUPER}{_MANY}(?:\s+ones?)?\s*\??$",
    re.IGNORECASE,
)
_WITH = re.compile(
    r"^(?:and\s+)?(?:the\s+)?ones?\s+with\s+(?:the\s+)?(?P<said>(?:most|least|fewest|lowest|highest)\s+[a-z]+)",
    re.IGNORECASE,
)
_ASKED = re.compile(
    rf"^(?:so\s+|and\s+)?(?:which|what)(?:ever)?(?:'s|\s+one(?:'s)?|\s+of\s+\w+(?:\s+\w+)?)?"
    rf"(?:\s+(?:is|are|has|have|needs?|takes?|uses?|contains?|got|gets?|would\s+be))?\s+(?:the\s+)?{_SUPER}\b",
    re.IGNORECASE,
)


def superlative(stripped: str, follows: bool) -> tuple[str, int] | None:
    """The superlative that is asked of a list, as "cheapest", and of how many items; None where none is.

    >>> superlative("cheapest two from that list, i need twenty", False)
    ('cheapest', 2)
    >>> superlative("and the least known?", True)
    ('least known', 1)
    >>> superlative("the cheapest you have", False) is None
    True

    Args:
        stripped: A sentence in lower case, without what leads to it.
        follows: Whether a superlative was asked of the list right before.
    """
    match = (
        _POINTED.match(stripped) or _WITH.match(stripped) or (_ELLIPTIC.match(stripped) if follows else None)
    )
    if match is None:
        return None
    many = match.groupdict().get("many") or "1"
    return match["said"], int(many) if many.isdigit() else NUMBERS[many]


def asked_superlative(stripped: str) -> str:
    """The superlative of a question: of "which of these is the easiest to read?" `easiest`; empty if it has none."""
    match = _ASKED.match(stripped)
    return "" if match is None else match["said"]


def base_of(said: str) -> tuple[str, Literal["min", "max"]]:
    """The plain word of a superlative, and which end it means.

    >>> base_of("least sad"), base_of("scariest"), base_of("saddest"), base_of("warmest")
    (('sad', 'min'), ('scary', 'max'), ('sad', 'max'), ('warm', 'max'))
    """
    told = said.replace("-", " ").split()
    if len(told) > 1:
        return " ".join(told[1:]), "min" if told[0] in ("least", "fewest", "lowest") else "max"
    word = told[0].removesuffix("est")
    if word.endswith("i"):
        word = word[:-1] + "y"
    elif len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
        word = word[:-1]
    return word, "max"


def in_order(said: str, scales: Sequence[Scale]) -> tuple[Scale, Literal["min", "max"]] | None:
    """The field in an order of which a superlative is an end, and which end: of "the mildest" the spiciness; or None.

    The words behind may name the field themselves: "the lowest grade", "highest intensity".
    """
    told = re.findall(r"[a-z]+", said.lower().replace("-", " "))
    if not told:
        return None
    word = " ".join(told[:2]) if told[0] in ("most", "least") else told[0]
    less = told[0] == "least"
    if told[0] in ("highest", "lowest") and len(told) > 1:
        named = {stem(one) for one in told[1:]}
        own = next((scale for scale in scales if named & {stem(one) for one in scale.called}), None)
        return None if own is None else (own, "min" if told[0] == "lowest" else "max")
    plain = told[1] if told[0] in ("most", "least") and len(told) > 1 else word
    for fits, low, high in _SIDES_OF:
        end: Literal["min", "max"] | None = "min" if plain in low else "max" if plain in high else None
        if end is not None:
            scale = next((one for one in scales if fits(one)), None)
            if scale is not None:
                return scale, _OTHER[end] if less else end
    return None


def ordered_field(said: str, catalog: Catalog) -> tuple[FieldSpec, Literal["min", "max"]] | None:
    """The field whose values are the words of a scale that a superlative is an end of, and which end."""
    low = said.lower()
    if (ordered := in_order(said, catalog.scales)) is not None:
        return catalog.schema.spec(ordered[0].field), ordered[1]
    scale, best = _ENDS.get(low.split()[0], (-1, "max"))
    base, end = base_of(low)
    wanted: Collection[str] = ()
    if scale < 0:
        scale, best, wanted = _AMOUNTS, end, {stem(one) for one in forms(base)}
        if len(low.split()) < 2:
            return None
    for spec in catalog.schema.tags:
        values = list(catalog.vocabulary(spec.name))
        own = {stem(one) for one in (*words_of(spec.name), *words_of(spec.label or ""))}
        on_it = [value for value in values if _place(value, scale) is not None]
        if values and len(on_it) >= max(2, _LEAST * len(values)) and (not wanted or own & set(wanted)):
            return spec, best
    return None


def places_of(items: Sequence[Item], spec: FieldSpec, catalog: Catalog) -> list[float | None]:
    """Where items' values of such a field stand on its scale; None where one does not tell."""
    if (ordered := scale_of(catalog, spec.name)) is not None:
        known = [[ordered.of[one] for one in item.values(spec.name) if one in ordered.of] for item in items]
        return [sum(told) / len(told) if told else None for told in known]
    values = list(catalog.vocabulary(spec.name))
    scale = max(range(len(_SCALES)), key=lambda one: sum(_place(value, one) is not None for value in values))
    found: list[float | None] = []
    for item in items:
        told = [place for value in item.values(spec.name) if (place := _place(value, scale)) is not None]
        found.append(sum(told) / len(told) if told else None)
    return found


def simplest_first(text: str, items: Sequence[Item], catalog: Catalog) -> dict[str, float]:
    """How hard each item is by its record, where a message asks for what suits somebody new to it; else nothing."""
    found = ordered_field("easiest", catalog) if _NEW_TO_IT.search(text) else None
    if found is None:
        return {}
    places = places_of(items, found[0], catalog)
    return {item.id: place for item, place in zip(items, places, strict=True) if place is not None}


def _place(value: str, scale: int) -> int | None:
    low = value.lower().strip()
    return next((number for number, names in enumerate(_SCALES[scale]) if low in names), None)


def ends(values: Sequence[float | None], best: Literal["", "min", "max"]) -> list[int]:
    """The places of the numbers at one end; none where fewer than two are known, or all are level."""
    known = [one for one in values if one is not None]
    if len(known) < 2 or min(known) == max(known):
        return []
    extreme = min(known) if best == "min" else max(known)
    return [place for place, one in enumerate(values) if one == extreme]
