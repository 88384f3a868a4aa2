"""The starter, from its config to its checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from wherefore.catalog.catalog import Catalog
from wherefore.config import Config
from wherefore.training.generator import DialogueMaker, write_corpus
from wherefore.training.prepare import load_index
from wherefore.training.train import train


def train_starter(config: Config, out: Path, ratings: str, count: int, notes: Mapping[str, Any]) -> Path:
    """Make the dialogues that are not there yet, and train in half precision.

    Args:
        config: Corpora of the kind `jsonl` are made.
        out: Folder of the run.
        ratings: Whose tastes are played, as NAME=PATH.
        count: Dialogues, at most.
        notes: For the manifest.

    Returns:
        The checkpoint's folder.
    """
    for component in config.corpora:
        folder = Path(str(component.kwargs.get("path")))
        if component.name == "jsonl" and not (folder / "dialogues.jsonl").is_file():
            catalog = Catalog.builtin()
            index = load_index(config, catalog, out, lambda *_: None)
            write_corpus(DialogueMaker(catalog, index.vectors), folder, ratings, count, config.seed)
    return train(config, out, progress=True, notes=notes, dtype=torch.float16)


def shortened(config: Config) -> Config:
    """A twentieth of the steps, on few turns: a starter that works, badly, in some minutes."""
    tree = config.model_dump(mode="json")
    for stage in tree["train"]["stages"]:
        stage["steps"] = max(stage["steps"] // 20, 1)
    tree["train"]["recommending_turns"] = 500
    return Config.parse(tree)
