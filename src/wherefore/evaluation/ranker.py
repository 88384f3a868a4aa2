"""The whole recommender as a system: a corpus' dialogue in, items of the corpus out."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from wherefore.config import Config
from wherefore.corpora.base import Instance, as_dialogue
from wherefore.dialogue.messages import Dialogue, Message
from wherefore.errors import ConfigError, CorpusError, WhereforeWarning
from wherefore.evaluation.evaluate import rounded
from wherefore.evaluation.items import own_catalog
from wherefore.evaluation.repeating import NamedAgain
from wherefore.evaluation.system import Setting, count_mentions, in_order
from wherefore.progress import Progress

if TYPE_CHECKING:
    from wherefore.catalog.catalog import Catalog
    from wherefore.recommender import Recommender

_FEW = 0.1  # of a corpus' items: so many may be missing from a checkpoint's catalogue


class RecommenderRank:
    """The whole recommender as a system: a dialogue in, items of the corpus out.

    Catalogue items that the corpus does not have are passed over.

    Args:
        recommender: Ranks items of its catalogue.
        title_of: What to write where a turn names an item.
        catalog_id_of: Corpus item ids to catalogue ids.
        depth: Catalogue items to ask for.
        read_titles: Give the words alone and let the recommender find the titles in them, as users do; it
            answers the user, so assistant turns after the user's last one are left out. Otherwise the
            corpus' own annotations are the mentions, as all published systems have them.
        again: Where repeats count, says how likely each of the items named before is. Without it they are ranked as
            all others are, though no source looks for them.

    Raises:
        ConfigError: If `depth` is below 1.
    """

    def __init__(
        self,
        recommender: Recommender,
        title_of: Callable[[str], str],
        catalog_id_of: Mapping[str, str],
        depth: int = 500,
        read_titles: bool = False,
        again: NamedAgain | None = None,
    ) -> None:
        if depth < 1:
            raise ConfigError(f"`depth` is {depth}; it must be at least 1")
        self.recommender = recommender
        self.title_of = title_of
        self.catalog_id_of = catalog_id_of
        self.depth = depth
        self.read_titles = read_titles
        self.again = again
        self._made: dict[tuple[str, str, int], tuple[list[str], np.ndarray]] = {}
        self._corpus_ids: dict[str, list[str]] = {}
        for corpus_id, catalog_id in catalog_id_of.items():
            self._corpus_ids.setdefault(catalog_id, []).append(corpus_id)

    def __call__(self, instance: Instance) -> list[str]:
        """The items of the corpus, best first."""
        items, scores = self._scored(instance)
        if instance.dedup or self.again is None:
            return items
        return self.again.merged(instance.context, dict(zip(items, scores.tolist(), strict=True)))

    def _scored(self, instance: Instance) -> tuple[list[str], np.ndarray]:
        """Items with their scores; the same for both protocols where those named before are no part of them."""
        key = (instance.dialogue.dataset, instance.dialogue.id, instance.turn)
        if (made := self._made.get(key)) is not None:
            return made
        gone = self._gone(instance)
        given: Any = _words(instance, self.title_of) if self.read_titles else self._annotated(instance)
        depth = min(self.depth, len(self.recommender.catalog))
        listed = self.recommender.rank(given, depth, exclude=gone, soft=True)
        found = [(one, entry.score) for entry in listed for one in self._corpus_ids.get(entry.item.id, ())]
        made = [one for one, _ in found], np.array([score for _, score in found], dtype=np.float32)
        if self.again is not None:
            self._made[key] = made
        return made

    def found(self, instance: Instance) -> dict[str, dict[str, int]]:
        """For each item of the corpus that sources found, at which rank which source did."""
        candidates = self.recommender.candidates(
            self._annotated(instance), exclude=self._gone(instance), soft=True
        )
        return {
            corpus_id: {
                name: int(rank) for name, rank in zip(candidates.source_names, ranks, strict=True) if rank
            }
            for item, ranks in zip(candidates.items, candidates.ranks, strict=True)
            for corpus_id in self._corpus_ids.get(item.id, ())
        }

    def read_ahead(self, instances: Iterable[Instance]) -> None:
        """Embed the texts of instances that come next all at once: much faster than one by one."""
        if not self.read_titles:
            self.recommender.read_ahead(self._annotated(instance) for instance in instances)

    def _gone(self, instance: Instance) -> set[str]:
        """Catalogue ids of what the recommender must not rank: what was named before, unless repeats count."""
        if not instance.dedup and self.again is None:
            return set()
        return {self.catalog_id_of[item] for item in instance.named if item in self.catalog_id_of}

    def _annotated(self, instance: Instance) -> Dialogue:
        given = as_dialogue(instance.context, self.title_of, self.catalog_id_of.get)
        return given if given.messages else Dialogue((Message("user", "Hello."),))


def source_report(
    rank: RecommenderRank, instances: Iterable[Instance], progress: Progress | None = None
) -> dict[str, dict[str, float]]:
    """What each source finds of the gold items, alone and beside the others.

    Args:
        rank: The recommender.
        instances: What to find.
        progress: Told (done, of).

    Returns:
        For every source `recall@10` and `recall@50` in its own order, `found`, the share of gold mentions among
        what it gives to the ranker, and `unique`, the share that no other source finds; for "all" together, `found`.
    """
    todo = list(instances)
    names = rank.recommender.retriever.source_names
    counts = {name: np.zeros(4) for name in names}
    total = together = 0
    for done, instance in enumerate(in_order(rank, todo), 1):
        found = rank.found(instance)
        for item in instance.gold:
            total += 1
            by = found.get(item, {})
            for name, place in by.items():
                counts[name] += (place <= 10, place <= 50, 1, len(by) == 1)
            together += bool(by)
        if progress is not None:
            progress(done, len(todo))
    labels = ("recall@10", "recall@50", "found", "unique")
    shares = {
        name: {label: rounded(count / max(total, 1)) for label, count in zip(labels, row, strict=True)}
        for name, row in counts.items()
    }
    return {**shares, "all": {"found": rounded(together / max(total, 1))}}


def _words(instance: Instance, title_of: Callable[[str], str]) -> list[dict[str, str]]:
    """The context as chat messages up to the user's last one."""
    turns = [(turn.role, turn.render(title_of).strip()) for turn in instance.context]
    turns = [(role, text) for role, text in turns if text]
    while turns and turns[-1][0] != "user":
        turns.pop()
    messages = [{"role": str(role), "content": text} for role, text in turns]
    return messages or [{"role": "user", "content": "Hello."}]


def build_recommender(setting: Setting) -> RecommenderRank:
    """A checkpoint that ranks for a corpus: the items of the setting's catalogue, where it names one.

    Otherwise it ranks the checkpoint's own catalogue or, where that lacks more than a tenth of the corpus' items, those
    items as the corpus describes them. A warning counts the items that the catalogue lacks.

    Raises:
        CorpusError: If no item of the corpus is in the catalogue.
    """
    from wherefore.evaluation.remembering import RememberingRecommender, RememberingRetriever

    recommender, links = _on_its_catalog(setting, RememberingRecommender)
    index = recommender.retriever.index
    index.embedder = setting.keeping(index.embedder)
    if setting.found is not None:  # seeds often share what they retrieve with: it is searched once for all
        key = _searching(setting.checkpoint, recommender.catalog.fingerprint())
        recommender.retriever = RememberingRetriever(recommender.retriever, setting.found.setdefault(key, {}))
    depth = max(recommender.config.retrieval.k, 100)  # as many candidates as it was trained to rank
    again = NamedAgain(setting.dialogues()) if setting.training else None
    return RecommenderRank(recommender, setting.title_of(), links, depth, setting.read_titles, again)


def _on_its_catalog(setting: Setting, kind: type[Recommender]) -> tuple[Recommender, dict[str, str]]:
    """The recommender with the catalogue that it ranks, and the corpus' item ids as that catalogue's."""
    from wherefore.corpora.items import link_items

    corpus, checkpoint = setting.corpus.name, setting.checkpoint
    facts = setting.corpus.items()

    def linked(catalog: Catalog) -> dict[str, str]:
        return link_items(
            catalog, corpus, facts, () if facts else catalog.ids
        )  # without facts, by the same ids

    def on(catalog: Catalog) -> Recommender:
        return kind.from_catalog(
            catalog, base=checkpoint, progress=setting.progress, settings=setting.settings
        )

    if setting.catalog is not None:
        recommender, ranked = on(setting.catalog), "the given catalogue"
    else:
        recommender = kind.from_pretrained(checkpoint, settings=setting.settings)
        ranked = f"the catalogue of {checkpoint!r}"
    links = linked(recommender.catalog)
    lost = len(facts) - sum(item in links for item in facts)
    lacking = f"{lost:,} of {len(facts):,} items of corpus {corpus!r} are not in {ranked}"
    if setting.catalog is None and lost > _FEW * len(facts):
        warnings.warn(
            f"{lacking}, so the corpus' own items are ranked; --catalog names others",
            WhereforeWarning,
            stacklevel=2,
        )
        recommender = on(own_catalog(setting.corpus, count_mentions(setting.dialogues())))
        return recommender, {item: item for item in facts}
    if not links:
        raise CorpusError(
            f"no item of corpus {corpus!r} is in {ranked}; train on this corpus, or give its ids in a field named "
            f"`{corpus}_ids` of the catalogue"
        )
    if lost:
        warnings.warn(f"{lacking} and count as missed", WhereforeWarning, stacklevel=2)
    return recommender, links


def _searching(checkpoint: str, catalog: str) -> str:
    """A hash of all that decides what a checkpoint retrieves from the catalogue of this fingerprint."""
    from wherefore.checkpoint import check_files, checkpoint_dir

    folder = checkpoint_dir(checkpoint)
    manifest = check_files(folder)
    config = Config.load(folder / "config.yaml")
    parts = [catalog, manifest["embedder"], config.retrieval.model_dump_json()]
    parts += [
        f"{n} {f['sha256']}" for n, f in manifest["files"].items() if n.startswith(("index/", "sources/"))
    ]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()
