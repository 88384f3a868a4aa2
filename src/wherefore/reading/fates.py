"""What must not befall whom a story tells of: "the dog has to live", "no horses getting hurt"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.concepts import tells_stories
from wherefore.reading.clauses import Span
from wherefore.text import stem, stems

_ALL = r"nobody|no[\s-]?one|none\s+of\s+them|everybody|everyone"
_WHO = rf"(?P<who>(?:{_ALL})|(?:the|any|all|that|a|his|her|their|every|no)\s+(?:[a-z]+\s+)?[a-z]+|[a-z]+s)"
_WELL = (
    r"(?:live[sd]?|survives?|makes?\s+it|pulls?\s+through|"
    r"(?:be|is|are|stays?|comes\s+out|ends?\s+up)\s+(?:ok|okay|fine|alive|alright|all\s+right|safe|unharmed))"
)
_ILL = (
    r"(?:die[sd]?|dying|comes?\s+to\s+(?:any\s+)?harm|suffers?|"
    r"(?:be|get|gets|getting|being|is|are)\s+(?:\w+\s+)?(?:hurt|harmed|killed|injured|abused|shot|put\s+down|eaten))"
)
_FATES = (
    rf"\b{_WHO}\s+(?:has|have|had|needs?|must|should|better|got|gotta|better\s+had|'d\s+better|had\s+better)\s+(?:to\s+|better\s+)?{_WELL}\b",
    rf"\b{_WHO}\s+(?:must|should|may|can|could|better|had\s+better|is|are|does|do|has|have)\s*(?:n['’]?t|not)\s+(?:(?:have|allowed|going|supposed)\s+to\s+)?{_ILL}\b",
    rf"\b(?:as\s+long\s+as|so\s+long\s+as|provided|if|where|only\s+if|make\s+sure|but)\s+(?:that\s+)?{_WHO}\s+{_WELL}\b",
    rf"\b(?:as\s+long\s+as|so\s+long\s+as|provided|where|make\s+sure)\s+(?:that\s+)?{_WHO}\s+(?:does|do)\s*(?:n['’]?t|not)\s+{_ILL}\b",
    rf"\bnothing\s+(?:bad\s+|awful\s+|terrible\s+)?(?:can\s+|must\s+|should\s+)?happens?\s+to\s+{_WHO}\b",
    rf"\b(?P<who>{_ALL})\s+(?:gets?\s+|is\s+|are\s+)?{_ILL}\b",
    rf"\b(?:no|without|hates?|can['’]?t\s+(?:bear|stand|watch|take)|don['’]?t\s+want|avoid)\s+(?:any\s+|to\s+see\s+|it\s+when\s+|when\s+)?(?P<who>(?:the\s+)?[a-z]+s?)\s+{_ILL}\b",
)
_PATTERNS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _FATES)
_BEASTS = frozenset(
    "animal dog cat horse pet puppy kitten bird pony rabbit wolf bear elephant pig cow fox donkey lion whale dolphin "
    "hamster deer sheep lamb calf mouse duck hound monkey ape gorilla tiger".split()
)
_YOUNG = frozenset("child kid baby toddler boy girl infant".split())
_HARM = frozenset("death die dead killing abuse cruelty harm".split())
_ANYBODY = frozenset("nobody no-one noone one none everybody everyone character".split())


@dataclass(frozen=True, slots=True)
class FoundFate:
    """Somebody who is to come to no harm.

    Attributes:
        span: Where a text says so.
        values: The values that tell of such harm: field and value of each; none where records tell no such thing.
    """

    span: Span
    values: tuple[tuple[str, str], ...]


class FateReader:
    """Reads who is to come to no harm in a story.

    Args:
        catalog: The catalogue; of goods nothing is read.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._tells = tells_stories(catalog)
        fields = [spec.name for spec in catalog.schema.valued if spec.has_tags] if self._tells else []
        self._harms = [
            (name, value, told)
            for name in fields
            if len(catalog.vocabulary(name)) <= _FEW
            for value in catalog.vocabulary(name)
            if _HARM & (told := frozenset(map(stem, stems(value))))
        ]

    def read(self, text: str) -> list[FoundFate]:
        """Whom a text spares, in order, each place once."""
        found: dict[Span, FoundFate] = {}
        for pattern in _PATTERNS if self._tells else ():
            for match in pattern.finditer(text):
                if any(match.start() < end and start < match.end() for start, end in found):
                    continue
                found[match.span()] = FoundFate(match.span(), self._of(match["who"]))
        return [found[span] for span in sorted(found)]

    def _of(self, who: str) -> tuple[tuple[str, str], ...]:
        told = {stem(one) for one in re.findall(r"[a-z-]+", who.lower())}
        called = set(told)
        if told & _BEASTS:
            called |= {"animal", "pet"}
        if told & _YOUNG:
            called |= {"child", "kid"}
        anybody = not told.isdisjoint(_ANYBODY)
        return tuple(
            (name, value)
            for name, value, words in self._harms
            if called & words or anybody and (words <= _HARM | {"character", "much"})
        )


_FEW = 100  # values of a field that says such things: warnings, not keywords
