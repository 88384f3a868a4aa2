"""What a system is: an instance in, a ranking out; and what it may be built from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wherefore.corpora.base import Corpus, CorpusDialogue, Instance, titles_of
from wherefore.errors import TrainingError
from wherefore.progress import Progress

if TYPE_CHECKING:
    from wherefore.catalog.catalog import Catalog
    from wherefore.retrieval.embedders import Embedder


# A system: an instance to item ids of its corpus, best first; at least 50 besides those named before.
Rank = Callable[[Instance], Sequence[str]]

_AHEAD = 64  # instances whose texts are embedded at once


def count_mentions(dialogues: Iterable[CorpusDialogue]) -> Counter[str]:
    """How many turns name each item."""
    return Counter(item for dialogue in dialogues for turn in dialogue.turns for item in turn.items)


def facts_as_text(facts: Mapping[str, Any], max_chars: int = 600) -> str:
    """What a corpus knows of an item, as text: its title and year, then every fact that is a list of words.

    >>> facts_as_text({"title": "Alien", "year": 1979, "genres": ["Horror", "Sci-Fi"], "imdb_id": "tt0078748"})
    'Alien (1979). genres: Horror, Sci-Fi'
    """
    title = titles_of({"": facts})[""]
    lists = [
        f"{key}: {', '.join(map(str, value))}"
        for key, value in facts.items()
        if isinstance(value, list) and value
    ]
    return ". ".join((*([title] if title else []), *lists))[:max_chars]


# -- by name ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Setting:
    """What a system may be built from: the corpus, never the turns to predict."""

    corpus: Corpus  # of the split to evaluate: for its items, not its dialogues
    training: tuple[Corpus, ...]  # what may be learned from
    checkpoint: str = "starter"  # of the recommender
    read_titles: bool = False  # the recommender finds titles in the words itself
    cache: Path | None = None  # folder for vectors that take minutes
    progress: Progress | None = None
    found: dict[str, dict[Any, Any]] | None = None  # what checkpoints retrieved, for others that search alike
    settings: tuple[str, ...] = ()  # in which the recommender differs from its checkpoint
    catalog: Catalog | None = None  # what the recommender ranks; None: see `ranker.build_recommender`

    def dialogues(self) -> Iterable[CorpusDialogue]:
        """All training dialogues."""
        return (dialogue for corpus in self.training for dialogue in corpus)

    def embedder(self) -> Embedder:
        """The packaged one, whose vectors are kept where there is a folder for them."""
        from wherefore.retrieval.embedders import PackagedMiniLM

        return self.keeping(PackagedMiniLM())

    def keeping(self, embedder: Embedder) -> Embedder:
        """An embedder whose vectors are kept where there is a folder for them."""
        from wherefore.retrieval.embedding_cache import CachedEmbedder

        return embedder if self.cache is None else CachedEmbedder(embedder, self.cache / "embeddings.sqlite")

    def texts(self) -> dict[str, str]:
        """Item ids to what the corpus knows of each, as text."""
        return {item: facts_as_text(record) for item, record in self.corpus.items().items()}

    def title_of(self) -> Callable[[str], str]:
        """Item id to title; the id itself where there is none."""
        titles = titles_of(self.corpus.items())
        return lambda item: titles.get(item, item)


def ranking_of(rank: Rank, instance: Instance) -> list[str]:
    """A system's ranking of an instance, checked, and without what was named before where that is the rule."""
    ranked = list(rank(instance))
    if len(set(ranked)) < len(ranked):
        item, times = Counter(ranked).most_common(1)[0]
        raise TrainingError(
            f"the ranking of dialogue {instance.dialogue.id!r}, turn {instance.turn} holds item {item!r} "
            f"{times} times; every item may stand in it once"
        )
    if instance.dedup:
        named = set(instance.named)
        ranked = [item for item in ranked if item not in named]
    return ranked


def in_order(rank: Rank, instances: Sequence[Instance]) -> Iterator[Instance]:
    """The instances; a system that can read ahead is told of those that come next."""
    ahead = getattr(rank, "read_ahead", None)
    for place, instance in enumerate(instances):
        if ahead is not None and place % _AHEAD == 0:
            ahead(instances[place : place + _AHEAD])
        yield instance
