"""What the ranker is told of candidates, and how its head reads it."""

import numpy as np
import pytest
import torch

from conftest import WordEmbedder, make_movies
from wherefore.config import Component
from wherefore.dialogue import Dialogue, Mention, Message, Preferences, Wish
from wherefore.features import EXTRA_FEATURES, Describer
from wherefore.index import Index
from wherefore.model import FeatureScaler, RankingHead
from wherefore.words import forms


@pytest.fixture
def index():
    return Index.build(make_movies(), WordEmbedder(), Component(name="faiss", factory="Flat"))


def said(*named, **preferences):
    mentions = tuple(Mention(item, 0, n, n + 1, 100.0) for n, item in enumerate(named))
    return Dialogue((Message("user", "x" * 20),), mentions, Preferences(**preferences))


def described(index, dialogue, rows=None):
    rows = np.arange(len(index)) if rows is None else rows
    made = Describer(index)(dialogue, index.embed("a scary film"), rows)
    return {name: made[:, place] for place, name in enumerate(EXTRA_FEATURES)}


def test_every_feature_is_what_it_says(index):
    catalog, vectors = index.catalog, index.vectors
    wanted = (Wish("genres", "Horror", 2.0, ""), Wish("genres", "Comedy", 1.0, ""))
    dialogue = said("alien", "nowhere", "heat", liked=("alien",), disliked=("heat",), wanted=wanted)
    made = described(index, dialogue)
    named = [catalog.row("alien"), catalog.row("heat")]
    fields = [spec.name for spec in catalog.schema.of_kind("category", "people")]
    year = catalog.numbers(catalog.schema.year.name)
    idf = {
        word: np.log((len(catalog) + 1) / sum(word in forms(item.title) for item in catalog.items))
        for item in catalog.items
        for word in forms(item.title)
    }

    def share(value):
        return (np.sum(year < value) + np.sum(year == value) / 2) / len(year)

    def shared(item, other):
        return sum(
            np.log(len(catalog) / count)
            for field in fields
            for value, count in catalog.vocabulary(field).items()
            if value in item.values(field) and value in other.values(field)
        )

    def title(item, other):
        one, two = set(forms(item.title)), set(forms(other.title))
        lengths = [np.sqrt(sum(idf[word] ** 2 for word in words)) for words in (one, two)]
        return sum(idf[word] ** 2 for word in one & two) / max(lengths[0] * lengths[1], 1e-9)

    for row, item in enumerate(catalog.items):
        near = [vectors[row] @ vectors[other] for other in named]
        values = [shared(item, catalog.items[other]) for other in named]
        titles = [title(item, catalog.items[other]) for other in named]
        ages = [share(year[row]) - share(year[other]) for other in named]
        expected = {
            "query": vectors[row] @ index.embed("a scary film"),
            "liked_best": near[0],
            "liked_mean": near[0],
            "disliked_best": near[1],
            "mentioned_best": max(near),
            "mentioned_mean": np.mean(near),
            "mentioned_last": near[1],
            "shared_best": max(values),
            "shared_mean": np.mean(values),
            "shared_last": values[1],
            "title_best": max(titles),
            "title_last": titles[1],
            "wanted": ("Horror" in item.values("genres")) * 2 / 3 + ("Comedy" in item.values("genres")) / 3,
            "year": share(year[row]),
            "year_gap": np.mean(ages),
            "year_nearest": min(map(abs, ages)),
            "messages": np.log(2),
            "mentioned": np.log(3),
        }
        for name, value in expected.items():
            assert made[name][row] == pytest.approx(value, abs=2e-3), (name, item.id)
    assert made["title_last"].max() == pytest.approx(1.0)


def test_where_there_is_nothing_to_compare_with_nothing_is_known(index):
    made = Describer(index)(said(), np.zeros(index.dim, np.float32), np.arange(3))
    known = {name for place, name in enumerate(EXTRA_FEATURES) if not np.isnan(made[:, place]).any()}
    assert known - {"popularity"} == {"year", "messages", "mentioned"}
    assert Describer(index)(said("alien"), index.embed("a"), np.zeros(0, np.int64)).shape == (0, 19)


def test_order_and_company_change_nothing_and_new_items_are_described(index):
    describe, query, dialogue = Describer(index), index.embed("a"), said("alien", "heat")
    rows = np.array([7, 2, 9])
    whole = describe(dialogue, query, np.arange(12))
    np.testing.assert_allclose(describe(dialogue, query, rows), whole[rows], atol=1e-6)
    index.add([{"id": "new", "title": "Alien Again", "genres": "Horror", "year": 2020}])
    made = dict(zip(EXTRA_FEATURES, describe(dialogue, query, np.array([12]))[0], strict=True))
    assert made["title_best"] > 0.3 and made["shared_best"] > 0
    index.remove(["heat"])
    assert describe(dialogue, query, np.arange(12)).shape == (12, 19)


def test_the_scaler_is_standardizing_quantiles_and_what_is_missing():
    rng = np.random.default_rng(0)
    sample = rng.normal(3.0, 2.0, (500, 4)).astype(np.float32)
    sample[:, 1] = 1.0  # always the same
    sample[:, 2] = np.nan  # never known
    sample[::3, 0] = np.nan
    scaler = FeatureScaler(4)
    scaler.fit(torch.from_numpy(sample))
    made = scaler(torch.tensor([[4.0, 1.0, np.nan, 100.0], [np.nan, 2.0, 5.0, -np.inf]]))
    assert made.shape == (2, 12) and made.isfinite().all()
    known = sample[~np.isnan(sample[:, 0]), 0].astype(np.float64)
    knots = np.quantile(known, np.linspace(0, 1, 17)[1:-1])
    assert made[0, 0] == pytest.approx((4.0 - known.mean()) / known.std(), abs=1e-3)
    assert made[0, 4] == pytest.approx(np.interp(4.0, knots, np.linspace(-1, 1, 15)), abs=1e-3)
    assert made[0, 3] == 4.0 and made[1, 3] == -4.0 and made[0, 7] == 1.0 and made[1, 7] == -1.0
    assert made[:, 8:].tolist() == [[0, 0, 1, 0], [1, 0, 0, 0]]
    assert made[1, [0, 4]].tolist() == [0.0, 0.0]


def test_the_head_adds_its_parts_and_survives_anything():
    torch.manual_seed(0)
    head = RankingHead(8, 3, 4).eval()
    head.fit(torch.randn(100, 3))
    states, facts = torch.randn(5, 8), torch.randn(5, 3)
    scores = head(states, facts)
    assert torch.equal(scores.llm, torch.zeros(5))  # untrained, the LLM corrects nothing
    torch.nn.init.normal_(head.llm[-1].weight)
    scores = head(states, facts)
    assert torch.allclose(scores.total, scores.llm + scores.sources) and scores.llm.std() > 0
    order = torch.tensor([3, 1, 4, 0, 2])
    assert torch.allclose(head(states[order], facts[order]).total, scores.total[order])
    wild = torch.tensor([[np.inf, -np.inf, np.nan], [1e38, -1e38, 0.0]])
    assert head(states[:2], wild).total.isfinite().all()
    again = RankingHead(8, 3, 4).eval()
    again.load_state_dict(head.state_dict())
    assert torch.equal(again(states, facts).total, scores.total)
