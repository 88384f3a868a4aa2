"""One command from raw dialogues to the evaluated table, on a corpus made here."""

import io
import json
import math
import random
import shutil
import sys
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest
import yaml
from safetensors.numpy import load_file

from families import make_lm
from wherefore import cli
from wherefore.build import build_item_encoder
from wherefore.catalog.catalog import Catalog
from wherefore.config import Config
from wherefore.dialogue.messages import Dialogue, Mention, Message
from wherefore.evaluation.runs import Runs
from wherefore.recommender import Recommender
from wherefore.retrieval.collaborative import Collaborative

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.slow  # each trains and measures


def reproduce(*given):
    return cli.main(["reproduce", *given])


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, tokenizers, movies):
    """A folder with a config, dialogues in three parts, a catalogue and an LLM."""
    folder = tmp_path_factory.mktemp("prepared")
    make_lm("qwen3", len(tokenizers["qwen3"])).save_pretrained(folder / "base")
    tokenizers["qwen3"].save_pretrained(folder / "base")
    movies.save(folder / "films.parquet")
    draw, ids = random.Random(0), [item.id for item in movies.items]
    with open(folder / "talks.jsonl", "w", encoding="utf-8") as file:
        for number in range(36):
            liked, gold = draw.sample(ids, 2)
            turns = [
                {"role": "user", "text": f"I loved @{liked}", "items": [liked]},
                {"role": "assistant", "text": f"How about @{gold}?", "items": [gold]},
            ]
            split = ("train", "train", "valid", "test")[number % 4]
            record = {"dialogue_id": str(number), "split": split, "turns": turns}
            file.write(json.dumps(record) + "\n")
    tree = {
        "catalog": "films.parquet",
        "embedder": {"name": "conftest:WordEmbedder"},
        "store": {"name": "faiss", "factory": "Flat"},
        "llm": {"name": "base", "lora": {"r": 2, "alpha": 4}, "max_dialogue_tokens": 64},
        "item_encoder": {"name": "mlp", "soft_tokens": 1, "hidden": 8},
        "corpora": [{"name": "jsonl", "path": "talks.jsonl"}],
        "retrieval": {
            "k": 10,
            "folds": 3,
            "sources": [{"name": "collaborative", "k": 8}, {"name": "popularity"}],
        },
        "train": {
            "splits": ["train", "valid"],
            "cache": "runs/mine/cache",
            "candidates": 4,
            "held_out": 0.2,
            "stages": [
                {"name": "sources", "losses": {"source_ranking": 1.0}, "steps": 3, "batch_size": 4},
                {"name": "ranking", "losses": {"ranking": 1.0}, "steps": 3, "batch_size": 4},
            ],
        },
    }
    (folder / "mine.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
    (folder / "changes.yaml").write_text(
        'no LLM:\n  - ranker.llm=false\n  - "train.stages=[{name: s, losses: {source_ranking: 1.0}, steps: 2}]"\n'
        "half the data:\n  - train.share=0.5\n",
        encoding="utf-8",
    )
    return folder


TABLE = ["--system", "recommender", "--system", "popularity", "--resamples", "20"]


@pytest.fixture(scope="module")
def reproduced(prepared, tmp_path_factory):
    """The same after one command, of which two seeds are left; and what the command said."""
    folder = tmp_path_factory.mktemp("reproduced") / "project"
    shutil.copytree(prepared, folder)
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said):
        patch.chdir(folder)
        assert reproduce("mine.yaml", "--seeds", "2", *TABLE) == 0
    return folder, said.getvalue()


@pytest.fixture
def project(prepared, tmp_path, monkeypatch):
    """A copy of the prepared folder; it is the current one."""
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def done(reproduced, tmp_path, monkeypatch):
    """A copy of what one command has left; it is the current folder."""
    shutil.copytree(reproduced[0], tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_one_command_from_dialogues_to_the_table(done, reproduced, monkeypatch):
    assert "wherefore" in reproduced[1]
    told = json.loads(Path("results/mine.json").read_text())
    assert told["seeds"] == [0, 1] and told["instances"] == 9
    assert set(told["systems"]) == {"wherefore", "popularity"}
    assert set(told["systems"]["wherefore"]) == {"dedup", "repeats"}
    assert told["command"] == "wherefore reproduce mine.yaml --seeds 2 " + " ".join(TABLE)
    assert set(told["sources"]) == {"collaborative", "popularity", "all"}
    assert told["sources"]["popularity"]["found"] > 0 and told["sources"]["all"]["found"] <= 1
    assert "| popularity |" in Path("results/mine.md").read_text().split("source | recall@10")[1]
    assert told["parameters"]["total"] == sum(n for part, n in told["parameters"].items() if part != "total")
    assert told["parameters"]["collaborative"] > 0 and told["parameters"]["ranking_head"] > 0
    assert set(told["minutes"]) >= {"seed-0", "seed-1", "evaluation"}
    assert Path("results/mine.png").read_bytes().startswith(b"\x89PNG")
    assert "| wherefore | dedup |" in Path("results/mine.md").read_text()
    weights = Path("runs/mine/seed-1/checkpoint/ranker.safetensors")
    before = weights.stat().st_mtime_ns

    def never(*given, **named):
        raise AssertionError("nothing is left to train")

    monkeypatch.setattr("wherefore.training.train.train", never)
    assert reproduce("mine.yaml", "--seeds", "2", *TABLE) == 0  # again: everything is there
    assert weights.stat().st_mtime_ns == before
    again = json.loads(Path("results/mine.json").read_text())
    assert again["systems"] == told["systems"]


def test_ablations_stand_beside_the_whole_chain(done):
    assert reproduce("mine.yaml", "--seeds", "2", "--ablations", "changes.yaml", "--resamples", "20") == 0
    told = json.loads(Path("results/mine-ablations.json").read_text())
    assert set(told["systems"]) == {"wherefore", "no LLM", "half the data"}
    assert all(set(protocols) == {"dedup"} for protocols in told["systems"].values())
    assert told["systems"]["wherefore"]["dedup"]["sd"] and not told["systems"]["no LLM"]["dedup"]["sd"]
    saved = Config.load("runs/mine/without/no-llm/checkpoint/config.yaml")
    assert saved.ranker.llm is False and [stage.name for stage in saved.train.stages] == ["s"]


def test_ablations_can_be_measured_one_by_one(done, monkeypatch, capsys):
    whole = ["mine.yaml", "--seeds", "2", "--ablations", "changes.yaml", "--resamples", "20"]
    file = Path("results/mine-ablations.json")
    assert reproduce(*whole, "--only", "half the data") == 0  # the first also measures the whole chain
    first = json.loads(file.read_text())
    assert list(first["systems"]) == ["wherefore", "half the data"] and "measured_apart" not in first
    trained = Runs.trained
    monkeypatch.setattr(Runs, "trained", lambda *given: trained(*given) if "no-llm" in given[-1] else None)
    assert reproduce(*whole, "--only", "no LLM") == 0  # the others stay as they are, and are not trained
    told = json.loads(file.read_text())
    assert list(told["systems"]) == ["wherefore", "no LLM", "half the data"]
    for kept in ("wherefore", "half the data"):
        assert told["systems"][kept] == first["systems"][kept]
    for kept in ("command", "commit", "parameters", "seeds", "instances", "data_sha256"):
        assert told[kept] == first[kept]
    assert told["measured_apart"]["no LLM"]["command"].endswith("--only 'no LLM'")
    assert set(told["measured_apart"]) == {"no LLM"} and "without/no-llm" in told["minutes"]
    lines = Path("results/mine-ablations.md").read_text().splitlines()
    assert [line.split(" | ")[0] for line in lines[2:5]] == ["| wherefore", "| no LLM", "| half the data"]
    assert Path("results/mine-ablations.png").is_file()
    assert reproduce(*whole, "--only", "no LLM") == 0  # again
    assert json.loads(file.read_text())["systems"] == told["systems"]
    file.write_text(json.dumps(told | {"data_sha256": "other"}))
    assert reproduce(*whole, "--only", "no LLM") == 2
    assert "measured with another `data_sha256` (other, now " in capsys.readouterr().err
    file.write_text(json.dumps(told | {"systems": {"wherefore": {"dedup": {"recall@1": 0.5}}}}))
    assert reproduce(*whole, "--only", "no LLM") == 2
    assert "wherefore has no whole report of dedup" in capsys.readouterr().err


def test_a_config_that_starts_from_another_is_measured_before_and_after(done, movies):
    few = Catalog.from_records([{**one.fields, "id": one.id, "title": one.title} for one in movies.items[:9]])
    few.save(done / "few.parquet")
    other = [
        "catalog=few.parquet",
        "train.init=runs/mine/seed-{seed}/checkpoint",
        "train.cache=runs/few/cache",
    ]
    other += ["retrieval.k=8", "--runs", "runs/few", "--zero-shot"]
    assert reproduce("mine.yaml", *other, "--seeds", "2", "--results", "few", *TABLE) == 0
    told = json.loads(Path("few/mine.json").read_text())
    assert set(told["systems"]) == {"wherefore", "wherefore, zero-shot", "popularity"}
    assert told["systems"]["wherefore, zero-shot"]["dedup"]["sd"]
    assert Config.load("runs/few/zero-shot/seed-1/config.yaml").seed == 1
    assert len(Catalog.load("runs/few/zero-shot/seed-1/catalog.parquet")) == 9
    assert reproduce("mine.yaml", "--zero-shot", "--seeds", "2", *TABLE) == 2


def test_items_that_nobody_named_are_measured(project, movies):
    assert reproduce("mine.yaml", "--cold", "0.25", "--resamples", "20") == 0
    told = json.loads(Path("results/mine-cold.json").read_text())
    assert set(told["systems"]) == {"wherefore", "without the cold items"} and told["cold_items"] == 3
    kept_out = Path("runs/mine/cold/cold.txt").read_text().split()
    assert len(kept_out) == 3 and set(kept_out) <= set(movies.ids)
    there = {name: parts["dedup"]["slices"]["cold"] for name, parts in told["systems"].items()}
    counts = [one["cold"]["count"] for one in there.values()]
    assert counts[0] == counts[1] > 0
    recalls = [one["cold"]["recall@50"] for one in there.values()]
    assert told["cold_recall@50_ratio"] == pytest.approx(recalls[1] / recalls[0], abs=1e-5)
    saved = Config.load("runs/mine/cold/seed-0/checkpoint/config.yaml")
    assert saved.train.without == "runs/mine/cold/cold.txt"
    cold = Catalog.load("runs/mine/cold/items.parquet")
    assert cold.ids == movies.ids
    assert not any(cold[item].get("popularity") for item in kept_out)
    learned = Collaborative(Recommender.from_pretrained("runs/mine/cold/seed-0/checkpoint", "cpu").index)
    learned.restore(load_file("runs/mine/cold/seed-0/checkpoint/sources/collaborative.safetensors"))
    assert learned._items.ids and not set(learned._items.ids) & set(kept_out)


def test_a_changed_config_is_not_measured_with_weights_of_before(done, capsys):
    weights = Path("runs/mine/seed-0/checkpoint/manifest.json")
    first = weights.stat().st_mtime_ns
    assert reproduce("mine.yaml", "writer.max_tokens=20", "--seeds", "1", *TABLE) == 0
    assert weights.stat().st_mtime_ns == first  # how replies are worded moves no weight
    capsys.readouterr()
    assert reproduce("mine.yaml", "train.cold=0.25", "--seeds", "1", *TABLE) == 2
    assert "runs/mine/seed-0" in capsys.readouterr().err


def test_a_missing_catalogue_is_made_from_the_corpus(project, monkeypatch):
    made = []

    def write_catalog(name, source, out):
        made.append((name, source, out))
        Catalog.load("films.parquet").save(out)

    monkeypatch.setattr("wherefore.evaluation.runs.write_catalog", write_catalog)
    runs = Runs(Path("mine.yaml"), ("catalog=runs/items.parquet",), Path("runs/mine"))
    Path("runs").mkdir()
    runs.make_catalog(runs.config())
    runs.make_catalog(runs.config())
    assert made == [("jsonl", Path("."), Path("runs/items.parquet"))]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["mine.yaml", "--seeds", "0"], "--seeds is 0"),
        (["mine.yaml", "--only", "no LLM"], "give their file with --ablations"),
        (["mine.yaml", "--ablations", "changes.yaml", "--only", "nothing"], "has no nothing; it has no LLM"),
        (["mine.yaml", "--ablations", "mine.yaml"], "must hold a name for every change"),
        (["mine.yaml", "--cold", "1.5"], "--cold is 1.5; it must be between 0 and 1"),
        (["nowhere.yaml"], "nowhere.yaml"),
        (["mine.yaml", "train.stage=3"], "stage"),
        (["mine.yaml", "corpora=[]"], "corpus"),
    ],
)
def test_what_cannot_be_done_is_said(project, capsys, given, said):
    assert reproduce(*given) == 2
    assert said in capsys.readouterr().err


def test_every_ablation_is_a_config(project):
    changes = yaml.safe_load((ROOT / "configs" / "ablations.yaml").read_text(encoding="utf-8"))
    assert len(changes) == 12
    whole = Config.load(ROOT / "configs" / "redial.yaml")
    for name, overrides in changes.items():
        changed = Config.load(ROOT / "configs" / "redial.yaml", overrides)
        assert changed != whole, name
        build_item_encoder(changed, 384, 384, 1.0)


def test_what_moves_no_weight_is_measured_as_the_config_says(done, movies):
    """Release years count in the ranking of a checkpoint that was trained before."""
    few = ["--seeds", "1", "--system", "recommender", "--resamples", "20", "--protocol", "dedup"]
    assert reproduce("mine.yaml", *few) == 0
    weights = Path("runs/mine/seed-0/checkpoint/manifest.json")
    made = weights.stat().st_mtime_ns

    def firsts():
        lines = Path("runs/mine/predictions/wherefore-dedup.jsonl").read_text().splitlines()
        return [movies[json.loads(line)["ranked"][0]].get("year") for line in lines]

    before = firsts()
    year = min(item.get("year") for item in movies.items)
    assert reproduce("mine.yaml", f"turn.years={{{year}: 50}}", *few) == 0
    assert weights.stat().st_mtime_ns == made
    after = firsts()
    assert after != before and after.count(year) > len(after) / 2


def test_what_the_newest_releases_gain_is_measured_on_training_dialogues(monkeypatch, project, capsys):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import release_years

    times = ["--cut", "20", "--begin", "20", "--end", "36"]
    assert release_years.main(["mine.yaml", *times, "--epochs", "1", "--out", "years.json"]) == 0
    told = json.loads(Path("years.json").read_text())
    assert told["turns"] == told["gold"] == 12  # those of the test part are not among them
    recalls = told["recall"]
    assert set(recalls) == {str(gain) for gain in release_years.GAINS}
    assert all(0 <= one["recall@1"] <= one["recall@10"] <= one["recall@50"] == 1 for one in recalls.values())
    assert json.loads(capsys.readouterr().out)["command"].startswith(
        "python scripts/release_years.py mine.yaml"
    )
    assert release_years.main(["mine.yaml", "--cut", "30", "--begin", "20", "--end", "36"]) == 2


def test_what_one_more_source_brings_is_measured_on_dialogues_that_nothing_learned_from(
    monkeypatch, project, capsys
):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import sources

    asked = (
        "{name: codes, k: 9, llm: base, codes: 3, epochs: 2, batch_size: 4, bf16: false, kept: runs/codes}"
    )
    few = ["mine.yaml", "--source", asked, "--kept", "runs/sources", "--steps", "3", "--seeds", "2"]
    assert sources.main([*few, "--only", "codes"]) == 0
    assert not Path("sources.json").exists() and list(Path("runs/codes").glob("codes-*"))
    from wherefore.retrieval.generative import GenerativeCodes

    monkeypatch.setattr(GenerativeCodes, "fit", lambda *_: pytest.fail("learned again"))
    assert sources.main([*few, "--leave", "popularity", "--out", "sources.json"]) == 0
    told = json.loads(Path("sources.json").read_text())
    assert told["command"].startswith("python scripts/sources.py mine.yaml")
    assert told["valid_turns"] == told["gold_mentions"] == 9 and told["learned_from_dialogues"] == 14
    assert told["invalid_codes"] == 0
    assert set(told["sources"]) == {"collaborative", "codes", "any but the last"}
    codes = told["sources"]["codes"]
    assert 0 <= codes["recall@1"] <= codes["recall@10"] <= codes["recall@300"] <= 1
    assert codes["hits"] >= codes["hits_of_no_other"] >= 0
    assert codes["hits_of_no_other"] + told["sources"]["any but the last"]["hits"] <= told["gold_mentions"]
    for name in ("with", "without"):
        assert 0 <= told["ranking"][name]["recall@1"] <= told["ranking"][name]["recall@50"] <= 1
    assert len(told["training_of_the_source"]) == 2
    assert sources.main([*few, "--oldest", "1"]) == 2
    assert "--oldest is 1.0" in capsys.readouterr().err


def test_towers_are_measured_alone_and_together_on_later_dialogues(monkeypatch, project, capsys):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import towers

    times = ["--cut", "20", "--begin", "20", "--end", "36", "--members", "2"]
    few = ["mine.yaml", "retrieval.sources=[{name: tower, k: 5}]", *times, "--out", "towers.json"]
    few += ["--set", "epochs=1,width=16"]
    assert towers.main(few) == 0
    told = json.loads(Path("towers.json").read_text())
    assert told["command"].startswith("python scripts/towers.py mine.yaml") and told["members"] == 2
    one = told["settings"]["epochs=1,width=16"]
    assert one["turns"] == one["gold"] == 12 and len(one["alone"]) == 2
    for found in (*one["alone"], one["together"]):
        assert 0 <= found["recall@1"] <= found["recall@10"] <= found["recall@50"] == 1
    assert "together" in capsys.readouterr().out
    monkeypatch.setattr(towers, "measure", lambda *_: pytest.fail("measured again"))
    assert towers.main(few) == 0  # goes on from what is there
    assert json.loads(Path("towers.json").read_text())["settings"] == told["settings"]
    for wrong, said in (
        (["--set", "epochs"], "NAME=VALUE"),
        (["--set", "members=3"], "members"),
        (["--members", "0"], "--members is 0"),
        (["--members", "3"], "another members"),
    ):
        assert towers.main([*few, *wrong]) == 2
        assert said in capsys.readouterr().err


def test_half_way_to_the_year_before(movies):
    """2018's share at the beginning, .8, against 2019's in all."""
    sys.path.insert(0, str(ROOT / "scripts"))
    from release_years import half_way

    years = np.array([item.get("year") for item in movies.items])
    old, before, newest = (
        Dialogue((Message("user", "x"),), (Mention(item, 0, 0, 1, 100.0),))
        for item in ("aliens", "hered", "mids")
    )
    beginning = [before] * 8 + [old] * 2
    assert half_way([*beginning, *[newest] * 40], movies, years) == (2019, pytest.approx(0.0))
    seldom = [*beginning, *[old] * 36, *[newest] * 4]
    assert half_way(seldom, movies, years) == (2019, pytest.approx(0.5 * math.log(0.8 / 0.08)))
    assert half_way([old] * 50, movies, years)[1] == 0.0
