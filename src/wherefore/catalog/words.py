"""An item in few words, for a model that reads it beside what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wherefore.catalog.catalog import Item
from wherefore.catalog.schema import Schema

_TEXTS, _FACTS = 340, 160  # characters of texts and of facts
_VALUES = 6  # of a field


@dataclass(frozen=True, slots=True)
class Words:
    """What is told of an item.

    Attributes:
        title: With the year, where there is one.
        texts: Of its text fields, in the schema's order.
        facts: Like "price: 20", in the schema's order.
    """

    title: str
    texts: tuple[str, ...]
    facts: tuple[str, ...]

    def __str__(self) -> str:
        """All of it, cut: every text has its share, and what a short one leaves goes to those after it."""
        left, shares = _TEXTS, []
        for number, text in enumerate(self.texts):
            shares.append(cut(text, left // (len(self.texts) - number)))
            left -= len(shares[-1])
        facts = " ".join(f"{fact}." for fact in self.facts)[:_FACTS]
        return f"{self.title}. {' '.join(shares)} {facts}"


def words_of(item: Item, schema: Schema) -> Words:
    """What is told of an item.

    >>> from wherefore.catalog.catalog import Catalog
    >>> catalog = Catalog.from_records([{"title": "Alien", "year": 1979, "genres": "Horror|Sci-Fi"}])
    >>> str(words_of(catalog.items[0], catalog.schema))
    'Alien (1979).  genre: Horror, Sci-Fi.'
    """
    year = schema.year
    when = item.fields.get(year.name) if year is not None else None
    texts = [str(item.fields[spec.name]) for spec in schema.texts if spec.name in item.fields]
    told = [text for text in texts if not _is_table(text)] or texts
    facts = []
    for spec in schema.filterable:
        if spec.name not in item.fields or spec.is_rank or (year is not None and spec.name == year.name):
            continue
        values: Sequence[str] = item.values(spec.name) if spec.has_values else (str(item.fields[spec.name]),)
        facts.append(f"{spec.label or spec.name}: {', '.join(values[:_VALUES])}")
    title = f"{item.title} ({str(when)[:4]})" if when is not None else item.title
    return Words(title, tuple(told), tuple(facts))


def _is_table(text: str) -> bool:
    """Whether a text is mostly numbers, like "Total Fat 18g 23%, Sodium 128mg": a model of words reads none of it."""
    sample = text[:400]
    return sum(one.isdigit() or one == "%" for one in sample) > 0.12 * len(sample)


def cut(text: str, size: int) -> str:
    """The first words of a text."""
    short = " ".join(text[: 2 * size].split())[:size]
    return short if len(short) < size else short.rpartition(" ")[0]
