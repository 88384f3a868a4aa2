"""The guides of `docs/`, followed to the letter on small data."""

from __future__ import annotations

import csv
import io
import json
import shlex
from pathlib import Path

import pytest

from conftest import make_movies
from test_readme import PAGES, blocks
from wherefore import cli
from wherefore.checkpoint import load_checkpoint

ROOT = Path(__file__).parents[1]


def section(title):
    (found,) = [
        text.split(f"# {title}\n")[1].split("\n#")[0]
        for page in PAGES
        if f"# {title}\n" in (text := page.read_text(encoding="utf-8"))
    ]
    return found


@pytest.fixture
def own_data(tmp_path, monkeypatch):
    """Files as the guide says: items.csv and dialogues.jsonl, in the folder that the commands are run in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    movies = make_movies().items
    with open("items.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "title", "year", "genres"])
        for number, item in enumerate(movies):
            genres = "|".join(item.values("genres"))
            rows.writerow([f"b{number}", item.title, int(item.number("year")), genres])
    sample = json.loads(blocks(section("On your own dialogues"), "json")[0])
    assert {"@b7" in sample["turns"][0]["text"], "b7" in sample["turns"][0]["items"]} == {True}
    lines = []
    for number in range(24):
        turns = json.loads(
            json.dumps(sample["turns"]).replace("b7", f"b{number % 6}").replace("b9", f"b{number % 6 + 6}")
        )
        split = {"split": "valid"} if number % 6 == 5 else {}
        lines.append(json.dumps({"dialogue_id": str(number), "turns": turns, **split}))
    Path("dialogues.jsonl").write_text("\n".join(lines), encoding="utf-8")


@pytest.mark.slow
def test_three_commands_train_on_ones_own_dialogues(own_data, capsys, monkeypatch, little_practice):
    train, evaluate, chat = map(shlex.split, blocks(section("On your own dialogues"), "sh")[0].splitlines())
    stages = [
        {"name": "sources", "losses": {"source_ranking": 1.0}, "steps": 2, "batch_size": 4},
        {"name": "ranking", "losses": {"ranking": 1.0, "wording_lm": 1.0}, "steps": 2, "batch_size": 2},
    ]
    cli.main([*train[1:], f"train.stages={json.dumps(stages)}"])
    checkpoint = load_checkpoint("runs/own/checkpoint")
    assert len(checkpoint.catalog) == 12 and checkpoint.config.train.init == "starter"
    cli.main(evaluate[1:])
    assert "| wherefore | dedup |" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO("I loved Alien. Something funny?\n"))
    cli.main(chat[1:])
    assert "1. " in capsys.readouterr().out


def test_a_loss_and_an_embedder_of_ones_own_are_found(tmp_path, monkeypatch, tokenizers, movies, vectors):
    from test_train import ingredients
    from wherefore.config import Component, Config, build
    from wherefore.retrieval.embedders import EMBEDDERS
    from wherefore.training.losses import LOSSES, Loss
    from wherefore.training.trainer import Trainer

    from conftest import make_tiny  # isort: skip

    text = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
    assert "`LOSSES`" in text and "my_package.module:Mine" in text
    (tmp_path / "my_package").mkdir()
    (tmp_path / "my_package" / "module.py").write_text(
        "class Mine:\n    dim = 8\n    def __init__(self, note):\n        self.name = note\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    made = build(Component(name="my_package.module:Mine", note="mine"), EMBEDDERS, "embedder")
    assert (made.dim, made.name) == (8, "mine")

    def small_states(model, hidden, batch):
        return hidden.pow(2).mean()

    monkeypatch.setitem(LOSSES, "small_states", Loss("items", small_states))
    stage = {"name": "mine", "losses": {"small_states": 1.0}, "steps": 2, "batch_size": 2}
    config = Config.parse({"train": {"stages": [stage], "log_every": 1}})
    model = make_tiny("llama", tokenizers)
    Trainer(config, model, ingredients(model, movies, vectors), tmp_path / "run").run()
    assert "small_states" in (tmp_path / "run" / "log.jsonl").read_text()
