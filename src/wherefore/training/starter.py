"""The starter, from its config to its checkpoint."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from wherefore.catalog.catalog import Catalog
from wherefore.checkpoint import load_model, save_checkpoint
from wherefore.config import Config
from wherefore.errors import CheckpointError
from wherefore.retrieval.learned import load_sources
from wherefore.retrieval.passage_match import PassageMatch
from wherefore.retrieval.retriever import make_retriever
from wherefore.retrieval.signals import load_signals, make_signals
from wherefore.retrieval.tensors import write_tensors
from wherefore.training.generator import DialogueMaker, write_corpus, write_records
from wherefore.training.prepare import load_index
from wherefore.training.progress import shown_progress
from wherefore.training.requests import EncoderTraining, Request, fit_encoder, read_requests, split
from wherefore.training.train import train

_OF_FILES = (
    "format",
    "embedder",
    "dim",
    "features",
    "catalog",
    "files",
)  # of a manifest: made with every checkpoint


ENCODER = "requests.safetensors"  # what a run's encoder of requests has learned


def train_starter(
    config: Config,
    out: Path,
    ratings: str,
    count: int,
    notes: Mapping[str, Any],
    requests: Path,
    epochs: int = 8,
    plots: Path | None = None,
) -> Path:
    """Make what is not there yet: dialogues, and the encoder of requests; then train in half precision.

    Args:
        config: Corpora of the kind `jsonl` are made: one in a folder `requests` of the ranker's share of them, the
            others of the catalogue's facts.
        out: Folder of the run.
        ratings: Whose tastes are played, as NAME=PATH.
        count: Dialogues, at most.
        notes: For the manifest.
        requests: A file of requests with what answers them, from which the encoder of the source `passages` learns,
            unless the run's folder has one.
        epochs: Of the encoder.
        plots: Vectors of plots, if there are any.

    Returns:
        The checkpoint's folder.
    """
    catalog = Catalog.builtin()
    told = split(read_requests(requests))
    config = _with_own(config, None, plots)
    for component in config.corpora:
        folder = Path(str(component.kwargs.get("path")))
        if component.name != "jsonl" or (folder / "dialogues.jsonl").is_file():
            continue
        if folder.name == "requests":
            _write_requests(told["ranker"], catalog, folder)
            continue
        index = load_index(config, catalog, out, lambda *_: None)
        write_corpus(DialogueMaker(catalog, index.vectors), folder, ratings, count, config.seed)
    encoder = out / ENCODER
    if config.retrieval.reads_passages and not encoder.is_file():
        index = load_index(config, catalog, out, lambda *_: None)
        settings = EncoderTraining(epochs=epochs, seed=config.seed)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        with shown_progress(True) as show:
            changes = fit_encoder(
                told["encoder"],
                catalog,
                index.passages,
                settings,
                device,
                lambda done, of: show("learning to read requests", done, of, ""),
            )
        write_tensors(encoder, changes)
    config = _with_own(config, encoder, plots)
    return train(config, out, progress=True, notes=notes, dtype=torch.float16)


def _with_own(config: Config, encoder: Path | None, plots: Path | None) -> Config:
    """A config whose source `passages` reads requests with an encoder of its own, and knows vectors of plots."""
    tree = config.model_dump(mode="json")
    for source in tree["retrieval"]["sources"]:
        if source["name"] == "passages":
            source["encoder"] = None if encoder is None else _from_here(encoder)
    if plots is not None and plots.is_file():
        tree["retrieval"]["passages"]["vectors"] = _from_here(plots)
    return Config.parse(tree)


def _from_here(path: Path) -> str:
    """A path as seen from the working folder: what is kept of a run is then found in a copy elsewhere, too."""
    return os.path.relpath(path)


def refit_starter(config: Config, checkpoint: Path, kept: Path, out: Path, plots: Path | None = None) -> None:
    """Put what a checkpoint has learned onto today's built-in catalogue; nothing is trained.

    For when records were mended: its items' vectors and passages are made anew, with the config's sources.

    Args:
        config: Its sources must give the features that the checkpoint was trained with.
        checkpoint: What has learned, on any version of the catalogue.
        kept: Folder for the index, and for vectors of texts that have not changed since.
        out: Where the new checkpoint goes.
        plots: Vectors of plots, if there are any.

    Raises:
        CheckpointError: If a part does not fit.
    """
    manifest = json.loads((checkpoint / "manifest.json").read_text(encoding="utf-8"))
    encoder = kept / ENCODER
    config = _with_own(
        config, encoder if encoder.is_file() else checkpoint / "sources" / "passages.safetensors", plots
    )
    with shown_progress(True) as show:
        index = load_index(config, Catalog.builtin(), kept, show)
    retriever = make_retriever(config, index)
    if list(retriever.feature_names) != list(manifest["features"]):
        raise CheckpointError(f"{checkpoint} was trained with other sources than the config's")
    load_sources(
        [source for source in retriever.sources if not isinstance(source, PassageMatch)],
        checkpoint / "sources",
    )
    model = load_model(checkpoint, config, manifest, merge=False)
    signals = load_signals(make_signals(config.signals), checkpoint / "signals")
    told = {key: manifest[key] for key in manifest if key not in _OF_FILES}
    save_checkpoint(out, config, model, retriever, told, torch.float16, signals)


def _write_requests(requests: Sequence[Request], catalog: Catalog, folder: Path) -> None:
    """Requests as dialogues; of items that the catalogue has."""
    names = {
        item.id: f"i{row}" for row, item in enumerate(catalog.items)
    }  # a name has letters and digits alone
    found = [one for one in requests if any(item in names for item in one.items)]
    folder.mkdir(parents=True, exist_ok=True)
    write_records(
        folder / "items.jsonl",
        (
            {"item_id": names[item], "title": catalog[item].title, "catalogue_id": item}
            for item in sorted({item for one in found for item in one.items if item in names})
        ),
    )
    write_records(
        folder / "dialogues.jsonl", (one.dialogue(number, names) for number, one in enumerate(found))
    )


def shortened(config: Config) -> Config:
    """A twentieth of the steps, on few turns: a starter that works, badly, in some minutes."""
    tree = config.model_dump(mode="json")
    for stage in tree["train"]["stages"]:
        stage["steps"] = max(stage["steps"] // 20, 1)
    tree["train"]["recommending_turns"] = 500
    return Config.parse(tree)
