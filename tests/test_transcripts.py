"""The script that shows ten dialogues as checkpoints answer them."""

import sys
from pathlib import Path

import pytest

from conftest import make_recommender

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
import transcripts  # noqa: E402


def test_dialogues_of_two_checkpoints_side_by_side(tmp_path, tokenizers, monkeypatch):
    recommender = make_recommender("llama", tokenizers, tries=0)
    monkeypatch.setattr("wherefore.recommender.Recommender.from_pretrained", lambda name: recommender)
    out = tmp_path / "new" / "page.md"
    assert transcripts.main(["--checkpoint", "a", "b", "--names", "before", "after", "--out", str(out)]) == 0
    page = out.read_text(encoding="utf-8")
    assert page.count("\n## ") == 20 and "## 1, before. " in page and "## 10, after. " in page
    for said in transcripts.DIALOGUES:
        assert all(page.count(f"> {text}\n") == 2 for text in said)
    assert "**Alien**" in page or "**Aliens**" in page


def test_bad_arguments_are_explained(tmp_path, capsys):
    with pytest.raises(SystemExit):
        transcripts.main(["--names", "one", "two"])
    assert "give one each" in capsys.readouterr().err
    out = tmp_path / "page.md"
    assert transcripts.main(["--checkpoint", str(tmp_path / "nowhere"), "--out", str(out)]) == 2
    assert "nowhere" in capsys.readouterr().err and not out.exists()
