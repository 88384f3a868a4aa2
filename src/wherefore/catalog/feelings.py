"""A thesaurus of how things feel: by which tags records say what people call calm, trippy or edge-of-the-seat."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from wherefore.files import ASSETS, packed_text
from wherefore.text import forms, ordinary_words

FILE = ASSETS / "feelings.tsv.xz"
_USUAL, _RARE = 150, 10**6  # rank by use of a word that says nothing of a taste by itself


def entries_of(text: str) -> dict[str, tuple[str, ...]]:
    r"""The entries of the table: what people say, and the tags that mean it, the best first.

    >>> entries_of("calm\tquiet; gentle")
    {'calm': ('quiet', 'gentle')}

    Raises:
        ValueError: If a line is no entry, or a head stands there twice; says which.
    """
    found: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        head, _, rest = line.partition("\t")
        tags = tuple(tag.strip() for tag in rest.split(";") if tag.strip())
        if not head.strip() or not tags or head in tags:
            raise ValueError(
                f"line {number}, {line!r:.60}, is not what people say, a tab, and other tags parted by `; `"
            )
        if head in found:
            raise ValueError(f"line {number}: {head!r} has an entry already")
        found[head] = tags
    return found


@lru_cache(maxsize=1)
def feelings() -> Mapping[str, tuple[str, ...]]:
    """The packaged thesaurus (`data/feelings.tsv`)."""
    return entries_of(packed_text(FILE))


@lru_cache(maxsize=1)
def taste_words() -> frozenset[str]:
    """All words by which people say how something feels, without everyday English's commonest."""
    usual = ordinary_words()
    told = {form for head, tags in feelings().items() for one in (head, *tags) for form in forms(one)}
    return frozenset(form for form in told if usual.get(form, _RARE) >= _USUAL)
