"""Dialogue data sets, one file each, in one form. A new one is a file here and a line in `CORPORA`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wherefore.config import Component, build, resolve
from wherefore.corpora.base import (
    Corpus,
    CorpusDialogue,
    CorpusTurn,
    Feedback,
    Instance,
    ItemRef,
    as_dialogue,
    instances,
    titles_of,
)
from wherefore.corpora.inspired import Inspired
from wherefore.corpora.jsonl import Jsonl
from wherefore.corpora.opendialkg import OpenDialKG
from wherefore.corpora.redial import Redial
from wherefore.corpora.sgd import SGD
from wherefore.corpora.taskmaster import Taskmaster

__all__ = [
    "CORPORA",
    "Corpus",
    "CorpusDialogue",
    "CorpusTurn",
    "Feedback",
    "Instance",
    "ItemRef",
    "as_dialogue",
    "instances",
    "read",
    "read_items",
    "titles_of",
]

CORPORA: dict[str, type[Corpus]] = {
    "inspired": Inspired,
    "jsonl": Jsonl,
    "opendialkg": OpenDialKG,
    "redial": Redial,
    "sgd": SGD,
    "taskmaster": Taskmaster,
}


def read(name: str, path: str | Path, split: str | None = None, **keywords: Any) -> Iterator[CorpusDialogue]:
    """The dialogues of a corpus, one at a time.

    Args:
        name: A key of `CORPORA`, or `package.module:Name` of your own `Corpus`.
        path: Its folder, or one of its files.
        split: "train", "valid" or "test"; None for all.
        keywords: What else the corpus takes, e.g. `sequences` of ReDial.

    Raises:
        ConfigError: If the corpus is unknown or a keyword is not taken.
        CorpusError: If the split is unknown or a line is broken.
        CorpusNotFoundError: If there are no such files.
    """
    return iter(build(Component(name=name, **keywords), CORPORA, "corpus", path=path, split=split))


def read_items(name: str, path: str | Path) -> dict[str, dict[str, Any]]:
    """Facts of a corpus' items by their ids.

    Raises:
        ConfigError: If the corpus is unknown.
        CorpusError: If a line is broken.
        CorpusNotFoundError: If there are no such files.
    """
    facts: dict[str, dict[str, Any]] = resolve(name, CORPORA, "corpus")(path).items()
    return facts
