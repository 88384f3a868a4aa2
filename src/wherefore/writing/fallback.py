"""The fallback: a sentence made from the facts alone, for when what the writer says does not pass the check."""

from __future__ import annotations

import zlib
from random import Random

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.facts import Plan
from wherefore.writing.openings import opening
from wherefore.writing.polish import polish
from wherefore.writing.reasons import word


def plain_sentence(plan: Plan, catalog: Catalog) -> str:
    """A reason worded by grammar, fit to show. Equal plans give equal sentences."""
    return polish(word(plan, _rng(plan)), plan, catalog)


def plain_opening(plan: Plan, catalog: Catalog) -> str:
    """An opening worded by grammar, fit to show. Equal plans give equal sentences."""
    return polish(opening(plan, _rng(plan)), plan, catalog)


def _rng(plan: Plan) -> Random:
    text = f"{plan.item.id if plan.item else ''}|{sorted(plan.slots.items())}|{plan.facts}"
    return Random(zlib.crc32(text.encode()))
