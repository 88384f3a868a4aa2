"""On a catalogue of which nothing was learned, likeness to what was said counts by itself."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.messages import Dialogue, parse_messages
from wherefore.ranking.criteria import likeness, words_named
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
    by_content = ()  # neither pictures nor vectors of its own

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
SAID = Dialogue(parse_messages([{"role": "user", "content": "trousers, warm ones"}]), described=((0, 0, 8),))


def test_what_records_name_of_what_is_described_counts():
    clothes = [
        {"id": "a", "title": "Straight jeans", "text": "Blue denim, five pockets. Cut straight."},
        {"id": "b", "title": "Hat", "text": "Goes with all that you wear. Felt."},
        {"id": "c", "title": "Chinos", "text": "Trousers of soft cotton. For every day."},
        {"id": "d", "title": "Belt", "text": "Leather, with a buckle. Three sizes."},
    ]
    catalog = Catalog.from_records(clothes)
    rows = np.arange(4)
    named = words_named(SAID, rows, catalog)
    assert named == pytest.approx([np.log(2), 0, np.log(2), 0])  # jeans are trousers
    muted = replace(SAID, muted=((0, 0, 8),))
    assert not words_named(muted, rows, catalog).any()
    older = replace(SAID, messages=(*SAID.messages, *SAID.messages, *SAID.messages))
    assert words_named(older, rows, catalog) == pytest.approx(named / 2)
    source = Found(Learning(), Plain())
    source.index = SimpleNamespace(catalog=catalog)
    four = Candidates(
        *(rows, catalog.items, ("tower", "dense"), np.zeros((4, 2), np.int32)),
        *(np.full((4, 2), np.nan, np.float32), np.zeros((4, 0)), np.zeros((4, 0)), ()),
    )
    assert likeness(SAID, four, source, {"described": 1.0}) == pytest.approx([1, -1, 1, -1])
    source.index = SimpleNamespace(catalog=Catalog.from_records([{"title": name} for name in "abcd"]))
    assert not likeness(SAID, four, source, {"described": 1.0}).any()  # titles alone name little


def test_where_nothing_was_learned_it_counts_in_standard_deviations():
    gains = likeness(SAID, candidates(NOTHING, [0.1, 0.2, 0.3]), Found(Learning(), Plain()), {"dense": 2.0})
    assert gains == pytest.approx([-2.449, 0.0, 2.449], abs=1e-3)
    assert not likeness(
        SAID, candidates(NOTHING, [0.1, 0.2, 0.3]), Found(Learning(), Plain()), {"bm25": 2.0}
    ).any()


def test_not_where_something_was_learned_or_all_are_alike():
    known = [np.nan, 0.4, np.nan]
    assert not likeness(
        SAID, candidates(known, [0.1, 0.2, 0.3]), Found(Learning(), Plain()), {"dense": 2.0}
    ).any()
    assert not likeness(SAID, candidates([0.1, 0.2, 0.3]), Found(Plain()), {"dense": 2.0}).any()
    assert not likeness(
        SAID, candidates(NOTHING, [0.2, 0.2, 0.2]), Found(Learning(), Plain()), {"dense": 2.0}
    ).any()
    some = likeness(SAID, candidates(NOTHING, [0.2, np.nan, 0.4]), Found(Learning(), Plain()), {"dense": 1.0})
    assert some == pytest.approx([-1, 0, 1])


def test_of_doubles_the_first_is_kept():
    rows = [{"id": "1", "title": "Stew", "pages": 3}, {"id": "2", "title": "STEW", "pages": 4}]
    rows += [{"id": "3", "title": "Pie", "pages": 3}]
    goods = Catalog.from_records(rows)
    assert _distinct(goods.items, goods) == [0, 2]
    remakes = [{"id": str(year), "title": "It", "year": year} for year in (1990, 2017, 2017)]
    films = Catalog.from_records([{**row, "id": str(number)} for number, row in enumerate(remakes)])
    assert _distinct(films.items, films) == [0, 1]  # of another year: another film
