import json
import os
import random
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from conftest import make_recommender, make_tiny, make_vectors
from families import make_lm
from wherefore.build import build_model
from wherefore.checkpoint import load_checkpoint
from wherefore.config import Config
from wherefore.corpora.base import CorpusDialogue, CorpusTurn, ItemRef
from wherefore.corpora.items import link_items
from wherefore.lm.item_encoder import ItemSignals
from wherefore.lm.prompt import IGNORE
from wherefore.recommender import Recommender
from wherefore.retrieval.collaborative import Collaborative
from wherefore.retrieval.retriever import make_retriever
from wherefore.training.corpus import load_corpora
from wherefore.training.ingredients import Ingredients, dice
from wherefore.training.judged import JudgedTurns
from wherefore.training.losses import (
    LOSSES,
    in_batch_ranking,
    item_text_contrast,
    language_modelling,
    ranking,
    source_ranking,
)
from wherefore.training.objective import Objective
from wherefore.training.practice import spoken
from wherefore.training.prepare import _data_key, load_index
from wherefore.training.recommendations import Recommendations
from wherefore.training.tasks import make_task
from wherefore.training.text_tasks import WordingTask
from wherefore.training.train import train
from wherefore.training.trainer import Trainer, TrainingStopped, schedule
from wherefore.training.weights import load_trained, trained

EVERY_LOSS = {name: 1.0 for name in LOSSES}
UNJUDGED = {
    name: 1.0 for name in LOSSES if not name.startswith("judged_")
}  # those that need no judge's scores


def config(steps=6, **train):
    stages = [
        {
            "name": "one",
            "losses": {"record_lm": 1.0, "item_text_contrast": 0.5},
            "steps": steps,
            "batch_size": 2,
        },
        {"name": "two", "losses": {"ranking": 1.0, "wording_lm": 0.5}, "steps": steps, "batch_size": 2},
    ]
    tree = {"train": {"stages": stages, "candidates": 4, "save_every": 2, "log_every": 1, **train}}
    return Config.parse(tree)


def recommendations(catalog, text_format, turns=5, k=7, features=3):
    rng = np.random.default_rng(3)
    rows = np.stack([rng.choice(len(catalog), k, replace=False) for _ in range(turns)]).astype(np.int32)
    rows[0, -2:] = -1
    gold = tuple(row[:1].copy() for row in rows)
    words = ("alien", "scary", "funny", "horror", "sigourney")  # each is another dialogue
    trunks = [np.array(text_format.encode(f"user : i loved {words[n % 5]}"), np.int32) for n in range(turns)]
    reply = np.array((*text_format.encode("reply : it is #1"), text_format.end_id), dtype=np.int32)
    facts = rng.normal(size=(turns, k, features)).astype(np.float16)
    return Recommendations(rows, facts, gold, tuple((trunk, reply) for trunk in trunks))


def dialogues():
    turns = (
        CorpusTurn("user", ("i loved ", ItemRef("1"))),
        CorpusTurn("assistant", ("how about ", ItemRef("2"), "?")),
        CorpusTurn("user", ("something scary",)),
    )
    return (CorpusDialogue("d1", "mine", "train", turns),)


@pytest.fixture
def data(tiny, movies, vectors):
    return ingredients(tiny, movies, vectors)


def judged(turns):
    """A judge who finds one candidate of each turn as good as what was named, and one better than the rest."""
    labels = np.zeros(turns.rows.shape, dtype=np.float32)
    labels[:, :3] = (0.5, 0.4, 0.1)
    out = np.zeros(turns.rows.shape, dtype=bool)
    out[:, 1] = True
    return JudgedTurns(labels, out, labels > 0)


def ingredients(model, movies, vectors, a_judge=False):
    found = recommendations(movies, model.format)
    return Ingredients(
        catalog=movies,
        items=ItemSignals(torch.from_numpy(vectors)),
        format=model.format,
        dialogues=dialogues(),
        titles={"1": "Alien (1979)", "2": "Heat (1995)"},
        recommendations=found,
        judged=judged(found) if a_judge else None,
        together=(np.array([0, 1, 2]), np.array([3, 4])),
    )


# -- losses against slow, obvious references -------------------------------------------------------------


def test_every_loss_trains_every_family(tiny, data):
    objective = Objective(tiny, EVERY_LOSS)
    data = replace(data, judged=judged(data.turns))
    rng = np.random.default_rng(0)
    batches = {name: make_task(name, data, 4).batch(rng, 2) for name in objective.tasks}
    losses = objective(batches)
    assert set(losses) == {"loss", *LOSSES}
    assert losses["loss"].item() == pytest.approx(sum(losses[name].item() for name in LOSSES), rel=1e-5)
    losses["loss"].backward()
    assert all(value.isfinite() for value in losses.values())


def test_ranking_is_a_softmax_over_the_real_candidates(tokenizers, movies, vectors):
    model = make_tiny("llama", tokenizers)
    task = make_task("recommendations", ingredients(model, movies, vectors), 4).batch(
        np.random.default_rng(1), 3
    )
    hidden = model(task.batch, task.signals)
    slow = []
    for b in range(3):
        real = [m for m in range(task.targets["real"].shape[1]) if task.targets["real"][b, m]]
        scores = [
            model.head(
                hidden[b, task.places["candidates"][b, m]][None],
                hidden[b, task.places["dialogue"][b, 0]],
                task.targets["features"][b, m][None],
            ).total[0]
            - task.targets["expected"][b, m]
            for m in real
        ]
        logs = torch.log_softmax(torch.stack(scores), 0)
        golds = [logs[place] for place, m in enumerate(real) if task.targets["gold"][b, m]]
        slow.append(-sum(golds) / len(golds))
    assert ranking(model, hidden, task).item() == pytest.approx((sum(slow) / 3).item(), rel=1e-4)


def test_the_sources_part_is_learned_over_all_candidates_and_without_the_llm(tiny, data):
    task = make_task("candidates", data, 4).batch(np.random.default_rng(1), 3)
    assert task.batch is None and task.tokens == 0
    assert task.targets["features"].shape[:2] == (3, data.recommendations.rows.shape[1])
    slow = []
    for b in range(3):
        real = np.flatnonzero(task.targets["real"][b])
        scores = tiny.head.source_score(task.targets["features"][b, real])
        gold = task.targets["gold"][b, real]
        slow.append(-torch.log_softmax(scores, 0)[gold].mean())
    loss = source_ranking(tiny, torch.empty(0), task)
    assert loss.item() == pytest.approx((sum(slow) / 3).item(), rel=1e-4)
    loss.backward()
    assert tiny.head.sources[0].weight.grad.abs().sum() > 0
    assert all(p.grad is None for name, p in tiny.named_parameters() if not name.startswith("head.sources"))


def test_what_a_catalogue_may_lack_is_left_out_of_whole_turns(data):
    lacking = replace(data, optional=((0, 2), (4,)), missing=0.5)
    features = np.ones((400, 3, 5), dtype=np.float32)
    made = lacking.without_some(features, np.random.default_rng(0))
    gone = np.isnan(made)
    assert not np.isnan(features).any() and (gone[:, :1] == gone).all()  # all candidates of a turn alike
    assert (gone[:, 0, 0] == gone[:, 0, 2]).all() and not gone[:, :, 1].any()
    assert 140 < gone[:, 0, 0].sum() < 260 and 140 < gone[:, 0, -1].sum() < 260
    assert replace(lacking, missing=0.0).without_some(features, np.random.default_rng(0)) is features


def test_some_items_are_taken_for_ones_that_nobody_named(data):
    data = replace(data, personal=(0, 2), cold=0.3)
    features = np.random.default_rng(0).normal(size=(50, 40, 3)).astype(np.float32)
    given = data.without_some(features, np.random.default_rng(1))
    gone = np.isnan(given)
    assert np.array_equal(gone[..., 0], gone[..., 2]) and not gone[..., 1].any()
    assert gone[..., 0].mean() == pytest.approx(0.3, abs=0.03) and 0 < gone[0, :, 0].sum() < 40
    assert np.array_equal(given[~gone], features[~gone]) and not np.isnan(features).any()


def test_a_sample_says_how_often_each_candidate_is_drawn(tiny, movies):
    made = recommendations(movies, tiny.format)
    rng = np.random.default_rng(0)
    drawn, told = {}, {}
    for _ in range(4000):
        one = made.sample(0, 4, rng, harder=1.0)
        for row, gold, expected in zip(one.rows, one.gold, one.expected, strict=True):
            drawn[row] = drawn.get(row, 0) + 1
            told[row] = 0.0 if gold else float(np.exp(expected))
    others = {row: share for row, share in told.items() if share}
    assert all(drawn[row] == 4000 for row in drawn if row not in others)
    for row, share in others.items():
        assert drawn[row] / 4000 == pytest.approx(share, rel=0.35)
    front = [row for row in made.rows[0] if row in others]
    assert others[front[0]] > others[front[-1]] and drawn[front[0]] > drawn[front[-1]]


def test_in_batch_negatives_are_the_other_dialogues_gold(tokenizers, movies, vectors):
    model = make_tiny("qwen3", tokenizers)
    task = make_task("recommendations", ingredients(model, movies, vectors), 4).batch(
        np.random.default_rng(1), 3
    )
    assert task.targets["shared_gold"].shape == (3, 3)
    assert task.targets["shared_gold"].diagonal().all()
    assert in_batch_ranking(model, model(task.batch, task.signals), task).item() > 0


def test_language_modelling_is_the_mean_over_supervised_tokens(tokenizers, movies, vectors):
    model = make_tiny("gpt2", tokenizers)
    task = make_task("wording", ingredients(model, movies, vectors), 4).batch(np.random.default_rng(1), 2)
    hidden = model(task.batch, task.signals)
    slow = []
    for b, t in (task.batch.labels != IGNORE).nonzero().tolist():
        logs = torch.log_softmax(model.logits(hidden[b, t][None])[0], 0)
        slow.append(-logs[task.batch.labels[b, t]].item())
    assert language_modelling(model, hidden, task).item() == pytest.approx(np.mean(slow), rel=1e-4)


def test_item_text_contrast_falls_when_item_and_text_agree(tokenizers, movies, vectors):
    model = make_tiny("llama", tokenizers)
    task = make_task("items", ingredients(model, movies, vectors), 4).batch(np.random.default_rng(1), 6)
    hidden = model(task.batch, task.signals).detach().clone()
    before = item_text_contrast(model, hidden, task)
    for b in range(6):
        hidden[b, task.places["item"][b, 0]] = hidden[b, task.places["text"][b, 0]]
    assert item_text_contrast(model, hidden, task) < before


def test_an_unknown_loss_lists_the_known(tiny):
    with pytest.raises(ValueError, match="unknown loss rankign; known: dialogue_lm"):
        Objective(tiny, {"rankign": 1.0})


# -- the loop ------------------------------------------------------------------------------------------------


def weights(model):
    return {name: tensor.clone() for name, tensor in trained(model).items()}


def run(out, tokenizers, movies, vectors, settings, report=None):
    model = make_tiny("llama", tokenizers)
    Trainer(settings, model, ingredients(model, movies, vectors), out, report).run()
    return weights(model)


def test_training_lowers_the_loss(tmp_path, tokenizers, movies, vectors, losses_drawn):
    tree = {"stages": [{"name": "w", "losses": {"ranking": 1.0}, "steps": 60, "batch_size": 4, "lr": 1e-2}]}
    settings = Config.parse({"train": {**tree, "save_every": 60, "log_every": 1}})
    run(tmp_path, tokenizers, movies, vectors, settings)
    losses = [json.loads(line)["ranking"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert len(losses) == 60
    assert np.mean(losses[-10:]) < 0.6 * np.mean(losses[:5])
    assert (tmp_path / "loss.png").read_bytes().startswith(b"\x89PNG")


class Killed(BaseException):
    """A power cut."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, tokenizers, movies):
    """The folder and the weights of a run from beginning to end."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return folder, run(folder, tokenizers, movies, make_vectors(movies), config())


@pytest.mark.parametrize("step", [1, 2, 5, 6, 7, 9, 12])
def test_killed_at_any_step_and_resumed_gives_the_same_weights(
    tmp_path, tokenizers, movies, vectors, undisturbed, step
):
    settings = config()
    folder, whole = undisturbed

    def cut(stage, done, of, losses):
        if done == step:
            raise Killed

    with pytest.raises(Killed):
        run(tmp_path / "cut", tokenizers, movies, vectors, settings, cut)
    resumed = run(tmp_path / "cut", tokenizers, movies, vectors, settings)
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    logs = [
        list(map(json.loads, (one / "log.jsonl").read_text().splitlines()))
        for one in (folder, tmp_path / "cut")
    ]
    assert [entry["step"] for entry in logs[1]] == [entry["step"] for entry in logs[0]] == list(range(1, 13))
    assert [entry["loss"] for entry in logs[1]] == [entry["loss"] for entry in logs[0]]


def test_gradient_accumulation_takes_several_batches_per_step(tmp_path, tokenizers, movies, vectors):
    one = run(tmp_path / "a", tokenizers, movies, vectors, config(steps=2))
    two = run(tmp_path / "b", tokenizers, movies, vectors, config(steps=2, grad_accumulation=3))
    assert any(not torch.equal(one[name], two[name]) for name in one)


def test_mixed_precision_trains(tmp_path, tokenizers, movies, vectors):
    run(tmp_path / "full", tokenizers, movies, vectors, config(steps=1, mixed_precision="no"))
    after = run(tmp_path, tokenizers, movies, vectors, config(steps=2, mixed_precision="bf16"))
    assert all(tensor.isfinite().all() and tensor.dtype == torch.float32 for tensor in after.values())


def test_another_config_in_the_same_folder_is_refused(tmp_path, tokenizers, movies, vectors):
    run(tmp_path, tokenizers, movies, vectors, config(steps=2))
    with pytest.raises(ValueError, match="another config"):
        run(tmp_path, tokenizers, movies, vectors, config(steps=3))


def test_a_full_disk_leaves_the_last_checkpoint_whole(
    tmp_path, tokenizers, movies, vectors, undisturbed, monkeypatch
):
    import safetensors.torch

    settings, real = config(), safetensors.torch.save_file
    calls = []

    def full(tensors, path, *rest):
        calls.append(path)
        if len(calls) > 5:
            Path(path).write_bytes(b"half")
            raise OSError(28, "No space left on device")
        real(tensors, path, *rest)

    _, whole = undisturbed
    monkeypatch.setattr(safetensors.torch, "save_file", full)
    with pytest.raises(OSError, match="No space left"):
        run(tmp_path / "full", tokenizers, movies, vectors, settings)
    left = sorted(path.name for path in (tmp_path / "full" / "steps").iterdir())
    assert left and all(name.isdigit() for name in left)
    monkeypatch.setattr(safetensors.torch, "save_file", real)
    resumed = run(tmp_path / "full", tokenizers, movies, vectors, settings)
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path, tokenizers, movies, vectors, undisturbed):
    settings = config()
    _, whole = undisturbed

    def press(stage, done, of, losses):
        if done == 3:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(TrainingStopped, match="step 3 of 12; run the same command"):
        run(tmp_path / "cut", tokenizers, movies, vectors, settings, press)
    resumed = run(tmp_path / "cut", tokenizers, movies, vectors, settings)
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


@pytest.mark.slow
def test_kill_dash_nine_in_the_middle_of_training(tmp_path, tokenizers, movies, vectors, undisturbed):
    """A real process, killed for real at any step while it saves every other one."""
    step = random.SystemRandom().randint(1, 12)
    script = textwrap.dedent(
        f"""
        import sys, os, signal
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from pathlib import Path
        import conftest, families, test_train, numpy as np
        tokenizers = {{"llama": families.make_tokenizer("llama3")}}
        movies = conftest.make_movies()
        vectors = conftest.make_vectors(movies)
        def report(stage, done, of, losses):
            if done == {step}:
                os.kill(os.getpid(), signal.SIGKILL)
        test_train.run(Path({str(tmp_path / "cut")!r}), tokenizers, movies, vectors, test_train.config(), report)
        """
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=600)
    assert done.returncode == -signal.SIGKILL, done.stderr
    _, whole = undisturbed
    resumed = run(tmp_path / "cut", tokenizers, movies, vectors, config())
    assert all(torch.equal(whole[name], resumed[name]) for name in whole), step


def test_weights_that_do_not_fit_are_refused(tiny):
    state = weights(tiny)
    state.pop(next(iter(state)))
    with pytest.raises(ValueError, match="do not fit this model"):
        load_trained(tiny, state)


def test_the_learning_rate_rises_and_falls():
    shares = [schedule(step, 200, 0.1) for step in range(200)]
    assert max(shares) == pytest.approx(1.0) and shares.index(max(shares)) == 19
    assert shares[:20] == sorted(shares[:20]) and shares[19:] == sorted(shares[19:], reverse=True)
    assert shares[-1] == pytest.approx(0.1, abs=0.01)


# -- what is trained on ----------------------------------------------------------------------------------------


def test_recommendations_survive_the_disk(tmp_path, tiny, movies):
    made = recommendations(movies, tiny.format)
    made.save(tmp_path / "kept.safetensors")
    read = Recommendations.load(tmp_path / "kept.safetensors")
    assert np.array_equal(read.rows, made.rows) and np.array_equal(read.features, made.features)
    assert [g.tolist() for g in read.gold] == [g.tolist() for g in made.gold]
    assert read.trunk(2, tiny.format) == made.trunk(2, tiny.format) and read.reply(4) == made.reply(4)


def test_sampling_keeps_every_gold_candidate(tiny, movies):
    made = recommendations(movies, tiny.format)
    for number in range(len(made)):
        one = made.sample(number, 3, np.random.default_rng(number))
        assert one.gold.sum() == 1 and len(one.rows) == 3 == len(set(one.rows.tolist()))
        assert (one.rows >= 0).all()
        for row, facts in zip(one.rows, one.features, strict=True):
            place = made.rows[number].tolist().index(row)
            assert np.allclose(facts, made.features[number, place])


def test_the_writer_practises_on_other_catalogues_too(tiny, movies, vectors):
    from wherefore.training.practice import invented_catalogs

    others = invented_catalogs(size=4)
    assert [other.schema.noun for other in others] == ["book", "album", "recipe", "game", "product", "item"]
    assert others == invented_catalogs(size=4) != invented_catalogs(size=4, seed=1)
    rows = len(movies) + 4 * len(others)
    data = ingredients(tiny, movies, np.resize(vectors, (rows, 8)))
    task = WordingTask(replace(data, practice=others), elsewhere=1.0)
    batch = task.batch(np.random.default_rng(0), 12).batch
    assert len(movies) <= batch.items.min() and batch.items.max() < rows
    decoded = " ".join(tiny.format.decode([i for i in row if i >= 0]) for row in batch.ids.tolist())
    assert "book" in decoded or "recipe" in decoded


def test_link_items_by_field_then_title_and_year(movies):
    facts = {
        "7": {"title": "alien", "year": 1979},
        "8": {"title": "Alien", "year": 1990},
        "9": {"title": "Heat"},
    }
    assert link_items(movies, "redial", facts) == {"7": "alien"}
    given = {"7": {"title": "unknown", "catalogue_id": "heat"}}
    assert link_items(movies, "mine", given, ["7", "shaun", "nowhere"]) == {"7": "heat", "shaun": "shaun"}


LEARNING = (
    {"name": "tower", "k": 5, "width": 8, "heads": 2, "epochs": 1},
    {"name": "collaborative", "k": 5},
    {"name": "neighbours", "k": 5},
)


def whole_tree(folder, tokenizers, movies):
    """A config of the whole path, with its files in a folder: an LLM, a catalogue, dialogues."""
    base = folder / "base"
    make_lm("qwen3", len(tokenizers["qwen3"])).save_pretrained(base)
    tokenizers["qwen3"].save_pretrained(base)
    movies.save(folder / "films.parquet")
    talks = [
        {
            "dialogue_id": str(number),
            "turns": [
                {"role": "user", "text": f"I loved @{liked}", "items": [liked]},
                {"role": "assistant", "text": f"How about @{gold}?", "items": [gold]},
            ],
        }
        for number, (liked, gold) in enumerate(
            [("alien", "aliens"), ("hered", "mids"), ("shaun", "hotfuzz")] * 3
        )
    ]
    (folder / "dialogues.jsonl").write_text(
        "".join(json.dumps(talk) + "\n" for talk in talks), encoding="utf-8"
    )
    stage = {"name": "all", "losses": UNJUDGED, "steps": 3, "batch_size": 2}
    return {
        "catalog": str(folder / "films.parquet"),
        "embedder": {"name": "conftest:WordEmbedder"},
        "store": {"name": "faiss", "factory": "Flat"},
        "llm": {"name": str(base), "lora": {"r": 4, "alpha": 8}, "max_dialogue_tokens": 96},
        "item_encoder": {"name": "mlp", "soft_tokens": 2, "hidden": 16},
        "corpora": [{"name": "jsonl", "path": str(folder / "dialogues.jsonl")}],
        "train": {"stages": [stage], "candidates": 4, "save_every": 2},
        "retrieval": {"k": 8, "folds": 3, "sources": [*LEARNING, {"name": "dense", "k": 5}]},
    }


@pytest.fixture
def lessons(monkeypatch):
    """The dialogues of each time that a collaborative source learns."""
    heard, learn = [], Collaborative.fit
    monkeypatch.setattr(
        Collaborative,
        "fit",
        lambda self, given, *rest: (heard.append(list(given)), learn(self, given, *rest)),
    )
    return heard


def test_from_a_config_to_a_checkpoint_that_talks(tmp_path, tokenizers, movies, lessons):
    """The whole of `wherefore train`: catalogue, index, own dialogues, candidates, stages, checkpoint."""
    tree = whole_tree(tmp_path, tokenizers, movies)
    folder = train(Config.parse(tree), tmp_path / "run")
    assert sorted(map(len, lessons)) == [6, 6, 6, 9]  # each third is left out once, for its own candidates
    assert {path.name for path in (folder / "sources").iterdir()} == {
        f"{source['name']}.safetensors" for source in LEARNING
    }
    kept = json.loads((folder / "manifest.json").read_text())["features"]
    assert "tower.score" in kept and "collaborative.by_user" in kept
    reply = Recommender.from_pretrained(folder, device="cpu").generate(
        [{"role": "user", "content": "I loved Heat"}], k=3
    )
    assert len(reply.recommendations) == 3
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["trained_on"] == [{"corpus": "jsonl", "licence": "not stated"}]
    before = (folder / "adapter" / "adapter_model.safetensors").read_bytes()
    again = train(Config.parse(tree), tmp_path / "run")  # nothing is left to do
    assert len(lessons) == 4
    assert (again / "adapter" / "adapter_model.safetensors").read_bytes() == before
    further = {**tree, "train": {**tree["train"], "init": str(folder)}, "seed": 5}
    start = load_checkpoint(train(Config.parse(further), tmp_path / "further"), merge=False).model
    assert start.item_encoder.state_dict().keys()
    with pytest.raises(ValueError, match="holds a run already"):
        train(Config.parse(tree), tmp_path / "run", resume=False)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        missing = {**tree, "corpora": [{"name": "jsonl", "path": str(tmp_path / "nowhere")}]}
        train(Config.parse(missing), tmp_path / "other")
    with pytest.raises(ValueError, match=r"`train\.stages` is empty"):
        train(Config.parse({**tree, "train": {}}), tmp_path / "none")


RANKERS = {
    "sources alone": ({"llm": False}, ["source_ranking"]),
    "the LLM alone": ({"features": False}, ["ranking", "in_batch_ranking"]),
    "titles": ({"candidates": "titles"}, ["ranking", "source_ranking"]),
    "a causal list": ({"mask": "causal"}, ["ranking", "in_batch_ranking"]),
}


@pytest.mark.parametrize("name", RANKERS)
def test_every_way_to_rank_trains_and_ranks(tmp_path, tokenizers, movies, name):
    ranker, losses = RANKERS[name]
    tree = whole_tree(tmp_path, tokenizers, movies)
    tree["train"]["stages"] = [
        {"name": loss, "losses": {loss: 1.0}, "steps": 2, "batch_size": 2, "lr": 1e-2} for loss in losses
    ]
    recommender = Recommender.from_pretrained(
        train(Config.parse({**tree, "ranker": {"hidden": 8, **ranker}}), tmp_path / "run"), device="cpu"
    )
    words = [{"role": "user", "content": "I loved Heat, now something scary"}]
    read = []
    look = recommender.model.prefill
    recommender.model.prefill = lambda *given: read.append(given) or look(*given)
    listed = recommender.rank(words, k=8)
    assert len({one.item.id for one in listed}) == len(listed) == 8
    assert len({round(one.score, 6) for one in listed}) > 1
    assert bool(read) == (ranker.get("llm") is not False)
    assert recommender.generate(words, k=2).recommendations  # and it still talks


def test_signals_shares_and_step_sizes_go_the_whole_way(tmp_path, tokenizers, movies):
    tree = whole_tree(tmp_path, tokenizers, movies)
    tree["signals"] = [{"name": "collaborative", "dim": 2, "least": 1}]
    tree["item_encoder"]["dropout"] = 0.2
    tree["llm"]["soft_mentions"] = True
    tree["train"] |= {"share": 0.67, "cache": str(tmp_path / "kept")}
    tree["train"]["stages"][0]["head_lr"] = 1e-9
    folder = train(Config.parse(tree), tmp_path / "run")
    checkpoint = load_checkpoint(folder, merge=False)
    assert set(checkpoint.signals["collaborative"].ids) <= {
        "alien",
        "aliens",
        "hered",
        "mids",
        "shaun",
        "hotfuzz",
    }
    assert len(json.loads((tmp_path / "run" / "log.jsonl").read_text().splitlines()[-1])) > 3
    fresh = build_model(checkpoint.config, 8, len(checkpoint.manifest["features"]))
    moved = {
        name: (tensor - dict(fresh.named_parameters())[name]).abs().max().item()
        for name, tensor in checkpoint.model.named_parameters()
        if tensor.requires_grad and "lora_A" not in name
    }
    assert max(change for name, change in moved.items() if name.startswith("head.")) < 1e-6
    assert max(change for name, change in moved.items() if name.startswith("item_encoder.")) > 1e-5
    recommender = Recommender.from_pretrained(folder, device="cpu")
    read = []
    look = recommender.model.prefill
    recommender.model.prefill = lambda *given: read.append(given[0].items) or look(*given)
    reply = recommender.generate([{"role": "user", "content": "I loved Heat and Alien"}], k=3)
    assert read == [(movies.row("heat"), movies.row("alien"))] and len(reply.recommendations) == 3
    learned = list((tmp_path / "kept" / "signals").iterdir())
    train(Config.parse({**tree, "seed": 1}), tmp_path / "again")
    assert list((tmp_path / "kept" / "signals").iterdir()) == learned


def test_a_corpus_may_teach_the_sources_alone(tmp_path, tokenizers, movies, lessons):
    tree = whole_tree(tmp_path, tokenizers, movies)
    other = [
        {
            "dialogue_id": f"other{number}",
            "turns": [
                {"role": "user", "text": "I loved @heat", "items": ["heat"]},
                {"role": "assistant", "text": "How about @alien?", "items": ["alien"]},
            ],
        }
        for number in range(6)
    ]
    (tmp_path / "more.jsonl").write_text("".join(json.dumps(one) + "\n" for one in other), encoding="utf-8")
    further = {"name": "jsonl", "path": str(tmp_path / "more.jsonl"), "ranked": False}
    tree["corpora"] = [*tree["corpora"], further]
    tree["retrieval"]["sources"] = [{"name": "collaborative", "k": 5}, {"name": "dense", "k": 5}]
    train(Config.parse(tree), tmp_path / "run")
    assert sorted(map(len, lessons)) == [10, 10, 10, 15]  # a third of each corpus is left out
    (kept,) = (tmp_path / "run").glob("candidates-*.safetensors")
    assert len(Recommendations.load(kept)) == 9
    tree["corpora"][1]["ranked"] = "no"
    with pytest.raises(ValueError, match="`ranked` of corpus 'jsonl' is 'no'"):
        train(Config.parse(tree), tmp_path / "other")


def test_a_corpus_may_teach_the_ranker_alone(tmp_path, tokenizers, movies, lessons):
    tree = whole_tree(tmp_path, tokenizers, movies)
    made = [
        {
            "dialogue_id": f"made{number}",
            "turns": [
                {"role": "user", "text": "I loved @heat", "items": ["heat"]},
                {"role": "assistant", "text": "1. @alien", "items": ["alien"], "gold": ["blade"]},
                {"role": "user", "text": "who made it?"},
                {"role": "assistant", "text": "Somebody made @alien.", "items": ["alien"], "gold": []},
                {"role": "user", "text": "others?"},
                {"role": "assistant", "text": "1. @hered", "items": ["hered"], "gold": ["blade"]},
            ],
        }
        for number in range(6)
    ]
    (tmp_path / "made.jsonl").write_text("".join(json.dumps(one) + "\n" for one in made), encoding="utf-8")
    further = {"name": "jsonl", "path": str(tmp_path / "made.jsonl"), "taught": False}
    before = [*tree["corpora"]]
    tree["corpora"] = [*before, further]
    tree["retrieval"]["sources"] = [{"name": "collaborative", "k": 5}, {"name": "dense", "k": 5}]
    train(Config.parse(tree), tmp_path / "run")
    assert sorted(map(len, lessons)) == [6, 6, 6, 9]  # the other corpus alone
    (kept,) = (tmp_path / "run").glob("candidates-*.safetensors")
    turns = Recommendations.load(kept)
    blade = movies.row("blade")
    assert len(turns) == 9 + 12 and sum(gold.tolist() == [blade] for gold in turns.gold) >= 12


def test_items_can_be_kept_out_of_all_dialogues(tmp_path, tokenizers, movies):
    tree = whole_tree(tmp_path, tokenizers, movies)
    (tmp_path / "cold").write_text("aliens\nhered\n", encoding="utf-8")
    tree["train"]["without"] = str(tmp_path / "cold")
    (corpus,) = load_corpora(Config.parse(tree), movies)
    named = {item for one in corpus.dialogues for turn in one.turns for item in turn.items}
    assert named == {"alien", "mids", "shaun", "hotfuzz"}
    said = " ".join(message.content for one in corpus.dialogues for message in corpus.read(one).messages)
    assert "Aliens" not in said and "Hereditary" not in said and "Alien" in said
    config = Config.parse(tree)
    with_them = Config.parse(whole_tree(tmp_path, tokenizers, movies))
    index = make_recommender("qwen3", tokenizers, movies).index
    assert _data_key(config, (corpus,), index) != _data_key(with_them, (corpus,), index)
    tree["train"]["without"] = str(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="give a file of corpus item ids"):
        load_corpora(Config.parse(tree), movies)


def test_an_llm_that_did_not_learn_to_rank_says_nothing(tmp_path, tokenizers, movies):
    tree = whole_tree(tmp_path, tokenizers, movies)
    tree["train"]["stages"] = [{"name": "s", "losses": {"source_ranking": 1.0}, "steps": 2, "batch_size": 2}]
    folder = train(Config.parse(tree), tmp_path / "run")
    head = load_checkpoint(folder, merge=False).model.head
    assert not head.llm_score(torch.randn(4, 32), torch.randn(32)).any()


def test_what_only_people_give_an_item(tokenizers, movies):
    tower = {"name": "tower", "by_content": True}
    config = Config.parse({"retrieval": {"sources": [tower, {"name": "dense"}, {"name": "popularity"}]}})
    retriever = make_retriever(config, make_recommender("qwen3", tokenizers, movies).index)
    names = [retriever.feature_names[place] for place in retriever.personal_features]
    assert "tower.score" in names and "popularity.score" in names and "popularity" in names
    assert not {"tower.by_content", "dense.score", "year"} & set(names)


def test_a_share_of_the_dialogues_is_evenly_spread(tmp_path, tokenizers, movies):
    tree = whole_tree(tmp_path, tokenizers, movies)
    ids = {}
    for share in (1.0, 0.34, 0.01):
        tree["train"]["share"] = share
        (corpus,) = load_corpora(Config.parse(tree), movies)
        ids[share] = [dialogue.id for dialogue in corpus.dialogues]
    assert ids == {1.0: list("012345678"), 0.34: ["0", "3", "6"], 0.01: ["0"]}


def test_invented_users_say_what_their_state_holds(movies):
    from wherefore.training.practice import random_case

    draw = dice(np.random.default_rng(0))
    for _ in range(200):
        case = random_case(movies, draw)
        text = spoken(case.dialogue, movies, draw).lower()
        for item in case.dialogue.preferences.liked:
            assert movies[item].title.lower() in text
        for wish in case.dialogue.preferences.wanted:
            assert wish.value.lower() in text


def test_an_index_of_another_projection_is_another_index(tmp_path, tokenizers, movies):
    tree = whole_tree(tmp_path, tokenizers, movies)
    plain = load_index(Config.parse(tree), movies, tmp_path / "kept", lambda *told: None)
    plain.embed_all(["a ship", "a shark"])
    told = []
    narrow = load_index(
        Config.parse({**tree, "pca": 3}), movies, tmp_path / "kept", lambda *one: told.append(one)
    )
    asked = []
    narrow.embedder.embedder.encode = lambda texts, kind: asked.append(texts)
    assert narrow.embed_all(["a shark", "a ship"])["a ship"].shape == (3,)
    assert not told and not asked  # what was embedded for the one is not embedded again for the other
    again = load_index(Config.parse(tree), movies, tmp_path / "kept", lambda *told: None)
    assert (plain.dim, narrow.dim, again.dim) == (8, 3, 8)
    keys = [_data_key(Config.parse(tree), (), index) for index in (plain, narrow, again)]
    assert keys[0] == keys[2] != keys[1]
