"""Items of a corpus: which of the catalogue they are, and how their titles are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from numpy.random import Generator

from wherefore.catalog.catalog import Catalog


def title_writer(titles: Mapping[str, str], rng: Generator) -> Callable[[str], str]:
    """How a random person writes titles: with the year or without, in proper case or not."""
    with_year, lower = rng.random() < 0.5, rng.random() < 0.3

    def write(item_id: str) -> str:
        title = titles.get(item_id, "that one")
        if not with_year:
            title = title.rsplit(" (", 1)[0]
        return title.lower() if lower else title

    return write


def link_items(
    catalog: Catalog, dataset: str, facts: Mapping[str, Mapping[str, Any]], named: Iterable[str] = ()
) -> dict[str, str]:
    """Corpus item id → catalogue id.

    By a field `<dataset>_ids` of the catalogue; else by the record's `catalogue_id`; else by title and year. An
    item without a record is the catalogue's item of the same id.

    Args:
        catalog: The items to link to.
        dataset: Name of the corpus.
        facts: Records of its items.
        named: Further ids that its dialogues name.
    """
    links: dict[str, str] = {}
    by_title: dict[tuple[str, Any], str] = {}
    year = catalog.schema.year
    years = year.name if year is not None and year.is_number else None
    for item in catalog.items:
        for corpus_id in item.values(f"{dataset}_ids"):
            links[corpus_id] = item.id
        key = (item.title.casefold(), item.get(years) if years else None)
        by_title.setdefault(key, item.id)
    for corpus_id, record in facts.items():
        key = (str(record.get("title", "")).casefold(), record.get("year") if years else None)
        given = record.get("catalogue_id")
        if given in catalog:
            links.setdefault(corpus_id, str(given))
        elif corpus_id in catalog and catalog[corpus_id].title.casefold() == key[0]:
            links.setdefault(corpus_id, corpus_id)  # the catalogue's own record
        elif key in by_title:
            links.setdefault(corpus_id, by_title[key])
    for corpus_id in named:
        if corpus_id not in facts and corpus_id in catalog:
            links.setdefault(corpus_id, corpus_id)
    return links
