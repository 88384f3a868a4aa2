"""Evaluation: figures against sums by hand and against the independent scorer."""

import dataclasses
import importlib.util
import json
import math
import random
import statistics
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherefore import cli
from wherefore.catalog.catalog import Catalog
from wherefore.corpora.base import CorpusDialogue, CorpusTurn, Feedback, Instance, ItemRef, instances
from wherefore.corpora.jsonl import Jsonl
from wherefore.corpora.redial import Redial
from wherefore.dialogue.messages import Dialogue, Mention, Message
from wherefore.errors import WhereforeWarning
from wherefore.evaluation.evaluate import combine, evaluate
from wherefore.evaluation.items import own_catalog
from wherefore.evaluation.metrics import (
    PLACES,
    SLICES,
    ndcg_at,
    place_of,
    popularity_bands,
    recall_at,
    reciprocal_rank,
    slices_of,
)
from wherefore.evaluation.predictions import read_predictions, write_predictions
from wherefore.evaluation.provenance import code_hash
from wherefore.evaluation.ranker import RecommenderRank, source_report
from wherefore.evaluation.repeating import NamedAgain
from wherefore.evaluation.run import SYSTEMS, evaluate_corpus

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


def test_redial_counts(redial_test):
    """The numbers of TARGETS.md and of the independent scorer."""
    for dedup, turns, mentions in ((True, 3838, 4472), (False, 4198, 4975)):
        report = evaluate(
            lambda instance: [], [i for one in redial_test[1] for i in instances(one, dedup)], resamples=1
        )
        assert (report.instances, report.gold_mentions) == (turns, mentions)
        assert report.unranked == turns


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


# -- slices, errors, seeds ----------------------------------------------------------------------------------


def random_talks(draw, n=200):
    """Dialogues with everything that slices look at."""
    talks = []
    for number in range(n):
        turns = []
        for _ in range(draw.randint(2, 7)):
            parts = [ItemRef(str(draw.randint(0, 40))) for _ in range(draw.choice([0, 1, 1, 2]))]
            turns.append(CorpusTurn(draw.choice(["user", "assistant"]), ("words ", *parts)))
        named = {item for turn in turns for item in turn.items}
        feedback = {
            item: Feedback(liked=draw.choice([True, False, None])) for item in named if draw.random() < 0.7
        }
        talks.append(CorpusDialogue(f"r{number}", "toy", "test", tuple(turns), feedback))
    return talks


def slow_bands(mentions):
    """Walk down the items, most named first, and stop at half and at nine tenths of all mentions."""
    order = sorted((item for item in mentions if mentions[item]), key=lambda item: (-mentions[item], item))
    total, bands, taken = sum(mentions.values()), {}, []
    for item in order:
        share = sum(taken) / total
        bands[item] = "head" if share < 0.5 else "middle" if share < 0.9 else "tail"
        taken.append(mentions[item])
    return bands


def slow_slices(dialogue, turn, item, mentions, cold):
    """The slice of one gold mention in each group, read off the dialogue."""
    before = dialogue.turns[:turn]
    assistant = [i for t in before if t.role == "assistant" for i in t.items]
    liked = []
    for t in before:
        if t.role == "user":
            for i in t.items:
                form = dialogue.feedback.get(i)
                if form is None or form.liked in (True, None):
                    liked.append(i)
    return {
        "turn": "later" if assistant else "first",
        "liked": "with liked mention" if liked else "without",
        "item": slow_bands(mentions).get(item, "unseen"),
        "cold": "cold" if item in cold else "other",
    }


@pytest.mark.parametrize("dedup", [True, False])
def test_slices_and_errors_against_a_slow_count(dedup):
    draw = random.Random(7)
    todo = [instance for one in random_talks(draw) for instance in instances(one, dedup)]
    mentions = {str(n): draw.choice([0, 1, 1, 2, 5, 30]) for n in range(35)}
    cold = {str(n) for n in range(0, 41, 4)}
    ranking = {
        (i.dialogue.id, i.turn): draw.sample([str(n) for n in range(90)], draw.choice([5, 60, 90]))
        for i in todo
    }
    report = evaluate(
        lambda i: ranking[i.dialogue.id, i.turn],
        todo,
        resamples=1,
        mentions=mentions,
        cold=cold,
        complete=True,
    )
    expected = {group: {name: [0, 0, 0, 0] for name in names} for group, names in SLICES.items()}
    places = dict.fromkeys(PLACES, 0)
    for instance in todo:
        ranked = [
            item
            for item in ranking[instance.dialogue.id, instance.turn]
            if not (dedup and item in instance.named)
        ]
        for item in instance.gold:
            at = ranked.index(item) + 1 if item in ranked else None
            for group, name in slow_slices(instance.dialogue, instance.turn, item, mentions, cold).items():
                row = expected[group][name]
                row[0] += 1
                for column, k in enumerate((1, 10, 50), 1):
                    row[column] += at is not None and at <= k
            if at is None:
                places["not retrieved"] += 1
            elif at == 1:
                places["first"] += 1
            elif at <= 10:
                places["2-10"] += 1
            elif at <= 50:
                places["11-50"] += 1
            else:
                places["beyond 50"] += 1
    assert report.errors == places
    assert all(places.values())
    for group, parts in expected.items():
        assert set(report.slices[group]) == set(parts)
        assert sum(part.count for part in report.slices[group].values()) == report.gold_mentions
        for name, (count, *hits) in parts.items():
            assert count > 0, (group, name)
            assert (report.slices[group][name].count, list(report.slices[group][name].hits)) == (count, hits)
            for k, hit in zip((1, 10, 50), hits, strict=True):
                assert report.slices[group][name].recall[f"recall@{k}"] == pytest.approx(hit / count)


def test_slices_by_hand():
    first = toy()[0]
    assert slices_of(first) == {"turn": "first", "liked": "with liked mention"}
    disliked = dataclasses.replace(first.dialogue, feedback={"a": Feedback(liked=False)})
    assert slices_of(dataclasses.replace(first, dialogue=disliked))["liked"] == "without"
    unsaid = dataclasses.replace(first.dialogue, feedback={"a": Feedback(liked=None)})
    assert slices_of(dataclasses.replace(first, dialogue=unsaid))["liked"] == "with liked mention"
    assert slices_of(toy()[1])["turn"] == "later"
    assert slices_of(toy()[2]) == {"turn": "first", "liked": "without"}
    assert slices_of(toy()[3]) == {"turn": "later", "liked": "without"}  # the assistant named c and d itself


@given(st.dictionaries(items, st.integers(0, 50), max_size=30))
def test_popularity_bands_against_a_slow_walk(mentions):
    bands = popularity_bands(mentions)
    assert bands == (slow_bands(mentions) if any(mentions.values()) else {})
    if bands:
        share = {band: sum(mentions[i] for i in bands if bands[i] == band) for band in ("head", "middle")}
        total = sum(mentions.values())
        assert share["head"] >= total / 2
        assert share["head"] + share["middle"] >= 0.9 * total - 1e-9


def test_groups_without_their_data_are_left_out():
    report = evaluate(lambda instance: ["b"], toy(), resamples=1)
    assert set(report.slices) == {"turn", "liked"}
    assert report.errors is None
    bare = evaluate(lambda instance: ["b"], toy(), resamples=1, mentions={}, cold={"b"})
    assert bare.slices["item"]["unseen"].count == 5
    assert bare.slices["item"]["head"].recall == {"recall@1": None, "recall@10": None, "recall@50": None}
    assert bare.slices["cold"]["cold"].count == 2
    with pytest.raises(ValueError, match="`cold` is the text 'b'"):
        evaluate(lambda instance: [], toy(), cold="b")


@pytest.mark.parametrize(
    ("rank", "place"),
    [
        (1, "first"),
        (2, "2-10"),
        (10, "2-10"),
        (11, "11-50"),
        (50, "11-50"),
        (51, "beyond 50"),
        (math.inf, "not retrieved"),
    ],
)
def test_place_of(rank, place):
    assert place_of(rank) == place


def seed_reports(n=3, resamples=40):
    draw = random.Random(3)
    todo = [instance for one in random_talks(draw) for instance in instances(one)]
    pool = [str(n) for n in range(41)]
    reports = []
    for seed in range(n):
        own = random.Random(seed)
        ranking = {(i.dialogue.id, i.turn): own.sample(pool, 30) for i in todo}
        reports.append(
            evaluate(
                lambda i, ranking=ranking: ranking[i.dialogue.id, i.turn],
                todo,
                resamples=resamples,
                mentions={"1": 3, "2": 2, "3": 1},
                complete=True,
                trained=seed,
            )
        )
    return reports


def test_seeds_are_combined():
    reports = seed_reports()
    both = combine(reports, resamples=40, seed=0)
    for name, figure in both.metrics.items():
        values = [report.metrics[name].value for report in reports]
        assert len(set(values)) > 1
        assert figure.value == pytest.approx(statistics.mean(values))
        assert both.sd[name] == pytest.approx(statistics.stdev(values))
        assert figure.low <= figure.value <= figure.high
    assert [run["seed"] for run in both.per_seed] == [0, 1, 2]
    assert both.per_seed[1]["mrr"] == reports[1].metrics["mrr"].value
    # The interval, drawn slowly: dialogues with replacement, hits averaged over seeds.
    draw, keys = random.Random(0), list(reports[0].counts)
    sampled = []
    for _ in range(40):
        picked = draw.choices(keys, k=len(keys))
        gold = sum(reports[0].counts[key][0] for key in picked)
        sampled.append(sum(report.counts[key][4] for report in reports for key in picked) / 3 / gold)
    sampled.sort()
    assert both.metrics["recall@10"].low == pytest.approx(sampled[1])
    assert both.metrics["recall@10"].high == pytest.approx(sampled[39])
    assert both.errors["first"] == pytest.approx(statistics.mean(r.errors["first"] for r in reports))
    head = [report.slices["item"]["head"].recall["recall@10"] for report in reports]
    assert both.slices["item"]["head"].recall["recall@10"] == pytest.approx(statistics.mean(head))


def test_one_seed_stays_as_it_is():
    report = seed_reports(1)[0]
    assert report.sd is None
    assert combine([report]) == report


def test_reports_that_do_not_go_together_are_refused():
    report = seed_reports(1)[0]
    with pytest.raises(ValueError, match="there are no reports"):
        combine([])
    with pytest.raises(ValueError, match="one system under one protocol"):
        combine([report, dataclasses.replace(report, system="other")])
    fewer = evaluate(lambda instance: [], toy(), resamples=1, complete=True)
    with pytest.raises(ValueError, match="not measured on the same instances .4 with 5 gold"):
        combine([fewer, report])
    with pytest.raises(ValueError, match="only some runs"):
        combine([report, dataclasses.replace(report, errors=None)])
    with pytest.raises(ValueError, match="`resamples` is 0"):
        combine([report], resamples=0)


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
    file.write_text('{"dialogue_id": "1", "turn": 0, "ranked": [7]}\n')
    with pytest.raises(ValueError, match="line 1 ranks 7; item ids are text"):
        read_predictions(file)


def test_predictions_with_unknown_ids_are_named(tmp_path):
    file = tmp_path / "p.jsonl"

    def says(dialogue_id, turn, ranked):
        file.write_text(json.dumps({"dialogue_id": dialogue_id, "turn": turn, "ranked": ranked}) + "\n")
        return read_predictions(file, DIALOGUES, {"a", "b", "c", "d"})

    assert says("d1", 3, ["c"])(toy()[1]) == ["c"]
    with pytest.raises(
        ValueError, match="line 1 predicts dialogue '9', turn 1, .* no such dialogue.*like 'd1'"
    ):
        says("9", 1, [])
    for turn in (-1, 4):
        with pytest.raises(ValueError, match=f"dialogue 'd1', turn {turn}, .* has turns 0 to 3"):
            says("d1", turn, [])
    with pytest.raises(
        ValueError, match="ranks item 'x', which the corpus does not have .1 of the line's 2.*'a'"
    ):
        says("d1", 1, ["a", "x"])


# -- systems ----------------------------------------------------------------------------------------------


def test_the_builtin_catalogue_holds_what_redial_recommends(redial_test):

    linked = {corpus_id for item in Catalog.builtin() for corpus_id in item.values("redial_ids")}
    gold = [item for one in redial_test[1] for instance in instances(one) for item in instance.gold]
    assert sum(item in linked for item in gold) / len(gold) > 0.97


class FakeRecommender:
    """Notes what it is asked and always gives the same list."""

    catalog = range(5)

    def __init__(self):
        self.asked = []

    def rank(self, given, k, exclude=(), soft=False):
        assert soft  # people break the limits that they set
        self.asked.append((given, k, set(exclude)))
        ids = ("t2", "t9", "t1")
        return [SimpleNamespace(item=SimpleNamespace(id=one), score=-place) for place, one in enumerate(ids)]


LINKS = {"a": "t1", "b": "t2", "b2": "t2"}


def test_recommender_is_told_the_mentions():
    fake = FakeRecommender()
    rank = RecommenderRank(fake, lambda item: f"<{item}>", LINKS)
    todo = toy()
    assert rank(todo[0]) == ["b", "b2", "a"]
    rank(todo[1])
    rank(todo[3])
    assert fake.asked[0] == (
        Dialogue((Message("user", "like <a>"),), (Mention("t1", 0, 5, 8, 100.0),)),
        5,
        {"t1"},
    )
    given, _, gone = fake.asked[1]
    assert [message.content for message in given.messages] == ["like <a>", "<b> or <a>", "ok"]
    assert [(one.item_id, one.message) for one in given.mentions] == [("t1", 0), ("t2", 1), ("t1", 1)]
    assert gone == {"t1", "t2"}
    given = fake.asked[2][0]  # ends with the assistant; c and d are not in the catalogue
    assert [message.role for message in given.messages] == ["user", "assistant"]
    assert given.mentions == ()


def test_where_repeats_count_what_was_named_is_ranked_by_how_often_that_happens():
    talks = [
        dialogue(n, ("user", "@a"), ("assistant", "@b"), ("user", "@c"), ("assistant", *last))
        for n, last in enumerate((("@d",), ("@a", "@c"), ("@c", "@a")))
    ]
    again = NamedAgain(talks)  # turn 1 names b; turn 3 names a and c twice, d once
    assert again.new == pytest.approx(4 / 6)
    context = talks[0].turns[:3]
    chances = again.chances(context)
    assert list(chances) == ["c", "b", "a"]
    mean = 4 / 12  # of twelve places where an item was named before a recommending turn
    for item, times, seen in (("c", 2, 6), ("b", 0, 3), ("a", 2, 3)):  # c's place is also that of turn 1's a
        assert chances[item] == pytest.approx((times + 10 * mean) / (seen + 10))
    ranked = again.merged(context, {"e": 9.0, "f": 1.0, "a": 99.0}, found=0.75)
    assert ranked == ["e", "a", "c", "b", "f"]  # e: nearly one half; f: next to nothing
    assert again.merged(context, {}) == ["a", "c", "b"] and again.merged((), {"e": 0.0}) == ["e"]
    fake = FakeRecommender()
    rank = RecommenderRank(fake, str, LINKS, again=again)
    first, both = toy()[1], toy(dedup=False)[1]
    assert rank(first) == ["b", "b2", "a"]
    assert rank(both) == ["b2", "b", "a"] and len(fake.asked) == 1 and fake.asked[0][2] == {"t1", "t2"}


def test_recommender_may_read_the_titles_itself():
    fake = FakeRecommender()
    rank = RecommenderRank(fake, lambda item: f"<{item}>", LINKS, read_titles=True)
    todo = toy()
    assert rank(todo[0]) == ["b", "b2", "a"]
    rank(todo[1])
    rank(todo[3])
    user = {"role": "user", "content": "like <a>"}
    assert fake.asked[0] == ([user], 5, {"t1"})
    assert fake.asked[1][0] == [
        user,
        {"role": "assistant", "content": "<b> or <a>"},
        {"role": "user", "content": "ok"},
    ]
    # What the assistant said after the user's last words is left out.
    assert fake.asked[2][0] == [{"role": "user", "content": "hello"}]


@pytest.mark.parametrize("read_titles", [True, False])
def test_recommender_depth_repeats_and_silence(read_titles):
    fake = FakeRecommender()
    fake.catalog = range(9000)
    rank = RecommenderRank(fake, str, LINKS, read_titles=read_titles)
    rank(toy(dedup=False)[0])
    assert fake.asked[0][1:] == (500, set())
    silent = dialogue(9, ("user", " "), ("assistant", "@a"))
    rank(next(instances(silent)))
    given = fake.asked[1][0]
    assert given == (
        [{"role": "user", "content": "Hello."}] if read_titles else Dialogue((Message("user", "Hello."),))
    )
    with pytest.raises(ValueError, match="`depth` is 0"):
        RecommenderRank(fake, str, LINKS, depth=0)


def test_what_comes_next_is_read_ahead_in_pieces(monkeypatch):
    monkeypatch.setattr("wherefore.evaluation.system._AHEAD", 2)
    todo, seen = toy(), []

    class Ahead:
        def __call__(self, instance):
            return ["a"]

        def read_ahead(self, instances):
            seen.append(list(instances))

    plain = evaluate(lambda instance: ["a"], todo)
    assert evaluate(Ahead(), todo).metrics == plain.metrics
    assert [len(part) for part in seen] == [2] * (len(todo) // 2) + [1] * (len(todo) % 2)
    assert [one for part in seen for one in part] == todo


# -- runs -------------------------------------------------------------------------------------------------


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


@pytest.fixture
def letters(monkeypatch):
    """Whatever the checkpoint, its catalogue has the items of `corpus_folder`."""
    records = [{"id": item, "title": f"Letter {item}"} for item in "ab"]
    catalog = Catalog.from_records(records, name="letters")
    monkeypatch.setattr("wherefore.evaluation.run._catalog_of", lambda checkpoint: catalog)


def test_evaluate_corpus(corpus_folder):
    report = evaluate_corpus(["popularity"], "jsonl", corpus_folder, resamples=5, command="try", seed=3)[0]
    assert report.metrics["recall@1"].value == 1  # a is named, b is the next
    assert report.instances == 3
    assert report.errors["first"] == 3
    assert report.slices["item"]["middle"].count == 3  # a makes up half of the mentions, b the other
    assert report.provenance["command"] == "try"
    assert report.provenance["seed"] == 3
    assert len(report.provenance["data_sha256"]) == 64
    assert report.provenance["hardware"]
    assert report.provenance["commit"]
    few = evaluate_corpus(["popularity"], "jsonl", corpus_folder, "valid", limit=2, resamples=1)[0]
    assert few.instances == 2


def test_systems_and_protocols_in_order(corpus_folder):
    reports = evaluate_corpus(
        ["repeat-context", "ease"],
        "jsonl",
        corpus_folder,
        protocols=["repeats", "dedup"],
        resamples=1,
        cold=["b"],
    )
    assert [(one.system, one.protocol) for one in reports] == [
        ("repeat-context", "repeats"),
        ("repeat-context", "dedup"),
        ("ease", "repeats"),
        ("ease", "dedup"),
    ]
    assert reports[0].metrics["recall@1"].value == 0  # it says a, which was just named
    assert reports[1].metrics["recall@1"].value == 1
    assert reports[1].slices["cold"]["cold"].count == 3


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"limit": 0}, "`limit` is 0"),
        ({"systems": ["populrity"]}, "unknown system 'populrity'; known: .*popularity"),
        ({"systems": ["ease", "ease"]}, "system 'ease' is given 2 times"),
        ({"systems": []}, "no system is given"),
        ({"systems": "ease"}, r"`systems` is the text 'ease'; give a list: \['ease'\]"),
        ({"protocols": ["dedupe"]}, "unknown protocol 'dedupe'; known: dedup, repeats"),
        ({"checkpoints": ["x", "x"]}, "checkpoint 'x' is given 2 times"),
        ({"split": "tests"}, "unknown split 'tests'; known: train, valid, test"),
        ({"corpus": "redail"}, "unknown corpus 'redail'"),
        ({"sequences": True}, "corpus 'jsonl' has no dialogues of which only the mentions are known"),
        ({"systems": ["bm25"]}, "no facts about its items"),
        ({"systems": ["zero-shot"]}, "no facts about its items"),
        ({"systems": ["a", "b"], "predictions": "p.jsonl"}, "2 systems are named beside one file"),
    ],
)
def test_a_run_with_bad_input_says_so(corpus_folder, changes, said):
    given = {"systems": ["popularity"], "corpus": "jsonl", "path": corpus_folder} | changes
    with pytest.raises(ValueError, match=said):
        evaluate_corpus(**given)


def test_an_empty_corpus_says_so(tmp_path):
    (tmp_path / "dialogues.jsonl").write_text("")
    with pytest.raises(ValueError, match="no turn of the test dialogues in .* recommends an item"):
        evaluate_corpus(["popularity"], "jsonl", tmp_path)
    turns = [{"role": "user", "text": "hi"}, {"role": "assistant", "text": "@b", "items": ["b"]}]
    record = {"dialogue_id": "1", "split": "test", "turns": turns}
    (tmp_path / "dialogues.jsonl").write_text(json.dumps(record) + "\n")
    with pytest.raises(ValueError, match="training dialogues name no item"):
        evaluate_corpus(["popularity"], "jsonl", tmp_path)


def test_no_checkpoint_says_so(corpus_folder):
    with pytest.raises(FileNotFoundError, match="no-such-folder"):
        evaluate_corpus(["recommender"], "jsonl", corpus_folder, checkpoints=["no-such-folder"])


def test_checkpoints_are_seeds(corpus_folder, letters, monkeypatch):
    """Two folders, one of which ranks rightly: half of it on average, under the name that is printed."""
    folders = []
    for seed in (4, 9):
        folder = corpus_folder / f"run{seed}"
        folder.mkdir()
        (folder / "config.yaml").write_text(f"seed: {seed}\n")
        folders.append(str(folder))
    built = []

    def fake(setting):
        built.append((setting.checkpoint, setting.read_titles))
        return lambda instance: ["b" if setting.checkpoint == folders[0] else "z"]

    monkeypatch.setitem(SYSTEMS, "recommender", fake)
    saved = corpus_folder / "rankings"
    report, repeats = evaluate_corpus(
        ["recommender"],
        "jsonl",
        corpus_folder,
        protocols=["dedup", "repeats"],
        checkpoints=folders,
        read_titles=True,
        resamples=5,
        save_predictions=saved,
    )
    assert built == [(folder, True) for folder in folders]  # once each, for both protocols
    assert (report.system, report.protocol, repeats.protocol) == ("wherefore", "dedup", "repeats")
    assert report.metrics["recall@1"].value == 0.5
    assert report.sd["recall@1"] == pytest.approx(math.sqrt(0.5))
    assert [run["seed"] for run in report.per_seed] == [4, 9]
    assert report.errors == {
        "first": 1.5,
        "2-10": 0,
        "11-50": 0,
        "beyond 50": 0,
        "not retrieved": 1.5,
    }
    names = [f"wherefore-{protocol}-{n}.jsonl" for protocol in ("dedup", "repeats") for n in (0, 1)]
    assert sorted(file.name for file in saved.glob("*.jsonl")) == names
    again = evaluate_corpus(["theirs"], "jsonl", corpus_folder, predictions=saved / names[0], resamples=5)[0]
    assert again.metrics["recall@1"].value == 1
    # A file may be cut short, whatever the name beside it.
    named = evaluate_corpus(["ease"], "jsonl", corpus_folder, predictions=saved / names[0], resamples=1)
    assert named[0].errors is again.errors is None


def test_rankings_on_disk_are_used_again_unless_something_changed(corpus_folder, letters, monkeypatch):
    asked = []

    def fake(setting):
        return lambda instance: asked.append(instance) or ["b"]

    monkeypatch.setitem(SYSTEMS, "recommender", fake)

    def run(**options):
        asked.clear()
        report = evaluate_corpus(
            ["recommender"], "jsonl", corpus_folder, save_predictions=saved, resamples=1, **options
        )[0]
        return len(asked), report.metrics["recall@1"].value

    saved = corpus_folder / "rankings"
    first = run()
    assert first[0] > 1
    assert run() == (0, first[1])
    assert run(limit=1)[0] == 1 and run()[0] == first[0]  # other instances
    (saved / "wherefore-dedup.key").unlink()  # stopped before it was whole
    assert run() == first
    lines = (saved / "wherefore-dedup.jsonl").read_text()
    (saved / "wherefore-dedup.jsonl").write_text(lines.replace('"b"', '"z"'))
    assert run() == (0, 0.0)  # what is there is what counts


def test_training_never_sees_the_split_to_predict(corpus_folder, monkeypatch):
    seen = {}

    def spy(setting):
        seen["ids"] = {one.id for corpus in setting.training for one in corpus}
        return lambda instance: []

    monkeypatch.setitem(SYSTEMS, "spy", spy)
    evaluate_corpus(["spy"], "jsonl", corpus_folder, "test", resamples=1)
    assert seen["ids"] == {f"{split}{n}" for split in ("train", "valid") for n in range(3)}
    evaluate_corpus(["spy"], "jsonl", corpus_folder, "valid", resamples=1)
    assert seen["ids"] == {f"train{n}" for n in range(3)}


@pytest.fixture
def files_read_once(monkeypatch):
    """Each file of ReDial is read once; what is made of it is remembered for one test."""
    monkeypatch.setattr(Redial, "read_file", cache_of(Redial.read_file))


def cache_of(read):
    kept = {}
    return lambda corpus, file: (
        kept[file] if file in kept else kept.setdefault(file, list(read(corpus, file)))
    )


def test_sequences_add_mentions_and_no_test_dialogue(monkeypatch, files_read_once):
    folder = SHARED / "data" / "redial"
    if not folder.is_dir():
        pytest.skip("the shared data are not at hand (no redial folder)")
    seen = {}

    def spy(setting):
        seen[len(seen)] = {one.id for one in setting.dialogues()}
        return lambda instance: []

    monkeypatch.setitem(SYSTEMS, "spy", spy)
    for sequences in (False, True):
        evaluate_corpus(["spy"], "redial", folder, "test", sequences=sequences, limit=1, resamples=1)
    assert seen[0] < seen[1]
    assert not seen[1] & {one.id for one in Redial(folder, "test")}


def test_command_with_all_that_it_writes(corpus_folder, capsys):
    out, table, picture = (corpus_folder / "new" / name for name in ("out.json", "out.md", "out.png"))
    arguments = ["jsonl", str(corpus_folder), "--system", "popularity", "--system", "repeat-context"]
    arguments += ["--protocol", "dedup", "--protocol", "repeats", "--resamples", "5", "--out", str(out)]
    arguments += ["--markdown", str(table), "--picture", str(picture)]
    assert cli.main(["evaluate", *arguments]) == 0
    printed = capsys.readouterr().out
    assert printed == table.read_text(encoding="utf-8")
    saved = json.loads(out.read_text())
    assert set(saved["systems"]) == {"popularity", "repeat-context"}
    assert set(saved["systems"]["popularity"]) == {"dedup", "repeats"}
    assert saved["command"].startswith("wherefore evaluate jsonl")
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_command_scores_predictions(corpus_folder, capsys):
    predictions = corpus_folder / "p.jsonl"
    predictions.write_text('{"dialogue_id": "test0", "turn": 1, "ranked": ["b"]}\n')
    arguments = ["jsonl", str(corpus_folder), "--system", "theirs", "--predictions", str(predictions)]
    assert cli.main(["evaluate", *arguments]) == 0
    assert "| theirs | dedup | 0.333" in capsys.readouterr().out
    predictions.write_text('{"dialogue_id": "train0", "turn": 1, "ranked": ["b"]}\n')
    assert cli.main(["evaluate", *arguments]) == 2
    assert "predicts dialogue 'train0'" in capsys.readouterr().err
    for more in (["--predictions", str(corpus_folder / "none")], ["--cold", str(corpus_folder / "none")]):
        assert cli.main(["evaluate", *arguments, *more]) == 2
        assert capsys.readouterr().err.startswith("error: ")
    assert cli.main(["evaluate", "jsonl", str(corpus_folder / "absent")]) == 2
    assert capsys.readouterr().err.startswith("error: corpus 'jsonl': nothing at")


def test_command(corpus_folder, capsys):
    out = corpus_folder / "out.json"
    arguments = ["evaluate", "jsonl", str(corpus_folder), "--out", str(out)]
    for option, values in (("--system", ["popularity", "ease"]), ("--protocol", ["dedup", "repeats"])):
        arguments += [word for value in values for word in (option, value)]
    assert cli.main(arguments) == 0
    assert "| ease | repeats |" in capsys.readouterr().out
    assert set(json.loads(out.read_text())["systems"]["ease"]) == {"dedup", "repeats"}
    assert cli.main([*arguments, "--protocol", "none"]) == 2
    assert "unknown protocol 'none'; known: dedup, repeats" in capsys.readouterr().err


def test_import_is_light():
    heavy = "{'torch', 'transformers', 'faiss', 'matplotlib'}"
    check = f"import sys, wherefore.evaluation.evaluate, wherefore.evaluation.report; print({heavy} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_the_report_of_sources_counts_who_found_what():
    rank = RecommenderRank(SimpleNamespace(retriever=SimpleNamespace(source_names=("x", "y", "z"))), str, {})
    places = {"a": {"x": 1, "y": 60}, "b": {"y": 11}, "c": {}}
    rank.found = lambda instance: {item: by for item, by in places.items() if by}
    one = dialogue(0, ("user", "hi"), ("assistant", "@a", "@b", "@c", "@d"))
    rank.read_ahead = lambda instances: None
    told = source_report(rank, instances(one))
    assert told == {
        "x": {"recall@10": 0.25, "recall@50": 0.25, "found": 0.25, "unique": 0.0},
        "y": {"recall@10": 0.0, "recall@50": 0.25, "found": 0.5, "unique": 0.25},
        "z": {"recall@10": 0.0, "recall@50": 0.0, "found": 0.0, "unique": 0.0},
        "all": {"found": 0.5},
    }


# -- the recommender on a corpus that its catalogue lacks --------------------------------------------------------------

WORKS = {"w1": "Oak and Ash", "w2": "The Salt Road", "w3": "Winter Bees", "w4": "A Quiet Harbour"}


@pytest.fixture
def books(tmp_path, monkeypatch):
    """Dialogues about four books that nobody filmed, with facts."""
    monkeypatch.setenv("WHEREFORE_CACHE", str(tmp_path / "cache"))
    facts = [
        {"item_id": item, "title": title, "year": 2000 + n, "genres": ["Novel"], "test_mentions": 99 - n}
        for n, (item, title) in enumerate(WORKS.items())
    ]
    (tmp_path / "items.jsonl").write_text("".join(json.dumps(one) + "\n" for one in facts), encoding="utf-8")
    records = [
        {
            "dialogue_id": f"{split}{number}",
            "split": split,
            "turns": [
                {"role": "user", "text": "I liked @w1", "items": ["w1"]},
                {"role": "assistant", "text": f"Then read @{gold}", "items": [gold]},
            ],
        }
        for split in ("train", "valid", "test")
        for number, gold in enumerate(("w2", "w3", "w3", "w4"))
    ]
    lines = "".join(json.dumps(one) + "\n" for one in records)
    (tmp_path / "dialogues.jsonl").write_text(lines, encoding="utf-8")
    return tmp_path


def test_a_corpus_that_the_checkpoint_does_not_know_is_ranked_on_its_own_items(books):
    with pytest.warns(
        WhereforeWarning, match="4 of 4 items of corpus 'jsonl' are not in the catalogue of 'starter'"
    ):
        (own,) = evaluate_corpus(["recommender"], "jsonl", books, resamples=1)
    assert own.metrics["recall@5"].value == 1 and own.unranked == 0


def test_the_own_items_of_a_corpus_tell_nothing_of_the_part_to_predict(books):
    corpus = Jsonl(books, "test")
    catalog = own_catalog(corpus, {"w3": 4})
    assert catalog.ids == tuple(WORKS)
    assert catalog["w2"].title == "The Salt Road" and catalog["w2"].values("genres") == ("Novel",)
    assert catalog["w2"].get("year") == 2001 and not any("mentions" in name for name in catalog["w1"].fields)
    assert [item.get("popularity") or 0 for item in catalog.items] == [0, 0, round(math.log1p(4), 3), 0]


def test_a_catalogue_can_be_given(books, capsys):
    """By title and year; what it lacks is counted in a warning and missed."""
    file = books / "mine.csv"
    file.write_text(
        "id,title,year,genres\nb1,Oak and Ash,2000,Novel\nb3,Winter Bees,2002,Novel\nb9,Other,1990,Novel\n"
    )
    arguments = ["evaluate", "jsonl", str(books), "--catalog", str(file), "--resamples", "1"]
    assert cli.main([*arguments, "--out", str(books / "out.json")]) == 0
    warned = capsys.readouterr().err
    assert "2 of 4 items of corpus 'jsonl' are not in the given catalogue and count as missed" in warned
    saved = json.loads((books / "out.json").read_text())["systems"]["wherefore"]["dedup"]
    assert saved["recall@5"] == 0.5  # w3, twice of four
    file.write_text("id,title,year,genres\nb9,Other,1990,Novel\n")
    assert cli.main(arguments) == 2
    assert "no item of corpus 'jsonl' is in the given catalogue" in capsys.readouterr().err


def test_kept_rankings_depend_on_all_of_the_package(monkeypatch, tmp_path):
    package = tmp_path / "wherefore"
    (package / "lm").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "lm" / "model.py").write_text("one = 1\n")
    monkeypatch.setattr("wherefore.__file__", str(package / "__init__.py"))
    before = code_hash()
    (package / "lm" / "model.py").write_text("one = 2\n")
    assert code_hash() != before
