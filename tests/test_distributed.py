"""Several processes train as one does; the launch files."""

import json
import multiprocessing
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import wait
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate.commands.config.config_args import load_config_from_file
from accelerate.commands.launch import _validate_launch_command, launch_command_parser
from accelerate.utils.launch import prepare_multi_gpu_env
from safetensors.torch import load_file

import two_processes
from test_train import ingredients, whole_tree
from two_processes import run
from wherefore.checkpoint import load_checkpoint
from wherefore.training.losses import LOSSES
from wherefore.training.parallel import processes
from wherefore.training.tasks import make_task
from wherefore.training.weights import trained

ROOT = Path(__file__).parents[1]
LAUNCHED = "cpu-2.yaml"  # the launch file that `accelerate launch` itself starts once
FILES = sorted((ROOT / "configs" / "accelerate").glob("*.yaml"))


ENVIRONMENT = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
# Forked from a process that has imported everything: that takes longer than what there is to do.
FORKS = multiprocessing.get_context("forkserver")


def device(launch_file):
    """What keeps the processes from a GPU."""
    return {"ACCELERATE_TORCH_DEVICE": "cpu"} if "fsdp" in launch_file else {"ACCELERATE_USE_CPU": "true"}


def launch(jobs, launch_file):
    """Do jobs one after the other in two CPU processes that `accelerate launch` starts: the error, if any."""
    command = [sys.executable, "-m", "accelerate.commands.launch"]
    command += ["--config_file", str(ROOT / "configs" / "accelerate" / launch_file)]
    command += [str(Path(two_processes.__file__)), json.dumps(jobs)]
    paths = os.pathsep.join([str(ROOT / "src"), str(Path(__file__).parent)])
    environment = {**os.environ, "PYTHONPATH": paths, **ENVIRONMENT, **device(launch_file)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment)
    return done.stderr[-4000:] if done.returncode else ""


def fork(jobs, launch_file, folder):
    """The same in processes that are given what `accelerate launch` gives them: the error, if any."""
    environments = given_by_accelerate(launch_file)
    logs = [folder / f"{rank}.log" for rank in range(len(environments))]
    both = [
        FORKS.Process(target=two_processes.forked, args=(jobs, environment, log))
        for environment, log in zip(environments, logs, strict=True)
    ]
    for one in both:
        one.start()
    wait([one.sentinel for one in both], 240)
    for one in both:  # when one has ended, the other has soon, or waits for it in vain
        one.join(20)
        one.kill()
        one.join()
    failed = [log for one, log in zip(both, logs, strict=True) if one.exitcode]
    return "".join(f"{log.name}:\n{log.read_text()[-4000:]}\n" for log in failed)


def given_by_accelerate(launch_file):
    """The variables of each of the processes of a launch file."""
    file = ROOT / "configs" / "accelerate" / launch_file
    arguments = launch_command_parser().parse_args(["--config_file", str(file), "script.py"])
    arguments, *_ = _validate_launch_command(arguments)
    shared = prepare_multi_gpu_env(arguments) | ENVIRONMENT | device(launch_file)
    shared |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(arguments.main_process_port)}
    shared |= dict.fromkeys(("WORLD_SIZE", "LOCAL_WORLD_SIZE"), str(arguments.num_processes))
    ranks = map(str, range(arguments.num_processes))
    return [shared | {"RANK": rank, "LOCAL_RANK": rank} for rank in ranks]


@pytest.fixture(scope="module", autouse=True)
def ready_to_fork():
    """The process that the others are forked from finds what it is to import."""
    with pytest.MonkeyPatch.context() as patch:
        paths = [str(ROOT / "src"), str(Path(__file__).parent)]
        patch.setenv("PYTHONPATH", os.pathsep.join([*paths, os.environ.get("PYTHONPATH", "")]))
        FORKS.set_forkserver_preload(["two_processes"])
        forkserver.ensure_running()


def job(out, config, kill_at=0, whole=False):
    return {"out": str(out), "config": config, "kill_at": kill_at, "whole": whole}


def tree(steps, batch_size=5):
    """Every loss, in two stages; each process has another number of rows, of words and of turns."""
    names = list(LOSSES)
    stages = [
        {
            "name": str(half),
            "losses": dict.fromkeys(names[half::2], 1.0),
            "steps": steps,
            "batch_size": batch_size,
        }
        for half in (0, 1)
    ]
    judged = {"pools": "what the ingredients hold"}
    return {"train": {"stages": stages, "candidates": 4, "save_every": 3, "log_every": 1, "judged": judged}}


def logged(folder):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def assert_as_one(one, several, steps):
    one, several = logged(one), logged(several)
    assert (
        [entry["step"] for entry in several] == [entry["step"] for entry in one] == list(range(1, steps + 1))
    )
    for alone, shared in zip(one, several, strict=True):
        assert alone.keys() == shared.keys()
        for name in {"loss", *LOSSES} & alone.keys():
            assert shared[name] == pytest.approx(alone[name], abs=1e-4), (alone["step"], name)
    assert one[0]["loss"] > one[steps // 2 - 1]["loss"] + 0.01  # something was learned


@dataclass(frozen=True)
class Launched:
    """Runs of two processes in a folder: a config's whole path, and `cut`, killed at a step and gone on with."""

    folder: Path
    step: int
    config: dict
    logged_when_killed: int


def launched(folder, launch_file, steps, step, whole, before=()):
    """Both die at a step, as the last of what they do; others go on from the newest checkpoint."""
    cut = folder / "cut"
    jobs = [*before, job(folder / "run", whole, whole=True), job(cut, tree(steps), kill_at=step)]
    error = fork(jobs, launch_file, folder)
    assert error and cut.is_dir(), error
    last = logged(cut)[-1]["step"]
    again = [job(cut, tree(steps))]
    error = launch(again, launch_file) if launch_file == LAUNCHED else fork(again, launch_file, folder)
    assert not error, error
    return Launched(folder, step, tree(steps), last)


def whole_config(folder, tokenizers, movies):
    config = whole_tree(folder, tokenizers, movies)
    config["train"] |= {"log_every": 1, "held_out": 0.3}
    return config


@pytest.fixture(scope="module")
def on_cpus(tmp_path_factory, tokenizers, movies):
    """As configs/accelerate/cpu-2.yaml has it; `one` is a run that nobody killed."""
    folder = tmp_path_factory.mktemp("cpus")
    one = job(folder / "one", tree(6))
    step = random.SystemRandom().randint(1, 11)
    return launched(folder, "cpu-2.yaml", 6, step, whole_config(folder, tokenizers, movies), [one])


@pytest.fixture(scope="module")
def in_parts(tmp_path_factory, tokenizers, movies):
    """FSDP as configs/accelerate/fsdp.yaml has it, on CPUs."""
    folder = tmp_path_factory.mktemp("parts")
    return launched(folder, "fsdp.yaml", 4, 4, whole_config(folder, tokenizers, movies))


def saved(folder, step):
    return load_file(folder / "steps" / f"{step:07d}" / "weights.safetensors")


@pytest.mark.slow
def test_two_processes_train_as_one(tmp_path, on_cpus):
    assert {name for stage in on_cpus.config["train"]["stages"] for name in stage["losses"]} == set(LOSSES)
    alone = run(tmp_path / "one", on_cpus.config)
    assert_as_one(tmp_path / "one", on_cpus.folder / "one", 12)
    weights = saved(on_cpus.folder / "one", 12)
    assert weights.keys() == alone.keys()
    assert all((weights[name] - alone[name]).abs().max() < 1e-2 for name in alone)


@pytest.mark.slow
def test_two_processes_killed_at_a_random_step_go_on(on_cpus):
    """To the very same weights."""
    one, cut, step = on_cpus.folder / "one", on_cpus.folder / "cut", on_cpus.step
    assert on_cpus.logged_when_killed == step
    whole, resumed = saved(one, 12), saved(cut, 12)
    assert all(torch.equal(whole[name], resumed[name]) for name in whole), step
    losses = [[entry["loss"] for entry in logged(folder)] for folder in (one, cut)]
    assert losses[0] == losses[1], step


@pytest.mark.slow
def test_weights_in_parts_train_as_one(tmp_path, in_parts):
    """Losses, whole weights in checkpoints, and resuming."""
    alone = run(tmp_path / "one", in_parts.config)
    assert in_parts.logged_when_killed == in_parts.step == 4
    assert_as_one(tmp_path / "one", in_parts.folder / "cut", 8)
    weights = saved(in_parts.folder / "cut", 8)
    assert weights.keys() == alone.keys()
    assert all((weights[name] - alone[name]).abs().max() < 1e-2 for name in alone)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["on_cpus", "in_parts"])
def test_from_a_config_to_a_checkpoint_in_two_processes(way, request):
    folder = request.getfixturevalue(way).folder / "run"
    checkpoint = load_checkpoint(folder / "checkpoint", merge=False)
    assert [entry["step"] for entry in logged(folder)] == [1, 2, 3]
    assert "llm_weight" in checkpoint.manifest["calibration"]
    last, now = saved(folder, 3), trained(checkpoint.model)
    body = [name for name in last if not name.startswith("head.")]  # calibration scales the head
    assert body and all(torch.allclose(now[name], last[name], atol=1e-6) for name in body)
    assert not list(folder.rglob("*.part"))


# -- launch files, and what is refused -----------------------------------------------------------------------


def test_every_launch_file_is_one():
    names = ["cpu-2.yaml", "deepspeed-zero2.yaml", "fsdp.yaml", "multi-gpu.yaml"]
    assert [path.name for path in FILES] == names
    kinds = dict(zip(names, ("MULTI_GPU", "DEEPSPEED", "FSDP", "MULTI_GPU"), strict=True))
    known = vars(launch_command_parser().parse_args(["script.py"]))
    for path in FILES:
        assert f"--config_file configs/accelerate/{path.name}" in path.read_text(encoding="utf-8")
        loaded = load_config_from_file(str(path))  # refuses keys that it does not know
        assert loaded.distributed_type == kinds[path.name] and loaded.num_processes == 2
        # Those of the parts are options of `accelerate launch`; it does not look whether they exist.
        assert set(loaded.fsdp_config) | set(loaded.deepspeed_config) <= set(known)


def test_deepspeed_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setenv("ACCELERATE_USE_DEEPSPEED", "true")
    monkeypatch.setattr("accelerate.utils.is_deepspeed_available", lambda: False)
    with pytest.raises(ImportError, match=r"pip install deepspeed.*fsdp\.yaml"):
        processes()


def test_a_batch_is_shared_by_rows(tiny, movies, vectors):
    data = ingredients(tiny, movies, vectors)
    for name in ("recommendations", "items", "wording", "candidates", "dialogues"):
        whole = make_task(name, data, 4).batch(np.random.default_rng(0), 5)
        parts = [whole.part(number, 3) for number in range(3)]
        assert [part.rows for part in parts] == [1, 2, 2] and whole.part(0, 1) is whole
        for key, tensor in {**whole.places, **whole.targets}.items():
            joined = torch.cat([{**part.places, **part.targets}[key] for part in parts])
            assert torch.equal(joined.nan_to_num(), tensor.nan_to_num())
        if whole.batch is None:
            continue
        assert torch.equal(torch.cat([part.batch.items for part in parts]), whole.batch.items)
        assert torch.equal(torch.cat([part.signals.text for part in parts]), whole.signals.text)
        states = tiny(whole.batch, whole.signals)
        row = 0
        for part in parts:
            assert (part.batch.branch >= 0).any(0).all()  # no column is padding alone
            for here in tiny(part.batch, part.signals):
                real = whole.batch.branch[row] >= 0
                assert torch.allclose(here[: real.sum()], states[row][real], atol=1e-5)
                row += 1


def test_more_processes_than_examples_are_refused(tiny, movies, vectors):
    batch = make_task("records", ingredients(tiny, movies, vectors), 4).batch(np.random.default_rng(0), 2)
    with pytest.raises(ValueError, match=r"2 examples cannot be shared by 3 processes; raise .*batch_size"):
        batch.part(0, 3)
