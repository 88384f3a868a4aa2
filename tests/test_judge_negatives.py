"""scripts/judge_negatives.py from pools to figures, on a corpus made here; and the ranker as a judge."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from conftest import make_recommender
from test_item_judge import asked
from wherefore.config import Component
from wherefore.errors import ConfigError
from wherefore.lm.item_judge import told
from wherefore.ranking.item_judges import ITEM_JUDGES
from wherefore.retrieval.judged_pools import Pool
from wherefore.training import ranker_judge
from wherefore.training.ranker_judge import RankerJudge

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
import judge_negatives  # noqa: E402


class Fair:
    """Knows that what is told after a film is the one five places on, and that the one after it is as good."""

    name = "fair"

    def reads(self, asked):
        return " ".join(one.content for one in asked.dialogue.messages), tuple(
            told(item, asked.catalog) for item in asked.items
        )

    def scores(self, asked):
        ids = asked.catalog.ids
        place = ids.index(asked.dialogue.mentions[-1].item_id)
        good = {ids[(place + 5) % 12]: 2.0, ids[(place + 6) % 12]: 1.9}
        return np.array([good.get(item.id, 0.0) for item in asked.items], dtype=np.float32)


@pytest.fixture
def config(tmp_path, movies):
    """A config with a tower, and dialogues in which who names one film is told of another."""
    movies.save(tmp_path / "films.parquet")
    draw, ids = random.Random(0), [item.id for item in movies.items]
    lines = []
    for number in range(60):
        place = draw.randrange(12)
        turns = [
            {"role": "user", "text": f"I loved @{ids[place]}, number {number}", "items": [ids[place]]},
            {
                "role": "assistant",
                "text": f"How about @{ids[(place + 5) % 12]}?",
                "items": [ids[(place + 5) % 12]],
            },
        ]
        lines.append(
            {"dialogue_id": str(number), "split": ("train", "valid")[number % 5 == 0], "turns": turns}
        )
    (tmp_path / "talks.jsonl").write_text(
        "".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8"
    )
    tree = {
        "catalog": str(tmp_path / "films.parquet"),
        "embedder": {"name": "conftest:WordEmbedder"},
        "store": {"name": "faiss", "factory": "Flat"},
        "corpora": [{"name": "jsonl", "path": str(tmp_path / "talks.jsonl")}],
        "retrieval": {"sources": [{"name": "tower", "width": 16, "heads": 2, "batch_size": 16, "lr": 0.01}]},
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
    return tmp_path / "config.yaml"


def test_pools_are_made_judged_learned_from_and_measured(config, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(ITEM_JUDGES, "fair", Fair)
    more = [str(config), "--kept", str(tmp_path / "kept"), "--pool", "6", "--epochs", "4", "--seeds", "2"]
    more += ["--negatives", "6", "--hard", "3"]
    assert judge_negatives.main(["pool", *more]) == 0
    for _ in range(2):
        assert judge_negatives.main(["score", *more, "--judge", "{name: fair}"]) == 0
    printed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("train: ")]
    asked = [json.loads(line.removeprefix("train: ").partition("}")[0] + "}")["asked"] for line in printed]
    assert asked == [48, 0]  # the second time nothing is left to ask
    assert judge_negatives.main(["train", *more, "--by", "fair", "--only", "all", "all-soft"]) == 0
    assert judge_negatives.main(["train", *more, "--by", "fair"]) == 0
    assert judge_negatives.main(["score", *more, "--judge", "{name: retriever}"]) == 0
    both = ["--by", "fair", "retriever"]
    assert judge_negatives.main(["train", *more, *both, "--only", "all-soft"]) == 0
    out = tmp_path / "negatives.json"
    assert judge_negatives.main(["measure", *more, *both, "--out", str(out)]) == 0
    found = json.loads(out.read_text(encoding="utf-8"))
    judge = found["judges"]["fair"]
    assert judge["random"]["pool"] == judge["valid"]["pool"] == judge["train"]["pool"] == 1.0
    assert judge["lists"]["judge"]["recall@1"] >= judge["lists"]["tower"]["recall@1"]
    kinds = {"random", "hard-plain", "hard", "judged.fair", "judged-soft.fair", "all", "all-soft.fair"}
    assert set(found["towers"]) == kinds | {"all-soft.retriever"}  # others by it were not trained
    assert set(found["judges"]["retriever"]) == {"train", "name"}
    for kind in found["towers"].values():
        assert (
            len(kind["each"]) == 2 and 0 <= kind["recall@1"] <= kind["recall@10"] <= kind["recall@50"] == 1.0
        )
    assert found["valid_turns"] == found["valid_gold"] == 12 and found["judged_turns"] == 48


def test_a_pair_is_won_by_what_was_named_and_ties_count_half():
    pools = [
        Pool(("a",), ("x", "y", "z"), {"a": 2.0, "x": 1.0, "y": 2.0, "z": 3.0}),
        Pool(("a", "b"), ("x",), {"a": 1.0, "b": 0.0, "x": 0.5}),
        Pool(("a",), ("x",), {"x": 9.0}),  # nothing is said of what was named
    ]
    found = judge_negatives.accuracy(pools)
    assert found["pool"] == 0.5 and found["first_third"] == pytest.approx(0.75) and found["last_third"] == 0.0


@pytest.mark.parametrize(
    ("given", "told_of"),
    [
        (["score", "x.yaml"], "score needs --judge"),
        (["train", "x.yaml"], "train needs --by"),
        (["pool", "x.yaml", "--pool", "0"], "--pool is 0"),
    ],
)
def test_wrong_words_are_told(given, told_of, capsys):
    assert judge_negatives.main(given) == 2
    assert told_of in capsys.readouterr().err


def test_a_rankers_llm_is_a_judge(tokenizers, monkeypatch):
    recommender = make_recommender("llama", tokenizers)
    loaded = type("Loaded", (), {"config": recommender.config, "model": recommender.model})()
    loaded.index, loaded.retriever, loaded.signals = recommender.index, recommender.retriever, {}
    loaded.manifest = {"files": {"ranker.safetensors": {"sha256": "0123456789"}}}
    monkeypatch.setattr(ranker_judge, "load_checkpoint", lambda folder, device: loaded)
    judge = RankerJudge(recommender.index, "tiny", "cpu")
    assert judge.name == "ranker tiny 01234567"
    whole = dict(zip("alien heat mids".split(), judge.scores(asked("alien", "heat", "mids")), strict=True))
    assert len({round(float(one), 5) for one in whole.values()}) == 3
    np.testing.assert_allclose(
        judge.scores(asked("mids", "alien")), [whole["mids"], whole["alien"]], atol=1e-4
    )
    assert judge.scores(asked()).shape == (0,) and "i loved alien" in judge.reads(asked("heat"))[0]
    loaded.config = recommender.config.updated("ranker", llm=False)
    with pytest.raises(ConfigError, match="does not rank"):
        RankerJudge(recommender.index, "tiny", "cpu")
    loaded.config = recommender.config
    other = make_recommender("llama", tokenizers).index
    other.embedder = type("Other", (), {"name": "others", "dim": 8})()
    with pytest.raises(ConfigError, match="the index has those of 'others'"):
        RankerJudge(other, "tiny", "cpu")
    assert Component(name="ranker").kwargs == {}
