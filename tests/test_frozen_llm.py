"""configs/frozen-llm.yaml: item encoder and head learn, the LLM does not."""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from test_train import whole_tree
from wherefore.build import build_model
from wherefore.config import Config
from wherefore.lm.model import RecommenderLM
from wherefore.recommender import Recommender
from wherefore.training.train import train

FROZEN = Path(__file__).parents[1] / "configs" / "frozen-llm.yaml"


def test_the_llm_stays_bit_for_bit_and_is_not_saved(tmp_path, tokenizers, movies, monkeypatch):
    given, tree = Config.load(FROZEN).model_dump(mode="json"), whole_tree(tmp_path, tokenizers, movies)
    small = {key: tree[key] for key in ("catalog", "embedder", "store", "corpora", "retrieval")}
    small["llm"] = given["llm"] | {"name": tree["llm"]["name"], "max_dialogue_tokens": 96}
    small["signals"] = [{"name": "collaborative", "dim": 2, "least": 1}]
    small["train"] = given["train"] | {"cache": None, "candidates": 4, "save_every": 1}
    assert len(small["train"]["stages"]) == 3
    for stage in small["train"]["stages"]:
        stage |= {"steps": 2, "batch_size": 3, "batch_sizes": {}}
    config = Config.parse(given | small)
    models: list[RecommenderLM] = []
    before = {}

    def build(*given):
        models.append(build_model(*given))
        before.update({name: weight.clone() for name, weight in models[0].state_dict().items()})
        return models[0]

    monkeypatch.setattr(sys.modules["wherefore.training.train"], "build_model", build)
    folder = train(config, tmp_path / "run")
    (model,) = models
    assert not any(weight.requires_grad for weight in model.lm.parameters())
    moved = {name for name, weight in model.state_dict().items() if not torch.equal(weight, before[name])}
    assert not [name for name in moved if name.startswith("lm.")]
    for part in ("item_encoder.queries", "item_encoder.layers.1.", "head.query.", "head.sources."):
        assert any(name.startswith(part) for name in moved), part
    steps = sorted((tmp_path / "run" / "steps").iterdir())
    assert len(steps) == 2
    for step in steps:
        kept = load_file(step / "weights.safetensors")
        assert kept and all(name.startswith(("item_encoder.", "head.")) for name in kept)
    saved = {path.relative_to(folder).as_posix() for path in folder.rglob("*.safetensors")}
    assert {"item_encoder.safetensors", "ranker.safetensors"} <= saved
    assert not [name for name in saved if name.startswith("adapter")]
    llm = {name.removeprefix("lm.") for name in before if name.startswith("lm.")}
    assert llm and not llm & {name for file in saved for name in load_file(folder / file)}
    told = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert told and {"item_text_matching", "user_item_contrast"} <= {name for one in told for name in one}

    recommender = Recommender.from_pretrained(folder, device="cpu")
    again = recommender.model.state_dict()
    assert again.keys() == before.keys()
    assert all(torch.equal(weight, model.state_dict()[name]) for name, weight in again.items())
    reply = recommender.generate([{"role": "user", "content": "I loved Heat, something scary?"}], k=3)
    assert len(reply.recommendations) == 3 and all(one.reason for one in reply.recommendations)
