"""What questions ask for: a field of records, or which item has the most of one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from wherefore.catalog.naming import singular, words_of
from wherefore.catalog.schema import FieldSpec, Schema
from wherefore.reading.measures import Measures
from wherefore.text import FUNCTION_WORDS, forms, stem, stems

_WHEN = re.compile(
    r"^(?:when (?:did|was|is|were|does|do)\b|how old\b|(?:in )?(?:what|which) (?:year|decade)\b)"
)
_HOW_OLD = re.compile(  # whom it is for: "how old do you have to be"
    r"^how old (?:do|does|must|should|would|has|have)\b.*\b(?:you|i|we|he|she|they|one|someone|kids?|child\w*)\b"
)
_LENGTH = re.compile(r"^how long\b")
_WEIGHT = re.compile(r"^(?:how heavy\b|(?:how much|what)\b.*\bweigh)")
_PRICE = re.compile(  # not "how much memory does it have"
    r"^(?:how much(?:'s|\s+(?:is|are|was|were|for|would|will|do|does|did|to|money)\b"
    r"(?!.*\b(?:holds?|fits?|carry|carries|takes?|contains?|have|has)\b)|\W*$)|"
    r"how expensive\b|what(?:'s| does| do| is| would| will)\b.*\b(?:costs?|price|come\s+to)\b)"
)
_SIZE = re.compile(r"^(?:how (?:big|tall|large|high|wide|small)\b|what size\b)")
_WHERE = re.compile(r"^(?:where (?:is|was|were|does|did|are)\b)")
_WHO = re.compile(r"^who(?:'s|s)?\b(?P<rest>.*)")
_IN_IT = re.compile(
    r"\b(?:in|stars?|starring|starred|plays?|played|acts?|acted|acting|cast|actors?|features?)\b"
)
_MAKES = re.compile(r"\b(?:made|makes?|making|created?|behind|wrote|write|by|did)\b")
_PLACES = (
    "venue",
    "location",
    "address",
    "country",
    "place",
    "origin",
    "city",
    "town",
    "region",
    "state",
    "cuisine",
)
_WT = frozenset(("wt", "wgt", "weight"))
_CARRIES = frozenset("cap capacity max maximum limit load user person rider".split())
_FREE = frozenset(("left", "remaining", "free"))  # places that are no place
_A_YEAR = re.compile(r"\b(?:an?|per|each|every)\s+(?:year|month|week|night|day|hour|person)\b")
_RANKED = re.compile(
    r"\b(?:best|favou?rite|start with|try first|pick|recommend most|first(?!\s+(?:one|movie|film|book)))\b"
)
PICKS = re.compile(  # of the list: "pick one for me"
    r"^(?:(?:just|please|can you|could you|would you|will you|help me)\s+)*(?:pick|choose|decide on)\s+(?:just\s+)?"
    r"(?:one|the best)(?:\s+of\s+(?:them|these|those))?(?:\s+for\s+(?:me|us|tonight))?\W*(?:please\W*)?$"
)
_PICKED = re.compile(  # of the list: "which of these would you buy?", "your favourite?"
    r"(?:which(?: ones?)?|what ones?)(?: (?:of|from) (?:them|these|those|the (?:two|three|four|five|lot)|your list))?"
    r"(?: one)? (?:should|would|do|wd) (?:i|we|you|u)\b(?: (?:yourself|rather|personally|then))?"
    r"(?! (?:have|mean|know|think (?:of|about)|say|see there|need))|"
    r"what (?:would|wd) (?:you|u) (?:pick|choose|take|buy|go (?:for|with)|get)\b(?! me| for)|"
    r"(?:which|what)(?:'s| is| are|s)? your (?:own |personal )?(?:favou?rites?|pick|choice|recommendation|top pick)\b|"
    r"(?:and )?your (?:favou?rite|pick|choice)\W*$|if you (?:had|have) to (?:pick|choose)\b|"
    r"which(?: one)?(?: of \w+)?(?: is|'s)(?: the)? best\b"
)
_ROOT = 4  # letters with which words of one root begin
THAN = re.compile(r"^(?:is|was|are|were|does|do|did|will|has|have)\b.*\b(?:than)\b")
_BEST_RATED = re.compile(
    r"\b(?P<best>best|highest|top|better|higher|worst|lowest|worse|lower)[\s-]+(?:rated|ratings?|reviewed|reviews?|scores?|scoring|stars?)\b"
)
_LOWER = frozenset("worst lowest worse lower".split())
_COUNT_OF = re.compile(r"\b(?:most|fewest|more|fewer)\s+(?P<what>[a-z]+s)\b")
_COUNTING = frozenset("count counts number num total no n qty amount".split())
_HIGH_LOW: dict[str, tuple[str, Literal["max", "min"]]] = {
    **dict.fromkeys(("longer", "longest"), ("duration", "max")),
    **dict.fromkeys(("shorter", "shortest", "quicker", "quickest"), ("duration", "min")),
    **dict.fromkeys(("newer", "newest", "latest", "recent"), ("year", "max")),
    **dict.fromkeys(("older", "oldest", "earliest", "earlier"), ("year", "min")),
    **dict.fromkeys(("faster", "fastest", "longest-lasting"), ("duration", "min")),
    **dict.fromkeys(("bigger", "biggest", "largest", "taller", "tallest"), ("size", "max")),
    **dict.fromkeys(("smaller", "smallest", "tiniest"), ("size", "min")),
    **dict.fromkeys(("heavier", "heaviest"), ("weight", "max")),
    **dict.fromkeys(("lighter", "lightest"), ("weight", "min")),
    **dict.fromkeys(("cheaper", "cheapest"), ("price", "min")),
    **dict.fromkeys(("expensive", "pricier", "priciest", "dearest"), ("price", "max")),
    **dict.fromkeys(("popular", "famous", "known"), ("popularity", "max")),
    **dict.fromkeys(("obscure",), ("popularity", "min")),
    **dict.fromkeys(("highest", "most", "higher", "larger"), ("", "max")),
    **dict.fromkeys(("lowest", "least", "fewest", "lower", "fewer"), ("", "min")),
}


def compares(word: str) -> bool:
    """Whether a word compares things by a measure: "bigger", "cheaper"."""
    return word in _HIGH_LOW


class FieldQuestions:
    """Knows the fields of a catalogue by the words of their names, labels and phrases.

    Args:
        schema: The catalogue's schema.
        measures: Its numbers and dates.
    """

    def __init__(self, schema: Schema, measures: Measures) -> None:
        self._schema, self._measures = schema, measures

    def asked(self, stripped: str) -> str | None:
        """The field that a question asks for."""
        schema = self._schema
        who = _WHO.match(stripped)
        if who is not None:
            spec = self._people(who["rest"])
            return None if spec is None else spec.name
        spec = None
        if _WEIGHT.match(stripped):
            heavy = self._measures.called("weight") or self._weight()
            return None if heavy is None else heavy.name
        if _SIZE.match(stripped):
            spec = self._measures.called("size")
        elif _HOW_OLD.match(stripped) and (aged := self._measures.age) is not None:
            spec = aged
        elif _WHEN.match(stripped):
            spec = schema.year
        elif _LENGTH.match(stripped):
            spec = self._measures.duration
        elif _PRICE.match(stripped):
            spec = self._measures.price
        elif _WHERE.match(stripped):
            spec = self._place()
        if spec is not None:
            return spec.name
        if not re.match(
            r"(?:what|which|how many|how much|in what|in which|and|the|its|whose|by)\b", stripped
        ) and (len(stripped.split()) > 4):
            return None
        if not re.match(r"(?:what|which|how many|how much|in what|in which|whose|the|its)\b", stripped):
            return None
        return self._labelled(stripped)

    def _labelled(self, stripped: str) -> str | None:
        """The field whose name or label the words hold, if it is one."""
        spoken = set(stems(_A_YEAR.sub(" ", stripped)))
        best: tuple[int, str] | None = None
        for spec in self._schema.filterable:
            own = {stem(w) for w in (*words_of(spec.name), *words_of(spec.label))}
            if spec.unit:
                own.add(stem(spec.unit.lower()))
            common = len(own & spoken - {"number", "num", "type", "name"} - FUNCTION_WORDS)
            if common and (best is None or common > best[0]):
                best = (common, spec.name)
        if best is None and stripped.startswith("how many"):  # "how many does it serve": the servings
            begins = {word[: max(_ROOT, len(word) - 2)] for word in forms(stripped[8:]) if len(word) > _ROOT}
            for spec in self._schema.measures:
                if any(one.startswith(tuple(begins)) for one in words_of(spec.name) if begins):
                    best = 1, spec.name
        if best is not None:
            return best[1]
        number = self._measures.labelled(
            next((f for f in forms(stripped) if self._measures.labelled(f)), None)
        )
        return None if number is None else number.name

    def _count_of(self, stripped: str) -> str | None:
        """The field that counts what "the most ratings" speaks of, rather than one that tells how good they are."""
        match = _COUNT_OF.search(stripped)
        if match is None:
            return None
        what = stem(match["what"])
        for spec in self._schema.fields:
            told = [*words_of(spec.name), *words_of(spec.column)]
            if (
                (spec.is_number or spec.is_rank)
                and what in map(stem, told)
                and (_COUNTING & set(told) or match["what"] in told)
            ):
                return spec.name
        return None

    def _weight(self) -> FieldSpec | None:
        """The weight of an item where its name is shortened, `item_wt_lb`: not what it carries."""
        named = ((spec, {*words_of(spec.name), *words_of(spec.column)}) for spec in self._schema.measures)
        return next((spec for spec, told in named if told & _WT and told.isdisjoint(_CARRIES)), None)

    def _place(self) -> FieldSpec | None:
        """The field that tells where something is: a venue rather than a country."""
        named = [
            (spec, {singular(word) for word in (*words_of(spec.name), *words_of(spec.label))})
            for spec in self._schema.filterable
        ]
        return next(
            (spec for place in _PLACES for spec, told in named if place in told and told.isdisjoint(_FREE)),
            None,
        )

    def _people(self, rest: str) -> FieldSpec | None:
        """The people field that a verb after "who" asks for."""
        specs = self._schema.names
        spoken = forms(rest)
        for spec in specs:
            verb = spec.phrase.partition("{}")[0].split()
            begins = {verb[0][:5]} if len(verb) > 1 and verb[-1] == "by" else set()
            begins |= {singular(w)[:5] for w in (*words_of(spec.name), *words_of(spec.label))}
            if any(form[:5] in begins for form in spoken if len(form) > 3):
                return spec
        told = set(stems(rest)) - FUNCTION_WORDS
        for spec in (*specs, *self._schema.tags):  # "who cooks these?", of a field `cook`
            if told & {stem(word) for word in words_of(spec.name)}:
                return spec
        if _IN_IT.search(rest):
            for spec in specs:
                if spec.phrase.startswith("with {}"):
                    return spec
        if _MAKES.search(rest):
            by = next((s for s in specs if s.phrase.startswith("by {}") or "written" in s.phrase), None)
            return by or (specs[0] if specs and re.search(r"\b(?:made|makes?|behind|by)\b", rest) else None)
        return None

    def is_ranked(self, stripped: str) -> bool:
        """Whether a question asks for the best of some items: "which one should I watch?"."""
        return _PICKED.match(stripped) is not None

    @staticmethod
    def _of_number(stripped: str) -> bool:
        """Whether a question for the best says of what: "which has the best rating?"."""
        return any(form in _HIGH_LOW or form in ("rated", "rating", "reviewed") for form in forms(stripped))

    def most(
        self, stripped: str, items: Sequence[str]
    ) -> tuple[str, Literal["", "max", "min"], Sequence[str]] | None:
        """Field, direction and items of a superlative or comparative: "which is the shortest?"."""
        compares = THAN.match(stripped) is not None and len(items) == 2
        if items and (PICKS.match(stripped) or self.is_ranked(stripped)) and not self._of_number(stripped):
            return "", "", items
        if len(items) < 2 or not (compares or re.match(r"(?:so )?(?:which|what)(?:'s)?\b", stripped)):
            return None
        if re.match(
            r"(?:what|which) (?!one\b|of\b|is\b|are\b|has\b|should\b|would\b|movie|film|book)", stripped
        ):
            return None
        pointed = re.match(r"which\b|what(?:'s| is) (?:the )?\w+ (?:one|of)\b", stripped)
        if pointed is None and not compares:
            return None
        spoken = forms(stripped)
        few = "least" in spoken
        if (counted := self._count_of(stripped)) is not None:
            return counted, "min" if {"fewest", "fewer"} & set(spoken) else "max", items
        rated, rating = _BEST_RATED.search(stripped), self._measures.labelled("rating")
        if rated is not None and rating is not None and rating.has_measure:
            return rating.name, "min" if rated["best"] in _LOWER else "max", items
        for form in spoken:
            role, best = _HIGH_LOW.get(form, ("-", "max"))
            if role in ("", "-"):
                continue
            sized = self._labelled(" ".join(one for one in spoken if one != form)) if role == "size" else None
            if sized is not None and self._schema.spec(sized).has_measure:  # "the biggest pot"
                return sized, "min" if few and best == "max" else best, items
            spec = {
                "size": self._measures.called("size"),
                "weight": self._measures.called("weight"),
                "duration": self._measures.roles["duration"],
                "year": self._measures.year,
                "price": self._measures.price,
                "popularity": self._schema.popularity,
            }[role]
            return (spec.name, "min" if few and best == "max" else best, items) if spec is not None else None
        extreme = next((form for form in spoken if _HIGH_LOW.get(form, ("-",))[0] == ""), None)
        if extreme is not None:
            clause = next((one for one in re.split(r"[,;:]", stripped) if extreme in forms(one)), stripped)
            name = self._labelled(" ".join(form for form in forms(clause) if form != extreme))
            if name is not None and self._schema.spec(name).has_measure:
                return name, _HIGH_LOW[extreme][1], items
        if _RANKED.search(stripped) or self.is_ranked(stripped):
            return "", "", items
        return None
