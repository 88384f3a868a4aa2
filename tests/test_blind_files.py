"""Conversations about other people's files: played for judges, and counted."""

from __future__ import annotations

import json

import pytest

from conftest import script

PETS = (
    "name;kind;age;price\nRex;dog;3;120,50\nTom;cat;5;80,00\nBella;dog;1;250,00\nMimi;cat;9;40,00\n"
    "Otto;dog;7;60,00\nPip;cat;2;95,90\n"
)


def test_conversations_about_a_file_are_played_and_counted(tmp_path, capsys):
    talks, out = tmp_path / "talks", tmp_path / "out"
    talks.mkdir()
    (talks / "pets.csv").write_text(PETS, encoding="utf-8")
    (talks / "empty.csv").write_text("name;kind\n", encoding="utf-8")
    turns = [{"user": "a dog under 100", "must": ["lists Otto alone"]}]
    lines = [
        {"id": "pets-1", "catalog": "pets.csv", "turns": turns},
        {"id": "empty-1", "catalog": "empty.csv", "turns": turns},
    ]
    (talks / "talks.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    files = script("blind_files")
    assert files.main(["play", str(talks), "--out", str(out)]) == 0
    sheet = (out / "sheet.md").read_text(encoding="utf-8")
    first, second = sheet.split("# empty-1 (empty.csv)")
    assert (
        "on record: Otto (" in first and "on record: Rex" not in first and "MUST: lists Otto alone" in first
    )
    assert "empty.csv" in second and "on record" not in second  # why it was refused stands as the answer

    (out / "ann.tsv").write_text(
        "pets-1\t1\tyes\tno\tno\tno\nempty-1\t1\tno\tyes\tno\tno\n", encoding="utf-8"
    )
    (out / "bob.tsv").write_text(
        "# causes\npets-1\t1\tyes\tno\tno\tno\nempty-1\t1\tno\tno\tno\tno\n", encoding="utf-8"
    )
    capsys.readouterr()
    assert files.main(["tally", str(out), "--out", str(tmp_path / "files.json")]) == 0
    told = json.loads((tmp_path / "files.json").read_text(encoding="utf-8"))
    assert told["judges"]["ann"] == {
        "turns": 2,
        "all met": 1,
        "dropped in silence": 1,
        "wrong number": 0,
        "against what was said": 0,
    }
    assert told["agreement"]["dropped in silence"] == 0.5 and told["agreement"]["all met"] == 1.0
    (out / "ann.tsv").write_text("pets-1\t1\tperhaps\tno\tno\tno\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"ann\.tsv, line 1: .*yes or no"):
        files.main(["tally", str(out)])
