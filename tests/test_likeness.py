"""On a catalogue of which nothing was learned, likeness to what was said counts by itself."""

import numpy as np
import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.ranking.criteria import likeness
from wherefore.ranking.ranker import _distinct
from wherefore.retrieval.candidates import Candidates


class Learning:
    """What `Learned` asks of a source."""

    name, k, fitted = "tower", 5, True

    def search(self, dialogue, query, k, allowed): ...

    def score(self, dialogue, query, rows): ...

    def fit(self, lessons, texts, progress=None): ...

    def tensors(self): ...

    def restore(self, tensors): ...


class Plain:
    name, k = "dense", 5


class Found:
    def __init__(self, *sources):
        self.sources = sources


def candidates(*columns):
    items = Catalog.from_records([{"title": name} for name in "abc"]).items
    scores = np.array(columns, dtype=np.float32).T
    names = ("tower", "dense")[-scores.shape[1] :]
    empty = np.zeros((3, 0), dtype=np.float32)
    ranks = np.zeros(scores.shape, dtype=np.int32)
    return Candidates(np.arange(3), tuple(items), names, ranks, scores, empty, empty, ())


NOTHING = [np.nan] * 3


def test_where_nothing_was_learned_it_counts_in_standard_deviations():
    gains = likeness(candidates(NOTHING, [0.1, 0.2, 0.3]), Found(Learning(), Plain()), {"dense": 2.0})
    assert gains == pytest.approx([-2.449, 0.0, 2.449], abs=1e-3)
    assert not likeness(candidates(NOTHING, [0.1, 0.2, 0.3]), Found(Learning(), Plain()), {"bm25": 2.0}).any()


def test_not_where_something_was_learned_or_all_are_alike():
    known = [np.nan, 0.4, np.nan]
    assert not likeness(candidates(known, [0.1, 0.2, 0.3]), Found(Learning(), Plain()), {"dense": 2.0}).any()
    assert not likeness(candidates([0.1, 0.2, 0.3]), Found(Plain()), {"dense": 2.0}).any()
    assert not likeness(
        candidates(NOTHING, [0.2, 0.2, 0.2]), Found(Learning(), Plain()), {"dense": 2.0}
    ).any()
    some = likeness(candidates(NOTHING, [0.2, np.nan, 0.4]), Found(Learning(), Plain()), {"dense": 1.0})
    assert some == pytest.approx([-1, 0, 1])


def test_of_items_with_the_same_record_the_first_is_kept():
    rows = [{"id": "1", "title": "Stew", "pages": 3}, {"id": "2", "title": "STEW", "pages": 3}]
    rows += [{"id": "3", "title": "Stew", "pages": 4}, {"id": "4", "title": "Pie", "pages": 3}]
    assert _distinct(Catalog.from_records(rows).items) == [0, 2, 3]
