"""What the ranker is told of candidates, and how its head reads it."""

import numpy as np
import pytest
import torch

from conftest import WordEmbedder, make_movies
from wherefore.catalog.catalog import Catalog
from wherefore.config import Component
from wherefore.dialogue.messages import Dialogue, Mention, Message
from wherefore.dialogue.state import Preferences, Wish
from wherefore.lm.head import FeatureScaler, RankingHead
from wherefore.retrieval.features import EXTRA_FEATURES, Describer
from wherefore.retrieval.index import Index
from wherefore.retrieval.retriever import Retriever
from wherefore.retrieval.unlearned import Dense, Liked, Popularity
from wherefore.text import forms


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
    fields = [spec.name for spec in catalog.schema.valued]
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


def random_index(seed, n=50, year=True):
    """Items of a few words, some without a year, without values or with a title that has no words."""
    rng = np.random.default_rng(seed)
    words = ["red", "sea", "king", "moon", "night", "garden"]
    records = []
    for number in range(n):
        record = {
            "id": f"i{number}",
            "title": "!!!" if number % 9 == 4 else " ".join(rng.choice(words, rng.integers(1, 4))),
            "genres": "|".join(rng.choice(list("abcd"), rng.integers(0, 3), replace=False)),
            "cast": "|".join(rng.choice(list("vwxyz"), rng.integers(0, 3), replace=False)),
            "popularity": None if number % 5 == 1 else float(rng.integers(0, 9)),
        }
        if year:
            record["year"] = None if number % 4 == 2 else int(rng.integers(1980, 1990))
        records.append(record)
    return Index.build(Catalog.from_records(records), WordEmbedder(), Component(name="faiss", factory="Flat"))


def slowly(index, dialogue, query, row):
    """The features of one item, looked up one by one."""
    catalog, items, vectors = index.catalog, index.catalog.items, index.vectors
    item, n = items[row], len(index)

    def share(place, name):
        values = [other.get(name) for other in items if other.get(name) is not None]
        mine = items[place].get(name)
        if mine is None:
            return np.nan
        return (sum(v < mine for v in values) + sum(v == mine for v in values) / 2) / len(values)

    def facts(one):
        return {(field, value) for field in ("genres", "cast") for value in one.values(field)}

    def shared(one, two):
        return sum(np.log(n / sum(fact in facts(x) for x in items)) for fact in facts(one) & facts(two))

    def weight(word):
        return np.log((n + 1) / sum(word in forms(x.title) for x in items)) ** 2

    def title(one, two):
        first, second = set(forms(one.title)), set(forms(two.title))
        if not first or not second:
            return 0.0
        lengths = np.sqrt(sum(map(weight, first)) * sum(map(weight, second)))
        return sum(map(weight, first & second)) / lengths

    ids = []
    for mention in dialogue.mentions:
        if mention.item_id in catalog and mention.item_id not in ids:
            ids.append(mention.item_id)
    named = [catalog.row(one) for one in ids][-20:]
    near = [vectors[row] @ vectors[other] for other in named]
    values = [shared(item, items[other]) for other in named]
    titles = [title(item, items[other]) for other in named]
    ages = [share(other, "year") for other in named]
    ages = [age for age in ages if not np.isnan(age)]
    likes = [vectors[row] @ vectors[catalog.row(one)] for one in dialogue.preferences.liked]
    dislikes = [vectors[row] @ vectors[catalog.row(one)] for one in dialogue.preferences.disliked]
    wanted = dialogue.preferences.wanted
    met = sum(wish.strength for wish in wanted if wish.value in item.values(wish.field))
    year = share(row, "year")
    return {
        "query": vectors[row] @ query if query.any() else np.nan,
        "liked_best": max(likes, default=np.nan),
        "liked_mean": np.mean(likes) if likes else np.nan,
        "disliked_best": max(dislikes, default=np.nan),
        "mentioned_best": max(near, default=np.nan),
        "mentioned_mean": np.mean(near) if near else np.nan,
        "mentioned_last": near[-1] if near else np.nan,
        "shared_best": max(values, default=np.nan),
        "shared_mean": np.mean(values) if values else np.nan,
        "shared_last": values[-1] if values else np.nan,
        "title_best": max(titles, default=np.nan),
        "title_last": titles[-1] if titles else np.nan,
        "wanted": met / sum(wish.strength for wish in wanted) if wanted else np.nan,
        "popularity": share(row, "popularity"),
        "year": year,
        "year_gap": year - np.mean(ages) if ages else np.nan,
        "year_nearest": min((abs(year - age) for age in ages), default=np.nan),
        "messages": np.log(1 + len(dialogue.messages)),
        "mentioned": np.log(1 + len(ids)),
    }


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("year", [True, False])
def test_every_feature_is_as_when_looked_up_one_by_one(seed, year):
    index = random_index(seed, year=year)
    rng = np.random.default_rng(seed)
    count = (0, 1, 5, 45)[seed % 4]  # of 45 only the 20 newest are compared with
    named = [f"i{number}" for number in rng.integers(0, 60, count)]  # some twice, some not in the catalogue
    mentions = tuple(Mention(one, place % 3, 0, 1, 100.0) for place, one in enumerate(named))
    messages = tuple(Message(role, "a red sea") for role in ("user", "assistant", "user"))
    wanted = (Wish("genres", "a", 2.0, ""), Wish("cast", "v", 0.5, ""), Wish("cast", "nobody", 1.0, ""))
    likes = {"liked": ("i3", "i8"), "disliked": ("i5", "i9")} if seed % 2 else {}
    dialogue = Dialogue(messages, mentions, Preferences(wanted=wanted if seed % 3 else (), **likes))
    query = index.embed("a red sea") if seed % 5 else np.zeros(index.dim, np.float32)
    rows = rng.permutation(len(index))
    made = Describer(index)(dialogue, query, rows)
    assert made.dtype == np.float32
    for place, row in enumerate(rows):
        expected = slowly(index, dialogue, query, row)
        assert tuple(expected) == Describer.names
        np.testing.assert_allclose(made[place], list(expected.values()), atol=1e-5, err_msg=str(row))


def test_a_catalogue_without_year_or_popularity_lacks_just_those_features():
    titles = ["Red sea", "Red moon"]
    bare = Index.build(Catalog.from_records([{"title": one} for one in titles]), WordEmbedder())
    made = Describer(bare)(said(bare.catalog.ids[0]), bare.embed("red"), np.arange(2))
    missing = {name for place, name in enumerate(EXTRA_FEATURES) if np.isnan(made[:, place]).all()}
    assert missing == {
        "popularity", "year", "year_gap", "year_nearest", "wanted", "liked_best", "liked_mean", "disliked_best"
    }  # fmt: skip


class Halves(Dense):
    """A source with parts."""

    name = "halves"
    part_names = ("row", "double")

    def parts(self, dialogue, rows):
        return np.stack([rows, np.where(rows % 2, np.nan, 2 * rows)], axis=1).astype(np.float32)


def test_columns_are_rank_and_score_of_every_source_then_parts_then_the_rest(index):
    retriever = Retriever(index, [Halves(index, k=4), Liked(index, k=2), Popularity(index, k=3)])
    found = retriever.search(said("alien"), 8)
    names = found.feature_names
    assert names == (
        *(f"{source}.{what}" for source in ("halves", "liked", "popularity") for what in ("rank", "score")),
        *("halves.row", "halves.double"),
        *EXTRA_FEATURES,
    )
    assert found.features.shape == (8, len(names)) and found.features.dtype == np.float32
    column = dict(zip(names, found.features.T, strict=True))
    for place, source in enumerate(retriever.source_names):
        ranks = found.ranks[:, place]
        given = ranks > 0
        np.testing.assert_allclose(column[f"{source}.rank"][given], np.log(ranks[given]), atol=1e-6)
        assert np.isnan(column[f"{source}.rank"][~given]).all()
        np.testing.assert_array_equal(column[f"{source}.score"], found.scores[:, place])
    assert sorted(found.ranks[:, 0]) == [0, 0, 0, 0, 1, 2, 3, 4]
    assert np.isnan(column["liked.rank"]).all() and np.isnan(column["liked.score"]).all()  # nothing is liked
    np.testing.assert_array_equal(column["halves.row"], found.rows)
    np.testing.assert_array_equal(column["halves.double"], np.where(found.rows % 2, np.nan, 2 * found.rows))
    np.testing.assert_array_equal(column["year"], found.extra[:, EXTRA_FEATURES.index("year")])


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
    sample[1, 3] = np.inf  # not counted either
    scaler = FeatureScaler(4)
    scaler.fit(torch.from_numpy(sample))
    made = scaler(torch.tensor([[4.0, 1.0, np.nan, 100.0], [np.nan, 2.0, 5.0, -np.inf]]))
    assert made.shape == (2, 12) and made.isfinite().all()
    assert all(value.isfinite().all() for value in scaler.state_dict().values())
    known = sample[~np.isnan(sample[:, 0]), 0].astype(np.float64)
    knots = np.quantile(known, np.linspace(0, 1, 17)[1:-1])
    assert made[0, 0] == pytest.approx((4.0 - known.mean()) / known.std(), abs=1e-3)
    assert made[0, 4] == pytest.approx(np.interp(4.0, knots, np.linspace(-1, 1, 15)), abs=1e-3)
    assert made[0, 3] == 4.0 and made[1, 3] == -4.0 and made[0, 7] == 1.0 and made[1, 7] == -1.0
    assert made[:, 8:].tolist() == [[0, 0, 1, 0], [1, 0, 0, 0]]
    assert made[1, [0, 4]].tolist() == [0.0, 0.0]


def test_repeated_quantiles_are_a_step():
    rng = np.random.default_rng(1)
    sample = (
        rng.integers(0, 4, (400, 3)).astype(np.float32) ** 2
    )  # 0, 1, 4, 9: every knot is there several times
    scaler = FeatureScaler(3)
    scaler.fit(torch.from_numpy(sample))
    shares = np.linspace(0, 1, 17)[1:-1]
    asked = np.array([-2.0, 0.5, 0.9, 1.1, 2.5, 3.9, 4.1, 6.5, 8.9, 20.0], dtype=np.float32)
    made = scaler(torch.from_numpy(np.repeat(asked[:, None], 3, axis=1)))
    for column in range(3):
        knots = np.quantile(sample[:, column], shares)
        assert len(np.unique(knots)) == 4
        expected = np.interp(asked, knots, np.linspace(-1, 1, 15))
        np.testing.assert_allclose(made[:, 3 + column], expected, atol=1e-3)
    assert made[:, 3].diff().min() >= 0 and made[0, 3] == -1 and made[-1, 3] == 1


def test_learning_reaches_every_weight_and_the_scale_is_none():
    torch.manual_seed(0)
    head = RankingHead(8, 3, 4)
    head.fit(torch.randn(100, 3))
    facts = torch.randn(20, 3).masked_fill(torch.rand(20, 3) < 0.3, np.nan)
    hidden = torch.randn(20, 8, requires_grad=True)
    end = torch.randn(8)
    torch.nn.init.normal_(head.llm[-1].weight)
    torch.nn.init.normal_(head.key.weight)
    head(hidden, end, facts).total.square().sum().backward()
    for name, weight in head.named_parameters():
        assert weight.grad is not None and weight.grad.isfinite().all() and weight.grad.any(), name
    assert hidden.grad.any()
    assert not any(name.startswith("scaler") for name, _ in head.named_parameters())
    assert {name for name in head.state_dict() if name.startswith("scaler")} == {
        f"scaler.{name}" for name in ("mean", "std", "knots")
    }
    assert set(dict(head.sources.named_parameters())["0.weight"].shape) == {4, 9}  # hidden, 3 features


def test_a_candidates_score_is_its_own():
    torch.manual_seed(0)
    head = RankingHead(8, 3, 4).eval()
    head.fit(torch.randn(100, 3))
    torch.nn.init.normal_(head.llm[-1].weight)
    states, facts = torch.randn(5, 8), torch.randn(5, 3).masked_fill(torch.rand(5, 3) < 0.3, np.nan)
    torch.nn.init.normal_(head.key.weight)
    end = torch.randn(8)
    together = head(states, end, facts).total
    alone = [head(states[place : place + 1], end, facts[place : place + 1]).total for place in range(5)]
    alone = torch.cat(alone)
    torch.testing.assert_close(together, alone)


def test_the_head_adds_its_parts_and_survives_anything():
    torch.manual_seed(0)
    head = RankingHead(8, 3, 4).eval()
    head.fit(torch.randn(100, 3))
    states, end, facts = torch.randn(5, 8), torch.randn(8), torch.randn(5, 3)
    scores = head(states, end, facts)
    assert 0 < scores.llm.std() < 1  # untrained, the LLM says little
    torch.nn.init.normal_(head.llm[-1].weight)
    torch.nn.init.normal_(head.key.weight)
    scores = head(states, end, facts)
    assert torch.allclose(scores.total, scores.llm + scores.sources) and scores.llm.std() > 0
    order = torch.tensor([3, 1, 4, 0, 2])
    assert torch.allclose(head(states[order], end, facts[order]).total, scores.total[order])
    wild = torch.tensor([[np.inf, -np.inf, np.nan], [1e38, -1e38, 0.0]])
    assert head(states[:2], end, wild).total.isfinite().all()
    again = RankingHead(8, 3, 4).eval()
    again.load_state_dict(head.state_dict())
    assert torch.equal(again(states, end, facts).total, scores.total)


def test_the_llms_part_begins_as_the_likeness_of_states():
    """From two random maps the matching stage stayed at chance for 250 steps with one seed of five."""
    torch.manual_seed(0)
    head = RankingHead(48, 3, 64).eval()
    states = torch.randn(40, 48)
    scores = torch.stack([head.llm_score(states, end) for end in states])
    assert (scores.argmax(1) == torch.arange(40)).all()


def test_scores_are_in_full_precision_also_where_all_else_is_not():
    torch.manual_seed(0)
    head = RankingHead(8, 3, 4).eval()
    head.fit(torch.randn(100, 3))
    torch.nn.init.normal_(head.llm[-1].weight)
    torch.nn.init.constant_(head.llm[-1].bias, 1000.0)  # what all candidates share must not swallow the rest
    torch.nn.init.normal_(head.key.weight)
    states, end, facts = torch.randn(5, 8), torch.randn(8), torch.randn(5, 3)
    exact = head(states, end, facts)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = head(states, end, facts)
    assert torch.equal(mixed.total, exact.total) and mixed.total.dtype == torch.float32
    assert len(exact.total.unique()) == 5
