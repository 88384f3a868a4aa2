"""What the processes of test_distributed.py run: tiny models, trained by all of them one after the other."""

import json
import os
import signal
import sys
from pathlib import Path

import torch
from accelerate import DistributedType, PartialState
from accelerate.state import AcceleratorState

import conftest
import families
from test_train import ingredients, weights
from wherefore.config import Config
from wherefore.training.train import train
from wherefore.training.trainer import Trainer


def sharded():
    return os.environ.get("ACCELERATE_USE_FSDP") == "true"


def run(out, tree, kill_at=0):
    """Train; the process that is told kills itself without a word."""
    movies = conftest.make_movies()
    model = conftest.make_tiny("llama", {"llama": families.make_tokenizer("llama3")})
    for part in model.modules():  # each process draws its own dropout
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    data = ingredients(model, movies, conftest.make_vectors(movies), a_judge=True)

    def report(stage, done, of, losses):
        if done == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    trainer = Trainer(Config.parse(tree), model, data, out, report)
    assert trainer.sharded == sharded()
    trainer.run()
    return weights(model)


def work(jobs):
    """Do jobs one after the other, together with the other process."""
    torch.set_num_threads(1)
    if sharded():
        # Accelerate shards on GPUs alone; FSDP itself can do so on CPUs, so they are passed off as GPUs.
        PartialState._prepare_backend = lambda *given: ("gloo", DistributedType.MULTI_GPU)
        PartialState()
    for given in jobs:
        if given["whole"]:
            train(Config.parse(given["config"]), given["out"])
        else:
            run(Path(given["out"]), given["config"], given["kill_at"])
        AcceleratorState._reset_state()  # the next begins anew, among the same processes
        if sharded():
            PartialState._shared_state["distributed_type"] = DistributedType.MULTI_GPU


def forked(jobs, environment, log):
    """What a process does that `accelerate launch` has not started; what it says goes to a file."""
    with open(log, "wb") as said:
        for stream in (1, 2):
            os.dup2(said.fileno(), stream)
    os.environ.update(environment)
    work(jobs)


if __name__ == "__main__":
    work(json.loads(sys.argv[1]))
