"""Gradable words: "something short", "not too expensive", "hidden gems", as limits that the catalogue itself sets."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.schema import FieldSpec
from wherefore.dialogue.state import LimitOp
from wherefore.reading.clauses import NT
from wherefore.reading.measures import Measures

Side = Literal["low", "high"]

# The share of the items that is on the low side of where a scale's words divide them.
_SHARES: dict[tuple[str, Side], float] = {
    ("duration", "low"): 0.25,
    ("duration", "high"): 0.75,
    ("long", "high"): 0.8,  # what is called long; what is not too long may be a little longer than most
    ("year", "low"): 0.25,
    ("classic", "low"): 0.5,
    ("price", "low"): 0.25,
    ("price", "high"): 0.75,
    ("popularity", "low"): 0.75,  # most of what a catalogue holds is unknown to most people
    ("popularity", "high"): 0.75,
    ("rating", "low"): 0.25,
    ("rating", "high"): 0.75,
    ("label", "low"): 0.25,
    ("label", "high"): 0.75,
    ("most", "low"): 0.1,
    ("most", "high"): 0.9,
    ("epic", "high"): 0.97,
}
_OF_YEARS = ("year", "classic")
_FEWEST = 4  # known values of which a share can be taken
_FAR = 160  # characters around a word that are looked at

_ADJECTIVES = {
    "duration_low": "short|shortish|brief|quick|bite[- ]sized",
    "duration_high": "long|longish|lengthy",
    "year_low": "old[- ]school|old|oldish|vintage|retro",
    "classic_low": "classic",
    "price_low": "cheap|inexpensive|affordable|budget[- ]friendly|low[- ]cost|reasonably priced",
    "price_high": "expensive|pricey|premium|luxury|luxurious|high[- ]end|upscale",
    "popularity_low": "obscure|lesser[- ]known|less known|less well[- ]known|little[- ]known|not well[- ]known|"
    "unknown|underrated|under[- ]rated|overlooked|under[- ]?appreciated|underseen|niche",
    "popularity_high": "popular|famous|well[- ]known|mainstream|widely known|trending",
    "rating_low": "(?:poorly|badly|low)[- ](?:rated|reviewed)",
    "rating_high": "(?:highly|high|top|best|well)[- ](?:rated|reviewed)|(?:critically )?acclaimed",
}
_LABELLED = r"(?P<degree>low|high|light|rich)[- ](?:in |on )?(?P<label>[a-z]+)"
# What says it by itself, as a noun or a clause.
_PHRASES = {
    "duration_low": r"short on time|pressed for time|in a (?:hurry|rush)|short attention span|quick (?:watch|read|game|"
    rf"listen|flick)|(?:not|\w*{NT})(?: really)?(?: have| got)? (?:much|a lot of|lots of|that much|too much) time",
    "year_low": r"oldies?(?! but)",
    "classic_low": r"classics",
    "popularity_low": r"hidden (?:gems?|treasures?)|deep cuts?|off the beaten (?:path|track)|under the radar|"
    r"sleeper hits?|(?:nobody|no one|no-one|few people|hardly any(?:one|body)|not many people|not a lot of people)"
    r"(?: really)?(?: has| have|'s|'ve)?(?: ever| really)? (?:heard (?:of|about)|seen|knows?(?: about)?|"
    r"talks? about|watched|watches)|most people (?:haven'?t|have not|don'?t|never)(?: ever| even)? "
    r"(?:heard(?: of)?|hear of|seen|know(?: about)?)",
    "popularity_high": r"(?:summer |hollywood )?blockbusters?|(?:big|huge|major|box office|summer) hits?(?! or)|"
    r"(?:everyone|everybody)(?: else)?(?: has|'s| is)?(?: already)? (?:seen|talking about|talks about|knows|"
    r"heard of)",
    "rating_low": r"with (?:bad|terrible|poor|low) (?:ratings?|reviews?|scores?)",
    "rating_high": r"with (?:good|great|excellent|high|the best|top|rave) (?:ratings?|reviews?|scores?)",
}


def _groups(words: Mapping[str, str], mark: str) -> str:
    return "|".join(f"(?P<{mark}_{name}>{each})" for name, each in words.items())


_GRADED = re.compile(
    rf"\b(?:{_groups(_PHRASES, 'phrase')})\b|(?<![\w'-])(?:{_groups(_ADJECTIVES, 'plain')}|{_LABELLED})(?![\w'])"
)
_CLAUSE = re.compile(r"[.;:!?\n(]|,(?!\s*[a-z-]+(?:\s+and)?(?:,|\s+[a-z-]+$))|\b(?:but|because)\b")
_ADVERB = (
    r"(?:really|very|quite|pretty|fairly|relatively|rather|somewhat|(?:kind|sort) of|kinda|sorta|a bit|"
    r"a little(?: bit)?|super|overly|too|so|all that|that|particularly|especially|extremely|reasonably|most|the most)"
)
_LOOSE = (
    r"(?:(?!(?:in|on|at|to|or|is|was|are|were|about|than|who|where|when|if|with|of|from|like)\b)"
    r"[a-z][\w'-]*[\s,]+)"
)
_THING = re.compile(
    rf"\b(?:something|anything|some|any|stuff|ones?|things?)\s+(?:(?:that|which)\s*(?:is|are|'s|'re)\s+|that\s+)?"
    rf"{_LOOSE}{{0,4}}$|\bwhat(?:ever)?(?:'s|\s+is|\s+are)\s+(?:{_ADVERB}\s+)*$"
)
_MUST = re.compile(
    rf"\b(?:(?:make|keep|want|prefer|like|need|love)\s+(?:it|them|things)(?:\s+to\s+be|\s+on\s+the)?|(?:should|must|has\s+to|have\s+to|"
    rf"needs?\s+to|gotta|got\s+to|(?:'d|would)\s+(?:like|want|prefer)\s+(?:it|them)\s+to)\s+be|preferably|ideally|"
    rf"if\s+it(?:'s|\s+is|\s+was)|long\s+as\s+it(?:'s|\s+is)|hopefully|maybe|perhaps|rather|prefer)\s+"
    rf"(?:something\s+|an?\s+)?(?:{_ADVERB}\s+)*(?:[a-z-]+,?\s+and\s+)?$"
)
_BARE = re.compile(
    rf"^\W*(?:(?:maybe|just|please|well|ok|okay|yes|yeah|and|but|also|hmm|um|uh|oh|make\s+it|an?|some|the|ones?|{_ADVERB})\W+)*$"
)
_BARE_END = re.compile(r",?\s*(?:ones?|please|pls|thanks|though|too|is\s+(?:fine|good|better|best))*\W*$")
_ENDS = re.compile(
    r"\s*(?:$|[.,;:!?)\n/-])|\s+(?:and|or|but|with|for|to|like|from|in|about|please|pls|so|that|because|tonight|today|"
    r"this|if|by|too|maybe|then|now|right|i|we|as|starring|set|on|without|which|not|though|thanks|preferably|ideally|"
    r"at|these|side)\b"
)
_NOT_BEFORE = re.compile(
    r"\s+(?:ago|as|time|before|way|distance|term|lasting|running|shot|since|notice|than|enough(?!\s+(?:for|to))|"
    r"fashioned|testament|culture|demand|opinion|belief|story|stories)\b"
)
_NOT_AFTER = re.compile(
    r"(?:\b(?:how|as|years?|hours?|hrs?|minutes?|mins?|pages?|day|night|too|so)|\d)[\s-]*$"
)
_NEGATED = re.compile(
    r"(?:\b(?:not|nothing|no|never|without|avoid|skip|hate|dislike|detest|(?:tired|sick|bored)\s+of|against|except|"
    rf"other\s+than)|{NT})\s+(?:(?:a\s+)?(?:be|being|want|like|need|love|enjoy|watch|see|read|give\s+me|show\s+me|recommend|"
    rf"have|get|make\s+it|into|in\s+the\s+mood\s+for|feel\s+like|up\s+for|keen\s+on|a\s+(?:big\s+)?fan\s+of|anything|something|any|more|an?|the|those|"
    rf"that(?:'s|\s+is|\s+are)|it\s+to\s+be|it|them|to\s+(?:be|watch|see|read)|care\s+for|stand|super|{_ADVERB}|"
    r"movies?|films?|ones?|books?|things?|stuff|which\s+(?:is|are))\s+)*$"
)
_FREE = re.compile(
    r"(?:\b(?:don'?t|doesn'?t|do\s+not|does\s+not|wouldn'?t|needn'?t)\s+(?:really\s+)?(?:mind|care|matter|(?:have|need)\s+to\s+be)|"
    r"\bneedn't\s+be|\b(?:can|could|may|might)\s+be|\bwhether|\beither|\bno\s+matter|\beven\s+(?:if|an?|though)|\bany\s+kind)\b[^.!?]*$"
)
_OF_ONE = re.compile(
    r"(?:\b(?:its|thats|is|was|were|are|am|been|seems?|looks?|felt|feels|sounds?|such|what|another|(?:will|would)\s+(?:always\s+)?be|that|this|those|these|my|"
    r"his|her|their)|'s|'re|n't)"
    r"(?:\s+(?:such|quite|really|an?|the|one|of|my|kind|sort|pretty|also|just|still|definitely|truly|very|not|so|too|it|"
    r"this|that|he|she|they|like|apparently|actually|considered|all|time|true|real|great|good|total|absolute|old))*\s*$"
    r"|\s\s\s,?\s*(?:an?|the|such\s+an?|another|one\s+of\s+the)\s+(?:[a-z]+\s+)?$"  # a title, blank, and "a classic"
)
_DENIED = re.compile(
    r"(?:\b(?:i|you|we|they|it|that|this|he|she)|^\s*|\s\s)\s*(?:'m|'re|'s|am|are|is|was|were|wasn'?t|isn'?t|aren'?t|weren'?t)"
    r"(?!\s+(?:tired|sick|bored|not\s+(?:in|into|up|keen|looking|a))\b)\b[^,]*$"
)
_WHICH_IS = re.compile(
    r"\b(?:what(?:ever)?|which|who|something|anything|there|(?:ones?|movies?|films?|books?)\s+(?:that|which))\s*(?:that|which)?"
    r"\s*(?:'s|'re|is|are|was|were|isn'?t|aren'?t|is\s+not|are\s+not)(?:\s+[a-z]+){0,3}\s*$"
)
_TOLD = re.compile(
    r"\b(?:saw|seen|watched|went|(?:just|have|i've|we've)\s+read|finished|remember|reminds?|grew\s+up|was|were)\b"
)
_OPENS = re.compile(
    r"^\W*(?:(?:hi|hello|hey|there|please|ok|okay|well|so|sure|yes|yeah|no|maybe|just|i|would|like|love|an?|some|any|the|really|very|"
    r"most|big|huge|good|great|all[- ]time|old)\W+)*$"
)
_REQUESTS = re.compile(
    r"\b(?:want(?:ed|ing)?|like|love|enjoy|prefer|look(?:ing)?|search(?:ing)?|hunting|likes|loves|wants|enjoys|recommend|suggest|show|find|give|any|need|mood|"
    r"watch|see|read|into|fan|know|have|got|something|anything|some|stuff|ones?|movies?|films?|books?|maybe|what|which|more|"
    r"other|for|favou?rites?|make|keep|feel(?:ing)?|we|i'm|i\s+am|how\s+about|be)\b"
)
_WHOM = re.compile(r"every|no(?:body|[ -]one)|few|hardly|not|most")  # "most people haven't seen"
_VERY = re.compile(
    r"\b(?:really|very|super|extremely|seriously|proper(?:ly)?|insanely|ridiculously|crazy|incredibly)\s+$"
)
_EPIC = re.compile(r"\s+(?:[a-z]+\s+)?(?:epics?|sagas?)\b")
_COMPARED = re.compile(r"\b(?:less|least|more)\s+$")
_PRAISE = ("classic", "popularity", "rating")  # words that are mostly said of what was just named
_ONE = re.compile(r"\b(?:an?|some|any|old|all[- ]time|timeless|true|real|great|good)\s+$")
_MODERN = re.compile(
    r"(?:\b(?:cult|modern|instant|future|contemporary|christmas|holiday|disney|new|recent)|\d0'?s)\s+$"
)


@dataclass(frozen=True, slots=True)
class Graded:
    """What a text asks of a field, in characters `start` to `end`."""

    field: str
    op: LimitOp
    value: float
    start: int
    end: int


class ScaleReader:
    """Reads gradable words as limits: what is short is no longer than a quarter of the catalogue is.

    Such words hold of a thing among others of its kind (Klein, 1980, "A semantics for positive and comparative
    adjectives", Linguistics and Philosophy 4): here, among the catalogue's items whose value is known.

    Args:
        catalog: The catalogue.
        measures: Its numbers and dates, by the scales that they are on, and by name for "low calorie".
    """

    def __init__(self, catalog: Catalog, measures: Measures) -> None:
        self._catalog, self._labelled = catalog, measures.labelled
        self._specs = measures.roles | {"classic": measures.year}
        self._known: dict[str, np.ndarray] = {}

    def read(self, low: str, nouns: frozenset[str]) -> Iterator[Graded]:
        """What a text asks of the scales, by place.

        Args:
            low: The text in lower case, with straight apostrophes; what is not to be read is blank.
            nouns: What items are called: "movies", "thrillers".
        """
        patterns = _patterns(nouns)
        for match in _GRADED.finditer(low):
            kind, _, name = (match.lastgroup or "").partition("_")
            if kind in ("degree", "label"):
                kind, name = "plain", f"label_{'high' if match['degree'] in ('high', 'rich') else 'low'}"
            scale, side = name.rsplit("_", 1)
            spec = self._labelled(match["label"]) if scale == "label" else self._specs.get(scale)
            if spec is None:
                continue
            sought = _sought(low, match.span(), kind == "phrase", scale, patterns)
            if sought is None:
                continue
            start, negated = sought
            ends: Side = "low" if side == "low" else "high"
            if scale == "duration" and not negated:
                scale = _stressed(low, match.span(), ends)
            bound = self._bound(spec, scale, ends, negated)
            if bound is not None:
                yield Graded(spec.name, *bound, start, match.end())

    def among(
        self, low: str, span: tuple[int, int], nouns: frozenset[str], field: str, op: Literal["lt", "gt"]
    ) -> tuple[LimitOp, float] | None:
        """What "older westerns" asks for where nothing was listed to compare with; None: nothing.

        Args:
            low: As for `read`.
            span: Characters of the comparative.
            nouns: As for `read`.
            field: What it compares,
            op: and which way.
        """
        side: Side = "low" if op == "lt" else "high"
        scales = [scale for scale, spec in self._specs.items() if spec is not None and spec.name == field]
        if not scales or (scales[0], side) not in _SHARES:
            return None
        if _sought(low, span, False, scales[0], _patterns(nouns)) is None:
            return None
        return self._bound(self._catalog.schema.spec(field), scales[0], side, False)

    def graded(self, spec: FieldSpec, side: Side, most: bool = False) -> tuple[LimitOp, float] | None:
        """What "little" or "much" of a field asks for; with `most`, "the least" or "the most". None: nothing.

        Args:
            spec: The field.
            side: Which side of it.
            most: Whether the few at the end are meant.
        """
        scale = next(
            (name for name, own in self._specs.items() if own is spec and (name, side) in _SHARES), "label"
        )
        if most and scale != "popularity":
            return self._bound(spec, "most", side, False)
        return self._bound(spec, scale, side, False)

    def _bound(self, spec: FieldSpec, scale: str, side: Side, negated: bool) -> tuple[LimitOp, float] | None:
        """Where the catalogue is divided; None when too little is known, or all have the same value."""
        known = self._known.get(spec.name)
        if known is None:
            values = self._catalog.numbers(spec.name)
            known = self._known[spec.name] = values[~np.isnan(values)]
        if len(known) < _FEWEST or known.min() == known.max():
            return None
        value = float(np.quantile(known, _SHARES[scale, side]))
        if scale in _OF_YEARS:
            value = float(round(value))
        elif scale != "popularity":
            value = _round(value)
        op: LimitOp
        if side == "low":
            op = "gt" if negated else "le"
        else:
            op = "lt" if negated else "ge"
        return op, value


def _stressed(low: str, span: tuple[int, int], side: Side) -> str:
    """The scale of a word for how long something takes: "a really long film" means more than "a long film"."""
    if side == "high" and _EPIC.match(low, span[1]):
        return "epic"
    usual = "long" if side == "high" else "duration"
    return "most" if _VERY.search(low[: span[0]]) else usual


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a word of degree stands."""

    scale: str
    word: str
    before: str  # in its clause
    back: str  # before it, also what is beyond the clause
    opens: bool  # whether `back` is the whole text before it
    after: str

    def says_nothing(self) -> bool:
        """Whether it is part of another expression, or said of what may be so or not: "long ago", "the old one"."""
        definite = re.search(r"(?<!not )\bthe\s+$", self.before) and re.match(r"\s+ones?\b|\s{3}", self.after)
        compared = self.scale in ("popularity", "price") and _COMPARED.search(
            self.before
        )  # see `critiques.py`
        recent = self.scale == "classic" and _MODERN.search(self.before)  # "a modern classic"
        return bool(
            definite or compared or recent or _NOT_BEFORE.match(self.after) or _FREE.search(self.before)
        )

    def told(self, refused: bool, of_these: bool) -> bool:
        """Whether it is said of one item, or of what was: "that's a classic", "I saw an old film"."""
        if of_these or _WHICH_IS.search(self.before):
            return False if refused else _TOLD.search(self.before) is not None
        if refused:
            return _DENIED.search(self.before) is not None
        if _WHOM.match(self.word):  # "films that nobody talks about"
            return False
        return _OF_ONE.search(self.back) is not None or _TOLD.search(self.before) is not None

    def asked(self, phrase: bool, refused: bool, of_noun: bool, of_these: bool) -> bool:
        """Whether it is said of what is sought."""
        praise = self.scale in _PRAISE
        begins = self.opens and _OPENS.match(self.back) if praise else _BARE.match(self.before)
        requested = refused or begins or _REQUESTS.search(self.before)
        ends = _ENDS.match(self.after)
        if phrase:
            # "something everyone has seen", not "everyone has seen it"
            return self.scale == "duration" or bool(requested and (ends or not _WHOM.match(self.word)))
        if self.scale == "label":
            return True
        if of_noun:
            return bool(requested)
        if ends and (refused or of_these or _THING.search(self.before) or _MUST.search(self.before)):
            return True
        if self.scale == "classic":
            return bool(ends and requested and _ONE.search(self.before))
        alone = begins and _BARE_END.fullmatch(re.split(r"[.!?;\n]", self.after)[0])
        return bool(alone and (not praise or self.scale == "popularity" and not self.before.strip()))


def _sought(
    low: str, span: tuple[int, int], phrase: bool, scale: str, patterns: tuple[re.Pattern[str], ...]
) -> tuple[int, bool] | None:
    """Where what is asked for begins, and whether it is refused; None when a word says nothing of what is sought."""
    start, end = span
    first = max(0, start - _FAR)
    clause = max((one.end() for one in _CLAUSE.finditer(low, first, start)), default=first)
    place = _Place(
        scale, low[start:end], low[clause:start], low[first:start], not first, low[end : end + _FAR]
    )
    negation = _NEGATED.search(place.before)
    refused = negation is not None
    if place.says_nothing() or not (refused or phrase) and _NOT_AFTER.search(place.back):
        return None
    of_noun, of_these = bool(patterns[0].match(place.after)), bool(patterns[1].search(place.before))
    if place.told(refused, of_these) or not place.asked(phrase, refused, of_noun, of_these):
        return None
    return start if negation is None else clause + negation.start(), refused


def _any_of(nouns: Collection[str]) -> str:
    """Finds one of these: "movies", "sci-fi"."""
    longest = sorted(nouns, key=len, reverse=True)
    return "|".join(re.sub(r"(\\[ -])+", "[ -]", re.escape(noun)) for noun in longest)


@lru_cache(16)
def _patterns(nouns: frozenset[str]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What stands between a word and what is sought, and that: "short, funny horror movies"; "a thriller that's"."""
    names = _any_of(nouns)
    between = (
        r"(?!(?:in|on|at|to|or|is|was|are|were|the|an?|i|we|my|some|this|that|it|but|with|for|of|from|like|because|so|"
        r"when|then|please|than|need|want|any)\b)[a-z][\w'-]*,?\s+"
    )
    before = re.compile(
        rf",?\s+(?:(?:ones?|stuff|things?|flicks?|gems?|picks?|titles?|classics?|epics?|sagas?|reads?|listens?)\b|(?:{between}){{0,3}}?(?:{names})\b)"
    )
    after = rf"(?:that|which)\s*(?:'s|'re|is|are)\s+(?:{_ADVERB}\s+)*(?:[a-z]+\s+and\s+)?$"
    return before, re.compile(rf"\b(?:{names})\s+{after}")


def _round(value: float) -> float:
    """A number as people would say it: 94 minutes are 95."""
    size = abs(value)
    step = 10.0 if size >= 200 else 5.0 if size >= 20 else 1.0 if size >= 10 else 0.5 if size >= 2 else 0.0
    return round(value / step) * step if step else round(value, 2)
