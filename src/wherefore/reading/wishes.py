"""Wishes: which values of category and people fields a text asks for, and which it turns down."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import yaml
from rapidfuzz.distance import OSA

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.naming import singular
from wherefore.dialogue.state import FoundWish
from wherefore.files import ASSETS
from wherefore.reading.attitudes import Attitude, AttitudeReader, is_habit
from wherefore.reading.counts import is_number
from wherefore.text import ARTICLES, FUNCTION_WORDS, Word, forms, ordinary_words, stem, straight

_FILL = frozenset(
    "a an the some any good great really very more other kind kinds of type types sort bit little pretty "
    "super best new half "
    "old older newer recent classic nice decent and or also maybe just even both as well like such fun cool "
    "actual truly n tonite "
    "movie movies film films title titles book books stuff ones one fan fans big huge lot much definitely especially "
    "mostly usually all most long short smart clean light dark serious intense cute modern quality solid too".split()
)
_CUES = frozenset(
    "something anything want wants wanting wanted like likes liked love loves loved enjoy enjoys enjoyed "
    "prefer prefers "
    "need needs looking recommend suggest suggestions recommendations mood into watch see find favorite "
    "favourite favor "
    "for give show any some only pick picks picked adore adores craving fancy feeling how about what whats up try "
    "interested other seeking "
    "meant seek feel anyone somebody someone more stuff things similar read hear get got know of list top".split()
)
_SOFT_CUES = frozenset("of for about up get got know hear read how what feel only".split())
_NEGATORS = frozenset(
    "no not nothing without dont doesnt didnt isnt arent wasnt never hate hates hated dislike disliked avoid avoiding "
    "except minus less nor neither non cant cannot wont zero skip excluding besides tired sick aint despise "
    "detest".split()
)
_NEGATED_GAP = _FILL | frozenset(
    "want wants wanting like likes liked love loves enjoy prefer into fan fans in mood for care about with "
    "by at all is are "
    "be was watch watching see seeing need too overly super really anything something everything stuff that "
    "thats them starring directed "
    "featuring from those these stand get feel feeling it so ready things particularly especially usually "
    "exactly looking i do "
    "stand of having has have contain contains involving include scenes hear me give recommend suggest show "
    "please lots his her their to going gonna wanna another".split()
)
_RATHER_NOT = re.compile(  # "less scary", "not as dark"
    r"(?:less|fewer|(?:not|isn['’]?t|aren['’]?t)\s+(?:quite\s+)?(?:as|so|that|quite))\b", re.IGNORECASE
)
_NOT_NEGATIONS = (
    ("not", "only"),
    ("not", "just"),
    ("not", "sure"),
    ("no", "matter"),
    ("no", "preference"),
    ("why", "not"),
)
_NOT_MIND = frozenset(
    {
        "dont mind",
        "wouldnt mind",
        "doesnt mind",
        "not mind",
        "cant wait",
        "never mind",
        "no problem",
        "cant get",
    }
)
_MUST = re.compile(
    r"\b(?:must|nothing but|only|has to|have to|needs? to|strictly|definitely|exclusively|absolutely)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"^\W*(?:(?:oh|hm+|ok|okay|well|and|so|cool|nice|wait)\W+)*"
    r"(?:is|was|isn['’]?t|wasn['’]?t|are|were|did|does|do you (?:like|love|enjoy|prefer)|who|"
    r"what(?:['’]?s)?\s+(?:is|was|it|that|the|about)|"
    r"where|when|have you|how (?:is|was|long|many|old)|which|has)\b",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\b(?:should\s+(?:i|we)|what(?:['’]?s|\s+is|\s+are)\s+(?:the|some|your|a)\s+(?:\w+\s+)?(?:best|good|great|"
    r"greatest|top|favou?rite)|need|needs|fancy|crav(?:e|ing)|mood|any|anything|something|recommend|"
    r"recommendations?|suggest|suggestions?|looking|want|know (?:of|"
    r"any|some)|there (?:any|some|a)|(?:are|is) there|"
    r"you (?:have|got)|got|find|give|show|would like|i['’]?d like|similar|else|how about|what about)\b",
    re.IGNORECASE,
)
_DEFINITE = re.compile(
    r"\b(?:that|the|this|those|a|it was|one of)\s+(?:other\s+|new\s+|old\s+)?(?:\w+\s+)?$", re.IGNORECASE
)
_PAST = re.compile(r"\b(?:saw|watched|seen|read|finished|heard)\b", re.IGNORECASE)
_POLITE = frozenset(
    "please pls plz thx smth yes yeah yep sure ok okay hi hello hey probably maybe perhaps um hmm well "
    "then thanks thank you "
    "instead also "
    "actually though i think guess say id would will be great nice good fine too lets go with prefer mostly mainly "
    "definitely both either really honestly now today tonight for me favorite genre this time about how what lovely "
    "super perfect wonderful por favor pls mate dude man lol haha omg".split()
)
_GOES_ON = frozenset(
    "with w without that from set about like similar directed starring by for please pls plz where based featuring "
    "made released filmed before after under over between shorter longer newer older no not in to yes tonight".split()
)
_PEOPLE_CUES = frozenset(
    "by with w starring featuring stars star directed director actor actress author writer from stars".split()
)
_PLACING = frozenset("from in set made produced shot filmed".split())
_PARTICLES = frozenset("de del da di du la le van von der den st mc".split())
_FOND = frozenset("like likes love loves adore adores prefer enjoy enjoys".split())
_REFUSING = frozenset(
    "no not without except minus nor avoid avoiding excluding skip hate hates dislike".split()
)
_BEFORE_PLACES = _REFUSING | frozenset("from in the or and".split())
# Words that never mean a value by themselves, whatever a catalogue's keywords hold.
_MUTE = (
    FUNCTION_WORDS
    | _FILL
    | _CUES
    | _NEGATORS
    | _NEGATED_GAP
    | _POLITE
    | frozenset(
        "first second third last today see saw seen fan talk question answer thought word wait help time day "
        "night week year people "
        "guy man thing end beginning start part story plot acting actor actress idea list name number "
        "recommendation bad boring terrible awful horrible stupid lame overrated sorry wrong "
        "hope luck future sound sounds morning afternoon evening mine chat chatting talking man woman lot "
        "way kind cinema director directors actors film-maker".split()
    )
)
_AHEAD = re.compile(
    r"\b(?:can|could|will|to|wants?|need)\s+(?:\w+\s+){0,2}(?:watch|see|read|hear)\b", re.IGNORECASE
)
_AUDIENCE = re.compile(
    r"\b(?:for|with|to(?:gether)? with|entertain|keep)\s+(?P<who>(?:(?:my|our|the|his|her|some|a|an|young|"
    r"little|small|two|three|\d)\s+)*"
    r"(?:kids?|child|children|toddlers?|grandkids|grandchildren|grandson|granddaughter|little ones?|"
    r"(?:(?:[2-9]|1[0-2]|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)[\s-]*(?:and\s+\w+[\s-]*)?"
    r"(?:years?|yrs?|yo|y/?o)[\s-]*(?:olds?)?)))\b(?!\s+(?:myself|at heart))",
    re.IGNORECASE,
)
_CHILD_WANTS = re.compile(  # "my 8 year old wants something with dinosaurs"
    r"\b(?P<who>(?:my|our|the)\s+(?:(?:little|young|two|three|four|older|younger|\d)\s+)*(?:kids?|child|"
    r"children|toddlers?|grandkids|grandson|"
    r"granddaughter|little ones?|(?:[2-9]|1[0-2])[\s-]*(?:year|yr)s?[\s-]*olds?))\s+(?:\w+\s+)?(?:wants?|"
    r"needs?|would\s+like|asks?|asked|(?:is|are|will\s+be)\s+(?:\w+\s+)?(?:joining|watching|coming|here|with\s+(?:me|us)|"
    r"around|in\s+the\s+room|awake))\b",
    re.IGNORECASE,
)
_FAMILY = re.compile(
    r"\b(?P<who>(?:whole|entire)\s+family|all\s+the\s+family|family\s+(?:(?:movie|film)\s+)?night)\b",
    re.IGNORECASE,
)
_POLAR = re.compile(
    r"^\s*[:=,-]?\s*(?:(?P<yes>yes|yeah|yep|sure|please)|(?P<no>no|nope|nah|not))\s*(?=$|[,.;!])",
    re.IGNORECASE,
)
_NOTHING_BUT = re.compile(
    r"\b(?:nothing but|only|exclusively|strictly)\s+(?:(?:a|an|the|some|good)\s+)*$", re.IGNORECASE
)
_OPTIONAL_BEFORE = re.compile(  # "it doesn't have to be in French"
    r"(?:\b(?:doesn'?t|does not|don'?t|do not|needn'?t|need not)\s+(?:\w+\s+)?(?:(?:have|"
    r"need)\s+to\s+)?(?:be|have|star|feature|include)|"
    r"\bno need (?:for|to be)|\bnot necessarily|\bforget(?:\s+about)?|\bnever ?mind|\bscratch|"
    r"\bdrop)\s+(?:(?:the|a|an|in|with|from|any)\s+)*$",
    re.IGNORECASE,
)
_OPTIONAL_AFTER = re.compile(
    r"\W*(?:movies?\s+|films?\s+|part\s+)?(?:(?:is|are)\s+(?:optional|not (?:necessary|a must|required))|"
    r"(?:doesn'?t|does not|don'?t|needn'?t)\s+(?:(?:have|need)\s+to\s+)?(?:be|star|appear|matter))\b",
    re.IGNORECASE,
)
_OWN_LIFE = re.compile(  # "I studied history", "I'm visiting family", "I'm a drama teacher": no wish
    r"\b(?:i|we|he|she|they|my\s+\w+)(?:'m|'ve|'s|'re|\s+am|\s+is|\s+have|\s+has|\s+are)?\s+(?:(?:\w+\s+)?"
    r"(?:live|work|stud(?:y|ied)|teach|taught|play|visit|met|own|meet|know|speak)(?:s|ed|ing)?|ha(?:ve|s|"
    r"d)\s+an?)\b"
    r"|\b(?:i|we|he|she|they|my\s+\w+)(?:'m|'re|'s|\s+am|\s+is|\s+are|\s+come)\s+(?:an?|from|in)\b|\b(?:what|"
    r"such|quite)\s+an?\s+$"
    r"|\b(?:do|can|could|are|did|have)\s+(?:you|u)\b",
    re.IGNORECASE,
)
_OTHER_TASK = re.compile(
    r"\b(?:write|compose|tell|sing)\s+(?:me\s+|us\s+)?an?\s+(?:\w+\s+)?(?:poem|joke|story|song|essay)\b",
    re.IGNORECASE,
)
_OF_ONE = frozenset("was is were it its thats youre ur are".split())  # said of something, not asked for
_OF_VALUES = frozenset("non less minus wasnt".split())  # negate one value alone
_TAKING = frozenset(
    "like love enjoy want watch watching see seeing into about with for have contain involving more do of".split()
)
_INSTEAD = re.compile(r"\s*(?:\w+\s+)?(?:please|pls|plz|instead)\b", re.IGNORECASE)
_WE_ARE = ("we're", "we’re")  # which folds to "were"
_BREAK = re.compile(r"[.;:!?\n(—]")
_MISSPELT_AFTER = frozenset("a an some good any like likes love into no not something and or".split())
_LIFTERS = frozenset("fine ok okay alright".split())


@dataclass(frozen=True, slots=True)
class _Value:
    field: str
    value: str
    count: int
    few: bool  # whether the field has few values that many items share, like a genre

    @property
    def key(self) -> str:
        return " ".join(stem(form) for form in forms(self.value))


@lru_cache(maxsize=1)
def lexicon() -> dict[str, Any]:
    """The packaged words and what they stand for: `nouns` of item kinds, `words` of values."""
    text = (ASSETS / "synonyms.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    tree: dict[str, Any] = yaml.load(text, Loader=loader)
    tree["words"] |= {word: tree["words"][base] for word, base in tree.pop("comparatives").items()}
    return tree


def item_nouns(catalog: Catalog) -> frozenset[str]:
    """What people call an item of the catalogue, singular and plural: "movie", "films"."""
    schema = catalog.schema
    called = {schema.noun.lower(), *lexicon()["nouns"].get(schema.noun.lower(), ())}
    return frozenset(called | {f"{noun}s" for noun in called} | {schema.plural.lower()})


def _hidden(said: Sequence[Word], masked: Sequence[tuple[int, int]]) -> list[bool]:
    """Which of the words stand where nothing is to be read."""
    if not said:
        return []
    near = [(a, b) for a, b in masked if a < said[-1].end and said[0].start < b]
    return [word.touches(near) for word in said]


def _alternatives(text: str, found: list[FoundWish]) -> list[FoundWish]:
    """Demands joined by "or" are wishes: either will do."""
    either: set[int] = set()
    demands = [n for n, wish in enumerate(found) if wish.kind == "wanted" and wish.strength >= 2]
    for one, two in zip(demands, demands[1:], strict=False):
        if re.fullmatch(
            r"[\s,]*or\s+(?:with\s+|by\s+|an?\s+)?", text[found[one].end : found[two].start], re.IGNORECASE
        ):
            either |= {one, two}
    return [replace(wish, strength=1.5) if n in either else wish for n, wish in enumerate(found)]


class _Listed(NamedTuple):
    """What is said of a value, the word where the list that it is on begins, and whether an "or" joins that list."""

    attitude: Attitude | None
    first: int
    by_or: bool


def _together(
    values: Sequence[_Value], kind: Literal["unwanted", "lifted"], strength: float, start: int, end: int
) -> FoundWish:
    """What has all of some values."""
    first, *others = ((v.field, v.value) for v in values)
    return FoundWish(*first, kind, strength, start, end, tuple(others))


class WishReader:
    """Reads wishes for values of the category and people fields that a catalogue declares.

    Args:
        catalog: The catalogue; its vocabularies say what can be asked for.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.nouns = item_nouns(catalog)
        self._ordinary = ordinary_words()
        several = "|".join(sorted(re.escape(noun) for noun in self.nouns))
        self._which_items = re.compile(  # "which films did Ridley Scott direct?"
            rf"^\W*(?:(?:so|and|ok)\W+)*(?:which|what)\s+(?:\w+\s+)?(?:{several})\s+(?:did|does|do|has|have|is|are|was|were|with|by)\b",
            re.IGNORECASE,
        )
        self._attitudes = AttitudeReader(self.nouns)
        self._values: dict[str, list[_Value]] = {}
        self._begun: set[str] = set()  # keys that begin with a word that says nothing: "new york"
        self._places: set[str] = set()  # keys of values that something is from, or in: "Germany", "French"
        self._people: dict[str, list[_Value]] = {}
        self._surnames: dict[str, dict[str, int]] = {}
        self.names: set[str] = set()
        self._few: list[str] = []  # keys of fields with few values, when they are needed
        self._firsts: set[str] = set()  # words that begin a full name
        self._longest = 1
        self._width: dict[str, int] = {}
        self._labels = {  # "with the genre drama"
            form
            for spec in catalog.schema.of_kind("category")
            for word in forms(f"{spec.label or spec.name}")
            for form in (word, singular(word))
        }
        for spec in catalog.schema.of_kind("category"):
            vocabulary = catalog.vocabulary(spec.name)
            self._width[spec.name] = len(vocabulary)
            few = len(vocabulary) <= 200 and sum(vocabulary.values()) >= 2 * len(vocabulary)
            for value, count in vocabulary.items():
                key = " ".join(stem(form) for form in forms(value))
                begun = " " in key and key.split()[0] in _FILL and not few  # "new york"
                if begun:
                    self._begun.add(key)
                if key and not (key in _MUTE or value.lower() in _MUTE):
                    self._values.setdefault(key, []).append(_Value(spec.name, value, count, few))
                    if spec.is_place:
                        self._places.add(key)
                    self._longest = max(self._longest, min(key.count(" ") + 1, 6))
        self._phrases = {}
        for spec in catalog.schema.of_kind("people"):
            self._phrases[spec.name] = spec.phrase.lower()
            vocabulary = catalog.vocabulary(spec.name)
            for value, count in vocabulary.items():
                parts = forms(value)
                if not parts:
                    continue
                key = " ".join(parts)
                self._people.setdefault(key, []).append(_Value(spec.name, value, count, False))
                if len(parts) > 1:
                    self.names.update(part for part in parts if len(part) > 2)
                    self._firsts.add(parts[0])
                    lasts = {parts[-1]}
                    if len(parts) > 2 and parts[-2] in _PARTICLES:
                        lasts.add(" ".join(parts[-2:]))  # "De Niro"
                    for last in lasts:
                        surnames = self._surnames.setdefault(last, {})
                        surnames[key] = surnames.get(key, 0) + count
        self._synonyms = {
            " ".join(stem(form) for form in forms(word)): values
            for word, values in lexicon()["words"].items()
        }
        self._longest = max(self._longest, 4)

    @property
    def kinds(self) -> set[str]:
        """The folded values of fields with few values, and the words that stand for some: not titles."""
        few = {key for key, values in self._values.items() if any(v.few for v in values)}
        known = {word for word in self._synonyms if any(v.few for v in self._wanted(word))}
        spelt = {" ".join(forms(word)) for word in lexicon()["words"]}
        spelt = {word for word in spelt if " ".join(stem(form) for form in word.split()) in known}
        return few | known | spelt | {f"{key}s" for key in few | known}

    def places_in(self, said: Sequence[Word]) -> list[tuple[int, int]]:
        """The places (of words, from and to) of what something is from or in: "Australia" is also a film."""
        found: list[tuple[int, int]] = []
        for i in range(len(said)):
            chained = found and i >= 2 and found[-1][1] == i - 1 and said[i - 1].form in ("or", "and")
            if not (chained or self._is_placed(said, i)):
                continue
            for size in (3, 2, 1):
                key = " ".join(stem(word.form) for word in said[i : i + size])
                named = key in self._places or any(
                    value.key in self._places for value in self._values_of(key)
                )
                if len(said) >= i + size and named:
                    found.append((i, i + size))
                    break
        return found

    def _values_of(self, key: str) -> list[_Value]:
        """What the first synonym of a word that the catalogue has stands for."""
        return next((found for one in self._synonyms.get(key, ()) if (found := self._lookup(str(one)))), [])

    def people_in(self, said: Sequence[Word], text: str) -> list[tuple[int, int]]:
        """The places (of words, from and to) of full names in a text."""
        found = []
        i = 0
        while i < len(said):
            for size in range(min(5, len(said) - i), 1, -1):
                if self._named(said, i, i + size, text) is not None:
                    found.append((i, i + size))
                    i += size - 1
                    break
            i += 1
        return found

    def _named(self, said: Sequence[Word], i: int, j: int, text: str) -> str | None:
        first = said[i].form
        if first not in self._firsts:
            return None
        key = " ".join(word.form for word in said[i:j])
        if all(word.form in self._ordinary for word in said[i:j]) and not all(
            word.capital for word in said[i:j]
        ):
            return None  # "the game", "the rock"
        if key in self._people:
            return key
        if key.endswith("s") and text[said[j - 1].end - 2] in "'’" and key[:-1] in self._people:
            return key[:-1]
        return None

    def read(
        self, text: str, said: Sequence[Word], masked: Sequence[tuple[int, int]] = ()
    ) -> list[FoundWish]:
        """The wishes in one clause.

        Args:
            text: The whole text that the words come from.
            said: The clause's words.
            masked: Characters that name items: they say nothing about values.
        """
        if not said:
            return []
        place, plain = (said[0].start, said[-1].end), straight(text)
        hidden = _hidden(said, masked)
        clause = text[slice(*place)]
        if _OTHER_TASK.search(clause) or is_habit(text, place):
            return []
        tail = text[said[-1].end : said[-1].end + 3].lstrip(' )"”')
        asking = _ASKING.search(clause) is not None or self._which_items.match(clause) is not None
        # "They like it but are bored of westerns" asks nothing.
        inner = text[: said[0].start].strip() != "" and "?" not in tail
        if _QUESTION.match(clause) and not asking and not inner:
            return []
        if (
            "?" in tail
            and _QUESTION.match(clause)
            and re.match(r"^\W*(?:is|was|did|does|has)\b", clause, re.I)
        ):
            if not re.search(r"\b(?:any|anything|something|recommend|suggest)\b", clause, re.I):
                return []
        past = _PAST.search(clause) is not None and not asking and not _AHEAD.search(clause)
        spans = self._spans(text, said, hidden)
        audience = _AUDIENCE.search(clause) or _CHILD_WANTS.search(clause) or _FAMILY.search(clause)
        inside = [False] * len(said)
        for i, j, _, _ in spans:
            inside[i:j] = [True] * (j - i)
        must = _MUST.search(clause) is not None
        found: list[FoundWish] = []
        if audience is not None and not past:
            start, end = (said[0].start + place for place in audience.span("who"))
            spans = [
                span for span in spans if not (start < said[span[1] - 1].end and said[span[0]].start < end)
            ]
            for value in self._wanted("kid")[:1]:
                found.append(FoundWish(value.field, value.value, "wanted", 2.0, start, end))
        strength = 2.0  # of the last refusal
        demanded_before = -1  # where a demanded person's name ended
        negators: dict[int, str | None] = {}  # what turns down a list, by where it begins
        asked: set[int] = set()  # where lists begin of which something is asked for
        mixtures = self._mixtures(text, said, spans)
        seconds = {spans[n + 1][0]: span[0] for n, span in enumerate(spans) if span[0] in mixtures}
        mixed: tuple[int, float] | None = None  # where the refusal of a mixture begins, and its strength
        for (i, j, key, is_person), listed in zip(
            spans, self._on_lists(plain, place, said, spans), strict=True
        ):
            attitude, first, by_or = listed
            negator = self._negator(text, said, i, inside, hidden)
            joined = False  # to the first of a list that is turned down: "no horror, war or musicals"
            if negator is None and first != i and attitude is None:
                negator = negators.get(first)
                joined = negator is not None
            start, end = said[i].start, said[j - 1].end
            polar = _POLAR.match(text[end : said[-1].end])  # "vampires yes, romance no"
            if negator is None and polar is not None and polar["no"]:
                negator = "no"
            if negator is None and mixed is not None:
                negator = "no"
            refused = attitude is not None and attitude.kind == "unwanted"
            if refused:
                negator = said[i].form
            goes_on = (
                refused or by_or or (negator is not None and self._goes_on(said, i, j, negator, is_person))
            )
            if negator is not None or not joined:
                negators[i] = negator if goes_on else None
            after = [w.form for w in said[j : j + 4]]
            if _OPTIONAL_BEFORE.search(text[said[0].start : start]) or _OPTIONAL_AFTER.match(
                text[end : said[-1].end]
            ):
                found += [
                    FoundWish(v.field, v.value, "freed", 1.0, start, end) for v in self._all(key, is_person)
                ]
                continue
            if negator is None and self._is_lifted(said, i, after):
                if is_person:
                    found += [
                        FoundWish(v.field, v.value, "lifted", 1.0, start, end) for v in self._people[key]
                    ]
                else:
                    found += self._ruled_out(key, "lifted", 1.0, start, end)
                continue
            if is_person:
                beside = {w.form for w in said[demanded_before:i]} <= {"and", "or"} and demanded_before > 0
                wishes = self._person(text, said, i, j, key, negator, past, inside, hidden, must or beside)
                if not wishes and attitude is not None and attitude.kind == "wanted" and not past:
                    best = max(self._people[key], key=lambda v: v.count)
                    wishes = [FoundWish(best.field, best.value, "wanted", 1.0, start, end)]
                if any(wish.kind == "wanted" and wish.strength >= 2 for wish in wishes):
                    demanded_before = j
                found += wishes
            elif negator is not None:
                if (
                    i
                    and said[i - 1].form in ("the", "that", "this")
                    and not refused
                    and not any(v.few for v in self._all(key, False))
                ):
                    continue  # "I didn't like the sequel"
                begin = self._from(said, i, negator)
                if joined:
                    begin = i
                elif attitude is not None and attitude.start is not None and first == i:
                    begin = next(k for k, word in enumerate(said) if word.start >= attitude.start)
                if not joined:
                    strength = 0.5 if _RATHER_NOT.match(text[said[begin].start : start]) else 2.0
                if (
                    i in mixtures and negator not in _OF_VALUES
                ):  # of "non-American crime films" crime is wanted
                    mixed = (begin, strength)
                elif mixed is None:
                    found += self._ruled_out(key, "unwanted", strength, said[begin].start, end)
                else:
                    found += [
                        _together(both, "unwanted", mixed[1], said[mixed[0]].start, end)
                        for both in mixtures[seconds[i]]
                    ]
                    mixed = None
            elif (not past or (attitude is not None and attitude.longed)) and (
                (polar is not None and polar["yes"])
                or attitude is not None
                or (first in asked and (by_or or key in self._synonyms))
                or self._is_asked(text, said, i, j, inside, hidden, key not in self._synonyms)
            ):
                asked.add(first)
                for rank, value in enumerate(self._wanted(key)):
                    # "In Spanish" is no mere hint.
                    told = value.key in self._places and self._is_placed(said, i)
                    strength = 2.0 if rank == 0 and (told or (must and value.few)) else 1.0
                    found.append(FoundWish(value.field, value.value, "wanted", strength, start, end))
        return _alternatives(text, found)

    def spoken_of(
        self, text: str, said: Sequence[Word], masked: Sequence[tuple[int, int]] = ()
    ) -> list[tuple[tuple[str, str], ...]]:
        """For each value or name among the words, wanted or not, what it may stand for: (field, value) each.

        Arguments as in `read`.
        """
        hidden = _hidden(said, masked)
        found = []
        for i, _, key, is_person in self._spans(text, said, hidden):
            values = self._all(key, is_person)
            if is_person:
                suited = self._suited(said, i)
                values = [v for v in values if v.field in suited] or values
            found.append(tuple((v.field, v.value) for v in values))
        return found

    def _on_lists(
        self,
        plain: str,
        clause: tuple[int, int],
        said: Sequence[Word],
        spans: Sequence[tuple[int, int, str, bool]],
    ) -> list[_Listed]:
        """What is said of each value, and the list that it is on: "westerns, war movies and musicals"."""
        lists: list[list[tuple[int, int]]] = []
        links: list[list[str]] = []  # within each list
        for i, j, _, _ in spans:
            link = self._link(plain, said, lists[-1][-1][1], i) if lists else None
            if link is None or (
                link == "comma" and {"and", "or"} & {*links[-1]}
            ):  # "no horror or war, comedies please"
                lists.append([(i, j)])
                links.append([])
            else:
                lists[-1].append((i, j))
                links[-1].append(link)
        found: list[_Listed] = []
        for one, joins in zip(lists, links, strict=True):
            ends = [j + (j < len(said) and said[j].form in self.nouns) for _, j in one]  # "war movies"
            places = [(said[i].start, said[end - 1].end) for (i, _), end in zip(one, ends, strict=True)]
            together = len(one)
            by_commas = {*joins} <= {"comma"}
            if by_commas and _INSTEAD.match(plain[places[-1][1] :]):
                together -= 1  # "tired of horror, war, comedies please"
            alike = (
                1 if by_commas and together == 2 else together
            )  # whose attitude is one: two sentences may be meant
            attitudes = self._attitudes.read_list(plain, clause, places[:alike])
            attitudes += [self._attitudes.read(plain, clause, *at) for at in places[alike:]]
            for number, ((i, _), attitude) in enumerate(zip(one, attitudes, strict=True)):
                found.append(_Listed(attitude, one[0][0] if number < together else i, "or" in joins))
        return found

    def _link(self, text: str, said: Sequence[Word], j: int, i: int) -> Literal["and", "or", "comma"] | None:
        """How a value that ends before word j and one that begins with word i stand on a list; None: they do not."""
        known = {"and", "or", "nor", *self.nouns, "stuff", "ones", "a", "an", "the", "any"}
        gap = {word.form for word in said[j:i]}
        between = text[said[j - 1].end : said[i].start]
        if not gap <= known or re.search(r"[^\w\s,&]", between):
            return None
        if gap & {"or", "nor"}:
            return "or"
        if "and" in gap or "&" in between:
            return "and"
        return "comma" if "," in between else None

    def _goes_on(self, said: Sequence[Word], i: int, j: int, negator: str, is_person: bool) -> bool:
        """Whether what turns down words i to j turns down what is joined to them: not "not sad and funny"."""
        if negator in _OF_VALUES:
            return False
        if negator not in ("not", "isnt", "arent") or is_person:
            return True
        words = {word.form for word in said[self._from(said, i, negator) : i]}
        things = stem(said[j - 1].form) != said[j - 1].form and said[j - 1].form.endswith("s")
        return bool(words & _TAKING) or things or (j < len(said) and said[j].form in self.nouns)

    def _from(self, said: Sequence[Word], i: int, negator: str) -> int:
        for k in range(i - 1, max(-1, i - 9), -1):
            if said[k].form == negator:
                return k
        return i

    def _spans(
        self, text: str, said: Sequence[Word], hidden: Sequence[bool]
    ) -> list[tuple[int, int, str, bool]]:
        """Words that are values or names: from, to, key, whether a person."""
        spans: list[tuple[int, int, str, bool]] = []
        people = dict(self.people_in(said, text))
        i = 0
        while i < len(said):
            if hidden[i]:
                i += 1
                continue
            if i in people and not any(hidden[i : people[i]]):
                j = people[i]
                name = self._named(said, i, j, text)
                assert name is not None
                spans.append((i, j, name, True))
                i = j
                continue
            particled = self._particled(said, i)
            if particled is not None and not any(hidden[i : i + 2]):
                spans.append((i, i + 2, particled, True))
                i += 2
                continue
            surname = self._surname(text, said, i)
            if surname is not None:
                spans.append((i, i + 1, surname, True))
                i += 1
                continue
            stems = [stem(word.form) for word in said[i : i + self._longest]]
            for size in range(len(stems), 0, -1):
                key = " ".join(stems[:size])
                if (key in self._values or self._meant(key)) and not any(hidden[i : i + size]):
                    placed = self._is_placed(said, i)
                    us = placed and text[said[i].start : said[i].end].isupper()
                    if all(word.form in FUNCTION_WORDS for word in said[i : i + size]) and not us:
                        continue
                    hyphened = size > 1 and text[said[i].end : said[i + 1].start] == "-"  # "a film-noir"
                    if key in self._begun and not placed and not hyphened:
                        continue
                    if self._is_compound(text, said, i) and not any(v.few for v in self._values.get(key, ())):
                        continue
                    if size > 1 and re.search(r"[,.;!?\n]", text[said[i].end : said[i + size - 1].start]):
                        continue
                    spans.append((i, i + size, key, False))
                    i += size - 1
                    break
            else:
                near = self._misspelt(said, i)
                if near is not None:
                    spans.append((i, i + 1, near, False))
            i += 1
        return spans

    @staticmethod
    def _is_compound(text: str, said: Sequence[Word], i: int) -> bool:
        """Whether word i ends a compound that says something else: "stand-alone", "old school"."""
        if not i:
            return False
        gap = text[said[i - 1].end : said[i].start]
        hyphened = gap == "-" and said[i - 1].form not in _NEGATORS
        return hyphened or (said[i - 1].form, said[i].form) == ("old", "school")

    def _misspelt(self, said: Sequence[Word], i: int) -> str | None:
        """The value, of a field with few, that word i misses by a slip, where a value is expected: "horrro movie"."""
        form = said[i].form
        if (
            len(form) < 5
            or form in self._ordinary
            or form in self.names
            or said[i].capital
            and not said[i].first
        ):
            return None
        expected = i + 1 < len(said) and said[i + 1].form in self.nouns or len(said) == 1
        expected = expected or (i > 0 and said[i - 1].form in _MISSPELT_AFTER)
        if not expected:
            return None
        if not self._few:
            keys = {key for key, values in self._values.items() if any(v.few for v in values)}
            keys |= {
                key for key in self._synonyms if self._meant(key) and any(v.few for v in self._wanted(key))
            }
            self._few = sorted(key for key in keys if len(key) > 4 and " " not in key)
        most = 1 if len(form) < 8 else 2
        key = stem(form)
        best = min(
            self._few, key=lambda known: (OSA.distance(known, key, score_cutoff=most), known), default=""
        )
        return best if best and OSA.distance(best, key) <= most and best[0] == key[0] else None

    def _particled(self, said: Sequence[Word], i: int) -> str | None:
        """Whose last name of two words, "de Niro", begins at word i; the best known of that name."""
        if said[i].form not in _PARTICLES or i + 1 >= len(said):
            return None
        bearers = self._surnames.get(f"{said[i].form} {said[i + 1].form}", {})
        return max(bearers, key=lambda name: bearers[name]) if bearers else None

    def _surname(self, text: str, said: Sequence[Word], i: int) -> str | None:
        """The person whose last name, or only name, stands at word i, where a name is expected."""
        word = said[i]
        form = word.form
        if form not in self._surnames and form.endswith("s") and text[word.end - 2] in "'’":
            form = form[:-1]
        by = i > 0 and said[i - 1].form in _PEOPLE_CUES
        noun = i + 1 < len(said) and said[i + 1].form in self.nouns and word.capital
        known = max((value.count for value in self._values.get(stem(form), ())), default=0)
        bare = (
            all(k == i or w.form in _POLITE for k, w in enumerate(said))
            and len(form) > 5
            and form not in self._ordinary
        )
        fine = (
            {w.form for w in said[i + 2 : i + 6]} & _LIFTERS
            and i + 1 < len(said)
            and said[i + 1].form in ("is", "are")
        )
        if (bare and not known and len(said) < 4) or (fine and word.capital):
            by = True  # "tarantino please", "DiCaprio is fine after all"
        before = said[i - 1].form if i else ""
        dear = sum(self._surnames.get(form, {}).values()) >= 15 and form not in self._ordinary
        if (word.capital or (dear and before in _FOND)) and (
            before in _FOND or text[: word.start].lower().endswith("fan of ")
        ):
            by = True  # "I like Nolan"
        after = said[i + 1].form if i + 1 < len(said) else ""
        if after in ("brothers", "sisters", "bros") and form not in self._ordinary and form in self._surnames:
            return max(self._surnames[form].items(), key=lambda b: b[1])[0]  # "the Coen brothers"
        alone = not (after and said[i + 1].capital) and not (
            i and said[i - 1].capital and not said[i - 1].first
        )
        if word.capital and (
            before in ("did", "has", "does") or after in ("did", "directed", "made", "makes")
        ):
            by = True  # "what did Kubrick direct?"
        if word.capital and len(form) > 4 and form not in self._ordinary and alone:
            # "Anything Hitchcock did", "watch a Tarantino": a well-known name
            by = by or sum(self._surnames.get(form, {}).values()) >= 8
        if before in _REFUSING and form not in self._ordinary and (word.capital or dear):
            by = True  # "without Tarantino"
        if word.capital and before in ("and", "or") and i > 1 and said[i - 2].capital:
            by = by or said[i - 2].form in self._surnames  # "Tarantino or Kubrick"
        if before in _BEFORE_PLACES and stem(form) in self._places:
            return None  # "from France" is no actor
        if not (by or noun) or form in FUNCTION_WORDS or (i + 1 < len(said) and said[i + 1].capital and by):
            return None
        if form in self._ordinary and not (word.capital and not word.first):
            return None
        if form in self._people and word.capital:
            return form
        bearers = sorted(self._surnames.get(form, {}).items(), key=lambda b: -b[1])
        if len(form) < 4 or not bearers or bearers[0][1] < 2 or (not by and known > bearers[0][1]):
            return None
        if len(bearers) > 1 and bearers[0][1] < 2 * bearers[1][1]:
            wanted = self._suited(said, i)
            counts = sorted(
                ((sum(v.count for v in self._people[k] if v.field in wanted), k) for k, _ in bearers),
                reverse=True,
            )
            if not wanted or counts[0][0] < 2 or counts[0][0] < 2 * counts[1][0]:
                return None
            return counts[0][1]
        return bearers[0][0]

    def _suited(self, said: Sequence[Word], i: int) -> set[str]:
        """The people fields whose phrase fits the words before word i: "by" fits "directed by {}"."""
        before = [w.form for w in said[max(0, i - 2) : i]]
        if not before:
            return set()
        last = {"starring": "with", "featuring": "with", "stars": "with"}.get(before[-1], before[-1])
        pair = " ".join(before)
        exact = {name for name, phrase in self._phrases.items() if phrase.startswith(pair)}
        if exact:
            return exact
        named = {
            name
            for name in self._phrases
            if before[-1] in (stem(name), name) or before[-1] == "actor" and name == "cast"
        }
        if named:
            return named
        return (
            {name for name, phrase in self._phrases.items() if last in phrase.split()}
            if last in ("by", "with", "from")
            else set()
        )

    def _person(
        self,
        text: str,
        said: Sequence[Word],
        i: int,
        j: int,
        key: str,
        negator: str | None,
        past: bool,
        inside: Sequence[bool],
        hidden: Sequence[bool],
        must: bool,
    ) -> list[FoundWish]:
        values = sorted(self._people[key], key=lambda v: -v.count)
        start, end = said[i].start, said[j - 1].end
        suited = [v for v in values if v.field in self._suited(said, i)]
        did = i > 0 and said[i - 1].form in ("did", "does", "do", "has", "have", "is", "are", "was", "were")
        if did and negator is None and self._which_items.match(text[said[0].start : said[-1].end]):
            verb = said[j].form if j < len(said) else ""
            by = (
                [v for v in values if verb[:5] in self._phrases[v.field]]
                if verb[:5] in ("direc", "write", "wrote", "made")
                else []
            )
            value = (by or [v for v in values if self._phrases[v.field].startswith("with")] or values)[0]
            return [FoundWish(value.field, value.value, "wanted", 2.0, start, end)]
        if negator is not None:
            start = said[self._from(said, i, negator)].start
            return [FoundWish(v.field, v.value, "unwanted", 2.0, start, end) for v in suited or values]
        # "Films directed by women like Greta Gerwig".
        verbs = [w.form[:5] for w in said[:i] if len(w.form) > 5]
        done = [v for v in values if any(verb in self._phrases[v.field] for verb in verbs)]
        value = (suited or done or values)[0]
        before = i - 1 if i and said[i - 1].form != "both" else i - 2
        cue = before >= 0 and said[before].form in _PEOPLE_CUES
        noun = j < len(said) and said[j].form in self.nouns
        if cue:
            lead = [k for k in range(max(0, i - 3), i) if hidden[k]]
            head = text[said[0].start : said[i - 1].start]
            asking = _ASKING.search(text[said[0].start : said[-1].end]) is not None
            said_of_one = (
                bool(lead)
                or (any(hidden) and not asking)
                or (
                    _DEFINITE.search(head) is not None
                    and not re.search(r"\ba\s+\w+\s+$", head, re.IGNORECASE)
                )
            )
            if said_of_one or past:
                return [FoundWish(value.field, value.value, "wanted", 1.0, start, end)] if not past else []
            return [FoundWish(value.field, value.value, "wanted", 2.0, said[i - 1].start, end)]
        if past or self._is_likeness(said, i):
            return []
        if j < len(said) and said[j].form in ("fan", "fans") and not any(hidden):
            return [FoundWish(value.field, value.value, "wanted", 1.0, start, end)]
        listed = i > 1 and said[i - 1].form in ("and", "or") and inside[i - 2]
        if noun and not (i and said[i - 1].form in ("that", "the", "another", "this")):
            return [FoundWish(value.field, value.value, "wanted", 2.0, start, said[j].end)]
        if listed or self._is_asked(text, said, i, j, inside, hidden):
            return [FoundWish(value.field, value.value, "wanted", 2.0 if must else 1.0, start, end)]
        head = straight(text[said[0].start : start])
        told = {w.form for w in said[:i]} & (_OF_ONE | {"my", "his", "her"})
        if not (any(hidden) or told or _OWN_LIFE.search(head) or text[end : end + 2] in ("'s", "’s", "' ")):
            # "Scorsese and De Niro together"
            return [FoundWish(value.field, value.value, "wanted", 1.0, start, end)]
        return []

    @staticmethod
    def _is_likeness(said: Sequence[Word], i: int) -> bool:
        """Whether the words before word i say that somebody looks like whom it names."""
        before = [w.form for w in said[max(0, i - 4) : i]]
        return "like" in before[-1:] and bool(
            {"look", "looks", "looked", "sounds", "sound", "resembles"} & set(before)
        )

    def _meant(self, key: str) -> bool:
        return any(self._lookup(value) for value in self._synonyms.get(key, ()))

    def _lookup(self, value: str) -> list[_Value]:
        """The catalogue's values written like this, whatever their case; both parts of `A + B`, or none."""
        found: list[_Value] = []
        for part in value.split(" + "):
            same = self._values.get(" ".join(stem(form) for form in forms(part)))
            if not same:
                return []
            found += same
        return found

    def _wanted(self, key: str) -> list[_Value]:
        """What a wanted word asks for: one value of a field with few values, or else up to three."""
        for values in (*self._synonyms.get(key, ()), None):
            found = self._values.get(key, []) if values is None else self._lookup(values)
            few = [v for v in found if v.few]
            if values is not None and " + " in values and few:
                narrow = min(self._width[v.field] for v in few)
                return [v for v in few if self._width[v.field] == narrow]
            if few:
                narrow = min(self._width[v.field] for v in few)
                return [max((v for v in few if self._width[v.field] == narrow), key=lambda v: v.count)]
            if values is not None and found and key not in self._values:
                break
        found = [*self._values.get(key, ())]
        for values in self._synonyms.get(key, ()):
            if " + " not in values:
                found += [v for v in self._lookup(values) if v not in found]
        return sorted(found, key=lambda v: -v.count)[:3]

    def _all(self, key: str, is_person: bool) -> list[_Value]:
        """Everything that an unwanted word rules out."""
        if is_person:
            return self._people[key]
        found = [*self._values.get(key, ())]
        for values in self._synonyms.get(key, ()):
            if " + " not in values:
                found += [v for v in self._lookup(values) if v not in found]
        return found

    def _ruled_out(
        self, key: str, kind: Literal["unwanted", "lifted"], strength: float, start: int, end: int
    ) -> list[FoundWish]:
        """What an unwanted word rules out: each of its values, and what has all that it stands for together."""
        found = [FoundWish(v.field, v.value, kind, strength, start, end) for v in self._all(key, False)]
        both = self._both(key)
        return [*found, _together(both, kind, strength, start, end)] if both else found

    def _both(self, key: str) -> list[_Value]:
        """The values that a word stands for together: "romcom" is Romance and Comedy. Empty when it is none such."""
        for values in self._synonyms.get(key, ()):
            if " + " in values and (found := [v for v in self._lookup(values) if v.few]):
                narrow = min(self._width[v.field] for v in found)
                return [v for v in found if self._width[v.field] == narrow]
        return []

    def _mixtures(
        self, text: str, said: Sequence[Word], spans: Sequence[tuple[int, int, str, bool]]
    ) -> dict[int, list[tuple[_Value, _Value]]]:
        """What stands side by side and means what has both, by where the first begins: "horror comedies".

        Each of what the first may stand for, with the second: "gory horror".
        """
        found: dict[int, list[tuple[_Value, _Value]]] = {}
        joins = [
            right[0] == left[1] and not text[said[left[1] - 1].end : said[right[0]].start].strip(" -")
            for left, right in zip(spans, spans[1:], strict=False)
        ]
        for n, joined in enumerate(joins):
            (i, _, key, person), (_, _, other, another) = spans[n], spans[n + 1]
            if not joined or person or another or True in (*joins[max(n - 1, 0) : n], *joins[n + 1 : n + 2]):
                continue
            head = next((v for v in self._all(other, False) if v.few), None)
            if head is None:
                continue
            kinds = self._all(key, False)
            kinds = [v for v in kinds if v.few][:1] or kinds
            found[i] = [(v, head) for v in kinds if v != head]
        return found

    def _negator(
        self, text: str, said: Sequence[Word], i: int, inside: Sequence[bool], hidden: Sequence[bool]
    ) -> str | None:
        """The word that turns word i down, if one does."""
        k, steps = i - 1, 0
        while k >= 0 and steps < 8:
            gap = text[said[k].end : said[k + 1].start]
            if re.search(r"[.;:!?,\n(]", gap):
                return None
            form = said[k].form
            pair = f"{said[k].form} {said[k + 1].form}"
            before = said[k - 1].form if k else ""
            if form == "but" and before in ("anything", "everything", "thing", "all", "any"):
                return form
            if form in _NEGATORS or (form == "too" and k == i - 1):
                if (
                    (form, said[k + 1].form) in _NOT_NEGATIONS
                    or (before, form) in _NOT_NEGATIONS
                    or pair in _NOT_MIND
                ):
                    return None
                if form == "non" and k != i - 1:
                    return None  # "non-American crime films"
                if form in ("tired", "sick") and said[k + 1].form != "of":
                    return None
                if form == "cant" and said[k + 1].form not in ("stand", "handle", "do", "watch", "take"):
                    return None
                if form == "not" and (before in ("was", "were") or any(hidden[:k])):
                    return None  # said of one item: "X was not funny"
                if form == "wasnt" or (form == "didnt" and steps > 3):
                    return None
                return form
            if form in ("rather", "instead") and said[k + 1].form in ("than", "of"):
                return form
            if form in ("but", "just", "only") or hidden[k]:
                return None
            if (
                form in ("something", "like", "love")
                and k > 0
                and said[k - 1].form not in _NEGATORS | _NEGATED_GAP
            ):
                return None
            describes = k == i - 1 and before in ("no", "without", "zero")  # "no jump scares"
            if form not in _NEGATED_GAP and not (inside[k] and k + 1 == i) and not describes:
                return None
            if inside[k] and form not in self.nouns and k + 1 != i:
                return None
            k -= 1
            steps += 1
        return None

    def _is_lifted(self, said: Sequence[Word], i: int, after: Sequence[str]) -> bool:
        before = [w.form for w in said[max(0, i - 3) : i]]
        if "mind" in before and any(
            b in ("dont", "wouldnt", "doesnt", "not") for b in (w.form for w in said[:i])
        ):
            return True
        kept = [form for form in after if form not in self.nouns and form not in ("also", "actually", "now")]
        return kept[:1] in (["is"], ["are"]) and any(form in _LIFTERS for form in kept[1:3])

    def _is_asked(
        self,
        text: str,
        said: Sequence[Word],
        i: int,
        j: int,
        inside: Sequence[bool],
        hidden: Sequence[bool],
        rare: bool = False,
    ) -> bool:
        """Whether words i to j are something that is asked for, not just said; `rare` if no usual way to ask."""
        key = " ".join(stem(word.form) for word in said[i:j])
        placed = self._is_placed(said, i)
        rare = rare and not placed and " " not in key and not any(v.few for v in self._values.get(key, ()))
        if all(
            inside[k]
            or is_number(said[k].form)
            or said[k].form in _FILL | _POLITE | self.nouns | (_PLACING if placed else frozenset())
            for k in range(len(said))
            if not hidden[k]
        ):
            if not any(hidden) and not rare:
                return True
        theirs = i > 0 and said[i - 1].form in ("his", "her", "their")
        if theirs and i > 1 and said[i - 2].form in ("only", "more", "just"):
            return True  # "only his comedies"
        if theirs or (i > 0 and said[i - 1].form in ("my", "our", "your")):
            return False
        lead = (
            _FILL
            | _POLITE
            | ({"thats", "that", "is", "which"} if i and said[0].form in ("one", "something") else set())
        )
        if i and _NOTHING_BUT.search(text[max(0, said[i].start - 30) : said[i].start]):
            return True
        first = next(  # "something different: a dark sci-fi"
            (k + 1 for k in range(i - 1, -1, -1) if _BREAK.search(text[said[k].end : said[k + 1].start])), 0
        )
        begins = not any(hidden[first:i]) and all(
            inside[k] or said[k].form in lead or (placed and said[k].form in _PLACING | self.nouns)
            for k in range(first, i)
        )
        cut = j < len(said) and re.search(r"[,.;:!?]", text[said[j - 1].end : said[j].start]) is not None
        if begins and placed:
            return True  # "in Spanish por favor"
        if begins and not rare and (j == len(said) or cut or said[j].form in _GOES_ON):
            return True
        k = i - 1
        cue = False
        while k >= 0:
            gap = text[said[k].end : said[k + 1].start]
            form = said[k].form
            if (
                hidden[k]
                or re.search(r"[.;:!?\n]", gap)
                or form in ("my", "our", "his", "her", "your", "their")
            ):
                break
            if (
                form in ("have", "star", "feature", "be")
                and k
                and said[k - 1].form in ("to", "must", "should")
            ):
                cue = True  # "it has to have Meryl Streep"
                break
            if (
                form == "be"
                and {"can", "could", "may", "might", "should"} & {w.form for w in said[max(0, k - 3) : k]}
            ) or (form in ("it", "them", "something") and k and said[k - 1].form in ("make", "makes")):
                cue = True  # "can it be a bit funnier?", "make it scarier"
                break
            if form == "what" and said[k + 1].form in ("a", "an"):
                break  # "what a horror"
            if form in ("have", "got") and k and said[k - 1].form in ("you", "u", "ya", "yall"):
                cue = True  # "do you have horror films?"
                break
            soft = form in _SOFT_CUES and not (form == "about" and k > 0)
            if (
                form in _CUES
                and not (soft and rare)
                and (form not in _SOFT_CUES or self._reaches(said, k, inside))
            ):
                cue = True
                break
            if not (
                form in _FILL
                or is_number(form)
                or inside[k]
                or form in self.nouns
                or form in self._labels
                or form in _PLACING
                or form in ("that", "thats", "is", "with", "about", "lots", "to", "do", "in", "me", "us", "w")
            ):
                break
            k -= 1
        if cue:
            return True
        noun = j
        while (
            noun < len(said)
            and noun < j + 4
            and (inside[noun] or said[noun].form in ("and", "or", "type", "kind", "style", "themed", "based"))
        ):
            noun += 1
        if noun < len(said) and said[noun].form in ("mood", "vibe", "vibes") and not hidden[noun]:
            return True  # "I'm in the romcom mood"
        follows = (
            noun < len(said)
            and said[noun].form in self.nouns | {"ones", "stuff", "genre", "genres"}
            and not hidden[noun]
        )
        if self._is_apposed(text, said, i, inside, hidden):
            return True
        of_one = any(hidden) or any(
            w.form in _OF_ONE and text[w.start : w.end].lower() not in _WE_ARE for w in said[first:i]
        )
        definite = i > 0 and said[i - 1].form in {"that", "this", "the", "my", "our"} | (
            ARTICLES if of_one else set()
        )
        if of_one or definite:
            return False
        # The name of a genre is a wish unless something says otherwise; a keyword needs a noun after it.
        kind = any(v.few for v in self._wanted(key)) or (" " in key and key in self._synonyms)
        if kind and not _OWN_LIFE.search(straight(text[said[first].start : said[i].start])):
            return True
        # "A Korean revenge thriller"
        return follows or (noun > j and any(v.few for v in self._wanted(stem(said[noun - 1].form))))

    def _is_apposed(
        self, text: str, said: Sequence[Word], i: int, inside: Sequence[bool], hidden: Sequence[bool]
    ) -> bool:
        """Whether word i is in all that is said after what is sought: "like Heat, korean thriller"."""
        begin = i
        while begin and not hidden[begin - 1] and inside[begin - 1]:
            begin -= 1
        if not begin or not hidden[begin - 1]:
            return False
        gap = text[said[begin - 1].end : said[begin].start]
        end = i
        while end < len(said) and not hidden[end] and (inside[end] or said[end].form in self.nouns | _POLITE):
            end += 1
        if gap.strip() != "," or (
            end < len(said) and not _BREAK.search(text[said[end - 1].end : said[end].start])
        ):
            return False
        return any(
            word.form in ("like", "similar") and not shown
            for word, shown in zip(said[:begin], hidden, strict=False)
        )

    @staticmethod
    def _is_placed(said: Sequence[Word], i: int) -> bool:
        """Whether word i is what something is from, or in: "made in Japan", "from the UK"."""
        while i > 1 and said[i - 1].form in ("or", "and"):  # "from Canada or Australia"
            i -= 2
        before = [word.form for word in said[max(i - 2, 0) : i]]
        return before[-1:] in (["from"], ["in"]) or before in (["from", "the"], ["in", "the"])

    def _reaches(self, said: Sequence[Word], k: int, inside: Sequence[bool]) -> bool:
        """Whether a weak cue ("for", "about") belongs to a request."""
        before = {w.form for w in said[max(0, k - 4) : k]}
        if before & {"thanks", "thank"}:
            return False
        if k and inside[k - 1]:
            return True  # "a biopic about a musician"
        return not before or bool(
            before
            & {
                "looking",
                "mood",
                "something",
                "anything",
                "movies",
                "recommend",
                "suggest",
                "fan",
                "fond",
                "keen",
                "know",
                "want",
                "how",
                "what",
                "kind",
                "type",
                "any",
                "some",
                "one",
                "list",
                "give",
                "show",
                "lots",
                "love",
                "like",
                "need",
            }
            | before & self.nouns
        )
