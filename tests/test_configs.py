"""The config tree, and every YAML in configs/."""

import inspect
import json
import re
from pathlib import Path

import pytest
import torch
import yaml

from conftest import make_tiny
from families import make_lm
from test_train import ingredients
from wherefore.build import build_model
from wherefore.config import Component, Config, LoraConfig, build, resolve
from wherefore.corpora import CORPORA
from wherefore.lm.item_encoder import ITEM_ENCODERS
from wherefore.lm.load import add_lora
from wherefore.retrieval.embedders import EMBEDDERS
from wherefore.retrieval.signals import SIGNALS
from wherefore.retrieval.sources import SOURCES
from wherefore.retrieval.stores import STORES
from wherefore.training.cost import estimate
from wherefore.training.losses import LOSSES
from wherefore.training.sizes import architectures, causal_lm_config, lm_size
from wherefore.training.trainer import Trainer
from wherefore.training.weights import trained

ROOT = Path(__file__).parents[1]
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))
CONFIGS = [path for path in CONFIGS if path.name != "ablations.yaml"]  # changes to one, see test_reproduce.py
CHANGES = yaml.safe_load((ROOT / "configs" / "ablations.yaml").read_text(encoding="utf-8"))
OWN = ["inspired.yaml", "own.yaml", "redial-all.yaml", "redial.yaml", "starter.yaml"]  # of the packaged LLM
LLMS = [path for path in CONFIGS if path.name not in (*OWN, "frozen-llm.yaml")]
LINEARS = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}

TOKENIZERS = {"gemma3_text": "gemma3"}  # of which family, where the kind of model is called otherwise


def tiny_llm(config, tokenizers):
    """A random LLM of the config's family, type and adapter, as small as can be, and its tokenizer."""
    from transformers import AutoConfig, AutoModelForCausalLM

    published = architectures()["causal_lms"][config.llm.name]
    kind = published["model_type"]
    tokenizer = tokenizers[TOKENIZERS.get(kind, kind)]
    groups = published["num_attention_heads"] // published["num_key_value_heads"]
    small = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": max(4 // groups, 1),
        "head_dim": 8,
        "vocab_size": len(tokenizer),
        "max_position_embeddings": 512,
    }
    torch.manual_seed(0)
    lm = AutoModelForCausalLM.from_config(
        AutoConfig.for_model(**published | small), dtype=getattr(torch, config.llm.dtype)
    )
    return (lm.requires_grad_(False) if config.llm.lora is None else add_lora(lm, config.llm.lora)), tokenizer


def tiny_bert(config, tokenizers):
    """A model of a config's parts around a tiny random LLM of the packaged one's kind."""
    lm = make_lm("bert", len(tokenizers["bert"]))
    lm = lm.requires_grad_(False) if config.llm.lora is None else add_lora(lm, LoraConfig(r=4, alpha=8))
    return build_model(config, dim=8, features=3, llm=(lm, tokenizers["bert"]))


def test_there_are_configs():
    assert [path.stem for path in CONFIGS] == [
        "frozen-llm",
        "gemma-3-1b",
        "gemma-3-4b",
        "inspired",
        "llama-3.2-1b",
        "llama-3.2-3b",
        "mistral-7b",
        "own",
        "qwen3-0.6b",
        "qwen3-4b",
        "qwen3-8b",
        "redial-all",
        "redial",
        "smollm2-1.7b",
        "smollm2-135m",
        "smollm2-360m",
        "starter",
    ]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_config_resolves_says_how_to_run_it_and_trains_a_step(
    path, tmp_path, tokenizers, movies, vectors, monkeypatch
):
    head = re.match("(?:#.*\n)+", path.read_text(encoding="utf-8"))
    assert head and f"wherefore train configs/{path.name}" in head[0]
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
    tree["train"].update(grad_accumulation=1, candidates=4)
    if path.name in OWN:
        model = make_tiny("bert", tokenizers)
    else:
        monkeypatch.setattr("wherefore.build.build_lm", lambda llm, seed: tiny_llm(config, tokenizers))
        model = build_model(config, dim=8, features=3)
    before = {name: weight.clone() for name, weight in trained(model).items()}
    Trainer(Config.parse(tree), model, ingredients(model, movies, vectors), tmp_path).run()
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["stage"] for line in log] == [stage.name for stage in config.train.stages]
    after = trained(model)
    learned = "item_encoder" if config.llm.lora is None else "lora_B"
    assert any(learned in name and not torch.equal(before[name], after[name]) for name in after)


@pytest.mark.parametrize("name", CHANGES)
def test_every_ablation_trains_a_step_of_each_stage(name, tmp_path, tokenizers, movies, vectors):
    """Two of them failed, one after the hour that its first stage took."""
    tree = Config.load(ROOT / "configs" / "redial.yaml", CHANGES[name]).model_dump(mode="json")
    for stage in tree["train"]["stages"]:
        stage.update(steps=1, batch_size=2, batch_sizes={})
    tree["train"].update(grad_accumulation=1, candidates=4, mixed_precision="no")
    tree["signals"], tree["item_encoder"]["dropout"] = [], 0.0  # a further vector of the item encoder
    config = Config.parse(tree)
    model = tiny_bert(config, tokenizers)
    Trainer(config, model, ingredients(model, movies, vectors), tmp_path).run()
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["stage"] for line in log] == [stage.name for stage in config.train.stages]


@pytest.mark.parametrize(
    ("ranker", "lora", "losses", "says"),
    [
        (
            {"features": False},
            True,
            {"source_ranking": 1.0},
            "source_ranking trains the sources' part of the ranking head",
        ),
        ({"llm": False}, True, {"in_batch_ranking": 1.0}, "in_batch_ranking trains the LLM's part"),
        ({}, False, {"dialogue_lm": 1.0}, "the LLM is frozen"),
    ],
)
def test_a_stage_that_could_train_nothing_is_refused_before_the_first(
    ranker, lora, losses, says, tmp_path, tokenizers, movies, vectors
):
    good = {"name": "good", "losses": {"ranking": 1.0}, "steps": 1, "batch_size": 2, "lr": 0.001}
    tree = {"ranker": ranker, "train": {"stages": [good, {**good, "name": "idle", "losses": losses}]}}
    config = Config.parse(tree, [] if lora else ["llm.lora=null"])
    model = tiny_bert(config, tokenizers)
    with pytest.raises(ValueError, match=says):
        Trainer(config, model, ingredients(model, movies, vectors), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", LLMS, ids=lambda path: path.name)
def test_configs_of_llms_are_complete_and_pinned(path):
    config, starter = Config.load(path), Config.load(ROOT / "configs" / "starter.yaml")
    assert config.llm.dtype == "bfloat16" and config.llm.lora is not None
    assert re.fullmatch("[0-9a-f]{40}", config.llm.revision)
    assert config.retrieval == starter.retrieval and config.corpora == starter.corpora
    stages = config.train.stages
    assert [(stage.name, stage.losses) for stage in stages] == [
        (stage.name, stage.losses) for stage in starter.train.stages
    ]
    rates = {stage.name: stage.lr for stage in stages}
    assert max(rate for name, rate in rates.items() if name != "sources") < 1e-3
    assert "Licence" in path.read_text(encoding="utf-8")
    if config.embedder.name != "minilm":
        inspect.signature(EMBEDDERS[config.embedder.name]).bind(**config.embedder.kwargs)
        assert re.fullmatch("[0-9a-f]{40}", config.embedder.kwargs["revision"])


def test_bigger_llms_learn_slower():
    sized = []
    for path in LLMS:
        config = Config.load(path)
        rate = {stage.name: stage.lr for stage in config.train.stages}["ranking"]
        sized.append((lm_size(causal_lm_config(config.llm), None).parameters, rate))
    rates = [rate for _, rate in sorted(sized)]
    assert rates == sorted(rates, reverse=True) and len(set(rates)) == 3


def test_embedders_of_the_configs_are_many_and_get_the_prompts_that_they_were_trained_with():
    embedders = {}
    for path in LLMS:
        embedder = Config.load(path).embedder
        embedders[embedder.kwargs.get("model", embedder.name)] = embedder.kwargs
    assert set(embedders) == {"minilm", *architectures()["embedders"]}
    e5, bge = embedders["intfloat/multilingual-e5-base"], embedders["BAAI/bge-base-en-v1.5"]
    qwen, gte = embedders["Qwen/Qwen3-Embedding-0.6B"], embedders["Alibaba-NLP/gte-modernbert-base"]
    assert (e5["query_prompt"], e5["item_prompt"]) == ("query: ", "passage: ")
    assert bge["query_prompt"] == "Represent this sentence for searching relevant passages: "
    assert re.fullmatch(r"Instruct: .+\nQuery:", qwen["query_prompt"])
    assert bge["item_prompt"] == qwen["item_prompt"] == "" and "query_prompt" not in gte


@pytest.mark.parametrize("path", LLMS, ids=lambda path: path.name)
def test_the_head_of_a_config_says_what_the_estimator_says(path):
    def numbers_of(text):
        return [float(number) for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", text)]

    expected = estimate(Config.load(path)).header()
    told = re.search(r"^# Needs .*(?:\n#   .*)*", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert told, "no `# Needs`: run wherefore estimate --write"
    again = f"the head is not what the config costs; run `wherefore estimate configs/{path.name} --write`"
    assert re.sub(r"[\d.]+", "0", told[0]) == re.sub(r"[\d.]+", "0", expected), again
    # Other versions of torch and transformers keep a little more or less.
    assert numbers_of(told[0]) == pytest.approx(numbers_of(expected), rel=0.05, abs=0.11), again


# -- one file extends another -------------------------------------------------------------------------


def written(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_what_a_file_extends_is_under_it(tmp_path):
    folder = written(
        tmp_path,
        base="seed: 1\nitem_encoder: {name: mlp, hidden: 7}\nllm: {name: a, lora: {r: 8, alpha: 9}}\n"
        "train:\n  save_every: 3\n  stages:\n"
        "    - {name: one, losses: {ranking: 1.0, reply_lm: 0.5}, steps: 4}\n"
        "    - {name: two, losses: {ranking: 1.0}, steps: 5}\n"
        "retrieval: {sources: [{name: bm25, k: 5}]}\n",
        middle="extends: base.yaml\nllm: {name: b, lora: {r: 4}}\n",
        top="extends: middle.yaml\nitem_encoder: {name: linear}\nretrieval: {sources: [{name: dense}]}\n"
        "train: {stages: {one: {losses: {ranking: 2.0}, lr: 0.1}}}\n",
    )
    config = Config.load(folder / "top.yaml", ["train.log_every=2"])
    assert (config.seed, config.llm.name, config.llm.lora.r, config.llm.lora.alpha) == (1, "b", 4, 9)
    assert config.item_encoder == Component(name="linear")  # not with the other's `hidden`
    one, two = config.train.stages
    assert (one.steps, one.lr, one.losses) == (4, 0.1, {"ranking": 2.0}) and two.steps == 5
    assert [source.name for source in config.retrieval.sources] == ["dense"]
    assert (config.train.save_every, config.train.log_every) == (3, 2)
    saved = written(tmp_path, saved=config.to_yaml()) / "saved.yaml"
    assert "extends" not in saved.read_text(encoding="utf-8") and Config.load(saved) == config


def test_an_empty_section_changes_nothing_and_null_takes_away(tmp_path):
    folder = written(
        tmp_path,
        base="llm: {name: a, lora: {r: 8}}\n",
        same="extends: base.yaml\nllm: {}\n",
        none="extends: base.yaml\nllm: {lora: null}\n",
    )
    assert Config.load(folder / "same.yaml") == Config.load(folder / "base.yaml")
    assert Config.load(folder / "none.yaml").llm.lora is None


def test_what_cannot_be_extended_is_said(tmp_path):
    stages = "train: {stages: [{name: one, losses: {ranking: 1.0}, steps: 4}]}\n"
    folder = written(
        tmp_path,
        base=stages,
        lost="extends: nowhere.yaml\n",
        a="extends: b.yaml\n",
        b="extends: a.yaml\n",
        itself="extends: itself.yaml\n",
        many="extends: [base.yaml, a.yaml]\n",
        unknown="extends: base.yaml\ntrain: {stages: {two: {lr: 0.1}}}\n",
        plain="extends: base.yaml\ntrain: {stages: {one: 3}}\n",
        typo="extends: base.yaml\nsede: 1\n",
    )
    with pytest.raises(FileNotFoundError, match=r"lost\.yaml extends .*nowhere\.yaml, which is not there"):
        Config.load(folder / "lost.yaml")
    for name, says in {
        "a": r"in a circle: a\.yaml -> b\.yaml -> a\.yaml",
        "itself": r"in a circle: itself\.yaml -> itself\.yaml",
        "many": r"`extends` is \['base\.yaml', 'a\.yaml'\]; it takes the name of one YAML file",
        "unknown": r"`train\.stages` changes two, but its entries are: one; give a list",
        "plain": r"`train\.stages\.one` is 3; give keys and values",
        "typo": r"typo\.yaml: `sede` is not a known key",
    }.items():
        with pytest.raises(ValueError, match=says):
            Config.load(folder / f"{name}.yaml")


def test_shipped_weights_are_trained_on_redistributable_corpora_only():
    config = Config.load(Path(__file__).parents[1] / "configs" / "starter.yaml")
    made = [corpus for corpus in config.corpora if corpus.kwargs.get("licence") == "Apache-2.0"]  # by us
    others = [corpus for corpus in config.corpora if corpus not in made]
    assert others and all(CORPORA[corpus.name].redistributable for corpus in others)
    assert [corpus.kwargs["path"] for corpus in made] == ["runs/made", "runs/requests"]


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
    assert Config.parse({}, ["train.mixed_precision=no"]).train.mixed_precision == "no"  # false, in YAML


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
        resolve("wherefore.lm.item_encoder:MLPItemEncoder", ITEM_ENCODERS, "item encoder")
        is ITEM_ENCODERS["mlp"]
    )
    with pytest.raises(ValueError, match="unknown item encoder 'mpl'; known: linear, mlp, qformer"):
        resolve("mpl", ITEM_ENCODERS, "item encoder")
    with pytest.raises(ValueError, match="cannot be imported"):
        resolve("nowhere.at_all:Thing", ITEM_ENCODERS, "item encoder")
    with pytest.raises(ValueError, match="item encoder 'mlp'.*sof_tokens"):
        build(Component(name="mlp", sof_tokens=1), ITEM_ENCODERS, "item encoder", dim=4, width=8)
