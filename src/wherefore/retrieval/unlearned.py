"""Sources that learn nothing: similarity, words, likes, wanted values, popularity."""

from __future__ import annotations

import numpy as np

from wherefore.dialogue.messages import Dialogue
from wherefore.retrieval.checks import at_least_one
from wherefore.retrieval.embedders import unit_rows
from wherefore.retrieval.index import Index
from wherefore.retrieval.source import Found, nearest, nothing, searched, top, unknown


class Dense:
    """Text similarity: the request, pulled towards what is liked and pushed from what is disliked.

    Args:
        index: What is searched.
        k: Rows given at most.
        pull: Weight of the mean liked vector beside the request's weight of 1.
        push: Weight of the mean disliked vector.
    """

    name = "dense"

    def __init__(self, index: Index, k: int = 100, pull: float = 0.5, push: float = 0.2) -> None:
        at_least_one("a source's ", k=k)
        self.index = index
        self.k = k
        self.pull = pull
        self.push = push

    def request(self, dialogue: Dialogue, query: np.ndarray) -> np.ndarray:
        """The vector that is searched for, (d,) unit; zeros when there is nothing to go by."""
        moved: np.ndarray = query.astype(np.float32)
        for ids, weight in (
            (dialogue.preferences.liked, self.pull),
            (dialogue.preferences.disliked, -self.push),
        ):
            rows = self.index.rows(ids)
            if len(rows):
                moved = moved + weight * unit_rows(self.index.store.vectors(rows).mean(axis=0))
        return unit_rows(moved)

    def search(self, dialogue: Dialogue, query: np.ndarray, k: int, allowed: np.ndarray) -> Found:
        """The rows closest to the request."""
        request = self.request(dialogue, query)
        return nearest(self.index, request[None], k, allowed, dialogue) if request.any() else nothing()

    def score(self, dialogue: Dialogue, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Cosine of request and item (m,)."""
        request = self.request(dialogue, query)
        return self.index.store.vectors(rows) @ request if request.any() else unknown(rows)


class BM25:
    """Word match of what the user said; titles named are left out, they are excluded anyway.

    Args:
        index: What is searched.
        k: Rows given at most.
        max_chars: Only the newest so many characters count.
    """

    name = "bm25"

    def __init__(self, index: Index, k: int = 50, max_chars: int = 500) -> None:
        at_least_one("a source's ", k=k)
        self.index = index
        self.k = k
        self.max_chars = max_chars

    def search(self, dialogue: Dialogue, query: np.ndarray, k: int, allowed: np.ndarray) -> Found:
        """The rows whose text shares the rarest words with the user's."""
        scores = self.index.lexical.scores(self._words(dialogue))
        return top(scores, k, allowed & (scores > 0))

    def score(self, dialogue: Dialogue, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """BM25 (m,); 0 where no word is shared."""
        said = self._words(dialogue)
        return self.index.lexical.scores(said)[rows] if said.strip() else unknown(rows)

    def _words(self, dialogue: Dialogue) -> str:
        """What the user said, without the titles."""
        left: list[str] = []
        for number, message in enumerate(dialogue.messages):
            if message.role != "user":
                continue
            text = message.content
            spans = sorted((m.start, m.end) for m in dialogue.mentions if m.message == number)
            for start, end in reversed(spans):
                text = text[:start] + " " + text[end:]
            left.append(text)
        return "\n".join(left)[-self.max_chars :]


class Liked:
    """Goes with what is liked: half mean, half highest similarity to the liked items, less the disliked.

    Args:
        index: What is searched.
        k: Rows given at most.
        push: Weight of the highest similarity to a disliked item.
        newest: Only so many liked and disliked items count, the newest.
    """

    name = "liked"

    def __init__(self, index: Index, k: int = 100, push: float = 0.3, newest: int = 20) -> None:
        at_least_one("a source's ", k=k, newest=newest)
        self.index = index
        self.k = k
        self.push = push
        self.newest = newest

    def search(self, dialogue: Dialogue, query: np.ndarray, k: int, allowed: np.ndarray) -> Found:
        """The rows closest to any liked item or to all of them, by score."""
        liked = self._rows(dialogue.preferences.liked)
        if not len(liked):
            return nothing()
        vectors = self.index.store.vectors(liked)  # (l, d)
        queries = np.concatenate([vectors, vectors.mean(axis=0, keepdims=True)])
        rows = np.unique(searched(self.index, queries, k, allowed, dialogue).rows)
        rows = rows[rows >= 0]
        scores = self.score(dialogue, query, rows)
        order = np.lexsort((rows, -scores))[:k]
        return rows[order], scores[order]

    def score(self, dialogue: Dialogue, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(m,); NaN when nothing is liked."""
        liked = self._rows(dialogue.preferences.liked)
        if not len(liked):
            return unknown(rows)
        vectors = self.index.store.vectors(rows)  # (m, d)
        near = vectors @ self.index.store.vectors(liked).T  # (m, l)
        scores = 0.5 * near.mean(axis=1) + 0.5 * near.max(axis=1)
        disliked = self._rows(dialogue.preferences.disliked)
        if len(disliked):
            scores = scores - self.push * (vectors @ self.index.store.vectors(disliked).T).max(axis=1)
        return np.asarray(scores, dtype=np.float32)

    def _rows(self, ids: tuple[str, ...]) -> np.ndarray:
        return self.index.rows(ids)[-self.newest :]


class AttributeMatch:
    """Wanted values, the rarer and the more strongly wanted the better; a little for values of liked items.

    Args:
        index: What is searched.
        k: Rows given at most.
        shared: Weight of the values of liked items beside the wanted ones.
    """

    name = "attributes"

    def __init__(self, index: Index, k: int = 100, shared: float = 0.3) -> None:
        at_least_one("a source's ", k=k)
        self.index = index
        self.k = k
        self.shared = shared

    def search(self, dialogue: Dialogue, query: np.ndarray, k: int, allowed: np.ndarray) -> Found:
        """The rows with most of the wanted values and of the liked items' values."""
        scores = self._all(dialogue)
        return top(scores, k, allowed & (scores > 0))

    def score(self, dialogue: Dialogue, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(m,); NaN when nothing is wanted or liked."""
        known = dialogue.preferences.wanted or dialogue.preferences.liked
        return self._all(dialogue)[rows] if known else unknown(rows)

    def _all(self, dialogue: Dialogue) -> np.ndarray:
        """(n,) float32."""
        attributes = self.index.attributes
        weights: dict[int, float] = {}
        liked = self.index.rows(dialogue.preferences.liked)
        for row in liked:
            for number in attributes.of_row(int(row)):
                weights[int(number)] = weights.get(int(number), 0.0) + self.shared / len(liked)
        for wish in dialogue.preferences.wanted:
            wished = attributes.number(wish.field, wish.value)
            if wished is not None:
                weights[wished] = weights.get(wished, 0.0) + wish.strength
        scores = np.zeros(len(self.index), dtype=np.float32)
        for number, weight in sorted(weights.items()):
            scores[attributes.rows_of(number)] += weight * attributes.idf[number]
        return scores


class Popularity:
    """What most people know, by the schema's popularity field; gives nothing without one.

    Args:
        index: What is searched.
        k: Rows given at most.
    """

    name = "popularity"
    needs = "popularity"

    def __init__(self, index: Index, k: int = 50) -> None:
        at_least_one("a source's ", k=k)
        self.index = index
        self.k = k

    def search(self, dialogue: Dialogue, query: np.ndarray, k: int, allowed: np.ndarray) -> Found:
        """The best known rows."""
        known = self.index.popularity
        return nothing() if known is None else top(np.nan_to_num(known), k, allowed & ~np.isnan(known))

    def score(self, dialogue: Dialogue, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(m,); NaN where it is not known."""
        return unknown(rows) if self.index.popularity is None else self.index.popularity[rows]
