"""Evaluation: figures against sums by hand and against the independent scorer."""

import importlib.util
import json
import math
import random
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherefore.corpora import CorpusDialogue, CorpusTurn, Instance, ItemRef, instances
from wherefore.corpora.redial import Redial
from wherefore.evaluate import (
    DEPTHS,
    SYSTEMS,
    evaluate,
    evaluate_corpus,
    facts_as_text,
    markdown,
    ndcg_at,
    popularity,
    read_predictions,
    recall_at,
    reciprocal_rank,
    recommender_rank,
    repeat_context,
    write_predictions,
    zero_shot,
)

ROOT = Path(__file__).parents[1]
SHARED = Path(__file__).parents[2] / "shared"


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def scorer():
    path = SHARED / "tools" / "score_crs.py"
    if not path.is_file():
        pytest.skip("the independent scorer is not at hand")
    return load(path)


def dialogue(number, *turns):
    return CorpusDialogue(
        f"d{number}",
        "toy",
        "test",
        tuple(
            CorpusTurn(role, tuple(ItemRef(part[1:]) if part[:1] == "@" else part for part in parts))
            for role, *parts in turns
        ),
    )


DIALOGUES = (
    dialogue(
        1, ("user", "like ", "@a"), ("assistant", "@b", " or ", "@a"), ("user", "ok"), ("assistant", "@c")
    ),
    dialogue(2, ("user", "hello"), ("assistant", "@c", " and ", "@d"), ("assistant", "@b")),
    dialogue(3, ("user", "bye"), ("assistant", "bye")),
)


def toy(dedup=True):
    return [instance for one in DIALOGUES for instance in instances(one, dedup)]


# -- figures ----------------------------------------------------------------------------------------------


def test_figures_by_hand():
    report = evaluate(lambda instance: ["a", "c", "b"], toy(), "fixed", resamples=50)
    # What is left of the ranking without the named items, and the gold:
    # c b -> b; c -> c; a c b -> c d; a b -> b
    assert (report.dialogues, report.instances, report.gold_mentions, report.unranked) == (2, 4, 5, 0)
    value = {name: figure.value for name, figure in report.metrics.items()}
    assert value["recall@1"] == pytest.approx(1 / 5)  # c, once a and b are named
    assert value["recall@5"] == pytest.approx(4 / 5)  # all but d
    second, both = 1 / math.log2(3), 1 + 1 / math.log2(3)
    assert value["ndcg@10"] == pytest.approx((second + 1 + second / both + second) / 4)
    assert value["mrr"] == pytest.approx((1 / 2 + 1 + 1 / 2 + 1 / 2) / 4)
    for figure in report.metrics.values():
        assert figure.low <= figure.value <= figure.high


def test_with_repeats_nothing_is_taken_out():
    report = evaluate(lambda instance: ["a", "c", "b"], toy(dedup=False), resamples=10)
    assert not report.dedup
    assert report.gold_mentions == 6
    assert report.metrics["recall@1"].value == pytest.approx(1 / 6)  # a


items = st.integers(0, 30).map(str)
rankings = st.lists(items, unique=True, max_size=25)
golds = st.lists(items, unique=True, min_size=1, max_size=5)


@given(rankings, golds, st.integers(1, 30))
def test_metrics_keep_their_bounds(ranked, gold, k):
    assert 0 <= recall_at(ranked, gold, k) <= recall_at(ranked, gold, k + 1) <= 1
    assert 0 <= ndcg_at(ranked, gold, k) <= 1 + 1e-9
    assert ndcg_at(gold, gold, k) == pytest.approx(1)
    assert (reciprocal_rank(ranked, gold) > 0) == bool(set(ranked) & set(gold))


@given(st.data())
def test_agrees_with_the_independent_scorer_on_anything(scorer, data):
    todo = []
    for number in range(data.draw(st.integers(1, 4))):
        gold, named = data.draw(golds), tuple(data.draw(st.lists(items, unique=True, max_size=4)))
        gold = tuple(item for item in gold if item not in named)
        if gold:
            owner = CorpusDialogue(str(number // 2), "toy", "test", ())
            todo.append((Instance(owner, number, gold, named), data.draw(rankings)))
    if not todo:
        return
    ranked = {instance.turn: ranking for instance, ranking in todo}
    report = evaluate(lambda instance: ranked[instance.turn], [i for i, _ in todo], resamples=5)
    rows = [
        scorer.score_instance({"gold": list(i.gold), "named": list(i.named)}, ranking, False)
        for i, ranking in todo
    ]
    for name, expected in scorer.summarize(rows).items():
        assert report.metrics[name].value == pytest.approx(expected, abs=1e-9)


@pytest.fixture(scope="module")
def redial_test():
    folder = SHARED / "data" / "redial"
    if not folder.is_dir():
        pytest.skip("the shared data are not at hand (no redial folder)")
    return folder, list(Redial(folder, "test"))


@pytest.mark.parametrize("dedup", [True, False])
def test_agrees_with_the_independent_scorer_on_redial(scorer, redial_test, dedup, tmp_path):
    folder, dialogues = redial_test
    todo = [instance for one in dialogues for instance in instances(one, dedup)]
    pool = sorted({item for instance in todo for item in instance.gold})

    def rank(instance):  # good at times, so that every figure has something to count
        draw = random.Random(f"{instance.dialogue.id} {instance.turn}")
        if draw.random() < 0.05:
            return []
        guesses = [*draw.sample(pool, 60), *(item for item in instance.gold if draw.random() < 0.5)]
        return list(dict.fromkeys([*instance.named[-2:], *draw.sample(guesses, len(guesses))]))

    file = tmp_path / "predictions.jsonl"
    assert write_predictions(rank, todo, file) == len(todo)
    report = evaluate(read_predictions(file), todo, resamples=20, seed=0)

    given = {(row["dialogue_id"], row["turn"]): row["ranked"] for row in scorer.read(str(file))}
    groups = {}
    for name in sorted(folder.glob("dialogues_test.jsonl*")):
        for instance in scorer.instances(scorer.read(str(name)), repeats=not dedup):
            ranked = given[instance["dialogue_id"], instance["turn"]]
            row = scorer.score_instance(instance, ranked, not dedup)
            groups.setdefault(instance["dialogue_id"], []).append(row)
    rows = [row for group in groups.values() for row in group]
    assert (report.instances, report.gold_mentions) == (len(rows), sum(row["mentions"] for row in rows))
    assert report.dialogues == len(groups)
    assert report.unranked > 0
    draw, listed = random.Random(0), list(groups.values())
    samples = [
        scorer.summarize([row for group in draw.choices(listed, k=len(listed)) for row in group])
        for _ in range(20)
    ]
    for name, expected in scorer.summarize(rows).items():
        assert expected > 0
        values = sorted(sample[name] for sample in samples)
        figure = report.metrics[name]
        assert figure.value == pytest.approx(expected, abs=1e-6)
        assert figure.low == pytest.approx(values[0], abs=1e-6)
        assert figure.high == pytest.approx(values[19], abs=1e-6)


def test_bootstrap_is_repeatable_and_covers(tmp_path):
    talks = [dialogue(n, ("user", "x"), ("assistant", f"@{n % 2}")) for n in range(400)]
    todo = [instance for one in talks for instance in instances(one)]
    reports = [evaluate(lambda instance: ["0"], todo, resamples=300, seed=1) for _ in range(2)]
    assert reports[0] == reports[1]
    recall = reports[0].metrics["recall@1"]
    assert recall.value == 0.5
    error = 1.96 * math.sqrt(0.25 / 400)
    assert recall.low == pytest.approx(0.5 - error, abs=0.015)
    assert recall.high == pytest.approx(0.5 + error, abs=0.015)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="nothing to evaluate"):
        evaluate(lambda instance: [], [])
    with pytest.raises(ValueError, match="mixed"):
        evaluate(lambda instance: [], [*toy(), *toy(dedup=False)])
    with pytest.raises(ValueError, match="dialogue 'd1', turn 1 holds item 'q' 2 times"):
        evaluate(lambda instance: ["q", "r", "q"], toy())
    with pytest.raises(ValueError, match="`resamples` is 0"):
        evaluate(lambda instance: [], toy(), resamples=0)


def test_progress_is_told():
    told = []
    evaluate(lambda instance: [], toy(), resamples=1, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


# -- predictions ------------------------------------------------------------------------------------------


def test_predictions_come_back(tmp_path):
    file = tmp_path / "p.jsonl"
    write_predictions(lambda instance: ["a", "b", "é"], toy()[:1], file)
    assert json.loads(file.read_text(encoding="utf-8")) == {
        "dialogue_id": "d1",
        "turn": 1,
        "ranked": ["b", "é"],
    }
    again = read_predictions(file)
    assert again(toy()[0]) == ["b", "é"]
    assert again(toy()[1]) == []
    assert evaluate(again, toy(), resamples=5).unranked == 3


def test_a_failed_write_leaves_the_old_file(tmp_path):
    file = tmp_path / "p.jsonl"
    file.write_text("old")

    def broken(instance):
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_predictions(broken, toy(), file)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_broken_predictions_are_named(tmp_path):
    file = tmp_path / "p.jsonl"
    with pytest.raises(FileNotFoundError):
        read_predictions(file)
    file.write_text('{"dialogue_id": "1", "turn": 0}\n')
    with pytest.raises(ValueError, match="line 1 is not"):
        read_predictions(file)
    file.write_text('{"dialogue_id": "1", "turn": 0, "ranked": []}\n' * 2)
    with pytest.raises(ValueError, match="line 2 predicts dialogue '1', turn 0 a second time"):
        read_predictions(file)


# -- systems ----------------------------------------------------------------------------------------------


def test_popularity_counts_mentions():
    rank = popularity(DIALOGUES)
    assert rank(toy()[0]) == ["a", "b", "c", "d"]


def test_repeat_context_says_the_newest_first():
    last = toy()[1]
    assert last.named == ("a", "b")
    assert repeat_context(lambda instance: ["z", "a"])(last) == ["a", "b", "z"]
    recall = evaluate(repeat_context(popularity(DIALOGUES)), toy(dedup=False), resamples=1).metrics[
        "recall@1"
    ]
    assert recall.value > 0


class LetterEmbedder:
    """Counts letters."""

    dim = 26
    name = "letters"

    def encode(self, texts, kind, progress=None):
        counts = np.array(
            [[text.lower().count(chr(97 + n)) for n in range(26)] for text in texts], np.float32
        )
        return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1e-9)


def test_zero_shot_ranks_by_similarity():
    rank = zero_shot(LetterEmbedder(), {"x": "zzz", "y": "hello", "w": "help"}, str.upper, depth=2)
    assert rank(toy()[2]) == ["y", "w"]


def test_the_builtin_catalogue_holds_what_redial_recommends(redial_test):
    from wherefore.catalog import Catalog

    linked = {corpus_id for item in Catalog.builtin() for corpus_id in item.values("redial_ids")}
    gold = [item for one in redial_test[1] for instance in instances(one) for item in instance.gold]
    assert sum(item in linked for item in gold) / len(gold) > 0.97


def test_recommender_is_asked_as_a_user_would():
    asked = []

    class Fake:
        catalog = range(5)

        def rank(self, messages, k, exclude=()):
            asked.append((messages, k, set(exclude)))
            return [SimpleNamespace(item=SimpleNamespace(id=item_id)) for item_id in ("t2", "t9", "t1")]

    links = {"a": "t1", "b": "t2", "b2": "t2"}
    rank = recommender_rank(Fake(), lambda item: f"<{item}>", links)
    todo = toy()
    assert rank(todo[0]) == ["b", "b2", "a"]
    rank(todo[1])
    rank(todo[3])
    user = {"role": "user", "content": "like <a>"}
    assert asked[0] == ([user], 5, {"t1"})
    assert asked[1][0] == [
        user,
        {"role": "assistant", "content": "<b> or <a>"},
        {"role": "user", "content": "ok"},
    ]
    assert asked[2][0] == [
        {"role": "user", "content": "hello"}
    ]  # what the assistant said after it is left out


def test_facts_as_text_skips_what_is_not_words():
    assert facts_as_text({"genres": ["Comedy"], "url": "http://x", "n": 3}) == "genres: Comedy"
    assert len(facts_as_text({"title": "x" * 1000})) == 600


# -- reports and runs -------------------------------------------------------------------------------------


def test_report_and_table(tmp_path):
    report = evaluate(
        lambda instance: ["c"], toy(), "mine", resamples=20, provenance={"command": "x", "seed": 0}
    )
    report.save(tmp_path / "r.json")
    saved = json.loads((tmp_path / "r.json").read_text())
    assert saved["system"] == "mine"
    assert saved["protocol"] == "dedup"
    assert saved["command"] == "x"
    assert set(saved["metrics"]) == {*(f"recall@{k}" for k in DEPTHS), "ndcg@10", "mrr"}
    table = markdown([report, report]).splitlines()
    assert len(table) == 4
    assert len({line.count("|") for line in table}) == 1
    assert table[0].startswith("| system | protocol | R@1 |")
    assert f"{report.metrics['recall@1'].value:.3f} (" in table[2]


@pytest.fixture
def corpus_folder(tmp_path):
    def record(number, split):
        turns = [
            {"role": "user", "text": "like @a", "items": ["a"]},
            {"role": "assistant", "text": "@b", "items": ["b"]},
        ]
        return {"dialogue_id": f"{split}{number}", "split": split, "turns": turns}

    lines = [json.dumps(record(n, split)) + "\n" for split in ("train", "valid", "test") for n in range(3)]
    (tmp_path / "dialogues.jsonl").write_text("".join(lines))
    return tmp_path


def test_evaluate_corpus(corpus_folder):
    report = evaluate_corpus("popularity", "jsonl", corpus_folder, resamples=5, command="try", seed=3)
    assert report.metrics["recall@1"].value == 1  # a is named, b is the next
    assert report.instances == 3
    assert report.provenance["command"] == "try"
    assert report.provenance["seed"] == 3
    assert len(report.provenance["data_sha256"]) == 64
    assert report.provenance["hardware"]
    assert report.provenance["commit"]
    assert evaluate_corpus("popularity", "jsonl", corpus_folder, "valid", limit=2, resamples=1).instances == 2
    with pytest.raises(ValueError, match="`limit` is 0"):
        evaluate_corpus("popularity", "jsonl", corpus_folder, limit=0)
    with pytest.raises(ValueError, match="unknown system 'populrity'; known: .*popularity"):
        evaluate_corpus("populrity", "jsonl", corpus_folder)


def test_training_never_sees_the_split_to_predict(corpus_folder, monkeypatch):
    seen = {}

    def spy(setting):
        seen["ids"] = {one.id for corpus in setting.training for one in corpus}
        return lambda instance: []

    monkeypatch.setitem(SYSTEMS, "spy", spy)
    evaluate_corpus("spy", "jsonl", corpus_folder, "test", resamples=1)
    assert seen["ids"] == {f"{split}{n}" for split in ("train", "valid") for n in range(3)}
    evaluate_corpus("spy", "jsonl", corpus_folder, "valid", resamples=1)
    assert seen["ids"] == {f"train{n}" for n in range(3)}


def test_script(corpus_folder, capsys):
    script = load(ROOT / "scripts" / "evaluate.py")
    out = corpus_folder / "out.json"
    arguments = ["jsonl", str(corpus_folder), "--system", "popularity", "repeat-context", "--out", str(out)]
    assert script.main(arguments) == 0
    assert capsys.readouterr().out.count("\n") == 4
    saved = json.loads(out.read_text())
    assert [row["system"] for row in saved] == ["popularity", "repeat-context"]
    assert saved[0]["command"].startswith("python scripts/evaluate.py jsonl")
    predictions = corpus_folder / "p.jsonl"
    predictions.write_text('{"dialogue_id": "test0", "turn": 1, "ranked": ["b"]}\n')
    assert (
        script.main(["jsonl", str(corpus_folder), "--system", "theirs", "--predictions", str(predictions)])
        == 0
    )
    assert "| theirs | dedup | 0.333" in capsys.readouterr().out
    assert script.main(["jsonl", str(corpus_folder / "absent")]) == 2
    assert capsys.readouterr().err.startswith("error: corpus 'jsonl': nothing at")


def test_import_is_light():
    check = "import sys, wherefore.evaluate; print({'torch', 'transformers', 'faiss', 'datasets'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
