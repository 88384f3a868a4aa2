"""Amounts that texts write beside the name of what is measured: "Protein 26g", "12 g of fat per portion".

Where many records write so, what is measured is called by the unit and its name, `text:gram@protein`, which
`Item.number`, `Catalog.numbers` and `Schema.spec` take as they take `text:gram`; see `mentioned`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from wherefore.text import FUNCTION_WORDS, stem

OF = "@"  # between the unit and what is measured in it
_SEEN = 400  # records that are looked at for names
_SHARE = 0.3  # of them, that write a name beside an amount
_GAP = r"(?:\s*[:=]\s*|\s+(?:of\s+|is\s+|about\s+|content\s+)?)"
_LONGEST = 20  # letters of a name


def paired_name(unit: str, of: str) -> str:
    """What an amount beside a name is called, behind the prefix of amounts in texts.

    >>> paired_name("gram", "protein"), unpaired("gram@protein"), unpaired("gram")
    ('gram@protein', ('gram', 'protein'), ('gram', ''))
    """
    return f"{unit}{OF}{of}"


def unpaired(name: str) -> tuple[str, str]:
    """The unit, and the name of what is measured; empty where none is told."""
    unit, _, of = name.partition(OF)
    return unit, of


@lru_cache(64)
def beside_amounts(amounts: str, of: str) -> re.Pattern[str]:
    """A pattern for amounts, as `amounts` writes them, beside a name: "Protein 26g", "26 g of protein"."""
    named = rf"(?i:\b{re.escape(of)}(?:s|es)?\b)"
    behind = amounts.replace("(?P<n>", "(?P<n2>").replace("(?P<unit>", "(?P<unit2>")
    return re.compile(rf"{named}{_GAP}{amounts}|{behind}\s+(?:of\s+)?{named}")


def names_beside(texts: Sequence[Iterable[str]], amounts: str) -> dict[str, float]:
    r"""The names that records write beside amounts, with the share of the records; without those of few records.

    >>> names_beside([["Protein 4g, Total Fat 2g"], ["Protein 9g, Total Fat 1g"]], r"(?P<n>\d+)(?P<unit>g)")
    {'fat': 1.0, 'protein': 1.0}
    """
    pattern = re.compile(
        rf"(?P<before>[^\W\d_]{{3,{_LONGEST}}})\s*[:=]?\s*{amounts}|{_renamed(amounts)}\s+(?:of\s+)?(?P<after>[^\W\d_]{{3,{_LONGEST}}})\b"
    )
    told: Counter[str] = Counter()
    for record in texts[:_SEEN]:
        found = {
            stem(word.lower())
            for text in record
            for match in pattern.finditer(text)
            if (word := match["before"] or match["after"]) and word.lower() not in FUNCTION_WORDS
        }
        told.update(found)
    seen = min(len(texts), _SEEN)
    return {name: count / seen for name, count in sorted(told.items()) if count >= max(2, _SHARE * seen)}


def _renamed(amounts: str) -> str:
    return amounts.replace("(?P<n>", "(?P<n2>").replace("(?P<unit>", "(?P<unit2>")
