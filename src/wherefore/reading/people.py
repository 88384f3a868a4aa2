"""People as messages speak of them: who they are and how old, "my grandson (16)", "a 6 year old"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from wherefore.catalog.audience import Person
from wherefore.text import NUMBERS

_MAN, _WOMAN, _BOY, _GIRL = (
    Person("m", 18, 120),
    Person("f", 18, 120),
    Person("m", 2, 17),
    Person("f", 2, 17),
)
_CHILD, _ADULT = Person("", 2, 11), Person("", 20, 120)
SELF = "me us myself ourselves"
_CALLED: tuple[tuple[Person, str], ...] = (
    (
        _MAN,
        "husband husbands hubby boyfriend bf fiance fiancé dad dads daddy papa father fathers grandpa grandad "
        "granddad "
        "grandfather gramps gramp stepdad uncle man men guy guys gentleman gentlemen bloke blokes fella fellas "
        "groom groomsmen "
        "father-in-law son-in-law brother-in-law stag mens gents",
    ),
    (
        _WOMAN,
        "wife wives girlfriend gf fiancee fiancée mom moms mum mums mama mummy mommy mother mothers grandma "
        "granny gran nan nana "
        "grandmother aunt auntie aunty woman women lady ladies bride bridesmaid bridesmaids missus stepmum "
        "stepmom "
        "mother-in-law daughter-in-law sister-in-law hen womens",
    ),
    (Person("m"), "son sons stepson grandson grandsons godson brother brothers bro nephew nephews"),
    (
        Person("f"),
        "daughter daughters stepdaughter granddaughter granddaughters goddaughter sister sisters sis niece "
        "nieces",
    ),
    (_BOY, "boy boys lad lads schoolboy schoolboys"),
    (_GIRL, "girl girls lass lasses schoolgirl schoolgirls"),
    (
        _CHILD,
        "kid kids child children kiddo kiddos grandkid grandkids grandchild grandchildren godchild pupil "
        "pupils "
        "schoolchildren childrens youngster youngsters scouts preschooler preschoolers kindergartners "
        "kindergartener stepkids",
    ),
    (Person("", 9, 12), "tween tweens preteen preteens"),
    (Person("", 13, 17), "teen teens teenager teenagers adolescent adolescents"),
    (Person("", 1, 3), "toddler toddlers"),
    (Person("", 0, 1), "baby babies newborn newborns infant infants"),
    (
        _ADULT,
        "adult adults grown-up grown-ups grownup grownups pensioner pensioners retiree retirees boss colleague "
        "colleagues coworker coworkers co-worker co-workers seniors parents grandparents in-laws",
    ),
    (
        Person(),
        "friend friends mate mates neighbour neighbor flatmate roommate partner spouse cousin cousins somebody "
        "someone everyone everybody anyone anybody family",
    ),
    (Person(), SELF),
)
_WHO = {word: person for person, told in _CALLED for word in told.split()}
_YOUNG_WORDS = r"teenaged?|teen|little|baby|toddler|young|grown[\s-]?up|grown|adult"
_NOUN = "|".join(sorted((re.escape(word).replace(r"\-", r"[\s-]") for word in _WHO), key=len, reverse=True))
NUMBER = rf"(?:\d{{1,3}}|{'|'.join(sorted((one for one in NUMBERS if 0 < NUMBERS[one] < 20), key=len, reverse=True))})"
_NO_UNIT = (
    r"(?![\d.,]*\d)(?!\s*(?:feet|foot|ft|inch(?:es)?|cm|m\b|kg|minutes?|mins?|hours?|hrs|h\b|weeks?|days?|"
    r"films?|movies?|books?|items?|"
    r"times?|[ap]m\b|%|/|:|euros?|dollars?|bucks|pounds?|quid|people|of\b|pairs?|pages?|stone|lbs?|shoes?|"
    r"dresses|coats?|"
    r"(?:st|nd|rd|th)\b))"
)
_OLD = r"[\s-]*(?:(?:years?|yrs?|y)[\s-]*(?:/?[\s-]*olds?|o)|y\s?/\s?o|yos?)\b"
_MONTHS_OLD = rf"(?P<months>{NUMBER})[\s-]*(?:months?|mo)[\s-]*olds?"
_SEVERAL = r"\s*(?:,\s*and\b|,|/|&|-|–|\band\b|\bto\b)\s*"
_AGED = (  # behind somebody: "(16, ...", ", who is 6", " of 4", " turns 6", " aged 9 to 11", "'s 80th"
    rf"(?:['’]s\s+(?P<th>\d{{1,3}})(?:st|nd|rd|th)\b|"
    rf"\s*(?:[(,–—-]\s*(?:they(?:['’]re|\s+are)\s+|who\s+(?:is|are)\s+|who['’]?s\s+)?|\s(?:is|are|who\s+is|"
    rf"who\s+are|who['’]s|turns?|turned|turning|aged?|of|will\s+be)\s+|['’]s\s+)"
    rf"(?:(?:aged?|about|only|just|now|nearly|almost|all|both|turning|is|are|f|m)\s+)*"
    rf"(?:(?P<mo>{NUMBER})\s*(?:months?|mo)\b(?!\s*(?:ago|pregnant))|"
    rf"(?P<ages>(?:(?<![,–—-])(?<![,–—-]\s)|(?={NUMBER}(?:{_SEVERAL}{NUMBER})*\s*(?:[,.;:!?)–—-]|$|years?\b|"
    rf"yrs?\b|and\b|who\b|he\b|she\b|they\b)))(?:\d{{1,3}}(?:{_SEVERAL}\d{{1,3}})*|"
    rf"{NUMBER}(?:{_SEVERAL}{NUMBER})*))\b{_NO_UNIT}))"
)
_MENTION = re.compile(
    rf"(?<![\w'’-])(?:(?:{_MONTHS_OLD}|(?P<age>{NUMBER}(?:\s*(?:-|–|to|and|&|"
    rf"or)\s*{NUMBER})?){_OLD})(?:\s+(?:(?:{_YOUNG_WORDS})\s+)?(?P<noun>{_NOUN})\b)?|"
    rf"(?:(?P<young>{_YOUNG_WORDS})[\s-]+)?(?P<alone>{_NOUN})(?![\w-]|['’](?:re|ve|ll|d|m)\b))(?:{_AGED})?",
    re.IGNORECASE,
)
_RANGE = re.compile(
    rf"\b(?:age[ds]?|from|between)\s+(?P<low>{NUMBER})\s*(?:to|-|–|and|"
    rf"up\s+to)\s*(?P<high>{NUMBER})\b{_NO_UNIT}",
    re.IGNORECASE,
)
_PRONOUN_AGE = re.compile(
    rf"\b(?P<who>he|she|they)(?:['’](?:s|re|ll\s+be)|\s+(?:is|are|turns?|turned|will\s+be)|s)\s+"
    rf"(?:(?:only|just|now|nearly|almost|about|turning|a|all|both)\s+)*(?P<age>{NUMBER})\b{_NO_UNIT}",
    re.IGNORECASE,
)
_OLDEST_CHILD = 17


@dataclass(frozen=True, slots=True)
class Spoken:
    """People that a message speaks of, between `start` and `end`; `tail` is where the word for them ends."""

    people: tuple[Person, ...]
    word: str
    start: int
    tail: int
    end: int

    @property
    def is_self(self) -> bool:
        """Whether it is the user."""
        return self.word in SELF.split()

    @property
    def is_young(self) -> bool:
        """Whether all are children or teenagers."""
        return all(one.high <= _OLDEST_CHILD for one in self.people)


def people_in(text: str) -> Iterator[Spoken]:
    """The people whom a text speaks of, apostrophes straight.

    >>> told = people_in("for my 3 girls (6, 9) and a tall teenage boy")
    >>> [(one.word, [each.called for each in one.people]) for one in told]
    [('girls', ['girls aged 6', 'girls aged 9']), ('boy', ['teenage boys'])]
    """
    for match in _MENTION.finditer(text):
        word = re.sub(r"\s+", "-", (match["noun"] or match["alone"] or "").lower())
        person = _WHO.get(word, Person())
        years = [
            one
            for one in _years_of(match)
            if one[0] >= 18 or person.low < 18 and (person != Person() or not match["alone"])
        ]
        young = " ".join((match["young"] or "").lower().split())
        if years:
            people = tuple(replace(person, low=low, high=high) for low, high in years)
        elif young.startswith("teen") and person.low < 18:
            people = (replace(person, low=13.0, high=17.0),)
        elif young in ("baby", "toddler", "little", "young") and (
            person.high > 3 and person.low < 18 or young == "baby"
        ):
            high = {"baby": 1.0, "toddler": 3.0, "little": 8.0}.get(young, 12.0)
            people = (replace(person, low=min(person.low, 1.0), high=high),)
        elif young in ("adult", "grown", "grown up", "grown-up", "grownup"):
            people = (replace(person, low=18.0, high=120.0),)
        else:
            people = (person,)
        tail = match.end("noun") if match["noun"] else match.end("alone") if match["alone"] else match.end()
        yield Spoken(people, word or "child", match.start(), tail, match.end() if years else tail)


def ages_between(text: str) -> tuple[Person, tuple[int, int]] | None:
    """Of a group the youngest and the oldest: "ages 8 to 11", "from 11 to 74"; and where that stands."""
    match = _RANGE.search(text)
    if match is None or (
        match[0].lower().startswith(("from", "between"))
        and not re.search(r"\bof us\b|\byears? old\b|\bages?\b", text, re.IGNORECASE)
    ):
        return None
    low, high = _number(match["low"]), _number(match["high"])
    high = low if low < 13 and high >= 20 else high  # the youngest has to be able to join in
    return (
        (Person("", *((20, 120) if low >= 20 else _grown(low, high))), match.span()) if low <= high else None
    )


def pronoun_ages(text: str) -> Iterator[tuple[str, float, int]]:
    """Sex, age and place of those who are told as "he's 12"; of "they" the sex is empty."""
    for match in _PRONOUN_AGE.finditer(text):
        yield {"he": "m", "she": "f"}.get(match["who"].lower(), ""), _number(match["age"]), match.start()


def _years_of(match: re.Match[str]) -> list[tuple[float, float]]:
    if months := match["months"] or match["mo"]:
        age = float(int(_number(months) / 12))
        return [(age, max(age, 1.0))]
    if match["th"]:
        return [_grown(float(match["th"]), float(match["th"]))]
    told = match["age"] or match["ages"]
    if not told:
        return []
    ages = [_number(one) for one in re.findall(NUMBER, told, re.IGNORECASE)]
    if re.match(r"\d", told):
        ages = [float(one) for one in re.findall(r"\d+", told)]
    if len(ages) == 2 and re.search(r"-|–|\bto\b", told) and ages[0] < ages[1]:
        return [_grown(ages[0], ages[1])]
    return [_grown(age, age) for age in ages]


def _grown(low: float, high: float) -> tuple[float, float]:
    """Ages; those of the grown up are all alike."""
    return (min(low, 18.0), 120.0) if high >= 18 else (low, high)


def _number(said: str) -> float:
    return float(said) if said.isdigit() else float(NUMBERS[said.lower()])
