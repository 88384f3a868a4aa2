"""OpenDialKG: talk about films and books along paths of a knowledge graph (Moon et al., 2019)."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal

from wherefore.corpora.base import Corpus, CorpusDialogue, CorpusTurn, mark_titles, read_shared, split_by_hash
from wherefore.corpora.files import open_text
from wherefore.errors import CorpusError

# Relations that only works have, and the fact that each states about its subject.
_FACTS = {
    "directed_by": "directors",
    "written_by": "writers",
    "starred_actors": "cast",
    "has_genre": "genres",
    "release_year": "year",
}


class OpenDialKG(Corpus):
    """OpenDialKG, from `opendialkg.csv` or the shared schema.

    The original file marks no items: the works (subjects of a director, writer, actor, genre or year) on a
    dialogue's own paths are looked for in its words, and the name in the graph is the id. It has no splits
    either: 70 % of the dialogues are "train", 15 % "valid" and 15 % "test", by a hash of their number.
    """

    name = "opendialkg"
    licence = "CC BY-NC 4.0"
    redistributable = False
    source = "https://github.com/facebookresearch/opendialkg"
    originals: ClassVar[tuple[str, ...]] = ("opendialkg.csv", "data/opendialkg.csv")

    def read_file(self, file: Path) -> Iterator[CorpusDialogue]:
        """The dialogues of one file."""
        return _read_original(file) if file.suffix == ".csv" else read_shared(file, self.name)

    def items(self) -> dict[str, dict[str, Any]]:
        """Facts of the works by id; from the original file, those that its paths state."""
        facts = super().items()
        for file in self.files:
            if file.suffix == ".csv":
                for where, messages in _conversations(file):
                    for subject, key, value in _works(messages, where):
                        _add(
                            facts.setdefault(subject, {"item_id": subject, "title": _title(subject)}),
                            key,
                            value,
                        )
        return facts


def _conversations(file: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    with open_text(file) as lines:
        table = csv.DictReader(lines)
        if "Messages" not in (table.fieldnames or ()):
            raise CorpusError(f"{file} has no column Messages; it has {', '.join(table.fieldnames or ())}")
        for number, row in enumerate(table):
            where = f"{file}, dialogue {number}"
            try:
                messages = json.loads(row["Messages"])
            except json.JSONDecodeError as error:
                raise CorpusError(f"{where}: column Messages is not JSON: {error}") from error
            if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
                raise CorpusError(f"{where}: column Messages does not hold a list of messages")
            yield where, messages


def _works(messages: list[dict[str, Any]], where: str) -> Iterator[tuple[str, str, str]]:
    """Facts about works on the paths of a dialogue: (work, kind of fact, value)."""
    for message in messages:
        path = message.get("metadata", {}).get("path")
        if not path:
            continue
        try:
            triples = [(str(one), str(relation), str(other)) for one, relation, other in path[1]]
        except (IndexError, TypeError, ValueError) as error:
            raise CorpusError(f"{where}: a path is {str(path)[:80]!r}, not [score, triples, text]") from error
        for one, relation, other in triples:
            subject, value = (other, one) if relation.startswith("~") else (one, other)
            if kind := _FACTS.get(relation.lstrip("~")):
                yield subject, kind, value


def _add(facts: dict[str, Any], kind: str, value: str) -> None:
    if kind != "year":
        if value not in facts.setdefault(kind, []):
            facts[kind].append(value)
    elif value.isdecimal():
        facts["year"] = int(value)


def _title(name: str) -> str:
    """A name of the graph without the kind in brackets that tells namesakes apart."""
    return re.sub(r"\s+\([^()]*\)$", "", name)


def _read_original(file: Path) -> Iterator[CorpusDialogue]:
    for number, (where, messages) in enumerate(_conversations(file)):
        titles: dict[str, str] = {}
        for work, _, _ in _works(messages, where):
            titles.setdefault(_title(work), work)
        turns = []
        for message in messages:
            text = str(message.get("message", "")).strip()
            if message.get("type") != "chat" or not text:
                continue
            role: Literal["user", "assistant"] = (
                "assistant" if message.get("sender") == "assistant" else "user"
            )
            turns.append(CorpusTurn(role, mark_titles(text, titles)))
        dialogue_id = f"opendialkg_{number}"
        split = split_by_hash(dialogue_id, {"train": 0.7, "valid": 0.15, "test": 0.15})
        yield CorpusDialogue(dialogue_id, "opendialkg", split, tuple(turns))
