"""Embedding with Ray Data, on a cluster on this machine: the same vectors as here, also when it was killed."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.config import Component
from wherefore.errors import ConfigError, ModelError
from wherefore.retrieval.embedding_cache import CachedEmbedder
from wherefore.retrieval.index import Index

pytest.importorskip("ray")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
OWN = Component(name="test_spread:SlowWords", seconds=0.15)
COUNT = 6000


class SlowWords:
    """Vectors drawn from each text's checksum, slowly."""

    dim = 16
    name = "slow-words-16"

    def __init__(self, seconds=0.0, name=None):
        self.seconds = seconds
        self.name = name or self.name

    def encode(self, texts, kind, progress=None):
        time.sleep(self.seconds)
        if any("broken" in text for text in texts):
            raise ValueError("this text cannot be embedded")
        drawn = [np.random.default_rng(zlib.crc32(text.encode())).normal(size=self.dim) for text in texts]
        vectors = np.array(drawn, dtype=np.float32).reshape(-1, self.dim)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def catalog(count=COUNT):
    rows = [{"id": f"i{n}", "title": f"Thing {n}", "year": 1950 + n % 70} for n in range(count)]
    return Catalog.from_records(rows, name="things")


@pytest.fixture(scope="module")
def nodes():
    from clustered import cluster, environment

    with pytest.MonkeyPatch.context() as patch:
        environment(patch)
        with cluster(1, 1) as (made, found):
            yield made, found


def spread(component=OWN, workers=None, name=None):
    from wherefore.retrieval.spread import SpreadEmbedder

    return SpreadEmbedder(SlowWords(name=name), component, workers)


def test_an_index_built_on_a_cluster_is_the_one_built_here(nodes, tmp_path):
    from clustered import kill, replicas

    here = Index.build(
        catalog(), SlowWords(), Component(name="faiss", factory="Flat"), cache=tmp_path / "here"
    )
    told = []

    def tell(done, total):
        told.append((done, total))
        if len(told) == 4:  # a worker dies: what it had is done by another
            working = replicas(nodes[1], "_MapWorker") or replicas(nodes[1], "MapBatches")
            assert working
            kill(working[0])

    there = Index.build(
        catalog(), spread(), Component(name="faiss", factory="Flat"), cache=tmp_path / "there", progress=tell
    )
    assert np.array_equal(here.vectors, there.vectors) and list(here.store.ids) == list(there.store.ids)
    assert told[-1] == (COUNT, COUNT) and [done for done, _ in told] == sorted(done for done, _ in told)


def test_what_a_killed_build_has_made_is_not_made_again(nodes, tmp_path):
    """The driver is killed; another goes on, and then one without a cluster."""
    program = (
        "import os, ray, test_spread as t\n"
        "from wherefore.retrieval.index import Index\n"
        "from wherefore.config import Component\n"
        f"ray.init(address={nodes[0].address!r}, log_to_driver=False, logging_level='error')\n"
        f"Index.build(t.catalog(), t.spread(), Component(name='faiss', factory='Flat'), cache={str(tmp_path)!r})\n"
    )
    running = subprocess.Popen([sys.executable, "-c", program], env=dict(os.environ))
    kept = 0
    try:
        end = time.monotonic() + 120
        while kept < 1000:
            assert time.monotonic() < end and running.poll() is None
            time.sleep(0.05)
            kept = rows(tmp_path)
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    kept = rows(tmp_path)
    assert 1000 <= kept < COUNT and kept % 256 == 0
    told = []
    made = Index.build(
        catalog(),
        spread(),
        Component(name="faiss", factory="Flat"),
        cache=tmp_path,
        progress=lambda *one: told.append(one),
    )
    assert told[0][0] > kept  # it began where the other stopped
    here = Index.build(catalog(), SlowWords(), Component(name="faiss", factory="Flat"))
    assert np.array_equal(made.vectors, here.vectors)
    file = next(tmp_path.glob("*.sqlite"))
    things = catalog()
    texts = [things.text(one) for one in things.items]
    again = CachedEmbedder(SlowWords(seconds=99), file).encode(texts, "item")  # nothing is left to do
    assert np.array_equal(again, here.vectors)


def rows(folder: Path) -> int:
    for file in folder.glob("*.sqlite"):
        try:
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as database:
                return database.execute("SELECT count(*) FROM vectors").fetchone()[0]
        except sqlite3.OperationalError:  # not made yet
            return 0
    return 0


def test_a_machine_with_another_model_is_named(nodes):
    other = spread(name="another-model")
    with pytest.raises(ModelError, match="another-model"):
        list(other.encode_pieces([["a"]], "item"))


def test_what_fails_on_the_cluster_is_told(nodes):
    with pytest.raises(ModelError, match="cannot be embedded"):
        list(spread().encode_pieces([["fine"], ["broken"]], "item"))


def test_at_least_one_process_embeds():
    with pytest.raises(ConfigError, match="`workers` is 0"):
        spread(workers=0)


def test_the_command_indexes_on_a_cluster_of_its_own(tmp_path, monkeypatch):
    """In a process of its own, with the packaged embedder; its vectors are those of the command without --ray."""
    from clustered import environment

    environment(monkeypatch)
    monkeypatch.setenv("RAY_OBJECT_STORE_MEMORY", "100000000")
    file = tmp_path / "things.csv"
    file.write_text("id,title,about\n" + "".join(f"{n},Thing {n},a thing for {n % 9}\n" for n in range(300)))
    found = []
    for number, more in enumerate(([], ["--ray", "local", "--workers", "1"])):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / f"cache{number}"))
        done = subprocess.run(
            [sys.executable, "-m", "wherefore.cli", "index", str(file), *more],
            capture_output=True,
            text=True,
            timeout=280,
        )
        assert done.returncode == 0, done.stderr
        assert "Indexed 300" in done.stdout
        (meta,) = (tmp_path / f"cache{number}").rglob("meta.json")
        stored = {
            path.name: path.read_bytes()
            for path in sorted(meta.parent.rglob("*"))
            if path.is_file() and "store" in str(path.relative_to(meta.parent))
        }
        found.append((json.loads(meta.read_text()), stored))
    assert found[0][0] == found[1][0] and found[0][1].keys() == found[1][1].keys()
    assert found[0][1] == found[1][1]
