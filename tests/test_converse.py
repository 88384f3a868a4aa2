"""The command that measures the conversation."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from wherefore import cli
from wherefore.corpora import read
from wherefore.evaluation import conversation

ROOT = Path(__file__).parents[1]


@pytest.fixture
def run(monkeypatch, capsys):
    """The command in the project's folder, with what it says."""
    monkeypatch.chdir(ROOT)

    def call(*arguments):
        code = cli.main(["converse", *map(str, arguments)])
        return SimpleNamespace(returncode=code, stderr=capsys.readouterr().err)

    return call


@pytest.mark.slow
def test_figures_of_simulated_users_and_of_feedback(run, tmp_path, shared, monkeypatch):
    monkeypatch.setattr(conversation, "read", lambda *given: list(read(*given))[::4])  # enough to tell
    given = ("--shared", shared, "--runs", tmp_path / "runs", "--results", tmp_path / "results")
    done = run(*given, "--parts", "simulated", "--users", 1)
    assert done.returncode == 0, done.stderr
    path = tmp_path / "results" / "conversation.json"
    tree = json.loads(path.read_text())
    for system in ("simulated", "simulated_no_questions", "simulated_no_state", "dense"):
        assert tree[f"{system}_success"] in (0.0, 1.0)
        by_turn = tree[f"{system}_success_by_turn"]
        assert by_turn == sorted(by_turn) and len(by_turn) == 5 and by_turn[-1] == tree[f"{system}_success"]
    assert tree["simulated_no_questions_questions"] == tree["dense_questions"] == 0
    assert {"command", "commit", "seed", "hardware", "data_sha256"} <= set(tree)
    assert "--users 1" in tree["command"]
    kept = sorted((tmp_path / "runs").glob("*/0.json"))
    assert len(kept) == 4
    session = json.loads(kept[0].read_text())
    assert [one["role"] for one in session["messages"]][:2] == ["user", "assistant"]

    done = run(*given, "--parts", "feedback", "--parts", "intents")
    assert done.returncode == 0, done.stderr
    tree = json.loads(path.read_text())
    assert tree["simulated_users"] == 1  # what was measured before is kept
    assert tree["feedback_liked_precision"] > 0.95 and tree["feedback_liked_recall"] > 0.5
    assert tree["intents_messages"] > 200 and tree["intents_accepts_precision"] > 0.7
    assert 0 < tree["intents_seen_recall"] <= 1 and 0 < tree["intents_rejects_recall"] <= 1
    assert tree["feedback_disliked_precision"] > 0.7 and tree["feedback_seen_precision"] > 0.85


@pytest.mark.slow
def test_reasons_beside_those_of_people_and_lists_by_diversity(run, tmp_path, shared):
    given = ("--shared", shared, "--runs", tmp_path / "converse", "--results", tmp_path / "results")
    done = run(*given, "--parts", "style")
    assert done.returncode == 2 and "run wherefore truth first" in done.stderr
    text = "Two movies.\n\n1. **Alien** (1979) — A dark space film.\n2. **Heat** — A dark space heist."
    (tmp_path / "truth").mkdir()
    kept = [{"action": "recommend", "text": text}, {"action": "recommend", "text": "None fits."}]
    (tmp_path / "truth" / "0-0.json").write_text(json.dumps(kept), encoding="utf-8")
    done = run(*given, "--parts", "style", "--parts", "diversity", "--users", 2)
    assert done.returncode == 0, done.stderr
    tree = json.loads((tmp_path / "results" / "conversation.json").read_text())
    assert (
        tree["style_reasons"] == 2
        and tree["style_ours_words"] == 4
        and tree["style_turns_with_reasons"] == 0.5
    )
    assert tree["style_ours_distinct_2"] == 4 / 6 and 5 < tree["style_people_words"] < 40
    by_weight = tree["diversity"]
    assert by_weight["2"]["intra_list_diversity"] >= by_weight["0"]["intra_list_diversity"] > 0
    assert all(
        0 <= one["recall@5"] <= 1 and 0 <= one["lists_with_sequels"] <= 1 for one in by_weight.values()
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--users", "0"), "--users is 0; give 1 or more"),
        (("--parts", "all"), "invalid choice: 'all'"),
        (("--checkpoint", "/nowhere"), "/nowhere"),
    ],
)
def test_what_is_wrong_is_said(run, arguments, says, tmp_path):
    done = run(*arguments, "--results", tmp_path)
    assert done.returncode == 2 and says in done.stderr and not list(tmp_path.iterdir())
