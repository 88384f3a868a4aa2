"""Small catalogues with what people ask of them, and which of their items answer (`data/shops`).

`KIND.jsonl` holds the items, `KIND.requests.tsv` single requests (words, ids of the items that answer, ids of those
that seem to and don't), `KIND.talks.txt` conversations between blank lines: `U:` what a person types, `L:` the ids of
what was listed then, at the end `FITS:` and `NEAR:`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.schema import Schema
from wherefore.corpora.files import read_lines
from wherefore.dialogue.talk import Said, listed
from wherefore.errors import CorpusError, CorpusNotFoundError


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks of a catalogue.

    Attributes:
        catalog: Of which.
        said: Role and text of each message; an assistant's text are the titles that it listed.
        fits: Ids of the items that answer, best first.
        near: Ids of items that seem to, and don't.
        hard: Ids of other items that are near by their vectors, if known; else any item may be a wrong one.
    """

    catalog: Catalog
    said: Said
    fits: tuple[str, ...]
    near: tuple[str, ...]
    hard: tuple[str, ...] = ()


def read_shops(folder: Path) -> list[Asked]:
    """All that is asked of the catalogues of a folder, each catalogue with its requests, then its conversations.

    Raises:
        CorpusNotFoundError: If there are none.
        CorpusError: If a line is not as it should be; says which.
    """
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise CorpusNotFoundError(f"no catalogues in {folder}; it should hold files like wines.jsonl")
    found: list[Asked] = []
    for file in files:
        catalog = catalog_of(file)
        requests, talks = file.with_suffix(".requests.tsv"), file.with_suffix(".talks.txt")
        if requests.is_file():
            found += _requests(requests, catalog)
        if talks.is_file():
            found += _talks(talks, catalog)
    return found


def catalog_of(file: Path) -> Catalog:
    """The items, every column kept as it is written: what fits may depend on any."""
    records = [record for _, record in read_lines(file)]
    kinds = {"id": "id", "title": "title", "description": "text"}
    names = list(dict.fromkeys(name for record in records for name in record))
    fields = [
        {"name": name, "kind": kinds.get(name, "category"), "label": name.replace("_", " ")} for name in names
    ]
    plain = [{name: _plain(value) for name, value in record.items()} for record in records]
    return Catalog.from_records(plain, Schema.parse({"fields": fields}, str(file)), file.stem)


def _plain(value: Any) -> Any:
    return [str(one) for one in value] if isinstance(value, list) else str(value)


def _requests(file: Path, catalog: Catalog) -> list[Asked]:
    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        cells = line.split("\t")
        if len(cells) != 3 or not cells[0].strip():
            raise CorpusError(f"{file}, line {number}: {len(cells)} columns; it takes words, fits and near")
        where = f"{file}, line {number}"
        said = (("user", cells[0].strip()),)
        found.append(Asked(catalog, said, _ids(cells[1], catalog, where), _ids(cells[2], catalog, where)))
    return found


def _talks(file: Path, catalog: Catalog) -> list[Asked]:
    found = []
    blocks = file.read_text(encoding="utf-8").split("\n\n")
    for number, block in enumerate((one for one in blocks if one.strip()), 1):
        where = f"{file}, conversation {number}"
        said: list[tuple[str, str]] = []
        ends: dict[str, tuple[str, ...]] = {}
        for line in block.strip().splitlines():
            mark, _, rest = line.partition(":")
            if mark == "U":
                said.append(("user", rest.strip()))
            elif mark == "L":
                titles = [catalog[one].title for one in _ids(rest, catalog, where)]
                said.append(("assistant", listed(titles)))
            elif mark in ("FITS", "NEAR"):
                ends[mark] = _ids(rest, catalog, where)
            else:
                raise CorpusError(f"{where}: {line[:40]!r}; lines begin with U:, L:, FITS: or NEAR:")
        if not said or said[-1][0] != "user" or not ends.get("FITS"):
            raise CorpusError(f"{where} has no FITS, or does not end with what the person types")
        found.append(Asked(catalog, tuple(said), ends["FITS"], ends.get("NEAR", ())))
    return found


def _ids(cell: str, catalog: Catalog, where: str) -> tuple[str, ...]:
    ids = tuple(one.strip() for one in cell.split(",") if one.strip())
    for one in ids:
        if one not in catalog:
            raise CorpusError(f"{where}: there is no item {one!r}")
    return ids
