"""What a list in an order is of: "the cheapest kettle" is the cheapest of what is called a kettle."""

from __future__ import annotations

import re

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.sorts import called
from wherefore.dialogue.messages import Dialogue, last_said
from wherefore.text import FUNCTION_WORDS, forms

_WORDS = 4  # behind a superlative, among which is what it is said of
_CLAUSE = re.compile(r"[,.;:!?()]|\s-\s")
_MOST = 0.5  # share of the items beyond which a word names no sort of them
_ENDS = FUNCTION_WORDS | frozenset(
    "got has have u thats under over below above please pls that which is".split()
)


def named_in_order(dialogue: Dialogue, catalog: Catalog) -> np.ndarray | None:
    """The items that are called what an order is asked of, (n,) bool; None where it names no sort of them."""
    order = dialogue.preferences.order
    place = last_said(order.said, dialogue.messages) if order is not None and order.said else None
    if place is None:
        return None
    number, _, end = place
    told: list[str] = []
    for form in forms(_CLAUSE.split(dialogue.messages[number].content[end:])[0])[:_WORDS]:
        if form in _ENDS:
            break
        told.append(form)
    if not told:
        return None
    rows = called(catalog, told[-1])
    if not 0 < len(rows) <= _MOST * len(catalog):
        return None
    named = np.zeros(len(catalog), dtype=bool)
    named[rows] = True
    return named
