"""What training runs on: index, corpora, sources that learn, and candidates; each is made once and kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.config import Component, Config, build
from wherefore.corpora.base import instances
from wherefore.dialogue.messages import Dialogue
from wherefore.errors import ConfigError
from wherefore.lm.prompt import PromptFormat
from wherefore.retrieval.content_signals import ContentSignal
from wherefore.retrieval.embedders import EMBEDDERS
from wherefore.retrieval.embedding_cache import CachedEmbedder
from wherefore.retrieval.index import Index
from wherefore.retrieval.judged import Verdicts
from wherefore.retrieval.learned import Learned, TextVectors, folds_of, load_sources, save_sources
from wherefore.retrieval.pictures import stamp
from wherefore.retrieval.retriever import Retriever, make_retriever
from wherefore.retrieval.signals import SignalVectors, load_signals, make_signals, save_signals
from wherefore.retrieval.utterances import message_texts
from wherefore.training.corpus import Corpus, ids_in, linked, spread, taught_dialogues
from wherefore.training.recommendations import Recommendations, prepare_recommendations

Show = Callable[[str, int, int, str], None]  # what is done, done, of, a note


def load_index(config: Config, catalog: Catalog, kept: Path, show: Show) -> Index:
    """The index in a folder, or a new one that is kept there, as is every vector that its embedder makes."""
    embedder = CachedEmbedder(build(config.embedder, EMBEDDERS, "embedder"), kept / "embeddings.sqlite")
    name = "index" if config.pca is None else f"index-pca-{config.pca}"
    if config.images.model is not None and catalog.schema.images:
        name += f"-{stamp(catalog, config.images)[:12]}"
    folder = kept / name
    try:
        return Index.load(folder, catalog, embedder, config.images, kept)
    except (FileNotFoundError, ValueError):
        pass
    index = Index.build(
        catalog,
        embedder,
        config.store,
        config.pca,
        progress=lambda done, of: show("embedding items", done, of, ""),
        passages=config.retrieval.passages if config.retrieval.reads_passages else None,
        images=config.images,
        kept=kept,
    )
    index.save(folder)
    return index


class Preparation:
    """What a run's models, signals and candidates are made of. Each is made once and kept in a folder.

    Args:
        config: The whole tree.
        corpora: What is learned from.
        index: Of the catalogue.
        kept: The folder.
        show: Told how far it is.
    """

    def __init__(
        self, config: Config, corpora: Sequence[Corpus], index: Index, kept: Path, show: Show
    ) -> None:
        self.config, self.corpora, self.index, self.kept, self.show = config, corpora, index, kept, show
        self._vectors = TextVectors(index)

    def sources(self, retriever: Retriever) -> None:
        """Let a retriever's sources learn from all dialogues, or take what they learned before."""
        lessons = [corpus.read(dialogue) for corpus, dialogue in taught_dialogues(self.corpora)]
        self._learn(retriever, lessons, "all", "")

    def signals(self) -> dict[str, SignalVectors]:
        """What the item encoder reads besides text: learned from all dialogues or before, or off the items."""
        made: dict[str, SignalVectors] = {}
        for component in self.config.signals:
            signals = make_signals([component])
            name, signal = next(iter(signals.items()))
            folder = self.kept / "signals" / f"{name}-{self._digest(component.model_dump_json())}"
            try:
                made |= load_signals(signals, folder)
                continue
            except FileNotFoundError:
                pass
            self.show(f"{name} vectors", 0, 1, "")
            if isinstance(signal, ContentSignal):
                save_signals({name: signal.learn(self.index)}, folder)
                made |= load_signals(signals, folder)
                self.show(f"{name} vectors", 1, 1, "")
                continue
            taught = taught_dialogues(self.corpora)
            silent = [(corpus, one) for corpus, one in taught if not corpus.has_words(one)]
            chosen = silent if signal.wordless and silent else taught
            lessons = [corpus.read(one) for corpus, one in chosen]
            save_signals({name: signal.fit(lessons, self.index.catalog)}, folder)
            made |= load_signals(signals, folder)
            self.show(f"{name} vectors", 1, 1, "")
        return made

    def candidates(self, retriever: Retriever, text_format: PromptFormat) -> Recommendations | None:
        """Candidates for every recommending turn, found by sources that did not learn from its dialogue.

        Sources that learn are fitted again for each of `retrieval.folds` parts of the dialogues, without that part
        (cross-fitting), so that the ranker sees them as they are on dialogues that are new to them.

        Args:
            retriever: Finds them; its sources have learned from all dialogues.
            text_format: Renders the dialogues.

        Returns:
            None where no turn recommends.
        """
        config, found = self.config, linked(self.corpora)
        digest = self._digest(
            config.retrieval.model_dump_json(),
            config.llm.model_dump_json(),
            str(config.train.recommending_turns),
            str(text_format.soft_tokens),
        )
        path = self.kept / f"candidates-{digest}.safetensors"
        if path.is_file():
            return Recommendations.load(path)
        turns = [
            (number, instance.turn)
            for number, (corpus, dialogue) in enumerate(found)
            if corpus.ranked and Corpus.has_words(dialogue)
            for instance in instances(dialogue)
        ]
        turns = spread(turns, config.train.recommending_turns)
        if not turns:
            return None
        learned = any(isinstance(source, Learned) for source in retriever.sources)
        count = config.retrieval.folds if learned else 1
        folds = np.concatenate(  # each corpus in parts of its own
            [folds_of(len(corpus.dialogues), count) for corpus in self.corpora if corpus.item_of]
        )
        pieces: list[Path] = []
        done = 0
        for fold in range(int(folds.max()) + 1):
            todo = [(*found[number], turn) for number, turn in turns if folds[number] == fold]
            if not todo:
                continue
            pieces.append(self.kept / f"candidates-{digest}-{fold}.safetensors")
            if not pieces[-1].is_file():
                prepare_recommendations(
                    [(dialogue, turn, corpus.item_of, corpus.titles) for corpus, dialogue, turn in todo],
                    self.index.catalog,
                    self._without(fold, folds) if learned else retriever,
                    text_format,
                    config.retrieval.k,
                    config.seed if config.train.cache is None else 0,
                    self._telling("fetching candidates", done, len(turns)),
                ).save(pieces[-1])
            done += len(todo)
        whole = Recommendations.joined([Recommendations.load(piece) for piece in pieces])
        whole.save(path)
        for piece in pieces:
            piece.unlink(missing_ok=True)
        return whole

    def _without(self, fold: int, folds: np.ndarray) -> Retriever:
        """A retriever whose sources have learned from the dialogues that are not in a part."""
        lessons = [
            corpus.read(dialogue)
            for where, (corpus, dialogue) in zip(folds, linked(self.corpora), strict=True)
            if where != fold and corpus.taught
        ]
        retriever = make_retriever(self.config, self.index)
        self._learn(retriever, lessons, f"without-{fold}", f" without part {fold + 1}")
        return retriever

    def _learn(self, retriever: Retriever, lessons: Sequence[Dialogue], part: str, note: str) -> None:
        for component, source in zip(self.config.retrieval.sources, retriever.sources, strict=True):
            if not isinstance(source, Learned):
                continue
            folder = self._source_folder(component, source.name) / part
            try:
                load_sources([source], folder)
                continue
            except FileNotFoundError:
                pass
            texts = [text for lesson in lessons for text in message_texts(lesson) if text]
            self._vectors.rows(texts, self._telling("embedding messages"))  # the first time only
            if not lessons:
                raise ConfigError(
                    f"source {source.name!r} learns from dialogues, but none of `corpora` has items of the "
                    "catalogue; add one, or take the source out of `retrieval.sources`"
                )
            source.fit(lessons, self._vectors, self._telling(f"{source.name} learns{note}"))
            save_sources([source], folder)
            load_sources([source], folder)  # as rounded as it will be in a checkpoint

    def _source_folder(self, component: Component, name: str) -> Path:
        """Where what a source learned is kept; its name depends on all that decides it."""
        learning = component.model_dump(mode="json")
        learning.pop("k", None)
        parts = [json.dumps(learning), str(self.config.retrieval.folds)]
        if learning.get("judged"):
            parts.append(Verdicts.file_of(learning["judged"]).stamp())
        digest = self._digest(*parts)
        return self.kept / "sources" / f"{name}-{digest}"

    def _digest(self, *parts: str) -> str:
        """A name for what depends on these parts and on the data."""
        parts = (*parts, *_data_key(self.config, self.corpora, self.index))
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]

    def _telling(self, what: str, before: int = 0, total: int | None = None) -> Callable[[int, int], None]:
        """Shows the progress of a part: `before` are done already, of `total`."""
        return lambda done, of: self.show(what, before + done, of if total is None else total, "")


def _data_key(config: Config, corpora: Sequence[Corpus], index: Index) -> list[str]:
    ids = hashlib.sha256("|".join(one.id for corpus in corpora for one in corpus.dialogues).encode())
    components = [component.model_dump(mode="json") for component in config.corpora]
    key = [index.catalog.fingerprint(), index.embedder.name, json.dumps(components), ids.hexdigest()]
    if index.pictures is not None:
        key.append(f"{index.pictures.model},{hashlib.sha256(index.pictures.vectors.tobytes()).hexdigest()}")
    if index.projection is not None:
        key.append(hashlib.sha256(index.projection.directions.tobytes()).hexdigest())
    if config.train.without is not None:
        key.append(hashlib.sha256(" ".join(sorted(ids_in(config.train.without))).encode()).hexdigest())
    return key
