"""A shop whose items are titles alone, searched by the words of the newest message."""

from __future__ import annotations

from collections.abc import Sequence

from wherefore.catalog.catalog import Catalog
from wherefore.retrieval.embedders import PackagedMiniLM
from wherefore.retrieval.index import Index
from wherefore.retrieval.retriever import Retriever
from wherefore.retrieval.unlearned import Dense


def retriever_of(titles: Sequence[str]) -> Retriever:
    """Finds items of such titles; what a message looks for is what it says."""
    embedder = PackagedMiniLM()
    index = Index.build(Catalog.from_records([{"title": title} for title in titles], name="items"), embedder)
    found = Retriever(index, [Dense(index)])
    found.seeks = lambda messages: embedder.encode([messages[-1].content], "query")[0]
    return found
