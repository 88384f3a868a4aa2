"""Superlatives as wishes: "the cheapest kettle", "newest first", "sorted by rating": by what a list is put in order."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from wherefore.catalog.ordered import Scale, rank_name
from wherefore.catalog.schema import FieldSpec
from wherefore.dialogue.state import Best
from wherefore.reading.clauses import NT
from wherefore.reading.degrees import in_order
from wherefore.reading.measures import Measures
from wherefore.text import stem


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """A superlative at characters `start` to `end`: which items come first; no field where no record tells it."""

    field: str
    best: Best
    start: int
    end: int


def _by_word(words: dict[tuple[str, Best], str]) -> dict[str, tuple[str, Best]]:
    return {word: meaning for meaning, joined in words.items() for word in joined.split(", ")}


_WORDS = _by_word(
    {
        (
            "price",
            "low",
        ): "cheapest, least expensive, least pricey, least costly, most affordable, lowest priced, "
        "lowest-priced, lowest price, lowest prices, best price, most inexpensive",
        ("price", "high"): "most expensive, priciest, dearest, costliest, highest priced, highest price",
        ("year", "high"): "newest, latest, most recent, most modern",
        ("year", "low"): "oldest, earliest",
        (
            "rating",
            "high",
        ): "best rated, best-rated, top rated, top-rated, highest rated, highest-rated, best reviewed, "
        "best-reviewed, highest scoring, best scoring, top scoring, best scored, best score, best scores, best rating, "
        "best ratings, best reviews, highest ranked, best graded",
        (
            "rating",
            "low",
        ): "worst rated, worst-rated, lowest rated, lowest-rated, worst reviewed, lowest scoring",
        ("time", "low"): "shortest, quickest, briefest",
        ("time", "high"): "longest",
        ("speed", "high"): "fastest",
        ("speed", "low"): "slowest",
        ("weight", "low"): "lightest, least heavy",
        ("weight", "high"): "heaviest",
        ("distance", "low"): "nearest, closest",
        ("distance", "high"): "farthest, furthest, most remote",
        ("height", "high"): "tallest",
        ("width", "high"): "widest",
        ("width", "low"): "narrowest",
        (
            "level",
            "low",
        ): "easiest, simplest, gentlest, most basic, least difficult, least demanding, least strenuous, "
        "least challenging, most beginner",
        (
            "level",
            "high",
        ): "hardest, toughest, most difficult, most challenging, most demanding, most advanced, "
        "most strenuous, most technical",
        ("strength", "high"): "strongest, most intense, most powerful, hottest, spiciest, most pungent",
        ("strength", "low"): "mildest, weakest, least strong, least intense, least spicy, least hot",
        ("sweetness", "high"): "sweetest",
        ("sweetness", "low"): "driest, least sweet",
        ("body", "low"): "lightest bodied",
        ("body", "high"): "fullest, darkest",
        ("firmness", "low"): "softest",
        ("firmness", "high"): "firmest",
        ("noise", "low"): "quietest, most quiet, least noisy",
        ("noise", "high"): "loudest",
        ("brightness", "high"): "brightest",
        ("efficiency", "high"): "most efficient, most economical, greenest, most energy efficient",
        ("depth", "high"): "deepest, thickest",
        ("depth", "low"): "thinnest, slimmest, shallowest",
        ("size", "high"): "biggest, largest, roomiest",
        ("size", "low"): "smallest, tiniest",
        ("label", "high"): "highest, most, greatest, best",
        ("label", "low"): "lowest, least, fewest",
    }
)
_LABELLED = frozenset(
    ("label", "size", "time", "weight", "height", "width", "depth")
)  # "the longest battery life"
_FIELDS: dict[
    str, tuple[str, ...]
] = {  # what fields are called of which these words speak, most telling first
    "rating": ("rating", "score", "point", "star"),
    "speed": ("tempo", "bpm", "speed"),
    "weight": ("weight", "mass"),
    "distance": ("distance", "km", "mile"),
    "height": ("height",),
    "width": ("width",),
    "depth": ("depth", "thickness"),
    "size": ("size", "screen", "capacity", "area", "volume", "diameter", "length", "height"),
    "time": ("page",),
    "level": ("difficulty", "level", "complexity", "grade"),
    "strength": (
        "abv",
        "strength",
        "intensity",
        "alcohol",
        "vol",
        "proof",
        "spiciness",
        "heat",
        "power",
        "scoville",
    ),
    "sweetness": ("sweetness", "sugar"),
    "noise": ("noise", "decibel", "db", "loudness"),
    "brightness": ("brightness", "lumen", "nit"),
    "efficiency": ("mpg", "efficiency"),
    "firmness": ("firmness",),
}
_SAID = frozenset(
    ("price", "rating", "weight", "year", "speed")
)  # of which it is said that no record tells them
_OF_SCALES = frozenset(("level", "strength", "sweetness", "body", "firmness", "efficiency"))
_OF_COUNTS = frozenset(("count", "counts", "number", "votes"))
_ANY = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(_WORDS, key=len, reverse=True))
_SUPERLATIVE = re.compile(
    rf"(?<![\w'-])(?P<word>{_ANY})(?![\w'-])(?P<first>\s+(?:ones?\s+)?(?:at\s+the\s+top|first)\b)?"
)
_POSSIBLE = re.compile(  # "as light as possible"
    r"\bas\s+(?P<word>cheap|new|old|short|long|light|heavy|highly\s+rated|close|near|small|big|large|fast|slow|recent)(?:ly)?\s+as\s+"
    r"(?:possible|it\s+gets|(?:you|they|i|we)\s+can(?:\s+get)?|can\s+be)\b"
)
_PLAIN = {
    **{
        "cheap": "cheapest",
        "new": "newest",
        "recent": "newest",
        "old": "oldest",
        "short": "shortest",
        "long": "longest",
    },
    **{
        "light": "lightest",
        "heavy": "heaviest",
        "highly rated": "best rated",
        "close": "closest",
        "near": "nearest",
    },
    **{"small": "smallest", "big": "biggest", "large": "largest", "fast": "fastest", "slow": "slowest"},
}
_SORTED = re.compile(
    r"\b(?:sort(?:ed)?|order(?:ed)?|rank(?:ed)?|arranged?)\s+(?:(?:them|it|these|those|all|the\s+list|everything)\s+)?"
    r"(?:by|on|according\s+to|in\s+order\s+of)\s+(?:the\s+|their\s+)?(?P<label>[a-z]+(?:\s+[a-z]+)?)"
    r"(?P<way>[\s,(]+(?:in\s+)?(?:asc(?:ending)?|desc(?:ending)?|low(?:est)?\s+(?:to\s+high(?:est)?|first)|"
    r"high(?:est)?\s+(?:to\s+low(?:est)?|first))\b)?"
)
_OF_PEOPLE = re.compile(
    r"\b(?:my|our|his|her|their|whose|at(?:\s+(?:the(?:\s+very)?|its))?|in\s+the|one\s+of\s+my)\s+(?:\w+\s+)?$"
)
_NOT = re.compile(
    rf"(?:\b(?:not|never|nothing)|{NT})\s+(?:\w+\s+){{0,4}}$|\b(?:avoid|skip|except|but\s+not|other\s+than)\s+(?:the\s+)?$"
)
_TOLD = re.compile(
    r"\b(?:it|that|this|he|she|they)(?:'s|'re|\s+is|\s+was|\s+are|\s+were)\s+(?:\w+\s+){0,2}?(?:the\s+)?$"
)
_NO_THING = re.compile(
    r"\s+(?:of\s+(?:my|our|all\s+time)|son|daughter|kids?|child(?:ren)?|brother|sister|sibling|niece|nephew|grand\w+|boy|girl|friends?|"
    r"fans?|members?|tricks?|time\b|times\b|possible|problem|concern|fear|worry|part|day|night|running|of\s+the\s+(?:bunch|family)|"
    r"one\s+is\s+\d|is\s+\d|person|people|man|woman|guy|couple|room|of\s+us|likely|of\s+them\s+(?:is|are)|importantly|important|"
    r"way|place|among|news|trend|trends|craze|film\s+by|obsession)\b"
)
_AFTER_LABEL = 3  # words behind "biggest" of which one may name what is
_SPACED = re.compile(r"\s+")


class OrderReader:
    """Reads superlatives that say which items should come first.

    Args:
        measures: The numbers and dates of the catalogue.
        scales: Its fields whose values stand in an order.
    """

    def __init__(self, measures: Measures, scales: Sequence[Scale] = ()) -> None:
        self._measures, self._scales = measures, scales

    def read(self, low: str, nouns: Collection[str] = ()) -> list[FoundOrder]:
        """The orders that a text in lower case asks for, by place; the last one holds.

        Args:
            low: The text; what is no wish, such as titles and questions of items, is blank.
            nouns: What items are called, which is never what is biggest of them: "the longest films".
        """
        found = [*self._sorted(low), *self._possible(low)]
        for match in _SUPERLATIVE.finditer(low):
            if any(one.start < match.end() and match.start() < one.end for one in found):
                continue
            if self._is_wish(low, match):
                one = self._meant(low, match, nouns)
                if one is not None:
                    found.append(one)
        return _of_one_range(low, sorted(found, key=lambda one: one.start))

    def field(self, said: str, nouns: Collection[str] = ()) -> tuple[FieldSpec, Best] | None:
        """The field and the side of the first superlative in a text in lower case; None without one."""
        for match in _SUPERLATIVE.finditer(said):
            role, best = self._role(match)
            spec, _ = self._spec(said, match, role, nouns)
            if spec is not None:
                return spec, best
        return None

    def _role(self, match: re.Match[str]) -> tuple[str, Best]:
        """What a superlative speaks of, and on which side; the fastest of what has no speed takes the least time."""
        word = _SPACED.sub(" ", match["word"])
        role, best = _WORDS[_PLAIN.get(word, word)]
        if role == "speed" and self._of_role(role) is None:
            return "time", "low" if best == "high" else "high"
        return role, best

    def _is_wish(self, low: str, match: re.Match[str]) -> bool:
        before = re.split(r"[.;!?]", low[max(0, match.start() - 60) : match.start()])[-1]
        if match["first"]:
            return True
        if re.match(r"\s*\d", low[match.end() :]):  # "at least 90 points"
            return False
        asks = re.search(r"\b(?:what|which|who)(?:'?s|\s+is|\s+are|\s+would\s+be)?\s+(?:the\s+)?$", before)
        if _NO_THING.match(low, match.end("word")) or _OF_PEOPLE.search(before):
            return False
        return bool(asks) or not (_NOT.search(before) or _TOLD.search(before))

    def _meant(self, low: str, match: re.Match[str], nouns: Collection[str]) -> FoundOrder | None:
        role, best = self._role(match)
        spec, end = self._spec(low, match, role, nouns)
        if spec is None or role in _OF_SCALES:
            ordered = self._on_scale(low, match)
            if ordered is not None:
                return ordered
        if spec is None:
            if role not in _SAID:
                return None
            return FoundOrder("", best, match.start(), match.end())
        return FoundOrder(spec.name, best, match.start(), max(end, match.end()))

    def _spec(
        self, low: str, match: re.Match[str], role: str, nouns: Collection[str]
    ) -> tuple[FieldSpec | None, int]:
        """The field of a superlative, and where what names it ends."""
        measures = self._measures
        if role in _LABELLED or role == "rating":
            ahead = re.split(
                r"[.,;:!?]|\b(?:with|for|from|that|which|under|over|and|in|to|of|by)\b",
                low[match.end("word") :],
            )[0]
            at = match.end("word")
            said = match["word"].rpartition(" ")[2] if role == "rating" else ""
            spec = measures.labelled(said) if said in ("score", "scores", "rating", "ratings") else None
            if spec is not None:
                return spec, match.end("word")
            behind = list(re.finditer(r"[a-z-]+", ahead))[:_AFTER_LABEL] if role != "rating" else []
            names = [(one[0], at + one.end()) for one in behind if one[0] not in nouns]
            fields = [measures.labelled(word) for word, _ in names]
            named = [one for one in fields if one is not None and one is not measures.year]
            if named:
                spec = measures.most_named([word for word, _ in names]) or named[0]
                return spec, max(end for (_, end), one in zip(names, fields, strict=True) if one is not None)
            if role == "label":
                return None, 0
        spec = self._of_role(role)
        return spec, match.end("word")

    def _on_scale(self, low: str, match: re.Match[str]) -> FoundOrder | None:
        """The order by a field whose values stand in one: "the easiest level", "highest intensity"."""
        words = list(re.finditer(r"[a-z]+", re.split(r"[.,;:!?]", low[match.end("word") :])[0]))[
            :_AFTER_LABEL
        ]
        at = match.end("word")
        found = in_order(" ".join([match["word"], *(one[0] for one in words)]), self._scales)
        if found is None:
            return None
        scale, end = found
        called = [at + one.end() for one in words if stem(one[0]) in {stem(own) for own in scale.called}]
        best: Best = "low" if end == "min" else "high"
        return FoundOrder(rank_name(scale.field), best, match.start(), max([match.end("word"), *called]))

    def _of_role(self, role: str) -> FieldSpec | None:
        measures = self._measures
        if role in ("price", "year"):
            return measures.roles[role]
        if role == "time" and measures.roles["duration"] is not None:
            return measures.roles["duration"]
        if role == "rating":
            named = [measures.labelled(word) for word in _FIELDS["rating"]]
            return next((spec for spec in named if spec is not None and not _counts(spec)), None)
        called = (measures.labelled(word) or measures.rooted(word) for word in _FIELDS.get(role, ()))
        return next((spec for spec in called if spec), None)

    def _sorted(self, low: str) -> Iterator[FoundOrder]:
        """What a list is to be sorted by: "sorted by price, highest first"."""
        for match in _SORTED.finditer(low):
            words = match["label"].split()
            spec = next((one for word in words if (one := self._measures.labelled(word))), None)
            if spec is None:
                superlative = self.field(match["label"])
                spec = superlative[0] if superlative else None
            if spec is None:
                yield FoundOrder("", "high", *match.span())
                continue
            way = (match["way"] or "").strip(" ,(").removeprefix("in ")
            side: Best = "low" if way.startswith(("asc", "low")) else "high"
            if not way:
                side = (
                    "low"
                    if any(self._measures.roles[one] is spec for one in ("price", "duration"))
                    else "high"
                )
                side = "low" if "distance" in spec.name.lower() else side
            yield FoundOrder(spec.name, side, *match.span())

    def _possible(self, low: str) -> Iterator[FoundOrder]:
        for match in _POSSIBLE.finditer(low):
            role, best = self._role(match)
            spec = self._of_role(role)
            if spec is not None:
                yield FoundOrder(spec.name, best, *match.span())


def _counts(spec: FieldSpec) -> bool:
    return not _OF_COUNTS.isdisjoint(re.split(r"[\W_]+", spec.name.lower()))


def _of_one_range(low: str, found: list[FoundOrder]) -> list[FoundOrder]:
    """Orders without the end of "from cheapest to most expensive"."""
    kept: list[FoundOrder] = []
    for one in found:
        last = kept[-1] if kept else None
        if last is not None and re.fullmatch(
            r"\s*(?:to|-|–|→|through)\s*(?:the\s+)?", low[last.end : one.start]
        ):
            kept[-1] = FoundOrder(last.field, last.best, last.start, one.end)
        else:
            kept.append(one)
    return kept
