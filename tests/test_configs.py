"""The config tree, and every YAML in configs/."""

from pathlib import Path

import pytest

from conftest import make_tiny
from test_train import ingredients
from wherefore.config import Component, Config, build, resolve
from wherefore.corpora import CORPORA
from wherefore.item_encoder import ITEM_ENCODERS
from wherefore.losses import LOSSES
from wherefore.retrieval import EMBEDDERS, SOURCES, STORES
from wherefore.signals import SIGNALS
from wherefore.trainer import Trainer

CONFIGS = sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))
CONFIGS = [path for path in CONFIGS if path.name != "ablations.yaml"]  # changes to one, see test_reproduce.py


def test_there_are_configs():
    assert [path.name for path in CONFIGS] == [
        "frozen-llm.yaml",
        "inspired.yaml",
        "redial.yaml",
        "starter.yaml",
    ]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_config_resolves_says_how_to_run_it_and_trains_a_step(
    path, tmp_path, tokenizers, movies, vectors
):
    assert "wherefore train" in path.read_text(encoding="utf-8").split("seed:")[0]
    config = Config.load(path)
    for component, table, what in (
        (config.embedder, EMBEDDERS, "embedder"),
        (config.store, STORES, "store"),
        (config.item_encoder, ITEM_ENCODERS, "item encoder"),
        *((signal, SIGNALS, "signal") for signal in config.signals),
        *((source, SOURCES, "source") for source in config.retrieval.sources),
        *((corpus, CORPORA, "corpus") for corpus in config.corpora),
    ):
        assert resolve(component.name, table, what)
    assert all(set(stage.losses) <= set(LOSSES) for stage in config.train.stages)
    tree = config.model_dump(mode="json")
    for stage in tree["train"]["stages"]:
        stage.update(steps=1, batch_size=2, batch_sizes={})
    tree["train"]["mixed_precision"] = "no"
    model = make_tiny("bert", tokenizers)
    Trainer(Config.parse(tree), model, ingredients(model, movies, vectors), tmp_path).run()
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == len(config.train.stages)


def test_shipped_weights_are_trained_on_redistributable_corpora_only():
    config = Config.load(Path(__file__).parents[1] / "configs" / "starter.yaml")
    made = [corpus for corpus in config.corpora if corpus.kwargs.get("licence") == "Apache-2.0"]  # by us
    others = [corpus for corpus in config.corpora if corpus not in made]
    assert others and all(CORPORA[corpus.name].redistributable for corpus in others)
    assert [corpus.kwargs["path"] for corpus in made] == ["runs/made"]


def test_defaults_survive_yaml(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(Config().to_yaml(), encoding="utf-8")
    assert Config.load(path) == Config()


def test_overrides_use_the_same_names():
    config = Config.parse(
        {}, ["train.save_every=7", "llm.name=some/model", "store.factory=Flat", "store.name=faiss"]
    )
    assert config.train.save_every == 7 and config.llm.name == "some/model"
    assert config.store.kwargs == {"factory": "Flat"}


@pytest.mark.parametrize(
    ("tree", "says"),
    [
        ({"sede": 1}, r"`sede` is not a known key; known there: .*seed"),
        ({"train": {"save_evry": 1}}, r"`train\.save_evry` is not a known key; known there: .*save_every"),
        (
            {"train": {"stages": [{"name": "a", "losses": {}, "steps": 1, "lrr": 1}]}},
            r"stages\.0\.lrr.*batch_size",
        ),
        ({"llm": {"max_dialogue_tokens": 3}}, r"`llm\.max_dialogue_tokens` is 3"),
        ({"train": {"mixed_precision": "fp8"}}, r"fp8.*'no', 'bf16' or 'fp16'"),
        ({"seed": "many"}, r"`seed` is 'many'"),
    ],
)
def test_what_is_wrong_is_said(tree, says):
    with pytest.raises(ValueError, match=says):
        Config.parse(tree)


def test_two_stages_of_one_name_are_refused():
    stage = {"name": "a", "losses": {"ranking": 1.0}, "steps": 1}
    with pytest.raises(ValueError, match="two stages of one name"):
        Config.parse({"train": {"stages": [stage, stage]}})


@pytest.mark.parametrize("override", ["train", "=3", "seed.x=1"])
def test_a_malformed_override_is_refused(override):
    with pytest.raises(ValueError, match="override"):
        Config.parse({"seed": 1}, [override])


def test_a_missing_or_broken_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.yaml"):
        Config.load(tmp_path / "nowhere.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [", encoding="utf-8")
    with pytest.raises(ValueError, match="not YAML"):
        Config.load(broken)
    broken.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="not YAML"):
        Config.load(broken)
    broken.write_text("- a\n- b\n", encoding="utf-8")
    with pytest.raises(ValueError, match="holds a list"):
        Config.load(broken)


def test_components_are_found_by_name_or_imported():
    assert resolve("mlp", ITEM_ENCODERS, "item encoder") is ITEM_ENCODERS["mlp"]
    assert (
        resolve("wherefore.item_encoder:MLPItemEncoder", ITEM_ENCODERS, "item encoder")
        is ITEM_ENCODERS["mlp"]
    )
    with pytest.raises(ValueError, match="unknown item encoder 'mpl'; known: linear, mlp, qformer"):
        resolve("mpl", ITEM_ENCODERS, "item encoder")
    with pytest.raises(ValueError, match="cannot be imported"):
        resolve("nowhere.at_all:Thing", ITEM_ENCODERS, "item encoder")
    with pytest.raises(ValueError, match="item encoder 'mlp'.*sof_tokens"):
        build(Component(name="mlp", sof_tokens=1), ITEM_ENCODERS, "item encoder", dim=4, width=8)
