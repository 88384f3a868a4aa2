"""Tables, JSON and the picture of a result."""

import dataclasses
import json
import struct

import pytest

from wherefore.corpora.base import CorpusDialogue, CorpusTurn, ItemRef, instances
from wherefore.evaluation.evaluate import combine, evaluate
from wherefore.evaluation.metrics import METRICS, PLACES
from wherefore.evaluation.report import markdown, plot, results, save_markdown, save_results

ORIGIN = {
    "corpus": "toy",
    "split": "test",
    "limit": None,
    "command": "python x.py",
    "commit": "abc",
    "seed": 7,
    "hardware": "a chip",
    "data_sha256": "0" * 64,
}


def dialogues():
    for n in range(6):
        yield CorpusDialogue(
            str(n),
            "toy",
            "test",
            (
                CorpusTurn("user", ("hi ", ItemRef("a"))),
                CorpusTurn("assistant", (ItemRef("a"), ItemRef("b" if n % 2 else "c"))),
            ),
        )


def report(system="mine", dedup=True, ranked=("b", "a", "x"), **options):
    todo = [instance for one in dialogues() for instance in instances(one, dedup)]
    options = {"mentions": {"a": 5, "b": 2}, "complete": True, "provenance": ORIGIN} | options
    return evaluate(lambda instance: ranked, todo, system, resamples=20, **options)


def everything():
    ours = [
        report("wherefore", ranked=ranked, trained=n)
        for n, ranked in enumerate((["b"], ["c"], ["x", "c", "b"]))
    ]
    repeats = [report("wherefore", dedup=False, ranked=["a"], trained=n) for n in range(3)]
    return [
        combine(ours, 20),
        combine(repeats, 20),
        report("bm25", complete=False),
        report("ease", dedup=False),
    ]


def test_json_keys_and_values():
    saved = results(everything())
    assert set(saved) >= {
        "systems", "corpus", "split", "instances", "gold_mentions", "dialogues", "seeds", "command", "commit",
        "hardware", "data_sha256",
    }  # fmt: skip
    assert {name: list(here) for name, here in saved["systems"].items()} == {
        "wherefore": ["dedup", "repeats"],
        "bm25": ["dedup"],
        "ease": ["repeats"],
    }
    for here in saved["systems"].values():
        for block in here.values():
            assert set(block) >= {*METRICS, "intervals", "sd", "slices", "errors", "per_seed"}
            assert set(block["intervals"]) == set(METRICS)
            assert all(low <= block[name] <= high for name, (low, high) in block["intervals"].items())
    ours = saved["systems"]["wherefore"]["dedup"]
    assert ours["recall@1"] == pytest.approx((0.5 + 0.5 + 0) / 3, abs=1e-6)
    assert ours["recall@5"] == pytest.approx((0.5 + 0.5 + 1) / 3, abs=1e-6)
    assert set(ours["sd"]) == set(METRICS)
    assert ours["sd"]["recall@1"] == pytest.approx(0.288675, abs=1e-6)
    assert [run["seed"] for run in ours["per_seed"]] == saved["seeds"] == [0, 1, 2]
    assert [run["recall@1"] for run in ours["per_seed"]] == [0.5, 0.5, 0]
    assert set(ours["errors"]) == set(PLACES)
    assert sum(part["share"] for part in ours["errors"].values()) == pytest.approx(1, abs=1e-5)
    assert ours["errors"]["not retrieved"] == {"count": 2, "share": pytest.approx(1 / 3, abs=1e-6)}
    assert ours["slices"]["item"]["middle"] == {
        "count": 3, "recall@1": pytest.approx(1 / 3, abs=1e-6), "recall@10": pytest.approx(2 / 3, abs=1e-6),
        "recall@50": pytest.approx(2 / 3, abs=1e-6),
    }  # fmt: skip
    assert ours["slices"]["item"]["tail"] == {
        "count": 0,
        "recall@1": None,
        "recall@10": None,
        "recall@50": None,
    }
    assert saved["systems"]["bm25"]["dedup"]["errors"] is None
    assert saved["systems"]["bm25"]["dedup"]["sd"] is None
    assert (saved["instances"], saved["gold_mentions"], saved["dialogues"]) == (6, 6, 6)
    assert saved["systems"]["ease"]["repeats"]["gold_mentions"] == 12
    assert (saved["corpus"], saved["split"], saved["bootstrap_seed"]) == ("toy", "test", 7)
    assert (saved["command"], saved["commit"]) == ("python x.py", "abc")
    assert "counts" not in json.dumps(saved)


def test_only_repeats_stand_at_the_top_where_there_is_no_dedup():
    saved = results([report(dedup=False)])
    assert (saved["gold_mentions"], saved["seeds"]) == (12, [])
    assert results([report("wherefore")])["seeds"] == []  # its seed is not known


def test_saved_json_is_whole(tmp_path):
    file = tmp_path / "results" / "toy.json"
    reports = everything()
    save_results(file, reports)
    assert json.loads(file.read_text(encoding="utf-8")) == results(reports)
    with pytest.raises(ValueError, match="no reports"):
        save_results(file, [])
    assert json.loads(file.read_text(encoding="utf-8")) == results(reports)
    assert [one.name for one in file.parent.iterdir()] == ["toy.json"]


def test_reports_that_cannot_be_one_result_are_refused():
    with pytest.raises(ValueError, match="mine has two reports of dedup"):
        results([report(), report()])
    other = dataclasses.replace(report("other"), provenance=ORIGIN | {"commit": "def"})
    with pytest.raises(ValueError, match="other and mine come from different runs"):
        results([report(), other])
    for show in (results, markdown, lambda given: plot("never.png", given)):
        with pytest.raises(ValueError, match="no reports to show"):
            show([])
        with pytest.raises(ValueError, match="give a list of reports"):
            show(report())


def test_tables(tmp_path):
    reports = everything()
    save_markdown(tmp_path / "t.md", reports)
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert text == markdown(reports)
    tables = [part.splitlines() for part in text.split("\n\n")]
    for lines in tables:
        rows = [line for line in lines if line.startswith("|")]
        assert len({line.count("|") for line in rows}) <= 1
    metrics, note, slices, errors = tables
    assert metrics[0].startswith("| system | protocol | R@1 | R@5 |")
    assert len(metrics) == 2 + 4
    assert metrics[2].startswith("| wherefore | dedup | 0.333 ± 0.289 (")
    assert "±" not in metrics[4]
    figure = reports[2].metrics["recall@1"]
    assert figure.low < figure.value < figure.high
    assert f"| bm25 | dedup | {figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f}) |" in metrics[4]
    assert note[0].startswith("± is the standard deviation over seeds")
    assert "| wherefore | dedup | item | middle | 0.333 | 0.667 | 0.667 | 3 |" in slices
    assert "| wherefore | dedup | item | tail | – | – | – | 0 |" in slices
    assert errors[0] == "| system | protocol | first | 2-10 | 11-50 | beyond 50 | not retrieved |"
    assert [line.split(" | ")[0] for line in errors[2:]] == ["| wherefore", "| wherefore", "| ease"]
    assert "| wherefore | dedup | 2 (33.3%) | 2 (33.3%) | 0 (0.0%) | 0 (0.0%) | 2 (33.3%) |" in errors


def test_no_table_of_errors_where_rankings_are_cut():
    assert "not retrieved" not in markdown([report(complete=False)])
    assert "not retrieved" in markdown([report()])


def test_a_bar_in_a_name_does_not_break_the_table():
    row = markdown([report("a|b")]).splitlines()[2]
    assert row.startswith("| a\\|b | dedup |")


def test_picture_is_a_png_that_grows_with_the_systems(tmp_path):
    heights = []
    for number, reports in enumerate(([report()], [report(f"system {n}") for n in range(2)], everything())):
        file = tmp_path / "new" / f"{number}.png"
        plot(file, reports)
        data = file.read_bytes()
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        assert len(data) > 2000
        width, height = struct.unpack(">II", data[16:24])
        assert width > 900
        heights.append(height)
    assert heights[0] < heights[1] == heights[2]  # of `everything`, the two that have dedup


def test_the_picture_sorts_its_bars(tmp_path):
    reports = [report("good"), report("bad", ranked=("x",)), report("wherefore", ranked=("b", "c"))]
    assert len({one.metrics["recall@10"].value for one in reports}) == 3
    pictures = []
    for number, given in enumerate((reports, reports[::-1])):
        plot(tmp_path / f"{number}.png", given)
        pictures.append((tmp_path / f"{number}.png").read_bytes())
    assert pictures[0] == pictures[1]


def test_a_picture_of_nothing_found(tmp_path):
    plot(tmp_path / "p.png", [report(ranked=())])
    assert (tmp_path / "p.png").stat().st_size > 2000
