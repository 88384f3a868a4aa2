"""A Ray cluster of several nodes on this machine for tests, and what its replicas load: tiny, made there."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

HERE = Path(__file__).parent
SMALL = {"include_dashboard": False, "object_store_memory": 100_000_000}


def tiny():
    """The recommender of a replica."""
    import torch

    from conftest import make_recommender
    from families import kind_of, make_tokenizer

    torch.manual_seed(0)
    return make_recommender("llama", {"llama": make_tokenizer(kind_of("llama"))}, tries=0)


def environment(patch) -> None:
    """What Ray's processes find: the source, the tests, and our hook in the proxies."""
    from wherefore.serving.cluster.application import ENVIRONMENT

    source = HERE.parent / "src"
    patch.setenv("PYTHONPATH", os.pathsep.join([str(source), str(HERE), os.environ.get("PYTHONPATH", "")]))
    patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    patch.setenv("RAY_DEDUP_LOGS", "0")
    patch.setenv("OMP_NUM_THREADS", "1")
    for name, value in ENVIRONMENT.items():
        patch.setenv(name, value)


@contextmanager
def cluster(*cpus: int, head: int = 0):
    """A head that computes on so many cores, and a node for each of the others; connected to."""
    import ray
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": head, **SMALL})
    try:
        nodes = [made.add_node(num_cpus=one, **SMALL) for one in cpus]
        made.wait_for_nodes(timeout=60)
        ray.init(address=made.address, log_to_driver=False, logging_level="error", namespace="tests")
        yield made, nodes
    finally:
        ray.shutdown()
        made.shutdown()


def replicas(nodes, like: str = "ServeReplica") -> list[int]:
    """The processes of replicas on nodes."""
    raylets = {info.process.pid for node in nodes for infos in node.all_processes.values() for info in infos}
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            name = (process / "cmdline").read_bytes().decode(errors="replace")
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent in raylets and like in name:
            found.append(int(process.name))
    return sorted(found)


def kill(process: int) -> None:
    """As a crash would."""
    os.kill(process, signal.SIGKILL)


@dataclass
class Load:
    """Clients that ask all the time, and what they are told."""

    url: str
    answers: list[tuple] = field(default_factory=list)  # what, begun, seconds, status, Retry-After
    kept: dict[str, list[str]] = field(default_factory=dict)  # what was acknowledged in each session
    stopped: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self, talking: int = 3, others: int = 3):
        """While the block lasts: so many that talk in a session of their own, and so many that ask without one."""
        threads = [threading.Thread(target=self._talk, args=(f"s{n}",)) for n in range(talking)]
        threads += [threading.Thread(target=self._ask, args=(n,)) for n in range(others)]
        for one in threads:
            one.start()
        try:
            yield
        finally:
            self.stopped.set()
            for one in threads:
                one.join(120)
            assert not any(one.is_alive() for one in threads)

    def _talk(self, session: str) -> None:
        self.kept[session] = []
        number = 0
        while not self.stopped.is_set():
            said = f"message {number} of {session}: something after 1980"
            number += 1
            body = {"messages": [{"role": "user", "content": said}], "session": session, "k": 2}
            if self._send("session", "POST", "/v1/chat", body) == 200:
                self.kept[session].append(said)

    def _ask(self, number: int) -> None:
        said = [{"role": "user", "content": "I loved Alien. Something after 1980?"}]
        while not self.stopped.is_set():
            body = {"messages": said, "k": 2}
            self._send("chat", "POST", "/v1/chat", body)
            self._send("list", "POST", "/v1/recommend", body)
            self._send("items", "GET", "/v1/items?limit=3", None)

    def _send(self, what: str, method: str, path: str, body) -> int:
        began = time.monotonic()
        try:
            with httpx.Client(timeout=90) as client:
                answer = client.request(method, self.url + path, json=body)
            status, after = answer.status_code, answer.headers.get("retry-after")
        except httpx.HTTPError as error:
            status, after = f"{type(error).__name__}: {error}", None
        self.answers.append((what, began, time.monotonic() - began, status, after))
        if status != 200:
            time.sleep(0.2)
        return status

    def seconds(self, since: float, until: float) -> list[float]:
        """How long answers to what was asked in an interval took, sorted."""
        return sorted(took for _, began, took, _, _ in self.answers if since <= began < until)
