"""What titles and texts tell of size, weight, colour, number, material, load or date, where no field holds it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from wherefore.catalog.catalog import Item
from wherefore.catalog.schema import Schema
from wherefore.catalog.shown import TITLE, Piece, pieces_of
from wherefore.catalog.units import measure_of, unit_called, unit_written
from wherefore.text import FUNCTION_WORDS, stem, stems

_MOST = 2  # pieces of an item that are told
_PART = re.compile(r"\s*[,;()|]\s*|\s+[-–—]\s+")
_AMOUNT = re.compile(r"\d[\d.,/]*\s?-?\s?(?P<unit>[a-z]+|['\"″”])", re.IGNORECASE)
_BY = re.compile(r"\d[\d./\"'-]*\s*(?:[a-z\"']{1,3}\s*)?(?:x|×|by)\s*\d", re.IGNORECASE)
_SIZES = re.compile(
    r"\bsizes?\b.{0,30}(?:\d|\b(?:xs|s|m|l|xl|xxl|small|medium|large|letter|legal|a[3-6])\b)", re.IGNORECASE
)
_COLOURS = re.compile(
    r"\b(?:red|blue|navy|green|yellow|orange|purple|violet|lilac|pink|brown|tan|black|white|grey|gray|beige|cream|ivory|teal|turquoise|"
    r"gold|silver|bronze|copper|maroon|burgundy|khaki|olive|charcoal|multi-?colou?r(?:ed)?|assorted\s+colou?rs|clear|transparent)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\b(?:pack|set|box|bag|case|pad|roll|carton|bundle)s?\s+of\s+\d|\d[\d,]*[\s/-]*(?:packs?|count|ct|pcs|pieces?|pk|sets?|sheets?|"
    r"pages?|labels?|rolls?|per\s+\w+)\b",
    re.IGNORECASE,
)
_MATERIALS = re.compile(
    r"\b(?:made|constructed|crafted|built|woven|knitted|consist\w*)\b.{0,30}\b(?:of|from|with)\b|\d\s?%\s*[a-z]{3,}|"
    r"\b(?:cotton|wool|merino|polyester|nylon|leather|suede|linen|silk|fleece|denim|steel|wood(?:en)?|bamboo|plastic|metal|"
    r"alumini?um|glass|rubber|foam|ceramic|vinyl|acrylic|oak|pine|walnut|paper|cardboard|resin|stone|marble|iron)\b",
    re.IGNORECASE,
)
_LOAD = re.compile(
    r"\b(?:capacit\w+|holds?|supports?|up\s+to|max(?:imum)?|fits?|accommodates?)\b.*\d", re.IGNORECASE
)
_DATE = re.compile(
    r"\b(?:19|20)\d\d\b|\b(?:january|february|april|june|july|august|september|october|november|december)\b|\b(?:un|non-?\s?)?dated\b",
    re.IGNORECASE,
)


def _in(measure: str) -> Callable[[str], bool]:
    """Whether a text writes an amount of a measure."""

    def has(text: str) -> bool:
        units = [match["unit"].lower() for match in _AMOUNT.finditer(text)]
        return any(measure_of(unit_called(one) or unit_written(one) or one) == measure for one in units)

    return has


class _Attribute(NamedTuple):
    name: str
    asks: re.Pattern[str]
    tells: Callable[[str], bool]


_ATTRIBUTES = tuple(
    _Attribute(name, re.compile(rf"\b(?:{asks})\b", re.IGNORECASE), tells)
    for name, asks, tells in (
        ("weight", r"how\s+heavy|weighs?|what\s+weight|the\s+weight", _in("weight")),
        (
            "load",
            r"how\s+(?:much|many)\b.*\b(?:holds?|carry|take|support|fit|cope)|capacity|weight\s+limit|max(?:imum)?\s+(?:weight|load)",
            lambda text: _LOAD.search(text) is not None,
        ),
        (
            "number",
            r"how\s+many\s+(?:are|do|does|come|sheets?|pieces?|pens?|labels?|pages?|rolls?|in)|how\s+many\s+(?:\w+\s+)?(?:in|per)\s+"
            r"(?:it|a|the|each|one)|pack\s+size",
            lambda text: _NUMBER.search(text) is not None,
        ),
        ("colour", r"colou?rs?", lambda text: _COLOURS.search(text) is not None),
        (
            "material",
            r"made\s+(?:of|from|out)|materials?|fabric",
            lambda text: _MATERIALS.search(text) is not None,
        ),
        (
            "date",
            r"(?:what|which)\s+(?:years?|dates?|months?)|when\s+does\s+(?:it|the\s+\w+)\s+(?:start|begin|end)",
            lambda text: _DATE.search(text) is not None,
        ),
        (
            "size",
            r"how\s+(?:big|large|small|wide|tall|long|deep|high|thick)|(?:what|which)\s+sizes?|dimensions?|measurements?|"
            r"(?:the|its|their)\s+(?:size|height|width|depth|length)",
            lambda text: bool(_BY.search(text) or _SIZES.search(text) or _in("length")(text)),
        ),
    )
)
_OF_TIME = re.compile(r"\bhow\s+long\b.*\b(?:last|take|keep|run|does\s+it\s+go|until|till)", re.IGNORECASE)
_WHICH = re.compile(r"\b(?:what'?s?|which|how|dimensions|measurements)\b", re.IGNORECASE)
_ASKING = frozenset(
    map(
        stem,
        "what which how many much big large small wide tall long deep high thick size sizes dimension "
        "measurement colour color colours colors come comes in made make material fabric weigh weight heavy "
        "exactly actually there get have has hold holds carry fit support take per pack box it one again is "
        "year date month number".split(),
    )
)


def attribute_asked(asked: str) -> str:
    """What is asked of size, weight, colour and the like; empty where it is nothing of these.

    >>> attribute_asked("what colour is it"), attribute_asked("how long does it last"), attribute_asked("is it nice")
    ('colour', '', '')
    """
    if _OF_TIME.search(asked) or not _WHICH.search(asked):
        return ""
    return next((one.name for one in _ATTRIBUTES if one.asks.search(asked)), "")


def told_of(asked: str, item: Item, schema: Schema) -> list[Piece]:
    """The parts of an item's title and the clauses of its texts that tell what is asked; the closest first.

    Of "how big is the screen" only what names a screen tells it, unless the item is one.

    >>> schema = Schema.model_validate({"fields": [{"name": "id", "kind": "id"}, {"name": "title", "kind": "title"}]})
    >>> [one.text for one in told_of("how big is it", Item("1", "Wall Chart, Undated, 36 x 24 in, Blue"), schema)]
    ['36 x 24 in']
    """
    name = attribute_asked(asked)
    if not name:
        return []
    tells = next(one.tells for one in _ATTRIBUTES if one.name == name)
    own = set(stems(item.title)) | _ASKING | {stem(one) for one in FUNCTION_WORDS}
    beside = {one for one in stems(asked) if one not in own}
    parts = [Piece(item.id, TITLE, part) for part in _PART.split(item.title) if part]
    texts = [piece for piece in pieces_of(item, schema) if piece.field != TITLE]
    found = [] if beside else [piece for piece in parts if tells(piece.text)]
    found = found or [piece for piece in (*parts, *texts) if tells(piece.text)]
    if beside:
        found = [piece for piece in found if beside & set(stems(piece.text))]
    return found[:_MOST]
