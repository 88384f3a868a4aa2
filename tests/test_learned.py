"""What sources that learn have in common: texts embedded once, folds, what is kept."""

import numpy as np

from conftest import WordEmbedder, make_movies
from wherefore.config import Component
from wherefore.index import Index
from wherefore.learned import TextVectors, folds_of, packed, unpacked


def make_index():
    return Index.build(make_movies(), WordEmbedder(), Component(name="faiss", factory="Flat"))


def test_texts_are_embedded_once_and_kept_across_runs(tmp_path):
    index = make_index()
    calls = []
    encode = index.embedder.encode
    index.embedder.encode = lambda texts, *rest: calls.append(len(texts)) or encode(texts, *rest)
    texts = [f"text {number}" for number in range(150)]
    vectors = TextVectors(index, tmp_path)
    first = vectors.get(texts)
    np.testing.assert_array_equal(vectors.get(texts[::-1]), first[::-1])
    np.testing.assert_allclose(first[7], index.embed("text 7"), atol=2e-3)
    assert calls[0] == 150 and len(calls) == 2
    np.testing.assert_array_equal(TextVectors(index, tmp_path).get(texts), first)
    assert len(calls) == 2


def test_folds_are_blocks_of_neighbours():
    folds = folds_of(103, 4)
    assert (np.diff(folds) >= 0).all() and set(folds) == {0, 1, 2, 3}
    assert max(np.bincount(folds)) - min(np.bincount(folds)) <= 1


def test_plain_values_are_packed():
    value = ["é", {"a": [1, None]}]
    assert unpacked(packed(value)) == value and packed(value).dtype == np.uint8
