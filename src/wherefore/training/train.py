"""From a config to a checkpoint: what training runs on is prepared, then the stages run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from wherefore.build import build_model
from wherefore.catalog.catalog import Catalog
from wherefore.checkpoint import check_files, checkpoint_dir, save_checkpoint, start_from
from wherefore.config import Config
from wherefore.corpora import CORPORA
from wherefore.errors import ConfigError, TrainingError
from wherefore.files import write_aside
from wherefore.lm.item_encoder import ItemSignals
from wherefore.lm.model import RecommenderLM
from wherefore.lm.prompt import PromptFormat
from wherefore.retrieval.content_signals import ContentSignal
from wherefore.retrieval.learned import Learned
from wherefore.retrieval.retriever import Retriever, make_retriever
from wherefore.retrieval.signals import Signal, SignalVectors, load_signals, make_signals
from wherefore.training.calibrate import calibrate
from wherefore.training.corpus import load_corpora, named_together
from wherefore.training.ingredients import Ingredients
from wherefore.training.judged import JudgedTurns
from wherefore.training.losses import LOSSES
from wherefore.training.parallel import processes
from wherefore.training.practice import invented_catalogs
from wherefore.training.prepare import Preparation, Show, load_index
from wherefore.training.progress import shown_progress
from wherefore.training.recommendations import Recommendations
from wherefore.training.trainer import RANKS, Trainer, is_measured
from wherefore.training.weights import load_trained

_FROM_TURNS = ("recommendations", "candidates", "users")  # tasks that need recommending turns with candidates


def train(
    config: Config,
    out: str | Path,
    resume: bool = True,
    progress: bool = False,
    notes: Mapping[str, Any] | None = None,
    dtype: torch.dtype = torch.float32,
) -> Path:
    """Run every stage of a config and write the checkpoint.

    Under `accelerate launch`, every process calls this; the first prepares and writes, and all train.

    Args:
        config: The whole tree; needs at least one of `train.stages`.
        out: Folder of the run: config, log, plot, candidates and checkpoints.
        resume: Go on with the run in `out`; otherwise `out` must not hold one.
        progress: Show a bar with the time left on standard error.
        notes: For the manifest.
        dtype: Of the weights that the checkpoint holds.

    Returns:
        The checkpoint's folder.

    Raises:
        ConfigError: If the config has no stages.
        TrainingError: If `out` holds another run.
        CorpusNotFoundError: If a corpus is not where the config says.
        TrainingStopped: On Ctrl-C, after saving; the same call goes on.
    """
    if not config.train.stages:
        raise ConfigError("`train.stages` is empty; a config to start from is configs/starter.yaml")
    out = Path(out)
    if (out / "steps").exists() and not resume:
        raise TrainingError(f"{out} holds a run already; resume it, or give another folder")
    here = processes()
    with shown_progress(progress and here.is_main_process) as show:
        with here.main_process_first():  # the others read what it has kept
            made = _prepare(config, out, show)
        if here.is_main_process:
            with write_aside(out / "config.yaml") as aside:
                aside.write_text(config.to_yaml(), encoding="utf-8")

        def report(stage: str, done: int, of: int, losses: Mapping[str, float]) -> None:
            show(stage, done, of, " ".join(f"{name} {value:.3f}" for name, value in losses.items()))

        trainer = Trainer(config, made.model, made.data, out, report)
        trainer.run()
        folder = out / "checkpoint"
        if here.is_main_process:
            model = made.model
            if trainer.sharded:
                model = _fresh_model(config, made.retriever, made.base)
                load_trained(model, trainer.final_weights())
            _finish(config, folder, model, made, show, notes, dtype)
        here.wait_for_everyone()
    return folder


@dataclass(frozen=True)
class _Prepared:
    """What training starts from."""

    retriever: Retriever
    signals: Mapping[str, SignalVectors]
    base: Path | None  # the checkpoint to start from
    model: RecommenderLM
    data: Ingredients


def _prepare(config: Config, out: Path, show: Show) -> _Prepared:
    """Make or read what is kept: index, sources, signals, candidates; and make the model."""
    catalog = (
        Catalog.builtin()
        if config.catalog == "builtin"
        else Catalog.load(config.catalog, config.catalog_schema)
    )
    kept = Path(config.train.cache) if config.train.cache else out
    index = load_index(config, catalog, kept, show)
    retriever = make_retriever(config, index)
    learning = any(isinstance(source, Learned) for source in retriever.sources)
    read = (
        learning
        or bool(config.train.init is None and any(map(_is_learned, make_signals(config.signals).values())))
        or bool(_tasks(config) & {"dialogues", "pairs", *_FROM_TURNS})
    )
    corpora = load_corpora(config, catalog) if read else ()
    preparation = Preparation(config, corpora, index, kept, show)
    preparation.sources(retriever)
    base = None
    if config.train.init is not None:
        base = checkpoint_dir(config.train.init.replace("{seed}", str(config.seed)))
        check_files(base)
        # Vectors learned anew would mean something else than those that its item encoder knows.
        signals = load_signals(make_signals(config.signals), base / "signals")
    else:
        signals = preparation.signals()
    model = _fresh_model(config, retriever, base)
    items = ItemSignals(
        torch.tensor(index.vectors), {name: given.rows(index) for name, given in signals.items()}
    )
    data = _ingredients(preparation, retriever, items, model.format)
    if data.recommendations is not None:
        model.head.fit(data.recommendations.known_features(200_000))
    return _Prepared(retriever, signals, base, model, data)


def _is_learned(signal: Signal) -> bool:
    """Whether a signal learns from dialogues."""
    return not isinstance(signal, ContentSignal)


def _fresh_model(config: Config, retriever: Retriever, base: Path | None) -> RecommenderLM:
    index = retriever.index
    model = build_model(config, index.vectors.shape[1], len(retriever.feature_names))
    model.item_encoder.fit(torch.tensor(index.vectors))
    if base is not None:
        start_from(model, base, retriever)
    return model


def _finish(
    config: Config,
    folder: Path,
    model: RecommenderLM,
    made: _Prepared,
    show: Show,
    notes: Mapping[str, Any] | None,
    dtype: torch.dtype,
) -> None:
    """Weigh the LLM's scores and write the checkpoint."""
    weighed = {}
    if made.base is None and not _ranks(config):
        model.head.weigh_llm(0.0)  # it has not learned to rank
    if made.data.held_out and _ranks(config):
        turns = sorted(made.data.held_out)
        weighed = calibrate(
            model, made.data, turns, lambda done, of: show("weighing the LLM's scores", done, of, "")
        )
    trained_on = [
        {"corpus": one.name, "licence": one.kwargs.get("licence", CORPORA[one.name].licence)}
        for one in config.corpora
        if one.name in CORPORA
    ]
    save_checkpoint(
        folder,
        config,
        model,
        made.retriever,
        {"trained_on": trained_on, **({"calibration": weighed} if weighed else {}), **(notes or {})},
        dtype,
        made.signals,
    )


def _ranks(config: Config) -> bool:
    """Whether a stage lets the LLM learn to rank."""
    return config.ranker.llm and any(RANKS & set(stage.losses) for stage in config.train.stages)


def _held_out(config: Config, found: Recommendations | None) -> frozenset[int]:
    """The newest turns, where the LLM's scores are to be weighed, and recall to be measured."""
    train = config.train
    measured = any(is_measured(train, stage) for stage in train.stages)
    if found is None or not (_ranks(config) or measured):
        return frozenset()
    return frozenset(range(len(found) - int(config.train.held_out * len(found)), len(found)))


def _tasks(config: Config) -> set[str]:
    """The tasks that the stages' losses read."""
    return {LOSSES[name].task for stage in config.train.stages for name in stage.losses if name in LOSSES}


def _ingredients(
    preparation: Preparation, retriever: Retriever, items: ItemSignals, text_format: PromptFormat
) -> Ingredients:
    """What the stages' tasks need, and no more."""
    config, corpora, index = preparation.config, preparation.corpora, preparation.index
    tasks = _tasks(config)
    found = preparation.candidates(retriever, text_format) if tasks & {*_FROM_TURNS} else None
    practice: tuple[Catalog, ...] = ()
    if "wording" in tasks:
        practice = invented_catalogs(seed=config.seed)
        texts_of = [catalog.text(item) for catalog in practice for item in catalog.items]
        encoded = index.embedder.encode(texts_of, "item")
        encoded = encoded if index.projection is None else index.projection(encoded)
        items = items.followed_by(torch.from_numpy(encoded))
    judged = None
    if config.train.judged is not None and found is not None:
        judged = JudgedTurns.of(found, index.catalog, config.train.judged.model_dump())
    return Ingredients(
        catalog=index.catalog,
        items=items,
        format=text_format,
        dialogues=tuple(one for corpus in corpora for one in corpus.dialogues if corpus.has_words(one)),
        titles={item: title for corpus in corpora for item, title in corpus.titles.items()},
        recommendations=found,
        practice=practice,
        optional=retriever.optional_features,
        personal=retriever.personal_features,
        cold=config.train.cold,
        missing=config.train.missing,
        ranker=config.ranker,
        held_out=_held_out(config, found),
        together=named_together(corpora, index.catalog) if "pairs" in tasks else (),
        by_length=config.train.by_length,
        judged=judged,
    )


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
