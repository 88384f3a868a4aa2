import numpy as np
import pytest
import torch

from test_train import ingredients
from wherefore.lm.item_encoder import ItemSignals
from wherefore.training.calibrate import calibrate


class FixedModel(torch.nn.Module):
    """Scores that are given, in place of an LLM."""

    def __init__(self, sources, llm, head):
        super().__init__()
        self.sources, self.llm, self.head, self.device = sources, llm, head, torch.device("cpu")
        self.turn = -1

    def prefill(self, trunk, cache=None, signals=None):
        self.turn += 1

    def rank(self, cache, signals, features, titles=None):
        from wherefore.lm.head import Scores

        sources, llm = (
            torch.from_numpy(part[self.turn][: len(features)]) for part in (self.sources, self.llm)
        )
        return Scores(sources + llm, llm, sources)


def softmax_loss(scores, gold):
    """The mean over turns; all turns (t, k) in one go, as there are hundreds of weights to try."""
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    return float(np.mean(-np.log(chances[np.arange(len(gold)), gold] / chances.sum(axis=1))))


@pytest.mark.parametrize("truth", [0.0, 0.3, 1.0])
def test_the_weight_is_that_of_the_least_loss(tiny, movies, vectors, truth):
    data = ingredients(tiny, movies, vectors)
    rng = np.random.default_rng(0)
    turns, k = 300, 9
    rows = np.stack([rng.permutation(len(movies))[:k] for _ in range(turns)]).astype(np.int32)
    sources, llm = rng.normal(size=(2, turns, k))
    drawn = [rng.choice(k, p=np.exp(s) / np.exp(s).sum()) for s in sources + truth * llm]
    gold = tuple(rows[turn, [place]] for turn, place in enumerate(drawn))
    recommended = type(data.recommendations)(
        rows, np.zeros((turns, k, 3), dtype=np.float16), gold, data.recommendations.tokens * (turns // 5)
    )
    data = type(data)(
        catalog=movies,
        items=ItemSignals(torch.from_numpy(vectors)),
        format=tiny.format,
        recommendations=recommended,
    )
    before = tiny.head.llm_score(torch.ones(2, 32), torch.ones(32))
    told = []
    found = calibrate(
        FixedModel(sources, llm, tiny.head), data, range(turns), lambda done, of: told.append((done, of))
    )

    def loss(weight):
        return softmax_loss(sources + weight * llm, drawn)

    best = min(np.linspace(0, 2, 201), key=loss)
    assert found["llm_weight"] == pytest.approx(best, abs=0.011) and abs(best - truth) < 0.25
    assert found["loss_sources"] == pytest.approx(loss(0)) and found["loss_learned"] == pytest.approx(loss(1))
    assert found["loss_calibrated"] <= min(found["loss_sources"], found["loss_learned"]) + 1e-9
    assert told[-1] == (turns, turns)
    after = tiny.head.llm_score(torch.ones(2, 32), torch.ones(32))
    torch.testing.assert_close(after, found["llm_weight"] * before, atol=1e-5, rtol=1e-4)


def test_turns_without_gold_candidates_say_nothing(tiny, movies, vectors):
    data = ingredients(tiny, movies, vectors)
    lost = data.recommendations
    away = tuple(np.array([row], dtype=np.int32) for row in [10**6] * len(lost))
    data = type(data)(
        catalog=movies,
        items=data.items,
        format=data.format,
        recommendations=type(lost)(lost.rows, lost.features, away, lost.tokens),
    )
    before = tiny.head.state_dict()["query.weight"].clone()
    assert calibrate(tiny, data, range(5)) == {}
    assert torch.equal(before, tiny.head.query.weight)


def test_held_out_turns_are_not_learned_from(tiny, movies, vectors):
    from dataclasses import replace

    data = replace(ingredients(tiny, movies, vectors), held_out=frozenset({1, 3}))
    assert data.usable().tolist() == [0, 2, 4]
    assert replace(data, held_out=frozenset()).usable().tolist() == [0, 1, 2, 3, 4]


def test_the_real_model_is_weighed_on_its_own_scores(tiny, movies, vectors):
    data = ingredients(tiny, movies, vectors)
    found = calibrate(tiny, data, [1, 2, 3, 4])
    assert set(found) == {"llm_weight", "loss_sources", "loss_learned", "loss_calibrated"}
    again = calibrate(tiny, data, [1, 2, 3, 4])
    if found["llm_weight"] > 0:
        assert again["loss_learned"] == pytest.approx(found["loss_calibrated"], abs=1e-3)
    assert tiny.training is False
