"""Taskmaster 1 to 4: a customer and an assistant, ordering and looking for things (Byrne et al., 2019)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from wherefore.corpora.base import Corpus, CorpusDialogue, CorpusTurn, read_shared
from wherefore.corpora.files import read_array
from wherefore.errors import CorpusError


class Taskmaster(Corpus):
    """Taskmaster, from the JSON files of its `TM-*` folders or the shared schema; names no items.

    No split is common to its four parts: a tenth, chosen by a hash of the ids, is the validation part.
    """

    name = "taskmaster"
    licence = "CC BY 4.0"
    redistributable = True
    source = "https://github.com/google-research-datasets/Taskmaster"
    originals: ClassVar[tuple[str, ...]] = (
        *(f"{folder}{part}-dialogs.json" for folder in ("", "TM-1-2019/") for part in ("self", "woz")),
        *(f"{folder}*.json" for folder in ("data/", "TM-2-2020/data/", "TM-3-2020/data/", "TM-4-2024/data/")),
    )
    shared: ClassVar[tuple[str, ...]] = ("taskmaster*.jsonl", "taskmaster*.jsonl.gz")
    holdout = 0.1

    def read_file(self, file: Path) -> Iterator[CorpusDialogue]:
        """The dialogues of one file."""
        return _read_original(file) if file.suffix == ".json" else read_shared(file, self.name)


def _read_original(file: Path) -> Iterator[CorpusDialogue]:
    part = next((match[1] for name in file.parts if (match := re.match(r"TM-(\d)-", name))), "")
    for where, record in read_array(file):
        try:
            turns = tuple(
                CorpusTurn("user" if turn["speaker"].lower() == "user" else "assistant", (turn["text"],))
                for turn in record["utterances"]
                if turn["text"].strip()
            )
            dialogue_id = f"tm{part}_{record['conversation_id']}"
        except (KeyError, TypeError, AttributeError) as error:
            raise CorpusError(
                f"{where} is not a Taskmaster dialogue: {type(error).__name__}: {error}"
            ) from error
        yield CorpusDialogue(dialogue_id, f"taskmaster{part}", "train", turns)
