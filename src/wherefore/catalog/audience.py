"""For whom items are, as their records say it: by titles, tags and ages; and for whom else than some people they are.

What is for others than the people whom somebody looks for is refused by a name of its own, the field `WHOM`, with these
people as the value: "men", "girls aged 6, women". An item that tells nothing of it, or that is for several, is not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.naming import words_of
from wherefore.catalog.schema import FieldSpec

WHOM = "for others than"
_OLDEST = 21  # all who are older are alike
_ALL = (1 << (_OLDEST + 1)) - 1
_SEXES = {"m": 1, "f": 2, "": 3}
# People as they are told: whose sex it is, and how old they are at least and at most.
_PEOPLE: dict[str, tuple[str, float, float]] = {
    "men": ("m", 18, 120),
    "women": ("f", 18, 120),
    "adults": ("", 20, 120),  # who says so wants nothing for teenagers either
    "men or boys": ("m", 0, 120),
    "women or girls": ("f", 0, 120),
    "boys": ("m", 2, 17),
    "girls": ("f", 2, 17),
    "children": ("", 2, 11),
    "teenage boys": ("m", 13, 17),
    "teenage girls": ("f", 13, 17),
    "teenagers": ("", 13, 17),
    "toddlers": ("", 1, 3),
    "babies": ("", 0, 1),
    "people of any age": ("", 0, 120),
}
_TOLD = re.compile(r"(?P<who>[a-z ]+?)(?: aged (?P<low>\d+)(?: to (?P<high>\d+))?)?")
# What records call people: the sex and the ages of whom what is called so is for.
_CALLED: tuple[tuple[str, str, float, float], ...] = (
    (r"m[ae]n|gentlem[ae]n|gents?|males?", "m", 14, 120),
    (r"wom[ae]n|lad(?:y|ies)|females?", "f", 14, 120),
    (r"boys?", "m", 2, 16),
    (r"girls?", "f", 2, 16),
    (r"kids?|child(?:ren)?|youths?", "", 2, 12),
    (r"teens?|teenagers?", "", 12, 19),
    (r"toddlers?", "", 1, 4),
    (r"bab(?:y|ies)|infants?|newborns?", "", 0, 2),
    (r"adults?|grown[\s-]?ups?", "", 16, 120),
    (r"unisex|(?:all|both)\s+(?:sexes|genders)", "both", 0, 120),
)
_WORD = "|".join(pattern for pattern, *_ in _CALLED)
_SORTS = tuple((re.compile(pattern, re.IGNORECASE), sex, low, high) for pattern, sex, low, high in _CALLED)
_YOUNGEST = frozenset(("toddler", "toddlers", "baby", "babies", "infant", "infants", "newborn", "newborns"))
# "Men's", "womens", "girls'"; "for boys", "for men & women".
_OWNED = (
    r"(?:men|women|gentlemen|ladies|lady|boy|girl|kid|children|child|youth|toddler|baby|infant|teen|"
    r"adult)(?:['’]s\b|s['’](?!\w))|"
    r"\b(?:mens|womens|childrens)\b|\bunisex\b|\bladies['’]"
)
_LIST = rf"(?:{_WORD})(?:\s*(?:,|&|/|\band\b|\bor\b|\+)\s*(?:{_WORD}))*"
_STRONG = re.compile(
    rf"\b(?:{_OWNED})|\bfor\s+(?:(?:little|big|young|teenage|all)\s+)?{_LIST}\b", re.IGNORECASE
)
_PLAIN = re.compile(
    r"\b(?:men|women|ladies|girls|boys|kids|children|toddlers?|newborns?|infants?|teens|"
    r"(?:little|big|baby|toddler|flower)\s+(?:girl|boy)s?|"
    r"bab(?:y|ies)(?![\s-]*(?:dolls?|blues?|pinks?|tees?|ribs?|shower|bump|phat|soft|back|corn|spinach|"
    r"carrots?|grand|blanket\s+stitch)))\b",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    rf"(?:for\s+)?(?:(?:little|big|baby|toddler|all|young)\s+)?{_LIST}(?:['’]s?)?(?:\s+(?:only|clothing|shoes|"
    rf"wear|size))?",
    re.IGNORECASE,
)
# "Womens Girls Leggings" are women's.
_GROWN_GIRLS = re.compile(
    r"(?P<of>\b(?:wom[ae]n'?s?|ladies)|\bm[ae]n'?s?)\s+(?:girls|boys)\b(?!')|\b(?:girls|boys)\s+(?=(?:womens?|"
    r"mens?|ladies)\b)",
    re.IGNORECASE,
)
_BOTH = re.compile(
    r"\bunisex\b|\b(?:men|males?|him|boys|guys)\s*(?:and|&|or|/)\s*(?:for\s+)?(?:women|females?|her|girls|"
    r"ladies|gals)\b|"
    r"\b(?:women|females?|her|girls|ladies)\s*(?:and|&|or|/)\s*(?:for\s+)?(?:men|males?|him|boys|guys|"
    r"gentlemen)\b|\bboth\s+(?:sexes|genders)\b",
    re.IGNORECASE,
)
_TO = r"\s*(?:-|–|—|to|and)\s*"
_RANGE = re.compile(rf"\bage[ds]?:?\s*(?P<low>\d{{1,2}}){_TO}(?P<high>\d{{1,2}})\b", re.IGNORECASE)
_FROM = re.compile(
    r"\bage[ds]?:?\s*(?P<low>\d{1,2})\s*(?:\+|(?:years?\s*)?(?:and|&|or)\s*(?:up|over|older|above))",
    re.IGNORECASE,
)
_MONTHS = re.compile(rf"\b(?P<low>\d{{1,2}}){_TO}(?P<high>\d{{1,2}})\s*(?:m|mos?|months)\b", re.IGNORECASE)
_YEARS = re.compile(
    rf"(?P<low>\d{{1,2}}){_TO}(?P<high>\d{{1,2}})(?:\s*(?:years?|yrs?|y))?(?:\s*olds?)?", re.IGNORECASE
)
_PETS = re.compile(
    r"\bfor\s+(?:(?:small|large|big|your|all)\s+)?(?:dogs?|cats?|pets?|puppies|kittens)\b|\bpet\s+supplies\b",
    re.IGNORECASE,
)
_OF_PETS = re.compile(r"(?:for\s+)?(?:dogs?|cats?|pets?|pet\s+supplies)", re.IGNORECASE)
_PARTS = frozenset("ingredient ingredients".split())
_SPIRITS = re.compile(  # what is made with these is for nobody under age
    r"(?<!non-alcoholic )(?<!alcohol-free )(?<!root )(?<!ginger )\b(?:whiske?y|bourbon|scotch(?!\s+bonnets?|"
    r"\s+egg)|vodka|tequila|rum|gin|brandy|cognac|liqueurs?|schnapps|"
    r"kahl[uú]a|amaretto|cointreau|grand\s+marnier|bailey'?s|limoncello|absinthe|mezcal|prosecco|champagne|"
    r"beer)\b"
    r"(?!\s*(?:[-\s](?:free|flavou?r\w*|extract|essence|vinegar)|(?:extract|flavou?r\w*|essence|raisins?|"
    r"vinegar|batter))\b)",
    re.IGNORECASE,
)
_FIELDS = frozenset(
    "gender sex audience reader for who whom wearer rider user recipient target department age player".split()
)
_AGE = frozenset("age ages".split())
_MOST_OF = frozenset("max maximum highest oldest upper until".split())
_OF_BEINGS = frozenset("breed mileage neutered spayed pedigree distillery cask vintage built".split())
# Items that a field files by people at least; their share, where titles tell it as well, and where nothing else does.
_FEWEST, _SHARE, _MOST = 3, 0.01, 0.3
_TITLED = 0.005  # share of the titles that say whom things are for, in a catalogue whose titles do
_SHORT = 120  # characters of a value that is more than a sentence in passing


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody things are for, or several alike.

    >>> Person("f", 6, 6).called, Person("m", 18, 120).called, Person("", 9, 11).called, Person("f").called
    ('girls aged 6', 'men', 'children aged 9 to 11', 'women or girls')
    """

    sex: str = ""  # `m` or `f`; empty where it is not told
    low: float = 0
    high: float = 120

    @property
    def is_anybody(self) -> bool:
        """Whether nothing is told of them."""
        return not self.sex and self.low <= 0 and self.high >= 120

    @property
    def called(self) -> str:
        """What they are called in the value of a refusal."""
        for name, told in _PEOPLE.items():
            if told == (self.sex, self.low, self.high):
                return name
        if self.low >= 18:
            kind = {"m": "men", "f": "women"}.get(self.sex, "adults")
            if self.high >= 120:
                return kind
        elif self.high < 1:
            kind = "babies"
        elif self.sex:
            kind = "boys" if self.sex == "m" else "girls"
        else:
            kind = "teenagers" if self.low >= 13 else "children"
        low, high = int(self.low), int(self.high)
        return f"{kind} aged {low}" if low == high else f"{kind} aged {low} to {high}"

    def _covers(self, other: Person) -> bool:
        return self.sex in ("", other.sex) and self.low <= other.low and self.high >= other.high

    def _fits(self, audience: Audience) -> np.ndarray:
        sex = (audience.sexes == 0) | ((audience.sexes & _SEXES[self.sex]) > 0)
        ages = (audience.ages == 0) | ((audience.ages & _years(self.low, self.high)) > 0)
        return np.asarray(sex & ages & ~audience.pets, dtype=bool)


@dataclass(frozen=True, slots=True)
class Audience:
    """For whom all items of a catalogue are, by row: bits of sexes and of years of age; 0: not told."""

    sexes: np.ndarray
    ages: np.ndarray
    pets: np.ndarray


def people_called(value: str) -> tuple[Person, ...]:
    """The people whom the value of a refusal names; none where it names nobody that is known.

    >>> people_called("girls aged 6, women")
    (Person(sex='f', low=6.0, high=6.0), Person(sex='f', low=18, high=120))
    >>> people_called("martians")
    ()
    """
    found = []
    for part in value.lower().split(","):
        told = _TOLD.fullmatch(part.strip())
        if told is None or told["who"] not in _PEOPLE:
            return ()
        sex, low, high = _PEOPLE[told["who"]]
        if told["low"]:
            low, high = float(told["low"]), float(told["high"] or told["low"])
        found.append(Person(sex, low, high))
    return tuple(found)


def called_together(people: Iterable[Person]) -> str:
    """The value of a refusal that names some people, without those that others stand for as well.

    >>> called_together([Person("", 18, 120), Person("f", 18, 120), Person("", 0, 1)])
    'adults, babies'
    """
    told = tuple(dict.fromkeys(people))
    apart = [one for one in told if not any(other != one and other._covers(one) for other in told)]
    return ", ".join(dict.fromkeys(one.called for one in apart))


def for_others(catalog: Catalog, value: str) -> np.ndarray:
    """Which items are by their records for none of the people that a value names, (n,) bool."""
    people = people_called(value)
    if not people:
        return np.zeros(len(catalog), dtype=bool)
    audience = audience_of(catalog)
    fits: np.ndarray = np.logical_or.reduce([one._fits(audience) for one in people])
    return ~fits


def tells_sexes(catalog: Catalog) -> bool:
    """Whether some records are for one sex only, of each."""
    sexes = audience_of(catalog).sexes
    return bool((sexes == 1).any() and (sexes == 2).any())


def audience_of(catalog: Catalog) -> Audience:
    """For whom the items of a catalogue are."""

    def made() -> dict[str, np.ndarray]:
        read = _Reader(catalog)
        told = np.array([read.told(item) for item in catalog.items], dtype=np.int64).reshape(-1, 3)
        return {
            "sexes": told[:, 0].astype(np.uint8),
            "ages": told[:, 1].astype(np.uint32),
            "pets": told[:, 2].astype(bool),
        }

    parts = catalog.derived.get("audience", made)
    return Audience(*(np.asarray(parts[name]) for name in ("sexes", "ages", "pets")))


def filing_fields(catalog: Catalog) -> frozenset[str]:
    """The fields that file items by whom they are for."""
    return frozenset(_Reader(catalog).files)


class _Reader:
    """Reads for whom items are.

    Args:
        catalog: The catalogue; its titles are only read where they tell it as those of goods do ("Men's Socks"), not
            as those of works ("The Women's Room"), and so are its tags where several file by people.
    """

    def __init__(self, catalog: Catalog) -> None:
        strong = sum(_STRONG.search(title) is not None for title in catalog.titles)
        self._titles = strong >= _FEWEST and strong >= _TITLED * len(catalog)
        self._filing = [
            spec for spec in catalog.schema.tags if not spec.flag and _files(catalog, spec, self._titles)
        ]
        self._tags = [spec.name for spec in (catalog.schema.tags if self._titles else self._filing)]
        self._ages = {spec.name for spec in catalog.schema.tags if not _AGE.isdisjoint(words_of(spec.called))}
        self.files = {spec.name for spec in self._filing}
        self._pets = self._titles or bool(self._filing)
        named = [(spec, frozenset(words_of(f"{spec.name} {spec.called}"))) for spec in catalog.schema.fields]
        self._made_of = [spec.name for spec, told in named if not _PARTS.isdisjoint(told)]
        ages = [(spec.name, told) for spec, told in named if spec.is_number and not _AGE.isdisjoint(told)]
        if any(not _OF_BEINGS.isdisjoint(told) for _, told in named):
            ages = []  # they are how old the dogs are, not whom they are for
        self._oldest = next((name for name, told in ages if not _MOST_OF.isdisjoint(told)), "")
        self._least = next((name for name, told in ages if _MOST_OF.isdisjoint(told)), "")

    def told(self, item: Item) -> tuple[int, int, int]:
        """Bits of sexes, bits of years of age, and whether it is for animals alone."""
        named = [item.title] if self._titles else []
        said = list(_said(item.title)) if self._titles else []
        ages, least, pets = 0, 0.0, bool(self._pets and _PETS.search(item.title))
        filed: list[tuple[str, str, float, float]] = []
        for name in self._tags:
            for value in item.values(name):
                if len(value) > _SHORT:
                    continue
                if name in self.files and _WHOLE.fullmatch(value.strip()):
                    filed += _sorts(value)
                    continue
                pets |= name in self.files and _OF_PETS.fullmatch(value.strip()) is not None
                filed += (
                    [one for match in _STRONG.finditer(value) for one in _sorts(match[0])]
                    if self._titles
                    else []
                )
                named.append(value)
        for name in self._ages:
            for value in item.values(name):
                if told := _YEARS.fullmatch(value.strip()):
                    ages |= _years(float(told["low"]), float(told["high"]))
        for text in named:
            ages |= _ages_in(text)
            least = max([least, *(float(match["low"]) for match in _FROM.finditer(text))])
        young = [one for one in said if one[3] < 18]
        if young:  # of a girl's hoodie filed under women's novelties, the title tells more
            filed = [one for one in filed if one[3] < 18 or one[1] == "both"]
        if not (said or filed) and self._titles:
            said = [
                one for text in _texts(item) for match in _STRONG.finditer(text) for one in _sorts(match[0])
            ]
        if self._oldest and (oldest := item.number(self._oldest)) is not None:
            ages |= _years(item.number(self._least) or 0.0, oldest) if self._least else _years(0, oldest)
        all_ = _narrowed([*said, *filed])
        sexes = 0
        for _, sex, _, _ in all_:
            sexes |= {"both": 3, "": 0}.get(sex, _SEXES.get(sex, 0))
        spans = [(low, high) for _, sex, low, high in all_ if sex != "both"]
        if not ages:
            for low, high in spans:
                ages |= _years(max(low, least), high)
            if least and not spans:
                ages = _years(least, 120)
        if sexes in (1, 2) and any(_BOTH.search(text) for text in (item.title, *named, *_texts(item))):
            sexes = 3
        if self._made_of and _SPIRITS.search(" ".join([item.title, *map(str, map(item.get, self._made_of))])):
            ages = (ages or _ALL) & _years(18, 120) or _years(18, 120)
        return sexes, ages, int(pets and not all_)


def _said(title: str) -> Iterator[tuple[str, str, float, float]]:
    title = _GROWN_GIRLS.sub(lambda match: match["of"] or "", title)
    for pattern in (_STRONG, _PLAIN):
        for match in pattern.finditer(title):
            yield from _sorts(match[0])


@cache
def _sorts(said: str) -> tuple[tuple[str, str, float, float], ...]:
    """The sorts of people that words name: word, sex, and ages."""
    found = []
    for word in re.findall(r"[^\W\d_]+(?:[\s-]+ups?\b)?", said.replace("’", "'")):
        plain = re.sub(r"(?<=men)s$|(?<=children)s$", "", word.lower())
        found += [(plain, sex, low, high) for pattern, sex, low, high in _SORTS if pattern.fullmatch(plain)]
    if re.search(r"\blittle\s+(?:boy|girl)", said, re.IGNORECASE):
        found = [(word, sex, low, 8.0 if high < 18 else high) for word, sex, low, high in found]
    return tuple(found)


def _narrowed(told: Sequence[tuple[str, str, float, float]]) -> list[tuple[str, str, float, float]]:
    """Of the boys and girls that toddlers and babies are, only the age of those."""
    youngest = [one for one in told if one[0] in _YOUNGEST]
    if not youngest:
        return [*told]
    low, high = min(one[2] for one in youngest), max(one[3] for one in youngest)
    return [(word, sex, low, high) if top < 18 else (word, sex, least, top) for word, sex, least, top in told]


def _ages_in(text: str) -> int:
    """The years of age that a text writes as a range: "ages 3-5", "6-12 months"."""
    found = 0
    for match in _RANGE.finditer(text):
        found |= _years(float(match["low"]), float(match["high"]))
    for match in _MONTHS.finditer(text):
        found |= _years(float(match["low"]) / 12, float(match["high"]) / 12)
    return found


def _texts(item: Item) -> list[str]:
    return [value for value in item.fields.values() if isinstance(value, str)]


def _years(low: float, high: float) -> int:
    """The bits of the years of age from one to another."""
    first, last = min(int(low), _OLDEST), min(int(high), _OLDEST)
    return (_ALL >> (_OLDEST - max(last, first))) & ~((1 << first) - 1)


def _files(catalog: Catalog, spec: FieldSpec, goods: bool) -> bool:
    """Whether a field files items by whom they are for: enough of them, or it is called so.

    What beings are themselves, "male" or "adult", files nothing: of cats to adopt or of actors no other word is there.
    """
    counts: Counter[str] = Counter()
    items = 0
    for value, count in catalog.vocabulary(spec.name).items():
        if _WHOLE.fullmatch(value.strip()):
            items += count
            counts.update(word for word, *_ in _sorts(value))
    plain = set(counts) - {"male", "males", "female", "females", "adult", "adults", "baby"}
    if not (plain or goods) or len(counts) < 2:
        return False
    named = not _FIELDS.isdisjoint(one.rstrip("s") for one in words_of(spec.called))
    share = items / max(len(catalog), 1)
    # Of a film's keywords, "baby" and "boys" say what it is about.
    return items >= _FEWEST and (named or share >= _MOST or (goods and share >= _SHARE))
