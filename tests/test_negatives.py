"""What a judge's scores change in training, and the file that they are kept in."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as drawn

from conftest import make_movies, make_tiny, make_vectors
from test_tower import SMALL, make_index, pairs, talk
from test_train import ingredients, whole_tree
from wherefore.catalog.catalog import Catalog
from wherefore.config import Config
from wherefore.dialogue.fingerprint import fingerprint
from wherefore.dialogue.messages import Dialogue, Message
from wherefore.errors import ConfigError, ConfigNotFoundError, ServerError, StorageError, TrainingError
from wherefore.recommender import Recommender
from wherefore.retrieval.events import ASSISTANT, QUERY, Events
from wherefore.retrieval.judged import Judging, Verdict, Verdicts, distribution, divergence, divergence_of
from wherefore.retrieval.judged_pools import JudgedPools, Pool, score_key
from wherefore.retrieval.learned import TextVectors
from wherefore.retrieval.query_training import gold_loss, offsets
from wherefore.retrieval.tower import Tower
from wherefore.training.corpus import load_corpora
from wherefore.training.judge_pools import Turn, judge_pools, keep_pools, recommending_turns
from wherefore.training.judged import JudgedTurns
from wherefore.training.losses import judged_ranking, judged_source_ranking, ranking
from wherefore.training.objective import Objective
from wherefore.training.tasks import make_task
from wherefore.training.train import train

finite = st.floats(-50, 50, width=32)
some = drawn.arrays(np.float64, st.integers(1, 12), elements=finite)


def verdict(scores, gold=(), rows=None):
    """Of the pool's scores and the gold items'; their rows follow each other."""
    scores, gold = np.array(scores, dtype=np.float64), np.array(gold, dtype=np.float64)
    rows = np.arange(len(scores)) if rows is None else np.array(rows)
    return Verdict(rows, scores, 100 + np.arange(len(gold)), gold)


# -- which items are negatives ----------------------------------------------------------------------------


def test_what_is_about_as_good_as_what_was_named_is_no_negative():
    one = verdict([0.9, 2.0, 3.1, np.nan], gold=[1.0, 3.0])  # their mean: 2
    assert one.false_negatives(0.0).tolist() == [False, True, True, False]
    assert one.false_negatives(1.2).tolist() == [True, True, True, False]
    assert one.false_negatives(-0.5).tolist() == [False, False, True, False]
    for nobody in (one.false_negatives(None), verdict([1.0, 2.0]).false_negatives(5.0)):
        assert not nobody.any()


def test_hard_ones_are_those_that_the_judge_or_the_retriever_finds_best():
    one = verdict([0.1, 5.0, 0.7, np.nan, 0.4], gold=[1.0], rows=[40, 41, 42, 43, 44])
    assert one.hard(Judging(hard=3)).tolist() == [42, 44, 40]  # 41 is masked
    assert one.hard(Judging(hard=9)).tolist() == [42, 44, 40, 43]  # no opinion comes last
    assert one.hard(Judging(hard=2, by="retriever")).tolist() == [40, 42]
    assert one.hard(Judging(hard=2, by="retriever", margin=None)).tolist() == [40, 41]
    assert one.hard(Judging(hard=0)).tolist() == []


@given(some, drawn.arrays(np.float64, st.integers(1, 3), elements=finite), finite, finite)
def test_a_wider_margin_masks_no_fewer_and_nothing_masked_is_hard(scores, gold, one, other):
    said, (small, large) = verdict(scores, gold), sorted((one, other))
    less, more = said.false_negatives(small), said.false_negatives(large)
    assert (less <= more).all()
    hard = said.hard(Judging(margin=large, hard=len(scores)))
    assert sorted(hard.tolist()) == said.rows[~more].tolist()
    assert (np.diff(said.scores[hard]) <= 0).all()


# -- soft labels ------------------------------------------------------------------------------------------


@given(some, st.floats(0.05, 20))
def test_a_distribution_adds_up_keeps_the_order_and_is_flatter_when_warmer(scores, temperature):
    shares = distribution(scores, temperature)
    assert shares.sum() == pytest.approx(1.0, abs=1e-5) and (shares >= 0).all()
    order = np.argsort(scores, kind="stable")
    assert (np.diff(shares[order]) >= -1e-6).all()
    assert distribution(scores, 2 * temperature).max() <= shares.max() + 1e-6


@given(drawn.arrays(np.float64, (3, 5), elements=finite), drawn.arrays(np.float64, (3, 5), elements=finite))
@settings(deadline=None)
def test_a_divergence_is_that_of_its_definition_and_nothing_where_both_agree(scores, judged):
    labels = np.stack([distribution(one, 10.0) for one in judged])
    slow = 0.0
    for own, told in zip(scores, labels, strict=True):
        logs = own - own.max() - np.log(np.exp(own - own.max()).sum())
        slow += sum(p * (np.log(p) - log) for p, log in zip(told, logs, strict=True) if p > 0) / 3
    found = float(divergence_of(torch.from_numpy(scores), torch.from_numpy(labels).double()))
    assert found == pytest.approx(slow, abs=1e-4) and found >= -1e-5
    same = divergence_of(torch.from_numpy(judged) / 10.0, torch.from_numpy(labels).double())
    assert float(same) == pytest.approx(0.0, abs=1e-5)


def test_labels_are_of_what_has_a_score_and_only_where_what_was_named_has_one():
    rows, shares = verdict([1.0, np.nan, 1.0], gold=[1.0]).labels(0.5)
    assert rows.tolist() == [100, 0, 2] and shares.tolist() == pytest.approx([1 / 3] * 3)
    for nothing in (verdict([1.0]), verdict([np.nan], gold=[1.0]), verdict([], gold=[1.0])):
        assert len(nothing.labels(1.0)[0]) == 0
    scores = torch.zeros((2, 200), requires_grad=True)
    assert float(divergence(scores, [None, verdict([1.0])], 1.0)) == 0.0
    found = divergence(scores, [None, verdict([0.0, 4.0], gold=[0.0])], 1.0)
    found.backward()
    assert scores.grad is not None and not scores.grad[0].any() and abs(float(scores.grad[1].sum())) < 1e-6
    assert scores.grad[1, 1] < 0 < scores.grad[1, 0]  # towards what the judge finds better


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"margin": float("nan")}, "margin"),
        ({"hard": -1}, "hard"),
        ({"by": "luck"}, "allowed: judge, retriever"),
        ({"negatives": 0}, "negatives"),
        ({"weight": -0.1}, "weight"),
        ({"temperature": 0.0}, "temperature"),
    ],
)
def test_wrong_settings_are_refused(wrong, match):
    with pytest.raises(ConfigError, match=match):
        Judging(**wrong)


# -- the file ---------------------------------------------------------------------------------------------


def test_scores_are_added_once_found_again_and_told_by_judge(tmp_path):
    pools = JudgedPools(tmp_path / "deep" / "pools.sqlite")
    pools.keep({5: (["a"], ["b", "c"]), 6: (["x"], [])})
    keys = [score_key("one", "hi", item) for item in "abc"]
    pools.add("one", 5, [(keys[0], "a", 1.5), (keys[1], "b", float("nan"))])
    pools.add("one", 5, [(keys[0], "a", -9.0), (keys[2], "c", 0.5)])
    pools.add("other", 5, [(score_key("other", "hi", "b"), "b", 7.0)])
    again = JudgedPools(pools.file)
    assert again.known(keys) == {keys[0]: 1.5, keys[2]: 0.5}  # the first stays, no number is none
    assert again.pools("one")[5] == Pool(("a",), ("b", "c"), {"a": 1.5, "c": 0.5})
    assert again.pools()[5].scores == {} and again.said() == [5, 6]
    assert again.judges() == ["one", "other"] and again.judge_named("oth") == "other"
    for name in (None, "nobody"):
        with pytest.raises(ConfigError, match="has scores of: one; other"):
            again.judge_named(name)


def test_a_key_depends_on_all_that_was_read_and_on_who_read_it():
    keys = {
        score_key(*parts) for parts in [("a", "b", "c"), ("a", "bc", ""), ("ab", "", "c"), ("", "ab", "c")]
    }
    assert len(keys) == 4 and all(len(key) == 20 for key in keys)


def test_files_that_are_missing_or_something_else_are_told(tmp_path):
    with pytest.raises(ConfigNotFoundError, match="judge_negatives"):
        JudgedPools.existing(tmp_path / "none.sqlite")
    (tmp_path / "text.sqlite").write_text(
        "no database, whatever its name may say, and quite long at that" * 20
    )
    with pytest.raises(StorageError, match="holds no judged pools"):
        JudgedPools(tmp_path / "text.sqlite")


WRITER = """
import sys
from wherefore.retrieval.judged_pools import JudgedPools, score_key
file, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
pools = JudgedPools(file)
for said in range(count):
    pools.add(name, said, [(score_key(name, str(said), str(item)), str(item), float(said)) for item in range(20)])
    print(said, flush=True)
"""


def writer(file, name, count):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(file), name, str(count)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "src")},
    )


def test_two_processes_write_at_once_and_one_that_is_killed_leaves_whole_turns(tmp_path):
    file = tmp_path / "pools.sqlite"
    killed, other = writer(file, "killed", 100_000), writer(file, "other", 40)
    assert killed.stdout is not None
    for line in killed.stdout:
        if int(line) >= 25:
            break
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    assert other.wait(timeout=60) == 0
    assert other.stdout is not None
    other.stdout.close()
    with sqlite3.connect(file) as database:
        counts = dict(
            database.execute("SELECT said, COUNT(*) FROM scores WHERE judge = 'killed' GROUP BY said")
        )
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    assert set(counts.values()) == {20} and len(counts) >= 26  # all of a turn or nothing
    pools = JudgedPools(file)
    assert pools.judges() == ["killed", "other"]
    assert len(pools.known([score_key("other", str(n), str(i)) for n in range(40) for i in range(20)])) == 800


# -- pools and their judging ------------------------------------------------------------------------------


class Counting:
    """Counts the letters of titles, and how often it is asked; fails at what it is told to fail at."""

    name = "counting"

    def __init__(self, fails=()):
        self.asked, self.fails = [], set(fails)

    def reads(self, asked):
        return asked.dialogue.messages[-1].content, tuple(item.title for item in asked.items)

    def scores(self, asked):
        said = asked.dialogue.messages[-1].content
        self.asked.append((said, [item.id for item in asked.items]))
        if said in self.fails:
            raise ServerError("it does not answer")
        silent = [item.id == "heat" for item in asked.items]
        return np.where(silent, np.nan, [len(item.title) for item in asked.items]).astype(np.float32)


def turns(count, gold="alien"):
    return [
        Turn(Dialogue((Message("user", f"line {n}"),)), (gold,), frozenset({"aliens"})) for n in range(count)
    ]


@pytest.fixture
def pooled(tmp_path):
    """Pools of three turns: the catalogue's first five, without gold and what was named."""
    movies, pools = make_movies(), JudgedPools(tmp_path / "pools.sqlite")
    keep_pools(pools, turns(3), lambda said: -np.arange(len(movies))[None].repeat(len(said), 0), movies, 5)
    return pools, movies


def test_a_pool_is_of_the_best_wrong_items_and_is_kept(pooled):
    pools, movies = pooled
    wanted = ("blade", "shining", "hered", "mids", "follows")
    assert [pool.items for pool in pools.pools().values()] == [wanted] * 3

    def never(said):
        raise AssertionError("it is there already")

    keep_pools(pools, turns(3), never, movies, 5)
    told = []
    keep_pools(
        *(pools, turns(4), lambda said: np.zeros((len(said), len(movies))), movies, 99),
        lambda done, of: told.append((done, of)),
    )
    assert told == [(1, 1)] and len(pools.pools()[turns(4)[3].key].items) == len(movies) - 2


def test_what_is_judged_is_not_asked_for_again_even_where_judging_was_stopped(pooled):
    pools, movies = pooled
    first = Counting()
    assert judge_pools(pools, turns(2), first, movies).items == 12  # gold and pool, twice
    second, told = Counting(), []
    done = judge_pools(pools, turns(3), second, movies, lambda n, of: told.append((n, of)))
    assert [said for said, _ in second.asked] == ["line 2"] and told == [(1, 3), (2, 3), (3, 3)]
    assert (done.turns, done.asked, done.items, done.without) == (3, 1, 6, 0)
    assert pools.pools("counting")[turns(1)[0].key].scores["hered"] == len("Hereditary")


def test_no_opinion_is_kept_by_nobody_and_asked_for_again(pooled):
    pools, movies = pooled
    keep_pools(pools, turns(4, "heat")[3:], lambda said: -np.arange(12.0)[None], movies, 1)
    for _ in range(2):
        judge = Counting()
        judge_pools(pools, turns(4, "heat")[3:], judge, movies)
        assert "heat" in judge.asked[0][1]
    assert "heat" not in pools.pools("counting")[turns(4)[3].key].scores


def test_a_turn_that_fails_is_left_out_and_several_in_a_row_end_it(pooled):
    pools, movies = pooled
    told = []
    done = judge_pools(pools, turns(3), Counting(["line 1"]), movies, tell=told.append)
    assert (done.turns, done.without) == (2, 1) and told == ["turn 2 of 3 is left out: it does not answer"]
    many = turns(9)
    keep_pools(pools, many, lambda said: np.zeros((len(said), 12)), movies, 2)
    judge = Counting([f"line {n}" for n in range(9)])
    with pytest.raises(ServerError, match="does not answer"):
        judge_pools(pools, many, judge, movies)
    with pytest.raises(TrainingError, match="make the pools first"):
        judge_pools(pools, turns(11)[10:], judge, movies)


# -- what a tower learns ----------------------------------------------------------------------------------


def query(gold, named=(), judged=None):
    """A dialogue with one query."""
    column = np.zeros(1, dtype=np.int64)
    return Events(
        *(np.full(1, QUERY), np.full(1, ASSISTANT), column + 1, column),
        gold=(np.array(gold),),
        named=(np.array(named, dtype=np.int64),),
        judged=() if judged is None else (judged,),
    )


def test_which_items_are_negatives_of_a_query():
    draws = np.random.default_rng(0)
    said = verdict([0.0, 9.0, 0.5], gold=[1.0], rows=[10, 11, 12])
    batch = [query([3], [4], said), query([10, 5])]
    batch[1] = replace(batch[1], judged=(None,))
    every = offsets(batch, Judging(), 40, draws)
    assert every[0].isneginf().nonzero()[:, 0].tolist() == [11] and not every[1].any()
    for corrected in (True, False):
        made = offsets(batch, Judging(negatives=6, hard=2, corrected=corrected), 40, draws)
        assert made[0, [3, 10, 12]].tolist() == [0.0, 0.0, 0.0] and bool(made[0, 11].isneginf())
        assert made[1, [10, 5]].tolist() == [0.0, 0.0]
        for line, hard in ((0, 2), (1, 0)):  # the rest stands for all that was not drawn
            drawn = made[line][~made[line].isneginf() & (made[line] != 0)]
            assert len(drawn) <= 6 - hard and (len(drawn) > 0) == corrected
            assert drawn.tolist() == pytest.approx([np.log((40 - hard) / (6 - hard))] * len(drawn))
    scores = torch.zeros((2, 40))
    plain = float(gold_loss(scores, batch, 1.0, every))
    assert plain == pytest.approx((np.log(38) + 2 * np.log(40)) / 3, abs=1e-5)


def test_corrected_samples_stand_for_the_whole_catalogue():
    draws, batch = np.random.default_rng(1), [query([3], judged=None)]
    batch = [replace(batch[0], judged=(verdict(np.arange(6.0), rows=np.arange(10, 16)),))]
    scores = torch.from_numpy(np.random.default_rng(2).normal(size=(1, 400)).astype(np.float32))
    scores[0, 10:16] += 5.0  # the hard ones are likely ones
    whole = float(gold_loss(scores, batch, 1.0))
    how = Judging(margin=None, hard=6, by="retriever", negatives=40)
    told = {
        name: np.array(
            [float(gold_loss(scores, batch, 1.0, offsets(batch, one, 400, draws))) for _ in range(60)]
        )
        for name, one in (
            ("hard", how),
            ("none", replace(how, hard=0)),
            ("plain", replace(how, corrected=False)),
        )
    }
    assert told["hard"].mean() == pytest.approx(whole, abs=0.05)
    assert told["hard"].std() < 0.5 * told["none"].std()  # what counts most is always there
    assert abs(told["plain"].mean() - whole) > 0.1


def file_of(tmp_path, dialogues, likes, gold_score=1.0):
    """Judged pools of the assistant's turns: `likes` scores 1, all others 0."""
    pools = JudgedPools(tmp_path / "judged.sqlite")
    movies = make_movies()
    for one in dialogues:
        said = fingerprint(one.messages[:1])
        gold = [mention.item_id for mention in one.mentions if mention.message == 1]
        others = [item for item in movies.ids if item not in gold]
        pools.keep({said: (gold, others)})
        scores = {item: float(item in likes) for item in others} | {item: gold_score for item in gold}
        pools.add("mine", said, [(score_key("mine", str(said), item), item, s) for item, s in scores.items()])
    return str(pools.file)


def alone(count=60):
    """Everyone asks for something scary and is told of one film alone."""
    return [
        talk(("user", f"something scary {n % 3}", ()), ("assistant", "try", ("alien",))) for n in range(count)
    ]


def fitted(judged=None, **changed):
    tower = Tower(make_index(), **{**SMALL, "epochs": 12, **changed}, judged=judged)
    tower.fit(alone(), TextVectors(tower.index))
    scores = tower.log_probabilities([talk(("user", "something scary 1", ()))])[0]
    return tower, dict(zip(tower.index.catalog.ids, scores.tolist(), strict=True))


def test_a_tower_learns_from_a_judge_what_nobody_named(tmp_path):
    file = file_of(tmp_path, alone(), likes=("hered", "mids"))
    plain, without = fitted()
    soft, told = fitted({"pools": file, "weight": 1.0, "temperature": 0.5, "hard": 4})
    others = [item for item in told if item not in ("alien", "hered", "mids")]
    for liked in ("hered", "mids"):
        assert told[liked] > max(told[item] for item in others) + 1.0
        assert told[liked] > without[liked] + 1.0
    masked, left = fitted({"pools": file, "weight": 0.0})
    gains = {item: left[item] - without[item] for item in left}  # what is pushed away no longer
    assert min(gains["hered"], gains["mids"]) > max(0.5, np.mean([gains[item] for item in others]))
    assert (
        fitted({"pools": file, "weight": 0.0, "margin": None})[1] == without
    )  # nothing is asked of the judge
    sampled, _ = fitted({"pools": file, "negatives": 6, "hard": 3, "weight": 0.0})
    assert all(len(one.history) == 12 for one in (plain, soft, masked, sampled))
    again, same = fitted({"pools": file, "weight": 1.0, "temperature": 0.5, "hard": 4})
    assert same == told  # the same seed, the same weights


def test_log_probabilities_of_many_are_those_of_each():
    tower = Tower(make_index(), **{**SMALL, "epochs": 1, "members": 2})
    tower.fit(pairs(40), TextVectors(tower.index))
    said = [one for one in pairs(5, seed=3)] + [talk(("user", "hello", ()))]
    rows, query = np.arange(len(tower.index)), np.zeros(8, np.float32)
    slow = np.stack([tower.score(one, query, rows) for one in said])
    np.testing.assert_allclose(tower.log_probabilities(said), slow, atol=1e-4)


def test_a_tower_that_is_to_be_judged_by_nobody_says_so(tmp_path):
    file = file_of(tmp_path, alone(2), likes=())
    with pytest.raises(ConfigError, match="hard"):
        Tower(make_index(), judged={"pools": file, "hard": -2})  # before anything is learned
    for judged, match in (
        ({"pools": str(tmp_path / "none")}, "no .*none: judged pools are made by"),
        ({"judge": "mine"}, "needs `pools`"),
        ({"pools": file, "judge": "other"}, "has scores of: mine"),
        ({"pools": file, "colour": "red"}, "colour"),
    ):
        with pytest.raises((ConfigError, ConfigNotFoundError), match=match):
            fitted(judged)
    assert Verdicts.of({"pools": file}).counting(weight=0.0).how.weight == 0.0


# -- what the ranker learns -------------------------------------------------------------------------------


@pytest.fixture
def ranked(tokenizers, movies, tmp_path):
    """A model, its ingredients with a judge's scores, and the turns."""
    model = make_tiny("llama", tokenizers)
    data = ingredients(model, movies, make_vectors(movies))
    found = data.turns
    pools = JudgedPools(tmp_path / "ranked.sqlite")
    said = np.arange(50, 50 + len(found))
    for number, key in enumerate(said.tolist()):
        ids = [movies.items[row].id for row in found.rows[number] if row >= 0]
        gold, others = ids[0], ids[1:4]  # the rest of the candidates is in no pool
        pools.keep({key: ([gold], others)})
        scores = {gold: 1.0, others[0]: 2.0, others[1]: 0.0, others[2]: -1.0}
        pools.add("mine", key, [(score_key("mine", str(key), one), one, s) for one, s in scores.items()])
    found = type(found)(found.rows, found.features, found.gold, found.tokens, said)
    made = JudgedTurns.of(found, movies, {"pools": str(pools.file), "hard": 1})
    return model, data, found, made


def test_a_judges_scores_stand_at_the_candidates_that_they_are_of(ranked):
    _, _, found, made = ranked
    spread = np.sqrt(np.var([1.0, 2.0, 0.0, -1.0]))
    expected = distribution(np.array([1.0, 2.0, 0.0, -1.0]) / spread, 1.0)
    for number in range(len(found)):
        assert made.labels[number, :4].tolist() == pytest.approx(expected.tolist())
        assert not made.labels[number, 4:].any()
        assert made.out[number].nonzero()[0].tolist() == [1]  # better than what was named
        assert made.sure[number].nonzero()[0].tolist() == [0, 1, 2, 3]


def test_batches_hold_what_was_judged_and_losses_are_those_of_their_definition(ranked):
    model, data, found, made = ranked
    data = replace(data, recommendations=found, judged=made)
    for name, loss, weights in (
        ("recommendations", judged_ranking, {"ranking": 1.0, "judged_ranking": 0.5}),
        ("candidates", judged_source_ranking, {"source_ranking": 1.0, "judged_source_ranking": 0.5}),
    ):
        batch = make_task(name, data, 4).batch(np.random.default_rng(0), 3)
        labels, real = batch.targets["judged"], batch.targets["real"]
        assert torch.allclose(labels.sum(-1), torch.ones(3))
        judged_right = (labels == labels.max(-1, keepdim=True).values) & (labels > 0)
        assert not real[judged_right].any()  # no negative, but a soft label
        hidden = model(batch.batch, batch.signals) if batch.batch is not None else torch.empty(0)
        assert float(loss(model, hidden, batch).detach()) >= 0
        losses = Objective(model, weights)({name: batch})
        assert losses["loss"].item() == pytest.approx(
            sum(weight * losses[one].item() for one, weight in weights.items()), rel=1e-4
        )
        losses["loss"].backward()
        parts = [batch.part(number, 3) for number in range(3)]
        mean = np.mean([float(loss(model, one_hidden(model, part), part).detach()) for part in parts])
        assert mean == pytest.approx(float(loss(model, one_hidden(model, batch), batch).detach()), abs=1e-4)
    plain = make_task("recommendations", replace(data, judged=None), 4).batch(np.random.default_rng(0), 3)
    assert (
        "judged" not in plain.targets and float(ranking(model, one_hidden(model, plain), plain).detach()) > 0
    )


def one_hidden(model, batch):
    return model(batch.batch, batch.signals) if batch.batch is not None else torch.empty(0)


def test_turns_that_nobody_judged_or_noted_are_told(ranked, movies, tmp_path):
    _, _, found, _ = ranked
    empty = JudgedPools(tmp_path / "empty.sqlite")
    empty.keep({1: (["alien"], ["heat"])})
    empty.add("mine", 1, [(b"k", "alien", 1.0), (b"l", "heat", 0.0)])
    with pytest.raises(TrainingError, match="has no scores of these turns"):
        JudgedTurns.of(found, movies, {"pools": str(empty.file)})
    older = type(found)(found.rows, found.features, found.gold, found.tokens)
    with pytest.raises(TrainingError, match="delete candidates-"):
        JudgedTurns.of(older, movies, {"pools": str(empty.file)})


def test_turns_are_kept_with_what_was_said_and_older_files_without(ranked, tmp_path):
    _, _, found, _ = ranked
    found.save(tmp_path / "turns.safetensors")
    again = type(found).load(tmp_path / "turns.safetensors")
    assert again.said.tolist() == found.said.tolist()
    older = type(found)(found.rows, found.features, found.gold, found.tokens)
    joined = type(found).joined([again, again])
    assert joined.said.tolist() == [*found.said, *found.said]
    assert len(type(found).joined([again, older]).said) == 0


def test_losses_that_need_a_judge_are_refused_without_one():
    stage = {"name": "one", "losses": {"ranking": 1.0, "judged_ranking": 0.3}, "steps": 1}
    with pytest.raises(
        ConfigError, match=r"judged_ranking needs a judge's scores; set `train\.judged\.pools`"
    ):
        Config.parse({"train": {"stages": [stage]}})
    made = Config.parse({"train": {"stages": [stage], "judged": {"pools": "x.sqlite", "margin": None}}})
    assert made.train.judged is not None and made.train.judged.margin is None
    with pytest.raises(ConfigError, match="temperature"):
        Config.parse({"train": {"judged": {"pools": "x", "temperature": 0}}})


def test_from_a_config_with_a_judge_to_a_checkpoint(tmp_path, tokenizers, movies):
    plain = Config.parse(whole_tree(tmp_path, tokenizers, movies))
    corpus = load_corpora(plain, Catalog.load(plain.catalog))[0]
    said, pools = list(recommending_turns(corpus, corpus.dialogues)), JudgedPools(tmp_path / "pools.sqlite")
    assert {turn.gold for turn in said} == {("aliens",), ("mids",), ("hotfuzz",)}
    keep_pools(pools, said, lambda asked: np.zeros((len(asked), len(movies))), movies, 11)
    judge_pools(pools, said, Counting(), movies)
    file = str(pools.file)
    tree = plain.model_dump(mode="json")
    tree["train"]["judged"] = {"pools": file, "margin": None}
    losses = {"ranking": 1.0, "judged_ranking": 0.5, "source_ranking": 1.0, "judged_source_ranking": 0.5}
    tree["train"]["stages"][0] |= {"losses": losses, "steps": 2}
    tree["retrieval"]["sources"] = [
        {"name": "tower", "k": 5, **SMALL, "epochs": 1, "judged": {"pools": file, "judge": "counting"}},
        {"name": "dense", "k": 5},
    ]
    folder = train(Config.parse(tree), tmp_path / "run")
    logged = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    kept = {file.parent.name for file in (tmp_path / "run" / "sources").glob("tower-*/all")}
    saved = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    assert len(kept) == 1 and "judged" not in saved["retrieval"]["sources"][0]
    assert all(one["judged_ranking"] > 0 and one["judged_source_ranking"] > 0 for one in logged)
    assert Recommender.from_pretrained(folder, "cpu").rank([{"role": "user", "content": "scary"}], k=3)
