"""The script that measures the conversation."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "converse.py"


def run(*arguments):
    return subprocess.run([sys.executable, str(SCRIPT), *map(str, arguments)], capture_output=True, text=True)


def test_figures_of_simulated_users_and_of_feedback(tmp_path, shared):
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

    done = run(*given, "--parts", "feedback", "intents")
    assert done.returncode == 0, done.stderr
    tree = json.loads(path.read_text())
    assert tree["simulated_users"] == 1  # what was measured before is kept
    assert tree["feedback_liked_precision"] > 0.95 and tree["feedback_liked_recall"] > 0.5
    assert tree["intents_messages"] > 200 and tree["intents_accepts_precision"] > 0.7
    assert 0 < tree["intents_seen_recall"] <= 1 and 0 < tree["intents_rejects_recall"] <= 1
    assert tree["feedback_disliked_precision"] > 0.7 and tree["feedback_seen_precision"] > 0.85


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--users", "0"), "--users is 0; give 1 or more"),
        (("--parts", "all"), "invalid choice: 'all'"),
        (("--checkpoint", "/nowhere"), "/nowhere"),
    ],
)
def test_what_is_wrong_is_said(arguments, says, tmp_path):
    done = run(*arguments, "--results", tmp_path)
    assert done.returncode == 2 and says in done.stderr and not list(tmp_path.iterdir())
