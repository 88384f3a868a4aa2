"""What is said of items whose records leave open when they are: "tbc", "rolling", "on call"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.naming import DATE_FORM
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.timed import left_open, timed
from wherefore.catalog.times import asked_of
from wherefore.dialogue.messages import Dialogue
from wherefore.dialogue.state import Limit
from wherefore.text import joined

_SHOWN = 3


def spoken_field(spec: FieldSpec) -> str:
    """A field by the name that its file has, without how dates are written in it.

    >>> spoken_field(FieldSpec(name="Start (dd/mm/yyyy)", kind="category"))
    'Start'
    """
    return DATE_FORM.sub("", spec.column) or spec.column


def left_open_words(limits: Sequence[Limit], dialogue: Dialogue, catalog: Catalog) -> Iterator[str]:
    """How many items are left out only because their records leave open when they are, and what these say."""
    fields = {one.name: one for one in timed(catalog)}
    for limit in limits:
        one = asked_of(limit.field)
        if one.refused or one.field not in fields:
            continue
        others = [each for each in dialogue.preferences.limits if each.field != limit.field]
        rest = [
            item
            for item in catalog
            if not limit.allows(item, catalog) and all(each.allows(item, catalog) for each in others)
        ]
        open_ones = left_open(fields[one.field], one.facet, rest)
        if not open_ones:
            continue
        count = sum(open_ones.values())
        said = sorted(open_ones, key=lambda value: -open_ones[value])
        noun, verb = (catalog.schema.noun, "leaves") if count == 1 else (catalog.schema.plural, "leave")
        words = joined([f"“{value}”" for value in said[:_SHOWN]])
        yield (
            f"{count:,} other {noun.lower()} {verb} that open under “{spoken_field(catalog.schema.spec(one.field))}” "
            f"({words}), so {'it is' if count == 1 else 'they are'} not among these."
        )
