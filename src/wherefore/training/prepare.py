"""What training runs on: index, corpora, sources that learn, and candidates; each is made once and kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.config import Config, build
from wherefore.corpora.base import instances
from wherefore.dialogue.messages import Dialogue
from wherefore.lm.prompt import PromptFormat
from wherefore.retrieval.embedders import EMBEDDERS
from wherefore.retrieval.embedding_cache import CachedEmbedder
from wherefore.retrieval.index import Index
from wherefore.retrieval.item_vectors import ItemVectors
from wherefore.retrieval.learned import Learned, TextVectors, folds_of, load_sources, save_sources
from wherefore.retrieval.retriever import Retriever, make_retriever
from wherefore.retrieval.signals import load_signals, make_signals, save_signals
from wherefore.retrieval.utterances import message_texts
from wherefore.training.corpus import Corpus, _ids_in, _linked, _taught, spread
from wherefore.training.recommendations import Recommendations, prepare_recommendations

Show = Callable[[str, int, int, str], None]  # what is done, done, of, a note


def load_index(config: Config, catalog: Catalog, kept: Path, show: Show) -> Index:
    """The index in a folder, or a new one that is kept there, as is every vector that its embedder makes."""
    embedder = CachedEmbedder(build(config.embedder, EMBEDDERS, "embedder"), kept / "embeddings.sqlite")
    folder = kept / ("index" if config.pca is None else f"index-pca-{config.pca}")
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
    )
    index.save(folder)
    return index


def prepare_sources(
    config: Config,
    retriever: Retriever,
    corpora: Sequence[Corpus],
    vectors: TextVectors,
    kept: Path,
    show: Show,
) -> None:
    """Let a retriever's sources learn from all dialogues, or take what they learned before."""
    lessons = [corpus.read(dialogue) for corpus, dialogue in _taught(corpora)]
    _learn(retriever, lessons, vectors, _source_folders(config, corpora, retriever, kept), "all", show, "")


def prepare_signals(
    config: Config, corpora: Sequence[Corpus], index: Index, kept: Path, show: Show
) -> dict[str, ItemVectors]:
    """Let what the item encoder reads besides text be learned from all dialogues, or take what was learned before."""
    made: dict[str, ItemVectors] = {}
    for component in config.signals:
        parts = [component.model_dump_json(), *_data_key(config, corpora, index)]
        digest = hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]
        folder = kept / "signals" / f"{component.name}-{digest}"
        signals = make_signals([component])
        try:
            made |= load_signals(signals, folder)
            continue
        except FileNotFoundError:
            pass
        show(f"{component.name} vectors", 0, 1, "")
        signal = signals[component.name]
        linked = _taught(corpora)
        silent = [(corpus, one) for corpus, one in linked if not corpus.has_words(one)]
        lessons = [corpus.read(one) for corpus, one in (silent if signal.wordless and silent else linked)]
        save_signals({component.name: signal.fit(lessons, index.catalog)}, folder)
        made |= load_signals(signals, folder)
        show(f"{component.name} vectors", 1, 1, "")
    return made


def _source_folders(
    config: Config, corpora: Sequence[Corpus], retriever: Retriever, kept: Path
) -> dict[str, Path]:
    """Where what each source learned is kept, by its name: depends on all that decides it."""
    folders = {}
    for component, source in zip(config.retrieval.sources, retriever.sources, strict=True):
        if isinstance(source, Learned):
            learning = {
                name: value for name, value in component.model_dump(mode="json").items() if name != "k"
            }
            parts = [json.dumps(learning), str(config.retrieval.folds)]
            parts += _data_key(config, corpora, retriever.index)
            digest = hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]
            folders[source.name] = kept / "sources" / f"{source.name}-{digest}"
    return folders


def _data_key(config: Config, corpora: Sequence[Corpus], index: Index) -> list[str]:
    ids = hashlib.sha256("|".join(one.id for corpus in corpora for one in corpus.dialogues).encode())
    components = [component.model_dump(mode="json") for component in config.corpora]
    key = [index.catalog.fingerprint(), index.embedder.name, json.dumps(components), ids.hexdigest()]
    if index.projection is not None:
        key.append(hashlib.sha256(index.projection.directions.tobytes()).hexdigest())
    if config.train.without is not None:
        key.append(hashlib.sha256(" ".join(sorted(_ids_in(config.train.without))).encode()).hexdigest())
    return key


def _learn(
    retriever: Retriever,
    lessons: Sequence[Dialogue],
    vectors: TextVectors,
    folders: Mapping[str, Path],
    part: str,
    show: Show,
    note: str,
) -> None:
    for source in retriever.sources:
        if not isinstance(source, Learned):
            continue
        folder = folders[source.name] / part
        try:
            load_sources([source], folder)
            continue
        except FileNotFoundError:
            pass
        texts = [text for lesson in lessons for text in message_texts(lesson) if text]
        vectors.rows(texts, _telling(show, "embedding messages"))  # the first time only
        if not lessons:
            raise ValueError(
                f"source {source.name!r} learns from dialogues, but none of `corpora` has items of the "
                "catalogue; add one, or take the source out of `retrieval.sources`"
            )
        source.fit(lessons, vectors, _telling(show, f"{source.name} learns{note}"))
        save_sources([source], folder)
        load_sources([source], folder)  # as rounded as it will be in a checkpoint


def _telling(show: Show, what: str, before: int = 0, total: int | None = None) -> Callable[[int, int], None]:
    """Shows progress of a part: `before` are done already, of `total`."""
    return lambda done, of: show(what, before + done, of if total is None else total, "")


def prepare_candidates(
    config: Config,
    corpora: Sequence[Corpus],
    retriever: Retriever,
    vectors: TextVectors,
    text_format: PromptFormat,
    kept: Path,
    show: Show,
) -> Recommendations | None:
    """Candidates for every recommending turn, found by sources that did not learn from its dialogue.

    Sources that learn are fitted again for each of `retrieval.folds` parts of the dialogues, without that part
    (cross-fitting), so that the ranker sees them as they are on dialogues that are new to them.
    """
    index, linked = retriever.index, _linked(corpora)
    parts = [
        config.retrieval.model_dump_json(),
        config.llm.model_dump_json(),
        str(config.train.recommending_turns),
        str(text_format.soft_tokens),
        *_data_key(config, corpora, index),
    ]
    digest = hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]
    path = kept / f"candidates-{digest}.safetensors"
    if path.is_file():
        return Recommendations.load(path)
    turns = [
        (number, instance.turn)
        for number, (corpus, dialogue) in enumerate(linked)
        if corpus.ranked and Corpus.has_words(dialogue)
        for instance in instances(dialogue)
    ]
    turns = spread(turns, config.train.recommending_turns)
    if not turns:
        return None
    learned = any(isinstance(source, Learned) for source in retriever.sources)
    number_of_folds = config.retrieval.folds if learned else 1
    parts_of = [folds_of(len(one.dialogues), number_of_folds) for one in corpora if one.item_of]
    folds = np.concatenate([np.zeros(0, dtype=np.int64), *parts_of])  # each corpus in parts of its own
    folders = _source_folders(config, corpora, retriever, kept)
    made: list[Recommendations] = []
    done = 0
    for fold in range(int(folds.max()) + 1):
        todo = [(linked[number], turn) for number, turn in turns if folds[number] == fold]
        if not todo:
            continue
        piece = kept / f"candidates-{digest}-{fold}.safetensors"
        if not piece.is_file():
            finder = retriever
            if learned:
                others = [
                    corpus.read(dialogue)
                    for where, (corpus, dialogue) in zip(folds, linked, strict=True)
                    if where != fold and corpus.taught
                ]
                finder = make_retriever(config, index)
                note = f" without part {fold + 1}"
                _learn(finder, others, vectors, folders, f"without-{fold}", show, note)
            prepare_recommendations(
                [(dialogue, turn, corpus.item_of, corpus.titles) for (corpus, dialogue), turn in todo],
                index.catalog,
                finder,
                text_format,
                config.retrieval.k,
                config.seed if config.train.cache is None else 0,
                _telling(show, "fetching candidates", done, len(turns)),
            ).save(piece)
        done += len(todo)
        made.append(Recommendations.load(piece))
    whole = Recommendations.joined(made)
    whole.save(path)
    for fold in range(int(folds.max()) + 1):
        (kept / f"candidates-{digest}-{fold}.safetensors").unlink(missing_ok=True)
    return whole
