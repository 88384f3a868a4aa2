"""Two versions' words compared blind: what stands on the sheet, and what is counted."""

import json

import pytest

from conftest import script as load


@pytest.fixture(scope="module")
def script():
    return load("compare_replies")


def reply(text, *listed):
    return {"user": "a comedy", "text": text, "listed": list(listed)}


@pytest.fixture
def folder(script, tmp_path):
    old = {f"films-{n}": reply(f"stiff {n}", "a", "b") for n in range(8)}
    old |= {"same": reply("equal", "a"), "moved": reply("x", "a"), "none": reply("nothing")}
    new = {f"films-{n}": reply(f"plain {n}", "a", "b") for n in range(8)}
    new |= {"same": reply("equal", "a"), "moved": reply("y", "b"), "none": reply("nothing at all")}
    for name, tree in (("old", old), ("new", new)):
        (tmp_path / f"{name}.json").write_text(json.dumps(tree))
    assert (
        script.main(["sheet", str(tmp_path / "old.json"), str(tmp_path / "new.json"), "--out", str(tmp_path)])
        == 0
    )
    return tmp_path


def test_the_sheet_holds_what_differs_in_words_alone_and_does_not_tell_whose(folder):
    sheet, key = (folder / "sheet.md").read_text(), json.loads((folder / "key.json").read_text())
    assert set(key) == {f"films-{n}" for n in range(8)} and "old" not in sheet and "new" not in sheet
    assert {one["X"] for one in key.values()} == {"old", "new"}  # now the one, now the other
    for name, letters in key.items():
        part = sheet[sheet.index(f"# {name}") :].split("# films", 2)[1]
        first = "stiff" if letters["X"] == "old" else "plain"
        assert part.index(first) < part.index({"stiff": "plain", "plain": "stiff"}[first])


def test_judgements_are_counted_by_version_and_judges_compared(script, folder):
    key = json.loads((folder / "key.json").read_text())
    new = {name: next(letter for letter in "XY" if one[letter] == "new") for name, one in key.items()}
    old = {name: "X" if letter == "Y" else "Y" for name, letter in new.items()}
    (folder / "ann.tsv").write_text("\n".join(f"{name}\t{new[name]}\tsame\twhy" for name in key))
    (folder / "bob.tsv").write_text("\n".join(f"{name}\t{old[name]}\tsame" for name in key))
    assert script.tallied(folder) == {
        "requests": 8,
        "judges": 2,
        "help": {"new": 0.5, "old": 0.5, "same": 0.0},
        "person": {"new": 0.0, "old": 0.0, "same": 1.0},
        "agreement": 0.5,
    }
    (folder / "bob.tsv").write_text("films-0\tZ\tsame\n")
    with pytest.raises(ValueError, match=r"bob.tsv, line 1: .*X|Y|same"):
        script.tallied(folder)
