"""Schema-Guided Dialogue: a user and an assistant over many services (Rastogi et al., 2020)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from wherefore.corpora.base import Corpus, CorpusDialogue, CorpusTurn, read_shared
from wherefore.corpora.files import read_array
from wherefore.errors import CorpusError


class SGD(Corpus):
    """SGD, from `train/`, `dev/`, `test/` with `dialogues_*.json`, or the shared schema; names no items."""

    name = "sgd"
    licence = "CC BY-SA 4.0"
    redistributable = True
    source = "https://github.com/google-research-datasets/dstc8-schema-guided-dialogue"
    originals: ClassVar[tuple[str, ...]] = tuple(
        f"{folder}dialogues_*.json" for folder in ("train/", "dev/", "test/", "")
    )
    shared: ClassVar[tuple[str, ...]] = ("sgd*.jsonl", "sgd*.jsonl.gz")

    def read_file(self, file: Path) -> Iterator[CorpusDialogue]:
        """The dialogues of one file; the folder of an original file says its split."""
        return _read_original(file) if file.suffix == ".json" else read_shared(file, self.name)


def _read_original(file: Path) -> Iterator[CorpusDialogue]:
    folder = file.parent.name if file.parent.name in ("train", "dev", "test") else "train"
    speakers: dict[str, str] = {"USER": "user", "SYSTEM": "assistant"}
    for where, record in read_array(file):
        try:
            turns = tuple(
                CorpusTurn(
                    "user" if speakers[turn["speaker"]] == "user" else "assistant", (turn["utterance"],)
                )
                for turn in record["turns"]
                if turn["utterance"].strip()
            )
            dialogue_id = f"sgd_{folder}_{record['dialogue_id']}"
        except (KeyError, TypeError, AttributeError) as error:
            raise CorpusError(f"{where} is not an SGD dialogue: {type(error).__name__}: {error}") from error
        yield CorpusDialogue(dialogue_id, "sgd", "valid" if folder == "dev" else folder, turns)
