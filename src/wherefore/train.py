"""From a config to a checkpoint: catalogue, index, corpora, candidates, stages."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch

from wherefore.catalog import Catalog
from wherefore.checkpoint import save_checkpoint
from wherefore.config import Config, build
from wherefore.corpora import CORPORA, CorpusDialogue, instances, read, read_items
from wherefore.files import write_aside
from wherefore.invented import invented_catalogs
from wherefore.losses import LOSSES
from wherefore.model import RecommenderLM, build_model
from wherefore.recommender import make_retriever
from wherefore.retrieval import EMBEDDERS, Index, Retriever
from wherefore.tasks import Ingredients, Recommendations, link_items, prepare_recommendations
from wherefore.trainer import Trainer

T = TypeVar("T")
Show = Callable[[str, int, int, str], None]  # what is done, done, of, a note


@dataclass(frozen=True)
class Corpus:
    """A corpus named in the config, read."""

    name: str
    dialogues: tuple[CorpusDialogue, ...]
    facts: Mapping[str, Mapping[str, Any]]  # of its items, by corpus item id
    item_of: Mapping[str, str]  # corpus item id → catalogue id
    titles: Mapping[str, str]  # corpus item id → title with year


def train(
    config: Config,
    out: str | Path,
    resume: bool = True,
    progress: bool = False,
    notes: Mapping[str, Any] | None = None,
    dtype: torch.dtype = torch.float32,
) -> Path:
    """Run every stage of a config and write the checkpoint.

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
        ValueError: If the config has no stages, or `out` holds another run.
        FileNotFoundError: If a corpus is not where the config says.
        TrainingStopped: On Ctrl-C, after saving; the same call goes on.
    """
    if not config.train.stages:
        raise ValueError("`train.stages` is empty; a config to start from is configs/starter.yaml")
    out = Path(out)
    if (out / "steps").exists() and not resume:
        raise ValueError(f"{out} holds a run already; resume it, or give another folder")
    with _shown(progress) as show:
        catalog = (
            Catalog.builtin()
            if config.catalog == "builtin"
            else Catalog.load(config.catalog, config.catalog_schema)
        )
        index = _index(config, catalog, out, show)
        retriever = make_retriever(config, index)
        model = build_model(config, index.vectors.shape[1], len(retriever.feature_names))
        data = ingredients(config, index, retriever, model, out, show)
        if data.recommendations is not None:
            sample = data.recommendations
            model.head.fit(torch.from_numpy(sample.features[sample.rows >= 0][:200_000].astype("float32")))
        with write_aside(_made(out) / "config.yaml") as aside:
            aside.write_text(config.to_yaml(), encoding="utf-8")

        def report(stage: str, done: int, of: int, losses: Mapping[str, float]) -> None:
            show(stage, done, of, " ".join(f"{name} {value:.3f}" for name, value in losses.items()))

        Trainer(config, model, data, out, report).run()
        folder = out / "checkpoint"
        trained_on = [
            {"corpus": one.name, "licence": CORPORA[one.name].licence}
            for one in config.corpora
            if one.name in CORPORA
        ]
        save_checkpoint(
            folder,
            config,
            model,
            index,
            retriever.feature_names,
            {"trained_on": trained_on, **(notes or {})},
            dtype,
        )
    return folder


def ingredients(
    config: Config, index: Index, retriever: Retriever, model: RecommenderLM, out: Path, show: Show
) -> Ingredients:
    """What the stages' tasks need, and no more: corpora are read only when a loss uses them."""
    tasks = {LOSSES[name].task for stage in config.train.stages for name in stage.losses if name in LOSSES}
    corpora = load_corpora(config, index.catalog) if tasks & {"dialogues", "recommendations"} else ()
    titles = {item: title for corpus in corpora for item, title in corpus.titles.items()}
    found = None
    if "recommendations" in tasks:
        found = _recommendations(config, corpora, titles, index, retriever, model, out, show)
    vectors = torch.tensor(index.vectors)
    practice: tuple[Catalog, ...] = ()
    if "wording" in tasks:
        practice = invented_catalogs(seed=config.seed)
        texts = [catalog.text(item) for catalog in practice for item in catalog.items]
        encoded = index.embedder.encode(texts, "item")
        encoded = encoded if index.projection is None else index.projection(encoded)
        vectors = torch.cat([vectors, torch.from_numpy(encoded)])
    return Ingredients(
        catalog=index.catalog,
        vectors=vectors,
        format=model.format,
        dialogues=tuple(dialogue for corpus in corpora for dialogue in corpus.dialogues),
        titles=titles,
        recommendations=found,
        practice=practice,
    )


def load_corpora(config: Config, catalog: Catalog, split: str = "train") -> tuple[Corpus, ...]:
    """Read the corpora that a config names and link their items to the catalogue.

    Raises:
        FileNotFoundError: If one is not where the config says.
        ValueError: If a name is unknown.
    """
    corpora = []
    for component in config.corpora:
        path = component.kwargs.get("path")
        if path is None:
            raise ValueError(f"corpus {component.name!r} needs a `path`, the folder or file that holds it")
        facts = read_items(component.name, path)
        dialogues = tuple(read(component.name, path, split=split))
        named = dict.fromkeys(
            item for dialogue in dialogues for turn in dialogue.turns for item in turn.items
        )
        links = link_items(catalog, component.name, facts, named)
        titles = {
            item: _dated(catalog[links[item]].title, catalog[links[item]].get("year")) for item in links
        }
        titles |= {
            item: _dated(record["title"], record.get("year"))
            for item, record in facts.items()
            if record.get("title")
        }
        corpora.append(Corpus(component.name, dialogues, facts, links, titles))
    return tuple(corpora)


def _dated(title: Any, year: Any) -> str:
    return f"{title} ({year})" if year else str(title)


def _index(config: Config, catalog: Catalog, out: Path, show: Show) -> Index:
    embedder = build(config.embedder, EMBEDDERS, "embedder")
    folder = out / "index"
    try:
        return Index.load(folder, catalog, embedder)
    except (FileNotFoundError, ValueError):
        pass
    index = Index.build(
        catalog,
        embedder,
        config.store,
        config.pca,
        progress=lambda done, of: show("embedding items", done, of, ""),
        cache=out / "embedding",
    )
    index.save(folder)
    return index


def _recommendations(
    config: Config,
    corpora: tuple[Corpus, ...],
    titles: Mapping[str, str],
    index: Index,
    retriever: Retriever,
    model: RecommenderLM,
    out: Path,
    show: Show,
) -> Recommendations | None:
    """Candidates for every recommending turn; made once per run folder, catalogue and retrieval."""
    parts = [
        index.catalog.fingerprint(),
        index.embedder.name,
        config.retrieval.model_dump_json(),
        config.llm.model_dump_json(),
        json.dumps([component.model_dump(mode="json") for component in config.corpora]),
        str(config.train.recommending_turns),
    ]
    path = out / f"candidates-{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:12]}.safetensors"
    if path.is_file():
        return Recommendations.load(path)
    item_of = {item: catalog_id for corpus in corpora for item, catalog_id in corpus.item_of.items()}
    turns = [
        (dialogue, instance.turn)
        for corpus in corpora
        if corpus.item_of
        for dialogue in corpus.dialogues
        for instance in instances(dialogue)
    ]
    if not turns:
        return None
    made = prepare_recommendations(
        spread(turns, config.train.recommending_turns),
        item_of,
        titles,
        index.catalog,
        retriever,
        model.format,
        config.retrieval.k,
        config.seed,
        lambda done, of: show("fetching candidates", done, of, ""),
    )
    made.save(path)
    return made


def spread(entries: list[T], count: int | None) -> list[T]:
    """`count` entries, evenly spread; all of them when None.

    >>> spread([1, 2, 3, 4, 5, 6], 3)
    [1, 3, 5]
    """
    if count is None or count >= len(entries):
        return entries
    return [entries[place * len(entries) // count] for place in range(count)]


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _shown(progress: bool) -> Iterator[Show]:
    """A progress bar with the time left on standard error, or a line now and then where that is no terminal."""
    if not progress:
        yield lambda what, done, of, note: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    tasks: dict[str, Any] = {}
    began: dict[str, tuple[float, int]] = {}
    told = 0.0
    with Progress(
        *columns, TextColumn("{task.fields[note]}"), console=console, disable=not console.is_terminal
    ) as bar:

        def show(what: str, done: int, of: int, note: str) -> None:
            nonlocal told
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=of, note=note)
                began[what] = (time.monotonic(), done)
            bar.update(tasks[what], completed=done, note=note)
            now = time.monotonic()
            if not console.is_terminal and (now - told > 20 or done == of):
                told = now
                start, first = began[what]
                left = (now - start) / max(done - first, 1) * (of - done)
                console.out(f"{what} {done}/{of}, {left / 60:.0f} min left {note}".rstrip(), highlight=False)

        yield show
