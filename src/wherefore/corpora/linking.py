"""Linking: which item of a catalogue a data set means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wherefore.catalog.catalog import Catalog
from wherefore.errors import CorpusError
from wherefore.text import ARTICLES, forms


@dataclass(frozen=True, slots=True)
class ItemReference:
    """What a data set says of an item, so that it can be found in a catalogue."""

    ids: tuple[str, ...] = ()  # that mean the same everywhere: a catalogue's own id may be one
    native: str = ""  # the data set's own number: compared with the field that `link_by` names, nothing else
    titles: tuple[str, ...] = ()
    year: int | None = None


def linker(catalog: Catalog, link_by: str | None = None) -> Callable[[ItemReference], str | None]:
    """A function from what a data set says of an item to its id in the catalogue, None where it is not there.

    Raises:
        CorpusError: If no item of the catalogue has the field `link_by`.
    """
    by_field: dict[str, str | None] = {}
    if link_by is not None:
        for item in catalog.items:
            value = item.get(link_by)
            for one in value if isinstance(value, tuple) else () if value is None else (value,):
                _claim(by_field, str(one), item.id)
        if not by_field:
            names = ", ".join(spec.name for spec in catalog.schema.fields)
            raise CorpusError(f"no item of {catalog.name} has a field `{link_by}`; its fields are {names}")
    year_field = catalog.schema.year
    aliases = [spec.name for spec in catalog.schema.aliases]
    by_title: dict[tuple[str, int | None], str | None] = {}
    of_any_year: dict[str, str | None] = {}
    for item in catalog.items:
        year = item.get(year_field.name) if year_field is not None else None
        when = None if year is None else int(str(year)[:4])
        for key in {_plain(title) for title in (item.title, *(v for a in aliases for v in item.values(a)))}:
            _claim(by_title, (key, when), item.id)
            _claim(of_any_year, key, item.id)

    def find(reference: ItemReference) -> str | None:
        for one in reference.ids:
            if one in catalog:
                return one
        for one in (*reference.ids, reference.native):
            if (hit := by_field.get(one)) is not None:
                return hit
        for title in reference.titles:
            if key := _plain(title):
                dated = year_field is not None and reference.year is not None
                hit = by_title.get((key, reference.year)) if dated else of_any_year.get(key)
                if hit is not None:
                    return hit
        return None

    return find


def _plain(title: str) -> str:
    """A title as it is compared: without case, accents, signs, and an article at the front or behind a comma."""
    front, comma, behind = title.rpartition(",")
    if comma and len(behind.split()) == 1 and behind.strip().lower() in ARTICLES:
        title = front
    words = forms(title)
    return " ".join(words[1:] if len(words) > 1 and words[0] in ARTICLES else words)


def _claim(table: dict[Any, str | None], key: Any, item_id: str) -> None:
    """Note whose a key is; nobody's when two items claim it."""
    table[key] = item_id if table.get(key, item_id) == item_id else None
