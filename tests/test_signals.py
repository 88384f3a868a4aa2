import json

import numpy as np
import pytest
import torch

from conftest import make_movies, make_recommender
from wherefore.config import Component, Config
from wherefore.dialogue.messages import Dialogue, Mention, Message
from wherefore.lm.item_encoder import ItemSignals
from wherefore.retrieval.item_vectors import CollaborativeVectors, ItemVectors
from wherefore.retrieval.signals import SIGNALS, load_signals, make_signals, save_signals


def unit(vectors):
    vectors = vectors.astype(np.float64)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def two_tastes(count=60, seed=0):
    """Sets drawn from one half of 20 items or the other."""
    rng = np.random.default_rng(seed)
    halves = [[f"a{n}" for n in range(10)], [f"b{n}" for n in range(10)]]
    return [rng.choice(halves[n % 2], size=4, replace=False).tolist() for n in range(count)]


def named(*ids):
    message = Message("user", " ".join(ids))
    return Dialogue((message,), mentions=tuple(Mention(item, 0, 0, 1, 100.0) for item in ids))


def test_what_goes_together_is_near():
    sets = two_tastes()
    found = CollaborativeVectors(dim=6, least=1).factorize(sets, [1.0] * len(sets))
    near = unit(found.vectors) @ unit(found.vectors).T
    side = np.array([item[0] == "a" for item in found.ids])
    assert len(found.ids) == 20
    assert near[side][:, side].mean() > 0.4 > 0.1 > abs(near[side][:, ~side].mean())
    assert np.sqrt(np.mean(np.square(found.vectors.astype(np.float32)))) == pytest.approx(1, abs=1e-3)


def slow_information(sets, weights, ids):
    """Positive pointwise mutual information as it is defined, pair by pair."""
    pairs = {}
    for one, weight in zip(sets, weights, strict=True):
        for i in one:
            for j in one:
                if i != j and i in ids and j in ids:
                    pairs[i, j] = pairs.get((i, j), 0.0) + weight
    alone = {i: sum(count for (a, _), count in pairs.items() if a == i) for i in ids}
    total = sum(alone.values())
    chance = {j: alone[j] ** 0.75 / sum(count**0.75 for count in alone.values()) for j in ids}
    matrix = np.zeros((len(ids), len(ids)))
    for (i, j), count in pairs.items():
        matrix[ids.index(i), ids.index(j)] = max(
            np.log((count / total) / ((alone[i] / total) * chance[j])), 0
        )
    np.fill_diagonal(matrix, matrix.max(axis=1))
    return matrix


def test_information_agrees_with_its_definition():
    sets = [*two_tastes(20), ["a0", "b0"]]
    weights = np.random.default_rng(1).uniform(0.2, 2, size=len(sets)).tolist()
    ids = sorted({item for one in sets for item in one})
    fast = CollaborativeVectors()._information(sets, weights, {item: n for n, item in enumerate(ids)})
    np.testing.assert_allclose(fast.toarray(), slow_information(sets, weights, ids), atol=1e-5)


def test_the_factorization_is_the_best_of_its_rank():
    sets = two_tastes(30)
    ids = sorted({item for one in sets for item in one})
    exact = slow_information(sets, [1.0] * len(sets), ids)
    found = CollaborativeVectors(dim=5, least=1).factorize(sets, [1.0] * len(sets))
    values, directions = np.linalg.eigh(exact @ exact.T)
    wanted = directions[:, ::-1][:, :5] * np.sqrt(np.sqrt(np.maximum(values[::-1][:5], 0)))
    wanted /= np.sqrt(np.mean(np.square(wanted)))
    made = found.vectors.astype(np.float64)
    np.testing.assert_allclose(made @ made.T, wanted @ wanted.T, atol=0.05)


def test_rare_items_have_none_and_equal_input_gives_equal_vectors():
    sets = [["x", "y"], ["x", "y"], ["x", "y", "rare"]]
    one = CollaborativeVectors(dim=2, least=2).factorize(sets, [1.0] * 3)
    again = CollaborativeVectors(dim=2, least=2).factorize(sets, [1.0] * 3)
    assert one.ids == ("x", "y") and one.vectors.shape == (2, 2)
    assert np.array_equal(one.vectors, again.vectors)


def test_it_learns_from_dialogues_and_says_what_to_do_without():
    catalog = make_movies()
    found = CollaborativeVectors(dim=3, least=1).fit([named("alien", "aliens"), named("heat")], catalog)
    assert found.ids == ("alien", "aliens", "heat")
    with pytest.raises(ValueError, match=r"no two items are together in 3 or more of 1 .* lower `least`"):
        CollaborativeVectors().fit([named("alien", "aliens")], catalog)
    with pytest.raises(ValueError, match="take the signal out of `signals`"):
        CollaborativeVectors().fit([], catalog)


@pytest.mark.parametrize(
    "wrong", [{"dim": 0}, {"dim": True}, {"least": 1.5}, {"rating_weight": -1}, {"dialogue_weight": np.nan}]
)
def test_numbers_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=f"`{next(iter(wrong))}` is"):
        CollaborativeVectors(**wrong)


def test_items_are_found_by_id_in_any_catalogue():
    catalog = make_movies()
    vectors = np.arange(4, dtype=np.float16).reshape(2, 2)
    table = ItemVectors(("elsewhere", "heat"), vectors).table(catalog)
    assert table.shape == (len(catalog), 2)
    assert table[catalog.row("heat")].tolist() == [2.0, 3.0]
    assert table.isnan().all(dim=1).sum() == len(catalog) - 1


def test_they_survive_the_disk_and_damage_is_told(tmp_path):
    signals = make_signals([Component(name="collaborative", dim=2)])
    given = {"collaborative": ItemVectors(("a", "b"), np.ones((2, 2), dtype=np.float16))}
    save_signals(given, tmp_path)
    back = load_signals(signals, tmp_path)["collaborative"]
    assert back.ids == ("a", "b") and np.array_equal(back.vectors, given["collaborative"].vectors)
    with pytest.raises(ValueError, match="3 finite numbers for each item"):
        load_signals(make_signals([Component(name="collaborative", dim=3)]), tmp_path)
    (tmp_path / "collaborative.safetensors").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="is damaged"):
        load_signals(signals, tmp_path)
    with pytest.raises(FileNotFoundError, match="take the signal out of `signals`"):
        load_signals(signals, tmp_path / "nowhere")


def test_unknown_and_repeated_signals_are_refused():
    with pytest.raises(ValueError, match="collaborative"):
        make_signals([Component(name="colaborative")])
    with pytest.raises(ValueError, match="given twice"):
        make_signals([Component(name="collaborative"), Component(name="collaborative")])
    assert set(SIGNALS) == {"collaborative", "categories", "numbers", "pictures", "vectors"}


# -- in the item encoder ------------------------------------------------------------------------------------


def test_signals_go_with_the_rows_and_end_with_text_alone():
    given = ItemSignals(torch.arange(6.0).view(3, 2), {"c": torch.arange(3.0).view(3, 1)})
    assert given.of(torch.tensor([2, 0])).extra["c"].flatten().tolist() == [2.0, 0.0]
    longer = given.followed_by(torch.ones(2, 2))
    assert len(longer) == 5 and longer.extra["c"].isnan().flatten().tolist() == [False] * 3 + [True] * 2
    assert ItemSignals(given.text).of(torch.tensor([1])).extra is None


def test_a_recommender_reads_them_saves_them_and_does_without_on_another_catalogue(tmp_path, tokenizers):
    from wherefore.build import build_model
    from wherefore.checkpoint import save_checkpoint
    from wherefore.recommender import Recommender

    catalog = make_movies()
    plain = make_recommender("qwen3", tokenizers, catalog)
    base = tmp_path / "base"
    plain.model.causal_lm.save_pretrained(base)
    tokenizers["qwen3"].save_pretrained(base)
    tree = json.loads(plain.config.model_dump_json())
    tree["llm"] |= {"name": str(base), "lora": {"r": 2, "alpha": 4}}
    tree["signals"] = [{"name": "collaborative", "dim": 3}]
    config = Config.parse(tree)
    torch.manual_seed(3)
    model = build_model(config, plain.index.vectors.shape[1], len(plain.retriever.feature_names))
    torch.nn.init.normal_(model.head.llm[2].weight)
    vectors = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float16) * 3
    signals = {"collaborative": ItemVectors(("alien", "heat"), vectors)}
    catalog.save(tmp_path / "films.parquet")
    save_checkpoint(tmp_path / "saved", config, model, plain.retriever, signals=signals)
    again = Recommender.from_pretrained(tmp_path / "saved", device="cpu")
    assert np.array_equal(again.signals["collaborative"].vectors, vectors)
    words = [{"role": "user", "content": "something scary"}]

    def scores(recommender):
        return {one.item.id: one.score for one in recommender.rank(words, k=len(catalog))}

    with_them = scores(again)
    without = scores(Recommender(again.config, again.index, again.model, again.retriever))
    changed = {item for item in with_them if abs(with_them[item] - without[item]) > 1e-6}
    assert changed == {"alien", "heat"}  # the others never had one
    elsewhere = Recommender.from_catalog(
        tmp_path / "films.parquet", tmp_path / "saved", device="cpu", cache=tmp_path / "cache"
    )
    there = scores(elsewhere)
    assert there == pytest.approx(with_them, abs=1e-4)
