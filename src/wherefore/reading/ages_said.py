"""How old people are: of several whom something is for, "9 girls, all 12", and of whomever a text speaks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wherefore.catalog.schema import FieldSpec
from wherefore.reading.clauses import Span
from wherefore.reading.limits import FoundLimit
from wherefore.text import NUMBERS

_YOUNG = (
    r"girls?|boys?|kids?|children|child|lads?|lasses|teens?|teenagers?|tweens?|nieces?|nephews?|twins|triplets|sons?|daughters?|"
    r"grand(?:kids?|children|sons?|daughters?)|godsons?|goddaughters?|pupils?|students?|scouts|brownies|cousins?|"
    r"(?:little|young|small)\s+ones|kiddos?|toddlers?|bairns?|nippers"
)
_NUMBER = (
    rf"\d{{1,2}}|{'|'.join(sorted((name for name in NUMBERS if NUMBERS[name] < 20), key=len, reverse=True))}"
)
_TOLD = re.compile(
    rf"\b(?:{_YOUNG})\b[\s,:–—(-]{{0,3}}(?:they(?:'re|\s+are)\s+|who(?:'re|\s+are)\s+|are\s+|is\s+|were\s+)?"
    rf"(?:all|each|both|aged?|turning|about|around|roughly|mostly|just|only)\s+(?:turning\s+|aged?\s+|about\s+|just\s+)*"
    rf"(?P<age>{_NUMBER})\b(?!\s*(?:of|or\s+so\s+of|%|/|[a-z]*(?:min|hour|page|film|movie|book|item|quid|pound|euro|dollar)))",
    re.IGNORECASE,
)
_MINE = re.compile(  # "my daughter turns 12", "our lad is 9"
    rf"\b(?:my|our)\s+(?:[a-z]+\s+){{0,2}}?(?:{_YOUNG})\s+(?:(?:has\s+)?just\s+)?(?:turn(?:s|ed)|is(?:\s+turning|\s+only|\s+just|\s+nearly)?|will\s+be)\s+"
    rf"(?P<age>{_NUMBER})\b(?=\W*$|\s*[,.;!?)](?!\d)|\s+(?:in|and|so|now|but|today|tomorrow|soon|on|this|next|years?|yrs?|who|she|he)\b)",
    re.IGNORECASE,
)
_OLDEST = 17
_MEMBER = (
    rf"(?:{_YOUNG})|mum|mom|mam|dad|nan|gran|granny|grandma|grandpa|grandad|mother|father|uncle|aunt|auntie|wife|husband|partner|"
    r"brother|sister|friend|mate|baby|eldest|oldest|youngest|other|class|neighbou?rs?"
)
_OTHERS = rf"(?:\s*(?:,|and|&|or|to|-|–)\s*(?:an?\s+)?(?:{_NUMBER}))"
_OF_PEOPLE = re.compile(  # how old somebody is: "4 and 5 yr olds", "my lad is 9", "turned seven", "girls (6, 9, 14)"
    rf"\b(?:{_NUMBER}){_OTHERS}*[\s-]*(?:y(?:ea)?rs?[\s-]*olds?\b|y/?os?\b|y(?:ea)?rs?\s+of\s+age\b)"
    rf"|\b(?:{_MEMBER})(?:\s*\(|\s*,|\s+(?:is|are|was|were|will\s+be|being|aged?|of)|['’](?:s|re|ll\s+be))\s*(?:nearly\s+|almost\s+|only\s+|just\s+|about\s+|now\s+|all\s+|aged?\s+)*"
    rf"(?P<a>(?:{_NUMBER}|[2-9]\d){_OTHERS}*)(?P<end>\b)"
    rf"|\b(?:(?:s?he|they|who)(?:\s+(?:is|are|was|were|will\s+be)|['’]?(?:s|re|ll\s+be))|i(?:\s+am|['’]?m|['’]ll\s+be))\s+(?:nearly\s+|almost\s+|only\s+|just\s+|about\s+|now\s+)*(?P<b>{_NUMBER}|[2-9]\d)\b"
    rf"|\b(?:turn(?:s|ed|ing)?|aged?|ages)\s+(?:just\s+|only\s+)?(?P<c>(?:{_NUMBER}|[2-9]\d){_OTHERS}*)\b"
    r"|\b(?P<d>twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|[2-9]0)(?:\s+plus\b|[\s-]+(?:something|odd)s?\b)(?=\s*(?:$|[.,;!?)]|years?\b|or\b))",
    re.IGNORECASE,
)
_OF_A_THING = re.compile(  # "he is 2 metres tall", "the boys are 5 of us"
    r"\s?-?(?:%|°|[$€£]|['’\"]\s?\d|[.:,]\d|(?:kgs?|kilos?|lbs?|pounds?|stones?|cm|m|mm|metres?|meters?|feet|foot|ft|inch(?:es)?|each\b|apiece\b|"
    r"minutes?|mins?|hours?|hrs?|h\b|days?|weeks?|months?|miles?|km|quid|euros?|dollars?|bucks|pages?|films?|movies?|books?|[ap]m|o['’]?clock|of\b|"
    r"people|guests?|times?|th\b|st\b|nd\b|rd\b|points?|stars?|servings?)\b)",
    re.IGNORECASE,
)


def ages_said(text: str, age: FieldSpec | None) -> Iterator[FoundLimit]:
    """The limits that a text sets by how old young people are, one for each age.

    Args:
        text: The text, apostrophes straight.
        age: The field that tells from which age on something is; None: nothing is read.
    """
    for match in (*_TOLD.finditer(text), *_MINE.finditer(text)) if age is not None else ():
        said = match["age"].lower()
        years = int(said) if said.isdigit() else NUMBERS[said]
        if age is not None and 0 < years <= _OLDEST:
            yield FoundLimit(age.name, "le", float(years), match.start("age"), match.end("age"))


def ages_of_people(text: str) -> list[Span]:
    """Where a text says how old somebody is, whatever field a number there might speak of elsewhere.

    >>> said = "for 4 and 5 yr olds, my lad is 9, he is 2 m tall"
    >>> [said[a:b] for a, b in ages_of_people(said)]
    ['4 and 5 yr olds', '9']
    """
    found = []
    for match in _OF_PEOPLE.finditer(text):
        name = next((one for one in "abcd" if match[one]), None)
        span = match.span() if name is None else match.span(name)
        if not _OF_A_THING.match(text, span[1]):
            found.append((span[0], match.end() if name == "d" else span[1]))
    return found
