"""What a run may be told besides its stages: adapters, memory, measuring, logs."""

import json
import sys
import types
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch
from accelerate.utils import LoggerType
from safetensors.torch import load_file

from conftest import FAMILIES, make_tiny
from families import make_lm
from test_train import config, ingredients, run, weights, whole_tree
from wherefore.checkpoint import load_checkpoint
from wherefore.config import Config, LLMConfig, LoraConfig
from wherefore.dialogue.messages import Message
from wherefore.lm.item_encoder import ItemSignals
from wherefore.lm.load import add_lora, build_lm
from wherefore.training import machine
from wherefore.training.calibrate import _read, recall
from wherefore.training.objective import Objective
from wherefore.training.tasks import make_task
from wherefore.training.train import train
from wherefore.training.trainer import Trainer
from wherefore.training.weights import trained

pytestmark = pytest.mark.slow  # each trains for a few steps

TASKS = ("dialogues", "records", "items", "recommendations", "wording")


def logged(folder):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


# -- adapters ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_dora_learns_and_merges(family, tokenizers):
    lm = add_lora(make_lm(family, len(tokenizers[family])), LoraConfig(r=4, alpha=8, dora=True))
    sizes = {name: p for name, p in lm.named_parameters() if "lora_magnitude_vector" in name}
    assert sizes and all(p.requires_grad for p in sizes.values())
    before = {name: p.detach().clone() for name, p in sizes.items()}
    ids = torch.arange(3, 13)[None]
    optimizer = torch.optim.AdamW([p for p in lm.parameters() if p.requires_grad], lr=1e-2)
    for _ in range(3):
        optimizer.zero_grad()
        lm(input_ids=ids, labels=ids).loss.backward()
        optimizer.step()
    assert any(not torch.equal(before[name], p) for name, p in sizes.items())
    with torch.no_grad():
        adapted = lm(input_ids=ids).logits
        merged = lm.merge_and_unload()(input_ids=ids).logits
    assert torch.allclose(adapted, merged, atol=1e-4)


def test_dora_goes_the_whole_way(tmp_path, tokenizers, movies):
    tree = whole_tree(tmp_path, tokenizers, movies)
    tree["llm"]["lora"]["dora"] = True
    tree["train"]["stages"] = [{"name": "w", "losses": {"ranking": 1.0, "wording_lm": 1.0}, "steps": 2}]
    folder = train(Config.parse(tree), tmp_path / "run")
    apart, merged = (load_checkpoint(folder, device="cpu", merge=merge).model for merge in (False, True))
    assert any("lora_magnitude_vector" in name for name in trained(apart))
    trunk = apart.format.dialogue([Message("user", "i loved alien")])
    assert torch.allclose(apart.prefill(trunk).end, merged.prefill(trunk).end, atol=1e-4)


def test_an_adapter_is_not_merged_into_few_bits(tmp_path, tokenizers, movies, monkeypatch):
    folder = train(Config.parse(whole_tree(tmp_path, tokenizers, movies)), tmp_path / "run")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=r"`llm\.quantize` is '4bit', which needs a CUDA GPU"):
        load_checkpoint(folder, device="cpu", settings=["llm.quantize=4bit"])
    monkeypatch.setattr("wherefore.lm.load._few_bits", lambda config: {})
    for settings, merged in ((["llm.quantize=4bit"], False), ([], True)):
        lm = load_checkpoint(folder, device="cpu", settings=settings).model.lm
        assert hasattr(lm, "peft_config") != merged


def test_few_bits_need_a_gpu_and_bitsandbytes(monkeypatch):
    config = LLMConfig(name="some/model", quantize="4bit")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=r"`llm\.quantize` is '4bit', which needs a CUDA GPU.*null"):
        build_lm(config)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr("accelerate.utils.is_bnb_available", lambda: False)
    with pytest.raises(ImportError, match="pip install bitsandbytes"):
        build_lm(config)
    with pytest.raises(ValueError, match="packaged MiniLM is small"):
        build_lm(LLMConfig(quantize="8bit"))


@pytest.mark.parametrize("bits", ["4bit", "8bit"])
def test_few_bits_are_asked_for(monkeypatch, tokenizers, bits):
    """The load itself needs a GPU; here, what it is asked for, and what is done with its result."""
    import transformers

    asked = {}
    lm = make_lm("llama", len(tokenizers["llama"])).bfloat16()

    def load(name, **given):
        asked.update(given)
        return lm

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 3)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    monkeypatch.setattr("accelerate.utils.is_bnb_available", lambda: True)
    monkeypatch.setattr(transformers.AutoModelForCausalLM, "from_pretrained", load)
    monkeypatch.setattr(
        transformers.AutoTokenizer, "from_pretrained", lambda *given, **more: tokenizers["llama"]
    )
    made, _ = build_lm(LLMConfig(name="some/model", quantize=bits, lora=LoraConfig(r=4, alpha=8)))
    told = asked["quantization_config"]
    assert asked["device_map"] == {"": 3}
    assert (told.load_in_4bit, told.load_in_8bit) == (bits == "4bit", bits == "8bit")
    if bits == "4bit":
        assert told.bnb_4bit_quant_type == "nf4" and told.bnb_4bit_use_double_quant
    grown = {name for name, p in made.named_parameters() if p.requires_grad}
    assert grown and all("lora_" in name for name in grown)
    assert all(p.dtype == torch.float32 for p in made.parameters())  # norms and embeddings in full


# -- memory and speed ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_gradient_checkpointing_gives_equal_gradients(family, tokenizers, movies, vectors, tmp_path):
    gradients, saved = [], []
    for on in (False, True):
        model = make_tiny(family, tokenizers)
        data = ingredients(model, movies, vectors)
        runner = Trainer(config(gradient_checkpointing=on), model, data, tmp_path / str(on))
        runner._begin()
        batches = {"wording": make_task("wording", data, 4).batch(np.random.default_rng(0), 3)}
        batches["items"] = make_task("items", data, 4).batch(np.random.default_rng(0), 3)
        objective = Objective(model, {"wording_lm": 1.0, "item_text_contrast": 1.0}).train()
        with counted() as kept:
            loss = objective(batches)["loss"]
        loss.backward()
        gradients.append({name: p.grad for name, p in model.named_parameters() if p.grad is not None})
        saved.append(sum(kept))
        runner._end()
        fresh_state()
    assert gradients[0].keys() == gradients[1].keys()
    assert any("item_encoder" in name for name in gradients[1])
    for name, gradient in gradients[0].items():
        assert torch.allclose(gradient, gradients[1][name], atol=1e-5), name
    assert saved[1] < 0.8 * saved[0]  # that is what it is for


@contextmanager
def counted():
    """The sizes of what is kept for the way back."""
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.numel()) or t, lambda t: t):
        yield kept


def fresh_state():
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state(reset_partial_state=True)


def test_a_run_with_gradient_checkpointing_ends_with_the_same_weights(tmp_path, tokenizers, movies, vectors):
    plain = run(tmp_path / "a", tokenizers, movies, vectors, config(steps=3))
    fresh_state()
    again = run(tmp_path / "b", tokenizers, movies, vectors, config(steps=3, gradient_checkpointing=True))
    assert all(torch.allclose(plain[name], again[name], atol=1e-4) for name in plain)


def test_an_llm_that_cannot_checkpoint_is_named(tmp_path, tokenizers, movies, vectors):
    model = make_tiny("llama", tokenizers)
    model.causal_lm.supports_gradient_checkpointing = False
    with pytest.raises(ValueError, match="LlamaForCausalLM cannot do that; set it to false"):
        Trainer(config(gradient_checkpointing=True), model, ingredients(model, movies, vectors), tmp_path)


def test_the_body_is_compiled_and_weights_keep_their_names(
    tmp_path, tokenizers, movies, vectors, monkeypatch
):
    compiled = []

    def compile_eagerly(function, **given):
        def call(*args, **kwargs):
            compiled.append(given)
            return function(*args, **kwargs)

        return call

    monkeypatch.setattr(torch, "compile", compile_eagerly)
    plain = run(tmp_path / "a", tokenizers, movies, vectors, config(steps=2))
    assert not compiled
    fresh_state()
    after = run(tmp_path / "b", tokenizers, movies, vectors, config(steps=2, compile=True))
    assert compiled and compiled[0] == {"dynamic": True}
    assert after.keys() == plain.keys() and all(torch.equal(after[name], plain[name]) for name in plain)
    (newest, *_) = sorted((tmp_path / "b" / "steps").iterdir(), reverse=True)
    assert not [name for name in load_file(newest / "weights.safetensors") if "_orig_mod" in name]


def test_compiling_without_a_compiler_says_what_to_install(
    tmp_path, tokenizers, movies, vectors, monkeypatch
):
    monkeypatch.setattr(machine.shutil, "which", lambda name: None)
    with pytest.raises(ValueError, match=r"`train\.compile` is true, but a C\+\+ compiler .* not installed"):
        run(tmp_path, tokenizers, movies, vectors, config(compile=True))


OUT_OF_MEMORY = (
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:117] . DefaultCPUAllocator: can't allocate memory: you tried"
    ),
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
)


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=["cpu", "cuda"])
def test_out_of_memory_says_what_to_lower(tmp_path, tokenizers, movies, vectors, monkeypatch, error):
    def full(self, *given):
        raise error

    monkeypatch.setattr(Objective, "forward", full)
    with pytest.raises(MemoryError, match="stage 'one' does not fit into memory") as raised:
        run(tmp_path, tokenizers, movies, vectors, config())
    for word in ("`train.stages[0].batch_size` (now 2)", "`train.grad_accumulation` (now 1)"):
        assert word in str(raised.value)
    assert "gradient_checkpointing: true" in str(raised.value) and raised.value.__cause__ is error


def test_another_error_stays_what_it_is(tmp_path, tokenizers, movies, vectors, monkeypatch):
    def broken(self, *given):
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(Objective, "forward", broken)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        run(tmp_path, tokenizers, movies, vectors, config())


# -- batches of like length ----------------------------------------------------------------------------------


def padding(data, name, batches=20, size=4):
    task = make_task(name, data, 4)
    made = [task.batch(np.random.default_rng([7, step]), size).batch for step in range(batches)]
    return np.mean([(one.branch < 0).float().mean().item() for one in made])


@pytest.fixture
def varied(tokenizers, movies, vectors):
    """Dialogues of one to nine turns, and trunks of all lengths."""
    model = make_tiny("llama", tokenizers, dialogue=400)
    data = ingredients(model, movies, vectors)
    (one,) = data.dialogues
    dialogues = tuple(replace(one, id=str(k), turns=(one.turns * 3)[:k]) for k in range(1, 10))
    made = data.recommendations
    turns = 60
    tokens = tuple((np.arange(3, 4 + k, dtype=np.int32), made.tokens[0][1]) for k in range(turns))
    many = replace(
        made,
        rows=np.resize(made.rows, (turns, made.rows.shape[1])),
        features=np.resize(made.features, (turns, *made.features.shape[1:])),
        gold=tuple(made.gold[0] if k % 5 == 0 else made.gold[k % 5] for k in range(turns)),
        tokens=tokens,
    )
    return replace(data, dialogues=dialogues, recommendations=many)


@pytest.mark.parametrize("name", ["dialogues", "records", "recommendations", "wording"])
def test_batches_of_like_length_have_less_padding(varied, name):
    before, after = padding(varied, name), padding(replace(varied, by_length=True), name)
    assert before > 0.05 and after < 0.75 * before


@pytest.mark.parametrize("name", TASKS)
def test_a_batch_depends_on_its_seed_alone(varied, name):
    data = replace(varied, by_length=True)
    one, two = (make_task(name, data, 4).batch(np.random.default_rng(3), 3).batch for _ in range(2))
    other = make_task(name, data, 4).batch(np.random.default_rng(4), 3).batch
    assert torch.equal(one.ids, two.ids)
    assert one.ids.shape != other.ids.shape or not torch.equal(one.ids, other.ids)


def test_every_example_is_as_likely_as_without(varied):
    data = replace(varied, by_length=True)
    rng = np.random.default_rng(0)
    drawn = np.zeros(40)
    for _ in range(4000):
        chosen = data.alike(
            rng, 4, lambda count: rng.choice(40, size=count, replace=False).tolist(), lambda one: one, 40
        )
        assert len(set(chosen)) == 4
        drawn[chosen] += 1
    assert drawn / 4000 == pytest.approx(np.full(40, 0.1), abs=0.025)


# -- measuring -----------------------------------------------------------------------------------------------


def held_out(model, movies, vectors, turns=(0, 1, 2, 3)):
    return replace(ingredients(model, movies, vectors), held_out=frozenset(turns))


def test_recall_is_the_share_of_gold_in_the_first_k(tokenizers, movies, vectors):
    model = make_tiny("llama", tokenizers)
    data = held_out(model, movies, vectors)
    made = data.recommendations
    for llm in (True, False):
        slow = []
        for turn in range(4):
            rows = [row for row in made.rows[turn] if row >= 0]
            features = torch.tensor(made.features[turn][: len(rows)].astype(np.float32))
            cache = model.prefill(made.trunk(turn, data.format))
            scores = model.rank(cache, ItemSignals(torch.tensor(vectors[rows])), features)
            order = np.argsort(-(scores.total if llm else scores.sources).numpy())
            listed = [rows[place] for place in order[:2]]
            slow.append(np.mean([gold in listed for gold in made.gold[turn]]))
        found, count = recall(model, data, range(4), 2, llm)
        assert count == 4 and found / count == pytest.approx(np.mean(slow))
    elsewhere = replace(made, gold=tuple(np.array([99]) for _ in made.gold))
    assert recall(model, replace(data, recommendations=elsewhere), [0, 1], 5) == (0.0, 2)


def measured_config(lr, **train):
    """A stage of 4 steps, then one of 8 with another step size; measured every other step."""
    stages = [
        {"name": "good", "losses": {"ranking": 1.0}, "steps": 4, "batch_size": 2, "lr": 1e-3},
        {"name": "other", "losses": {"ranking": 1.0}, "steps": 8, "batch_size": 2, "lr": lr},
    ]
    tree = {"stages": stages, "candidates": 4, "save_every": 3, "log_every": 1, "validate_every": 2, **train}
    return Config.parse({"train": tree})


def measured_run(out, tokenizers, movies, vectors, settings, measure, kill_at=0, uphill=""):
    """A run whose recall is what `measure` says of the trainer and the step; stage `uphill` climbs its loss."""
    fresh_state()
    model = make_tiny("llama", tokenizers)
    at = [0]

    def report(stage, done, of, losses):
        if done == kill_at:
            raise Killed

    runner = Trainer(settings, model, held_out(model, movies, vectors), out, report)
    stage_of, step_of, learn_of = runner._stage, runner._step, runner._learn
    climbs = [False]

    def stage(number, one, before, first, stopped):
        at[0], climbs[0] = before + first, one.name == uphill
        stage_of(number, one, before, first, stopped)

    def learn(*given):
        losses = learn_of(*given)
        for tensor in model.parameters() if climbs[0] else ():
            if tensor.grad is not None:
                tensor.grad.neg_()
        return losses

    def step(*given):
        at[0] += 1
        return step_of(*given)

    runner._stage, runner._step, runner._learn = stage, step, learn
    runner._recall = lambda stage: measure(runner, at[0])
    runner.run()
    return weights(model)


class Killed(BaseException):
    """A power cut."""


def likelihood(runner, step):
    """Of the held-out turns' gold: on four turns recall would be too coarse."""
    total = 0.0
    for turn in sorted(runner.data.held_out):
        sources, llm, gold = _read(runner.model, runner.data, turn)
        total += float(torch.tensor(sources + llm).log_softmax(-1)[gold].mean().nan_to_num(-1e9))
    return total


def test_a_stage_that_makes_the_ranker_worse_is_undone(tmp_path, tokenizers, movies, vectors):
    worsens = measured_config(lr=0.01)
    begun = worsens.updated("train", stages=worsens.train.stages[:1])
    best = measured_run(tmp_path / "begun", tokenizers, movies, vectors, begun, likelihood)
    whole = measured_run(tmp_path / "whole", tokenizers, movies, vectors, worsens, likelihood, uphill="other")
    assert all(torch.equal(best[name], whole[name]) for name in best)
    lines = [line for line in logged(tmp_path / "whole") if "recall@10" in line]
    assert [line["step"] for line in lines] == [2, 4, 6, 8, 10, 12]
    assert {line["best_step"] for line in lines[2:]} == {4}
    assert max(line["recall@10"] for line in lines[2:]) < lines[1]["recall@10"]
    patient = measured_config(lr=0.01, patience=3)
    soon = measured_run(tmp_path / "soon", tokenizers, movies, vectors, patient, likelihood, uphill="other")
    assert logged(tmp_path / "soon")[-1]["step"] == 10  # three measurements after the stage began
    assert all(torch.equal(best[name], soon[name]) for name in best)
    fresh_state()
    model = make_tiny("llama", tokenizers)  # nothing is left to do
    Trainer(patient, model, held_out(model, movies, vectors), tmp_path / "soon").run()
    assert all(torch.equal(best[name], tensor) for name, tensor in trained(model).items())


RECALLS = {0: 0.1, 2: 0.2, 4: 0.3, 6: 0.9, 8: 0.5, 10: 0.8, 12: 0.4}  # by step


def test_the_best_step_is_kept_when_a_run_is_killed(tmp_path, tokenizers, movies, vectors):
    settings = measured_config(lr=1e-3)

    def go(folder, kill_at=0):
        return measured_run(
            tmp_path / folder, tokenizers, movies, vectors, settings, lambda runner, at: RECALLS[at], kill_at
        )

    whole = go("whole")
    sixth = load_file(tmp_path / "whole" / "steps" / "0000006" / "weights.safetensors")
    assert all(torch.equal(whole[name], sixth[name]) for name in whole)
    for kill_at in (1, 5, 6, 9, 12):
        with pytest.raises(Killed):
            go(f"cut{kill_at}", kill_at)
        resumed = go(f"cut{kill_at}")
        assert all(torch.equal(whole[name], resumed[name]) for name in whole), kill_at


def test_of_equal_steps_the_later_is_kept(tmp_path, tokenizers, movies, vectors):
    go = lambda runner, at: 0.5  # noqa: E731
    measured_run(tmp_path, tokenizers, movies, vectors, measured_config(lr=1e-3, patience=4), go)
    assert [line["best_step"] for line in logged(tmp_path) if "best_step" in line] == [2, 4, 6, 8, 10, 12]


def test_recall_is_measured_and_the_best_ends_up_in_the_checkpoint(
    tmp_path, tokenizers, movies, losses_drawn
):
    """With checkpointing on, which must not disturb the measuring."""
    tree = whole_tree(tmp_path, tokenizers, movies)
    stages = [
        {"name": "sources", "losses": {"source_ranking": 1.0}, "steps": 2, "batch_size": 2},
        {"name": "ranking", "losses": {"ranking": 1.0}, "steps": 4, "batch_size": 2, "lr": 1e-2},
        {"name": "words", "losses": {"wording_lm": 1.0}, "steps": 2, "batch_size": 2},
    ]
    tree["train"] |= {"stages": stages, "validate_every": 1, "held_out": 0.4, "log_every": 1}
    tree["train"] |= {"gradient_checkpointing": True, "save_every": 100}
    train(Config.parse(tree), tmp_path / "run")
    lines = logged(tmp_path / "run")
    assert [line["step"] for line in lines if "recall@10" in line] == list(range(1, 7))
    assert list(tmp_path.rglob("loss.png"))
    assert all(0 <= line["recall@10"] <= 1 for line in lines if "recall@10" in line)
    fresh_state()
    tree["train"]["held_out"] = 0.0
    with pytest.raises(ValueError, match=r"no turns are held out; raise `train\.held_out` \(now 0\.0\)"):
        train(Config.parse(tree), tmp_path / "none")
    with pytest.raises(ValueError, match=r"`train\.patience` is set.*`train\.validate_every`"):
        Config.parse({"train": {"patience": 2}})


# -- logs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tensorboard", "trackio"])
def test_a_tracker_that_is_not_installed_is_named(tmp_path, tokenizers, movies, vectors, monkeypatch, name):
    monkeypatch.setattr(f"accelerate.utils.is_{name}_available", lambda: False)
    with pytest.raises(ImportError, match=f"`train.tracker` is '{name}'.*pip install {name}.*log.jsonl"):
        run(tmp_path, tokenizers, movies, vectors, config(tracker=name))


def test_tensorboard_has_what_the_log_has(tmp_path, tokenizers, movies, vectors):
    pytest.importorskip("tensorboardX")
    run(tmp_path, tokenizers, movies, vectors, config(steps=2, tracker="tensorboard"))
    (events,) = (tmp_path / "log").glob("events.out.tfevents.*")
    told = scalars(events)
    for line in logged(tmp_path):
        for name in ("loss", "lr"):
            assert told[name, line["step"]] == pytest.approx(line[name], rel=1e-5)


def scalars(path):
    """The numbers in an event file, by name and step."""
    from tensorboardX.proto.event_pb2 import Event

    raw, place, found = path.read_bytes(), 0, {}
    while place < len(raw):
        length = int.from_bytes(raw[place : place + 8], "little")
        event = Event.FromString(raw[place + 12 : place + 12 + length])
        found |= {(value.tag, event.step): value.simple_value for value in event.summary.value}
        place += 16 + length
    return found


def test_trackio_is_told_the_same(tmp_path, tokenizers, movies, vectors, monkeypatch):
    """By a module of its name, which writes down what it is told."""
    told = []
    spoken = types.ModuleType("trackio")
    board = types.SimpleNamespace(
        log=lambda values, step=None, **more: told.append((step, values)), finish=lambda: told.append("end")
    )
    spoken.init = lambda project, **more: board
    monkeypatch.setitem(sys.modules, "trackio", spoken)
    monkeypatch.setattr("accelerate.utils.is_trackio_available", lambda: True)
    monkeypatch.setattr("accelerate.tracking._available_trackers", [LoggerType.TRACKIO])
    run(tmp_path, tokenizers, movies, vectors, config(steps=2, tracker="trackio"))
    assert [step for step, _ in told[:-1]] == [1, 2, 3, 4] and told[-1] == "end"
    assert [values["loss"] for _, values in told[:-1]] == [line["loss"] for line in logged(tmp_path)]
