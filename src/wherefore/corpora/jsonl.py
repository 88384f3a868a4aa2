"""Your own dialogues, in the shared schema."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from wherefore.corpora.base import Corpus


class Jsonl(Corpus):
    """Any dialogues in JSONL files of the shared schema; see `wherefore.corpora.base.read_shared`.

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
