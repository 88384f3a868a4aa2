"""Sources that go by pictures, or by vectors of a shop's own: what lies near that which is liked."""

from __future__ import annotations

import numpy as np

from wherefore.dialogue.messages import Dialogue
from wherefore.errors import ConfigError
from wherefore.retrieval.checks import at_least_one, zero_or_more
from wherefore.retrieval.embedders import unit_rows
from wherefore.retrieval.index import Index
from wherefore.retrieval.latest import Latest
from wherefore.retrieval.source import Found, nothing, top, unknown


class NearLiked:
    """The cosine to the mean of what is liked, less that to the closest disliked item, in other spaces than the text's.

    What is liked are the items that the state says so of; where there is none, those that the user named last. An item
    without a vector has no score. Where there are several spaces, the mean of those that know the item counts.

    Args:
        index: What is searched.
        k: Rows given at most.
        push: Weight of the closest disliked item.
        newest: Only so many liked and disliked items count, the newest.
    """

    name: str
    needs: str

    def __init__(self, index: Index, k: int = 100, push: float = 0.3, newest: int = 20) -> None:
        at_least_one("a source's ", k=k, newest=newest)
        zero_or_more(push=push)
        self.index, self.k, self.push, self.newest = index, k, push, newest
        self._latest = Latest[np.ndarray]()

    def spaces(self) -> tuple[str, ...]:
        """Which of the index's spaces it goes by."""
        raise NotImplementedError

    def search(self, dialogue: Dialogue, query: np.ndarray, k: int, allowed: np.ndarray) -> Found:
        """The rows that lie closest."""
        scores = self._all(dialogue)
        if scores is None:
            return nothing()
        return top(np.nan_to_num(scores), k, allowed & ~np.isnan(scores))

    def score(self, dialogue: Dialogue, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(m,); NaN for items without a vector, and for all when nothing that has one is liked."""
        scores = self._all(dialogue)
        return unknown(rows) if scores is None else scores[rows]

    def _all(self, dialogue: Dialogue) -> np.ndarray | None:
        """(n,) float32, or None where there is nothing to go by."""
        spaces = self.spaces()
        if not spaces:
            return None
        made = self._latest.get(lambda: self._made(dialogue, spaces), dialogue, self.index.catalog.items)
        return made if len(made) else None

    def _made(self, dialogue: Dialogue, spaces: tuple[str, ...]) -> np.ndarray:
        preferences = dialogue.preferences
        named = [one for one in dialogue.named_by_user if one not in preferences.disliked]
        liked = self.index.rows(preferences.liked or named)[-self.newest :]
        disliked = self.index.rows(preferences.disliked)[-self.newest :]
        found = []
        for name in spaces:
            vectors = self.index.space(name)
            if vectors is None:
                continue
            wanted, refused = (rows[~np.isnan(vectors[rows]).any(axis=1)] for rows in (liked, disliked))
            if not len(wanted):
                continue
            scores = vectors @ unit_rows(vectors[wanted].mean(axis=0))
            if len(refused) and self.push:
                scores = scores - self.push * (vectors @ vectors[refused].T).max(axis=1)
            found.append(scores)
        if not found:
            return np.empty(0, dtype=np.float32)
        known = ~np.isnan(np.stack(found))
        total = np.where(known, np.stack(found), 0).sum(axis=0)
        counts = known.sum(axis=0)
        return np.where(counts > 0, total / np.maximum(counts, 1), np.nan).astype(np.float32)


class PicturesNearLiked(NearLiked):
    """By the items' pictures, as `images.model` reads them. See `NearLiked`."""

    name = needs = "pictures"

    def spaces(self) -> tuple[str, ...]:
        """The pictures, where there are some."""
        return tuple(name for name in self.index.spaces if name == "pictures")


class VectorsNearLiked(NearLiked):
    """By the vectors that a shop has itself, fields of kind `vector`. See `NearLiked`.

    Args:
        index: What is searched.
        k: Rows given at most.
        push: Weight of the closest disliked item.
        newest: Only so many liked and disliked items count.
        fields: Which fields; all when None.

    Raises:
        ConfigError: If the catalogue has vectors, but not those.
    """

    name = needs = "vectors"

    def __init__(
        self,
        index: Index,
        k: int = 100,
        push: float = 0.3,
        newest: int = 20,
        fields: tuple[str, ...] | list[str] | None = None,
    ) -> None:
        super().__init__(index, k, push, newest)
        held = [spec.name for spec in index.catalog.schema.vectors]
        if fields is not None and held and (lacking := [one for one in fields if one not in held]):
            raise ConfigError(
                f"source 'vectors' should go by {lacking[0]!r}, which is no vector of the catalogue's; those are "
                f"{', '.join(held)}"
            )
        self.fields = None if fields is None else tuple(fields)

    def spaces(self) -> tuple[str, ...]:
        """The fields that hold vectors, or those that were named."""
        return tuple(
            name
            for name in self.index.spaces
            if name != "pictures" and (self.fields is None or name in self.fields)
        )


CONTENT_SOURCES = (PicturesNearLiked, VectorsNearLiked)
