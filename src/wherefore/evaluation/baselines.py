"""Rankers that are not ours, to stand beside ours in every table.

Each makes a `Rank`: an instance in, item ids of its corpus out, best first, equal scores in a fixed order.
Those that learn from mentions rank every item that training dialogues name; what their scores say nothing
about follows in order of popularity.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from wherefore.corpora.base import CorpusDialogue, Instance, instances
from wherefore.errors import ConfigError, CorpusError
from wherefore.evaluation.system import Rank, Setting, count_mentions
from wherefore.progress import Progress
from wherefore.retrieval.collaborative import item_item
from wherefore.retrieval.neighbours import Contexts

if TYPE_CHECKING:
    from wherefore.retrieval.embedders import Embedder


CONTEXT_CHARS = 600  # of the newest words that zero-shot and nearest dialogues read


"""A system: an instance to item ids of its corpus, best first; at least 50 besides those named before."""


def popularity(dialogues: Iterable[CorpusDialogue]) -> Rank:
    """The items named most often in training dialogues, whatever is asked; ties in order of id.

    Raises:
        CorpusError: If the dialogues name no item.
    """
    ranked = _by_popularity(dialogues)
    return lambda instance: ranked


def repeat_context(otherwise: Rank) -> Rank:
    """What was just talked about, the newest first, then another system's ranking.

    It shows how much the protocol with repeats rewards saying again what was said.
    """

    def rank(instance: Instance) -> list[str]:
        newest = [item for turn in reversed(instance.context) for item in reversed(turn.items)]
        return list(dict.fromkeys((*newest, *otherwise(instance))))

    return rank


def co_mention(dialogues: Iterable[CorpusDialogue], shrink: float = 30.0) -> Rank:
    """Items named in the same training dialogues as those named so far.

    The score of j is the sum over the items i named before of c(i, j) / (sqrt(n_i n_j) + shrink), where n
    counts the dialogues that name an item and c those that name both. Ties, and everything where nothing is
    named yet, go by popularity.

    Args:
        dialogues: To learn from.
        shrink: How far few mentions are distrusted.

    Raises:
        ConfigError: If the dialogues name no item, or `shrink` is negative.
    """
    if shrink < 0:
        raise ConfigError(f"`shrink` is {shrink}; it must be 0 or more")
    training = list(dialogues)
    popular = _by_popularity(training)
    row_of = {item: row for row, item in enumerate(popular)}
    together: list[Counter[int]] = [Counter() for _ in popular]
    for named in _mention_sets(training):
        rows = sorted(row_of[item] for item in named)
        for row in rows:
            together[row].update(rows)  # c(i, i) is n_i

    def rank(instance: Instance) -> list[str]:
        scores = np.zeros(len(popular))  # (n,), the most popular first
        for item in instance.named:
            i = row_of.get(item, -1)
            for j, both in together[i].items() if i >= 0 else ():
                if j != i:
                    scores[j] += both / (np.sqrt(together[i][i] * together[j][j]) + shrink)
        return [popular[row] for row in np.argsort(-scores, kind="stable")]

    return rank


def ease(dialogues: Iterable[CorpusDialogue], regularization: float = 300.0) -> Rank:
    """A linear item-item model in closed form (Steck, "Embarrassingly Shallow Autoencoders", arXiv 1905.03375).

    Only items with a training mention take part: memory grows with the square of their number. Ties go by
    popularity. See `item_item`.

    Args:
        dialogues: To learn from.
        regularization: Lambda of the paper.

    Raises:
        ConfigError: If the dialogues name no item, or `regularization` is not above 0.
    """
    training = list(dialogues)
    popular = _by_popularity(training)
    row_of = {item: row for row, item in enumerate(popular)}
    sets = ([row_of[item] for item in named] for named in _mention_sets(training))
    weights = item_item(sets, None, len(popular), regularization)  # (n, n)

    def rank(instance: Instance) -> list[str]:
        rows = [row_of[item] for item in instance.named if item in row_of]
        scores = weights[rows].sum(axis=0)  # (n,), the most popular first
        return [popular[row] for row in np.argsort(-scores, kind="stable")]

    return rank


# -- from words -------------------------------------------------------------------------------------------


def bm25(texts: Mapping[str, str], depth: int = 100, chars: int = 500) -> Rank:
    """Items whose text shares words with the newest of the dialogue, titles named in it left out.

    Args:
        texts: Item ids to what is known about each, as text.
        depth: Items to rank besides those named before.
        chars: Characters of the dialogue's end that are the query.

    Raises:
        CorpusError: If there are no texts, or `depth` or `chars` is below 1.
    """
    from wherefore.retrieval.lexical import Lexical

    _check_texts(texts)
    for name, value in (("depth", depth), ("chars", chars)):
        if value < 1:
            raise ConfigError(f"`{name}` is {value}; it must be at least 1")
    ids = sorted(texts)
    index = Lexical([texts[item] for item in ids])

    def rank(instance: Instance) -> list[str]:
        scores = index.scores(_newest(instance, lambda item: "", chars))  # (n,)
        best = np.argsort(-scores, kind="stable")[: depth + len(instance.named)]
        return [ids[row] for row in best]

    return rank


def zero_shot(
    embedder: Embedder,
    texts: Mapping[str, str],
    title_of: Callable[[str], str],
    depth: int = 100,
    progress: Progress | None = None,
) -> Rank:
    """Items whose text is nearest to the newest words of the dialogue: what a plain RAG demo does.

    Args:
        embedder: Makes d-wide vectors.
        texts: Item ids to what is known about each, as text.
        title_of: What to write where a turn names an item.
        depth: Items to rank besides those named before.
        progress: Told (done, of) while the items are encoded.

    Raises:
        CorpusError: If there are no texts.
    """
    _check_texts(texts)
    ids = sorted(texts)
    vectors = embedder.encode([texts[item] for item in ids], "item", progress)  # (n, d)
    encode = _remembering(embedder)

    def rank(instance: Instance) -> list[str]:
        scores = vectors @ encode(_newest(instance, title_of, CONTEXT_CHARS))  # (n,)
        best = np.argsort(-scores, kind="stable")[: depth + len(instance.named)]
        return [ids[row] for row in best]

    return rank


def nearest_dialogues(
    embedder: Embedder,
    dialogues: Iterable[CorpusDialogue],
    title_of: Callable[[str], str],
    k: int = 200,
    power: float = 4.0,
    overlap: float = 0.5,
    progress: Progress | None = None,
) -> Rank:
    """What people recommended in training dialogues that had got to a similar point.

    In the manner of "Neighborhood-Based Collaborative Filtering for Conversational Recommendation" (RecSys
    2024). The similarity of two contexts is the cosine of their newest words' vectors, plus `overlap` times
    the cosine of the sets of items named in them; an item's score is the sum of similarity^power over those
    of the k most similar training contexts that it was the answer to. Ties, and items that none of them
    gives, go by popularity.

    Args:
        embedder: Makes d-wide vectors.
        dialogues: To learn from; contexts without words are passed over.
        title_of: What to write where a turn names an item.
        k: Neighbours.
        power: How much more the nearest count.
        overlap: Weight of naming the same items.
        progress: Told (done, of) while training contexts are encoded: minutes for ten thousand.

    Raises:
        CorpusError: If the dialogues name no item or no context has words, or a number is not allowed.
    """
    if k < 1 or power <= 0 or overlap < 0:
        raise ConfigError(
            f"`k` is {k}, `power` {power} and `overlap` {overlap}; they must be at least 1, above 0, and 0 or more"
        )
    training = list(dialogues)
    popular = _by_popularity(training)
    known = [
        instance
        for dialogue in training
        for instance in instances(dialogue)
        if any(isinstance(part, str) and part.strip() for turn in instance.context for part in turn.parts)
    ]
    if not known:
        raise CorpusError(
            "no training turn that recommends has words before it; nearest dialogues needs dialogues with text"
        )
    row_of = {item: row for row, item in enumerate(popular)}
    said = [_newest(instance, title_of, CONTEXT_CHARS) for instance in known]
    vectors = embedder.encode(said, "query", progress)  # (contexts, d)
    contexts = Contexts.of(
        vectors,
        [[row_of[item] for item in instance.named] for instance in known],
        [[row_of[item] for item in instance.gold] for instance in known],
        len(popular),
        by_rarity=False,
    )
    encode = _remembering(embedder)

    def rank(instance: Instance) -> list[str]:
        named = [row_of.get(item, -1) for item in instance.named]
        near = contexts.near(encode(_newest(instance, title_of, CONTEXT_CHARS)), named, overlap)
        scores = contexts.votes(near, k, power)  # (n,), the most popular first
        return [popular[row] for row in np.argsort(-scores, kind="stable")]

    return rank


def _zero_shot(setting: Setting) -> Rank:
    texts = setting.texts()
    _check_texts(texts)
    return zero_shot(setting.embedder(), texts, setting.title_of(), progress=setting.progress)


def _nearest_dialogues(setting: Setting) -> Rank:
    return nearest_dialogues(
        setting.embedder(), setting.dialogues(), setting.title_of(), progress=setting.progress
    )


BASELINES: dict[str, Callable[[Setting], Rank]] = {
    "bm25": lambda setting: bm25(setting.texts()),
    "co-mention": lambda setting: co_mention(setting.dialogues()),
    "ease": lambda setting: ease(setting.dialogues()),
    "nearest-dialogues": _nearest_dialogues,
    "popularity": lambda setting: popularity(setting.dialogues()),
    "repeat-context": lambda setting: repeat_context(popularity(setting.dialogues())),
    "zero-shot": _zero_shot,
}
COMPLETE = frozenset({"co-mention", "ease", "nearest-dialogues", "popularity", "repeat-context"})


"""The baselines that rank everything they could ever recommend."""


# -- shared -----------------------------------------------------------------------------------------------


def _by_popularity(dialogues: Iterable[CorpusDialogue]) -> list[str]:
    counts = count_mentions(dialogues)
    if not counts:
        raise CorpusError(
            "the training dialogues name no item, so there is nothing to learn from; "
            'give dialogues whose split is "train" and whose turns have `items`'
        )
    return sorted(counts, key=lambda item: (-counts[item], item))


def _mention_sets(dialogues: Iterable[CorpusDialogue]) -> list[list[str]]:
    """The items that each dialogue names, each once."""
    sets = ([item for turn in dialogue.turns for item in turn.items] for dialogue in dialogues)
    return [list(dict.fromkeys(named)) for named in sets if named]


def _newest(instance: Instance, title_of: Callable[[str], str], chars: int) -> str:
    """The newest words before an instance."""
    return "\n".join(turn.render(title_of) for turn in instance.context)[-chars:]


def _check_texts(texts: Mapping[str, str]) -> None:
    if not texts:
        raise CorpusError(
            "the corpus has no facts about its items, and this system reads them; "
            "put an items.jsonl with `item_id`, `title` and more beside the dialogues"
        )


def _remembering(embedder: Embedder) -> Callable[[str], np.ndarray]:
    """Texts to vectors (d,), each text encoded once: both protocols ask for nearly the same ones."""
    kept: dict[str, np.ndarray] = {}

    def encode(text: str) -> np.ndarray:
        if text not in kept:
            kept[text] = embedder.encode([text], "query")[0]
        return kept[text]

    return encode
