"""What sources that learn have in common: texts embedded once, folds, what is kept."""

from dataclasses import replace

import numpy as np

from conftest import WordEmbedder, make_movies
from wherefore.config import Component
from wherefore.dialogue.messages import Dialogue, Mention, Message
from wherefore.retrieval import index as index_module
from wherefore.retrieval.index import Index
from wherefore.retrieval.learned import TextVectors, folds_of
from wherefore.retrieval.neighbours import Neighbours
from wherefore.retrieval.retriever import Retriever
from wherefore.retrieval.tensors import packed, unpacked
from wherefore.retrieval.tower import Tower
from wherefore.retrieval.unlearned import Dense


def make_index():
    return Index.build(make_movies(), WordEmbedder(), Component(name="faiss", factory="Flat"))


def test_texts_are_embedded_once():
    index = make_index()
    calls = []
    encode = index.embedder.encode
    index.embedder.encode = lambda texts, *rest: calls.append(len(texts)) or encode(texts, *rest)
    texts = [f"text {number}" for number in range(150)]
    vectors = TextVectors(index)
    first = vectors.get(texts)
    np.testing.assert_array_equal(vectors.get(texts[::-1]), first[::-1])
    np.testing.assert_allclose(first[7], index.embed("text 7"), atol=2e-3)
    assert calls == [150, 1]


def test_folds_are_blocks_of_neighbours():
    folds = folds_of(103, 4)
    assert (np.diff(folds) >= 0).all() and set(folds) == {0, 1, 2, 3}
    assert max(np.bincount(folds)) - min(np.bincount(folds)) <= 1


def test_plain_values_are_packed():
    value = ["é", {"a": [1, None]}]
    assert unpacked(packed(value)) == value and packed(value).dtype == np.uint8


def test_only_the_last_queries_are_kept(monkeypatch):
    monkeypatch.setattr(index_module, "_QUERIES_KEPT", 3)
    index = make_index()
    calls = []
    encode = index.embedder.encode
    index.embedder.encode = lambda texts, *rest: calls.append(list(texts)) or encode(texts, *rest)
    made = index.embed_all(["a", "b", "a", "c", "d"])
    assert calls == [["a", "b", "c", "d"]] and list(made) == ["a", "b", "c", "d"]
    for text, vector in made.items():
        np.testing.assert_array_equal(vector, encode([text], "query")[0])
        assert not vector.flags.writeable
    index.embed_all(["b", "e"])  # b, c and d were kept; now d, b and e are
    index.embed_all(["d", "a"])  # b, e, d, then a: b goes
    index.embed("b")
    assert calls[1:] == [["e"], ["a"], ["b"]]


def test_reading_ahead_leaves_nothing_to_embed_and_changes_nothing():
    index = make_index()
    ids = index.catalog.ids
    talks = [
        Dialogue(
            (Message("user", f"i liked {item} for its sea"), Message("assistant", f"try {other} then")),
            (Mention(item, 0, 8, 8 + len(item), 100.0), Mention(other, 1, 4, 4 + len(other), 100.0)),
        )
        for item, other in zip(ids, ids[1:], strict=False)
    ]
    talks = [replace(one, messages=(*one.messages, Message("user", "more"))) for one in talks]
    sources = [Tower(index, width=16, epochs=1), Neighbours(index), Dense(index)]
    for source in sources[:2]:
        source.fit(talks, TextVectors(index))
        source.restore(source.tensors())  # as rounded as the others will be
    alone = Retriever(index, sources).search(talks[0], 9)
    ahead = make_index()
    others = [Tower(ahead, width=16, epochs=1), Neighbours(ahead), Dense(ahead)]
    for source, like in zip(others, sources[:2], strict=False):
        source.restore(like.tensors())
    retriever = Retriever(ahead, others)
    retriever.read_ahead(talks[:4])
    ahead.embedder = None  # nothing may be embedded any more
    found = retriever.search(talks[0], 9)
    np.testing.assert_array_equal(found.rows, alone.rows)
    np.testing.assert_allclose(found.features, alone.features, atol=1e-5)
