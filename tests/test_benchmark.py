"""The benchmark of soft tokens against text, on a tiny model, and what it found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from test_readme import as_today
from wherefore import cli
from wherefore.evaluation.benchmark import bench as benches
from wherefore.evaluation.benchmark import inference, soft_vs_text, training
from wherefore.training.practice import invented_catalogs

ROOT = Path(__file__).parents[1]

TINY = {
    "kind": "Llama",
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 30522,
    "max_position_embeddings": 512,
}


@pytest.fixture
def tiny_shape(loaded_once, monkeypatch):
    monkeypatch.setitem(benches.SHAPES, "tiny", TINY)


def test_each_way_reads_what_it_should(tiny_shape, tmp_path):
    kept = tmp_path / "some.partial"
    heard = []
    run = {"models": ["tiny"], "counts": [3, 12], "seconds": 0.0, "kept": kept, "note": heard.append}
    found = soft_vs_text.compare(**run)["tiny"]
    assert len(heard) == 6 and found["soft_tokens"] == 2
    dialogue = found["dialogue_tokens"]
    assert [found["soft"][n]["prompt_tokens"] for n in ("3", "12")] == [dialogue + 6, dialogue + 24]
    assert found["text"]["3"]["prompt_tokens"] == found["prompt"]["3"]["prompt_tokens"] > dialogue + 60
    assert found["prompt"]["12"] is None  # too few positions
    for way in ("soft", "text"):
        assert all(0 < one["list_s"] < one["first_word_s"] for one in found[way].values())
    quicker = min(found[way]["3"]["list_s"] for way in ("text", "prompt"))
    assert found["speedup"]["3"] == quicker / found["soft"]["3"]["list_s"]
    assert soft_vs_text.compare(**run)["tiny"] == found and len(heard) == 6  # goes on where it was


def test_one_prompt_is_ranked_as_the_llm_reads_it(tiny_shape):
    bench = benches.bench_of("tiny", 3, "cpu", "float32", 2)
    model, trunk = bench.model, benches.trunk_of(bench.model)
    facts = torch.zeros(3, bench.features)
    cache = model.prefill(trunk)
    scores = soft_vs_text._rank_prompt(model, cache, bench.texts, facts)
    ids = [*trunk.ids, *(token for text in bench.texts for token in text.ids)]
    ends = len(trunk.ids) - 1 + torch.tensor([len(text.ids) for text in bench.texts]).cumsum(0)
    with torch.inference_mode():
        hidden = model.body(input_ids=torch.tensor([ids]), use_cache=False).last_hidden_state[0]
        expected = model.head(hidden[ends], hidden[len(trunk.ids) - 1], facts).total
    torch.testing.assert_close(scores, expected, atol=3e-5, rtol=0)
    assert cache.states.get_seq_length() == len(trunk.ids)


def test_soft_tokens_are_five_times_as_fast_at_a_hundred_candidates():
    results = json.loads((ROOT / "results" / "soft_vs_text.json").read_text(encoding="utf-8"))
    assert all(results[key] not in ("", None) for key in ("command", "commit", "seed", "hardware"))
    assert {"starter", "135M", "600M"} <= set(results["models"])
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    part = page.split("**Soft tokens**")[1].split("\n**")[0]
    assert as_today(results["command"]) in part
    for name in ("135M", "600M"):
        of = results["models"][name]
        others = [of[way]["100"]["list_s"] for way in ("text", "prompt") if of[way]["100"]]
        assert min(others) >= 5 * of["soft"]["100"]["list_s"]
        assert f"{of['speedup']['100']:.0f} times" in part


# -- number formats and conversations in one batch -------------------------------------------------------------


@pytest.mark.slow
def test_formats_and_batches_are_measured(tiny_shape):
    heard = []
    found = inference.compare(["tiny"], together=[1, 3], seconds=0.0, note=heard.append)["tiny"]
    assert list(found) == list(inference.FORMATS) and len(heard) == 3
    for of in found.values():
        assert of["list_s"] > 0 and {"1", "3"} == set(of["together"])
        assert all(one["seconds_each"] > 0 for one in of["together"].values())
    assert found["bfloat16"]["weights_mib"] == pytest.approx(found["float32"]["weights_mib"] / 2)
    body = benches.bench_of("tiny", 3, "cpu", "float32", 2).model.body
    numbers = sum(one.weight.numel() for one in body.modules() if isinstance(one, torch.nn.Linear))
    saved = found["float32"]["weights_mib"] - found["int8"]["weights_mib"]
    assert saved == pytest.approx(3 * numbers / 2**20)  # of four bytes each


def test_int8_is_close_to_what_it_stands_for(tiny_shape):
    bench = benches.bench_of("tiny", 8, "cpu", "float32", 2)
    trunk = benches.trunk_of(bench.model)
    before = bench.model.prefill(trunk).end
    after = inference.converted(bench, "int8").model.prefill(trunk).end
    assert 0 < float((after - before).abs().max()) < 0.1 * float(before.abs().max())


def test_conversations_in_one_batch_write_all_their_tokens(tiny_shape, monkeypatch):
    bench = benches.bench_of("tiny", 8, "cpu", "float32", 2)
    ended = []
    writing = bench.model.writing
    monkeypatch.setattr(
        bench.model,
        "writing",
        lambda *given, **named: (ended.append(one) or one for one in writing(*given, **named)),
    )
    inference.write(bench, 3)
    sentences = [one for one in ended if one is not None]
    assert len(sentences) == 3 * inference.SENTENCES * inference.SAMPLES
    assert len(ended) - len(sentences) <= 3 * (inference.TOKENS + 1)


@pytest.mark.parametrize(
    ("given", "said"),
    [(["--together", "0"], "--together has 0"), (["--device", "cuda"], "int8 is for a CPU")],
)
def test_what_cannot_be_measured_is_said(given, said, capsys):
    assert cli.main(["benchmark", "inference", *given]) == 2
    assert said in capsys.readouterr().err


# -- training --------------------------------------------------------------------------------------------------


@pytest.fixture
def tiny_config(tmp_path):
    """A config of an LLM that lies in a folder, with the starter's last two stages."""
    from transformers import LlamaConfig

    shape = {key: value for key, value in TINY.items() if key != "kind"}
    LlamaConfig(**shape, tie_word_embeddings=True).save_pretrained(tmp_path / "llm")
    stages = [
        {
            "name": "matching",
            "losses": {"in_batch_ranking": 1.0},
            "steps": 7200,
            "batch_size": 2,
            "lr": 0.001,
        },
        {"name": "polish", "losses": {"wording_lm": 1.0}, "steps": 3600, "batch_size": 2, "lr": 0.001},
    ]
    file = tmp_path / "tiny.yaml"
    tree = {"llm": {"name": str(tmp_path / "llm")}, "retrieval": {"k": 20}, "train": {"stages": stages}}
    file.write_text(json.dumps(tree), encoding="utf-8")
    return file


@pytest.mark.slow
def test_steps_of_each_stage_are_measured(loaded_once, tiny_config, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "DIALOGUES", 8)
    monkeypatch.setattr("wherefore.training.practice.invented_catalogs", lambda: invented_catalogs(size=4))
    heard = []
    ways = ("as configured", "gradient checkpointing")
    found = training.compare([tiny_config], ways, 2, ["train.candidates=4"], heard.append)["tiny"]
    assert list(found) == list(ways) and len(heard) == 2
    for of in found.values():
        matching, polish = (of["stages"][name] for name in ("matching", "polish"))
        assert of["hours"] == pytest.approx(2 * matching["seconds"] + polish["seconds"])
        assert min(matching["seconds"], polish["seconds"], polish["tokens_per_s"]) > 0
    kept = tmp_path / "kept.partial"
    kept.write_text(json.dumps({"tiny, as configured, 2 steps train.candidates=4": {"hours": 1.0}}))
    monkeypatch.setattr(training, "_free", lambda: 1)
    again = training.compare([tiny_config], ways, 2, ["train.candidates=4"], heard.append, kept)["tiny"]
    assert again["as configured"] == {"hours": 1.0}  # goes on where it was
    assert set(again["gradient checkpointing"]) == {"estimated_gib", "free_gib"}  # does not fit
    assert len(heard) == 3 and len(json.loads(kept.read_text())) == 2
    less = found["gradient checkpointing"]["estimated_gib"]
    assert 0 < less < found["as configured"]["estimated_gib"]


def test_the_first_step_is_not_counted(tiny_config, capsys):
    assert cli.main(["benchmark", "training", "--configs", str(tiny_config), "--steps", "1"]) == 2
    assert "--steps is 1; give 2 or more" in capsys.readouterr().err
    assert cli.main(["benchmark", "training", "--configs", "nowhere.yaml"]) == 2
    assert "nowhere.yaml" in capsys.readouterr().err
