"""Diverse lists: what they keep, what they give up, and the places of several tastes."""

import numpy as np
import pytest

from wherefore.ranking.diversity import diverse, spread


def unit(*rows):
    vectors = np.array(rows, dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


ALIKE = unit([1, 0, 0], [1, 0.1, 0], [1, 0, 0.1], [0, 1, 0], [0, 0, 1])
SCORES = np.array([3.0, 2.9, 2.8, 2.5, 2.4])


def test_without_weight_the_scores_decide():
    assert diverse(SCORES, ALIKE, 3, 0.0).tolist() == [0, 1, 2]


def test_what_is_like_the_first_gives_way_to_what_is_not():
    assert diverse(SCORES, ALIKE, 3, 1.0).tolist() == [0, 3, 4]


def test_a_little_likeness_is_worth_a_much_better_score():
    scores = np.array([3.0, 2.9, 2.8, -3.0, -3.0])
    assert diverse(scores, ALIKE, 3, 0.5).tolist() == [0, 1, 2]


def test_a_series_gets_one_place_first():
    vectors = unit([1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1])
    scores = np.array([3.0, 2.95, 2.9, 2.6])
    series = [(7, 8, 9), (7, 8, 9), (7, 8, 9), ()]
    assert diverse(scores, vectors, 2, 0.5).tolist() == [0, 1]
    assert diverse(scores, vectors, 2, 0.5, series=series).tolist() == [0, 3]
    assert sorted(diverse(scores, vectors, 4, 0.5, series=series)) == [0, 1, 2, 3]  # nothing else is left


def test_each_taste_has_its_places():
    vectors = unit([1, 0], [0.95, 0.05], [0.9, 0.1], [0.92, 0.08], [0.97, 0.03], [0.1, 1], [0.05, 1])
    scores = np.array([9.0, 8.0, 7.0, 6.5, 6.0, 1.0, 0.5])  # the second taste is far behind
    liked = unit([1, 0], [0, 1])
    alone = diverse(scores, vectors, 5, 0.1, liked[:1])
    assert not {5, 6} & set(alone.tolist())
    both = diverse(scores, vectors, 6, 0.1, liked)
    assert {5, 6} <= set(both.tolist()) and both[0] == 0


def test_liked_items_of_one_taste_promise_nothing():
    vectors = unit([1, 0], [0.95, 0.05], [0.1, 1])
    liked = unit([1, 0], [0.99, 0.05])
    assert diverse(np.array([3.0, 2.9, -5.0]), vectors, 2, 0.1, liked).tolist() == [0, 1]


def test_more_tastes_than_places():
    vectors = np.eye(6, dtype=np.float32)
    chosen = diverse(np.array([6.0, 5.0, 4.0, 3.0, 2.0, 1.0]), vectors, 2, 0.1, np.eye(6, dtype=np.float32))
    assert len(chosen) == 2 and chosen[0] == 0 and 5 in chosen  # the newest taste


@pytest.mark.parametrize("k", [1, 5, 9])
def test_as_many_as_there_are(k):
    assert len(set(diverse(SCORES, ALIKE, k, 1.0).tolist())) == min(k, 5)


def test_spread():
    assert spread(ALIKE[:1]) == 0.0
    assert spread(np.eye(3, dtype=np.float32)) == pytest.approx(1.0)
    assert spread(ALIKE[:3]) < 0.02 < spread(ALIKE[2:])
