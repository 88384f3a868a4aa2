"""Sequences: what each user took, oldest first, with the catalogue that it is from."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.schema import Schema
from wherefore.corpora.files import header_of, read_lines, read_table
from wherefore.errors import CorpusError, CorpusNotFoundError

_LIKED = 4.0  # the lowest rating that means so, as of `wherefore.corpora.ratings.Table`
_TIMES = ("timestamp", "time", "unix_time", "date", "datetime")
_USERS = ("user_id", "user", "userid", "userId")
_ITEMS = ("item_id", "item", "itemid", "itemId", "movieId", "catalogue_id")
_ITEM_FILES = ("items.jsonl.gz", "items.jsonl", "items.csv", "items.csv.gz", "items.parquet")
_SEQUENCE_FILES = ("sequences.jsonl.gz", "sequences.jsonl", "sequences.csv", "sequences.csv.gz")
_GOODS = {
    "noun": "product",
    "fields": [
        {"name": "id", "kind": "id"},
        {"name": "title", "kind": "title"},
        {"name": "brand", "kind": "category", "separator": ""},
        {"name": "categories", "kind": "category", "separator": "|"},
        {"name": "description", "kind": "text"},
    ],
}


@dataclass(frozen=True)
class Histories:
    """A catalogue, and what users took of it.

    Attributes:
        name: Of the data set, in reports.
        catalog: The items.
        sequences: Of each user, ids of items, oldest first, at least 2.
        files: What was read.
    """

    name: str
    catalog: Catalog
    sequences: tuple[tuple[str, ...], ...]
    files: tuple[Path, ...]


def read_histories(
    folder: str | Path, catalog: Catalog | None = None, schema: str | Path | None = None
) -> Histories:
    """Read a folder with a file of items and one of sequences, see `read_sequences`.

    Items are `items.jsonl`, `.csv` (each also packed, `.gz`) or `.parquet`, in any form that a catalogue is read from;
    or in that of Amazon's sequential data sets, whose items have no title but a list of `attributes`: the brand, where
    it is known, and the path of categories. Their texts may lie beside them in `descriptions.jsonl`.

    Args:
        folder: Of both files, or the file of sequences when there is a catalogue.
        catalog: The items, when they are not in the folder.
        schema: What the columns of the items mean; inferred when None.

    Raises:
        CorpusNotFoundError: If a file is missing; names those that are looked for.
        CorpusError: If a file cannot be used.
        CatalogError: If the items cannot be used.
    """
    folder = Path(folder)
    file = folder if folder.is_file() else _first(folder, _SEQUENCE_FILES)
    files = [file]
    if catalog is None:
        items = _first(folder if folder.is_dir() else folder.parent, _ITEM_FILES)
        files.append(items)
        described = next(items.parent.glob("descriptions.jsonl*"), None)
        if items.name.startswith("items.jsonl") and schema is None and _is_amazon(items):
            catalog = _amazon(items, described)
            files += [described] if described is not None else []
        else:
            catalog = Catalog.load(items, schema)
    name = folder.name if folder.is_dir() else folder.name.partition(".")[0]
    return Histories(name, catalog, read_sequences(file, catalog), tuple(files))


def read_sequences(file: str | Path, catalog: Catalog | None = None) -> tuple[tuple[str, ...], ...]:
    """Sequences of item ids, oldest first; those with fewer than 2 items are left out.

    JSON Lines with `items` (a list of ids) each; or a table with a user and an item a row, in order of its column of
    times where it has one, else of its rows. Of a table with a column `rating`, what is rated below 4 is left out, and
    of one with a column `liked`, what has a 0 there: they are no likes.

    Args:
        file: Which.
        catalog: Ids that it does not have are left out.

    Raises:
        CorpusNotFoundError: If there is no such file.
        CorpusError: If a line is broken, or nothing is left.
    """
    file = Path(file)
    if not file.is_file():
        raise CorpusNotFoundError(f"no sequences at {file}; give a .jsonl or .csv file (also .gz)")
    given = _of_table(file) if {".csv", ".tsv"} & set(file.suffixes) else _of_lines(file)
    kept, example = [], ""
    for ids in given:
        known = tuple(one for one in ids if catalog is None or one in catalog)
        example = example or next((one for one in ids if one not in known), "")
        if len(known) >= 2:
            kept.append(known)
    if not kept:
        hint = f" (one id is {example!r}; an id of {catalog.name} is {catalog.ids[0]!r})" if catalog else ""
        raise CorpusError(f"{file} has no sequence of 2 known items or more{hint}")
    return tuple(kept)


def _of_lines(file: Path) -> Iterable[list[str]]:
    for where, record in read_lines(file):
        items = record.get("items")
        if not isinstance(items, list) or not all(isinstance(one, str | int) for one in items):
            raise CorpusError(f"{where}: `items` is {str(items)[:60]}; it must be a list of item ids")
        yield [str(one) for one in items]


def _of_table(file: Path) -> Iterable[list[str]]:
    header = header_of(file)
    user, item = _column(file, header, _USERS, "users"), _column(file, header, _ITEMS, "items")
    time = next((name for name in header if name.lower() in _TIMES), None)
    users: dict[str, list[tuple[float | str, int, str]]] = {}
    for number, (where, row) in enumerate(read_table(file, (user, item))):
        if row[item] and _is_liked(row, where):
            users.setdefault(row[user], []).append((row[time] if time else "", number, row[item]))
    for events in users.values():
        stamps = [_number(str(stamp)) for stamp, *_ in events]
        if time and all(stamp is not None for stamp in stamps):
            events = [(s, n, i) for s, (_, n, i) in zip(stamps, events, strict=True) if s is not None]
        yield [item_id for *_, item_id in sorted(events)]


def _is_liked(row: Mapping[str, str], where: str) -> bool:
    for name, least in (("liked", 1.0), ("rating", _LIKED)):
        if name in row:
            value = _number(row[name])
            if value is None:
                raise CorpusError(f"{where}: `{name}` is {row[name]!r}; it must be a number")
            if value < least:
                return False
    return True


def _column(file: Path, header: Sequence[str], names: Sequence[str], what: str) -> str:
    found = next((name for name in header if name in names), None)
    if found is None:
        raise CorpusError(
            f"{file}, line 1: there is no column of {what}; call it {' or '.join(names[:2])}. "
            f"The columns are {', '.join(header)}"
        )
    return found


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _first(folder: Path, names: Sequence[str]) -> Path:
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        what = (
            f"{folder} has none of" if folder.is_dir() else f"no {folder}; it should be a folder with one of"
        )
        raise CorpusNotFoundError(f"{what} {', '.join(names)}")
    return found


# -- Amazon's sequential data sets -------------------------------------------------------------------------


def _is_amazon(items: Path) -> bool:
    """Whether items have a list of `attributes` instead of a title, or only title and brand."""
    for _, record in read_lines(items):
        return "item_id" in record and (
            "attributes" in record or set(record) <= {"item_id", "title", "brand"}
        )
    return False


def _amazon(items: Path, described: Path | None) -> Catalog:
    records = [record for _, record in read_lines(items)]
    texts = {}
    for _, record in read_lines(described) if described is not None else ():
        texts[str(record.get("item_id"))] = str(record.get("description") or record.get("text") or "")
    # A brand stands first and only there; a category that stands first has no brand before it.
    categories = {_words(name) for record in records for name in record.get("attributes", ())[1:]}
    made = [_good(record, categories, texts) for record in records]
    return Catalog.from_records(made, Schema.parse(_GOODS), name=items.parent.name)


def _good(record: Mapping[str, Any], categories: set[str], texts: Mapping[str, str]) -> dict[str, Any]:
    """A record of the catalogue; an item without a title is called by its attributes."""
    attributes = [_words(one) for one in record.get("attributes", ())]
    branded = bool(attributes) and attributes[0] not in categories
    path = attributes[1:] if branded else attributes
    item_id = str(record["item_id"])
    title = _words(record.get("title") or "") or ", ".join(attributes)
    brand = record.get("brand") or (attributes[0] if branded else None)
    return {
        "id": item_id,
        "title": title or str(record.get("asin") or item_id),
        "brand": None if brand == "Unknown" else brand,
        "categories": list(dict.fromkeys(path)) or None,
        "description": texts.get(item_id) or None,
    }


def _words(text: object) -> str:
    return " ".join(html.unescape(str(text)).split())
