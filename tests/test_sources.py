"""A source of one's own: a class, and its name in a config; nothing else has to know it."""

import json

import numpy as np
import pytest
import torch

from conftest import make_movies, make_recommender
from wherefore.build import build_model
from wherefore.checkpoint import save_checkpoint
from wherefore.config import Config
from wherefore.dialogue.messages import Dialogue, Mention, Message
from wherefore.errors import CheckpointError
from wherefore.recommender import Recommender
from wherefore.retrieval.learned import Learned, TextVectors, load_sources, save_sources
from wherefore.retrieval.retriever import make_retriever
from wherefore.retrieval.source import Split, top
from wherefore.retrieval.sources import SOURCES
from wherefore.retrieval.tensors import packed, unpacked


class Counted:
    """What is named most often, learned from dialogues; in two parts, by user and assistant."""

    name = "counted"
    part_names = ("by_user", "by_assistant")

    def __init__(self, index, k=5, least=1):
        self.index, self.k, self.least = index, k, least
        self.counts = {}

    @property
    def fitted(self):
        return bool(self.counts)

    def fit(self, dialogues, vectors=None, progress=None):
        for dialogue in dialogues:
            for mention in dialogue.mentions:
                place = dialogue.messages[mention.message].role == "assistant"
                self.counts.setdefault(mention.item_id, [0, 0])[place] += 1

    def tensors(self):
        return {"counts": packed(self.counts)}

    def restore(self, tensors):
        self.counts = unpacked(tensors["counts"])

    def parts(self, dialogue, rows):
        ids = [self.index.catalog.items[row].id for row in rows]
        return np.array([self.counts.get(one, [np.nan, np.nan]) for one in ids], dtype=np.float32)

    def score(self, dialogue, query, rows):
        scores = self.parts(dialogue, rows).sum(axis=1)
        return np.where(scores >= self.least, scores, np.nan).astype(np.float32)

    def search(self, dialogue, query, k, allowed):
        scores = np.nan_to_num(self.score(dialogue, query, np.arange(len(self.index))))
        return top(scores, k, allowed & (scores > 0))


def talk(asked, told):
    messages = (Message("user", asked), Message("assistant", told))
    mentions = (Mention(asked, 0, 0, len(asked), 100.0), Mention(told, 1, 0, len(told), 100.0))
    return Dialogue(messages, mentions)


@pytest.fixture(params=["a line in SOURCES", "named in the config alone"])
def name(request, monkeypatch):
    if request.param == "named in the config alone":
        return "test_sources:Counted"
    monkeypatch.setitem(SOURCES, "counted", Counted)
    return "counted"


def config_with(name, recommender, **more):
    tree = json.loads(recommender.config.model_dump_json())
    tree["retrieval"]["sources"] = [{"name": name, "k": 3}, {"name": "dense", "k": 4}, {"name": "popularity"}]
    return Config.parse(tree | more)


def test_it_is_searched_and_its_features_are_known_saved_and_loaded(name, tmp_path, tokenizers):
    recommender = make_recommender("bert", tokenizers)
    config = config_with(name, recommender)
    retriever = make_retriever(config, recommender.index)
    source = retriever.sources[0]
    assert isinstance(source, Learned) and isinstance(source, Split) and source.k == 3
    source.fit(
        [talk("alien", "heat"), talk("hered", "heat"), talk("heat", "mids")], TextVectors(retriever.index)
    )
    asked = Dialogue((Message("user", "Something to see"),))
    found = retriever.search(asked, 8)
    column = dict(zip(retriever.feature_names, found.features.T, strict=True))
    at = [item.id for item in found.items].index("heat")
    assert column["counted.rank"][at] == 0.0 and column["counted.score"][at] == 3.0  # log(1)
    assert (column["counted.by_user"][at], column["counted.by_assistant"][at]) == (1.0, 2.0)

    mine = {f"counted.{what}" for what in ("rank", "score", "by_user", "by_assistant")}
    names = retriever.feature_names
    learned, popularity, *_ = ({names[place] for place in group} for group in retriever.optional_features)
    assert learned == mine and popularity == {"popularity.rank", "popularity.score", "popularity"}
    assert {names[place] for place in retriever.personal_features} == mine | popularity

    save_sources(retriever.sources, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["counted.safetensors"]
    again = make_retriever(config, recommender.index)
    load_sources(again.sources, tmp_path)
    moved = make_retriever(config, recommender.index, like=retriever)
    for other in (again, moved):
        np.testing.assert_array_equal(other.search(asked, 8).features, found.features)
    (tmp_path / "counted.safetensors").write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match="does not fit source 'counted'"):
        load_sources(again.sources, tmp_path)


def test_a_checkpoint_with_it_is_saved_and_recommends_the_same(name, tmp_path, tokenizers):
    plain = make_recommender("qwen3", tokenizers, make_movies())
    plain.model.causal_lm.save_pretrained(tmp_path / "base")
    tokenizers["qwen3"].save_pretrained(tmp_path / "base")
    llm = plain.config.llm.model_dump() | {"name": str(tmp_path / "base"), "lora": {"r": 2, "alpha": 4}}
    config = config_with(name, plain, llm=llm)
    retriever = make_retriever(config, plain.index)
    retriever.sources[0].fit([talk("alien", "heat"), talk("hered", "heat")])
    torch.manual_seed(3)
    model = build_model(config, plain.index.dim, len(retriever.feature_names))
    save_checkpoint(tmp_path / "saved", config, model, retriever)
    loaded = Recommender.from_pretrained(tmp_path / "saved", device="cpu")
    assert loaded.retriever.sources[0].counts == retriever.sources[0].counts
    found = {
        one.item.id: one.found_by
        for one in loaded.rank([{"role": "user", "content": "Something to see"}], k=12)
    }
    assert found["heat"]["counted"] == 1
