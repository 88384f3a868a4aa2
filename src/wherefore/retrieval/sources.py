"""All sources of candidates, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wherefore.retrieval.collaborative import Collaborative
from wherefore.retrieval.near_liked import PicturesNearLiked, VectorsNearLiked
from wherefore.retrieval.neighbours import Neighbours
from wherefore.retrieval.passage_match import PassageMatch
from wherefore.retrieval.regression import Regression
from wherefore.retrieval.source import Source
from wherefore.retrieval.unlearned import BM25, AttributeMatch, Dense, Liked, Popularity


def _tower(*given: Any, **keywords: Any) -> Source:
    """The learned query tower; torch is imported when there is one."""
    from wherefore.retrieval.tower import Tower

    return Tower(*given, **keywords)


def _codes(*given: Any, **keywords: Any) -> Source:
    """The LM that writes items' codes; torch is imported when there is one."""
    from wherefore.retrieval.generative import GenerativeCodes

    return GenerativeCodes(*given, **keywords)


SOURCES: dict[str, Callable[..., Source]] = {
    "dense": Dense,
    "bm25": BM25,
    "liked": Liked,
    "attributes": AttributeMatch,
    "popularity": Popularity,
    "passages": PassageMatch,
    "pictures": PicturesNearLiked,
    "vectors": VectorsNearLiked,
    "tower": _tower,
    "collaborative": Collaborative,
    "neighbours": Neighbours,
    "regression": Regression,
    "codes": _codes,
}
