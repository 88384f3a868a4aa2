"""The catalogue of a corpus: its own items, for systems that rank a catalogue."""

from __future__ import annotations

import html
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.schema import Schema
from wherefore.corpora import read
from wherefore.corpora.base import Corpus
from wherefore.corpora.files import read_lines

MAX_CAST, MAX_KEYWORDS = 8, 25


def own_catalog(corpus: Corpus, mentions: Mapping[str, int]) -> Catalog:
    """What a corpus knows of its items, as a catalogue whose ids are the corpus' own.

    Title, year and facts that are lists of words are taken. Other numbers are left out: they may count mentions in
    the part that is to be predicted.

    Args:
        corpus: With facts about its items.
        mentions: How many training turns name each item: its popularity.
    """
    records = []
    for item, facts in corpus.items().items():
        record = {
            key: value
            for key, value in facts.items()
            if isinstance(value, list) and value and all(isinstance(one, str) for one in value)
        }
        record |= {key: facts[key] for key in ("title", "year") if facts.get(key)}
        records.append(
            {"title": item, **record, "id": item, "popularity": _popularity(mentions.get(item, 0))}
        )
    return Catalog.from_records(records, name=f"items of {corpus.name}")


def write_catalog(name: str, folder: Path, out: Path) -> tuple[Catalog, int]:
    """Write all items of a corpus: nothing is left out, so that every ranking protocol finds its items.

    An item's id is that of the film catalogue, so that catalogues of several corpora agree; of several corpus items
    that are one film, all but the first have an id of the corpus. Popularity counts the dialogues that may be
    learned from, never those of the test part.

    Args:
        name: A key of `CORPORA`.
        folder: Holds the corpus, in a folder of its name, and the film catalogue in `movies`.
        out: The Parquet file to write.

    Returns:
        The catalogue, and how many of its items training dialogues name.

    Raises:
        CorpusNotFoundError: If a file is missing.
    """
    films = {
        record["item_id"]: record
        for part in ("core", "rest")
        for _, record in read_lines(folder / "movies" / f"catalogue_{part}.jsonl.gz")
    }
    keywords: dict[str, Any] = {"sequences": True} if name == "redial" else {}
    counts = Counter(
        item
        for split in ("train", "valid")
        for dialogue in read(name, folder / name, split, **keywords)
        for item in {item for turn in dialogue.turns for item in turn.items}
    )
    items: list[Item] = []
    taken: set[str] = set()
    for _, record in read_lines(folder / name / "items.jsonl.gz"):
        own = record["item_id"]
        film = films.get(record.get("catalogue_id", ""), {})
        item_id = film.get("item_id", "")
        if not item_id or item_id in taken:
            item_id = f"{name}-{own}"
        taken.add(item_id)
        facts = {key: record.get(key) or film.get(key) for key in ("year", "genres", "directors", "cast")}
        values = {
            "year": facts["year"],
            "genres": _unique(facts["genres"] or ()),
            "directors": _unique(facts["directors"] or ()),
            "cast": _unique(facts["cast"] or ())[:MAX_CAST],
            "keywords": _unique(film.get("keywords") or record.get("keywords") or ())[:MAX_KEYWORDS],
            "popularity": _popularity(counts[own]),
            f"{name}_ids": (own,),
        }
        title = " ".join(html.unescape(record.get("title") or film.get("title") or own).split())
        fields = {key: value for key, value in values.items() if value not in (None, ())}
        items.append(Item(item_id, title, fields))
    catalog = Catalog(items, _film_schema(name), f"items of {name}")
    out.parent.mkdir(parents=True, exist_ok=True)
    catalog.save(out)
    return catalog, len(counts)


def _film_schema(name: str) -> Schema:
    kinds = {
        "id": "id",
        "title": "title",
        "year": "number",
        "genres": "category",
        "directors": "people",
        "cast": "people",
        "keywords": "category",
        "popularity": "popularity",
        f"{name}_ids": "ignore",
    }
    fields = [{"name": field, "kind": kind} for field, kind in kinds.items()]
    return Schema.parse({"noun": "movie", "fields": fields})


def _popularity(mentions: int) -> float:
    return round(math.log1p(mentions), 3)


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    cleaned = (" ".join(html.unescape(name).split()) for name in names)
    return tuple(dict.fromkeys(name for name in cleaned if name))
