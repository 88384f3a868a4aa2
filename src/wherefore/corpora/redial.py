"""ReDial: people recommending films to each other (Li et al., 2018)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from wherefore.corpora.base import (
    Corpus,
    CorpusDialogue,
    CorpusTurn,
    Feedback,
    ItemRef,
    read_feedback,
    split_mentions,
    split_title,
)
from wherefore.corpora.files import open_text, read_lines
from wherefore.errors import CorpusError, CorpusNotFoundError


class Redial(Corpus):
    """ReDial, from `train_data.jsonl` and `test_data.jsonl` or the shared schema.

    ReDial has no validation part: a tenth of the training dialogues, chosen by a hash of their ids, is it.

    Args:
        path: The folder of the data set, or one of its files.
        split: "train", "valid" or "test"; None for all.
        sequences: Give also the dialogues of which only the mentions are known, not the words, from
            `mention_sequences.jsonl`: one turn without text per mention.
    """

    name = "redial"
    licence = "CC BY 4.0"
    redistributable = True
    source = "https://redialdata.github.io/website/download"
    originals: ClassVar[tuple[str, ...]] = tuple(
        f"{part}_data.jsonl{end}" for part in ("train", "test") for end in ("", ".gz")
    )
    holdout = 0.1

    def __init__(self, path: str | Path, split: str | None = None, sequences: bool = False) -> None:
        super().__init__(path, split)
        if sequences:
            folder = self.path if self.path.is_dir() else self.path.parent
            found = sorted(folder.glob("mention_sequences.jsonl*"))
            if not found:
                raise CorpusNotFoundError(f"corpus 'redial': no mention_sequences.jsonl in {folder}")
            self.files = [*self.files, *found]

    def read_file(self, file: Path) -> Iterator[CorpusDialogue]:
        """The dialogues of one file, whichever of the three kinds it is."""
        if file.name.startswith("mention_sequences"):
            return _read_sequences(file)
        first = next(read_lines(file), None)
        if first is not None and "messages" in first[1]:
            return _read_original(file, "test" if file.name.startswith("test") else "train")
        return super().read_file(file)

    def items(self) -> dict[str, dict[str, Any]]:
        """Facts of the films by ReDial id; title and year alone from `movies_with_mentions.csv`."""
        facts = super().items()
        file = (self.path if self.path.is_dir() else self.path.parent) / "movies_with_mentions.csv"
        if facts or not file.is_file():
            return facts
        with open_text(file) as rows:
            return {
                row["movieId"]: {"item_id": row["movieId"], "raw_name": row["movieName"]}
                | split_title(row["movieName"])
                for row in csv.DictReader(rows)
            }


def _read_original(file: Path, split: str) -> Iterator[CorpusDialogue]:
    for where, record in read_lines(file):
        try:
            films = set(record["movieMentions"] or {})  # an empty one is written as a list
            seeker = record["initiatorWorkerId"]
            turns = tuple(
                CorpusTurn(
                    "user" if message["senderWorkerId"] == seeker else "assistant",
                    split_mentions(message["text"], films),
                )
                for message in record["messages"]
            )
            # The seeker's own form; the recommender's where it was left empty.
            forms = record.get("initiatorQuestions") or record.get("respondentQuestions")
            dialogue_id = str(record["conversationId"])
        except (KeyError, TypeError, AttributeError) as error:
            raise CorpusError(f"{where} is not a ReDial dialogue: {type(error).__name__}: {error}") from error
        yield CorpusDialogue(dialogue_id, "redial", split, turns, read_feedback(forms, where))


def _read_sequences(file: Path) -> Iterator[CorpusDialogue]:
    for where, record in read_lines(file):
        if record.get("has_text"):
            continue
        try:
            mentions = [(str(item), role, sentiment) for item, role, sentiment in record["mentions"]]
            dialogue_id, split = str(record["dialogue_id"]), str(record["split"])
        except (KeyError, TypeError, ValueError) as error:
            raise CorpusError(
                f"{where} is not a sequence of mentions: {type(error).__name__}: {error}"
            ) from error
        yield CorpusDialogue(
            dialogue_id,
            "redial",
            split,
            tuple(CorpusTurn(role, (ItemRef(item),)) for item, role, _ in mentions),
            {item: Feedback(liked=bool(sentiment)) for item, _, sentiment in mentions},
        )
