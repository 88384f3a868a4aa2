"""The runs of a config: each is trained unless it is there already, and measured on the test part of its corpus."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wherefore.catalog.catalog import Catalog
from wherefore.config import Config
from wherefore.errors import CatalogNotFoundError, ConfigError
from wherefore.evaluation.evaluate import PROTOCOLS, Report
from wherefore.evaluation.items import write_catalog
from wherefore.evaluation.run import evaluate_corpus
from wherefore.files import write_aside
from wherefore.progress import Progress

SYSTEMS = (
    "recommender",
    "ease",
    "co-mention",
    "nearest-dialogues",
    "bm25",
    "zero-shot",
    "popularity",
    "repeat-context",
)


def _no_bar(what: str) -> AbstractContextManager[Progress | None]:
    return nullcontext()


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of one config, and how they are measured.

    Attributes:
        file: The config.
        overrides: Changes to it, like `train.save_every=50`.
        folder: For all that is made.
        results: Folder for tables.
        seeds: How many runs, with seeds from the config's own upwards.
        systems: What stands in the table.
        protocols: Of `PROTOCOLS`.
        limit: Measure only the first so many instances.
        resamples: Bootstrap samples.
        command: The command line, for the results.
        note: Told what begins.
        bar: Gives what is told how far a measurement is.
    """

    file: Path
    overrides: tuple[str, ...]
    folder: Path
    results: Path = Path("results")
    seeds: int = 5
    systems: tuple[str, ...] = SYSTEMS
    protocols: tuple[str, ...] = PROTOCOLS
    limit: int | None = None
    resamples: int = 1000
    command: str = ""
    note: Callable[[str], None] = lambda text: None
    bar: Callable[[str], AbstractContextManager[Progress | None]] = _no_bar

    def config(self, number: int = 0, changes: Sequence[str] = ()) -> Config:
        """The config of a run: the config's own seed is that of number 0."""
        config = Config.load(self.file, [*self.overrides, *changes])
        return config.model_copy(update={"seed": config.seed + number})

    @property
    def corpus(self) -> Any:
        """The first corpus of the config: what is measured."""
        return self.config().corpora[0]

    def trained(self, number: int, changes: Sequence[str], where: str) -> Path:
        """The checkpoint of one run, trained unless it is there already."""
        from wherefore.training.train import train
        from wherefore.training.trainer import decisive

        config = self.config(number, changes)
        self.make_catalog(config)
        folder = self.folder / where
        kept = folder / "checkpoint" / "config.yaml"
        known = _loaded(kept) if kept.is_file() else None
        if known is not None and decisive(known) == decisive(config):
            return folder / "checkpoint"
        self.note(f"training {folder}")
        with self.timed(where):
            train(config, folder, progress=True)
        return folder / "checkpoint"

    def untrained(self, number: int) -> Path:
        """The checkpoint that a seed starts from, on the config's catalogue: nothing is trained."""
        from wherefore.checkpoint import checkpoint_dir, load_checkpoint, moved, save_checkpoint

        config = self.config(number)
        if config.train.init is None:
            raise ConfigError("--zero-shot measures the checkpoints of `train.init`, but the config has none")
        self.make_catalog(config)
        start = config.train.init.replace("{seed}", str(config.seed))
        base = load_checkpoint(checkpoint_dir(start), "cpu", merge=False)
        folder = self.folder / "zero-shot"
        made = moved(base, Catalog.load(config.catalog, config.catalog_schema), cache=folder / "index")
        told = made.config.model_copy(
            update={"catalog": config.catalog, "catalog_schema": config.catalog_schema}
        )
        save_checkpoint(folder / f"seed-{number}", told, made.model, made.retriever, signals=made.signals)
        return folder / f"seed-{number}"

    def make_catalog(self, config: Config) -> None:
        """Make the corpus' catalogue where it is missing."""
        if config.catalog == "builtin" or Path(config.catalog).is_file():
            return
        if not config.corpora:
            raise CatalogNotFoundError(
                f"{config.catalog} is not there, and the config names no corpus to make it from"
            )
        corpus = config.corpora[0]
        self.note(f"making {config.catalog}")
        write_catalog(corpus.name, Path(corpus.kwargs["path"]).parent, Path(config.catalog))

    def measured(
        self,
        checkpoints: Sequence[Path],
        systems: Sequence[str] = ("recommender",),
        where: str = "",
        cold: Sequence[str] = (),
        searches: dict[str, dict[Any, Any]] | None = None,
    ) -> list[Report]:
        """Reports of systems on the test part; their rankings are kept below `where` in the folder."""
        corpus, folder = self.corpus, self.folder / where
        with self.timed("evaluation", where), self.bar("Ranking") as progress:
            return evaluate_corpus(
                systems,
                corpus.name,
                corpus.kwargs["path"],
                "test",
                protocols=self.protocols,
                checkpoints=[str(one) for one in checkpoints],
                sequences=bool(corpus.kwargs.get("sequences")),
                cold=cold,
                save_predictions=folder / "predictions",
                cache=folder / "evaluation",
                searches=searches,
                settings=[f"turn={self.config().turn.model_dump_json()}"],  # which moves no weights
                limit=self.limit,
                resamples=self.resamples,
                command=self.command,
                progress=progress,
            )

    @contextmanager
    def timed(self, what: str, where: str = "") -> Iterator[None]:
        """Add the minutes that something takes to those in `minutes.json`, also when it is stopped."""
        began = time.monotonic()
        try:
            yield
        finally:
            folder = self.folder / where
            folder.mkdir(parents=True, exist_ok=True)
            told = minutes(folder)
            told[what] = round(told.get(what, 0.0) + (time.monotonic() - began) / 60, 2)
            with write_aside(folder / "minutes.json") as aside:
                aside.write_text(json.dumps(told, indent=1), encoding="utf-8")


def minutes(folder: Path) -> dict[str, float]:
    """What `Runs.timed` counted."""
    file = folder / "minutes.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def _loaded(path: Path) -> Config | None:
    """A checkpoint's configuration, where settings that came later have their defaults; None of another version."""
    try:
        return Config.load(path)
    except ValueError:
        return None


def parameters(checkpoint: Path) -> dict[str, int]:
    """How many numbers each part of a checkpoint has; the embedder and the LLM share MiniLM's where both are it."""
    from wherefore.checkpoint import load_checkpoint
    from wherefore.retrieval.learned import Learned

    loaded = load_checkpoint(checkpoint, "cpu", merge=False)
    model = loaded.model
    own = {id(p): p.numel() for p in model.parameters()}
    adapter = sum(p.numel() for name, p in model.lm.named_parameters() if p.requires_grad)
    parts = {
        "item_encoder": sum(p.numel() for p in model.item_encoder.parameters()),
        "ranking_head": sum(p.numel() for p in model.head.parameters()),
        "adapter": adapter,
    }
    parts["llm"] = sum(own.values()) - sum(parts.values())
    if loaded.config.embedder.name != loaded.config.llm.name:
        embedder: Any = loaded.index.embedder
        weights: Any = getattr(getattr(embedder, "model", None), "parameters", tuple)()
        parts["embedder"] = sum(p.numel() for p in weights)
    for source in loaded.retriever.sources:
        if isinstance(source, Learned):
            tensors: Mapping[str, Any] = source.tensors()
            parts[source.name] = sum(int(t.size) for t in tensors.values() if t.dtype.kind == "f")
    parts["signals"] = sum(one.size for one in loaded.signals.values())
    parts = {name: count for name, count in parts.items() if count}
    return parts | {"total": sum(parts.values())}
