"""INSPIRED: film recommendation with sociable strategies (Hayati et al., 2020)."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal

from wherefore.corpora.base import (
    Corpus,
    CorpusDialogue,
    CorpusTurn,
    ItemRef,
    mark_titles,
    read_shared,
    split_title,
)
from wherefore.corpora.files import open_text
from wherefore.errors import CorpusError

_COLUMNS = ("dialog_id", "speaker", "text", "movies")
_SPLITS = {"train": "train", "dev": "valid", "test": "test"}


class Inspired(Corpus):
    """INSPIRED, from `train.tsv`, `dev.tsv` and `test.tsv` or the shared schema.

    The original files have no item ids: a film's id is its name as annotated, `Alien (1979)`. Utterances
    that one speaker sends in a row are one turn.
    """

    name = "inspired"
    licence = "not stated"
    redistributable = False
    source = "https://github.com/sweetpeach/Inspired"
    originals: ClassVar[tuple[str, ...]] = tuple(
        f"{folder}{part}.tsv" for folder in ("", "data/dialog_data/") for part in _SPLITS
    )

    def read_file(self, file: Path) -> Iterator[CorpusDialogue]:
        """The dialogues of one file; the name of an original file says its split."""
        return _read_original(file) if file.suffix == ".tsv" else read_shared(file, self.name)

    def items(self) -> dict[str, dict[str, Any]]:
        """Facts of the films; from the original files, those that a dialogue names, with title and year."""
        facts = super().items()
        if facts:
            return facts
        names = {
            name
            for file in self.files
            if file.suffix == ".tsv"
            for row in _rows(file)
            for name in _films(row)
        }
        return {name: {"item_id": name, "raw_name": name} | split_title(name) for name in sorted(names)}


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with open_text(file) as lines:
        table = csv.DictReader(lines, delimiter="\t")
        missing = [column for column in _COLUMNS if column not in (table.fieldnames or ())]
        if missing:
            raise CorpusError(
                f"{file} has no column {', '.join(missing)}; it has {', '.join(table.fieldnames or ())}"
            )
        yield from table


def _films(row: dict[str, str]) -> list[str]:
    return [name.strip() for name in (row["movies"] or "").split(";") if name.strip()]


def _read_original(file: Path) -> Iterator[CorpusDialogue]:
    split = _SPLITS.get(file.stem, "train")
    for dialogue_id, rows in itertools.groupby(_rows(file), key=lambda row: row["dialog_id"]):
        turns = []
        for speaker, spoken in itertools.groupby(rows, key=lambda row: row["speaker"].strip().upper()):
            utterances = list(spoken)
            role: Literal["user", "assistant"] = "assistant" if speaker == "RECOMMENDER" else "user"
            text = " ".join((row["text"] or "").replace("QUOTATION_MARK", '"').strip() for row in utterances)
            films = list(dict.fromkeys(film for row in utterances for film in _films(row)))
            parts = mark_titles(text, {split_title(film)["title"]: film for film in films})
            placed = {part.item_id for part in parts if isinstance(part, ItemRef)}
            turns.append(CorpusTurn(role, parts, tuple(film for film in films if film not in placed)))
        yield CorpusDialogue(dialogue_id, "inspired", split, tuple(turns))
