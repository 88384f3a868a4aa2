"""How old those are whom something is for, told of several: "9 girls, all 12", "twins turning 7"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wherefore.catalog.schema import FieldSpec
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
_OLDEST = 17


def ages_said(text: str, age: FieldSpec | None) -> Iterator[FoundLimit]:
    """The limits that a text sets by how old young people are, one for each age.

    Args:
        text: The text, apostrophes straight.
        age: The field that tells from which age on something is; None: nothing is read.
    """
    for match in _TOLD.finditer(text) if age is not None else ():
        said = match["age"].lower()
        years = int(said) if said.isdigit() else NUMBERS[said]
        if age is not None and 0 < years <= _OLDEST:
            yield FoundLimit(age.name, "le", float(years), match.start("age"), match.end("age"))
