"""How many people gave a rating or a vote: "under 50 thousand ratings", "at least 100k people rating it"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.spoken import votes_noun
from wherefore.dialogue.state import LimitOp
from wherefore.reading.comparisons import AFTER, BEFORE, OPPOSITE, any_of, is_negated
from wherefore.reading.numbers import NUMBER, number

_SIDE = rf"(?P<op>{any_of(BEFORE)})"
_MANY = rf"(?P<n>\b{NUMBER})(?P<plus>\+)?"
_GAVE = (
    r"(?:ratings|reviews|votes|raters|voters|reviewers)\b"
    r"|(?:people|persons?|readers?|users?|viewers?|customers?|buyers?|guests?|others)\s+(?:(?:who|that|have|has|had|who've|'ve|are|were)\s+)*(?:actually\s+)?"
    r"(?:rat(?:e|ed|ing)|review(?:ed|ing)?|vot(?:e|ed|ing))\b"
)
_OF_MANY = re.compile(
    rf"(?:{_SIDE}\s+(?:about\s+|around\s+|like\s+|say\s+)?)?{_MANY}\s+(?:of\s+|user\s+|reader\s+|customer\s+|different\s+|good\s+)*(?:{_GAVE})"
    rf"(?:\s*(?P<behind>{any_of(AFTER)})(?!\w))?"
)
_BY_MANY = re.compile(
    rf"\b(?:rated|reviewed|voted\s+(?:for|on))\s+by\s+(?:{_SIDE}\s+)?{_MANY}(?:\s+(?:people|persons|readers|users|viewers|customers|others))?"
    rf"(?:\s*(?P<behind>{any_of(AFTER)})(?!\w))?"
)


@dataclass(frozen=True, slots=True)
class FoundVotes:
    """A bound on how many gave their opinion, at `start` to `end`; no field where none tells how many did."""

    spec: FieldSpec | None
    op: LimitOp
    value: float
    start: int
    end: int


class VoteReader:
    """Reads bounds on how many people rated a thing, which are none on how well they did.

    Args:
        catalog: The catalogue.
    """

    def __init__(self, catalog: Catalog) -> None:
        counting = [spec for spec in catalog.schema.fields if spec.can.measure and votes_noun(spec)]
        self._spec = next(iter(counting), None)

    def read(self, low: str) -> Iterator[FoundVotes]:
        """The bounds in a text in lower case."""
        for pattern in (_OF_MANY, _BY_MANY):
            for match in pattern.finditer(low):
                value = number(match["n"])
                if value is None or value < 1 or value % 1 or match["n"] in ("a", "an"):
                    continue
                said, behind = (" ".join((match[name] or "").split()) for name in ("op", "behind"))
                op: LimitOp = BEFORE.get(said) or AFTER.get(behind) or "ge"
                if said and is_negated(low, match.start()):
                    op = OPPOSITE[op]
                yield FoundVotes(self._spec, op, value, *match.span())
