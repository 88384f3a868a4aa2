"""Your own dialogues, in the shared schema or as chats."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from wherefore.corpora.base import Corpus, CorpusDialogue, read_record
from wherefore.corpora.chats import KEYS, is_chat, read_chat
from wherefore.corpora.files import read_array, read_lines
from wherefore.errors import CorpusError


class Jsonl(Corpus):
    """Any dialogues, one a line, in the shared schema (`wherefore.corpora.base.read_shared`) or as chats (`chats.py`).

    A file whose name ends in .json holds them as one list.

    Args:
        path: A file, or a folder whose `dialogues*.jsonl` are read.
        split: "train", "valid" or "test"; None for all.
        licence: The licence of the data, in words.
        redistributable: Whether weights trained on it may be passed on.
    """

    name = "jsonl"
    licence = "not stated"
    redistributable = False
    source = "your own files"
    shared: ClassVar[tuple[str, ...]] = ("dialogues*.jsonl", "dialogues*.jsonl.gz")
    own = True

    def __init__(
        self,
        path: str | Path,
        split: str | None = None,
        licence: str = "not stated",
        redistributable: bool = False,
    ) -> None:
        super().__init__(path, split)
        self.licence = licence
        self.redistributable = redistributable

    def read_file(self, file: Path) -> Iterator[CorpusDialogue]:
        """The dialogues of one file, each in the form that it has.

        Raises:
            CorpusError: If one has none of these forms; names file, line and key.
        """
        records = read_array(file) if ".json" in file.suffixes else read_lines(file)
        for number, (where, record) in enumerate(records, 1):
            if is_chat(record):
                yield read_chat(record, where, self.name, f"{file.name.partition('.')[0]}-{number:06}")
            elif "turns" not in record:
                keys = ", ".join(f"`{key}`" for key in list(record)[:5]) or "no keys"
                forms = ", ".join(f"`{key}`" for key in KEYS)
                raise CorpusError(
                    f"{where}: `turns` is absent; a dialogue has `dialogue_id` and `turns`, or one of {forms} as chat "
                    f"clients write them; this one has {keys}"
                )
            else:
                yield read_record(record, where, self.name)
